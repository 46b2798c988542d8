//! 委任: making, confirming and ending delegations, and acting under one.
use super::{account::end, sessions::revoke};
use crate::Identity;
use domain::{
    BusinessDay, FieldError, Problem, TerritoryCode,
    delegation::{DAYS_MAX, not_to_give},
    error,
    policy::{Action, Permit, decide},
};
use identity_store::{read, rows::delegations::Delegation, write};
use platform::{
    Db, Failure, OpCtx, Tx, audit,
    clock::real_now,
    failure::Result,
    idempotency::{self, Key},
    revocations::Kind,
};
use uuid::Uuid;
use wire::{
    auth::Claims,
    delegation::{
        ConfirmDelegation, Delegation as Shown, DelegationMoved, DelegationPage, EndDelegation, MakeDelegation,
    },
};

/// Most delegations of one page.
const PAGE_MAX: u32 = 200;
const PAGE: u32 = 50;
const REASON_CHARS_MAX: usize = 500;
const ACTIONS_MAX: usize = 30;
/// How many are ended in one transaction when their day is over.
const ENDED_AT_ONCE: i64 = 500;

fn missing(id: &str) -> Problem {
    Problem::new(&error::DELEGATION_NOT_FOUND).with("delegation", id)
}

fn reason_missing(reason: &str) -> Option<FieldError> {
    let is_missing = reason.trim().is_empty() || reason.chars().count() > REASON_CHARS_MAX || reason.contains('\0');
    is_missing.then(|| FieldError::new("reason", &error::ALLOCATION_REASON_MISSING))
}

/// Proposes a delegation; a second person of the giver confirms it. The second value tells that this id was
/// answered before.
///
/// # Errors
/// `auth.forbidden` for those who have nothing to give; `request.invalid` with `delegation.not_to_give`,
/// `delegation.days`, `delegation.wrong_taker`, `allocation.reason_missing`, `time.malformed_day`;
/// `idempotency.key_reused`.
pub async fn make(db: &Db, ctx: &OpCtx, request: MakeDelegation) -> Result<(DelegationMoved, bool)> {
    let permit = permit(ctx)?;
    let key = Key::new(request.id, &ctx.actor, "make_delegation", &request)?;
    let mut conn = db.read().await?;
    if let Some(before) = idempotency::replay(&mut conn, &key).await? {
        return Ok((before, true));
    }
    let giver = read::accounts::organisations(&mut conn, &[ctx.actor.organisation.0]).await?.into_iter().next();
    let giver = giver.ok_or_else(|| Problem::new(&error::AUTH_FORBIDDEN))?;
    let taker = read::accounts::holder(&mut conn, &request.account).await?;
    drop(conn);
    let mut errors: Vec<FieldError> = reason_missing(&request.reason).into_iter().collect();
    let actions = actions(ctx, &request.actions).map_err(|error| errors.push(error)).unwrap_or_default();
    let days = days(ctx, &request).map_err(|error| errors.push(error)).ok();
    // of another organisation, and in use; who else there is, nobody is told
    let taker = taker.filter(|taker| {
        taker.organisation != ctx.actor.organisation.0 && matches!(taker.state(real_now()), "active" | "invited")
    });
    if taker.is_none() {
        errors.push(FieldError::new("account", &error::DELEGATION_WRONG_TAKER).with("name", &request.account));
    }
    let (Some((from, until)), Some(taker), true) = (days, taker, errors.is_empty()) else {
        return Err(Problem::of_fields(&error::REQUEST_INVALID, errors).into());
    };
    let (territory, facility, partner) = super::account::stored(ctx.actor.home);
    let row = Delegation {
        id: request.id,
        organisation: giver.id,
        organisation_name: giver.name,
        organisation_name_en: giver.name_en,
        role: ctx.actor.role.as_str().to_owned(),
        territory,
        facility,
        partner,
        account: taker.id,
        account_name: taker.name,
        actions: actions.iter().map(|action| action.as_str().to_owned()).collect(),
        valid_from: from.date(),
        valid_until: until.date(),
        reason: request.reason.clone(),
        made_by: ctx.actor.account.0,
        made_by_name: ctx.actor.name.clone(),
        made_at: ctx.now,
        confirmed_by: None,
        confirmed_by_name: None,
        confirmed_at: None,
        ended_by_name: None,
        ended_at: None,
        end_reason: None,
        version: 1,
    };
    let mut tx = Tx::begin(db, ctx, &[(&permit, entry(row.id, row.id, Some(&request.reason)))]).await?;
    let written = async {
        let moved = moved(&tx, row.id, "proposed");
        let is_new = write::delegations::make(&mut tx, &row).await?;
        if is_new { answered(&mut tx, &key, moved).await } else { Ok(None) }
    };
    let written = written.await;
    end(db, tx, &key, written).await
}

/// The second person of the giver confirms it: it counts from now on. The second value tells that this id was
/// answered before.
///
/// # Errors
/// `delegation.not_found`, also for one of others; `auth.forbidden` for the taker; `delegation.second_person`,
/// `delegation.wrong_state`, `idempotency.key_reused`.
pub async fn confirm(db: &Db, ctx: &OpCtx, id: Uuid, request: ConfirmDelegation) -> Result<(DelegationMoved, bool)> {
    let found = found(db, ctx, id).await?;
    if found.organisation != ctx.actor.organisation.0 {
        return Err(Problem::new(&error::AUTH_FORBIDDEN).into());
    }
    let permit = permit(ctx)?;
    let key = Key::new(request.id, &ctx.actor, "confirm_delegation", &id)?;
    let mut tx = Tx::begin(db, ctx, &[(&permit, entry(id, request.id, None))]).await?;
    let written = async {
        let found = locked(&mut tx, id).await?;
        if idempotency::replay::<DelegationMoved>(&mut tx, &key).await?.is_some() {
            return Ok(None);
        }
        if found.state() != "proposed" || BusinessDay::at(ctx.now).date() > found.valid_until {
            let state = if found.state() == "proposed" { "over" } else { found.state() };
            return Err(Problem::new(&error::DELEGATION_WRONG_STATE).with("state", state).into());
        }
        if found.made_by == ctx.actor.account.0 {
            return Err(Problem::new(&error::DELEGATION_SECOND_PERSON).with("name", &found.made_by_name).into());
        }
        write::delegations::confirm(&mut tx, id, ctx.actor.account.0, &ctx.actor.name, ctx.now).await?;
        let moved = moved(&tx, id, "confirmed");
        answered(&mut tx, &key, moved).await
    };
    let written = written.await;
    end(db, tx, &key, written).await
}

/// Ends it before its day, by the giver or the taker; tokens under it end within seconds. The second value
/// tells that this id was answered before.
///
/// # Errors
/// `delegation.not_found`, also for one of others; `delegation.wrong_state`; `request.invalid` with
/// `allocation.reason_missing`; `idempotency.key_reused`.
pub async fn finish(db: &Db, ctx: &OpCtx, id: Uuid, request: EndDelegation) -> Result<(DelegationMoved, bool)> {
    found(db, ctx, id).await?;
    let permit = permit(ctx)?;
    if let Some(error) = reason_missing(&request.reason) {
        return Err(Problem::of_fields(&error::REQUEST_INVALID, vec![error]).into());
    }
    let key = Key::new(request.id, &ctx.actor, "end_delegation", &(id, &request))?;
    let mut tx = Tx::begin(db, ctx, &[(&permit, entry(id, request.id, Some(&request.reason)))]).await?;
    let written = async {
        locked(&mut tx, id).await?;
        if idempotency::replay::<DelegationMoved>(&mut tx, &key).await?.is_some() {
            return Ok(None);
        }
        let ended = write::delegations::end(&mut tx, &[id], &ctx.actor.name, ctx.now, &request.reason).await?;
        if ended.is_empty() {
            return Err(Problem::new(&error::DELEGATION_WRONG_STATE).with("state", "ended").into());
        }
        revoke(&mut tx, Kind::Delegation, &ended).await?;
        let moved = moved(&tx, id, "ended");
        answered(&mut tx, &key, moved).await
    };
    let written = written.await;
    end(db, tx, &key, written).await
}

/// Ends those whose last day is over; answers how many. The service's own work.
///
/// # Errors
/// The database's.
pub async fn end_those_over(db: &Db, ctx: &OpCtx) -> Result<usize> {
    let today = BusinessDay::at(ctx.now).date();
    let over = read::delegations::over(&mut *db.read().await?, today, ENDED_AT_ONCE).await?;
    if over.is_empty() {
        return Ok(0);
    }
    let permit = super::permit(ctx, Action::Delegate)?;
    let entries: Vec<_> =
        over.iter().map(|row| (&permit, entry(row.id, row.id, Some("its last day is over")))).collect();
    let mut tx = Tx::begin(db, ctx, &entries).await?;
    let written = async {
        let ids: Vec<Uuid> = over.iter().map(|row| row.id).collect();
        let ended = write::delegations::end(&mut tx, &ids, &ctx.actor.name, ctx.now, "its last day is over").await?;
        revoke(&mut tx, Kind::Delegation, &ended).await?;
        Ok(ended.len())
    };
    let written = written.await;
    tx.finish(written).await
}

/// A page of what the actor's organisation gives and what the actor takes, newest first.
///
/// # Errors
/// `graphql.page_size`
pub async fn page(db: &Db, ctx: &OpCtx, first: Option<u32>, after: Option<Uuid>) -> Result<DelegationPage> {
    let first = first.unwrap_or(PAGE);
    if !(1..=PAGE_MAX).contains(&first) {
        return Err(Problem::new(&error::GRAPHQL_PAGE_SIZE).with("limit", &PAGE_MAX.to_string()).into());
    }
    let (organisation, account) = (ctx.actor.organisation.0, ctx.actor.account.0);
    let limit = i64::from(first) + 1;
    let mut rows = read::delegations::concerning(&mut *db.read().await?, organisation, account, after, limit).await?;
    let size = usize::try_from(first).unwrap_or(usize::MAX);
    // one more than is shown tells whether there is a next page
    let has_next = rows.len() > size;
    rows.truncate(size);
    let next = rows.last().filter(|_| has_next).map(|row| row.id);
    let today = BusinessDay::at(ctx.now);
    Ok(DelegationPage { delegations: rows.into_iter().map(|row| shown(row, today)).collect(), next })
}

/// Turns the claims of an account into those of somebody who acts for the giver of `delegation`; without one
/// they stay. What it may do is what was given; who it is stays in `sub`, and its name says both.
///
/// # Errors
/// `delegation.not_in_force`, the same for one that is somebody else's or does not exist.
pub async fn acting(identity: &Identity, delegation: Option<Uuid>, claims: Claims) -> Result<Claims> {
    let Some(id) = delegation else { return Ok(claims) };
    let today = BusinessDay::at(identity.shared.clock.now());
    let not_in_force = || Problem::new(&error::DELEGATION_NOT_IN_FORCE);
    let mut conn = identity.db.read().await?;
    let found = read::delegations::delegation(&mut conn, id).await?;
    let found = found.filter(|row| row.account == claims.sub && row.is_in_force(today)).ok_or_else(not_in_force)?;
    let giver = read::accounts::organisations(&mut conn, &[found.organisation]).await?.into_iter().next();
    giver.filter(|giver| giver.closed_on.is_none_or(|day| day > today.date())).ok_or_else(not_in_force)?;
    // a machine with narrower limits of its own keeps them
    let own: Option<Vec<&str>> = claims.scope.as_ref().map(|scope| scope.split(' ').collect());
    let kept = |action: &&String| own.as_ref().is_none_or(|own| own.contains(&action.as_str()));
    let scope = found.actions.iter().filter(kept).cloned().collect::<Vec<String>>().join(" ");
    Ok(Claims {
        name: format!("{} for {}", claims.name, found.organisation_name),
        role: found.role,
        org: found.organisation,
        territory: TerritoryCode::parse(&found.territory)?,
        facility: found.facility,
        partner: found.partner,
        dlg: Some(found.id),
        scope: Some(scope),
        ..claims
    })
}

fn permit(ctx: &OpCtx) -> Result<Permit> {
    let forbidden = || Problem::new(&error::AUTH_FORBIDDEN);
    Ok(decide(&ctx.actor, Action::Delegate, ctx.actor.home).map_err(|denied| denied.or_missing(forbidden()))?)
}

/// One that concerns the actor: its organisation gives it, or it takes it.
async fn found(db: &Db, ctx: &OpCtx, id: Uuid) -> Result<Delegation> {
    let row = read::delegations::delegation(&mut *db.read().await?, id).await?;
    let concerns =
        |row: &Delegation| row.organisation == ctx.actor.organisation.0 || row.account == ctx.actor.account.0;
    Ok(row.filter(concerns).ok_or_else(|| missing(&id.to_string()))?)
}

async fn locked(tx: &mut Tx, id: Uuid) -> Result<Delegation> {
    let row = read::delegations::locked(tx, id).await?;
    row.ok_or_else(|| Failure::internal("a delegation has vanished"))
}

fn actions(ctx: &OpCtx, names: &[String]) -> std::result::Result<Vec<Action>, FieldError> {
    let refused = |names: Vec<String>| {
        FieldError::new("actions", &error::DELEGATION_NOT_TO_GIVE).with("actions", &names.join(", "))
    };
    let unknown: Vec<String> = names.iter().filter(|name| Action::parse(name).is_none()).cloned().collect();
    let mut actions: Vec<Action> = names.iter().filter_map(|name| Action::parse(name)).collect();
    actions.sort_unstable();
    actions.dedup();
    if !unknown.is_empty() || !(1..=ACTIONS_MAX).contains(&actions.len()) {
        return Err(refused(unknown));
    }
    let others = not_to_give(&ctx.actor, &actions);
    if !others.is_empty() {
        return Err(refused(others.iter().map(|action| action.as_str().to_owned()).collect()));
    }
    Ok(actions)
}

fn days(ctx: &OpCtx, request: &MakeDelegation) -> std::result::Result<(BusinessDay, BusinessDay), FieldError> {
    let today = BusinessDay::at(ctx.now);
    let from = request.from.as_deref().map_or(Ok(today), BusinessDay::parse).map_err(|problem| problem.at("from"))?;
    let until = BusinessDay::parse(&request.until).map_err(|problem| problem.at("until"))?;
    if from < today || until < from || until.days_since(from) >= i64::from(DAYS_MAX) {
        let error = FieldError::new("until", &error::DELEGATION_DAYS).with("from", &today.to_string());
        return Err(error.with("days", &DAYS_MAX.to_string()));
    }
    Ok((from, until))
}

fn entry(id: Uuid, cause: Uuid, reason: Option<&str>) -> audit::Entry {
    audit::Entry { target: format!("delegation/{id}"), cause, reason: reason.map(str::to_owned) }
}

fn moved(tx: &Tx, id: Uuid, state: &str) -> DelegationMoved {
    DelegationMoved { delegation: id, state: state.to_owned(), position: tx.position().to_string() }
}

async fn answered(tx: &mut Tx, key: &Key, moved: DelegationMoved) -> Result<Option<DelegationMoved>> {
    Ok(idempotency::take(tx, key, 200, &moved).await?.then_some(moved))
}

fn shown(row: Delegation, today: BusinessDay) -> Shown {
    let (state, in_force) = (row.state().to_owned(), row.is_in_force(today));
    Shown {
        delegation: row.id,
        organisation: row.organisation,
        organisation_name: row.organisation_name,
        organisation_name_en: row.organisation_name_en,
        role: row.role,
        territory: row.territory,
        facility: row.facility,
        partner: row.partner,
        account: row.account_name,
        actions: row.actions,
        from: row.valid_from.to_string(),
        until: row.valid_until.to_string(),
        reason: row.reason,
        state,
        in_force,
        made_by: row.made_by_name,
        confirmed_by: row.confirmed_by_name,
        ended_by: row.ended_by_name,
    }
}
