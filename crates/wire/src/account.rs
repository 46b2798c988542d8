//! Accounts and the invitations that bring their first credentials.
use crate::problem::ProblemBody;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;
use uuid::Uuid;

/// How an account's holder gets the first credentials. Never a password by mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Invite {
    /// A one-time link by mail, for 72 hours.
    Mail,
    /// A code that is read out on the telephone, for 24 hours and five tries.
    Code,
}

impl Invite {
    /// As the database and files name it.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "mail" => Some(Self::Mail),
            "code" => Some(Self::Code),
            _ => None,
        }
    }
}

/// What an account is to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AccountFacts {
    /// Name to sign in with: 1 to 63 lower-case letters, digits and hyphens.
    #[schema(example = "hospital-10101075-2")]
    pub name: String,
    /// What it is for: `prefecture`, `hospital`, …
    #[schema(example = "hospital")]
    pub role: String,
    /// Home, unless it is a facility or a wholesaler: a territory's code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub territory: Option<String>,
    /// Home of a hospital's or clinic's staff: uuid, ten-digit code or `gmis:<id>`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub facility: Option<String>,
    /// Home of a wholesaler's staff: `W07` or a branch, `W07-03`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partner: Option<String>,
    /// The organisation, if it exists. Without it and without names: a territory's own government, the
    /// facility itself, or for a colleague the issuer's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organisation: Option<Uuid>,
    /// A new organisation's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organisation_name: Option<String>,
    /// A new organisation's English name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organisation_name_en: Option<String>,
    /// May issue accounts to colleagues and to the level below.
    #[serde(default)]
    pub administrator: bool,
    /// Where mail goes. Kept with the account and nowhere else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mail: Option<String>,
    /// Of mail: `ja` (unless given) or `en`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// From then on it cannot sign in, RFC 3339, real time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<String>,
    /// `mail` or `code`; `mail` unless given if there is an address, else `code`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invite: Option<Invite>,
}

/// `POST /v1/accounts`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct IssueAccount {
    /// Made by the caller: the id of this request and of the account.
    pub id: Uuid,
    /// What it is to be.
    pub account: AccountFacts,
}

/// An invitation that was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Invitation {
    /// The invitation.
    pub invitation: Uuid,
    /// `link` (goes out by mail) or `code`
    pub kind: String,
    /// Until when it can be redeemed, real time.
    pub expires_at: String,
    /// The code to be read out, `K7MHX-3RTQ8`; null for a link.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
}

/// An account that was issued.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AccountIssued {
    /// The account.
    pub account: Uuid,
    /// Name to sign in with.
    pub name: String,
    /// The organisation that it acts for.
    pub organisation: Uuid,
    /// How its holder gets in.
    pub invitation: Invitation,
    /// Commit position.
    pub position: String,
}

/// `POST /v1/accounts:batch` as JSON. As CSV (`text/csv`, UTF-8 or Shift_JIS) the columns have the names of the
/// account's fields, and the id stands in the header `Idempotency-Key`.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct IssueAccounts {
    /// Made by the caller: the id of this request.
    pub id: Uuid,
    /// The accounts, each as the text it was sent as: a malformed one must fail alone.
    #[schema(value_type = Vec<AccountFacts>, max_items = 10_000)]
    pub accounts: Vec<Box<RawValue>>,
}

/// The outcome of one row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AccountOutcome {
    /// Its place, from 1; in a file the heading is not counted.
    pub row: usize,
    /// The status it would have had alone: 200, 403, 409, 422.
    pub status: u16,
    /// If issued.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<AccountIssued>,
    /// If not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<ProblemBody>,
}

/// The answer to a batch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AccountsIssued {
    /// How many were issued.
    pub issued: usize,
    /// How many were refused.
    pub refused: usize,
    /// One for each row, in the order sent.
    pub outcomes: Vec<AccountOutcome>,
    /// Commit position; empty when nothing was written.
    pub position: String,
}

/// `POST /v1/accounts/{name}:suspend`, `:resume`, `:close`, `:confirm`, `:reset-second-factor`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeAccount {
    /// Made by the caller: the id of this request.
    pub id: Uuid,
    /// Why; 1 to 500 characters.
    pub reason: String,
}

/// `POST /v1/accounts/{name}:reinvite`: the invitations before it end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReinviteAccount {
    /// Made by the caller: the id of this request.
    pub id: Uuid,
    /// Why; 1 to 500 characters.
    pub reason: String,
    /// How.
    pub invite: Invite,
}

/// What became of an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AccountChanged {
    /// The account.
    pub account: Uuid,
    /// Its name.
    pub name: String,
    /// `invited`, `active`, `suspended`, `closed`
    pub state: String,
    /// The new invitation, if one was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invitation: Option<Invitation>,
    /// Commit position.
    pub position: String,
}

/// An account as those above it see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Account {
    /// The account.
    pub account: Uuid,
    /// Name to sign in with.
    pub name: String,
    /// `person`, `service`
    pub kind: String,
    /// What it is for.
    pub role: String,
    /// The organisation that it acts for.
    pub organisation: Uuid,
    /// The organisation's name.
    pub organisation_name: String,
    /// Home territory.
    pub territory: String,
    /// Home facility.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub facility: Option<Uuid>,
    /// Home wholesaler or branch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partner: Option<String>,
    /// May issue accounts.
    pub administrator: bool,
    /// `invited` (no credentials yet), `active`, `suspended`, `closed`, `expired`
    pub state: String,
    /// It has a mail address. The address itself is shown to nobody.
    pub has_mail: bool,
    /// When it was issued.
    pub issued_at: String,
    /// Who issued it; null where the machine's operator did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issued_by: Option<String>,
    /// When somebody said last that it is still needed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirmed_at: Option<String>,
    /// Who did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirmed_by: Option<String>,
    /// When it was last used to sign in, real time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_sign_in: Option<String>,
    /// From then on it cannot sign in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<String>,
}

/// `GET /v1/accounts`: a page of those that the caller may see, in the order of their names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AccountPage {
    /// The accounts.
    pub accounts: Vec<Account>,
    /// To be given as `after` for the next page; null on the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// `POST /v1/invitations:redeem`: the token of a link, or an account's name with the code that was read out.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RedeemInvitation {
    /// Made by the caller: the id of this request.
    pub id: Uuid,
    /// The link's token: 64 hexadecimal digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// The account's name, with a code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The code; capitals and hyphen do not matter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The password that the account has from now on.
    pub password: String,
}

/// An invitation that was redeemed. The second factor is enrolled at the first sign-in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct InvitationRedeemed {
    /// The account.
    pub account: Uuid,
    /// Its name, to sign in with.
    pub name: String,
    /// Commit position.
    pub position: String,
}
