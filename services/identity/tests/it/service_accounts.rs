//! Accounts of machines.
use serde_json::{Value, json};
use testkit::{Answer, TestApp, TestClient, app::report, app::until};

fn issue(name: &str, role: &str, territory: &str) -> Value {
    json!({
        "id": platform::opctx::new_id(), "name": name, "role": role, "territory": territory,
        "expires_at": platform::clock::real_now() + chrono::TimeDelta::days(30), "reason": "nightly figures",
    })
}

async fn token(app: &TestApp, name: &str, secret: &Value) -> Answer {
    let body = json!({"grant_type": "service_account", "client_id": name, "client_secret": secret});
    app.anonymous().post("/v1/tokens", &body).await
}

fn with(client: &TestClient, answer: &Answer) -> TestClient {
    client.with_token(answer.ok(200).at("/access_token").as_str().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_machine_does_what_it_was_made_for_and_nothing_else() {
    let app = TestApp::start().await;
    let facility = app.facility("131016").await;
    let tokyo = app.persona("prefecture-13").await;
    let mut request = issue("tokyo-reports", "reporting_proxy", "130001");
    request["actions"] = json!(["report_submit"]);
    let made = tokyo.post("/v1/service-accounts", &request).await;
    let secret = made.ok(201).at("/client_secret");
    let again = tokyo.post("/v1/service-accounts", &request).await;
    assert_eq!((again.ok(200).at("/client_secret"), again.header("Idempotency-Replayed")), (secret.clone(), "true"));
    let mut other = request.clone();
    other["reason"] = json!("something else");
    tokyo.post("/v1/service-accounts", &other).await.refused(422, "idempotency.key_reused");
    let taken = issue("tokyo-reports", "reporting_proxy", "130001");
    tokyo.post("/v1/service-accounts", &taken).await.refused(409, "service_account.name_taken");

    let machine = with(&tokyo, &token(&app, "tokyo-reports", &secret).await);
    testkit::app::take(&machine, &report(&facility, app.today, json!({"icu_total": 1}))).await;
    let read = machine.get(&format!("/v1/facilities/{}/reports/{}", facility.key(), app.today)).await;
    assert_eq!(read.status.as_u16() / 100, 4, "its role might, it may not: {}", read.body);
    // a machine makes no machines
    machine
        .post("/v1/service-accounts", &issue("another", "reporting_proxy", "130001"))
        .await
        .refused(403, "auth.forbidden");
    let listed = tokyo.get("/v1/service-accounts").await;
    let listed = listed.ok(200).at("/service_accounts");
    let ours = listed.as_array().unwrap().iter().find(|row| row["name"] == "tokyo-reports").unwrap();
    assert_eq!(ours["actions"], json!(["report_submit"]));
    assert!(ours["last_used_at"].is_string() && ours.get("client_secret").is_none());
    assert!(listed.as_array().unwrap().iter().all(|row| row["name"] != "proxy-31"), "not a sibling's");
    let everything = "select string_agg(to_jsonb(i)::text, '') from identity.idempotency i";
    assert!(!app.db.text(everything).await.contains(secret.as_str().unwrap()), "the secret is not kept");
    app.audit_ok().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn secrets_change_over_and_end() {
    let app = TestApp::start().await;
    let tokyo = app.persona("prefecture-13").await;
    let made = tokyo.post("/v1/service-accounts", &issue("tokyo-feed", "prefecture", "130001")).await;
    let first = made.ok(201).at("/client_secret");
    let rotate = async |hours: u32| {
        let body = json!({"id": platform::opctx::new_id(), "overlap_hours": hours});
        tokyo.post("/v1/service-accounts/tokyo-feed:rotate", &body).await
    };
    rotate(721).await.refused(422, "request.invalid");
    let second = rotate(24).await.ok(200).at("/client_secret");
    token(&app, "tokyo-feed", &first).await.ok(200);
    token(&app, "tokyo-feed", &second).await.ok(200);
    app.db.sql("update identity.service_account set previous_until = now()").await;
    token(&app, "tokyo-feed", &first).await.refused(401, "auth.bad_credentials");
    // a secret that got out: the old one and its tokens end at once
    let machine = with(&tokyo, &token(&app, "tokyo-feed", &second).await);
    machine.get("/v1/me").await.ok(200);
    let third = rotate(0).await.ok(200).at("/client_secret");
    token(&app, "tokyo-feed", &second).await.refused(401, "auth.bad_credentials");
    until("its tokens end", async || machine.get("/v1/me").await.code() == "auth.revoked").await;
    until("new ones count", async || {
        with(&tokyo, &token(&app, "tokyo-feed", &third).await).get("/v1/me").await.status.as_u16() == 200
    })
    .await;
    let machine = with(&tokyo, &token(&app, "tokyo-feed", &third).await);
    app.db.sql("update identity.account set expires_at = now() where name = 'tokyo-feed'").await;
    token(&app, "tokyo-feed", &third).await.refused(401, "auth.bad_credentials");
    app.db.sql("update identity.account set expires_at = null where name = 'tokyo-feed'").await;

    let tottori = app.persona("prefecture-31").await;
    let delete = |client: &TestClient, name: &str| {
        client.request(reqwest::Method::DELETE, &format!("/v1/service-accounts/{name}"))
    };
    tottori.send(delete(&tottori, "tokyo-feed")).await.refused(404, "service_account.not_found");
    tokyo.send(delete(&tokyo, "nothing")).await.refused(404, "service_account.not_found");
    tokyo.send(delete(&tokyo, "ministry")).await.refused(404, "service_account.not_found");
    tokyo.send(delete(&tokyo, "tokyo-feed")).await.ok(204);
    tokyo.send(delete(&tokyo, "tokyo-feed")).await.ok(204);
    token(&app, "tokyo-feed", &third).await.refused(401, "auth.bad_credentials");
    until("its tokens end", async || machine.get("/v1/me").await.code() == "auth.revoked").await;
    app.audit_ok().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_ones_own_and_those_below_are_made() {
    let app = TestApp::start().await;
    let tokyo = app.persona("prefecture-13").await;
    for (role, territory, status, code) in [
        ("prefecture", "310000", 403, "auth.forbidden"),
        ("ministry", "000000", 403, "auth.forbidden"),
        ("operator", "130001", 403, "auth.forbidden"),
        ("auditor", "130001", 403, "auth.forbidden"),
        ("municipality", "312011", 403, "auth.forbidden"),
        ("municipality", "130001", 422, "request.invalid"),
        ("hospital", "131016", 422, "request.invalid"),
        ("public", "130001", 422, "request.invalid"),
        ("emperor", "130001", 422, "request.invalid"),
        ("municipality", "131017", 422, "request.invalid"),
    ] {
        let refused = tokyo.post("/v1/service-accounts", &issue("somebody", role, territory)).await;
        assert_eq!((refused.status.as_u16(), refused.code()), (status, code), "{role} {territory}: {}", refused.body);
    }
    for (field, value) in [
        ("name", json!("Not A Name")),
        ("actions", json!(["everything"])),
        ("expires_at", json!("2020-01-01T00:00:00Z")),
        ("expires_at", json!("2099-01-01T00:00:00Z")),
        ("reason", json!(" ")),
        ("partner", json!("W01")),
        ("secret", json!("mine")),
    ] {
        let mut request = issue("somebody", "prefecture", "130001");
        request[field] = value;
        tokyo.post("/v1/service-accounts", &request).await.refused(422, "request.invalid");
    }
    tokyo.post("/v1/service-accounts", &issue("chiyoda-feed", "municipality", "131016")).await.ok(201);
    for persona in ["auditor", "wholesaler"] {
        let refused =
            app.persona(persona).await.post("/v1/service-accounts", &issue("x", "prefecture", "130001")).await;
        refused.refused(403, "auth.forbidden");
    }
    assert_eq!(app.db.number("select count(*) from identity.service_account").await, 1);
}
