//! Sessions, second factors, service accounts.
use crate::schema::{second_factor, service_account, session};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use uuid::Uuid;

/// A signed-in browser.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = session)]
pub struct Session {
    /// Id.
    pub id: Uuid,
    /// Whose.
    pub account: Uuid,
    /// SHA-256 of the secret in the browser's cookie.
    pub secret_sha256: Vec<u8>,
    /// `none`, `totp`, `recovery`, `provider`
    pub second_factor: String,
    /// Where from.
    pub address: String,
    /// With which browser.
    pub agent: String,
    /// Begun, real time.
    pub started_at: DateTime<Utc>,
    /// Last activity, real time.
    pub active_at: DateTime<Utc>,
    /// Ended, real time.
    pub ended_at: Option<DateTime<Utc>>,
    /// `sign_out`, `revoked`, `idle`, `absolute`, `credential`, `account`
    pub ended_by: Option<String>,
    /// Under which it acts for another organisation.
    pub delegation: Option<Uuid>,
}

/// The authenticator of an account.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = second_factor)]
pub struct SecondFactor {
    /// Its secret, enciphered; none before it is confirmed.
    pub sealed: Option<Vec<u8>>,
    /// The step of the last code that was taken.
    pub last_step: i64,
    /// The secret of an enrolment that is not confirmed yet, enciphered.
    pub pending: Option<Vec<u8>>,
    /// When that began, real time.
    pub pending_at: Option<DateTime<Utc>>,
}

/// What is known of a machine's account beside its name and secret.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = service_account)]
pub struct ServiceAccount {
    /// Whose.
    pub account: Uuid,
    /// Names of the only actions it may do; none given: all that its role may.
    pub actions: Option<Vec<String>>,
    /// Account that issued it.
    pub issued_by: Uuid,
    /// SHA-256 of the secret before.
    pub previous_sha256: Option<Vec<u8>>,
    /// Until when that counts, real time.
    pub previous_until: Option<DateTime<Utc>>,
    /// Last signed in with, to the minute, real time.
    pub last_used_at: Option<DateTime<Utc>>,
}
