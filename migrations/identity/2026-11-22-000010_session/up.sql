-- Signed-in browsers. Rows, not cache: what Redis forgets changes nothing. All times are real time.
create table session (
    id uuid primary key,
    account uuid not null references account (id),
    -- SHA-256 of the 256-bit random secret in the browser's cookie
    secret_sha256 bytea not null unique check (length(secret_sha256) = 32),
    second_factor text not null check (second_factor in ('none', 'totp', 'recovery', 'provider')),
    address text not null,
    agent text not null,
    started_at timestamptz not null,
    active_at timestamptz not null,
    ended_at timestamptz,
    ended_by text check (ended_by in ('sign_out', 'revoked', 'idle', 'absolute', 'credential', 'account')),
    check ((ended_at is null) = (ended_by is null)),
    check (active_at >= started_at)
);
create index session_open on session (account) where ended_at is null;
create index session_account on session (account, address, started_at);
