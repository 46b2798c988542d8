//! Explanations and sentences of the worked examples.
use super::{
    super::{
        Method, Recipient, Remainder,
        explain::{CapCandidate, Explainer, Explanation, Ratio, TieRule},
        sentence::{self, Words},
    },
    any_case,
    examples::five_prefectures,
};
use proptest::prelude::*;

fn proofs(supply: i64, recipients: &[Recipient], method: Method) -> Vec<Explanation> {
    Explainer::new(supply, recipients, method, Remainder::Hold).unwrap().all(|_| Vec::new())
}

#[test]
fn x2_proof_of_five_prefectures() {
    let lines = proofs(100, &five_prefectures(), Method::Webster);
    let after: Vec<Option<i64>> = lines.iter().map(|line| line.next_unit_after).collect();
    assert_eq!(after, [Some(3), Some(2), Some(1), Some(35), Some(17)]);
    let osaka = &lines[2];
    assert_eq!(osaka.quota, Some(Ratio { numerator: 780_000_000, denominator: 26_500_000 }));
    // 30th box of 27000 and 47th of 13000: 7,800,000 / 29.5 and 12,400,000 / 46.5, both times four
    assert_eq!(osaka.divisors.low, Some(Ratio { numerator: 31_200_000, denominator: 118 }));
    assert_eq!(osaka.divisors.high, Some(Ratio { numerator: 49_600_000, denominator: 186 }));
    assert_eq!((osaka.units_before_bounds, osaka.tie.clone(), osaka.without_cap), (Some(29), None, None));
    assert_eq!(
        sentence::ja(osaka, &Words::BOXES),
        "27000への配分は29箱です。人口に応じた配分で、およそ265,000人につき1箱に当たります。供給があと1箱増えると、次の1箱が配分されます。"
    );
    assert_eq!(
        sentence::en(osaka, &Words::BOXES),
        "27000 receives 29 boxes: by population, one box per about 265,000 people; its next box comes after 1 more."
    );
    let json = serde_json::to_value(osaka).unwrap();
    assert_eq!(json["quota"], "780000000/26500000");
    assert_eq!(json["binding"], "none");
}

#[test]
fn x3_caps_are_named_and_what_would_be_without() {
    let mut recipients: Vec<Recipient> =
        [("A", 500), ("B", 300), ("C", 150), ("D", 50)].map(|(code, weight)| Recipient::new(code, weight)).to_vec();
    for (recipient, cap) in recipients.iter_mut().zip([Some(300), Some(320), None, Some(20)]) {
        recipient.cap = cap;
    }
    let explainer = Explainer::new(1_000, &recipients, Method::Webster, Remainder::Hold).unwrap();
    let caps = [("freezer", 450), ("request", 300), ("people", 300)]
        .map(|(name, units)| CapCandidate { name: name.to_owned(), units });
    let line = explainer.line("A", &caps).unwrap();
    assert_eq!(line.tightest_cap.as_ref().map(|cap| cap.name.as_str()), Some("request"));
    assert_eq!((line.next_unit_after, line.without_cap), (None, Some(516)));
    assert_eq!(
        sentence::en(&line, &Words::VIALS),
        "A receives 300 vials: its cap of 300 vials (request) is reached; without it, it would be 516 vials; \
         more supply changes nothing while the cap stands."
    );
    assert_eq!(
        sentence::ja(&line, &Words::VIALS),
        "Aへの配分は300バイアルです。上限300バイアル（request）に達しています。上限がなければ516バイアルでした。\
         供給が増えても、上限が変わらない限り増えません。"
    );
    assert!(explainer.line("Z", &[]).is_none());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    /// Of many lines together, what each would have without its cap is as by a run of its own.
    #[test]
    fn without_its_cap_as_by_a_run_of_its_own(case in any_case(), more in prop::collection::vec((0..=9_i64, 0..=5_i64), 14)) {
        let mut recipients = case.recipients;
        for (number, (weight, cap)) in more.into_iter().enumerate() {
            recipients.push(Recipient { cap: Some(cap), ..Recipient::new(format!("more {number:02}"), weight) });
        }
        if case.mask & 1 == 1 {
            recipients.iter_mut().for_each(|recipient| recipient.min_order = 1);
        }
        let explainer = Explainer::new(case.supply, &recipients, case.method, case.remainder).unwrap();
        for line in explainer.all(|_| Vec::new()) {
            prop_assert_eq!(explainer.line(&line.code, &[]).unwrap().without_cap, line.without_cap, "{}", line.code);
        }
    }
}

#[test]
fn x4_a_tie_is_told_to_both() {
    let recipients: Vec<Recipient> = ["13101", "13102", "13103"].map(|code| Recipient::new(code, 100)).to_vec();
    let lines = proofs(5, &recipients, Method::Webster);
    assert_eq!(lines[0].tie.as_ref().map(|tie| (tie.won, tie.against.as_str())), Some((true, "13103")));
    let lost = lines[2].tie.as_ref().unwrap();
    assert_eq!((lost.won, lost.against.as_str(), lost.by), (false, "13102", TieRule::Code));
    assert_eq!(
        sentence::ja(&lines[2], &Words::BOXES),
        "13103への配分は1箱です。人口に応じた配分で、およそ66.667人につき1箱に当たります。\
         同じ順位の13102とは、コードの小さい方を先とする決まりにより、相手が先になりました。\
         供給があと1箱増えると、次の1箱が配分されます。"
    );
    assert_eq!(
        sentence::en(&lines[2], &Words::BOXES),
        "13103 receives 1 box: by population, one box per about 66.667 people; \
         tied with 13102, the other came first by the smaller code; its next box comes after 1 more."
    );
}

#[test]
fn x8_a_minimum_order_waits() {
    let recipient = |(code, weight)| Recipient { min_order: 4, ..Recipient::new(code, weight) };
    let recipients: Vec<Recipient> = [("c1", 300), ("c2", 200), ("c3", 100)].map(recipient).to_vec();
    let lines = proofs(12, &recipients, Method::Webster);
    // two are in reserve already
    assert_eq!(lines[2].next_unit_after, Some(2));
    assert_eq!(
        sentence::ja(&lines[2], &Words::DOSES),
        "c3への配分は0回分です。最小注文数4回分に届く順番がまだ来ていません。供給があと2回分増えると、次の4回分が配分されます。"
    );
    assert_eq!(
        sentence::en(&lines[2], &Words::DOSES),
        "c3 receives 0 doses: its turn for the minimum order of 4 doses has not come yet; its next 4 doses come after 2 more."
    );
}

#[test]
fn every_status_and_binding_has_its_words() {
    let mut recipients = vec![
        Recipient { floor: 3, ..Recipient::new("floor", 1) },
        Recipient { committed: 4, cap: Some(2), ..Recipient::new("over", 1) },
        Recipient { floor: 1, ..Recipient::new("zero", 0) },
        Recipient { cap: Some(2), min_order: 3, ..Recipient::new("small", 9) },
        Recipient::new("nobody", 0),
        Recipient::new("none", 3),
    ];
    let told = |supply: i64, recipients: &[Recipient], method: Method| {
        let lines = proofs(supply, recipients, method);
        let both = |line: &Explanation| {
            format!("{} / {}", sentence::ja(line, &Words::BOXES), sentence::en(line, &Words::BOXES))
        };
        lines.iter().map(both).collect::<Vec<String>>().join("\n")
    };
    let mut all = [3, 7, 8, 12, 40].map(|supply| told(supply, &recipients, Method::Webster)).join("\n");
    recipients[3].min_order = 1;
    all.push_str(&told(12, &recipients, Method::Hamilton));
    println!("{all}");
    for part in [
        "確定済みの数量の合計が供給を1箱上回っている",
        "下限に応じて按分しました",
        "下限によるものです",
        "人口が0のため",
        "最小注文数3箱に満たない",
        "上限2箱を超えています",
        "最大剰余法で整数にした",
        "(1 box short)",
        "were shared in proportion",
        "its floor",
        "so it gets no more than its floor",
        "below the minimum order of 3 boxes",
        "made whole by largest remainder",
    ] {
        assert!(all.contains(part), "{part}");
    }
}
