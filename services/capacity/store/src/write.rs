//! Writes. Called inside a transaction that a permit has begun.
use crate::{
    rows::{Aggregate, Duty, Latest, Report},
    schema::{duty, opened_day, report},
    sql,
};
use chrono::NaiveDate;
use diesel::{
    prelude::*,
    sql_types::{BigInt, Date, Text},
};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use platform::{db::ROWS_PER_INSERT, failure::Result};
use sha2::{Digest, Sha256};
use uuid::Uuid;

diesel::define_sql_function! {
    /// Waits for and takes an advisory lock until the transaction ends.
    fn pg_advisory_xact_lock(key: BigInt) -> Bool;
}
diesel::define_sql_function! {
    /// The same, shared with others that share it.
    fn pg_advisory_xact_lock_shared(key: BigInt) -> Bool;
}

fn lock_key(name: &str) -> i64 {
    let digest = Sha256::digest(name.as_bytes());
    digest.iter().take(8).fold(0_i64, |key, byte| (key << 8) | i64::from(*byte))
}

/// Writing one report: shares the form with other reports, and has the facility's reports of this
/// form and the report's id to itself. Opening a day takes the form alone, so that nobody is missed
/// in between. The id comes last: whoever holds it waits for nobody who waits for it.
///
/// # Errors
/// The database's.
pub async fn lock_report(conn: &mut AsyncPgConnection, form: &str, facility: Uuid, id: Uuid) -> Result<()> {
    // one statement: the select list is evaluated from left to right
    let locks = (
        pg_advisory_xact_lock_shared(lock_key(&format!("form/{form}"))),
        pg_advisory_xact_lock(lock_key(&format!("report/{form}/{facility}"))),
        pg_advisory_xact_lock(lock_key(&format!("id/{id}"))),
    );
    diesel::select(locks).execute(conn).await?;
    Ok(())
}

/// Keeps all reports of a form out until the transaction ends.
///
/// # Errors
/// The database's.
pub async fn lock_form(conn: &mut AsyncPgConnection, form: &str) -> Result<()> {
    diesel::select(pg_advisory_xact_lock(lock_key(&format!("form/{form}")))).execute(conn).await?;
    Ok(())
}

/// Opens a day of a form, or brings an open one up to date with changed duties: a row of sums for
/// every municipality with a facility that is due. The form must be locked. Answers the rows touched.
///
/// # Errors
/// The database's.
pub async fn open_day(conn: &mut AsyncPgConnection, form: &str, day: NaiveDate) -> Result<usize> {
    diesel::insert_into(opened_day::table)
        .values((opened_day::form.eq(form), opened_day::business_day.eq(day)))
        .on_conflict_do_nothing()
        .execute(conn)
        .await?;
    let touched = diesel::sql_query(
        "insert into capacity.aggregate as a (municipality, business_day, form, due, carried)
         select d.municipality, $2, $1, count(*),
                count(*) filter (where l.first_day < $2 and r.facility_id is null)
         from capacity.duty d
         left join capacity.latest l on l.facility_id = d.facility_id and l.form = d.form
         left join capacity.report r
                on r.facility_id = d.facility_id and r.form = d.form and r.business_day = $2 and r.revision = 1
         where d.form = $1 and d.valid_from <= $2 and (d.valid_to is null or d.valid_to > $2)
           -- a closed facility owes nothing
           and not exists (select from reference.facility_closure c
                           where c.facility_id = d.facility_id and c.closed_on <= $2
                             and (c.reopened_on is null or c.reopened_on > $2))
         group by d.municipality
         order by d.municipality
         on conflict (form, business_day, municipality) do update
         set due = excluded.due, carried = excluded.carried, version = a.version + 1
         where (a.due, a.carried) is distinct from (excluded.due, excluded.carried)",
    )
    .bind::<Text, _>(form)
    .bind::<Date, _>(day)
    .execute(conn)
    .await?;
    Ok(touched)
}

/// Makes the month's partitions of reports and of the audit trail.
///
/// # Errors
/// The database's.
pub async fn ensure_months(conn: &mut AsyncPgConnection, report_day: NaiveDate, audit_day: NaiveDate) -> Result<()> {
    diesel::sql_query("select capacity.ensure_month('report', $1), capacity.ensure_month('audit', $2)")
        .bind::<Date, _>(report_day)
        .bind::<Date, _>(audit_day)
        .execute(conn)
        .await?;
    Ok(())
}

/// Adds duties.
///
/// # Errors
/// The database's.
pub async fn insert_duties(conn: &mut AsyncPgConnection, rows: &[Duty]) -> Result<()> {
    for chunk in rows.chunks(ROWS_PER_INSERT) {
        diesel::insert_into(duty::table).values(chunk).execute(conn).await?;
    }
    Ok(())
}

/// Ends a duty before `valid_to`.
///
/// # Errors
/// The database's.
pub async fn end_duty(conn: &mut AsyncPgConnection, row: &Duty, valid_to: NaiveDate) -> Result<()> {
    diesel::update(duty::table.find((row.facility_id, &row.form, row.valid_from)))
        .set(duty::valid_to.eq(valid_to))
        .execute(conn)
        .await?;
    Ok(())
}

/// Adds one revision.
///
/// # Errors
/// The database's.
pub async fn insert_report(conn: &mut AsyncPgConnection, row: &Report) -> Result<()> {
    diesel::insert_into(report::table).values(row).execute(conn).await?;
    Ok(())
}

/// Adds many revisions.
///
/// # Errors
/// The database's.
pub async fn insert_reports(conn: &mut AsyncPgConnection, rows: &[Report]) -> Result<()> {
    for chunk in rows.chunks(ROWS_PER_INSERT) {
        diesel::insert_into(report::table).values(chunk).execute(conn).await?;
    }
    Ok(())
}

/// Writes the newest reports of facilities; each facility at most once.
///
/// # Errors
/// The database's.
pub async fn put_latest(conn: &mut AsyncPgConnection, rows: &[Latest]) -> Result<()> {
    sql::PutLatest::new(rows).execute(conn).await?;
    Ok(())
}

/// Writes a locked row of sums back, one version later.
///
/// # Errors
/// The database's.
pub async fn put_aggregate(conn: &mut AsyncPgConnection, row: &Aggregate) -> Result<()> {
    sql::PutAggregate::new(row).execute(conn).await?;
    Ok(())
}
