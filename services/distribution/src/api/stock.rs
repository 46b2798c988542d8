//! `POST /v1/discrepancies/{discrepancy}:resolve`, `/v1/inbound`, `/v1/lots/{product}/{lot}:recall`.
use super::{part, write};
use crate::{
    Distribution,
    app::{recall_lot::recall_lot, record_inbound::record_inbound, resolve_discrepancy::resolve_discrepancy},
};
use actix_web::{HttpRequest, HttpResponse, web};
use domain::{Problem, error};
use platform::{failure::Result, http};
use uuid::Uuid;
use wire::{
    problem::ProblemBody,
    shipment::{DiscrepancyResolved, InboundRecorded, LotRecalled, RecallLot, RecordInbound, ResolveDiscrepancy},
};

/// The discrepancy's id in the path. What is no id names none.
fn id(req: &HttpRequest) -> Result<Uuid> {
    let text = part(req, "discrepancy");
    let missing = || Problem::new(&error::DISCREPANCY_NOT_FOUND).with("discrepancy", &text);
    Ok(text.parse().map_err(|_| missing())?)
}

/// Decide what became of vials that are not where they should be. The vials move there.
#[utoipa::path(
    post, path = "/v1/discrepancies/{discrepancy}:resolve", tag = "stock", operation_id = "resolveDiscrepancy",
    request_body = ResolveDiscrepancy,
    security(("token" = [])),
    params(("discrepancy" = uuid::Uuid, Path, description = "The discrepancy")),
    responses(
        (status = 200, body = DiscrepancyResolved, description = "Done; with Idempotency-Replayed when it was done before"),
        (status = 400, body = ProblemBody, content_type = "application/problem+json", description = "request.malformed, request.invalid_utf8"),
        (status = 401, body = ProblemBody, content_type = "application/problem+json", description = "auth.missing_token, auth.invalid_token"),
        (status = 403, body = ProblemBody, content_type = "application/problem+json", description = "auth.forbidden"),
        (status = 404, body = ProblemBody, content_type = "application/problem+json", description = "discrepancy.not_found, also for what you cannot see"),
        (status = 409, body = ProblemBody, content_type = "application/problem+json", description = "discrepancy.already_resolved, stock.insufficient"),
        (status = 413, body = ProblemBody, content_type = "application/problem+json", description = "request.too_large"),
        (status = 415, body = ProblemBody, content_type = "application/problem+json", description = "request.unsupported_media_type"),
        (status = 422, body = ProblemBody, content_type = "application/problem+json", description = "discrepancy.wrong_decision, lot.recalled, request.invalid with errors (request.reason_missing), idempotency.key_reused"),
        (status = 429, body = ProblemBody, content_type = "application/problem+json", description = "request.rate_limited"),
        (status = 503, body = ProblemBody, content_type = "application/problem+json", description = "service.unavailable: send the same id again"),
    )
)]
pub async fn resolve(req: HttpRequest, payload: web::Payload, distribution: web::Data<Distribution>) -> HttpResponse {
    let discrepancy = id(&req);
    write(
        &req,
        payload,
        &distribution,
        http::BODY_BYTES_MAX,
        |distribution, ctx, body: ResolveDiscrepancy| async move {
            resolve_discrepancy(&distribution, &ctx, discrepancy?, body).await
        },
    )
    .await
}

/// Note what a depot received from the maker.
#[utoipa::path(
    post, path = "/v1/inbound", tag = "stock", operation_id = "recordInbound", request_body = RecordInbound,
    security(("token" = [])),
    responses(
        (status = 200, body = InboundRecorded, description = "Done; with Idempotency-Replayed when it was done before"),
        (status = 400, body = ProblemBody, content_type = "application/problem+json", description = "request.malformed, request.invalid_utf8"),
        (status = 401, body = ProblemBody, content_type = "application/problem+json", description = "auth.missing_token, auth.invalid_token"),
        (status = 403, body = ProblemBody, content_type = "application/problem+json", description = "auth.forbidden"),
        (status = 404, body = ProblemBody, content_type = "application/problem+json", description = "wholesaler.not_found, also for what you cannot see"),
        (status = 409, body = ProblemBody, content_type = "application/problem+json", description = "lot.differs"),
        (status = 413, body = ProblemBody, content_type = "application/problem+json", description = "request.too_large"),
        (status = 415, body = ProblemBody, content_type = "application/problem+json", description = "request.unsupported_media_type"),
        (status = 422, body = ProblemBody, content_type = "application/problem+json", description = "request.invalid with errors (lot.malformed, lot.duplicate, lot.expired, stock.amount_out_of_range, request.invalid_field), idempotency.key_reused"),
        (status = 429, body = ProblemBody, content_type = "application/problem+json", description = "request.rate_limited"),
        (status = 503, body = ProblemBody, content_type = "application/problem+json", description = "service.unavailable: send the same id again"),
    )
)]
pub async fn inbound(req: HttpRequest, payload: web::Payload, distribution: web::Data<Distribution>) -> HttpResponse {
    write(&req, payload, &distribution, http::BODY_BYTES_MAX, |distribution, ctx, body: RecordInbound| async move {
        record_inbound(&distribution, &ctx, body).await
    })
    .await
}

/// Declare a lot recalled: what is on hand or reserved goes into quarantine at once, what is on the road
/// when it arrives.
#[utoipa::path(
    post, path = "/v1/lots/{product}/{lot}:recall", tag = "stock", operation_id = "recallLot",
    request_body = RecallLot,
    security(("token" = [])),
    params(
        ("product" = String, Path, description = "Product's code", example = "comirnaty-12plus"),
        ("lot" = String, Path, description = "Lot number", example = "EX0001")
    ),
    responses(
        (status = 200, body = LotRecalled, description = "Done; with Idempotency-Replayed when it was done before"),
        (status = 400, body = ProblemBody, content_type = "application/problem+json", description = "request.malformed, request.invalid_utf8"),
        (status = 401, body = ProblemBody, content_type = "application/problem+json", description = "auth.missing_token, auth.invalid_token"),
        (status = 403, body = ProblemBody, content_type = "application/problem+json", description = "auth.forbidden"),
        (status = 413, body = ProblemBody, content_type = "application/problem+json", description = "request.too_large"),
        (status = 415, body = ProblemBody, content_type = "application/problem+json", description = "request.unsupported_media_type"),
        (status = 422, body = ProblemBody, content_type = "application/problem+json", description = "lot.malformed, lot.not_found, lot.recalled, request.invalid with errors (request.reason_missing), idempotency.key_reused"),
        (status = 429, body = ProblemBody, content_type = "application/problem+json", description = "request.rate_limited"),
        (status = 503, body = ProblemBody, content_type = "application/problem+json", description = "service.unavailable: send the same id again"),
    )
)]
pub async fn recall(req: HttpRequest, payload: web::Payload, distribution: web::Data<Distribution>) -> HttpResponse {
    let (product, lot) = (part(&req, "product"), part(&req, "lot"));
    write(&req, payload, &distribution, http::BODY_BYTES_MAX, |distribution, ctx, body: RecallLot| async move {
        recall_lot(&distribution, &ctx, &product, &lot, body).await
    })
    .await
}
