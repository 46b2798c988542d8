//! Each sees its own: a wholesaler its branches' shipments, a place those to its sites.
use super::setup::{CHIYODA, CHUO, MINATO, Setup, arrived, cancel, day, receive};
use serde_json::{Value, json};
use testkit::{
    Answer,
    shipping::{answer, released, send},
};
use uuid::Uuid;

/// An answer without what differs from request to request.
fn shape(answer: &Answer, id: Uuid) -> String {
    let mut body = answer.body.clone();
    body["request_id"] = Value::Null;
    body.to_string().replace(&id.to_string(), "ID")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_siblings_shipment_does_not_exist() {
    let setup = Setup::new().await;
    let shipment = setup.order(195).await;
    let nowhere = platform::opctx::new_id();
    let strangers = [
        setup.app.wholesaler("W02").await,
        setup.app.wholesaler("W01-02").await,
        setup.app.officer(CHUO).await,
        setup.app.persona("prefecture-31").await,
        setup.app.proxy(13).await,
        setup.app.persona("operator").await,
    ];
    let before = setup.rows().await;
    for stranger in &strangers {
        for id in [shipment, nowhere] {
            stranger.get(&format!("/v1/shipments/{id}")).await.refused(404, "shipment.not_found");
            receive(stranger, id, &arrived(&[])).await.refused(404, "shipment.not_found");
            cancel(stranger, id, 1).await.refused(404, "shipment.not_found");
            let sent = answer("W01", id, 1, "scheduled", day("2021-04-12"));
            send(stranger, id, &sent).await.refused(404, "shipment.not_found");
        }
        let there = stranger.get(&format!("/v1/shipments/{shipment}")).await;
        let missing = stranger.get(&format!("/v1/shipments/{nowhere}")).await;
        assert_eq!(shape(&there, shipment), shape(&missing, nowhere));
    }
    // what is wrong with the answer is not told to whoever may not see the shipment
    send(&strangers[0], shipment, &json!({})).await.refused(404, "shipment.not_found");
    assert_eq!(setup.rows().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn those_who_look_on_may_not_act() {
    let setup = Setup::new().await;
    let shipment = setup.order(195).await;
    setup.dispatched(shipment, &[("EX0001", 195)]).await;
    let (ministry, auditor) = (setup.app.ministry().await, setup.app.persona("auditor").await);
    let branch = setup.app.wholesaler("W01-01").await;
    let before = setup.rows().await;
    for client in [&setup.w01, &branch] {
        client.get(&format!("/v1/shipments/{shipment}")).await.ok(200);
        receive(client, shipment, &arrived(&[("EX0001", 195, 0)])).await.refused(403, "auth.forbidden");
        cancel(client, shipment, 4).await.refused(403, "auth.forbidden");
    }
    let sent = answer("W01", shipment, 4, "delivered", super::setup::moment());
    for client in [&ministry, &auditor, &setup.city, &setup.tokyo] {
        client.get(&format!("/v1/shipments/{shipment}")).await.ok(200);
        send(client, shipment, &sent).await.refused(403, "auth.forbidden");
    }
    for client in [&ministry, &auditor] {
        receive(client, shipment, &arrived(&[("EX0001", 195, 0)])).await.refused(403, "auth.forbidden");
    }
    cancel(&auditor, shipment, 4).await.refused(403, "auth.forbidden");
    assert_eq!(setup.rows().await, before);
    send(&branch, shipment, &sent).await.ok(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hospitals_own_staff_confirm_theirs() {
    let setup = Setup::new().await;
    let made = setup.app.facilities(&[CHIYODA, CHIYODA]).await;
    let mut release = released(CHIYODA, 195);
    release.hub.facility_id = Some(made[0].id.0);
    let shipment = setup.app.order(&release).await;
    setup.dispatched(shipment, &[("EX0001", 195)]).await;
    let (own, other) = (setup.app.hospital(&made[0]).await, setup.app.hospital(&made[1]).await);
    receive(&other, shipment, &arrived(&[("EX0001", 195, 0)])).await.refused(404, "shipment.not_found");
    cancel(&own, shipment, 4).await.refused(403, "auth.forbidden");
    assert_eq!(other.get("/v1/shipments").await.ok(200).at("/shipments"), json!([]));
    assert_eq!(own.get("/v1/shipments").await.ok(200).at("/shipments/0/shipment"), json!(shipment));
    receive(&own, shipment, &arrived(&[("EX0001", 195, 0)])).await.ok(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_depot_is_its_companys() {
    let setup = Setup::new().await;
    let request = |wholesaler: &str| {
        json!({"id": platform::opctx::new_id(), "wholesaler": wholesaler, "product": "comirnaty-12plus",
               "lots": [{"lot": "EX0001", "expiry": "2021-05-31", "vials": 1}]})
    };
    let before = setup.rows().await;
    setup.w01.post("/v1/inbound", &request("W02")).await.refused(404, "wholesaler.not_found");
    let branch = setup.app.wholesaler("W01-01").await;
    branch.post("/v1/inbound", &request("W01")).await.refused(404, "wholesaler.not_found");
    setup.app.persona("operator").await.post("/v1/inbound", &request("W77")).await.refused(404, "wholesaler.not_found");
    for officer in [&setup.city, &setup.tokyo, &setup.app.ministry().await] {
        officer.post("/v1/inbound", &request("W01")).await.refused(403, "auth.forbidden");
    }
    assert_eq!(setup.rows().await, before);
    setup.app.persona("operator").await.post("/v1/inbound", &request("W02")).await.ok(200);
    setup.app.db.stock_holds().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_and_events_hold_what_is_ones_own() {
    let setup = Setup::new().await;
    let mut all = Vec::new();
    for place in [CHIYODA, CHUO, MINATO, CHIYODA] {
        all.push(setup.app.order(&released(place, 195)).await);
    }
    let listed = async |client: &testkit::TestClient, query: &str| -> Vec<Uuid> {
        let list = client.get(&format!("/v1/shipments{query}")).await;
        let rows = list.ok(200).at("/shipments");
        rows.as_array().unwrap().iter().map(|row| row["shipment"].as_str().unwrap().parse().unwrap()).collect()
    };
    let (w02, branch) = (setup.app.wholesaler("W02").await, setup.app.wholesaler("W01-01").await);
    assert_eq!(listed(&setup.w01, "").await, [all[0], all[1], all[3]]);
    assert_eq!(listed(&setup.w01, "?branch=W01-02").await, [all[1]]);
    assert_eq!(listed(&setup.w01, "?branch=W02-01").await, Vec::<Uuid>::new());
    assert_eq!(listed(&w02, "").await, [all[2]]);
    assert_eq!(listed(&branch, "").await, [all[0], all[3]]);
    assert_eq!(listed(&setup.city, "").await, [all[0], all[3]]);
    assert_eq!(listed(&setup.tokyo, "").await, all);
    assert_eq!(listed(&setup.app.ministry().await, "").await, all);
    for stranger in [setup.app.proxy(13).await, setup.app.persona("operator").await] {
        stranger.get("/v1/shipments").await.refused(403, "auth.forbidden");
    }
    let told = async |client: &testkit::TestClient, many: usize| -> Vec<String> {
        let events = super::setup::told(client, "", many).await.at("/events");
        events.as_array().unwrap().iter().map(|event| event["subject"].as_str().unwrap().to_owned()).collect()
    };
    let subjects = |ids: &[Uuid]| -> Vec<String> { ids.iter().map(|id| format!("shipment/{id}")).collect() };
    assert_eq!(told(&setup.w01, 3).await, subjects(&[all[0], all[1], all[3]]));
    assert_eq!(told(&w02, 1).await, subjects(&[all[2]]));
    assert_eq!(told(&branch, 2).await, subjects(&[all[0], all[3]]));
    for stranger in [&setup.city, &setup.tokyo, &setup.app.ministry().await] {
        stranger.get("/v1/shipment-events").await.refused(403, "auth.forbidden");
    }
}
