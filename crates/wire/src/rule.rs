//! Rules as published documents, what was computed by them, and what anybody may know of it.
use crate::text::Bilingual;
use domain::{TerritoryCode, time::Instant};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

/// A published version of a rule, without its document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RuleInfo {
    /// `covid19-standard`
    pub code: String,
    /// From 1; a version never changes.
    pub version: i32,
    /// What it is called.
    pub title: Bilingual,
    /// SHA-256 of the canonical document, hexadecimal.
    pub digest: String,
    /// Those below may object to a plan by this rule before it is approved.
    pub needs_objections: bool,
    /// When it was published, business time.
    #[schema(value_type = String, format = DateTime)]
    pub published_at: Instant,
    /// Name of the account that published it.
    pub published_by: String,
}

/// `GET /v1/rules`: all versions, by code, the newest version first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RuleList {
    /// The rules.
    pub rules: Vec<RuleInfo>,
}

/// `GET /v1/rules/{code}@{version}`, and the answer to publishing one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RuleDocument {
    /// What and by whom.
    #[serde(flatten)]
    pub info: RuleInfo,
    /// allocation-rule/1, as it was published.
    pub document: Value,
}

/// `GET /v1/public/allocations/{round}/{territory}`: what was granted to a territory, and why. Only what
/// is committed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PublicAllocation {
    /// The round.
    pub round: Uuid,
    /// The territory.
    #[schema(value_type = String, example = "131016")]
    pub territory: TerritoryCode,
    /// Its name, Japanese.
    pub name: String,
    /// Whose plan granted it.
    #[schema(value_type = String, example = "130001")]
    pub granted_by: TerritoryCode,
    /// The plan; its document is at `/v1/plans/{plan}/document`.
    pub plan: Uuid,
    /// Whole packs.
    pub units: i64,
    /// Vials of one of them.
    pub unit_vials: i64,
    /// Vials.
    pub vials: i64,
    /// As the rule computed it, whole packs; an officer may have changed it.
    pub computed_units: i64,
    /// When it was committed, business time.
    #[schema(value_type = String, format = DateTime)]
    pub committed_at: Instant,
    /// Why: the line as a whole, then one sentence for each part of the rule.
    pub sentences: Vec<Bilingual>,
    /// The proof of each sentence, as data.
    pub data: Value,
}
