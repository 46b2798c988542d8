//! Rounds of the past, as they were published. They have nothing to do with our own plans.
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// What is odd about a row of a publication. The row was taken as published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Finding {
    /// Line in the file.
    pub row: i64,
    /// The place that it is about.
    pub place: String,
    /// Stable code: `past.not_whole_packs`, `past.slip`, `past.doses_differ`, `past.negative`,
    /// `past.total_differs`
    pub code: String,
    /// Why, in Japanese.
    pub ja: String,
    /// Why, in English.
    pub en: String,
}

/// What a place got.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PastLine {
    /// As the publication names it: a jurisdiction, a region's or a territory's code.
    pub place: String,
    /// Its name.
    pub name: String,
    /// Of what: `all`; `first` and `second` doses; `base` and `adjustment`
    pub part: String,
    /// Doses; below zero: handed over to others.
    pub doses: i64,
    /// Whole boxes; absent where the doses are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub units: Option<i64>,
    /// Line in the file.
    pub row: i32,
}

/// A round that somebody allocated in the past.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PastRound {
    /// Made of publication, product and day.
    pub past_round: Uuid,
    /// The publication: `us-allocations`, `us-allocations-wide`, `italy-deliveries`, `announced`
    pub kind: String,
    /// Where it was published.
    pub source: String,
    /// The product as the publication names it, in lower case.
    pub product: String,
    /// The first of the days that it covers.
    #[schema(value_type = String, format = Date)]
    pub day: NaiveDate,
    /// How many days it covers.
    pub days: i32,
    /// Doses of the smallest box that is shipped; absent where single doses are counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pack_doses: Option<i32>,
    /// Doses of all lines.
    pub doses: i64,
    /// What is odd about its rows, in the order of the file.
    pub findings: Vec<Finding>,
    /// In the order of the file.
    pub lines: Vec<PastLine>,
}

/// `GET /v1/past-rounds`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PastRoundList {
    /// By day.
    pub past_rounds: Vec<PastRound>,
    /// Ask again with this as `after`; absent at the end of the list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<Uuid>,
}
