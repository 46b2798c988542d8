//! The wholesalers' places at the broker, as `relay::topology` makes them, with the limits that the relay
//! gave to its own queue. What a wholesaler publishes is left out: here it only receives.
use super::{PARTNERS, order::wholesaler};
use crate::{
    instance::Home,
    measure::{Failed, failed},
};
use domain::WholesalerCode;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use lapin::{Connection, ConnectionProperties, options::QueueDeclareOptions, types::FieldTable};
use reqwest::{Method, StatusCode, Url};
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use tokio::time::sleep;

/// The queue of the main virtual host to which shipments' events go.
pub const MAIN_QUEUE: &str = "allocation";
/// A wholesaler's queue.
pub const PARTNER_QUEUE: &str = "orders";
/// Requests to the management interface at the same time.
const SIDE_BY_SIDE: usize = 4;
/// The relay makes the main virtual host within this time.
const PATIENCE: Duration = Duration::from_secs(60);

/// The broker.
pub struct Places {
    http: reqwest::Client,
    management: Url,
    admin: Url,
    /// The main virtual host, which is also the service user's name.
    pub main: String,
    /// Host and port.
    address: String,
    password: String,
    partner_password: String,
}

impl Places {
    /// Waits for the relay to make the main virtual host, and makes the wholesalers'.
    pub async fn make(home: &Home) -> Result<Self, Failed> {
        let admin = Url::parse(&home.stack.amqp_url).map_err(failed)?;
        let mut management = Url::parse(&home.stack.amqp_management_url).map_err(failed)?;
        let set = management.set_username(admin.username()).and_then(|()| management.set_password(admin.password()));
        set.map_err(|()| failed("the broker's URL takes no user"))?;
        let host = admin.host_str().unwrap_or_default();
        let places = Self {
            http: platform::http_client().build().map_err(failed)?,
            management,
            address: format!("{host}:{}", admin.port().unwrap_or(5_672)),
            admin,
            main: home.database.replacen('_', "-", 1),
            password: home.derived("amqp")?,
            partner_password: home.derived("loadtests/partner")?,
        };
        let limits = places.limits().await?;
        places.permit(&places.main, places.admin.username(), [".*", ".*", ".*"]).await?;
        let companies = (0..usize::from(PARTNERS)).map(|place| places.provision(place, &limits));
        stream::iter(companies).buffer_unordered(SIDE_BY_SIDE).try_collect::<()>().await?;
        Ok(places)
    }

    /// The virtual host of a wholesaler, which is also its user's name.
    pub fn vhost(&self, company: WholesalerCode) -> String {
        format!("{}-wh-{}", self.main, company.to_string().to_lowercase())
    }

    /// Where a wholesaler signs in.
    pub fn partner_url(&self, company: WholesalerCode) -> String {
        let vhost = self.vhost(company);
        format!("amqp://{vhost}:{}@{}/{vhost}", self.partner_password, self.address)
    }

    /// Where our own user signs in, to one virtual host.
    pub fn own_url(&self, vhost: &str) -> String {
        format!("amqp://{}:{}@{}/{vhost}", self.main, self.password, self.address)
    }

    /// Makes the queues that events end in anew.
    pub async fn empty(&self) -> Result<(), Failed> {
        self.put_queue_anew(&self.main, MAIN_QUEUE, "meguri.events", &["shipment.#", "receipt.#"]).await?;
        let companies = (0..usize::from(PARTNERS)).map(|place| async move {
            self.put_queue_anew(&self.vhost(wholesaler(place)?), PARTNER_QUEUE, "to-partner", &["#"]).await
        });
        stream::iter(companies).buffer_unordered(SIDE_BY_SIDE).try_collect::<()>().await
    }

    /// Messages in the main queue, and in all wholesalers' queues together; the queues count themselves.
    pub async fn held(&self) -> Result<(usize, usize), Failed> {
        let mut partners = 0;
        for place in 0..usize::from(PARTNERS) {
            partners += self.depth(&self.vhost(wholesaler(place)?), PARTNER_QUEUE).await?;
        }
        Ok((self.depth(&self.main, MAIN_QUEUE).await?, partners))
    }

    async fn depth(&self, vhost: &str, queue: &str) -> Result<usize, Failed> {
        let mut url = self.admin.clone();
        url.set_path(vhost);
        let connection = Connection::connect(url.as_str(), ConnectionProperties::default()).await.map_err(failed)?;
        let channel = connection.create_channel().await.map_err(failed)?;
        let passive = QueueDeclareOptions { passive: true, ..QueueDeclareOptions::default() };
        let found = channel.queue_declare(queue.into(), passive, FieldTable::default()).await.map_err(failed)?;
        let count = usize::try_from(found.message_count()).map_err(failed)?;
        connection.close(200, "done".into()).await.map_err(failed)?;
        Ok(count)
    }

    /// The broker's version.
    pub async fn version(&self) -> Result<String, Failed> {
        let overview = self.get("overview").await?.unwrap_or_default();
        let version = overview.get("rabbitmq_version").and_then(Value::as_str).unwrap_or("of unknown version");
        Ok(format!("RabbitMQ {version}"))
    }

    /// The limits of the main queue, as the relay has set them.
    async fn limits(&self) -> Result<Value, Failed> {
        let started = Instant::now();
        // what the relay makes last
        let last = format!("permissions/{}/{}", self.main, self.main);
        while started.elapsed() < PATIENCE {
            if self.get(&last).await?.is_some()
                && let Some(policy) = self.get(&format!("policies/{}/{MAIN_QUEUE}", self.main)).await?
                && let Some(limits) = policy.get("definition")
            {
                return Ok(limits.clone());
            }
            sleep(Duration::from_millis(100)).await;
        }
        Err(failed("the relay has not made its virtual host"))
    }

    async fn provision(&self, place: usize, limits: &Value) -> Result<(), Failed> {
        let company = wholesaler(place)?;
        let vhost = &self.vhost(company);
        self.put(&format!("vhosts/{vhost}"), &json!({})).await?;
        self.permit(vhost, self.admin.username(), [".*", ".*", ".*"]).await?;
        let fanout = json!({"type": "fanout", "durable": true});
        self.put(&format!("exchanges/{vhost}/unroutable"), &fanout).await?;
        let keeping = json!({"max-length": limits.get("max-length"), "overflow": limits.get("overflow")});
        self.put_queue(vhost, "unroutable", &keeping).await?;
        self.bind(vhost, "unroutable", "unroutable", "").await?;
        let topic = json!({"type": "topic", "durable": true, "arguments": {"alternate-exchange": "unroutable"}});
        self.put(&format!("exchanges/{vhost}/to-partner"), &topic).await?;
        let dead = format!("{PARTNER_QUEUE}.dead");
        self.put_queue(vhost, &dead, &keeping).await?;
        let mut working = limits.clone();
        if let Some(target) = working.get_mut("dead-letter-routing-key") {
            *target = dead.into();
        }
        self.put_queue(vhost, PARTNER_QUEUE, &working).await?;
        self.bind(vhost, "to-partner", PARTNER_QUEUE, "#").await?;
        self.permit(vhost, &self.main, ["^$", r"^(to-partner|amq\.default)$", r"^(orders\.dead|unroutable)$"]).await?;
        self.put(&format!("users/{vhost}"), &json!({"password": self.partner_password, "tags": ""})).await?;
        self.permit(vhost, vhost, ["^$", "^from-partner$", "^orders$"]).await
    }

    async fn put_queue(&self, vhost: &str, name: &str, limits: &Value) -> Result<(), Failed> {
        let pattern = format!("^{}$", name.replace('.', "\\."));
        let policy = json!({"pattern": pattern, "definition": limits, "apply-to": "queues", "priority": 0});
        self.put(&format!("policies/{vhost}/{name}"), &policy).await?;
        self.put(&format!("queues/{vhost}/{name}"), &quorum()).await
    }

    /// Its policy stays.
    async fn put_queue_anew(&self, vhost: &str, name: &str, exchange: &str, keys: &[&str]) -> Result<(), Failed> {
        let path = format!("queues/{vhost}/{name}");
        self.send(Method::DELETE, &path, None).await?;
        self.put(&path, &quorum()).await?;
        for key in keys {
            self.bind(vhost, exchange, name, key).await?;
        }
        Ok(())
    }

    async fn bind(&self, vhost: &str, exchange: &str, queue: &str, key: &str) -> Result<(), Failed> {
        let body = json!({"routing_key": key, "arguments": {}});
        self.send(Method::POST, &format!("bindings/{vhost}/e/{exchange}/q/{queue}"), Some(&body)).await.map(drop)
    }

    async fn permit(&self, vhost: &str, user: &str, [configure, write, read]: [&str; 3]) -> Result<(), Failed> {
        let body = json!({"configure": configure, "write": write, "read": read});
        self.put(&format!("permissions/{vhost}/{user}"), &body).await
    }

    async fn put(&self, path: &str, body: &Value) -> Result<(), Failed> {
        self.send(Method::PUT, path, Some(body)).await.map(drop)
    }

    async fn get(&self, path: &str) -> Result<Option<Value>, Failed> {
        let answer = self.send(Method::GET, path, None).await?;
        answer.map(|text| serde_json::from_slice(&text).map_err(failed)).transpose()
    }

    /// None when there is no such thing.
    async fn send(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Option<Vec<u8>>, Failed> {
        let mut url = self.management.clone();
        url.set_path(&format!("api/{path}"));
        let mut request = self.http.request(method, url);
        if let Some(body) = body {
            request = request.json(body);
        }
        // the address carries a password
        let answer = request.send().await.map_err(|error| failed(error.without_url()))?;
        let status = answer.status();
        let text = answer.bytes().await.map_err(|error| failed(error.without_url()))?;
        match status {
            StatusCode::NOT_FOUND => Ok(None),
            status if status.is_success() => Ok(Some(text.to_vec())),
            status => Err(failed(format!("the broker, {path}: {status} {}", String::from_utf8_lossy(&text)))),
        }
    }
}

fn quorum() -> Value {
    json!({"durable": true, "auto_delete": false, "arguments": {"x-queue-type": "quorum"}})
}
