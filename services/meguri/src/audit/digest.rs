//! R26: the digest of every audit row is the digest of what the row says. The recipe is written
//! here a second time on purpose; what it must be stands in the documentation of the table.
use super::{
    Check, SHOWN_MAX,
    chain::{Row, Stands},
    probe::elapsed_ms,
};
use chrono::{DateTime, SecondsFormat, Utc};
use diesel::{
    QueryableByName,
    sql_types::{BigInt, Binary, Nullable, Text, Timestamptz, Uuid as SqlUuid},
};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use futures::TryStreamExt;
use platform::failure::Result;
use sha2::{Digest, Sha256};
use std::time::Instant;
use uuid::Uuid;

#[derive(QueryableByName)]
struct Entry {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Timestamptz)]
    business_at: DateTime<Utc>,
    #[diesel(sql_type = SqlUuid)]
    actor: Uuid,
    #[diesel(sql_type = Text)]
    actor_name: String,
    #[diesel(sql_type = Text)]
    role: String,
    #[diesel(sql_type = SqlUuid)]
    organisation: Uuid,
    #[diesel(sql_type = Text)]
    action: String,
    #[diesel(sql_type = Text)]
    target: String,
    #[diesel(sql_type = SqlUuid)]
    cause_id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    request_id: Uuid,
    #[diesel(sql_type = Nullable<Text>)]
    reason: Option<String>,
    #[diesel(sql_type = Binary)]
    digest: Vec<u8>,
}

/// SHA-256 over twelve texts, each preceded by its length in bytes as eight bytes, big end first:
/// id, business_at (UTC, milliseconds, `Z`), actor, actor_name, role, organisation, action, target,
/// cause_id, request_id, `1` or `0` for whether there is a reason, and the reason or nothing.
fn expected(entry: &Entry) -> [u8; 32] {
    let at = entry.business_at.to_rfc3339_opts(SecondsFormat::Millis, true);
    let has_reason = if entry.reason.is_some() { "1" } else { "0" };
    let texts = [
        &entry.id.hyphenated().to_string(),
        &at,
        &entry.actor.hyphenated().to_string(),
        &entry.actor_name,
        &entry.role,
        &entry.organisation.hyphenated().to_string(),
        &entry.action,
        &entry.target,
        &entry.cause_id.hyphenated().to_string(),
        &entry.request_id.hyphenated().to_string(),
        has_reason,
        entry.reason.as_deref().unwrap_or_default(),
    ];
    let mut message = Vec::with_capacity(512);
    for text in texts {
        message.extend_from_slice(&(text.len() as u64).to_be_bytes());
        message.extend_from_slice(text.as_bytes());
    }
    Sha256::digest(&message).into()
}

#[derive(QueryableByName)]
struct Sealed {
    #[diesel(embed)]
    entry: Entry,
    #[diesel(embed)]
    stands: Stands,
}

/// The rows of these transactions, for the chain.
pub(super) async fn sealed(conn: &mut AsyncPgConnection, schema: &str, from: i64, until: i64) -> Result<Vec<Row>> {
    let sql = format!(
        "select id, business_at, actor, actor_name, role, organisation, action, target, cause_id, request_id,
                reason, digest, txid, recorded_at
         from {schema}.audit where txid >= $1 and txid < $2"
    );
    let rows: Vec<Sealed> = diesel::sql_query(sql).bind::<BigInt, _>(from).bind::<BigInt, _>(until).load(conn).await?;
    let row = |Sealed { entry, stands }: Sealed| Row {
        id: entry.id,
        txid: stands.txid,
        recorded_at: stands.recorded_at,
        expected: expected(&entry),
        digest: entry.digest,
    };
    Ok(rows.into_iter().map(row).collect())
}

/// Schema, and what must hold of its entries.
const SCHEMAS: [(&str, &str, &str); 5] = [
    (
        "identity",
        "identity の監査記録の要約値（SHA-256）が内容と一致する",
        "Digests of identity's audit entries match their content",
    ),
    (
        "capacity",
        "capacity の監査記録の要約値（SHA-256）が内容と一致する",
        "Digests of capacity's audit entries match their content",
    ),
    (
        "allocation",
        "allocation の監査記録の要約値（SHA-256）が内容と一致する",
        "Digests of allocation's audit entries match their content",
    ),
    (
        "distribution",
        "distribution の監査記録の要約値（SHA-256）が内容と一致する",
        "Digests of distribution's audit entries match their content",
    ),
    (
        "relay",
        "relay の監査記録の要約値（SHA-256）が内容と一致する",
        "Digests of relay's audit entries match their content",
    ),
];

/// All schemas' audit rows, streamed: there may be millions.
pub(super) async fn checks(conn: &mut AsyncPgConnection) -> Result<Vec<Check>> {
    let mut checks = Vec::new();
    for (schema, what_ja, what_en) in SCHEMAS {
        checks.push(check(conn, schema, what_ja, what_en).await?);
    }
    Ok(checks)
}

async fn check(
    conn: &mut AsyncPgConnection,
    schema: &str,
    what_ja: &'static str,
    what_en: &'static str,
) -> Result<Check> {
    let begun = Instant::now();
    let sql = format!(
        "select id, business_at, actor, actor_name, role, organisation, action, target, cause_id, request_id,
                reason, digest
         from {schema}.audit"
    );
    let mut check =
        Check { id: "R26", what_ja, what_en, examined: 0, violations: Vec::new(), violations_count: 0, elapsed_ms: 0 };
    let mut entries = diesel::sql_query(sql).load_stream::<Entry>(conn).await?;
    while let Some(entry) = entries.try_next().await? {
        check.examined += 1;
        if entry.digest != expected(&entry) {
            check.violations_count += 1;
            if check.violations.len() < SHOWN_MAX {
                check.violations.push(format!("{schema} audit entry {} was changed after it was written", entry.id));
            }
        }
    }
    check.violations.sort();
    check.elapsed_ms = elapsed_ms(begun);
    Ok(check)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(reason: Option<&str>) -> Entry {
        Entry {
            id: Uuid::from_u128(1),
            business_at: DateTime::from_timestamp(1_617_593_400, 123_456_000).unwrap(),
            actor: Uuid::from_u128(2),
            actor_name: "importer".into(),
            role: "operator".into(),
            organisation: Uuid::from_u128(3),
            action: "report_submit".into(),
            target: "facility/4".into(),
            cause_id: Uuid::from_u128(5),
            request_id: Uuid::from_u128(6),
            reason: reason.map(str::to_owned),
            digest: Vec::new(),
        }
    }

    #[test]
    fn the_digest_is_the_documented_one() {
        // computed from the description above with another language's library
        assert_eq!(
            hex::encode(expected(&entry(Some("二重計上")))),
            "5b2111263e84fc65ef8826e8d16ef505536a67ee17a2df2037873a0db7a8c6cb"
        );
    }

    #[test]
    fn every_fact_counts_and_no_two_rows_read_the_same() {
        let base = expected(&entry(None));
        assert_ne!(expected(&entry(Some(""))), base);
        let changed = |change: fn(&mut Entry)| {
            let mut entry = entry(None);
            change(&mut entry);
            expected(&entry)
        };
        assert_ne!(changed(|entry| entry.request_id = Uuid::from_u128(7)), base);
        assert_ne!(changed(|entry| entry.business_at += chrono::TimeDelta::milliseconds(1)), base);
        // the same letters, divided otherwise
        assert_ne!(changed(|entry| (entry.actor_name, entry.role) = ("importero".into(), "perator".into())), base);
    }
}
