//! Signing in: a password or a secret against a five-minute token.
use super::keys;
use crate::Identity;
use argon2::{Argon2, PasswordVerifier, password_hash::phc::PasswordHash};
use domain::{Problem, TerritoryCode, error};
use identity_store::{read, rows::Account};
use platform::{
    auth::{AUDIENCE, TOKEN_LIFE_S, issuer},
    clock::real_now,
    failure::Result,
};
use sha2::{Digest, Sha256};
use std::sync::LazyLock;
use wire::auth::{Claims, TokenRequest, TokenResponse};

/// A longer password is refused before it costs anything to hash.
const PASSWORD_BYTES_MAX: usize = 128;

/// No account has a longer name.
const NAME_BYTES_MAX: usize = 63;

/// Checked when there is no such account, so that the answer takes as long as for a real one.
static NOBODY: LazyLock<Option<String>> = LazyLock::new(|| super::issue_accounts::hash_password("nobody").ok());

/// Checks the credentials and answers a token.
///
/// # Errors
/// `auth.bad_credentials`, the same for an unknown name, a wrong password, an expired or a suspended
/// account; `auth.too_many_attempts` for a person who signs in more than ten times a minute from one
/// address.
pub async fn sign_in(identity: &Identity, request: TokenRequest, address: &str) -> Result<TokenResponse> {
    let (name, given, kind) = match request {
        TokenRequest::Password { username, password } => (username, password, "person"),
        TokenRequest::ServiceAccount { client_id, client_secret } => (client_id, client_secret, "service"),
    };
    if !is_name(&name) {
        // no account can have it: not worth a count, let alone a look
        return Err(Problem::new(&error::AUTH_BAD_CREDENTIALS).into());
    }
    if kind == "person" {
        // counted before the password is looked at: the eleventh guess is not checked even if right
        identity.shared.limiter.sign_in(&name, address).await?;
    }
    let found = read::account(&mut *identity.db.read().await?, &name).await?;
    let now = real_now();
    let usable = found.filter(|account| {
        account.kind == kind && account.disabled_at.is_none() && account.expires_at.is_none_or(|at| at > now)
    });
    let right = verify(identity, usable.as_ref(), kind, given).await?;
    let account = usable.filter(|_| right).ok_or_else(|| Problem::new(&error::AUTH_BAD_CREDENTIALS))?;
    let issued_s = now.timestamp();
    let claims = Claims {
        iss: issuer(&identity.shared.instance),
        aud: AUDIENCE.to_owned(),
        sub: account.id,
        name: account.name,
        role: account.role.clone(),
        org: account.organisation,
        territory: TerritoryCode::parse(&account.territory)?,
        facility: account.facility,
        partner: account.partner,
        machine: kind == "service",
        sid: None,
        dlg: None,
        scope: None,
        iat: issued_s,
        exp: issued_s + i64::from(TOKEN_LIFE_S),
    };
    let access_token = keys::signer(identity).await?.sign(&claims)?;
    Ok(TokenResponse { access_token, token_type: "Bearer".to_owned(), expires_in: TOKEN_LIFE_S, role: account.role })
}

/// May an account have this name? The table's own rule.
fn is_name(name: &str) -> bool {
    (1..=NAME_BYTES_MAX).contains(&name.len())
        && !name.starts_with('-')
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

async fn verify(identity: &Identity, account: Option<&Account>, kind: &str, given: String) -> Result<bool> {
    if kind == "service" {
        let stored = account.and_then(|account| account.secret_sha256.clone()).unwrap_or_default();
        // both sides are digests, so the time of the comparison tells nothing about the secret
        return Ok(*stored == *Sha256::digest(given.as_bytes()));
    }
    if given.len() > PASSWORD_BYTES_MAX {
        return Ok(false);
    }
    let stored = account.and_then(|account| account.password_hash.clone());
    let known = stored.is_some();
    let hash = stored.or_else(|| NOBODY.clone()).unwrap_or_default();
    let check = move || {
        PasswordHash::new(&hash).is_ok_and(|hash| Argon2::default().verify_password(given.as_bytes(), &hash).is_ok())
    };
    Ok(identity.hashing.run(check).await? && known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_that_an_account_can_have() {
        for name in ["ministry", "proxy-13", "hospital-cov12345", &"x".repeat(63)] {
            assert!(is_name(name), "{name}");
        }
        for name in ["", "Ministry", "proxy 13", "a\0", "病院", "a_b", "-a", &"x".repeat(64)] {
            assert!(!is_name(name), "{name}");
        }
    }
}
