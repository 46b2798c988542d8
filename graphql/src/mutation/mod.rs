//! The root of all writes. The gateway writes nothing itself: each mutation is a request to the
//! service that owns the rule, with the caller's own token.
pub mod client;
mod done;
mod plan;
mod shipment;
mod shipment_input;
mod submit_report;

use crate::session::session;
use async_graphql::{Context, Object};

pub use plan::{AdjustLineInput, AssignToSitesInput, ComputePlanInput, MovePlanInput, PlanPayload};
pub use shipment::{CancelShipmentPayload, ConfirmReceiptPayload, ReleaseLinesPayload, ResolveDiscrepancyPayload};
pub use shipment_input::{CancelShipmentInput, ConfirmReceiptInput, ReleaseLinesInput, ResolveDiscrepancyInput};
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

    /// Compute the plan of the nation or of a prefecture, or compute it again before it is handed in.
    /// Lines that were changed by hand are as computed again.
    async fn compute_plan(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is to be computed.")] input: ComputePlanInput,
    ) -> Result<PlanPayload, client::Refusal> {
        plan::compute(session(ctx)?, input).await
    }

    /// Change lines of a plan by hand, together, with a reason; the computed units stay beside.
    async fn adjust_line(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The lines, as they shall be.")] input: AdjustLineInput,
    ) -> Result<PlanPayload, client::Refusal> {
        plan::adjust(session(ctx)?, input).await
    }

    /// Hand a plan in; its lines then stand still.
    async fn submit_plan(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The plan, as it was read.")] input: MovePlanInput,
    ) -> Result<PlanPayload, client::Refusal> {
        plan::step(session(ctx)?, "submit", input).await
    }

    /// Agree to a plan that was handed in.
    async fn approve_plan(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The plan, as it was read.")] input: MovePlanInput,
    ) -> Result<PlanPayload, client::Refusal> {
        plan::step(session(ctx)?, "approve", input).await
    }

    /// Commit a plan: its lines are granted, the rest goes into the holder's reserve. After the
    /// nation's, each prefecture has a computed plan of its own.
    async fn commit_plan(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The plan, as it was read.")] input: MovePlanInput,
    ) -> Result<PlanPayload, client::Refusal> {
        plan::step(session(ctx)?, "commit", input).await
    }

    /// Assign vials to sites, as who stands last in the round's stream. Several assignments add up and
    /// never exceed what the holder was granted.
    async fn assign_to_sites(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The sites and their vials.")] input: AssignToSitesInput,
    ) -> Result<PlanPayload, client::Refusal> {
        plan::assign(session(ctx)?, input).await
    }

    /// Release assigned lines of one hub group, in whole packs: they become one shipment to the hub.
    async fn release_lines(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is to be released.")] input: ReleaseLinesInput,
    ) -> Result<ReleaseLinesPayload, client::Refusal> {
        shipment::release(session(ctx)?, input).await
    }

    /// 納品確認: confirm what arrived, lot by lot. What differs from what was on the road becomes a
    /// discrepancy.
    async fn confirm_receipt(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What arrived.")] input: ConfirmReceiptInput,
    ) -> Result<ConfirmReceiptPayload, client::Refusal> {
        shipment::confirm(session(ctx)?, input).await
    }

    /// Call a shipment off before dispatch. Its lines are planned again.
    async fn cancel_shipment(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The shipment, as it was read.")] input: CancelShipmentInput,
    ) -> Result<CancelShipmentPayload, client::Refusal> {
        shipment::cancel(session(ctx)?, input).await
    }

    /// Decide what became of vials that are not where the book expected them.
    async fn resolve_discrepancy(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The decision.")] input: ResolveDiscrepancyInput,
    ) -> Result<ResolveDiscrepancyPayload, client::Refusal> {
        shipment::resolve(session(ctx)?, input).await
    }
}
