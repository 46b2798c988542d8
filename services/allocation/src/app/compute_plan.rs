//! Computing a plan: what a level holds, in whole packs, among the level below, by a rule.
use super::{
    Ended, Outcome, answered, book, end,
    inputs::{Scope, gather},
    no_round, permit, rules,
    run_rule::{Ran, explanation, run},
    stale, wrong_level,
};
use crate::Allocation;
use allocation_store::{
    read,
    rows::{Plan, PlanChange, PlanLine, Round},
    write,
};
use domain::{
    BusinessDay, FieldError, Problem, TerritoryCode,
    apportionment::Method,
    error,
    plan::{Kind, State, Step},
    policy::Action,
    rule::{COMPONENTS_MAX, PlaceOutcome, Rule, ShortPart, Unit, publish::Subject},
    territory::Tier,
};
use platform::{
    Failure, OpCtx, Tx, audit,
    failure::Result,
    idempotency::{self, Key},
};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use uuid::Uuid;
use wire::plan::{ComputePlan, PlanMoved};

const OPERATION: &str = "compute_plan";
/// What parts in the short form may be in proportion to.
const SHORT_INDICATORS: [&str; 2] = ["population", "wish"];

/// The rule of a request.
enum Asked {
    /// Written into it in the short form.
    Short(Box<Rule>),
    /// The name of a published one.
    Stored(String),
}

/// Computes the plan of the nation or of a prefecture, in a round whose stream it divides.
///
/// # Errors
/// `allocation.round_not_found` (also for what the actor cannot see), `auth.forbidden`,
/// `allocation.wrong_level`, `allocation.not_granted`, `allocation.plan_exists`, `allocation.wrong_state`,
/// `allocation.rule_or_components`, `allocation.rule_unknown`; for figures that the rule needs,
/// `allocation.indicator_unknown`, `allocation.indicator_empty` and `allocation.indicator_measure` by
/// indicator, `allocation.missing_population` and `allocation.rule_missing_figure` by place;
/// `allocation.all_weights_zero`, `request.invalid` per component, and what [`domain::rule::compute`] refuses.
pub async fn compute_plan(allocation: &Allocation, ctx: &OpCtx, request: ComputePlan) -> Result<Outcome> {
    let permit = permit(ctx, Action::PlanDraft, request.holder, no_round(request.round))?;
    let asked = asked(&request)?;
    let key = Key::new(request.id, &ctx.actor, OPERATION, &request)?;
    let target = format!("plan/{}/{}", request.round, request.holder);
    let entry = audit::Entry { target, cause: request.id, reason: None };
    let mut tx = Tx::begin(&allocation.db, ctx, &[(&permit, entry)]).await?;
    let written = write_plan(&mut tx, ctx, &key, &request, asked).await;
    end(allocation, tx, &key, written).await
}

fn asked(request: &ComputePlan) -> Result<Asked> {
    match (&request.rule, request.components.is_empty()) {
        (Some(name), true) => Ok(Asked::Stored(name.clone())),
        (None, _) => Ok(Asked::Short(Box::new(short(request)?))),
        (Some(_), false) => {
            let error = FieldError::new("rule", &error::ALLOCATION_RULE_OR_COMPONENTS);
            Err(Problem::of_fields(&error::REQUEST_INVALID, vec![error]).into())
        }
    }
}

fn short(request: &ComputePlan) -> Result<Rule> {
    let mut errors = Vec::new();
    let invalid =
        |path: String, reason: &str| FieldError::new(path, &error::REQUEST_INVALID_FIELD).with("reason", reason);
    if !(1..=COMPONENTS_MAX).contains(&request.components.len()) {
        errors.push(invalid("components".to_owned(), &format!("1 to {COMPONENTS_MAX}")));
    }
    let mut parts = Vec::new();
    for (index, wire) in request.components.iter().enumerate() {
        if !SHORT_INDICATORS.contains(&wire.indicator.as_str()) {
            errors.push(invalid(format!("components[{index}].indicator"), "population, wish"));
        }
        if wire.units.is_some_and(|units| units < 0) {
            errors.push(invalid(format!("components[{index}].units"), "0 or more"));
        }
        match Method::parse(wire.method.as_deref().unwrap_or("webster")) {
            Ok(method) => {
                parts.push(ShortPart { name: &wire.name, units: wire.units, indicator: &wire.indicator, method });
            }
            Err(problem) => errors.push(problem.at(&format!("components[{index}].method"))),
        }
    }
    if !errors.is_empty() {
        return Err(Problem::of_fields(&error::REQUEST_INVALID, errors).into());
    }
    Ok(Rule::of_components(&parts)?)
}

/// The rule, and whether it is a published one.
async fn resolve(tx: &mut Tx, asked: Asked) -> Result<(Rule, bool)> {
    match asked {
        Asked::Short(rule) => Ok((*rule, false)),
        Asked::Stored(name) => {
            let found = rules::named(tx, &[&name])
                .await?
                .map_err(|(_, problem)| Problem::of_fields(&error::REQUEST_INVALID, vec![problem.at("rule")]))?;
            let rule = found.into_iter().next().ok_or_else(|| Failure::internal("a rule that was found is missing"))?;
            Ok((rule, true))
        }
    }
}

async fn write_plan(tx: &mut Tx, ctx: &OpCtx, key: &Key, request: &ComputePlan, asked: Asked) -> Result<Ended> {
    let (round, levels) = super::round_with_levels(tx, request.round).await?;
    let Some(among) = levels.among(request.holder.tier()) else {
        return Err(wrong_level(&round, &levels, request.holder).into());
    };
    let holder = request.holder.to_string();
    write::lock_holder(tx, round.id, &holder).await?;
    if idempotency::replay::<PlanMoved>(tx, key).await?.is_some() {
        return Ok(Ended::Before);
    }
    let existing = read::plan_of(tx, round.id, &holder).await?;
    if let Some(plan) = &existing {
        let exists = || Problem::new(&error::ALLOCATION_PLAN_EXISTS).with("plan", &plan.id.to_string());
        let given = request.version.ok_or_else(exists)?;
        if let Some((problem, difference)) = stale::check(tx, plan, given).await? {
            return Ok(Ended::Stale(Box::new(problem), difference));
        }
        State::parse(&plan.state).unwrap_or(State::Cancelled).after(Step::Compute)?;
    }
    let (rule, is_stored) = resolve(tx, asked).await?;
    let supply_vials = supply(tx, &round, request.holder).await?;
    let day = BusinessDay::at(ctx.now);
    let scope = Scope { holder: request.holder, among, round: Some(&round), day, past: None, figures: &[] };
    let gathered = gather(tx, scope, &[&rule]).await?;
    let inputs = gathered.inputs(&rule, "rule", supply_vials / i64::from(round.pack_vials), unit(&round))?;
    let of = subject(&round, &holder, existing.as_ref().map_or(request.id, |plan| plan.id));
    let ran = run(&rule, &inputs, Some(&of))?;
    let plan = plan(ctx, request, &round, existing.as_ref(), supply_vials, (&rule, &ran));
    let parents = inputs.places.iter().map(|place| (place.code.as_str(), place.parent.as_str())).collect();
    let is_flat = request.holder == TerritoryCode::NATION && among == Tier::Municipality;
    let lines = lines(&plan, is_flat.then_some(&parents), &ran.computed.places)?;
    store(tx, ctx, request.id, &plan, existing.is_some(), &lines).await?;
    let took = ran.took;
    write::rules::plan_document(tx, &ran.row(ctx, plan.id, plan.version, &rule, is_stored)?).await?;
    let own: Vec<&PlanLine> = lines.iter().filter(|line| line.under.is_none()).collect();
    let units = own.iter().fold(0_i64, |sum, line| sum.saturating_add(line.units));
    let moved = PlanMoved {
        plan: plan.id,
        holder: request.holder,
        state: plan.state,
        version: plan.version,
        supply_vials,
        granted_vials: units.saturating_mul(i64::from(round.pack_vials)),
        lines: i64::try_from(own.len()).map_err(Failure::internal)?,
        engine_ms: i64::try_from(took.as_millis()).ok(),
        position: tx.position().to_string(),
    };
    answered(tx, key, moved).await
}

/// Whose plan it is, as its document says.
fn subject(round: &Round, holder: &str, plan: Uuid) -> Subject {
    Subject {
        programme: round.programme.clone(),
        product: round.product.clone(),
        stream: round.stream.clone(),
        round: i64::from(round.number),
        holder: holder.to_owned(),
        plan: plan.to_string(),
    }
}

/// A pack of a round.
pub(super) fn unit(round: &Round) -> Unit {
    Unit { vials: i64::from(round.pack_vials), doses_per_vial: i64::from(round.doses_per_vial) }
}

/// What the holder has to divide. A nation without a supply notice has nothing: an empty plan.
async fn supply(tx: &mut Tx, round: &Round, holder: TerritoryCode) -> Result<i64> {
    match book::granted(tx, round, &holder.to_string()).await {
        Ok(account) => book::available(tx, account).await,
        Err(Failure::Problem(_)) if holder == TerritoryCode::NATION => Ok(0),
        Err(failure) => Err(failure),
    }
}

/// The rule as a plan keeps it: what each part had to share, and the document.
fn kept(request: &ComputePlan, rule: &Rule, ran: &Ran) -> Value {
    let document = rule.document();
    let part = |(place, part): (usize, &domain::rule::document::Component)| {
        let given = request.components.get(place).map_or(part.weight.as_str(), |given| given.indicator.as_str());
        json!({
            "name": part.name, "units": ran.computed.components.get(place).map_or(0, |outcome| outcome.supply),
            "indicator": given, "method": part.method.stored(), "remainder": part.remainder.name(),
        })
    };
    let parts: Vec<Value> = document.components.iter().enumerate().map(part).collect();
    json!({"components": parts, "name": rule.name(), "document": document})
}

fn plan(
    ctx: &OpCtx,
    request: &ComputePlan,
    round: &Round,
    existing: Option<&Plan>,
    supply_vials: i64,
    (rule, ran): (&Rule, &Ran),
) -> Plan {
    Plan {
        id: existing.map_or(request.id, |plan| plan.id),
        round_id: round.id,
        kind: Kind::Division.as_str().to_owned(),
        level: request.holder.tier().as_str().to_owned(),
        holder: request.holder.to_string(),
        state: State::Computed.as_str().to_owned(),
        version: existing.map_or(1, |plan| plan.version + 1),
        supply_vials,
        unit_vials: round.pack_vials,
        rule: kept(request, rule, ran),
        digest: ran.digest.clone(),
        computed_at: ctx.now,
        committed_at: None,
        training: ctx.training,
        needs_objections: rule.needs_objection_window(),
        objections_until: None,
        submitted_by: None,
        submitted_name: None,
        approved_by: None,
        approved_name: None,
    }
}

/// The plan's own lines. Where the nation's run is over municipalities, its lines are the prefectures, the
/// sums of the municipalities that stand below them; `parents` tells whose each is.
fn lines(plan: &Plan, parents: Option<&BTreeMap<&str, &str>>, places: &[PlaceOutcome]) -> Result<Vec<PlanLine>> {
    let mut sums: BTreeMap<&str, (i64, usize)> = BTreeMap::new();
    let mut lines = Vec::with_capacity(places.len() + 47);
    let line = |recipient: &str, under: Option<&str>, units: i64, explanation: Value| PlanLine {
        plan_id: plan.id,
        recipient: recipient.to_owned(),
        under: under.map(str::to_owned),
        computed: units,
        units,
        explanation,
        state: "planned".to_owned(),
    };
    for place in places {
        let under = parents.and_then(|parents| parents.get(place.code.as_str()).copied());
        if let Some(prefecture) = under {
            let sum = sums.entry(prefecture).or_default();
            *sum = (sum.0 + place.units, sum.1 + 1);
        }
        lines.push(line(&place.code, under, place.units, explanation(place)?));
    }
    lines.extend(sums.into_iter().map(|(prefecture, (units, municipalities))| {
        line(prefecture, None, units, json!({"sum_of_municipalities": municipalities}))
    }));
    Ok(lines)
}

async fn store(tx: &mut Tx, ctx: &OpCtx, id: Uuid, plan: &Plan, again: bool, lines: &[PlanLine]) -> Result<()> {
    if !again {
        return write::new_plans(tx, std::slice::from_ref(plan), lines, &history(ctx, id, plan, &[], lines)).await;
    }
    let before = read::lines(tx, plan.id, false).await?;
    write::recompute_plan(tx, plan).await?;
    write::lines(tx, lines).await?;
    write::changes(tx, &history(ctx, id, plan, &before, lines)).await
}

/// That it was computed; and, of a plan computed again, what that made of each line: officers who
/// have read an older version are told.
fn history(ctx: &OpCtx, id: Uuid, plan: &Plan, before: &[PlanLine], after: &[PlanLine]) -> Vec<PlanChange> {
    let computed = PlanChange {
        id,
        plan_id: plan.id,
        version: plan.version,
        action: "compute".to_owned(),
        recipient: None,
        units_before: None,
        units_after: None,
        reason: None,
        actor_name: ctx.actor.name.clone(),
        business_at: ctx.now,
    };
    let after: BTreeMap<&str, i64> = after.iter().map(|line| (line.recipient.as_str(), line.units)).collect();
    let changed = before.iter().filter_map(|line| {
        let units = after.get(line.recipient.as_str()).copied().unwrap_or(0);
        (units != line.units).then(|| PlanChange {
            recipient: Some(line.recipient.clone()),
            units_before: Some(line.units),
            units_after: Some(units),
            ..computed.clone()
        })
    });
    let changed: Vec<PlanChange> = changed.collect();
    [vec![computed], changed].concat()
}
