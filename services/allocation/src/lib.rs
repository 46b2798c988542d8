//! Rounds, plans and grants: how vaccine doses run down from the nation to the sites, and the
//! entitlement book in which every vial that is granted stands.
pub mod api;
pub mod app;
pub mod consume;
pub mod jobs;

use platform::{Db, Shared};

/// The service: what its handlers, use cases and jobs share. Cheap to clone.
#[derive(Clone)]
pub struct Allocation {
    /// Shared by all services of the process.
    pub shared: Shared,
    /// Pool in the role `allocation_app`.
    pub db: Db,
}

impl Allocation {
    /// The service on its pool.
    #[must_use]
    pub fn new(shared: Shared, db: Db) -> Self {
        Self { shared, db }
    }
}
