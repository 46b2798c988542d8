//! Keeps the notifications that services ask for.
use crate::Relay;
use domain::{Problem, error, time::parse_instant};
use platform::{
    OpCtx, Tx,
    amqp::Consumer,
    failure::Result,
    inbox::{self, Apply},
};
use relay_store::write::{self, Notification};
use wire::events::{CloudEvent, Event, NotificationRequested};

/// Consumes the queue `notifications`.
pub(crate) fn start(relay: &Relay) -> Consumer {
    inbox::consume(&relay.broker, "notifications", relay.inbox.clone(), Notify)
}

/// The effect of `notification.requested.v1`.
pub struct Notify;

impl Apply for Notify {
    const JOB: &'static str = "notify";
    const TYPES: &'static [&'static str] = &[NotificationRequested::TYPE];

    async fn apply(&self, tx: &mut Tx, _: &OpCtx, event: &CloudEvent) -> Result<()> {
        let malformed = |reason: &str| Problem::new(&error::EVENT_MALFORMED).with("reason", reason);
        let asked: NotificationRequested =
            serde_json::from_value(event.data.clone()).map_err(|error| malformed(&error.to_string()))?;
        let notification = Notification {
            id: asked.notification_id,
            recipient_kind: asked.recipient_kind,
            recipient: asked.recipient,
            about: asked.about,
            topic: asked.topic,
            ja: asked.ja,
            en: asked.en,
            due_at: asked.due_at.as_deref().map(parse_instant).transpose()?,
            business_at: parse_instant(&event.time)?,
        };
        write::put_notification(tx, &notification).await
    }
}
