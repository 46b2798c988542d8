-- Who may do what in the database: everything, in one place. Run after the migrations; idempotent.
-- Append-only tables get no UPDATE or DELETE for anybody but their owner.

-- reference: written by identity, read and joined by all
grant usage on schema reference to {i}_identity_app, {i}_capacity_app, {i}_allocation_app, {i}_distribution_app,
    {i}_relay_app, {i}_gateway, {i}_audit;
-- the relay's events bear the instance's time
grant select on reference.clock to {i}_relay_app;
grant select on all tables in schema reference to {i}_identity_app, {i}_capacity_app, {i}_allocation_app,
    {i}_distribution_app, {i}_gateway, {i}_audit;
grant insert on reference.territory, reference.territory_point, reference.population, reference.organisation,
    reference.facility, reference.facility_change, reference.clock to {i}_identity_app;
grant insert on reference.health_centre_area, reference.medical_area, reference.medical_area_municipality,
    reference.sharing_agreement, reference.facility_closure to {i}_identity_app;
grant update on reference.health_centre_area, reference.medical_area, reference.medical_area_municipality to {i}_identity_app;
-- an agreement ends early, a facility opens again; what was agreed and when it closed stays
grant update (ended_by, ended_by_name, ended_at, end_reason) on reference.sharing_agreement to {i}_identity_app;
grant update (reopened_on) on reference.facility_closure to {i}_identity_app;
grant update on reference.territory, reference.population, reference.organisation, reference.facility, reference.clock to {i}_identity_app;

-- accesses in an emergency: rows are added, by identity alone
grant insert on reference.break_glass, reference.break_glass_review to {i}_identity_app;

-- revocations: written by identity, read by all who verify tokens, gone when no token is left that they revoke
grant insert, delete on reference.revocation to {i}_identity_app;
grant usage on sequence reference.revocation_id_seq to {i}_identity_app;
grant select on reference.revocation to {i}_relay_app;

-- identity: nobody else reads accounts, sessions and keys
grant usage on schema identity to {i}_identity_app, {i}_audit;
grant select, insert on all tables in schema identity to {i}_identity_app;
grant update on identity.account, identity.signing_key, identity.subject to {i}_identity_app;
-- a session goes on and ends; how it began stays
grant update (active_at, ended_at, ended_by) on identity.session to {i}_identity_app;
grant update on identity.invitation, identity.delegation, identity.notice to {i}_identity_app;
-- whoever delivers mail knows where an account's goes, and nothing else of accounts
grant select on identity.mailbox to {i}_relay_app;
-- notices, who has read them and whom they reach; a file's content comes from identity itself
grant usage on schema identity to {i}_gateway;
grant select on identity.notice, identity.notice_version, identity.notice_receipt, identity.notice_reader to {i}_gateway;
grant select (notice, version, place, name, link, media_type, bytes) on identity.notice_attachment to {i}_gateway;
grant update on identity.setting, identity.second_factor, identity.recovery_code, identity.sign_in_wait,
    identity.service_account, identity.oidc_provider, identity.oidc_link to {i}_identity_app;
-- codes of an authenticator that was replaced, attempts that are forgiven, passwords that were long ago
grant delete on identity.recovery_code, identity.sign_in_wait, identity.second_factor, identity.former_password, identity.oidc_attempt
    to {i}_identity_app;
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
grant update on allocation.plan, allocation.plan_line, allocation.account, allocation.subject, allocation.release,
    allocation.inbox_subject, allocation.inbox_held to {i}_allocation_app;
-- the names of what is counted may be mended; what was counted never
grant update on allocation.indicator to {i}_allocation_app;
-- what an amendment says of itself moves on; its transfers are posted once
grant update on allocation.amendment, allocation.amendment_line, allocation.queue_position to {i}_allocation_app;
-- held back events go when they have been applied
grant delete on allocation.inbox_held to {i}_allocation_app;
-- lines that are computed again before they are handed in; what was posted stands in the book
grant delete on allocation.plan_line to {i}_allocation_app;
grant usage on all sequences in schema allocation to {i}_allocation_app;
grant select on allocation.programme, allocation.stream, allocation.round, allocation.round_step, allocation.supply_notice,
    allocation.site, allocation.wish, allocation.plan, allocation.plan_line, allocation.plan_change, allocation.book_account,
    allocation.account, allocation.release, allocation.release_line, allocation.objection,
    allocation.objection_answer to {i}_gateway;
grant select on allocation.rule, allocation.indicator, allocation.indicator_recording, allocation.indicator_value,
    allocation.plan_document, allocation.what_if, allocation.what_if_run, allocation.what_if_line to {i}_gateway;
grant select on allocation.amendment, allocation.amendment_line, allocation.amendment_move to {i}_gateway;
grant select on allocation.past_round, allocation.past_line to {i}_gateway;
grant select on all tables in schema allocation to {i}_audit;
alter function allocation.ensure_month(text, date) set search_path = allocation;
revoke execute on function allocation.ensure_month(text, date) from public;
grant execute on function allocation.ensure_month(text, date) to {i}_allocation_app;

-- distribution
grant usage on schema distribution to {i}_distribution_app, {i}_gateway, {i}_audit;
grant select, insert on all tables in schema distribution to {i}_distribution_app;
grant update on distribution.wholesaler, distribution.branch, distribution.area, distribution.lot, distribution.shipment,
    distribution.answer, distribution.discrepancy, distribution.account, distribution.subject, distribution.inbox_subject,
    distribution.inbox_held to {i}_distribution_app;
grant delete on distribution.inbox_held to {i}_distribution_app;
-- lots that are picked again before dispatch; what was posted stands in the book
grant delete on distribution.shipment_lot to {i}_distribution_app;
grant usage on all sequences in schema distribution to {i}_distribution_app;
grant select on distribution.wholesaler, distribution.branch, distribution.area, distribution.lot, distribution.inbound,
    distribution.shipment, distribution.shipment_lot, distribution.shipment_split, distribution.shipment_step,
    distribution.answer, distribution.receipt, distribution.receipt_line, distribution.discrepancy,
    distribution.stock_account, distribution.account to {i}_gateway;
grant select on all tables in schema distribution to {i}_audit;
alter function distribution.ensure_month(text, date) set search_path = distribution;
revoke execute on function distribution.ensure_month(text, date) from public;
grant execute on function distribution.ensure_month(text, date) to {i}_distribution_app;

-- relay: reads every outbox and marks what is published; nothing else of the services
grant usage on schema relay to {i}_relay_app, {i}_audit;
grant select, insert on all tables in schema relay to {i}_relay_app;
grant update on relay.subscription, relay.delivery, relay.notification, relay.subject, relay.inbox_subject, relay.inbox_held to {i}_relay_app;
grant delete on relay.inbox_held to {i}_relay_app;
grant usage on all sequences in schema relay to {i}_relay_app;
grant select on all tables in schema relay to {i}_audit;
alter function relay.ensure_month(text, date) set search_path = relay;
revoke execute on function relay.ensure_month(text, date) from public;
grant execute on function relay.ensure_month(text, date) to {i}_relay_app;
grant usage on schema identity, capacity, allocation, distribution to {i}_relay_app;
grant select on identity.outbox, capacity.outbox, allocation.outbox, distribution.outbox to {i}_relay_app;
grant update (announced_at, published_at) on identity.outbox, capacity.outbox, allocation.outbox, distribution.outbox,
    relay.outbox to {i}_relay_app;

-- views: who saw what about a facility. Services and the gateway add rows, each through a pool of its own
grant usage on schema views to {i}_identity_app, {i}_capacity_app, {i}_distribution_app, {i}_gateway, {i}_gateway_views, {i}_audit;
grant insert on views.log to {i}_identity_app, {i}_capacity_app, {i}_distribution_app, {i}_gateway_views;
grant select on views.log to {i}_identity_app, {i}_gateway, {i}_audit;
alter function views.ensure_month(text, date) set search_path = views;
revoke execute on function views.ensure_month(text, date) from public;
grant execute on function views.ensure_month(text, date) to {i}_seal;

-- seal: reads what is chained, and adds to the chains; the services themselves cannot
grant usage on schema reference, identity, capacity, allocation, distribution, relay, views to {i}_seal;
grant select on reference.clock, identity.audit, capacity.audit, allocation.audit, allocation.transfer, distribution.audit,
    distribution.transfer, relay.audit, views.log to {i}_seal;
revoke insert on identity.seal, identity.head from {i}_identity_app;
revoke insert on capacity.seal, capacity.head from {i}_capacity_app;
revoke insert on allocation.seal, allocation.head from {i}_allocation_app;
revoke insert on distribution.seal, distribution.head from {i}_distribution_app;
revoke insert on relay.seal, relay.head from {i}_relay_app;
grant select, insert on identity.seal, identity.head, capacity.seal, capacity.head, allocation.seal, allocation.head,
    distribution.seal, distribution.head, relay.seal, relay.head, views.seal, views.head to {i}_seal;
grant select on identity.seal, identity.head, views.seal, views.head to {i}_audit;

-- the migration ledgers are the owners' business
revoke all on identity.__diesel_schema_migrations, capacity.__diesel_schema_migrations,
    allocation.__diesel_schema_migrations, distribution.__diesel_schema_migrations, relay.__diesel_schema_migrations,
    reference.__diesel_schema_migrations
    from {i}_identity_app, {i}_capacity_app, {i}_allocation_app, {i}_distribution_app, {i}_relay_app, {i}_gateway;
