//! JSON as documents of record need it: a key given twice is refused, the canonical form has sorted
//! keys and whole numbers only, and two documents are compared path by path.
use crate::{FieldError, Problem, apportionment::canonical::append, error};
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, Error as _, MapAccess, SeqAccess, Visitor},
};
use serde_json::{Map, Value};
use std::fmt;

/// Most differences that are listed.
pub const DIFFERENCES_MAX: usize = 100;

/// A value none of whose objects has a key twice.
struct Strict(Value);

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyValue).map(Strict)
    }
}

struct AnyValue;

impl<'de> Visitor<'de> for AnyValue {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(Strict(value)) = from.next_element()? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut from: A) -> Result<Value, A::Error> {
        let mut fields = Map::new();
        while let Some((name, Strict(value))) = from.next_entry::<String, Strict>()? {
            if fields.contains_key(&name) {
                return Err(A::Error::custom(format!("the key {name} is given twice")));
            }
            fields.insert(name, value);
        }
        Ok(Value::Object(fields))
    }
}

/// Reads JSON.
///
/// # Errors
/// `request.malformed` when it is not JSON in UTF-8, or has a key twice.
pub fn read(bytes: &[u8]) -> Result<Value, Problem> {
    let read: Result<Strict, serde_json::Error> = serde_json::from_slice(bytes);
    read.map(|strict| strict.0)
        .map_err(|error| Problem::new(&error::REQUEST_MALFORMED).with("reason", &error.to_string()))
}

/// A value as a `T`; `base` is the path of the value.
///
/// # Errors
/// `request.invalid` with the path of what does not fit.
pub fn typed<T: DeserializeOwned>(value: &Value, base: &str) -> Result<T, Problem> {
    typed_in(value, base, |_| String::new())
}

/// [`typed`], of a value that is taken apart or borrowed; `place` says, from a path in it, where that is, in
/// words that stand before the reason.
///
/// # Errors
/// Those of [`typed`].
pub fn typed_in<'de, T: DeserializeOwned>(
    value: impl Deserializer<'de>,
    base: &str,
    place: impl FnOnce(&str) -> String,
) -> Result<T, Problem> {
    serde_path_to_error::deserialize(value).map_err(|failed| {
        let place = place(&failed.path().to_string());
        let path = match (base, failed.path().to_string()) {
            ("", path) => path,
            (base, path) if path == "." => base.to_owned(),
            (base, path) if path.starts_with('[') => format!("{base}{path}"),
            (base, path) => format!("{base}.{path}"),
        };
        let reason = format!("{place}{}", failed.into_inner());
        let field = FieldError::new(path, &error::REQUEST_INVALID_FIELD).with("reason", &reason);
        Problem::of_fields(&error::REQUEST_INVALID, vec![field])
    })
}

/// The canonical text.
///
/// # Errors
/// `allocation.not_canonical` when a number is not whole or leaves 64 bits.
pub fn canonical(value: &Value) -> Result<String, Problem> {
    let mut text = String::new();
    append(&mut text, value)?;
    Ok(text)
}

/// One thing that is not the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Where: `result.places[131016].units`. Entries of a list that have a `code` or a `name` are named by it.
    pub path: String,
    /// What the document says, as JSON, cut if it is long; `None` if it says nothing.
    pub given: Option<String>,
    /// What was computed; `None` if there is no such thing.
    pub computed: Option<String>,
}

/// Where two values differ.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Differences {
    /// The first [`DIFFERENCES_MAX`], in the order of the document.
    pub list: Vec<Difference>,
    /// All.
    pub count: usize,
}

impl Differences {
    /// Adds what differs at `path`.
    pub fn compare(&mut self, path: &str, given: Option<&Value>, computed: Option<&Value>) {
        match (given, computed) {
            (Some(given), Some(computed)) if given == computed => {}
            (Some(Value::Object(given)), Some(Value::Object(computed))) => {
                let mut names: Vec<&String> = given.keys().chain(computed.keys()).collect();
                names.sort_unstable();
                names.dedup();
                for name in names {
                    let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                    self.compare(&path, given.get(name), computed.get(name));
                }
            }
            (Some(Value::Array(given)), Some(Value::Array(computed))) => {
                for index in 0..given.len().max(computed.len()) {
                    let (given, computed) = (given.get(index), computed.get(index));
                    let named = given.or(computed).and_then(|entry| entry.get("code").or_else(|| entry.get("name")));
                    let named = named.and_then(Value::as_str).map_or_else(|| index.to_string(), str::to_owned);
                    self.compare(&format!("{path}[{named}]"), given, computed);
                }
            }
            (given, computed) => self.push(path, given, computed),
        }
    }

    fn push(&mut self, path: &str, given: Option<&Value>, computed: Option<&Value>) {
        self.count += 1;
        if self.list.len() < DIFFERENCES_MAX {
            let text = |value: &Value| short(&value.to_string());
            let (given, computed) = (given.map(text), computed.map(text));
            self.list.push(Difference { path: path.to_owned(), given, computed });
        }
    }
}

/// Long values are cut: the path says where the whole is.
fn short(text: &str) -> String {
    const CHARS_MAX: usize = 200;
    if text.chars().count() <= CHARS_MAX {
        return text.to_owned();
    }
    text.chars().take(CHARS_MAX).chain(['…']).collect()
}
