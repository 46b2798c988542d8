//! Proposing an amendment of a committed division: another supply, or other lines. Nothing is posted.
use super::{
    super::{book, book::Kind, permit, stale},
    Ended, HOURS_DEFAULT, HOURS_MAX, Outcome, above, answered,
    desk::{Cause, Desk, Held},
    end,
    engine::{Computed, Facts},
    moved, reason_error, round_and_levels,
};
use crate::Allocation;
use allocation_store::{
    read,
    rows::{Amendment, Plan},
};
use domain::{FieldError, Problem, TerritoryCode, error, policy::Action};
use platform::{
    OpCtx, Tx, audit,
    failure::Result,
    idempotency::{self, Key},
};

use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;
use wire::amendment::{AmendPlan, AmendmentMoved};

/// Proposes it. Where the level above has left another total, `lines` replaces the service's own proposal, and
/// must come to that total. A plan that is no longer the version that was read ends as [`Outcome::Stale`].
///
/// # Errors
/// `allocation.plan_not_found` (also for what the actor cannot see), `auth.forbidden`, `allocation.wrong_state`
/// unless it is a committed division, `allocation.amendment_open` while units of an earlier one are still to come
/// back, `allocation.supply_or_lines`, `allocation.not_whole_packs`, `allocation.over_supply` for more than the
/// holder has, `allocation.amendment_total`, `allocation.nothing_to_do`; per field `allocation.reason_missing`,
/// `allocation.unknown_recipient`, `allocation.duplicate_recipient`, `allocation.amount_out_of_range`.
pub async fn amend_plan(
    allocation: &Allocation,
    ctx: &OpCtx,
    plan: Uuid,
    request: AmendPlan,
) -> Result<Outcome<AmendmentMoved>> {
    let missing = || Problem::new(&error::ALLOCATION_PLAN_NOT_FOUND).with("plan", &plan.to_string());
    let found = read::plan(&mut *allocation.db.read().await?, plan, false).await?.ok_or_else(missing)?;
    let holder = TerritoryCode::parse(&found.holder)?;
    let permit = permit(ctx, Action::PlanAmend, holder, missing())?;
    check(&request)?;
    let key = Key::new(request.id, &ctx.actor, "amend_plan", &(plan, &request))?;
    let (target, reason) = (format!("plan/{plan}"), Some(request.reason.clone()));
    let entry = audit::Entry { target, cause: request.id, reason };
    let mut tx = Tx::begin(&allocation.db, ctx, &[(&permit, entry)]).await?;
    let written = write_all(&mut tx, ctx, &key, &found, holder, &request).await;
    end(allocation, tx, &key, written).await
}

fn check(request: &AmendPlan) -> Result<()> {
    let mut errors: Vec<FieldError> = reason_error(&request.reason).into_iter().collect();
    let mut seen = BTreeSet::new();
    for (index, line) in request.lines.iter().enumerate() {
        if !seen.insert(&line.recipient) {
            let error = FieldError::new(format!("lines[{index}].recipient"), &error::ALLOCATION_DUPLICATE_RECIPIENT);
            errors.push(error.with("recipient", &line.recipient));
        }
        if !(0..=ledger::AMOUNT_MAX).contains(&line.units) {
            errors.push(amount(format!("lines[{index}].units"), line.units));
        }
    }
    if let Some(vials) = request.supply_vials.filter(|vials| !(0..=ledger::AMOUNT_MAX).contains(vials)) {
        errors.push(amount("supply_vials".to_owned(), vials));
    }
    if request.hours.is_some_and(|hours| !(1..=HOURS_MAX).contains(&hours)) {
        let error = FieldError::new("hours", &error::REQUEST_INVALID_FIELD);
        errors.push(error.with("reason", &format!("1 to {HOURS_MAX}")));
    }
    if !errors.is_empty() {
        return Err(Problem::of_fields(&error::REQUEST_INVALID, errors).into());
    }
    if request.supply_vials.is_some() != request.lines.is_empty() {
        return Err(Problem::new(&error::ALLOCATION_SUPPLY_OR_LINES).into());
    }
    Ok(())
}

fn amount(path: String, value: i64) -> FieldError {
    let error = FieldError::new(path, &error::ALLOCATION_AMOUNT).with("max", &ledger::AMOUNT_MAX.to_string());
    error.with("value", &value.to_string())
}

async fn write_all(
    tx: &mut Tx,
    ctx: &OpCtx,
    key: &Key,
    found: &Plan,
    holder: TerritoryCode,
    request: &AmendPlan,
) -> Result<Ended<AmendmentMoved>> {
    let round = round_and_levels(tx, found.round_id).await?;
    let cause = Cause { id: request.id, action: "amend", reason: request.reason.clone() };
    let mut desk = Desk::open(tx, ctx, cause, round, &[holder]).await?;
    if idempotency::replay::<AmendmentMoved>(desk.tx, key).await?.is_some() {
        return Ok(Ended::Before);
    }
    let wrong = |state: &str| Problem::new(&error::ALLOCATION_WRONG_STATE).with("state", state);
    let held = desk.plans.get(&found.id).ok_or_else(|| wrong(&found.state))?;
    let plan = held.plan.clone();
    if let Some((problem, difference)) = stale::check(desk.tx, &plan, request.version).await? {
        return Ok(Ended::Stale(Box::new(problem), difference));
    }
    if !desk.plans.get(&plan.id).is_some_and(Held::is_committed) {
        return Err(wrong(&plan.state).into());
    }
    desk.take_accounts(&[holder], &[], &[]).await?;
    let facts = Facts::load(&mut desk, &[plan.id]).await?;
    let row = match desk.open.get(&plan.holder).filter(|row| row.origin == "above").cloned() {
        Some(open) => of_above(&mut desk, &facts, &plan, &open, request)?,
        None => own(&mut desk, &facts, &plan, holder, request)?,
    };
    let lines = desk.made.last().map_or_else(Vec::new, |(_, lines)| lines.clone());
    let tx = desk.finish().await?;
    let moved = moved(tx, &row, &lines, 0)?;
    answered(tx, key, moved).await
}

/// The officer's own proposal, in place of one that was not committed.
fn own(
    desk: &mut Desk<'_>,
    facts: &Facts,
    plan: &Plan,
    holder: TerritoryCode,
    request: &AmendPlan,
) -> Result<Amendment> {
    if let Some(row) = desk.waiting.iter().find(|row| row.holder == plan.holder) {
        let problem = Problem::new(&error::ALLOCATION_AMENDMENT_OPEN).with("amendment", &row.id.to_string());
        return Err(problem.with("state", &row.state).into());
    }
    let computed = match request.supply_vials {
        Some(supply) => by_supply(desk, facts, plan, supply)?,
        None => by_lines(desk, facts, plan, request)?,
    };
    if computed.amended.moved == 0 && computed.amended.shortfall == 0 {
        return Err(Problem::new(&error::ALLOCATION_NOTHING_TO_DO).into());
    }
    affordable(desk, plan, &computed)?;
    let leaves = request.supply_vials.filter(|_| above(&desk.levels, holder).is_none());
    let withdrawn = leaves.map_or(0, |supply| (plan.supply_vials - supply).max(0));
    if let Some(open) = desk.open.remove(&plan.holder) {
        desk.cancelled.push(open.id);
    }
    let mut row = proposal(desk, plan, &computed, request);
    row.origin = if request.supply_vials.is_some() { "supply" } else { "lines" }.to_owned();
    row.withdrawn_vials = withdrawn;
    keep(desk, row, &computed, plan)
}

/// Lines of an officer in place of the service's: the level above has decided what they come to.
fn of_above(
    desk: &mut Desk<'_>,
    facts: &Facts,
    plan: &Plan,
    open: &Amendment,
    request: &AmendPlan,
) -> Result<Amendment> {
    if request.supply_vials.is_some() {
        let problem = Problem::new(&error::ALLOCATION_AMENDMENT_OPEN).with("amendment", &open.id.to_string());
        return Err(problem.with("state", &open.state).into());
    }
    let computed = by_lines(desk, facts, plan, request)?;
    let given = computed.after() - computed.amended.shortfall;
    let wanted = open.units_after - open.shortfall_units;
    if given != wanted {
        let problem = Problem::new(&error::ALLOCATION_AMENDMENT_TOTAL).with("wanted", &wanted.to_string());
        return Err(problem.with("given", &given.to_string()).into());
    }
    desk.cancelled.push(open.id);
    let mut row = proposal(desk, plan, &computed, request);
    (row.origin, row.deadline, row.hours) = (open.origin.clone(), open.deadline, open.hours);
    if row.state == "proposed" {
        "pending".clone_into(&mut row.state);
    }
    keep(desk, row, &computed, plan)
}

fn keep(desk: &mut Desk<'_>, row: Amendment, computed: &Computed, plan: &Plan) -> Result<Amendment> {
    let lines = computed.rows(row.id, plan.id);
    desk.made.push((row.clone(), lines));
    Ok(row)
}

fn proposal(desk: &Desk<'_>, plan: &Plan, computed: &Computed, request: &AmendPlan) -> Amendment {
    let state = if computed.amended.shortfall > 0 { "overcommitted" } else { "proposed" };
    let row = desk.plans.get(&plan.id).map(|held| desk.row(request.id, held, computed));
    Amendment {
        state: state.to_owned(),
        hours: request.hours.unwrap_or(HOURS_DEFAULT),
        reason: request.reason.clone(),
        actor: desk.ctx.actor.account.0,
        actor_name: desk.ctx.actor.name.clone(),
        ..row.unwrap_or_else(|| desk.bare(request.id, &plan.holder))
    }
}

/// By the queue: the supply differs by whole packs.
fn by_supply(desk: &Desk<'_>, facts: &Facts, plan: &Plan, supply: i64) -> Result<Computed> {
    let (change, unit) = (supply - plan.supply_vials, i64::from(plan.unit_vials));
    if change.rem_euclid(unit) != 0 {
        return Err(Problem::new(&error::ALLOCATION_NOT_WHOLE_PACKS)
            .with("vials", &change.to_string())
            .with("pack_vials", &unit.to_string())
            .with("remainder", &change.rem_euclid(unit).to_string())
            .into());
    }
    let held = desk.plans.get(&plan.id).ok_or_else(|| Problem::new(&error::ALLOCATION_NOTHING_TO_DO))?;
    Ok(facts.amend(desk, held, change.div_euclid(unit), &BTreeMap::new()))
}

/// By hand.
fn by_lines(desk: &Desk<'_>, facts: &Facts, plan: &Plan, request: &AmendPlan) -> Result<Computed> {
    let held = desk.plans.get(&plan.id).ok_or_else(|| Problem::new(&error::ALLOCATION_NOTHING_TO_DO))?;
    let unknown = request.lines.iter().enumerate().filter(|(_, line)| !held.lines.contains_key(&line.recipient));
    let error = |(index, line): (usize, &wire::plan::LineUnits)| {
        let error = FieldError::new(format!("lines[{index}].recipient"), &error::ALLOCATION_UNKNOWN_RECIPIENT);
        error.with("recipient", &line.recipient)
    };
    let errors: Vec<FieldError> = unknown.map(error).collect();
    if !errors.is_empty() {
        return Err(Problem::of_fields(&error::REQUEST_INVALID, errors).into());
    }
    let wanted = request.lines.iter().map(|line| (line.recipient.clone(), line.units)).collect();
    Ok(facts.by_hand(desk, held, &wanted))
}

/// More than there is cannot be promised; committing checks it again.
fn affordable(desk: &Desk<'_>, plan: &Plan, computed: &Computed) -> Result<()> {
    let has = desk.left((Kind::Granted, &plan.holder)) + desk.left((Kind::Reserve, &plan.holder));
    // what is locked beyond a line's target comes from where the officer chooses
    let wanted = (computed.change - computed.amended.shortfall).max(0).saturating_mul(i64::from(plan.unit_vials));
    if wanted > has {
        return Err(book::over_supply(&plan.holder, has, wanted).into());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use wire::plan::LineUnits;

    fn request() -> AmendPlan {
        AmendPlan {
            id: Uuid::nil(),
            version: 4,
            reason: "減産".to_owned(),
            supply_vials: Some(195),
            lines: Vec::new(),
            hours: None,
        }
    }

    #[test]
    fn a_request_says_one_thing_and_why() {
        let code = |request: &AmendPlan| match check(request) {
            Err(platform::Failure::Problem(problem)) => problem.code.code,
            _ => "",
        };
        let line = |recipient: &str, units| LineUnits { recipient: recipient.to_owned(), units };
        assert_eq!(code(&request()), "");
        let both = AmendPlan { lines: vec![line("131016", 1)], ..request() };
        assert_eq!(code(&both), "allocation.supply_or_lines");
        assert_eq!(code(&AmendPlan { supply_vials: None, ..request() }), "allocation.supply_or_lines");
        assert_eq!(code(&AmendPlan { supply_vials: None, ..both.clone() }), "");
        for wrong in [
            AmendPlan { reason: " ".to_owned(), ..request() },
            AmendPlan { hours: Some(0), ..request() },
            AmendPlan { supply_vials: Some(-1), ..request() },
            AmendPlan { supply_vials: None, lines: vec![line("131016", -1)], ..request() },
            AmendPlan { supply_vials: None, lines: vec![line("131016", 1), line("131016", 2)], ..request() },
        ] {
            assert_eq!(code(&wrong), "request.invalid", "{wrong:?}");
        }
    }
}
