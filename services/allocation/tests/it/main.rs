//! Allocation through its public API, on a real PostgreSQL.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::cast_possible_truncation, reason = "a test may stop")]
mod amend;
mod amend_audit;
mod amend_bank;
mod amend_below;
mod calendar;
mod cascade;
mod freezers;
mod idempotency;
mod indicators;
mod objections;
mod own_site;
mod past;
mod permission;
mod prepared;
mod refusals;
mod releases;
mod rules;
mod second_person;
mod setup;
mod stale;
mod streams;
mod what_ifs;
