//! `POST` and `GET /v1/delegations`; `POST /v1/delegations/{delegation}:confirm`, `:end`.
use super::respond::{self, part};
use crate::{
    Identity,
    app::delegation::{confirm, finish, make, page},
};
use actix_web::{HttpRequest, HttpResponse, web};
use domain::{Problem, error};
use platform::{failure::Result, http};
use serde::Deserialize;
use uuid::Uuid;
use wire::{
    delegation::{ConfirmDelegation, DelegationMoved, DelegationPage, EndDelegation, MakeDelegation},
    problem::ProblemBody,
};

/// What is no id names no delegation.
fn delegation_id(req: &HttpRequest) -> Result<Uuid> {
    let text = part(req, "delegation");
    let missing = || Problem::new(&error::DELEGATION_NOT_FOUND).with("delegation", text);
    Ok(text.parse().map_err(|_| missing())?)
}

fn position(moved: &DelegationMoved) -> &str {
    &moved.position
}

/// Let another organisation's account do named things for yours, until a day. A second person of your organisation
/// confirms it.
#[utoipa::path(
    post, path = "/v1/delegations", tag = "delegations", operation_id = "makeDelegation",
    request_body = MakeDelegation,
    security(("token" = [])),
    responses(
        (status = 200, body = DelegationMoved, description = "Done; with Idempotency-Replayed when it was done before"),
        (status = 400, body = ProblemBody, content_type = "application/problem+json", description = "request.malformed, request.invalid_utf8"),
        (status = 401, body = ProblemBody, content_type = "application/problem+json", description = "auth.missing_token, auth.invalid_token"),
        (status = 403, body = ProblemBody, content_type = "application/problem+json", description = "auth.forbidden"),
        (status = 408, body = ProblemBody, content_type = "application/problem+json", description = "request.too_slow"),
        (status = 413, body = ProblemBody, content_type = "application/problem+json", description = "request.too_large"),
        (status = 415, body = ProblemBody, content_type = "application/problem+json", description = "request.unsupported_media_type, request.unsupported_encoding"),
        (status = 422, body = ProblemBody, content_type = "application/problem+json", description = "request.invalid with errors, idempotency.key_reused"),
        (status = 429, body = ProblemBody, content_type = "application/problem+json", description = "request.rate_limited"),
        (status = 500, body = ProblemBody, content_type = "application/problem+json", description = "service.internal"),
        (status = 503, body = ProblemBody, content_type = "application/problem+json", description = "service.unavailable: send the same id again"),
    )
)]
pub async fn propose(req: HttpRequest, payload: web::Payload, identity: web::Data<Identity>) -> HttpResponse {
    let work = |identity: Identity, ctx, body: MakeDelegation| async move { make(&identity.db, &ctx, body).await };
    respond::write(&req, payload, &identity, position, work).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Listed {
    first: Option<u32>,
    after: Option<Uuid>,
}

/// What your organisation has delegated, and what is delegated to you; newest first.
#[utoipa::path(
    get, path = "/v1/delegations", tag = "delegations", operation_id = "listDelegations",
    security(("token" = [])),
    params(
        ("first" = Option<u32>, Query, description = "How many, 1 to 200; 50 unless given"),
        ("after" = Option<uuid::Uuid>, Query, description = "`next` of the page before"),
    ),
    responses(
        (status = 200, body = DelegationPage, description = "A page"),
        (status = 400, body = ProblemBody, content_type = "application/problem+json", description = "request.malformed"),
        (status = 401, body = ProblemBody, content_type = "application/problem+json", description = "auth.missing_token, auth.invalid_token"),
        (status = 422, body = ProblemBody, content_type = "application/problem+json", description = "graphql.page_size"),
        (status = 429, body = ProblemBody, content_type = "application/problem+json", description = "request.rate_limited"),
        (status = 500, body = ProblemBody, content_type = "application/problem+json", description = "service.internal"),
        (status = 503, body = ProblemBody, content_type = "application/problem+json", description = "service.unavailable"),
    )
)]
pub async fn list(req: HttpRequest, identity: web::Data<Identity>) -> HttpResponse {
    http::answer(&req, async {
        let ctx = http::signed_in(&req).await?;
        let Listed { first, after } = http::query(&req)?;
        let identity = identity.get_ref().clone();
        let shared = identity.shared.clone();
        let work = async move { page(&identity.db, &ctx, first, after).await };
        let page: DelegationPage = shared.unit_of_work(work).await?;
        http::json(HttpResponse::Ok(), &page)
    })
    .await
}

/// Confirm a delegation of your organisation, as another person than who made it.
#[utoipa::path(
    post, path = "/v1/delegations/{delegation}:confirm", tag = "delegations", operation_id = "confirmDelegation",
    request_body = ConfirmDelegation,
    security(("token" = [])),
    params(("delegation" = uuid::Uuid, Path, description = "The delegation")),
    responses(
        (status = 200, body = DelegationMoved, description = "Done; with Idempotency-Replayed when it was done before"),
        (status = 400, body = ProblemBody, content_type = "application/problem+json", description = "request.malformed, request.invalid_utf8"),
        (status = 401, body = ProblemBody, content_type = "application/problem+json", description = "auth.missing_token, auth.invalid_token"),
        (status = 403, body = ProblemBody, content_type = "application/problem+json", description = "auth.forbidden"),
        (status = 404, body = ProblemBody, content_type = "application/problem+json", description = "delegation.not_found, also for one of others"),
        (status = 408, body = ProblemBody, content_type = "application/problem+json", description = "request.too_slow"),
        (status = 409, body = ProblemBody, content_type = "application/problem+json", description = "delegation.second_person, delegation.wrong_state"),
        (status = 413, body = ProblemBody, content_type = "application/problem+json", description = "request.too_large"),
        (status = 415, body = ProblemBody, content_type = "application/problem+json", description = "request.unsupported_media_type, request.unsupported_encoding"),
        (status = 422, body = ProblemBody, content_type = "application/problem+json", description = "request.invalid with errors, idempotency.key_reused"),
        (status = 429, body = ProblemBody, content_type = "application/problem+json", description = "request.rate_limited"),
        (status = 500, body = ProblemBody, content_type = "application/problem+json", description = "service.internal"),
        (status = 503, body = ProblemBody, content_type = "application/problem+json", description = "service.unavailable: send the same id again"),
    )
)]
pub async fn second(req: HttpRequest, payload: web::Payload, identity: web::Data<Identity>) -> HttpResponse {
    let id = delegation_id(&req);
    let work =
        |identity: Identity, ctx, body: ConfirmDelegation| async move { confirm(&identity.db, &ctx, id?, body).await };
    respond::write(&req, payload, &identity, position, work).await
}

/// End a delegation before its day, as the giver or the taker.
#[utoipa::path(
    post, path = "/v1/delegations/{delegation}:end", tag = "delegations", operation_id = "endDelegation",
    request_body = EndDelegation,
    security(("token" = [])),
    params(("delegation" = uuid::Uuid, Path, description = "The delegation")),
    responses(
        (status = 200, body = DelegationMoved, description = "Done; with Idempotency-Replayed when it was done before"),
        (status = 400, body = ProblemBody, content_type = "application/problem+json", description = "request.malformed, request.invalid_utf8"),
        (status = 401, body = ProblemBody, content_type = "application/problem+json", description = "auth.missing_token, auth.invalid_token"),
        (status = 403, body = ProblemBody, content_type = "application/problem+json", description = "auth.forbidden"),
        (status = 404, body = ProblemBody, content_type = "application/problem+json", description = "delegation.not_found, also for one of others"),
        (status = 408, body = ProblemBody, content_type = "application/problem+json", description = "request.too_slow"),
        (status = 409, body = ProblemBody, content_type = "application/problem+json", description = "delegation.wrong_state"),
        (status = 413, body = ProblemBody, content_type = "application/problem+json", description = "request.too_large"),
        (status = 415, body = ProblemBody, content_type = "application/problem+json", description = "request.unsupported_media_type, request.unsupported_encoding"),
        (status = 422, body = ProblemBody, content_type = "application/problem+json", description = "request.invalid with errors, idempotency.key_reused"),
        (status = 429, body = ProblemBody, content_type = "application/problem+json", description = "request.rate_limited"),
        (status = 500, body = ProblemBody, content_type = "application/problem+json", description = "service.internal"),
        (status = 503, body = ProblemBody, content_type = "application/problem+json", description = "service.unavailable: send the same id again"),
    )
)]
pub async fn end(req: HttpRequest, payload: web::Payload, identity: web::Data<Identity>) -> HttpResponse {
    let id = delegation_id(&req);
    let work =
        |identity: Identity, ctx, body: EndDelegation| async move { finish(&identity.db, &ctx, id?, body).await };
    respond::write(&req, payload, &identity, position, work).await
}
