//! Same id and same body: the first answer again. Rows, not cache: also after a restart.
use crate::schema::idempotency;
use crate::{failure::Result, statement, statement::column};
use diesel::{
    prelude::*,
    sql_types::{Array, Binary, Jsonb, SmallInt, Text, Uuid as SqlUuid},
};
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

statement! {
    /// Takes a key, unless it is taken.
    Take<'a> {
        key: Uuid as SqlUuid,
        actor: Uuid as SqlUuid,
        operation: &'static str as Text,
        body_digest: &'a [u8] as Binary,
        status: i16 as SmallInt,
        response: Value as Jsonb,
    },
    "insert into idempotency (key, actor, operation, body_digest, status, response) values (?, ?, ?, ?, ?, ?)
     on conflict do nothing"
}

statement! {
    /// Takes many keys.
    TakeAll<'a> {
        status: i16 as SmallInt,
        keys: Vec<Uuid> as Array<SqlUuid>,
        actors: Vec<Uuid> as Array<SqlUuid>,
        operations: Vec<&'static str> as Array<Text>,
        body_digests: Vec<&'a [u8]> as Array<Binary>,
        responses: Vec<Value> as Array<Jsonb>,
    },
    "insert into idempotency (status, key, actor, operation, body_digest, response)
     select ?, * from unnest(?, ?, ?, ?, ?)"
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
    let statement = Take {
        key: key.id,
        actor: key.actor,
        operation: key.operation,
        body_digest: &key.digest,
        status,
        response: serde_json::to_value(response)?,
    };
    Ok(statement.execute(conn).await? == 1)
}

/// Takes many keys at once, for bulk writers whose keys are their own: a key that exists is a bug.
///
/// # Errors
/// The database's.
pub async fn take_all<R: Serialize>(conn: &mut AsyncPgConnection, keys: &[(Key, R)], status: i16) -> Result<()> {
    let responses = keys.iter().map(|(_, response)| serde_json::to_value(response));
    let statement = TakeAll {
        status,
        keys: column(keys, |(key, _)| key.id),
        actors: column(keys, |(key, _)| key.actor),
        operations: column(keys, |(key, _)| key.operation),
        body_digests: column(keys, |(key, _)| key.digest.as_slice()),
        responses: responses.collect::<serde_json::Result<_>>()?,
    };
    statement.execute(conn).await?;
    Ok(())
}
