//! Alternating measurements, medians, and the machine they come from.
use std::{
    fmt::Write as _,
    hint::black_box,
    time::{Duration, Instant},
};

/// Rounds of A B A B; odd, so that the median is one of them.
pub const ROUNDS: usize = 7;

/// What went wrong, in words.
pub type Failed = String;

/// Any error's words.
pub fn failed(error: impl std::fmt::Display) -> Failed {
    error.to_string()
}

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

/// The one in the middle.
pub fn median<T: Ord + Copy + Default>(mut values: Vec<T>) -> T {
    values.sort_unstable();
    values.get(values.len() / 2).copied().unwrap_or_default()
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

/// Two decimals.
pub fn millis(duration: Duration) -> String {
    format!("{} ms", decimal(u64::try_from((duration.as_micros() + 5) / 10).unwrap_or(u64::MAX)))
}

/// How often something was done per second, in hundredths.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rate(u64);

impl Rate {
    /// So many in that time.
    pub fn of(count: usize, took: Duration) -> Self {
        let count = u64::try_from(count).unwrap_or(0);
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX).max(1);
        Self(count * 100_000_000 / micros)
    }

    /// Together with what was done at the same time.
    pub fn add(&mut self, other: Self) {
        self.0 += other.0;
    }
}

impl std::fmt::Display for Rate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&decimal(self.0))
    }
}

/// How many times as long one took as the other, in hundredths.
pub fn ratio(measured: Duration, yardstick: Duration) -> Rate {
    let hundredths = measured.as_micros() * 100 / yardstick.as_micros().max(1);
    Rate(u64::try_from(hundredths).unwrap_or(u64::MAX))
}

/// A row of a table of rates: the medians of both sides, the ratio of the medians, and the lowest and the
/// highest of one A B.
pub fn compared(name: &str, measured: &[Rate], yardstick: &[Rate]) -> String {
    let ratio = |measured: Rate, yardstick: Rate| measured.0 * 100 / yardstick.0.max(1);
    let each: Vec<u64> = measured.iter().zip(yardstick).map(|(a, b)| ratio(*a, *b)).collect();
    let lowest = decimal(each.iter().min().copied().unwrap_or(0));
    let highest = decimal(each.iter().max().copied().unwrap_or(0));
    let (measured, yardstick) = (median(measured.to_vec()), median(yardstick.to_vec()));
    let ratio = decimal(ratio(measured, yardstick));
    format!("| {name} | {measured} | {yardstick} | {ratio} | {lowest}–{highest} |\n")
}

fn decimal(hundredths: u64) -> String {
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}

/// How a figure with a yardstick came about.
pub fn alternating() -> String {
    format!("medians of {ROUNDS}, in turn with the yardstick")
}

/// Processor, cores, load, compiler, how it was measured, and the command.
pub fn machine(method: &str) -> String {
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
    format!("{model}, {cores} cores, load {load}; {rustc}; {method}; `cargo run --release -p loadtests -- {command}`\n")
}
