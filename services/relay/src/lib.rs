//! Publishes every outbox to RabbitMQ, keeps the notifications and delivers them; no business rule.
pub mod api;
pub mod app;
pub mod delivery;
pub mod jobs;
pub mod topology;

use jobs::drain::{self, Progress};
use platform::{
    Db, Shared,
    amqp::{Broker, Publisher},
    background::Background,
    clock::Clock,
    failure::Result,
    inbox::{self, Inbox, Stuck},
    outbox_unsent,
};

/// The services whose outbox is published: each has its own schema.
pub const SCHEMAS: [&str; 5] = ["identity", "capacity", "allocation", "distribution", "relay"];

/// Connections to each outbox: one publishes, one answers.
const CONNECTIONS: usize = 2;

/// One service's outbox.
#[derive(Clone)]
pub struct Outbox {
    /// Whose: the schema's name.
    pub schema: &'static str,
    /// Pool in role `relay_app`, in which unqualified names mean that schema.
    pub db: Db,
    progress: Progress,
}

/// The service: what its jobs and use cases share. Cheap to clone.
#[derive(Clone)]
pub struct Relay {
    /// Where events go.
    pub broker: Broker,
    /// Its own inbox.
    pub inbox: Inbox,
    /// What is drained.
    pub outboxes: Vec<Outbox>,
    /// How notices leave.
    pub delivery: delivery::Settings,
    publisher: Publisher,
}

/// What asking for notices needs: no broker. Cheap to clone.
#[derive(Clone)]
pub struct Notices {
    /// Shared by all services of the process.
    pub shared: Shared,
    /// Pool in the role `relay_app`.
    pub db: Db,
    /// How notices leave.
    pub delivery: delivery::Settings,
}

/// Everything of a relay that runs. Dropped, it stops.
pub struct Running {
    jobs: Vec<Background>,
    /// Subjects of notifications whose gap does not fill.
    pub stuck: Stuck,
}

impl Running {
    /// Finishes what is in hand and closes the connections.
    pub async fn stop(self) {
        for job in self.jobs {
            job.stop().await;
        }
    }

    /// Ends in the middle of whatever it does, as if the process had died.
    pub fn kill(self) {
        for job in self.jobs {
            job.kill();
        }
    }
}

impl Relay {
    /// The service in role `relay_app`, whose address `database_url` is. Nothing is connected yet. Notices leave as
    /// `delivery` says.
    ///
    /// # Errors
    /// When a pool cannot be set up.
    pub fn new(broker: Broker, database_url: &str, clock: Clock, delivery: delivery::Settings) -> Result<Self> {
        let outbox = |schema| {
            let db = Db::new(database_url, schema, CONNECTIONS)?;
            Ok(Outbox { schema, db, progress: Progress::default() })
        };
        let publisher = broker.publisher(broker.main_vhost());
        Ok(Self {
            inbox: Inbox { db: Db::new(database_url, "relay", CONNECTIONS)?, clock },
            outboxes: SCHEMAS.into_iter().map(outbox).collect::<Result<_>>()?,
            broker,
            delivery,
            publisher,
        })
    }

    /// Starts draining, and consuming what is for relay itself. Whatever the broker or the database does,
    /// it goes on when they are back. Keep the answer.
    #[must_use]
    pub fn start(&self) -> Running {
        let drains = self.outboxes.iter().map(|outbox| drain::start(self, outbox));
        let mut jobs: Vec<Background> = drains.collect();
        jobs.push(jobs::notify::start(self));
        jobs.push(jobs::replay::start(self));
        jobs.push(jobs::deliver::start(self));
        let (watch, stuck) = inbox::watch(&self.broker, &self.inbox);
        jobs.push(watch);
        Running { jobs, stuck }
    }

    /// The outbox whose events have this source.
    #[must_use]
    pub fn outbox_of(&self, source: &str) -> Option<&Outbox> {
        self.outboxes.iter().find(|outbox| outbox_unsent::source(outbox.schema) == source)
    }
}
