//! What runs by itself.
pub mod calendar;
pub mod deadlines;
