//! Who must answer a form, from which day on, and in whose sums it counts.
use super::system_permit;
use crate::Capacity;
use capacity_store::{read, rows::Duty, write};
use chrono::NaiveDate;
use domain::{BusinessDay, TerritoryCode, ids::FacilityId, policy::Action};
use platform::{OpCtx, Tx, audit, failure::Result, opctx::new_id};
use std::collections::HashMap;
use uuid::Uuid;

/// Gives facilities the duty to answer `form` from `from` on, in their municipality. A facility that
/// has moved counts in its new municipality from the first day that is not yet open: open days, and
/// the reports already sent for them, keep their place.
/// Idempotent. Days that are open are brought up to date. Answers the duties added.
///
/// # Errors
/// `auth.forbidden`; the database's.
pub async fn assign_duties(
    capacity: &Capacity,
    ctx: &OpCtx,
    form: &str,
    from: BusinessDay,
    facilities: &[(FacilityId, TerritoryCode)],
) -> Result<usize> {
    let permit = system_permit(ctx, Action::FacilityImport)?;
    let entry = audit::Entry { target: format!("duty/{form}"), cause: new_id(), reason: None };
    let mut tx = Tx::begin(&capacity.db, ctx, &[(&permit, entry)]).await?;
    let assigned = write_all(&mut tx, form, from, facilities).await;
    tx.finish(assigned).await
}

async fn write_all(
    tx: &mut Tx,
    form: &str,
    from: BusinessDay,
    facilities: &[(FacilityId, TerritoryCode)],
) -> Result<usize> {
    write::lock_form(tx, form).await?;
    let ids: Vec<Uuid> = facilities.iter().map(|(id, _)| id.0).collect();
    let mut known: HashMap<Uuid, Vec<Duty>> = HashMap::new();
    for duty in read::duties(tx, &ids).await?.into_iter().filter(|duty| duty.form == form) {
        known.entry(duty.facility_id).or_default().push(duty);
    }
    let open = read::open_days(tx, form, from.date()).await?;
    let closed_from = open.last().map_or(from, |last| from.max(BusinessDay::from_date(*last))).plus_days(1);
    let mut added = Vec::new();
    for (facility, municipality) in facilities {
        let duties = known.get(&facility.0).map(Vec::as_slice).unwrap_or_default();
        let change = change(duties, facility.0, form, &municipality.to_string(), from, closed_from);
        if let Some((moved, next)) = change.moved {
            write::end_duty(tx, &moved, next).await?;
        }
        added.extend(change.added);
    }
    write::insert_duties(tx, &added).await?;
    for day in open {
        write::open_day(tx, form, day).await?;
    }
    Ok(added.len())
}

#[derive(Debug, Default, PartialEq)]
struct Change {
    moved: Option<(Duty, NaiveDate)>,
    added: Option<Duty>,
}

fn covers(duty: &Duty, day: NaiveDate) -> bool {
    duty.valid_from <= day && duty.valid_to.is_none_or(|to| to > day)
}

/// What must change so that the facility has the duty on `from`; `duties` in order of their start. A
/// move takes effect on `closed_from`, the first day after `from` that is not open.
fn change(
    duties: &[Duty],
    facility_id: Uuid,
    form: &str,
    municipality: &str,
    from: BusinessDay,
    closed_from: BusinessDay,
) -> Change {
    let duty = |valid_from, valid_to| Duty {
        facility_id,
        form: form.to_owned(),
        municipality: municipality.to_owned(),
        valid_from,
        valid_to,
    };
    let move_day = closed_from.date();
    match duties.iter().find(|duty| covers(duty, from.date())) {
        Some(present) if present.municipality == municipality || covers_later(duties, present) => Change::default(),
        Some(present) => {
            Change { moved: Some((present.clone(), move_day)), added: Some(duty(move_day, present.valid_to)) }
        }
        None => {
            let next = duties.iter().map(|duty| duty.valid_from).find(|start| *start > from.date());
            Change { moved: None, added: Some(duty(from.date(), next)) }
        }
    }
}

/// An older file must not move a facility that a newer one has already placed.
fn covers_later(duties: &[Duty], present: &Duty) -> bool {
    duties.iter().any(|duty| duty.valid_from > present.valid_from)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> BusinessDay {
        BusinessDay::parse(text).unwrap()
    }

    fn duty(municipality: &str, from: &str, to: Option<&str>) -> Duty {
        Duty {
            facility_id: Uuid::nil(),
            form: "daily".into(),
            municipality: municipality.into(),
            valid_from: day(from).date(),
            valid_to: to.map(|to| day(to).date()),
        }
    }

    fn at(duties: &[Duty], municipality: &str, from: &str) -> Change {
        change(duties, Uuid::nil(), "daily", municipality, day(from), day(from).plus_days(1))
    }

    #[test]
    fn a_new_facility_gets_an_open_duty_and_a_known_one_none() {
        assert_eq!(at(&[], "131016", "2021-04-05").added, Some(duty("131016", "2021-04-05", None)));
        let known = [duty("131016", "2021-04-05", None)];
        assert_eq!(at(&known, "131016", "2021-04-05"), Change::default());
        assert_eq!(at(&known, "131016", "2021-05-01"), Change::default());
    }

    #[test]
    fn an_older_file_adds_the_days_before() {
        let known = [duty("131016", "2021-04-05", None)];
        assert_eq!(at(&known, "131016", "2020-06-29").added, Some(duty("131016", "2020-06-29", Some("2021-04-05"))));
    }

    #[test]
    fn a_facility_that_moved_counts_there_from_the_move_day() {
        let known = [duty("131016", "2021-04-01", None)];
        let change = at(&known, "131024", "2021-04-05");
        assert_eq!(change.moved, Some((known[0].clone(), day("2021-04-06").date())));
        assert_eq!(change.added, Some(duty("131024", "2021-04-06", None)));
    }
}
