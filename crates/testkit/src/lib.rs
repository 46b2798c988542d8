//! What tests need: a database each, a server in the test's own process, a client for each role, a
//! proxy that cuts connections. Everything goes through the public APIs and real servers.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "a test that cannot be set up must stop"
)]
pub mod app;
pub mod broker;
pub mod chaos;
pub mod client;
pub mod db;
pub mod prepared;
pub mod round;
pub mod schema;
pub mod shipping;

pub use app::{Facility, TestApp};
pub use broker::{PrivateBroker, TestBroker};
pub use chaos::ChaosProxy;
pub use client::{Answer, TestClient};
pub use db::TestDb;
/// The binary's own library: a service's tests may use it through here, and only here.
pub use meguri;
