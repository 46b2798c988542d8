-- The small country's deliveries, in which everything is right, written without any of the services' code:
-- one depot with five lots and nine releases of Tokyo's own round. 501 arrived one vial short, which is open;
-- 502 was called off; 503 is on the road, with a part for a satellite; 504 is ordered, with an answer held
-- back; nobody serves 505's town, and allocation has not heard of it yet; distribution has not heard of 506
-- yet; 507 arrived with everything wrong that can be, and all of it was decided; 508 came back; 509 was
-- picked twice, and is lost.
-- Needs the functions of audit_base.sql and audit_book_base.sql in the same session. Each step is a
-- transaction of its own.
begin;

-- both books: the auditor's recipes, a third time; answers the transfer
create function forge.move(book text, t uuid, giver bigint, getter bigint, vials bigint, corrected uuid default null,
    chain uuid default null, length int default null, place int default null) returns uuid language plpgsql as $$
declare
    of_kind text := case when corrected is null then 'post' else 'correction' end;
    counted text;
    actor uuid := gen_random_uuid();
    where_in_chain bytea := forge.maybe(chain::text) || forge.maybe(length::text) || forge.maybe(place::text);
    asked bytea;
begin
    execute format('select unit from %I.account where id = $1', book) into counted using giver;
    asked := sha256(forge.part(t::text) || forge.part(of_kind)
        || case when corrected is null
           then forge.part(giver::text) || forge.part(getter::text) || forge.part(vials::text)
           else forge.part(corrected::text) || forge.maybe(null) end
        || where_in_chain || forge.maybe(null));
    execute format('insert into %I.transfer (id, debit_account, credit_account, unit, amount, kind, corrects, chain_id,
            chain_length, chain_index, actor, business_at, body_digest, digest)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)', book)
    using t, giver, getter, counted, vials, of_kind, corrected, chain, length, place, actor, '2021-04-05T05:00:00Z'::timestamptz,
        asked, sha256(forge.part(t::text) || forge.part(of_kind) || forge.part(giver::text) || forge.part(getter::text)
            || forge.part(counted) || forge.part(vials::text) || forge.maybe(null) || forge.maybe(corrected::text)
            || where_in_chain || forge.maybe(null) || forge.part(actor::text) || forge.part('2021-04-05T05:00:00.000Z')
            || forge.maybe(null) || forge.part(encode(asked, 'hex')));
    execute format('update %I.account set debits_posted = debits_posted + $2 where id = $1', book) using giver, vials;
    execute format('update %I.account set credits_posted = credits_posted + $2 where id = $1', book) using getter, vials;
    return t;
end $$;

create function forge.lot(of_number text) returns uuid language sql as $$ select id from distribution.lot where number = of_number $$;

create function forge.shelf(of_lot text, of_kind text, of_place text) returns bigint language plpgsql as $$
declare found_ bigint := (select account_id from distribution.stock_account
    where lot_id = forge.lot(of_lot) and kind = of_kind and place = of_place);
begin
    if found_ is null then
        insert into distribution.account (unit, source) values ('vial/' || forge.lot(of_lot), of_kind in ('maker', 'discrepancy'))
        returning id into found_;
        insert into distribution.stock_account values (found_, forge.lot(of_lot), of_kind, of_place);
    end if;
    return found_;
end $$;

-- vials of a lot: from one kind and place to another; `W` is the depot, a number a shipment's road or its site
create function forge.place(of_kind text, short text) returns text language sql as $$
    select case when short = 'maker' then short when short = 'W' then 'depot/W07'
        when of_kind in ('reserved', 'in_transit', 'lost', 'discrepancy') then 'shipment/00000000-0000-0000-0000-000000000' || short
        else 'site/' || (select site_id from distribution.shipment where id::text like '%' || short) end $$;

create function forge.vials(lot text, from_kind text, from_place text, to_kind text, to_place text, vials bigint,
    chain uuid default null, length int default null, place int default null) returns void language plpgsql as $$
begin
    perform forge.move('distribution', case when place = 0 then chain else gen_random_uuid() end,
        forge.shelf(lot, from_kind, forge.place(from_kind, from_place)),
        forge.shelf(lot, to_kind, forge.place(to_kind, to_place)), vials, null, chain, length, place);
end $$;

create function pg_temp.tell(schema text, of_type text, about text, cause uuid, told jsonb) returns void language plpgsql as $$
declare n bigint;
begin
    execute format('insert into %I.subject as s values ($1, 1) on conflict (name) do update set sequence = s.sequence + 1
        returning sequence', schema) into n using about;
    execute format('insert into %I.outbox (id, subject, sequence, type, cause_id, business_at, payload, announced_at, published_at)
        values (gen_random_uuid(), $1, $2, $3, $4, $5, $6, now(), now())', schema)
        using about, n, of_type, cause, '2021-04-05T05:00:00Z'::timestamptz, told;
end $$;

-- the consumer's side of an event
create function pg_temp.hear(schema text, producer text, of_type text, about text) returns void language plpgsql as $$
begin
    execute format('insert into %I.inbox (event_id, type, source, subject, sequence)
        select id, type, %L, subject, sequence from %I.outbox where type = $1 and subject = $2', schema, '/meguri/' || producer,
        producer) using of_type, about;
    execute format('insert into %I.inbox_subject as s values (%L, $1, 2) on conflict (source, subject) do update
        set next_sequence = s.next_sequence + 1', schema, '/meguri/' || producer) using about;
    perform pg_temp.entry(schema, gen_random_uuid(), 'event_apply', '2021-04-05T05:00:00Z', null);
end $$;

create function pg_temp.key(schema text, of_key uuid, of_operation text) returns void language plpgsql as $$
begin
    execute format('insert into %I.idempotency (key, actor, operation, body_digest, status, response)
        values ($1, gen_random_uuid(), $2, sha256(''''), 200, ''{}'')', schema) using of_key, of_operation;
end $$;

create function pg_temp.ship(short text) returns uuid language sql as
    $$ select ('00000000-0000-0000-0000-000000000' || short)::uuid $$;
create function pg_temp.at(short text) returns uuid language sql as
    $$ select ('00000000-0000-0000-0000-0000000000' || short)::uuid $$;

-- Tokyo releases lines of a plan: {site: vials}
create function pg_temp.release(short text, hub text, of_plan text, lines jsonb) returns void language plpgsql as $$
declare
    of_release uuid := pg_temp.ship(short);
    total bigint := (select sum(value::bigint) from jsonb_each_text(lines));
begin
    insert into allocation.release (id, round_id, hub_id, holder, vials, packs, state, actor_name, business_at)
    values (of_release, pg_temp.at('03'), pg_temp.at(hub), '130001', total, total / 195, 'released', '東京都', '2021-04-05T05:00:00Z');
    insert into allocation.release_line
    select of_release, pg_temp.at(of_plan), pg_temp.at(key), value::bigint from jsonb_each_text(lines);
    update allocation.plan_line l set state = 'released' from allocation.release_line r
    where r.release_id = of_release and l.plan_id = r.plan_id and l.recipient = r.recipient;
    perform forge.move('allocation', gen_random_uuid(), forge.account('granted', recipient, pg_temp.at('03')),
        forge.account('released', recipient, pg_temp.at('03')), vials)
    from allocation.release_line where release_id = of_release;
    perform pg_temp.entry('allocation', of_release, 'lines_release', '2021-04-05T05:00:00Z', null),
        pg_temp.key('allocation', of_release, 'line.release'),
        pg_temp.tell('allocation', 'allocation.released.v1', 'release/' || of_release, of_release, jsonb_build_object(
            'release_id', of_release, 'round_id', r.round_id, 'programme', 'covid19-2021', 'round', 10, 'product', 'comirnaty-12plus',
            'pack', 'box195', 'pack_vials', 195, 'vials', total, 'training', true,
            'delivery_from', '2021-04-26', 'delivery_to', '2021-05-09',
            'hub', jsonb_build_object('site_id', s.id, 'name', s.name, 'address', '', 'municipality', s.municipality),
            'splits', coalesce((select jsonb_agg(jsonb_build_object('site_id', l.recipient, 'name', '訓練病院', 'municipality', '131024',
                'vials', l.vials)) from allocation.release_line l where l.release_id = of_release and l.recipient <> s.id::text), '[]')))
    from allocation.release r join allocation.site s on s.id = r.hub_id where r.id = of_release;
end $$;

-- a step of a shipment, by whoever; of a partner with its answer
create function pg_temp.go(short text, of_step text, after text, act text, of_type text default null, data jsonb default '{}',
    why text default null) returns void language plpgsql as $$
declare
    of_step_id uuid := gen_random_uuid();
    s distribution.shipment;
begin
    update distribution.shipment set version = version + (of_step <> 'order')::int, state = after,
        next_answer = next_answer + (of_type is not null)::int,
        dispatched_at = case when of_step = 'dispatch' then '2021-04-05T05:00:00Z' else dispatched_at end,
        delivered_at = case when of_step = 'deliver' then '2021-04-05T05:00:00Z' else delivered_at end,
        received_at = case when of_step = 'receive' then '2021-04-05T05:00:00Z' else received_at end,
        delivery_on = coalesce((data ->> 'delivery_on')::date, delivery_on)
    where id = pg_temp.ship(short) returning * into s;
    insert into distribution.shipment_step (id, shipment_id, version, step, state, actor_name, reason, happened_at, business_at)
    values (of_step_id, s.id, s.version, of_step, after, 'W07', why, '2021-04-05T05:00:00Z', '2021-04-05T05:00:00Z');
    perform pg_temp.entry('distribution', of_step_id, act, '2021-04-05T05:00:00Z', why);
    if of_type is not null then
        insert into distribution.answer (id, shipment_id, type, sequence, state, via, body, actor_name, business_at)
        values (gen_random_uuid(), s.id, of_type, s.next_answer - 1, 'applied', 'amqp', jsonb_build_object('specversion', '1.0',
            'data', jsonb_build_object('shipment_id', s.id) || data), 'W07', '2021-04-05T05:00:00Z');
    end if;
    if after in ('cancelled', 'unfulfillable') then
        perform pg_temp.tell('distribution', 'shipment.' || after || '.v1', 'shipment/' || s.id, of_step_id, jsonb_strip_nulls(
            jsonb_build_object('shipment_id', s.id, 'wholesaler', s.wholesaler, 'branch', s.branch, 'training', true)
            || jsonb_build_object('reason', coalesce(why, '担当卸なし'))));
    end if;
end $$;

-- the event of a release becomes a shipment; {lot: vials} is the proposal
create function pg_temp.order(short text, lots jsonb, area text default 'W07') returns void language plpgsql as $$
declare of_event jsonb := (select payload from allocation.outbox where subject = 'release/' || pg_temp.ship(short));
begin
    perform pg_temp.hear('distribution', 'allocation', 'allocation.released.v1', 'release/' || pg_temp.ship(short));
    insert into distribution.shipment (id, round_id, programme, round_number, product, branch, wholesaler, site_id, site, municipality,
        vials, pack, pack_vials, storage, window_from, window_to, state, version, ordered_at, training)
    select pg_temp.ship(short), pg_temp.at('03'), 'covid19-2021', 10, 'comirnaty-12plus', area || '-03', area,
        (of_event -> 'hub' ->> 'site_id')::uuid, of_event -> 'hub', of_event -> 'hub' ->> 'municipality', (of_event ->> 'vials')::bigint,
        'box195', 195, 'ultra_cold', '2021-04-26', '2021-05-09', 'unfulfillable', 1, '2021-04-05T05:00:00Z', true;
    insert into distribution.shipment_split (shipment_id, site_id, name, municipality, vials)
    select pg_temp.ship(short), site_id, name, municipality, vials
    from jsonb_to_recordset(of_event -> 'splits') as s (site_id uuid, name text, municipality text, vials bigint);
    insert into distribution.shipment_lot select pg_temp.ship(short), 'proposed', forge.lot(key), value::bigint from jsonb_each_text(lots);
    perform forge.vials(key, 'available', 'W', 'reserved', short, value::bigint) from jsonb_each_text(lots);
    perform pg_temp.go(short, 'order', case when area is null then 'unfulfillable' else 'ordered' end, 'event_apply');
    perform pg_temp.tell('distribution', 'shipment.ordered.v1', 'shipment/' || id, id, jsonb_build_object('shipment_id', id,
        'wholesaler', wholesaler, 'branch', branch, 'product', product, 'programme', programme, 'round', round_number, 'to', site,
        'vials', vials, 'packs', jsonb_build_array(jsonb_build_object('pack', pack, 'count', vials / 195)),
        'lots', (select jsonb_agg(jsonb_build_object('lot', key, 'expiry', '2021-07-31', 'vials', value::bigint)) from jsonb_each_text(lots)),
        'window', '{"from": "2021-04-26", "to": "2021-05-09"}'::jsonb, 'storage', storage, 'splits', of_event -> 'splits', 'training', true))
    from distribution.shipment where id = pg_temp.ship(short) and area is not null;
end $$;

-- the usual answers up to dispatch; {lot: vials} is what was picked. Moves no vials but onto the road
create function pg_temp.pick(short text, lots jsonb) returns void language plpgsql as $$
begin
    insert into distribution.shipment_lot select pg_temp.ship(short), 'picked', forge.lot(key), value::bigint from jsonb_each_text(lots);
    perform pg_temp.go(short, 'pick', 'picked', 'shipment_answer', 'shipment.picked.v1', jsonb_build_object('lots',
        (select jsonb_agg(jsonb_build_object('lot', lower(key), 'vials', value::bigint)) from jsonb_each_text(lots))));
end $$;

create function pg_temp.dispatch(short text) returns void language plpgsql as $$
begin
    perform pg_temp.go(short, 'dispatch', 'dispatched', 'shipment_answer', 'shipment.dispatched.v1');
    perform forge.vials(l.number, 'reserved', short, 'in_transit', short, p.vials)
    from distribution.shipment_lot p join distribution.lot l on l.id = p.lot_id
    where p.shipment_id = pg_temp.ship(short) and p.stage = 'picked';
end $$;

create function pg_temp.scheduled(short text) returns void language sql as $$
    select pg_temp.go(short, 'schedule', 'scheduled', 'shipment_answer', 'shipment.scheduled.v1', '{"delivery_on": "2021-04-27"}') $$;

-- the site confirms: {lot: [expected, accepted, damaged]}
create function pg_temp.receive(short text, of_receipt uuid, lots jsonb) returns void language plpgsql as $$
declare s distribution.shipment := (select s from distribution.shipment s where id = pg_temp.ship(short));
begin
    insert into distribution.receipt (id, shipment_id, site_id, actor_name, received_at, business_at)
    values (of_receipt, s.id, s.site_id, '千代田区', '2021-04-05T05:00:00Z', '2021-04-05T05:00:00Z');
    insert into distribution.receipt_line
    select of_receipt, forge.lot(key), (value ->> 0)::bigint, (value ->> 1)::bigint, (value ->> 2)::bigint from jsonb_each(lots);
    perform pg_temp.go(short, 'receive', 'delivered', 'receipt_confirm'), pg_temp.key('distribution', of_receipt, 'receipt.confirm'),
        pg_temp.tell('distribution', 'receipt.recorded.v1', 'shipment/' || s.id, of_receipt, jsonb_build_object('receipt_id', of_receipt,
            'shipment_id', s.id, 'wholesaler', s.wholesaler, 'branch', s.branch, 'site_id', s.site_id, 'received_at', '2021-04-05T05:00:00.000Z',
            'lots', (select jsonb_agg(jsonb_build_object('lot', key, 'expected', value -> 0, 'accepted', value -> 1, 'damaged', value -> 2))
                     from jsonb_each(lots)),
            'vials_accepted', sum(accepted), 'vials_damaged', sum(damaged), 'training', true,
            'vials_short', sum(greatest(expected - accepted - damaged, 0)), 'vials_surplus', sum(greatest(accepted + damaged - expected, 0))))
    from distribution.receipt_line where receipt_id = of_receipt;
end $$;

create function pg_temp.differs(of_discrepancy text, short text, of_receipt uuid, lot text, of_kind text, n bigint) returns void
    language sql as $$
    insert into distribution.discrepancy (id, shipment_id, receipt_id, lot_id, kind, vials, municipality, state, opened_at)
    values (pg_temp.ship(of_discrepancy), pg_temp.ship(short), of_receipt, forge.lot(lot), of_kind, n, '131016', 'open', '2021-04-05T05:00:00Z');
    select pg_temp.tell('distribution', 'notification.requested.v1', 'notification/' || pg_temp.ship(of_discrepancy), pg_temp.ship(of_discrepancy),
        jsonb_build_object('notification_id', pg_temp.ship(of_discrepancy), 'recipient_kind', 'territory', 'recipient', '130001',
            'about', 'shipment/' || pg_temp.ship(short), 'topic', 'shipment.discrepancy', 'ja', '差異', 'en', 'differs', 'training', true)) $$;

create function pg_temp.decide(of_discrepancy text, of_decision text) returns void language sql as $$
    update distribution.discrepancy set state = 'resolved', decision = of_decision, reason = '確認した', resolved_by = '東京都',
        resolved_at = '2021-04-05T05:00:00Z' where id = pg_temp.ship(of_discrepancy);
    select pg_temp.entry('distribution', pg_temp.ship(of_discrepancy), 'discrepancy_resolve', '2021-04-05T05:00:00Z', '確認した'),
        pg_temp.key('distribution', gen_random_uuid(), 'discrepancy.resolve') $$;

-- Tokyo's second round of its own: 12 boxes, 11 of them assigned in three plans
insert into allocation.round (id, programme, stream, product, number, pack, pack_vials, doses_per_vial,
    delivery_from, delivery_to, opened_at) values (pg_temp.at('03'), 'covid19-2021', 'prefecture_site', 'comirnaty-12plus', 10, 'box195', 195, 6,
    '2021-04-26', '2021-05-09', '2021-04-05T03:00:00Z');
insert into allocation.site (id, kind, facility_id, municipality, hub_id, name) values
    (pg_temp.at('71'), 'mass', null, '131016', null, '会場一'), (pg_temp.at('73'), 'mass', null, '131024', null, '会場二'),
    (pg_temp.at('74'), 'mass', null, '131016', null, '会場三'), (pg_temp.at('76'), 'mass', null, '131032', null, '会場四'),
    (pg_temp.at('72'), 'satellite', pg_temp.at('0b'), '131024', pg_temp.at('74'), '訓練病院');
insert into allocation.supply_notice (id, round_id, holder, vials, business_at)
values (pg_temp.at('53'), pg_temp.at('03'), '130001', 2340, '2021-04-05T03:00:00Z');
select pg_temp.entry('allocation', pg_temp.at('03'), 'round_open', '2021-04-05T03:00:00Z', null),
    pg_temp.entry('allocation', pg_temp.at('53'), 'round_open', '2021-04-05T03:00:00Z', null);
select pg_temp.open(kind, '130001', pg_temp.at('03')) from unnest(array['supply', 'granted']) as kind;
select pg_temp.open(kind, pg_temp.at(site)::text, pg_temp.at('03'))
from unnest(array['granted', 'released']) as kind cross join unnest(array['71', '72', '73', '74', '76']) as site;
select forge.move('allocation', '1e1eda49-1e14-5d6c-a4e3-afb6351b56f4', forge.account('supply', '130001', pg_temp.at('03')),
    forge.account('granted', '130001', pg_temp.at('03')), 2340);

create temporary table assigned (plan text, site text, vials bigint, transfer uuid, place int, chain uuid, length int);
insert into assigned values
    ('e1', '71', 390, '7823817b-c286-5597-b0a5-bcd51f4afb7a', 0, '7823817b-c286-5597-b0a5-bcd51f4afb7a', 5),
    ('e1', '72', 50, '955be18c-a561-5ac6-a777-b3322385177f', 1, '7823817b-c286-5597-b0a5-bcd51f4afb7a', 5),
    ('e1', '73', 195, '19d4d20a-f4bf-54db-805c-637125db40b1', 2, '7823817b-c286-5597-b0a5-bcd51f4afb7a', 5),
    ('e1', '74', 340, 'c1d527d0-c5bc-52f5-b772-8c095d5d510f', 3, '7823817b-c286-5597-b0a5-bcd51f4afb7a', 5),
    ('e1', '76', 195, '17ad8cb3-186d-5f2b-92a1-7d4c3a417444', 4, '7823817b-c286-5597-b0a5-bcd51f4afb7a', 5),
    ('e2', '71', 195, '38f7b63f-bb5c-575f-a4dc-c0a1c3604150', 0, '38f7b63f-bb5c-575f-a4dc-c0a1c3604150', 3),
    ('e2', '73', 195, '5be5efdb-08f5-583f-9f07-fca53cfe3fb9', 1, '38f7b63f-bb5c-575f-a4dc-c0a1c3604150', 3),
    ('e2', '74', 195, '52e381c3-4fb4-566a-a147-c166e26f51cf', 2, '38f7b63f-bb5c-575f-a4dc-c0a1c3604150', 3),
    ('e3', '71', 195, '019484e0-4cd8-5349-91bf-ae4d829f085b', 0, '019484e0-4cd8-5349-91bf-ae4d829f085b', 2),
    ('e3', '73', 195, '884b1dfc-0187-5684-be48-bbe38a024f33', 1, '019484e0-4cd8-5349-91bf-ae4d829f085b', 2);
select pg_temp.plan(pg_temp.at(plan), 'prefecture', '130001', 2340, 1, pg_temp.at('03')) from (select distinct plan from assigned) p;
select pg_temp.line(pg_temp.at(plan), pg_temp.at(site)::text, vials) from assigned;
select pg_temp.step(pg_temp.at(plan), 1, pg_temp.at(plan), 'commit'), pg_temp.committed(pg_temp.at(plan), pg_temp.at(plan))
from (select distinct plan from assigned) p;
select forge.move('allocation', transfer, forge.account('granted', '130001', pg_temp.at('03')),
    forge.account('granted', pg_temp.at(site)::text, pg_temp.at('03')), vials, null, chain, length, place) from assigned order by plan, place;
commit;

-- the depot
begin;
insert into distribution.wholesaler values ('W07', '訓練卸', 'Training wholesaler', true);
insert into distribution.branch values ('W07-03', 'W07', '東京支店', 'Tokyo branch', '130001');
insert into distribution.area (municipality, product_group, branch, valid_from)
values ('131016', 'covid19', 'W07-03', '2021-04-01'), ('131024', 'covid19', 'W07-03', '2021-04-01');
insert into distribution.lot (id, product, number, expiry) values
    (pg_temp.at('f1'), 'comirnaty-12plus', 'EX0001', '2021-07-31'), (pg_temp.at('f2'), 'comirnaty-12plus', 'EX0002', '2021-08-31'),
    (pg_temp.at('f3'), 'comirnaty-12plus', 'EX0003', '2021-09-30'), (pg_temp.at('f4'), 'comirnaty-12plus', 'EX0004', '2021-10-31'),
    (pg_temp.at('f5'), 'comirnaty-12plus', 'EX0005', '2021-07-15');
insert into distribution.inbound (id, wholesaler, lot_id, vials, business_at, recorded_at)
select gen_random_uuid(), 'W07', forge.lot(number), vials, '2021-04-05T01:00:00Z', now() - interval '1 hour'
from (values ('EX0001', 585), ('EX0002', 780), ('EX0003', 190), ('EX0004', 100), ('EX0005', 10)) as i (number, vials);
select forge.vials(number, 'maker', 'maker', 'available', 'W', vials)
from (values ('EX0001', 585), ('EX0002', 780), ('EX0003', 190), ('EX0004', 100), ('EX0005', 10)) as i (number, vials);
select pg_temp.entry('distribution', gen_random_uuid(), 'inbound_record', '2021-04-05T01:00:00Z', null),
    pg_temp.key('distribution', gen_random_uuid(), 'inbound.record');
commit;
begin;
update distribution.lot set recalled_at = '2021-04-05T01:30:00Z' where number = 'EX0005';
select forge.vials('EX0005', 'available', 'W', 'quarantined', 'W', 10),
    pg_temp.entry('distribution', forge.lot('EX0005'), 'lot_recall', '2021-04-05T01:30:00Z', '回収'),
    pg_temp.key('distribution', gen_random_uuid(), 'lot.recall');
commit;

-- released by Tokyo, one by one
begin; select pg_temp.release('501', '71', 'e1', '{"71": 390}'); commit;
begin; select pg_temp.release('502', '73', 'e1', '{"73": 195}'); commit;
begin; select pg_temp.release('503', '74', 'e1', '{"74": 340, "72": 50}'); commit;
begin; select pg_temp.release('504', '73', 'e2', '{"73": 195}'); commit;
begin; select pg_temp.release('505', '76', 'e1', '{"76": 195}'); commit;
begin; select pg_temp.release('506', '71', 'e2', '{"71": 195}'); update allocation.outbox set announced_at = null, published_at = null where subject like '%506'; commit;
begin; select pg_temp.release('507', '74', 'e2', '{"74": 195}'); commit;
begin; select pg_temp.release('508', '71', 'e3', '{"71": 195}'); commit;
begin; select pg_temp.release('509', '73', 'e3', '{"73": 195}'); commit;

-- 501: another lot than proposed is picked; one vial does not arrive
begin; select pg_temp.order('501', '{"EX0001": 390}'); commit;
begin; select pg_temp.scheduled('501'); commit;
begin;
select forge.vials('EX0001', 'reserved', '501', 'available', 'W', 195, '00000000-0000-0000-0000-0000000000c1', 2, 0),
    forge.vials('EX0002', 'available', 'W', 'reserved', '501', 195, '00000000-0000-0000-0000-0000000000c1', 2, 1),
    pg_temp.pick('501', '{"EX0001": 195, "EX0002": 195}');
commit;
begin; select pg_temp.dispatch('501'); commit;
begin; select pg_temp.go('501', 'deliver', 'delivered', 'shipment_answer', 'shipment.delivered.v1'); commit;
begin;
select pg_temp.receive('501', pg_temp.at('a1'), '{"EX0001": [195, 194, 0], "EX0002": [195, 195, 0]}'),
    forge.vials('EX0001', 'in_transit', '501', 'available', '501', 194), forge.vials('EX0001', 'in_transit', '501', 'discrepancy', '501', 1),
    forge.vials('EX0002', 'in_transit', '501', 'available', '501', 195),
    pg_temp.differs('d01', '501', pg_temp.at('a1'), 'EX0001', 'short', 1);
commit;

-- 502: called off
begin; select pg_temp.order('502', '{"EX0001": 195}'); commit;
begin; select pg_temp.scheduled('502'); commit;
begin;
select pg_temp.go('502', 'cancel', 'cancelled', 'shipment_cancel', why => '会場の都合'), pg_temp.key('distribution', gen_random_uuid(), 'shipment.cancel'),
    forge.vials('EX0001', 'reserved', '502', 'available', 'W', 195);
commit;
begin;
select pg_temp.hear('allocation', 'distribution', 'shipment.ordered.v1', 'shipment/' || pg_temp.ship('502'));
commit;
begin;
select pg_temp.hear('allocation', 'distribution', 'shipment.cancelled.v1', 'shipment/' || pg_temp.ship('502'));
update allocation.release set state = 'cancelled', reason = '会場の都合', ended_at = '2021-04-05T05:00:00Z' where id = pg_temp.ship('502');
update allocation.plan_line set state = 'planned' where plan_id = pg_temp.at('e1') and recipient = pg_temp.at('73')::text;
select forge.move('allocation', gen_random_uuid(), t.credit_account, t.debit_account, t.amount, t.id)
from (select * from allocation.transfer
      where credit_account = forge.account('released', pg_temp.at('73')::text, pg_temp.at('03')) order by txid limit 1) t;
commit;

-- 503: on the road
begin; select pg_temp.order('503', '{"EX0001": 390}'); commit;
begin; select pg_temp.scheduled('503'); commit;
begin; select pg_temp.pick('503', '{"EX0001": 390}'); commit;
begin; select pg_temp.dispatch('503'); commit;

-- 504: the second answer came before the first
begin; select pg_temp.order('504', '{"EX0002": 195}'); commit;
begin;
insert into distribution.answer (id, shipment_id, type, sequence, state, via, body, actor_name, business_at)
values (gen_random_uuid(), pg_temp.ship('504'), 'shipment.picked.v1', 2, 'held', 'amqp', '{}', 'W07', '2021-04-05T05:00:00Z');
select pg_temp.entry('distribution', gen_random_uuid(), 'shipment_answer', '2021-04-05T05:00:00Z', null);
commit;

-- 505: nobody serves its town
begin; select pg_temp.order('505', '{}', null); commit;

-- 507: the depot's book holds 190 of what was picked, 3 arrive broken, 2 not at all, and one of another lot
begin; select pg_temp.order('507', '{"EX0002": 195}'); commit;
begin; select pg_temp.scheduled('507'); commit;
begin;
select forge.vials('EX0002', 'reserved', '507', 'available', 'W', 195), forge.vials('EX0003', 'available', 'W', 'reserved', '507', 190),
    forge.vials('EX0003', 'discrepancy', '507', 'reserved', '507', 5), pg_temp.pick('507', '{"EX0003": 195}'),
    pg_temp.differs('d02', '507', null, 'EX0003', 'beyond_stock', 5);
commit;
begin; select pg_temp.dispatch('507'); commit;
begin;
select pg_temp.receive('507', pg_temp.at('a2'), '{"EX0003": [195, 190, 3], "EX0004": [0, 1, 0]}'),
    forge.vials('EX0003', 'in_transit', '507', 'available', '507', 190), forge.vials('EX0003', 'in_transit', '507', 'quarantined', '507', 3),
    forge.vials('EX0003', 'in_transit', '507', 'discrepancy', '507', 2), forge.vials('EX0004', 'discrepancy', '507', 'available', '507', 1),
    pg_temp.differs('d03', '507', pg_temp.at('a2'), 'EX0003', 'damaged', 3), pg_temp.differs('d04', '507', pg_temp.at('a2'), 'EX0003', 'short', 2),
    pg_temp.differs('d05', '507', pg_temp.at('a2'), 'EX0004', 'surplus', 1);
commit;
begin; select pg_temp.go('507', 'deliver', 'delivered', 'shipment_answer', 'shipment.delivered.v1'); commit;
begin; select pg_temp.decide('d02', 'from_maker'), forge.vials('EX0003', 'maker', 'maker', 'discrepancy', '507', 5); commit;
begin; select pg_temp.decide('d03', 'usable'), forge.vials('EX0003', 'quarantined', '507', 'available', '507', 3); commit;
begin; select pg_temp.decide('d04', 'lost'), forge.vials('EX0003', 'discrepancy', '507', 'lost', '507', 2); commit;
begin; select pg_temp.decide('d05', 'from_depot'), forge.vials('EX0004', 'available', 'W', 'discrepancy', '507', 1); commit;

-- 508: nobody was there, and it came back; 509: gone
begin; select pg_temp.order('508', '{"EX0002": 195}'); commit;
begin; select pg_temp.scheduled('508'); commit;
begin; select pg_temp.pick('508', '{"EX0002": 195}'); commit;
begin; select pg_temp.dispatch('508'); commit;
begin; select pg_temp.go('508', 'fail', 'failed', 'shipment_answer', 'shipment.failed.v1', why => '不在'); commit;
begin;
select pg_temp.go('508', 'return', 'returned', 'shipment_answer', 'shipment.returned.v1', why => '不在'),
    forge.vials('EX0002', 'in_transit', '508', 'returned', 'W', 195);
commit;
begin; select pg_temp.order('509', '{"EX0002": 195}'); commit;
begin; select pg_temp.scheduled('509'); commit;
begin;
select forge.vials('EX0002', 'reserved', '509', 'available', 'W', 5), forge.vials('EX0003', 'discrepancy', '509', 'reserved', '509', 5),
    pg_temp.pick('509', '{"EX0002": 190, "EX0003": 5}'), pg_temp.differs('d06', '509', null, 'EX0003', 'beyond_stock', 5);
commit;
begin;
delete from distribution.shipment_lot where shipment_id = pg_temp.ship('509') and stage = 'picked';
update distribution.discrepancy set state = 'resolved', decision = 'withdrawn', reason = 'put back', resolved_by = 'W07',
    resolved_at = '2021-04-05T05:00:00Z' where id = pg_temp.ship('d06');
select forge.vials('EX0003', 'reserved', '509', 'discrepancy', '509', 5), forge.vials('EX0002', 'available', 'W', 'reserved', '509', 5),
    pg_temp.pick('509', '{"EX0002": 195}');
commit;
begin; select pg_temp.dispatch('509'); commit;
begin;
select pg_temp.go('509', 'lose', 'lost', 'shipment_answer', 'shipment.lost.v1', why => '事故'),
    forge.vials('EX0002', 'in_transit', '509', 'lost', '509', 195);
commit;

-- W07 itself has not been told of 503; the rest is heard, but for 505's end and 501's order, for which its receipt waits; notices are shown
begin;
select pg_temp.hear('allocation', 'distribution', type, subject) from distribution.outbox
where subject like 'shipment/%' and subject not like '%501' and subject not like '%502' and subject not like '%505' order by pos;
insert into allocation.inbox_held (event_id, source, subject, sequence, body)
select id, '/meguri/distribution', subject, sequence, payload from distribution.outbox
where subject like 'shipment/%501' and type = 'receipt.recorded.v1';
select pg_temp.hear('relay', 'distribution', type, subject) from distribution.outbox where subject like 'notification/%' order by pos;
insert into relay.notification (id, recipient_kind, recipient, about, topic, ja, en, business_at)
select (payload ->> 'notification_id')::uuid, payload ->> 'recipient_kind', payload ->> 'recipient', payload ->> 'about', payload ->> 'topic', payload ->> 'ja', payload ->> 'en',
    business_at
from distribution.outbox where subject like 'notification/%';
update distribution.outbox set published_at = null where subject like '%503';
update distribution.outbox set announced_at = null, published_at = null where subject like '%505';
commit;
