//! Amendments and withdrawals, sent to the allocation service.
use super::{
    client::Refusal,
    done::{Done, Outcome, send, shown},
    plan::{LineDifference, LineInput},
};
use crate::{
    scalars::{Count, TerritoryCode, Uuid, Vials},
    session::{Session, session},
    types::{
        amendment::{Amendment, AmendmentState},
        or_null,
        problem::FieldProblem,
        words::Words,
    },
};
use async_graphql::{Context, InputObject, Object, SimpleObject, Union};
use domain::{Problem, error};
use wire::{amendment, plan::LineUnits};

/// A change of a committed plan. Exactly one of `supplyVials` and `lines`.
#[derive(Debug, Clone, InputObject)]
pub struct AmendPlanInput {
    /// Made by the sender (a UUID of version 7); keep it when you send the same request again. The amendment
    /// gets this id.
    pub id: Uuid,
    /// The plan.
    pub plan: Uuid,
    /// The version that was read.
    pub version: i32,
    /// Why; 1 to 500 characters.
    pub reason: String,
    /// What there shall be in all, vials: it differs from the plan's supply by whole packs, and the queue of the
    /// plan's rule says whose lines move. On the stream's first level a smaller supply leaves the round.
    pub supply_vials: Option<Vials>,
    /// The lines, as they shall be. What comes back stays with the holder.
    pub lines: Option<Vec<LineInput>>,
    /// How long those below have to give back what they have passed on, hours; 48 unless given.
    pub hours: Option<i32>,
}

/// An amendment to be committed.
#[derive(Debug, Clone, InputObject)]
pub struct CommitAmendmentInput {
    /// Made by the sender (a UUID of version 7); keep it when you send the same request again.
    pub id: Uuid,
    /// The amendment.
    pub amendment: Uuid,
    /// The version that was read.
    pub version: i32,
}

/// A choice for an amendment that is overcommitted.
#[derive(Debug, Clone, InputObject)]
pub struct ChooseForOvercommittedInput {
    /// Made by the sender (a UUID of version 7); keep it when you send the same request again.
    pub id: Uuid,
    /// The amendment.
    pub amendment: Uuid,
    /// The version that was read.
    pub version: i32,
    /// `return`: others who still can give back instead; `reserve`: the holder's reserve covers it.
    pub choice: String,
}

/// A line of an assignment.
#[derive(Debug, Clone, InputObject)]
pub struct AssignedLineInput {
    /// The assignment.
    pub plan: Uuid,
    /// The site.
    pub site: Uuid,
}

/// Assigned lines to be taken back.
#[derive(Debug, Clone, InputObject)]
pub struct WithdrawLinesInput {
    /// Made by the sender (a UUID of version 7); keep it when you send the same request again.
    pub id: Uuid,
    /// The round.
    pub round: Uuid,
    /// Who assigned them.
    pub holder: TerritoryCode,
    /// Why; 1 to 500 characters.
    pub reason: String,
    /// The lines, each once and whole; at most 2,000.
    pub lines: Vec<AssignedLineInput>,
}

/// The step was done.
pub struct AmendmentMoved {
    done: Done<amendment::AmendmentMoved>,
    state: AmendmentState,
}

/// The step was done, now or (`replayed`) before under the same id.
#[Object]
impl AmendmentMoved {
    /// Our own id of the amendment.
    async fn amendment_id(&self) -> Uuid {
        Uuid(self.done.answer.amendment)
    }

    /// The amendment as it is after the step. Null with an error when the read side has not seen the step yet;
    /// the step itself was done.
    async fn amendment(&self, ctx: &Context<'_>) -> Option<Amendment> {
        let load = async {
            let session = session(ctx)?;
            self.done.catch_up(session).await?;
            Amendment::load(session, self.done.answer.amendment).await
        };
        or_null(ctx, load.await)
    }

    /// Where the step put it.
    async fn state(&self) -> AmendmentState {
        self.state
    }

    /// The version that the step made.
    async fn version(&self) -> i32 {
        self.done.answer.version
    }

    /// What the lines come to before, units.
    async fn units_before(&self) -> Count {
        Count(self.done.answer.units_before)
    }

    /// What the lines come to after, units.
    async fn units_after(&self) -> Count {
        Count(self.done.answer.units_after)
    }

    /// Units that are locked beyond what would be left.
    async fn shortfall_units(&self) -> Count {
        Count(self.done.answer.shortfall_units)
    }

    /// Units that are still to come back from below.
    async fn due_units(&self) -> Count {
        Count(self.done.answer.due_units)
    }

    /// Commit position; a later read that must see it sends it in the header `Meguri-Position`.
    async fn position(&self) -> &str {
        self.done.position()
    }

    /// True when it was done before and this is the first answer again.
    async fn replayed(&self) -> bool {
        self.done.replayed
    }
}

/// It was computed again, or another officer was faster; nothing was written. Look at the difference and act on
/// the newest version.
#[derive(Debug, Clone, PartialEq, SimpleObject)]
pub struct AmendmentStale {
    /// Stable code: `allocation.stale_plan`, `allocation.stale_amendment`.
    pub code: String,
    /// The reason.
    pub message: Words,
    /// The newest version; null when it could not be told.
    pub current_version: Option<i32>,
    /// What differs from the version that was read, line by line; empty when no line does.
    pub difference: Vec<LineDifference>,
}

/// You may see it, but it cannot be done: not by you, not in this state, or not with this input.
#[derive(Debug, Clone, PartialEq, SimpleObject)]
pub struct AmendmentRefused {
    /// Stable code: `auth.forbidden`, `allocation.overcommitted`, `allocation.over_supply`, `request.invalid`, …
    pub code: String,
    /// The reason.
    pub message: Words,
    /// The fields at fault; empty when it is not about fields.
    pub errors: Vec<FieldProblem>,
}

/// What can become of a step on an amendment.
#[derive(Union)]
pub enum AmendmentPayload {
    /// Done.
    Moved(Box<AmendmentMoved>),
    /// Computed again, or changed by somebody else in between.
    Stale(AmendmentStale),
    /// Not to be done.
    Refused(AmendmentRefused),
}

/// The lines were taken back.
pub struct LinesWithdrawn(Done<amendment::LinesWithdrawn>);

/// The lines were taken back, now or (`replayed`) before under the same id.
#[Object]
impl LinesWithdrawn {
    /// Lines.
    async fn lines(&self) -> Count {
        Count(self.0.answer.lines)
    }

    /// Vials that came back.
    async fn vials(&self) -> Vials {
        Vials(self.0.answer.vials)
    }

    /// Of these, vials that went on to the level above, which wanted them back.
    async fn passed_vials(&self) -> Vials {
        Vials(self.0.answer.passed_vials)
    }

    /// Commit position; a later read that must see it sends it in the header `Meguri-Position`.
    async fn position(&self) -> &str {
        self.0.position()
    }

    /// True when it was done before and this is the first answer again.
    async fn replayed(&self) -> bool {
        self.0.replayed
    }
}

/// What can become of a withdrawal.
#[derive(Union)]
pub enum WithdrawLinesPayload {
    /// Done.
    Withdrawn(LinesWithdrawn),
    /// Not to be done.
    Refused(AmendmentRefused),
}

/// Has a change of a committed plan proposed.
///
/// # Errors
/// What is no outcome of the step itself.
pub async fn amend(session: &Session, input: AmendPlanInput) -> Result<AmendmentPayload, Refusal> {
    let line = |line: LineInput| LineUnits { recipient: line.recipient, units: line.units.0 };
    let request = amendment::AmendPlan {
        id: input.id.0,
        version: input.version,
        reason: input.reason,
        supply_vials: input.supply_vials.map(|vials| vials.0),
        lines: input.lines.unwrap_or_default().into_iter().map(line).collect(),
        hours: input.hours,
    };
    let path = format!("/v1/plans/{}:amend", input.plan.0);
    outcome(send(session, &session.gateway.allocation, &path, &request).await?)
}

/// Has an amendment committed.
///
/// # Errors
/// What is no outcome of the step itself.
pub async fn commit(session: &Session, input: CommitAmendmentInput) -> Result<AmendmentPayload, Refusal> {
    let request = amendment::CommitAmendment { id: input.id.0, version: input.version };
    let path = format!("/v1/amendments/{}:commit", input.amendment.0);
    outcome(send(session, &session.gateway.allocation, &path, &request).await?)
}

/// Has a choice made.
///
/// # Errors
/// What is no outcome of the step itself.
pub async fn choose(session: &Session, input: ChooseForOvercommittedInput) -> Result<AmendmentPayload, Refusal> {
    let (id, version, choice) = (input.id.0, input.version, input.choice);
    let request = amendment::ChooseForOvercommitted { id, version, choice };
    let path = format!("/v1/amendments/{}:choose", input.amendment.0);
    outcome(send(session, &session.gateway.allocation, &path, &request).await?)
}

/// Has assigned lines taken back.
///
/// # Errors
/// What is no outcome of the step itself.
pub async fn withdraw(session: &Session, input: WithdrawLinesInput) -> Result<WithdrawLinesPayload, Refusal> {
    let line = |line: AssignedLineInput| amendment::AssignedLine { plan: line.plan.0, site: line.site.0 };
    let request = amendment::WithdrawLines {
        id: input.id.0,
        round: input.round.0,
        holder: input.holder.0,
        reason: input.reason,
        lines: input.lines.into_iter().map(line).collect(),
    };
    let path = "/v1/assignments:withdraw";
    Ok(match send(session, &session.gateway.allocation, path, &request).await? {
        Outcome::Done(done) => WithdrawLinesPayload::Withdrawn(LinesWithdrawn(done)),
        Outcome::Refused(refusal) => WithdrawLinesPayload::Refused(refused(refusal)),
    })
}

fn refused(refusal: Refusal) -> AmendmentRefused {
    let (code, message, errors) = shown(refusal);
    AmendmentRefused { code, message, errors }
}

fn outcome(outcome: Outcome<amendment::AmendmentMoved>) -> Result<AmendmentPayload, Refusal> {
    let stale = [error::ALLOCATION_STALE_PLAN.code, error::ALLOCATION_STALE_AMENDMENT.code];
    Ok(match outcome {
        Outcome::Done(done) => {
            let state = AmendmentState::parse(&done.answer.state).map_err(|problem: Problem| Refusal::from(problem))?;
            AmendmentPayload::Moved(Box::new(AmendmentMoved { done, state }))
        }
        Outcome::Refused(refusal) if stale.contains(&refusal.code.as_str()) => {
            let (current_version, difference) =
                refusal.stale.map_or((None, Vec::new()), |stale| (Some(stale.current), stale.difference));
            AmendmentPayload::Stale(AmendmentStale {
                code: refusal.code,
                message: Words { ja: refusal.ja, en: refusal.en },
                current_version,
                difference: difference.into_iter().map(LineDifference::from).collect(),
            })
        }
        Outcome::Refused(refusal) => AmendmentPayload::Refused(refused(refusal)),
    })
}
