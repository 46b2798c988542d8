//! Releases, receipts, calls-off and decisions, sent to the services that own them.
use super::{
    client::Refusal,
    done::{Done, Outcome, Written, send, shown},
    shipment_input::{
        ArrivedLotInput, CancelShipmentInput, ConfirmReceiptInput, ReleaseLinesInput, ResolveDiscrepancyInput,
    },
};
use crate::{
    scalars::{Boxes, Count, Uuid, Vials},
    session::{Session, session},
    types::{
        or_null,
        problem::FieldProblem,
        receipt::{self, DiscrepancyDecision},
        round::Round,
        shipment::{Shipment, ShipmentState},
        words::Words,
    },
};
use async_graphql::{Context, Object, SimpleObject, Union};
use domain::{error, time};
use futures::future::try_join_all;
use wire::shipment;

/// The shipment as it is after a write. Null with an error when the read side has not seen the write yet.
async fn afterwards<T: Written>(ctx: &Context<'_>, done: &Done<T>, id: uuid::Uuid) -> Option<Shipment> {
    let load = async {
        let session = session(ctx)?;
        done.catch_up(session).await?;
        Shipment::load(session, id).await
    };
    or_null(ctx, load.await)
}

/// The lines were released.
pub struct LinesReleased {
    done: Done<shipment::LinesReleased>,
    round: uuid::Uuid,
}

/// The lines were released, now or (`replayed`) before under the same id. They become one shipment.
#[Object]
impl LinesReleased {
    /// Our own id of the release; the shipment gets the same one.
    async fn release_id(&self) -> Uuid {
        Uuid(self.done.answer.release)
    }

    /// Our own id of the hub.
    async fn hub(&self) -> Uuid {
        Uuid(self.done.answer.hub)
    }

    /// Vials in all.
    async fn vials(&self) -> Vials {
        Vials(self.done.answer.vials)
    }

    /// Packs in all.
    async fn boxes(&self) -> Boxes {
        Boxes(self.done.answer.packs)
    }

    /// Lines released.
    async fn lines(&self) -> Count {
        Count(self.done.answer.lines)
    }

    /// The round as it is after the release. Null with an error when the read side has not seen it yet; the
    /// release itself was done.
    #[graphql(name = "round")]
    async fn round_now(&self, ctx: &Context<'_>) -> Option<Round> {
        let load = async {
            let session = session(ctx)?;
            self.done.catch_up(session).await?;
            Round::load(session, self.round).await
        };
        or_null(ctx, load.await)
    }

    /// The shipment; null until distribution has taken the release up, a moment later.
    async fn shipment(&self, ctx: &Context<'_>) -> Option<Shipment> {
        afterwards(ctx, &self.done, self.done.answer.release).await
    }

    /// Commit position; a later read that must see it sends it in the header `Meguri-Position`.
    async fn position(&self) -> &str {
        self.done.position()
    }

    /// True when it was done before and this is the first answer again.
    async fn replayed(&self) -> bool {
        self.done.replayed
    }
}

/// The arrival was confirmed.
pub struct ReceiptConfirmed(Done<shipment::ReceiptConfirmed>);

/// The arrival was confirmed, now or (`replayed`) before under the same id.
#[Object]
impl ReceiptConfirmed {
    /// Our own id of the receipt.
    async fn receipt_id(&self) -> Uuid {
        Uuid(self.0.answer.receipt)
    }

    /// Usable vials.
    async fn accepted_vials(&self) -> Vials {
        Vials(self.0.answer.vials_accepted)
    }

    /// Broken or warm vials.
    async fn damaged_vials(&self) -> Vials {
        Vials(self.0.answer.vials_damaged)
    }

    /// Vials that should have come and did not.
    async fn short_vials(&self) -> Vials {
        Vials(self.0.answer.vials_short)
    }

    /// Vials that came and should not have.
    async fn surplus_vials(&self) -> Vials {
        Vials(self.0.answer.vials_surplus)
    }

    /// What differs from what was on the road; each needs a decision. Null with an error when the read side
    /// has not seen the receipt yet; the receipt itself was taken.
    #[graphql(complexity = "5_usize.saturating_mul(child_complexity).saturating_add(1).min(1_000_000)")]
    async fn discrepancies(&self, ctx: &Context<'_>) -> Option<Vec<receipt::Discrepancy>> {
        let load = async {
            let session = session(ctx)?;
            self.0.catch_up(session).await?;
            let opened = self.0.answer.discrepancies.iter();
            let loaded = try_join_all(opened.map(|id| receipt::Discrepancy::load(session, *id))).await?;
            Ok(Some(loaded.into_iter().flatten().collect()))
        };
        or_null(ctx, load.await)
    }

    /// The shipment as it is after the receipt. Null with an error when the read side has not seen it yet;
    /// the receipt itself was taken.
    async fn shipment(&self, ctx: &Context<'_>) -> Option<Shipment> {
        afterwards(ctx, &self.0, self.0.answer.shipment).await
    }

    /// Commit position; a later read that must see it sends it in the header `Meguri-Position`.
    async fn position(&self) -> &str {
        self.0.position()
    }

    /// True when it was done before and this is the first answer again.
    async fn replayed(&self) -> bool {
        self.0.replayed
    }
}

/// The shipment was called off.
pub struct ShipmentCancelled {
    done: Done<shipment::ShipmentMoved>,
    state: ShipmentState,
}

/// The shipment was called off, now or (`replayed`) before under the same id. Its lines are planned again,
/// a moment later.
#[Object]
impl ShipmentCancelled {
    /// Our own id of the shipment.
    async fn shipment_id(&self) -> Uuid {
        Uuid(self.done.answer.shipment)
    }

    /// Where it stands now.
    async fn state(&self) -> ShipmentState {
        self.state
    }

    /// The version that the step made.
    async fn version(&self) -> i32 {
        self.done.answer.version
    }

    /// The shipment as it is after the step. Null with an error when the read side has not seen it yet; the
    /// step itself was done.
    async fn shipment(&self, ctx: &Context<'_>) -> Option<Shipment> {
        afterwards(ctx, &self.done, self.done.answer.shipment).await
    }

    /// Commit position; a later read that must see it sends it in the header `Meguri-Position`.
    async fn position(&self) -> &str {
        self.done.position()
    }

    /// True when it was done before and this is the first answer again.
    async fn replayed(&self) -> bool {
        self.done.replayed
    }
}

/// The decision stands.
pub struct DiscrepancyResolved {
    done: Done<shipment::DiscrepancyResolved>,
    decision: DiscrepancyDecision,
}

/// The decision stands, since now or (`replayed`) before under the same id.
#[Object]
impl DiscrepancyResolved {
    /// Our own id of the discrepancy.
    async fn discrepancy_id(&self) -> Uuid {
        Uuid(self.done.answer.discrepancy)
    }

    /// What was decided.
    async fn decision(&self) -> DiscrepancyDecision {
        self.decision
    }

    /// Vials that moved.
    async fn vials(&self) -> Vials {
        Vials(self.done.answer.vials)
    }

    /// The discrepancy as it is now. Null with an error when the read side has not seen the decision yet;
    /// the decision itself stands.
    async fn discrepancy(&self, ctx: &Context<'_>) -> Option<receipt::Discrepancy> {
        let load = async {
            let session = session(ctx)?;
            self.done.catch_up(session).await?;
            receipt::Discrepancy::load(session, self.done.answer.discrepancy).await
        };
        or_null(ctx, load.await)
    }

    /// The shipment as it is now. Null with an error when the read side has not seen the decision yet; the
    /// decision itself stands.
    async fn shipment(&self, ctx: &Context<'_>) -> Option<Shipment> {
        afterwards(ctx, &self.done, self.done.answer.shipment).await
    }

    /// Commit position; a later read that must see it sends it in the header `Meguri-Position`.
    async fn position(&self) -> &str {
        self.done.position()
    }

    /// True when it was done before and this is the first answer again.
    async fn replayed(&self) -> bool {
        self.done.replayed
    }
}

macro_rules! refused {
    ($($(#[$doc:meta])* $name:ident: $codes:literal),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, SimpleObject)]
        pub struct $name {
            #[doc = $codes]
            pub code: String,
            /// The reason.
            pub message: Words,
            /// The fields at fault; empty when it is not about fields.
            pub errors: Vec<FieldProblem>,
        }

        impl From<Refusal> for $name {
            fn from(refusal: Refusal) -> Self {
                let (code, message, errors) = shown(refusal);
                Self { code, message, errors }
            }
        }
    )+};
}

refused! {
    /// The lines cannot be released: not by you, or not these. Nothing was written.
    ReleaseRefused: "Stable code: `auth.forbidden`, `allocation.not_a_hub`, `allocation.nothing_to_release`, `allocation.not_whole_packs`, `request.invalid`, …",
    /// The arrival cannot be confirmed: not by you, not in this state, or not with this input. Nothing was
    /// written.
    ReceiptRefused: "Stable code: `auth.forbidden`, `receipt.already_confirmed`, `receipt.not_dispatched`, `lot.not_found`, `request.invalid`, …",
    /// The shipment cannot be called off: not by you, not in this state, or not with this input. Nothing was
    /// written.
    ShipmentRefused: "Stable code: `auth.forbidden`, `shipment.wrong_state`, `request.reason_missing`, …",
    /// It cannot be decided so: not by you, not any more, or not with this input. Nothing was written.
    DiscrepancyRefused: "Stable code: `auth.forbidden`, `discrepancy.already_resolved`, `discrepancy.wrong_decision`, `request.reason_missing`, …",
}

/// The shipment has moved on since it was read; nothing was written. Look at it and act on the newest
/// version.
#[derive(Debug, Clone, PartialEq, SimpleObject)]
pub struct ShipmentStale {
    /// Stable code: `shipment.stale`.
    pub code: String,
    /// The reason.
    pub message: Words,
    /// The newest version; null when it could not be told.
    pub current_version: Option<i32>,
}

/// What can become of a release.
#[derive(Union)]
pub enum ReleaseLinesPayload {
    /// Done.
    Released(Box<LinesReleased>),
    /// Not to be done.
    Refused(ReleaseRefused),
}

/// What can become of a confirmation.
#[derive(Union)]
pub enum ConfirmReceiptPayload {
    /// Done.
    Confirmed(Box<ReceiptConfirmed>),
    /// Not to be done.
    Refused(ReceiptRefused),
}

/// What can become of calling a shipment off.
#[derive(Union)]
pub enum CancelShipmentPayload {
    /// Done.
    Cancelled(Box<ShipmentCancelled>),
    /// Moved on in between.
    Stale(ShipmentStale),
    /// Not to be done.
    Refused(ShipmentRefused),
}

/// What can become of a decision.
#[derive(Union)]
pub enum ResolveDiscrepancyPayload {
    /// Done.
    Resolved(Box<DiscrepancyResolved>),
    /// Not to be done.
    Refused(DiscrepancyRefused),
}

/// Has assigned lines released.
///
/// # Errors
/// What is no outcome of the release itself: see [`send`]; `allocation.round_not_found`,
/// `allocation.site_not_found`.
pub async fn release(session: &Session, input: ReleaseLinesInput) -> Result<ReleaseLinesPayload, Refusal> {
    let request = shipment::ReleaseLines {
        id: input.id.0,
        round: input.round.0,
        holder: input.holder.0,
        hub: input.hub.0,
        sites: input.sites.map(|sites| sites.into_iter().map(|site| site.0).collect()),
    };
    let sent = send(session, &session.gateway.allocation, "/v1/releases", &request).await?;
    Ok(match sent {
        Outcome::Done(done) => ReleaseLinesPayload::Released(Box::new(LinesReleased { done, round: input.round.0 })),
        Outcome::Refused(refusal) => ReleaseLinesPayload::Refused(refusal.into()),
    })
}

/// Has an arrival confirmed.
///
/// # Errors
/// What is no outcome of the confirmation itself: see [`send`]; `shipment.not_found`.
pub async fn confirm(session: &Session, input: ConfirmReceiptInput) -> Result<ConfirmReceiptPayload, Refusal> {
    let lot =
        |lot: ArrivedLotInput| shipment::ArrivedLot { lot: lot.lot, accepted: lot.accepted.0, damaged: lot.damaged.0 };
    let request = shipment::ConfirmReceipt {
        id: input.id.0,
        received_at: input.received_at.map(|at| time::rfc3339(at.0)),
        lots: input.lots.into_iter().map(lot).collect(),
    };
    let path = format!("/v1/shipments/{}:receive", input.shipment.0);
    Ok(match send(session, &session.gateway.distribution, &path, &request).await? {
        Outcome::Done(done) => ConfirmReceiptPayload::Confirmed(Box::new(ReceiptConfirmed(done))),
        Outcome::Refused(refusal) => ConfirmReceiptPayload::Refused(refusal.into()),
    })
}

/// Has a shipment called off.
///
/// # Errors
/// What is no outcome of the step itself: see [`send`]; `shipment.not_found`.
pub async fn cancel(session: &Session, input: CancelShipmentInput) -> Result<CancelShipmentPayload, Refusal> {
    let request = shipment::CancelShipment { id: input.id.0, version: input.version, reason: input.reason };
    let path = format!("/v1/shipments/{}:cancel", input.shipment.0);
    Ok(match send::<shipment::ShipmentMoved>(session, &session.gateway.distribution, &path, &request).await? {
        Outcome::Done(done) => {
            let state = ShipmentState::parse(&done.answer.state)?;
            CancelShipmentPayload::Cancelled(Box::new(ShipmentCancelled { done, state }))
        }
        Outcome::Refused(refusal) => not_cancelled(refusal),
    })
}

fn not_cancelled(refusal: Refusal) -> CancelShipmentPayload {
    if refusal.code == error::SHIPMENT_STALE.code {
        let current_version = refusal.stale.as_ref().map(|stale| stale.current);
        let (code, message, _) = shown(refusal);
        return CancelShipmentPayload::Stale(ShipmentStale { code, message, current_version });
    }
    CancelShipmentPayload::Refused(refusal.into())
}

/// Has a discrepancy decided.
///
/// # Errors
/// What is no outcome of the decision itself: see [`send`]; `discrepancy.not_found`.
pub async fn resolve(session: &Session, input: ResolveDiscrepancyInput) -> Result<ResolveDiscrepancyPayload, Refusal> {
    let decision = input.decision.as_str().to_owned();
    let request = shipment::ResolveDiscrepancy { id: input.id.0, decision, reason: input.reason };
    let path = format!("/v1/discrepancies/{}:resolve", input.discrepancy.0);
    Ok(match send::<shipment::DiscrepancyResolved>(session, &session.gateway.distribution, &path, &request).await? {
        Outcome::Done(done) => {
            let decision = DiscrepancyDecision::parse(&done.answer.decision)?;
            ResolveDiscrepancyPayload::Resolved(Box::new(DiscrepancyResolved { done, decision }))
        }
        Outcome::Refused(refusal) => ResolveDiscrepancyPayload::Refused(refusal.into()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mutation::client::Stale;
    use domain::Problem;

    #[test]
    fn a_shipment_that_moved_on_is_stale_and_everything_else_refused() {
        let refusal = |code: &'static domain::Code| Refusal::from(Problem::new(code));
        let stale = Some(Box::new(Stale { current: 4, difference: Vec::new() }));
        let CancelShipmentPayload::Stale(shown) = not_cancelled(Refusal { stale, ..refusal(&error::SHIPMENT_STALE) })
        else {
            panic!("stale")
        };
        assert_eq!((shown.code.as_str(), shown.current_version), ("shipment.stale", Some(4)));
        let CancelShipmentPayload::Refused(shown) = not_cancelled(refusal(&error::SHIPMENT_WRONG_STATE)) else {
            panic!("refused")
        };
        assert_eq!((shown.code.as_str(), shown.errors), ("shipment.wrong_state", Vec::new()));
        assert!(!shown.message.ja.is_ascii());
    }
}
