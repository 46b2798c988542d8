//! The log of views: its digests, computed with a recipe of the auditor's own.
use super::chain::{Row, Stands};
use chrono::{DateTime, SecondsFormat, Utc};
use diesel::{
    QueryableByName,
    sql_types::{Array, BigInt, Binary, Nullable, Text, Timestamptz, Uuid as SqlUuid},
};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use platform::failure::Result;
use sha2::{Digest, Sha256};
use uuid::Uuid;

#[derive(QueryableByName)]
struct View {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Timestamptz)]
    business_at: DateTime<Utc>,
    #[diesel(sql_type = SqlUuid)]
    facility: Uuid,
    #[diesel(sql_type = Array<Text>)]
    seen: Vec<String>,
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = SqlUuid)]
    actor: Uuid,
    #[diesel(sql_type = Text)]
    actor_name: String,
    #[diesel(sql_type = Text)]
    role: String,
    #[diesel(sql_type = SqlUuid)]
    organisation: Uuid,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    session: Option<Uuid>,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    delegation: Option<Uuid>,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    break_glass: Option<Uuid>,
    #[diesel(sql_type = SqlUuid)]
    request_id: Uuid,
    #[diesel(sql_type = Text)]
    service: String,
    #[diesel(sql_type = Nullable<Text>)]
    reason: Option<String>,
    #[diesel(sql_type = Binary)]
    digest: Vec<u8>,
    #[diesel(embed)]
    stands: Stands,
}

/// SHA-256 over texts, each preceded by its length in bytes as eight bytes, big end first: id, business_at (UTC,
/// milliseconds, `Z`), facility, how many were seen, each of them, kind, actor, actor_name, role, organisation,
/// session, delegation, break_glass, request_id, service, reason. What may be absent is `1` and its text, or `0`
/// and nothing.
fn expected(view: &View) -> [u8; 32] {
    let mut texts = vec![
        view.id.to_string(),
        view.business_at.to_rfc3339_opts(SecondsFormat::Millis, true),
        view.facility.to_string(),
        view.seen.len().to_string(),
    ];
    texts.extend(view.seen.iter().cloned());
    texts.extend([view.kind.clone(), view.actor.to_string(), view.actor_name.clone(), view.role.clone()]);
    texts.push(view.organisation.to_string());
    let mut maybe = |fact: Option<String>| match fact {
        Some(fact) => texts.extend(["1".to_owned(), fact]),
        None => texts.extend(["0".to_owned(), String::new()]),
    };
    maybe(view.session.map(|id| id.to_string()));
    maybe(view.delegation.map(|id| id.to_string()));
    maybe(view.break_glass.map(|id| id.to_string()));
    texts.extend([view.request_id.to_string(), view.service.clone()]);
    match &view.reason {
        Some(reason) => texts.extend(["1".to_owned(), reason.clone()]),
        None => texts.extend(["0".to_owned(), String::new()]),
    }
    let mut message = Vec::with_capacity(512);
    for text in texts {
        message.extend_from_slice(&(text.len() as u64).to_be_bytes());
        message.extend_from_slice(text.as_bytes());
    }
    Sha256::digest(&message).into()
}

/// The rows of these transactions.
pub(super) async fn sealed(conn: &mut AsyncPgConnection, from: i64, until: i64) -> Result<Vec<Row>> {
    let views: Vec<View> = diesel::sql_query(
        "select id, business_at, facility, seen, kind, actor, actor_name, role, organisation, session, delegation,
                break_glass, request_id, service, reason, digest, txid, recorded_at
         from views.log where txid >= $1 and txid < $2",
    )
    .bind::<BigInt, _>(from)
    .bind::<BigInt, _>(until)
    .load(conn)
    .await?;
    let row = |view: View| Row {
        id: view.id,
        txid: view.stands.txid,
        recorded_at: view.stands.recorded_at,
        expected: expected(&view),
        digest: view.digest,
    };
    Ok(views.into_iter().map(row).collect())
}
