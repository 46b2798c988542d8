-- What a consumer of events keeps, in its service's own schema (run with search_path = schema). Linked
-- into each schema's folder, so that the shape exists once. `platform::inbox` is its only user.

-- An event that was applied. It commits with its effect, so that a second delivery has none.
create table inbox (
    event_id uuid primary key,
    type text not null,
    source text not null,
    subject text not null,
    sequence bigint not null check (sequence > 0),
    -- the commit of the effect
    txid bigint not null default (pg_current_xact_id()::text::bigint),
    applied_at timestamptz not null default now(),
    unique (source, subject, sequence)
);

-- The next sequence that is expected of a subject; its row lock keeps a subject's events apart.
create table inbox_subject (
    source text not null,
    subject text not null,
    next_sequence bigint not null check (next_sequence > 0),
    primary key (source, subject)
);

-- Events that came before an earlier one of their subject. Held back until the gap is filled; when it
-- is not, the relay is asked for the missing ones again.
create table inbox_held (
    event_id uuid primary key,
    source text not null,
    subject text not null,
    sequence bigint not null check (sequence > 0),
    body jsonb not null,
    held_at timestamptz not null default now(),
    asked_at timestamptz,
    unique (source, subject, sequence)
);
