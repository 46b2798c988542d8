//! The types of the schema, one noun a file.
pub mod amendment;
pub mod capacity;
pub mod connection;
pub mod delivery;
pub mod facility;
pub mod fairness;
pub mod form;
pub mod line;
pub mod lot;
pub mod node;
pub mod notice;
pub mod objection;
pub mod partner;
pub mod past_round;
pub mod plan;
pub mod problem;
pub mod product;
pub mod progress;
pub mod receipt;
pub mod report;
pub mod round;
pub mod rule;
pub mod shipment;
pub mod site;
pub mod stock;
pub mod territory;
pub mod view;
pub mod viewer;
pub mod what_if;
pub mod words;

use async_graphql::{Context, Error};
use domain::Problem;
use platform::failure::Failure;

/// What a closed set of the database does not know: damaged data.
fn unknown(what: &'static str, value: &str) -> Problem {
    Failure::internal(format!("unknown {what}: {value}")).into_problem()
}

/// The value of a nullable field: a failure leaves `null` and an entry in `errors`, and the rest of
/// the answer stands.
pub fn or_null<T>(ctx: &Context<'_>, result: Result<Option<T>, Problem>) -> Option<T> {
    result.unwrap_or_else(|problem| {
        ctx.add_error(ctx.set_error_path(Error::from(problem).into_server_error(ctx.item.pos)));
        None
    })
}
