//! The binary's parts against real servers.
mod audit;
