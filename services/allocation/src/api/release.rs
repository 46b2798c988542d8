//! `POST /v1/releases`.
use crate::{Allocation, app::release_lines::release_lines};
use actix_web::{HttpRequest, HttpResponse, web};
use platform::http;
use wire::{
    problem::ProblemBody,
    shipment::{LinesReleased, ReleaseLines},
};

/// Release assigned lines of one hub group; they become one shipment of whole packs to the hub.
#[utoipa::path(
    post, path = "/v1/releases", tag = "releases", operation_id = "releaseLines", request_body = ReleaseLines,
    security(("token" = [])),
    responses(
        (status = 200, body = LinesReleased, description = "Done; with Idempotency-Replayed when it was done before"),
        (status = 400, body = ProblemBody, content_type = "application/problem+json", description = "request.malformed, request.invalid_utf8"),
        (status = 401, body = ProblemBody, content_type = "application/problem+json", description = "auth.missing_token, auth.invalid_token"),
        (status = 403, body = ProblemBody, content_type = "application/problem+json", description = "auth.forbidden"),
        (status = 404, body = ProblemBody, content_type = "application/problem+json", description = "allocation.round_not_found, allocation.site_not_found, also for what you cannot see"),
        (status = 413, body = ProblemBody, content_type = "application/problem+json", description = "request.too_large"),
        (status = 415, body = ProblemBody, content_type = "application/problem+json", description = "request.unsupported_media_type"),
        (status = 422, body = ProblemBody, content_type = "application/problem+json", description = "allocation.not_a_hub, allocation.nothing_to_release, allocation.not_whole_packs, request.invalid with errors, idempotency.key_reused"),
        (status = 429, body = ProblemBody, content_type = "application/problem+json", description = "request.rate_limited"),
        (status = 503, body = ProblemBody, content_type = "application/problem+json", description = "service.unavailable: send the same id again"),
    )
)]
pub async fn release(req: HttpRequest, payload: web::Payload, allocation: web::Data<Allocation>) -> HttpResponse {
    http::answer(&req, async {
        let ctx = http::signed_in(&req).await?;
        let body: ReleaseLines = http::read_json(&req, payload, http::BODY_BYTES_MAX).await?;
        let allocation = allocation.get_ref().clone();
        let shared = allocation.shared.clone();
        let work = async move { release_lines(&allocation, &ctx, body).await };
        let (released, replayed) = shared.unit_of_work(work).await?;
        http::written(&released, &released.position, replayed)
    })
    .await
}
