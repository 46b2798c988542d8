//! The use cases.
pub mod dead;
pub mod replay;
pub mod status;
pub mod subscriptions;
