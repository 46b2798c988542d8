//! A JSON Schema validator over the committed contracts: not ours, so that it cannot share our mistakes.
use boon::{Compiler, Draft, Schemas};
use serde_json::{Value, json};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// The folder of the event contracts.
pub fn events() -> PathBuf {
    root().join("contracts/events")
}

pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

pub fn read(path: &Path) -> Value {
    let bytes = fs::read(path).map_err(|error| format!("{}: {error}", path.display()));
    serde_json::from_slice(&bytes.unwrap()).unwrap()
}

/// What is wrong with a document, by the schema at a pointer (`#/…`, or empty) of another one.
pub fn fault(schema: &Value, pointer: &str, document: &Value) -> Option<String> {
    let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
    compiler.set_default_draft(Draft::V2020_12);
    compiler.enable_format_assertions();
    compiler.add_resource("file:///schema.json", schema.clone()).unwrap();
    let compiled = compiler.compile(&format!("file:///schema.json{pointer}"), &mut schemas).unwrap();
    schemas.validate(document, compiled).err().map(|error| format!("{error:#}"))
}

/// What is wrong with an event, by the schemas of a folder: its envelope's or its data's.
pub fn fault_in(folder: &Path, event: &Value) -> Option<String> {
    let schema = |name: &str| read(&folder.join(format!("{name}.schema.json")));
    let kind = event["type"].as_str().unwrap();
    fault(&schema("cloudevent"), "", event).or_else(|| fault(&schema(kind), "", &event["data"]))
}

/// Every sample that was ever committed, with its file.
pub fn samples() -> Vec<(PathBuf, Value)> {
    let listed = |folder: &Path| fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect::<Vec<_>>();
    let mut paths: Vec<PathBuf> = listed(&events().join("samples")).iter().flat_map(|kind| listed(kind)).collect();
    paths.sort();
    paths.into_iter().map(|path| (path.clone(), read(&path))).collect()
}

/// The first (least) or second (full) sample of a type.
pub fn sample(kind: &str, number: u8) -> Value {
    read(&events().join(format!("samples/{kind}/{number}.json")))
}

/// The same with fields that nobody knows, in every object.
pub fn from_a_later_version(mut value: Value) -> Value {
    fn add(value: &mut Value) {
        match value {
            Value::Object(map) => {
                map.values_mut().for_each(add);
                map.insert("added_later".to_owned(), json!({"deep": [1, {"deeper": null}]}));
            }
            Value::Array(values) => values.iter_mut().for_each(add),
            _ => {}
        }
    }
    add(&mut value);
    value
}
