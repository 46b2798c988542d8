//! Publishes a subject's events again when a consumer misses some.
use crate::{Relay, app::replay};
use domain::{Problem, error};
use platform::{
    amqp::{self, Consumer, Message, Outcome, Queue},
    failure::Result,
    inbox::ReplayRequest,
};
use std::sync::Arc;

/// Consumes the queue `replay`.
pub(crate) fn start(relay: &Relay) -> Consumer {
    let queue = Queue::new(relay.broker.main_vhost(), "replay");
    let relay = relay.clone();
    amqp::consume(&relay.broker.clone(), queue, move |message| answer(relay.clone(), message))
}

async fn answer(relay: Relay, message: Arc<Message>) -> Result<Outcome> {
    let malformed = |reason: &str| Problem::new(&error::EVENT_MALFORMED).with("reason", reason);
    let request: ReplayRequest =
        serde_json::from_slice(&message.body).map_err(|error| malformed(&error.to_string()))?;
    let ReplayRequest { source, subject, from_sequence } = &request;
    let outbox = relay.outbox_of(source).ok_or_else(|| malformed(&format!("source {source}")))?;
    let published = replay::subject(&relay, outbox, subject, *from_sequence).await?;
    tracing::info!(source, subject, from_sequence, published, "published again");
    Ok(Outcome::Ack)
}
