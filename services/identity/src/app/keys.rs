//! Signing keys: made once per instance, published as a JWKS.
use super::permit;
use crate::Identity;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::policy::Action;
use ed25519_dalek::{SigningKey, pkcs8::EncodePrivateKey};
use identity_store::{read, rows, write};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use platform::{Db, Failure, OpCtx, Tx, audit, failure::Result, opctx::new_id};
use rand::RngCore;
use std::sync::Arc;
use wire::auth::{Claims, Jwk, Jwks};

/// Signs tokens with the newest key.
pub struct Signer {
    header: Header,
    key: EncodingKey,
}

impl Signer {
    fn new(row: &rows::SigningKey) -> Result<Self> {
        let seed: [u8; 32] = row.seed.as_slice().try_into().map_err(Failure::internal)?;
        let pkcs8 = SigningKey::from_bytes(&seed).to_pkcs8_der().map_err(Failure::internal)?;
        let header = Header { kid: Some(row.kid.clone()), ..Header::new(Algorithm::EdDSA) };
        Ok(Self { header, key: EncodingKey::from_ed_der(pkcs8.as_bytes()) })
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
    if !read::signing_keys(&mut conn).await?.is_empty() {
        return Ok(());
    }
    drop(conn);
    let mut seed = [0_u8; 32];
    rand::rng().fill_bytes(&mut seed);
    let public = SigningKey::from_bytes(&seed).verifying_key().to_bytes().to_vec();
    let id = new_id();
    let row = rows::SigningKey { kid: id.to_string(), seed: seed.to_vec(), public };
    let entry = audit::Entry { target: format!("signing_key/{id}"), cause: id, reason: None };
    let mut tx = Tx::begin(db, ctx, &[(&permit, entry)]).await?;
    let written = async {
        write::lock_instance(&mut tx).await?;
        // another seed may have been quicker
        let is_first = read::signing_keys(&mut tx).await?.is_empty();
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

/// The signer of this process; loads the newest key at first use.
///
/// # Errors
/// When the instance has no key (it was not seeded), or the database cannot be read.
pub async fn signer(identity: &Identity) -> Result<Arc<Signer>> {
    if let Some(signer) = identity.signer() {
        return Ok(signer);
    }
    let keys = read::signing_keys(&mut *identity.db.read().await?).await?;
    let newest = keys.first().ok_or_else(|| Failure::internal("no signing key: run `meguri seed`"))?;
    Ok(identity.set_signer(Signer::new(newest)?))
}

/// The public halves of the keys in force.
///
/// # Errors
/// The database's.
pub async fn published(identity: &Identity) -> Result<Jwks> {
    let keys = read::signing_keys(&mut *identity.db.read().await?).await?;
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
