//! Adjusting, handing in, agreeing to and committing a plan.
use super::{
    Ended, Outcome, answered,
    assign_to_sites::event,
    book::{self, Grant, Kind},
    end, permit, stale,
};
use crate::Allocation;
use allocation_store::{
    read,
    rows::{Plan, PlanChange, PlanLine, Round},
    write,
};
use domain::{
    FieldError, Problem, TerritoryCode, error,
    plan::{Kind as PlanKind, State, Step},
    policy::Action,
    units::COUNT_MAX,
};
use platform::{
    Failure, OpCtx, Tx, audit,
    failure::Result,
    idempotency::{self, Key},
    opctx::new_id,
    outbox,
};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;
use wire::plan::{AdjustLines, MovePlan, PlanMoved};

const REASON_CHARS_MAX: usize = 500;

/// What is to be done to a plan.
#[derive(Debug, Clone)]
pub enum Change {
    /// Lines by hand.
    Adjust(AdjustLines),
    /// Hand it in.
    Submit(MovePlan),
    /// Agree to it.
    Approve(MovePlan),
    /// Post it.
    Commit(MovePlan),
}

impl Change {
    fn id(&self) -> Uuid {
        match self {
            Self::Adjust(request) => request.id,
            Self::Submit(request) | Self::Approve(request) | Self::Commit(request) => request.id,
        }
    }

    fn version(&self) -> i32 {
        match self {
            Self::Adjust(request) => request.version,
            Self::Submit(request) | Self::Approve(request) | Self::Commit(request) => request.version,
        }
    }

    fn step(&self) -> Step {
        match self {
            Self::Adjust(_) => Step::Adjust,
            Self::Submit(_) => Step::Submit,
            Self::Approve(_) => Step::Approve,
            Self::Commit(_) => Step::Commit,
        }
    }

    fn action(&self) -> Action {
        match self {
            Self::Adjust(_) | Self::Submit(_) => Action::PlanDraft,
            Self::Approve(_) => Action::PlanApprove,
            Self::Commit(_) => Action::PlanCommit,
        }
    }

    /// Name of the operation in the table of idempotency keys and in the plan's history.
    fn name(&self) -> &'static str {
        match self {
            Self::Adjust(_) => "adjust",
            Self::Submit(_) => "submit",
            Self::Approve(_) => "approve",
            Self::Commit(_) => "commit",
        }
    }

    fn reason(&self) -> Option<String> {
        match self {
            Self::Adjust(request) => Some(request.reason.clone()),
            _ => None,
        }
    }

    fn key(&self, ctx: &OpCtx, plan: Uuid) -> Result<Key> {
        let name = self.name();
        match self {
            Self::Adjust(request) => Key::new(request.id, &ctx.actor, name, &(plan, request)),
            Self::Submit(request) | Self::Approve(request) | Self::Commit(request) => {
                Key::new(request.id, &ctx.actor, name, &(plan, request))
            }
        }
    }
}

/// Does it. A version that is no longer the newest ends as [`Outcome::Stale`], with the difference.
///
/// # Errors
/// `allocation.plan_not_found` (also for what the actor cannot see), `auth.forbidden`,
/// `allocation.wrong_state`, `allocation.over_supply`; for lines `allocation.unknown_recipient`,
/// `allocation.duplicate_recipient`, `allocation.amount_out_of_range`, `allocation.reason_missing`,
/// `allocation.nothing_to_do`.
pub async fn change_plan(allocation: &Allocation, ctx: &OpCtx, plan: Uuid, change: Change) -> Result<Outcome> {
    let missing = || Problem::new(&error::ALLOCATION_PLAN_NOT_FOUND).with("plan", &plan.to_string());
    let found = read::plan(&mut *allocation.db.read().await?, plan, false).await?.ok_or_else(missing)?;
    let holder = TerritoryCode::parse(&found.holder)?;
    let permit = permit(ctx, change.action(), holder, missing())?;
    if let Change::Adjust(request) = &change {
        check(request)?;
    }
    let key = change.key(ctx, plan)?;
    let entry = audit::Entry { target: format!("plan/{plan}"), cause: change.id(), reason: change.reason() };
    let mut tx = Tx::begin(&allocation.db, ctx, &[(&permit, entry)]).await?;
    let applied = apply(&mut tx, ctx, &key, &found, &change).await;
    end(allocation, tx, &key, applied).await
}

fn check(request: &AdjustLines) -> Result<()> {
    let mut errors = Vec::new();
    let mut seen = BTreeSet::new();
    if request.reason.trim().is_empty() || request.reason.chars().count() > REASON_CHARS_MAX {
        errors.push(FieldError::new("reason", &error::ALLOCATION_REASON_MISSING));
    }
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
    let version = plan.version + 1;
    let mut history = Vec::new();
    if let Change::Adjust(request) = change {
        history = adjust(tx, ctx, &plan, &mut lines, request).await?;
    }
    if change.step() == Step::Submit || change.step() == Step::Adjust {
        within_supply(&plan, &lines)?;
    }
    let committed_at = (after == State::Committed).then_some(ctx.now);
    if history.is_empty() {
        history.push(history_row(ctx, &plan, change, version));
    }
    write::move_plan(tx, plan.id, after.as_str(), version, committed_at).await?;
    write::changes(tx, &history).await?;
    if after == State::Committed {
        commit(tx, ctx, &plan, &lines, change.id()).await?;
    }
    let moved = moved(tx, &plan, after, version, &lines)?;
    answered(tx, key, moved).await
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

fn moved(tx: &Tx, plan: &Plan, state: State, version: i32, lines: &[PlanLine]) -> Result<PlanMoved> {
    Ok(PlanMoved {
        plan: plan.id,
        holder: TerritoryCode::parse(&plan.holder)?,
        state: state.as_str().to_owned(),
        version,
        supply_vials: plan.supply_vials,
        granted_vials: vials(plan, lines),
        lines: i64::try_from(lines.len()).map_err(Failure::internal)?,
        engine_ms: None,
        position: tx.position().to_string(),
    })
}

/// What the lines come to. Saturates: a sum beyond i64 is over any supply.
fn vials(plan: &Plan, lines: &[PlanLine]) -> i64 {
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

/// Posts the lines, puts what is left into the holder's reserve, and hands the nation's municipal
/// lines to the prefectures as their computed drafts.
async fn commit(tx: &mut Tx, ctx: &OpCtx, plan: &Plan, lines: &[PlanLine], cause: Uuid) -> Result<()> {
    let round = super::round(tx, plan.round_id).await?;
    // a nation that has no supply yet has no account yet: its empty plan is committed all the same
    let holder = [plan.holder.clone()];
    let own = book::accounts(tx, &round, Kind::Granted, &holder).await?;
    let from = *own.get(&plan.holder).ok_or_else(|| Failure::internal("an account was not opened"))?;
    let recipients: Vec<String> = lines.iter().map(|line| line.recipient.clone()).collect();
    let accounts = book::accounts(tx, &round, Kind::Granted, &recipients).await?;
    let unit = i64::from(plan.unit_vials);
    let mut grants = Vec::with_capacity(lines.len() + 1);
    for line in lines {
        let to = *accounts.get(&line.recipient).ok_or_else(|| Failure::internal("an account was not opened"))?;
        let vials = line.units.checked_mul(unit).ok_or_else(|| Failure::internal("a line beyond any supply"))?;
        grants.push(Grant { recipient: line.recipient.clone(), to, vials });
    }
    let rest = book::available(tx, from).await? - vials(plan, lines);
    if rest > 0 {
        let reserve = book::accounts(tx, &round, Kind::Reserve, &holder).await?;
        let to = *reserve.get(&plan.holder).ok_or_else(|| Failure::internal("an account was not opened"))?;
        grants.push(Grant { recipient: format!("reserve/{}", plan.holder), to, vials: rest });
    }
    book::post(tx, ctx, plan.id, &plan.holder, from, &grants).await?;
    if plan.level == "nation" {
        hand_down(tx, ctx, plan, lines, &round, cause).await?;
    }
    outbox::emit(tx, ctx, cause, &event(plan, lines)).await
}

/// The flat lines of the national run, as the computed draft of each prefecture's own plan.
async fn hand_down(tx: &mut Tx, ctx: &OpCtx, plan: &Plan, own: &[PlanLine], round: &Round, cause: Uuid) -> Result<()> {
    let all = read::lines(tx, plan.id, true).await?;
    let (mut plans, mut lines, mut history) = (Vec::new(), Vec::new(), Vec::new());
    for prefecture in own {
        let draft = Plan {
            id: new_id(),
            round_id: round.id,
            kind: PlanKind::Division.as_str().to_owned(),
            level: "prefecture".to_owned(),
            holder: prefecture.recipient.clone(),
            state: State::Computed.as_str().to_owned(),
            version: 1,
            supply_vials: prefecture.units.saturating_mul(i64::from(plan.unit_vials)),
            unit_vials: plan.unit_vials,
            rule: json!({"flat_lines_of": plan.id, "rule": plan.rule}),
            digest: plan.digest.clone(),
            computed_at: ctx.now,
            committed_at: None,
            training: plan.training,
        };
        history.push(PlanChange {
            id: cause,
            plan_id: draft.id,
            version: 1,
            action: "compute".to_owned(),
            recipient: None,
            units_before: None,
            units_after: None,
            reason: None,
            actor_name: ctx.actor.name.clone(),
            business_at: ctx.now,
        });
        let below = all.iter().filter(|line| line.under.as_deref() == Some(prefecture.recipient.as_str()));
        lines.extend(below.map(|line| PlanLine { plan_id: draft.id, under: None, ..line.clone() }));
        plans.push(draft);
    }
    write::plans(tx, &plans).await?;
    write::lines(tx, &lines).await?;
    write::changes(tx, &history).await
}
