-- What the commits of rounds :first to :last left behind: plans, transfers, vials, events, answers.
\pset tuples_only on
\pset format unaligned
set search_path to allocation;
with done as (
    select p.id, r.id as round_id from round r join plan p on p.round_id = r.id
    where r.number between :first and :last and p.state = 'committed'),
moved as (
    select t.amount from done d
    join book_account b on b.round_id = d.round_id and b.kind = 'granted' and b.holder = '130001'
    join transfer t on t.debit_account = b.account_id)
select (select count(*) from done) || ' ' || (select count(*) from moved) || ' '
       || (select coalesce(sum(amount), 0) from moved) || ' '
       || (select count(*) from done d join outbox o on o.subject = 'plan/' || d.id) || ' '
       || (select count(*) from done d join plan_change c on c.plan_id = d.id and c.action = 'commit'
           join idempotency i on i.key = c.id);
