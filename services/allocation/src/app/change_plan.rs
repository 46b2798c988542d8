//! Adjusting a plan, handing it in, taking it back, agreeing to it and committing it.
use super::{Ended, Outcome, answered, book, end, permit, post_plan::commit, proposal, stale};
use crate::Allocation;
use allocation_store::{
    read,
    rows::{Plan, PlanChange, PlanLine},
    write,
};
use domain::{
    FieldError, Problem, TerritoryCode, error,
    ids::AccountId,
    plan::{HandedIn, State, Step, window},
    policy::Action,
    time::Instant,
    units::COUNT_MAX,
};
use platform::{
    Failure, OpCtx, Tx, audit,
    failure::Result,
    idempotency::{self, Key},
};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;
use wire::plan::{AdjustLines, MovePlan, PlanMoved, TakeBackPlan};

const REASON_CHARS_MAX: usize = 500;

/// What is to be done to a plan.
#[derive(Debug, Clone)]
pub enum Change {
    /// Lines by hand.
    Adjust(AdjustLines),
    /// Hand it in.
    Submit(MovePlan),
    /// Take it back.
    TakeBack(TakeBackPlan),
    /// Agree to it.
    Approve(MovePlan),
    /// Post it.
    Commit(MovePlan),
    /// Post it because it is late, with the reason: see [`super::late`].
    Carry(TakeBackPlan),
}

impl Change {
    fn id(&self) -> Uuid {
        match self {
            Self::Adjust(request) => request.id,
            Self::Submit(request) | Self::Approve(request) | Self::Commit(request) => request.id,
            Self::TakeBack(request) | Self::Carry(request) => request.id,
        }
    }

    fn version(&self) -> i32 {
        match self {
            Self::Adjust(request) => request.version,
            Self::Submit(request) | Self::Approve(request) | Self::Commit(request) => request.version,
            Self::TakeBack(request) | Self::Carry(request) => request.version,
        }
    }

    fn step(&self) -> Step {
        match self {
            Self::Adjust(_) => Step::Adjust,
            Self::Submit(_) => Step::Submit,
            Self::TakeBack(_) => Step::TakeBack,
            Self::Approve(_) => Step::Approve,
            Self::Commit(_) => Step::Commit,
            Self::Carry(_) => Step::Carry,
        }
    }

    fn action(&self) -> Action {
        match self {
            Self::Adjust(_) | Self::Submit(_) | Self::TakeBack(_) => Action::PlanDraft,
            Self::Approve(_) => Action::PlanApprove,
            Self::Commit(_) => Action::PlanCommit,
            Self::Carry(_) => Action::PlanCarry,
        }
    }

    /// Name of the operation in the table of idempotency keys and in the plan's history.
    fn name(&self) -> &'static str {
        match self {
            Self::Adjust(_) => "adjust",
            Self::Submit(_) => "submit",
            Self::TakeBack(_) => "take_back",
            Self::Approve(_) => "approve",
            Self::Commit(_) => "commit",
            Self::Carry(_) => "carry",
        }
    }

    fn reason(&self) -> Option<String> {
        match self {
            Self::Adjust(request) => Some(request.reason.clone()),
            Self::TakeBack(request) | Self::Carry(request) => Some(request.reason.clone()),
            Self::Submit(_) | Self::Approve(_) | Self::Commit(_) => None,
        }
    }

    fn key(&self, ctx: &OpCtx, plan: Uuid) -> Result<Key> {
        let name = self.name();
        match self {
            Self::Adjust(request) => Key::new(request.id, &ctx.actor, name, &(plan, request)),
            Self::Submit(request) | Self::Approve(request) | Self::Commit(request) => {
                Key::new(request.id, &ctx.actor, name, &(plan, request))
            }
            Self::TakeBack(request) | Self::Carry(request) => Key::new(request.id, &ctx.actor, name, &(plan, request)),
        }
    }
}

/// Does it. A version that is no longer the newest ends as [`Outcome::Stale`], with the difference.
///
/// # Errors
/// `allocation.plan_not_found` (also for what the actor cannot see), `auth.forbidden`,
/// `allocation.wrong_state`, `allocation.over_supply`; when handing in `allocation.objection_window_required`;
/// when agreeing `allocation.second_person`, `allocation.window_open`, `allocation.objection_open`; for lines
/// `allocation.unknown_recipient`, `allocation.duplicate_recipient`, `allocation.amount_out_of_range`,
/// `allocation.nothing_to_do`; `allocation.reason_missing`.
pub async fn change_plan(allocation: &Allocation, ctx: &OpCtx, plan: Uuid, change: Change) -> Result<Outcome> {
    let missing = || Problem::new(&error::ALLOCATION_PLAN_NOT_FOUND).with("plan", &plan.to_string());
    let found = read::plan(&mut *allocation.db.read().await?, plan, false).await?.ok_or_else(missing)?;
    let holder = TerritoryCode::parse(&found.holder)?;
    let permit = permit(ctx, change.action(), holder, missing())?;
    match &change {
        Change::Adjust(request) => check(request)?,
        Change::TakeBack(request) => {
            let missing: Vec<FieldError> = reason_missing(&request.reason).into_iter().collect();
            if !missing.is_empty() {
                return Err(Problem::of_fields(&error::REQUEST_INVALID, missing).into());
            }
        }
        Change::Submit(_) | Change::Approve(_) | Change::Commit(_) | Change::Carry(_) => {}
    }
    let key = change.key(ctx, plan)?;
    let entry = audit::Entry { target: format!("plan/{plan}"), cause: change.id(), reason: change.reason() };
    let mut tx = Tx::begin(&allocation.db, ctx, &[(&permit, entry)]).await?;
    let applied = apply(&mut tx, ctx, &key, &found, &change).await;
    end(allocation, tx, &key, applied).await
}

fn reason_missing(reason: &str) -> Option<FieldError> {
    let missing = reason.trim().is_empty() || reason.chars().count() > REASON_CHARS_MAX;
    missing.then(|| FieldError::new("reason", &error::ALLOCATION_REASON_MISSING))
}

fn check(request: &AdjustLines) -> Result<()> {
    let mut errors: Vec<FieldError> = reason_missing(&request.reason).into_iter().collect();
    let mut seen = BTreeSet::new();
    if request.lines.is_empty() {
        errors.push(FieldError::new("lines", &error::ALLOCATION_NOTHING_TO_DO));
    }
    for (index, line) in request.lines.iter().enumerate() {
        if !seen.insert(&line.recipient) {
            let error = FieldError::new(format!("lines[{index}].recipient"), &error::ALLOCATION_DUPLICATE_RECIPIENT);
            errors.push(error.with("recipient", &line.recipient));
        }
        if !(0..=ledger::AMOUNT_MAX).contains(&line.units) {
            let error = FieldError::new(format!("lines[{index}].units"), &error::ALLOCATION_AMOUNT);
            errors.push(error.with("max", &ledger::AMOUNT_MAX.to_string()).with("value", &line.units.to_string()));
        }
    }
    if errors.is_empty() { Ok(()) } else { Err(Problem::of_fields(&error::REQUEST_INVALID, errors).into()) }
}

async fn apply(tx: &mut Tx, ctx: &OpCtx, key: &Key, found: &Plan, change: &Change) -> Result<Ended> {
    write::lock_holder(tx, found.round_id, &found.holder).await?;
    if idempotency::replay::<PlanMoved>(tx, key).await?.is_some() {
        return Ok(Ended::Before);
    }
    let plan = read::plan(tx, found.id, true).await?.ok_or_else(|| Failure::internal("a plan has vanished"))?;
    if let Some((problem, difference)) = stale::check(tx, &plan, change.version()).await? {
        return Ok(Ended::Stale(Box::new(problem), difference));
    }
    let state = State::parse(&plan.state).ok_or_else(|| Failure::internal(format!("plan state {}", plan.state)))?;
    let after = state.after(change.step())?;
    let mut lines = read::lines(tx, plan.id, false).await?;
    let mut history = Vec::new();
    if let Change::Adjust(request) = change {
        history = adjust(tx, ctx, &plan, &mut lines, request).await?;
    }
    if matches!(change.step(), Step::Submit | Step::Adjust | Step::Carry) {
        within_supply(&plan, &lines)?;
    }
    let next = moved_on(tx, ctx, &plan, after, change.step()).await?;
    if history.is_empty() {
        history.push(history_row(ctx, &plan, change, next.version));
    }
    write::move_plan(tx, &next).await?;
    write::changes(tx, &history).await?;
    if let (Step::Submit, Some(until)) = (change.step(), next.objections_until) {
        proposal::tell_recipients(tx, ctx, change.id(), &next, until, &lines).await?;
    }
    if after == State::Committed {
        commit(tx, ctx, &next, &lines, change.id()).await?;
    }
    let moved = moved(tx, &next, &lines)?;
    answered(tx, key, moved).await
}

/// The plan as a step leaves it, beside its lines.
async fn moved_on(tx: &mut Tx, ctx: &OpCtx, plan: &Plan, after: State, step: Step) -> Result<Plan> {
    let next = Plan { state: after.as_str().to_owned(), version: plan.version + 1, ..plan.clone() };
    let (account, name) = (ctx.actor.account, ctx.actor.name.clone());
    Ok(match step {
        Step::Compute | Step::Adjust => next,
        Step::Submit => {
            let objections_until = window_of(tx, ctx, plan).await?;
            Plan { objections_until, submitted_by: Some(account.0), submitted_name: Some(name), ..next }
        }
        Step::TakeBack => Plan { objections_until: None, submitted_by: None, submitted_name: None, ..next },
        Step::Approve => {
            handed_in(tx, plan).await?.may_be_approved(account, ctx.now)?;
            Plan { approved_by: Some(account.0), approved_name: Some(name), ..next }
        }
        Step::Commit => Plan { committed_at: Some(ctx.now), ..next },
        Step::Carry => {
            // what those below are to be asked about is never carried past them
            if plan.state == State::Computed.as_str() && window_of(tx, ctx, plan).await?.is_some() {
                return Err(Problem::new(&error::ALLOCATION_WRONG_STATE).with("state", &plan.state).into());
            }
            handed_in(tx, plan).await?.heard(ctx.now)?;
            Plan { committed_at: Some(ctx.now), ..next }
        }
    })
}

/// Until when those below may object if the plan is handed in now.
async fn window_of(tx: &mut Tx, ctx: &OpCtx, plan: &Plan) -> Result<Option<Instant>> {
    let step = read::objections::step(tx, plan.round_id, &plan.level).await?;
    let hours = step.map_or(0, |step| step.objection_hours);
    Ok(window(&plan.level, hours, plan.needs_objections, ctx.now)?)
}

async fn handed_in(tx: &mut Tx, plan: &Plan) -> Result<HandedIn> {
    Ok(HandedIn {
        by: plan.submitted_by.map(AccountId).zip(plan.submitted_name.clone()),
        second_person: read::objections::second_person(tx, plan.round_id).await?,
        until: plan.objections_until,
        open: read::objections::open(tx, plan.id).await?,
    })
}

fn history_row(ctx: &OpCtx, plan: &Plan, change: &Change, version: i32) -> PlanChange {
    PlanChange {
        id: change.id(),
        plan_id: plan.id,
        version,
        action: change.name().to_owned(),
        recipient: None,
        units_before: None,
        units_after: None,
        reason: change.reason(),
        actor_name: ctx.actor.name.clone(),
        business_at: ctx.now,
    }
}

fn moved(tx: &Tx, plan: &Plan, lines: &[PlanLine]) -> Result<PlanMoved> {
    Ok(PlanMoved {
        plan: plan.id,
        holder: TerritoryCode::parse(&plan.holder)?,
        state: plan.state.clone(),
        version: plan.version,
        supply_vials: plan.supply_vials,
        granted_vials: vials(plan, lines),
        lines: i64::try_from(lines.len()).map_err(Failure::internal)?,
        engine_ms: None,
        position: tx.position().to_string(),
    })
}

/// What the lines come to. Saturates: a sum beyond i64 is over any supply.
pub(super) fn vials(plan: &Plan, lines: &[PlanLine]) -> i64 {
    let unit = i64::from(plan.unit_vials);
    lines.iter().fold(0, |sum: i64, line| sum.saturating_add(line.units.saturating_mul(unit)))
}

fn within_supply(plan: &Plan, lines: &[PlanLine]) -> Result<()> {
    let asked = vials(plan, lines).min(COUNT_MAX);
    if asked > plan.supply_vials {
        return Err(book::over_supply(&plan.holder, plan.supply_vials, asked).into());
    }
    Ok(())
}

/// Sets lines by hand. The computed units stay beside, so that the difference can always be seen.
async fn adjust(
    tx: &mut Tx,
    ctx: &OpCtx,
    plan: &Plan,
    lines: &mut [PlanLine],
    request: &AdjustLines,
) -> Result<Vec<PlanChange>> {
    let mut places: BTreeMap<String, &mut PlanLine> =
        lines.iter_mut().map(|line| (line.recipient.clone(), line)).collect();
    let mut history = Vec::new();
    let mut unknown = Vec::new();
    for (index, wanted) in request.lines.iter().enumerate() {
        let Some(line) = places.get_mut(&wanted.recipient) else {
            let error = FieldError::new(format!("lines[{index}].recipient"), &error::ALLOCATION_UNKNOWN_RECIPIENT);
            unknown.push(error.with("recipient", &wanted.recipient));
            continue;
        };
        if line.units == wanted.units {
            continue;
        }
        history.push(PlanChange {
            id: request.id,
            plan_id: plan.id,
            version: plan.version + 1,
            action: "adjust".to_owned(),
            recipient: Some(wanted.recipient.clone()),
            units_before: Some(line.units),
            units_after: Some(wanted.units),
            reason: Some(request.reason.clone()),
            actor_name: ctx.actor.name.clone(),
            business_at: ctx.now,
        });
        line.units = wanted.units;
    }
    if !unknown.is_empty() {
        return Err(Problem::of_fields(&error::REQUEST_INVALID, unknown).into());
    }
    if history.is_empty() {
        return Err(Problem::new(&error::ALLOCATION_NOTHING_TO_DO).into());
    }
    for change in &history {
        if let (Some(recipient), Some(units)) = (&change.recipient, change.units_after) {
            write::line_units(tx, plan.id, recipient, units).await?;
        }
    }
    Ok(history)
}
