//! Sums over the reports of a territory's facilities.
use super::{
    form::{Form, FormItem},
    territory::Territory,
};
use crate::{
    loader::{CapacityKey, Sums},
    scalars::{Count, Date, DateTime},
    session::Session,
};
use async_graphql::{Object, SimpleObject};
use domain::{
    BusinessDay, Problem,
    capacity::{self, sums::figures},
    error,
    time::Instant,
    units::Permille,
};
use std::{collections::HashMap, sync::Arc};

/// How many facilities had to report, and how many did.
#[derive(Debug, Clone, SimpleObject)]
pub struct Coverage {
    /// Facilities with the duty to report on that day.
    pub due: Count,
    /// Of those, the ones that reported for that day: only they are in the sums.
    pub reported: Count,
    /// Of the others, the ones that have an older report. Counted here, never in the sums.
    pub carried: Count,
    /// The rest: due, not reported, and no older report.
    pub missing: Count,
    /// `reported` per thousand of `due`, rounded half up; null when none is due.
    pub permille: Option<i32>,
}

/// The moments that the figures describe.
#[derive(Debug, Clone, SimpleObject)]
pub struct AsOf {
    /// The oldest moment behind the sums; null without a report.
    pub oldest: Option<DateTime>,
    /// The newest moment behind the sums; null without a report.
    pub newest: Option<DateTime>,
}

/// How many facilities gave one answer.
#[derive(Debug, Clone, SimpleObject)]
pub struct ChoiceCount {
    /// The answer: `normal`, `limited`, …
    pub choice: String,
    /// Facilities that gave it.
    pub facilities: Count,
}

/// One item summed over a territory.
#[derive(Clone, SimpleObject)]
pub struct Figure {
    /// The item.
    pub item: FormItem,
    /// For a count: the sum over the facilities that answered, in the item's unit. Null for a choice;
    /// and null, unless you oversee the territory, when one or two facilities answered.
    pub sum: Option<Count>,
    /// Facilities behind the figure: those that answered this item.
    pub answered: Count,
    /// For a choice: facilities per answer, in the order of the choices. Null for a count; and null,
    /// unless you oversee the territory, when one or two facilities answered.
    pub choices: Option<Vec<ChoiceCount>>,
}

/// Figures of fewer facilities than this are those of single hospitals.
const CELL_MIN: i64 = 3;

impl Figure {
    /// The figure as the public may see it: no report of a single hospital can be read from it.
    fn published(self) -> Self {
        let is_small = (1..CELL_MIN).contains(&self.answered.0);
        if is_small { Self { sum: None, choices: None, ..self } } else { self }
    }

    fn new(item: FormItem, figure: capacity::Figure) -> Self {
        match figure {
            capacity::Figure::Sum { sum, answered } => {
                Self { item, sum: Some(Count(sum)), answered: Count(answered), choices: None }
            }
            capacity::Figure::Choices(facilities) => {
                let answered = Count(facilities.iter().sum());
                let names = item.0.kind.choices().iter();
                let choices = names
                    .zip(facilities)
                    .map(|(choice, count)| ChoiceCount { choice: (*choice).to_owned(), facilities: Count(count) })
                    .collect();
                Self { item, sum: None, answered, choices: Some(choices) }
            }
        }
    }
}

/// The sums of a territory, day and form.
pub struct Capacity {
    territory: Territory,
    day: BusinessDay,
    form: Arc<capacity::Form>,
    sums: Arc<Sums>,
    now: Instant,
    training: bool,
    is_overseen: bool,
}

/// Can a report of `day` still be sent or corrected at `now`?
pub fn provisional(form: &capacity::Form, day: BusinessDay, now: Instant) -> bool {
    BusinessDay::at(now).days_since(day) <= i64::from(form.correction_days)
}

impl Capacity {
    /// The figures of a territory, if they are open to the caller and the day was opened.
    ///
    /// # Errors
    /// `report.unknown_form`, or the coded problem of the read.
    pub async fn load(
        session: &Session,
        territory: Territory,
        day: BusinessDay,
        form: &str,
    ) -> Result<Option<Self>, Problem> {
        let form = session.loaders.form(form).await?;
        let key = CapacityKey { territory: territory.place(), day, form: form.code.clone() };
        let (now, training) = (session.op.now, session.op.training);
        let is_overseen = session.op.scope().oversees(territory.place());
        Ok(session.loaders.one(key).await?.map(|sums| Self { territory, day, form, sums, now, training, is_overseen }))
    }

    /// The figures of these items, or of all, in the order asked for.
    fn select(&self, items: Option<&[String]>) -> Result<Vec<Figure>, Problem> {
        let all = figures(&self.form, &self.sums.cells);
        let figure = |(item, figure): &(&capacity::Item, capacity::Figure)| {
            let figure = Figure::new(FormItem(Arc::new((*item).clone())), figure.clone());
            if self.is_overseen { figure } else { figure.published() }
        };
        let Some(items) = items else { return Ok(all.iter().map(figure).collect()) };
        let by_code: HashMap<&str, _> = all.iter().map(|pair| (pair.0.code.as_str(), pair)).collect();
        let unknown = |code: &String| Problem::new(&error::REPORT_UNKNOWN_ITEM).with("item", code);
        items
            .iter()
            .map(|code| by_code.get(code.as_str()).map(|pair| figure(pair)).ok_or_else(|| unknown(code)))
            .collect()
    }
}

/// The sums over the reports of a territory's facilities for one day and form. Prefectures and the
/// nation are added up from their municipalities. Where one or two facilities answered an item, only
/// those who oversee the territory see its sum.
#[Object]
impl Capacity {
    /// Whose facilities.
    async fn territory(&self) -> &Territory {
        &self.territory
    }

    /// The day reported about.
    async fn day(&self) -> Date {
        Date(self.day)
    }

    /// The form.
    async fn form(&self) -> Form {
        Form(Arc::clone(&self.form))
    }

    /// How many facilities had to report, and how many did.
    async fn coverage(&self) -> Coverage {
        let Sums { due, reported, carried, .. } = *self.sums;
        let permille = Permille::of(reported, due).and_then(|share| i32::try_from(share.0).ok());
        let missing = Count(due.saturating_sub(reported).saturating_sub(carried));
        Coverage { due: Count(due), reported: Count(reported), carried: Count(carried), missing, permille }
    }

    /// The moments that the figures describe.
    async fn as_of(&self) -> AsOf {
        AsOf { oldest: self.sums.oldest.map(DateTime), newest: self.sums.newest.map(DateTime) }
    }

    /// When the reports are or were due.
    async fn due_at(&self) -> DateTime {
        DateTime(self.day.instant_of(self.form.due))
    }

    /// Reports of this day can still be sent or corrected, so the sums may still change.
    async fn provisional(&self) -> bool {
        provisional(&self.form, self.day, self.now)
    }

    /// The figures are those of a training instance: made up.
    async fn training(&self) -> bool {
        self.training
    }

    /// The sums, item by item: all in the order of the form, or those asked for in the order asked.
    #[graphql(
        complexity = "items.as_ref().map_or(50, Vec::len).saturating_mul(child_complexity).saturating_add(1).min(1_000_000)"
    )]
    async fn figures(
        &self,
        #[graphql(desc = "Codes of items; all of the form unless given.")] items: Option<Vec<String>>,
    ) -> Result<Vec<Figure>, Problem> {
        self.select(items.as_deref())
    }
}
