//! What is looked at in the parsed document. Fragments are expanded as the executor would, but each
//! is measured once, so that fragments that spread fragments cannot make the measuring explode.
use super::{
    ALIASES_MAX, DEPTH_MAX, DIRECTIVES_MAX, EXPANDED_MAX, NESTING_MAX, REPEATS_MAX, ROOT_FIELDS_MAX, invalid, over,
};
use async_graphql::{
    Name, Positioned,
    parser::types::{Directive, DocumentOperations, ExecutableDocument, OperationDefinition, Selection, SelectionSet},
};
use domain::Problem;
use std::collections::HashMap;

type Result<T> = std::result::Result<T, Problem>;

/// The operation that a request with this `operationName` runs.
///
/// # Errors
/// `graphql.invalid` when there is none of that name, or several and no name.
pub fn selected<'a>(
    document: &'a ExecutableDocument,
    operation_name: Option<&str>,
) -> Result<&'a Positioned<OperationDefinition>> {
    match (&document.operations, operation_name) {
        (DocumentOperations::Single(operation), None) => Ok(operation),
        (DocumentOperations::Multiple(operations), Some(name)) => {
            operations.get(name).ok_or_else(|| invalid(&format!("there is no operation {name}")))
        }
        (DocumentOperations::Multiple(operations), None) => match operations.values().next() {
            Some(operation) if operations.len() == 1 => Ok(operation),
            _ => Err(invalid("several operations need an operationName")),
        },
        (DocumentOperations::Single(_), Some(name)) => Err(invalid(&format!("there is no operation {name}"))),
    }
}

/// Checks all operations and fragments of a document.
///
/// # Errors
/// `graphql.limit`, `graphql.invalid`.
pub fn check(document: &ExecutableDocument, introspection: bool) -> Result<()> {
    as_written(document, introspection)?;
    let mut measured = Measured { document, fragments: HashMap::new() };
    for name in document.fragments.keys() {
        measured.fragment(name, 0)?;
    }
    let mut expanded = 0_usize;
    for (_, operation) in document.operations.iter() {
        let size = measured.set(&operation.node.selection_set.node, 0)?;
        if size.depth > DEPTH_MAX {
            return Err(over(("深さ", "depth"), DEPTH_MAX, size.depth));
        }
        expanded = expanded.saturating_add(size.selections);
    }
    if expanded > EXPANDED_MAX {
        return Err(over(
            ("フラグメントを展開した選択の数", "selections with fragments expanded"),
            EXPANDED_MAX,
            expanded,
        ));
    }
    // from here on, expanding everything is known to be cheap
    for (_, operation) in document.operations.iter() {
        let root = fields(document, &operation.node.selection_set.node);
        if root.len() > ROOT_FIELDS_MAX {
            return Err(over(("最上位のフィールドの数", "root fields"), ROOT_FIELDS_MAX, root.len()));
        }
        repeats(document, &operation.node.selection_set.node)?;
    }
    Ok(())
}

/// What is counted where it is written, fragments once.
fn as_written(document: &ExecutableDocument, introspection: bool) -> Result<()> {
    let mut aliases = 0;
    let operations = document.operations.iter().map(|(_, operation)| &operation.node);
    let fragments = document.fragments.values().map(|fragment| &fragment.node);
    let mut sets: Vec<&SelectionSet> = Vec::new();
    for operation in operations {
        directives(&operation.directives)?;
        for variable in &operation.variable_definitions {
            directives(&variable.node.directives)?;
        }
        sets.push(&operation.selection_set.node);
    }
    for fragment in fragments {
        directives(&fragment.directives)?;
        sets.push(&fragment.selection_set.node);
    }
    while let Some(set) = sets.pop() {
        for selection in &set.items {
            directives(selection.node.directives())?;
            match &selection.node {
                Selection::Field(field) => {
                    aliases += usize::from(field.node.alias.is_some());
                    if !introspection && matches!(field.node.name.node.as_str(), "__schema" | "__type") {
                        return Err(invalid("introspection is switched off; the schema is published as a file"));
                    }
                    sets.push(&field.node.selection_set.node);
                }
                Selection::InlineFragment(fragment) => sets.push(&fragment.node.selection_set.node),
                Selection::FragmentSpread(_) => {}
            }
        }
    }
    if aliases > ALIASES_MAX {
        return Err(over(("別名の数", "aliases"), ALIASES_MAX, aliases));
    }
    Ok(())
}

fn directives(directives: &[Positioned<Directive>]) -> Result<()> {
    if directives.len() > DIRECTIVES_MAX {
        return Err(over(("一か所のディレクティブの数", "directives at one place"), DIRECTIVES_MAX, directives.len()));
    }
    Ok(())
}

/// How large a selection set is with its fragments expanded.
#[derive(Debug, Clone, Copy, Default)]
struct Size {
    /// Fields within fields.
    depth: usize,
    /// Selections of every kind.
    selections: usize,
}

struct Measured<'a> {
    document: &'a ExecutableDocument,
    /// `None` while a fragment is being measured: meeting it again is a cycle.
    fragments: HashMap<&'a Name, Option<Size>>,
}

impl<'a> Measured<'a> {
    fn set(&mut self, set: &'a SelectionSet, level: usize) -> Result<Size> {
        if level > NESTING_MAX {
            return Err(over(("フラグメントの入れ子の深さ", "levels of fragments"), NESTING_MAX, level));
        }
        let mut size = Size::default();
        for selection in &set.items {
            let (below, is_field) = match &selection.node {
                Selection::Field(field) => (self.set(&field.node.selection_set.node, level + 1)?, true),
                Selection::InlineFragment(inline) => (self.set(&inline.node.selection_set.node, level + 1)?, false),
                Selection::FragmentSpread(spread) => {
                    (self.fragment(&spread.node.fragment_name.node, level + 1)?, false)
                }
            };
            size.depth = size.depth.max(below.depth + usize::from(is_field));
            size.selections = size.selections.saturating_add(below.selections).saturating_add(1);
        }
        Ok(size)
    }

    fn fragment(&mut self, name: &Name, level: usize) -> Result<Size> {
        let document = self.document;
        // one that is not defined is the validator's business
        let Some((name, fragment)) = document.fragments.get_key_value(name) else { return Ok(Size::default()) };
        match self.fragments.get(name) {
            Some(Some(size)) => return Ok(*size),
            Some(None) => return Err(invalid(&format!("fragment {name} spreads itself"))),
            None => {}
        }
        self.fragments.insert(name, None);
        let size = self.set(&fragment.node.selection_set.node, level + 1)?;
        self.fragments.insert(name, Some(size));
        Ok(size)
    }
}

/// The fields of a selection set, fragments expanded, each with the selection below it.
fn fields<'a>(document: &'a ExecutableDocument, set: &'a SelectionSet) -> Vec<(&'a Name, &'a SelectionSet)> {
    let (mut found, mut sets) = (Vec::new(), vec![set]);
    while let Some(set) = sets.pop() {
        for selection in &set.items {
            match &selection.node {
                Selection::Field(field) => found.push((&field.node.name.node, &field.node.selection_set.node)),
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

/// One field many times in one selection is the same amplifier as many aliases.
fn repeats(document: &ExecutableDocument, root: &SelectionSet) -> Result<()> {
    let mut sets = vec![root];
    while let Some(set) = sets.pop() {
        let mut times: HashMap<&Name, usize> = HashMap::new();
        for (name, below) in fields(document, set) {
            let count = times.entry(name).or_default();
            *count += 1;
            sets.push(below);
        }
        if let Some(most) = times.into_values().max().filter(|most| *most > REPEATS_MAX) {
            return Err(over(("同じフィールドの繰り返しの回数", "times the same field"), REPEATS_MAX, most));
        }
    }
    Ok(())
}
