//! Benchmarks: every figure is a ratio to a yardstick measured in the same run, alternating A B A B.
//!
//! `cargo run --release -p loadtests -- engine [--report FILE]`
//! `cargo run --release -p loadtests -- commit [--bin PATH] [--report FILE]`
mod commit;
mod engine;
mod measure;

use std::{io::Write as _, path::Path, process::ExitCode};

const USAGE: &str = "Usage: loadtests engine [--report FILE]
       loadtests commit [--bin PATH] [--report FILE]

  engine   the apportionment engine on 100,000 recipients, against sorting 100,000 numbers
  commit   one prefecture's commit over REST, against pgbench sending the same statements
           --bin PATH is the service's program (default target/release/meguri); it runs as the
           private instance `bench`, whose servers are started and stopped
  --report FILE appends the figures, with the machine they come from, as markdown
";
const BIN: &str = "target/release/meguri";

/// What the arguments ask for.
struct Asked<'a> {
    work: &'a str,
    bin: &'a str,
    report: Option<&'a str>,
}

fn parse<'a>(arguments: &[&'a str]) -> Option<Asked<'a>> {
    let (work, mut rest) = arguments.split_first()?;
    let mut asked = Asked { work, bin: BIN, report: None };
    while let [name, value, more @ ..] = rest {
        match *name {
            "--report" => asked.report = Some(value),
            "--bin" if *work == "commit" => asked.bin = value,
            _ => return None,
        }
        rest = more;
    }
    rest.is_empty().then_some(asked)
}

/// Measures; answers the report's heading and text.
fn measure(asked: &Asked) -> Option<Result<(&'static str, String), String>> {
    match asked.work {
        "engine" => {
            let rows = engine::run().map_err(|problem| problem.to_string());
            Some(rows.map(|rows| ("Engine", format!("{}\n{}", measure::machine(), measure::table(&rows)))))
        }
        "commit" => {
            // the load before, not the one that the measurement makes
            let machine = measure::machine();
            let report = commit::run(Path::new(asked.bin));
            Some(report.map(|report| ("One prefecture's commit", format!("{machine}\n{report}"))))
        }
        _ => None,
    }
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    if matches!(arguments.as_slice(), ["--help" | "-h"]) {
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
