//! From the outbox to the queue.
use crate::support::{Bench, active, collect, depth};
use platform::opctx::new_id;
use serde_json::json;
use testkit::{ChaosProxy, app::until};

#[tokio::test(flavor = "multi_thread")]
async fn an_event_is_in_its_queue_within_moments() {
    let bench = Bench::new().await;
    let (_consumer, seen) = collect(bench.broker(), bench.broker().main_vhost(), "observers");
    let _running = bench.relay().start();
    let facility = new_id();
    bench.report(&[facility]).await;
    until("the relay has taken its turn", async || seen.count() == 1).await;
    let started = tokio::time::Instant::now();
    bench.report(&[facility]).await;
    until("the event has come", async || seen.count() == 2).await;
    assert!(started.elapsed().as_millis() < 1_000, "{:?}", started.elapsed());

    let (message, event) = (&seen.messages()[1], &seen.events()[1]);
    assert_eq!(message.content_type.as_deref(), Some("application/cloudevents+json"));
    assert_eq!(message.message_id, Some(event.id.to_string()));
    assert_eq!(message.routing_key, "capacity.reported.v1");
    assert_eq!(message.user_id.as_deref(), Some(bench.broker().service_user()));
    assert_eq!((event.source.as_str(), event.sequence.as_str()), ("/meguri/capacity", "2"));
    assert_eq!(event.subject, format!("facility/{facility}"));
    bench.all_sent("capacity").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn m1_a_row_that_could_not_be_marked_comes_twice_and_has_one_effect() {
    let bench = Bench::new().await;
    bench
        .db
        .sql(
            "create function capacity.refuse() returns trigger language plpgsql as
             $$ begin raise exception 'not now'; end $$;
             create trigger refuse before update on capacity.outbox for each row execute function capacity.refuse()",
        )
        .await;
    let relay = bench.relay().start();
    bench.notify().await;
    until("the first delivery had its effect", async || bench.notifications().await == 1).await;
    relay.kill();
    assert_eq!(bench.unsent("capacity").await, 1, "confirmed, not marked");

    bench.db.sql("drop trigger refuse on capacity.outbox").await;
    let copies = "select count(*) from relay.inbox";
    let _relay = bench.relay().start();
    bench.all_sent("capacity").await;
    // whatever is behind it in the queue comes after the copies
    bench.notify().await;
    until("both are there", async || bench.notifications().await == 2).await;
    assert_eq!(bench.db.number(copies).await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn m2_a_refused_row_waits_and_is_sent_when_there_is_room() {
    let bench = Bench::new().await;
    let vhost = bench.broker().main_vhost();
    let full = json!({"pattern": "^observers$", "apply-to": "queues", "priority": 9,
                      "definition": {"max-length": 1, "overflow": "reject-publish"}});
    let policy = format!("policies/{vhost}/full");
    bench.broker().management().put(&policy, &full).await.unwrap();
    let relay = bench.relay();
    let _running = relay.start();
    // a quorum queue tells that it is full after it has taken some more
    until("the queue refuses", async || {
        if bench.unsent("capacity").await == 0 {
            bench.report(&[new_id()]).await;
        }
        let status = relay::app::status::status(&relay).await.unwrap();
        status.iter().any(|outbox| outbox.last_error.as_deref().is_some_and(|error| error.contains("full")))
    })
    .await;
    // another type is not kept waiting
    bench.notify().await;
    until("the notification passes", async || bench.notifications().await == 1).await;
    assert!(bench.unsent("capacity").await > 0);

    bench.broker().management().delete(&policy).await.unwrap();
    let written = bench.db.number("select count(*) from capacity.outbox where type = 'capacity.reported.v1'").await;
    let (_consumer, seen) = collect(bench.broker(), vhost, "observers");
    bench.all_sent("capacity").await;
    until("all are there", async || {
        let mut ids: Vec<_> = seen.events().iter().map(|event| event.id).collect();
        ids.sort_unstable();
        ids.dedup();
        i64::try_from(ids.len()).unwrap() == written
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn m2_a_closed_channel_loses_nothing() {
    let bench = Bench::new().await;
    let vhost = bench.broker().main_vhost();
    // the broker answers a publish that is not permitted by closing the channel
    let path = format!("permissions/{vhost}/{}", bench.broker().service_user());
    let reading = json!({"configure": "^$", "write": "^$", "read": ".*"});
    bench.broker().management().put(&path, &reading).await.unwrap();
    let relay = bench.relay();
    let _running = relay.start();
    bench.notify().await;
    until("the relay tells what is wrong", async || {
        let status = relay::app::status::status(&relay).await.unwrap();
        status.iter().any(|outbox| outbox.last_error.as_deref().is_some_and(|error| error.contains("ACCESS_REFUSED")))
    })
    .await;
    assert_eq!(bench.unsent("capacity").await, 1);
    relay::topology::ensure_main(bench.broker()).await.unwrap();
    bench.all_sent("capacity").await;
    until("it had its effect", async || bench.notifications().await == 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn m2_a_lost_connection_loses_nothing() {
    let bench = Bench::new().await;
    let proxy = ChaosProxy::to(&format!("amqp://x@{}/", bench.broker().address())).await;
    let relay = bench.relay_on(&bench.broker().through(&proxy.address()));
    let _running = relay.start();
    bench.notify().await;
    until("it passes", async || bench.notifications().await == 1).await;
    proxy.cut();
    for _ in 0..20 {
        bench.notify().await;
    }
    until("the relay notices", async || {
        let status = relay::app::status::status(&relay).await.unwrap();
        status.iter().any(|outbox| outbox.last_error.is_some())
    })
    .await;
    assert_eq!(bench.unsent("capacity").await, 20);
    proxy.mend();
    bench.all_sent("capacity").await;
    until("all had their effect", async || bench.notifications().await == 21).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn m3_a_lower_place_that_commits_later_is_sent_too() {
    let bench = Bench::new().await;
    let _running = bench.relay().start();
    let (first, second) = (new_id(), new_id());
    let mut early = bench.begin().await;
    let mut late = bench.begin().await;
    for (tx, facility) in [(&mut early, first), (&mut late, second)] {
        platform::outbox::emit(tx, &bench.ctx(), new_id(), &crate::support::report(facility)).await.unwrap();
    }
    late.finish(Ok(())).await.unwrap();
    let sent = "select count(*) from capacity.outbox where published_at is not null";
    until("the higher place is sent", async || bench.db.number(sent).await == 1).await;
    early.finish(Ok(())).await.unwrap();
    until("the lower one is sent too", async || bench.db.number(sent).await == 2).await;
    let order = "select (select pos from capacity.outbox where subject = 'facility/{}')";
    let pos = async |id| bench.db.number(&order.replace("{}", &uuid::Uuid::to_string(&id))).await;
    assert!(pos(first).await < pos(second).await);
    until("both are in the queue", async || depth(bench.broker(), bench.broker().main_vhost(), "observers").await == 2)
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn m4_of_three_relays_one_publishes_and_another_takes_over() {
    const ROUNDS: usize = 30;
    let bench = Bench::new().await;
    let (_consumer, seen) = collect(bench.broker(), bench.broker().main_vhost(), "observers");
    let mut relays: Vec<_> = (0..3).map(|_| bench.relay()).collect();
    let mut running: Vec<_> = relays.iter().map(|relay| relay.start()).collect();
    let facilities: Vec<_> = (0..20).map(|_| new_id()).collect();
    for round in 0..ROUNDS {
        bench.report(&facilities).await;
        if round % 10 == 5 && running.len() > 1 {
            until("one of them is at work", async || active(&relays).await.is_some()).await;
            let at_work = active(&relays).await.unwrap();
            running.remove(at_work).kill();
            relays.remove(at_work);
            until("another takes over", async || active(&relays).await.is_some()).await;
        }
    }
    bench.all_sent("capacity").await;
    let whole: Vec<i64> = (1..=i64::try_from(ROUNDS).unwrap()).collect();
    until("everything has come", async || {
        facilities.iter().all(|facility| seen.sequences(&format!("facility/{facility}")).len() == ROUNDS)
    })
    .await;
    for facility in facilities {
        assert_eq!(seen.sequences(&format!("facility/{facility}")), whole, "in order");
    }
}
