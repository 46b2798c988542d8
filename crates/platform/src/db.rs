//! The database: one pool per service role, and transactions that exist only with a permit.
use crate::{
    audit,
    failure::{Failure, Result},
    opctx::OpCtx,
};
use diesel::connection::InstrumentationEvent;
use diesel::{ConnectionError, sql_types::Bool};
use diesel_async::{
    AnsiTransactionManager, AsyncConnection, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection, TransactionManager,
    pooled_connection::{
        AsyncDieselConnectionManager, ManagerConfig, RecyclingMethod,
        deadpool::{Object, Pool},
    },
};
use domain::policy::Permit;
use futures::FutureExt;
use std::{
    fmt,
    ops::{Deref, DerefMut},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

/// Waiting longer than this for a connection is an outage, not a queue.
const POOL_WAIT: Duration = Duration::from_secs(5);

/// No server begins more transactions than this while a reader waits for one.
const AHEAD_MAX: i64 = 100_000;

/// A connection of the pool, in use.
pub type Connection = Object<AsyncPgConnection>;

/// A connection that lasts as long as its holder keeps it, and the locks it has taken with it.
pub type Session = AsyncPgConnection;

/// Names a commit: its transaction id (xid8). Ids are given when transactions first write, not when
/// they commit, so that a smaller one may commit later: ask whether a snapshot sees it, never compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position(pub i64);

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A pool of connections in one service's role and schema. Cheap to clone.
#[derive(Clone)]
pub struct Db {
    pool: Pool<AsyncPgConnection>,
    statements: Arc<AtomicU64>,
}

impl Db {
    /// A pool of at most `connections` to `url`, in which unqualified names mean `schema`.
    /// Nothing is connected yet.
    ///
    /// # Errors
    /// When the pool cannot be set up (it has no runtime).
    pub fn new(url: &str, schema: &'static str, connections: usize) -> Result<Self> {
        let statements = Arc::new(AtomicU64::new(0));
        let counter = Arc::clone(&statements);
        let mut config = ManagerConfig::default();
        // a closed connection is noticed without asking the server each time
        config.recycling_method = RecyclingMethod::Fast;
        config.custom_setup = Box::new(move |url| {
            let (url, counter) = (url.to_owned(), Arc::clone(&counter));
            async move {
                let mut conn = AsyncPgConnection::establish(&url).await?;
                conn.batch_execute(&format!("set search_path to {schema}; set timezone to 'UTC'"))
                    .await
                    .map_err(ConnectionError::CouldntSetupConfiguration)?;
                conn.set_instrumentation(move |event: InstrumentationEvent<'_>| {
                    if matches!(event, InstrumentationEvent::StartQuery { .. }) {
                        counter.fetch_add(1, Ordering::Relaxed);
                    }
                });
                Ok(conn)
            }
            .boxed()
        });
        let manager = AsyncDieselConnectionManager::new_with_config(url, config);
        let pool = Pool::builder(manager)
            .max_size(connections)
            .wait_timeout(Some(POOL_WAIT))
            .create_timeout(Some(POOL_WAIT))
            .recycle_timeout(Some(POOL_WAIT))
            .runtime(deadpool::Runtime::Tokio1)
            .build()
            .map_err(Failure::internal)?;
        Ok(Self { pool, statements })
    }

    /// A connection for reading, outside a transaction.
    ///
    /// # Errors
    /// [`Failure::Unavailable`] when none can be had in time.
    pub async fn read(&self) -> Result<Connection> {
        self.pool.get().await.map_err(|error| Failure::Unavailable(error.to_string()))
    }

    /// A connection that is nobody else's and closed when dropped, for locks that last as long as a
    /// session. It leaves the pool, whose place is taken by another.
    ///
    /// # Errors
    /// [`Failure::Unavailable`] when none can be had in time.
    pub async fn session(&self) -> Result<Session> {
        Ok(Object::take(self.read().await?))
    }

    /// Statements started on this pool since it was made, for tests that count.
    #[must_use]
    pub fn statements(&self) -> u64 {
        AtomicU64::load(&self.statements, Ordering::Relaxed)
    }

    /// Opens one snapshot for reading: everything read through it is of one moment.
    ///
    /// # Errors
    /// [`Failure::Unavailable`], or the database's.
    pub async fn snapshot(&self) -> Result<Snapshot> {
        let mut conn = self.read().await?;
        AnsiTransactionManager::begin_transaction_sql(
            &mut *conn,
            "begin transaction isolation level repeatable read, read only",
        )
        .await?;
        Ok(Snapshot { conn })
    }

    /// Is the database there? For `/readyz`.
    ///
    /// # Errors
    /// When it is not.
    pub async fn ping(&self) -> Result<()> {
        let mut conn = self.read().await?;
        diesel::sql_query("select 1").execute(&mut conn).await?;
        Ok(())
    }
}

/// A read-only transaction that sees one moment.
pub struct Snapshot {
    conn: Connection,
}

impl Snapshot {
    /// The connection to read through.
    pub fn conn(&mut self) -> &mut AsyncPgConnection {
        &mut self.conn
    }

    /// Does this snapshot see the commit at `position`?
    ///
    /// # Errors
    /// The database's.
    pub async fn sees(&mut self, position: Position) -> Result<bool> {
        #[derive(diesel::QueryableByName)]
        struct Row {
            #[diesel(sql_type = Bool)]
            seen: bool,
        }
        let row: Row =
            diesel::sql_query("select pg_visible_in_snapshot(($1::text)::xid8, pg_current_snapshot()) as seen")
                .bind::<diesel::sql_types::Text, _>(position.to_string())
                .get_result(self.conn())
                .await?;
        Ok(row.seen)
    }

    /// May the commit at `position` become visible soon? Not when its number lies further ahead than
    /// transactions begin while a reader waits: it is no number of ours.
    ///
    /// # Errors
    /// The database's.
    pub async fn may_reach(&mut self, position: Position) -> Result<bool> {
        #[derive(diesel::QueryableByName)]
        struct Row {
            #[diesel(sql_type = diesel::sql_types::BigInt)]
            next: i64,
        }
        let row: Row = diesel::sql_query("select pg_snapshot_xmax(pg_current_snapshot())::text::bigint as next")
            .get_result(self.conn())
            .await?;
        Ok(position.0 < row.next.saturating_add(AHEAD_MAX))
    }

    /// Ends the snapshot and gives the connection back whole. (A dropped one is closed instead.)
    pub async fn close(mut self) {
        // a read-only transaction has nothing to lose; a failure here only costs the connection
        let _ = AnsiTransactionManager::rollback_transaction(&mut *self.conn).await;
    }
}

/// A writing transaction. It can only be begun with a [`Permit`], and writes its audit row first.
///
/// Finish it with [`Tx::finish`]; if it is dropped, the database rolls it back.
pub struct Tx {
    conn: Connection,
    position: Position,
}

impl Tx {
    /// Begins, and writes one audit row per permitted item; there must be one at least.
    ///
    /// # Errors
    /// [`Failure::Internal`] when nothing is permitted; [`Failure::Unavailable`], or the database's.
    pub async fn begin(db: &Db, ctx: &OpCtx, permitted: &[(&Permit, audit::Entry)]) -> Result<Self> {
        if permitted.is_empty() {
            return Err(Failure::internal("a transaction without a permit"));
        }
        let mut conn = db.read().await?;
        AnsiTransactionManager::begin_transaction(&mut *conn).await?;
        let position = audit::write(&mut conn, ctx, permitted).await?;
        Ok(Self { conn, position })
    }

    /// Writes further audit rows, for bulk work whose items are known only after loading.
    ///
    /// # Errors
    /// The database's.
    pub async fn note(&mut self, ctx: &OpCtx, permitted: &[(&Permit, audit::Entry)]) -> Result<()> {
        audit::write(&mut self.conn, ctx, permitted).await?;
        Ok(())
    }

    /// Where this transaction's commit will lie.
    #[must_use]
    pub fn position(&self) -> Position {
        self.position
    }

    /// Commits if the work succeeded, rolls back if it did not.
    ///
    /// # Errors
    /// The work's own failure, or that of the commit. After a failed commit the outcome is unknown:
    /// the caller sends the same id again.
    pub async fn finish<T>(mut self, work: Result<T>) -> Result<T> {
        match work {
            Ok(value) => {
                AnsiTransactionManager::commit_transaction(&mut *self.conn).await?;
                Ok(value)
            }
            Err(failure) => {
                // if even the rollback fails, the connection is discarded and the server rolls back
                let _ = AnsiTransactionManager::rollback_transaction(&mut *self.conn).await;
                Err(failure)
            }
        }
    }
}

impl Tx {
    /// Rolls back without a failure: there turned out to be nothing to write.
    pub async fn abandon(mut self) {
        // if even this fails, the connection is discarded and the server rolls back
        let _ = AnsiTransactionManager::rollback_transaction(&mut *self.conn).await;
    }
}

impl Deref for Tx {
    type Target = AsyncPgConnection;
    fn deref(&self) -> &AsyncPgConnection {
        &self.conn
    }
}

impl DerefMut for Tx {
    fn deref_mut(&mut self) -> &mut AsyncPgConnection {
        &mut self.conn
    }
}

/// Rows per INSERT of bulk writes: PostgreSQL takes 65,535 parameters, and our widest row has 17.
pub const ROWS_PER_INSERT: usize = 2_000;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;
    use testkit::TestDb;

    #[tokio::test(flavor = "multi_thread")]
    async fn a_transaction_needs_a_permit() {
        let test = TestDb::new().await;
        let db = test.home.role_url("identity_app").unwrap();
        let db = Db::new(&db, "identity", 2).unwrap();
        let ctx = OpCtx::system("test", &Clock::load(&db).await.unwrap());
        let refused = Tx::begin(&db, &ctx, &[]).await.err().unwrap();
        assert!(matches!(refused, Failure::Internal(_)), "{refused}");
    }
}
