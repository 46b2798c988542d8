-- All streams of the field with the kinds of sites that take part in each; freezers of sites; and rounds of
-- the past as they were published.

-- which kinds of sites its doses may be assigned to
alter table stream add column site_kinds text[];
update stream set site_kinds = '{mass,satellite}';
alter table stream alter column site_kinds set not null;
alter table stream add constraint stream_takes_sites check (cardinality(site_kinds) > 0
    and site_kinds <@ array['mass', 'satellite', 'workplace', 'national_centre']);
insert into stream (programme, code, ja, en, levels, site_kinds) values
    -- first of all, at the hubs, which have the freezers
    ('covid19-2021', 'health_workers', '医療従事者等', 'Health workers', '{nation,prefecture,site}', '{mass}'),
    ('covid19-2021', 'workplace', '職域接種', 'Workplaces', '{nation,site}', '{workplace}'),
    ('covid19-2021', 'national_centre', '国の大規模接種会場', 'The nation''s own centres', '{nation,site}',
     '{national_centre}');

-- A workplace and a centre of the nation get their boxes themselves, as hubs do; they are no hospitals.
alter table site drop constraint site_kind_check;
alter table site drop constraint site_check;
alter table site add constraint site_kind_check check (kind in ('mass', 'satellite', 'workplace', 'national_centre'));
alter table site add constraint site_has_hub check ((kind = 'satellite') = (hub_id is not null));
-- the freezer it has for vaccine, where that is known, and how many vials it takes
alter table site add column freezer_storage text check (freezer_storage in ('ultra_cold', 'frozen', 'refrigerated'));
alter table site add column freezer_vials bigint check (freezer_vials >= 0);
alter table site add constraint site_freezer check ((freezer_storage is null) = (freezer_vials is null));
create index site_kind on site (kind, id) where kind <> 'satellite';

-- What somebody allocated in the past, as it was published: for what-ifs and comparisons. It has nothing to
-- do with our own plans.
create table past_round (
    id uuid primary key,
    -- the publication: `us-allocations`, `us-allocations-wide`, `italy-deliveries`, `announced`
    kind text not null check (kind ~ '^[a-z][a-z-]*$'),
    -- where it was published
    source text not null check (source <> ''),
    -- the product as the publication names it, in lower case
    product text not null check (product ~ '^[a-z0-9][a-z0-9-]*$'),
    -- the first of the days that it covers
    day date not null,
    days integer not null check (days > 0),
    -- doses of the smallest box that is shipped; null where single doses are counted
    pack_doses integer check (pack_doses > 0),
    -- what is odd about its rows, in the order of the file; the rows were taken as published
    findings jsonb not null,
    actor_name text not null,
    business_at timestamptz not null,
    recorded_at timestamptz not null default now(),
    txid bigint not null default (pg_current_xact_id()::text::bigint),
    unique (kind, product, day)
);
create index past_round_day on past_round (day, id);

create table past_line (
    past_round uuid not null references past_round (id),
    -- as the publication names it: a jurisdiction, a region's or a territory's code
    place text not null check (place <> ''),
    -- of what: `all`; `first` and `second` doses; `base` and `adjustment`
    part text not null check (part ~ '^[a-z]+$'),
    name text not null,
    -- below zero: handed over to others
    doses bigint not null,
    -- whole boxes; null where the doses are none
    units bigint,
    -- its line in the file
    row_number integer not null check (row_number > 0),
    primary key (past_round, place, part)
);
