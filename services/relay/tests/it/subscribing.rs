//! Asking for notices.
use crate::support::settings;
use platform::opctx::new_id;
use relay::delivery::Settings;
use serde_json::{Value, json};
use testkit::TestApp;

fn asked(kind: &str, address: &str) -> Value {
    json!({"id": new_id(), "kind": kind, "address": address, "topics": ["shipment"]})
}

#[tokio::test(flavor = "multi_thread")]
async fn an_office_asks_for_its_own_notices_and_confirms_the_address() {
    let app = TestApp::start().await;
    let (tokyo, tottori) = (app.persona("prefecture-13").await, app.persona("prefecture-31").await);
    let request = asked("webhook", "http://127.0.0.1:9/hook");
    let made = tokyo.post("/v1/subscriptions", &request).await;
    assert_eq!((made.ok(201).at("/confirmed"), made.at("/language")), (json!(false), json!("ja")));
    assert_eq!(made.at("/signing_key").as_str().unwrap().len(), 64);
    assert_eq!(tokyo.post("/v1/subscriptions", &request).await.ok(200).body, made.body);
    let list = tokyo.get("/v1/subscriptions").await;
    assert_eq!(
        (list.ok(200).at("/subscriptions/0/id"), list.at("/subscriptions/0/signing_key")),
        (request["id"].clone(), Value::Null)
    );
    assert_eq!(tottori.get("/v1/subscriptions").await.ok(200).at("/subscriptions"), json!([]));
    let id = request["id"].as_str().unwrap();
    let path = format!("/v1/subscriptions/{id}:confirm");
    let stack = &app.db.home.stack;
    let settings = Settings { instance: stack.instance.clone(), secret: stack.secret.clone(), ..settings() };
    let code = json!({"code": settings.code(id.parse().unwrap())});
    tokyo.post(&path, &json!({"code": "0".repeat(32)})).await.refused(422, "subscription.wrong_code");
    tottori.post(&path, &code).await.refused(404, "subscription.not_found");
    for _ in 0..2 {
        assert_eq!(tokyo.post(&path, &code).await.ok(200).at("/confirmed"), true);
    }
    let ended = format!("/v1/subscriptions/{id}");
    let delete =
        async |client: &testkit::TestClient| client.send(client.request(reqwest::Method::DELETE, &ended)).await;
    delete(&tottori).await.refused(404, "subscription.not_found");
    delete(&tokyo).await.ok(204);
    delete(&tokyo).await.refused(404, "subscription.not_found");
    let traces = "select count(*) from relay.audit where action = 'subscription_manage'";
    assert_eq!(app.db.number(traces).await, 4);
    assert_eq!(app.db.number("select count(*) from relay.audit where reason like '%code%'").await, 0);
    app.audit_ok().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_delivered_is_not_taken() {
    let app = TestApp::start().await;
    let tokyo = app.persona("prefecture-13").await;
    for (kind, address) in [
        ("mail", "tokyo"),
        ("mail", "a@b\r\nBcc: c@d"),
        ("fax", "0312345678"),
        ("webhook", "http://10.0.0.1/"),
        ("webhook", "https://10.0.0.1/"),
        ("webhook", "https://169.254.169.254/latest/meta-data"),
        ("webhook", "file:///etc/passwd"),
        ("webhook", ""),
    ] {
        tokyo.post("/v1/subscriptions", &asked(kind, address)).await.refused(422, "request.invalid");
    }
    let with = |name: &str, value: Value| {
        let mut request = asked("mail", "tokyo@example.jp");
        request[name] = value;
        request
    };
    for request in [with("topics", json!(["Shipment"])), with("topics", json!([""])), with("language", json!("fr"))] {
        tokyo.post("/v1/subscriptions", &request).await.refused(422, "request.invalid");
    }
    app.persona("operator")
        .await
        .post("/v1/subscriptions", &asked("mail", "a@example.jp"))
        .await
        .refused(403, "auth.forbidden");
    for number in 0..20 {
        let request = asked("mail", &format!("a{number}@example.jp"));
        tokyo.post("/v1/subscriptions", &request).await.ok(201);
    }
    tokyo.post("/v1/subscriptions", &asked("mail", "more@example.jp")).await.refused(409, "subscription.too_many");
    app.audit_ok().await;
}
