//! Requests to the services, and what their refusals become.
use domain::{FieldError, Problem, error};
use platform::{OpCtx, failure::Failure};
use serde::{Serialize, de::DeserializeOwned};
use std::{fmt, time::Duration};
use wire::{headers, problem::ProblemBody};

/// A service that has not answered by then is treated as unavailable; the caller repeats with the
/// same id.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);

/// A refusal with its code, whether it was found here or by a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// HTTP status that the service gave or would have given.
    pub status: u16,
    /// Stable code.
    pub code: String,
    /// Japanese text.
    pub ja: String,
    /// English text.
    pub en: String,
    /// The fields at fault.
    pub errors: Vec<wire::problem::FieldProblem>,
    /// For a stale revision or version.
    pub stale: Option<Box<Stale>>,
    /// When to try again.
    pub retry_after_s: Option<u32>,
}

/// What became of the revision or version that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stale {
    /// The newest one.
    pub current: i32,
    /// For a plan: what differs from the version that was read.
    pub difference: Vec<wire::plan::LineDifference>,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.en)
    }
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        let retry_after_s = problem.retry_after_s;
        Self { retry_after_s, ..Self::from(ProblemBody::new(&problem, "", "")) }
    }
}

impl From<ProblemBody> for Refusal {
    fn from(body: ProblemBody) -> Self {
        Self {
            status: body.status,
            code: body.code,
            ja: body.detail,
            en: body.title,
            errors: body.errors,
            stale: body.current_revision.map(|current| Box::new(Stale { current, difference: body.difference })),
            retry_after_s: None,
        }
    }
}

impl Refusal {
    /// A refusal of the input found here, with the fields at fault.
    pub fn of_fields(errors: Vec<FieldError>) -> Self {
        Problem::of_fields(&error::REQUEST_INVALID, errors).into()
    }
}

/// What a service answered.
#[derive(Debug)]
pub struct Answered<T> {
    /// The body.
    pub body: T,
    /// It is the first answer to this id, given again.
    pub replayed: bool,
}

/// Talks to one service.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    url: String,
}

impl Client {
    /// A client of the service at this base URL. Requests share its connections.
    pub fn new(url: String) -> Self {
        let builder = platform::http_client().timeout(ANSWER_TIMEOUT).connect_timeout(CONNECT_TIMEOUT);
        let http = builder.build().unwrap_or_else(|error| {
            tracing::error!(%error, "the HTTP client has only its defaults");
            reqwest::Client::new()
        });
        Self { http, url }
    }

    /// Posts `body` in the caller's name.
    ///
    /// # Errors
    /// The service's refusal; `service.unavailable` when it does not answer, and when it answers
    /// what nobody can read.
    pub async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        op: &OpCtx,
        authorization: Option<&str>,
        body: &impl Serialize,
    ) -> Result<Answered<T>, Refusal> {
        let mut request = self.http.post(format!("{}{path}", self.url)).json(body);
        request = request.header(headers::REQUEST_ID, op.request_id.to_string());
        for (name, value) in [("Authorization", authorization), ("traceparent", op.traceparent.as_deref())] {
            if let Some(value) = value {
                request = request.header(name, value);
            }
        }
        let unavailable = |error: reqwest::Error| {
            // without the URL: it is the log's business only through the service's own lines
            Refusal::from(Failure::Unavailable(format!("POST {path}: {}", error.without_url())).into_problem())
        };
        let response = request.send().await.map_err(unavailable)?;
        let status = response.status();
        let replayed = response.headers().contains_key(headers::IDEMPOTENCY_REPLAYED);
        let retry_after_s = response.headers().get("Retry-After").and_then(|value| value.to_str().ok()?.parse().ok());
        let bytes = response.bytes().await.map_err(unavailable)?;
        if status.is_success() {
            let body = serde_json::from_slice(&bytes);
            return body.map(|body| Answered { body, replayed }).map_err(|error| unreadable(path, status, &error));
        }
        match serde_json::from_slice::<ProblemBody>(&bytes) {
            Ok(body) => Err(Refusal { retry_after_s, status: status.as_u16(), ..Refusal::from(body) }),
            Err(error) => Err(unreadable(path, status, &error)),
        }
    }
}

/// An answer in no form that we know, from a proxy in between for example. Whether the write was
/// done is unknown, so the caller is told to repeat it with the same id.
fn unreadable(path: &str, status: reqwest::StatusCode, error: &serde_json::Error) -> Refusal {
    Refusal::from(
        Failure::Unavailable(format!("POST {path}: unreadable answer with status {status}: {error}")).into_problem(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::{App, HttpRequest, HttpResponse, HttpServer, http::StatusCode, web};
    use domain::policy::Actor;
    use platform::clock::{Clock, Setting};
    use serde_json::{Value, json};

    fn op() -> OpCtx {
        let now = domain::time::parse_instant("2021-04-05T03:30:00Z").unwrap();
        let mut op = OpCtx::new(Actor::public(), &Clock::new(Setting::real(now)));
        op.traceparent = Some("00-11111111111111111111111111111111-2222222222222222-01".into());
        op
    }

    /// A service that answers as its path says, `/<status>/<kind of body>`.
    async fn odd(req: HttpRequest, path: web::Path<(u16, String)>) -> HttpResponse {
        let (status, kind) = path.into_inner();
        let mut answer = HttpResponse::build(StatusCode::from_u16(status).unwrap());
        answer.insert_header(("Retry-After", "7")).insert_header(("Location", "/200/echo"));
        let header = |name: &str| req.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
        match kind.as_str() {
            "echo" => answer.json(json!({
                "authorization": header("Authorization"), "request": header("X-Request-Id"), "trace": header("traceparent"),
            })),
            "problem" => answer.json(json!({
                "type": "/errors/request.rate_limited", "title": "Too many", "status": status, "code": "request.rate_limited",
                "detail": "多すぎます", "instance": "/", "request_id": "x",
            })),
            _ => answer.body("<html>gateway at 10.0.0.7 failed</html>"),
        }
    }

    async fn service() -> Client {
        let server = HttpServer::new(|| App::new().route("/{status}/{kind}", web::post().to(odd)));
        let server = server.workers(1).disable_signals().bind(("127.0.0.1", 0)).unwrap();
        let url = format!("http://{}", server.addrs()[0]);
        actix_web::rt::spawn(server.run());
        Client::new(url)
    }

    #[actix_web::test]
    async fn the_callers_token_and_trace_go_along() {
        let op = op();
        let answered = service().await.post::<Value>("/200/echo", &op, Some("Bearer x"), &json!({})).await.unwrap();
        let expected =
            json!({"authorization": "Bearer x", "request": op.request_id.to_string(), "trace": op.traceparent});
        assert_eq!((answered.body, answered.replayed), (expected, false));
    }

    #[actix_web::test]
    async fn a_services_problem_keeps_its_code_and_its_words() {
        let refusal = service().await.post::<Value>("/429/problem", &op(), None, &json!({})).await.unwrap_err();
        assert_eq!(
            (refusal.status, refusal.code.as_str(), refusal.ja.as_str()),
            (429, "request.rate_limited", "多すぎます")
        );
        assert_eq!(refusal.retry_after_s, Some(7));
    }

    #[actix_web::test]
    async fn what_nobody_can_read_is_an_outage_and_tells_nothing() {
        let client = service().await;
        for path in ["/502/html", "/200/html", "/500/html", "/307/echo"] {
            let refusal = client.post::<Value>(path, &op(), Some("Bearer x"), &json!({})).await.unwrap_err();
            assert_eq!((refusal.status, refusal.code.as_str()), (503, "service.unavailable"), "{path}");
            assert!(!refusal.to_string().contains("10.0.0.7"));
        }
        let nobody = Client::new("http://127.0.0.1:1".into());
        let refusal = nobody.post::<Value>("/", &op(), None, &json!({})).await.unwrap_err();
        assert_eq!((refusal.code.as_str(), refusal.retry_after_s), ("service.unavailable", Some(1)));
    }
}
