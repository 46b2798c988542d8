-- Copies the committed plan of Tokyo into :rounds rounds of its own, each as it stood just before its
-- commit: approved, with its lines, its history and the account that the nation granted to. The
-- municipalities' accounts are not there yet: in the service too, the commit is what opens them.
-- The grant stands in the account's total without a transfer: such a database is for measuring only.
\set ON_ERROR_STOP on
\set QUIET on
\pset tuples_only on
\pset format unaligned
set search_path to allocation;
begin;

create temporary table template as
select p.* from plan p join round r on r.id = p.round_id
where p.holder = '130001' and p.state = 'committed' and r.number < 100;

-- ids that the pgbench script can make from a number
create temporary table copied as
select number,
       ('00000000-0000-4000-8000-' || lpad(number::text, 12, '0'))::uuid as round_id,
       ('00000000-0000-4000-9000-' || lpad(number::text, 12, '0'))::uuid as plan_id
from generate_series((select greatest(max(number), 100) + 1 from round),
                     (select greatest(max(number), 100) + :rounds from round)) as number;

insert into round (id, programme, stream, product, number, pack, pack_vials, doses_per_vial,
                   delivery_from, delivery_to, opened_at)
select c.round_id, r.programme, r.stream, r.product, c.number, r.pack, r.pack_vials, r.doses_per_vial,
       r.delivery_from, r.delivery_to, r.opened_at
from copied c cross join template t join round r on r.id = t.round_id;

insert into plan (id, round_id, kind, level, holder, state, version, supply_vials, unit_vials, rule, digest,
                  computed_at, committed_at, training, submitted_by, submitted_name, approved_by, approved_name)
select c.plan_id, c.round_id, t.kind, t.level, t.holder, 'approved', t.version - 1, t.supply_vials, t.unit_vials,
       t.rule, t.digest, t.computed_at, null, t.training, t.submitted_by, t.submitted_name, t.approved_by,
       t.approved_name
from copied c cross join template t;

insert into plan_line (plan_id, recipient, under, computed, units, explanation, state)
select c.plan_id, l.recipient, l.under, l.computed, l.units, l.explanation, 'planned'
from copied c cross join template t join plan_line l on l.plan_id = t.id;

insert into plan_change (id, plan_id, version, action, recipient, units_before, units_after, reason,
                         actor_name, business_at)
select gen_random_uuid(), c.plan_id, h.version, h.action, h.recipient, h.units_before, h.units_after, h.reason,
       h.actor_name, h.business_at
from copied c cross join template t join plan_change h on h.plan_id = t.id and h.version < t.version;

with opened as (
    insert into account (unit, credits_posted)
    select format('vials/%s/%s/%s/%s', r.programme, r.product, c.number, r.stream), t.supply_vials
    from copied c join round r on r.id = c.round_id cross join template t
    returning id, unit)
insert into book_account (account_id, round_id, kind, holder)
select o.id, c.round_id, 'granted', t.holder
from opened o
join copied c on c.number = split_part(o.unit, '/', 4)::int
cross join template t;

commit;
-- a bulk load leaves statistics and pages behind that would be settled in the midst of a measurement
vacuum analyze round, plan, plan_line, plan_change, account, book_account, transfer, outbox, subject, idempotency;
checkpoint;
-- what the pgbench script is filled in with
with line as (
    select l.recipient, l.units * t.unit_vials as vials, row_number() over (order by l.recipient) as place
    from plan_line l join template t on l.plan_id = t.id where l.under is null)
select json_build_object(
    'first', (select min(number) from copied)::text,
    'version', (t.version - 1)::text,
    'programme', r.programme, 'product', r.product, 'stream', r.stream,
    'lines', (select count(*) from line)::text,
    'moves', (select count(*) from line where vials > 0)::text,
    'total', (select sum(vials) from line)::text,
    'recipients', (select array_agg(recipient order by place) from line)::text,
    'places', (select array_agg(place order by place) from line where vials > 0)::text,
    'vials', (select array_agg(vials order by place) from line where vials > 0)::text,
    'indexes', (select array_agg(i) from generate_series(0, (select count(*) from line where vials > 0) - 1) i)::text,
    'event', (select payload::text from outbox where subject = 'plan/' || t.id and type = 'allocation.committed.v1'),
    'answer', (select i.response::text from plan_change h join idempotency i on i.key = h.id
               where h.plan_id = t.id and h.action = 'commit'))
from template t join round r on r.id = t.round_id;
