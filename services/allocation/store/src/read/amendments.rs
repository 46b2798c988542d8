//! Reads of amendments, and of what they are computed from.
use crate::{
    rows::{Amendment, AmendmentLine, Owed, Plan, PlanLine, QueuePosition},
    schema::{amendment, amendment_line, plan, plan_line, programme, queue_position},
};
use chrono::{DateTime, Utc};
use diesel::{prelude::*, sql_types};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use domain::plan::Kind;
use platform::failure::Result;
use uuid::Uuid;

/// An amendment.
///
/// # Errors
/// The database's.
pub async fn amendment(conn: &mut AsyncPgConnection, id: Uuid) -> Result<Option<Amendment>> {
    Ok(amendment::table.find(id).select(Amendment::as_select()).first(conn).await.optional()?)
}

/// What is not committed of holders in a round: one of each at most.
///
/// # Errors
/// The database's.
pub async fn amendments_open(conn: &mut AsyncPgConnection, round: Uuid, holders: &[String]) -> Result<Vec<Amendment>> {
    let query = amendment::table
        .filter(amendment::round_id.eq(round))
        .filter(amendment::holder.eq_any(holders))
        .filter(amendment::committed_at.is_null())
        .filter(amendment::state.eq_any(["proposed", "pending", "overcommitted"]));
    Ok(query.select(Amendment::as_select()).load(conn).await?)
}

/// What is committed in a round and not done with, oldest first.
///
/// # Errors
/// The database's.
pub async fn amendments_waiting(conn: &mut AsyncPgConnection, round: Uuid) -> Result<Vec<Amendment>> {
    let query = amendment::table
        .filter(amendment::round_id.eq(round))
        .filter(amendment::committed_at.is_not_null())
        .filter(amendment::state.eq_any(["waiting", "overcommitted"]))
        .order((amendment::committed_at, amendment::id));
    Ok(query.select(Amendment::as_select()).load(conn).await?)
}

/// The lines of an amendment, in order.
///
/// # Errors
/// The database's.
pub async fn amendment_lines(conn: &mut AsyncPgConnection, ids: &[Uuid]) -> Result<Vec<AmendmentLine>> {
    let query = amendment_line::table.filter(amendment_line::amendment_id.eq_any(ids)).order((
        amendment_line::amendment_id,
        amendment_line::recipient,
        amendment_line::plan_id,
    ));
    Ok(query.select(AmendmentLine::as_select()).load(conn).await?)
}

/// What is still to come back in a round, oldest amendment first.
///
/// # Errors
/// The database's.
pub async fn dues(conn: &mut AsyncPgConnection, round: Uuid) -> Result<Vec<Owed>> {
    Ok(diesel::sql_query(
        "select a.id as amendment_id, a.holder, l.plan_id, l.recipient,
                l.units_before - l.units_after - l.settled_units - l.forgiven_units as units, a.unit_vials
         from allocation.amendment a join allocation.amendment_line l on l.amendment_id = a.id
         where a.round_id = $1 and a.committed_at is not null and a.state in ('waiting', 'overcommitted')
           and l.units_before - l.units_after > l.settled_units + l.forgiven_units
         order by a.committed_at, a.id, l.recipient",
    )
    .bind::<sql_types::Uuid, _>(round)
    .load(conn)
    .await?)
}

/// The divisions in force of these holders, kept from others to the end of the transaction.
///
/// # Errors
/// The database's.
pub async fn divisions(conn: &mut AsyncPgConnection, round: Uuid, holders: &[String]) -> Result<Vec<Plan>> {
    let query = plan::table
        .filter(plan::round_id.eq(round))
        .filter(plan::holder.eq_any(holders))
        .filter(plan::kind.eq(Kind::Division.as_str()))
        .filter(plan::state.ne_all(["superseded", "cancelled"]))
        .order(plan::id)
        .for_update();
    Ok(query.select(Plan::as_select()).load(conn).await?)
}

/// The own lines of these plans, in order.
///
/// # Errors
/// The database's.
pub async fn lines_of_plans(conn: &mut AsyncPgConnection, plans: &[Uuid]) -> Result<Vec<PlanLine>> {
    let query = plan_line::table
        .filter(plan_line::plan_id.eq_any(plans))
        .filter(plan_line::under.is_null())
        .order((plan_line::plan_id, plan_line::recipient));
    Ok(query.select(PlanLine::as_select()).load(conn).await?)
}

/// Assignments of holders that have not been released, kept from others to the end of the transaction:
/// the plans, and their lines.
///
/// # Errors
/// The database's.
pub async fn assigned(
    conn: &mut AsyncPgConnection,
    round: Uuid,
    holders: &[String],
) -> Result<(Vec<Plan>, Vec<PlanLine>)> {
    let plans = plan::table
        .filter(plan::round_id.eq(round))
        .filter(plan::holder.eq_any(holders))
        .filter(plan::kind.eq(Kind::Assignment.as_str()))
        .filter(plan::state.eq("committed"))
        .order(plan::id)
        .select(Plan::as_select())
        .for_update();
    let plans: Vec<Plan> = plans.load(conn).await?;
    let ids: Vec<Uuid> = plans.iter().map(|plan| plan.id).collect();
    // in the order in which a release takes them
    let lines = plan_line::table
        .filter(plan_line::plan_id.eq_any(&ids))
        .filter(plan_line::state.eq("planned"))
        .filter(plan_line::units.gt(0))
        .order((plan_line::plan_id, plan_line::recipient))
        .select(PlanLine::as_select())
        .for_update();
    Ok((plans, lines.load(conn).await?))
}

/// What was released of the assignments of each holder in a round, vials.
///
/// # Errors
/// The database's; a sum beyond i64 is one.
pub async fn released_by_holder(conn: &mut AsyncPgConnection, round: Uuid) -> Result<Vec<(String, i64)>> {
    #[derive(QueryableByName)]
    struct Sum {
        #[diesel(sql_type = sql_types::Text)]
        holder: String,
        #[diesel(sql_type = sql_types::BigInt)]
        vials: i64,
    }
    let rows: Vec<Sum> = diesel::sql_query(
        "select p.holder, sum(l.units)::bigint as vials
         from allocation.plan p join allocation.plan_line l on l.plan_id = p.id
         where p.round_id = $1 and p.kind = 'assignment' and l.state = 'released' group by p.holder",
    )
    .bind::<sql_types::Uuid, _>(round)
    .load(conn)
    .await?;
    Ok(rows.into_iter().map(|row| (row.holder, row.vials)).collect())
}

/// Where the queues of plans stand after amendments.
///
/// # Errors
/// The database's.
pub async fn queue_positions(conn: &mut AsyncPgConnection, plans: &[Uuid]) -> Result<Vec<QueuePosition>> {
    let query = queue_position::table.filter(queue_position::plan_id.eq_any(plans));
    Ok(query.select(QueuePosition::as_select()).load(conn).await?)
}

/// Pending amendments whose deadline has come, the oldest first.
///
/// # Errors
/// The database's.
pub async fn amendments_late(conn: &mut AsyncPgConnection, now: DateTime<Utc>, limit: i64) -> Result<Vec<Amendment>> {
    let query = amendment::table
        .filter(amendment::state.eq("pending"))
        .filter(amendment::deadline.le(now))
        .order((amendment::deadline, amendment::plan_id.is_null(), amendment::id))
        .limit(limit);
    Ok(query.select(Amendment::as_select()).load(conn).await?)
}

/// The newest `limit` amendments of each of these rounds, newest first, of holders whose code begins so. One
/// statement for all rounds.
///
/// # Errors
/// The database's.
pub async fn amendments_in(
    conn: &mut AsyncPgConnection,
    rounds: &[Uuid],
    begins: &str,
    limit: i64,
) -> Result<Vec<Amendment>> {
    #[derive(QueryableByName)]
    struct Id {
        #[diesel(sql_type = sql_types::Uuid)]
        id: Uuid,
    }
    let ids: Vec<Id> = diesel::sql_query(
        "select page.id from unnest($1) as wanted (id) cross join lateral (
             select a.id from allocation.amendment a where a.round_id = wanted.id and starts_with(a.holder, $2)
             order by a.business_at desc, a.holder, a.id limit $3) as page",
    )
    .bind::<sql_types::Array<sql_types::Uuid>, _>(rounds)
    .bind::<sql_types::Text, _>(begins)
    .bind::<sql_types::BigInt, _>(limit)
    .load(conn)
    .await?;
    let ids: Vec<Uuid> = ids.into_iter().map(|row| row.id).collect();
    let query = amendment::table.filter(amendment::id.eq_any(ids));
    let ordered = query.order((amendment::business_at.desc(), amendment::holder, amendment::id));
    Ok(ordered.select(Amendment::as_select()).load(conn).await?)
}

/// The amendments of these divisions, newest first.
///
/// # Errors
/// The database's.
pub async fn amendments_of_plans(conn: &mut AsyncPgConnection, plans: &[Uuid]) -> Result<Vec<Amendment>> {
    let query = amendment::table.filter(amendment::plan_id.eq_any(plans.to_vec()));
    let ordered = query.order((amendment::business_at.desc(), amendment::id));
    Ok(ordered.select(Amendment::as_select()).load(conn).await?)
}

/// Amendments by id.
///
/// # Errors
/// The database's.
pub async fn amendments_by_id(conn: &mut AsyncPgConnection, ids: &[Uuid]) -> Result<Vec<Amendment>> {
    Ok(amendment::table.filter(amendment::id.eq_any(ids)).select(Amendment::as_select()).load(conn).await?)
}

/// Does the programme ask for two persons?
///
/// # Errors
/// The database's.
pub async fn asks_for_two(conn: &mut AsyncPgConnection, programme: &str) -> Result<bool> {
    let query = programme::table.find(programme).select(programme::second_person);
    Ok(query.first(conn).await.optional()?.unwrap_or(true))
}
