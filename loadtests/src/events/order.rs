//! Orders to wholesalers, as distribution emits them.
use super::PARTNERS;
use crate::measure::{Failed, failed};
use domain::{BranchCode, WholesalerCode};
use serde_json::json;
use uuid::Uuid;
use wire::events::{CloudEvent, Event, ShipmentOrdered};

/// Business time of every event.
pub const BUSINESS_AT: &str = "2021-04-05T03:30:00.000Z";
/// Branches that a company's orders go to.
const BRANCHES: usize = 12;

/// One event.
#[derive(Debug, Clone)]
pub struct Order {
    /// The event's id. Its lower half is the event's place.
    pub id: Uuid,
    /// Id of the row that it would tell about.
    pub cause: Uuid,
    /// `shipment/<id>`: every event has another.
    pub subject: String,
    /// Its data as JSON.
    pub data: String,
    /// Place of the company among the forty, from 0.
    pub partner: usize,
    /// The branch, which the routing key names.
    pub branch: BranchCode,
    /// The message: the whole event as the relay writes it.
    pub body: Vec<u8>,
}

/// The company of that place among the forty, from 0.
pub fn wholesaler(place: usize) -> Result<WholesalerCode, Failed> {
    let number = u8::try_from(place + 1).ok().filter(|number| *number <= PARTNERS);
    number.and_then(WholesalerCode::of).ok_or_else(|| failed(format!("no wholesaler {place}")))
}

/// The place of an event with this id.
pub fn place_of(id: &str) -> Option<usize> {
    usize::try_from(id.parse::<Uuid>().ok()?.as_u64_pair().1 & PLACE).ok()
}

const PLACE: u64 = 0xffff_ffff;

/// So many orders, company by company in turn, each of a shipment of its own. The same at every run.
pub fn orders(count: usize) -> Result<Vec<Order>, Failed> {
    (0..count).map(order).collect()
}

fn order(place: usize) -> Result<Order, Failed> {
    let number = u64::try_from(place).map_err(failed)? & PLACE;
    let id = |kind: u64| Uuid::from_u64_pair(0x4000 + kind, 0x8000_0000_0000_0000 | number);
    let partner = place % usize::from(PARTNERS);
    let company = wholesaler(partner)?;
    let branch = u8::try_from(place / usize::from(PARTNERS) % BRANCHES + 1).ok();
    let branch = branch.and_then(|number| BranchCode::of(company, number)).ok_or_else(|| failed("no such branch"))?;
    let event = shipment(id(2), company, branch)?;
    let data = serde_json::to_value(&event).map_err(failed)?;
    let subject = event.subject();
    let message = CloudEvent {
        specversion: "1.0".to_owned(),
        id: id(0),
        kind: ShipmentOrdered::TYPE.to_owned(),
        source: "/meguri/distribution".to_owned(),
        subject: subject.clone(),
        time: BUSINESS_AT.to_owned(),
        datacontenttype: "application/json".to_owned(),
        dataschema: format!("/contracts/events/{}.schema.json", ShipmentOrdered::TYPE),
        sequence: "1".to_owned(),
        traceparent: None,
        position: "1000".to_owned(),
        data: data.clone(),
    };
    let body = serde_json::to_vec(&message).map_err(failed)?;
    Ok(Order { id: id(0), cause: id(1), subject, data: data.to_string(), partner, branch, body })
}

/// A hub that keeps some of the vials and hands the others on to two satellites.
fn shipment(id: Uuid, wholesaler: WholesalerCode, branch: BranchCode) -> Result<ShipmentOrdered, Failed> {
    let site = |number: u64| Uuid::from_u64_pair(0x4003, 0x8000_0000_0000_0000 | number);
    let order = json!({
        "shipment_id": id, "wholesaler": wholesaler, "branch": branch,
        "product": "comirnaty-pfs", "programme": "covid19-2021", "round": 3,
        "to": {
            "site_id": site(1), "facility_id": site(2), "facility_code": "1310000001",
            "name": "訓練第一病院", "address": "東京都千代田区訓練町一丁目１番１号", "municipality": "131016",
        },
        "vials": 195, "packs": [{"pack": "tray-195", "count": 1}],
        "lots": [{"lot": "EX0001", "expiry": "2021-07-31", "vials": 120}, {"lot": "EX0002", "expiry": "2021-07-31", "vials": 75}],
        "window": {"from": "2021-04-12", "to": "2021-04-16"}, "storage": "ultra_cold",
        "splits": [
            {"site_id": site(3), "facility_id": site(4), "name": "訓練第二医院", "municipality": "131016", "vials": 30},
            {"site_id": site(5), "facility_id": site(6), "name": "訓練第三医院", "municipality": "131024", "vials": 24},
        ],
        "training": true,
    });
    serde_json::from_value(order).map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_events_place_is_in_its_id() {
        let orders = orders(100).unwrap();
        for (place, order) in orders.iter().enumerate() {
            assert_eq!(place_of(&order.id.to_string()), Some(place));
            assert_eq!(order.branch.wholesaler(), wholesaler(order.partner).unwrap());
            let sent: CloudEvent = serde_json::from_slice(&order.body).unwrap();
            assert_eq!((sent.id, sent.data.to_string()), (order.id, order.data.clone()));
        }
        assert_eq!(place_of("x"), None);
    }
}
