//! The same id again: the first answer, one effect.
use super::setup::{Setup, arrived, day, moment, receive};
use platform::opctx::new_id;
use serde_json::{Value, json};
use testkit::{
    Answer, TestClient,
    shipping::{answer, send},
};

/// Sends the same sixteen times at once: one effect, sixteen equal answers; then once more, and another
/// body under the id.
async fn sixteen(setup: &Setup, client: &TestClient, path: &str, body: &Value, other: &Value) -> Answer {
    let mut sending = tokio::task::JoinSet::new();
    for _ in 0..16 {
        let (client, path, body) = (client.clone(), path.to_owned(), body.clone());
        sending.spawn(async move { client.post(&path, &body).await });
    }
    let answers = sending.join_all().await;
    let replayed = answers.iter().filter(|answer| answer.header("Idempotency-Replayed") == "true").count();
    for answer in &answers {
        answer.ok(200);
        assert_eq!(answer.body, answers[0].body, "{path}");
    }
    assert_eq!(replayed, 15, "{path}");
    let rows = setup.rows().await;
    let again = client.post(path, body).await;
    assert_eq!((again.ok(200).header("Idempotency-Replayed"), &again.body), ("true", &answers[0].body), "{path}");
    client.post(path, other).await.refused(422, "idempotency.key_reused");
    assert_eq!(setup.rows().await, rows, "{path}");
    again
}

/// The same body with one value changed.
fn with(body: &Value, key: &str, value: Value) -> Value {
    let mut other = body.clone();
    other[key] = value;
    other
}

#[tokio::test(flavor = "multi_thread")]
async fn every_write_has_one_effect() {
    let setup = Setup::new().await;
    let (first, second) = (setup.order(195).await, setup.order(195).await);
    let inbound = json!({"id": new_id(), "wholesaler": "W01", "product": "comirnaty-12plus",
                         "lots": [{"lot": "EX0010", "expiry": "2021-08-31", "vials": 100}]});
    let other = with(&inbound, "lots", json!([{"lot": "EX0010", "expiry": "2021-08-31", "vials": 101}]));
    sixteen(&setup, &setup.w01, "/v1/inbound", &inbound, &other).await;
    assert_eq!(setup.app.db.stock("available", "depot/W01", Some("EX0010")).await, 100);

    let answered = answer("W01", first, 1, "scheduled", day("2021-04-12"));
    let path = format!("/v1/shipments/{first}/answers");
    sixteen(&setup, &setup.w01, &path, &answered, &with(&answered, "time", json!("2021-04-05T03:31:00Z"))).await;
    assert_eq!(setup.stands(first).await, "scheduled 2");
    // a held one, too
    let held = answer("W01", first, 3, "dispatched", moment());
    let taken = sixteen(&setup, &setup.w01, &path, &held, &with(&held, "time", json!("2021-04-05T03:31:00Z"))).await;
    assert_eq!(taken.at("/taken"), "held");
    setup.answered(first, 2, "picked", super::setup::picked(&[("EX0001", 195)])).await;
    assert_eq!(setup.stands(first).await, "dispatched 4");

    let received = arrived(&[("EX0001", 190, 2)]);
    let path = format!("/v1/shipments/{first}:receive");
    let taken = sixteen(&setup, &setup.city, &path, &received, &with(&received, "lots", json!([]))).await;
    let open = taken.at("/discrepancies");
    assert_eq!(open.as_array().unwrap().len(), 2);

    let resolved = json!({"id": new_id(), "decision": "lost", "reason": "見つからない"});
    let short = "select id from distribution.discrepancy where kind = 'short'";
    let path = format!("/v1/discrepancies/{}:resolve", setup.app.db.text(short).await);
    sixteen(&setup, &setup.tokyo, &path, &resolved, &with(&resolved, "reason", json!("あった"))).await;

    let cancelled = json!({"id": new_id(), "version": 1, "reason": "会場が使えない"});
    let path = format!("/v1/shipments/{second}:cancel");
    sixteen(&setup, &setup.city, &path, &cancelled, &with(&cancelled, "version", json!(2))).await;
    assert_eq!(setup.stands(second).await, "cancelled 2");

    let recalled = json!({"id": new_id(), "reason": "メーカーの回収"});
    let (path, ministry) = ("/v1/lots/comirnaty-12plus/EX0010:recall", setup.app.ministry().await);
    let taken = sixteen(&setup, &ministry, path, &recalled, &with(&recalled, "reason", json!("別の理由"))).await;
    assert_eq!(taken.at("/vials_quarantined"), 100);
    setup.app.db.stock_holds().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_is_good_for_one_thing() {
    let setup = Setup::new().await;
    let (first, second) = (setup.order(195).await, setup.order(195).await);
    let sent = answer("W01", first, 1, "scheduled", day("2021-04-12"));
    send(&setup.w01, first, &sent).await.ok(200);
    let mut elsewhere = answer("W01", second, 1, "scheduled", day("2021-04-12"));
    elsewhere["id"] = sent["id"].clone();
    send(&setup.w01, second, &elsewhere).await.refused(422, "idempotency.key_reused");
    // another account of the same company gives the same answer: it is the company's
    let branch = setup.app.wholesaler("W01-01").await;
    assert_eq!(send(&branch, first, &sent).await.ok(200).header("Idempotency-Replayed"), "true");
    let mut request = json!({"id": sent["id"], "version": 2, "reason": "x"});
    let path = format!("/v1/shipments/{first}:cancel");
    setup.city.post(&path, &request).await.refused(422, "idempotency.key_reused");
    request["id"] = json!(second);
    setup.city.post(&path, &request).await.refused(422, "idempotency.key_reused");
    assert_eq!(setup.stands(first).await, "scheduled 2");
    let third = setup.order(195).await;
    setup.dispatched(third, &[("EX0001", 195)]).await;
    let mut received = arrived(&[("EX0001", 195, 0)]);
    received["id"] = sent["id"].clone();
    receive(&setup.city, third, &received).await.refused(422, "idempotency.key_reused");
    assert_eq!(setup.stands(third).await, "dispatched 4");
    setup.app.db.stock_holds().await;
}
