//! Servers that the user named in the environment: used as they are, never started or stopped.

use std::process::Command;
use std::time::Duration;

use crate::Error;
use crate::endpoint::Endpoint;
use crate::health;
use crate::process::{last_lines, run, wait_until};

/// A server that is starting up gets this long to finish.
const STARTING_LIMIT: Duration = Duration::from_secs(30);

const PRIVILEGES: &str =
    "SELECT (rolcreatedb AND rolcreaterole) OR rolsuper, rolname FROM pg_roles WHERE rolname = current_user";

/// Whether the server of `DATABASE_URL` answers now, as far as that can be seen without a client.
pub(crate) fn database_answers(url: &str) -> bool {
    database(url).is_none_or(|endpoint| matches!(health::postgres(&endpoint), Ok(health::Postgres::Ready)))
}

/// Whether the server of `REDIS_URL` answers now.
pub(crate) fn redis_answers(url: &str) -> bool {
    redis(url).is_some_and(|endpoint| health::redis(&endpoint).is_ok())
}

/// Checks that the server of `DATABASE_URL` answers and, where psql is installed, that its role may make
/// databases and roles. Without psql the caller finds that out with its own client.
pub(crate) fn check_database(url: &str) -> Result<(), Error> {
    if let Some(endpoint) = database(url) {
        let mut last = Ok(health::Postgres::NotYet);
        wait_until(STARTING_LIMIT, || {
            last = health::postgres(&endpoint);
            !matches!(last, Ok(health::Postgres::NotYet))
        });
        let unreachable =
            |reason: String| Error::Unreachable { variable: "DATABASE_URL", address: endpoint.address(), reason };
        match last {
            Ok(health::Postgres::Ready) => {}
            Ok(health::Postgres::NotYet) => return Err(unreachable("it is still starting up".to_owned())),
            Err(error) => return Err(unreachable(error.to_string())),
        }
    }
    if is_psql_installed() { check_privileges(url) } else { Ok(()) }
}

/// Checks that the server of `REDIS_URL` answers with the credentials in it.
pub(crate) fn check_redis(url: &str) -> Result<(), Error> {
    let endpoint =
        redis(url).ok_or(Error::Url { variable: "REDIS_URL", form: "redis://[user:password@]host[:port][/number]" })?;
    health::redis(&endpoint).map_err(|error| Error::Unreachable {
        variable: "REDIS_URL",
        address: endpoint.address(),
        reason: error.to_string(),
    })
}

fn database(url: &str) -> Option<Endpoint> {
    Endpoint::parse(url, &["postgres", "postgresql"], 5432)
}

fn redis(url: &str) -> Option<Endpoint> {
    Endpoint::parse(url, &["redis", "rediss"], 6379)
}

fn is_psql_installed() -> bool {
    Command::new("psql").arg("--version").output().is_ok_and(|output| output.status.success())
}

fn check_privileges(url: &str) -> Result<(), Error> {
    let endpoint = database(url);
    let mut psql = Command::new("psql");
    psql.args(["--no-psqlrc", "--no-password", "--tuples-only", "--no-align", "--command", PRIVILEGES]);
    psql.arg("--dbname").arg(without_password(url)).env("PGCONNECT_TIMEOUT", "5");
    if let Some(password) = endpoint.as_ref().and_then(|endpoint| endpoint.password.as_ref()) {
        // the environment of a process is private, its command line is not
        psql.env("PGPASSWORD", password);
    }
    let output = run(&mut psql).map_err(|error| Error::Unreachable {
        variable: "DATABASE_URL",
        address: endpoint.map_or_else(|| "a server".to_owned(), |endpoint| endpoint.address()),
        reason: last_lines(&error.to_string(), 1),
    })?;
    let row = String::from_utf8_lossy(&output.stdout);
    match row.trim().split_once('|') {
        Some(("t", _)) => Ok(()),
        Some((_, role)) => Err(Error::Privileges { role: role.to_owned() }),
        None => Err(Error::Privileges { role: "…".to_owned() }),
    }
}

fn without_password(url: &str) -> String {
    let stripped = url.split_once("://").and_then(|(scheme, rest)| {
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, tail) = rest.split_at_checked(end)?;
        let (credentials, address) = authority.rsplit_once('@')?;
        let (user, _) = credentials.split_once(':')?;
        Some(format!("{scheme}://{user}@{address}{tail}"))
    });
    stripped.unwrap_or_else(|| url.to_owned())
}

#[cfg(test)]
mod tests {
    use super::without_password;

    #[test]
    fn a_password_never_reaches_a_command_line() {
        assert_eq!(without_password("postgres://a:s3cret@h:1/db?x=y"), "postgres://a@h:1/db?x=y");
        assert_eq!(without_password("postgres://h/db"), "postgres://h/db");
        assert_eq!(without_password("host=h"), "host=h");
    }
}
