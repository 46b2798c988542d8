//! What is sent with releases, receipts, calls-off and decisions.
use crate::{
    scalars::{DateTime, TerritoryCode, Uuid, Vials},
    types::receipt::DiscrepancyDecision,
};
use async_graphql::InputObject;

/// Assigned lines of one hub group to be released.
#[derive(Debug, Clone, InputObject)]
pub struct ReleaseLinesInput {
    /// Made by the sender (a UUID of version 7); keep it when you send the same request again. The release
    /// and the shipment get this id.
    pub id: Uuid,
    /// The round.
    pub round: Uuid,
    /// Whose assignments: a municipality, or a prefecture for its own site or its municipalities' ones.
    pub holder: TerritoryCode,
    /// The hub: a mass site's id.
    pub hub: Uuid,
    /// Sites of the hub's group whose lines are released, the hub itself among them; all that have lines
    /// unless given.
    pub sites: Option<Vec<Uuid>>,
}

/// One lot as it arrived.
#[derive(Debug, Clone, InputObject)]
pub struct ArrivedLotInput {
    /// Lot number; full width and lower case are understood.
    pub lot: String,
    /// Usable vials.
    pub accepted: Vials,
    /// Broken or warm vials: they go into quarantine.
    #[graphql(default_with = "Vials(0)")]
    pub damaged: Vials,
}

/// What arrived.
#[derive(Debug, Clone, InputObject)]
pub struct ConfirmReceiptInput {
    /// Made by the sender (a UUID of version 7); keep it when you send the same request again. The receipt
    /// gets this id.
    pub id: Uuid,
    /// The shipment.
    pub shipment: Uuid,
    /// When it arrived; now unless given.
    pub received_at: Option<DateTime>,
    /// The lots, each once. One that is left out did not come; an empty list when nothing came at all.
    pub lots: Vec<ArrivedLotInput>,
}

/// A shipment to be called off before dispatch.
#[derive(Debug, Clone, InputObject)]
pub struct CancelShipmentInput {
    /// Made by the sender (a UUID of version 7); keep it when you send the same request again.
    pub id: Uuid,
    /// The shipment.
    pub shipment: Uuid,
    /// The version that was read. If it is no longer the newest, the request is stale and nothing is
    /// written.
    pub version: i32,
    /// Why; 1 to 500 characters.
    pub reason: String,
}

/// A decision on vials that are not where they should be.
#[derive(Debug, Clone, InputObject)]
pub struct ResolveDiscrepancyInput {
    /// Made by the sender (a UUID of version 7); keep it when you send the same request again.
    pub id: Uuid,
    /// The discrepancy.
    pub discrepancy: Uuid,
    /// What became of the vials: one of the discrepancy's `decisions`.
    pub decision: DiscrepancyDecision,
    /// Why; 1 to 500 characters.
    pub reason: String,
}
