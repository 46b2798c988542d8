//! HTTP as all services speak it: who calls, what was sent, and how answers and problems look.
pub mod cookie;
mod unread;

use crate::{
    OpCtx, Position, Shared,
    failure::{Failure, Result},
};
use actix_web::{
    Error, HttpMessage, HttpRequest, HttpResponse, HttpResponseBuilder,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    guard,
    http::{StatusCode, header},
    middleware::Next,
    web,
};
use domain::{BusinessDay, FieldError, Problem, error, ids::RequestId, policy::Actor, time::rfc3339};
use futures::StreamExt;
use serde::{Serialize, de::DeserializeOwned};
use std::{future::Future, time::Duration};
use wire::{headers, problem::ProblemBody};

/// Largest body of an ordinary request.
pub const BODY_BYTES_MAX: usize = 1 << 20;
/// Largest body of a batch.
pub const BATCH_BYTES_MAX: usize = 10 << 20;
/// A body must have arrived whole within this time, however slowly it drips.
const BODY_SECONDS_MAX: u64 = 10;

fn shared(req: &HttpRequest) -> Result<&web::Data<Shared>> {
    req.app_data::<web::Data<Shared>>().ok_or_else(|| Failure::internal("the server was put together without Shared"))
}

/// The id of the request, as the caller sees it in `X-Request-Id`.
#[must_use]
pub fn request_id(req: &HttpRequest) -> RequestId {
    req.extensions().get::<RequestId>().copied().unwrap_or_else(|| RequestId(crate::opctx::new_id()))
}

/// The address that a request comes from, as whoever is not signed in is counted.
#[must_use]
pub fn address(req: &HttpRequest) -> String {
    req.peer_addr().map_or_else(|| "unknown".to_owned(), |address| address.ip().to_string())
}

/// Counts a request of somebody who is not signed in, at the public rate of the address.
///
/// # Errors
/// `request.rate_limited`.
pub async fn stranger(req: &HttpRequest) -> Result<()> {
    let (shared, address) = (shared(req)?, address(req));
    let limiter = shared.limiter.clone();
    shared.unit_of_work(async move { Ok(limiter.take(&Actor::public(), &address).await?) }).await
}

/// Counts a request before anything is known about who sends it, at the rate of a machine: many
/// machines of one organisation may share an address.
///
/// # Errors
/// `request.rate_limited`.
pub async fn knock(req: &HttpRequest) -> Result<()> {
    let (shared, address) = (shared(req)?, address(req));
    let limiter = shared.limiter.clone();
    shared.unit_of_work(async move { Ok(limiter.knock(&address).await?) }).await
}

/// The token of an Authorization header. The scheme may be written in any case (RFC 9110).
fn bearer(value: &header::HeaderValue) -> Option<String> {
    let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("Bearer").then(|| token.trim().to_owned())
}

/// How a request says who sends it.
enum Credential {
    Nothing,
    /// A header that is no token.
    Unreadable,
    Token(String),
}

/// The token of the Authorization header or, without one, of the cookie.
fn credential(req: &HttpRequest) -> Result<Credential> {
    if let Some(value) = req.headers().get(header::AUTHORIZATION) {
        return Ok(bearer(value).map_or(Credential::Unreadable, Credential::Token));
    }
    let Some(token) = cookie::value(req, cookie::ACCESS) else { return Ok(Credential::Nothing) };
    // a browser sends its cookies with whatever any page makes it ask for; nobody else can send a header
    cookie::meant(req)?;
    Ok(Credential::Token(token))
}

/// What to send as `Authorization` to another service in the name of whoever sent this request.
#[must_use]
pub fn authorization(req: &HttpRequest) -> Option<String> {
    match credential(req).ok()? {
        Credential::Token(token) => Some(format!("Bearer {token}")),
        Credential::Nothing | Credential::Unreadable => None,
    }
}

/// Who calls, verified and counted: a token's account, or the public.
async fn caller(req: &HttpRequest) -> Result<Actor> {
    let (shared, address) = (shared(req)?, address(req));
    let credential = match credential(req) {
        Ok(credential) => credential,
        Err(failure) => {
            stranger(req).await?;
            return Err(failure);
        }
    };
    let mut actor = match credential {
        Credential::Nothing => Actor::public(),
        Credential::Unreadable => {
            stranger(req).await?;
            return Err(Problem::new(&error::AUTH_INVALID_TOKEN).into());
        }
        Credential::Token(token) => {
            let (verifier, limiter, address) = (shared.verifier.clone(), shared.limiter.clone(), address.clone());
            let verified = async move {
                match verifier.verify(&token).await {
                    Ok(actor) => Ok(actor),
                    Err(failure) => {
                        // who sends bad tokens is counted as the stranger it is
                        limiter.take(&Actor::public(), &address).await?;
                        Err(failure)
                    }
                }
            };
            shared.unit_of_work(verified).await?
        }
    };
    // a token is remembered longer than a day's reach lasts: looked up anew for each request
    actor.reach = shared.directory.reach(&actor, BusinessDay::at(shared.clock.now()));
    // a token is remembered longer than an emergency may have lasted
    actor.reach = shared.emergencies.widen(&actor);
    let (limiter, counted) = (shared.limiter.clone(), actor.clone());
    shared.unit_of_work(async move { Ok(limiter.take(&counted, &address).await?) }).await?;
    Ok(actor)
}

/// The context of a request by anybody, signed in or not.
///
/// # Errors
/// `auth.invalid_token`, `auth.revoked`, `auth.forgery_suspected`, `request.rate_limited`.
pub async fn context(req: &HttpRequest) -> Result<OpCtx> {
    let actor = caller(req).await?;
    let mut ctx = OpCtx::new(actor, &shared(req)?.clock);
    ctx.request_id = request_id(req);
    ctx.traceparent = traceparent(req);
    Ok(ctx)
}

/// The context of a request in which it does not matter who calls. It is to be counted by the address.
///
/// # Errors
/// When the server was put together wrongly.
pub fn nobody(req: &HttpRequest) -> Result<OpCtx> {
    let mut ctx = OpCtx::new(Actor::public(), &shared(req)?.clock);
    ctx.request_id = request_id(req);
    ctx.traceparent = traceparent(req);
    Ok(ctx)
}

/// The context of a request that needs an account.
///
/// # Errors
/// `auth.missing_token`, and those of [`context`].
pub async fn signed_in(req: &HttpRequest) -> Result<OpCtx> {
    if !req.headers().contains_key(header::AUTHORIZATION) && cookie::value(req, cookie::ACCESS).is_none() {
        return Err(Problem::new(&error::AUTH_MISSING_TOKEN).into());
    }
    context(req).await
}

/// The caller's W3C trace context, if it has the form of one.
fn traceparent(req: &HttpRequest) -> Option<String> {
    let text = req.headers().get("traceparent")?.to_str().ok()?;
    let shape = [2, 32, 16, 2];
    let parts: Vec<&str> = text.split('-').collect();
    let fits = parts.len() == shape.len()
        && parts
            .iter()
            .zip(shape)
            .all(|(part, length)| part.len() == length && part.bytes().all(|b| b.is_ascii_hexdigit()));
    fits.then(|| text.to_owned())
}

/// The whole body, within `limit_bytes` and ten seconds.
///
/// # Errors
/// `request.unsupported_media_type`, `request.unsupported_encoding`, `request.too_large` (before
/// reading all), `request.too_slow`, `request.invalid_utf8`.
pub async fn read_text(req: &HttpRequest, payload: web::Payload, limit_bytes: usize) -> Result<String> {
    check_media_type(req)?;
    let bytes = read_bytes(req, payload, limit_bytes).await?;
    String::from_utf8(bytes).map_err(|error| {
        let position = error.utf8_error().valid_up_to().to_string();
        Problem::new(&error::REQUEST_INVALID_UTF8).with("position", &position).into()
    })
}

/// The whole body as it comes, within `limit_bytes` and ten seconds, whatever its media type: for files.
///
/// # Errors
/// `request.unsupported_encoding`, `request.too_large` (before reading all), `request.too_slow`.
pub async fn read_bytes(req: &HttpRequest, payload: web::Payload, limit_bytes: usize) -> Result<Vec<u8>> {
    if req.headers().contains_key(header::CONTENT_ENCODING) {
        return Err(Problem::new(&error::REQUEST_UNSUPPORTED_ENCODING).into());
    }
    let too_large = || Problem::new(&error::REQUEST_TOO_LARGE).with("limit_bytes", &limit_bytes.to_string());
    let announced: Option<usize> =
        req.headers().get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    if announced.is_some_and(|length| length > limit_bytes) {
        return Err(too_large().into());
    }
    let read = tokio::time::timeout(Duration::from_secs(BODY_SECONDS_MAX), collect(payload, limit_bytes, announced))
        .await
        .map_err(|_| Problem::new(&error::REQUEST_TOO_SLOW).with("seconds", &BODY_SECONDS_MAX.to_string()))?;
    Ok(read.map_err(|problem| problem.unwrap_or_else(too_large))?)
}

/// JSON in UTF-8 and nothing around it: whatever else is announced is not guessed at.
fn check_media_type(req: &HttpRequest) -> std::result::Result<(), Problem> {
    if !req.content_type().eq_ignore_ascii_case("application/json") {
        return Err(Problem::new(&error::REQUEST_UNSUPPORTED_MEDIA_TYPE));
    }
    let content_type = req.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
    let parameters = content_type.split(';').skip(1).filter_map(|parameter| parameter.split_once('='));
    let foreign = |(name, value): (&str, &str)| {
        name.trim().eq_ignore_ascii_case("charset") && !value.trim().trim_matches('"').eq_ignore_ascii_case("utf-8")
    };
    if parameters.into_iter().any(foreign) || req.headers().contains_key(header::CONTENT_ENCODING) {
        return Err(Problem::new(&error::REQUEST_UNSUPPORTED_ENCODING));
    }
    Ok(())
}

/// `Err(None)` when there is more than `limit_bytes`.
async fn collect(
    mut payload: web::Payload,
    limit_bytes: usize,
    announced: Option<usize>,
) -> std::result::Result<Vec<u8>, Option<Problem>> {
    let mut bytes = Vec::with_capacity(announced.unwrap_or(0));
    while let Some(chunk) = payload.next().await {
        let chunk =
            chunk.map_err(|error| Some(Problem::new(&error::REQUEST_MALFORMED).with("reason", &error.to_string())))?;
        if bytes.len() + chunk.len() > limit_bytes {
            return Err(None);
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

/// A JSON body as `T`.
///
/// # Errors
/// Those of [`read_text`]; `request.malformed` when it is not JSON; `request.invalid` with the
/// field's path when it is not a `T`.
pub async fn read_json<T: DeserializeOwned>(req: &HttpRequest, payload: web::Payload, limit_bytes: usize) -> Result<T> {
    let text = read_text(req, payload, limit_bytes).await?;
    Ok(parse_json(&text)?)
}

/// JSON text as `T`, with the same refusals as [`read_json`].
///
/// # Errors
/// `request.malformed`, `request.invalid`.
pub fn parse_json<T: DeserializeOwned>(text: &str) -> std::result::Result<T, Problem> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let value = serde_path_to_error::deserialize(&mut deserializer).map_err(|failed| {
        let path = failed.path().to_string();
        let inner = failed.into_inner();
        match inner.classify() {
            serde_json::error::Category::Data => {
                let field = FieldError::new(path, &error::REQUEST_INVALID_FIELD).with("reason", &inner.to_string());
                Problem::of_fields(&error::REQUEST_INVALID, vec![field])
            }
            _ => Problem::new(&error::REQUEST_MALFORMED).with("reason", &inner.to_string()),
        }
    })?;
    deserializer.end().map_err(|error| Problem::new(&error::REQUEST_MALFORMED).with("reason", &error.to_string()))?;
    Ok(value)
}

/// Runs a handler's work and turns a failure into its problem+json.
pub async fn answer(req: &HttpRequest, work: impl Future<Output = Result<HttpResponse>>) -> HttpResponse {
    work.await.unwrap_or_else(|failure| problem_response(req, &failure.into_problem()))
}

/// A problem as its response.
#[must_use]
pub fn problem_response(req: &HttpRequest, problem: &Problem) -> HttpResponse {
    let status = StatusCode::from_u16(problem.code.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut builder = HttpResponse::build(status);
    builder.content_type("application/problem+json");
    if let Some(seconds) = problem.retry_after_s {
        builder.insert_header((header::RETRY_AFTER, seconds.to_string()));
    }
    if status == StatusCode::UNAUTHORIZED {
        builder.insert_header((header::WWW_AUTHENTICATE, "Bearer"));
    }
    if let Some(allow) = problem.param("allow") {
        builder.insert_header((header::ALLOW, allow));
    }
    let body = ProblemBody::new(problem, req.path(), &request_id(req).to_string());
    builder.body(serde_json::to_vec(&body).unwrap_or_default())
}

/// A JSON response.
///
/// # Errors
/// When `body` cannot be written as JSON, which is a bug.
pub fn json<B: Serialize>(mut builder: HttpResponseBuilder, body: &B) -> Result<HttpResponse> {
    Ok(builder.content_type("application/json").body(serde_json::to_vec(body)?))
}

/// The answer to a write: with the position of its commit, and marked when the same id was answered before.
///
/// # Errors
/// When `body` cannot be written as JSON, which is a bug.
pub fn written<B: Serialize>(body: &B, position: &str, replayed: bool) -> Result<HttpResponse> {
    let mut response = HttpResponse::Ok();
    if replayed {
        response.insert_header((headers::IDEMPOTENCY_REPLAYED, "true"));
    }
    response.insert_header((headers::POSITION, position));
    json(response, body)
}

/// The commit position that a read names in `Meguri-Position`.
///
/// # Errors
/// `request.malformed` when it is not a number.
pub fn wanted_position(req: &HttpRequest) -> Result<Option<Position>> {
    let Some(value) = req.headers().get(headers::POSITION) else { return Ok(None) };
    let position = value.to_str().ok().and_then(|text| text.parse::<i64>().ok()).filter(|position| *position > 0);
    let position = position
        .ok_or_else(|| Problem::new(&error::REQUEST_MALFORMED).with("reason", "Meguri-Position: a positive number"))?;
    Ok(Some(Position(position)))
}

/// Answers every method that a resource does not have: 405 with `Allow`.
pub async fn method_not_allowed(req: HttpRequest, allow: web::Data<Allow>) -> HttpResponse {
    problem_response(&req, &Problem::new(&error::REQUEST_METHOD_NOT_ALLOWED).with("allow", allow.0))
}

/// The methods of one resource, for `Allow`.
pub struct Allow(pub &'static str);

/// A resource that answers other methods than `allow` with 405.
#[must_use]
pub fn resource(path: &str, allow: &'static str) -> actix_web::Resource {
    web::resource(path).app_data(web::Data::new(Allow(allow))).default_service(web::to(method_not_allowed))
}

/// A route for GET, and for HEAD, which answers the same without its body (RFC 9110).
#[must_use]
pub fn get() -> actix_web::Route {
    web::route().guard(guard::Any(guard::Get()).or(guard::Head()))
}

/// The query of an address as `T`. Called after the caller is known, so that a stranger learns nothing.
///
/// # Errors
/// `request.malformed`.
pub fn query<T: DeserializeOwned>(req: &HttpRequest) -> std::result::Result<T, Problem> {
    let read = web::Query::<T>::from_query(req.query_string());
    read.map(web::Query::into_inner)
        .map_err(|error| Problem::new(&error::REQUEST_MALFORMED).with("reason", &error.to_string()))
}

/// Answers every address that is not ours: 404.
pub async fn not_found(req: HttpRequest) -> HttpResponse {
    problem_response(&req, &Problem::new(&error::REQUEST_NOT_FOUND))
}

/// Around every request: its id, a log line, and the headers that every answer bears.
///
/// # Errors
/// The handler's own.
pub async fn frame(
    mut req: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> std::result::Result<ServiceResponse<impl MessageBody>, Error> {
    let given = req.headers().get(headers::REQUEST_ID).and_then(|value| value.to_str().ok()?.parse().ok());
    let id = given.unwrap_or_else(|| RequestId(crate::opctx::new_id()));
    req.extensions_mut().insert(id);
    let shared = req.app_data::<web::Data<Shared>>().cloned();
    let (method, path) = (req.method().clone(), error::echo(req.path()));
    let payload = unread::keep(&mut req);
    let started = tokio::time::Instant::now();
    let mut response = next.call(req).await?.map_body(|_, body| unread::Answer::new(body, payload));
    let status = response.status().as_u16();
    let elapsed_ms = started.elapsed().as_millis();
    tracing::debug!(%method, path, status, elapsed_ms, request_id = %id, "request");
    let mut put = |name: &'static str, value: &str| {
        if let Ok(value) = header::HeaderValue::from_str(value) {
            response
                .headers_mut()
                .insert(header::HeaderName::from_bytes(name.as_bytes()).unwrap_or(header::VIA), value);
        }
    };
    put(headers::REQUEST_ID, &id.to_string());
    put("X-Content-Type-Options", "nosniff");
    put("Referrer-Policy", "no-referrer");
    if let Some(shared) = shared {
        put(headers::CLOCK, &rfc3339(shared.clock.now()));
        put(headers::TRAINING, if shared.clock.training() { "true" } else { "false" });
    }
    if !response.headers().contains_key(header::CACHE_CONTROL) {
        // figures of one account must not be shown to the next one at the same machine
        response.headers_mut().insert(header::CACHE_CONTROL, header::HeaderValue::from_static("no-store"));
    }
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Shape {
        #[expect(dead_code, reason = "only its reading is tested")]
        inner: Inner,
    }
    #[derive(Debug, serde::Deserialize)]
    struct Inner {
        #[expect(dead_code, reason = "only its reading is tested")]
        count: u32,
    }

    #[test]
    fn a_wrong_type_names_its_path_and_broken_json_does_not_pretend_to() {
        let problem = parse_json::<Shape>(r#"{"inner": {"count": "3"}}"#).unwrap_err();
        assert_eq!((problem.code.code, problem.errors[0].path.as_str()), ("request.invalid", "inner.count"));
        for text in ["", "{", "nul", r#"{"inner": {"count": 1}} x"#, r#"{"inner": {"count": 1e400}}"#] {
            assert_eq!(parse_json::<Shape>(text).unwrap_err().code.code, "request.malformed", "{text}");
        }
        let deep = format!("{}1{}", "[".repeat(10_000), "]".repeat(10_000));
        assert_eq!(parse_json::<serde_json::Value>(&deep).unwrap_err().code.code, "request.malformed");
    }
}
