//! The answer as it leaves: every error with its code, in both languages and with the request's id;
//! nothing of what lies underneath; and never a value where the schema promises one that is missing.
mod nulls;
mod order;

use crate::mutation::client::Refusal;
use async_graphql::{PathSegment, Response, ServerError, Value};
use domain::{Code, Problem, error};
use serde::Serialize;
use serde_json::{Map, Value as Json, json};

pub use nulls::{Nullable, Selected};

/// Longest message about a document that does not fit.
const MESSAGE_CHARS_MAX: usize = 400;

/// The body of an answer, errors first as the specification advises.
#[derive(Debug, Serialize)]
pub struct Body {
    /// What went wrong.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<Json>,
    /// What was found; without it nothing was executed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<Value>,
}

/// An answer, ready to be written.
#[derive(Debug)]
pub struct Answer {
    /// What is written.
    pub body: Body,
    /// Status for a client that reads GraphQL's own media type.
    pub status: u16,
    /// When to try again.
    pub retry_after_s: Option<u32>,
}

/// The kind of operation, as far as answers differ by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Without effects: a wrong argument anywhere refuses the whole.
    Query,
    /// What was done must be told, even if something else was refused.
    Mutation,
}

/// Where in the life of a request an error belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// The request was refused before anything ran.
    Request,
    /// A value in the request was not one of its type; the executor finds that late.
    Input,
    /// A resolver failed.
    Field,
}

/// The answer to a request that was refused as a whole.
pub fn refused(problem: &Problem, request_id: &str) -> Answer {
    let (status, retry_after_s) = (problem.code.status, problem.retry_after_s);
    let error = entry(&problem.en(), None, &Refusal::from(problem.clone()), request_id);
    // a field's own status says nothing about a request: what cannot be fulfilled is the caller's
    let status = if status >= 500 { status } else { 400 };
    Answer { body: Body { errors: vec![error], data: None }, status, retry_after_s }
}

/// What the executor answered, made fit to leave.
pub fn finish(
    response: Response,
    kind: Kind,
    nullable: &Nullable,
    selected: &Selected<'_>,
    request_id: &str,
) -> Answer {
    let Response { mut data, mut errors, .. } = response;
    // rows of a list are resolved as they come; the same failure should always look the same
    errors.sort_by_key(|error| (error.path.iter().map(segment).collect::<Vec<_>>(), error.locations.first().copied()));
    let coded: Vec<(Stage, Refusal)> = errors.iter().map(classify).collect();
    let has_run = data != Value::Null;
    let is_refused = coded.iter().any(|(stage, _)| match stage {
        Stage::Request => true,
        Stage::Input => kind == Kind::Query || !has_run,
        Stage::Field => false,
    });
    let entries = errors
        .iter()
        .zip(&coded)
        .map(|(error, (stage, refusal))| {
            let message = if *stage == Stage::Request { shown(&error.message) } else { refusal.en.clone() };
            entry(&message, Some(error), refusal, request_id)
        })
        .collect();
    let retry_after_s = coded.iter().find_map(|(_, refusal)| refusal.retry_after_s);
    let mut body = Body { errors: entries, data: None };
    if is_refused {
        return Answer { body, status: 400, retry_after_s };
    }
    for error in &errors {
        nulls::settle(&mut data, &error.path, nullable, selected);
    }
    if data == Value::Null && coded.iter().any(|(_, refusal)| refusal.status == 503) {
        // nothing could be answered, and it is worth trying again: caches and probes must see that
        return Answer { body, status: 503, retry_after_s };
    }
    order::Shape::of(selected).apply(&mut data);
    body.data = Some(data);
    Answer { body, status: 200, retry_after_s: None }
}

fn segment(segment: &PathSegment) -> (usize, String) {
    match segment {
        PathSegment::Field(name) => (0, name.clone()),
        PathSegment::Index(index) => (*index, String::new()),
    }
}

/// One entry of `errors`.
fn entry(message: &str, error: Option<&ServerError>, refusal: &Refusal, request_id: &str) -> Json {
    let mut extensions = json!({
        "code": refusal.code,
        "ja": refusal.ja,
        "en": refusal.en,
        "requestId": request_id,
    });
    if let Some(extensions) = extensions.as_object_mut() {
        if !refusal.errors.is_empty() {
            extensions.insert("errors".to_owned(), json!(refusal.errors));
        }
        if let Some(seconds) = refusal.retry_after_s {
            extensions.insert("retryAfterSeconds".to_owned(), json!(seconds));
        }
    }
    let mut entry = Map::from_iter([("message".to_owned(), json!(message))]);
    if let Some(error) = error.filter(|error| !error.locations.is_empty()) {
        let locations = error.locations.iter().map(|at| json!({"line": at.line, "column": at.column}));
        entry.insert("locations".to_owned(), locations.collect());
    }
    if let Some(error) = error.filter(|error| !error.path.is_empty()) {
        entry.insert("path".to_owned(), json!(error.path));
    }
    entry.insert("extensions".to_owned(), extensions);
    Json::Object(entry)
}

/// What an error of the executor is about. Only what carries a code of ours, and what the executor
/// itself says about the document, is shown; everything else is masked.
fn classify(error: &ServerError) -> (Stage, Refusal) {
    if let Some(refusal) = error.source::<Refusal>() {
        return (Stage::Field, refusal.clone());
    }
    if let Some(problem) = error.source::<Problem>() {
        return (Stage::Field, problem.clone().into());
    }
    if let Some(refusal) = of_scalar(error) {
        return (Stage::Input, refusal);
    }
    if error.path.is_empty() {
        return (Stage::Request, of_document(&error.message));
    }
    // the executor's own words about a value that is not of a built-in type
    if ["Failed to parse \"", "Expected input type \"", "Invalid value for "]
        .iter()
        .any(|start| error.message.starts_with(start))
    {
        return (Stage::Input, problem(&error::GRAPHQL_INVALID, &error.message));
    }
    tracing::error!(message = error.message, "a resolver failed without a code");
    (Stage::Field, Problem::new(&error::SERVICE_INTERNAL).into())
}

/// The refusal that one of our scalars put into its error.
fn of_scalar(error: &ServerError) -> Option<Refusal> {
    let extensions = error.extensions.as_ref()?;
    let text = |name: &str| match extensions.get(name) {
        Some(Value::String(text)) => Some(text.clone()),
        _ => None,
    };
    let code = text("code")?;
    let known = error::ALL.iter().find(|row| row.code == code)?;
    let refusal = Refusal::from(Problem::new(known));
    Some(Refusal { ja: text("ja")?, en: text("en")?, ..refusal })
}

fn of_document(message: &str) -> Refusal {
    match message {
        "Query is too complex." => Problem::new(&error::GRAPHQL_LIMIT)
            .with("what", "複雑さ（サインインなし / あり）")
            .with("what_en", "complexity (not signed in / signed in)")
            .with("limit", "5,000 / 20,000")
            .with("found", "> 5,000 / > 20,000")
            .into(),
        _ => problem(&error::GRAPHQL_INVALID, message),
    }
}

fn problem(code: &'static Code, reason: &str) -> Refusal {
    Problem::new(code).with("reason", reason).into()
}

/// The executor's words, which may repeat the caller's, as they may be shown.
fn shown(message: &str) -> String {
    let short: String = message.chars().take(MESSAGE_CHARS_MAX).collect();
    short.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}
