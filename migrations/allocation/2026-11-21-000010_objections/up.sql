-- The officers' steps in full: a second person, objections of those below, what happens when a level is late,
-- and who has been reminded of what.

-- who hands a plan in does not approve it
alter table programme add column second_person boolean not null default true;

-- how long those below may object to what a level has handed in; 0: they are not asked
alter table round_step add column objection_hours integer not null default 0
    check (objection_hours between 0 and 8784);
-- what becomes of a plan that is not committed when it is due: it waits for its officers, or is carried through
alter table round_step add column on_late text not null default 'wait' check (on_late in ('wait', 'carry'));

-- its rule takes something away from somebody: those below must be asked
alter table plan add column needs_objections boolean not null default false;
-- handed in with a window: disclosed to its recipients as a proposal, and not approved before this moment
alter table plan add column objections_until timestamptz;
-- whose account handed it in and whose approved it; none of either before this migration
alter table plan add column submitted_by uuid;
alter table plan add column submitted_name text;
alter table plan add column approved_by uuid;
alter table plan add column approved_name text;
alter table plan add constraint plan_handed_in check (
    (submitted_by is null) = (submitted_name is null) and (approved_by is null) = (approved_name is null)
    and (state not in ('draft', 'computed') or num_nonnulls(objections_until, submitted_by, approved_by) = 0));

-- What a recipient says against its own line of a proposal. Never changed: the answer has a row of its own.
create table objection (
    -- the caller's, also of its entry in the plan's history
    id uuid primary key,
    plan_id uuid not null references plan (id),
    -- the version that was handed in
    version integer not null,
    recipient text not null check (recipient ~ '^\d{6}$'),
    -- the line as it stood
    units bigint not null check (units >= 0),
    units_wished bigint check (units_wished >= 0),
    text text not null check (text <> ''),
    actor_name text not null,
    business_at timestamptz not null,
    recorded_at timestamptz not null default now(),
    txid bigint not null default (pg_current_xact_id()::text::bigint)
);
create index objection_plan on objection (plan_id, recipient);

-- Each is answered once, in writing.
create table objection_answer (
    objection_id uuid primary key references objection (id),
    -- of its entry in the plan's history
    id uuid not null unique,
    decision text not null check (decision in ('accepted', 'declined')),
    text text not null check (text <> ''),
    actor_name text not null,
    business_at timestamptz not null,
    recorded_at timestamptz not null default now(),
    txid bigint not null default (pg_current_xact_id()::text::bigint)
);

-- Who has been told that a level is about to be late, or is: each once.
create table reminded (
    round_id uuid not null references round (id),
    level text not null,
    holder text not null,
    kind text not null check (kind in ('day_before', 'hour_before', 'late')),
    business_at timestamptz not null,
    recorded_at timestamptz not null default now(),
    txid bigint not null default (pg_current_xact_id()::text::bigint),
    primary key (round_id, holder, kind)
);
