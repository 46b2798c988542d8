//! Writes of amendments, and of plans that are amended.
use crate::{
    rows::{Amendment, AmendmentLine, AmendmentMove, QueuePosition},
    schema::{amendment, amendment_line, amendment_move, queue_position},
};
use chrono::{DateTime, Utc};
use diesel::{
    prelude::*,
    result::{DatabaseErrorKind, Error},
    sql_types,
    upsert::excluded,
};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use domain::Problem;
use platform::{Failure, db::ROWS_PER_INSERT, failure::Result};
use uuid::Uuid;

/// Adds amendments with their lines.
///
/// # Errors
/// `idempotency.key_reused` when a request's id is that of another amendment; the database's.
pub async fn amendments(conn: &mut AsyncPgConnection, rows: &[(Amendment, Vec<AmendmentLine>)]) -> Result<()> {
    let own: Vec<&Amendment> = rows.iter().map(|(row, _)| row).collect();
    for chunk in own.chunks(ROWS_PER_INSERT) {
        diesel::insert_into(amendment::table).values(chunk.to_vec()).execute(conn).await.map_err(id_taken)?;
    }
    let lines: Vec<&AmendmentLine> = rows.iter().flat_map(|(_, lines)| lines).collect();
    for chunk in lines.chunks(ROWS_PER_INSERT) {
        diesel::insert_into(amendment_line::table).values(chunk.to_vec()).execute(conn).await?;
    }
    Ok(())
}

fn id_taken(error: Error) -> Failure {
    match &error {
        Error::DatabaseError(DatabaseErrorKind::UniqueViolation, what)
            if what.constraint_name() == Some("amendment_pkey") =>
        {
            Problem::new(&domain::error::IDEMPOTENCY_KEY_REUSED).into()
        }
        _ => error.into(),
    }
}

/// Ends amendments that were never committed.
///
/// # Errors
/// The database's.
pub async fn cancel(conn: &mut AsyncPgConnection, ids: &[Uuid], at: DateTime<Utc>) -> Result<()> {
    diesel::update(amendment::table.filter(amendment::id.eq_any(ids)))
        .set((
            amendment::state.eq("cancelled"),
            amendment::version.eq(amendment::version + 1),
            amendment::ended_at.eq(at),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// Adds lines to an amendment, where it had none of these recipients, or gives them new amounts.
///
/// # Errors
/// The database's.
pub async fn amendment_lines(conn: &mut AsyncPgConnection, rows: &[AmendmentLine]) -> Result<()> {
    for chunk in rows.chunks(ROWS_PER_INSERT) {
        diesel::insert_into(amendment_line::table)
            .values(chunk)
            .on_conflict((amendment_line::amendment_id, amendment_line::plan_id, amendment_line::recipient))
            .do_update()
            .set((
                amendment_line::units_before.eq(excluded(amendment_line::units_before)),
                amendment_line::units_after.eq(excluded(amendment_line::units_after)),
                amendment_line::settled_units.eq(excluded(amendment_line::settled_units)),
                amendment_line::ja.eq(excluded(amendment_line::ja)),
                amendment_line::en.eq(excluded(amendment_line::en)),
            ))
            .execute(conn)
            .await?;
    }
    Ok(())
}

/// Moves an amendment on: all that changes in its life, as `row` has it.
///
/// # Errors
/// The database's.
pub async fn move_amendment(conn: &mut AsyncPgConnection, row: &Amendment) -> Result<()> {
    diesel::update(amendment::table.find(row.id))
        .set((
            amendment::state.eq(&row.state),
            amendment::version.eq(row.version),
            amendment::units_before.eq(row.units_before),
            amendment::units_after.eq(row.units_after),
            amendment::shortfall_units.eq(row.shortfall_units),
            amendment::choices.eq(&row.choices),
            amendment::choice.eq(&row.choice),
            amendment::positions.eq(&row.positions),
            amendment::left_vials.eq(row.left_vials),
            amendment::committed_at.eq(row.committed_at),
            amendment::carried.eq(row.carried),
            amendment::ended_at.eq(row.ended_at),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// So many more units of lines have moved, or need not move: amendment, plan, recipient, settled, forgiven.
pub type Settled = (Uuid, Uuid, String, i64, i64);

/// Notes what has moved.
///
/// # Errors
/// The database's.
pub async fn settle(conn: &mut AsyncPgConnection, rows: &[Settled]) -> Result<()> {
    let column = |pick: fn(&Settled) -> Uuid| rows.iter().map(pick).collect::<Vec<Uuid>>();
    diesel::sql_query(
        "update allocation.amendment_line l
         set settled_units = l.settled_units + g.settled, forgiven_units = l.forgiven_units + g.forgiven
         from unnest($1, $2, $3, $4, $5) as g (amendment, plan, recipient, settled, forgiven)
         where l.amendment_id = g.amendment and l.plan_id = g.plan and l.recipient = g.recipient",
    )
    .bind::<sql_types::Array<sql_types::Uuid>, _>(column(|row| row.0))
    .bind::<sql_types::Array<sql_types::Uuid>, _>(column(|row| row.1))
    .bind::<sql_types::Array<sql_types::Text>, _>(rows.iter().map(|row| row.2.as_str()).collect::<Vec<_>>())
    .bind::<sql_types::Array<sql_types::BigInt>, _>(rows.iter().map(|row| row.3).collect::<Vec<_>>())
    .bind::<sql_types::Array<sql_types::BigInt>, _>(rows.iter().map(|row| row.4).collect::<Vec<_>>())
    .execute(conn)
    .await?;
    Ok(())
}

/// Adds the transfers of amendments.
///
/// # Errors
/// The database's.
pub async fn moves(conn: &mut AsyncPgConnection, rows: &[AmendmentMove]) -> Result<()> {
    for chunk in rows.chunks(ROWS_PER_INSERT) {
        diesel::insert_into(amendment_move::table).values(chunk).execute(conn).await?;
    }
    Ok(())
}

/// A line as it is now: plan, recipient, units, state.
pub type Amended = (Uuid, String, i64, String);

/// Sets units and states of lines.
///
/// # Errors
/// The database's.
pub async fn amended_lines(conn: &mut AsyncPgConnection, rows: &[Amended]) -> Result<()> {
    diesel::sql_query(
        "update allocation.plan_line l set units = g.units, state = g.state
         from unnest($1, $2, $3, $4) as g (plan, recipient, units, state)
         where l.plan_id = g.plan and l.recipient = g.recipient",
    )
    .bind::<sql_types::Array<sql_types::Uuid>, _>(rows.iter().map(|row| row.0).collect::<Vec<_>>())
    .bind::<sql_types::Array<sql_types::Text>, _>(rows.iter().map(|row| row.1.as_str()).collect::<Vec<_>>())
    .bind::<sql_types::Array<sql_types::BigInt>, _>(rows.iter().map(|row| row.2).collect::<Vec<_>>())
    .bind::<sql_types::Array<sql_types::Text>, _>(rows.iter().map(|row| row.3.as_str()).collect::<Vec<_>>())
    .execute(conn)
    .await?;
    Ok(())
}

/// A plan as it is now: id, version, supply in vials.
pub type Touched = (Uuid, i32, i64);

/// Sets version and supply of plans. One that is not committed is computed again, and must be handed in anew.
///
/// # Errors
/// The database's.
pub async fn touched_plans(conn: &mut AsyncPgConnection, rows: &[Touched]) -> Result<()> {
    diesel::sql_query(
        "update allocation.plan p set version = g.version, supply_vials = g.supply,
             state = case when p.committed_at is null then 'computed' else p.state end,
             objections_until = case when p.committed_at is null then null else p.objections_until end,
             submitted_by = case when p.committed_at is null then null else p.submitted_by end,
             submitted_name = case when p.committed_at is null then null else p.submitted_name end,
             approved_by = case when p.committed_at is null then null else p.approved_by end,
             approved_name = case when p.committed_at is null then null else p.approved_name end
         from unnest($1, $2, $3) as g (id, version, supply) where p.id = g.id",
    )
    .bind::<sql_types::Array<sql_types::Uuid>, _>(rows.iter().map(|row| row.0).collect::<Vec<_>>())
    .bind::<sql_types::Array<sql_types::Integer>, _>(rows.iter().map(|row| row.1).collect::<Vec<_>>())
    .bind::<sql_types::Array<sql_types::BigInt>, _>(rows.iter().map(|row| row.2).collect::<Vec<_>>())
    .execute(conn)
    .await?;
    Ok(())
}

/// Sets where queues stand.
///
/// # Errors
/// The database's.
pub async fn queue_positions(conn: &mut AsyncPgConnection, rows: &[QueuePosition]) -> Result<()> {
    for chunk in rows.chunks(ROWS_PER_INSERT) {
        diesel::insert_into(queue_position::table)
            .values(chunk)
            .on_conflict((queue_position::plan_id, queue_position::recipient))
            .do_update()
            .set(queue_position::units.eq(excluded(queue_position::units)))
            .execute(conn)
            .await?;
    }
    Ok(())
}
