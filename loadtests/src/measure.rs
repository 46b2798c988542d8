//! Alternating measurements, medians, and the machine they come from.
use std::{
    fmt::Write as _,
    hint::black_box,
    time::{Duration, Instant},
};

/// Rounds of A B A B; odd, so that the median is one of them.
pub const ROUNDS: usize = 7;

/// One measurement beside its yardstick.
pub struct Row {
    /// What was measured.
    pub name: String,
    /// Median.
    pub measured: Duration,
    /// Fastest.
    pub fastest: Duration,
    /// Median of the yardstick, in the same rounds.
    pub yardstick: Duration,
}

/// Measures `work` against `yardstick`, in turn.
pub fn against<A, B>(name: impl Into<String>, mut work: impl FnMut() -> A, mut yardstick: impl FnMut() -> B) -> Row {
    let (mut measured, mut beside) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        measured.push(time(&mut work));
        beside.push(time(&mut yardstick));
    }
    let fastest = measured.iter().min().copied().unwrap_or_default();
    Row { name: name.into(), measured: median(measured), fastest, yardstick: median(beside) }
}

fn time<T>(mut work: impl FnMut() -> T) -> Duration {
    let started = Instant::now();
    let result = black_box(work());
    let elapsed = started.elapsed();
    // dropping the result is not part of the work
    drop(result);
    elapsed
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

/// Markdown.
pub fn table(rows: &[Row]) -> String {
    let mut text = String::from("| what | median | fastest | yardstick | × yardstick |\n|---|---:|---:|---:|---:|\n");
    for row in rows {
        let ratio = row.measured.as_nanos() * 10 / row.yardstick.as_nanos().max(1);
        let (median, fastest, yardstick) = (millis(row.measured), millis(row.fastest), millis(row.yardstick));
        let _ = writeln!(text, "| {} | {median} | {fastest} | {yardstick} | {}.{} |", row.name, ratio / 10, ratio % 10);
    }
    text
}

fn millis(duration: Duration) -> String {
    let hundredths = (duration.as_micros() + 5) / 10;
    format!("{}.{:02} ms", hundredths / 100, hundredths % 100)
}

/// Processor, cores, compiler and command.
pub fn machine() -> String {
    let cpuinfo = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpuinfo.lines().find(|line| line.starts_with("model name"));
    let model = model.and_then(|line| line.split_once(':')).map_or("unknown processor", |(_, model)| model.trim());
    let cores = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
    let rustc = std::process::Command::new("rustc").arg("--version").output();
    let rustc = rustc.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    let rustc = rustc.unwrap_or_else(|_| "unknown rustc".to_owned());
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().unwrap_or("unknown").to_owned();
    let command = std::env::args().skip(1).collect::<Vec<_>>().join(" ");
    format!(
        "{model}, {cores} cores, load {load}; {rustc}; medians of {ROUNDS}, in turn with the yardstick; \
         `cargo run --release -p loadtests -- {command}`\n"
    )
}
