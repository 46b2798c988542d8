//! Passwords: what one must be like, and setting it.
use crate::Identity;
use domain::{FieldError, Problem, error};
use identity_store::write;
use platform::{Tx, failure::Result};
use uuid::Uuid;

const BYTES: std::ops::RangeInclusive<usize> = 13..=128;

/// Does this password do for the account?
///
/// # Errors
/// `request.invalid`
pub async fn check(_identity: &Identity, _account: Uuid, name: &str, password: &str) -> Result<()> {
    if BYTES.contains(&password.len()) && !password.contains(name) && !password.contains('\0') {
        return Ok(());
    }
    let error = FieldError::new("password", &error::REQUEST_INVALID_FIELD).with("reason", "13-128 bytes, not the name");
    Err(Problem::of_fields(&error::REQUEST_INVALID, vec![error]).into())
}

/// Sets it.
///
/// # Errors
/// The database's.
pub async fn set(tx: &mut Tx, account: Uuid, hash: &str) -> Result<()> {
    Ok(write::accounts::password(tx, account, hash).await?)
}
