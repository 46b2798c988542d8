//! Accounts that are issued and redeemed as people do it, through the API.
use serde_json::{Value, json};
use testkit::{Answer, TestApp, TestClient};

/// A password that does.
pub const PASSWORD: &str = "correct horse battery staple";

/// A new id.
pub fn id() -> Value {
    json!(platform::opctx::new_id())
}

/// Asks for an account.
pub async fn issue(client: &TestClient, account: Value) -> Answer {
    client.post("/v1/accounts", &json!({"id": id(), "account": account})).await
}

/// Redeems a code.
pub async fn redeem(app: &TestApp, name: &str, code: &str) -> Answer {
    let request = json!({"id": id(), "name": name, "code": code, "password": PASSWORD});
    app.anonymous().post("/v1/invitations:redeem", &request).await
}

/// Signs in by name and password.
pub async fn sign_in(app: &TestApp, name: &str) -> Answer {
    let request = json!({"grant_type": "password", "username": name, "password": PASSWORD});
    app.anonymous().post("/v1/tokens", &request).await
}

/// The client of an answer with a token.
pub fn client(app: &TestApp, answer: &Answer) -> TestClient {
    app.anonymous().with_token(answer.ok(200).at("/access_token").as_str().unwrap())
}

/// An account that was issued by `issuer`, and redeemed: whoever has it is signed in.
pub async fn person(app: &TestApp, issuer: &TestClient, account: Value) -> TestClient {
    let name = account["name"].as_str().unwrap().to_owned();
    let issued = issue(issuer, account).await;
    let code = issued.ok(200).at("/invitation/code");
    redeem(app, &name, code.as_str().unwrap()).await.ok(200);
    client(app, &sign_in(app, &name).await)
}
