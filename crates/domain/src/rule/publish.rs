//! `allocation-plan/1`: a plan as it is published, and computed again from the document alone.
//!
//! `{engine, format, subject, rule, inputs, result, sentences, digest, result_digest}`, written canonically.
//! `digest` is the SHA-256 of the canonical `{engine, inputs, rule, subject}` (without `subject` where there is
//! none), `result_digest` that of the canonical `result`. Anyone who has the document can check with it that
//! the rule was applied as written, whatever spaces and order of keys it has by then.
//!
//! The sentences stand beside the result, under the version of their wording: a better wording changes no
//! result and no digest. They are compared where the wording is this program's own. A document of another
//! engine is refused by name ([`error::ALLOCATION_DOCUMENT_ENGINE`]); the program of that version can compute it again.
use super::{
    Computed, Inputs, Rule, compute,
    json::{self, Difference, Differences},
};
use crate::{FieldError, Problem, error};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

/// Name and version of the engine; the version changes when the same input would give another result, or the
/// result other fields.
pub const ENGINE: &str = "meguri-engine/1";
/// Format of the document.
pub const FORMAT: &str = "allocation-plan/1";
/// Version of the wording of sentences; it changes when the same line would be told in other words.
pub const WORDS: &str = "meguri-words/1";

/// Whose plan a document is. The digest covers it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Subject {
    /// Code of the programme.
    pub programme: String,
    /// Code of the product.
    pub product: String,
    /// Code of the stream.
    pub stream: String,
    /// Number of the round in its stream.
    pub round: i64,
    /// Code of the territory whose supply is shared.
    pub holder: String,
    /// Id of the plan.
    pub plan: String,
}

/// A plan as it is published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    /// The document, canonical JSON.
    pub text: String,
    /// Of engine, rule, inputs and subject; lower-case hex.
    pub digest: String,
    /// Of the result; lower-case hex.
    pub result_digest: String,
}

/// A document computed again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replay {
    /// Whether everything in the document is what follows from its rule and inputs.
    pub equal: bool,
    /// Whether the bytes are exactly those that this program writes.
    pub bytes_equal: bool,
    /// Of engine, rule, inputs and subject.
    pub digest: Compared,
    /// Of the result.
    pub result_digest: Compared,
    /// Version of the wording. Of another than this program's the sentences are not compared.
    pub words: Compared,
    /// Lines that were computed.
    pub lines: usize,
    /// Lines whose every field of the result is the same.
    pub lines_equal: usize,
    /// What is not the same; the first 100.
    pub differences: Vec<Difference>,
    /// How many are not the same.
    pub difference_count: usize,
}

/// What the document says and what was computed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compared {
    /// In the document.
    pub given: String,
    /// Computed.
    pub computed: String,
}

/// The parts of a document that was read.
#[derive(Debug, Clone)]
pub struct Parts {
    /// The rule.
    pub rule: Rule,
    /// What it was applied to.
    pub inputs: Inputs,
    /// Whose plan it is, if it says so.
    pub subject: Option<Subject>,
}

/// A document that was read, without format and engine, which have been looked at.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(default)]
    subject: Option<Subject>,
    rule: Value,
    inputs: Value,
    result: Value,
    sentences: Sentences,
    digest: String,
    result_digest: String,
}

/// The lines in words, in the order of the result.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sentences {
    words: String,
    places: Value,
}

/// A document before it is written.
struct Draft {
    subject: Option<Subject>,
    rule: Value,
    inputs: Value,
    result: Value,
    sentences: Sentences,
}

impl Draft {
    fn new(rule: &Rule, inputs: &Inputs, subject: Option<&Subject>, computed: &Computed) -> Result<Self, Problem> {
        let mut result = value(computed)?;
        let places = Value::Array(places_mut(&mut result).iter_mut().map(sentences_of).collect());
        Ok(Self {
            subject: subject.cloned(),
            rule: value(rule)?,
            inputs: inputs.to_value()?,
            result,
            sentences: Sentences { words: WORDS.to_owned(), places },
        })
    }

    fn published(&self) -> Result<Published, Problem> {
        let (rule, inputs, result) =
            (json::canonical(&self.rule)?, json::canonical(&self.inputs)?, json::canonical(&self.result)?);
        let subject = self.subject.as_ref().map(|subject| json::canonical(&value(subject)?)).transpose()?;
        let digest = digest_of(&rule, &inputs, subject.as_deref());
        let result_digest = sha256(&result);
        let sentences = json::canonical(&value(&self.sentences)?)?;
        let quoted = |text: &str| json::canonical(&Value::from(text));
        let (format, engine) = (quoted(FORMAT)?, quoted(ENGINE)?);
        let (of_inputs, of_result) = (quoted(&digest)?, quoted(&result_digest)?);
        let mut fields = vec![
            ("format", format.as_str()),
            ("engine", &engine),
            ("rule", &rule),
            ("inputs", &inputs),
            ("result", &result),
            ("sentences", &sentences),
            ("digest", &of_inputs),
            ("result_digest", &of_result),
        ];
        fields.extend(subject.as_deref().map(|subject| ("subject", subject)));
        Ok(Published { text: object(fields), digest, result_digest })
    }
}

/// An object of canonical values, canonical.
fn object(mut fields: Vec<(&str, &str)>) -> String {
    fields.sort_unstable();
    let mut text = String::with_capacity(fields.iter().map(|(name, value)| name.len() + value.len() + 4).sum());
    for (index, (name, value)) in fields.iter().enumerate() {
        text.push_str(if index == 0 { "{\"" } else { ",\"" });
        text.push_str(name);
        text.push_str("\":");
        text.push_str(value);
    }
    text.push('}');
    text
}

/// Of canonical values.
fn digest_of(rule: &str, inputs: &str, subject: Option<&str>) -> String {
    let engine = format!("\"{ENGINE}\"");
    let mut fields = vec![("engine", engine.as_str()), ("inputs", inputs), ("rule", rule)];
    fields.extend(subject.map(|subject| ("subject", subject)));
    sha256(&object(fields))
}

fn sha256(canonical: &str) -> String {
    hex::encode(Sha256::digest(canonical))
}

fn value(of: &impl Serialize) -> Result<Value, Problem> {
    serde_json::to_value(of).map_err(|error| Problem::new(&error::REQUEST_MALFORMED).with("reason", &error.to_string()))
}

fn places_mut(result: &mut Value) -> &mut [Value] {
    result.get_mut("places").and_then(Value::as_array_mut).map_or(&mut [], Vec::as_mut_slice)
}

/// The lines of a result.
fn places(result: &Value) -> &[Value] {
    result.get("places").and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// Takes the sentences out of a line.
fn sentences_of(line: &mut Value) -> Value {
    let part = |part: &mut Value| taken(part, "name");
    let parts = line.get_mut("components").and_then(Value::as_array_mut);
    let parts: Vec<Value> = parts.map_or_else(Vec::new, |parts| parts.iter_mut().map(part).collect());
    let mut said = taken(line, "code");
    if let Value::Object(said) = &mut said {
        said.insert("components".to_owned(), Value::Array(parts));
    }
    said
}

/// The name of something, and its sentences, which it no longer has.
fn taken(from: &mut Value, name: &str) -> Value {
    let mut said = Map::new();
    if let Value::Object(from) = from {
        said.extend(from.get(name).map(|value| (name.to_owned(), value.clone())));
        said.extend(["ja", "en"].into_iter().filter_map(|language| from.remove_entry(language)));
    }
    Value::Object(said)
}

/// Writes the document of a plan, with whose it is if the caller says so: a what-if is nobody's.
///
/// # Errors
/// None that a computed plan can cause.
pub fn document(
    rule: &Rule,
    inputs: &Inputs,
    computed: &Computed,
    subject: Option<&Subject>,
) -> Result<Published, Problem> {
    Draft::new(rule, inputs, subject, computed)?.published()
}

fn written(bytes: &[u8]) -> Result<Written, Problem> {
    let mut read = json::read(bytes)?;
    let mut text = |name: &str| match read.as_object_mut().and_then(|fields| fields.remove(name)) {
        Some(Value::String(text)) => text,
        other => other.map_or_else(String::new, |other| other.to_string()),
    };
    let (format, engine) = (text("format"), text("engine"));
    if format != FORMAT {
        let reason = format!("{FORMAT}, not {format}");
        let found = FieldError::new("format", &error::REQUEST_INVALID_FIELD).with("reason", &reason);
        return Err(Problem::of_fields(&error::REQUEST_INVALID, vec![found]));
    }
    // first of all: another engine's documents have other fields
    if engine != ENGINE {
        let refused = Problem::new(&error::ALLOCATION_DOCUMENT_ENGINE).with("engine", &engine);
        return Err(refused.with("known", ENGINE));
    }
    json::typed_in(read, "", |_| String::new())
}

/// The rule and inputs of a document, as for a what-if with another rule.
///
/// # Errors
/// `request.malformed` when it is not JSON or has a key twice; `allocation.document_engine` when another
/// engine wrote it; `request.invalid` with the path of what does not belong to an `allocation-plan/1`.
pub fn read(bytes: &[u8]) -> Result<Parts, Problem> {
    let written = written(bytes)?;
    let (rule, inputs) = (Rule::at(&written.rule, "rule")?, Inputs::from_value(&written.inputs, "inputs")?);
    Ok(Parts { rule, inputs, subject: written.subject })
}

/// Computes a document again from its own rule and inputs.
///
/// # Errors
/// Those of [`read`], and of [`compute`] when the rule cannot be applied to the inputs.
pub fn replay(bytes: &[u8]) -> Result<Replay, Problem> {
    let written = written(bytes)?;
    let (rule, inputs) = (Rule::at(&written.rule, "rule")?, Inputs::from_value(&written.inputs, "inputs")?);
    let draft = Draft::new(&rule, &inputs, written.subject.as_ref(), &compute(&rule, &inputs)?)?;
    drop((rule, inputs));
    let again = draft.published()?;
    let subject = written.subject.as_ref().map(|subject| json::canonical(&value(subject)?)).transpose()?;
    let computed = digest_of(&json::canonical(&written.rule)?, &json::canonical(&written.inputs)?, subject.as_deref());
    let digest = Compared { given: written.digest, computed };
    let result_digest = Compared { given: written.result_digest, computed: again.result_digest };
    let words = Compared { given: written.sentences.words, computed: WORDS.to_owned() };
    let mut differences = Differences::default();
    for (path, compared) in [("digest", &digest), ("result_digest", &result_digest)] {
        differences.compare(path, Some(&json!(compared.given)), Some(&json!(compared.computed)));
    }
    for (path, given, computed) in [
        ("rule", &written.rule, &draft.rule),
        ("inputs", &written.inputs, &draft.inputs),
        ("result", &written.result, &draft.result),
    ] {
        differences.compare(path, Some(given), Some(computed));
    }
    if words.given == words.computed {
        let (given, computed) = (&written.sentences.places, &draft.sentences.places);
        differences.compare("sentences.places", Some(given), Some(computed));
    }
    let (given, computed) = (places(&written.result), places(&draft.result));
    Ok(Replay {
        equal: differences.count == 0,
        bytes_equal: again.text.as_bytes() == bytes,
        digest,
        result_digest,
        words,
        lines: computed.len(),
        lines_equal: computed.iter().zip(given).filter(|(computed, given)| computed == given).count(),
        differences: differences.list,
        difference_count: differences.count,
    })
}
