//! `POST /v1/tokens`, `GET /.well-known/jwks.json`.
use crate::{
    Identity,
    app::{self, sign_in::Visitor},
};
use actix_web::{HttpRequest, HttpResponse, http::header, web};
use domain::error;
use platform::{failure::Result, http};
use wire::{
    auth::{Jwks, TokenRequest, TokenResponse},
    problem::ProblemBody,
};

/// No sign-in is longer; whoever is not signed in may send no more than that.
pub(super) const SIGN_IN_BYTES_MAX: usize = 4 << 10;

/// Sign in, as a person with a password or as a machine with a secret.
#[utoipa::path(
    post, path = "/v1/tokens", tag = "tokens", operation_id = "issueToken", request_body = TokenRequest,
    responses(
        (status = 200, body = TokenResponse, description = "A token for five minutes"),
        (status = 400, body = ProblemBody, content_type = "application/problem+json", description = "request.malformed, request.invalid_utf8"),
        (status = 401, body = ProblemBody, content_type = "application/problem+json", description = "auth.bad_credentials, auth.second_factor_required, auth.second_factor_wrong"),
        (status = 403, body = ProblemBody, content_type = "application/problem+json", description = "auth.enrolment_required"),
        (status = 408, body = ProblemBody, content_type = "application/problem+json", description = "request.too_slow"),
        (status = 413, body = ProblemBody, content_type = "application/problem+json", description = "request.too_large (4 KiB)"),
        (status = 415, body = ProblemBody, content_type = "application/problem+json", description = "request.unsupported_media_type, request.unsupported_encoding"),
        (status = 422, body = ProblemBody, content_type = "application/problem+json", description = "request.invalid"),
        (status = 429, body = ProblemBody, content_type = "application/problem+json", description = "auth.too_many_attempts, request.rate_limited"),
        (status = 500, body = ProblemBody, content_type = "application/problem+json", description = "service.internal"),
        (status = 503, body = ProblemBody, content_type = "application/problem+json", description = "service.unavailable"),
    )
)]
pub async fn issue(req: HttpRequest, payload: web::Payload, identity: web::Data<Identity>) -> HttpResponse {
    http::answer(&req, async {
        let request = read(&req, payload).await?;
        let identity = identity.get_ref().clone();
        let (shared, visitor) = (identity.shared.clone(), visitor(&req));
        let work = async move { app::sign_in::sign_in(&identity, request, &visitor).await };
        let token = shared.unit_of_work(work).await?;
        http::json(HttpResponse::Ok(), &token)
    })
    .await
}

/// Where a request comes from.
pub(super) fn visitor(req: &HttpRequest) -> Visitor {
    let agent = req.headers().get(header::USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    Visitor { address: http::address(req), agent: error::echo(agent), request_id: http::request_id(req) }
}

/// Who signs in, counted by address: anything at the rate of a machine, before it is read; and all but
/// the sign-in of a machine at the public rate, since a password is costly to check and easy to guess.
async fn read(req: &HttpRequest, payload: web::Payload) -> Result<TokenRequest> {
    http::knock(req).await?;
    let request = http::read_json(req, payload, SIGN_IN_BYTES_MAX).await;
    if !matches!(request, Ok(TokenRequest::ServiceAccount { .. })) {
        http::stranger(req).await?;
    }
    request
}

/// The public keys by which tokens are verified.
#[utoipa::path(
    get, path = "/.well-known/jwks.json", tag = "tokens", operation_id = "getKeys",
    responses(
        (status = 200, body = Jwks, description = "JSON Web Key Set (RFC 7517)"),
        (status = 429, body = ProblemBody, content_type = "application/problem+json", description = "request.rate_limited"),
        (status = 500, body = ProblemBody, content_type = "application/problem+json", description = "service.internal"),
        (status = 503, body = ProblemBody, content_type = "application/problem+json", description = "service.unavailable"),
    )
)]
pub async fn keys(req: HttpRequest, identity: web::Data<Identity>) -> HttpResponse {
    http::answer(&req, async {
        http::knock(&req).await?;
        let identity = identity.get_ref().clone();
        let shared = identity.shared.clone();
        let keys = shared.unit_of_work(async move { app::keys::published(&identity).await }).await?;
        let mut response = HttpResponse::Ok();
        response.insert_header(("Cache-Control", "public, max-age=60"));
        http::json(response, &keys)
    })
    .await
}
