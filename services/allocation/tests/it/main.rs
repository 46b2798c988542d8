//! Allocation through its public API, on a real PostgreSQL.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::cast_possible_truncation, reason = "a test may stop")]
mod cascade;
mod idempotency;
mod own_site;
mod permission;
mod prepared;
mod refusals;
mod releases;
mod setup;
mod stale;
