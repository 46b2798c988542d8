//! `POST /v1/reports:batch`: each report by itself.
use serde_json::{Value, json};
use testkit::{TestApp, app::report};

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_report_fails_alone() {
    let app = TestApp::start().await;
    let made = app.facilities(&["131016", "131024", "141003"]).await;
    let proxy = app.proxy(13).await;
    let good = report(&made[0], app.today, json!({"icu_total": 3}));
    let reports = json!([
        good,
        report(&made[1], app.today, json!({"icu_total": -3})),
        report(&made[2], app.today, json!({"icu_total": 3})),
        {"id": 7},
        "nonsense",
        good,
        report(&made[0], app.today, json!({"icu_total": 4})),
    ]);
    let answer = proxy.post("/v1/reports:batch", &json!({"reports": reports})).await;
    answer.ok(200);
    let outcomes: Vec<Value> = answer.at("/outcomes").as_array().unwrap().clone();
    let told: Vec<(u64, &str)> = outcomes
        .iter()
        .map(|outcome| (outcome["status"].as_u64().unwrap(), outcome["problem"]["code"].as_str().unwrap_or("")))
        .collect();
    assert_eq!(
        told,
        [
            (201, ""),
            (422, "report.invalid"),
            (404, "facility.not_found"),
            (422, "request.invalid"),
            (422, "request.invalid"),
            (200, ""),
            (201, ""),
        ]
    );
    assert_eq!((answer.at("/accepted"), answer.at("/replayed"), answer.at("/refused")), (json!(2), json!(1), json!(4)));
    // reports of one facility are taken in the order sent
    assert_eq!((&outcomes[0]["report"]["revision"], &outcomes[6]["report"]["revision"]), (&json!(1), &json!(2)));
    app.audit_ok().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_has_a_limit() {
    let app = TestApp::start().await;
    let proxy = app.proxy(13).await;
    let answer = proxy.post("/v1/reports:batch", &json!({"reports": vec![0; 10_001]})).await;
    answer.refused(422, "request.too_many_items");
    let empty = proxy.post("/v1/reports:batch", &json!({"reports": []})).await;
    assert_eq!(empty.ok(200).at("/accepted"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn reports_of_one_facility_stay_in_order_however_they_name_it() {
    let app = TestApp::start().await;
    let facility = app.facility("131016").await;
    app.db.sql("update reference.facility set facility_code = '1310101234'").await;
    let keys = [facility.key(), format!("gmis:{}", facility.gmis_id), "1310101234".to_owned()];
    let reports: Vec<Value> = (0..18)
        .map(|n| {
            let mut sent = report(&facility, app.today, json!({"beds_total": n + 1}));
            sent["facility"] = json!(keys[n % 3]);
            sent
        })
        .collect();
    let answer = app.proxy(13).await.post("/v1/reports:batch", &json!({"reports": reports})).await;
    assert_eq!(answer.ok(200).at("/accepted"), 18);
    let revisions: Vec<Value> = (0..18).map(|n| answer.at(&format!("/outcomes/{n}/report/revision"))).collect();
    assert_eq!(json!(revisions), json!((1..=18).collect::<Vec<_>>()));
}
