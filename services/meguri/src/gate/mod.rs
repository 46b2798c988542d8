//! The schema gate: what was released of an event's version may change only so that nobody who relies on it
//! notices. Pure: it compares two JSON Schemas and knows no files. The rules in words are in
//! docs/adding-an-event.md.
//!
//! A schema is read as the set of documents that it allows. What we write must stay within what was released
//! ([`Direction::Produced`]); what we read must still have everything that was released
//! ([`Direction::Consumed`]). Two things go beyond sets: a property, once released, is never removed, since
//! its name could come back with another meaning; and a property that is new may have any shape, since a
//! reader ignores what it does not know.
use serde_json::{Map, Value};
use std::fmt;

#[cfg(test)]
mod tests;

/// Deeper schemas than this are refused: ours have four levels, and one that refers to itself has no end.
const DEPTH_MAX: usize = 40;
/// Words about a schema, and where its parts are kept. They allow and forbid nothing.
const NOTES: [&str; 13] = [
    "$comment",
    "$defs",
    "$id",
    "$schema",
    "components",
    "default",
    "deprecated",
    "description",
    "example",
    "examples",
    "readOnly",
    "title",
    "writeOnly",
];
const AT_LEAST: [&str; 6] = ["exclusiveMinimum", "minContains", "minItems", "minLength", "minProperties", "minimum"];
const AT_MOST: [&str; 6] = ["exclusiveMaximum", "maxContains", "maxItems", "maxLength", "maxProperties", "maximum"];
/// Alternatives and conjunctions, compared one by one in their order.
const LISTS: [&str; 4] = ["allOf", "anyOf", "oneOf", "prefixItems"];
const TYPES: [&str; 7] = ["array", "boolean", "integer", "null", "number", "object", "string"];

/// Who relies on a schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Others read what we write: nothing may be written that a released reader does not expect.
    Produced,
    /// We read what others write, or what we wrote before: nothing that was allowed may be refused.
    Consumed,
}

/// A change that somebody would notice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Who would.
    pub direction: Direction,
    /// Where in the document: `lots[].vials`; empty for the whole.
    pub path: String,
    /// The keyword of JSON Schema that changed: `required`, `type`, `properties` (one is gone), …
    pub keyword: String,
    /// What changed, in English.
    pub detail: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let who = match self.direction {
            Direction::Produced => "its readers",
            Direction::Consumed => "its writers",
        };
        let Self { path, keyword, detail, .. } = self;
        write!(f, "data.{path}: {keyword}: {detail} (breaks {who})")
    }
}

/// Everything in `current` that breaks those who rely on `released`. Both are self-contained JSON Schemas;
/// references point into the same document (`#/…`). What cannot be judged is a violation.
#[must_use]
pub fn schema_gate(released: &Value, current: &Value, direction: Direction) -> Vec<Violation> {
    let (inner, outer) = match direction {
        Direction::Produced => (current, released),
        Direction::Consumed => (released, current),
    };
    let mut gate = Gate { direction, inner, outer, path: Vec::new(), found: Vec::new() };
    gate.within(inner, outer);
    gate.found
}

type Schema = Map<String, Value>;

/// `inner` must allow no more than `outer` does.
struct Gate<'a> {
    direction: Direction,
    inner: &'a Value,
    outer: &'a Value,
    path: Vec<String>,
    found: Vec<Violation>,
}

impl Gate<'_> {
    fn report(&mut self, keyword: &str, detail: String) {
        let path = self.path.concat().trim_start_matches('.').to_owned();
        self.found.push(Violation { direction: self.direction, path, keyword: keyword.to_owned(), detail });
    }

    /// The two in the order in which a reader thinks of them: as released, and now.
    fn in_time<T>(&self, inner: T, outer: T) -> (T, T) {
        match self.direction {
            Direction::Produced => (outer, inner),
            Direction::Consumed => (inner, outer),
        }
    }

    fn changed(&mut self, keyword: &str, inner: Option<&Value>, outer: Option<&Value>) {
        let text = |value: Option<&Value>| value.map_or_else(|| "nothing".to_owned(), Value::to_string);
        let (released, current) = self.in_time(text(inner), text(outer));
        self.report(keyword, format!("released {released}, now {current}"));
    }

    fn below(&mut self, name: String, inner: &Value, outer: &Value) {
        self.path.push(name);
        self.within(inner, outer);
        self.path.pop();
    }

    fn within(&mut self, inner: &Value, outer: &Value) {
        if self.path.len() > DEPTH_MAX {
            return self.report("$ref", format!("more than {DEPTH_MAX} levels"));
        }
        let (Some(inner), Some(outer)) = (resolved(self.inner, inner), resolved(self.outer, outer)) else {
            return self.report("$ref", "it does not lead to a schema in this document".to_owned());
        };
        self.types(&inner, &outer);
        self.choices(&inner, &outer);
        self.limits(&inner, &outer);
        self.format(&inner, &outer);
        self.required(&inner, &outer);
        self.properties(&inner, &outer);
        self.items(&inner, &outer);
        for keyword in LISTS {
            self.list(keyword, &inner, &outer);
        }
        let judged = |keyword: &str| {
            let own = ["$ref", "type", "enum", "const", "format", "required", "properties", "items"];
            [&own[..], &NOTES, &AT_LEAST, &AT_MOST, &LISTS].iter().any(|known| known.contains(&keyword))
        };
        // pattern, additionalProperties, not, …: each only forbids, so it may be added inside and must not
        // be there outside unless it is the same inside
        for (keyword, value) in outer.iter().filter(|(keyword, _)| !judged(keyword)) {
            if inner.get(keyword) != Some(value) && !(keyword == "additionalProperties" && *value == Value::Bool(true))
            {
                self.changed(keyword, inner.get(keyword), Some(value));
            }
        }
    }

    fn types(&mut self, inner: &Schema, outer: &Schema) {
        let (narrow, wide) = (types(inner), types(outer));
        let fits = |kind: &str| wide.contains(&kind) || kind == "integer" && wide.contains(&"number");
        if !narrow.into_iter().all(fits) {
            self.changed("type", inner.get("type"), outer.get("type"));
        }
    }

    fn choices(&mut self, inner: &Schema, outer: &Schema) {
        let Some(wide) = choices(outer) else { return };
        if choices(inner).is_none_or(|narrow| !narrow.iter().all(|choice| wide.contains(choice))) {
            let given = |schema: &Schema| schema.get("enum").or_else(|| schema.get("const")).cloned();
            self.changed("enum", given(inner).as_ref(), given(outer).as_ref());
        }
    }

    fn limits(&mut self, inner: &Schema, outer: &Schema) {
        for (keywords, is_least) in [(AT_LEAST, true), (AT_MOST, false)] {
            for keyword in keywords {
                let Some(limit) = outer.get(keyword) else { continue };
                let kept = inner.get(keyword).is_some_and(|own| match (whole(own), whole(limit)) {
                    (Some(own), Some(limit)) => own == limit || (own > limit) == is_least,
                    _ => own == limit,
                });
                if !kept {
                    self.changed(keyword, inner.get(keyword), Some(limit));
                }
            }
        }
    }

    fn format(&mut self, inner: &Schema, outer: &Schema) {
        let Some(wide) = outer.get("format") else { return };
        let narrow = inner.get("format");
        let fits = narrow == Some(wide) || wide == "int64" && narrow.is_some_and(|narrow| narrow == "int32");
        if !fits {
            self.changed("format", narrow, Some(wide));
        }
    }

    fn required(&mut self, inner: &Schema, outer: &Schema) {
        let own = texts(inner.get("required"));
        for name in texts(outer.get("required")).into_iter().filter(|name| !own.contains(name)) {
            let detail = match self.direction {
                Direction::Produced => format!("`{name}` was always there, and may now be missing"),
                Direction::Consumed => format!("`{name}` may be missing, and is now required"),
            };
            self.report("required", detail);
        }
    }

    fn properties(&mut self, inner: &Schema, outer: &Schema) {
        let of = |schema: &Schema| schema.get("properties").and_then(Value::as_object).cloned();
        let (inner, outer) = (of(inner).unwrap_or_default(), of(outer).unwrap_or_default());
        let (released, current) = self.in_time(&inner, &outer);
        let gone: Vec<String> = released.keys().filter(|name| !current.contains_key(*name)).cloned().collect();
        for name in gone {
            self.report("properties", format!("`{name}` is gone"));
        }
        for (name, own) in &inner {
            if let Some(other) = outer.get(name) {
                self.below(format!(".{name}"), own, other);
            }
        }
    }

    fn items(&mut self, inner: &Schema, outer: &Schema) {
        match (inner.get("items"), outer.get("items")) {
            (Some(own), Some(other)) => self.below("[]".to_owned(), own, other),
            (None, Some(other)) => self.changed("items", None, Some(other)),
            (_, None) => {}
        }
    }

    fn list(&mut self, keyword: &str, inner: &Schema, outer: &Schema) {
        match (inner.get(keyword).and_then(Value::as_array), outer.get(keyword).and_then(Value::as_array)) {
            (Some(own), Some(other)) if own.len() == other.len() => {
                for (own, other) in own.iter().zip(other) {
                    self.within(own, other);
                }
            }
            (None, None) => {}
            // whether another number of alternatives is more or less cannot be told in general
            _ => self.changed(keyword, inner.get(keyword), outer.get(keyword)),
        }
    }
}

/// A schema without its reference: what stands beside the reference counts too.
fn resolved(root: &Value, schema: &Value) -> Option<Schema> {
    let mut schema = match schema {
        Value::Object(schema) => schema.clone(),
        Value::Bool(true) => Map::new(),
        _ => return None,
    };
    for _ in 0..DEPTH_MAX {
        let Some(reference) = schema.remove("$ref") else { return Some(schema) };
        let mut target = root.pointer(reference.as_str()?.strip_prefix('#')?)?.as_object()?.clone();
        target.extend(schema);
        schema = target;
    }
    None
}

fn types(schema: &Schema) -> Vec<&str> {
    match schema.get("type") {
        None => TYPES.to_vec(),
        Some(given) => texts(Some(given)),
    }
}

/// The texts of a list, or the one text.
fn texts(value: Option<&Value>) -> Vec<&str> {
    match value {
        Some(Value::Array(all)) => all.iter().filter_map(Value::as_str).collect(),
        Some(value) => value.as_str().into_iter().collect(),
        None => Vec::new(),
    }
}

fn choices(schema: &Schema) -> Option<Vec<&Value>> {
    match (schema.get("enum"), schema.get("const")) {
        (_, Some(only)) => Some(vec![only]),
        (Some(Value::Array(all)), None) => Some(all.iter().collect()),
        _ => None,
    }
}

fn whole(value: &Value) -> Option<i128> {
    value.as_i64().map(i128::from).or_else(|| value.as_u64().map(i128::from))
}
