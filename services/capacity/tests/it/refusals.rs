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

#[tokio::test(flavor = "multi_thread")]
async fn a_character_that_cannot_be_stored_is_refused() {
    let app = TestApp::start().await;
    let facility = app.facility("131016").await;
    let mut sent = report(&facility, app.today, json!({"icu_total": 3}));
    sent["reason"] = json!("a\0b");
    let answer = app.proxy(13).await.post("/v1/reports", &sent).await;
    answer.refused(422, "report.invalid");
    assert_eq!(
        (answer.at("/errors/0/code"), answer.at("/errors/0/path")),
        (json!("request.nul_character"), json!("reason"))
    );
    assert_eq!(rows(&app).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn other_encodings_are_not_guessed_at() {
    let app = TestApp::start().await;
    let facility = app.facility("131016").await;
    let proxy = app.proxy(13).await;
    let body = report(&facility, app.today, json!({"icu_total": 3})).to_string();
    for kind in ["application/json; charset=shift_jis", "application/json; a=b; Charset=\"UTF-16\""] {
        let answer = proxy.post_raw("/v1/reports", kind, body.clone().into_bytes()).await;
        answer.refused(415, "request.unsupported_encoding");
    }
    for path in ["/v1/reports", "/v1/reports:batch", "/v1/tokens", "/graphql"] {
        let request = proxy.request(reqwest::Method::POST, path).header("Content-Type", "application/json");
        let answer = proxy.send(request.header("Content-Encoding", "gzip").body(body.clone())).await;
        answer.refused(415, "request.unsupported_encoding");
    }
    assert_eq!(rows(&app).await, 0);
    for kind in ["application/json; charset=utf-8", "APPLICATION/JSON;charset=\"UTF-8\""] {
        let status = proxy.post_raw("/v1/reports", kind, body.clone().into_bytes()).await.status.as_u16();
        assert!([200, 201].contains(&status), "{kind} {status}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn addresses_that_cannot_be_read_are_problems_too() {
    let app = TestApp::start().await;
    let facility = app.facility("131016").await;
    let path = format!("/v1/facilities/{}/reports/{}", facility.key(), app.today);
    let proxy = app.proxy(13).await;
    for query in ["?form=a&form=b", "?form=%ff", "?form=daily%00"] {
        let answer = proxy.get(&format!("{path}{query}")).await;
        assert!([400, 422].contains(&answer.status.as_u16()), "{query} {}", answer.body);
        assert_eq!(answer.header("content-type"), "application/problem+json", "{query}");
        app.anonymous().get(&format!("{path}{query}")).await.refused(401, "auth.missing_token");
    }
    for key in ["%ff", "%00", "a%2Fb"] {
        let answer = proxy.get(&format!("/v1/facilities/{key}/reports/{}", app.today)).await;
        assert_eq!(answer.header("content-type"), "application/problem+json", "{key} {}", answer.body);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn head_answers_as_get_does_without_the_body() {
    let app = TestApp::start().await;
    let facility = app.facility("131016").await;
    let proxy = app.proxy(13).await;
    testkit::app::take(&proxy, &report(&facility, app.today, json!({"icu_total": 3}))).await;
    let path = format!("/v1/facilities/{}/reports/{}", facility.key(), app.today);
    for path in [path.as_str(), "/healthz", "/readyz", "/.well-known/jwks.json"] {
        let (head, get) = (proxy.head(path).await, proxy.get(path).await);
        assert_eq!((head.ok(200).body.clone(), get.ok(200).body.is_null()), (json!(""), false), "{path}");
        assert_eq!(head.header("content-length"), get.header("content-length"), "{path}");
    }
    let head = proxy.head("/v1/reports").await;
    assert_eq!((head.status.as_u16(), head.header("Allow")), (405, "POST"));
    assert_eq!(proxy.post("/readyz", &json!({})).await.header("Allow"), "GET, HEAD");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_scheme_of_a_token_is_written_in_any_case() {
    let app = TestApp::start().await;
    let token = app.proxy(13).await.token.unwrap();
    let nobody = app.anonymous();
    let with = async |value: String| {
        let path = "/v1/facilities/gmis:10101075/reports/2021-04-05";
        nobody.send(nobody.request(reqwest::Method::GET, path).header("Authorization", value)).await
    };
    for scheme in ["Bearer", "bearer", "BEARER"] {
        with(format!("{scheme} {token}")).await.refused(404, "facility.not_found");
    }
    for value in [format!("Basic {token}"), token.clone(), "Bearer".to_owned()] {
        with(value).await.refused(401, "auth.invalid_token");
    }
}

/// Sends a request whose body never ends; how long until the server cuts the connection.
fn endless(url: &str, path: &str, framing: &str, piece: &[u8], pause_ms: u64) -> std::time::Duration {
    use std::{io::Write, net::TcpStream, time::Duration};
    let mut stream = TcpStream::connect(url.trim_start_matches("http://")).unwrap();
    let head = format!("POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n{framing}\r\n\r\n");
    stream.write_all(head.as_bytes()).unwrap();
    let started = std::time::Instant::now();
    while stream.write_all(piece).is_ok() && started.elapsed() < Duration::from_secs(20) {
        std::thread::sleep(Duration::from_millis(pause_ms));
    }
    started.elapsed()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_nobody_reads_does_not_keep_the_connection() {
    let app = TestApp::start().await;
    let chunk = [b"1000\r\n".as_slice(), &[b' '; 4_096], b"\r\n"].concat();
    let chunked = "Transfer-Encoding: chunked";
    let mut senders = Vec::new();
    for path in ["/v1/nothing", "/v1/reports", "/healthz", "/v1/tokens", "/graphql"] {
        for (framing, piece) in [(chunked, chunk.clone()), ("Content-Length: 900000000", b" ".to_vec())] {
            let url = app.server.url.clone();
            senders.push(std::thread::spawn(move || (path, framing, endless(&url, path, framing, &piece, 5))));
        }
    }
    let cut =
        tokio::task::spawn_blocking(|| senders.into_iter().map(|sender| sender.join().unwrap()).collect::<Vec<_>>());
    for (path, framing, lasted) in cut.await.unwrap() {
        assert!(lasted < std::time::Duration::from_secs(8), "{path} {framing} {lasted:?}");
    }
    // connections whose bodies are read are kept
    let nobody = app.anonymous();
    nobody.get("/v1/nothing").await.refused(404, "request.not_found");
    nobody.post("/v1/nothing", &json!({})).await.refused(404, "request.not_found");
}
