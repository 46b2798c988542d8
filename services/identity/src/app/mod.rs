//! Use cases: one function each.
pub mod account;
pub mod areas;
pub mod break_glass;
pub mod close_facility;
pub mod delegation;
pub mod facilities;
pub mod facility_views;
pub mod hashing;
pub mod issue_accounts;
pub mod keys;
pub mod lockout;
pub mod me;
pub mod merge_territory;
pub mod notice;
pub mod oidc;
pub mod outcome;
pub mod password;
pub mod populations;
pub mod read_notices;
mod seal;
pub mod second_factor;
pub mod service_account;
pub mod sessions;
pub mod set_clock;
pub mod sharing;
pub mod sign_in;
pub mod territories;
pub mod totp;

use domain::{
    FieldError, Problem, TerritoryCode, error,
    policy::{Action, Permit, Place, decide},
};
use platform::{OpCtx, failure::Result};

const TEXT_CHARS_MAX: usize = 500;

/// `request.invalid` unless there is nothing wrong.
fn checked(errors: Vec<FieldError>) -> Result<()> {
    if errors.is_empty() { Ok(()) } else { Err(Problem::of_fields(&error::REQUEST_INVALID, errors).into()) }
}

/// A field that is not valid, and why.
fn invalid(path: &str, reason: &str) -> FieldError {
    FieldError::new(path, &error::REQUEST_INVALID_FIELD).with("reason", reason)
}

/// What is wrong with a reason or purpose that must be there.
fn check_text(text: &str, path: &str) -> Option<FieldError> {
    if text.contains('\0') {
        return Some(FieldError::new(path, &error::REQUEST_NUL_CHARACTER));
    }
    let is_given = !text.trim().is_empty() && text.chars().count() <= TEXT_CHARS_MAX;
    (!is_given).then(|| FieldError::new(path, &error::REASON_MISSING))
}

/// The permit for work on the whole instance.
fn permit(ctx: &OpCtx, action: Action) -> Result<Permit> {
    let nation = Place::Territory(TerritoryCode::NATION);
    Ok(decide(&ctx.actor, action, nation).map_err(|denied| denied.or_missing(Problem::new(&error::AUTH_FORBIDDEN)))?)
}
