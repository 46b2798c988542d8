//! Shipments that came to nothing give their releases back.
use crate::app::return_release::{Returned, return_release};
use domain::{Problem, error};
use platform::{OpCtx, Tx, failure::Result, inbox::Apply};
use serde::de::DeserializeOwned;
use wire::events::{CloudEvent, Event, ShipmentCancelled, ShipmentUnfulfillable};

/// Takes `shipment.cancelled.v1` and `shipment.unfulfillable.v1`.
#[derive(Debug, Clone, Copy)]
pub struct Shipments;

impl Apply for Shipments {
    const JOB: &'static str = "take-shipments";
    const TYPES: &'static [&'static str] = &[ShipmentCancelled::TYPE, ShipmentUnfulfillable::TYPE];

    async fn apply(&self, tx: &mut Tx, ctx: &OpCtx, event: &CloudEvent) -> Result<()> {
        match event.kind.as_str() {
            ShipmentCancelled::TYPE => {
                let data: ShipmentCancelled = data(event)?;
                return_release(tx, ctx, event.id, data.shipment_id, Returned::Cancelled, &data.reason).await
            }
            ShipmentUnfulfillable::TYPE => {
                let data: ShipmentUnfulfillable = data(event)?;
                return_release(tx, ctx, event.id, data.shipment_id, Returned::Unfulfillable, &data.reason).await
            }
            _ => Ok(()),
        }
    }
}

fn data<E: DeserializeOwned>(event: &CloudEvent) -> Result<E> {
    let malformed = |error: serde_json::Error| Problem::new(&error::EVENT_MALFORMED).with("reason", &error.to_string());
    Ok(serde_json::from_value(event.data.clone()).map_err(malformed)?)
}
