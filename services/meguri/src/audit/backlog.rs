//! How many events are with the broker, and how many wait.
use diesel::{QueryableByName, sql_types::BigInt};
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
use platform::{Failure, failure::Result};

/// All outboxes together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, QueryableByName)]
pub struct Outboxes {
    /// Events that the broker has.
    #[diesel(sql_type = BigInt)]
    pub published: i64,
    /// Events that wait.
    #[diesel(sql_type = BigInt)]
    pub unsent: i64,
}

/// Counts the outboxes' rows, as the auditor.
///
/// # Errors
/// The database's.
pub async fn outboxes(url: &str) -> Result<Outboxes> {
    let mut conn = AsyncPgConnection::establish(url).await.map_err(|error| Failure::Unavailable(error.to_string()))?;
    let all = ["identity", "capacity", "allocation", "distribution", "relay"]
        .map(|schema| format!("select published_at from {schema}.outbox"))
        .join(" union all ");
    let sql = format!(
        "select count(published_at) as published, count(*) - count(published_at) as unsent from ({all}) as every"
    );
    Ok(diesel::sql_query(sql).get_result(&mut conn).await?)
}
