//! R6 and R7: the digests of every transfer are those of what the row says. The recipes are written
//! here a second time on purpose; what they must be stands at the ledger's `Entry::digest`.
use super::{
    Check, SHOWN_MAX,
    chain::{self, Stands},
    probe::elapsed_ms,
};
use chrono::{DateTime, SecondsFormat, Utc};
use diesel::{
    QueryableByName,
    sql_types::{BigInt, Binary, Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid},
};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use futures::TryStreamExt;
use platform::failure::Result;
use sha2::{Digest, Sha256};
use std::time::Instant;
use uuid::Uuid;

#[derive(Clone, QueryableByName)]
struct Row {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = BigInt)]
    debit_account: i64,
    #[diesel(sql_type = BigInt)]
    credit_account: i64,
    #[diesel(sql_type = Text)]
    unit: String,
    #[diesel(sql_type = BigInt)]
    amount: i64,
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pending_id: Option<Uuid>,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    corrects: Option<Uuid>,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    chain_id: Option<Uuid>,
    #[diesel(sql_type = Nullable<Integer>)]
    chain_length: Option<i32>,
    #[diesel(sql_type = Nullable<Integer>)]
    chain_index: Option<i32>,
    #[diesel(sql_type = Nullable<Text>)]
    reason: Option<String>,
    #[diesel(sql_type = SqlUuid)]
    actor: Uuid,
    #[diesel(sql_type = Timestamptz)]
    business_at: DateTime<Utc>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    expires_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = Binary)]
    body_digest: Vec<u8>,
    #[diesel(sql_type = Binary)]
    digest: Vec<u8>,
}

/// A fact that may be absent: `1` and its text, or `0` and nothing.
fn maybe<T: ToString>(fact: Option<T>) -> [String; 2] {
    fact.map_or_else(|| ["0".to_owned(), String::new()], |fact| ["1".to_owned(), fact.to_string()])
}

fn instant(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// SHA-256 over texts, each preceded by its length in bytes as eight bytes, big end first.
fn sha256(texts: &[String]) -> [u8; 32] {
    let mut message = Vec::with_capacity(1_024);
    for text in texts {
        message.extend_from_slice(&(text.len() as u64).to_be_bytes());
        message.extend_from_slice(text.as_bytes());
    }
    Sha256::digest(&message).into()
}

impl Row {
    fn leg(&self) -> [String; 3] {
        [self.debit_account.to_string(), self.credit_account.to_string(), self.amount.to_string()]
    }

    fn place(&self) -> [[String; 2]; 3] {
        [maybe(self.chain_id), maybe(self.chain_length), maybe(self.chain_index)]
    }

    fn expected(&self) -> [u8; 32] {
        let [debit, credit, amount] = self.leg();
        let mut texts = vec![self.id.to_string(), self.kind.clone(), debit, credit, self.unit.clone(), amount];
        texts.extend([maybe(self.pending_id), maybe(self.corrects)].concat());
        texts.extend(self.place().concat());
        texts.extend(maybe(self.reason.as_ref()));
        texts.extend([self.actor.to_string(), instant(self.business_at)]);
        texts.extend(maybe(self.expires_at.map(instant)));
        texts.push(hex::encode(&self.body_digest));
        sha256(&texts)
    }

    /// What may have been asked: to resolve or correct "all of it" can be written in two ways.
    fn asked(&self) -> Vec<[u8; 32]> {
        let head = vec![self.id.to_string(), self.kind.clone()];
        let bodies: Vec<Vec<String>> = match (self.kind.as_str(), self.pending_id.or(self.corrects)) {
            ("pending", _) => vec![[self.leg().as_slice(), &maybe(self.expires_at.map(instant))].concat()],
            ("post_pending" | "correction", Some(other)) => [None, Some(self.amount)]
                .map(|amount| [[other.to_string()].as_slice(), &maybe(amount)].concat())
                .to_vec(),
            ("void_pending" | "expire_pending", Some(other)) => vec![vec![other.to_string()]],
            _ => vec![self.leg().to_vec()],
        };
        let tail = [self.place().concat(), maybe(self.reason.as_ref()).to_vec()].concat();
        bodies.into_iter().map(|body| sha256(&[head.clone(), body, tail.clone()].concat())).collect()
    }
}

fn check(id: &'static str, what_ja: &'static str, what_en: &'static str) -> Check {
    Check { id, what_ja, what_en, examined: 0, violations: Vec::new(), violations_count: 0, elapsed_ms: 0 }
}

fn note(check: &mut Check, wrong: bool, say: impl FnOnce() -> String) {
    check.examined += 1;
    if wrong {
        check.violations_count += 1;
        if check.violations.len() < SHOWN_MAX {
            check.violations.push(say());
        }
    }
}

/// A book's schema, and what must hold of its transfers' digests and of those of what was asked.
const BOOKS: [(&str, [&str; 2], [&str; 2]); 2] = [
    (
        "allocation",
        ["枠の帳簿：仕訳の要約値（SHA-256）が内容と一致する", "Entitlements: digests of transfers match their content"],
        [
            "枠の帳簿：依頼の要約値が、仕訳から読み取れる依頼と一致する",
            "Entitlements: digests of what was asked match the transfers",
        ],
    ),
    (
        "distribution",
        ["在庫の帳簿：仕訳の要約値（SHA-256）が内容と一致する", "Stock: digests of transfers match their content"],
        [
            "在庫の帳簿：依頼の要約値が、仕訳から読み取れる依頼と一致する",
            "Stock: digests of what was asked match the transfers",
        ],
    ),
];

pub(super) async fn checks(conn: &mut AsyncPgConnection) -> Result<Vec<Check>> {
    let mut checks = Vec::new();
    for (schema, rows, asked) in BOOKS {
        checks.extend(of_book(conn, schema, check("R6", rows[0], rows[1]), check("R7", asked[0], asked[1])).await?);
    }
    Ok(checks)
}

#[derive(QueryableByName)]
struct Sealed {
    #[diesel(embed)]
    transfer: Row,
    #[diesel(embed)]
    stands: Stands,
}

/// The rows of these transactions, for the chain.
pub(super) async fn sealed(
    conn: &mut AsyncPgConnection,
    schema: &str,
    from: i64,
    until: i64,
) -> Result<Vec<chain::Row>> {
    let sql = format!(
        "select id, debit_account, credit_account, unit, amount, kind, pending_id, corrects, chain_id, chain_length,
                chain_index, reason, actor, business_at, expires_at, body_digest, digest, txid, recorded_at
         from {schema}.transfer where txid >= $1 and txid < $2"
    );
    let rows: Vec<Sealed> = diesel::sql_query(sql).bind::<BigInt, _>(from).bind::<BigInt, _>(until).load(conn).await?;
    let row = |Sealed { transfer, stands }: Sealed| chain::Row {
        id: transfer.id,
        txid: stands.txid,
        recorded_at: stands.recorded_at,
        expected: transfer.expected(),
        digest: transfer.digest,
    };
    Ok(rows.into_iter().map(row).collect())
}

/// All transfers of a book, streamed: there may be millions.
async fn of_book(
    conn: &mut AsyncPgConnection,
    schema: &str,
    mut rows_check: Check,
    mut asked_check: Check,
) -> Result<[Check; 2]> {
    let begun = Instant::now();
    let sql = format!(
        "select id, debit_account, credit_account, unit, amount, kind, pending_id, corrects, chain_id, chain_length,
                chain_index, reason, actor, business_at, expires_at, body_digest, digest
         from {schema}.transfer"
    );
    let mut rows = diesel::sql_query(sql).load_stream::<Row>(conn).await?;
    while let Some(row) = rows.try_next().await? {
        note(&mut rows_check, row.digest != row.expected(), || {
            format!("transfer {} was changed after it was written", row.id)
        });
        let asked = row.asked().iter().any(|asked| row.body_digest == asked);
        note(&mut asked_check, !asked, || format!("transfer {} is not what was asked", row.id));
    }
    rows_check.violations.sort();
    asked_check.violations.sort();
    // one pass for both: its time is counted once
    rows_check.elapsed_ms = elapsed_ms(begun);
    Ok([rows_check, asked_check])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row() -> Row {
        Row {
            id: Uuid::from_u128(1),
            debit_account: 7,
            credit_account: 8,
            unit: "vials/x".into(),
            amount: 195,
            kind: "post".into(),
            pending_id: None,
            corrects: None,
            chain_id: Some(Uuid::from_u128(1)),
            chain_length: Some(2),
            chain_index: Some(0),
            reason: Some("訂正".into()),
            actor: Uuid::from_u128(2),
            business_at: DateTime::from_timestamp(1_617_593_400, 123_456_000).unwrap(),
            expires_at: None,
            body_digest: vec![0xab; 32],
            digest: Vec::new(),
        }
    }

    #[test]
    fn the_digests_are_the_documented_ones() {
        // computed from the descriptions with another language's library
        assert_eq!(hex::encode(row().expected()), "67a8deaf1556222114dd822a9cd1fabad9554932c31584012d7c8d05f22f7789");
        assert_eq!(
            row().asked().iter().map(hex::encode).collect::<Vec<_>>(),
            ["0e640981dae3f6765a1d0faf1b6a7c8f88f6c5a15b5530501bf9d01075bb49b5"]
        );
    }

    #[test]
    fn every_fact_counts() {
        let base = row().expected();
        let changes: [fn(&mut Row); 8] = [
            |row| row.amount += 1,
            |row| (row.debit_account, row.credit_account) = (8, 7),
            |row| row.reason = None,
            |row| row.chain_index = Some(1),
            |row| (row.chain_id, row.chain_length, row.chain_index) = (None, None, None),
            |row| row.business_at += chrono::TimeDelta::milliseconds(1),
            |row| row.expires_at = Some(row.business_at),
            |row| row.pending_id = Some(row.id),
        ];
        for change in changes {
            let mut row = row();
            change(&mut row);
            assert_ne!(row.expected(), base);
        }
        assert_eq!(Row { kind: "post_pending".into(), pending_id: Some(Uuid::nil()), ..row() }.asked().len(), 2);
    }
}
