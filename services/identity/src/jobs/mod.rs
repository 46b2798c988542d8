//! What runs by itself.
pub mod delegations;
pub mod sessions;
