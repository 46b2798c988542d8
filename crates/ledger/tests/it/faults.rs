//! Faults planted on purpose: the constraints refuse them, or the checks over the log find them.
use crate::book::{DOWN, SCHEMA, TestBook, UP, at, ctx, id};
use ledger::{AccountId, NewAccount, Transfer};
use std::time::Duration;
use uuid::Uuid;

/// A row of the log written past the crate, in words for its columns.
fn row(fact: &str) -> String {
    let mut columns = vec![
        ("id", "gen_random_uuid()"),
        ("debit_account", "2"),
        ("credit_account", "3"),
        ("unit", "'vials/test'"),
        ("amount", "1"),
        ("kind", "'post'"),
        ("actor", "gen_random_uuid()"),
        ("business_at", "now()"),
        ("body_digest", "sha256('')"),
        ("digest", "sha256('')"),
    ];
    for (column, value) in fact.split(';').filter_map(|fact| fact.split_once('=')) {
        columns.retain(|(known, _)| *known != column);
        columns.push((column, value));
    }
    let (names, values): (Vec<_>, Vec<_>) = columns.into_iter().unzip();
    format!("insert into transfer ({}) values ({})", names.join(", "), values.join(", "))
}

/// Accounts 1 (source), 2, 3 and 4 (of another unit); a pending transfer of 10, posted by 4, and a chain.
async fn planted() -> (TestBook, Uuid, Uuid) {
    let book = TestBook::new().await;
    let accounts = book.accounts(2).await;
    assert_eq!(accounts, [1, 2, 3].map(AccountId));
    book.with(async |conn| ledger::open(conn, &[NewAccount::of("other")]).await).await.unwrap();
    let (held, open) = (id(), id());
    let chain = [
        Transfer::post(id(), accounts[0], accounts[1], 100).because("供給"),
        Transfer::pending(held, accounts[1], accounts[2], 10, at(1_000)),
        Transfer::post_pending(id(), held, 4),
        Transfer::pending(open, accounts[1], accounts[2], 5, None),
    ];
    book.post(&chain).await.unwrap();
    book.post(&[Transfer::correction(id(), chain[2].id, 1)]).await.unwrap();
    book.assert_sound().await;
    (book, held, open)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_constraints_refuse_what_slips_past_the_rules() {
    let (book, held, open) = planted().await;
    for (statement, constraint) in [
        ("update account set debits_posted = 200 where id = 2", "account_not_overdrawn"),
        ("update account set debits_pending = 200 where id = 2", "account_not_overdrawn"),
        ("update account set debits_pending = debits_pending - 6 where id = 2", "account_debits_pending_check"),
        ("update account set credits_posted = -1 where id = 1", "account_credits_posted_check"),
        ("insert into account (unit) values ('')", "account_unit_check"),
        ("delete from account where id = 2", "transfer_debit"),
        ("update account set unit = 'other' where id = 3", "transfer_debit"),
        (&row(&format!("pending_id='{held}';kind='void_pending'")), "transfer_resolution"),
        (&row(&format!("pending_id='{}';kind='void_pending'", id())), "transfer_pending_id_fkey"),
        (&row(&format!("pending_id='{open}'")), "transfer_check"),
        (&row("kind='void_pending'"), "transfer_check"),
        (&row("kind='correction'"), "transfer_check1"),
        (&row("expires_at=now()"), "transfer_check2"),
        (&row("chain_id=gen_random_uuid()"), "transfer_check3"),
        (&row("chain_id=gen_random_uuid();chain_length=2;chain_index=2"), "transfer_check4"),
        (&row("kind='gift'"), "transfer_kind_check"),
        (&row("amount=0"), "transfer_amount_check"),
        (&row("amount=1000000001"), "transfer_amount_check"),
        (&row("credit_account=2"), "transfer_two_sides"),
        (&row("credit_account=4"), "transfer_credit"),
        (&row("debit_account=4"), "transfer_debit"),
        (&row("credit_account=99"), "transfer_credit"),
        (&row("digest='short'"), "transfer_digest_check"),
        (&row(&format!("id='{open}'")), "transfer_pkey"),
        ("update transfer set amount = amount + 1", "the rows of transfer are never changed or deleted"),
        ("delete from transfer", "the rows of transfer are never changed or deleted"),
        ("truncate transfer cascade", "the rows of transfer are never changed or deleted"),
    ] {
        assert_eq!(book.refused_by(statement).await, constraint, "{statement}");
    }
    book.assert_sound().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_checks_find_what_the_constraints_cannot_see() {
    let (book, held, open) = planted().await;
    let past = "set session_replication_role = replica;";
    let of = |kind: &str| format!("where kind = '{kind}'");
    // one side of a posting without the other
    book.sql("update account set credits_posted = credits_posted + 1 where id = 3").await;
    let found: Vec<_> = book.violations().await.into_iter().map(|(name, _)| &name[..2]).collect();
    assert_eq!(found, ["R1", "R5"]);
    book.sql("update account set credits_posted = credits_posted - 1 where id = 3").await;
    for (plant, finds) in [
        (row("amount=1"), "R5"),
        (format!("{past} update transfer set amount = amount + 1 {}", of("post")), "R5"),
        (format!("{past} update transfer set amount = 11 {}", of("post_pending")), "R4"),
        (format!("{past} update transfer set amount = 90 {}", of("correction")), "corrections"),
        (
            format!("{past} update transfer set debit_account = 2, credit_account = 3 {}", of("correction")),
            "corrections",
        ),
        (format!("{past} update transfer set expires_at = '2001-01-01' where id = '{held}'"), "R4"),
        (format!("{past} delete from transfer where id = '{open}'"), "R8"),
        (format!("{past} update transfer set credit_account = 4 {}", of("post")), "R9"),
        (row(&format!("pending_id='{open}';kind='void_pending';amount=4")), "R4"),
    ] {
        book.sql("create table kept as table transfer").await;
        book.sql(&plant).await;
        let found = book.violations().await;
        assert!(found.iter().any(|(name, _)| name.starts_with(finds)), "{plant}: {found:?}");
        let mend = "delete from transfer; insert into transfer select * from kept; drop table kept";
        book.sql(&format!("{past} {mend}")).await;
        book.assert_sound().await;
    }
}

/// The recipe of `Entry::digest` once more, in SQL, over what stands in the table.
const RECIPE: &str = "
    create function fact(value text) returns bytea language sql immutable as
        $$ select int8send(octet_length(value)) || convert_to(value, 'UTF8') $$;
    create function optional(value text) returns bytea language sql immutable as
        $$ select fact(case when value is null then '0' else '1' end) || fact(coalesce(value, '')) $$;
    create function instant(value timestamptz) returns text language sql stable as
        $$ select to_char(value at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"') $$;
    create view recomputed as select id, digest, sha256(
        fact(id::text) || fact(kind) || fact(debit_account::text) || fact(credit_account::text) || fact(unit)
        || fact(amount::text) || optional(pending_id::text) || optional(corrects::text) || optional(chain_id::text)
        || optional(chain_length::text) || optional(chain_index::text) || optional(reason) || fact(actor::text)
        || fact(instant(business_at)) || optional(instant(expires_at)) || fact(encode(body_digest, 'hex'))) as again
    from transfer";

#[tokio::test(flavor = "multi_thread")]
async fn an_auditor_recomputes_the_digests_from_the_rows_alone() {
    let (book, _, _) = planted().await;
    // what lies beyond the millisecond is dropped before it is digested and stored
    let fine = at(5) + Duration::from_micros(700);
    book.post_at(fine, &[Transfer::pending(id(), AccountId(2), AccountId(3), 1, fine)]).await.unwrap();
    book.sql(RECIPE).await;
    let wrong = "select count(*) from {s}.recomputed where digest <> again";
    assert_eq!((book.number("select count(*) from {s}.recomputed").await, book.number(wrong).await), (6, 0));
    for fact in [
        "amount = amount + 1",
        "reason = 'another'",
        "actor = gen_random_uuid()",
        "business_at = business_at + interval '1 ms'",
        "debit_account = 4",
        "body_digest = digest",
    ] {
        let change = format!("set session_replication_role = replica; update transfer set {fact} where kind = 'post'");
        book.sql("create table kept as table transfer").await;
        book.sql(&change).await;
        assert_eq!(book.number(wrong).await, 1, "{fact}");
        let mend = "delete from transfer; insert into transfer select * from kept; drop table kept";
        book.sql(&format!("set session_replication_role = replica; {mend}")).await;
    }
    assert_eq!(book.number(wrong).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_migration_goes_down_and_up() {
    let book = TestBook::new().await;
    book.sql(&format!("{DOWN} {UP}")).await;
    let accounts = book.accounts(1).await;
    assert!(!book.post(&[Transfer::post(id(), accounts[0], accounts[1], 1)]).await.unwrap().exists);
}

/// What the service's own role may do, and what it may not.
#[tokio::test(flavor = "multi_thread")]
async fn a_role_that_cannot_change_the_past_can_post() {
    let book = TestBook::new().await;
    let role = format!("{}_capacity_app", book.db.home.stack.instance);
    book.sql(&format!(
        "grant usage on schema {SCHEMA} to {role}; grant select, insert on account, transfer to {role};
         grant update on account to {role}"
    ))
    .await;
    let pool = platform::Db::new(&book.db.home.role_url("capacity_app").unwrap(), SCHEMA, 2).unwrap();
    let app = TestBook { pool, ..book };
    let accounts = app.accounts(2).await;
    let chain = [
        Transfer::post(id(), accounts[0], accounts[1], 9),
        Transfer::pending(id(), accounts[1], accounts[2], 9, at(0)),
    ];
    assert!(!app.post(&chain).await.unwrap().exists);
    let expired = app.with(async |conn| ledger::expire_due(conn, &ctx(), 10).await).await.unwrap();
    assert_eq!(expired, [chain[1].id]);
    let closed = app.with(async |conn| ledger::set_closed(conn, &accounts[1..2], true).await).await.unwrap();
    assert_eq!(closed, 1);
    for statement in ["update transfer set amount = 1", "delete from transfer", "delete from account"] {
        assert!(app.refused_by(statement).await.starts_with("permission denied"), "{statement}");
    }
    app.assert_sound().await;
}
