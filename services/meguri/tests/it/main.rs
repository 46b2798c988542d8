//! The binary's parts against real servers.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::cast_possible_truncation, reason = "a test may stop")]
mod audit;
mod audit_book;
mod bank;
mod import;
mod operations;
