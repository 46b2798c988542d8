//! Parked messages: where they lie and why.
use super::replay;
use crate::{Outbox, Relay};
use domain::{
    TerritoryCode,
    policy::{Action, Actor, Place, decide},
};
use platform::{
    Failure, OpCtx, Tx,
    amqp::{self, Broker},
    audit,
    failure::Result,
    inbox::{self, Inbox},
    outbox_unsent,
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

/// Goes past an event of which a consumer can make nothing, so that those behind it in its subject are
/// applied: they are published again. Answers how many. The event counts as applied there, without its
/// effect: given back later it has none either. The consumer's audit trail keeps the reason.
///
/// # Errors
/// [`Failure::Unavailable`] when there is no such event, or another one comes next; the database's; the
/// broker's, after which [`replay::subject`] does the rest.
pub async fn skip(relay: &Relay, inbox: &Inbox, subject: &str, sequence: i64, reason: &str) -> Result<usize> {
    let (outbox, row) = find(relay, subject, sequence).await?;
    let event = row.event(outbox.schema);
    let ctx = OpCtx::system("bus", &inbox.clock);
    let nation = Place::Territory(TerritoryCode::NATION);
    let permit = decide(&Actor::system("bus"), Action::EventApply, nation)
        .map_err(|_| Failure::internal("the operator may not skip events"))?;
    let entry =
        audit::Entry { target: subject.to_owned(), cause: event.id, reason: Some(format!("skipped: {reason}")) };
    let mut tx = Tx::begin(&inbox.db, &ctx, &[(&permit, entry)]).await?;
    let skipped = match inbox::skip(&mut tx, &event).await {
        Ok(false) => Err(Failure::Unavailable(format!("{subject} does not wait for event {sequence}"))),
        skipped => skipped,
    };
    tx.finish(skipped).await?;
    replay::subject(relay, outbox, subject, sequence.saturating_add(1)).await
}

async fn find<'a>(relay: &'a Relay, subject: &str, sequence: i64) -> Result<(&'a Outbox, outbox_unsent::Row)> {
    for outbox in &relay.outboxes {
        let rows = outbox_unsent::of_subject(&mut *outbox.db.read().await?, subject, sequence, 1).await?;
        if let Some(row) = rows.into_iter().find(|row| row.sequence == sequence) {
            return Ok((outbox, row));
        }
    }
    Err(Failure::Unavailable(format!("nobody wrote an event {sequence} of {subject}")))
}
