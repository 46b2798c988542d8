//! REST of identity: one screen lists all routes.
pub mod account;
pub mod break_glass;
pub mod delegation;
pub mod me;
pub mod notice;
pub mod oidc;
pub mod reach;
pub mod service_account;
pub mod session;
pub mod token;
pub mod views;

mod respond;

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
        .service(resource("/v1/facilities/{key}/views", "GET, HEAD").route(get().to(views::list)))
        .service(
            resource("/v1/break-glass", "GET, HEAD, POST")
                .route(get().to(break_glass::list))
                .route(web::post().to(break_glass::open)),
        )
        .service(resource("/v1/break-glass/{access}:review", "POST").route(web::post().to(break_glass::review)))
        .service(resource("/v1/me", "GET, HEAD").route(get().to(session::me)))
        .service(
            resource("/v1/accounts", "GET, HEAD, POST")
                .route(get().to(account::list))
                .route(web::post().to(account::issue_one)),
        )
        .service(resource("/v1/accounts:batch", "POST").route(web::post().to(account::issue_many)))
        .service(resource("/v1/accounts/{name}:suspend", "POST").route(web::post().to(account::suspend)))
        .service(resource("/v1/accounts/{name}:resume", "POST").route(web::post().to(account::resume)))
        .service(resource("/v1/accounts/{name}:close", "POST").route(web::post().to(account::close)))
        .service(resource("/v1/accounts/{name}:confirm", "POST").route(web::post().to(account::confirm)))
        .service(
            resource("/v1/accounts/{name}:reset-second-factor", "POST")
                .route(web::post().to(account::reset_second_factor)),
        )
        .service(resource("/v1/accounts/{name}:reinvite", "POST").route(web::post().to(account::invite)))
        .service(resource("/v1/invitations:redeem", "POST").route(web::post().to(account::redeem_invitation)))
        .service(
            resource("/v1/delegations", "GET, HEAD, POST")
                .route(get().to(delegation::list))
                .route(web::post().to(delegation::propose)),
        )
        .service(resource("/v1/delegations/{delegation}:confirm", "POST").route(web::post().to(delegation::second)))
        .service(resource("/v1/delegations/{delegation}:end", "POST").route(web::post().to(delegation::end)))
        .service(
            resource("/v1/notices", "GET, HEAD, POST")
                .route(get().to(notice::list))
                .route(web::post().to(notice::publish_one)),
        )
        .service(resource("/v1/notices/{notice}:correct", "POST").route(web::post().to(notice::correct_one)))
        .service(resource("/v1/notices/{notice}:withdraw", "POST").route(web::post().to(notice::withdraw_one)))
        .service(resource("/v1/notices/{notice}:acknowledge", "POST").route(web::post().to(notice::acknowledge_one)))
        .service(resource("/v1/notices/{notice}/page", "GET, HEAD").route(get().to(notice::print)))
        .service(resource("/v1/notices/{notice}/readers", "GET, HEAD").route(get().to(notice::readers)))
        .service(resource("/v1/notices/{notice}/attachments/{place}", "GET, HEAD").route(get().to(notice::attachment)))
        .service(resource("/v1/notices/{notice}", "GET, HEAD").route(get().to(notice::read)))
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
        account::issue_one, account::issue_many, account::list, account::suspend, account::resume, account::close,
        account::confirm, account::reset_second_factor, account::invite, account::redeem_invitation,
        delegation::propose, delegation::list, delegation::second, delegation::end, notice::publish_one, notice::list,
        notice::read, notice::print, notice::attachment, notice::readers, notice::correct_one, notice::withdraw_one,
        notice::acknowledge_one,
        views::list, break_glass::open, break_glass::list, break_glass::review,
        session::begin, session::renew, session::list, session::end, session::me,
        oidc::start, oidc::callback, oidc::finish,
        me::begin, me::confirm, me::password,
        service_account::issue, service_account::list, service_account::rotate, service_account::revoke,
        reach::share, reach::end_sharing, reach::list_sharing, reach::merge, reach::close, reach::reopen,
    ),
    tags(
        (name = "tokens", description = "Signing in"),
        (name = "sessions", description = "Signed-in browsers"),
        (name = "accounts", description = "Accounts and the invitations to them"),
        (name = "delegations", description = "Acting for another organisation"),
        (name = "notices", description = "お知らせ, 事務連絡"),
        (name = "audit", description = "Who saw what, and access in an emergency"),
        (name = "service accounts", description = "Machines"),
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
