//! The gateway: one GraphQL endpoint over the services.
//!
//! Reads run in process through the stores, with the caller's scope and one read-only snapshot per
//! request; writes are passed on to the service that owns the rule. The guard stands in front of the
//! executor and refuses what would cost too much before it is even validated.
mod answer;
pub mod console;
mod cursor;
mod forms;
mod guard;
mod http;
mod loader;
mod mutation;
mod query;
mod scalars;
mod schema;
mod session;
mod types;

#[cfg(test)]
mod tests;

use actix_web::web;
use std::sync::Arc;

/// What the gateway needs.
pub struct Settings {
    /// What all handlers share.
    pub shared: platform::Shared,
    /// Role `gateway`: reads `reference`, `capacity`, `allocation` and `distribution`, writes nothing.
    pub db: platform::Db,
    /// Role `gateway_views`: notes what the gateway shows of facilities, and reads nothing.
    pub views_db: platform::Db,
    /// Base URL of the identity service.
    pub identity_url: String,
    /// Base URL of the capacity service.
    pub capacity_url: String,
    /// Base URL of the allocation service.
    pub allocation_url: String,
    /// Base URL of the distribution service.
    pub distribution_url: String,
    /// Seals cursors; the same in all processes of an instance.
    pub cursor_secret: String,
}

/// The gateway. Cheap to clone.
#[derive(Clone)]
pub struct Gateway(Arc<Inner>);

/// What all requests share.
struct Inner {
    shared: platform::Shared,
    db: platform::Db,
    views_db: platform::Db,
    identity: mutation::client::Client,
    capacity: mutation::client::Client,
    allocation: mutation::client::Client,
    distribution: mutation::client::Client,
    cursors: cursor::Cursors,
    forms: forms::Forms,
    schemas: schema::Schemas,
    nullable: answer::Nullable,
}

impl Gateway {
    /// A gateway with these settings. Nothing is connected yet.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        let Settings {
            shared,
            db,
            views_db,
            identity_url,
            capacity_url,
            allocation_url,
            distribution_url,
            cursor_secret,
        } = settings;
        Self(Arc::new(Inner {
            shared,
            db,
            views_db,
            identity: mutation::client::Client::new(identity_url),
            capacity: mutation::client::Client::new(capacity_url),
            allocation: mutation::client::Client::new(allocation_url),
            distribution: mutation::client::Client::new(distribution_url),
            cursors: cursor::Cursors::new(&cursor_secret),
            forms: forms::Forms::default(),
            schemas: schema::Schemas::new(),
            nullable: answer::Nullable::of(&sdl()),
        }))
    }

    /// Mounts `POST /graphql`. Every other method is 405: a mutation must not run over GET.
    pub fn configure(&self, config: &mut web::ServiceConfig) {
        config
            .app_data(web::Data::new(self.clone()))
            .service(platform::http::resource("/graphql", "POST").route(web::post().to(http::post)));
    }
}

/// The schema's text, committed as graphql/schema.graphql.
#[must_use]
pub fn sdl() -> String {
    schema::sdl()
}
