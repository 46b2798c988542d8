//! Survey forms as data, the answers to them, and the sums over answers.
pub mod form;
pub mod sums;

pub use form::{Answer, Answers, Findings, Form, Item, Kind, Rule, Severity, Source};
pub use sums::{Figure, Overflow};
