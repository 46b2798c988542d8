//! What other rules would give, side by side. It writes to tables of its own: nothing leads from a what-if
//! to a plan or into the book.
use super::{
    compute_plan::unit,
    inputs::{Gathered, Scope, gather},
    no_round, own_figures,
    past_basis::Past,
    permit, rules,
    run_rule::{Ran, run},
};
use crate::Allocation;
use allocation_store::{
    read,
    rows::{Plan, Round, WhatIf, WhatIfLine, WhatIfRun},
    write,
};
use domain::{
    BusinessDay, FieldError, Problem, TerritoryCode,
    apportionment::UNITS_MAX,
    error,
    policy::Action,
    rule::{Rule, Unit},
    territory::Tier,
};
use platform::{
    Failure, OpCtx, Tx, audit,
    db::Session,
    failure::Result,
    idempotency::{self, Key},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::HashMap;
use uuid::Uuid;
use wire::{
    text::Bilingual,
    what_if::{RunWhatIf, WhatIfAnswer, WhatIfPlace, WhatIfRan, WhatIfRule, WhatIfRunInfo, WhatIfSupply, watermark},
};

const OPERATION: &str = "run_what_if";
/// Rules side by side.
const RULES_MAX: usize = 5;
/// More than there are places.
const PLACES_MAX: i64 = 100_000;
/// Vials of a made-up pack, and doses of a made-up vial.
const VIALS_MAX: i32 = 1_000_000;
const DOSES_MAX: i32 = 1_000;

/// What the id is answered with again; the answer itself is read.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Done {
    what_if: Uuid,
    position: String,
}

/// Tries rules out. The second value tells that this id was answered before.
///
/// # Errors
/// `allocation.round_not_found` (also for a holder that the actor cannot see), `allocation.past_round_not_found`,
/// `auth.forbidden`, `allocation.wrong_level`, `allocation.past_round_gave_nothing`, `idempotency.key_reused`;
/// `request.invalid` for more than five rules or none, for amounts out of range, for figures that do not fit, and
/// by rule (`rules[1]`) for what [`super::compute_plan`] refuses.
pub async fn run_what_if(allocation: &Allocation, ctx: &OpCtx, request: RunWhatIf) -> Result<(WhatIfRan, bool)> {
    let missing = || request.round.map_or_else(|| Problem::new(&error::AUTH_FORBIDDEN), no_round);
    let permit = permit(ctx, Action::WhatIfRun, request.holder, missing())?;
    let documents = check(&request)?;
    let key = Key::new(request.id, &ctx.actor, OPERATION, &request)?;
    if let Some(done) = idempotency::replay::<Done>(&mut *allocation.db.read().await?, &key).await? {
        return tried(allocation, done, true).await;
    }
    let computed = compute(&mut *allocation.db.read().await?, ctx, &request, documents).await?;
    let entry = audit::Entry { target: format!("what_if/{}", request.id), cause: request.id, reason: None };
    let mut tx = Tx::begin(&allocation.db, ctx, &[(&permit, entry)]).await?;
    match keep(&mut tx, &key, &computed).await {
        Ok(Some(done)) => tried(allocation, tx.finish(Ok(done)).await?, false).await,
        Ok(None) => {
            tx.abandon().await;
            let before = idempotency::replay::<Done>(&mut *allocation.db.read().await?, &key).await?;
            tried(allocation, before.ok_or_else(|| Failure::internal("an id was taken and has no answer"))?, true).await
        }
        Err(failure) => tx.finish(Err(failure)).await,
    }
}

async fn tried(allocation: &Allocation, done: Done, replayed: bool) -> Result<(WhatIfRan, bool)> {
    let answer = answer(&mut *allocation.db.read().await?, done.what_if).await?;
    let answer = answer.ok_or_else(|| Failure::internal("a what-if has vanished"))?;
    Ok((WhatIfRan { answer, position: done.position }, replayed))
}

/// A rule of the request: its document, or its name.
enum Wanted {
    Document(Box<Rule>),
    Named(String),
}

fn check(request: &RunWhatIf) -> Result<Vec<Wanted>> {
    let invalid =
        |path: String, reason: &str| FieldError::new(path, &error::REQUEST_INVALID_FIELD).with("reason", reason);
    let (mut errors, mut wanted) = (Vec::new(), Vec::new());
    if !(1..=RULES_MAX).contains(&request.rules.len()) {
        errors.push(invalid("rules".to_owned(), &format!("1 to {RULES_MAX}")));
    }
    for (index, rule) in request.rules.iter().enumerate().take(RULES_MAX) {
        match rule {
            WhatIfRule { rule: Some(name), document: None } => wanted.push(Wanted::Named(name.clone())),
            WhatIfRule { rule: None, document: Some(document) } => match Rule::from_value(document) {
                Ok(rule) => wanted.push(Wanted::Document(Box::new(rule))),
                Err(problem) => errors.extend(below(problem, &format!("rules[{index}].document"))),
            },
            _ => errors.push(invalid(format!("rules[{index}]"), "either rule or document")),
        }
    }
    if let Some(supply) = request.supply {
        errors.extend(check_supply(supply));
    }
    errors.extend(own_figures::check(&request.figures));
    if request.round.is_some() && request.past_round.is_some() {
        errors.push(invalid("past_round".to_owned(), "either round or past_round"));
    }
    if request.holder.tier() == Tier::Municipality {
        errors.push(invalid("holder".to_owned(), "the nation or a prefecture"));
    }
    let is_whole = |supply: WhatIfSupply| supply.unit_vials.is_some() && supply.doses_per_vial.is_some();
    let names_a_round = request.round.is_some() || request.past_round.is_some();
    if !names_a_round && !request.supply.is_some_and(is_whole) {
        errors.push(invalid("supply".to_owned(), "without a round: units, unit_vials and doses_per_vial"));
    }
    if errors.is_empty() { Ok(wanted) } else { Err(Problem::of_fields(&error::REQUEST_INVALID, errors).into()) }
}

fn check_supply(supply: WhatIfSupply) -> Vec<FieldError> {
    let WhatIfSupply { units, unit_vials, doses_per_vial } = supply;
    let at = |path: &str, from: i64, to: i64| {
        let reason = format!("{from} to {to}");
        FieldError::new(path, &error::REQUEST_INVALID_FIELD).with("reason", &reason)
    };
    let mut errors = Vec::new();
    if !(0..=UNITS_MAX).contains(&units) {
        errors.push(at("supply.units", 0, UNITS_MAX));
    }
    if unit_vials.is_some_and(|vials| !(1..=VIALS_MAX).contains(&vials)) {
        errors.push(at("supply.unit_vials", 1, i64::from(VIALS_MAX)));
    }
    if doses_per_vial.is_some_and(|doses| !(1..=DOSES_MAX).contains(&doses)) {
        errors.push(at("supply.doses_per_vial", 1, i64::from(DOSES_MAX)));
    }
    errors
}

/// The faults of one rule, below its place in the request.
fn below(problem: Problem, path: &str) -> Vec<FieldError> {
    if problem.errors.is_empty() {
        return vec![problem.at(path)];
    }
    let under = |mut error: FieldError| {
        error.path = format!("{path}.{}", error.path);
        error
    };
    problem.errors.into_iter().map(under).collect()
}

fn refused(problem: Problem, path: &str) -> Failure {
    Problem::of_fields(&error::REQUEST_INVALID, below(problem, path)).into()
}

/// A what-if, computed and not yet kept.
struct Computed {
    row: WhatIf,
    runs: Vec<WhatIfRun>,
    lines: Vec<WhatIfLine>,
}

/// What is to be shared, among whom, and what it is compared with.
struct Basis {
    round: Option<Round>,
    among: Tier,
    supply_units: i64,
    unit: Unit,
    past: Option<Past>,
    in_force: Option<InForce>,
}

/// What it is compared with: a plan in force, or what was really given in a round of the past.
struct InForce {
    plan: Option<Plan>,
    units: HashMap<String, i64>,
}

impl InForce {
    /// Units of a place. Who has no line in a plan gets nothing; who got no whole boxes in the past cannot be
    /// compared.
    fn of(&self, place: &str) -> Option<i64> {
        let units = self.units.get(place).copied();
        if self.plan.is_some() { Some(units.unwrap_or(0)) } else { units }
    }
}

async fn compute(conn: &mut Session, ctx: &OpCtx, request: &RunWhatIf, wanted: Vec<Wanted>) -> Result<Computed> {
    let rules = resolve(conn, wanted).await?;
    let basis = basis(conn, request).await?;
    let scope = Scope {
        holder: request.holder,
        among: basis.among,
        round: basis.round.as_ref(),
        // of a round of the past: what was known then
        day: basis.past.as_ref().map_or_else(|| BusinessDay::at(ctx.now), Past::day),
        past: basis.past.as_ref(),
        figures: &request.figures,
    };
    let gathered = gather(conn, scope, &rules.iter().collect::<Vec<_>>()).await?;
    let mut ran: Vec<Ran> = Vec::with_capacity(rules.len());
    for (index, rule) in rules.iter().enumerate() {
        let path = format!("rules[{index}]");
        let one = gathered.inputs(rule, &path, basis.supply_units, basis.unit)?;
        ran.push(run(rule, &one, None).map_err(|failure| match failure {
            Failure::Problem(problem) => refused(problem, &path),
            other => other,
        })?);
    }
    let row = WhatIf {
        id: request.id,
        round_id: request.round,
        past_round: request.past_round,
        figures: serde_json::to_value(&request.figures)?,
        holder: request.holder.to_string(),
        supply_units: basis.supply_units,
        unit_vials: i32::try_from(basis.unit.vials).map_err(Failure::internal)?,
        doses_per_vial: i32::try_from(basis.unit.doses_per_vial).map_err(Failure::internal)?,
        plan_id: basis.in_force.as_ref().and_then(|in_force| in_force.plan.as_ref()).map(|plan| plan.id),
        actor: ctx.actor.account.0,
        actor_name: ctx.actor.name.clone(),
        business_at: ctx.now,
    };
    let runs = runs(request.id, &rules, &ran)?;
    let lines = lines(request.id, &gathered, &ran, basis.in_force.as_ref());
    Ok(Computed { row, runs, lines })
}

async fn resolve(conn: &mut Session, wanted: Vec<Wanted>) -> Result<Vec<Rule>> {
    let name = |(index, wanted): (usize, &Wanted)| match wanted {
        Wanted::Named(name) => Some((index, name.clone())),
        Wanted::Document(_) => None,
    };
    let named: Vec<(usize, String)> = wanted.iter().enumerate().filter_map(name).collect();
    let names: Vec<&str> = named.iter().map(|(_, name)| name.as_str()).collect();
    let found = rules::named(conn, &names).await?.map_err(|(place, problem)| {
        let index = named.get(place).map_or(0, |(index, _)| *index);
        Problem::of_fields(&error::REQUEST_INVALID, vec![problem.at(&format!("rules[{index}].rule"))])
    })?;
    let mut found = found.into_iter();
    let rule = |wanted: Wanted| match wanted {
        Wanted::Document(rule) => Some(*rule),
        Wanted::Named(_) => found.next(),
    };
    Ok(wanted.into_iter().filter_map(rule).collect())
}

async fn basis(conn: &mut Session, request: &RunWhatIf) -> Result<Basis> {
    if let Some(id) = request.past_round {
        return past_basis(conn, request, id).await;
    }
    let Some(id) = request.round else {
        let supply = request.supply.unwrap_or(WhatIfSupply { units: 0, unit_vials: None, doses_per_vial: None });
        let unit = Unit {
            vials: supply.unit_vials.map_or(1, i64::from),
            doses_per_vial: supply.doses_per_vial.map_or(1, i64::from),
        };
        let (among, supply_units) = (Tier::Municipality, supply.units);
        return Ok(Basis { round: None, among, supply_units, unit, past: None, in_force: None });
    };
    let (round, names) = read::round_with_levels(conn, id).await?.ok_or_else(|| no_round(id))?;
    let levels = super::levels(&round.stream, &names)?;
    let Some(among) = levels.among(request.holder.tier()) else {
        return Err(super::wrong_level(&round, &levels, request.holder).into());
    };
    let mut pack = unit(&round);
    let holder = request.holder.to_string();
    let supply_units = if let Some(supply) = request.supply {
        pack.vials = supply.unit_vials.map_or(pack.vials, i64::from);
        pack.doses_per_vial = supply.doses_per_vial.map_or(pack.doses_per_vial, i64::from);
        supply.units
    } else {
        let holdings = read::holdings(conn, &[id], Some(std::slice::from_ref(&holder))).await?;
        holdings.first().map_or(0, |holding| holding.granted_vials) / pack.vials.max(1)
    };
    let in_force = match read::plan_of(conn, id, &holder).await? {
        // units of another size cannot be compared
        Some(plan) if i64::from(plan.unit_vials) == pack.vials => {
            let flat = request.holder == TerritoryCode::NATION && among == Tier::Municipality;
            let lines = read::lines(conn, plan.id, flat).await?;
            let lines = lines.into_iter().filter(|line| line.under.is_some() == flat);
            let units = lines.map(|line| (line.recipient, line.units)).collect();
            Some(InForce { plan: Some(plan), units })
        }
        _ => None,
    };
    Ok(Basis { round: Some(round), among, supply_units, unit: pack, past: None, in_force })
}

async fn past_basis(conn: &mut Session, request: &RunWhatIf, id: Uuid) -> Result<Basis> {
    let missing = || Problem::new(&error::ALLOCATION_PAST_ROUND_NOT_FOUND).with("past_round", &id.to_string());
    let past = Past::read(conn, id).await?.ok_or_else(missing)?;
    let own = past.unit();
    let mut unit = own;
    let supply_units = if let Some(supply) = request.supply {
        unit.vials = supply.unit_vials.map_or(unit.vials, i64::from);
        unit.doses_per_vial = supply.doses_per_vial.map_or(unit.doses_per_vial, i64::from);
        supply.units
    } else {
        past.supply_units()?
    };
    // boxes of another size cannot be compared, nor places with a sum of the nation
    let compares = unit == own && !past.places().is_empty();
    let in_force = compares.then(|| InForce { plan: None, units: past.in_force() });
    Ok(Basis { round: None, among: Tier::Municipality, supply_units, unit, past: Some(past), in_force })
}

/// All are measured by the weights of the first rule's main component, so that the figures compare.
fn runs(id: Uuid, rules: &[Rule], ran: &[Ran]) -> Result<Vec<WhatIfRun>> {
    let mut by: Option<(String, Vec<i64>)> = None;
    let mut runs = Vec::with_capacity(rules.len());
    for ((rule, ran), ord) in rules.iter().zip(ran).zip(1..) {
        let (basis, weights) = by.get_or_insert_with(|| (ran.basis(rule), ran.weights(ran.main_component())));
        let given = ran.computed.places.iter().fold(0_i64, |sum, place| sum.saturating_add(place.units));
        runs.push(WhatIfRun {
            what_if_id: id,
            ord,
            rule: serde_json::to_value(rule)?,
            digest: ran.digest.clone(),
            given_units: given,
            reserve_units: ran.computed.reserve + ran.computed.left,
            fairness: ran.fairness(rule, Some((basis, weights)))?,
        });
    }
    Ok(runs)
}

fn lines(id: Uuid, gathered: &Gathered, ran: &[Ran], in_force: Option<&InForce>) -> Vec<WhatIfLine> {
    let by_code: Vec<HashMap<&str, i64>> = ran
        .iter()
        .map(|ran| ran.computed.places.iter().map(|place| (place.code.as_str(), place.units)).collect())
        .collect();
    let line = |place: &domain::rule::PlaceInput| WhatIfLine {
        what_if_id: id,
        place: place.code.clone(),
        name: place.name.clone(),
        units: by_code.iter().map(|units| units.get(place.code.as_str()).copied().unwrap_or(0)).collect(),
        in_force: in_force.and_then(|in_force| in_force.of(&place.code)),
    };
    gathered.places().iter().map(line).collect()
}

/// `None` when the id was answered before.
async fn keep(tx: &mut Tx, key: &Key, computed: &Computed) -> Result<Option<Done>> {
    let done = Done { what_if: computed.row.id, position: tx.position().to_string() };
    // first of all: two who send the same id at the same moment write one what-if
    if !idempotency::take(tx, key, 200, &done).await? {
        return Ok(None);
    }
    write::rules::what_if(tx, &computed.row, &computed.runs, &computed.lines).await?;
    Ok(Some(done))
}

/// A what-if that was run before.
///
/// # Errors
/// `allocation.what_if_not_found`, also for who may not read plans of its holder.
pub async fn what_if(allocation: &Allocation, ctx: &OpCtx, id: Uuid) -> Result<WhatIfAnswer> {
    let missing = || Problem::new(&error::ALLOCATION_WHAT_IF_NOT_FOUND).with("what_if", &id.to_string());
    let found = answer(&mut *allocation.db.read().await?, id).await?.ok_or_else(missing)?;
    permit(ctx, Action::PlanRead, found.holder, missing())?;
    Ok(found)
}

async fn answer(conn: &mut Session, id: Uuid) -> Result<Option<WhatIfAnswer>> {
    let Some(row) = read::rules::what_if(conn, id).await? else { return Ok(None) };
    let runs = read::rules::runs_of(conn, &[id]).await?;
    let lines = read::rules::what_if_lines(conn, id, None, PLACES_MAX).await?;
    Ok(Some(WhatIfAnswer {
        watermark: watermark(),
        what_if: row.id,
        round: row.round_id,
        past_round: row.past_round,
        figures: serde_json::from_value(row.figures)?,
        holder: TerritoryCode::parse(&row.holder)?,
        supply_units: row.supply_units,
        unit_vials: row.unit_vials,
        doses_per_vial: row.doses_per_vial,
        plan: row.plan_id,
        runs: runs.into_iter().map(run_info).collect(),
        places: lines.into_iter().map(place_info).collect(),
        by: row.actor_name,
        at: row.business_at,
    }))
}

fn run_info(row: WhatIfRun) -> WhatIfRunInfo {
    let text = |pointer: &str| row.rule.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
    let version = row.rule.get("version").and_then(Value::as_i64).and_then(|version| i32::try_from(version).ok());
    WhatIfRunInfo {
        code: text("/code"),
        version: version.unwrap_or(0),
        title: Bilingual { ja: text("/title/ja"), en: text("/title/en") },
        digest: hex::encode(&row.digest),
        given_units: row.given_units,
        reserve_units: row.reserve_units,
        fairness: row.fairness,
    }
}

fn place_info(row: WhatIfLine) -> WhatIfPlace {
    let first = row.units.first().copied().unwrap_or(0);
    WhatIfPlace {
        difference: row.units.iter().map(|units| units - first).collect(),
        difference_in_force: row
            .in_force
            .map(|in_force| row.units.iter().map(|units| units - in_force).collect())
            .unwrap_or_default(),
        place: row.place,
        name: row.name,
        units: row.units,
        in_force: row.in_force,
    }
}
