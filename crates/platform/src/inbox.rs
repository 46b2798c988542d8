//! Events of other services, applied once and in the order of their subject.
//!
//! [`receive`] is a function of a transaction and an event; the bus is an adapter ([`consume`]). A second
//! delivery has no effect. An event that came before an earlier one of its subject is held back until the
//! gap is filled; [`watch`] asks the relay for what is missing. The connection's search_path says whose
//! inbox it is.
use crate::{
    Db, OpCtx, Tx,
    amqp::{self, Broker, Consumer, Message, Outcome, Outgoing, Publisher, Queue},
    audit,
    background::Background,
    clock::Clock,
    failure::{Failure, Result},
    opctx::new_id,
    statement,
};
use diesel::{
    OptionalExtension,
    sql_types::{Array, BigInt, Bool, Jsonb, Text, Uuid as SqlUuid},
};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use domain::{
    Problem, TerritoryCode, error,
    policy::{Action, Actor, Place, decide},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};
use uuid::Uuid;
use wire::events::CloudEvent;

/// How often it is looked for gaps.
const LOOK: Duration = Duration::from_secs(1);
/// A gap may fill by itself within this time, seconds.
const GRACE_S: i64 = 5;
/// The first pause before the relay is asked again; it doubles, seconds.
const AGAIN_S: i64 = 30;
/// A gap this old is an alarm, seconds.
const ALARM_S: i64 = 60;

/// What a service does with the events of others.
pub trait Apply: Send + Sync + 'static {
    /// Name of the job, as the audit trail shows it: `take-releases`.
    const JOB: &'static str;
    /// Types it knows, with their version: `allocation.released.v1`. Other types of a subject only advance
    /// its sequence; another version of one of these is parked.
    const TYPES: &'static [&'static str];

    /// The effect of one event. Whatever it writes commits together with the note that it was applied.
    ///
    /// # Errors
    /// A coded problem parks the event; what passes is tried again.
    fn apply(&self, tx: &mut Tx, ctx: &OpCtx, event: &CloudEvent) -> impl Future<Output = Result<()>> + Send;
}

/// What became of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Received {
    /// It had its effect, or its type has none here.
    Applied,
    /// It was applied before.
    Duplicate,
    /// It waits for an earlier one of its subject.
    Held,
}

/// A request to publish a subject's events again, with routing key [`amqp::REPLAY`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplayRequest {
    /// The events' source: `/meguri/allocation`.
    pub source: String,
    /// The subject.
    pub subject: String,
    /// The first event that is missing.
    pub from_sequence: i64,
}

statement! {
    /// Locks the subject to the end of the transaction; answers the sequence that comes next.
    Lock<'a> { source: &'a str as Text, subject: &'a str as Text } -> BigInt,
    "insert into inbox_subject (source, subject, next_sequence) values (?, ?, 1)
     on conflict (source, subject) do update set next_sequence = inbox_subject.next_sequence
     returning next_sequence"
}

statement! {
    /// Was this event applied?
    Seen { id: Uuid as SqlUuid } -> Bool,
    "select exists (select from inbox where event_id = ?)"
}

statement! {
    /// Holds an event back. It may be held already.
    Hold<'a> {
        id: Uuid as SqlUuid,
        source: &'a str as Text,
        subject: &'a str as Text,
        sequence: i64 as BigInt,
        body: Value as Jsonb,
    },
    "insert into inbox_held (event_id, source, subject, sequence, body) values (?, ?, ?, ?, ?)
     on conflict do nothing"
}

statement! {
    /// Notes that an event was applied, expects the next one, and no longer holds this one back.
    Note<'a> {
        id: Uuid as SqlUuid,
        kind: &'a str as Text,
        source: &'a str as Text,
        subject: &'a str as Text,
        sequence: i64 as BigInt,
    },
    "with applied as (
         insert into inbox (event_id, type, source, subject, sequence) values (?, ?, ?, ?, ?)
         returning source, subject, sequence),
     released as (
         delete from inbox_held h using applied a
         where (h.source, h.subject, h.sequence) = (a.source, a.subject, a.sequence))
     update inbox_subject s set next_sequence = a.sequence + 1 from applied a
     where (s.source, s.subject) = (a.source, a.subject)"
}

statement! {
    /// The held back event that comes next in a subject.
    Next<'a> { source: &'a str as Text, subject: &'a str as Text } -> Jsonb,
    "select h.body from inbox_held h join inbox_subject s using (source, subject)
     where h.source = ? and h.subject = ? and h.sequence = s.next_sequence"
}

statement! {
    /// No longer holds an event back that was parked.
    Drop<'a> { source: &'a str as Text, subject: &'a str as Text, sequence: i64 as BigInt },
    "delete from inbox_held where source = ? and subject = ? and sequence = ?"
}

statement! {
    /// Subjects with a gap: what is missing, since when (seconds), and whether to ask now.
    Gaps { again_s: i64 as BigInt, grace_s: i64 as BigInt } -> (Text, Text, BigInt, BigInt, Bool),
    "select h.source, h.subject, s.next_sequence,
            extract(epoch from now() - min(h.held_at))::bigint,
            max(h.asked_at) is null
                or now() - max(h.asked_at) >= greatest(make_interval(secs => ?), max(h.asked_at) - min(h.held_at))
     from inbox_held h join inbox_subject s using (source, subject)
     where h.sequence > s.next_sequence
     group by h.source, h.subject, s.next_sequence
     having now() - min(h.held_at) >= make_interval(secs => ?)
     order by min(h.held_at)
     limit 1000"
}

statement! {
    /// Subjects that have waited for so many seconds: what comes next, since when, and how many wait.
    Waiting { least_s: i64 as BigInt } -> (Text, Text, BigInt, BigInt, BigInt),
    "select h.source, h.subject, s.next_sequence, extract(epoch from now() - min(h.held_at))::bigint, count(*)
     from inbox_held h join inbox_subject s using (source, subject)
     where h.sequence >= s.next_sequence
     group by h.source, h.subject, s.next_sequence
     having now() - min(h.held_at) >= make_interval(secs => ?)
     order by min(h.held_at)
     limit 1000"
}

statement! {
    /// Notes that the relay was asked.
    Asked<'a> { sources: Vec<&'a str> as Array<Text>, subjects: Vec<&'a str> as Array<Text> },
    "update inbox_held h set asked_at = now()
     from unnest(?, ?) as given (source, subject)
     where h.source = given.source and h.subject = given.subject"
}

/// The place within the subject.
fn sequence(event: &CloudEvent) -> std::result::Result<i64, Problem> {
    let sequence = event.sequence.parse().ok().filter(|sequence| *sequence > 0);
    let malformed = || Problem::new(&error::EVENT_MALFORMED).with("reason", &format!("sequence {}", event.sequence));
    sequence.ok_or_else(malformed)
}

/// Does `A` know this type? A problem when it knows another major version of it.
fn known<A: Apply>(kind: &str) -> std::result::Result<bool, Problem> {
    if A::TYPES.contains(&kind) {
        return Ok(true);
    }
    let name = |kind: &str| kind.rsplit_once(".v").map(|(name, _)| name.to_owned());
    let other_version = name(kind).is_some() && A::TYPES.iter().any(|known| name(known) == name(kind));
    if other_version { Err(Problem::new(&error::EVENT_UNKNOWN_VERSION).with("type", kind)) } else { Ok(false) }
}

/// Applies an event, or holds it back, or finds that it was applied before.
///
/// # Errors
/// `event.unknown_version`, `event.malformed`, the effect's own, or the database's: roll back.
pub async fn receive<A: Apply>(tx: &mut Tx, ctx: &OpCtx, apply: &A, event: &CloudEvent) -> Result<Received> {
    let sequence = sequence(event)?;
    let known = known::<A>(&event.kind)?;
    let (id, source, subject) = (event.id, event.source.as_str(), event.subject.as_str());
    let next: i64 = Lock { source, subject }.get_result(tx).await?;
    if sequence < next {
        let seen: bool = Seen { id }.get_result(tx).await?;
        if seen {
            return Ok(Received::Duplicate);
        }
        let reason = format!("{subject} has another event with sequence {sequence}");
        return Err(Problem::new(&error::EVENT_MALFORMED).with("reason", &reason).into());
    }
    if sequence > next {
        let body = serde_json::to_value(event)?;
        Hold { id, source, subject, sequence, body }.execute(tx).await?;
        return Ok(Received::Held);
    }
    if known {
        apply.apply(tx, ctx, event).await?;
    }
    Note { id, kind: &event.kind, source, subject, sequence }.execute(tx).await?;
    Ok(Received::Applied)
}

/// Goes past the event that comes next in its subject and cannot be applied: it counts as applied, without
/// its effect. Answers false, and does nothing, when another one comes next.
///
/// # Errors
/// `event.malformed`, or the database's.
pub async fn skip(tx: &mut Tx, event: &CloudEvent) -> Result<bool> {
    let sequence = sequence(event)?;
    let (id, source, subject) = (event.id, event.source.as_str(), event.subject.as_str());
    let next: i64 = Lock { source, subject }.get_result(tx).await?;
    if next != sequence {
        return Ok(false);
    }
    Note { id, kind: &event.kind, source, subject, sequence }.execute(tx).await?;
    Ok(true)
}

/// A subject whose events wait for one that does not come, or was parked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Waits {
    /// The events' source: `/meguri/allocation`.
    pub source: String,
    /// The subject.
    pub subject: String,
    /// What it waits for.
    pub next_sequence: i64,
    /// Since when, seconds.
    pub age_s: i64,
    /// So many events wait.
    pub held: i64,
}

/// The inbox of one service: a pool in its role and schema, and its clock.
#[derive(Clone)]
pub struct Inbox {
    /// Pool in the service's role and schema.
    pub db: Db,
    /// Business time.
    pub clock: Clock,
}

impl Inbox {
    /// Receives one event in a transaction of its own.
    ///
    /// # Errors
    /// As [`receive`].
    pub async fn take_one<A: Apply>(&self, apply: &A, event: &CloudEvent) -> Result<Received> {
        let mut ctx = OpCtx::system(A::JOB, &self.clock);
        ctx.traceparent.clone_from(&event.traceparent);
        let nation = Place::Territory(TerritoryCode::NATION);
        let permit = decide(&Actor::system(A::JOB), Action::EventApply, nation)
            .map_err(|_| Failure::internal("the service may not apply events"))?;
        let entry = audit::Entry { target: event.subject.clone(), cause: event.id, reason: Some(event.kind.clone()) };
        let mut tx = Tx::begin(&self.db, &ctx, &[(&permit, entry)]).await?;
        let received = receive(&mut tx, &ctx, apply, event).await;
        if matches!(received, Ok(Received::Duplicate)) {
            // nothing was done, so nothing is noted
            tx.abandon().await;
            return received;
        }
        tx.finish(received).await
    }

    /// Receives an event, then those held back that now come next, each in a transaction of its own and
    /// in order. `park` gets a held back event that can never be applied; only when it is kept elsewhere
    /// is it no longer held.
    ///
    /// # Errors
    /// As [`receive`]. What was applied stays applied; the same event again goes on from there.
    pub async fn take<A: Apply, F: Future<Output = Result<()>> + Send>(
        &self,
        apply: &A,
        event: &CloudEvent,
        park: impl Fn(CloudEvent, Problem) -> F + Send + Sync,
    ) -> Result<Received> {
        let received = self.take_one(apply, event).await?;
        if received == Received::Held {
            return Ok(received);
        }
        while let Some(next) = self.next(event).await? {
            match self.take_one(apply, &next).await {
                Ok(_) => {}
                Err(Failure::Problem(problem)) if problem.code.status < 500 => {
                    let sequence = sequence(&next)?;
                    park(next.clone(), problem).await?;
                    let drop = Drop { source: &next.source, subject: &next.subject, sequence };
                    drop.execute(&mut *self.db.read().await?).await?;
                    break;
                }
                Err(failure) => return Err(failure),
            }
        }
        Ok(received)
    }

    /// Subjects that have waited for a minute and longer, the oldest first; 1,000 at most.
    ///
    /// # Errors
    /// The database's.
    pub async fn stuck(&self) -> Result<Vec<Waits>> {
        let conn: &mut AsyncPgConnection = &mut *self.db.read().await?;
        let rows: Vec<(String, String, i64, i64, i64)> = Waiting { least_s: ALARM_S }.load(conn).await?;
        let waits =
            |(source, subject, next_sequence, age_s, held)| Waits { source, subject, next_sequence, age_s, held };
        Ok(rows.into_iter().map(waits).collect())
    }

    async fn next(&self, event: &CloudEvent) -> Result<Option<CloudEvent>> {
        let next = Next { source: &event.source, subject: &event.subject };
        let body: Option<Value> = next.get_result(&mut *self.db.read().await?).await.optional()?;
        Ok(body.map(serde_json::from_value).transpose()?)
    }
}

/// Consumes a queue of the main virtual host into an inbox. Keep the answer: dropped it stops.
pub fn consume<A: Apply>(broker: &Broker, queue: &str, inbox: Inbox, apply: A) -> Consumer {
    let (queue, apply) = (Queue::new(broker.main_vhost(), queue), Arc::new(apply));
    let parking = broker.publisher(&queue.vhost);
    amqp::consume(broker, queue, move |message: Arc<Message>| {
        let (inbox, apply, parking) = (inbox.clone(), Arc::clone(&apply), parking.clone());
        async move {
            let event = message.event()?;
            let park = |event, problem| park(parking.clone(), Arc::clone(&message), event, problem);
            inbox.take(&*apply, &event, park).await?;
            Ok(Outcome::Ack)
        }
    })
}

/// Parks an event that was held back, as if it had come with `message`.
async fn park(parking: Publisher, message: Arc<Message>, event: CloudEvent, problem: Problem) -> Result<()> {
    let held = Message {
        body: serde_json::to_vec(&event)?,
        message_id: Some(event.id.to_string()),
        kind: Some(event.kind.clone()),
        routing_key: event.kind.clone(),
        ..Message::clone(&message)
    };
    let parked = held.parked(problem.code.code, &problem.en());
    parking.publish_one(parked).await.map_err(amqp::unavailable)
}

/// Subjects whose gap has not filled within a minute, for whoever watches over the service.
#[derive(Debug, Clone, Default)]
pub struct Stuck(Arc<AtomicI64>);

impl Stuck {
    /// How many there are.
    #[must_use]
    pub fn count(&self) -> i64 {
        AtomicI64::load(&self.0, Ordering::Relaxed)
    }
}

/// Watches for gaps: asks the relay for what is missing after five seconds, then again after growing
/// pauses from thirty seconds on, and warns from a minute on. Keep the consumer: dropped it stops.
#[must_use]
pub fn watch(broker: &Broker, inbox: &Inbox) -> (Consumer, Stuck) {
    let stuck = Stuck::default();
    let (publisher, inbox, count) = (broker.publisher(broker.main_vhost()), inbox.clone(), stuck.clone());
    let consumer = Background::run(|mut stop| async move {
        while stop.pause(LOOK).await {
            if let Err(failure) = ask(&publisher, &inbox, &count).await {
                tracing::warn!(%failure, "cannot ask for missing events");
            }
        }
        publisher.close().await;
    });
    (consumer, stuck)
}

/// One look for gaps.
async fn ask(publisher: &Publisher, inbox: &Inbox, stuck: &Stuck) -> Result<()> {
    let conn: &mut AsyncPgConnection = &mut *inbox.db.read().await?;
    let gaps: Vec<(String, String, i64, i64, bool)> = Gaps { again_s: AGAIN_S, grace_s: GRACE_S }.load(conn).await?;
    let old = i64::try_from(gaps.iter().filter(|(.., age_s, _)| *age_s >= ALARM_S).count()).unwrap_or(i64::MAX);
    if old > stuck.0.swap(old, Ordering::Relaxed) {
        tracing::warn!(subjects = old, "events wait for others that are missing or parked: `meguri relay status`");
    }
    let due: Vec<_> = gaps.into_iter().filter(|(.., due)| *due).collect();
    let mut requests = Vec::new();
    for (source, subject, from_sequence, age_s, _) in &due {
        if *age_s >= ALARM_S {
            tracing::warn!(source, subject, from_sequence, age_s, "an event is missing");
        }
        let (source, subject) = (source.clone(), subject.clone());
        let body = serde_json::to_vec(&ReplayRequest { source, subject, from_sequence: *from_sequence })?;
        let id = new_id().to_string();
        let request = Outgoing::event(amqp::EVENTS, &id, amqp::REPLAY, inbox.clock.now(), body);
        requests.push(Outgoing { content_type: "application/json".to_owned(), ..request });
    }
    let sent = publisher.publish(&requests).await;
    let asked: Vec<_> = due.iter().zip(&sent).filter(|(_, sent)| sent.is_ok()).map(|(gap, _)| gap).collect();
    let sources = asked.iter().map(|(source, ..)| source.as_str()).collect();
    let subjects = asked.iter().map(|(_, subject, ..)| subject.as_str()).collect();
    if !asked.is_empty() {
        Asked { sources, subjects }.execute(conn).await?;
    }
    match sent.into_iter().find_map(std::result::Result::err) {
        Some(unsent) => Err(amqp::unavailable(unsent)),
        None => Ok(()),
    }
}
