//! Signing in.
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// `POST /v1/tokens`: a person's name and password, or a machine's id and secret.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(tag = "grant_type", rename_all = "snake_case", deny_unknown_fields)]
pub enum TokenRequest {
    /// A person.
    Password {
        /// Account name.
        username: String,
        /// At most 128 bytes.
        password: String,
        /// Act for another organisation, under this delegation.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        delegation: Option<uuid::Uuid>,
    },
    /// A machine.
    ServiceAccount {
        /// Account name.
        client_id: String,
        /// 64 hexadecimal digits.
        client_secret: String,
        /// Act for another organisation, under this delegation.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        delegation: Option<uuid::Uuid>,
    },
}

/// An access token; there is no refresh, sign in again.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct TokenResponse {
    /// A JWT signed with EdDSA (Ed25519).
    pub access_token: String,
    /// Always `Bearer`.
    pub token_type: String,
    /// Seconds, real time.
    pub expires_in: u32,
    /// The account's role.
    pub role: String,
}

/// What a token says. Verified locally by every service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// `meguri-<instance>`
    pub iss: String,
    /// `meguri`
    pub aud: String,
    /// Account id.
    pub sub: uuid::Uuid,
    /// Account name.
    pub name: String,
    /// Role.
    pub role: String,
    /// Organisation id.
    pub org: uuid::Uuid,
    /// Home territory's code.
    pub territory: domain::TerritoryCode,
    /// Home facility, for staff of one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub facility: Option<uuid::Uuid>,
    /// Home wholesaler or branch: `W07`, `W07-03`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partner: Option<String>,
    /// A machine's account.
    pub machine: bool,
    /// The session signed in with; machines have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sid: Option<uuid::Uuid>,
    /// The delegation acted under.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dlg: Option<uuid::Uuid>,
    /// Names of actions, separated by spaces: all that a service account may do, where that is less than its
    /// role allows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// Issued at, seconds since 1970, real time.
    pub iat: i64,
    /// Expires at, seconds since 1970, real time.
    pub exp: i64,
}

/// `POST /v1/sessions`: a person signs in with a browser.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SessionRequest {
    /// Account name.
    pub username: String,
    /// At most 128 bytes.
    pub password: String,
    /// The six digits that the authenticator shows, or a recovery code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub otp: Option<String>,
    /// Act for another organisation, under this delegation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delegation: Option<uuid::Uuid>,
}

/// A body an account acts for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OrganisationInfo {
    /// Id.
    pub id: uuid::Uuid,
    /// `ministry`, `prefecture`, …
    pub kind: String,
    /// Name.
    pub name: String,
    /// English name.
    pub name_en: String,
}

/// Where an account is at home.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct HomeInfo {
    /// Territory's code; a facility's municipality.
    pub territory: String,
    /// Territory's name.
    pub territory_name: String,
    /// Facility, for staff of one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub facility: Option<uuid::Uuid>,
    /// Its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub facility_name: Option<String>,
    /// Wholesaler or branch: `W07`, `W07-03`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partner: Option<String>,
}

/// A session that has begun or goes on. Its tokens are in cookies, never in the body.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct SessionInfo {
    /// Session id.
    pub session_id: uuid::Uuid,
    /// The account's role.
    pub role: String,
    /// Account name.
    pub name: String,
    /// Acts for.
    pub organisation: OrganisationInfo,
    /// Home.
    pub home: HomeInfo,
    /// When it ends however active it is, RFC 3339, real time.
    pub expires_at: String,
    /// It ends after so many minutes without activity.
    pub idle_minutes: u32,
    /// Seconds after which the access token must be renewed, real time.
    pub access_token_expires_in: u32,
    /// How the second factor was proved: `totp` (a recovery code too), `provider`, or `none`.
    pub second_factor: String,
}

/// `POST /v1/sessions:renew`
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RenewSession {
    /// The person did something since the last time: only this keeps a session from idling out.
    pub activity: bool,
}

/// A session of one's own that has not ended.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct SessionListed {
    /// Id.
    pub session_id: uuid::Uuid,
    /// Begun, RFC 3339, real time.
    pub started_at: String,
    /// Last activity, RFC 3339, real time.
    pub active_at: String,
    /// When it ends however active it is.
    pub expires_at: String,
    /// Address it was begun from.
    pub address: String,
    /// Browser it was begun with, as it calls itself.
    pub agent: String,
    /// `totp`, `provider` or `none`.
    pub second_factor: String,
    /// The one that asks.
    pub current: bool,
}

/// `GET /v1/sessions`
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct SessionList {
    /// Newest first.
    pub sessions: Vec<SessionListed>,
}

/// `GET /v1/me`: who is asking.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Me {
    /// Account id.
    pub account: uuid::Uuid,
    /// Account name.
    pub name: String,
    /// Role.
    pub role: String,
    /// Acts for.
    pub organisation: OrganisationInfo,
    /// Home.
    pub home: HomeInfo,
    /// A machine's account.
    pub machine: bool,
    /// The session it acts in, if it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_id: Option<uuid::Uuid>,
    /// When that ends however active it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<String>,
    /// Sessions end after so many minutes without activity.
    pub idle_minutes: u32,
}

/// `/.well-known/jwks.json` (RFC 7517): the public keys by which tokens are verified.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Jwks {
    /// Keys in force, newest first.
    pub keys: Vec<Jwk>,
}

/// One Ed25519 public key (RFC 8037).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Jwk {
    /// `OKP`
    pub kty: String,
    /// `Ed25519`
    pub crv: String,
    /// Key id.
    pub kid: String,
    /// `sig`
    #[serde(rename = "use")]
    pub usage: String,
    /// `EdDSA`
    pub alg: String,
    /// The key, base64url.
    pub x: String,
}
