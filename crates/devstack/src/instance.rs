//! The name that keeps one training instance apart from another.

use std::fmt;
use std::str::FromStr;

use crate::Error;

/// The longest name: it becomes a prefix of role names, which PostgreSQL cuts at 63 bytes.
const LENGTH_MAX: usize = 31;

/// The name of an instance: `^[a-z][a-z0-9_]{0,30}$`.
///
/// It becomes part of database, role and folder names, so it is checked once, here.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Instance(String);

impl Instance {
    /// Accepts a name that is safe in database, role and folder names.
    ///
    /// # Errors
    /// [`Error::InstanceName`] for any other text.
    pub fn parse(name: &str) -> Result<Self, Error> {
        let first_is_letter = name.starts_with(|c: char| c.is_ascii_lowercase());
        let rest_is_plain = name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
        if first_is_letter && rest_is_plain && name.len() <= LENGTH_MAX {
            Ok(Self(name.to_owned()))
        } else {
            Err(Error::InstanceName(name.to_owned()))
        }
    }

    /// The instance named by `MEGURI_INSTANCE`, or `demo`.
    ///
    /// # Errors
    /// [`Error::InstanceName`] if the variable holds anything but a name.
    pub fn from_env() -> Result<Self, Error> {
        Self::from_lookup(&|name| std::env::var(name).ok())
    }

    /// As [`Instance::from_env`], with the environment given by the caller.
    ///
    /// # Errors
    /// [`Error::InstanceName`] if the variable holds anything but a name.
    pub fn from_lookup(lookup: &dyn Fn(&str) -> Option<String>) -> Result<Self, Error> {
        match lookup("MEGURI_INSTANCE").filter(|name| !name.is_empty()) {
            Some(name) => Self::parse(&name),
            None => Self::parse("demo"),
        }
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Instance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Instance {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        Self::parse(name)
    }
}
