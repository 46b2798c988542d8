//! Providers of sign-ins (OpenID Connect), whose accounts they know, and sign-ins on their way. Read and
//! written by identity alone.
use crate::schema::{oidc_attempt, oidc_link, oidc_provider};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

type Result<T> = QueryResult<T>;

/// A provider.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = oidc_provider)]
pub struct Provider {
    /// Id.
    pub id: Uuid,
    /// In addresses.
    pub code: String,
    /// Name, as people know it.
    pub name: String,
    /// Its address, as its tokens name it.
    pub issuer: String,
    /// Who we are there.
    pub client_id: String,
    /// Our secret there, enciphered.
    pub client_secret: Vec<u8>,
    /// Where it sends people back.
    pub redirect_uri: String,
    /// Whose accounts it may sign in; none: any that is linked.
    pub organisation: Option<Uuid>,
    /// Mail domains it may speak for; none given: not asked.
    pub domains: Option<Vec<String>>,
    /// Its own word for a second factor is taken.
    pub second_factor: bool,
}

/// A sign-in on its way.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = oidc_attempt)]
pub struct Attempt {
    /// Digest of its state.
    pub state_sha256: Vec<u8>,
    /// Where it went.
    pub provider: Uuid,
    /// Digest of the browser's cookie.
    pub browser_sha256: Vec<u8>,
    /// What the token must say.
    pub nonce: String,
    /// Proves to the provider that the code is ours (PKCE).
    pub verifier: String,
    /// Begun, real time.
    pub begun_at: DateTime<Utc>,
}

/// A provider in use.
///
/// # Errors
/// The database's.
pub async fn provider(conn: &mut AsyncPgConnection, code: &str) -> Result<Option<Provider>> {
    let found = oidc_provider::table.filter(oidc_provider::code.eq(code)).filter(oidc_provider::disabled_at.is_null());
    found.select(Provider::as_select()).first(conn).await.optional()
}

/// Registers a provider; answers whether its code was free.
///
/// # Errors
/// The database's.
pub async fn add_provider(conn: &mut AsyncPgConnection, row: &Provider) -> Result<bool> {
    let insert = diesel::insert_into(oidc_provider::table).values(row).on_conflict_do_nothing();
    Ok(insert.execute(conn).await? == 1)
}

/// Links an account to somebody whom a provider knows.
///
/// # Errors
/// The database's.
pub async fn link(
    conn: &mut AsyncPgConnection,
    issuer: &str,
    subject: &str,
    account: Uuid,
    at: DateTime<Utc>,
) -> Result<()> {
    let linked = (oidc_link::account.eq(account), oidc_link::linked_at.eq(at));
    diesel::insert_into(oidc_link::table)
        .values((oidc_link::issuer.eq(issuer), oidc_link::subject.eq(subject), linked))
        .on_conflict((oidc_link::issuer, oidc_link::subject))
        .do_update()
        .set(linked)
        .execute(conn)
        .await?;
    Ok(())
}

/// The account of somebody whom a provider knows.
///
/// # Errors
/// The database's.
pub async fn linked(conn: &mut AsyncPgConnection, issuer: &str, subject: &str) -> Result<Option<Uuid>> {
    oidc_link::table.find((issuer, subject)).select(oidc_link::account).first(conn).await.optional()
}

/// Begins a sign-in, and forgets those that did not come back in time.
///
/// # Errors
/// The database's.
pub async fn begin(conn: &mut AsyncPgConnection, row: &Attempt, forget_before: DateTime<Utc>) -> Result<()> {
    diesel::delete(oidc_attempt::table.filter(oidc_attempt::begun_at.lt(forget_before))).execute(conn).await?;
    diesel::insert_into(oidc_attempt::table).values(row).execute(conn).await?;
    Ok(())
}

/// A sign-in comes back: once.
///
/// # Errors
/// The database's.
pub async fn take(conn: &mut AsyncPgConnection, state_sha256: &[u8]) -> Result<Option<Attempt>> {
    let gone = diesel::delete(oidc_attempt::table.find(state_sha256));
    gone.returning(Attempt::as_returning()).get_result(conn).await.optional()
}
