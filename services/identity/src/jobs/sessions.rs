//! Ends sessions whose time is over.
use crate::{Identity, app};
use std::time::Duration;

const PERIOD: Duration = Duration::from_secs(60);

/// Runs until the process ends. Trouble is logged, and tried again a minute later; a session whose time is
/// over is refused all the same.
pub fn start(identity: &Identity) {
    let identity = identity.clone();
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(PERIOD).await;
            if let Err(failure) = app::sessions::sweep(&identity).await {
                tracing::warn!(%failure, "sessions that are over could not be ended; trying again");
            }
            if let Err(failure) = app::lockout::sweep(&identity).await {
                tracing::warn!(%failure, "attempts of long ago could not be forgotten; trying again");
            }
        }
    });
}
