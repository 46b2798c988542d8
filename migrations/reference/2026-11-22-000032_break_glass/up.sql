-- Access in an emergency to what one does not see otherwise: for an hour at most, with a reason, told at once to
-- whose data it is, and looked at afterwards by a second person. Nothing of it is ever changed or deleted.
create table break_glass (
    id uuid primary key,
    -- one facility, or all of a prefecture or municipality
    facility uuid references facility (id),
    territory text references territory (code),
    account uuid not null,
    account_name text not null,
    role text not null,
    organisation uuid not null,
    reason text not null check (char_length(reason) between 10 and 500),
    business_at timestamptz not null,
    -- real time, as for sessions: an emergency does not wait for a training instance's clock
    from_at timestamptz not null,
    until timestamptz not null,
    request_id uuid not null,
    recorded_at timestamptz not null default now(),
    txid bigint not null default (pg_current_xact_id()::text::bigint),
    check (num_nonnulls(facility, territory) = 1),
    check (until > from_at and until <= from_at + interval '60 minutes')
);
create index break_glass_until on break_glass (until);
create index break_glass_facility on break_glass (facility);
create index break_glass_account on break_glass (account, until);

-- A second person's word on it.
create table break_glass_review (
    id uuid primary key,
    break_glass uuid not null unique references break_glass (id),
    verdict text not null check (verdict in ('right', 'wrong')),
    note text not null check (note <> ''),
    reviewer uuid not null,
    reviewer_name text not null,
    organisation uuid not null,
    business_at timestamptz not null,
    recorded_at timestamptz not null default now(),
    txid bigint not null default (pg_current_xact_id()::text::bigint)
);
