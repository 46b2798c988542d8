//! The second factor: an authenticator app, and recovery codes for whoever has lost it.
use super::{
    me, seal,
    sessions::{self, Begun, own},
    sign_in::{self, PERSON, Proved, Visitor},
    totp,
};
use crate::Identity;
use domain::{Problem, error, policy::Action, time::Instant};
use identity_store::{
    read,
    rows::{Account, access::SecondFactor},
    write,
};
use platform::{Db, OpCtx, Tx, audit, clock::real_now, failure::Result, opctx::new_id};
use rand::RngCore;
use std::fmt::Write as _;
use uuid::Uuid;
use wire::auth::{EnrolmentBegun, EnrolmentConfirmed};

/// An enrolment must be confirmed within so many minutes, and the token that allows it lives as long.
const ENROLMENT_MINUTES: i64 = 10;
const CODES: usize = 10;
/// Digits and letters that are not taken for each other, read aloud or written down.
const CODE_ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// Must people have a second factor here? Always outside training; in training if the setting says so.
///
/// # Errors
/// The database's.
pub async fn is_required(identity: &Identity) -> Result<bool> {
    if !identity.shared.clock.training() {
        return Ok(true);
    }
    Ok(read::credentials::second_factor_setting(&mut *identity.db.read().await?).await?)
}

/// Asks for a second factor in a training instance, or no longer. In a real one it is always asked for.
///
/// # Errors
/// `auth.forbidden` unless the actor may issue accounts; the database's.
pub async fn require(db: &Db, ctx: &OpCtx, on: bool) -> Result<()> {
    let permit = super::permit(ctx, Action::AccountIssue)?;
    let reason = Some(if on { "asked for" } else { "not asked for in training" }.to_owned());
    let entry = audit::Entry { target: "setting/second_factor".to_owned(), cause: new_id(), reason };
    let mut tx = Tx::begin(db, ctx, &[(&permit, entry)]).await?;
    let written = write::credentials::second_factor_setting(&mut tx, on).await.map_err(Into::into);
    tx.finish(written).await
}

/// Has this account a second factor?
///
/// # Errors
/// The database's.
pub async fn is_enrolled(identity: &Identity, account: Uuid) -> Result<bool> {
    let factor = read::credentials::second_factor(&mut *identity.db.read().await?, account).await?;
    Ok(factor.is_some_and(|factor| factor.sealed.is_some()))
}

/// Takes an account's second factor away, within a transaction that a permit has begun: whoever has lost both
/// the authenticator and the codes enrols anew. Answers whether there was one.
///
/// # Errors
/// The database's.
pub async fn reset(tx: &mut Tx, account: Uuid) -> Result<bool> {
    let had = write::credentials::remove_second_factor(tx, account).await?;
    sessions::end_all_of(tx, account, None, "credential").await?;
    Ok(had)
}

/// The second factor of somebody whose password was right: which one was proved.
///
/// # Errors
/// `auth.second_factor_required`, `auth.second_factor_wrong`; `auth.enrolment_required`, with a token that
/// allows to enrol one.
pub(super) async fn prove(
    identity: &Identity,
    account: &Account,
    otp: Option<&str>,
    visitor: &Visitor,
) -> Result<&'static str> {
    let factor = read::credentials::second_factor(&mut *identity.db.read().await?, account.id).await?;
    match factor.filter(|factor| factor.sealed.is_some()) {
        Some(factor) => {
            let given = otp.ok_or_else(|| Problem::new(&error::AUTH_SECOND_FACTOR_REQUIRED))?;
            take(identity, account, &factor, given, visitor).await
        }
        None if is_required(identity).await? => {
            let token = token(identity, account.id);
            Err(Problem::new(&error::AUTH_ENROLMENT_REQUIRED).with_list("enrolment_token", &[token.as_str()]).into())
        }
        None => Ok("none"),
    }
}

/// Takes a code, of the authenticator or a recovery code, once.
async fn take(
    identity: &Identity,
    account: &Account,
    factor: &SecondFactor,
    given: &str,
    visitor: &Visitor,
) -> Result<&'static str> {
    let wrong = || Problem::new(&error::AUTH_SECOND_FACTOR_WRONG);
    let given: String = given.chars().filter(|c| !matches!(c, ' ' | '-')).take(64).collect();
    let sealed = factor.sealed.as_deref().ok_or_else(wrong)?;
    let secret = seal::open(identity, account.id, sealed)?;
    if let Some(step) = totp::matching_step(&secret, &given, real_now().timestamp(), factor.last_step) {
        // of two who send it at once one comes first
        let taken = write::credentials::take_step(&mut *identity.db.read().await?, account.id, step).await?;
        return if taken { Ok("totp") } else { Err(wrong().into()) };
    }
    if given.len() != 10 {
        return Err(wrong().into());
    }
    let actor = sessions::actor(identity, account, None)?;
    let permit = own(&actor, Action::CredentialChange)?;
    let ctx = sessions::context(identity, actor, visitor.request_id);
    let entry = entry(account, "a recovery code was used");
    let code = code_mac(identity, account.id, &given.to_ascii_uppercase());
    let mut tx = Tx::begin(&identity.db, &ctx, &[(&permit, entry)]).await?;
    match write::credentials::take_recovery_code(&mut tx, account.id, &code, real_now()).await {
        Ok(false) => {
            tx.abandon().await;
            Err(wrong().into())
        }
        taken => tx.finish(taken.map(|_| "recovery").map_err(Into::into)).await,
    }
}

fn entry(account: &Account, what: &str) -> audit::Entry {
    audit::Entry { target: format!("account/{}", account.name), cause: new_id(), reason: Some(what.to_owned()) }
}

fn code_mac(identity: &Identity, account: Uuid, code: &str) -> Vec<u8> {
    seal::mac(identity, "recovery", &[account.as_bytes(), code.as_bytes()]).to_vec()
}

/// Allows this account to enrol a second factor, as long as it has none.
pub(crate) fn token(identity: &Identity, account: Uuid) -> String {
    let until_s = real_now().timestamp() + ENROLMENT_MINUTES * 60;
    format!("{}.{until_s}.{}", account.simple(), token_mac(identity, account, until_s))
}

fn token_mac(identity: &Identity, account: Uuid, until_s: i64) -> String {
    let mac = seal::mac(identity, "enrolment", &[account.as_bytes(), &until_s.to_be_bytes()]);
    mac.iter().fold(String::with_capacity(64), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The account that a token allows to enrol.
fn account_of(identity: &Identity, token: &str) -> Option<Uuid> {
    let mut parts = token.split('.');
    let (account, until, mac) =
        (parts.next()?.parse::<Uuid>().ok()?, parts.next()?.parse::<i64>().ok()?, parts.next()?);
    let expected = token_mac(identity, account, until);
    // compared by their digests: the time tells nothing about the right one
    let fits = sessions::digest(&expected) == sessions::digest(mac) && parts.next().is_none();
    (fits && until > real_now().timestamp()).then_some(account)
}

/// Who enrols: somebody signed in, or somebody who may not sign in before.
pub enum Who {
    /// Signed in.
    SignedIn(Box<OpCtx>),
    /// By the token of `auth.enrolment_required`.
    Token(String),
}

/// The person who enrols, in whose name it is written, and what it has.
async fn person(identity: &Identity, who: &Who, visitor: &Visitor) -> Result<(Account, OpCtx, Option<SecondFactor>)> {
    let invalid = || Problem::new(&error::AUTH_INVALID_TOKEN);
    let (account, ctx) = match who {
        Who::SignedIn(ctx) => (me::account(identity, ctx).await?, ctx.as_ref().clone()),
        Who::Token(token) => {
            let id = account_of(identity, token).ok_or_else(invalid)?;
            let account = read::access::account_by_id(&mut *identity.db.read().await?, id).await?;
            let account = account.ok_or_else(invalid)?;
            let actor = sessions::actor(identity, &account, None)?;
            let ctx = sessions::context(identity, actor, visitor.request_id);
            (account, ctx)
        }
    };
    if account.kind != PERSON || ctx.actor.delegation.is_some() {
        return Err(Problem::new(&error::AUTH_FORBIDDEN).into());
    }
    if !sign_in::is_usable(&account, PERSON) {
        return Err(invalid().into());
    }
    let factor = read::credentials::second_factor(&mut *identity.db.read().await?, account.id).await?;
    if matches!(who, Who::Token(_)) && factor.as_ref().is_some_and(|factor| factor.sealed.is_some()) {
        // the token was for somebody who had none
        return Err(invalid().into());
    }
    Ok((account, ctx, factor))
}

/// Begins to enrol an authenticator. Whoever has one already proves it first; it counts until the new one is
/// confirmed.
///
/// # Errors
/// `auth.invalid_token`, `auth.forbidden` for machines, `auth.second_factor_required`,
/// `auth.second_factor_wrong`; the database's.
pub async fn begin(identity: &Identity, who: &Who, otp: Option<&str>, visitor: &Visitor) -> Result<EnrolmentBegun> {
    let (account, ctx, factor) = person(identity, who, visitor).await?;
    if let Some(factor) = factor.filter(|factor| factor.sealed.is_some()) {
        super::lockout::knock(identity, &account.name, visitor).await?;
        let given = otp.ok_or_else(|| Problem::new(&error::AUTH_SECOND_FACTOR_REQUIRED))?;
        take(identity, &account, &factor, given, visitor).await?;
    }
    let mut secret = [0_u8; totp::SECRET_BYTES];
    rand::rng().fill_bytes(&mut secret);
    let sealed = seal::seal(identity, account.id, &secret)?;
    let permit = own(&ctx.actor, Action::CredentialChange)?;
    let entry = entry(&account, "enrolment of a second factor begun");
    let mut tx = Tx::begin(&identity.db, &ctx, &[(&permit, entry)]).await?;
    let written = write::credentials::begin_enrolment(&mut tx, account.id, &sealed, real_now()).await;
    tx.finish(written.map_err(Into::into)).await?;
    Ok(EnrolmentBegun {
        secret: totp::base32(&secret),
        otpauth_uri: totp::uri(&identity.shared.instance, &account.name, &secret),
    })
}

fn is_fresh(begun: Instant) -> bool {
    real_now() - begun < chrono::TimeDelta::minutes(ENROLMENT_MINUTES)
}

/// Confirms an enrolment with a first code: from then on it is asked for. Other sessions of the account end. By
/// a token the person is signed in at once, since the code is used up.
///
/// # Errors
/// `auth.invalid_token`, `second_factor.nothing_pending`, `auth.second_factor_wrong`,
/// `auth.too_many_attempts`; the database's.
pub async fn confirm(
    identity: &Identity,
    who: &Who,
    otp: &str,
    visitor: &Visitor,
) -> Result<(EnrolmentConfirmed, Option<Begun>)> {
    let (account, ctx, factor) = person(identity, who, visitor).await?;
    let nothing = || Problem::new(&error::SECOND_FACTOR_NOTHING_PENDING);
    let factor = factor.filter(|factor| factor.pending_at.is_some_and(is_fresh)).ok_or_else(nothing)?;
    let pending = factor.pending.ok_or_else(nothing)?;
    super::lockout::knock(identity, &account.name, visitor).await?;
    let secret = seal::open(identity, account.id, &pending)?;
    let given: String = otp.chars().filter(|c| *c != ' ').take(64).collect();
    let step = totp::matching_step(&secret, &given, real_now().timestamp(), 0);
    let step = step.ok_or_else(|| Problem::new(&error::AUTH_SECOND_FACTOR_WRONG))?;
    let codes = codes();
    let macs: Vec<Vec<u8>> = codes.iter().map(|code| code_mac(identity, account.id, code)).collect();
    let permit = own(&ctx.actor, Action::CredentialChange)?;
    let entry = entry(&account, "second factor enrolled");
    let mut tx = Tx::begin(&identity.db, &ctx, &[(&permit, entry)]).await?;
    let written = async {
        if !write::credentials::confirm_enrolment(&mut tx, account.id, &pending, step, real_now(), &macs).await? {
            return Err(nothing().into());
        }
        sessions::end_all_of(&mut tx, account.id, ctx.actor.session, "credential").await
    };
    let written = written.await;
    tx.finish(written).await?;
    super::lockout::forgive(identity, &account.name, visitor).await?;
    let begun = match who {
        Who::Token(_) => {
            let proved = Proved { account, second_factor: "totp" };
            Some(sessions::begin(identity, proved, visitor).await?)
        }
        Who::SignedIn(_) => None,
    };
    let recovery_codes = codes.iter().map(|code| shown(code)).collect();
    let session = begun.as_ref().map(|begun| begun.info.clone());
    Ok((EnrolmentConfirmed { recovery_codes, session }, begun))
}

/// Ten codes of fifty random bits.
fn codes() -> Vec<String> {
    let letter = |byte: &u8| CODE_ALPHABET.get(usize::from(byte & 31)).map(|byte| char::from(*byte));
    let code = || {
        let mut bytes = [0_u8; 10];
        rand::rng().fill_bytes(&mut bytes);
        bytes.iter().filter_map(letter).collect()
    };
    (0..CODES).map(|_| code()).collect()
}

/// In two halves, as it is easier read.
fn shown(code: &str) -> String {
    let (first, last) = code.split_at_checked(5).unwrap_or((code, ""));
    format!("{first}-{last}")
}
