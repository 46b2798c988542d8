//! Sharing agreements, mergers, closures and areas. Called inside a transaction that a permit has begun.
use crate::{
    rows::{FacilityClosure, SharingAgreement},
    schema::{facility_closure, sharing_agreement, territory},
};
use chrono::{DateTime, NaiveDate, Utc};
use diesel::{
    prelude::*,
    sql_types::{Array, Date, Text, Uuid as SqlUuid},
    upsert::excluded,
};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

type Result<T> = QueryResult<T>;

/// Locks changes of agreements, mergers and areas against each other, to the end of the transaction.
///
/// # Errors
/// The database's.
pub async fn lock(conn: &mut AsyncPgConnection) -> Result<()> {
    diesel::sql_query("select pg_advisory_xact_lock(hashtext('reference.reach'))").execute(conn).await?;
    Ok(())
}

/// Writes a new agreement.
///
/// # Errors
/// The database's.
pub async fn agreement(conn: &mut AsyncPgConnection, row: &SharingAgreement) -> Result<()> {
    diesel::insert_into(sharing_agreement::table).values(row).execute(conn).await?;
    Ok(())
}

/// Ends an agreement now.
///
/// # Errors
/// The database's.
pub async fn end_agreement(
    conn: &mut AsyncPgConnection,
    id: Uuid,
    (by, name): (Uuid, &str),
    at: DateTime<Utc>,
    reason: &str,
) -> Result<()> {
    diesel::update(sharing_agreement::table.find(id))
        .set((
            sharing_agreement::ended_by.eq(by),
            sharing_agreement::ended_by_name.eq(name),
            sharing_agreement::ended_at.eq(at),
            sharing_agreement::end_reason.eq(reason),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// Merges a territory into another from a day on.
///
/// # Errors
/// The database's.
pub async fn merge(conn: &mut AsyncPgConnection, code: &str, into: &str, on: NaiveDate) -> Result<()> {
    diesel::update(territory::table.find(code))
        .set((territory::merged_into.eq(into), territory::merged_on.eq(on)))
        .execute(conn)
        .await?;
    Ok(())
}

/// Writes a closure, or until when it lasts.
///
/// # Errors
/// The database's.
pub async fn closure(conn: &mut AsyncPgConnection, row: &FacilityClosure) -> Result<()> {
    diesel::insert_into(facility_closure::table)
        .values(row)
        .on_conflict((facility_closure::facility_id, facility_closure::closed_on))
        .do_update()
        .set(facility_closure::reopened_on.eq(excluded(facility_closure::reopened_on)))
        .execute(conn)
        .await?;
    Ok(())
}

/// Brings the areas of these health centres up to date from `day` on: what is named is theirs, what is not
/// named any more was theirs until the day before. `organisations` and `municipalities` are pairs. Answers
/// how many rows changed.
///
/// # Errors
/// The database's.
pub async fn health_centre_areas(
    conn: &mut AsyncPgConnection,
    organisations: &[Uuid],
    municipalities: &[String],
    day: NaiveDate,
) -> Result<usize> {
    let ended = diesel::sql_query(
        "update reference.health_centre_area a set until = greatest(a.since, $3 - 1)
         where a.organisation = any($1) and a.until is null
           and not exists (select from unnest($1, $2) as wanted (organisation, municipality)
                           where wanted.organisation = a.organisation and wanted.municipality = a.municipality)",
    )
    .bind::<Array<SqlUuid>, _>(organisations)
    .bind::<Array<Text>, _>(municipalities)
    .bind::<Date, _>(day)
    .execute(conn)
    .await?;
    let made = diesel::sql_query(
        "insert into reference.health_centre_area (organisation, municipality, since)
         select wanted.organisation, wanted.municipality, $3
         from unnest($1, $2) as wanted (organisation, municipality)
         where not exists (select from reference.health_centre_area a
                           where a.organisation = wanted.organisation and a.municipality = wanted.municipality
                             and a.until is null)
         on conflict (organisation, municipality, since) do update set until = null",
    )
    .bind::<Array<SqlUuid>, _>(organisations)
    .bind::<Array<Text>, _>(municipalities)
    .bind::<Date, _>(day)
    .execute(conn)
    .await?;
    Ok(ended + made)
}

/// Writes medical areas and which municipalities lie in them. The slices are pairs, area by municipality.
/// Answers how many municipalities came into another area.
///
/// # Errors
/// The database's.
pub async fn medical_areas(
    conn: &mut AsyncPgConnection,
    areas: &[(String, String, String)],
    codes: &[String],
    municipalities: &[String],
) -> Result<usize> {
    let column = |pick: fn(&(String, String, String)) -> &String| areas.iter().map(pick).cloned().collect::<Vec<_>>();
    diesel::sql_query(
        "insert into reference.medical_area (code, prefecture, name) select * from unnest($1, $2, $3)
         on conflict (code) do update set name = excluded.name, prefecture = excluded.prefecture",
    )
    .bind::<Array<Text>, _>(column(|area| &area.0))
    .bind::<Array<Text>, _>(column(|area| &area.1))
    .bind::<Array<Text>, _>(column(|area| &area.2))
    .execute(conn)
    .await?;
    diesel::sql_query(
        "insert into reference.medical_area_municipality as m (area, municipality) select * from unnest($1, $2)
         on conflict (municipality) do update set area = excluded.area where m.area <> excluded.area",
    )
    .bind::<Array<Text>, _>(codes)
    .bind::<Array<Text>, _>(municipalities)
    .execute(conn)
    .await
}
