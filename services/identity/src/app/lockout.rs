//! Waiting after wrong passwords and codes, in rows: what Redis forgets changes nothing.
//!
//! After ten wrong attempts within a quarter of an hour a name waits: a quarter of an hour the first time, twice
//! as long the next time, an hour at most; after a day without attempts the waits are short again. What is right
//! clears it. Names that no account has wait alike, so that waiting tells nothing. So that a stranger who guesses
//! cannot keep the owner out, an address from which the account has signed in within thirty days is counted by
//! itself.
use super::{
    sessions,
    sign_in::{PERSON, Visitor},
};
use crate::Identity;
use chrono::TimeDelta;
use domain::{Problem, error, policy::Action, time::Instant};
use identity_store::{read, write};
use platform::{OpCtx, Tx, audit, clock::real_now, failure::Result, opctx::new_id};
use sha2::{Digest, Sha256};

/// So many attempts are looked at.
const ATTEMPTS_MAX: i32 = 10;
const WAIT_MINUTES: i64 = 15;
const WAIT_MINUTES_MAX: i64 = 60;
const KNOWN_DAYS: i64 = 30;
/// Attempts are forgotten after so many days.
const KEPT_DAYS: i64 = 2;

fn keys(name: &str, address: &str) -> [Vec<u8>; 2] {
    let key = |parts: &[&str]| Sha256::digest(parts.join("\n").as_bytes()).to_vec();
    [key(&["name", name]), key(&["name and address", name, address])]
}

/// The keys under which an attempt from there counts: by itself, and, from an address not known, by name.
async fn counted(identity: &Identity, name: &str, visitor: &Visitor) -> Result<Vec<Vec<u8>>> {
    let since = real_now() - TimeDelta::days(KNOWN_DAYS);
    let mut conn = identity.db.read().await?;
    let known = read::credentials::is_known_address(&mut conn, name, &visitor.address, since).await?;
    let [by_name, by_both] = keys(name, &visitor.address);
    Ok(if known { vec![by_both] } else { vec![by_both, by_name] })
}

fn too_many(until: Instant, now: Instant) -> Problem {
    let seconds = u32::try_from((until - now).num_seconds().max(1)).unwrap_or(u32::MAX);
    Problem::new(&error::AUTH_TOO_MANY_ATTEMPTS).with("seconds", &seconds.to_string()).retry_after(seconds)
}

/// Counts an attempt before it is known whether it is right, so that many at once are not more than ten.
///
/// # Errors
/// `auth.too_many_attempts` while the name waits; the database's.
pub async fn knock(identity: &Identity, name: &str, visitor: &Visitor) -> Result<()> {
    let keys = counted(identity, name, visitor).await?;
    let now = real_now();
    for key in &keys {
        let mut conn = identity.db.read().await?;
        let (failures, waits, until) = write::credentials::count_attempt(&mut conn, key, now).await?;
        drop(conn);
        if let Some(until) = until.filter(|until| *until > now) {
            return Err(too_many(until, now).into());
        }
        if failures > ATTEMPTS_MAX {
            let minutes = (WAIT_MINUTES << waits.clamp(0, 2)).min(WAIT_MINUTES_MAX);
            let until = now + TimeDelta::minutes(minutes);
            begin(identity, name, key, visitor, until, minutes).await?;
            return Err(too_many(until, now).into());
        }
    }
    Ok(())
}

/// A wait begins; of an account's the trail tells.
async fn begin(
    identity: &Identity,
    name: &str,
    key: &[u8],
    visitor: &Visitor,
    until: Instant,
    minutes: i64,
) -> Result<()> {
    let mut conn = identity.db.read().await?;
    let account = read::account(&mut conn, name).await?.filter(|account| account.kind == PERSON);
    let now = real_now();
    let Some(account) = account else {
        write::credentials::wait(&mut conn, key, now, until).await?;
        return Ok(());
    };
    drop(conn);
    let ctx = OpCtx { request_id: visitor.request_id, ..OpCtx::system("sign-in", &identity.shared.clock) };
    let permit = sessions::own(&ctx.actor, Action::SignIn)?;
    let reason = format!("{ATTEMPTS_MAX} wrong attempts, the last from {}: waits {minutes} minutes", visitor.address);
    let entry = audit::Entry { target: format!("account/{}", account.name), cause: new_id(), reason: Some(reason) };
    let mut tx = Tx::begin(&identity.db, &ctx, &[(&permit, entry)]).await?;
    match write::credentials::wait(&mut tx, key, now, until).await {
        // another attempt was quicker
        Ok(false) => tx.abandon().await,
        waiting => tx.finish(waiting.map(drop).map_err(Into::into)).await?,
    }
    Ok(())
}

/// It was right: what was counted from there is forgiven.
///
/// # Errors
/// The database's.
pub async fn forgive(identity: &Identity, name: &str, visitor: &Visitor) -> Result<()> {
    let keys = counted(identity, name, visitor).await?;
    Ok(write::credentials::forgive(&mut *identity.db.read().await?, &keys).await?)
}

/// Forgets attempts of long ago.
///
/// # Errors
/// The database's.
pub async fn sweep(identity: &Identity) -> Result<()> {
    let before = real_now() - TimeDelta::days(KEPT_DAYS);
    Ok(write::credentials::forget_attempts(&mut *identity.db.read().await?, before).await?)
}
