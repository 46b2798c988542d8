//! Sessions of browsers: begun by signing in, kept alive by activity, ended by the person, by time, or by
//! whoever takes an account's access away. Rows in PostgreSQL; times are real time.
use super::{
    delegation, keys,
    sign_in::{self, PERSON, Proved, Visitor},
};
use crate::Identity;
use domain::{
    Problem, error,
    ids::RequestId,
    policy::{Action, Actor, Permit, Reach, decide},
    time::{Instant, rfc3339},
};
use identity_store::{
    read,
    rows::{Account, access::Session},
    write,
};
use platform::{
    OpCtx, Tx, audit,
    auth::{self, TOKEN_LIFE_S},
    clock::real_now,
    failure::Result,
    opctx::new_id,
    revocations::Kind,
};
use rand::RngCore;
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use uuid::Uuid;
use wire::auth::{SessionInfo, SessionList, SessionListed};

/// A session without activity ends after so many minutes.
pub const IDLE_MINUTES: u32 = 15;
/// A session ends after so many hours, however active it is.
pub const ABSOLUTE_HOURS: u32 = 12;
/// A revocation is kept for longer than any token lives, clocks that differ included.
const REVOKED_S: i64 = TOKEN_LIFE_S as i64 + 180;
/// Overdue sessions that are looked at in one go.
const SWEPT_MAX: i64 = 500;

/// What the browser is given: the session, and its two secrets for cookies.
pub struct Begun {
    /// The session.
    pub info: SessionInfo,
    /// For `__Host-meguri`.
    pub access_token: String,
    /// For `__Host-meguri-session`; none when a session is renewed, which keeps its own.
    pub secret: Option<String>,
}

fn idle() -> chrono::TimeDelta {
    chrono::TimeDelta::minutes(i64::from(IDLE_MINUTES))
}

fn absolute() -> chrono::TimeDelta {
    chrono::TimeDelta::hours(i64::from(ABSOLUTE_HOURS))
}

/// What a secret is looked up by.
pub(crate) fn digest(secret: &str) -> Vec<u8> {
    Sha256::digest(secret.as_bytes()).to_vec()
}

/// 256 random bits in hexadecimal.
pub(crate) fn random_secret() -> String {
    let mut bytes = [0_u8; 32];
    rand::rng().fill_bytes(&mut bytes);
    bytes.iter().fold(String::with_capacity(64), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Who acts in a session of this account.
pub(crate) fn actor(identity: &Identity, account: &Account, session: Option<Uuid>) -> Result<Actor> {
    auth::actor(sign_in::claims(identity, account, session, 0)?)
}

/// The context of somebody who has just proved who it is.
pub(crate) fn context(identity: &Identity, actor: Actor, request_id: RequestId) -> OpCtx {
    OpCtx { request_id, ..OpCtx::new(actor, &identity.shared.clock) }
}

/// The permit for one's own account, which stays its own whatever becomes of its home, and whoever it acts for.
pub(crate) fn own(actor: &Actor, action: Action) -> Result<Permit> {
    let forbidden = || Problem::new(&error::AUTH_FORBIDDEN);
    let actor = Actor { reach: Reach::none(), actions: None, ..actor.clone() };
    Ok(decide(&actor, action, actor.home).map_err(|denied| denied.or_missing(forbidden()))?)
}

/// Begins a session for somebody who has proved who it is.
///
/// # Errors
/// `auth.forbidden` when the account may not sign in; the database's.
pub async fn begin(identity: &Identity, proved: Proved, visitor: &Visitor) -> Result<Begun> {
    begin_under(identity, proved, visitor, None).await
}

/// The same, to act for another organisation under a delegation.
///
/// # Errors
/// As [`begin`]; `delegation.not_in_force`.
pub async fn begin_under(
    identity: &Identity,
    proved: Proved,
    visitor: &Visitor,
    delegation: Option<Uuid>,
) -> Result<Begun> {
    let Proved { account, second_factor } = proved;
    let (id, now, secret) = (new_id(), real_now(), random_secret());
    let actor = actor(identity, &account, Some(id))?;
    let permit = own(&actor, Action::SignIn)?;
    let ctx = context(identity, actor, visitor.request_id);
    let row = Session {
        id,
        account: account.id,
        secret_sha256: digest(&secret),
        second_factor: second_factor.to_owned(),
        address: visitor.address.clone(),
        agent: visitor.agent.clone(),
        started_at: now,
        active_at: now,
        ended_at: None,
        ended_by: None,
        delegation,
    };
    // before the session is there: one that cannot be used is not begun
    delegation::acting(identity, delegation, sign_in::claims(identity, &account, Some(id), 0)?).await?;
    let under = delegation.map(|id| format!(", under delegation {id}")).unwrap_or_default();
    let reason = Some(format!("from {}, second factor: {second_factor}{under}", visitor.address));
    let entry = audit::Entry { target: format!("session/{id}"), cause: id, reason };
    let mut tx = Tx::begin(&identity.db, &ctx, &[(&permit, entry)]).await?;
    let written = write::access::begin_session(&mut tx, &row).await.map_err(Into::into);
    tx.finish(written).await?;
    let (info, access_token) = answer(identity, &row, &account, now).await?;
    Ok(Begun { info, access_token, secret: Some(secret) })
}

/// The session as its browser is told, and its next access token, which does not outlive it.
async fn answer(identity: &Identity, row: &Session, account: &Account, now: Instant) -> Result<(SessionInfo, String)> {
    let ends_at = row.started_at + absolute();
    let left_s = (ends_at.min(row.active_at + idle()) - now).num_seconds().clamp(1, i64::from(TOKEN_LIFE_S));
    let claims = sign_in::claims(identity, account, Some(row.id), left_s)?;
    let claims = delegation::acting(identity, row.delegation, claims).await?;
    let access_token = keys::signer(identity).await?.sign(&claims)?;
    let acting = Account {
        organisation: claims.org,
        territory: claims.territory.to_string(),
        facility: claims.facility,
        partner: claims.partner,
        role: claims.role,
        name: claims.name,
        ..account.clone()
    };
    let (organisation, home) = super::me::names(identity, &acting).await?;
    let info = SessionInfo {
        session_id: row.id,
        role: acting.role,
        name: acting.name,
        organisation,
        home,
        expires_at: rfc3339(ends_at),
        idle_minutes: IDLE_MINUTES,
        access_token_expires_in: u32::try_from(left_s).unwrap_or(TOKEN_LIFE_S),
        second_factor: shown_factor(row).to_owned(),
    };
    Ok((info, access_token))
}

/// A recovery code stands for the authenticator that was lost.
fn shown_factor(row: &Session) -> &str {
    if row.second_factor == "recovery" { "totp" } else { &row.second_factor }
}

/// Why a session no longer goes on by itself, and since when.
fn overdue(row: &Session, now: Instant) -> Option<(&'static str, Instant)> {
    let (idle_at, absolute_at) = (row.active_at + idle(), row.started_at + absolute());
    let (by, at) = if idle_at <= absolute_at { ("idle", idle_at) } else { ("absolute", absolute_at) };
    (at <= now).then_some((by, at))
}

fn ended() -> Problem {
    Problem::new(&error::AUTH_SESSION_ENDED)
}

/// A new access token for a session that goes on. Only `activity` keeps it from idling out.
///
/// # Errors
/// `auth.session_ended` for a session that has ended, by whatever, and for a secret of none.
pub async fn renew(identity: &Identity, secret: &str, activity: bool) -> Result<Begun> {
    let mut conn = identity.db.read().await?;
    let found = read::access::session_by_secret(&mut conn, &digest(secret)).await?;
    let now = real_now();
    let goes_on = |(row, account): &(Session, Account)| {
        row.ended_at.is_none() && overdue(row, now).is_none() && sign_in::is_usable(account, PERSON)
    };
    let (mut row, account) = found.filter(goes_on).ok_or_else(ended)?;
    if activity {
        write::access::touch_session(&mut conn, row.id, now).await?;
        row.active_at = now;
    }
    drop(conn);
    let (info, access_token) = answer(identity, &row, &account, now).await?;
    Ok(Begun { info, access_token, secret: None })
}

/// The sessions of whoever asks.
///
/// # Errors
/// The database's.
pub async fn list(identity: &Identity, ctx: &OpCtx) -> Result<SessionList> {
    let now = real_now();
    let mut conn = identity.db.read().await?;
    let rows = read::access::open_sessions(&mut conn, ctx.actor.account.0, now - absolute(), now - idle()).await?;
    let listed = |row: Session| SessionListed {
        session_id: row.id,
        started_at: rfc3339(row.started_at),
        active_at: rfc3339(row.active_at),
        expires_at: rfc3339(row.started_at + absolute()),
        second_factor: shown_factor(&row).to_owned(),
        current: ctx.actor.session == Some(row.id),
        address: row.address,
        agent: row.agent,
    };
    Ok(SessionList { sessions: rows.into_iter().map(listed).collect() })
}

/// Which session is meant.
pub enum Which {
    /// One's own, by id.
    Id(Uuid),
    /// The one whose secret the browser has.
    Secret(String),
}

/// Ends a session of one's own. One that has ended already stays as it is.
///
/// # Errors
/// `session.not_found` for one that is not there or somebody else's; the database's.
pub async fn end(identity: &Identity, ctx: Option<&OpCtx>, which: &Which, request_id: RequestId) -> Result<()> {
    let missing = |shown: &str| Problem::new(&error::SESSION_NOT_FOUND).with("session", shown);
    let mut conn = identity.db.read().await?;
    let (row, ctx) = match (which, ctx) {
        (Which::Id(id), Some(ctx)) => {
            let row = read::access::session(&mut conn, *id).await?;
            let own = row.filter(|row| row.account == ctx.actor.account.0);
            (own.ok_or_else(|| missing(&id.to_string()))?, ctx.clone())
        }
        (Which::Id(id), None) => return Err(missing(&id.to_string()).into()),
        (Which::Secret(secret), _) => {
            let found = read::access::session_by_secret(&mut conn, &digest(secret)).await?;
            let (row, account) = found.ok_or_else(ended)?;
            let actor = actor(identity, &account, Some(row.id))?;
            (row, context(identity, actor, request_id))
        }
    };
    drop(conn);
    if row.ended_at.is_some() {
        return Ok(());
    }
    let by = if ctx.actor.session == Some(row.id) { "sign_out" } else { "revoked" };
    let permit = own(&ctx.actor, Action::SessionEnd)?;
    let mut tx = Tx::begin(&identity.db, &ctx, &[(&permit, entry(row.id, by))]).await?;
    let written = async {
        let ended = write::access::end_sessions(&mut tx, &[row.id], real_now(), by).await?;
        revoke(&mut tx, Kind::Session, &ended).await
    };
    let written = written.await;
    tx.finish(written).await?;
    identity.shared.verifier.revocations().note(Kind::Session, row.id, real_now());
    Ok(())
}

fn entry(session: Uuid, by: &str) -> audit::Entry {
    audit::Entry { target: format!("session/{session}"), cause: new_id(), reason: Some(by.to_owned()) }
}

/// Ends all sessions of an account but one, within a transaction that a permit has begun; their tokens stop
/// counting within seconds in every process. Answers how many there were.
///
/// # Errors
/// The database's.
pub async fn end_all_of(tx: &mut Tx, account: Uuid, but: Option<Uuid>, by: &str) -> Result<usize> {
    Ok(end_all(tx, account, but, by).await?.len())
}

/// The same, and answers which they were.
pub(super) async fn end_all(tx: &mut Tx, account: Uuid, but: Option<Uuid>, by: &str) -> Result<Vec<Uuid>> {
    let ended = write::access::end_sessions_of(tx, account, but, real_now(), by).await?;
    revoke(tx, Kind::Session, &ended).await?;
    Ok(ended)
}

/// Takes all access away that an account has had until now, within a transaction that a permit has begun:
/// sessions end, and tokens stop counting within seconds in every process.
///
/// # Errors
/// The database's.
pub async fn shut_out(tx: &mut Tx, account: Uuid) -> Result<()> {
    end_all_of(tx, account, None, "account").await?;
    revoke(tx, Kind::Account, &[account]).await
}

/// Revokes within a transaction that a permit has begun.
///
/// # Errors
/// The database's.
pub async fn revoke(tx: &mut Tx, kind: Kind, subjects: &[Uuid]) -> Result<()> {
    if subjects.is_empty() {
        return Ok(());
    }
    let now = real_now();
    let until = now + chrono::TimeDelta::seconds(REVOKED_S);
    Ok(write::access::revoke(tx, kind.as_str(), subjects, now, until).await?)
}

/// Ends sessions whose time is over, so that the record says when; forgets revocations that nothing needs any
/// more. Answers how many sessions were ended.
///
/// # Errors
/// The database's.
pub async fn sweep(identity: &Identity) -> Result<usize> {
    let now = real_now();
    let mut conn = identity.db.read().await?;
    write::access::forget_revocations(&mut conn, now).await?;
    let rows = read::access::overdue_sessions(&mut conn, now - absolute(), now - idle(), SWEPT_MAX).await?;
    drop(conn);
    let mut count = 0;
    for (row, account) in rows {
        let Some((by, at)) = overdue(&row, now) else { continue };
        let actor = actor(identity, &account, Some(row.id))?;
        let permit = own(&actor, Action::SessionEnd)?;
        let ctx = OpCtx::new(actor, &identity.shared.clock);
        let mut tx = Tx::begin(&identity.db, &ctx, &[(&permit, entry(row.id, by))]).await?;
        match write::access::end_sessions(&mut tx, &[row.id], at, by).await {
            // another process was quicker
            Ok(ended) if ended.is_empty() => tx.abandon().await,
            ended => count += tx.finish(ended.map_err(Into::into)).await?.len(),
        }
    }
    Ok(count)
}
