//! The invariants, each as a check of any engine: `Err` says what is wrong.
use super::{
    super::{Apportionment, Method, Recipient, Remainder, Status},
    Case, Engine,
    oracle::{self, Fault},
    units,
};

type Checked = Result<(), String>;
pub(super) type Check = fn(Engine, &Case) -> Checked;

/// By the names of the design.
pub(super) const ALL: [(&str, Check); 11] = [
    ("E1 nothing lost", nothing_lost),
    ("E2 within bounds", within_bounds),
    ("E3 minimum orders", minimum_orders),
    ("E4 order of input", order_of_input),
    ("E5 oracle", equals_oracle),
    ("E6 monotone in supply", monotone_in_supply),
    ("E7 monotone in weight", monotone_in_weight),
    ("E8 monotone in cap", monotone_in_cap),
    ("E9 path independence", path_independent),
    ("E10 consistency", consistent),
    ("E14 nothing held back", nothing_held_back),
];

fn run(engine: Engine, case: &Case) -> Apportionment {
    engine(case.supply, &case.recipients, case.method, case.remainder)
}

fn ensure(holds: bool, what: impl FnOnce() -> String) -> Checked {
    if holds { Ok(()) } else { Err(what()) }
}

/// The recipients in the order of the lines.
fn sorted(case: &Case) -> Vec<Recipient> {
    let mut recipients = case.recipients.clone();
    recipients.sort_by(|a, b| a.code.as_bytes().cmp(b.code.as_bytes()));
    recipients
}

/// cap' and floor' of the design.
fn bounds(recipient: &Recipient) -> (i64, i64) {
    let Recipient { committed, floor, cap, min_order, .. } = *recipient;
    let cap = cap.map_or(i64::MAX, |cap| if cap < min_order { 0 } else { cap });
    let floor = match floor.min(cap) {
        0 => 0,
        floor => floor.max(min_order),
    };
    (floor.max(committed), cap.max(committed))
}

fn nothing_lost(engine: Engine, case: &Case) -> Checked {
    let shared = run(engine, case);
    let sum: i64 = units(&shared).iter().sum();
    let missing = if let Status::Overcommitted { shortfall } = shared.status { shortfall } else { 0 };
    ensure(sum + shared.reserve == case.supply + missing && shared.reserve >= 0, || format!("{sum}: {shared:?}"))
}

fn within_bounds(engine: Engine, case: &Case) -> Checked {
    let shared = run(engine, case);
    for (recipient, line) in sorted(case).iter().zip(&shared.lines) {
        let (lo, hi) = bounds(recipient);
        let low = if shared.status == Status::Ok { lo } else { recipient.committed };
        let high = if recipient.weight == 0 && shared.status == Status::Ok { lo } else { hi };
        ensure((low..=high).contains(&line.units) && line.code == recipient.code, || {
            format!("{line:?} {recipient:?}")
        })?;
    }
    Ok(())
}

fn minimum_orders(engine: Engine, case: &Case) -> Checked {
    let shared = run(engine, case);
    for (recipient, line) in sorted(case).iter().zip(&shared.lines) {
        let least = if shared.status == Status::Ok && recipient.committed == 0 { recipient.min_order } else { 0 };
        ensure(line.units == 0 || line.units >= least, || format!("{line:?} {recipient:?}"))?;
    }
    Ok(())
}

fn order_of_input(engine: Engine, case: &Case) -> Checked {
    let mut turned = case.clone();
    turned.recipients.rotate_left(case.pick);
    if case.mask & 1 == 1 {
        turned.recipients.reverse();
    }
    let (one, other) = (run(engine, case), run(engine, &turned));
    ensure(one == other, || format!("{one:?} {other:?}"))
}

fn equals_oracle(engine: Engine, case: &Case) -> Checked {
    let (one, other) = (run(engine, case), plain(case));
    // where a quota just touches a bound, Hamilton's reason is a matter of taste
    let same = if case.method == Method::Hamilton {
        (units(&one), one.status, one.reserve) == (units(&other), other.status, other.reserve)
    } else {
        one == other
    };
    ensure(same, || format!("{one:?} oracle {other:?}"))
}

fn plain(case: &Case) -> Apportionment {
    oracle::share(case.supply, &case.recipients, case.method, case.remainder, Fault::None)
}

/// Nobody loses; and an amendment of the supply moves no more than it must (E11).
fn monotone_in_supply(engine: Engine, case: &Case) -> Checked {
    if !case.is_monotone() {
        return Ok(());
    }
    let (less, more) = (run(engine, case), run(engine, &Case { supply: case.supply + case.more, ..case.clone() }));
    let (sum, moved) = units(&less)
        .iter()
        .zip(units(&more))
        .fold((0, 0), |(sum, moved), (less, more)| (sum + more - less, moved + (more - less).abs()));
    ensure(sum == moved, || format!("{less:?} {more:?}"))?;
    let ok = less.status == Status::Ok && !case.has_min_orders() && more.reserve == 0;
    ensure(!ok || moved == case.more, || format!("{moved} moved: {less:?} {more:?}"))
}

/// The picked line does not fall, and nobody else rises.
fn favours(engine: Engine, case: &Case, favoured: &Case) -> Checked {
    let (before, after) = (run(engine, case), run(engine, favoured));
    if before.status != Status::Ok || after.status != Status::Ok || !case.is_monotone() {
        return Ok(());
    }
    let picked = &case.recipients[case.pick].code;
    for (before, after) in before.lines.iter().zip(&after.lines) {
        let fair = if before.code == *picked { after.units >= before.units } else { after.units <= before.units };
        ensure(fair, || format!("{before:?} {after:?}"))?;
    }
    Ok(())
}

fn monotone_in_weight(engine: Engine, case: &Case) -> Checked {
    let mut favoured = case.clone();
    favoured.recipients[case.pick].weight = (favoured.recipients[case.pick].weight + case.more).min(1 << 53);
    favours(engine, case, &favoured)
}

fn monotone_in_cap(engine: Engine, case: &Case) -> Checked {
    let mut favoured = case.clone();
    let cap = &mut favoured.recipients[case.pick].cap;
    *cap = cap.map(|cap| cap + case.more);
    favours(engine, case, &favoured)
}

/// Two supplies in turn bring what their sum brings.
fn path_independent(engine: Engine, case: &Case) -> Checked {
    let total = Case { supply: case.supply + case.more, ..case.clone() };
    let (first, at_once) = (run(engine, case), run(engine, &total));
    if !case.is_monotone() || at_once.status != Status::Ok || matches!(first.status, Status::Overcommitted { .. }) {
        return Ok(());
    }
    let mut second = total;
    second.recipients = sorted(case);
    for (recipient, line) in second.recipients.iter_mut().zip(&first.lines) {
        recipient.committed = line.units;
    }
    let in_turn = run(engine, &second);
    ensure(units(&in_turn) == units(&at_once), || format!("{first:?} {in_turn:?} {at_once:?}"))
}

/// Any subset, with what it got in all, shares it the same way.
fn consistent(engine: Engine, case: &Case) -> Checked {
    let shared = run(engine, case);
    let chosen = |at: usize| case.mask >> at & 1 == 1;
    let whole = sorted(case);
    let kept: Vec<Recipient> = whole.iter().enumerate().filter(|(at, _)| chosen(*at)).map(|(_, r)| r.clone()).collect();
    let some_weight = kept.iter().any(|recipient| recipient.weight > 0);
    if !case.is_monotone() || shared.status != Status::Ok || !some_weight {
        return Ok(());
    }
    let own: Vec<i64> = units(&shared).into_iter().enumerate().filter(|(at, _)| chosen(*at)).map(|(_, u)| u).collect();
    let again = engine(own.iter().sum(), &kept, case.method, Remainder::Hold);
    ensure(units(&again) == own, || format!("{shared:?} {again:?}"))
}

fn nothing_held_back(engine: Engine, case: &Case) -> Checked {
    let shared = run(engine, case);
    if case.has_min_orders() || shared.status != Status::Ok || shared.reserve == 0 {
        return Ok(());
    }
    let takes =
        |(recipient, line): (&Recipient, &super::super::Line)| recipient.weight > 0 && line.units < bounds(recipient).1;
    ensure(!sorted(case).iter().zip(&shared.lines).any(takes), || format!("{shared:?}"))
}
