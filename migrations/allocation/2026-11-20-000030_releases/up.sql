-- Releases: assigned lines of one hub group that become a shipment; and where a site stands.

alter table site add column address text not null default '';

-- The hub's line and its satellites' lines, whose sum is whole packs. The id is the caller's and becomes
-- the shipment's. A release that came back (cancelled, unfulfillable) stays as a row; its lines are
-- planned again and may be released under another id.
create table release (
    id uuid primary key,
    round_id uuid not null references round (id),
    hub_id uuid not null references site (id),
    -- whose officers released it: a territory's code
    holder text not null,
    vials bigint not null check (vials > 0),
    packs bigint not null check (packs > 0),
    state text not null check (state in ('released', 'cancelled', 'unfulfillable')),
    -- why it came back
    reason text,
    actor_name text not null,
    business_at timestamptz not null,
    recorded_at timestamptz not null default now(),
    txid bigint not null default (pg_current_xact_id()::text::bigint),
    ended_at timestamptz,
    check ((state = 'released') = (ended_at is null))
);
create index release_round on release (round_id, hub_id);

create table release_line (
    release_id uuid not null references release (id),
    plan_id uuid not null,
    -- the site's id, as the plan's line names it
    recipient text not null,
    vials bigint not null check (vials > 0),
    primary key (release_id, plan_id, recipient),
    foreign key (plan_id, recipient) references plan_line (plan_id, recipient)
);
create index release_line_plan on release_line (plan_id, recipient);
