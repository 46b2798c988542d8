//! Survey forms, reports and their corrections, and the sums over them.
pub mod api;
pub mod app;
pub mod jobs;

use domain::{BusinessDay, Problem, capacity::Form, error};
use platform::{Db, Shared, failure::Result};
use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError, RwLock},
};

/// The service: what its handlers, use cases and jobs share. Cheap to clone.
#[derive(Clone)]
pub struct Capacity {
    /// Shared by all services of the process.
    pub shared: Shared,
    /// Pool in the role `capacity_app`.
    pub db: Db,
    forms: Arc<RwLock<Arc<Vec<Form>>>>,
    opened: Arc<Mutex<HashSet<(String, BusinessDay)>>>,
}

impl Capacity {
    /// The service on its pool, with the forms in force.
    ///
    /// # Errors
    /// When the forms cannot be read.
    pub async fn start(shared: Shared, db: Db) -> Result<Self> {
        let service = Self { shared, db, forms: Arc::default(), opened: Arc::default() };
        service.reload_forms().await?;
        Ok(service)
    }

    /// Reads the forms anew: a new item or rule is in force without a release.
    ///
    /// # Errors
    /// When they cannot be read; the old ones stay in force.
    pub async fn reload_forms(&self) -> Result<()> {
        let forms = capacity_store::forms::in_force(&mut *self.db.read().await?).await?;
        *self.forms.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(forms);
        Ok(())
    }

    /// All forms in force.
    #[must_use]
    pub fn forms(&self) -> Arc<Vec<Form>> {
        Arc::clone(&self.forms.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// A form in force.
    ///
    /// # Errors
    /// `report.unknown_form`.
    pub fn form(&self, code: &str) -> Result<Form> {
        let found = self.forms().iter().find(|form| form.code == code).cloned();
        Ok(found.ok_or_else(|| Problem::new(&error::REPORT_UNKNOWN_FORM).with("form", code))?)
    }

    fn is_open(&self, form: &str, day: BusinessDay) -> bool {
        self.opened.lock().unwrap_or_else(PoisonError::into_inner).contains(&(form.to_owned(), day))
    }

    fn remember_open(&self, form: &str, day: BusinessDay) {
        self.opened.lock().unwrap_or_else(PoisonError::into_inner).insert((form.to_owned(), day));
    }
}
