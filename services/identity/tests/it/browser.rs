//! A browser: keeps the cookies it is given, and sends them back.
use reqwest::{Method, header};
use serde_json::{Value, json};
use testkit::{Answer, TestApp, TestClient, meguri::seed};

/// The password of a persona.
pub fn password_of(app: &TestApp, name: &str) -> String {
    let list = seed::sign_ins(&app.db.home);
    list.into_iter().find(|sign_in| sign_in.name == name).unwrap().credential
}

/// What a browser has.
#[derive(Clone)]
pub struct Browser {
    pub client: TestClient,
    pub access: String,
    pub session: String,
}

/// The value of a cookie that an answer sets.
pub fn cookie(answer: &Answer, name: &str) -> Option<String> {
    let lines = answer.headers.get_all(header::SET_COOKIE).into_iter().map(|line| line.to_str().unwrap());
    let mut found = lines.filter_map(|line| {
        assert!(line.contains("; Path=/; Secure; HttpOnly; SameSite=Lax"), "{line}");
        line.split(';').next()?.strip_prefix(&format!("{name}="))
    });
    found.next().map(str::to_owned)
}

impl Browser {
    /// One that has nothing yet.
    pub fn new(app: &TestApp) -> Self {
        Self { client: app.anonymous(), access: String::new(), session: String::new() }
    }

    /// Signs a persona in.
    pub async fn signed_in(app: &TestApp, name: &str) -> (Self, Answer) {
        let mut browser = Self::new(app);
        let answer = browser.post("/v1/sessions", &json!({"username": name, "password": password_of(app, name)})).await;
        answer.ok(200);
        (browser, answer)
    }

    /// The same browser at another server.
    pub fn at(&self, url: &str) -> Self {
        Self { client: TestClient::anonymous(url), ..self.clone() }
    }

    /// A request with the cookies, to be completed.
    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let pairs = [("__Host-meguri", &self.access), ("__Host-meguri-session", &self.session)];
        let pairs = pairs.iter().filter(|(_, value)| !value.is_empty());
        let line = pairs.map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ");
        let request = self.client.request(method, path);
        if line.is_empty() { request } else { request.header(header::COOKIE, line) }
    }

    /// Sends a request and keeps the cookies that come back.
    pub async fn send(&mut self, request: reqwest::RequestBuilder) -> Answer {
        let answer = self.client.send(request).await;
        if let Some(access) = cookie(&answer, "__Host-meguri") {
            self.access = access;
        }
        if let Some(session) = cookie(&answer, "__Host-meguri-session") {
            self.session = session;
        }
        answer
    }

    pub async fn get(&mut self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path)).await
    }

    /// A POST as the console makes it.
    pub async fn post(&mut self, path: &str, body: &Value) -> Answer {
        let request = self.request(Method::POST, path).header("Meguri-Request", "console").json(body);
        self.send(request).await
    }

    pub async fn delete(&mut self, path: &str) -> Answer {
        self.send(self.request(Method::DELETE, path).header("Meguri-Request", "console")).await
    }

    pub async fn renew(&mut self, activity: bool) -> Answer {
        self.post("/v1/sessions:renew", &json!({"activity": activity})).await
    }
}
