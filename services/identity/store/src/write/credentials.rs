//! Passwords, second factors, service accounts, and attempts that failed. Times are real time.
use super::Result;
use crate::{
    rows::access::ServiceAccount,
    schema::{account, former_password, recovery_code, second_factor, service_account, setting, sign_in_wait},
};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

/// Asks for a second factor in training, or no longer.
///
/// # Errors
/// The database's.
pub async fn second_factor_setting(conn: &mut AsyncPgConnection, on: bool) -> Result<()> {
    let insert = diesel::insert_into(setting::table).values((setting::id.eq(true), setting::second_factor.eq(on)));
    insert.on_conflict(setting::id).do_update().set(setting::second_factor.eq(on)).execute(conn).await?;
    Ok(())
}

/// Begins an enrolment; one that had begun before is forgotten.
///
/// # Errors
/// The database's.
pub async fn begin_enrolment(conn: &mut AsyncPgConnection, of: Uuid, sealed: &[u8], at: DateTime<Utc>) -> Result<()> {
    let values = (second_factor::pending.eq(sealed), second_factor::pending_at.eq(at));
    diesel::insert_into(second_factor::table)
        .values((second_factor::account.eq(of), values))
        .on_conflict(second_factor::account)
        .do_update()
        .set(values)
        .execute(conn)
        .await?;
    Ok(())
}

/// The enrolment that began with this secret is confirmed: it counts from now on, with new recovery codes.
/// Answers whether it was still that one.
///
/// # Errors
/// The database's.
pub async fn confirm_enrolment(
    conn: &mut AsyncPgConnection,
    of: Uuid,
    pending: &[u8],
    step: i64,
    at: DateTime<Utc>,
    codes: &[Vec<u8>],
) -> Result<bool> {
    let same = second_factor::table.find(of).filter(second_factor::pending.eq(pending));
    let changed = diesel::update(same)
        .set((
            second_factor::sealed.eq(pending),
            second_factor::enrolled_at.eq(at),
            second_factor::last_step.eq(step),
            second_factor::pending.eq(None::<Vec<u8>>),
            second_factor::pending_at.eq(None::<DateTime<Utc>>),
        ))
        .execute(conn)
        .await?;
    if changed == 0 {
        return Ok(false);
    }
    diesel::delete(recovery_code::table.filter(recovery_code::account.eq(of))).execute(conn).await?;
    let rows: Vec<_> = codes.iter().map(|mac| (recovery_code::account.eq(of), recovery_code::mac.eq(mac))).collect();
    diesel::insert_into(recovery_code::table).values(rows).execute(conn).await?;
    Ok(true)
}

/// Takes the code of a step, once: answers whether no code of it or of a later one was taken before.
///
/// # Errors
/// The database's.
pub async fn take_step(conn: &mut AsyncPgConnection, of: Uuid, step: i64) -> Result<bool> {
    let earlier = second_factor::table.find(of).filter(second_factor::last_step.lt(step));
    Ok(diesel::update(earlier).set(second_factor::last_step.eq(step)).execute(conn).await? == 1)
}

/// Takes a recovery code, once: answers whether it was there.
///
/// # Errors
/// The database's.
pub async fn take_recovery_code(conn: &mut AsyncPgConnection, of: Uuid, mac: &[u8], at: DateTime<Utc>) -> Result<bool> {
    let unused = recovery_code::table.find((of, mac)).filter(recovery_code::used_at.is_null());
    Ok(diesel::update(unused).set(recovery_code::used_at.eq(at)).execute(conn).await? == 1)
}

/// Takes the authenticator and its recovery codes from an account; answers whether it had one.
///
/// # Errors
/// The database's.
pub async fn remove_second_factor(conn: &mut AsyncPgConnection, of: Uuid) -> Result<bool> {
    diesel::delete(recovery_code::table.filter(recovery_code::account.eq(of))).execute(conn).await?;
    Ok(diesel::delete(second_factor::table.find(of)).execute(conn).await? == 1)
}

/// Gives an account another password, and remembers the one before as long as `kept` later ones are there.
///
/// # Errors
/// The database's.
pub async fn password(
    conn: &mut AsyncPgConnection,
    of: Uuid,
    hash: &str,
    former: Option<&str>,
    at: DateTime<Utc>,
    kept: i64,
) -> Result<()> {
    if let Some(former) = former {
        diesel::insert_into(former_password::table)
            .values((
                former_password::account.eq(of),
                former_password::password_hash.eq(former),
                former_password::until.eq(at),
            ))
            .on_conflict_do_nothing()
            .execute(conn)
            .await?;
    }
    let all = former_password::table.filter(former_password::account.eq(of)).order(former_password::until.desc());
    let old: Vec<String> = all.select(former_password::password_hash).offset(kept).load(conn).await?;
    let forgotten = former_password::table.filter(former_password::account.eq(of));
    diesel::delete(forgotten.filter(former_password::password_hash.eq_any(old))).execute(conn).await?;
    diesel::update(account::table.find(of)).set(account::password_hash.eq(hash)).execute(conn).await?;
    Ok(())
}

platform::statement! {
    /// Counts one attempt under a key, before it is known whether it is right. While it waits, nothing is
    /// counted; after a quarter of an hour the count begins anew, after a day the waits are short again.
    Attempt<'a> {
        key: &'a [u8] as diesel::sql_types::Binary,
        at: DateTime<Utc> as diesel::sql_types::Timestamptz,
    } -> (diesel::sql_types::Integer, diesel::sql_types::Integer, diesel::sql_types::Nullable<diesel::sql_types::Timestamptz>),
    "insert into identity.sign_in_wait as w (key, failures, since) values (?, 1, ?)
     on conflict (key) do update set
        failures = case when w.until > excluded.since then w.failures
                        when w.since < excluded.since - interval '15 minutes' then 1
                        else w.failures + 1 end,
        waits = case when w.since < excluded.since - interval '1 day' then 0 else w.waits end,
        since = case when w.until > excluded.since or w.since >= excluded.since - interval '15 minutes' then w.since
                     else excluded.since end
     returning failures, waits, until"
}

/// Counts one attempt; answers how many there were in this quarter of an hour, how often it waited before, and
/// until when it waits.
///
/// # Errors
/// The database's.
pub async fn count_attempt(
    conn: &mut AsyncPgConnection,
    key: &[u8],
    at: DateTime<Utc>,
) -> Result<(i32, i32, Option<DateTime<Utc>>)> {
    Attempt { key, at }.get_result(conn).await
}

/// From now until then nothing is tried under this key; answers whether it was free until now.
///
/// # Errors
/// The database's.
pub async fn wait(conn: &mut AsyncPgConnection, key: &[u8], now: DateTime<Utc>, until: DateTime<Utc>) -> Result<bool> {
    let free = sign_in_wait::until.is_null().or(sign_in_wait::until.le(now));
    let changed = diesel::update(sign_in_wait::table.filter(sign_in_wait::key.eq(key)).filter(free))
        .set((
            sign_in_wait::until.eq(until),
            sign_in_wait::waits.eq(sign_in_wait::waits + 1),
            sign_in_wait::failures.eq(0),
            sign_in_wait::since.eq(now),
        ))
        .execute(conn)
        .await?;
    Ok(changed == 1)
}

/// Forgives the attempts under these keys.
///
/// # Errors
/// The database's.
pub async fn forgive(conn: &mut AsyncPgConnection, keys: &[Vec<u8>]) -> Result<()> {
    diesel::delete(sign_in_wait::table.filter(sign_in_wait::key.eq_any(keys))).execute(conn).await?;
    Ok(())
}

/// Forgets attempts of long ago.
///
/// # Errors
/// The database's.
pub async fn forget_attempts(conn: &mut AsyncPgConnection, before: DateTime<Utc>) -> Result<()> {
    diesel::delete(sign_in_wait::table.filter(sign_in_wait::since.lt(before))).execute(conn).await?;
    Ok(())
}

/// Notes what is known of a new machine's account.
///
/// # Errors
/// The database's.
pub async fn service_account(conn: &mut AsyncPgConnection, row: &ServiceAccount) -> Result<()> {
    diesel::insert_into(service_account::table).values(row).execute(conn).await?;
    Ok(())
}

/// Gives a machine's account a new secret; the one before counts until then.
///
/// # Errors
/// The database's.
pub async fn rotate_secret(conn: &mut AsyncPgConnection, row: &ServiceAccount, secret_sha256: &[u8]) -> Result<()> {
    let (sha256, until) = (row.previous_sha256.clone(), row.previous_until);
    diesel::insert_into(service_account::table)
        .values(row)
        .on_conflict(service_account::account)
        .do_update()
        .set((service_account::previous_sha256.eq(sha256), service_account::previous_until.eq(until)))
        .execute(conn)
        .await?;
    let of = account::table.find(row.account);
    diesel::update(of).set(account::secret_sha256.eq(secret_sha256)).execute(conn).await?;
    Ok(())
}

/// Notes that a machine signed in, at most once a minute. Nothing anybody is answerable for.
///
/// # Errors
/// The database's.
pub async fn note_use(conn: &mut AsyncPgConnection, of: Uuid, at: DateTime<Utc>) -> Result<()> {
    let before = at - chrono::TimeDelta::minutes(1);
    let stale = service_account::last_used_at.is_null().or(service_account::last_used_at.lt(before));
    let row = service_account::table.filter(service_account::account.eq(of)).filter(stale);
    diesel::update(row).set(service_account::last_used_at.eq(at)).execute(conn).await?;
    Ok(())
}

/// Suspends an account; answers whether it was not.
///
/// # Errors
/// The database's.
pub async fn disable(conn: &mut AsyncPgConnection, of: Uuid, at: DateTime<Utc>) -> Result<bool> {
    let active = account::table.find(of).filter(account::disabled_at.is_null());
    Ok(diesel::update(active).set(account::disabled_at.eq(at)).execute(conn).await? == 1)
}

/// Makes an account; answers whether its name was free.
///
/// # Errors
/// The database's.
pub async fn new_account(conn: &mut AsyncPgConnection, row: &crate::rows::Account) -> Result<bool> {
    let insert = diesel::insert_into(account::table).values(row).on_conflict(account::name).do_nothing();
    Ok(insert.execute(conn).await? == 1)
}
