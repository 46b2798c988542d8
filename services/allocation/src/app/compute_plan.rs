//! Computing a plan: what a level holds, in whole packs, among the level below.
use super::{Ended, Outcome, answered, book, end, no_round, permit, stale, wrong_level};
use crate::Allocation;
use allocation_store::{
    read,
    rows::{Place, Plan, PlanChange, PlanLine, Round},
    write,
};
use domain::{
    FieldError, Problem, TerritoryCode,
    apportionment::{
        Method, Recipient, Remainder,
        canonical::canonical_json,
        explain::{Explainer, Explanation},
        sentence::{self, Words},
    },
    error,
    plan::{Kind, State, Step},
    policy::Action,
    territory::Tier,
};
use platform::{
    Failure, OpCtx, Tx, audit,
    failure::Result,
    idempotency::{self, Key},
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};
use uuid::Uuid;
use wire::plan::{ComputePlan, PlanMoved, RuleComponent};

const OPERATION: &str = "compute_plan";
const COMPONENTS_MAX: usize = 8;

/// What shares are in proportion to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Indicator {
    Population,
    Wish,
}

impl Indicator {
    fn weight(self, place: &Place) -> Option<i64> {
        match self {
            Self::Population => place.population,
            Self::Wish => Some(place.wish_vials),
        }
    }

    fn words(self) -> Words {
        match self {
            Self::Population => Words::BOXES,
            Self::Wish => Words {
                basis_ja: "希望量",
                basis_en: "wishes",
                each_ja: "バイアル",
                each_en: "vials wished",
                ..Words::BOXES
            },
        }
    }
}

/// A component as it is understood.
struct Component<'a> {
    wire: &'a RuleComponent,
    indicator: Indicator,
    method: Method,
}

/// Computes the plan of the nation or of a prefecture, in a round whose stream it divides.
///
/// # Errors
/// `allocation.round_not_found` (also for what the actor cannot see), `auth.forbidden`,
/// `allocation.wrong_level`, `allocation.not_granted`, `allocation.plan_exists`, `allocation.wrong_state`,
/// `allocation.missing_population` per municipality, `allocation.all_weights_zero`, `request.invalid`
/// per component.
pub async fn compute_plan(allocation: &Allocation, ctx: &OpCtx, request: ComputePlan) -> Result<Outcome> {
    let permit = permit(ctx, Action::PlanDraft, request.holder, no_round(request.round))?;
    let components = components(&request)?;
    let key = Key::new(request.id, &ctx.actor, OPERATION, &request)?;
    let target = format!("plan/{}/{}", request.round, request.holder);
    let entry = audit::Entry { target, cause: request.id, reason: None };
    let mut tx = Tx::begin(&allocation.db, ctx, &[(&permit, entry)]).await?;
    let written = write_plan(&mut tx, ctx, &key, &request, &components).await;
    end(allocation, tx, &key, written).await
}

fn components(request: &ComputePlan) -> Result<Vec<Component<'_>>> {
    let mut errors = Vec::new();
    let invalid =
        |path: String, reason: &str| FieldError::new(path, &error::REQUEST_INVALID_FIELD).with("reason", reason);
    if !(1..=COMPONENTS_MAX).contains(&request.components.len()) {
        errors.push(invalid("components".to_owned(), &format!("1 to {COMPONENTS_MAX}")));
    }
    let mut components = Vec::new();
    for (index, wire) in request.components.iter().enumerate() {
        let indicator = match wire.indicator.as_str() {
            "population" => Some(Indicator::Population),
            "wish" => Some(Indicator::Wish),
            _ => {
                errors.push(invalid(format!("components[{index}].indicator"), "population, wish"));
                None
            }
        };
        let method = Method::parse(wire.method.as_deref().unwrap_or("webster"));
        if let Err(problem) = &method {
            errors.push(problem.clone().at(&format!("components[{index}].method")));
        }
        if wire.units.is_some_and(|units| units < 0) {
            errors.push(invalid(format!("components[{index}].units"), "0 or more"));
        }
        if let (Some(indicator), Ok(method)) = (indicator, method) {
            components.push(Component { wire, indicator, method });
        }
    }
    if errors.is_empty() { Ok(components) } else { Err(Problem::of_fields(&error::REQUEST_INVALID, errors).into()) }
}

async fn write_plan(
    tx: &mut Tx,
    ctx: &OpCtx,
    key: &Key,
    request: &ComputePlan,
    components: &[Component<'_>],
) -> Result<Ended> {
    let (round, levels) = super::round_with_levels(tx, request.round).await?;
    if !levels.divides(request.holder.tier()) {
        return Err(wrong_level(&round, &levels, request.holder).into());
    }
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
    let supply_vials = supply(tx, &round, request.holder).await?;
    let prefecture = (request.holder.tier() == Tier::Prefecture).then_some(holder.as_str());
    let places = read::places(tx, round.id, prefecture).await?;
    let computed = compute(&places, supply_vials / i64::from(round.pack_vials), components)?;
    let plan = plan(ctx, request, &round, existing.as_ref(), supply_vials, &computed);
    let lines = lines(&plan, &places, &computed);
    store(tx, ctx, request.id, &plan, existing.is_some(), &lines).await?;
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
        engine_ms: i64::try_from(computed.took.as_millis()).ok(),
        position: tx.position().to_string(),
    };
    answered(tx, key, moved).await
}

/// What the holder has to divide. A nation without a supply notice has nothing: an empty plan.
async fn supply(tx: &mut Tx, round: &Round, holder: TerritoryCode) -> Result<i64> {
    match book::granted(tx, round, &holder.to_string()).await {
        Ok(account) => book::available(tx, account).await,
        Err(Failure::Problem(_)) if holder == TerritoryCode::NATION => Ok(0),
        Err(failure) => Err(failure),
    }
}

/// What was computed: units per municipality, and the proof of each by component.
struct Shares {
    units: BTreeMap<String, i64>,
    proofs: BTreeMap<String, Vec<Value>>,
    rule: Value,
    digest: Vec<u8>,
    took: Duration,
}

/// Runs the components in order; what one leaves rolls into the next.
fn compute(places: &[Place], supply: i64, components: &[Component<'_>]) -> Result<Shares> {
    let mut units: BTreeMap<String, i64> = places.iter().map(|place| (place.code.clone(), 0)).collect();
    let mut proofs: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    let names: BTreeMap<&str, &str> = places.iter().map(|place| (place.code.as_str(), place.name.as_str())).collect();
    let (mut digest, mut rule, mut took) = (Sha256::new(), Vec::new(), Duration::ZERO);
    let (mut left, mut carried) = (supply, 0);
    for component in components {
        let own = component.wire.units.unwrap_or(left).min(left);
        left -= own;
        let recipients = recipients(places, component.indicator)?;
        let started = Instant::now();
        let explainer = Explainer::new(own + carried, &recipients, component.method, Remainder::Hold)?;
        let apportionment = explainer.apportionment();
        let proof = explainer.all(|_| Vec::new());
        took += started.elapsed();
        let policy = json!({"name": component.wire.name, "indicator": component.wire.indicator});
        digest.update(canonical_json(own + carried, &recipients, component.method, Remainder::Hold, &policy)?);
        rule.push(json!({
            "name": component.wire.name, "units": own + carried, "indicator": component.wire.indicator,
            "method": component.method.stored(), "remainder": Remainder::Hold.name(),
        }));
        carried = apportionment.reserve;
        for line in proof {
            if let Some(sum) = units.get_mut(&line.code) {
                *sum += line.units;
            }
            let shown = said(component, &line, names.get(line.code.as_str()).copied().unwrap_or_default())?;
            proofs.entry(line.code).or_default().push(shown);
        }
    }
    Ok(Shares { units, proofs, rule: json!({"components": rule}), digest: digest.finalize().to_vec(), took })
}

fn recipients(places: &[Place], indicator: Indicator) -> Result<Vec<Recipient>> {
    let missing = |(index, place): (usize, &Place)| {
        let error = FieldError::new(format!("recipients[{index}]"), &error::ALLOCATION_MISSING_POPULATION);
        indicator.weight(place).is_none().then(|| error.with("name", &place.name).with("territory", &place.code))
    };
    let errors: Vec<FieldError> = places.iter().enumerate().filter_map(missing).collect();
    if !errors.is_empty() {
        return Err(Problem::of_fields(&error::REQUEST_INVALID, errors).into());
    }
    Ok(places.iter().map(|place| Recipient::new(place.code.clone(), indicator.weight(place).unwrap_or(0))).collect())
}

/// The proof of a line as data and as a sentence, with the place's name in it.
fn said(component: &Component<'_>, line: &Explanation, name: &str) -> Result<Value> {
    let named = Explanation { code: name.to_owned(), ..line.clone() };
    let words = component.indicator.words();
    Ok(json!({
        "component": component.wire.name,
        "ja": sentence::ja(&named, &words),
        "en": sentence::en(&named, &words),
        "proof": serde_json::to_value(line)?,
    }))
}

fn plan(
    ctx: &OpCtx,
    request: &ComputePlan,
    round: &Round,
    existing: Option<&Plan>,
    supply_vials: i64,
    computed: &Shares,
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
        rule: computed.rule.clone(),
        digest: computed.digest.clone(),
        computed_at: ctx.now,
        committed_at: None,
        training: ctx.training,
    }
}

/// The plan's own lines; for the nation those are the prefectures, with the municipalities below them.
fn lines(plan: &Plan, places: &[Place], computed: &Shares) -> Vec<PlanLine> {
    let national = plan.level == "nation";
    let mut sums: BTreeMap<&str, (i64, usize)> = BTreeMap::new();
    let mut lines = Vec::with_capacity(places.len() + 47);
    for place in places {
        let units = computed.units.get(&place.code).copied().unwrap_or(0);
        let sum = sums.entry(&place.prefecture).or_default();
        *sum = (sum.0 + units, sum.1 + 1);
        lines.push(PlanLine {
            plan_id: plan.id,
            recipient: place.code.clone(),
            under: national.then(|| place.prefecture.clone()),
            computed: units,
            units,
            explanation: json!({"components": computed.proofs.get(&place.code)}),
            state: "planned".to_owned(),
        });
    }
    if national {
        lines.extend(sums.into_iter().map(|(prefecture, (units, municipalities))| PlanLine {
            plan_id: plan.id,
            recipient: prefecture.to_owned(),
            under: None,
            computed: units,
            units,
            explanation: json!({"sum_of_municipalities": municipalities}),
            state: "planned".to_owned(),
        }));
    }
    lines
}

async fn store(tx: &mut Tx, ctx: &OpCtx, id: Uuid, plan: &Plan, again: bool, lines: &[PlanLine]) -> Result<()> {
    let before = if again { read::lines(tx, plan.id, false).await? } else { Vec::new() };
    if again {
        write::recompute_plan(tx, plan).await?;
    } else {
        write::plans(tx, std::slice::from_ref(plan)).await?;
    }
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
