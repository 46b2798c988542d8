//! identity-store
