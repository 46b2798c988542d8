//! A minimal and a full event of each type, as today's code writes them. They are the examples of the
//! AsyncAPI document, and `meguri contracts --release` keeps them in contracts/events/samples, where they
//! stay as they are for good: what was once written must be readable for ever.
//!
//! Together they tell two stories of one shipment each, from the release to the receipt, and what can go
//! wrong with others. All of it is training data: facilities bear numbers, and nobody is named.
use chrono::{DateTime, NaiveDate};
use domain::{BranchCode, WholesalerCode, time::Instant};
use platform::outbox_unsent::Row;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use uuid::Uuid;
use wire::events::{
    AllocationCommitted, AllocationReleased, CapacityReported, CloudEvent, CommittedLine, DayWindow, Event, EventGoods,
    EventLot, EventPack, EventSite, EventSplit, FacilityChanged, LotVials, NotificationRequested, ReceiptRecorded,
    ReceivedLot, ShipmentCancelled, ShipmentDelivered, ShipmentDispatched, ShipmentFailed, ShipmentLost,
    ShipmentOrdered, ShipmentPicked, ShipmentReturned, ShipmentScheduled, ShipmentUnfulfillable,
};

/// 2021-04-05 12:12:09.120 in Japan.
const AT_MS: i64 = 1_617_592_329_120;
const AT: &str = "2021-04-05T03:12:09.120Z";
const TRACE: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
/// The two stories' shipments.
const STORIES: [u64; 2] = [0xA1, 0xA2];

/// A version of an event, read as its type understands it and written again.
///
/// # Errors
/// When it cannot be read.
pub(crate) fn again<E: Event + DeserializeOwned>(data: Value) -> serde_json::Result<Value> {
    serde_json::to_value(serde_json::from_value::<E>(data)?)
}

/// Every type, a minimal and a full event each, in this order.
///
/// # Errors
/// When one cannot be written as JSON, which is a bug.
pub fn samples() -> serde_json::Result<Vec<CloudEvent>> {
    let Some((wholesaler, branch)) = "W01".parse().ok().zip("W01-01".parse().ok()) else { return Ok(Vec::new()) };
    let of = Of { wholesaler, branch };
    let mut all = inside()?;
    all.extend(of.to_partner()?);
    all.extend(from_partner()?);
    Ok(all)
}

/// An id that is the same at every run.
fn id(number: u64) -> Uuid {
    Uuid::from_u128(0x0178_9f2f_5c00_7000_8000_0000_0000_0000 | u128::from(number))
}

fn at() -> Instant {
    DateTime::from_timestamp_millis(AT_MS).unwrap_or_default()
}

fn day(of_april: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2021, 4, of_april).unwrap_or_default()
}

/// The events as the relay publishes them; the full one belongs to a trace.
fn ours<E: Event>(service: &str, number: u64, sequence: i64, both: [E; 2]) -> serde_json::Result<Vec<CloudEvent>> {
    let event = |(place, data): (u64, E)| {
        let row = Row {
            pos: 1,
            id: id(number << 8 | place),
            txid: 81_234,
            subject: data.subject(),
            sequence,
            kind: E::TYPE.to_owned(),
            business_at: at(),
            traceparent: (place > 0).then(|| TRACE.to_owned()),
            payload: serde_json::to_value(data)?,
        };
        Ok(row.event(service))
    };
    (0..).zip(both).map(event).collect()
}

/// The same as a partner publishes it: what may be left out is.
fn theirs<E: Event>(number: u64, sequence: i64, both: [E; 2]) -> serde_json::Result<Vec<CloudEvent>> {
    let mut events = ours("partner", number, sequence, both)?;
    for (event, is_full) in events.iter_mut().zip([false, true]) {
        "/partners/W01".clone_into(&mut event.source);
        event.position.clear();
        if !is_full {
            event.dataschema.clear();
        }
    }
    Ok(events)
}

fn place(number: u64, is_hospital: bool) -> EventSite {
    EventSite {
        site_id: id(0x510 + number),
        facility_id: is_hospital.then(|| id(0xFA0 + number)),
        facility_code: is_hospital.then(|| format!("13101{number:05}")),
        name: format!("訓練会場{number}"),
        address: format!("訓練町{number}-1"),
        municipality: "131016".to_owned(),
    }
}

fn splits() -> Vec<EventSplit> {
    let split = |(number, is_hospital)| {
        let EventSite { site_id, facility_id, name, municipality, .. } = place(number, is_hospital);
        EventSplit { site_id, facility_id, name, municipality, vials: 60 }
    };
    [(3, true), (4, false)].into_iter().map(split).collect()
}

fn goods() -> Vec<EventGoods> {
    let piece = |(goods, pieces): (&str, i64)| EventGoods { goods: goods.to_owned(), pieces };
    [("diluent-2ml", 390), ("needle", 2_340), ("syringe-low-dead-space", 2_340)].into_iter().map(piece).collect()
}

fn facilities() -> [FacilityChanged; 2] {
    let least = FacilityChanged {
        facility_id: id(0xFA1),
        version: 1,
        facility_code: None,
        gmis_id: None,
        kind: "clinic".to_owned(),
        name: "訓練診療所1".to_owned(),
        postal_code: None,
        address: "訓練町1-1".to_owned(),
        phone: None,
        municipality: "131016".to_owned(),
        latitude_e6: None,
        longitude_e6: None,
        synthetic: true,
        closed_on: None,
        reopened_on: None,
    };
    let full = FacilityChanged {
        facility_id: id(0xFA2),
        version: 7,
        facility_code: Some("1310100002".to_owned()),
        gmis_id: Some("10000002".to_owned()),
        kind: "hospital".to_owned(),
        name: "訓練病院2".to_owned(),
        postal_code: Some("0000002".to_owned()),
        phone: Some("0000000002".to_owned()),
        latitude_e6: Some(35_693_000),
        longitude_e6: Some(139_753_000),
        closed_on: NaiveDate::from_ymd_opt(2021, 4, 10),
        reopened_on: NaiveDate::from_ymd_opt(2021, 4, 12),
        ..least.clone()
    };
    [least, full]
}

fn reports() -> [CapacityReported; 2] {
    let least = CapacityReported {
        report_id: id(0xC01),
        facility_id: id(0xFA1),
        municipality: "131016".to_owned(),
        form: "daily".to_owned(),
        form_version: 1,
        business_day: "2021-04-05".to_owned(),
        revision: 1,
        as_of: AT.to_owned(),
        source: "api".to_owned(),
        training: true,
        values: json!({}),
    };
    let values = json!({"icu_staffed": 6, "icu_occupied": 4, "masks": "sufficient", "note": "訓練"});
    let full =
        CapacityReported { report_id: id(0xC02), revision: 3, source: "gmis".to_owned(), values, ..least.clone() };
    [least, full]
}

fn commits() -> [AllocationCommitted; 2] {
    let line = |recipient: &str, units| CommittedLine { recipient: recipient.to_owned(), units };
    let least = AllocationCommitted {
        plan_id: id(0xB01),
        round_id: id(0xB10),
        holder: "130001".to_owned(),
        level: "prefecture".to_owned(),
        unit_vials: 195,
        vials: 195,
        lines: vec![line("131016", 1)],
        training: true,
    };
    let lines = vec![line(&id(0x511).to_string(), 195), line(&id(0x512).to_string(), 315)];
    let (holder, level) = ("131016".to_owned(), "municipality".to_owned());
    let full =
        AllocationCommitted { plan_id: id(0xB02), holder, level, unit_vials: 1, vials: 510, lines, ..least.clone() };
    [least, full]
}

fn releases() -> [AllocationReleased; 2] {
    let least = AllocationReleased {
        release_id: id(STORIES[0]),
        round_id: id(0xB10),
        programme: "covid19-2021".to_owned(),
        round: 9,
        product: "comirnaty-12plus".to_owned(),
        pack: "box195".to_owned(),
        pack_vials: 195,
        vials: 195,
        hub: place(1, false),
        splits: Vec::new(),
        delivery_from: day(12),
        delivery_to: day(16),
        training: true,
    };
    let full = AllocationReleased {
        release_id: id(STORIES[1]),
        vials: 390,
        hub: place(2, true),
        splits: splits(),
        ..least.clone()
    };
    [least, full]
}

fn notifications() -> [NotificationRequested; 2] {
    let least = NotificationRequested {
        notification_id: id(0xD01),
        recipient_kind: "territory".to_owned(),
        recipient: "130001".to_owned(),
        about: format!("shipment/{}", id(STORIES[0])),
        topic: "shipment.discrepancy".to_owned(),
        ja: "訓練会場1への出荷に差異があります: 不足 1 バイアル。処理を決めてください。".to_owned(),
        en: "The shipment to 訓練会場1 differs: 1 vials short. Decide what became of them.".to_owned(),
        due_at: None,
        training: true,
    };
    let full = NotificationRequested {
        notification_id: id(0xD02),
        about: format!("shipment/{}", id(STORIES[1])),
        topic: "shipment.overdue".to_owned(),
        due_at: Some("2021-04-16T14:59:59.999Z".to_owned()),
        ..least.clone()
    };
    [least, full]
}

fn inside() -> serde_json::Result<Vec<CloudEvent>> {
    let all = [
        ours("identity", 0x11, 1, facilities())?,
        ours("capacity", 0x12, 1, reports())?,
        ours("allocation", 0x13, 1, commits())?,
        ours("allocation", 0x14, 1, releases())?,
        ours("distribution", 0x15, 1, notifications())?,
    ];
    Ok(all.into_iter().flatten().collect())
}

/// Whose shipments they are.
struct Of {
    wholesaler: WholesalerCode,
    branch: BranchCode,
}

impl Of {
    fn to_partner(&self) -> serde_json::Result<Vec<CloudEvent>> {
        let all = [
            ours("distribution", 0x21, 1, self.orders())?,
            ours("distribution", 0x22, 2, self.cancellations())?,
            ours("distribution", 0x23, 2, self.given_up())?,
            ours("distribution", 0x24, 2, self.receipts())?,
        ];
        Ok(all.into_iter().flatten().collect())
    }

    fn orders(&self) -> [ShipmentOrdered; 2] {
        let least = ShipmentOrdered {
            shipment_id: id(STORIES[0]),
            wholesaler: self.wholesaler,
            branch: self.branch,
            product: "comirnaty-12plus".to_owned(),
            programme: "covid19-2021".to_owned(),
            round: 9,
            to: place(1, false),
            vials: 195,
            packs: vec![EventPack { pack: "box195".to_owned(), count: 1 }],
            // the depot's book holds nothing that could be proposed
            lots: Vec::new(),
            window: DayWindow { from: day(12), to: day(16) },
            storage: "ultra_cold".to_owned(),
            splits: Vec::new(),
            goods: Vec::new(),
            training: true,
        };
        let lot = |(number, month, vials): (u64, u32, i64)| EventLot {
            lot: format!("EX{number:04}"),
            expiry: NaiveDate::from_ymd_opt(2021, month, 31).unwrap_or_default(),
            vials,
        };
        let full = ShipmentOrdered {
            shipment_id: id(STORIES[1]),
            to: place(2, true),
            vials: 390,
            packs: vec![EventPack { pack: "box195".to_owned(), count: 2 }],
            lots: [(1, 7, 195), (2, 8, 195)].into_iter().map(lot).collect(),
            splits: splits(),
            goods: goods(),
            ..least.clone()
        };
        [least, full]
    }

    fn cancellations(&self) -> [ShipmentCancelled; 2] {
        [(0xA3, "会場が閉鎖された"), (0xA4, "訓練: 会場の冷凍庫が故障し、受け入れの見込みが立たない。")].map(
            |(number, reason)| ShipmentCancelled {
                shipment_id: id(number),
                wholesaler: self.wholesaler,
                branch: self.branch,
                reason: reason.to_owned(),
                training: true,
            },
        )
    }

    fn given_up(&self) -> [ShipmentUnfulfillable; 2] {
        let least = ShipmentUnfulfillable {
            shipment_id: id(0xA5),
            wholesaler: None,
            branch: None,
            reason: "この地域の担当支店がありません".to_owned(),
            training: true,
        };
        let (wholesaler, branch) = (Some(self.wholesaler), Some(self.branch));
        let full = ShipmentUnfulfillable { shipment_id: id(0xA6), wholesaler, branch, ..least.clone() };
        [least, full]
    }

    fn receipts(&self) -> [ReceiptRecorded; 2] {
        let lot = |number: u64, accepted, damaged| ReceivedLot {
            lot: format!("EX{number:04}"),
            expected: 195,
            accepted,
            damaged,
        };
        let least = ReceiptRecorded {
            receipt_id: id(0xE01),
            shipment_id: id(STORIES[0]),
            wholesaler: self.wholesaler,
            branch: self.branch,
            site_id: place(1, false).site_id,
            received_at: AT.to_owned(),
            lots: vec![lot(1, 195, 0)],
            vials_accepted: 195,
            vials_damaged: 0,
            vials_short: 0,
            vials_surplus: 0,
            training: true,
        };
        let full = ReceiptRecorded {
            receipt_id: id(0xE02),
            shipment_id: id(STORIES[1]),
            site_id: place(2, true).site_id,
            lots: vec![lot(1, 193, 1), lot(2, 197, 0)],
            vials_accepted: 390,
            vials_damaged: 1,
            vials_short: 1,
            vials_surplus: 2,
            ..least.clone()
        };
        [least, full]
    }
}

/// What both stories' partner answers, and what it answers when things go wrong.
fn from_partner() -> serde_json::Result<Vec<CloudEvent>> {
    let [least, full] = STORIES.map(id);
    let hours = Some("09:00-12:00".to_owned());
    let lots = |numbers: &[u64]| {
        let lot = |number: &u64| LotVials { lot: format!("EX{number:04}"), vials: 195 };
        numbers.iter().map(lot).collect()
    };
    let (none, short, long) = (None, Some("訓練".to_owned()), Some("訓練: 道路の通行止めのため".to_owned()));
    /// The same shape for five types.
    macro_rules! reported {
        ($kind:ident, $number:literal, $sequence:literal, $shipments:expr, $reasons:expr) => {{
            let ([first, second], [least, full]) = ($shipments, $reasons);
            let report = |shipment_id, reason: &Option<String>| $kind {
                shipment_id,
                at: AT.to_owned(),
                reason: Option::clone(reason),
            };
            theirs($number, $sequence, [report(first, least), report(second, full)])?
        }};
    }
    let scheduled = [
        ShipmentScheduled { shipment_id: least, delivery_on: day(12), hours: None },
        ShipmentScheduled { shipment_id: full, delivery_on: day(13), hours },
    ];
    let picked = [
        ShipmentPicked { shipment_id: least, lots: lots(&[1]) },
        ShipmentPicked { shipment_id: full, lots: lots(&[1, 2]) },
    ];
    let all = [
        theirs(0x31, 1, scheduled)?,
        theirs(0x32, 2, picked)?,
        reported!(ShipmentDispatched, 0x33, 3, [least, full], [&none, &short]),
        reported!(ShipmentDelivered, 0x34, 4, [least, full], [&none, &short]),
        reported!(ShipmentFailed, 0x35, 1, [id(0xA7), id(0xA8)], [&short, &long]),
        reported!(ShipmentReturned, 0x36, 4, [id(0xA9), id(0xAA)], [&short, &long]),
        reported!(ShipmentLost, 0x37, 4, [id(0xAB), id(0xAC)], [&short, &long]),
    ];
    Ok(all.into_iter().flatten().collect())
}
