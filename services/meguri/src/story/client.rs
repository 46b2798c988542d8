//! A client as hospitals' and prefectures' own systems would be: tokens, REST, GraphQL.
use platform::{Failure, failure::Result};
use reqwest::StatusCode;
use serde_json::{Value, json};
use std::{
    collections::HashMap,
    time::{Duration, Instant},
};
use tokio::sync::Mutex;
use wire::{
    auth::{TokenRequest, TokenResponse},
    report::{ReportAccepted, SubmitReport},
};

/// A token is fetched anew when it is older than this; it lives five minutes.
const TOKEN_USE: Duration = Duration::from_secs(240);
/// The same report is sent again at most this often when the server says "not now".
const TRIES: u32 = 20;

/// Talks to one server.
pub struct Client {
    base: String,
    http: reqwest::Client,
    tokens: Mutex<HashMap<String, (String, Instant)>>,
}

fn failed(error: impl std::fmt::Display) -> Failure {
    Failure::Unavailable(error.to_string())
}

impl Client {
    /// A client of the server at `base`.
    #[must_use]
    pub fn new(base: &str) -> Self {
        let http = platform::http_client().build().unwrap_or_default();
        Self { base: base.to_owned(), http, tokens: Mutex::default() }
    }

    /// A token for a person (`machine` false) or a service account.
    ///
    /// # Errors
    /// When the server refuses the credentials or cannot be reached.
    pub async fn token(&self, name: &str, credential: &str, machine: bool) -> Result<String> {
        let mut tokens = self.tokens.lock().await;
        if let Some((token, _)) = tokens.get(name).filter(|(_, since)| since.elapsed() < TOKEN_USE) {
            return Ok(token.clone());
        }
        let request = if machine {
            TokenRequest::ServiceAccount {
                client_id: name.to_owned(),
                client_secret: credential.to_owned(),
                delegation: None,
            }
        } else {
            TokenRequest::Password {
                username: name.to_owned(),
                password: credential.to_owned(),
                delegation: None,
                otp: None,
            }
        };
        let url = format!("{}/v1/tokens", self.base);
        let mut tries = 0;
        let answer = loop {
            let answer = self.http.post(&url).json(&request).send().await.map_err(failed)?;
            // sign-ins are counted by address until there is a token
            if answer.status() != StatusCode::TOO_MANY_REQUESTS || tries == TRIES {
                break answer;
            }
            tries += 1;
            tokio::time::sleep(Duration::from_millis(200)).await;
        };
        let answer: TokenResponse = answer.error_for_status().map_err(failed)?.json().await.map_err(failed)?;
        tokens.insert(name.to_owned(), (answer.access_token.clone(), Instant::now()));
        Ok(answer.access_token)
    }

    /// Sends one report; waits and sends the same again when told "not now".
    ///
    /// # Errors
    /// When the server cannot be reached. A refusal is `Ok(Err(problem))`.
    pub async fn submit(
        &self,
        token: &str,
        report: &SubmitReport,
    ) -> Result<std::result::Result<ReportAccepted, Value>> {
        let url = format!("{}/v1/reports", self.base);
        let mut tries = 0;
        loop {
            let answer = self.http.post(&url).bearer_auth(token).json(report).send().await.map_err(failed)?;
            match answer.status() {
                StatusCode::CREATED | StatusCode::OK => return Ok(Ok(answer.json().await.map_err(failed)?)),
                StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE if tries < TRIES => {
                    tries += 1;
                    tokio::time::sleep(Duration::from_millis(250)).await;
                }
                _ => return Ok(Err(answer.json().await.map_err(failed)?)),
            }
        }
    }

    /// Sends a body to a path; answers the body of what came back.
    ///
    /// # Errors
    /// When the server cannot be reached, or refuses.
    pub async fn rest(&self, token: &str, path: &str, body: &Value) -> Result<Value> {
        let request = self.http.post(format!("{}{path}", self.base)).bearer_auth(token).json(body);
        let answer = request.send().await.map_err(failed)?;
        let (status, body) = (answer.status(), answer.json::<Value>().await.map_err(failed)?);
        if status.is_success() {
            Ok(body)
        } else {
            Err(Failure::Unavailable(format!("{path} answered {status}: {body}")))
        }
    }

    /// Runs a GraphQL operation; answers its `data`.
    ///
    /// # Errors
    /// When the server cannot be reached, or answers errors.
    pub async fn graphql(&self, token: &str, query: &str, variables: Value) -> Result<Value> {
        let url = format!("{}/graphql", self.base);
        let body = json!({"query": query, "variables": variables});
        let answer = self.http.post(&url).bearer_auth(token).json(&body).send().await.map_err(failed)?;
        let mut answer: Value = answer.json().await.map_err(failed)?;
        if answer.get("errors").is_some() || answer.get("data").is_none() {
            return Err(Failure::Unavailable(format!("GraphQL answered {answer}")));
        }
        Ok(answer.get_mut("data").map(Value::take).unwrap_or_default())
    }
}
