//! The database cut off, clients that stall, Redis gone.
use platform::limit::Rates;
use serde_json::json;
use std::time::{Duration, Instant};
use testkit::{
    ChaosProxy, TestApp, TestDb,
    app::{report, take, until},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

const PLENTY: Rates = Rates { person: 100_000, machine: 100_000, public: 100_000 };

#[tokio::test(flavor = "multi_thread")]
async fn a_cut_database_is_a_503_and_heals() {
    let url = TestDb::new().await.home.stack.database_url.clone();
    let chaos = ChaosProxy::to(&url).await;
    let app = TestApp::start_with(PLENTY, Some(&chaos)).await;
    let facility = app.facility("131016").await;
    let proxy = app.proxy(13).await;
    take(&proxy, &report(&facility, app.today, json!({"icu_total": 3}))).await;
    let sent = report(&facility, app.today, json!({"icu_total": 4}));
    chaos.cut();
    let cut = proxy.post("/v1/reports", &sent).await;
    assert_ne!(cut.refused(503, "service.unavailable").header("Retry-After"), "");
    proxy.get("/readyz").await.refused(503, "service.unavailable");
    chaos.mend();
    // the same id, sent until it is definite, has one effect
    until("the service heals", async || proxy.post("/v1/reports", &sent).await.status.is_success()).await;
    assert_eq!(app.db.number("select count(*) from capacity.report").await, 2);
    app.audit_ok().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_stalls_is_given_up() {
    let app = TestApp::start().await;
    let proxy = app.proxy(13).await;
    let address = app.server.url.trim_start_matches("http://").to_owned();
    let mut slow = TcpStream::connect(&address).await.unwrap();
    let head = format!(
        "POST /v1/reports HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{{",
        proxy.token.clone().unwrap()
    );
    slow.write_all(head.as_bytes()).await.unwrap();
    let started = Instant::now();
    let mut answer = vec![0; 64];
    let read = tokio::time::timeout(Duration::from_secs(20), slow.read(&mut answer)).await.unwrap().unwrap();
    assert!(
        String::from_utf8_lossy(&answer[..read]).starts_with("HTTP/1.1 408"),
        "{}",
        String::from_utf8_lossy(&answer)
    );
    assert!(started.elapsed() < Duration::from_secs(15));
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_are_counted_per_actor() {
    let app = TestApp::start_with(Rates { person: 1, machine: 100_000, public: 100_000 }, None).await;
    let ministry = app.ministry().await;
    let mut sending = tokio::task::JoinSet::new();
    for _ in 0..40 {
        let ministry = ministry.clone();
        sending.spawn(async move { ministry.get("/v1/facilities/gmis:10101075/reports/2021-04-05").await });
    }
    let answers = sending.join_all().await;
    let limited: Vec<_> = answers.iter().filter(|answer| answer.status.as_u16() == 429).collect();
    // one passes in each second that the burst lasts
    assert!(limited.len() >= 20, "{}", limited.len());
    assert_eq!(limited[0].refused(429, "request.rate_limited").header("Retry-After"), "1");
    let other = app.persona("auditor").await;
    other.get("/v1/facilities/gmis:10101075/reports/2021-04-05").await.refused(404, "facility.not_found");
}
