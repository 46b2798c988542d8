//! Signing in by an organisation's provider: a small one that the test runs, with a key of its own.
use crate::browser::{Browser, cookie};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ed25519_dalek::{SigningKey, pkcs8::EncodePrivateKey};
use identity::{Identity, app::oidc, app::totp};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use platform::{OpCtx, clock::real_now, limit::Rates};
use reqwest::Method;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex},
};
use testkit::{Answer, TestApp, meguri::serve};

/// Codes that the provider has given out: what the token will say, and the challenge.
type Codes = Arc<Mutex<HashMap<String, (Value, String, u8)>>>;

#[derive(Clone)]
struct Provider {
    url: String,
    codes: Codes,
}

fn token(claims: &Value, seed: u8) -> String {
    let pkcs8 = SigningKey::from_bytes(&[seed; 32]).to_pkcs8_der().unwrap();
    let header = Header { kid: Some("one".to_owned()), ..Header::new(Algorithm::EdDSA) };
    jsonwebtoken::encode(&header, claims, &EncodingKey::from_ed_der(pkcs8.as_bytes())).unwrap()
}

async fn exchange(req: HttpRequest, body: String, codes: web::Data<Codes>) -> HttpResponse {
    let pairs: BTreeMap<_, _> = body.split('&').filter_map(|pair| pair.split_once('=')).collect();
    let basic = format!("Basic {}", base64::engine::general_purpose::STANDARD.encode("meguri:s3cret%2F%20x"));
    let authorised = req.headers().get("Authorization").is_some_and(|value| value.to_str().unwrap() == basic);
    // each code once
    let found = codes.lock().unwrap().remove(pairs["code"]);
    let Some((claims, challenge, seed)) = found.filter(|_| authorised) else {
        return HttpResponse::BadRequest().json(json!({"error": "invalid_grant"}));
    };
    let given = URL_SAFE_NO_PAD.encode(Sha256::digest(pairs["code_verifier"].as_bytes()));
    if given != challenge || pairs["grant_type"] != "authorization_code" {
        return HttpResponse::BadRequest().json(json!({"error": "invalid_grant"}));
    }
    HttpResponse::Ok().json(json!({"access_token": "x", "token_type": "Bearer", "id_token": token(&claims, seed)}))
}

impl Provider {
    fn start() -> Self {
        let codes = Codes::default();
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (data, own) = (web::Data::new(Arc::clone(&codes)), url.clone());
        std::thread::spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                let server = HttpServer::new(move || {
                    let metadata = json!({
                        "issuer": own, "authorization_endpoint": format!("{own}/authorize"),
                        "token_endpoint": format!("{own}/token"), "jwks_uri": format!("{own}/jwks"),
                    });
                    let x = URL_SAFE_NO_PAD.encode(SigningKey::from_bytes(&[7; 32]).verifying_key().to_bytes());
                    let jwks =
                        json!({"keys": [{"kty": "OKP", "crv": "Ed25519", "kid": "one", "alg": "EdDSA", "x": x}]});
                    let json =
                        |value: Value| web::get().to(move || std::future::ready(HttpResponse::Ok().json(&value)));
                    App::new()
                        .app_data(data.clone())
                        .route("/.well-known/openid-configuration", json(metadata))
                        .route("/jwks", json(jwks))
                        .route("/token", web::post().to(exchange))
                });
                server.workers(1).disable_signals().listen(listener).unwrap().run().await.unwrap();
            });
        });
        Self { url, codes }
    }

    /// The person agrees: gives out a code for a token that says what a good one does, but for `change`.
    fn agree(&self, code: &str, query: &BTreeMap<String, String>, change: impl Fn(&mut Value), seed: u8) {
        let now = real_now().timestamp();
        let mut claims = json!({
            "iss": self.url, "aud": "meguri", "sub": "person-1", "nonce": query["nonce"], "iat": now, "exp": now + 300,
            "email": "desk@tokyo.example", "email_verified": true,
        });
        change(&mut claims);
        let given = (claims, query["code_challenge"].clone(), seed);
        self.codes.lock().unwrap().insert(code.to_owned(), given);
    }
}

fn query(location: &str) -> BTreeMap<String, String> {
    let url = reqwest::Url::parse(location).unwrap();
    url.query_pairs().map(|(name, value)| (name.into_owned(), value.into_owned())).collect()
}

async fn identity(app: &TestApp) -> Identity {
    let db = app.db.home.pool("identity_app", "identity").unwrap();
    let shared = serve::shared(&app.db.home, &db, &app.server.url, "t", Rates::default()).await.unwrap();
    Identity::new(shared, db, &app.db.home.stack.secret)
}

async fn registered(app: &TestApp, provider: &Provider, second_factor: bool) {
    let identity = identity(app).await;
    let ctx = OpCtx::system("test", &identity.shared.clock);
    let new = oidc::NewProvider {
        code: "tokyo".to_owned(),
        name: "東京都".to_owned(),
        issuer: provider.url.clone(),
        client_id: "meguri".to_owned(),
        client_secret: "s3cret/ x".to_owned(),
        redirect_uri: format!("{}/v1/oidc/tokyo/callback", app.server.url),
        organisation: None,
        domains: Some(vec!["tokyo.example".to_owned()]),
        second_factor,
    };
    oidc::add_provider(&identity, &ctx, new).await.unwrap();
    oidc::link(&identity.db, &ctx, "tokyo", "person-1", "prefecture-13").await.unwrap();
}

/// Goes to the provider; answers the cookie of the way and what the provider is asked.
async fn start(app: &TestApp) -> (String, BTreeMap<String, String>) {
    let answer = app.anonymous().get("/v1/oidc/tokyo/start").await;
    answer.ok(302);
    (cookie(&answer, "__Host-meguri-oidc").unwrap(), query(answer.header("location")))
}

async fn back(app: &TestApp, browser: &str, code: &str, state: &str) -> Answer {
    let path = format!("/v1/oidc/tokyo/callback?code={code}&state={state}");
    let nobody = app.anonymous();
    // as a browser comes back from another site
    let request = nobody.request(Method::GET, &path).header("Sec-Fetch-Site", "cross-site");
    nobody.send(request.header("Cookie", format!("__Host-meguri-oidc={browser}"))).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_linked_person_signs_in_once_per_code() {
    let app = TestApp::start().await;
    let provider = Provider::start();
    registered(&app, &provider, false).await;
    let (browser, asked) = start(&app).await;
    assert_eq!((asked["response_type"].as_str(), asked["code_challenge_method"].as_str()), ("code", "S256"));
    assert_eq!(asked["client_id"], "meguri");
    provider.agree("good", &asked, |_| (), 7);
    let answer = back(&app, &browser, "good", &asked["state"]).await;
    assert_eq!(answer.ok(303).header("location"), "/");
    let access = cookie(&answer, "__Host-meguri").unwrap();
    let session = cookie(&answer, "__Host-meguri-session").unwrap();
    let mut signed_in = Browser { access, session, ..Browser::new(&app) };
    assert_eq!(signed_in.get("/v1/me").await.ok(200).at("/name"), "prefecture-13");
    signed_in.renew(true).await.ok(200);
    // the same way back again
    back(&app, &browser, "good", &asked["state"]).await.refused(403, "oidc.refused");
    // a code that was used, in another sign-in
    let (browser, asked) = start(&app).await;
    back(&app, &browser, "good", &asked["state"]).await.refused(403, "oidc.refused");
    let stored = app.db.text("select encode(client_secret, 'escape') from identity.oidc_provider").await;
    assert!(!stored.contains("s3cret"), "enciphered");
    app.audit_ok().await;
}

/// What is done to the claims of a token.
type Change = Box<dyn Fn(&mut Value)>;

#[tokio::test(flavor = "multi_thread")]
async fn whatever_does_not_fit_is_refused() {
    let app = TestApp::start().await;
    let provider = Provider::start();
    registered(&app, &provider, false).await;
    app.anonymous().get("/v1/oidc/nothing/start").await.refused(404, "oidc.provider_not_found");
    let now = real_now().timestamp();
    let changes: [(&str, Change, u8, &str); 10] = [
        ("nonce", Box::new(|claims| claims["nonce"] = json!("other")), 7, "oidc.refused"),
        ("no-nonce", Box::new(|claims| claims["nonce"] = Value::Null), 7, "oidc.refused"),
        ("audience", Box::new(|claims| claims["aud"] = json!("other")), 7, "oidc.refused"),
        ("several", Box::new(|claims| claims["aud"] = json!(["meguri", "other"])), 7, "oidc.refused"),
        ("issuer", Box::new(|claims| claims["iss"] = json!("http://other.example")), 7, "oidc.refused"),
        ("expired", Box::new(move |claims| claims["exp"] = json!(now - 120)), 7, "oidc.refused"),
        ("key", Box::new(|_| ()), 8, "oidc.refused"),
        ("domain", Box::new(|claims| claims["email"] = json!("desk@evil.example")), 7, "oidc.refused"),
        ("unverified", Box::new(|claims| claims["email_verified"] = json!(false)), 7, "oidc.refused"),
        ("subject", Box::new(|claims| claims["sub"] = json!("person-2")), 7, "oidc.not_linked"),
    ];
    for (code, change, seed, expected) in changes {
        let (browser, asked) = start(&app).await;
        provider.agree(code, &asked, change, seed);
        let answer = back(&app, &browser, code, &asked["state"]).await;
        assert_eq!((answer.status.as_u16(), answer.code()), (403, expected), "{code}: {}", answer.body);
        assert_eq!(cookie(&answer, "__Host-meguri"), None);
    }
    // another state, another browser, none at all, too late
    let (browser, asked) = start(&app).await;
    provider.agree("mine", &asked, |_| (), 7);
    back(&app, &browser, "mine", "0").await.refused(403, "oidc.refused");
    back(&app, "0", "mine", &asked["state"]).await.refused(403, "oidc.refused");
    let nobody = app.anonymous();
    nobody.get("/v1/oidc/tokyo/callback?error=access_denied").await.refused(403, "oidc.refused");
    let (browser, asked) = start(&app).await;
    provider.agree("late", &asked, |_| (), 7);
    app.db.sql("update identity.oidc_attempt set begun_at = begun_at - interval '11 minutes'").await;
    back(&app, &browser, "late", &asked["state"]).await.refused(403, "oidc.refused");
    // an account that was suspended, and one that another organisation's provider names
    app.db.sql("update identity.account set disabled_at = now() where name = 'prefecture-13'").await;
    let (browser, asked) = start(&app).await;
    provider.agree("suspended", &asked, |_| (), 7);
    back(&app, &browser, "suspended", &asked["state"]).await.refused(403, "oidc.not_linked");
    app.db
        .sql("update identity.account set disabled_at = null; update identity.oidc_provider set organisation = id")
        .await;
    let (browser, asked) = start(&app).await;
    provider.agree("foreign", &asked, |_| (), 7);
    back(&app, &browser, "foreign", &asked["state"]).await.refused(403, "oidc.not_linked");
    assert_eq!(app.db.number("select count(*) from identity.session").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_second_factor_is_the_providers_or_ours() {
    let app = TestApp::start().await;
    let provider = Provider::start();
    registered(&app, &provider, true).await;
    let (mut desk, _) = Browser::signed_in(&app, "prefecture-13").await;
    let begun = desk.post("/v1/me/second-factor", &json!({})).await;
    let secret = totp::from_base32(begun.at("/secret").as_str().unwrap()).unwrap();
    let otp = |steps: i64| totp::code_at(&secret, real_now().timestamp() + 30 * steps);
    desk.post("/v1/me/second-factor:confirm", &json!({"otp": otp(0)})).await.ok(200);

    let (browser, asked) = start(&app).await;
    provider.agree("strong", &asked, |claims| claims["amr"] = json!(["pwd", "otp"]), 7);
    let strong = back(&app, &browser, "strong", &asked["state"]).await;
    assert_eq!(strong.ok(303).header("location"), "/");
    let how = "select second_factor from identity.session order by started_at desc limit 1";
    assert_eq!(app.db.text(how).await, "provider");

    let (browser, asked) = start(&app).await;
    provider.agree("weak", &asked, |claims| claims["amr"] = json!(["pwd"]), 7);
    let weak = back(&app, &browser, "weak", &asked["state"]).await;
    let ticket = weak.ok(303).header("location").strip_prefix("/sign-in#oidc_ticket=").unwrap().to_owned();
    assert_eq!(cookie(&weak, "__Host-meguri"), None);
    let mut signing_in = Browser::new(&app);
    let wrong = json!({"ticket": ticket, "otp": "000000"});
    signing_in.post("/v1/sessions:oidc", &wrong).await.refused(401, "auth.second_factor_wrong");
    let forged = json!({"ticket": ticket.replace('.', "x"), "otp": otp(1)});
    signing_in.post("/v1/sessions:oidc", &forged).await.refused(401, "auth.invalid_token");
    let right = json!({"ticket": ticket, "otp": otp(1)});
    assert_eq!(signing_in.post("/v1/sessions:oidc", &right).await.ok(200).at("/second_factor"), "totp");
    signing_in.get("/v1/me").await.ok(200);
}
