//! Rate limits: so many requests a second and actor, counted in Redis for all processes together.
//! Without Redis each process counts for itself: never unlimited, never a total outage.
use crate::clock::real_now;
use domain::{
    Problem, error,
    policy::{Actor, Role},
};
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use sha2::{Digest, Sha256};
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

/// At most this many counts are kept in this process; what comes beyond shares a few.
const LOCAL_MAX: usize = 50_000;
/// Attempts to sign in under one name from one address, per minute.
const ATTEMPTS_MAX: u32 = 10;
/// Attempts to sign in under one name from anywhere, per minute: looser, so that a stranger who
/// guesses cannot so easily keep the owner out.
const ATTEMPTS_ANYWHERE_MAX: u32 = 100;
const ATTEMPTS_WINDOW_S: u32 = 60;

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
    local: Mutex<Local>,
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

    /// Counts one request of `address`, whoever sends it, at the rate of a machine's account.
    ///
    /// # Errors
    /// `request.rate_limited`, with the time to wait.
    pub async fn knock(&self, address: &str) -> Result<(), Problem> {
        self.count(&format!("knock:{address}"), self.0.rates.machine, WINDOW_MS, 1).await
    }

    /// Counts one attempt to sign in as `name` from `address`.
    ///
    /// # Errors
    /// `auth.too_many_attempts`.
    pub async fn sign_in(&self, name: &str, address: &str) -> Result<(), Problem> {
        let too_many = || {
            let seconds = ATTEMPTS_WINDOW_S.to_string();
            Problem::new(&error::AUTH_TOO_MANY_ATTEMPTS).with("seconds", &seconds).retry_after(ATTEMPTS_WINDOW_S)
        };
        let window_ms = i64::from(ATTEMPTS_WINDOW_S) * 1_000;
        let here = self.count(&format!("sign-in:{name}@{address}"), ATTEMPTS_MAX, window_ms, 1).await;
        // whoever is stopped here does not use up what others may try
        here.map_err(|_| too_many())?;
        let anywhere = self.count(&format!("sign-in:{name}"), ATTEMPTS_ANYWHERE_MAX, window_ms, 1).await;
        anywhere.map_err(|_| too_many())
    }

    async fn count(&self, who: &str, limit: u32, window_ms: i64, by: u32) -> Result<(), Problem> {
        let now_ms = real_now().timestamp_millis();
        let window = now_ms / window_ms;
        // of one length whatever the caller wrote, and without names and addresses in Redis
        let who: String = Sha256::digest(who.as_bytes()).iter().take(16).map(|byte| format!("{byte:02x}")).collect();
        let key = format!("{}:{who}:{window}", self.0.prefix);
        let counted = match self.count_in_redis(&key, window_ms, now_ms, by).await {
            Some(counted) => counted,
            None => {
                let mut local = self.0.local.lock().unwrap_or_else(PoisonError::into_inner);
                local.count(format!("{who}:{window}"), (window + 1) * window_ms, now_ms, by)
            }
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
}

/// Counts within this process: of each key how often, and until when it matters.
#[derive(Default)]
struct Local(HashMap<String, (u32, i64)>);

impl Local {
    fn count(&mut self, mut key: String, until_ms: i64, now_ms: i64, by: u32) -> u32 {
        if self.0.len() >= LOCAL_MAX && !self.0.contains_key(&key) {
            self.0.retain(|_, (_, until_ms)| *until_ms > now_ms);
            if self.0.len() >= LOCAL_MAX {
                // the flood shares 256 counts; who was counted before it keeps a count of its own
                key.truncate(2);
            }
        }
        let (counted, _) = self.0.entry(key).or_insert((0, until_ms));
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

    #[tokio::test]
    async fn attempts_are_counted_by_name_and_address_and_more_loosely_by_name() {
        let limiter = Limiter::new("test", None, Rates::default());
        let mut refused = 0;
        // a minute may turn in between, so twice ten may be let through
        for _ in 0..21 {
            refused += u32::from(limiter.sign_in("ministry", "203.0.113.9").await.is_err());
        }
        assert!(refused >= 1);
        assert!(limiter.sign_in("ministry", "203.0.113.10").await.is_ok(), "the owner, elsewhere, is not kept out");
        let mut taken = 0;
        for address in 0..300 {
            taken += u32::from(limiter.sign_in("auditor", &format!("198.51.100.{address}")).await.is_ok());
        }
        assert!((100..=200).contains(&taken), "{taken}");
    }

    #[test]
    fn the_memory_of_this_process_is_bounded_and_a_flood_is_still_counted() {
        let mut local = Local::default();
        assert_eq!(local.count("early:0".to_owned(), 1_000, 0, 1), 1);
        let mut most = 0;
        for n in 0..LOCAL_MAX * 2 {
            most = most.max(local.count(format!("{:02x}-{n}", n % 256), 1_000, 0, 1));
        }
        assert!(local.0.len() <= LOCAL_MAX + 256, "{}", local.0.len());
        assert!(most > 100, "{most}");
        assert_eq!(local.count("early:0".to_owned(), 1_000, 0, 1), 2);
        // the next window forgets them
        assert_eq!(local.count("later:1".to_owned(), 2_000, 1_000, 1), 1);
        assert_eq!(local.0.len(), 1);
    }

    #[tokio::test]
    async fn what_is_counted_is_not_written_out() {
        let limiter = Limiter::new("test", None, Rates::default());
        limiter.sign_in(&"x".repeat(1_000_000), "203.0.113.9").await.unwrap();
        let local = limiter.0.local.lock().unwrap();
        assert!(local.0.keys().all(|key| key.len() < 64 && !key.contains("xxx")));
    }
}
