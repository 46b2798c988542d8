//! Whole-number quantities. No quantity of this system is ever a float.
use serde::{Deserialize, Serialize};

/// The largest whole number that every JSON reader keeps exactly (2^53).
pub const COUNT_MAX: i64 = 1 << 53;

/// Thousandths, rounded half up: 7,876 of 8,290 is 950 ‰. Used for coverage and occupancy, so that
/// a share can be stored, compared and sent without a float.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Permille(pub i64);

impl Permille {
    /// `part / whole` in thousandths; `None` when there is no whole to divide by, or either is
    /// negative: an unknown share is not zero.
    #[must_use]
    pub fn of(part: i64, whole: i64) -> Option<Self> {
        if part < 0 || whole <= 0 {
            return None;
        }
        let (part, whole) = (i128::from(part), i128::from(whole));
        i64::try_from((part * 2_000 + whole) / (whole * 2)).ok().map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_round_half_up_and_never_divide_by_zero() {
        assert_eq!(Permille::of(7_876, 8_290), Some(Permille(950)));
        assert_eq!(Permille::of(1, 2_000), Some(Permille(1)));
        assert_eq!(Permille::of(0, 5), Some(Permille(0)));
        assert_eq!(Permille::of(5, 5), Some(Permille(1_000)));
        assert_eq!(Permille::of(0, 0), None);
        assert_eq!(Permille::of(-1, 5), None);
        assert_eq!(Permille::of(i64::MAX, 1), None);
    }
}
