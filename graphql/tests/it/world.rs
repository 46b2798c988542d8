//! A round with wholesalers that serve three municipalities, and shipments in it.
use crate::data;
use serde_json::{Value, json};
use testkit::{
    Facility, TestApp, TestClient,
    shipping::{answer, released, send},
};
use uuid::Uuid;
use wire::events::{AllocationReleased, EventSplit};

/// Served by `W01-01`.
pub const CHIYODA: &str = "131016";
/// Served by `W01-02`.
pub const CHUO: &str = "131024";
/// Served by `W02-01`.
pub const TOTTORI_CITY: &str = "312011";

/// The lot that is picked, by company; another one of W01 expires before it.
fn lot(company: &str) -> &'static str {
    if company == "W01" { "EX0002" } else { "EX0003" }
}

/// A server with a round and wholesalers.
pub struct World {
    pub app: TestApp,
    pub round: Uuid,
}

impl World {
    pub async fn new() -> Self {
        let app = TestApp::start().await;
        let round = app.db.open_round(9, 0).await;
        app.db.areas(&[(CHIYODA, "W01-01"), (CHUO, "W01-02"), (TOTTORI_CITY, "W02-01")]).await;
        app.inbound("W01", &[("EX0001", "2021-06-30", 100), ("EX0002", "2021-08-31", 5_000)]).await;
        app.inbound("W02", &[("EX0003", "2021-07-31", 1_000)]).await;
        Self { app, round }
    }

    fn release(&self, municipality: &str, vials: i64) -> AllocationReleased {
        AllocationReleased { round_id: self.round, ..released(municipality, vials) }
    }

    /// Orders a shipment to a new mass site.
    pub async fn order(&self, municipality: &str, vials: i64) -> Uuid {
        self.app.order(&self.release(municipality, vials)).await
    }

    /// Orders a shipment to a hospital.
    pub async fn order_to(&self, hospital: &Facility, vials: i64) -> Uuid {
        let mut release = self.release(&hospital.municipality.to_string(), vials);
        release.hub.facility_id = Some(hospital.id.0);
        self.app.order(&release).await
    }

    /// Orders a shipment whose hub hands some of it on; answers the satellite, too.
    pub async fn order_with_split(&self, municipality: &str, vials: i64, handed_on: i64) -> (Uuid, Uuid) {
        let satellite = platform::opctx::new_id();
        (self.order_between(platform::opctx::new_id(), satellite, municipality, vials, handed_on).await, satellite)
    }

    /// The same between sites that are there.
    pub async fn order_between(
        &self,
        hub: Uuid,
        satellite: Uuid,
        municipality: &str,
        vials: i64,
        handed_on: i64,
    ) -> Uuid {
        let mut release = self.release(municipality, vials);
        release.hub.site_id = hub;
        release.splits.push(EventSplit {
            site_id: satellite,
            facility_id: None,
            name: "接種所".to_owned(),
            municipality: municipality.to_owned(),
            vials: handed_on,
        });
        self.app.order(&release).await
    }

    /// The branch has picked, and nobody has heard of the day yet.
    pub async fn held(&self, shipment: Uuid, company: &str) {
        let lots = json!({"lots": [{"lot": lot(company), "vials": 195}]});
        let partner = self.app.wholesaler(company).await;
        send(&partner, shipment, &answer(company, shipment, 2, "picked", lots)).await.ok(200);
    }

    /// The branch names a day, picks one lot and dispatches.
    pub async fn dispatch(&self, shipment: Uuid, company: &str, vials: i64) {
        let partner = self.app.wholesaler(company).await;
        let day = json!({"delivery_on": "2021-04-12", "hours": "09:00-12:00"});
        let scheduled = send(&partner, shipment, &answer(company, shipment, 1, "scheduled", day)).await;
        if scheduled.ok(200).at("/next_sequence") == json!(2) {
            let lots = json!({"lots": [{"lot": lot(company), "vials": vials}]});
            send(&partner, shipment, &answer(company, shipment, 2, "picked", lots)).await.ok(200);
        }
        let left = json!({"at": "2021-04-05T03:30:00.000Z"});
        send(&partner, shipment, &answer(company, shipment, 3, "dispatched", left)).await.ok(200);
    }

    /// Tokyo's officers confirm what arrived of W01's lot.
    pub async fn receive(&self, shipment: Uuid, accepted: i64, damaged: i64) {
        let lots = [json!({"lot": lot("W01"), "accepted": accepted, "damaged": damaged})];
        let body = json!({"id": platform::opctx::new_id(), "lots": lots});
        let tokyo = self.app.persona("prefecture-13").await;
        tokyo.post(&format!("/v1/shipments/{shipment}:receive"), &body).await.ok(200);
    }

    /// The site that a shipment goes to.
    pub async fn site_of(&self, shipment: Uuid) -> String {
        self.app.db.text(&format!("select site_id from distribution.shipment where id = '{shipment}'")).await
    }

    /// Copies of a shipment with its lots, splits and discrepancies: rows to be listed, unknown to the book.
    pub async fn copies(&self, shipment: Uuid, number: usize) {
        let copy = |table: &str, ids: &str, of: &str| {
            format!(
                "insert into distribution.{table} select (jsonb_populate_record(t, {ids})).*
                 from distribution.{table} t, copy where t.{of} = '{shipment}';"
            )
        };
        let whose = "jsonb_build_object('shipment_id', copy.id)";
        let own = "jsonb_build_object('shipment_id', copy.id, 'id', copy.other)";
        let sql = [
            format!(
                "create temp table copy as select gen_random_uuid() as id from generate_series(1, {number});
                "
            ),
            copy("shipment", "jsonb_build_object('id', copy.id)", "id"),
            copy("shipment_lot", whose, "shipment_id"),
            copy("shipment_split", whose, "shipment_id"),
            // an id for each of the discrepancies
            "create temp table each as select c.id, d.id as of, gen_random_uuid() as other
             from copy c, distribution.discrepancy d;"
                .to_owned(),
            format!(
                "insert into distribution.discrepancy
                 select (jsonb_populate_record(t, {own})).* from distribution.discrepancy t
                 join each copy on copy.of = t.id where t.shipment_id = '{shipment}';"
            ),
        ];
        self.app.db.sql(&sql.concat()).await;
    }
}

/// The shipments of a page.
pub fn ids(page: &Value) -> Vec<Value> {
    page["edges"].as_array().unwrap().iter().map(|edge| edge["node"]["shipmentId"].clone()).collect()
}

/// A mutation with one input; answers its payload.
pub async fn mutate(client: &TestClient, field: &str, kind: &str, selection: &str, input: &Value) -> Value {
    let query = format!("mutation Change($input: {kind}!) {{ {field}(input: $input) {{ __typename {selection} }} }}");
    data(&client.graphql(&query, json!({"input": input})).await)[field].clone()
}
