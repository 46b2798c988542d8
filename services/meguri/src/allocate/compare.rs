//! `meguri allocate compare FILE --rule A.json --rule B.json`: what other rules would make of the inputs of
//! a published plan. It is no allocation, and every answer says so.
use crate::{demo::read_file, table};
use domain::{
    Problem, error,
    rule::{Inputs, Rule, amounts, publish},
};
use platform::{Failure, failure::Result};
use std::{
    collections::BTreeMap,
    io::Write as _,
    path::{Path, PathBuf},
};
use wire::what_if::watermark;

/// Most rules beside the document's own.
pub const RULES_MAX: usize = 5;

/// A rule, and what it would give.
pub(super) struct Column {
    /// What it is called.
    pub heading: String,
    /// Units by place.
    pub units: BTreeMap<String, i64>,
    /// Units that it would keep or leave.
    pub held: i64,
}

/// Applies the document's own rule and the given ones to the document's inputs, and prints units and
/// differences to the document's rule, as a table or as CSV.
///
/// # Errors
/// When a file cannot be read; those of [`publish::read`], [`Rule::read`] and [`amounts`].
pub fn compare_files(file: &Path, rules: &[PathBuf], csv: bool) -> Result<()> {
    let document = read_file(file)?;
    let mut others = Vec::with_capacity(rules.len());
    for rule in rules {
        let text = String::from_utf8(read_file(rule)?);
        let unreadable = |error: std::string::FromUtf8Error| {
            let position = error.utf8_error().valid_up_to() + 1;
            Problem::new(&error::REQUEST_INVALID_UTF8).with("position", &position.to_string())
        };
        others.push(Rule::read(&text.map_err(unreadable)?)?);
    }
    let text = compared(&document, others, csv)?;
    if csv {
        // a reader that has gone is no error: the rest was not wanted
        let _ = std::io::stdout().write_all(text.as_bytes());
    } else {
        table::print(&text);
    }
    Ok(())
}

/// The comparison, as a table or as CSV.
///
/// # Errors
/// Those of [`publish::read`] and [`amounts`]; `request.too_many_items` for more than [`RULES_MAX`] rules.
pub fn compared(document: &[u8], others: Vec<Rule>, csv: bool) -> Result<String> {
    if others.len() > RULES_MAX {
        return Err(Problem::new(&error::REQUEST_TOO_MANY_ITEMS).with("limit", &RULES_MAX.to_string()).into());
    }
    let publish::Parts { rule, inputs, .. } = publish::read(document)?;
    let mut columns = Vec::with_capacity(others.len() + 1);
    for rule in std::iter::once(rule).chain(others) {
        let amounts = amounts(&rule, &inputs)?;
        let held = amounts.reserve + amounts.left;
        let units = amounts.units.into_iter().map(|line| (line.code, line.units)).collect();
        columns.push(Column { heading: rule.name(), units, held });
    }
    if csv { as_csv(&inputs, &columns) } else { Ok(as_table(&inputs, &columns)) }
}

/// Per place: its code and name, units by each rule, and the difference of each but the first to the first.
fn rows(inputs: &Inputs, columns: &[Column]) -> Vec<(String, String, Vec<i64>)> {
    let mut places: Vec<_> = inputs.places.iter().collect();
    places.sort_by(|a, b| a.code.cmp(&b.code));
    let row = |place: &&domain::rule::PlaceInput| {
        let units = columns.iter().map(|column| column.units.get(&place.code).copied().unwrap_or(0));
        (place.code.clone(), place.name.clone(), with_differences(&units.collect::<Vec<_>>()))
    };
    let mut rows: Vec<_> = places.iter().map(row).collect();
    let sums: Vec<i64> = columns.iter().map(|column| column.units.values().sum()).collect();
    let held: Vec<i64> = columns.iter().map(|column| column.held).collect();
    rows.push((String::new(), "合計 / total".to_owned(), with_differences(&sums)));
    rows.push((String::new(), "配らない分 / not handed out".to_owned(), with_differences(&held)));
    rows
}

fn with_differences(units: &[i64]) -> Vec<i64> {
    let first = units.first().copied().unwrap_or(0);
    units.iter().copied().chain(units.iter().skip(1).map(|units| units - first)).collect()
}

/// Headings after code and name.
fn headings(columns: &[Column]) -> Vec<String> {
    let names: Vec<String> = columns.iter().map(|column| column.heading.clone()).collect();
    let differences = names.iter().skip(1).map(|name| format!("{name} ±"));
    names.iter().cloned().chain(differences).collect()
}

fn marked() -> String {
    let watermark = watermark();
    format!("{} / {}", watermark.ja, watermark.en)
}

pub(super) fn as_table(inputs: &Inputs, columns: &[Column]) -> String {
    let headings = headings(columns);
    let names: Vec<&str> = ["code", "name"].into_iter().chain(headings.iter().map(String::as_str)).collect();
    let right: Vec<usize> = (2..names.len()).collect();
    let mut table = table::new(&names, &right);
    for (code, name, numbers) in rows(inputs, columns) {
        let signed = |(index, number): (usize, &i64)| {
            let sign = if index >= columns.len() && *number > 0 { "+" } else { "" };
            format!("{sign}{}", table::grouped(*number))
        };
        let numbers: Vec<String> = numbers.iter().enumerate().map(signed).collect();
        table.add_row([code, name].into_iter().chain(numbers));
    }
    format!("{}\n{table}\n{}", marked(), marked())
}

/// A byte order mark, by which spreadsheets know UTF-8, the watermark, a heading and a row for each place.
pub(super) fn as_csv(inputs: &Inputs, columns: &[Column]) -> Result<String> {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).flexible(true).from_writer(Vec::new());
    writer.write_record([marked()]).map_err(Failure::internal)?;
    let heading = ["code".to_owned(), "name".to_owned()].into_iter().chain(headings(columns));
    writer.write_record(heading).map_err(Failure::internal)?;
    for (code, name, numbers) in rows(inputs, columns) {
        let numbers = numbers.iter().map(i64::to_string);
        writer.write_record([plain(code), plain(name)].into_iter().chain(numbers)).map_err(Failure::internal)?;
    }
    let bytes = writer.into_inner().map_err(Failure::internal)?;
    Ok(format!("\u{feff}{}", String::from_utf8_lossy(&bytes)))
}

/// Text that no spreadsheet takes for a formula.
fn plain(text: String) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{
        BusinessDay,
        rule::{Cell, Figure, IndicatorSource, PlaceInput, Unit, compute},
    };

    const OWN: &str = include_str!("../../../../rules/covid19-base-adjustment@1.json");
    const OTHER: &str = include_str!("../../../../rules/one-each-then-wishes@1.json");

    fn document() -> String {
        let as_of = BusinessDay::parse("2021-07-05").unwrap();
        let source = |name: &str| IndicatorSource {
            name: name.to_owned(),
            ja: "指標".to_owned(),
            en: "indicator".to_owned(),
            unit: "people".to_owned(),
            source: "made up".to_owned(),
        };
        let place = |(code, name, values): (&str, &str, [i64; 2])| PlaceInput {
            code: code.to_owned(),
            name: name.to_owned(),
            parent: "310000".to_owned(),
            given_before: 0,
            values: values.map(|value| Cell::Level(Figure { value, as_of })).to_vec(),
        };
        let inputs = Inputs {
            as_of,
            supply_units: 7,
            unit: Unit { vials: 195, doses_per_vial: 6 },
            window: None,
            indicators: ["population_total", "wish_vials"].map(source).to_vec(),
            places: [("b", "=二市", [1_000, 390]), ("a", "一市", [4_000, 1_950]), ("c", "三町", [0, 0])]
                .map(place)
                .to_vec(),
        };
        let rule = Rule::read(OWN).unwrap();
        publish::document(&rule, &inputs, &compute(&rule, &inputs).unwrap(), None).unwrap().text
    }

    /// Seven by 4 : 1 is 6 and 1 (5.6 and 1.4); the other rule gives 5, 1, 1 (see the rule's own test).
    #[test]
    fn another_rule_beside_the_documents_own() {
        let csv = compared(document().as_bytes(), vec![Rule::read(OTHER).unwrap()], true).unwrap();
        let lines: Vec<&str> = csv.split("\r\n").collect();
        assert_eq!(
            lines,
            [
                "\u{feff}試算（割当ではありません） / What-if: not an allocation",
                "code,name,covid19-base-adjustment@1,one-each-then-wishes@1,one-each-then-wishes@1 ±",
                "a,一市,6,5,-1",
                "b,'=二市,1,1,0",
                "c,三町,0,1,1",
                ",合計 / total,7,7,0",
                ",配らない分 / not handed out,0,0,0",
                "",
            ]
        );
        let table = compared(document().as_bytes(), vec![Rule::read(OTHER).unwrap()], false).unwrap();
        assert!(table.starts_with("試算（割当ではありません）") && table.ends_with("What-if: not an allocation"));
        assert!(table.contains("一市") && table.contains("+1"), "{table}");
    }

    #[test]
    fn rules_are_few_and_fit_the_inputs() {
        let refused = |rules: Vec<Rule>| match compared(document().as_bytes(), rules, false) {
            Err(Failure::Problem(problem)) => problem.code.code,
            other => panic!("{other:?}"),
        };
        assert_eq!(refused(vec![Rule::read(OWN).unwrap(); RULES_MAX + 1]), "request.too_many_items");
        let stock = include_str!("../../../../rules/july-2021@1.json");
        assert_eq!(refused(vec![Rule::read(stock).unwrap()]), "request.invalid");
    }
}
