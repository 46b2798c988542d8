//! REST of identity: one screen lists all routes.
pub mod break_glass;
pub mod session;
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
        .service(
            resource("/v1/sessions", "GET, HEAD, POST")
                .route(get().to(session::list))
                .route(web::post().to(session::begin)),
        )
        .service(resource("/v1/sessions:renew", "POST").route(web::post().to(session::renew)))
        .service(resource("/v1/sessions/{session}", "DELETE").route(web::delete().to(session::end)))
        .service(resource("/v1/facilities/{key}/views", "GET, HEAD").route(get().to(views::list)))
        .service(
            resource("/v1/break-glass", "GET, HEAD, POST")
                .route(get().to(break_glass::list))
                .route(web::post().to(break_glass::open)),
        )
        .service(resource("/v1/break-glass/{access}:review", "POST").route(web::post().to(break_glass::review)))
        .service(resource("/v1/me", "GET, HEAD").route(get().to(session::me)))
        .service(resource("/.well-known/jwks.json", "GET, HEAD").route(get().to(token::keys)));
}

#[derive(OpenApi)]
#[openapi(
    info(title = "Meguri identity", version = "1", license(name = "Apache-2.0")),
    paths(
        token::issue, token::keys,
        session::begin, session::renew, session::list, session::end, session::me,
        views::list, break_glass::open, break_glass::list, break_glass::review,
    ),
    tags(
        (name = "tokens", description = "Signing in"),
        (name = "sessions", description = "Signed-in browsers"),
        (name = "audit", description = "Who saw what, and access in an emergency"),
    )
)]
struct Document;

/// The OpenAPI document, committed as contracts/openapi/identity.json.
#[must_use]
pub fn openapi() -> utoipa::openapi::OpenApi {
    Document::openapi()
}
