//! The survey forms in force, remembered for a moment: they change by a row, some times a year, and
//! every query about figures needs them.
use crate::session::Reading;
use domain::{Problem, capacity::Form, error};
use platform::failure::Failure;
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::time::Instant;

/// A change of a form is in force everywhere after this time.
const KEEP: Duration = Duration::from_secs(5);

type Known = Arc<Vec<Arc<Form>>>;

/// The memory of one gateway.
#[derive(Default)]
pub struct Forms(Mutex<Option<(Instant, Known)>>);

impl Forms {
    /// All forms, in order of code.
    ///
    /// # Errors
    /// The database's, as a coded problem.
    pub async fn all(&self, reading: &Reading) -> Result<Known, Problem> {
        if let Some(known) = self.recall() {
            return Ok(known);
        }
        let mut snapshot = reading.snapshot().await?;
        let forms = capacity_store::forms::in_force(snapshot.conn()).await.map_err(Failure::into_problem)?;
        let known: Known = Arc::new(forms.into_iter().map(Arc::new).collect());
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((Instant::now(), Arc::clone(&known)));
        Ok(known)
    }

    fn recall(&self) -> Option<Known> {
        let memory = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        memory.as_ref().filter(|(since, _)| since.elapsed() < KEEP).map(|(_, known)| Arc::clone(known))
    }
}

/// A code that no form has.
pub fn unknown(code: &str) -> Problem {
    Problem::new(&error::REPORT_UNKNOWN_FORM).with("form", code)
}
