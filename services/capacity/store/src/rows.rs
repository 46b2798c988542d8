//! Rows as the use cases and the gateway see them.
use crate::schema::{aggregate, duty, latest, report};
use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use serde_json::Value;
use uuid::Uuid;

/// Who must answer which form, counted where, from when to when.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = duty)]
pub struct Duty {
    /// Whose duty.
    pub facility_id: Uuid,
    /// Form code.
    pub form: String,
    /// In whose sums it counts.
    pub municipality: String,
    /// First day.
    pub valid_from: NaiveDate,
    /// First day without the duty.
    pub valid_to: Option<NaiveDate>,
}

/// One revision of a report.
#[derive(Debug, Clone, PartialEq, Queryable, Selectable, Insertable)]
#[diesel(table_name = report, treat_none_as_default_value = false)]
pub struct Report {
    /// Made by the sender.
    pub id: Uuid,
    /// Whose report.
    pub facility_id: Uuid,
    /// Form code.
    pub form: String,
    /// Version it was checked against.
    pub form_version: i32,
    /// In whose sums it counts.
    pub municipality: String,
    /// The day reported about.
    pub business_day: NaiveDate,
    /// From 1.
    pub revision: i32,
    /// `{item: number | choice | null}`
    pub answers: Value,
    /// `[{path, code, ja, en}]`
    pub warnings: Value,
    /// The moment the figures describe.
    pub as_of: DateTime<Utc>,
    /// `api`, `gmis`
    pub source: String,
    /// Sender's account.
    pub actor: Uuid,
    /// Sender's name.
    pub actor_name: String,
    /// Why corrected.
    pub reason: Option<String>,
    /// Figures of a training instance.
    pub training: bool,
    /// When it was taken.
    pub business_at: DateTime<Utc>,
}

/// A facility's newest report of a form.
#[derive(Debug, Clone, PartialEq, Queryable, Selectable)]
#[diesel(table_name = latest)]
pub struct Latest {
    /// Whose.
    pub facility_id: Uuid,
    /// Form code.
    pub form: String,
    /// First day it ever reported for.
    pub first_day: NaiveDate,
    /// Day of the newest report.
    pub business_day: NaiveDate,
    /// Its revision.
    pub revision: i32,
    /// Its id.
    pub report_id: Uuid,
    /// Its answers.
    pub answers: Value,
    /// Its moment.
    pub as_of: DateTime<Utc>,
}

/// Sums over the facilities of a municipality for a day and form.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = aggregate)]
pub struct Aggregate {
    /// Where.
    pub municipality: String,
    /// When.
    pub business_day: NaiveDate,
    /// Form code.
    pub form: String,
    /// Facilities with the duty.
    pub due: i32,
    /// Of those, how many reported.
    pub reported: i32,
    /// Of the others, how many have an older report.
    pub carried: i32,
    /// By `form_item.slot`.
    pub sums: Vec<i64>,
    /// Oldest moment behind the sums.
    pub as_of_oldest: Option<DateTime<Utc>>,
    /// Newest moment behind the sums.
    pub as_of_newest: Option<DateTime<Utc>>,
    /// Counts up with every change.
    pub version: i64,
}
