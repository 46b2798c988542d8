//! Signing in by an organisation's own provider: OpenID Connect, authorisation code with PKCE, state and nonce.
//! Accounts are issued first and linked to (issuer, subject) then; nobody registers by signing in.
use super::{
    permit, seal, second_factor,
    sessions::{self, Begun, digest, random_secret},
    sign_in::{self, PERSON, Proved, Visitor},
};
use crate::Identity;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::{Problem, error, policy::Action};
use identity_store::{
    oidc::{self, Attempt, Provider},
    read,
};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, jwk::JwkSet};
use platform::{Db, Failure, OpCtx, Tx, audit, clock::real_now, failure::Result, opctx::new_id};
use serde::{Deserialize, de::DeserializeOwned};
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use uuid::Uuid;

/// Whoever has not come back by then begins anew.
const MINUTES_MAX: i64 = 10;
/// A provider that has not answered by then is away.
const ANSWER_TIMEOUT: std::time::Duration = std::time::Duration::from_secs(5);
/// What a provider's token may be signed with: no secret that is shared, and never nothing.
const ALGORITHMS: [Algorithm; 6] =
    [Algorithm::RS256, Algorithm::PS256, Algorithm::ES256, Algorithm::ES384, Algorithm::RS512, Algorithm::EdDSA];
/// What providers call a second factor (RFC 8176).
const FACTORS: [&str; 6] = ["mfa", "otp", "hwk", "swk", "sms", "fpt"];

/// What a provider says of itself (OpenID Connect Discovery).
#[derive(Deserialize)]
struct Metadata {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
}

#[derive(Deserialize)]
struct TokenAnswer {
    id_token: String,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Many(Vec<String>),
}

#[derive(Deserialize)]
struct IdToken {
    sub: String,
    aud: Audience,
    azp: Option<String>,
    nonce: Option<String>,
    #[serde(default)]
    amr: Vec<String>,
    email: Option<String>,
    #[serde(default)]
    email_verified: bool,
}

/// Where a browser is sent, and what it keeps until it comes back.
pub struct Start {
    /// The provider's page.
    pub location: String,
    /// For the cookie.
    pub browser: String,
}

/// How a browser came back.
pub enum Back {
    /// Signed in.
    SignedIn(Box<Begun>),
    /// Our own second factor is asked for: a ticket for `POST /v1/sessions:oidc`.
    SecondFactor(String),
    /// A second factor must be enrolled first: an enrolment token.
    Enrolment(String),
}

fn refused(why: &str) -> Failure {
    // which of the checks failed is the operators' business, not that of whoever tries
    tracing::warn!(why, "a sign-in by a provider was refused");
    Problem::new(&error::OIDC_REFUSED).into()
}

async fn provider(identity: &Identity, code: &str) -> Result<Provider> {
    let found = oidc::provider(&mut *identity.db.read().await?, code).await?;
    Ok(found.ok_or_else(|| Problem::new(&error::OIDC_PROVIDER_NOT_FOUND).with("provider", code))?)
}

fn client() -> Result<reqwest::Client> {
    platform::outside_client().timeout(ANSWER_TIMEOUT).build().map_err(Failure::internal)
}

fn away(error: &reqwest::Error) -> Failure {
    Failure::Unavailable(format!("the provider of a sign-in: {error}"))
}

async fn get<T: DeserializeOwned>(url: &str) -> Result<T> {
    let answer = client()?.get(url).send().await.and_then(reqwest::Response::error_for_status);
    answer.map_err(|error| away(&error))?.json().await.map_err(|error| away(&error))
}

async fn metadata(provider: &Provider) -> Result<Metadata> {
    let url = format!("{}/.well-known/openid-configuration", provider.issuer.trim_end_matches('/'));
    let metadata: Metadata = get(&url).await?;
    if metadata.issuer != provider.issuer {
        return Err(refused("the provider names another issuer"));
    }
    Ok(metadata)
}

/// Pairs as a form or a query has them.
fn form(pairs: &[(&str, &str)]) -> String {
    let mut text = String::new();
    for (name, value) in pairs {
        if !text.is_empty() {
            text.push('&');
        }
        let _ = write!(text, "{name}={}", escaped(value));
    }
    text
}

fn escaped(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            text.push(char::from(byte));
        } else {
            let _ = write!(text, "%{byte:02X}");
        }
    }
    text
}

/// Begins a sign-in.
///
/// # Errors
/// `oidc.provider_not_found`; `service.unavailable` when the provider is away; the database's.
pub async fn start(identity: &Identity, code: &str) -> Result<Start> {
    let provider = provider(identity, code).await?;
    let metadata = metadata(&provider).await?;
    let (state, nonce, verifier, browser) = (random_secret(), random_secret(), random_secret(), random_secret());
    let now = real_now();
    let attempt = Attempt {
        state_sha256: digest(&state),
        provider: provider.id,
        browser_sha256: digest(&browser),
        nonce: nonce.clone(),
        verifier: verifier.clone(),
        begun_at: now,
    };
    let forget_before = now - chrono::TimeDelta::minutes(MINUTES_MAX);
    oidc::begin(&mut *identity.db.read().await?, &attempt, forget_before).await?;
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()));
    let query = form(&[
        ("response_type", "code"),
        ("client_id", &provider.client_id),
        ("redirect_uri", &provider.redirect_uri),
        ("scope", "openid email"),
        ("state", &state),
        ("nonce", &nonce),
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
    ]);
    let separator = if metadata.authorization_endpoint.contains('?') { '&' } else { '?' };
    Ok(Start { location: format!("{}{separator}{query}", metadata.authorization_endpoint), browser })
}

/// Ends a sign-in: what the provider sent the browser back with becomes a session.
///
/// # Errors
/// `oidc.refused` for whatever does not fit: state, browser, code, token; `oidc.not_linked` for somebody who has
/// no account; `oidc.provider_not_found`; `service.unavailable`; the database's.
pub async fn callback(
    identity: &Identity,
    code: &str,
    given: &str,
    state: &str,
    browser: Option<&str>,
    visitor: &Visitor,
) -> Result<Back> {
    let provider = provider(identity, code).await?;
    let attempt = oidc::take(&mut *identity.db.read().await?, &digest(state)).await?;
    let attempt = attempt.ok_or_else(|| refused("a state that is not ours, or was used"))?;
    if attempt.provider != provider.id || Some(attempt.browser_sha256) != browser.map(digest) {
        return Err(refused("another provider or browser than it began with"));
    }
    if real_now() - attempt.begun_at > chrono::TimeDelta::minutes(MINUTES_MAX) {
        return Err(refused("it took too long"));
    }
    let metadata = metadata(&provider).await?;
    let id_token = exchange(identity, &provider, &metadata, given, &attempt.verifier).await?;
    let claims = verify(&provider, &metadata, &id_token, &attempt.nonce).await?;
    let account = account(identity, &provider, &claims).await?;
    let by_provider = provider.second_factor && claims.amr.iter().any(|factor| FACTORS.contains(&factor.as_str()));
    if by_provider {
        let proved = Proved { account, second_factor: "provider" };
        return Ok(Back::SignedIn(Box::new(sessions::begin(identity, proved, visitor).await?)));
    }
    if second_factor::is_enrolled(identity, account.id).await? {
        return Ok(Back::SecondFactor(ticket(identity, account.id)));
    }
    if second_factor::is_required(identity).await? {
        return Ok(Back::Enrolment(second_factor::token(identity, account.id)));
    }
    let proved = Proved { account, second_factor: "none" };
    Ok(Back::SignedIn(Box::new(sessions::begin(identity, proved, visitor).await?)))
}

/// The code against the token.
async fn exchange(
    identity: &Identity,
    provider: &Provider,
    metadata: &Metadata,
    code: &str,
    verifier: &str,
) -> Result<String> {
    let secret = seal::open(identity, provider.id, &provider.client_secret)?;
    let secret = String::from_utf8(secret).map_err(Failure::internal)?;
    let body = form(&[
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", &provider.redirect_uri),
        ("code_verifier", verifier),
    ]);
    let request =
        client()?.post(&metadata.token_endpoint).basic_auth(escaped(&provider.client_id), Some(escaped(&secret)));
    let request = request.header("Content-Type", "application/x-www-form-urlencoded").body(body);
    let answer = request.send().await.map_err(|error| away(&error))?;
    if answer.status().is_client_error() {
        return Err(refused("the provider does not take the code"));
    }
    let answer = answer.error_for_status().map_err(|error| away(&error))?;
    Ok(answer.json::<TokenAnswer>().await.map_err(|error| away(&error))?.id_token)
}

/// What the token says, if it is the provider's, for us, in force, and of this very sign-in.
async fn verify(provider: &Provider, metadata: &Metadata, token: &str, nonce: &str) -> Result<IdToken> {
    let header = jsonwebtoken::decode_header(token).map_err(|_| refused("no token"))?;
    if !ALGORITHMS.contains(&header.alg) {
        return Err(refused("an algorithm that is not taken"));
    }
    let keys: JwkSet = get(&metadata.jwks_uri).await?;
    let key = match &header.kid {
        Some(kid) => keys.find(kid),
        None => keys.keys.first().filter(|_| keys.keys.len() == 1),
    };
    let key = key.and_then(|key| DecodingKey::from_jwk(key).ok()).ok_or_else(|| refused("an unknown key"))?;
    let mut validation = Validation::new(header.alg);
    validation.set_audience(&[&provider.client_id]);
    validation.set_issuer(&[&provider.issuer]);
    validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
    validation.leeway = 60;
    let claims = jsonwebtoken::decode::<IdToken>(token, &key, &validation);
    let claims = claims.map_err(|error| refused(&error.to_string()))?.claims;
    if claims.nonce.as_deref() != Some(nonce) {
        return Err(refused("the nonce of another sign-in"));
    }
    let several = matches!(&claims.aud, Audience::Many(all) if all.len() > 1);
    let for_us = claims.azp.as_deref() == Some(&provider.client_id);
    // a token for several must say that it was given to us
    if (several || claims.azp.is_some()) && !for_us {
        return Err(refused("a token that was given to somebody else"));
    }
    if let Audience::One(one) = &claims.aud
        && *one != provider.client_id
    {
        return Err(refused("a token for somebody else"));
    }
    Ok(claims)
}

/// The account that was linked, if the provider may sign it in.
async fn account(identity: &Identity, provider: &Provider, claims: &IdToken) -> Result<identity_store::rows::Account> {
    let not_linked = || Failure::from(Problem::new(&error::OIDC_NOT_LINKED));
    if let Some(domains) = &provider.domains {
        let domain = claims.email.as_deref().filter(|_| claims.email_verified).and_then(|mail| mail.rsplit_once('@'));
        if !domain.is_some_and(|(_, domain)| domains.iter().any(|allowed| allowed.eq_ignore_ascii_case(domain))) {
            return Err(refused("a mail domain that is not the organisation's"));
        }
    }
    let mut conn = identity.db.read().await?;
    let id = oidc::linked(&mut conn, &provider.issuer, &claims.sub).await?.ok_or_else(not_linked)?;
    let account = read::access::account_by_id(&mut conn, id).await?;
    let theirs = |account: &identity_store::rows::Account| {
        sign_in::is_usable(account, PERSON)
            && provider.organisation.is_none_or(|organisation| organisation == account.organisation)
    };
    account.filter(theirs).ok_or_else(not_linked)
}

/// Says that a provider has vouched for this account, for the few minutes that our own second factor takes.
fn ticket(identity: &Identity, account: Uuid) -> String {
    let until_s = real_now().timestamp() + MINUTES_MAX * 60;
    format!("{}.{until_s}.{}", account.simple(), ticket_mac(identity, account, until_s))
}

fn ticket_mac(identity: &Identity, account: Uuid, until_s: i64) -> String {
    let mac = seal::mac(identity, "oidc-ticket", &[account.as_bytes(), &until_s.to_be_bytes()]);
    URL_SAFE_NO_PAD.encode(mac)
}

fn account_of(identity: &Identity, ticket: &str) -> Option<Uuid> {
    let mut parts = ticket.split('.');
    let (account, until, mac) =
        (parts.next()?.parse::<Uuid>().ok()?, parts.next()?.parse::<i64>().ok()?, parts.next()?);
    let fits = digest(&ticket_mac(identity, account, until)) == digest(mac) && parts.next().is_none();
    (fits && until > real_now().timestamp()).then_some(account)
}

/// Begins the session of somebody for whom a provider has vouched and who proves our own second factor.
///
/// # Errors
/// `auth.invalid_token` for a ticket that is not ours or too old; `auth.second_factor_wrong`,
/// `auth.too_many_attempts`; the database's.
pub async fn finish(identity: &Identity, ticket: &str, otp: &str, visitor: &Visitor) -> Result<Begun> {
    let invalid = || Problem::new(&error::AUTH_INVALID_TOKEN);
    let id = account_of(identity, ticket).ok_or_else(invalid)?;
    let account = read::access::account_by_id(&mut *identity.db.read().await?, id).await?;
    let account = account.filter(|account| sign_in::is_usable(account, PERSON)).ok_or_else(invalid)?;
    super::lockout::knock(identity, &account.name, visitor).await?;
    let second_factor = second_factor::prove(identity, &account, Some(otp), visitor).await?;
    super::lockout::forgive(identity, &account.name, visitor).await?;
    sessions::begin(identity, Proved { account, second_factor }, visitor).await
}

/// A provider to be registered.
pub struct NewProvider {
    /// In addresses: small letters, digits, hyphens; at most 32.
    pub code: String,
    /// Name, as people know it.
    pub name: String,
    /// Its address, as its tokens name it.
    pub issuer: String,
    /// Who we are there.
    pub client_id: String,
    /// Our secret there.
    pub client_secret: String,
    /// Where it sends people back: `https://…/v1/oidc/<code>/callback`.
    pub redirect_uri: String,
    /// Whose accounts it may sign in.
    pub organisation: Option<Uuid>,
    /// Mail domains it may speak for.
    pub domains: Option<Vec<String>>,
    /// Take its own word for a second factor.
    pub second_factor: bool,
}

/// Registers a provider.
///
/// # Errors
/// `auth.forbidden` unless the actor may issue accounts; `oidc.provider_exists`; the database's.
pub async fn add_provider(identity: &Identity, ctx: &OpCtx, new: NewProvider) -> Result<()> {
    let permit = permit(ctx, Action::AccountIssue)?;
    let id = new_id();
    let row = Provider {
        id,
        client_secret: seal::seal(identity, id, new.client_secret.as_bytes())?,
        code: new.code,
        name: new.name,
        issuer: new.issuer,
        client_id: new.client_id,
        redirect_uri: new.redirect_uri,
        organisation: new.organisation,
        domains: new.domains,
        second_factor: new.second_factor,
    };
    let reason = Some(format!("issuer {}", row.issuer));
    let entry = audit::Entry { target: format!("oidc_provider/{}", row.code), cause: id, reason };
    let mut tx = Tx::begin(&identity.db, ctx, &[(&permit, entry)]).await?;
    let written = async {
        let added = oidc::add_provider(&mut tx, &row).await?;
        let taken = || Failure::from(Problem::new(&error::OIDC_PROVIDER_EXISTS).with("provider", &row.code));
        if added { Ok(()) } else { Err(taken()) }
    };
    let written = written.await;
    tx.finish(written).await
}

/// Links an account to somebody whom a provider knows by this subject.
///
/// # Errors
/// `auth.forbidden` unless the actor may issue accounts; `oidc.not_linked` when there is no such person's
/// account; `oidc.provider_not_found`; the database's.
pub async fn link(db: &Db, ctx: &OpCtx, provider: &str, subject: &str, account: &str) -> Result<()> {
    let permit = permit(ctx, Action::AccountIssue)?;
    let mut conn = db.read().await?;
    let missing = || Problem::new(&error::OIDC_PROVIDER_NOT_FOUND).with("provider", provider);
    let provider = oidc::provider(&mut conn, provider).await?.ok_or_else(missing)?;
    let found = read::account(&mut conn, account).await?.filter(|account| account.kind == PERSON);
    let account = found.ok_or_else(|| Problem::new(&error::OIDC_NOT_LINKED))?;
    drop(conn);
    let entry = audit::Entry {
        target: format!("account/{}", account.name),
        cause: new_id(),
        reason: Some(format!("linked at provider {}", provider.code)),
    };
    let mut tx = Tx::begin(db, ctx, &[(&permit, entry)]).await?;
    let written = oidc::link(&mut tx, &provider.issuer, subject, account.id, real_now()).await;
    tx.finish(written.map_err(Into::into)).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_escaped() {
        let text = form(&[("a", "x y&z=ü"), ("b", "-._~")]);
        assert_eq!(text, "a=x%20y%26z%3D%C3%BC&b=-._~");
    }
}
