//! Signing in: a password or a secret against a five-minute token.
use super::{delegation, keys, lockout, second_factor};
use crate::Identity;
use argon2::{Argon2, PasswordVerifier, password_hash::phc::PasswordHash};
use domain::{Problem, TerritoryCode, error, ids::RequestId, issuing::is_account_name};
use identity_store::{read, rows::Account};
use platform::{
    auth::{AUDIENCE, TOKEN_LIFE_S, issuer},
    clock::real_now,
    failure::Result,
};
use std::sync::LazyLock;
use uuid::Uuid;
use wire::auth::{Claims, TokenRequest, TokenResponse};

/// Kinds of accounts.
pub(crate) const PERSON: &str = "person";
pub(crate) const SERVICE: &str = "service";

/// A longer password is refused before it costs anything to hash.
pub(crate) const PASSWORD_BYTES_MAX: usize = 128;

/// Checked when there is no such account, so that the answer takes as long as for a real one.
static NOBODY: LazyLock<Option<String>> = LazyLock::new(|| super::issue_accounts::hash_password("nobody").ok());

/// Where somebody who signs in comes from.
#[derive(Debug, Clone)]
pub struct Visitor {
    /// Address.
    pub address: String,
    /// Browser, as it calls itself, shortened.
    pub agent: String,
    /// The request.
    pub request_id: RequestId,
}

/// A person who has proved who it is.
pub struct Proved {
    /// The account.
    pub account: Account,
    /// The second factor that was proved: `none`, `totp`, `recovery`, `provider`.
    pub second_factor: &'static str,
}

/// Checks the credentials and answers a token.
///
/// # Errors
/// `auth.bad_credentials`, the same for an unknown name, a wrong password, an expired or a suspended
/// account; `auth.too_many_attempts` for a person who signs in more than ten times a minute from one
/// address, or was wrong too often; for the second factor those of [`prove`]; `delegation.not_in_force`.
pub async fn sign_in(identity: &Identity, request: TokenRequest, visitor: &Visitor) -> Result<TokenResponse> {
    let (account, scope, delegation) = match request {
        TokenRequest::Password { username, password, delegation, otp } => {
            (prove(identity, &username, password, otp.as_deref(), visitor).await?.account, None, delegation)
        }
        TokenRequest::ServiceAccount { client_id, client_secret, delegation } => {
            let (account, scope) = super::service_account::prove(identity, &client_id, &client_secret).await?;
            (account, scope, delegation)
        }
    };
    let claims = claims(identity, &account, None, i64::from(TOKEN_LIFE_S))?;
    let mut claims = delegation::acting(identity, delegation, claims).await?;
    claims.scope = narrower(claims.scope, scope);
    let role = claims.role.clone();
    let access_token = keys::signer(identity).await?.sign(&claims)?;
    Ok(TokenResponse { access_token, token_type: "Bearer".to_owned(), expires_in: TOKEN_LIFE_S, role })
}

/// What may be done under both limits: a machine does no more for somebody else than it may for itself.
fn narrower(one: Option<String>, other: Option<String>) -> Option<String> {
    match (one, other) {
        (Some(one), Some(other)) => {
            let both = one.split(' ').filter(|name| other.split(' ').any(|allowed| allowed == *name));
            Some(both.collect::<Vec<_>>().join(" "))
        }
        (one, other) => one.or(other),
    }
}

/// What a token of this account says, for `life_s` seconds from now.
///
/// # Errors
/// When the stored territory is no code, which the table's rules forbid.
pub fn claims(identity: &Identity, account: &Account, session: Option<Uuid>, life_s: i64) -> Result<Claims> {
    let issued_s = real_now().timestamp();
    Ok(Claims {
        iss: issuer(&identity.shared.instance),
        aud: AUDIENCE.to_owned(),
        sub: account.id,
        name: account.name.clone(),
        role: account.role.clone(),
        org: account.organisation,
        territory: TerritoryCode::parse(&account.territory)?,
        facility: account.facility,
        partner: account.partner.clone(),
        machine: account.kind == SERVICE,
        sid: session,
        dlg: None,
        scope: None,
        iat: issued_s,
        exp: issued_s + life_s,
    })
}

/// May this account sign in at all?
#[must_use]
pub fn is_usable(account: &Account, kind: &str) -> bool {
    account.kind == kind && account.disabled_at.is_none() && account.expires_at.is_none_or(|at| at > real_now())
}

/// A person's account, proved by what it knows and has.
///
/// # Errors
/// `auth.bad_credentials`, `auth.too_many_attempts`, `auth.second_factor_required`,
/// `auth.second_factor_wrong`, `auth.enrolment_required`.
pub async fn prove(
    identity: &Identity,
    name: &str,
    password: String,
    otp: Option<&str>,
    visitor: &Visitor,
) -> Result<Proved> {
    if !is_account_name(name) {
        // no account can have it: not worth a count, let alone a look
        return Err(Problem::new(&error::AUTH_BAD_CREDENTIALS).into());
    }
    // counted before the password is looked at: the eleventh guess is not checked even if right
    identity.shared.limiter.sign_in(name, &visitor.address).await?;
    lockout::knock(identity, name, visitor).await?;
    let found = read::account(&mut *identity.db.read().await?, name).await?;
    let usable = found.filter(|account| is_usable(account, PERSON));
    let right = password_fits(identity, usable.as_ref(), password).await?;
    let account = usable.filter(|_| right).ok_or_else(|| Problem::new(&error::AUTH_BAD_CREDENTIALS))?;
    let second_factor = second_factor::prove(identity, &account, otp, visitor).await?;
    lockout::forgive(identity, name, visitor).await?;
    Ok(Proved { account, second_factor })
}

/// Is this the account's password? Without an account it takes as long and is not.
///
/// # Errors
/// `service.unavailable` when no turn to check comes in time.
pub async fn password_fits(identity: &Identity, account: Option<&Account>, given: String) -> Result<bool> {
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
    fn under_two_limits_both_count() {
        let limit = |text: &str| Some(text.to_owned());
        assert_eq!(narrower(limit("a b"), limit("b c")), limit("b"));
        assert_eq!(narrower(limit("a"), limit("b")), limit(""));
        assert_eq!(narrower(None, limit("b")), limit("b"));
        assert_eq!(narrower(limit("a"), None), limit("a"));
        assert_eq!(narrower(None, None), None);
    }

    #[test]
    fn names_are_those_that_an_account_can_have() {
        for name in ["ministry", "proxy-13", "hospital-cov12345", &"x".repeat(63)] {
            assert!(is_account_name(name), "{name}");
        }
        for name in ["", "Ministry", "proxy 13", "a\0", "病院", "a_b", "-a", &"x".repeat(64)] {
            assert!(!is_account_name(name), "{name}");
        }
    }
}
