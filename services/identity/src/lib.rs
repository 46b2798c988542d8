//! Territories, organisations, facilities, accounts and tokens.
pub mod api;
pub mod app;
pub mod facts;
pub mod jobs;

use platform::{Db, Shared};
use std::sync::{Arc, PoisonError, RwLock};

/// The service: what its handlers and use cases share. Cheap to clone.
#[derive(Clone)]
pub struct Identity {
    /// Shared by all services of the process.
    pub shared: Shared,
    /// Pool in the role `identity_app`.
    pub db: Db,
    secret: Arc<str>,
    key: Arc<RwLock<Option<Arc<app::keys::Signer>>>>,
    hashing: app::hashing::Hashing,
}

impl Identity {
    /// The service on its pool. What it keeps enciphered is enciphered with keys made of the instance's
    /// `secret`.
    #[must_use]
    pub fn new(shared: Shared, db: Db, secret: &str) -> Self {
        Self { shared, db, secret: secret.into(), key: Arc::default(), hashing: app::hashing::Hashing::default() }
    }

    fn signer(&self) -> Option<Arc<app::keys::Signer>> {
        self.key.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set_signer(&self, signer: app::keys::Signer) -> Arc<app::keys::Signer> {
        let signer = Arc::new(signer);
        *self.key.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&signer));
        signer
    }
}
