//! Sessions and revocations. Times are real time.
use super::Result;
use crate::{
    rows::access::Session,
    schema::{revocation, session},
};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

/// Begins a session.
///
/// # Errors
/// The database's.
pub async fn begin_session(conn: &mut AsyncPgConnection, row: &Session) -> Result<()> {
    diesel::insert_into(session::table).values(row).execute(conn).await?;
    Ok(())
}

/// Notes that somebody is there. Nothing anybody is answerable for, and so outside of any transaction.
///
/// # Errors
/// The database's.
pub async fn touch_session(conn: &mut AsyncPgConnection, id: Uuid, at: DateTime<Utc>) -> Result<()> {
    let open = session::table.find(id).filter(session::ended_at.is_null()).filter(session::active_at.lt(at));
    diesel::update(open).set(session::active_at.eq(at)).execute(conn).await?;
    Ok(())
}

/// Ends those of the sessions that have not ended; answers which.
///
/// # Errors
/// The database's.
pub async fn end_sessions(
    conn: &mut AsyncPgConnection,
    ids: &[Uuid],
    at: DateTime<Utc>,
    by: &str,
) -> Result<Vec<Uuid>> {
    let open = session::table.filter(session::id.eq_any(ids)).filter(session::ended_at.is_null());
    let ended = diesel::update(open).set((session::ended_at.eq(at), session::ended_by.eq(by)));
    ended.returning(session::id).get_results(conn).await
}

/// Ends all sessions of an account that have not ended, but for one; answers which.
///
/// # Errors
/// The database's.
pub async fn end_sessions_of(
    conn: &mut AsyncPgConnection,
    account: Uuid,
    but: Option<Uuid>,
    at: DateTime<Utc>,
    by: &str,
) -> Result<Vec<Uuid>> {
    let open = session::table.filter(session::account.eq(account)).filter(session::ended_at.is_null());
    let open = open.filter(session::id.ne(but.unwrap_or_default()));
    let ended = diesel::update(open).set((session::ended_at.eq(at), session::ended_by.eq(by)));
    ended.returning(session::id).get_results(conn).await
}

/// Revokes what these subjects have had until `at`; tokens of theirs live no longer than `until`.
///
/// # Errors
/// The database's.
pub async fn revoke(
    conn: &mut AsyncPgConnection,
    kind: &str,
    subjects: &[Uuid],
    at: DateTime<Utc>,
    until: DateTime<Utc>,
) -> Result<()> {
    let row = |subject: &Uuid| {
        (
            revocation::kind.eq(kind.to_owned()),
            revocation::subject.eq(*subject),
            revocation::at.eq(at),
            revocation::until.eq(until),
        )
    };
    let rows: Vec<_> = subjects.iter().map(row).collect();
    diesel::insert_into(revocation::table).values(rows).execute(conn).await?;
    Ok(())
}

/// Forgets revocations of tokens that have all expired.
///
/// # Errors
/// The database's.
pub async fn forget_revocations(conn: &mut AsyncPgConnection, now: DateTime<Utc>) -> Result<()> {
    diesel::delete(revocation::table.filter(revocation::until.lt(now))).execute(conn).await?;
    Ok(())
}
