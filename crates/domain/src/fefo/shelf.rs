//! Lots in the order in which they expire.

/// Which of the lots that expire on the same day goes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SameExpiry {
    /// The first in the order of the lots; what is left of an opened lot goes before the next is opened.
    LotOrder,
    /// The first that holds all that is still wanted; if none does, the first.
    WholeFit,
}

struct Lot<L, D> {
    expiry: D,
    lot: L,
}

/// Lots of ids `L` that expire on days `D`.
pub(crate) struct Shelf<L, D> {
    /// By expiry, then lot.
    lots: Vec<Lot<L, D>>,
    /// What is left of each lot, and above it the most that is left of any lot below: node i has the
    /// nodes 2i and 2i + 1, the lots stand at `width` and after it.
    most: Vec<i64>,
    width: usize,
}

impl<L: Copy + Ord, D: Copy + Ord> Shelf<L, D> {
    /// Lots as (lot, last day of use, quantity); what is not above zero counts as nothing.
    pub(crate) fn new(lots: impl IntoIterator<Item = (L, D, i64)>) -> Self {
        let mut lots: Vec<(D, L, i64)> =
            lots.into_iter().map(|(lot, expiry, quantity)| (expiry, lot, quantity)).collect();
        lots.sort_unstable();
        let width = lots.len().next_power_of_two();
        let mut shelf = Self { most: vec![0; 2 * width], width, lots: Vec::with_capacity(lots.len()) };
        for (place, (expiry, lot, quantity)) in lots.into_iter().enumerate() {
            shelf.put(place, quantity.max(0));
            shelf.lots.push(Lot { expiry, lot });
        }
        shelf
    }

    /// Takes `wanted` for a need that lasts to `day`, from the lots that may be used on that day, the
    /// earliest expiry first; fewer when there are not enough. Answers (lot, expiry, quantity).
    pub(crate) fn take(&mut self, wanted: i64, day: D, same_expiry: SameExpiry) -> Vec<(L, D, i64)> {
        let usable = self.lots.partition_point(|lot| lot.expiry < day);
        let (mut wanted, mut taken) = (wanted, Vec::new());
        while wanted > 0
            && let Some(first) = self.first(1, self.width, usable, 1)
        {
            let whole =
                || self.first(1, self.width, first, wanted).filter(|lot| self.expiry(*lot) == self.expiry(first));
            let place = if same_expiry == SameExpiry::WholeFit { whole().unwrap_or(first) } else { first };
            let left = self.left(place);
            let part = left.min(wanted);
            self.put(place, left - part);
            wanted -= part;
            taken.extend(self.lots.get(place).map(|lot| (lot.lot, lot.expiry, part)));
        }
        taken
    }

    fn expiry(&self, place: usize) -> Option<D> {
        self.lots.get(place).map(|lot| lot.expiry)
    }

    fn node(&self, node: usize) -> i64 {
        self.most.get(node).copied().unwrap_or(0)
    }

    fn left(&self, place: usize) -> i64 {
        self.node(self.width + place)
    }

    fn put(&mut self, place: usize, quantity: i64) {
        let mut node = self.width + place;
        let mut most = quantity;
        while let Some(value) = self.most.get_mut(node) {
            *value = most;
            if node <= 1 {
                break;
            }
            most = most.max(self.node(node ^ 1));
            node /= 2;
        }
    }

    /// The first lot at or after `from` of which `least` is left, among the `width` lots below `node`.
    fn first(&self, node: usize, width: usize, from: usize, least: i64) -> Option<usize> {
        if from >= width || self.node(node) < least {
            return None;
        }
        if width == 1 {
            return node.checked_sub(self.width);
        }
        let half = width / 2;
        let low = self.first(2 * node, half, from, least);
        low.or_else(|| self.first(2 * node + 1, half, from.saturating_sub(half), least))
    }
}
