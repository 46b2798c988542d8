-- Programmes, streams, rounds, supply, wishes; plans and their lines; whose account is whose.

create table programme (
    code text primary key check (code ~ '^[a-z0-9][a-z0-9-]*$'),
    ja text not null,
    en text not null
);

-- 接種の枠: through which levels the doses of one group pass.
create table stream (
    programme text not null references programme (code),
    code text not null check (code ~ '^[a-z_]+$'),
    ja text not null,
    en text not null,
    levels text[] not null check (cardinality(levels) > 1),
    primary key (programme, code)
);

-- クール, keyed (programme, product, number); numbers restart with each product.
create table round (
    id uuid primary key,
    programme text not null,
    stream text not null,
    product text not null,
    number integer not null check (number > 0),
    pack text not null,
    -- vials of one pack, as dated when the round was opened
    pack_vials integer not null check (pack_vials > 0),
    doses_per_vial integer not null check (doses_per_vial > 0),
    delivery_from date not null,
    delivery_to date not null check (delivery_to >= delivery_from),
    opened_at timestamptz not null,
    unique (programme, product, number),
    foreign key (programme, stream) references stream (programme, code)
);

create table round_step (
    round_id uuid not null references round (id),
    level text not null check (level in ('nation', 'prefecture', 'municipality')),
    due_at timestamptz not null,
    primary key (round_id, level)
);

create table supply_notice (
    id uuid primary key,
    round_id uuid not null references round (id),
    vials bigint not null check (vials > 0),
    business_at timestamptz not null,
    recorded_at timestamptz not null default now(),
    txid bigint not null default (pg_current_xact_id()::text::bigint)
);

-- Where vaccine is given: a mass site per municipality is the hub, its hospitals are satellites.
create table site (
    id uuid primary key,
    kind text not null check (kind in ('mass', 'satellite')),
    facility_id uuid unique,
    municipality text not null,
    hub_id uuid references site (id),
    name text not null,
    check ((kind = 'mass') = (hub_id is null)),
    check ((kind = 'satellite') = (facility_id is not null))
);
create index site_municipality on site (municipality, id);

create table wish (
    round_id uuid not null references round (id),
    site_id uuid not null references site (id),
    vials bigint not null check (vials >= 0),
    -- made up, for training
    synthetic boolean not null default false,
    primary key (round_id, site_id)
);

-- A division of what a holder has been granted among the level below. Units are packs from nation
-- to municipality, vials below. `version` counts up with every change and guards against a second
-- officer's.
create table plan (
    id uuid primary key,
    round_id uuid not null references round (id),
    level text not null check (level in ('nation', 'prefecture', 'municipality')),
    holder text not null check (holder ~ '^\d{6}$'),
    state text not null check (state in ('draft', 'computed', 'submitted', 'approved', 'committed', 'closed', 'superseded', 'cancelled')),
    version integer not null check (version > 0),
    supply_vials bigint not null check (supply_vials >= 0),
    unit_vials integer not null check (unit_vials > 0),
    -- the rule and its inputs' digest: anyone can recompute the lines
    rule jsonb not null,
    digest bytea not null check (length(digest) = 32),
    computed_at timestamptz not null,
    committed_at timestamptz check ((committed_at is not null) = (state in ('committed', 'closed'))),
    training boolean not null
);
-- municipalities may assign in several steps; above, one plan at a time is in force
create unique index plan_in_force on plan (round_id, holder)
    where level <> 'municipality' and state not in ('superseded', 'cancelled');
create index plan_round on plan (round_id, level, holder);

create table plan_line (
    plan_id uuid not null references plan (id),
    -- a territory's code, or a site's id
    recipient text not null,
    -- of the level two below, where a national run shows them beside its own lines: the prefecture
    under text,
    computed bigint not null check (computed >= 0),
    units bigint not null check (units >= 0),
    explanation jsonb not null,
    state text not null default 'planned' check (state in ('planned', 'notified', 'released', 'withdrawn')),
    primary key (plan_id, recipient)
);

-- Every change of a plan, append-only: what the newest version differs from an older one by.
create table plan_change (
    id uuid not null,
    plan_id uuid not null references plan (id),
    version integer not null,
    action text not null,
    recipient text,
    units_before bigint,
    units_after bigint,
    reason text,
    actor_name text not null,
    business_at timestamptz not null,
    recorded_at timestamptz not null default now(),
    txid bigint not null default (pg_current_xact_id()::text::bigint),
    check ((recipient is null) = (units_after is null))
);
create index plan_change_plan on plan_change (plan_id, version);
create index plan_change_id on plan_change (id);

-- Whose account is whose: the ledger knows ids only.
create table book_account (
    account_id bigint primary key,
    round_id uuid not null references round (id),
    kind text not null check (kind in ('supply', 'granted', 'reserve', 'released')),
    holder text not null,
    unique (round_id, kind, holder)
);

insert into programme (code, ja, en) values ('covid19-2021', '新型コロナワクチン接種（2021年）', 'COVID-19 vaccination, 2021');
insert into stream (programme, code, ja, en, levels) values
    ('covid19-2021', 'residents', '住民接種', 'Residents', '{nation,prefecture,municipality,site}'),
    ('covid19-2021', 'prefecture_site', '都道府県の大規模会場', 'Prefecture''s own site', '{prefecture,site}');
