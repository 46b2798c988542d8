//! One prefecture's commit (Tokyo's 62 lines) end to end over REST, against pgbench sending the same
//! statements to the same database server.
mod bench;
mod pgbench;
mod service;

use crate::{
    instance::Home,
    measure::{Failed, ROUNDS, Rate, compared, failed},
};
use bench::Bench;
use service::Service;
use std::path::Path;

/// Commits of one measurement, divided among the clients.
const COMMITS: u64 = 240;
const CLIENTS: [u64; 2] = [1, 4];
/// First commits of each client that are not counted, on both sides: connections are made in them and
/// statements prepared.
const WARM: usize = 10;

/// Both sides with as many clients.
struct Pair {
    clients: u64,
    service: Vec<Rate>,
    pgbench: Vec<Rate>,
}

/// Measures, and answers the report.
pub fn run(bin: &Path) -> Result<String, Failed> {
    let bench = Bench::up(bin)?;
    let report = measure(&bench);
    let stopped = bench.home.down();
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
    let rate = |sides: &[Rate]| sides.last().map_or_else(String::new, Rate::to_string);
    format!("service {} tx/s, pgbench {} tx/s", rate(&pair.service), rate(&pair.pgbench))
}

/// Markdown. The ratio is that of the medians; beside it the lowest and the highest of one A B.
fn table(pairs: &[Pair]) -> String {
    let heading = "| clients | service, commits/s | pgbench, commits/s | service ÷ pgbench | lowest–highest A B |\n\
                   |---:|---:|---:|---:|---:|\n";
    let rows = pairs.iter().map(|pair| compared(&pair.clients.to_string(), &pair.service, &pair.pgbench));
    std::iter::once(heading.to_owned()).chain(rows).collect()
}

/// What was compared, on what.
fn conditions(bench: &Bench) -> Result<String, Failed> {
    let version = bench.home.described()?;
    let pgbench = Home::version(bench.program("pgbench"))?;
    let size = bench.value(
        "select format('%s in the database: %s rounds, %s plan lines, %s accounts, %s transfers; fsync %s, \
         synchronous_commit %s, shared_buffers %s', pg_size_pretty(pg_database_size(current_database())), \
         (select count(*) from allocation.round), (select count(*) from allocation.plan_line), \
         (select count(*) from allocation.account), (select count(*) from allocation.transfer), \
         current_setting('fsync'), current_setting('synchronous_commit'), current_setting('shared_buffers'))",
    )?;
    let server = bench.value("select 'PostgreSQL ' || current_setting('server_version')")?;
    Ok(format!(
        "One commit: Tokyo's approved plan, 62 lines; 62 accounts are opened, 60 transfers posted as one chain \
         (two lines are zero), with audit row, history row, event and idempotency row. {COMMITS} commits a \
         measurement, of a new round each; the first {WARM} of each client are not counted on either side. \
         Service: {version}, all services in one process, `POST /v1/plans/{{plan}}:commit` over \
         loopback, with token check and rate limit; its clients run in the measuring process on the same machine. \
         Yardstick: {pgbench}, `-M prepared`, the statements of `loadtests/src/commit/commit.pgbench.sql` in the \
         same database; it sends arrays of equal values as `array_fill`, inserts the 62 owners from `unnest`, and \
         computes no digests; the server makes the ids and \
         arrays that the service sends. The grants to Tokyo stand in the accounts' totals without a \
         transfer. {server}. At the end {size}.\n"
    ))
}
