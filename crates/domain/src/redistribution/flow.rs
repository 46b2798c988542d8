//! From places and routes to the network and back.
use super::{
    KM_MAX, Move, PLACES_MAX, Place, ROUTES_MAX, Redistribution, Route,
    simplex::{Arc, Network},
};
use crate::{Problem, apportionment::check::Errors, error};

/// Finds the moves with the least unmet shortage, and among those the fewest vial-kilometres.
///
/// A least-cost flow, by the network simplex method. Its numbers are whole by themselves. The network has
/// one root beside the places: what stays with a giver flows to it for nothing, and what a taker does not
/// get flows from it at a penalty above the cost of any path, so no transport is ever too far to help.
///
/// # Errors
/// `allocation.invalid` naming each field at fault (`places.3.surplus`, `routes.7.km`): a code given
/// twice, negative amounts, a position that is no place's, a route above [`KM_MAX`], surplus or shortage
/// of all places together (`surplus`, `shortage`) above
/// [`UNITS_MAX`](crate::apportionment::UNITS_MAX). `request.too_many_items` for more than
/// [`PLACES_MAX`] places or [`ROUTES_MAX`] routes.
pub fn redistribute(places: &[Place], routes: &[Route]) -> Result<Redistribution, Problem> {
    let order = checked(places, routes)?;
    let nodes = Nodes::new(places, &order);
    let arcs = nodes.arcs(routes);
    let supplies: Vec<i64> = nodes.givers.iter().map(|place| place.surplus).collect();
    let demands: Vec<i64> = nodes.takers.iter().map(|place| place.shortage).collect();
    let farthest = arcs.iter().map(|arc| arc.cost).max().unwrap_or(0);
    let count = i64::try_from(supplies.len() + demands.len()).unwrap_or(i64::MAX);
    // a path visits each place once at most, and KM_MAX and PLACES_MAX keep this below 2^40
    let penalty = (count + 1) * (farthest + 1);
    let network = Network::solved(&supplies, &demands, &arcs, penalty);
    let mut found = Redistribution { unmet: network.unmet(), ..Redistribution::default() };
    for (arc, quantity) in network.flows() {
        let Some(arc) = arcs.get(arc) else { continue };
        found.vial_km += quantity * arc.cost;
        if let (Some(from), Some(to)) = (nodes.giver(arc.from), nodes.taker(arc.to)) {
            found.moves.push(Move { from: from.code.clone(), to: to.code.clone(), quantity });
        }
    }
    Ok(found)
}

/// The positions of the places in the order of their codes.
fn checked(places: &[Place], routes: &[Route]) -> Result<Vec<usize>, Problem> {
    for (given, limit) in [(places.len(), PLACES_MAX), (routes.len(), ROUTES_MAX)] {
        if given > limit {
            return Err(Problem::new(&error::REQUEST_TOO_MANY_ITEMS).with("limit", &limit.to_string()));
        }
    }
    let mut errors = Errors::default();
    let (mut surplus, mut shortage) = (0_i64, 0_i64);
    for (position, place) in places.iter().enumerate() {
        // a path is only written for what is at fault
        if place.surplus < 0 || place.shortage < 0 {
            errors.units(&format!("places.{position}.surplus"), &place.code, place.surplus.min(0));
            errors.units(&format!("places.{position}.shortage"), &place.code, place.shortage.min(0));
        }
        surplus = surplus.saturating_add(place.surplus.max(0));
        shortage = shortage.saturating_add(place.shortage.max(0));
    }
    errors.units("surplus", "", surplus);
    errors.units("shortage", "", shortage);
    for (number, route) in routes.iter().enumerate() {
        if route.from.max(route.to) >= places.len() || !(0..=KM_MAX).contains(&route.km) {
            errors.range(&format!("routes.{number}.km"), "", route.km, KM_MAX);
            for (end, position) in [("from", route.from), ("to", route.to)] {
                if position >= places.len() {
                    let path = format!("routes.{number}.{end}");
                    errors.push(path, &error::ALLOCATION_UNKNOWN_PLACE, &position.to_string(), &[]);
                }
            }
        }
    }
    let mut order: Vec<(&str, usize)> =
        places.iter().enumerate().map(|(position, place)| (place.code.as_str(), position)).collect();
    order.sort_unstable();
    for (before, after) in order.iter().zip(order.iter().skip(1)) {
        if before.0 == after.0 {
            errors.push(format!("places.{}.code", after.1), &error::ALLOCATION_DUPLICATE_CODE, after.0, &[]);
        }
    }
    errors.finish()?;
    Ok(order.into_iter().map(|(_, position)| position).collect())
}

/// The places of the network: givers from node 1 on, then takers, each in the order of codes. Node 0 is the root.
struct Nodes<'a> {
    givers: Vec<&'a Place>,
    takers: Vec<&'a Place>,
    /// By position in the input: the giver's and the taker's node, 0 for none.
    of_position: Vec<(usize, usize)>,
}

impl<'a> Nodes<'a> {
    fn new(places: &'a [Place], order: &[usize]) -> Self {
        let mut nodes = Self { givers: Vec::new(), takers: Vec::new(), of_position: vec![(0, 0); places.len()] };
        for position in order {
            let Some(place) = places.get(*position).filter(|place| place.surplus > 0) else { continue };
            nodes.givers.push(place);
            if let Some(node) = nodes.of_position.get_mut(*position) {
                node.0 = nodes.givers.len();
            }
        }
        for position in order {
            let Some(place) = places.get(*position).filter(|place| place.shortage > 0) else { continue };
            nodes.takers.push(place);
            if let Some(node) = nodes.of_position.get_mut(*position) {
                node.1 = nodes.givers.len() + nodes.takers.len();
            }
        }
        nodes
    }

    /// The routes that lead from a giver to a taker, the shortest of each pair, in the order of codes.
    fn arcs(&self, routes: &[Route]) -> Vec<Arc> {
        let arc = |route: &Route| {
            let (from, to) = (self.of_position.get(route.from)?.0, self.of_position.get(route.to)?.1);
            (from > 0 && to > 0).then_some(Arc { from, to, cost: route.km })
        };
        let mut arcs: Vec<Arc> = routes.iter().filter_map(arc).collect();
        arcs.sort_unstable();
        arcs.dedup_by_key(|arc| (arc.from, arc.to));
        arcs
    }

    fn giver(&self, node: usize) -> Option<&Place> {
        self.givers.get(node.checked_sub(1)?).copied()
    }

    fn taker(&self, node: usize) -> Option<&Place> {
        self.takers.get(node.checked_sub(self.givers.len() + 1)?).copied()
    }
}
