//! `/v1/indicators`, `/v1/indicators/{code}`, `/v1/indicators/{code}/values`.
use crate::{Allocation, app::indicators};
use actix_web::{HttpRequest, HttpResponse, web};
use platform::http;
use wire::{
    indicator::{FiguresRecorded, IndicatorInfo, IndicatorList, PutIndicator, RecordFigures},
    problem::ProblemBody,
};

fn code(req: &HttpRequest) -> String {
    req.match_info().get("code").unwrap_or_default().to_owned()
}

/// All indicators with what there is of each: places with a figure, and of which days. Open to everybody.
#[utoipa::path(
    get, path = "/v1/indicators", tag = "indicators", operation_id = "listIndicators",
    responses(
        (status = 200, body = IndicatorList, description = "In the order of their codes"),
        (status = 401, body = ProblemBody, content_type = "application/problem+json", description = "auth.invalid_token"),
        (status = 429, body = ProblemBody, content_type = "application/problem+json", description = "request.rate_limited"),
        (status = 503, body = ProblemBody, content_type = "application/problem+json", description = "service.unavailable"),
    )
)]
pub async fn list(req: HttpRequest, allocation: web::Data<Allocation>) -> HttpResponse {
    http::answer(&req, async {
        let ctx = http::context(&req).await?;
        let allocation = allocation.get_ref().clone();
        let shared = allocation.shared.clone();
        let list = shared.unit_of_work(async move { indicators::indicators(&allocation, &ctx).await }).await?;
        http::json(HttpResponse::Ok(), &list)
    })
    .await
}

/// Register an indicator, or mend its names. The same again changes nothing.
#[utoipa::path(
    put, path = "/v1/indicators/{code}", tag = "indicators", operation_id = "putIndicator", request_body = PutIndicator,
    security(("token" = [])),
    params(("code" = String, Path, description = "As rules name it")),
    responses(
        (status = 200, body = IndicatorInfo, description = "As it stands now"),
        (status = 400, body = ProblemBody, content_type = "application/problem+json", description = "request.malformed, request.invalid_utf8"),
        (status = 401, body = ProblemBody, content_type = "application/problem+json", description = "auth.missing_token, auth.invalid_token"),
        (status = 403, body = ProblemBody, content_type = "application/problem+json", description = "auth.forbidden"),
        (status = 409, body = ProblemBody, content_type = "application/problem+json", description = "allocation.indicator_kind"),
        (status = 413, body = ProblemBody, content_type = "application/problem+json", description = "request.too_large"),
        (status = 415, body = ProblemBody, content_type = "application/problem+json", description = "request.unsupported_media_type"),
        (status = 422, body = ProblemBody, content_type = "application/problem+json", description = "allocation.indicator_reserved, request.invalid with errors"),
        (status = 429, body = ProblemBody, content_type = "application/problem+json", description = "request.rate_limited"),
        (status = 503, body = ProblemBody, content_type = "application/problem+json", description = "service.unavailable: send it again"),
    )
)]
pub async fn put(req: HttpRequest, payload: web::Payload, allocation: web::Data<Allocation>) -> HttpResponse {
    http::answer(&req, async {
        let ctx = http::signed_in(&req).await?;
        let body: PutIndicator = http::read_json(&req, payload, http::BODY_BYTES_MAX).await?;
        let (allocation, code) = (allocation.get_ref().clone(), code(&req));
        let shared = allocation.shared.clone();
        let work = async move { indicators::put_indicator(&allocation, &ctx, &code, body).await };
        http::json(HttpResponse::Ok(), &shared.unit_of_work(work).await?)
    })
    .await
}

/// Record figures, all or none; at most 10 MiB. Of several figures of one place and day the one recorded last
/// counts.
#[utoipa::path(
    post, path = "/v1/indicators/{code}/values", tag = "indicators", operation_id = "recordFigures",
    request_body = RecordFigures, security(("token" = [])),
    params(("code" = String, Path, description = "The indicator")),
    responses(
        (status = 200, body = FiguresRecorded, description = "Done; with Idempotency-Replayed when it was done before"),
        (status = 400, body = ProblemBody, content_type = "application/problem+json", description = "request.malformed, request.invalid_utf8"),
        (status = 401, body = ProblemBody, content_type = "application/problem+json", description = "auth.missing_token, auth.invalid_token"),
        (status = 403, body = ProblemBody, content_type = "application/problem+json", description = "auth.forbidden"),
        (status = 404, body = ProblemBody, content_type = "application/problem+json", description = "allocation.indicator_not_found"),
        (status = 413, body = ProblemBody, content_type = "application/problem+json", description = "request.too_large"),
        (status = 415, body = ProblemBody, content_type = "application/problem+json", description = "request.unsupported_media_type"),
        (status = 422, body = ProblemBody, content_type = "application/problem+json", description = "request.invalid with an error for each figure at fault, the first thousand; idempotency.key_reused"),
        (status = 429, body = ProblemBody, content_type = "application/problem+json", description = "request.rate_limited"),
        (status = 503, body = ProblemBody, content_type = "application/problem+json", description = "service.unavailable: send the same id again"),
    )
)]
pub async fn record(req: HttpRequest, payload: web::Payload, allocation: web::Data<Allocation>) -> HttpResponse {
    http::answer(&req, async {
        let ctx = http::signed_in(&req).await?;
        let body: RecordFigures = http::read_json(&req, payload, http::BATCH_BYTES_MAX).await?;
        let (allocation, code) = (allocation.get_ref().clone(), code(&req));
        let shared = allocation.shared.clone();
        let work = async move { indicators::record_figures(&allocation, &ctx, &code, body).await };
        let (recorded, replayed) = shared.unit_of_work(work).await?;
        http::written(&recorded, &recorded.position, replayed)
    })
    .await
}
