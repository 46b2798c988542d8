//! `/v1/oidc/…`: signing in by an organisation's own provider.
use super::{
    session::with_cookies,
    token::{SIGN_IN_BYTES_MAX, visitor},
};
use crate::{
    Identity,
    app::oidc::{self, Back},
};
use actix_web::{HttpRequest, HttpResponse, http::header, web};
use domain::{Problem, error};
use platform::http::{self, cookie};
use serde::Deserialize;
use wire::{
    auth::{FinishOidc, SessionInfo},
    problem::ProblemBody,
};

/// Binds a sign-in on its way to the browser that began it.
const BROWSER: &str = "__Host-meguri-oidc";

/// Go to the provider's page to sign in.
#[utoipa::path(
    get, path = "/v1/oidc/{provider}/start", tag = "sessions", operation_id = "startOidc",
    params(("provider" = String, Path, description = "The provider's code")),
    responses(
        (status = 302, description = "To the provider; sets a cookie for the way back"),
        (status = 404, body = ProblemBody, content_type = "application/problem+json", description = "oidc.provider_not_found"),
        (status = 429, body = ProblemBody, content_type = "application/problem+json", description = "request.rate_limited"),
        (status = 500, body = ProblemBody, content_type = "application/problem+json", description = "service.internal"),
        (status = 503, body = ProblemBody, content_type = "application/problem+json", description = "service.unavailable"),
    )
)]
pub async fn start(req: HttpRequest, path: web::Path<String>, identity: web::Data<Identity>) -> HttpResponse {
    http::answer(&req, async {
        http::stranger(&req).await?;
        let (identity, code) = (identity.get_ref().clone(), path.into_inner());
        let shared = identity.shared.clone();
        let start = shared.unit_of_work(async move { oidc::start(&identity, &code).await }).await?;
        let mut response = HttpResponse::Found();
        cookie::put(&mut response, BROWSER, &start.browser);
        Ok(response.insert_header((header::LOCATION, start.location)).finish())
    })
    .await
}

#[derive(Deserialize)]
struct Returned {
    code: Option<String>,
    state: Option<String>,
}

/// Where the provider sends the browser back. Signs in and goes to `/`; or to `/sign-in#oidc_ticket=…` where our
/// own second factor is asked for, or `/sign-in#enrolment_token=…` where one must be enrolled.
#[utoipa::path(
    get, path = "/v1/oidc/{provider}/callback", tag = "sessions", operation_id = "endOidc",
    params(
        ("provider" = String, Path, description = "The provider's code"),
        ("code" = Option<String>, Query, description = "Of the provider"),
        ("state" = Option<String>, Query, description = "Of the start"),
    ),
    responses(
        (status = 303, description = "Signed in, or to the second factor"),
        (status = 403, body = ProblemBody, content_type = "application/problem+json", description = "oidc.refused, oidc.not_linked"),
        (status = 404, body = ProblemBody, content_type = "application/problem+json", description = "oidc.provider_not_found"),
        (status = 429, body = ProblemBody, content_type = "application/problem+json", description = "request.rate_limited"),
        (status = 500, body = ProblemBody, content_type = "application/problem+json", description = "service.internal"),
        (status = 503, body = ProblemBody, content_type = "application/problem+json", description = "service.unavailable"),
    )
)]
pub async fn callback(req: HttpRequest, path: web::Path<String>, identity: web::Data<Identity>) -> HttpResponse {
    http::answer(&req, async {
        http::stranger(&req).await?;
        let returned: Returned = http::query(&req)?;
        let (Some(given), Some(state)) = (returned.code, returned.state) else {
            // the person said no, or the provider did
            return Err(Problem::new(&error::OIDC_REFUSED).into());
        };
        let (identity, code, visitor) = (identity.get_ref().clone(), path.into_inner(), visitor(&req));
        let (shared, browser) = (identity.shared.clone(), cookie::value(&req, BROWSER));
        let work = async move { oidc::callback(&identity, &code, &given, &state, browser.as_deref(), &visitor).await };
        let (mut response, location) = match shared.unit_of_work(work).await? {
            Back::SignedIn(begun) => (with_cookies(Some(&begun)), "/".to_owned()),
            Back::SecondFactor(ticket) => (HttpResponse::Ok(), format!("/sign-in#oidc_ticket={ticket}")),
            Back::Enrolment(token) => (HttpResponse::Ok(), format!("/sign-in#enrolment_token={token}")),
        };
        response.status(actix_web::http::StatusCode::SEE_OTHER);
        Ok(response.insert_header((header::LOCATION, location)).finish())
    })
    .await
}

/// Prove our own second factor after a provider has vouched for the account: signs in.
#[utoipa::path(
    post, path = "/v1/sessions:oidc", tag = "sessions", operation_id = "finishOidc", request_body = FinishOidc,
    responses(
        (status = 200, body = SessionInfo, description = "Signed in"),
        (status = 400, body = ProblemBody, content_type = "application/problem+json", description = "request.malformed, request.invalid_utf8"),
        (status = 401, body = ProblemBody, content_type = "application/problem+json", description = "auth.invalid_token, auth.second_factor_wrong"),
        (status = 403, body = ProblemBody, content_type = "application/problem+json", description = "auth.forgery_suspected"),
        (status = 422, body = ProblemBody, content_type = "application/problem+json", description = "request.invalid"),
        (status = 429, body = ProblemBody, content_type = "application/problem+json", description = "auth.too_many_attempts, request.rate_limited"),
        (status = 500, body = ProblemBody, content_type = "application/problem+json", description = "service.internal"),
        (status = 503, body = ProblemBody, content_type = "application/problem+json", description = "service.unavailable"),
    )
)]
pub async fn finish(req: HttpRequest, payload: web::Payload, identity: web::Data<Identity>) -> HttpResponse {
    http::answer(&req, async {
        http::stranger(&req).await?;
        cookie::same_site(&req)?;
        let request: FinishOidc = http::read_json(&req, payload, SIGN_IN_BYTES_MAX).await?;
        let (identity, visitor) = (identity.get_ref().clone(), visitor(&req));
        let shared = identity.shared.clone();
        let work = async move { oidc::finish(&identity, &request.ticket, &request.otp, &visitor).await };
        let begun = shared.unit_of_work(work).await?;
        http::json(with_cookies(Some(&begun)), &begun.info)
    })
    .await
}
