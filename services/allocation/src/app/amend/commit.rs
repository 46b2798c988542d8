//! Committing an amendment: the book, the lines, and what follows for those above and below.
use super::{
    super::{book, book::Kind, permit},
    Ended, Outcome, answered,
    desk::{Cause, Desk},
    end, engine,
    engine::Facts,
    moved, no_amendment, path, round_and_levels,
};
use crate::Allocation;
use allocation_store::{
    read,
    rows::{Amendment, AmendmentLine, Owed},
    write,
};
use domain::{Problem, TerritoryCode, error, policy::Action, policy::Permit};
use platform::{
    Failure, OpCtx, Tx, audit,
    failure::Result,
    idempotency::{self, Key},
};
use std::collections::BTreeMap;
use uuid::Uuid;
use wire::{
    amendment::{AmendmentMoved, CommitAmendment},
    plan::LineDifference,
};

/// Commits what was proposed. One that was computed again in the meantime, or whose lines are not what they
/// were, ends as [`Outcome::Stale`], with the difference.
///
/// # Errors
/// `allocation.amendment_not_found` (also for what the actor cannot see), `auth.forbidden`,
/// `allocation.amendment_state`, `allocation.second_person`, `allocation.overcommitted` while there is a choice to
/// be made, `allocation.over_supply`, `idempotency.key_reused`.
pub async fn commit_amendment(
    allocation: &Allocation,
    ctx: &OpCtx,
    id: Uuid,
    request: CommitAmendment,
) -> Result<Outcome<AmendmentMoved>> {
    let found = read::amendments::amendment(&mut *allocation.db.read().await?, id).await?;
    let found = found.ok_or_else(|| no_amendment(id))?;
    let permit = permit(ctx, Action::PlanAmend, TerritoryCode::parse(&found.holder)?, no_amendment(id))?;
    commit_as(allocation, ctx, &permit, &found, request).await
}

/// The same with a permit: of its holder's officer, or of the service at the deadline.
pub(super) async fn commit_as(
    allocation: &Allocation,
    ctx: &OpCtx,
    permit: &Permit,
    found: &Amendment,
    request: CommitAmendment,
) -> Result<Outcome<AmendmentMoved>> {
    let key = Key::new(request.id, &ctx.actor, "commit_amendment", &(found.id, &request))?;
    let target = format!("amendment/{}", found.id);
    let entry = audit::Entry { target, cause: request.id, reason: None };
    let mut tx = Tx::begin(&allocation.db, ctx, &[(permit, entry)]).await?;
    let written = write_all(&mut tx, ctx, &key, found, &request, permit.action() == Action::PlanCarry).await;
    end(allocation, tx, &key, written).await
}

async fn write_all(
    tx: &mut Tx,
    ctx: &OpCtx,
    key: &Key,
    found: &Amendment,
    request: &CommitAmendment,
    carried: bool,
) -> Result<Ended<AmendmentMoved>> {
    let cause = Cause { id: request.id, action: "amend", reason: found.reason.clone() };
    let lines = read::amendments::amendment_lines(tx, &[found.id]).await?;
    let mut desk = open(tx, ctx, cause, found, &lines).await?;
    if idempotency::replay::<AmendmentMoved>(desk.tx, key).await?.is_some() {
        return Ok(Ended::Before);
    }
    let row = match current(&mut desk, found.id, request.version).await? {
        Ok(row) => row,
        Err((problem, difference)) => return Ok(Ended::Stale(problem, difference)),
    };
    match row.state.as_str() {
        "proposed" | "pending" => {}
        "overcommitted" => {
            let short = row.shortfall_units.to_string();
            return Err(Problem::new(&error::ALLOCATION_OVERCOMMITTED).with("shortfall", &short).into());
        }
        other => return Err(Problem::new(&error::ALLOCATION_AMENDMENT_STATE).with("state", other).into()),
    }
    second_person(&mut desk, ctx, &row).await?;
    if let Some((problem, difference)) = stale_lines(&desk, &row, &lines) {
        return Ok(Ended::Stale(problem, difference));
    }
    let row = apply(&mut desk, row, lines, carried).await?;
    finish(desk, key, &row).await
}

/// Writes what is at the desk, and answers.
pub(super) async fn finish(desk: Desk<'_>, key: &Key, row: &Amendment) -> Result<Ended<AmendmentMoved>> {
    let due = desk.owed.iter().filter(|owed| owed.amendment_id == row.id).map(|owed| owed.units).sum();
    let row = desk.waiting.iter().find(|waiting| waiting.id == row.id).unwrap_or(row).clone();
    let tx = desk.finish().await?;
    let lines = read::amendments::amendment_lines(tx, &[row.id]).await?;
    let moved = moved(tx, &row, &lines, due)?;
    answered(tx, key, moved).await
}

/// The desk for an amendment: its holder, all above it, and those below whose lines move.
pub(super) async fn open<'a>(
    tx: &'a mut Tx,
    ctx: &'a OpCtx,
    cause: Cause,
    found: &Amendment,
    lines: &[AmendmentLine],
) -> Result<Desk<'a>> {
    let (round, levels) = round_and_levels(tx, found.round_id).await?;
    let mut holders = path(&levels, TerritoryCode::parse(&found.holder)?);
    let mut children: Vec<TerritoryCode> =
        lines.iter().filter_map(|line| TerritoryCode::parse(&line.recipient).ok()).collect();
    children.sort_by_key(TerritoryCode::to_string);
    children.dedup();
    holders.extend(&children);
    let getters: Vec<String> = children.iter().map(TerritoryCode::to_string).collect();
    let last = levels.last();
    let mut desk = Desk::open(tx, ctx, cause, (round, levels), &holders).await?;
    let mut assigning: Vec<String> = getters.clone();
    if found.plan_id.is_none() {
        assigning.push(found.holder.clone());
    } else if children.iter().any(|child| child.tier() != last) {
        assigning.clear();
    }
    desk.take_assignments(&assigning).await?;
    // of those below only the amounts are needed; of the holder's own, the sites' accounts
    let own = desk.plans.values().filter(|held| found.plan_id.is_none() && held.plan.kind == "assignment");
    let sites: Vec<String> = own.flat_map(|held| held.lines.keys().cloned()).collect();
    desk.take_accounts(&holders, &getters, &sites).await?;
    Ok(desk)
}

type Stale = (Box<Problem>, Vec<LineDifference>);

/// The amendment as it is now, if it is the version that was read; otherwise what is proposed in its place.
pub(super) async fn current(
    desk: &mut Desk<'_>,
    id: Uuid,
    version: i32,
) -> Result<std::result::Result<Amendment, Stale>> {
    let row = read::amendments::amendment(desk.tx, id).await?;
    let row = row.ok_or_else(|| Failure::internal("an amendment has vanished"))?;
    if row.version == version && row.state != "cancelled" {
        return Ok(Ok(row));
    }
    let now = desk.open.get(&row.holder).cloned().unwrap_or_else(|| row.clone());
    let problem = Problem::new(&error::ALLOCATION_STALE_AMENDMENT)
        .with("given", &version.to_string())
        .with("current", &now.version.to_string());
    let lines = read::amendments::amendment_lines(desk.tx, &[row.id, now.id]).await?;
    let mut differing: BTreeMap<String, (Option<i64>, Option<i64>)> = BTreeMap::new();
    for line in &lines {
        let entry = differing.entry(line.recipient.clone()).or_default();
        if line.amendment_id == row.id {
            entry.0 = Some(line.units_after);
        }
        if line.amendment_id == now.id {
            entry.1 = Some(line.units_after);
        }
    }
    let stays = |recipient: &str| row.plan_id.map_or(0, |plan| desk.effective(plan, recipient));
    let line = |(recipient, (yours, theirs)): (String, (Option<i64>, Option<i64>))| {
        let (yours, theirs) = (yours.unwrap_or_else(|| stays(&recipient)), theirs.unwrap_or_else(|| stays(&recipient)));
        let (by, reason) = (now.actor_name.clone(), Some(now.reason.clone()));
        (yours != theirs).then_some(LineDifference { recipient, yours, theirs, by, reason })
    };
    let difference = differing.into_iter().filter_map(line).collect();
    Ok(Err((Box::new(problem), difference)))
}

/// What an officer has proposed is committed by another, where the programme asks for two.
pub(super) async fn second_person(desk: &mut Desk<'_>, ctx: &OpCtx, row: &Amendment) -> Result<()> {
    let own = !row.actor.is_nil() && row.actor == ctx.actor.account.0;
    if own && read::amendments::asks_for_two(desk.tx, &desk.round.programme).await? {
        return Err(Problem::new(&error::ALLOCATION_SECOND_PERSON).with("name", &row.actor_name).into());
    }
    Ok(())
}

/// Lines that are not any more what the amendment was computed from.
fn stale_lines(desk: &Desk<'_>, row: &Amendment, lines: &[AmendmentLine]) -> Option<Stale> {
    let plan = row.plan_id?;
    let version = desk.plans.get(&plan).map_or(0, |held| held.plan.version);
    let differing = lines.iter().filter_map(|line| {
        let now = desk.effective(plan, &line.recipient);
        (now != line.units_before).then(|| LineDifference {
            recipient: line.recipient.clone(),
            yours: line.units_before,
            theirs: now,
            by: String::new(),
            reason: None,
        })
    });
    let difference: Vec<LineDifference> = differing.collect();
    let problem = Problem::new(&error::ALLOCATION_STALE_PLAN)
        .with("given", &row.plan_version.unwrap_or(0).to_string())
        .with("current", &version.to_string());
    (!difference.is_empty()).then(|| (Box::new(problem), difference))
}

/// Moves everything that an amendment says, at the desk. Answers it as it then is.
pub(super) async fn apply(
    desk: &mut Desk<'_>,
    mut row: Amendment,
    lines: Vec<AmendmentLine>,
    carried: bool,
) -> Result<Amendment> {
    let (id, holder) = (row.id, TerritoryCode::parse(&row.holder)?);
    (row.committed_at, row.carried) = (Some(desk.ctx.now), carried);
    row.version += 1;
    "waiting".clone_into(&mut row.state);
    if desk.open.get(&row.holder).is_some_and(|open| open.id == id) {
        desk.open.remove(&row.holder);
    }
    desk.moved.insert(id);
    desk.waiting.push(row.clone());
    match row.plan_id {
        Some(plan) => divide(desk, &row, plan, lines).await?,
        None => give_back(desk, &row, &lines).await?,
    }
    // counted once, where it is committed and done with in one step
    if let Some(done) = desk.waiting.iter_mut().find(|waiting| waiting.id == id) {
        done.version = row.version;
    }
    desk.touch_division(&holder.to_string());
    Ok(desk.waiting.iter().find(|waiting| waiting.id == id).cloned().unwrap_or(row))
}

/// A division: down at once, up as far as it is free, and what follows.
async fn divide(desk: &mut Desk<'_>, row: &Amendment, plan: Uuid, lines: Vec<AmendmentLine>) -> Result<()> {
    let unit = i64::from(row.unit_vials);
    let mut children = Vec::with_capacity(lines.len());
    for line in lines.iter().filter(|line| line.units_after < line.units_before) {
        children.push((line, -take(desk, row, plan, line)?));
    }
    let up: Vec<&AmendmentLine> = lines.iter().filter(|line| line.units_after > line.units_before).collect();
    let wanted = up.iter().map(|line| line.units_after - line.units_before).sum::<i64>() * unit;
    from_reserve(desk, row, wanted)?;
    for line in up {
        let units = line.units_after - line.units_before;
        let (from, to) = ((Kind::Granted, row.holder.as_str()), (Kind::Granted, line.recipient.as_str()));
        desk.carry(from, to, units * unit, Some((plan, &line.recipient)), Some(row.id))?;
        desk.shift(plan, &line.recipient, units)?;
        desk.settled.push((row.id, plan, line.recipient.clone(), units, 0));
        // what it still owes goes back at once
        desk.pass_on(&line.recipient, &row.holder)?;
        children.push((line, units));
    }
    desk.positions.extend(engine::positions(plan, &row.positions)?);
    desk.settle_up(TerritoryCode::parse(&row.holder)?)?;
    let divisions: Vec<Uuid> =
        children.iter().filter_map(|(line, _)| desk.division(&line.recipient)).map(|held| held.plan.id).collect();
    let facts = Facts::load(desk, &divisions).await?;
    for (line, moved) in children {
        let child = TerritoryCode::parse(&line.recipient)?;
        desk.below(&facts, row, child, line.units_after - line.units_before, moved)?;
    }
    Ok(())
}

/// Takes a line's units back: what the child has not passed on, and its reserve; the rest is due. Answers the
/// units that have come.
fn take(desk: &mut Desk<'_>, row: &Amendment, plan: Uuid, line: &AmendmentLine) -> Result<i64> {
    let (unit, child) = (i64::from(row.unit_vials), line.recipient.as_str());
    let wanted = line.units_before - line.units_after;
    let (granted, reserve) = ((Kind::Granted, child), (Kind::Reserve, child));
    let free = (desk.left(granted) + desk.left(reserve)).div_euclid(unit);
    let units = wanted.min(free.max(0));
    let from_reserve = (units * unit - desk.left(granted)).max(0);
    desk.carry(reserve, granted, from_reserve, None, Some(row.id))?;
    desk.carry(granted, (Kind::Granted, &row.holder), units * unit, Some((plan, child)), Some(row.id))?;
    if units > 0 {
        desk.shift(plan, child, -units)?;
        desk.settled.push((row.id, plan, child.to_owned(), units, 0));
        desk.touch_division(child);
    }
    if wanted > units {
        desk.owed.push(Owed {
            amendment_id: row.id,
            holder: row.holder.clone(),
            plan_id: plan,
            recipient: child.to_owned(),
            units: wanted - units,
            unit_vials: row.unit_vials,
        });
    }
    Ok(units)
}

/// Sees to it that the holder has `vials` to give: what it has not given yet, then its reserve.
pub(super) fn from_reserve(desk: &mut Desk<'_>, row: &Amendment, vials: i64) -> Result<()> {
    let (granted, reserve) = ((Kind::Granted, row.holder.as_str()), (Kind::Reserve, row.holder.as_str()));
    let missing = (vials - desk.left(granted)).max(0);
    if missing > desk.left(reserve) {
        return Err(book::over_supply(&row.holder, desk.left(granted) + desk.left(reserve), vials).into());
    }
    desk.carry(reserve, granted, missing, None, Some(row.id))
}

/// Who assigns to sites gives back what it owes, as its assignments stand now: the same rule, whatever was
/// assigned or taken back since it was proposed.
async fn give_back(desk: &mut Desk<'_>, row: &Amendment, stored: &[AmendmentLine]) -> Result<()> {
    let holder = TerritoryCode::parse(&row.holder)?;
    let owes = desk.owes(&row.holder);
    if owes == 0 {
        return Err(Problem::new(&error::ALLOCATION_NOTHING_TO_DO).into());
    }
    let wanted = (owes - desk.left((Kind::Granted, &row.holder))).max(0);
    let (mut lines, before, missing) = engine::assignments(desk, &row.holder, row.id, wanted);
    for line in &mut lines {
        let vials = line.units_before - line.units_after;
        desk.unassign(line.plan_id, &line.recipient, vials, Some(row.id))?;
        line.settled_units = vials;
    }
    desk.settle_up(holder)?;
    if desk.owes(&row.holder) > 0 {
        desk.short(holder).await?;
    }
    // lines that were proposed and do not move after all
    let gone = stored.iter().filter(|line| !lines.iter().any(|now| same(now, line)));
    let gone: Vec<AmendmentLine> =
        gone.map(|line| AmendmentLine { units_after: line.units_before, ..line.clone() }).collect();
    lines.extend(gone);
    write::amendments::amendment_lines(desk.tx, &lines).await?;
    if let Some(row) = desk.waiting.iter_mut().find(|waiting| waiting.id == row.id) {
        (row.units_before, row.units_after) = (before, before - (wanted - missing));
        row.shortfall_units = missing;
    }
    Ok(())
}

fn same(one: &AmendmentLine, other: &AmendmentLine) -> bool {
    (one.plan_id, &one.recipient) == (other.plan_id, &other.recipient)
}
