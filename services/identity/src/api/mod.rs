//! REST of identity: one screen lists all routes.
pub mod reach;
pub mod session;
pub mod token;

use actix_web::web;
use platform::http::{get, resource};
use utoipa::OpenApi;

/// Mounts the routes.
pub fn configure(identity: &crate::Identity, config: &mut web::ServiceConfig) {
    config
        .app_data(web::Data::new(identity.clone()))
        .service(resource("/v1/tokens", "POST").route(web::post().to(token::issue)))
        .service(
            resource("/v1/sharing-agreements", "GET, HEAD, POST")
                .route(get().to(reach::list_sharing))
                .route(web::post().to(reach::share)),
        )
        .service(resource("/v1/sharing-agreements/{agreement}:end", "POST").route(web::post().to(reach::end_sharing)))
        .service(resource("/v1/territories/{code}:merge", "POST").route(web::post().to(reach::merge)))
        .service(resource("/v1/facilities/{key}:close", "POST").route(web::post().to(reach::close)))
        .service(resource("/v1/facilities/{key}:reopen", "POST").route(web::post().to(reach::reopen)))
        .service(
            resource("/v1/sessions", "GET, HEAD, POST")
                .route(get().to(session::list))
                .route(web::post().to(session::begin)),
        )
        .service(resource("/v1/sessions:renew", "POST").route(web::post().to(session::renew)))
        .service(resource("/v1/sessions/{session}", "DELETE").route(web::delete().to(session::end)))
        .service(resource("/v1/me", "GET, HEAD").route(get().to(session::me)))
        .service(resource("/.well-known/jwks.json", "GET, HEAD").route(get().to(token::keys)));
}

#[derive(OpenApi)]
#[openapi(
    info(title = "Meguri identity", version = "1", license(name = "Apache-2.0")),
    paths(
        token::issue, token::keys,
        session::begin, session::renew, session::list, session::end, session::me,
        reach::share, reach::end_sharing, reach::list_sharing, reach::merge, reach::close, reach::reopen,
    ),
    tags(
        (name = "tokens", description = "Signing in"),
        (name = "sessions", description = "Signed-in browsers"),
        (name = "sharing", description = "What territories share with other bodies"),
        (name = "territories", description = "Mergers of municipalities"),
        (name = "facilities", description = "Closing and opening facilities"),
    )
)]
struct Document;

/// The OpenAPI document, committed as contracts/openapi/identity.json.
#[must_use]
pub fn openapi() -> utoipa::openapi::OpenApi {
    Document::openapi()
}
