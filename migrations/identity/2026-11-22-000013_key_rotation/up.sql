-- A key is published before it signs, and stays so until no token is left that it has signed: `retired_at` is
-- when it is published no more.
alter table signing_key add column active_from timestamptz not null default now();
update signing_key set active_from = created_at;
