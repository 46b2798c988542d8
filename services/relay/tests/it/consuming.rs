//! What becomes of a message that is not as it should be.
use crate::support::{Bench, cloud_event, collect, depth, notification_event, outgoing, peek};
use platform::{
    Failure, OpCtx, Tx,
    amqp::{BODY_MAX, CLOUD_EVENT, Outgoing},
    failure::Result,
    inbox::{self, Apply},
};
use relay::app::dead;
use serde_json::{Value, json};
use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU32, Ordering},
};
use testkit::app::until;
use wire::events::CloudEvent;

impl Bench {
    async fn publish(&self, message: Outgoing) {
        let publisher = self.broker().publisher(self.broker().main_vhost());
        publisher.publish_one(message).await.unwrap();
        publisher.close().await;
    }

    async fn publish_event(&self, event: &CloudEvent) {
        self.publish(outgoing(event, self.clock.now())).await;
    }

    async fn dead(&self, queue: &str) -> u32 {
        depth(self.broker(), self.broker().main_vhost(), queue).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn m7_unknown_types_advance_newer_minors_apply_newer_majors_are_parked() {
    let bench = Bench::new().await;
    let _running = bench.relay().start();
    // an unknown type of the subject has no effect, and the next one is not kept waiting
    let first = notification_event();
    let other = CloudEvent { kind: "notification.read.v1".to_owned(), ..cloud_event("", &first.subject, 1, json!({})) };
    let second = CloudEvent { sequence: "2".to_owned(), ..first.clone() };
    let body = serde_json::to_vec(&other).unwrap();
    // to the queue itself: no binding takes this type there
    let direct = Outgoing {
        exchange: String::new(),
        routing_key: "notifications".to_owned(),
        ..outgoing(&other, bench.clock.now())
    };
    bench.publish(Outgoing { body, ..direct }).await;
    let mut extra = serde_json::to_value(&second).unwrap();
    extra["data"]["added_later"] = json!({"deep": [1, 2, 3]});
    extra["extension"] = json!("of the envelope");
    let body = serde_json::to_vec(&extra).unwrap();
    bench.publish(Outgoing { body, ..outgoing(&second, bench.clock.now()) }).await;
    until("the newer minor version has its effect", async || bench.notifications().await == 1).await;

    let major = CloudEvent { kind: "notification.requested.v2".to_owned(), ..notification_event() };
    let direct = Outgoing {
        exchange: String::new(),
        routing_key: "notifications".to_owned(),
        ..outgoing(&major, bench.clock.now())
    };
    bench.publish(direct).await;
    until("the newer major version is parked", async || bench.dead("notifications.dead").await == 1).await;
    let parked = peek(bench.broker(), bench.broker().main_vhost(), "notifications.dead").await;
    assert_eq!(parked["properties"]["headers"]["meguri-code"], "event.unknown_version");
    assert_eq!(parked["properties"]["headers"]["meguri-queue"], "notifications");
    let detail = parked["properties"]["headers"]["meguri-detail"].as_str().unwrap();
    assert!(detail.contains("notification.requested.v2"), "{detail}");
    assert_eq!(parked["properties"]["message_id"], major.id.to_string());
    assert_eq!(bench.notifications().await, 1);
}

/// Stumbles over subjects that are told to be poisonous, as a bug would.
struct Bug {
    poisonous: Arc<AtomicBool>,
    tries: Arc<AtomicU32>,
    effects: Arc<AtomicU32>,
}

impl Apply for Bug {
    const JOB: &'static str = "bug";
    const TYPES: &'static [&'static str] = &["shipment.ordered.v1"];

    async fn apply(&self, _: &mut Tx, _: &OpCtx, event: &CloudEvent) -> Result<()> {
        if event.data.get("poison").is_some() && self.poisonous.load(Ordering::SeqCst) {
            let tries = self.tries.fetch_add(1, Ordering::SeqCst);
            assert!(tries.is_multiple_of(2), "every second time it panics");
            return Err(Failure::internal("a bug"));
        }
        self.effects.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn m9_poison_is_parked_after_ten_tries_others_pass_and_it_is_redriven_once() {
    let bench = Bench::new().await;
    let vhost = bench.broker().main_vhost();
    let (poisonous, tries, effects) = (Arc::new(AtomicBool::new(true)), Arc::default(), Arc::default());
    let bug = Bug { poisonous: Arc::clone(&poisonous), tries: Arc::clone(&tries), effects: Arc::clone(&effects) };
    let _consumer = inbox::consume(bench.broker(), "allocation", bench.inbox(), bug);
    let poison = cloud_event("shipment.ordered.v1", "shipment/poison", 1, json!({"poison": true}));
    bench.publish_event(&poison).await;
    for index in 0..20 {
        bench.publish_event(&cloud_event("shipment.ordered.v1", &format!("shipment/{index}"), 1, json!({}))).await;
    }
    until("the others pass", async || effects.load(Ordering::SeqCst) == 20).await;
    until("the poison is parked", async || bench.dead("allocation.dead").await == 1).await;
    assert_eq!(tries.load(Ordering::SeqCst), 10);
    until("the depth is seen", async || {
        let all = dead::list(bench.broker(), Some(vhost)).await.unwrap();
        let found = all.iter().find(|dead| dead.queue == "allocation.dead").unwrap().clone();
        found.messages == 1 && found.codes == ["service.internal"]
    })
    .await;

    // the bug is mended; the same message is given back twice, as an operator in doubt would do
    poisonous.store(false, Ordering::SeqCst);
    assert_eq!(dead::redrive(bench.broker(), vhost, "allocation", 100).await.unwrap(), [poison.id.to_string()]);
    assert_eq!(dead::redrive(bench.broker(), vhost, "allocation", 100).await.unwrap(), [""; 0]);
    bench.publish_event(&poison).await;
    until("it had its effect", async || effects.load(Ordering::SeqCst) == 21).await;
    until("the queue is empty", async || bench.dead("allocation").await == 0).await;
    assert_eq!((effects.load(Ordering::SeqCst), bench.dead("allocation.dead").await), (21, 0));
    assert_eq!(bench.db.number("select count(*) from relay.inbox where subject = 'shipment/poison'").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn m10_what_cannot_be_parked_stays_in_its_queue() {
    let bench = Bench::new().await;
    let vhost = bench.broker().main_vhost();
    bench.broker().management().delete(&format!("queues/{vhost}/notifications.dead")).await.unwrap();
    let running = bench.relay().start();
    let bad = Outgoing { body: b"{".to_vec(), ..outgoing(&notification_event(), bench.clock.now()) };
    bench.publish(bad.clone()).await;
    // only its own lane waits
    for _ in 0..20 {
        bench.publish_event(&notification_event()).await;
    }
    until("others pass", async || bench.notifications().await > 0).await;
    running.stop().await;
    let kept = bench.dead("notifications").await;
    assert_eq!(i64::from(kept) + bench.notifications().await, 21, "it was given back, with those behind it");

    // the queue of parked messages is there again, but full
    relay::topology::ensure_main(bench.broker()).await.unwrap();
    let full = json!({"pattern": r"^notifications\.dead$", "apply-to": "queues", "priority": 9,
                      "definition": {"max-length": 1, "overflow": "reject-publish"}});
    bench.broker().management().put(&format!("policies/{vhost}/full"), &full).await.unwrap();
    let filler = Outgoing { exchange: String::new(), routing_key: "notifications.dead".to_owned(), ..bad };
    let publisher = bench.broker().publisher(vhost);
    until("it is full", async || publisher.publish_one(filler.clone()).await.is_err()).await;
    let before = bench.notifications().await;
    let running = bench.relay().start();
    for _ in 0..20 {
        bench.publish_event(&notification_event()).await;
    }
    until("others pass", async || bench.notifications().await > before).await;
    running.stop().await;
    let kept = bench.dead("notifications").await;
    assert_eq!(i64::from(kept) + bench.notifications().await, 41, "it is still there");

    bench.broker().management().delete(&format!("policies/{vhost}/full")).await.unwrap();
    bench.broker().management().delete(&format!("queues/{vhost}/notifications.dead/contents")).await.unwrap();
    let _running = bench.relay().start();
    until("it is parked", async || bench.dead("notifications.dead").await == 1).await;
    let parked = peek(bench.broker(), vhost, "notifications.dead").await;
    assert_eq!(parked["properties"]["headers"]["meguri-code"], "event.malformed");
    until("nothing else waits any more", async || bench.notifications().await == 40).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn m11_what_nobody_takes_is_kept_and_seen() {
    let bench = Bench::new().await;
    let vhost = bench.broker().main_vhost();
    let (_consumer, seen) = collect(bench.broker(), vhost, "meguri.unroutable");
    let _running = bench.relay().start();
    bench.shipment("parcel.lost.v1", platform::opctx::new_id(), 1, "W07").await;
    bench.all_sent("distribution").await;
    until("it is in the queue of what nobody takes", async || seen.count() == 1).await;
    assert_eq!(seen.events()[0].kind, "parcel.lost.v1");
}

/// A notification whose body has so many bytes.
fn long(bytes: usize) -> Value {
    let mut event = serde_json::to_value(notification_event()).unwrap();
    event["data"]["big"] = json!("");
    let missing = bytes - serde_json::to_vec(&event).unwrap().len();
    event["data"]["big"] = json!("x".repeat(missing));
    event
}

/// Every way to be unreadable.
fn unreadable() -> Vec<(&'static str, String, Vec<u8>)> {
    let mut deep = serde_json::to_value(notification_event()).unwrap();
    let mut value = json!(1);
    for _ in 0..128 {
        value = json!([value]);
    }
    deep["data"]["deep"] = value;
    let whole = serde_json::to_vec(&notification_event()).unwrap();
    let mut broken = whole.clone();
    broken[20] = 0xff;
    let sequence =
        |text: &str| serde_json::to_vec(&CloudEvent { sequence: text.to_owned(), ..notification_event() }).unwrap();
    let kind = CLOUD_EVENT.to_owned();
    vec![
        ("a byte too long", kind.clone(), serde_json::to_vec(&long(BODY_MAX + 1)).unwrap()),
        ("128 deep", kind.clone(), serde_json::to_vec(&deep).unwrap()),
        ("another content type", "application/json".to_owned(), whole.clone()),
        ("no content type", String::new(), whole.clone()),
        ("not UTF-8", kind.clone(), broken),
        ("cut off", kind.clone(), whole[..40].to_vec()),
        ("empty", kind.clone(), Vec::new()),
        ("no object", kind.clone(), b"[1]".to_vec()),
        ("sequence 0", kind.clone(), sequence("0")),
        ("sequence in words", kind, sequence("one")),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn m19_what_cannot_be_read_is_parked_with_the_reason() {
    let bench = Bench::new().await;
    let vhost = bench.broker().main_vhost();
    let _running = bench.relay().start();
    for ((what, content_type, body), count) in unreadable().into_iter().zip(1..) {
        let event = outgoing(&notification_event(), bench.clock.now());
        bench.publish(Outgoing { content_type, body: body.clone(), ..event }).await;
        until(what, async || bench.dead("notifications.dead").await == count).await;
    }
    let event = outgoing(&notification_event(), bench.clock.now());
    bench.publish(Outgoing { body: serde_json::to_vec(&long(BODY_MAX)).unwrap(), ..event }).await;
    until("what can be read passes", async || bench.notifications().await == 1).await;
    let parked = peek(bench.broker(), vhost, "notifications.dead").await;
    assert_eq!(parked["properties"]["headers"]["meguri-code"], "event.malformed");
    assert_eq!(bench.notifications().await, 1);
}
