//! Posting a plan: its lines are granted, the rest is kept, and the level below has its drafts.
use super::{
    assign_to_sites::event,
    book::{self, Grant, Kind},
    change_plan::vials,
};
use allocation_store::{
    read,
    rows::{Plan, PlanChange, PlanLine, Round},
    write,
};
use domain::plan::{Kind as PlanKind, State};
use platform::{Failure, OpCtx, Tx, failure::Result, opctx::new_id, outbox};
use serde_json::json;
use uuid::Uuid;

/// Posts the lines, puts what is left into the holder's reserve, and hands the nation's municipal
/// lines to the prefectures as their computed drafts.
pub(super) async fn commit(tx: &mut Tx, ctx: &OpCtx, plan: &Plan, lines: &[PlanLine], cause: Uuid) -> Result<()> {
    let round = super::round(tx, plan.round_id).await?;
    // a nation that has no supply yet has no account yet: its empty plan is committed all the same
    let holder = [plan.holder.clone()];
    let own = book::accounts(tx, &round, Kind::Granted, &holder).await?;
    let from = *own.get(&plan.holder).ok_or_else(|| Failure::internal("an account was not opened"))?;
    let recipients: Vec<String> = lines.iter().map(|line| line.recipient.clone()).collect();
    let accounts = book::accounts(tx, &round, Kind::Granted, &recipients).await?;
    let unit = i64::from(plan.unit_vials);
    let mut grants = Vec::with_capacity(lines.len() + 1);
    for line in lines {
        let to = *accounts.get(&line.recipient).ok_or_else(|| Failure::internal("an account was not opened"))?;
        let vials = line.units.checked_mul(unit).ok_or_else(|| Failure::internal("a line beyond any supply"))?;
        grants.push(Grant { recipient: line.recipient.clone(), to, vials });
    }
    let rest = book::available(tx, from).await? - vials(plan, lines);
    if rest > 0 {
        let reserve = book::accounts(tx, &round, Kind::Reserve, &holder).await?;
        let to = *reserve.get(&plan.holder).ok_or_else(|| Failure::internal("an account was not opened"))?;
        grants.push(Grant { recipient: format!("reserve/{}", plan.holder), to, vials: rest });
    }
    book::post(tx, ctx, plan.id, &plan.holder, from, &grants).await?;
    if plan.level == "nation" {
        hand_down(tx, ctx, plan, lines, &round, cause).await?;
    }
    outbox::emit(tx, ctx, cause, &event(plan, lines)).await
}

/// The flat lines of the national run, as the computed draft of each prefecture's own plan.
async fn hand_down(tx: &mut Tx, ctx: &OpCtx, plan: &Plan, own: &[PlanLine], round: &Round, cause: Uuid) -> Result<()> {
    let all = read::lines(tx, plan.id, true).await?;
    // where the prefectures assign to sites themselves there are no municipal lines, and nothing to divide
    if all.iter().all(|line| line.under.is_none()) {
        return Ok(());
    }
    let (mut plans, mut lines, mut history) = (Vec::new(), Vec::new(), Vec::new());
    for prefecture in own {
        let draft = Plan {
            id: new_id(),
            round_id: round.id,
            kind: PlanKind::Division.as_str().to_owned(),
            level: "prefecture".to_owned(),
            holder: prefecture.recipient.clone(),
            state: State::Computed.as_str().to_owned(),
            version: 1,
            supply_vials: prefecture.units.saturating_mul(i64::from(plan.unit_vials)),
            unit_vials: plan.unit_vials,
            rule: json!({"flat_lines_of": plan.id, "rule": plan.rule}),
            digest: plan.digest.clone(),
            computed_at: ctx.now,
            committed_at: None,
            training: plan.training,
            // what its rule takes away, it takes from these lines
            needs_objections: plan.needs_objections,
            objections_until: None,
            submitted_by: None,
            submitted_name: None,
            approved_by: None,
            approved_name: None,
        };
        history.push(PlanChange {
            id: cause,
            plan_id: draft.id,
            version: 1,
            action: "compute".to_owned(),
            recipient: None,
            units_before: None,
            units_after: None,
            reason: None,
            actor_name: ctx.actor.name.clone(),
            business_at: ctx.now,
        });
        let below = all.iter().filter(|line| line.under.as_deref() == Some(prefecture.recipient.as_str()));
        lines.extend(below.map(|line| PlanLine { plan_id: draft.id, under: None, ..line.clone() }));
        plans.push(draft);
    }
    write::new_plans(tx, &plans, &lines, &history).await
}
