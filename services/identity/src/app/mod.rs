//! Use cases: one function each.
pub mod account;
pub mod delegation;
pub mod break_glass;
pub mod facilities;
pub mod facility_views;
pub mod hashing;
pub mod issue_accounts;
pub mod keys;
pub mod me;
pub mod notice;
pub mod password;
pub mod populations;
pub mod read_notices;
pub mod sessions;
pub mod set_clock;
pub mod sign_in;
pub mod territories;

use domain::{
    Problem, TerritoryCode, error,
    policy::{Action, Permit, Place, decide},
};
use platform::{OpCtx, failure::Result};

/// The permit for work on the whole instance.
fn permit(ctx: &OpCtx, action: Action) -> Result<Permit> {
    let nation = Place::Territory(TerritoryCode::NATION);
    Ok(decide(&ctx.actor, action, nation).map_err(|denied| denied.or_missing(Problem::new(&error::AUTH_FORBIDDEN)))?)
}
