//! The yardstick: pgbench sends the same statements to the same database.
use super::{WARM, bench::Bench, bench::Rounds};
use crate::measure::{Failed, Rate, failed};
use std::{collections::BTreeMap, path::Path, process::Stdio, time::Duration};

const SCRIPT: &str = include_str!("commit.pgbench.sql");

/// Commits the plans of all rounds.
pub fn commit(bench: &Bench, rounds: &Rounds, clients: u64, per_client: u64) -> Result<Rate, Failed> {
    let folder = std::env::temp_dir().join(format!("meguri-loadtests-{}", std::process::id()));
    std::fs::create_dir_all(&folder).map_err(failed)?;
    let measured = run(bench, rounds, clients, per_client, &folder);
    std::fs::remove_dir_all(&folder).map_err(failed)?;
    measured
}

fn run(bench: &Bench, rounds: &Rounds, clients: u64, per_client: u64, folder: &Path) -> Result<Rate, Failed> {
    let script = folder.join("commit.sql");
    let filled =
        rounds.0.iter().fold(SCRIPT.to_owned(), |text, (name, value)| text.replace(&format!("@{name}@"), value));
    std::fs::write(&script, filled).map_err(failed)?;
    let (url, password) = bench.home.login("allocation_app")?;
    let mut command = bench.program("pgbench");
    command.args(["--no-vacuum", "--protocol=prepared", "--log", "--log-prefix=transactions"]);
    command.arg(format!("--client={clients}")).arg(format!("--jobs={}", clients.min(2)));
    command.arg(format!("--transactions={per_client}")).arg("--file").arg(&script);
    for (name, value) in [("i", 0), ("first", rounds.number("first")?), ("per_client", per_client)] {
        command.arg("--define").arg(format!("{name}={value}"));
    }
    // as the service sets its connections
    command.env("PGOPTIONS", "-c search_path=allocation -c timezone=UTC").env("PGPASSWORD", password);
    let output = command.arg(url.as_str()).current_dir(folder).stdin(Stdio::null()).output().map_err(failed)?;
    if !output.status.success() {
        return Err(failed(format!("pgbench failed: {}", String::from_utf8_lossy(&output.stderr))));
    }
    read_logs(folder)
}

/// When each client's transactions ended, from pgbench's logs (one per thread):
/// client, number, duration, script, second, microsecond.
fn read_logs(folder: &Path) -> Result<Rate, Failed> {
    let mut ends: BTreeMap<u64, Vec<u64>> = BTreeMap::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if !path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("transactions.")) {
            continue;
        }
        for line in std::fs::read_to_string(&path).map_err(failed)?.lines() {
            let fields: Vec<u64> = line.split(' ').map_while(|field| field.parse().ok()).collect();
            let &[client, _, _, _, second, micros] = fields.as_slice() else {
                return Err(failed(format!("pgbench logged: {line}")));
            };
            ends.entry(client).or_default().push(second * 1_000_000 + micros);
        }
    }
    let mut rate = Rate::default();
    for mut ends in ends.into_values() {
        ends.sort_unstable();
        let (Some(warm), Some(last)) = (ends.get(WARM - 1), ends.last()) else {
            return Err(failed("too few transactions to measure"));
        };
        rate.add(Rate::of(ends.len() - WARM, Duration::from_micros(last - warm)));
    }
    Ok(rate)
}
