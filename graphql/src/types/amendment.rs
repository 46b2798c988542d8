//! 割当ての変更: what changes of plans that were committed.
use super::{
    plan::Plan,
    territory::{Territory, TerritoryTier},
    unknown,
    words::Words,
};
use crate::{
    loader::{AmendmentBy, AmendmentLinesOf, AmendmentsIn},
    scalars::{Count, DateTime, Uuid, Vials},
    session::{Session, session},
};
use allocation_store::rows;
use async_graphql::{Context, Enum, Object, SimpleObject};
use domain::{Problem, TerritoryCode};
use platform::failure::Failure;
use std::sync::Arc;

/// Where an amendment stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(rename_items = "snake_case")]
pub enum AmendmentState {
    /// Computed, and nothing posted: an officer may commit it.
    Proposed,
    /// The same, with a deadline: the level above has given more, or wants some back.
    Pending,
    /// More is locked than would be left: an officer chooses where it comes from.
    Overcommitted,
    /// Committed; some units are still to come back from below.
    Waiting,
    /// Everything has moved.
    Applied,
    /// The same, committed by the service at the deadline.
    Carried,
    /// Another one has taken its place, before it was committed.
    Cancelled,
}

impl AmendmentState {
    /// The state that a row or a service's answer names.
    ///
    /// # Errors
    /// `service.internal` when there is no such state.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        Ok(match text {
            "proposed" => Self::Proposed,
            "pending" => Self::Pending,
            "overcommitted" => Self::Overcommitted,
            "waiting" => Self::Waiting,
            "applied" => Self::Applied,
            "carried" => Self::Carried,
            "cancelled" => Self::Cancelled,
            other => return Err(unknown("state of an amendment", other)),
        })
    }
}

/// What brought an amendment about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(rename_items = "snake_case")]
pub enum AmendmentOrigin {
    /// An officer changes what there is to divide.
    Supply,
    /// An officer changes lines.
    Lines,
    /// More supply was noted.
    Noted,
    /// The level above has given more, or wants some back.
    Above,
}

/// A place that still has something to give back.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
pub struct AmendmentSurplus {
    /// A territory's code.
    pub recipient: String,
    /// Units that are not locked.
    pub units: Count,
}

/// What can be chosen while an amendment is overcommitted.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
pub struct AmendmentChoice {
    /// `return`: others give back instead; `reserve`: the holder's reserve covers it.
    pub choice: String,
    /// How many units it can cover.
    pub units: Count,
    /// For `return`: by whom.
    pub places: Vec<AmendmentSurplus>,
}

impl From<wire::amendment::Choice> for AmendmentChoice {
    fn from(choice: wire::amendment::Choice) -> Self {
        let place = |place: wire::amendment::Surplus| AmendmentSurplus {
            recipient: place.recipient,
            units: Count(place.units),
        };
        Self {
            choice: choice.choice,
            units: Count(choice.units),
            places: choice.places.into_iter().map(place).collect(),
        }
    }
}

/// A line that an amendment moves. Units of the amendment.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
pub struct AmendmentLine {
    /// Our own id of the plan that the line is of.
    pub plan_id: Uuid,
    /// The recipient: a territory's code, or a site's id.
    pub recipient: String,
    /// Before.
    pub units_before: Count,
    /// After.
    pub units_after: Count,
    /// Of these, what cannot come back.
    pub locked_units: Count,
    /// What has moved, once it is committed.
    pub settled_units: Count,
    /// What is still to come back; 0 before it is committed.
    pub due_units: Count,
    /// Why, from its place in the queue.
    pub why: Words,
}

/// An amendment.
pub struct Amendment(Arc<rows::Amendment>);

impl Amendment {
    /// The amendment with this id, if there is one for the caller.
    ///
    /// # Errors
    /// The coded problem of the read.
    pub async fn load(session: &Session, id: uuid::Uuid) -> Result<Option<Self>, Problem> {
        Ok(session.loaders.one(AmendmentBy(id)).await?.map(Self))
    }

    /// The newest amendments of a round that the caller may see.
    ///
    /// # Errors
    /// The coded problem of the read.
    pub async fn of_round(session: &Session, round: uuid::Uuid, limit: i64) -> Result<Vec<Self>, Problem> {
        Ok(Self::all(&session.loaders.one(AmendmentsIn { round, limit }).await?.unwrap_or_default()))
    }

    /// Rows that a loader gave out, so that permission has been decided.
    pub fn all(rows: &[Arc<rows::Amendment>]) -> Vec<Self> {
        rows.iter().map(|row| Self(Arc::clone(row))).collect()
    }

    fn holder_code(&self) -> Result<TerritoryCode, Problem> {
        TerritoryCode::parse(&self.0.holder)
    }

    async fn rows(&self, ctx: &Context<'_>) -> Result<Arc<Vec<rows::AmendmentLine>>, Problem> {
        let key = AmendmentLinesOf { amendment: self.0.id, holder: self.holder_code()? };
        Ok(session(ctx)?.loaders.one(key).await?.unwrap_or_default())
    }

    fn due(&self, line: &rows::AmendmentLine) -> i64 {
        let open = self.0.committed_at.is_some() && self.0.ended_at.is_none();
        let due = line.units_before - line.units_after - line.settled_units - line.forgiven_units;
        if open { due.max(0) } else { 0 }
    }
}

/// 割当ての変更: a committed division, or assignments to sites, that change. As many units move as the supply
/// changes by, by the queue of the plan's rule; nothing is posted before it is committed.
#[Object]
impl Amendment {
    /// Our own id of it.
    async fn amendment_id(&self) -> Uuid {
        Uuid(self.0.id)
    }

    /// Whose division, or whose assignments.
    async fn holder(&self, ctx: &Context<'_>) -> Result<Territory, Problem> {
        let missing = || unknown("holder", &self.0.holder);
        Territory::load(session(ctx)?, self.holder_code()?).await?.ok_or_else(missing)
    }

    /// The level of its holder.
    async fn level(&self) -> Result<TerritoryTier, Problem> {
        Ok(self.holder_code()?.tier().into())
    }

    /// The division that changes; null for who assigns to sites.
    async fn plan(&self, ctx: &Context<'_>) -> Result<Option<Plan>, Problem> {
        match self.0.plan_id {
            Some(plan) => Plan::load(session(ctx)?, plan).await,
            None => Ok(None),
        }
    }

    /// What brought it about.
    async fn origin(&self) -> Result<AmendmentOrigin, Problem> {
        Ok(match self.0.origin.as_str() {
            "supply" => AmendmentOrigin::Supply,
            "lines" => AmendmentOrigin::Lines,
            "noted" => AmendmentOrigin::Noted,
            "above" => AmendmentOrigin::Above,
            other => return Err(unknown("origin of an amendment", other)),
        })
    }

    /// Where it stands.
    async fn state(&self) -> Result<AmendmentState, Problem> {
        AmendmentState::parse(&self.0.state)
    }

    /// Counts up with every change; name the one you read when you commit it.
    async fn version(&self) -> i32 {
        self.0.version
    }

    /// Vials of one unit.
    async fn unit_vials(&self) -> Vials {
        Vials(i64::from(self.0.unit_vials))
    }

    /// What the lines come to before, units.
    async fn units_before(&self) -> Count {
        Count(self.0.units_before)
    }

    /// What the lines come to after, units.
    async fn units_after(&self) -> Count {
        Count(self.0.units_after)
    }

    /// Of more supply: units that no line may take; they stay with the holder.
    async fn kept_units(&self) -> Count {
        Count(self.0.kept_units)
    }

    /// Units that are locked beyond what would be left.
    async fn shortfall_units(&self) -> Count {
        Count(self.0.shortfall_units)
    }

    /// Units that are still to come back from below.
    async fn due_units(&self, ctx: &Context<'_>) -> Result<Count, Problem> {
        Ok(Count(self.rows(ctx).await?.iter().map(|line| self.due(line)).sum()))
    }

    /// What can be chosen while it is overcommitted; empty otherwise.
    async fn choices(&self) -> Result<Vec<AmendmentChoice>, Problem> {
        let choices = serde_json::from_value::<Vec<wire::amendment::Choice>>(self.0.choices.clone());
        let unreadable = |error| Failure::internal(format!("choices of an amendment: {error}")).into_problem();
        Ok(choices.map_err(unreadable)?.into_iter().map(AmendmentChoice::from).collect())
    }

    /// What was chosen: `return`, `reserve`; null when nothing was.
    async fn choice(&self) -> Option<&str> {
        self.0.choice.as_deref()
    }

    /// Vials that leave the round's supply.
    async fn withdrawn_vials(&self) -> Vials {
        Vials(self.0.withdrawn_vials)
    }

    /// Of these, vials that have left it.
    async fn left_vials(&self) -> Vials {
        Vials(self.0.left_vials)
    }

    /// When the service commits it as it stands, business time; null when it never does.
    async fn deadline(&self) -> Option<DateTime> {
        self.0.deadline.map(DateTime)
    }

    /// Why.
    async fn reason(&self) -> &str {
        &self.0.reason
    }

    /// Name of the account that proposed it; `allocation` for the service itself.
    async fn by(&self) -> &str {
        &self.0.actor_name
    }

    /// When it was proposed, business time.
    async fn at(&self) -> DateTime {
        DateTime(self.0.business_at)
    }

    /// When it was committed, business time; null unless it was.
    async fn committed_at(&self) -> Option<DateTime> {
        self.0.committed_at.map(DateTime)
    }

    /// When it was done with, business time; null unless it is.
    async fn ended_at(&self) -> Option<DateTime> {
        self.0.ended_at.map(DateTime)
    }

    /// Figures of a training instance: made up.
    async fn training(&self) -> bool {
        self.0.training
    }

    /// The lines that move.
    #[graphql(complexity = "50_usize.saturating_mul(child_complexity).saturating_add(1).min(1_000_000)")]
    async fn lines(&self, ctx: &Context<'_>) -> Result<Vec<AmendmentLine>, Problem> {
        let line = |row: &rows::AmendmentLine| AmendmentLine {
            plan_id: Uuid(row.plan_id),
            recipient: row.recipient.clone(),
            units_before: Count(row.units_before),
            units_after: Count(row.units_after),
            locked_units: Count(row.locked_units),
            settled_units: Count(row.settled_units),
            due_units: Count(self.due(row)),
            why: Words { ja: row.ja.clone(), en: row.en.clone() },
        };
        Ok(self.rows(ctx).await?.iter().map(line).collect())
    }
}
