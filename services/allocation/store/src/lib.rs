//! Allocation's SQL, all of it: schema `allocation` but for the books (crate `ledger`), and the facts
//! of `reference` that it joins.
pub mod read;
pub mod rows;
mod schema;
mod sql;
pub mod write;
