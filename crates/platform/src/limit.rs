//! Rate limits: so many requests a second and actor, counted in Redis for all processes together.
//! Without Redis each process counts for itself: never unlimited, never a total outage.
use crate::clock::real_now;
use domain::{
    Problem, error,
    policy::{Actor, Role},
};
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

/// A counter that takes longer than this is not waited for.
const REDIS_TIMEOUT: Duration = Duration::from_millis(250);
/// After a failure Redis is left alone for this long, so that its absence costs nothing.
const REDIS_REST_MS: i64 = 1_000;
/// Length of one counting window.
const WINDOW_MS: i64 = 1_000;

/// Requests a second, by kind of actor (contracts: person 20, service account 500, public 10).
#[derive(Debug, Clone, Copy)]
pub struct Rates {
    /// A person's account.
    pub person: u32,
    /// A machine's account.
    pub machine: u32,
    /// An address that is not signed in.
    pub public: u32,
}

impl Default for Rates {
    fn default() -> Self {
        Self { person: 20, machine: 500, public: 10 }
    }
}

/// Counts requests.
#[derive(Clone)]
pub struct Limiter(Arc<Inner>);

struct Inner {
    rates: Rates,
    prefix: String,
    redis: Option<redis::Client>,
    manager: tokio::sync::OnceCell<ConnectionManager>,
    resting_until_ms: AtomicI64,
    local: Mutex<(i64, HashMap<String, u32>)>,
}

impl Limiter {
    /// A limiter for `instance`. `redis_url` that cannot be parsed or reached means local counting.
    #[must_use]
    pub fn new(instance: &str, redis_url: Option<&str>, rates: Rates) -> Self {
        let redis = redis_url.and_then(|url| {
            redis::Client::open(url)
                .inspect_err(|error| tracing::warn!(%error, "REDIS_URL is not usable; counting locally"))
                .ok()
        });
        Self(Arc::new(Inner {
            rates,
            prefix: format!("meguri:{instance}:rate"),
            redis,
            manager: tokio::sync::OnceCell::new(),
            resting_until_ms: AtomicI64::new(0),
            local: Mutex::default(),
        }))
    }

    /// Counts one request of `actor`; `address` stands for whoever is not signed in.
    ///
    /// # Errors
    /// `request.rate_limited`, with the time to wait.
    pub async fn take(&self, actor: &Actor, address: &str) -> Result<(), Problem> {
        let rates = self.0.rates;
        let (who, limit) = match actor.role {
            Role::Public => (format!("ip:{address}"), rates.public),
            _ if actor.machine => (actor.account.to_string(), rates.machine),
            _ => (actor.account.to_string(), rates.person),
        };
        self.count(&who, limit, WINDOW_MS, 1).await
    }

    /// Counts one attempt to sign in as `name`: at most ten a minute.
    ///
    /// # Errors
    /// `auth.too_many_attempts`.
    pub async fn sign_in(&self, name: &str) -> Result<(), Problem> {
        const WINDOW_S: u32 = 60;
        self.count(&format!("sign-in:{name}"), 10, i64::from(WINDOW_S) * 1_000, 1).await.map_err(|_| {
            Problem::new(&error::AUTH_TOO_MANY_ATTEMPTS).with("seconds", &WINDOW_S.to_string()).retry_after(WINDOW_S)
        })
    }

    async fn count(&self, who: &str, limit: u32, window_ms: i64, by: u32) -> Result<(), Problem> {
        let now_ms = real_now().timestamp_millis();
        let key = format!("{}:{who}:{}", self.0.prefix, now_ms / window_ms);
        let counted = match self.count_in_redis(&key, window_ms, now_ms, by).await {
            Some(counted) => counted,
            None => self.count_locally(key, now_ms / WINDOW_MS, by),
        };
        if counted <= limit {
            return Ok(());
        }
        Err(Problem::new(&error::REQUEST_RATE_LIMITED).with("limit", &limit.to_string()).retry_after(1))
    }

    async fn count_in_redis(&self, key: &str, window_ms: i64, now_ms: i64, by: u32) -> Option<u32> {
        if self.0.resting_until_ms.load(Ordering::Relaxed) > now_ms {
            return None;
        }
        let counted = tokio::time::timeout(REDIS_TIMEOUT, async {
            let mut redis = self.manager().await?;
            let (counted,): (u32,) = redis::pipe()
                .cmd("INCRBY")
                .arg(key)
                .arg(by)
                .cmd("PEXPIRE")
                .arg(key)
                .arg(window_ms * 2)
                .ignore()
                .query_async(&mut redis)
                .await?;
            Ok::<u32, redis::RedisError>(counted)
        })
        .await;
        match counted {
            Ok(Ok(counted)) => Some(counted),
            failed => {
                let rested_until_ms = self.0.resting_until_ms.swap(now_ms + REDIS_REST_MS, Ordering::Relaxed);
                // once when it goes, not once a second while it is gone
                if now_ms - rested_until_ms > REDIS_REST_MS * 10 {
                    tracing::warn!(?failed, "Redis does not count; counting locally");
                }
                None
            }
        }
    }

    async fn manager(&self) -> Result<ConnectionManager, redis::RedisError> {
        let client = self
            .0
            .redis
            .clone()
            .ok_or_else(|| redis::RedisError::from((redis::ErrorKind::InvalidClientConfig, "no Redis")))?;
        let config = ConnectionManagerConfig::new()
            .set_number_of_retries(1)
            .set_connection_timeout(Some(REDIS_TIMEOUT))
            .set_response_timeout(Some(REDIS_TIMEOUT));
        let connect = || ConnectionManager::new_with_config(client, config);
        self.0.manager.get_or_try_init(connect).await.cloned()
    }

    /// Counts within this process. Keys of earlier seconds are dropped together; a longer window
    /// (sign-ins) then starts anew, which only this process's own memory can make it do.
    fn count_locally(&self, key: String, second: i64, by: u32) -> u32 {
        const KEEP_S: i64 = 60;
        let mut local = self.0.local.lock().unwrap_or_else(PoisonError::into_inner);
        if second - local.0 > KEEP_S {
            *local = (second, HashMap::new());
        }
        let counted = local.1.entry(key).or_insert(0);
        *counted = counted.saturating_add(by);
        *counted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn without_redis_the_limit_still_holds() {
        let rates = Rates { person: 2, machine: 3, public: 1 };
        let limiter = Limiter::new("test", Some("redis://127.0.0.1:1/"), rates);
        let public = Actor::public();
        // a second may turn between two requests, so three in a row are counted at least twice in one
        let mut refused = 0;
        for _ in 0..3 {
            refused += u32::from(limiter.take(&public, "203.0.113.9").await.is_err());
        }
        assert!(refused >= 1);
        assert!(limiter.take(&public, "203.0.113.10").await.is_ok(), "another address is another count");
    }
}
