//! Who is signed in.
use super::Result;
use crate::{
    rows::{Account, Facility, Organisation, access::Session},
    schema::{account, facility, organisation, session, territory},
};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

/// The session whose secret has this digest, and its account; ended ones too.
///
/// # Errors
/// The database's.
pub async fn session_by_secret(conn: &mut AsyncPgConnection, sha256: &[u8]) -> Result<Option<(Session, Account)>> {
    let rows = session::table.inner_join(account::table.on(account::id.eq(session::account)));
    let found = rows.filter(session::secret_sha256.eq(sha256));
    found.select((Session::as_select(), Account::as_select())).first(conn).await.optional()
}

/// A session by its id; ended ones too.
///
/// # Errors
/// The database's.
pub async fn session(conn: &mut AsyncPgConnection, id: Uuid) -> Result<Option<Session>> {
    session::table.find(id).select(Session::as_select()).first(conn).await.optional()
}

/// The sessions of an account that were begun and active since, and have not ended; newest first.
///
/// # Errors
/// The database's.
pub async fn open_sessions(
    conn: &mut AsyncPgConnection,
    of: Uuid,
    started_after: DateTime<Utc>,
    active_after: DateTime<Utc>,
) -> Result<Vec<Session>> {
    let open = session::table.filter(session::account.eq(of)).filter(session::ended_at.is_null());
    let open = open.filter(session::started_at.gt(started_after)).filter(session::active_at.gt(active_after));
    open.order(session::started_at.desc()).select(Session::as_select()).load(conn).await
}

/// At most `limit` sessions that should have ended by now.
///
/// # Errors
/// The database's.
pub async fn overdue_sessions(
    conn: &mut AsyncPgConnection,
    started_by: DateTime<Utc>,
    active_by: DateTime<Utc>,
    limit: i64,
) -> Result<Vec<(Session, Account)>> {
    let rows = session::table.inner_join(account::table.on(account::id.eq(session::account)));
    let overdue = session::started_at.le(started_by).or(session::active_at.le(active_by));
    let rows = rows.filter(session::ended_at.is_null()).filter(overdue).order(session::id).limit(limit);
    rows.select((Session::as_select(), Account::as_select())).load(conn).await
}

/// An account by its id.
///
/// # Errors
/// The database's.
pub async fn account_by_id(conn: &mut AsyncPgConnection, id: Uuid) -> Result<Option<Account>> {
    account::table.find(id).select(Account::as_select()).first(conn).await.optional()
}

/// What an account's organisation and home are called.
#[derive(Debug, Clone)]
pub struct Names {
    /// The body it acts for.
    pub organisation: Option<Organisation>,
    /// Name of its home territory.
    pub territory: Option<String>,
    /// Its home facility.
    pub facility: Option<Facility>,
}

/// The names behind an account's ids.
///
/// # Errors
/// The database's.
pub async fn names(conn: &mut AsyncPgConnection, of: &Account) -> Result<Names> {
    let organisation = organisation::table.find(of.organisation).select(Organisation::as_select());
    let organisation = organisation.first(conn).await.optional()?;
    let territory = territory::table.find(&of.territory).select(territory::name).first(conn).await.optional()?;
    let facility = match of.facility {
        Some(id) => facility::table.find(id).select(Facility::as_select()).first(conn).await.optional()?,
        None => None,
    };
    Ok(Names { organisation, territory, facility })
}
