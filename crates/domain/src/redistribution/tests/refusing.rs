//! What is refused, and the largest that is not.
use super::{super::*, place, route};
use crate::apportionment::UNITS_MAX;

#[test]
fn what_is_not_sound_is_refused() {
    let (a, b) = (place("A", 1, 0), place("B", 0, 1));
    let sound = vec![a.clone(), b.clone()];
    for (places, routes, path, code) in [
        (vec![place("A", -1, 0)], vec![], "places.0.surplus", "allocation.negative"),
        (vec![a.clone(), place("B", 0, i64::MIN)], vec![], "places.1.shortage", "allocation.negative"),
        (vec![a.clone(), a], vec![], "places.1.code", "allocation.duplicate_code"),
        (vec![place("A", UNITS_MAX, 0), place("B", 1, 0)], vec![], "surplus", "allocation.above_limit"),
        (vec![place("A", 0, i64::MAX), place("B", 0, i64::MAX)], vec![], "shortage", "allocation.above_limit"),
        (sound.clone(), vec![route(0, 1, 1), route(0, 2, 1)], "routes.1.to", "allocation.unknown_place"),
        (sound.clone(), vec![route(usize::MAX, 1, 1)], "routes.0.from", "allocation.unknown_place"),
        (sound.clone(), vec![route(0, 1, -1)], "routes.0.km", "allocation.negative"),
        (sound.clone(), vec![route(0, 1, KM_MAX + 1)], "routes.0.km", "allocation.above_limit"),
    ] {
        let problem = redistribute(&places, &routes).unwrap_err();
        let first = problem.errors.first().map(|error| (error.path.as_str(), error.code.code));
        assert_eq!((problem.code.code, first), ("allocation.invalid", Some((path, code))));
    }
    let many = vec![route(0, 1, 1); ROUTES_MAX + 1];
    assert_eq!(redistribute(&sound, &many).unwrap_err().code.code, "request.too_many_items");
}

#[test]
fn the_largest_amounts_and_ways_are_counted() {
    let places = [place("A", UNITS_MAX, 0), place("B", 0, UNITS_MAX)];
    let found = redistribute(&places, &[route(0, 1, KM_MAX)]).unwrap();
    assert_eq!((found.unmet, found.vial_km), (0, UNITS_MAX * KM_MAX));
    // a chain in which one more vial at the end turns every move over
    let count = 400;
    let mut places: Vec<Place> = (0..count).map(|at| place(&format!("g{at:03}"), 1, 0)).collect();
    places.extend((0..count).map(|at| place(&format!("t{at:03}"), 0, 1)));
    let chain = (0..count).map(|at| route(at, count + at, if at == 0 { KM_MAX } else { 0 }));
    let mut routes: Vec<Route> = chain.collect();
    routes.extend((1..count).map(|at| route(at - 1, count + at, KM_MAX)));
    places[count - 1].surplus = 0;
    let found = redistribute(&places, &routes).unwrap();
    assert_eq!((found.unmet, found.moves.len()), (1, count - 1));
}
