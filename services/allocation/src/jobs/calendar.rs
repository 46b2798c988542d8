//! Keeps the rounds' calendars: carries late plans through where that was agreed, and reminds the others.
use crate::{
    Allocation,
    app::{late::carry_late, remind::remind},
};
use platform::{OpCtx, failure::Result};
use std::time::Duration;

const PERIOD: Duration = Duration::from_secs(5);

/// Runs until the process ends. Trouble is logged, and tried again in the next round.
pub fn start(allocation: &Allocation) {
    let allocation = allocation.clone();
    tokio::spawn(async move {
        loop {
            if let Err(failure) = once(&allocation).await {
                tracing::warn!(%failure, "the calendar could not be kept; trying again");
            }
            tokio::time::sleep(PERIOD).await;
        }
    });
}

/// One round: what is carried through needs no reminder. Several processes may be at it.
///
/// # Errors
/// The database's.
pub async fn once(allocation: &Allocation) -> Result<()> {
    let ctx = OpCtx::system("calendar", &allocation.shared.clock);
    carry_late(allocation, &ctx).await?;
    remind(allocation, &ctx).await?;
    Ok(())
}
