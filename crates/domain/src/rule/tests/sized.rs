//! Bounds, words and time at the size of the country's clinics.
use super::{super::*, inputs, rule};
use serde_json::json;
use std::time::{Duration, Instant};

/// A rule of three components over so many places.
fn large(count: usize) -> (Rule, Inputs) {
    let rule = Rule::from_value(&json!({
        "format": "allocation-rule/1", "code": "large", "version": 1, "title": {"ja": "大", "en": "Large"},
        "components": [
            {"name": "base", "supply": {"permille": 700}, "weight": "population_total",
             "floors": [{"name": "one", "units": "1"}],
             "caps": [{"name": "wish", "units": "ceil(wish_vials, vials_per_unit)"}, {"name": "freezer", "units": "freezer"}],
             "stock_cut": {"rounds": 3, "percent": 10, "stock": "delivered - used * 2", "use": "used", "max_age_days": 7}},
            {"name": "adjustment", "supply": {"permille": 200}, "weight": "max(0, wish_vials - given_units * vials_per_unit)",
             "caps": [{"name": "wish", "units": "ceil(wish_vials, vials_per_unit) - given_units"}]},
            {"name": "rest", "supply": "rest", "weight": "population_total"},
        ],
        "total_caps": [{"name": "total", "units": "freezer + 3"}],
        "reserve": {"permille": 10},
    }))
    .unwrap();
    let names = ["population_total", "wish_vials", "freezer", "delivered", "used"];
    let codes: Vec<String> = (0..count).map(|n| format!("{n:010}")).collect();
    let numbers: Vec<[i64; 5]> = (0..i64::try_from(count).unwrap())
        .map(|n| [100 + n * 7_919 % 20_000, n * 104_729 % 12_000, 5 + n * 31 % 60, n * 13 % 500, n * 17 % 90])
        .collect();
    let places: Vec<(&str, &[i64])> =
        codes.iter().zip(&numbers).map(|(code, numbers)| (code.as_str(), numbers.as_slice())).collect();
    (rule, inputs(1_950_000, &names, &places))
}

/// The bound is far above what it takes, so that a busy machine passes; the load tests measure.
#[test]
fn a_hundred_thousand_places_take_a_moment() {
    let (rule, inputs) = large(100_000);
    let started = Instant::now();
    let amounts = amounts(&rule, &inputs).unwrap();
    let took = started.elapsed();
    println!("{took:?}");
    let sum: i64 = amounts.units.iter().map(|line| line.units).sum();
    assert_eq!(sum + amounts.reserve + amounts.left, 1_950_000);
    assert!(took < Duration::from_secs(3), "{took:?}");
}

#[test]
fn a_national_plan_is_proved_in_a_moment() {
    let (rule, mut inputs) = large(1_741);
    inputs.supply_units = 40_000;
    let started = Instant::now();
    let computed = compute(&rule, &inputs).unwrap();
    let took = started.elapsed();
    let published = publish::document(&rule, &inputs, &computed, None).unwrap();
    println!("{took:?}, {} bytes", published.text.len());
    assert!(took < Duration::from_secs(10), "{took:?}");
    assert!(publish::replay(published.text.as_bytes()).unwrap().equal);
}

/// Ten boxes a round by 61,000 : 31,000 : 6,500 : 1,500 people: the example X5 of the design.
#[test]
fn a_running_total_brings_the_small_place_its_turn() {
    let rule = rule(&json!([
        {"name": "all", "supply": "rest", "weight": "population_total", "running": "cumulative"}
    ]));
    let places: [(&str, &[i64]); 4] = [("a", &[61_000]), ("b", &[31_000]), ("c", &[6_500]), ("d", &[1_500])];
    let mut given = inputs(10, &["population_total"], &places);
    let mut rounds = Vec::new();
    for _ in 0..4 {
        let computed = compute(&rule, &given).unwrap();
        rounds.push(computed.places.iter().map(|place| place.units).collect::<Vec<_>>());
        for (input, place) in given.places.iter_mut().zip(&computed.places) {
            input.given_before += place.units;
        }
    }
    assert_eq!(rounds, [[6, 3, 1, 0], [7, 3, 0, 0], [6, 3, 1, 0], [5, 3, 1, 1]]);
    for (input, units) in given.places.iter_mut().zip(&rounds[3]) {
        input.given_before -= units;
    }
    let share = &compute(&rule, &given).unwrap().places[3].components[0];
    assert!(share.ja.starts_with("これまでの分を合わせた累計では、d市への配分は1箱です。"), "{}", share.ja);
    assert!(share.ja.ends_with("これまでのクールの0箱を除き、今回は1箱です。"), "{}", share.ja);
    assert!(
        share.en.ends_with("Of that it had 0 boxes in the rounds before, so now it receives 1 box."),
        "{}",
        share.en
    );
}

/// X3 of the design: three caps, each named where it binds, and what would be without it.
#[test]
fn the_binding_cap_is_named_with_what_would_be_without_it() {
    let caps = json!([
        {"name": "people_left", "units": "people_left"},
        {"name": "freezer", "title": {"ja": "冷凍庫", "en": "freezer"}, "units": "freezer"},
        {"name": "again", "units": "freezer"},
    ]);
    let components = json!([{"name": "all", "supply": "rest", "weight": "population_total", "caps": caps}]);
    let mut document = serde_json::to_value(rule(&components)).unwrap();
    document["total_caps"] =
        json!([{"name": "remaining", "title": {"ja": "残りの対象者", "en": "people remaining"}, "units": "360"}]);
    let rule = Rule::from_value(&document).unwrap();
    let names = ["population_total", "people_left", "freezer"];
    let places: [(&str, &[i64]); 4] =
        [("A", &[500, 900, 300]), ("B", &[300, 900, 320]), ("C", &[150, 900, 900]), ("D", &[50, 20, 900])];
    let mut given = inputs(1_000, &names, &places);
    given.unit.vials = 1;
    let computed = compute(&rule, &given).unwrap();
    let units: Vec<i64> = computed.places.iter().map(|place| place.units).collect();
    assert_eq!(units, [300, 320, 360, 20]);
    let share = &computed.places[0].components[0];
    let names: Vec<(&str, i64)> = share.proof.caps.iter().map(|cap| (cap.name.as_str(), cap.units)).collect();
    assert_eq!(names, [("people_left", 900), ("freezer", 300), ("again", 300), ("remaining", 360)]);
    assert_eq!(share.proof.tightest_cap.as_ref().unwrap().name, "freezer");
    assert!(share.proof.without_cap.unwrap() > 300);
    assert_eq!(
        share.en,
        "A市 receives 300 vials: its cap of 300 vials (freezer) is reached; without it, it would be 516 vials; \
         more supply changes nothing while the cap stands."
    );
    assert!(
        share.ja.contains("上限300バイアル（冷凍庫）に達しています。上限がなければ516バイアルでした。"),
        "{}",
        share.ja
    );
    assert_eq!(computed.places[2].binding_total_cap.as_deref(), Some("remaining"));
    assert_eq!(
        computed.places[2].ja,
        "C市への配分は合わせて360バイアルです。全体の上限360バイアル（残りの対象者）に達しています。"
    );
    assert_eq!(
        computed.places[2].en,
        "C市 receives 360 vials in all. Its cap over all parts, 360 vials (people remaining), is reached."
    );
    assert_eq!(computed.places[0].binding_total_cap, None);
}

/// What a place had counts from the rounds before and from this round's parts before, and the two are told apart.
#[test]
fn what_a_place_had_is_told_by_where_it_came_from() {
    let rule = rule(&json!([
        {"name": "first", "title": {"ja": "先の枠", "en": "first frame"}, "supply": {"units": 4}, "weight": "population_total"},
        {"name": "all", "title": {"ja": "累計の枠", "en": "running frame"}, "supply": "rest",
         "weight": "population_total", "running": "cumulative"},
    ]));
    let mut given = inputs(10, &["population_total"], &[("a", &[1_000]), ("b", &[1_000])]);
    given.places[0].given_before = 3;
    let computed = compute(&rule, &given).unwrap();
    // 2 each; then 13 in all, of which 3 and 4 are there: 7 and 6, and b has its 2 already
    let share = &computed.places[0].components[1];
    assert_eq!((share.units, share.given_before, share.earlier, share.proof.committed), (2, 3, 2, 5));
    assert!(share.ja.starts_with("累計の枠：これまでの分を合わせた累計では、"), "{}", share.ja);
    assert!(share.ja.ends_with("これまでのクールの3箱と今回のほかの枠の2箱を除き、今回は2箱です。"), "{}", share.ja);
    assert!(
        share.en.ends_with("Of that it had 3 boxes in the rounds before and 2 boxes from earlier parts of this one, so now it receives 2 boxes."),
        "{}",
        share.en
    );
}

/// A total cap bounds the second part by what the first left of it, and that is what is said.
#[test]
fn what_remains_of_a_total_cap_is_told_with_the_cap() {
    let components = json!([
        {"name": "first", "supply": {"units": 7}, "weight": "w"},
        {"name": "second", "supply": "rest", "weight": "w"},
    ]);
    let mut document = serde_json::to_value(rule(&components)).unwrap();
    document["total_caps"] = json!([{"name": "ten", "title": {"ja": "保管", "en": "storage"}, "units": "10"}]);
    let computed = compute(&Rule::from_value(&document).unwrap(), &inputs(20, &["w"], &[("a", &[1])])).unwrap();
    let share = &computed.places[0].components[1];
    assert!(share.ja.contains("上限3箱（全体の上限10箱「保管」の残り）に達しています"), "{}", share.ja);
    assert!(
        share
            .en
            .contains("its cap of 3 boxes (what remains of the cap of 10 boxes over all parts: storage) is reached"),
        "{}",
        share.en
    );
}

/// With minimum orders each counterfactual is a run of its own: they are bounded, and the rest is proved.
#[test]
fn a_hundred_thousand_capped_lines_with_orders_are_proved() {
    let rule = rule(&json!([{
        "name": "all", "supply": "rest", "weight": "w", "min_order": 3, "caps": [{"name": "cap", "units": "cap"}],
    }]));
    let codes: Vec<String> = (0..100_000).map(|n| format!("{n:06}")).collect();
    let numbers: Vec<[i64; 2]> = (0..100_000).map(|n| [100 + n % 977, 3 + n % 7]).collect();
    let places: Vec<(&str, &[i64])> =
        codes.iter().zip(&numbers).map(|(code, numbers)| (code.as_str(), numbers.as_slice())).collect();
    let given = inputs(500_000, &["w", "cap"], &places);
    let started = Instant::now();
    let computed = compute(&rule, &given).unwrap();
    let took = started.elapsed();
    println!("{took:?}");
    assert!(took < Duration::from_secs(30), "{took:?}");
    let capped = |place: &&PlaceOutcome| place.components[0].proof.binding == crate::apportionment::Binding::Cap;
    let capped: Vec<&PlaceOutcome> = computed.places.iter().filter(capped).collect();
    assert!(capped.len() > 10_000 && capped.iter().all(|place| place.components[0].proof.without_cap.is_none()));
    // a few lines are told as before
    let few = inputs(50, &["w", "cap"], &places[..20]);
    let few = compute(&rule, &few).unwrap();
    let told = |place: &PlaceOutcome| place.components[0].proof.without_cap.is_some();
    assert!(few.places.iter().any(told));
}

/// A component for second doses in front, capped, leaves the sizes of those behind it as they are.
#[test]
fn what_the_rest_leaves_is_unassigned_again() {
    let components = json!([
        {"name": "first", "supply": "rest", "weight": "w", "caps": [{"name": "two", "units": "2"}]},
        {"name": "second", "supply": {"units": 5}, "weight": "w", "caps": [{"name": "one", "units": "1"}]},
        {"name": "third", "supply": {"permille": 250}, "weight": "w"},
    ]);
    let computed = compute(&rule(&components), &inputs(20, &["w"], &[("a", &[1]), ("b", &[1])])).unwrap();
    let supplies: Vec<(i64, i64)> =
        computed.components.iter().map(|component| (component.supply, component.given)).collect();
    // 20; then 5 of the 16 left; then 5, a quarter of all, and the 3 that the second left
    assert_eq!(supplies, [(20, 4), (5, 2), (8, 8)]);
    assert_eq!(computed.left, 6);
}
