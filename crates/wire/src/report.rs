//! Reports as facilities and their proxies send them.
use crate::problem::{FieldProblem, ProblemBody};
use domain::{BusinessDay, ids::ReportId};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser::SerializeMap};
use serde_json::{Value, value::RawValue};
use std::fmt;
use utoipa::ToSchema;

/// Raw answers in the order sent, a key that stands twice included: JSON readers usually keep the
/// last of two, and a report must not lose one silently.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RawAnswers(pub Vec<(String, Value)>);

impl Serialize for RawAnswers {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (code, value) in &self.0 {
            map.serialize_entry(code, value)?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for RawAnswers {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries;
        impl<'de> de::Visitor<'de> for Entries {
            type Value = RawAnswers;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of item codes and their answers")
            }
            fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<RawAnswers, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry::<String, Value>()? {
                    entries.push(entry);
                }
                Ok(RawAnswers(entries))
            }
        }
        deserializer.deserialize_map(Entries)
    }
}

/// `POST /v1/reports`: one report, or a correction of one, as a whole.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SubmitReport {
    /// Made by the caller (a UUID, best version 7); sending the same id and body again gives the first answer again.
    #[schema(value_type = uuid::Uuid)]
    pub id: ReportId,
    /// The facility: uuid, ten-digit code, or `gmis:<id>`.
    #[schema(example = "1310101234")]
    pub facility: String,
    /// Which form.
    #[schema(example = "daily")]
    pub form: String,
    /// The day reported about, Japan time.
    #[schema(value_type = String, format = Date, example = "2021-04-05")]
    pub business_day: BusinessDay,
    /// The moment the figures describe, RFC 3339 with offset; without it, now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "2021-04-05T12:40:00+09:00")]
    pub as_of: Option<String>,
    /// For a correction: the revision that was read. If it is no longer the newest, 409.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaces_revision: Option<i32>,
    /// Why it is corrected; at most 500 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Answers by item code: a whole number, a choice, or `null` for "does not apply". An item that
    /// is left out is not answered.
    #[schema(value_type = Object, example = json!({"beds_total": 120, "icu_total": 8, "icu_staffed": 6, "icu_occupied": 4}))]
    pub values: RawAnswers,
}

/// The answer to a report that was taken.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ReportAccepted {
    /// The report's id, as sent.
    #[schema(value_type = uuid::Uuid)]
    pub id: ReportId,
    /// Our id of the facility.
    pub facility_id: uuid::Uuid,
    /// The form.
    pub form: String,
    /// The form's version that it was checked against.
    pub form_version: i32,
    /// The day reported about.
    #[schema(value_type = String, format = Date)]
    pub business_day: BusinessDay,
    /// 1 for the first report of the day, then counting up.
    pub revision: i32,
    /// The moment the figures describe.
    pub as_of: String,
    /// When it was taken, business time.
    pub submitted_at: String,
    /// Can still be corrected.
    pub provisional: bool,
    /// Figures of a training instance.
    pub training: bool,
    /// Remarkable, but taken.
    pub warnings: Vec<FieldProblem>,
    /// Commit position; name it in `Meguri-Position` to read no older.
    pub position: String,
}

/// `POST /v1/reports:batch`: up to 10,000 reports; each is taken or refused by itself.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SubmitBatch {
    /// The reports, each as the text it was sent as: a malformed one must fail alone.
    #[schema(value_type = Vec<SubmitReport>, max_items = 10_000)]
    pub reports: Vec<Box<RawValue>>,
}

/// The outcome of one report of a batch.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct BatchOutcome {
    /// Its place in the batch, from 0.
    pub index: usize,
    /// The status it would have had alone: 201, 200 (answered before), 404, 422, …
    pub status: u16,
    /// If taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub report: Option<ReportAccepted>,
    /// If not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<ProblemBody>,
}

/// The answer to a batch.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct BatchAnswer {
    /// How many were taken now.
    pub accepted: usize,
    /// How many had been taken before.
    pub replayed: usize,
    /// How many were refused.
    pub refused: usize,
    /// One for each report, in the order sent.
    pub outcomes: Vec<BatchOutcome>,
}

/// One revision, as it is read back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ReportRevision {
    /// The report's id.
    #[schema(value_type = uuid::Uuid)]
    pub id: ReportId,
    /// Revision number.
    pub revision: i32,
    /// Answers by item code.
    #[schema(value_type = Object)]
    pub values: Value,
    /// What was remarkable about it.
    pub warnings: Vec<FieldProblem>,
    /// The moment the figures describe.
    pub as_of: String,
    /// When it was taken, business time.
    pub submitted_at: String,
    /// Who sent it: an account's name.
    pub submitted_by: String,
    /// `api` or `gmis`.
    pub source: String,
    /// Why it was corrected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Figures of a training instance.
    pub training: bool,
}

/// `GET /v1/facilities/{key}/reports/{day}`: what a facility reported for a day.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct DayOfReports {
    /// Our id of the facility.
    pub facility_id: uuid::Uuid,
    /// The form.
    pub form: String,
    /// The day.
    #[schema(value_type = String, format = Date)]
    pub business_day: BusinessDay,
    /// When it is or was due.
    pub due_at: String,
    /// Can still be corrected.
    pub provisional: bool,
    /// Newest first; the first one counts.
    pub revisions: Vec<ReportRevision>,
}
