//! What all handlers of a process share, and how a unit of work is run.
use crate::{
    auth::Verifier,
    clock::Clock,
    directory::Directory,
    emergencies::Emergencies,
    failure::{Failure, Result},
    limit::Limiter,
};
use std::future::Future;

/// Shared by every handler; cheap to clone.
#[derive(Clone)]
pub struct Shared {
    /// The instance's name.
    pub instance: String,
    /// Business time.
    pub clock: Clock,
    /// Who sees what for a while, in an emergency.
    pub emergencies: Emergencies,
    /// Who reaches what beyond the tree of territories.
    pub directory: Directory,
    /// Verifies tokens.
    pub verifier: Verifier,
    /// Counts requests.
    pub limiter: Limiter,
    /// The main runtime: pools and connections are driven there.
    pub runtime: tokio::runtime::Handle,
}

impl Shared {
    /// Runs a use case on the main runtime. actix's workers are single-threaded runtimes and drop a
    /// handler whose client has gone; a unit of work must neither be driven there nor be cut in half.
    ///
    /// # Errors
    /// The work's own; [`Failure::Internal`] when it panicked.
    pub async fn unit_of_work<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T>> + Send + 'static,
    ) -> Result<T> {
        self.runtime
            .spawn(work)
            .await
            .map_err(|stopped| Failure::internal(format!("a unit of work stopped: {stopped}")))?
    }
}
