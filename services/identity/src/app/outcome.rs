//! How a write that carries an id ends.
use platform::{
    Db, Failure, Tx,
    failure::Result,
    idempotency::{self, Key},
};
use serde::{Serialize, de::DeserializeOwned};

/// The answer to a write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome<T> {
    /// The answer.
    pub answer: T,
    /// It was given before, under the same id.
    pub replayed: bool,
}

/// How a write ended inside its transaction.
pub(super) enum Ended<T> {
    /// Everything is written.
    Done(T),
    /// The id was answered before.
    Before,
}

/// Ends the transaction: what is done is committed; otherwise nothing was to be written.
pub(super) async fn end<T: DeserializeOwned>(
    db: &Db,
    tx: Tx,
    key: &Key,
    ended: Result<Ended<T>>,
) -> Result<Outcome<T>> {
    match ended {
        Ok(Ended::Done(answer)) => Ok(Outcome { answer: tx.finish(Ok(answer)).await?, replayed: false }),
        Ok(Ended::Before) => {
            tx.abandon().await;
            let before = idempotency::replay(&mut *db.read().await?, key).await?;
            let answer = before.ok_or_else(|| Failure::internal("an id was taken and has no answer"))?;
            Ok(Outcome { answer, replayed: true })
        }
        Err(failure) => tx.finish(Err(failure)).await,
    }
}

/// Takes the id for its answer: the last thing that a write does.
pub(super) async fn answered<T: Serialize>(tx: &mut Tx, key: &Key, answer: T) -> Result<Ended<T>> {
    Ok(if idempotency::take(tx, key, 200, &answer).await? { Ended::Done(answer) } else { Ended::Before })
}

/// Was the id answered before? The caller holds the lock that keeps the same work apart.
pub(super) async fn taken(tx: &mut Tx, key: &Key) -> Result<bool> {
    Ok(idempotency::replay::<serde_json::Value>(tx, key).await?.is_some())
}
