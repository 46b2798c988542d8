//! The root of all writes. The gateway writes nothing itself: each mutation is a request to the
//! service that owns the rule, with the caller's own token.
pub mod client;
mod submit_report;

use crate::session::session;
use async_graphql::{Context, Object};

pub use submit_report::{SubmitReportInput, SubmitReportPayload};

/// The root of all writes.
pub struct Mutation;

/// Writes. Each answers a union of the outcomes that are to be expected; authentication, unknown
/// objects, limits and outages are entries of `errors`.
#[Object]
impl Mutation {
    /// Send a facility's report of a day, or a correction of one, as a whole. The id is made by the
    /// sender: sending the same id and content again gives the first answer again, so that it is
    /// safe to repeat what was not answered.
    async fn submit_report(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The report.")] input: SubmitReportInput,
    ) -> Result<SubmitReportPayload, client::Refusal> {
        submit_report::submit_report(session(ctx)?, input).await
    }
}
