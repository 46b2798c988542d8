//! Largest remainder with bounds, exactly.
//!
//! Quotas are q = λw held between lo and hi, with the one λ at which they add up to the supply. Fixing
//! clamps on the heavier side until none is violated finds the same λ; here the points at which a line
//! leaves lo or reaches hi are sorted once, which is O(n log n) for every input.
use super::bounds::Bounds;
use std::cmp::{Ordering, Reverse};

/// Where a line's quota lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    /// Held up by `lo`: λw < lo.
    Low,
    /// λw itself.
    Free,
    /// Held down by `hi`.
    High,
}

/// λw passes a bound of one line.
#[derive(Clone, Copy)]
struct Passing {
    bound: u64,
    weight: u64,
    place: usize,
    to: Side,
}

impl Passing {
    /// λ = bound/weight; leaving lo before reaching hi of the same line.
    fn cmp(&self, other: &Self) -> Ordering {
        let across = |a: &Self, b: &Self| u128::from(a.bound) * u128::from(b.weight);
        across(self, other).cmp(&across(other, self)).then((self.to == Side::High).cmp(&(other.to == Side::High)))
    }
}

/// Units per line and where each quota lies. `supply` is at least the sum of all `lo`.
pub(super) fn share(supply: i64, bounds: &[Bounds]) -> (Vec<i64>, Vec<Side>) {
    let mut sides = vec![Side::Low; bounds.len()];
    // the lines that stand still, the free ones' weight, and so λ = (supply - fixed) / weight
    let mut fixed: i128 = bounds.iter().map(|line| i128::from(line.lo)).sum();
    let mut weight: i128 = 0;
    let passings = passings(supply, bounds);
    let supply = i128::from(supply);
    for passing in passings {
        let (bound, own) = (i128::from(passing.bound), i128::from(passing.weight));
        let rest = supply - fixed;
        // at λ = bound/own the quotas add up to fixed + weight·λ: beyond the supply, λ lies before.
        // With nobody free and nothing to share, every λ from here on to `bound/own` is as good.
        if weight * bound > rest * own || (weight == 0 && rest == 0) {
            break;
        }
        match passing.to {
            Side::High => (fixed, weight) = (fixed + bound, weight - own),
            _ => (fixed, weight) = (fixed - bound, weight + own),
        }
        if let Some(side) = sides.get_mut(passing.place) {
            *side = passing.to;
        }
    }
    (rounded(supply - fixed, weight, bounds, &sides), sides)
}

fn passings(supply: i64, bounds: &[Bounds]) -> Vec<Passing> {
    let mut passings = Vec::with_capacity(bounds.len() * 2);
    for (place, line) in bounds.iter().enumerate().filter(|(_, line)| line.weight > 0) {
        let mut at =
            |bound: i64, to| passings.push(Passing { bound: bound.unsigned_abs(), weight: line.weight, place, to });
        at(line.lo, Side::Free);
        // a cap beyond the supply is never reached, and would leave the range of the products
        if line.hi <= supply {
            at(line.hi, Side::High);
        }
    }
    passings.sort_unstable_by(Passing::cmp);
    passings
}

/// The free lines share `rest` in proportion: whole parts, then one more by largest remainder, then
/// larger weight, then code.
fn rounded(rest: i128, weight: i128, bounds: &[Bounds], sides: &[Side]) -> Vec<i64> {
    let mut left = rest;
    let mut remainders = Vec::new();
    let mut units: Vec<i64> = Vec::with_capacity(bounds.len());
    for (place, (line, side)) in bounds.iter().zip(sides).enumerate() {
        units.push(match side {
            Side::Low => line.lo,
            Side::High => line.hi,
            Side::Free => {
                let product = rest * i128::from(line.weight);
                // a free line has weight, so the divisor is positive
                let (whole, part) = (product / weight.max(1), product % weight.max(1));
                left -= whole;
                remainders.push((Reverse(part), Reverse(line.weight), place));
                i64::try_from(whole).unwrap_or(line.hi)
            }
        });
    }
    let more = if remainders.is_empty() { 0 } else { usize::try_from(left).unwrap_or(0) };
    if more < remainders.len() && more > 0 {
        remainders.select_nth_unstable(more);
    }
    for (_, _, place) in remainders.into_iter().take(more) {
        if let Some(units) = units.get_mut(place) {
            *units += 1;
        }
    }
    units
}
