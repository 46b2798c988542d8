//! The network simplex method for a transport without upper limits.
//!
//! Source: Ahuja, Magnanti, Orlin, *Network Flows*, 1993, chapter 11. A basis is a tree over all nodes; only
//! its arcs carry flow. A pivot takes in an arc whose cost is below what its ends' potentials say, pushes
//! as much flow around the cycle as its backward arcs allow, and drops one that is emptied. The tree stays
//! *strongly feasible*: an arc without flow leads towards the root. That rules out cycling (Cunningham,
//! *A network simplex method*, 1976). Arcs are searched in blocks, in their order, so the same input
//! always gives the same tree.

const ROOT: usize = 0;
const NONE: usize = usize::MAX;

/// From a giver's node to a taker's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Arc {
    pub from: usize,
    pub to: usize,
    /// Of one unit, 0 or more.
    pub cost: i64,
}

/// A node's place in the tree, and the arc between it and its parent.
#[derive(Debug, Clone, Copy)]
struct Node {
    parent: usize,
    depth: usize,
    first_child: usize,
    /// Brothers.
    next: usize,
    before: usize,
    arc: usize,
    /// Whether the arc leads to the parent.
    up: bool,
    /// Units on the arc.
    flow: i64,
}

const ALONE: Node =
    Node { parent: NONE, depth: 0, first_child: NONE, next: NONE, before: NONE, arc: NONE, up: true, flow: 0 };

/// Which end of the entering arc is cut off from the root when the leaving arc goes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    From,
    To,
}

/// What a pivot drops: the arc above `node`, and how much flow turns.
struct Leaving {
    node: usize,
    side: Side,
    flow: i64,
}

/// Givers are the nodes 1 to g, takers g + 1 to g + t, the root is node 0.
pub(super) struct Network {
    /// The caller's arcs, then one from each giver to the root and one from the root to each taker.
    arcs: Vec<Arc>,
    real: usize,
    nodes: Vec<Node>,
    potentials: Vec<i64>,
    /// Where the search for an entering arc goes on, and how many arcs it looks at in one go.
    search: usize,
    block: usize,
}

impl Network {
    /// The least-cost flow: `supplies` of the givers, `demands` of the takers (each 1 or more), and what a
    /// unit costs that no giver brings.
    pub(super) fn solved(supplies: &[i64], demands: &[i64], arcs: &[Arc], penalty: i64) -> Self {
        let mut network = Self::start(supplies, demands, arcs, penalty);
        while let Some(entering) = network.entering() {
            if !network.pivot(entering) {
                break;
            }
        }
        network
    }

    /// Nothing moves: a star around the root.
    fn start(supplies: &[i64], demands: &[i64], arcs: &[Arc], penalty: i64) -> Self {
        let mut network = Self {
            real: arcs.len(),
            arcs: arcs.to_vec(),
            nodes: vec![ALONE],
            potentials: vec![0],
            search: 0,
            block: 0,
        };
        for supply in supplies {
            network.grow(true, 0, *supply);
        }
        for demand in demands {
            network.grow(false, penalty, *demand);
        }
        network.block = network.arcs.len().isqrt().max(16);
        network
    }

    /// A node more, tied to the root.
    fn grow(&mut self, up: bool, cost: i64, flow: i64) {
        let node = self.nodes.len();
        let (from, to) = if up { (node, ROOT) } else { (ROOT, node) };
        let arc = self.arcs.len();
        self.arcs.push(Arc { from, to, cost });
        self.nodes.push(Node { arc, up, flow, depth: 1, ..ALONE });
        self.potentials.push(if up { -cost } else { cost });
        self.hang(node, ROOT);
    }

    /// Units that no giver brings.
    pub(super) fn unmet(&self) -> i64 {
        let unmet = |node: &&Node| node.arc >= self.real && !node.up;
        self.nodes.iter().skip(1).filter(unmet).map(|node| node.flow).sum()
    }

    /// The caller's arcs that carry something, in their order.
    pub(super) fn flows(&self) -> Vec<(usize, i64)> {
        let carrying = self.nodes.iter().skip(1).filter(|node| node.arc < self.real && node.flow > 0);
        let mut flows: Vec<(usize, i64)> = carrying.map(|node| (node.arc, node.flow)).collect();
        flows.sort_unstable();
        flows
    }

    fn node(&self, node: usize) -> &Node {
        self.nodes.get(node).unwrap_or(&ALONE)
    }

    fn change(&mut self, node: usize, change: impl FnOnce(&mut Node)) {
        if let Some(node) = self.nodes.get_mut(node) {
            change(node);
        }
    }

    fn potential(&self, node: usize) -> i64 {
        self.potentials.get(node).copied().unwrap_or(0)
    }

    /// What the arc costs beyond what its ends' potentials say; 0 on the tree.
    fn reduced_cost(&self, arc: &Arc) -> i64 {
        arc.cost + self.potential(arc.from) - self.potential(arc.to)
    }

    /// The arc of the next block that saves most, the first of them.
    fn entering(&mut self) -> Option<usize> {
        let mut best: Option<(i64, usize)> = None;
        let turn = (self.search..self.arcs.len()).chain(0..self.search);
        for (looked, (number, arc)) in turn.filter_map(|at| Some((at, self.arcs.get(at)?))).enumerate() {
            if looked > 0 && looked % self.block == 0 && best.is_some() {
                self.search = number;
                break;
            }
            let cost = self.reduced_cost(arc);
            if cost < best.map_or(0, |(least, _)| least) {
                best = Some((cost, number));
            }
        }
        best.map(|(_, number)| number)
    }

    /// Takes the arc into the tree. False if nothing limits the flow around the cycle, which cannot be
    /// where no cost is negative.
    fn pivot(&mut self, entering: usize) -> bool {
        let Some(arc) = self.arcs.get(entering).copied() else { return false };
        let join = self.join(arc.from, arc.to);
        let Some(leaving) = self.leaving(&arc, join) else { return false };
        self.push(arc.from, join, leaving.flow, true);
        self.push(arc.to, join, leaving.flow, false);
        let cost = self.reduced_cost(&arc);
        let (top, parent, up, shift) = match leaving.side {
            Side::From => (arc.from, arc.to, true, -cost),
            Side::To => (arc.to, arc.from, false, cost),
        };
        self.turn_over(top, leaving.node, Node { parent, arc: entering, up, flow: leaving.flow, ..ALONE });
        self.settle(top, shift);
        true
    }

    /// The node where the ways from both ends to the root meet.
    fn join(&self, from: usize, to: usize) -> usize {
        let (mut a, mut b) = (from, to);
        while a != b {
            let (left, right) = (self.node(a), self.node(b));
            if left.depth >= right.depth {
                a = left.parent;
            }
            if right.depth >= left.depth {
                b = right.parent;
            }
        }
        a
    }

    /// The last arc, going around from the join along the entering arc, of those that empty first.
    fn leaving(&self, arc: &Arc, join: usize) -> Option<Leaving> {
        let mut leaving: Option<Leaving> = None;
        // on this side the cycle comes down from the join: arcs that lead up are emptied
        let mut at = arc.from;
        while at != join {
            let node = self.node(at);
            if node.up && leaving.as_ref().is_none_or(|least| node.flow < least.flow) {
                leaving = Some(Leaving { node: at, side: Side::From, flow: node.flow });
            }
            at = node.parent;
        }
        at = arc.to;
        while at != join {
            let node = self.node(at);
            if !node.up && leaving.as_ref().is_none_or(|least| node.flow <= least.flow) {
                leaving = Some(Leaving { node: at, side: Side::To, flow: node.flow });
            }
            at = node.parent;
        }
        leaving
    }

    /// Sends `flow` along the cycle between `from` and the join, `down` or up the tree.
    fn push(&mut self, from: usize, join: usize, flow: i64, down: bool) {
        let mut at = from;
        while flow > 0 && at != join {
            self.change(at, |node| node.flow += if node.up == down { -flow } else { flow });
            at = self.node(at).parent;
        }
    }

    /// Hangs the part of the tree below `leaving` to another parent, by `top`: the way from `top` to
    /// `leaving` is turned over. `link` says what ties `top` to its new parent.
    fn turn_over(&mut self, top: usize, leaving: usize, link: Node) {
        let (mut at, mut link) = (top, link);
        loop {
            let old = *self.node(at);
            self.take_off(at);
            self.change(at, |node| {
                node.arc = link.arc;
                node.up = link.up;
                node.flow = link.flow;
            });
            self.hang(at, link.parent);
            if at == leaving || old.parent == NONE {
                break;
            }
            link = Node { parent: at, up: !old.up, ..old };
            at = old.parent;
        }
    }

    fn take_off(&mut self, child: usize) {
        let Node { parent, before, next, .. } = *self.node(child);
        if before == NONE {
            self.change(parent, |node| node.first_child = next);
        } else {
            self.change(before, |node| node.next = next);
        }
        self.change(next, |node| node.before = before);
    }

    fn hang(&mut self, child: usize, parent: usize) {
        let first = self.node(parent).first_child;
        self.change(first, |node| node.before = child);
        self.change(parent, |node| node.first_child = child);
        self.change(child, |node| {
            node.parent = parent;
            node.before = NONE;
            node.next = first;
        });
    }

    /// Depths and potentials below `top`, which has moved.
    fn settle(&mut self, top: usize, shift: i64) {
        let mut at = top;
        loop {
            let Node { parent, first_child, .. } = *self.node(at);
            let depth = self.node(parent).depth + 1;
            self.change(at, |node| node.depth = depth);
            if let Some(potential) = self.potentials.get_mut(at) {
                *potential += shift;
            }
            if first_child != NONE {
                at = first_child;
                continue;
            }
            while at != top && self.node(at).next == NONE {
                at = self.node(at).parent;
            }
            if at == top {
                break;
            }
            at = self.node(at).next;
        }
    }
}
