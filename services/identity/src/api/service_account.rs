//! `/v1/service-accounts`: accounts of machines.
use crate::{Identity, app::service_account};
use actix_web::{HttpRequest, HttpResponse, web};
use platform::{failure::Result, http};
use wire::{
    auth::{IssueServiceAccount, RotateSecret, ServiceAccountList, ServiceAccountSecret},
    headers,
    problem::ProblemBody,
};

/// Actions are short names, and there are not many.
const BYTES_MAX: usize = 16 << 10;

fn answer(taken: &service_account::Taken, status: actix_web::http::StatusCode) -> Result<HttpResponse> {
    let status = if taken.replayed { actix_web::http::StatusCode::OK } else { status };
    let mut response = HttpResponse::build(status);
    if taken.replayed {
        response.insert_header((headers::IDEMPOTENCY_REPLAYED, "true"));
    }
    http::json(response, &taken.secret)
}

/// Make an account for a machine: by its own organisation's officers, or a level above. The secret is answered
/// to this request (and to the same request again), and never shown otherwise.
#[utoipa::path(
    post, path = "/v1/service-accounts", tag = "service accounts", operation_id = "issueServiceAccount",
    request_body = IssueServiceAccount,
    responses(
        (status = 201, body = ServiceAccountSecret, description = "Made"),
        (status = 200, body = ServiceAccountSecret, description = "The first answer to this id again"),
        (status = 400, body = ProblemBody, content_type = "application/problem+json", description = "request.malformed, request.invalid_utf8"),
        (status = 401, body = ProblemBody, content_type = "application/problem+json", description = "auth.missing_token, auth.invalid_token, auth.revoked"),
        (status = 403, body = ProblemBody, content_type = "application/problem+json", description = "auth.forbidden, auth.forgery_suspected"),
        (status = 404, body = ProblemBody, content_type = "application/problem+json", description = "facility.not_found"),
        (status = 409, body = ProblemBody, content_type = "application/problem+json", description = "service_account.name_taken"),
        (status = 422, body = ProblemBody, content_type = "application/problem+json", description = "request.invalid, idempotency.key_reused"),
        (status = 429, body = ProblemBody, content_type = "application/problem+json", description = "request.rate_limited"),
        (status = 500, body = ProblemBody, content_type = "application/problem+json", description = "service.internal"),
        (status = 503, body = ProblemBody, content_type = "application/problem+json", description = "service.unavailable"),
    )
)]
pub async fn issue(req: HttpRequest, payload: web::Payload, identity: web::Data<Identity>) -> HttpResponse {
    http::answer(&req, async {
        let ctx = http::signed_in(&req).await?;
        let request: IssueServiceAccount = http::read_json(&req, payload, BYTES_MAX).await?;
        let identity = identity.get_ref().clone();
        let shared = identity.shared.clone();
        let work = async move { service_account::issue(&identity, &ctx, request).await };
        answer(&shared.unit_of_work(work).await?, actix_web::http::StatusCode::CREATED)
    })
    .await
}

/// The machines' accounts of one's own organisation and of the levels below.
#[utoipa::path(
    get, path = "/v1/service-accounts", tag = "service accounts", operation_id = "listServiceAccounts",
    responses(
        (status = 200, body = ServiceAccountList, description = "By name, without secrets"),
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
        let work = async move { service_account::list(&identity, &ctx).await };
        http::json(HttpResponse::Ok(), &shared.unit_of_work(work).await?)
    })
    .await
}

/// Give a machine a new secret. The present one counts for the hours named; with none its tokens end too.
#[utoipa::path(
    post, path = "/v1/service-accounts/{name}:rotate", tag = "service accounts", operation_id = "rotateServiceAccount",
    params(("name" = String, Path, description = "The account's name")), request_body = RotateSecret,
    responses(
        (status = 200, body = ServiceAccountSecret, description = "The new secret"),
        (status = 400, body = ProblemBody, content_type = "application/problem+json", description = "request.malformed, request.invalid_utf8"),
        (status = 401, body = ProblemBody, content_type = "application/problem+json", description = "auth.missing_token, auth.invalid_token, auth.revoked"),
        (status = 403, body = ProblemBody, content_type = "application/problem+json", description = "auth.forbidden, auth.forgery_suspected"),
        (status = 404, body = ProblemBody, content_type = "application/problem+json", description = "service_account.not_found"),
        (status = 422, body = ProblemBody, content_type = "application/problem+json", description = "request.invalid, idempotency.key_reused"),
        (status = 429, body = ProblemBody, content_type = "application/problem+json", description = "request.rate_limited"),
        (status = 500, body = ProblemBody, content_type = "application/problem+json", description = "service.internal"),
        (status = 503, body = ProblemBody, content_type = "application/problem+json", description = "service.unavailable"),
    )
)]
pub async fn rotate(
    req: HttpRequest,
    path: web::Path<String>,
    payload: web::Payload,
    identity: web::Data<Identity>,
) -> HttpResponse {
    http::answer(&req, async {
        let ctx = http::signed_in(&req).await?;
        let request: RotateSecret = http::read_json(&req, payload, BYTES_MAX).await?;
        let (identity, name) = (identity.get_ref().clone(), path.into_inner());
        let shared = identity.shared.clone();
        let work = async move { service_account::rotate(&identity, &ctx, &name, &request).await };
        answer(&shared.unit_of_work(work).await?, actix_web::http::StatusCode::OK)
    })
    .await
}

/// Take a machine's access away. Its tokens stop counting within seconds.
#[utoipa::path(
    delete, path = "/v1/service-accounts/{name}", tag = "service accounts", operation_id = "revokeServiceAccount",
    params(("name" = String, Path, description = "The account's name")),
    responses(
        (status = 204, description = "It has no access, now or before"),
        (status = 401, body = ProblemBody, content_type = "application/problem+json", description = "auth.missing_token, auth.invalid_token, auth.revoked"),
        (status = 403, body = ProblemBody, content_type = "application/problem+json", description = "auth.forbidden, auth.forgery_suspected"),
        (status = 404, body = ProblemBody, content_type = "application/problem+json", description = "service_account.not_found"),
        (status = 429, body = ProblemBody, content_type = "application/problem+json", description = "request.rate_limited"),
        (status = 500, body = ProblemBody, content_type = "application/problem+json", description = "service.internal"),
        (status = 503, body = ProblemBody, content_type = "application/problem+json", description = "service.unavailable"),
    )
)]
pub async fn revoke(req: HttpRequest, path: web::Path<String>, identity: web::Data<Identity>) -> HttpResponse {
    http::answer(&req, async {
        let ctx = http::signed_in(&req).await?;
        let (identity, name) = (identity.get_ref().clone(), path.into_inner());
        let shared = identity.shared.clone();
        let work = async move { service_account::revoke(&identity, &ctx, &name).await };
        shared.unit_of_work(work).await?;
        Ok(HttpResponse::NoContent().finish())
    })
    .await
}
