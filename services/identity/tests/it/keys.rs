//! Changing the signing key over.
use chrono::TimeDelta;
use identity::app::keys;
use platform::{OpCtx, clock::Clock, clock::real_now};
use serde_json::json;
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};
use testkit::{TestApp, app::until, meguri::seed::service_secret};

async fn context(db: &platform::Db) -> OpCtx {
    OpCtx::system("test", &Clock::load(db).await.unwrap())
}

fn kid(token: &str) -> String {
    jsonwebtoken::decode_header(token).unwrap().kid.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rotation_fails_no_request() {
    let app = TestApp::start().await;
    let db = app.db.home.pool("identity_app", "identity").unwrap();
    let secret = service_secret(&app.db.home, "proxy-13");
    let body = json!({"grant_type": "service_account", "client_id": "proxy-13", "client_secret": secret});
    let token = async || {
        let answer = app.anonymous().post("/v1/tokens", &body).await;
        answer.ok(200).at("/access_token").as_str().unwrap().to_owned()
    };
    let first = token().await;
    let (stop, sent, failed) =
        (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let mut senders = tokio::task::JoinSet::new();
    for _ in 0..4 {
        let (nobody, body, first) = (app.anonymous(), body.clone(), first.clone());
        let (stop, sent, failed) = (Arc::clone(&stop), Arc::clone(&sent), Arc::clone(&failed));
        senders.spawn(async move {
            while !stop.load(Ordering::SeqCst) {
                let fresh = nobody.post("/v1/tokens", &body).await;
                let fresh = fresh.at("/access_token").as_str().unwrap_or_default().to_owned();
                for token in [&fresh, &first] {
                    let answer = nobody.with_token(token).get("/v1/me").await;
                    sent.fetch_add(1, Ordering::SeqCst);
                    failed.fetch_add(usize::from(answer.status.as_u16() != 200), Ordering::SeqCst);
                }
            }
        });
    }
    let ctx = context(&db).await;
    let rotated = keys::rotate(&db, &ctx, TimeDelta::zero()).await.unwrap().unwrap();
    assert!(keys::rotate(&db, &ctx, TimeDelta::zero()).await.unwrap().is_none(), "one is waiting already");
    // published at once, signing later
    let jwks = app.anonymous().get("/.well-known/jwks.json").await;
    assert_eq!(jwks.ok(200).at("/keys/0/kid"), rotated.kid);
    assert_eq!(jwks.at("/keys/1/kid"), kid(&first));
    assert_ne!(kid(&token().await), rotated.kid);
    until("the new key signs", async || kid(&token().await) == rotated.kid).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    stop.store(true, Ordering::SeqCst);
    senders.join_all().await;
    assert_eq!(failed.load(Ordering::SeqCst), 0);
    assert!(sent.load(Ordering::SeqCst) > 20);
    assert!(real_now() >= rotated.active_from);

    // its tokens have ended: the old one is published no more
    app.db.sql("update identity.signing_key set retired_at = now() where retired_at is not null").await;
    let jwks = app.anonymous().get("/.well-known/jwks.json").await;
    assert_eq!(jwks.at("/keys").as_array().unwrap().len(), 1);
    app.audit_ok().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_key_is_changed_over_by_itself() {
    let app = TestApp::start().await;
    let db = app.db.home.pool("identity_app", "identity").unwrap();
    let ctx = context(&db).await;
    keys::rotate_if_old(&db, &ctx).await.unwrap();
    assert_eq!(app.db.number("select count(*) from identity.signing_key").await, 1);
    app.db.sql("update identity.signing_key set active_from = now() - interval '91 days'").await;
    keys::rotate_if_old(&db, &ctx).await.unwrap();
    keys::rotate_if_old(&db, &ctx).await.unwrap();
    assert_eq!(app.db.number("select count(*) from identity.signing_key").await, 2);
    assert_eq!(keys::list(&db).await.unwrap().len(), 2);
}
