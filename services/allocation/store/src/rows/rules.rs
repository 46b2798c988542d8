//! Rows of rules, indicators, computed documents and what-ifs.
use crate::schema::{indicator, indicator_recording, plan_document, rule, what_if, what_if_line, what_if_run};
use chrono::{DateTime, NaiveDate, Utc};
use diesel::{
    prelude::*,
    sql_types::{BigInt, Date, Nullable, Text, Timestamptz},
};
use serde_json::Value;
use uuid::Uuid;

/// A version of a rule; it never changes.
#[derive(Debug, Clone, PartialEq, Queryable, Selectable, Insertable)]
#[diesel(table_name = rule)]
pub struct Rule {
    /// Code: `covid19-standard`.
    pub code: String,
    /// From 1.
    pub version: i32,
    /// allocation-rule/1.
    pub document: Value,
    /// SHA-256 of its canonical text.
    pub digest: Vec<u8>,
    /// When it was published, business time.
    pub published_at: DateTime<Utc>,
    /// Of its audit row.
    pub cause_id: Uuid,
    /// Who published it.
    pub actor: Uuid,
    /// Name of that account.
    pub actor_name: String,
}

/// What is counted for places.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = indicator)]
pub struct Indicator {
    /// Code, as rules name it: `first_doses`.
    pub code: String,
    /// Name, Japanese.
    pub ja: String,
    /// Name, English.
    pub en: String,
    /// What is counted: `doses`.
    pub unit: String,
    /// `level` (as it stood on a day) or `daily` (what happened on each day).
    pub kind: String,
    /// Where its figures come from.
    pub source: String,
}

/// One delivery of figures.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = indicator_recording)]
pub struct IndicatorRecording {
    /// The caller's.
    pub id: Uuid,
    /// Of which indicator.
    pub indicator: String,
    /// Where these figures come from.
    pub source: String,
    /// Figures that were new or other than before.
    pub figures: i32,
    /// Who recorded them.
    pub actor: Uuid,
    /// Name of that account.
    pub actor_name: String,
    /// When, business time.
    pub business_at: DateTime<Utc>,
}

/// A figure as it was recorded last for its place and day.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct Figure {
    /// The indicator's code, or the age band of a population.
    #[diesel(sql_type = Text)]
    pub indicator: String,
    /// A territory's code.
    #[diesel(sql_type = Text)]
    pub place: String,
    /// The day it is of.
    #[diesel(sql_type = Date)]
    pub as_of: NaiveDate,
    /// How many.
    #[diesel(sql_type = BigInt)]
    pub value: i64,
    /// Where it comes from.
    #[diesel(sql_type = Text)]
    pub source: String,
}

/// What there is of an indicator: how many places, and of which days.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct IndicatorState {
    /// Code.
    #[diesel(sql_type = Text)]
    pub code: String,
    /// Name, Japanese.
    #[diesel(sql_type = Text)]
    pub ja: String,
    /// Name, English.
    #[diesel(sql_type = Text)]
    pub en: String,
    /// What is counted.
    #[diesel(sql_type = Text)]
    pub unit: String,
    /// `level`, `daily`
    #[diesel(sql_type = Text)]
    pub kind: String,
    /// Where its figures come from.
    #[diesel(sql_type = Text)]
    pub source: String,
    /// Municipalities with a figure.
    #[diesel(sql_type = BigInt)]
    pub municipalities: i64,
    /// Prefectures with a figure of their own.
    #[diesel(sql_type = BigInt)]
    pub prefectures: i64,
    /// Of the places' newest figures the oldest day; null without figures.
    #[diesel(sql_type = Nullable<Date>)]
    pub oldest: Option<NaiveDate>,
    /// Of the places' newest figures the newest day; null without figures.
    #[diesel(sql_type = Nullable<Date>)]
    pub newest: Option<NaiveDate>,
    /// When a figure was recorded last, business time; null without figures.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub recorded_at: Option<DateTime<Utc>>,
}

/// Vials that a place was given.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct Given {
    /// A territory's code.
    #[diesel(sql_type = Text)]
    pub place: String,
    /// Vials.
    #[diesel(sql_type = BigInt)]
    pub vials: i64,
}

/// What was computed for a version of a plan, whole.
#[derive(Debug, Clone, PartialEq, Queryable, Selectable, Insertable)]
#[diesel(table_name = plan_document, treat_none_as_default_value = false)]
pub struct PlanDocument {
    /// The plan.
    pub plan_id: Uuid,
    /// The version that it was computed for.
    pub version: i32,
    /// The stored rule's code; none for one that stood in the request.
    pub rule_code: Option<String>,
    /// The stored rule's version.
    pub rule_version: Option<i32>,
    /// SHA-256 of engine, rule and inputs.
    pub digest: Vec<u8>,
    /// SHA-256 of the result.
    pub result_digest: Vec<u8>,
    /// Figures of fairness of the result.
    pub fairness: Value,
    /// allocation-plan/1, canonical.
    pub document: String,
    /// When, business time.
    pub business_at: DateTime<Utc>,
}

/// What other rules would give.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = what_if, treat_none_as_default_value = false)]
pub struct WhatIf {
    /// The caller's.
    pub id: Uuid,
    /// Whose supply and places; none: one of the past, or a supply that was made up.
    pub round_id: Option<Uuid>,
    /// The round of the past whose supply and places.
    pub past_round: Option<Uuid>,
    /// Figures that were given with the request: names, source, day, values.
    pub figures: Value,
    /// The nation, or the prefecture whose municipalities take part.
    pub holder: String,
    /// What there would be to divide.
    pub supply_units: i64,
    /// Vials of one unit.
    pub unit_vials: i32,
    /// Doses counted for one vial.
    pub doses_per_vial: i32,
    /// The plan in force that it is compared with.
    pub plan_id: Option<Uuid>,
    /// Who asked.
    pub actor: Uuid,
    /// Name of that account.
    pub actor_name: String,
    /// When, business time.
    pub business_at: DateTime<Utc>,
}

/// One rule of a what-if.
#[derive(Debug, Clone, PartialEq, Queryable, Selectable, Insertable)]
#[diesel(table_name = what_if_run)]
pub struct WhatIfRun {
    /// Of which what-if.
    pub what_if_id: Uuid,
    /// From 1.
    pub ord: i32,
    /// The rule's document.
    pub rule: Value,
    /// SHA-256 of engine, rule and inputs.
    pub digest: Vec<u8>,
    /// Units that it would give.
    pub given_units: i64,
    /// Units that it would leave.
    pub reserve_units: i64,
    /// Figures of fairness.
    pub fairness: Value,
}

/// What one place would get, by each rule.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = what_if_line, treat_none_as_default_value = false)]
pub struct WhatIfLine {
    /// Of which what-if.
    pub what_if_id: Uuid,
    /// A territory's code, or a place as a publication of the past names it.
    pub place: String,
    /// Its name.
    pub name: String,
    /// One for each run, in their order.
    pub units: Vec<i64>,
    /// By the plan in force.
    pub in_force: Option<i64>,
}
