//! An officer calls a shipment off before dispatch.
use super::{
    Ended, Outcome, answered, branch, check_reason, checked, company, end,
    give_back::give_back,
    locked,
    moving::{Deed, Moving},
    permitted, state, taken,
};
use crate::Distribution;
use distribution_store::{read, write};
use domain::{
    Problem, error,
    policy::Action,
    shipment::{ANSWERS, Step},
};
use platform::{OpCtx, Tx, audit, failure::Result, idempotency::Key, outbox};
use uuid::Uuid;
use wire::{
    events::ShipmentCancelled,
    shipment::{CancelShipment, ShipmentMoved},
};

const OPERATION: &str = "cancel_shipment";

/// Calls a shipment off: what was reserved goes back to the depot, and the branch and allocation are told.
///
/// # Errors
/// `shipment.not_found` (also for what the actor cannot see), `auth.forbidden`, `request.reason_missing`,
/// `shipment.stale` when somebody else was faster, `shipment.wrong_state` after dispatch,
/// `shipment.answer_waits` when a held answer says that it has left.
pub async fn cancel_shipment(
    distribution: &Distribution,
    ctx: &OpCtx,
    shipment: Uuid,
    request: CancelShipment,
) -> Result<Outcome<ShipmentMoved>> {
    let (_, permit) = permitted(&distribution.db, ctx, Action::ShipmentCancel, shipment).await?;
    checked(check_reason(&request.reason, "reason").into_iter().collect())?;
    let key = Key::new(request.id, &ctx.actor, OPERATION, &(shipment, &request))?;
    let target = format!("shipment/{shipment}");
    let entry = audit::Entry { target, cause: request.id, reason: Some(request.reason.clone()) };
    let mut tx = Tx::begin(&distribution.db, ctx, &[(&permit, entry)]).await?;
    let written = write_all(&mut tx, ctx, &key, shipment, &request).await;
    end(&distribution.db, tx, &key, written).await
}

/// Does this answer say that the shipment is on the road, or was? Then it cannot be called off, although
/// the answer waits for an earlier one to be corrected.
fn left(kind: &str) -> bool {
    let step = ANSWERS.iter().find(|(_, name)| *name == kind).map(|(step, _)| *step);
    step.is_some_and(Step::has_left)
}

async fn write_all(
    tx: &mut Tx,
    ctx: &OpCtx,
    key: &Key,
    id: Uuid,
    request: &CancelShipment,
) -> Result<Ended<ShipmentMoved>> {
    write::lock_shipment(tx, id).await?;
    if taken(tx, key).await? {
        return Ok(Ended::Before);
    }
    let shipment = locked(tx, id).await?;
    let after = state(&shipment)?.after(Step::Cancel, shipment.received_at.is_some())?;
    if shipment.version != request.version {
        let problem = Problem::new(&error::SHIPMENT_STALE).with("given", &request.version.to_string());
        return Err(problem.with("current", &shipment.version.to_string()).into());
    }
    let held = read::standing_answers(tx, id, shipment.next_answer).await?;
    if held.iter().any(|answer| left(&answer.kind)) {
        return Err(Problem::new(&error::SHIPMENT_ANSWER_WAITS).into());
    }
    write::lock_depot(tx, &company(&shipment)?).await?;
    let branch = branch(&shipment)?;
    let mut moving = Moving::new(shipment);
    let reason = Some(request.reason.as_str());
    moving.note(ctx.now, Step::Cancel, after, &Deed { cause: request.id, by: &ctx.actor.name, reason, at: ctx.now });
    let shipment = moving.write(tx).await?;
    give_back(tx, ctx, &shipment, request.id, "cancel").await?;
    // their turn never comes
    let over = error::SHIPMENT_WRONG_STATE.code;
    let settled: Vec<_> = held.iter().map(|answer| (answer.id, "refused", Some(over))).collect();
    if !settled.is_empty() {
        write::settle_answers(tx, &settled).await?;
    }
    let event = ShipmentCancelled {
        shipment_id: shipment.id,
        wholesaler: branch.wholesaler(),
        branch,
        reason: request.reason.clone(),
        training: shipment.training,
    };
    outbox::emit(tx, ctx, request.id, &event).await?;
    let moved = ShipmentMoved {
        shipment: shipment.id,
        state: shipment.state,
        version: shipment.version,
        position: tx.position().to_string(),
    };
    answered(tx, key, moved).await
}
