//! Benchmarks: every figure is a ratio to a yardstick measured in the same run, alternating A B A B, or a
//! time at a load that does not wait for it.
//!
//! `cargo run --release -p loadtests -- --help`
mod access;
mod commit;
mod engine;
mod events;
mod instance;
mod measure;
mod round;
mod rule;

use std::{io::Write as _, path::Path, process::ExitCode};

const USAGE: &str = "Usage: loadtests engine [--report FILE]
       loadtests access [--report FILE]
       loadtests commit [--bin PATH] [--report FILE]
       loadtests relay [--bin PATH] [--events N] [--report FILE]
       loadtests delivery [--bin PATH] [--seconds N] [--report FILE]
       loadtests round [--sites N] [--report FILE]

  engine   the engine on 100,000 recipients (apportionment, fairness) and 1,741 places (redistribution),
           against sorting 100,000 numbers
  access   one decision of the permission table (goal 2 microseconds), one verified token (goal 100
           microseconds the first time, 5 again)
  commit   one prefecture's commit over REST, against pgbench sending the same statements
  relay    emptying an outbox of 40,000 orders (or --events) to 40 wholesalers, against publishing
           the same messages without a database; the goal is 0.7 of it
  delivery from an order's commit to its arrival at one of 40 wholesalers, at 500 commits a second
           for 60 seconds (or --seconds); the goal is 99 of 100 within a second
  round    10,000 boxes over 1,741 municipalities and on to 100,000 sites (or --sites), computed, posted and
           evented, against COPY of the rows that it wrote; the goal is 1.7 times that, in 500 MB; and a
           what-if of the whole nation, for which the goal is a second

  --bin PATH is the service's program (default target/release/meguri); it runs as the private
  instance `bench`, whose servers are started and stopped
  --report FILE appends the figures, with the machine they come from, as markdown

Build both first: cargo build --release -p loadtests -p meguri
";
const BIN: &str = "target/release/meguri";

/// What the arguments ask for.
struct Asked<'a> {
    work: &'a str,
    bin: &'a str,
    events: usize,
    seconds: u64,
    sites: usize,
    /// The round alone, in this database of the private instance, for the process that measures.
    database: Option<&'a str>,
    report: Option<&'a str>,
}

fn parse<'a>(arguments: &[&'a str]) -> Option<Asked<'a>> {
    let (work, mut rest) = arguments.split_first()?;
    let (events, seconds) = (events::relay::EVENTS, events::delivery::SECONDS);
    let mut asked = Asked { work, bin: BIN, events, seconds, sites: round::SITES, database: None, report: None };
    while let [name, value, more @ ..] = rest {
        match (*name, *work) {
            ("--report", _) => asked.report = Some(value),
            ("--bin", "commit" | "relay" | "delivery") => asked.bin = value,
            ("--events", "relay") => asked.events = value.parse().ok().filter(|events| *events > 0)?,
            ("--seconds", "delivery") => asked.seconds = value.parse().ok().filter(|seconds| *seconds > 0)?,
            ("--sites", "round") => asked.sites = value.parse().ok().filter(|sites| *sites >= round::SITES_MIN)?,
            ("--database", "round") => asked.database = Some(value),
            _ => return None,
        }
        rest = more;
    }
    rest.is_empty().then_some(asked)
}

/// Measures; answers the report's heading and text.
fn measure(asked: &Asked) -> Option<Result<(&'static str, String), String>> {
    let bin = Path::new(asked.bin);
    // the load before, not the one that the measurement makes
    let machine = measure::machine;
    let alternating = measure::alternating();
    match asked.work {
        "engine" => {
            let rows = engine::run().map_err(|problem| problem.to_string());
            Some(rows.map(|rows| ("Engine", format!("{}\n{}", machine(&alternating), measure::table(&rows)))))
        }
        "access" => {
            let machine = machine("medians of 21 rounds; of 2,000 tokens");
            Some(access::run().map(|report| ("Decisions and tokens", format!("{machine}\n{report}"))))
        }
        "commit" => {
            let machine = machine(&alternating);
            Some(commit::run(bin).map(|report| ("One prefecture's commit", format!("{machine}\n{report}"))))
        }
        "relay" => {
            let machine = machine(&alternating);
            let report = events::relay::run(bin, asked.events);
            Some(report.map(|report| ("The relay empties an outbox", format!("{machine}\n{report}"))))
        }
        "delivery" => {
            let machine = machine("one run");
            let report = events::delivery::run(bin, asked.seconds);
            Some(report.map(|report| ("From commit to the wholesaler", format!("{machine}\n{report}"))))
        }
        "round" => {
            let machine = machine(&alternating);
            Some(round::run(asked.sites).map(|report| ("A whole round", format!("{machine}\n{report}"))))
        }
        _ => None,
    }
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    if arguments.iter().any(|argument| matches!(*argument, "--help" | "-h")) {
        print!("{USAGE}");
        return ExitCode::SUCCESS;
    }
    let asked = parse(&arguments);
    if let Some(database) = asked.as_ref().and_then(|asked| asked.database) {
        return match round::child(database) {
            Ok(figures) => {
                println!("{figures}");
                ExitCode::SUCCESS
            }
            Err(problem) => {
                eprintln!("loadtests: {problem}");
                ExitCode::FAILURE
            }
        };
    }
    let Some((asked, measured)) = asked.and_then(|asked| measure(&asked).map(|measured| (asked, measured))) else {
        eprint!("{USAGE}");
        return ExitCode::from(2);
    };
    let (heading, text) = match measured {
        Ok(measured) => measured,
        Err(problem) => {
            eprintln!("loadtests: {problem}");
            return ExitCode::FAILURE;
        }
    };
    println!("{text}");
    let Some(file) = asked.report else { return ExitCode::SUCCESS };
    let section = format!("## {heading}\n\n{text}\n");
    let written = std::fs::OpenOptions::new().create(true).append(true).open(file);
    match written.and_then(|mut file| file.write_all(section.as_bytes())) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("loadtests: cannot write {file}: {error}");
            ExitCode::FAILURE
        }
    }
}
