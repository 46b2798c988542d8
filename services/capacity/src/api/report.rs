//! `POST /v1/reports`, `POST /v1/reports:batch`, `GET /v1/facilities/{key}/reports/{day}`.
use crate::{Capacity, app};
use actix_web::{HttpRequest, HttpResponse, web};
use domain::BusinessDay;
use platform::http;
use serde::Deserialize;
use wire::{
    headers,
    problem::ProblemBody,
    report::{BatchAnswer, DayOfReports, ReportAccepted, SubmitBatch, SubmitReport},
};

/// Send a facility's report, or a correction of one, as a whole.
///
/// The id is made by the sender: the same id and body get the first answer again (200 with
/// `Idempotency-Replayed: true`), the same id with another body is refused.
#[utoipa::path(
    post, path = "/v1/reports", tag = "reports", operation_id = "submitReport", request_body = SubmitReport,
    security(("token" = [])),
    responses(
        (status = 201, body = ReportAccepted, description = "Taken"),
        (status = 200, body = ReportAccepted, description = "Taken before: the first answer again"),
        (status = 400, body = ProblemBody, content_type = "application/problem+json", description = "request.malformed, request.invalid_utf8"),
        (status = 401, body = ProblemBody, content_type = "application/problem+json", description = "auth.missing_token, auth.invalid_token"),
        (status = 403, body = ProblemBody, content_type = "application/problem+json", description = "auth.forbidden, report.form_is_import_only"),
        (status = 404, body = ProblemBody, content_type = "application/problem+json", description = "facility.not_found, also for what you cannot see"),
        (status = 408, body = ProblemBody, content_type = "application/problem+json", description = "request.too_slow"),
        (status = 409, body = ProblemBody, content_type = "application/problem+json", description = "report.stale_revision, with current_revision"),
        (status = 413, body = ProblemBody, content_type = "application/problem+json", description = "request.too_large"),
        (status = 415, body = ProblemBody, content_type = "application/problem+json", description = "request.unsupported_media_type, request.unsupported_encoding"),
        (status = 422, body = ProblemBody, content_type = "application/problem+json", description = "report.invalid and request.invalid, with errors; facility.malformed_key, report.unknown_form, report.no_duty, report.day_in_future, report.window_closed, idempotency.key_reused"),
        (status = 429, body = ProblemBody, content_type = "application/problem+json", description = "request.rate_limited"),
        (status = 500, body = ProblemBody, content_type = "application/problem+json", description = "service.internal"),
        (status = 503, body = ProblemBody, content_type = "application/problem+json", description = "service.unavailable: send the same id again"),
    )
)]
pub async fn submit(req: HttpRequest, payload: web::Payload, capacity: web::Data<Capacity>) -> HttpResponse {
    http::answer(&req, async {
        let ctx = http::signed_in(&req).await?;
        let request: SubmitReport = http::read_json(&req, payload, http::BODY_BYTES_MAX).await?;
        let capacity = capacity.get_ref().clone();
        let shared = capacity.shared.clone();
        let work = async move { app::submit_report::submit_report(&capacity, &ctx, request).await };
        let taken = shared.unit_of_work(work).await?;
        let mut response = if taken.replayed { HttpResponse::Ok() } else { HttpResponse::Created() };
        if taken.replayed {
            response.insert_header((headers::IDEMPOTENCY_REPLAYED, "true"));
        }
        response.insert_header((headers::POSITION, taken.report.position.clone()));
        http::json(response, &taken.report)
    })
    .await
}

/// Send up to 10,000 reports; each is taken or refused by itself.
#[utoipa::path(
    post, path = "/v1/reports:batch", tag = "reports", operation_id = "submitReports", request_body = SubmitBatch,
    security(("token" = [])),
    responses(
        (status = 200, body = BatchAnswer, description = "The outcome of each report"),
        (status = 400, body = ProblemBody, content_type = "application/problem+json", description = "request.malformed, request.invalid_utf8"),
        (status = 401, body = ProblemBody, content_type = "application/problem+json", description = "auth.missing_token, auth.invalid_token"),
        (status = 408, body = ProblemBody, content_type = "application/problem+json", description = "request.too_slow"),
        (status = 413, body = ProblemBody, content_type = "application/problem+json", description = "request.too_large (10 MiB)"),
        (status = 415, body = ProblemBody, content_type = "application/problem+json", description = "request.unsupported_media_type, request.unsupported_encoding"),
        (status = 422, body = ProblemBody, content_type = "application/problem+json", description = "request.invalid, request.too_many_items"),
        (status = 429, body = ProblemBody, content_type = "application/problem+json", description = "request.rate_limited, request.too_many_batches"),
        (status = 500, body = ProblemBody, content_type = "application/problem+json", description = "service.internal"),
        (status = 503, body = ProblemBody, content_type = "application/problem+json", description = "service.unavailable: send the same batch again"),
    )
)]
pub async fn submit_batch(req: HttpRequest, payload: web::Payload, capacity: web::Data<Capacity>) -> HttpResponse {
    http::answer(&req, async {
        let ctx = http::signed_in(&req).await?;
        let batch: SubmitBatch = http::read_json(&req, payload, http::BATCH_BYTES_MAX).await?;
        let capacity = capacity.get_ref().clone();
        let (shared, path) = (capacity.shared.clone(), req.path().to_owned());
        let work = async move { app::submit_batch::submit_batch(&capacity, &ctx, batch, &path).await };
        let answer = shared.unit_of_work(work).await?;
        http::json(HttpResponse::Ok(), &answer)
    })
    .await
}

/// Which form to read.
#[derive(Deserialize)]
pub struct FormQuery {
    form: Option<String>,
}

/// What a facility reported for a day: all revisions, newest first.
#[utoipa::path(
    get, path = "/v1/facilities/{key}/reports/{day}", tag = "reports", operation_id = "getReports",
    security(("token" = [])),
    params(
        ("key" = String, Path, description = "uuid, ten-digit code, or gmis:<id>", example = "1310101234"),
        ("day" = String, Path, description = "YYYY-MM-DD, Japan time", example = "2021-04-05"),
        ("form" = Option<String>, Query, description = "daily unless given"),
    ),
    responses(
        (status = 200, body = DayOfReports, description = "Newest revision first"),
        (status = 400, body = ProblemBody, content_type = "application/problem+json", description = "request.malformed: the query"),
        (status = 401, body = ProblemBody, content_type = "application/problem+json", description = "auth.missing_token, auth.invalid_token"),
        (status = 404, body = ProblemBody, content_type = "application/problem+json", description = "facility.not_found (also for what you cannot see), report.not_found"),
        (status = 422, body = ProblemBody, content_type = "application/problem+json", description = "facility.malformed_key, time.malformed_day, report.unknown_form"),
        (status = 429, body = ProblemBody, content_type = "application/problem+json", description = "request.rate_limited"),
        (status = 500, body = ProblemBody, content_type = "application/problem+json", description = "service.internal"),
        (status = 503, body = ProblemBody, content_type = "application/problem+json", description = "service.unavailable"),
    )
)]
pub async fn read_day(
    req: HttpRequest,
    path: web::Path<(String, String)>,
    capacity: web::Data<Capacity>,
) -> HttpResponse {
    http::answer(&req, async {
        let ctx = http::signed_in(&req).await?;
        let (key, day) = path.into_inner();
        let day = BusinessDay::parse(&day)?;
        let form = http::query::<FormQuery>(&req)?.form.unwrap_or_else(|| "daily".to_owned());
        let capacity = capacity.get_ref().clone();
        let shared = capacity.shared.clone();
        let work = async move { app::read_day::read_day(&capacity, &ctx, &key, &form, day).await };
        let reports = shared.unit_of_work(work).await?;
        http::json(HttpResponse::Ok(), &reports)
    })
    .await
}
