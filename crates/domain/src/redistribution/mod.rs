//! Redistribution (融通): who has too much, who too little, and the moves that even it out.
//!
//! Source: the design of the allocation, section 4.6. Fairness is decided by the [`targets`], which share
//! all that lies at the places by their need; transport only decides who gives to whom. The moves are a
//! least-cost flow: first as little unmet shortage as possible, then as few vial-kilometres.
//!
//! | where | what |
//! |---|---|
//! | [`targets`], [`balances`] | what each place should hold; its surplus and shortage |
//! | [`nearest`] | the routes: from each giver to its nearest takers |
//! | [`redistribute`] | the moves |
//!
//! All amounts are whole vials. Results do not depend on the order of the input.
mod balance;
mod flow;
mod routes;
mod simplex;

#[cfg(test)]
mod tests;

pub use balance::{Balance, Balances, Holding, HopLimits, Parcel, Storage, balances, targets};
pub use flow::redistribute;
pub use routes::nearest;

use crate::apportionment::RECIPIENTS_MAX;

/// Most places of one run.
pub const PLACES_MAX: usize = RECIPIENTS_MAX;
/// Most routes of one run (2^22).
pub const ROUTES_MAX: usize = 1 << 22;
/// Longest route: kilometres, or minutes, with any surcharge for crossing a border.
pub const KM_MAX: i64 = 100_000;
/// To how many takers each giver has a route, unless a caller knows better: over all pairs the cost is lower
/// by 0.07 % (the design's places) to 1 % (`loadtests -- engine`), for six times the time or more.
pub const NEAREST: usize = 40;

/// What a place can give and lacks, in vials. All places together have at most
/// [`UNITS_MAX`](crate::apportionment::UNITS_MAX) of each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Unique; decides between moves of the same cost, compared as bytes.
    pub code: String,
    /// Vials it can give.
    pub surplus: i64,
    /// Vials it lacks.
    pub shortage: i64,
}

/// A way by which vials may move. Of two routes between the same places the shorter counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Route {
    /// Position of the giver in the list of places.
    pub from: usize,
    /// Position of the taker.
    pub to: usize,
    /// Cost of one vial: 0 to [`KM_MAX`].
    pub km: i64,
}

/// Vials that go from one place to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Move {
    /// Code of the giver.
    pub from: String,
    /// Code of the taker.
    pub to: String,
    /// Vials, 1 or more.
    pub quantity: i64,
}

/// The moves and what they come to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Redistribution {
    /// Shortage that remains, in vials: as little as the routes allow.
    pub unmet: i64,
    /// Vials times kilometres: the least with so little unmet.
    pub vial_km: i64,
    /// By giver, then by taker.
    pub moves: Vec<Move>,
}
