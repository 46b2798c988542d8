//! Writes. Called inside a transaction that a permit has begun.
pub mod access;
pub mod accounts;
pub mod credentials;
pub mod delegations;
pub mod notices;
pub mod reach;

use crate::{
    rows::{Account, Facility, FacilityChange, Organisation, Point, Population, SigningKey, Territory},
    schema::{
        account, clock, facility, facility_change, organisation, population, signing_key, territory, territory_point,
    },
};
use chrono::{DateTime, Utc};
use diesel::{prelude::*, upsert::excluded};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use platform::db::ROWS_PER_INSERT;
use uuid::Uuid;

type Result<T> = QueryResult<T>;

/// Writes the territory tree: parents before children.
///
/// # Errors
/// The database's.
pub async fn territories(conn: &mut AsyncPgConnection, rows: &[Territory], points: &[Point]) -> Result<()> {
    for chunk in rows.chunks(ROWS_PER_INSERT) {
        diesel::insert_into(territory::table)
            .values(chunk)
            .on_conflict(territory::code)
            .do_update()
            .set((
                territory::kind.eq(excluded(territory::kind)),
                territory::name.eq(excluded(territory::name)),
                territory::kana.eq(excluded(territory::kana)),
                territory::name_en.eq(excluded(territory::name_en)),
            ))
            .execute(conn)
            .await?;
    }
    diesel::insert_into(territory_point::table).values(points).on_conflict_do_nothing().execute(conn).await?;
    Ok(())
}

/// Writes populations; a figure of the same territory, band and date is replaced.
///
/// # Errors
/// The database's.
pub async fn populations(conn: &mut AsyncPgConnection, rows: &[Population]) -> Result<()> {
    for chunk in rows.chunks(ROWS_PER_INSERT) {
        diesel::insert_into(population::table)
            .values(chunk)
            .on_conflict((population::territory, population::band, population::as_of))
            .do_update()
            .set((
                population::persons.eq(excluded(population::persons)),
                population::source.eq(excluded(population::source)),
            ))
            .execute(conn)
            .await?;
    }
    Ok(())
}

/// Makes organisations that do not exist yet.
///
/// # Errors
/// The database's.
pub async fn organisations(conn: &mut AsyncPgConnection, rows: &[Organisation]) -> Result<()> {
    for chunk in rows.chunks(ROWS_PER_INSERT) {
        diesel::insert_into(organisation::table).values(chunk).on_conflict_do_nothing().execute(conn).await?;
    }
    Ok(())
}

/// Makes accounts; one that exists by then gets the new credentials.
///
/// # Errors
/// The database's.
pub async fn accounts(conn: &mut AsyncPgConnection, rows: &[Account]) -> Result<()> {
    for row in rows {
        diesel::insert_into(account::table)
            // whoever the operator gives the first accounts gives the next ones
            .values((row, account::administrator.eq(row.kind == "person")))
            .on_conflict(account::name)
            .do_update()
            .set((account::password_hash.eq(&row.password_hash), account::secret_sha256.eq(&row.secret_sha256)))
            .execute(conn)
            .await?;
    }
    Ok(())
}

/// Adds a signing key.
///
/// # Errors
/// The database's.
pub async fn signing_key(conn: &mut AsyncPgConnection, row: &SigningKey) -> Result<()> {
    diesel::insert_into(signing_key::table).values(row).execute(conn).await?;
    Ok(())
}

/// Says when all keys but this one are published no more, unless that was said before.
///
/// # Errors
/// The database's.
pub async fn retire_keys_but(conn: &mut AsyncPgConnection, kid: &str, at: DateTime<Utc>) -> Result<()> {
    let others = signing_key::table.filter(signing_key::kid.ne(kid)).filter(signing_key::retired_at.is_null());
    diesel::update(others).set(signing_key::retired_at.eq(at)).execute(conn).await?;
    Ok(())
}

/// Locks bulk changes of facilities against each other, to the end of the transaction.
///
/// # Errors
/// The database's.
pub async fn lock_facilities(conn: &mut AsyncPgConnection) -> Result<()> {
    diesel::sql_query("select pg_advisory_xact_lock(hashtext('reference.facility'))").execute(conn).await?;
    Ok(())
}

/// Locks the making of the instance (its clock, its signing key) against another one, to the end of
/// the transaction: what is found then stays so.
///
/// # Errors
/// The database's.
pub async fn lock_instance(conn: &mut AsyncPgConnection) -> Result<()> {
    diesel::sql_query("select pg_advisory_xact_lock(hashtext('reference.clock'))").execute(conn).await?;
    Ok(())
}

/// Takes the facility codes from these facilities, so that others may get them in any order.
///
/// # Errors
/// The database's.
pub async fn clear_codes(conn: &mut AsyncPgConnection, ids: &[Uuid]) -> Result<()> {
    diesel::update(facility::table.filter(facility::id.eq_any(ids)))
        .set(facility::facility_code.eq(None::<String>))
        .execute(conn)
        .await?;
    Ok(())
}

/// Inserts new facilities.
///
/// # Errors
/// The database's.
pub async fn insert_facilities(conn: &mut AsyncPgConnection, rows: &[Facility]) -> Result<()> {
    for chunk in rows.chunks(ROWS_PER_INSERT) {
        diesel::insert_into(facility::table).values(chunk).execute(conn).await?;
    }
    Ok(())
}

/// Writes a changed facility over its older version.
///
/// # Errors
/// The database's.
pub async fn update_facility(conn: &mut AsyncPgConnection, row: &Facility) -> Result<()> {
    diesel::update(facility::table.find(row.id)).set(row).execute(conn).await?;
    Ok(())
}

/// Adds to the history of facilities.
///
/// # Errors
/// The database's.
pub async fn facility_changes(conn: &mut AsyncPgConnection, rows: &[FacilityChange]) -> Result<()> {
    for chunk in rows.chunks(ROWS_PER_INSERT) {
        diesel::insert_into(facility_change::table).values(chunk).execute(conn).await?;
    }
    Ok(())
}

/// Sets the instance's clock.
///
/// # Errors
/// The database's.
pub async fn clock(
    conn: &mut AsyncPgConnection,
    training: bool,
    business_start: DateTime<Utc>,
    real_start: DateTime<Utc>,
    speed_permille: i32,
) -> Result<()> {
    let values = (
        clock::training.eq(training),
        clock::business_start.eq(business_start),
        clock::real_start.eq(real_start),
        clock::speed_permille.eq(speed_permille),
    );
    diesel::insert_into(clock::table)
        .values((clock::id.eq(true), values))
        .on_conflict(clock::id)
        .do_update()
        .set(values)
        .execute(conn)
        .await?;
    Ok(())
}
