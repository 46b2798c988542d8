//! What runs by itself.
pub mod drain;
pub mod notify;
pub(crate) mod partners;
pub mod replay;
