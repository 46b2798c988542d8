//! Distribution's SQL, all of it: schema `distribution` but for the books (crate `ledger`) and the inbox
//! (`platform::inbox`), and the facts of `reference` that it joins.
pub mod read;
pub mod rows;
mod schema;
mod sql;
pub mod stock;
pub mod write;
