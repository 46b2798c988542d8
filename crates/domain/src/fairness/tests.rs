//! The figures against their definitions, pair by pair and as exact fractions; planted faults; extremes.
use super::*;
use crate::apportionment::{Method, Recipient, Remainder, apportion};
use proptest::{prelude::*, strategy::ValueTree as _, test_runner::TestRunner};

/// A mistake that somebody could make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    None,
    RoundsDown,
    RoundsHalfDown,
    PairsTwice,
    GiniOfAmounts,
    JainOfAmounts,
    QuotaOfTheSupply,
    MissBeyondAUnit,
    WeightlessCovered,
    HighestByLowest,
    DeviationNotAbsolute,
}

fn gcd(a: u128, b: u128) -> u128 {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// The definitions of the design, section 4.8, for small numbers. Shares no code with the engine.
fn by_definition(lines: &[Line], reserve: i64, fault: Fault) -> Fairness {
    let round = |part: u128, whole: u128| -> Option<i64> {
        (whole > 0).then(|| {
            let (down, rest) = (part / whole, part % whole);
            let up = match fault {
                Fault::RoundsDown => false,
                Fault::RoundsHalfDown => rest * 2 > whole,
                _ => rest * 2 >= whole,
            };
            i64::try_from(down + u128::from(up)).unwrap()
        })
    };
    let n = |value: i64| u128::try_from(value).unwrap();
    let given: u128 = lines.iter().map(|line| n(line.units)).sum();
    let covered: Vec<Line> =
        lines.iter().filter(|line| line.weight > 0 || fault == Fault::WeightlessCovered).copied().collect();
    let (weight, units): (u128, u128) =
        covered.iter().fold((0, 0), |(w, x), line| (w + n(line.weight), x + n(line.units)));
    let mut pairs = 0;
    for (place, a) in covered.iter().enumerate() {
        let from = if fault == Fault::PairsTwice { 0 } else { place };
        for b in &covered[from..] {
            let of = |line: &Line| if fault == Fault::GiniOfAmounts { 1 } else { n(line.weight) };
            pairs += (n(a.units) * of(b)).abs_diff(n(b.units) * of(a));
        }
    }
    // Σ x²/w over the common denominator
    let common = covered.iter().fold(1, |common, line| {
        let weight = n(line.weight).max(1);
        common / gcd(common, weight) * weight
    });
    let squares: u128 = covered
        .iter()
        .map(|line| if fault == Fault::JainOfAmounts { 1 } else { n(line.weight).max(1) })
        .zip(&covered)
        .map(|(weight, line)| n(line.units) * n(line.units) * (common / weight))
        .sum();
    let jain_weight = if fault == Fault::JainOfAmounts { u128::try_from(covered.len()).unwrap() } else { weight };
    let ppm = |line: &Line| round(n(line.units) * 1_000_000, n(line.weight));
    let less = |a: &&Line, b: &&Line| (n(a.units) * n(b.weight)).cmp(&(n(b.units) * n(a.weight)));
    let (lowest, highest) = (covered.iter().min_by(less), covered.iter().max_by(less));
    let ratio = lowest.zip(highest).and_then(|(a, b)| {
        let (a, b) = if fault == Fault::HighestByLowest { (b, a) } else { (a, b) };
        round(n(a.units) * n(b.weight) * 1_000_000, n(b.units) * n(a.weight))
    });
    let shared = if fault == Fault::QuotaOfTheSupply { given + n(reserve) } else { given };
    let off = |line: &Line| {
        let (has, due) = (n(line.units) * weight, shared * n(line.weight));
        if fault == Fault::DeviationNotAbsolute { has.saturating_sub(due) } else { has.abs_diff(due) }
    };
    let miss = |line: &&Line| off(line) >= weight + u128::from(fault == Fault::MissBeyondAUnit);
    let size = |count: usize| i64::try_from(count).unwrap();
    Fairness {
        lines: size(lines.len()),
        lines_without_weight: size(lines.iter().filter(|line| line.weight == 0).count()),
        given: i64::try_from(given).unwrap(),
        reserve,
        reserve_ppm: round(n(reserve) * 1_000_000, given + n(reserve)),
        gini_ppm: round(pairs * 1_000_000, weight * units),
        jain_ppm: round(units * units * common * 1_000_000, jain_weight * squares),
        min_coverage_ppm: lowest.and_then(ppm),
        max_coverage_ppm: highest.and_then(ppm),
        coverage_ratio_ppm: ratio,
        sum_abs_deviation_milli: round(lines.iter().map(off).sum::<u128>() * 1_000, weight),
        max_abs_deviation_milli: round(lines.iter().map(off).max().unwrap_or(0) * 1_000, weight),
        lines_off_by_a_unit_or_more: (weight > 0).then(|| size(lines.iter().filter(miss).count())),
        lines_at_cap: size(lines.iter().filter(|line| line.at_cap).count()),
        lines_at_floor: size(lines.iter().filter(|line| line.at_floor).count()),
    }
}

fn line(weight: i64, units: i64) -> Line {
    Line { weight, units, ..Line::default() }
}

fn any_line() -> impl Strategy<Value = Line> {
    let weight = prop_oneof![1 => Just(0_i64), 8 => 1..=8_i64, 4 => 1..=400_i64];
    let units = prop_oneof![2 => 0..=8_i64, 1 => 0..=300_i64];
    (weight, units, any::<bool>(), any::<bool>()).prop_map(|(weight, units, at_cap, at_floor)| Line {
        weight,
        units,
        at_cap,
        at_floor,
    })
}

fn any_lines() -> impl Strategy<Value = (Vec<Line>, i64)> {
    (proptest::collection::vec(any_line(), 0..7), 0..20_i64)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn figures_are_those_of_the_definitions((lines, reserve) in any_lines()) {
        prop_assert_eq!(measure(&lines, reserve).unwrap(), by_definition(&lines, reserve, Fault::None));
    }

    /// Of large numbers, where Jain's index has no small common denominator.
    #[test]
    fn pairs_are_exact_for_large_numbers(
        lines in proptest::collection::vec((1..=WEIGHT_MAX >> 8, 0..=UNITS_MAX >> 8), 2..6),
    ) {
        let lines: Vec<Line> = lines.into_iter().map(|(weight, units)| line(weight, units)).collect();
        let n = |value: i64| u128::try_from(value).unwrap();
        let (weight, units): (u128, u128) =
            lines.iter().fold((0, 0), |(w, x), line| (w + n(line.weight), x + n(line.units)));
        let mut pairs = 0;
        for (place, a) in lines.iter().enumerate() {
            pairs += lines[place..].iter().map(|b| (n(a.units) * n(b.weight)).abs_diff(n(b.units) * n(a.weight))).sum::<u128>();
        }
        let found = measure(&lines, 0).unwrap();
        let (part, whole) = (pairs * 1_000_000, weight * units);
        prop_assert_eq!(found.gini_ppm.map(n), (part + whole / 2).checked_div(whole));
    }

    /// Neither the order of the lines, nor the unit of the weights, nor cutting a line into equal parts
    /// changes how even a share is.
    #[test]
    fn what_must_not_matter_does_not(
        (lines, reserve) in any_lines(), turn in 0_usize..7, factor in 1_i64..1_000, parts in 1_i64..4,
    ) {
        let found = measure(&lines, reserve).unwrap();
        let mut turned: Vec<Line> = lines.iter().rev().copied().collect();
        turned.rotate_left(turn.min(lines.len()));
        prop_assert_eq!(measure(&turned, reserve).unwrap(), found);
        let evenness = |found: Fairness| (found.gini_ppm, found.jain_ppm, found.coverage_ratio_ppm);
        let scaled: Vec<Line> = lines.iter().map(|of| line(of.weight * factor, of.units)).collect();
        prop_assert_eq!(evenness(measure(&scaled, reserve).unwrap()), evenness(found));
        let cut: Vec<Line> = lines.iter().flat_map(|of| (0..parts).map(|_| line(of.weight, of.units))).collect();
        prop_assert_eq!(evenness(measure(&cut, reserve).unwrap()), evenness(found));
    }

    /// A unit from a lower to a higher coverage never makes the share more even.
    #[test]
    fn taking_from_the_lower_is_never_fairer((lines, _) in any_lines(), from in 0_usize..7, to in 0_usize..7) {
        let covered = |line: &Line| line.weight > 0;
        if let (Some(low), Some(high)) = (lines.get(from).filter(|l| covered(l)), lines.get(to).filter(|l| covered(l)))
            && from != to && low.units > 0 && low.units * high.weight <= high.units * low.weight
        {
            let mut worse = lines.clone();
            worse[from].units -= 1;
            worse[to].units += 1;
            let (before, after) = (measure(&lines, 0).unwrap(), measure(&worse, 0).unwrap());
            prop_assert!(after.gini_ppm >= before.gini_ppm && after.jain_ppm <= before.jain_ppm);
        }
    }
}

#[test]
fn every_planted_fault_is_found() {
    for fault in [
        Fault::RoundsDown,
        Fault::RoundsHalfDown,
        Fault::PairsTwice,
        Fault::GiniOfAmounts,
        Fault::JainOfAmounts,
        Fault::QuotaOfTheSupply,
        Fault::MissBeyondAUnit,
        Fault::WeightlessCovered,
        Fault::HighestByLowest,
        Fault::DeviationNotAbsolute,
    ] {
        let mut runner = TestRunner::deterministic();
        let found = (0..2_000).any(|_| {
            let (lines, reserve) = any_lines().new_tree(&mut runner).unwrap().current();
            by_definition(&lines, reserve, fault) != measure(&lines, reserve).unwrap()
        });
        assert!(found, "{fault:?}");
    }
}

/// X2 of the design: 100 boxes of 1,170 doses, by population.
#[test]
fn the_worked_example() {
    let weights = [4_560_000, 12_400_000, 7_800_000, 490_000, 1_250_000];
    let lines: Vec<Line> = weights.iter().zip([17, 47, 29, 2, 5]).map(|(w, boxes)| line(*w, boxes * 1_170)).collect();
    let found = measure(&lines, 500).unwrap();
    assert_eq!((found.gini_ppm, found.jain_ppm), (Some(8_464), Some(999_609)));
    assert_eq!((found.given, found.reserve_ppm), (117_000, Some(4_255)));
    assert_eq!(found.lines_off_by_a_unit_or_more, Some(5), "boxes are large, counted in doses");
    let boxes: Vec<Line> = lines.iter().map(|of| line(of.weight, of.units / 1_170)).collect();
    assert_eq!(measure(&boxes, 0).unwrap().lines_off_by_a_unit_or_more, Some(0));
}

#[test]
fn a_plan_s_lines_carry_their_bounds() {
    let bounded = |code: &str, weight, floor, cap| Recipient { floor, cap, ..Recipient::new(code, weight) };
    let recipients = [bounded("a", 90, 0, Some(2)), bounded("b", 9, 0, None), bounded("c", 1, 4, None)];
    let shared = apportion(20, &recipients, Method::Webster, Remainder::Hold).unwrap();
    let lines: Vec<Line> = recipients.iter().zip(&shared.lines).map(|(r, line)| Line::of(r.weight, line)).collect();
    let found = measure(&lines, shared.reserve).unwrap();
    assert_eq!((found.lines_at_cap, found.lines_at_floor, found.given), (1, 1, 20));
}

#[test]
fn nothing_to_divide_by_is_unknown() {
    let nobody = measure(&[], 0).unwrap();
    assert_eq!(nobody, Fairness::default());
    let nothing = measure(&[line(5, 0), line(7, 0)], 3).unwrap();
    assert_eq!((nothing.gini_ppm, nothing.jain_ppm, nothing.coverage_ratio_ppm), (None, None, None));
    assert_eq!((nothing.min_coverage_ppm, nothing.sum_abs_deviation_milli), (Some(0), Some(0)));
    assert_eq!(nothing.reserve_ppm, Some(1_000_000));
    let weightless = measure(&[line(0, 4)], 0).unwrap();
    assert_eq!((weightless.gini_ppm, weightless.max_abs_deviation_milli), (None, None));
    assert_eq!((weightless.given, weightless.lines_without_weight), (4, 1));
}

#[test]
fn extremes_are_counted_or_refused() {
    let one_has_all = measure(&[line(WEIGHT_MAX, 0), line(1, UNITS_MAX)], 0).unwrap();
    assert_eq!((one_has_all.gini_ppm, one_has_all.jain_ppm), (Some(1_000_000), Some(0)));
    assert_eq!(one_has_all.max_coverage_ppm, Some(UNITS_MAX * 1_000_000));
    assert_eq!(one_has_all.sum_abs_deviation_milli, Some(2 * UNITS_MAX * 1_000));
    let many = vec![line(WEIGHT_MAX, UNITS_MAX / 1_000); 1_000];
    let even = measure(&many, 0).unwrap();
    assert_eq!((even.gini_ppm, even.jain_ppm, even.max_abs_deviation_milli), (Some(0), Some(1_000_000), Some(0)));

    let refused = |lines: &[Line], reserve| {
        let problem = measure(lines, reserve).unwrap_err();
        assert_eq!(problem.code.code, "allocation.invalid");
        problem.errors.iter().map(|error| (error.path.clone(), error.code.code)).collect::<Vec<_>>()
    };
    let at = |path: &str, code| vec![(path.to_owned(), code)];
    assert_eq!(refused(&[line(1, 1), line(-1, 1)], 0), at("lines.1.weight", "allocation.negative"));
    assert_eq!(refused(&[line(WEIGHT_MAX + 1, 1)], 0), at("lines.0.weight", "allocation.above_limit"));
    assert_eq!(refused(&[line(1, -1)], 0), at("lines.0.units", "allocation.negative"));
    assert_eq!(refused(&[line(1, 1)], -1), at("reserve", "allocation.negative"));
    assert_eq!(refused(&[line(1, UNITS_MAX), line(1, 1)], 0), at("supply", "allocation.above_limit"));
    let twice = [line(1, i64::MAX), line(1, i64::MAX)];
    assert_eq!(refused(&twice, i64::MAX).len(), 4, "no overflow on the way");
    let too_many = vec![line(1, 0); RECIPIENTS_MAX + 1];
    assert_eq!(measure(&too_many, 0).unwrap_err().code.code, "request.too_many_items");
}

#[test]
fn two_shares_beside_each_other() {
    let (a, b) = (measure(&[line(1, 1), line(1, 3)], 2).unwrap(), measure(&[line(1, 2), line(1, 2)], 0).unwrap());
    let change = difference(&a, &b);
    assert_eq!((change.gini_ppm, change.jain_ppm), (Some(-250_000), Some(200_000)));
    assert_eq!((change.reserve, change.given, change.lines_off_by_a_unit_or_more), (-2, 0, Some(-2)));
    assert_eq!(difference(&Fairness::default(), &b).gini_ppm, None);
    assert_eq!(difference(&a, &a), Fairness { gini_ppm: Some(0), ..difference(&b, &b) });
    let text = serde_json::to_string(&b).unwrap();
    assert_eq!(serde_json::from_str::<Fairness>(&text).unwrap(), b);
}
