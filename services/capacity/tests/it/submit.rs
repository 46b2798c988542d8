//! `POST /v1/reports` and `GET /v1/facilities/{key}/reports/{day}`: reports that are taken.
use serde_json::{Value, json};
use testkit::{
    TestApp,
    app::{report, take},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_report_is_taken_and_read_back() {
    let app = TestApp::start().await;
    let facility = app.facility("131016").await;
    let proxy = app.proxy(13).await;
    let values = json!({"beds_total": 120, "beds_ready": null, "icu_total": 8, "icu_staffed": 6, "icu_occupied": 4, "status_emergency": "limited"});
    let sent = report(&facility, app.today, values.clone());
    let taken = take(&proxy, &sent).await;
    assert_eq!(taken.at("/revision"), 1);
    assert_eq!(taken.at("/facility_id"), json!(facility.id));
    assert_eq!((taken.at("/training"), taken.at("/provisional")), (json!(true), json!(true)));
    assert_eq!(taken.header("Meguri-Position"), taken.at("/position").as_str().unwrap());
    assert_eq!(taken.header("Meguri-Training"), "true");
    assert!(taken.header("Meguri-Clock").starts_with("2021-04-05T03:3"), "{}", taken.header("Meguri-Clock"));

    for key in [facility.key(), format!("gmis:{}", facility.gmis_id)] {
        let read = proxy.get(&format!("/v1/facilities/{key}/reports/{}", app.today)).await;
        read.ok(200);
        assert_eq!(read.at("/revisions/0/values"), values);
        assert_eq!(read.at("/revisions/0/submitted_by"), "proxy-13");
        assert_eq!(read.at("/due_at"), "2021-04-05T04:00:00.000Z");
    }
    app.audit_ok().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_correction_keeps_the_history() {
    let app = TestApp::start().await;
    let facility = app.facility("131016").await;
    let hospital = app.hospital(&facility).await;
    take(&hospital, &report(&facility, app.today, json!({"icu_total": 8, "icu_occupied": 4, "icu_staffed": 8}))).await;
    let mut correction = report(&facility, app.today, json!({"icu_total": 8, "icu_occupied": 5, "icu_staffed": 8}));
    correction["replaces_revision"] = json!(1);
    correction["reason"] = json!("数え間違い");
    assert_eq!(take(&hospital, &correction).await.at("/revision"), 2);

    let read = hospital.get(&format!("/v1/facilities/{}/reports/{}", facility.key(), app.today)).await;
    let occupied = |index: usize| read.at(&format!("/revisions/{index}/values/icu_occupied"));
    assert_eq!((occupied(0), occupied(1)), (json!(5), json!(4)));
    assert_eq!(read.at("/revisions/0/reason"), "数え間違い");

    // whoever read revision 1 and corrects it now is told that it is no longer the newest
    let mut stale = report(&facility, app.today, json!({"icu_occupied": 6}));
    stale["replaces_revision"] = json!(1);
    let answer = hospital.post("/v1/reports", &stale).await;
    answer.refused(409, "report.stale_revision");
    assert_eq!(answer.at("/current_revision"), 2);
    app.audit_ok().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_jump_is_a_warning_and_no_refusal() {
    let app = TestApp::start().await;
    let facility = app.facility("131016").await;
    let proxy = app.proxy(13).await;
    let first = take(&proxy, &report(&facility, app.today, json!({"beds_total": 100, "icu_total": 4}))).await;
    assert_eq!(first.at("/warnings"), json!([]));
    let second = take(&proxy, &report(&facility, app.today, json!({"beds_total": 131, "icu_total": 9}))).await;
    let warnings: Vec<Value> = second.at("/warnings").as_array().unwrap().clone();
    let paths: Vec<&str> = warnings.iter().filter_map(|warning| warning["path"].as_str()).collect();
    assert_eq!(paths, ["values.beds_total"], "icu_total moved by no more than 5");
    assert_eq!(warnings[0]["code"], "report.jump");
    assert!(warnings[0]["ja"].as_str().unwrap().contains("131"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_moment_never_goes_back() {
    let app = TestApp::start().await;
    let facility = app.facility("131016").await;
    let proxy = app.proxy(13).await;
    let at = |as_of: &str| {
        let mut report = report(&facility, app.today, json!({"beds_total": 100}));
        report["as_of"] = json!(as_of);
        report
    };
    let taken = take(&proxy, &at("2021-04-05T12:00:00+09:00")).await;
    assert_eq!(taken.at("/as_of"), "2021-04-05T03:00:00.000Z");
    let code = |answer: testkit::Answer| {
        answer.refused(422, "report.invalid");
        answer.at("/errors/0/code").as_str().unwrap().to_owned()
    };
    assert_eq!(code(proxy.post("/v1/reports", &at("2021-04-05T11:59:59+09:00")).await), "report.as_of_goes_back");
    assert_eq!(code(proxy.post("/v1/reports", &at("2021-04-04T23:59:59+09:00")).await), "report.as_of_outside_day");
    assert_eq!(code(proxy.post("/v1/reports", &at("2021-04-05T23:00:00+09:00")).await), "report.as_of_in_future");
    assert_eq!(code(proxy.post("/v1/reports", &at("2021-04-05T12:10:00")).await), "time.malformed_instant");
    app.audit_ok().await;
}
