-- Mail and webhooks: who wants which notices where, and what became of each.

alter table notification drop constraint notification_recipient_kind_check;
alter table notification add constraint notification_recipient_kind_check
    check (recipient_kind in ('territory', 'facility', 'wholesaler', 'account'));
-- its deliveries have been made out; older notices are nobody's news any more
alter table notification add column planned_at timestamptz;
update notification set planned_at = now();
create index notification_unplanned on notification (recorded_at) where planned_at is null;

-- What an office, facility or company wants to be told, and where. Ended, it stays.
create table subscription (
    id uuid primary key,
    organisation uuid not null,
    -- whose notices, as `notification` names them
    recipient_kind text not null check (recipient_kind in ('territory', 'facility', 'wholesaler')),
    recipient text not null,
    kind text not null check (kind in ('mail', 'webhook')),
    address text not null check (char_length(address) between 3 and 500),
    -- topics or their beginnings (`shipment`, `shipment.discrepancy`); none means all
    topics text[] not null,
    language text not null check (language in ('ja', 'en')),
    made_by uuid not null,
    made_by_name text not null,
    made_at timestamptz not null default now(),
    -- whoever reads what comes there has said so
    verified_at timestamptz,
    ended_at timestamptz,
    txid bigint not null default (pg_current_xact_id()::text::bigint)
);
create index subscription_recipient on subscription (recipient_kind, recipient) where ended_at is null;

-- One notice by one channel; a channel's first one asks for confirmation and has no notice.
create table delivery (
    id uuid primary key,
    notification uuid references notification (id),
    subscription uuid references subscription (id),
    -- mail to a person: the account; the address is looked up when it is sent
    account uuid,
    state text not null default 'waiting' check (state in ('waiting', 'delivered', 'dead')),
    attempts integer not null default 0 check (attempts >= 0),
    next_at timestamptz not null default now(),
    last_error text,
    created_at timestamptz not null default now(),
    ended_at timestamptz,
    unique nulls not distinct (notification, subscription, account),
    check (num_nonnulls(subscription, account) = 1),
    check ((state = 'waiting') = (ended_at is null))
);
create index delivery_due on delivery (next_at) where state = 'waiting';
