//! The binary's parts against real servers.
mod audit;
mod import;
mod operations;
