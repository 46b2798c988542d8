//! What a level below sees of a plan that was handed in with a window: its head and its own line, never a
//! sibling's; and the objections that concern it.
use super::permit;
use crate::Allocation;
use allocation_store::{
    read,
    rows::{Objection as Row, Plan, PlanLine},
};
use domain::{
    Problem, TerritoryCode, error,
    plan::{PROPOSAL, State},
    policy::{Action, Place, decide},
    time::{Instant, in_japan, rfc3339},
};
use platform::{OpCtx, Tx, failure::Result, outbox};
use uuid::Uuid;
use wire::{
    events::NotificationRequested,
    objection::{Answer, Objection, Proposal, Watermark},
};

/// Until when a plan is disclosed to its recipients as a proposal: while it is handed in with a window,
/// also after the window has ended.
pub(super) fn disclosed_until(plan: &Plan) -> Option<Instant> {
    plan.objections_until.filter(|_| plan.state == State::Submitted.as_str())
}

/// What is proposed for a territory in a round.
///
/// # Errors
/// `allocation.proposal_not_found`, also for a territory that the actor does not look after, and for a plan
/// that is not handed in, or was without a window.
pub async fn read_proposal(
    allocation: &Allocation,
    ctx: &OpCtx,
    round: Uuid,
    recipient: TerritoryCode,
) -> Result<Proposal> {
    let missing = || {
        let problem = Problem::new(&error::ALLOCATION_PROPOSAL_NOT_FOUND).with("round", &round.to_string());
        problem.with("recipient", &recipient.to_string())
    };
    permit(ctx, Action::PlanProposalRead, recipient, missing())?;
    let holder = recipient.above().ok_or_else(missing)?;
    let mut snapshot = allocation.db.snapshot().await?;
    let conn = snapshot.conn();
    let plan = read::plan_of(conn, round, &holder.to_string()).await?;
    let plan = plan.filter(|plan| disclosed_until(plan).is_some()).ok_or_else(missing)?;
    let line = read::objections::line(conn, plan.id, &recipient.to_string()).await?.ok_or_else(missing)?;
    let own = recipient.to_string();
    let objections = read::objections::of_recipients(conn, &[round], std::slice::from_ref(&own)).await?;
    snapshot.close().await;
    let until = disclosed_until(&plan).ok_or_else(missing)?;
    let objections = objections.into_iter().filter(|row| row.plan_id == plan.id).map(shown);
    Ok(Proposal {
        watermark: Watermark { ja: PROPOSAL.0.to_owned(), en: PROPOSAL.1.to_owned() },
        plan: plan.id,
        round,
        holder,
        version: plan.version,
        recipient,
        units: line.units,
        unit_vials: i64::from(plan.unit_vials),
        computed: line.computed,
        explanation: line.explanation,
        objections_until: rfc3339(until),
        open: ctx.now < until,
        objections: objections.collect::<Result<_>>()?,
        training: plan.training,
    })
}

/// An objection with its answer, for both sides.
///
/// # Errors
/// `allocation.objection_not_found`, also for one of others.
pub async fn read_objection(allocation: &Allocation, ctx: &OpCtx, id: Uuid) -> Result<Objection> {
    let missing = || Problem::new(&error::ALLOCATION_OBJECTION_NOT_FOUND).with("objection", &id.to_string());
    let found = read::objections::by_id(&mut *allocation.db.read().await?, &[id]).await?;
    let row = found.into_iter().next().ok_or_else(missing)?;
    if !concerns(ctx, &row)? {
        return Err(missing().into());
    }
    shown(row)
}

/// Is it for the actor to see: does it look after the plan's holder or the recipient?
pub(super) fn concerns(ctx: &OpCtx, row: &Row) -> Result<bool> {
    let sees = |action, code: &str| -> Result<bool> {
        Ok(decide(&ctx.actor, action, Place::Territory(TerritoryCode::parse(code)?)).is_ok())
    };
    Ok(sees(Action::PlanRead, &row.holder)? || sees(Action::PlanProposalRead, &row.recipient)?)
}

fn shown(row: Row) -> Result<Objection> {
    let answer = match (row.decision, row.answer, row.answered_name, row.answered_at) {
        (Some(decision), Some(text), Some(by), Some(at)) => Some(Answer { decision, text, by, at: rfc3339(at) }),
        _ => None,
    };
    Ok(Objection {
        objection: row.id,
        plan: row.plan_id,
        holder: TerritoryCode::parse(&row.holder)?,
        version: row.version,
        recipient: TerritoryCode::parse(&row.recipient)?,
        units: row.units,
        units_wished: row.units_wished,
        text: row.text,
        by: row.actor_name,
        at: rfc3339(row.business_at),
        answer,
    })
}

/// Tells each recipient of a plan that was handed in what is proposed for it.
pub(super) async fn tell_recipients(
    tx: &mut Tx,
    ctx: &OpCtx,
    cause: Uuid,
    plan: &Plan,
    until: Instant,
    lines: &[PlanLine],
) -> Result<()> {
    let (proposal_ja, proposal_en) = PROPOSAL;
    let shown = in_japan(until);
    let told = |line: &PlanLine| {
        let id = Uuid::new_v5(&cause, line.recipient.as_bytes());
        let vials = line.units.saturating_mul(i64::from(plan.unit_vials));
        let told = NotificationRequested {
            notification_id: id,
            recipient_kind: "territory".to_owned(),
            recipient: line.recipient.clone(),
            about: format!("plan/{}", plan.id),
            topic: "plan.proposed".to_owned(),
            ja: format!(
                "{proposal_ja}: {vials}バイアルの割当案が示されました。異議は {shown}（日本時間）まで申し出られます。"
            ),
            en: format!(
                "{proposal_en}: {vials} vials are proposed for you. You may object until {shown} (Japan time)."
            ),
            due_at: Some(rfc3339(until)),
            training: plan.training,
        };
        (id, told)
    };
    let events: Vec<(Uuid, NotificationRequested)> = lines.iter().map(told).collect();
    outbox::emit_all(tx, ctx, &events).await
}
