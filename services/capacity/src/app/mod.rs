//! Use cases: one function each.
pub mod assign_duties;
pub mod import_reports;
pub mod open_day;
pub mod read_day;
pub mod submit_batch;
pub mod submit_report;

use domain::{
    BusinessDay, FacilityKey, Problem, TerritoryCode,
    capacity::Form,
    error,
    policy::{Action, Permit, Place, decide},
    time::Instant,
};
use platform::{Db, OpCtx, failure::Result};

/// The permit for the service's own work on the whole nation.
fn system_permit(ctx: &OpCtx, action: Action) -> Result<Permit> {
    let nation = Place::Territory(TerritoryCode::NATION);
    Ok(decide(&ctx.actor, action, nation).map_err(|denied| denied.or_missing(Problem::new(&error::AUTH_FORBIDDEN)))?)
}

/// The permit for something at the facility named by `key`. An invisible facility and one that does
/// not exist answer alike.
async fn facility_permit(db: &Db, ctx: &OpCtx, action: Action, key: &str) -> Result<Permit> {
    let parsed: FacilityKey = key.parse()?;
    let missing = || Problem::new(&error::FACILITY_NOT_FOUND).with("key", key);
    let place = capacity_store::read::place(&mut *db.read().await?, &parsed).await?.ok_or_else(missing)?;
    Ok(decide(&ctx.actor, action, place).map_err(|denied| denied.or_missing(missing()))?)
}

/// Can a report of `day` still be corrected?
fn provisional(form: &Form, day: BusinessDay, now: Instant) -> bool {
    BusinessDay::at(now).days_since(day) <= i64::from(form.correction_days)
}
