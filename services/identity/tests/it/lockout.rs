//! Waiting after wrong passwords, in rows.
use crate::browser::{Browser, password_of};
use serde_json::json;
use testkit::TestApp;

/// The rate by the minute is another limit, kept elsewhere: here it forgets between attempts.
async fn attempts(app: &TestApp, name: &str, password: &str, count: usize) -> Vec<(u16, String)> {
    let body = json!({"username": name, "password": password});
    let mut answers = Vec::new();
    for _ in 0..count {
        let answer = Browser::new(app).post("/v1/sessions", &body).await;
        answers.push((answer.status.as_u16(), answer.code().to_owned()));
    }
    answers
}

fn failed(count: usize) -> Vec<(u16, String)> {
    vec![(401, "auth.bad_credentials".to_owned()); count]
}

/// As if so many attempts had failed in the last minutes, from an address that is not known.
async fn wrong_before(app: &TestApp, failures: i32) {
    app.db.sql(&format!("update identity.sign_in_wait set failures = {failures}")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_ten_wrong_ones_even_the_right_one_waits_and_the_waits_grow() {
    let app = TestApp::start().await;
    let right = password_of(&app, "operator");
    assert_eq!(attempts(&app, "operator", "wrong", 2).await, failed(2));
    wrong_before(&app, 9).await;
    assert_eq!(attempts(&app, "operator", "wrong", 1).await, failed(1));
    let body = json!({"username": "operator", "password": right});
    let waits = Browser::new(&app).post("/v1/sessions", &body).await;
    let seconds: u32 = waits.refused(429, "auth.too_many_attempts").header("Retry-After").parse().unwrap();
    assert!((890..=900).contains(&seconds), "{seconds}");
    let trail =
        "select count(*) from identity.audit where target = 'account/operator' and reason like '10 wrong%15 minutes'";
    assert_eq!(app.db.number(trail).await, 1);
    // another server process, and a Redis that has forgotten everything, know it too: it is a row
    assert_eq!(app.db.number("select count(*) from identity.sign_in_wait where until > now()").await, 1);

    app.db.sql("update identity.sign_in_wait set until = now() - interval '1 second'").await;
    wrong_before(&app, 10).await;
    let waits = Browser::new(&app).post("/v1/sessions", &body).await;
    let seconds: u32 = waits.refused(429, "auth.too_many_attempts").header("Retry-After").parse().unwrap();
    assert!((1_790..=1_800).contains(&seconds), "{seconds}");
    app.db.sql("update identity.sign_in_wait set until = now() - interval '1 second', failures = 3").await;
    Browser::new(&app).post("/v1/sessions", &body).await.ok(200);
    assert_eq!(app.db.number("select count(*) from identity.sign_in_wait").await, 0, "what is right clears it");
    app.audit_ok().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_nobody_has_waits_alike() {
    let app = TestApp::start().await;
    assert_eq!(attempts(&app, "nobody-of-that-name", "wrong", 1).await, failed(1));
    wrong_before(&app, 10).await;
    let waits = attempts(&app, "nobody-of-that-name", "wrong", 1).await;
    assert_eq!(waits, [(429, "auth.too_many_attempts".to_owned())]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_who_guesses_does_not_keep_the_owner_out() {
    let app = TestApp::start().await;
    let right = password_of(&app, "ministry");
    Browser::signed_in(&app, "ministry").await;
    // the stranger's address is another one: its attempts count by the name, and by itself
    assert_eq!(attempts(&app, "ministry", "wrong", 1).await, failed(1));
    assert_eq!(app.db.number("select count(*) from identity.sign_in_wait").await, 1, "by name and address alone");
    app.db.sql("delete from identity.sign_in_wait").await;
    app.db
        .sql(
            "insert into identity.sign_in_wait (key, failures, since, until)
                values (sha256(convert_to(E'name\\nministry', 'utf8')), 0, now(), now() + interval '15 minutes')",
        )
        .await;
    assert_eq!(attempts(&app, "ministry", &right, 1).await[0].0, 200, "from where it has signed in before");
    app.db.sql("update identity.session set address = '203.0.113.9'").await;
    assert_eq!(attempts(&app, "ministry", &right, 1).await[0].0, 429, "from anywhere else");
}

#[tokio::test(flavor = "multi_thread")]
async fn many_at_once_are_not_more_than_ten() {
    let app = TestApp::start().await;
    let mut sending = tokio::task::JoinSet::new();
    for _ in 0..12 {
        let mut browser = Browser::new(&app);
        let body = json!({"username": "auditor", "password": "wrong"});
        sending.spawn(async move { browser.post("/v1/sessions", &body).await.status.as_u16() });
    }
    let answers = sending.join_all().await;
    assert!(answers.iter().filter(|status| **status == 401).count() <= 10, "{answers:?}");
}
