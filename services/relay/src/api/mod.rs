//! REST of relay: one screen lists all routes.
pub mod subscription;

use crate::Notices;
use actix_web::web;
use platform::http::{get, resource};
use utoipa::OpenApi;
use wire::openapi::Bearer;

/// Mounts the routes.
pub fn configure(notices: &Notices, config: &mut web::ServiceConfig) {
    config
        .app_data(web::Data::new(notices.clone()))
        .service(
            resource("/v1/subscriptions", "GET, HEAD, POST")
                .route(get().to(subscription::list))
                .route(web::post().to(subscription::subscribe)),
        )
        .service(
            resource("/v1/subscriptions/{subscription}:confirm", "POST").route(web::post().to(subscription::confirm)),
        )
        .service(resource("/v1/subscriptions/{subscription}", "DELETE").route(web::delete().to(subscription::end)));
}

#[derive(OpenApi)]
#[openapi(
    info(title = "Meguri relay", version = "1", license(name = "Apache-2.0")),
    paths(subscription::subscribe, subscription::list, subscription::confirm, subscription::end),
    modifiers(&Bearer),
    tags((name = "subscriptions", description = "Notices by mail and webhook"))
)]
struct Document;

/// The OpenAPI document, committed as contracts/openapi/relay.json.
#[must_use]
pub fn openapi() -> utoipa::openapi::OpenApi {
    Document::openapi()
}
