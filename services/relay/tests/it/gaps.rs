//! Order, duplicates and gaps.
use crate::support::{Bench, cloud_event};
use domain::{Problem, error};
use futures::future::join_all;
use platform::{
    OpCtx, Tx,
    failure::Result,
    inbox::{self, Apply, Received},
    opctx::new_id,
};
use relay::app::dead;
use serde_json::json;
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};
use testkit::app::until;
use wire::events::CloudEvent;

/// Remembers what was applied, subject by subject.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<BTreeMap<String, Vec<String>>>>);

impl Apply for Log {
    const JOB: &'static str = "log";
    const TYPES: &'static [&'static str] = &["shipment.ordered.v1", "shipment.cancelled.v1"];

    async fn apply(&self, _: &mut Tx, _: &OpCtx, event: &CloudEvent) -> Result<()> {
        self.0.lock().unwrap().entry(event.subject.clone()).or_default().push(event.sequence.clone());
        Ok(())
    }
}

async fn park_nothing(event: CloudEvent, problem: Problem) -> Result<()> {
    panic!("{event:?}: {problem}");
}

/// The same numbers in another order, by a rule that has nothing to do with theirs.
fn shuffled(count: usize, round: u64) -> Vec<usize> {
    let mut all: Vec<usize> = (0..count).collect();
    all.sort_by_key(|index| (*index as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15 ^ (round << 17)).rotate_left(23));
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn m5_shuffled_and_threefold_events_end_as_ordered_ones() {
    const SUBJECTS: usize = 1_000;
    const EVENTS: i64 = 4;
    let bench = Bench::new().await;
    let (inbox, log) = (bench.inbox(), Log::default());
    let mut events = Vec::new();
    for subject in 0..SUBJECTS {
        for sequence in 1..=EVENTS {
            events.push(cloud_event("shipment.ordered.v1", &format!("shipment/{subject}"), sequence, json!({})));
        }
    }
    let events = Arc::new(events);
    // three senders at once, each with everything in an order of its own
    let senders = (0..3).map(|round| {
        let (inbox, log, events) = (inbox.clone(), log.clone(), Arc::clone(&events));
        tokio::spawn(async move {
            for index in shuffled(events.len(), round) {
                inbox.take(&log, &events[index], park_nothing).await.unwrap();
            }
        })
    });
    for sender in join_all(senders).await {
        sender.unwrap();
    }
    let ordered: Vec<String> = (1..=EVENTS).map(|sequence| sequence.to_string()).collect();
    let log = log.0.lock().unwrap().clone();
    assert_eq!(log.len(), SUBJECTS);
    for (subject, applied) in log {
        assert_eq!(applied, ordered, "{subject}");
    }
    assert_eq!(bench.db.number("select count(*) from relay.inbox").await, SUBJECTS as i64 * EVENTS);
    assert_eq!(bench.db.number("select count(*) from relay.inbox_held").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_event_of_a_sequence_that_was_applied_is_refused() {
    let bench = Bench::new().await;
    let (inbox, log) = (bench.inbox(), Log::default());
    let first = cloud_event("shipment.ordered.v1", "shipment/1", 1, json!({}));
    assert_eq!(inbox.take(&log, &first, park_nothing).await.unwrap(), Received::Applied);
    assert_eq!(inbox.take(&log, &first, park_nothing).await.unwrap(), Received::Duplicate);
    let audited = bench.db.number("select count(*) from relay.audit where target = 'shipment/1'").await;
    assert_eq!(audited, 1, "what has no effect leaves no row");
    let other = CloudEvent { id: new_id(), ..first };
    let refused = inbox.take(&log, &other, park_nothing).await.unwrap_err();
    assert!(refused.to_string().contains("event.malformed"), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_held_event_that_cannot_be_applied_is_parked_and_does_not_stop_the_one_that_came() {
    let bench = Bench::new().await;
    let (inbox, log) = (bench.inbox(), Log::default());
    let of = |kind: &str, sequence| cloud_event(kind, "shipment/1", sequence, json!({}));
    let newer = of("shipment.ordered.v1", 2);
    assert_eq!(inbox.take(&log, &newer, park_nothing).await.unwrap(), Received::Held);
    // the consumer that held it knew another version
    bench.db.sql("update relay.inbox_held set body = jsonb_set(body, '{type}', '\"shipment.ordered.v2\"')").await;
    let parked = Mutex::new(Vec::new());
    let park = |event: CloudEvent, problem: Problem| {
        parked.lock().unwrap().push((event.sequence, problem.code.code));
        async { Ok(()) }
    };
    assert_eq!(inbox.take(&log, &of("shipment.ordered.v1", 1), park).await.unwrap(), Received::Applied);
    assert_eq!(*parked.lock().unwrap(), [("2".to_owned(), "event.unknown_version")]);
    assert_eq!(bench.db.number("select count(*) from relay.inbox_held").await, 0);
    assert_eq!(log.0.lock().unwrap()["shipment/1"], ["1"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn m6_a_missing_event_is_asked_for_and_comes() {
    let bench = Bench::new().await;
    let log = Log::default();
    let inbox = bench.inbox();
    let _consumer = inbox::consume(bench.broker(), "allocation", inbox.clone(), log.clone());
    let shipment = new_id();
    bench.shipment("shipment.ordered.v1", shipment, 1, "W07").await;
    bench.db.sql("update distribution.outbox set announced_at = now(), published_at = now()").await;
    for sequence in 2..=4 {
        bench.shipment("shipment.cancelled.v1", shipment, sequence, "W07").await;
    }
    let _relay = bench.relay().start();
    let held = "select count(*) from relay.inbox_held";
    until("three are held back", async || bench.db.number(held).await == 3).await;
    assert!(log.0.lock().unwrap().is_empty());
    // five seconds later
    bench.db.sql("update relay.inbox_held set held_at = held_at - interval '6 seconds'").await;
    until("the first came again and the others after it", async || bench.db.number(held).await == 0).await;
    assert_eq!(log.0.lock().unwrap()[&format!("shipment/{shipment}")], ["1", "2", "3", "4"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn m6_a_gap_that_never_fills_is_an_alarm_and_is_asked_for_again() {
    let bench = Bench::new().await;
    let (inbox, log) = (bench.inbox(), Log::default());
    let (_watch, stuck) = inbox::watch(bench.broker(), &inbox);
    let late = cloud_event("shipment.ordered.v1", "shipment/1", 3, json!({}));
    inbox.take(&log, &late, park_nothing).await.unwrap();
    bench.db.sql("update relay.inbox_held set held_at = held_at - interval '10 seconds'").await;
    let asked = "select count(*) from relay.inbox_held where asked_at is not null";
    until("the relay was asked", async || bench.db.number(asked).await == 1).await;
    assert_eq!(stuck.count(), 0);
    let requests = async || crate::support::depth(bench.broker(), bench.broker().main_vhost(), "replay").await;
    until("the request is there", async || requests().await == 1).await;

    bench.db.sql("update relay.inbox_held set held_at = now() - interval '61 seconds'").await;
    until("it is an alarm", async || stuck.count() == 1).await;
    bench.db.sql("update relay.inbox_held set held_at = now() - interval '70 seconds', asked_at = now() - interval '60 seconds'").await;
    until("it is asked for again", async || requests().await == 2).await;
}

/// Refuses the second of each subject, always.
struct Picky(Log);

impl Apply for Picky {
    const JOB: &'static str = "picky";
    const TYPES: &'static [&'static str] = &["shipment.ordered.v1"];

    async fn apply(&self, tx: &mut Tx, ctx: &OpCtx, event: &CloudEvent) -> Result<()> {
        match event.sequence.as_str() {
            "2" => Err(Problem::new(&error::EVENT_MALFORMED).with("reason", "it can never be applied").into()),
            _ => self.0.apply(tx, ctx, event).await,
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_parked_event_is_gone_past_with_a_reason() {
    let bench = Bench::new().await;
    let (inbox, log) = (bench.inbox(), Log::default());
    let vhost = bench.broker().main_vhost();
    let _consumer = inbox::consume(bench.broker(), "allocation", inbox.clone(), Picky(log.clone()));
    let (shipment, relay) = (new_id(), bench.relay());
    let subject = format!("shipment/{shipment}");
    for sequence in 1..=4 {
        bench.shipment("shipment.ordered.v1", shipment, sequence, "W07").await;
    }
    let _running = relay.start();
    let held = "select count(*) from relay.inbox_held";
    until("two wait behind the parked one", async || bench.db.number(held).await == 2).await;
    assert_eq!(inbox.stuck().await.unwrap(), [], "not yet a minute");
    bench.db.sql("update relay.inbox_held set held_at = now() - interval '61 seconds', asked_at = now()").await;
    let stuck = inbox.stuck().await.unwrap();
    let waits = stuck.iter().map(|waits| (waits.subject.as_str(), waits.next_sequence, waits.held)).collect::<Vec<_>>();
    assert_eq!(waits, [(subject.as_str(), 2, 2)]);
    assert!(stuck[0].age_s >= 61, "{stuck:?}");

    for wrong in [1, 3, 5] {
        assert!(dead::skip(&relay, &inbox, &subject, wrong, "the wrong one").await.is_err(), "{wrong}");
    }
    assert!(dead::skip(&relay, &inbox, "shipment/none", 2, "the wrong one").await.is_err());
    assert_eq!(bench.db.number("select count(*) from relay.audit where reason like 'skipped%'").await, 0);
    assert_eq!(dead::skip(&relay, &inbox, &subject, 2, "made by hand").await.unwrap(), 2);
    until("those behind it are applied", async || bench.db.number(held).await == 0).await;
    assert_eq!(log.0.lock().unwrap()[&subject], ["1", "3", "4"]);
    assert_eq!(inbox.stuck().await.unwrap(), []);
    let noted = "select string_agg(target || ' ' || action || ' ' || reason, ',') from relay.audit
                 where reason like 'skipped%'";
    assert_eq!(bench.db.text(noted).await, format!("{subject} event_apply skipped: made by hand"));

    // given back after all, by somebody who did not know: nothing happens, and it is not parked again
    dead::redrive(bench.broker(), vhost, "allocation", 10).await.unwrap();
    bench.shipment("shipment.ordered.v1", shipment, 5, "W07").await;
    until("one that came after it is applied", async || log.0.lock().unwrap()[&subject].len() == 4).await;
    assert_eq!(log.0.lock().unwrap()[&subject], ["1", "3", "4", "5"]);
    assert_eq!(crate::support::depth(bench.broker(), vhost, "allocation.dead").await, 0);
    let count = format!("select count(*) from relay.inbox where subject = '{subject}'");
    assert_eq!(bench.db.number(&count).await, 5);
}
