//! The sealed chains, computed again: every row of the chained tables stands where it was sealed, as it was
//! sealed, and none is missing or has come between. What a chain is made of stands in the documentation of
//! `platform::seal`; it is written here a second time on purpose.
use super::{
    Check, digest,
    heads::{Head, Heads},
    probe::elapsed_ms,
    transfers, viewed,
};
use chrono::{DateTime, SecondsFormat, Utc};
use diesel::{
    QueryableByName,
    sql_types::{Array, BigInt, Binary, Nullable, Text, Timestamptz, Uuid as SqlUuid},
};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use platform::failure::Result;
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::{
    collections::{BTreeMap, HashMap, HashSet},
    fmt,
    time::Instant,
};
use uuid::Uuid;

/// Schemas that have a chain, and the tables in it.
pub(super) const CHAINS: [(&str, &[&str]); 6] = [
    ("identity", &["audit"]),
    ("capacity", &["audit"]),
    ("allocation", &["audit", "transfer"]),
    ("distribution", &["audit", "transfer"]),
    ("relay", &["audit"]),
    ("views", &["log"]),
];

/// Batches whose rows are read together.
const PAGE: i64 = 64;

/// What was done to a chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A row was changed after it was sealed.
    Edited,
    /// A sealed row is gone.
    Deleted,
    /// A row that was never sealed stands among sealed ones.
    Inserted,
    /// A row stands elsewhere than where it was sealed.
    Reordered,
    /// The chain ends before a head that was signed.
    Truncated,
    /// The chain has other items than when a head was signed.
    Rewritten,
    /// A batch of the chain itself was changed.
    ForgedSeal,
    /// A head was not signed by the instance's key, or was changed.
    ForgedHead,
}

impl Kind {
    /// As it is written for programs.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Edited => "edited",
            Self::Deleted => "deleted",
            Self::Inserted => "inserted",
            Self::Reordered => "reordered",
            Self::Truncated => "truncated",
            Self::Rewritten => "rewritten",
            Self::ForgedSeal => "forged_seal",
            Self::ForgedHead => "forged_head",
        }
    }
}

/// The first place at which a chain does not hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Break {
    /// What was done.
    pub kind: Kind,
    /// In which schema.
    pub schema: String,
    /// In which table: `audit`, `transfer`, `log`, `seal`, `head`.
    pub table: String,
    /// Which row, where one is meant.
    pub row: Option<Uuid>,
    /// The number in the chain at which it shows.
    pub sequence: i64,
}

impl fmt::Display for Break {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, schema, table, row, sequence } = self;
        write!(f, "{}: {schema}.{table}", kind.as_str())?;
        if let Some(row) = row {
            write!(f, " {row}")?;
        }
        write!(f, ", number {sequence} of the chain")
    }
}

/// What a chain turned out to be.
#[derive(Debug, Clone, Serialize)]
pub struct Chain {
    /// Whose.
    pub schema: &'static str,
    /// It holds up to this number.
    pub verified: i64,
    /// Its digest there, as hexadecimals.
    pub digest: String,
    /// Signed heads that were compared.
    pub heads: usize,
    /// Rows that are not sealed yet.
    pub unsealed: i64,
    /// Age of the oldest of them, seconds.
    pub unsealed_age_s: Option<i64>,
    /// Where it does not hold.
    pub broken: Option<Break>,
    /// How long it took.
    #[serde(skip)]
    pub elapsed_ms: u64,
}

#[derive(QueryableByName)]
struct Batch {
    #[diesel(sql_type = BigInt)]
    first: i64,
    #[diesel(sql_type = BigInt)]
    last: i64,
    #[diesel(sql_type = BigInt)]
    from_txid: i64,
    #[diesel(sql_type = BigInt)]
    until_txid: i64,
    #[diesel(sql_type = Array<Text>)]
    tables: Vec<String>,
    #[diesel(sql_type = Array<SqlUuid>)]
    ids: Vec<Uuid>,
    #[diesel(sql_type = Array<BigInt>)]
    txids: Vec<i64>,
    #[diesel(sql_type = Binary)]
    leaves: Vec<u8>,
    #[diesel(sql_type = Binary)]
    previous: Vec<u8>,
    #[diesel(sql_type = Binary)]
    digest: Vec<u8>,
}

/// A row as it stands, and what its digest must be.
pub(super) struct Row {
    pub id: Uuid,
    pub txid: i64,
    pub recorded_at: DateTime<Utc>,
    pub digest: Vec<u8>,
    pub expected: [u8; 32],
}

fn leaf(table: &str, row: &Row) -> [u8; 32] {
    let texts = [
        table.to_owned(),
        row.id.hyphenated().to_string(),
        row.txid.to_string(),
        row.recorded_at.to_rfc3339_opts(SecondsFormat::Micros, true),
        hex::encode(&row.digest),
    ];
    let mut message = Vec::with_capacity(256);
    for text in texts {
        message.extend_from_slice(&(text.len() as u64).to_be_bytes());
        message.extend_from_slice(text.as_bytes());
    }
    Sha256::digest(&message).into()
}

fn next(before: &[u8], sequence: i64, leaf: &[u8]) -> Vec<u8> {
    Sha256::digest([before, &sequence.to_be_bytes(), leaf].concat()).to_vec()
}

/// One chain, while it is walked along.
struct Walk<'a> {
    conn: &'a mut AsyncPgConnection,
    schema: &'static str,
    tables: &'static [&'static str],
    /// The number, digest and transaction bound reached.
    sequence: i64,
    digest: Vec<u8>,
    until: i64,
    /// Digests at the numbers for which heads were signed.
    wanted: HashSet<i64>,
    found: HashMap<i64, Vec<u8>>,
}

/// Verifies one chain, and the heads that were signed of it.
pub(super) async fn verify(
    conn: &mut AsyncPgConnection,
    schema: &'static str,
    tables: &'static [&'static str],
    heads: &Heads,
) -> Result<Chain> {
    let begun = Instant::now();
    let signed = heads.of(schema);
    let wanted = signed.iter().map(|head| head.sequence).collect();
    let mut walk =
        Walk { conn, schema, tables, sequence: 0, digest: vec![0; 32], until: 0, wanted, found: HashMap::new() };
    let broken = match walk.batches().await? {
        Some(broken) => Some(broken),
        None => walk.heads(heads, &signed),
    };
    let (unsealed, oldest) = walk.tail().await?;
    Ok(Chain {
        schema,
        verified: walk.sequence,
        digest: hex::encode(&walk.digest),
        heads: signed.len(),
        unsealed,
        unsealed_age_s: oldest,
        broken,
        elapsed_ms: elapsed_ms(begun),
    })
}

impl Walk<'_> {
    fn broken(&self, kind: Kind, table: &str, row: Option<Uuid>, sequence: i64) -> Break {
        Break { kind, schema: self.schema.to_owned(), table: table.to_owned(), row, sequence }
    }

    async fn batches(&mut self) -> Result<Option<Break>> {
        loop {
            let batches: Vec<Batch> = diesel::sql_query(format!(
                "select first, last, from_txid, until_txid, tables, ids, txids, leaves, previous, digest
                 from {}.seal where first > $1 order by first limit {PAGE}",
                self.schema
            ))
            .bind::<BigInt, _>(self.sequence)
            .load(self.conn)
            .await?;
            let page = batches.as_slice();
            let (Some(begin), Some(end)) = (page.first(), page.last()) else { return Ok(None) };
            let mut rows = self.rows(begin.from_txid, end.until_txid).await?;
            for batch in page {
                if let Some(broken) = self.batch(batch, &mut rows).await? {
                    return Ok(Some(broken));
                }
            }
        }
    }

    /// All rows of these transactions, by table and id.
    async fn rows(&mut self, from: i64, until: i64) -> Result<BTreeMap<(i64, &'static str, Uuid), Row>> {
        let mut all = BTreeMap::new();
        for table in self.tables {
            let rows = match *table {
                "audit" => digest::sealed(self.conn, self.schema, from, until).await?,
                "transfer" => transfers::sealed(self.conn, self.schema, from, until).await?,
                _ => viewed::sealed(self.conn, from, until).await?,
            };
            all.extend(rows.into_iter().map(|row| ((row.txid, *table, row.id), row)));
        }
        Ok(all)
    }

    /// One batch against the rows of its transactions, which are taken out.
    async fn batch(
        &mut self,
        batch: &Batch,
        rows: &mut BTreeMap<(i64, &'static str, Uuid), Row>,
    ) -> Result<Option<Break>> {
        if batch.first > self.sequence + 1 {
            return Ok(Some(self.broken(Kind::Deleted, "seal", None, self.sequence + 1)));
        }
        let length = batch.ids.len();
        let is_whole = batch.first == self.sequence + 1
            && usize::try_from(batch.last - self.sequence) == Ok(length)
            && batch.tables.len() == length
            && batch.txids.len() == length
            && batch.leaves.len() == 32 * length
            && batch.from_txid == self.until
            && batch.previous == self.digest;
        if !is_whole {
            return Ok(Some(self.broken(Kind::ForgedSeal, "seal", None, batch.first)));
        }
        let (mut digest, mut sequence) = (self.digest.clone(), self.sequence);
        for leaf in batch.leaves.chunks(32) {
            sequence += 1;
            digest = next(&digest, sequence, leaf);
        }
        if digest != batch.digest {
            return Ok(Some(self.broken(Kind::ForgedSeal, "seal", None, batch.first)));
        }
        let later = rows.split_off(&(batch.until_txid, "", Uuid::nil()));
        let mut own = std::mem::replace(rows, later);
        let items = batch.tables.iter().zip(&batch.ids).zip(&batch.txids).zip(batch.leaves.chunks(32));
        for (((table, id), txid), sealed) in items {
            let sequence = self.sequence + 1;
            let Some(table) = self.tables.iter().find(|known| **known == table.as_str()) else {
                return Ok(Some(self.broken(Kind::ForgedSeal, "seal", None, sequence)));
            };
            match own.remove(&(*txid, table, *id)) {
                None => {
                    // gone, or said to be of another transaction
                    let kind = if self.exists(table, *id).await? { Kind::Reordered } else { Kind::Deleted };
                    return Ok(Some(self.broken(kind, table, Some(*id), sequence)));
                }
                Some(row) if row.digest != row.expected || leaf(table, &row) != *sealed => {
                    return Ok(Some(self.broken(Kind::Edited, table, Some(*id), sequence)));
                }
                Some(_) => {}
            }
            self.digest = next(&self.digest, sequence, sealed);
            self.sequence = sequence;
            if self.wanted.contains(&sequence) {
                self.found.insert(sequence, self.digest.clone());
            }
        }
        self.until = batch.until_txid;
        if let Some(((_, table, id), _)) = own.pop_first() {
            let kind = if self.is_sealed(id).await? { Kind::Reordered } else { Kind::Inserted };
            return Ok(Some(self.broken(kind, table, Some(id), self.sequence)));
        }
        Ok(None)
    }

    async fn exists(&mut self, table: &str, id: Uuid) -> Result<bool> {
        let sql = format!("select count(*) as number from {}.{table} where id = $1", self.schema);
        Ok(diesel::sql_query(sql).bind::<SqlUuid, _>(id).get_result::<Number>(self.conn).await?.number > 0)
    }

    async fn is_sealed(&mut self, id: Uuid) -> Result<bool> {
        let sql = format!("select count(*) as number from {}.seal where $1 = any(ids)", self.schema);
        Ok(diesel::sql_query(sql).bind::<SqlUuid, _>(id).get_result::<Number>(self.conn).await?.number > 0)
    }

    /// The heads in the order of their numbers.
    fn heads(&self, heads: &Heads, signed: &[&Head]) -> Option<Break> {
        for head in signed {
            let sequence = head.sequence;
            let kind = if !heads.is_genuine(head) {
                Kind::ForgedHead
            } else if sequence > self.sequence {
                Kind::Truncated
            } else if self.found.get(&sequence) != Some(&head.digest) {
                Kind::Rewritten
            } else {
                continue;
            };
            let table = if kind == Kind::ForgedHead { "head" } else { "seal" };
            return Some(self.broken(kind, table, None, sequence));
        }
        None
    }

    /// Rows that no batch covers yet, and the age of the oldest in seconds.
    async fn tail(&mut self) -> Result<(i64, Option<i64>)> {
        let end = format!("(select coalesce(max(until_txid), 0) from {}.seal)", self.schema);
        let part = |table: &&str| format!("select recorded_at from {}.{table} where txid >= {end}", self.schema);
        let waiting = self.tables.iter().map(part).collect::<Vec<_>>().join(" union all ");
        let sql = format!(
            "select count(*) as number, greatest(extract(epoch from now() - min(recorded_at)), 0)::bigint as age_s
             from ({waiting}) as waiting"
        );
        let tail: Tail = diesel::sql_query(sql).get_result(self.conn).await?;
        Ok((tail.number, tail.age_s))
    }
}

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    number: i64,
}

#[derive(QueryableByName)]
struct Tail {
    #[diesel(sql_type = BigInt)]
    number: i64,
    #[diesel(sql_type = Nullable<BigInt>)]
    age_s: Option<i64>,
}

/// Where a row stands: what all chained tables have.
#[derive(QueryableByName)]
pub(super) struct Stands {
    #[diesel(sql_type = BigInt)]
    pub txid: i64,
    #[diesel(sql_type = Timestamptz)]
    pub recorded_at: DateTime<Utc>,
}

/// Schema, and what must hold of its chain, in Japanese and English, with its invariant: the books' chains
/// belong to R6, the trails' to R26.
const WHAT: [(&str, &str, &str); 6] = [
    ("identity", "identity の監査記録の連鎖が保たれている", "Identity's sealed chain holds"),
    ("capacity", "capacity の監査記録の連鎖が保たれている", "Capacity's sealed chain holds"),
    (
        "allocation",
        "allocation の監査記録と枠の帳簿の連鎖が保たれている",
        "Allocation's sealed chain holds, with its book",
    ),
    (
        "distribution",
        "distribution の監査記録と在庫の帳簿の連鎖が保たれている",
        "Distribution's sealed chain holds, with its book",
    ),
    ("relay", "relay の監査記録の連鎖が保たれている", "Relay's sealed chain holds"),
    ("views", "閲覧記録の連鎖が保たれている", "The sealed chain of views holds"),
];

/// All chains as checks, with the heads that stand in the database, and what is not sealed yet.
pub(super) async fn checks(conn: &mut AsyncPgConnection) -> Result<(Vec<Check>, Vec<Chain>)> {
    let (mut checks, mut chains) = (Vec::new(), Vec::new());
    for ((schema, tables), (_, what_ja, what_en)) in CHAINS.into_iter().zip(WHAT) {
        // heads without a key say nothing about who signed; `verify-chain` asks for it
        let chain = verify(conn, schema, tables, &Heads::default()).await?;
        let id = if tables.contains(&"transfer") { "R6" } else { "R26" };
        let violations: Vec<String> = chain.broken.iter().map(ToString::to_string).collect();
        checks.push(Check {
            id,
            what_ja,
            what_en,
            examined: chain.verified,
            violations_count: i64::try_from(violations.len()).unwrap_or(i64::MAX),
            violations,
            elapsed_ms: chain.elapsed_ms,
        });
        chains.push(chain);
    }
    Ok((checks, chains))
}
