//! Benchmarks: every figure is a ratio to a yardstick measured in the same run, alternating A B A B.
//!
//! `cargo run --release -p loadtests -- engine [--report FILE]`
mod engine;
mod measure;

use std::{io::Write as _, process::ExitCode};

const USAGE: &str = "Usage: loadtests engine [--report FILE]

  engine   the apportionment engine on 100,000 recipients, against sorting 100,000 numbers
           --report FILE appends the figures, with the machine they come from, as markdown
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let report = match arguments.as_slice() {
        ["engine"] => None,
        ["engine", "--report", file] => Some(*file),
        ["--help" | "-h"] => {
            print!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        _ => {
            eprint!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    let rows = match engine::run() {
        Ok(rows) => rows,
        Err(problem) => {
            eprintln!("loadtests: {problem}");
            return ExitCode::FAILURE;
        }
    };
    let table = measure::table(&rows);
    println!("{table}");
    let Some(file) = report else { return ExitCode::SUCCESS };
    let section = format!("## Engine\n\n{}\n{table}\n", measure::machine());
    let written = std::fs::OpenOptions::new().create(true).append(true).open(file);
    match written.and_then(|mut file| file.write_all(section.as_bytes())) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("loadtests: cannot write {file}: {error}");
            ExitCode::FAILURE
        }
    }
}
