//! Which routes are worth looking at.
use super::{Place, Route};

/// A route from each place that can give to the `count` nearest places that lack something, ties by
/// code. `km` is the way between two positions of `places`; `None` when there is none. O(givers · takers).
pub fn nearest(places: &[Place], count: usize, km: impl Fn(usize, usize) -> Option<i64>) -> Vec<Route> {
    let mut takers: Vec<usize> =
        places.iter().enumerate().filter(|(_, place)| place.shortage > 0).map(|(position, _)| position).collect();
    takers.sort_by_key(|position| places.get(*position).map(|place| place.code.as_bytes()));
    let mut routes = Vec::new();
    let mut ways: Vec<(i64, usize, usize)> = Vec::with_capacity(takers.len());
    for (from, _) in places.iter().enumerate().filter(|(_, place)| place.surplus > 0) {
        ways.clear();
        let others = takers.iter().enumerate().filter(|(_, to)| **to != from);
        ways.extend(others.filter_map(|(rank, to)| Some((km(from, *to)?, rank, *to))));
        if count > 0 && count < ways.len() {
            ways.select_nth_unstable(count - 1);
        }
        routes.extend(ways.iter().take(count).map(|(km, _, to)| Route { from, to: *to, km: *km }));
    }
    routes
}
