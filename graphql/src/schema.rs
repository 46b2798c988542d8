//! The schema, built for each kind of caller: what may be asked for is the same, what it may cost is
//! not.
use crate::{mutation::Mutation, query::Query};
use async_graphql::{EmptySubscription, SDLExportOptions, SchemaBuilder};

/// What a query of somebody who is signed in may cost.
const COMPLEXITY_STAFF: usize = 20_000;
/// What a query of anybody else may cost.
const COMPLEXITY_PUBLIC: usize = 5_000;

/// Our schema.
pub type Schema = async_graphql::Schema<Query, Mutation, EmptySubscription>;

/// The schema for each kind of caller.
pub struct Schemas {
    training: [Schema; 2],
    production: [Schema; 2],
}

fn builder() -> SchemaBuilder<Query, Mutation, EmptySubscription> {
    Schema::build(Query, Mutation, EmptySubscription)
}

impl Schemas {
    /// Builds them.
    pub fn new() -> Self {
        let limited = |complexity: usize| {
            builder()
                .limit_complexity(complexity)
                .limit_depth(crate::guard::DEPTH_MAX)
                // fragments count here too, so it must be above the depth; the guard has bounded both
                .limit_recursive_depth(crate::guard::NESTING_MAX)
                .limit_directives(crate::guard::DIRECTIVES_MAX)
        };
        let each = |schema: fn(SchemaBuilder<Query, Mutation, EmptySubscription>) -> Schema| {
            [schema(limited(COMPLEXITY_PUBLIC)), schema(limited(COMPLEXITY_STAFF))]
        };
        Self {
            training: each(SchemaBuilder::finish),
            // names that nobody is told cannot be guessed by their neighbours
            production: each(|builder| builder.disable_introspection().disable_suggestions().finish()),
        }
    }

    /// The schema for a caller.
    pub fn of(&self, training: bool, staff: bool) -> &Schema {
        let [public, signed_in] = if training { &self.training } else { &self.production };
        if staff { signed_in } else { public }
    }
}

/// The schema's text.
pub fn sdl() -> String {
    builder().finish().sdl_with_options(SDLExportOptions::new().prefer_single_line_descriptions().use_space_ident())
}
