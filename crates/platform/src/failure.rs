//! Everything that can stop a use case: a coded refusal, or trouble underneath.
use domain::{Problem, error};
use std::fmt;

/// Result of a use case.
pub type Result<T> = std::result::Result<T, Failure>;

/// Why a use case did not do what was asked.
#[derive(Debug)]
pub enum Failure {
    /// A refusal with a code: shown to the caller as it is.
    Problem(Problem),
    /// The database answered with an error, or not at all.
    Database(diesel::result::Error),
    /// No connection could be had in time.
    Unavailable(String),
    /// A bug, or damaged data. The text is for the log, never for the caller.
    Internal(String),
}

impl Failure {
    /// A bug or damaged data, described for the log.
    pub fn internal(what: impl fmt::Display) -> Self {
        Self::Internal(what.to_string())
    }

    /// Trouble after which the same work, tried again, may well succeed: something is away for a while.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Problem(problem) => problem.code.status == error::SERVICE_UNAVAILABLE.status,
            Self::Database(error) => is_passing(error),
            Self::Unavailable(_) => true,
            Self::Internal(_) => false,
        }
    }

    /// The problem that the caller is shown. Logs what lies underneath, once, here at the boundary.
    #[must_use]
    pub fn into_problem(self) -> Problem {
        match self {
            Self::Problem(problem) => problem,
            Self::Database(error) if is_passing(&error) => {
                tracing::warn!(%error, "the database is not available");
                Problem::new(&error::SERVICE_UNAVAILABLE).retry_after(1)
            }
            Self::Database(error) => {
                tracing::error!(%error, "the database refused a statement");
                Problem::new(&error::SERVICE_INTERNAL)
            }
            Self::Unavailable(what) => {
                tracing::warn!(what, "no connection");
                Problem::new(&error::SERVICE_UNAVAILABLE).retry_after(1)
            }
            Self::Internal(what) => {
                tracing::error!(what, "internal failure");
                Problem::new(&error::SERVICE_INTERNAL)
            }
        }
    }
}

/// How the server words what passes: it restarts, is in the way of others, is a standby, or has no room.
const PASSING: [&str; 10] = [
    "timeout",
    "terminating connection",
    "connection closed",
    "deadlock",
    "shutting down",
    "starting up",
    "in recovery",
    "No space left",
    "could not extend file",
    "out of memory",
];

/// Errors after which the same request, sent again, may well succeed: the connection was cut, a lock
/// or statement timed out, or two transactions could not be ordered.
fn is_passing(error: &diesel::result::Error) -> bool {
    use diesel::result::{DatabaseErrorKind, Error};
    match error {
        Error::DatabaseError(kind, information) => {
            matches!(
                kind,
                DatabaseErrorKind::ClosedConnection
                    | DatabaseErrorKind::SerializationFailure
                    | DatabaseErrorKind::UnableToSendCommand
                    | DatabaseErrorKind::ReadOnlyTransaction
            ) || PASSING.iter().any(|sign| information.message().contains(sign))
        }
        Error::BrokenTransactionManager => true,
        _ => false,
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

impl From<diesel::result::Error> for Failure {
    fn from(error: diesel::result::Error) -> Self {
        Self::Database(error)
    }
}

impl From<serde_json::Error> for Failure {
    fn from(error: serde_json::Error) -> Self {
        Self::internal(error)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Problem(problem) => problem.fmt(f),
            Self::Database(error) => write!(f, "database: {error}"),
            Self::Unavailable(what) => write!(f, "unavailable: {what}"),
            Self::Internal(what) => write!(f, "internal: {what}"),
        }
    }
}

impl std::error::Error for Failure {}
