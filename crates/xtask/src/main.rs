//! Checks of the workspace's own rules. Depends on nothing, so that it builds in a second.
//!
//! - `cargo run -p xtask -- deps`: which crate may depend on which, and where SQL may stand
//! - `cargo run -p xtask -- tidy`: the shape of the files themselves
//!
//! Both print one line per violation and fail if there is any.

mod deps;
mod manifest;
mod tidy;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

fn main() -> ExitCode {
    let root = root();
    let task = std::env::args().nth(1).unwrap_or_default();
    let violations = match task.as_str() {
        "deps" => deps::check(&root),
        "tidy" => tidy::check(&root),
        _ => Err("usage: cargo run -p xtask -- deps|tidy".to_owned()),
    };
    match violations {
        Ok(violations) if violations.is_empty() => {
            println!("xtask {task}: in order");
            ExitCode::SUCCESS
        }
        Ok(violations) => {
            for violation in &violations {
                eprintln!("{violation}");
            }
            eprintln!("xtask {task}: {} violation(s)", violations.len());
            ExitCode::FAILURE
        }
        Err(problem) => {
            eprintln!("{problem}");
            ExitCode::FAILURE
        }
    }
}

/// The workspace's folder: two above this crate's when run by cargo, else the current one.
fn root() -> PathBuf {
    let own = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
    own.and_then(|own| own.ancestors().nth(2).map(Path::to_path_buf)).unwrap_or_else(|| PathBuf::from("."))
}

/// A text file, with its path relative to the workspace.
struct Source {
    path: String,
    text: String,
}

fn read(root: &Path, path: &str) -> Result<String, String> {
    std::fs::read_to_string(root.join(path)).map_err(|error| format!("cannot read {path}: {error}"))
}
