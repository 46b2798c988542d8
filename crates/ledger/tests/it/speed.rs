//! How many statements a posting takes, and how long; the time is printed, not asserted.
use crate::book::{TestBook, UNIT, ctx, id};
use ledger::{AccountId, NewAccount, Transfer};
use std::time::Instant;

async fn municipalities(book: &TestBook) -> (AccountId, AccountId, Vec<AccountId>) {
    let base = book.accounts(1).await;
    let new: Vec<_> = (0..1_741).map(|_| NewAccount::of(UNIT)).collect();
    let cities = book.with(async |conn| ledger::open(conn, &new).await).await.unwrap();
    assert!(cities.is_sorted(), "the ids are in the order of the request");
    (base[0], base[1], cities)
}

fn nation_to_municipalities(source: AccountId, nation: AccountId, cities: &[AccountId]) -> Vec<Transfer> {
    let mut chain = vec![Transfer::post(id(), source, nation, 1_741 * 195)];
    chain.extend(cities.iter().map(|city| Transfer::post(id(), nation, *city, 195).because("第9クール")));
    chain
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chain_of_the_whole_country_is_three_statements() {
    let book = TestBook::new().await;
    let (source, nation, cities) = municipalities(&book).await;
    for round in 1..=4 {
        let chain = nation_to_municipalities(source, nation, &cities);
        let ctx = ctx();
        book.with(async |conn| {
            let (before, start) = (book.pool.statements(), Instant::now());
            let posted = ledger::post(conn, &ctx, &chain).await?;
            println!("1 + 1,741 transfers, round {round}: {:?}", start.elapsed());
            assert_eq!(book.pool.statements() - before, 3);
            assert_eq!((posted.exists, posted.balances.len()), (false, 1_743));
            let (before, start) = (book.pool.statements(), Instant::now());
            assert!(ledger::post(conn, &ctx, &chain).await?.exists);
            println!("the same again: {:?}", start.elapsed());
            assert_eq!(book.pool.statements() - before, 2);
            Ok(())
        })
        .await
        .unwrap();
        assert_eq!((book.available(nation).await, book.available(cities[9]).await), (0, 195 * round));
    }
    book.assert_sound().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_single_transfer_is_three_statements() {
    let book = TestBook::new().await;
    let accounts = book.accounts(1).await;
    let ctx = ctx();
    let (before, start) = (book.pool.statements(), Instant::now());
    book.with(async |conn| {
        for _ in 0..500 {
            ledger::post(conn, &ctx, &[Transfer::post(id(), accounts[0], accounts[1], 1)]).await?;
        }
        Ok(())
    })
    .await
    .unwrap();
    println!("500 postings: {:?}", start.elapsed());
    assert!(book.pool.statements() - before <= 3 * 500 + 2);
    assert_eq!(book.available(accounts[1]).await, 500);
}
