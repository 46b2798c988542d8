//! What exists at the broker: virtual hosts, exchanges, queues, policies, users. All of it is made through
//! the management interface, by an administrator; our processes and partners may configure nothing.
//! Everything may be made again: what is there stays.
use domain::WholesalerCode;
use platform::{
    amqp::{ANSWERS, Broker, EVENTS, FROM_PARTNER, REPLAY, TO_PARTNER},
    failure::Result,
    opctx::new_id,
};
use serde_json::{Value, json};
use std::time::Duration;
use wire::events::{
    AllocationCommitted, AllocationReleased, CapacityReported, Event, FacilityChanged, NotificationRequested,
};

/// What a watcher who has stopped reading may keep waiting, bytes.
const WATCHED_BYTES_MAX: u32 = 16 << 20;
/// Bytes a queue holds before it refuses more: one company must not fill the broker's disk.
const BYTES_MAX: u32 = 256 << 20;
/// A watcher that never came: its queue is gone after this, milliseconds.
const WATCH_MS: u32 = 60_000;
/// Messages a queue holds before it refuses more: then they stay in the outbox.
const LENGTH_MAX: u32 = 100_000;
/// Events that nobody consumes are shown, not kept.
const OBSERVED_MAX: u32 = 10_000;
/// Deliveries of a message that brings its consumer down, before the broker parks it.
const DELIVERIES: u32 = 10;
/// A user's connections are closed by the broker a moment after the user was deleted.
const CLOSING: Duration = Duration::from_millis(100);
/// How often that is waited for.
const CLOSING_TRIES: usize = 50;

/// A queue and the routing keys with which it is bound to an exchange.
struct Bound<'a> {
    queue: &'a str,
    exchange: &'a str,
    keys: &'a [&'a str],
}

const MAIN: [Bound<'static>; 4] = [
    Bound { queue: "distribution", exchange: EVENTS, keys: &[AllocationReleased::TYPE] },
    Bound { queue: "allocation", exchange: EVENTS, keys: &["shipment.#", "receipt.#"] },
    Bound { queue: "notifications", exchange: EVENTS, keys: &[NotificationRequested::TYPE] },
    Bound { queue: "replay", exchange: EVENTS, keys: &[REPLAY] },
];

/// Types that nobody consumes yet: bound all the same, so that what is unroutable is a mistake.
const OBSERVED: Bound<'static> = Bound {
    queue: "observers",
    exchange: EVENTS,
    keys: &[FacilityChanged::TYPE, CapacityReported::TYPE, AllocationCommitted::TYPE],
};

const PARTNER: [Bound<'static>; 2] = [
    Bound { queue: "orders", exchange: TO_PARTNER, keys: &["#"] },
    Bound { queue: ANSWERS, exchange: FROM_PARTNER, keys: &["#"] },
];

/// Where messages go that no queue takes.
const MAIN_UNROUTABLE: &str = "meguri.unroutable";
const PARTNER_UNROUTABLE: &str = "unroutable";

/// What our own user may write and read in a partner's virtual host. The default exchange is for parking.
const OWN_WRITE: &str = r"^(to-partner|amq\.default)$";
const OWN_READ: &str = r"^(answers|answers\.dead|orders\.dead|unroutable|tail-[0-9a-f]{32})$";

/// Makes the main virtual host and our own user.
///
/// # Errors
/// `broker.unavailable`, with the broker's own words.
pub async fn ensure_main(broker: &Broker) -> Result<()> {
    let vhost = broker.main_vhost();
    let user = json!({"password": broker.service_password(), "tags": ""});
    broker.management().put(&format!("users/{}", broker.service_user()), &user).await?;
    put_vhost(broker, vhost).await?;
    put_exchange(broker, vhost, EVENTS, MAIN_UNROUTABLE).await?;
    for bound in &MAIN {
        put_bound(broker, vhost, bound).await?;
    }
    let dropping = json!({"max-length": OBSERVED_MAX, "overflow": "drop-head"});
    put_queue(broker, vhost, OBSERVED.queue, &dropping).await?;
    bind(broker, vhost, &OBSERVED).await?;
    permit(broker, vhost, broker.service_user(), [".*", ".*"]).await
}

/// Makes a wholesaler's virtual host. It gets a user with [`credentials`].
///
/// # Errors
/// `broker.unavailable`, with the broker's own words.
pub async fn provision(broker: &Broker, wholesaler: WholesalerCode) -> Result<()> {
    let vhost = &broker.partner_vhost(wholesaler);
    put_vhost(broker, vhost).await?;
    put_exchange(broker, vhost, TO_PARTNER, PARTNER_UNROUTABLE).await?;
    put_exchange(broker, vhost, FROM_PARTNER, PARTNER_UNROUTABLE).await?;
    for bound in &PARTNER {
        put_bound(broker, vhost, bound).await?;
    }
    permit(broker, vhost, broker.service_user(), [OWN_WRITE, OWN_READ]).await
}

/// Gives a wholesaler's user this password. An older one is dead at once, and so are its connections.
///
/// # Errors
/// `broker.unavailable`, with the broker's own words; also when the wholesaler was not provisioned.
pub async fn credentials(broker: &Broker, wholesaler: WholesalerCode, password: &str) -> Result<()> {
    revoke(broker, wholesaler).await?;
    let user = broker.partner_user(wholesaler);
    let body = json!({"password": password, "tags": ""});
    broker.management().put(&format!("users/{user}"), &body).await?;
    permit(broker, &broker.partner_vhost(wholesaler), &user, ["^from-partner$", "^orders$"]).await
}

/// Deletes a wholesaler's user and closes its connections; answers whether there was one. Its virtual host
/// stays, with what lies in it.
///
/// # Errors
/// `broker.unavailable`, with the broker's own words.
pub async fn revoke(broker: &Broker, wholesaler: WholesalerCode) -> Result<bool> {
    let user = broker.partner_user(wholesaler);
    let existed = broker.management().delete(&format!("users/{user}")).await?;
    if existed {
        // the broker closes them itself when a user goes; this makes sure that it has
        for _ in 0..CLOSING_TRIES {
            if broker.management().close_connections(&user, "the user was revoked").await? == 0 {
                break;
            }
            tokio::time::sleep(CLOSING).await;
        }
    }
    Ok(existed)
}

/// Has this wholesaler a user?
///
/// # Errors
/// `broker.unavailable`.
pub async fn has_user(broker: &Broker, wholesaler: WholesalerCode) -> Result<bool> {
    let path = format!("users/{}", broker.partner_user(wholesaler));
    Ok(broker.management().get::<Value>(&path).await?.is_some())
}

/// Deletes everything of the instance: its virtual hosts with all messages, and its users. For tests, and
/// for an instance that is made anew.
///
/// # Errors
/// `broker.unavailable`.
pub async fn remove(broker: &Broker) -> Result<()> {
    for wholesaler in broker.provisioned().await? {
        broker.management().delete(&format!("users/{}", broker.partner_user(wholesaler))).await?;
        broker.management().delete(&format!("vhosts/{}", broker.partner_vhost(wholesaler))).await?;
    }
    broker.management().delete(&format!("users/{}", broker.service_user())).await?;
    broker.management().delete(&format!("vhosts/{}", broker.main_vhost())).await?;
    Ok(())
}

async fn put_vhost(broker: &Broker, vhost: &str) -> Result<()> {
    broker.management().put(&format!("vhosts/{vhost}"), &json!({})).await
}

/// A topic exchange whose unroutable messages go to a queue called `unroutable`, through an exchange of
/// that name.
async fn put_exchange(broker: &Broker, vhost: &str, name: &str, unroutable: &str) -> Result<()> {
    let management = broker.management();
    let fanout = json!({"type": "fanout", "durable": true});
    management.put(&format!("exchanges/{vhost}/{unroutable}"), &fanout).await?;
    let keeping = json!({"max-length": LENGTH_MAX, "max-length-bytes": BYTES_MAX, "overflow": "reject-publish"});
    put_queue(broker, vhost, unroutable, &keeping).await?;
    bind(broker, vhost, &Bound { queue: unroutable, exchange: unroutable, keys: &[""] }).await?;
    let topic = json!({"type": "topic", "durable": true, "arguments": {"alternate-exchange": unroutable}});
    management.put(&format!("exchanges/{vhost}/{name}"), &topic).await
}

/// A queue with its queue of parked messages, bound.
async fn put_bound(broker: &Broker, vhost: &str, bound: &Bound<'_>) -> Result<()> {
    let dead = format!("{}.dead", bound.queue);
    let keeping = json!({"max-length": LENGTH_MAX, "max-length-bytes": BYTES_MAX, "overflow": "reject-publish"});
    put_queue(broker, vhost, &dead, &keeping).await?;
    let working = json!({
        "max-length": LENGTH_MAX, "max-length-bytes": BYTES_MAX, "overflow": "reject-publish", "delivery-limit": DELIVERIES,
        "dead-letter-exchange": "", "dead-letter-routing-key": dead, "dead-letter-strategy": "at-least-once",
    });
    put_queue(broker, vhost, bound.queue, &working).await?;
    bind(broker, vhost, bound).await
}

/// A queue for somebody who watches: it gets copies of what goes to a wholesaler and of what comes from it, and
/// is gone with whoever reads it. Answers its name.
///
/// # Errors
/// `broker.unavailable`.
pub async fn watch(broker: &Broker, wholesaler: WholesalerCode) -> Result<String> {
    let (vhost, name) = (broker.partner_vhost(wholesaler), format!("tail-{}", new_id().simple()));
    let queue = json!({"durable": false, "auto_delete": true, "arguments": {
        "x-expires": WATCH_MS, "x-max-length": OBSERVED_MAX, "x-max-length-bytes": WATCHED_BYTES_MAX, "x-overflow": "drop-head",
    }});
    broker.management().put(&format!("queues/{vhost}/{name}"), &queue).await?;
    for exchange in [TO_PARTNER, FROM_PARTNER] {
        bind(broker, &vhost, &Bound { exchange, queue: &name, keys: &["#"] }).await?;
    }
    Ok(name)
}

/// A quorum queue, and its limits as a policy: they can be changed without making the queue anew.
async fn put_queue(broker: &Broker, vhost: &str, name: &str, limits: &Value) -> Result<()> {
    let pattern = format!("^{}$", name.replace('.', "\\."));
    let policy = json!({"pattern": pattern, "definition": limits, "apply-to": "queues", "priority": 0});
    // before the queue, so that it is never without
    broker.management().put(&format!("policies/{vhost}/{name}"), &policy).await?;
    let queue = json!({"durable": true, "auto_delete": false, "arguments": {"x-queue-type": "quorum"}});
    broker.management().put(&format!("queues/{vhost}/{name}"), &queue).await
}

async fn bind(broker: &Broker, vhost: &str, bound: &Bound<'_>) -> Result<()> {
    for key in bound.keys {
        let path = format!("bindings/{vhost}/e/{}/q/{}", bound.exchange, bound.queue);
        broker.management().post(&path, &json!({"routing_key": key, "arguments": {}})).await?;
    }
    Ok(())
}

/// Nobody configures; who may write and read what is given as two patterns.
async fn permit(broker: &Broker, vhost: &str, user: &str, [write, read]: [&str; 2]) -> Result<()> {
    let body = json!({"configure": "^$", "write": write, "read": read});
    broker.management().put(&format!("permissions/{vhost}/{user}"), &body).await
}
