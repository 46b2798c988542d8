//! Identity through its public API and its use cases, on a real PostgreSQL.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::cast_possible_truncation, reason = "a test may stop")]
mod accounts;
mod break_glass;
mod browser;
mod delegations;
mod facilities;
mod instance;
mod keys;
mod lockout;
mod notices;
mod oidc;
mod people;
mod reach;
mod second_factor;
mod service_accounts;
mod sessions;
mod tokens;
