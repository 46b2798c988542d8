//! REST of allocation: one screen lists all routes.
pub mod amendment;
pub mod indicator;
pub mod objection;
pub mod past_round;
pub mod plan;
pub mod release;
pub mod rule;
pub mod what_if;

use actix_web::{HttpRequest, HttpResponse, web};
use domain::Problem;
use platform::{
    Failure,
    failure::Result,
    http::{self, get, resource},
};
use utoipa::OpenApi;
use wire::{openapi::Bearer, plan::LineDifference, problem::ProblemBody};

/// Another officer was faster: the difference, line by line.
fn stale(req: &HttpRequest, problem: &Problem, difference: Vec<LineDifference>) -> Result<HttpResponse> {
    let mut body = ProblemBody::new(problem, req.path(), &http::request_id(req).to_string());
    body.difference = difference;
    let mut response = HttpResponse::Conflict();
    response.content_type("application/problem+json");
    Ok(response.body(serde_json::to_vec(&body).map_err(Failure::from)?))
}

/// Mounts the routes.
pub fn configure(allocation: &crate::Allocation, config: &mut web::ServiceConfig) {
    config
        .app_data(web::Data::new(allocation.clone()))
        .service(resource("/v1/plans", "POST").route(web::post().to(plan::compute)))
        .service(resource("/v1/plans/{plan}:adjust", "POST").route(web::post().to(plan::adjust)))
        .service(resource("/v1/plans/{plan}:submit", "POST").route(web::post().to(plan::submit)))
        .service(resource("/v1/plans/{plan}:take-back", "POST").route(web::post().to(plan::take_back)))
        .service(resource("/v1/plans/{plan}:object", "POST").route(web::post().to(objection::object)))
        .service(resource("/v1/objections/{objection}:answer", "POST").route(web::post().to(objection::answer)))
        .service(resource("/v1/objections/{objection}", "GET, HEAD").route(get().to(objection::read)))
        .service(resource("/v1/rounds/{round}/proposals/{recipient}", "GET, HEAD").route(get().to(objection::proposal)))
        .service(resource("/v1/plans/{plan}:approve", "POST").route(web::post().to(plan::approve)))
        .service(resource("/v1/plans/{plan}:commit", "POST").route(web::post().to(plan::commit)))
        .service(resource("/v1/plans/{plan}/document", "GET, HEAD").route(get().to(rule::document)))
        .service(
            resource("/v1/rules", "GET, HEAD, POST")
                .route(get().to(rule::list))
                .route(web::post().to(rule::publish_rule)),
        )
        .service(resource("/v1/rules/{rule}", "GET, HEAD").route(get().to(rule::read)))
        .service(
            resource("/v1/public/allocations/{round}/{territory}", "GET, HEAD")
                .route(get().to(rule::public_allocation)),
        )
        .service(resource("/v1/indicators", "GET, HEAD").route(get().to(indicator::list)))
        .service(resource("/v1/indicators/{code}", "PUT").route(web::put().to(indicator::put)))
        .service(resource("/v1/indicators/{code}/values", "POST").route(web::post().to(indicator::record)))
        .service(resource("/v1/what-ifs", "POST").route(web::post().to(what_if::run)))
        .service(resource("/v1/what-ifs/{what_if}", "GET, HEAD").route(get().to(what_if::read)))
        .service(resource("/v1/past-rounds", "GET, HEAD").route(get().to(past_round::list)))
        .service(resource("/v1/goods", "GET, HEAD").route(get().to(past_round::goods)))
        .service(resource("/v1/plans/{plan}:amend", "POST").route(web::post().to(amendment::amend)))
        .service(resource("/v1/amendments/{amendment}:commit", "POST").route(web::post().to(amendment::commit)))
        .service(resource("/v1/amendments/{amendment}:choose", "POST").route(web::post().to(amendment::choose)))
        .service(resource("/v1/assignments:withdraw", "POST").route(web::post().to(amendment::withdraw)))
        .service(resource("/v1/assignments", "POST").route(web::post().to(plan::assign)))
        .service(resource("/v1/releases", "POST").route(web::post().to(release::release)));
}

#[derive(OpenApi)]
#[openapi(
    info(title = "Meguri allocation", version = "1", license(name = "Apache-2.0")),
    paths(
        plan::compute,
        plan::adjust,
        plan::submit,
        plan::take_back,
        plan::approve,
        plan::commit,
        plan::assign,
        amendment::amend,
        amendment::commit,
        amendment::choose,
        amendment::withdraw,
        objection::object,
        objection::answer,
        objection::read,
        objection::proposal,
        release::release,
        rule::publish_rule,
        rule::list,
        rule::read,
        rule::document,
        rule::public_allocation,
        indicator::list,
        indicator::put,
        indicator::record,
        what_if::run,
        what_if::read,
        past_round::list,
        past_round::goods
    ),
    modifiers(&Bearer),
    tags(
        (name = "plans", description = "What one level grants to the level below"),
        (name = "amendments", description = "Committed plans that change, and assignments that are taken back"),
        (name = "objections", description = "What those below say against a plan that was handed in"),
        (name = "releases", description = "Assigned lines that become shipments"),
        (name = "rules", description = "Rules, what was computed by them, and what anybody may know of it"),
        (name = "indicators", description = "What is counted for places"),
        (name = "what-ifs", description = "What other rules would give: no allocations"),
        (name = "past rounds", description = "What was allocated in the past, as it was published"),
        (name = "goods", description = "What goes along with products"),
    )
)]
struct Document;

/// The OpenAPI document, committed as contracts/openapi/allocation.json.
#[must_use]
pub fn openapi() -> utoipa::openapi::OpenApi {
    Document::openapi()
}
