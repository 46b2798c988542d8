-- Roles and schemas of one instance. Run by `meguri migrate` as an administrator (CREATEROLE,
-- CREATEDB), before the migrations; idempotent. {i} is the instance, {password:role} the role's own
-- password, derived from the instance's secret and never stored in the database in the clear.
--
-- Two roles per service: `owner` migrates and cannot log in, `app` works and has no DDL. Beside
-- them `gateway` and `audit` only read, `gateway_views` notes what the gateway showed, and `seal` chains
-- what others wrote. What each may do stands in grants.sql, all in one place.
do $$
declare
    name text;
begin
    foreach name in array array[
        'identity_owner', 'capacity_owner', 'allocation_owner', 'distribution_owner', 'relay_owner', 'views_owner',
        'identity_app', 'capacity_app', 'allocation_app', 'distribution_app', 'relay_app', 'gateway', 'gateway_views',
        'seal', 'audit'
    ] loop
        if not exists (select from pg_roles where rolname = '{i}_' || name) then
            execute format('create role %I nologin', '{i}_' || name);
        end if;
    end loop;
    -- the administrator acts as each owner while migrating; a superuser needs no membership
    foreach name in array array['identity_owner', 'capacity_owner', 'allocation_owner', 'distribution_owner', 'relay_owner',
                                'views_owner'] loop
        if not pg_has_role(current_user, '{i}_' || name, 'member') then
            execute format('grant %I to current_user', '{i}_' || name);
        end if;
    end loop;
end
$$;

alter role {i}_identity_app login password '{password:identity_app}';
alter role {i}_capacity_app login password '{password:capacity_app}';
alter role {i}_allocation_app login password '{password:allocation_app}';
alter role {i}_distribution_app login password '{password:distribution_app}';
alter role {i}_relay_app login password '{password:relay_app}';
alter role {i}_gateway login password '{password:gateway}';
alter role {i}_gateway_views login password '{password:gateway_views}';
alter role {i}_seal login password '{password:seal}';
alter role {i}_audit login password '{password:audit}';

-- A statement that hangs must not hold locks for ever. Writers are short; the auditor reads all.
alter role {i}_identity_app set statement_timeout = '30s';
alter role {i}_capacity_app set statement_timeout = '30s';
alter role {i}_allocation_app set statement_timeout = '30s';
alter role {i}_distribution_app set statement_timeout = '30s';
alter role {i}_relay_app set statement_timeout = '30s';
alter role {i}_gateway set statement_timeout = '5s';
alter role {i}_gateway set default_transaction_read_only = on;
alter role {i}_gateway_views set statement_timeout = '5s';
alter role {i}_seal set statement_timeout = '60s';
alter role {i}_audit set statement_timeout = '300s';
alter role {i}_audit set default_transaction_read_only = on;
alter role {i}_identity_app set lock_timeout = '10s';
alter role {i}_capacity_app set lock_timeout = '10s';
alter role {i}_allocation_app set lock_timeout = '10s';
alter role {i}_distribution_app set lock_timeout = '10s';
alter role {i}_relay_app set lock_timeout = '10s';
alter role {i}_identity_app set idle_in_transaction_session_timeout = '30s';
alter role {i}_capacity_app set idle_in_transaction_session_timeout = '30s';
alter role {i}_allocation_app set idle_in_transaction_session_timeout = '30s';
alter role {i}_distribution_app set idle_in_transaction_session_timeout = '30s';
alter role {i}_relay_app set idle_in_transaction_session_timeout = '30s';
alter role {i}_gateway set idle_in_transaction_session_timeout = '15s';

create schema if not exists reference authorization {i}_identity_owner;
create schema if not exists identity authorization {i}_identity_owner;
create schema if not exists capacity authorization {i}_capacity_owner;
create schema if not exists allocation authorization {i}_allocation_owner;
create schema if not exists distribution authorization {i}_distribution_owner;
create schema if not exists relay authorization {i}_relay_owner;
create schema if not exists views authorization {i}_views_owner;
revoke all on schema public from public;
