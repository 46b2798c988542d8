//! What the officers' steps ask: the calendar of a level, who objects, who is late.
use crate::{
    rows::{Due, Late, Objection, PlanLine, RoundStep},
    schema::{objection, objection_answer, plan_line, programme, round, round_step},
};
use chrono::{DateTime, Utc};
use diesel::{prelude::*, sql_types};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use platform::failure::Result;
use uuid::Uuid;

/// The step of a level in a round's calendar.
///
/// # Errors
/// The database's.
pub async fn step(conn: &mut AsyncPgConnection, round: Uuid, level: &str) -> Result<Option<RoundStep>> {
    Ok(round_step::table.find((round, level)).select(RoundStep::as_select()).first(conn).await.optional()?)
}

/// Must somebody else approve what was handed in, in the programme of a round?
///
/// # Errors
/// The database's; a round that is not there is one.
pub async fn second_person(conn: &mut AsyncPgConnection, round: Uuid) -> Result<bool> {
    let same = programme::code.eq(round::programme);
    let query = round::table.inner_join(programme::table.on(same)).filter(round::id.eq(round));
    Ok(query.select(programme::second_person).first(conn).await?)
}

/// Objections to a plan, of whatever version, that have no answer.
///
/// # Errors
/// The database's.
pub async fn open(conn: &mut AsyncPgConnection, plan: Uuid) -> Result<i64> {
    let answer = objection_answer::table.on(objection_answer::objection_id.eq(objection::id));
    let query = objection::table.left_join(answer).filter(objection::plan_id.eq(plan));
    Ok(query.filter(objection_answer::id.nullable().is_null()).count().get_result(conn).await?)
}

/// A recipient's own line of a plan.
///
/// # Errors
/// The database's.
pub async fn line(conn: &mut AsyncPgConnection, plan: Uuid, recipient: &str) -> Result<Option<PlanLine>> {
    let query = plan_line::table.find((plan, recipient)).filter(plan_line::under.is_null());
    Ok(query.select(PlanLine::as_select()).first(conn).await.optional()?)
}

/// The recipients' own lines of plans: plan and recipient of each, as many of one as of the other.
///
/// # Errors
/// The database's.
pub async fn lines_for(conn: &mut AsyncPgConnection, plans: &[Uuid], recipients: &[String]) -> Result<Vec<PlanLine>> {
    Ok(diesel::sql_query(
        "select l.plan_id, l.recipient, l.under, l.computed, l.units, l.explanation, l.state
         from unnest($1, $2) as wanted (plan, recipient)
         join allocation.plan_line l on l.plan_id = wanted.plan and l.recipient = wanted.recipient and l.under is null
         order by l.plan_id, l.recipient",
    )
    .bind::<sql_types::Array<sql_types::Uuid>, _>(plans)
    .bind::<sql_types::Array<sql_types::Text>, _>(recipients)
    .load(conn)
    .await?)
}

/// What every question about objections begins with.
const OBJECTION: &str = "select o.id, o.plan_id, p.round_id, p.holder, o.version, o.recipient, o.units, o.units_wished,
        o.text, o.actor_name, o.business_at, a.decision, a.text as answer, a.actor_name as answered_name,
        a.business_at as answered_at
    from allocation.objection o
    join allocation.plan p on p.id = o.plan_id
    left join allocation.objection_answer a on a.objection_id = o.id";

/// Objections by id, with their answers.
///
/// # Errors
/// The database's.
pub async fn by_id(conn: &mut AsyncPgConnection, ids: &[Uuid]) -> Result<Vec<Objection>> {
    let query = diesel::sql_query(format!("{OBJECTION} where o.id = any($1) order by o.id"));
    Ok(query.bind::<sql_types::Array<sql_types::Uuid>, _>(ids).load(conn).await?)
}

/// All objections to these plans, with their answers, in the order in which they were made.
///
/// # Errors
/// The database's.
pub async fn of_plans(conn: &mut AsyncPgConnection, plans: &[Uuid]) -> Result<Vec<Objection>> {
    let query = diesel::sql_query(format!(
        "{OBJECTION} where o.plan_id = any($1) order by o.plan_id, o.business_at, o.recorded_at, o.id"
    ));
    Ok(query.bind::<sql_types::Array<sql_types::Uuid>, _>(plans).load(conn).await?)
}

/// All objections of these recipients in these rounds, with their answers, in the order in which they
/// were made.
///
/// # Errors
/// The database's.
pub async fn of_recipients(
    conn: &mut AsyncPgConnection,
    rounds: &[Uuid],
    recipients: &[String],
) -> Result<Vec<Objection>> {
    let query = diesel::sql_query(format!(
        "{OBJECTION} where p.round_id = any($1) and o.recipient = any($2)
         order by o.recipient, o.business_at, o.recorded_at, o.id"
    ));
    let query = query.bind::<sql_types::Array<sql_types::Uuid>, _>(rounds);
    Ok(query.bind::<sql_types::Array<sql_types::Text>, _>(recipients).load(conn).await?)
}

/// Who has something to grant, has not committed, is due within a day or late, and has not been told
/// so: with the newest thing to tell of each. What was due more than `since` ago is forgotten.
///
/// # Errors
/// The database's.
pub async fn due(conn: &mut AsyncPgConnection, now: DateTime<Utc>, since: DateTime<Utc>) -> Result<Vec<Due>> {
    let query = diesel::sql_query(
        "with step as (
             select s.round_id, s.level, s.due_at, r.number, r.product,
                    case when s.due_at <= $1 then 'late' when s.due_at <= $1 + interval '1 hour' then 'hour_before'
                         else 'day_before' end as kind
             from allocation.round_step s join allocation.round r on r.id = s.round_id
             where s.due_at <= $1 + interval '24 hours' and s.due_at > $2)
         select s.round_id, s.number, s.product, s.level, b.holder, t.name, t.parent as above, s.due_at, s.kind
         from step s
         join allocation.book_account b on b.round_id = s.round_id and b.kind = 'granted' and length(b.holder) = 6
         join reference.territory t on t.code = b.holder and t.tier = s.level
         join allocation.account a on a.id = b.account_id
         where a.credits_posted - a.debits_posted - a.debits_pending > 0
           and not exists (select from allocation.plan p where p.round_id = s.round_id and p.holder = b.holder
                           and p.state in ('committed', 'closed'))
           and not exists (select from allocation.reminded m where m.round_id = s.round_id and m.holder = b.holder
                           and m.kind = s.kind)
         order by s.round_id, b.holder",
    );
    let query = query.bind::<sql_types::Timestamptz, _>(now).bind::<sql_types::Timestamptz, _>(since);
    Ok(query.load(conn).await?)
}

/// Divisions that were due by `now` at a level whose calendar says that late ones are carried through, whose
/// recipients have been heard (a plan that they must be asked about and that was never handed in waits).
///
/// # Errors
/// The database's.
pub async fn late(conn: &mut AsyncPgConnection, now: DateTime<Utc>) -> Result<Vec<Late>> {
    let query = diesel::sql_query(
        "select p.id, p.version, s.due_at
         from allocation.plan p
         join allocation.round_step s on s.round_id = p.round_id and s.level = p.level
         where s.on_late = 'carry' and s.due_at <= $1 and p.kind = 'division'
           and (p.state = 'computed' and s.objection_hours = 0 and not p.needs_objections
                or p.state in ('submitted', 'approved') and (p.objections_until is null or p.objections_until <= $1))
           and not exists (select from allocation.objection o left join allocation.objection_answer a
                           on a.objection_id = o.id where o.plan_id = p.id and a.id is null)
         order by s.due_at, p.id",
    );
    Ok(query.bind::<sql_types::Timestamptz, _>(now).load(conn).await?)
}
