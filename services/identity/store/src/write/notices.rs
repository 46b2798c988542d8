//! Publishing, correcting, withdrawing and reading notices.
use crate::{
    rows::notices::{NewAttachment, NewNotice, NewReceipt, NewVersion},
    schema::{notice, notice_attachment, notice_receipt, notice_version},
};
use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

type Result<T> = QueryResult<T>;

/// Publishes one; false when its id or its number is taken.
///
/// # Errors
/// The database's.
pub async fn publish(conn: &mut AsyncPgConnection, row: &NewNotice) -> Result<bool> {
    let made = diesel::insert_into(notice::table).values(row).on_conflict_do_nothing().execute(conn).await?;
    Ok(made == 1)
}

/// Writes what a version says.
///
/// # Errors
/// The database's.
pub async fn version(conn: &mut AsyncPgConnection, row: &NewVersion, attachments: &[NewAttachment]) -> Result<()> {
    diesel::insert_into(notice_version::table).values(row).execute(conn).await?;
    diesel::insert_into(notice_attachment::table).values(attachments).execute(conn).await?;
    Ok(())
}

/// Makes another version the present one.
///
/// # Errors
/// The database's.
pub async fn correct(
    conn: &mut AsyncPgConnection,
    id: Uuid,
    version: i32,
    valid_until: Option<NaiveDate>,
) -> Result<()> {
    let present = (notice::version.eq(version), notice::valid_until.eq(valid_until));
    diesel::update(notice::table.find(id)).set(present).execute(conn).await?;
    Ok(())
}

/// Takes one back.
///
/// # Errors
/// The database's.
pub async fn withdraw(conn: &mut AsyncPgConnection, id: Uuid, at: DateTime<Utc>) -> Result<()> {
    diesel::update(notice::table.find(id)).set(notice::withdrawn_at.eq(at)).execute(conn).await?;
    Ok(())
}

/// Somebody has read a version; once is enough.
///
/// # Errors
/// The database's.
pub async fn receipt(conn: &mut AsyncPgConnection, row: &NewReceipt) -> Result<()> {
    diesel::insert_into(notice_receipt::table).values(row).on_conflict_do_nothing().execute(conn).await?;
    Ok(())
}
