//! Territories, organisations, facilities, accounts and tokens.
pub mod api;
pub mod app;
pub mod facts;

use platform::{Db, Shared, failure::Result, one_time::OneTime};
use std::sync::{Arc, PoisonError, RwLock};

/// The service: what its handlers and use cases share. Cheap to clone.
#[derive(Clone)]
pub struct Identity {
    /// Shared by all services of the process.
    pub shared: Shared,
    /// Pool in the role `identity_app`.
    pub db: Db,
    key: Arc<RwLock<Option<Arc<app::keys::Signer>>>>,
    hashing: app::hashing::Hashing,
    accounts: app::account::Accounts,
}

impl Identity {
    /// The service on its pool; `secret` is the instance's.
    ///
    /// # Errors
    /// Never: any text is a secret.
    pub fn new(shared: Shared, db: Db, secret: &str) -> Result<Self> {
        let accounts = app::account::Accounts { db: db.clone(), one_time: OneTime::new(secret)? };
        Ok(Self { shared, db, key: Arc::default(), hashing: app::hashing::Hashing::default(), accounts })
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
