//! One prefecture's commit (Tokyo's 62 lines) end to end over REST, against pgbench sending the same
//! statements to the same database server.
mod bench;
mod pgbench;
mod service;

use crate::measure::ROUNDS;
use bench::Bench;
use service::Service;
use std::{fmt::Write as _, path::Path, time::Duration};

/// Commits of one measurement, divided among the clients.
const COMMITS: u64 = 240;
const CLIENTS: [u64; 2] = [1, 4];
/// First commits of each client that are not counted, on both sides: connections are made in them and
/// statements prepared.
const WARM: usize = 10;

/// What went wrong, in words.
pub type Failed = String;

/// Any error's words.
pub fn failed(error: impl std::fmt::Display) -> Failed {
    error.to_string()
}

/// One measurement.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Side {
    /// Commits per second in hundredths, all clients together.
    hundredths: u64,
}

impl Side {
    /// Counts a client that made so many commits in that time.
    pub fn add(&mut self, commits: usize, took: Duration) {
        let commits = u64::try_from(commits).unwrap_or(0);
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX).max(1);
        self.hundredths += commits * 100_000_000 / micros;
    }
}

/// Both sides with as many clients.
struct Pair {
    clients: u64,
    service: Vec<Side>,
    pgbench: Vec<Side>,
}

/// Measures, and answers the report.
pub fn run(bin: &Path) -> Result<String, Failed> {
    let bench = Bench::up(bin)?;
    let report = measure(&bench);
    let stopped = bench.down();
    let report = report?;
    stopped.map(|()| report)
}

fn measure(bench: &Bench) -> Result<String, Failed> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().map_err(failed)?;
    let mut service = Service::start(bench)?;
    let mut pairs = Vec::new();
    for clients in CLIENTS {
        let mut pair = Pair { clients, service: Vec::new(), pgbench: Vec::new() };
        let per_client = COMMITS / clients;
        for round in 1..=ROUNDS {
            let rounds = bench.prepare(COMMITS)?;
            pair.service.push(runtime.block_on(service.commit(&rounds, clients, per_client))?);
            bench.check(&rounds, COMMITS)?;
            let rounds = bench.prepare(COMMITS)?;
            pair.pgbench.push(pgbench::commit(bench, &rounds, clients, per_client)?);
            bench.check(&rounds, COMMITS)?;
            eprintln!("{clients} clients, {round} of {ROUNDS}: {}", last(&pair));
        }
        pairs.push(pair);
    }
    service.stop()?;
    Ok(format!("{}\n{}", table(&pairs), conditions(bench)?))
}

fn last(pair: &Pair) -> String {
    let rate = |sides: &[Side]| sides.last().map_or_else(String::new, |side| decimal(side.hundredths));
    format!("service {} tx/s, pgbench {} tx/s", rate(&pair.service), rate(&pair.pgbench))
}

fn median(values: impl Iterator<Item = u64>) -> u64 {
    let mut values: Vec<u64> = values.collect();
    values.sort_unstable();
    values.get(values.len() / 2).copied().unwrap_or(0)
}

fn decimal(hundredths: u64) -> String {
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}

/// Markdown. The ratio is that of the medians; beside it the lowest and the highest of one A B.
fn table(pairs: &[Pair]) -> String {
    let mut text = String::from(
        "| clients | service, commits/s | pgbench, commits/s | service ÷ pgbench | lowest–highest A B |\n\
         |---:|---:|---:|---:|---:|\n",
    );
    for pair in pairs {
        let rates = |sides: &[Side]| median(sides.iter().map(|side| side.hundredths));
        let (service, pgbench) = (rates(&pair.service), rates(&pair.pgbench));
        let each = pair.service.iter().zip(&pair.pgbench);
        let ratios: Vec<u64> = each.map(|(a, b)| a.hundredths * 100 / b.hundredths.max(1)).collect();
        let (lowest, highest) = (ratios.iter().min().copied(), ratios.iter().max().copied());
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {}–{} |",
            pair.clients,
            decimal(service),
            decimal(pgbench),
            decimal(service * 100 / pgbench.max(1)),
            decimal(lowest.unwrap_or(0)),
            decimal(highest.unwrap_or(0)),
        );
    }
    text
}

/// What was compared, on what.
fn conditions(bench: &Bench) -> Result<String, Failed> {
    let first_line = |mut command: std::process::Command| -> Result<String, Failed> {
        let output = command.arg("--version").output().map_err(failed)?;
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    let version = first_line(bench.service())?;
    let pgbench = first_line(bench.program("pgbench"))?;
    let size = bench.value(
        "select format('%s in the database: %s rounds, %s plan lines, %s accounts, %s transfers; fsync %s, \
         synchronous_commit %s, shared_buffers %s', pg_size_pretty(pg_database_size(current_database())), \
         (select count(*) from allocation.round), (select count(*) from allocation.plan_line), \
         (select count(*) from allocation.account), (select count(*) from allocation.transfer), \
         current_setting('fsync'), current_setting('synchronous_commit'), current_setting('shared_buffers'))",
    )?;
    let server = bench.value("select 'PostgreSQL ' || current_setting('server_version')")?;
    let build = if bench.bin.components().any(|part| part.as_os_str() == "release") { "release" } else { "debug" };
    Ok(format!(
        "One commit: Tokyo's approved plan, 62 lines; 62 accounts are opened, 60 transfers posted as one chain \
         (two lines are zero), with audit row, history row, event and idempotency row. {COMMITS} commits a \
         measurement, of a new round each; the first {WARM} of each client are not counted on either side. \
         Service: {version} ({build} build), all services in one process, `POST /v1/plans/{{plan}}:commit` over \
         loopback, with token check and rate limit; its clients run in the measuring process on the same machine. \
         Yardstick: {pgbench}, `-M prepared`, the statements of `loadtests/src/commit/commit.pgbench.sql` in the \
         same database; it sends arrays of equal values as `array_fill`, inserts the 62 owners from `unnest`, and \
         computes no digests; the server makes the ids and \
         arrays that the service sends. The grants to Tokyo stand in the accounts' totals without a \
         transfer. {server}. At the end {size}.\n"
    ))
}
