//! Everything that must be refused, with its code and the rule, component, expression and place named.
use super::{super::*, day, inputs, refused, rule, try_rule};
use serde_json::json;

fn of_rule(components: &Value) -> Vec<(String, &'static str)> {
    refused(&try_rule(components).unwrap_err())
}

fn one(field: &str, value: Value) -> Value {
    let mut component = json!({"name": "base", "supply": "rest", "weight": "people"});
    component[field] = value;
    json!([component])
}

fn expect(found: &[(String, &'static str)], path: &str, code: &str) {
    let found: Vec<(&str, &str)> = found.iter().map(|(path, code)| (path.as_str(), *code)).collect();
    assert_eq!(found, [(path, code)]);
}

#[test]
fn unknown_fields_and_forms_are_named() {
    let field = "request.invalid_field";
    expect(&of_rule(&one("colour", json!(1))), "components[0].colour", field);
    expect(&of_rule(&one("supply", json!("all"))), "components[0].supply", field);
    expect(&of_rule(&one("supply", json!({"percent": 5}))), "components[0].supply", field);
    expect(&of_rule(&one("supply", json!({"units": 1, "permille": 2}))), "components[0].supply", field);
    expect(&of_rule(&one("supply", json!({"units": 1.5}))), "components[0].supply.units", field);
    expect(&of_rule(&one("supply", json!({"units": -1}))), "components[0].supply.units", field);
    expect(&of_rule(&one("method", json!("fair"))), "components[0].method", field);
    expect(&of_rule(&one("running", json!("always"))), "components[0].running", field);
    expect(&of_rule(&one("caps", json!([{"name": "a", "units": "1", "why": ""}]))), "components[0].caps[0].why", field);
    expect(&of_rule(&one("caps", json!([{"name": "", "units": "1"}]))), "components[0].caps[0].name", field);
    expect(&of_rule(&one("min_order", json!(0))), "components[0].min_order", field);
    expect(&of_rule(&json!([])), "components", field);
    let many: Vec<Value> = (0..9).map(|n| json!({"name": n.to_string(), "supply": "rest", "weight": "w"})).collect();
    expect(&of_rule(&json!(many)), "components", field);
    let cut = |cut: Value| of_rule(&one("stock_cut", cut));
    let sound = json!({"rounds": 3, "percent": 10, "stock": "stock", "use": "used", "max_age_days": 7});
    let with = |name: &str, value: Value| {
        let mut cut = sound.clone();
        cut[name] = value;
        cut
    };
    expect(&cut(with("percent", json!(101))), "components[0].stock_cut.percent", field);
    expect(&cut(with("rounds", json!(0))), "components[0].stock_cut.rounds", field);
    expect(&cut(with("max_age_days", json!(-1))), "components[0].stock_cut.max_age_days", field);
    expect(&cut(with("stock", json!("supply_units"))), "components[0].stock_cut.stock", field);
    expect(&cut(with("cycles", json!(3))), "components[0].stock_cut.cycles", field);
    assert!(try_rule(&one("stock_cut", sound.clone())).unwrap().needs_objection_window());
    assert!(!try_rule(&one("min_order", json!(1))).unwrap().needs_objection_window());
    let mut heard = serde_json::to_value(rule(&one("min_order", json!(1)))).unwrap();
    heard["objections"] = json!(true);
    assert!(Rule::from_value(&heard).unwrap().needs_objection_window(), "a rule may ask for it without a cut");

    let head = |name: &str, value: Value| {
        let mut rule = serde_json::to_value(rule(&one("min_order", json!(1)))).unwrap();
        rule[name] = value;
        refused(&Rule::from_value(&rule).unwrap_err())
    };
    expect(&head("format", json!("allocation-rule/2")), "format", field);
    expect(&head("code", json!("Über uns")), "code", field);
    expect(&head("version", json!(0)), "version", field);
    expect(&head("title", json!({"ja": "", "en": "x"})), "title.ja", field);
    expect(&head("owner", json!("x")), "owner", field);
    expect(&head("reserve", json!({"permille": 1_001})), "reserve.permille", field);
    assert_eq!(Rule::read("{\"format\":1,\"format\":2}").unwrap_err().code.code, "request.malformed");
    assert_eq!(Rule::read("nothing").unwrap_err().code.code, "request.malformed");
}

#[test]
fn names_meet_once() {
    let twice = json!([
        {"name": "base", "supply": "rest", "weight": "w"},
        {"name": "base", "supply": "rest", "weight": "w"},
    ]);
    expect(&of_rule(&twice), "components[1].name", "allocation.rule_duplicate_name");
    let caps = json!([{"name": "wish", "units": "1"}, {"name": "wish", "units": "2"}]);
    expect(&of_rule(&one("caps", caps)), "components[0].caps[1].name", "allocation.rule_duplicate_name");
    let derived = |name: &str, source: &str| {
        let mut rule = serde_json::to_value(rule(&one("min_order", json!(1)))).unwrap();
        rule["derived"] =
            json!({name: {"ja": "あ", "en": "a", "sum_of_days": {"indicator": source, "interval_days": 21}}});
        Rule::from_value(&rule).map_err(|problem| refused(&problem))
    };
    assert!(derived("due", "first").is_ok());
    expect(&derived("given_units", "first").unwrap_err(), "derived.given_units", "allocation.rule_name_taken");
    expect(&derived("due", "due").unwrap_err(), "derived.due.sum_of_days.indicator", "allocation.rule_name_taken");
    expect(&derived("Due", "first").unwrap_err(), "derived.Due", "request.invalid_field");
}

#[test]
fn thousandths_come_to_a_thousand_at_most() {
    let two = |a: i64, b: i64, reserve: i64| {
        Rule::from_value(&json!({
            "format": "allocation-rule/1", "code": "test", "version": 1, "title": {"ja": "試し", "en": "Test"},
            "components": [
                {"name": "a", "supply": {"permille": a}, "weight": "w"},
                {"name": "b", "supply": {"permille": b}, "weight": "w"},
            ],
            "reserve": {"permille": reserve},
        }))
    };
    assert!(two(600, 390, 10).is_ok());
    expect(&refused(&two(600, 391, 10).unwrap_err()), "components", "allocation.rule_permille");
    let told = &two(900, 900, 0).unwrap_err().errors[0];
    assert!(told.en().contains("test@1") && told.en().contains("1800"), "{}", told.en());
}

#[test]
fn the_running_total_has_no_orders_and_no_cut() {
    let component = |name: &str, value: Value| {
        let mut components = one(name, value);
        components[0]["running"] = json!("cumulative");
        components
    };
    let cut = json!({"rounds": 3, "percent": 10, "stock": "stock", "use": "used", "max_age_days": 7});
    for components in [component("min_order", json!(2)), component("stock_cut", cut)] {
        expect(&of_rule(&components), "components[0].running", "allocation.rule_cumulative");
    }
    let mut hamilton = one("min_order", json!(2));
    hamilton[0]["method"] = json!("hamilton");
    expect(&of_rule(&hamilton), "components[0].min_order", "allocation.min_order_with_hamilton");
}

#[test]
fn an_expression_that_cannot_be_read_is_shown() {
    let problem = try_rule(&one("weight", json!("people * (2"))).unwrap_err();
    expect(&refused(&problem), "components[0].weight", "allocation.rule_expression");
    assert_eq!(
        problem.errors[0].en(),
        "Rule test@3, base: the expression `people * (2` cannot be read (character 12): it ends too early"
    );
    assert_eq!(
        problem.errors[0].ja(),
        "規則 test@3 の base の式「people * (2」を読めません（12文字目）: 途中で終わっています"
    );
    let long = format!("1{}", "+1".repeat(250));
    let deep = format!("{}1{}", "(".repeat(40), ")".repeat(40));
    for text in [long.as_str(), deep.as_str(), "people ^ 2", ""] {
        expect(&of_rule(&one("weight", json!(text))), "components[0].weight", "allocation.rule_expression");
    }
    let short = ShortPart { name: "base", units: None, indicator: "a + b", method: Method::Webster };
    let found = refused(&Rule::of_components(&[short]).unwrap_err());
    expect(&found, "components[0].indicator", "request.invalid_field");
}

fn at_work(components: &Value, values: &[i64]) -> Problem {
    let names = ["people", "zero", "huge"];
    amounts(&rule(components), &inputs(10, &names, &[("131016", values)])).unwrap_err()
}

#[test]
fn what_an_expression_cannot_do_names_the_place() {
    let values = [10, 0, 1 << 53];
    let caps = |text: &str| one("caps", json!([{"name": "a", "units": text}]));
    let problem = at_work(&caps("people / zero"), &values);
    assert_eq!(problem.code.code, "allocation.rule_division_by_zero");
    assert_eq!(problem.en(), "Rule test@3, base: the expression `people / zero` divides by zero at 131016市 (131016).");
    assert!(problem.ja().contains("test@3") && problem.ja().contains("131016市（131016）"), "{}", problem.ja());
    let i64_edges = ["huge * huge", "huge * 1024", "9007199254740992 * 1024 - 1"];
    for text in i64_edges {
        for components in [caps(text), one("weight", json!(text)), one("floors", json!([{"name": "f", "units": text}]))]
        {
            let problem = at_work(&components, &values);
            assert_eq!(problem.code.code, "allocation.rule_overflow", "{text}");
            assert!(problem.en().contains(text) && problem.en().contains("131016"), "{}", problem.en());
        }
    }
    // a number on the way leaves the engine's own limits: that is not the value's fault
    let problem = at_work(&caps("huge * huge * huge - huge * huge * huge"), &values);
    assert_eq!(problem.code.code, "allocation.rule_too_large");
    assert!(problem.en().contains("131016"), "{}", problem.en());
    // one above the limit of each kind, and the limit itself
    assert_eq!(at_work(&one("weight", json!("huge + 1")), &values).code.code, "allocation.rule_overflow");
    assert_eq!(at_work(&caps("huge / 8192 + 1"), &values).code.code, "allocation.rule_overflow");
    let names = ["people", "zero", "huge"];
    let fits = inputs(10, &names, &[("131016", &values)]);
    assert!(amounts(&rule(&one("weight", json!("huge"))), &fits).is_ok());
    assert!(amounts(&rule(&caps("huge / 8192")), &fits).is_ok());
    // what is negative is nothing
    let none = amounts(&rule(&caps("zero - people")), &fits).unwrap();
    assert_eq!((none.units[0].units, none.left), (0, 10));
    let none = amounts(&rule(&caps("0 - huge * huge")), &fits).unwrap();
    assert_eq!((none.units[0].units, none.left), (0, 10), "however far below zero");
    let mut total = serde_json::to_value(rule(&one("min_order", json!(1)))).unwrap();
    total["total_caps"] = json!([{"name": "all", "units": "1 / zero"}]);
    let problem = amounts(&Rule::from_value(&total).unwrap(), &fits).unwrap_err();
    assert!(problem.en().contains("total_caps"), "{}", problem.en());
}

#[test]
fn every_place_without_a_figure_is_listed_up_to_a_hundred() {
    let rule = rule(&one("weight", json!("population_total + wish_vials")));
    let codes: Vec<String> = (0..70).map(|n| format!("{n:03}")).collect();
    let places: Vec<(&str, &[i64])> = codes.iter().map(|code| (code.as_str(), [].as_slice())).collect();
    let problem = amounts(&rule, &inputs(5, &["population_total", "wish_vials"], &places)).unwrap_err();
    assert_eq!((problem.code.code, problem.errors.len()), ("request.invalid", 100));
    assert_eq!(problem.errors[0].code.code, "allocation.missing_population");
    assert_eq!(
        problem.errors[0].en(),
        "Rule test@3, base: the expression `population_total + wish_vials` needs the population (population_total), and there is no such figure for 000市 (000)."
    );
    assert_eq!(problem.errors[99].path, "places[029].wish_vials");
    assert_eq!(
        problem.errors[99].en(),
        "Rule test@3, base: the expression `population_total + wish_vials` needs wish_vials, for which 029市 (029) has no figure."
    );

    let problem = amounts(&rule, &inputs(5, &["population_total"], &[("a", &[1])])).unwrap_err();
    expect(&refused(&problem), "base", "allocation.rule_unknown_indicator");
    assert_eq!(
        problem.errors[0].en(),
        "Rule test@3, base: the expression `population_total + wish_vials` names wish_vials, and there is no such indicator."
    );
}

#[test]
fn inputs_out_of_range_are_refused() {
    let rule = rule(&one("min_order", json!(1)));
    let sound = inputs(5, &["people"], &[("a", &[1]), ("b", &[2])]);
    assert!(amounts(&rule, &sound).is_ok());
    let with = |change: &dyn Fn(&mut Inputs)| {
        let mut inputs = sound.clone();
        change(&mut inputs);
        let problem = amounts(&rule, &inputs).unwrap_err();
        assert_eq!(problem.code.code, "allocation.invalid");
        refused(&problem)
    };
    let level = |value: i64| Cell::Level(Figure { value, as_of: day("2021-07-01") });
    expect(&with(&|i| i.supply_units = -1), "supply_units", "allocation.negative");
    expect(&with(&|i| i.unit.vials = 0), "unit.vials", "request.invalid_field");
    expect(&with(&|i| i.unit.doses_per_vial = 0), "unit.doses_per_vial", "request.invalid_field");
    expect(&with(&|i| i.places[1].values[0] = level(-3)), "places[b].people", "allocation.negative");
    expect(&with(&|i| i.places[1].values[0] = level(i64::MIN)), "places[b].people", "allocation.negative");
    expect(&with(&|i| i.places[1].values[0] = level((1 << 53) + 1)), "places[b].people", "allocation.above_limit");
    expect(&with(&|i| i.places[1].given_before = -1), "places[b].given_before", "allocation.negative");
    expect(&with(&|i| i.places[1].code = "a".to_owned()), "places[a].code", "allocation.duplicate_code");
    expect(&with(&|i| i.places[1].code.clear()), "places[]", "request.invalid_field");
    expect(&with(&|i| i.places[1].values.push(level(1))), "places[b]", "request.invalid_field");
    expect(&with(&|i| i.indicators[0].name = "Wish".to_owned()), "indicators[Wish].name", "request.invalid_field");
    let far = (1 << 40) - 4;
    expect(&with(&|i| i.places[0].given_before = far), "places.given_before", "allocation.above_limit");
    let twice = with(&|i| i.indicators.push(i.indicators[0].clone()));
    expect(&twice, "indicators[people].name", "allocation.duplicate_code");
    let tomorrow = Cell::Level(Figure { value: 1, as_of: day("2021-07-06") });
    expect(&with(&|i| i.places[0].values[0] = tomorrow.clone()), "places[a].people", "allocation.rule_figure_after");
    let window = Some(Window { from: day("2021-07-06"), to: day("2021-07-05") });
    expect(&with(&|i| i.window = window), "window", "request.invalid_field");
    let series = |days: &[&str]| Cell::Days(days.iter().map(|text| Figure { value: 1, as_of: day(text) }).collect());
    let twice = series(&["2021-06-02", "2021-06-01", "2021-06-02"]);
    expect(&with(&|i| i.places[0].values[0] = twice.clone()), "places[a].people", "allocation.rule_day_twice");

    let mut daily = sound.clone();
    daily.places[0].values[0] = series(&["2021-06-01"]);
    let problem = amounts(&rule, &daily).unwrap_err();
    expect(&refused(&problem), "places[a].people", "allocation.rule_not_a_level");
    let zero = inputs(5, &["people"], &[("a", &[0]), ("b", &[0])]);
    let problem = amounts(&rule, &zero).unwrap_err();
    assert_eq!(problem.code.code, "allocation.all_weights_zero");
    assert_eq!(problem.errors[0].en(), "Rule test@3, base: the weight `people` is 0 at every place.");
    assert!(amounts(&rule, &inputs(5, &["people"], &[])).is_ok());
}

#[test]
fn a_sum_of_days_needs_its_window_and_its_series() {
    let derived = Rule::from_value(&json!({
        "format": "allocation-rule/1", "code": "test", "version": 1, "title": {"ja": "試し", "en": "Test"},
        "derived": {"due": {"ja": "対象者", "en": "due", "sum_of_days": {"indicator": "first", "interval_days": 21}}},
        "components": [{"name": "a", "supply": "rest", "weight": "due"}],
    }))
    .unwrap();
    let mut given = inputs(5, &["first"], &[("a", &[3])]);
    expect(&refused(&amounts(&derived, &given).unwrap_err()), "places[a].first", "allocation.rule_not_daily");
    given.places[0].values[0] = Cell::Days(Vec::new());
    assert_eq!(amounts(&derived, &given).unwrap_err().code.code, "allocation.all_weights_zero");
    given.window = None;
    expect(&refused(&amounts(&derived, &given).unwrap_err()), "window", "allocation.rule_no_window");
    let other = inputs(5, &["second"], &[("a", &[3])]);
    expect(&refused(&amounts(&derived, &other).unwrap_err()), "a", "allocation.rule_unknown_indicator");
}

/// Whoever made the mistake sees in which rule and component it is.
#[test]
fn every_refusal_names_its_rule_and_component() {
    let named = |problem: &Problem, words: [&str; 3]| {
        let found = &problem.errors[0];
        assert!(words.iter().all(|word| found.en().contains(word) && found.ja().contains(word)), "{}", found.en());
    };
    let form = try_rule(&one("colour", json!(1))).unwrap_err();
    named(&form, ["test@3", "base", "unknown field `colour`"]);
    named(&try_rule(&json!([])).unwrap_err(), ["test@3", "1 - 8", ""]);
    let rule = rule(&one("min_order", json!(1)));
    let mut daily = inputs(5, &["people"], &[("a", &[1])]);
    daily.places[0].values[0] = Cell::Days(Vec::new());
    named(&amounts(&rule, &daily).unwrap_err(), ["test@3", "base", "people"]);
    let mut late = inputs(5, &["people"], &[("a", &[1])]);
    late.places[0].values[0] = Cell::Level(Figure { value: 1, as_of: day("2021-08-01") });
    named(&amounts(&rule, &late).unwrap_err(), ["test@3", "people", "2021-08-01"]);
    let derived = Rule::from_value(&json!({
        "format": "allocation-rule/1", "code": "test", "version": 3, "title": {"ja": "試し", "en": "Test"},
        "derived": {"due": {"ja": "対象者", "en": "due", "sum_of_days": {"indicator": "first", "interval_days": 21}}},
        "components": [{"name": "base", "supply": "rest", "weight": "due"}],
    }))
    .unwrap();
    let mut given = inputs(5, &["first"], &[("a", &[3])]);
    named(&amounts(&derived, &given).unwrap_err(), ["test@3", "base", "first"]);
    given.window = None;
    named(&amounts(&derived, &given).unwrap_err(), ["test@3", "base", "due"]);
}

/// A request must not hold a worker: lists that are too long are not read, names and errors are few.
#[test]
fn far_too_much_is_refused_at_once() {
    let started = std::time::Instant::now();
    let names = |from: usize| (from..from + 60).map(|n| format!("x{n}")).collect::<Vec<_>>().join("+");
    let cap = |n: usize| json!({"name": n.to_string(), "units": names(n * 60)});
    let many: Vec<Value> = (0..20_000).map(cap).collect();
    expect(&of_rule(&one("caps", json!(many))), "components[0].caps", "request.invalid_field");
    let twelve: Vec<Value> = (0..12).map(cap).collect();
    let problem = try_rule(&one("caps", json!(twelve))).unwrap_err();
    expect(&refused(&problem), "components[0].caps[1].units", "request.invalid_field");
    assert!(problem.errors[0].en().contains("64 names"), "{}", problem.errors[0].en());
    let bad = json!({"name": "a\u{7}", "supply": "rest", "weight": "("});
    let bad: Vec<Value> = vec![bad; 8]
        .into_iter()
        .map(|mut bad: Value| {
            bad["caps"] = json!((0..12).map(|_| json!({"name": "", "units": "("})).collect::<Vec<_>>());
            bad
        })
        .collect();
    assert_eq!(of_rule(&json!(bad)).len(), 100);
    assert!(started.elapsed() < std::time::Duration::from_secs(5), "{:?}", started.elapsed());
}
