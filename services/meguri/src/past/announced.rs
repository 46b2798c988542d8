//! Figures that our own nation announced: past-rounds/1, the files in the folder `scenarios`.
use super::{File, Publication, Rounds, add, finding, unreadable};
use chrono::NaiveDate;
use domain::{FieldError, Problem, TerritoryCode, error, territory::Tier, units::COUNT_MAX};
use identity::facts;
use serde::Deserialize;

const FORMAT: &str = "past-rounds/1";

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    format: String,
    /// Where the figures were announced, and what was read into them.
    source: String,
    product: String,
    rounds: Vec<Round>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Round {
    day: NaiveDate,
    days: i32,
    pack_doses: i32,
    lines: Vec<Line>,
}

/// Boxes of one territory, or of every one of a tier.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    #[serde(default)]
    place: Option<TerritoryCode>,
    #[serde(default)]
    every: Option<String>,
    #[serde(default = "all")]
    part: String,
    units: i64,
}

fn all() -> String {
    "all".to_owned()
}

/// One round a day of the file. Rows are counted as lines of the document, from 1.
pub(super) fn read(bytes: &[u8]) -> Result<File, Problem> {
    let malformed = |reason: &str| Problem::new(&error::REQUEST_MALFORMED).with("reason", reason);
    let document: Document = serde_json::from_slice(bytes).map_err(|error| malformed(&error.to_string()))?;
    if document.format != FORMAT {
        return Err(malformed(&format!("format: {FORMAT}")));
    }
    let (mut rejected, mut row) = (Vec::new(), 0_u64);
    let mut rounds = Vec::new();
    for round in document.rounds {
        if round.days < 1 || round.pack_doses < 1 {
            return Err(malformed("days, pack_doses: 1 or more"));
        }
        let publication = Publication { kind: "announced", source: document.source.clone(), days: round.days };
        let mut made = Rounds::new(publication);
        for line in &round.lines {
            row += 1;
            if let Err(error) = take(&mut made, &document.product, &round, line, row) {
                rejected.push((row, error));
            }
        }
        rounds.extend(made.finish());
    }
    let rows = usize::try_from(row).unwrap_or(usize::MAX);
    rounds.sort_by(|one, next| (&one.product, one.day).cmp(&(&next.product, next.day)));
    if let Some(twice) = rounds.windows(2).find_map(|pair| match pair {
        [one, next] if one.day == next.day => Some(one.day),
        _ => None,
    }) {
        return Err(malformed(&format!("the day {twice} stands twice")));
    }
    Ok(File { rows, rounds, rejected })
}

fn take(rounds: &mut Rounds, product: &str, round: &Round, line: &Line, row: u64) -> Result<(), FieldError> {
    let places = places(line).ok_or_else(|| unreadable(row, "place or every", &format!("{line:?}")))?;
    let doses = line.units.checked_mul(i64::from(round.pack_doses)).filter(|doses| doses.abs() <= COUNT_MAX);
    let doses = doses.ok_or_else(|| unreadable(row, "units", &line.units.to_string()))?;
    let made = rounds.of(product, round.day, Some(round.pack_doses));
    for (code, name) in places {
        add(made, row, (&code.to_string(), name), &line.part, doses)?;
        if doses < 0 {
            let problem = Problem::new(&error::PAST_NEGATIVE).with("place", name).with("doses", &doses.to_string());
            made.findings.push(finding(row, &code.to_string(), &problem));
        }
    }
    Ok(())
}

/// Whom a line is about, with their names: exactly one of a known territory and a tier.
fn places(line: &Line) -> Option<Vec<(TerritoryCode, &'static str)>> {
    let own = facts::territories().values().filter(|fact| !fact.is_point());
    let found: Vec<_> = match (line.place, &line.every) {
        (Some(place), None) => own.filter(|fact| fact.code == place).map(|fact| (fact.code, fact.name)).collect(),
        (None, Some(tier)) => {
            let tier = Tier::parse(tier)?;
            own.filter(|fact| fact.code.tier() == tier).map(|fact| (fact.code, fact.name)).collect()
        }
        _ => return None,
    };
    (!found.is_empty()).then_some(found)
}
