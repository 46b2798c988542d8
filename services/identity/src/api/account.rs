//! `POST /v1/accounts`, `/v1/accounts:batch`, `/v1/accounts/{name}:suspend`, `:resume`, `:close`, `:confirm`,
//! `:reset-second-factor`, `:reinvite`;
//! `GET /v1/accounts`; `POST /v1/invitations:redeem`.
use super::respond::{self, part};
use crate::{
    Identity,
    app::account::{
        change::{Step, change, reinvite},
        file,
        issue::{Row, issue, issue_batch},
        list::{Asked, page},
        redeem::redeem,
    },
};
use actix_web::{HttpMessage, HttpRequest, HttpResponse, web};
use domain::{FieldError, Problem, error};
use platform::{failure::Result, http};
use serde::Deserialize;
use uuid::Uuid;
use wire::{
    account::{
        AccountChanged, AccountIssued, AccountPage, AccountsIssued, ChangeAccount, InvitationRedeemed, IssueAccount,
        IssueAccounts, RedeemInvitation, ReinviteAccount,
    },
    headers,
    problem::ProblemBody,
};

/// Whoever is not signed in may send no more than that.
const REDEEM_BYTES_MAX: usize = 4 << 10;

/// Issue an account, as the level above or as an administrator of the same organisation. It has no password: its
/// holder gets an invitation.
#[utoipa::path(
    post, path = "/v1/accounts", tag = "accounts", operation_id = "issueAccount",
    request_body = IssueAccount,
    security(("token" = [])),
    responses(
        (status = 200, body = AccountIssued, description = "Done; with Idempotency-Replayed when it was done before"),
        (status = 400, body = ProblemBody, content_type = "application/problem+json", description = "request.malformed, request.invalid_utf8"),
        (status = 401, body = ProblemBody, content_type = "application/problem+json", description = "auth.missing_token, auth.invalid_token"),
        (status = 403, body = ProblemBody, content_type = "application/problem+json", description = "account.may_not_issue, account.not_administrator"),
        (status = 408, body = ProblemBody, content_type = "application/problem+json", description = "request.too_slow"),
        (status = 409, body = ProblemBody, content_type = "application/problem+json", description = "account.name_taken, account.organisation_closed"),
        (status = 413, body = ProblemBody, content_type = "application/problem+json", description = "request.too_large"),
        (status = 415, body = ProblemBody, content_type = "application/problem+json", description = "request.unsupported_media_type, request.unsupported_encoding"),
        (status = 422, body = ProblemBody, content_type = "application/problem+json", description = "request.invalid with errors, idempotency.key_reused"),
        (status = 429, body = ProblemBody, content_type = "application/problem+json", description = "request.rate_limited"),
        (status = 500, body = ProblemBody, content_type = "application/problem+json", description = "service.internal"),
        (status = 503, body = ProblemBody, content_type = "application/problem+json", description = "service.unavailable: send the same id again"),
    )
)]
pub async fn issue_one(req: HttpRequest, payload: web::Payload, identity: web::Data<Identity>) -> HttpResponse {
    respond::write(
        &req,
        payload,
        &identity,
        |issued: &AccountIssued| issued.position.as_str(),
        |identity, ctx, body: IssueAccount| async move { issue(identity.accounts(), &ctx, body).await },
    )
    .await
}

/// Issue many accounts, from JSON or from a CSV file (`text/csv`, UTF-8 or Shift_JIS, the id in `Idempotency-Key`). A row
/// at fault fails alone.
#[utoipa::path(
    post, path = "/v1/accounts:batch", tag = "accounts", operation_id = "issueAccounts",
    request_body = IssueAccounts,
    security(("token" = [])),
    responses(
        (status = 200, body = AccountsIssued, description = "The outcome of each row"),
        (status = 400, body = ProblemBody, content_type = "application/problem+json", description = "request.malformed, request.invalid_utf8, import.unreadable"),
        (status = 401, body = ProblemBody, content_type = "application/problem+json", description = "auth.missing_token, auth.invalid_token"),
        (status = 408, body = ProblemBody, content_type = "application/problem+json", description = "request.too_slow"),
        (status = 413, body = ProblemBody, content_type = "application/problem+json", description = "request.too_large (10 MiB)"),
        (status = 415, body = ProblemBody, content_type = "application/problem+json", description = "request.unsupported_media_type, request.unsupported_encoding"),
        (status = 422, body = ProblemBody, content_type = "application/problem+json", description = "request.invalid, request.too_many_items, import.unknown_header, idempotency.key_reused"),
        (status = 429, body = ProblemBody, content_type = "application/problem+json", description = "request.rate_limited"),
        (status = 500, body = ProblemBody, content_type = "application/problem+json", description = "service.internal"),
        (status = 503, body = ProblemBody, content_type = "application/problem+json", description = "service.unavailable: send the same id again"),
    )
)]
pub async fn issue_many(req: HttpRequest, payload: web::Payload, identity: web::Data<Identity>) -> HttpResponse {
    http::answer(&req, async {
        let ctx = http::signed_in(&req).await?;
        let (id, rows) = read_rows(&req, payload).await?;
        let identity = identity.get_ref().clone();
        let shared = identity.shared.clone();
        let work = async move { issue_batch(identity.accounts(), &ctx, id, rows).await };
        let (answer, replayed): (AccountsIssued, bool) = shared.unit_of_work(work).await?;
        http::written(&answer, &answer.position, replayed)
    })
    .await
}

async fn read_rows(req: &HttpRequest, payload: web::Payload) -> Result<(Uuid, Vec<Row>)> {
    if !req.content_type().eq_ignore_ascii_case("text/csv") {
        let batch: IssueAccounts = http::read_json(req, payload, http::BATCH_BYTES_MAX).await?;
        return Ok((batch.id, batch.accounts.iter().map(|row| http::parse_json(row.get())).collect()));
    }
    let id = req.headers().get(headers::IDEMPOTENCY_KEY).and_then(|value| value.to_str().ok()?.parse().ok());
    let id = id.ok_or_else(|| {
        let error = FieldError::new(headers::IDEMPOTENCY_KEY, &error::REQUEST_INVALID_FIELD).with("reason", "uuid");
        Problem::of_fields(&error::REQUEST_INVALID, vec![error])
    })?;
    Ok((id, file::rows(&http::read_bytes(req, payload, http::BATCH_BYTES_MAX).await?)?))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Listed {
    first: Option<u32>,
    after: Option<String>,
    role: Option<String>,
    organisation: Option<Uuid>,
    unconfirmed_since: Option<String>,
}

/// Who has an account below you, or in your organisation; in the order of names.
#[utoipa::path(
    get, path = "/v1/accounts", tag = "accounts", operation_id = "listAccounts",
    security(("token" = [])),
    params(
        ("first" = Option<u32>, Query, description = "How many, 1 to 200; 50 unless given"),
        ("after" = Option<String>, Query, description = "Only names after this one: `next` of the page before"),
        ("role" = Option<String>, Query, description = "Only of this role"),
        ("organisation" = Option<uuid::Uuid>, Query, description = "Only of this organisation"),
        ("unconfirmed_since" = Option<String>, Query, description = "Only those that nobody has confirmed since, RFC 3339"),
    ),
    responses(
        (status = 200, body = AccountPage, description = "A page"),
        (status = 400, body = ProblemBody, content_type = "application/problem+json", description = "request.malformed"),
        (status = 401, body = ProblemBody, content_type = "application/problem+json", description = "auth.missing_token, auth.invalid_token"),
        (status = 403, body = ProblemBody, content_type = "application/problem+json", description = "auth.forbidden"),
        (status = 422, body = ProblemBody, content_type = "application/problem+json", description = "graphql.page_size, time.malformed_instant"),
        (status = 429, body = ProblemBody, content_type = "application/problem+json", description = "request.rate_limited"),
        (status = 500, body = ProblemBody, content_type = "application/problem+json", description = "service.internal"),
        (status = 503, body = ProblemBody, content_type = "application/problem+json", description = "service.unavailable"),
    )
)]
pub async fn list(req: HttpRequest, identity: web::Data<Identity>) -> HttpResponse {
    http::answer(&req, async {
        let ctx = http::signed_in(&req).await?;
        let Listed { first, after, role, organisation, unconfirmed_since } = http::query(&req)?;
        let asked = Asked { first, after, role, organisation, unconfirmed_since };
        let identity = identity.get_ref().clone();
        let shared = identity.shared.clone();
        let work = async move { page(identity.accounts(), &ctx, asked).await };
        let page: AccountPage = shared.unit_of_work(work).await?;
        http::json(HttpResponse::Ok(), &page)
    })
    .await
}

async fn step(req: HttpRequest, payload: web::Payload, identity: web::Data<Identity>, step: Step) -> HttpResponse {
    let name = part(&req, "name").to_owned();
    respond::write(
        &req,
        payload,
        &identity,
        |changed: &AccountChanged| changed.position.as_str(),
        move |identity, ctx, body: ChangeAccount| async move {
            change(identity.accounts(), &ctx, &name, step, body).await
        },
    )
    .await
}

/// Suspend an account: it cannot sign in, and its tokens and sessions end within seconds.
#[utoipa::path(
    post, path = "/v1/accounts/{name}:suspend", tag = "accounts", operation_id = "suspendAccount",
    request_body = ChangeAccount,
    security(("token" = [])),
    params(("name" = String, Path, description = "The account's name")),
    responses(
        (status = 200, body = AccountChanged, description = "Done; with Idempotency-Replayed when it was done before"),
        (status = 400, body = ProblemBody, content_type = "application/problem+json", description = "request.malformed, request.invalid_utf8"),
        (status = 401, body = ProblemBody, content_type = "application/problem+json", description = "auth.missing_token, auth.invalid_token"),
        (status = 403, body = ProblemBody, content_type = "application/problem+json", description = "auth.forbidden, account.may_not_issue, account.not_administrator, account.own"),
        (status = 404, body = ProblemBody, content_type = "application/problem+json", description = "account.not_found, also for one that is not open to you"),
        (status = 408, body = ProblemBody, content_type = "application/problem+json", description = "request.too_slow"),
        (status = 409, body = ProblemBody, content_type = "application/problem+json", description = "account.wrong_state"),
        (status = 413, body = ProblemBody, content_type = "application/problem+json", description = "request.too_large"),
        (status = 415, body = ProblemBody, content_type = "application/problem+json", description = "request.unsupported_media_type, request.unsupported_encoding"),
        (status = 422, body = ProblemBody, content_type = "application/problem+json", description = "request.invalid, allocation.reason_missing, idempotency.key_reused"),
        (status = 429, body = ProblemBody, content_type = "application/problem+json", description = "request.rate_limited"),
        (status = 500, body = ProblemBody, content_type = "application/problem+json", description = "service.internal"),
        (status = 503, body = ProblemBody, content_type = "application/problem+json", description = "service.unavailable: send the same id again"),
    )
)]
pub async fn suspend(req: HttpRequest, payload: web::Payload, identity: web::Data<Identity>) -> HttpResponse {
    step(req, payload, identity, Step::Suspend).await
}

/// Let a suspended account in again.
#[utoipa::path(
    post, path = "/v1/accounts/{name}:resume", tag = "accounts", operation_id = "resumeAccount",
    request_body = ChangeAccount,
    security(("token" = [])),
    params(("name" = String, Path, description = "The account's name")),
    responses(
        (status = 200, body = AccountChanged, description = "Done; with Idempotency-Replayed when it was done before"),
        (status = 400, body = ProblemBody, content_type = "application/problem+json", description = "request.malformed, request.invalid_utf8"),
        (status = 401, body = ProblemBody, content_type = "application/problem+json", description = "auth.missing_token, auth.invalid_token"),
        (status = 403, body = ProblemBody, content_type = "application/problem+json", description = "auth.forbidden, account.may_not_issue, account.not_administrator, account.own"),
        (status = 404, body = ProblemBody, content_type = "application/problem+json", description = "account.not_found, also for one that is not open to you"),
        (status = 408, body = ProblemBody, content_type = "application/problem+json", description = "request.too_slow"),
        (status = 409, body = ProblemBody, content_type = "application/problem+json", description = "account.wrong_state"),
        (status = 413, body = ProblemBody, content_type = "application/problem+json", description = "request.too_large"),
        (status = 415, body = ProblemBody, content_type = "application/problem+json", description = "request.unsupported_media_type, request.unsupported_encoding"),
        (status = 422, body = ProblemBody, content_type = "application/problem+json", description = "request.invalid, allocation.reason_missing, idempotency.key_reused"),
        (status = 429, body = ProblemBody, content_type = "application/problem+json", description = "request.rate_limited"),
        (status = 500, body = ProblemBody, content_type = "application/problem+json", description = "service.internal"),
        (status = 503, body = ProblemBody, content_type = "application/problem+json", description = "service.unavailable: send the same id again"),
    )
)]
pub async fn resume(req: HttpRequest, payload: web::Payload, identity: web::Data<Identity>) -> HttpResponse {
    step(req, payload, identity, Step::Resume).await
}

/// Close an account for good. Its password and mail address are deleted; its name stays taken.
#[utoipa::path(
    post, path = "/v1/accounts/{name}:close", tag = "accounts", operation_id = "closeAccount",
    request_body = ChangeAccount,
    security(("token" = [])),
    params(("name" = String, Path, description = "The account's name")),
    responses(
        (status = 200, body = AccountChanged, description = "Done; with Idempotency-Replayed when it was done before"),
        (status = 400, body = ProblemBody, content_type = "application/problem+json", description = "request.malformed, request.invalid_utf8"),
        (status = 401, body = ProblemBody, content_type = "application/problem+json", description = "auth.missing_token, auth.invalid_token"),
        (status = 403, body = ProblemBody, content_type = "application/problem+json", description = "auth.forbidden, account.may_not_issue, account.not_administrator, account.own"),
        (status = 404, body = ProblemBody, content_type = "application/problem+json", description = "account.not_found, also for one that is not open to you"),
        (status = 408, body = ProblemBody, content_type = "application/problem+json", description = "request.too_slow"),
        (status = 409, body = ProblemBody, content_type = "application/problem+json", description = "account.wrong_state"),
        (status = 413, body = ProblemBody, content_type = "application/problem+json", description = "request.too_large"),
        (status = 415, body = ProblemBody, content_type = "application/problem+json", description = "request.unsupported_media_type, request.unsupported_encoding"),
        (status = 422, body = ProblemBody, content_type = "application/problem+json", description = "request.invalid, allocation.reason_missing, idempotency.key_reused"),
        (status = 429, body = ProblemBody, content_type = "application/problem+json", description = "request.rate_limited"),
        (status = 500, body = ProblemBody, content_type = "application/problem+json", description = "service.internal"),
        (status = 503, body = ProblemBody, content_type = "application/problem+json", description = "service.unavailable: send the same id again"),
    )
)]
pub async fn close(req: HttpRequest, payload: web::Payload, identity: web::Data<Identity>) -> HttpResponse {
    step(req, payload, identity, Step::Close).await
}

/// Say that an account is still needed, for the regular look at all accounts.
#[utoipa::path(
    post, path = "/v1/accounts/{name}:confirm", tag = "accounts", operation_id = "confirmAccount",
    request_body = ChangeAccount,
    security(("token" = [])),
    params(("name" = String, Path, description = "The account's name")),
    responses(
        (status = 200, body = AccountChanged, description = "Done; with Idempotency-Replayed when it was done before"),
        (status = 400, body = ProblemBody, content_type = "application/problem+json", description = "request.malformed, request.invalid_utf8"),
        (status = 401, body = ProblemBody, content_type = "application/problem+json", description = "auth.missing_token, auth.invalid_token"),
        (status = 403, body = ProblemBody, content_type = "application/problem+json", description = "auth.forbidden, account.may_not_issue, account.not_administrator, account.own"),
        (status = 404, body = ProblemBody, content_type = "application/problem+json", description = "account.not_found, also for one that is not open to you"),
        (status = 408, body = ProblemBody, content_type = "application/problem+json", description = "request.too_slow"),
        (status = 409, body = ProblemBody, content_type = "application/problem+json", description = "account.wrong_state"),
        (status = 413, body = ProblemBody, content_type = "application/problem+json", description = "request.too_large"),
        (status = 415, body = ProblemBody, content_type = "application/problem+json", description = "request.unsupported_media_type, request.unsupported_encoding"),
        (status = 422, body = ProblemBody, content_type = "application/problem+json", description = "request.invalid, allocation.reason_missing, idempotency.key_reused"),
        (status = 429, body = ProblemBody, content_type = "application/problem+json", description = "request.rate_limited"),
        (status = 500, body = ProblemBody, content_type = "application/problem+json", description = "service.internal"),
        (status = 503, body = ProblemBody, content_type = "application/problem+json", description = "service.unavailable: send the same id again"),
    )
)]
pub async fn confirm(req: HttpRequest, payload: web::Payload, identity: web::Data<Identity>) -> HttpResponse {
    step(req, payload, identity, Step::Confirm).await
}

/// Take away the second factor that an account's holder has lost: the next sign-in enrols a new one, and open
/// sessions end.
#[utoipa::path(
    post, path = "/v1/accounts/{name}:reset-second-factor", tag = "accounts", operation_id = "resetSecondFactor",
    request_body = ChangeAccount,
    security(("token" = [])),
    params(("name" = String, Path, description = "The account's name")),
    responses(
        (status = 200, body = AccountChanged, description = "Done; with Idempotency-Replayed when it was done before"),
        (status = 400, body = ProblemBody, content_type = "application/problem+json", description = "request.malformed, request.invalid_utf8"),
        (status = 401, body = ProblemBody, content_type = "application/problem+json", description = "auth.missing_token, auth.invalid_token"),
        (status = 403, body = ProblemBody, content_type = "application/problem+json", description = "auth.forbidden, account.may_not_issue, account.not_administrator, account.own"),
        (status = 404, body = ProblemBody, content_type = "application/problem+json", description = "account.not_found, also for one that is not open to you"),
        (status = 408, body = ProblemBody, content_type = "application/problem+json", description = "request.too_slow"),
        (status = 409, body = ProblemBody, content_type = "application/problem+json", description = "account.wrong_state"),
        (status = 413, body = ProblemBody, content_type = "application/problem+json", description = "request.too_large"),
        (status = 415, body = ProblemBody, content_type = "application/problem+json", description = "request.unsupported_media_type, request.unsupported_encoding"),
        (status = 422, body = ProblemBody, content_type = "application/problem+json", description = "request.invalid, account.not_a_person, allocation.reason_missing, idempotency.key_reused"),
        (status = 429, body = ProblemBody, content_type = "application/problem+json", description = "request.rate_limited"),
        (status = 500, body = ProblemBody, content_type = "application/problem+json", description = "service.internal"),
        (status = 503, body = ProblemBody, content_type = "application/problem+json", description = "service.unavailable: send the same id again"),
    )
)]
pub async fn reset_second_factor(
    req: HttpRequest,
    payload: web::Payload,
    identity: web::Data<Identity>,
) -> HttpResponse {
    step(req, payload, identity, Step::ResetSecondFactor).await
}

/// Invite the holder of an account again, after a lost link, code or password. What was sent before ends.
#[utoipa::path(
    post, path = "/v1/accounts/{name}:reinvite", tag = "accounts", operation_id = "reinviteAccount",
    request_body = ReinviteAccount,
    security(("token" = [])),
    params(("name" = String, Path, description = "The account's name")),
    responses(
        (status = 200, body = AccountChanged, description = "Done; with Idempotency-Replayed when it was done before"),
        (status = 400, body = ProblemBody, content_type = "application/problem+json", description = "request.malformed, request.invalid_utf8"),
        (status = 401, body = ProblemBody, content_type = "application/problem+json", description = "auth.missing_token, auth.invalid_token"),
        (status = 403, body = ProblemBody, content_type = "application/problem+json", description = "auth.forbidden, account.may_not_issue, account.not_administrator, account.own"),
        (status = 404, body = ProblemBody, content_type = "application/problem+json", description = "account.not_found, also for one that is not open to you"),
        (status = 408, body = ProblemBody, content_type = "application/problem+json", description = "request.too_slow"),
        (status = 409, body = ProblemBody, content_type = "application/problem+json", description = "account.wrong_state"),
        (status = 413, body = ProblemBody, content_type = "application/problem+json", description = "request.too_large"),
        (status = 415, body = ProblemBody, content_type = "application/problem+json", description = "request.unsupported_media_type, request.unsupported_encoding"),
        (status = 422, body = ProblemBody, content_type = "application/problem+json", description = "request.invalid, account.not_a_person, account.mail_missing, allocation.reason_missing, idempotency.key_reused"),
        (status = 429, body = ProblemBody, content_type = "application/problem+json", description = "request.rate_limited"),
        (status = 500, body = ProblemBody, content_type = "application/problem+json", description = "service.internal"),
        (status = 503, body = ProblemBody, content_type = "application/problem+json", description = "service.unavailable: send the same id again"),
    )
)]
pub async fn invite(req: HttpRequest, payload: web::Payload, identity: web::Data<Identity>) -> HttpResponse {
    let name = part(&req, "name").to_owned();
    respond::write(
        &req,
        payload,
        &identity,
        |changed: &AccountChanged| changed.position.as_str(),
        move |identity, ctx, body: ReinviteAccount| async move {
            reinvite(identity.accounts(), &ctx, &name, body).await
        },
    )
    .await
}

/// Redeem an invitation: the account has the password that is given here. Open to whoever holds the link or the code.
#[utoipa::path(
    post, path = "/v1/invitations:redeem", tag = "accounts", operation_id = "redeemInvitation",
    request_body = RedeemInvitation,
    responses(
        (status = 200, body = InvitationRedeemed, description = "Done; with Idempotency-Replayed when it was done before"),
        (status = 400, body = ProblemBody, content_type = "application/problem+json", description = "request.malformed, request.invalid_utf8"),
        (status = 401, body = ProblemBody, content_type = "application/problem+json", description = "invitation.not_valid"),
        (status = 408, body = ProblemBody, content_type = "application/problem+json", description = "request.too_slow"),
        (status = 413, body = ProblemBody, content_type = "application/problem+json", description = "request.too_large (4 KiB)"),
        (status = 415, body = ProblemBody, content_type = "application/problem+json", description = "request.unsupported_media_type, request.unsupported_encoding"),
        (status = 422, body = ProblemBody, content_type = "application/problem+json", description = "request.invalid with errors, idempotency.key_reused"),
        (status = 429, body = ProblemBody, content_type = "application/problem+json", description = "request.rate_limited, auth.too_many_attempts"),
        (status = 500, body = ProblemBody, content_type = "application/problem+json", description = "service.internal"),
        (status = 503, body = ProblemBody, content_type = "application/problem+json", description = "service.unavailable: send the same id again"),
    )
)]
pub async fn redeem_invitation(req: HttpRequest, payload: web::Payload, identity: web::Data<Identity>) -> HttpResponse {
    http::answer(&req, async {
        // counted by address before anything is read: whoever comes here is a stranger, whatever else it sends
        http::stranger(&req).await?;
        let ctx = http::nobody(&req)?;
        let body: RedeemInvitation = http::read_json(&req, payload, REDEEM_BYTES_MAX).await?;
        let (identity, address) = (identity.get_ref().clone(), http::address(&req));
        let shared = identity.shared.clone();
        let work = async move { redeem(&identity, &ctx, body, &address).await };
        let (answer, replayed): (InvitationRedeemed, bool) = shared.unit_of_work(work).await?;
        http::written(&answer, &answer.position, replayed)
    })
    .await
}
