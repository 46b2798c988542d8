-- What people prove themselves with beside the password, and how often others tried. Times are real time.

-- In training the second factor is off unless this says otherwise; in a real instance it is always on.
create table setting (
    id boolean primary key default true check (id),
    second_factor boolean not null
);

-- The authenticator of an account. Secrets are enciphered with a key made of the instance's secret, which is
-- not in the database.
create table second_factor (
    account uuid primary key references account (id),
    sealed bytea,
    enrolled_at timestamptz,
    -- the 30 seconds of the last code that was taken: none of them or before is taken again
    last_step bigint not null default 0,
    -- an enrolment that has begun and is not confirmed yet
    pending bytea,
    pending_at timestamptz,
    check ((sealed is null) = (enrolled_at is null)),
    check ((pending is null) = (pending_at is null))
);

-- HMAC of codes for whoever has lost the authenticator; each counts once
create table recovery_code (
    account uuid not null references account (id),
    mac bytea not null check (length(mac) = 32),
    used_at timestamptz,
    primary key (account, mac)
);

-- Passwords that an account has had, so that none of the last ones comes back.
create table former_password (
    account uuid not null references account (id),
    password_hash text not null,
    until timestamptz not null,
    primary key (account, password_hash)
);

-- Attempts to sign in that failed, by a digest of the name, and of the name and the address. Of names that no
-- account has too: else a wait would tell which there are.
create table sign_in_wait (
    key bytea primary key check (length(key) = 32),
    failures integer not null check (failures >= 0),
    since timestamptz not null,
    waits integer not null default 0,
    until timestamptz
);
create index sign_in_wait_since on sign_in_wait (since);
