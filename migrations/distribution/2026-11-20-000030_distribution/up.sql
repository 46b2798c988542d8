-- Wholesalers and their areas, lots, shipments, receipts, discrepancies; whose stock account is whose.

create table wholesaler (
    code text primary key check (code ~ '^W\d{2}$'),
    ja text not null,
    en text not null,
    -- a made-up company of a training instance
    synthetic boolean not null
);

create table branch (
    code text primary key check (code ~ '^W\d{2}-\d{2}$'),
    wholesaler text not null references wholesaler (code),
    ja text not null,
    en text not null,
    -- prefecture it lies in
    prefecture text not null,
    check (code like wholesaler || '-%')
);
create index branch_wholesaler on branch (wholesaler);

-- 地域担当卸: one branch per municipality and group of products, named in advance and dated.
create table area (
    municipality text not null,
    product_group text not null,
    branch text not null references branch (code),
    valid_from date not null,
    valid_to date check (valid_to > valid_from),
    primary key (municipality, product_group, valid_from)
);
create index area_branch on area (branch);

create table lot (
    id uuid primary key,
    product text not null,
    -- normalised: half width, upper case
    number text not null check (number ~ '^[A-Z0-9-]{1,20}$'),
    expiry date not null,
    -- last day of use once it has left the freezer; unknown until then
    thawed_expiry date,
    recalled_at timestamptz,
    unique (product, number)
);

-- What a depot received from the maker: where vials enter the stock book.
create table inbound (
    id uuid primary key,
    wholesaler text not null references wholesaler (code),
    lot_id uuid not null references lot (id),
    vials bigint not null check (vials > 0),
    business_at timestamptz not null,
    recorded_at timestamptz not null default now(),
    txid bigint not null default (pg_current_xact_id()::text::bigint)
);

-- One release's whole packs on their way to one hub. `id` is the release's.
create table shipment (
    id uuid primary key,
    round_id uuid not null,
    programme text not null,
    round_number integer not null,
    product text not null,
    -- null where nobody serves the hub's municipality: unfulfillable at once
    branch text references branch (code),
    wholesaler text references wholesaler (code),
    site_id uuid not null,
    facility_id uuid,
    -- the hub as the release named it: name, address, facility code
    site jsonb not null,
    municipality text not null,
    vials bigint not null check (vials > 0),
    pack text not null,
    pack_vials integer not null check (pack_vials > 0),
    storage text not null check (storage in ('ultra_cold', 'frozen', 'refrigerated')),
    window_from date not null,
    window_to date not null check (window_to >= window_from),
    state text not null check (state in ('ordered', 'scheduled', 'picked', 'dispatched', 'delivered', 'failed', 'returned',
        'lost', 'cancelled', 'unfulfillable')),
    version integer not null check (version > 0),
    -- the sequence of the next answer that is expected of the partner
    next_answer bigint not null default 1 check (next_answer > 0),
    delivery_on date,
    -- hours as the branch names them: 09:00-12:00
    delivery_hours text,
    ordered_at timestamptz not null,
    dispatched_at timestamptz,
    delivered_at timestamptz,
    -- when the site confirmed the arrival
    received_at timestamptz,
    training boolean not null,
    check (vials % pack_vials = 0),
    check ((branch is null) = (wholesaler is null)),
    check (branch is not null or state = 'unfulfillable')
);
create index shipment_branch on shipment (branch, state);
create index shipment_municipality on shipment (municipality, state);
create index shipment_site on shipment (site_id);
create index shipment_round on shipment (round_id, municipality);

-- Lots: those proposed when it was ordered, then those picked.
create table shipment_lot (
    shipment_id uuid not null references shipment (id),
    stage text not null check (stage in ('proposed', 'picked')),
    lot_id uuid not null references lot (id),
    vials bigint not null check (vials > 0),
    primary key (shipment_id, stage, lot_id)
);

-- 小分け: what of it the hub hands on to its satellites; the rest is the hub's own.
create table shipment_split (
    shipment_id uuid not null references shipment (id),
    site_id uuid not null,
    facility_id uuid,
    name text not null,
    municipality text not null,
    vials bigint not null check (vials > 0),
    primary key (shipment_id, site_id)
);
-- what a satellite expects
create index shipment_split_site on shipment_split (site_id);

-- What happened to a shipment, append-only: one row a version.
create table shipment_step (
    id uuid primary key,
    shipment_id uuid not null references shipment (id),
    version integer not null,
    step text not null check (step in ('order', 'schedule', 'pick', 'dispatch', 'deliver', 'fail', 'return', 'lose', 'cancel',
        'receive')),
    state text not null,
    actor_name text not null,
    reason text,
    -- when it happened, as the one who reports it says
    happened_at timestamptz not null,
    business_at timestamptz not null,
    recorded_at timestamptz not null default now(),
    txid bigint not null default (pg_current_xact_id()::text::bigint),
    unique (shipment_id, version)
);

-- Answers of partners that were taken: applied, or held until an earlier one has come. The id is the
-- event's: the same one again has no effect.
create table answer (
    id uuid primary key,
    shipment_id uuid not null references shipment (id),
    type text not null,
    sequence bigint not null check (sequence > 0),
    state text not null check (state in ('held', 'applied', 'refused')),
    -- why a held one was refused when its turn came
    code text,
    via text not null check (via in ('amqp', 'rest')),
    body jsonb not null,
    actor_name text not null,
    business_at timestamptz not null,
    recorded_at timestamptz not null default now(),
    txid bigint not null default (pg_current_xact_id()::text::bigint),
    check ((state = 'refused') = (code is not null))
);
-- one standing answer per place; a refused one leaves its place to a corrected one
create unique index answer_place on answer (shipment_id, sequence) where state <> 'refused';

-- 納品確認: what arrived, as the site counted it. Its id is the caller's.
create table receipt (
    id uuid primary key,
    shipment_id uuid not null unique references shipment (id),
    site_id uuid not null,
    actor_name text not null,
    received_at timestamptz not null,
    business_at timestamptz not null,
    recorded_at timestamptz not null default now(),
    txid bigint not null default (pg_current_xact_id()::text::bigint)
);

create table receipt_line (
    receipt_id uuid not null references receipt (id),
    lot_id uuid not null references lot (id),
    -- vials of the lot that were on the road
    expected bigint not null check (expected >= 0),
    -- usable
    accepted bigint not null check (accepted >= 0),
    -- arrived, but broken or warm: in quarantine
    damaged bigint not null check (damaged >= 0),
    primary key (receipt_id, lot_id)
);

-- Vials that are not where the book expected them. A signed decision brings them to zero.
create table discrepancy (
    id uuid primary key,
    shipment_id uuid not null references shipment (id),
    receipt_id uuid references receipt (id),
    lot_id uuid not null references lot (id),
    kind text not null check (kind in ('short', 'surplus', 'damaged', 'beyond_stock')),
    vials bigint not null check (vials > 0),
    municipality text not null,
    state text not null check (state in ('open', 'resolved')),
    -- `withdrawn`: what was picked beyond the depot's book was put back before dispatch
    decision text check (decision in ('lost', 'found_at_depot', 'found_at_site', 'from_depot', 'from_maker', 'destroyed', 'usable',
        'returned', 'withdrawn')),
    reason text,
    resolved_by text,
    resolved_at timestamptz,
    opened_at timestamptz not null,
    txid bigint not null default (pg_current_xact_id()::text::bigint),
    check ((state = 'resolved') = (decision is not null)),
    check ((state = 'resolved') = (reason is not null)),
    check ((state = 'resolved') = (resolved_by is not null)),
    check ((state = 'resolved') = (resolved_at is not null))
);
create index discrepancy_open on discrepancy (municipality) where state = 'open';
create index discrepancy_shipment on discrepancy (shipment_id);

-- Whose account is whose in the stock book; the ledger knows ids only. The unit of an account is its
-- lot, so that no transfer can change one lot into another.
create table stock_account (
    account_id bigint primary key,
    lot_id uuid not null references lot (id),
    kind text not null check (kind in ('maker', 'available', 'reserved', 'in_transit', 'opened', 'wasted', 'returned', 'lost',
        'destroyed', 'quarantined', 'discrepancy')),
    -- `maker`, `depot/W07`, `shipment/<id>`, `site/<id>`
    place text not null check (place ~ '^(maker|depot/W\d{2}|shipment/[0-9a-f-]{36}|site/[0-9a-f-]{36})$'),
    unique (lot_id, kind, place),
    check ((kind = 'maker') = (place = 'maker'))
);
create index stock_account_place on stock_account (place);

-- a partner reads its events again, in the order of transactions: what commits later has a later place
create index outbox_partner on outbox ((payload ->> 'wholesaler'), txid, pos) where payload ->> 'wholesaler' is not null;
