//! The report as a table for people.
use super::Report;
use crate::table::grouped;
use comfy_table::{Cell, CellAlignment, ContentArrangement, Table, presets::UTF8_FULL_CONDENSED};
use std::fmt::Write;

/// Wide enough for the longest sentence in either language, narrow enough for a terminal.
const WIDTH: u16 = 118;

/// The report as a table: a row for each check, a row for each of R1-R28 that is covered, a row for each
/// note, and below it what is noted and what does not hold.
#[must_use]
pub fn table(report: &Report) -> String {
    let mut text = format!("{}\n{}\n", checks(report), coverage(report));
    if !report.notes.is_empty() {
        let _ = writeln!(text, "{}", notes(report));
    }
    for note in report.notes.iter().filter(|note| note.count > 0) {
        list(&mut text, [note.id, note.what_ja, note.what_en], &note.shown, note.count);
    }
    for check in report.checks.iter().filter(|check| check.violations_count > 0) {
        list(&mut text, [check.id, check.what_ja, check.what_en], &check.violations, check.violations_count);
    }
    text
}

fn new(header: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_preset(UTF8_FULL_CONDENSED).set_content_arrangement(ContentArrangement::Dynamic).set_width(WIDTH);
    table.set_header(header);
    table
}

fn number(value: i64) -> Cell {
    Cell::new(grouped(value)).set_alignment(CellAlignment::Right)
}

fn verdict(violations: i64) -> Cell {
    Cell::new(if violations == 0 { "OK" } else { "NG" })
}

fn checks(report: &Report) -> Table {
    let mut table = new(&["", "検査 / check", "件数 / examined", "違反 / violations", "ms", ""]);
    for check in &report.checks {
        table.add_row(vec![
            Cell::new(check.id),
            Cell::new(format!("{}\n{}", check.what_ja, check.what_en)),
            number(check.examined),
            number(check.violations_count),
            number(i64::try_from(check.elapsed_ms).unwrap_or(i64::MAX)),
            verdict(check.violations_count),
        ]);
    }
    table
}

fn coverage(report: &Report) -> Table {
    let mut table = new(&["", "検査の数 / checks", "件数 / examined", "違反 / violations", ""]);
    for row in &report.coverage {
        table.add_row(vec![
            Cell::new(row.id),
            number(i64::try_from(row.checks).unwrap_or(i64::MAX)),
            number(row.examined),
            number(row.violations),
            verdict(row.violations),
        ]);
    }
    table
}

/// What is no fault.
fn notes(report: &Report) -> Table {
    let mut table = new(&["", "お知らせ / notes", "件数 / count"]);
    for note in &report.notes {
        table.add_row(vec![
            Cell::new(note.id),
            Cell::new(format!("{}\n{}", note.what_ja, note.what_en)),
            number(note.count),
        ]);
    }
    table
}

fn list(text: &mut String, [id, what_ja, what_en]: [&str; 3], shown: &[String], count: i64) {
    // writing to a String cannot fail
    let _ = writeln!(text, "{id} {what_ja} / {what_en}");
    for line in shown {
        let _ = writeln!(text, "  - {}", harmless(line));
    }
    let more = count - i64::try_from(shown.len()).unwrap_or(i64::MAX);
    if more > 0 {
        let _ = writeln!(text, "  +{}", grouped(more));
    }
}

/// A value from a damaged database may hold anything; a terminal must not act on it.
fn harmless(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}
