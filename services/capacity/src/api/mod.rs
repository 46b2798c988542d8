//! REST of capacity: one screen lists all routes.
pub mod report;

use actix_web::web;
use platform::http::{get, resource};
use utoipa::OpenApi;
use wire::openapi::Bearer;

/// Mounts the routes.
pub fn configure(capacity: &crate::Capacity, config: &mut web::ServiceConfig) {
    config
        .app_data(web::Data::new(capacity.clone()))
        .service(resource("/v1/reports", "POST").route(web::post().to(report::submit)))
        .service(resource("/v1/reports:batch", "POST").route(web::post().to(report::submit_batch)))
        .service(resource("/v1/facilities/{key}/reports/{day}", "GET, HEAD").route(get().to(report::read_day)));
}

#[derive(OpenApi)]
#[openapi(
    info(title = "Meguri capacity", version = "1", license(name = "Apache-2.0")),
    paths(report::submit, report::submit_batch, report::read_day),
    modifiers(&Bearer),
    tags((name = "reports", description = "Facilities' reports and their corrections"))
)]
struct Document;

/// The OpenAPI document, committed as contracts/openapi/capacity.json.
#[must_use]
pub fn openapi() -> utoipa::openapi::OpenApi {
    Document::openapi()
}
