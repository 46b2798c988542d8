//! A rule of three components over the country's clinics: expressions, caps, floors, a stock cut.
use crate::measure::{Row, against};
use domain::{
    BusinessDay, Problem,
    rule::{Cell, Figure, IndicatorSource, Inputs, PlaceInput, Rule, Unit, amounts, compute},
};

const RULE: &str = r#"{"format": "allocation-rule/1", "code": "bench", "version": 1, "title": {"ja": "計測", "en": "Bench"},
  "components": [
    {"name": "base", "supply": {"permille": 700}, "weight": "population_total",
     "floors": [{"name": "one", "units": "1"}],
     "caps": [{"name": "wish", "units": "ceil(wish_vials, vials_per_unit)"}, {"name": "freezer", "units": "freezer"}],
     "stock_cut": {"rounds": 3, "percent": 10, "stock": "delivered - used * 2", "use": "used", "max_age_days": 7}},
    {"name": "adjustment", "supply": {"permille": 200}, "weight": "max(0, wish_vials - given_units * vials_per_unit)",
     "caps": [{"name": "wish", "units": "ceil(wish_vials, vials_per_unit) - given_units"}]},
    {"name": "rest", "supply": "rest", "weight": "population_total"}],
  "total_caps": [{"name": "total", "units": "freezer + 3"}], "reserve": {"permille": 10}}"#;
const NAMES: [&str; 5] = ["population_total", "wish_vials", "freezer", "delivered", "used"];

fn inputs(count: i64, supply_units: i64) -> Result<Inputs, Problem> {
    let as_of = BusinessDay::parse("2021-07-05")?;
    let source = |name: &str| IndicatorSource {
        name: name.to_owned(),
        ja: "指標".to_owned(),
        en: name.to_owned(),
        unit: "people".to_owned(),
        source: "made up".to_owned(),
    };
    let place = |n: i64| {
        let values = [100 + n * 7_919 % 20_000, n * 104_729 % 12_000, 5 + n * 31 % 60, n * 13 % 500, n * 17 % 90];
        PlaceInput {
            code: format!("{n:010}"),
            name: String::new(),
            parent: String::new(),
            given_before: 0,
            values: values.map(|value| Cell::Level(Figure { value, as_of })).to_vec(),
        }
    };
    Ok(Inputs {
        as_of,
        supply_units,
        unit: Unit { vials: 195, doses_per_vial: 6 },
        window: None,
        indicators: NAMES.map(source).to_vec(),
        places: (0..count).map(place).collect(),
    })
}

/// Measures the amounts of all clinics, and the proofs of all municipalities.
pub fn rows(sort: impl Fn() -> Vec<u64>) -> Result<Vec<Row>, Problem> {
    let rule = Rule::read(RULE)?;
    let (clinics, municipalities) = (inputs(100_000, 1_950_000)?, inputs(1_741, 40_000)?);
    amounts(&rule, &clinics)?;
    compute(&rule, &municipalities)?;
    Ok(vec![
        against("100,000 places: a rule of three components", || amounts(&rule, &clinics), &sort),
        against("1,741 places: the same with every proof and sentence", || compute(&rule, &municipalities), &sort),
    ])
}
