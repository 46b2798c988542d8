//! The sealed chain: what was committed to the append-only tables of each schema, in the order of its
//! transactions, with a digest that goes over all that came before. Whoever writes pays nothing for it: a job
//! reads what has been committed and adds one row a batch to `seal`.
//!
//! What `meguri audit verify-chain` relies on, and computes with code of its own:
//!
//! - Items are the rows of [`CHAINS`]' tables, numbered from 1 in the order of transaction id, table's name and id.
//!   A batch holds those whose transaction id is at least `from_txid` and less than `until_txid`; each batch
//!   begins where the one before it ended, the first at 0. `until_txid` is never beyond the oldest transaction
//!   still running, so that nothing comes later.
//! - The leaf of an item is SHA-256 over five texts, each preceded by its length in bytes as eight bytes, big
//!   end first: table, id, txid, recorded_at (UTC, microseconds, `Z`), and the row's own digest as hexadecimals.
//! - The digest before the first item is 32 zero bytes; after each item it is SHA-256 over the digest before,
//!   the item's number as eight bytes, and the leaf.
use crate::{
    Db,
    background::{Background, Stop},
    clock::Clock,
    db::Session,
    failure::Result,
};
use chrono::SecondsFormat;
use diesel::{
    QueryableByName,
    sql_types::{Array, BigInt, Binary, Bool, Date, Text, Timestamptz, Uuid as SqlUuid},
};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use domain::{BusinessDay, time::Instant};
use sha2::{Digest, Sha256};
use std::time::Duration;
use uuid::Uuid;

/// Each schema that has a chain, and the tables whose rows are chained.
pub const CHAINS: [(&str, &[&str]); 6] = [
    ("identity", &["audit"]),
    ("capacity", &["audit"]),
    ("allocation", &["audit", "transfer"]),
    ("distribution", &["audit", "transfer"]),
    ("relay", &["audit"]),
    ("views", &["log"]),
];

/// How often it is looked for new rows.
const PERIOD: Duration = Duration::from_secs(1);
/// How often a process that stands by tries to take over.
const STAND_BY: Duration = Duration::from_secs(2);
/// Whoever wants it sealed now tries so often to do it, with this pause: longer in all than a job's period.
const NOW_TRIES: usize = 25;
const NOW_PAUSE: Duration = Duration::from_millis(100);
/// Rows of a batch, but for those of one transaction, which stay together.
const BATCH: i64 = 5_000;
/// How often the partitions of the log of views are looked after.
const MONTHS: Duration = Duration::from_secs(600);
/// A month's partition is made this far ahead.
const AHEAD_DAYS: u32 = 28;

/// Seals all chains until it is told to stop, in role `seal`, whose pool `db` is. One process does it at a time;
/// others stand by. Trouble is logged, and tried again.
#[must_use]
pub fn start(db: &Db, clock: &Clock) -> Background {
    let (db, clock) = (db.clone(), clock.clone());
    Background::run(|mut stop| async move {
        while !stop.is_set() {
            if let Err(failure) = session(&db, &clock, &mut stop).await {
                tracing::warn!(%failure, "sealing is interrupted");
            }
            if !stop.pause(STAND_BY).await {
                break;
            }
        }
    })
}

async fn session(db: &Db, clock: &Clock, stop: &mut Stop) -> Result<()> {
    let mut session = db.session().await?;
    while !take_turn(&mut session).await? {
        if !stop.pause(STAND_BY).await {
            return Ok(());
        }
    }
    let mut months_made = None;
    loop {
        if months_made.is_none_or(|at: tokio::time::Instant| at.elapsed() >= MONTHS) {
            make_months(&mut session, BusinessDay::at(clock.now())).await?;
            months_made = Some(tokio::time::Instant::now());
        }
        seal_all(&mut session).await?;
        if !stop.pause(PERIOD).await {
            // what came in the last second is sealed before the process ends
            seal_all(&mut session).await?;
            return Ok(());
        }
    }
}

/// Seals now what is committed, for whoever needs the heads of this moment. Where a job seals all the time, it is
/// waited for until that has done it.
///
/// # Errors
/// The database's.
pub async fn seal_now(db: &Db) -> Result<()> {
    let mut session = db.session().await?;
    // a session that was dropped a moment ago may hold the lock still
    for _ in 0..NOW_TRIES {
        if take_turn(&mut session).await? {
            seal_all(&mut session).await?;
            diesel::sql_query("select pg_advisory_unlock(hashtext('meguri-seal'))").execute(&mut session).await?;
            return Ok(());
        }
        tokio::time::sleep(NOW_PAUSE).await;
    }
    Ok(())
}

#[derive(QueryableByName)]
struct Taken {
    #[diesel(sql_type = Bool)]
    taken: bool,
}

/// The right to seal lasts as long as the session. Its plans go by the index on transaction ids, whatever
/// statistics say that were gathered before a bulk load.
async fn take_turn(conn: &mut AsyncPgConnection) -> Result<bool> {
    let turn: Taken = diesel::sql_query(
        "select pg_try_advisory_lock(hashtext('meguri-seal'))
                and set_config('enable_seqscan', 'off', false) is not null as taken",
    )
    .get_result(conn)
    .await?;
    Ok(turn.taken)
}

async fn make_months(conn: &mut AsyncPgConnection, today: BusinessDay) -> Result<()> {
    for day in [today, today.plus_days(AHEAD_DAYS)] {
        diesel::sql_query("select views.ensure_month('log', $1)").bind::<Date, _>(day.date()).execute(conn).await?;
    }
    Ok(())
}

async fn seal_all(session: &mut Session) -> Result<()> {
    for (schema, tables) in CHAINS {
        while seal_batch(session, schema, tables).await? {}
    }
    Ok(())
}

#[derive(QueryableByName)]
struct Place {
    #[diesel(sql_type = BigInt)]
    last: i64,
    #[diesel(sql_type = BigInt)]
    until_txid: i64,
    #[diesel(sql_type = Binary)]
    digest: Vec<u8>,
    /// The oldest transaction that still runs, or the next one.
    #[diesel(sql_type = BigInt)]
    bound: i64,
}

#[derive(QueryableByName)]
struct Item {
    #[diesel(sql_type = Text)]
    tbl: String,
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = BigInt)]
    txid: i64,
    #[diesel(sql_type = Timestamptz)]
    recorded_at: Instant,
    #[diesel(sql_type = Binary)]
    digest: Vec<u8>,
}

fn leaf(item: &Item) -> [u8; 32] {
    let mut hash = Sha256::new();
    for text in [
        &item.tbl,
        &item.id.to_string(),
        &item.txid.to_string(),
        &item.recorded_at.to_rfc3339_opts(SecondsFormat::Micros, true),
        &hex::encode(&item.digest),
    ] {
        hash.update(u64::try_from(text.len()).unwrap_or(u64::MAX).to_be_bytes());
        hash.update(text.as_bytes());
    }
    hash.finalize().into()
}

/// Seals the next batch of a chain; answers whether there may be more.
async fn seal_batch(session: &mut Session, schema: &str, tables: &[&str]) -> Result<bool> {
    // the bound is taken before the rows are read: what began later may already be seen, and is left out
    let place: Place = diesel::sql_query(format!(
        "select coalesce(s.last, 0) as last, coalesce(s.until_txid, 0) as until_txid,
                coalesce(s.digest, decode(repeat('00', 32), 'hex')) as digest,
                pg_snapshot_xmin(pg_current_snapshot())::text::bigint as bound
         from (select) as always
         left join (select last, until_txid, digest from {schema}.seal order by first desc limit 1) s on true"
    ))
    .get_result(session)
    .await?;
    let (from, mut until) = (place.until_txid, place.bound);
    if until <= from {
        return Ok(false);
    }
    let mut items = read(session, schema, tables, from, until, Some(BATCH)).await?;
    let is_full = i64::try_from(items.len()).unwrap_or(i64::MAX) >= BATCH;
    if let Some(last) = items.last().filter(|_| is_full) {
        // up to the end of that transaction
        until = last.txid + 1;
        items = read(session, schema, tables, from, until, None).await?;
    }
    if items.is_empty() {
        return Ok(false);
    }
    write(session, schema, &place, (from, until), &items).await?;
    Ok(is_full)
}

async fn read(
    session: &mut Session,
    schema: &str,
    tables: &[&str],
    from: i64,
    until: i64,
    limit: Option<i64>,
) -> Result<Vec<Item>> {
    let parts: Vec<String> = tables
        .iter()
        .map(|table| {
            format!(
                "select '{table}' collate \"C\" as tbl, id, txid, recorded_at, digest from {schema}.{table}
                 where txid >= $1 and txid < $2"
            )
        })
        .collect();
    let limit = limit.map(|limit| format!("limit {limit}")).unwrap_or_default();
    let sql = format!("select * from ({}) as items order by txid, tbl, id {limit}", parts.join(" union all "));
    Ok(diesel::sql_query(sql).bind::<BigInt, _>(from).bind::<BigInt, _>(until).load(session).await?)
}

async fn write(
    session: &mut Session,
    schema: &str,
    place: &Place,
    (from, until): (i64, i64),
    items: &[Item],
) -> Result<()> {
    let mut digest = place.digest.clone();
    let (mut sequence, mut leaves) = (place.last, Vec::with_capacity(32 * items.len()));
    for item in items {
        sequence += 1;
        let leaf = leaf(item);
        leaves.extend_from_slice(&leaf);
        let mut hash = Sha256::new();
        hash.update(&digest);
        hash.update(sequence.to_be_bytes());
        hash.update(leaf);
        digest = hash.finalize().to_vec();
    }
    diesel::sql_query(format!(
        "insert into {schema}.seal (first, last, from_txid, until_txid, tables, ids, txids, leaves, previous, digest)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"
    ))
    .bind::<BigInt, _>(place.last + 1)
    .bind::<BigInt, _>(sequence)
    .bind::<BigInt, _>(from)
    .bind::<BigInt, _>(until)
    .bind::<Array<Text>, _>(items.iter().map(|item| item.tbl.as_str()).collect::<Vec<_>>())
    .bind::<Array<SqlUuid>, _>(items.iter().map(|item| item.id).collect::<Vec<_>>())
    .bind::<Array<BigInt>, _>(items.iter().map(|item| item.txid).collect::<Vec<_>>())
    .bind::<Binary, _>(leaves)
    .bind::<Binary, _>(&place.digest)
    .bind::<Binary, _>(&digest)
    .execute(session)
    .await?;
    Ok(())
}

/// The end of a chain.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct End {
    /// Number of the last item.
    #[diesel(sql_type = BigInt)]
    pub sequence: i64,
    /// The chain's digest after it.
    #[diesel(sql_type = Binary)]
    pub digest: Vec<u8>,
    /// Number of the last item that a head was signed for; 0 for none.
    #[diesel(sql_type = BigInt)]
    pub signed: i64,
}

/// Where a chain ends; `None` when nothing is sealed yet.
///
/// # Errors
/// The database's.
pub async fn end(conn: &mut AsyncPgConnection, schema: &str) -> Result<Option<End>> {
    let ends = diesel::sql_query(format!(
        "select s.last as sequence, s.digest, coalesce((select max(sequence) from {schema}.head), 0) as signed
         from {schema}.seal s order by s.first desc limit 1"
    ));
    Ok(ends.load(conn).await?.into_iter().next())
}

/// A head of a chain, signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// Number of the chain's last item.
    pub sequence: i64,
    /// The chain's digest after it.
    pub digest: Vec<u8>,
    /// When it was signed, real time.
    pub at: Instant,
    /// The signing key's name.
    pub key: String,
    /// Ed25519.
    pub signature: Vec<u8>,
}

/// Keeps a signed head beside its chain.
///
/// # Errors
/// The database's.
pub async fn keep_head(conn: &mut AsyncPgConnection, schema: &str, head: &Head) -> Result<()> {
    diesel::sql_query(format!(
        "insert into {schema}.head (sequence, digest, at, key, signature) values ($1, $2, $3, $4, $5)
         on conflict (sequence, at) do nothing"
    ))
    .bind::<BigInt, _>(head.sequence)
    .bind::<Binary, _>(&head.digest)
    .bind::<Timestamptz, _>(head.at)
    .bind::<Text, _>(&head.key)
    .bind::<Binary, _>(&head.signature)
    .execute(conn)
    .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::DateTime;

    #[test]
    fn a_leaf_is_the_documented_one() {
        let item = Item {
            tbl: "audit".to_owned(),
            id: Uuid::from_u128(1),
            txid: 7,
            recorded_at: DateTime::from_timestamp(1_617_593_400, 123_456_000).unwrap(),
            digest: vec![0xab; 32],
        };
        // computed from the description with another language's library
        assert_eq!(hex::encode(leaf(&item)), "b0b83757b6e5677e1c736954a214922b282d321ab27ad65c110ce58a3902e1ae");
    }
}
