//! Makes the monthly partitions of a service's audit trail before they are needed.
use crate::{Db, clock::Clock, failure::Result};
use diesel::sql_types::Date;
use diesel_async::RunQueryDsl;
use domain::BusinessDay;
use std::time::Duration;

const PERIOD: Duration = Duration::from_secs(600);
/// Made this far ahead: a partition that comes too late is not lost, but stays in the default one.
const AHEAD_DAYS: u32 = 28;

/// Keeps making them until the process ends. Trouble is logged, and tried again in the next round.
pub fn keep(db: &Db, clock: &Clock) {
    let (db, clock) = (db.clone(), clock.clone());
    tokio::spawn(async move {
        loop {
            if let Err(failure) = make(&db, BusinessDay::at(clock.now())).await {
                tracing::warn!(%failure, "partitions of the audit trail could not be made");
            }
            tokio::time::sleep(PERIOD).await;
        }
    });
}

/// The month of `today`, and the next, in the schema of this pool.
///
/// # Errors
/// The database's.
pub async fn make(db: &Db, today: BusinessDay) -> Result<()> {
    let mut conn = db.read().await?;
    for day in [today, today.plus_days(AHEAD_DAYS)] {
        diesel::sql_query("select ensure_month('audit', $1)").bind::<Date, _>(day.date()).execute(&mut conn).await?;
    }
    Ok(())
}
