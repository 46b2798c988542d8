//! The private instance that is measured on: its servers, its database, the rounds to be committed.
use crate::{
    instance::Home,
    measure::{Failed, failed},
};
use serde::Deserialize;
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// The database in which `meguri demo --once` plays: made anew by it, so nobody's work is in it.
const DATABASE: &str = "meguri_bench_once";
const PREPARE: &str = include_str!("prepare.sql");
const CHECK: &str = include_str!("check.sql");

/// The instance, with a plan to commit.
pub struct Bench {
    /// The instance.
    pub home: Home,
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
        let bench = Self { home: Home::up(bin, DATABASE)?, programs: programs()? };
        if !bench.has_plan() {
            eprintln!("playing the story once, to have a plan of Tokyo");
            let mut command = bench.home.service();
            // it names its database itself, after the instance's own
            command.args(["demo", "--once", "--prefectures", "13"]).env_remove("MEGURI_DATABASE").stdout(Stdio::null());
            if !command.status().map_err(failed)?.success() {
                return Err(failed("meguri demo --once failed"));
            }
        }
        Ok(bench)
    }

    /// One of PostgreSQL's own programs.
    pub fn program(&self, name: &str) -> Command {
        Command::new(self.programs.join(name))
    }

    /// Runs a script as the administrator; answers what it prints.
    fn psql(&self, script: &str, variables: &[(&str, String)]) -> Result<String, Failed> {
        let mut url = self.home.admin_url()?;
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
