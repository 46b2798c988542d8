//! The one-way rule: which crate may depend on which, and where SQL may stand.

use std::path::Path;

use crate::manifest::{self, Kind, Manifest};
use crate::{Source, read};

/// The services: each is a crate `<name>`, a crate `<name>-store` and a schema `<name>`.
const SERVICES: [&str; 5] = ["identity", "capacity", "allocation", "distribution", "relay"];

/// Crate, and what of this workspace it may depend on. `<name>` is a service, `<name>-store` its store;
/// `*` and `*-store` are all of them.
const RULE: [(&str, &str); 13] = [
    ("domain", ""),
    ("wire", "domain"),
    ("platform", "domain wire"),
    ("ledger", "domain wire platform"),
    ("<name>-store", "domain wire platform ledger"),
    ("<name>", "domain wire platform ledger <name>-store"),
    ("gateway", "domain wire platform *-store"),
    ("meguri", "domain wire platform ledger * *-store gateway devstack"),
    ("testkit", "domain wire platform ledger * *-store gateway devstack meguri"),
    ("loadtests", "domain wire platform allocation allocation-store devstack meguri"),
    ("devstack", ""),
    ("wholesaler-example", ""),
    ("xtask", ""),
];

/// In tests a crate may also use these.
const IN_TESTS: &str = "testkit devstack";

/// Outside crates that only some of ours may use, outside tests: pure rules stay pure, SQL stays in stores.
const OUTSIDE: [(&str, &str); 5] = [
    ("diesel diesel-async diesel_migrations", "platform ledger *-store meguri testkit"),
    ("tokio-postgres", "platform ledger *-store meguri testkit loadtests"),
    ("actix-web", "platform * gateway meguri testkit"),
    ("tokio", "platform *-store * gateway meguri testkit loadtests wholesaler-example"),
    ("async-graphql", "gateway"),
];

/// The schema that every service may read.
const SHARED_SCHEMA: &str = "reference";

/// What a service shows another of its schema: a view made for it.
const SHOWN: [(&str, &str); 1] = [("relay", "identity.mailbox")];

/// Reads the workspace and reports each violation.
pub fn check(root: &Path) -> Result<Vec<String>, String> {
    let mut manifests = Vec::new();
    let mut violations = Vec::new();
    for member in manifest::members(&read(root, "Cargo.toml")?) {
        manifests.push(manifest::parse(&read(root, &format!("{member}/Cargo.toml"))?));
    }
    violations.extend(check_manifests(&manifests));
    for service in SERVICES {
        for source in rust_sources(root, &format!("services/{service}/store/src"))? {
            violations.extend(check_schemas(service, &source));
        }
    }
    for source in rust_sources(root, "graphql/src")? {
        violations.extend(check_reads_only(&source));
    }
    Ok(violations)
}

fn check_manifests(manifests: &[Manifest]) -> Vec<String> {
    let members: Vec<&str> = manifests.iter().map(|manifest| manifest.name.as_str()).collect();
    let mut violations = Vec::new();
    for Manifest { name, dependencies } in manifests {
        let Some(allowed) = allowed(name) else {
            violations.push(format!("{name}: unknown crate: add it to the rule in crates/xtask/src/deps.rs"));
            continue;
        };
        for (dependency, kind) in dependencies {
            let in_tests = *kind == Kind::Dev && name != "xtask";
            let is_ours = members.contains(&dependency.as_str());
            let is_allowed = if is_ours {
                matches(&allowed, dependency) || in_tests && matches(IN_TESTS, dependency)
            } else {
                in_tests || may_use_outside(name, dependency)
            };
            if !is_allowed {
                violations
                    .push(format!("{name} must not depend on {dependency} (the one-way rule, docs/ARCHITECTURE.md)"));
            }
        }
    }
    violations
}

/// What the rule says for a crate; `None` if it does not know it.
fn allowed(name: &str) -> Option<String> {
    let service = name.strip_suffix("-store").unwrap_or(name);
    let pattern = match (SERVICES.contains(&service), name.ends_with("-store")) {
        (true, true) => "<name>-store",
        (true, false) => "<name>",
        (false, _) => name,
    };
    let (_, allowed) = RULE.iter().find(|(crate_name, _)| *crate_name == pattern)?;
    Some(allowed.replace("<name>", service))
}

fn may_use_outside(name: &str, dependency: &str) -> bool {
    OUTSIDE.iter().all(|(outside, ours)| !matches(outside, dependency) || matches(ours, name))
}

/// Whether `name` is in a list that may contain `*` and `*-store`.
fn matches(list: &str, name: &str) -> bool {
    list.split(' ').any(|entry| match entry {
        "*" => SERVICES.contains(&name),
        "*-store" => name.strip_suffix("-store").is_some_and(|service| SERVICES.contains(&service)),
        _ => entry == name,
    })
}

/// A store names tables of its own schema and of the shared one. `table!` macros and SQL both write
/// `schema.table`, so the text is enough.
fn check_schemas(service: &str, source: &Source) -> Vec<String> {
    let mut violations = Vec::new();
    for (number, line) in code_lines(&source.text) {
        let shown = SHOWN.iter().filter(|(to, _)| *to == service);
        let line = shown.fold(line.to_owned(), |line, (_, view)| line.replace(view, ""));
        for other in SERVICES.iter().filter(|other| **other != service) {
            if names_table_of(&line, other) {
                violations.push(format!(
                    "{}:{number}: names a table of schema {other}; a store may use `{service}` and `{SHARED_SCHEMA}` only",
                    source.path
                ));
            }
        }
    }
    violations
}

fn names_table_of(line: &str, schema: &str) -> bool {
    line.match_indices(schema).any(|(at, found)| {
        let (before, rest) = line.split_at(at);
        let after = rest.get(found.len()..).unwrap_or_default();
        let begins = !before.ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '.');
        let table = after.trim_start_matches(['\\', '"']).strip_prefix('.');
        begins
            && table.is_some_and(|table| {
                table.starts_with(|c: char| c.is_ascii_lowercase() || matches!(c, '"' | '\\' | '_'))
            })
    })
}

/// The gateway reads stores in process; writes go to the owning service over HTTP.
fn check_reads_only(source: &Source) -> Vec<String> {
    let code: Vec<(usize, &str)> = code_lines(&source.text).collect();
    let mut violations = Vec::new();
    for (index, (number, line)) in code.iter().enumerate() {
        let Some((_, path)) = line.split_once("_store::") else { continue };
        // an import may go on over several lines
        let rest = code.iter().skip(index + 1).map(|(_, line)| *line);
        let statement = std::iter::once(path).chain(rest).collect::<Vec<_>>().join(" ");
        let statement = statement.split([';', '(']).next().unwrap_or_default();
        if statement.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == "write") {
            violations.push(format!("{}:{number}: the gateway must not use a store's write functions", source.path));
        }
    }
    violations
}

/// Lines with their numbers, without comments.
fn code_lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let numbered = text.lines().enumerate().map(|(index, line)| (index + 1, line));
    numbered.filter(|(_, line)| !line.trim_start().starts_with("//"))
}

/// Every Rust file below `folder`; none if there is no such folder.
fn rust_sources(root: &Path, folder: &str) -> Result<Vec<Source>, String> {
    let mut sources = Vec::new();
    let Ok(entries) = std::fs::read_dir(root.join(folder)) else { return Ok(sources) };
    for entry in entries {
        let entry = entry.map_err(|error| format!("cannot read {folder}: {error}"))?;
        let path = format!("{folder}/{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            sources.extend(rust_sources(root, &path)?);
        } else if path.ends_with(".rs") {
            sources.push(Source { text: read(root, &path)?, path });
        }
    }
    Ok(sources)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The whole workspace in order, plus the given dependency.
    fn with(name: &str, dependency: &str, kind: Kind) -> Vec<String> {
        let names = "domain wire platform ledger identity-store identity capacity-store capacity gateway meguri testkit devstack xtask";
        let manifests: Vec<Manifest> = names
            .split(' ')
            .map(|member| Manifest {
                name: member.to_owned(),
                dependencies: if member == name { vec![(dependency.to_owned(), kind)] } else { Vec::new() },
            })
            .collect();
        check_manifests(&manifests)
    }

    #[test]
    fn lets_what_is_below_be_used() {
        for (name, dependency) in [
            ("platform", "wire"),
            ("ledger", "platform"),
            ("capacity-store", "ledger"),
            ("ledger", "diesel"),
            ("capacity", "capacity-store"),
            ("gateway", "identity-store"),
            ("meguri", "capacity"),
            ("testkit", "meguri"),
            ("capacity-store", "diesel"),
            ("capacity", "actix-web"),
        ] {
            assert_eq!(with(name, dependency, Kind::Normal), [""; 0], "{name} → {dependency}");
        }
        assert_eq!(with("capacity", "testkit", Kind::Dev), [""; 0]);
        assert_eq!(with("ledger", "tokio", Kind::Dev), [""; 0]);
        assert_eq!(with("domain", "tokio", Kind::Dev), [""; 0]);
    }

    #[test]
    fn finds_every_kind_of_wrong_dependency() {
        for (name, dependency) in [
            ("domain", "wire"),
            ("wire", "platform"),
            ("platform", "ledger"),
            ("ledger", "capacity-store"),
            ("gateway", "ledger"),
            ("ledger", "tokio"),
            ("capacity", "identity"),
            ("capacity", "identity-store"),
            ("capacity-store", "identity-store"),
            ("gateway", "capacity"),
            ("meguri", "testkit"),
            ("devstack", "domain"),
            ("meguri", "xtask"),
            ("xtask", "domain"),
            ("domain", "tokio"),
            ("domain", "diesel"),
            ("wire", "actix-web"),
            ("capacity-store", "actix-web"),
            ("capacity", "diesel"),
        ] {
            let violations = with(name, dependency, Kind::Normal);
            assert_eq!(violations.len(), 1, "{name} → {dependency}");
            assert!(violations[0].starts_with(&format!("{name} must not depend on {dependency}")));
        }
        assert_eq!(with("capacity", "identity", Kind::Dev).len(), 1);
    }

    #[test]
    fn an_unknown_crate_must_be_added_to_the_rule() {
        let violations = check_manifests(&[manifest::parse("[package]\nname = \"novel\"")]);
        assert!(violations[0].contains("add it to the rule"), "{violations:?}");
    }

    #[test]
    fn finds_sql_across_schemas() {
        let check =
            |text: &str| check_schemas("capacity", &Source { path: "a.rs".to_owned(), text: text.to_owned() }).len();
        for wrong in
            ["select 1 from identity.account", "table! { identity.account (id) {", r#"from "identity"."account""#]
        {
            assert_eq!(check(wrong), 1, "{wrong}");
        }
        for right in [
            "from reference.facility",
            "from capacity.report",
            "// identity.account",
            "identity::Account",
            "my_identity.x",
        ] {
            assert_eq!(check(right), 0, "{right}");
        }
    }

    #[test]
    fn finds_writes_in_the_gateway() {
        let check = |text: &str| check_reads_only(&Source { path: "a.rs".to_owned(), text: text.to_owned() }).len();
        for wrong in [
            "capacity_store::write::report(conn)",
            "use capacity_store::{read, write};",
            "use capacity_store::{\n read,\n write,\n};",
        ] {
            assert_eq!(check(wrong), 1, "{wrong}");
        }
        for right in [
            "use capacity_store::read;\nfn write() {}",
            "// capacity_store::write",
            "capacity_store::read::latest(write)",
        ] {
            assert_eq!(check(right), 0, "{right}");
        }
    }
}
