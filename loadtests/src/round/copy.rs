//! The yardstick: COPY of the same rows into the same tables of an equal database.
use crate::measure::{Failed, failed};
use bytes::Bytes;
use futures::{SinkExt as _, TryStreamExt as _};
use std::{
    pin::pin,
    time::{Duration, Instant},
};
use tokio_postgres::Client;

/// Tables that a round is written into, those first that others refer to.
const TABLES: [&str; 11] = [
    "plan",
    "plan_line",
    "plan_change",
    "plan_document",
    "account",
    "book_account",
    "transfer",
    "subject",
    "outbox",
    "idempotency",
    "audit",
];
/// Bytes sent at once.
const CHUNK: usize = 1 << 16;

/// What stood in a database before the round.
pub struct Before {
    /// Transactions from this one on are the round's.
    transaction: i64,
    /// The newest account; older ones change in the round, which a COPY cannot do.
    account: i64,
}

impl Before {
    /// What stands there now.
    pub async fn of(admin: &Client) -> Result<Self, Failed> {
        let query = "select pg_current_xact_id()::text::bigint, (select max(id) from account)";
        let row = admin.query_one(query, &[]).await.map_err(failed)?;
        Ok(Self { transaction: row.try_get(0).map_err(failed)?, account: row.try_get(1).map_err(failed)? })
    }

    fn rows_of(&self, table: &str) -> String {
        let older = if table == "account" { format!(" and id > {}", self.account) } else { String::new() };
        format!("select * from {table} where xmin::text::bigint >= {}{older}", self.transaction)
    }
}

/// Rows of one table as COPY writes them.
pub struct Rows {
    table: &'static str,
    /// How many.
    pub count: u64,
    text: Bytes,
}

impl Rows {
    /// Bytes of the text.
    pub fn size(&self) -> usize {
        self.text.len()
    }

    /// `plan_line 103,000`
    pub fn told(&self) -> String {
        format!("{} {}", self.count, self.table)
    }
}

/// All that was written since. A table that is not in the list is an error: it would be missing.
pub async fn rows(admin: &Client, before: &Before) -> Result<Vec<Rows>, Failed> {
    let query = "select relname from pg_class where relnamespace = 'allocation'::regnamespace
                 and relkind in ('r', 'p') and not relispartition";
    for row in admin.query(query, &[]).await.map_err(failed)? {
        let table: String = row.try_get(0).map_err(failed)?;
        if !TABLES.contains(&table.as_str()) && count(admin, &before.rows_of(&table)).await? > 0 {
            return Err(failed(format!("the round wrote into {table}, which the yardstick leaves out")));
        }
    }
    let mut all = Vec::new();
    for table in TABLES {
        let query = before.rows_of(table);
        let out = admin.copy_out(&format!("copy ({query}) to stdout")).await.map_err(failed)?;
        let mut out = pin!(out);
        let mut text = Vec::new();
        while let Some(row) = out.try_next().await.map_err(failed)? {
            text.extend_from_slice(&row);
        }
        all.push(Rows { table, count: count(admin, &query).await?, text: text.into() });
    }
    Ok(all)
}

async fn count(admin: &Client, query: &str) -> Result<u64, Failed> {
    let row = admin.query_one(&format!("select count(*) from ({query}) as rows"), &[]).await.map_err(failed)?;
    u64::try_from(row.try_get::<_, i64>(0).map_err(failed)?).map_err(failed)
}

/// Copies them in, in one transaction, durably.
pub async fn copy_in(admin: &Client, rows: &[Rows]) -> Result<Duration, Failed> {
    let started = Instant::now();
    admin.batch_execute("begin").await.map_err(failed)?;
    for Rows { table, count, text } in rows {
        let sink = admin.copy_in::<_, Bytes>(&format!("copy {table} from stdin")).await.map_err(failed)?;
        let mut sink = pin!(sink);
        let mut rest = text.clone();
        while !rest.is_empty() {
            let chunk = rest.split_to(CHUNK.min(rest.len()));
            sink.send(chunk).await.map_err(failed)?;
        }
        let copied = sink.as_mut().finish().await.map_err(failed)?;
        if copied != *count {
            return Err(failed(format!("{copied} rows of {table} were copied, not {count}")));
        }
    }
    admin.batch_execute("commit").await.map_err(failed)?;
    Ok(started.elapsed())
}
