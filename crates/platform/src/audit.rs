//! The audit trail: one row per change, in the change's own transaction.
use crate::{Position, failure::Result, opctx::OpCtx, opctx::new_id, statement, statement::column};
use diesel::sql_types::{Array, BigInt, Binary, Nullable, Text, Timestamptz, Uuid as SqlUuid};
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

statement! {
    /// Writes rows; answers the transaction's id.
    Write<'a> {
        ids: Vec<Uuid> as Array<SqlUuid>,
        business_ats: Vec<Instant> as Array<Timestamptz>,
        actors: Vec<Uuid> as Array<SqlUuid>,
        actor_names: Vec<&'a str> as Array<Text>,
        roles: Vec<&'static str> as Array<Text>,
        organisations: Vec<Uuid> as Array<SqlUuid>,
        actions: Vec<&'static str> as Array<Text>,
        targets: Vec<&'a str> as Array<Text>,
        cause_ids: Vec<Uuid> as Array<SqlUuid>,
        request_ids: Vec<Uuid> as Array<SqlUuid>,
        reasons: Vec<Option<&'a str>> as Array<Nullable<Text>>,
        digests: Vec<&'a [u8]> as Array<Binary>,
    } -> BigInt,
    "with written as (
         insert into audit (id, business_at, actor, actor_name, role, organisation, action, target, cause_id,
                            request_id, reason, digest)
         select * from unnest(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
         returning txid)
     select coalesce(max(txid), 0) from written"
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
    let statement = Write {
        ids: column(&rows, |row| row.id),
        business_ats: column(&rows, |row| row.business_at),
        actors: column(&rows, |row| row.actor),
        actor_names: column(&rows, |row| row.actor_name.as_str()),
        roles: column(&rows, |row| row.role),
        organisations: column(&rows, |row| row.organisation),
        actions: column(&rows, |row| row.action),
        targets: column(&rows, |row| row.target.as_str()),
        cause_ids: column(&rows, |row| row.cause_id),
        request_ids: column(&rows, |row| row.request_id),
        reasons: column(&rows, |row| row.reason.as_deref()),
        digests: column(&rows, |row| row.digest.as_slice()),
    };
    Ok(Position(statement.get_result(conn).await?))
}
