//! What the caller may choose.

use std::path::PathBuf;

/// How [`crate::up`] should find or start the servers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// `false` trades safety against power loss for speed (no fsync): for tests only.
    pub durable: bool,
    /// The folder below which `.meguri/<instance>` lies; `None` is the checkout.
    pub data_root: Option<PathBuf>,
    /// The user's own PostgreSQL, used instead of a private one.
    pub database_url: Option<String>,
    /// The user's own Redis, used instead of a private one.
    pub redis_url: Option<String>,
    /// The user's own RabbitMQ, used instead of a private one: an administrator's URL without a virtual host.
    pub amqp_url: Option<String>,
    /// The management interface of that RabbitMQ; `None` is port 15672 of its host.
    pub amqp_management_url: Option<String>,
    /// Whether missing servers may be installed with the system's package manager.
    pub may_install: bool,
}

impl Options {
    /// Durable, with `DATABASE_URL`, `REDIS_URL`, `MEGURI_AMQP_URL`, `MEGURI_AMQP_MANAGEMENT_URL`,
    /// `MEGURI_DATA_DIR` and `MEGURI_INSTALL` (`0` forbids installing packages) from the environment.
    #[must_use]
    pub fn from_env() -> Self {
        Self::from_lookup(&|name| std::env::var(name).ok())
    }

    /// As [`Options::from_env`], with the environment given by the caller.
    #[must_use]
    pub fn from_lookup(lookup: &dyn Fn(&str) -> Option<String>) -> Self {
        // an empty variable is what `DATABASE_URL= ./demo` means by "not set"
        let lookup = |name: &str| lookup(name).filter(|value| !value.trim().is_empty());
        Self {
            durable: true,
            data_root: lookup("MEGURI_DATA_DIR").map(PathBuf::from),
            database_url: lookup("DATABASE_URL"),
            redis_url: lookup("REDIS_URL"),
            amqp_url: lookup("MEGURI_AMQP_URL"),
            amqp_management_url: lookup("MEGURI_AMQP_MANAGEMENT_URL"),
            may_install: lookup("MEGURI_INSTALL").is_none_or(|value| value != "0"),
        }
    }

    /// The same without durability: for tests.
    #[must_use]
    pub fn fast(mut self) -> Self {
        self.durable = false;
        self
    }

    pub(crate) fn all_explicit(&self) -> bool {
        self.database_url.is_some() && self.redis_url.is_some() && self.amqp_url.is_some()
    }
}
