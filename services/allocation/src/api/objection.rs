//! `POST /v1/plans/{plan}:object`, `/v1/objections/{objection}:answer`; `GET /v1/objections/{objection}`,
//! `/v1/rounds/{round}/proposals/{recipient}`.
use crate::{
    Allocation,
    app::{
        object::{answer_objection, object_to_line},
        proposal::{read_objection, read_proposal},
    },
};
use actix_web::{HttpRequest, HttpResponse, web};
use domain::{Problem, TerritoryCode, error};
use platform::{OpCtx, failure::Result, http};
use serde::{Serialize, de::DeserializeOwned};
use std::future::Future;
use uuid::Uuid;
use wire::{
    objection::{AnswerObjection, ObjectToLine, Objection, ObjectionAnswered, ObjectionMade, Proposal},
    problem::ProblemBody,
};

fn part<'r>(req: &'r HttpRequest, name: &str) -> &'r str {
    req.match_info().get(name).unwrap_or_default()
}

/// What is no id names no objection.
fn objection_id(req: &HttpRequest) -> Result<Uuid> {
    let text = part(req, "objection");
    let missing = || Problem::new(&error::ALLOCATION_OBJECTION_NOT_FOUND).with("objection", text);
    Ok(text.parse().map_err(|_| missing())?)
}

/// Reads the request, does the write, answers what came of it; `position` is the answer's.
async fn write<B, A, W>(
    req: &HttpRequest,
    payload: web::Payload,
    allocation: &web::Data<Allocation>,
    position: fn(&A) -> &str,
    work: impl FnOnce(Allocation, OpCtx, B) -> W,
) -> HttpResponse
where
    B: DeserializeOwned,
    A: Serialize + Send + 'static,
    W: Future<Output = Result<(A, bool)>> + Send + 'static,
{
    http::answer(req, async {
        let ctx = http::signed_in(req).await?;
        let body: B = http::read_json(req, payload, http::BODY_BYTES_MAX).await?;
        let allocation = allocation.get_ref().clone();
        let shared = allocation.shared.clone();
        let (answer, replayed) = shared.unit_of_work(work(allocation, ctx, body)).await?;
        http::written(&answer, position(&answer), replayed)
    })
    .await
}

/// Object to your own territory's line of a plan that was handed in, as long as its window is open.
#[utoipa::path(
    post, path = "/v1/plans/{plan}:object", tag = "objections", operation_id = "objectToLine",
    request_body = ObjectToLine,
    security(("token" = [])),
    params(("plan" = uuid::Uuid, Path, description = "The plan")),
    responses(
        (status = 200, body = ObjectionMade, description = "Done; with Idempotency-Replayed when it was done before"),
        (status = 400, body = ProblemBody, content_type = "application/problem+json", description = "request.malformed, request.invalid_utf8"),
        (status = 401, body = ProblemBody, content_type = "application/problem+json", description = "auth.missing_token, auth.invalid_token"),
        (status = 403, body = ProblemBody, content_type = "application/problem+json", description = "auth.forbidden"),
        (status = 404, body = ProblemBody, content_type = "application/problem+json", description = "allocation.plan_not_found, also for what is not disclosed to you"),
        (status = 409, body = ProblemBody, content_type = "application/problem+json", description = "allocation.window_closed, allocation.wrong_state, allocation.stale_plan"),
        (status = 413, body = ProblemBody, content_type = "application/problem+json", description = "request.too_large"),
        (status = 415, body = ProblemBody, content_type = "application/problem+json", description = "request.unsupported_media_type"),
        (status = 422, body = ProblemBody, content_type = "application/problem+json", description = "request.invalid with errors, idempotency.key_reused"),
        (status = 429, body = ProblemBody, content_type = "application/problem+json", description = "request.rate_limited"),
        (status = 503, body = ProblemBody, content_type = "application/problem+json", description = "service.unavailable: send the same id again"),
    )
)]
pub async fn object(req: HttpRequest, payload: web::Payload, allocation: web::Data<Allocation>) -> HttpResponse {
    let plan = super::plan::plan_id(&req);
    write(
        &req,
        payload,
        &allocation,
        |made: &ObjectionMade| made.position.as_str(),
        move |allocation, ctx, body: ObjectToLine| async move { object_to_line(&allocation, &ctx, plan?, body).await },
    )
    .await
}

/// Answer an objection to your plan in writing, once.
#[utoipa::path(
    post, path = "/v1/objections/{objection}:answer", tag = "objections", operation_id = "answerObjection",
    request_body = AnswerObjection,
    security(("token" = [])),
    params(("objection" = uuid::Uuid, Path, description = "The objection")),
    responses(
        (status = 200, body = ObjectionAnswered, description = "Done; with Idempotency-Replayed when it was done before"),
        (status = 400, body = ProblemBody, content_type = "application/problem+json", description = "request.malformed, request.invalid_utf8"),
        (status = 401, body = ProblemBody, content_type = "application/problem+json", description = "auth.missing_token, auth.invalid_token"),
        (status = 403, body = ProblemBody, content_type = "application/problem+json", description = "auth.forbidden"),
        (status = 404, body = ProblemBody, content_type = "application/problem+json", description = "allocation.objection_not_found, also for one of others"),
        (status = 409, body = ProblemBody, content_type = "application/problem+json", description = "allocation.objection_answered"),
        (status = 413, body = ProblemBody, content_type = "application/problem+json", description = "request.too_large"),
        (status = 415, body = ProblemBody, content_type = "application/problem+json", description = "request.unsupported_media_type"),
        (status = 422, body = ProblemBody, content_type = "application/problem+json", description = "request.invalid with errors, idempotency.key_reused"),
        (status = 429, body = ProblemBody, content_type = "application/problem+json", description = "request.rate_limited"),
        (status = 503, body = ProblemBody, content_type = "application/problem+json", description = "service.unavailable: send the same id again"),
    )
)]
pub async fn answer(req: HttpRequest, payload: web::Payload, allocation: web::Data<Allocation>) -> HttpResponse {
    let objection = objection_id(&req);
    write(
        &req,
        payload,
        &allocation,
        |answered: &ObjectionAnswered| answered.position.as_str(),
        move |allocation, ctx, body: AnswerObjection| async move {
            answer_objection(&allocation, &ctx, objection?, body).await
        },
    )
    .await
}

/// An objection with its answer, for who made it and for the plan's holder.
#[utoipa::path(
    get, path = "/v1/objections/{objection}", tag = "objections", operation_id = "readObjection",
    security(("token" = [])),
    params(("objection" = uuid::Uuid, Path, description = "The objection")),
    responses(
        (status = 200, body = Objection, description = "The objection"),
        (status = 401, body = ProblemBody, content_type = "application/problem+json", description = "auth.missing_token, auth.invalid_token"),
        (status = 404, body = ProblemBody, content_type = "application/problem+json", description = "allocation.objection_not_found, also for one of others"),
        (status = 429, body = ProblemBody, content_type = "application/problem+json", description = "request.rate_limited"),
        (status = 503, body = ProblemBody, content_type = "application/problem+json", description = "service.unavailable"),
    )
)]
pub async fn read(req: HttpRequest, allocation: web::Data<Allocation>) -> HttpResponse {
    http::answer(&req, async {
        let ctx = http::signed_in(&req).await?;
        let id = objection_id(&req)?;
        let allocation = allocation.get_ref().clone();
        let shared = allocation.shared.clone();
        let work = async move { read_objection(&allocation, &ctx, id).await };
        http::json(HttpResponse::Ok(), &shared.unit_of_work(work).await?)
    })
    .await
}

/// What is proposed for a territory in a round by a plan that was handed in and may be objected to: the
/// plan's head and the territory's own line. Not decided yet.
#[utoipa::path(
    get, path = "/v1/rounds/{round}/proposals/{recipient}", tag = "objections", operation_id = "readProposal",
    security(("token" = [])),
    params(
        ("round" = uuid::Uuid, Path, description = "The round"),
        ("recipient" = String, Path, description = "The territory's code", example = "310000"),
    ),
    responses(
        (status = 200, body = Proposal, description = "What is proposed"),
        (status = 401, body = ProblemBody, content_type = "application/problem+json", description = "auth.missing_token, auth.invalid_token"),
        (status = 404, body = ProblemBody, content_type = "application/problem+json", description = "allocation.proposal_not_found, also for what is not disclosed to you"),
        (status = 429, body = ProblemBody, content_type = "application/problem+json", description = "request.rate_limited"),
        (status = 503, body = ProblemBody, content_type = "application/problem+json", description = "service.unavailable"),
    )
)]
pub async fn proposal(req: HttpRequest, allocation: web::Data<Allocation>) -> HttpResponse {
    http::answer(&req, async {
        let ctx = http::signed_in(&req).await?;
        let (round, recipient) = (part(&req, "round"), part(&req, "recipient"));
        // what is no id and no code names nothing
        let missing = || {
            let problem = Problem::new(&error::ALLOCATION_PROPOSAL_NOT_FOUND);
            problem.with("round", round).with("recipient", recipient)
        };
        let id: Uuid = round.parse().map_err(|_| missing())?;
        let code = TerritoryCode::parse(recipient).map_err(|_| missing())?;
        let allocation = allocation.get_ref().clone();
        let shared = allocation.shared.clone();
        let work = async move { read_proposal(&allocation, &ctx, id, code).await };
        http::json(HttpResponse::Ok(), &shared.unit_of_work(work).await?)
    })
    .await
}
