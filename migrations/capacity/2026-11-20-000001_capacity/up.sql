-- Survey forms as data, reports as revisions, sums as rows.

create table form (
    code text not null,
    version integer not null check (version > 0),
    ja text not null,
    en text not null,
    -- local clock time in Japan; resolved by domain::time
    due time not null,
    correction_days integer not null check (correction_days >= 0),
    source text not null check (source in ('facility', 'import')),
    -- the version in force is the newest with in_force
    in_force boolean not null default true,
    primary key (code, version)
);

create table form_item (
    form text not null,
    version integer not null,
    ord integer not null,
    code text not null check (code ~ '^[a-z][a-z0-9_]*$'),
    kind text not null check (kind in ('count', 'status', 'staffing')),
    max bigint not null default 9999 check (max between 0 and 9007199254740992),
    -- first place in aggregate.sums; keeps its meaning for ever, so that versions add up
    slot integer not null check (slot >= 0),
    unit text not null,
    moment text not null check (moment in ('now', 'previous_day', 'within_week')),
    ja text not null,
    en text not null,
    primary key (form, version, code),
    unique (form, version, ord),
    unique (form, version, slot),
    foreign key (form, version) references form (code, version)
);

create table form_rule (
    form text not null,
    version integer not null,
    ord integer not null,
    kind text not null check (kind in ('not_above', 'jump')),
    severity text not null check (severity in ('error', 'warning')),
    left_item text,
    right_item text,
    permille bigint,
    min bigint,
    primary key (form, version, ord),
    foreign key (form, version) references form (code, version),
    foreign key (form, version, left_item) references form_item (form, version, code),
    foreign key (form, version, right_item) references form_item (form, version, code),
    check ((kind = 'not_above') = (left_item is not null and right_item is not null)),
    check ((kind = 'jump') = (permille is not null and min is not null))
);

-- Which facility must answer which form, from when to when (exclusive), counted in which
-- municipality. A facility that moves gets a new row, so that past days keep their place.
create table duty (
    facility_id uuid not null,
    form text not null,
    municipality text not null,
    valid_from date not null,
    valid_to date check (valid_to > valid_from),
    primary key (facility_id, form, valid_from)
);
create index duty_place on duty (form, municipality);

-- One row per revision; never changed, never deleted. Report id = idempotency key; its global
-- uniqueness is held by `idempotency`, which is not partitioned.
create table report (
    id uuid not null,
    facility_id uuid not null,
    form text not null,
    form_version integer not null,
    municipality text not null,
    business_day date not null,
    revision integer not null check (revision > 0),
    -- {item: whole number | choice | null}; an absent item was not answered
    answers jsonb not null check (jsonb_typeof(answers) = 'object'),
    warnings jsonb not null,
    as_of timestamptz not null,
    source text not null check (source in ('api', 'gmis')),
    actor uuid not null,
    actor_name text not null,
    reason text,
    -- made-up figures of a training instance
    training boolean not null,
    business_at timestamptz not null,
    recorded_at timestamptz not null default now(),
    txid bigint not null default (pg_current_xact_id()::text::bigint),
    primary key (business_day, id),
    unique (business_day, facility_id, form, revision)
) partition by range (business_day);
create table report_default partition of report default;
create index report_place on report (business_day, form, municipality);

-- Per facility and form: the newest report, and the first day it ever reported for.
create table latest (
    facility_id uuid not null,
    form text not null,
    first_day date not null,
    business_day date not null check (business_day >= first_day),
    revision integer not null,
    report_id uuid not null,
    answers jsonb not null,
    as_of timestamptz not null,
    primary key (facility_id, form)
);

-- Days that are open: every duty that covers one has its row of sums below. Kept apart from those
-- rows, because a day can be open before anybody has a duty.
create table opened_day (
    form text not null,
    business_day date not null,
    primary key (form, business_day)
);

-- Per municipality, day and form, moved in the report's own transaction. `sums` by form_item.slot.
create table aggregate (
    municipality text not null,
    business_day date not null,
    form text not null,
    due integer not null check (due >= 0),
    reported integer not null default 0 check (reported >= 0),
    -- due, not reported, but with an older report: counted, never in the sums
    carried integer not null default 0 check (carried >= 0),
    sums bigint[] not null default '{}',
    as_of_oldest timestamptz,
    as_of_newest timestamptz,
    version bigint not null default 1,
    primary key (form, business_day, municipality),
    check (reported + carried <= due),
    check ((reported > 0) = (as_of_oldest is not null and as_of_newest is not null))
);
