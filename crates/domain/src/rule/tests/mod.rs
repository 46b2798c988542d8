//! Rules against an oracle that shares only the apportionment, planted faults, hand-computed examples of
//! the shipped rules, and everything that must be refused.
mod faults;
mod oracle;
mod properties;
mod refusals;
mod replaying;
mod shipped;
mod sized;

use super::{Cell, Figure, IndicatorSource, Inputs, PlaceInput, Rule, Unit, Window};
use crate::{BusinessDay, Problem};
use serde_json::{Value, json};

pub(super) fn day(text: &str) -> BusinessDay {
    BusinessDay::parse(text).unwrap()
}

/// The day of every plan here.
pub(super) const TODAY: &str = "2021-07-05";

/// Boxes of 195 vials of six doses.
pub(super) fn inputs(supply_units: i64, indicators: &[&str], places: &[(&str, &[i64])]) -> Inputs {
    let as_of = day("2021-07-01");
    let source = |name: &&str| IndicatorSource {
        name: (*name).to_owned(),
        ja: if name.starts_with("population") { "人口".to_owned() } else { format!("指標{name}") },
        en: if name.starts_with("population") { "population".to_owned() } else { (*name).to_owned() },
        unit: if name.starts_with("population") { "people" } else { "vials" }.to_owned(),
        source: "training".to_owned(),
    };
    let place = |(code, values): &(&str, &[i64])| PlaceInput {
        code: (*code).to_owned(),
        name: format!("{code}市"),
        parent: "000000".to_owned(),
        given_before: 0,
        values: values.iter().map(|value| Cell::Level(Figure { value: *value, as_of })).collect(),
    };
    Inputs {
        as_of: day(TODAY),
        supply_units,
        unit: Unit { vials: 195, doses_per_vial: 6 },
        window: Some(Window { from: day("2021-07-05"), to: day("2021-07-18") }),
        indicators: indicators.iter().map(source).collect(),
        places: places.iter().map(place).collect(),
    }
}

/// A rule of these components.
pub(super) fn rule(components: &Value) -> Rule {
    try_rule(components).unwrap()
}

pub(super) fn try_rule(components: &Value) -> Result<Rule, Problem> {
    Rule::from_value(&json!({
        "format": "allocation-rule/1", "code": "test", "version": 3,
        "title": {"ja": "試し", "en": "Test"}, "components": components,
    }))
}

/// Path and code of every error, or the code of the problem itself.
pub(super) fn refused(problem: &Problem) -> Vec<(String, &'static str)> {
    if problem.errors.is_empty() {
        return vec![(String::new(), problem.code.code)];
    }
    problem.errors.iter().map(|error| (error.path.clone(), error.code.code)).collect()
}
