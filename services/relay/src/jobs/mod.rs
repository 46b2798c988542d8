//! What runs by itself.
pub mod deliver;
pub mod drain;
pub mod notify;
pub(crate) mod partners;
pub mod replay;
