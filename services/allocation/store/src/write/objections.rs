//! Objections, their answers, and who was reminded. Append-only.
use crate::{
    rows::{NewAnswer, NewObjection, Reminder},
    schema::{objection, objection_answer, reminded},
};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use platform::{db::ROWS_PER_INSERT, failure::Result};
use uuid::Uuid;

/// Adds an objection.
///
/// # Errors
/// The database's.
pub async fn objection(conn: &mut AsyncPgConnection, row: &NewObjection) -> Result<()> {
    diesel::insert_into(objection::table).values(row).execute(conn).await?;
    Ok(())
}

/// Adds an answer; `false` when the objection has one.
///
/// # Errors
/// The database's.
pub async fn answer(conn: &mut AsyncPgConnection, row: &NewAnswer) -> Result<bool> {
    let insert = diesel::insert_into(objection_answer::table).values(row);
    Ok(insert.on_conflict(objection_answer::objection_id).do_nothing().execute(conn).await? == 1)
}

/// Notes who is reminded of what; answers those who had not been: round, holder and kind of each. Waits for
/// another process that is at the same.
///
/// # Errors
/// The database's.
pub async fn reminded(conn: &mut AsyncPgConnection, rows: &[Reminder]) -> Result<Vec<(Uuid, String, String)>> {
    let mut new = Vec::new();
    for chunk in rows.chunks(ROWS_PER_INSERT) {
        let insert = diesel::insert_into(reminded::table).values(chunk).on_conflict_do_nothing();
        let written = insert.returning((reminded::round_id, reminded::holder, reminded::kind));
        new.extend(written.get_results::<(Uuid, String, String)>(conn).await?);
    }
    Ok(new)
}
