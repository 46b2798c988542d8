//! Targets, surplus and shortage.
use super::super::*;
use crate::apportionment::{Status, UNITS_MAX};
use proptest::prelude::*;

fn holding(code: &str, stock: i64, need_rate: i64, reserved: i64) -> Holding {
    let parcels = vec![Parcel { storage: Storage::Frozen, hops: 0, vials: stock }];
    Holding { code: code.to_owned(), parcels, need_rate, reserved }
}

fn units(holdings: &[Holding]) -> Vec<i64> {
    targets(holdings).unwrap().lines.iter().map(|line| line.units).collect()
}

/// X10 of the design.
fn x10() -> Vec<Holding> {
    vec![holding("a", 90, 30, 40), holding("b", 150, 50, 60), holding("c", 300, 10, 200), holding("d", 60, 10, 20)]
}

#[test]
fn the_worked_example() {
    assert_eq!(units(&x10()), [133, 223, 200, 44]);
    let found = balances(&x10(), 0, &HopLimits::default()).unwrap();
    let told: Vec<(i64, i64)> = found.places.iter().map(|place| (place.surplus, place.shortage)).collect();
    assert_eq!((told, found.status), (vec![(0, 43), (0, 73), (100, 0), (16, 0)], Status::Ok));
    let places: Vec<Place> = found.places.iter().map(Place::from).collect();
    let routes = nearest(&places, NEAREST, |from, to| i64::try_from(10 * from.abs_diff(to).pow(2)).ok());
    let moves = redistribute(&places, &routes).unwrap();
    assert_eq!((moves.unmet, moves.vial_km), (0, 43 * 40 + 57 * 10 + 16 * 40));
    assert_eq!(super::moved(&moves), [("c", "a", 43), ("c", "b", 57), ("d", "b", 16)]);
}

#[test]
fn little_is_left_where_it_is() {
    let found = balances(&x10(), 20, &HopLimits::default()).unwrap();
    let told: Vec<(i64, i64)> = found.places.iter().map(|place| (place.surplus, place.shortage)).collect();
    assert_eq!(told, [(0, 23), (0, 53), (80, 0), (0, 0)]);
}

#[test]
fn a_thawed_vial_travels_once() {
    let parcel = |storage, hops, vials| Parcel { storage, hops, vials };
    let parcels = vec![
        parcel(Storage::Refrigerated, 1, 70),
        parcel(Storage::Refrigerated, 0, 20),
        parcel(Storage::Frozen, 5, 10),
    ];
    let holdings = [Holding { parcels, ..holding("a", 0, 0, 0) }, holding("b", 0, 1, 0)];
    let surplus = |limits: HopLimits| {
        let found = balances(&holdings, 0, &limits).unwrap();
        (found.places[0].surplus, found.places[0].stuck)
    };
    assert_eq!(surplus(HopLimits::default()), (30, 70));
    assert_eq!(surplus(HopLimits { refrigerated: Some(2), ..HopLimits::default() }), (100, 0));
    assert_eq!(surplus(HopLimits { frozen: Some(5), ..HopLimits::default() }), (20, 80));
    assert_eq!(surplus(HopLimits { ultra_cold: None, frozen: Some(0), refrigerated: Some(0) }), (0, 100));
    // what may travel goes first: only what is left beyond it is stuck
    let keeps = Holding { reserved: 80, ..holdings[0].clone() };
    let found = balances(&[keeps, holding("b", 0, 1, 0)], 0, &HopLimits::default()).unwrap();
    assert_eq!((found.places[0].surplus, found.places[0].stuck), (20, 0));
}

#[test]
fn more_reserved_than_there_is() {
    let found = balances(&[holding("b", 5, 1, 9), holding("a", 8, 1, 6)], 0, &HopLimits::default()).unwrap();
    assert_eq!(found.status, Status::Overcommitted { shortfall: 2 });
    assert_eq!((found.places[0].surplus, found.places[1].shortage), (2, 4));
}

proptest! {
    /// Targets share all there is, nobody's reserve is touched, and without a threshold what some have too
    /// much is what others lack.
    #[test]
    fn nothing_is_lost(
        held in proptest::collection::vec((0..90_i64, 1..9_i64, 0..40_i64), 1..9), threshold in 0..9_i64,
    ) {
        let holdings: Vec<Holding> = held.iter().enumerate()
            .map(|(place, (stock, need, reserved))| holding(&place.to_string(), *stock, *need, *reserved)).collect();
        let found = balances(&holdings, 0, &HopLimits::default()).unwrap();
        let sum = |of: fn(&Balance) -> i64| found.places.iter().map(of).sum::<i64>();
        let missing = if let Status::Overcommitted { shortfall } = found.status { shortfall } else { 0 };
        prop_assert_eq!(sum(|place| place.target), sum(|place| place.stock) + missing);
        prop_assert_eq!(sum(|place| place.surplus) + missing, sum(|place| place.shortage));
        let near = balances(&holdings, threshold, &HopLimits::default()).unwrap();
        for ((place, near), holding) in found.places.iter().zip(&near.places).zip(&holdings) {
            prop_assert!(place.target >= holding.reserved);
            prop_assert!(place.surplus == 0 || place.stock - place.surplus == place.target);
            prop_assert_eq!(near.surplus, (place.surplus - threshold).max(0));
            prop_assert_eq!(near.shortage, (place.shortage - threshold).max(0));
        }
    }
}

#[test]
fn what_is_not_sound_is_refused() {
    let refused = |holdings: &[Holding], threshold| {
        let problem = balances(holdings, threshold, &HopLimits::default()).unwrap_err();
        let first = problem.errors.first().map(|error| (error.path.clone(), error.code.code));
        (problem.code.code, first.unwrap_or_default())
    };
    for (holdings, threshold, path, code) in [
        (vec![holding("a", -1, 1, 0)], 0, "places.0.parcels", "allocation.negative"),
        (vec![holding("a", 1, -1, 0)], 0, "recipients.0.weight", "allocation.negative"),
        (vec![holding("a", 1, 1, -1)], 0, "recipients.0.committed", "allocation.negative"),
        (vec![holding("a", 1, 1, 0)], -1, "threshold", "allocation.negative"),
        (vec![holding("a", 1, 1, 0)], i64::MAX, "threshold", "allocation.above_limit"),
        (vec![holding("a", UNITS_MAX, 1, 0), holding("b", 1, 1, 0)], 0, "supply", "allocation.above_limit"),
        (vec![holding("a", 1, 1, 0), holding("a", 1, 1, 0)], 0, "recipients.1.code", "allocation.duplicate_code"),
    ] {
        assert_eq!(refused(&holdings, threshold), ("allocation.invalid", (path.to_owned(), code)));
    }
    assert_eq!(refused(&[holding("a", 5, 0, 0)], 0).0, "allocation.all_weights_zero");
}
