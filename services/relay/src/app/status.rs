//! How far behind the relay is.
use crate::Relay;
use platform::{clock::real_now, failure::Result, outbox_unsent};
pub use relay_store::delivery::Standing;
use serde::Serialize;

/// One outbox.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OutboxStatus {
    /// Whose.
    pub schema: &'static str,
    /// Events that nobody has yet.
    pub unsent: i64,
    /// Events that only a wholesaler waits for.
    pub waiting: i64,
    /// Age of the oldest of both, seconds.
    pub oldest_age_s: Option<i64>,
    /// Whether it is this process that publishes it.
    pub active: bool,
    /// What went wrong last in this process, until something went well.
    pub last_error: Option<String>,
}

/// How mail and webhooks stand.
///
/// # Errors
/// The database's.
pub async fn deliveries(relay: &Relay) -> Result<Vec<Standing>> {
    relay_store::delivery::standing(&mut *relay.inbox.db.read().await?).await
}

/// Every outbox.
///
/// # Errors
/// The database's.
pub async fn status(relay: &Relay) -> Result<Vec<OutboxStatus>> {
    let mut all = Vec::new();
    for outbox in &relay.outboxes {
        let backlog = outbox_unsent::backlog(&mut *outbox.db.read().await?).await?;
        let (active, last_error) = outbox.progress.read();
        all.push(OutboxStatus {
            schema: outbox.schema,
            unsent: backlog.unsent,
            waiting: backlog.waiting,
            oldest_age_s: backlog.oldest.map(|oldest| (real_now() - oldest).num_seconds().max(0)),
            active,
            last_error,
        });
    }
    Ok(all)
}
