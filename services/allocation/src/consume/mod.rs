//! Events of other services that concern allocation.
mod shipments;

pub use shipments::Shipments;

use crate::Allocation;
use platform::{
    amqp::{Broker, Consumer},
    inbox::{self, Inbox},
};

/// Begins to consume. Keep the answer: dropped it stops.
#[must_use]
pub fn start(allocation: &Allocation, broker: &Broker) -> Vec<Consumer> {
    let inbox = Inbox { db: allocation.db.clone(), clock: allocation.shared.clock.clone() };
    let (watch, _) = inbox::watch(broker, &inbox);
    vec![inbox::consume(broker, "allocation", inbox, Shipments), watch]
}
