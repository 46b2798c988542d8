//! The root of all writes. The gateway writes nothing itself: each mutation is a request to the
//! service that owns the rule, with the caller's own token.
mod amendment;
pub mod client;
mod done;
mod notice;
mod objection;
mod plan;
mod shipment;
mod shipment_input;
mod submit_report;
mod what_if;

use crate::session::session;
use async_graphql::{Context, Object};

pub use amendment::{
    AmendPlanInput, AmendmentPayload, ChooseForOvercommittedInput, CommitAmendmentInput, WithdrawLinesInput,
    WithdrawLinesPayload,
};
pub use notice::{AcknowledgeNoticeInput, AcknowledgeNoticePayload};
pub use objection::{AnswerObjectionInput, AnswerObjectionPayload, ObjectToLineInput, ObjectToLinePayload};
pub use plan::{AdjustLineInput, AssignToSitesInput, ComputePlanInput, MovePlanInput, PlanPayload, TakeBackPlanInput};
pub use shipment::{CancelShipmentPayload, ConfirmReceiptPayload, ReleaseLinesPayload, ResolveDiscrepancyPayload};
pub use shipment_input::{CancelShipmentInput, ConfirmReceiptInput, ReleaseLinesInput, ResolveDiscrepancyInput};
pub use submit_report::{SubmitReportInput, SubmitReportPayload};
pub use what_if::{RunWhatIfInput, WhatIfPayload};

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

    /// Try 1 to 5 rules out, side by side, without any effect: it is no allocation.
    async fn run_what_if(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The rules, and what they are tried out on.")] input: RunWhatIfInput,
    ) -> Result<WhatIfPayload, client::Refusal> {
        what_if::run(session(ctx)?, input).await
    }

    /// Change lines of a plan by hand, together, with a reason; the computed units stay beside.
    async fn adjust_line(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The lines, as they shall be.")] input: AdjustLineInput,
    ) -> Result<PlanPayload, client::Refusal> {
        plan::adjust(session(ctx)?, input).await
    }

    /// Hand a plan in; its lines then stand still. Where the round's calendar gives time for objections, each
    /// recipient sees its own line as a proposal from now on.
    async fn submit_plan(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The plan, as it was read.")] input: MovePlanInput,
    ) -> Result<PlanPayload, client::Refusal> {
        plan::step(session(ctx)?, "submit", input).await
    }

    /// Take a plan back that was handed in, to change its lines and hand it in again.
    async fn take_back_plan(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The plan, as it was read.")] input: TakeBackPlanInput,
    ) -> Result<PlanPayload, client::Refusal> {
        plan::take_back(session(ctx)?, input).await
    }

    /// Object to your own territory's line of a plan that was handed in, as long as its window is open.
    async fn object_to_line(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The objection.")] input: ObjectToLineInput,
    ) -> Result<ObjectToLinePayload, client::Refusal> {
        objection::object(session(ctx)?, input).await
    }

    /// Answer an objection to your plan in writing, once.
    async fn answer_objection(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The answer.")] input: AnswerObjectionInput,
    ) -> Result<AnswerObjectionPayload, client::Refusal> {
        objection::answer(session(ctx)?, input).await
    }

    /// Agree to a plan that was handed in, as another officer than who did so, after the time for objections,
    /// when all of them are answered.
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

    /// Propose a change of a committed plan: another supply, by the queue of its rule, or other lines. Nothing
    /// is posted before it is committed.
    async fn amend_plan(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The change.")] input: AmendPlanInput,
    ) -> Result<AmendmentPayload, client::Refusal> {
        amendment::amend(session(ctx)?, input).await
    }

    /// Commit an amendment: units move at once where they are free; what those below have passed on is due, and
    /// they have a deadline.
    async fn commit_amendment(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The amendment, as it was read.")] input: CommitAmendmentInput,
    ) -> Result<AmendmentPayload, client::Refusal> {
        amendment::commit(session(ctx)?, input).await
    }

    /// Choose where units come from that are locked beyond what would be left; it is committed then.
    async fn choose_for_overcommitted(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The choice.")] input: ChooseForOvercommittedInput,
    ) -> Result<AmendmentPayload, client::Refusal> {
        amendment::choose(session(ctx)?, input).await
    }

    /// Take assigned lines back that have not been released. What the level above wants back goes on to it.
    async fn withdraw_lines(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The lines.")] input: WithdrawLinesInput,
    ) -> Result<WithdrawLinesPayload, client::Refusal> {
        amendment::withdraw(session(ctx)?, input).await
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

    /// Say that you have read a notice in its present version.
    async fn acknowledge_notice(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The notice, as it was read.")] input: AcknowledgeNoticeInput,
    ) -> Result<AcknowledgeNoticePayload, client::Refusal> {
        notice::acknowledge(session(ctx)?, input).await
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
