//! Sessions: who is signed in, and where from.
use crate::schema::session;
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
