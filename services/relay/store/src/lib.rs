//! Relay's SQL, all of it: schema `relay`. The outboxes that it drains are `platform::outbox_unsent`'s.
pub mod delivery;
pub mod write;
