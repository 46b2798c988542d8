-- Products and packs: facts for all, written by allocation alone (see grants.sql).

create table product (
    code text primary key check (code ~ '^[a-z0-9][a-z0-9-]*$'),
    ja text not null,
    en text not null,
    storage text not null check (storage in ('ultra_cold', 'frozen', 'refrigerated'))
);

-- The same box counted 975 doses and 1,170 doses in one week: vials are the thing, doses per vial a
-- dated factor of product and programme.
create table pack (
    product text not null references product (code),
    programme text not null,
    code text not null check (code ~ '^[a-z0-9]+$'),
    vials integer not null check (vials > 0),
    doses_per_vial integer not null check (doses_per_vial > 0),
    valid_from date not null,
    valid_to date check (valid_to > valid_from),
    primary key (product, programme, code, valid_from)
);

-- Sources: the boxes of 2021 held 195 vials; 5 doses a vial until, 6 from the low-dead-space
-- syringes on (MHLW notice of 2021-03-12; both counts were in use in April 2021).
insert into product (code, ja, en, storage) values
    ('comirnaty-12plus', 'コミナティ筋注（12歳以上）', 'Comirnaty, 12 years and over', 'ultra_cold');
insert into pack (product, programme, code, vials, doses_per_vial, valid_from, valid_to) values
    ('comirnaty-12plus', 'covid19-2021', 'box195', 195, 5, '2021-02-01', '2021-04-12'),
    ('comirnaty-12plus', 'covid19-2021', 'box195', 195, 6, '2021-04-12', null);
