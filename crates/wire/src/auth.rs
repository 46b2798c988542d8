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
    },
    /// A machine.
    ServiceAccount {
        /// Account name.
        client_id: String,
        /// 64 hexadecimal digits.
        client_secret: String,
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
