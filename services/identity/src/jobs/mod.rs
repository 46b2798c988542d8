//! What runs by itself.
pub mod keys;
pub mod sessions;
