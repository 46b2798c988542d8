//! Kind `fairness`: how even a share came out.
use super::input::malformed;
use domain::{
    Problem,
    fairness::{Line, measure},
};
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
pub(super) struct FairnessInput {
    weights: Vec<i64>,
    doses: Vec<i64>,
}

pub(super) fn measured(input: &FairnessInput) -> Result<Value, Problem> {
    let FairnessInput { weights, doses } = input;
    if weights.len() != doses.len() {
        return Err(malformed("weights and doses must be equally many"));
    }
    let line = |(weight, units): (&i64, &i64)| Line { weight: *weight, units: *units, ..Line::default() };
    let lines: Vec<Line> = weights.iter().zip(doses).map(line).collect();
    let found = measure(&lines, 0)?;
    Ok(json!({
        "gini_ppm": found.gini_ppm,
        "jain_ppm": found.jain_ppm,
        "min_coverage_ppm": found.min_coverage_ppm,
        "max_coverage_ppm": found.max_coverage_ppm,
        "sum_abs_deviation_milli": found.sum_abs_deviation_milli,
        "max_abs_deviation_milli": found.max_abs_deviation_milli,
        "lines_off_by_a_unit_or_more": found.lines_off_by_a_unit_or_more,
    }))
}
