//! Tokens: verified locally with the published keys, and remembered for a moment.
use crate::{
    clock::real_now,
    failure::{Failure, Result},
    revocations::Revocations,
};
use domain::{
    Problem, error,
    ids::{AccountId, FacilityId, OrganisationId},
    policy::{Action, Actor, Place, Reach, Role},
};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use sha2::{Digest, Sha256};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, RwLock},
    time::Duration,
};
use wire::auth::{Claims, Jwks};

/// What every token is for.
pub const AUDIENCE: &str = "meguri";
/// Life of an access token, real seconds.
pub const TOKEN_LIFE_S: u32 = 300;
/// A verified token is trusted by its hash for this long without checking the signature again.
const REMEMBER_MS: i64 = 30_000;
/// At most this many remembered tokens; beyond it the memory starts anew.
const REMEMBERED_MAX: usize = 50_000;
/// Keys are fetched again at most this often, however many unknown key ids come in.
const REFETCH_MS: i64 = 1_000;
const FETCH_TIMEOUT: Duration = Duration::from_secs(3);

/// Verifies tokens with the keys that identity publishes.
#[derive(Clone)]
pub struct Verifier(Arc<Inner>);

struct Inner {
    issuer: String,
    jwks_url: String,
    client: reqwest::Client,
    keys: RwLock<HashMap<String, DecodingKey>>,
    fetched: tokio::sync::Mutex<Fetched>,
    remembered: Mutex<HashMap<[u8; 32], Remembered>>,
    revocations: Revocations,
}

/// A token that was verified.
#[derive(Clone)]
struct Remembered {
    actor: Actor,
    issued_s: i64,
    until_ms: i64,
}

/// When the keys were last asked for, and whether they came.
#[derive(Default)]
struct Fetched {
    at_ms: i64,
    well: bool,
}

/// The issuer of an instance's tokens.
#[must_use]
pub fn issuer(instance: &str) -> String {
    format!("meguri-{instance}")
}

fn invalid() -> Failure {
    Problem::new(&error::AUTH_INVALID_TOKEN).into()
}

impl Verifier {
    /// A verifier of the tokens of `instance`, whose keys are published below `identity_url`.
    #[must_use]
    pub fn new(instance: &str, identity_url: &str) -> Self {
        Self(Arc::new(Inner {
            issuer: issuer(instance),
            jwks_url: format!("{identity_url}/.well-known/jwks.json"),
            client: crate::http_client().timeout(FETCH_TIMEOUT).build().unwrap_or_default(),
            keys: RwLock::default(),
            fetched: tokio::sync::Mutex::default(),
            remembered: Mutex::default(),
            revocations: Revocations::default(),
        }))
    }

    /// What was revoked, as this verifier knows it.
    #[must_use]
    pub fn revocations(&self) -> &Revocations {
        &self.0.revocations
    }

    /// The actor that a token names.
    ///
    /// # Errors
    /// `auth.invalid_token` for anything but a token of ours in force: wrong signature, algorithm,
    /// key, issuer or audience, expired. `auth.revoked` when its session, account or delegation was.
    /// `service.unavailable` when the keys cannot be had.
    pub async fn verify(&self, token: &str) -> Result<Actor> {
        let hash: [u8; 32] = Sha256::digest(token.as_bytes()).into();
        let now_ms = real_now().timestamp_millis();
        if let Some(known) = self.recall(&hash, now_ms) {
            return self.unless_revoked(known);
        }
        let header = jsonwebtoken::decode_header(token).map_err(|_| invalid())?;
        // one algorithm, fixed here: `none` and confusion with HMAC never reach a key
        if header.alg != Algorithm::EdDSA {
            return Err(invalid());
        }
        let kid = header.kid.ok_or_else(invalid)?;
        let key = match self.key(&kid) {
            Some(key) => key,
            None => {
                self.fetch(now_ms).await?;
                self.key(&kid).ok_or_else(invalid)?
            }
        };
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.set_audience(&[AUDIENCE]);
        validation.set_issuer(&[&self.0.issuer]);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        // clocks of services may differ a little; a minute is tolerated
        validation.leeway = 60;
        let claims = jsonwebtoken::decode::<Claims>(token, &key, &validation).map_err(|_| invalid())?.claims;
        let until_ms = (now_ms + REMEMBER_MS).min(claims.exp.saturating_mul(1_000));
        let known = Remembered { issued_s: claims.iat, actor: actor(claims)?, until_ms };
        self.remember(hash, known.clone());
        self.unless_revoked(known)
    }

    fn unless_revoked(&self, known: Remembered) -> Result<Actor> {
        if self.0.revocations.refuse(&known.actor, known.issued_s) {
            return Err(Problem::new(&error::AUTH_REVOKED).into());
        }
        Ok(known.actor)
    }

    fn recall(&self, hash: &[u8; 32], now_ms: i64) -> Option<Remembered> {
        let remembered = self.0.remembered.lock().unwrap_or_else(PoisonError::into_inner);
        remembered.get(hash).filter(|known| known.until_ms > now_ms).cloned()
    }

    fn remember(&self, hash: [u8; 32], known: Remembered) {
        let mut remembered = self.0.remembered.lock().unwrap_or_else(PoisonError::into_inner);
        if remembered.len() >= REMEMBERED_MAX {
            remembered.clear();
        }
        remembered.insert(hash, known);
    }

    fn key(&self, kid: &str) -> Option<DecodingKey> {
        self.0.keys.read().unwrap_or_else(PoisonError::into_inner).get(kid).cloned()
    }

    async fn fetch(&self, now_ms: i64) -> Result<()> {
        let mut fetched = self.0.fetched.lock().await;
        if now_ms - fetched.at_ms < REFETCH_MS {
            // whoever waited meanwhile shares the outcome, and does not try by itself
            return if fetched.well { Ok(()) } else { Err(Failure::Unavailable("signing keys".to_owned())) };
        }
        *fetched = Fetched { at_ms: now_ms, well: false };
        let unavailable = |error: reqwest::Error| Failure::Unavailable(format!("signing keys: {error}"));
        let answer = self.0.client.get(&self.0.jwks_url).send().await.map_err(unavailable)?;
        let jwks: Jwks = answer.error_for_status().map_err(unavailable)?.json().await.map_err(unavailable)?;
        let keys = jwks
            .keys
            .iter()
            .filter_map(|jwk| DecodingKey::from_ed_components(&jwk.x).ok().map(|key| (jwk.kid.clone(), key)))
            .collect();
        *self.0.keys.write().unwrap_or_else(PoisonError::into_inner) = keys;
        fetched.well = true;
        Ok(())
    }
}

/// A wholesaler or one of its branches.
fn partner_place(code: &str) -> Option<Place> {
    code.parse().map(Place::Wholesaler).or_else(|_| code.parse().map(Place::Branch)).ok()
}

/// A service account's limits. What is not known here is not allowed, so the token is refused as a whole.
fn actions(scope: &str) -> Result<Arc<[Action]>> {
    scope.split_ascii_whitespace().map(|name| Action::parse(name).ok_or_else(invalid)).collect()
}

/// Who acts with a token that says this.
///
/// # Errors
/// `auth.invalid_token` for a role or home that there is not.
pub fn actor(claims: Claims) -> Result<Actor> {
    let role = Role::parse(&claims.role).filter(|role| *role != Role::Public).ok_or_else(invalid)?;
    let home = match (claims.facility, claims.partner) {
        (Some(facility), _) => Place::Facility(FacilityId(facility), claims.territory),
        (None, Some(partner)) => partner_place(&partner).ok_or_else(invalid)?,
        (None, None) => Place::Territory(claims.territory),
    };
    Ok(Actor {
        account: AccountId(claims.sub),
        organisation: OrganisationId(claims.org),
        name: claims.name,
        role,
        home,
        machine: claims.machine,
        session: claims.sid,
        delegation: claims.dlg,
        actions: claims.scope.as_deref().map(actions).transpose()?,
        reach: Reach::none(),
    })
}
