//! Benchmarks: every figure is a ratio to a yardstick measured in the same run, alternating A B A B, or a
//! time at a load that does not wait for it.
//!
//! `cargo run --release -p loadtests -- --help`
mod commit;
mod engine;
mod events;
mod instance;
mod measure;

use std::{io::Write as _, path::Path, process::ExitCode};

const USAGE: &str = "Usage: loadtests engine [--report FILE]
       loadtests commit [--bin PATH] [--report FILE]
       loadtests relay [--bin PATH] [--events N] [--report FILE]
       loadtests delivery [--bin PATH] [--seconds N] [--report FILE]

  engine   the apportionment engine on 100,000 recipients, against sorting 100,000 numbers
  commit   one prefecture's commit over REST, against pgbench sending the same statements
  relay    emptying an outbox of 40,000 orders (or --events) to 40 wholesalers, against publishing
           the same messages without a database; the goal is 0.7 of it
  delivery from an order's commit to its arrival at one of 40 wholesalers, at 500 commits a second
           for 60 seconds (or --seconds); the goal is 99 of 100 within a second

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
    report: Option<&'a str>,
}

fn parse<'a>(arguments: &[&'a str]) -> Option<Asked<'a>> {
    let (work, mut rest) = arguments.split_first()?;
    let (events, seconds) = (events::relay::EVENTS, events::delivery::SECONDS);
    let mut asked = Asked { work, bin: BIN, events, seconds, report: None };
    while let [name, value, more @ ..] = rest {
        match (*name, *work) {
            ("--report", _) => asked.report = Some(value),
            ("--bin", "commit" | "relay" | "delivery") => asked.bin = value,
            ("--events", "relay") => asked.events = value.parse().ok().filter(|events| *events > 0)?,
            ("--seconds", "delivery") => asked.seconds = value.parse().ok().filter(|seconds| *seconds > 0)?,
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
