//! The sealed chain: what was committed is sealed, and whatever is done to it afterwards with SQL, by whoever owns
//! the database, is found at the row it was done to.
use super::audit::delivered;
use meguri::{
    audit::{self, Break, Chain, Heads, Kind},
    heads,
};
use platform::{Db, seal};
use std::path::PathBuf;
use testkit::{TestApp, TestDb, app::until};

async fn sealed() -> TestDb {
    let db = delivered().await;
    // the country's transactions are made up: here they lie in the past
    let settled = |table: &&str| {
        format!(
            "update {table} t set txid = placed.place
             from (select id, row_number() over (order by txid, id) + 10 as place from {table}) placed
             where placed.id = t.id;"
        )
    };
    let tables = TABLES.iter().filter(|table| !table.ends_with("seal"));
    let settled: String = tables.map(settled).collect();
    db.sql(&format!("set session_replication_role = replica; {settled}")).await;
    seal_whole(&db).await;
    db
}

/// Seals until every row is in a chain: what runs in other databases of the server holds the bound back for a while.
async fn seal_whole(db: &TestDb) {
    let rows = [
        "identity.audit",
        "capacity.audit",
        "allocation.audit",
        "allocation.transfer",
        "distribution.audit",
        "distribution.transfer",
        "relay.audit",
        "views.log",
    ];
    let sealed = ["identity", "capacity", "allocation", "distribution", "relay", "views"];
    let rows = rows.map(|table| format!("(select count(*) from {table})")).join(" + ");
    let sealed = sealed.map(|schema| format!("(select coalesce(max(last), 0) from {schema}.seal)")).join(" + ");
    let unsealed = format!("select ({rows}) - ({sealed})");
    until("all is sealed", async || {
        seal::seal_now(&pool(db)).await.unwrap();
        db.number(&unsealed).await == 0
    })
    .await;
}

fn pool(db: &TestDb) -> Db {
    db.home.pool("seal", "reference").unwrap()
}

async fn chains(db: &TestDb, heads: &Heads) -> Vec<Chain> {
    audit::verify_chains(&db.home.role_url("audit").unwrap(), heads).await.unwrap()
}

async fn broken(db: &TestDb, heads: &Heads) -> Vec<Break> {
    chains(db, heads).await.into_iter().filter_map(|chain| chain.broken).collect()
}

/// A file of a test's own.
fn file() -> PathBuf {
    std::env::temp_dir().join(format!("meguri-heads-{}.jsonl", platform::opctx::new_id()))
}

/// Exports the heads of now, and answers them as a verifier reads them.
async fn exported(db: &TestDb, to: &PathBuf) -> Heads {
    let (signer, _) = heads::export_now(&db.home, Some(to)).await.unwrap();
    read(db, to, signer.public())
}

fn read(db: &TestDb, file: &PathBuf, key: Vec<u8>) -> Heads {
    let text = std::fs::read_to_string(file).unwrap();
    Heads::parse(&text, &db.home.stack.instance, db.home.database(), vec![key])
}

const TABLES: [&str; 8] = [
    "capacity.audit",
    "capacity.seal",
    "allocation.audit",
    "allocation.transfer",
    "allocation.seal",
    "distribution.audit",
    "distribution.transfer",
    "distribution.seal",
];

/// The owner can disable what keeps honest people from changing the past.
fn save() -> String {
    let tables = TABLES.map(|table| {
        format!("alter table {table} disable trigger all; create table saved.\"{table}\" as table {table};")
    });
    format!("create schema saved; {}", tables.concat())
}

fn restore() -> String {
    let tables =
        TABLES.map(|table| format!("delete from {table}; insert into {table} select * from saved.\"{table}\";"));
    format!("set session_replication_role = replica; {} set session_replication_role = origin;", tables.concat())
}

/// The second sealed row of a table, so that something stands before it.
fn second(table: &str) -> String {
    format!("(select id from {table} order by txid, id offset 1 limit 1)")
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_done_to_sealed_rows_is_found_at_the_row() {
    let db = sealed().await;
    assert_eq!(broken(&db, &Heads::default()).await, []);
    db.sql(&save()).await;
    let mut missed = Vec::new();
    for (schema, table) in [
        ("capacity", "audit"),
        ("allocation", "audit"),
        ("distribution", "audit"),
        ("allocation", "transfer"),
        ("distribution", "transfer"),
    ] {
        let name = format!("{schema}.{table}");
        let row = db.text(&second(&name)).await;
        let columns = db
            .text(&format!(
                "select string_agg(column_name, ', ' order by ordinal_position) from information_schema.columns
                 where table_schema = '{schema}' and table_name = '{table}' and column_name <> 'id'"
            ))
            .await;
        let copy = |id: &str| {
            format!(
                "insert into {name} (id, {columns}) select {id}, {columns} from saved.\"{name}\" where id = '{row}'"
            )
        };
        let new = "0192f0be-0000-7000-8000-00000000dead";
        let faults = [
            // a fact
            (format!("update {name} set reason = 'x' where id = '{row}'"), Kind::Edited, row.as_str()),
            // the real time, which the row's own digest does not cover
            (
                format!("update {name} set recorded_at = recorded_at - interval '1 s' where id = '{row}'"),
                Kind::Edited,
                &row,
            ),
            // a digest that fits nothing
            (
                format!("update {name} set digest = decode(repeat('11', 32), 'hex') where id = '{row}'"),
                Kind::Edited,
                &row,
            ),
            (format!("delete from {name} where id = '{row}'"), Kind::Deleted, &row),
            (copy(&format!("'{new}'::uuid")), Kind::Inserted, new),
            // said to have come before all others
            (format!("update {name} set txid = 1 where id = '{row}'"), Kind::Reordered, &row),
        ];
        for (sql, kind, id) in faults {
            // `digest` of a copy is not its own, but that it is there at all is what is found
            db.sql(&format!("{} set session_replication_role = replica; {sql};", restore())).await;
            let found = broken(&db, &Heads::default()).await;
            let fits = |broken: &Break| {
                (broken.kind, broken.schema.as_str(), broken.table.as_str()) == (kind, schema, table)
                    && broken.row.map(|row| row.to_string()).as_deref() == Some(id)
            };
            if found.len() != 1 || !found.iter().all(fits) {
                missed.push(format!("{sql}\n  expected {kind:?} {id}\n  found {found:?}"));
            }
        }
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
    db.sql(&restore()).await;
    assert_eq!(broken(&db, &Heads::default()).await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_seal_is_found() {
    let db = sealed().await;
    // a second batch, and a third
    for number in [1, 2] {
        db.sql(&format!(
            "insert into capacity.audit
             select gen_random_uuid(), business_at + interval '{number} s', now(), pg_current_xact_id()::text::bigint, actor,
                    actor_name, role, organisation, action, target, cause_id, request_id, reason, digest
             from capacity.audit limit 1"
        ))
        .await;
        seal_whole(&db).await;
    }
    db.sql(&save()).await;
    for (sql, kind) in [
        (
            "update capacity.seal set leaves = overlay(leaves placing decode('00', 'hex') from 3) where first = 1",
            Kind::ForgedSeal,
        ),
        ("update capacity.seal set until_txid = until_txid + 1 where first = 1", Kind::ForgedSeal),
        ("update capacity.seal set tables[1] = 'other' where first = 1", Kind::ForgedSeal),
        ("update capacity.seal set previous = digest where first > 1", Kind::ForgedSeal),
        ("delete from capacity.seal where first = 1", Kind::Deleted),
    ] {
        db.sql(&format!("{} set session_replication_role = replica; {sql};", restore())).await;
        let found = broken(&db, &Heads::default()).await;
        // the copied rows' digests are not theirs: what is done to the first batch comes before
        assert_eq!((found.len(), found[0].kind, found[0].schema.as_str()), (1, kind, "capacity"), "{sql}: {found:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chain_that_is_cut_off_or_made_anew_is_found_by_its_exported_head_alone() {
    let db = sealed().await;
    let file = file();
    let heads = exported(&db, &file).await;
    assert_eq!(heads.count(), 5, "identity, capacity, allocation, distribution, relay");
    assert_eq!(broken(&db, &heads).await, []);
    db.sql(&save()).await;
    // rows, seal and stored head: everything that says that there was more
    let cut = "set session_replication_role = replica;
               delete from allocation.transfer where txid = (select max(txid) from allocation.transfer);
               delete from allocation.audit where txid >= (select max(txid) from saved.\"allocation.transfer\");
               delete from allocation.head; delete from allocation.seal;";
    db.sql(cut).await;
    assert_eq!(broken(&db, &Heads::default()).await, [], "without the file it looks whole");
    let found = broken(&db, &heads).await;
    assert_eq!((found.len(), found[0].kind, found[0].schema.as_str()), (1, Kind::Truncated, "allocation"));
    // sealed again, it ends before the head
    seal::seal_now(&pool(&db)).await.unwrap();
    assert_eq!(broken(&db, &Heads::default()).await, [], "without the file it looks whole");
    assert_eq!(broken(&db, &heads).await[0].kind, Kind::Truncated);
    // one row less, and as many new ones as it takes to reach the head
    db.sql(&format!(
        "{} set session_replication_role = replica; delete from capacity.head; delete from capacity.seal;
         update capacity.audit set txid = txid + 1 where id = {}",
        restore(),
        second("capacity.audit")
    ))
    .await;
    seal::seal_now(&pool(&db)).await.unwrap();
    assert_eq!(broken(&db, &Heads::default()).await, [], "without the file it looks whole");
    let found = broken(&db, &heads).await;
    assert_eq!((found.len(), found[0].kind, found[0].schema.as_str()), (1, Kind::Rewritten, "capacity"));
    std::fs::remove_file(file).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn heads_cannot_be_forged() {
    let db = sealed().await;
    let file = file();
    let (signer, _) = heads::export_now(&db.home, Some(&file)).await.unwrap();
    let text = std::fs::read_to_string(&file).unwrap();
    let key = signer.public();
    let parse = |text: &str, key: Vec<u8>| Heads::parse(text, &db.home.stack.instance, db.home.database(), vec![key]);
    assert_eq!(broken(&db, &parse(&text, key.clone())).await, []);
    for (from, to) in [("\"sequence\":", "\"sequence\":1"), ("\"at\":\"2", "\"at\":\"3")] {
        let forged = text.replace(from, to);
        assert_ne!(forged, text);
        let found = broken(&db, &parse(&forged, key.clone())).await;
        assert!(found.iter().all(|broken| broken.kind == Kind::ForgedHead) && found.len() == 5, "{found:?}");
    }
    // signed, but by a key that is none of ours
    let found = broken(&db, &parse(&text, vec![7; 32])).await;
    assert!(found.iter().all(|broken| broken.kind == Kind::ForgedHead) && found.len() == 5, "{found:?}");
    assert_eq!(parse(&text.replacen('{', "(", 1), key).unreadable, [1]);
    std::fs::remove_file(file).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_server_seals_what_was_committed_and_nobody_else_can() {
    let app = TestApp::start().await;
    app.facilities(&["131016"]).await;
    let unsealed = "select (select count(*) from identity.audit) - (select coalesce(max(last), 0) from identity.seal)";
    until("the trail is sealed", async || app.db.number(unsealed).await == 0).await;
    let report = audit::run(&app.db.home.role_url("audit").unwrap()).await.unwrap();
    assert!(report.ok, "{}", audit::table(&report));
    let checked = |what: &str| report.checks.iter().find(|check| check.what_en == what).unwrap().examined;
    assert_eq!(checked("Identity's sealed chain holds"), app.db.number("select count(*) from identity.audit").await);
    assert!(report.listed("audit_unsealed").is_some());
    let seal = "insert into capacity.seal select 1, 1, 0, 1, '{audit}', array[gen_random_uuid()], '{0}', \
                decode(repeat('00', 32), 'hex'), decode(repeat('00', 32), 'hex'), decode(repeat('00', 32), 'hex')";
    for (role, sql) in [
        ("capacity_app", seal),
        ("capacity_app", "delete from capacity.audit"),
        ("seal", "update capacity.seal set last = last + 1"),
        ("seal", "delete from identity.head"),
        ("seal", "insert into capacity.audit select * from capacity.audit"),
        ("seal", "select * from identity.account"),
        ("audit", "set default_transaction_read_only = off; delete from identity.seal"),
        ("gateway", "select * from capacity.seal"),
        ("gateway_views", "select * from reference.facility"),
        ("gateway_views", "select * from views.log"),
        ("gateway_views", "delete from views.log"),
        ("capacity_app", "select * from views.log"),
        ("identity_app", "delete from views.log"),
    ] {
        assert!(app.db.refuses(role, sql).await, "{role}: {sql}");
    }
}
