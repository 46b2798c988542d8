-- An organisation lets another organisation's account do named things for it, until a day.
create table delegation (
    id uuid primary key,
    -- the giver: its role and home are those that the taker acts with
    organisation uuid not null,
    organisation_name text not null,
    organisation_name_en text not null,
    role text not null,
    territory text not null,
    facility uuid,
    partner text,
    -- the taker
    account uuid not null references account (id),
    account_name text not null,
    -- of domain::policy::Action
    actions text[] not null check (cardinality(actions) between 1 and 30),
    -- business days, both included
    valid_from date not null,
    valid_until date not null check (valid_until >= valid_from),
    reason text not null check (reason <> ''),
    made_by uuid not null,
    made_by_name text not null,
    made_at timestamptz not null,
    -- a second person of the giver
    confirmed_by uuid check (confirmed_by <> made_by),
    confirmed_by_name text,
    confirmed_at timestamptz,
    -- before its day by somebody, after it by the service itself
    ended_by_name text,
    ended_at timestamptz,
    end_reason text,
    version integer not null default 1 check (version > 0),
    recorded_at timestamptz not null default now(),
    check ((confirmed_by is null) = (confirmed_at is null)),
    check ((ended_at is null) = (ended_by_name is null))
);
create index delegation_organisation on delegation (organisation, id);
create index delegation_account on delegation (account, id);
create index delegation_open on delegation (valid_until) where ended_at is null;

-- a browser's session may act for another organisation
alter table session add column delegation uuid references delegation (id);
