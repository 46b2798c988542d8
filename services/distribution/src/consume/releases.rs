//! Releases become shipments.
use crate::app::order_shipment::order_shipment;
use domain::{Problem, error};
use platform::{OpCtx, Tx, failure::Result, inbox::Apply};
use wire::events::{AllocationReleased, CloudEvent, Event};

/// Takes `allocation.released.v1`.
#[derive(Debug, Clone, Copy)]
pub struct Releases;

impl Apply for Releases {
    const JOB: &'static str = "take-releases";
    const TYPES: &'static [&'static str] = &[AllocationReleased::TYPE];

    async fn apply(&self, tx: &mut Tx, ctx: &OpCtx, event: &CloudEvent) -> Result<()> {
        let malformed = |reason: &str| Problem::new(&error::EVENT_MALFORMED).with("reason", reason);
        let release: AllocationReleased =
            serde_json::from_value(event.data.clone()).map_err(|error| malformed(&error.to_string()))?;
        if release.subject() != event.subject {
            return Err(malformed("the subject is not the release").into());
        }
        order_shipment(tx, ctx, &release).await
    }
}
