//! `meguri allocate replay PLAN`: a plan of this instance, computed again from its document alone, and
//! compared with what the plan's own row and lines say.
use crate::home::Home;
use allocation_store::{read, rows::PlanLine};
use domain::{
    Problem, error,
    rule::publish::{self, Replay},
};
use platform::failure::Result;
use serde::Deserialize;
use serde_json::Value;
use std::{collections::BTreeMap, fmt::Write as _};
use uuid::Uuid;

/// What was found.
#[derive(Debug, Clone)]
pub struct Stored {
    /// The document, computed again.
    pub replay: Replay,
    /// What the plan's row and lines say otherwise than its document, the first hundred.
    pub differences: Vec<String>,
}

impl Stored {
    /// Nothing is other than it was computed.
    #[must_use]
    pub fn is_equal(&self) -> bool {
        self.replay.equal && self.differences.is_empty()
    }
}

const SHOWN_MAX: usize = 100;

#[derive(Deserialize)]
struct Document {
    digest: String,
    result_digest: String,
    rule: Value,
    inputs: Inputs,
    result: Outcome,
}

#[derive(Deserialize)]
struct Inputs {
    places: Vec<Input>,
}

#[derive(Deserialize)]
struct Input {
    code: String,
    parent: String,
}

#[derive(Deserialize)]
struct Outcome {
    places: Vec<Place>,
}

#[derive(Deserialize)]
struct Place {
    code: String,
    units: i64,
}

/// Computes a plan's document again, and compares it with the plan.
///
/// # Errors
/// `allocation.plan_not_found`; `allocation.no_document` when nothing was computed for it, as for an assignment
/// to sites; those of [`publish::replay`]; the database's.
pub async fn replay(home: &Home, plan: Uuid) -> Result<Stored> {
    let name = plan.to_string();
    let db = home.pool("allocation_app", "allocation")?;
    let mut snapshot = db.snapshot().await?;
    let missing = || Problem::new(&error::ALLOCATION_PLAN_NOT_FOUND).with("plan", &name);
    let row = read::plan(snapshot.conn(), plan, false).await?.ok_or_else(missing)?;
    // a prefecture's draft of the nation's lines was computed as the nation's
    let drawn_from = row.rule.get("flat_lines_of").and_then(Value::as_str);
    let computed: Uuid = drawn_from.and_then(|plan| plan.parse().ok()).unwrap_or(plan);
    let none = || Problem::new(&error::ALLOCATION_NO_DOCUMENT).with("plan", &name);
    let stored = read::rules::plan_document(snapshot.conn(), computed).await?.ok_or_else(none)?;
    let lines = read::lines(snapshot.conn(), plan, true).await?;
    snapshot.close().await;

    let replay = publish::replay(stored.document.as_bytes())?;
    let document: Document = serde_json::from_str(&stored.document)?;
    let mut differences = Vec::new();
    for (what, digest, said) in [
        ("plan has the digest", &row.digest, &document.digest),
        ("document's row has the digest", &stored.digest, &document.digest),
        ("document's row has the result digest", &stored.result_digest, &document.result_digest),
    ] {
        if hex::encode(digest) != *said {
            differences.push(format!("the {what} {}, the document {said}", hex::encode(digest)));
        }
    }
    // a draft of the nation's lines keeps the nation's rule below its own origin
    let rule = row.rule.get("rule").filter(|_| drawn_from.is_some()).unwrap_or(&row.rule).get("document");
    if rule.is_some_and(|rule| *rule != document.rule) {
        differences.push("the plan's rule is not that of the document".to_owned());
    }
    differences.extend(lines_apart(&document, &lines, drawn_from.map(|_| row.holder.as_str())));
    differences.truncate(SHOWN_MAX);
    Ok(Stored { replay, differences })
}

/// Where the lines of a plan and the places of its document are not the same, in both directions, sums of
/// prefectures among them. `only`: the plan has the places below this territory and no others.
fn lines_apart(document: &Document, lines: &[PlanLine], only: Option<&str>) -> Vec<String> {
    let parents: BTreeMap<&str, &str> =
        document.inputs.places.iter().map(|place| (place.code.as_str(), place.parent.as_str())).collect();
    let (mut units, mut sums) = (BTreeMap::new(), BTreeMap::<&str, i64>::new());
    for place in &document.result.places {
        let parent = parents.get(place.code.as_str()).copied().unwrap_or_default();
        if only.is_none_or(|holder| holder == parent) {
            units.insert(place.code.as_str(), place.units);
            *sums.entry(parent).or_default() += place.units;
        }
    }
    let mut apart = Vec::new();
    for line in lines {
        let is_sum = line.explanation.get("sum_of_municipalities").is_some();
        let recipient = line.recipient.as_str();
        match if is_sum { sums.get(recipient).copied() } else { units.remove(recipient) } {
            Some(units) if units == line.computed => {}
            Some(units) => apart.push(format!("{recipient}: the line says {}, the document {units}", line.computed)),
            None => apart.push(format!("{recipient}: the document has no such line")),
        }
    }
    apart
        .extend(units.iter().map(|(place, units)| format!("{place}: the document says {units}, the plan has no line")));
    apart
}

/// A document in a file, computed again.
///
/// # Errors
/// Those of [`publish::replay`].
pub fn replay_file(bytes: &[u8]) -> std::result::Result<Stored, Problem> {
    Ok(Stored { replay: publish::replay(bytes)?, differences: Vec::new() })
}

/// What was found, for people.
#[must_use]
pub fn render(stored: &Stored) -> String {
    let Replay { lines, lines_equal, digest, differences, difference_count, words, bytes_equal, .. } = &stored.replay;
    let mut text = format!(
        "{}\n{lines_equal} of {lines} lines are the same; digest {} ({})",
        if stored.is_equal() { "一致 / equal" } else { "不一致 / DIFFERS" },
        digest.computed,
        if digest.given == digest.computed { "as published" } else { "published with another" },
    );
    text.push_str(if *bytes_equal {
        "\nthe bytes are exactly those that this program writes"
    } else {
        "\nthe bytes are not those that this program writes: layout, wording or content is another"
    });
    if words.given != words.computed {
        let _ = write!(text, "\nthe sentences are of {} and were not compared ({})", words.given, words.computed);
    }
    let said = |value: &Option<String>| value.clone().unwrap_or_else(|| "nothing".to_owned());
    for difference in differences {
        let (given, computed) = (said(&difference.given), said(&difference.computed));
        let _ = write!(text, "\n{}: {given} instead of {computed}", difference.path);
    }
    if *difference_count > differences.len() {
        let _ = write!(text, "\n… {difference_count} in all");
    }
    for difference in &stored.differences {
        let _ = write!(text, "\n{difference}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn line(recipient: &str, computed: i64, explanation: Value) -> PlanLine {
        PlanLine {
            plan_id: Uuid::nil(),
            recipient: recipient.to_owned(),
            under: None,
            computed,
            units: computed,
            explanation,
            state: "planned".to_owned(),
        }
    }

    #[test]
    fn lines_and_document_are_compared_both_ways() {
        let document: Document = serde_json::from_value(json!({
            "digest": "", "result_digest": "", "rule": {},
            "inputs": {"places": [
                {"code": "a1", "parent": "a"}, {"code": "a2", "parent": "a"}, {"code": "b1", "parent": "b"}]},
            "result": {"places": [
                {"code": "a1", "units": 3}, {"code": "a2", "units": 4}, {"code": "b1", "units": 5}]},
        }))
        .unwrap();
        let sum = || json!({"sum_of_municipalities": 2});
        let leaf = || json!({});
        let all = [
            line("a", 7, sum()),
            line("b", 5, sum()),
            line("a1", 3, leaf()),
            line("a2", 4, leaf()),
            line("b1", 5, leaf()),
        ];
        assert!(lines_apart(&document, &all, None).is_empty());
        assert!(lines_apart(&document, &all[2..4], Some("a")).is_empty());
        // a line that is gone, one too many, a sum that is not the sum
        assert_eq!(lines_apart(&document, &all[..4], None), ["b1: the document says 5, the plan has no line"]);
        assert_eq!(lines_apart(&document, &all[2..], Some("a")), ["b1: the document has no such line"]);
        let wrong = [line("a", 8, sum()), line("c", 1, sum())];
        let apart = lines_apart(&document, &wrong, Some("a"));
        assert!(apart.contains(&"a: the line says 8, the document 7".to_owned()), "{apart:?}");
        assert!(apart.contains(&"c: the document has no such line".to_owned()), "{apart:?}");
    }
}
