//! Changes the signing key over once in a while.
use crate::{Identity, app::keys};
use platform::OpCtx;
use std::time::Duration;

const PERIOD: Duration = Duration::from_secs(3_600);

/// Runs until the process ends. Trouble is logged, and tried again an hour later; the present key signs on.
pub fn start(identity: &Identity) {
    let identity = identity.clone();
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(PERIOD).await;
            let ctx = OpCtx::system("key-rotation", &identity.shared.clock);
            if let Err(failure) = keys::rotate_if_old(&identity.db, &ctx).await {
                tracing::warn!(%failure, "the signing key could not be changed over; trying again");
            }
        }
    });
}
