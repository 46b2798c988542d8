//! First expired, first out: which lots go to which deliveries.
//!
//! Source: the design of the allocation, section 4.5. A lot fits a delivery when it may still be used on
//! the last day the delivery needs it. The lots that fit a later day fit every earlier one too, so
//! serving the latest need first assigns as much as any other way could; the order of the lines only
//! decides who is short. What has expired is never sent, whatever is short.
mod shelf;

#[cfg(test)]
mod tests;

pub(crate) use shelf::{SameExpiry, Shelf};

use crate::{
    Problem,
    apportionment::{RECIPIENTS_MAX, UNITS_MAX, check::Errors},
    error,
};
use std::collections::BTreeSet;

/// Largest number of a day, counted from any fixed day, and of days of remaining use.
pub const DAY_MAX: i64 = 10_000_000;

/// What there is of one lot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lot {
    /// Unique; decides between lots of the same expiry, compared as bytes.
    pub id: String,
    /// Last day of use, as the number of a day: 0 to [`DAY_MAX`].
    pub expiry_day: i64,
    /// Whole units, up to [`UNITS_MAX`].
    pub quantity: i64,
}

/// One delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Unique; decides between deliveries of the same need, compared as bytes.
    pub code: String,
    /// The day of the delivery, counted as [`Lot::expiry_day`].
    pub delivery_day: i64,
    /// How many days from the delivery on the lot must still be usable: 0 to [`DAY_MAX`].
    pub min_days: i64,
    /// Whole units wanted, up to [`UNITS_MAX`].
    pub quantity: i64,
}

impl Line {
    /// The last day on which the lot must still be usable.
    const fn needed_until(&self) -> i64 {
        self.delivery_day.saturating_add(self.min_days)
    }
}

/// What of one lot goes to one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// The line.
    pub code: String,
    /// The lot.
    pub lot: String,
    /// Units, 1 or more.
    pub quantity: i64,
}

/// What a line wanted and does not get.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Short {
    /// The line.
    pub code: String,
    /// Units, 1 or more.
    pub quantity: i64,
}

/// Which lots go where.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Assignment {
    /// By code, then the lot's expiry, then the lot.
    pub pieces: Vec<Piece>,
    /// By code; lines that get everything are not in it.
    pub short: Vec<Short>,
}

/// Assigns lots to lines: the line that needs its lot longest first, then by code; each takes from the
/// earliest expiry that fits, then by lot, and is split where a lot does not suffice. Among lots of the
/// same expiry one that holds all that is still wanted is preferred, so that a delivery has few lots.
/// O((lots + lines + pieces) log n); does not depend on the order of the input.
///
/// # Errors
/// `allocation.invalid` naming each field at fault (`lots.3.expiry_day`, the code as a parameter):
/// negative amounts or days, anything above [`UNITS_MAX`] or [`DAY_MAX`], a lot or a code given twice.
/// `request.too_many_items` for more than [`RECIPIENTS_MAX`] lots or lines.
pub fn assign(lots: &[Lot], lines: &[Line]) -> Result<Assignment, Problem> {
    check(lots, lines)?;
    let mut shelf = Shelf::new(lots.iter().map(|lot| (lot.id.as_str(), lot.expiry_day, lot.quantity)));
    let mut order: Vec<&Line> = lines.iter().collect();
    order.sort_unstable_by(|a, b| b.needed_until().cmp(&a.needed_until()).then_with(|| a.code.cmp(&b.code)));
    let (mut pieces, mut short) = (Vec::new(), Vec::new());
    for line in order {
        let mut missing = line.quantity;
        for (lot, expiry, quantity) in shelf.take(line.quantity, line.needed_until(), SameExpiry::WholeFit) {
            missing -= quantity;
            pieces.push((line.code.as_str(), expiry, lot, quantity));
        }
        if missing > 0 {
            short.push(Short { code: line.code.clone(), quantity: missing });
        }
    }
    pieces.sort_unstable();
    short.sort_unstable_by(|a, b| a.code.cmp(&b.code));
    let piece = |(code, _, lot, quantity): (&str, i64, &str, i64)| Piece {
        code: code.to_owned(),
        lot: lot.to_owned(),
        quantity,
    };
    Ok(Assignment { pieces: pieces.into_iter().map(piece).collect(), short })
}

fn check(lots: &[Lot], lines: &[Line]) -> Result<(), Problem> {
    if lots.len().max(lines.len()) > RECIPIENTS_MAX {
        return Err(Problem::new(&error::REQUEST_TOO_MANY_ITEMS).with("limit", &RECIPIENTS_MAX.to_string()));
    }
    let (days, units) = (0..=DAY_MAX, 0..=UNITS_MAX);
    let mut errors = Errors::default();
    let mut seen = BTreeSet::new();
    for (place, lot) in lots.iter().enumerate() {
        if !seen.insert(lot.id.as_str()) {
            errors.push(format!("lots.{place}.id"), &error::ALLOCATION_DUPLICATE_CODE, &lot.id, &[]);
        }
        // a path is only written for what is at fault
        if !days.contains(&lot.expiry_day) || !units.contains(&lot.quantity) {
            errors.range(&format!("lots.{place}.expiry_day"), &lot.id, lot.expiry_day, DAY_MAX);
            errors.units(&format!("lots.{place}.quantity"), &lot.id, lot.quantity);
        }
    }
    seen.clear();
    for (place, line) in lines.iter().enumerate() {
        let Line { code, delivery_day, min_days, quantity } = line;
        if !seen.insert(code) {
            errors.push(format!("lines.{place}.code"), &error::ALLOCATION_DUPLICATE_CODE, code, &[]);
        }
        if !days.contains(delivery_day) || !days.contains(min_days) || !units.contains(quantity) {
            errors.range(&format!("lines.{place}.delivery_day"), code, *delivery_day, DAY_MAX);
            errors.range(&format!("lines.{place}.min_days"), code, *min_days, DAY_MAX);
            errors.units(&format!("lines.{place}.quantity"), code, *quantity);
        }
    }
    errors.finish()
}
