//! Releases, shipments, receipts and discrepancies: what officers, sites and wholesalers send by REST.
use domain::{TerritoryCode, WholesalerCode};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// `POST /v1/releases`: release assigned lines of one hub group. They become one shipment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReleaseLines {
    /// Made by the caller: the id of this request, of the release and of the shipment.
    pub id: Uuid,
    /// The round.
    pub round: Uuid,
    /// Whose assignments: a municipality, or a prefecture for its own site.
    #[schema(value_type = String, example = "131016")]
    pub holder: TerritoryCode,
    /// The hub.
    pub hub: Uuid,
    /// Sites of the group whose lines are released, the hub's own among them; all that have lines
    /// when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sites: Option<Vec<Uuid>>,
}

/// What was released.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LinesReleased {
    /// The release; the shipment gets the same id.
    pub release: Uuid,
    /// The hub.
    pub hub: Uuid,
    /// Vials in all.
    pub vials: i64,
    /// Whole packs.
    pub packs: i64,
    /// Lines released.
    pub lines: i64,
    /// Commit position.
    pub position: String,
}

/// One lot as it arrived.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ArrivedLot {
    /// Lot number; full width and lower case are understood.
    pub lot: String,
    /// Usable vials.
    #[schema(minimum = 0)]
    pub accepted: i64,
    /// Broken or warm vials: they go into quarantine.
    #[serde(default)]
    #[schema(minimum = 0)]
    pub damaged: i64,
}

/// `POST /v1/shipments/{shipment}:receive`: confirm what arrived, lot by lot. A lot that is left out did
/// not come; a lot that was not on the road is a wrong one. What differs becomes a discrepancy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConfirmReceipt {
    /// Made by the caller: the id of this request and of the receipt.
    pub id: Uuid,
    /// When it arrived, RFC 3339; now when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub received_at: Option<String>,
    /// The lots, each once; an empty list when nothing came at all.
    pub lots: Vec<ArrivedLot>,
}

/// A receipt as it was recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReceiptConfirmed {
    /// The receipt.
    pub receipt: Uuid,
    /// The shipment.
    pub shipment: Uuid,
    /// Usable vials.
    pub vials_accepted: i64,
    /// Broken or warm vials.
    pub vials_damaged: i64,
    /// Vials that should have come and did not.
    pub vials_short: i64,
    /// Vials that came and should not have.
    pub vials_surplus: i64,
    /// Discrepancies that it opened; each needs a decision.
    pub discrepancies: Vec<Uuid>,
    /// Commit position.
    pub position: String,
}

/// `POST /v1/shipments/{shipment}:cancel`: call a shipment off before dispatch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CancelShipment {
    /// Made by the caller: the id of this request.
    pub id: Uuid,
    /// The version that was read.
    pub version: i32,
    /// Why; 1 to 500 characters.
    pub reason: String,
}

/// A shipment after a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ShipmentMoved {
    /// The shipment.
    pub shipment: Uuid,
    /// Where it stands now.
    pub state: String,
    /// Its version now.
    pub version: i32,
    /// Commit position.
    pub position: String,
}

/// `POST /v1/shipments/{shipment}/answers`: how a partner's answer was taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AnswerTaken {
    /// The answer: the event's id.
    pub answer: Uuid,
    /// The shipment.
    pub shipment: Uuid,
    /// `applied`, or `held` until the answers before it have come.
    pub taken: String,
    /// The sequence that is expected next.
    pub next_sequence: i64,
    /// Where the shipment stands now.
    pub state: String,
    /// Commit position.
    pub position: String,
}

/// `POST /v1/discrepancies/{discrepancy}:resolve`: a signed decision on vials that are not where they
/// should be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ResolveDiscrepancy {
    /// Made by the caller: the id of this request.
    pub id: Uuid,
    /// `short`: `lost`, `found_at_depot`, `found_at_site`; `surplus` and `beyond_stock`: `from_depot`,
    /// `from_maker`; `damaged`: `destroyed`, `usable`, `returned`.
    pub decision: String,
    /// Why; 1 to 500 characters.
    pub reason: String,
}

/// A discrepancy after the decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DiscrepancyResolved {
    /// The discrepancy.
    pub discrepancy: Uuid,
    /// The shipment.
    pub shipment: Uuid,
    /// What was decided.
    pub decision: String,
    /// Vials that moved.
    pub vials: i64,
    /// Commit position.
    pub position: String,
}

/// `POST /v1/inbound`: a depot received vials from the maker.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RecordInbound {
    /// Made by the caller: the id of this request.
    pub id: Uuid,
    /// Whose depot.
    #[schema(value_type = String, example = "W07")]
    pub wholesaler: WholesalerCode,
    /// Product's code.
    pub product: String,
    /// Lot by lot.
    pub lots: Vec<InboundLot>,
}

/// Vials of a lot from the maker. A lot that is not known yet is entered with its expiry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct InboundLot {
    /// Lot number.
    pub lot: String,
    /// Last day of use.
    #[schema(value_type = String, format = Date)]
    pub expiry: chrono::NaiveDate,
    /// Vials.
    #[schema(minimum = 1)]
    pub vials: i64,
}

/// What a depot received.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct InboundRecorded {
    /// The request.
    pub inbound: Uuid,
    /// Vials in all.
    pub vials: i64,
    /// Commit position.
    pub position: String,
}

/// `POST /v1/lots/{product}/{lot}:recall`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RecallLot {
    /// Made by the caller: the id of this request.
    pub id: Uuid,
    /// Why; 1 to 500 characters.
    pub reason: String,
}

/// A lot that must not be used any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LotRecalled {
    /// Product's code.
    pub product: String,
    /// The lot.
    pub lot: String,
    /// Vials of it on hand or reserved at depots and on hand at sites, which are now in quarantine.
    pub vials_quarantined: i64,
    /// Commit position.
    pub position: String,
}

/// `GET /v1/shipment-events`: a wholesaler's events again, from any point.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ShipmentEvents {
    /// In the order of the transactions that wrote them. The events of one shipment are counted by their
    /// `sequence`.
    pub events: Vec<crate::events::CloudEvent>,
    /// Ask again with this as `after`; absent when there was nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}
