//! Ends delegations whose last day is over.
use crate::{Identity, app};
use platform::OpCtx;
use std::time::Duration;

const PERIOD: Duration = Duration::from_secs(2);

/// Runs until the process ends. Trouble is logged, and tried again; what is over is refused to whoever signs in
/// all the same.
pub fn start(identity: &Identity) {
    let identity = identity.clone();
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(PERIOD).await;
            let ctx = OpCtx::system("delegations", &identity.shared.clock);
            if let Err(failure) = app::delegation::end_those_over(&identity.db, &ctx).await {
                tracing::warn!(%failure, "delegations that are over could not be ended; trying again");
            }
        }
    });
}
