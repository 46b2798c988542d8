//! Publishing with confirms.
use super::{Broker, CLOUD_EVENT, link::Link};
use domain::time::Instant;
use futures::FutureExt;
use lapin::{
    BasicProperties, Channel, Confirmation, ConnectionStatus,
    options::{BasicPublishOptions, ConfirmSelectOptions},
    types::{AMQPValue, FieldTable},
};
use std::{fmt, sync::Arc, time::Duration};
use tokio::{sync::Mutex, time::timeout};

/// At most this many messages are on their way unconfirmed.
const WINDOW: usize = 1_000;
/// A broker that has not confirmed within this time has not.
const CONFIRM_WAIT: Duration = Duration::from_secs(5);
/// How often it is looked whether the broker blocks.
const LOOK: Duration = Duration::from_millis(20);

/// A message to publish.
#[derive(Debug, Clone, PartialEq)]
pub struct Outgoing {
    /// Exchange; empty for the default one, whose routing key is a queue's name.
    pub exchange: String,
    /// Routing key.
    pub routing_key: String,
    /// The event's id. The same when it is sent again.
    pub id: String,
    /// The event's type.
    pub kind: String,
    /// [`CLOUD_EVENT`], or what it was when it is passed on.
    pub content_type: String,
    /// Business time.
    pub at: Option<Instant>,
    /// Additional headers.
    pub headers: Vec<(String, String)>,
    /// The whole body.
    pub body: Vec<u8>,
    /// Fail with [`Unsent::Unroutable`] when no queue takes it; else the alternate exchange keeps it.
    pub must_route: bool,
}

impl Outgoing {
    /// A message to an exchange, routed by its type.
    #[must_use]
    pub fn event(exchange: &str, id: &str, kind: &str, at: Instant, body: Vec<u8>) -> Self {
        Self {
            exchange: exchange.to_owned(),
            routing_key: kind.to_owned(),
            id: id.to_owned(),
            kind: kind.to_owned(),
            content_type: CLOUD_EVENT.to_owned(),
            at: Some(at),
            headers: Vec::new(),
            body,
            must_route: false,
        }
    }

    /// `user` is whose connection it goes over: the broker refuses another.
    fn properties(&self, user: &str) -> BasicProperties {
        let mut properties = BasicProperties::default()
            .with_delivery_mode(2)
            .with_user_id(user.into())
            .with_content_type(self.content_type.as_str().into())
            .with_message_id(self.id.as_str().into())
            .with_type(self.kind.as_str().into());
        if let Some(at) = self.at {
            properties = properties.with_timestamp(u64::try_from(at.timestamp()).unwrap_or(0));
        }
        if self.headers.is_empty() {
            return properties;
        }
        let mut table = FieldTable::default();
        for (name, value) in &self.headers {
            table.insert(name.as_str().into(), AMQPValue::LongString(value.as_str().into()));
        }
        properties.with_headers(table)
    }
}

/// Why a message is not known to be with the broker. It may be there all the same: send it again with
/// the same id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unsent {
    /// There is no connection; why.
    Away(String),
    /// The broker takes nothing at the moment: memory or disk alarm.
    Blocked,
    /// The broker refused it: a queue is full.
    Refused,
    /// No queue takes it.
    Unroutable,
    /// Something happened before it was confirmed.
    Unconfirmed(String),
}

impl fmt::Display for Unsent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Away(why) => write!(f, "no connection: {why}"),
            Self::Blocked => f.write_str("the broker blocks publishers (memory or disk alarm)"),
            Self::Refused => f.write_str("refused by the broker: a queue is full"),
            Self::Unroutable => f.write_str("no queue takes it"),
            Self::Unconfirmed(why) => write!(f, "not confirmed: {why}"),
        }
    }
}

impl std::error::Error for Unsent {}

/// Publishes to one virtual host. Cheap to clone; clones share the connection.
#[derive(Clone)]
pub struct Publisher(Arc<Inner>);

struct Inner {
    link: Link,
    channel: Mutex<Option<(Channel, ConnectionStatus)>>,
}

impl Publisher {
    pub(super) fn new(broker: &Broker, vhost: &str) -> Self {
        Self(Arc::new(Inner { link: Link::new(broker, vhost, "publish"), channel: Mutex::default() }))
    }

    /// Publishes persistent messages in the order given and waits until each is confirmed. Answers one
    /// result for each. Returns within seconds whatever the broker does: what it has not confirmed by
    /// then is the caller's to send again.
    pub async fn publish(&self, batch: &[Outgoing]) -> Vec<Result<(), Unsent>> {
        let mut results = Vec::with_capacity(batch.len());
        for window in batch.chunks(WINDOW) {
            // once it went wrong the rest waits for the next call
            let stopped = results.iter().rev().find_map(|result| match result {
                Err(Unsent::Refused | Unsent::Unroutable) | Ok(()) => None,
                Err(unsent) => Some(Unsent::clone(unsent)),
            });
            match stopped {
                Some(unsent) => results.extend(window.iter().map(|_| Err(unsent.clone()))),
                None => results.extend(self.window(window).await),
            }
        }
        results
    }

    /// Publishes one message.
    ///
    /// # Errors
    /// When it is not confirmed.
    pub async fn publish_one(&self, message: Outgoing) -> Result<(), Unsent> {
        let lost = || Err(Unsent::Unconfirmed("no result".to_owned()));
        self.publish(&[message]).await.pop().unwrap_or_else(lost)
    }

    /// Is there a connection that takes messages? Makes one if need be.
    ///
    /// # Errors
    /// Why not.
    pub async fn ready(&self) -> Result<(), Unsent> {
        self.channel().await.map(drop)
    }

    /// Closes the connection. A later use makes a new one.
    pub async fn close(&self) {
        *self.0.channel.lock().await = None;
        self.0.link.close().await;
    }

    async fn channel(&self) -> Result<(Channel, ConnectionStatus), Unsent> {
        let mut kept = self.0.channel.lock().await;
        if let Some((channel, status)) = &*kept
            && status.connected()
            && channel.status().connected()
        {
            return if status.blocked() { Err(Unsent::Blocked) } else { Ok((channel.clone(), status.clone())) };
        }
        *kept = None;
        let (channel, status) = self.0.link.channel().await?;
        if status.blocked() {
            return Err(Unsent::Blocked);
        }
        match timeout(CONFIRM_WAIT, channel.confirm_select(ConfirmSelectOptions::default())).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => return Err(Unsent::Away(error.to_string())),
            Err(_) => return Err(Unsent::Away("the broker does not answer".to_owned())),
        }
        *kept = Some((channel.clone(), status.clone()));
        Ok((channel, status))
    }

    async fn window(&self, window: &[Outgoing]) -> Vec<Result<(), Unsent>> {
        let (channel, status) = match self.channel().await {
            Ok(found) => found,
            Err(unsent) => return window.iter().map(|_| Err(unsent.clone())).collect(),
        };
        let gave_up = gave_up(status.clone()).shared();
        let sending = window.iter().map(|message| {
            let (channel, status, gave_up) = (channel.clone(), status.clone(), gave_up.clone());
            async move {
                tokio::select! {
                    // a confirm that has come counts, whatever else happened
                    biased;
                    sent = send(&channel, &status, message) => sent,
                    unsent = gave_up => Err(unsent),
                }
            }
        });
        // polled in order for the first time, which is when a message is put into the channel
        let results = futures::future::join_all(sending).await;
        if results.iter().any(|result| !matches!(result, Ok(()) | Err(Unsent::Unroutable))) {
            // late confirms of this channel are nobody's any more; and a queue that was full may go on
            // refusing a channel after its limit was raised
            *self.0.channel.lock().await = None;
        }
        results
    }
}

/// Resolves when waiting for confirms makes no more sense.
async fn gave_up(status: ConnectionStatus) -> Unsent {
    let deadline = tokio::time::Instant::now() + CONFIRM_WAIT;
    while tokio::time::Instant::now() < deadline {
        tokio::time::sleep(LOOK).await;
        if status.blocked() {
            return Unsent::Blocked;
        }
    }
    Unsent::Unconfirmed(format!("no answer within {} s", CONFIRM_WAIT.as_secs()))
}

async fn send(channel: &Channel, status: &ConnectionStatus, message: &Outgoing) -> Result<(), Unsent> {
    let options = BasicPublishOptions { mandatory: message.must_route, ..BasicPublishOptions::default() };
    let (exchange, key) = (message.exchange.as_str().into(), message.routing_key.as_str().into());
    let failed = |error: lapin::Error| Unsent::Unconfirmed(error.to_string());
    let confirm =
        channel.basic_publish(exchange, key, options, &message.body, message.properties(&status.username())).await;
    match confirm.map_err(failed)?.await.map_err(failed)? {
        Confirmation::Ack(None) => Ok(()),
        Confirmation::Ack(Some(_)) => Err(Unsent::Unroutable),
        Confirmation::Nack(_) => Err(Unsent::Refused),
        Confirmation::NotRequested => Err(Unsent::Unconfirmed("the channel has no confirms".to_owned())),
    }
}
