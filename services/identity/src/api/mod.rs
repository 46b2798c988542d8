//! REST of identity: one screen lists all routes.
pub mod token;
pub mod views;

use actix_web::web;
use platform::http::{get, resource};
use utoipa::OpenApi;

/// Mounts the routes.
pub fn configure(identity: &crate::Identity, config: &mut web::ServiceConfig) {
    config
        .app_data(web::Data::new(identity.clone()))
        .service(resource("/v1/tokens", "POST").route(web::post().to(token::issue)))
        .service(resource("/.well-known/jwks.json", "GET, HEAD").route(get().to(token::keys)))
        .service(resource("/v1/facilities/{key}/views", "GET, HEAD").route(get().to(views::list)));
}

#[derive(OpenApi)]
#[openapi(
    info(title = "Meguri identity", version = "1", license(name = "Apache-2.0")),
    paths(token::issue, token::keys, views::list),
    tags((name = "tokens", description = "Signing in"), (name = "audit", description = "Who saw what"))
)]
struct Document;

/// The OpenAPI document, committed as contracts/openapi/identity.json.
#[must_use]
pub fn openapi() -> utoipa::openapi::OpenApi {
    Document::openapi()
}
