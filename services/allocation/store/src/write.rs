//! Writes. Called inside a transaction that a permit has begun.
pub mod amendments;
pub mod objections;
pub mod past;
pub mod rules;

use crate::{
    rows::{BookAccount, Plan, PlanChange, PlanLine, Release, ReleaseLine, Round, RoundStep, Site, SupplyNotice, Wish},
    schema::{plan_line, release, release_line, round, round_step, site, supply_notice, wish},
    sql,
};
use chrono::{DateTime, Utc};
use diesel::{
    prelude::*,
    result::{DatabaseErrorKind, Error},
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
    sql::Lock { name: format!("plan/{round}/{holder}") }.execute(conn).await?;
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

/// Adds plans with their lines and what their history begins with: steps on no line and without a reason.
///
/// # Errors
/// `idempotency.key_reused` when an id was taken at the same moment, by the work of another holder: the
/// holder's lock does not keep that out. Or the database's.
pub async fn new_plans(
    conn: &mut AsyncPgConnection,
    rows: &[Plan],
    lines: &[PlanLine],
    begun: &[PlanChange],
) -> Result<()> {
    sql::NewPlans::new(rows, lines, begun).execute(conn).await.map_err(id_taken)?;
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
    let statement = sql::Recompute {
        version: row.version,
        supply_vials: row.supply_vials,
        rule: &row.rule,
        digest: &row.digest,
        computed_at: row.computed_at,
        needs_objections: row.needs_objections,
        id: row.id,
    };
    statement.execute(conn).await?;
    Ok(())
}

/// Moves a plan to the state and version of `row`, with who handed it in and agreed to it, its window, and
/// when it was committed.
///
/// # Errors
/// The database's.
pub async fn move_plan(conn: &mut AsyncPgConnection, row: &Plan) -> Result<()> {
    let statement = sql::Move {
        state: &row.state,
        version: row.version,
        committed_at: row.committed_at,
        objections_until: row.objections_until,
        submitted_by: row.submitted_by,
        submitted_name: row.submitted_name.as_deref(),
        approved_by: row.approved_by,
        approved_name: row.approved_name.as_deref(),
        id: row.id,
    };
    statement.execute(conn).await?;
    Ok(())
}

/// Adds lines.
///
/// # Errors
/// The database's.
pub async fn lines(conn: &mut AsyncPgConnection, rows: &[PlanLine]) -> Result<()> {
    sql::Lines::new(rows).execute(conn).await?;
    Ok(())
}

/// Sets a line's units.
///
/// # Errors
/// The database's.
pub async fn line_units(conn: &mut AsyncPgConnection, plan: Uuid, recipient: &str, units: i64) -> Result<()> {
    sql::LineUnits { units, plan_id: plan, recipient }.execute(conn).await?;
    Ok(())
}

/// Adds to the history of plans.
///
/// # Errors
/// The database's.
pub async fn changes(conn: &mut AsyncPgConnection, rows: &[PlanChange]) -> Result<()> {
    sql::Changes::new(rows).execute(conn).await?;
    Ok(())
}

/// Notes whose accounts are whose.
///
/// # Errors
/// The database's.
pub async fn accounts(conn: &mut AsyncPgConnection, rows: &[BookAccount]) -> Result<()> {
    sql::Accounts::new(rows).execute(conn).await?;
    Ok(())
}

/// Adds a release and its lines, and marks them released.
///
/// # Errors
/// The database's.
pub async fn release(conn: &mut AsyncPgConnection, row: &Release, lines: &[ReleaseLine]) -> Result<()> {
    diesel::insert_into(release::table).values(row).execute(conn).await?;
    for chunk in lines.chunks(ROWS_PER_INSERT) {
        diesel::insert_into(release_line::table).values(chunk).execute(conn).await?;
    }
    line_states(conn, row.id, "released").await
}

/// Ends a release that came back; its lines may be released again.
///
/// # Errors
/// The database's.
pub async fn end_release(
    conn: &mut AsyncPgConnection,
    id: Uuid,
    state: &str,
    reason: &str,
    ended_at: DateTime<Utc>,
) -> Result<()> {
    diesel::update(release::table.find(id))
        .set((release::state.eq(state), release::reason.eq(reason), release::ended_at.eq(ended_at)))
        .execute(conn)
        .await?;
    line_states(conn, id, "planned").await
}

/// Moves all lines of a release to a state.
async fn line_states(conn: &mut AsyncPgConnection, release: Uuid, state: &str) -> Result<()> {
    diesel::sql_query(
        "update plan_line l set state = $2 from release_line r
         where r.release_id = $1 and l.plan_id = r.plan_id and l.recipient = r.recipient",
    )
    .bind::<diesel::sql_types::Uuid, _>(release)
    .bind::<diesel::sql_types::Text, _>(state)
    .execute(conn)
    .await?;
    Ok(())
}
