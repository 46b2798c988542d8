//! Signing keys: published as a JWKS before they sign, and until no token is left that they have signed.
use super::permit;
use crate::Identity;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::TimeDelta;
use domain::{
    policy::Action,
    time::{Instant, rfc3339},
};
use ed25519_dalek::{SigningKey, pkcs8::EncodePrivateKey};
use identity_store::{read, rows, write};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use platform::{Db, Failure, OpCtx, Tx, audit, auth::TOKEN_LIFE_S, clock::real_now, failure::Result, opctx::new_id};
use rand::RngCore;
use std::sync::Arc;
use wire::auth::{Claims, Jwk, Jwks};

/// A key that has signed for so long is changed over by itself.
const AGE_DAYS_MAX: i64 = 90;
/// By itself a key is published for so long before it signs.
const LEAD: TimeDelta = TimeDelta::minutes(10);
/// Shorter is never enough: signers look for a newer key every two seconds, and whoever verifies asks for keys
/// at most once a second.
const LEAD_MIN: TimeDelta = TimeDelta::seconds(5);
/// Tokens of a key live no longer after it has ceased to sign, clocks that differ included.
const TOKENS_END: TimeDelta = TimeDelta::seconds(TOKEN_LIFE_S as i64 + 120);
/// A process looks so often for a newer key.
const FRESH: TimeDelta = TimeDelta::seconds(2);

/// Signs tokens with the newest key that is active.
pub struct Signer {
    header: Header,
    key: EncodingKey,
    loaded_at: Instant,
}

impl Signer {
    fn new(row: &rows::SigningKey) -> Result<Self> {
        let seed: [u8; 32] = row.seed.as_slice().try_into().map_err(Failure::internal)?;
        let pkcs8 = SigningKey::from_bytes(&seed).to_pkcs8_der().map_err(Failure::internal)?;
        let header = Header { kid: Some(row.kid.clone()), ..Header::new(Algorithm::EdDSA) };
        Ok(Self { header, key: EncodingKey::from_ed_der(pkcs8.as_bytes()), loaded_at: real_now() })
    }

    /// A signed token.
    ///
    /// # Errors
    /// When the claims cannot be written, which is a bug.
    pub fn sign(&self, claims: &Claims) -> Result<String> {
        jsonwebtoken::encode(&self.header, claims, &self.key).map_err(Failure::internal)
    }
}

/// Makes the instance's first key if it has none. Idempotent.
///
/// # Errors
/// `auth.forbidden` unless the actor may issue accounts; the database's.
pub async fn ensure_key(db: &Db, ctx: &OpCtx) -> Result<()> {
    let permit = permit(ctx, Action::AccountIssue)?;
    let mut conn = db.read().await?;
    if !read::signing_keys(&mut conn, real_now()).await?.is_empty() {
        return Ok(());
    }
    drop(conn);
    let (row, entry) = new_key(real_now());
    let mut tx = Tx::begin(db, ctx, &[(&permit, entry)]).await?;
    let written = async {
        write::lock_instance(&mut tx).await?;
        // another seed may have been quicker
        let is_first = read::signing_keys(&mut tx, real_now()).await?.is_empty();
        if is_first {
            write::signing_key(&mut tx, &row).await?;
        }
        Ok(is_first)
    };
    match written.await {
        Ok(false) => {
            tx.abandon().await;
            Ok(())
        }
        written => tx.finish(written.map(drop)).await,
    }
}

/// A new key, and the trail's line about it.
fn new_key(active_from: Instant) -> (rows::SigningKey, audit::Entry) {
    let mut seed = [0_u8; 32];
    rand::rng().fill_bytes(&mut seed);
    let public = SigningKey::from_bytes(&seed).verifying_key().to_bytes().to_vec();
    let id = new_id();
    let row = rows::SigningKey { kid: id.to_string(), seed: seed.to_vec(), public, active_from };
    let reason = Some(format!("signs from {}", rfc3339(active_from)));
    (row, audit::Entry { target: format!("signing_key/{id}"), cause: id, reason })
}

/// Makes a new key, which is published at once and signs after `lead` (five seconds at least). The ones before
/// stay published until their last tokens have ended. `None` when one is waiting to sign already.
///
/// # Errors
/// `auth.forbidden` unless the actor may issue accounts; the database's.
pub async fn rotate(db: &Db, ctx: &OpCtx, lead: TimeDelta) -> Result<Option<rows::SigningKey>> {
    let permit = permit(ctx, Action::AccountIssue)?;
    let active_from = real_now() + lead.max(LEAD_MIN);
    let (row, entry) = new_key(active_from);
    let mut tx = Tx::begin(db, ctx, &[(&permit, entry)]).await?;
    let written = async {
        write::lock_instance(&mut tx).await?;
        let now = real_now();
        let waiting = read::signing_keys(&mut tx, now).await?.iter().any(|key| key.active_from > now);
        if !waiting {
            write::signing_key(&mut tx, &row).await?;
            write::retire_keys_but(&mut tx, &row.kid, active_from + TOKENS_END).await?;
        }
        Ok(!waiting)
    };
    match written.await {
        Ok(false) => {
            tx.abandon().await;
            Ok(None)
        }
        written => tx.finish(written.map(|_| Some(row))).await,
    }
}

/// Changes the key over if it has signed for three months.
///
/// # Errors
/// The database's.
pub async fn rotate_if_old(db: &Db, ctx: &OpCtx) -> Result<()> {
    let now = real_now();
    let keys = read::signing_keys(&mut *db.read().await?, now).await?;
    if keys.first().is_some_and(|newest| now - newest.active_from > TimeDelta::days(AGE_DAYS_MAX)) {
        rotate(db, ctx, LEAD).await?;
    }
    Ok(())
}

/// The signer of this process; looks every two seconds whether a newer key is active. When the database cannot
/// be asked the one at hand signs on.
///
/// # Errors
/// When the instance has no key (it was not seeded), or none was loaded and the database cannot be read.
pub async fn signer(identity: &Identity) -> Result<Arc<Signer>> {
    let held = identity.signer();
    if let Some(signer) = held.as_ref().filter(|signer| real_now() - signer.loaded_at < FRESH) {
        return Ok(Arc::clone(signer));
    }
    let now = real_now();
    let keys = async { Result::Ok(read::signing_keys(&mut *identity.db.read().await?, now).await?) };
    let keys = match (keys.await, held) {
        (Ok(keys), _) => keys,
        (Err(failure), Some(signer)) => {
            tracing::warn!(%failure, "no look for a newer signing key");
            return Ok(signer);
        }
        (Err(failure), None) => return Err(failure),
    };
    let newest = keys.iter().find(|key| key.active_from <= now);
    let newest = newest.ok_or_else(|| Failure::internal("no signing key: run `meguri seed`"))?;
    Ok(identity.set_signer(Signer::new(newest)?))
}

/// The ids of the keys that are published, and from when each signs; the newest first.
///
/// # Errors
/// The database's.
pub async fn list(db: &Db) -> Result<Vec<(String, Instant)>> {
    let keys = read::signing_keys(&mut *db.read().await?, real_now()).await?;
    Ok(keys.into_iter().map(|key| (key.kid, key.active_from)).collect())
}

/// The public halves of the keys in force.
///
/// # Errors
/// The database's.
pub async fn published(identity: &Identity) -> Result<Jwks> {
    let keys = read::signing_keys(&mut *identity.db.read().await?, real_now()).await?;
    let jwk = |row: rows::SigningKey| Jwk {
        kty: "OKP".to_owned(),
        crv: "Ed25519".to_owned(),
        kid: row.kid,
        usage: "sig".to_owned(),
        alg: "EdDSA".to_owned(),
        x: URL_SAFE_NO_PAD.encode(row.public),
    };
    Ok(Jwks { keys: keys.into_iter().map(jwk).collect() })
}
