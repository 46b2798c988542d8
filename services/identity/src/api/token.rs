//! `POST /v1/tokens`, `GET /.well-known/jwks.json`.
use crate::{Identity, app};
use actix_web::{HttpRequest, HttpResponse, web};
use platform::http;
use wire::{
    auth::{Jwks, TokenRequest, TokenResponse},
    problem::ProblemBody,
};

/// Sign in, as a person with a password or as a machine with a secret.
#[utoipa::path(
    post, path = "/v1/tokens", tag = "tokens", operation_id = "issueToken", request_body = TokenRequest,
    responses(
        (status = 200, body = TokenResponse, description = "A token for five minutes"),
        (status = 400, body = ProblemBody, content_type = "application/problem+json", description = "request.malformed, request.invalid_utf8"),
        (status = 401, body = ProblemBody, content_type = "application/problem+json", description = "auth.bad_credentials"),
        (status = 413, body = ProblemBody, content_type = "application/problem+json", description = "request.too_large"),
        (status = 415, body = ProblemBody, content_type = "application/problem+json", description = "request.unsupported_media_type"),
        (status = 422, body = ProblemBody, content_type = "application/problem+json", description = "request.invalid"),
        (status = 429, body = ProblemBody, content_type = "application/problem+json", description = "auth.too_many_attempts, request.rate_limited"),
    )
)]
pub async fn issue(req: HttpRequest, payload: web::Payload, identity: web::Data<Identity>) -> HttpResponse {
    http::answer(&req, async {
        let request: TokenRequest = http::read_json(&req, payload, http::BODY_BYTES_MAX).await?;
        let identity = identity.get_ref().clone();
        let shared = identity.shared.clone();
        let token = shared.unit_of_work(async move { app::sign_in::sign_in(&identity, request).await }).await?;
        http::json(HttpResponse::Ok(), &token)
    })
    .await
}

/// The public keys by which tokens are verified.
#[utoipa::path(
    get, path = "/.well-known/jwks.json", tag = "tokens", operation_id = "getKeys",
    responses((status = 200, body = Jwks, description = "JSON Web Key Set (RFC 7517)"))
)]
pub async fn keys(req: HttpRequest, identity: web::Data<Identity>) -> HttpResponse {
    http::answer(&req, async {
        let identity = identity.get_ref().clone();
        let shared = identity.shared.clone();
        let keys = shared.unit_of_work(async move { app::keys::published(&identity).await }).await?;
        let mut response = HttpResponse::Ok();
        response.insert_header(("Cache-Control", "public, max-age=60"));
        http::json(response, &keys)
    })
    .await
}
