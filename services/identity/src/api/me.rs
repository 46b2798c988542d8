//! `/v1/me/…`: one's own second factor and password.
use super::{
    session::with_cookies,
    token::{SIGN_IN_BYTES_MAX, visitor},
};
use crate::{
    Identity,
    app::{self, second_factor::Who},
};
use actix_web::{HttpRequest, HttpResponse, web};
use platform::{
    failure::Result,
    http::{self, cookie},
};
use serde::de::DeserializeOwned;
use wire::{
    auth::{BeginEnrolment, ChangePassword, ConfirmEnrolment, EnrolmentBegun, EnrolmentConfirmed, PasswordChanged},
    problem::ProblemBody,
};

/// What somebody sends who may not be signed in yet: counted as a stranger then.
async fn read<T: DeserializeOwned>(
    req: &HttpRequest,
    payload: web::Payload,
    token: impl Fn(&T) -> Option<String>,
) -> Result<(T, Who)> {
    http::knock(req).await?;
    let request = http::read_json::<T>(req, payload, SIGN_IN_BYTES_MAX).await;
    let token = request.as_ref().ok().and_then(token);
    let who = match token {
        Some(token) => {
            http::stranger(req).await?;
            cookie::same_site(req)?;
            Who::Token(token)
        }
        None => Who::SignedIn(Box::new(http::signed_in(req).await?)),
    };
    Ok((request?, who))
}

/// Begin to enrol an authenticator app. It counts once it is confirmed.
#[utoipa::path(
    post, path = "/v1/me/second-factor", tag = "sessions", operation_id = "beginEnrolment", request_body = BeginEnrolment,
    responses(
        (status = 200, body = EnrolmentBegun, description = "What the app is given; ten minutes to confirm"),
        (status = 400, body = ProblemBody, content_type = "application/problem+json", description = "request.malformed, request.invalid_utf8"),
        (status = 401, body = ProblemBody, content_type = "application/problem+json", description = "auth.missing_token, auth.invalid_token, auth.revoked, auth.second_factor_required, auth.second_factor_wrong"),
        (status = 403, body = ProblemBody, content_type = "application/problem+json", description = "auth.forbidden (machines), auth.forgery_suspected"),
        (status = 422, body = ProblemBody, content_type = "application/problem+json", description = "request.invalid"),
        (status = 429, body = ProblemBody, content_type = "application/problem+json", description = "auth.too_many_attempts, request.rate_limited"),
        (status = 500, body = ProblemBody, content_type = "application/problem+json", description = "service.internal"),
        (status = 503, body = ProblemBody, content_type = "application/problem+json", description = "service.unavailable"),
    )
)]
pub async fn begin(req: HttpRequest, payload: web::Payload, identity: web::Data<Identity>) -> HttpResponse {
    http::answer(&req, async {
        let (request, who) = read(&req, payload, |request: &BeginEnrolment| request.enrolment_token.clone()).await?;
        let (identity, visitor) = (identity.get_ref().clone(), visitor(&req));
        let shared = identity.shared.clone();
        let work = async move { app::second_factor::begin(&identity, &who, request.otp.as_deref(), &visitor).await };
        http::json(HttpResponse::Ok(), &shared.unit_of_work(work).await?)
    })
    .await
}

/// Confirm it with a first code. With an enrolment token this signs in, too.
#[utoipa::path(
    post, path = "/v1/me/second-factor:confirm", tag = "sessions", operation_id = "confirmEnrolment",
    request_body = ConfirmEnrolment,
    responses(
        (status = 200, body = EnrolmentConfirmed, description = "It is asked for from now on"),
        (status = 400, body = ProblemBody, content_type = "application/problem+json", description = "request.malformed, request.invalid_utf8"),
        (status = 401, body = ProblemBody, content_type = "application/problem+json", description = "auth.missing_token, auth.invalid_token, auth.revoked, auth.second_factor_wrong"),
        (status = 403, body = ProblemBody, content_type = "application/problem+json", description = "auth.forbidden (machines), auth.forgery_suspected"),
        (status = 409, body = ProblemBody, content_type = "application/problem+json", description = "second_factor.nothing_pending"),
        (status = 422, body = ProblemBody, content_type = "application/problem+json", description = "request.invalid"),
        (status = 429, body = ProblemBody, content_type = "application/problem+json", description = "auth.too_many_attempts, request.rate_limited"),
        (status = 500, body = ProblemBody, content_type = "application/problem+json", description = "service.internal"),
        (status = 503, body = ProblemBody, content_type = "application/problem+json", description = "service.unavailable"),
    )
)]
pub async fn confirm(req: HttpRequest, payload: web::Payload, identity: web::Data<Identity>) -> HttpResponse {
    http::answer(&req, async {
        let (request, who) = read(&req, payload, |request: &ConfirmEnrolment| request.enrolment_token.clone()).await?;
        let (identity, visitor) = (identity.get_ref().clone(), visitor(&req));
        let shared = identity.shared.clone();
        let work = async move { app::second_factor::confirm(&identity, &who, &request.otp, &visitor).await };
        let (confirmed, begun) = shared.unit_of_work(work).await?;
        http::json(with_cookies(begun.as_ref()), &confirmed)
    })
    .await
}

/// Change one's own password. All other sessions end.
#[utoipa::path(
    post, path = "/v1/me/password", tag = "sessions", operation_id = "changePassword", request_body = ChangePassword,
    responses(
        (status = 200, body = PasswordChanged, description = "It counts from now on"),
        (status = 400, body = ProblemBody, content_type = "application/problem+json", description = "request.malformed, request.invalid_utf8"),
        (status = 401, body = ProblemBody, content_type = "application/problem+json", description = "auth.missing_token, auth.invalid_token, auth.revoked, auth.bad_credentials"),
        (status = 403, body = ProblemBody, content_type = "application/problem+json", description = "auth.forbidden (machines), auth.forgery_suspected"),
        (status = 422, body = ProblemBody, content_type = "application/problem+json", description = "request.invalid; in errors: password.too_short, password.too_long, password.contains_name, password.common, password.reused"),
        (status = 429, body = ProblemBody, content_type = "application/problem+json", description = "auth.too_many_attempts, request.rate_limited"),
        (status = 500, body = ProblemBody, content_type = "application/problem+json", description = "service.internal"),
        (status = 503, body = ProblemBody, content_type = "application/problem+json", description = "service.unavailable"),
    )
)]
pub async fn password(req: HttpRequest, payload: web::Payload, identity: web::Data<Identity>) -> HttpResponse {
    http::answer(&req, async {
        let ctx = http::signed_in(&req).await?;
        let request: ChangePassword = http::read_json(&req, payload, SIGN_IN_BYTES_MAX).await?;
        let (identity, visitor) = (identity.get_ref().clone(), visitor(&req));
        let shared = identity.shared.clone();
        let work = async move { app::password::change(&identity, &ctx, request, &visitor).await };
        http::json(HttpResponse::Ok(), &shared.unit_of_work(work).await?)
    })
    .await
}
