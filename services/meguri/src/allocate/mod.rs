//! `meguri allocate run`: computes case files (allocation-cases/1) with the engine, so that a plan can
//! be checked offline and against another implementation.
//!
//! Quantities of an apportionment are doses; the engine shares whole units of `lot_size` doses. Floors,
//! committed amounts and minimum orders round up to units, caps and supply down. The other kinds (lots,
//! moves, figures) have no lot size: their amounts are taken as they are.
pub mod compare;
mod components;
mod fairness;
mod input;
mod kinds;
mod logistics;
pub mod scenario;
pub mod stored;

#[cfg(test)]
mod tests;

pub use compare::compare_files;

use crate::table;
use domain::{Problem, error};
use input::Case;
use platform::{Failure, failure::Result};
use serde_json::{Value, json};
use std::path::Path;

/// What a case is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The result is the expected one.
    Equal,
    /// It is not, or the case could not be computed, whether or not a result is expected.
    Differs,
    /// It was computed, and nothing is expected.
    NotChecked,
}

/// One case, computed.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// As in the file; null if there is none.
    pub id: Value,
    /// As in the file; null if there is none.
    pub kind: Value,
    /// For people.
    pub title: String,
    /// In the shape of `expected`, or why there is none.
    pub result: std::result::Result<Value, Problem>,
    /// Against `expected`.
    pub verdict: Verdict,
}

/// Every case of a file.
#[derive(Debug, Clone)]
pub struct Report {
    /// In the order of the file.
    pub outcomes: Vec<Outcome>,
}

impl Report {
    /// Whether nothing differs from what is expected.
    #[must_use]
    pub fn all_equal(&self) -> bool {
        self.outcomes.iter().all(|outcome| outcome.verdict != Verdict::Differs)
    }

    /// allocation-results/1.
    #[must_use]
    pub fn json(&self) -> Value {
        let result = |outcome: &Outcome| {
            let Outcome { id, kind, result, .. } = outcome;
            match result {
                Ok(result) => json!({ "id": id, "kind": kind, "result": result }),
                Err(problem) => json!({ "id": id, "kind": kind, "error": problem_json(problem) }),
            }
        };
        json!({ "format": "allocation-results/1", "results": self.outcomes.iter().map(result).collect::<Vec<_>>() })
    }

    /// One row per case.
    #[must_use]
    pub fn table(&self) -> String {
        let mut table = table::new(&["case", "kind", "title", "result"], &[]);
        for outcome in &self.outcomes {
            let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            let verdict = match (&outcome.result, outcome.verdict) {
                (Err(problem), _) => format!("error: {}", problem.en()),
                (Ok(_), Verdict::Equal) => "equal".to_owned(),
                (Ok(_), Verdict::Differs) => "DIFFERS".to_owned(),
                (Ok(_), Verdict::NotChecked) => "nothing expected".to_owned(),
            };
            table.add_row([text(&outcome.id), text(&outcome.kind), outcome.title.clone(), verdict]);
        }
        let count = |verdict| self.outcomes.iter().filter(|outcome| outcome.verdict == verdict).count();
        let (equal, differs) = (count(Verdict::Equal), count(Verdict::Differs));
        format!("{table}\n{} cases: {equal} equal, {differs} different or failed", self.outcomes.len())
    }
}

fn problem_json(problem: &Problem) -> Value {
    let fields = problem.errors.iter();
    let fields =
        fields.map(|field| json!({ "path": field.path, "code": field.code.code, "ja": field.ja(), "en": field.en() }));
    json!({ "code": problem.code.code, "ja": problem.ja(), "en": problem.en(), "errors": fields.collect::<Vec<_>>() })
}

/// Computes every case of a file and prints the results as JSON; with `check` a table of the
/// comparison instead (with `json` too, the JSON). Answers whether nothing differs; without `check`
/// always `true`.
///
/// # Errors
/// When the file cannot be read or is not a case file. A case at fault is only an error of its own.
pub fn run_cases(file: &Path, check: bool, json: bool) -> Result<bool> {
    let unreadable = |reason: String| {
        Failure::from(
            Problem::new(&error::IMPORT_UNREADABLE).with("file", &file.display().to_string()).with("reason", &reason),
        )
    };
    let bytes = std::fs::read(file).map_err(|error| unreadable(error.to_string()))?;
    let document: Value = serde_json::from_slice(&bytes).map_err(|error| unreadable(error.to_string()))?;
    let report = compute(&document)?;
    if check {
        table::print(&report.table());
    }
    if json || !check {
        table::print(&serde_json::to_string_pretty(&report.json())?);
    }
    Ok(!check || report.all_equal())
}

/// Computes every case of a document.
///
/// # Errors
/// `allocation.malformed_case` when it is not an allocation-cases/1 document.
pub fn compute(document: &Value) -> std::result::Result<Report, Problem> {
    let cases = document.get("cases").and_then(Value::as_array);
    match (document.get("format").and_then(Value::as_str), cases) {
        (Some("allocation-cases/1"), Some(cases)) => Ok(Report { outcomes: cases.iter().map(outcome).collect() }),
        _ => Err(input::malformed("the document is not of format allocation-cases/1 with a list of cases")),
    }
}

fn outcome(case: &Value) -> Outcome {
    let field = |name: &str| case.get(name).cloned().unwrap_or(Value::Null);
    let result = Case::read(case).and_then(|case| kinds::result(&case));
    let verdict = match (case.get("expected"), &result) {
        (None, Ok(_)) => Verdict::NotChecked,
        (Some(expected), Ok(result)) if expected == result => Verdict::Equal,
        _ => Verdict::Differs,
    };
    let title = field("title").as_str().unwrap_or_default().to_owned();
    Outcome { id: field("id"), kind: field("kind"), title, result, verdict }
}
