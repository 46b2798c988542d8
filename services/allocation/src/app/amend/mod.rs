//! 割当ての変更: what was committed changes, from above or below, and the book follows.
//!
//! An amendment is proposed first (`propose`, or by the service itself: `below`); nothing is posted then.
//! Committed (`commit`), it moves units between a holder and those right below it, by transfers along the same
//! accounts. Downwards at once; upwards as far as a child's free balance and reserve go. What a child has
//! passed on is *due*: the child has a pending amendment of its own, with a deadline, at which the service
//! commits it as it stands ([`deadline`]). Whatever comes free at a holder that owes goes on to the level above
//! in the same transaction (`settle`), up to the source for supply that was withdrawn.
//!
//! Who assigns to sites has no division: its officers take lines back (`withdraw`), or the deadline does.
//!
//! All of it works under the locks of the holders from above to below, then their plans, lines and accounts
//! (`desk`), and posts one chain.
pub mod choose;
pub mod commit;
pub mod deadline;
pub mod propose;
pub mod withdraw;

mod below;
mod desk;
mod engine;
mod settle;

pub(super) use below::noted;

use super::levels;
use crate::Allocation;
use allocation_store::{
    read,
    rows::{Amendment, AmendmentLine, Round},
};
use domain::{FieldError, Problem, TerritoryCode, error, stream::Levels, territory::Tier, time::rfc3339};
use platform::{
    Failure, Tx,
    failure::Result,
    idempotency::{self, Key},
};
use serde::{Serialize, de::DeserializeOwned};
use uuid::Uuid;
use wire::{
    amendment::{AmendmentMoved, Choice},
    plan::LineDifference,
};

const REASON_CHARS_MAX: usize = 500;
/// How long those below have unless the request says otherwise, hours.
pub const HOURS_DEFAULT: i32 = 48;
const HOURS_MAX: i32 = 8_784;

/// How a step ended, when nothing was wrong with it as such.
#[derive(Debug, Clone)]
pub enum Outcome<T> {
    /// Done, now or (`replayed`) before under the same id.
    Done {
        /// The answer.
        answer: Box<T>,
        /// It is the answer to an id that was answered before.
        replayed: bool,
    },
    /// It was computed again, or another officer was faster: what differs from the version that was read.
    Stale {
        /// `allocation.stale_plan`, `allocation.stale_amendment`
        problem: Box<Problem>,
        /// Line by line.
        difference: Vec<LineDifference>,
    },
}

/// How a step ended inside its transaction.
enum Ended<T> {
    Done(Box<T>),
    Stale(Box<Problem>, Vec<LineDifference>),
    Before,
}

/// Ends the transaction: what is done is committed; otherwise nothing was to be written.
async fn end<T: DeserializeOwned>(
    allocation: &Allocation,
    tx: Tx,
    key: &Key,
    ended: Result<Ended<T>>,
) -> Result<Outcome<T>> {
    match ended {
        Ok(Ended::Done(answer)) => Ok(Outcome::Done { answer: tx.finish(Ok(answer)).await?, replayed: false }),
        Ok(Ended::Stale(problem, difference)) => {
            tx.abandon().await;
            Ok(Outcome::Stale { problem, difference })
        }
        Ok(Ended::Before) => {
            tx.abandon().await;
            let before = idempotency::replay(&mut *allocation.db.read().await?, key).await?;
            let before = before.ok_or_else(|| Failure::internal("an id was taken and has no answer"))?;
            Ok(Outcome::Done { answer: Box::new(before), replayed: true })
        }
        Err(failure) => tx.finish(Err(failure)).await,
    }
}

/// Takes the id for its answer: the last thing that a step writes.
async fn answered<T: Serialize>(tx: &mut Tx, key: &Key, answer: T) -> Result<Ended<T>> {
    Ok(if idempotency::take(tx, key, 200, &answer).await? { Ended::Done(Box::new(answer)) } else { Ended::Before })
}

/// `allocation.amendment_not_found`
fn no_amendment(id: Uuid) -> Problem {
    Problem::new(&error::ALLOCATION_AMENDMENT_NOT_FOUND).with("amendment", &id.to_string())
}

/// `allocation.reason_missing` at the field `reason`.
fn reason_error(reason: &str) -> Option<FieldError> {
    let given = !reason.trim().is_empty() && reason.chars().count() <= REASON_CHARS_MAX;
    (!given).then(|| FieldError::new("reason", &error::ALLOCATION_REASON_MISSING))
}

/// Who stands above a holder in a stream; `None` on its first level.
fn above(levels: &Levels, holder: TerritoryCode) -> Option<TerritoryCode> {
    let tier = levels.tiers().iter().rev().find(|tier| **tier < holder.tier())?;
    match tier {
        Tier::Nation => Some(TerritoryCode::NATION),
        Tier::Prefecture => holder.prefecture(),
        Tier::Municipality => None,
    }
}

/// A holder and all who stand above it, from above.
fn path(levels: &Levels, holder: TerritoryCode) -> Vec<TerritoryCode> {
    let mut path = vec![holder];
    while let Some(next) = path.last().and_then(|last| above(levels, *last)) {
        path.push(next);
    }
    path.reverse();
    path
}

/// A round with the levels of its stream, without a lock: neither ever changes.
async fn round_and_levels(tx: &mut Tx, id: Uuid) -> Result<(Round, Levels)> {
    let (round, names) = read::round_with_levels(tx, id).await?.ok_or_else(|| super::no_round(id))?;
    let levels = levels(&round.stream, &names)?;
    Ok((round, levels))
}

/// The amendment as it is told. `due` are the units that are still to come back.
fn moved(tx: &Tx, row: &Amendment, lines: &[AmendmentLine], due: i64) -> Result<AmendmentMoved> {
    Ok(AmendmentMoved {
        amendment: row.id,
        holder: TerritoryCode::parse(&row.holder)?,
        plan: row.plan_id,
        state: row.state.clone(),
        version: row.version,
        unit_vials: i64::from(row.unit_vials),
        units_before: row.units_before,
        units_after: row.units_after,
        kept_units: row.kept_units,
        shortfall_units: row.shortfall_units,
        due_units: due,
        lines: i64::try_from(lines.len()).map_err(Failure::internal)?,
        deadline: row.deadline.map(rfc3339),
        choices: serde_json::from_value::<Vec<Choice>>(row.choices.clone())?,
        position: tx.position().to_string(),
    })
}
