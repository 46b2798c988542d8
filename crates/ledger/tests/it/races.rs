//! Many clients at once, and clients that vanish: nobody waits in a circle, nothing is lost or made.
use crate::book::{TestBook, at, ctx, ctx_at, entry, id, permit, problem, refusal};
use diesel_async::SimpleAsyncConnection;
use ledger::{AccountId, Transfer};
use platform::{
    Db,
    db::Tx,
    failure::{Failure, Result},
};
use rand::{Rng, SeedableRng, rngs::StdRng, seq::SliceRandom};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use uuid::Uuid;

const CLIENTS: u64 = 16;
const TRANSFERS: usize = 60;

/// One transaction, as a spawned task can hold it.
async fn post(pool: &Db, chain: &[Transfer]) -> Result<ledger::Posted> {
    let (mut conn, ctx) = (pool.read().await?, ctx());
    conn.batch_execute("begin").await?;
    let posted = ledger::post(&mut conn, &ctx, chain).await;
    conn.batch_execute(if posted.is_ok() { "commit" } else { "rollback" }).await?;
    posted
}

/// Posts what `make` makes, and answers which ids were acknowledged.
async fn clients(
    book: &TestBook,
    make: impl Fn(&mut StdRng, &[Uuid]) -> Vec<Transfer> + Send + Sync + 'static,
) -> Vec<Uuid> {
    let make = Arc::new(make);
    let mut tasks = Vec::new();
    for client in 0..CLIENTS {
        let (pool, make) = (book.pool.clone(), Arc::clone(&make));
        tasks.push(tokio::spawn(async move {
            let (mut rng, mut acked) = (StdRng::seed_from_u64(client), Vec::new());
            for _ in 0..TRANSFERS {
                let chain = make(&mut rng, &acked);
                match post(&pool, &chain).await {
                    Ok(_) => acked.extend(chain.iter().map(|transfer| transfer.id)),
                    // a refusal is an answer; a deadlock (40P01) or any other error is none
                    Err(Failure::Problem(_)) => {}
                    Err(other) => panic!("client {client}: {other}"),
                }
            }
            acked
        }));
    }
    let mut acked = Vec::new();
    for task in tasks {
        acked.extend(task.await.unwrap());
    }
    acked
}

async fn assert_stored(book: &TestBook, acked: &[Uuid], start: Instant, what: &str) {
    println!("{what}: {} transfers by {CLIENTS} clients in {:?}", acked.len(), start.elapsed());
    let ids: Vec<_> = acked.iter().map(|id| format!("'{id}'")).collect();
    let stored = format!("select count(*) from {{s}}.transfer where id in ({})", ids.join(","));
    assert_eq!(book.number(&stored).await, i64::try_from(acked.len()).unwrap());
    assert_eq!(book.number("select deadlocks from pg_stat_database where datname = current_database()").await, 0);
    book.assert_sound().await;
}

/// Fills the accounts behind the source.
async fn filled(book: &TestBook, count: usize, each: i64) -> Vec<AccountId> {
    let accounts = book.accounts(count).await;
    let chain: Vec<_> = accounts[1..].iter().map(|to| Transfer::post(id(), accounts[0], *to, each)).collect();
    book.post(&chain).await.unwrap();
    accounts
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hot_accounts_in_both_directions() {
    let book = TestBook::new().await;
    let accounts = filled(&book, 2, 50).await;
    let (one, two) = (accounts[1], accounts[2]);
    let start = Instant::now();
    let acked = clients(&book, move |rng, _| {
        let (from, to) = if rng.random_bool(0.5) { (one, two) } else { (two, one) };
        vec![Transfer::post(id(), from, to, rng.random_range(1..60))]
    })
    .await;
    assert!(acked.len() > 100, "{}", acked.len());
    assert_stored(&book, &acked, start, "two hot accounts").await;
    assert_eq!(book.available(one).await + book.available(two).await, 100);
}

#[tokio::test(flavor = "multi_thread")]
async fn chains_over_many_accounts_in_any_order() {
    let book = TestBook::new().await;
    let accounts = filled(&book, 9, 200).await;
    let start = Instant::now();
    let acked = clients(&book, move |rng, acked| {
        let mut others = accounts[1..].to_vec();
        others.shuffle(rng);
        let mut chain: Vec<_> =
            others.windows(2).take(4).map(|two| Transfer::post(id(), two[0], two[1], rng.random_range(1..9))).collect();
        let held = Transfer::pending(id(), others[6], others[7], rng.random_range(1..9), None);
        // accounts that are found only through an earlier transfer, resolved or not
        if let Some(earlier) = acked.last() {
            chain.push(Transfer::post_pending(id(), *earlier, 1));
        }
        chain.push(held);
        chain
    })
    .await;
    assert!(acked.len() > 1_000, "{}", acked.len());
    assert_stored(&book, &acked, start, "chains").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sixteen_retries_of_one_chain_post_it_once() {
    let book = TestBook::new().await;
    let accounts = filled(&book, 2, 50).await;
    let chain = Arc::new(vec![
        Transfer::post(id(), accounts[1], accounts[2], 30),
        Transfer::pending(id(), accounts[2], accounts[1], 10, None),
    ]);
    let tasks: Vec<_> = (0..CLIENTS)
        .map(|_| {
            let (pool, chain) = (book.pool.clone(), Arc::clone(&chain));
            tokio::spawn(async move { post(&pool, &chain).await.unwrap().exists })
        })
        .collect();
    let answers: Vec<bool> = futures::future::try_join_all(tasks).await.unwrap();
    assert_eq!(answers.iter().filter(|exists| !**exists).count(), 1);
    assert_eq!(book.available(accounts[1]).await, 20);
    book.assert_sound().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_many_resolves_a_pending_transfer() {
    let book = TestBook::new().await;
    let accounts = filled(&book, 2, 50).await;
    let held = Transfer::pending(id(), accounts[1], accounts[2], 10, None);
    book.post(std::slice::from_ref(&held)).await.unwrap();
    let tasks: Vec<_> = (0..CLIENTS)
        .map(|client| {
            let (pool, held) = (book.pool.clone(), held.id);
            tokio::spawn(async move {
                let resolution = match client % 2 {
                    0 => Transfer::post_pending(id(), held, None),
                    _ => Transfer::void_pending(id(), held),
                };
                post(&pool, &[resolution]).await
            })
        })
        .collect();
    let answers = futures::future::try_join_all(tasks).await.unwrap();
    let (won, lost): (Vec<_>, Vec<_>) = answers.into_iter().partition(std::result::Result::is_ok);
    assert_eq!(won.len(), 1);
    for answer in lost {
        assert_eq!(refusal(answer), ("ledger.pending_already_resolved", 0));
    }
    book.assert_sound().await;
}

/// Both see an id that is free, and their accounts are not the same: only the primary key is left.
#[tokio::test(flavor = "multi_thread")]
async fn one_id_between_different_accounts_at_the_same_time() {
    let book = TestBook::new().await;
    let accounts = filled(&book, 6, 50).await;
    let shared = id();
    let mut first = book.pool.read().await.unwrap();
    first.batch_execute("begin").await.unwrap();
    let ours = [Transfer::post(shared, accounts[1], accounts[2], 5)];
    assert!(!ledger::post(&mut first, &ctx(), &ours).await.unwrap().exists);
    let pool = book.pool.clone();
    let theirs =
        [Transfer::post(id(), accounts[3], accounts[4], 5), Transfer::post(shared, accounts[3], accounts[4], 5)];
    let second = tokio::spawn(async move { post(&pool, &theirs).await });
    testkit::app::until("the second waits for the first", async || {
        book.number("select count(*) from pg_stat_activity where wait_event_type = 'Lock'").await == 1
    })
    .await;
    first.batch_execute("commit").await.unwrap();
    assert_eq!(refusal(second.await.unwrap()), ("ledger.id_reused", 1));
    assert_eq!(book.available(accounts[3]).await, 50);
    book.assert_sound().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_jobs_expire_each_pending_transfer_once() {
    let book = TestBook::new().await;
    let accounts = filled(&book, 3, 500).await;
    let chain: Vec<_> =
        (0..120).map(|i| Transfer::pending(id(), accounts[1 + i % 3], accounts[1 + (i + 1) % 3], 1, at(10))).collect();
    book.post(&chain).await.unwrap();
    let job = || {
        let pool = book.pool.clone();
        tokio::spawn(async move {
            let (mut conn, ctx, mut total) = (pool.read().await.unwrap(), ctx_at(at(10)), 0);
            for _ in 0..20 {
                conn.batch_execute("begin").await.unwrap();
                total += ledger::expire_due(&mut conn, &ctx, 10).await.unwrap().len();
                conn.batch_execute("commit").await.unwrap();
            }
            total
        })
    };
    let jobs = [job(), job(), job()];
    let totals = futures::future::try_join_all(jobs).await.unwrap();
    assert_eq!(totals.iter().sum::<usize>(), 120, "{totals:?}");
    assert_eq!(book.available(accounts[1]).await, 500);
    book.assert_sound().await;
}

/// Drops whole units of work at any point of their way: each stands in the book whole or not at all.
#[tokio::test(flavor = "multi_thread")]
async fn a_unit_of_work_dropped_midway_is_whole_or_nothing() {
    let book = TestBook::new().await;
    let accounts = filled(&book, 2, 5_000).await;
    let mut finished = 0;
    for step in 0..60 {
        let chain = [
            Transfer::post(id(), accounts[1], accounts[2], 30),
            Transfer::pending(id(), accounts[2], accounts[1], 10, None),
        ];
        let work = async {
            let mut tx = Tx::begin(&book.pool, &ctx(), &[(&permit(), entry(chain[0].id))]).await?;
            let posted = ledger::post(&mut tx, &ctx(), &chain).await;
            tx.finish(posted).await
        };
        let whole = tokio::time::timeout(Duration::from_micros(step * 120), work).await.is_ok();
        finished += i64::from(whole);
        // the same ids again: whatever became of them, they stand in the book once now
        let again = post(&book.pool, &chain).await.unwrap();
        assert!(again.exists || !whole, "acknowledged and lost");
    }
    println!("{finished} of 60 were finished before they were dropped");
    assert_eq!(book.number("select count(*) from {s}.transfer where kind = 'pending'").await, 60);
    assert_eq!(book.available(accounts[1]).await, 5_000 - 60 * 30);
    book.assert_sound().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_dropped_before_its_commit_leaves_nothing() {
    let book = TestBook::new().await;
    let accounts = filled(&book, 2, 50).await;
    let chain = [Transfer::post(id(), accounts[1], accounts[2], 30)];
    {
        let mut tx = Tx::begin(&book.pool, &ctx(), &[(&permit(), entry(chain[0].id))]).await.unwrap();
        assert_eq!(ledger::post(&mut tx, &ctx(), &chain).await.unwrap().balances[0].available(), 20);
    }
    assert_eq!(book.available(accounts[1]).await, 50);
    assert_eq!(book.number("select count(*) from {s}.transfer").await, 2);
    assert_eq!(book.number("select count(*) from {s}.audit").await, 0);
    // and holds no lock: the next one gets its turn
    assert!(!post(&book.pool, &chain).await.unwrap().exists);
    book.assert_sound().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_chain_leaves_the_transaction_usable_and_empty() {
    let book = TestBook::new().await;
    let accounts = filled(&book, 2, 50).await;
    let chain = [
        Transfer::post(id(), accounts[1], accounts[2], 30),
        Transfer::post(id(), accounts[2], accounts[1], 81),
        Transfer::post(id(), accounts[2], accounts[1], 1),
    ];
    book.with(async |conn| {
        let refused = problem(ledger::post(conn, &ctx(), &chain).await);
        assert_eq!((refused.code.code, refused.param("step")), ("ledger.insufficient", Some("1")));
        // 30 came with the step before
        assert_eq!((refused.param("available"), refused.param("needed")), (Some("80"), Some("81")));
        ledger::post(conn, &ctx(), &[Transfer::post(id(), accounts[1], accounts[2], 7)]).await
    })
    .await
    .unwrap();
    assert_eq!(book.available(accounts[2]).await, 57);
    book.assert_sound().await;
}
