//! Use cases: one function each.
pub mod assign_to_sites;
pub mod change_plan;
pub mod compute_plan;
pub mod open_round;

mod book;
mod stale;

use allocation_store::{read, rows::Round};
use domain::{
    Problem, TerritoryCode, error,
    policy::{Action, Permit, Place, decide},
};
use platform::{OpCtx, Tx, failure::Result};
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
    let missing = || Problem::new(&error::ALLOCATION_ROUND_NOT_FOUND).with("round", &id.to_string());
    Ok(read::round(tx, id).await?.ok_or_else(missing)?)
}
