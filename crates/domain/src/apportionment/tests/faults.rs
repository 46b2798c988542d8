//! The checks bite: each planted fault is found, by the checks one would expect.
use super::{
    super::{Method, Recipient, Remainder},
    any_case, checks,
    oracle::{self, Fault},
};
use proptest::{
    strategy::{Strategy as _, ValueTree as _},
    test_runner::TestRunner,
};
use std::collections::BTreeSet;

const CASES: usize = 400;

/// The names of the checks that find something, over the same cases every time.
fn found(fault: Fault) -> BTreeSet<&'static str> {
    let engine = |supply: i64, recipients: &[Recipient], method: Method, remainder: Remainder| {
        oracle::share(supply, recipients, method, remainder, fault)
    };
    let mut runner = TestRunner::deterministic();
    let cases = any_case();
    let mut found = BTreeSet::new();
    for _ in 0..CASES {
        let case = cases.new_tree(&mut runner).unwrap().current();
        let bad = checks::ALL.iter().filter(|(_, check)| check(&engine, &case).is_err());
        found.extend(bad.map(|(name, _)| name.split(' ').next().unwrap()));
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
        (Fault::TieByPosition, "E4"),
        (Fault::TieWithoutWeight, "E5"),
        (Fault::CapOffByOne, "E2"),
        (Fault::HoldIgnored, "E6"),
        (Fault::WrongSignpost, "E5"),
        (Fault::OrderAtFirstSignpost, "E5"),
        (Fault::FloorForgotten, "E2"),
        (Fault::FloorNotRaised, "E3"),
        (Fault::CommittedTakenBack, "E2"),
        (Fault::ZeroWeightTakes, "E2"),
    ] {
        let found = found(fault);
        println!("{fault:?}: {found:?}");
        assert!(found.contains(expected), "{fault:?}: {found:?}");
    }
}
