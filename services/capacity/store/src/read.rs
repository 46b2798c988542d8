//! Reads. Those for people take a [`Scope`] and answer nothing outside it.
use crate::{
    rows::{Aggregate, Duty, Latest, Report},
    schema::{aggregate, duty, facility, latest, opened_day, report},
};
use chrono::{DateTime, NaiveDate, Utc};
use diesel::{dsl::max, prelude::*};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use domain::{
    FacilityCode, FacilityKey, GmisId, TerritoryCode, ids::FacilityId, policy::Place, policy::Scope, territory::Tier,
};
use platform::failure::Result;
use std::collections::HashMap;
use uuid::Uuid;

/// Where the facility with this key is, whoever asks: for the permission table.
///
/// # Errors
/// The database's.
pub async fn place(conn: &mut AsyncPgConnection, key: &FacilityKey) -> Result<Option<Place>> {
    let mut query = facility::table.select((facility::id, facility::municipality)).into_boxed();
    query = match key {
        FacilityKey::Id(id) => query.filter(facility::id.eq(id.0)),
        FacilityKey::Code(code) => query.filter(facility::facility_code.eq(code.as_str().to_owned())),
        FacilityKey::Gmis(id) => query.filter(facility::gmis_id.eq(id.as_str().to_owned())),
    };
    let found: Option<(Uuid, String)> = query.first(conn).await.optional()?;
    let place = |(id, code): (Uuid, String)| Ok(Place::Facility(FacilityId(id), TerritoryCode::parse(&code)?));
    found.map(place).transpose()
}

/// The ids of the facilities with these keys, whoever asks: to tell which keys mean the same one.
///
/// # Errors
/// The database's.
pub async fn ids(conn: &mut AsyncPgConnection, keys: &[FacilityKey]) -> Result<HashMap<FacilityKey, Uuid>> {
    let mut found = HashMap::new();
    let (mut codes, mut gmis_ids) = (Vec::new(), Vec::new());
    for key in keys {
        match key {
            FacilityKey::Id(id) => drop(found.insert(key.clone(), id.0)),
            FacilityKey::Code(code) => codes.push(code.as_str().to_owned()),
            FacilityKey::Gmis(id) => gmis_ids.push(id.as_str().to_owned()),
        }
    }
    let (code, gmis_id) = (facility::facility_code, facility::gmis_id);
    let rows: Vec<(Option<String>, Option<String>, Uuid)> = facility::table
        .filter(code.eq_any(codes).or(gmis_id.eq_any(gmis_ids)))
        .select((code, gmis_id, facility::id))
        .load(conn)
        .await?;
    for (code, gmis_id, id) in rows {
        let code = code.and_then(|code| FacilityCode::parse(&code).ok()).map(FacilityKey::Code);
        let gmis_id = gmis_id.and_then(|gmis_id| GmisId::parse(&gmis_id).ok()).map(FacilityKey::Gmis);
        found.extend(code.into_iter().chain(gmis_id).map(|key| (key, id)));
    }
    Ok(found)
}

/// The duty of a facility on a day.
///
/// # Errors
/// The database's.
pub async fn duty_on(conn: &mut AsyncPgConnection, facility: Uuid, form: &str, day: NaiveDate) -> Result<Option<Duty>> {
    let covers = duty::valid_from.le(day).and(duty::valid_to.is_null().or(duty::valid_to.gt(day)));
    let query = duty::table.filter(duty::facility_id.eq(facility)).filter(duty::form.eq(form));
    Ok(query.filter(covers.assume_not_null()).select(Duty::as_select()).first(conn).await.optional()?)
}

/// All duties of these facilities, in order of facility, form and start.
///
/// # Errors
/// The database's.
pub async fn duties(conn: &mut AsyncPgConnection, facilities: &[Uuid]) -> Result<Vec<Duty>> {
    let query = duty::table.filter(duty::facility_id.eq_any(facilities));
    let ordered = query.order((duty::facility_id, duty::form, duty::valid_from));
    Ok(ordered.select(Duty::as_select()).load(conn).await?)
}

/// All revisions of a facility's report of a day, newest first.
///
/// # Errors
/// The database's.
pub async fn revisions(
    conn: &mut AsyncPgConnection,
    facility: Uuid,
    form: &str,
    day: NaiveDate,
) -> Result<Vec<Report>> {
    let query = report::table
        .filter(report::business_day.eq(day))
        .filter(report::facility_id.eq(facility))
        .filter(report::form.eq(form));
    Ok(query.order(report::revision.desc()).select(Report::as_select()).load(conn).await?)
}

/// The newest revision of a facility's report of a day.
///
/// # Errors
/// The database's.
pub async fn newest(
    conn: &mut AsyncPgConnection,
    facility: Uuid,
    form: &str,
    day: NaiveDate,
) -> Result<Option<Report>> {
    let query = report::table
        .filter(report::business_day.eq(day))
        .filter(report::facility_id.eq(facility))
        .filter(report::form.eq(form));
    Ok(query.order(report::revision.desc()).select(Report::as_select()).first(conn).await.optional()?)
}

/// The newest revisions of many facilities' reports of a day.
///
/// # Errors
/// The database's.
pub async fn newest_of(
    conn: &mut AsyncPgConnection,
    facilities: &[Uuid],
    form: &str,
    day: NaiveDate,
) -> Result<Vec<Report>> {
    let query = report::table
        .filter(report::business_day.eq(day))
        .filter(report::facility_id.eq_any(facilities))
        .filter(report::form.eq(form))
        .order((report::facility_id, report::revision.desc()))
        .distinct_on(report::facility_id);
    Ok(query.select(Report::as_select()).load(conn).await?)
}

/// The oldest moment behind a municipality's sums of a day.
///
/// # Errors
/// The database's.
pub async fn oldest_as_of(
    conn: &mut AsyncPgConnection,
    municipality: &str,
    form: &str,
    day: NaiveDate,
) -> Result<Option<DateTime<Utc>>> {
    let counted: Vec<DateTime<Utc>> = report::table
        .filter(report::business_day.eq(day))
        .filter(report::municipality.eq(municipality))
        .filter(report::form.eq(form))
        .order((report::facility_id, report::revision.desc()))
        .distinct_on(report::facility_id)
        .select(report::as_of)
        .load(conn)
        .await?;
    Ok(counted.into_iter().min())
}

/// The newest report of a facility.
///
/// # Errors
/// The database's.
pub async fn latest(conn: &mut AsyncPgConnection, facility: Uuid, form: &str) -> Result<Option<Latest>> {
    Ok(latest::table.find((facility, form)).select(Latest::as_select()).first(conn).await.optional()?)
}

/// The newest reports of many facilities, whoever asks.
///
/// # Errors
/// The database's.
pub async fn latest_of(conn: &mut AsyncPgConnection, facilities: &[Uuid], form: &str) -> Result<Vec<Latest>> {
    let query = latest::table.filter(latest::facility_id.eq_any(facilities)).filter(latest::form.eq(form));
    Ok(query.select(Latest::as_select()).load(conn).await?)
}

/// The newest report of each of these facilities, as whole revisions, as far as `scope` sees their
/// reports. `places` tells where each facility is.
///
/// # Errors
/// The database's.
pub async fn latest_reports(
    conn: &mut AsyncPgConnection,
    scope: &Scope,
    places: &[(FacilityId, TerritoryCode)],
    form: &str,
) -> Result<Vec<Report>> {
    let visible = places.iter().filter(|(id, at)| scope.sees_reports(*id, *at)).map(|(id, _)| id.0);
    let visible: Vec<Uuid> = visible.collect();
    if visible.is_empty() {
        return Ok(Vec::new());
    }
    let query = report::table
        .inner_join(
            latest::table.on(report::id.eq(latest::report_id).and(report::business_day.eq(latest::business_day))),
        )
        .filter(latest::facility_id.eq_any(visible))
        .filter(latest::form.eq(form));
    Ok(query.select(Report::as_select()).load(conn).await?)
}

/// Rows of sums for one form and day: all below the territories named, as far as `scope` may see the
/// figures of each. One statement; the caller adds them up per territory.
///
/// # Errors
/// The database's.
pub async fn aggregates(
    conn: &mut AsyncPgConnection,
    scope: &Scope,
    territories: &[TerritoryCode],
    form: &str,
    day: NaiveDate,
) -> Result<Vec<Aggregate>> {
    let visible: Vec<TerritoryCode> = territories.iter().copied().filter(|code| scope.sees_figures(*code)).collect();
    if visible.is_empty() {
        return Ok(Vec::new());
    }
    let mut query = aggregate::table
        .filter(aggregate::form.eq(form))
        .filter(aggregate::business_day.eq(day))
        .select(Aggregate::as_select())
        .into_boxed();
    // one municipality is one row; anything wider is cheaper read whole (1,741 short rows at most)
    if visible.iter().all(|code| code.tier() == Tier::Municipality) {
        let codes: Vec<String> = visible.iter().map(ToString::to_string).collect();
        query = query.filter(aggregate::municipality.eq_any(codes));
    } else if let [one] = visible.as_slice()
        && one.tier() == Tier::Prefecture
    {
        query = query.filter(aggregate::municipality.like(format!("{:02}%", one.prefecture_number())));
    }
    Ok(query.load(conn).await?)
}

/// The row of sums of a municipality and day, locked to the end of the transaction.
///
/// # Errors
/// The database's.
pub async fn lock_aggregate(
    conn: &mut AsyncPgConnection,
    municipality: &str,
    form: &str,
    day: NaiveDate,
) -> Result<Option<Aggregate>> {
    let row = aggregate::table.find((form, day, municipality)).select(Aggregate::as_select());
    Ok(row.for_update().first(conn).await.optional()?)
}

/// All rows of sums of a form and day, for bulk writers that hold the form's lock.
///
/// # Errors
/// The database's.
pub async fn aggregates_of_day(conn: &mut AsyncPgConnection, form: &str, day: NaiveDate) -> Result<Vec<Aggregate>> {
    let query = aggregate::table.filter(aggregate::form.eq(form)).filter(aggregate::business_day.eq(day));
    Ok(query.select(Aggregate::as_select()).load(conn).await?)
}

/// Days of a form that are open, from `from` on.
///
/// # Errors
/// The database's.
pub async fn open_days(conn: &mut AsyncPgConnection, form: &str, from: NaiveDate) -> Result<Vec<NaiveDate>> {
    let query = opened_day::table.filter(opened_day::form.eq(form)).filter(opened_day::business_day.ge(from));
    Ok(query.select(opened_day::business_day).order(opened_day::business_day).load(conn).await?)
}

/// The newest open day of a form before `day`.
///
/// # Errors
/// The database's.
pub async fn last_open_day(conn: &mut AsyncPgConnection, form: &str, day: NaiveDate) -> Result<Option<NaiveDate>> {
    let query = opened_day::table.filter(opened_day::form.eq(form)).filter(opened_day::business_day.lt(day));
    Ok(query.select(max(opened_day::business_day)).first(conn).await?)
}
