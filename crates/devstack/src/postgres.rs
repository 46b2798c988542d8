//! The private PostgreSQL: its binaries, its cluster, its process.

mod cluster;
mod settings;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::account::search_path;
use crate::endpoint::Endpoint;
use crate::error::At;
use crate::place::Site;
use crate::process::{any_titled, is_other, is_server, last_lines, run, signal, wait_until};
use crate::record::{self, Login};
use crate::{Error, free_port, health, install};

/// Not PostgreSQL's own port, so that a later installed PostgreSQL finds its port free.
const PREFERRED_PORT: u16 = 15_432;
/// A port that was free a moment ago can be lost to someone else this often.
const START_TRIES: u16 = 10;
/// Recovery after a crash is part of starting, so this is generous; pg_ctl takes seconds.
const START_LIMIT_S: &str = "120";
const STOP_LIMIT: Duration = Duration::from_secs(30);
/// Backends of a killed server notice within milliseconds, unless they are busy.
const ORPHAN_LIMIT: Duration = Duration::from_secs(20);
/// Supported major versions, the best first.
const MAJORS: [u32; 3] = [17, 16, 15];

/// One installed PostgreSQL.
struct Binaries {
    folder: PathBuf,
    major: u32,
}

impl Binaries {
    fn command(&self, site: &Site, program: &str) -> Command {
        site.account.command(self.folder.join(program))
    }
}

/// Whether a usable PostgreSQL is installed: one that can read the cluster, if there is one.
pub(crate) fn is_installed(site: &Site) -> Result<bool, Error> {
    match (find(site), cluster_major(site)) {
        (Some(_), _) => Ok(true),
        (None, None) => Ok(false),
        // installing the newest package would not help: it cannot read this cluster
        (None, Some(major)) => Err(Error::OtherMajor { path: site.postgres_data(), major: major.to_string() }),
    }
}

/// The URL of the private PostgreSQL, if it runs with the wanted settings and accepts connections.
pub(crate) fn running(site: &Site) -> Result<Option<String>, Error> {
    let Some(login) = record::read::<Login>(&state_file(site))? else { return Ok(None) };
    let is_up = process(site).is_some_and(|process| process.port == login.port) && answers(&login);
    Ok((is_up && settings::are_current(site, &login)).then(|| url(&login)))
}

/// Makes the private PostgreSQL run.
pub(crate) fn ensure(site: &Site, progress: &mut dyn FnMut(&str)) -> Result<String, Error> {
    let known = record::read::<Login>(&state_file(site))?;
    if let Some(login) = &known
        && process(site).is_some_and(|process| process.port == login.port)
        && answers(login)
    {
        reload(site, login)?;
        return Ok(url(login));
    }
    // ours but without an answer: it hangs, or its state file is gone and the password with it
    stop(site)?;
    let binaries = find(site).ok_or_else(|| install::missing(&[install::POSTGRESQL], ""))?;
    let password_is_set = known.is_some();
    let mut login = known.unwrap_or_else(|| Login { port: PREFERRED_PORT, password: record::random_secret() });
    if !site.postgres_data().exists() {
        record::write(&state_file(site), &login)?;
        cluster::create(site, &binaries, &login.password, progress)?;
    } else if !password_is_set {
        cluster::set_password(site, &binaries, &site.postgres_data(), &login.password)?;
    }
    clear_stale_pid_file(site)?;
    site.account.make_private_dir(&site.dir.join("logs"))?;
    for _ in 0..START_TRIES {
        login.port = free_port(login.port)?;
        record::write(&state_file(site), &login)?;
        settings::write(site, &login)?;
        progress(&format!("starting a private PostgreSQL {} on 127.0.0.1:{}", binaries.major, login.port));
        match start(site, &binaries, &login) {
            // lost to someone who bound it first: the next round takes another
            Err(Error::Start { .. }) if free_port(login.port)? != login.port => {}
            done => return done.map(|()| url(&login)),
        }
    }
    Err(Error::NoPort { from: PREFERRED_PORT, to: login.port })
}

/// Stops the private PostgreSQL if it runs.
pub(crate) fn stop(site: &Site) -> Result<(), Error> {
    let Some(running) = process(site) else { return Ok(()) };
    // "fast" shutdown: sessions are ended, a checkpoint is written
    signal(running.pid, "INT")?;
    let stopped = wait_until(STOP_LIMIT, || process(site).is_none());
    if stopped { Ok(()) } else { Err(Error::Stop { server: "PostgreSQL", pid: running.pid }) }
}

fn start(site: &Site, binaries: &Binaries, login: &Login) -> Result<(), Error> {
    let log = site.log("postgresql");
    let said_before = fs::metadata(&log).map_or(0, |file| file.len());
    // pg_ctl hands its options to a shell
    let conf = settings::file(site).display().to_string().replace('\'', r"'\''");
    let mut pg_ctl = binaries.command(site, "pg_ctl");
    pg_ctl.args([
        "start",
        "--silent",
        "--wait",
        "--timeout",
        START_LIMIT_S,
        "--options",
        &format!("-c config_file='{conf}'"),
    ]);
    let started = run(pg_ctl.arg("--pgdata").arg(site.postgres_data()).arg("--log").arg(&log));
    if started.is_ok() && answers(login) {
        return Ok(());
    }
    let said = fs::read(&log).unwrap_or_default();
    let new = usize::try_from(said_before).ok().and_then(|from| said.get(from..)).unwrap_or(&said);
    let reason = match (last_lines(&String::from_utf8_lossy(new), 4), started) {
        (said, Err(error)) if said.is_empty() => error.to_string(),
        (said, _) => said,
    };
    Err(Error::Start { server: "PostgreSQL", reason, log })
}

/// Brings changed settings (how durable it is) to a running server.
fn reload(site: &Site, login: &Login) -> Result<(), Error> {
    if settings::are_current(site, login) {
        return Ok(());
    }
    settings::write(site, login)?;
    if let Some(process) = process(site) {
        signal(process.pid, "HUP")?;
    }
    if site.durable {
        // what was written without fsync must reach the disk before anyone relies on it
        run(&mut site.account.command("sync"))?;
    }
    Ok(())
}

/// After a kill or a reboot the pid file remains. PostgreSQL takes it over if that process is gone, but
/// not if its number now belongs to something else of the same account: then we remove it.
fn clear_stale_pid_file(site: &Site) -> Result<(), Error> {
    let pid_file = pid_file(site);
    let Ok(text) = fs::read_to_string(&pid_file) else { return Ok(()) };
    // backends of a dead server may still write, and without the pid file PostgreSQL would not see them
    if !wait_until(ORPHAN_LIMIT, || !any_titled(&format!("postgres: {}:", settings::cluster_name(site)))) {
        return Err(Error::Start {
            server: "PostgreSQL",
            reason: "sessions of its previous run are still busy; try again when they have ended".to_owned(),
            log: site.log("postgresql"),
        });
    }
    let pid = text.lines().next().and_then(|line| line.trim().parse().ok());
    if pid.is_some_and(|pid| is_other(pid, "postgres", "-D", &site.postgres_data())) {
        fs::remove_file(&pid_file).at("remove", &pid_file)?;
    }
    Ok(())
}

/// The running server of this cluster.
struct Process {
    pid: u32,
    port: u16,
}

fn process(site: &Site) -> Option<Process> {
    let text = fs::read_to_string(pid_file(site)).ok()?;
    let mut lines = text.lines();
    let pid = lines.next()?.trim().parse().ok()?;
    // after the pid: folder, start time, port
    let port = lines.nth(2).and_then(|line| line.trim().parse().ok()).unwrap_or(0);
    is_server(pid, "postgres", &site.postgres_data()).then_some(Process { pid, port })
}

fn find(site: &Site) -> Option<Binaries> {
    let wanted = cluster_major(site);
    let packaged = MAJORS.iter().map(|major| PathBuf::from(format!("/usr/lib/postgresql/{major}/bin")));
    let configured = run(site.account.command("pg_config").arg("--bindir"))
        .map(|output| PathBuf::from(String::from_utf8_lossy(&output.stdout).trim()));
    let search = search_path();
    packaged.chain(configured).chain(std::env::split_paths(&search)).find_map(|folder| {
        if !["postgres", "initdb", "pg_ctl"].iter().all(|program| folder.join(program).is_file()) {
            return None;
        }
        let major = major_of(site, &folder)?;
        let fits = MAJORS.contains(&major) && wanted.is_none_or(|wanted| wanted == major);
        fits.then_some(Binaries { folder, major })
    })
}

/// Reads "postgres (PostgreSQL) 15.13 (Debian …)"; run by the account, which may lack the right to.
fn major_of(site: &Site, folder: &Path) -> Option<u32> {
    let output = run(site.account.command(folder.join("postgres")).arg("--version")).ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.split_once("(PostgreSQL) ")?.1.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

fn cluster_major(site: &Site) -> Option<u32> {
    fs::read_to_string(site.postgres_data().join("PG_VERSION")).ok()?.trim().parse().ok()
}

fn answers(login: &Login) -> bool {
    let endpoint = Endpoint { user: None, password: None, host: "127.0.0.1".to_owned(), port: login.port, tls: false };
    matches!(health::postgres(&endpoint), Ok(health::Postgres::Ready))
}

fn url(login: &Login) -> String {
    format!("postgres://postgres:{}@127.0.0.1:{}/postgres", login.password, login.port)
}

fn state_file(site: &Site) -> PathBuf {
    site.dir.join("postgres.json")
}

fn pid_file(site: &Site) -> PathBuf {
    site.postgres_data().join("postmaster.pid")
}
