-- Accounts are issued by the level above and start without credentials: an invitation brings them.

-- a person has no password until the invitation is redeemed
alter table account drop constraint account_check;
alter table account add constraint account_password check (kind = 'person' or password_hash is null);
-- may issue and suspend accounts of colleagues, and of the level below
alter table account add column administrator boolean not null default false;
-- personal data: in no audit row and no event
alter table account add column mail text check (length(mail) <= 254 and mail ~ '^[^@[:space:]]+@[^@[:space:]]+$');
alter table account add column language text not null default 'ja' check (language in ('ja', 'en'));
-- who issued it; none where the machine's operator did
alter table account add column issued_by uuid;
alter table account add column issued_by_name text;
-- the level above, or an administrator, has said that it is still needed
alter table account add column confirmed_at timestamptz;
alter table account add column confirmed_by_name text;
-- closed for good; `disabled_at` is set as well
alter table account add column closed_at timestamptz check (closed_at is null or disabled_at is not null);
create index account_organisation on account (organisation, name);
create index account_territory on account (territory, name);
-- until now whoever has a person's account is the first of its organisation
update account set administrator = true where kind = 'person';

-- A one-time link or a code to be read out on the telephone. What it consists of stands nowhere: it is
-- computed from the instance's secret and `id` when it is shown or sent, and only its seal is kept.
create table invitation (
    id uuid primary key,
    account uuid not null references account (id),
    kind text not null check (kind in ('link', 'code')),
    seal bytea not null check (length(seal) = 32),
    made_at timestamptz not null default now(),
    expires_at timestamptz not null,
    -- wrong codes given for it
    tries smallint not null default 0 check (tries between 0 and 5),
    redeemed_at timestamptz,
    withdrawn_at timestamptz,
    check (redeemed_at is null or withdrawn_at is null)
);
-- at most one that can be redeemed
create unique index invitation_open on invitation (account) where redeemed_at is null and withdrawn_at is null;
create index invitation_seal on invitation (seal);

-- Where mail to an account goes: all that whoever delivers it may know of accounts.
create view mailbox as
    select id as account, name, mail as address, language from account where mail is not null and closed_at is null;
