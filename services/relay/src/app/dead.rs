//! Parked messages: where they lie and why.
use platform::{
    amqp::{self, Broker},
    failure::Result,
};
use serde::Deserialize;
use serde_json::{Value, json};

/// Reasons are read from this many of the oldest messages of a queue.
const PEEK: usize = 10;

/// A queue in which messages were put aside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadQueue {
    /// Virtual host.
    pub vhost: String,
    /// `distribution.dead`, or the queue of what nobody takes.
    pub queue: String,
    /// Messages in it. The broker counts anew every five seconds.
    pub messages: i64,
    /// Codes of the oldest ones, each once.
    pub codes: Vec<String>,
}

#[derive(Deserialize)]
struct Found {
    name: String,
    vhost: String,
    #[serde(default)]
    messages: i64,
}

#[derive(Deserialize)]
struct Peeked {
    properties: Value,
}

/// Queues of parked and unroutable messages of the instance, or of one virtual host.
///
/// # Errors
/// `broker.unavailable`.
pub async fn list(broker: &Broker, vhost: Option<&str>) -> Result<Vec<DeadQueue>> {
    let all: Vec<Found> = broker.management().get("queues").await?.unwrap_or_default();
    let ours = |name: &str| name == broker.main_vhost() || broker.wholesaler_of(name).is_some();
    let mut dead = Vec::new();
    for found in all.into_iter().filter(|found| ours(&found.vhost) && vhost.is_none_or(|vhost| vhost == found.vhost)) {
        if !found.name.ends_with(".dead") && !found.name.ends_with("unroutable") {
            continue;
        }
        let codes = if found.messages > 0 { codes(broker, &found).await? } else { Vec::new() };
        dead.push(DeadQueue { vhost: found.vhost, queue: found.name, messages: found.messages, codes });
    }
    dead.sort_by(|a, b| (&a.vhost, &a.queue).cmp(&(&b.vhost, &b.queue)));
    Ok(dead)
}

/// Looks at the oldest messages and puts them back.
async fn codes(broker: &Broker, queue: &Found) -> Result<Vec<String>> {
    let path = format!("queues/{}/{}/get", queue.vhost, queue.name);
    let ask = json!({"count": PEEK, "ackmode": "ack_requeue_true", "encoding": "base64", "truncate": 1});
    let peeked: Vec<Peeked> = serde_json::from_slice(&broker.management().post(&path, &ask).await?)?;
    let code = |peeked: &Peeked| {
        let headers = peeked.properties.get("headers")?;
        let code = headers.get("meguri-code").or_else(|| headers.get("x-first-death-reason"))?;
        code.as_str().map(str::to_owned)
    };
    let mut codes: Vec<String> = peeked.iter().filter_map(code).collect();
    codes.sort();
    codes.dedup();
    Ok(codes)
}

/// Gives parked messages back to `queue`; answers their ids.
///
/// # Errors
/// `broker.unavailable`.
pub async fn redrive(broker: &Broker, vhost: &str, queue: &str, limit: usize) -> Result<Vec<String>> {
    amqp::redrive(broker, vhost, queue, limit).await
}
