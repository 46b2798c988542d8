//! The executor leaves a field that failed out of its object, even where the schema promises a
//! value. Clients generated from the schema must not meet such an object: as the GraphQL
//! specification has it, the nearest field above that may be null becomes null.
use async_graphql::{
    PathSegment, Value,
    parser::{
        parse_schema,
        types::{
            BaseType, ExecutableDocument, Field, OperationDefinition, OperationType, Selection, SelectionSet, Type,
            TypeKind, TypeSystemDefinition,
        },
    },
};
use std::collections::HashMap;

/// Which fields may be null, and what they lead to.
pub struct Nullable(HashMap<String, HashMap<String, Promise>>);

/// What the schema promises of a field.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Promise {
    /// It may be null.
    nullable: bool,
    /// The type below it, lists unwrapped.
    base: String,
}

impl Promise {
    fn of(field: &Type) -> Self {
        let mut at = field;
        loop {
            match &at.base {
                BaseType::List(item) => at = item,
                BaseType::Named(name) => return Self { nullable: field.nullable, base: name.to_string() },
            }
        }
    }
}

impl Nullable {
    /// From the schema's own text.
    pub fn of(sdl: &str) -> Self {
        let mut types = HashMap::new();
        for definition in parse_schema(sdl).map(|document| document.definitions).unwrap_or_default() {
            let TypeSystemDefinition::Type(definition) = definition else { continue };
            // a member of a union or interface is looked up among all objects
            let TypeKind::Object(object) = definition.node.kind else { continue };
            let fields = object.fields.iter();
            let fields = fields.map(|field| (field.node.name.node.to_string(), Promise::of(&field.node.ty.node)));
            types.insert(definition.node.name.node.to_string(), fields.collect());
        }
        Self(types)
    }

    /// The promise of a field of a type. Behind an interface or union the object's type is not known
    /// here: then a field counts as nullable only if it is on every object that has it.
    fn promise(&self, object: &str, field: &str) -> Option<Promise> {
        if let Some(fields) = self.0.get(object) {
            return fields.get(field).cloned();
        }
        let mut promises = self.0.values().filter_map(|fields| fields.get(field));
        let first = promises.next()?.clone();
        Some(Promise { nullable: first.nullable && promises.all(|promise| promise.nullable), ..first })
    }
}

/// The operation that was run, by which keys of the answer are traced to fields.
pub struct Selected<'a> {
    /// Its document.
    pub document: &'a ExecutableDocument,
    /// The operation.
    pub operation: &'a OperationDefinition,
}

/// Puts `data` right after a failure at `path`.
pub fn settle(data: &mut Value, path: &[PathSegment], nullable: &Nullable, selected: &Selected<'_>) {
    let Some(broken) = first_gap(data, path) else { return };
    let may_be_null = promises(path, nullable, selected);
    // from the gap upwards, the first field that may be null
    match (0..=broken).rev().find(|place| may_be_null.get(*place).copied().unwrap_or(false)) {
        Some(place) => put_null(data, path.get(..=place).unwrap_or_default()),
        None => *data = Value::Null,
    }
}

/// The first place on the path at which there is nothing, or null.
fn first_gap(data: &Value, path: &[PathSegment]) -> Option<usize> {
    let mut at = data;
    for (place, segment) in path.iter().enumerate() {
        let below = match (at, segment) {
            (Value::Object(object), PathSegment::Field(name)) => object.get(name.as_str()),
            (Value::List(list), PathSegment::Index(index)) => list.get(*index),
            _ => None,
        };
        match below {
            None | Some(Value::Null) => return Some(place),
            Some(below) => at = below,
        }
    }
    None
}

fn put_null(data: &mut Value, path: &[PathSegment]) {
    let Some((segment, rest)) = path.split_first() else {
        *data = Value::Null;
        return;
    };
    match (data, segment) {
        (Value::Object(object), PathSegment::Field(name)) if rest.is_empty() => {
            object.insert(async_graphql::Name::new(name), Value::Null);
        }
        (Value::Object(object), PathSegment::Field(name)) => {
            if let Some(below) = object.get_mut(name.as_str()) {
                put_null(below, rest);
            }
        }
        (Value::List(list), PathSegment::Index(index)) => {
            if let Some(below) = list.get_mut(*index) {
                put_null(below, rest);
            }
        }
        _ => {}
    }
}

/// For every place of a path: is it a field that may be null? Places in lists never are, here.
fn promises(path: &[PathSegment], nullable: &Nullable, selected: &Selected<'_>) -> Vec<bool> {
    let mut sets = vec![&selected.operation.selection_set.node];
    let mut object = match selected.operation.ty {
        OperationType::Mutation => "Mutation",
        OperationType::Query | OperationType::Subscription => "Query",
    }
    .to_owned();
    let mut found = Vec::new();
    for segment in path {
        let PathSegment::Field(key) = segment else {
            found.push(false);
            continue;
        };
        let fields: Vec<&Field> = with_key(selected.document, &sets, key);
        let promise = fields.first().and_then(|field| nullable.promise(&object, &field.name.node));
        found.push(promise.as_ref().is_some_and(|promise| promise.nullable));
        object = promise.map(|promise| promise.base).unwrap_or_default();
        sets = fields.into_iter().map(|field| &field.selection_set.node).collect();
    }
    found
}

/// The fields of these selections that answer under `key`, fragments expanded.
fn with_key<'a>(document: &'a ExecutableDocument, sets: &[&'a SelectionSet], key: &str) -> Vec<&'a Field> {
    let (mut sets, mut found) = (sets.to_vec(), Vec::new());
    while let Some(set) = sets.pop() {
        for selection in &set.items {
            match &selection.node {
                Selection::Field(field) if field.node.response_key().node == key => found.push(&field.node),
                Selection::Field(_) => {}
                Selection::InlineFragment(inline) => sets.push(&inline.node.selection_set.node),
                Selection::FragmentSpread(spread) => {
                    let fragment = document.fragments.get(&spread.node.fragment_name.node);
                    sets.extend(fragment.map(|fragment| &fragment.node.selection_set.node));
                }
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use async_graphql::parser::parse_query;
    use serde_json::{Value as Json, json};

    const SDL: &str = "type Query { one: Thing  sure: Thing!  any: Any } interface Any { name: String! }
        type Thing implements Any { name: String!  part: Thing  parts: [Thing!]!  one: Thing! }";

    fn settled(query: &str, data: Json, path: Json) -> Json {
        let document = parse_query(query).unwrap();
        let operation = &document.operations.iter().next().unwrap().1.node;
        let mut data = Value::from_json(data).unwrap();
        let path: Vec<PathSegment> = serde_json::from_value(path).unwrap();
        settle(&mut data, &path, &Nullable::of(SDL), &Selected { document: &document, operation });
        data.into_json().unwrap()
    }

    #[test]
    fn a_missing_value_makes_the_nearest_nullable_field_null() {
        let query = "{ a: one { ...F } sure { name } } fragment F on Thing { p: part { name parts { name } } name }";
        assert_eq!(
            settled(
                query,
                json!({"a": {"p": {"parts": []}, "name": "x"}, "sure": {"name": "y"}}),
                json!(["a", "p", "name"])
            ),
            json!({"a": {"p": null, "name": "x"}, "sure": {"name": "y"}})
        );
        assert_eq!(
            settled(
                query,
                json!({"a": {"p": {"name": "x", "parts": [{}, {"name": "z"}]}}, "sure": {"name": "y"}}),
                json!(["a", "p", "parts", 0, "name"])
            ),
            json!({"a": {"p": null}, "sure": {"name": "y"}})
        );
        // one name, two promises; and an object whose type is not known
        assert_eq!(
            settled("{ one { one { name } } }", json!({"one": {"one": {}}}), json!(["one", "one", "name"])),
            json!({"one": null})
        );
        assert_eq!(settled("{ any { name } }", json!({"any": {}}), json!(["any", "name"])), json!({"any": null}));
        // the executor writes null for an object in which everything failed
        let (null, path) = (json!({"a": null, "sure": {"name": "y"}}), json!(["a", "name"]));
        assert_eq!(settled(query, null.clone(), path), null);
    }

    #[test]
    fn without_a_nullable_field_above_there_is_no_data() {
        let query = "{ one { name } sure { name } }";
        assert_eq!(settled(query, json!({"one": {"name": "x"}, "sure": null}), json!(["sure", "name"])), json!(null));
    }

    #[test]
    fn a_null_that_the_schema_allows_stays_alone() {
        let query = "{ one { part { name } name } }";
        let data = json!({"one": {"part": null, "name": "x"}});
        assert_eq!(settled(query, data.clone(), json!(["one", "part"])), data);
    }
}
