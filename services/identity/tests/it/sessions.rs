//! Signed-in browsers.
use crate::browser::{Browser, cookie, password_of};
use identity::{Identity, app::sessions};
use reqwest::Method;
use serde_json::{Value, json};
use std::net::TcpListener;
use testkit::{
    TestApp,
    app::until,
    meguri::serve::{self, Settings},
};

async fn identity(app: &TestApp) -> Identity {
    let db = app.db.home.pool("identity_app", "identity").unwrap();
    let rates = platform::limit::Rates::default();
    let shared = serve::shared(&app.db.home, &db, &app.server.url, "t", rates).await.unwrap();
    Identity::new(shared, db, &app.db.home.stack.secret)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_signs_in_acts_and_signs_out() {
    let app = TestApp::start().await;
    let (mut browser, answer) = Browser::signed_in(&app, "prefecture-13").await;
    assert_eq!(answer.at("/role"), "prefecture");
    assert_eq!(answer.at("/home/territory"), "130001");
    assert_eq!(
        (answer.at("/home/territory_name"), answer.at("/organisation/kind")),
        (json!("東京都"), json!("prefecture"))
    );
    assert_eq!((answer.at("/idle_minutes"), answer.at("/access_token_expires_in")), (json!(15), json!(300)));
    assert_eq!(answer.at("/second_factor"), "none");
    let text = answer.body.to_string();
    assert!(!text.contains(&browser.access) && !text.contains(&browser.session), "secrets are in cookies only");
    let kept = app.db.text("select encode(secret_sha256, 'hex') from identity.session").await;
    assert_ne!(kept, browser.session);

    let me = browser.get("/v1/me").await;
    assert_eq!((me.ok(200).at("/name"), me.at("/session_id")), (json!("prefecture-13"), answer.at("/session_id")));
    let viewer = browser.post("/graphql", &json!({"query": "{ viewer { name } }"})).await;
    assert_eq!(viewer.at("/data/viewer/name"), "prefecture-13");
    let listed = browser.get("/v1/sessions").await;
    assert_eq!((listed.ok(200).at("/sessions/0/current"), listed.at("/sessions/1")), (json!(true), Value::Null));

    let out = browser.delete("/v1/sessions/current").await;
    assert_eq!(out.ok(204).headers.get_all("set-cookie").iter().count(), 2);
    assert!(out.headers.get_all("set-cookie").iter().all(|line| line.to_str().unwrap().contains("Max-Age=0")));
    let record = "select ended_by from identity.session";
    assert_eq!(app.db.text(record).await, "sign_out");
    let trail = "select string_agg(action || ' ' || split_part(target, '/', 1), ', ' order by recorded_at)
                 from identity.audit where action in ('sign_in', 'session_end')";
    assert_eq!(app.db.text(trail).await, "sign_in session, session_end session");
    app.audit_ok().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_another_site_could_send_has_no_effect() {
    let app = TestApp::start().await;
    let (browser, _) = Browser::signed_in(&app, "ministry").await;
    let query = json!({"query": "{ viewer { name } }"});
    for (path, body) in [("/graphql", &query), ("/v1/sessions:renew", &json!({"activity": true}))] {
        let plain = browser.request(Method::POST, path).json(body);
        browser.client.send(plain).await.refused(403, "auth.forgery_suspected");
        for (name, value) in [("Origin", "https://evil.example"), ("Sec-Fetch-Site", "cross-site"), ("Origin", "null")]
        {
            let foreign = browser.request(Method::POST, path).header("Meguri-Request", "console").header(name, value);
            browser.client.send(foreign.json(body)).await.refused(403, "auth.forgery_suspected");
        }
    }
    let delete = browser.request(Method::DELETE, "/v1/sessions/current");
    browser.client.send(delete).await.refused(403, "auth.forgery_suspected");
    let read = browser.request(Method::GET, "/v1/me").header("Sec-Fetch-Site", "cross-site");
    browser.client.send(read).await.refused(403, "auth.forgery_suspected");
    browser.client.send(browser.request(Method::GET, "/v1/me")).await.ok(200);
    // signing somebody in as somebody else
    let body = json!({"username": "ministry", "password": password_of(&app, "ministry")});
    let foreign = app.anonymous().request(Method::POST, "/v1/sessions").header("Origin", "https://evil.example");
    browser.client.send(foreign.json(&body)).await.refused(403, "auth.forgery_suspected");
    // a token in the header needs nothing of this: another site does not have it
    let token = app.ministry().await;
    token.graphql("{ viewer { name } }", Value::Null).await.ok(200);
    assert_eq!(app.db.number("select count(*) from identity.session where ended_at is null").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_ends_without_activity_and_after_twelve_hours() {
    let app = TestApp::start().await;
    let (mut idle, _) = Browser::signed_in(&app, "ministry").await;
    let (mut long, _) = Browser::signed_in(&app, "auditor").await;
    let back = async |interval: &str, name: &str| {
        let sql = format!(
            "update identity.session set started_at = started_at - interval '{interval}',
                active_at = active_at - interval '{interval}'
             where account = (select id from identity.account where name = '{name}')"
        );
        app.db.sql(&sql).await;
    };
    back("14 minutes", "ministry").await;
    // looking on is no activity, and the token ends when the session would
    let left = idle.renew(false).await;
    let left_s = left.ok(200).at("/access_token_expires_in").as_i64().unwrap();
    assert!((1..=60).contains(&left_s), "{left_s}");
    assert_eq!(idle.renew(true).await.ok(200).at("/access_token_expires_in"), 300);
    back("15 minutes", "ministry").await;
    let ended = idle.renew(true).await;
    ended.refused(401, "auth.session_ended");
    assert_eq!(cookie(&ended, "__Host-meguri-session").as_deref(), Some(""));

    for _ in 0..60 {
        back("12 minutes", "auditor").await;
        let renewed = long.renew(true).await;
        if renewed.status.as_u16() == 401 {
            renewed.refused(401, "auth.session_ended");
            break;
        }
        renewed.ok(200);
    }
    assert!(
        app.db.number("select extract(epoch from now() - min(started_at))::bigint from identity.session").await
            >= 43_200
    );
    assert_eq!(sessions::sweep(&identity(&app).await).await.unwrap(), 2);
    let record = "select string_agg(ended_by, ' ' order by ended_by) from identity.session";
    assert_eq!(app.db.text(record).await, "absolute idle");
    assert_eq!(sessions::sweep(&identity(&app).await).await.unwrap(), 0);
    app.audit_ok().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_session_is_out_within_seconds_in_every_process() {
    let app = TestApp::start().await;
    let settings = Settings {
        identity_url: Some(app.server.url.clone()),
        ..Settings::all(TcpListener::bind("127.0.0.1:0").unwrap())
    };
    let second = serve::start(&app.db.home, settings).await.unwrap();
    let (mut lost, begun) = Browser::signed_in(&app, "ministry").await;
    let (mut desk, _) = Browser::signed_in(&app, "ministry").await;
    let (mut other, _) = Browser::signed_in(&app, "auditor").await;
    let mut elsewhere = lost.at(&second.url);
    // both processes remember the token by now
    lost.get("/v1/me").await.ok(200);
    elsewhere.get("/v1/me").await.ok(200);
    let path = format!("/v1/sessions/{}", begun.at("/session_id").as_str().unwrap());
    other.delete(&path).await.refused(404, "session.not_found");
    desk.delete("/v1/sessions/0192f0be-0000-7000-8000-000000000001").await.refused(404, "session.not_found");
    desk.delete("/v1/sessions/nonsense").await.refused(404, "session.not_found");
    desk.delete(&path).await.ok(204);
    desk.delete(&path).await.ok(204);
    lost.get("/v1/me").await.refused(401, "auth.revoked");
    lost.renew(true).await.refused(401, "auth.session_ended");
    until("the other process knows", async || elsewhere.get("/v1/me").await.code() == "auth.revoked").await;
    desk.get("/v1/me").await.ok(200);
    assert_eq!(desk.get("/v1/sessions").await.at("/sessions/1"), Value::Null);
    assert_eq!(app.db.text("select ended_by from identity.session where ended_at is not null").await, "revoked");
    second.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_shut_out_is_out_and_may_come_back() {
    use domain::policy::{Action, Place, decide};
    use platform::{OpCtx, Tx, audit, opctx::new_id};
    let app = TestApp::start().await;
    let (mut browser, _) = Browser::signed_in(&app, "ministry").await;
    let token = app.ministry().await;
    token.get("/v1/me").await.ok(200);
    let identity = identity(&app).await;
    let ctx = OpCtx::system("test", &identity.shared.clock);
    let nation = Place::Territory(domain::TerritoryCode::NATION);
    let permit = decide(&ctx.actor, Action::AccountIssue, nation).unwrap();
    let entry = audit::Entry { target: "account/ministry".to_owned(), cause: new_id(), reason: None };
    let account: uuid::Uuid =
        app.db.text("select id from identity.account where name = 'ministry'").await.parse().unwrap();
    let mut tx = Tx::begin(&identity.db, &ctx, &[(&permit, entry)]).await.unwrap();
    let written = sessions::shut_out(&mut tx, account).await;
    tx.finish(written).await.unwrap();
    until("the server knows", async || token.get("/v1/me").await.code() == "auth.revoked").await;
    browser.get("/v1/me").await.refused(401, "auth.revoked");
    browser.renew(true).await.refused(401, "auth.session_ended");
    // tokens that are issued from then on count; those of the same second might not
    until("a new token counts", async || app.ministry().await.get("/v1/me").await.status.as_u16() == 200).await;
    app.db.sql("update identity.account set disabled_at = now() where name = 'ministry'").await;
    let (mut auditor, _) = Browser::signed_in(&app, "auditor").await;
    app.db.sql("update identity.account set expires_at = now() where name = 'auditor'").await;
    auditor.renew(true).await.refused(401, "auth.session_ended");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_sessions_own_secret_renews_it() {
    let app = TestApp::start().await;
    let (browser, _) = Browser::signed_in(&app, "ministry").await;
    let mut stranger = Browser { session: "0".repeat(64), ..browser.clone() };
    stranger.renew(true).await.refused(401, "auth.session_ended");
    let mut bare = Browser { session: String::new(), ..browser.clone() };
    bare.renew(true).await.refused(401, "auth.missing_token");
    let mut swapped = Browser { session: browser.access.clone(), ..browser.clone() };
    swapped.renew(true).await.refused(401, "auth.session_ended");
    let machine = app.proxy(13).await;
    machine.send(machine.request(Method::DELETE, "/v1/sessions/current")).await.refused(404, "session.not_found");
    assert_eq!(machine.get("/v1/sessions").await.ok(200).at("/sessions/0"), Value::Null);
    assert_eq!(machine.get("/v1/me").await.ok(200).at("/machine"), true);
    let body = json!({"username": "proxy-13", "password": "x"});
    Browser::new(&app).post("/v1/sessions", &body).await.refused(401, "auth.bad_credentials");
}
