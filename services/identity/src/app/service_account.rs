//! Accounts of machines: limited to actions where they need no more, expiring, with two secrets while one takes
//! the other's place.
use super::{
    seal,
    sessions::{self, digest},
    sign_in::{self, SERVICE},
};
use crate::{Identity, facts};
use domain::{
    FieldError, Problem, TerritoryCode, error,
    ids::FacilityId,
    issuing::is_account_name,
    policy::{Action, Actor, Permit, Place, Role, decide},
    territory::Tier,
    time::{Instant, parse_instant, rfc3339},
};
use identity_store::{
    read,
    rows::{Account, access::ServiceAccount},
    write,
};
use platform::{
    OpCtx, Tx, audit,
    clock::real_now,
    failure::Result,
    idempotency::{self, Key},
    opctx::new_id,
    revocations::Kind,
};
use serde::{Deserialize, Serialize};
use std::fmt::Write as _;
use uuid::Uuid;
use wire::auth::{IssueServiceAccount, RotateSecret, ServiceAccountList, ServiceAccountListed, ServiceAccountSecret};

/// No account lives longer without being issued anew.
const LIFE_DAYS_MAX: i64 = 731;
const OVERLAP_HOURS_MAX: u32 = 720;
const REASON_CHARS_MAX: usize = 500;

/// An answer, and whether it was given before to the same id.
pub struct Taken {
    /// The secret and what goes with it.
    pub secret: ServiceAccountSecret,
    /// It is the first answer to this id, given again.
    pub replayed: bool,
}

/// What is remembered of an answer: everything but the secret, which is made again of the request's id.
#[derive(Serialize, Deserialize)]
struct Answer {
    name: String,
    expires_at: Option<String>,
    previous_until: Option<String>,
}

fn missing(name: &str) -> Problem {
    Problem::new(&error::SERVICE_ACCOUNT_NOT_FOUND).with("name", name)
}

fn invalid(path: &str, reason: &str) -> Problem {
    let field = FieldError::new(path, &error::REQUEST_INVALID_FIELD).with("reason", reason);
    Problem::of_fields(&error::REQUEST_INVALID, vec![field])
}

/// The secret that belongs to a request: random to everybody who has not the instance's secret, and the same
/// when the request is sent again.
fn secret_of(identity: &Identity, name: &str, request: Uuid) -> String {
    let mac = seal::mac(identity, "service-secret", &[name.as_bytes(), request.as_bytes()]);
    mac.iter().fold(String::with_capacity(64), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn shown(identity: &Identity, answer: Answer, request: Uuid) -> ServiceAccountSecret {
    ServiceAccountSecret {
        client_secret: secret_of(identity, &answer.name, request),
        name: answer.name,
        expires_at: answer.expires_at,
        previous_until: answer.previous_until,
    }
}

/// Where an account is at home.
fn place(account: &Account) -> Result<Place> {
    let nobody = Actor::public();
    let territory = TerritoryCode::parse(&account.territory)?;
    let partner = account.partner.as_deref();
    let partner =
        partner.and_then(|code| code.parse().map(Place::Wholesaler).or_else(|_| code.parse().map(Place::Branch)).ok());
    Ok(match (account.facility, partner) {
        (Some(facility), _) => Place::Facility(FacilityId(facility), territory),
        (None, Some(partner)) => partner,
        (None, None) if account.partner.is_none() => Place::Territory(territory),
        (None, None) => nobody.home,
    })
}

/// May `actor` make machines' accounts of this role there? Its own, and those of the levels below it.
fn may_issue(actor: &Actor, role: Role, place: Place) -> bool {
    match actor.role {
        Role::Operator => role != Role::Public,
        own if own == role && (place == actor.home || own == Role::Wholesaler) => true,
        Role::Ministry => !matches!(role, Role::Ministry | Role::Operator | Role::Auditor | Role::Public),
        Role::Prefecture => matches!(
            role,
            Role::Municipality
                | Role::HealthCentre
                | Role::Hospital
                | Role::Clinic
                | Role::ReportingProxy
                | Role::CoordinationHq
                | Role::MedicalAssociation
                | Role::FireService
        ),
        Role::Municipality => matches!(role, Role::HealthCentre | Role::Clinic),
        _ => false,
    }
}

fn permit(ctx: &OpCtx, place: Place, missing: Problem) -> Result<Permit> {
    // a machine does not make machines; the service's own commands have no account
    if ctx.actor.machine && !ctx.actor.account.0.is_nil() {
        return Err(Problem::new(&error::AUTH_FORBIDDEN).into());
    }
    Ok(decide(&ctx.actor, Action::ServiceAccountManage, place).map_err(|denied| denied.or_missing(missing))?)
}

/// A request that is right as far as it can be told without the database.
fn check(request: &IssueServiceAccount) -> Result<(Role, Instant)> {
    if !is_account_name(&request.name) {
        return Err(invalid("name", "1 to 63 small letters, digits and hyphens, no hyphen first").into());
    }
    let role = Role::parse(&request.role).filter(|role| *role != Role::Public);
    let role = role.ok_or_else(|| invalid("role", "no such role"))?;
    let expires_at = parse_instant(&request.expires_at)
        .map_err(|problem| Problem::of_fields(&error::REQUEST_INVALID, vec![problem.at("expires_at")]))?;
    let left = expires_at - real_now();
    if left <= chrono::TimeDelta::zero() || left > chrono::TimeDelta::days(LIFE_DAYS_MAX) {
        return Err(invalid("expires_at", "from now on, at most two years").into());
    }
    if let Some(unknown) = request.actions.iter().flatten().position(|name| Action::parse(name).is_none()) {
        return Err(invalid(&format!("actions.{unknown}"), "no such action").into());
    }
    let length = request.reason.trim().chars().count();
    if length == 0 || length > REASON_CHARS_MAX || request.reason.contains('\0') {
        return Err(invalid("reason", "1 to 500 characters").into());
    }
    let code = facts::resolve(&request.territory)
        .map_err(|problem| Problem::of_fields(&error::REQUEST_INVALID, vec![problem.at("territory")]))?;
    let fits = match role {
        Role::Hospital | Role::Clinic => request.facility.is_some() && request.partner.is_none(),
        Role::Wholesaler => request.partner.is_some() && code.code == TerritoryCode::NATION,
        Role::Prefecture | Role::ReportingProxy | Role::CoordinationHq => code.code.tier() == Tier::Prefecture,
        Role::Municipality => code.code.tier() == Tier::Municipality,
        Role::Ministry => code.code == TerritoryCode::NATION,
        _ => true,
    };
    let no_more = matches!(role, Role::Hospital | Role::Clinic) || request.facility.is_none();
    let no_partner = role == Role::Wholesaler || request.partner.is_none();
    if !(fits && no_more && no_partner) {
        return Err(invalid("role", "the role has another kind of home").into());
    }
    Ok((role, expires_at))
}

/// Makes an account for a machine: by the officers of its own organisation, or of a level above.
///
/// # Errors
/// `request.invalid`, `facility.not_found`, `auth.forbidden`, `service_account.name_taken`,
/// `idempotency.key_reused`; the database's.
pub async fn issue(identity: &Identity, ctx: &OpCtx, request: IssueServiceAccount) -> Result<Taken> {
    let (role, expires_at) = check(&request)?;
    let secret = secret_of(identity, &request.name, request.id);
    let mut row = Account {
        id: new_id(),
        name: request.name.clone(),
        kind: SERVICE.to_owned(),
        role: role.as_str().to_owned(),
        organisation: ctx.actor.organisation.0,
        territory: request.territory.clone(),
        facility: request.facility,
        partner: request.partner.clone(),
        password_hash: None,
        secret_sha256: Some(digest(&secret)),
        expires_at: Some(expires_at),
        disabled_at: None,
    };
    home_exists(identity, &row).await?;
    let place = place(&row)?;
    let permit = permit(ctx, place, Problem::new(&error::AUTH_FORBIDDEN))?;
    if !may_issue(&ctx.actor, role, place) {
        return Err(Problem::new(&error::AUTH_FORBIDDEN).into());
    }
    if place != ctx.actor.home || ctx.actor.role != role {
        let there = read::credentials::organisation_at(&mut *identity.db.read().await?, &row).await?;
        row.organisation = there.unwrap_or(row.organisation);
    }
    let machine = ServiceAccount {
        account: row.id,
        actions: request.actions.clone(),
        issued_by: ctx.actor.account.0,
        previous_sha256: None,
        previous_until: None,
        last_used_at: None,
    };
    let key = Key::new(request.id, &ctx.actor, "service_account.issue", &request)?;
    let answer = Answer { name: row.name.clone(), expires_at: Some(rfc3339(expires_at)), previous_until: None };
    let entry = entry(&row, request.id, request.reason.clone());
    let mut tx = Tx::begin(&identity.db, ctx, &[(&permit, entry)]).await?;
    let written = async {
        if !idempotency::take(&mut tx, &key, 201, &answer).await? {
            return Ok(false);
        }
        if !write::credentials::new_account(&mut tx, &row).await? {
            return Err(Problem::new(&error::SERVICE_ACCOUNT_NAME_TAKEN).with("name", &row.name).into());
        }
        write::credentials::service_account(&mut tx, &machine).await?;
        Ok(true)
    };
    let written = written.await;
    finish(identity, tx, &key, written, answer).await
}

/// Commits, or answers what was answered before to the same id.
async fn finish(identity: &Identity, tx: Tx, key: &Key, written: Result<bool>, answer: Answer) -> Result<Taken> {
    match written {
        Ok(false) => {
            tx.abandon().await;
            let before: Option<Answer> = idempotency::replay(&mut *identity.db.read().await?, key).await?;
            let secret = shown(identity, before.unwrap_or(answer), key.id);
            Ok(Taken { secret, replayed: true })
        }
        written => {
            tx.finish(written).await?;
            Ok(Taken { secret: shown(identity, answer, key.id), replayed: false })
        }
    }
}

fn entry(account: &Account, cause: Uuid, reason: String) -> audit::Entry {
    audit::Entry { target: format!("account/{}", account.name), cause, reason: Some(reason) }
}

/// A home that there is: the facility, and in this municipality; the partner's code well formed.
async fn home_exists(identity: &Identity, row: &Account) -> Result<()> {
    if let Some(id) = row.facility {
        let key = domain::FacilityKey::Id(FacilityId(id));
        let found = read::facility(&mut *identity.db.read().await?, &key).await?;
        let missing = || Problem::new(&error::FACILITY_NOT_FOUND).with("key", &id.to_string());
        if found.is_none_or(|facility| facility.municipality != row.territory) {
            return Err(missing().into());
        }
    }
    if row.partner.is_some() && matches!(place(row)?, Place::Territory(_)) {
        return Err(invalid("partner", "like W07 or W07-03").into());
    }
    Ok(())
}

/// A machine's account that the actor may manage.
async fn found(identity: &Identity, ctx: &OpCtx, name: &str) -> Result<(Account, Permit)> {
    let account = match is_account_name(name) {
        true => read::account(&mut *identity.db.read().await?, name).await?,
        false => None,
    };
    let account = account.filter(|account| account.kind == SERVICE).ok_or_else(|| missing(name))?;
    let permit = permit(ctx, place(&account)?, missing(name))?;
    Ok((account, permit))
}

/// Gives a machine a new secret; the present one counts for `overlap_hours` more. Without an overlap its tokens
/// stop counting too.
///
/// # Errors
/// `service_account.not_found`, `auth.forbidden`, `request.invalid`, `idempotency.key_reused`; the database's.
pub async fn rotate(identity: &Identity, ctx: &OpCtx, name: &str, request: &RotateSecret) -> Result<Taken> {
    if request.overlap_hours > OVERLAP_HOURS_MAX {
        return Err(invalid("overlap_hours", "0 to 720").into());
    }
    let (account, permit) = found(identity, ctx, name).await?;
    if !sign_in::is_usable(&account, SERVICE) {
        return Err(missing(name).into());
    }
    let overlap = request.overlap_hours > 0;
    let until = real_now() + chrono::TimeDelta::hours(i64::from(request.overlap_hours));
    let row = ServiceAccount {
        account: account.id,
        actions: None,
        issued_by: ctx.actor.account.0,
        previous_sha256: account.secret_sha256.clone().filter(|_| overlap),
        previous_until: overlap.then_some(until),
        last_used_at: None,
    };
    let answer = Answer {
        name: account.name.clone(),
        expires_at: account.expires_at.map(rfc3339),
        previous_until: row.previous_until.map(rfc3339),
    };
    let key = Key::new(request.id, &ctx.actor, "service_account.rotate", &(name, request))?;
    let entry = entry(&account, request.id, format!("new secret, overlap {} h", request.overlap_hours));
    let secret = digest(&secret_of(identity, name, request.id));
    let mut tx = Tx::begin(&identity.db, ctx, &[(&permit, entry)]).await?;
    let written = async {
        if !idempotency::take(&mut tx, &key, 200, &answer).await? {
            return Ok(false);
        }
        write::credentials::rotate_secret(&mut tx, &row, &secret).await?;
        if !overlap {
            sessions::revoke(&mut tx, Kind::Account, &[account.id]).await?;
        }
        Ok(true)
    };
    let written = written.await;
    finish(identity, tx, &key, written, answer).await
}

/// Takes a machine's access away; its tokens stop counting within seconds. Again has no effect.
///
/// # Errors
/// `service_account.not_found`, `auth.forbidden`; the database's.
pub async fn revoke(identity: &Identity, ctx: &OpCtx, name: &str) -> Result<()> {
    let (account, permit) = found(identity, ctx, name).await?;
    if account.disabled_at.is_some() {
        return Ok(());
    }
    let entry = entry(&account, new_id(), "revoked".to_owned());
    let mut tx = Tx::begin(&identity.db, ctx, &[(&permit, entry)]).await?;
    let written = async {
        write::credentials::disable(&mut tx, account.id, real_now()).await?;
        sessions::shut_out(&mut tx, account.id).await
    };
    let written = written.await;
    tx.finish(written).await?;
    identity.shared.verifier.revocations().note(Kind::Account, account.id, real_now());
    Ok(())
}

/// The machines' accounts that the actor may manage, by name.
///
/// # Errors
/// The database's.
pub async fn list(identity: &Identity, ctx: &OpCtx) -> Result<ServiceAccountList> {
    let rows = read::credentials::service_accounts(&mut *identity.db.read().await?).await?;
    let mut service_accounts = Vec::new();
    for (account, machine) in rows {
        if permit(ctx, place(&account)?, missing(&account.name)).is_err() {
            continue;
        }
        service_accounts.push(ServiceAccountListed {
            name: account.name,
            role: account.role,
            territory: account.territory,
            facility: account.facility,
            partner: account.partner,
            expires_at: account.expires_at.map(rfc3339),
            previous_until: machine.as_ref().and_then(|row| row.previous_until).map(rfc3339),
            last_used_at: machine.as_ref().and_then(|row| row.last_used_at).map(rfc3339),
            actions: machine.and_then(|row| row.actions),
        });
    }
    Ok(ServiceAccountList { service_accounts })
}

/// The account of a machine that proves itself, and what its tokens are limited to.
///
/// # Errors
/// `auth.bad_credentials`, the same for an unknown name, a wrong secret, one that was replaced and whose time is
/// over, an expired or revoked account.
pub(super) async fn prove(identity: &Identity, name: &str, secret: &str) -> Result<(Account, Option<String>)> {
    let bad = || Problem::new(&error::AUTH_BAD_CREDENTIALS);
    if !is_account_name(name) {
        return Err(bad().into());
    }
    let mut conn = identity.db.read().await?;
    let account = read::account(&mut conn, name).await?;
    let account = account.filter(|account| sign_in::is_usable(account, SERVICE)).ok_or_else(bad)?;
    let machine = read::credentials::service_account(&mut conn, account.id).await?;
    let (given, now) = (digest(secret), real_now());
    // all sides are digests, so the time of the comparison tells nothing about a secret
    let previous = machine.as_ref().filter(|row| row.previous_until.is_some_and(|until| until > now));
    let previous = previous.and_then(|row| row.previous_sha256.as_deref());
    if account.secret_sha256.as_deref() != Some(&given) && previous != Some(&given) {
        return Err(bad().into());
    }
    if machine.is_some() {
        write::credentials::note_use(&mut conn, account.id, now).await?;
    }
    let scope = machine.and_then(|row| row.actions).map(|actions| actions.join(" "));
    Ok((account, scope))
}
