//! How even a share came out: figures in whole numbers, the same for everyone who computes them again.
//!
//! Coverage of a line is its amount by its weight (vials by people). Source of the figures: the design
//! of the allocation, section 4.8. Shares are parts per million and deviations thousandths of a unit,
//! both rounded half up; nothing here is a float. The same functions serve a plan, the running total
//! of its rounds, and a what-if; [`difference`] sets two beside each other.
mod wide;

#[cfg(test)]
mod tests;

use crate::{
    Problem,
    apportionment::{self, Binding, RECIPIENTS_MAX, UNITS_MAX, WEIGHT_MAX, check::Errors},
    error,
};
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;
use wide::Wide;

/// One in parts per million.
pub const MILLION: i64 = 1_000_000;

/// One who got a share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Line {
    /// What the share is measured by: 0 to [`WEIGHT_MAX`].
    pub weight: i64,
    /// What was given, in units (boxes, vials or doses): 0 to [`UNITS_MAX`].
    pub units: i64,
    /// A cap kept it from more.
    pub at_cap: bool,
    /// A floor lifted it.
    pub at_floor: bool,
}

impl Line {
    /// A line of an apportionment, with the weight of its recipient.
    #[must_use]
    pub fn of(weight: i64, line: &apportionment::Line) -> Self {
        let at_cap = matches!(line.binding, Binding::Cap | Binding::CapBelowMinOrder);
        let at_floor = matches!(line.binding, Binding::Floor | Binding::FloorProrated);
        Self { weight, units: line.units, at_cap, at_floor }
    }
}

/// The figures. A line of weight 0 has no coverage: it is left out of `gini_ppm`, `jain_ppm` and the
/// coverages, and its exact quota is 0. A figure is `None` when there is nothing to divide by: an
/// unknown share is not zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fairness {
    /// Lines in all.
    pub lines: i64,
    /// Lines of weight 0.
    pub lines_without_weight: i64,
    /// Units given, X.
    pub given: i64,
    /// Units that nobody got.
    pub reserve: i64,
    /// The reserve by everything there was.
    pub reserve_ppm: Option<i64>,
    /// Gini of coverage, each line counted by its weight: Σ over pairs of |xᵢwⱼ − xⱼwᵢ|, by W·X.
    /// 0 is the same coverage everywhere. `None` when nothing was given.
    pub gini_ppm: Option<i64>,
    /// Jain's index of coverage by weight: X² by W·Σ xᵢ²/wᵢ. 1,000,000 is the same coverage everywhere.
    pub jain_ppm: Option<i64>,
    /// The lowest coverage, in millionths of a unit per weight.
    pub min_coverage_ppm: Option<i64>,
    /// The highest.
    pub max_coverage_ppm: Option<i64>,
    /// The lowest by the highest.
    pub coverage_ratio_ppm: Option<i64>,
    /// Σ |xᵢ − qᵢ|, where the exact quota qᵢ is X·wᵢ/W of what was given. `None` when nobody has weight.
    pub sum_abs_deviation_milli: Option<i64>,
    /// The largest |xᵢ − qᵢ|.
    pub max_abs_deviation_milli: Option<i64>,
    /// Quota misses: lines that are off their exact quota by a unit or more.
    pub lines_off_by_a_unit_or_more: Option<i64>,
    /// Lines that a cap kept from more.
    pub lines_at_cap: i64,
    /// Lines that a floor lifted.
    pub lines_at_floor: i64,
}

/// Measures what `lines` got and what nobody got. O(n log n).
///
/// Everything is exact but the sum in Jain's index, which is kept to 2⁻⁷⁵ of itself (128 binary places
/// of each xᵢ²/wᵢ): an index that lies below a half by less than that rounds up like the half.
///
/// # Errors
/// `allocation.invalid` naming each field at fault (`lines.3.weight`): negative amounts, a weight above
/// [`WEIGHT_MAX`], units above [`UNITS_MAX`] in one line or (`supply`) in all, the reserve among them.
/// `request.too_many_items` for more than [`RECIPIENTS_MAX`] lines.
pub fn measure(lines: &[Line], reserve: i64) -> Result<Fairness, Problem> {
    let given = checked(lines, reserve)?;
    let (weighted, total) = weighted(lines);
    let mut fairness = Fairness {
        lines: count(lines.len()),
        lines_without_weight: count(lines.len() - weighted.len()),
        given,
        reserve,
        reserve_ppm: rounded(wide(reserve) * 1_000_000, wide(given) + wide(reserve)),
        lines_at_cap: count(lines.iter().filter(|line| line.at_cap).count()),
        lines_at_floor: count(lines.iter().filter(|line| line.at_floor).count()),
        ..Fairness::default()
    };
    fairness.coverages(&weighted, total);
    fairness.deviations(lines, total);
    Ok(fairness)
}

/// Each figure of `b` less that of `a`; `None` where either is unknown.
#[must_use]
pub fn difference(a: &Fairness, b: &Fairness) -> Fairness {
    let both = |a: Option<i64>, b: Option<i64>| a.zip(b).map(|(a, b)| b - a);
    Fairness {
        lines: b.lines - a.lines,
        lines_without_weight: b.lines_without_weight - a.lines_without_weight,
        given: b.given - a.given,
        reserve: b.reserve - a.reserve,
        reserve_ppm: both(a.reserve_ppm, b.reserve_ppm),
        gini_ppm: both(a.gini_ppm, b.gini_ppm),
        jain_ppm: both(a.jain_ppm, b.jain_ppm),
        min_coverage_ppm: both(a.min_coverage_ppm, b.min_coverage_ppm),
        max_coverage_ppm: both(a.max_coverage_ppm, b.max_coverage_ppm),
        coverage_ratio_ppm: both(a.coverage_ratio_ppm, b.coverage_ratio_ppm),
        sum_abs_deviation_milli: both(a.sum_abs_deviation_milli, b.sum_abs_deviation_milli),
        max_abs_deviation_milli: both(a.max_abs_deviation_milli, b.max_abs_deviation_milli),
        lines_off_by_a_unit_or_more: both(a.lines_off_by_a_unit_or_more, b.lines_off_by_a_unit_or_more),
        lines_at_cap: b.lines_at_cap - a.lines_at_cap,
        lines_at_floor: b.lines_at_floor - a.lines_at_floor,
    }
}

/// Units given in all.
fn checked(lines: &[Line], reserve: i64) -> Result<i64, Problem> {
    if lines.len() > RECIPIENTS_MAX {
        return Err(Problem::new(&error::REQUEST_TOO_MANY_ITEMS).with("limit", &RECIPIENTS_MAX.to_string()));
    }
    let mut errors = Errors::default();
    let mut given = 0_i64;
    for (place, line) in lines.iter().enumerate() {
        // a path is only written for a line at fault
        if !(0..=WEIGHT_MAX).contains(&line.weight) || !(0..=UNITS_MAX).contains(&line.units) {
            errors.range(&format!("lines.{place}.weight"), "", line.weight, WEIGHT_MAX);
            errors.units(&format!("lines.{place}.units"), "", line.units);
        }
        given = given.saturating_add(line.units.max(0));
    }
    errors.units("reserve", "", reserve);
    errors.units("supply", "", given.saturating_add(reserve.max(0)));
    errors.finish()?;
    Ok(given)
}

/// A line with weight, and its coverage in 2⁻⁴⁴, rounded down: decides nearly every comparison.
#[derive(Clone, Copy)]
struct Covered {
    start: u64,
    weight: u64,
    units: u64,
}

impl Covered {
    fn of(line: &Line) -> Self {
        let (weight, units) = (line.weight.unsigned_abs(), line.units.unsigned_abs());
        let start = (u128::from(units) << 44) / u128::from(weight.max(1));
        Self { start: u64::try_from(start).unwrap_or(u64::MAX), weight, units }
    }

    fn by_coverage(&self, other: &Self) -> Ordering {
        let across = |a: &Self, b: &Self| u128::from(a.units) * u128::from(b.weight);
        self.start.cmp(&other.start).then_with(|| across(self, other).cmp(&across(other, self)))
    }

    /// Millionths of a unit per weight.
    fn ppm(&self) -> Option<i64> {
        rounded(u128::from(self.units) * 1_000_000, u128::from(self.weight))
    }
}

/// Lines with weight by coverage, lowest first, and their weight together.
fn weighted(lines: &[Line]) -> (Vec<Covered>, u128) {
    let mut weighted: Vec<Covered> = lines.iter().filter(|line| line.weight > 0).map(Covered::of).collect();
    weighted.sort_unstable_by(Covered::by_coverage);
    let total = weighted.iter().map(|line| u128::from(line.weight)).sum();
    (weighted, total)
}

impl Fairness {
    /// `lines` by coverage, lowest first; `weight` is theirs together, W.
    fn coverages(&mut self, lines: &[Covered], weight: u128) {
        let (Some(lowest), Some(highest)) = (lines.first(), lines.last()) else { return };
        self.min_coverage_ppm = lowest.ppm();
        self.max_coverage_ppm = highest.ppm();
        let across = |a: &Covered, b: &Covered| u128::from(a.units) * u128::from(b.weight);
        self.coverage_ratio_ppm = rounded(across(lowest, highest) * 1_000_000, across(highest, lowest));

        // in this order every xⱼwᵢ − xᵢwⱼ of i before j is 0 or more; each amount is below 2^40, the
        // units together too, and the weights together below 2^74
        let (mut units_before, mut weight_before, mut pairs) = (0_u128, 0_u128, 0_u128);
        let mut squares = Squares::default();
        for line in lines {
            let (line_weight, units) = (u128::from(line.weight), u128::from(line.units));
            pairs += units * weight_before - line_weight * units_before;
            units_before += units;
            weight_before += line_weight;
            squares.add(line);
        }
        if units_before > 0 {
            self.gini_ppm = Some(wide::share_ppm(Wide::new(pairs), Wide::new(weight * units_before)));
            // both sides times 2^128, as the sum of squares is kept
            let squared = Wide::new(units_before * units_before).shifted().shifted();
            self.jain_ppm = Some(wide::share_ppm(squared, squares.sum().times(weight)));
        }
    }

    /// `weight` is W.
    fn deviations(&mut self, lines: &[Line], weight: u128) {
        if weight == 0 {
            return;
        }
        let given = wide(self.given);
        let (mut sum, mut largest, mut off) = (0_u128, 0_u128, 0_i64);
        for line in lines {
            // |x − Xw/W| times W; together at most 2·W·X, below 2^115
            let deviation = (wide(line.units) * weight).abs_diff(given * wide(line.weight));
            sum += deviation;
            largest = largest.max(deviation);
            off += i64::from(deviation >= weight);
        }
        self.sum_abs_deviation_milli = rounded(sum * 1_000, weight);
        self.max_abs_deviation_milli = rounded(largest * 1_000, weight);
        self.lines_off_by_a_unit_or_more = Some(off);
    }
}

/// Σ xᵢ²/wᵢ: whole parts, and two binary digits of 64 bits, each summed by itself.
#[derive(Default)]
struct Squares {
    whole: u128,
    first: u128,
    second: u128,
}

impl Squares {
    fn add(&mut self, line: &Covered) {
        let (square, weight) = (u128::from(line.units) * u128::from(line.units), u128::from(line.weight.max(1)));
        self.whole += square / weight;
        let rest = (square % weight) << 64;
        self.first += rest / weight;
        self.second += ((rest % weight) << 64) / weight;
    }

    /// Times 2^128.
    fn sum(&self) -> Wide {
        let (whole, first) = (Wide::new(self.whole).shifted().shifted(), Wide::new(self.first).shifted());
        whole.plus(first).plus(Wide::new(self.second))
    }
}

/// An amount that [`checked`] has found to be 0 or more.
fn wide(amount: i64) -> u128 {
    u128::from(amount.unsigned_abs())
}

fn count(lines: usize) -> i64 {
    i64::try_from(lines).unwrap_or(i64::MAX)
}

/// `part / whole`, rounded half up; `None` when there is nothing to divide by.
fn rounded(part: u128, whole: u128) -> Option<i64> {
    (2 * part + whole).checked_div(2 * whole).and_then(|share| i64::try_from(share).ok())
}
