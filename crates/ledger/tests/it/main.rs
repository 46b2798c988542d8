//! The book against a real PostgreSQL: a model, races, crashes, and faults planted on purpose.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]
mod book;
mod faults;
mod model;
mod races;
mod rules;
mod speed;
mod use_case;
