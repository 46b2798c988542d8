//! `POST /v1/plans/{plan}:amend`, `/v1/amendments/{amendment}:commit`, `:choose`, `/v1/assignments:withdraw`.
use crate::{
    Allocation,
    app::amend::{
        Outcome, choose::choose_for_overcommitted, commit::commit_amendment, propose::amend_plan,
        withdraw::withdraw_lines,
    },
};
use actix_web::{HttpRequest, HttpResponse, web};
use domain::{Problem, error};
use platform::{OpCtx, failure::Result, http};
use serde::{Serialize, de::DeserializeOwned};
use std::future::Future;
use uuid::Uuid;
use wire::{
    amendment::{AmendPlan, AmendmentMoved, ChooseForOvercommitted, CommitAmendment, LinesWithdrawn, WithdrawLines},
    problem::ProblemBody,
};

/// An answer that tells its commit.
trait Told {
    fn position(&self) -> &str;
}

impl Told for AmendmentMoved {
    fn position(&self) -> &str {
        &self.position
    }
}

impl Told for LinesWithdrawn {
    fn position(&self) -> &str {
        &self.position
    }
}

/// Reads the request, does the work, answers how it ended.
async fn run<B, A, W>(
    req: &HttpRequest,
    payload: web::Payload,
    allocation: &web::Data<Allocation>,
    work: impl FnOnce(Allocation, OpCtx, B) -> W,
) -> HttpResponse
where
    B: DeserializeOwned,
    A: Told + Serialize + Send + 'static,
    W: Future<Output = Result<Outcome<A>>> + Send + 'static,
{
    http::answer(req, async {
        let ctx = http::signed_in(req).await?;
        let body: B = http::read_json(req, payload, http::BODY_BYTES_MAX).await?;
        let allocation = allocation.get_ref().clone();
        let shared = allocation.shared.clone();
        match shared.unit_of_work(work(allocation, ctx, body)).await? {
            Outcome::Done { answer, replayed } => http::written(&answer, answer.position(), replayed),
            Outcome::Stale { problem, difference } => super::stale(req, &problem, difference),
        }
    })
    .await
}

/// The amendment's id in the path. What is no id names no amendment.
fn amendment_id(req: &HttpRequest) -> Result<Uuid> {
    let text = req.match_info().get("amendment").unwrap_or_default();
    let missing = |_| Problem::new(&error::ALLOCATION_AMENDMENT_NOT_FOUND).with("amendment", text);
    Ok(text.parse().map_err(missing)?)
}

/// Propose a change of a committed plan: another supply, by the queue of its rule, or other lines. Nothing is
/// posted before it is committed.
#[utoipa::path(
    post, path = "/v1/plans/{plan}:amend", tag = "amendments", operation_id = "amendPlan", request_body = AmendPlan,
    security(("token" = [])),
    params(("plan" = uuid::Uuid, Path, description = "The plan")),
    responses(
        (status = 200, body = AmendmentMoved, description = "Done; with Idempotency-Replayed when it was done before"),
        (status = 400, body = ProblemBody, content_type = "application/problem+json", description = "request.malformed, request.invalid_utf8"),
        (status = 401, body = ProblemBody, content_type = "application/problem+json", description = "auth.missing_token, auth.invalid_token"),
        (status = 403, body = ProblemBody, content_type = "application/problem+json", description = "auth.forbidden"),
        (status = 404, body = ProblemBody, content_type = "application/problem+json", description = "allocation.plan_not_found, also for what you cannot see"),
        (status = 409, body = ProblemBody, content_type = "application/problem+json", description = "allocation.stale_plan with the difference, allocation.wrong_state, allocation.amendment_open, allocation.over_supply"),
        (status = 413, body = ProblemBody, content_type = "application/problem+json", description = "request.too_large"),
        (status = 415, body = ProblemBody, content_type = "application/problem+json", description = "request.unsupported_media_type"),
        (status = 422, body = ProblemBody, content_type = "application/problem+json", description = "allocation.supply_or_lines, allocation.not_whole_packs, allocation.amendment_total, allocation.nothing_to_do, request.invalid with errors, idempotency.key_reused"),
        (status = 429, body = ProblemBody, content_type = "application/problem+json", description = "request.rate_limited"),
        (status = 503, body = ProblemBody, content_type = "application/problem+json", description = "service.unavailable: send the same id again"),
    )
)]
pub async fn amend(req: HttpRequest, payload: web::Payload, allocation: web::Data<Allocation>) -> HttpResponse {
    let found = super::plan::plan_id(&req);
    run(&req, payload, &allocation, |allocation, ctx, body: AmendPlan| async move {
        amend_plan(&allocation, &ctx, found?, body).await
    })
    .await
}

/// Commit an amendment: units move at once where they are free; what those below have passed on is due.
#[utoipa::path(
    post, path = "/v1/amendments/{amendment}:commit", tag = "amendments", operation_id = "commitAmendment", request_body = CommitAmendment,
    security(("token" = [])),
    params(("amendment" = uuid::Uuid, Path, description = "The amendment")),
    responses(
        (status = 200, body = AmendmentMoved, description = "Done; with Idempotency-Replayed when it was done before"),
        (status = 400, body = ProblemBody, content_type = "application/problem+json", description = "request.malformed, request.invalid_utf8"),
        (status = 401, body = ProblemBody, content_type = "application/problem+json", description = "auth.missing_token, auth.invalid_token"),
        (status = 403, body = ProblemBody, content_type = "application/problem+json", description = "auth.forbidden"),
        (status = 404, body = ProblemBody, content_type = "application/problem+json", description = "allocation.amendment_not_found, also for what you cannot see"),
        (status = 409, body = ProblemBody, content_type = "application/problem+json", description = "allocation.stale_amendment and allocation.stale_plan with the difference, allocation.amendment_state, allocation.second_person, allocation.overcommitted, allocation.over_supply"),
        (status = 413, body = ProblemBody, content_type = "application/problem+json", description = "request.too_large"),
        (status = 415, body = ProblemBody, content_type = "application/problem+json", description = "request.unsupported_media_type"),
        (status = 422, body = ProblemBody, content_type = "application/problem+json", description = "allocation.nothing_to_do, request.invalid with errors, idempotency.key_reused"),
        (status = 429, body = ProblemBody, content_type = "application/problem+json", description = "request.rate_limited"),
        (status = 503, body = ProblemBody, content_type = "application/problem+json", description = "service.unavailable: send the same id again"),
    )
)]
pub async fn commit(req: HttpRequest, payload: web::Payload, allocation: web::Data<Allocation>) -> HttpResponse {
    let found = amendment_id(&req);
    run(&req, payload, &allocation, |allocation, ctx, body: CommitAmendment| async move {
        commit_amendment(&allocation, &ctx, found?, body).await
    })
    .await
}

/// Choose where units come from that are locked beyond what would be left.
#[utoipa::path(
    post, path = "/v1/amendments/{amendment}:choose", tag = "amendments", operation_id = "chooseForOvercommitted", request_body = ChooseForOvercommitted,
    security(("token" = [])),
    params(("amendment" = uuid::Uuid, Path, description = "The amendment")),
    responses(
        (status = 200, body = AmendmentMoved, description = "Done; with Idempotency-Replayed when it was done before"),
        (status = 400, body = ProblemBody, content_type = "application/problem+json", description = "request.malformed, request.invalid_utf8"),
        (status = 401, body = ProblemBody, content_type = "application/problem+json", description = "auth.missing_token, auth.invalid_token"),
        (status = 403, body = ProblemBody, content_type = "application/problem+json", description = "auth.forbidden"),
        (status = 404, body = ProblemBody, content_type = "application/problem+json", description = "allocation.amendment_not_found, also for what you cannot see"),
        (status = 409, body = ProblemBody, content_type = "application/problem+json", description = "allocation.stale_amendment with the difference, allocation.amendment_state, allocation.second_person, allocation.choice_too_small"),
        (status = 413, body = ProblemBody, content_type = "application/problem+json", description = "request.too_large"),
        (status = 415, body = ProblemBody, content_type = "application/problem+json", description = "request.unsupported_media_type"),
        (status = 422, body = ProblemBody, content_type = "application/problem+json", description = "allocation.unknown_choice, request.invalid with errors, idempotency.key_reused"),
        (status = 429, body = ProblemBody, content_type = "application/problem+json", description = "request.rate_limited"),
        (status = 503, body = ProblemBody, content_type = "application/problem+json", description = "service.unavailable: send the same id again"),
    )
)]
pub async fn choose(req: HttpRequest, payload: web::Payload, allocation: web::Data<Allocation>) -> HttpResponse {
    let found = amendment_id(&req);
    run(&req, payload, &allocation, |allocation, ctx, body: ChooseForOvercommitted| async move {
        choose_for_overcommitted(&allocation, &ctx, found?, body).await
    })
    .await
}

/// Take assigned lines back that have not been released. What the level above wants back goes on to it.
#[utoipa::path(
    post, path = "/v1/assignments:withdraw", tag = "amendments", operation_id = "withdrawLines", request_body = WithdrawLines,
    security(("token" = [])),
    responses(
        (status = 200, body = LinesWithdrawn, description = "Done; with Idempotency-Replayed when it was done before"),
        (status = 400, body = ProblemBody, content_type = "application/problem+json", description = "request.malformed, request.invalid_utf8"),
        (status = 401, body = ProblemBody, content_type = "application/problem+json", description = "auth.missing_token, auth.invalid_token"),
        (status = 403, body = ProblemBody, content_type = "application/problem+json", description = "auth.forbidden"),
        (status = 404, body = ProblemBody, content_type = "application/problem+json", description = "allocation.round_not_found, also for what you cannot see"),
        (status = 413, body = ProblemBody, content_type = "application/problem+json", description = "request.too_large"),
        (status = 415, body = ProblemBody, content_type = "application/problem+json", description = "request.unsupported_media_type"),
        (status = 422, body = ProblemBody, content_type = "application/problem+json", description = "allocation.wrong_level, allocation.line_not_planned, request.invalid with errors, idempotency.key_reused"),
        (status = 429, body = ProblemBody, content_type = "application/problem+json", description = "request.rate_limited"),
        (status = 503, body = ProblemBody, content_type = "application/problem+json", description = "service.unavailable: send the same id again"),
    )
)]
pub async fn withdraw(req: HttpRequest, payload: web::Payload, allocation: web::Data<Allocation>) -> HttpResponse {
    run(&req, payload, &allocation, |allocation, ctx, body: WithdrawLines| async move {
        withdraw_lines(&allocation, &ctx, body).await
    })
    .await
}
