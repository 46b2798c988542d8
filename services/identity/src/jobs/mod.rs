//! What runs by itself.
pub mod delegations;
pub mod keys;
pub mod sessions;
