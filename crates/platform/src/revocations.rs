//! What was revoked although its tokens have not expired: sessions that were ended, accounts that were
//! suspended, delegations that were taken back. Identity writes the rows; every process reads them every two
//! seconds and keeps the last list when the database cannot be asked.
use crate::schema::revocation;
use crate::{Db, clock::real_now, failure::Result};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::{policy::Actor, time::Instant};
use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};
use uuid::Uuid;

/// How often every process looks.
const POLL: Duration = Duration::from_secs(2);
/// What this process noted itself is kept for so long beside a list that may have been read just before.
const NOTED_S: i64 = 10;

/// What is revoked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A sign-in session.
    Session,
    /// All tokens of an account that were issued until then.
    Account,
    /// A delegation.
    Delegation,
}

impl Kind {
    /// The name in the table.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Session => "session",
            Self::Account => "account",
            Self::Delegation => "delegation",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        [Self::Session, Self::Account, Self::Delegation].into_iter().find(|kind| kind.as_str() == text)
    }
}

/// The list, shared by all that verify tokens in a process: of each when, in seconds since 1970.
#[derive(Debug, Clone, Default)]
pub struct Revocations(Arc<RwLock<HashMap<(Kind, Uuid), i64>>>);

impl Revocations {
    /// Was the token of this actor, issued at `issued_s`, revoked?
    #[must_use]
    pub fn refuse(&self, actor: &Actor, issued_s: i64) -> bool {
        let list = self.0.read().unwrap_or_else(PoisonError::into_inner);
        if list.is_empty() {
            return false;
        }
        let session = actor.session.is_some_and(|session| list.contains_key(&(Kind::Session, session)));
        let delegation = actor.delegation.is_some_and(|delegation| list.contains_key(&(Kind::Delegation, delegation)));
        // an account that is let in again gets new tokens, which count
        session || delegation || list.get(&(Kind::Account, actor.account.0)).is_some_and(|at_s| issued_s <= *at_s)
    }

    /// Notes what this process has just written, so that it counts here at once.
    pub fn note(&self, kind: Kind, subject: Uuid, at: Instant) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).insert((kind, subject), at.timestamp());
    }

    /// Reads the list once.
    ///
    /// # Errors
    /// When the database cannot be read; the last list stays.
    pub async fn refresh(&self, db: &Db) -> Result<()> {
        let now = real_now();
        let rows: Vec<(String, Uuid, Instant)> = revocation::table
            .filter(revocation::until.gt(now))
            .select((revocation::kind, revocation::subject, revocation::at))
            .load(&mut *db.read().await?)
            .await?;
        let mut next: HashMap<(Kind, Uuid), i64> = HashMap::new();
        for (kind, subject, at) in rows {
            if let Some(kind) = Kind::parse(&kind) {
                let at_s = next.entry((kind, subject)).or_insert(i64::MIN);
                *at_s = (*at_s).max(at.timestamp());
            }
        }
        let mut list = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let noted = list.iter().filter(|(_, at_s)| **at_s >= now.timestamp() - NOTED_S);
        for (key, at_s) in noted {
            next.entry(*key).or_insert(*at_s);
        }
        *list = next;
        Ok(())
    }

    /// Follows the database from now on.
    pub fn follow(&self, db: Db) {
        let list = self.clone();
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(POLL).await;
                if let Err(failure) = list.refresh(&db).await {
                    tracing::warn!(%failure, "revocations cannot be read; the last list counts");
                }
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sessions_and_what_an_account_had_before_are_refused() {
        let list = Revocations::default();
        let at = domain::time::parse_instant("2026-11-20T00:00:10Z").unwrap();
        let at_s = at.timestamp();
        let mut actor = Actor { session: Some(Uuid::from_u128(1)), ..Actor::public() };
        actor.account.0 = Uuid::from_u128(2);
        assert!(!list.refuse(&actor, at_s));
        list.note(Kind::Account, Uuid::from_u128(2), at);
        assert!(list.refuse(&actor, at_s) && list.refuse(&actor, at_s - 100));
        assert!(!list.refuse(&actor, at_s + 1), "issued after the account was let in again");
        list.note(Kind::Session, Uuid::from_u128(1), at);
        assert!(list.refuse(&actor, at_s + 1), "a session never comes back");
        assert!(!list.refuse(&Actor { session: Some(Uuid::from_u128(3)), ..actor }, at_s + 1));
    }
}
