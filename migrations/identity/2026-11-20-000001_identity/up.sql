-- Accounts and keys. Only identity's own roles can read these tables.

create table account (
    id uuid primary key,
    name text not null unique check (name ~ '^[a-z0-9][a-z0-9-]{0,62}$'),
    kind text not null check (kind in ('person', 'service')),
    role text not null,
    organisation uuid not null,
    -- home: a territory, and for staff of a facility that facility
    territory text not null,
    facility uuid,
    -- argon2id in PHC form; persons only
    password_hash text,
    -- SHA-256 of a 256-bit random secret; services only (a random secret needs no slow hash)
    secret_sha256 bytea check (length(secret_sha256) = 32),
    created_at timestamptz not null default now(),
    expires_at timestamptz,
    disabled_at timestamptz,
    check ((kind = 'person') = (password_hash is not null)),
    check ((kind = 'service') = (secret_sha256 is not null)),
    check ((role = 'hospital') = (facility is not null))
);

create table signing_key (
    kid text primary key,
    -- Ed25519 seed and public key
    seed bytea not null check (length(seed) = 32),
    public bytea not null check (length(public) = 32),
    created_at timestamptz not null default now(),
    retired_at timestamptz
);
