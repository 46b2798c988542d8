//! `submitReport`: every outcome of the capacity service in its place.
use crate::data;
use serde_json::{Value, json};
use testkit::{Answer, Facility, TestApp, TestClient};

const SUBMIT: &str = "mutation Submit($input: SubmitReportInput!) { submitReport(input: $input) { __typename
    ... on ReportAccepted { id facilityId revision businessDay provisional training position replayed
        warnings { path code ja en } }
    ... on ReportRejected { code message { ja en } errors { path code ja en } }
    ... on ReportStale { code currentRevision }
    ... on ReportRefused { code message { ja } } } }";

fn input(app: &TestApp, facility: &Facility, id: u32, answers: impl Into<Value>) -> Value {
    let id = format!("0192f0be-0000-7000-8000-{id:012}");
    json!({"id": id, "facility": facility.key(), "businessDay": app.today, "answers": answers.into()})
}

async fn submit(client: &TestClient, input: &Value) -> Answer {
    client.graphql(SUBMIT, json!({"input": input})).await
}

async fn outcome(client: &TestClient, input: &Value) -> Value {
    data(&submit(client, input).await)["submitReport"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_is_taken_once_and_read_at_its_position() {
    let app = TestApp::start().await;
    let hospital = app.facility("131016").await;
    let staff = app.hospital(&hospital).await;
    let beds = input(
        &app,
        &hospital,
        1,
        json!([
            {"item": "beds_total", "count": 120}, {"item": "icu_total", "notApplicable": true},
            {"item": "status_inpatient", "choice": "normal"},
        ]),
    );
    let taken = outcome(&staff, &beds).await;
    assert_eq!(
        (&taken["__typename"], &taken["revision"], &taken["replayed"]),
        (&json!("ReportAccepted"), &json!(1), &json!(false))
    );
    assert_eq!(taken["facilityId"], json!(hospital.id));
    let again = outcome(&staff, &beds).await;
    assert_eq!((&again["replayed"], &again["position"]), (&json!(true), &taken["position"]));
    let query = json!({"query": "{ territory(code: \"130001\") { capacity { figures(items: [\"beds_total\"]) { answered } } } }"});
    let read = |position: String| {
        staff.send(staff.request(reqwest::Method::POST, "/graphql").header("Meguri-Position", position).json(&query))
    };
    let seen = read(taken["position"].as_str().unwrap().to_owned()).await;
    assert_eq!(data(&seen).pointer("/territory/capacity/figures/0/answered"), Some(&json!(1)));
    let ahead = async |position: i64| {
        let started = std::time::Instant::now();
        let ahead = read(position.to_string()).await;
        assert_eq!((ahead.status.as_u16(), ahead.code()), (503, "read.not_yet_visible"), "{}", ahead.body);
        started.elapsed()
    };
    // what may still come is waited for; what no server of ours ever gave out is not
    let next: i64 = taken["position"].as_str().unwrap().parse().unwrap();
    assert!(ahead(next + 50_000).await >= std::time::Duration::from_secs(1));
    assert!(ahead(i64::MAX).await < std::time::Duration::from_secs(1));
    app.audit_ok().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_valid_is_rejected_with_every_fault() {
    let app = TestApp::start().await;
    let hospital = app.facility("131016").await;
    let staff = app.hospital(&hospital).await;
    let two = json!([
        {"item": "icu_total", "count": 2}, {"item": "icu_occupied", "count": 12_000}, {"item": "nothing", "count": 1},
        {"item": "status_inpatient", "choice": "maybe"},
    ]);
    let rejected = outcome(&staff, &input(&app, &hospital, 1, two)).await;
    assert_eq!((&rejected["__typename"], &rejected["code"]), (&json!("ReportRejected"), &json!("report.invalid")));
    let paths: Vec<&str> =
        rejected["errors"].as_array().unwrap().iter().map(|error| error["path"].as_str().unwrap()).collect();
    assert_eq!(paths, ["answers.icu_occupied", "answers.nothing", "answers.status_inpatient"]);
    for answer in [
        json!({"item": "icu_total"}),
        json!({"item": "icu_total", "count": 1, "choice": "normal"}),
        json!({"item": "icu_total", "count": 1, "notApplicable": true}),
        json!({"item": "icu_total", "notApplicable": false}),
    ] {
        let rejected = outcome(&staff, &input(&app, &hospital, 2, json!([answer]))).await;
        assert_eq!(rejected["errors"][0]["code"], json!("graphql.not_one_answer"));
        assert_eq!(rejected["errors"][0]["path"], json!("answers.icu_total"));
    }
    let mut later = input(&app, &hospital, 3, json!([{"item": "icu_total", "count": 1}]));
    later["businessDay"] = json!("2021-05-05");
    assert_eq!(outcome(&staff, &later).await["code"], json!("report.day_in_future"));
    // a value that is not of its type refuses the request: nothing was sent
    for (count, code) in [
        (json!(-1), "report.out_of_range"),
        (json!(1.5), "report.not_whole_number"),
        (json!("1"), "report.not_whole_number"),
    ] {
        let answer = submit(&staff, &input(&app, &hospital, 4, json!([{"item": "icu_total", "count": count}]))).await;
        assert_eq!((answer.code(), answer.at("/data")), (code, Value::Null), "{}", answer.body);
    }
    assert_eq!(app.db.number("select count(*) from capacity.report").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn stale_refused_and_invisible_are_told_apart() {
    let app = TestApp::start().await;
    let hospital = app.facility("131016").await;
    let (staff, proxy) = (app.hospital(&hospital).await, app.proxy(13).await);
    let beds = |n: u32| json!([{"item": "beds_total", "count": n}]);
    outcome(&staff, &input(&app, &hospital, 1, beds(10))).await;
    outcome(&proxy, &input(&app, &hospital, 2, beds(11))).await;
    let mut correction = input(&app, &hospital, 3, beds(12));
    correction["replacesRevision"] = json!(1);
    let stale = outcome(&staff, &correction).await;
    assert_eq!(stale, json!({"__typename": "ReportStale", "code": "report.stale_revision", "currentRevision": 2}));
    let refused = outcome(&app.ministry().await, &input(&app, &hospital, 4, beds(1))).await;
    assert_eq!((&refused["__typename"], &refused["code"]), (&json!("ReportRefused"), &json!("auth.forbidden")));
    let reused = outcome(&staff, &input(&app, &hospital, 1, beds(99))).await;
    assert_eq!((&reused["__typename"], &reused["code"]), (&json!("ReportRejected"), &json!("idempotency.key_reused")));
    for client in [app.proxy(31).await, app.persona("operator").await] {
        let answer = submit(&client, &input(&app, &hospital, 5, beds(1))).await;
        assert_eq!((answer.code(), answer.at("/data")), ("facility.not_found", Value::Null), "{}", answer.body);
    }
    assert_eq!(submit(&app.anonymous(), &input(&app, &hospital, 6, beds(1))).await.code(), "auth.missing_token");
    assert_eq!(app.db.number("select count(*) from capacity.report").await, 2);
}
