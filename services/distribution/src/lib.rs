//! Wholesalers, shipments, receipts and the stock book: how released vials get from the depots to the
//! sites, lot by lot.
pub mod api;
pub mod app;
pub mod consume;
pub mod jobs;

use platform::{Db, Shared, amqp::Broker};
use std::sync::{Arc, OnceLock};

/// The service: what its handlers, use cases, consumers and jobs share. Cheap to clone.
#[derive(Clone)]
pub struct Distribution {
    /// Shared by all services of the process.
    pub shared: Shared,
    /// Pool in the role `distribution_app`.
    pub db: Db,
    /// The broker whose answers are consumed here, once they are.
    broker: Arc<OnceLock<Broker>>,
}

impl Distribution {
    /// The service on its pool.
    #[must_use]
    pub fn new(shared: Shared, db: Db) -> Self {
        Self { shared, db, broker: Arc::default() }
    }
}
