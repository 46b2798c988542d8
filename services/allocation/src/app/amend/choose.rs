//! More is locked than would be left: the officer says where it comes from.
use super::{
    super::{book::Kind, permit},
    Ended, Outcome,
    commit::{apply, current, finish, from_reserve, open, second_person},
    desk::{Cause, Desk},
    end,
    engine::{Computed, Facts},
    no_amendment,
};
use crate::Allocation;
use allocation_store::{
    read,
    rows::{Amendment, AmendmentLine},
};
use domain::{FieldError, Problem, TerritoryCode, error, policy::Action};
use platform::{
    OpCtx, Tx, audit,
    failure::Result,
    idempotency::{self, Key},
};
use serde_json::json;
use std::collections::BTreeMap;
use uuid::Uuid;
use wire::amendment::{AmendmentMoved, ChooseForOvercommitted};

/// Chooses, and commits what follows of it.
///
/// # Errors
/// `allocation.amendment_not_found` (also for what the actor cannot see), `auth.forbidden`,
/// `allocation.unknown_choice`, `allocation.amendment_state` unless it is overcommitted,
/// `allocation.choice_too_small` when that cannot cover it, `idempotency.key_reused`.
pub async fn choose_for_overcommitted(
    allocation: &Allocation,
    ctx: &OpCtx,
    id: Uuid,
    request: ChooseForOvercommitted,
) -> Result<Outcome<AmendmentMoved>> {
    let found = read::amendments::amendment(&mut *allocation.db.read().await?, id).await?;
    let found = found.ok_or_else(|| no_amendment(id))?;
    let permit = permit(ctx, Action::PlanAmend, TerritoryCode::parse(&found.holder)?, no_amendment(id))?;
    if !["return", "reserve"].contains(&request.choice.as_str()) {
        let error = FieldError::new("choice", &error::ALLOCATION_UNKNOWN_CHOICE).with("value", &request.choice);
        return Err(Problem::of_fields(&error::REQUEST_INVALID, vec![error]).into());
    }
    let key = Key::new(request.id, &ctx.actor, "choose_for_overcommitted", &(id, &request))?;
    let (target, reason) = (format!("amendment/{id}"), Some(request.choice.clone()));
    let entry = audit::Entry { target, cause: request.id, reason };
    let mut tx = Tx::begin(&allocation.db, ctx, &[(&permit, entry)]).await?;
    let written = write_all(&mut tx, ctx, &key, &found, &request).await;
    end(allocation, tx, &key, written).await
}

async fn write_all(
    tx: &mut Tx,
    ctx: &OpCtx,
    key: &Key,
    found: &Amendment,
    request: &ChooseForOvercommitted,
) -> Result<Ended<AmendmentMoved>> {
    let cause = Cause { id: request.id, action: "amend", reason: found.reason.clone() };
    // whoever could give instead is at the desk as well
    let all = read::lines(tx, found.plan_id.unwrap_or_default(), false).await?;
    let line = |recipient: String| AmendmentLine {
        amendment_id: found.id,
        plan_id: found.plan_id.unwrap_or_default(),
        recipient,
        units_before: 0,
        units_after: 0,
        locked_units: 0,
        settled_units: 0,
        forgiven_units: 0,
        ja: String::new(),
        en: String::new(),
    };
    let all: Vec<AmendmentLine> = all.into_iter().map(|own| line(own.recipient)).collect();
    let mut desk = open(tx, ctx, cause, found, &all).await?;
    if idempotency::replay::<AmendmentMoved>(desk.tx, key).await?.is_some() {
        return Ok(Ended::Before);
    }
    let row = match current(&mut desk, found.id, request.version).await? {
        Ok(row) => row,
        Err((problem, difference)) => return Ok(Ended::Stale(problem, difference)),
    };
    if row.state != "overcommitted" {
        return Err(Problem::new(&error::ALLOCATION_AMENDMENT_STATE).with("state", &row.state).into());
    }
    let row = if row.committed_at.is_none() {
        second_person(&mut desk, ctx, &row).await?;
        proposed(&mut desk, row, request).await?
    } else {
        committed(&mut desk, row, request).await?
    };
    finish(desk, key, &row).await
}

fn too_small(shortfall: i64, units: i64) -> Problem {
    let problem = Problem::new(&error::ALLOCATION_CHOICE_TOO_SMALL).with("shortfall", &shortfall.to_string());
    problem.with("units", &units.to_string())
}

/// What the reserve of the amendment's holder can cover.
fn reserve_covers(desk: &Desk<'_>, row: &Amendment) -> Result<()> {
    let units = desk.left((Kind::Reserve, &row.holder)).div_euclid(i64::from(row.unit_vials));
    if units < row.shortfall_units { Err(too_small(row.shortfall_units, units).into()) } else { Ok(()) }
}

/// Nothing was posted yet: it is completed, and committed.
async fn proposed(desk: &mut Desk<'_>, mut row: Amendment, request: &ChooseForOvercommitted) -> Result<Amendment> {
    let (plan, shortfall) = (row.plan_id.unwrap_or_default(), row.shortfall_units);
    let mut lines = read::amendments::amendment_lines(desk.tx, &[row.id]).await?;
    if request.choice == "return" {
        let facts = Facts::load(desk, &[plan]).await?;
        let Some(held) = desk.plans.get(&plan) else { return Ok(row) };
        let given: BTreeMap<String, i64> =
            lines.iter().map(|line| (line.recipient.clone(), line.units_after)).collect();
        let computed = facts.amend(desk, held, -shortfall, &given);
        covered(&computed, shortfall)?;
        let more = computed.rows(row.id, plan);
        join(&mut lines, more);
        (row.units_after, row.positions) = (computed.after(), computed.positions());
    } else {
        reserve_covers(desk, &row)?;
    }
    let unit = i64::from(row.unit_vials);
    row.choice = Some(request.choice.clone());
    (row.shortfall_units, row.choices) = (0, json!([]));
    write_lines(desk, &lines).await?;
    if request.choice == "reserve" && (desk.owes(&row.holder) > 0 || row.withdrawn_vials > 0) {
        // lines that rise instead draw on the reserve by themselves
        let free = desk.left((Kind::Granted, &row.holder));
        from_reserve(desk, &row, free + shortfall * unit)?;
    }
    apply(desk, row, lines, false).await
}

async fn write_lines(desk: &mut Desk<'_>, lines: &[AmendmentLine]) -> Result<()> {
    allocation_store::write::amendments::amendment_lines(desk.tx, lines).await
}

fn covered(computed: &Computed, shortfall: i64) -> Result<()> {
    match computed.amended.shortfall {
        0 => Ok(()),
        left => Err(too_small(shortfall, shortfall - left).into()),
    }
}

/// Lines that fall further, or fall now.
fn join(lines: &mut Vec<AmendmentLine>, more: Vec<AmendmentLine>) {
    for line in more {
        match lines.iter_mut().find(|own| own.recipient == line.recipient) {
            Some(own) => own.units_after = line.units_after,
            None => lines.push(line),
        }
    }
}

/// Somebody below could not give back what was due: it need not any more, and others do, or the reserve.
async fn committed(desk: &mut Desk<'_>, row: Amendment, request: &ChooseForOvercommitted) -> Result<Amendment> {
    let unit = i64::from(row.unit_vials);
    let failed: Vec<usize> = desk
        .owed
        .iter()
        .enumerate()
        .filter(|(_, owed)| owed.amendment_id == row.id && owed.units > 0 && !desk.open.contains_key(&owed.recipient))
        .map(|(place, _)| place)
        .collect();
    let mut units = 0;
    for place in failed {
        let Some(owed) = desk.owed.get_mut(place) else { continue };
        let forgiven = std::mem::take(&mut owed.units);
        let line = (owed.amendment_id, owed.plan_id, owed.recipient.clone(), 0, forgiven);
        desk.settled.push(line);
        units += forgiven;
    }
    let plan = row.plan_id.unwrap_or_default();
    desk.touch(plan);
    if let Some(own) = desk.waiting.iter_mut().find(|waiting| waiting.id == row.id) {
        "waiting".clone_into(&mut own.state);
        own.version += 1;
        own.choice = Some(request.choice.clone());
        (own.shortfall_units, own.choices) = (0, json!([]));
        desk.moved.insert(row.id);
    }
    if request.choice == "return" {
        let facts = Facts::load(desk, &[plan]).await?;
        let Some(held) = desk.plans.get(&plan) else { return Ok(row) };
        let computed = facts.amend(desk, held, -units, &BTreeMap::new());
        covered(&computed, units)?;
        let mut instead = desk.row(request.id, held, &computed);
        instead.origin = "lines".to_owned();
        (instead.hours, instead.reason) = (row.hours, row.reason.clone());
        (instead.actor, instead.actor_name) = (desk.ctx.actor.account.0, desk.ctx.actor.name.clone());
        let lines = computed.rows(request.id, plan);
        // stored as proposed, and committed in the same breath
        desk.made.push((instead.clone(), lines.clone()));
        apply(desk, instead, lines, false).await?;
        // what the level above wants of this holder was computed from other lines
        if let Some(hours) = desk.open.get(&row.holder).map(|open| open.hours) {
            desk.refresh(&facts, TerritoryCode::parse(&row.holder)?, "above", hours);
        }
    } else {
        let needed = Amendment { shortfall_units: units, ..row.clone() };
        reserve_covers(desk, &needed)?;
        let free = desk.left((Kind::Granted, &row.holder));
        from_reserve(desk, &row, free + units * unit)?;
        desk.settle_up(TerritoryCode::parse(&row.holder)?)?;
    }
    desk.close();
    Ok(row)
}
