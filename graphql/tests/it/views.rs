//! Who saw what about a facility: every way to its data leaves a row, and the row is told to those who may know.
use crate::{ask, code};
use serde_json::{Value, json};
use testkit::{TestApp, TestClient, app, app::until};

/// What the log says, in its order: account, kind, what was seen.
async fn log(app: &TestApp) -> Vec<(String, String, String)> {
    let rows = app
        .db
        .rows("select actor_name, kind, array_to_string(seen, ' ') as seen, service from views.log order by id")
        .await;
    let text = |row: &Value, name: &str| row[name].as_str().unwrap().to_owned();
    rows.iter().map(|row| (text(row, "actor_name"), text(row, "kind"), text(row, "seen"))).collect()
}

fn seen(account: &str, kind: &str, what: &str) -> (String, String, String) {
    (account.to_owned(), kind.to_owned(), what.to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn every_view_leaves_one_row_for_each_request_and_facility() {
    let app = TestApp::start().await;
    let made = app.facilities(&["131016", "131016", "141003"]).await;
    let (ministry, hospital) = (app.ministry().await, app.hospital(&made[0]).await);
    app::take(&app.proxy(13).await, &app::report(&made[0], app.today, json!({"icu_total": 3}))).await;
    assert_eq!(log(&app).await, [], "sending a report shows nothing");
    let key = made[0].key();
    // several ways to the same facility in one request: one row
    ask(
        &ministry,
        &format!(
            "{{ a: facility(key: \"{key}\") {{ name latestReport {{ revision }} }}
               b: facility(key: \"{key}\") {{ report(day: \"{}\") {{ revision }} }} }}",
            app.today
        ),
    )
    .await;
    assert_eq!(log(&app).await, [seen("ministry", "duty", &format!("facility report/daily/{}", app.today))]);
    // a list: one row for each
    ask(&ministry, "{ territory(code: \"131016\") { facilities(first: 10) { edges { node { name } } } } }").await;
    assert_eq!(log(&app).await.len(), 3);
    // one's own, and by REST
    ask(&hospital, "{ viewer { facility { name } } }").await;
    hospital.get(&format!("/v1/facilities/{key}/reports/{}", app.today)).await.ok(200);
    let own = format!("hospital-{}", made[0].gmis_id);
    let last = log(&app).await.split_off(3);
    let report = format!("report/daily/{}", app.today);
    assert_eq!(last, [seen(&own, "own", "facility"), seen(&own, "own", &report)]);
    // figures of a territory are nobody's in particular; what is not shown leaves nothing
    ask(&ministry, "{ nation { code capacity { coverage { due } } } }").await;
    let stranger = app.hospital(&made[2]).await;
    assert_eq!(code(&stranger, &format!("{{ facility(key: \"{key}\") {{ name }} }}")).await, "facility.not_found");
    stranger.get(&format!("/v1/facilities/{key}/reports/{}", app.today)).await.refused(404, "facility.not_found");
    assert_eq!(log(&app).await.len(), 5);
    app.audit_ok().await;
    let unsealed = "select (select count(*) from views.log) - (select coalesce(max(last), 0) from views.seal)";
    until("the views are sealed", async || app.db.number(unsealed).await == 0).await;
    app.audit_ok().await;
    // the month's partition was there before the first view
    assert_eq!(app.db.number("select count(*) from views.log_default").await, 0);
}

async fn views(client: &TestClient, key: &str, more: &str) -> Vec<Value> {
    let query = format!(
        "{{ facility(key: \"{key}\") {{ views(first: 50{more}) {{
            edges {{ node {{ account role organisation kind seen service }} }} }} }} }}"
    );
    ask(client, &query).await["facility"]["views"]["edges"].as_array().unwrap().clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn who_saw_what_is_told_to_those_above_and_to_the_facility() {
    let app = TestApp::start().await;
    let made = app.facilities(&["131016"]).await;
    let key = made[0].key();
    let (hospital, prefecture) = (app.hospital(&made[0]).await, app.persona("prefecture-13").await);
    ask(&prefecture, &format!("{{ facility(key: \"{key}\") {{ name }} }}")).await;
    ask(&hospital, &format!("{{ facility(key: \"{key}\") {{ name }} }}")).await;
    // the facility is told who, and not which person; its own looking is left out unless asked for
    let told = views(&hospital, &key, "").await;
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0]["node"]["account"], Value::Null);
    assert_eq!(told[0]["node"]["role"], "prefecture");
    assert_eq!(told[0]["node"]["seen"], json!(["facility"]));
    assert!(told[0]["node"]["organisation"].is_string(), "{told:?}");
    assert_eq!(views(&hospital, &key, ", own: true").await.len(), 3);
    // those above are told the account
    for name in ["ministry", "auditor", "prefecture-13"] {
        let told = views(&app.persona(name).await, &key, "").await;
        assert_eq!(told.last().unwrap()["node"]["account"], "prefecture-13", "{name}");
    }
    // who looked at the log is in the log
    let told = views(&prefecture, &key, "").await;
    assert_eq!(told[0]["node"]["seen"], json!(["facility", "views"]));
    assert!(views(&prefecture, &key, ", until: \"2021-04-01T00:00:00+09:00\"").await.is_empty());
    // those who see the facility and answer for nobody
    let municipality = app.persona("municipality-131016").await;
    let query = format!("{{ facility(key: \"{key}\") {{ views(first: 1) {{ edges {{ cursor }} }} }} }}");
    assert_eq!(code(&municipality, &query).await, "auth.forbidden");
    // the same by REST, page by page
    let path = format!("/v1/facilities/{key}/views");
    municipality.get(&path).await.refused(403, "auth.forbidden");
    app.persona("prefecture-31").await.get(&path).await.refused(404, "facility.not_found");
    app.anonymous().get(&path).await.refused(401, "auth.missing_token");
    hospital.get(&format!("{path}?limit=0")).await.refused(422, "request.invalid");
    hospital.get(&format!("{path}?from=yesterday")).await.refused(422, "time.malformed_instant");
    hospital.get(&format!("{path}?since=1")).await.refused(400, "request.malformed");
    let mut found: Vec<Value> = Vec::new();
    let mut after = String::new();
    loop {
        let page = hospital.get(&format!("{path}?limit=2{after}")).await.ok(200).at("");
        found.extend(page["views"].as_array().unwrap().clone());
        assert!(page["views"].as_array().unwrap().iter().all(|view| view.get("account").is_none()), "{page}");
        let Some(next) = page["next"].as_str() else { break };
        after = format!("&after={next}");
    }
    let others = app.db.number("select count(*) from views.log where kind <> 'own'").await;
    assert_eq!(i64::try_from(found.len()).unwrap(), others);
    let named = prefecture.get(&path).await.ok(200).at("/views/0/account");
    // its question was refused; that it reached for the facility stands there all the same
    assert_eq!(named, "municipality-131016");
    app.audit_ok().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_its_row_nothing_is_shown() {
    let app = TestApp::start().await;
    let made = app.facilities(&["131016"]).await;
    let key = made[0].key();
    let ministry = app.ministry().await;
    app.db.sql("alter table views.log add constraint nothing_more check (false) not valid").await;
    let answer = ministry.graphql(&format!("{{ facility(key: \"{key}\") {{ name }} }}"), json!({})).await;
    assert!(!answer.body.to_string().contains(&made[0].name), "{}", answer.body);
    assert_eq!(answer.code(), "service.internal");
    ask(&ministry, "{ nation { code } }").await;
}
