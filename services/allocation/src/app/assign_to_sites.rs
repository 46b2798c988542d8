//! Who stands last in a round's stream assigns vials to sites: computed by nobody, posted at once.
use super::{
    Ended, Outcome, answered,
    book::{self, Grant},
    end, no_round, permit, wrong_level,
};
use crate::Allocation;
use allocation_store::{
    read,
    rows::{Plan, PlanChange, PlanLine, Round, Site},
    write,
};
use domain::{
    FieldError, Problem, TerritoryCode, error,
    plan::{Kind as PlanKind, State},
    policy::Action,
};
use platform::{
    Failure, OpCtx, Tx, audit,
    failure::Result,
    idempotency::{self, Key},
    outbox,
};
use serde_json::json;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;
use wire::{
    events::{AllocationCommitted, CommittedLine},
    plan::{AssignToSites, PlanMoved},
};

const OPERATION: &str = "assign_to_sites";
/// Most sites of one call.
pub const SITES_MAX: usize = 2_000;

/// Assigns vials to sites in the holder's territory. Several assignments add up; together they never
/// exceed the grant.
///
/// # Errors
/// `allocation.round_not_found` (also for a holder that the actor cannot see), `auth.forbidden`,
/// `allocation.wrong_level`, `allocation.not_granted`, `allocation.over_supply`, and per line
/// `allocation.unknown_recipient`, `allocation.wrong_site_for_stream`, `allocation.duplicate_recipient`,
/// `allocation.amount_out_of_range`.
pub async fn assign_to_sites(allocation: &Allocation, ctx: &OpCtx, request: AssignToSites) -> Result<Outcome> {
    let permit = permit(ctx, Action::PlanCommit, request.holder, no_round(request.round))?;
    check(&request)?;
    let key = Key::new(request.id, &ctx.actor, OPERATION, &request)?;
    let target = format!("plan/{}", request.id);
    let entry = audit::Entry { target, cause: request.id, reason: None };
    let mut tx = Tx::begin(&allocation.db, ctx, &[(&permit, entry)]).await?;
    let written = write_all(&mut tx, ctx, &key, &request).await;
    end(allocation, tx, &key, written).await
}

fn check(request: &AssignToSites) -> Result<()> {
    let mut errors = Vec::new();
    let mut seen = BTreeSet::new();
    if request.sites.is_empty() {
        errors.push(FieldError::new("sites", &error::ALLOCATION_NOTHING_TO_DO));
    }
    if request.sites.len() > SITES_MAX {
        errors.push(FieldError::new("sites", &error::REQUEST_TOO_MANY_ITEMS).with("limit", &SITES_MAX.to_string()));
    }
    for (index, line) in request.sites.iter().enumerate() {
        if !seen.insert(line.site) {
            let error = FieldError::new(format!("sites[{index}].site"), &error::ALLOCATION_DUPLICATE_RECIPIENT);
            errors.push(error.with("recipient", &line.site.to_string()));
        }
        if !(1..=ledger::AMOUNT_MAX).contains(&line.vials) {
            let error = FieldError::new(format!("sites[{index}].vials"), &error::ALLOCATION_AMOUNT);
            errors.push(error.with("max", &ledger::AMOUNT_MAX.to_string()).with("value", &line.vials.to_string()));
        }
    }
    if errors.is_empty() { Ok(()) } else { Err(Problem::of_fields(&error::REQUEST_INVALID, errors).into()) }
}

async fn write_all(tx: &mut Tx, ctx: &OpCtx, key: &Key, request: &AssignToSites) -> Result<Ended> {
    let (round, levels) = super::round_with_levels(tx, request.round).await?;
    if request.holder.tier() != levels.last() {
        return Err(wrong_level(&round, &levels, request.holder).into());
    }
    let holder = request.holder.to_string();
    write::lock_holder(tx, round.id, &holder).await?;
    if idempotency::replay::<PlanMoved>(tx, key).await?.is_some() {
        return Ok(Ended::Before);
    }
    known_sites(tx, &round, request).await?;
    let recipients: Vec<String> = request.sites.iter().map(|line| line.site.to_string()).collect();
    let (from, accounts) = book::below(tx, &round, &holder, &recipients).await?;
    let grant = |line: &wire::plan::SiteVials| {
        let recipient = line.site.to_string();
        let to = *accounts.get(&recipient)?;
        Some(Grant { recipient, to, vials: line.vials })
    };
    let grants: Vec<Grant> = request.sites.iter().filter_map(grant).collect();
    let supply = book::post(tx, ctx, request.id, &holder, from, &grants).await?;
    let plan = plan(ctx, request, &round, supply);
    let event = record(tx, ctx, &plan, &grants).await?;
    outbox::emit(tx, ctx, plan.id, &event).await?;
    let moved = PlanMoved {
        plan: plan.id,
        holder: request.holder,
        state: plan.state,
        version: plan.version,
        supply_vials: supply,
        granted_vials: event.vials,
        lines: i64::try_from(grants.len()).map_err(Failure::internal)?,
        engine_ms: None,
        position: tx.position().to_string(),
    };
    answered(tx, key, moved).await
}

/// Only sites that lie in the holder's territory, and whose kind takes part in the round's stream.
async fn known_sites(tx: &mut Tx, round: &Round, request: &AssignToSites) -> Result<()> {
    let ids: Vec<Uuid> = request.sites.iter().map(|line| line.site).collect();
    let own = |site: &Site| TerritoryCode::parse(&site.municipality).is_ok_and(|at| request.holder.contains(at));
    let known = read::sites_by_id(tx, &ids).await?;
    let known: BTreeMap<Uuid, String> = known.into_iter().filter(own).map(|site| (site.id, site.kind)).collect();
    let kinds = read::programmes::site_kinds(tx, round.id).await?;
    let wrong = |(index, line): (usize, &wire::plan::SiteVials)| {
        let (path, site) = (format!("sites[{index}].site"), line.site.to_string());
        match known.get(&line.site) {
            None => Some(FieldError::new(path, &error::ALLOCATION_UNKNOWN_RECIPIENT).with("recipient", &site)),
            Some(kind) if kinds.contains(kind) => None,
            Some(kind) => Some(super::wrong_site(&site, kind, &round.stream).at(&path)),
        }
    };
    let errors: Vec<FieldError> = request.sites.iter().enumerate().filter_map(wrong).collect();
    if errors.is_empty() { Ok(()) } else { Err(Problem::of_fields(&error::REQUEST_INVALID, errors).into()) }
}

fn plan(ctx: &OpCtx, request: &AssignToSites, round: &Round, supply_vials: i64) -> Plan {
    let rule = json!({"by_hand": true});
    Plan {
        id: request.id,
        round_id: round.id,
        kind: PlanKind::Assignment.as_str().to_owned(),
        level: request.holder.tier().as_str().to_owned(),
        holder: request.holder.to_string(),
        state: State::Committed.as_str().to_owned(),
        version: 1,
        supply_vials,
        unit_vials: 1,
        digest: Sha256::digest(rule.to_string().as_bytes()).to_vec(),
        rule,
        computed_at: ctx.now,
        committed_at: Some(ctx.now),
        training: ctx.training,
        needs_objections: false,
        objections_until: None,
        submitted_by: None,
        submitted_name: None,
        approved_by: None,
        approved_name: None,
    }
}

async fn record(tx: &mut Tx, ctx: &OpCtx, plan: &Plan, grants: &[Grant]) -> Result<AllocationCommitted> {
    let line = |grant: &Grant| PlanLine {
        plan_id: plan.id,
        recipient: grant.recipient.clone(),
        under: None,
        computed: grant.vials,
        units: grant.vials,
        explanation: json!({"by_hand": true}),
        state: "planned".to_owned(),
    };
    let lines: Vec<PlanLine> = grants.iter().map(line).collect();
    let change = PlanChange {
        id: plan.id,
        plan_id: plan.id,
        version: plan.version,
        action: "commit".to_owned(),
        recipient: None,
        units_before: None,
        units_after: None,
        reason: None,
        actor_name: ctx.actor.name.clone(),
        business_at: ctx.now,
    };
    write::new_plans(tx, std::slice::from_ref(plan), &lines, &[change]).await?;
    Ok(event(plan, &lines))
}

/// The event of a committed plan; lines of a level further below are left out.
pub(super) fn event(plan: &Plan, lines: &[PlanLine]) -> AllocationCommitted {
    let own: Vec<&PlanLine> = lines.iter().filter(|line| line.under.is_none() && line.units > 0).collect();
    let unit_vials = i64::from(plan.unit_vials);
    AllocationCommitted {
        plan_id: plan.id,
        round_id: plan.round_id,
        holder: plan.holder.clone(),
        level: plan.level.clone(),
        unit_vials,
        vials: own.iter().fold(0, |sum: i64, line| sum.saturating_add(line.units.saturating_mul(unit_vials))),
        lines: own.iter().map(|line| CommittedLine { recipient: line.recipient.clone(), units: line.units }).collect(),
        training: plan.training,
    }
}
