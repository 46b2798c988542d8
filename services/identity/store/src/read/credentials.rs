//! Second factors, former passwords, service accounts.
use super::Result;
use crate::{
    rows::{
        Account,
        access::{SecondFactor, ServiceAccount},
    },
    schema::{account, former_password, recovery_code, second_factor, service_account, session, setting},
};
use chrono::{DateTime, Utc};
use diesel::{dsl::exists, prelude::*, select};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

/// Does the instance's own setting ask for a second factor?
///
/// # Errors
/// The database's.
pub async fn second_factor_setting(conn: &mut AsyncPgConnection) -> Result<bool> {
    let set: Option<bool> = setting::table.select(setting::second_factor).first(conn).await.optional()?;
    Ok(set.unwrap_or(false))
}

/// The authenticator of an account.
///
/// # Errors
/// The database's.
pub async fn second_factor(conn: &mut AsyncPgConnection, of: Uuid) -> Result<Option<SecondFactor>> {
    second_factor::table.find(of).select(SecondFactor::as_select()).first(conn).await.optional()
}

/// How many recovery codes an account has left.
///
/// # Errors
/// The database's.
pub async fn recovery_codes_left(conn: &mut AsyncPgConnection, of: Uuid) -> Result<i64> {
    let left = recovery_code::table.filter(recovery_code::account.eq(of)).filter(recovery_code::used_at.is_null());
    left.count().get_result(conn).await
}

/// The last `limit` passwords that an account has had before its present one.
///
/// # Errors
/// The database's.
pub async fn former_passwords(conn: &mut AsyncPgConnection, of: Uuid, limit: i64) -> Result<Vec<String>> {
    let former = former_password::table.filter(former_password::account.eq(of)).order(former_password::until.desc());
    former.select(former_password::password_hash).limit(limit).load(conn).await
}

/// Has this account begun a session from this address since?
///
/// # Errors
/// The database's.
pub async fn is_known_address(
    conn: &mut AsyncPgConnection,
    name: &str,
    address: &str,
    since: DateTime<Utc>,
) -> Result<bool> {
    let sessions = session::table.inner_join(account::table.on(account::id.eq(session::account)));
    let known = sessions.filter(account::name.eq(name)).filter(session::address.eq(address));
    select(exists(known.filter(session::started_at.gt(since)))).get_result(conn).await
}

/// What is known of a machine's account.
///
/// # Errors
/// The database's.
pub async fn service_account(conn: &mut AsyncPgConnection, of: Uuid) -> Result<Option<ServiceAccount>> {
    service_account::table.find(of).select(ServiceAccount::as_select()).first(conn).await.optional()
}

/// All machines' accounts that are not revoked, by name.
///
/// # Errors
/// The database's.
pub async fn service_accounts(conn: &mut AsyncPgConnection) -> Result<Vec<(Account, Option<ServiceAccount>)>> {
    let rows = account::table.left_join(service_account::table.on(service_account::account.eq(account::id)));
    let rows = rows.filter(account::kind.eq("service")).filter(account::disabled_at.is_null()).order(account::name);
    rows.select((Account::as_select(), Option::<ServiceAccount>::as_select())).load(conn).await
}

/// The organisation of whoever else has this account's role and home.
///
/// # Errors
/// The database's.
pub async fn organisation_at(conn: &mut AsyncPgConnection, like: &Account) -> Result<Option<Uuid>> {
    let there = account::table.filter(account::role.eq(&like.role)).filter(account::territory.eq(&like.territory));
    let there = there.filter(account::facility.is_not_distinct_from(like.facility));
    let there = there.filter(account::partner.is_not_distinct_from(&like.partner));
    there.order(account::created_at).select(account::organisation).first(conn).await.optional()
}
