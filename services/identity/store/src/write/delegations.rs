//! Making, confirming and ending delegations.
use crate::{rows::delegations::Delegation, schema::delegation};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

type Result<T> = QueryResult<T>;

/// Makes one; false when the id is taken.
///
/// # Errors
/// The database's.
pub async fn make(conn: &mut AsyncPgConnection, row: &Delegation) -> Result<bool> {
    let made = diesel::insert_into(delegation::table).values(row).on_conflict_do_nothing().execute(conn).await?;
    Ok(made == 1)
}

/// The second person confirms it.
///
/// # Errors
/// The database's.
pub async fn confirm(conn: &mut AsyncPgConnection, id: Uuid, by: Uuid, name: &str, at: DateTime<Utc>) -> Result<()> {
    let confirmed = (
        delegation::confirmed_by.eq(by),
        delegation::confirmed_by_name.eq(name),
        delegation::confirmed_at.eq(at),
        delegation::version.eq(delegation::version + 1),
    );
    diesel::update(delegation::table.find(id)).set(confirmed).execute(conn).await?;
    Ok(())
}

/// Ends those that nobody has ended; answers their ids.
///
/// # Errors
/// The database's.
pub async fn end(
    conn: &mut AsyncPgConnection,
    ids: &[Uuid],
    name: &str,
    at: DateTime<Utc>,
    reason: &str,
) -> Result<Vec<Uuid>> {
    let open = delegation::table.filter(delegation::id.eq_any(ids)).filter(delegation::ended_at.is_null());
    let ended = (
        delegation::ended_by_name.eq(name),
        delegation::ended_at.eq(at),
        delegation::end_reason.eq(reason),
        delegation::version.eq(delegation::version + 1),
    );
    diesel::update(open).set(ended).returning(delegation::id).get_results(conn).await
}
