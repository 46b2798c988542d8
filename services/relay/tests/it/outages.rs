//! The broker itself fails: each test has one of its own.
use crate::support::{Bench, collect, notification_event, outgoing};
use platform::{
    amqp::{self, Broker, Message, Outcome, Queue, Unsent},
    opctx::new_id,
};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    time::Duration,
};
use testkit::{ChaosProxy, PrivateBroker};

/// Waits longer than [`until`]: a broker takes its time to come back.
async fn until_back(what: &str, mut condition: impl AsyncFnMut() -> bool) {
    for _ in 0..9 {
        let met = tokio::time::timeout(Duration::from_secs(9), async {
            while !condition().await {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        });
        if met.await.is_ok() {
            return;
        }
    }
    panic!("waited in vain: {what}");
}

#[tokio::test(flavor = "multi_thread")]
async fn m16_an_alarm_blocks_publishers_only_and_what_waits_goes_out_afterwards() {
    let bench = Bench::new().await;
    let private = PrivateBroker::start(&bench.db.home).await;
    let broker = private.broker(&bench.db.home).await;
    let relay = bench.relay_on(&broker);
    let _running = relay.start();
    let publisher = broker.publisher(broker.main_vhost());
    bench.notify().await;
    until_back("it passes", async || bench.notifications().await == 1).await;
    // in the queue before the alarm, consumed during it
    let (consumer, seen) = collect(&broker, broker.main_vhost(), "observers");
    bench.report(&[new_id()]).await;
    until_back("a consumer works", async || seen.count() == 1).await;

    private.memory_watermark("0").await;
    until_back("publishers are told", async || {
        publisher.publish_one(outgoing(&notification_event(), bench.clock.now())).await == Err(Unsent::Blocked)
    })
    .await;
    let started = tokio::time::Instant::now();
    bench.notify().await;
    assert!(started.elapsed() < Duration::from_secs(20), "writing goes on");
    until_back("the relay tells", async || {
        let status = relay::app::status::status(&relay).await.unwrap();
        status.iter().any(|outbox| outbox.last_error.as_deref().is_some_and(|error| error.contains("blocks")))
    })
    .await;
    assert_eq!(bench.unsent("capacity").await, 1, "the outbox grows");
    private.memory_watermark("0.8").await;
    until_back("what waited is sent", async || bench.unsent("capacity").await == 0).await;
    until_back("and has its effect", async || bench.notifications().await >= 2).await;
    consumer.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn m17_a_stalled_consumer_loses_its_message_to_another_and_there_is_one_effect() {
    let bench = Bench::new().await;
    let private = PrivateBroker::start(&bench.db.home).await;
    let broker = private.broker(&bench.db.home).await;
    private.acknowledgement_timeout(1_000).await;
    let (stall, taken) = (Arc::new(AtomicBool::new(true)), Arc::new(AtomicU32::new(0)));
    let inbox = bench.inbox();
    let handler = {
        let (stall, taken) = (Arc::clone(&stall), Arc::clone(&taken));
        move |message: Arc<Message>| {
            let (stall, taken, inbox) = (Arc::clone(&stall), Arc::clone(&taken), inbox.clone());
            async move {
                taken.fetch_add(1, Ordering::SeqCst);
                if stall.swap(false, Ordering::SeqCst) {
                    // longer than the broker waits
                    tokio::time::sleep(Duration::from_secs(8)).await;
                }
                let event = message.event()?;
                inbox.take_one(&relay::jobs::notify::Notify, &event).await?;
                Ok(Outcome::Ack)
            }
        }
    };
    let queue = Queue::new(broker.main_vhost(), "notifications");
    let consumers = [0; 2].map(|_| amqp::consume(&broker, queue.clone(), handler.clone()));
    let publisher = broker.publisher(broker.main_vhost());
    publisher.publish_one(outgoing(&notification_event(), bench.clock.now())).await.unwrap();
    until_back("another takes it", async || taken.load(Ordering::SeqCst) >= 2 && bench.notifications().await == 1)
        .await;
    for consumer in consumers {
        consumer.stop().await;
    }
    assert_eq!(bench.notifications().await, 1, "the stalled one came late and found it done");
    assert_eq!(bench.db.number("select count(*) from relay.inbox").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn m20_a_frozen_broker_is_given_up_and_found_again() {
    let bench = Bench::new().await;
    let private = PrivateBroker::start(&bench.db.home).await;
    let broker = private.broker(&bench.db.home).await.with_heartbeat(2);
    let relay = bench.relay_on(&broker);
    let _running = relay.start();
    bench.notify().await;
    until_back("it passes", async || bench.notifications().await == 1).await;
    private.freeze();
    bench.notify().await;
    until_back("the loss is noticed", async || {
        let status = relay::app::status::status(&relay).await.unwrap();
        status.iter().any(|outbox| outbox.last_error.is_some())
    })
    .await;
    until_back("a new connection is tried", async || {
        let status = relay::app::status::status(&relay).await.unwrap();
        status.iter().any(|outbox| outbox.last_error.as_deref().is_some_and(|error| error.contains("does not answer")))
    })
    .await;
    assert_eq!(bench.unsent("capacity").await, 1);
    private.thaw();
    until_back("what waited is sent", async || bench.unsent("capacity").await == 0).await;
    until_back("and has its effect", async || bench.notifications().await == 2).await;
    // no herd: one connection each for publishing, consuming twice, watching
    until_back("attempts that were under way are gone", async || connections(&broker).await <= 6).await;
}

/// Connections of our own user.
async fn connections(broker: &Broker) -> usize {
    let all: Vec<serde_json::Value> = broker.management().get("connections").await.unwrap().unwrap_or_default();
    all.iter().filter(|connection| connection["user"] == broker.service_user()).count()
}

/// What happens to the broker in one round.
#[derive(Clone, Copy)]
enum Trouble {
    /// Its process is killed and started again.
    Kill,
    /// It is stopped and started again.
    Restart,
    /// It closes our connections.
    Close,
    /// The network is cut.
    Cut,
}

/// Interruptions under load: afterwards everything written is where it belongs, once.
async fn under_load(troubles: &[Trouble]) {
    let bench = Bench::new().await;
    let private = PrivateBroker::start(&bench.db.home).await;
    let broker = private.broker(&bench.db.home).await;
    let proxy = ChaosProxy::to(&format!("amqp://x@{}/", broker.address())).await;
    let _running = bench.relay_on(&broker.through(&proxy.address())).start();
    let stop = AtomicBool::new(false);
    let load = async {
        let mut written = 0;
        while !stop.load(Ordering::SeqCst) {
            bench.notify().await;
            written += 1;
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        written
    };
    let interrupting = async {
        for trouble in troubles {
            match trouble {
                Trouble::Kill => private.kill().await,
                Trouble::Restart => private.restart().await,
                Trouble::Cut => {
                    proxy.cut();
                    bench.notify().await;
                    proxy.mend();
                }
                Trouble::Close => {
                    let user = broker.service_user();
                    until_back("there are connections to close", async || {
                        broker.management().close_connections(user, "test").await.is_ok_and(|closed| closed > 0)
                    })
                    .await;
                }
            }
            let sent = "select count(*) from capacity.outbox where published_at is not null";
            let before = bench.db.number(sent).await;
            until_back("it goes on", async || bench.db.number(sent).await > before).await;
        }
        stop.store(true, Ordering::SeqCst);
    };
    let (written, ()) = tokio::join!(load, interrupting);
    // each cut wrote one more
    let cuts = troubles.iter().filter(|trouble| matches!(trouble, Trouble::Cut)).count();
    let written = written + i64::try_from(cuts).unwrap();
    until_back("everything is published", async || bench.unsent("capacity").await == 0).await;
    until_back("everything acknowledged was delivered", async || bench.notifications().await == written).await;
    assert_eq!(bench.db.number("select count(*) from relay.inbox").await, written, "and applied once");
}

#[tokio::test(flavor = "multi_thread")]
async fn m21_twenty_interruptions_under_load_lose_nothing() {
    let mut troubles = vec![Trouble::Cut; 14];
    troubles.extend([Trouble::Kill, Trouble::Close, Trouble::Close, Trouble::Restart, Trouble::Close, Trouble::Close]);
    under_load(&troubles).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes: twenty restarts of a broker"]
async fn m21_twenty_restarts_under_load_lose_nothing() {
    under_load(&[Trouble::Kill, Trouble::Restart].repeat(10)).await;
}
