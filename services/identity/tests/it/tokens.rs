//! `POST /v1/tokens` and `/.well-known/jwks.json`.
use serde_json::{Value, json};
use testkit::{
    TestApp, TestClient,
    meguri::{self, seed},
};

fn password(username: &str, password: &str) -> Value {
    json!({"grant_type": "password", "username": username, "password": password})
}

#[tokio::test(flavor = "multi_thread")]
async fn a_persona_and_a_machine_sign_in() {
    let app = TestApp::start().await;
    let nobody = app.anonymous();
    let ministry = seed::sign_ins(&app.db.home).into_iter().find(|sign_in| sign_in.name == "ministry").unwrap();
    let answer = nobody.post("/v1/tokens", &password("ministry", &ministry.credential)).await;
    assert_eq!(answer.ok(200).at("/role"), "ministry");
    assert_eq!((answer.at("/token_type"), answer.at("/expires_in")), (json!("Bearer"), json!(300)));
    let secret = seed::service_secret(&app.db.home, "proxy-13");
    let machine = json!({"grant_type": "service_account", "client_id": "proxy-13", "client_secret": secret});
    assert_eq!(nobody.post("/v1/tokens", &machine).await.ok(200).at("/role"), "reporting_proxy");

    let keys = nobody.get("/.well-known/jwks.json").await;
    assert_eq!((keys.ok(200).at("/keys/0/alg"), keys.at("/keys/0/crv")), (json!("EdDSA"), json!("Ed25519")));
    assert!(!keys.body.to_string().contains("seed"), "only the public half");
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_names_and_wrong_passwords_answer_alike() {
    let app = TestApp::start().await;
    let nobody = app.anonymous();
    let secret = seed::service_secret(&app.db.home, "proxy-13");
    for request in [
        password("ministry", "wrong"),
        password("nobody-of-that-name", "wrong"),
        // a machine's secret is no password, and a long password is not hashed
        password("proxy-13", &secret),
        password("auditor", &"x".repeat(1_000)),
        json!({"grant_type": "service_account", "client_id": "proxy-13", "client_secret": "00"}),
        json!({"grant_type": "service_account", "client_id": "ministry", "client_secret": ""}),
    ] {
        let answer = nobody.post("/v1/tokens", &request).await;
        answer.refused(401, "auth.bad_credentials");
        assert_eq!(answer.at("/title"), "The name or the password (secret) is wrong.");
    }
    nobody.post("/v1/tokens", &json!({"grant_type": "password"})).await.refused(422, "request.invalid");
    let extra = json!({"grant_type": "password", "username": "a", "password": "b", "role": "ministry"});
    nobody.post("/v1/tokens", &extra).await.refused(422, "request.invalid");
}

#[tokio::test(flavor = "multi_thread")]
async fn guessing_is_slowed_down_even_when_the_guess_is_right() {
    let app = TestApp::start().await;
    let nobody = app.anonymous();
    let right = seed::sign_ins(&app.db.home).into_iter().find(|sign_in| sign_in.name == "operator").unwrap().credential;
    let mut limited = None;
    // a minute may turn in between, so twice ten may be looked at
    for _ in 0..21 {
        let answer = nobody.post("/v1/tokens", &password("operator", "guess")).await;
        if answer.status.as_u16() == 429 {
            limited = Some(nobody.post("/v1/tokens", &password("operator", &right)).await);
            break;
        }
    }
    let limited = limited.expect("twenty-one guesses are too many");
    let wait = limited.refused(429, "auth.too_many_attempts").header("Retry-After");
    // a minute by the rate; a quarter of an hour where a minute turned in between and ten were looked at
    assert!(matches!(wait.parse::<u32>(), Ok(60 | 890..=900)), "{wait}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suspended_account_is_out() {
    let app = TestApp::start().await;
    let secret = seed::service_secret(&app.db.home, "proxy-13");
    app.db.sql("update identity.account set disabled_at = now() where name = 'proxy-13'").await;
    app.db.sql("update identity.account set expires_at = now() - interval '1 second' where name = 'proxy-14'").await;
    for (name, secret) in [("proxy-13", secret), ("proxy-14", seed::service_secret(&app.db.home, "proxy-14"))] {
        let request = json!({"grant_type": "service_account", "client_id": name, "client_secret": secret});
        app.anonymous().post("/v1/tokens", &request).await.refused(401, "auth.bad_credentials");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_our_own_tokens_in_force_are_taken() {
    let app = TestApp::start().await;
    let good = app.proxy(13).await.token.unwrap();
    let parts: Vec<&str> = good.split('.').collect();
    let path = "/v1/facilities/gmis:10101075/reports/2021-04-05";
    let with = |token: String| TestClient::anonymous(&app.server.url).with_token(&token);
    with(good.clone()).get(path).await.refused(404, "facility.not_found");

    let none = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0"; // {"alg":"none","typ":"JWT"}
    let hs256 = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9"; // {"alg":"HS256","typ":"JWT"}
    let other = TestApp::start().await.proxy(13).await.token.unwrap(); // another instance's key of the same name
    let other_parts: Vec<&str> = other.split('.').collect();
    for bad in [
        format!("{none}.{}.", parts[1]),
        format!("{hs256}.{}.{}", parts[1], parts[2]),
        format!("{}.{}.{}", parts[0], other_parts[1], parts[2]),
        format!("{}.{}.{}", parts[0], parts[1], other_parts[2]),
        format!("{}.{}.", parts[0], parts[1]),
        "x".to_owned(),
        String::new(),
        "a.b.c".to_owned(),
    ] {
        with(bad.clone()).get(path).await.refused(401, "auth.invalid_token");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn expired_tokens_and_other_audiences_and_issuers_are_refused() {
    use identity::{Identity, app::keys};
    use platform::{clock::real_now, limit::Rates};
    let app = TestApp::start().await;
    let db = app.db.home.pool("identity_app", "identity").unwrap();
    let shared = meguri::serve::shared(&app.db.home, &db, &app.server.url, "t", Rates::default()).await.unwrap();
    let signer = keys::signer(&Identity::new(shared, db, "secret")).await.unwrap();
    let now_s = real_now().timestamp();
    let claims = wire::auth::Claims {
        iss: "meguri-test".to_owned(),
        aud: "meguri".to_owned(),
        sub: platform::opctx::new_id(),
        name: "made-for-the-test".to_owned(),
        role: "auditor".to_owned(),
        org: platform::opctx::new_id(),
        territory: domain::TerritoryCode::NATION,
        facility: None,
        partner: None,
        machine: true,
        sid: None,
        dlg: None,
        scope: None,
        iat: now_s,
        exp: now_s + 300,
    };
    let code = async |claims: &wire::auth::Claims| {
        let token = signer.sign(claims).unwrap();
        let answer = app.anonymous().with_token(&token).get("/v1/facilities/gmis:10101075/reports/2021-04-05").await;
        (answer.status.as_u16(), answer.code().to_owned())
    };
    assert_eq!(code(&claims).await, (404, "facility.not_found".to_owned()), "the same claims are good when right");
    let invalid = (401, "auth.invalid_token".to_owned());
    assert_eq!(code(&wire::auth::Claims { exp: now_s - 120, ..claims.clone() }).await, invalid);
    assert_eq!(code(&wire::auth::Claims { aud: "other".to_owned(), ..claims.clone() }).await, invalid);
    assert_eq!(code(&wire::auth::Claims { iss: "meguri-other".to_owned(), ..claims.clone() }).await, invalid);
    assert_eq!(code(&wire::auth::Claims { role: "public".to_owned(), ..claims.clone() }).await, invalid);
    assert_eq!(code(&wire::auth::Claims { role: "emperor".to_owned(), ..claims }).await, invalid);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_guesses_is_slowed_down_and_the_machines_behind_it_are_not() {
    use platform::limit::Rates;
    let rates = Rates { person: 100_000, machine: 100_000, public: 3 };
    let app = TestApp::start_with(rates, None).await;
    let nobody = app.anonymous();
    let mut sending = tokio::task::JoinSet::new();
    for n in 0..24 {
        let nobody = nobody.clone();
        let request = match n % 2 {
            0 => password(&format!("somebody-{n}"), "guess"),
            _ => json!({"grant_type": "nonsense"}),
        };
        sending.spawn(async move { nobody.post("/v1/tokens", &request).await });
    }
    let answers = sending.join_all().await;
    let limited = answers.iter().filter(|answer| answer.code() == "request.rate_limited").count();
    // argon2 takes its time in a debug build: the attempts may spread over a few seconds
    assert!(limited >= 6, "{limited}");
    for prefecture in 1..=47 {
        app.proxy(prefecture).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn names_that_no_account_can_have_are_refused_uncounted() {
    let app = TestApp::start().await;
    let nobody = app.anonymous();
    for name in ["Ministry", "a\0", "病院", &"x".repeat(64), ""] {
        for _ in 0..12 {
            nobody.post("/v1/tokens", &password(name, "guess")).await.refused(401, "auth.bad_credentials");
        }
        let machine = json!({"grant_type": "service_account", "client_id": name, "client_secret": "x"});
        nobody.post("/v1/tokens", &machine).await.refused(401, "auth.bad_credentials");
    }
    let large = password(&"x".repeat(5_000), "guess");
    nobody.post("/v1/tokens", &large).await.refused(413, "request.too_large");
}
