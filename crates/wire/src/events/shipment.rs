//! Events of releases, shipments and receipts: ours, and the answers that wholesalers give.
use super::Event;
use chrono::NaiveDate;
use domain::{BranchCode, WholesalerCode};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// A place where vaccine is given, as an event names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EventSite {
    /// The site.
    pub site_id: Uuid,
    /// Our id of the hospital or clinic, if it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub facility_id: Option<Uuid>,
    /// 医療機関コード
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub facility_code: Option<String>,
    /// Name.
    pub name: String,
    /// Address.
    pub address: String,
    /// Municipality's code.
    pub municipality: String,
}

/// `allocation.released.v1`: assigned lines of one hub group were released; they become one shipment
/// with the release's id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AllocationReleased {
    /// The release; the shipment gets the same id.
    pub release_id: Uuid,
    /// The round.
    pub round_id: Uuid,
    /// Programme's code.
    pub programme: String,
    /// Number of the round.
    pub round: i32,
    /// Product's code.
    pub product: String,
    /// Pack's code.
    pub pack: String,
    /// Vials of one pack.
    pub pack_vials: i32,
    /// Vials in all: whole packs.
    pub vials: i64,
    /// The hub, which gets all of it.
    pub hub: EventSite,
    /// What the hub hands on to its satellites; the rest is its own.
    pub splits: Vec<EventSplit>,
    /// First day of delivery.
    #[schema(value_type = String, format = Date)]
    pub delivery_from: NaiveDate,
    /// Last day of delivery.
    #[schema(value_type = String, format = Date)]
    pub delivery_to: NaiveDate,
    /// Figures of a training instance.
    pub training: bool,
}

/// A satellite's part of a hub's shipment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EventSplit {
    /// The satellite.
    pub site_id: Uuid,
    /// Our id of the hospital or clinic, if it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub facility_id: Option<Uuid>,
    /// Name.
    pub name: String,
    /// Municipality's code.
    pub municipality: String,
    /// Vials.
    pub vials: i64,
}

/// A number of one kind of pack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EventPack {
    /// Pack's code.
    pub pack: String,
    /// How many.
    pub count: i64,
}

/// Vials of one lot, with the lot's expiry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EventLot {
    /// Lot number.
    pub lot: String,
    /// Last day of use.
    #[schema(value_type = String, format = Date)]
    pub expiry: NaiveDate,
    /// Vials.
    pub vials: i64,
}

/// Pieces of goods that go along with a shipment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EventGoods {
    /// Code of the goods; `GET /v1/goods` names them.
    pub goods: String,
    /// Pieces.
    pub pieces: i64,
}

/// First and last day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DayWindow {
    /// First day.
    #[schema(value_type = String, format = Date)]
    pub from: NaiveDate,
    /// Last day.
    #[schema(value_type = String, format = Date)]
    pub to: NaiveDate,
}

/// `shipment.ordered.v1`: a wholesaler's branch is to bring packs to a hub.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ShipmentOrdered {
    /// The shipment.
    pub shipment_id: Uuid,
    /// Company's code.
    #[schema(value_type = String, example = "W07")]
    pub wholesaler: WholesalerCode,
    /// Branch's code.
    #[schema(value_type = String, example = "W07-03")]
    pub branch: BranchCode,
    /// Product's code.
    pub product: String,
    /// Programme's code.
    pub programme: String,
    /// Number of the round.
    pub round: i32,
    /// Where to.
    pub to: EventSite,
    /// Vials in all.
    pub vials: i64,
    /// The packs.
    pub packs: Vec<EventPack>,
    /// The lots proposed, first expired first out; fewer vials when the depot's book holds fewer.
    pub lots: Vec<EventLot>,
    /// When.
    pub window: DayWindow,
    /// `ultra_cold`, `frozen`, `refrigerated`; `ambient` for devices
    pub storage: String,
    /// What the hub hands on afterwards.
    pub splits: Vec<EventSplit>,
    /// What goes along by ratio: syringes, needles, diluent. Absent where nothing does.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub goods: Vec<EventGoods>,
    /// Figures of a training instance.
    pub training: bool,
}

/// `shipment.cancelled.v1`: an officer called the shipment off before dispatch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ShipmentCancelled {
    /// The shipment, which is also the release.
    pub shipment_id: Uuid,
    /// Company's code.
    #[schema(value_type = String)]
    pub wholesaler: WholesalerCode,
    /// Branch's code.
    #[schema(value_type = String)]
    pub branch: BranchCode,
    /// Why.
    pub reason: String,
    /// Figures of a training instance.
    pub training: bool,
}

/// `shipment.unfulfillable.v1`: the shipment was given up before dispatch, or nobody serves the place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ShipmentUnfulfillable {
    /// The shipment, which is also the release.
    pub shipment_id: Uuid,
    /// Company's code; absent where nobody serves the place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub wholesaler: Option<WholesalerCode>,
    /// Branch's code; absent where nobody serves the place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub branch: Option<BranchCode>,
    /// Why.
    pub reason: String,
    /// Figures of a training instance.
    pub training: bool,
}

/// `receipt.recorded.v1`: the site confirmed what arrived.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReceiptRecorded {
    /// The receipt.
    pub receipt_id: Uuid,
    /// The shipment.
    pub shipment_id: Uuid,
    /// Company's code.
    #[schema(value_type = String)]
    pub wholesaler: WholesalerCode,
    /// Branch's code.
    #[schema(value_type = String)]
    pub branch: BranchCode,
    /// The site.
    pub site_id: Uuid,
    /// When it arrived, RFC 3339.
    pub received_at: String,
    /// Lot by lot.
    pub lots: Vec<ReceivedLot>,
    /// Usable vials.
    pub vials_accepted: i64,
    /// Broken or warm vials.
    pub vials_damaged: i64,
    /// Vials that should have come and did not.
    pub vials_short: i64,
    /// Vials that came and should not have.
    pub vials_surplus: i64,
    /// Figures of a training instance.
    pub training: bool,
}

/// One lot of a receipt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReceivedLot {
    /// Lot number.
    pub lot: String,
    /// Vials that were on the road.
    pub expected: i64,
    /// Usable vials.
    pub accepted: i64,
    /// Broken or warm vials.
    pub damaged: i64,
}

/// `notification.requested.v1`: somebody is to be told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NotificationRequested {
    /// Made by the service that asks.
    pub notification_id: Uuid,
    /// `territory`, `facility`, `wholesaler`, `account`
    pub recipient_kind: String,
    /// Territory's code, facility's id, wholesaler's or branch's code, account's id.
    pub recipient: String,
    /// What it is about: `shipment/<id>`.
    pub about: String,
    /// `shipment.discrepancy`
    pub topic: String,
    /// In Japanese.
    pub ja: String,
    /// In English.
    pub en: String,
    /// When something is due, RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_at: Option<String>,
    /// Figures of a training instance.
    pub training: bool,
}

/// Vials of one lot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LotVials {
    /// Lot number; full width and lower case are understood.
    pub lot: String,
    /// Vials.
    #[schema(minimum = 1)]
    pub vials: i64,
}

/// `shipment.scheduled.v1`, from a partner: when it will be delivered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ShipmentScheduled {
    /// The shipment.
    pub shipment_id: Uuid,
    /// The day.
    #[schema(value_type = String, format = Date)]
    pub delivery_on: NaiveDate,
    /// Hours: `09:00-12:00`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hours: Option<String>,
}

/// `shipment.picked.v1`, from a partner: the actual lots.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ShipmentPicked {
    /// The shipment.
    pub shipment_id: Uuid,
    /// The lots; together they are the shipment's vials.
    pub lots: Vec<LotVials>,
}

/// What a partner reports of a shipment on its way; `reason` where something went wrong.
macro_rules! reported {
    ($($(#[$doc:meta])* $name:ident = $kind:literal),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
        pub struct $name {
            /// The shipment.
            pub shipment_id: Uuid,
            /// When it happened, RFC 3339.
            pub at: String,
            /// Why, 1 to 500 characters; needed where something went wrong.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub reason: Option<String>,
        }

        impl Event for $name {
            const TYPE: &'static str = $kind;
            fn subject(&self) -> String {
                format!("shipment/{}", self.shipment_id)
            }
        }
    )+};
}

reported! {
    /// `shipment.dispatched.v1`, from a partner: it left the depot.
    ShipmentDispatched = "shipment.dispatched.v1",
    /// `shipment.delivered.v1`, from a partner: it was handed over.
    ShipmentDelivered = "shipment.delivered.v1",
    /// `shipment.failed.v1`, from a partner: before dispatch it cannot be fulfilled, afterwards nobody took it.
    ShipmentFailed = "shipment.failed.v1",
    /// `shipment.returned.v1`, from a partner: it is back at the depot.
    ShipmentReturned = "shipment.returned.v1",
    /// `shipment.lost.v1`, from a partner: it is gone.
    ShipmentLost = "shipment.lost.v1",
}

macro_rules! of_shipment {
    ($($name:ident = $kind:literal),+ $(,)?) => {$(
        impl Event for $name {
            const TYPE: &'static str = $kind;
            fn subject(&self) -> String {
                format!("shipment/{}", self.shipment_id)
            }
        }
    )+};
}

of_shipment! {
    ShipmentOrdered = "shipment.ordered.v1",
    ShipmentCancelled = "shipment.cancelled.v1",
    ShipmentUnfulfillable = "shipment.unfulfillable.v1",
    ReceiptRecorded = "receipt.recorded.v1",
    ShipmentScheduled = "shipment.scheduled.v1",
    ShipmentPicked = "shipment.picked.v1",
}

impl Event for AllocationReleased {
    const TYPE: &'static str = "allocation.released.v1";
    fn subject(&self) -> String {
        format!("release/{}", self.release_id)
    }
}

impl Event for NotificationRequested {
    const TYPE: &'static str = "notification.requested.v1";
    fn subject(&self) -> String {
        format!("notification/{}", self.notification_id)
    }
}
