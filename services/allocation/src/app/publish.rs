//! What is published of plans: the document from which anyone can compute a plan again, and why a
//! territory was granted what it was.
use super::{no_round, permit};
use crate::Allocation;
use allocation_store::{
    read::{self, rules},
    rows::Plan,
};
use domain::{
    Problem, TerritoryCode, error,
    plan::{Kind, State},
    policy::{Action, Place, decide},
};
use platform::{Failure, OpCtx, failure::Result};
use serde_json::Value;
use uuid::Uuid;
use wire::{rule::PublicAllocation, text::Bilingual};

/// The document of a plan, allocation-plan/1 as canonical text. A prefecture's draft of the nation's
/// lines has the nation's. Committed plans of the nation and of prefectures are everybody's; others are
/// those people's who may read the plan.
///
/// # Errors
/// `allocation.plan_not_found`, also for what the actor cannot see; `allocation.no_document` when nothing was
/// computed, as for an assignment to sites.
pub async fn plan_document(allocation: &Allocation, ctx: &OpCtx, plan: Uuid) -> Result<String> {
    let missing = || Problem::new(&error::ALLOCATION_PLAN_NOT_FOUND).with("plan", &plan.to_string());
    let mut conn = allocation.db.read().await?;
    let found = read::plan(&mut conn, plan, false).await?.ok_or_else(missing)?;
    let holder = TerritoryCode::parse(&found.holder)?;
    let action = if is_public(&found) { Action::PublishedRead } else { Action::PlanRead };
    permit(ctx, action, holder, missing())?;
    let of = drawn_from(&found).unwrap_or(found.id);
    let none = || Problem::new(&error::ALLOCATION_NO_DOCUMENT).with("plan", &plan.to_string());
    Ok(rules::plan_document(&mut conn, of).await?.ok_or_else(none)?.document)
}

/// The national plan whose lines a prefecture's draft has.
fn drawn_from(plan: &Plan) -> Option<Uuid> {
    plan.rule.get("flat_lines_of")?.as_str()?.parse().ok()
}

fn is_public(plan: &Plan) -> bool {
    plan.kind == Kind::Division.as_str()
        && State::parse(&plan.state).is_some_and(|state| matches!(state, State::Committed | State::Closed))
}

/// What a territory was granted in a round, and why; only what is committed.
///
/// # Errors
/// `allocation.round_not_found`, `allocation.not_published`.
pub async fn public_allocation(
    allocation: &Allocation,
    ctx: &OpCtx,
    round: Uuid,
    territory: TerritoryCode,
) -> Result<PublicAllocation> {
    let missing = || {
        let problem = Problem::new(&error::ALLOCATION_NOT_PUBLISHED).with("round", &round.to_string());
        problem.with("territory", &territory.to_string())
    };
    decide(&ctx.actor, Action::PublishedRead, Place::Territory(territory))
        .map_err(|denied| denied.or_missing(missing()))?;
    let mut conn = allocation.db.read().await?;
    if read::round(&mut conn, round).await?.is_none() {
        return Err(no_round(round).into());
    }
    let code = territory.to_string();
    let line = rules::public_line(&mut conn, round, &code).await?.ok_or_else(missing)?;
    let name = read::inputs::territory_name(&mut conn, &code).await?.ok_or_else(missing)?;
    let vials = line.units.checked_mul(i64::from(line.unit_vials));
    Ok(PublicAllocation {
        round,
        territory,
        name,
        granted_by: TerritoryCode::parse(&line.holder)?,
        plan: line.plan,
        units: line.units,
        unit_vials: i64::from(line.unit_vials),
        vials: vials.ok_or_else(|| Failure::internal("a line overflows"))?,
        computed_units: line.computed,
        committed_at: line.committed_at.ok_or_else(|| Failure::internal("a committed plan without its moment"))?,
        sentences: sentences(&line.explanation),
        data: line.explanation,
    })
}

/// The sentences of a stored explanation: the line as a whole, and one for each part of the rule.
fn sentences(explanation: &Value) -> Vec<Bilingual> {
    if let Some(number) = explanation.get("sum_of_municipalities").and_then(Value::as_u64) {
        let (ja, en) = (format!("{number}市区町村の合計です。"), format!("The sum of {number} municipalities."));
        return vec![Bilingual { ja, en }];
    }
    let text = |part: &Value, name: &str| part.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let parts = explanation.get("components").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let whole = explanation.get("ja").map(|_| explanation);
    whole.into_iter().chain(parts).map(|part| Bilingual { ja: text(part, "ja"), en: text(part, "en") }).collect()
}
