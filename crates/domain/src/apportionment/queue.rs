//! The queue of a divisor method: unit x+1 of a recipient of weight w stands at (step·x + first)/w,
//! a minimum order at its mean signpost; the smallest first, then the larger weight, then the code.
use super::{Method, Remainder, bounds::Bounds};
use std::{
    cmp::{Ordering, Reverse},
    collections::{BinaryHeap, binary_heap::PeekMut},
};

/// Signposts s(k) = k − 1 + p/q in whole numbers, times 2q so that the mean over a minimum order,
/// (m − 1)/2 + p/q, is whole too. 2q is a power of two for every method here.
#[derive(Debug, Clone, Copy)]
pub(super) struct Signposts {
    /// Binary logarithm of 2q.
    step_bits: u32,
    /// 2p.
    first: u64,
}

impl Signposts {
    pub(super) const WEBSTER: Self = Self { step_bits: 2, first: 2 };

    /// `None` for Hamilton, which has no queue.
    pub(super) const fn of(method: Method) -> Option<Self> {
        match method {
            Method::Webster => Some(Self::WEBSTER),
            Method::Adams => Some(Self { step_bits: 1, first: 0 }),
            Method::Dhondt => Some(Self { step_bits: 1, first: 2 }),
            Method::Hamilton => None,
        }
    }

    /// 2q: what a signpost is multiplied by.
    pub(super) const fn scale(self) -> u64 {
        1 << self.step_bits
    }

    /// Where the unit after `units` stands, times the weight.
    pub(super) const fn unit(self, units: i64) -> u64 {
        (units.unsigned_abs() << self.step_bits) + self.first
    }

    /// Where a minimum order stands, times the weight.
    pub(super) const fn order(self, size: i64) -> u64 {
        (size.unsigned_abs().saturating_sub(1) << (self.step_bits - 1)) + self.first
    }

    /// How many single units stand at or before a position.
    pub(super) fn units(self, position: u128) -> u128 {
        let first = u128::from(self.first);
        if position < first { 0 } else { ((position - first) >> self.step_bits) + 1 }
    }

    /// The award that a line at `units` waits for; `None` if it takes no more.
    pub(super) fn next(self, rank: usize, bounds: &Bounds, units: i64) -> Option<Key> {
        let position = if bounds.jumps(units) { self.order(bounds.min_order) } else { self.unit(units) };
        bounds.takes(units).then_some(Key { position, weight: bounds.weight, rank })
    }

    /// The award that brought a line to `units`; `None` if it still stands where it started.
    pub(super) fn last(self, rank: usize, bounds: &Bounds, units: i64) -> Option<Key> {
        let jumped = bounds.lo == 0 && bounds.min_order > 1 && units == bounds.min_order;
        let position = if jumped { self.order(units) } else { self.unit(units - 1) };
        (units > bounds.lo).then_some(Key { position, weight: bounds.weight, rank })
    }

    /// Where a line stands when every award at or before `position` (times its weight) is made,
    /// from `units` on and never beyond `top`.
    pub(super) fn advanced(self, bounds: &Bounds, units: i64, top: i64, position: u128) -> i64 {
        if bounds.weight == 0 || units >= top {
            return units;
        }
        let least = if bounds.jumps(units) {
            if position < u128::from(self.order(bounds.min_order)) {
                return units;
            }
            bounds.min_order
        } else {
            units
        };
        i64::try_from(self.units(position)).unwrap_or(i64::MAX).min(top).max(least)
    }
}

/// A place in the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Key {
    /// The signpost; the place is this divided by the weight.
    pub position: u64,
    pub weight: u64,
    /// Place in the order of codes.
    pub rank: usize,
}

impl Key {
    /// Compares the places alone.
    pub(super) fn cmp_place(&self, other: &Self) -> Ordering {
        let across = |a: &Self, b: &Self| u128::from(a.position) * u128::from(b.weight);
        across(self, other).cmp(&across(other, self))
    }
}

impl Ord for Key {
    fn cmp(&self, other: &Self) -> Ordering {
        self.cmp_place(other).then_with(|| other.weight.cmp(&self.weight)).then_with(|| self.rank.cmp(&other.rank))
    }
}

impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Everything in the queue up to a place, as a binary fraction.
#[derive(Clone, Copy)]
struct Threshold {
    value: u128,
    fraction_bits: u32,
}

impl Threshold {
    /// The place times a weight, rounded down: signposts are whole, so nothing is lost.
    fn position(self, weight: u64) -> u128 {
        let product = match u64::try_from(self.value) {
            Ok(value) => u128::from(value) * u128::from(weight),
            Err(_) => self.value.saturating_mul(u128::from(weight)),
        };
        product >> self.fraction_bits
    }
}

/// Where a run of the queue stands.
pub(super) struct Run<'bounds> {
    posts: Signposts,
    bounds: &'bounds [Bounds],
    /// Per line.
    pub units: Vec<i64>,
    /// Per line: taken out of the queue from here on.
    top: Vec<i64>,
    /// Supply not yet given.
    pub left: i64,
    /// With `hold`: the award that did not fit.
    pub blocked: Option<Key>,
}

impl<'bounds> Run<'bounds> {
    /// Every line at its `lo`; `left` is the supply beyond that.
    pub(super) fn new(posts: Signposts, bounds: &'bounds [Bounds], left: i64) -> Self {
        let units = bounds.iter().map(|line| line.lo).collect();
        // one more than can be given stands for "no cap" without leaving the range of sums
        let top = bounds.iter().map(|line| line.hi.min(line.lo.saturating_add(left).saturating_add(1))).collect();
        Self { posts, bounds, units, top, left, blocked: None }
    }

    /// Gives until supply or takers run out.
    pub(super) fn finish(&mut self, remainder: Remainder) {
        loop {
            self.give_prefix();
            if !self.give_singly(remainder) {
                return;
            }
        }
    }

    fn lines(&self) -> impl Iterator<Item = (&Bounds, i64, i64)> {
        self.bounds.iter().zip(&self.units).zip(&self.top).map(|((bounds, units), top)| (bounds, *units, *top))
    }

    fn given_up_to(&self, threshold: Threshold) -> i64 {
        let gain = |(bounds, units, top): (&Bounds, i64, i64)| {
            self.posts.advanced(bounds, units, top, threshold.position(bounds.weight)) - units
        };
        self.lines().map(gain).sum()
    }

    fn advance_to(&mut self, target: impl Fn(Signposts, &Bounds, i64, i64) -> i64) {
        for ((bounds, units), top) in self.bounds.iter().zip(&mut self.units).zip(&self.top) {
            let next = target(self.posts, bounds, *units, *top);
            self.left -= next - *units;
            *units = next;
        }
    }

    /// The largest complete part of the queue that surely fits, found by bisection.
    ///
    /// The threshold has as many fraction bits as the largest weight, so between two neighbouring
    /// thresholds no line has more than one award and what remains is at most about one per line.
    fn give_prefix(&mut self) {
        let takers = || self.lines().filter(|(bounds, units, top)| bounds.weight > 0 && units < top);
        let Some(heaviest) = takers().map(|(bounds, _, _)| bounds.weight).max() else { return };
        let weight: u128 = takers().map(|(bounds, _, _)| u128::from(bounds.weight)).sum();
        let room = takers().fold(0_i64, |room, (_, units, top)| room.saturating_add(top - units));
        if room <= self.left {
            return self.advance_to(|_, bounds, units, top| if bounds.weight > 0 { top.max(units) } else { units });
        }
        let fraction_bits = u64::BITS - heaviest.leading_zeros();
        let at = |value| Threshold { value, fraction_bits };
        if self.left == 0 || self.given_up_to(at(0)) > self.left {
            return;
        }
        let fair = (u128::from(self.left.unsigned_abs()) * u128::from(self.posts.scale())) << fraction_bits;
        let (mut fits, mut fits_not, mut given) = (0, fair / weight + 1, 0);
        loop {
            let more = self.given_up_to(at(fits_not));
            if more > self.left {
                break;
            }
            (fits, fits_not, given) = (fits_not, fits_not.saturating_mul(2), more);
        }
        let near = i64::try_from(self.bounds.len() / 8).unwrap_or(i64::MAX);
        while fits_not - fits > 1 && self.left - given > near {
            let middle = fits + (fits_not - fits) / 2;
            let more = self.given_up_to(at(middle));
            if more > self.left {
                fits_not = middle;
            } else {
                (fits, given) = (middle, more);
            }
        }
        let threshold = at(fits);
        self.advance_to(|posts, bounds, units, top| {
            posts.advanced(bounds, units, top, threshold.position(bounds.weight))
        });
    }

    fn next(&self, rank: usize) -> Option<Key> {
        let (bounds, units) = (self.bounds.get(rank)?, *self.units.get(rank)?);
        self.posts.next(rank, bounds, units).filter(|_| self.top.get(rank).is_some_and(|top| units < *top))
    }

    /// Award by award. `true` when a large supply is left after passing over a minimum order, so that
    /// the bisection pays again.
    fn give_singly(&mut self, remainder: Remainder) -> bool {
        if self.left == 0 {
            return false;
        }
        let mut queue: BinaryHeap<Reverse<Key>> =
            (0..self.bounds.len()).filter_map(|rank| self.next(rank)).map(Reverse).collect();
        while self.left > 0
            && let Some(mut head) = queue.peek_mut()
        {
            let key = head.0;
            let Some((bounds, units)) = self.bounds.get(key.rank).zip(self.units.get_mut(key.rank)) else { break };
            let size = if bounds.jumps(*units) { bounds.min_order } else { 1 };
            if size <= self.left {
                *units += size;
                self.left -= size;
                match self.next(key.rank) {
                    Some(next) => head.0 = next,
                    None => drop(PeekMut::pop(head)),
                }
            } else if remainder == Remainder::Hold {
                self.blocked = Some(key);
                return false;
            } else {
                PeekMut::pop(head);
                if let Some((top, units)) = self.top.get_mut(key.rank).zip(self.units.get(key.rank)) {
                    *top = *units;
                }
                if usize::try_from(self.left).is_ok_and(|left| left > self.bounds.len()) {
                    self.pass_over_larger();
                    return true;
                }
            }
        }
        false
    }

    /// A minimum order that does not fit now will not fit later: the supply only shrinks.
    fn pass_over_larger(&mut self) {
        for ((bounds, units), top) in self.bounds.iter().zip(&self.units).zip(&mut self.top) {
            if bounds.jumps(*units) && bounds.min_order > self.left {
                *top = *units;
            }
        }
    }

    /// The last award made.
    pub(super) fn last(&self) -> Option<Key> {
        let lines = self.bounds.iter().zip(&self.units).enumerate();
        lines.filter_map(|(rank, (bounds, units))| self.posts.last(rank, bounds, *units)).max()
    }
}
