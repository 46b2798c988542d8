//! Capacity through its public API, on a real PostgreSQL.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::cast_possible_truncation, reason = "a test may stop")]
mod aggregates;
mod batch;
mod faults;
mod idempotency;
mod prepared;
mod refusals;
mod submit;
