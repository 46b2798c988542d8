//! A client that is somebody, or nobody.
use reqwest::{Method, StatusCode, header::HeaderMap};
use serde_json::{Value, json};

/// An answer, read whole.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Status.
    pub status: StatusCode,
    /// Headers.
    pub headers: HeaderMap,
    /// The body, as JSON if it is JSON, else as a string.
    pub body: Value,
}

impl Answer {
    /// The problem's code, or that of the first GraphQL error.
    #[must_use]
    pub fn code(&self) -> &str {
        let graphql = self.body.pointer("/errors/0/extensions/code");
        self.body.get("code").or(graphql).and_then(Value::as_str).unwrap_or("")
    }

    /// Asserts status and code, and that both languages are there.
    #[track_caller]
    pub fn refused(&self, status: u16, code: &str) -> &Self {
        assert_eq!((self.status.as_u16(), self.code()), (status, code), "{}", self.body);
        let text = |key: &str| self.body.get(key).and_then(Value::as_str).unwrap_or("").to_owned();
        assert!(!text("detail").is_ascii() && text("title").is_ascii() | !text("title").is_empty(), "{}", self.body);
        assert_eq!(self.header("content-type"), "application/problem+json");
        self
    }

    /// Asserts the status.
    #[track_caller]
    pub fn ok(&self, status: u16) -> &Self {
        assert_eq!(self.status.as_u16(), status, "{}", self.body);
        self
    }

    /// A value by JSON pointer; null when absent.
    #[must_use]
    pub fn at(&self, pointer: &str) -> Value {
        self.body.pointer(pointer).cloned().unwrap_or_default()
    }

    /// A header as text.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("")
    }
}

/// Talks to one server, with a token or without.
#[derive(Clone)]
pub struct TestClient {
    /// Where the server answers.
    pub base: String,
    /// The token, if signed in.
    pub token: Option<String>,
    http: reqwest::Client,
}

impl TestClient {
    /// Nobody.
    #[must_use]
    pub fn anonymous(base: &str) -> Self {
        let http = platform::http_client().build().expect("a client");
        Self { base: base.to_owned(), token: None, http }
    }

    /// The same client with a token.
    #[must_use]
    pub fn with_token(&self, token: &str) -> Self {
        Self { token: Some(token.to_owned()), ..self.clone() }
    }

    /// A request with method and path, to be completed.
    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.base));
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    /// Sends a request and reads the answer whole.
    pub async fn send(&self, request: reqwest::RequestBuilder) -> Answer {
        let answer = request.send().await.expect("the server answers");
        let (status, headers) = (answer.status(), answer.headers().clone());
        let text = answer.text().await.expect("a whole body");
        let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
        Answer { status, headers, body }
    }

    /// HEAD.
    pub async fn head(&self, path: &str) -> Answer {
        self.send(self.request(Method::HEAD, path)).await
    }

    /// GET.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path)).await
    }

    /// POST of JSON.
    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(self.request(Method::POST, path).json(body)).await
    }

    /// POST of raw bytes under a content type.
    pub async fn post_raw(&self, path: &str, content_type: &str, body: Vec<u8>) -> Answer {
        self.send(self.request(Method::POST, path).header("Content-Type", content_type).body(body)).await
    }

    /// A GraphQL operation.
    pub async fn graphql(&self, query: &str, variables: Value) -> Answer {
        self.post("/graphql", &json!({"query": query, "variables": variables})).await
    }
}
