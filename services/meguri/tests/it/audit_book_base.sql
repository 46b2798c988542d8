-- The small country's rounds, in which everything is right, written without any of the services' code:
-- a supply of 10 boxes and 5 vials, granted by the nation to two prefectures, by Tokyo to two wards
-- after moving a box into its reserve, by one ward to two sites; and 400 vials of Tokyo's own, of which it
-- assigns 300 to its own site. Ids of transfers are version 5 of
-- RFC 9562, computed beforehand. Needs the functions of audit_base.sql in the same session.
begin;

-- not temporary: faults use it to forge transfers whose digests and totals are right
create schema forge;

create function forge.part(t text) returns bytea language sql as
    $$ select int8send(octet_length(convert_to(t, 'UTF8'))) || convert_to(t, 'UTF8') $$;

create function forge.maybe(t text) returns bytea language sql as
    $$ select forge.part(case when t is null then '0' else '1' end) || forge.part(coalesce(t, '')) $$;

create function forge.account(of_kind text, of_holder text, of_round uuid default '00000000-0000-0000-0000-000000000001') returns bigint
    language sql as
    $$ select account_id from allocation.book_account where kind = of_kind and holder = of_holder and round_id = of_round $$;

-- the auditor's recipes, a third time
create function forge.transfer(t uuid, giver bigint, getter bigint, vials bigint, chain uuid default null, length int default null,
    place int default null, of_kind text default 'post', pending uuid default null) returns void language plpgsql as $$
declare
    counted text := (select unit from allocation.account where id = giver);
    actor uuid := gen_random_uuid();
    at timestamptz := '2021-04-05T04:00:00Z';
    where_in_chain bytea := forge.maybe(chain::text) || forge.maybe(length::text) || forge.maybe(place::text);
    leg bytea := forge.part(giver::text) || forge.part(getter::text) || forge.part(vials::text);
    asked bytea := sha256(forge.part(t::text) || forge.part(of_kind)
        || case of_kind when 'post' then leg when 'pending' then leg || forge.maybe(null)
           when 'post_pending' then forge.part(pending::text) || forge.maybe(vials::text) else forge.part(pending::text) end
        || where_in_chain || forge.maybe(null));
    moved bigint := case when of_kind in ('post', 'post_pending') then vials else 0 end;
    reserved bigint := case when of_kind = 'pending' then vials when of_kind = 'post' then 0
                       else -(select amount from allocation.transfer where id = pending) end;
begin
    insert into allocation.transfer (id, debit_account, credit_account, unit, amount, kind, pending_id, chain_id, chain_length,
        chain_index, actor, business_at, body_digest, digest)
    values (t, giver, getter, counted, vials, of_kind, pending, chain, length, place, actor, at, asked, sha256(
        forge.part(t::text) || forge.part(of_kind) || forge.part(giver::text) || forge.part(getter::text) || forge.part(counted)
        || forge.part(vials::text) || forge.maybe(pending::text) || forge.maybe(null) || where_in_chain || forge.maybe(null)
        || forge.part(actor::text) || forge.part('2021-04-05T04:00:00.000Z') || forge.maybe(null)
        || forge.part(encode(asked, 'hex'))));
    update allocation.account set debits_posted = debits_posted + moved, debits_pending = debits_pending + reserved
    where id = giver;
    update allocation.account set credits_posted = credits_posted + moved, credits_pending = credits_pending + reserved
    where id = getter;
end $$;

create function pg_temp.open(of_kind text, of_holder text, of_round uuid default '00000000-0000-0000-0000-000000000001') returns void
    language sql as $$
    with opened as (
        insert into allocation.account (unit, source)
        select 'vials/covid19-2021/comirnaty-12plus/' || number || '/' || stream, of_kind = 'supply' from allocation.round where id = of_round
        returning id)
    insert into allocation.book_account
    select id, of_round, of_kind, of_holder from opened $$;

create function pg_temp.plan(of_plan uuid, of_level text, of_holder text, vials bigint, unit int,
    of_round uuid default '00000000-0000-0000-0000-000000000001') returns void language sql as $$
    insert into allocation.plan (id, round_id, kind, level, holder, state, version, supply_vials, unit_vials, rule, digest,
        computed_at, committed_at, training) values (of_plan, of_round, case unit when 1 then 'assignment' else 'division' end, of_level,
        of_holder, 'computed', 1, vials, unit, '{}', sha256(''), '2021-04-05T04:00:00Z', null, true) $$;

create function pg_temp.line(of_plan uuid, of_recipient text, units bigint, above text default null) returns void language sql as $$
    insert into allocation.plan_line (plan_id, recipient, under, computed, units, explanation, state) values (of_plan, of_recipient, above, units, units, '{}', 'planned') $$;

-- a step on a plan: its history, and once for each request its trace and its key
create function pg_temp.step(of_plan uuid, n int, request uuid, of_action text, of_recipient text default null,
    before bigint default null, after bigint default null, later interval default '0') returns void language plpgsql as $$
declare
    at timestamptz := '2021-04-05T04:00:00Z'::timestamptz + later;
    signer uuid;
    why text := case of_action when 'adjust' then '会場の都合' end;
begin
    insert into allocation.plan_change (id, plan_id, version, action, recipient, units_before, units_after, reason, actor_name, business_at)
    values (request, of_plan, n, of_action, of_recipient, before, after, why, '東京都', at);
    update allocation.plan_line set units = after where plan_id = of_plan and recipient = of_recipient;
    update allocation.plan set version = n,
        state = case of_action when 'submit' then 'submitted' when 'approve' then 'approved' when 'commit' then 'committed'
                else 'computed' end,
        committed_at = case of_action when 'commit' then at end
    where id = of_plan;
    if not exists (select from allocation.idempotency where key = request) then
        perform pg_temp.entry('allocation', request, case of_action when 'approve' then 'plan_approve' when 'commit'
            then 'plan_commit' else 'plan_draft' end, at, why);
        insert into allocation.idempotency (key, actor, operation, body_digest, status, response)
        values (request, gen_random_uuid(), of_action, sha256(''), 200, '{}');
    end if;
    -- as the trail has them
    select actor into signer from allocation.audit where cause_id = request;
    if of_action = 'submit' then
        update allocation.plan p set submitted_by = signer, submitted_name = '東京都',
            objections_until = (select at + s.objection_hours * interval '1 hour' from allocation.round_step s
                                where s.round_id = p.round_id and s.level = p.level and s.objection_hours > 0)
        where id = of_plan;
    elsif of_action = 'approve' then
        update allocation.plan set approved_by = signer, approved_name = '東京都の次長' where id = of_plan;
    end if;
end $$;

-- an objection, or its answer: its history, trace and key, beside the plan's versions
create function pg_temp.said(of_plan uuid, n int, request uuid, of_action text) returns void language plpgsql as $$
declare
    at timestamptz := '2021-04-05T04:30:00Z';
begin
    insert into allocation.plan_change (id, plan_id, version, action, reason, actor_name, business_at)
    values (request, of_plan, n, of_action, '冷凍庫', '中央区', at);
    perform pg_temp.entry('allocation', request, case of_action when 'object' then 'plan_object' else 'plan_draft' end, at, '冷凍庫');
    insert into allocation.idempotency (key, actor, operation, body_digest, status, response)
    values (request, gen_random_uuid(), of_action, sha256(''), 200, '{}');
end $$;

create function pg_temp.committed(of_plan uuid, cause uuid) returns void language sql as $$
    insert into allocation.subject values ('plan/' || of_plan, 1);
    insert into allocation.outbox (id, subject, sequence, type, cause_id, business_at, payload)
    select gen_random_uuid(), 'plan/' || of_plan, 1, 'allocation.committed.v1', cause, '2021-04-05T04:00:00Z',
        jsonb_build_object('plan_id', p.id, 'round_id', p.round_id, 'holder', p.holder, 'level', p.level,
            'unit_vials', p.unit_vials, 'vials', sum(l.units) * p.unit_vials, 'training', p.training,
            'lines', jsonb_agg(jsonb_build_object('recipient', l.recipient, 'units', l.units) order by l.recipient desc))
    from allocation.plan p join allocation.plan_line l on l.plan_id = p.id and l.under is null and l.units > 0
    where p.id = of_plan group by p.id $$;

insert into allocation.round (id, programme, stream, product, number, pack, pack_vials, doses_per_vial,
    delivery_from, delivery_to, opened_at) values ('00000000-0000-0000-0000-000000000001', 'covid19-2021', 'residents', 'comirnaty-12plus', 9,
    'box195', 195, 6, '2021-04-12', '2021-04-25', '2021-04-05T03:00:00Z'),
    ('00000000-0000-0000-0000-000000000002', 'covid19-2021', 'prefecture_site', 'comirnaty-12plus', 9,
    'box195', 195, 6, '2021-04-12', '2021-04-25', '2021-04-05T03:00:00Z');
select pg_temp.entry('allocation', '00000000-0000-0000-0000-000000000001', 'round_open', '2021-04-05T03:00:00Z', null),
    pg_temp.entry('allocation', '00000000-0000-0000-0000-000000000002', 'round_open', '2021-04-05T03:00:00Z', null);
-- the prefectures give their municipalities an hour to object
insert into allocation.round_step (round_id, level, due_at, objection_hours)
select '00000000-0000-0000-0000-000000000001', level, '2021-04-09T08:00:00Z', case level when 'prefecture' then 1 else 0 end
from unnest('{nation,prefecture,municipality}'::text[]) as level;
insert into allocation.site (id, kind, facility_id, municipality, hub_id, name) values
    ('00000000-0000-0000-0000-000000000061', 'mass', null, '131016', null, '会場'),
    ('00000000-0000-0000-0000-000000000062', 'satellite', '00000000-0000-0000-0000-00000000000a', '131016', '00000000-0000-0000-0000-000000000061', '訓練病院'),
    ('00000000-0000-0000-0000-000000000064', 'mass', null, '131024', null, '都の大規模会場');
insert into allocation.supply_notice (id, round_id, holder, vials, business_at) values
    ('00000000-0000-0000-0000-000000000051', '00000000-0000-0000-0000-000000000001', '000000', 1955, '2021-04-05T03:00:00Z'),
    ('00000000-0000-0000-0000-000000000052', '00000000-0000-0000-0000-000000000002', '130001', 400, '2021-04-05T03:00:00Z');
select pg_temp.entry('allocation', '00000000-0000-0000-0000-000000000051', 'round_open', '2021-04-05T03:00:00Z', null),
    pg_temp.entry('allocation', '00000000-0000-0000-0000-000000000052', 'round_open', '2021-04-05T03:00:00Z', null);

select pg_temp.open('supply', '000000'), pg_temp.open('granted', '000000'), pg_temp.open('reserve', '000000'),
    pg_temp.open('granted', '130001'), pg_temp.open('granted', '310000'), pg_temp.open('reserve', '130001'),
    pg_temp.open('granted', '131016'), pg_temp.open('granted', '131024'),
    pg_temp.open('granted', '00000000-0000-0000-0000-000000000061'), pg_temp.open('granted', '00000000-0000-0000-0000-000000000062'),
    pg_temp.open('supply', '130001', '00000000-0000-0000-0000-000000000002'), pg_temp.open('granted', '130001', '00000000-0000-0000-0000-000000000002'),
    pg_temp.open('granted', '00000000-0000-0000-0000-000000000064', '00000000-0000-0000-0000-000000000002');

-- the nation: 6 boxes to Tokyo, 3 to Tottori
select pg_temp.plan('00000000-0000-0000-0000-000000000011', 'nation', '000000', 1955, 195),
    pg_temp.line('00000000-0000-0000-0000-000000000011', '130001', 6),
    pg_temp.line('00000000-0000-0000-0000-000000000011', '310000', 3),
    pg_temp.line('00000000-0000-0000-0000-000000000011', '131016', 4, '130001'),
    pg_temp.line('00000000-0000-0000-0000-000000000011', '131024', 2, '130001'),
    pg_temp.line('00000000-0000-0000-0000-000000000011', '312011', 3, '310000'),
    pg_temp.step('00000000-0000-0000-0000-000000000011', 1, '00000000-0000-0000-0000-0000000000a1', 'compute'),
    pg_temp.step('00000000-0000-0000-0000-000000000011', 2, '00000000-0000-0000-0000-0000000000a2', 'submit'),
    pg_temp.step('00000000-0000-0000-0000-000000000011', 3, '00000000-0000-0000-0000-0000000000a3', 'approve'),
    pg_temp.step('00000000-0000-0000-0000-000000000011', 4, '00000000-0000-0000-0000-0000000000a4', 'commit'),
    pg_temp.committed('00000000-0000-0000-0000-000000000011', '00000000-0000-0000-0000-0000000000a4');
-- its prefectures' drafts; Tokyo moves a box into its reserve and commits, Tottori has not begun
select pg_temp.plan('00000000-0000-0000-0000-000000000012', 'prefecture', '130001', 1170, 195),
    pg_temp.plan('00000000-0000-0000-0000-000000000013', 'prefecture', '310000', 585, 195),
    pg_temp.line('00000000-0000-0000-0000-000000000012', '131016', 4),
    pg_temp.line('00000000-0000-0000-0000-000000000012', '131024', 2),
    pg_temp.line('00000000-0000-0000-0000-000000000013', '312011', 3),
    pg_temp.step('00000000-0000-0000-0000-000000000012', 1, '00000000-0000-0000-0000-0000000000a4', 'compute'),
    pg_temp.step('00000000-0000-0000-0000-000000000013', 1, '00000000-0000-0000-0000-0000000000a4', 'compute'),
    pg_temp.step('00000000-0000-0000-0000-000000000012', 2, '00000000-0000-0000-0000-0000000000b1', 'adjust', '131016', 4, 3),
    pg_temp.step('00000000-0000-0000-0000-000000000012', 3, '00000000-0000-0000-0000-0000000000b2', 'submit'),
    pg_temp.said('00000000-0000-0000-0000-000000000012', 3, '00000000-0000-0000-0000-000000000ae1', 'object'),
    pg_temp.said('00000000-0000-0000-0000-000000000012', 3, '00000000-0000-0000-0000-000000000ae2', 'answer'),
    pg_temp.step('00000000-0000-0000-0000-000000000012', 4, '00000000-0000-0000-0000-0000000000b3', 'approve', later => '1 hour'),
    pg_temp.step('00000000-0000-0000-0000-000000000012', 5, '00000000-0000-0000-0000-0000000000b4', 'commit', later => '1 hour'),
    pg_temp.committed('00000000-0000-0000-0000-000000000012', '00000000-0000-0000-0000-0000000000b4');
insert into allocation.objection (id, plan_id, version, recipient, units, text, actor_name, business_at)
values ('00000000-0000-0000-0000-000000000ae1', '00000000-0000-0000-0000-000000000012', 3, '131024', 2, '冷凍庫', '中央区', '2021-04-05T04:30:00Z');
insert into allocation.objection_answer (objection_id, id, decision, text, actor_name, business_at)
values ('00000000-0000-0000-0000-000000000ae1', '00000000-0000-0000-0000-000000000ae2', 'declined', '検討しました', '東京都', '2021-04-05T04:30:00Z');
-- Chiyoda: by hand, 35 vials are left
select pg_temp.plan('00000000-0000-0000-0000-0000000000d1', 'municipality', '131016', 585, 1),
    pg_temp.line('00000000-0000-0000-0000-0000000000d1', '00000000-0000-0000-0000-000000000061', 500),
    pg_temp.line('00000000-0000-0000-0000-0000000000d1', '00000000-0000-0000-0000-000000000062', 50),
    pg_temp.step('00000000-0000-0000-0000-0000000000d1', 1, '00000000-0000-0000-0000-0000000000d1', 'commit'),
    pg_temp.committed('00000000-0000-0000-0000-0000000000d1', '00000000-0000-0000-0000-0000000000d1');
-- Tokyo's own site: by hand too, 100 vials are left
select pg_temp.plan('00000000-0000-0000-0000-0000000000d2', 'prefecture', '130001', 400, 1, '00000000-0000-0000-0000-000000000002'),
    pg_temp.line('00000000-0000-0000-0000-0000000000d2', '00000000-0000-0000-0000-000000000064', 300),
    pg_temp.step('00000000-0000-0000-0000-0000000000d2', 1, '00000000-0000-0000-0000-0000000000d2', 'commit'),
    pg_temp.committed('00000000-0000-0000-0000-0000000000d2', '00000000-0000-0000-0000-0000000000d2');

create function pg_temp.grant_(t uuid, vials bigint, from_kind text, giver text, to_kind text, getter text, chain uuid default null,
    length int default null, place int default null, of_round uuid default '00000000-0000-0000-0000-000000000001')
    returns void language sql as $$
    select forge.transfer(t, forge.account(from_kind, giver, of_round), forge.account(to_kind, getter, of_round), vials, chain,
        length, place) $$;

select pg_temp.grant_('1147173e-26f5-5b40-91e4-f9edd3ccfaae', 1955, 'supply', '000000', 'granted', '000000'),
    pg_temp.grant_('5666dae7-e531-5de2-99d6-ac1f84ebc481', 1170, 'granted', '000000', 'granted', '130001', '5666dae7-e531-5de2-99d6-ac1f84ebc481', 3, 0),
    pg_temp.grant_('dd827899-2631-58d0-b789-45973d1def2f', 585, 'granted', '000000', 'granted', '310000', '5666dae7-e531-5de2-99d6-ac1f84ebc481', 3, 1),
    pg_temp.grant_('fc216a36-8eab-5233-a12d-12f0ae1359d2', 200, 'granted', '000000', 'reserve', '000000', '5666dae7-e531-5de2-99d6-ac1f84ebc481', 3, 2),
    pg_temp.grant_('c723b0a4-406b-5835-a8a7-a88c20e94c44', 585, 'granted', '130001', 'granted', '131016', 'c723b0a4-406b-5835-a8a7-a88c20e94c44', 3, 0),
    pg_temp.grant_('7e3c9cbe-6d5e-52e8-ac36-20d7cc96c490', 390, 'granted', '130001', 'granted', '131024', 'c723b0a4-406b-5835-a8a7-a88c20e94c44', 3, 1),
    pg_temp.grant_('9144bed6-5601-522f-825e-8cea18b84144', 195, 'granted', '130001', 'reserve', '130001', 'c723b0a4-406b-5835-a8a7-a88c20e94c44', 3, 2),
    pg_temp.grant_('fb9d10de-b6f3-5f94-9087-609b39e0697d', 500, 'granted', '131016', 'granted', '00000000-0000-0000-0000-000000000061', 'fb9d10de-b6f3-5f94-9087-609b39e0697d', 2, 0),
    pg_temp.grant_('5c19a5e1-8c18-5b7b-9b10-019fc5e66fe9', 50, 'granted', '131016', 'granted', '00000000-0000-0000-0000-000000000062', 'fb9d10de-b6f3-5f94-9087-609b39e0697d', 2, 1),
    pg_temp.grant_('f41559ba-a70f-51c2-a41f-5373dd8aa8a3', 400, 'supply', '130001', 'granted', '130001', of_round => '00000000-0000-0000-0000-000000000002'),
    pg_temp.grant_('c7fcf490-f914-5d31-9581-3f2b6b3f1abc', 300, 'granted', '130001', 'granted', '00000000-0000-0000-0000-000000000064', of_round => '00000000-0000-0000-0000-000000000002');
commit;
