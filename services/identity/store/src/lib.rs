//! Identity's SQL, all of it: schema `reference` (which identity alone writes) and schema `identity`.
pub mod break_glass;
pub mod oidc;
pub mod read;
pub mod rows;
mod schema;
pub mod write;
