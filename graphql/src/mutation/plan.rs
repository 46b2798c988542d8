//! Steps on plans, sent to the allocation service.
use super::client::Refusal;
use crate::{
    scalars::{Boxes, Count, TerritoryCode, Uuid, Vials},
    session::{Session, session},
    types::{
        or_null,
        plan::{Plan, PlanState},
        problem::FieldProblem,
        words::Words,
    },
};
use async_graphql::{Context, InputObject, Object, SimpleObject, Union};
use domain::{Problem, error, policy::Role};
use platform::{Position, failure::Failure};
use serde::Serialize;
use tokio::sync::OnceCell;
use wire::plan;

/// One part of a rule: so much of the supply, in proportion to an indicator. What a part leaves
/// over rolls into the next.
#[derive(Debug, Clone, InputObject)]
pub struct RuleComponentInput {
    /// `base`, `adjustment`
    pub name: String,
    /// Packs of the supply for this part, at most what is left; the rest unless given.
    pub units: Option<Boxes>,
    /// `population` (total, newest date) or `wish` (vials wished for by the sites).
    pub indicator: String,
    /// `webster` unless given; `adams`, `dhondt`, `hamilton`.
    pub method: Option<String>,
}

/// A plan to be computed, or computed again before it is handed in.
#[derive(Debug, Clone, InputObject)]
pub struct ComputePlanInput {
    /// Made by the sender (a UUID of version 7); keep it when you send the same request again. A new
    /// plan gets this id.
    pub id: Uuid,
    /// The round.
    pub round: Uuid,
    /// Whose holdings are divided: the nation or a prefecture.
    pub holder: TerritoryCode,
    /// The version that was read, when the plan exists already.
    pub version: Option<i32>,
    /// A published rule, `covid19-standard@1`; instead of `components`.
    pub rule: Option<String>,
    /// The rule in its short form, instead of `rule`: the parts in order; 1 to 8.
    #[graphql(default)]
    pub components: Vec<RuleComponentInput>,
}

/// A line as it shall be.
#[derive(Debug, Clone, InputObject)]
pub struct LineInput {
    /// The recipient: a territory's code.
    pub recipient: String,
    /// What it shall get, in the plan's unit.
    pub units: Count,
}

/// Lines to be changed by hand, together.
#[derive(Debug, Clone, InputObject)]
pub struct AdjustLineInput {
    /// Made by the sender (a UUID of version 7); keep it when you send the same request again.
    pub id: Uuid,
    /// The plan.
    pub plan: Uuid,
    /// The version that was read. If it is no longer the newest, the request is stale and nothing is
    /// written.
    pub version: i32,
    /// Why; 1 to 500 characters.
    pub reason: String,
    /// The lines, as they shall be.
    pub lines: Vec<LineInput>,
}

/// A plan to be moved on.
#[derive(Debug, Clone, InputObject)]
pub struct MovePlanInput {
    /// Made by the sender (a UUID of version 7); keep it when you send the same request again.
    pub id: Uuid,
    /// The plan.
    pub plan: Uuid,
    /// The version that was read. If it is no longer the newest, the request is stale and nothing is
    /// written.
    pub version: i32,
}

/// A plan to be taken back.
#[derive(Debug, Clone, InputObject)]
pub struct TakeBackPlanInput {
    /// Made by the sender (a UUID of version 7); keep it when you send the same request again.
    pub id: Uuid,
    /// The plan.
    pub plan: Uuid,
    /// The version that was read. If it is no longer the newest, the request is stale and nothing is
    /// written.
    pub version: i32,
    /// Why; 1 to 500 characters.
    pub reason: String,
}

/// Vials for one site.
#[derive(Debug, Clone, InputObject)]
pub struct SiteVialsInput {
    /// The site's id.
    pub site: Uuid,
    /// Vials, from 1.
    pub vials: Vials,
}

/// Vials for sites.
#[derive(Debug, Clone, InputObject)]
pub struct AssignToSitesInput {
    /// Made by the sender (a UUID of version 7); keep it when you send the same request again. The
    /// assignment becomes a plan with this id.
    pub id: Uuid,
    /// The round.
    pub round: Uuid,
    /// Whose holdings are assigned, and in whose territory the sites lie: who stands last in the
    /// round's stream. A municipality, or a prefecture in a round of its own sites.
    pub holder: TerritoryCode,
    /// The sites, each once; at most 2,000.
    pub sites: Vec<SiteVialsInput>,
}

/// The step was done.
pub struct PlanMoved {
    moved: plan::PlanMoved,
    state: PlanState,
    position: Position,
    replayed: bool,
    /// The request's snapshot sees the write.
    seen: OnceCell<()>,
}

/// The step was done, now or (`replayed`) before under the same id.
#[Object]
impl PlanMoved {
    /// The plan as it is after the step. Null with an error when the read side has not seen the step
    /// yet; the step itself was done.
    #[graphql(name = "plan")]
    async fn plan_now(&self, ctx: &Context<'_>) -> Option<Plan> {
        let load = async {
            let session = session(ctx)?;
            self.seen.get_or_try_init(|| session.catch_up(self.position)).await?;
            Plan::load(session, self.moved.plan).await
        };
        or_null(ctx, load.await)
    }

    /// Our own id of the plan.
    async fn plan_id(&self) -> Uuid {
        Uuid(self.moved.plan)
    }

    /// Whose holdings it divides.
    async fn holder(&self) -> TerritoryCode {
        TerritoryCode(self.moved.holder)
    }

    /// Where the step put it.
    async fn state(&self) -> PlanState {
        self.state
    }

    /// The version that the step made.
    async fn version(&self) -> i32 {
        self.moved.version
    }

    /// What there is to divide, vials.
    async fn supply_vials(&self) -> Vials {
        Vials(self.moved.supply_vials)
    }

    /// What its lines come to, vials.
    async fn granted_vials(&self) -> Vials {
        Vials(self.moved.granted_vials)
    }

    /// Number of its lines.
    async fn lines(&self) -> Count {
        Count(self.moved.lines)
    }

    /// What the computation alone took, milliseconds; null when nothing was computed.
    async fn engine_ms(&self) -> Option<Count> {
        self.moved.engine_ms.map(Count)
    }

    /// Commit position; a later read that must see it sends it in the header `Meguri-Position`.
    async fn position(&self) -> &str {
        &self.moved.position
    }

    /// True when it was done before and this is the first answer again.
    async fn replayed(&self) -> bool {
        self.replayed
    }
}

/// A line that another officer changed meanwhile.
#[derive(Debug, Clone, PartialEq, SimpleObject)]
pub struct LineDifference {
    /// The line, by its recipient.
    pub recipient: String,
    /// In the version that was read, in the plan's unit.
    pub yours: Count,
    /// Now, in the plan's unit.
    pub theirs: Count,
    /// Name of the account that changed it last.
    pub by: String,
    /// Why; null when no reason was given.
    pub reason: Option<String>,
}

/// Another officer was faster; nothing was written. Look at the difference and act on the newest
/// version.
#[derive(Debug, Clone, PartialEq, SimpleObject)]
pub struct PlanStale {
    /// Stable code: `allocation.stale_plan`.
    pub code: String,
    /// The reason.
    pub message: Words,
    /// The newest version; null when it could not be told.
    pub current_version: Option<i32>,
    /// What differs from the version that was read, line by line; empty when no line does.
    pub difference: Vec<LineDifference>,
}

/// More would have been granted than there is; nothing was written.
#[derive(Debug, Clone, PartialEq, SimpleObject)]
pub struct OverSupply {
    /// Stable code: `allocation.over_supply`.
    pub code: String,
    /// The reason, with what there is and what was asked for.
    pub message: Words,
}

/// You may see it, but it cannot be done: not by you, not in this state, or not with this input.
#[derive(Debug, Clone, PartialEq, SimpleObject)]
pub struct PlanRefused {
    /// Stable code: `auth.forbidden`, `allocation.wrong_state`, `allocation.second_person`,
    /// `allocation.window_open`, `allocation.objection_open`, `allocation.objection_window_required`,
    /// `request.invalid`, …
    pub code: String,
    /// The reason.
    pub message: Words,
    /// The fields at fault; empty when it is not about fields.
    pub errors: Vec<FieldProblem>,
}

/// What can become of a step on a plan.
#[derive(Union)]
pub enum PlanPayload {
    /// Done.
    Moved(Box<PlanMoved>),
    /// Changed by somebody else in between.
    Stale(PlanStale),
    /// More than there is.
    OverSupply(OverSupply),
    /// Not to be done.
    Refused(PlanRefused),
}

/// Has a plan computed.
///
/// # Errors
/// What is no outcome of the step itself: see [`send`].
pub async fn compute(session: &Session, input: ComputePlanInput) -> Result<PlanPayload, Refusal> {
    let component = |part: RuleComponentInput| plan::RuleComponent {
        name: part.name,
        units: part.units.map(|units| units.0),
        indicator: part.indicator,
        method: part.method,
    };
    let request = plan::ComputePlan {
        id: input.id.0,
        round: input.round.0,
        holder: input.holder.0,
        version: input.version,
        rule: input.rule,
        components: input.components.into_iter().map(component).collect(),
    };
    send(session, "/v1/plans", &request).await
}

/// Has lines changed by hand.
///
/// # Errors
/// What is no outcome of the step itself: see [`send`].
pub async fn adjust(session: &Session, input: AdjustLineInput) -> Result<PlanPayload, Refusal> {
    let line = |line: LineInput| plan::LineUnits { recipient: line.recipient, units: line.units.0 };
    let request = plan::AdjustLines {
        id: input.id.0,
        version: input.version,
        reason: input.reason,
        lines: input.lines.into_iter().map(line).collect(),
    };
    send(session, &format!("/v1/plans/{}:adjust", input.plan.0), &request).await
}

/// Has a plan moved on: `step` is `submit`, `approve` or `commit`.
///
/// # Errors
/// What is no outcome of the step itself: see [`send`].
pub async fn step(session: &Session, step: &'static str, input: MovePlanInput) -> Result<PlanPayload, Refusal> {
    let request = plan::MovePlan { id: input.id.0, version: input.version };
    send(session, &format!("/v1/plans/{}:{step}", input.plan.0), &request).await
}

/// Has a plan taken back.
///
/// # Errors
/// What is no outcome of the step itself: see [`send`].
pub async fn take_back(session: &Session, input: TakeBackPlanInput) -> Result<PlanPayload, Refusal> {
    let request = plan::TakeBackPlan { id: input.id.0, version: input.version, reason: input.reason };
    send(session, &format!("/v1/plans/{}:take-back", input.plan.0), &request).await
}

/// Has vials assigned to sites.
///
/// # Errors
/// What is no outcome of the step itself: see [`send`].
pub async fn assign(session: &Session, input: AssignToSitesInput) -> Result<PlanPayload, Refusal> {
    let site = |line: SiteVialsInput| plan::SiteVials { site: line.site.0, vials: line.vials.0 };
    let request = plan::AssignToSites {
        id: input.id.0,
        round: input.round.0,
        holder: input.holder.0,
        sites: input.sites.into_iter().map(site).collect(),
    };
    send(session, "/v1/assignments", &request).await
}

/// Sends a step to the allocation service in the caller's name.
///
/// # Errors
/// `auth.missing_token` and `auth.invalid_token`, `allocation.plan_not_found` and
/// `allocation.round_not_found`, `request.rate_limited`, `service.unavailable`, and whatever else is
/// no outcome of the step itself.
async fn send(session: &Session, path: &str, request: &impl Serialize) -> Result<PlanPayload, Refusal> {
    if session.op.actor.role == Role::Public {
        return Err(Problem::new(&error::AUTH_MISSING_TOKEN).into());
    }
    let authorization = session.authorization.as_deref();
    let answer = session.gateway.allocation.post(path, &session.op, authorization, request).await;
    let replayed = answer.as_ref().is_ok_and(|answered| answered.replayed);
    outcome(answer.map(|answered| answered.body), replayed)
}

/// The service's answer as a member of the union, or as an error if it is none of its outcomes.
fn outcome(answer: Result<plan::PlanMoved, Refusal>, replayed: bool) -> Result<PlanPayload, Refusal> {
    let refusal = match answer {
        Ok(moved) => return moved_to(moved, replayed).map(|moved| PlanPayload::Moved(Box::new(moved))),
        Err(refusal) => refusal,
    };
    let message = Words { ja: refusal.ja.clone(), en: refusal.en.clone() };
    Ok(match refusal.status {
        409 if refusal.code == error::ALLOCATION_STALE_PLAN.code => {
            let (current_version, difference) =
                refusal.stale.map_or((None, Vec::new()), |stale| (Some(stale.current), stale.difference));
            let difference = difference.into_iter().map(LineDifference::from).collect();
            PlanPayload::Stale(PlanStale { code: refusal.code, message, current_version, difference })
        }
        409 if refusal.code == error::ALLOCATION_OVER_SUPPLY.code => {
            PlanPayload::OverSupply(OverSupply { code: refusal.code, message })
        }
        403 | 409 | 422 => PlanPayload::Refused(PlanRefused {
            code: refusal.code,
            message,
            errors: refusal.errors.into_iter().map(FieldProblem::from).collect(),
        }),
        _ => return Err(refusal),
    })
}

impl From<plan::LineDifference> for LineDifference {
    fn from(line: plan::LineDifference) -> Self {
        let (yours, theirs) = (Count(line.yours), Count(line.theirs));
        Self { recipient: line.recipient, yours, theirs, by: line.by, reason: line.reason }
    }
}

fn moved_to(moved: plan::PlanMoved, replayed: bool) -> Result<PlanMoved, Refusal> {
    let unreadable =
        || Failure::internal(format!("answer of allocation: position {:?}", moved.position)).into_problem();
    let position = moved.position.parse().map(Position).map_err(|_| unreadable())?;
    let state = PlanState::parse(&moved.state)?;
    Ok(PlanMoved { moved, state, position, replayed, seen: OnceCell::new() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mutation::client::Stale;

    fn refusal(status: u16, code: &str) -> Refusal {
        let difference = vec![plan::LineDifference {
            recipient: "131016".into(),
            yours: 3,
            theirs: 5,
            by: "prefecture-13".into(),
            reason: None,
        }];
        let stale = Some(Box::new(Stale { current: 4, difference }));
        let plain = Refusal::from(Problem::new(&error::REQUEST_INVALID));
        Refusal { status, code: code.to_owned(), stale, ..plain }
    }

    fn moved(state: &str, position: &str) -> plan::PlanMoved {
        plan::PlanMoved {
            plan: uuid::Uuid::nil(),
            holder: domain::TerritoryCode::NATION,
            state: state.into(),
            version: 1,
            supply_vials: 1_950,
            granted_vials: 1_755,
            lines: 47,
            engine_ms: Some(2),
            position: position.into(),
        }
    }

    #[test]
    fn outcomes_are_members_and_everything_else_is_an_error() {
        let member = |status, code| outcome(Err(refusal(status, code)), false);
        let Ok(PlanPayload::Stale(stale)) = member(409, "allocation.stale_plan") else { panic!("stale") };
        assert_eq!((stale.current_version, stale.difference.len()), (Some(4), 1));
        assert_eq!((stale.difference[0].yours, stale.difference[0].theirs), (Count(3), Count(5)));
        assert!(matches!(member(409, "allocation.over_supply"), Ok(PlanPayload::OverSupply(_))));
        for (status, code) in [
            (403, "auth.forbidden"),
            (409, "allocation.wrong_state"),
            (409, "allocation.plan_exists"),
            (409, "allocation.second_person"),
            (409, "allocation.window_open"),
            (409, "allocation.objection_open"),
            (422, "request.invalid"),
            (422, "allocation.not_granted"),
            (422, "idempotency.key_reused"),
        ] {
            assert!(matches!(member(status, code), Ok(PlanPayload::Refused(_))), "{status} {code}");
        }
        for (status, code) in [
            (400, "request.malformed"),
            (401, "auth.invalid_token"),
            (404, "allocation.plan_not_found"),
            (429, "request.rate_limited"),
            (500, "service.internal"),
            (503, "service.unavailable"),
        ] {
            assert_eq!(member(status, code).err(), Some(refusal(status, code)), "{status} {code}");
        }
    }

    #[test]
    fn what_was_done_is_told_only_if_it_can_be_read() {
        let Ok(PlanPayload::Moved(done)) = outcome(Ok(moved("computed", "77")), true) else { panic!("moved") };
        assert_eq!((done.state, done.position, done.replayed), (PlanState::Computed, Position(77), true));
        for odd in [moved("lost", "77"), moved("computed", "-"), moved("computed", "")] {
            assert_eq!(outcome(Ok(odd), false).err().map(|refusal| refusal.status), Some(500));
        }
    }
}
