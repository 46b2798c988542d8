//! Tells which statements are prepared anew each time: hot SQL is prepared once per connection
//! (`platform::statement`); and how those that are kept are carried out.
use diesel::{connection::InstrumentationEvent, sql_types::Text};
use diesel_async::{AsyncConnection, RunQueryDsl, SimpleAsyncConnection};
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

/// The plans that a connection keeps for its statements, or would make if it kept one from now on, with the
/// planner's settings as `settings` (SQL) makes them: statement and plan, line by line. `db` has one connection.
pub async fn kept_plans(db: &Db, settings: &str) -> Vec<(String, Vec<String>)> {
    #[derive(diesel::QueryableByName)]
    struct Kept {
        #[diesel(sql_type = Text)]
        name: String,
        #[diesel(sql_type = Text)]
        statement: String,
        #[diesel(sql_type = diesel::sql_types::Integer)]
        parameters: i32,
    }
    #[derive(diesel::QueryableByName)]
    struct Line {
        #[diesel(sql_type = Text, column_name = "QUERY PLAN")]
        line: String,
    }
    let mut conn = db.read().await.expect("the connection");
    conn.batch_execute(&format!("begin; set local plan_cache_mode = force_generic_plan; {settings}"))
        .await
        .expect("the settings");
    let query = "select name, statement, cardinality(parameter_types) as parameters from pg_prepared_statements
                 where statement not like '%pg_prepared_statements%'";
    let kept: Vec<Kept> = diesel::sql_query(query).load(&mut conn).await.expect("the prepared statements");
    let mut plans = Vec::new();
    for Kept { name, statement, parameters } in kept {
        let nulls = vec!["null"; usize::try_from(parameters).unwrap_or(0)].join(", ");
        let arguments = if nulls.is_empty() { String::new() } else { format!("({nulls})") };
        let explain = format!("explain (costs off) execute {name}{arguments}");
        let lines: Vec<Line> =
            diesel::sql_query(&explain).load(&mut conn).await.unwrap_or_else(|error| panic!("{statement}: {error}"));
        plans.push((statement, lines.into_iter().map(|line| line.line).collect()));
    }
    conn.batch_execute("rollback").await.expect("the transaction ends");
    plans
}
