//! RabbitMQ: where it is and how its places are called, publishing with confirms, consuming, and its
//! management interface. What exists there (exchanges, queues, users) is made by `relay::topology`.
//!
//! lapin recovers connections by itself; `link` supervises it. Whatever was under way when a connection
//! broke has failed, and its owner sends it again with the same id: consumers know ids.
mod consume;
mod link;
mod manage;
mod publish;
mod redrive;

pub use consume::{BODY_MAX, Consumer, Message, Outcome, Partners, Queue, consume, consume_partners};
pub use lapin;
pub use manage::Management;
pub use publish::{Outgoing, Publisher, Unsent};
pub use redrive::redrive;

use crate::{
    failure::{Failure, Result},
    migrate::role_password,
    opctx::new_id,
};
use domain::{Problem, WholesalerCode, error};
use reqwest::Url;
use std::{sync::Arc, time::Duration};

/// The exchange of all events, in the main virtual host.
pub const EVENTS: &str = "meguri.events";
/// The exchange from which a partner's queue `orders` is filled.
pub const TO_PARTNER: &str = "to-partner";
/// The exchange to which a partner publishes.
pub const FROM_PARTNER: &str = "from-partner";
/// What a partner published, in its virtual host.
pub const ANSWERS: &str = "answers";
/// Routing key of a request to publish a subject's events again.
pub const REPLAY: &str = "relay.replay";
/// Content type of an event in structured JSON mode.
pub const CLOUD_EVENT: &str = "application/cloudevents+json";
/// Seconds without a sign of life after which either side gives a connection up (twice this at most).
const HEARTBEAT_S: u16 = 10;

/// One broker, and the names under which one instance lives there. Cheap to clone; connects to nothing
/// by itself.
#[derive(Clone)]
pub struct Broker(Arc<Inner>);

struct Inner {
    /// Host and port.
    address: String,
    namespace: String,
    password: String,
    heartbeat_s: u16,
    management: Management,
}

impl std::fmt::Debug for Broker {
    /// Without passwords.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Broker({}, {})", self.0.address, self.0.namespace)
    }
}

impl Broker {
    /// A broker. `amqp_url` is an administrator's without a virtual host (`amqp://user:password@host:port`),
    /// used for the management interface only; our processes sign in as the service user, whose name is
    /// the namespace and whose password is derived from the instance's secret.
    ///
    /// # Errors
    /// When an address is no URL, or asks for TLS, which this build has not.
    pub fn new(amqp_url: &str, management_url: &str, namespace: &str, secret: &str) -> Result<Self> {
        let wrong = |what: &str| Failure::Unavailable(format!("MEGURI_AMQP_URL {what}"));
        let url = Url::parse(amqp_url).map_err(|_| wrong("is no URL like amqp://user:password@host:5672"))?;
        if url.scheme() != "amqp" {
            return Err(wrong("must begin with amqp://"));
        }
        let host = url.host_str().ok_or_else(|| wrong("names no host"))?;
        Ok(Self(Arc::new(Inner {
            address: format!("{host}:{}", url.port().unwrap_or(5_672)),
            namespace: namespace.to_owned(),
            password: role_password(secret, "amqp"),
            heartbeat_s: HEARTBEAT_S,
            management: Management::new(management_url, &url)?,
        })))
    }

    /// The same broker with another heartbeat, in seconds: tests need not wait long for a dead one.
    #[must_use]
    pub fn with_heartbeat(&self, seconds: u16) -> Self {
        let inner = &self.0;
        Self(Arc::new(Inner {
            address: inner.address.clone(),
            namespace: inner.namespace.clone(),
            password: inner.password.clone(),
            heartbeat_s: seconds,
            management: inner.management.clone(),
        }))
    }

    /// The same broker reached through another address (`host:port`): a proxy.
    #[must_use]
    pub fn through(&self, address: &str) -> Self {
        let inner = &self.0;
        Self(Arc::new(Inner {
            address: address.to_owned(),
            namespace: inner.namespace.clone(),
            password: inner.password.clone(),
            heartbeat_s: inner.heartbeat_s,
            management: inner.management.clone(),
        }))
    }

    /// Host and port.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.0.address
    }

    /// The instance's main virtual host; all its names begin with it.
    #[must_use]
    pub fn main_vhost(&self) -> &str {
        &self.0.namespace
    }

    /// A wholesaler company's virtual host: `meguri-demo-wh-w07`.
    #[must_use]
    pub fn partner_vhost(&self, wholesaler: WholesalerCode) -> String {
        format!("{}-wh-{}", self.0.namespace, wholesaler.to_string().to_lowercase())
    }

    /// The wholesaler whose virtual host this is, if it is one of this instance.
    #[must_use]
    pub fn wholesaler_of(&self, vhost: &str) -> Option<WholesalerCode> {
        let code = vhost.strip_prefix(self.main_vhost())?.strip_prefix("-wh-")?;
        let found = code.to_uppercase().parse().ok()?;
        (self.partner_vhost(found) == vhost).then_some(found)
    }

    /// The user of a wholesaler company. It is called as its virtual host.
    #[must_use]
    pub fn partner_user(&self, wholesaler: WholesalerCode) -> String {
        self.partner_vhost(wholesaler)
    }

    /// The user as which our own processes sign in.
    #[must_use]
    pub fn service_user(&self) -> &str {
        &self.0.namespace
    }

    /// Its password.
    #[must_use]
    pub fn service_password(&self) -> &str {
        &self.0.password
    }

    /// The management interface, as administrator.
    #[must_use]
    pub fn management(&self) -> &Management {
        &self.0.management
    }

    /// The address under which somebody reaches a virtual host. Passwords of ours need no escaping.
    #[must_use]
    pub fn url(&self, user: &str, password: &str, vhost: &str) -> String {
        format!("amqp://{user}:{password}@{}/{vhost}?heartbeat={}", self.0.address, self.0.heartbeat_s)
    }

    fn own_url(&self, vhost: &str) -> String {
        self.url(self.service_user(), self.service_password(), vhost)
    }

    /// A publisher to one virtual host, on a connection of its own that is made when first used. Keep it:
    /// each has its own connection.
    #[must_use]
    pub fn publisher(&self, vhost: &str) -> Publisher {
        Publisher::new(self, vhost)
    }

    /// The wholesalers that have a virtual host, in the order of their codes.
    ///
    /// # Errors
    /// `broker.unavailable`.
    pub async fn provisioned(&self) -> Result<Vec<WholesalerCode>> {
        let names = self.management().names("vhosts").await?;
        let mut found: Vec<_> = names.iter().filter_map(|name| self.wholesaler_of(name)).collect();
        found.sort_unstable();
        Ok(found)
    }
}

/// The broker does not answer, or not as expected.
pub fn unavailable(reason: impl std::fmt::Display) -> Failure {
    Problem::new(&error::BROKER_UNAVAILABLE).with("reason", &reason.to_string()).into()
}

/// The wait before try number `failures` + 1: doubled each time from `first` to `most`, half of it by
/// chance, so that many who lost the same broker do not come back in the same moment.
#[must_use]
pub fn backoff(failures: u32, first: Duration, most: Duration) -> Duration {
    let whole = first.saturating_mul(1_u32.checked_shl(failures.min(16)).unwrap_or(1)).min(most);
    let half = whole / 2;
    let chance = u64::try_from(new_id().as_u128() % 1_000).unwrap_or(0);
    let millis = u64::try_from(half.as_millis()).unwrap_or(u64::MAX);
    half + Duration::from_millis(millis.saturating_mul(chance) / 1_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn broker() -> Broker {
        Broker::new("amqp://admin:p%40ss@127.0.0.1:1", "http://127.0.0.1:2", "meguri-demo", "secret").unwrap()
    }

    #[test]
    fn a_wholesalers_place_bears_its_code() {
        let broker = broker();
        let w07: WholesalerCode = "W07".parse().unwrap();
        assert_eq!(broker.partner_vhost(w07), "meguri-demo-wh-w07");
        assert_eq!(broker.wholesaler_of("meguri-demo-wh-w07"), Some(w07));
        for other in ["meguri-demo", "meguri-demo-wh-W07", "meguri-demo-wh-w7", "meguri-demo2-wh-w07", "/"] {
            assert_eq!(broker.wholesaler_of(other), None, "{other}");
        }
    }

    #[test]
    fn passwords_stay_out_of_logs() {
        let shown = format!("{:?}", broker());
        assert_eq!(shown, "Broker(127.0.0.1:1, meguri-demo)");
    }

    #[test]
    fn waits_grow_to_their_limit_and_differ() {
        let (first, most) = (Duration::from_millis(100), Duration::from_secs(5));
        for failures in 0..40 {
            let wait = backoff(failures, first, most);
            assert!(wait >= first / 2 && wait <= most, "{failures}: {wait:?}");
        }
        assert!(backoff(39, first, most) >= most / 2);
        let waits: std::collections::BTreeSet<_> = (0..20).map(|_| backoff(6, first, most)).collect();
        assert!(waits.len() > 5, "{waits:?}");
    }
}
