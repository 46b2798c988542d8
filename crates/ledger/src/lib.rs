//! The double-entry book: accounts and transfers in a service's own schema, after TigerBeetle's model.
//!
//! - Things are only moved, from one account to another, never made or lost. They enter through a
//!   *source*, the one sort of account that may go below zero, so that per unit all accounts together
//!   are always zero.
//! - A transfer never changes. A mistake is answered by the opposite transfer, which cites it.
//! - A transfer may wait: *pending* reserves, and is then posted (wholly or in part), voided or expired,
//!   once.
//! - A *chain* is posted whole or not at all, step by step; the refusal names the first step that fails.
//! - The caller makes each id. The same chain again is answered as before and writes nothing; another
//!   transfer under a used id is refused.
//!
//! [`rules`] decides, purely; this module locks and loads what the rules need and writes what they say:
//! three statements for a chain of any length. All of it happens in the caller's transaction, at the
//! isolation level *read committed*: accounts are locked in id order, so that postings never deadlock
//! with each other. A use case that posts several chains in one transaction takes all their accounts
//! with [`lock`] first. The database's constraints are the last line: what slips past the rules ends
//! there, as an error and not as a refusal.
pub mod refusal;
pub mod rules;
mod sql;
mod transfer;

pub use refusal::{Reason, Refusal};
pub use rules::Balance;
pub use transfer::{AccountId, Entry, Kind, Place, Transfer};

use diesel::result::{DatabaseErrorKind, Error};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use platform::{
    OpCtx,
    failure::{Failure, Result},
    opctx::new_id,
};
use rules::{Book, Outcome};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// The largest amount of one transfer, in whole units; the same bound stands in the table.
pub const AMOUNT_MAX: i64 = 1_000_000_000;

/// The most transfers in one chain: the nation's 1,741 municipalities go in one, and nobody waits
/// longer than a moment for the accounts that it locks.
pub const CHAIN_MAX: usize = 10_000;

/// An account to be opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAccount {
    /// What is counted, not empty; transfers stay within one unit: `vials/comirnaty-12plus/EX0001`.
    pub unit: String,
    /// Things enter the book here: it may go below zero.
    pub source: bool,
}

impl NewAccount {
    /// An account that holds things and never goes below zero.
    #[must_use]
    pub fn of(unit: impl Into<String>) -> Self {
        Self { unit: unit.into(), source: false }
    }

    /// An account through which things enter the book.
    #[must_use]
    pub fn source(unit: impl Into<String>) -> Self {
        Self { unit: unit.into(), source: true }
    }
}

/// A chain that stands in the book.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Posted {
    /// It stood there before this call, which wrote nothing.
    pub exists: bool,
    /// The chain's accounts as they are now, in id order.
    pub balances: Vec<Balance>,
}

/// Opens accounts and answers their ids in the same order.
///
/// # Errors
/// The database's.
pub async fn open(conn: &mut AsyncPgConnection, accounts: &[NewAccount]) -> Result<Vec<AccountId>> {
    let statement = sql::Open {
        units: accounts.iter().map(|account| account.unit.clone()).collect(),
        sources: accounts.iter().map(|account| account.source).collect(),
    };
    let mut ids: Vec<i64> = statement.load(conn).await?;
    ids.sort_unstable();
    Ok(ids.into_iter().map(AccountId).collect())
}

/// Closes accounts (nothing goes out any more; things may come in, and reservations may still be
/// voided or expire), or opens them again. Answers how many of them there are.
///
/// # Errors
/// The database's.
pub async fn set_closed(conn: &mut AsyncPgConnection, accounts: &[AccountId], closed: bool) -> Result<usize> {
    Ok(sql::SetClosed { ids: numbers(accounts), closed }.execute(conn).await?)
}

/// The accounts as they are, in id order; those that do not exist are left out.
///
/// # Errors
/// The database's.
pub async fn balances(conn: &mut AsyncPgConnection, accounts: &[AccountId]) -> Result<Vec<Balance>> {
    let rows = sql::Read { ids: numbers(accounts) }.load(conn).await?;
    Ok(rows.into_iter().map(sql::balance).collect())
}

/// The same, and keeps them as they are until the transaction ends: for a use case that moves
/// "whatever is there" or posts several chains. It must name every account that the transaction will
/// touch, or two of its kind may wait for each other.
///
/// # Errors
/// The database's.
pub async fn lock(conn: &mut AsyncPgConnection, accounts: &[AccountId]) -> Result<Vec<Balance>> {
    let rows = sql::Lock { ids: numbers(accounts), through: Vec::new() }.load(conn).await?;
    Ok(rows.into_iter().map(sql::balance).collect())
}

/// Accounts that the caller's transaction has locked, as they are. It posts one chain with them.
#[derive(Debug)]
pub struct Held(BTreeMap<AccountId, Balance>);

/// Locks accounts as [`lock`] does, for a use case that must know them before it posts its one chain: that
/// saves [`post`] from asking for them again.
///
/// # Errors
/// The database's.
pub async fn hold(conn: &mut AsyncPgConnection, accounts: &[AccountId]) -> Result<Held> {
    let locked = lock(conn, accounts).await?;
    Ok(Held(locked.into_iter().map(|balance| (balance.account, balance)).collect()))
}

impl Held {
    /// One of them; `None` when it does not exist or was not asked for.
    #[must_use]
    pub fn balance(&self, account: AccountId) -> Option<&Balance> {
        self.0.get(&account)
    }

    /// Posts a chain between these accounts, as [`post`] does, in two statements. Its transfers name their
    /// accounts: one that posts, gives up or takes back another is refused, as is an account that is not held.
    ///
    /// # Errors
    /// Those of [`post`].
    pub async fn post(self, conn: &mut AsyncPgConnection, ctx: &OpCtx, chain: &[Transfer]) -> Result<Posted> {
        rules::check_shape(chain)?;
        if chain.iter().any(|transfer| transfer.kind.refers_to().is_some()) {
            return Err(Failure::internal("a chain between held accounts refers to another transfer"));
        }
        let ids = chain.iter().map(|transfer| transfer.id).collect();
        let transfers = sql::Recall { ids }.load(conn).await?;
        let transfers = transfers.into_iter().map(sql::recorded).collect();
        write(conn, ctx, Book { accounts: self.0, transfers }, chain).await
    }
}

/// Posts a chain (of one or more) in the caller's transaction: all of it or nothing. Three statements;
/// two when it exists or is refused, and then nothing has been written.
///
/// # Errors
/// A problem with a `ledger.` code whose parameters `step` (from 0) and `transfer` name the first
/// step that fails: see [`Reason`]. Or the database's.
pub async fn post(conn: &mut AsyncPgConnection, ctx: &OpCtx, chain: &[Transfer]) -> Result<Posted> {
    rules::check_shape(chain)?;
    let book = load(conn, chain).await?;
    write(conn, ctx, book, chain).await
}

async fn write(conn: &mut AsyncPgConnection, ctx: &OpCtx, book: Book, chain: &[Transfer]) -> Result<Posted> {
    let before = book.accounts.clone();
    match rules::apply(book, chain, ctx.actor.account.0, ctx.now)? {
        Outcome::Exists => Ok(Posted { exists: true, balances: before.into_values().collect() }),
        Outcome::New(effects) => {
            let written = sql::Write::new(&before, &effects).execute(conn).await;
            written.map_err(|error| id_taken(error, chain))?;
            Ok(Posted { exists: false, balances: effects.balances.into_values().collect() })
        }
    }
}

/// Lets up to `limit` pending transfers expire whose time has come by the operation's clock, as one
/// chain. Answers their ids; fewer than `limit` means that none is left. What others resolve in the
/// meantime is passed over.
///
/// # Errors
/// The database's.
pub async fn expire_due(conn: &mut AsyncPgConnection, ctx: &OpCtx, limit: usize) -> Result<Vec<Uuid>> {
    let limit = i64::try_from(limit.min(CHAIN_MAX)).map_err(Failure::internal)?;
    let mut due: Vec<Uuid> = sql::Due { now: ctx.now, limit }.load(conn).await?;
    if due.is_empty() {
        return Ok(due);
    }
    let chain_of = |due: &[Uuid]| -> Vec<Transfer> {
        due.iter().map(|pending| Transfer::expire_pending(new_id(), *pending)).collect()
    };
    let book = load(conn, &chain_of(&due)).await?;
    due.retain(|pending| book.transfers.get(pending).is_some_and(|recorded| !recorded.resolved));
    if due.is_empty() {
        return Ok(due);
    }
    let before = book.accounts.clone();
    // the ids are new, so that the chain cannot exist
    if let Outcome::New(effects) = rules::apply(book, &chain_of(&due), ctx.actor.account.0, ctx.now)? {
        sql::Write::new(&before, &effects).execute(conn).await?;
    }
    Ok(due)
}

fn numbers(accounts: &[AccountId]) -> Vec<i64> {
    accounts.iter().map(|account| account.0).collect()
}

/// Locks the chain's accounts and loads what the rules need.
async fn load(conn: &mut AsyncPgConnection, chain: &[Transfer]) -> Result<Book> {
    let mut ids = BTreeSet::new();
    for transfer in chain {
        if let Kind::Post { debit, credit, .. } | Kind::Pending { debit, credit, .. } = transfer.kind {
            ids.extend([debit.0, credit.0]);
        }
    }
    let through: Vec<Uuid> = chain.iter().filter_map(|transfer| transfer.kind.refers_to()).collect();
    let asked = chain.iter().map(|transfer| transfer.id).chain(through.iter().copied()).collect();
    let accounts = sql::Lock { ids: ids.into_iter().collect(), through }.load(conn).await?;
    let accounts = accounts.into_iter().map(sql::balance).map(|balance| (balance.account, balance)).collect();
    let transfers = sql::Recall { ids: asked }.load(conn).await?;
    let transfers: BTreeMap<_, _> = transfers.into_iter().map(sql::recorded).collect();
    Ok(Book { accounts, transfers })
}

/// Two callers that use one id for transfers between different accounts do not wait for each other's
/// locks; the later one meets the primary key. The transaction is then beyond use, as it must be.
fn id_taken(error: Error, chain: &[Transfer]) -> Failure {
    if let Error::DatabaseError(DatabaseErrorKind::UniqueViolation, what) = &error
        && what.constraint_name() == Some("transfer_pkey")
    {
        let details = what.details().unwrap_or_default();
        let taken = chain.iter().enumerate().find(|(_, transfer)| details.contains(&transfer.id.to_string()));
        if let Some((step, transfer)) = taken {
            return Refusal { step, transfer: transfer.id, reason: Reason::IdReused }.into();
        }
    }
    error.into()
}
