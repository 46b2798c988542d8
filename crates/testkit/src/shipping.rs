//! What a shipment needs before a branch can work on it: companies, areas, stock at the depots, releases;
//! and the answers that partners give.
use crate::{TestApp, TestClient, TestDb};
use allocation::consume::Shipments;
use chrono::NaiveDate;
use distribution::{
    Distribution,
    app::{record_inbound::record_inbound, register_wholesalers::register_wholesalers},
    consume::Releases,
};
use distribution_store::rows::{Area, Branch, Wholesaler};
use domain::{BranchCode, TerritoryCode, policy::Role, time::rfc3339};
use identity::app::issue_accounts::{Credential, NewAccount, issue_accounts};
use meguri::seed::service_secret;
use platform::{
    OpCtx, failure,
    inbox::{Inbox, Received},
    opctx::new_id,
};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use uuid::Uuid;
use wire::{
    events::{AllocationReleased, CloudEvent, Event, EventSite},
    shipment::{InboundLot, RecordInbound},
};

/// The product of test rounds, and its group.
pub const PRODUCT: &str = "comirnaty-12plus";
const GROUP: &str = "covid19";

/// A day, written `2021-04-12`.
///
/// # Panics
/// When it is none.
#[must_use]
pub fn day(text: &str) -> NaiveDate {
    text.parse().expect("a day")
}

impl TestDb {
    /// Names the branch of each municipality from February 2021 on, with all companies and branches that
    /// are needed: `("131016", "W01-01")`.
    pub async fn areas(&self, areas: &[(&str, &str)]) {
        let branch = |(municipality, code): &(&str, &str)| {
            let code: BranchCode = code.parse().expect("a branch");
            let prefecture = TerritoryCode::parse(municipality).ok().and_then(TerritoryCode::prefecture);
            Branch {
                code: code.to_string(),
                wholesaler: code.wholesaler().to_string(),
                ja: format!("訓練卸{code}支店"),
                en: format!("Training branch {code}"),
                prefecture: prefecture.expect("a prefecture").to_string(),
            }
        };
        let mut seen = BTreeSet::new();
        let branches: Vec<Branch> =
            areas.iter().map(branch).filter(|branch| seen.insert(branch.code.clone())).collect();
        let companies: BTreeSet<String> = branches.iter().map(|branch| branch.wholesaler.clone()).collect();
        let company = |code: String| {
            let (ja, en) = (format!("訓練卸{code}"), format!("Training wholesaler {code}"));
            Wholesaler { code, ja, en, synthetic: true }
        };
        let companies: Vec<Wholesaler> = companies.into_iter().map(company).collect();
        let area = |(municipality, branch): &(&str, &str)| Area {
            municipality: (*municipality).to_owned(),
            product_group: GROUP.to_owned(),
            branch: (*branch).to_owned(),
            valid_from: day("2021-02-01"),
            valid_to: None,
        };
        let areas: Vec<Area> = areas.iter().map(area).collect();
        let (db, ctx) = self.at_work("distribution_app", "distribution").await;
        register_wholesalers(&db, &ctx, &companies, &branches, &areas).await.expect("the wholesalers are registered");
    }

    /// Vials at a place of the stock book: `("available", "depot/W01")`, of one lot or of all.
    pub async fn stock(&self, kind: &str, place: &str, lot: Option<&str>) -> i64 {
        let lot = lot.map_or_else(String::new, |lot| format!("and l.number = '{lot}'"));
        let sql = format!(
            "select coalesce(sum(a.credits_posted - a.debits_posted), 0) from distribution.stock_account s
             join distribution.account a on a.id = s.account_id join distribution.lot l on l.id = s.lot_id
             where s.kind = '{kind}' and s.place = '{place}' {lot}"
        );
        self.number(&sql).await
    }

    /// Asserts what must hold of the stock book at any time: per lot all accounts together are zero, only
    /// sources are below zero, every balance is the fold of its transfers, every account is somebody's.
    pub async fn stock_holds(&self) {
        for (what, sql) in [
            (
                "a lot is not zero in all",
                "select count(*) from (select unit from distribution.account group by unit
                 having sum(credits_posted - debits_posted) <> 0) as odd",
            ),
            (
                "an account is below zero",
                "select count(*) from distribution.account where not source and credits_posted < debits_posted",
            ),
            (
                "a balance is not the fold of its transfers",
                "select count(*) from distribution.account a where (a.debits_posted, a.credits_posted) <> (
                     (select coalesce(sum(amount), 0) from distribution.transfer where debit_account = a.id),
                     (select coalesce(sum(amount), 0) from distribution.transfer where credit_account = a.id))",
            ),
            (
                "an account is nobody's",
                "select count(*) from distribution.account a
                 left join distribution.stock_account s on s.account_id = a.id where s.account_id is null",
            ),
            (
                "what is open is not what the discrepancies hold",
                "select count(*) from (
                     select d.shipment_id, d.lot_id,
                            sum(case d.kind when 'short' then d.vials when 'damaged' then 0 else -d.vials end) as vials
                     from distribution.discrepancy d where d.state = 'open' group by 1, 2) as open
                 full join (
                     select s.place, s.lot_id, a.credits_posted - a.debits_posted as vials
                     from distribution.stock_account s join distribution.account a on a.id = s.account_id
                     where s.kind = 'discrepancy') as held
                 on held.place = 'shipment/' || open.shipment_id and held.lot_id = open.lot_id
                 where coalesce(open.vials, 0) <> coalesce(held.vials, 0)",
            ),
        ] {
            assert_eq!(self.number(sql).await, 0, "{what}");
        }
    }
}

impl TestApp {
    /// The distribution service, for use cases that have no endpoint.
    pub async fn distribution(&self) -> Distribution {
        let db = self.db.home.pool("distribution_app", "distribution").expect("a pool");
        Distribution::new(self.shared().await, db)
    }

    /// The distribution service on a single connection, to see what that one is sent.
    pub async fn distribution_on_one(&self) -> Distribution {
        Distribution::new(self.shared().await, self.single("distribution_app", "distribution"))
    }

    /// The service account of a wholesaler company (`W01`) or branch (`W01-02`).
    pub async fn wholesaler(&self, code: &str) -> TestClient {
        let name = format!("partner-{}", code.to_lowercase());
        let (db, ctx) = self.db.at_work("identity_app", "identity").await;
        let account = NewAccount {
            name: name.clone(),
            credential: Credential::Secret(service_secret(&self.db.home, &name)),
            role: Role::Wholesaler,
            territory: TerritoryCode::NATION,
            facility: None,
            partner: Some(code.to_owned()),
            organisation_kind: "wholesaler",
            organisation_name: format!("卸{code}（訓練）"),
            organisation_name_en: format!("Wholesaler {code} (training)"),
        };
        issue_accounts(&db, &ctx, vec![account]).await.expect("the account is made");
        let secret = service_secret(&self.db.home, &name);
        self.sign_in(&json!({"grant_type": "service_account", "client_id": name, "client_secret": secret})).await
    }

    /// The maker brings lots to a company's depot: number, last day of use, vials.
    pub async fn inbound(&self, wholesaler: &str, lots: &[(&str, &str, i64)]) {
        let distribution = self.distribution().await;
        let lot = |(lot, expiry, vials): &(&str, &str, i64)| InboundLot {
            lot: (*lot).to_owned(),
            expiry: day(expiry),
            vials: *vials,
        };
        let request = RecordInbound {
            id: new_id(),
            wholesaler: wholesaler.parse().expect("a wholesaler"),
            product: PRODUCT.to_owned(),
            lots: lots.iter().map(lot).collect(),
        };
        let ctx = OpCtx::system("testkit", &distribution.shared.clock);
        record_inbound(&distribution, &ctx, request).await.expect("the inbound is recorded");
    }

    /// Orders the shipment of a release, as if its event had come; answers the shipment's id.
    pub async fn order(&self, release: &AllocationReleased) -> Uuid {
        let received = self.try_order(release).await.expect("the shipment is ordered");
        assert_eq!(received, Received::Applied);
        release.release_id
    }

    /// Brings the events of allocation and distribution to each other, in the order of their outboxes, as
    /// relay and broker would.
    pub async fn pass_events(&self) {
        let distribution = self.distribution().await;
        let inbox = distribution::consume::inbox(&distribution);
        for event in self.unheard("allocation", "release/", "distribution").await {
            inbox.take_one(&Releases, &event).await.expect("the release is taken");
        }
        let db = self.db.home.pool("allocation_app", "allocation").expect("a pool");
        let inbox = Inbox { db, clock: distribution.shared.clock.clone() };
        for event in self.unheard("distribution", "shipment/", "allocation").await {
            inbox.take_one(&Shipments, &event).await.expect("the shipment's event is taken");
        }
    }

    /// Events of one service about subjects of a kind which another has not applied.
    async fn unheard(&self, from: &str, subjects: &str, by: &str) -> Vec<CloudEvent> {
        let sql = format!(
            "select json_build_object('specversion', '1.0', 'id', id, 'type', type, 'source', '/meguri/{from}',
                        'subject', subject, 'time', business_at, 'datacontenttype', 'application/json',
                        'dataschema', '/contracts/events/' || type || '.schema.json', 'sequence', sequence::text,
                        'position', txid::text, 'data', payload) as event
             from {from}.outbox where subject like '{subjects}%' and id not in (select event_id from {by}.inbox)
             order by pos"
        );
        let rows = self.db.rows(&sql).await;
        let event = |row: &Value| serde_json::from_value(row.get("event").cloned().unwrap_or_default());
        rows.iter().map(|row| event(row).expect("an event")).collect()
    }

    /// Orders a shipment as [`Self::order`] does, and answers what becomes of it.
    ///
    /// # Errors
    /// Those of `order_shipment`.
    pub async fn try_order(&self, release: &AllocationReleased) -> failure::Result<Received> {
        let distribution = self.distribution().await;
        distribution::consume::inbox(&distribution).take_one(&Releases, &event(release, 1)).await
    }
}

/// A release of these vials to a new hub in a municipality, to be delivered from 12 to 16 April 2021.
#[must_use]
pub fn released(municipality: &str, vials: i64) -> AllocationReleased {
    AllocationReleased {
        release_id: new_id(),
        round_id: new_id(),
        programme: "covid19-2021".to_owned(),
        round: 9,
        product: PRODUCT.to_owned(),
        pack: "box195".to_owned(),
        pack_vials: 195,
        vials,
        hub: EventSite {
            site_id: new_id(),
            facility_id: None,
            facility_code: None,
            name: format!("会場 {municipality}"),
            address: "訓練".to_owned(),
            municipality: municipality.to_owned(),
        },
        splits: Vec::new(),
        delivery_from: day("2021-04-12"),
        delivery_to: day("2021-04-16"),
        training: true,
    }
}

/// An event as allocation's relay would publish it.
///
/// # Panics
/// When it cannot be written as JSON.
#[must_use]
pub fn event<E: Event>(data: &E, sequence: i64) -> CloudEvent {
    CloudEvent {
        specversion: "1.0".to_owned(),
        id: new_id(),
        kind: E::TYPE.to_owned(),
        source: "/meguri/allocation".to_owned(),
        subject: data.subject(),
        time: rfc3339(platform::clock::real_now()),
        datacontenttype: "application/json".to_owned(),
        dataschema: format!("/contracts/events/{}.schema.json", E::TYPE),
        sequence: sequence.to_string(),
        traceparent: None,
        position: "1".to_owned(),
        data: serde_json::to_value(data).expect("JSON"),
    }
}

/// A partner's answer with a new id: `answer("W01", shipment, 1, "scheduled", json!({"delivery_on": …}))`.
#[must_use]
pub fn answer(wholesaler: &str, shipment: Uuid, sequence: i64, what: &str, mut data: Value) -> Value {
    if let Some(data) = data.as_object_mut() {
        data.insert("shipment_id".to_owned(), json!(shipment));
    }
    json!({
        "specversion": "1.0", "id": new_id(), "type": format!("shipment.{what}.v1"),
        "source": format!("/partners/{wholesaler}"), "subject": format!("shipment/{shipment}"),
        "time": "2021-04-05T03:30:00.000Z", "datacontenttype": "application/json",
        "sequence": sequence.to_string(), "data": data,
    })
}

/// Sends an answer by REST.
pub async fn send(client: &TestClient, shipment: Uuid, answer: &Value) -> crate::Answer {
    client.post(&format!("/v1/shipments/{shipment}/answers"), answer).await
}
