//! What the rules make of a recipient's floor, cap and minimum order.
use super::{Recipient, Terms};

/// The amounts between which the queue may move a line. Recipients stand in the order of their codes,
/// so a place in the list is also the rank among ties.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    pub weight: u64,
    pub committed: i64,
    /// The line starts here.
    pub lo: i64,
    /// The line ends here; [`UNCAPPED`] without a cap.
    pub hi: i64,
    pub min_order: i64,
    /// 0 < cap < minimum order.
    pub cap_below_min_order: bool,
}

/// No cap: larger than any number of units that can be given.
pub(super) const UNCAPPED: i64 = i64::MAX;

impl Bounds {
    /// cap' = 0 below the minimum order; floor' = min(floor, cap'), raised to the minimum order if positive;
    /// lo = max(committed, floor'), hi = max(cap', committed).
    pub(super) fn of(recipient: &Recipient) -> Self {
        let Recipient { weight, committed, floor, cap, min_order, .. } = *recipient;
        Self::of_terms(Terms { weight, committed, floor, cap, min_order })
    }

    /// As [`Self::of`].
    pub(super) fn of_terms(terms: Terms) -> Self {
        let order = terms.min_order;
        let cap = terms.cap.map_or(UNCAPPED, |cap| if cap < order { 0 } else { cap });
        let floor = terms.floor.min(cap);
        let floor = if floor > 0 { floor.max(order) } else { 0 };
        Self {
            weight: terms.weight.unsigned_abs(),
            committed: terms.committed,
            lo: floor.max(terms.committed),
            hi: cap.max(terms.committed),
            min_order: order,
            cap_below_min_order: terms.cap.is_some_and(|cap| cap > 0 && cap < order),
        }
    }

    /// Only these are in the queue.
    pub(super) fn takes(&self, units: i64) -> bool {
        self.weight > 0 && units < self.hi
    }

    /// Whether the next award is a minimum order.
    pub(super) fn jumps(&self, units: i64) -> bool {
        units == 0 && self.min_order > 1
    }

    /// Most units this line can ever hold: one of weight 0 never leaves `lo`.
    pub(super) fn reach(&self) -> i64 {
        if self.weight == 0 { self.lo } else { self.hi }
    }
}

pub(super) fn all(recipients: &[&Recipient]) -> Vec<Bounds> {
    recipients.iter().map(|recipient| Bounds::of(recipient)).collect()
}
