//! Issuing accounts, inviting their holders, suspending and closing.
use crate::{
    rows::accounts::{NewHolder, NewInvitation},
    schema::{account, invitation},
};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use platform::db::ROWS_PER_INSERT;
use uuid::Uuid;

type Result<T> = QueryResult<T>;

/// Makes accounts whose names are free; answers the ids of those that were made.
///
/// # Errors
/// The database's.
pub async fn issue(conn: &mut AsyncPgConnection, rows: &[NewHolder]) -> Result<Vec<Uuid>> {
    let mut made = Vec::with_capacity(rows.len());
    for chunk in rows.chunks(ROWS_PER_INSERT) {
        let insert = diesel::insert_into(account::table).values(chunk).on_conflict_do_nothing();
        made.extend(insert.returning(account::id).get_results::<Uuid>(conn).await?);
    }
    Ok(made)
}

/// Puts organisations that have nobody above them below the ministry or their prefecture.
///
/// # Errors
/// The database's.
pub async fn adopt(conn: &mut AsyncPgConnection, ids: &[Uuid]) -> Result<()> {
    diesel::sql_query(
        "update reference.organisation o set parent = (
                select p.id from reference.organisation p
                where p.id <> o.id and p.closed_on is null and case
                    when o.kind in ('municipality', 'health_centre', 'facility', 'reporting_proxy', 'coordination_hq',
                                    'medical_association', 'fire_service')
                    then p.kind = 'prefecture' and left(p.territory, 2) = left(o.territory, 2)
                    else p.kind = 'ministry' end
                order by p.name limit 1)
         where o.parent is null and o.id = any($1) and o.kind not in ('ministry', 'operator')",
    )
    .bind::<diesel::sql_types::Array<diesel::sql_types::Uuid>, _>(ids)
    .execute(conn)
    .await?;
    Ok(())
}

/// Makes invitations.
///
/// # Errors
/// The database's.
pub async fn invitations(conn: &mut AsyncPgConnection, rows: &[NewInvitation]) -> Result<()> {
    for chunk in rows.chunks(ROWS_PER_INSERT) {
        diesel::insert_into(invitation::table).values(chunk).execute(conn).await?;
    }
    Ok(())
}

/// Ends the open invitation of an account, if there is one.
///
/// # Errors
/// The database's.
pub async fn withdraw_invitation(conn: &mut AsyncPgConnection, of: Uuid, at: DateTime<Utc>) -> Result<()> {
    let open = invitation::table
        .filter(invitation::account.eq(of))
        .filter(invitation::redeemed_at.is_null())
        .filter(invitation::withdrawn_at.is_null());
    diesel::update(open).set(invitation::withdrawn_at.eq(at)).execute(conn).await?;
    Ok(())
}

/// An invitation was used.
///
/// # Errors
/// The database's.
pub async fn redeemed(conn: &mut AsyncPgConnection, id: Uuid, at: DateTime<Utc>) -> Result<()> {
    diesel::update(invitation::table.find(id)).set(invitation::redeemed_at.eq(at)).execute(conn).await?;
    Ok(())
}

/// A wrong code was given for it.
///
/// # Errors
/// The database's.
pub async fn tried(conn: &mut AsyncPgConnection, id: Uuid, tries: i16) -> Result<()> {
    diesel::update(invitation::table.find(id)).set(invitation::tries.eq(tries)).execute(conn).await?;
    Ok(())
}

/// Suspends an account, or lets it in again.
///
/// # Errors
/// The database's.
pub async fn suspend(conn: &mut AsyncPgConnection, id: Uuid, since: Option<DateTime<Utc>>) -> Result<()> {
    diesel::update(account::table.find(id)).set(account::disabled_at.eq(since)).execute(conn).await?;
    Ok(())
}

/// Closes an account for good: its credentials go, and its mail address with them.
///
/// # Errors
/// The database's.
pub async fn close(conn: &mut AsyncPgConnection, id: Uuid, at: DateTime<Utc>) -> Result<()> {
    let closed = (account::closed_at.eq(at), account::disabled_at.eq(at), account::mail.eq(None::<String>));
    diesel::update(account::table.find(id)).set(closed).execute(conn).await?;
    let person = account::table.find(id).filter(account::kind.eq("person"));
    diesel::update(person).set(account::password_hash.eq(None::<String>)).execute(conn).await?;
    Ok(())
}

/// Somebody says that an account is still needed.
///
/// # Errors
/// The database's.
pub async fn confirm(conn: &mut AsyncPgConnection, id: Uuid, at: DateTime<Utc>, by: &str) -> Result<()> {
    let confirmed = (account::confirmed_at.eq(at), account::confirmed_by_name.eq(by));
    diesel::update(account::table.find(id)).set(confirmed).execute(conn).await?;
    Ok(())
}
