//! `POST /graphql`: requests and answers as the GraphQL-over-HTTP specification has them.
use crate::{
    Gateway,
    answer::{self, Answer, Kind},
    guard,
    session::{Jobs, Session, drive},
};
use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header},
    web,
};
use async_graphql::{Request, Variables, parser::types::OperationType};
use domain::{Problem, error, policy::Role};
use platform::{OpCtx, Position, failure::Failure, http};
use serde_json::{Map, Value};
use std::{sync::Arc, time::Duration};

/// A query that takes longer is given up.
const QUERY_TIMEOUT_S: u64 = 5;
/// A mutation waits for the service, which has ten seconds.
const MUTATION_TIMEOUT_S: u64 = 12;

const JSON: &str = "application/json";
const GRAPHQL: &str = "application/graphql-response+json";

/// What was posted.
#[derive(Debug, PartialEq)]
struct Posted {
    query: String,
    operation_name: Option<String>,
    variables: Map<String, Value>,
}

/// Answers a request. What is wrong with it as HTTP is a problem; what is wrong with it as GraphQL
/// is an entry of `errors`.
pub async fn post(req: HttpRequest, payload: web::Payload, gateway: web::Data<Gateway>) -> HttpResponse {
    http::answer(&req, async {
        let op = http::context(&req).await?;
        let wanted = http::wanted_position(&req)?;
        let text = http::read_text(&req, payload, http::BODY_BYTES_MAX).await?;
        let posted = read(&text)?;
        let authorization = http::authorization(&req);
        let gateway = gateway.get_ref().clone();
        let (shared, request_id) = (gateway.0.shared.clone(), op.request_id.to_string());
        let work = async move { Ok(run(gateway, op, authorization, wanted, posted).await) };
        // a panic is masked like every other failure inside
        let answer = shared.unit_of_work(work).await;
        let answer = answer.unwrap_or_else(|failure| answer::refused(&failure.into_problem(), &request_id));
        respond(accepts_graphql(&req), &answer)
    })
    .await
}

fn respond(as_graphql: bool, answer: &Answer) -> Result<HttpResponse, Failure> {
    // clients that read plain JSON expect 200 for every GraphQL answer, except when nothing worked
    let status = if as_graphql || answer.status >= 500 { answer.status } else { 200 };
    let mut builder = HttpResponse::build(StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR));
    if let Some(seconds) = answer.retry_after_s {
        builder.insert_header((header::RETRY_AFTER, seconds.to_string()));
    }
    let media_type = if as_graphql { GRAPHQL } else { JSON };
    Ok(builder.content_type(format!("{media_type}; charset=utf-8")).body(serde_json::to_vec(&answer.body)?))
}

/// Does the caller prefer GraphQL's own media type? Without a word about it, JSON.
fn accepts_graphql(req: &HttpRequest) -> bool {
    let values = req.headers().get_all(header::ACCEPT).filter_map(|value| value.to_str().ok());
    let (mut graphql, mut json) = (None, None);
    for range in values.flat_map(|value| value.split(',')) {
        let mut parts = range.split(';').map(str::trim);
        let media_type = parts.next().unwrap_or_default().to_ascii_lowercase();
        let weight = parts.find_map(|part| permille(part.strip_prefix("q=")?)).unwrap_or(1_000);
        match media_type.as_str() {
            GRAPHQL => graphql = Some(weight),
            JSON => json = Some(weight),
            _ => {}
        }
    }
    graphql.is_some_and(|weight| weight > 0 && weight >= json.unwrap_or(0))
}

/// A weight of RFC 9110 (`0.5`, up to three digits) in thousandths.
pub fn permille(text: &str) -> Option<u32> {
    let (whole, part) = text.trim().split_once('.').unwrap_or((text.trim(), ""));
    let digits = format!("{whole}{part:0<3}");
    if part.len() > 3 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    digits.parse().ok().filter(|weight| *weight <= 1_000)
}

/// The request in a body.
fn read(text: &str) -> Result<Posted, Problem> {
    let malformed = |reason: &str| Problem::new(&error::REQUEST_MALFORMED).with("reason", reason);
    let mut body = match http::parse_json(text)? {
        Value::Object(body) => body,
        Value::Array(_) => return Err(Problem::new(&error::GRAPHQL_BATCH)),
        _ => return Err(malformed("send an object with the key query")),
    };
    let query = match body.remove("query") {
        Some(Value::String(query)) => query,
        Some(_) => return Err(malformed("query: a string")),
        None => return Err(malformed("query is missing")),
    };
    let operation_name = match body.remove("operationName") {
        None | Some(Value::Null) => None,
        Some(Value::String(name)) => Some(name),
        Some(_) => return Err(malformed("operationName: a string")),
    };
    let mut map = |name: &str| match body.remove(name) {
        None | Some(Value::Null) => Ok(Map::new()),
        Some(Value::Object(map)) => Ok(map),
        Some(_) => Err(malformed(&format!("{name}: an object"))),
    };
    // extensions are read only to be refused when they are not what they should be
    let (variables, _) = (map("variables")?, map("extensions")?);
    Ok(Posted { query, operation_name, variables })
}

async fn run(
    gateway: Gateway,
    op: OpCtx,
    authorization: Option<String>,
    wanted: Option<Position>,
    posted: Posted,
) -> Answer {
    let request_id = op.request_id.to_string();
    let (training, is_staff) = (op.training, op.actor.role != Role::Public);
    let variables = Variables::from_json(Value::Object(posted.variables));
    let name = posted.operation_name.as_deref();
    let read = guard::read(&posted.query, name, &variables, training);
    let selected = read.as_ref().map_err(Problem::clone).and_then(|document| guard::selected(document, name));
    let (document, operation) = match (&read, selected) {
        (Ok(document), Ok(operation)) => (document, &operation.node),
        (Err(problem), _) => return answer::refused(problem, &request_id),
        (_, Err(problem)) => return answer::refused(&problem, &request_id),
    };
    let (kind, limit_s) = match operation.ty {
        OperationType::Mutation => (Kind::Mutation, MUTATION_TIMEOUT_S),
        _ => (Kind::Query, QUERY_TIMEOUT_S),
    };
    let jobs = Jobs::default();
    let session = Arc::new(Session::new(op, authorization, Arc::clone(&gateway.0), &jobs));
    let mut request = Request::new(posted.query.clone()).variables(variables).data(Arc::clone(&session));
    request.operation_name.clone_from(&posted.operation_name);
    request.set_parsed_query(document.clone());
    let schema = gateway.0.schemas.of(training, is_staff);
    let work = async {
        if let Some(position) = wanted {
            session.reading.wait_for(position).await?;
        }
        Ok(drive(schema.execute(request), &jobs).await)
    };
    let worked = tokio::time::timeout(Duration::from_secs(limit_s), work).await;
    let worked = worked.unwrap_or_else(|_| {
        tracing::warn!(request_id, "a query was given up after {limit_s} s");
        Err(Problem::new(&error::GRAPHQL_TIMEOUT).with("seconds", &limit_s.to_string()).retry_after(1))
    });
    // on a timeout a statement may still run: its connection is then dropped, not given back
    match worked {
        Ok(response) => {
            session.reading.close().await;
            // no answer without its row
            if let Err(problem) = session.note_views().await {
                return answer::refused(&problem, &request_id);
            }
            let selected = answer::Selected { document, operation };
            answer::finish(response, kind, &gateway.0.nullable, &selected, &request_id)
        }
        Err(problem) => answer::refused(&problem, &request_id),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_are_read_strictly() {
        let posted = read(r#"{"query": "{ a }", "operationName": null, "variables": {"x": 1}, "other": 1}"#).unwrap();
        assert_eq!((posted.query.as_str(), posted.operation_name, posted.variables.len()), ("{ a }", None, 1));
        for (body, code) in [
            (r#"[{"query": "{ a }"}, {"query": "{ b }"}]"#, "graphql.batch_refused"),
            ("[]", "graphql.batch_refused"),
            ("", "request.malformed"),
            ("{", "request.malformed"),
            ("null", "request.malformed"),
            ("\"{ a }\"", "request.malformed"),
            ("{}", "request.malformed"),
            (r#"{"query": null}"#, "request.malformed"),
            (r#"{"query": 1}"#, "request.malformed"),
            (r#"{"query": "{ a }", "variables": [1]}"#, "request.malformed"),
            (r#"{"query": "{ a }", "variables": "{}"}"#, "request.malformed"),
            (r#"{"query": "{ a }", "operationName": 1}"#, "request.malformed"),
            (r#"{"query": "{ a }", "extensions": 1}"#, "request.malformed"),
        ] {
            assert_eq!(read(body).unwrap_err().code.code, code, "{body}");
        }
    }

    #[test]
    fn graphqls_own_media_type_is_chosen_when_it_is_wanted() {
        for (accept, expected) in [
            (None, false),
            (Some("*/*"), false),
            (Some("application/json"), false),
            (Some("application/graphql-response+json"), true),
            (Some("application/graphql-response+json; charset=utf-8, application/json; charset=utf-8"), true),
            (Some("application/json, application/graphql-response+json"), true),
            (Some("application/json, application/graphql-response+json;q=0.9"), false),
            (Some("application/graphql-response+json;q=0"), false),
            (Some("Application/GraphQL-Response+JSON"), true),
            (Some("text/html"), false),
        ] {
            let mut request = actix_web::test::TestRequest::default();
            if let Some(accept) = accept {
                request = request.insert_header((header::ACCEPT, accept));
            }
            assert_eq!(accepts_graphql(&request.to_http_request()), expected, "{accept:?}");
        }
    }
}
