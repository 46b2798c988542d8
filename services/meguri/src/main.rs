//! `meguri`: see `meguri --help`.
use std::process::ExitCode;

fn main() -> ExitCode {
    meguri::cli::main()
}
