//! Access in an emergency: what it opens, who is told, how it ends, and the second person's word on it.
use platform::opctx::new_id;
use serde_json::{Value, json};
use testkit::{
    TestApp, TestClient,
    app::{Facility, report, take, until},
};

fn asked(facility: &Facility) -> Value {
    json!({"id": new_id(), "facility": facility.key(), "reason": "重症患者の受入れ先を探している", "minutes": 30})
}

async fn reads(client: &TestClient, facility: &Facility, app: &TestApp) -> u16 {
    client.get(&format!("/v1/facilities/{}/reports/{}", facility.key(), app.today)).await.status.as_u16()
}

async fn by_graphql(client: &TestClient, facility: &Facility) -> Value {
    let query = format!("{{ facility(key: \"{}\") {{ name latestReport {{ revision }} }} }}", facility.key());
    client.graphql(&query, json!({})).await.at("/data/facility")
}

#[tokio::test(flavor = "multi_thread")]
async fn an_emergency_opens_one_facility_for_a_while_and_everybody_concerned_is_told() {
    let app = TestApp::start().await;
    let made = app.facilities(&["131016", "131016"]).await;
    let proxy = app.proxy(13).await;
    for facility in &made {
        take(&proxy, &report(facility, app.today, json!({"icu_total": 3}))).await;
    }
    let (neighbour, hospital) = (app.persona("prefecture-31").await, app.hospital(&made[0]).await);
    assert_eq!(reads(&neighbour, &made[0], &app).await, 404);
    let request = asked(&made[0]);
    let opened = neighbour.post("/v1/break-glass", &request).await;
    assert_eq!(opened.ok(201).at("/active"), true);
    assert_eq!(opened.at("/account"), "prefecture-31");
    // this one and no other, by every way; and only to look
    assert_eq!(reads(&neighbour, &made[0], &app).await, 200);
    assert_eq!(by_graphql(&neighbour, &made[0]).await["latestReport"]["revision"], 1);
    assert_eq!(reads(&neighbour, &made[1], &app).await, 404);
    assert_eq!(by_graphql(&neighbour, &made[1]).await, Value::Null);
    let correction = report(&made[0], app.today, json!({"icu_total": 4}));
    neighbour.post("/v1/reports", &correction).await.refused(403, "auth.forbidden");
    // another account of the same place sees nothing
    assert_eq!(reads(&app.persona("municipality-312011").await, &made[0], &app).await, 404);
    // the same id again: the first answer, and nobody is told twice
    let again = neighbour.post("/v1/break-glass", &request).await;
    assert_eq!(again.ok(200).body, opened.body);
    let mut other = request.clone();
    other["minutes"] = json!(60);
    neighbour.post("/v1/break-glass", &other).await.refused(422, "idempotency.key_reused");
    let told = "select string_agg(payload ->> 'recipient_kind' || ' ' || (payload ->> 'recipient'), ', '
                                  order by payload ->> 'recipient')
                from identity.outbox where type = 'notification.requested.v1'";
    let expected = ["territory 000000", "territory 130001"];
    let recipients = app.db.text(told).await;
    for recipient in expected.into_iter().chain([format!("facility {}", made[0].key()).as_str()]) {
        assert!(recipients.contains(recipient), "{recipients}");
    }
    let named = "select count(*) from identity.outbox where payload ->> 'recipient_kind' = 'facility'
                 and payload::text like '%prefecture-31%'";
    assert_eq!(app.db.number(named).await, 0, "a facility is told the role, not the account");
    // every view within is marked with it
    let marked = format!(
        "select count(*) from views.log where kind = 'break_glass' and break_glass = '{}'",
        request["id"].as_str().unwrap()
    );
    assert_eq!(app.db.number(&marked).await, 2);
    assert_eq!(app.db.number("select count(*) from views.log where kind <> 'break_glass'").await, 0);
    let seen = hospital.get(&format!("/v1/facilities/{}/views", made[0].key())).await;
    assert_eq!(seen.ok(200).at("/views/0/break_glass"), request["id"]);
    assert_eq!(seen.at("/views/0/account"), Value::Null);
    // it ends by itself
    app.db
        .sql(
            "alter table reference.break_glass disable trigger all;
              update reference.break_glass set from_at = now() - interval '30 min', until = now() - interval '1 s'",
        )
        .await;
    until("the access has ended", async || reads(&neighbour, &made[0], &app).await == 404).await;
    assert_eq!(neighbour.get("/v1/break-glass").await.ok(200).at("/accesses/0/active"), false);
    app.audit_ok().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_person_says_whether_it_was_right() {
    let app = TestApp::start().await;
    let made = app.facilities(&["131016"]).await;
    let (neighbour, prefecture) = (app.persona("prefecture-31").await, app.persona("prefecture-13").await);
    let hospital = app.hospital(&made[0]).await;
    let request = asked(&made[0]);
    neighbour.post("/v1/break-glass", &request).await.ok(201);
    let path = format!("/v1/break-glass/{}:review", request["id"].as_str().unwrap());
    let word = || json!({"id": new_id(), "verdict": "right", "note": "搬送の記録と一致"});
    neighbour.post(&path, &word()).await.refused(409, "break_glass.second_person");
    hospital.post(&path, &word()).await.refused(404, "break_glass.not_found");
    app.persona("auditor").await.post(&path, &word()).await.refused(403, "auth.forbidden");
    app.persona("prefecture-01").await.post(&path, &word()).await.refused(404, "break_glass.not_found");
    let mut unsaid = word();
    unsaid["verdict"] = json!("perhaps");
    unsaid["note"] = json!(" ");
    let refused = prefecture.post(&path, &unsaid).await;
    refused.refused(422, "request.invalid");
    assert_eq!((refused.at("/errors/0/path"), refused.at("/errors/1/path")), (json!("verdict"), json!("note")));
    // it waits in the list of those who answer for the facility, and of nobody else
    let waiting = "/v1/break-glass?state=unreviewed";
    for (name, count) in
        [("prefecture-13", 1), ("ministry", 1), ("auditor", 1), ("prefecture-31", 1), ("prefecture-01", 0)]
    {
        let list = app.persona(name).await.get(waiting).await.ok(200).at("/accesses");
        assert_eq!(list.as_array().unwrap().len(), count, "{name}");
    }
    let own = hospital.get(waiting).await;
    assert_eq!((own.ok(200).at("/accesses/0/role"), own.at("/accesses/0/account")), (json!("prefecture"), Value::Null));
    let said = word();
    let reviewed = prefecture.post(&path, &said).await;
    assert_eq!(reviewed.ok(200).at("/review/verdict"), "right");
    assert_eq!(prefecture.post(&path, &said).await.ok(200).body, reviewed.body);
    app.ministry().await.post(&path, &word()).await.refused(409, "break_glass.reviewed");
    let left = prefecture.get(waiting).await.ok(200).at("/accesses");
    assert_eq!(left, json!([]));
    prefecture.get("/v1/break-glass?state=closed").await.refused(422, "request.invalid");
    app.audit_ok().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_asked_for_must_be_needed_and_said() {
    let app = TestApp::start().await;
    let made = app.facilities(&["131016"]).await;
    let neighbour = app.persona("prefecture-31").await;
    let with = |name: &str, value: Value| {
        let mut request = asked(&made[0]);
        request[name] = value;
        request
    };
    for (field, value) in [
        ("reason", json!("短い")),
        ("reason", json!(" ".repeat(20))),
        ("reason", json!("x".repeat(501))),
        ("reason", json!("aaaaaaaaaaa\u{0}")),
        ("minutes", json!(0)),
        ("minutes", json!(61)),
        ("territory", json!("131016")),
        ("facility", Value::Null),
    ] {
        neighbour.post("/v1/break-glass", &with(field, value.clone())).await.refused(422, "request.invalid");
    }
    let territory = |code: &str| json!({"id": new_id(), "territory": code, "reason": "重症患者の受入れ先を探している", "minutes": 5});
    neighbour.post("/v1/break-glass", &territory("000000")).await.refused(422, "request.invalid");
    let unknown = with("facility", json!("gmis:00000001"));
    neighbour.post("/v1/break-glass", &unknown).await.refused(404, "facility.not_found");
    // what is seen anyway, and roles that have no such access
    app.persona("prefecture-13")
        .await
        .post("/v1/break-glass", &asked(&made[0]))
        .await
        .refused(409, "break_glass.not_needed");
    app.ministry().await.post("/v1/break-glass", &territory("131016")).await.refused(409, "break_glass.not_needed");
    for name in ["municipality-312011", "operator", "wholesaler"] {
        app.persona(name).await.post("/v1/break-glass", &asked(&made[0])).await.refused(403, "auth.forbidden");
    }
    app.hospital(&made[0]).await.post("/v1/break-glass", &territory("312011")).await.refused(403, "auth.forbidden");
    app.anonymous().post("/v1/break-glass", &asked(&made[0])).await.refused(401, "auth.missing_token");
    assert_eq!(app.db.number("select count(*) from reference.break_glass").await, 0);
    // a territory with all its facilities; five at once and no more
    for code in ["131016", "131024", "131032", "131041", "130001"] {
        neighbour.post("/v1/break-glass", &territory(code)).await.ok(201);
    }
    neighbour.post("/v1/break-glass", &territory("131059")).await.refused(409, "break_glass.too_many");
    assert_eq!(by_graphql(&neighbour, &made[0]).await["name"], made[0].name.as_str());
    app.audit_ok().await;
}
