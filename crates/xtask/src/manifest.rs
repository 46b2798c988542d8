//! Reads the few lines of a Cargo.toml that the rules are about.

/// How a dependency is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// In the crate itself or its build script.
    Normal,
    /// In its tests only.
    Dev,
}

/// One member of the workspace.
#[derive(Debug, PartialEq, Eq)]
pub struct Manifest {
    pub name: String,
    pub dependencies: Vec<(String, Kind)>,
}

/// Reads a member's manifest.
pub fn parse(text: &str) -> Manifest {
    let mut manifest = Manifest { name: String::new(), dependencies: Vec::new() };
    let mut section = String::new();
    for line in text.lines().map(str::trim) {
        if let Some(header) = line.strip_prefix('[') {
            section = header.trim_end_matches(']').to_owned();
            // [dependencies.name], also below [target.'…']
            if let Some((table, name)) = section.rsplit_once('.')
                && let Some(kind) = kind(table)
            {
                manifest.dependencies.push((name.to_owned(), kind));
            }
            continue;
        }
        let Some((key, value)) = line.split_once('=').filter(|_| !line.starts_with('#')) else { continue };
        let key = key.trim().split('.').next().unwrap_or_default().trim_matches('"');
        if section == "package" && key == "name" {
            manifest.name = value.trim().trim_matches('"').to_owned();
        } else if let Some(kind) = kind(&section) {
            manifest.dependencies.push((package(value).unwrap_or(key).to_owned(), kind));
        }
    }
    manifest
}

/// The folders of the workspace's members.
pub fn members(root_manifest: &str) -> Vec<String> {
    let list = root_manifest.split_once("members = [").and_then(|(_, rest)| rest.split_once(']'));
    let list = list.map_or("", |(list, _)| list);
    list.split('"').skip(1).step_by(2).map(str::to_owned).collect()
}

fn kind(section: &str) -> Option<Kind> {
    match section.rsplit('.').next()? {
        "dependencies" | "build-dependencies" => Some(Kind::Normal),
        "dev-dependencies" => Some(Kind::Dev),
        _ => None,
    }
}

/// `{ package = "name", … }`: a renamed dependency is known by its real name.
fn package(value: &str) -> Option<&str> {
    let (_, rest) = value.split_once("package")?;
    rest.trim_start().strip_prefix('=')?.split('"').nth(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_every_way_to_write_a_dependency() {
        let manifest = parse(
            r#"
            [package]
            name = "a"
            version.workspace = true
            [dependencies]
            b.workspace = true
            # z.workspace = true
            c = { path = "../c", features = ["x"] }
            d = "1"
            renamed = { package = "e", version = "1" }
            [dev-dependencies]
            f.workspace = true
            [build-dependencies]
            g = "1"
            [target.'cfg(unix)'.dependencies]
            h = "1"
            [dependencies.i]
            version = "1"
            [[bin]]
            name = "other"
            "#,
        );
        assert_eq!(manifest.name, "a");
        let names = |kind| {
            let chosen = manifest.dependencies.iter().filter(|(_, k)| *k == kind);
            chosen.map(|(name, _)| name.as_str()).collect::<Vec<_>>()
        };
        assert_eq!(names(Kind::Normal), ["b", "c", "d", "e", "g", "h", "i"]);
        assert_eq!(names(Kind::Dev), ["f"]);
    }

    #[test]
    fn reads_members() {
        let text = "[workspace]\nmembers = [\n  \"crates/a\",\n  \"b\",\n]\ndefault-members = [\"b\"]\n";
        assert_eq!(members(text), ["crates/a", "b"]);
    }
}
