//! Successive shortest paths, each found by looking at every edge again and again (Bellman, Ford). Shares
//! no code with the engine. Faults can be planted in it, to show that the checks find them.
use super::super::{Move, Place, Redistribution, Route};
use std::collections::BTreeMap;

/// A mistake that somebody could make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    None,
    /// Never takes back an earlier move for a better one.
    NearestFirst,
    /// Gives up when a vial's whole path is longer than the longest route.
    PenaltyOfOneRoute,
    KilometresForgotten,
    SurplusTwice,
    /// Uses routes against their direction.
    BothWays,
    UnmetForgotten,
}

#[derive(Clone, Copy)]
struct Edge {
    from: usize,
    to: usize,
    left: i64,
    cost: i64,
}

/// Each edge and its way back stand side by side.
fn add(edges: &mut Vec<Edge>, from: usize, to: usize, left: i64, cost: i64) {
    edges.push(Edge { from, to, left, cost });
    edges.push(Edge { from: to, to: from, left: 0, cost: -cost });
}

/// Givers are the nodes 0 to n - 1, takers n to 2n - 1, then source and sink.
fn network(places: &[Place], routes: &[Route], fault: Fault) -> Vec<Edge> {
    let n = places.len();
    let mut edges = Vec::new();
    for (at, place) in places.iter().enumerate() {
        let surplus = if fault == Fault::SurplusTwice { 2 * place.surplus } else { place.surplus };
        add(&mut edges, 2 * n, at, surplus, 0);
        add(&mut edges, n + at, 2 * n + 1, place.shortage, 0);
    }
    for route in routes {
        let km = if fault == Fault::KilometresForgotten { 0 } else { route.km };
        add(&mut edges, route.from, n + route.to, i64::MAX / 4, km);
        if fault == Fault::BothWays {
            add(&mut edges, route.to, n + route.from, i64::MAX / 4, km);
        }
    }
    edges
}

pub fn moves(places: &[Place], routes: &[Route], fault: Fault) -> Redistribution {
    let n = places.len();
    let mut edges = network(places, routes, fault);
    let farthest = routes.iter().map(|route| route.km).max().unwrap_or(0);
    loop {
        // length of the shortest path to each node, and its last edge
        let mut best: Vec<Option<(i64, usize)>> = vec![None; 2 * n + 2];
        best[2 * n] = Some((0, usize::MAX));
        let mut changed = true;
        while changed {
            changed = false;
            for (number, edge) in edges.iter().enumerate() {
                let back = number % 2 == 1;
                let Some((length, _)) = best[edge.from].filter(|_| edge.left > 0) else { continue };
                let shorter = best[edge.to].is_none_or(|(found, _)| length + edge.cost < found);
                if shorter && !(back && fault == Fault::NearestFirst) {
                    best[edge.to] = Some((length + edge.cost, number));
                    changed = true;
                }
            }
        }
        let Some((length, last)) = best[2 * n + 1] else { break };
        if fault == Fault::PenaltyOfOneRoute && length > farthest {
            break;
        }
        let path: Vec<usize> = std::iter::successors(Some(last), |edge| {
            best[edges[*edge].from].map(|(_, before)| before).filter(|before| *before != usize::MAX)
        })
        .collect();
        let part = path.iter().map(|edge| edges[*edge].left).min().unwrap();
        for edge in path {
            edges[edge].left -= part;
            edges[edge ^ 1].left += part;
        }
    }
    told(places, routes, &edges, fault)
}

fn told(places: &[Place], routes: &[Route], edges: &[Edge], fault: Fault) -> Redistribution {
    let n = places.len();
    let mut pairs: BTreeMap<(&str, &str), i64> = BTreeMap::new();
    let (mut taken, mut vial_km) = (0, 0);
    for (number, way_back) in
        edges.iter().enumerate().skip(4 * n).filter(|(number, edge)| number % 2 == 1 && edge.left > 0)
    {
        let (from, to) = (edges[number - 1].from, edges[number - 1].to - n);
        *pairs.entry((&places[from].code, &places[to].code)).or_default() += way_back.left;
        taken += way_back.left;
        let km = routes.iter().filter(|route| (route.from, route.to) == (from, to)).map(|route| route.km).min();
        vial_km += way_back.left * km.unwrap_or(0);
    }
    let shortage: i64 = places.iter().map(|place| place.shortage).sum();
    let unmet = if fault == Fault::UnmetForgotten { 0 } else { shortage - taken };
    let moves =
        pairs.into_iter().map(|((from, to), quantity)| Move { from: from.to_owned(), to: to.to_owned(), quantity });
    Redistribution { unmet, vial_km, moves: moves.collect() }
}
