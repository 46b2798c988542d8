//! Identity through its public API and its use cases, on a real PostgreSQL.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::cast_possible_truncation, reason = "a test may stop")]
mod break_glass;
mod browser;
mod facilities;
mod instance;
mod sessions;
mod tokens;
