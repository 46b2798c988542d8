//! Same id and same body: the first answer again. Rows, not cache: also after a restart.
use crate::failure::Result;
use crate::schema::idempotency;
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use domain::{Problem, error, policy::Actor};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// One write as the table knows it: who asked what under which id.
#[derive(Debug, Clone)]
pub struct Key {
    /// The id made by the caller.
    pub id: Uuid,
    actor: Uuid,
    operation: &'static str,
    digest: Vec<u8>,
}

impl Key {
    /// The key of a request. `body` is digested as it was understood, not as it was spelled: white
    /// space and the order of keys make no difference.
    ///
    /// # Errors
    /// When the body cannot be written as JSON, which is a bug.
    pub fn new<B: Serialize>(id: Uuid, actor: &Actor, operation: &'static str, body: &B) -> Result<Self> {
        // serde_json's maps are sorted by key, so going through Value makes one spelling of many
        let canonical = serde_json::to_value(body)?.to_string();
        Ok(Self { id, actor: actor.account.0, operation, digest: Sha256::digest(canonical.as_bytes()).to_vec() })
    }
}

#[derive(Insertable)]
#[diesel(table_name = idempotency)]
struct Row<'a> {
    key: Uuid,
    actor: Uuid,
    operation: &'static str,
    body_digest: &'a [u8],
    status: i16,
    response: Value,
}

/// The answer given before to the same key, if there is one.
///
/// # Errors
/// `idempotency.key_reused` when the id was used by another account, for another operation, or with
/// another body.
pub async fn replay<R: DeserializeOwned>(conn: &mut AsyncPgConnection, key: &Key) -> Result<Option<R>> {
    let found: Option<(Uuid, String, Vec<u8>, Value)> = idempotency::table
        .find(key.id)
        .select((idempotency::actor, idempotency::operation, idempotency::body_digest, idempotency::response))
        .first(conn)
        .await
        .optional()?;
    match found {
        None => Ok(None),
        Some((actor, operation, digest, response))
            if actor == key.actor && operation == key.operation && digest == key.digest =>
        {
            Ok(Some(serde_json::from_value(response)?))
        }
        Some(_) => Err(Problem::new(&error::IDEMPOTENCY_KEY_REUSED).into()),
    }
}

/// Takes the key inside the transaction that does the work. Waits while another transaction holds
/// it; answers `false` when that one has committed, and then [`replay`] has the answer.
///
/// # Errors
/// The database's.
pub async fn take<R: Serialize>(conn: &mut AsyncPgConnection, key: &Key, status: i16, response: &R) -> Result<bool> {
    let row = Row {
        key: key.id,
        actor: key.actor,
        operation: key.operation,
        body_digest: &key.digest,
        status,
        response: serde_json::to_value(response)?,
    };
    let taken = diesel::insert_into(idempotency::table).values(&row).on_conflict_do_nothing().execute(conn).await?;
    Ok(taken == 1)
}

/// Takes many keys at once, for bulk writers whose keys are their own: a key that exists is a bug.
///
/// # Errors
/// The database's.
pub async fn take_all<R: Serialize>(conn: &mut AsyncPgConnection, keys: &[(Key, R)], status: i16) -> Result<()> {
    for chunk in keys.chunks(crate::db::ROWS_PER_INSERT) {
        let rows = chunk
            .iter()
            .map(|(key, response)| {
                Ok(Row {
                    key: key.id,
                    actor: key.actor,
                    operation: key.operation,
                    body_digest: &key.digest,
                    status,
                    response: serde_json::to_value(response)?,
                })
            })
            .collect::<Result<Vec<_>>>()?;
        diesel::insert_into(idempotency::table).values(&rows).execute(conn).await?;
    }
    Ok(())
}
