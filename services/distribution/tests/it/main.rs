//! Distribution through its public API and its use cases, on a real PostgreSQL.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::cast_possible_truncation, reason = "a test may stop")]
mod bridge;
mod cancel;
mod decisions;
mod disorder;
mod idempotency;
mod isolation;
mod messages;
mod orders;
mod prepared;
mod reads;
mod recall;
mod receipts;
mod refusals;
mod setup;
mod way;
