//! E1 to E14 for the engine, on small runs by the oracle and on large ones by certificate.
use super::{
    super::{
        Method, Recipient, Remainder, Status, UNITS_MAX,
        cascade::{self, Parent},
        explain::Explainer,
    },
    Case, any_case, checks, engine,
    oracle::{self, Fault},
    units,
};
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn every_invariant_holds(case in any_case()) {
        for (name, check) in checks::ALL {
            if let Err(what) = check(&engine, &case) {
                prop_assert!(false, "{name}: {what}");
            }
        }
    }

    /// E12: so many further units bring more, and no smaller number does.
    #[test]
    fn the_next_unit_comes_when_it_is_said(case in any_case()) {
        let Case { supply, recipients, method, remainder, .. } = &case;
        let explainer = Explainer::new(*supply, recipients, *method, *remainder).unwrap();
        let now = units(&explainer.apportionment());
        let at = |more: i64| units(&engine(supply + more, recipients, *method, *remainder));
        let (few, all) = ((1..=16).map(at).collect::<Vec<_>>(), explainer.next_units());
        for (rank, (line, after)) in explainer.apportionment().lines.iter().zip(&all).enumerate() {
            // alone or together; one line is enough, some searches are long
            if rank == case.pick {
                prop_assert_eq!(explainer.line(&line.code, &[]).unwrap().next_unit_after, *after);
            }
            let first = few.iter().position(|units| units[rank] > now[rank]).map(|place| place as i64 + 1);
            match (first, after) {
                (Some(first), after) => prop_assert_eq!(*after, Some(first), "{}", line.code),
                (None, None) => {}
                (None, Some(after)) => {
                    prop_assert!(*after > 16);
                    prop_assert!(at(*after)[rank] > now[rank]);
                    prop_assert_eq!(at(after - 1)[rank], now[rank]);
                }
            }
        }
    }

    /// E13: a parent gets what its children can take, and both ways give the same in all.
    #[test]
    fn parents_keep_every_child_feasible(case in any_case(), split in 1..4_usize) {
        let mut parents: Vec<Parent> =
            (0..split).map(|at| Parent { code: format!("p{at}"), recipients: Vec::new() }).collect();
        for (at, recipient) in case.recipients.iter().enumerate() {
            let recipient = Recipient { min_order: 1, weight: recipient.weight.min(1_000), ..recipient.clone() };
            parents[(case.mask as usize >> at) % split].recipients.push(recipient);
        }
        let flat = cascade::flat(case.supply, &parents, case.method, case.remainder).unwrap();
        let nested = cascade::nested(case.supply, &parents, case.method, case.remainder).unwrap();
        prop_assert_eq!((flat.status, flat.reserve), (nested.status, nested.reserve));
        let total = |cascade: &cascade::Cascade| cascade.parents.iter().map(|parent| parent.units).sum::<i64>();
        prop_assert_eq!(total(&flat), total(&nested));
        for parent in flat.parents.iter().chain(&nested.parents) {
            prop_assert_eq!(parent.reserve, 0);
            prop_assert_eq!(parent.lines.iter().map(|line| line.units).sum::<i64>(), parent.units);
            for line in &parent.lines {
                let own = case.recipients.iter().find(|recipient| recipient.code == line.code).unwrap();
                prop_assert!(line.units >= own.committed);
                prop_assert!(own.cap.is_none_or(|cap| line.units <= cap.max(own.committed)));
            }
        }
    }
}

/// Weights from one to the largest, so that thresholds of every scale occur.
fn any_large() -> impl Strategy<Value = (i64, Vec<Recipient>, Method, Remainder)> {
    let weight = (0..=53_u32, 0..=i64::MAX).prop_map(|(bits, any)| any % (1_i64 << bits).max(1) + 1);
    let amount = (0..=40_u32, 0..=i64::MAX).prop_map(|(bits, any)| any % ((1_i64 << bits) + 1));
    let recipient = (weight, proptest::option::of(amount.clone()), prop_oneof![4 => Just(1_i64), 1 => amount.clone()]);
    let recipients = proptest::collection::vec(recipient, 1..60);
    let method = proptest::sample::select(vec![Method::Webster, Method::Adams, Method::Dhondt]);
    let remainder = prop_oneof![Just(Remainder::Hold), Just(Remainder::Fill)];
    (amount, recipients, method, remainder, 1..=i64::MAX).prop_map(|(supply, recipients, method, remainder, same)| {
        let recipient = |(at, (weight, cap, order)): (usize, (i64, Option<i64>, i64))| {
            // now and then all weights are equal
            let weight = if same % 5 == 0 { same % 1_000_000 + 1 } else { weight };
            let min_order = if same % 3 == 0 { order.max(1) } else { 1 };
            Recipient { cap, min_order, ..Recipient::new(format!("{at:03}"), weight) }
        };
        (supply, recipients.into_iter().enumerate().map(recipient).collect(), method, remainder)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// Whatever the size: the last award stands before everything that still waits.
    #[test]
    fn the_queue_is_cut_at_one_place((supply, recipients, method, remainder) in any_large()) {
        let shared = engine(supply, &recipients, method, remainder);
        prop_assert_eq!(units(&shared).iter().sum::<i64>() + shared.reserve, supply);
        let scale = if method == Method::Webster { 2_i128 } else { 1 };
        let first = if method == Method::Adams { 0 } else { 2 };
        let key = |at: i64| 2 * scale * i128::from(at) + first;
        let mut last: Option<(i128, &Recipient)> = None;
        let mut next: Option<(i128, &Recipient)> = None;
        let before = |a: (i128, &Recipient), b: (i128, &Recipient)| {
            (a.0 * i128::from(b.1.weight)).cmp(&(b.0 * i128::from(a.1.weight)))
                .then(b.1.weight.cmp(&a.1.weight)).then(a.1.code.cmp(&b.1.code)).is_lt()
        };
        for (line, own) in shared.lines.iter().zip(&recipients) {
            let m = own.min_order;
            let mean = scale * i128::from(m - 1) + first;
            prop_assert!(line.units == 0 || line.units >= m);
            prop_assert!(own.cap.is_none_or(|cap| line.units <= cap));
            if line.units > 0 {
                let own_last = (if line.units == m && m > 1 { mean } else { key(line.units - 1) }, own);
                last = Some(last.filter(|last| !before(*last, own_last)).unwrap_or(own_last));
            }
            let full = own.cap.is_some_and(|cap| line.units >= cap || cap < m);
            let passed_over = remainder == Remainder::Fill && line.units == 0 && m > 1;
            if !full && !passed_over {
                let own_next = (if line.units == 0 && m > 1 { mean } else { key(line.units) }, own);
                next = Some(next.filter(|next| before(*next, own_next)).unwrap_or(own_next));
            }
        }
        if let (Some(last), Some(next)) = (last, next) {
            prop_assert!(before(last, next), "{last:?} {next:?}");
        }
        // what is left is less than the next in the queue asks for
        if let Some((_, next)) = next {
            let waits = shared.lines.iter().find(|line| line.code == next.code).unwrap().units == 0;
            let asks = if waits { next.min_order } else { 1 };
            prop_assert!(shared.reserve < asks);
        }
    }

    /// Hamilton at every size keeps to its quotas and gives everything away.
    #[test]
    fn hamilton_shares_everything((supply, mut recipients, ..) in any_large()) {
        for recipient in &mut recipients {
            recipient.min_order = 1;
        }
        let shared = engine(supply, &recipients, Method::Hamilton, Remainder::Hold);
        prop_assert_eq!(&shared, &{
            let mut turned = recipients.clone();
            turned.reverse();
            engine(supply, &turned, Method::Hamilton, Remainder::Hold)
        });
        let takes = |at: usize| recipients[at].cap.is_none_or(|cap| shared.lines[at].units < cap);
        prop_assert!(shared.reserve == 0 || !(0..recipients.len()).any(takes));
        if recipients.iter().all(|recipient| recipient.cap.is_none()) {
            let total: i128 = recipients.iter().map(|recipient| i128::from(recipient.weight)).sum();
            for (line, own) in shared.lines.iter().zip(&recipients) {
                let product = i128::from(supply) * i128::from(own.weight);
                let whole = product / total;
                let units = i128::from(line.units);
                prop_assert!(units == whole || units == whole + 1 && product % total > 0);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(250))]

    /// The bisection and the single awards together against the plain rules, on longer queues.
    #[test]
    fn long_queues_equal_the_oracle(
        weights in proptest::collection::vec((1..=40_i64, proptest::option::of(0..=90_i64), 1..=9_i64, 0..=9_i64), 1..30),
        supply in 0..=2_000_i64,
        method in proptest::sample::select(Method::ALL.to_vec()),
        fill in any::<bool>(),
    ) {
        let recipient = |(at, (weight, cap, min_order, floor)): (usize, &(i64, Option<i64>, i64, i64))| {
            let min_order = if method == Method::Hamilton || at % 3 > 0 { 1 } else { *min_order };
            let floor = if at % 4 == 0 { *floor } else { 0 };
            Recipient { cap: *cap, floor, min_order, ..Recipient::new(format!("{at:02}"), *weight) }
        };
        let recipients: Vec<Recipient> = weights.iter().enumerate().map(recipient).collect();
        let remainder = if fill { Remainder::Fill } else { Remainder::Hold };
        let (one, other) = (
            engine(supply, &recipients, method, remainder),
            oracle::share(supply, &recipients, method, remainder, Fault::None),
        );
        prop_assert_eq!(units(&one), units(&other));
        prop_assert_eq!((one.status, one.reserve), (other.status, other.reserve));
        if method != Method::Hamilton {
            prop_assert_eq!(one.lines, other.lines);
        }
    }
}

#[test]
fn the_largest_amounts_are_shared_without_overflow() {
    let all = |method: Method| {
        let recipients: Vec<Recipient> =
            [1, 1 << 53, (1 << 53) - 1].iter().enumerate().map(|(at, w)| Recipient::new(at.to_string(), *w)).collect();
        let shared = engine(UNITS_MAX, &recipients, method, Remainder::Hold);
        assert_eq!(shared.status, Status::Ok);
        units(&shared)
    };
    let half = UNITS_MAX / 2;
    assert_eq!(all(Method::Webster), [0, half, half]);
    assert_eq!(all(Method::Dhondt), [0, half, half]);
    assert_eq!(all(Method::Hamilton), [0, half, half]);
    assert_eq!(all(Method::Adams), [1, half, half - 1]);
}
