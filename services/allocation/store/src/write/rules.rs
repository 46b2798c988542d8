//! Writes of rules, indicators, computed documents and what-ifs.
use crate::{
    rows::{Indicator, IndicatorRecording, PlanDocument, Rule, WhatIf, WhatIfLine, WhatIfRun},
    schema::{indicator, indicator_recording, plan_document, rule, what_if, what_if_line, what_if_run},
};
use chrono::NaiveDate;
use diesel::{prelude::*, sql_types};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use platform::{db::ROWS_PER_INSERT, failure::Result};

/// Adds a version of a rule; answers `false` when it is there.
///
/// # Errors
/// The database's.
pub async fn rule(conn: &mut AsyncPgConnection, row: &Rule) -> Result<bool> {
    let added = diesel::insert_into(rule::table).values(row).on_conflict((rule::code, rule::version)).do_nothing();
    Ok(added.execute(conn).await? == 1)
}

/// Adds an indicator, or gives it these names, unit and source.
///
/// # Errors
/// The database's.
pub async fn indicator(conn: &mut AsyncPgConnection, row: &Indicator) -> Result<()> {
    diesel::insert_into(indicator::table)
        .values(row)
        .on_conflict(indicator::code)
        .do_update()
        .set((
            indicator::ja.eq(&row.ja),
            indicator::en.eq(&row.en),
            indicator::unit.eq(&row.unit),
            indicator::source.eq(&row.source),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// A figure to be recorded: place, day, value.
pub type NewFigure<'a> = (&'a str, NaiveDate, i64);

/// Adds a recording and its figures.
///
/// # Errors
/// The database's.
pub async fn recording(
    conn: &mut AsyncPgConnection,
    row: &IndicatorRecording,
    figures: &[NewFigure<'_>],
) -> Result<()> {
    diesel::insert_into(indicator_recording::table).values(row).execute(conn).await?;
    let places: Vec<&str> = figures.iter().map(|(place, ..)| *place).collect();
    let days: Vec<NaiveDate> = figures.iter().map(|(_, day, _)| *day).collect();
    let values: Vec<i64> = figures.iter().map(|(.., value)| *value).collect();
    diesel::sql_query(
        "insert into allocation.indicator_value (indicator, recording, place, as_of, value)
         select $1, $2, place, as_of, value from unnest($3, $4, $5) as given (place, as_of, value)",
    )
    .bind::<sql_types::Text, _>(&row.indicator)
    .bind::<sql_types::Uuid, _>(row.id)
    .bind::<sql_types::Array<sql_types::Text>, _>(places)
    .bind::<sql_types::Array<sql_types::Date>, _>(days)
    .bind::<sql_types::Array<sql_types::BigInt>, _>(values)
    .execute(conn)
    .await?;
    Ok(())
}

/// Keeps two recordings of one indicator apart until the transaction ends.
///
/// # Errors
/// The database's.
pub async fn lock_indicator(conn: &mut AsyncPgConnection, code: &str) -> Result<()> {
    crate::sql::Lock { name: format!("indicator/{code}") }.execute(conn).await?;
    Ok(())
}

/// Adds what was computed for a version of a plan.
///
/// # Errors
/// The database's.
pub async fn plan_document(conn: &mut AsyncPgConnection, row: &PlanDocument) -> Result<()> {
    diesel::insert_into(plan_document::table).values(row).execute(conn).await?;
    Ok(())
}

/// Adds a what-if, whole.
///
/// # Errors
/// The database's.
pub async fn what_if(
    conn: &mut AsyncPgConnection,
    row: &WhatIf,
    runs: &[WhatIfRun],
    lines: &[WhatIfLine],
) -> Result<()> {
    diesel::insert_into(what_if::table).values(row).execute(conn).await?;
    diesel::insert_into(what_if_run::table).values(runs).execute(conn).await?;
    for chunk in lines.chunks(ROWS_PER_INSERT) {
        diesel::insert_into(what_if_line::table).values(chunk).execute(conn).await?;
    }
    Ok(())
}
