-- Who may do what in the database: everything, in one place. Run after the migrations; idempotent.
-- Append-only tables get no UPDATE or DELETE for anybody but their owner.

-- reference: written by identity, read and joined by all
grant usage on schema reference to {i}_identity_app, {i}_capacity_app, {i}_allocation_app, {i}_gateway, {i}_audit;
grant select on all tables in schema reference to {i}_identity_app, {i}_capacity_app, {i}_allocation_app, {i}_gateway, {i}_audit;
grant insert on reference.territory, reference.territory_point, reference.population, reference.organisation,
    reference.facility, reference.facility_change, reference.clock to {i}_identity_app;
grant update on reference.territory, reference.population, reference.organisation, reference.facility, reference.clock to {i}_identity_app;

-- identity: nobody else reads accounts and keys
grant usage on schema identity to {i}_identity_app, {i}_audit;
grant select, insert on all tables in schema identity to {i}_identity_app;
grant update on identity.account, identity.signing_key, identity.subject to {i}_identity_app;
grant usage on all sequences in schema identity to {i}_identity_app;
grant select on identity.outbox, identity.idempotency, identity.audit, identity.subject to {i}_audit;
alter function identity.ensure_month(text, date) set search_path = identity;
revoke execute on function identity.ensure_month(text, date) from public;
grant execute on function identity.ensure_month(text, date) to {i}_identity_app;

-- capacity
grant usage on schema capacity to {i}_capacity_app, {i}_gateway, {i}_audit;
grant select, insert on all tables in schema capacity to {i}_capacity_app;
grant update on capacity.duty, capacity.latest, capacity.aggregate, capacity.subject to {i}_capacity_app;
grant usage on all sequences in schema capacity to {i}_capacity_app;
grant select on capacity.form, capacity.form_item, capacity.form_rule, capacity.duty, capacity.report, capacity.latest,
    capacity.aggregate to {i}_gateway;
grant select on all tables in schema capacity to {i}_audit;
alter function capacity.ensure_month(text, date) set search_path = capacity;
revoke execute on function capacity.ensure_month(text, date) from public;
grant execute on function capacity.ensure_month(text, date) to {i}_capacity_app;

-- allocation: products and packs in `reference` are its own
grant insert, update on reference.product, reference.pack to {i}_allocation_app;
grant usage on schema allocation to {i}_allocation_app, {i}_gateway, {i}_audit;
grant select, insert on all tables in schema allocation to {i}_allocation_app;
grant update on allocation.plan, allocation.plan_line, allocation.account, allocation.subject to {i}_allocation_app;
-- lines that are computed again before they are handed in; what was posted stands in the book
grant delete on allocation.plan_line to {i}_allocation_app;
grant usage on all sequences in schema allocation to {i}_allocation_app;
grant select on allocation.programme, allocation.stream, allocation.round, allocation.round_step, allocation.supply_notice,
    allocation.site, allocation.wish, allocation.plan, allocation.plan_line, allocation.plan_change, allocation.book_account,
    allocation.account to {i}_gateway;
grant select on all tables in schema allocation to {i}_audit;
alter function allocation.ensure_month(text, date) set search_path = allocation;
revoke execute on function allocation.ensure_month(text, date) from public;
grant execute on function allocation.ensure_month(text, date) to {i}_allocation_app;

-- the migration ledgers are the owners' business
revoke all on identity.__diesel_schema_migrations, capacity.__diesel_schema_migrations,
    allocation.__diesel_schema_migrations, reference.__diesel_schema_migrations
    from {i}_identity_app, {i}_capacity_app, {i}_allocation_app, {i}_gateway;
