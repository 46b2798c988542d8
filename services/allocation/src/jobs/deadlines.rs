//! Commits pending amendments at their deadline, as they stand.
use crate::{Allocation, app::amend::deadline::carry_amendments};
use platform::{OpCtx, failure::Result};
use std::time::Duration;

const PERIOD: Duration = Duration::from_secs(5);

/// Runs until the process ends. Trouble is logged, and tried again in the next round.
pub fn start(allocation: &Allocation) {
    let allocation = allocation.clone();
    tokio::spawn(async move {
        loop {
            if let Err(failure) = once(&allocation).await {
                tracing::warn!(%failure, "amendments could not be carried at their deadline; trying again");
            }
            tokio::time::sleep(PERIOD).await;
        }
    });
}

/// One round; answers how many were committed. Several processes may be at it.
///
/// # Errors
/// The database's.
pub async fn once(allocation: &Allocation) -> Result<usize> {
    carry_amendments(allocation, &OpCtx::system("deadlines", &allocation.shared.clock)).await
}
