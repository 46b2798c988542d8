//! Opens each business day when it begins, and follows changes of the forms.
use crate::{Capacity, app};
use domain::{BusinessDay, capacity::Source};
use platform::{OpCtx, failure::Result};
use std::time::Duration;

const PERIOD: Duration = Duration::from_millis(500);

/// Runs until the process ends. Trouble is logged, and tried again half a second later.
pub fn start(capacity: &Capacity) {
    let capacity = capacity.clone();
    tokio::spawn(async move {
        loop {
            if let Err(failure) = once(&capacity).await {
                tracing::warn!(%failure, "the day could not be opened; trying again");
            }
            tokio::time::sleep(PERIOD).await;
        }
    });
}

/// One round: forms anew, then the present day of every form that facilities answer.
///
/// # Errors
/// The database's.
pub async fn once(capacity: &Capacity) -> Result<()> {
    capacity.reload_forms().await?;
    let ctx = OpCtx::system("day-opener", &capacity.shared.clock);
    let today = BusinessDay::at(ctx.now);
    for form in capacity.forms().iter().filter(|form| form.source == Source::Facility) {
        app::open_day::ensure_open(capacity, &form.code, today).await?;
    }
    Ok(())
}
