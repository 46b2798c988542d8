-- Schema `reference`: facts that every service may read and join. Only identity writes here.

create table territory (
    code text primary key check (code ~ '^\d{6}$'),
    tier text not null check (tier in ('nation', 'prefecture', 'municipality')),
    kind text not null check (kind in ('nation', 'prefecture', 'designated_city', 'city', 'town', 'village', 'special_ward')),
    name text not null,
    kana text not null,
    name_en text,
    parent text references territory (code)
);
create index territory_parent on territory (parent, code);

-- Points that are not territories: wards of the designated cities and the six northern villages.
create table territory_point (
    code text primary key check (code ~ '^\d{6}$'),
    kind text not null check (kind in ('city_ward', 'northern_village')),
    name text not null,
    kana text not null,
    parent text not null references territory (code)
);

create table population (
    territory text not null references territory (code),
    band text not null,
    as_of date not null,
    persons bigint not null check (persons >= 0),
    source text not null,
    primary key (territory, band, as_of)
);

create table organisation (
    id uuid primary key,
    kind text not null check (kind in ('ministry', 'prefecture', 'municipality', 'health_centre', 'facility', 'reporting_proxy', 'wholesaler', 'auditor', 'operator')),
    name text not null,
    name_en text not null,
    territory text not null references territory (code)
);

create table facility (
    id uuid primary key,
    facility_code text unique check (facility_code ~ '^(\d{10}|X\d{10})$'),
    gmis_id text unique check (gmis_id ~ '^(\d{8}|\d{10}|cov\d{5})$'),
    kind text not null check (kind in ('hospital', 'clinic')),
    name text not null check (name <> ''),
    postal_code text,
    address text not null,
    phone text,
    municipality text not null references territory (code),
    -- millionths of a degree: no float is needed to say where a hospital stands
    latitude_e6 integer check (latitude_e6 between 20000000 and 46000000),
    longitude_e6 integer check (longitude_e6 between 122000000 and 154000000),
    version integer not null default 1 check (version > 0),
    -- a made-up facility of a training instance
    synthetic boolean not null default false
);
create index facility_municipality on facility (municipality, id);

-- Every change of a facility, append-only: `facts` is the row after it.
create table facility_change (
    id uuid primary key,
    facility_id uuid not null references facility (id),
    version integer not null,
    facts jsonb not null,
    business_at timestamptz not null,
    recorded_at timestamptz not null default now(),
    txid bigint not null default (pg_current_xact_id()::text::bigint),
    unique (facility_id, version)
);

-- The instance: whether it is a training one, and its clock. Business time is
-- business_start + (real now - real_start) * speed.
create table clock (
    id boolean primary key default true check (id),
    training boolean not null,
    business_start timestamptz not null,
    real_start timestamptz not null,
    speed_permille integer not null check (speed_permille between 0 and 1000000),
    -- a real instance lives in real time
    check (training or (business_start = real_start and speed_permille = 1000))
);
