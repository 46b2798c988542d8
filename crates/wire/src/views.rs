//! Who saw what about a facility.
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// A page of views, the newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FacilityViews {
    /// The views.
    pub views: Vec<FacilityView>,
    /// Where the next page begins; absent when this is the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<Uuid>,
}

/// One request that told somebody about a facility.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FacilityView {
    /// Its id.
    pub id: Uuid,
    /// Business time, RFC 3339.
    pub at: String,
    /// Real time, RFC 3339.
    pub recorded_at: String,
    /// What was seen: `facility` (master data), `report/<form>/<day>`, `stock/<site>`, `shipment/<id>`, `views`.
    pub seen: Vec<String>,
    /// Why it was allowed: `own`, `duty`, `shared` (an agreement), `break_glass`.
    pub kind: String,
    /// Role of the account.
    pub role: String,
    /// The body that it acted for.
    pub organisation: Uuid,
    /// That body's name, where it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organisation_name: Option<String>,
    /// The account. The facility itself is not told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// The emergency access that it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub break_glass: Option<Uuid>,
    /// The service that answered: `gateway`, `capacity`, `distribution`, `identity`.
    pub service: String,
    /// The request.
    pub request_id: Uuid,
}
