//! Sending a facility's report.
use super::client::Refusal;
use crate::{
    scalars::{Count, Date, DateTime, FacilityKey, Uuid},
    session::Session,
    types::{problem::FieldProblem, words::Words},
};
use async_graphql::{InputObject, SimpleObject, Union};
use domain::{FieldError, Problem, error, ids::ReportId, policy::Role, time};
use platform::failure::Failure;
use serde_json::Value;
use wire::report::{self, RawAnswers, SubmitReport};

/// The answer to one item: exactly one of `count`, `choice` and `notApplicable: true`. An item that
/// is left out is not answered, which is neither 0 nor "does not apply".
#[derive(Debug, Clone, InputObject)]
pub struct AnswerInput {
    /// The item's code.
    pub item: String,
    /// For a count: the number, in the item's unit.
    pub count: Option<Count>,
    /// For a choice: the answer chosen.
    pub choice: Option<String>,
    /// True: the question does not apply to this facility.
    pub not_applicable: Option<bool>,
}

/// A facility's report of a day.
#[derive(Debug, Clone, InputObject)]
pub struct SubmitReportInput {
    /// Made by the sender (a UUID of version 7); keep it when you send the same report again.
    pub id: Uuid,
    /// Whose report.
    pub facility: FacilityKey,
    /// The form's code.
    #[graphql(default = "daily")]
    pub form: String,
    /// The day reported about, Japan time.
    pub business_day: Date,
    /// The moment the figures describe; now unless given.
    pub as_of: Option<DateTime>,
    /// For a correction: the revision that was read. If it is no longer the newest, the report is
    /// stale and nothing is written.
    pub replaces_revision: Option<i32>,
    /// Why it is corrected; at most 500 characters.
    pub reason: Option<String>,
    /// The answers.
    pub answers: Vec<AnswerInput>,
}

/// The report was taken.
#[derive(Debug, Clone, PartialEq, SimpleObject)]
pub struct ReportAccepted {
    /// The report's id, as sent.
    pub id: Uuid,
    /// Our own id of the facility.
    pub facility_id: Uuid,
    /// The form's code.
    pub form: String,
    /// The form's version that it was checked against.
    pub form_version: i32,
    /// The day reported about.
    pub business_day: Date,
    /// 1 for the first report of the day, then counting up.
    pub revision: i32,
    /// The moment the figures describe.
    pub as_of: DateTime,
    /// When it was taken, business time.
    pub submitted_at: DateTime,
    /// Can still be corrected.
    pub provisional: bool,
    /// Figures of a training instance: made up.
    pub training: bool,
    /// Remarkable, but taken.
    pub warnings: Vec<FieldProblem>,
    /// Commit position: name it in the header `Meguri-Position` of a read that must see this report.
    pub position: String,
    /// This id was taken before; this is the first answer again.
    pub replayed: bool,
}

/// The report is not valid: correct it and send it under a new id.
#[derive(Debug, Clone, PartialEq, SimpleObject)]
pub struct ReportRejected {
    /// Stable code: `report.invalid`, `report.no_duty`, `report.window_closed`, …
    pub code: String,
    /// The reason.
    pub message: Words,
    /// The fields at fault, all of them; empty when it is not about fields.
    pub errors: Vec<FieldProblem>,
}

/// Somebody corrected the report in between: read it again.
#[derive(Debug, Clone, PartialEq, SimpleObject)]
pub struct ReportStale {
    /// Stable code: `report.stale_revision`.
    pub code: String,
    /// The reason.
    pub message: Words,
    /// The newest revision; null when it could not be told.
    pub current_revision: Option<i32>,
}

/// You may see the facility, but not report for it.
#[derive(Debug, Clone, PartialEq, SimpleObject)]
pub struct ReportRefused {
    /// Stable code: `auth.forbidden`, `report.form_is_import_only`.
    pub code: String,
    /// The reason.
    pub message: Words,
}

/// What can become of a report that is sent.
#[derive(Debug, Clone, PartialEq, Union)]
pub enum SubmitReportPayload {
    /// Taken.
    Accepted(ReportAccepted),
    /// Not valid.
    Rejected(ReportRejected),
    /// Corrected by somebody else in between.
    Stale(ReportStale),
    /// Not allowed.
    Refused(ReportRefused),
}

/// Sends the report to the capacity service in the caller's name.
///
/// # Errors
/// `auth.missing_token` and `auth.invalid_token`, `facility.not_found`, `request.rate_limited`,
/// `service.unavailable`, and whatever else is no outcome of the report itself.
pub async fn submit_report(session: &Session, input: SubmitReportInput) -> Result<SubmitReportPayload, Refusal> {
    if session.op.actor.role == Role::Public {
        return Err(Problem::new(&error::AUTH_MISSING_TOKEN).into());
    }
    let request = match request(input) {
        Ok(request) => request,
        Err(errors) => return outcome(Err(Refusal::of_fields(errors)), false),
    };
    let authorization = session.authorization.as_deref();
    let answer = session.gateway.capacity.post("/v1/reports", &session.op, authorization, &request).await;
    let replayed = answer.as_ref().is_ok_and(|answered| answered.replayed);
    outcome(answer.map(|answered| answered.body), replayed)
}

/// The request as the service takes it; every answer that is not exactly one is told.
fn request(input: SubmitReportInput) -> Result<SubmitReport, Vec<FieldError>> {
    let (mut values, mut errors) = (Vec::new(), Vec::new());
    for answer in input.answers {
        let path = format!("values.{}", error::echo(&answer.item));
        match value(answer) {
            Some(entry) => values.push(entry),
            None => errors.push(FieldError::new(path, &error::GRAPHQL_NOT_ONE_ANSWER)),
        }
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    Ok(SubmitReport {
        id: ReportId(input.id.0),
        facility: input.facility.0.to_string(),
        form: input.form,
        business_day: input.business_day.0,
        as_of: input.as_of.map(|instant| time::rfc3339(instant.0)),
        replaces_revision: input.replaces_revision,
        reason: input.reason,
        values: RawAnswers(values),
    })
}

fn value(answer: AnswerInput) -> Option<(String, Value)> {
    let value = match (answer.count, answer.choice, answer.not_applicable.unwrap_or(false)) {
        (Some(count), None, false) => Value::from(count.0),
        (None, Some(choice), false) => Value::from(choice),
        (None, None, true) => Value::Null,
        _ => return None,
    };
    Some((answer.item, value))
}

/// The service's answer as a member of the union, or as an error if it is none of its outcomes.
fn outcome(answer: Result<report::ReportAccepted, Refusal>, replayed: bool) -> Result<SubmitReportPayload, Refusal> {
    let refusal = match answer {
        Ok(taken) => return accepted(taken, replayed).map(SubmitReportPayload::Accepted),
        Err(refusal) => refusal,
    };
    let words = |refusal: &Refusal| Words { ja: refusal.ja.clone(), en: refusal.en.clone() };
    let message = words(&refusal);
    Ok(match refusal.status {
        422 => SubmitReportPayload::Rejected(ReportRejected {
            code: refusal.code,
            message,
            errors: refusal.errors.into_iter().map(FieldProblem::from).collect(),
        }),
        409 if refusal.code == error::REPORT_STALE_REVISION.code => SubmitReportPayload::Stale(ReportStale {
            code: refusal.code,
            message,
            current_revision: refusal.stale.map(|stale| stale.current),
        }),
        403 => SubmitReportPayload::Refused(ReportRefused { code: refusal.code, message }),
        _ => return Err(refusal),
    })
}

fn accepted(taken: report::ReportAccepted, replayed: bool) -> Result<ReportAccepted, Refusal> {
    let instant = |text: &str| {
        let unreadable = |problem: Problem| Failure::internal(format!("answer of capacity: {problem}")).into_problem();
        time::parse_instant(text).map(DateTime).map_err(|problem| Refusal::from(unreadable(problem)))
    };
    Ok(ReportAccepted {
        id: Uuid(taken.id.0),
        facility_id: Uuid(taken.facility_id),
        form: taken.form,
        form_version: taken.form_version,
        business_day: Date(taken.business_day),
        revision: taken.revision,
        as_of: instant(&taken.as_of)?,
        submitted_at: instant(&taken.submitted_at)?,
        provisional: taken.provisional,
        training: taken.training,
        warnings: taken.warnings.into_iter().map(FieldProblem::from).collect(),
        position: taken.position,
        replayed,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(status: u16, code: &str) -> Refusal {
        Refusal { status, code: code.to_owned(), ..Refusal::from(Problem::new(&error::REPORT_INVALID)) }
    }

    #[test]
    fn outcomes_are_members_and_everything_else_is_an_error() {
        let member = |status, code| outcome(Err(refusal(status, code)), false);
        assert!(matches!(member(422, "report.window_closed"), Ok(SubmitReportPayload::Rejected(_))));
        assert!(matches!(member(422, "idempotency.key_reused"), Ok(SubmitReportPayload::Rejected(_))));
        assert!(matches!(member(409, "report.stale_revision"), Ok(SubmitReportPayload::Stale(_))));
        assert!(matches!(member(403, "auth.forbidden"), Ok(SubmitReportPayload::Refused(_))));
        for (status, code) in [
            (400, "request.malformed"),
            (401, "auth.invalid_token"),
            (404, "facility.not_found"),
            (409, "something.in_flight"),
            (429, "request.rate_limited"),
            (500, "service.internal"),
            (503, "service.unavailable"),
        ] {
            assert_eq!(member(status, code), Err(refusal(status, code)), "{status} {code}");
        }
    }
}
