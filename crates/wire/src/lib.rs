//! What goes over the wire: requests, responses and events, written once and used by the services,
//! the gateway, the tests and the load tests. OpenAPI, the event schemas and the clients' types all
//! come from these definitions.
pub mod account;
pub mod amendment;
pub mod auth;
pub mod break_glass;
pub mod delegation;
pub mod delivery;
pub mod events;
pub mod goods;
pub mod indicator;
pub mod notice;
pub mod objection;
pub mod openapi;
pub mod past_round;
pub mod plan;
pub mod problem;
pub mod reach;
pub mod report;
pub mod rule;
pub mod shipment;
pub mod subscription;
pub mod text;
pub mod views;
pub mod what_if;

/// Names of the headers that we define; the same in every API.
pub mod headers {
    /// Business time of the instance, RFC 3339: what "now" means in a training instance.
    pub const CLOCK: &str = "Meguri-Clock";
    /// Commit position: a write answers it; a read that names it is answered no older.
    pub const POSITION: &str = "Meguri-Position";
    /// `true` when the first answer to an id is given again.
    pub const IDEMPOTENCY_REPLAYED: &str = "Idempotency-Replayed";
    /// The id of a write whose body has no place for one: a file.
    pub const IDEMPOTENCY_KEY: &str = "Idempotency-Key";
    /// `true` where the figures are those of a training instance.
    pub const TRAINING: &str = "Meguri-Training";
    /// `console`: sent with every write that is signed in by cookie. Another site cannot send it.
    pub const REQUEST: &str = "Meguri-Request";
    /// The request's id, ours or the caller's.
    pub const REQUEST_ID: &str = "X-Request-Id";
}
