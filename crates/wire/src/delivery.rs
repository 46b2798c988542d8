//! Shipments as they are read by REST: a wholesaler's work list, and one shipment with all that happened
//! to it. And the answers that partners send.
use crate::{
    events::{DayWindow, EventPack, EventSite, EventSplit},
    goods::GoodsPieces,
};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

/// A partner's answer to a shipment: a CloudEvent 1.0, the same by REST and by AMQP. Further attributes are
/// accepted and kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PartnerAnswer {
    /// Always `1.0`.
    #[schema(example = "1.0")]
    pub specversion: String,
    /// Made by the partner. The same again has no effect.
    pub id: Uuid,
    /// `shipment.scheduled.v1`, `shipment.picked.v1`, `shipment.dispatched.v1`, `shipment.delivered.v1`,
    /// `shipment.failed.v1`, `shipment.returned.v1`, `shipment.lost.v1`
    #[serde(rename = "type")]
    #[schema(example = "shipment.scheduled.v1")]
    pub kind: String,
    /// The company: `/partners/W07`.
    #[schema(example = "/partners/W07")]
    pub source: String,
    /// `shipment/<id>`
    #[schema(example = "shipment/0192f0be-0000-7000-8000-000000000001")]
    pub subject: String,
    /// Its place among the answers to this shipment, from `1` without gaps.
    #[schema(example = "1")]
    pub sequence: String,
    /// The type's own data; see contracts/events.
    #[schema(value_type = Object)]
    pub data: Value,
}

/// Vials of a lot in a shipment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LotInShipment {
    /// `proposed` when it was ordered, `picked` by the branch.
    pub stage: String,
    /// Lot number.
    pub lot: String,
    /// Last day of use.
    #[schema(value_type = String, format = Date)]
    pub expiry: NaiveDate,
    /// Vials.
    pub vials: i64,
    /// It must not be used any more.
    pub recalled: bool,
}

/// A shipment as it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Shipment {
    /// Its id, which is the release's.
    pub shipment: Uuid,
    /// `ordered`, `scheduled`, `picked`, `dispatched`, `delivered`, `failed`, `returned`, `lost`, `cancelled`,
    /// `unfulfillable`
    pub state: String,
    /// Counts up with every step.
    pub version: i32,
    /// The sequence of the answer that is expected next.
    pub next_sequence: i64,
    /// Company's code; absent where nobody serves the place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wholesaler: Option<String>,
    /// Branch's code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
    /// Programme's code.
    pub programme: String,
    /// Number of the round.
    pub round: i32,
    /// Product's code.
    pub product: String,
    /// Where to.
    pub to: EventSite,
    /// Vials in all.
    pub vials: i64,
    /// The packs.
    pub packs: Vec<EventPack>,
    /// The lots proposed and picked.
    pub lots: Vec<LotInShipment>,
    /// What the hub hands on afterwards.
    pub splits: Vec<EventSplit>,
    /// What goes along by ratio: syringes, needles, diluent.
    pub goods: Vec<GoodsPieces>,
    /// When it may be delivered.
    pub window: DayWindow,
    /// `ultra_cold`, `frozen`, `refrigerated`; `ambient` for devices
    pub storage: String,
    /// The day that the branch has named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = Date)]
    pub delivery_on: Option<NaiveDate>,
    /// The hours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivery_hours: Option<String>,
    /// When it was made, RFC 3339; so are the following.
    pub ordered_at: String,
    /// When it left the depot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dispatched_at: Option<String>,
    /// When it was handed over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivered_at: Option<String>,
    /// When the site confirmed what arrived.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub received_at: Option<String>,
    /// Figures of a training instance.
    pub training: bool,
}

/// Something that happened to a shipment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Step {
    /// The version that it made.
    pub version: i32,
    /// `order`, `schedule`, `pick`, `dispatch`, `deliver`, `fail`, `return`, `lose`, `cancel`, `receive`
    pub step: String,
    /// The state after it.
    pub state: String,
    /// Who.
    pub by: String,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// When it happened, as the one who reported it said, RFC 3339.
    pub at: String,
}

/// An answer that was taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AnswerStanding {
    /// The event's id.
    pub answer: Uuid,
    /// The event's type.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its sequence.
    pub sequence: i64,
    /// `held` until an earlier one comes, `applied`, `refused` when its turn came.
    pub state: String,
    /// Why it was refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// When it was taken, RFC 3339.
    pub at: String,
}

/// One lot as the site counted it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CountedLot {
    /// Lot number.
    pub lot: String,
    /// Vials that were on the road.
    pub expected: i64,
    /// Usable vials.
    pub accepted: i64,
    /// Broken or warm vials.
    pub damaged: i64,
}

/// What arrived.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Arrival {
    /// The receipt.
    pub receipt: Uuid,
    /// Who counted.
    pub by: String,
    /// When it arrived, RFC 3339.
    pub at: String,
    /// Lot by lot.
    pub lots: Vec<CountedLot>,
}

/// Vials that are not where the book expected them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DiscrepancyStanding {
    /// Its id.
    pub discrepancy: Uuid,
    /// `short`, `surplus`, `damaged`, `beyond_stock`
    pub kind: String,
    /// Lot number.
    pub lot: String,
    /// Vials.
    pub vials: i64,
    /// `open`, `resolved`
    pub state: String,
    /// What was decided, or `withdrawn` where the branch put back what it had picked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision: Option<String>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// `GET /v1/shipments/{shipment}`: a shipment and all that happened to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ShipmentRead {
    /// As it stands.
    #[serde(flatten)]
    pub shipment: Shipment,
    /// From the first to the last.
    pub steps: Vec<Step>,
    /// By sequence.
    pub answers: Vec<AnswerStanding>,
    /// What arrived, once the site has confirmed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arrival: Option<Arrival>,
    /// The oldest first.
    pub discrepancies: Vec<DiscrepancyStanding>,
}

/// `GET /v1/shipments`: a work list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ShipmentList {
    /// In the order of their release.
    pub shipments: Vec<Shipment>,
    /// Ask again with this as `after`; absent at the end of the list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<Uuid>,
}
