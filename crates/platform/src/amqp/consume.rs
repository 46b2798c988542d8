//! Consuming: a message is acknowledged after its effect is committed, parked with the reason when it can
//! never have one, and tried again in place while the trouble is ours.
use super::{Broker, Outgoing, Publisher, backoff, link::Link};
use crate::{
    background::{Background, Stop},
    failure::{Failure, Result},
};
use domain::{Problem, WholesalerCode, error};
use futures::{FutureExt, StreamExt};
use lapin::{
    Channel,
    message::Delivery,
    options::{BasicAckOptions, BasicCancelOptions, BasicConsumeOptions, BasicQosOptions},
    protocol::BasicProperties,
    types::{AMQPValue, FieldTable, ShortString},
};
use serde::Deserialize;
use std::{
    collections::BTreeMap,
    hash::{DefaultHasher, Hash, Hasher},
    panic::AssertUnwindSafe,
    sync::Arc,
    time::Duration,
};
use tokio::{sync::mpsc, task::JoinSet, time::timeout};
use wire::events::CloudEvent;

/// A message that a bug of ours stumbles over is parked after this many tries.
const TRIES: u32 = 10;
/// First and longest pause between tries of one message, while something is away.
const PAUSES: (Duration, Duration) = (Duration::from_millis(20), Duration::from_secs(2));
/// Longest pause between tries when it is a bug: the others of its lane wait.
const BUG_PAUSE: Duration = Duration::from_millis(300);
/// First and longest pause before a queue is consumed again.
const RETURNS: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(5));
/// lapin may take this long to recover the connection before a new one is made.
const RECOVERY: Duration = Duration::from_secs(10);
/// A stopping consumer finishes what it has begun within this time.
const STOP_LIMIT: Duration = Duration::from_secs(10);
/// How often it is looked for new partners.
const PARTNERS_EVERY: Duration = Duration::from_secs(2);
/// Larger bodies than this are no events, bytes. The broker must take more (`max_message_size`), so that they
/// are parked with the reason.
pub const BODY_MAX: usize = 1 << 20;
/// Longest text of a header on a parked message, in characters.
const DETAIL_MAX: usize = 1_000;

/// On a message that we pass on: who published it.
pub(super) const USER_HEADER: &str = "meguri-user-id";

/// A header that is text.
pub(super) fn header(properties: &BasicProperties, name: &str) -> Option<String> {
    match properties.headers().as_ref()?.inner().get(name)? {
        AMQPValue::LongString(text) => Some(text.to_string()),
        AMQPValue::ShortString(text) => Some(text.to_string()),
        _ => None,
    }
}

/// What to consume, and how.
#[derive(Debug, Clone)]
pub struct Queue {
    /// Virtual host.
    pub vhost: String,
    /// The queue's name. What cannot be handled is parked in `<name>.dead`.
    pub name: String,
    /// Messages that may be on their way unacknowledged.
    pub prefetch: u16,
    /// Messages that are handled side by side. Those of one subject are handled one after the other.
    pub lanes: usize,
}

impl Queue {
    /// A queue with a prefetch of 50 and four lanes.
    #[must_use]
    pub fn new(vhost: &str, name: &str) -> Self {
        Self { vhost: vhost.to_owned(), name: name.to_owned(), prefetch: 50, lanes: 4 }
    }
}

/// A message as it came.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// Virtual host.
    pub vhost: String,
    /// The queue it was in.
    pub queue: String,
    /// Routing key.
    pub routing_key: String,
    /// Who published it, as far as the publisher said so: the broker refuses a forged one.
    pub user_id: Option<String>,
    /// Content type.
    pub content_type: Option<String>,
    /// Id given by the publisher.
    pub message_id: Option<String>,
    /// Type given by the publisher.
    pub kind: Option<String>,
    /// It was delivered before.
    pub redelivered: bool,
    /// The body.
    pub body: Vec<u8>,
}

impl Message {
    /// `own` is our service user: what it says about the user is believed, since it passes on what others
    /// have published.
    fn of(queue: &Queue, own: &str, delivery: &mut Delivery) -> Self {
        let properties = &delivery.properties;
        let text = |value: &Option<ShortString>| value.as_ref().map(ToString::to_string);
        let user_id = match text(properties.user_id()) {
            Some(user) if user == own => header(properties, USER_HEADER).or(Some(user)),
            user => user,
        };
        Self {
            vhost: queue.vhost.clone(),
            queue: queue.name.clone(),
            routing_key: delivery.routing_key.to_string(),
            user_id,
            content_type: text(properties.content_type()),
            message_id: text(properties.message_id()),
            kind: text(properties.kind()),
            redelivered: delivery.redelivered,
            body: std::mem::take(&mut delivery.data),
        }
    }

    /// The event in it: at most 1 MiB of UTF-8 JSON.
    ///
    /// # Errors
    /// `event.malformed`, in words that name the place.
    pub fn event(&self) -> std::result::Result<CloudEvent, Problem> {
        let malformed = |reason: &str| Problem::new(&error::EVENT_MALFORMED).with("reason", reason);
        if self.content_type.as_deref() != Some(super::CLOUD_EVENT) {
            let given = self.content_type.as_deref().unwrap_or("none");
            return Err(malformed(&format!("content-type {given}")));
        }
        if self.body.len() > BODY_MAX {
            return Err(malformed(&format!("{} bytes", self.body.len())));
        }
        let text = std::str::from_utf8(&self.body).map_err(|error| malformed(&error.to_string()))?;
        serde_json::from_str(text).map_err(|error| malformed(&error.to_string()))
    }

    /// Messages with the same answer are handled one after the other.
    fn lane(&self, lanes: usize) -> usize {
        #[derive(Deserialize)]
        struct Head<'a> {
            #[serde(borrow)]
            subject: std::borrow::Cow<'a, str>,
        }
        let Ok(head) = serde_json::from_slice::<Head<'_>>(&self.body) else { return 0 };
        let mut hash = DefaultHasher::new();
        head.subject.hash(&mut hash);
        let lanes = u64::try_from(lanes.max(1)).unwrap_or(1);
        usize::try_from(hash.finish() % lanes).unwrap_or(0)
    }

    /// The message for `<queue>.dead`.
    pub(crate) fn parked(&self, code: &str, detail: &str) -> Outgoing {
        let mut headers = vec![
            ("meguri-code".to_owned(), code.to_owned()),
            ("meguri-detail".to_owned(), detail.chars().take(DETAIL_MAX).collect()),
            ("meguri-queue".to_owned(), self.queue.clone()),
            ("meguri-routing-key".to_owned(), self.routing_key.clone()),
        ];
        // the property itself must name who publishes, and that is us
        headers.extend(self.user_id.iter().map(|user| (USER_HEADER.to_owned(), user.clone())));
        Outgoing {
            exchange: String::new(),
            routing_key: format!("{}.dead", self.queue),
            id: self.message_id.clone().unwrap_or_default(),
            kind: self.kind.clone().unwrap_or_default(),
            content_type: self.content_type.clone().unwrap_or_default(),
            at: None,
            headers,
            body: self.body.clone(),
            // a message that no queue takes must not be acknowledged
            must_route: true,
        }
    }
}

/// What became of a message.
///
/// A failure says it too: a coded [`Problem`] parks under its code; a database or broker that is away is
/// tried again until it is back; anything else is a bug and parked as `service.internal` after ten tries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Its effect is committed, or it has none.
    Ack,
    /// It can never have an effect: to `<queue>.dead`, with these words.
    Park {
        /// A code of the error table.
        code: String,
        /// In English.
        detail: String,
    },
}

impl From<Problem> for Outcome {
    fn from(problem: Problem) -> Self {
        Self::Park { code: problem.code.code.to_owned(), detail: problem.en() }
    }
}

/// A running consumer. Stopped, it finishes the messages in hand, gives the others back to the queue and
/// closes its connection.
pub type Consumer = Background;

/// Consumes a queue on a connection of its own until stopped, whatever happens to the broker.
pub fn consume<H, F>(broker: &Broker, queue: Queue, handler: H) -> Consumer
where
    H: Fn(Arc<Message>) -> F + Send + Sync + 'static,
    F: Future<Output = Result<Outcome>> + Send + 'static,
{
    let link = Link::new(broker, &queue.vhost, "consume");
    let (parking, own) = (broker.publisher(&queue.vhost), broker.service_user().to_owned());
    Background::run(|mut stop| async move {
        let worker = Arc::new(Worker { queue, own, handler, parking });
        let mut failures = 0;
        loop {
            match session(&link, &worker, &mut stop).await {
                Ended::Stopped => break,
                Ended::Lost { why, worked } => {
                    failures = if worked { 0 } else { failures + 1 };
                    let (vhost, queue) = (&worker.queue.vhost, &worker.queue.name);
                    tracing::warn!(vhost, queue, why, "not consuming at the moment");
                }
            }
            if !stop.pause(backoff(failures, RETURNS.0, RETURNS.1)).await {
                break;
            }
        }
        worker.parking.close().await;
        link.close().await;
    })
}

enum Ended {
    Stopped,
    Lost { why: String, worked: bool },
}

struct Worker<H> {
    queue: Queue,
    own: String,
    handler: H,
    parking: Publisher,
}

/// Consumes on one channel until it is lost.
async fn session<H, F>(link: &Link, worker: &Arc<Worker<H>>, stop: &mut Stop) -> Ended
where
    H: Fn(Arc<Message>) -> F + Send + Sync + 'static,
    F: Future<Output = Result<Outcome>> + Send + 'static,
{
    let lost = |why: String, worked| Ended::Lost { why, worked };
    let opening = async {
        let (channel, _) = link.channel().await.map_err(|unsent| unsent.to_string())?;
        let consumer = open(&channel, &worker.queue).await.map_err(|error| error.to_string())?;
        Ok::<_, String>((channel, consumer))
    };
    let opened = tokio::select! {
        opened = timeout(RECOVERY, opening) => opened.unwrap_or_else(|_| Err("the broker does not answer".to_owned())),
        () = stop.wait() => return Ended::Stopped,
    };
    let (channel, mut consumer) = match opened {
        Ok(opened) => opened,
        Err(why) => return lost(why, false),
    };
    let (over, ending) = Stop::new();
    let mut tasks = JoinSet::new();
    let mut lanes = Vec::new();
    for _ in 0..worker.queue.lanes.max(1) {
        // never more than the prefetch, and what a recovery left over
        let (lane, waiting) = mpsc::unbounded_channel();
        lanes.push(lane);
        tasks.spawn(work(Arc::clone(worker), waiting, ending.clone()));
    }
    let ended = loop {
        tokio::select! {
            delivery = consumer.next() => match delivery {
                Some(Ok(mut delivery)) => {
                    let message = Message::of(&worker.queue, &worker.own, &mut delivery);
                    if let Some(lane) = lanes.get(message.lane(lanes.len())) {
                        let _ = lane.send((message, delivery));
                    }
                }
                Some(Err(error)) => {
                    let why = error.to_string();
                    // unacknowledged messages come again; their old acknowledgements no longer count
                    match timeout(RECOVERY, channel.wait_for_recovery(error)).await {
                        Ok(Ok(())) => tracing::info!(queue = worker.queue.name, why, "the connection was recovered"),
                        _ => break lost(why, true),
                    }
                }
                None => break lost("the queue is gone".to_owned(), false),
            },
            () = stop.wait() => break Ended::Stopped,
        }
    };
    if matches!(ended, Ended::Stopped) {
        let cancel = channel.basic_cancel(consumer.tag(), BasicCancelOptions::default());
        let _ = timeout(Duration::from_secs(1), cancel).await;
    }
    // what waits in a lane goes back to the queue with the channel
    drop(over);
    drop(lanes);
    if timeout(STOP_LIMIT, async { while tasks.join_next().await.is_some() {} }).await.is_err() {
        // the transaction of an aborted one is rolled back, and the message comes again
        tasks.shutdown().await;
    }
    let _ = timeout(Duration::from_secs(1), channel.close(200, "done".into())).await;
    ended
}

async fn open(channel: &Channel, queue: &Queue) -> lapin::Result<lapin::Consumer> {
    channel.basic_qos(queue.prefetch, BasicQosOptions::default()).await?;
    let (name, tag) = (queue.name.as_str().into(), "".into());
    channel.basic_consume(name, tag, BasicConsumeOptions::default(), FieldTable::default()).await
}

/// Handles the messages of one lane, one after the other.
async fn work<H, F>(worker: Arc<Worker<H>>, mut waiting: mpsc::UnboundedReceiver<(Message, Delivery)>, mut over: Stop)
where
    H: Fn(Arc<Message>) -> F + Send + Sync + 'static,
    F: Future<Output = Result<Outcome>> + Send + 'static,
{
    while let Some((message, delivery)) = waiting.recv().await {
        if over.is_set() {
            break;
        }
        // a recovered connection has given it back to the queue: it comes again
        if !delivery.acker.usable() {
            continue;
        }
        if worker.settle(Arc::new(message), &mut over).await.is_some()
            && let Err(error) = delivery.ack(BasicAckOptions::default()).await
        {
            tracing::info!(%error, "an acknowledgement was lost; the message comes again");
        }
    }
}

impl<H, F> Worker<H>
where
    H: Fn(Arc<Message>) -> F + Send + Sync + 'static,
    F: Future<Output = Result<Outcome>> + Send + 'static,
{
    /// Tries until the message may be acknowledged; none when it is over before.
    async fn settle(&self, message: Arc<Message>, over: &mut Stop) -> Option<()> {
        let mut bugs = 0;
        let mut failures = 0;
        let (code, detail) = loop {
            let failure = match AssertUnwindSafe((self.handler)(Arc::clone(&message))).catch_unwind().await {
                Ok(Ok(Outcome::Ack)) => return Some(()),
                Ok(Ok(Outcome::Park { code, detail })) => break (code, detail),
                Ok(Err(Failure::Problem(problem))) if problem.code.status < 500 => {
                    break (problem.code.code.to_owned(), problem.en());
                }
                Ok(Err(failure)) => failure,
                Err(_) => Failure::internal("the handler panicked"),
            };
            if !failure.is_passing() {
                bugs += 1;
                tracing::error!(%failure, queue = self.queue.name, bugs, "a message could not be handled");
                if bugs >= TRIES {
                    break (error::SERVICE_INTERNAL.code.to_owned(), failure.to_string());
                }
            } else if failures == 0 {
                tracing::warn!(%failure, queue = self.queue.name, "a message waits");
            }
            let longest = if failure.is_passing() { PAUSES.1 } else { BUG_PAUSE };
            if !over.pause(backoff(failures, PAUSES.0, longest)).await {
                return None;
            }
            failures += 1;
        };
        self.park(&message, &code, &detail, over).await
    }

    /// Publishes it to `<queue>.dead`, until that is confirmed.
    async fn park(&self, message: &Message, code: &str, detail: &str, over: &mut Stop) -> Option<()> {
        tracing::warn!(vhost = self.queue.vhost, queue = self.queue.name, code, detail, "a message is parked");
        let mut failures = 0;
        while let Err(unsent) = self.parking.publish_one(message.parked(code, detail)).await {
            tracing::warn!(%unsent, queue = self.queue.name, "a message cannot be parked yet");
            if !over.pause(backoff(failures, PAUSES.0, PAUSES.1)).await {
                return None;
            }
            failures += 1;
        }
        Some(())
    }
}

/// Consumers of one queue in every partner's virtual host; new ones are found within seconds.
pub type Partners = Consumer;

/// Consumes `queue` in the virtual host of every provisioned wholesaler. `consumer` makes the handler's
/// consumer for one of them, with [`consume`].
pub fn consume_partners<C>(broker: &Broker, consumer: C) -> Partners
where
    C: Fn(&Broker, WholesalerCode) -> Consumer + Send + Sync + 'static,
{
    let broker = broker.clone();
    Background::run(|mut stop| async move {
        let mut running = BTreeMap::new();
        loop {
            match broker.provisioned().await {
                Ok(found) => {
                    for wholesaler in found {
                        running.entry(wholesaler).or_insert_with(|| consumer(&broker, wholesaler));
                    }
                }
                Err(failure) => tracing::warn!(%failure, "cannot look for partners"),
            }
            if !stop.pause(PARTNERS_EVERY).await {
                break;
            }
        }
        futures::future::join_all(running.into_values().map(Background::stop)).await;
    })
}
