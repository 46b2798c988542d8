//! The binary's parts against real servers.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::cast_possible_truncation, reason = "a test may stop")]
mod access;
mod audit;
mod audit_book;
mod audit_bus;
mod audit_chain;
mod audit_hearing;
mod audit_stock;
mod audit_way;
mod bank;
mod commands;
mod delivered;
mod examples;
mod import;
mod operations;
mod partner_answers;
mod schema_gate;
mod schemas;
