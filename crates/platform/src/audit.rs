//! The audit trail: one row per change, in the change's own transaction.
use crate::schema::audit;
use crate::{Position, failure::Result, opctx::OpCtx, opctx::new_id};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use domain::{
    policy::Permit,
    time::{Instant, rfc3339},
};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// What a change is about.
#[derive(Debug, Clone)]
pub struct Entry {
    /// `facility/<id>`, `clock`
    pub target: String,
    /// Id of the row that changes or is made: a report, a facility_change.
    pub cause: Uuid,
    /// Why, in the actor's words.
    pub reason: Option<String>,
}

// NULL instead of DEFAULT for what is absent: only so can the statement be prepared once and kept
#[derive(Insertable)]
#[diesel(table_name = audit, treat_none_as_default_value = false)]
struct Row {
    id: Uuid,
    business_at: Instant,
    actor: Uuid,
    actor_name: String,
    role: &'static str,
    organisation: Uuid,
    action: &'static str,
    target: String,
    cause_id: Uuid,
    request_id: Uuid,
    reason: Option<String>,
    digest: Vec<u8>,
}

/// SHA-256 over the row's own facts, each with its length before it, so that no two different rows
/// read the same.
fn digest(row: &Row) -> Vec<u8> {
    let mut hash = Sha256::new();
    let mut put = |text: &str| {
        hash.update(u64::try_from(text.len()).unwrap_or(u64::MAX).to_be_bytes());
        hash.update(text.as_bytes());
    };
    for text in [
        &row.id.to_string(),
        &rfc3339(row.business_at),
        &row.actor.to_string(),
        &row.actor_name,
        row.role,
        &row.organisation.to_string(),
        row.action,
        &row.target,
        &row.cause_id.to_string(),
        &row.request_id.to_string(),
    ] {
        put(text);
    }
    put(if row.reason.is_some() { "1" } else { "0" });
    put(row.reason.as_deref().unwrap_or(""));
    hash.finalize().to_vec()
}

/// Writes the rows and answers the transaction's position.
pub(crate) async fn write(
    conn: &mut AsyncPgConnection,
    ctx: &OpCtx,
    permitted: &[(&Permit, Entry)],
) -> Result<Position> {
    let mut position = Position(0);
    let rows: Vec<Row> = permitted
        .iter()
        .map(|(permit, entry)| {
            let actor = permit.actor();
            let mut row = Row {
                id: new_id(),
                business_at: ctx.now,
                actor: actor.account.0,
                actor_name: actor.name.clone(),
                role: actor.role.as_str(),
                organisation: actor.organisation.0,
                action: permit.action().as_str(),
                target: entry.target.clone(),
                cause_id: entry.cause,
                request_id: ctx.request_id.0,
                reason: entry.reason.clone(),
                digest: Vec::new(),
            };
            row.digest = digest(&row);
            row
        })
        .collect();
    // one row is the hot path: its statement is cached, that of a slice is not
    if let [row] = rows.as_slice() {
        let txid = diesel::insert_into(audit::table).values(row).returning(audit::txid).get_result(conn).await?;
        return Ok(Position(txid));
    }
    for chunk in rows.chunks(crate::db::ROWS_PER_INSERT) {
        let txids: Vec<i64> =
            diesel::insert_into(audit::table).values(chunk).returning(audit::txid).get_results(conn).await?;
        position = txids.as_slice().iter().next().copied().map_or(position, Position);
    }
    Ok(position)
}
