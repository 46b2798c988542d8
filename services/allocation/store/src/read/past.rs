//! Rounds of the past.
use crate::{
    rows::{PastLine, PastRound},
    schema::{past_line, past_round},
};
use chrono::NaiveDate;
use diesel::{prelude::*, sql_types};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use platform::failure::Result;
use uuid::Uuid;

/// Which rounds of the past are wanted; what is absent does not matter.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Wanted {
    /// Of this publication.
    pub kind: Option<String>,
    /// Of this product.
    pub product: Option<String>,
    /// Beginning on this day or later.
    pub from: Option<NaiveDate>,
    /// Beginning on this day or earlier.
    pub to: Option<NaiveDate>,
    /// After this one, in the order of the answer.
    pub after: Option<(NaiveDate, Uuid)>,
}

/// The first `limit` rounds of the past, by day and id.
///
/// # Errors
/// The database's.
pub async fn past_rounds(conn: &mut AsyncPgConnection, wanted: &Wanted, limit: i64) -> Result<Vec<PastRound>> {
    let mut query = past_round::table.order((past_round::day, past_round::id)).limit(limit).into_boxed();
    if let Some(kind) = &wanted.kind {
        query = query.filter(past_round::kind.eq(kind.clone()));
    }
    if let Some(product) = &wanted.product {
        query = query.filter(past_round::product.eq(product.clone()));
    }
    if let Some(from) = wanted.from {
        query = query.filter(past_round::day.ge(from));
    }
    if let Some(to) = wanted.to {
        query = query.filter(past_round::day.le(to));
    }
    if let Some((day, id)) = wanted.after {
        let later = past_round::day.gt(day).or(past_round::day.eq(day).and(past_round::id.gt(id)));
        query = query.filter(later);
    }
    Ok(query.select(PastRound::as_select()).load(conn).await?)
}

/// Rounds of the past by id.
///
/// # Errors
/// The database's.
pub async fn past_rounds_by_id(conn: &mut AsyncPgConnection, ids: &[Uuid]) -> Result<Vec<PastRound>> {
    let query = past_round::table.filter(past_round::id.eq_any(ids)).order((past_round::day, past_round::id));
    Ok(query.select(PastRound::as_select()).load(conn).await?)
}

/// All lines of rounds of the past, each round's in the order of the file.
///
/// # Errors
/// The database's.
pub async fn past_lines(conn: &mut AsyncPgConnection, rounds: &[Uuid]) -> Result<Vec<PastLine>> {
    let query = past_line::table.filter(past_line::past_round.eq_any(rounds));
    let order = (past_line::past_round, past_line::row_number, past_line::part, past_line::place);
    Ok(query.order(order).select(PastLine::as_select()).load(conn).await?)
}

/// What each place had got before a round, of the same publication and product: place, doses.
///
/// # Errors
/// The database's.
pub async fn past_doses_before(conn: &mut AsyncPgConnection, round: &PastRound) -> Result<Vec<(String, i64)>> {
    let earlier: Vec<Uuid> = past_round::table
        .filter(past_round::kind.eq(&round.kind))
        .filter(past_round::product.eq(&round.product))
        .filter(past_round::day.lt(round.day))
        .select(past_round::id)
        .load(conn)
        .await?;
    Ok(past_line::table
        .filter(past_line::past_round.eq_any(earlier))
        .group_by(past_line::place)
        .select((past_line::place, diesel::dsl::sql::<sql_types::BigInt>("sum(doses)::bigint")))
        .load(conn)
        .await?)
}

/// The first `limit` lines of each of these rounds after the first `after`, in the order of the file: they
/// never change. One statement for all rounds.
///
/// # Errors
/// The database's.
pub async fn past_lines_of(
    conn: &mut AsyncPgConnection,
    rounds: &[Uuid],
    after: i64,
    limit: i64,
) -> Result<Vec<PastLine>> {
    Ok(diesel::sql_query(
        "select page.* from unnest($1) as wanted (id) cross join lateral (
             select past_round, place, part, name, doses, units, row_number from allocation.past_line
             where past_round = wanted.id order by row_number, part, place offset $2 limit $3) as page
         order by page.past_round, page.row_number, page.part, page.place",
    )
    .bind::<sql_types::Array<sql_types::Uuid>, _>(rounds)
    .bind::<sql_types::BigInt, _>(after)
    .bind::<sql_types::BigInt, _>(limit)
    .load(conn)
    .await?)
}

/// Doses of all lines of rounds: round, sum.
///
/// # Errors
/// The database's.
pub async fn past_doses(conn: &mut AsyncPgConnection, rounds: &[Uuid]) -> Result<Vec<(Uuid, i64)>> {
    let rows: Vec<(Uuid, i64)> = past_line::table
        .filter(past_line::past_round.eq_any(rounds))
        .group_by(past_line::past_round)
        .select((past_line::past_round, diesel::dsl::sql::<sql_types::BigInt>("sum(doses)::bigint")))
        .load(conn)
        .await?;
    Ok(rows)
}
