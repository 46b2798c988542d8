//! Break-glass: in an emergency somebody sees for an hour at most what is not theirs to see. Whose data it is and
//! those above are told at once, and a second person says afterwards whether it was right.
use crate::Identity;
use domain::{
    FacilityKey, FieldError, Problem, TerritoryCode, error,
    ids::FacilityId,
    policy::{Action, Actor, Permit, Place, Reach, Role, decide},
    territory::Tier,
    time::rfc3339,
};
use identity_store::{
    break_glass::{self, Access, NewAccess, NewReview, Sight, Which},
    read,
};
use platform::{
    OpCtx, Tx, audit,
    clock::real_now,
    failure::{Failure, Result},
    idempotency::{self, Key},
    outbox,
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use uuid::Uuid;
use wire::{
    break_glass::{BreakGlass, BreakGlassList, BreakGlassReview, OpenBreakGlass, ReviewBreakGlass},
    events::NotificationRequested,
};

const OPEN: &str = "open_break_glass";
const REVIEW: &str = "review_break_glass";
const REASON_CHARS: std::ops::RangeInclusive<usize> = 10..=500;
const MINUTES: std::ops::RangeInclusive<u32> = 1..=60;
/// Accesses that an account may have at once.
const ACTIVE_MAX: i64 = 5;
/// Most accesses of one page.
const PAGE_MAX: i64 = 200;

/// The answer to a write, and whether it was given before.
pub struct Answered<T> {
    /// The answer.
    pub answer: T,
    /// Where the commit lies.
    pub position: String,
    /// It was given before, under the same id.
    pub replayed: bool,
}

/// Opens an access.
///
/// # Errors
/// `request.invalid` with the fields; `facility.not_found`, `territory.not_found`; `auth.forbidden` for roles that
/// have no such access; `break_glass.not_needed` for what is seen anyway; `break_glass.too_many`.
pub async fn open(identity: &Identity, ctx: &OpCtx, request: OpenBreakGlass) -> Result<Answered<BreakGlass>> {
    check(&request)?;
    let (place, name) = target(identity, &request).await?;
    // what an access that is still open shows is not seen anyway: it may be asked for again
    let reach = Reach { opened: Vec::new(), ..Reach::clone(&ctx.actor.reach) };
    let plain = Actor { reach: reach.into(), ..ctx.actor.clone() };
    if decide(&plain, Action::ReportRead, place).is_ok() || sees_all_in(&plain, place) {
        return Err(Problem::new(&error::BREAK_GLASS_NOT_NEEDED).into());
    }
    let permit = decide(&ctx.actor, Action::BreakGlassOpen, place)
        .map_err(|denied| denied.or_missing(Problem::new(&error::AUTH_FORBIDDEN)))?;
    let key = Key::new(request.id, &ctx.actor, OPEN, &request)?;
    let target = format!("break_glass/{}", request.id);
    let entry = audit::Entry { target, cause: request.id, reason: Some(request.reason.clone()) };
    let mut tx = Tx::begin(&identity.db, ctx, &[(&permit, entry)]).await?;
    let written = write_open(&mut tx, ctx, &key, &request, place, &name).await;
    let answered = end(identity, tx, &key, written).await?;
    // other processes hear of it within a second; this one need not wait
    if let Err(failure) = identity.shared.emergencies.refresh(&identity.db).await {
        tracing::warn!(%failure, "an emergency access is open in a moment");
    }
    Ok(answered)
}

/// Those whose home holds the whole place need no emergency to look at it.
fn sees_all_in(actor: &Actor, place: Place) -> bool {
    matches!((actor.home, place), (Place::Territory(home), Place::Territory(code)) if home.contains(code))
        && matches!(actor.role, Role::Ministry | Role::Prefecture | Role::Auditor)
}

async fn write_open(
    tx: &mut Tx,
    ctx: &OpCtx,
    key: &Key,
    request: &OpenBreakGlass,
    place: Place,
    name: &str,
) -> Result<Option<BreakGlass>> {
    break_glass::lock(tx, ctx.actor.account.0).await?;
    if idempotency::replay::<BreakGlass>(tx, key).await?.is_some() {
        return Ok(None);
    }
    if break_glass::active_of(tx, ctx.actor.account.0).await? >= ACTIVE_MAX {
        return Err(Problem::new(&error::BREAK_GLASS_TOO_MANY).with("limit", &ACTIVE_MAX.to_string()).into());
    }
    let (facility, territory) = match place {
        Place::Facility(id, _) => (Some(id.0), None),
        place => (None, Some(place.territory().to_string())),
    };
    let from_at = real_now();
    let row = NewAccess {
        id: request.id,
        facility,
        territory: territory.as_deref(),
        account: ctx.actor.account.0,
        account_name: &ctx.actor.name,
        role: ctx.actor.role.as_str(),
        organisation: ctx.actor.organisation.0,
        reason: &request.reason,
        business_at: ctx.now,
        from_at,
        until: from_at + chrono::TimeDelta::minutes(i64::from(request.minutes)),
        request_id: ctx.request_id.0,
    };
    break_glass::add(tx, &row).await?;
    let told = notices(ctx, &row, place, name);
    let told: Vec<(Uuid, NotificationRequested)> =
        told.into_iter().map(|notice| (notice.notification_id, notice)).collect();
    outbox::emit_all(tx, ctx, &told).await?;
    let access = break_glass::by_id(tx, request.id).await?;
    let access = access.ok_or_else(|| Failure::internal("an access that was added is not there"))?;
    let answer = told_to(&ctx.actor, access);
    Ok(idempotency::take(tx, key, 201, &answer).await?.then_some(answer))
}

/// Whom it concerns: the facility or territory, its prefecture, the ministry.
fn notices(ctx: &OpCtx, row: &NewAccess<'_>, place: Place, name: &str) -> Vec<NotificationRequested> {
    let mut recipients: Vec<(&str, String)> = Vec::new();
    if let Place::Facility(id, _) = place {
        recipients.push(("facility", id.0.to_string()));
    }
    let code = place.territory();
    let territories = [row.territory.map(str::to_owned), code.prefecture().map(|code| code.to_string())];
    for territory in territories.into_iter().flatten().chain([TerritoryCode::NATION.to_string()]) {
        if !recipients.contains(&("territory", territory.clone())) {
            recipients.push(("territory", territory));
        }
    }
    let (by, role, until) = (&ctx.actor.name, ctx.actor.role.as_str(), rfc3339(row.until));
    let notice = |(kind, recipient): (&str, String)| NotificationRequested {
        notification_id: Uuid::new_v5(&row.id, format!("{kind}/{recipient}").as_bytes()),
        // a facility is told the role, not the person
        ja: match kind {
            "facility" => {
                format!("{name} の報告に対する緊急閲覧（役割: {role}）が始まりました。{until} に終わります。")
            }
            _ => format!(
                "{name} の報告に対する緊急閲覧（{by}、役割: {role}）が始まりました。{until} に終わります。事後の確認が必要です。"
            ),
        },
        en: match kind {
            "facility" => {
                format!("Emergency access to the reports of {name} has begun (role: {role}). It ends at {until}.")
            }
            _ => format!(
                "Emergency access to the reports of {name} has begun ({by}, role: {role}). It ends at {until}. \
                 A second person has to look at it afterwards."
            ),
        },
        recipient_kind: kind.to_owned(),
        recipient,
        about: format!("break_glass/{}", row.id),
        topic: "break_glass.opened".to_owned(),
        due_at: None,
        training: ctx.training,
    };
    recipients.into_iter().map(notice).collect()
}

/// Says whether an access was right: once, and by another person than the one who asked for it.
///
/// # Errors
/// `break_glass.not_found`, also for what the actor cannot see; `auth.forbidden`; `request.invalid` with the fields;
/// `break_glass.second_person`, `break_glass.reviewed`.
pub async fn review(
    identity: &Identity,
    ctx: &OpCtx,
    id: Uuid,
    request: ReviewBreakGlass,
) -> Result<Answered<BreakGlass>> {
    let missing = || Problem::new(&error::BREAK_GLASS_NOT_FOUND).with("id", &id.to_string());
    let access = break_glass::by_id(&mut *identity.db.read().await?, id).await?.ok_or_else(missing)?;
    let permit = review_permit(&ctx.actor, &access, missing())?;
    let mut errors = Vec::new();
    if !matches!(request.verdict.as_str(), "right" | "wrong") {
        errors.push(FieldError::new("verdict", &error::REQUEST_INVALID_FIELD).with("reason", "right or wrong"));
    }
    errors.extend(text_error("note", &request.note, 1..=500));
    checked(errors)?;
    let key = Key::new(request.id, &ctx.actor, REVIEW, &(id, &request))?;
    let entry = audit::Entry {
        target: format!("break_glass/{id}"),
        cause: request.id,
        reason: Some(format!("{}: {}", request.verdict, request.note)),
    };
    let mut tx = Tx::begin(&identity.db, ctx, &[(&permit, entry)]).await?;
    let written = write_review(&mut tx, ctx, &key, &access, &request).await;
    end(identity, tx, &key, written).await
}

/// The one who asked sees the access, and cannot say whether it was right.
fn review_permit(actor: &Actor, access: &Access, missing: Problem) -> Result<Permit> {
    if access.account == actor.account.0 {
        return Err(Problem::new(&error::BREAK_GLASS_SECOND_PERSON).into());
    }
    Ok(decide(actor, Action::BreakGlassReview, place_of(access)?).map_err(|denied| denied.or_missing(missing))?)
}

async fn write_review(
    tx: &mut Tx,
    ctx: &OpCtx,
    key: &Key,
    access: &Access,
    request: &ReviewBreakGlass,
) -> Result<Option<BreakGlass>> {
    break_glass::lock(tx, access.id).await?;
    if idempotency::replay::<BreakGlass>(tx, key).await?.is_some() {
        return Ok(None);
    }
    let row = NewReview {
        id: request.id,
        access: access.id,
        verdict: &request.verdict,
        note: &request.note,
        reviewer: ctx.actor.account.0,
        reviewer_name: &ctx.actor.name,
        organisation: ctx.actor.organisation.0,
        business_at: ctx.now,
    };
    if !break_glass::review(tx, &row).await? {
        return Err(Problem::new(&error::BREAK_GLASS_REVIEWED).into());
    }
    let access = break_glass::by_id(tx, access.id).await?;
    let access = access.ok_or_else(|| Failure::internal("an access has vanished"))?;
    let answer = told_to(&ctx.actor, access);
    Ok(idempotency::take(tx, key, 200, &answer).await?.then_some(answer))
}

async fn end<T: DeserializeOwned + Serialize>(
    identity: &Identity,
    tx: Tx,
    key: &Key,
    written: Result<Option<T>>,
) -> Result<Answered<T>> {
    let position = tx.position().to_string();
    match written {
        Ok(Some(answer)) => Ok(Answered { answer: tx.finish(Ok(answer)).await?, position, replayed: false }),
        Ok(None) => {
            tx.abandon().await;
            let before = idempotency::replay(&mut *identity.db.read().await?, key).await?;
            let answer = before.ok_or_else(|| Failure::internal("an id was taken and has no answer"))?;
            Ok(Answered { answer, position, replayed: true })
        }
        Err(failure) => tx.finish(Err(failure)).await,
    }
}

/// What is asked for of a list.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListQuery {
    /// `active` or `unreviewed`; all when absent.
    pub state: Option<String>,
    /// After this access: `next` of the page before.
    pub after: Option<Uuid>,
    /// 1 to 200; 200 when absent.
    pub limit: Option<i64>,
}

/// Accesses to what the actor answers for, and those that it asked for, the newest first.
///
/// # Errors
/// `request.invalid` for a state or limit that there is not.
pub async fn list(identity: &Identity, ctx: &OpCtx, query: ListQuery) -> Result<BreakGlassList> {
    let mut errors = Vec::new();
    let mut invalid = |path: &str, reason: &str| {
        errors.push(FieldError::new(path, &error::REQUEST_INVALID_FIELD).with("reason", reason));
    };
    let which = match query.state.as_deref() {
        None => Which::All,
        Some("active") => Which::Active,
        Some("unreviewed") => Which::Unreviewed,
        Some(_) => {
            invalid("state", "active or unreviewed");
            Which::All
        }
    };
    let limit = query.limit.unwrap_or(PAGE_MAX);
    if !(1..=PAGE_MAX).contains(&limit) {
        invalid("limit", "1 to 200");
    }
    checked(errors)?;
    let sight = sight(&ctx.actor);
    // one more than is shown tells whether there is a next page
    let mut rows = break_glass::page(&mut *identity.db.read().await?, &sight, which, query.after, limit + 1).await?;
    let is_more = rows.len() > usize::try_from(limit).unwrap_or(usize::MAX);
    if is_more {
        rows.pop();
    }
    let next = is_more.then(|| rows.last().map(|row| row.id)).flatten();
    Ok(BreakGlassList { accesses: rows.into_iter().map(|row| told_to(&ctx.actor, row)).collect(), next })
}

fn sight(actor: &Actor) -> Sight {
    let prefix = match (actor.role, actor.home) {
        (Role::Ministry | Role::Auditor | Role::Prefecture, Place::Territory(code)) => match code.tier() {
            Tier::Nation => Some(String::new()),
            _ => Some(code.to_string().chars().take(2).collect()),
        },
        _ => None,
    };
    let facility = match (actor.role, actor.home) {
        (Role::Hospital | Role::Clinic, Place::Facility(id, _)) => Some(id.0),
        _ => None,
    };
    Sight { prefix, facility, account: actor.account.0 }
}

fn place_of(access: &Access) -> Result<Place> {
    match (access.facility, &access.municipality, &access.territory) {
        (Some(facility), Some(municipality), _) => {
            Ok(Place::Facility(FacilityId(facility), TerritoryCode::parse(municipality)?))
        }
        (_, _, Some(territory)) => Ok(Place::Territory(TerritoryCode::parse(territory)?)),
        _ => Err(Failure::internal("an access to nothing")),
    }
}

/// A facility is told roles and bodies, and no persons.
fn told_to(actor: &Actor, row: Access) -> BreakGlass {
    let names_persons = !matches!(actor.role, Role::Hospital | Role::Clinic) || row.account == actor.account.0;
    let review = row.verdict.zip(row.note).zip(row.reviewed_at).map(|((verdict, note), at)| BreakGlassReview {
        verdict,
        note,
        reviewer: row.reviewer_name.filter(|_| names_persons),
        at: rfc3339(at),
    });
    BreakGlass {
        id: row.id,
        facility: row.facility,
        territory: row.territory,
        account: names_persons.then_some(row.account_name),
        role: row.role,
        organisation: row.organisation,
        reason: row.reason,
        from: rfc3339(row.from_at),
        until: rfc3339(row.until),
        active: row.until > real_now(),
        review,
    }
}

/// The place asked for, and its name.
async fn target(identity: &Identity, request: &OpenBreakGlass) -> Result<(Place, String)> {
    let mut conn = identity.db.read().await?;
    if let Some(key) = &request.facility {
        let parsed: FacilityKey = key.parse()?;
        let missing = || Problem::new(&error::FACILITY_NOT_FOUND).with("key", key);
        let row = read::facility(&mut conn, &parsed).await?.ok_or_else(missing)?;
        return Ok((Place::Facility(FacilityId(row.id), TerritoryCode::parse(&row.municipality)?), row.name));
    }
    let text = request.territory.clone().unwrap_or_default();
    let code = TerritoryCode::parse(&text)?;
    let found = read::territories(&mut conn, &[code.to_string()]).await?.into_iter().next();
    let row = found.filter(|_| code != TerritoryCode::NATION);
    let row = row.ok_or_else(|| {
        let field = FieldError::new("territory", &error::REQUEST_INVALID_FIELD);
        Problem::of_fields(&error::REQUEST_INVALID, vec![field.with("reason", "a prefecture or municipality")])
    })?;
    Ok((Place::Territory(code), row.name))
}

fn check(request: &OpenBreakGlass) -> Result<()> {
    let mut errors = Vec::new();
    if request.facility.is_some() == request.territory.is_some() {
        let field = FieldError::new("facility", &error::REQUEST_INVALID_FIELD);
        errors.push(field.with("reason", "either facility or territory"));
    }
    if !MINUTES.contains(&request.minutes) {
        errors.push(FieldError::new("minutes", &error::REQUEST_INVALID_FIELD).with("reason", "1 to 60"));
    }
    errors.extend(text_error("reason", &request.reason, REASON_CHARS));
    checked(errors)
}

fn text_error(path: &str, text: &str, chars: std::ops::RangeInclusive<usize>) -> Option<FieldError> {
    if text.contains('\0') {
        return Some(FieldError::new(path, &error::REQUEST_NUL_CHARACTER));
    }
    let is_fitting = chars.contains(&text.chars().count()) && chars.start() <= &text.trim().chars().count();
    let reason = format!("{} to {} characters", chars.start(), chars.end());
    (!is_fitting).then(|| FieldError::new(path, &error::REQUEST_INVALID_FIELD).with("reason", &reason))
}

fn checked(errors: Vec<FieldError>) -> Result<()> {
    if errors.is_empty() { Ok(()) } else { Err(Problem::of_fields(&error::REQUEST_INVALID, errors).into()) }
}
