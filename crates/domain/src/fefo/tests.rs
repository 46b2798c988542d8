//! E15: as much as a maximum flow, no lot overdrawn, none expired; planted faults; worked examples.
use super::*;
use proptest::{prelude::*, strategy::ValueTree as _, test_runner::TestRunner};
use std::collections::BTreeMap;

fn lot(id: &str, expiry_day: i64, quantity: i64) -> Lot {
    Lot { id: id.to_owned(), expiry_day, quantity }
}

fn line(code: &str, delivery_day: i64, min_days: i64, quantity: i64) -> Line {
    Line { code: code.to_owned(), delivery_day, min_days, quantity }
}

fn assigned(lots: &[Lot], lines: &[Line]) -> Assignment {
    assign(lots, lines).unwrap()
}

/// A mistake that somebody could make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    None,
    DayAfterExpiry,
    LeastDaysForgotten,
    ExpiredWhenShort,
    LotOverdrawn,
    LatestExpiryFirst,
    EarliestNeedFirst,
    NeverSplit,
    ShortForgotten,
}

/// The rules in the plainest way: look at all lots, take from one, look again. Shares no code with the engine.
fn plainly(lots: &[Lot], lines: &[Line], fault: Fault) -> Assignment {
    let mut lots = lots.to_vec();
    lots.sort_by_key(|lot| (lot.expiry_day, lot.id.clone()));
    if matches!(fault, Fault::LatestExpiryFirst | Fault::EarliestNeedFirst) {
        lots.reverse();
    }
    let need = |line: &Line| line.delivery_day + if fault == Fault::LeastDaysForgotten { 0 } else { line.min_days };
    let mut order = lines.to_vec();
    order.sort_by_key(|line| (-need(line), line.code.clone()));
    if fault == Fault::EarliestNeedFirst {
        order.reverse();
    }
    let mut found = Assignment::default();
    for line in order {
        let mut wanted = line.quantity;
        while wanted > 0 {
            let until = need(&line) - i64::from(fault == Fault::DayAfterExpiry);
            let fitting = |lot: &Lot| lot.expiry_day >= until && lot.quantity > 0;
            let first = lots.iter().find(|lot| fitting(lot)).map(|lot| lot.expiry_day);
            let whole = |lot: &Lot| Some(lot.expiry_day) == first && lot.quantity >= wanted;
            let found_lot = match lots.iter().position(whole) {
                None if first.is_none() && fault == Fault::ExpiredWhenShort => {
                    lots.iter().position(|lot| lot.quantity > 0)
                }
                None => lots.iter().position(fitting),
                whole => whole,
            };
            let Some(lot) = found_lot.map(|place| &mut lots[place]) else { break };
            let part = lot.quantity.min(wanted);
            if fault == Fault::NeverSplit && part < wanted {
                break;
            }
            lot.quantity -= if fault == Fault::LotOverdrawn { 0 } else { part };
            wanted -= part;
            found.pieces.push(Piece { code: line.code.clone(), lot: lot.id.clone(), quantity: part });
        }
        if wanted > 0 && fault != Fault::ShortForgotten {
            found.short.push(Short { code: line.code.clone(), quantity: wanted });
        }
    }
    let expiry = |id: &str| lots.iter().find(|lot| lot.id == id).map(|lot| lot.expiry_day);
    found.pieces.sort_by_key(|piece| (piece.code.clone(), expiry(&piece.lot), piece.lot.clone()));
    found.short.sort_by_key(|short| short.code.clone());
    found
}

/// The most that can be assigned: augmenting paths, found by looking at every edge (Ford, Fulkerson).
fn max_flow(lots: &[Lot], lines: &[Line]) -> i64 {
    let (source, sink) = (lots.len() + lines.len(), lots.len() + lines.len() + 1);
    let mut rest = vec![vec![0_i64; sink + 1]; sink + 1];
    for (at, lot) in lots.iter().enumerate() {
        rest[source][at] = lot.quantity;
        for (to, line) in lines.iter().enumerate() {
            rest[at][lots.len() + to] =
                if lot.expiry_day >= line.delivery_day + line.min_days { i64::MAX / 4 } else { 0 };
        }
    }
    for (to, line) in lines.iter().enumerate() {
        rest[lots.len() + to][sink] = line.quantity;
    }
    let mut flow = 0;
    loop {
        let mut before = vec![usize::MAX; sink + 1];
        let mut open = vec![source];
        while let Some(at) = open.pop() {
            for to in 0..=sink {
                if rest[at][to] > 0 && before[to] == usize::MAX && to != source {
                    before[to] = at;
                    open.push(to);
                }
            }
        }
        if before[sink] == usize::MAX {
            return flow;
        }
        let path: Vec<(usize, usize)> =
            std::iter::successors(Some(sink), |at| (before[*at] != source).then(|| before[*at]))
                .map(|at| (before[at], at))
                .collect();
        let part = path.iter().map(|(from, to)| rest[*from][*to]).min().unwrap();
        for (from, to) in path {
            rest[from][to] -= part;
            rest[to][from] += part;
        }
        flow += part;
    }
}

/// E15, and that every line is told what it does not get.
fn sound(lots: &[Lot], lines: &[Line], found: &Assignment) -> Result<(), String> {
    let by_id: BTreeMap<&str, &Lot> = lots.iter().map(|lot| (lot.id.as_str(), lot)).collect();
    let by_code: BTreeMap<&str, &Line> = lines.iter().map(|line| (line.code.as_str(), line)).collect();
    let mut used: BTreeMap<&str, i64> = BTreeMap::new();
    let mut got: BTreeMap<&str, i64> = BTreeMap::new();
    for piece in &found.pieces {
        let (lot, line) = (by_id[piece.lot.as_str()], by_code[piece.code.as_str()]);
        if piece.quantity < 1 || lot.expiry_day < line.delivery_day + line.min_days {
            return Err(format!("expired or empty: {piece:?}"));
        }
        *used.entry(&piece.lot).or_default() += piece.quantity;
        *got.entry(&piece.code).or_default() += piece.quantity;
    }
    if let Some((id, _)) = used.iter().find(|(id, used)| **used > by_id[**id].quantity) {
        return Err(format!("overdrawn: {id}"));
    }
    for line in lines {
        let short: i64 = found.short.iter().filter(|short| short.code == line.code).map(|short| short.quantity).sum();
        if got.get(line.code.as_str()).unwrap_or(&0) + short != line.quantity {
            return Err(format!("not accounted for: {line:?}"));
        }
    }
    let (assigned, most) = (got.values().sum::<i64>(), max_flow(lots, lines));
    if assigned == most { Ok(()) } else { Err(format!("{assigned} of {most}")) }
}

const CODES: [&str; 7] = ["10", "9", "a", "aa", "B", "あ", "b-1"];

type Case = (Vec<Lot>, Vec<Line>);

fn any_case() -> impl Strategy<Value = Case> {
    let days = || prop_oneof![3 => 0..6_i64, 1 => 0..20_i64];
    let lots = proptest::collection::vec((days(), 0..9_i64), 0..7);
    let lines = proptest::collection::vec((days(), 0..4_i64, 0..9_i64), 0..7);
    let codes = || Just(CODES.to_vec()).prop_shuffle();
    (codes(), lots, codes(), lines).prop_map(|(ids, lots, codes, lines)| {
        let lots = ids.into_iter().zip(lots).map(|(id, (expiry, quantity))| lot(id, expiry, quantity));
        let lines = codes.into_iter().zip(lines).map(|(code, (day, least, wanted))| line(code, day, least, wanted));
        (lots.collect(), lines.collect())
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn e15_as_much_as_possible_and_nothing_expired((lots, lines) in any_case()) {
        let found = assigned(&lots, &lines);
        prop_assert_eq!(sound(&lots, &lines, &found), Ok(()));
        prop_assert_eq!(found, plainly(&lots, &lines, Fault::None));
    }

    #[test]
    fn the_order_of_the_input_does_not_matter((lots, lines) in any_case(), turn in 0_usize..7) {
        let (mut turned_lots, mut turned_lines) = (lots.clone(), lines.clone());
        turned_lots.reverse();
        turned_lines.reverse();
        turned_lots.rotate_left(turn.min(lots.len()));
        turned_lines.rotate_left(turn.min(lines.len()));
        prop_assert_eq!(assigned(&turned_lots, &turned_lines), assigned(&lots, &lines));
    }
}

#[test]
fn every_planted_fault_is_found() {
    for fault in [
        Fault::None,
        Fault::DayAfterExpiry,
        Fault::LeastDaysForgotten,
        Fault::ExpiredWhenShort,
        Fault::LotOverdrawn,
        Fault::EarliestNeedFirst,
        Fault::NeverSplit,
        Fault::ShortForgotten,
    ] {
        let mut runner = TestRunner::deterministic();
        let found = (0..1_000).any(|_| {
            let (lots, lines) = any_case().new_tree(&mut runner).unwrap().current();
            sound(&lots, &lines, &plainly(&lots, &lines, fault)).is_err()
        });
        assert_eq!(found, fault != Fault::None, "{fault:?}");
    }
    // assigns as much, but lets the older lot lie: only the oracle tells
    let (lots, lines) = ([lot("A", 5, 3), lot("B", 9, 3)], [line("x", 1, 0, 3)]);
    let found = plainly(&lots, &lines, Fault::LatestExpiryFirst);
    assert_eq!(sound(&lots, &lines, &found), Ok(()));
    assert_ne!(found, assigned(&lots, &lines));
}

type Told<'a> = (Vec<(&'a str, &'a str, i64)>, Vec<(&'a str, i64)>);

fn told(assignment: &Assignment) -> Told<'_> {
    let pieces = assignment.pieces.iter().map(|piece| (piece.code.as_str(), piece.lot.as_str(), piece.quantity));
    let short = assignment.short.iter().map(|short| (short.code.as_str(), short.quantity));
    (pieces.collect(), short.collect())
}

#[test]
fn the_longest_need_is_served_first() {
    let lots = [lot("L2", 40, 10), lot("L1", 20, 10), lot("L0", 9, 100)];
    let lines = [line("a", 10, 5, 12), line("b", 10, 30, 4), line("c", 10, 60, 1), line("d", 10, 0, 9)];
    let found = assigned(&lots, &lines);
    // b may only have L2; a takes the older L1 first; d comes last; L0 has expired by the day
    let pieces = vec![("a", "L1", 10), ("a", "L2", 2), ("b", "L2", 4), ("d", "L2", 4)];
    assert_eq!(told(&found), (pieces, vec![("c", 1), ("d", 5)]));
}

#[test]
fn a_whole_lot_is_preferred_among_equals_only() {
    let lots = [lot("A", 30, 3), lot("B", 30, 9), lot("C", 31, 100)];
    assert_eq!(told(&assigned(&lots, &[line("x", 1, 0, 5)])).0, [("x", "B", 5)]);
    assert_eq!(told(&assigned(&lots, &[line("x", 1, 0, 2)])).0, [("x", "A", 2)], "the first that suffices");
    let all = [("x", "A", 3), ("x", "B", 9), ("x", "C", 1)];
    assert_eq!(told(&assigned(&lots, &[line("x", 1, 0, 13)])).0, all, "C would hold it all, but expires later");
}

#[test]
fn the_last_day_of_use_counts() {
    assert_eq!(told(&assigned(&[lot("A", 30, 1)], &[line("x", 20, 10, 1)])).0, [("x", "A", 1)]);
    assert_eq!(told(&assigned(&[lot("A", 30, 1)], &[line("x", 20, 11, 1)])).1, [("x", 1)]);
    assert_eq!(assigned(&[], &[]), Assignment::default());
}

#[test]
fn what_is_not_sound_is_refused() {
    let refused = |lots: &[Lot], lines: &[Line]| {
        let problem = assign(lots, lines).unwrap_err();
        let first = problem.errors.first().map(|error| (error.path.clone(), error.code.code));
        (problem.code.code, first.unwrap_or_default())
    };
    for (lots, lines, path, code) in [
        (vec![lot("A", 1, 1), lot("A", 2, 1)], vec![], "lots.1.id", "allocation.duplicate_code"),
        (vec![], vec![line("x", 1, 0, 1), line("x", 1, 0, 1)], "lines.1.code", "allocation.duplicate_code"),
        (vec![lot("A", -1, 1)], vec![], "lots.0.expiry_day", "allocation.negative"),
        (vec![lot("A", 1, -1)], vec![], "lots.0.quantity", "allocation.negative"),
        (vec![lot("A", 1, UNITS_MAX + 1)], vec![], "lots.0.quantity", "allocation.above_limit"),
        (vec![], vec![line("x", i64::MAX, 0, 1)], "lines.0.delivery_day", "allocation.above_limit"),
        (vec![], vec![line("x", 1, i64::MIN, 1)], "lines.0.min_days", "allocation.negative"),
        (vec![], vec![line("x", 1, 0, i64::MAX)], "lines.0.quantity", "allocation.above_limit"),
    ] {
        assert_eq!(refused(&lots, &lines), ("allocation.invalid", (path.to_owned(), code)));
    }
    let many: Vec<Line> = (0..=RECIPIENTS_MAX).map(|place| line(&place.to_string(), 1, 0, 0)).collect();
    assert_eq!(refused(&[], &many).0, "request.too_many_items");
    // the largest amounts add up
    let lots = [lot("A", DAY_MAX, UNITS_MAX), lot("B", DAY_MAX, UNITS_MAX)];
    let lines = [line("x", DAY_MAX, 0, UNITS_MAX), line("y", 0, DAY_MAX, UNITS_MAX), line("z", DAY_MAX, 1, UNITS_MAX)];
    assert_eq!(told(&assigned(&lots, &lines)).1, [("z", UNITS_MAX)]);
}
