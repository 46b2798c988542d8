//! The rules in the plainest way: look at everyone, award one, look again. Shares no code with the
//! engine. Faults can be planted in it, to show that the checks find them.
use super::super::{Apportionment, Binding, Line, Method, Recipient, Remainder, Status};
use std::cmp::Ordering;

/// A mistake that somebody could make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    None,
    TieByPosition,
    TieWithoutWeight,
    CapOffByOne,
    HoldIgnored,
    WrongSignpost,
    OrderAtFirstSignpost,
    FloorForgotten,
    FloorNotRaised,
    CommittedTakenBack,
    ZeroWeightTakes,
}

/// Signpost constant c = p/q.
fn constant(method: Method) -> (i128, i128) {
    match method {
        Method::Adams => (0, 1),
        Method::Dhondt => (1, 1),
        _ => (1, 2),
    }
}

struct Place<'a> {
    recipient: &'a Recipient,
    position: usize,
    lo: i64,
    hi: i64,
    units: i64,
    passed_over: bool,
}

fn places(recipients: &[Recipient], fault: Fault) -> Vec<Place<'_>> {
    let place = |(position, recipient): (usize, &'_ Recipient)| {
        let order = recipient.min_order;
        let mut cap = recipient.cap.unwrap_or(1 << 50);
        if cap < order {
            cap = 0;
        }
        let mut floor = recipient.floor.min(cap);
        if floor > 0 && floor < order && fault != Fault::FloorNotRaised {
            floor = order;
        }
        if fault == Fault::FloorForgotten {
            floor = 0;
        }
        let committed = if fault == Fault::CommittedTakenBack { 0 } else { recipient.committed };
        let hi = cap.max(committed) + i64::from(fault == Fault::CapOffByOne);
        (position, floor.max(committed), hi)
    };
    let place = |(position, recipient)| {
        let (position, lo, hi) = place((position, recipient));
        Place { recipient, position, lo, hi, units: lo, passed_over: false }
    };
    let mut places: Vec<Place> = recipients.iter().enumerate().map(place).collect();
    places.sort_by(|a, b| a.recipient.code.as_bytes().cmp(b.recipient.code.as_bytes()));
    places
}

/// s(k)/w as a fraction, times 2q: for the unit that would be the k-th.
fn single(method: Method, k: i64, fault: Fault) -> i128 {
    let (p, q) = constant(method);
    2 * q * i128::from(k - 1) + 2 * p + i128::from(fault == Fault::WrongSignpost && k > 1)
}

fn next_award(place: &Place, method: Method, fault: Fault) -> Option<(i128, i64)> {
    let weight_takes = place.recipient.weight > 0 || fault == Fault::ZeroWeightTakes;
    if !weight_takes || place.units >= place.hi || place.passed_over {
        return None;
    }
    let order = place.recipient.min_order;
    if place.units > 0 || order == 1 {
        return Some((single(method, place.units + 1, fault), 1));
    }
    // the mean of the signposts of the units 1 to m
    let sum: i128 = (1..=order).map(|k| single(method, k, Fault::None)).sum();
    let mean = sum / i128::from(order);
    Some((if fault == Fault::OrderAtFirstSignpost { single(method, 1, fault) } else { mean }, order))
}

fn compare(a: (i128, &Place), b: (i128, &Place), fault: Fault) -> Ordering {
    let weight = |place: &Place| i128::from(place.recipient.weight.max(1));
    let by_key = (a.0 * weight(b.1)).cmp(&(b.0 * weight(a.1)));
    let by_weight = b.1.recipient.weight.cmp(&a.1.recipient.weight);
    let by_code = a.1.recipient.code.as_bytes().cmp(b.1.recipient.code.as_bytes());
    match fault {
        Fault::TieByPosition => by_key.then(a.1.position.cmp(&b.1.position)),
        Fault::TieWithoutWeight => by_key.then(by_code),
        _ => by_key.then(by_weight).then(by_code),
    }
}

/// Shares with a fault, or without.
pub fn share(
    supply: i64,
    recipients: &[Recipient],
    method: Method,
    remainder: Remainder,
    fault: Fault,
) -> Apportionment {
    let mut places = places(recipients, fault);
    let committed: i64 = recipients.iter().map(|recipient| recipient.committed).sum();
    let lowest: i64 = places.iter().map(|place| place.lo).sum();
    if committed > supply && fault != Fault::CommittedTakenBack {
        let line = |place: &Place| {
            let (code, units) = (place.recipient.code.clone(), place.recipient.committed);
            Line { code, units, binding: Binding::Committed }
        };
        let status = Status::Overcommitted { shortfall: committed - supply };
        return Apportionment { status, lines: places.iter().map(line).collect(), reserve: 0 };
    }
    if lowest > supply {
        return prorate(supply, &places);
    }
    if method == Method::Hamilton {
        return hamilton(supply, &places);
    }
    let (left, last) = award(supply - lowest, &mut places, method, remainder, fault);
    lines(supply, recipients, (method, remainder), fault, &places, (left, last))
}

type Last = Option<(i128, usize)>;

/// Gives one award after the other; what is left, and the last award.
fn award(left: i64, places: &mut [Place], method: Method, remainder: Remainder, fault: Fault) -> (i64, Last) {
    let (mut left, mut last) = (left, None);
    while left > 0 {
        let waiting = places.iter().enumerate().filter_map(|(at, place)| Some((at, next_award(place, method, fault)?)));
        let first = waiting.min_by(|a, b| compare((a.1.0, &places[a.0]), (b.1.0, &places[b.0]), fault));
        let Some((at, (key, size))) = first else { break };
        if size <= left {
            places[at].units += size;
            left -= size;
            last = Some((key, at));
        } else if remainder == Remainder::Hold && fault != Fault::HoldIgnored {
            break;
        } else {
            places[at].passed_over = true;
        }
    }
    (left, last)
}

fn lines(
    supply: i64,
    recipients: &[Recipient],
    (method, remainder): (Method, Remainder),
    fault: Fault,
    places: &[Place],
    (left, last): (i64, Last),
) -> Apportionment {
    let lines = places.iter().map(|place| {
        let units = place.units;
        let comes_after = |last: (i128, usize)| {
            let last_unit = single(method, place.lo, Fault::None);
            place.recipient.weight == 0
                || compare((last_unit, place), (last.0, &places[last.1]), Fault::None) == Ordering::Greater
        };
        let held = units == place.lo && units > 0 && last.is_none_or(comes_after);
        let waited = || {
            // the definition itself: the same run without its minimum order
            let mut without = recipients.to_vec();
            let own = without.iter_mut().find(|other| other.code == place.recipient.code).unwrap();
            own.min_order = 1;
            let mut again = self::places(&without, Fault::None);
            let left = supply - again.iter().map(|place| place.lo).sum::<i64>();
            award(left, &mut again, method, remainder, Fault::None);
            again.iter().any(|other| other.recipient.code == place.recipient.code && other.units > 0)
        };
        let binding = binding(
            place,
            units,
            held,
            fault == Fault::None && units == 0 && place.recipient.min_order > 1 && waited(),
        );
        Line { code: place.recipient.code.clone(), units, binding }
    });
    Apportionment { status: Status::Ok, lines: lines.collect(), reserve: left }
}

fn binding(place: &Place, units: i64, held: bool, waited: bool) -> Binding {
    let Recipient { weight, committed, cap, min_order, .. } = *place.recipient;
    if held && place.lo == committed {
        Binding::Committed
    } else if held {
        Binding::Floor
    } else if cap.is_some_and(|cap| cap > 0 && cap < min_order) {
        Binding::CapBelowMinOrder
    } else if units >= place.hi {
        Binding::Cap
    } else if weight == 0 {
        Binding::ZeroWeight
    } else if waited {
        Binding::MinOrder
    } else {
        Binding::None
    }
}

fn prorate(supply: i64, places: &[Place]) -> Apportionment {
    let missing = |place: &Place| place.lo - place.recipient.committed;
    let parts: Vec<Recipient> = places
        .iter()
        .map(|place| Recipient {
            cap: Some(missing(place)),
            ..Recipient::new(place.recipient.code.clone(), missing(place))
        })
        .collect();
    let committed: i64 = places.iter().map(|place| place.recipient.committed).sum();
    let shared = share(supply - committed, &parts, Method::Webster, Remainder::Hold, Fault::None);
    let line = |(place, part): (&Place, &Line)| {
        let units = place.recipient.committed + part.units;
        let binding = if missing(place) > 0 { Binding::FloorProrated } else { binding(place, units, units > 0, false) };
        Line { code: place.recipient.code.clone(), units, binding }
    };
    let lines = places.iter().zip(&shared.lines).map(line).collect();
    Apportionment { status: Status::FloorsProrated, lines, reserve: shared.reserve }
}

/// Fixes clamps on the heavier side until none is violated; floors, then remainders.
fn hamilton(supply: i64, places: &[Place]) -> Apportionment {
    let mut fixed: Vec<Option<i64>> =
        places.iter().map(|place| (place.recipient.weight == 0).then_some(place.lo)).collect();
    let mut lacking = vec![false; places.len()];
    let weight = |at: usize| i128::from(places[at].recipient.weight);
    let free = |fixed: &[Option<i64>]| (0..places.len()).filter(|at| fixed[*at].is_none()).collect::<Vec<_>>();
    let (rest, total) = loop {
        let rest = i128::from(supply - fixed.iter().flatten().sum::<i64>());
        let open = free(&fixed);
        let total: i128 = open.iter().map(|at| weight(*at)).sum();
        let lack = |at: usize| (i128::from(places[at].lo) * total - rest * weight(at)).max(0);
        let excess = |at: usize| (rest * weight(at) - i128::from(places[at].hi) * total).max(0);
        let lacks: i128 = open.iter().map(|at| lack(*at)).sum();
        let exceeds: i128 = open.iter().map(|at| excess(*at)).sum();
        if lacks == 0 && exceeds == 0 {
            break (rest, total);
        }
        for at in open {
            if lacks >= exceeds && lack(at) > 0 {
                fixed[at] = Some(places[at].lo);
                lacking[at] = true;
            } else if exceeds >= lacks && excess(at) > 0 {
                fixed[at] = Some(places[at].hi);
            }
        }
    };
    let mut order = free(&fixed);
    let mut units: Vec<i64> = (0..places.len())
        .map(|at| fixed[at].unwrap_or_else(|| i64::try_from(rest * weight(at) / total).unwrap()))
        .collect();
    let left = supply - units.iter().sum::<i64>();
    order.sort_by_key(|at| (-(rest * weight(*at) % total), -weight(*at)));
    for at in order.iter().take(usize::try_from(left).unwrap_or(0)) {
        units[*at] += 1;
    }
    let line = |(at, place): (usize, &Place)| {
        let held = place.lo > 0 && (lacking[at] || place.recipient.weight == 0);
        Line { code: place.recipient.code.clone(), units: units[at], binding: binding(place, units[at], held, false) }
    };
    let lines: Vec<Line> = places.iter().enumerate().map(line).collect();
    let reserve = supply - units.iter().sum::<i64>();
    Apportionment { status: Status::Ok, lines, reserve }
}
