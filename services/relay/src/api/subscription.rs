//! `/v1/subscriptions`: asking for notices by mail and webhook.
use crate::{
    Notices,
    app::subscriptions::{self, Answered},
};
use actix_web::{HttpRequest, HttpResponse, web};
use domain::{Problem, error};
use platform::{failure::Result, http};
use uuid::Uuid;
use wire::{
    headers,
    problem::ProblemBody,
    subscription::{ConfirmSubscription, Subscribe, Subscription, Subscriptions},
};

/// The subscription's id in the path. What is no id names none.
fn id(req: &HttpRequest) -> Result<Uuid> {
    let text = req.match_info().query("subscription").to_owned();
    let missing = || Problem::new(&error::SUBSCRIPTION_NOT_FOUND).with("id", &text);
    Ok(text.parse().map_err(|_| missing())?)
}

/// Ask for the notices to your office, facility or company by mail or webhook. A code is sent to the address; the
/// notices come once it is confirmed. A webhook's messages bear `Meguri-Timestamp` and `Meguri-Signature`: `v1=` and
/// HMAC-SHA256 with the signing key, as hexadecimals, over the timestamp, a point and the body. `Meguri-Delivery` is the
/// same when a message comes twice.
#[utoipa::path(
    post, path = "/v1/subscriptions", tag = "subscriptions", operation_id = "subscribe", request_body = Subscribe,
    security(("token" = [])),
    responses(
        (status = 201, body = Subscription, description = "Asked for; a code is on its way to the address"),
        (status = 200, body = Subscription, description = "It was asked for before, under the same id; with Idempotency-Replayed"),
        (status = 400, body = ProblemBody, content_type = "application/problem+json", description = "request.malformed, request.invalid_utf8"),
        (status = 401, body = ProblemBody, content_type = "application/problem+json", description = "auth.missing_token, auth.invalid_token"),
        (status = 403, body = ProblemBody, content_type = "application/problem+json", description = "auth.forbidden"),
        (status = 408, body = ProblemBody, content_type = "application/problem+json", description = "request.too_slow"),
        (status = 409, body = ProblemBody, content_type = "application/problem+json", description = "subscription.too_many"),
        (status = 413, body = ProblemBody, content_type = "application/problem+json", description = "request.too_large"),
        (status = 415, body = ProblemBody, content_type = "application/problem+json", description = "request.unsupported_media_type, request.unsupported_encoding"),
        (status = 422, body = ProblemBody, content_type = "application/problem+json", description = "request.invalid with errors, idempotency.key_reused"),
        (status = 429, body = ProblemBody, content_type = "application/problem+json", description = "request.rate_limited"),
        (status = 500, body = ProblemBody, content_type = "application/problem+json", description = "service.internal"),
        (status = 503, body = ProblemBody, content_type = "application/problem+json", description = "service.unavailable: send the same id again"),
    )
)]
pub async fn subscribe(req: HttpRequest, payload: web::Payload, notices: web::Data<Notices>) -> HttpResponse {
    http::answer(&req, async {
        let ctx = http::signed_in(&req).await?;
        let request: Subscribe = http::read_json(&req, payload, http::BODY_BYTES_MAX).await?;
        let notices = notices.get_ref().clone();
        let shared = notices.shared.clone();
        let work = async move { subscriptions::subscribe(&notices, &ctx, request).await };
        let Answered { answer, position, replayed } = shared.unit_of_work(work).await?;
        let mut response = if replayed { HttpResponse::Ok() } else { HttpResponse::Created() };
        if replayed {
            response.insert_header((headers::IDEMPOTENCY_REPLAYED, "true"));
        }
        response.insert_header((headers::POSITION, position));
        http::json(response, &answer)
    })
    .await
}

/// The subscriptions of your office, facility or company.
#[utoipa::path(
    get, path = "/v1/subscriptions", tag = "subscriptions", operation_id = "listSubscriptions",
    security(("token" = [])),
    responses(
        (status = 200, body = Subscriptions, description = "Those that have not ended"),
        (status = 401, body = ProblemBody, content_type = "application/problem+json", description = "auth.missing_token, auth.invalid_token"),
        (status = 403, body = ProblemBody, content_type = "application/problem+json", description = "auth.forbidden"),
        (status = 429, body = ProblemBody, content_type = "application/problem+json", description = "request.rate_limited"),
        (status = 500, body = ProblemBody, content_type = "application/problem+json", description = "service.internal"),
        (status = 503, body = ProblemBody, content_type = "application/problem+json", description = "service.unavailable"),
    )
)]
pub async fn list(req: HttpRequest, notices: web::Data<Notices>) -> HttpResponse {
    http::answer(&req, async {
        let ctx = http::signed_in(&req).await?;
        let notices = notices.get_ref().clone();
        let shared = notices.shared.clone();
        let work = async move { subscriptions::list(&notices, &ctx).await };
        http::json(HttpResponse::Ok(), &shared.unit_of_work(work).await?)
    })
    .await
}

/// Confirm a subscription with the code that was sent to its address.
#[utoipa::path(
    post, path = "/v1/subscriptions/{subscription}:confirm", tag = "subscriptions", operation_id = "confirmSubscription",
    request_body = ConfirmSubscription,
    security(("token" = [])),
    params(("subscription" = uuid::Uuid, Path, description = "The subscription")),
    responses(
        (status = 200, body = Subscription, description = "Confirmed; the same when it was before"),
        (status = 400, body = ProblemBody, content_type = "application/problem+json", description = "request.malformed, request.invalid_utf8"),
        (status = 401, body = ProblemBody, content_type = "application/problem+json", description = "auth.missing_token, auth.invalid_token"),
        (status = 403, body = ProblemBody, content_type = "application/problem+json", description = "auth.forbidden"),
        (status = 404, body = ProblemBody, content_type = "application/problem+json", description = "subscription.not_found, also for others'"),
        (status = 408, body = ProblemBody, content_type = "application/problem+json", description = "request.too_slow"),
        (status = 413, body = ProblemBody, content_type = "application/problem+json", description = "request.too_large"),
        (status = 415, body = ProblemBody, content_type = "application/problem+json", description = "request.unsupported_media_type, request.unsupported_encoding"),
        (status = 422, body = ProblemBody, content_type = "application/problem+json", description = "request.invalid, subscription.wrong_code"),
        (status = 429, body = ProblemBody, content_type = "application/problem+json", description = "request.rate_limited"),
        (status = 500, body = ProblemBody, content_type = "application/problem+json", description = "service.internal"),
        (status = 503, body = ProblemBody, content_type = "application/problem+json", description = "service.unavailable"),
    )
)]
pub async fn confirm(req: HttpRequest, payload: web::Payload, notices: web::Data<Notices>) -> HttpResponse {
    http::answer(&req, async {
        let ctx = http::signed_in(&req).await?;
        let id = id(&req)?;
        let request: ConfirmSubscription = http::read_json(&req, payload, http::BODY_BYTES_MAX).await?;
        let notices = notices.get_ref().clone();
        let shared = notices.shared.clone();
        let work = async move { subscriptions::confirm(&notices, &ctx, id, request).await };
        http::json(HttpResponse::Ok(), &shared.unit_of_work(work).await?)
    })
    .await
}

/// End a subscription.
#[utoipa::path(
    delete, path = "/v1/subscriptions/{subscription}", tag = "subscriptions", operation_id = "endSubscription",
    security(("token" = [])),
    params(("subscription" = uuid::Uuid, Path, description = "The subscription")),
    responses(
        (status = 204, description = "Ended"),
        (status = 401, body = ProblemBody, content_type = "application/problem+json", description = "auth.missing_token, auth.invalid_token"),
        (status = 403, body = ProblemBody, content_type = "application/problem+json", description = "auth.forbidden"),
        (status = 404, body = ProblemBody, content_type = "application/problem+json", description = "subscription.not_found, also for others'"),
        (status = 429, body = ProblemBody, content_type = "application/problem+json", description = "request.rate_limited"),
        (status = 500, body = ProblemBody, content_type = "application/problem+json", description = "service.internal"),
        (status = 503, body = ProblemBody, content_type = "application/problem+json", description = "service.unavailable"),
    )
)]
pub async fn end(req: HttpRequest, notices: web::Data<Notices>) -> HttpResponse {
    http::answer(&req, async {
        let ctx = http::signed_in(&req).await?;
        let id = id(&req)?;
        let notices = notices.get_ref().clone();
        let shared = notices.shared.clone();
        shared.unit_of_work(async move { subscriptions::end(&notices, &ctx, id).await }).await?;
        Ok(HttpResponse::NoContent().finish())
    })
    .await
}
