//! The private instance that is measured on: its servers, its database, the rounds to be committed.
use super::{Failed, failed};
use devstack::{Instance, Options, Stack};
use hmac::{Hmac, Mac as _};
use reqwest::Url;
use serde::Deserialize;
use sha2::Sha256;
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

const INSTANCE: &str = "bench";
/// The database in which `meguri demo --once` plays: made anew by it, so nobody's work is in it.
const DATABASE: &str = "meguri_bench_once";
const PREPARE: &str = include_str!("prepare.sql");
const CHECK: &str = include_str!("check.sql");

/// The instance, with its servers up.
pub struct Bench {
    stack: Stack,
    /// The service's program.
    pub bin: PathBuf,
    /// Where PostgreSQL's own programs lie.
    programs: PathBuf,
}

/// Rounds that wait for their commit, and what a script needs to know of them.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub struct Rounds(pub BTreeMap<String, String>);

impl Rounds {
    /// A number that the database told.
    pub fn number(&self, name: &str) -> Result<u64, Failed> {
        let text = self.0.get(name).ok_or_else(|| failed(format!("the database did not tell {name}")))?;
        text.parse().map_err(failed)
    }
}

impl Bench {
    /// Starts the servers, and has the story played if there is no plan of Tokyo to copy yet.
    pub fn up(bin: &Path) -> Result<Self, Failed> {
        let bin = bin.canonicalize().map_err(|error| failed(format!("{}: {error}", bin.display())))?;
        let instance = Instance::parse(INSTANCE).map_err(failed)?;
        let stack = devstack::up(&instance, &Options::from_env(), &mut |line| eprintln!("{line}")).map_err(failed)?;
        let bench = Self { stack, bin, programs: programs()? };
        if !bench.has_plan() {
            eprintln!("playing the story once, to have a plan of Tokyo");
            let mut command = bench.service();
            // it names its database itself, after the instance's own
            command.args(["demo", "--once", "--prefectures", "13"]).env_remove("MEGURI_DATABASE").stdout(Stdio::null());
            if !command.status().map_err(failed)?.success() {
                return Err(failed("meguri demo --once failed"));
            }
        }
        Ok(bench)
    }

    /// Stops the servers that were started for the instance.
    pub fn down(&self) -> Result<(), Failed> {
        let instance = Instance::parse(INSTANCE).map_err(failed)?;
        devstack::down(&instance, &Options::from_env()).map_err(failed)
    }

    /// The service's program, on this instance and database.
    pub fn service(&self) -> Command {
        let mut command = Command::new(&self.bin);
        command.env("MEGURI_INSTANCE", INSTANCE).env("MEGURI_DATABASE", DATABASE);
        command
    }

    /// One of PostgreSQL's own programs.
    pub fn program(&self, name: &str) -> Command {
        Command::new(self.programs.join(name))
    }

    /// The secret of a service account, as the instance derives it.
    pub fn service_secret(&self, account: &str) -> Result<String, Failed> {
        self.derived(&format!("service/{account}"))
    }

    fn derived(&self, name: &str) -> Result<String, Failed> {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.stack.secret.as_bytes()).map_err(failed)?;
        mac.update(name.as_bytes());
        Ok(hex::encode(mac.finalize().into_bytes()))
    }

    /// The address under which allocation's own role connects, and its password: apart, since
    /// everybody can read a command line.
    pub fn allocation_login(&self) -> Result<(String, String), Failed> {
        let mut url = self.admin_url()?;
        let named = url.set_username(&format!("{INSTANCE}_allocation_app")).and_then(|()| url.set_password(None));
        named.map_err(|()| failed("the database's URL takes no user"))?;
        Ok((url.into(), self.derived("allocation_app")?))
    }

    fn admin_url(&self) -> Result<Url, Failed> {
        let mut url = Url::parse(&self.stack.database_url).map_err(failed)?;
        url.set_path(DATABASE);
        Ok(url)
    }

    /// Runs a script as the administrator; answers what it prints.
    fn psql(&self, script: &str, variables: &[(&str, String)]) -> Result<String, Failed> {
        let mut url = self.admin_url()?;
        let password = url.password().unwrap_or_default().to_owned();
        url.set_password(None).map_err(|()| failed("the database's URL takes no password"))?;
        let mut command = self.program("psql");
        command.args(["-X", "-q", "-v", "ON_ERROR_STOP=1"]).env("PGPASSWORD", password);
        for (name, value) in variables {
            command.arg("-v").arg(format!("{name}={value}"));
        }
        let mut child =
            command.arg(url.as_str()).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().map_err(failed)?;
        let mut input = child.stdin.take().ok_or_else(|| failed("psql takes no input"))?;
        std::io::Write::write_all(&mut input, script.as_bytes()).map_err(failed)?;
        drop(input);
        let output = child.wait_with_output().map_err(failed)?;
        if !output.status.success() {
            return Err(failed("psql failed"));
        }
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    }

    /// One value.
    pub fn value(&self, query: &str) -> Result<String, Failed> {
        self.psql(&format!("\\pset tuples_only on\n\\pset format unaligned\n{query};\n"), &[])
    }

    fn has_plan(&self) -> bool {
        let query = "select count(*) from allocation.plan where holder = '130001' and state = 'committed'";
        self.value(query).is_ok_and(|count| count != "0")
    }

    /// Makes rounds to commit.
    pub fn prepare(&self, rounds: u64) -> Result<Rounds, Failed> {
        let told = self.psql(PREPARE, &[("rounds", rounds.to_string())])?;
        serde_json::from_str(&told).map_err(failed)
    }

    /// Makes sure that all of these rounds were committed, each with its transfers, event and answer.
    pub fn check(&self, rounds: &Rounds, count: u64) -> Result<(), Failed> {
        let first = rounds.number("first")?;
        let variables = [("first", first.to_string()), ("last", (first + count - 1).to_string())];
        let found = self.psql(CHECK, &variables)?;
        let (moves, total) = (rounds.number("moves")?, rounds.number("total")?);
        let expected = format!("{count} {} {} {count} {count}", count * moves, count * total);
        if found == expected { Ok(()) } else { Err(failed(format!("committed {found}, not {expected}"))) }
    }
}

/// The newest PostgreSQL's folder of programs, where the distribution keeps them, or PATH's.
fn programs() -> Result<PathBuf, Failed> {
    let mut folders: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .map(|versions| versions.filter_map(Result::ok).map(|version| version.path().join("bin")).collect())
        .unwrap_or_default();
    folders.sort();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = folders.into_iter().rev().chain(std::env::split_paths(&path));
    let missing = || failed("pgbench not found: install PostgreSQL's server package");
    folders.into_iter().find(|folder| folder.join("pgbench").exists()).ok_or_else(missing)
}
