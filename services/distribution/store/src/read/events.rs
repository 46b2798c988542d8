//! A partner's events once more, from our own outbox.
use chrono::{DateTime, Utc};
use diesel::{prelude::*, sql_types};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use platform::failure::Result;
use serde_json::Value;
use uuid::Uuid;

/// An event of the outbox, with its place in the order of transactions.
#[derive(Debug, Clone, PartialEq, QueryableByName)]
pub struct Told {
    /// The transaction that wrote it.
    #[diesel(sql_type = sql_types::BigInt)]
    pub txid: i64,
    /// Its place in the outbox.
    #[diesel(sql_type = sql_types::BigInt)]
    pub pos: i64,
    /// The event's id.
    #[diesel(sql_type = sql_types::Uuid)]
    pub id: Uuid,
    /// Its subject.
    #[diesel(sql_type = sql_types::Text)]
    pub subject: String,
    /// Its sequence.
    #[diesel(sql_type = sql_types::BigInt)]
    pub sequence: i64,
    /// Its type.
    #[diesel(sql_type = sql_types::Text)]
    #[diesel(column_name = "type")]
    pub kind: String,
    /// Business time.
    #[diesel(sql_type = sql_types::Timestamptz)]
    pub business_at: DateTime<Utc>,
    /// W3C trace context.
    #[diesel(sql_type = sql_types::Nullable<sql_types::Text>)]
    pub traceparent: Option<String>,
    /// Its data.
    #[diesel(sql_type = sql_types::Jsonb)]
    pub payload: Value,
}

/// The first `limit` events that name a company, and its branch if one is given, after transaction and place
/// `after`, in order of both. Only of transactions older than all that still run: whatever commits later
/// has a later place, so that nothing is ever passed over.
///
/// # Errors
/// The database's.
pub async fn told(
    conn: &mut AsyncPgConnection,
    wholesaler: &str,
    branch: Option<&str>,
    after: (i64, i64),
    limit: i64,
) -> Result<Vec<Told>> {
    Ok(diesel::sql_query(
        "select txid, pos, id, subject, sequence, type, business_at, traceparent, payload from distribution.outbox
         where payload ->> 'wholesaler' = $1 and ($2 is null or payload ->> 'branch' = $2) and (txid, pos) > ($3, $4)
             and txid < pg_snapshot_xmin(pg_current_snapshot())::text::bigint
         order by txid, pos limit $5",
    )
    .bind::<sql_types::Text, _>(wholesaler)
    .bind::<sql_types::Nullable<sql_types::Text>, _>(branch)
    .bind::<sql_types::BigInt, _>(after.0)
    .bind::<sql_types::BigInt, _>(after.1)
    .bind::<sql_types::BigInt, _>(limit)
    .load(conn)
    .await?)
}

/// Was somebody told of this cause?
///
/// # Errors
/// The database's.
pub async fn is_told(conn: &mut AsyncPgConnection, cause: Uuid) -> Result<bool> {
    #[derive(QueryableByName)]
    struct Found {
        #[diesel(sql_type = sql_types::Bool)]
        told: bool,
    }
    let query = diesel::sql_query("select exists (select from distribution.outbox where cause_id = $1) as told");
    let found: Found = query.bind::<sql_types::Uuid, _>(cause).get_result(conn).await?;
    Ok(found.told)
}
