//! What those below see of a plan before it is decided, and what they say against it.
use super::{
    line::PlanLine,
    plan::PlanUnit,
    territory::{Territory, TerritoryTier},
    unknown,
    words::Words,
};
use crate::{
    loader::{ObjectionBy, ObjectionsOf, PlanKey, ProposalOf, Proposed},
    scalars::{self, Count, DateTime, Uuid, Vials},
    session::{Session, session},
};
use allocation_store::rows;
use async_graphql::{Context, Enum, Object, SimpleObject};
use domain::{Problem, TerritoryCode, plan::PROPOSAL, time::Instant};
use std::sync::Arc;

/// What became of an objection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(rename_items = "snake_case")]
pub enum ObjectionDecision {
    /// The line will be looked at again.
    Accepted,
    /// It stays as it is.
    Declined,
}

impl ObjectionDecision {
    /// The decision that a row or a service's answer names.
    ///
    /// # Errors
    /// `service.internal` when there is no such decision.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        match text {
            "accepted" => Ok(Self::Accepted),
            "declined" => Ok(Self::Declined),
            other => Err(unknown("decision on an objection", other)),
        }
    }

    /// As the services write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Declined => "declined",
        }
    }
}

/// What the plan's holder answered, in writing.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
pub struct ObjectionAnswer {
    /// What became of it.
    pub decision: ObjectionDecision,
    /// Why.
    pub text: String,
    /// Name of the account that answered.
    pub by: String,
    /// When, business time.
    pub at: DateTime,
}

/// 異議: what a recipient says against its own line of a plan that was handed in.
pub struct Objection(Arc<rows::Objection>);

impl Objection {
    /// The objection with this id, if there is one for the caller.
    ///
    /// # Errors
    /// The coded problem of the read.
    pub async fn load(session: &Session, id: uuid::Uuid) -> Result<Option<Self>, Problem> {
        Ok(session.loaders.one(ObjectionBy(id)).await?.map(Self))
    }

    /// What a recipient has objected in a round; `None` when that is not open to the caller.
    ///
    /// # Errors
    /// The coded problem of the read.
    pub async fn of(
        session: &Session,
        round: uuid::Uuid,
        recipient: TerritoryCode,
    ) -> Result<Option<Vec<Self>>, Problem> {
        let rows = session.loaders.one(ObjectionsOf { round, recipient }).await?;
        Ok(rows.map(|rows| Self::all(&rows)))
    }

    /// Rows that a loader gave out, so that permission has been decided.
    pub fn all(rows: &[Arc<rows::Objection>]) -> Vec<Self> {
        rows.iter().map(|row| Self(Arc::clone(row))).collect()
    }
}

/// 異議: what a recipient says against its own line of a plan that was handed in. It is answered in writing,
/// once; without the answer the plan cannot be approved. Both sides see it.
#[Object]
impl Objection {
    /// Our own id of it.
    async fn objection_id(&self) -> Uuid {
        Uuid(self.0.id)
    }

    /// Our own id of the plan.
    async fn plan_id(&self) -> Uuid {
        Uuid(self.0.plan_id)
    }

    /// The version of the plan that was handed in.
    async fn version(&self) -> i32 {
        self.0.version
    }

    /// Whose line.
    async fn recipient(&self, ctx: &Context<'_>) -> Result<Territory, Problem> {
        let code = TerritoryCode::parse(&self.0.recipient)?;
        Territory::load(session(ctx)?, code).await?.ok_or_else(|| unknown("recipient", &self.0.recipient))
    }

    /// The line as it stood, in the plan's unit.
    async fn units(&self) -> Count {
        Count(self.0.units)
    }

    /// What was asked for instead, in the plan's unit; null when no number was given.
    async fn units_wished(&self) -> Option<Count> {
        self.0.units_wished.map(Count)
    }

    /// Why.
    async fn text(&self) -> &str {
        &self.0.text
    }

    /// Name of the account that objected.
    async fn by(&self) -> &str {
        &self.0.actor_name
    }

    /// When, business time.
    async fn at(&self) -> DateTime {
        DateTime(self.0.business_at)
    }

    /// The answer; null as long as there is none.
    async fn answer(&self) -> Result<Option<ObjectionAnswer>, Problem> {
        let row = &self.0;
        let (Some(decision), Some(text), Some(by), Some(at)) =
            (&row.decision, &row.answer, &row.answered_name, row.answered_at)
        else {
            return Ok(None);
        };
        let decision = ObjectionDecision::parse(decision)?;
        Ok(Some(ObjectionAnswer { decision, text: text.clone(), by: by.clone(), at: DateTime(at) }))
    }
}

/// 案: what is proposed for one recipient.
pub struct Proposal {
    proposed: Arc<Proposed>,
    holder: TerritoryCode,
    recipient: TerritoryCode,
    until: Instant,
    now: Instant,
}

impl Proposal {
    /// What is proposed for a recipient in a round, if there is a proposal for the caller.
    ///
    /// # Errors
    /// The coded problem of the read.
    pub async fn load(session: &Session, round: uuid::Uuid, recipient: TerritoryCode) -> Result<Option<Self>, Problem> {
        let Some(proposed) = session.loaders.one(ProposalOf { round, recipient }).await? else { return Ok(None) };
        let Some(until) = proposed.plan.objections_until else { return Ok(None) };
        let holder = TerritoryCode::parse(&proposed.plan.holder)?;
        Ok(Some(Self { proposed, holder, recipient, until, now: session.op.now }))
    }
}

/// 案: what is proposed for one recipient by a plan that was handed in and may be objected to: the plan's head
/// and the recipient's own line, never another's. Nothing of it is decided.
#[Object]
impl Proposal {
    /// 案（未確定）: it is not decided yet. To be shown beside every figure of it.
    async fn watermark(&self) -> Words {
        Words { ja: PROPOSAL.0.to_owned(), en: PROPOSAL.1.to_owned() }
    }

    /// Our own id of the plan.
    async fn plan_id(&self) -> Uuid {
        Uuid(self.proposed.plan.id)
    }

    /// The level of the plan's holder.
    async fn level(&self) -> TerritoryTier {
        self.holder.tier().into()
    }

    /// Whose plan.
    async fn holder(&self) -> scalars::TerritoryCode {
        scalars::TerritoryCode(self.holder)
    }

    /// The version that was handed in; name it in an objection.
    async fn version(&self) -> i32 {
        self.proposed.plan.version
    }

    /// For whom.
    async fn recipient(&self) -> scalars::TerritoryCode {
        scalars::TerritoryCode(self.recipient)
    }

    /// What is proposed, and why.
    async fn line(&self) -> PlanLine {
        let Proposed { plan, line, adjusted } = &*self.proposed;
        let key = PlanKey { plan: plan.id, holder: self.holder };
        PlanLine::of(Arc::clone(line), key, plan.unit_vials, PlanUnit::Pack).told(adjusted.clone())
    }

    /// Vials of one unit of the line.
    async fn unit_vials(&self) -> Vials {
        Vials(i64::from(self.proposed.plan.unit_vials))
    }

    /// Until when objections may be made.
    async fn objections_until(&self) -> DateTime {
        DateTime(self.until)
    }

    /// They may be made now.
    async fn open(&self) -> bool {
        self.now < self.until
    }

    /// What this recipient has objected to this plan, with the answers.
    #[graphql(complexity = "5_usize.saturating_mul(child_complexity).saturating_add(1).min(1_000_000)")]
    async fn objections(&self, ctx: &Context<'_>) -> Result<Vec<Objection>, Problem> {
        let plan = &self.proposed.plan;
        let all = Objection::of(session(ctx)?, plan.round_id, self.recipient).await?.unwrap_or_default();
        Ok(all.into_iter().filter(|objection| objection.0.plan_id == plan.id).collect())
    }

    /// Figures of a training instance: made up.
    async fn training(&self) -> bool {
        self.proposed.plan.training
    }
}
