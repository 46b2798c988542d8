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
        /// The code of the second factor, or a recovery code.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        otp: Option<String>,
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
    /// The second factor.
    pub second_factor: SecondFactorState,
}

/// `POST /v1/sessions:oidc`: our own second factor, after a provider has vouched for the account.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FinishOidc {
    /// Of the address that the browser was sent back to.
    pub ticket: String,
    /// The code of the second factor, or a recovery code.
    pub otp: String,
}

/// How an account stands to the second factor.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct SecondFactorState {
    /// It has one.
    pub enrolled: bool,
    /// It must have one to sign in.
    pub required: bool,
    /// Recovery codes that were not used yet.
    pub recovery_codes_left: u32,
}

/// `POST /v1/me/second-factor`
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BeginEnrolment {
    /// Of `auth.enrolment_required`; not needed when signed in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enrolment_token: Option<String>,
    /// A code of the authenticator that is to be replaced, or a recovery code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub otp: Option<String>,
}

/// What an authenticator app is given. It counts once confirmed.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct EnrolmentBegun {
    /// Base32, to type in.
    pub secret: String,
    /// To show as a QR code.
    pub otpauth_uri: String,
}

/// `POST /v1/me/second-factor:confirm`
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConfirmEnrolment {
    /// Of `auth.enrolment_required`; not needed when signed in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enrolment_token: Option<String>,
    /// A first code of the new authenticator.
    pub otp: String,
}

/// A second factor that counts from now on.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct EnrolmentConfirmed {
    /// Ten codes for whoever loses the authenticator; each counts once, and they are shown only now.
    pub recovery_codes: Vec<String>,
    /// By an enrolment token: the session that has begun; the code is used up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<SessionInfo>,
}

/// `POST /v1/me/password`
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangePassword {
    /// The present one.
    pub current: String,
    /// The new one: 13 characters, or 8 with a second factor; at most 128 bytes.
    pub password: String,
}

/// A password that counts from now on.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct PasswordChanged {
    /// How many other sessions were ended.
    pub sessions_ended: usize,
}

/// `POST /v1/service-accounts`: an account for a machine.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct IssueServiceAccount {
    /// Made by the caller; the same again gets the same answer.
    pub id: uuid::Uuid,
    /// Name to sign in with: small letters, digits, hyphens; at most 63.
    pub name: String,
    /// Role.
    pub role: String,
    /// Home territory's code; of a facility its municipality; of a wholesaler `000000`.
    pub territory: String,
    /// Home facility, for the machine of one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub facility: Option<uuid::Uuid>,
    /// Home wholesaler or branch: `W07`, `W07-03`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partner: Option<String>,
    /// Names of the only actions it may do; all that its role may when none are given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actions: Option<Vec<String>>,
    /// It signs in until then, RFC 3339, real time; at most two years.
    pub expires_at: String,
    /// What it is for.
    pub reason: String,
}

/// A machine's secret. It is shown to whoever made the request and kept only as a digest.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ServiceAccountSecret {
    /// Name to sign in with.
    pub name: String,
    /// 64 hexadecimal digits.
    pub client_secret: String,
    /// It signs in until then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<String>,
    /// Until then the secret before counts too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous_until: Option<String>,
}

/// `POST /v1/service-accounts/{name}:rotate`
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RotateSecret {
    /// Made by the caller; the same again gets the same answer.
    pub id: uuid::Uuid,
    /// For so many hours the present secret counts too; 0 to 720.
    pub overlap_hours: u32,
}

/// A machine's account, without its secret.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ServiceAccountListed {
    /// Name to sign in with.
    pub name: String,
    /// Role.
    pub role: String,
    /// Home territory's code.
    pub territory: String,
    /// Home facility.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub facility: Option<uuid::Uuid>,
    /// Home wholesaler or branch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partner: Option<String>,
    /// The only actions it may do; all that its role may when none are given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actions: Option<Vec<String>>,
    /// It signs in until then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<String>,
    /// Until then the secret before counts too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous_until: Option<String>,
    /// Last signed in, to the minute.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_used_at: Option<String>,
}

/// `GET /v1/service-accounts`
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ServiceAccountList {
    /// By name.
    pub service_accounts: Vec<ServiceAccountListed>,
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
