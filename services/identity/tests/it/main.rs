//! Identity through its public API and its use cases, on a real PostgreSQL.
mod facilities;
mod tokens;
