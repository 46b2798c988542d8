//! A shipment on its way through one transaction: its steps are kept together and written at the end.
use distribution_store::{
    rows::{Shipment, ShipmentStep},
    write,
};
use domain::{
    shipment::{State, Step},
    time::Instant,
};
use platform::{Tx, failure::Result};
use uuid::Uuid;

/// The name of a step in the database.
pub(super) fn step_name(step: Step) -> &'static str {
    match step {
        Step::Schedule => "schedule",
        Step::Pick => "pick",
        Step::Dispatch => "dispatch",
        Step::Deliver => "deliver",
        Step::Fail => "fail",
        Step::Return => "return",
        Step::Lose => "lose",
        Step::Cancel => "cancel",
        Step::Receive => "receive",
    }
}

/// Who did something to a shipment, when and why.
pub(super) struct Deed<'a> {
    /// Id of what caused it.
    pub cause: Uuid,
    pub by: &'a str,
    pub reason: Option<&'a str>,
    /// When it happened, as the one who reports it says.
    pub at: Instant,
}

/// A shipment, the version that it had, and what has happened to it since.
pub(super) struct Moving {
    pub shipment: Shipment,
    before: i32,
    steps: Vec<ShipmentStep>,
}

impl Moving {
    pub(super) fn new(shipment: Shipment) -> Self {
        Self { before: shipment.version, shipment, steps: Vec::new() }
    }

    /// Notes a step: the next version, in this state.
    pub(super) fn note(&mut self, now: Instant, step: Step, after: State, deed: &Deed<'_>) {
        after.as_str().clone_into(&mut self.shipment.state);
        self.shipment.version += 1;
        self.steps.push(ShipmentStep {
            id: deed.cause,
            shipment_id: self.shipment.id,
            version: self.shipment.version,
            step: step_name(step).to_owned(),
            state: after.as_str().to_owned(),
            actor_name: deed.by.to_owned(),
            reason: deed.reason.map(str::to_owned),
            happened_at: deed.at,
            business_at: now,
        });
    }

    /// Writes where it stands now and its new steps; nothing when there are none.
    ///
    /// # Errors
    /// `idempotency.key_reused` when a cause's id is that of another step. Or the database's.
    pub(super) async fn write(self, tx: &mut Tx) -> Result<Shipment> {
        if !self.steps.is_empty() {
            write::steps(tx, &self.steps).await?;
            write::move_shipment(tx, &self.shipment, self.before).await?;
        }
        Ok(self.shipment)
    }
}
