//! Going on and back in the queue, unit by unit.
use super::{Line, Moved, Share};
use crate::apportionment::Method;
use std::{
    cmp::{Ordering, Reverse},
    collections::{BTreeSet, BinaryHeap},
};

/// A place in the queue: `position / weight`, then the larger weight, then the code's rank. Positions are
/// signposts s(k) = k − 1 + c, times four, so that the mean over a minimum order is whole as well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Key {
    position: u128,
    weight: u128,
    rank: usize,
}

impl Ord for Key {
    fn cmp(&self, other: &Self) -> Ordering {
        let places = (self.position * other.weight).cmp(&(other.position * self.weight));
        places.then_with(|| other.weight.cmp(&self.weight)).then_with(|| self.rank.cmp(&other.rank))
    }
}

impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Four times c of the method: adams 0, webster 1/2, dhondt 1.
fn offset(method: Method) -> u128 {
    match method {
        Method::Adams => 0,
        Method::Webster | Method::Hamilton => 2,
        Method::Dhondt => 4,
    }
}

fn whole(units: i64) -> u128 {
    u128::from(units.max(0).unsigned_abs())
}

impl Share {
    /// Where its unit number `units` + 1 stands, four times.
    fn unit(&self, units: i64) -> u128 {
        // a unit without weight (of a floor) stands behind all others, also where signposts begin at 0
        (4 * whole(units) + offset(self.method)).max(u128::from(self.weight <= 0))
    }

    /// The next award: its place, and how many units it is of.
    fn next(&self, rank: usize) -> (Key, i64) {
        let order = self.at() == 0 && self.min_order > 1;
        let (position, size) = if order { self.order() } else { (self.unit(self.at()), 1) };
        (Key { position, weight: whole(self.weight), rank }, size)
    }

    /// The last award: with `whole_orders` a minimum order goes as it came.
    fn last(&self, rank: usize, whole_orders: bool) -> (Key, i64) {
        let order = whole_orders && self.min_order > 1 && self.at() <= self.min_order && self.now == self.at();
        let (position, size) = if order { self.order() } else { (self.unit(self.at() - 1), 1) };
        (Key { position, weight: whole(self.weight), rank }, size.min(self.now))
    }

    /// The mean signpost of a minimum order, and its size.
    fn order(&self) -> (u128, i64) {
        let size = self.min_order.max(self.now);
        (2 * whole(self.min_order - 1) + offset(self.method), size)
    }

    /// May it be served `size` more in this frame? Frames before the last are only filled again.
    fn takes(&self, size: i64, is_last: bool) -> bool {
        let room =
            if is_last { self.cap.is_none_or(|cap| self.at() + size <= cap) } else { self.now + size <= self.given };
        self.weight > 0 && room
    }
}

struct State {
    code: String,
    units: i64,
    locked: i64,
    most: i64,
    per_unit: Option<i64>,
}

/// Where the amendment stands.
pub(super) struct Walk {
    lines: Vec<State>,
    /// All shares, in the order of their codes, each with its line.
    shares: Vec<(usize, Share)>,
    /// Units still to be moved.
    pub left: i64,
}

impl Walk {
    pub fn new(lines: &[Line], left: i64) -> Self {
        let state = |line: &Line| State {
            code: line.code.clone(),
            units: line.units,
            locked: line.locked.clamp(0, line.units.max(0)),
            most: line.most.unwrap_or(i64::MAX),
            per_unit: None,
        };
        let own =
            |(at, line): (usize, &Line)| line.shares.iter().map(move |share| (at, share.clone())).collect::<Vec<_>>();
        let mut shares: Vec<(usize, Share)> = lines.iter().enumerate().flat_map(own).collect();
        shares.sort_by(|a, b| a.1.code.as_bytes().cmp(b.1.code.as_bytes()).then(a.1.frame.cmp(&b.1.frame)));
        Self { lines: lines.iter().map(state).collect(), shares, left }
    }

    fn frames(&self) -> BTreeSet<usize> {
        self.shares.iter().map(|(_, share)| share.frame).collect()
    }

    /// Takes units back: the last in the queue first.
    pub fn back(&mut self) {
        for whole_orders in [true, false] {
            for frame in self.frames().into_iter().rev() {
                self.frame_back(frame, whole_orders);
            }
        }
        self.by_hand();
    }

    fn frame_back(&mut self, frame: usize, whole_orders: bool) {
        let own = |(rank, (_, share)): (usize, &(usize, Share))| {
            (share.frame == frame && share.now > 0).then(|| share.last(rank, whole_orders).0)
        };
        let mut queue: BinaryHeap<Key> = self.shares.iter().enumerate().filter_map(own).collect();
        while self.left > 0
            && let Some(key) = queue.pop()
        {
            let Some((at, share)) = self.shares.get_mut(key.rank) else { continue };
            let Some(line) = self.lines.get_mut(*at) else { continue };
            let (_, size) = share.last(key.rank, whole_orders);
            // passed over: locked, or an order that is larger than what is still to come back
            if size > self.left || line.units - size < line.locked {
                continue;
            }
            share.now -= size;
            line.units -= size;
            line.per_unit = per_unit(key);
            self.left -= size;
            if share.now > 0 {
                queue.push(share.last(key.rank, whole_orders).0);
            }
        }
    }

    /// What officers added beyond the queue: one unit at a time from the line that has most to give, of
    /// several the last by code.
    fn by_hand(&mut self) {
        let mut lines: Vec<&mut State> = self.lines.iter_mut().collect();
        lines.sort_by(|a, b| a.code.as_bytes().cmp(b.code.as_bytes()));
        let room = |(at, line): (usize, &&mut State)| (line.units - line.locked, at);
        let mut queue: BinaryHeap<(i64, usize)> =
            lines.iter().enumerate().map(room).filter(|(room, _)| *room > 0).collect();
        while self.left > 0
            && let Some((room, at)) = queue.pop()
        {
            let Some(line) = lines.get_mut(at) else { continue };
            line.units -= 1;
            line.per_unit = None;
            self.left -= 1;
            if room > 1 {
                queue.push((room - 1, at));
            }
        }
    }

    /// Serves the next in the queue.
    pub fn on(&mut self) {
        let frames = self.frames();
        for frame in &frames {
            self.frame_on(*frame, frames.last() == Some(frame));
        }
    }

    fn frame_on(&mut self, frame: usize, is_last: bool) {
        let own = |(rank, (_, share)): (usize, &(usize, Share))| {
            (share.frame == frame && share.weight > 0).then(|| Reverse(share.next(rank).0))
        };
        let mut queue: BinaryHeap<Reverse<Key>> = self.shares.iter().enumerate().filter_map(own).collect();
        while self.left > 0
            && let Some(Reverse(key)) = queue.pop()
        {
            let Some((at, share)) = self.shares.get_mut(key.rank) else { continue };
            let Some(line) = self.lines.get_mut(*at) else { continue };
            let (_, size) = share.next(key.rank);
            // passed over: full, or an order that is larger than what is left
            if size > self.left || size > line.most.saturating_sub(line.units) || !share.takes(size, is_last) {
                continue;
            }
            share.now += size;
            line.units += size;
            line.per_unit = per_unit(key);
            self.left -= size;
            queue.push(Reverse(share.next(key.rank).0));
        }
    }

    /// The lines as they are now, in the order given.
    pub fn finish(self, lines: &[Line]) -> Vec<Moved> {
        let moved = |(line, state): (&Line, &State)| Moved {
            code: line.code.clone(),
            before: line.units,
            after: state.units,
            shares: Vec::with_capacity(line.shares.len()),
            per_unit: state.per_unit,
        };
        let mut all: Vec<Moved> = lines.iter().zip(&self.lines).map(moved).collect();
        for (at, share) in self.shares {
            if let Some(line) = all.get_mut(at) {
                line.shares.push(share);
            }
        }
        all
    }
}

/// "One unit for so much weight": the divisor at a place, rounded down.
fn per_unit(key: Key) -> Option<i64> {
    i64::try_from((4 * key.weight).checked_div(key.position)?).ok()
}
