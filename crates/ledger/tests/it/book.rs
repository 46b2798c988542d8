//! A book for a test, and checks that know nothing of the crate: SQL over the tables alone.
use diesel_async::{AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use domain::{
    Problem, TerritoryCode,
    policy::{Action, Actor, Permit, Place, decide},
    time::Instant,
};
use ledger::{AccountId, NewAccount, Posted, Transfer};
use platform::{
    Db, OpCtx,
    audit::Entry,
    clock::{Clock, Setting},
    failure::{Failure, Result},
};
use testkit::TestDb;
use uuid::Uuid;

pub const COMMON: &str = include_str!("../../../../migrations/_common/2026-11-20-000000_common/up.sql");
pub const UP: &str = include_str!("../../../../migrations/_ledger/2026-11-20-000010_ledger/up.sql");
pub const DOWN: &str = include_str!("../../../../migrations/_ledger/2026-11-20-000010_ledger/down.sql");
pub const SCHEMA: &str = "ledger_test";
pub const UNIT: &str = "vials/test";

/// A schema with a book in a database of its own.
pub struct TestBook {
    pub db: TestDb,
    pub pool: Db,
}

/// Business time of all tests, milliseconds after the training's start.
pub fn at(millis: i64) -> Instant {
    Instant::from_timestamp_millis(1_617_593_400_000 + millis).unwrap()
}

pub fn ctx_at(now: Instant) -> OpCtx {
    let clock = Clock::new(Setting { training: true, business_start: now, real_start: now, speed_permille: 0 });
    OpCtx::system("ledger-test", &clock)
}

pub fn ctx() -> OpCtx {
    ctx_at(at(0))
}

pub fn id() -> Uuid {
    platform::opctx::new_id()
}

/// A permit to begin a transaction with; which one makes no difference to the book.
pub fn permit() -> Permit {
    decide(&Actor::system("ledger-test"), Action::ClockStep, Place::Territory(TerritoryCode::NATION)).unwrap()
}

pub fn entry(cause: Uuid) -> Entry {
    Entry { target: "ledger-test".to_owned(), cause, reason: None }
}

/// The problem, or the panic of a test that expected one.
#[track_caller]
pub fn problem<T: std::fmt::Debug>(result: Result<T>) -> Problem {
    match result.unwrap_err() {
        Failure::Problem(problem) => problem,
        other => panic!("{other}"),
    }
}

/// Code and step of a refusal.
#[track_caller]
pub fn refusal<T: std::fmt::Debug>(result: Result<T>) -> (&'static str, usize) {
    let problem = problem(result);
    (problem.code.code, problem.param("step").unwrap().parse().unwrap())
}

impl TestBook {
    pub async fn new() -> Self {
        let db = TestDb::new().await;
        db.sql(&format!("create schema {SCHEMA}; set search_path to {SCHEMA}; {COMMON}; {UP}")).await;
        let pool = Db::new(&db.home.admin_url().unwrap(), SCHEMA, 16).unwrap();
        Self { db, pool }
    }

    pub async fn sql(&self, sql: &str) {
        self.db.sql(&format!("set search_path to {SCHEMA}; {sql}")).await;
    }

    /// What the database says to a statement run by its owner.
    pub async fn try_sql(&self, sql: &str) -> std::result::Result<usize, diesel::result::Error> {
        let mut conn = self.pool.read().await.unwrap();
        diesel::sql_query(sql).execute(&mut conn).await
    }

    /// Constraint, or else the message, with which the database refuses a statement.
    pub async fn refused_by(&self, sql: &str) -> String {
        match self.try_sql(sql).await {
            Err(diesel::result::Error::DatabaseError(_, what)) => {
                what.constraint_name().unwrap_or(what.message()).to_owned()
            }
            other => panic!("{sql}: {other:?}"),
        }
    }

    /// One whole number, asked on the pool: a connection of its own for each would take long.
    pub async fn number(&self, sql: &str) -> i64 {
        let sql = sql.replace("{s}", SCHEMA);
        let query = diesel::select(diesel::dsl::sql::<diesel::sql_types::BigInt>(&format!("({sql})::bigint")));
        let mut conn = self.pool.read().await.unwrap();
        query.get_result(&mut conn).await.unwrap_or_else(|error| panic!("{sql}: {error}"))
    }

    /// Accounts of one unit: a source, then `count` others.
    pub async fn accounts(&self, count: usize) -> Vec<AccountId> {
        let mut new = vec![NewAccount::source(UNIT)];
        new.extend((0..count).map(|_| NewAccount::of(UNIT)));
        self.with(async |conn| ledger::open(conn, &new).await).await.unwrap()
    }

    /// One transaction.
    pub async fn with<T>(&self, work: impl AsyncFnOnce(&mut AsyncPgConnection) -> Result<T>) -> Result<T> {
        let mut conn = self.pool.read().await?;
        conn.batch_execute("begin").await?;
        let result = work(&mut conn).await;
        conn.batch_execute(if result.is_ok() { "commit" } else { "rollback" }).await?;
        result
    }

    pub async fn post_at(&self, now: Instant, chain: &[Transfer]) -> Result<Posted> {
        let ctx = ctx_at(now);
        self.with(async |conn| ledger::post(conn, &ctx, chain).await).await
    }

    pub async fn post(&self, chain: &[Transfer]) -> Result<Posted> {
        self.post_at(at(0), chain).await
    }

    pub async fn available(&self, account: AccountId) -> i64 {
        let mut conn = self.pool.read().await.unwrap();
        ledger::balances(&mut conn, &[account]).await.unwrap()[0].available()
    }

    /// Invariants by name, each with the number of rows that violate it.
    pub async fn violations(&self) -> Vec<(&'static str, i64)> {
        let mut found = Vec::new();
        for (name, rows) in INVARIANTS {
            let count = self.number(&format!("select count(*) from ({rows}) as violations")).await;
            if count > 0 {
                found.push((name, count));
            }
        }
        found
    }

    pub async fn assert_sound(&self) {
        assert_eq!(self.violations().await, [], "the book is not sound");
    }
}

/// Rows that break an invariant of docs: R1, R3, R4, R5, R7, R8, R9.
pub const INVARIANTS: [(&str, &str); 9] = [
    (
        "R1 all accounts of a unit together are zero",
        "select unit from {s}.account group by unit having sum(credits_posted) <> sum(debits_posted)
         or sum(credits_pending) <> sum(debits_pending)",
    ),
    (
        "R3 nothing below zero but sources",
        "select id from {s}.account
         where least(debits_posted, credits_posted, debits_pending, credits_pending) < 0
            or not source and credits_posted - debits_posted - debits_pending < 0",
    ),
    (
        "R4 resolved at most once",
        "select pending_id from {s}.transfer group by pending_id having count(pending_id) > 1",
    ),
    (
        "R4 not more posted than reserved, between the same accounts, before it expired",
        "select r.id from {s}.transfer r left join {s}.transfer p on p.id = r.pending_id
         where r.kind in ('post_pending', 'void_pending', 'expire_pending')
           and (p.kind is distinct from 'pending' or r.amount > p.amount
                or r.kind <> 'post_pending' and r.amount <> p.amount
                or r.debit_account <> p.debit_account or r.credit_account <> p.credit_account
                or coalesce(p.expires_at <= r.business_at, false) <> (r.kind = 'expire_pending'))",
    ),
    (
        "R5 the balances are the fold of the log",
        "with steps as (
            select t.debit_account, t.credit_account,
                   case when t.kind in ('post', 'post_pending', 'correction') then t.amount else 0 end as moved,
                   case when t.kind = 'pending' then t.amount else -coalesce(p.amount, 0) end as held
            from {s}.transfer t left join {s}.transfer p on p.id = t.pending_id)
         select a.id from {s}.account a
         left join (
            select account, sum(dp) as dp, sum(cp) as cp, sum(dr) as dr, sum(cr) as cr
            from (
                select t.debit_account as account, moved as dp, 0 as cp, held as dr, 0 as cr from steps t
                union all
                select t.credit_account, 0, moved, 0, held from steps t
            ) as sides group by account
         ) as fold on fold.account = a.id
         where (a.debits_posted, a.credits_posted, a.debits_pending, a.credits_pending) is distinct from
               (coalesce(fold.dp, 0), coalesce(fold.cp, 0), coalesce(fold.dr, 0), coalesce(fold.cr, 0))",
    ),
    (
        "corrections are opposite and not more than the wrong transfer",
        "select c.corrects from {s}.transfer c left join {s}.transfer w on w.id = c.corrects
         where c.kind = 'correction' group by c.corrects, w.amount, w.kind
         having bool_or(c.debit_account <> w.credit_account or c.credit_account <> w.debit_account)
             or sum(c.amount) > w.amount or w.kind is null or w.kind not in ('post', 'post_pending', 'correction')",
    ),
    ("R7 one transfer per id", "select id from {s}.transfer group by id having count(*) > 1"),
    (
        "R8 chains are whole",
        "select chain_id from {s}.transfer where chain_id is not null group by chain_id
         having count(*) <> max(chain_length) or count(distinct chain_index) <> max(chain_length)
             or max(chain_index) <> max(chain_length) - 1 or min(chain_length) <> max(chain_length)
             or count(distinct txid) > 1",
    ),
    (
        "R9 two accounts of one unit, and an amount in range",
        "select t.id from {s}.transfer t
         left join {s}.account d on d.id = t.debit_account left join {s}.account c on c.id = t.credit_account
         where d.id is null or c.id is null or d.id = c.id or d.unit <> c.unit or t.unit <> d.unit
            or t.amount not between 1 and 1000000000",
    ),
];
