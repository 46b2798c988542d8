//! Survey forms, reports and their corrections, and the sums over them.
pub mod api;
pub mod app;
pub mod jobs;

use domain::{BusinessDay, Problem, capacity::Form, error};
use platform::{Db, Failure, Shared, failure::Result};
use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError, RwLock},
};

/// Every version of every form, by code, newest first, and whether it is in force.
type Versions = Vec<(Form, bool)>;

/// The service: what its handlers, use cases and jobs share. Cheap to clone.
#[derive(Clone)]
pub struct Capacity {
    /// Shared by all services of the process.
    pub shared: Shared,
    /// Pool in the role `capacity_app`.
    pub db: Db,
    forms: Arc<RwLock<Arc<Versions>>>,
    opened: Arc<Mutex<HashSet<(String, BusinessDay)>>>,
    batches: app::submit_batch::Batches,
}

impl Capacity {
    /// The service on its pool, with the forms in force.
    ///
    /// # Errors
    /// When the forms cannot be read.
    pub async fn start(shared: Shared, db: Db) -> Result<Self> {
        let service = Self {
            shared,
            db,
            forms: Arc::default(),
            opened: Arc::default(),
            batches: app::submit_batch::Batches::default(),
        };
        service.reload_forms().await?;
        Ok(service)
    }

    /// Reads the forms anew: a new item or rule is in force without a release.
    ///
    /// # Errors
    /// When they cannot be read; the old ones stay in force.
    pub async fn reload_forms(&self) -> Result<()> {
        let forms = capacity_store::forms::all(&mut *self.db.read().await?).await?;
        *self.forms.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(forms);
        Ok(())
    }

    fn versions(&self) -> Arc<Versions> {
        Arc::clone(&self.forms.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// All forms in force.
    #[must_use]
    pub fn forms(&self) -> Vec<Form> {
        let mut forms: Vec<Form> =
            self.versions().iter().filter(|(_, in_force)| *in_force).map(|(form, _)| form.clone()).collect();
        forms.dedup_by(|later, first| later.code == first.code);
        forms
    }

    /// The version that an older report was checked against.
    ///
    /// # Errors
    /// When there is no such version, which the tables' keys forbid.
    pub fn form_version(&self, code: &str, version: i32) -> Result<Form> {
        let versions = self.versions();
        let found = versions.iter().map(|(form, _)| form).find(|form| form.code == code && form.version == version);
        found.cloned().ok_or_else(|| Failure::internal(format!("no form {code} version {version}")))
    }

    /// A form in force.
    ///
    /// # Errors
    /// `report.unknown_form`.
    pub fn form(&self, code: &str) -> Result<Form> {
        let found = self.forms().into_iter().find(|form| form.code == code);
        Ok(found.ok_or_else(|| Problem::new(&error::REPORT_UNKNOWN_FORM).with("form", code))?)
    }

    fn is_open(&self, form: &str, day: BusinessDay) -> bool {
        self.opened.lock().unwrap_or_else(PoisonError::into_inner).contains(&(form.to_owned(), day))
    }

    fn remember_open(&self, form: &str, day: BusinessDay) {
        self.opened.lock().unwrap_or_else(PoisonError::into_inner).insert((form.to_owned(), day));
    }
}
