//! Closing a facility on a day, and opening it again.
use super::{
    check_text, checked, facilities,
    outcome::{Ended, Outcome, answered, end, taken},
};
use domain::{
    BusinessDay, FacilityKey, FieldError, Problem, error,
    policy::{Action, Permit, decide},
};
use identity_store::{
    read,
    rows::{Facility, FacilityClosure},
    write,
};
use platform::{Db, Failure, OpCtx, Tx, audit, failure::Result, idempotency::Key};
use uuid::Uuid;
use wire::reach::{FacilityMoved, MoveFacility};

/// Which way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// It closes.
    Close,
    /// It opens again.
    Reopen,
}

impl Way {
    fn operation(self) -> &'static str {
        match self {
            Self::Close => "close_facility",
            Self::Reopen => "reopen_facility",
        }
    }
}

/// Closes a facility from a day on, or opens it again from one on. While it is closed, nobody writes to it,
/// it owes no reports, its own staff see nothing, and those who look after it read on.
///
/// # Errors
/// `facility.not_found` (also for what the actor cannot see), `auth.forbidden`, `request.invalid` with
/// `time.day_passed` or `request.reason_missing`, `facility.already_closed`, `facility.not_closed`.
pub async fn move_facility(
    db: &Db,
    ctx: &OpCtx,
    key: &FacilityKey,
    way: Way,
    request: MoveFacility,
) -> Result<Outcome<FacilityMoved>> {
    let missing = || Problem::new(&error::FACILITY_NOT_FOUND).with("key", &key.to_string());
    let found = read::facility(&mut *db.read().await?, key).await?.ok_or_else(missing)?;
    let permit =
        decide(&ctx.actor, Action::FacilityClose, found.place()?).map_err(|denied| denied.or_missing(missing()))?;
    checked(check_text(&request.reason, "reason").into_iter().collect())?;
    let key = Key::new(request.id, &ctx.actor, way.operation(), &(found.id, &request))?;
    let target = format!("facility/{}", found.id);
    let entry = audit::Entry { target, cause: request.id, reason: Some(request.reason.clone()) };
    let mut tx = Tx::begin(db, ctx, &[(&permit, entry)]).await?;
    let written = write_all(&mut tx, ctx, &permit, &key, found.id, way, &request).await;
    end(db, tx, &key, written).await
}

/// The day must come yet: who owes reports today is settled when the day begins.
fn coming(on: BusinessDay, today: BusinessDay) -> Result<()> {
    let passed = || FieldError::new("on", &error::TIME_DAY_PASSED).with("day", &on.to_string());
    checked((on <= today).then(|| passed().with("today", &today.to_string())).into_iter().collect())
}

fn next(
    facility: Uuid,
    last: Option<FacilityClosure>,
    way: Way,
    on: BusinessDay,
    today: BusinessDay,
) -> Result<FacilityClosure> {
    let last_open = last.as_ref().is_none_or(|last| last.reopened_on.is_some_and(|reopened| reopened <= on.date()));
    match (way, last) {
        (Way::Close, last) => {
            coming(on, today)?;
            if !last_open {
                let since = last.map(|last| last.closed_on.to_string()).unwrap_or_default();
                return Err(Problem::new(&error::FACILITY_CLOSED).with("closed_on", &since).into());
            }
            Ok(FacilityClosure { facility_id: facility, closed_on: on.date(), reopened_on: None })
        }
        (Way::Reopen, Some(last)) if last.reopened_on.is_none() => {
            // what has not come yet is called off: it was never closed
            if last.closed_on > today.date() && on.date() <= last.closed_on {
                return Ok(FacilityClosure { reopened_on: Some(last.closed_on), ..last });
            }
            coming(on, today)?;
            Ok(FacilityClosure { reopened_on: Some(on.date()), ..last })
        }
        (Way::Reopen, _) => Err(Problem::new(&error::FACILITY_NOT_CLOSED).into()),
    }
}

async fn write_all(
    tx: &mut Tx,
    ctx: &OpCtx,
    permit: &Permit,
    key: &Key,
    id: Uuid,
    way: Way,
    request: &MoveFacility,
) -> Result<Ended<FacilityMoved>> {
    write::lock_facilities(tx).await?;
    if taken(tx, key).await? {
        return Ok(Ended::Before);
    }
    let gone = || Failure::internal("a facility has vanished");
    let facility = read::facility(tx, &FacilityKey::Id(domain::ids::FacilityId(id))).await?.ok_or_else(gone)?;
    let last = read::reach::last_closures(tx, &[id]).await?.pop();
    let closure = next(id, last, way, request.on, BusinessDay::at(ctx.now))?;
    write::reach::closure(tx, &closure).await?;
    let facility = Facility { version: facility.version + 1, ..facility };
    write::update_facility(tx, &facility).await?;
    facilities::record(tx, ctx, permit, std::slice::from_ref(&facility)).await?;
    let moved = FacilityMoved {
        facility: id,
        version: facility.version,
        closed_on: BusinessDay::from_date(closure.closed_on),
        reopened_on: closure.reopened_on.map(BusinessDay::from_date),
        position: tx.position().to_string(),
    };
    answered(tx, key, moved).await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> BusinessDay {
        BusinessDay::parse(text).unwrap()
    }

    fn closure(closed: &str, reopened: Option<&str>) -> FacilityClosure {
        FacilityClosure {
            facility_id: Uuid::nil(),
            closed_on: day(closed).date(),
            reopened_on: reopened.map(|reopened| day(reopened).date()),
        }
    }

    fn ends(last: Option<FacilityClosure>, way: Way, on: &str) -> std::result::Result<FacilityClosure, &'static str> {
        next(Uuid::nil(), last, way, day(on), day("2021-04-05")).map_err(|failure| {
            let problem = failure.into_problem();
            problem.errors.first().map_or(problem.code.code, |error| error.code.code)
        })
    }

    #[test]
    fn a_closing_lies_ahead_and_stands_alone() {
        assert_eq!(ends(None, Way::Close, "2021-04-06"), Ok(closure("2021-04-06", None)));
        assert_eq!(ends(None, Way::Close, "2021-04-05"), Err("time.day_passed"));
        assert_eq!(ends(Some(closure("2021-04-01", None)), Way::Close, "2021-04-06"), Err("facility.already_closed"));
        let over = closure("2021-03-01", Some("2021-04-07"));
        assert_eq!(ends(Some(over.clone()), Way::Close, "2021-04-06"), Err("facility.already_closed"));
        assert_eq!(ends(Some(over), Way::Close, "2021-04-07"), Ok(closure("2021-04-07", None)));
    }

    #[test]
    fn only_what_is_closed_opens_again() {
        assert_eq!(ends(None, Way::Reopen, "2021-04-06"), Err("facility.not_closed"));
        let closed = closure("2021-04-01", None);
        assert_eq!(ends(Some(closed.clone()), Way::Reopen, "2021-04-05"), Err("time.day_passed"));
        let open = closure("2021-04-01", Some("2021-04-06"));
        assert_eq!(ends(Some(closed), Way::Reopen, "2021-04-06"), Ok(open.clone()));
        assert_eq!(ends(Some(open), Way::Reopen, "2021-04-08"), Err("facility.not_closed"));
        let planned = closure("2021-04-10", None);
        let called_off = closure("2021-04-10", Some("2021-04-10"));
        assert_eq!(ends(Some(planned), Way::Reopen, "2021-04-05"), Ok(called_off));
    }
}
