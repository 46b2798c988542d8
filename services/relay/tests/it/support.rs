//! A database with outboxes, names at the broker, and what passes by.
use domain::policy::{Action, Actor, Place, decide};
use domain::{TerritoryCode, time::Instant};
use platform::{
    Db, OpCtx, Tx,
    amqp::{self, Broker, Consumer, Message, Outcome, Outgoing, Queue, lapin},
    audit,
    clock::Clock,
    inbox::Inbox,
    opctx::new_id,
    outbox,
};
use relay::{Relay, app::status, delivery::Settings};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use testkit::{TestBroker, TestDb, app::until};
use uuid::Uuid;
use wire::events::{CapacityReported, CloudEvent, NotificationRequested};

/// A database, and names of its own at the shared broker.
pub struct Bench {
    // removed last, so that nothing is drained from a database that is gone
    pub names: TestBroker,
    pub db: TestDb,
    pub capacity: Db,
    pub clock: Clock,
}

impl Bench {
    pub async fn new() -> Self {
        platform::telemetry::start("error", false);
        let db = TestDb::new().await;
        let names = TestBroker::ready(&db.home).await;
        let capacity = db.home.pool("capacity_app", "capacity").unwrap();
        let clock = Clock::load(&capacity).await.unwrap();
        Self { names, db, capacity, clock }
    }

    pub fn broker(&self) -> &Broker {
        &self.names.broker
    }

    pub fn relay(&self) -> Relay {
        self.relay_on(self.broker())
    }

    pub fn relay_on(&self, broker: &Broker) -> Relay {
        Relay::new(broker.clone(), &self.db.home.role_url("relay_app").unwrap(), self.clock.clone(), settings())
            .unwrap()
    }

    /// Relay's own inbox, for consumers made for a test.
    pub fn inbox(&self) -> Inbox {
        Inbox { db: self.db.home.pool("relay_app", "relay").unwrap(), clock: self.clock.clone() }
    }

    pub fn ctx(&self) -> OpCtx {
        OpCtx::system("test", &self.clock)
    }

    /// A transaction of capacity.
    pub async fn begin(&self) -> Tx {
        let nation = Place::Territory(TerritoryCode::NATION);
        let permit = decide(&Actor::system("test"), Action::EventApply, nation).unwrap();
        let entry = audit::Entry { target: "test".to_owned(), cause: new_id(), reason: None };
        Tx::begin(&self.capacity, &self.ctx(), &[(&permit, entry)]).await.unwrap()
    }

    /// One notification in capacity's outbox.
    pub async fn notify(&self) -> Uuid {
        let mut tx = self.begin().await;
        let notification = notification();
        outbox::emit(&mut tx, &self.ctx(), notification.notification_id, &notification).await.unwrap();
        tx.finish(Ok(())).await.unwrap();
        notification.notification_id
    }

    /// One report of each facility in capacity's outbox.
    pub async fn report(&self, facilities: &[Uuid]) {
        let mut tx = self.begin().await;
        let events: Vec<_> = facilities.iter().map(|facility| (new_id(), report(*facility))).collect();
        outbox::emit_all(&mut tx, &self.ctx(), &events).await.unwrap();
        tx.finish(Ok(())).await.unwrap();
    }

    /// An event of a shipment in distribution's outbox, as if it had been emitted.
    pub async fn shipment(&self, kind: &str, id: Uuid, sequence: i64, wholesaler: &str) {
        let data = json!({"shipment_id": id, "wholesaler": wholesaler, "branch": format!("{wholesaler}-01")});
        self.db
            .sql(&format!(
                "insert into distribution.outbox (id, subject, sequence, type, cause_id, business_at, payload)
                 values ('{}', 'shipment/{id}', {sequence}, '{kind}', '{}', now(), '{data}')",
                new_id(),
                new_id()
            ))
            .await;
    }

    /// Rows of an outbox that not everybody has.
    pub async fn unsent(&self, schema: &str) -> i64 {
        self.db.number(&format!("select count(*) from {schema}.outbox where published_at is null")).await
    }

    pub async fn all_sent(&self, schema: &str) {
        until("everything is published", async || self.unsent(schema).await == 0).await;
    }

    pub async fn notifications(&self) -> i64 {
        self.db.number("select count(*) from relay.notification").await
    }
}

/// Mail and webhooks as in a training instance without a mail server.
pub fn settings() -> Settings {
    Settings {
        instance: "test".to_owned(),
        secret: "secret".to_owned(),
        smtp_url: None,
        mail_from: "meguri@example.jp".to_owned(),
        public_url: "https://meguri.example.jp/".to_owned(),
        private_webhooks: false,
        training: true,
    }
}

pub fn notification() -> NotificationRequested {
    NotificationRequested {
        notification_id: new_id(),
        recipient_kind: "territory".to_owned(),
        recipient: "130001".to_owned(),
        about: "shipment/1".to_owned(),
        topic: "shipment.discrepancy".to_owned(),
        ja: "不足".to_owned(),
        en: "short".to_owned(),
        due_at: None,
        training: true,
    }
}

pub fn report(facility: Uuid) -> CapacityReported {
    CapacityReported {
        report_id: new_id(),
        facility_id: facility,
        municipality: "131016".to_owned(),
        form: "daily".to_owned(),
        form_version: 1,
        business_day: "2021-04-05".to_owned(),
        revision: 1,
        as_of: "2021-04-05T04:00:00.000Z".to_owned(),
        source: "api".to_owned(),
        training: true,
        values: json!({}),
    }
}

/// Which relay publishes capacity's outbox, of several.
pub async fn active(relays: &[Relay]) -> Option<usize> {
    for (index, relay) in relays.iter().enumerate() {
        let all = status::status(relay).await.unwrap();
        if all.iter().any(|outbox| outbox.schema == "capacity" && outbox.active) {
            return Some(index);
        }
    }
    None
}

/// What a queue delivered, in order.
#[derive(Clone, Default)]
pub struct Seen(Arc<Mutex<Vec<Message>>>);

impl Seen {
    pub fn messages(&self) -> Vec<Message> {
        self.0.lock().unwrap().clone()
    }

    pub fn events(&self) -> Vec<CloudEvent> {
        self.messages().iter().map(|message| message.event().unwrap()).collect()
    }

    pub fn count(&self) -> usize {
        self.0.lock().unwrap().len()
    }

    /// Sequences of a subject, in the order of their first delivery.
    pub fn sequences(&self, subject: &str) -> Vec<i64> {
        let mut sequences = Vec::new();
        for event in self.events().iter().filter(|event| event.subject == subject) {
            let sequence = event.sequence.parse().unwrap();
            if !sequences.contains(&sequence) {
                sequences.push(sequence);
            }
        }
        sequences
    }
}

/// Consumes a queue and keeps what comes.
pub fn collect(broker: &Broker, vhost: &str, queue: &str) -> (Consumer, Seen) {
    let seen = Seen::default();
    let kept = seen.clone();
    let queue = Queue { lanes: 1, ..Queue::new(vhost, queue) };
    let consumer = amqp::consume(broker, queue, move |message: Arc<Message>| {
        kept.0.lock().unwrap().push(Message::clone(&message));
        async { Ok(Outcome::Ack) }
    });
    (consumer, seen)
}

/// Messages in a queue, counted by the queue itself.
pub async fn depth(broker: &Broker, vhost: &str, queue: &str) -> u32 {
    let url = broker.url(broker.service_user(), broker.service_password(), vhost);
    let connection = lapin::Connection::connect(&url, lapin::ConnectionProperties::default()).await.unwrap();
    let channel = connection.create_channel().await.unwrap();
    let passive = lapin::options::QueueDeclareOptions { passive: true, ..Default::default() };
    let declared = channel.queue_declare(queue.into(), passive, lapin::types::FieldTable::default()).await;
    let count = declared.map(|queue| queue.message_count()).unwrap_or(0);
    let _ = connection.close(200, "done".into()).await;
    count
}

/// The first message of a queue, which stays there: its headers and body.
pub async fn peek(broker: &Broker, vhost: &str, queue: &str) -> Value {
    let ask = json!({"count": 1, "ackmode": "ack_requeue_true", "encoding": "auto"});
    let path = format!("queues/{vhost}/{queue}/get");
    let found: Value = serde_json::from_slice(&broker.management().post(&path, &ask).await.unwrap()).unwrap();
    found[0].clone()
}

/// An event as an envelope.
pub fn cloud_event(kind: &str, subject: &str, sequence: i64, data: Value) -> CloudEvent {
    CloudEvent {
        specversion: "1.0".to_owned(),
        id: new_id(),
        kind: kind.to_owned(),
        source: "/meguri/capacity".to_owned(),
        subject: subject.to_owned(),
        time: "2021-04-05T04:00:00.000Z".to_owned(),
        datacontenttype: "application/json".to_owned(),
        dataschema: format!("/contracts/events/{kind}.schema.json"),
        sequence: sequence.to_string(),
        traceparent: None,
        position: "1".to_owned(),
        data,
    }
}

/// A notification as an event.
pub fn notification_event() -> CloudEvent {
    let data = notification();
    let subject = format!("notification/{}", data.notification_id);
    cloud_event("notification.requested.v1", &subject, 1, serde_json::to_value(data).unwrap())
}

/// The event as a message to the exchange of events.
pub fn outgoing(event: &CloudEvent, at: Instant) -> Outgoing {
    Outgoing::event(amqp::EVENTS, &event.id.to_string(), &event.kind, at, serde_json::to_vec(event).unwrap())
}
