//! Whole numbers of 384 bits: as much as comparing two of the figures takes.
use super::MILLION;
use std::cmp::Ordering;

const LIMBS: usize = 6;

/// Least significant 64 bits first. The figures stay below 2^302 (see [`super::measure`]'s limits):
/// X² and 2^128 and 2·10^6 are 80, 128 and 21 bits; Σx²/w, 2^128, W and 2·10^6 are 80, 128, 73 and 21.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Wide([u64; LIMBS]);

/// The low 64 bits, and what is above them.
fn split(value: u128) -> (u64, u128) {
    (u64::try_from(value & u128::from(u64::MAX)).unwrap_or(u64::MAX), value >> 64)
}

impl Wide {
    pub(super) fn new(value: u128) -> Self {
        let (low, high) = split(value);
        Self([low, split(high).0, 0, 0, 0, 0])
    }

    /// Times 2^64.
    pub(super) fn shifted(self) -> Self {
        let [a, b, c, d, e, _] = self.0;
        Self([0, a, b, c, d, e])
    }

    pub(super) fn plus(mut self, other: Self) -> Self {
        let mut carry = 0;
        for (limb, more) in self.0.iter_mut().zip(other.0) {
            (*limb, carry) = split(u128::from(*limb) + u128::from(more) + carry);
        }
        self
    }

    pub(super) fn times(self, factor: u128) -> Self {
        let (low, high) = split(factor);
        self.times_limb(low).plus(self.times_limb(split(high).0).shifted())
    }

    fn times_limb(mut self, factor: u64) -> Self {
        let mut carry = 0;
        for limb in &mut self.0 {
            (*limb, carry) = split(u128::from(*limb) * u128::from(factor) + carry);
        }
        self
    }
}

impl Ord for Wide {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.iter().rev().cmp(other.0.iter().rev())
    }
}

impl PartialOrd for Wide {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// `part / whole` in parts per million, rounded half up; at most 1,000,000.
pub(super) fn share_ppm(part: Wide, whole: Wide) -> i64 {
    let twice = part.times(2_000_000);
    // the largest m with m − 1/2 <= 10^6 · part / whole
    let (mut below, mut above) = (0, MILLION + 1);
    while above - below > 1 {
        let middle = i64::midpoint(below, above);
        let odd = u128::from(middle.unsigned_abs()) * 2 - 1;
        if whole.times(odd) <= twice {
            below = middle;
        } else {
            above = middle;
        }
    }
    below
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn counts_like_u128_where_that_suffices(a in 0_u128..1 << 90, b in 0_u128..1 << 90, factor in 0_u128..1 << 36) {
            prop_assert_eq!(Wide::new(a).plus(Wide::new(b)), Wide::new(a + b));
            prop_assert_eq!(Wide::new(a).times(factor), Wide::new(a * factor));
            prop_assert_eq!(Wide::new(a).cmp(&Wide::new(b)), a.cmp(&b));
            prop_assert_eq!(Wide::new(a).shifted().cmp(&Wide::new(b).shifted()), a.cmp(&b));
            prop_assert!(b == 0 || Wide::new(a) < Wide::new(b).shifted().shifted());
        }

        #[test]
        fn multiplies_beyond_two_limbs(a in any::<u128>(), b in 0_u128..1 << 100, c in 0_u128..1 << 100) {
            let wide = Wide::new(a);
            prop_assert_eq!(wide.times(b).plus(wide.times(c)), wide.times(b + c));
            prop_assert_eq!(wide.times(b).times(c), wide.times(c).times(b));
            prop_assert_eq!(wide.times(1 << 64), wide.shifted());
        }
    }

    #[test]
    fn shares_round_half_up() {
        let share = |part, whole| share_ppm(Wide::new(part), Wide::new(whole));
        assert_eq!((share(0, 1), share(1, 1), share(1, 3), share(2, 3)), (0, 1_000_000, 333_333, 666_667));
        assert_eq!((share(1, 2_000_000), share(499_999, 1_000_000_000_000), share(3, 2_000_000)), (1, 0, 2));
    }
}
