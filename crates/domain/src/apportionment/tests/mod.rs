//! The engine against the invariants E1 to E14, an oracle that awards one unit at a time, planted
//! faults, and worked examples.
mod checks;
mod examples;
mod explaining;
mod faults;
mod oracle;
mod properties;

use super::{Apportionment, Method, Recipient, Remainder};
use proptest::prelude::*;

/// Anything that shares: the engine, or an oracle with or without a fault.
pub(super) type Engine<'a> = &'a dyn Fn(i64, &[Recipient], Method, Remainder) -> Apportionment;

/// A run, and how the checks vary it.
#[derive(Debug, Clone)]
pub(super) struct Case {
    pub supply: i64,
    pub recipients: Vec<Recipient>,
    pub method: Method,
    pub remainder: Remainder,
    /// More supply, weight or cap.
    pub more: i64,
    /// Which recipient is varied.
    pub pick: usize,
    /// Which recipients form a subset, and how the input is turned.
    pub mask: u32,
}

impl Case {
    pub fn has_min_orders(&self) -> bool {
        self.recipients.iter().any(|recipient| recipient.min_order > 1)
    }

    /// The queue is fixed and more supply never takes anything away.
    pub fn is_monotone(&self) -> bool {
        self.method != Method::Hamilton && (self.remainder == Remainder::Hold || !self.has_min_orders())
    }
}

/// The units of each line.
pub(super) fn units(shared: &Apportionment) -> Vec<i64> {
    shared.lines.iter().map(|line| line.units).collect()
}

pub(super) fn engine(supply: i64, recipients: &[Recipient], method: Method, remainder: Remainder) -> Apportionment {
    super::apportion(supply, recipients, method, remainder).unwrap()
}

/// Codes whose order is not that of their length, nor that of any alphabet.
const CODES: [&str; 8] = ["10", "9", "a", "aa", "B", "", "あ", "a-long-code-2"];

fn any_recipient() -> impl Strategy<Value = Recipient> {
    let weight =
        prop_oneof![1 => Just(0_i64), 6 => 1..=6_i64, 3 => 1..=1_000_i64, 1 => (1_i64 << 53) - 4..=1_i64 << 53];
    let committed = prop_oneof![3 => Just(0_i64), 1 => 0..=5_i64];
    let floor = prop_oneof![3 => Just(0_i64), 1 => 0..=6_i64];
    let cap = prop_oneof![2 => Just(None), 1 => (0..=12_i64).prop_map(Some)];
    let min_order = prop_oneof![3 => Just(1_i64), 1 => 2..=6_i64];
    (weight, committed, floor, cap, min_order).prop_map(|(weight, committed, floor, cap, min_order)| Recipient {
        weight,
        committed,
        floor,
        cap,
        min_order,
        code: String::new(),
    })
}

/// Small runs, where ties, blocked queues and full recipients are frequent.
pub(super) fn any_case() -> impl Strategy<Value = Case> {
    let method = proptest::sample::select(Method::ALL.to_vec());
    let remainder = prop_oneof![2 => Just(Remainder::Hold), 1 => Just(Remainder::Fill)];
    let recipients = (Just(CODES.to_vec()).prop_shuffle(), proptest::collection::vec(any_recipient(), 1..=CODES.len()));
    let supply = prop_oneof![1 => Just(0_i64), 6 => 0..=25_i64, 6 => 0..=90_i64];
    (supply, recipients, method, remainder, 0..=12_i64, 0..CODES.len(), any::<u32>()).prop_map(
        |(supply, (codes, mut recipients), method, remainder, more, pick, mask)| {
            for (recipient, code) in recipients.iter_mut().zip(codes) {
                recipient.code = code.to_owned();
                recipient.min_order = if method == Method::Hamilton { 1 } else { recipient.min_order };
            }
            // somebody must have weight
            recipients[0].weight = recipients[0].weight.max(1);
            let pick = pick % recipients.len();
            Case { supply, recipients, method, remainder, more, pick, mask }
        },
    )
}
