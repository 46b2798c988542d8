//! The second factor and the password.
use crate::browser::{Browser, password_of};
use domain::{TerritoryCode, ids::FacilityId, policy::Role};
use identity::app::{
    issue_accounts::{Credential, NewAccount, issue_accounts},
    second_factor, totp,
};
use platform::{Db, OpCtx, clock::Clock, clock::real_now, limit::Rates, opctx::new_id};
use serde_json::{Value, json};
use std::net::TcpListener;
use testkit::{
    TestApp, TestClient, TestDb,
    meguri::{
        home::Home,
        seed,
        serve::{self, Settings},
    },
};

const PASSWORD: &str = "Yuki-no-asa-7-nichi";

async fn context(db: &Db) -> OpCtx {
    OpCtx::system("test", &Clock::load(db).await.unwrap())
}

/// The code that an authenticator with this secret shows, so many steps from now.
fn code(secret: &str, steps: i64) -> String {
    totp::code_at(&totp::from_base32(secret).unwrap(), real_now().timestamp() + 30 * steps)
}

async fn forget_steps(app: &TestApp) {
    app.db.sql("update identity.second_factor set last_step = 0").await;
}

/// Enrols an authenticator in a session; answers its secret and the recovery codes.
async fn enrol(browser: &mut Browser) -> (String, Vec<Value>) {
    let begun = browser.post("/v1/me/second-factor", &json!({})).await;
    let secret = begun.ok(200).at("/secret").as_str().unwrap().to_owned();
    assert!(begun.at("/otpauth_uri").as_str().unwrap().contains(&format!("secret={secret}&")));
    let confirmed = browser.post("/v1/me/second-factor:confirm", &json!({"otp": code(&secret, 0)})).await;
    let codes = confirmed.ok(200).at("/recovery_codes").as_array().unwrap().clone();
    assert_eq!(codes.len(), 10);
    (secret, codes)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_is_asked_for_and_taken_once() {
    let app = TestApp::start().await;
    let password = password_of(&app, "ministry");
    let (mut browser, _) = Browser::signed_in(&app, "ministry").await;
    let (mut other, _) = Browser::signed_in(&app, "ministry").await;
    let (secret, codes) = enrol(&mut browser).await;
    other.renew(true).await.refused(401, "auth.session_ended");
    browser.renew(true).await.ok(200);
    let me = browser.get("/v1/me").await;
    assert_eq!(me.at("/second_factor"), json!({"enrolled": true, "required": false, "recovery_codes_left": 10}));
    let stored = app.db.text("select encode(sealed, 'escape') from identity.second_factor").await;
    assert!(!stored.contains(&secret), "enciphered");

    let body = |otp: Option<&str>| json!({"username": "ministry", "password": password, "otp": otp});
    let mut fresh = Browser::new(&app);
    fresh.post("/v1/sessions", &body(None)).await.refused(401, "auth.second_factor_required");
    // what confirmed the enrolment is used up
    fresh.post("/v1/sessions", &body(Some(&code(&secret, 0)))).await.refused(401, "auth.second_factor_wrong");
    fresh.post("/v1/sessions", &body(Some("00000-00000"))).await.refused(401, "auth.second_factor_wrong");
    forget_steps(&app).await;
    let now = code(&secret, 0);
    let again = fresh.post("/v1/sessions", &body(Some(&now))).await;
    assert_eq!(again.ok(200).at("/second_factor"), "totp");
    fresh.post("/v1/sessions", &body(Some(&now))).await.refused(401, "auth.second_factor_wrong");
    let token = json!({"grant_type": "password", "username": "ministry", "password": password});
    app.anonymous().post("/v1/tokens", &token).await.refused(401, "auth.second_factor_required");
    app.db.sql("update identity.session set address = '203.0.113.1'").await;
    let recovery = codes[3].as_str().unwrap().to_lowercase();
    let mut lost = Browser::new(&app);
    assert_eq!(lost.post("/v1/sessions", &body(Some(&recovery))).await.ok(200).at("/second_factor"), "totp");
    assert_eq!(lost.get("/v1/me").await.at("/second_factor/recovery_codes_left"), 9);
    let trail = "select count(*) from identity.audit where reason = 'a recovery code was used'";
    assert_eq!(app.db.number(trail).await, 1);
    // whoever has one proves it before another takes its place
    lost.post("/v1/me/second-factor", &json!({})).await.refused(401, "auth.second_factor_required");
    app.audit_ok().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn recovery_codes_count_once_and_a_reset_begins_anew() {
    let app = TestApp::start().await;
    let password = password_of(&app, "auditor");
    let (mut browser, _) = Browser::signed_in(&app, "auditor").await;
    let (_, codes) = enrol(&mut browser).await;
    let body = json!({"username": "auditor", "password": password, "otp": codes[0]});
    Browser::new(&app).post("/v1/sessions", &body).await.ok(200);
    Browser::new(&app).post("/v1/sessions", &body).await.refused(401, "auth.second_factor_wrong");
    let replace = browser.post("/v1/me/second-factor", &json!({"otp": codes[1]})).await;
    let secret = replace.ok(200).at("/secret").as_str().unwrap().to_owned();
    browser
        .post("/v1/me/second-factor:confirm", &json!({"otp": "000000"}))
        .await
        .refused(401, "auth.second_factor_wrong");
    browser.post("/v1/me/second-factor:confirm", &json!({"otp": code(&secret, 0)})).await.ok(200);
    let body = json!({"username": "auditor", "password": password, "otp": codes[2]});
    Browser::new(&app).post("/v1/sessions", &body).await.refused(401, "auth.second_factor_wrong");
    let again = browser.post("/v1/me/second-factor:confirm", &json!({"otp": code(&secret, 1)})).await;
    again.refused(409, "second_factor.nothing_pending");

    let db = app.db.home.pool("identity_app", "identity").unwrap();
    let ctx = context(&db).await;
    let nation = domain::policy::Place::Territory(TerritoryCode::NATION);
    let permit = domain::policy::decide(&ctx.actor, domain::policy::Action::AccountIssue, nation).unwrap();
    let entry = platform::audit::Entry { target: "account/auditor".to_owned(), cause: new_id(), reason: None };
    let account = app.db.text("select id from identity.account where name = 'auditor'").await.parse().unwrap();
    let mut tx = platform::Tx::begin(&db, &ctx, &[(&permit, entry)]).await.unwrap();
    let had = second_factor::reset(&mut tx, account).await;
    assert!(tx.finish(had).await.unwrap());
    browser.renew(true).await.refused(401, "auth.session_ended");
    Browser::signed_in(&app, "auditor").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn training_may_ask_for_it_too_and_then_one_enrols_on_the_way_in() {
    let app = TestApp::start().await;
    let db = app.db.home.pool("identity_app", "identity").unwrap();
    second_factor::require(&db, &context(&db).await, true).await.unwrap();
    let body = json!({"username": "ministry", "password": password_of(&app, "ministry")});
    let mut browser = Browser::new(&app);
    let refused = browser.post("/v1/sessions", &body).await;
    let token = refused.refused(403, "auth.enrolment_required").at("/enrolment_token");
    let begun = browser.post("/v1/me/second-factor", &json!({"enrolment_token": token})).await;
    let secret = begun.ok(200).at("/secret").as_str().unwrap().to_owned();
    for bad in ["", "x", "x.y.z", &token.as_str().unwrap().replace('.', "0")] {
        let bad = json!({"enrolment_token": bad});
        browser.post("/v1/me/second-factor", &bad).await.refused(401, "auth.invalid_token");
    }
    let confirm = json!({"enrolment_token": token, "otp": code(&secret, 0)});
    let confirmed = browser.post("/v1/me/second-factor:confirm", &confirm).await;
    assert_eq!(confirmed.ok(200).at("/session/second_factor"), "totp");
    assert_eq!(browser.get("/v1/me").await.ok(200).at("/second_factor/required"), true);
    // the token was for somebody who had none
    browser.post("/v1/me/second-factor", &json!({"enrolment_token": token})).await.refused(401, "auth.invalid_token");
    // machines go on
    app.proxy(13).await.get("/v1/me").await.ok(200);
    let machine = app.proxy(13).await;
    machine.post("/v1/me/second-factor", &json!({})).await.refused(403, "auth.forbidden");
    second_factor::require(&db, &context(&db).await, false).await.unwrap();
    Browser::signed_in(&app, "auditor").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn in_a_real_instance_nobody_of_any_role_gets_in_without_one() {
    let test = TestDb::new().await;
    let home = Home::of(test.home.stack.clone(), &format!("{}_real", test.home.database()));
    home.migrate().await.unwrap();
    seed::seed(&home, false).await.unwrap();
    let db = home.pool("identity_app", "identity").unwrap();
    let account = |role: Role| NewAccount {
        name: format!("real-{}", role.as_str().replace('_', "-")),
        role,
        territory: TerritoryCode::parse("131016").unwrap(),
        facility: matches!(role, Role::Hospital | Role::Clinic).then(|| FacilityId(new_id())),
        partner: (role == Role::Wholesaler).then(|| "W01".to_owned()),
        organisation_kind: "ministry",
        organisation_name: role.as_str().to_owned(),
        organisation_name_en: role.as_str().to_owned(),
        credential: Credential::Password(PASSWORD.to_owned()),
    };
    let accounts: Vec<_> = Role::ALL.iter().filter(|role| **role != Role::Public).map(|role| account(*role)).collect();
    let names: Vec<_> = accounts.iter().map(|account| account.name.clone()).collect();
    issue_accounts(&db, &context(&db).await, accounts).await.unwrap();
    let settings = Settings {
        rates: Rates { person: 100_000, machine: 100_000, public: 100_000 },
        limit_prefix: Some(format!("t{}", new_id().simple())),
        ..Settings::all(TcpListener::bind("127.0.0.1:0").unwrap())
    };
    let server = serve::start(&home, settings).await.unwrap();
    let nobody = TestClient::anonymous(&server.url);
    for name in &names {
        let session = json!({"username": name, "password": PASSWORD});
        nobody.post("/v1/sessions", &session).await.refused(403, "auth.enrolment_required");
        let token = json!({"grant_type": "password", "username": name, "password": PASSWORD, "otp": "123456"});
        nobody.post("/v1/tokens", &token).await.refused(403, "auth.enrolment_required");
    }
    server.stop().await;
    drop(db);
    home.drop_database().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_is_changed_by_whoever_knows_it_and_none_comes_back() {
    let app = TestApp::start().await;
    let first = password_of(&app, "ministry");
    let (mut browser, _) = Browser::signed_in(&app, "ministry").await;
    let (mut other, _) = Browser::signed_in(&app, "ministry").await;
    other.get("/v1/me").await.ok(200);
    let change = async |browser: &mut Browser, current: &str, password: &str| {
        browser.post("/v1/me/password", &json!({"current": current, "password": password})).await
    };
    change(&mut browser, "wrong", PASSWORD).await.refused(401, "auth.bad_credentials");
    for (password, code) in [
        ("short-1-Ame", "password.too_short"),
        ("ministry-no-kagi-7", "password.contains_name"),
        ("passwordpassword", "password.common"),
        (first.as_str(), "password.reused"),
    ] {
        let refused = change(&mut browser, &first, password).await;
        assert_eq!(refused.refused(422, "request.invalid").at("/errors/0/code"), code);
    }
    assert_eq!(change(&mut browser, &first, PASSWORD).await.ok(200).at("/sessions_ended"), 1);
    other.get("/v1/me").await.refused(401, "auth.revoked");
    browser.get("/v1/me").await.ok(200);
    let refused = change(&mut browser, PASSWORD, &first).await;
    assert_eq!(refused.refused(422, "request.invalid").at("/errors/0/code"), "password.reused");
    let old = json!({"username": "ministry", "password": first});
    Browser::new(&app).post("/v1/sessions", &old).await.refused(401, "auth.bad_credentials");
    let new = json!({"username": "ministry", "password": PASSWORD});
    Browser::new(&app).post("/v1/sessions", &new).await.ok(200);
    let trail = "select string_agg(to_jsonb(a)::text, '') from identity.audit a";
    assert!(!app.db.text(trail).await.contains(PASSWORD));
    app.proxy(13)
        .await
        .post("/v1/me/password", &json!({"current": "x", "password": PASSWORD}))
        .await
        .refused(403, "auth.forbidden");
    app.audit_ok().await;
}
