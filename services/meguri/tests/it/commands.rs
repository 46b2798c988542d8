//! Commands of an operator about the bus, as the shell runs them.
use meguri::bus::{self, DeadCommand, RelayCommand};
use platform::opctx::new_id;
use serde_json::{Value, json};
use testkit::{TestApp, app::until, shipping::released};
use uuid::Uuid;

/// An event of allocation about a release, as if it had been emitted.
async fn emitted(app: &TestApp, release: Uuid, sequence: i64, data: &Value) {
    app.db
        .sql(&format!(
            "insert into allocation.outbox (id, subject, sequence, type, cause_id, business_at, payload)
             values ('{}', 'release/{release}', {sequence}, 'allocation.released.v1', '{}', now(), '{data}')",
            new_id(),
            new_id()
        ))
        .await;
}

fn skip(queue: &str, subject: &str, sequence: i64) -> RelayCommand {
    let (queue, subject, reason) = (queue.to_owned(), subject.to_owned(), "made by hand".to_owned());
    RelayCommand::Dead(DeadCommand::Skip { queue, subject, sequence, reason })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_release_that_nobody_understands_is_gone_past() {
    let app = TestApp::with_broker().await;
    app.db.areas(&[("131016", "W01-01")]).await;
    let good = released("131016", 195);
    let subject = format!("release/{}", good.release_id);
    emitted(&app, good.release_id, 1, &json!({"nobody": "understands it"})).await;
    emitted(&app, good.release_id, 2, &serde_json::to_value(&good).unwrap()).await;
    let held = "select count(*) from distribution.inbox_held";
    until("the second waits for the first", async || app.db.number(held).await == 1).await;
    app.db.sql("update distribution.inbox_held set held_at = now() - interval '61 seconds', asked_at = now()").await;
    let home = &app.db.home;
    for json in [false, true] {
        bus::relay(home, RelayCommand::Status { json }).await.unwrap();
    }
    for (queue, subject, sequence) in
        [("observers", subject.as_str(), 1), ("allocation", "release/none", 1), ("distribution", subject.as_str(), 2)]
    {
        assert!(bus::relay(home, skip(queue, subject, sequence)).await.is_err(), "{queue} {subject} {sequence}");
    }
    bus::relay(home, skip("distribution", &subject, 1)).await.unwrap();
    let ordered = format!("select count(*) from distribution.shipment where id = '{}'", good.release_id);
    until("the second is applied", async || app.db.number(&ordered).await == 1).await;
    let noted = format!("select reason from distribution.audit where target = '{subject}' and reason like 'skipped%'");
    assert_eq!(app.db.text(&noted).await, "skipped: made by hand");
}
