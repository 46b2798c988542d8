//! `/v1/sessions`, `/v1/me`: signed-in browsers.
use super::token::{SIGN_IN_BYTES_MAX, visitor};
use crate::{
    Identity,
    app::{
        self,
        sessions::{Begun, Which},
        sign_in,
    },
};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, web};
use domain::{Problem, error};
use platform::{
    failure::{Failure, Result},
    http::{self, cookie},
};
use wire::{
    auth::{Me, RenewSession, SessionInfo, SessionList, SessionRequest},
    problem::ProblemBody,
};

/// The answer to whoever has a session: its secrets only in cookies, which scripts cannot read.
fn signed_in(begun: &Begun) -> Result<HttpResponse> {
    http::json(with_cookies(Some(begun)), &begun.info)
}

/// An answer that brings a session's secrets along, if there is one.
pub(super) fn with_cookies(begun: Option<&Begun>) -> HttpResponseBuilder {
    let mut response = HttpResponse::Ok();
    if let Some(begun) = begun {
        cookie::put(&mut response, cookie::ACCESS, &begun.access_token);
    }
    if let Some(secret) = begun.and_then(|begun| begun.secret.as_deref()) {
        cookie::put(&mut response, cookie::SESSION, secret);
    }
    response
}

/// Sign in with a browser, as a person. Sets the cookies `__Host-meguri` and `__Host-meguri-session`.
#[utoipa::path(
    post, path = "/v1/sessions", tag = "sessions", operation_id = "beginSession", request_body = SessionRequest,
    responses(
        (status = 200, body = SessionInfo, description = "Signed in"),
        (status = 400, body = ProblemBody, content_type = "application/problem+json", description = "request.malformed, request.invalid_utf8"),
        (status = 401, body = ProblemBody, content_type = "application/problem+json", description = "auth.bad_credentials, auth.second_factor_required, auth.second_factor_wrong"),
        (status = 403, body = ProblemBody, content_type = "application/problem+json", description = "auth.enrolment_required, auth.forgery_suspected"),
        (status = 408, body = ProblemBody, content_type = "application/problem+json", description = "request.too_slow"),
        (status = 413, body = ProblemBody, content_type = "application/problem+json", description = "request.too_large (4 KiB)"),
        (status = 415, body = ProblemBody, content_type = "application/problem+json", description = "request.unsupported_media_type, request.unsupported_encoding"),
        (status = 422, body = ProblemBody, content_type = "application/problem+json", description = "request.invalid"),
        (status = 429, body = ProblemBody, content_type = "application/problem+json", description = "auth.too_many_attempts, request.rate_limited"),
        (status = 500, body = ProblemBody, content_type = "application/problem+json", description = "service.internal"),
        (status = 503, body = ProblemBody, content_type = "application/problem+json", description = "service.unavailable"),
    )
)]
pub async fn begin(req: HttpRequest, payload: web::Payload, identity: web::Data<Identity>) -> HttpResponse {
    http::answer(&req, async {
        http::knock(&req).await?;
        let request = async {
            // else another site could sign its visitors in as somebody else
            cookie::same_site(&req)?;
            http::read_json::<SessionRequest>(&req, payload, SIGN_IN_BYTES_MAX).await
        };
        let request = request.await;
        http::stranger(&req).await?;
        let (request, visitor) = (request?, visitor(&req));
        let identity = identity.get_ref().clone();
        let shared = identity.shared.clone();
        let work = async move {
            let SessionRequest { username, password, otp, delegation } = request;
            let proved = sign_in::prove(&identity, &username, password, otp.as_deref(), &visitor).await?;
            app::sessions::begin_under(&identity, proved, &visitor, delegation).await
        };
        signed_in(&shared.unit_of_work(work).await?)
    })
    .await
}

/// A new access token for a session, by its cookie. Clears the cookies of one that has ended.
#[utoipa::path(
    post, path = "/v1/sessions:renew", tag = "sessions", operation_id = "renewSession", request_body = RenewSession,
    responses(
        (status = 200, body = SessionInfo, description = "It goes on"),
        (status = 400, body = ProblemBody, content_type = "application/problem+json", description = "request.malformed, request.invalid_utf8"),
        (status = 401, body = ProblemBody, content_type = "application/problem+json", description = "auth.missing_token, auth.invalid_token, auth.session_ended"),
        (status = 403, body = ProblemBody, content_type = "application/problem+json", description = "auth.forgery_suspected"),
        (status = 422, body = ProblemBody, content_type = "application/problem+json", description = "request.invalid"),
        (status = 429, body = ProblemBody, content_type = "application/problem+json", description = "request.rate_limited"),
        (status = 500, body = ProblemBody, content_type = "application/problem+json", description = "service.internal"),
        (status = 503, body = ProblemBody, content_type = "application/problem+json", description = "service.unavailable"),
    )
)]
pub async fn renew(req: HttpRequest, payload: web::Payload, identity: web::Data<Identity>) -> HttpResponse {
    let renewed = async {
        let secret = secret(&req).await?;
        let request: RenewSession = http::read_json(&req, payload, SIGN_IN_BYTES_MAX).await?;
        let identity = identity.get_ref().clone();
        let shared = identity.shared.clone();
        let work = async move { app::sessions::renew(&identity, &secret, request.activity).await };
        signed_in(&shared.unit_of_work(work).await?)
    };
    renewed.await.unwrap_or_else(|failure| ended(&req, failure))
}

/// A refusal; one of a session that has ended takes the cookies away.
fn ended(req: &HttpRequest, failure: Failure) -> HttpResponse {
    let problem = failure.into_problem();
    let mut response = http::problem_response(req, &problem);
    if problem.code == &error::AUTH_SESSION_ENDED {
        cookie::clear(&mut response);
    }
    response
}

/// The secret in the browser's cookie, counted and meant.
async fn secret(req: &HttpRequest) -> Result<String> {
    http::knock(req).await?;
    let Some(secret) = cookie::value(req, cookie::SESSION) else {
        // a token alone renews nothing
        http::signed_in(req).await?;
        return Err(Problem::new(&error::AUTH_MISSING_TOKEN).into());
    };
    cookie::meant(req)?;
    Ok(secret)
}

/// One's own sessions that have not ended.
#[utoipa::path(
    get, path = "/v1/sessions", tag = "sessions", operation_id = "listSessions",
    responses(
        (status = 200, body = SessionList, description = "Newest first"),
        (status = 401, body = ProblemBody, content_type = "application/problem+json", description = "auth.missing_token, auth.invalid_token, auth.revoked"),
        (status = 429, body = ProblemBody, content_type = "application/problem+json", description = "request.rate_limited"),
        (status = 500, body = ProblemBody, content_type = "application/problem+json", description = "service.internal"),
        (status = 503, body = ProblemBody, content_type = "application/problem+json", description = "service.unavailable"),
    )
)]
pub async fn list(req: HttpRequest, identity: web::Data<Identity>) -> HttpResponse {
    http::answer(&req, async {
        let ctx = http::signed_in(&req).await?;
        let identity = identity.get_ref().clone();
        let shared = identity.shared.clone();
        let work = async move { app::sessions::list(&identity, &ctx).await };
        http::json(HttpResponse::Ok(), &shared.unit_of_work(work).await?)
    })
    .await
}

/// End one of one's own sessions, `current` to sign out. Within seconds no process takes its tokens any more.
#[utoipa::path(
    delete, path = "/v1/sessions/{session}", tag = "sessions", operation_id = "endSession",
    params(("session" = String, Path, description = "A session's id, or `current`")),
    responses(
        (status = 204, description = "It has ended, now or before"),
        (status = 401, body = ProblemBody, content_type = "application/problem+json", description = "auth.missing_token, auth.invalid_token, auth.revoked, auth.session_ended"),
        (status = 403, body = ProblemBody, content_type = "application/problem+json", description = "auth.forgery_suspected"),
        (status = 404, body = ProblemBody, content_type = "application/problem+json", description = "session.not_found"),
        (status = 429, body = ProblemBody, content_type = "application/problem+json", description = "request.rate_limited"),
        (status = 500, body = ProblemBody, content_type = "application/problem+json", description = "service.internal"),
        (status = 503, body = ProblemBody, content_type = "application/problem+json", description = "service.unavailable"),
    )
)]
pub async fn end(req: HttpRequest, path: web::Path<String>, identity: web::Data<Identity>) -> HttpResponse {
    let done = async {
        let named = path.into_inner();
        let missing = || Problem::new(&error::SESSION_NOT_FOUND).with("session", &named);
        let by_cookie = cookie::value(&req, cookie::SESSION).filter(|_| named == "current");
        let (ctx, which, signs_out) = match by_cookie {
            // signing out works by the session's own cookie: the access token may have expired meanwhile
            Some(_) => (None, Which::Secret(secret(&req).await?), true),
            None => {
                let ctx = http::signed_in(&req).await?;
                let id = if named == "current" { ctx.actor.session } else { named.parse().ok() };
                let id = id.ok_or_else(missing)?;
                let signs_out = ctx.actor.session == Some(id);
                (Some(ctx), Which::Id(id), signs_out)
            }
        };
        let identity = identity.get_ref().clone();
        let (shared, request_id) = (identity.shared.clone(), http::request_id(&req));
        let work = async move { app::sessions::end(&identity, ctx.as_ref(), &which, request_id).await };
        shared.unit_of_work(work).await?;
        let mut response = HttpResponse::NoContent().finish();
        if signs_out {
            cookie::clear(&mut response);
        }
        Ok(response)
    };
    done.await.unwrap_or_else(|failure| ended(&req, failure))
}

/// Who is asking.
#[utoipa::path(
    get, path = "/v1/me", tag = "sessions", operation_id = "getMe",
    responses(
        (status = 200, body = Me, description = "The account behind the token or the cookie"),
        (status = 401, body = ProblemBody, content_type = "application/problem+json", description = "auth.missing_token, auth.invalid_token, auth.revoked"),
        (status = 429, body = ProblemBody, content_type = "application/problem+json", description = "request.rate_limited"),
        (status = 500, body = ProblemBody, content_type = "application/problem+json", description = "service.internal"),
        (status = 503, body = ProblemBody, content_type = "application/problem+json", description = "service.unavailable"),
    )
)]
pub async fn me(req: HttpRequest, identity: web::Data<Identity>) -> HttpResponse {
    http::answer(&req, async {
        let ctx = http::signed_in(&req).await?;
        let identity = identity.get_ref().clone();
        let shared = identity.shared.clone();
        let work = async move { app::me::me(&identity, &ctx).await };
        http::json(HttpResponse::Ok(), &shared.unit_of_work(work).await?)
    })
    .await
}
