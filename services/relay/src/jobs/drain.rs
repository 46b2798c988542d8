//! Publishes one outbox: what is unsent, in the order of writing, and marks it when it is confirmed.
//!
//! One process does it at a time, for as long as its session holds the outbox's lock; others stand by. A
//! row that was published and could not be marked is published again: consumers know ids. Rows of one
//! subject go out one after the other, each confirmed before the next; those of different subjects together.
use super::partners::Partners;
use crate::{Outbox, Relay};
use domain::{BranchCode, WholesalerCode};
use platform::{
    amqp::{self, Outgoing, Publisher, Unsent, backoff},
    background::{Background, Stop},
    db::Session,
    failure::Result,
    outbox_unsent::{self, Row},
};
use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::time::Instant;
use wire::events::{Event, ReceiptRecorded, ShipmentCancelled, ShipmentOrdered, ShipmentUnfulfillable};

/// Types that a wholesaler gets too, at the branch that their data name.
const PARTNER_TYPES: [&str; 4] =
    [ShipmentOrdered::TYPE, ShipmentCancelled::TYPE, ShipmentUnfulfillable::TYPE, ReceiptRecorded::TYPE];
/// Rows read at once.
const BATCH: i64 = 1_000;
/// How often it is looked for new rows when there were none.
const IDLE: Duration = Duration::from_millis(40);
/// How often a relay that stands by tries to take over.
const STAND_BY: Duration = Duration::from_millis(250);
/// First and longest pause after a failure.
const PAUSES: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(2));
/// A type whose queue is full is left alone for this long.
const FULL: Duration = Duration::from_secs(1);

/// How it goes, for whoever asks.
#[derive(Clone, Default)]
pub(crate) struct Progress(Arc<Mutex<(bool, Option<String>)>>);

impl Progress {
    /// Is this process the active one, and what went wrong last?
    pub(crate) fn read(&self) -> (bool, Option<String>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn active(&self, active: bool) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).0 = active;
    }

    fn error(&self, error: Option<String>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).1 = error;
    }
}

/// The message of a row, to our own consumers.
pub(crate) fn event(schema: &str, row: Row) -> Outgoing {
    let (id, kind, at) = (row.id.to_string(), row.kind.clone(), row.business_at);
    // an envelope of texts and a value that was JSON before: writing it cannot fail
    let body = serde_json::to_vec(&row.event(schema)).unwrap_or_default();
    Outgoing::event(amqp::EVENTS, &id, &kind, at, body)
}

/// The same message to a wholesaler's branch.
pub(crate) fn for_partner(event: Outgoing, branch: &str) -> Outgoing {
    let routing_key = format!("{}.{branch}", event.kind);
    Outgoing { exchange: amqp::TO_PARTNER.to_owned(), routing_key, ..event }
}

/// The wholesaler and branch that get this row, if any.
pub(crate) fn partner_of(row: &Row) -> Option<(WholesalerCode, String)> {
    if !PARTNER_TYPES.contains(&row.kind.as_str()) {
        return None;
    }
    let wholesaler: WholesalerCode = row.text("wholesaler")?.parse().ok()?;
    let branch: BranchCode = row.text("branch")?.parse().ok()?;
    Some((wholesaler, branch.to_string()))
}

/// Starts publishing one outbox, now or when whoever does it dies.
pub(crate) fn start(relay: &Relay, outbox: &Outbox) -> Background {
    let partners = Partners::new(&relay.broker);
    let mut drain =
        Drain { outbox: outbox.clone(), publisher: relay.publisher.clone(), partners, full: BTreeMap::new() };
    Background::run(|mut stop| async move {
        let mut failures = 0;
        while !stop.is_set() {
            match drain.session(&mut stop, &mut failures).await {
                Ok(()) => {}
                Err(failure) => {
                    tracing::warn!(schema = drain.outbox.schema, %failure, "publishing is interrupted");
                    drain.outbox.progress.error(Some(failure.to_string()));
                }
            }
            drain.outbox.progress.active(false);
            if !stop.pause(backoff(failures, PAUSES.0, PAUSES.1)).await {
                break;
            }
            failures += 1;
        }
        drain.partners.close().await;
    })
}

struct Drain {
    outbox: Outbox,
    publisher: Publisher,
    partners: Partners,
    /// Types whose queue is full, and until when they are left alone.
    full: BTreeMap<String, Instant>,
}

impl Drain {
    /// Waits for its turn and publishes as long as database session and process live. The lock ends with
    /// the session, and only this session reads and marks: who has lost the lock cannot mark.
    async fn session(&mut self, stop: &mut Stop, failures: &mut u32) -> Result<()> {
        let mut session = self.outbox.db.session().await?;
        while !outbox_unsent::take_turn(&mut session).await? {
            *failures = 0;
            if !stop.pause(STAND_BY).await {
                return Ok(());
            }
        }
        self.outbox.progress.active(true);
        tracing::info!(schema = self.outbox.schema, "publishing this outbox");
        for wholesaler in outbox_unsent::lacking(&mut session).await? {
            if let Ok(wholesaler) = wholesaler.parse() {
                // another relay may have announced them meanwhile, also when this one knew the partner
                self.partners.lacks(wholesaler);
            }
        }
        let mut pauses = 0;
        while !stop.is_set() {
            let round = self.round(&mut session).await?;
            *failures = 0;
            let pause = match round {
                Round::Worked => {
                    if self.full.is_empty() {
                        self.outbox.progress.error(None);
                    }
                    pauses = 0;
                    continue;
                }
                Round::Idle => {
                    pauses = 0;
                    IDLE
                }
                Round::Failed(unsent) => {
                    if pauses == 0 {
                        tracing::warn!(schema = self.outbox.schema, %unsent, "events wait for the broker");
                    }
                    self.outbox.progress.error(Some(unsent.to_string()));
                    pauses += 1;
                    backoff(pauses, PAUSES.0, PAUSES.1)
                }
            };
            stop.pause(pause).await;
        }
        Ok(())
    }

    /// One batch: what partners wait for who are back, then what is new.
    async fn round(&mut self, session: &mut Session) -> Result<Round> {
        let mut worked = false;
        for wholesaler in self.partners.returned() {
            worked |= self.catch_up(session, wholesaler).await?;
        }
        let now = Instant::now();
        self.full.retain(|_, until| *until > now);
        let full: Vec<String> = self.full.keys().cloned().collect();
        let rows = outbox_unsent::fresh(session, &full, BATCH).await?;
        if rows.is_empty() {
            return Ok(if worked { Round::Worked } else { Round::Idle });
        }
        let mut sent = Sent::default();
        for wave in waves(rows) {
            self.publish(wave, &mut sent).await;
            if sent.failed.is_some() {
                break;
            }
        }
        let marked = outbox_unsent::mark(session, &sent.published, &sent.announced).await?;
        Ok(match sent.failed {
            Some(unsent) => Round::Failed(unsent),
            None if marked > 0 || worked => Round::Worked,
            None => Round::Idle,
        })
    }

    /// Publishes one event of each of several subjects: to our own consumers, then to the wholesalers.
    async fn publish(&mut self, mut wave: Vec<Row>, sent: &mut Sent) {
        wave.retain(|row| !sent.waiting.contains(&row.subject));
        let places: Vec<Place> = wave.iter().map(Place::of).collect();
        let messages: Vec<Outgoing> = wave.into_iter().map(|row| event(self.outbox.schema, row)).collect();
        let results = self.publisher.publish(&messages).await;
        let mut for_partners: BTreeMap<WholesalerCode, Vec<(i64, Outgoing)>> = BTreeMap::new();
        for ((place, message), result) in places.into_iter().zip(messages).zip(results) {
            let Place { pos, subject, partner } = place;
            match (result, partner) {
                (Ok(()), None) => sent.published.push(pos),
                (Ok(()), Some((wholesaler, branch))) => {
                    for_partners.entry(wholesaler).or_default().push((pos, for_partner(message, &branch)));
                }
                (Err(Unsent::Refused), _) => {
                    tracing::warn!(schema = self.outbox.schema, kind = message.kind, "a queue is full");
                    self.outbox.progress.error(Some(format!("{}: {}", message.kind, Unsent::Refused)));
                    self.full.insert(message.kind, Instant::now() + FULL);
                    sent.waiting.insert(subject);
                }
                (Err(unsent), _) => {
                    sent.waiting.insert(subject);
                    sent.failed = Some(unsent);
                }
            }
        }
        let (published, announced) = self.partners.publish(for_partners).await;
        sent.published.extend(published);
        sent.announced.extend(announced);
    }

    /// Publishes what a wholesaler lacks, who has come back. From then on new events go to it at once.
    async fn catch_up(&mut self, session: &mut Session, wholesaler: WholesalerCode) -> Result<bool> {
        let mut worked = false;
        loop {
            let rows = outbox_unsent::waiting(session, &wholesaler.to_string(), BATCH).await?;
            if rows.is_empty() {
                self.partners.caught_up(wholesaler);
                return Ok(worked);
            }
            worked = true;
            for wave in waves(rows) {
                let messages = wave.into_iter().filter_map(|row| {
                    let (pos, (_, branch)) = (row.pos, partner_of(&row)?);
                    Some((pos, for_partner(event(self.outbox.schema, row), &branch)))
                });
                let messages: Vec<_> = messages.collect();
                let (published, announced) = self.partners.publish_waiting(wholesaler, messages).await;
                outbox_unsent::mark(session, &published, &[]).await?;
                // nothing done would be done again without end
                if !announced.is_empty() || published.is_empty() {
                    return Ok(worked);
                }
            }
        }
    }
}

/// What is left to know of a row when it has become a message.
struct Place {
    pos: i64,
    subject: String,
    partner: Option<(WholesalerCode, String)>,
}

impl Place {
    fn of(row: &Row) -> Self {
        Self { pos: row.pos, subject: row.subject.clone(), partner: partner_of(row) }
    }
}

/// What became of a batch.
#[derive(Default)]
struct Sent {
    published: Vec<i64>,
    announced: Vec<i64>,
    /// Subjects with an event that failed: their later ones wait.
    waiting: BTreeSet<String>,
    failed: Option<Unsent>,
}

enum Round {
    Worked,
    Idle,
    Failed(Unsent),
}

/// Rows in the order of writing, as batches in which each subject stands once: the first event of every
/// subject, then the second of those that have one, and so on.
fn waves(rows: Vec<Row>) -> VecDeque<Vec<Row>> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let mut waves: VecDeque<Vec<Row>> = VecDeque::new();
    for row in rows {
        let count = counts.entry(row.subject.clone()).or_default();
        match waves.get_mut(*count) {
            Some(wave) => wave.push(row),
            None => waves.push_back(vec![row]),
        }
        *count += 1;
    }
    waves
}
