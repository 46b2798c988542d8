//! 割当ての変更: a committed division whose supply changes from S to S'. Exactly |S' − S| units move.
//!
//! The plan is a queue of units ([`crate::apportionment`]), and an amendment goes on in it, or back: more
//! supply serves the next in the queue, less takes the last ones back. Every step moves one unit of one
//! line, always in the same direction, so that as many units move as the supply changes by, nobody rises
//! when it shrinks and nobody falls when it grows (E11). For one frame without minimum orders that is the
//! engine run again: `apportion(S', committed = units, cap)` for more, and `apportion(S', committed =
//! locked, cap = units)` for less; the tests compare both.
//!
//! - *Frames* (the parts of a rule) come back last first and are filled again first to last; only the last
//!   one grows beyond what it gave. A frame by largest remainder has no queue: it goes on by Webster.
//! - *By hand*: the queue runs on what the rule gave; what officers added or took away stays beside it. Only
//!   when the queue has nothing left to give back is what was added by hand taken, from the largest line.
//! - *Locked* units (shipped) stay: a line never falls below them. If less would be left than is locked,
//!   every line stands at its locked units, and the rest is the shortfall.
//! - *Minimum orders*: below its minimum order a line falls only to nothing, as long as others have units to
//!   give; then the orders are broken, one unit at a time.
//! - A line may be the sum of many (a prefecture of its municipalities): then `locked` and `most` bound the
//!   sum, and each of the many has its own place in the queue.
mod queue;
mod sentence;

#[cfg(test)]
mod tests;

pub use sentence::{Unit, en, ja};

use crate::apportionment::Method;
use queue::Walk;

/// The place of one recipient in one frame's queue. Amounts in units.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Share {
    /// Which frame of the rule, from 0.
    pub frame: usize,
    /// The recipient; breaks ties, compared as bytes.
    pub code: String,
    /// How the frame was shared.
    pub method: Method,
    /// What the share was in proportion to.
    pub weight: i64,
    /// How many units the recipient has in the queue: more than `given` where it runs on over rounds.
    pub position: i64,
    /// What the frame gave.
    pub given: i64,
    /// What of it is left, or has been added since; [`Share::new`] and [`placed`] set it.
    pub now: i64,
    /// Largest position.
    pub cap: Option<i64>,
    /// Smallest amount worth delivering; 1 for none.
    pub min_order: i64,
}

impl Share {
    /// A share of the one frame of a rule, as it was given, without bounds.
    #[must_use]
    pub fn new(code: impl Into<String>, method: Method, weight: i64, given: i64) -> Self {
        let code = code.into();
        Self { frame: 0, code, method, weight, position: given, given, now: given, cap: None, min_order: 1 }
    }

    /// Where it stands in the queue now.
    fn at(&self) -> i64 {
        self.position - self.given + self.now
    }
}

/// The shares of one recipient, when earlier amendments left `total` units of what the rule gave: less is
/// missing from the last frame first, more stands in the last.
#[must_use]
pub fn placed(mut shares: Vec<Share>, total: i64) -> Vec<Share> {
    shares.sort_by_key(|share| share.frame);
    let given: i64 = shares.iter().map(|share| share.given).sum();
    let mut missing = given - total;
    for share in shares.iter_mut().rev() {
        let taken = missing.min(share.given);
        share.now = share.given - taken;
        missing -= taken;
        if missing <= 0 {
            break;
        }
    }
    shares
}

/// A line of a division.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The recipient.
    pub code: String,
    /// What it has.
    pub units: i64,
    /// What of it cannot come back, at most `units`.
    pub locked: i64,
    /// Largest amount; `None` for no limit.
    pub most: Option<i64>,
    /// Its places in the queue, or those of the recipients that it is the sum of.
    pub shares: Vec<Share>,
}

/// A line after the amendment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved {
    /// The recipient.
    pub code: String,
    /// What it had.
    pub before: i64,
    /// What it has.
    pub after: i64,
    /// Its shares as they are now.
    pub shares: Vec<Share>,
    /// Of the last unit that moved: so much weight for one unit. `None` when nothing moved, or by hand.
    pub per_unit: Option<i64>,
}

/// What an amendment comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Amended {
    /// In the order given.
    pub lines: Vec<Moved>,
    /// Units that moved, all in the same direction.
    pub moved: i64,
    /// Of more supply: units that no line may take; they stay with the holder.
    pub kept: i64,
    /// Of less supply: units that are locked beyond what is left.
    pub shortfall: i64,
}

/// Amends a division by `change` units (S' − S). Always `moved + kept + shortfall = |change|`.
#[must_use]
pub fn amend(lines: &[Line], change: i64) -> Amended {
    let mut walk = Walk::new(lines, change.saturating_abs());
    if change < 0 {
        walk.back();
    } else {
        walk.on();
    }
    let left = walk.left;
    let (kept, shortfall) = if change < 0 { (0, left) } else { (left, 0) };
    let moved = change.saturating_abs() - left;
    Amended { lines: walk.finish(lines), moved, kept, shortfall }
}

/// Amends assignments to sites: the shares are the amounts themselves, so that each site gives back in
/// proportion to what it was assigned, by the queue of Webster from below.
#[must_use]
pub fn take_back(lines: &[(String, i64, i64)], units: i64) -> Amended {
    let line = |(code, has, locked): &(String, i64, i64)| Line {
        code: code.clone(),
        units: *has,
        locked: *locked,
        most: None,
        shares: vec![Share::new(code.clone(), Method::Webster, *has, *has)],
    };
    amend(&lines.iter().map(line).collect::<Vec<_>>(), units.saturating_neg())
}
