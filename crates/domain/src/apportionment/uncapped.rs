//! What a line would have without its cap, for many lines at once.
//!
//! In a queue of single units, a line that lost its cap would take what is in reserve, and then the last
//! awards of the others, the very last first, as long as its own next unit stands before them. Those last
//! awards are the same for every line, so they are listed once and each line needs one binary search.
use super::{
    Status,
    bounds::Bounds,
    queue::{Key, Signposts},
    solve::Solution,
};
use std::collections::{BinaryHeap, binary_heap::PeekMut};

/// Most awards that are listed; a line that would displace more is computed by itself.
const AWARDS_MAX: usize = 1 << 21;
/// With fewer lines to answer for, the list does not pay.
pub(super) const LINES_MIN: usize = 8;

/// The last awards of a run, from the end.
pub(super) struct LastAwards {
    posts: Signposts,
    awards: Vec<Key>,
    /// Whether there are no more.
    complete: bool,
    reserve: i64,
}

impl LastAwards {
    /// `None` where the queue is not one of single units: minimum orders, floors that had to be prorated.
    pub(super) fn of(posts: Signposts, bounds: &[Bounds], solution: &Solution) -> Option<Self> {
        if solution.status != Status::Ok || bounds.iter().any(|line| line.min_order > 1) {
            return None;
        }
        let mut units = solution.units.clone();
        let last = |rank: usize, units: &[i64]| posts.last(rank, bounds.get(rank)?, *units.get(rank)?);
        let mut queue: BinaryHeap<Key> = (0..bounds.len()).filter_map(|rank| last(rank, &units)).collect();
        let mut awards = Vec::new();
        while awards.len() < AWARDS_MAX
            && let Some(mut head) = queue.peek_mut()
        {
            awards.push(*head);
            if let Some(units) = units.get_mut(head.rank) {
                *units -= 1;
            }
            match last(head.rank, &units) {
                Some(before) => *head = before,
                None => drop(PeekMut::pop(head)),
            }
        }
        let complete = queue.is_empty();
        Some(Self { posts, awards, complete, reserve: solution.reserve })
    }

    /// Units of a line that stands at `units`, its cap, if it had none; `None` if the list is too short to tell.
    pub(super) fn without_cap(&self, rank: usize, weight: u64, units: i64) -> Option<i64> {
        if weight == 0 {
            return Some(units);
        }
        let start = units.saturating_add(self.reserve);
        // its own awards are in the list too, and end the search: they stand before its next unit
        let (mut taken, mut not_taken) = (0, self.awards.len() + 1);
        while not_taken - taken > 1 {
            let middle = taken + (not_taken - taken) / 2;
            let own = Key { position: self.posts.unit(start + i64::try_from(middle).ok()? - 1), weight, rank };
            if self.awards.get(middle - 1).is_some_and(|award| own < *award) {
                taken = middle;
            } else {
                not_taken = middle;
            }
        }
        let known = self.complete || taken < self.awards.len();
        known.then_some(start + i64::try_from(taken).ok()?)
    }
}
