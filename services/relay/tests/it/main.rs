//! Relay, inbox and broker together: real PostgreSQL, real RabbitMQ. Tests bear the numbers (M1 …) of the
//! messaging contract.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "a test may stop"
)]
mod consuming;
mod delivering;
mod gaps;
mod outages;
mod partners;
mod publishing;
mod subscribing;
mod support;
mod topology;
