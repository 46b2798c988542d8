//! The wholesalers' virtual hosts, as one drain sees them: each is there, or waited for. Who waits is
//! knocked at by a task of its own, so that one that is away never keeps the others waiting.
use domain::WholesalerCode;
use futures::future::join_all;
use platform::amqp::{Broker, Outgoing, Publisher, Unsent, backoff};
use std::{collections::BTreeMap, time::Duration};
use tokio::{task::JoinHandle, time::sleep};

/// First and longest pause between two knocks at one that is away.
const PAUSES: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(10));
/// First and longest pause before one whose queue is full is tried again.
const FULL: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(30));

struct Partner {
    publisher: Publisher,
    /// Ends when there is a connection; none while the partner gets new events at once.
    knocking: Option<JoinHandle<()>>,
    /// So often in a row it has taken nothing.
    failures: u32,
}

impl Drop for Partner {
    fn drop(&mut self) {
        if let Some(knocking) = &self.knocking {
            knocking.abort();
        }
    }
}

pub(crate) struct Partners {
    broker: Broker,
    known: BTreeMap<WholesalerCode, Partner>,
}

/// Events by their place in the outbox.
type Placed = Vec<(i64, Outgoing)>;
/// What became of an event, by its place.
type Sent = (i64, Result<(), Unsent>);
/// Places of what was published and what was not.
type Places = (Vec<i64>, Vec<i64>);

impl Partners {
    pub(crate) fn new(broker: &Broker) -> Self {
        Self { broker: broker.clone(), known: BTreeMap::new() }
    }

    /// Begins to knock, whatever was known: something waits that this session has not sent.
    pub(crate) fn lacks(&mut self, wholesaler: WholesalerCode) {
        self.wait_for(wholesaler);
        if let Some(partner) = self.known.get_mut(&wholesaler) {
            let publisher = &partner.publisher;
            partner.knocking.get_or_insert_with(|| knock(publisher.clone(), Duration::ZERO));
        }
    }

    /// Begins to knock, unless it is known already.
    fn wait_for(&mut self, wholesaler: WholesalerCode) {
        self.known.entry(wholesaler).or_insert_with(|| {
            let publisher = self.broker.publisher(&self.broker.partner_vhost(wholesaler));
            let knocking = Some(knock(publisher.clone(), Duration::ZERO));
            Partner { publisher, knocking, failures: 0 }
        });
    }

    /// Those who were waited for and are there.
    pub(crate) fn returned(&self) -> Vec<WholesalerCode> {
        let there = |partner: &Partner| partner.knocking.as_ref().is_some_and(JoinHandle::is_finished);
        let there = self.known.iter().filter(|(_, partner)| there(partner));
        there.map(|(wholesaler, _)| *wholesaler).collect()
    }

    /// It has everything: new events go to it at once.
    pub(crate) fn caught_up(&mut self, wholesaler: WholesalerCode) {
        if let Some(partner) = self.known.get_mut(&wholesaler) {
            partner.knocking = None;
        }
    }

    /// Publishes new events, to all partners at the same time: each confirm takes a write to disk at the
    /// broker, and many share one. Events to a partner that is waited for wait too, so that none overtakes.
    pub(crate) async fn publish(&mut self, messages: BTreeMap<WholesalerCode, Placed>) -> Places {
        let (mut published, mut waiting) = (Vec::new(), Vec::new());
        let mut sending = Vec::new();
        for (wholesaler, messages) in messages {
            self.wait_for(wholesaler);
            match self.known.get(&wholesaler).filter(|partner| partner.knocking.is_none()) {
                Some(partner) => sending.push(send(wholesaler, partner.publisher.clone(), messages)),
                None => waiting.extend(messages.into_iter().map(|(pos, _)| pos)),
            }
        }
        for (wholesaler, results) in join_all(sending).await {
            let (there, not_there) = self.sort(wholesaler, results);
            published.extend(there);
            waiting.extend(not_there);
        }
        (published, waiting)
    }

    /// Publishes events that waited. If one fails, the partner is waited for again.
    pub(crate) async fn publish_waiting(&mut self, wholesaler: WholesalerCode, messages: Placed) -> Places {
        let Some(partner) = self.known.get(&wholesaler) else {
            return (Vec::new(), messages.into_iter().map(|(pos, _)| pos).collect());
        };
        let (_, results) = send(wholesaler, partner.publisher.clone(), messages).await;
        self.sort(wholesaler, results)
    }

    /// What was published and what was not; if anything, the partner is waited for, the longer the more often
    /// it has taken nothing.
    fn sort(&mut self, wholesaler: WholesalerCode, results: Vec<Sent>) -> Places {
        let failed: Option<Unsent> = results.iter().find_map(|(_, result)| result.clone().err());
        if let Some(partner) = self.known.get_mut(&wholesaler) {
            if results.iter().any(|(_, result)| result.is_ok()) {
                partner.failures = 0;
            }
            if let Some(unsent) = failed {
                tracing::warn!(%wholesaler, %unsent, "events wait for a wholesaler");
                partner.failures = partner.failures.saturating_add(1);
                let (first, most) = if unsent == Unsent::Refused { FULL } else { PAUSES };
                let pause = backoff(partner.failures, first, most);
                partner.knocking = Some(knock(partner.publisher.clone(), pause));
            }
        }
        let (published, waiting): (Vec<Sent>, Vec<Sent>) = results.into_iter().partition(|(_, result)| result.is_ok());
        let places = |sent: Vec<Sent>| sent.into_iter().map(|(pos, _)| pos).collect();
        (places(published), places(waiting))
    }

    pub(crate) async fn close(&mut self) {
        for partner in std::mem::take(&mut self.known).into_values() {
            partner.publisher.close().await;
        }
    }
}

/// Publishes to one partner.
async fn send(wholesaler: WholesalerCode, publisher: Publisher, messages: Placed) -> (WholesalerCode, Vec<Sent>) {
    let (places, messages): (Vec<i64>, Vec<Outgoing>) = messages.into_iter().unzip();
    let results = publisher.publish(&messages).await;
    (wholesaler, places.into_iter().zip(results).collect())
}

/// Tries to reach a partner until it is there, at first after a pause.
fn knock(publisher: Publisher, pause: Duration) -> JoinHandle<()> {
    tokio::spawn(async move {
        sleep(pause).await;
        let mut failures: u32 = 0;
        while let Err(unsent) = publisher.ready().await {
            tracing::debug!(%unsent, "a wholesaler is away");
            failures = failures.saturating_add(1);
            sleep(backoff(failures, PAUSES.0, PAUSES.1)).await;
        }
    })
}
