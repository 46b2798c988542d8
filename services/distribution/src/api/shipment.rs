//! `GET /v1/shipments`, `/v1/shipments/{shipment}`, `/v1/shipment-events`; `POST
//! /v1/shipments/{shipment}/answers`, `:receive`, `:cancel`.
use super::{part, write};
use crate::{
    Distribution,
    app::{
        cancel_shipment::cancel_shipment,
        confirm_receipt::confirm_receipt,
        read_events, read_shipments,
        read_shipments::ListQuery,
        record_answer::{ANSWER_BYTES_MAX, Via, record_answer},
    },
    consume::tell_later,
};
use actix_web::{HttpRequest, HttpResponse, web};
use domain::{Problem, error};
use platform::{failure::Result, http};
use serde::Deserialize;
use serde_json::Value;
use uuid::Uuid;
use wire::{
    delivery::{PartnerAnswer, ShipmentList, ShipmentRead},
    problem::ProblemBody,
    shipment::{AnswerTaken, CancelShipment, ConfirmReceipt, ReceiptConfirmed, ShipmentEvents, ShipmentMoved},
};

/// The shipment's id in the path. What is no id names no shipment.
fn id(req: &HttpRequest) -> Result<Uuid> {
    let text = part(req, "shipment");
    let missing = || Problem::new(&error::SHIPMENT_NOT_FOUND).with("shipment", &text);
    Ok(text.parse().map_err(|_| missing())?)
}

/// Shipments that you may see, in the order of their release: a wholesaler's work list.
#[utoipa::path(
    get, path = "/v1/shipments", tag = "shipments", operation_id = "listShipments",
    security(("token" = [])),
    params(
        ("branch" = Option<String>, Query, description = "Of this branch only", example = "W07-03"),
        ("state" = Option<String>, Query, description = "In this state only", example = "ordered"),
        ("after" = Option<uuid::Uuid>, Query, description = "After this shipment: next of the page before"),
        ("limit" = Option<i64>, Query, description = "1 to 200; 200 when absent")
    ),
    responses(
        (status = 200, body = ShipmentList, description = "A page"),
        (status = 400, body = ProblemBody, content_type = "application/problem+json", description = "request.malformed"),
        (status = 401, body = ProblemBody, content_type = "application/problem+json", description = "auth.missing_token, auth.invalid_token"),
        (status = 403, body = ProblemBody, content_type = "application/problem+json", description = "auth.forbidden"),
        (status = 422, body = ProblemBody, content_type = "application/problem+json", description = "wholesaler.malformed_code, request.invalid with errors"),
        (status = 429, body = ProblemBody, content_type = "application/problem+json", description = "request.rate_limited"),
        (status = 503, body = ProblemBody, content_type = "application/problem+json", description = "service.unavailable"),
    )
)]
pub async fn list(req: HttpRequest, distribution: web::Data<Distribution>) -> HttpResponse {
    http::answer(&req, async {
        let ctx = http::signed_in(&req).await?;
        let query: ListQuery = http::query(&req)?;
        let distribution = distribution.get_ref().clone();
        let shared = distribution.shared.clone();
        let work = async move { read_shipments::list_shipments(&distribution, &ctx, query).await };
        http::json(HttpResponse::Ok(), &shared.unit_of_work(work).await?)
    })
    .await
}

/// A shipment and all that happened to it.
#[utoipa::path(
    get, path = "/v1/shipments/{shipment}", tag = "shipments", operation_id = "readShipment",
    security(("token" = [])),
    params(("shipment" = uuid::Uuid, Path, description = "The shipment")),
    responses(
        (status = 200, body = ShipmentRead, description = "The shipment"),
        (status = 400, body = ProblemBody, content_type = "application/problem+json", description = "request.malformed"),
        (status = 401, body = ProblemBody, content_type = "application/problem+json", description = "auth.missing_token, auth.invalid_token"),
        (status = 404, body = ProblemBody, content_type = "application/problem+json", description = "shipment.not_found, also for what you cannot see"),
        (status = 429, body = ProblemBody, content_type = "application/problem+json", description = "request.rate_limited"),
        (status = 503, body = ProblemBody, content_type = "application/problem+json", description = "service.unavailable"),
    )
)]
pub async fn read(req: HttpRequest, distribution: web::Data<Distribution>) -> HttpResponse {
    http::answer(&req, async {
        let ctx = http::signed_in(&req).await?;
        let id = id(&req)?;
        let distribution = distribution.get_ref().clone();
        let shared = distribution.shared.clone();
        let work = async move { read_shipments::read_shipment(&distribution, &ctx, id).await };
        http::json(HttpResponse::Ok(), &shared.unit_of_work(work).await?)
    })
    .await
}

/// Where to go on.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EventsQuery {
    /// `next` of the page before; from the first event when absent.
    pub after: Option<String>,
    /// 1 to 500; 500 when absent.
    pub limit: Option<i64>,
}

/// Your company's (or branch's) events again, from any point: `shipment.ordered.v1`,
/// `shipment.cancelled.v1`, `shipment.unfulfillable.v1`, `receipt.recorded.v1`. None is ever passed over; an
/// event is given once all transactions before its own have ended.
#[utoipa::path(
    get, path = "/v1/shipment-events", tag = "shipments", operation_id = "readShipmentEvents",
    security(("token" = [])),
    params(
        ("after" = Option<String>, Query, description = "next of the page before; from the first event when absent"),
        ("limit" = Option<i64>, Query, description = "1 to 500; 500 when absent")
    ),
    responses(
        (status = 200, body = ShipmentEvents, description = "A page"),
        (status = 400, body = ProblemBody, content_type = "application/problem+json", description = "request.malformed"),
        (status = 401, body = ProblemBody, content_type = "application/problem+json", description = "auth.missing_token, auth.invalid_token"),
        (status = 403, body = ProblemBody, content_type = "application/problem+json", description = "auth.forbidden"),
        (status = 429, body = ProblemBody, content_type = "application/problem+json", description = "request.rate_limited"),
        (status = 503, body = ProblemBody, content_type = "application/problem+json", description = "service.unavailable"),
    )
)]
pub async fn events(req: HttpRequest, distribution: web::Data<Distribution>) -> HttpResponse {
    http::answer(&req, async {
        let ctx = http::signed_in(&req).await?;
        let query: EventsQuery = http::query(&req)?;
        let distribution = distribution.get_ref().clone();
        let shared = distribution.shared.clone();
        let work =
            async move { read_events::read_events(&distribution, &ctx, query.after.as_deref(), query.limit).await };
        http::json(HttpResponse::Ok(), &shared.unit_of_work(work).await?)
    })
    .await
}

/// Answer a shipment: the same CloudEvent as by AMQP, with the same checks. An answer that comes before its
/// turn is held.
#[utoipa::path(
    post, path = "/v1/shipments/{shipment}/answers", tag = "shipments", operation_id = "answerShipment",
    request_body = PartnerAnswer,
    security(("token" = [])),
    params(("shipment" = uuid::Uuid, Path, description = "The shipment")),
    responses(
        (status = 200, body = AnswerTaken, description = "Applied or held; with Idempotency-Replayed when it was taken before"),
        (status = 400, body = ProblemBody, content_type = "application/problem+json", description = "request.malformed, request.invalid_utf8"),
        (status = 401, body = ProblemBody, content_type = "application/problem+json", description = "auth.missing_token, auth.invalid_token"),
        (status = 403, body = ProblemBody, content_type = "application/problem+json", description = "auth.forbidden"),
        (status = 404, body = ProblemBody, content_type = "application/problem+json", description = "shipment.not_found, also for what you cannot see"),
        (status = 409, body = ProblemBody, content_type = "application/problem+json", description = "shipment.wrong_state, answer.sequence_taken"),
        (status = 413, body = ProblemBody, content_type = "application/problem+json", description = "request.too_large"),
        (status = 415, body = ProblemBody, content_type = "application/problem+json", description = "request.unsupported_media_type"),
        (status = 422, body = ProblemBody, content_type = "application/problem+json", description = "answer.malformed, answer.unknown_type, event.unknown_version, answer.wrong_subject, answer.bad_sequence, answer.too_far_ahead, shipment.date_outside, shipment.wrong_total, lot.not_found, lot.malformed, lot.duplicate, lot.expired, lot.recalled, stock.amount_out_of_range, time.malformed_day, time.malformed_instant, time.in_future, request.reason_missing, with errors; idempotency.key_reused"),
        (status = 429, body = ProblemBody, content_type = "application/problem+json", description = "request.rate_limited"),
        (status = 503, body = ProblemBody, content_type = "application/problem+json", description = "service.unavailable: send the same id again"),
    )
)]
pub async fn answer(req: HttpRequest, payload: web::Payload, distribution: web::Data<Distribution>) -> HttpResponse {
    let shipment = id(&req);
    write(&req, payload, &distribution, ANSWER_BYTES_MAX, |distribution, ctx, body: Value| async move {
        let recorded = record_answer(&distribution, &ctx, Via::Rest, Some(shipment?), body).await?;
        tell_later(&distribution, recorded.refused);
        Ok(recorded.outcome)
    })
    .await
}

/// Confirm what arrived, lot by lot. What differs becomes a discrepancy that needs a decision.
#[utoipa::path(
    post, path = "/v1/shipments/{shipment}:receive", tag = "shipments", operation_id = "confirmReceipt",
    request_body = ConfirmReceipt,
    security(("token" = [])),
    params(("shipment" = uuid::Uuid, Path, description = "The shipment")),
    responses(
        (status = 200, body = ReceiptConfirmed, description = "Done; with Idempotency-Replayed when it was done before"),
        (status = 400, body = ProblemBody, content_type = "application/problem+json", description = "request.malformed, request.invalid_utf8"),
        (status = 401, body = ProblemBody, content_type = "application/problem+json", description = "auth.missing_token, auth.invalid_token"),
        (status = 403, body = ProblemBody, content_type = "application/problem+json", description = "auth.forbidden"),
        (status = 404, body = ProblemBody, content_type = "application/problem+json", description = "shipment.not_found, also for what you cannot see"),
        (status = 409, body = ProblemBody, content_type = "application/problem+json", description = "receipt.already_confirmed, receipt.not_dispatched"),
        (status = 413, body = ProblemBody, content_type = "application/problem+json", description = "request.too_large"),
        (status = 415, body = ProblemBody, content_type = "application/problem+json", description = "request.unsupported_media_type"),
        (status = 422, body = ProblemBody, content_type = "application/problem+json", description = "request.invalid with errors (lot.malformed, lot.duplicate, lot.not_found, stock.amount_out_of_range, time.malformed_instant, time.in_future), idempotency.key_reused"),
        (status = 429, body = ProblemBody, content_type = "application/problem+json", description = "request.rate_limited"),
        (status = 503, body = ProblemBody, content_type = "application/problem+json", description = "service.unavailable: send the same id again"),
    )
)]
pub async fn receive(req: HttpRequest, payload: web::Payload, distribution: web::Data<Distribution>) -> HttpResponse {
    let shipment = id(&req);
    write(&req, payload, &distribution, http::BODY_BYTES_MAX, |distribution, ctx, body: ConfirmReceipt| async move {
        confirm_receipt(&distribution, &ctx, shipment?, body).await
    })
    .await
}

/// Call a shipment off before dispatch: its vials go back to the depot, its release to the sites' grants.
#[utoipa::path(
    post, path = "/v1/shipments/{shipment}:cancel", tag = "shipments", operation_id = "cancelShipment",
    request_body = CancelShipment,
    security(("token" = [])),
    params(("shipment" = uuid::Uuid, Path, description = "The shipment")),
    responses(
        (status = 200, body = ShipmentMoved, description = "Done; with Idempotency-Replayed when it was done before"),
        (status = 400, body = ProblemBody, content_type = "application/problem+json", description = "request.malformed, request.invalid_utf8"),
        (status = 401, body = ProblemBody, content_type = "application/problem+json", description = "auth.missing_token, auth.invalid_token"),
        (status = 403, body = ProblemBody, content_type = "application/problem+json", description = "auth.forbidden"),
        (status = 404, body = ProblemBody, content_type = "application/problem+json", description = "shipment.not_found, also for what you cannot see"),
        (status = 409, body = ProblemBody, content_type = "application/problem+json", description = "shipment.wrong_state, shipment.stale with current_revision, shipment.answer_waits"),
        (status = 413, body = ProblemBody, content_type = "application/problem+json", description = "request.too_large"),
        (status = 415, body = ProblemBody, content_type = "application/problem+json", description = "request.unsupported_media_type"),
        (status = 422, body = ProblemBody, content_type = "application/problem+json", description = "request.invalid with errors (request.reason_missing), idempotency.key_reused"),
        (status = 429, body = ProblemBody, content_type = "application/problem+json", description = "request.rate_limited"),
        (status = 503, body = ProblemBody, content_type = "application/problem+json", description = "service.unavailable: send the same id again"),
    )
)]
pub async fn cancel(req: HttpRequest, payload: web::Payload, distribution: web::Data<Distribution>) -> HttpResponse {
    let shipment = id(&req);
    write(&req, payload, &distribution, http::BODY_BYTES_MAX, |distribution, ctx, body: CancelShipment| async move {
        cancel_shipment(&distribution, &ctx, shipment?, body).await
    })
    .await
}
