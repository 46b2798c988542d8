//! Capacity through its public API, on a real PostgreSQL.
mod aggregates;
mod batch;
mod faults;
mod idempotency;
mod refusals;
mod submit;
