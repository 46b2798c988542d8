//! Variables: the executor looks only at those that are used in an argument, and late. A required
//! one that is missing is refused here, before anything runs.
use super::{invalid, selected};
use async_graphql::{Value, Variables, parser::types::ExecutableDocument};
use domain::Problem;

/// Checks that every variable of the operation that must have a value has one.
///
/// # Errors
/// `graphql.invalid`.
pub fn check(document: &ExecutableDocument, operation_name: Option<&str>, given: &Variables) -> Result<(), Problem> {
    for definition in &selected(document, operation_name)?.node.variable_definitions {
        let definition = &definition.node;
        let value = given.get(&definition.name.node);
        let is_missing = match value {
            None => definition.default_value.is_none(),
            Some(value) => *value == Value::Null,
        };
        if is_missing && !definition.var_type.node.nullable {
            let name = &definition.name.node;
            return Err(invalid(&format!("variable ${name} of type {} needs a value", definition.var_type.node)));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use async_graphql::parser::parse_query;
    use serde_json::json;

    #[test]
    fn a_required_variable_needs_a_value_even_when_nothing_uses_it() {
        let document = parse_query("query A($id: ID!, $n: Int! = 3, $x: Int) { __typename } query B { a }").unwrap();
        let with = |name, variables| check(&document, name, &Variables::from_json(variables));
        assert!(with(Some("A"), json!({"id": "1"})).is_ok());
        assert!(with(Some("A"), json!({"id": "1", "n": null})).is_err());
        assert!(with(Some("A"), json!({"id": null})).is_err());
        assert!(with(Some("A"), json!({})).is_err());
        assert!(with(Some("B"), json!({})).is_ok());
        assert!(with(Some("C"), json!({})).is_err());
        assert!(with(None, json!({})).is_err(), "two operations and no name");
    }
}
