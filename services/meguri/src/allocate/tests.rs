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
    let ours = ["apportion", "cumulative", "components", "cascade", "cascade_flat"];
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
        ("fefo", json!({}), "allocation.unknown_kind"),
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
        compute(&json!({ "format": "allocation-cases/1", "cases": [7, { "kind": "fefo", "input": {} }] })).unwrap();
    assert_eq!(report.json()["results"][1]["error"]["code"], "allocation.unknown_kind");
    assert_eq!(report.json()["results"][0]["id"], Value::Null);
    assert!(report.all_equal() && report.table().contains("fefo"));
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
