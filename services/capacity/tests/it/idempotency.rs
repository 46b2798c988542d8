//! The same id again: the first answer, one effect.
use serde_json::json;
use testkit::{
    TestApp,
    app::{report, take},
};

#[tokio::test(flavor = "multi_thread")]
async fn the_same_id_and_body_get_the_first_answer_again() {
    let app = TestApp::start().await;
    let facility = app.facility("131016").await;
    let proxy = app.proxy(13).await;
    let sent = report(&facility, app.today, json!({"icu_total": 3, "beds_total": 9}));
    let first = take(&proxy, &sent).await;
    // another report in between must not change what is answered
    take(&proxy, &report(&facility, app.today, json!({"icu_total": 4}))).await;
    // the order of keys is no difference
    let other_spelling =
        sent.to_string().replace(r#""beds_total":9,"icu_total":3"#, r#""icu_total": 3, "beds_total": 9"#);
    assert_ne!(other_spelling, sent.to_string());
    let again = proxy.post_raw("/v1/reports", "application/json", other_spelling.into_bytes()).await;
    again.ok(200);
    assert_eq!(again.header("Idempotency-Replayed"), "true");
    assert_eq!(again.body, first.body);

    let mut other = sent.clone();
    other["values"] = json!({"icu_total": 5});
    proxy.post("/v1/reports", &other).await.refused(422, "idempotency.key_reused");
    assert_eq!(app.db.number("select count(*) from capacity.report").await, 2);
    app.audit_ok().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_belongs_to_whoever_used_it() {
    let app = TestApp::start().await;
    let made = app.facilities(&["131016", "141003"]).await;
    let sent = report(&made[0], app.today, json!({"icu_total": 3}));
    take(&app.proxy(13).await, &sent).await;
    let hospital = app.hospital(&made[0]).await;
    hospital.post("/v1/reports", &sent).await.refused(422, "idempotency.key_reused");
    // and another facility's report cannot take it either
    let mut elsewhere = report(&made[1], app.today, json!({"icu_total": 3}));
    elsewhere["id"] = sent["id"].clone();
    app.proxy(14).await.post("/v1/reports", &elsewhere).await.refused(422, "idempotency.key_reused");
    app.audit_ok().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_at_once_have_one_effect() {
    let app = TestApp::start().await;
    let facility = app.facility("131016").await;
    let proxy = app.proxy(13).await;
    let sent = report(&facility, app.today, json!({"icu_total": 3}));
    let mut sending = tokio::task::JoinSet::new();
    for _ in 0..50 {
        let (proxy, sent) = (proxy.clone(), sent.clone());
        sending.spawn(async move { proxy.post("/v1/reports", &sent).await });
    }
    let answers = sending.join_all().await;
    let status = |wanted: u16| answers.iter().filter(|answer| answer.status.as_u16() == wanted).count();
    assert_eq!((status(201), status(200)), (1, 49));
    assert!(answers.iter().all(|answer| answer.body == answers[0].body));
    assert_eq!(app.db.number("select count(*) from capacity.report").await, 1);
    app.audit_ok().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_id_for_several_facilities_at_once_is_taken_once() {
    let app = TestApp::start().await;
    let made = app.facilities(&["131016"; 4]).await;
    let proxy = app.proxy(13).await;
    for round in 1..=10 {
        let id = platform::opctx::new_id();
        let mut sending = tokio::task::JoinSet::new();
        for facility in &made {
            let mut sent = report(facility, app.today, json!({"icu_total": 3}));
            sent["id"] = json!(id);
            let proxy = proxy.clone();
            sending.spawn(async move { proxy.post("/v1/reports", &sent).await });
        }
        for answer in sending.join_all().await {
            if answer.status.as_u16() != 201 {
                answer.refused(422, "idempotency.key_reused");
            }
        }
        assert_eq!(app.db.number("select count(*) from capacity.report").await, round);
    }
    app.audit_ok().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_taken_is_answered_again_when_the_window_has_closed() {
    let app = TestApp::start().await;
    let facility = app.facility("131016").await;
    let proxy = app.proxy(13).await;
    let sent = report(&facility, app.today, json!({"icu_total": 3}));
    let first = take(&proxy, &sent).await;
    app.step_clock("2021-04-14T12:00:00+09:00").await;
    let again = proxy.post("/v1/reports", &sent).await;
    assert_eq!((again.ok(200).header("Idempotency-Replayed"), &again.body), ("true", &first.body));
    let other = report(&facility, app.today, json!({"icu_total": 3}));
    proxy.post("/v1/reports", &other).await.refused(422, "report.window_closed");
}
