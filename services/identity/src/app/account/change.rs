//! What becomes of an account after it was issued: each step by the level above or an administrator of the
//! same organisation, with a reason, and never by the account itself.
use super::{Accounts, end, invitation, issuer, notification, reason_missing, refused, tell};
use crate::app::{second_factor, sessions::shut_out};
use domain::{
    Problem, error,
    issuing::may_issue,
    policy::{Action, Permit, Role, decide},
};
use identity_store::{read, rows::accounts::Holder, write};
use platform::{
    Failure, OpCtx, Tx, audit,
    clock::real_now,
    failure::Result,
    idempotency::{self, Key},
    outbox,
};
use uuid::Uuid;
use wire::account::{AccountChanged, ChangeAccount, Invite, ReinviteAccount};

/// A step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// It cannot sign in any more, and what it has open ends within seconds.
    Suspend,
    /// It can again.
    Resume,
    /// For good.
    Close,
    /// It is still needed: the yearly look.
    Confirm,
    /// A new invitation takes the place of all before it.
    Reinvite(Invite),
    /// Whoever has lost the second factor enrols a new one at the next sign-in.
    ResetSecondFactor,
}

impl Step {
    fn name(self) -> &'static str {
        match self {
            Self::Suspend => "suspend_account",
            Self::Resume => "resume_account",
            Self::Close => "close_account",
            Self::Confirm => "confirm_account",
            Self::Reinvite(_) => "reinvite_account",
            Self::ResetSecondFactor => "reset_second_factor",
        }
    }

    /// May it be done to an account in this state?
    fn fits(self, state: &str) -> bool {
        match self {
            Self::Suspend => matches!(state, "active" | "invited" | "expired"),
            Self::Resume => state == "suspended",
            Self::Close | Self::Confirm => state != "closed",
            Self::Reinvite(_) => matches!(state, "active" | "invited"),
            Self::ResetSecondFactor => matches!(state, "active" | "suspended"),
        }
    }
}

/// Takes a step. The second value tells that this id was answered before.
///
/// # Errors
/// `account.not_found`, also for one that is not open to the actor; `account.not_administrator`,
/// `account.may_not_issue`, `account.own`; `account.wrong_state`, `account.not_a_person`,
/// `account.mail_missing`; `allocation.reason_missing`, `idempotency.key_reused`.
pub async fn change(
    accounts: &Accounts,
    ctx: &OpCtx,
    name: &str,
    step: Step,
    request: ChangeAccount,
) -> Result<(AccountChanged, bool)> {
    let missing = || Problem::new(&error::ACCOUNT_NOT_FOUND).with("name", name);
    let mut conn = accounts.db.read().await?;
    let holder = read::accounts::holder(&mut conn, name).await?.ok_or_else(missing)?;
    let issuer = issuer(&mut conn, ctx).await?;
    drop(conn);
    let permit = permit(ctx, &issuer, &holder, missing)?;
    reason_missing(&request.reason)?;
    let digested = match step {
        Step::Reinvite(invite) => serde_json::to_value((name, &request, invite))?,
        _ => serde_json::to_value((name, &request))?,
    };
    let key = Key::new(request.id, &ctx.actor, step.name(), &digested)?;
    let reason = Some(format!("{}: {}", step.name(), request.reason));
    let entry = audit::Entry { target: format!("account/{name}"), cause: request.id, reason };
    let mut tx = Tx::begin(&accounts.db, ctx, &[(&permit, entry)]).await?;
    let written = write_step(&mut tx, accounts, ctx, &key, holder.id, step).await;
    let (mut changed, replayed) = end(&accounts.db, tx, &key, written).await?;
    if let Some(invitation) = changed.invitation.as_mut() {
        tell(&accounts.one_time, invitation);
    }
    Ok((changed, replayed))
}

/// The same, with a new invitation.
///
/// # Errors
/// As [`change`].
pub async fn reinvite(
    accounts: &Accounts,
    ctx: &OpCtx,
    name: &str,
    request: ReinviteAccount,
) -> Result<(AccountChanged, bool)> {
    let step = Step::Reinvite(request.invite);
    change(accounts, ctx, name, step, ChangeAccount { id: request.id, reason: request.reason }).await
}

fn permit(ctx: &OpCtx, issuer: &super::Issuer, holder: &Holder, missing: impl Fn() -> Problem) -> Result<Permit> {
    let party = holder.party()?;
    let is_colleague = party.organisation == issuer.party.organisation;
    let permit = match decide(&ctx.actor, Action::AccountIssue, party.home) {
        Ok(permit) => permit,
        // whoever does not look after the place knows colleagues alone
        Err(denied) => return Err(denied.or_missing(missing()).into()),
    };
    let sees_all =
        matches!(issuer.party.role, Role::Ministry | Role::Prefecture | Role::Municipality | Role::Wholesaler);
    if may_issue(&issuer.party, &party).is_none() {
        let visible = is_colleague || sees_all;
        return Err(if visible { refused(issuer, party.role, party.home) } else { missing() }.into());
    }
    if issuer.account == Some(holder.id) {
        return Err(Problem::new(&error::ACCOUNT_OWN).into());
    }
    Ok(permit)
}

/// `None` when the id was answered before.
async fn write_step(
    tx: &mut Tx,
    accounts: &Accounts,
    ctx: &OpCtx,
    key: &Key,
    id: Uuid,
    step: Step,
) -> Result<Option<AccountChanged>> {
    let vanished = || Failure::internal("an account has vanished");
    let holder = read::accounts::locked(tx, id).await?.ok_or_else(vanished)?;
    if idempotency::replay::<AccountChanged>(tx, key).await?.is_some() {
        return Ok(None);
    }
    let now = real_now();
    let state = holder.state(now);
    if !step.fits(state) {
        return Err(Problem::new(&error::ACCOUNT_WRONG_STATE).with("state", state).into());
    }
    let mut told = None;
    match step {
        Step::Suspend => {
            write::accounts::suspend(tx, id, Some(now)).await?;
            shut_out(tx, id).await?;
        }
        Step::Resume => write::accounts::suspend(tx, id, None).await?,
        Step::Close => {
            write::accounts::close(tx, id, now).await?;
            write::accounts::withdraw_invitation(tx, id, now).await?;
            shut_out(tx, id).await?;
        }
        Step::Confirm => write::accounts::confirm(tx, id, ctx.now, &ctx.actor.name).await?,
        Step::Reinvite(invite) => {
            if holder.kind != "person" {
                return Err(Problem::new(&error::ACCOUNT_NOT_A_PERSON).into());
            }
            if invite == Invite::Mail && !holder.has_mail {
                return Err(Problem::new(&error::ACCOUNT_MAIL_MISSING).into());
            }
            write::accounts::withdraw_invitation(tx, id, now).await?;
            let (row, invitation) = invitation(&accounts.one_time, id, invite);
            write::accounts::invitations(tx, std::slice::from_ref(&row)).await?;
            if row.kind == "link" {
                let event = notification(id, &holder.name, &row, ctx.training);
                outbox::emit(tx, ctx, row.id, &event).await?;
            }
            told = Some(invitation);
        }
        Step::ResetSecondFactor => {
            if holder.kind != "person" {
                return Err(Problem::new(&error::ACCOUNT_NOT_A_PERSON).into());
            }
            second_factor::reset(tx, id).await?;
        }
    }
    let after = read::accounts::locked(tx, id).await?.ok_or_else(vanished)?;
    let changed = AccountChanged {
        account: id,
        name: after.name.clone(),
        state: after.state(now).to_owned(),
        invitation: told,
        position: tx.position().to_string(),
    };
    Ok(idempotency::take(tx, key, 200, &changed).await?.then_some(changed))
}
