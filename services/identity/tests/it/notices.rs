//! お知らせ, 事務連絡.
use crate::people::id;
use serde_json::{Value, json};
use testkit::{Answer, TestApp, TestClient};

fn text(title: &str) -> Value {
    json!({"title": {"ja": title, "en": "A notice"}, "body": {"ja": "本文です。\n二行目。", "en": "The body.\nSecond line."}})
}

async fn publish(client: &TestClient, change: Value) -> Answer {
    let mut request = json!({"id": id(), "kind": "circular", "text": text("ワクチンの配分について")});
    for (name, value) in change.as_object().unwrap() {
        request[name] = value.clone();
    }
    client.post("/v1/notices", &request).await
}

fn path(published: &Answer) -> String {
    format!("/v1/notices/{}", published.ok(200).at("/notice").as_str().unwrap())
}

async fn acknowledge(client: &TestClient, path: &str, version: i32) -> Answer {
    client.post(&format!("{path}:acknowledge"), &json!({"id": id(), "version": version})).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_notice_reaches_whom_it_is_for_and_its_publisher_sees_who_has_read_it() {
    let app = TestApp::start().await;
    let (ministry, tokyo) = (app.ministry().await, app.persona("prefecture-13").await);
    let (chiyoda, tottori) = (app.persona("municipality-131016").await, app.persona("municipality-312011").await);
    let published = publish(
        &ministry,
        json!({"number": "事務連絡第12号", "roles": ["municipality", "prefecture"], "territories": ["130001"]}),
    )
    .await;
    let path = path(&published);
    for client in [&tokyo, &chiyoda, &ministry] {
        let read = client.get(&path).await;
        assert_eq!((read.ok(200).at("/number"), read.at("/read")), (json!("事務連絡第12号"), json!(false)));
    }
    for client in
        [&tottori, &app.anonymous(), &app.persona("health-centre-131016").await, &app.persona("auditor").await]
    {
        client.get(&path).await.refused(404, "notice.not_found");
        client.get(&format!("{path}/page")).await.refused(404, "notice.not_found");
        assert_eq!(client.get("/v1/notices").await.ok(200).at("/notices"), json!([]));
    }
    acknowledge(&tottori, &path, 1).await.refused(404, "notice.not_found");
    let unread = async |client: &TestClient| {
        client.get("/v1/notices?unread=true").await.ok(200).at("/notices").as_array().unwrap().len()
    };
    assert_eq!((unread(&chiyoda).await, unread(&ministry).await), (1, 0), "a publisher need not read its own");
    acknowledge(&chiyoda, &path, 1).await.ok(200);
    acknowledge(&chiyoda, &path, 1).await.ok(200);
    assert_eq!((unread(&chiyoda).await, chiyoda.get(&path).await.at("/read")), (0, json!(true)));

    let readers = ministry.get(&format!("{path}/readers")).await;
    // the town, and two at the prefecture's desk
    assert_eq!(readers.ok(200).at("/territories"), json!([{"territory": "130001", "accounts": 3, "read": 1}]));
    let names: Vec<Value> =
        readers.at("/not_read").as_array().unwrap().iter().map(|account| account["account"].clone()).collect();
    assert_eq!(names, ["prefecture-13", "prefecture-13-2"]);
    tokyo.get(&format!("{path}/readers")).await.refused(403, "auth.forbidden");

    let correction = json!({"id": id(), "version": 1, "text": text("訂正版"), "reason": "日付の誤り"});
    assert_eq!(ministry.post(&format!("{path}:correct"), &correction).await.ok(200).at("/version"), 2);
    let again = ministry.post(&format!("{path}:correct"), &correction).await;
    assert_eq!(again.ok(200).header("Idempotency-Replayed"), "true");
    tokyo.post(&format!("{path}:correct"), &correction).await.refused(403, "auth.forbidden");
    let stale = json!({"id": id(), "version": 1, "text": text("x"), "reason": "x"});
    ministry.post(&format!("{path}:correct"), &stale).await.refused(409, "notice.stale");
    acknowledge(&chiyoda, &path, 1).await.refused(409, "notice.stale");
    assert_eq!((unread(&chiyoda).await, chiyoda.get(&path).await.at("/correction")), (1, json!("日付の誤り")));
    acknowledge(&chiyoda, &path, 2).await.ok(200);

    ministry.post(&format!("{path}:withdraw"), &json!({"id": id(), "reason": "撤回"})).await.ok(200);
    ministry
        .post(&format!("{path}:withdraw"), &json!({"id": id(), "reason": "撤回"}))
        .await
        .refused(409, "notice.withdrawn");
    chiyoda.get(&path).await.refused(404, "notice.not_found");
    assert!(ministry.get(&path).await.ok(200).at("/withdrawn_at").is_string());
    let told = "select count(*) from identity.outbox where payload ->> 'topic' = 'notice.published' and payload ->> 'recipient' = '130001'";
    assert_eq!(app.db.number(told).await, 1);
    let trail = "select string_agg(action, ' ' order by recorded_at) from identity.audit where target like 'notice/%'";
    assert_eq!(
        app.db.text(trail).await,
        "notice_publish notice_read notice_read notice_publish notice_read notice_publish"
    );
    app.audit_ok().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn vital_ones_are_shown_before_signing_in() {
    let app = TestApp::start().await;
    let (ministry, nobody) = (app.ministry().await, app.anonymous());
    let vital = json!({"kind": "alert", "public": true, "vital": true, "valid_until": "2021-04-05"});
    let path = path(&publish(&ministry, vital).await);
    publish(&ministry, json!({"public": true})).await.ok(200);
    assert_eq!(nobody.get("/v1/notices").await.ok(200).at("/notices").as_array().unwrap().len(), 2);
    let shown = nobody.get("/v1/notices?vital=true").await;
    assert_eq!((shown.ok(200).at("/notices/0/kind"), shown.at("/notices/1")), (json!("alert"), Value::Null));
    nobody
        .post(&format!("{path}:acknowledge"), &json!({"id": id(), "version": 1}))
        .await
        .refused(401, "auth.missing_token");
    let page = nobody.get(&format!("{path}/page")).await;
    assert_eq!(page.ok(200).header("content-type"), "text/plain; charset=utf-8");
    let page = page.body.as_str().unwrap().to_owned();
    assert!(
        page.contains("【訓練】")
            && page.contains("緊急のお知らせ")
            && page.contains("二行目。")
            && page.contains("2021-04-05 12:3"),
        "{page}"
    );
    let english = nobody.get(&format!("{path}/page?lang=en")).await;
    assert!(english.body.as_str().unwrap().contains("[TRAINING]\nAlert"));
    nobody.get(&format!("{path}/page?lang=fr")).await.refused(400, "request.malformed");
    app.step_clock("2021-04-06T00:00:01+09:00").await;
    assert_eq!(nobody.get("/v1/notices?vital=true").await.at("/notices"), json!([]), "its day is over");
    nobody.get(&path).await.ok(200);
    // pages follow each other without gap or repeat
    let first = nobody.get("/v1/notices?first=1").await;
    let second = nobody.get(&format!("/v1/notices?first=1&after={}", first.at("/next").as_str().unwrap())).await;
    assert_ne!(first.at("/notices/0/notice"), second.at("/notices/0/notice"));
    assert_eq!(second.at("/next"), Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn files_are_saved_and_never_run() {
    let app = TestApp::start().await;
    let (ministry, tokyo) = (app.ministry().await, app.persona("prefecture-13").await);
    let attachments = json!([
        {"name": "通知.txt", "media_type": "text/plain", "content": "5pys5paH"},
        {"name": "資料", "link": "https://www.example.go.jp/a.pdf"},
    ]);
    let path = path(&publish(&ministry, json!({"attachments": attachments})).await);
    let notice = tokyo.get(&path).await;
    assert_eq!(
        notice.ok(200).at("/attachments/0"),
        json!({"place": 1, "name": "通知.txt", "link": format!("{path}/attachments/1"), "media_type": "text/plain", "bytes": 6})
    );
    assert_eq!(notice.at("/attachments/1/link"), "https://www.example.go.jp/a.pdf");
    let file = tokyo.get(&format!("{path}/attachments/1")).await;
    assert_eq!((file.ok(200).body.as_str(), file.header("content-type")), (Some("本文"), "text/plain"));
    assert!(
        file.header("content-disposition").starts_with("attachment; filename*=UTF-8''%E9%80%9A"),
        "{}",
        file.header("content-disposition")
    );
    assert_eq!(file.header("content-security-policy"), "default-src 'none'; sandbox");
    for missing in ["2", "3", "x", "99999"] {
        tokyo.get(&format!("{path}/attachments/{missing}")).await.refused(404, "notice.not_found");
    }
    app.anonymous().get(&format!("{path}/attachments/1")).await.refused(404, "notice.not_found");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_publishes_beyond_what_is_ones_own() {
    let app = TestApp::start().await;
    let (ministry, tokyo) = (app.ministry().await, app.persona("prefecture-13").await);
    publish(&app.persona("municipality-131016").await, json!({})).await.refused(403, "auth.forbidden");
    publish(&app.persona("auditor").await, json!({})).await.refused(403, "auth.forbidden");
    app.anonymous().post("/v1/notices", &json!({})).await.refused(401, "auth.missing_token");
    let fields = async |client: &TestClient, change: Value, field: &str, code: &str| {
        let answer = publish(client, change).await;
        answer.refused(422, "request.invalid");
        assert_eq!(
            (answer.at("/errors/0/path"), answer.at("/errors/0/code")),
            (json!(field), json!(code)),
            "{}",
            answer.body
        );
    };
    fields(&tokyo, json!({"territories": ["310000"]}), "territories", "notice.wrong_audience").await;
    fields(&tokyo, json!({"territories": ["000000"]}), "territories", "notice.wrong_audience").await;
    fields(&tokyo, json!({"territories": ["131017"]}), "territories", "territory.check_digit").await;
    fields(&ministry, json!({"roles": ["emperor"]}), "roles", "account.unknown_role").await;
    fields(&ministry, json!({"vital": true}), "vital", "notice.vital_is_public").await;
    fields(&ministry, json!({"kind": "gossip"}), "kind", "request.invalid_field").await;
    fields(&ministry, json!({"number": " "}), "number", "request.invalid_field").await;
    fields(&ministry, json!({"valid_until": "soon"}), "valid_until", "time.malformed_day").await;
    fields(
        &ministry,
        json!({"text": {"title": {"ja": "", "en": "x"}, "body": {"ja": "x", "en": "x"}}}),
        "text.title.ja",
        "request.invalid_field",
    )
    .await;
    fields(
        &ministry,
        json!({"attachments": [{"name": "x", "link": "javascript:alert(1)"}]}),
        "attachments[0]",
        "notice.attachment",
    )
    .await;
    publish(&tokyo, json!({"number": "第1号"})).await.ok(200);
    publish(&tokyo, json!({"number": "第1号"})).await.refused(409, "notice.number_taken");
    publish(&ministry, json!({"number": "第1号"})).await.ok(200);
    let request = json!({"id": id(), "kind": "notice", "text": text("一度だけ")});
    ministry.post("/v1/notices", &request).await.ok(200);
    assert_eq!(ministry.post("/v1/notices", &request).await.ok(200).header("Idempotency-Replayed"), "true");
    let other = json!({"id": request["id"], "kind": "notice", "text": text("別の内容")});
    ministry.post("/v1/notices", &other).await.refused(422, "idempotency.key_reused");
    assert_eq!(app.db.number("select count(*) from identity.notice").await, 3);
    for missing in ["x", "0192f0be-0000-7000-8000-000000000009"] {
        app.anonymous().get(&format!("/v1/notices/{missing}")).await.refused(404, "notice.not_found");
    }
}
