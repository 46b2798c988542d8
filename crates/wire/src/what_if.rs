//! What-ifs: what other rules would give. They are no plans and cannot become one.
use crate::text::Bilingual;
use domain::{TerritoryCode, time::Instant};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

/// What every answer bears, Japanese.
pub const WATERMARK_JA: &str = "試算（割当ではありません）";
/// What every answer bears, English.
pub const WATERMARK_EN: &str = "What-if: not an allocation";

/// The watermark of every answer.
#[must_use]
pub fn watermark() -> Bilingual {
    Bilingual { ja: WATERMARK_JA.to_owned(), en: WATERMARK_EN.to_owned() }
}

/// A rule to be tried out: a published one, or a document.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WhatIfRule {
    /// A published rule: `covid19-standard@1`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// Or a document, allocation-rule/1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document: Option<Value>,
}

/// A supply that is made up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WhatIfSupply {
    /// Whole packs.
    #[schema(minimum = 0)]
    pub units: i64,
    /// Vials of a pack; the round's unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1)]
    pub unit_vials: Option<i32>,
    /// Doses counted for one vial; the round's unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1)]
    pub doses_per_vial: Option<i32>,
}

/// `POST /v1/what-ifs`: try 1 to 5 rules out, side by side.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RunWhatIf {
    /// Made by the caller: the id of this request and of the what-if.
    pub id: Uuid,
    /// The round whose supply, wishes and history are used, also a past one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub round: Option<Uuid>,
    /// Instead of the round's supply; needed, with pack and doses, where no round is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub supply: Option<WhatIfSupply>,
    /// The nation, or the prefecture whose municipalities take part.
    #[schema(value_type = String, example = "000000")]
    pub holder: TerritoryCode,
    /// The rules; the others are compared with the first.
    pub rules: Vec<WhatIfRule>,
}

/// One rule of a what-if.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct WhatIfRunInfo {
    /// Its code.
    pub code: String,
    /// Its version.
    pub version: i32,
    /// What it is called.
    pub title: Bilingual,
    /// SHA-256 of engine, rule and inputs, hexadecimal.
    pub digest: String,
    /// Units that it would give.
    pub given_units: i64,
    /// Units that it would leave.
    pub reserve_units: i64,
    /// Figures of fairness.
    pub fairness: Value,
}

/// What one place would get.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WhatIfPlace {
    /// Its code.
    pub place: String,
    /// Its name, Japanese.
    pub name: String,
    /// By each rule.
    pub units: Vec<i64>,
    /// By each rule, less by the first.
    pub difference: Vec<i64>,
    /// By the plan in force, if there is one.
    pub in_force: Option<i64>,
    /// By each rule, less by the plan in force; empty where there is none.
    pub difference_in_force: Vec<i64>,
}

/// `GET /v1/what-ifs/{id}`, and the answer to running one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct WhatIfAnswer {
    /// It is no allocation.
    pub watermark: Bilingual,
    /// Its id.
    pub what_if: Uuid,
    /// The round; none for a supply that was made up without one.
    pub round: Option<Uuid>,
    /// The nation, or the prefecture whose municipalities take part.
    #[schema(value_type = String)]
    pub holder: TerritoryCode,
    /// What there would be to divide, whole packs.
    pub supply_units: i64,
    /// Vials of a pack.
    pub unit_vials: i32,
    /// Doses counted for one vial.
    pub doses_per_vial: i32,
    /// The plan in force that it is compared with.
    pub plan: Option<Uuid>,
    /// The rules, in the order of the request.
    pub runs: Vec<WhatIfRunInfo>,
    /// The places, in the order of their codes.
    pub places: Vec<WhatIfPlace>,
    /// Name of the account that asked.
    pub by: String,
    /// When, business time.
    #[schema(value_type = String, format = DateTime)]
    pub at: Instant,
}

/// The answer to `POST /v1/what-ifs`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct WhatIfRan {
    /// What came of it.
    #[serde(flatten)]
    pub answer: WhatIfAnswer,
    /// Commit position.
    pub position: String,
}
