-- What every service keeps beside its own tables, in its own schema (run with search_path = schema).
-- Linked into each schema's folder, so that the shape exists once.

-- A state change and its event commit together. The relay (later) publishes unsent rows in `pos`
-- order; never by "greater than the last pos": a lower pos may commit later.
create table outbox (
    pos bigserial primary key,
    id uuid not null unique,
    -- the commit this event belongs to; equal to the txid of the row it tells about
    txid bigint not null default (pg_current_xact_id()::text::bigint),
    subject text not null,
    sequence bigint not null check (sequence > 0),
    type text not null,
    -- id of the row whose change this event tells: a report, a facility_change
    cause_id uuid not null,
    business_at timestamptz not null,
    recorded_at timestamptz not null default now(),
    traceparent text,
    payload jsonb not null,
    published_at timestamptz,
    unique (subject, sequence),
    unique (cause_id, type)
);
create index outbox_unsent on outbox (pos) where published_at is null;

-- One counter row per subject; `sequence` is allocated under its row lock.
create table subject (
    name text primary key,
    sequence bigint not null check (sequence > 0)
);

-- Rows, not cache: the same id and body get the first answer again, also after a restart.
create table idempotency (
    key uuid primary key,
    actor uuid not null,
    operation text not null,
    body_digest bytea not null check (length(body_digest) = 32),
    status smallint not null,
    response jsonb not null,
    txid bigint not null default (pg_current_xact_id()::text::bigint),
    recorded_at timestamptz not null default now()
);

-- Who did what, when, why. Append-only; `digest` covers the row's own facts (platform::audit).
create table audit (
    id uuid not null,
    business_at timestamptz not null,
    recorded_at timestamptz not null default now(),
    txid bigint not null default (pg_current_xact_id()::text::bigint),
    actor uuid not null,
    actor_name text not null,
    role text not null,
    organisation uuid not null,
    action text not null,
    target text not null,
    cause_id uuid not null,
    request_id uuid not null,
    reason text,
    digest bytea not null check (length(digest) = 32),
    primary key (business_at, id)
) partition by range (business_at);
create table audit_default partition of audit default;
create index audit_cause on audit (cause_id);

-- Makes the monthly partition of a table that holds `day`. Runs with the owner's rights, since the
-- service's own role has no DDL. Rows that already lie in the default partition stay there: they
-- would forbid the new partition, and nothing is lost by leaving them.
create function ensure_month(parent text, day date) returns void
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
exception when check_violation then
    null;
end
$$;
