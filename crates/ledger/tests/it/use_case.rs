//! The book as services use it: reservations, recalls, corrections, closing.
use crate::book::{TestBook, UNIT, at, ctx, ctx_at, id, problem, refusal};
use ledger::{AccountId, NewAccount, Transfer};

async fn supplied(count: usize, amount: i64) -> (TestBook, Vec<AccountId>) {
    let book = TestBook::new().await;
    let accounts = book.accounts(count).await;
    book.post(&[Transfer::post(id(), accounts[0], accounts[1], amount)]).await.unwrap();
    (book, accounts)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reservation_is_posted_in_part_and_the_rest_returns() {
    let (book, accounts) = supplied(2, 100).await;
    let held = id();
    book.post(&[Transfer::pending(held, accounts[1], accounts[2], 70, at(1_000))]).await.unwrap();
    assert_eq!((book.available(accounts[1]).await, book.available(accounts[2]).await), (30, 0));
    let posted = book.post(&[Transfer::post_pending(id(), held, 50)]).await.unwrap();
    assert_eq!(posted.balances.iter().map(|balance| balance.available()).collect::<Vec<_>>(), [50, 50]);
    assert_eq!(posted.balances.iter().map(|balance| balance.debits_pending).sum::<i64>(), 0);
    let late = [Transfer::void_pending(id(), held)];
    assert_eq!(refusal(book.post(&late).await), ("ledger.pending_already_resolved", 0));
    book.assert_sound().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_reservation_can_only_expire() {
    let (book, accounts) = supplied(2, 100).await;
    let (held, other) = (id(), id());
    let chain = [
        Transfer::pending(held, accounts[1], accounts[2], 70, at(1_000)),
        Transfer::pending(other, accounts[1], accounts[2], 5, None),
    ];
    book.post(&chain).await.unwrap();
    let early = book.post_at(at(999), &[Transfer::expire_pending(id(), held)]).await;
    assert_eq!(refusal(early), ("ledger.pending_not_due", 0));
    for late in [Transfer::post_pending(id(), held, None), Transfer::void_pending(id(), held)] {
        let refused = problem(book.post_at(at(1_000), &[late]).await);
        assert_eq!(refused.code.code, "ledger.pending_expired");
        assert_eq!(refused.param("expires_at"), Some("2021-04-05T03:30:01.000Z"));
    }
    let expire =
        async |now| book.with(async |conn| ledger::expire_due(conn, &ctx_at(at(now)), 10).await).await.unwrap();
    assert!(expire(999).await.is_empty());
    assert_eq!(expire(1_000).await, [held]);
    assert!(expire(9_000).await.is_empty());
    assert_eq!(book.available(accounts[1]).await, 95);
    book.assert_sound().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_id_is_the_same_transfer() {
    let (book, accounts) = supplied(2, 100).await;
    let (first, second) = (id(), id());
    let chain = [
        Transfer::post(first, accounts[1], accounts[2], 10).because("第9クール"),
        Transfer::post(second, accounts[1], accounts[2], 5),
    ];
    assert!(!book.post(&chain).await.unwrap().exists);
    // later, and although the balances have changed
    book.post(&[Transfer::post(id(), accounts[1], accounts[2], 85)]).await.unwrap();
    let again = book.post_at(at(60_000), &chain).await.unwrap();
    assert!(again.exists);
    assert_eq!(again.balances.iter().map(|balance| balance.available()).collect::<Vec<_>>(), [0, 100]);
    let with = |which: usize, transfer: Transfer| {
        let mut chain = chain.to_vec();
        chain[which] = transfer;
        chain
    };
    for (chain, step) in [
        (with(0, Transfer::post(first, accounts[1], accounts[2], 11).because("第9クール")), 0),
        (with(0, Transfer::post(first, accounts[1], accounts[2], 10).because("第10クール")), 0),
        (with(1, Transfer::post(second, accounts[2], accounts[1], 5)), 1),
        (with(1, Transfer::pending(second, accounts[1], accounts[2], 5, None)), 1),
        // parts of a chain, another order, a longer chain
        (vec![chain[0].clone()], 0),
        (vec![chain[1].clone()], 0),
        (vec![chain[1].clone(), chain[0].clone()], 0),
        (with(1, Transfer::post(id(), accounts[1], accounts[2], 5)), 0),
        (vec![Transfer::post(id(), accounts[2], accounts[1], 5), chain[1].clone()], 1),
    ] {
        assert_eq!(refusal(book.post(&chain).await), ("ledger.id_reused", step), "{chain:#?}");
    }
    book.assert_sound().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mistake_is_taken_back_by_its_opposite() {
    let (book, accounts) = supplied(3, 100).await;
    let wrong = id();
    book.post(&[Transfer::post(wrong, accounts[1], accounts[2], 40)]).await.unwrap();
    let correct = [
        Transfer::correction(id(), wrong, None).because("宛先の誤り"),
        Transfer::post(id(), accounts[1], accounts[3], 40),
    ];
    book.post(&correct).await.unwrap();
    assert_eq!((book.available(accounts[2]).await, book.available(accounts[3]).await), (0, 40));
    let twice = problem(book.post(&[Transfer::correction(id(), wrong, 1)]).await);
    assert_eq!((twice.code.code, twice.param("left")), ("ledger.correction_exceeded", Some("0")));
    // what was passed on cannot be taken back where it no longer is
    let moved = id();
    let chain = [
        Transfer::post(moved, accounts[1], accounts[2], 40),
        Transfer::post(id(), accounts[2], accounts[3], 30),
        Transfer::correction(id(), moved, None),
    ];
    assert_eq!(refusal(book.post(&chain).await), ("ledger.insufficient", 2));
    book.assert_sound().await;
}

/// A recall moves whatever is there: locked first, then posted, in one transaction.
#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_there_goes_to_quarantine() {
    let (book, accounts) = supplied(4, 100).await;
    let quarantine = accounts[4];
    let chain = [
        Transfer::post(id(), accounts[1], accounts[2], 30),
        Transfer::post(id(), accounts[1], accounts[3], 20),
        Transfer::pending(id(), accounts[3], accounts[1], 5, None),
    ];
    book.post(&chain).await.unwrap();
    book.with(async |conn| {
        let there = ledger::lock(conn, &accounts).await?;
        let holding = there.iter().filter(|balance| !balance.source && balance.available() > 0);
        let recall: Vec<_> =
            holding.map(|held| Transfer::post(id(), held.account, quarantine, held.available())).collect();
        ledger::post(conn, &ctx(), &recall).await?;
        ledger::set_closed(conn, &accounts[1..4], true).await
    })
    .await
    .unwrap();
    assert_eq!(book.available(quarantine).await, 95);
    // closed: nothing goes out, things come in, reservations can be given up
    let out = book.post(&[Transfer::post(id(), accounts[1], accounts[2], 1)]).await;
    assert_eq!(refusal(out), ("ledger.account_closed", 0));
    let held = book.post(&[Transfer::post_pending(id(), chain[2].id, None)]).await;
    assert_eq!(refusal(held), ("ledger.account_closed", 0));
    book.post(&[Transfer::void_pending(id(), chain[2].id)]).await.unwrap();
    book.post(&[Transfer::post(id(), quarantine, accounts[1], 1)]).await.unwrap();
    book.assert_sound().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn units_do_not_mix() {
    let (book, accounts) = supplied(1, 100).await;
    let other = book.with(async |conn| ledger::open(conn, &[NewAccount::of("other")]).await).await.unwrap();
    let refused = problem(book.post(&[Transfer::post(id(), accounts[1], other[0], 1)]).await);
    assert_eq!(refused.code.code, "ledger.unit_mismatch");
    assert_eq!((refused.param("debit_unit"), refused.param("credit_unit")), (Some(UNIT), Some("other")));
}

/// What is held is known before the chain is posted, and it is posted with what is known: as any chain is,
/// once, and between these accounts only.
#[tokio::test(flavor = "multi_thread")]
async fn a_chain_between_held_accounts_is_posted_as_any_other() {
    let (book, accounts) = supplied(3, 100).await;
    let moved = Transfer::post(id(), accounts[1], accounts[2], 100);
    let held = async |chain: &[Transfer]| {
        book.with(async |conn| ledger::hold(conn, &accounts[..3]).await?.post(conn, &ctx(), chain).await).await
    };
    let known = book.with(async |conn| ledger::hold(conn, &accounts[..3]).await).await.unwrap();
    assert_eq!(known.balance(accounts[1]).unwrap().available(), 100);
    assert!(known.balance(accounts[3]).is_none());
    assert!(!held(std::slice::from_ref(&moved)).await.unwrap().exists);
    assert!(held(std::slice::from_ref(&moved)).await.unwrap().exists);
    assert!(book.post(&[moved]).await.unwrap().exists);
    let over = held(&[Transfer::post(id(), accounts[2], accounts[1], 101)]).await;
    assert_eq!(refusal(over), ("ledger.insufficient", 0));
    let elsewhere = held(&[Transfer::post(id(), accounts[2], accounts[3], 1)]).await;
    assert_eq!(refusal(elsewhere), ("ledger.account_missing", 0));
    let pending = Transfer::pending(id(), accounts[2], accounts[1], 5, None);
    let given_up = Transfer::void_pending(id(), pending.id);
    let refers = held(&[pending, given_up]).await;
    assert!(matches!(refers, Err(platform::Failure::Internal(_))), "{refers:?}");
    assert_eq!(book.available(accounts[2]).await, 100);
    book.assert_sound().await;
}
