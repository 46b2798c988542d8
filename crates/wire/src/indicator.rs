//! Indicators: what is counted for places, recorded with its day and its source.
use chrono::NaiveDate;
use domain::time::Instant;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// `PUT /v1/indicators/{code}`: register an indicator, or mend its names. The same again changes nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PutIndicator {
    /// Its name, Japanese.
    pub ja: String,
    /// Its name, English.
    pub en: String,
    /// What is counted: `doses`, `persons`.
    pub unit: String,
    /// `level` (as it stood on a day) or `daily` (what happened on each day); it never changes.
    pub kind: String,
    /// Where its figures come from.
    pub source: String,
}

/// An indicator and what there is of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct IndicatorInfo {
    /// As rules name it.
    pub code: String,
    /// Its name, Japanese.
    pub ja: String,
    /// Its name, English.
    pub en: String,
    /// What is counted.
    pub unit: String,
    /// `level`, `daily`
    pub kind: String,
    /// Where its figures come from.
    pub source: String,
    /// Municipalities with a figure.
    pub municipalities: i64,
    /// Prefectures with a figure of their own.
    pub prefectures: i64,
    /// Of the places' newest figures the oldest day.
    #[schema(value_type = Option<String>, format = Date)]
    pub oldest: Option<NaiveDate>,
    /// Of the places' newest figures the newest day.
    #[schema(value_type = Option<String>, format = Date)]
    pub newest: Option<NaiveDate>,
    /// When a figure was recorded last, business time.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub recorded_at: Option<Instant>,
}

/// `GET /v1/indicators`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct IndicatorList {
    /// In the order of their codes.
    pub indicators: Vec<IndicatorInfo>,
}

/// A figure of one place and day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FigureValue {
    /// A prefecture's or municipality's code.
    #[schema(example = "131016")]
    pub place: String,
    /// The day it is of.
    #[schema(format = Date)]
    pub as_of: String,
    /// A whole number from 0.
    #[schema(minimum = 0)]
    pub value: i64,
}

/// `POST /v1/indicators/{code}/values`: record figures. All are taken, or none. Of several figures of one
/// place and day the one recorded last counts; none is deleted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RecordFigures {
    /// Made by the caller: the id of this request.
    pub id: Uuid,
    /// Where these figures come from.
    pub source: String,
    /// The figures, each place and day once.
    pub values: Vec<FigureValue>,
}

/// Figures were recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FiguresRecorded {
    /// The request's id.
    pub recording: Uuid,
    /// The indicator.
    pub indicator: String,
    /// Figures that were new or other than before.
    pub recorded: i64,
    /// Figures that stood there already.
    pub unchanged: i64,
    /// Commit position.
    pub position: String,
}
