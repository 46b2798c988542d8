//! capacity-store
