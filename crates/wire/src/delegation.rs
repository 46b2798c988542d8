//! 委任: an organisation lets another organisation's account do named things for it, until a day.
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// `POST /v1/delegations`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MakeDelegation {
    /// Made by the caller: the id of this request and of the delegation.
    pub id: Uuid,
    /// The taker: an account's name.
    pub account: String,
    /// What it may do: `report_submit`, `plan_draft`, …; 1 to 30.
    #[schema(min_items = 1, max_items = 30)]
    pub actions: Vec<String>,
    /// From this business day on; today unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// The last business day on which it counts.
    pub until: String,
    /// Why; 1 to 500 characters.
    pub reason: String,
}

/// `POST /v1/delegations/{delegation}:confirm`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConfirmDelegation {
    /// Made by the caller: the id of this request.
    pub id: Uuid,
}

/// `POST /v1/delegations/{delegation}:end`: before its day, by the giver or the taker.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EndDelegation {
    /// Made by the caller: the id of this request.
    pub id: Uuid,
    /// Why; 1 to 500 characters.
    pub reason: String,
}

/// A delegation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Delegation {
    /// The delegation.
    pub delegation: Uuid,
    /// The giver.
    pub organisation: Uuid,
    /// The giver's name.
    pub organisation_name: String,
    /// The giver's English name.
    pub organisation_name_en: String,
    /// The role that the taker acts in.
    pub role: String,
    /// The giver's home territory.
    pub territory: String,
    /// The giver's home facility.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub facility: Option<Uuid>,
    /// The giver's wholesaler or branch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partner: Option<String>,
    /// The taker.
    pub account: String,
    /// What it may do.
    pub actions: Vec<String>,
    /// The first business day.
    pub from: String,
    /// The last business day.
    pub until: String,
    /// Why.
    pub reason: String,
    /// `proposed`, `confirmed`, `ended`
    pub state: String,
    /// It can be used today.
    pub in_force: bool,
    /// Who made it.
    pub made_by: String,
    /// The second person of the giver.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirmed_by: Option<String>,
    /// Who ended it before its day; `delegations` when its day had come.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_by: Option<String>,
}

/// What became of a delegation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DelegationMoved {
    /// The delegation.
    pub delegation: Uuid,
    /// `proposed`, `confirmed`, `ended`
    pub state: String,
    /// Commit position.
    pub position: String,
}

/// `GET /v1/delegations`: those that the caller's organisation gives, and those that the caller takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DelegationPage {
    /// The delegations, newest first.
    pub delegations: Vec<Delegation>,
    /// To be given as `after` for the next page; null on the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<Uuid>,
}
