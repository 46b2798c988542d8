//! What can go wrong, each with what to do about it.

use std::path::{Path, PathBuf};

/// Why a stack could not be brought up, down or saved.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The instance's name would not be safe in role and folder names.
    #[error(
        "`{0}` is not an instance name: use a lower-case letter followed by up to 30 of a-z, 0-9 and _ (MEGURI_INSTANCE)"
    )]
    InstanceName(String),
    /// A file or folder could not be read or written.
    #[error("cannot {action} {path}: {source}. Check who owns it, or choose another folder with MEGURI_DATA_DIR")]
    File {
        /// What was tried: "read", "write", …
        action: &'static str,
        /// On which file or folder.
        path: PathBuf,
        /// What the system answered.
        source: std::io::Error,
    },
    /// The record of an instance is not one that this version wrote.
    #[error("{path} is not a stack record ({reason}). Remove that file to have the stack set up again")]
    Record {
        /// The record's file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The unprivileged account that runs the servers cannot enter the chosen folder.
    #[error(
        "user {account}, who runs the private servers because PostgreSQL refuses root, cannot enter {path}. \
         Set MEGURI_DATA_DIR to a folder open to that user, or run as an ordinary user"
    )]
    NotEnterable {
        /// The account.
        account: String,
        /// The folder it cannot enter.
        path: PathBuf,
    },
    /// Root has no unprivileged account to run servers with.
    #[error(
        "PostgreSQL refuses to run as root and /etc/passwd has neither user postgres nor nobody: run as an ordinary user"
    )]
    NoAccount,
    /// Servers are not installed and could not be.
    #[error(
        "{missing} not found{reason}. Install it (on Debian or Ubuntu: sudo apt-get install {packages}), \
         or use running servers by setting {variables}"
    )]
    Missing {
        /// What was looked for.
        missing: String,
        /// Why it was not installed automatically, with a leading separator, or nothing.
        reason: String,
        /// The packages that provide it.
        packages: String,
        /// The variables that make it unnecessary.
        variables: String,
    },
    /// The cluster was written by a PostgreSQL that is no longer here.
    #[error(
        "the database in {path} was written by PostgreSQL {major}, which is no longer installed. \
         Install postgresql-{major}, or remove that folder to begin with an empty database"
    )]
    OtherMajor {
        /// The cluster's folder.
        path: PathBuf,
        /// Its major version.
        major: String,
    },
    /// A server named by a variable does not answer, or refuses us.
    #[error(
        "{variable} names {address}, which cannot be used ({reason}). \
         Start that server or correct {variable}, or unset it to have a private server started"
    )]
    Unreachable {
        /// `DATABASE_URL`, `REDIS_URL`, ….
        variable: &'static str,
        /// Host and port, never the password.
        address: String,
        /// What happened.
        reason: String,
    },
    /// A variable's URL cannot be understood.
    #[error("{variable} is not a URL of the form {form}")]
    Url {
        /// `DATABASE_URL`, `REDIS_URL`, ….
        variable: &'static str,
        /// An example.
        form: &'static str,
    },
    /// The role of `DATABASE_URL` may not make databases and roles.
    #[error(
        "the role of DATABASE_URL needs CREATEDB and CREATEROLE. As a superuser: ALTER ROLE {role} CREATEDB CREATEROLE; \
         or unset DATABASE_URL to have a private PostgreSQL started"
    )]
    Privileges {
        /// The role.
        role: String,
    },
    /// The user of `MEGURI_AMQP_URL` may not make virtual hosts.
    #[error(
        "user {user} of MEGURI_AMQP_URL is not an administrator of the broker at {address}. \
         There: rabbitmqctl set_user_tags {user} administrator; \
         or unset MEGURI_AMQP_URL to have a private RabbitMQ started"
    )]
    Administrator {
        /// The user.
        user: String,
        /// The management interface's host and port.
        address: String,
    },
    /// `MEGURI_AMQP_MANAGEMENT_URL` is set, but not what it belongs to.
    #[error(
        "MEGURI_AMQP_MANAGEMENT_URL says where MEGURI_AMQP_URL is managed: set both, or neither for a private RabbitMQ"
    )]
    ManagementAlone,
    /// A private server did not start.
    #[error("{server} did not start: {reason}. Its log is {log}")]
    Start {
        /// "PostgreSQL", "Redis" or "RabbitMQ".
        server: &'static str,
        /// What it said.
        reason: String,
        /// Where to read more.
        log: PathBuf,
    },
    /// A private server did not stop.
    #[error("{server} (process {pid}) did not stop in time: stop it with `kill {pid}` and try again")]
    Stop {
        /// "PostgreSQL", "Redis" or "RabbitMQ".
        server: &'static str,
        /// Its process.
        pid: u32,
    },
    /// A program needed to set up a server failed.
    #[error("{program} failed: {reason}")]
    Program {
        /// The program.
        program: String,
        /// What it said.
        reason: String,
    },
    /// No port is free.
    #[error("no free port on 127.0.0.1 between {from} and {to}: stop something that listens there")]
    NoPort {
        /// The first port tried.
        from: u16,
        /// The last port tried.
        to: u16,
    },
}

/// Turns an I/O result into ours, naming the file and what was tried.
pub(crate) trait At<T> {
    fn at(self, action: &'static str, path: &Path) -> Result<T, Error>;
}

impl<T> At<T> for std::io::Result<T> {
    fn at(self, action: &'static str, path: &Path) -> Result<T, Error> {
        self.map_err(|source| Error::File { action, path: path.to_owned(), source })
    }
}
