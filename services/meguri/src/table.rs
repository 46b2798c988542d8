//! Tables for people: comfy-table, in one look.
use comfy_table::{CellAlignment, ContentArrangement, Table, presets::UTF8_FULL_CONDENSED};

/// A table with these headings. Columns named in `right` are aligned to the right (numbers).
#[must_use]
pub fn new(headings: &[&str], right: &[usize]) -> Table {
    let mut table = Table::new();
    table.load_preset(UTF8_FULL_CONDENSED).set_content_arrangement(ContentArrangement::Dynamic).set_header(headings);
    for column in right {
        if let Some(column) = table.column_mut(*column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}

/// 24870 as 24,870.
#[must_use]
pub fn grouped(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if number < 0 { format!("-{text}") } else { text }
}

/// A duration in seconds with one decimal, without going through a float.
#[must_use]
pub fn seconds(duration: std::time::Duration) -> String {
    let tenths = (duration.as_millis() + 50) / 100;
    format!("{}.{} s", tenths / 10, tenths % 10)
}

/// Prints to standard output. A reader that has gone (`meguri audit | head`) is no error: the rest
/// was not wanted.
pub fn print(text: &str) {
    use std::io::Write as _;
    let _ = writeln!(std::io::stdout(), "{text}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_and_times_rounded() {
        assert_eq!(["0", "999", "1,000", "-24,870"], [0, 999, 1_000, -24_870].map(grouped)[..]);
        assert_eq!(seconds(std::time::Duration::from_millis(1_949)), "1.9 s");
        assert_eq!(seconds(std::time::Duration::from_millis(1_950)), "2.0 s");
    }
}
