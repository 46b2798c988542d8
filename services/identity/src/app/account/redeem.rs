//! Redeeming an invitation: the account gets its password. The second factor is enrolled at the first sign-in.
use super::Accounts;
use crate::{
    Identity,
    app::{password, second_factor, sessions},
};
use domain::{
    FieldError, Problem, error,
    ids::{AccountId, OrganisationId},
    policy::{Action, Actor, Permit, decide},
};
use identity_store::{
    read,
    rows::accounts::{Holder, Invitation},
    write,
};
use platform::{
    Failure, OpCtx, Tx, audit,
    clock::real_now,
    failure::Result,
    idempotency::{self, Key},
    one_time::{TOKEN_CHARS, code_as_meant},
};
use wire::account::{InvitationRedeemed, RedeemInvitation};

/// Wrong codes after which an invitation is worth nothing.
const TRIES_MAX: i16 = 5;

fn not_valid() -> Problem {
    Problem::new(&error::INVITATION_NOT_VALID)
}

/// Sets the account's password. The second value tells that this id was answered before.
///
/// # Errors
/// `invitation.not_valid`, the same for one that never was, was used, has expired or has had its tries;
/// `request.invalid` for a password that does not do; `auth.too_many_attempts`.
pub async fn redeem(
    identity: &Identity,
    ctx: &OpCtx,
    request: RedeemInvitation,
    address: &str,
) -> Result<(InvitationRedeemed, bool)> {
    let accounts = identity.accounts();
    let (invitation, holder, is_right) = match (&request.token, &request.name, &request.code) {
        (Some(token), None, None) => by_token(accounts, token).await?,
        (None, Some(name), Some(code)) => {
            identity.shared.limiter.sign_in(name, address).await?;
            by_code(accounts, name, code).await?
        }
        _ => {
            let error = FieldError::new("token", &error::REQUEST_INVALID_FIELD).with("reason", "token | name, code");
            return Err(Problem::of_fields(&error::REQUEST_INVALID, vec![error]).into());
        }
    };
    let ctx = OpCtx { actor: itself(&holder)?, ..ctx.clone() };
    let permit = decide(&ctx.actor, Action::InvitationRedeem, ctx.actor.home).map_err(|_| not_valid())?;
    // neither password nor code is digested: what is kept must not help to guess them
    let key = Key::new(request.id, &ctx.actor, "redeem_invitation", &invitation.id)?;
    if !is_right {
        wrong(accounts, &ctx, &permit, &invitation, &holder).await?;
        return Err(not_valid().into());
    }
    if let Some(before) = idempotency::replay(&mut *accounts.db.read().await?, &key).await? {
        return Ok((before, true));
    }
    if !is_open(&invitation) || !is_open_for(&holder) {
        return Err(not_valid().into());
    }
    let account = read::access::account_by_id(&mut *accounts.db.read().await?, holder.id).await?;
    let account = account.ok_or_else(not_valid)?;
    let second_factor = second_factor::is_enrolled(identity, holder.id).await?;
    password::check(identity, Some(&account), &holder.name, &request.password, second_factor).await?;
    let hash = password::hash(identity, request.password).await?;
    let entry = entry(&holder, &invitation, None);
    let mut tx = Tx::begin(&accounts.db, &ctx, &[(&permit, entry)]).await?;
    let written = async {
        let found = read::accounts::locked_invitation(&mut tx, invitation.id).await?;
        let holder = read::accounts::locked(&mut tx, holder.id).await?;
        let (Some(found), Some(holder)) = (found, holder) else {
            return Err(Failure::internal("an invitation is gone"));
        };
        if idempotency::replay::<InvitationRedeemed>(&mut tx, &key).await?.is_some() {
            return Ok(None);
        }
        if !is_open(&found) || !is_open_for(&holder) {
            return Err(not_valid().into());
        }
        write::accounts::redeemed(&mut tx, found.id, real_now()).await?;
        password::set(&mut tx, &account, &hash).await?;
        if account.password_hash.is_some() {
            // whoever was in under an older password is out
            sessions::shut_out(&mut tx, holder.id).await?;
        }
        let done = InvitationRedeemed { account: holder.id, name: holder.name, position: tx.position().to_string() };
        Ok(idempotency::take(&mut tx, &key, 200, &done).await?.then_some(done))
    };
    let written = written.await;
    super::end(&accounts.db, tx, &key, written).await
}

async fn by_token(accounts: &Accounts, token: &str) -> Result<(Invitation, Holder, bool)> {
    let token = token.trim().to_ascii_lowercase();
    if token.len() != TOKEN_CHARS {
        return Err(not_valid().into());
    }
    let mut conn = accounts.db.read().await?;
    let seal = accounts.one_time.seal(&token);
    let invitation = read::accounts::invitation_by_seal(&mut conn, &seal).await?.ok_or_else(not_valid)?;
    let holder = read::accounts::holder_by_id(&mut conn, invitation.account).await?.ok_or_else(not_valid)?;
    Ok((invitation, holder, true))
}

/// The newest invitation of the account, if it is one with a code; and whether this is its code.
async fn by_code(accounts: &Accounts, name: &str, code: &str) -> Result<(Invitation, Holder, bool)> {
    let mut conn = accounts.db.read().await?;
    let holder = read::accounts::holder(&mut conn, name.trim()).await?.ok_or_else(not_valid)?;
    let newest = read::accounts::newest_invitation(&mut conn, holder.id).await?;
    let invitation = newest.filter(|invitation| invitation.kind == "code").ok_or_else(not_valid)?;
    // both sides are seals, so that the time of the comparison tells nothing about the code
    let is_right = accounts.one_time.seal(&code_as_meant(code)) == invitation.seal;
    Ok((invitation, holder, is_right))
}

fn is_open(invitation: &Invitation) -> bool {
    invitation.redeemed_at.is_none()
        && invitation.withdrawn_at.is_none()
        && invitation.expires_at > real_now()
        && invitation.tries < TRIES_MAX
}

fn is_open_for(holder: &Holder) -> bool {
    holder.kind == "person" && matches!(holder.state(real_now()), "invited" | "active")
}

/// The account itself acts: whoever holds the invitation is its holder.
fn itself(holder: &Holder) -> Result<Actor> {
    let party = holder.party()?;
    Ok(Actor {
        account: AccountId(holder.id),
        organisation: OrganisationId(holder.organisation),
        name: holder.name.clone(),
        role: party.role,
        home: party.home,
        ..Actor::public()
    })
}

fn entry(holder: &Holder, invitation: &Invitation, reason: Option<&str>) -> audit::Entry {
    audit::Entry { target: format!("account/{}", holder.name), cause: invitation.id, reason: reason.map(str::to_owned) }
}

/// Counts a wrong code, in a transaction of its own that stays.
async fn wrong(
    accounts: &Accounts,
    ctx: &OpCtx,
    permit: &Permit,
    invitation: &Invitation,
    holder: &Holder,
) -> Result<()> {
    if !is_open(invitation) {
        return Ok(());
    }
    let entry = entry(holder, invitation, Some("a wrong code"));
    let mut tx = Tx::begin(&accounts.db, ctx, &[(permit, entry)]).await?;
    let written = async {
        if let Some(found) = read::accounts::locked_invitation(&mut tx, invitation.id).await? {
            let tries = found.tries.saturating_add(1).min(TRIES_MAX);
            write::accounts::tried(&mut tx, found.id, tries).await?;
        }
        Ok(())
    };
    let written = written.await;
    tx.finish(written).await
}
