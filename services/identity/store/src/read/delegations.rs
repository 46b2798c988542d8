//! Delegations, as giver and taker see them.
use crate::{rows::delegations::Delegation, schema::delegation};
use chrono::NaiveDate;
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

type Result<T> = QueryResult<T>;

/// A delegation, whoever asks.
///
/// # Errors
/// The database's.
pub async fn delegation(conn: &mut AsyncPgConnection, id: Uuid) -> Result<Option<Delegation>> {
    delegation::table.find(id).select(Delegation::as_select()).first(conn).await.optional()
}

/// The same, locked to the end of the transaction.
///
/// # Errors
/// The database's.
pub async fn locked(conn: &mut AsyncPgConnection, id: Uuid) -> Result<Option<Delegation>> {
    delegation::table.find(id).select(Delegation::as_select()).for_update().first(conn).await.optional()
}

/// Those that an organisation gives or an account takes, newest first: ids are made in the order of time.
///
/// # Errors
/// The database's.
pub async fn concerning(
    conn: &mut AsyncPgConnection,
    organisation: Uuid,
    account: Uuid,
    after: Option<Uuid>,
    limit: i64,
) -> Result<Vec<Delegation>> {
    let mine = delegation::organisation.eq(organisation).or(delegation::account.eq(account));
    let mut query = delegation::table.filter(mine).into_boxed();
    if let Some(after) = after {
        query = query.filter(delegation::id.lt(after));
    }
    query.order(delegation::id.desc()).limit(limit).select(Delegation::as_select()).load(conn).await
}

/// Those whose last day is over and that nobody has ended.
///
/// # Errors
/// The database's.
pub async fn over(conn: &mut AsyncPgConnection, today: NaiveDate, limit: i64) -> Result<Vec<Delegation>> {
    let over = delegation::table.filter(delegation::ended_at.is_null()).filter(delegation::valid_until.lt(today));
    over.order(delegation::valid_until).limit(limit).select(Delegation::as_select()).load(conn).await
}
