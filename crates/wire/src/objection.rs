//! Proposals and objections: what a level below sees of a plan that was handed in, what it says against its
//! own line, and what it is answered.
use domain::TerritoryCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// `POST /v1/plans/{plan}:object`: a recipient objects to its own line of a plan that was handed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ObjectToLine {
    /// Made by the caller: the id of this request and of the objection.
    pub id: Uuid,
    /// The version of the proposal that was read.
    pub version: i32,
    /// Why; 1 to 2,000 characters.
    pub text: String,
    /// What is asked for instead, in the plan's units.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0)]
    pub units: Option<i64>,
}

/// An objection as it was recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ObjectionMade {
    /// The objection.
    pub objection: Uuid,
    /// The plan.
    pub plan: Uuid,
    /// Whose line.
    #[schema(value_type = String)]
    pub recipient: TerritoryCode,
    /// The line as it stands, units.
    pub units: i64,
    /// Commit position.
    pub position: String,
}

/// `POST /v1/objections/{objection}:answer`: the plan's holder answers in writing, once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AnswerObjection {
    /// Made by the caller: the id of this request.
    pub id: Uuid,
    /// `accepted` (the line will be looked at again) or `declined`
    #[schema(example = "declined")]
    pub decision: String,
    /// Why; 1 to 2,000 characters.
    pub text: String,
}

/// An answer as it was recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ObjectionAnswered {
    /// The objection.
    pub objection: Uuid,
    /// The plan.
    pub plan: Uuid,
    /// `accepted`, `declined`
    pub decision: String,
    /// Objections to the plan that still have no answer.
    pub open: i64,
    /// Commit position.
    pub position: String,
}

/// What the holder answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Answer {
    /// `accepted`, `declined`
    pub decision: String,
    /// Why.
    pub text: String,
    /// Name of the account that answered.
    pub by: String,
    /// When, RFC 3339.
    pub at: String,
}

/// `GET /v1/objections/{objection}`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Objection {
    /// The objection.
    pub objection: Uuid,
    /// The plan.
    pub plan: Uuid,
    /// Whose plan.
    #[schema(value_type = String)]
    pub holder: TerritoryCode,
    /// The version of the plan that was handed in.
    pub version: i32,
    /// Whose line.
    #[schema(value_type = String)]
    pub recipient: TerritoryCode,
    /// The line as it stood, units.
    pub units: i64,
    /// What was asked for instead, units.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub units_wished: Option<i64>,
    /// Why.
    pub text: String,
    /// Name of the account that objected.
    pub by: String,
    /// When, RFC 3339.
    pub at: String,
    /// The holder's answer; absent as long as there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<Answer>,
}

/// That a figure is not decided yet, in both languages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Watermark {
    /// In Japanese.
    pub ja: String,
    /// In English.
    pub en: String,
}

/// `GET /v1/rounds/{round}/proposals/{recipient}`: what is proposed for one territory. Never anybody else's
/// line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Proposal {
    /// It is not decided yet.
    pub watermark: Watermark,
    /// The plan.
    pub plan: Uuid,
    /// The round.
    pub round: Uuid,
    /// Whose plan.
    #[schema(value_type = String)]
    pub holder: TerritoryCode,
    /// The version that was handed in; name it in an objection.
    pub version: i32,
    /// For whom.
    #[schema(value_type = String)]
    pub recipient: TerritoryCode,
    /// What is proposed, units.
    pub units: i64,
    /// Vials of one unit.
    pub unit_vials: i64,
    /// As computed, before anything was changed by hand; units.
    pub computed: i64,
    /// How it was computed.
    #[schema(value_type = Object)]
    pub explanation: serde_json::Value,
    /// Until when objections may be made, RFC 3339.
    pub objections_until: String,
    /// They may be made now.
    pub open: bool,
    /// What this recipient has objected, with the answers.
    pub objections: Vec<Objection>,
    /// Figures of a training instance.
    pub training: bool,
}
