//! REST of identity: one screen lists all routes.
pub mod me;
pub mod oidc;
pub mod service_account;
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
            resource("/v1/sessions", "GET, HEAD, POST")
                .route(get().to(session::list))
                .route(web::post().to(session::begin)),
        )
        .service(resource("/v1/sessions:renew", "POST").route(web::post().to(session::renew)))
        .service(resource("/v1/sessions/{session}", "DELETE").route(web::delete().to(session::end)))
        .service(resource("/v1/me", "GET, HEAD").route(get().to(session::me)))
        .service(resource("/v1/sessions:oidc", "POST").route(web::post().to(oidc::finish)))
        .service(resource("/v1/oidc/{provider}/start", "GET, HEAD").route(get().to(oidc::start)))
        .service(resource("/v1/oidc/{provider}/callback", "GET, HEAD").route(get().to(oidc::callback)))
        .service(resource("/v1/me/second-factor", "POST").route(web::post().to(me::begin)))
        .service(resource("/v1/me/second-factor:confirm", "POST").route(web::post().to(me::confirm)))
        .service(resource("/v1/me/password", "POST").route(web::post().to(me::password)))
        .service(
            resource("/v1/service-accounts", "GET, HEAD, POST")
                .route(get().to(service_account::list))
                .route(web::post().to(service_account::issue)),
        )
        .service(resource("/v1/service-accounts/{name}:rotate", "POST").route(web::post().to(service_account::rotate)))
        .service(resource("/v1/service-accounts/{name}", "DELETE").route(web::delete().to(service_account::revoke)))
        .service(resource("/.well-known/jwks.json", "GET, HEAD").route(get().to(token::keys)));
}

#[derive(OpenApi)]
#[openapi(
    info(title = "Meguri identity", version = "1", license(name = "Apache-2.0")),
    paths(
        token::issue, token::keys,
        session::begin, session::renew, session::list, session::end, session::me,
        oidc::start, oidc::callback, oidc::finish,
        me::begin, me::confirm, me::password,
        service_account::issue, service_account::list, service_account::rotate, service_account::revoke,
    ),
    tags(
        (name = "tokens", description = "Signing in"),
        (name = "sessions", description = "Signed-in browsers"),
        (name = "service accounts", description = "Machines"),
    )
)]
struct Document;

/// The OpenAPI document, committed as contracts/openapi/identity.json.
#[must_use]
pub fn openapi() -> utoipa::openapi::OpenApi {
    Document::openapi()
}
