//! Errors as `application/problem+json` (RFC 9457) with our stable code and both languages.
use crate::plan::LineDifference;
use domain::{FieldError, Problem};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One field at fault, or one warning.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FieldProblem {
    /// Dotted path in the request: `values.icu_occupied`.
    pub path: String,
    /// Stable code, `area.snake_case`; the table is contracts/error-codes.md.
    pub code: String,
    /// Japanese text.
    pub ja: String,
    /// English text.
    pub en: String,
}

impl From<&FieldError> for FieldProblem {
    fn from(error: &FieldError) -> Self {
        Self { path: error.path.clone(), code: error.code.code.to_owned(), ja: error.ja(), en: error.en() }
    }
}

/// The body of every answer that is not a success.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ProblemBody {
    /// `/errors/<code>`
    #[serde(rename = "type")]
    pub kind: String,
    /// English text.
    pub title: String,
    /// HTTP status.
    pub status: u16,
    /// Stable code, `area.snake_case`.
    pub code: String,
    /// Japanese text.
    pub detail: String,
    /// Path of the request.
    pub instance: String,
    /// Give this to the help desk.
    pub request_id: String,
    /// The fields at fault; empty when the problem is not about fields.
    #[serde(default)]
    pub errors: Vec<FieldProblem>,
    /// For a stale revision or version: the newest one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub current_revision: Option<i32>,
    /// For a stale plan: what differs from the version that was read, line by line.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub difference: Vec<LineDifference>,
    /// With `auth.enrolment_required`: allows to enrol a second factor, for ten minutes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enrolment_token: Option<String>,
}

impl ProblemBody {
    /// The body for a problem met while answering `instance`.
    #[must_use]
    pub fn new(problem: &Problem, instance: &str, request_id: &str) -> Self {
        Self {
            kind: format!("/errors/{}", problem.code.code),
            title: problem.en(),
            status: problem.code.status,
            code: problem.code.code.to_owned(),
            detail: problem.ja(),
            instance: instance.to_owned(),
            request_id: request_id.to_owned(),
            errors: problem.errors.iter().map(FieldProblem::from).collect(),
            current_revision: (problem.code.status == 409)
                .then(|| problem.param("current").and_then(|revision| revision.parse().ok()))
                .flatten(),
            difference: Vec::new(),
            enrolment_token: problem.param("enrolment_token").map(str::to_owned),
        }
    }
}
