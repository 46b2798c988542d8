//! What somebody must look at: shipments beyond their window, answers that wait for an earlier one, and
//! discrepancies without a decision.
use super::people::{Bounds, bounded};
use crate::rows::Shipment;
use chrono::{DateTime, NaiveDate, Utc};
use diesel::{prelude::*, sql_types};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use domain::policy::Scope;
use platform::failure::Result;
use uuid::Uuid;

/// One reason to look at a shipment.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct Exceptional {
    /// The shipment.
    #[diesel(sql_type = sql_types::Uuid)]
    pub shipment_id: Uuid,
    /// `overdue`: the last day of its window is over and it is neither confirmed nor at its end;
    /// `held_answer`: an answer waits for an earlier one; `discrepancy`: one waits for a decision.
    #[diesel(sql_type = sql_types::Text)]
    pub kind: String,
    /// Since when: the end of the window's last day, the oldest such answer or discrepancy.
    #[diesel(sql_type = sql_types::Timestamptz)]
    pub since: DateTime<Utc>,
    /// How many answers or discrepancies; 1 for `overdue`.
    #[diesel(sql_type = sql_types::BigInt)]
    pub count: i64,
}

/// The condition under which shipment `s` is overdue on the day that stands for `{day}`.
macro_rules! overdue {
    ($day:literal) => {
        concat!(
            "(s.window_to < ",
            $day,
            " and (s.state in ('ordered', 'scheduled', 'picked', 'dispatched', 'failed')
                 or s.state = 'delivered' and s.received_at is null))"
        )
    };
}

/// The first `limit` exceptions of the scope after shipment and kind `after`, in order of both. `today` is
/// the business day; answers are listed that have waited since before `held_before`.
///
/// # Errors
/// The database's.
pub async fn exceptions(
    conn: &mut AsyncPgConnection,
    scope: Scope,
    today: NaiveDate,
    held_before: DateTime<Utc>,
    after: Option<(Uuid, &str)>,
    limit: i64,
) -> Result<Vec<Exceptional>> {
    let text = format!(
        "select e.* from (
             select s.id as shipment_id, 'overdue' as kind,
                    (s.window_to + 1)::timestamp at time zone 'Asia/Tokyo' as since, 1::bigint as count
             from distribution.shipment s where {overdue} and {scope}
             union all
             select s.id, 'held_answer', min(a.business_at), count(*)
             from distribution.answer a join distribution.shipment s on s.id = a.shipment_id
             where a.state = 'held' and a.business_at < $7 and {scope} group by s.id
             union all
             select s.id, 'discrepancy', min(d.opened_at), count(*)
             from distribution.discrepancy d join distribution.shipment s on s.id = d.shipment_id
             where d.state = 'open' and {scope} group by s.id) as e
         where $8 is null or (e.shipment_id, e.kind) > ($8, $9)
         order by e.shipment_id, e.kind limit $10",
        overdue = overdue!("$6"),
        scope = Bounds::SQL
    );
    let query = bounded!(text, Bounds::of(scope))
        .bind::<sql_types::Date, _>(today)
        .bind::<sql_types::Timestamptz, _>(held_before)
        .bind::<sql_types::Nullable<sql_types::Uuid>, _>(after.map(|(shipment, _)| shipment))
        .bind::<sql_types::Nullable<sql_types::Text>, _>(after.map(|(_, kind)| kind))
        .bind::<sql_types::BigInt, _>(limit);
    Ok(query.load(conn).await?)
}

/// The first `limit` overdue shipments of which nobody has been told, in order of id.
///
/// # Errors
/// The database's.
pub async fn overdue_untold(
    conn: &mut AsyncPgConnection,
    today: NaiveDate,
    event_type: &str,
    limit: i64,
) -> Result<Vec<Shipment>> {
    let text = concat!(
        "select s.* from distribution.shipment s where ",
        overdue!("$1"),
        " and not exists (select from outbox o where o.cause_id = s.id and o.type = $2) order by s.id limit $3"
    );
    let query = diesel::sql_query(text)
        .bind::<sql_types::Date, _>(today)
        .bind::<sql_types::Text, _>(event_type)
        .bind::<sql_types::BigInt, _>(limit);
    Ok(query.load(conn).await?)
}
