//! What runs by itself.
pub mod sessions;
