-- 割当ての変更: committed divisions whose supply, or whose lines, change; and assignments that are taken back.
-- What is proposed stands here alone; what is committed is posted by transfers, each with a row in
-- amendment_move, and the plan's lines and history follow in the same transaction.

create table amendment (
    -- the request's, or made of the cause
    id uuid primary key,
    round_id uuid not null references round (id),
    -- whose division, or whose assignments
    holder text not null check (holder ~ '^\d{6}$'),
    -- the division; null for who assigns to sites
    plan_id uuid references plan (id),
    -- supply: an officer changes what there is; lines: an officer changes lines; noted: more supply came;
    -- above: the level above gave more, or wants some back
    origin text not null check (origin in ('supply', 'lines', 'noted', 'above')),
    -- proposed and pending: nothing is posted; overcommitted: waits for a choice; waiting: committed, and some
    -- units are still to come back from below; carried: committed by the service at the deadline
    state text not null check (state in ('proposed', 'pending', 'overcommitted', 'waiting', 'applied', 'carried', 'cancelled')),
    version integer not null check (version > 0),
    -- the plan's version that it was computed from
    plan_version integer,
    unit_vials integer not null check (unit_vials > 0),
    -- what the lines come to: S and S'
    units_before bigint not null check (units_before >= 0),
    units_after bigint not null check (units_after >= 0),
    -- of more supply: units that no line may take
    kept_units bigint not null default 0 check (kept_units >= 0),
    -- units that are locked beyond what would be left
    shortfall_units bigint not null default 0 check (shortfall_units >= 0),
    -- what can be chosen while it is overcommitted, and what was
    choices jsonb not null default '[]',
    choice text check (choice in ('return', 'reserve')),
    -- where the rule's queues stand once it is committed: [[recipient, units], …]; none for lines by hand
    positions jsonb not null default '[]',
    -- vials that leave the round's supply, and how many of them have left
    withdrawn_vials bigint not null default 0 check (withdrawn_vials >= 0),
    left_vials bigint not null default 0 check (left_vials between 0 and withdrawn_vials),
    -- how long those below have; when the service carries it
    hours integer not null check (hours between 1 and 8784),
    deadline timestamptz check ((deadline is not null) = (origin = 'above')),
    reason text not null,
    -- who proposed it: nil is the service
    actor uuid not null,
    actor_name text not null,
    training boolean not null,
    business_at timestamptz not null,
    committed_at timestamptz,
    -- by the service, at the deadline
    carried boolean not null default false,
    ended_at timestamptz check ((ended_at is not null) = (state in ('applied', 'carried', 'cancelled'))),
    recorded_at timestamptz not null default now(),
    txid bigint not null default (pg_current_xact_id()::text::bigint),
    check (state not in ('waiting', 'applied', 'carried') or committed_at is not null),
    check (state not in ('proposed', 'pending') or committed_at is null)
);
create index amendment_round on amendment (round_id, holder);
create index amendment_plan on amendment (plan_id);
-- of what is not committed, one at a time
create unique index amendment_open on amendment (round_id, holder)
    where committed_at is null and state in ('proposed', 'pending', 'overcommitted');
create index amendment_due on amendment (deadline) where state = 'pending';

create table amendment_line (
    amendment_id uuid not null references amendment (id),
    plan_id uuid not null,
    recipient text not null,
    units_before bigint not null check (units_before >= 0),
    units_after bigint not null check (units_after >= 0),
    -- units that cannot come back
    locked_units bigint not null check (locked_units >= 0),
    -- once committed: units that have moved; units that need not move any more
    settled_units bigint not null default 0 check (settled_units >= 0),
    forgiven_units bigint not null default 0 check (forgiven_units >= 0),
    ja text not null,
    en text not null,
    primary key (amendment_id, plan_id, recipient),
    foreign key (plan_id, recipient) references plan_line (plan_id, recipient),
    check (settled_units + forgiven_units <= abs(units_after - units_before))
);
create index amendment_line_recipient on amendment_line (recipient);

-- Every transfer by which something was amended or withdrawn.
create table amendment_move (
    -- the transfer's
    id uuid primary key,
    round_id uuid not null references round (id),
    -- null where an officer withdrew a line
    amendment_id uuid references amendment (id),
    -- whose line it changes; null between a holder's own accounts and out of the supply
    plan_id uuid references plan (id),
    recipient text,
    giver_kind text not null check (giver_kind in ('granted', 'reserve')),
    giver text not null,
    getter_kind text not null check (getter_kind in ('granted', 'supply')),
    getter text not null,
    vials bigint not null check (vials > 0),
    -- of the plans' history
    cause_id uuid not null,
    business_at timestamptz not null,
    txid bigint not null default (pg_current_xact_id()::text::bigint),
    check ((plan_id is null) = (recipient is null)),
    check ((plan_id is not null) = (giver_kind = 'granted' and getter_kind = 'granted'))
);
create index amendment_move_line on amendment_move (plan_id, recipient);
create index amendment_move_supply on amendment_move (round_id) where getter_kind = 'supply';

-- Where the rule's queue stands for a recipient after amendments; without a row, where the plan left it.
create table queue_position (
    plan_id uuid not null,
    recipient text not null,
    units bigint not null check (units >= 0),
    primary key (plan_id, recipient),
    foreign key (plan_id, recipient) references plan_line (plan_id, recipient) on delete cascade
);
