//! `POST /v1/plans`, `/v1/plans/{plan}:adjust`, `:submit`, `:take-back`, `:approve`, `:commit`,
//! `/v1/assignments`.
use crate::{
    Allocation,
    app::{Outcome, assign_to_sites::assign_to_sites, change_plan, change_plan::Change, compute_plan::compute_plan},
};
use actix_web::{HttpRequest, HttpResponse, web};
use domain::{Problem, error};
use platform::{OpCtx, failure::Result, http};
use serde::de::DeserializeOwned;
use std::future::Future;
use uuid::Uuid;
use wire::{
    plan::{AdjustLines, AssignToSites, ComputePlan, MovePlan, PlanMoved, TakeBackPlan},
    problem::ProblemBody,
};

/// Reads the request, does the work, answers how it ended.
async fn run<B, W>(
    req: &HttpRequest,
    payload: web::Payload,
    allocation: &web::Data<Allocation>,
    work: impl FnOnce(Allocation, OpCtx, B) -> W,
) -> HttpResponse
where
    B: DeserializeOwned,
    W: Future<Output = Result<Outcome>> + Send + 'static,
{
    http::answer(req, async {
        let ctx = http::signed_in(req).await?;
        let body: B = http::read_json(req, payload, http::BODY_BYTES_MAX).await?;
        let allocation = allocation.get_ref().clone();
        let shared = allocation.shared.clone();
        match shared.unit_of_work(work(allocation, ctx, body)).await? {
            Outcome::Moved { moved, replayed } => http::written(&moved, &moved.position, replayed),
            Outcome::Stale { problem, difference } => super::stale(req, &problem, difference),
        }
    })
    .await
}

/// The plan's id in the path. What is no id names no plan.
pub(super) fn plan_id(req: &HttpRequest) -> Result<Uuid> {
    let text = req.match_info().get("plan").unwrap_or_default();
    let missing = || Problem::new(&error::ALLOCATION_PLAN_NOT_FOUND).with("plan", text);
    Ok(text.parse().map_err(|_| missing())?)
}

/// A step on the plan that the path names.
async fn step<B: DeserializeOwned + Send + 'static>(
    req: &HttpRequest,
    payload: web::Payload,
    allocation: &web::Data<Allocation>,
    change: fn(B) -> Change,
) -> HttpResponse {
    let plan = plan_id(req);
    run(req, payload, allocation, move |allocation, ctx, body: B| async move {
        change_plan::change_plan(&allocation, &ctx, plan?, change(body)).await
    })
    .await
}

/// Compute the plan of a level, or compute it again before it is handed in.
#[utoipa::path(
    post, path = "/v1/plans", tag = "plans", operation_id = "computePlan", request_body = ComputePlan,
    security(("token" = [])),
    responses(
        (status = 200, body = PlanMoved, description = "Done; with Idempotency-Replayed when it was done before"),
        (status = 400, body = ProblemBody, content_type = "application/problem+json", description = "request.malformed, request.invalid_utf8"),
        (status = 401, body = ProblemBody, content_type = "application/problem+json", description = "auth.missing_token, auth.invalid_token"),
        (status = 403, body = ProblemBody, content_type = "application/problem+json", description = "auth.forbidden"),
        (status = 404, body = ProblemBody, content_type = "application/problem+json", description = "allocation.round_not_found, also for what you cannot see"),
        (status = 409, body = ProblemBody, content_type = "application/problem+json", description = "allocation.wrong_state, allocation.stale_plan with the difference"),
        (status = 413, body = ProblemBody, content_type = "application/problem+json", description = "request.too_large"),
        (status = 415, body = ProblemBody, content_type = "application/problem+json", description = "request.unsupported_media_type"),
        (status = 422, body = ProblemBody, content_type = "application/problem+json", description = "allocation.wrong_level, allocation.not_granted, allocation.missing_population, allocation.all_weights_zero, request.invalid with errors, idempotency.key_reused"),
        (status = 429, body = ProblemBody, content_type = "application/problem+json", description = "request.rate_limited"),
        (status = 503, body = ProblemBody, content_type = "application/problem+json", description = "service.unavailable: send the same id again"),
    )
)]
pub async fn compute(req: HttpRequest, payload: web::Payload, allocation: web::Data<Allocation>) -> HttpResponse {
    run(&req, payload, &allocation, |allocation, ctx, body: ComputePlan| async move {
        compute_plan(&allocation, &ctx, body).await
    })
    .await
}

/// Change lines by hand, together, with a reason; the computed units stay beside.
#[utoipa::path(
    post, path = "/v1/plans/{plan}:adjust", tag = "plans", operation_id = "adjustLines", request_body = AdjustLines,
    security(("token" = [])),
    params(("plan" = uuid::Uuid, Path, description = "The plan")),
    responses(
        (status = 200, body = PlanMoved, description = "Done; with Idempotency-Replayed when it was done before"),
        (status = 400, body = ProblemBody, content_type = "application/problem+json", description = "request.malformed, request.invalid_utf8"),
        (status = 401, body = ProblemBody, content_type = "application/problem+json", description = "auth.missing_token, auth.invalid_token"),
        (status = 403, body = ProblemBody, content_type = "application/problem+json", description = "auth.forbidden"),
        (status = 404, body = ProblemBody, content_type = "application/problem+json", description = "allocation.plan_not_found, also for what you cannot see"),
        (status = 409, body = ProblemBody, content_type = "application/problem+json", description = "allocation.stale_plan with the difference, allocation.wrong_state, allocation.over_supply"),
        (status = 413, body = ProblemBody, content_type = "application/problem+json", description = "request.too_large"),
        (status = 415, body = ProblemBody, content_type = "application/problem+json", description = "request.unsupported_media_type"),
        (status = 422, body = ProblemBody, content_type = "application/problem+json", description = "request.invalid with errors, allocation.nothing_to_do, idempotency.key_reused"),
        (status = 429, body = ProblemBody, content_type = "application/problem+json", description = "request.rate_limited"),
        (status = 503, body = ProblemBody, content_type = "application/problem+json", description = "service.unavailable: send the same id again"),
    )
)]
pub async fn adjust(req: HttpRequest, payload: web::Payload, allocation: web::Data<Allocation>) -> HttpResponse {
    step(&req, payload, &allocation, Change::Adjust).await
}

/// Hand a plan in; its lines then stand still.
#[utoipa::path(
    post, path = "/v1/plans/{plan}:submit", tag = "plans", operation_id = "submitPlan", request_body = MovePlan,
    security(("token" = [])),
    params(("plan" = uuid::Uuid, Path, description = "The plan")),
    responses(
        (status = 200, body = PlanMoved, description = "Done; with Idempotency-Replayed when it was done before"),
        (status = 400, body = ProblemBody, content_type = "application/problem+json", description = "request.malformed, request.invalid_utf8"),
        (status = 401, body = ProblemBody, content_type = "application/problem+json", description = "auth.missing_token, auth.invalid_token"),
        (status = 403, body = ProblemBody, content_type = "application/problem+json", description = "auth.forbidden"),
        (status = 404, body = ProblemBody, content_type = "application/problem+json", description = "allocation.plan_not_found, also for what you cannot see"),
        (status = 409, body = ProblemBody, content_type = "application/problem+json", description = "allocation.stale_plan with the difference, allocation.wrong_state, allocation.over_supply, allocation.objection_window_required"),
        (status = 413, body = ProblemBody, content_type = "application/problem+json", description = "request.too_large"),
        (status = 415, body = ProblemBody, content_type = "application/problem+json", description = "request.unsupported_media_type"),
        (status = 422, body = ProblemBody, content_type = "application/problem+json", description = "request.invalid with errors, allocation.nothing_to_do, idempotency.key_reused"),
        (status = 429, body = ProblemBody, content_type = "application/problem+json", description = "request.rate_limited"),
        (status = 503, body = ProblemBody, content_type = "application/problem+json", description = "service.unavailable: send the same id again"),
    )
)]
pub async fn submit(req: HttpRequest, payload: web::Payload, allocation: web::Data<Allocation>) -> HttpResponse {
    step(&req, payload, &allocation, Change::Submit).await
}

/// Take a plan back that was handed in, to change its lines and hand it in again.
#[utoipa::path(
    post, path = "/v1/plans/{plan}:take-back", tag = "plans", operation_id = "takeBackPlan", request_body = TakeBackPlan,
    security(("token" = [])),
    params(("plan" = uuid::Uuid, Path, description = "The plan")),
    responses(
        (status = 200, body = PlanMoved, description = "Done; with Idempotency-Replayed when it was done before"),
        (status = 400, body = ProblemBody, content_type = "application/problem+json", description = "request.malformed, request.invalid_utf8"),
        (status = 401, body = ProblemBody, content_type = "application/problem+json", description = "auth.missing_token, auth.invalid_token"),
        (status = 403, body = ProblemBody, content_type = "application/problem+json", description = "auth.forbidden"),
        (status = 404, body = ProblemBody, content_type = "application/problem+json", description = "allocation.plan_not_found, also for what you cannot see"),
        (status = 409, body = ProblemBody, content_type = "application/problem+json", description = "allocation.stale_plan with the difference, allocation.wrong_state"),
        (status = 413, body = ProblemBody, content_type = "application/problem+json", description = "request.too_large"),
        (status = 415, body = ProblemBody, content_type = "application/problem+json", description = "request.unsupported_media_type"),
        (status = 422, body = ProblemBody, content_type = "application/problem+json", description = "request.invalid with errors, idempotency.key_reused"),
        (status = 429, body = ProblemBody, content_type = "application/problem+json", description = "request.rate_limited"),
        (status = 503, body = ProblemBody, content_type = "application/problem+json", description = "service.unavailable: send the same id again"),
    )
)]
pub async fn take_back(req: HttpRequest, payload: web::Payload, allocation: web::Data<Allocation>) -> HttpResponse {
    step(&req, payload, &allocation, Change::TakeBack).await
}

/// Agree to a plan that was handed in, as another officer than who did so, once those below were heard.
#[utoipa::path(
    post, path = "/v1/plans/{plan}:approve", tag = "plans", operation_id = "approvePlan", request_body = MovePlan,
    security(("token" = [])),
    params(("plan" = uuid::Uuid, Path, description = "The plan")),
    responses(
        (status = 200, body = PlanMoved, description = "Done; with Idempotency-Replayed when it was done before"),
        (status = 400, body = ProblemBody, content_type = "application/problem+json", description = "request.malformed, request.invalid_utf8"),
        (status = 401, body = ProblemBody, content_type = "application/problem+json", description = "auth.missing_token, auth.invalid_token"),
        (status = 403, body = ProblemBody, content_type = "application/problem+json", description = "auth.forbidden"),
        (status = 404, body = ProblemBody, content_type = "application/problem+json", description = "allocation.plan_not_found, also for what you cannot see"),
        (status = 409, body = ProblemBody, content_type = "application/problem+json", description = "allocation.stale_plan with the difference, allocation.wrong_state, allocation.second_person, allocation.window_open, allocation.objection_open"),
        (status = 413, body = ProblemBody, content_type = "application/problem+json", description = "request.too_large"),
        (status = 415, body = ProblemBody, content_type = "application/problem+json", description = "request.unsupported_media_type"),
        (status = 422, body = ProblemBody, content_type = "application/problem+json", description = "request.invalid with errors, allocation.nothing_to_do, idempotency.key_reused"),
        (status = 429, body = ProblemBody, content_type = "application/problem+json", description = "request.rate_limited"),
        (status = 503, body = ProblemBody, content_type = "application/problem+json", description = "service.unavailable: send the same id again"),
    )
)]
pub async fn approve(req: HttpRequest, payload: web::Payload, allocation: web::Data<Allocation>) -> HttpResponse {
    step(&req, payload, &allocation, Change::Approve).await
}

/// Post a plan: its lines are granted, the rest goes into the reserve.
#[utoipa::path(
    post, path = "/v1/plans/{plan}:commit", tag = "plans", operation_id = "commitPlan", request_body = MovePlan,
    security(("token" = [])),
    params(("plan" = uuid::Uuid, Path, description = "The plan")),
    responses(
        (status = 200, body = PlanMoved, description = "Done; with Idempotency-Replayed when it was done before"),
        (status = 400, body = ProblemBody, content_type = "application/problem+json", description = "request.malformed, request.invalid_utf8"),
        (status = 401, body = ProblemBody, content_type = "application/problem+json", description = "auth.missing_token, auth.invalid_token"),
        (status = 403, body = ProblemBody, content_type = "application/problem+json", description = "auth.forbidden"),
        (status = 404, body = ProblemBody, content_type = "application/problem+json", description = "allocation.plan_not_found, also for what you cannot see"),
        (status = 409, body = ProblemBody, content_type = "application/problem+json", description = "allocation.stale_plan with the difference, allocation.wrong_state, allocation.over_supply"),
        (status = 413, body = ProblemBody, content_type = "application/problem+json", description = "request.too_large"),
        (status = 415, body = ProblemBody, content_type = "application/problem+json", description = "request.unsupported_media_type"),
        (status = 422, body = ProblemBody, content_type = "application/problem+json", description = "request.invalid with errors, allocation.nothing_to_do, idempotency.key_reused"),
        (status = 429, body = ProblemBody, content_type = "application/problem+json", description = "request.rate_limited"),
        (status = 503, body = ProblemBody, content_type = "application/problem+json", description = "service.unavailable: send the same id again"),
    )
)]
pub async fn commit(req: HttpRequest, payload: web::Payload, allocation: web::Data<Allocation>) -> HttpResponse {
    step(&req, payload, &allocation, Change::Commit).await
}

/// Assign vials to sites, as who stands last in the round's stream: a municipality, or a prefecture in
/// a round of its own sites. Several assignments add up and never exceed the grant.
#[utoipa::path(
    post, path = "/v1/assignments", tag = "plans", operation_id = "assignToSites", request_body = AssignToSites,
    security(("token" = [])),
    responses(
        (status = 200, body = PlanMoved, description = "Done; with Idempotency-Replayed when it was done before"),
        (status = 400, body = ProblemBody, content_type = "application/problem+json", description = "request.malformed, request.invalid_utf8"),
        (status = 401, body = ProblemBody, content_type = "application/problem+json", description = "auth.missing_token, auth.invalid_token"),
        (status = 403, body = ProblemBody, content_type = "application/problem+json", description = "auth.forbidden"),
        (status = 404, body = ProblemBody, content_type = "application/problem+json", description = "allocation.round_not_found, also for what you cannot see"),
        (status = 409, body = ProblemBody, content_type = "application/problem+json", description = "allocation.over_supply"),
        (status = 413, body = ProblemBody, content_type = "application/problem+json", description = "request.too_large"),
        (status = 415, body = ProblemBody, content_type = "application/problem+json", description = "request.unsupported_media_type"),
        (status = 422, body = ProblemBody, content_type = "application/problem+json", description = "allocation.wrong_level, allocation.not_granted, request.invalid with errors, idempotency.key_reused"),
        (status = 429, body = ProblemBody, content_type = "application/problem+json", description = "request.rate_limited"),
        (status = 503, body = ProblemBody, content_type = "application/problem+json", description = "service.unavailable: send the same id again"),
    )
)]
pub async fn assign(req: HttpRequest, payload: web::Payload, allocation: web::Data<Allocation>) -> HttpResponse {
    run(&req, payload, &allocation, |allocation, ctx, body: AssignToSites| async move {
        assign_to_sites(&allocation, &ctx, body).await
    })
    .await
}
