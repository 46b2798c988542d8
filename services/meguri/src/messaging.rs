//! The process's part in messaging: the broker's places, the relay, and the services' consumers.
use crate::home::Home;
use platform::{
    amqp::{Broker, backoff},
    background::{Background, Stop},
    clock::Clock,
    failure::Result,
    months,
};
use relay::{Relay, delivery::Settings, topology};
use std::time::Duration;

/// First and longest pause between attempts to make the broker's places.
const PAUSES: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(5));

/// What of messaging runs in a process.
pub struct Messaging {
    /// The relay, if it runs here.
    pub relay: Option<Relay>,
    task: Background,
}

/// Starts what services do with the broker: their consumers, which are started as soon as the broker has
/// the queues.
pub type Consumers = Box<dyn FnOnce(&Broker) -> Vec<Background> + Send>;

impl Messaging {
    /// Starts in the background: a broker that is away keeps nothing else from working.
    ///
    /// # Errors
    /// When the relay's pools cannot be set up.
    pub fn start(home: &Home, broker: Broker, clock: &Clock, runs_relay: bool, consumers: Consumers) -> Result<Self> {
        let relay = match runs_relay {
            true => {
                Some(Relay::new(broker.clone(), &home.role_url("relay_app")?, clock.clone(), delivery(home, clock))?)
            }
            false => None,
        };
        if let Some(relay) = &relay {
            months::keep(&relay.inbox.db, clock);
        }
        let drained = relay.clone();
        let task = Background::run(|mut stop| async move {
            // who runs the relay looks after the broker's places; others wait for them in their consumers
            if drained.is_some() && !make_places(&broker, &mut stop).await {
                return;
            }
            let running = drained.as_ref().map(Relay::start);
            let consumers = consumers(&broker);
            stop.wait().await;
            for consumer in consumers {
                consumer.stop().await;
            }
            if let Some(running) = running {
                running.stop().await;
            }
        });
        Ok(Self { relay, task })
    }

    /// Finishes what is in hand, publishes no more and closes the connections.
    pub async fn stop(self) {
        self.task.stop().await;
    }
}

/// How notices leave this instance.
#[must_use]
pub fn delivery(home: &Home, clock: &Clock) -> Settings {
    Settings::from_env(&home.stack.instance, &home.stack.secret, clock.training())
}

/// Makes the main virtual host; answers whether to go on.
async fn make_places(broker: &Broker, stop: &mut Stop) -> bool {
    let mut failures = 0;
    while let Err(failure) = topology::ensure_main(broker).await {
        tracing::warn!(%failure, "messages wait for the broker");
        if !stop.pause(backoff(failures, PAUSES.0, PAUSES.1)).await {
            return false;
        }
        failures += 1;
    }
    true
}
