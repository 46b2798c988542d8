//! The rules of the field, pure: no network, no database, no clock, no randomness.
//!
//! Every other crate leans on this one and it leans on none of them. What stands here can be read,
//! tested and reused without running anything: identifiers, the territory code and its check digit,
//! Japan's business day, the permission table, the survey form and its rules, the error codes.
pub mod amendment;
pub mod apportionment;
pub mod capacity;
pub mod delegation;
pub mod discrepancy;
pub mod error;
pub mod facility;
pub mod fairness;
pub mod fefo;
pub mod goods;
pub mod ids;
pub mod issuing;
pub mod lot;
pub mod notice;
pub mod partner;
pub mod plan;
pub mod policy;
pub mod redistribution;
pub mod rule;
pub mod shipment;
pub mod stream;
pub mod territory;
pub mod time;
pub mod units;

pub use error::{Code, FieldError, Problem};
pub use facility::{FacilityCode, FacilityKey, GmisId};
pub use partner::{BranchCode, WholesalerCode};
pub use territory::TerritoryCode;
pub use time::BusinessDay;
