-- Signing in by an organisation's own provider (OpenID Connect). Times are real time.
create table oidc_provider (
    id uuid primary key,
    code text not null unique check (code ~ '^[a-z0-9][a-z0-9-]{0,31}$'),
    name text not null,
    issuer text not null,
    client_id text not null,
    -- enciphered with a key made of the instance's secret
    client_secret bytea not null,
    -- where the provider sends people back: .../v1/oidc/<code>/callback
    redirect_uri text not null,
    -- whose accounts it may sign in; null: any that is linked
    organisation uuid,
    -- mail domains it may speak for; null: not asked
    domains text[],
    -- its own word (amr, acr) for a second factor is taken
    second_factor boolean not null,
    disabled_at timestamptz
);

-- Accounts are issued first and linked then: nobody registers by signing in.
create table oidc_link (
    issuer text not null,
    subject text not null,
    account uuid not null references account (id),
    linked_at timestamptz not null,
    primary key (issuer, subject)
);

-- One sign-in on its way to a provider and back. Each comes back once.
create table oidc_attempt (
    state_sha256 bytea primary key check (length(state_sha256) = 32),
    provider uuid not null references oidc_provider (id),
    browser_sha256 bytea not null check (length(browser_sha256) = 32),
    nonce text not null,
    verifier text not null,
    begun_at timestamptz not null
);
create index oidc_attempt_begun on oidc_attempt (begun_at);
