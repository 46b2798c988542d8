-- What no longer counts although its tokens have not expired yet. Every process reads it every two seconds
-- (platform::revocations). A row is needed as long as a token may live that it revokes; then it goes.
create table revocation (
    id bigserial primary key,
    kind text not null check (kind in ('session', 'account', 'delegation')),
    subject uuid not null,
    -- real time: of an account, tokens issued until then
    at timestamptz not null,
    until timestamptz not null check (until > at)
);
create index revocation_until on revocation (until);
