//! Work that runs by itself.
pub mod month_keeper;
