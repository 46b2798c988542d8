//! What runs by itself.
pub mod overdue;
