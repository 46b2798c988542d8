//! The rules by themselves: no database.
use crate::book::{at, id};
use ledger::{
    AMOUNT_MAX, AccountId, Balance, CHAIN_MAX, Reason, Refusal, Transfer,
    rules::{Book, Effects, Outcome, apply},
};
use proptest::prelude::*;
use uuid::Uuid;

fn account(number: i64, available: i64) -> Balance {
    Balance {
        account: AccountId(number),
        unit: "vials".to_owned(),
        source: number == 0,
        closed: false,
        debits_posted: 0,
        credits_posted: available,
        debits_pending: 0,
        credits_pending: 0,
    }
}

/// Account 0 is the source; the others hold what is given.
fn book(holdings: &[i64]) -> Book {
    let mut source = account(0, 0);
    source.debits_posted = holdings.iter().sum();
    let others = (1..).zip(holdings).map(|(number, holding)| account(number, *holding));
    let accounts = std::iter::once(source).chain(others).map(|balance| (balance.account, balance)).collect();
    Book { accounts, ..Book::default() }
}

fn run(book: &Book, chain: &[Transfer]) -> Result<Effects, Refusal> {
    match apply(book.clone(), chain, Uuid::nil(), at(0))? {
        Outcome::New(effects) => Ok(effects),
        Outcome::Exists => panic!("nothing was posted before"),
    }
}

#[track_caller]
fn refused(book: &Book, chain: &[Transfer]) -> (usize, Reason) {
    let refusal = run(book, chain).unwrap_err();
    assert!(chain.is_empty() || chain.len() > CHAIN_MAX || refusal.transfer == chain[refusal.step].id);
    (refusal.step, refusal.reason)
}

fn post(from: i64, to: i64, amount: i64) -> Transfer {
    Transfer::post(id(), AccountId(from), AccountId(to), amount)
}

#[test]
fn a_chain_has_a_length_and_different_ids() {
    let book = book(&[10, 0]);
    assert_eq!(refused(&book, &[]), (0, Reason::ChainEmpty));
    let long: Vec<_> = (0..=CHAIN_MAX).map(|_| post(0, 1, 1)).collect();
    assert_eq!(refused(&book, &long), (0, Reason::ChainTooLong(CHAIN_MAX + 1)));
    assert_eq!(run(&book, &long[..CHAIN_MAX]).unwrap().entries.len(), CHAIN_MAX);
    let twice = post(1, 2, 1);
    assert_eq!(refused(&book, &[post(0, 1, 1), twice.clone(), twice]), (2, Reason::DuplicateId));
}

#[test]
fn bounds_are_exact() {
    let book = book(&[10, 0, AMOUNT_MAX]);
    for amount in [i64::MIN, -1, 0, AMOUNT_MAX + 1, i64::MAX] {
        assert_eq!(refused(&book, &[post(0, 1, amount)]), (0, Reason::AmountOutOfRange(amount)));
        let held = Transfer::pending(id(), AccountId(0), AccountId(1), 10, None);
        let part = [held.clone(), Transfer::post_pending(id(), held.id, amount)];
        assert_eq!(refused(&book, &part), (1, Reason::AmountOutOfRange(amount)));
        let wrong = post(0, 1, 10);
        let part = [wrong.clone(), Transfer::correction(id(), wrong.id, amount)];
        assert_eq!(refused(&book, &part), (1, Reason::AmountOutOfRange(amount)));
    }
    assert_eq!(run(&book, &[post(3, 1, AMOUNT_MAX)]).unwrap().balances[&AccountId(3)].available(), 0);
    assert_eq!(run(&book, &[post(1, 2, 10)]).unwrap().balances[&AccountId(1)].available(), 0);
    let short = Reason::Insufficient { account: AccountId(1), needed: 11, available: 10 };
    assert_eq!(refused(&book, &[post(1, 2, 11)]), (0, short));
    assert_eq!(refused(&book, &[post(1, 1, 1)]), (0, Reason::SameAccount(AccountId(1))));
    assert_eq!(refused(&book, &[post(1, 9, 1)]), (0, Reason::AccountMissing(AccountId(9))));
}

#[test]
fn totals_stay_within_64_bits() {
    let mut book = book(&[0]);
    book.accounts.get_mut(&AccountId(1)).unwrap().credits_posted = i64::MAX - 5;
    assert!(run(&book, &[post(0, 1, 5)]).is_ok());
    assert_eq!(refused(&book, &[post(0, 1, 6)]), (0, Reason::AmountOutOfRange(6)));
    let source = book.accounts.get_mut(&AccountId(0)).unwrap();
    (source.debits_posted, source.debits_pending) = (i64::MAX - 1, i64::MAX);
    assert_eq!(source.available(), i64::MIN);
    let held = Transfer::pending(id(), AccountId(0), AccountId(1), 1, None);
    assert_eq!(refused(&book, &[held]), (0, Reason::AmountOutOfRange(1)));
}

#[test]
fn a_step_sees_the_ones_before_it_and_not_the_ones_after() {
    let book = book(&[0, 0]);
    let (bring, spend) = (post(0, 1, 5), post(1, 2, 5));
    assert!(run(&book, &[bring.clone(), spend.clone()]).is_ok());
    let short = Reason::Insufficient { account: AccountId(1), needed: 5, available: 0 };
    assert_eq!(refused(&book, &[spend.clone(), bring.clone()]), (0, short));
    // what is reserved cannot be spent, and what is coming cannot either
    let held = Transfer::pending(id(), AccountId(1), AccountId(2), 3, None);
    let short = Reason::Insufficient { account: AccountId(1), needed: 5, available: 2 };
    assert_eq!(refused(&book, &[bring.clone(), held.clone(), spend]), (2, short));
    let short = Reason::Insufficient { account: AccountId(2), needed: 1, available: 0 };
    assert_eq!(refused(&book, &[bring.clone(), held.clone(), post(2, 1, 1)]), (2, short));
    let exceeded = Reason::PendingAmountExceeded { pending: held.id, amount: 4, reserved: 3 };
    let more = Transfer::post_pending(id(), held.id, 4);
    assert_eq!(refused(&book, &[bring.clone(), held.clone(), more]), (2, exceeded));
    let (first, second) = (Transfer::post_pending(id(), held.id, 2), Transfer::void_pending(id(), held.id));
    let resolved = Reason::PendingAlreadyResolved(held.id);
    assert_eq!(refused(&book, &[bring, held, first, second]), (3, resolved));
}

#[test]
fn only_a_movement_can_be_corrected() {
    let book = book(&[10, 0]);
    let held = Transfer::pending(id(), AccountId(1), AccountId(2), 4, None);
    let void = Transfer::void_pending(id(), held.id);
    for wrong in [held.id, void.id, id()] {
        let chain = [held.clone(), void.clone(), Transfer::correction(id(), wrong, None)];
        assert_eq!(refused(&book, &chain), (2, Reason::CorrectedNotFound(wrong)));
    }
    let wrong = post(1, 2, 4);
    let (part, back) = (Transfer::correction(id(), wrong.id, 3), id());
    // a correction is a movement too: it can be taken back, and that again
    let chain = [
        wrong.clone(),
        part.clone(),
        Transfer::correction(back, part.id, None),
        Transfer::correction(id(), wrong.id, None),
    ];
    let balances = run(&book, &chain).unwrap().balances;
    assert_eq!((balances[&AccountId(1)].available(), balances[&AccountId(2)].available()), (7, 3));
    let over = Reason::CorrectionExceeded { wrong: wrong.id, left: 1 };
    assert_eq!(refused(&book, &[wrong.clone(), part, Transfer::correction(id(), wrong.id, 2)]), (2, over));
}

#[test]
fn a_transfer_without_its_accounts_was_committed_after_the_locks() {
    let full = book(&[10, 0, 0]);
    let held = Transfer::pending(id(), AccountId(1), AccountId(2), 4, None);
    let Ok(Outcome::New(effects)) = apply(full.clone(), std::slice::from_ref(&held), Uuid::nil(), at(0)) else {
        panic!("it is sound")
    };
    let mut seen = full;
    seen.accounts = effects.balances;
    seen.accounts.remove(&AccountId(2));
    let leg = ledger::rules::Leg { debit: AccountId(1), credit: AccountId(2), amount: 4 };
    for (effect, asked, reason) in [
        (
            ledger::rules::Effect::Reserved,
            Transfer::post_pending(id(), held.id, None),
            Reason::PendingNotFound(held.id),
        ),
        (ledger::rules::Effect::Moved, Transfer::correction(id(), held.id, None), Reason::CorrectedNotFound(held.id)),
    ] {
        let recorded = ledger::rules::Recorded {
            effect,
            leg,
            expires_at: None,
            body_digest: Vec::new(),
            resolved: false,
            corrected: 0,
        };
        seen.transfers.insert(held.id, recorded);
        assert_eq!(refused(&seen, &[asked]), (0, reason));
    }
}

/// A step in numbers: what it does, with which accounts or earlier step, how many.
fn steps() -> impl Strategy<Value = Vec<(u8, i64, i64, i64, usize)>> {
    prop::collection::vec((0..8_u8, 0..5_i64, 0..5_i64, -1..15_i64, 0..12_usize), 1..12)
}

fn chain(steps: &[(u8, i64, i64, i64, usize)]) -> Vec<Transfer> {
    let mut chain: Vec<Transfer> = Vec::new();
    for (what, from, to, amount, earlier) in steps {
        let earlier = chain.get(*earlier).map_or_else(Uuid::nil, |transfer| transfer.id);
        chain.push(match what {
            0..3 => post(*from, *to, *amount),
            3..5 => Transfer::pending(id(), AccountId(*from), AccountId(*to), *amount, (*amount > 7).then(|| at(0))),
            5 => Transfer::post_pending(id(), earlier, (*amount < 9).then_some(*amount)),
            6 => Transfer::void_pending(id(), earlier),
            _ => Transfer::correction(id(), earlier, (*amount < 9).then_some(*amount)),
        });
    }
    chain
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_is_made_or_lost(holdings in prop::collection::vec(0..30_i64, 4), steps in steps()) {
        let (book, chain) = (book(&holdings), chain(&steps));
        if let Ok(effects) = run(&book, &chain) {
            let sum = |total: fn(&Balance) -> i64| effects.balances.values().map(total).sum::<i64>();
            prop_assert_eq!(sum(Balance::posted), 0);
            prop_assert_eq!(sum(|balance| balance.debits_pending), sum(|balance| balance.credits_pending));
            for balance in effects.balances.values() {
                prop_assert!(balance.source || balance.available() >= 0, "{:?}", balance);
                prop_assert!(balance.debits_pending >= 0 && balance.credits_pending >= 0, "{:?}", balance);
            }
            prop_assert_eq!(effects.entries.len(), chain.len());
        }
    }

    #[test]
    fn the_step_named_is_the_first_that_fails(holdings in prop::collection::vec(0..30_i64, 4), steps in steps()) {
        let (book, chain) = (book(&holdings), chain(&steps));
        if let Err(refusal) = run(&book, &chain) {
            let before = &chain[..refusal.step];
            prop_assert!(before.is_empty() || run(&book, before).is_ok());
            prop_assert_eq!(run(&book, &chain[..=refusal.step]).unwrap_err(), refusal);
        }
    }
}
