-- What publishing needs of an outbox, in each service's own schema (run with search_path = schema). Linked
-- into each schema's folder, so that the shape exists once.

-- `published_at`: everybody has it. `announced_at`: our own consumers have it; a wholesaler whose virtual host
-- is away may still lack it.
alter table outbox add column announced_at timestamptz;
drop index outbox_unsent;
create index outbox_unsent on outbox (pos) where published_at is null and announced_at is null;
create index outbox_waiting on outbox ((payload->>'wholesaler'), pos) where published_at is null and announced_at is not null;

-- As before, and also when two sessions make the same month at once.
create or replace function ensure_month(parent text, day date) returns void
language plpgsql security definer
as $$
declare
    first date := date_trunc('month', day)::date;
    next date := (date_trunc('month', day) + interval '1 month')::date;
    child text := format('%s_%s', parent, to_char(first, 'YYYY_MM'));
begin
    if parent not in ('audit', 'report') or to_regclass(format('%I', child)) is not null then
        return;
    end if;
    perform pg_advisory_xact_lock(hashtext(current_schema() || child));
    if to_regclass(format('%I', child)) is null then
        execute format('create table %I partition of %I for values from (%L) to (%L)', child, parent, first, next);
    end if;
exception when check_violation or duplicate_table then
    -- a table that another session has just made may not be seen yet: the lock brings no news of the catalogue
    null;
end
$$;
