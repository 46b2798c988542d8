//! Plumbing under every service: HTTP, tokens, the database and its transactions, the outbox,
//! idempotency, the audit trail, time. No rule of the field stands here.
pub mod amqp;
pub mod audit;
pub mod auth;
pub mod background;
mod client;
pub mod clock;
pub mod db;
pub mod directory;
pub mod emergencies;
pub mod failure;
pub mod http;
pub mod idempotency;
pub mod inbox;
pub mod limit;
pub mod migrate;
pub mod months;
pub mod one_time;
pub mod opctx;
pub mod outbox;
pub mod outbox_unsent;
pub mod revocations;
mod schema;
pub mod seal;
pub mod serve;
pub mod statement;
pub mod telemetry;
pub mod views;

pub use client::{http_client, outside_client};
pub use db::{Db, Position, Tx};
pub use failure::Failure;
pub use opctx::OpCtx;
pub use serve::Shared;
