//! The checks bite: each planted fault is found, by the check one would expect.
use super::{
    oracle::{Fault, Spec, plain},
    properties::{CHECKS, any_spec, is_shared},
};
use proptest::{
    strategy::{Strategy as _, ValueTree as _},
    test_runner::TestRunner,
};
use std::collections::BTreeSet;

const CASES: usize = 400;

fn found(fault: Fault) -> BTreeSet<&'static str> {
    let faulty = |spec: &Spec| plain(spec, fault);
    let mut runner = TestRunner::deterministic();
    let specs = any_spec();
    let mut found = BTreeSet::new();
    for _ in 0..CASES {
        let spec = specs.new_tree(&mut runner).unwrap().current();
        if is_shared(&spec) {
            let bad = CHECKS.iter().filter(|(_, check)| check(&faulty, &spec).is_err());
            found.extend(bad.map(|(name, _)| name.split(' ').next().unwrap()));
        }
    }
    found
}

#[test]
fn the_plain_rules_pass_every_check() {
    assert_eq!(found(Fault::None), BTreeSet::new());
}

#[test]
fn every_planted_fault_is_found() {
    for (fault, expected) in [
        (Fault::ReserveForgotten, "E1"),
        (Fault::CutLost, "E1"),
        (Fault::CutWithoutAgeCheck, "E5"),
        (Fault::StockOffByOne, "E5"),
        (Fault::TotalCapPerComponent, "E2"),
        (Fault::LargestCap, "E2"),
        (Fault::SmallestFloor, "E5"),
        (Fault::RestSwallowed, "E5"),
        (Fault::PermilleOfWhatIsLeft, "E5"),
        (Fault::GivenForgotten, "E5"),
        (Fault::BeforeForgotten, "E9"),
        (Fault::ComponentsTwice, "E1"),
        (Fault::CutBelowFloor, "E2"),
    ] {
        let found = found(fault);
        println!("{fault:?}: {found:?}");
        assert!(found.contains(expected), "{fault:?}: {found:?}");
    }
}
