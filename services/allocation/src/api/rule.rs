//! `/v1/rules`, `/v1/rules/{rule}`, `/v1/plans/{plan}/document`, `/v1/public/allocations/{round}/{territory}`:
//! what anybody may know.
use crate::{
    Allocation,
    app::{publish, rules},
};
use actix_web::{HttpRequest, HttpResponse, web};
use domain::{Problem, TerritoryCode, error};
use platform::{failure::Result, http};
use serde_json::Value;
use uuid::Uuid;
use wire::{
    headers,
    problem::ProblemBody,
    rule::{PublicAllocation, RuleDocument, RuleList},
};

/// Publish a version of a rule. The body is the document, allocation-rule/1. A version never changes: the same
/// document again is answered as before.
#[utoipa::path(
    post, path = "/v1/rules", tag = "rules", operation_id = "publishRule", request_body = Object,
    security(("token" = [])),
    responses(
        (status = 200, body = RuleDocument, description = "Published; with Idempotency-Replayed when it was published before"),
        (status = 400, body = ProblemBody, content_type = "application/problem+json", description = "request.malformed, request.invalid_utf8"),
        (status = 401, body = ProblemBody, content_type = "application/problem+json", description = "auth.missing_token, auth.invalid_token"),
        (status = 403, body = ProblemBody, content_type = "application/problem+json", description = "auth.forbidden"),
        (status = 409, body = ProblemBody, content_type = "application/problem+json", description = "allocation.rule_exists"),
        (status = 413, body = ProblemBody, content_type = "application/problem+json", description = "request.too_large"),
        (status = 415, body = ProblemBody, content_type = "application/problem+json", description = "request.unsupported_media_type"),
        (status = 422, body = ProblemBody, content_type = "application/problem+json", description = "request.invalid with the path of what is wrong"),
        (status = 429, body = ProblemBody, content_type = "application/problem+json", description = "request.rate_limited"),
        (status = 503, body = ProblemBody, content_type = "application/problem+json", description = "service.unavailable: send it again"),
    )
)]
pub async fn publish_rule(req: HttpRequest, payload: web::Payload, allocation: web::Data<Allocation>) -> HttpResponse {
    http::answer(&req, async {
        let ctx = http::signed_in(&req).await?;
        let text = http::read_text(&req, payload, http::BODY_BYTES_MAX).await?;
        // as the rule's own reader does: a key that stands twice is a mistake, not a choice
        let document: Value = domain::rule::json::read(text.as_bytes())?;
        let allocation = allocation.get_ref().clone();
        let shared = allocation.shared.clone();
        let work = async move { rules::publish_rule(&allocation.db, &ctx, &document).await };
        let (rule, replayed) = shared.unit_of_work(work).await?;
        let mut response = HttpResponse::Ok();
        if replayed {
            response.insert_header((headers::IDEMPOTENCY_REPLAYED, "true"));
        }
        http::json(response, &rule)
    })
    .await
}

/// All published rules, without their documents. Open to everybody.
#[utoipa::path(
    get, path = "/v1/rules", tag = "rules", operation_id = "listRules",
    responses(
        (status = 200, body = RuleList, description = "By code, the newest version first"),
        (status = 401, body = ProblemBody, content_type = "application/problem+json", description = "auth.invalid_token"),
        (status = 429, body = ProblemBody, content_type = "application/problem+json", description = "request.rate_limited"),
        (status = 503, body = ProblemBody, content_type = "application/problem+json", description = "service.unavailable"),
    )
)]
pub async fn list(req: HttpRequest, allocation: web::Data<Allocation>) -> HttpResponse {
    http::answer(&req, async {
        let ctx = http::context(&req).await?;
        let allocation = allocation.get_ref().clone();
        let shared = allocation.shared.clone();
        let list = shared.unit_of_work(async move { rules::rules(&allocation, &ctx).await }).await?;
        http::json(HttpResponse::Ok(), &list)
    })
    .await
}

/// A version of a rule with its document. Open to everybody.
#[utoipa::path(
    get, path = "/v1/rules/{rule}", tag = "rules", operation_id = "readRule",
    params(("rule" = String, Path, description = "`code@version`")),
    responses(
        (status = 200, body = RuleDocument, description = "The rule"),
        (status = 401, body = ProblemBody, content_type = "application/problem+json", description = "auth.invalid_token"),
        (status = 404, body = ProblemBody, content_type = "application/problem+json", description = "allocation.rule_not_found"),
        (status = 429, body = ProblemBody, content_type = "application/problem+json", description = "request.rate_limited"),
        (status = 503, body = ProblemBody, content_type = "application/problem+json", description = "service.unavailable"),
    )
)]
pub async fn read(req: HttpRequest, allocation: web::Data<Allocation>) -> HttpResponse {
    http::answer(&req, async {
        let ctx = http::context(&req).await?;
        let name = req.match_info().get("rule").unwrap_or_default().to_owned();
        let allocation = allocation.get_ref().clone();
        let shared = allocation.shared.clone();
        let rule = shared.unit_of_work(async move { rules::rule(&allocation, &ctx, &name).await }).await?;
        http::json(HttpResponse::Ok(), &rule)
    })
    .await
}

/// What was computed for a plan, allocation-plan/1 in canonical bytes: rule, inputs, result and digests, from
/// which anyone can compute it again. Committed plans of the nation and of prefectures are open to everybody.
#[utoipa::path(
    get, path = "/v1/plans/{plan}/document", tag = "rules", operation_id = "readPlanDocument",
    params(("plan" = uuid::Uuid, Path, description = "The plan")),
    responses(
        (status = 200, body = Object, description = "The document"),
        (status = 401, body = ProblemBody, content_type = "application/problem+json", description = "auth.invalid_token"),
        (status = 404, body = ProblemBody, content_type = "application/problem+json", description = "allocation.plan_not_found, also for what you cannot see; allocation.no_document"),
        (status = 429, body = ProblemBody, content_type = "application/problem+json", description = "request.rate_limited"),
        (status = 503, body = ProblemBody, content_type = "application/problem+json", description = "service.unavailable"),
    )
)]
pub async fn document(req: HttpRequest, allocation: web::Data<Allocation>) -> HttpResponse {
    http::answer(&req, async {
        let ctx = http::context(&req).await?;
        let text = req.match_info().get("plan").unwrap_or_default();
        let missing = || Problem::new(&error::ALLOCATION_PLAN_NOT_FOUND).with("plan", text);
        let plan: Uuid = text.parse().map_err(|_| missing())?;
        let allocation = allocation.get_ref().clone();
        let shared = allocation.shared.clone();
        let document =
            shared.unit_of_work(async move { publish::plan_document(&allocation, &ctx, plan).await }).await?;
        Ok(HttpResponse::Ok().content_type("application/json").body(document))
    })
    .await
}

/// What was granted to a territory in a round, and why. Open to everybody; only what is committed.
#[utoipa::path(
    get, path = "/v1/public/allocations/{round}/{territory}", tag = "rules", operation_id = "readPublicAllocation",
    params(
        ("round" = uuid::Uuid, Path, description = "The round"),
        ("territory" = String, Path, description = "A prefecture's or municipality's code"),
    ),
    responses(
        (status = 200, body = PublicAllocation, description = "What and why"),
        (status = 401, body = ProblemBody, content_type = "application/problem+json", description = "auth.invalid_token"),
        (status = 404, body = ProblemBody, content_type = "application/problem+json", description = "allocation.round_not_found; allocation.not_published, also before it is committed"),
        (status = 422, body = ProblemBody, content_type = "application/problem+json", description = "territory.malformed, territory.check_digit"),
        (status = 429, body = ProblemBody, content_type = "application/problem+json", description = "request.rate_limited"),
        (status = 503, body = ProblemBody, content_type = "application/problem+json", description = "service.unavailable"),
    )
)]
pub async fn public_allocation(req: HttpRequest, allocation: web::Data<Allocation>) -> HttpResponse {
    http::answer(&req, async {
        let ctx = http::context(&req).await?;
        let (round, territory) = address(&req)?;
        let allocation = allocation.get_ref().clone();
        let shared = allocation.shared.clone();
        let work = async move { publish::public_allocation(&allocation, &ctx, round, territory).await };
        http::json(HttpResponse::Ok(), &shared.unit_of_work(work).await?)
    })
    .await
}

fn address(req: &HttpRequest) -> Result<(Uuid, TerritoryCode)> {
    let part = |name: &str| req.match_info().get(name).unwrap_or_default();
    let missing = || Problem::new(&error::ALLOCATION_ROUND_NOT_FOUND).with("round", part("round"));
    Ok((part("round").parse().map_err(|_| missing())?, TerritoryCode::parse(part("territory"))?))
}
