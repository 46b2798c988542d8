//! What-ifs: what other rules would give. They are no plans and cannot become one.
use crate::text::Bilingual;
use domain::{BusinessDay, TerritoryCode, time::Instant};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
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

/// Figures of one indicator that are used in one what-if only.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WhatIfFigures {
    /// The name by which rules know it: `population_total`.
    pub code: String,
    /// Name, Japanese.
    pub ja: String,
    /// Name, English.
    pub en: String,
    /// What is counted: `people`, `doses`.
    pub unit: String,
    /// Where the figures come from.
    pub source: String,
    /// Of which day; not later than the day of the what-if.
    #[schema(value_type = String, format = Date)]
    pub as_of: BusinessDay,
    /// A value for each place, by its code; 0 to 2^53. A place that is missing has none.
    pub values: BTreeMap<String, i64>,
}

/// `POST /v1/what-ifs`: try 1 to 5 rules out, side by side.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RunWhatIf {
    /// Made by the caller: the id of this request and of the what-if.
    pub id: Uuid,
    /// The round whose supply, wishes and history are used, also a closed one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub round: Option<Uuid>,
    /// Or a round of the past as it was published (`GET /v1/past-rounds`): its boxes are the supply, its places
    /// take part, and what they really got stands beside. What was announced for the nation as a whole is shared
    /// among the municipalities of `holder`. Rules may name `past_doses` (what a place really got) and
    /// `past_doses_before` (what it had got before, of the same publication and product).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub past_round: Option<Uuid>,
    /// Figures for this what-if alone, before those recorded under the same name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub figures: Vec<WhatIfFigures>,
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
    /// Its code; in a round of the past, as its publication names it.
    pub place: String,
    /// Its name, Japanese.
    pub name: String,
    /// By each rule.
    pub units: Vec<i64>,
    /// By each rule, less by the first.
    pub difference: Vec<i64>,
    /// By the plan in force, if there is one; in a round of the past, what the place really got.
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
    /// The round of the past; `in_force` is then what the places really got.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub past_round: Option<Uuid>,
    /// Figures that were used in it alone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub figures: Vec<WhatIfFigures>,
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
