//! Use cases: one function each.
pub mod amend;
pub mod assign_to_sites;
pub mod change_plan;
pub mod compute_plan;
pub mod indicators;
pub mod late;
pub mod object;
pub mod open_round;
pub mod past_rounds;
pub mod proposal;
pub mod publish;
pub mod read_goods;
pub mod release_lines;
pub mod remind;
pub mod return_release;
pub mod rules;
pub mod what_if;

mod book;
mod inputs;
mod own_figures;
mod past_basis;
mod post_plan;
mod run_rule;
mod stale;

use crate::Allocation;
use allocation_store::{read, rows::Round};
use domain::{
    Problem, TerritoryCode, error,
    policy::{Action, Permit, Place, decide},
    stream::Levels,
};
use platform::{
    Failure, OpCtx, Tx,
    failure::Result,
    idempotency::{self, Key},
};
use uuid::Uuid;
use wire::plan::{LineDifference, PlanMoved};

/// How a step on a plan ended, when nothing was wrong with it as such.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// Done, now or (`replayed`) before under the same id.
    Moved {
        /// The plan as it is now.
        moved: Box<PlanMoved>,
        /// It is the answer to an id that was answered before.
        replayed: bool,
    },
    /// Another officer was faster: what differs from the version that was read.
    Stale {
        /// `allocation.stale_plan`
        problem: Box<Problem>,
        /// Line by line.
        difference: Vec<LineDifference>,
    },
}

/// How a step ended inside its transaction.
enum Ended {
    /// Everything is written.
    Done(Box<PlanMoved>),
    /// Another officer was faster.
    Stale(Box<Problem>, Vec<LineDifference>),
    /// The id was answered before.
    Before,
}

/// Ends the transaction: what is done is committed; otherwise nothing was to be written.
async fn end(allocation: &Allocation, tx: Tx, key: &Key, ended: Result<Ended>) -> Result<Outcome> {
    match ended {
        Ok(Ended::Done(moved)) => Ok(Outcome::Moved { moved: tx.finish(Ok(moved)).await?, replayed: false }),
        Ok(Ended::Stale(problem, difference)) => {
            tx.abandon().await;
            Ok(Outcome::Stale { problem, difference })
        }
        Ok(Ended::Before) => {
            tx.abandon().await;
            let before = idempotency::replay(&mut *allocation.db.read().await?, key).await?;
            let before = before.ok_or_else(|| Failure::internal("an id was taken and has no answer"))?;
            Ok(Outcome::Moved { moved: Box::new(before), replayed: true })
        }
        Err(failure) => tx.finish(Err(failure)).await,
    }
}

/// Takes the id for its answer: the last thing that a step writes.
async fn answered(tx: &mut Tx, key: &Key, moved: PlanMoved) -> Result<Ended> {
    Ok(if idempotency::take(tx, key, 200, &moved).await? { Ended::Done(Box::new(moved)) } else { Ended::Before })
}

/// The permit for a step at the place of `holder`; `missing` is what a nonexistent object answers.
fn permit(ctx: &OpCtx, action: Action, holder: TerritoryCode, missing: Problem) -> Result<Permit> {
    Ok(decide(&ctx.actor, action, Place::Territory(holder)).map_err(|denied| denied.or_missing(missing))?)
}

/// The permit for the service's own work on the whole nation.
fn system_permit(ctx: &OpCtx, action: Action) -> Result<Permit> {
    permit(ctx, action, TerritoryCode::NATION, Problem::new(&error::AUTH_FORBIDDEN))
}

/// A round that exists.
async fn round(tx: &mut Tx, id: Uuid) -> Result<Round> {
    Ok(read::round(tx, id).await?.ok_or_else(|| no_round(id))?)
}

/// `allocation.round_not_found`
fn no_round(id: Uuid) -> Problem {
    Problem::new(&error::ALLOCATION_ROUND_NOT_FOUND).with("round", &id.to_string())
}

/// A round that exists, with the levels of its stream.
async fn round_with_levels(tx: &mut Tx, id: Uuid) -> Result<(Round, Levels)> {
    let (round, names) = read::round_with_levels(tx, id).await?.ok_or_else(|| no_round(id))?;
    let levels = levels(&round.stream, &names)?;
    Ok((round, levels))
}

/// The levels of a stream, as they are stored.
fn levels(stream: &str, names: &[String]) -> Result<Levels> {
    Levels::parse(names).ok_or_else(|| Failure::internal(format!("levels of the stream {stream}: {names:?}")))
}

/// `allocation.wrong_level`: the round's stream leaves this to another level than the holder's.
fn wrong_level(round: &Round, levels: &Levels, holder: TerritoryCode) -> Problem {
    let names: Vec<&str> = levels.tiers().iter().map(|tier| tier.as_str()).chain(["site"]).collect();
    Problem::new(&error::ALLOCATION_WRONG_LEVEL)
        .with("stream", &round.stream)
        .with("levels", &names.join(" → "))
        .with("holder", &holder.to_string())
}

/// `allocation.wrong_site_for_stream`: sites of this kind take no part in the stream.
fn wrong_site(site: &str, kind: &str, stream: &str) -> Problem {
    Problem::new(&error::ALLOCATION_WRONG_SITE_FOR_STREAM).with("site", site).with("kind", kind).with("stream", stream)
}
