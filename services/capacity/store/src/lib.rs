//! Capacity's SQL, all of it: schema `capacity`, and the facts of `reference` that it joins.
pub mod forms;
pub mod read;
pub mod rows;
mod schema;
mod sql;
pub mod write;
