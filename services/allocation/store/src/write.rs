//! Writes. Called inside a transaction that a permit has begun.
use crate::{
    rows::{BookAccount, Plan, PlanChange, PlanLine, Round, RoundStep, Site, SupplyNotice, Wish},
    schema::{book_account, plan, plan_change, plan_line, round, round_step, site, supply_notice, wish},
};
use chrono::{DateTime, Utc};
use diesel::{
    prelude::*,
    result::{DatabaseErrorKind, Error},
    sql_types,
};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use domain::Problem;
use platform::{Failure, db::ROWS_PER_INSERT, failure::Result};
use uuid::Uuid;

/// Keeps other work on a round's plans of one holder out until the transaction ends.
///
/// # Errors
/// The database's.
pub async fn lock_holder(conn: &mut AsyncPgConnection, round: Uuid, holder: &str) -> Result<()> {
    diesel::sql_query("select pg_advisory_xact_lock(hashtextextended($1, 0))")
        .bind::<sql_types::Text, _>(format!("plan/{round}/{holder}"))
        .execute(conn)
        .await?;
    Ok(())
}

/// Opens a round with its calendar.
///
/// # Errors
/// The database's.
pub async fn round(conn: &mut AsyncPgConnection, row: &Round, steps: &[RoundStep]) -> Result<()> {
    diesel::insert_into(round::table).values(row).execute(conn).await?;
    diesel::insert_into(round_step::table).values(steps).execute(conn).await?;
    Ok(())
}

/// Notes supply.
///
/// # Errors
/// The database's.
pub async fn supply_notice(conn: &mut AsyncPgConnection, row: &SupplyNotice) -> Result<()> {
    diesel::insert_into(supply_notice::table).values(row).execute(conn).await?;
    Ok(())
}

/// Adds sites that are not there yet; hubs before their satellites.
///
/// # Errors
/// The database's.
pub async fn sites(conn: &mut AsyncPgConnection, rows: &[Site]) -> Result<()> {
    for chunk in rows.chunks(ROWS_PER_INSERT) {
        diesel::insert_into(site::table).values(chunk).on_conflict_do_nothing().execute(conn).await?;
    }
    Ok(())
}

/// Adds wishes that are not there yet.
///
/// # Errors
/// The database's.
pub async fn wishes(conn: &mut AsyncPgConnection, rows: &[Wish]) -> Result<()> {
    for chunk in rows.chunks(ROWS_PER_INSERT) {
        diesel::insert_into(wish::table).values(chunk).on_conflict_do_nothing().execute(conn).await?;
    }
    Ok(())
}

/// Adds plans.
///
/// # Errors
/// `idempotency.key_reused` when an id was taken at the same moment, by the work of another holder: the
/// holder's lock does not keep that out. Or the database's.
pub async fn plans(conn: &mut AsyncPgConnection, rows: &[Plan]) -> Result<()> {
    for chunk in rows.chunks(ROWS_PER_INSERT) {
        let written = diesel::insert_into(plan::table).values(chunk).execute(conn).await;
        written.map_err(id_taken)?;
    }
    Ok(())
}

fn id_taken(error: Error) -> Failure {
    match &error {
        Error::DatabaseError(DatabaseErrorKind::UniqueViolation, what)
            if what.constraint_name() == Some("plan_pkey") =>
        {
            Problem::new(&domain::error::IDEMPOTENCY_KEY_REUSED).into()
        }
        _ => error.into(),
    }
}

/// Replaces what was computed: supply, rule, digest, time, version.
///
/// # Errors
/// The database's.
pub async fn recompute_plan(conn: &mut AsyncPgConnection, row: &Plan) -> Result<()> {
    diesel::delete(plan_line::table.filter(plan_line::plan_id.eq(row.id))).execute(conn).await?;
    diesel::update(plan::table.find(row.id))
        .set((
            plan::version.eq(row.version),
            plan::supply_vials.eq(row.supply_vials),
            plan::rule.eq(&row.rule),
            plan::digest.eq(&row.digest),
            plan::computed_at.eq(row.computed_at),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// Moves a plan to a state and version.
///
/// # Errors
/// The database's.
pub async fn move_plan(
    conn: &mut AsyncPgConnection,
    id: Uuid,
    state: &str,
    version: i32,
    committed_at: Option<DateTime<Utc>>,
) -> Result<()> {
    diesel::update(plan::table.find(id))
        .set((plan::state.eq(state), plan::version.eq(version), plan::committed_at.eq(committed_at)))
        .execute(conn)
        .await?;
    Ok(())
}

/// Adds lines.
///
/// # Errors
/// The database's.
pub async fn lines(conn: &mut AsyncPgConnection, rows: &[PlanLine]) -> Result<()> {
    for chunk in rows.chunks(ROWS_PER_INSERT) {
        diesel::insert_into(plan_line::table).values(chunk).execute(conn).await?;
    }
    Ok(())
}

/// Sets a line's units.
///
/// # Errors
/// The database's.
pub async fn line_units(conn: &mut AsyncPgConnection, plan: Uuid, recipient: &str, units: i64) -> Result<()> {
    diesel::update(plan_line::table.find((plan, recipient))).set(plan_line::units.eq(units)).execute(conn).await?;
    Ok(())
}

/// Adds to the history of plans.
///
/// # Errors
/// The database's.
pub async fn changes(conn: &mut AsyncPgConnection, rows: &[PlanChange]) -> Result<()> {
    for chunk in rows.chunks(ROWS_PER_INSERT) {
        diesel::insert_into(plan_change::table).values(chunk).execute(conn).await?;
    }
    Ok(())
}

/// Notes whose accounts are whose.
///
/// # Errors
/// The database's.
pub async fn accounts(conn: &mut AsyncPgConnection, rows: &[BookAccount]) -> Result<()> {
    for chunk in rows.chunks(ROWS_PER_INSERT) {
        diesel::insert_into(book_account::table).values(chunk).execute(conn).await?;
    }
    Ok(())
}
