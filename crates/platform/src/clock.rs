//! The one place that reads the machine's clock. Business time is real time, or, in a training
//! instance, a clock of its own (start, speed and steps: a row in `reference.clock`).
use crate::schema::clock;
use crate::{Db, failure::Result};
use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use domain::time::Instant;
use std::sync::{Arc, RwLock};

/// How often every process looks whether the clock was stepped.
const POLL_MS: u64 = 200;

/// Real time, milliseconds. For token expiry, rate limits and durations; business time is [`Clock`].
#[must_use]
#[expect(clippy::disallowed_methods, reason = "this is the place that reads the machine's clock")]
pub fn real_now() -> Instant {
    let now = Utc::now();
    DateTime::from_timestamp_millis(now.timestamp_millis()).unwrap_or(now)
}

/// The row of `reference.clock`.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = clock)]
pub struct Setting {
    /// A training instance may have a clock of its own.
    pub training: bool,
    /// Business time at `real_start`.
    pub business_start: Instant,
    /// Real time at which the setting was made.
    pub real_start: Instant,
    /// Business seconds in a thousand real ones; 0 stands still.
    pub speed_permille: i32,
}

impl Setting {
    /// The instance's setting; none before it was seeded.
    ///
    /// # Errors
    /// The database's.
    pub async fn stored(conn: &mut AsyncPgConnection) -> Result<Option<Self>> {
        Ok(clock::table.select(Self::as_select()).first(conn).await.optional()?)
    }

    /// A clock that shows real time.
    #[must_use]
    pub fn real(now: Instant) -> Self {
        Self { training: false, business_start: now, real_start: now, speed_permille: 1_000 }
    }

    /// Business time at a real instant.
    #[must_use]
    pub fn at(&self, real: Instant) -> Instant {
        let passed = i128::from((real - self.real_start).num_milliseconds()) * i128::from(self.speed_permille) / 1_000;
        let passed = i64::try_from(passed).unwrap_or(0);
        self.business_start + TimeDelta::milliseconds(passed)
    }
}

/// Business time, shared by all that runs in a process.
#[derive(Debug, Clone)]
pub struct Clock(Arc<RwLock<Setting>>);

impl Clock {
    /// A clock with this setting, for a process that has loaded it, or a test.
    #[must_use]
    pub fn new(setting: Setting) -> Self {
        Self(Arc::new(RwLock::new(setting)))
    }

    fn setting(&self) -> Setting {
        // a poisoned lock still holds a whole setting: it is replaced in one assignment
        self.0.read().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }

    /// Business time now, milliseconds.
    #[must_use]
    pub fn now(&self) -> Instant {
        self.setting().at(real_now())
    }

    /// Is this a training instance?
    #[must_use]
    pub fn training(&self) -> bool {
        self.setting().training
    }

    /// Puts a setting in force in this process.
    pub fn set(&self, setting: Setting) {
        *self.0.write().unwrap_or_else(std::sync::PoisonError::into_inner) = setting;
    }

    /// Reads the setting from the database once. An instance without a row lives in real time.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn load(db: &Db) -> Result<Self> {
        Ok(Self::new(load(db).await?))
    }

    /// Follows the database from now on, so that a step reaches every process within moments.
    pub fn follow(&self, db: Db) {
        let clock = self.clone();
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(std::time::Duration::from_millis(POLL_MS)).await;
                // trouble with the database is reported by whoever needs it; the clock runs on
                if let Ok(setting) = load(&db).await {
                    clock.set(setting);
                }
            }
        });
    }
}

async fn load(db: &Db) -> Result<Setting> {
    let stored = Setting::stored(&mut *db.read().await?).await?;
    Ok(stored.unwrap_or_else(|| Setting::real(real_now())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::time::parse_instant;

    #[test]
    fn business_time_runs_at_its_speed_from_its_start() {
        let at = |text: &str| parse_instant(text).unwrap();
        let setting = Setting {
            training: true,
            business_start: at("2021-04-05T03:30:00Z"),
            real_start: at("2026-11-20T00:00:00Z"),
            speed_permille: 2_000,
        };
        assert_eq!(setting.at(at("2026-11-20T00:00:10Z")), at("2021-04-05T03:30:20Z"));
        assert_eq!(
            Setting::real(at("2026-11-20T00:00:00Z")).at(at("2026-11-20T00:00:10Z")),
            at("2026-11-20T00:00:10Z")
        );
    }
}
