//! Tells which statements are prepared anew each time: hot SQL is prepared once per connection
//! (`platform::statement`).
use diesel::{connection::InstrumentationEvent, sql_types::Text};
use diesel_async::{AsyncConnection, RunQueryDsl};
use platform::Db;
use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
};

/// Sent as they are, never prepared: they begin and end transactions.
const TRANSACTION: [&str; 3] = ["BEGIN", "COMMIT", "ROLLBACK"];

/// Runs `work`, and answers the statements that it sent although the connection did not keep them
/// prepared from before. `db` has one connection; [`Db::statements`] no longer counts it afterwards.
pub async fn prepared_anew(db: &Db, work: impl Future<Output = ()>) -> Vec<String> {
    #[derive(diesel::QueryableByName)]
    struct Row {
        #[diesel(sql_type = Text)]
        statement: String,
    }
    let sent: Arc<Mutex<Vec<String>>> = Arc::default();
    let mut conn = db.read().await.expect("the connection");
    let kept: Vec<Row> = diesel::sql_query("select statement from pg_prepared_statements")
        .load(&mut conn)
        .await
        .expect("the connection's prepared statements");
    let listening = Arc::clone(&sent);
    conn.set_instrumentation(move |event: InstrumentationEvent<'_>| {
        if let InstrumentationEvent::FinishQuery { query, .. } = event {
            listening.lock().unwrap_or_else(PoisonError::into_inner).push(query.to_string());
        }
    });
    drop(conn);
    work.await;
    let kept: BTreeSet<String> = kept.into_iter().map(|row| row.statement).collect();
    let mut sent = std::mem::take(&mut *sent.lock().unwrap_or_else(PoisonError::into_inner));
    assert!(!sent.is_empty(), "the work went over another connection");
    sent.retain(|sql| !kept.contains(sql) && !TRANSACTION.contains(&sql.as_str()));
    sent
}
