//! What holds for every rule and input.
use super::{
    super::*,
    oracle::{Fault, Outcome, PartSpec, PlaceSpec, Spec, engine, plain},
};
use proptest::prelude::*;

/// Anything that applies a rule.
pub(super) type Engine<'a> = &'a dyn Fn(&Spec) -> Outcome;
type Checked = Result<(), String>;
type Check = fn(Engine, &Spec) -> Checked;

/// By the names of the design, where there is one.
pub(super) const CHECKS: [(&str, Check); 6] = [
    ("E1 nothing lost", nothing_lost),
    ("E2 within bounds", within_bounds),
    ("E4 order of input", order_of_input),
    ("E5 oracle", equals_oracle),
    ("E6 monotone in supply", monotone_in_supply),
    ("E9 path independence", path_independent),
];

fn ensure(holds: bool, what: impl FnOnce() -> String) -> Checked {
    if holds { Ok(()) } else { Err(what()) }
}

fn nothing_lost(engine: Engine, spec: &Spec) -> Checked {
    let outcome = engine(spec);
    let sum: i64 = outcome.lines.values().flatten().sum();
    let reserve = spec.reserve.map_or(0, |part| spec.supply * part / 1_000);
    ensure(sum + outcome.reserve + outcome.left == spec.supply && outcome.reserve == reserve, || format!("{outcome:?}"))
}

fn within_bounds(engine: Engine, spec: &Spec) -> Checked {
    let outcome = engine(spec);
    for place in &spec.places {
        let line = &outcome.lines[&place.code];
        let mut before = 0;
        for (part, units) in spec.parts.iter().zip(line) {
            let cap = place.values[2..4].iter().take(part.caps).min().copied().unwrap_or(i64::MAX);
            let already = if part.cumulative { place.given_before + before } else { 0 };
            ensure(*units >= 0 && already + units <= cap.max(already), || format!("{place:?} {outcome:?}"))?;
            // floors that had to be prorated may go below the minimum order
            let below = part.floors > 0;
            ensure(*units == 0 || already > 0 || below || *units >= part.min_order, || {
                format!("{place:?} {outcome:?}")
            })?;
            before += units;
        }
        ensure(!spec.total_cap || before <= place.values[6], || format!("{place:?} {outcome:?}"))?;
    }
    Ok(())
}

fn order_of_input(engine: Engine, spec: &Spec) -> Checked {
    let mut turned = spec.clone();
    turned.places.reverse();
    let (one, other) = (engine(spec), engine(&turned));
    ensure(one == other, || format!("{one:?} {other:?}"))
}

fn equals_oracle(engine: Engine, spec: &Spec) -> Checked {
    let (one, other) = (engine(spec), plain(spec, Fault::None));
    ensure(one == other, || format!("{one:?} oracle {other:?}"))
}

/// Of a rule with one part that takes the rest, held and not cut: one more unit goes to one place or is left.
fn monotone_in_supply(engine: Engine, spec: &Spec) -> Checked {
    let [part] = spec.parts.as_slice() else { return Ok(()) };
    let fixed = part.remainder == Remainder::Hold || part.min_order == 1;
    if part.supply != Supply::Rest || part.method == Method::Hamilton || !fixed || part.cut.is_some() {
        return Ok(());
    }
    let more = Spec { supply: spec.supply + 1, ..spec.clone() };
    let (less, more) = (engine(spec), engine(&more));
    let fell = less.lines.iter().any(|(code, units)| units[0] > more.lines[code][0]);
    ensure(!fell, || format!("{less:?} {more:?}"))
}

/// Of a rule that shares the running total alone: two rounds in turn bring what one round of both would.
fn path_independent(engine: Engine, spec: &Spec) -> Checked {
    let [part] = spec.parts.as_slice() else { return Ok(()) };
    if !part.cumulative || part.supply != Supply::Rest || part.method == Method::Hamilton || part.floors > 0 {
        return Ok(());
    }
    let mut one = Spec { reserve: None, total_cap: false, ..spec.clone() };
    for place in &mut one.places {
        place.given_before = 0;
    }
    let first = Spec { supply: spec.supply / 2, ..one.clone() };
    let given = engine(&first);
    let mut second = Spec { supply: one.supply - first.supply + given.left, ..one.clone() };
    for place in &mut second.places {
        place.given_before = given.lines[&place.code][0];
    }
    let (then, once) = (engine(&second), engine(&one));
    let same = one
        .places
        .iter()
        .all(|place| given.lines[&place.code][0] + then.lines[&place.code][0] == once.lines[&place.code][0]);
    ensure(same, || format!("{given:?} {then:?} {once:?}"))
}

fn any_part() -> impl Strategy<Value = PartSpec> {
    let supply = prop_oneof![
        2 => Just(Supply::Rest),
        2 => (0..=40_i64).prop_map(Supply::Units),
        1 => (0..=230_i64).prop_map(Supply::Permille),
    ];
    let method = proptest::sample::select(Method::ALL.to_vec());
    let remainder = prop_oneof![2 => Just(Remainder::Hold), 1 => Just(Remainder::Fill)];
    let cut = prop_oneof![1 => Just(None), 1 => (1..=3_i64, 1..=100_i64).prop_map(Some)];
    let min_order = prop_oneof![2 => Just(1_i64), 1 => 2..=5_i64];
    let bounds = (0..=2_usize, 0..=2_usize);
    let kind = (proptest::bool::weighted(0.35), any::<bool>());
    (supply, method, remainder, kind, bounds, min_order, cut).prop_map(
        |(supply, method, remainder, (cumulative, unmet), (caps, floors), min_order, cut)| PartSpec {
            supply,
            method,
            remainder,
            cumulative,
            unmet,
            caps,
            floors,
            min_order: if cumulative || method == Method::Hamilton { 1 } else { min_order },
            cut: cut.filter(|_| !cumulative),
        },
    )
}

pub(super) fn any_spec() -> impl Strategy<Value = Spec> {
    let place = (1..=9_i64, prop::array::uniform8(0..=9_i64), 0..=6_i64, 5..=9_u32);
    let place = place.prop_map(|(w1, rest, given_before, stock_age)| {
        let [w2, cap_a, cap_b, floor_a, floor_b, total, stock, used] = rest;
        let values = [w1, w2 * 2, cap_a * 2, cap_b * 2, floor_a / 3, floor_b / 3, total * 2, stock, used / 2];
        PlaceSpec { code: String::new(), given_before, values, stock_age }
    });
    let codes = Just(vec!["10", "9", "a", "aa", "B", "あ"]).prop_shuffle();
    let reserve = prop_oneof![2 => Just(None), 1 => (0..=300_i64).prop_map(Some)];
    let parts = prop::collection::vec(any_part(), 1..=3);
    (0..=60_i64, reserve, any::<bool>(), parts, prop::collection::vec(place, 1..=6), codes).prop_map(
        |(supply, reserve, total_cap, parts, mut places, codes)| {
            for (place, code) in places.iter_mut().zip(codes) {
                place.code = code.to_owned();
            }
            Spec { supply, reserve, total_cap, parts, places }
        },
    )
}

/// A rule in which nobody has weight or a floor is refused; a check of that is elsewhere.
pub(super) fn is_shared(spec: &Spec) -> bool {
    amounts(&spec.rule(), &spec.inputs()).is_ok()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_check_passes(spec in any_spec()) {
        prop_assume!(is_shared(&spec));
        for (name, check) in CHECKS {
            if let Err(why) = check(&engine, &spec) {
                prop_assert!(false, "{name}: {why}");
            }
        }
    }

    /// E18, and that proofs speak of the amounts.
    #[test]
    fn proofs_and_replay_agree_with_the_amounts(spec in any_spec()) {
        prop_assume!(is_shared(&spec));
        let (rule, inputs) = (spec.rule(), spec.inputs());
        let (amounts, computed) = (amounts(&rule, &inputs).unwrap(), compute(&rule, &inputs).unwrap());
        prop_assert_eq!(&amounts.components, &computed.components);
        for (line, place) in amounts.units.iter().zip(&computed.places) {
            prop_assert_eq!((&line.code, line.units), (&place.code, place.units));
            prop_assert_eq!(&line.flags, &place.flags);
            for ((units, share), part) in line.by_component.iter().zip(&place.components).zip(&spec.parts) {
                let cut = share.stock.as_ref().map_or(0, |stock| stock.cut);
                prop_assert_eq!(*units, share.units);
                prop_assert_eq!(share.proof.units - share.proof.committed - cut, share.units);
                prop_assert_eq!(share.proof.caps.len(), part.caps + usize::from(spec.total_cap));
                prop_assert_eq!(share.proof.cap, share.proof.tightest_cap.as_ref().map(|cap| cap.units));
                prop_assert_eq!(share.floors.len(), part.floors);
                let largest = share.floors.iter().find(|floor| Some(&floor.name) == share.largest_floor.as_ref());
                prop_assert_eq!(largest.map_or(0, |floor| floor.units), share.proof.floor);
            }
        }
        let published = publish::document(&rule, &inputs, &computed, None).unwrap();
        let mut turned = spec.clone();
        turned.places.reverse();
        let again = publish::document(&rule, &turned.inputs(), &compute(&rule, &turned.inputs()).unwrap(), None).unwrap();
        prop_assert_eq!(&published, &again);
        let replay = publish::replay(published.text.as_bytes()).unwrap();
        prop_assert!(replay.equal, "{:?}", replay);
        prop_assert_eq!((replay.lines, replay.lines_equal), (spec.places.len(), spec.places.len()));
    }

    /// E12: of the first component's supply, exactly so many more units bring the next, and one fewer does not.
    #[test]
    fn the_next_unit_comes_when_it_is_said(spec in any_spec()) {
        let mut spec = Spec { reserve: None, ..spec };
        let own = match spec.parts[0].supply {
            Supply::Units(units) => units.min(spec.supply),
            Supply::Rest | Supply::Permille(_) => spec.supply,
        };
        spec.parts[0].supply = Supply::Units(own);
        prop_assume!(is_shared(&spec));
        for place in &compute(&spec.rule(), &spec.inputs()).unwrap().places {
            let share = &place.components[0];
            let Some(after) = share.proof.next_unit_after else { continue };
            let units = |more: i64| {
                let mut spec = Spec { supply: spec.supply + more, ..spec.clone() };
                spec.parts[0].supply = Supply::Units(own + more);
                engine(&spec).lines[&place.code][0]
            };
            prop_assert!(units(after) > share.units && units(after - 1) <= share.units);
        }
    }

    /// Of the plan's supply, wherever the plan says anything; and it does for what is shared as it is.
    #[test]
    fn the_plans_next_unit_comes_when_it_is_said(spec in any_spec(), alone in any::<bool>()) {
        let mut spec = spec;
        if alone {
            spec.parts.truncate(1);
            (spec.parts[0].supply, spec.parts[0].cut, spec.reserve) = (Supply::Rest, None, None);
        }
        prop_assume!(is_shared(&spec));
        for place in &compute(&spec.rule(), &spec.inputs()).unwrap().places {
            prop_assert!(!alone || place.next_unit_after == place.components[0].proof.next_unit_after);
            let Some(after) = place.next_unit_after else { continue };
            let units = |more: i64| {
                let spec = Spec { supply: spec.supply + more, ..spec.clone() };
                engine(&spec).lines[&place.code].iter().sum::<i64>()
            };
            prop_assert!(units(after) > place.units && units(after - 1) <= place.units);
        }
    }
}
