//! Sharing whole units (boxes, vials) among recipients: who gets how many, and why.
//!
//! A *divisor method* is a fixed queue. Unit k of a recipient of weight w stands at s(k)/w, smallest
//! first, so more supply only ever serves the next in the queue and an amendment of k units moves
//! exactly k (house and population monotone: Balinski, Young, *Fair Representation*, 1982). Floors,
//! caps, committed amounts and minimum orders are part of the queue, not repairs after it.
//!
//! | where | what |
//! |---|---|
//! | [`apportion`] | one supply among recipients |
//! | [`cumulative`] | round after round, on the running total |
//! | [`components`] | several frames in order, each rolling on what it leaves |
//! | [`cascade`] | two levels: flat and summed, or parents first |
//! | [`explain`], [`sentence`] | the proof of each line, and the proof in words |
//! | [`canonical`] | the text of which a plan stores the digest |
//!
//! All amounts are whole units in i64, all keys are compared as fractions by cross-multiplication in
//! u128; nothing here rounds. Codes compare as bytes, and results do not depend on the input's order.
pub mod canonical;
pub mod cascade;
pub mod components;
pub mod cumulative;
pub mod explain;
pub mod sentence;

mod bounds;
pub(crate) mod check;
mod hamilton;
mod next;
mod queue;
mod solve;
mod uncapped;

#[cfg(test)]
mod tests;

use crate::{Problem, error, units::COUNT_MAX};
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;

/// Most units of supply, and of each recipient's committed amount, floor, cap and minimum order (2^40).
pub const UNITS_MAX: i64 = 1 << 40;
/// Largest weight (2^53); also of a parent's, the sum of its children's, in a nested cascade.
pub const WEIGHT_MAX: i64 = COUNT_MAX;
/// Most recipients of one run (2^20).
pub const RECIPIENTS_MAX: usize = 1 << 20;

/// One who takes part in a run. All amounts in whole units.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipient {
    /// Unique in the run; breaks the last ties, compared as bytes.
    pub code: String,
    /// What the share is in proportion to (people, requested amount). With 0 only the floor is given.
    pub weight: i64,
    /// Released already: never taken back, even above the cap.
    pub committed: i64,
    /// Least amount, as far as the cap allows.
    pub floor: i64,
    /// Largest amount; `None` for no limit.
    pub cap: Option<i64>,
    /// Smallest amount that is worth delivering; 1 for none. Nothing, or at least this.
    pub min_order: i64,
}

impl Recipient {
    /// A recipient without bounds.
    #[must_use]
    pub fn new(code: impl Into<String>, weight: i64) -> Self {
        Self { code: code.into(), weight, committed: 0, floor: 0, cap: None, min_order: 1 }
    }
}

/// What a run needs to know of a line besides its place in the order of codes. Whoever makes these keeps
/// within the limits that [`apportion`] checks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Terms {
    pub weight: i64,
    pub committed: i64,
    pub floor: i64,
    pub cap: Option<i64>,
    pub min_order: i64,
}

impl Terms {
    /// The recipient of that code.
    pub(crate) fn named(self, code: String) -> Recipient {
        let Self { weight, committed, floor, cap, min_order } = self;
        Recipient { code, weight, committed, floor, cap, min_order }
    }
}

/// How a supply is shared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// Sainte-Laguë, s(k) = k − 1/2: the nearest whole number, without bias by size.
    #[default]
    Webster,
    /// s(k) = k − 1: each unit goes to the lowest coverage; nobody stays at zero while another has two out of turn.
    Adams,
    /// s(k) = k: keeps the highest coverage as low as possible.
    Dhondt,
    /// Largest remainder, for comparison and for those bound to it. A larger supply may take a unit away.
    Hamilton,
}

impl Method {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Webster, Self::Adams, Self::Dhondt, Self::Hamilton];

    /// As policies name it: `webster`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Webster => "webster",
            Self::Adams => "adams",
            Self::Dhondt => "dhondt",
            Self::Hamilton => "hamilton",
        }
    }

    /// As a plan stores it, `method@version`: the version changes when the same input would give another result.
    #[must_use]
    pub const fn stored(self) -> &'static str {
        match self {
            Self::Webster => "webster@1",
            Self::Adams => "adams@1",
            Self::Dhondt => "dhondt@1",
            Self::Hamilton => "hamilton@1",
        }
    }

    /// Reads `webster`, or `webster@1` as stored.
    ///
    /// # Errors
    /// `allocation.unknown_method`, also for a version that this engine does not have.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let found = Self::ALL.into_iter().find(|method| method.name() == text || method.stored() == text);
        found.ok_or_else(|| Problem::new(&error::ALLOCATION_UNKNOWN_METHOD).with("value", text))
    }
}

/// What happens when the next in the queue has a minimum order that no longer fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Remainder {
    /// Stop; the rest stays in reserve. Keeps every line monotone in supply.
    #[default]
    Hold,
    /// Pass over that recipient and go on. Uses more of the supply, without that guarantee.
    Fill,
}

impl Remainder {
    /// Reads `hold` or `fill`.
    ///
    /// # Errors
    /// `allocation.unknown_remainder`.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        match text {
            "hold" => Ok(Self::Hold),
            "fill" => Ok(Self::Fill),
            _ => Err(Problem::new(&error::ALLOCATION_UNKNOWN_REMAINDER).with("value", text)),
        }
    }

    /// `hold` or `fill`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Hold => "hold",
            Self::Fill => "fill",
        }
    }
}

/// Whether the supply could meet what stood fixed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Every floor is met.
    Ok,
    /// The floors add up to more than the supply: they were shared in proportion.
    FloorsProrated,
    /// More is committed than there is. No plan to commit: every line stands at its committed amount.
    Overcommitted {
        /// Units that are missing.
        shortfall: i64,
    },
}

impl Status {
    /// `ok`, `floors_prorated` or `overcommitted`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::FloorsProrated => "floors_prorated",
            Self::Overcommitted { .. } => "overcommitted",
        }
    }
}

/// Which rule decided a line; the first that holds, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Binding {
    /// Stands at the committed amount, whose last unit the queue had not reached.
    Committed,
    /// Stands at the floor, whose last unit the queue had not reached.
    Floor,
    /// A part of the floor: the floors exceed the supply.
    FloorProrated,
    /// The cap is smaller than the minimum order, so nothing can be given.
    CapBelowMinOrder,
    /// Full.
    Cap,
    /// Weight 0: the floor only.
    ZeroWeight,
    /// Nothing, but would have had a unit without the minimum order.
    MinOrder,
    /// The queue alone.
    None,
}

impl Binding {
    /// As in the case files: `cap_below_min_order`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Committed => "committed",
            Self::Floor => "floor",
            Self::FloorProrated => "floor_prorated",
            Self::CapBelowMinOrder => "cap_below_min_order",
            Self::Cap => "cap",
            Self::ZeroWeight => "zero_weight",
            Self::MinOrder => "min_order",
            Self::None => "none",
        }
    }
}

/// What one recipient gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The recipient.
    pub code: String,
    /// Units in all, the committed ones among them.
    pub units: i64,
    /// The rule that decided.
    pub binding: Binding,
}

/// The result of one run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Apportionment {
    /// Whether committed amounts and floors fit into the supply.
    pub status: Status,
    /// One line per recipient, sorted by code.
    pub lines: Vec<Line>,
    /// Units that nobody got. Lines and reserve add up to the supply, unless overcommitted.
    pub reserve: i64,
}

/// Shares `supply` whole units among the recipients (bounded divisor method, or bounded Hamilton).
///
/// O(n log n) whatever the supply: a threshold in the queue is bisected for the largest complete part
/// that fits, and only what is left is awarded one by one.
///
/// # Errors
/// `allocation.invalid` with one error per field at fault (`recipients.3.cap`, the code as a
/// parameter): duplicate codes, negative amounts, a minimum order below 1, anything above
/// [`UNITS_MAX`], [`WEIGHT_MAX`] or [`RECIPIENTS_MAX`], a minimum order with Hamilton.
/// `allocation.all_weights_zero` when there is supply and no recipient has weight.
pub fn apportion(
    supply: i64,
    recipients: &[Recipient],
    method: Method,
    remainder: Remainder,
) -> Result<Apportionment, Problem> {
    let sorted = check::sorted(supply, recipients, method)?;
    check::some_weight(supply, &sorted)?;
    let bounds = bounds::all(&sorted);
    let solution = solve::solve(supply, &bounds, method, remainder);
    Ok(solve::lines(&sorted, solution))
}

/// [`apportion`] for lines that have been checked and stand in the order of their codes; without weight,
/// all is left over. Answers the status and the units of each line.
pub(crate) fn share_terms(supply: i64, terms: &[Terms], method: Method, remainder: Remainder) -> (Status, Vec<i64>) {
    let bounds: Vec<bounds::Bounds> = terms.iter().map(|terms| bounds::Bounds::of_terms(*terms)).collect();
    let solution = solve::solve(supply, &bounds, method, remainder);
    (solution.status, solution.units)
}

/// Codes of equal beginning are rare, so eight bytes decide nearly every comparison.
fn code_start(code: &str) -> u64 {
    code.bytes().chain(std::iter::repeat(0)).take(8).fold(0, |start, byte| start << 8 | u64::from(byte))
}

/// Places of `codes` in the order of the codes' bytes.
pub(crate) fn order_by_code(codes: &[&str]) -> Vec<usize> {
    let mut order: Vec<(u64, &str, usize)> =
        codes.iter().enumerate().map(|(place, code)| (code_start(code), *code, place)).collect();
    order.sort_unstable_by(|a, b| match a.0.cmp(&b.0) {
        Ordering::Equal => a.1.cmp(b.1).then(a.2.cmp(&b.2)),
        different => different,
    });
    order.into_iter().map(|(_, _, place)| place).collect()
}
