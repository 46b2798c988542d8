use super::*;
use std::path::PathBuf;

fn one(kind: &str, input: &Value, expected: Option<&Value>) -> Outcome {
    let mut case = json!({ "id": "T", "kind": kind, "title": "a case", "input": input });
    if let Some(expected) = expected {
        case["expected"] = expected.clone();
    }
    let report = compute(&json!({ "format": "allocation-cases/1", "cases": [case] })).unwrap();
    report.outcomes.into_iter().next().unwrap()
}

/// The shared case file lies outside the repository; whoever has it beside the checkout gets the comparison.
#[test]
fn the_shared_cases_are_equal() {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/allocation-examples/cases.json");
    let Ok(text) = std::fs::read_to_string(&file) else {
        println!("skipped: no {}", file.display());
        return;
    };
    let report = compute(&serde_json::from_str(&text).unwrap()).unwrap();
    println!("{}", report.table());
    let ours =
        ["apportion", "cumulative", "components", "cascade", "cascade_flat", "fefo", "redistribution", "fairness"];
    let checked =
        report.outcomes.iter().filter(|outcome| outcome.kind.as_str().is_some_and(|kind| ours.contains(&kind)));
    for outcome in checked {
        assert_eq!(outcome.verdict, Verdict::Equal, "{}: {:?}", outcome.id, outcome.result);
    }
}

#[test]
fn doses_become_units() {
    let input = json!({ "method": "webster", "lot_size": 10, "supply": 109, "recipients": [
        { "code": "b", "weight": 1, "floor": 11, "cap": 39 },
        { "code": "a", "weight": 0, "committed": 1 },
    ] });
    let expected = json!({ "status": "ok", "reserve_doses": 69, "lines": [
        { "code": "a", "units": 1, "doses": 10, "binding": "committed" },
        { "code": "b", "units": 3, "doses": 30, "binding": "cap" },
    ] });
    assert_eq!(one("apportion", &input, Some(&expected)).verdict, Verdict::Equal);
}

#[test]
fn a_case_at_fault_is_an_error_of_its_own() {
    let recipients = json!([{ "code": "a", "weight": 1 }]);
    for (kind, input, code) in [
        ("transfer", json!({}), "allocation.unknown_kind"),
        ("fefo", json!({}), "allocation.malformed_case"),
        ("apportion", json!({}), "allocation.malformed_case"),
        (
            "apportion",
            json!({ "method": "webster", "lot_size": 0, "supply": 1, "recipients": recipients }),
            "allocation.malformed_case",
        ),
        (
            "apportion",
            json!({ "method": "webster", "lot_size": 1, "supply": 1.5, "recipients": recipients }),
            "allocation.malformed_case",
        ),
        (
            "apportion",
            json!({ "method": "fair", "lot_size": 1, "supply": 1, "recipients": recipients }),
            "allocation.unknown_method",
        ),
        (
            "apportion",
            json!({ "method": "webster", "lot_size": 7, "supply": -1, "recipients": recipients }),
            "allocation.invalid",
        ),
        (
            "components",
            json!({ "components": [{ "name": "x", "units": 1, "weight": "people", "method": "webster" }], "recipients": recipients }),
            "allocation.malformed_case",
        ),
        (
            "cumulative",
            json!({ "method": "webster", "lot_size": 1, "cycle_supplies": [3, -1], "recipients": recipients }),
            "allocation.invalid",
        ),
    ] {
        let outcome = one(kind, &input, Some(&json!({})));
        assert_eq!(outcome.result.as_ref().unwrap_err().code.code, code, "{outcome:?}");
        assert_eq!(outcome.verdict, Verdict::Differs);
    }
    let report =
        compute(&json!({ "format": "allocation-cases/1", "cases": [7, { "kind": "transfer", "input": {} }] })).unwrap();
    assert_eq!(report.json()["results"][1]["error"]["code"], "allocation.unknown_kind");
    assert_eq!(report.json()["results"][0]["id"], Value::Null);
    assert!(!report.all_equal() && report.table().contains("transfer"));
    assert!(compute(&json!({ "cases": [] })).is_err());
}

#[test]
fn a_total_cap_spans_all_components() {
    let input = json!({
        "components": [
            { "name": "one", "units": 10, "weight": "people", "cap": null, "method": "webster" },
            { "name": "two", "units": 10, "weight": "asked", "cap": "asked", "method": "webster" },
            { "name": "three", "units": 0, "weight": null, "cap": null, "method": "adams" },
        ],
        "recipients": [
            { "code": "b", "people": 1, "asked": 9, "total_cap": 8 },
            { "code": "a", "people": 1, "asked": 0 },
        ],
    });
    let expected = json!({
        "components": [
            { "name": "one", "units": [5, 5], "carried_on": 0 },
            { "name": "two", "units": [0, 3], "carried_on": 7 },
            { "name": "three", "units": [7, 0], "carried_on": 0 },
        ],
        "total_units": [12, 8],
        "reserve_units": 0,
    });
    let outcome = one("components", &input, Some(&expected));
    assert_eq!(outcome.verdict, Verdict::Equal, "{:?}", outcome.result);
}

#[test]
fn lots_go_to_the_longest_need_first() {
    let input = json!({
        "lots": [
            { "id": "L2", "expiry_day": 40, "qty": 10 },
            { "id": "L1", "expiry_day": 20, "qty": 10 },
            { "id": "L0", "expiry_day": 9, "qty": 100 },
        ],
        "lines": [
            { "code": "a", "delivery_day": 10, "min_days": 5, "qty": 12 },
            { "code": "b", "delivery_day": 10, "min_days": 30, "qty": 4 },
            { "code": "c", "delivery_day": 10, "min_days": 60, "qty": 1 },
            { "code": "d", "delivery_day": 10, "min_days": 0, "qty": 9 },
        ],
    });
    let piece = |code: &str, lot: &str, qty: i64| json!({ "code": code, "lot": lot, "qty": qty });
    let expected = json!({
        "pieces": [piece("a", "L1", 10), piece("a", "L2", 2), piece("b", "L2", 4), piece("d", "L2", 4)],
        "short": [{ "code": "c", "qty": 1 }, { "code": "d", "qty": 5 }],
    });
    let outcome = one("fefo", &input, Some(&expected));
    assert_eq!(outcome.verdict, Verdict::Equal, "{:?}", outcome.result);
}

/// The shortage and surplus of the design's example X10.
#[test]
fn surplus_moves_to_the_nearest_shortage() {
    let place =
        |code: &str, surplus: i64, shortage: i64| json!({ "code": code, "surplus": surplus, "shortage": shortage });
    let route = |from: &str, to: &str, km: i64| json!({ "from": from, "to": to, "km": km });
    let routes = json!([route("c", "a", 40), route("c", "b", 10), route("d", "a", 90), route("d", "b", 40)]);
    let places = json!([place("a", 0, 43), place("b", 0, 80), place("c", 100, 0), place("d", 16, 0)]);
    let step = |from: &str, to: &str, qty: i64| json!({ "from": from, "to": to, "qty": qty });
    // d gives to b, which leaves c's vials to both; seven of what a lacks stay
    let expected = json!({
        "unmet": 7, "vial_km": 36 * 40 + 64 * 10 + 16 * 40,
        "moves": [step("c", "a", 36), step("c", "b", 64), step("d", "b", 16)],
    });
    let outcome = one("redistribution", &json!({ "places": places, "routes": routes }), Some(&expected));
    assert_eq!(outcome.verdict, Verdict::Equal, "{:?}", outcome.result);
    let nowhere = one("redistribution", &json!({ "places": places, "routes": [route("c", "x", 1)] }), None);
    let problem = nowhere.result.unwrap_err();
    assert_eq!((problem.code.code, problem.errors[0].path.as_str()), ("allocation.invalid", "routes.0.to"));
    assert_eq!(problem.errors[0].en(), "There is no place x in the list.");
}

/// The design's example X2, in doses.
#[test]
fn fairness_is_measured() {
    let weights = json!([4_560_000, 12_400_000, 7_800_000, 490_000, 1_250_000]);
    let input = json!({ "weights": weights, "doses": [19_890, 54_990, 33_930, 2_340, 5_850] });
    let outcome = one("fairness", &input, None);
    let result = outcome.result.unwrap();
    assert_eq!((&result["gini_ppm"], &result["jain_ppm"]), (&json!(8_464), &json!(999_609)));
    let even = json!({
        "gini_ppm": 0, "jain_ppm": 1_000_000, "min_coverage_ppm": 500_000, "max_coverage_ppm": 500_000,
        "sum_abs_deviation_milli": 0, "max_abs_deviation_milli": 0, "lines_off_by_a_unit_or_more": 0,
    });
    let outcome = one("fairness", &json!({ "weights": [2, 4], "doses": [1, 2] }), Some(&even));
    assert_eq!(outcome.verdict, Verdict::Equal, "{:?}", outcome.result);
    let unequal = one("fairness", &json!({ "weights": [2, 4], "doses": [1] }), None);
    assert_eq!(unequal.result.unwrap_err().code.code, "allocation.malformed_case");
}

/// A case that nobody can compute is no success, even if nothing is expected of it.
#[test]
fn a_case_that_fails_without_an_expectation_counts_as_failed() {
    let failed = one("transfer", &json!({}), None);
    assert!(failed.result.is_err());
    assert_eq!(failed.verdict, Verdict::Differs);
    assert!(!Report { outcomes: vec![failed] }.all_equal());
}
