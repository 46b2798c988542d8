//! Work that runs by itself.
pub mod day_opener;
