//! REST of allocation: one screen lists all routes.
pub mod plan;
pub mod release;

use actix_web::web;
use platform::http::resource;
use utoipa::OpenApi;
use wire::openapi::Bearer;

/// Mounts the routes.
pub fn configure(allocation: &crate::Allocation, config: &mut web::ServiceConfig) {
    config
        .app_data(web::Data::new(allocation.clone()))
        .service(resource("/v1/plans", "POST").route(web::post().to(plan::compute)))
        .service(resource("/v1/plans/{plan}:adjust", "POST").route(web::post().to(plan::adjust)))
        .service(resource("/v1/plans/{plan}:submit", "POST").route(web::post().to(plan::submit)))
        .service(resource("/v1/plans/{plan}:approve", "POST").route(web::post().to(plan::approve)))
        .service(resource("/v1/plans/{plan}:commit", "POST").route(web::post().to(plan::commit)))
        .service(resource("/v1/assignments", "POST").route(web::post().to(plan::assign)))
        .service(resource("/v1/releases", "POST").route(web::post().to(release::release)));
}

#[derive(OpenApi)]
#[openapi(
    info(title = "Meguri allocation", version = "1", license(name = "Apache-2.0")),
    paths(plan::compute, plan::adjust, plan::submit, plan::approve, plan::commit, plan::assign, release::release),
    modifiers(&Bearer),
    tags(
        (name = "plans", description = "What one level grants to the level below"),
        (name = "releases", description = "Assigned lines that become shipments"),
    )
)]
struct Document;

/// The OpenAPI document, committed as contracts/openapi/allocation.json.
#[must_use]
pub fn openapi() -> utoipa::openapi::OpenApi {
    Document::openapi()
}
