-- The double-entry book of a service, in its own schema (run with search_path = schema); crate
-- `ledger` writes it. Linked into each schema's folder, so that the shape exists once.
-- The service's own role gets SELECT and INSERT on both tables, and UPDATE on account alone.

-- One pile of one kind of thing. What it stands for (programme, product, holder, lot …) lies in the
-- service's own table, which names the account's id.
create table account (
    id bigint generated always as identity primary key,
    -- what is counted; both sides of a transfer have the same
    unit text not null check (unit <> ''),
    -- where things enter the book (the maker, the nation's supply): may go below zero
    source boolean not null default false,
    debits_posted bigint not null default 0 check (debits_posted >= 0),
    credits_posted bigint not null default 0 check (credits_posted >= 0),
    debits_pending bigint not null default 0 check (debits_pending >= 0),
    credits_pending bigint not null default 0 check (credits_pending >= 0),
    -- nothing goes out any more
    closed boolean not null default false,
    constraint account_not_overdrawn check (source or credits_posted - debits_posted - debits_pending >= 0),
    -- not for looking up: so that a transfer can name account and unit together
    unique (id, unit)
);

-- One movement. Never changed, never deleted: a mistake is answered by an opposite entry.
create table transfer (
    -- made by the caller; the same id is the same transfer
    id uuid primary key,
    debit_account bigint not null,
    credit_account bigint not null,
    unit text not null,
    amount bigint not null check (amount between 1 and 1000000000),
    kind text not null
        check (kind in ('post', 'pending', 'post_pending', 'void_pending', 'expire_pending', 'correction')),
    -- the pending transfer that this one resolves
    pending_id uuid references transfer,
    -- the wrong transfer that this one takes back, wholly or in part
    corrects uuid references transfer,
    -- the steps of a chain are posted together or not at all; a transfer by itself has no chain
    chain_id uuid,
    chain_length integer,
    chain_index integer,
    reason text,
    actor uuid not null,
    business_at timestamptz not null,
    recorded_at timestamptz not null default now(),
    -- of a pending transfer: the business time from which on it can only expire
    expires_at timestamptz,
    txid bigint not null default (pg_current_xact_id()::text::bigint),
    -- what the caller asked for: tells a retry from another transfer under the same id
    body_digest bytea not null check (length(body_digest) = 32),
    -- the row's own facts (recipe: ledger::Entry::digest)
    digest bytea not null check (length(digest) = 32),
    constraint transfer_two_sides check (debit_account <> credit_account),
    -- through both keys the two sides have one unit
    constraint transfer_debit foreign key (debit_account, unit) references account (id, unit),
    constraint transfer_credit foreign key (credit_account, unit) references account (id, unit),
    check ((pending_id is not null) = (kind in ('post_pending', 'void_pending', 'expire_pending'))),
    check ((corrects is not null) = (kind = 'correction')),
    check (expires_at is null or kind = 'pending'),
    check ((chain_id is null) = (chain_length is null) and (chain_id is null) = (chain_index is null)),
    check (chain_length > 1 and chain_index >= 0 and chain_index < chain_length)
);
-- a pending transfer is posted, voided or expired once
create unique index transfer_resolution on transfer (pending_id) where pending_id is not null;
create index transfer_corrects on transfer (corrects) where corrects is not null;
create index transfer_due on transfer (debit_account, expires_at) where kind = 'pending' and expires_at is not null;

-- Grants keep the service from changing the past; this keeps its owner from doing so by accident.
create function refuse_change() returns trigger
language plpgsql
as $$
begin
    raise exception 'the rows of % are never changed or deleted', tg_table_name using errcode = 'restrict_violation';
end
$$;
create trigger transfer_append_only before update or delete or truncate on transfer
    for each statement execute function refuse_change();
