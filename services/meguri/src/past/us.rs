//! United States: weekly allocations by jurisdiction (CDC), in long form and wide as published.
use super::{
    Added, File, Publication, Rounds, add,
    csv_file::{self, CsvFile, field},
    finding, number, unreadable,
};
use allocation::app::past_rounds::NewPastRound;
use chrono::NaiveDate;
use domain::{FieldError, Problem, error};
use std::collections::BTreeMap;

const JURISDICTION: &str = "Jurisdiction";
const WEEK: &str = "Week of Allocations";
const FIRST: &str = "1st Dose Allocations";
/// Products of one dose have no such column.
const SECOND: &str = "2nd Dose Allocations";
const SOURCE: &str =
    "CDC, COVID-19 Vaccine Distribution Allocations by Jurisdiction (US federal government work, public domain)";
/// Year of a wide file's first week: its header names none.
const FIRST_YEAR: i32 = 2020;
/// What stands for no allocation in a wide file.
const NONE: &str = "N/A";
/// The row of sums in a wide file.
const TOTAL: &str = "Total";

/// One round a week. The product is named in a wide file; a long one does not say it.
pub(super) fn read(product: Option<&str>, bytes: &[u8]) -> Result<File, Problem> {
    let file = csv_file::read(bytes)?;
    if file.header.iter().any(|column| column == WEEK) { long(product, file) } else { wide(product, file) }
}

/// Doses of the smallest box: 195 vials of 5, from 22 February 2021 of 6 doses; Moderna and Janssen ship
/// hundreds.
fn pack(product: &str, week: NaiveDate) -> Option<i32> {
    let six_doses = NaiveDate::from_ymd_opt(2021, 2, 22)?;
    match product {
        "pfizer" => Some(if week < six_doses { 975 } else { 1_170 }),
        "moderna" | "janssen" => Some(100),
        _ => None,
    }
}

fn unnamed() -> Problem {
    Problem::new(&error::REQUEST_INVALID_FIELD).with("reason", "the file does not name the product: pfizer, moderna …")
}

/// A jurisdiction without its footnote marks: `Guam**`, `Houston ~`.
fn jurisdiction(text: &str) -> &str {
    text.trim_end_matches(|c: char| c.is_whitespace() || "*~^#†‡".contains(c))
}

fn long(product: Option<&str>, file: CsvFile) -> Result<File, Problem> {
    let [place, week, first] = file.places([JURISDICTION, WEEK, FIRST])?;
    let second = file.header.iter().position(|column| column == SECOND);
    let product = product.map(str::to_ascii_lowercase).ok_or_else(unnamed)?;
    let mut rounds = Rounds::new(Publication { kind: "us-allocations", source: SOURCE.to_owned(), days: 7 });
    let (mut rejected, count) = (Vec::new(), file.rows.len());
    for (line, row) in file.rows {
        let mut take = |row: Vec<String>| {
            let doses = |name: &str, place: usize| {
                number(field(&row, place)).ok_or_else(|| unreadable(line, name, field(&row, place)))
            };
            let day = field(&row, week).parse().map_err(|_| unreadable(line, WEEK, field(&row, week)))?;
            let name = jurisdiction(field(&row, place));
            if name.is_empty() {
                return Err(unreadable(line, JURISDICTION, field(&row, place)));
            }
            let first = doses(FIRST, first)?;
            let second = second.map(|second| doses(SECOND, second)).transpose()?;
            put(rounds.of(&product, day, pack(&product, day)), line, name, Some(first), second)
        };
        if let Err(error) = row.and_then(&mut take) {
            rejected.push((line, error));
        }
    }
    Ok(File { rows: count, rounds: rounds.finish(), rejected })
}

/// A jurisdiction's first and second doses of a week, with what is odd about them.
fn put(round: &mut NewPastRound, line: u64, place: &str, first: Option<i64>, second: Option<i64>) -> Added {
    for (part, doses) in [("first", first), ("second", second)] {
        if let Some(doses) = doses {
            add(round, line, (place, place), part, doses)?;
        }
    }
    let found = odd(round.pack_doses.map(i64::from), place, first, second);
    round.findings.extend(found.iter().map(|problem| finding(line, place, problem)));
    Ok(())
}

fn odd(pack: Option<i64>, place: &str, first: Option<i64>, second: Option<i64>) -> Vec<Problem> {
    let is_whole = |doses: i64| pack.is_none_or(|pack| doses % pack == 0);
    let mut found = Vec::new();
    for (doses, other) in [(first, second), (second, first)] {
        let Some(doses) = doses.filter(|doses| !is_whole(*doses)) else { continue };
        let meant = other.filter(|other| is_whole(*other) && is_near(*other, doses));
        let code = if meant.is_some() { &error::PAST_SLIP } else { &error::PAST_NOT_WHOLE_PACKS };
        let problem = Problem::new(code).with("place", place).with("doses", &doses.to_string());
        let problem = problem.with("pack", &pack.unwrap_or(1).to_string());
        found.push(match meant {
            Some(other) => problem.with("other", &other.to_string()),
            None => problem,
        });
    }
    if let (true, Some(first), Some(second)) = (found.is_empty(), first, second)
        && first != second
    {
        let problem = Problem::new(&error::PAST_DOSES_DIFFER).with("place", place);
        found.push(problem.with("first", &first.to_string()).with("second", &second.to_string()));
    }
    found
}

/// Do two numbers of one length differ in one or two digits only: typed wrongly, or in the wrong order?
fn is_near(one: i64, other: i64) -> bool {
    let (one, other) = (one.to_string(), other.to_string());
    let differing = one.bytes().zip(other.bytes()).filter(|(one, other)| one != other).count();
    one.len() == other.len() && differing <= 2
}

/// What a column of a wide file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Column {
    First(NaiveDate),
    Second(NaiveDate),
    /// Names, regions, and sums over weeks.
    Other,
}

/// The columns: `Doses allocated … week of 12/14`, `Second Dose Shipment … week of 12/14`. The wording changes
/// from week to week; a month that goes back begins the next year.
fn columns(header: &[String]) -> Option<Vec<Column>> {
    let (mut year, mut month_before) = (FIRST_YEAR, 0);
    let mut columns = Vec::with_capacity(header.len());
    for title in header {
        let Some((before, day)) = title.split_once("week of ") else {
            columns.push(Column::Other);
            continue;
        };
        let (month, day) = day.split_once('/')?;
        let (month, day): (u32, u32) = (month.parse().ok()?, day.trim().parse().ok()?);
        year += i32::from(month < month_before);
        month_before = month;
        let week = NaiveDate::from_ymd_opt(year, month, day)?;
        let is_second = before.to_ascii_lowercase().contains("second dose");
        columns.push(if is_second { Column::Second(week) } else { Column::First(week) });
    }
    columns.iter().any(|column| *column != Column::Other).then_some(columns)
}

fn wide(product: Option<&str>, file: CsvFile) -> Result<File, Problem> {
    let [name] = file.places([JURISDICTION])?;
    let missing = || Problem::new(&error::IMPORT_UNKNOWN_HEADER).with_list("missing", &[WEEK, "… week of MM/DD"]);
    let columns = columns(&file.header).ok_or_else(missing)?;
    let named = ["pfizer", "moderna", "janssen"].into_iter();
    let mut named = named.filter(|name| file.header.iter().any(|title| title.to_ascii_lowercase().contains(name)));
    let product = product.map(str::to_ascii_lowercase).or_else(|| named.next().map(str::to_owned));
    let product = product.ok_or_else(unnamed)?;
    let mut rounds = Rounds::new(Publication { kind: "us-allocations-wide", source: SOURCE.to_owned(), days: 7 });
    let mut rejected = Vec::new();
    let count = file.rows.len();
    let mut totals = None;
    for (line, row) in file.rows {
        let taken = row.and_then(|row| {
            let weeks = weeks(line, &file.header, &columns, &row)?;
            let place = jurisdiction(field(&row, name)).to_owned();
            match place.as_str() {
                "" => Err(unreadable(line, JURISDICTION, field(&row, name))),
                TOTAL => {
                    totals = Some((line, weeks));
                    Ok(())
                }
                place => weeks.into_iter().try_for_each(|(week, (first, second))| {
                    put(rounds.of(&product, week, pack(&product, week)), line, place, first, second)
                }),
            }
        });
        if let Err(error) = taken {
            rejected.push((line, error));
        }
    }
    if let Some((line, weeks)) = totals {
        check_totals(&mut rounds, &product, line, &weeks);
    }
    Ok(File { rows: count, rounds: rounds.finish(), rejected })
}

/// First and second doses of each week.
type Weeks = BTreeMap<NaiveDate, (Option<i64>, Option<i64>)>;

/// A row's figures by week; weeks without any are left out.
fn weeks(line: u64, header: &[String], columns: &[Column], row: &[String]) -> Result<Weeks, FieldError> {
    let mut weeks = Weeks::new();
    for (place, column) in columns.iter().enumerate() {
        let text = field(row, place);
        if *column == Column::Other || text == NONE {
            continue;
        }
        let doses = number(text).ok_or_else(|| unreadable(line, field(header, place), text))?;
        match column {
            Column::First(week) => weeks.entry(*week).or_default().0 = Some(doses),
            Column::Second(week) => weeks.entry(*week).or_default().1 = Some(doses),
            Column::Other => {}
        }
    }
    Ok(weeks)
}

/// The published sums against what was taken.
fn check_totals(rounds: &mut Rounds, product: &str, line: u64, totals: &Weeks) {
    for (week, (first, second)) in totals {
        let round = rounds.of(product, *week, pack(product, *week));
        for (part, total) in [("first", first), ("second", second)] {
            let own = round.lines.iter().filter(|line| line.part == part);
            let sum = own.fold(0_i64, |sum, line| sum.saturating_add(line.doses));
            if let Some(total) = total.filter(|total| *total != sum) {
                let problem = Problem::new(&error::PAST_TOTAL_DIFFERS).with("place", TOTAL);
                let problem = problem.with("total", &total.to_string()).with("sum", &sum.to_string());
                round.findings.push(finding(line, TOTAL, &problem));
            }
        }
    }
}
