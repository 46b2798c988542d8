//! Answers in the order of the question. The executor writes fields as they become ready, which
//! differs from one time to the next; readers and caches want the same bytes for the same answer.
use super::Selected;
use async_graphql::{
    Name, Value,
    indexmap::IndexMap,
    parser::types::{ExecutableDocument, Selection, SelectionSet},
};

/// The keys of an object in the order in which they are asked for, each with those below it.
pub struct Shape<'a>(IndexMap<&'a Name, Self>);

impl<'a> Shape<'a> {
    /// Of an operation's answer.
    pub fn of(selected: &Selected<'a>) -> Self {
        Self::merged(selected.document, &[&selected.operation.selection_set.node])
    }

    fn merged(document: &'a ExecutableDocument, sets: &[&'a SelectionSet]) -> Self {
        let mut below = IndexMap::new();
        for set in sets {
            collect(document, set, &mut below);
        }
        Self(below.into_iter().map(|(key, sets)| (key, Self::merged(document, &sets))).collect())
    }

    /// Puts an answer in order.
    pub fn apply(&self, value: &mut Value) {
        match value {
            Value::List(list) => list.iter_mut().for_each(|item| self.apply(item)),
            Value::Object(object) => {
                let mut ordered = IndexMap::with_capacity(object.len());
                for (key, below) in &self.0 {
                    if let Some(mut value) = object.swap_remove(*key) {
                        below.apply(&mut value);
                        ordered.insert((*key).clone(), value);
                    }
                }
                // a scalar that is an object has no selection: it stays as it is
                ordered.append(object);
                *object = ordered;
            }
            _ => {}
        }
    }
}

/// The guard has refused cycles and documents that explode, so this ends soon.
fn collect<'a>(
    document: &'a ExecutableDocument,
    set: &'a SelectionSet,
    below: &mut IndexMap<&'a Name, Vec<&'a SelectionSet>>,
) {
    for selection in &set.items {
        match &selection.node {
            Selection::Field(field) => {
                let key = &field.node.response_key().node;
                below.entry(key).or_default().push(&field.node.selection_set.node);
            }
            Selection::InlineFragment(inline) => collect(document, &inline.node.selection_set.node, below),
            Selection::FragmentSpread(spread) => {
                if let Some(fragment) = document.fragments.get(&spread.node.fragment_name.node) {
                    collect(document, &fragment.node.selection_set.node, below);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use async_graphql::parser::parse_query;
    use serde_json::json;

    #[test]
    fn an_answer_is_in_the_order_of_the_question() {
        let document =
            parse_query("{ z: one { ...F b } a ... on Query { m { y x } } m { w } } fragment F on Thing { d c }")
                .unwrap();
        let operation = &document.operations.iter().next().unwrap().1.node;
        let mut value = Value::from_json(json!({
            "a": 1, "m": {"w": 1, "x": 2, "y": 3}, "z": [{"b": 1, "c": 2, "d": 3}, null, {"b": 4, "c": 5, "d": 6}]
        }))
        .unwrap();
        Shape::of(&Selected { document: &document, operation }).apply(&mut value);
        assert_eq!(
            serde_json::to_string(&value).unwrap(),
            r#"{"z":[{"d":3,"c":2,"b":1},null,{"d":6,"c":5,"b":4}],"a":1,"m":{"y":3,"x":2,"w":1}}"#
        );
    }
}
