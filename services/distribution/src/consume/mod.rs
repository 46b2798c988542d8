//! Events of allocation, and the answers of partners.
mod answers;
mod releases;

pub use answers::take_answer;
pub(crate) use answers::tell_later;
pub use releases::Releases;

use crate::Distribution;
use platform::{
    amqp::{Broker, Consumer},
    inbox::{self, Inbox},
};

/// Begins to consume. Keep the answer: dropped it stops.
#[must_use]
pub fn start(distribution: &Distribution, broker: &Broker) -> Vec<Consumer> {
    // there is one; a second start would set the same
    let _ = distribution.broker.set(broker.clone());
    let inbox = inbox(distribution);
    let (watch, _) = inbox::watch(broker, &inbox);
    vec![inbox::consume(broker, "distribution", inbox, Releases), watch, answers::consume(distribution, broker)]
}

/// The service's inbox.
#[must_use]
pub fn inbox(distribution: &Distribution) -> Inbox {
    Inbox { db: distribution.db.clone(), clock: distribution.shared.clock.clone() }
}
