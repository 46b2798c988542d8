//! Rows of what is said against proposals, of who is due, and of who was reminded.
use crate::schema::{objection, objection_answer, reminded};
use chrono::{DateTime, Utc};
use diesel::{prelude::*, sql_types};
use uuid::Uuid;

/// An objection to be written.
#[derive(Debug, Clone, PartialEq, Eq, Insertable)]
#[diesel(table_name = objection, treat_none_as_default_value = false)]
pub struct NewObjection {
    /// Made by the caller.
    pub id: Uuid,
    /// The plan.
    pub plan_id: Uuid,
    /// The version that was handed in.
    pub version: i32,
    /// Whose line.
    pub recipient: String,
    /// The line as it stood, units.
    pub units: i64,
    /// What is asked for instead, units.
    pub units_wished: Option<i64>,
    /// Why.
    pub text: String,
    /// Who.
    pub actor_name: String,
    /// When.
    pub business_at: DateTime<Utc>,
}

/// An answer to be written.
#[derive(Debug, Clone, PartialEq, Eq, Insertable)]
#[diesel(table_name = objection_answer)]
pub struct NewAnswer {
    /// The objection.
    pub objection_id: Uuid,
    /// Made by the caller.
    pub id: Uuid,
    /// `accepted`, `declined`
    pub decision: String,
    /// Why.
    pub text: String,
    /// Who.
    pub actor_name: String,
    /// When.
    pub business_at: DateTime<Utc>,
}

/// An objection with its answer, if it has one.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct Objection {
    /// Id.
    #[diesel(sql_type = sql_types::Uuid)]
    pub id: Uuid,
    /// The plan.
    #[diesel(sql_type = sql_types::Uuid)]
    pub plan_id: Uuid,
    /// Its round.
    #[diesel(sql_type = sql_types::Uuid)]
    pub round_id: Uuid,
    /// Whose plan.
    #[diesel(sql_type = sql_types::Text)]
    pub holder: String,
    /// The version that was handed in.
    #[diesel(sql_type = sql_types::Integer)]
    pub version: i32,
    /// Whose line.
    #[diesel(sql_type = sql_types::Text)]
    pub recipient: String,
    /// The line as it stood, units.
    #[diesel(sql_type = sql_types::BigInt)]
    pub units: i64,
    /// What is asked for instead, units.
    #[diesel(sql_type = sql_types::Nullable<sql_types::BigInt>)]
    pub units_wished: Option<i64>,
    /// Why.
    #[diesel(sql_type = sql_types::Text)]
    pub text: String,
    /// Who.
    #[diesel(sql_type = sql_types::Text)]
    pub actor_name: String,
    /// When.
    #[diesel(sql_type = sql_types::Timestamptz)]
    pub business_at: DateTime<Utc>,
    /// `accepted`, `declined`; none without an answer.
    #[diesel(sql_type = sql_types::Nullable<sql_types::Text>)]
    pub decision: Option<String>,
    /// The answer.
    #[diesel(sql_type = sql_types::Nullable<sql_types::Text>)]
    pub answer: Option<String>,
    /// Who answered.
    #[diesel(sql_type = sql_types::Nullable<sql_types::Text>)]
    pub answered_name: Option<String>,
    /// When.
    #[diesel(sql_type = sql_types::Nullable<sql_types::Timestamptz>)]
    pub answered_at: Option<DateTime<Utc>>,
}

/// A holder who has something to grant, has not committed, and has not been told so yet.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct Due {
    /// The round.
    #[diesel(sql_type = sql_types::Uuid)]
    pub round_id: Uuid,
    /// The round's number.
    #[diesel(sql_type = sql_types::Integer)]
    pub number: i32,
    /// The round's product.
    #[diesel(sql_type = sql_types::Text)]
    pub product: String,
    /// The holder's level.
    #[diesel(sql_type = sql_types::Text)]
    pub level: String,
    /// The holder.
    #[diesel(sql_type = sql_types::Text)]
    pub holder: String,
    /// Its name, Japanese.
    #[diesel(sql_type = sql_types::Text)]
    pub name: String,
    /// Who stands above it; none above the nation.
    #[diesel(sql_type = sql_types::Nullable<sql_types::Text>)]
    pub above: Option<String>,
    /// Until when it must have committed.
    #[diesel(sql_type = sql_types::Timestamptz)]
    pub due_at: DateTime<Utc>,
    /// `day_before`, `hour_before`, `late`
    #[diesel(sql_type = sql_types::Text)]
    pub kind: String,
}

/// That somebody was reminded.
#[derive(Debug, Clone, PartialEq, Eq, Insertable, Queryable, Selectable)]
#[diesel(table_name = reminded)]
pub struct Reminder {
    /// The round.
    pub round_id: Uuid,
    /// The holder's level.
    pub level: String,
    /// The holder.
    pub holder: String,
    /// `day_before`, `hour_before`, `late`
    pub kind: String,
    /// When.
    pub business_at: DateTime<Utc>,
}

/// A plan that is to be carried through: late, and nothing stands in its way that can be seen from outside.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct Late {
    /// The plan.
    #[diesel(sql_type = sql_types::Uuid)]
    pub id: Uuid,
    /// Its version.
    #[diesel(sql_type = sql_types::Integer)]
    pub version: i32,
    /// When it was due.
    #[diesel(sql_type = sql_types::Timestamptz)]
    pub due_at: DateTime<Utc>,
}
