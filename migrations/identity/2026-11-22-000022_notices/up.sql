-- お知らせ, 事務連絡: what the ministry and the prefectures tell those below, and the public.
create table notice (
    id uuid primary key,
    kind text not null check (kind in ('notice', 'circular', 'alert')),
    -- the publishing organisation
    organisation uuid not null,
    organisation_name text not null,
    organisation_name_en text not null,
    territory text not null,
    -- whom it is for: accounts of these roles (all if empty) at home in one of these territories
    roles text[] not null,
    territories text[] not null check (cardinality(territories) between 1 and 100),
    -- everybody may read it, without signing in
    is_public boolean not null,
    -- shown before signing in
    is_vital boolean not null check (is_public or not is_vital),
    -- 事務連絡の番号
    number text check (number <> ''),
    version integer not null default 1 check (version > 0),
    published_at timestamptz not null,
    -- the last business day on which it counts
    valid_until date,
    withdrawn_at timestamptz,
    recorded_at timestamptz not null default now()
);
create unique index notice_number on notice (organisation, number) where number is not null;
create index notice_published on notice (published_at desc, id desc);

-- What it says, and what it said before corrections. Append-only.
create table notice_version (
    notice uuid not null references notice (id),
    version integer not null check (version > 0),
    title_ja text not null check (title_ja <> ''),
    title_en text not null check (title_en <> ''),
    body_ja text not null check (body_ja <> ''),
    body_en text not null check (body_en <> ''),
    -- why it was corrected; none for the first
    reason text check (reason <> ''),
    by_name text not null,
    business_at timestamptz not null,
    recorded_at timestamptz not null default now(),
    primary key (notice, version),
    check ((version = 1) = (reason is null))
);

-- Named links and small files of a version. Append-only.
create table notice_attachment (
    notice uuid not null,
    version integer not null,
    place smallint not null check (place between 1 and 10),
    name text not null check (name <> ''),
    link text,
    media_type text,
    content bytea check (octet_length(content) between 1 and 1048576),
    bytes integer not null generated always as (coalesce(octet_length(content), 0)) stored,
    primary key (notice, version, place),
    foreign key (notice, version) references notice_version (notice, version),
    check (num_nonnulls(link, content) = 1 and (content is null) = (media_type is null))
);

-- Who has read which version. Append-only.
create table notice_receipt (
    notice uuid not null references notice (id),
    account uuid not null references account (id),
    version integer not null,
    business_at timestamptz not null,
    recorded_at timestamptz not null default now(),
    primary key (notice, account, version)
);
create index notice_receipt_account on notice_receipt (account, notice);

-- Whom notices reach: people who can sign in. All that the gateway may know of accounts.
create view notice_reader as
    select a.id as account, a.name, a.role, a.organisation, o.name as organisation_name, a.territory
    from account a join reference.organisation o on o.id = a.organisation
    where a.kind = 'person' and a.disabled_at is null;
