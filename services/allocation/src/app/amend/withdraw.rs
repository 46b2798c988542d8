//! Assigned lines are taken back, as long as they are not released.
use super::{
    super::{book::Kind, no_round, permit, wrong_level},
    Ended, Outcome, answered,
    desk::{Cause, Desk},
    end,
    engine::Facts,
    path, reason_error, round_and_levels,
};
use crate::Allocation;
use domain::{FieldError, Problem, error, policy::Action};
use platform::{
    Failure, OpCtx, Tx, audit,
    failure::Result,
    idempotency::{self, Key},
};
use std::collections::BTreeSet;
use wire::amendment::{LinesWithdrawn, WithdrawLines};

/// Most lines of one call.
pub const LINES_MAX: usize = 2_000;

/// Takes lines back, each whole. The vials stay with whoever had assigned them, as far as the level above does
/// not want them back.
///
/// # Errors
/// `allocation.round_not_found` (also for a holder that the actor cannot see), `auth.forbidden`,
/// `allocation.wrong_level`, `idempotency.key_reused`; per line `allocation.line_not_planned`, also for lines of
/// others, and `allocation.duplicate_recipient`.
pub async fn withdraw_lines(
    allocation: &Allocation,
    ctx: &OpCtx,
    request: WithdrawLines,
) -> Result<Outcome<LinesWithdrawn>> {
    let permit = permit(ctx, Action::LinesWithdraw, request.holder, no_round(request.round))?;
    check(&request)?;
    let key = Key::new(request.id, &ctx.actor, "withdraw_lines", &request)?;
    let target = format!("round/{}/{}", request.round, request.holder);
    let entry = audit::Entry { target, cause: request.id, reason: Some(request.reason.clone()) };
    let mut tx = Tx::begin(&allocation.db, ctx, &[(&permit, entry)]).await?;
    let written = write_all(&mut tx, ctx, &key, &request).await;
    end(allocation, tx, &key, written).await
}

fn check(request: &WithdrawLines) -> Result<()> {
    let mut errors: Vec<FieldError> = reason_error(&request.reason).into_iter().collect();
    let mut seen = BTreeSet::new();
    if request.lines.is_empty() {
        errors.push(FieldError::new("lines", &error::ALLOCATION_NOTHING_TO_DO));
    }
    if request.lines.len() > LINES_MAX {
        errors.push(FieldError::new("lines", &error::REQUEST_TOO_MANY_ITEMS).with("limit", &LINES_MAX.to_string()));
    }
    for (index, line) in request.lines.iter().enumerate() {
        if !seen.insert((line.plan, line.site)) {
            let error = FieldError::new(format!("lines[{index}]"), &error::ALLOCATION_DUPLICATE_RECIPIENT);
            errors.push(error.with("recipient", &line.site.to_string()));
        }
    }
    if errors.is_empty() { Ok(()) } else { Err(Problem::of_fields(&error::REQUEST_INVALID, errors).into()) }
}

async fn write_all(tx: &mut Tx, ctx: &OpCtx, key: &Key, request: &WithdrawLines) -> Result<Ended<LinesWithdrawn>> {
    let (round, levels) = round_and_levels(tx, request.round).await?;
    if request.holder.tier() != levels.last() {
        return Err(wrong_level(&round, &levels, request.holder).into());
    }
    let holders = path(&levels, request.holder);
    let holder = request.holder.to_string();
    let cause = Cause { id: request.id, action: "withdraw", reason: request.reason.clone() };
    let mut desk = Desk::open(tx, ctx, cause, (round, levels), &holders).await?;
    if idempotency::replay::<LinesWithdrawn>(desk.tx, key).await?.is_some() {
        return Ok(Ended::Before);
    }
    desk.take_assignments(std::slice::from_ref(&holder)).await?;
    planned(&desk, request, &holder)?;
    let sites: BTreeSet<String> = request.lines.iter().map(|line| line.site.to_string()).collect();
    desk.take_accounts(&holders, &[], &sites.into_iter().collect::<Vec<_>>()).await?;
    let before = desk.left((Kind::Granted, &holder));
    for line in &request.lines {
        let site = line.site.to_string();
        let units = desk.plans.get(&line.plan).and_then(|held| held.lines.get(&site)).map_or(0, |line| line.units);
        desk.unassign(line.plan, &site, units, None)?;
    }
    let vials = desk.left((Kind::Granted, &holder)) - before;
    let passed_vials = desk.settle_up(request.holder)?;
    if let Some(hours) = desk.open.get(&holder).map(|open| open.hours) {
        let facts = Facts::load(&mut desk, &[]).await?;
        desk.refresh(&facts, request.holder, "above", hours);
    }
    let tx = desk.finish().await?;
    let answer = LinesWithdrawn {
        round: request.round,
        holder: request.holder,
        lines: i64::try_from(request.lines.len()).map_err(Failure::internal)?,
        vials,
        passed_vials,
        position: tx.position().to_string(),
    };
    answered(tx, key, answer).await
}

/// Only the holder's own lines that are not released.
fn planned(desk: &Desk<'_>, request: &WithdrawLines, holder: &str) -> Result<()> {
    let own = |line: &wire::amendment::AssignedLine| {
        let held = desk.plans.get(&line.plan).filter(|held| held.plan.holder == holder);
        held.is_some_and(|held| held.lines.contains_key(&line.site.to_string()))
    };
    let missing = request.lines.iter().enumerate().filter(|(_, line)| !own(line));
    let error = |(index, line): (usize, &wire::amendment::AssignedLine)| {
        let error = FieldError::new(format!("lines[{index}]"), &error::ALLOCATION_LINE_NOT_PLANNED);
        error.with("plan", &line.plan.to_string()).with("site", &line.site.to_string())
    };
    let errors: Vec<FieldError> = missing.map(error).collect();
    if errors.is_empty() { Ok(()) } else { Err(Problem::of_fields(&error::REQUEST_INVALID, errors).into()) }
}
