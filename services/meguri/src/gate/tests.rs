//! Planted changes, each of which the gate must see; and the harmless ones, which it must let pass.
use super::{Direction, schema_gate};
use serde_json::{Value, json};

fn released() -> Value {
    json!({
        "$id": "/contracts/events/parcel.sent.v1.schema.json",
        "type": "object",
        "required": ["id", "count", "lots"],
        "properties": {
            "id": {"type": "string", "format": "uuid"},
            "count": {"type": "integer", "format": "int32", "minimum": 1, "maximum": 100},
            "state": {"type": "string", "enum": ["packed", "sent"]},
            "code": {"type": "string", "pattern": "^[A-Z]+$", "minLength": 1, "maxLength": 9},
            "note": {"type": ["string", "null"]},
            "to": {"oneOf": [{"type": "null"}, {"$ref": "#/components/schemas/Place"}]},
            "lots": {"type": "array", "maxItems": 200, "items": {"$ref": "#/components/schemas/Lot"}},
        },
        "components": {"schemas": {
            "Lot": {"type": "object", "required": ["lot"], "properties": {
                "lot": {"type": "string"}, "vials": {"type": "integer", "format": "int64"},
            }},
            "Place": {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}},
        }},
    })
}

/// The schema with the value at a pointer replaced, added or (null) taken away.
fn with(pointer: &str, value: Value) -> Value {
    let mut schema = released();
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    let parent = schema.pointer_mut(parent).unwrap().as_object_mut().unwrap();
    match value {
        Value::Null => assert!(parent.remove(name).is_some(), "{pointer}"),
        value => drop(parent.insert(name.to_owned(), value)),
    }
    schema
}

fn found(current: &Value, direction: Direction) -> Vec<String> {
    let violations = schema_gate(&released(), current, direction);
    violations.into_iter().map(|violation| format!("{} {}", violation.path, violation.keyword)).collect()
}

/// Pointer, new value, and what each of the two directions says: empty is fine.
const PLANTED: &[(&str, &str, &str, &str)] = &[
    // properties come and go
    ("/properties/note", "null", " properties", " properties"),
    ("/components/schemas/Lot/properties/vials", "null", "lots[] properties", "lots[] properties"),
    ("/properties/weight", r#"{"type": "integer"}"#, "", ""),
    ("/required", r#"["id", "count", "lots", "state"]"#, "", " required"),
    ("/required", r#"["id", "count"]"#, " required", ""),
    ("/components/schemas/Lot/required", r#"["lot", "vials"]"#, "", "lots[] required"),
    ("/components/schemas/Lot/required", "[]", "lots[] required", ""),
    // types
    ("/properties/note/type", r#""string""#, "", "note type"),
    ("/properties/id/type", r#"["string", "null"]"#, "id type", ""),
    ("/properties/count/type", r#""number""#, "count type", ""),
    ("/properties/count/type", r#""string""#, "count type", "count type"),
    ("/properties/code/type", "null", "code type", ""),
    ("/components/schemas/Lot/properties/vials/type", r#""string""#, "lots[].vials type", "lots[].vials type"),
    ("/components/schemas/Place/properties/name/type", r#"["string", "null"]"#, "to.name type", ""),
    // choices
    ("/properties/state/enum", r#"["packed", "sent", "lost"]"#, "state enum", ""),
    ("/properties/state/enum", r#"["packed"]"#, "", "state enum"),
    ("/properties/state/enum", "null", "state enum", ""),
    ("/properties/code/enum", r#"["A"]"#, "", "code enum"),
    ("/properties/code/const", r#""A""#, "", "code enum"),
    // limits
    ("/properties/count/maximum", "101", "count maximum", ""),
    ("/properties/count/maximum", "99", "", "count maximum"),
    ("/properties/count/maximum", "null", "count maximum", ""),
    ("/properties/count/minimum", "0", "count minimum", ""),
    ("/properties/count/minimum", "2", "", "count minimum"),
    ("/properties/count/minimum", "1.5", "count minimum", "count minimum"),
    ("/properties/code/maxLength", "10", "code maxLength", ""),
    ("/properties/code/minLength", "2", "", "code minLength"),
    ("/properties/lots/maxItems", "100", "", "lots maxItems"),
    ("/properties/lots/minItems", "1", "", "lots minItems"),
    // words that only forbid
    ("/properties/code/pattern", r#""^[A-Z0-9]+$""#, "code pattern", "code pattern"),
    ("/properties/code/pattern", "null", "code pattern", ""),
    ("/properties/note/pattern", r#""^[A-Z]+$""#, "", "note pattern"),
    ("/properties/id/format", "null", "id format", ""),
    ("/properties/note/format", r#""date""#, "", "note format"),
    ("/properties/count/format", r#""int64""#, "count format", ""),
    ("/components/schemas/Lot/properties/vials/format", r#""int32""#, "", "lots[].vials format"),
    ("/additionalProperties", "false", "", " additionalProperties"),
    ("/additionalProperties", "true", "", ""),
    ("/not", r#"{"required": ["note"]}"#, "", " not"),
    // shapes
    ("/properties/lots/items", "null", "lots items", ""),
    (
        "/properties/lots/items/$ref",
        r##""#/components/schemas/Place""##,
        "lots[] required,lots[] properties,lots[] properties",
        "lots[] required,lots[] properties,lots[] properties",
    ),
    ("/properties/lots/items/$ref", r##""#/components/schemas/Gone""##, "lots[] $ref", "lots[] $ref"),
    ("/properties/to/oneOf", r#"[{"type": "null"}]"#, "to oneOf", "to oneOf"),
    ("/properties/to/oneOf", "null", "to oneOf", "to oneOf"),
    // words about it
    ("/properties/id/description", r#""another""#, "", ""),
    ("/title", r#""another""#, "", ""),
];

#[test]
fn every_planted_change_is_seen_in_the_direction_it_breaks() {
    for (pointer, value, produced, consumed) in PLANTED {
        let current = with(pointer, serde_json::from_str(value).unwrap());
        for (direction, expected) in [(Direction::Produced, produced), (Direction::Consumed, consumed)] {
            assert_eq!(found(&current, direction).join(","), *expected, "{direction:?} {pointer} = {value}");
        }
    }
}

#[test]
fn nothing_changed_is_no_violation() {
    for direction in [Direction::Produced, Direction::Consumed] {
        assert_eq!(found(&released(), direction), [""; 0]);
    }
}

/// A part that is inlined, or moved and renamed, says the same.
#[test]
fn where_a_part_is_kept_makes_no_difference() {
    let place = json!([{"type": "null"}, released()["components"]["schemas"]["Place"]]);
    let current = with("/properties/to/oneOf", place);
    for direction in [Direction::Produced, Direction::Consumed] {
        assert_eq!(found(&current, direction), [""; 0]);
    }
}

/// What breaks the readers on the way there breaks the writers on the way back.
#[test]
fn the_two_directions_are_each_others_way_back() {
    for (pointer, value, produced, consumed) in PLANTED {
        let current = with(pointer, serde_json::from_str(value).unwrap());
        let back = schema_gate(&current, &released(), Direction::Produced).is_empty();
        let gone_or_new = produced.contains("properties") || pointer.ends_with("/weight");
        if !gone_or_new {
            assert_eq!(back, consumed.is_empty(), "{pointer} = {value}");
        }
    }
}

#[test]
fn a_schema_without_end_is_refused() {
    let endless = json!({"type": "array", "items": {"$ref": "#"}});
    let found = schema_gate(&endless, &endless, Direction::Consumed);
    assert_eq!(found.first().map(|violation| violation.keyword.as_str()), Some("$ref"));
    let circle = json!({"$ref": "#"});
    assert!(!schema_gate(&circle, &circle, Direction::Produced).is_empty());
}

#[test]
fn a_violation_names_place_and_change() {
    let current = with("/properties/count/maximum", json!(101));
    let said = schema_gate(&released(), &current, Direction::Produced)[0].to_string();
    assert_eq!(said, "data.count: maximum: released 100, now 101 (breaks its readers)");
}
