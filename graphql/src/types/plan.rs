//! Plans: what one level grants to the level below.
use super::{
    amendment::Amendment,
    connection::{PageInfo, page_within},
    fairness::Fairness,
    line::{PlanLine, PlanLineConnection, PlanLineEdge},
    node::NodeId,
    objection::Objection,
    or_null,
    round::Round,
    territory::{Territory, TerritoryTier},
    unknown,
};
use crate::{
    cursor::List,
    loader::{AmendmentsOf, ChangesOf, FairnessOf, LinesOf, ObjectionsTo, PlanBy, PlanKey, PlanOf, UnitsOf},
    scalars::{Boxes, Count, DateTime, Uuid, Vials},
    session::{Session, session},
};
use allocation_store::rows;
use async_graphql::{Context, Enum, ID, Object, SimpleObject};
use domain::{
    Problem, TerritoryCode,
    plan::{Kind, State},
};
use platform::failure::Failure;
use serde_json::Value;
use std::{fmt::Write as _, sync::Arc};

/// Most lines of one page, and most changes: more than there are municipalities.
const LINES_MAX: i32 = 2_000;

/// Where a plan stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(rename_items = "snake_case", remote = "State")]
pub enum PlanState {
    /// Begun, without lines.
    Draft,
    /// The lines are there; they may be adjusted.
    Computed,
    /// Handed in; no line may change. With `objectionsUntil` it is a proposal that its recipients may object
    /// to.
    Submitted,
    /// Agreed to; may be committed.
    Approved,
    /// In the entitlement book.
    Committed,
    /// The round is over.
    Closed,
    /// Another plan has taken its place.
    Superseded,
    /// Given up.
    Cancelled,
}

impl PlanState {
    /// The state that a plan's row or a service's answer names.
    ///
    /// # Errors
    /// `service.internal` when there is no such state.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        State::parse(text).map(Self::from).ok_or_else(|| unknown("state of a plan", text))
    }
}

/// What a plan's lines are counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(rename_items = "snake_case")]
pub enum PlanUnit {
    /// 箱: whole packs, from the nation down to the municipalities.
    Pack,
    /// バイアル: single vials, for sites.
    Vial,
}

/// One part of a rule: so much of the supply, in proportion to an indicator. What a part leaves
/// over rolls into the next.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
pub struct RuleComponent {
    /// `base`, `adjustment`
    pub name: String,
    /// Packs that were divided by this part, with what the part before left over.
    pub units: Boxes,
    /// What it is in proportion to: `population` (total, newest date) or `wish` (vials wished for by the sites)
    /// in the short form, else the expression of a published rule.
    pub indicator: String,
    /// `webster`, `adams`, `dhondt`, `hamilton`
    pub method: String,
}

/// How the lines of a plan came about.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
pub struct PlanRule {
    /// The parts in order; empty when nothing was computed.
    pub components: Vec<RuleComponent>,
    /// The rule's name, `covid19-standard@1`; null for one that was written into the request in the short form,
    /// and when nothing was computed.
    pub name: Option<String>,
    /// The lines are those of the national run, in which all municipalities were computed together.
    pub of_national_run: bool,
    /// Nothing was computed: somebody wrote the lines.
    pub by_hand: bool,
}

/// A rule that was written into the request has no name of its own.
fn is_short_form(name: &str) -> bool {
    name.split_once('@').is_some_and(|(code, _)| code == domain::rule::SHORT_FORM)
}

impl PlanRule {
    fn read(rule: &Value) -> Result<Self, Problem> {
        let of_national_run = rule.get("flat_lines_of").is_some();
        let computed = rule.get("rule").filter(|_| of_national_run).unwrap_or(rule);
        let parts = computed.get("components").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let part = |part: &Value| {
            let text = |name: &str| part.get(name).and_then(Value::as_str).map(str::to_owned);
            Some(RuleComponent {
                name: text("name")?,
                units: Boxes(part.get("units")?.as_i64()?),
                indicator: text("indicator")?,
                method: text("method")?,
            })
        };
        let components: Option<Vec<RuleComponent>> = parts.iter().map(part).collect();
        Ok(Self {
            components: components.ok_or_else(|| unknown("rule of a plan", &rule.to_string()))?,
            name: computed.get("name").and_then(Value::as_str).filter(|name| !is_short_form(name)).map(str::to_owned),
            of_national_run,
            by_hand: rule.get("by_hand").is_some(),
        })
    }
}

/// One change of a plan. Lines that were changed together are a change each, with the same version.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
pub struct PlanChange {
    /// The version that it made, or that it is about.
    pub version: i32,
    /// `compute`, `adjust`, `submit`, `take_back`, `approve`, `commit`, `carry` (committed by the service,
    /// because it was late), `amend`, `withdraw`; `object` and `answer`, which make no version
    pub action: String,
    /// For `adjust`: the line, by its territory's code; null otherwise.
    pub recipient: Option<String>,
    /// For `adjust`: what the line was before, in the plan's unit; null otherwise.
    pub units_before: Option<Count>,
    /// For `adjust`: what the line was after, in the plan's unit; null otherwise.
    pub units_after: Option<Count>,
    /// Why; null when no reason was given.
    pub reason: Option<String>,
    /// Name of the account that did it.
    pub by: String,
    /// When, business time.
    pub at: DateTime,
}

impl From<&rows::PlanChange> for PlanChange {
    fn from(row: &rows::PlanChange) -> Self {
        Self {
            version: row.version,
            action: row.action.clone(),
            recipient: row.recipient.clone(),
            units_before: row.units_before.map(Count),
            units_after: row.units_after.map(Count),
            reason: row.reason.clone(),
            by: row.actor_name.clone(),
            at: DateTime(row.business_at),
        }
    }
}

/// What a page of lines or changes may cost. A line is one row that is stored whole, so it counts a
/// quarter of what its fields would: all lines of the nation fit into one question.
fn cost(first: i32, child_complexity: usize) -> usize {
    /// More than any limit.
    const COST_MAX: usize = 1_000_000;
    let rows = usize::try_from(first.clamp(1, LINES_MAX)).unwrap_or(1);
    rows.saturating_mul(child_complexity).div_ceil(4).saturating_add(1).min(COST_MAX)
}

/// A plan.
#[derive(Clone)]
pub struct Plan {
    row: Arc<rows::Plan>,
    holder: TerritoryCode,
}

impl Plan {
    /// The plan with this id, if there is one for the caller.
    ///
    /// # Errors
    /// The coded problem of the read.
    pub async fn load(session: &Session, id: uuid::Uuid) -> Result<Option<Self>, Problem> {
        session.loaders.one(PlanBy(id)).await?.map(Self::of).transpose()
    }

    /// The newest plan in force of a holder, if there is one for the caller.
    ///
    /// # Errors
    /// The coded problem of the read.
    pub async fn in_force(
        session: &Session,
        round: uuid::Uuid,
        holder: TerritoryCode,
    ) -> Result<Option<Self>, Problem> {
        session.loaders.one(PlanOf { round, holder }).await?.map(Self::of).transpose()
    }

    fn of(row: Arc<rows::Plan>) -> Result<Self, Problem> {
        Ok(Self { holder: TerritoryCode::parse(&row.holder)?, row })
    }

    fn key(&self) -> PlanKey {
        PlanKey { plan: self.row.id, holder: self.holder }
    }

    /// What its own lines come to, vials.
    async fn granted(&self, session: &Session) -> Result<i64, Problem> {
        let units = session.loaders.one(UnitsOf(self.key())).await?.unwrap_or(0);
        let overflow = || Failure::internal(format!("plan {} overflows", self.row.id)).into_problem();
        units.checked_mul(i64::from(self.row.unit_vials)).ok_or_else(overflow)
    }

    fn unit(&self) -> PlanUnit {
        if self.row.kind == Kind::Assignment.as_str() { PlanUnit::Vial } else { PlanUnit::Pack }
    }

    async fn page(
        &self,
        session: &Session,
        first: i32,
        after: Option<String>,
        below: bool,
    ) -> Result<PlanLineConnection, Problem> {
        let size = page_within(first, LINES_MAX)?;
        let parent = self.row.id.to_string();
        let name = if below { "lines below" } else { "lines" };
        let list = List { name, parent: &parent, account: session.op.actor.account };
        let cursors = &session.gateway.cursors;
        let after = after.map(|cursor| cursors.read(list, &cursor)).transpose()?;
        let has_previous = after.is_some();
        // one more than is shown tells whether there is a next page
        let limit = i64::from(first) + 1;
        let rows = session.loaders.one(LinesOf { key: self.key(), below, after, limit }).await?.unwrap_or_default();
        let edge = |row: &Arc<rows::PlanLine>| PlanLineEdge {
            cursor: cursors.make(list, &row.recipient),
            node: PlanLine::of(Arc::clone(row), self.key(), self.row.unit_vials, self.unit()),
        };
        let edges: Vec<PlanLineEdge> = rows.iter().take(size).map(edge).collect();
        let shown: Vec<String> = edges.iter().map(|edge| edge.cursor.clone()).collect();
        Ok(PlanLineConnection { edges, page_info: PageInfo::of(&shown, has_previous, rows.len() > size) })
    }
}

/// A plan divides what one territory holds in a round among the level below: draft, computed,
/// submitted, approved, committed. `version` counts up with every change. An assignment to sites is a
/// plan too; it is committed at once.
#[Object]
impl Plan {
    /// Global id.
    pub async fn id(&self) -> ID {
        NodeId::Plan(self.row.id).id()
    }

    /// Our own id of it.
    async fn plan_id(&self) -> Uuid {
        Uuid(self.row.id)
    }

    /// The round.
    async fn round(&self, ctx: &Context<'_>) -> Result<Round, Problem> {
        let missing = || unknown("round of a plan", &self.row.round_id.to_string());
        Round::load(session(ctx)?, self.row.round_id).await?.ok_or_else(missing)
    }

    /// The level of its holder.
    async fn level(&self) -> TerritoryTier {
        self.holder.tier().into()
    }

    /// Whose holdings it divides.
    async fn holder(&self, ctx: &Context<'_>) -> Result<Territory, Problem> {
        Territory::load(session(ctx)?, self.holder).await?.ok_or_else(|| unknown("holder", &self.row.holder))
    }

    /// Where it stands.
    async fn state(&self) -> Result<PlanState, Problem> {
        PlanState::parse(&self.row.state)
    }

    /// Counts up with every change; name the one you read when you change the plan.
    async fn version(&self) -> i32 {
        self.row.version
    }

    /// What there was to divide when it was computed, vials.
    async fn supply_vials(&self) -> Vials {
        Vials(self.row.supply_vials)
    }

    /// What its lines come to, vials.
    async fn granted_vials(&self, ctx: &Context<'_>) -> Result<Vials, Problem> {
        Ok(Vials(self.granted(session(ctx)?).await?))
    }

    /// What its lines leave over, vials.
    async fn reserve_vials(&self, ctx: &Context<'_>) -> Result<Vials, Problem> {
        Ok(Vials(self.row.supply_vials.saturating_sub(self.granted(session(ctx)?).await?).max(0)))
    }

    /// Vials of one unit of its lines.
    async fn unit_vials(&self) -> Vials {
        Vials(i64::from(self.row.unit_vials))
    }

    /// What its lines are counted in.
    #[graphql(name = "unit")]
    async fn unit_of_lines(&self) -> PlanUnit {
        self.unit()
    }

    /// How its lines came about.
    async fn rule(&self) -> Result<PlanRule, Problem> {
        PlanRule::read(&self.row.rule)
    }

    /// SHA-256 of the rule and its inputs, hexadecimal: anyone can compute the lines again.
    async fn digest(&self) -> String {
        self.row.digest.iter().fold(String::new(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
    }

    /// When its lines were computed, business time.
    async fn computed_at(&self) -> DateTime {
        DateTime(self.row.computed_at)
    }

    /// When it was committed, business time; null unless it was.
    async fn committed_at(&self) -> Option<DateTime> {
        self.row.committed_at.map(DateTime)
    }

    /// Its rule takes something away from somebody: it cannot be handed in without time for objections.
    async fn needs_objections(&self) -> bool {
        self.row.needs_objections
    }

    /// Handed in with time for objections: until when they may be made; null otherwise. It cannot be approved
    /// before.
    async fn objections_until(&self) -> Option<DateTime> {
        self.row.objections_until.map(DateTime)
    }

    /// All objections to it, in the order in which they were made, also to versions that were taken back.
    /// It cannot be approved as long as one has no answer.
    #[graphql(complexity = "50_usize.saturating_mul(child_complexity).saturating_add(1).min(1_000_000)")]
    async fn objections(&self, ctx: &Context<'_>) -> Result<Vec<Objection>, Problem> {
        let rows = session(ctx)?.loaders.one(ObjectionsTo(self.key())).await?.unwrap_or_default();
        Ok(Objection::all(&rows))
    }

    /// Its amendments, newest first: what is proposed, and what was committed.
    #[graphql(complexity = "20_usize.saturating_mul(child_complexity).saturating_add(1).min(1_000_000)")]
    async fn amendments(&self, ctx: &Context<'_>) -> Result<Vec<Amendment>, Problem> {
        let rows = session(ctx)?.loaders.one(AmendmentsOf(self.key())).await?.unwrap_or_default();
        Ok(Amendment::all(&rows))
    }

    /// Name of the account that handed it in; null unless it was.
    async fn submitted_by(&self) -> Option<&str> {
        self.row.submitted_name.as_deref()
    }

    /// Name of the account that agreed to it; null unless it was.
    async fn approved_by(&self) -> Option<&str> {
        self.row.approved_name.as_deref()
    }

    /// How even the computation came out: for a prefecture's draft of the nation's lines, the national one.
    /// Null when nothing was computed.
    async fn fairness(&self, ctx: &Context<'_>) -> Option<Fairness> {
        let load = async {
            let drawn_from = self.row.rule.get("flat_lines_of").and_then(Value::as_str);
            let computed = drawn_from.and_then(|plan| plan.parse().ok()).unwrap_or(self.row.id);
            let stored = session(ctx)?.loaders.one(FairnessOf(self.key(), computed)).await?;
            stored.map(|stored| Fairness::read(&stored)).transpose()
        };
        or_null(ctx, load.await)
    }

    /// Figures of a training instance: made up.
    async fn training(&self) -> bool {
        self.row.training
    }

    /// Its lines, in the order of their recipients.
    #[graphql(complexity = "cost(first, child_complexity)")]
    async fn lines(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, 1 to 2000.")] first: i32,
        #[graphql(desc = "Only what follows this cursor.")] after: Option<String>,
        #[graphql(
            default,
            desc = "For the nation's plan: the municipalities that each prefecture's line is the sum of."
        )]
        below: bool,
    ) -> Result<PlanLineConnection, Problem> {
        self.page(session(ctx)?, first, after, below).await
    }

    /// Its history: the newest changes, newest first.
    #[graphql(complexity = "cost(first, child_complexity)")]
    async fn changes(
        &self,
        ctx: &Context<'_>,
        #[graphql(default = 100, desc = "How many, 1 to 2000.")] first: i32,
    ) -> Result<Vec<PlanChange>, Problem> {
        page_within(first, LINES_MAX)?;
        let key = ChangesOf { key: self.key(), limit: i64::from(first) };
        let rows = session(ctx)?.loaders.one(key).await?.unwrap_or_default();
        Ok(rows.iter().map(PlanChange::from).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn rules_are_read_in_each_of_their_forms() {
        let part = json!({"name": "base", "units": 8_000, "indicator": "population", "method": "webster", "remainder": "hold"});
        let own = PlanRule::read(&json!({"components": [part]})).unwrap();
        assert_eq!((own.components.len(), own.of_national_run, own.by_hand), (1, false, false));
        let drafted = PlanRule::read(&json!({"flat_lines_of": "x", "rule": {"components": [part]}})).unwrap();
        assert_eq!((&drafted.components, drafted.of_national_run), (&own.components, true));
        let by_hand = PlanRule::read(&json!({"by_hand": true})).unwrap();
        assert_eq!((by_hand.components.len(), by_hand.by_hand), (0, true));
        assert_eq!(PlanRule::read(&json!({"components": [{}]})).unwrap_err().code.code, "service.internal");
    }

    #[test]
    fn all_lines_of_the_nation_fit_into_one_question_of_staff() {
        // recipient, name, computed, units, vials, boxes, adjusted, reason, by, state, explanations
        // with four fields, nextUnitAfter; edge, cursor, node, page info with four
        assert!(cost(2_000, 16 + 3 + 5) < 20_000);
        assert_eq!(cost(i32::MAX, usize::MAX), 1_000_000);
        assert_eq!(cost(-1, 4), 2);
    }
}
