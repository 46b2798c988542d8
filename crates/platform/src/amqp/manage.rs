//! The management interface (HTTP), as administrator.
use super::unavailable;
use crate::{client::http_client, failure::Result};
use reqwest::{Method, RequestBuilder, StatusCode, Url};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;
use std::time::Duration;

/// An answer that takes longer is none. Making a virtual host takes seconds on a busy broker.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Cheap to clone. Paths are below `/api/`; names of ours need no escaping.
#[derive(Clone)]
pub struct Management {
    base: Url,
    client: reqwest::Client,
}

#[derive(Deserialize)]
struct Named {
    name: String,
}

impl Management {
    /// The interface at `url` for the user and password that `amqp` carries.
    pub(super) fn new(url: &str, amqp: &Url) -> Result<Self> {
        let wrong = |_| unavailable("MEGURI_AMQP_MANAGEMENT_URL is no URL like http://host:15672");
        let mut base = Url::parse(url).map_err(|error| wrong(error.to_string()))?;
        let password = amqp.password().map(str::to_owned);
        base.set_username(amqp.username())
            .and_then(|()| base.set_password(password.as_deref()))
            .map_err(|()| wrong(String::new()))?;
        let client = http_client().timeout(TIMEOUT).build().map_err(unavailable)?;
        Ok(Self { base, client })
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let mut url = self.base.clone();
        url.set_path(&format!("{}/api/{path}", self.base.path().trim_end_matches('/')));
        self.client.request(method, url)
    }

    /// Sends it; answers the body, or none when there is no such thing.
    async fn send(&self, request: RequestBuilder, what: &str) -> Result<Option<Vec<u8>>> {
        // reqwest's errors name the address, and with it user and password
        let answer = request.send().await.map_err(|error| unavailable(error.without_url()))?;
        let status = answer.status();
        let body = answer.bytes().await.map_err(|error| unavailable(error.without_url()))?;
        match status {
            status if status.is_success() => Ok(Some(body.to_vec())),
            StatusCode::NOT_FOUND => Ok(None),
            status => Err(unavailable(format!("{what}: {status} {}", String::from_utf8_lossy(&body)))),
        }
    }

    /// PUT: makes something, or leaves it as it is.
    ///
    /// # Errors
    /// `broker.unavailable`, with the broker's own words.
    pub async fn put(&self, path: &str, body: &Value) -> Result<()> {
        let sent = self.send(self.request(Method::PUT, path).json(body), path).await?;
        sent.map(drop).ok_or_else(|| unavailable(format!("{path}: not found")))
    }

    /// POST.
    ///
    /// # Errors
    /// `broker.unavailable`, with the broker's own words.
    pub async fn post(&self, path: &str, body: &Value) -> Result<Vec<u8>> {
        let sent = self.send(self.request(Method::POST, path).json(body), path).await?;
        sent.ok_or_else(|| unavailable(format!("{path}: not found")))
    }

    /// DELETE; answers whether there was such a thing.
    ///
    /// # Errors
    /// `broker.unavailable`, with the broker's own words.
    pub async fn delete(&self, path: &str) -> Result<bool> {
        Ok(self.send(self.request(Method::DELETE, path), path).await?.is_some())
    }

    /// GET; none when there is no such thing.
    ///
    /// # Errors
    /// `broker.unavailable`, with the broker's own words.
    pub async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<Option<T>> {
        let body = self.send(self.request(Method::GET, path), path).await?;
        body.map(|body| serde_json::from_slice(&body).map_err(unavailable)).transpose()
    }

    /// The names of all things of a kind: `vhosts`, `users`, `queues/<vhost>`.
    ///
    /// # Errors
    /// `broker.unavailable`.
    pub async fn names(&self, path: &str) -> Result<Vec<String>> {
        let found: Option<Vec<Named>> = self.get(path).await?;
        Ok(found.unwrap_or_default().into_iter().map(|named| named.name).collect())
    }

    /// Closes every connection of a user; answers how many there were.
    ///
    /// # Errors
    /// `broker.unavailable`.
    pub async fn close_connections(&self, user: &str, reason: &str) -> Result<usize> {
        #[derive(Deserialize)]
        struct Row {
            name: String,
            user: Option<String>,
        }
        let rows: Vec<Row> = self.get("connections").await?.unwrap_or_default();
        let mut closed = 0;
        for row in rows.into_iter().filter(|row| row.user.as_deref() == Some(user)) {
            // "127.0.0.1:50000 -> 127.0.0.1:5672": set_path escapes the blanks
            let path = format!("connections/{}", row.name);
            let request = self.request(Method::DELETE, &path).header("X-Reason", reason);
            closed += usize::from(self.send(request, "connections").await?.is_some());
        }
        Ok(closed)
    }
}
