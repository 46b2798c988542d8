//! `meguri import past-round`: what others allocated in the past, as it was published. Reading is pure; what
//! is odd about a row is told and the row taken as it is, what cannot be read is told and left out.
mod announced;
mod csv_file;
mod italy;
mod us;

#[cfg(test)]
mod tests;

use crate::{
    home::Home,
    import::RejectedRow,
    table::{self, grouped},
};
use allocation::app::past_rounds::{NewPastRound, import_past_rounds};
use chrono::NaiveDate;
use domain::{FieldError, Problem, error, units::COUNT_MAX};
use platform::{OpCtx, clock::Clock, failure::Result};
use serde::Serialize;
use std::{collections::BTreeMap, fmt::Write as _};
use wire::past_round::{Finding, PastLine};

/// Rows that a table shows of a long list.
const SHOWN: usize = 20;

/// Which publication a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Kind {
    /// United States: weekly allocations by jurisdiction (CDC), long form or wide as published.
    UsAllocations,
    /// Italy: deliveries by region, product and day (consegne-vaccini-latest.csv).
    ItalyDeliveries,
    /// Announced figures of our own nation (past-rounds/1, as in the folder scenarios).
    Announced,
}

/// What a file says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct File {
    /// Data rows.
    pub rows: usize,
    /// In the order of product and day.
    pub rounds: Vec<NewPastRound>,
    /// Rows that cannot be read: line, why.
    pub rejected: Vec<(u64, FieldError)>,
}

/// Reads a file. Pure.
///
/// # Errors
/// For the file as a whole: `import.unknown_header`, `import.malformed_csv`, `import.invalid_utf8`,
/// `request.malformed`, and `request.invalid_field` when `product` is missing where the file does not name it.
pub fn read(kind: Kind, product: Option<&str>, bytes: &[u8]) -> std::result::Result<File, Problem> {
    match kind {
        Kind::UsAllocations => us::read(product, bytes),
        Kind::ItalyDeliveries => italy::read(bytes),
        Kind::Announced => announced::read(bytes),
    }
}

/// What the rounds of one publication have in common.
struct Publication {
    kind: &'static str,
    source: String,
    days: i32,
}

/// Rounds while they are put together from rows in any order.
struct Rounds {
    publication: Publication,
    rounds: BTreeMap<(String, NaiveDate), NewPastRound>,
}

impl Rounds {
    fn new(publication: Publication) -> Self {
        Self { publication, rounds: BTreeMap::new() }
    }

    /// The round of a product and day, made if it is not there yet.
    fn of(&mut self, product: &str, day: NaiveDate, pack_doses: Option<i32>) -> &mut NewPastRound {
        let Publication { kind, source, days } = &self.publication;
        let new = || NewPastRound {
            kind: (*kind).to_owned(),
            source: source.clone(),
            product: product.to_owned(),
            day,
            days: *days,
            pack_doses,
            findings: Vec::new(),
            lines: Vec::new(),
        };
        self.rounds.entry((product.to_owned(), day)).or_insert_with(new)
    }

    fn finish(self) -> Vec<NewPastRound> {
        self.rounds.into_values().collect()
    }
}

/// Adds a line to a round, with its whole boxes.
///
/// # Errors
/// `past.duplicate_row` when the place stands there already with this part.
fn add(round: &mut NewPastRound, line: u64, place: (&str, &str), part: &str, doses: i64) -> Added {
    let (code, name) = place;
    if round.lines.iter().any(|known| known.place == code && known.part == part) {
        let error = FieldError::new(format!("line {line}"), &error::PAST_DUPLICATE_ROW);
        return Err(error.with("place", code).with("day", &round.day.to_string()));
    }
    let pack = round.pack_doses.map_or(1, i64::from);
    let units = if doses % pack == 0 { doses.checked_div(pack) } else { None };
    round.lines.push(PastLine {
        place: code.to_owned(),
        name: name.to_owned(),
        part: part.to_owned(),
        doses,
        units: units.filter(|_| round.pack_doses.is_some()),
        row: i32::try_from(line).unwrap_or(i32::MAX),
    });
    Ok(())
}

type Added = std::result::Result<(), FieldError>;

/// A finding about a row, told by a problem of the table of codes.
fn finding(line: u64, place: &str, problem: &Problem) -> Finding {
    Finding {
        row: i64::try_from(line).unwrap_or(i64::MAX),
        place: place.to_owned(),
        code: problem.code.code.to_owned(),
        ja: problem.ja(),
        en: problem.en(),
    }
}

/// `request.invalid_field` of a row.
fn unreadable(line: u64, column: &str, value: &str) -> FieldError {
    let error = FieldError::new(format!("line {line}"), &error::REQUEST_INVALID_FIELD);
    error.with("reason", &format!("{column}: {value}"))
}

/// A whole number as publications write it: `31,200`, `-50000`. At most 2^53 either way.
fn number(text: &str) -> Option<i64> {
    let (sign, digits) = text.strip_prefix('-').map_or((1, text), |digits| (-1, digits));
    let groups: Vec<&str> = digits.split(',').collect();
    let (first, rest) = groups.split_first()?;
    let fits = !first.is_empty() && (rest.is_empty() || first.len() <= 3) && rest.iter().all(|group| group.len() == 3);
    let digits = groups.concat();
    let is_number = fits && digits.bytes().all(|byte| byte.is_ascii_digit());
    let number: i64 = is_number.then(|| digits.parse().ok()).flatten()?;
    (number <= COUNT_MAX).then(|| number.checked_mul(sign)).flatten()
}

/// A product's name in lower case, words joined by hyphens: `Pfizer/BioNTech` is `pfizer-biontech`.
fn slug(name: &str) -> String {
    let words = name.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_ascii_lowercase).collect::<Vec<_>>().join("-")
}

/// A finding, and the round that it is about.
#[derive(Debug, Clone, Serialize)]
pub struct Odd {
    /// Product.
    pub product: String,
    /// First day of the round.
    pub day: NaiveDate,
    /// What is odd.
    #[serde(flatten)]
    pub finding: Finding,
}

/// What an import did, as `--json` writes it.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Summary {
    /// Data rows in the file.
    pub rows: usize,
    /// Rounds taken in.
    pub rounds_new: usize,
    /// Rounds that were there already.
    pub rounds_unchanged: usize,
    /// Rounds that were there with other figures, and were left as they were.
    pub rounds_differing: Vec<String>,
    /// Doses of all rounds of the file.
    pub doses: i64,
    /// What is odd about rows that were taken as published.
    pub findings: Vec<Odd>,
    /// Rows not taken.
    pub rejected_rows: Vec<RejectedRow>,
}

impl Summary {
    /// Everything of the file is there as the file says it.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.rejected_rows.is_empty() && self.rounds_differing.is_empty()
    }
}

/// Imports a file's bytes. Importing the same again changes nothing.
///
/// # Errors
/// Those of [`read`]; the database's.
pub async fn past_round(home: &Home, kind: Kind, product: Option<&str>, bytes: &[u8]) -> Result<Summary> {
    let file = read(kind, product, bytes)?;
    let db = home.pool("allocation_app", "allocation")?;
    let ctx = OpCtx::system("importer", &Clock::load(&db).await?);
    let done = import_past_rounds(&db, &ctx, &file.rounds).await?;
    let odd = |round: &NewPastRound| {
        let (product, day) = (round.product.clone(), round.day);
        let of = move |finding: &Finding| Odd { product: product.clone(), day, finding: finding.clone() };
        round.findings.iter().map(of).collect::<Vec<_>>()
    };
    let row = |(line, error): &(u64, FieldError)| RejectedRow {
        line: *line,
        code: error.code.code,
        ja: error.ja(),
        en: error.en(),
    };
    let lines = file.rounds.iter().flat_map(|round| &round.lines);
    Ok(Summary {
        rows: file.rows,
        rounds_new: done.new,
        rounds_unchanged: done.unchanged,
        rounds_differing: done.differing.iter().map(ToString::to_string).collect(),
        doses: lines.fold(0, |sum: i64, line| sum.saturating_add(line.doses)),
        findings: file.rounds.iter().flat_map(odd).collect(),
        rejected_rows: file.rejected.iter().map(row).collect(),
    })
}

/// The summary as a table people can read.
#[must_use]
pub fn render(summary: &Summary) -> String {
    let mut table = table::new(&["取り込み", "import", "count"], &[2]);
    let count = |number: usize| grouped(i64::try_from(number).unwrap_or(i64::MAX));
    for (ja, en, number) in [
        ("行", "rows read", count(summary.rows)),
        ("クール（新規）", "rounds, new", count(summary.rounds_new)),
        ("クール（変更なし）", "rounds, unchanged", count(summary.rounds_unchanged)),
        ("クール（数が違い、そのまま）", "rounds with other figures, left", count(summary.rounds_differing.len())),
        ("回分", "doses", grouped(summary.doses)),
        ("注意のある行", "odd rows, taken as published", count(summary.findings.len())),
        ("取り込めない行", "rejected rows", count(summary.rejected_rows.len())),
    ] {
        table.add_row([ja.to_owned(), en.to_owned(), number]);
    }
    let mut text = table.to_string();
    for round in &summary.rounds_differing {
        let _ = write!(text, "\n  {round}");
    }
    for Odd { product, day, finding } in summary.findings.iter().take(SHOWN) {
        let Finding { row, code, ja, en, .. } = finding;
        let _ = write!(text, "\n  {row} 行目 line {row}: {product} {day} {code} {ja} / {en}");
    }
    for row in summary.rejected_rows.iter().take(SHOWN) {
        let _ = write!(text, "\n  {} 行目 line {}: {} {} / {}", row.line, row.line, row.code, row.ja, row.en);
    }
    let hidden = summary.findings.len().saturating_sub(SHOWN) + summary.rejected_rows.len().saturating_sub(SHOWN);
    if hidden > 0 {
        let _ = write!(text, "\n  … ほか{hidden}件 / and {hidden} more (--json lists all)");
    }
    text
}
