//! Identity through its public API and its use cases, on a real PostgreSQL.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::cast_possible_truncation, reason = "a test may stop")]
mod browser;
mod facilities;
mod instance;
mod keys;
mod lockout;
mod oidc;
mod second_factor;
mod service_accounts;
mod sessions;
mod tokens;
