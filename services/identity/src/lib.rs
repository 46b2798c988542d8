//! Territories, organisations, facilities, accounts and tokens.
pub mod api;
pub mod app;
pub mod facts;
pub mod jobs;

use platform::{Db, Shared, one_time::OneTime};
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
    accounts: app::account::Accounts,
}

impl Identity {
    /// The service on its pool. What it keeps enciphered is enciphered with keys made of the instance's
    /// `secret`.
    #[must_use]
    pub fn new(shared: Shared, db: Db, secret: &str) -> Self {
        let accounts = app::account::Accounts { db: db.clone(), one_time: OneTime::new(secret) };
        let hashing = app::hashing::Hashing::default();
        Self { shared, db, secret: secret.into(), key: Arc::default(), hashing, accounts }
    }

    /// What issuing accounts needs.
    #[must_use]
    pub fn accounts(&self) -> &app::account::Accounts {
        &self.accounts
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
