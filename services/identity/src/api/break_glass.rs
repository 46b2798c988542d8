//! `POST /v1/break-glass`, `GET /v1/break-glass`, `POST /v1/break-glass/{access}:review`.
use crate::{
    Identity,
    app::break_glass::{self, Answered, ListQuery},
};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, http::StatusCode, web};
use domain::{Problem, error};
use platform::{failure::Result, http};
use wire::{
    break_glass::{BreakGlass, BreakGlassList, OpenBreakGlass, ReviewBreakGlass},
    headers,
    problem::ProblemBody,
};

fn answered(status: StatusCode, answered: &Answered<BreakGlass>) -> Result<HttpResponse> {
    let mut response = HttpResponseBuilder::new(if answered.replayed { StatusCode::OK } else { status });
    if answered.replayed {
        response.insert_header((headers::IDEMPOTENCY_REPLAYED, "true"));
    }
    response.insert_header((headers::POSITION, answered.position.clone()));
    http::json(response, &answered.answer)
}

/// Ask in an emergency for access to the reports of a facility, or of a territory's facilities, that you do not see
/// otherwise. Whose data it is, its prefecture and the ministry are told at once.
#[utoipa::path(
    post, path = "/v1/break-glass", tag = "audit", operation_id = "openBreakGlass", request_body = OpenBreakGlass,
    security(("token" = [])),
    responses(
        (status = 201, body = BreakGlass, description = "Open, until the time that it says"),
        (status = 200, body = BreakGlass, description = "It was opened before, under the same id; with Idempotency-Replayed"),
        (status = 400, body = ProblemBody, content_type = "application/problem+json", description = "request.malformed, request.invalid_utf8"),
        (status = 401, body = ProblemBody, content_type = "application/problem+json", description = "auth.missing_token, auth.invalid_token"),
        (status = 403, body = ProblemBody, content_type = "application/problem+json", description = "auth.forbidden"),
        (status = 404, body = ProblemBody, content_type = "application/problem+json", description = "facility.not_found"),
        (status = 408, body = ProblemBody, content_type = "application/problem+json", description = "request.too_slow"),
        (status = 409, body = ProblemBody, content_type = "application/problem+json", description = "break_glass.not_needed, break_glass.too_many"),
        (status = 413, body = ProblemBody, content_type = "application/problem+json", description = "request.too_large"),
        (status = 415, body = ProblemBody, content_type = "application/problem+json", description = "request.unsupported_media_type, request.unsupported_encoding"),
        (status = 422, body = ProblemBody, content_type = "application/problem+json", description = "request.invalid with errors, facility.malformed_key, territory.malformed_code, idempotency.key_reused"),
        (status = 429, body = ProblemBody, content_type = "application/problem+json", description = "request.rate_limited"),
        (status = 500, body = ProblemBody, content_type = "application/problem+json", description = "service.internal"),
        (status = 503, body = ProblemBody, content_type = "application/problem+json", description = "service.unavailable: send the same id again"),
    )
)]
pub async fn open(req: HttpRequest, payload: web::Payload, identity: web::Data<Identity>) -> HttpResponse {
    http::answer(&req, async {
        let ctx = http::signed_in(&req).await?;
        let request: OpenBreakGlass = http::read_json(&req, payload, http::BODY_BYTES_MAX).await?;
        let identity = identity.get_ref().clone();
        let shared = identity.shared.clone();
        let work = async move { break_glass::open(&identity, &ctx, request).await };
        answered(StatusCode::CREATED, &shared.unit_of_work(work).await?)
    })
    .await
}

/// Emergency accesses to what you answer for, and those that you asked for, the newest first.
#[utoipa::path(
    get, path = "/v1/break-glass", tag = "audit", operation_id = "listBreakGlass",
    security(("token" = [])),
    params(
        ("state" = Option<String>, Query, description = "active or unreviewed; all when absent", example = "unreviewed"),
        ("after" = Option<uuid::Uuid>, Query, description = "After this access: next of the page before"),
        ("limit" = Option<i64>, Query, description = "1 to 200; 200 when absent"),
    ),
    responses(
        (status = 200, body = BreakGlassList, description = "A page"),
        (status = 400, body = ProblemBody, content_type = "application/problem+json", description = "request.malformed: the query"),
        (status = 401, body = ProblemBody, content_type = "application/problem+json", description = "auth.missing_token, auth.invalid_token"),
        (status = 422, body = ProblemBody, content_type = "application/problem+json", description = "request.invalid with errors"),
        (status = 429, body = ProblemBody, content_type = "application/problem+json", description = "request.rate_limited"),
        (status = 500, body = ProblemBody, content_type = "application/problem+json", description = "service.internal"),
        (status = 503, body = ProblemBody, content_type = "application/problem+json", description = "service.unavailable"),
    )
)]
pub async fn list(req: HttpRequest, identity: web::Data<Identity>) -> HttpResponse {
    http::answer(&req, async {
        let ctx = http::signed_in(&req).await?;
        let query: ListQuery = http::query(&req)?;
        let identity = identity.get_ref().clone();
        let shared = identity.shared.clone();
        let work = async move { break_glass::list(&identity, &ctx, query).await };
        http::json(HttpResponse::Ok(), &shared.unit_of_work(work).await?)
    })
    .await
}

/// Say whether an emergency access was right: once, and not by the account that asked for it.
#[utoipa::path(
    post, path = "/v1/break-glass/{access}:review", tag = "audit", operation_id = "reviewBreakGlass",
    request_body = ReviewBreakGlass,
    security(("token" = [])),
    params(("access" = uuid::Uuid, Path, description = "The access")),
    responses(
        (status = 200, body = BreakGlass, description = "Noted; with Idempotency-Replayed when it was noted before"),
        (status = 400, body = ProblemBody, content_type = "application/problem+json", description = "request.malformed, request.invalid_utf8"),
        (status = 401, body = ProblemBody, content_type = "application/problem+json", description = "auth.missing_token, auth.invalid_token"),
        (status = 403, body = ProblemBody, content_type = "application/problem+json", description = "auth.forbidden"),
        (status = 404, body = ProblemBody, content_type = "application/problem+json", description = "break_glass.not_found, also for what you cannot see"),
        (status = 408, body = ProblemBody, content_type = "application/problem+json", description = "request.too_slow"),
        (status = 409, body = ProblemBody, content_type = "application/problem+json", description = "break_glass.second_person, break_glass.reviewed"),
        (status = 413, body = ProblemBody, content_type = "application/problem+json", description = "request.too_large"),
        (status = 415, body = ProblemBody, content_type = "application/problem+json", description = "request.unsupported_media_type, request.unsupported_encoding"),
        (status = 422, body = ProblemBody, content_type = "application/problem+json", description = "request.invalid with errors, idempotency.key_reused"),
        (status = 429, body = ProblemBody, content_type = "application/problem+json", description = "request.rate_limited"),
        (status = 500, body = ProblemBody, content_type = "application/problem+json", description = "service.internal"),
        (status = 503, body = ProblemBody, content_type = "application/problem+json", description = "service.unavailable: send the same id again"),
    )
)]
pub async fn review(req: HttpRequest, payload: web::Payload, identity: web::Data<Identity>) -> HttpResponse {
    http::answer(&req, async {
        let ctx = http::signed_in(&req).await?;
        let text = req.match_info().query("access").to_owned();
        let missing = || Problem::new(&error::BREAK_GLASS_NOT_FOUND).with("id", &text);
        let id = text.parse().map_err(|_| missing())?;
        let request: ReviewBreakGlass = http::read_json(&req, payload, http::BODY_BYTES_MAX).await?;
        let identity = identity.get_ref().clone();
        let shared = identity.shared.clone();
        let work = async move { break_glass::review(&identity, &ctx, id, request).await };
        answered(StatusCode::OK, &shared.unit_of_work(work).await?)
    })
    .await
}
