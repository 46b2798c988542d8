//! The worked examples X1 to X9, and what is refused.
use super::{
    super::{
        Binding, Method, RECIPIENTS_MAX, Recipient, Remainder, Status, UNITS_MAX, WEIGHT_MAX, apportion,
        canonical::canonical_json,
        cascade::{self, Parent},
        components::{self, Component, Holding, Stock, StockCut},
        cumulative,
    },
    engine, units,
};
use crate::Problem;
use serde_json::json;

fn weights(weights: &[(&str, i64)]) -> Vec<Recipient> {
    weights.iter().map(|(code, weight)| Recipient::new(*code, *weight)).collect()
}

fn webster(supply: i64, recipients: &[Recipient]) -> super::Apportionment {
    engine(supply, recipients, Method::Webster, Remainder::Hold)
}

fn bindings(shared: &super::Apportionment) -> Vec<Binding> {
    shared.lines.iter().map(|line| line.binding).collect()
}

#[test]
fn x1_zero_supply() {
    let shared = webster(0, &weights(&[("01000", 500), ("02000", 300)]));
    assert_eq!((units(&shared), shared.reserve, shared.status), (vec![0, 0], 0, Status::Ok));
    assert_eq!(bindings(&shared), [Binding::None, Binding::None]);
    assert_eq!(webster(5, &[]).reserve, 5);
}

/// The five prefectures of X2, 100 boxes.
pub(super) fn five_prefectures() -> Vec<Recipient> {
    weights(&[
        ("01000", 4_560_000),
        ("13000", 12_400_000),
        ("27000", 7_800_000),
        ("31000", 490_000),
        ("47000", 1_250_000),
    ])
}

#[test]
fn x2_boxes_by_population() {
    assert_eq!(units(&webster(100, &five_prefectures())), [17, 47, 29, 2, 5]);
}

#[test]
fn x3_caps_bind_and_the_rest_is_shared_again() {
    let mut recipients = weights(&[("A", 500), ("B", 300), ("C", 150), ("D", 50)]);
    for (recipient, cap) in recipients.iter_mut().zip([Some(300), Some(320), None, Some(20)]) {
        recipient.cap = cap;
    }
    let shared = webster(1_000, &recipients);
    assert_eq!(units(&shared), [300, 320, 360, 20]);
    assert_eq!(bindings(&shared), [Binding::Cap, Binding::Cap, Binding::None, Binding::Cap]);
}

#[test]
fn x4_ties_go_to_the_smaller_code_in_every_order() {
    let mut recipients = weights(&[("13103", 100), ("13101", 100), ("13102", 100)]);
    for _ in 0..3 {
        recipients.rotate_left(1);
        assert_eq!(units(&webster(5, &recipients)), [2, 2, 1]);
    }
}

#[test]
fn x5_remainders_carry_over_from_round_to_round() {
    let recipients = weights(&[("10201", 61_000), ("10202", 31_000), ("10344", 6_500), ("10421", 1_500)]);
    let rounds = cumulative::rounds(&[10, 20, 30, 40], &recipients, Method::Webster, Remainder::Hold).unwrap();
    let delivered: Vec<Vec<i64>> =
        rounds.iter().map(|round| round.deliveries.iter().map(|line| line.delivered).collect()).collect();
    assert_eq!(delivered, [[6, 3, 1, 0], [7, 3, 0, 0], [6, 3, 1, 0], [5, 3, 1, 1]]);
    let totals: Vec<i64> = rounds[3].deliveries.iter().map(|line| line.total).collect();
    assert_eq!((totals, rounds[3].reserve), (vec![24, 12, 3, 1], 0));
    assert!(cumulative::rounds(&[3, 2], &recipients, Method::Webster, Remainder::Hold).is_err());
}

#[test]
fn x6_frames_in_order_with_a_stock_cut() {
    let codes = ["11100", "11201", "11202", "11203"];
    let stock =
        [(300_000, 120_000, 60_000), (260_000, 200_000, 50_000), (150_000, 90_000, 30_000), (30_000, 29_000, 9_000)];
    let holding = |(code, (delivered, administered, used_last_round)): (&&str, (i64, i64, i64))| Holding {
        code: (*code).to_owned(),
        total_cap: None,
        stock: Some(Stock { delivered, administered, used_last_round }),
    };
    let holdings: Vec<Holding> = codes.iter().zip(stock).map(holding).collect();
    let base = Component {
        name: "base".to_owned(),
        units: 80,
        method: Method::Webster,
        remainder: Remainder::Hold,
        recipients: codes.iter().zip([400_000, 350_000, 200_000, 50_000]).map(|(c, w)| Recipient::new(*c, w)).collect(),
        stock_cut: Some(StockCut { rounds: 3, percent: 10 }),
    };
    let asked = codes.iter().zip([10, 18, 0, 4]);
    let adjust = Component {
        name: "adjust".to_owned(),
        units: 20,
        recipients: asked.map(|(c, asked)| Recipient { cap: Some(asked), ..Recipient::new(*c, asked) }).collect(),
        stock_cut: None,
        ..base.clone()
    };
    let shared = components::share(&[base, adjust], &holdings).unwrap();
    let of_frame = |at: usize| shared.frames[at].lines.iter().map(|line| line.units).collect::<Vec<_>>();
    assert_eq!((of_frame(0), shared.frames[0].carried_on), (vec![29, 28, 16, 4], 3));
    assert_eq!((of_frame(1), shared.frames[1].carried_on), (vec![7, 13, 0, 3], 0));
    assert_eq!(shared.frames[0].cut.get("11100"), Some(&3));
    assert_eq!((shared.totals.values().copied().collect::<Vec<_>>(), shared.reserve), (vec![36, 41, 16, 7], 0));
}

#[test]
fn x7_alabama_paradox() {
    let recipients = weights(&[("A", 6), ("B", 6), ("C", 2)]);
    let by = |method, supply| units(&engine(supply, &recipients, method, Remainder::Hold));
    assert_eq!(by(Method::Hamilton, 10), [4, 4, 2]);
    assert_eq!(by(Method::Hamilton, 11), [5, 5, 1]);
    assert_eq!(by(Method::Webster, 10), [5, 4, 1]);
    assert_eq!(by(Method::Webster, 11), [5, 5, 1]);
}

#[test]
fn x8_minimum_orders_held_or_filled() {
    let mut recipients = weights(&[("c1", 300), ("c2", 200), ("c3", 100)]);
    for recipient in &mut recipients {
        recipient.min_order = 4;
    }
    let hold = engine(12, &recipients, Method::Webster, Remainder::Hold);
    let fill = engine(12, &recipients, Method::Webster, Remainder::Fill);
    assert_eq!((units(&hold), hold.reserve), (vec![6, 4, 0], 2));
    assert_eq!((units(&fill), fill.reserve), (vec![7, 5, 0], 0));
    assert_eq!((bindings(&hold)[2], bindings(&fill)[2]), (Binding::MinOrder, Binding::MinOrder));
}

#[test]
fn x9_floors_too_high_are_prorated() {
    let mut recipients = weights(&[("A", 10), ("B", 10), ("C", 80)]);
    recipients[0].floor = 90;
    recipients[1].floor = 50;
    let shared = webster(100, &recipients);
    assert_eq!((units(&shared), shared.status), (vec![64, 36, 0], Status::FloorsProrated));
    assert_eq!(bindings(&shared), [Binding::FloorProrated, Binding::FloorProrated, Binding::None]);
}

#[test]
fn a_cap_below_the_minimum_order_gives_nothing() {
    let mut recipients = weights(&[("A", 10), ("B", 10), ("C", 0)]);
    recipients[0].cap = Some(2);
    recipients[0].min_order = 3;
    recipients[1].cap = Some(0);
    recipients.push(Recipient { floor: 2, min_order: 4, ..Recipient::new("D", 1) });
    let shared = webster(9, &recipients);
    assert_eq!(units(&shared), [0, 0, 0, 9]);
    assert_eq!(bindings(&shared), [Binding::CapBelowMinOrder, Binding::Cap, Binding::ZeroWeight, Binding::None]);
}

#[test]
fn what_cannot_be_shared_is_refused_by_name() {
    let refused = |supply: i64, recipients: &[Recipient], method: Method| -> Vec<String> {
        let problem = apportion(supply, recipients, method, Remainder::Hold).unwrap_err();
        let at = |field: &crate::FieldError| format!("{} {}", field.path, field.code.code);
        if problem.errors.is_empty() {
            vec![problem.code.code.to_owned()]
        } else {
            problem.errors.iter().map(at).collect()
        }
    };
    let one = |change: fn(&mut Recipient)| {
        let mut recipient = Recipient::new("a", 1);
        change(&mut recipient);
        vec![recipient]
    };
    let web = Method::Webster;
    assert_eq!(
        refused(1, &weights(&[("a", 1), ("b", 1), ("a", 2)]), web),
        ["recipients.2.code allocation.duplicate_code"]
    );
    assert_eq!(refused(-1, &one(|_| ()), web), ["supply allocation.negative"]);
    assert_eq!(refused(UNITS_MAX + 1, &one(|_| ()), web), ["supply allocation.above_limit"]);
    assert_eq!(refused(1, &one(|r| r.weight = -1), web), ["recipients.0.weight allocation.negative"]);
    assert_eq!(refused(1, &one(|r| r.weight = WEIGHT_MAX + 1), web), ["recipients.0.weight allocation.above_limit"]);
    assert_eq!(refused(1, &one(|r| r.committed = -1), web), ["recipients.0.committed allocation.negative"]);
    assert_eq!(refused(1, &one(|r| r.floor = i64::MIN), web), ["recipients.0.floor allocation.negative"]);
    assert_eq!(refused(1, &one(|r| r.cap = Some(-1)), web), ["recipients.0.cap allocation.negative"]);
    assert_eq!(refused(1, &one(|r| r.min_order = 0), web), ["recipients.0.min_order allocation.min_order_below_one"]);
    let hamilton = refused(1, &one(|r| r.min_order = 2), Method::Hamilton);
    assert_eq!(hamilton, ["recipients.0.min_order allocation.min_order_with_hamilton"]);
    assert_eq!(refused(1, &one(|r| r.weight = 0), web), ["allocation.all_weights_zero"]);
    assert!(apportion(0, &one(|r| r.weight = 0), web, Remainder::Hold).is_ok());
    let many = vec![Recipient::new("a", 1); RECIPIENTS_MAX + 1];
    assert_eq!(refused(1, &many, web), ["request.too_many_items"]);
    let problem: Problem = apportion(1, &one(|r| r.floor = -7), web, Remainder::Hold).unwrap_err();
    assert_eq!(problem.errors[0].en(), "Give a whole number of 0 or more (a given: -7).");
}

#[test]
fn parents_are_refused_when_they_cannot_stand_for_their_children() {
    let parent = |code: &str, recipients: Vec<Recipient>| Parent { code: code.to_owned(), recipients };
    let heavy = vec![parent("p", weights(&[("a", WEIGHT_MAX), ("b", 1)]))];
    assert!(cascade::nested(1, &heavy, Method::Webster, Remainder::Hold).is_err());
    assert!(cascade::flat(1, &heavy, Method::Webster, Remainder::Hold).is_ok());
    let twice = [parent("p", weights(&[("a", 1)])), parent("p", weights(&[("b", 1)]))];
    assert!(cascade::nested(1, &twice, Method::Webster, Remainder::Hold).is_err());
    let shared_child = [parent("p", weights(&[("a", 1)])), parent("q", weights(&[("a", 1)]))];
    assert!(cascade::flat(1, &shared_child, Method::Webster, Remainder::Hold).is_err());
}

#[test]
fn methods_are_read_as_named_and_as_stored() {
    for method in Method::ALL {
        assert_eq!(Method::parse(method.name()), Ok(method));
        assert_eq!(Method::parse(method.stored()), Ok(method));
    }
    assert!(Method::parse("webster@2").is_err() && Remainder::parse("keep").is_err());
}

#[test]
fn the_canonical_text_is_the_same_for_every_order() {
    let mut recipients = weights(&[("b\"", 2), ("a", 1)]);
    recipients[0].cap = Some(7);
    let policy = json!({ "version": 3, "components": [{ "name": "基本", "b": null, "a": true }] });
    let text = |recipients: &[Recipient]| canonical_json(10, recipients, Method::Webster, Remainder::Hold, &policy);
    let expected = concat!(
        r#"{"inputs":{"recipients":[{"cap":null,"code":"a","committed":0,"floor":0,"min_order":1,"weight":1},"#,
        r#"{"cap":7,"code":"b\"","committed":0,"floor":0,"min_order":1,"weight":2}],"remainder":"hold","supply":10},"#,
        r#""method":"webster@1","policy":{"components":[{"a":true,"b":null,"name":"基本"}],"version":3}}"#,
    );
    assert_eq!(text(&recipients).unwrap(), expected);
    recipients.reverse();
    assert_eq!(text(&recipients).unwrap(), expected);
    let float = canonical_json(1, &recipients, Method::Adams, Remainder::Fill, &json!({ "share": 0.5 }));
    assert_eq!(float.unwrap_err().code.code, "allocation.not_canonical");
}
