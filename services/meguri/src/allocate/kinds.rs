//! Every kind of case: from its input to the shape of its expected result. The apportionments stand here.
use super::{
    components, fairness,
    input::{Case, Lot, Party, Rules, in_units, malformed},
    logistics,
};
use domain::{
    Problem,
    apportionment::{
        Status, apportion,
        cascade::{self, Cascade, Parent},
        cumulative,
    },
    error,
};
use serde::Deserialize;
use serde_json::{Value, json};

pub(super) fn result(case: &Case) -> Result<Value, Problem> {
    match case.kind {
        "apportion" => apportioned(&case.input()?),
        "cumulative" => in_rounds(&case.input()?),
        "components" => components::shared(&case.input()?),
        "cascade" => cascaded(&case.input()?, true),
        "cascade_flat" => cascaded(&case.input()?, false),
        "fefo" => logistics::lots_for_lines(case.input()?),
        "redistribution" => logistics::redistributed(case.input()?),
        "fairness" => fairness::measured(&case.input()?),
        kind => Err(Problem::new(&error::ALLOCATION_UNKNOWN_KIND).with("kind", kind)),
    }
}

fn with(mut object: Value, name: &str, value: Value) -> Value {
    if let Some(fields) = object.as_object_mut() {
        fields.insert(name.to_owned(), value);
    }
    object
}

/// What nobody got, in doses: whole units, and the part of the supply that is less than one.
fn with_rest(result: Value, status: Status, reserve: i64, lot: Lot, supply: i64) -> Result<Value, Problem> {
    Ok(match status {
        Status::Overcommitted { shortfall } => {
            let result = with(result, "shortfall_doses", json!(lot.doses(shortfall)?));
            with(result, "reserve_doses", json!(0))
        }
        Status::Ok | Status::FloorsProrated => {
            with(result, "reserve_doses", json!(lot.doses(reserve)? + lot.rest(supply)))
        }
    })
}

#[derive(Deserialize)]
struct ApportionInput {
    #[serde(flatten)]
    rules: Rules,
    supply: i64,
    recipients: Vec<Party>,
}

fn apportioned(input: &ApportionInput) -> Result<Value, Problem> {
    let (rules, lot) = (&input.rules, input.rules.lot()?);
    let recipients = in_units(&input.recipients, lot);
    let shared = apportion(lot.down(input.supply), &recipients, rules.method()?, rules.remainder()?)?;
    let mut lines = Vec::with_capacity(shared.lines.len());
    for line in &shared.lines {
        let (doses, binding) = (lot.doses(line.units)?, line.binding.name());
        lines.push(json!({ "code": line.code, "units": line.units, "doses": doses, "binding": binding }));
    }
    let result = json!({ "status": shared.status.name(), "lines": lines });
    with_rest(result, shared.status, shared.reserve, lot, input.supply)
}

#[derive(Deserialize)]
struct CumulativeInput {
    #[serde(flatten)]
    rules: Rules,
    cycle_supplies: Vec<i64>,
    recipients: Vec<Party>,
}

fn in_rounds(input: &CumulativeInput) -> Result<Value, Problem> {
    let (rules, lot) = (&input.rules, input.rules.lot()?);
    // doses add up before they become units: two halves of a box are a box
    let mut so_far = 0_i64;
    let mut totals = Vec::with_capacity(input.cycle_supplies.len());
    for supply in &input.cycle_supplies {
        so_far = so_far.checked_add(*supply).ok_or_else(|| malformed("cycle_supplies are too large"))?;
        totals.push(lot.down(so_far));
    }
    let recipients = in_units(&input.recipients, lot);
    let rounds = cumulative::rounds(&totals, &recipients, rules.method()?, rules.remainder()?)?;
    let cycle = |round: &cumulative::Round| {
        let delivered = round.deliveries.iter();
        let delivered = delivered.map(|line| json!({ "code": line.code, "units": line.delivered })).collect::<Vec<_>>();
        let total = round.deliveries.iter().map(|line| line.total).collect::<Vec<_>>();
        json!({ "delivered_units": delivered, "cumulative_units": total, "reserve_units": round.reserve })
    };
    Ok(json!({ "cycles": rounds.iter().map(cycle).collect::<Vec<_>>() }))
}

#[derive(Deserialize)]
struct CascadeInput {
    #[serde(flatten)]
    rules: Rules,
    supply: i64,
    parents: Vec<ParentInput>,
}

#[derive(Deserialize)]
struct ParentInput {
    code: String,
    recipients: Vec<Party>,
}

fn cascaded(input: &CascadeInput, nested: bool) -> Result<Value, Problem> {
    let (rules, lot) = (&input.rules, input.rules.lot()?);
    let parent =
        |parent: &ParentInput| Parent { code: parent.code.clone(), recipients: in_units(&parent.recipients, lot) };
    let parents: Vec<Parent> = input.parents.iter().map(parent).collect();
    let share = if nested { cascade::nested } else { cascade::flat };
    let Cascade { status, parents, reserve } =
        share(lot.down(input.supply), &parents, rules.method()?, rules.remainder()?)?;
    let parent = |share: &cascade::Share| {
        let lines = share.lines.iter();
        let lines = lines
            .map(|line| json!({ "code": line.code, "units": line.units, "binding": line.binding.name() }))
            .collect::<Vec<_>>();
        let parent = json!({ "code": share.code, "units": share.units, "lines": lines });
        match share.binding {
            Some(binding) => with(parent, "binding", json!(binding.name())),
            None => parent,
        }
    };
    let result = json!({ "status": status.name(), "parents": parents.iter().map(parent).collect::<Vec<_>>() });
    with_rest(result, status, reserve, lot, input.supply)
}
