//! The audit over what the services write themselves: releases, shipments, answers in disorder, receipts with
//! differences, decisions and recalls, with the events carried from outbox to inbox by hand.
use allocation::consume::Shipments;
use distribution::consume::Releases;
use platform::{
    clock::Clock,
    inbox::{Apply, Inbox, Received},
    opctx::new_id,
};
use serde_json::{Value, json};
use testkit::{
    Answer, TestApp, TestClient,
    round::BOX_VIALS,
    shipping::{PRODUCT, answer, send},
};
use uuid::Uuid;
use wire::events::CloudEvent;

const CHIYODA: &str = "131016";
const TOKYO: &str = "130001";

struct Way {
    app: TestApp,
    w01: TestClient,
    tokyo: TestClient,
    round: Uuid,
}

impl Way {
    /// Twenty boxes of Tokyo's own, and a depot with less than that.
    async fn begin() -> Self {
        let app = TestApp::start().await;
        app.db.areas(&[(CHIYODA, "W01-01")]).await;
        app.inbound("W01", &[("EX0001", "2021-05-31", 390), ("EX0002", "2021-07-31", 1_170)]).await;
        let round = app.db.open_prefecture_round(9).await;
        app.db.supply_to(round, TOKYO, 20 * BOX_VIALS).await.unwrap();
        let (w01, tokyo) = (app.wholesaler("W01").await, app.officer(TOKYO).await);
        Self { app, w01, tokyo, round }
    }

    /// Assigns and releases boxes to a new site; answers the release.
    async fn release(&self, municipality: &str, boxes: i64) -> Uuid {
        let site = self.app.db.sites(self.round, &[(municipality, 400)], &[]).await[municipality][0];
        let sites = json!([{"site": site, "vials": boxes * BOX_VIALS}]);
        let assign = json!({"id": new_id(), "round": self.round, "holder": TOKYO, "sites": sites});
        self.tokyo.post("/v1/assignments", &assign).await.ok(200);
        let id = new_id();
        let release = json!({"id": id, "round": self.round, "holder": TOKYO, "hub": site});
        self.tokyo.post("/v1/releases", &release).await.ok(200);
        id
    }

    /// Carries what `from` has written since to `to`, as the relay would.
    async fn carry<A: Apply>(&self, from: &str, to: &'static str, apply: &A, types: &str) {
        let rows = self
            .app
            .db
            .rows(&format!(
                "select o.id, o.type, o.subject, o.sequence, o.business_at, o.payload from {from}.outbox o
                 left join {to}.inbox i on i.event_id = o.id
                 where i.event_id is null and o.type similar to '{types}' order by o.pos"
            ))
            .await;
        let db = self.app.db.home.pool(&format!("{to}_app"), to).unwrap();
        let clock = Clock::load(&db).await.unwrap();
        let inbox = Inbox { db, clock };
        for row in rows {
            let text = |name: &str| row[name].as_str().unwrap().to_owned();
            let event = CloudEvent {
                specversion: "1.0".to_owned(),
                id: text("id").parse().unwrap(),
                kind: text("type"),
                source: format!("/meguri/{from}"),
                subject: text("subject"),
                time: text("business_at"),
                datacontenttype: "application/json".to_owned(),
                dataschema: String::new(),
                sequence: row["sequence"].to_string(),
                traceparent: None,
                position: "1".to_owned(),
                data: row["payload"].clone(),
            };
            assert_eq!(inbox.take_one(apply, &event).await.unwrap(), Received::Applied);
            // a second delivery has no effect
            assert_eq!(inbox.take_one(apply, &event).await.unwrap(), Received::Duplicate);
        }
    }

    async fn order(&self) {
        self.carry("allocation", "distribution", &Releases, "allocation.released.v1").await;
    }

    async fn bring_back(&self) {
        self.carry("distribution", "allocation", &Shipments, "(shipment|receipt).%").await;
    }

    async fn answered(&self, shipment: Uuid, sequence: i64, what: &str, data: Value) -> Answer {
        let sent = send(&self.w01, shipment, &answer("W01", shipment, sequence, what, data)).await;
        sent.ok(200);
        sent
    }

    async fn audited(&self, open: i64, in_flight: i64) {
        let url = self.app.db.home.role_url("audit").unwrap();
        let report = meguri::audit::run(&url).await.unwrap();
        assert!(report.ok, "{}", meguri::audit::table(&report));
        let listed = |name| report.listed(name).unwrap();
        assert_eq!(listed("discrepancies_open"), open);
        assert_eq!(listed("releases_in_flight") + listed("endings_in_flight"), in_flight);
    }

    /// The usual answers up to dispatch.
    async fn dispatched(&self, shipment: Uuid, lots: &[(&str, i64)]) {
        self.answered(shipment, 1, "scheduled", json!({"delivery_on": "2021-04-12"})).await;
        self.answered(shipment, 2, "picked", picked(lots)).await;
        self.answered(shipment, 3, "dispatched", moment()).await;
    }

    async fn receive(&self, shipment: Uuid, lots: &[(&str, i64, i64)]) {
        let lot =
            |(lot, accepted, damaged): &(&str, i64, i64)| json!({"lot": lot, "accepted": accepted, "damaged": damaged});
        let body = json!({"id": new_id(), "lots": lots.iter().map(lot).collect::<Vec<_>>()});
        self.tokyo.post(&format!("/v1/shipments/{shipment}:receive"), &body).await.ok(200);
    }

    async fn decide(&self, kind: &str, decision: &str) {
        let open = format!("select id from distribution.discrepancy where kind = '{kind}' and state = 'open'");
        let id = self.app.db.text(&format!("({open})")).await;
        let body = json!({"id": new_id(), "decision": decision, "reason": "電話で確認した"});
        self.tokyo.post(&format!("/v1/discrepancies/{id}:resolve"), &body).await.ok(200);
    }
}

fn picked(lots: &[(&str, i64)]) -> Value {
    let lots: Vec<Value> = lots.iter().map(|(lot, vials)| json!({"lot": lot, "vials": vials})).collect();
    json!({"lots": lots})
}

/// What happened half an hour before the tests begin.
fn moment() -> Value {
    json!({"at": "2021-04-05T12:00:00+09:00", "reason": "会場が閉まっていた"})
}

#[tokio::test(flavor = "multi_thread")]
async fn differences_and_their_decisions_pass() {
    let way = Way::begin().await;
    let shipment = way.release(CHIYODA, 3).await;
    way.audited(0, 1).await;
    way.order().await;
    way.audited(0, 0).await;
    way.answered(shipment, 1, "scheduled", json!({"delivery_on": "2021-04-12"})).await;
    // ten more of the first lot than the book has; then five
    way.answered(shipment, 2, "picked", picked(&[("ｅｘ０００１", 400), ("EX0002", 185)])).await;
    way.audited(1, 0).await;
    way.answered(shipment, 3, "picked", picked(&[("ex0001", 395), ("EX0002", 190)])).await;
    way.audited(1, 0).await;
    way.answered(shipment, 4, "dispatched", moment()).await;
    way.audited(1, 0).await;
    way.receive(shipment, &[("EX0001", 390, 2), ("EX0002", 191, 0)]).await;
    way.audited(4, 0).await;
    way.answered(shipment, 5, "delivered", moment()).await;
    for (left, (kind, decision)) in
        [("beyond_stock", "from_maker"), ("short", "lost"), ("damaged", "destroyed"), ("surplus", "from_depot")]
            .into_iter()
            .enumerate()
    {
        way.decide(kind, decision).await;
        way.audited(3 - i64::try_from(left).unwrap(), 0).await;
    }
    way.bring_back().await;
    way.audited(0, 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn disorder_endings_and_recalls_pass() {
    let way = Way::begin().await;
    let mut shipments = Vec::new();
    for municipality in [CHIYODA, CHIYODA, "131041", CHIYODA, CHIYODA, CHIYODA] {
        shipments.push(way.release(municipality, 1).await);
    }
    way.audited(0, 6).await;
    way.order().await;
    way.audited(0, 1).await;
    let [late, off, _, back, gone, recalled] = shipments.try_into().unwrap();
    // the third and second answers come before the first, and the site before all of them
    way.answered(late, 3, "dispatched", moment()).await;
    way.answered(late, 2, "picked", picked(&[("EX0001", 195)])).await;
    way.audited(0, 1).await;
    way.answered(late, 1, "scheduled", json!({"delivery_on": "2021-04-12"})).await;
    way.audited(0, 1).await;
    way.receive(late, &[("EX0001", 195, 0)]).await;
    way.answered(late, 4, "delivered", moment()).await;
    way.answered(off, 1, "scheduled", json!({"delivery_on": "2021-04-12"})).await;
    let cancel = json!({"id": new_id(), "version": 2, "reason": "会場が使えない"});
    way.tokyo.post(&format!("/v1/shipments/{off}:cancel"), &cancel).await.ok(200);
    way.audited(0, 2).await;
    for (shipment, end) in [(back, "returned"), (gone, "lost")] {
        way.dispatched(shipment, &[("EX0002", 195)]).await;
        way.answered(shipment, 4, "failed", moment()).await;
        way.audited(0, 2).await;
        way.answered(shipment, 5, end, moment()).await;
    }
    way.answered(recalled, 1, "scheduled", json!({"delivery_on": "2021-04-12"})).await;
    way.answered(recalled, 2, "picked", picked(&[("EX0002", 195)])).await;
    let recall = json!({"id": new_id(), "reason": "メーカーの回収"});
    way.app.ministry().await.post(&format!("/v1/lots/{PRODUCT}/EX0002:recall"), &recall).await.ok(200);
    way.audited(0, 2).await;
    way.answered(recalled, 3, "dispatched", moment()).await;
    way.audited(0, 2).await;
    way.receive(recalled, &[("EX0002", 190, 0)]).await;
    way.app.inbound("W01", &[("EX0002", "2021-07-31", 10)]).await;
    way.audited(1, 2).await;
    way.decide("short", "found_at_depot").await;
    way.bring_back().await;
    way.audited(0, 0).await;
    // what came back is released once more
    let hub = way.app.db.text(&format!("(select hub_id from allocation.release where id = '{off}')")).await;
    let release = json!({"id": new_id(), "round": way.round, "holder": TOKYO, "hub": hub});
    way.tokyo.post("/v1/releases", &release).await.ok(200);
    way.order().await;
    way.audited(0, 0).await;
}
