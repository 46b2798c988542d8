//! Installing missing servers from the system's own packages.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::Error;
use crate::account::{own_uid, search_path};
use crate::process::last_lines;

/// What provides a server, for installing it and for saying what is missing.
#[derive(Clone, Copy)]
pub(crate) struct Package {
    server: &'static str,
    package: &'static str,
    variable: &'static str,
}

/// The meta package: whichever supported major version the system has.
pub(crate) const POSTGRESQL: Package =
    Package { server: "PostgreSQL 15-17", package: "postgresql", variable: "DATABASE_URL" };
pub(crate) const REDIS: Package =
    Package { server: "Redis 7 or newer", package: "redis-server", variable: "REDIS_URL" };
/// With the management plugin, which the packages include.
pub(crate) const RABBITMQ: Package =
    Package { server: "RabbitMQ 3.10 or newer", package: "rabbitmq-server", variable: "MEGURI_AMQP_URL" };

/// One script for root and for sudo, because what it changes must be put back by whoever changed it.
const SCRIPT: &str = include_str!("install.sh");

/// One clear message about what is missing.
pub(crate) fn missing(packages: &[Package], reason: &str) -> Error {
    let list = |field: fn(&Package) -> &'static str, separator: &str| {
        packages.iter().map(field).collect::<Vec<_>>().join(separator)
    };
    Error::Missing {
        missing: list(|p| p.server, " and "),
        reason: reason.to_owned(),
        packages: list(|p| p.package, " "),
        variables: list(|p| p.variable, " and "),
    }
}

/// Installs packages with apt-get, as root or through a sudo that asks for no password.
pub(crate) fn install(packages: &[Package], progress: &mut dyn FnMut(&str)) -> Result<(), Error> {
    if !is_installed("apt-get") {
        return Err(missing(packages, ", and this system has no apt-get"));
    }
    let mut shell = if own_uid()? == 0 {
        Command::new("/bin/sh")
    } else if is_installed("sudo") && succeeds(Command::new("sudo").args(["-n", "true"])) {
        let mut sudo = Command::new("sudo");
        sudo.args(["-n", "/bin/sh"]);
        sudo
    } else {
        return Err(missing(packages, ", and installing it needs root or a sudo without password"));
    };
    let names: Vec<&str> = packages.iter().map(|p| p.package).collect();
    progress(&format!(
        "installing {} with apt-get (a minute or two); the packages' own services are neither started nor enabled",
        names.join(" and ")
    ));
    // the script as an argument: standard input stays closed to apt-get
    let output = shell
        .args(["-c", SCRIPT, "install"])
        .args(&names)
        .env("PATH", search_path())
        .stdin(Stdio::null())
        .output()
        .map_err(|error| Error::Program { program: "apt-get".to_owned(), reason: error.to_string() })?;
    if output.status.success() {
        return Ok(());
    }
    let said = format!("{}\n{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    Err(missing(packages, &format!(", and apt-get could not install it ({})", last_lines(&said, 3))))
}

fn is_installed(program: &str) -> bool {
    std::env::split_paths(&search_path()).any(|folder| Path::new(&folder).join(program).is_file())
}

fn succeeds(command: &mut Command) -> bool {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

#[cfg(test)]
#[path = "install_tests.rs"]
mod tests;
