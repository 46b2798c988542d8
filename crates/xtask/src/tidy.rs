//! The shape of the files: short enough to read, nothing left undone, nothing of one machine.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use crate::{Source, manifest, read};

const LINES_MAX: usize = 700;
/// A text in quotes counts as one column: breaking a sentence, a query or a table's row in two makes
/// it harder to read and to search for, and rustfmt leaves it alone for that reason.
const COLUMNS_MAX: usize = 130;

/// Files that may be wider, each with its reason. Keep it short.
const WIDE: [(&str, &str); 1] =
    [("crates/domain/src/error.rs", "a table: one row per error code, with its words in both languages")];

/// Marks of work left undone, in pieces so that this file does not contain them.
const UNDONE: [&str; 4] =
    [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("to", "do!("), concat!("unimple", "mented!(")];

/// Registry hosts and folders of one machine: whoever builds this has their own. In pieces as above.
const FOREIGN: [&str; 9] = [
    concat!("crates", ".io"),
    concat!("npmjs", ".org"),
    concat!("npmjs", ".com"),
    concat!("pypi", ".org"),
    concat!("python", "hosted.org"),
    concat!("deb.", "debian.org"),
    concat!("archive.", "ubuntu.com"),
    concat!("proxy.", "golang.org"),
    concat!("/wo", "rk/"),
];

/// Kinds of files in which spaces and tabs are ours to choose.
const SPACED: [&str; 5] = [".rs", ".toml", ".sql", ".sh", ".graphql"];

/// Reads every file that is tracked or could be, and reports each violation.
pub fn check(root: &Path) -> Result<Vec<String>, String> {
    let paths = listed_files(root)?;
    let mut violations = check_adr_numbers(&paths);
    for path in &paths {
        // folders behind links, deleted files and binary files are not text
        let Ok(text) = read(root, path) else { continue };
        violations.extend(check_file(&Source { path: path.clone(), text }));
    }
    for member in manifest::members(&read(root, "Cargo.toml")?) {
        let own = paths.iter().filter(|path| path.starts_with(&format!("{member}/src/")) && path.ends_with(".rs"));
        if !own.into_iter().any(|path| read(root, path).is_ok_and(|text| has_content(&text))) {
            violations.push(format!("{member}: an empty crate: give it content or remove it"));
        }
    }
    Ok(violations)
}

fn listed_files(root: &Path) -> Result<Vec<String>, String> {
    let output = Command::new("git")
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .current_dir(root)
        .output()
        .map_err(|error| format!("cannot run git: {error}"))?;
    if !output.status.success() {
        return Err(format!("git ls-files failed: {}", String::from_utf8_lossy(&output.stderr).trim()));
    }
    let listing = String::from_utf8_lossy(&output.stdout).into_owned();
    Ok(listing.split('\0').filter(|path| !path.is_empty()).map(str::to_owned).collect())
}

fn check_file(Source { path, text }: &Source) -> Vec<String> {
    let mut violations = Vec::new();
    if path == "Cargo.lock" {
        return violations;
    }
    let may_be_wide = WIDE.iter().any(|(wide, _)| wide == path);
    let is_rust = path.ends_with(".rs");
    if is_rust && text.lines().count() > LINES_MAX {
        violations.push(format!("{path}: more than {LINES_MAX} lines: split it by noun"));
    }
    let is_spaced = SPACED.iter().any(|ending| path.ends_with(ending));
    for (index, line) in text.lines().enumerate() {
        let mut report = |what: &str| violations.push(format!("{path}:{}: {what}", index + 1));
        if is_rust && !may_be_wide && columns(line) > COLUMNS_MAX {
            report(&format!("more than {COLUMNS_MAX} columns"));
        }
        if is_rust && UNDONE.iter().any(|mark| has_word(line, mark)) {
            report("work left undone: do it, or open an issue");
        }
        if is_spaced && line.ends_with([' ', '\t']) {
            report("trailing space");
        }
        if is_spaced && line.trim_start_matches(' ').starts_with('\t') {
            report("indented with a tab");
        }
        for foreign in FOREIGN.iter().filter(|foreign| line.contains(**foreign)) {
            report(&format!("names `{foreign}`, which belongs to one machine or registry"));
        }
    }
    violations
}

/// Columns of a line, a text in quotes counted as one.
fn columns(line: &str) -> usize {
    let (mut columns, mut quoted, mut escaped) = (0, false, false);
    for character in line.chars() {
        let quote = character == '"' && !escaped;
        escaped = quoted && character == '\\' && !escaped;
        columns += usize::from(!quoted || quote);
        quoted ^= quote;
    }
    columns
}

/// `word` in `line`, not as a part of a longer word.
fn has_word(line: &str, word: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(word).any(|(at, found)| {
        let before = line.get(..at).and_then(|before| before.chars().next_back());
        let after = line.get(at + found.len()..).and_then(|after| after.chars().next());
        let ends = word.ends_with('(') || !after.is_some_and(is_part);
        ends && !before.is_some_and(is_part)
    })
}

/// Decisions are cited by number, so a number belongs to one.
fn check_adr_numbers(paths: &[String]) -> Vec<String> {
    let mut by_number: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let mut violations = Vec::new();
    for name in paths.iter().filter_map(|path| path.strip_prefix("docs/adr/")).filter(|name| name.ends_with(".md")) {
        match name.split_once('-') {
            Some((number, _)) if number.len() == 4 && number.bytes().all(|b| b.is_ascii_digit()) => {
                by_number.entry(number).or_default().push(name);
            }
            _ if name == "README.md" => {}
            _ => violations.push(format!("docs/adr/{name}: name it NNNN-title.md")),
        }
    }
    let shared = by_number.into_iter().filter(|(_, names)| names.len() > 1);
    violations
        .extend(shared.map(|(number, names)| format!("docs/adr: number {number} is used by {}", names.join(" and "))));
    violations
}

/// Anything besides comments, attributes and an empty `main`.
fn has_content(text: &str) -> bool {
    let mut lines = text.lines().map(str::trim);
    lines.any(|line| !line.is_empty() && !line.starts_with("//") && !line.starts_with('#') && line != "fn main() {}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, text: &str) -> usize {
        check_file(&Source { path: path.to_owned(), text: text.to_owned() }).len()
    }

    #[test]
    fn a_tidy_file_has_no_violation() {
        assert_eq!(found("a.rs", "//! A todo list, autotodo!() and TODOS.\nfn a() {}\n"), 0);
        assert_eq!(found("a.md", "two spaces break a line  \n\tcode\n"), 0);
    }

    #[test]
    fn finds_what_is_too_long() {
        assert_eq!(found("a.rs", &"\n".repeat(LINES_MAX)), 0);
        assert_eq!(found("a.rs", &"\n".repeat(LINES_MAX + 1)), 1);
        assert_eq!(found("a.rs", &"病".repeat(COLUMNS_MAX)), 0);
        assert_eq!(found("a.rs", &"x".repeat(COLUMNS_MAX + 1)), 1);
        assert_eq!(found("a.rs", &format!("f(\"{}\\\"\")", "x".repeat(COLUMNS_MAX))), 0);
    }

    #[test]
    fn finds_what_was_left_undone() {
        for mark in UNDONE {
            assert_eq!(found("a.rs", &format!("    {mark} \"later\")")), 1, "{mark}");
        }
    }

    #[test]
    fn finds_stray_space_and_foreign_names() {
        assert_eq!(found("a.rs", "fn a() {} \n"), 1);
        assert_eq!(found("a.sql", "\tselect 1\n"), 1);
        for foreign in FOREIGN {
            assert_eq!(found("README.md", &format!("see {foreign}x")), 1, "{foreign}");
            assert_eq!(found("Cargo.lock", foreign), 0);
        }
    }

    #[test]
    fn finds_a_number_used_twice() {
        let paths = |names: &[&str]| names.iter().map(|name| format!("docs/adr/{name}")).collect::<Vec<_>>();
        assert_eq!(check_adr_numbers(&paths(&["0001-a.md", "0002-b.md", "README.md"])), [""; 0]);
        let violations = check_adr_numbers(&paths(&["0001-a.md", "0001-b.md", "c.md"]));
        assert_eq!(violations.len(), 2, "{violations:?}");
    }

    #[test]
    fn an_empty_crate_is_seen() {
        assert!(!has_content("//! Nothing yet.\n#![forbid(unsafe_code)]\n"));
        assert!(!has_content("fn main() {}\n"));
        assert!(has_content("mod a;\n"));
    }
}
