//! Rounds of the past: written once, never changed.
use crate::{
    rows::{PastLine, PastRound},
    schema::{past_line, past_round},
};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use platform::{db::ROWS_PER_INSERT, failure::Result};

/// Adds rounds of the past and their lines.
///
/// # Errors
/// The database's.
pub async fn past_rounds(conn: &mut AsyncPgConnection, rounds: &[PastRound], lines: &[PastLine]) -> Result<()> {
    for chunk in rounds.chunks(ROWS_PER_INSERT) {
        diesel::insert_into(past_round::table).values(chunk).execute(conn).await?;
    }
    for chunk in lines.chunks(ROWS_PER_INSERT) {
        diesel::insert_into(past_line::table).values(chunk).execute(conn).await?;
    }
    Ok(())
}

/// Keeps other imports out until the transaction ends.
///
/// # Errors
/// The database's.
pub async fn lock(conn: &mut AsyncPgConnection) -> Result<()> {
    crate::sql::Lock { name: "past_round".to_owned() }.execute(conn).await?;
    Ok(())
}
