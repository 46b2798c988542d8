-- Rules as documents, the indicators they name, what was computed of them, and what-ifs.

-- A version never changes: another rule is another version.
create table rule (
    code text not null check (code ~ '^[a-z0-9][a-z0-9-]*$'),
    version integer not null check (version > 0),
    -- allocation-rule/1
    document jsonb not null,
    -- SHA-256 of its canonical text
    digest bytea not null check (length(digest) = 32),
    published_at timestamptz not null,
    -- of the audit row
    cause_id uuid not null unique,
    actor uuid not null,
    actor_name text not null,
    recorded_at timestamptz not null default now(),
    txid bigint not null default (pg_current_xact_id()::text::bigint),
    primary key (code, version)
);

-- What is counted for places, beside populations and wishes. What it counts never changes; its names may.
create table indicator (
    code text primary key check (code ~ '^[a-z][a-z0-9_]*$'),
    ja text not null check (ja <> ''),
    en text not null check (en <> ''),
    unit text not null check (unit <> ''),
    -- level: as it stood on a day; daily: what happened on each day
    kind text not null check (kind in ('level', 'daily')),
    source text not null check (source <> '')
);

-- One delivery of figures: a file, or a request. Its id is the caller's.
create table indicator_recording (
    id uuid primary key,
    indicator text not null references indicator (code),
    source text not null check (source <> ''),
    -- figures that were new or other than before; the others were left as they are
    figures integer not null check (figures >= 0),
    actor uuid not null,
    actor_name text not null,
    business_at timestamptz not null,
    recorded_at timestamptz not null default now(),
    txid bigint not null default (pg_current_xact_id()::text::bigint)
);

-- Append-only: of several figures of one indicator, place and day the one recorded last counts.
create table indicator_value (
    indicator text not null references indicator (code),
    place text not null check (place ~ '^\d{6}$'),
    as_of date not null,
    pos bigint generated always as identity,
    value bigint not null check (value between 0 and 9007199254740992),
    recording uuid not null references indicator_recording (id),
    primary key (indicator, place, as_of, pos)
);

-- What was computed for a version of a plan, whole: allocation-plan/1. Anyone can compute it again.
create table plan_document (
    plan_id uuid not null references plan (id),
    version integer not null check (version > 0),
    -- the stored rule; null for one that was written into the request
    rule_code text,
    rule_version integer,
    -- of engine, rule and inputs; and of the result
    digest bytea not null check (length(digest) = 32),
    result_digest bytea not null check (length(result_digest) = 32),
    fairness jsonb not null,
    -- canonical bytes
    document text not null,
    business_at timestamptz not null,
    txid bigint not null default (pg_current_xact_id()::text::bigint),
    primary key (plan_id, version),
    foreign key (rule_code, rule_version) references rule (code, version)
);

-- What other rules would give: kept apart from plans, with no way into the book.
create table what_if (
    -- the caller's
    id uuid primary key,
    -- whose supply and places; null: a supply that was made up
    round_id uuid references round (id),
    -- the nation, or the prefecture whose municipalities take part
    holder text not null check (holder ~ '^\d{6}$'),
    supply_units bigint not null check (supply_units >= 0),
    unit_vials integer not null check (unit_vials > 0),
    doses_per_vial integer not null check (doses_per_vial > 0),
    -- the plan that is in force, with which the answer is compared
    plan_id uuid,
    actor uuid not null,
    actor_name text not null,
    business_at timestamptz not null,
    recorded_at timestamptz not null default now(),
    txid bigint not null default (pg_current_xact_id()::text::bigint)
);

create table what_if_run (
    what_if_id uuid not null references what_if (id),
    -- from 1; the others are compared with the first
    ord integer not null check (ord > 0),
    -- the rule's document, whole
    rule jsonb not null,
    digest bytea not null check (length(digest) = 32),
    given_units bigint not null check (given_units >= 0),
    reserve_units bigint not null,
    fairness jsonb not null,
    primary key (what_if_id, ord)
);

create table what_if_line (
    what_if_id uuid not null references what_if (id),
    place text not null check (place ~ '^\d{6}$'),
    name text not null,
    -- one for each run, in their order
    units bigint[] not null,
    -- of the plan in force; null where there is none
    in_force bigint,
    primary key (what_if_id, place)
);
