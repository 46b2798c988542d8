//! Use cases: one function each.
pub mod cancel_shipment;
pub mod confirm_receipt;
pub mod order_shipment;
pub mod read_events;
pub mod read_shipments;
pub mod recall_lot;
pub mod record_answer;
pub mod record_inbound;
pub mod register_wholesalers;
pub mod resolve_discrepancy;

mod book;
mod differences;
mod give_back;
mod left_all_the_same;
mod moving;

pub(crate) use differences::{notification, site_name};

use chrono::TimeDelta;
use distribution_store::{read, rows::Shipment};
use domain::{
    BranchCode, FieldError, Problem, TerritoryCode, error,
    ids::FacilityId,
    policy::{Action, Permit, Place, Role, decide},
    shipment::State,
    time::{Instant, parse_instant, rfc3339},
};
use platform::{
    Db, Failure, OpCtx, Tx,
    failure::Result,
    idempotency::{self, Key},
};
use serde::{Serialize, de::DeserializeOwned};
use uuid::Uuid;

const REASON_CHARS_MAX: usize = 500;
/// Clocks of partners and sites may be ahead of ours by this much, seconds.
const AHEAD_S: i64 = 60;

/// The answer to a write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome<T> {
    /// The answer.
    pub answer: T,
    /// It was given before, under the same id.
    pub replayed: bool,
}

/// How a write ended inside its transaction.
enum Ended<T> {
    /// Everything is written.
    Done(T),
    /// The id was answered before.
    Before,
}

/// Ends the transaction: what is done is committed; otherwise nothing was to be written.
async fn end<T: DeserializeOwned>(db: &Db, tx: Tx, key: &Key, ended: Result<Ended<T>>) -> Result<Outcome<T>> {
    match ended {
        Ok(Ended::Done(answer)) => Ok(Outcome { answer: tx.finish(Ok(answer)).await?, replayed: false }),
        Ok(Ended::Before) => {
            tx.abandon().await;
            let before = idempotency::replay(&mut *db.read().await?, key).await?;
            let answer = before.ok_or_else(|| Failure::internal("an id was taken and has no answer"))?;
            Ok(Outcome { answer, replayed: true })
        }
        Err(failure) => tx.finish(Err(failure)).await,
    }
}

/// Takes the id for its answer: the last thing that a write does.
async fn answered<T: Serialize>(tx: &mut Tx, key: &Key, answer: T) -> Result<Ended<T>> {
    Ok(if idempotency::take(tx, key, 200, &answer).await? { Ended::Done(answer) } else { Ended::Before })
}

/// Was the id answered before? The caller holds the lock that keeps the same work apart.
async fn taken(tx: &mut Tx, key: &Key) -> Result<bool> {
    Ok(idempotency::replay::<serde_json::Value>(tx, key).await?.is_some())
}

/// `shipment.not_found`
fn no_shipment(id: Uuid) -> Problem {
    Problem::new(&error::SHIPMENT_NOT_FOUND).with("shipment", &id.to_string())
}

/// Where a shipment lies for whoever asks: a wholesaler sees the branch's end, all others the site's.
/// Nowhere for a wholesaler when nobody serves the place.
fn place(ctx: &OpCtx, shipment: &Shipment) -> Result<Option<Place>> {
    let municipality = TerritoryCode::parse(&shipment.municipality)?;
    let site = shipment
        .facility_id
        .map_or(Place::Territory(municipality), |facility| Place::Facility(FacilityId(facility), municipality));
    match &shipment.branch {
        Some(branch) => Ok(Some(Place::of_shipment(&ctx.actor, branch.parse::<BranchCode>()?, site))),
        None => Ok(Some(site).filter(|_| ctx.actor.role != Role::Wholesaler)),
    }
}

/// The permit to do something to a shipment; `missing` is what a nonexistent one answers.
fn permit(ctx: &OpCtx, action: Action, shipment: &Shipment, missing: Problem) -> Result<Permit> {
    let Some(place) = place(ctx, shipment)? else { return Err(missing.into()) };
    Ok(decide(&ctx.actor, action, place).map_err(|denied| denied.or_missing(missing))?)
}

/// A shipment that exists and the permit to do something to it.
async fn permitted(db: &Db, ctx: &OpCtx, action: Action, id: Uuid) -> Result<(Shipment, Permit)> {
    let found = read::shipment(&mut *db.read().await?, id).await?.ok_or_else(|| no_shipment(id))?;
    let permit = permit(ctx, action, &found, no_shipment(id))?;
    Ok((found, permit))
}

/// The permit for the service's own work on the whole nation.
pub(crate) fn system_permit(ctx: &OpCtx, action: Action) -> Result<Permit> {
    let forbidden = || Problem::new(&error::AUTH_FORBIDDEN);
    Ok(decide(&ctx.actor, action, Place::Territory(TerritoryCode::NATION))
        .map_err(|denied| denied.or_missing(forbidden()))?)
}

/// A shipment inside a transaction that holds its lock.
async fn locked(tx: &mut Tx, id: Uuid) -> Result<Shipment> {
    read::shipment(tx, id).await?.ok_or_else(|| Failure::internal("a shipment has vanished"))
}

/// The state of a row.
fn state(shipment: &Shipment) -> Result<State> {
    State::parse(&shipment.state).ok_or_else(|| Failure::internal(format!("shipment state {}", shipment.state)))
}

/// The company of a shipment that has one.
fn company(shipment: &Shipment) -> Result<String> {
    let none = || Failure::internal(format!("shipment {} has no wholesaler", shipment.id));
    shipment.wholesaler.clone().ok_or_else(none)
}

/// The branch of a shipment that has one.
fn branch(shipment: &Shipment) -> Result<BranchCode> {
    let none = || Failure::internal(format!("shipment {} has no branch", shipment.id));
    Ok(shipment.branch.as_deref().ok_or_else(none)?.parse::<BranchCode>()?)
}

/// The same problem, naming the field it is about.
fn at(problem: Problem, path: &str) -> Problem {
    let field = problem.clone().at(path);
    problem.naming(vec![field])
}

/// `request.invalid` unless there is nothing wrong.
fn checked(errors: Vec<FieldError>) -> Result<()> {
    if errors.is_empty() { Ok(()) } else { Err(Problem::of_fields(&error::REQUEST_INVALID, errors).into()) }
}

/// What is wrong with a reason that must be there.
fn check_reason(reason: &str, path: &str) -> Option<FieldError> {
    if reason.contains('\0') {
        return Some(FieldError::new(path, &error::REQUEST_NUL_CHARACTER));
    }
    let is_given = !reason.trim().is_empty() && reason.chars().count() <= REASON_CHARS_MAX;
    (!is_given).then(|| FieldError::new(path, &error::REASON_MISSING))
}

/// A moment that somebody reports: written with its offset, and not yet to come.
fn happened(text: &str, now: Instant) -> std::result::Result<Instant, Problem> {
    let instant = parse_instant(text)?;
    if instant > now + TimeDelta::seconds(AHEAD_S) {
        return Err(Problem::new(&error::TIME_IN_FUTURE).with("value", text).with("now", &rfc3339(now)));
    }
    Ok(instant)
}
