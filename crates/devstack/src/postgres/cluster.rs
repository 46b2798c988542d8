//! Making a cluster: `initdb` once, copies afterwards.

use std::fs;
use std::path::{Path, PathBuf};

use super::Binaries;
use crate::Error;
use crate::account::make_dir;
use crate::error::At;
use crate::place::{Site, lock};
use crate::process::{last_lines, run, run_with_input};

/// Makes the instance's cluster, with its own password, as a copy of the template.
pub(super) fn create(
    site: &Site,
    binaries: &Binaries,
    password: &str,
    progress: &mut dyn FnMut(&str),
) -> Result<(), Error> {
    let template = template(site, binaries, progress)?;
    let staged = site.dir.join("postgres.new");
    begin(site, &staged)?;
    run(site.account.command("cp").arg("-a").arg(template.join(".")).arg(&staged))?;
    set_password(site, binaries, &staged, password)?;
    if site.durable {
        run(binaries.command(site, "initdb").arg("--sync-only").arg("--pgdata").arg(&staged))?;
    }
    // only a whole cluster gets the name that counts
    let cluster = site.postgres_data();
    fs::rename(&staged, &cluster).at("make", &cluster)
}

/// Sets the password of role postgres in a cluster that is not running.
pub(super) fn set_password(site: &Site, binaries: &Binaries, cluster: &Path, password: &str) -> Result<(), Error> {
    let mut single = binaries.command(site, "postgres");
    single.arg("--single").arg("-D").arg(cluster).arg("postgres");
    // through standard input: a command line can be read by everybody. The password is hexadecimal
    let output = run_with_input(&mut single, &format!("ALTER ROLE postgres PASSWORD '{password}'\n"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    // a failed statement does not end single-user mode with an error
    if said.contains("ERROR:") || said.contains("FATAL:") {
        return Err(Error::Program { program: "postgres --single".to_owned(), reason: last_lines(&said, 3) });
    }
    Ok(())
}

/// An initialised, never started cluster. Nobody can sign in to it: it has no password and its host
/// rules reject everyone, so that copies need no secret to be kept beside it.
fn template(site: &Site, binaries: &Binaries, progress: &mut dyn FnMut(&str)) -> Result<PathBuf, Error> {
    let folder = site.shared();
    make_dir(&folder, 0o711)?;
    let _held = lock(&folder.join("lock"))?;
    let template = folder.join(format!("postgresql-{}-{}", binaries.major, site.account.uid));
    if template.exists() {
        return Ok(template);
    }
    progress(&format!("initialising a PostgreSQL {} cluster (once)", binaries.major));
    let staged = template.with_extension("new");
    // plain C is for systems without C.UTF-8
    if let Err(error) = initdb(site, binaries, &staged, "C.UTF-8") {
        initdb(site, binaries, &staged, "C").map_err(|_| error)?;
    }
    fs::rename(&staged, &template).at("make", &template)?;
    Ok(template)
}

fn initdb(site: &Site, binaries: &Binaries, cluster: &Path, locale: &str) -> Result<(), Error> {
    begin(site, cluster)?;
    let mut initdb = binaries.command(site, "initdb");
    initdb.args(["--username=postgres", "--auth=reject", "--encoding=UTF8", "--no-sync", "--no-instructions"]);
    run(initdb.arg(format!("--locale={locale}")).arg("--pgdata").arg(cluster)).map(drop)
}

/// An empty folder for a cluster; what an interrupted run left there goes.
fn begin(site: &Site, staged: &Path) -> Result<(), Error> {
    if staged.exists() {
        fs::remove_dir_all(staged).at("remove", staged)?;
    }
    site.account.make_private_dir(staged)
}
