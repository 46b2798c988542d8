//! Access in an emergency to what one does not see otherwise.
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// Asks for access to the reports of one facility, or of a prefecture's or municipality's facilities.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OpenBreakGlass {
    /// Made by the sender; the same id again gets the same answer.
    pub id: Uuid,
    /// The facility: uuid, ten-digit code, or `gmis:<id>`. Either this or `territory`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub facility: Option<String>,
    /// Code of a prefecture or municipality. Either this or `facility`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub territory: Option<String>,
    /// Why, in 10 to 500 characters. No patient's name.
    pub reason: String,
    /// For how long: 1 to 60.
    #[schema(minimum = 1, maximum = 60)]
    pub minutes: u32,
}

/// Such an access.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BreakGlass {
    /// Its id.
    pub id: Uuid,
    /// The facility's id, if it is for one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub facility: Option<Uuid>,
    /// The territory's code, if it is for one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub territory: Option<String>,
    /// The account that asked. The facility itself is not told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// Its role.
    pub role: String,
    /// The body that it acts for.
    pub organisation: Uuid,
    /// Why.
    pub reason: String,
    /// Since when, real time, RFC 3339.
    pub from: String,
    /// Until when, real time, RFC 3339. It ends by itself.
    pub until: String,
    /// It has not ended yet.
    pub active: bool,
    /// The second person's word on it; absent while it is waited for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub review: Option<BreakGlassReview>,
}

/// A second person's word.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BreakGlassReview {
    /// `right` or `wrong`
    pub verdict: String,
    /// In words.
    pub note: String,
    /// Who. The facility itself is not told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reviewer: Option<String>,
    /// When, business time, RFC 3339.
    pub at: String,
}

/// A page of accesses, the newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BreakGlassList {
    /// The accesses.
    pub accesses: Vec<BreakGlass>,
    /// Where the next page begins; absent when this is the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<Uuid>,
}

/// Says whether an access was right.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReviewBreakGlass {
    /// Made by the sender; the same id again gets the same answer.
    pub id: Uuid,
    /// `right` or `wrong`
    pub verdict: String,
    /// In words, 1 to 500 characters.
    pub note: String,
}
