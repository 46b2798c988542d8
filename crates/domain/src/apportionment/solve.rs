//! One run from bounds to lines: status, amounts, and the rule that decided each line.
use super::{
    Apportionment, Binding, Line, Method, Recipient, Remainder, Status,
    bounds::Bounds,
    hamilton::{self, Side},
    queue::{Key, Run, Signposts},
};

/// The amounts of one run, in the order of its bounds.
pub(super) struct Solution {
    pub status: Status,
    pub units: Vec<i64>,
    pub bindings: Vec<Binding>,
    pub reserve: i64,
    /// The last award of the queue, if it made one.
    pub last: Option<Key>,
}

/// Decides the status, then shares by the method.
pub(super) fn solve(supply: i64, bounds: &[Bounds], method: Method, remainder: Remainder) -> Solution {
    let committed: i64 = bounds.iter().map(|line| line.committed).sum();
    let lowest: i64 = bounds.iter().map(|line| line.lo).sum();
    if committed > supply {
        let units = bounds.iter().map(|line| line.committed).collect();
        let status = Status::Overcommitted { shortfall: committed - supply };
        let bindings = vec![Binding::Committed; bounds.len()];
        return Solution { status, units, bindings, reserve: 0, last: None };
    }
    if lowest > supply {
        return prorated(supply - committed, bounds);
    }
    match Signposts::of(method) {
        Some(posts) => queued(supply - lowest, bounds, posts, remainder),
        None => by_remainder(supply, bounds),
    }
}

/// What a prorated run shares beyond the committed amounts: Webster, with the missing part of each
/// floor as weight and as cap.
pub(super) fn missing_floors(bounds: &[Bounds]) -> Vec<Bounds> {
    let missing = |line: &Bounds| {
        let missing = line.lo - line.committed;
        let weight = missing.unsigned_abs();
        Bounds { weight, committed: 0, lo: 0, hi: missing, min_order: 1, cap_below_min_order: false }
    };
    bounds.iter().map(missing).collect()
}

fn prorated(left: i64, bounds: &[Bounds]) -> Solution {
    let missing = missing_floors(bounds);
    let mut run = Run::new(Signposts::WEBSTER, &missing, left);
    run.finish(Remainder::Hold);
    let units: Vec<i64> = run.units.iter().zip(bounds).map(|(more, line)| line.committed + more).collect();
    let binding = |(line, units): (&Bounds, &i64)| {
        if line.lo > line.committed {
            Binding::FloorProrated
        } else {
            standing(line, *units, line.committed > 0, false)
        }
    };
    let bindings = bounds.iter().zip(&units).map(binding).collect();
    Solution { status: Status::FloorsProrated, units, bindings, reserve: run.left, last: None }
}

fn queued(left: i64, bounds: &[Bounds], posts: Signposts, remainder: Remainder) -> Solution {
    let mut run = Run::new(posts, bounds, left);
    run.finish(remainder);
    let last = run.last();
    let bindings = bounds.iter().zip(&run.units).enumerate().map(|(rank, (line, units))| {
        let unit = |units: i64| Key { position: posts.unit(units), weight: line.weight, rank };
        // the last unit of `lo` as a single unit of the queue; with weight 0 it never comes
        let held =
            *units == line.lo && line.lo > 0 && (line.weight == 0 || last.is_none_or(|last| unit(line.lo - 1) > last));
        let waited = line.jumps(*units) && line.takes(0) && would_have_one(unit(0), run.left, run.blocked, last);
        standing(line, *units, held, waited)
    });
    let bindings = bindings.collect();
    Solution { status: Status::Ok, bindings, reserve: run.left, last, units: run.units }
}

/// Whether a line without a unit would have its first if it had no minimum order.
fn would_have_one(first: Key, left: i64, blocked: Option<Key>, last: Option<Key>) -> bool {
    if left > 0 {
        // something was left when the queue stopped at `blocked`, or had nobody to serve any more
        blocked.is_none_or(|blocked| first <= blocked)
    } else {
        last.is_some_and(|last| first < last)
    }
}

fn by_remainder(supply: i64, bounds: &[Bounds]) -> Solution {
    let (units, sides) = hamilton::share(supply, bounds);
    let binding = |((line, side), units): ((&Bounds, &Side), &i64)| {
        standing(line, *units, *side == Side::Low && line.lo > 0, false)
    };
    let bindings = bounds.iter().zip(&sides).zip(&units).map(binding).collect();
    let reserve = supply - units.iter().sum::<i64>();
    Solution { status: Status::Ok, units, bindings, reserve, last: None }
}

/// The first rule that holds. `held`: the line stands at a positive `lo` that the queue had not
/// reached; `waited`: only its minimum order kept it from a unit.
fn standing(line: &Bounds, units: i64, held: bool, waited: bool) -> Binding {
    if held {
        return if line.lo == line.committed { Binding::Committed } else { Binding::Floor };
    }
    match () {
        () if line.cap_below_min_order => Binding::CapBelowMinOrder,
        () if units >= line.hi => Binding::Cap,
        () if line.weight == 0 => Binding::ZeroWeight,
        () if waited => Binding::MinOrder,
        () => Binding::None,
    }
}

/// The solution as a plan shows it.
pub(super) fn lines(recipients: &[&Recipient], solution: Solution) -> Apportionment {
    let Solution { status, units, bindings, reserve, .. } = solution;
    let line = |((recipient, units), binding): ((&&Recipient, i64), Binding)| Line {
        code: recipient.code.clone(),
        units,
        binding,
    };
    Apportionment { status, lines: recipients.iter().zip(units).zip(bindings).map(line).collect(), reserve }
}
