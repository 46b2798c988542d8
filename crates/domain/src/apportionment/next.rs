//! How many further units of supply bring each line its next unit, exactly.
//!
//! In a fixed queue (`hold`, or nobody with a minimum order) that is what stands in the queue up to
//! and including the line's next award, less what is in reserve. Counting it for one line is one look at
//! every other line; for all lines of a large plan the queue is played on instead. Where the queue is
//! not fixed (Hamilton; `fill` with minimum orders) the run is repeated with one unit more at a time.
use super::{
    Method, Remainder, Status, UNITS_MAX,
    bounds::Bounds,
    queue::{Key, Signposts},
    solve::{self, Solution},
};
use std::{
    cmp::Reverse,
    collections::{BinaryHeap, binary_heap::PeekMut},
};

/// Up to so many lines every line is counted by itself, without a limit but [`UNITS_MAX`].
const COUNTED_LINES_MAX: usize = 4_096;
/// Beyond that, the queue is played on for so many awards; a line not served by then has no answer.
pub(super) const PLAYED_AWARDS_MAX: usize = 1 << 21;
/// A run is repeated at most so often …
pub(super) const REPEATS_MAX: i64 = 1_000;
/// … and as often as keeps lines × runs below this.
const REPEATED_LINES_MAX: usize = 1 << 18;

/// A line's next unit after so many further units; `None` if never, or beyond the limits.
type After = Option<i64>;

/// One run, as far as its queue is concerned.
pub(super) struct Asked<'a> {
    pub supply: i64,
    pub bounds: &'a [Bounds],
    pub method: Method,
    pub remainder: Remainder,
    pub solution: &'a Solution,
}

/// A line's place, or all.
#[derive(Clone, Copy)]
pub(super) enum Lines {
    One(usize),
    All,
}

impl Lines {
    fn ranks(self, count: usize) -> std::ops::Range<usize> {
        match self {
            Self::One(rank) => rank.min(count)..(rank + 1).min(count),
            Self::All => 0..count,
        }
    }
}

impl Asked<'_> {
    /// Per line asked for, in the order of codes.
    pub(super) fn after(&self, lines: Lines) -> Vec<After> {
        let fixed = self.remainder == Remainder::Hold || self.bounds.iter().all(|line| line.min_order == 1);
        let Some(posts) = Signposts::of(self.method).filter(|_| fixed) else { return self.repeated(lines) };
        let found = match self.solution.status {
            Status::Ok => {
                let state = State { posts, bounds: self.bounds, units: &self.solution.units };
                state.after(lines).into_iter().map(|after| minus(after, self.solution.reserve)).collect()
            }
            Status::FloorsProrated => self.below_floors(posts, &self.solution.units, lines),
            Status::Overcommitted { shortfall } => {
                let found = self.below_floors(posts, &self.solution.units, lines);
                found.into_iter().map(|after| after.map(|after| after + shortfall)).collect()
            }
        };
        let reachable = |after: &i64| self.supply + after <= UNITS_MAX;
        found.into_iter().map(|after| after.filter(reachable)).collect()
    }

    /// First the missing floors are met, then the queue begins.
    fn below_floors(&self, posts: Signposts, units: &[i64], lines: Lines) -> Vec<After> {
        let missing = solve::missing_floors(self.bounds);
        let shared: Vec<i64> = units.iter().zip(self.bounds).map(|(units, line)| units - line.committed).collect();
        let to_floors: i64 = missing.iter().zip(&shared).map(|(line, shared)| line.hi - shared).sum();
        let lowest: Vec<i64> = self.bounds.iter().map(|line| line.lo).collect();
        let first = State { posts: Signposts::WEBSTER, bounds: &missing, units: &shared }.after(lines);
        let then = State { posts, bounds: self.bounds, units: &lowest }.after(lines);
        let then = then.into_iter().map(|after| minus(after, -to_floors));
        first.into_iter().zip(then).map(|(first, then)| first.or(then)).collect()
    }

    fn repeated(&self, lines: Lines) -> Vec<After> {
        let ranks = lines.ranks(self.bounds.len());
        let mut found = vec![None; ranks.len()];
        let often = i64::try_from(REPEATED_LINES_MAX / self.bounds.len().max(1)).unwrap_or(0).min(REPEATS_MAX);
        for more in 1..=often.min(UNITS_MAX - self.supply) {
            let solution = solve::solve(self.supply + more, self.bounds, self.method, self.remainder);
            let grown = solution.units.iter().zip(&self.solution.units).map(|(with, without)| with > without);
            for (after, grown) in found.iter_mut().zip(grown.skip(ranks.start)) {
                if grown && after.is_none() {
                    *after = Some(more);
                }
            }
            if found.iter().all(Option::is_some) {
                break;
            }
        }
        found
    }
}

fn minus(after: After, reserve: i64) -> After {
    after.and_then(|after| after.checked_sub(reserve))
}

/// Lines somewhere in their queue, with nothing in hand.
struct State<'a> {
    posts: Signposts,
    bounds: &'a [Bounds],
    units: &'a [i64],
}

impl State<'_> {
    fn after(&self, lines: Lines) -> Vec<After> {
        match lines {
            Lines::All if self.bounds.len() > COUNTED_LINES_MAX => self.played(),
            _ => lines.ranks(self.bounds.len()).map(|rank| self.counted(rank)).collect(),
        }
    }

    fn next(&self, rank: usize) -> Option<Key> {
        self.posts.next(rank, self.bounds.get(rank)?, *self.units.get(rank)?)
    }

    /// What stands in the queue up to and including the next award of one line.
    fn counted(&self, rank: usize) -> After {
        let (key, own, units) = (self.next(rank)?, self.bounds.get(rank)?, *self.units.get(rank)?);
        let mut sum = u128::from(if own.jumps(units) { own.min_order.unsigned_abs() } else { 1 });
        for (other, (bounds, units)) in self.bounds.iter().zip(self.units).enumerate() {
            if other != rank && bounds.takes(*units) {
                // without a cap the sum may be beyond every supply: u128 holds it
                let top = bounds.hi.min(UNITS_MAX + 1);
                let more = position_before(&key, bounds.weight, other)
                    .map_or(0, |position| self.posts.advanced(bounds, *units, top.max(*units), position) - units);
                sum += u128::from(more.unsigned_abs());
            }
        }
        i64::try_from(sum).ok()
    }

    /// The queue award by award, until every line had its next.
    fn played(&self) -> Vec<After> {
        let mut queue: BinaryHeap<Reverse<Key>> =
            (0..self.bounds.len()).filter_map(|rank| self.next(rank)).map(Reverse).collect();
        let (mut found, mut units) = (vec![None; self.bounds.len()], self.units.to_vec());
        let (mut waiting, mut given) = (queue.len(), 0_i64);
        for _ in 0..PLAYED_AWARDS_MAX {
            let Some(mut head) = queue.peek_mut().filter(|_| waiting > 0) else { break };
            let rank = head.0.rank;
            let Some(((bounds, units), after)) =
                self.bounds.get(rank).zip(units.get_mut(rank)).zip(found.get_mut(rank))
            else {
                break;
            };
            let size = if bounds.jumps(*units) { bounds.min_order } else { 1 };
            given = given.saturating_add(size);
            *units += size;
            if after.is_none() {
                *after = Some(given);
                waiting -= 1;
            }
            match self.posts.next(rank, bounds, *units) {
                Some(next) => head.0 = next,
                None => drop(PeekMut::pop(head)),
            }
        }
        found
    }
}

/// The largest signpost (times its weight) that a line of `weight` and `rank` has before `key`.
fn position_before(key: &Key, weight: u64, rank: usize) -> Option<u128> {
    let product = u128::from(key.position) * u128::from(weight);
    // most products are short, and dividing short numbers is much faster
    let (whole, exact) = match u64::try_from(product) {
        Ok(product) => (u128::from(product / key.weight), product % key.weight == 0),
        Err(_) => (product / u128::from(key.weight), product % u128::from(key.weight) == 0),
    };
    let loses_tie = (weight, Reverse(rank)) < (key.weight, Reverse(key.rank));
    if exact && loses_tie { whole.checked_sub(1) } else { Some(whole) }
}
