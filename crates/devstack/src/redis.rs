//! The private Redis: a cache without persistence.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::account::search_path;
use crate::endpoint::Endpoint;
use crate::place::Site;
use crate::process::{is_server, last_lines, run, signal, wait_until};
use crate::record::{self, Login};
use crate::{Error, free_port, health, install};

/// Not Redis's own port, so that a later installed Redis finds its port free.
const PREFERRED_PORT: u16 = 16_379;
/// A port that was free a moment ago can be lost to someone else this often.
const START_TRIES: u16 = 10;
const START_LIMIT: Duration = Duration::from_secs(20);
const STOP_LIMIT: Duration = Duration::from_secs(10);
/// The oldest supported major version.
const MAJOR_MIN: u32 = 7;

/// Whether a usable redis-server is installed.
pub(crate) fn is_installed(site: &Site) -> bool {
    find(site).is_some()
}

/// The URL of the private Redis, if it runs and answers with our password.
pub(crate) fn running(site: &Site) -> Result<Option<String>, Error> {
    let login = record::read::<Login>(&state_file(site))?;
    Ok(login.filter(|login| pid(site).is_some() && answers(login)).map(|login| url(&login)))
}

/// Makes the private Redis run.
pub(crate) fn ensure(site: &Site, progress: &mut dyn FnMut(&str)) -> Result<String, Error> {
    if let Some(url) = running(site)? {
        return Ok(url);
    }
    // ours but without an answer: it hangs, or its state file is gone and the password with it
    stop(site)?;
    let server = find(site).ok_or_else(|| install::missing(&[install::REDIS], ""))?;
    site.account.make_private_dir(&site.dir.join("redis"))?;
    site.account.make_private_dir(&site.dir.join("logs"))?;
    let mut login = record::read::<Login>(&state_file(site))?
        .unwrap_or_else(|| Login { port: PREFERRED_PORT, password: record::random_secret() });
    for _ in 0..START_TRIES {
        login.port = free_port(login.port)?;
        record::write(&state_file(site), &login)?;
        progress(&format!("starting a private Redis on 127.0.0.1:{}", login.port));
        match start(site, &server, &login) {
            // lost to someone who bound it first: the next round takes another
            Err(Error::Start { .. }) if free_port(login.port)? != login.port => {}
            done => return done.map(|()| url(&login)),
        }
    }
    Err(Error::NoPort { from: PREFERRED_PORT, to: login.port })
}

/// Stops the private Redis if it runs.
pub(crate) fn stop(site: &Site) -> Result<(), Error> {
    let Some(running) = pid(site) else { return Ok(()) };
    signal(running, "TERM")?;
    if wait_until(STOP_LIMIT, || pid(site).is_none()) {
        Ok(())
    } else {
        Err(Error::Stop { server: "Redis", pid: running })
    }
}

fn start(site: &Site, server: &Path, login: &Login) -> Result<(), Error> {
    let log = site.log("redis");
    // Redis appends, and the end of this start must not be read from an earlier one
    let _ = fs::remove_file(&log);
    record::write_whole(&conf_file(site), &conf(site, login), 0o600)?;
    site.account.hand_over(&conf_file(site))?;
    run(site.account.command(server).arg(conf_file(site)))?;

    // it has gone to the background before it listens: the answer or the log tells how it went
    let said = || fs::read_to_string(&log).unwrap_or_default();
    let gave_up = || said().contains("aborting") || said().contains("Fatal");
    let mut up = false;
    wait_until(START_LIMIT, || {
        up = answers(login) && pid(site).is_some();
        up || gave_up()
    });
    if up { Ok(()) } else { Err(Error::Start { server: "Redis", reason: last_lines(&said(), 2), log }) }
}

fn conf(site: &Site, login: &Login) -> String {
    let quoted = |path: &Path| format!("\"{}\"", path.display().to_string().replace('\\', "\\\\").replace('"', "\\\""));
    [
        "# written at every start: changes are lost".to_owned(),
        "bind 127.0.0.1".to_owned(),
        format!("port {}", login.port),
        format!("requirepass {}", login.password),
        "daemonize yes".to_owned(),
        // the command line keeps the path of this file, by which the process is recognised
        "set-proc-title no".to_owned(),
        format!("pidfile {}", quoted(&pid_file(site))),
        format!("logfile {}", quoted(&site.log("redis"))),
        format!("dir {}", quoted(&site.dir.join("redis"))),
        "save \"\"".to_owned(),
        "appendonly no".to_owned(),
        "maxmemory 256mb".to_owned(),
        // everything in it can be made again, so a full cache forgets instead of refusing
        "maxmemory-policy allkeys-lru".to_owned(),
        String::new(),
    ]
    .join("\n")
}

fn find(site: &Site) -> Option<PathBuf> {
    let search = search_path();
    let mut candidates = std::env::split_paths(&search).map(|folder| folder.join("redis-server"));
    candidates.find(|server| {
        // "Redis server v=7.0.15 sha=…"
        let version = run(site.account.command(server).arg("--version"))
            .map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
        let major = version.ok().and_then(|text| text.split_once("v=")?.1.split('.').next()?.parse::<u32>().ok());
        major.is_some_and(|major| major >= MAJOR_MIN)
    })
}

fn pid(site: &Site) -> Option<u32> {
    let pid = fs::read_to_string(pid_file(site)).ok()?.trim().parse().ok()?;
    is_server(pid, "redis-server", &conf_file(site)).then_some(pid)
}

fn answers(login: &Login) -> bool {
    let endpoint = Endpoint {
        user: None,
        password: Some(login.password.clone()),
        host: "127.0.0.1".to_owned(),
        port: login.port,
        tls: false,
    };
    health::redis(&endpoint).is_ok()
}

fn url(login: &Login) -> String {
    format!("redis://:{}@127.0.0.1:{}/0", login.password, login.port)
}

fn state_file(site: &Site) -> PathBuf {
    site.dir.join("redis.json")
}

fn conf_file(site: &Site) -> PathBuf {
    site.dir.join("redis.conf")
}

fn pid_file(site: &Site) -> PathBuf {
    site.dir.join("redis").join("redis.pid")
}
