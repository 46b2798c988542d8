//! Two companies with stock, three municipalities, and the steps that every test takes.
use platform::opctx::new_id;
use serde_json::{Value, json};
use testkit::{
    Answer, TestApp, TestClient,
    app::until,
    shipping::{answer, released, send},
};
use uuid::Uuid;

/// Served by W01-01, W01-02 and W02-01; nobody serves the last.
pub const CHIYODA: &str = "131016";
pub const CHUO: &str = "131024";
pub const MINATO: &str = "131032";
pub const SHINJUKU: &str = "131041";
/// Half an hour before the tests begin.
pub const NOON: &str = "2021-04-05T12:00:00+09:00";
/// First and last day of use of the lots on hand.
pub const OLD: &str = "2021-05-31";
pub const NEW: &str = "2021-07-31";

/// A server whose depots hold: W01 390 vials of EX0001 (the older) and 585 of EX0002; W02 1,950 of EX0003.
pub struct Setup {
    pub app: TestApp,
    pub w01: TestClient,
    pub city: TestClient,
    pub tokyo: TestClient,
}

impl Setup {
    pub async fn new() -> Self {
        let app = TestApp::start().await;
        app.db.areas(&[(CHIYODA, "W01-01"), (CHUO, "W01-02"), (MINATO, "W02-01")]).await;
        app.inbound("W01", &[("EX0002", NEW, 585), ("EX0001", OLD, 390)]).await;
        app.inbound("W02", &[("EX0003", NEW, 1_950)]).await;
        let (w01, city, tokyo) =
            (app.wholesaler("W01").await, app.officer(CHIYODA).await, app.persona("prefecture-13").await);
        Self { app, w01, city, tokyo }
    }

    /// Orders a shipment to Chiyoda.
    pub async fn order(&self, vials: i64) -> Uuid {
        self.app.order(&released(CHIYODA, vials)).await
    }

    /// Sends W01's answer and asserts that it is applied.
    pub async fn answered(&self, shipment: Uuid, sequence: i64, what: &str, data: Value) -> Answer {
        let sent = send(&self.w01, shipment, &answer("W01", shipment, sequence, what, data)).await;
        assert_eq!(sent.ok(200).at("/taken"), "applied", "{}", sent.body);
        sent
    }

    /// Sends W01's answer and asserts that it is refused, and that nothing is written.
    pub async fn refused(
        &self,
        shipment: Uuid,
        sequence: i64,
        what: &str,
        data: Value,
        status: u16,
        code: &str,
    ) -> Answer {
        let before = self.rows().await;
        let sent = send(&self.w01, shipment, &answer("W01", shipment, sequence, what, data)).await;
        sent.refused(status, code);
        assert_eq!(self.rows().await, before, "{code}");
        sent
    }

    /// Two answers: the day is named, the lots are picked.
    pub async fn picked(&self, shipment: Uuid, lots: &[(&str, i64)]) {
        self.answered(shipment, 1, "scheduled", day("2021-04-12")).await;
        self.answered(shipment, 2, "picked", picked(lots)).await;
    }

    /// A third one: it has left.
    pub async fn dispatched(&self, shipment: Uuid, lots: &[(&str, i64)]) {
        self.picked(shipment, lots).await;
        self.answered(shipment, 3, "dispatched", moment()).await;
    }

    /// The city confirms what arrived: lot, usable, damaged.
    pub async fn receive(&self, shipment: Uuid, lots: &[(&str, i64, i64)]) -> Answer {
        receive(&self.city, shipment, &arrived(lots)).await
    }

    /// Vials of all lots: available and quarantined at W01's depot, and reserved, on the road and in
    /// question of a shipment.
    pub async fn piles(&self, shipment: Uuid) -> [i64; 5] {
        let db = &self.app.db;
        let own = format!("shipment/{shipment}");
        [
            db.stock("available", "depot/W01", None).await,
            db.stock("quarantined", "depot/W01", None).await,
            db.stock("reserved", &own, None).await,
            db.stock("in_transit", &own, None).await,
            db.stock("discrepancy", &own, None).await,
        ]
    }

    /// Vials of all lots at a shipment's site.
    pub async fn at_site(&self, shipment: Uuid, kind: &str) -> i64 {
        let site =
            self.app.db.text(&format!("select site_id from distribution.shipment where id = '{shipment}'")).await;
        self.app.db.stock(kind, &format!("site/{site}"), None).await
    }

    /// State and version.
    pub async fn stands(&self, shipment: Uuid) -> String {
        let sql = format!("select state || ' ' || version from distribution.shipment where id = '{shipment}'");
        self.app.db.text(&sql).await
    }

    /// All rows that anything done to shipments and stock leaves behind.
    pub async fn rows(&self) -> i64 {
        let count = |table: &str| format!("(select count(*) from distribution.{table})");
        let tables = [
            "lot",
            "inbound",
            "shipment",
            "shipment_lot",
            "shipment_step",
            "answer",
            "receipt",
            "receipt_line",
            "discrepancy",
            "stock_account",
            "account",
            "transfer",
            "outbox",
            "subject",
            "idempotency",
            "audit",
        ];
        self.app.db.number(&tables.map(count).join(" + ")).await
    }

    /// Events of a type about a shipment.
    pub async fn events(&self, shipment: Uuid, kind: &str) -> Vec<Value> {
        let sql = format!(
            "select payload from distribution.outbox where type = '{kind}'
             and (subject = 'shipment/{shipment}' or payload ->> 'about' = 'shipment/{shipment}') order by pos"
        );
        self.app.db.rows(&sql).await.into_iter().map(|row| row["payload"].clone()).collect()
    }
}

pub fn day(on: &str) -> Value {
    json!({"delivery_on": on, "hours": "09:00-12:00"})
}

pub fn picked(lots: &[(&str, i64)]) -> Value {
    let lots: Vec<Value> = lots.iter().map(|(lot, vials)| json!({"lot": lot, "vials": vials})).collect();
    json!({"lots": lots})
}

pub fn moment() -> Value {
    json!({"at": NOON})
}

pub fn because(reason: &str) -> Value {
    json!({"at": NOON, "reason": reason})
}

/// A page of a wholesaler's events with so many in it. All tests share one server of databases, and an event
/// is given when all transactions of that server before its own have ended.
pub async fn told(client: &TestClient, query: &str, many: usize) -> Answer {
    let mut page = None;
    until("as many events", async || {
        let found = client.get(&format!("/v1/shipment-events{query}")).await;
        let enough = found.ok(200).at("/events").as_array().unwrap().len() >= many;
        page = Some(found);
        enough
    })
    .await;
    page.unwrap()
}

/// A request to confirm an arrival, with a new id.
pub fn arrived(lots: &[(&str, i64, i64)]) -> Value {
    let lot =
        |(lot, accepted, damaged): &(&str, i64, i64)| json!({"lot": lot, "accepted": accepted, "damaged": damaged});
    json!({"id": new_id(), "received_at": NOON, "lots": lots.iter().map(lot).collect::<Vec<_>>()})
}

pub async fn receive(client: &TestClient, shipment: Uuid, request: &Value) -> Answer {
    client.post(&format!("/v1/shipments/{shipment}:receive"), request).await
}

pub async fn cancel(client: &TestClient, shipment: Uuid, version: i64) -> Answer {
    let request = json!({"id": new_id(), "version": version, "reason": "会場が使えない"});
    client.post(&format!("/v1/shipments/{shipment}:cancel"), &request).await
}

pub async fn resolve(client: &TestClient, discrepancy: &str, decision: &str) -> Answer {
    let request = json!({"id": new_id(), "decision": decision, "reason": "電話で確認した"});
    client.post(&format!("/v1/discrepancies/{discrepancy}:resolve"), &request).await
}

pub async fn recall(client: &TestClient, lot: &str) -> Answer {
    let request = json!({"id": new_id(), "reason": "メーカーの回収"});
    client.post(&format!("/v1/lots/{}/{lot}:recall", testkit::shipping::PRODUCT), &request).await
}
