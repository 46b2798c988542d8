//! Accounts: issued by the level above, invited, suspended, closed, looked through.
use crate::people::{PASSWORD, client, id, issue, person, redeem, sign_in};
use platform::one_time::OneTime;
use serde_json::{Value, json};
use testkit::{TestApp, TestClient, app::until};

async fn step(client: &TestClient, name: &str, step: &str) -> testkit::Answer {
    client.post(&format!("/v1/accounts/{name}:{step}"), &json!({"id": id(), "reason": "a test"})).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_begins_with_a_code_that_is_read_out() {
    let app = TestApp::start().await;
    let ministry = app.ministry().await;
    let facts = json!({"name": "tokyo-2", "role": "prefecture", "territory": "130001", "mail": "a.b@tokyo.example", "invite": "code"});
    let request = json!({"id": id(), "account": facts});
    let issued = ministry.post("/v1/accounts", &request).await;
    let code = issued.ok(200).at("/invitation/code").as_str().unwrap().to_owned();
    assert_eq!((issued.at("/invitation/kind"), code.len()), (json!("code"), 11));
    let again = ministry.post("/v1/accounts", &request).await;
    assert_eq!((again.ok(200).header("Idempotency-Replayed"), again.at("/invitation/code")), ("true", json!(code)));
    let mut other = request.clone();
    other["account"]["administrator"] = json!(true);
    ministry.post("/v1/accounts", &other).await.refused(422, "idempotency.key_reused");
    // the government that was there before, and neither code nor address outside of the account's own row
    let organisation = "select o.name from identity.account a join reference.organisation o on o.id = a.organisation
                        where a.name = 'tokyo-2'";
    assert_eq!(app.db.text(organisation).await, "東京都");
    assert_eq!(app.db.number("select count(*) from reference.organisation where name = '東京都'").await, 1);
    for text in [code.as_str(), "a.b@tokyo.example"] {
        for table in ["idempotency", "audit", "outbox", "invitation"] {
            let found = format!("select count(*) from identity.{table} t where t::text like '%{text}%'");
            assert_eq!(app.db.number(&found).await, 0, "{table}");
        }
    }
    sign_in(&app, "tokyo-2").await.refused(401, "auth.bad_credentials");
    let listed = async |state: &str| {
        let page = ministry.get("/v1/accounts?role=prefecture").await;
        let accounts = page.ok(200).at("/accounts");
        let own = accounts.as_array().unwrap().iter().find(|account| account["name"] == "tokyo-2").unwrap().clone();
        assert_eq!(
            (&own["state"], &own["issued_by"], &own["has_mail"]),
            (&json!(state), &json!("ministry"), &json!(true))
        );
    };
    listed("invited").await;

    let typed = code.to_lowercase().replace('-', " ");
    let request = json!({"id": id(), "name": "tokyo-2", "code": typed, "password": PASSWORD});
    let nobody = app.anonymous();
    assert_eq!(nobody.post("/v1/invitations:redeem", &request).await.ok(200).at("/name"), "tokyo-2");
    let again = nobody.post("/v1/invitations:redeem", &request).await;
    assert_eq!(again.ok(200).header("Idempotency-Replayed"), "true");
    redeem(&app, "tokyo-2", &code).await.refused(401, "invitation.not_valid");
    listed("active").await;
    assert_eq!(sign_in(&app, "tokyo-2").await.ok(200).at("/role"), "prefecture");
    let trail = "select string_agg(action || ' by ' || actor_name, ', ' order by recorded_at)
                 from identity.audit where target = 'account/tokyo-2' and actor_name <> 'seed'";
    assert_eq!(app.db.text(trail).await, "account_issue by ministry, invitation_redeem by tokyo-2");
    app.audit_ok().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_goes_out_by_mail_and_counts_once() {
    let app = TestApp::start().await;
    let ministry = app.ministry().await;
    let facts = json!({"name": "maker-a", "role": "maker", "organisation_name": "製造A（訓練）", "organisation_name_en": "Maker A (training)",
                       "mail": "desk@maker.example", "administrator": true});
    let issued = issue(&ministry, facts).await;
    assert_eq!((issued.ok(200).at("/invitation/kind"), issued.at("/invitation/code")), (json!("link"), Value::Null));
    let event = app.db.rows("select payload from identity.outbox where type = 'notification.requested.v1'").await;
    assert_eq!(event.len(), 1);
    let payload = &event[0]["payload"];
    assert_eq!((&payload["recipient_kind"], &payload["recipient"]), (&json!("account"), &issued.at("/account")));
    assert!(payload["ja"].as_str().unwrap().contains("maker-a") && !payload.to_string().contains("desk@"));
    let mailbox = app.db.text("select address from identity.mailbox where name = 'maker-a'").await;
    assert_eq!(mailbox, "desk@maker.example");

    // whoever delivers it makes the link of the invitation's id
    let invitation: uuid::Uuid = issued.at("/invitation/invitation").as_str().unwrap().parse().unwrap();
    let token = OneTime::new(&app.db.home.stack.secret).token(invitation);
    assert!(!payload.to_string().contains(&token));
    let send = async |token: &str, password: &str| {
        let request = json!({"id": id(), "token": token, "password": password});
        app.anonymous().post("/v1/invitations:redeem", &request).await
    };
    for wrong in ["", "x", &"0".repeat(64), &token[1..]] {
        send(wrong, PASSWORD).await.refused(401, "invitation.not_valid");
    }
    for weak in ["short", "maker-a", &"x".repeat(1_000)] {
        assert_eq!(send(&token, weak).await.status.as_u16(), 422, "{weak}");
    }
    send(&token, PASSWORD).await.ok(200);
    send(&token, PASSWORD).await.refused(401, "invitation.not_valid");
    let maker = client(&app, &sign_in(&app, "maker-a").await);
    // an administrator of its own organisation, and of no other
    let colleague = json!({"name": "maker-a-2", "role": "maker"});
    let organisation = issue(&maker, colleague).await.ok(200).at("/organisation");
    assert_eq!(organisation, issued.at("/organisation"));
    let other =
        json!({"name": "maker-b", "role": "maker", "organisation_name": "製造B", "organisation_name_en": "Maker B"});
    issue(&maker, other).await.refused(403, "account.may_not_issue");
    let parent = "select p.kind from reference.organisation o join reference.organisation p on p.id = o.parent where o.kind = 'maker'";
    assert_eq!(app.db.text(parent).await, "ministry");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_has_five_tries_and_a_day() {
    let app = TestApp::start().await;
    let ministry = app.ministry().await;
    let issued = issue(&ministry, json!({"name": "help-1", "role": "help_desk", "organisation_name": "相談窓口", "organisation_name_en": "Help desk"})).await;
    let code = issued.ok(200).at("/invitation/code").as_str().unwrap().to_owned();
    for _ in 0..5 {
        redeem(&app, "help-1", "AAAAA-AAAAA").await.refused(401, "invitation.not_valid");
    }
    redeem(&app, "help-1", &code).await.refused(401, "invitation.not_valid");
    assert_eq!(app.db.number("select tries from identity.invitation").await, 5);
    redeem(&app, "nobody", &code).await.refused(401, "invitation.not_valid");

    let invite = json!({"id": id(), "reason": "read out wrongly", "invite": "code"});
    let again = ministry.post("/v1/accounts/help-1:reinvite", &invite).await;
    let second = again.ok(200).at("/invitation/code").as_str().unwrap().to_owned();
    assert_ne!(second, code);
    let replayed = ministry.post("/v1/accounts/help-1:reinvite", &invite).await;
    assert_eq!((replayed.header("Idempotency-Replayed"), replayed.at("/invitation/code")), ("true", json!(second)));
    app.db.sql("update identity.invitation set expires_at = now() where withdrawn_at is null").await;
    redeem(&app, "help-1", &second).await.refused(401, "invitation.not_valid");
    let mail = json!({"id": id(), "reason": "x", "invite": "mail"});
    ministry.post("/v1/accounts/help-1:reinvite", &mail).await.refused(422, "account.mail_missing");
    let third =
        ministry.post("/v1/accounts/help-1:reinvite", &json!({"id": id(), "reason": "x", "invite": "code"})).await;
    redeem(&app, "help-1", third.ok(200).at("/invitation/code").as_str().unwrap()).await.ok(200);
    sign_in(&app, "help-1").await.ok(200);
    app.audit_ok().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_issues_beyond_the_level_below() {
    let app = TestApp::start().await;
    let facility = app.facility("131016").await;
    let (ministry, tokyo, tottori) =
        (app.ministry().await, app.persona("prefecture-13").await, app.persona("prefecture-31").await);
    let hospital = |name: &str| json!({"name": name, "role": "hospital", "facility": facility.key()});
    issue(&tokyo, hospital("h-1")).await.ok(200);
    // a sibling's facility is none, and the nation does not reach past the prefectures
    let invisible = issue(&tottori, hospital("h-2")).await;
    assert_eq!(
        (invisible.refused(422, "request.invalid").at("/errors/0/code"), invisible.at("/errors/0/path")),
        (json!("facility.not_found"), json!("facility"))
    );
    issue(&ministry, hospital("h-2")).await.refused(403, "account.may_not_issue");
    issue(&tottori, json!({"name": "m-1", "role": "municipality", "territory": "131016"}))
        .await
        .refused(403, "account.may_not_issue");
    issue(&tokyo, json!({"name": "p-1", "role": "prefecture", "territory": "310000"}))
        .await
        .refused(403, "account.may_not_issue");
    let above = json!({"name": "n-1", "role": "auditor", "organisation_name": "監査", "organisation_name_en": "Audit"});
    issue(&tokyo, above).await.refused(403, "account.may_not_issue");
    issue(&app.persona("auditor").await, json!({"name": "a-1", "role": "prefecture", "territory": "310000"}))
        .await
        .refused(403, "account.may_not_issue");
    issue(&app.proxy(13).await, hospital("h-3")).await.refused(403, "account.not_administrator");
    let clerk = person(&app, &tokyo, json!({"name": "clerk", "role": "municipality", "territory": "131016"})).await;
    issue(&clerk, json!({"name": "m-2", "role": "municipality"})).await.refused(403, "account.not_administrator");

    let fields = async |facts: Value, path: &str, code: &str| {
        let answer = issue(&ministry, facts).await;
        answer.refused(422, "request.invalid");
        assert_eq!(
            (answer.at("/errors/0/path"), answer.at("/errors/0/code")),
            (json!(path), json!(code)),
            "{}",
            answer.body
        );
    };
    fields(json!({"name": "東京", "role": "prefecture", "territory": "130001"}), "name", "account.malformed_name")
        .await;
    fields(json!({"name": "x", "role": "emperor"}), "role", "account.unknown_role").await;
    fields(json!({"name": "x", "role": "public"}), "role", "account.unknown_role").await;
    fields(json!({"name": "x", "role": "prefecture", "territory": "131016"}), "territory", "account.wrong_home").await;
    fields(json!({"name": "x", "role": "prefecture", "territory": "130002"}), "territory", "territory.check_digit")
        .await;
    fields(
        json!({"name": "x", "role": "prefecture", "territory": "130001", "partner": "W01"}),
        "partner",
        "account.wrong_home",
    )
    .await;
    fields(json!({"name": "x", "role": "wholesaler", "partner": "V01"}), "partner", "wholesaler.malformed_code").await;
    fields(json!({"name": "x", "role": "auditor"}), "organisation", "account.organisation_missing").await;
    fields(json!({"name": "x", "role": "auditor", "organisation": id()}), "organisation", "account.wrong_organisation")
        .await;
    fields(json!({"name": "x", "role": "prefecture", "territory": "310000", "organisation_name": "鳥取", "organisation_name_en": "T"}), "organisation_name", "account.wrong_organisation").await;
    fields(
        json!({"name": "x", "role": "prefecture", "territory": "310000", "mail": "a@b.example\r\nBcc: c@d.example"}),
        "mail",
        "account.malformed_mail",
    )
    .await;
    fields(
        json!({"name": "x", "role": "prefecture", "territory": "310000", "invite": "mail"}),
        "invite",
        "account.mail_missing",
    )
    .await;
    fields(
        json!({"name": "x", "role": "prefecture", "territory": "310000", "language": "fr"}),
        "language",
        "request.invalid_field",
    )
    .await;
    fields(
        json!({"name": "x", "role": "prefecture", "territory": "310000", "expires_at": "2020-01-01T00:00:00Z"}),
        "expires_at",
        "account.expires_in_past",
    )
    .await;
    issue(&ministry, json!({"name": "x", "role": "prefecture", "territory": "310000", "password": "secret"}))
        .await
        .refused(422, "request.invalid");
    issue(&ministry, json!({"name": "prefecture-13", "role": "prefecture", "territory": "130001"}))
        .await
        .refused(409, "account.name_taken");
    assert_eq!(
        app.db
            .number("select count(*) from identity.account where name in ('x', 'm-1', 'p-1', 'n-1', 'a-1', 'h-2')")
            .await,
        0
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suspended_account_is_out_within_seconds_and_can_come_back() {
    let app = TestApp::start().await;
    let tokyo = app.persona("prefecture-13").await;
    let clerk = person(&app, &tokyo, json!({"name": "clerk", "role": "municipality", "territory": "131016"})).await;
    clerk.get("/v1/me").await.ok(200);
    step(&app.persona("prefecture-31").await, "clerk", "suspend").await.refused(404, "account.not_found");
    step(&tokyo, "prefecture-13", "suspend").await.refused(403, "account.own");
    step(&app.ministry().await, "clerk", "suspend").await.refused(403, "account.may_not_issue");
    step(&clerk, "clerk", "suspend").await.refused(403, "account.not_administrator");
    let no_reason = json!({"id": id(), "reason": " "});
    tokyo.post("/v1/accounts/clerk:suspend", &no_reason).await.refused(422, "allocation.reason_missing");
    step(&tokyo, "clerk", "resume").await.refused(409, "account.wrong_state");

    assert_eq!(step(&tokyo, "clerk", "suspend").await.ok(200).at("/state"), "suspended");
    until("the token is refused", async || clerk.get("/v1/me").await.code() == "auth.revoked").await;
    sign_in(&app, "clerk").await.refused(401, "auth.bad_credentials");
    step(&tokyo, "clerk", "reinvite").await.refused(422, "request.invalid");
    assert_eq!(step(&tokyo, "clerk", "resume").await.ok(200).at("/state"), "active");
    // a token of the second in which it was suspended does not count either
    tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
    let back = client(&app, &sign_in(&app, "clerk").await);
    back.get("/v1/me").await.ok(200);

    assert_eq!(step(&tokyo, "clerk", "confirm").await.ok(200).at("/state"), "active");
    let stale = tokyo.get("/v1/accounts?unconfirmed_since=2021-01-01T00:00:00Z").await;
    assert!(!stale.ok(200).body.to_string().contains("clerk"));
    assert_eq!(step(&tokyo, "clerk", "close").await.ok(200).at("/state"), "closed");
    until("the token is refused", async || back.get("/v1/me").await.code() == "auth.revoked").await;
    sign_in(&app, "clerk").await.refused(401, "auth.bad_credentials");
    for again in ["close", "resume", "confirm", "suspend"] {
        step(&tokyo, "clerk", again).await.refused(409, "account.wrong_state");
    }
    let left = "select count(*) from identity.account where name = 'clerk' and password_hash is null and mail is null";
    assert_eq!(app.db.number(left).await, 1);
    app.audit_ok().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_makes_many_and_a_bad_row_fails_alone() {
    let app = TestApp::start().await;
    let tokyo = app.persona("prefecture-13").await;
    let file = "name,role,territory,organisation_name,organisation_name_en,administrator\n\
                shi-131016,municipality,131016,,,はい\n\
                ishikai-1,medical_association,130001,東京都医師会（訓練）,Tokyo Medical Association (training),はい\n\
                shi-312011,municipality,312011,,,\n\
                shi-131016,municipality,131016,,,\n\
                shouhou-1,fire_service,130001,東京消防（訓練）,Tokyo fire service (training)\n\
                prefecture-13,municipality,131016,,,\n";
    let key = platform::opctx::new_id().to_string();
    let send = async |bytes: Vec<u8>| {
        let request = tokyo.request(reqwest::Method::POST, "/v1/accounts:batch").header("Content-Type", "text/csv");
        tokyo.send(request.header("Idempotency-Key", &key).body(bytes)).await
    };
    let (shift_jis, _, _) = encoding_rs::SHIFT_JIS.encode(file);
    let answer = send(shift_jis.into_owned()).await;
    assert_eq!((answer.ok(200).at("/issued"), answer.at("/refused")), (json!(2), json!(4)));
    let outcomes = answer.at("/outcomes");
    let codes: Vec<&str> =
        outcomes.as_array().unwrap().iter().map(|outcome| outcome["problem"]["code"].as_str().unwrap_or("")).collect();
    let expected =
        ["", "", "account.may_not_issue", "account.duplicate_name", "import.column_count", "account.name_taken"];
    assert_eq!(codes, expected);
    let code = answer.at("/outcomes/1/account/invitation/code");
    // the same rows in another encoding are the same request
    let again = send(file.as_bytes().to_vec()).await;
    assert_eq!(
        (again.ok(200).header("Idempotency-Replayed"), again.at("/outcomes/1/account/invitation/code")),
        ("true", code.clone())
    );
    redeem(&app, "ishikai-1", code.as_str().unwrap()).await.ok(200);
    assert_eq!(sign_in(&app, "ishikai-1").await.ok(200).at("/role"), "medical_association");

    let rows = json!([{"name": "a-1", "role": "municipality", "territory": "131016"}, {"name": 7}]);
    let answer = tokyo.post("/v1/accounts:batch", &json!({"id": id(), "accounts": rows})).await;
    assert_eq!(
        (answer.ok(200).at("/issued"), answer.at("/outcomes/1/problem/code")),
        (json!(1), json!("request.invalid"))
    );
    let none = tokyo.request(reqwest::Method::POST, "/v1/accounts:batch").header("Content-Type", "text/csv");
    tokyo.send(none.body(file)).await.refused(422, "request.invalid");
    let many: Vec<Value> = (0..10_001).map(|_| json!({})).collect();
    tokyo
        .post("/v1/accounts:batch", &json!({"id": id(), "accounts": many}))
        .await
        .refused(422, "request.too_many_items");
    app.audit_ok().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_accounts_are_one_batch() {
    let app = TestApp::start().await;
    let tokyo = app.persona("prefecture-13").await;
    let rows: Vec<Value> = (0..10_000)
        .map(|n| json!({"name": format!("clerk-{n}"), "role": "municipality", "territory": "131016"}))
        .collect();
    let started = std::time::Instant::now();
    let answer = tokyo.post("/v1/accounts:batch", &json!({"id": id(), "accounts": rows})).await;
    assert_eq!(answer.ok(200).at("/issued"), 10_000);
    println!("10,000 accounts in {:?}", started.elapsed());
    let audited = "select count(*) from identity.audit where action = 'account_issue' and actor_name = 'prefecture-13'";
    assert_eq!(app.db.number(audited).await, 10_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_sees_the_accounts_below_and_ones_own() {
    let app = TestApp::start().await;
    let facility = app.facility("131016").await;
    let hospital = app.hospital(&facility).await;
    let names = async |client: &TestClient, query: &str| -> Vec<String> {
        let page = client.get(&format!("/v1/accounts{query}")).await;
        let accounts = page.ok(200).at("/accounts");
        accounts.as_array().unwrap().iter().map(|account| account["name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names(&hospital, "").await, [format!("hospital-{}", facility.gmis_id)]);
    let tottori = names(&app.persona("prefecture-31").await, "?first=200").await;
    assert_eq!(tottori, ["municipality-312011", "prefecture-31", "proxy-31"]);
    assert_eq!(names(&app.persona("wholesaler").await, "").await, ["wholesaler"]);
    let chiyoda = names(&app.persona("municipality-131016").await, "").await;
    assert!(chiyoda.contains(&"municipality-131016".to_owned()) && !chiyoda.contains(&"prefecture-13".to_owned()));
    app.anonymous().get("/v1/accounts").await.refused(401, "auth.missing_token");

    let auditor = app.persona("auditor").await;
    let whole = names(&auditor, "?first=200").await;
    let (mut paged, mut after) = (Vec::new(), String::new());
    loop {
        let page = auditor.get(&format!("/v1/accounts?first=7{after}")).await;
        paged.extend(
            page.ok(200)
                .at("/accounts")
                .as_array()
                .unwrap()
                .iter()
                .map(|account| account["name"].as_str().unwrap().to_owned()),
        );
        let Some(next) = page.at("/next").as_str().map(str::to_owned) else { break };
        after = format!("&after={next}");
    }
    assert_eq!(paged, whole);
    assert!(!auditor.get("/v1/accounts").await.body.to_string().contains("argon2"));
    auditor.get("/v1/accounts?first=201").await.refused(422, "graphql.page_size");
}
