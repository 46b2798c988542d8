//! Amendments against the engine run again, an oracle that looks at every unit of every line, and planted
//! faults.
use super::{Amended, Line, Share, Unit, amend, en, ja, placed, take_back};
use crate::apportionment::{Method, Recipient, Remainder, Status, apportion};
use proptest::{prelude::*, strategy::ValueTree as _, test_runner::TestRunner};

const CODES: [&str; 8] = ["10", "9", "a", "aa", "B", "", "あ", "a-long-code-2"];
const QUEUES: [Method; 3] = [Method::Webster, Method::Adams, Method::Dhondt];

#[derive(Debug, Clone)]
struct Case {
    recipients: Vec<Recipient>,
    supply: i64,
    change: i64,
    method: Method,
    /// What of each line is locked, per mille.
    locked: Vec<i64>,
    /// What officers did by hand.
    hand: Vec<i64>,
}

fn any_case() -> impl Strategy<Value = Case> {
    let weight =
        prop_oneof![1 => Just(0_i64), 6 => 1..=6_i64, 3 => 1..=1_000_i64, 1 => (1_i64 << 53) - 4..=1_i64 << 53];
    let cap = prop_oneof![3 => Just(None), 1 => (0..=15_i64).prop_map(Some)];
    let recipient = (weight, cap).prop_map(|(weight, cap)| Recipient { cap, ..Recipient::new("", weight) });
    let recipients = proptest::collection::vec(recipient, 1..=CODES.len());
    let locked = proptest::collection::vec(prop_oneof![Just(0_i64), 0..=1_000_i64], CODES.len());
    let hand = proptest::collection::vec(prop_oneof![3 => Just(0_i64), 1 => -4..=4_i64], CODES.len());
    let method = proptest::sample::select(QUEUES.to_vec());
    (Just(CODES.to_vec()).prop_shuffle(), recipients, 0..=60_i64, -70..=40_i64, method, locked, hand).prop_map(
        |(codes, mut recipients, supply, change, method, locked, hand)| {
            for (recipient, code) in recipients.iter_mut().zip(codes) {
                recipient.code = code.to_owned();
            }
            recipients[0].weight = recipients[0].weight.max(1);
            recipients.sort_by(|a, b| a.code.as_bytes().cmp(b.code.as_bytes()));
            Case { recipients, supply, change: change.max(-supply), method, locked, hand }
        },
    )
}

impl Case {
    /// The division as the engine made it, and as officers left it.
    fn lines(&self, by_hand: bool) -> Vec<Line> {
        let shared = apportion(self.supply, &self.recipients, self.method, Remainder::Hold).unwrap();
        let line = |(at, (line, own)): (usize, (&crate::apportionment::Line, &Recipient))| {
            let units = if by_hand { (line.units + self.hand[at]).max(0) } else { line.units };
            let share = Share { cap: own.cap, ..Share::new(own.code.clone(), self.method, own.weight, line.units) };
            let locked = units * self.locked[at] / 1_000;
            Line { code: own.code.clone(), units, locked, most: None, shares: vec![share] }
        };
        shared.lines.iter().zip(&self.recipients).enumerate().map(line).collect()
    }
}

fn total(amended: &Amended) -> i64 {
    amended.lines.iter().map(|line| line.after).sum()
}

/// What must hold of any amendment (E11).
fn check(lines: &[Line], change: i64, amended: &Amended) -> Result<(), String> {
    let before: i64 = lines.iter().map(|line| line.units).sum();
    let moved: i64 = amended.lines.iter().map(|line| (line.after - line.before).abs()).sum();
    let ok = |held: bool, what: &str| if held { Ok(()) } else { Err(format!("{what}: {amended:?}")) };
    ok(amended.moved + amended.kept + amended.shortfall == change.abs(), "units are lost")?;
    ok(moved == amended.moved, "more or fewer units move than the supply changes by")?;
    ok((total(amended) - before).abs() == amended.moved, "not all in one direction")?;
    for (line, own) in amended.lines.iter().zip(lines) {
        ok(line.before == own.units && line.code == own.code, "another line")?;
        ok(change < 0 || line.after >= own.units, "somebody falls when the supply grows")?;
        ok(change > 0 || line.after <= own.units, "somebody rises when the supply shrinks")?;
        ok(line.after >= own.locked.min(own.units), "locked units move")?;
        ok(own.most.is_none_or(|most| line.after <= most.max(own.units)), "above the most")?;
    }
    let locked: i64 = lines.iter().map(|line| line.locked).sum();
    let missing = if change < 0 { (locked - (before + change)).max(0) } else { 0 };
    ok(amended.shortfall == missing, "the shortfall is what is locked beyond the supply")
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    None,
    LockForgotten,
    OneTooMany,
    FromTheFront,
    TieByWeight,
    CapForgotten,
    OnlyOnce,
}

/// One unit at a time: of all that could move, looks at every one. Knows nothing of keys or heaps: a unit's
/// place is (2k − 1 + 2c − 1)/2w with exact fractions in i128.
fn oracle(lines: &[Line], change: i64, fault: Fault) -> Vec<i64> {
    let mut units: Vec<i64> = lines.iter().map(|line| line.units).collect();
    let mut at: Vec<i64> = lines.iter().map(|line| line.shares[0].position).collect();
    let signpost = |method: Method, k: i64| -> i128 {
        let twice_c = match method {
            Method::Adams => 0,
            Method::Webster | Method::Hamilton => 1,
            Method::Dhondt => 2,
        };
        2 * (i128::from(k) - 1) + twice_c
    };
    let steps = change.abs() + i64::from(fault == Fault::OneTooMany);
    for _ in 0..steps {
        let mut best: Option<(usize, i128, i128)> = None;
        for (index, line) in lines.iter().enumerate() {
            let share = &line.shares[0];
            let locked = if fault == Fault::LockForgotten { 0 } else { line.locked };
            let capped = share.cap.is_some_and(|cap| at[index] >= cap) && fault != Fault::CapForgotten;
            let may = if change < 0 { at[index] > 0 && units[index] > locked } else { share.weight > 0 && !capped };
            if !may {
                continue;
            }
            let k = if change < 0 { at[index] } else { at[index] + 1 };
            let (s, w) = (signpost(share.method, k), i128::from(share.weight.max(0)));
            let better = match best {
                None => true,
                Some((other, other_s, other_w)) => {
                    let place = (s * other_w).cmp(&(other_s * w));
                    let tie = other_w.cmp(&w).then(line.code.as_bytes().cmp(lines[other].code.as_bytes()));
                    let tie = if fault == Fault::TieByWeight { w.cmp(&other_w).then(index.cmp(&other)) } else { tie };
                    let order = place.then(tie);
                    let backwards = (change < 0) != (fault == Fault::FromTheFront);
                    if backwards { order.is_gt() } else { order.is_lt() }
                }
            };
            if better {
                best = Some((index, s, w));
            }
        }
        let Some((index, ..)) = best else { break };
        units[index] += change.signum();
        at[index] += change.signum();
        if fault == Fault::OnlyOnce {
            break;
        }
    }
    // what is left was added by hand: from the line with most to give, the later first
    let mut left = change.abs() - lines.iter().zip(&units).map(|(line, now)| (line.units - now).abs()).sum::<i64>();
    while change < 0 && left > 0 && fault == Fault::None {
        let room = |index: &usize| (units[*index] - lines[*index].locked, *index);
        let Some(index) = (0..lines.len()).filter(|index| room(index).0 > 0).max_by_key(room) else { break };
        units[index] -= 1;
        left -= 1;
    }
    units
}

fn after(amended: &Amended) -> Vec<i64> {
    amended.lines.iter().map(|line| line.after).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    /// E11, also where officers have changed lines by hand; and one unit at a time gives the same.
    #[test]
    fn as_many_units_move_as_the_supply_changes_by(case in any_case(), by_hand in any::<bool>()) {
        let lines = case.lines(by_hand);
        let amended = amend(&lines, case.change);
        prop_assert_eq!(check(&lines, case.change, &amended), Ok(()));
        prop_assert_eq!(after(&amended), oracle(&lines, case.change, Fault::None));
        // the same input in another order
        let mut turned = lines.clone();
        turned.reverse();
        let mut again = after(&amend(&turned, case.change));
        again.reverse();
        prop_assert_eq!(after(&amended), again);
    }

    /// The engine run again, with what cannot move as committed: from above by caps, from below by floors.
    #[test]
    fn it_is_the_engine_run_again(case in any_case()) {
        let lines = case.lines(false);
        let given: i64 = lines.iter().map(|line| line.units).sum();
        // what caps kept from being given cannot come back
        let change = case.change.max(-given);
        let amended = amend(&lines, change);
        let down = change < 0;
        let again: Vec<Recipient> = lines.iter().zip(&case.recipients).map(|(line, own)| Recipient {
            committed: if down { line.locked } else { line.units },
            cap: if down { Some(line.units) } else { own.cap },
            ..own.clone()
        }).collect();
        let shared = apportion(given + change, &again, case.method, Remainder::Hold).unwrap();
        prop_assert_eq!(after(&amended), shared.lines.iter().map(|line| line.units).collect::<Vec<_>>());
        match shared.status {
            Status::Overcommitted { shortfall } => prop_assert_eq!(amended.shortfall, shortfall),
            _ => prop_assert_eq!((amended.shortfall, amended.kept), (0, if down { 0 } else { shared.reserve })),
        }
        // without locked units it is a fresh run of the rule
        if lines.iter().all(|line| line.locked == 0) || !down {
            let fresh = apportion(given + change, &case.recipients, case.method, Remainder::Hold).unwrap();
            prop_assert_eq!(after(&amended), fresh.lines.iter().map(|line| line.units).collect::<Vec<_>>());
        }
    }

    /// There and back is where it was, when nothing is locked and nothing was done by hand.
    #[test]
    fn back_and_on_again_is_where_it_was(case in any_case()) {
        let mut lines = case.lines(false);
        for line in &mut lines {
            line.locked = 0;
        }
        let there = amend(&lines, case.change);
        let half = |line: &super::Moved| Line {
            code: line.code.clone(), units: line.after, locked: 0, most: None, shares: line.shares.clone(),
        };
        let halfway: Vec<Line> = there.lines.iter().map(half).collect();
        let back = amend(&halfway, if case.change < 0 { there.moved } else { -there.moved });
        prop_assert_eq!(after(&back), lines.iter().map(|line| line.units).collect::<Vec<_>>());
    }

    /// Sums: the queue of the whole nation, bounded by what each prefecture has locked; and the children of a
    /// prefecture whose total is amended by itself are the same.
    #[test]
    fn a_sum_moves_as_its_parts_do(case in any_case(), split in 1..4_usize) {
        let parts = case.lines(false);
        let mut sums: Vec<Line> = (0..split.min(parts.len()))
            .map(|at| Line { code: format!("p{at}"), units: 0, locked: 0, most: None, shares: Vec::new() })
            .collect();
        for (at, part) in parts.iter().enumerate() {
            let count = sums.len();
            let sum = &mut sums[at % count];
            sum.units += part.units;
            sum.locked += part.locked;
            sum.shares.extend(part.shares.clone());
        }
        let amended = amend(&sums, case.change);
        prop_assert_eq!(check(&sums, case.change, &amended), Ok(()));
        for (sum, moved) in sums.iter().zip(&amended.lines) {
            let own: Vec<Line> = sum.shares.iter().map(|share| Line {
                code: share.code.clone(), units: share.now, locked: 0, most: None, shares: vec![share.clone()],
            }).collect();
            let alone = amend(&own, moved.after - moved.before);
            let shares: Vec<i64> = moved.shares.iter().map(|share| share.now).collect();
            let mut by_code: Vec<(&str, i64)> = alone.lines.iter().map(|line| (line.code.as_str(), line.after)).collect();
            by_code.sort_by(|a, b| a.0.as_bytes().cmp(b.0.as_bytes()));
            prop_assert_eq!(shares, by_code.iter().map(|(_, units)| *units).collect::<Vec<_>>());
        }
    }
}

fn found(fault: Fault) -> bool {
    let mut runner = TestRunner::deterministic();
    let cases = any_case();
    (0..600).any(|_| {
        let case = cases.new_tree(&mut runner).unwrap().current();
        let lines = case.lines(false);
        oracle(&lines, case.change, fault) != after(&amend(&lines, case.change))
    })
}

#[test]
fn every_planted_fault_is_found() {
    assert!(!found(Fault::None));
    for fault in [
        Fault::LockForgotten,
        Fault::OneTooMany,
        Fault::FromTheFront,
        Fault::TieByWeight,
        Fault::CapForgotten,
        Fault::OnlyOnce,
    ] {
        assert!(found(fault), "{fault:?}");
    }
}

fn line(code: &str, units: i64, locked: i64, shares: Vec<Share>) -> Line {
    Line { code: code.into(), units, locked, most: None, shares }
}

/// Frames come back last first, and are filled again first to last.
#[test]
fn frames_are_undone_from_the_last() {
    let share = |frame, code: &str, weight, given| Share { frame, ..Share::new(code, Method::Webster, weight, given) };
    let lines = [
        line("a", 9, 0, vec![share(0, "a", 4, 8), share(1, "a", 1, 1)]),
        line("b", 7, 0, vec![share(0, "b", 2, 4), share(1, "b", 3, 3)]),
    ];
    let less = amend(&lines, -6);
    assert_eq!(after(&less), [8 - 1, 4 - 1], "4 of the second frame, then 2 of the first");
    let frames: Vec<i64> = less.lines.iter().flat_map(|line| line.shares.iter().map(|share| share.now)).collect();
    assert_eq!(frames, [7, 0, 3, 0]);
    // what an amendment left is told apart again from the total alone
    for (line, moved) in lines.iter().zip(&less.lines) {
        assert_eq!(placed(line.shares.clone(), moved.after), moved.shares);
    }
    let more = amend(&lines, 4);
    assert_eq!(after(&more), [10, 10], "the last frame goes on");
    assert_eq!(placed(lines[0].shares.clone(), 12)[1].now, 4, "what came later stands in the last frame");
}

/// What officers added stays beside the queue until nothing else is left.
#[test]
fn what_was_added_by_hand_goes_last() {
    let share = |code: &str, given| vec![Share::new(code, Method::Webster, 10, given)];
    let lines = [line("a", 9, 1, share("a", 4)), line("b", 4, 0, share("b", 4))];
    assert_eq!(after(&amend(&lines, -2)), [8, 3], "a keeps what was added");
    assert_eq!(after(&amend(&lines, -8)), [5, 0]);
    assert_eq!(after(&amend(&lines, -10)), [3, 0]);
    let all = amend(&lines, -13);
    assert_eq!((after(&all), all.moved, all.shortfall), (vec![1, 0], 12, 1));
}

#[test]
fn minimum_orders_go_whole_and_are_broken_last() {
    let share =
        |code: &str, weight, given| vec![Share { min_order: 4, ..Share::new(code, Method::Webster, weight, given) }];
    let lines =
        [line("a", 6, 0, share("a", 3, 6)), line("b", 4, 0, share("b", 2, 4)), line("c", 0, 0, share("c", 1, 0))];
    assert_eq!(after(&amend(&lines, -2)), [4, 4, 0]);
    assert_eq!(after(&amend(&lines, -3)), [4, 3, 0], "nothing else is left: an order is broken");
    assert_eq!(after(&amend(&lines, -6)), [4, 0, 0], "whole");
    let more = amend(&lines, 3);
    assert_eq!((after(&more), more.kept), (vec![8, 5, 0], 0), "c waits for a whole order");
    assert_eq!(after(&amend(&lines, 9)).iter().sum::<i64>(), 19);
}

#[test]
fn sites_give_back_in_proportion() {
    let lines = [("a".to_owned(), 600, 0), ("b".to_owned(), 300, 300), ("c".to_owned(), 100, 0)];
    let back = take_back(&lines, 70);
    assert_eq!((after(&back), back.moved, back.shortfall), (vec![540, 300, 90], 70, 0));
    assert_eq!(take_back(&lines, 800).shortfall, 100);
}

#[test]
fn the_sentences_say_what_moved() {
    let share = vec![Share::new("312011", Method::Webster, 2_650_000, 10)];
    let lines = [line("312011", 10, 0, share)];
    let amended = amend(&lines, -2);
    let moved = &amended.lines[0];
    assert_eq!(
        ja(moved, -2, Unit::Pack),
        "2箱減（10 → 8）: 全体で2箱減り、列の最後から戻したうちの2箱です。最後に動いた1箱は、基準311,764につき1箱の順番でした。"
    );
    assert_eq!(
        en(moved, -2, Unit::Pack),
        "2 boxes fewer (10 → 8): of 2 boxes taken back from the end of the queue in all, 2 of this line. \
         The last that moved stood at one box for 311,764 of the basis."
    );
    let up = amend(&lines, 1);
    assert!(ja(&up.lines[0], 1, Unit::Vial).starts_with("1バイアル増（10 → 11）"));
    assert!(en(&up.lines[0], 1, Unit::Vial).starts_with("1 vial more (10 → 11)"));
    let same = amend(&lines, 0);
    assert_eq!(en(&same.lines[0], 0, Unit::Pack), "Unchanged: 10 boxes.");
    assert_eq!(ja(&same.lines[0], 0, Unit::Pack), "変わりません: 10箱のままです。");
}
