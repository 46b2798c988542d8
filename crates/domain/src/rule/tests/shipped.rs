//! The rules that come with the program, on small examples computed by hand (allocation.md, section 1).
use super::{super::*, day, inputs};

const RULES: [&str; 7] = [
    include_str!("../../../../../rules/covid19-base-adjustment@1.json"),
    include_str!("../../../../../rules/one-each-then-population@1.json"),
    include_str!("../../../../../rules/one-each-then-wishes@1.json"),
    include_str!("../../../../../rules/july-2021@1.json"),
    include_str!("../../../../../rules/july-2021-withdrawn@1.json"),
    include_str!("../../../../../rules/second-doses-first@1.json"),
    include_str!("../../../../../rules/target-80-percent@1.json"),
];

fn shipped(name: &str) -> Rule {
    let rules = RULES.map(|text| Rule::read(text).unwrap());
    rules.into_iter().find(|rule| rule.name() == name).unwrap()
}

fn by_component(rule: &Rule, inputs: &Inputs) -> Vec<Vec<i64>> {
    let amounts = amounts(rule, inputs).unwrap();
    let computed = compute(rule, inputs).unwrap();
    let units = |line: &PlaceOutcome| line.components.iter().map(|share| share.units).collect::<Vec<_>>();
    let proved: Vec<Vec<i64>> = computed.places.iter().map(units).collect();
    let alone: Vec<Vec<i64>> = amounts.units.iter().map(|line| line.by_component.clone()).collect();
    assert_eq!(proved, alone);
    proved
}

#[test]
fn every_folder_entry_is_read_here_and_reads_back() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../rules");
    let mut files: Vec<String> =
        std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    files.sort();
    let mut names: Vec<String> =
        RULES.iter().map(|text| format!("{}.json", Rule::read(text).unwrap().name())).collect();
    names.sort();
    assert_eq!(files, names);
    for text in RULES {
        let rule = Rule::read(text).unwrap();
        let again = Rule::read(&rule.canonical()).unwrap();
        assert_eq!((again.canonical(), &again), (rule.canonical(), &rule));
        assert_eq!(rule.needs_objection_window(), rule.name() == "july-2021@1", "{}", rule.name());
        assert_eq!(rule.needs_window(), rule.name() == "second-doses-first@1", "{}", rule.name());
    }
}

/// 8,000 of the 8,003 boxes by 4,000 : 3,000 : 1,000 people; the three left by wishes 2 : 1 : 0.
#[test]
fn base_and_adjustment() {
    let rule = shipped("covid19-base-adjustment@1");
    assert_eq!(rule.indicators(), ["population_total", "wish_vials"]);
    let names = ["population_total", "wish_vials"];
    let places: [(&str, &[i64]); 3] = [("a", &[4_000, 390]), ("b", &[3_000, 195]), ("c", &[1_000, 0])];
    let inputs = inputs(8_003, &names, &places);
    assert_eq!(by_component(&rule, &inputs), [[4_000, 2], [3_000, 1], [1_000, 0]]);
    // the same in the short form that the training round uses
    let part = |name, units, indicator| ShortPart { name, units, indicator, method: Method::Webster };
    let short = Rule::of_components(&[part("base", Some(8_000), "population"), part("adjustment", None, "wish")]);
    assert_eq!(by_component(&short.unwrap(), &inputs), [[4_000, 2], [3_000, 1], [1_000, 0]]);
}

/// April 2021: a box for each municipality, an evacuated town without residents too; then the rest.
#[test]
fn one_each_first() {
    let names = ["population_total", "wish_vials"];
    let places: [(&str, &[i64]); 3] = [("a", &[4_000, 1_950]), ("b", &[1_000, 390]), ("c", &[0, 0])];
    let inputs = inputs(7, &names, &places);
    // four by 4 : 1, places in the queue 1/8, 3/8, 1/2 (b), 5/8
    assert_eq!(by_component(&shipped("one-each-then-population@1"), &inputs), [[1, 3], [1, 1], [1, 0]]);
    // four by 1,755 : 195, nine to one: the fourth of a stands at 3.5/9, the first of b at 0.5
    assert_eq!(by_component(&shipped("one-each-then-wishes@1"), &inputs), [[1, 4], [1, 0], [1, 0]]);
}

const JULY: [&str; 6] =
    ["population_total", "wish_vials", "delivered_doses", "administered_doses", "used_last_round", "high_use"];

/// Wishes in boxes, and the stock of the case A06: only the first holds three rounds' use.
fn july() -> Inputs {
    let places: [(&str, &[i64]); 4] = [
        ("11100", &[400_000, 3_880 * 195, 300_000, 120_000, 60_000, 0]),
        ("11201", &[350_000, 5_800 * 195, 260_000, 200_000, 50_000, 1]),
        ("11202", &[200_000, 1_600 * 195, 150_000, 90_000, 30_000, 1]),
        ("11203", &[50_000, 1_040 * 195, 30_000, 29_000, 9_000, 1]),
    ];
    inputs(11_000, &JULY, &places)
}

/// Round 9: base 8,000 is 3,200, 2,800, 1,600, 400; the cut takes 320 of 3,200 to the adjustment, which is
/// then 2,320 by unmet wishes 1,000, 3,000, 0, 640 (exactly half of each); the extra 1,000 by 1,500 and 320.
#[test]
fn july_with_the_cut() {
    let (rule, inputs) = (shipped("july-2021@1"), july());
    assert_eq!(by_component(&rule, &inputs), [[2_880, 500, 0], [2_800, 1_500, 824], [1_600, 0, 0], [400, 320, 176]]);
    let computed = compute(&rule, &inputs).unwrap();
    let outcome: Vec<(i64, i64, i64, i64)> = computed
        .components
        .iter()
        .map(|component| (component.supply, component.given, component.cut, component.left))
        .collect();
    assert_eq!(outcome, [(8_000, 7_680, 320, 320), (2_320, 2_320, 0, 0), (1_000, 1_000, 0, 0)]);
    let share = &computed.places[0].components[0];
    let stock = share.stock.as_ref().unwrap();
    assert_eq!((stock.stock, stock.used, stock.applied, stock.cut), (180_000, 60_000, true, 320));
    assert_eq!((stock.as_of, stock.lag_days), (Some(day("2021-07-01")), Some(4)));
    assert_eq!(
        share.ja,
        "基本枠：11100市への配分は3,200箱です。人口に応じた配分で、およそ125人につき1箱に当たります。\
         在庫180,000回分が1クールの使用量60,000回分の3クール分以上あるため（2021-07-01の数値、4日前）、10%に当たる320箱を減らし、2,880箱とします。"
    );
    assert_eq!(
        share.en,
        "Base frame: 11100市 receives 3,200 boxes: by population, one box per about 125 people. \
         Its stock of 180,000 doses is 3 rounds of its use of 60,000 doses or more (figures of 2021-07-01, 4 days before): \
         10 %, 320 boxes, taken off leaves 2,880 boxes."
    );
    // with the cut a further box does not always bring one, and of the plan nobody can say
    assert_eq!((share.proof.next_unit_after, computed.places[0].next_unit_after), (None, None));
    let uncut = &computed.places[1].components[0];
    assert!(uncut.ja.ends_with("この枠の供給があと2箱増えると、この枠から次の1箱が配分されます。"), "{}", uncut.ja);
    assert!(
        uncut.en.ends_with("its next box of this frame comes after 2 more of this frame's supply."),
        "{}",
        uncut.en
    );
    let wished = &computed.places[2].components[1];
    assert!(wished.ja.contains("希望量の残り") || wished.proof.cap == Some(0), "{}", wished.ja);
    assert_eq!(
        computed.places[0].ja,
        "11100市への配分は合わせて3,380箱です（基本枠2,880箱、調整枠500箱、追加枠（使用率の高い自治体）0箱）。"
    );
    assert_eq!(
        computed.places[0].en,
        "11100市 receives 3,380 boxes in all (base frame 2,880 boxes, adjustment frame 500 boxes, \
         extra for the municipalities of highest use 0 boxes)."
    );
}

/// Without it: 2,000 by 680, 3,000, 0, 640 is 315, 1,389, 0, 296; the extra by 1,611 and 344 is 824 and 176.
#[test]
fn july_without_the_cut() {
    let rule = shipped("july-2021-withdrawn@1");
    let expected = [[3_200, 315, 0], [2_800, 1_389, 824], [1_600, 0, 0], [400, 296, 176]];
    assert_eq!(by_component(&rule, &july()), expected);
}

/// A figure older than seven days cuts nothing and calls for a person.
#[test]
fn july_with_an_old_figure() {
    let (rule, mut inputs) = (shipped("july-2021@1"), july());
    inputs.places[0].values[3] = Cell::Level(Figure { value: 120_000, as_of: day("2021-06-28") });
    assert_eq!(by_component(&rule, &inputs)[0][0], 2_880, "seven days is not too old");
    inputs.places[0].values[3] = Cell::Level(Figure { value: 120_000, as_of: day("2021-06-27") });
    assert_eq!(by_component(&rule, &inputs)[0], [3_200, 315, 0]);
    let computed = compute(&rule, &inputs).unwrap();
    assert_eq!(computed.places[0].flags, [Flag::StaleStock]);
    assert!(computed.places[1].flags.is_empty());
    let share = &computed.places[0].components[0];
    let stock = share.stock.as_ref().unwrap();
    assert_eq!((stock.stale, stock.applied, stock.cut, stock.lag_days), (true, false, 0, Some(8)));
    assert!(share.ja.ends_with(
        "在庫の数値が古い（2021-06-27、8日前）ため、在庫による減量は行っていません。担当者の確認が必要です。"
    ));
    assert!(share.en.ends_with("are old (2021-06-27, 8 days before), so nothing was cut; a person must look."));
    assert_eq!(serde_json::to_value(&computed).unwrap()["places"][0]["flags"][0], "stale_stock");
}

/// Due from 5 to 18 July: first doses of 14 to 27 June. 2,341 people need three boxes of 1,170 doses, 1,170 one.
#[test]
fn second_doses_before_the_rest() {
    let rule = shipped("second-doses-first@1");
    assert_eq!((rule.indicators().len(), rule.daily()), (3, vec!["first_doses".to_owned()]));
    let names = ["population_total", "wish_vials", "first_doses"];
    let places: [(&str, &[i64]); 2] = [("a", &[1_000, 4 * 195]), ("b", &[5_000, 99 * 195])];
    let mut inputs = inputs(10, &names, &places);
    let series = |days: &[(&str, i64)]| {
        Cell::Days(days.iter().map(|(text, value)| Figure { value: *value, as_of: day(text) }).collect())
    };
    inputs.places[0].values.push(series(&[
        ("2021-06-28", 99),
        ("2021-06-27", 1_171),
        ("2021-06-14", 1_170),
        ("2021-06-13", 500),
    ]));
    inputs.places[1].values.push(series(&[("2021-06-20", 1_170)]));
    // then six by 1 : 5; the first has one box of its wish left
    assert_eq!(by_component(&rule, &inputs), [[3, 1], [1, 5]]);
    let computed = compute(&rule, &inputs).unwrap();
    let figures = |place: usize| computed.places[place].figures.iter().map(|figure| (figure.value, figure.as_of));
    let due: Vec<_> = figures(0).take(1).chain(figures(1).take(1)).collect();
    assert_eq!(due, [(2_341, Some(day("2021-06-28"))), (1_170, Some(day("2021-06-20")))]);
    let share = &computed.places[0].components[0];
    assert!(share.ja.contains("上限3箱（期間中に2回目となる人数分）に達しています"), "{}", share.ja);
    // the series of the second ends on 20 June, and seven more days are counted
    assert_eq!((&computed.places[0].flags, &computed.places[1].flags), (&vec![], &vec![Flag::IncompleteSeries]));
    let days = computed.places[1].figures[0].days.unwrap();
    assert_eq!((days.from, days.to), (day("2021-06-14"), day("2021-06-27")));
    assert_eq!((days.with_figures, days.complete), (1, false));
    let whole = &computed.places[1];
    assert!(
        whole.ja.ends_with(
            "期間中に2回目となる人数は2021-06-14から2021-06-27までの14日間の数を足すものですが、数値があるのは1日分（最新は2021-06-20）で、残りの日は0として数えています。担当者の確認が必要です。"
        ),
        "{}",
        whole.ja
    );
    assert!(whole.en.contains("only 1 of them have a figure (the newest of 2021-06-20)"), "{}", whole.en);
    assert_eq!(amounts(&rule, &inputs).unwrap().units[1].flags, [Flag::IncompleteSeries]);
    assert!(share.en.contains("its cap of 3 boxes (those who become due) is reached"), "{}", share.en);
}

/// 80 % of 10,000 people twice is 16,000 doses, 5,000 more than came; of 5,000 people 1,000 more; the third has enough.
#[test]
fn up_to_the_target() {
    let rule = shipped("target-80-percent@1");
    let names = ["population_12_plus", "delivered_doses", "other_channel_doses"];
    let places: [(&str, &[i64]); 3] =
        [("a", &[10_000, 10_000, 1_000]), ("b", &[5_000, 7_000, 0]), ("c", &[1_000, 2_000, 0])];
    assert_eq!(by_component(&rule, &inputs(4, &names, &places)), [[3], [1], [0]]);
    let plenty = inputs(10, &names, &places);
    assert_eq!(by_component(&rule, &plenty), [[5], [1], [0]]);
    assert_eq!(compute(&rule, &plenty).unwrap().left, 4);
}

/// What a cut does where little is there, and where it must not go below a floor or a minimum order.
#[test]
fn a_cut_keeps_floors_and_minimum_orders_and_says_what_it_did() {
    let rule = |floor: &str, min_order: i64, percent: i64| {
        super::rule(&serde_json::json!([{
            "name": "base", "supply": "rest", "weight": "people", "min_order": min_order,
            "floors": [{"name": "least", "title": {"ja": "最低限", "en": "the least"}, "units": floor}],
            "stock_cut": {"rounds": 3, "percent": percent, "stock": "stock", "use": "used", "max_age_days": 7},
        }]))
    };
    let of = |rule: &Rule, supply: i64, used: i64| {
        let mut inputs = inputs(supply, &["people", "stock"], &[("a", &[1, 90])]);
        inputs.indicators.push(IndicatorSource { name: "used".to_owned(), ..inputs.indicators[1].clone() });
        inputs.places[0].values.push(Cell::Level(Figure { value: used, as_of: inputs.as_of }));
        for cell in &mut inputs.places[0].values {
            let Cell::Level(figure) = cell else { unreachable!() };
            figure.as_of = inputs.as_of;
        }
        compute(rule, &inputs).unwrap().places.remove(0)
    };
    // rounded down to nothing
    let line = of(&rule("0", 1, 10), 5, 30);
    let share = &line.components[0];
    assert_eq!((line.units, share.stock.as_ref().unwrap().applied), (5, true));
    assert!(
        share.ja.ends_with("（2021-07-05の数値、当日）、10%を減らす対象ですが、端数切捨てのため減りません。"),
        "{}",
        share.ja
    );
    assert!(share.en.contains("the same day") && share.en.ends_with("so nothing is taken off."), "{}", share.en);
    // half of ten, but eight are the floor; none, where all stand on it
    let line = of(&rule("8", 1, 50), 10, 30);
    let stock = line.components[0].stock.as_ref().unwrap();
    assert_eq!((line.units, stock.cut, stock.least), (8, 2, 8));
    assert!(line.components[0].ja.contains("下限または最小注文数を下回らない2箱だけを減らし、8箱とします。"));
    let line = of(&rule("8", 1, 50), 8, 30);
    assert_eq!(line.units, 8);
    assert!(line.components[0].ja.contains("下限8箱（最低限）によるものです。"), "{}", line.components[0].ja);
    assert!(line.components[0].en.contains("its floor of 8 boxes (the least)"), "{}", line.components[0].en);
    assert_eq!(of(&rule("0", 7, 50), 10, 30).units, 7, "an order of seven was delivered");
    assert_eq!(of(&rule("0", 1, 50), 10, 30).units, 5);
}

/// A use below zero, as when a count was put right, says nothing: nothing is cut and a person looks.
#[test]
fn a_use_below_zero_cuts_nothing() {
    let components = serde_json::json!([{
        "name": "base", "supply": "rest", "weight": "people",
        "stock_cut": {"rounds": 3, "percent": 10, "stock": "stock", "use": "0 - stock", "max_age_days": 7},
    }]);
    let line = compute(&super::rule(&components), &inputs(100, &["people", "stock"], &[("a", &[1, 5])])).unwrap();
    let line = &line.places[0];
    assert_eq!((line.units, &line.flags), (100, &vec![Flag::StaleStock]));
    let stock = line.components[0].stock.as_ref().unwrap();
    assert_eq!((stock.used, stock.stale, stock.applied, stock.cut), (-5, true, false, 0));
    assert!(
        line.components[0].ja.contains("0より小さいため、在庫による減量は行っていません"),
        "{}",
        line.components[0].ja
    );
    assert!(line.components[0].en.contains("below zero (-5)"), "{}", line.components[0].en);
}
