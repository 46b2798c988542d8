-- Schema `views`: who saw what about a facility. Services and the gateway add rows; nobody changes any.

-- One row for each request and facility that it told about.
create table log (
    id uuid not null,
    business_at timestamptz not null,
    recorded_at timestamptz not null default now(),
    txid bigint not null default (pg_current_xact_id()::text::bigint),
    facility uuid not null,
    -- `facility`, `report/daily/2021-04-05`, `stock/<site>`, `shipment/<id>`: in this order, each once
    seen text[] not null check (cardinality(seen) > 0),
    -- why it was allowed: of one's own, by duty, shared by agreement, in an emergency
    kind text not null check (kind in ('own', 'duty', 'shared', 'break_glass')),
    actor uuid not null,
    actor_name text not null,
    role text not null,
    organisation uuid not null,
    session uuid,
    delegation uuid,
    break_glass uuid,
    request_id uuid not null,
    -- the service that answered
    service text not null,
    reason text,
    digest bytea not null check (length(digest) = 32),
    primary key (business_at, id)
) partition by range (business_at);
create table log_default partition of log default;
-- ids are in the order of time
create index log_facility on log (facility, id desc);
create index log_actor on log (actor_name, id desc);

-- As the services' function of this name.
create function ensure_month(parent text, day date) returns void
language plpgsql security definer
as $$
declare
    first date := date_trunc('month', day)::date;
    next date := (date_trunc('month', day) + interval '1 month')::date;
    child text := format('%s_%s', parent, to_char(first, 'YYYY_MM'));
begin
    if parent <> 'log' or to_regclass(format('%I', child)) is not null then
        return;
    end if;
    perform pg_advisory_xact_lock(hashtext(current_schema() || child));
    if to_regclass(format('%I', child)) is null then
        execute format('create table %I partition of %I for values from (%L) to (%L)', child, parent, first, next);
    end if;
exception when check_violation or duplicate_table then
    null;
end
$$;
