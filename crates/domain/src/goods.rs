//! What goes along with vials by ratio: syringes, needles, diluent.
use std::collections::BTreeMap;

/// What pieces are counted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Per {
    /// For every so many vials, 1 or more.
    Vials(i64),
    /// For every so many doses as the round counts them, 1 or more.
    Doses(i64),
}

/// So many pieces of some goods go along with so many vials or doses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ratio {
    /// Code of the goods.
    pub goods: String,
    /// What the pieces are counted by.
    pub per: Per,
    /// Pieces, 0 or more.
    pub pieces: i64,
}

/// Pieces that go along with `vials` of a product of which each counts `doses_per_vial`, by goods in the
/// order of their codes. Each ratio is rounded up by itself, since nobody can be sent part of a box of
/// needles; ratios of the same goods add up. Goods of which nothing is needed are left out.
///
/// `None` when an input is negative, a ratio is per nothing, or a result is beyond `i64`.
#[must_use]
pub fn needed(vials: i64, doses_per_vial: i64, ratios: &[Ratio]) -> Option<Vec<(String, i64)>> {
    if vials < 0 || doses_per_vial < 0 {
        return None;
    }
    let (vials, doses) = (i128::from(vials), i128::from(vials).checked_mul(i128::from(doses_per_vial))?);
    let mut sums: BTreeMap<&str, i128> = BTreeMap::new();
    for ratio in ratios {
        let (of, per) = match ratio.per {
            Per::Vials(per) => (vials, per),
            Per::Doses(per) => (doses, per),
        };
        if per < 1 || ratio.pieces < 0 {
            return None;
        }
        let pieces = of.checked_mul(i128::from(ratio.pieces))?;
        let rounded_up = pieces.checked_add(i128::from(per) - 1)?.checked_div(i128::from(per))?;
        let sum = sums.entry(&ratio.goods).or_default();
        *sum = sum.checked_add(rounded_up)?;
    }
    let needed = sums.into_iter().filter(|(_, pieces)| *pieces > 0);
    needed.map(|(goods, pieces)| Some((goods.to_owned(), i64::try_from(pieces).ok()?))).collect()
}

/// The sum of what goes along with several shipments: `(vials of a shipment, how many such shipments)`. Each
/// shipment is rounded up by itself, so that the sum is what was really sent.
///
/// `None` as [`needed`], or when a number of shipments is negative.
#[must_use]
pub fn needed_by_shipments(
    shipments: &[(i64, i64)],
    doses_per_vial: i64,
    ratios: &[Ratio],
) -> Option<Vec<(String, i64)>> {
    let mut sums: BTreeMap<String, i64> = BTreeMap::new();
    for (vials, number) in shipments {
        if *number < 0 {
            return None;
        }
        for (goods, pieces) in needed(*vials, doses_per_vial, ratios)? {
            let sum = sums.entry(goods).or_default();
            *sum = sum.checked_add(pieces.checked_mul(*number)?)?;
        }
    }
    Some(sums.into_iter().filter(|(_, pieces)| *pieces > 0).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ratio(goods: &str, per: Per, pieces: i64) -> Ratio {
        Ratio { goods: goods.to_owned(), per, pieces }
    }

    fn told(needed: &[(String, i64)]) -> Vec<(&str, i64)> {
        needed.iter().map(|(goods, pieces)| (goods.as_str(), *pieces)).collect()
    }

    /// The same box, at five and at six doses a vial.
    #[test]
    fn a_box_takes_a_diluent_a_vial_and_a_syringe_a_dose() {
        let ratios = [ratio("syringe", Per::Doses(1), 1), ratio("diluent", Per::Vials(1), 1)];
        assert_eq!(told(&needed(195, 5, &ratios).unwrap()), [("diluent", 195), ("syringe", 975)]);
        assert_eq!(told(&needed(195, 6, &ratios).unwrap()), [("diluent", 195), ("syringe", 1_170)]);
        assert_eq!(needed(0, 6, &ratios), Some(Vec::new()));
        assert_eq!(needed(195, 0, &ratios[..1]), Some(Vec::new()), "a device has no doses");
    }

    #[test]
    fn each_ratio_is_rounded_up_by_itself_and_the_same_goods_add_up() {
        let ratios = [ratio("needle", Per::Vials(2), 3), ratio("needle", Per::Doses(100), 1)];
        // 7 vials: 10.5 and 0.42
        assert_eq!(told(&needed(7, 6, &ratios).unwrap()), [("needle", 12)]);
        // each shipment by itself: 3 x (2 + 1) + 1 x (11 + 1)
        assert_eq!(told(&needed_by_shipments(&[(1, 3), (7, 1)], 6, &ratios).unwrap()), [("needle", 21)]);
        assert_eq!(told(&needed(10, 6, &ratios).unwrap()), [("needle", 16)], "and not as one shipment of all");
    }

    #[test]
    fn what_cannot_be_is_none() {
        let one = [ratio("needle", Per::Doses(1), 1)];
        assert_eq!(needed(-1, 6, &one), None);
        assert_eq!(needed(1, -6, &one), None);
        assert_eq!(needed(1, 6, &[ratio("needle", Per::Vials(0), 1)]), None);
        assert_eq!(needed(1, 6, &[ratio("needle", Per::Vials(1), -1)]), None);
        assert_eq!(needed(i64::MAX, 6, &one), None, "beyond i64");
        assert_eq!(needed(i64::MAX, i64::MAX, &[ratio("needle", Per::Doses(1), i64::MAX)]), None, "beyond i128");
        assert_eq!(needed(i64::MAX, 1, &[ratio("a", Per::Vials(1), 1), ratio("a", Per::Vials(1), 1)]), None);
        assert_eq!(needed_by_shipments(&[(1, -1)], 6, &one), None);
        assert_eq!(needed_by_shipments(&[(1_000_000, i64::MAX)], 6, &one), None);
    }

    /// One piece after the other, until they are enough for all vials or doses.
    fn slow(vials: i64, doses_per_vial: i64, ratio: &Ratio) -> i64 {
        let (of, per) = match ratio.per {
            Per::Vials(per) => (vials, per),
            Per::Doses(per) => (vials * doses_per_vial, per),
        };
        let mut pieces = 0;
        while pieces * per < of * ratio.pieces {
            pieces += 1;
        }
        pieces
    }

    fn any_ratio() -> impl Strategy<Value = Ratio> {
        let per = prop_oneof![(1..9_i64).prop_map(Per::Vials), (1..60_i64).prop_map(Per::Doses)];
        ("[ab]", per, 0..4_i64).prop_map(|(goods, per, pieces)| Ratio { goods, per, pieces })
    }

    /// Does this way of rounding agree with the slow one over many cases?
    fn agrees(rounded: impl Fn(i64, i64) -> i64) -> bool {
        (0..40_i64).all(|of| (1..9).all(|per| rounded(of, per) == slow(of, 1, &ratio("a", Per::Vials(per), 1))))
    }

    #[test]
    fn planted_faults_are_found() {
        assert!(agrees(|of, per| (of + per - 1) / per));
        assert!(!agrees(|of, per| of / per), "rounded down");
        assert!(!agrees(|of, per| of / per + 1), "one too many where it comes out even");
        assert!(!agrees(|of, per| (2 * of + per) / (2 * per)), "rounded to the nearest");
    }

    proptest! {
        #[test]
        fn it_is_what_counting_piece_by_piece_gives(
            vials in 0..400_i64,
            doses in 1..7_i64,
            ratios in proptest::collection::vec(any_ratio(), 0..5),
        ) {
            let mut sums: BTreeMap<String, i64> = BTreeMap::new();
            for ratio in &ratios {
                *sums.entry(ratio.goods.clone()).or_default() += slow(vials, doses, ratio);
            }
            let expected: Vec<(String, i64)> = sums.into_iter().filter(|(_, pieces)| *pieces > 0).collect();
            prop_assert_eq!(needed(vials, doses, &ratios), Some(expected));
            // more vials never need less
            let fewer = needed(vials, doses, &ratios).unwrap().iter().map(|(_, pieces)| pieces).sum::<i64>();
            let more = needed(vials + 1, doses, &ratios).unwrap().iter().map(|(_, pieces)| pieces).sum::<i64>();
            prop_assert!(fewer <= more);
        }
    }
}
