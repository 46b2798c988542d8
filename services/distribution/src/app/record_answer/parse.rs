//! An answer as it was understood: everything about it that can be told without the shipment.
use super::super::{at, check_reason, happened};
use chrono::NaiveDate;
use domain::{
    BusinessDay, FieldError, Problem, WholesalerCode, error, lot,
    shipment::{ANSWERS, Step},
    time::Instant,
};
use platform::http::parse_json;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;
use std::collections::BTreeSet;
use uuid::Uuid;
use wire::events::LotVials;

/// Longest name of the hours of a delivery, characters.
const HOURS_CHARS_MAX: usize = 20;
/// Most lots of one shipment.
const LOTS_MAX: usize = 200;

/// What the answer says, by its type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Facts {
    /// It will be delivered on this day, in these hours.
    Day(NaiveDate, Option<String>),
    /// These lots were picked: number and vials.
    Lots(Vec<(String, i64)>),
    /// It happened then, for this reason.
    Moment(Instant, Option<String>),
}

/// An answer.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Parsed {
    pub id: Uuid,
    pub kind: String,
    pub step: Step,
    pub wholesaler: WholesalerCode,
    pub shipment: Uuid,
    pub sequence: i64,
    pub facts: Facts,
    /// The whole event as it came.
    pub body: Value,
}

/// The attributes of the event that are looked at.
#[derive(Deserialize)]
struct Envelope {
    specversion: String,
    id: Uuid,
    #[serde(rename = "type")]
    kind: String,
    source: String,
    subject: String,
    sequence: String,
    data: Value,
}

#[derive(Deserialize)]
struct Data {
    shipment_id: Uuid,
    delivery_on: Option<String>,
    hours: Option<String>,
    lots: Option<Vec<LotVials>>,
    at: Option<String>,
    reason: Option<String>,
}

fn malformed(path: &str, reason: &str) -> Problem {
    let field = FieldError::new(path, &error::REQUEST_INVALID_FIELD).with("reason", reason);
    Problem::new(&error::ANSWER_MALFORMED).with("reason", &format!("{path}: {reason}")).naming(vec![field])
}

/// A part of the event as `T`; `below` is where it stands in the event.
fn read<T: DeserializeOwned>(value: &Value, below: &str) -> Result<T, Problem> {
    parse_json(&value.to_string()).map_err(|problem| {
        let Some(mut field) = problem.errors.into_iter().next() else {
            return malformed(below, "it is not as expected");
        };
        field.path = match field.path.as_str() {
            "." => below.to_owned(),
            path if below.is_empty() => path.to_owned(),
            path => format!("{below}.{path}"),
        };
        Problem::new(&error::ANSWER_MALFORMED).with("reason", &field.en()).naming(vec![field])
    })
}

/// Text that cannot be stored.
fn has_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(members) => members.iter().any(has_nul),
        Value::Object(members) => members.iter().any(|(key, value)| key.contains('\0') || has_nul(value)),
        _ => false,
    }
}

/// The step that a type of event stands for.
fn step(kind: &str) -> Result<Step, Problem> {
    if let Some((step, _)) = ANSWERS.iter().find(|(_, known)| *known == kind) {
        return Ok(*step);
    }
    let name = |kind: &str| kind.rsplit_once(".v").map(|(name, _)| name.to_owned());
    let other_version = name(kind).is_some() && ANSWERS.iter().any(|(_, known)| name(known) == name(kind));
    let code = if other_version { &error::EVENT_UNKNOWN_VERSION } else { &error::ANSWER_UNKNOWN_TYPE };
    Err(at(Problem::new(code).with("type", kind), "type"))
}

/// Reads an answer.
///
/// # Errors
/// `answer.malformed`, `answer.unknown_type`, `event.unknown_version`, `answer.wrong_subject`,
/// `answer.bad_sequence`, `request.nul_character`, and of its data `time.malformed_day`,
/// `time.malformed_instant`, `time.in_future`, `request.reason_missing`, `lot.malformed`, `lot.duplicate`,
/// `stock.amount_out_of_range`; each names the field.
pub(super) fn parse(body: Value, now: Instant) -> Result<Parsed, Problem> {
    if has_nul(&body) {
        return Err(Problem::new(&error::REQUEST_NUL_CHARACTER));
    }
    let event: Envelope = read(&body, "")?;
    if event.specversion != "1.0" {
        return Err(malformed("specversion", "1.0 is expected"));
    }
    let step = step(&event.kind)?;
    let wholesaler = event.source.strip_prefix("/partners/").and_then(|code| code.parse().ok());
    let wholesaler = wholesaler.ok_or_else(|| malformed("source", "the company, like /partners/W07, is expected"))?;
    // written as we write it: neither +1 nor 01
    let sequence: Option<i64> = event.sequence.parse().ok().filter(|number: &i64| number.to_string() == event.sequence);
    let sequence = sequence.filter(|sequence| (1..i64::MAX).contains(sequence));
    let no_sequence = || at(Problem::new(&error::ANSWER_SEQUENCE).with("value", &event.sequence), "sequence");
    let sequence = sequence.ok_or_else(no_sequence)?;
    let data: Data = read(&event.data, "data")?;
    let shipment = data.shipment_id;
    if event.subject.strip_prefix("shipment/").and_then(|id| id.parse::<Uuid>().ok()) != Some(shipment) {
        let problem = Problem::new(&error::ANSWER_WRONG_SUBJECT).with("subject", &event.subject);
        return Err(at(problem.with("shipment", &shipment.to_string()), "subject"));
    }
    let facts = facts(step, data, now)?;
    Ok(Parsed { id: event.id, kind: event.kind, step, wholesaler, shipment, sequence, facts, body })
}

fn facts(step: Step, data: Data, now: Instant) -> Result<Facts, Problem> {
    match step {
        Step::Schedule => {
            let on = data.delivery_on.ok_or_else(|| malformed("data.delivery_on", "a day is expected"))?;
            let on = BusinessDay::parse(&on).map_err(|problem| at(problem, "data.delivery_on"))?;
            if data.hours.as_ref().is_some_and(|hours| hours.is_empty() || hours.chars().count() > HOURS_CHARS_MAX) {
                return Err(malformed("data.hours", "hours like 09:00-12:00 are expected"));
            }
            Ok(Facts::Day(on.date(), data.hours))
        }
        Step::Pick => {
            let lots = data.lots.ok_or_else(|| malformed("data.lots", "lots are expected"))?;
            Ok(Facts::Lots(lots_picked(&lots)?))
        }
        _ => {
            let moment = data.at.ok_or_else(|| malformed("data.at", "an instant is expected"))?;
            let moment = happened(&moment, now).map_err(|problem| at(problem, "data.at"))?;
            let wrong = matches!(step, Step::Fail | Step::Return | Step::Lose);
            let given = data.reason.as_deref().or(wrong.then_some(""));
            if let Some(error) = given.and_then(|reason| check_reason(reason, "data.reason")) {
                return Err(Problem::new(error.code).naming(vec![error]));
            }
            Ok(Facts::Moment(moment, data.reason))
        }
    }
}

fn lots_picked(lots: &[LotVials]) -> Result<Vec<(String, i64)>, Problem> {
    if lots.is_empty() || lots.len() > LOTS_MAX {
        return Err(malformed("data.lots", &format!("1 to {LOTS_MAX} lots are expected")));
    }
    let mut seen = BTreeSet::new();
    let mut picked = Vec::with_capacity(lots.len());
    for (index, given) in lots.iter().enumerate() {
        let path = |field: &str| format!("data.lots[{index}].{field}");
        let number = lot::normal(&given.lot).map_err(|problem| at(problem, &path("lot")))?;
        if !seen.insert(number.clone()) {
            return Err(at(Problem::new(&error::LOT_DUPLICATE).with("lot", &number), &path("lot")));
        }
        if !(1..=ledger::AMOUNT_MAX).contains(&given.vials) {
            return Err(at(amount(1, given.vials), &path("vials")));
        }
        picked.push((number, given.vials));
    }
    Ok(picked)
}

/// `stock.amount_out_of_range`
pub(in super::super) fn amount(least: i64, given: i64) -> Problem {
    Problem::new(&error::STOCK_AMOUNT)
        .with("min", &least.to_string())
        .with("max", &ledger::AMOUNT_MAX.to_string())
        .with("value", &given.to_string())
}
