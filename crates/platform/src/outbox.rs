//! Events, written in the transaction of the change they tell about.
use crate::schema::{outbox, subject};
use crate::{failure::Result, opctx::OpCtx, opctx::new_id};
use diesel::{prelude::*, upsert::excluded};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use domain::time::Instant;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;
use wire::events::Event;

#[derive(Insertable)]
#[diesel(table_name = outbox, treat_none_as_default_value = false)]
struct Row {
    id: Uuid,
    subject: String,
    sequence: i64,
    kind: &'static str,
    cause_id: Uuid,
    business_at: Instant,
    traceparent: Option<String>,
    payload: Value,
}

/// Emits one event about the row `cause`.
///
/// # Errors
/// The database's.
pub async fn emit<E: Event + Sync>(conn: &mut AsyncPgConnection, ctx: &OpCtx, cause: Uuid, event: &E) -> Result<()> {
    let name = event.subject();
    // the upsert takes the subject's row lock, so that sequences follow the order of commits
    let sequence: i64 = diesel::insert_into(subject::table)
        .values((subject::name.eq(&name), subject::sequence.eq(1)))
        .on_conflict(subject::name)
        .do_update()
        .set(subject::sequence.eq(subject::sequence + 1))
        .returning(subject::sequence)
        .get_result(conn)
        .await?;
    let row = row(ctx, cause, event, name, sequence)?;
    diesel::insert_into(outbox::table).values(&row).execute(conn).await?;
    Ok(())
}

/// Emits many events of one type, in the order given.
///
/// # Errors
/// The database's.
pub async fn emit_all<E: Event + Sync>(conn: &mut AsyncPgConnection, ctx: &OpCtx, events: &[(Uuid, E)]) -> Result<()> {
    let names: BTreeSet<String> = events.iter().map(|(_, event)| event.subject()).collect();
    let names: Vec<String> = names.into_iter().collect();
    let mut next = BTreeMap::new();
    // in name order, so that two bulk writers lock the subjects in the same order
    for chunk in names.chunks(crate::db::ROWS_PER_INSERT) {
        let rows: Vec<_> = chunk.iter().map(|name| (subject::name.eq(name), subject::sequence.eq(1))).collect();
        let reserved: Vec<(String, i64)> = diesel::insert_into(subject::table)
            .values(rows)
            .on_conflict(subject::name)
            .do_update()
            .set(subject::sequence.eq(subject::sequence + excluded(subject::sequence)))
            .returning((subject::name, subject::sequence))
            .get_results(conn)
            .await?;
        next.extend(reserved);
    }
    let mut rows = Vec::with_capacity(events.len());
    let mut last: BTreeMap<String, i64> = BTreeMap::new();
    for (cause, event) in events {
        let name = event.subject();
        let reserved = next.get(&name).copied().unwrap_or(1);
        let sequence = last.get(&name).map_or(reserved, |last| last + 1);
        last.insert(name.clone(), sequence);
        rows.push(row(ctx, *cause, event, name, sequence)?);
    }
    for chunk in rows.chunks(crate::db::ROWS_PER_INSERT) {
        diesel::insert_into(outbox::table).values(chunk).execute(conn).await?;
    }
    // a subject with several events in this call has used more than the one number it reserved
    for (name, sequence) in last {
        if next.get(&name).is_some_and(|reserved| *reserved != sequence) {
            diesel::update(subject::table.find(name)).set(subject::sequence.eq(sequence)).execute(conn).await?;
        }
    }
    Ok(())
}

fn row<E: Event>(ctx: &OpCtx, cause: Uuid, event: &E, subject: String, sequence: i64) -> Result<Row> {
    Ok(Row {
        id: new_id(),
        subject,
        sequence,
        kind: E::TYPE,
        cause_id: cause,
        business_at: ctx.now,
        traceparent: ctx.traceparent.clone(),
        payload: serde_json::to_value(event)?,
    })
}
