//! Rows as the use cases and the gateway see them.
use crate::schema::{
    answer, area, branch, discrepancy, inbound, lot, product, receipt, receipt_line, shipment, shipment_lot,
    shipment_split, shipment_step, stock_account, wholesaler,
};
use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use serde_json::Value;
use uuid::Uuid;

/// 卸: a company.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = wholesaler)]
pub struct Wholesaler {
    /// `W07`
    pub code: String,
    /// Name, Japanese.
    pub ja: String,
    /// Name, English.
    pub en: String,
    /// Made up, for training.
    pub synthetic: bool,
}

/// 支店: one of its branches.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = branch)]
pub struct Branch {
    /// `W07-03`
    pub code: String,
    /// Whose.
    pub wholesaler: String,
    /// Name, Japanese.
    pub ja: String,
    /// Name, English.
    pub en: String,
    /// Prefecture that it lies in.
    pub prefecture: String,
}

/// 地域担当卸: which branch brings a group of products to a municipality, from when to when.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = area)]
pub struct Area {
    /// Where.
    pub municipality: String,
    /// What.
    pub product_group: String,
    /// Who.
    pub branch: String,
    /// First day.
    pub valid_from: NaiveDate,
    /// The day after the last; open when absent.
    pub valid_to: Option<NaiveDate>,
}

/// A lot of a product.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = lot)]
pub struct Lot {
    /// Id.
    pub id: Uuid,
    /// Product's code.
    pub product: String,
    /// Normalised: see `domain::lot::normal`.
    pub number: String,
    /// Last day of use.
    pub expiry: NaiveDate,
    /// Last day of use once it has left the freezer.
    pub thawed_expiry: Option<NaiveDate>,
    /// From when on it must not be used any more.
    pub recalled_at: Option<DateTime<Utc>>,
}

/// What a depot received from the maker.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = inbound)]
pub struct Inbound {
    /// Made of the request's id and the lot.
    pub id: Uuid,
    /// Whose depot.
    pub wholesaler: String,
    /// The lot.
    pub lot_id: Uuid,
    /// Vials.
    pub vials: i64,
    /// When.
    pub business_at: DateTime<Utc>,
}

/// One release's whole packs on their way to one hub.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable, QueryableByName)]
#[diesel(table_name = shipment, treat_none_as_default_value = false)]
pub struct Shipment {
    /// The release's id.
    pub id: Uuid,
    /// The round.
    pub round_id: Uuid,
    /// Programme's code.
    pub programme: String,
    /// Number of the round.
    pub round_number: i32,
    /// Product's code.
    pub product: String,
    /// Who brings it; nobody serves the place when absent.
    pub branch: Option<String>,
    /// The branch's company.
    pub wholesaler: Option<String>,
    /// The hub.
    pub site_id: Uuid,
    /// The hub's hospital, if it is one.
    pub facility_id: Option<Uuid>,
    /// The hub as the release named it (`wire::events::EventSite`).
    pub site: Value,
    /// Where the hub is.
    pub municipality: String,
    /// Vials in all.
    pub vials: i64,
    /// Pack's code.
    pub pack: String,
    /// Vials of one pack.
    pub pack_vials: i32,
    /// `ultra_cold`, `frozen`, `refrigerated`
    pub storage: String,
    /// First day of delivery.
    pub window_from: NaiveDate,
    /// Last day of delivery.
    pub window_to: NaiveDate,
    /// See `domain::shipment::State`.
    pub state: String,
    /// Counts up with every step.
    pub version: i32,
    /// The sequence of the next answer that is expected.
    pub next_answer: i64,
    /// The day that the branch has named.
    pub delivery_on: Option<NaiveDate>,
    /// The hours.
    pub delivery_hours: Option<String>,
    /// When it was made.
    pub ordered_at: DateTime<Utc>,
    /// When it left the depot.
    pub dispatched_at: Option<DateTime<Utc>>,
    /// When it was handed over.
    pub delivered_at: Option<DateTime<Utc>>,
    /// When the site confirmed the arrival.
    pub received_at: Option<DateTime<Utc>>,
    /// Figures of a training instance.
    pub training: bool,
}

/// Vials of a lot in a shipment.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = shipment_lot)]
pub struct ShipmentLot {
    /// The shipment.
    pub shipment_id: Uuid,
    /// `proposed`, `picked`
    pub stage: String,
    /// The lot.
    pub lot_id: Uuid,
    /// Vials.
    pub vials: i64,
}

/// 小分け: what the hub hands on.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = shipment_split)]
pub struct ShipmentSplit {
    /// The shipment.
    pub shipment_id: Uuid,
    /// The satellite.
    pub site_id: Uuid,
    /// The satellite's hospital, if it is one.
    pub facility_id: Option<Uuid>,
    /// Name.
    pub name: String,
    /// Where.
    pub municipality: String,
    /// Vials.
    pub vials: i64,
}

/// What happened to a shipment: one row a version.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = shipment_step)]
pub struct ShipmentStep {
    /// Id of what caused it: the shipment itself when it was ordered, the answer, the receipt, the request.
    pub id: Uuid,
    /// The shipment.
    pub shipment_id: Uuid,
    /// The version that it made.
    pub version: i32,
    /// `order` … `receive`
    pub step: String,
    /// The state after it.
    pub state: String,
    /// Who.
    pub actor_name: String,
    /// Why.
    pub reason: Option<String>,
    /// When it happened, as the one who reports it says.
    pub happened_at: DateTime<Utc>,
    /// When it was taken.
    pub business_at: DateTime<Utc>,
}

/// A partner's answer that was taken.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = answer, treat_none_as_default_value = false)]
pub struct Answer {
    /// The event's.
    pub id: Uuid,
    /// The shipment.
    pub shipment_id: Uuid,
    /// The event's type.
    pub kind: String,
    /// Its place among the shipment's answers.
    pub sequence: i64,
    /// `held`, `applied`, `refused`
    pub state: String,
    /// Why a held one was refused when its turn came.
    pub code: Option<String>,
    /// `amqp`, `rest`
    pub via: String,
    /// The whole event as it came.
    pub body: Value,
    /// Who.
    pub actor_name: String,
    /// When it was taken.
    pub business_at: DateTime<Utc>,
}

/// 納品確認: what arrived.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = receipt, treat_none_as_default_value = false)]
pub struct Receipt {
    /// Id.
    pub id: Uuid,
    /// The shipment.
    pub shipment_id: Uuid,
    /// Where.
    pub site_id: Uuid,
    /// Who counted.
    pub actor_name: String,
    /// When it arrived.
    pub received_at: DateTime<Utc>,
    /// When it was confirmed.
    pub business_at: DateTime<Utc>,
}

/// One lot of a receipt.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = receipt_line)]
pub struct ReceiptLine {
    /// The receipt.
    pub receipt_id: Uuid,
    /// The lot.
    pub lot_id: Uuid,
    /// Vials of it that were on the road.
    pub expected: i64,
    /// Usable.
    pub accepted: i64,
    /// Broken or warm.
    pub damaged: i64,
}

/// Vials that are not where the book expected them.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable, QueryableByName)]
#[diesel(table_name = discrepancy)]
pub struct Discrepancy {
    /// Id.
    pub id: Uuid,
    /// The shipment.
    pub shipment_id: Uuid,
    /// The receipt that found it.
    pub receipt_id: Option<Uuid>,
    /// The lot.
    pub lot_id: Uuid,
    /// See `domain::discrepancy::Kind`.
    pub kind: String,
    /// Vials.
    pub vials: i64,
    /// Where the hub is.
    pub municipality: String,
    /// `open`, `resolved`
    pub state: String,
    /// See `domain::discrepancy::Decision`.
    pub decision: Option<String>,
    /// Why it was decided so.
    pub reason: Option<String>,
    /// By whom.
    pub resolved_by: Option<String>,
    /// When.
    pub resolved_at: Option<DateTime<Utc>>,
    /// When it was found.
    pub opened_at: DateTime<Utc>,
}

/// Whose account is whose in the stock book.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = stock_account)]
pub struct StockAccount {
    /// The ledger's.
    pub account_id: i64,
    /// The lot.
    pub lot_id: Uuid,
    /// `available`, `reserved` …
    pub kind: String,
    /// `maker`, `depot/W07`, `shipment/<id>`, `site/<id>`
    pub place: String,
}

/// What distribution needs to know of a product.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = product)]
pub struct Product {
    /// Code.
    pub code: String,
    /// `ultra_cold`, `frozen`, `refrigerated`
    pub storage: String,
    /// Products that one branch brings together.
    pub product_group: String,
}
