//! The record of an instance's servers: stack.json.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::error::At;

/// The servers of one instance, as found or started, and its secret. Kept in `stack.json` (mode 0600).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stack {
    /// The instance's name.
    pub instance: String,
    /// The folder that holds this record and the private servers' data.
    pub data_dir: PathBuf,
    /// A role with CREATEDB and CREATEROLE, connected to a maintenance database (`postgres` if private).
    pub database_url: String,
    /// Redis, with its password.
    pub redis_url: String,
    /// RabbitMQ with an administrator's name and password, without a virtual host:
    /// `amqp://user:password@127.0.0.1:port`. Empty in a record older than the broker.
    #[serde(default)]
    pub amqp_url: String,
    /// RabbitMQ's management interface, for the same administrator: `http://127.0.0.1:port`.
    #[serde(default)]
    pub amqp_management_url: String,
    /// 64 random hexadecimal characters, made once per instance; role passwords are derived from it.
    pub secret: String,
    /// The database server was named by `DATABASE_URL`: it is the user's, not ours.
    pub explicit: bool,
    /// The Redis server was named by `REDIS_URL`: it is the user's, not ours.
    #[serde(default)]
    pub redis_explicit: bool,
    /// The broker was named by `MEGURI_AMQP_URL`: it is the user's, not ours.
    #[serde(default)]
    pub amqp_explicit: bool,
    /// The port that the instance's HTTP listener used last; kept by the caller through [`crate::save`].
    #[serde(default)]
    pub http_port: Option<u16>,
}

/// Passwords and the secret stay out of logs.
impl std::fmt::Debug for Stack {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Stack")
            .field("instance", &self.instance)
            .field("data_dir", &self.data_dir)
            .field("explicit", &self.explicit)
            .field("redis_explicit", &self.redis_explicit)
            .field("amqp_explicit", &self.amqp_explicit)
            .field("http_port", &self.http_port)
            .finish_non_exhaustive()
    }
}

impl Stack {
    /// Where the record of the instance in `data_dir` lies.
    pub(crate) fn file(data_dir: &Path) -> PathBuf {
        data_dir.join("stack.json")
    }
}

/// Where a private server listens and its password. Kept in a file of its own per server, so that it
/// outlives a time in which the instance used the user's server instead.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Login {
    pub port: u16,
    pub password: String,
}

/// Reads a record, or `None` if there is none yet.
pub(crate) fn read<T: DeserializeOwned>(path: &Path) -> Result<Option<T>, Error> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error).at("read", path),
    };
    serde_json::from_str(&text).map(Some).map_err(|error| not_a_record(path, &error))
}

/// Writes a record for its owner alone.
pub(crate) fn write<T: Serialize>(path: &Path, record: &T) -> Result<(), Error> {
    let text = serde_json::to_string_pretty(record).map_err(|error| not_a_record(path, &error))?;
    write_whole(path, &format!("{text}\n"), 0o600)
}

fn not_a_record(path: &Path, error: &serde_json::Error) -> Error {
    Error::Record { path: path.to_owned(), reason: error.to_string() }
}

/// Writes a file so that readers see the old content or the new, never half.
pub(crate) fn write_whole(path: &Path, content: &str, mode: u32) -> Result<(), Error> {
    // a name of our own: two processes may write at once
    let staged = path.with_extension(format!("new-{}", std::process::id()));
    let mut file =
        OpenOptions::new().write(true).create(true).truncate(true).mode(mode).open(&staged).at("write", &staged)?;
    file.write_all(content.as_bytes()).at("write", &staged)?;
    file.sync_all().at("write", &staged)?;
    fs::rename(&staged, path).at("write", path)
}

/// 64 hexadecimal characters from the system's random numbers.
pub(crate) fn random_secret() -> String {
    hex::encode(rand::random::<[u8; 32]>())
}
