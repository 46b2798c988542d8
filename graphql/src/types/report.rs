//! Reports of facilities.
use super::{capacity::provisional, form::FormItem, problem::FieldProblem};
use crate::scalars::{Count, Date, DateTime, Uuid};
use async_graphql::{Object, SimpleObject};
use capacity_store::rows;
use domain::{
    BusinessDay, Problem,
    capacity::{Answer, Form, form::from_json},
    time::Instant,
};
use platform::failure::Failure;
use std::sync::Arc;

/// The answer to one item. An item that was not answered is left out: that is neither 0 nor "does
/// not apply".
#[derive(Clone, SimpleObject)]
pub struct ReportAnswer {
    /// The item.
    pub item: FormItem,
    /// For a count: the number, in the item's unit.
    pub count: Option<Count>,
    /// For a choice: the answer chosen.
    pub choice: Option<String>,
    /// The question does not apply to this facility.
    pub not_applicable: bool,
}

impl ReportAnswer {
    fn new(item: FormItem, answer: Answer) -> Self {
        let (count, choice, not_applicable) = match answer {
            Answer::Count(count) => (Some(Count(count)), None, false),
            Answer::Choice(index) => (None, item.0.kind.choices().get(index).map(|choice| (*choice).to_owned()), false),
            Answer::NotApplicable => (None, None, true),
        };
        Self { item, count, choice, not_applicable }
    }
}

/// One revision of a facility's report.
pub struct Report {
    row: Arc<rows::Report>,
    form: Arc<Form>,
    now: Instant,
}

impl Report {
    /// A row that a loader gave out, so that the caller's scope has been applied.
    pub fn new(row: Arc<rows::Report>, form: Arc<Form>, now: Instant) -> Self {
        Self { row, form, now }
    }

    fn day(&self) -> BusinessDay {
        BusinessDay::from_date(self.row.business_day)
    }
}

/// One revision of a facility's report of a day. A revision replaces the one before as a whole; the
/// newest counts.
#[Object]
impl Report {
    /// Its id, made by the sender.
    async fn id(&self) -> Uuid {
        Uuid(self.row.id)
    }

    /// The form's code.
    async fn form(&self) -> &str {
        &self.row.form
    }

    /// The form's version that it was checked against.
    async fn form_version(&self) -> i32 {
        self.row.form_version
    }

    /// The day reported about.
    async fn business_day(&self) -> Date {
        Date(self.day())
    }

    /// 1 for the first report of the day, then counting up.
    async fn revision(&self) -> i32 {
        self.row.revision
    }

    /// The moment the figures describe.
    async fn as_of(&self) -> DateTime {
        DateTime(self.row.as_of)
    }

    /// When it was taken, business time.
    async fn submitted_at(&self) -> DateTime {
        DateTime(self.row.business_at)
    }

    /// Name of the account that sent it.
    async fn submitted_by(&self) -> &str {
        &self.row.actor_name
    }

    /// How it came: `api`, or `gmis` for an imported file.
    async fn source(&self) -> &str {
        &self.row.source
    }

    /// Why it was corrected; null when no reason was given.
    async fn reason(&self) -> Option<&str> {
        self.row.reason.as_deref()
    }

    /// Can still be corrected.
    async fn provisional(&self) -> bool {
        provisional(&self.form, self.day(), self.now)
    }

    /// Figures of a training instance: made up.
    async fn training(&self) -> bool {
        self.row.training
    }

    /// The answers, in the order of the form. Items that the form no longer has are left out.
    #[graphql(complexity = "50_usize.saturating_mul(child_complexity).saturating_add(1).min(1_000_000)")]
    async fn answers(&self) -> Vec<ReportAnswer> {
        let answers = from_json(&self.form, &self.row.answers);
        let answer = |item: &domain::capacity::Item| {
            let given = answers.get(&item.code)?;
            Some(ReportAnswer::new(FormItem(Arc::new(item.clone())), *given))
        };
        self.form.items.iter().filter_map(answer).collect()
    }

    /// What was remarkable about it when it was taken.
    #[graphql(complexity = "10_usize.saturating_mul(child_complexity).saturating_add(1).min(1_000_000)")]
    async fn warnings(&self) -> Result<Vec<FieldProblem>, Problem> {
        let warnings: Vec<wire::problem::FieldProblem> = serde_json::from_value(self.row.warnings.clone())
            .map_err(|error| Failure::internal(format!("stored warnings: {error}")).into_problem())?;
        Ok(warnings.into_iter().map(FieldProblem::from).collect())
    }
}
