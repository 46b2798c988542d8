//! Shipments beyond their window.
use crate::rows::Shipment;
use chrono::NaiveDate;
use diesel::sql_types;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use platform::failure::Result;

/// The first `limit` shipments, in order of id, whose last day is before `today`, which are neither
/// confirmed nor at their end, and of which no event of this type has told anybody.
///
/// # Errors
/// The database's.
pub async fn overdue_untold(
    conn: &mut AsyncPgConnection,
    today: NaiveDate,
    event_type: &str,
    limit: i64,
) -> Result<Vec<Shipment>> {
    let text = "select s.* from distribution.shipment s
         where s.window_to < $1
           and (s.state in ('ordered', 'scheduled', 'picked', 'dispatched', 'failed')
                or s.state = 'delivered' and s.received_at is null)
           and not exists (select from outbox o where o.cause_id = s.id and o.type = $2)
         order by s.id limit $3";
    let query = diesel::sql_query(text)
        .bind::<sql_types::Date, _>(today)
        .bind::<sql_types::Text, _>(event_type)
        .bind::<sql_types::BigInt, _>(limit);
    Ok(query.load(conn).await?)
}
