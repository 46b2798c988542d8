-- The statements of one prefecture's commit, as the service sends them, in its order and with its rows.
-- Words between @ are filled in from the plan that was copied. Made here by the server, because pgbench
-- cannot: ids (from the round's number, or at random), arrays of equal values, and the accounts' ids as
-- one row instead of sixty-two. Moments carry no colon: pgbench would take it for a variable.
\set n :first + :client_id * :per_client + :i
\set i :i + 1
select id, round_id, kind, level, holder, state, version, supply_vials, unit_vials, rule, digest, computed_at,
       committed_at, training, needs_objections, objections_until, submitted_by, submitted_name, approved_by,
       approved_name
from plan where id = ('00000000-0000-4000-9000-' || lpad(:n, 12, '0'))::uuid limit 1;
begin;
with written as (
    insert into audit (id, business_at, actor, actor_name, role, organisation, action, target, cause_id, request_id,
                       reason, digest)
    select * from unnest(
        array[('01a1f896-0000-7000-8000-' || lpad(:n, 12, '0'))::uuid], '{20210405T040602Z}'::timestamptz[],
        '{01a1f895-ff19-77ad-866c-d72b98675ea4}'::uuid[], '{officer-130001}'::text[], '{prefecture}'::text[],
        '{8b5ef5b2-b072-5189-aaa7-50a72cdd76b4}'::uuid[], '{plan_commit}'::text[],
        array['plan/00000000-0000-4000-9000-' || lpad(:n, 12, '0')], array[md5('cause/' || :n)::uuid],
        array[('01a1f896-0000-7000-9000-' || lpad(:n, 12, '0'))::uuid], '{null}'::text[],
        array['\x55caa57c02a36d054d5e723384bd155a3f9424798e28aa9a7863d9d09ad0d9b0'::bytea])
    returning txid)
select coalesce(max(txid), 0) from written;
select pg_advisory_xact_lock(
    hashtextextended('plan/00000000-0000-4000-8000-' || lpad(:n, 12, '0') || '/130001', 0));
select actor, operation, body_digest, response from idempotency where key = md5('cause/' || :n)::uuid limit 1;
select id, round_id, kind, level, holder, state, version, supply_vials, unit_vials, rule, digest, computed_at,
       committed_at, training, needs_objections, objections_until, submitted_by, submitted_name, approved_by,
       approved_name
from plan where id = ('00000000-0000-4000-9000-' || lpad(:n, 12, '0'))::uuid limit 1 for update;
select plan_id, recipient, under, computed, units, explanation, state
from plan_line where plan_id = ('00000000-0000-4000-9000-' || lpad(:n, 12, '0'))::uuid and under is null
order by recipient;
update plan set state = 'committed', version = @version@ + 1, committed_at = '20210405T040602Z',
                objections_until = null, submitted_by = '01a1f895-ff19-77ad-866c-d72b98675ea4'::uuid,
                submitted_name = 'officer-130001', approved_by = '01a1f895-ff19-77ad-866c-d72b98675ea5'::uuid,
                approved_name = 'officer-130001-2'
where id = ('00000000-0000-4000-9000-' || lpad(:n, 12, '0'))::uuid;
insert into plan_change (id, plan_id, version, action, recipient, units_before, units_after, reason, actor_name,
                         business_at)
select * from unnest(
    array[md5('cause/' || :n)::uuid], array[('00000000-0000-4000-9000-' || lpad(:n, 12, '0'))::uuid],
    array[@version@ + 1], '{commit}'::text[], '{null}'::text[], '{null}'::bigint[], '{null}'::bigint[],
    '{null}'::text[], '{officer-130001}'::text[], '{20210405T040602Z}'::timestamptz[]);
select id, programme, stream, product, number, pack, pack_vials, doses_per_vial, delivery_from, delivery_to, opened_at
from round where id = ('00000000-0000-4000-8000-' || lpad(:n, 12, '0'))::uuid limit 1;
select account_id, round_id, kind, holder
from book_account
where round_id = ('00000000-0000-4000-8000-' || lpad(:n, 12, '0'))::uuid and kind = 'granted'
  and holder = any('{130001}') \gset
select account_id, round_id, kind, holder
from book_account
where round_id = ('00000000-0000-4000-8000-' || lpad(:n, 12, '0'))::uuid and kind = 'granted'
  and holder = any('@recipients@');
with opened as (
    insert into account (unit, source)
    select unit, source
    from unnest(array_fill('vials/@programme@/@product@/' || :n || '/@stream@', array[@lines@]),
                array_fill(false, array[@lines@])) with ordinality as given (unit, source, place)
    order by place
    returning id),
numbered as (select id, row_number() over (order by id) as place from opened)
select array_agg(id) as opened, array_agg(id) filter (where place = any('@places@'::bigint[])) as receiving,
       array_agg(gen_random_uuid()) filter (where place = any('@places@'::bigint[])) as transfers
from numbered \gset
insert into book_account (account_id, round_id, kind, holder)
select unnest(:opened::bigint[]), ('00000000-0000-4000-8000-' || lpad(:n, 12, '0'))::uuid, 'granted',
       unnest('@recipients@'::text[]);
select id, unit, source, closed, debits_posted, credits_posted, debits_pending, credits_pending
from account where id = any(array[:account_id::bigint]) order by id;
select a.id, a.unit, a.source, a.closed, a.debits_posted, a.credits_posted, a.debits_pending, a.credits_pending
from (select unnest(array_append(:opened::bigint[], :account_id::bigint)) as id
      union
      select unnest(array[debit_account, credit_account]) from transfer where id = any('{}'::uuid[])) as wanted
join account a on a.id = wanted.id
order by a.id
for no key update of a;
select a.id, a.unit, a.source, a.closed, a.debits_posted, a.credits_posted, a.debits_pending, a.credits_pending
from (select unnest(array_prepend(:account_id::bigint, :receiving::bigint[])) as id
      union
      select unnest(array[debit_account, credit_account]) from transfer where id = any('{}'::uuid[])) as wanted
join account a on a.id = wanted.id
order by a.id
for no key update of a;
select t.id, t.kind, t.debit_account, t.credit_account, t.amount, t.expires_at, t.body_digest,
       exists (select from transfer r where r.pending_id = t.id),
       coalesce((select sum(c.amount) from transfer c where c.corrects = t.id), 0)::bigint
from transfer t where t.id = any(:transfers::uuid[]);
with moved as (
    update account a
    set debits_posted = a.debits_posted + d.debits_posted, credits_posted = a.credits_posted + d.credits_posted,
        debits_pending = a.debits_pending + d.debits_pending,
        credits_pending = a.credits_pending + d.credits_pending
    from unnest(array_prepend(:account_id::bigint, :receiving::bigint[]),
                array_prepend(@total@::bigint, array_fill(0::bigint, array[@moves@])),
                array_prepend(0::bigint, '@vials@'::bigint[]), array_fill(0::bigint, array[@moves@ + 1]),
                array_fill(0::bigint, array[@moves@ + 1]))
        as d (id, debits_posted, credits_posted, debits_pending, credits_pending)
    where a.id = d.id)
insert into transfer (id, debit_account, credit_account, unit, amount, kind, pending_id, corrects, chain_id, chain_length,
                      chain_index, reason, actor, business_at, expires_at, body_digest, digest)
select * from unnest(:transfers::uuid[], array_fill(:account_id::bigint, array[@moves@]), :receiving::bigint[],
    array_fill('vials/@programme@/@product@/' || :n || '/@stream@', array[@moves@]), '@vials@'::bigint[],
    array_fill('post'::text, array[@moves@]), array_fill(null::uuid, array[@moves@]),
    array_fill(null::uuid, array[@moves@]), array_fill((:transfers::uuid[])[1], array[@moves@]),
    array_fill(@moves@, array[@moves@]), '@indexes@'::int[], array_fill(null::text, array[@moves@]),
    array_fill('01a1f895-ff19-77ad-866c-d72b98675ea4'::uuid, array[@moves@]),
    array_fill('20210405T040602Z'::timestamptz, array[@moves@]), array_fill(null::timestamptz, array[@moves@]),
    array_fill('\x55caa57c02a36d054d5e723384bd155a3f9424798e28aa9a7863d9d09ad0d9b0'::bytea, array[@moves@]),
    array_fill('\x55caa57c02a36d054d5e723384bd155a3f9424798e28aa9a7863d9d09ad0d9b0'::bytea, array[@moves@]));
with given as (
    select * from unnest(array[('01a1f896-0000-7000-a000-' || lpad(:n, 12, '0'))::uuid],
                         array['plan/00000000-0000-4000-9000-' || lpad(:n, 12, '0')],
                         array[md5('cause/' || :n)::uuid], array['@event@'::jsonb])
        with ordinality as given (id, about, cause, payload, place)),
reserved as (
    insert into subject (name, sequence)
    select about, count(*) from given group by about order by about
    on conflict (name) do update set sequence = subject.sequence + excluded.sequence
    returning name, sequence)
insert into outbox (id, subject, sequence, cause_id, payload, type, business_at, traceparent)
select g.id, g.about, r.sequence + 1 - row_number() over (partition by g.about order by g.place desc), g.cause,
       g.payload, 'allocation.committed.v1', '20210405T040602Z', null
from given g join reserved r on r.name = g.about
order by g.place;
insert into idempotency (key, actor, operation, body_digest, status, response)
values (md5('cause/' || :n)::uuid, '01a1f895-ff19-77ad-866c-d72b98675ea4', 'commit',
        '\xe58fde8e0b4d18c715c447adfd2463d113c369b2b18cc2a235668048952bc661', 200, '@answer@')
on conflict do nothing;
commit;
