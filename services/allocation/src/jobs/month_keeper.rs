//! Makes the partitions of the audit trail before they are needed.
use allocation_store::write;
use domain::BusinessDay;
use platform::{Db, clock::Clock, failure::Result};
use std::time::Duration;

const PERIOD: Duration = Duration::from_secs(600);
const AHEAD_DAYS: u32 = 28;

/// Runs until the process ends. Trouble is logged, and tried again in the next round.
pub fn start(db: &Db, clock: &Clock) {
    let (db, clock) = (db.clone(), clock.clone());
    tokio::spawn(async move {
        loop {
            if let Err(failure) = once(&db, BusinessDay::at(clock.now())).await {
                tracing::warn!(%failure, "partitions of the audit trail could not be made");
            }
            tokio::time::sleep(PERIOD).await;
        }
    });
}

/// One round: the month of `today`, and the next.
///
/// # Errors
/// The database's.
pub async fn once(db: &Db, today: BusinessDay) -> Result<()> {
    let mut conn = db.read().await?;
    for day in [today, today.plus_days(AHEAD_DAYS)] {
        write::ensure_audit_month(&mut conn, day.date()).await?;
    }
    Ok(())
}
