//! Sharing agreements, mergers of municipalities, closing of facilities.
use domain::{BusinessDay, TerritoryCode};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// `POST /v1/sharing-agreements`: open figures, facilities or reports of a territory to another body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MakeSharing {
    /// Made by the caller: the id of this request and of the agreement.
    pub id: Uuid,
    /// Whose: a prefecture or a municipality.
    #[schema(value_type = String, example = "130001")]
    pub giver: TerritoryCode,
    /// The organisation that may see it.
    pub receiver: Uuid,
    /// What is opened: `figures` (sums of municipalities), `facilities` (master data), `reports` (each
    /// facility's own, and with them the facilities).
    pub what: Vec<String>,
    /// Only these medical areas (二次医療圏, four digits) of the giver; the whole territory when empty.
    #[serde(default)]
    pub medical_areas: Vec<String>,
    /// What for, 1 to 500 characters.
    pub purpose: String,
    /// First day, in Japan.
    #[schema(value_type = String, format = Date)]
    pub from: BusinessDay,
    /// Last day, in Japan.
    #[schema(value_type = String, format = Date)]
    pub until: BusinessDay,
}

/// An agreement that was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SharingMade {
    /// The agreement.
    pub agreement: Uuid,
    /// Commit position.
    pub position: String,
}

/// `POST /v1/sharing-agreements/{agreement}:end`: end it now, before its last day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EndSharing {
    /// Made by the caller: the id of this request.
    pub id: Uuid,
    /// Why, 1 to 500 characters.
    pub reason: String,
}

/// An agreement that was ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SharingEnded {
    /// The agreement.
    pub agreement: Uuid,
    /// From when on nothing is open, RFC 3339.
    pub ended_at: String,
    /// Commit position.
    pub position: String,
}

/// An agreement as those see it whom it concerns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Sharing {
    /// Id.
    pub id: Uuid,
    /// Whose.
    #[schema(value_type = String, example = "130001")]
    pub giver: TerritoryCode,
    /// The organisation that may see it.
    pub receiver: Uuid,
    /// Its name.
    pub receiver_name: String,
    /// Its English name.
    pub receiver_name_en: String,
    /// Where it is.
    #[schema(value_type = String, example = "140007")]
    pub receiver_territory: TerritoryCode,
    /// `figures`, `facilities`, `reports`
    pub what: Vec<String>,
    /// Medical areas; the whole territory when empty.
    pub medical_areas: Vec<String>,
    /// What for.
    pub purpose: String,
    /// First day.
    #[schema(value_type = String, format = Date)]
    pub from: BusinessDay,
    /// Last day.
    #[schema(value_type = String, format = Date)]
    pub until: BusinessDay,
    /// `planned`, `in_force`, `over` or `ended` (early)
    pub state: String,
    /// Who made it.
    pub made_by: String,
    /// When, RFC 3339.
    pub made_at: String,
    /// When it was ended early, RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<String>,
    /// Who ended it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_by: Option<String>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_reason: Option<String>,
}

/// `GET /v1/sharing-agreements`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SharingList {
    /// The newest first.
    pub agreements: Vec<Sharing>,
}

/// `POST /v1/territories/{code}:merge`: from a day on, a municipality is part of another one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MergeTerritory {
    /// Made by the caller: the id of this request.
    pub id: Uuid,
    /// Into which municipality of the same prefecture.
    #[schema(value_type = String, example = "312011")]
    pub into: TerritoryCode,
    /// The first day on which it is no more, in Japan: today or later.
    #[schema(value_type = String, format = Date)]
    pub on: BusinessDay,
    /// Why, 1 to 500 characters: the decision it rests on.
    pub reason: String,
}

/// A merger that was recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TerritoryMerged {
    /// Which.
    #[schema(value_type = String, example = "312029")]
    pub territory: TerritoryCode,
    /// Into which.
    #[schema(value_type = String, example = "312011")]
    pub into: TerritoryCode,
    /// The first day.
    #[schema(value_type = String, format = Date)]
    pub on: BusinessDay,
    /// Commit position.
    pub position: String,
}

/// `POST /v1/facilities/{key}:close`, `:reopen`: from a day on a facility is closed, or open again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MoveFacility {
    /// Made by the caller: the id of this request.
    pub id: Uuid,
    /// The first day, in Japan: after today, since who must report today is settled. A closing that has not
    /// come yet is called off by opening on its day.
    #[schema(value_type = String, format = Date)]
    pub on: BusinessDay,
    /// Why, 1 to 500 characters.
    pub reason: String,
}

/// A facility that is to close, or to open again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FacilityMoved {
    /// Which.
    pub facility: Uuid,
    /// Its version now.
    pub version: i32,
    /// The first day on which it is closed.
    #[schema(value_type = String, format = Date)]
    pub closed_on: BusinessDay,
    /// The first day on which it is open again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = Date)]
    pub reopened_on: Option<BusinessDay>,
    /// Commit position.
    pub position: String,
}
