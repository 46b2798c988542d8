//! A recipient objects to its own line of a proposal, and the plan's holder answers in writing. Neither makes
//! a version of the plan: many may object to what one officer has handed in.
use super::{permit, proposal};
use crate::Allocation;
use allocation_store::{
    read,
    rows::{NewAnswer, NewObjection, Plan, PlanChange, PlanLine},
    write,
};
use domain::{
    FieldError, Problem, TerritoryCode, error,
    plan::{State, may_object},
    policy::{Action, Permit, Place, decide},
};
use platform::{
    Failure, OpCtx, Tx, audit,
    failure::Result,
    idempotency::{self, Key},
    outbox,
};
use serde::de::DeserializeOwned;
use uuid::Uuid;
use wire::{
    events::NotificationRequested,
    objection::{AnswerObjection, ObjectToLine, ObjectionAnswered, ObjectionMade},
};

/// Most characters of an objection, and of an answer.
pub const TEXT_CHARS_MAX: usize = 2_000;

/// Objects to the line of the actor's own territory. The second value tells that this id was answered
/// before.
///
/// # Errors
/// `allocation.plan_not_found`, also for a plan that is not disclosed to the actor's territory;
/// `auth.forbidden` for others who may see it; `allocation.stale_plan` without the difference, which would
/// show the siblings' lines; `allocation.wrong_state`, `allocation.window_closed`; `request.invalid` with
/// `allocation.text_missing`, `allocation.amount_out_of_range`.
pub async fn object_to_line(
    allocation: &Allocation,
    ctx: &OpCtx,
    plan: Uuid,
    request: ObjectToLine,
) -> Result<(ObjectionMade, bool)> {
    let missing = || Problem::new(&error::ALLOCATION_PLAN_NOT_FOUND).with("plan", &plan.to_string());
    let recipient = ctx.actor.home.territory();
    let mut conn = allocation.db.read().await?;
    let found = read::plan(&mut conn, plan, false).await?.ok_or_else(missing)?;
    let line = read::objections::line(&mut conn, plan, &recipient.to_string()).await?;
    drop(conn);
    let permit = permit_to_object(ctx, &found, line.as_ref(), missing())?;
    check(&request)?;
    let key = Key::new(request.id, &ctx.actor, "object", &(plan, &request))?;
    let entry = audit::Entry { target: format!("plan/{plan}"), cause: request.id, reason: Some(request.text.clone()) };
    let mut tx = Tx::begin(&allocation.db, ctx, &[(&permit, entry)]).await?;
    let written = write_objection(&mut tx, ctx, &key, &found, recipient, &request, missing()).await;
    end(allocation, tx, &key, written).await
}

/// The permit of a recipient for its own line. Whoever sees the plan or the proposal is told that it is not
/// for them; to all others there is no such plan.
fn permit_to_object(ctx: &OpCtx, plan: &Plan, line: Option<&PlanLine>, missing: Problem) -> Result<Permit> {
    let holder = Place::Territory(TerritoryCode::parse(&plan.holder)?);
    let sees = |action, place| decide(&ctx.actor, action, place).is_ok();
    let home = ctx.actor.home;
    let disclosed = line.is_some() && proposal::disclosed_until(plan).is_some();
    let visible = sees(Action::PlanRead, holder) || disclosed && sees(Action::PlanProposalRead, home);
    let refused = if visible { Problem::new(&error::AUTH_FORBIDDEN) } else { missing };
    match decide(&ctx.actor, Action::PlanObject, home) {
        Ok(permit) if line.is_some() => Ok(permit),
        _ => Err(refused.into()),
    }
}

fn check(request: &ObjectToLine) -> Result<()> {
    let mut errors: Vec<FieldError> = text_missing(&request.text).into_iter().collect();
    if let Some(units) = request.units.filter(|units| !(0..=ledger::AMOUNT_MAX).contains(units)) {
        let error = FieldError::new("units", &error::ALLOCATION_AMOUNT).with("max", &ledger::AMOUNT_MAX.to_string());
        errors.push(error.with("value", &units.to_string()));
    }
    if errors.is_empty() { Ok(()) } else { Err(Problem::of_fields(&error::REQUEST_INVALID, errors).into()) }
}

fn text_missing(text: &str) -> Option<FieldError> {
    let missing = text.trim().is_empty() || text.chars().count() > TEXT_CHARS_MAX;
    missing.then(|| FieldError::new("text", &error::ALLOCATION_TEXT_MISSING).with("max", &TEXT_CHARS_MAX.to_string()))
}

/// `None` when the id was answered before.
async fn write_objection(
    tx: &mut Tx,
    ctx: &OpCtx,
    key: &Key,
    found: &Plan,
    recipient: TerritoryCode,
    request: &ObjectToLine,
    missing: Problem,
) -> Result<Option<ObjectionMade>> {
    write::lock_holder(tx, found.round_id, &found.holder).await?;
    if idempotency::replay::<ObjectionMade>(tx, key).await?.is_some() {
        return Ok(None);
    }
    let plan = read::plan(tx, found.id, true).await?.ok_or_else(|| Failure::internal("a plan has vanished"))?;
    // what was taken back, or never had a window, is not disclosed
    let Some(until) = plan.objections_until else { return Err(missing.into()) };
    let state = State::parse(&plan.state).ok_or_else(|| Failure::internal(format!("plan state {}", plan.state)))?;
    may_object(state, until, ctx.now)?;
    if request.version != plan.version {
        let problem = Problem::new(&error::ALLOCATION_STALE_PLAN).with("given", &request.version.to_string());
        return Err(problem.with("current", &plan.version.to_string()).into());
    }
    let line = read::objections::line(tx, plan.id, &recipient.to_string()).await?.ok_or(missing)?;
    let row = NewObjection {
        id: request.id,
        plan_id: plan.id,
        version: plan.version,
        recipient: line.recipient,
        units: line.units,
        units_wished: request.units,
        text: request.text.clone(),
        actor_name: ctx.actor.name.clone(),
        business_at: ctx.now,
    };
    write::objections::objection(tx, &row).await?;
    write::changes(tx, &[history(ctx, request.id, &plan, "object", &request.text)]).await?;
    outbox::emit(tx, ctx, request.id, &told_of_objection(&plan, &row)).await?;
    let made = ObjectionMade {
        objection: row.id,
        plan: plan.id,
        recipient,
        units: row.units,
        position: tx.position().to_string(),
    };
    Ok(idempotency::take(tx, key, 200, &made).await?.then_some(made))
}

/// Answers an objection to the actor's own plan, once. The second value tells that this id was answered
/// before.
///
/// # Errors
/// `allocation.objection_not_found`, also for one of others; `auth.forbidden` for others who may see it;
/// `allocation.objection_answered`; `request.invalid` with `allocation.text_missing`,
/// `request.invalid_field`.
pub async fn answer_objection(
    allocation: &Allocation,
    ctx: &OpCtx,
    objection: Uuid,
    request: AnswerObjection,
) -> Result<(ObjectionAnswered, bool)> {
    let missing = || Problem::new(&error::ALLOCATION_OBJECTION_NOT_FOUND).with("objection", &objection.to_string());
    let found = read::objections::by_id(&mut *allocation.db.read().await?, &[objection]).await?;
    let found = found.into_iter().next().ok_or_else(missing)?;
    // the objector knows of it, and may not answer it
    let refused = if proposal::concerns(ctx, &found)? { Problem::new(&error::AUTH_FORBIDDEN) } else { missing() };
    let permit = permit(ctx, Action::PlanDraft, TerritoryCode::parse(&found.holder)?, refused)?;
    let mut errors: Vec<FieldError> = text_missing(&request.text).into_iter().collect();
    if !["accepted", "declined"].contains(&request.decision.as_str()) {
        let error = FieldError::new("decision", &error::REQUEST_INVALID_FIELD);
        errors.push(error.with("reason", "accepted, declined"));
    }
    if !errors.is_empty() {
        return Err(Problem::of_fields(&error::REQUEST_INVALID, errors).into());
    }
    let key = Key::new(request.id, &ctx.actor, "answer", &(objection, &request))?;
    let entry = audit::Entry {
        target: format!("objection/{objection}"),
        cause: request.id,
        reason: Some(request.text.clone()),
    };
    let mut tx = Tx::begin(&allocation.db, ctx, &[(&permit, entry)]).await?;
    let written = write_answer(&mut tx, ctx, &key, found.plan_id, &found, &request).await;
    end(allocation, tx, &key, written).await
}

/// `None` when the id was answered before.
async fn write_answer(
    tx: &mut Tx,
    ctx: &OpCtx,
    key: &Key,
    plan: Uuid,
    objection: &allocation_store::rows::Objection,
    request: &AnswerObjection,
) -> Result<Option<ObjectionAnswered>> {
    write::lock_holder(tx, objection.round_id, &objection.holder).await?;
    if idempotency::replay::<ObjectionAnswered>(tx, key).await?.is_some() {
        return Ok(None);
    }
    let plan = read::plan(tx, plan, true).await?.ok_or_else(|| Failure::internal("a plan has vanished"))?;
    let row = NewAnswer {
        objection_id: objection.id,
        id: request.id,
        decision: request.decision.clone(),
        text: request.text.clone(),
        actor_name: ctx.actor.name.clone(),
        business_at: ctx.now,
    };
    if !write::objections::answer(tx, &row).await? {
        let answered = Problem::new(&error::ALLOCATION_OBJECTION_ANSWERED);
        return Err(answered.with("objection", &objection.id.to_string()).into());
    }
    write::changes(tx, &[history(ctx, request.id, &plan, "answer", &request.text)]).await?;
    outbox::emit(tx, ctx, request.id, &told_of_answer(&plan, objection, &row)).await?;
    let answered = ObjectionAnswered {
        objection: objection.id,
        plan: plan.id,
        decision: row.decision,
        open: read::objections::open(tx, plan.id).await?,
        position: tx.position().to_string(),
    };
    Ok(idempotency::take(tx, key, 200, &answered).await?.then_some(answered))
}

/// Ends the transaction; `None` means that the id was answered before.
async fn end<T: DeserializeOwned>(
    allocation: &Allocation,
    tx: Tx,
    key: &Key,
    written: Result<Option<T>>,
) -> Result<(T, bool)> {
    match written {
        Ok(Some(answer)) => Ok((tx.finish(Ok(answer)).await?, false)),
        Ok(None) => {
            tx.abandon().await;
            let before = idempotency::replay(&mut *allocation.db.read().await?, key).await?;
            Ok((before.ok_or_else(|| Failure::internal("an id was taken and has no answer"))?, true))
        }
        Err(failure) => tx.finish(Err(failure)).await,
    }
}

/// Beside the version that it is about; whose line it is stands in the objection.
fn history(ctx: &OpCtx, id: Uuid, plan: &Plan, action: &str, text: &str) -> PlanChange {
    PlanChange {
        id,
        plan_id: plan.id,
        version: plan.version,
        action: action.to_owned(),
        recipient: None,
        units_before: None,
        units_after: None,
        reason: Some(text.to_owned()),
        actor_name: ctx.actor.name.clone(),
        business_at: ctx.now,
    }
}

fn told_of_objection(plan: &Plan, row: &NewObjection) -> NotificationRequested {
    let (who, text) = (&row.recipient, &row.text);
    NotificationRequested {
        notification_id: row.id,
        recipient_kind: "territory".to_owned(),
        recipient: plan.holder.clone(),
        about: format!("objection/{}", row.id),
        topic: "objection.made".to_owned(),
        ja: format!("{who} から割当案への異議がありました。文書で回答するまで承認できません: {text}"),
        en: format!("{who} objects to its line; the plan cannot be approved until it is answered: {text}"),
        due_at: None,
        training: plan.training,
    }
}

fn told_of_answer(
    plan: &Plan,
    objection: &allocation_store::rows::Objection,
    row: &NewAnswer,
) -> NotificationRequested {
    let text = &row.text;
    let (ja, en) = if row.decision == "accepted" {
        ("認められました", "accepted")
    } else {
        ("退けられました", "declined")
    };
    NotificationRequested {
        notification_id: row.id,
        recipient_kind: "territory".to_owned(),
        recipient: objection.recipient.clone(),
        about: format!("objection/{}", objection.id),
        topic: "objection.answered".to_owned(),
        ja: format!("異議は{ja}: {text}"),
        en: format!("Your objection was {en}: {text}"),
        due_at: None,
        training: plan.training,
    }
}
