-- Freezers are products like vaccines, and goods go along with vials by ratio.

-- What one piece of it is called; figures in vials are pieces for a device.
alter table product add column kind text not null default 'vaccine' check (kind in ('vaccine', 'device'));
alter table product add column unit_ja text not null default 'バイアル';
alter table product add column unit_en text not null default 'vials';
-- a device travels and stands at room temperature
alter table product drop constraint product_storage_check;
alter table product add constraint product_storage_check
    check (storage in ('ultra_cold', 'frozen', 'refrigerated', 'ambient'));

-- The nation ordered 3,000 freezers at about -75 degrees and 7,500 at about -20 (see the design's chapter on
-- allocation, references 10 to 12). One is a pack of one piece, for which one dose is counted.
insert into product (code, ja, en, storage, product_group, kind, unit_ja, unit_en) values
    ('freezer-75', '超低温冷凍庫（-75℃）', 'Freezer, -75 degrees', 'ambient', 'freezer', 'device', '台', 'units'),
    ('freezer-20', '低温冷凍庫（-20℃）', 'Freezer, -20 degrees', 'ambient', 'freezer', 'device', '台', 'units');
insert into pack (product, programme, code, vials, doses_per_vial, valid_from, valid_to) values
    ('freezer-75', 'covid19-2021', 'unit1', 1, 1, '2021-01-01', null),
    ('freezer-20', 'covid19-2021', 'unit1', 1, 1, '2021-01-01', null);

-- What goes along with vials: syringes, needles, diluent.
create table goods (
    code text primary key check (code ~ '^[a-z0-9][a-z0-9-]*$'),
    ja text not null check (ja <> ''),
    en text not null check (en <> ''),
    -- of one piece
    unit_ja text not null check (unit_ja <> ''),
    unit_en text not null check (unit_en <> '')
);

-- So many pieces for so many vials, or for so many doses as they are counted in the programme on that day;
-- rounded up for each shipment.
create table goods_ratio (
    product text not null references product (code),
    programme text not null,
    goods text not null references goods (code),
    per_vials integer check (per_vials > 0),
    per_doses integer check (per_doses > 0),
    pieces integer not null check (pieces > 0),
    valid_from date not null,
    valid_to date check (valid_to > valid_from),
    primary key (product, programme, goods, valid_from),
    check (num_nonnulls(per_vials, per_doses) = 1)
);

insert into goods (code, ja, en, unit_ja, unit_en) values
    ('diluent-2ml', '希釈用生理食塩液（2 mL）', 'Sodium chloride diluent, 2 ml', '本', 'vials'),
    ('syringe-dilution', '希釈用シリンジ', 'Syringe for dilution', '本', 'pieces'),
    ('needle-dilution', '希釈用注射針', 'Needle for dilution', '本', 'pieces'),
    ('syringe', '接種用シリンジ', 'Syringe for injection', '本', 'pieces'),
    ('syringe-low-dead-space', '接種用シリンジ（ローデッドスペース）', 'Low dead-space syringe for injection', '本', 'pieces'),
    ('needle', '接種用注射針', 'Needle for injection', '本', 'pieces');

-- Sources. A vial of the purple-cap product is diluted with 1.8 ml of sodium chloride; each takes a new vial
-- of diluent, whose rest is discarded, and a syringe and needle of their own; each dose takes a new syringe
-- and needle (CDC, "Vaccine preparation" poster of 2022-06-20; package insert). The nation supplied syringes
-- and needles for injection from the start, those for dilution as well from the shipments of March 2021 on
-- (MHLW to the prefectures, 2021-02-26). Low dead-space syringes come with six doses a vial (see `pack`).
insert into goods_ratio (product, programme, goods, per_vials, per_doses, pieces, valid_from, valid_to) values
    ('comirnaty-12plus', 'covid19-2021', 'diluent-2ml', 1, null, 1, '2021-02-01', null),
    ('comirnaty-12plus', 'covid19-2021', 'syringe-dilution', 1, null, 1, '2021-03-01', null),
    ('comirnaty-12plus', 'covid19-2021', 'needle-dilution', 1, null, 1, '2021-03-01', null),
    ('comirnaty-12plus', 'covid19-2021', 'syringe', null, 1, 1, '2021-02-01', '2021-04-12'),
    ('comirnaty-12plus', 'covid19-2021', 'syringe-low-dead-space', null, 1, 1, '2021-04-12', null),
    ('comirnaty-12plus', 'covid19-2021', 'needle', null, 1, 1, '2021-02-01', null);
