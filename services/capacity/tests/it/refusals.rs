//! Reports that are refused: each with a stable code in both languages, and nothing written.
use domain::BusinessDay;
use serde_json::{Value, json};
use testkit::{TestApp, app::report};

/// Rows that a report would leave behind.
async fn rows(app: &TestApp) -> i64 {
    app.db
        .number(
            "select (select count(*) from capacity.report) + (select count(*) from capacity.idempotency)
                  + (select count(*) from capacity.outbox) + (select sum(reported) from capacity.aggregate)
                  + (select count(*) from capacity.audit where action = 'report_submit')",
        )
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_values_are_told_field_by_field() {
    let app = TestApp::start().await;
    let facility = app.facility("131016").await;
    let proxy = app.proxy(13).await;
    for (values, expected) in [
        (json!({"icu_total": -1}), vec![("values.icu_total", "report.out_of_range")]),
        (json!({"icu_total": 10_000}), vec![("values.icu_total", "report.out_of_range")]),
        (json!({"icu_total": 9_007_199_254_740_993_i64}), vec![("values.icu_total", "report.out_of_range")]),
        (json!({"icu_total": 1.5}), vec![("values.icu_total", "report.not_whole_number")]),
        (json!({"icu_total": "12"}), vec![("values.icu_total", "report.not_whole_number")]),
        (json!({"icu_total": "１２"}), vec![("values.icu_total", "report.not_whole_number")]),
        (json!({"status_emergency": "open"}), vec![("values.status_emergency", "report.unknown_choice")]),
        (json!({"icu_totl": 3}), vec![("values.icu_totl", "report.unknown_item")]),
        (json!({}), vec![("values", "report.empty")]),
        (json!({"icu_occupied": 7, "icu_staffed": 6}), vec![("values.icu_occupied", "report.exceeds")]),
        (
            json!({"icu_occupied": 7, "icu_staffed": 6, "icu_total": 5, "hcu_total": null}),
            vec![
                ("values.icu_occupied", "report.exceeds"),
                ("values.icu_occupied", "report.exceeds"),
                ("values.icu_staffed", "report.exceeds"),
            ],
        ),
    ] {
        let answer = proxy.post("/v1/reports", &report(&facility, app.today, values.clone())).await;
        answer.refused(422, "report.invalid");
        let errors = answer.at("/errors");
        let found: Vec<(&str, &str)> = errors
            .as_array()
            .unwrap()
            .iter()
            .map(|error| (error["path"].as_str().unwrap(), error["code"].as_str().unwrap()))
            .collect();
        assert_eq!(found, expected, "{values}");
        for error in errors.as_array().unwrap() {
            assert!(!error["ja"].as_str().unwrap().is_ascii() && error["en"].as_str().unwrap().is_ascii(), "{error}");
        }
    }
    assert_eq!(rows(&app).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_item_that_stands_twice_is_not_silently_dropped() {
    let app = TestApp::start().await;
    let facility = app.facility("131016").await;
    let proxy = app.proxy(13).await;
    let body = report(&facility, app.today, json!({"icu_total": 3})).to_string();
    let twice = body.replace(r#""icu_total":3"#, r#""icu_total":3,"icu_total":4"#);
    assert_ne!(body, twice);
    let answer = proxy.post_raw("/v1/reports", "application/json", twice.into_bytes()).await;
    assert_eq!(answer.refused(422, "report.invalid").at("/errors/0/code"), "report.duplicate_item");
}

#[tokio::test(flavor = "multi_thread")]
async fn anothers_facility_answers_as_if_it_did_not_exist() {
    let app = TestApp::start().await;
    let made = app.facilities(&["131016", "131016", "141003"]).await;
    let hospital = app.hospital(&made[0]).await;
    let proxy = app.proxy(13).await;
    let nowhere = testkit::Facility { id: domain::ids::FacilityId(platform::opctx::new_id()), ..made[0].clone() };
    let values = json!({"icu_total": 3});
    // a neighbour in the same municipality, a hospital of another prefecture, and none at all
    for (client, facility) in [(&hospital, &made[1]), (&hospital, &made[2]), (&proxy, &made[2]), (&proxy, &nowhere)] {
        let answer = client.post("/v1/reports", &report(facility, app.today, values.clone())).await;
        answer.refused(404, "facility.not_found");
        let mut body = answer.body.clone();
        body["request_id"] = Value::Null;
        let text = body.to_string().replace(&facility.key(), "KEY");
        assert!(text.contains("There is no facility KEY."), "{text}");
        let read = client.get(&format!("/v1/facilities/{}/reports/{}", facility.key(), app.today)).await;
        read.refused(404, "facility.not_found");
    }
    // who may see it but not report for it is told so
    let prefecture = app.persona("prefecture-13").await;
    let answer = prefecture.post("/v1/reports", &report(&made[0], app.today, values)).await;
    answer.refused(403, "auth.forbidden");
    assert_eq!(rows(&app).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn days_forms_and_duties_are_checked() {
    let app = TestApp::start().await;
    let facility = app.facility("131016").await;
    let proxy = app.proxy(13).await;
    let with = |field: &str, value: Value| {
        let mut report = report(&facility, app.today, json!({"icu_total": 3}));
        report[field] = value;
        report
    };
    for (body, status, code) in [
        (with("business_day", json!("2021-04-06")), 422, "report.day_in_future"),
        (with("business_day", json!("2021-03-28")), 422, "report.window_closed"),
        (with("business_day", json!("2021-04-04")), 422, "report.no_duty"),
        (with("business_day", json!("2021/04/05")), 422, "request.invalid"),
        (with("form", json!("weekly")), 422, "report.unknown_form"),
        (with("form", json!("gmis_status")), 403, "report.form_is_import_only"),
        (with("facility", json!("131")), 422, "facility.malformed_key"),
        (with("id", json!("1")), 422, "request.invalid"),
        (with("role", json!("ministry")), 422, "request.invalid"),
        (with("reason", json!("あ".repeat(501))), 422, "report.invalid"),
    ] {
        proxy.post("/v1/reports", &body).await.refused(status, code);
    }
    let never = proxy.get(&format!("/v1/facilities/{}/reports/{}", facility.key(), app.today)).await;
    never.refused(404, "report.not_found");
    let day = proxy.get(&format!("/v1/facilities/{}/reports/2021-02-30", facility.key())).await;
    day.refused(422, "time.malformed_day");
    assert_eq!(rows(&app).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_that_are_no_reports_are_refused_as_such() {
    let app = TestApp::start().await;
    let facility = app.facility("131016").await;
    let proxy = app.proxy(13).await;
    let good = report(&facility, app.today, json!({"icu_total": 3})).to_string();
    let json = "application/json";
    let send = |kind: &'static str, body: Vec<u8>| {
        let proxy = proxy.clone();
        async move { proxy.post_raw("/v1/reports", kind, body).await }
    };
    send(json, b"{".to_vec()).await.refused(400, "request.malformed");
    send(json, Vec::new()).await.refused(400, "request.malformed");
    for value in ["[".repeat(10_000), "1e400".to_owned(), "0x10".to_owned(), "NaN".to_owned(), "03".to_owned()] {
        let body = good.replace(r#""icu_total":3"#, &format!(r#""icu_total":{value}"#));
        assert_ne!(body, good);
        send(json, body.into_bytes()).await.refused(400, "request.malformed");
    }
    let mut broken = good.clone().into_bytes();
    broken.push(0xff);
    send(json, broken).await.refused(400, "request.invalid_utf8");
    send("text/plain", good.clone().into_bytes()).await.refused(415, "request.unsupported_media_type");
    send("application/x-www-form-urlencoded", good.clone().into_bytes())
        .await
        .refused(415, "request.unsupported_media_type");
    send(json, vec![b' '; 30 << 20]).await.refused(413, "request.too_large");
    let get = proxy.get("/v1/reports").await;
    assert_eq!(get.refused(405, "request.method_not_allowed").header("Allow"), "POST");
    proxy.get("/v1/nothing").await.refused(404, "request.not_found");
    let nobody = app.anonymous().post_raw("/v1/reports", json, good.into_bytes()).await;
    assert_eq!(nobody.refused(401, "auth.missing_token").header("WWW-Authenticate"), "Bearer");
    assert_eq!(rows(&app).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_correction_window_closes() {
    let app = TestApp::start().await;
    let facility = app.facility("131016").await;
    let proxy = app.proxy(13).await;
    app.step_clock("2021-04-12T23:59:00+09:00").await;
    testkit::app::take(&proxy, &report(&facility, app.today, json!({"icu_total": 3}))).await;
    app.step_clock("2021-04-13T00:00:01+09:00").await;
    let late = proxy.post("/v1/reports", &report(&facility, app.today, json!({"icu_total": 4}))).await;
    late.refused(422, "report.window_closed");
    let read = proxy.get(&format!("/v1/facilities/{}/reports/{}", facility.key(), app.today)).await;
    assert_eq!(read.ok(200).at("/provisional"), false);
    assert_eq!(BusinessDay::parse("2021-04-05").unwrap(), app.today);
}
