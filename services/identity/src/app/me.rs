//! Who is asking.
use super::{
    sessions::{ABSOLUTE_HOURS, IDLE_MINUTES},
    sign_in::PERSON,
};
use crate::Identity;
use domain::{Problem, error, time::rfc3339};
use identity_store::{read, rows::Account};
use platform::{OpCtx, failure::Result};
use wire::auth::{HomeInfo, Me, OrganisationInfo, SecondFactorState};

/// An account's organisation and home, with their names.
pub(crate) async fn names(identity: &Identity, account: &Account) -> Result<(OrganisationInfo, HomeInfo)> {
    let names = read::access::names(&mut *identity.db.read().await?, account).await?;
    let organisation = names.organisation.map_or_else(
        || OrganisationInfo {
            id: account.organisation,
            kind: account.role.clone(),
            name: account.name.clone(),
            name_en: account.name.clone(),
        },
        |row| OrganisationInfo { id: row.id, kind: row.kind, name: row.name, name_en: row.name_en },
    );
    let home = HomeInfo {
        territory: account.territory.clone(),
        territory_name: names.territory.unwrap_or_default(),
        facility: account.facility,
        facility_name: names.facility.map(|facility| facility.name),
        partner: account.partner.clone(),
    };
    Ok((organisation, home))
}

/// The account behind a token, which may have gone since.
pub(crate) async fn account(identity: &Identity, ctx: &OpCtx) -> Result<Account> {
    let found = read::access::account_by_id(&mut *identity.db.read().await?, ctx.actor.account.0).await?;
    Ok(found.ok_or_else(|| Problem::new(&error::AUTH_INVALID_TOKEN))?)
}

/// Who is asking, and until when.
///
/// # Errors
/// `auth.invalid_token` when the account has gone; the database's.
pub async fn me(identity: &Identity, ctx: &OpCtx) -> Result<Me> {
    let account = account(identity, ctx).await?;
    let (organisation, home) = names(identity, &account).await?;
    let session = match ctx.actor.session {
        Some(id) => read::access::session(&mut *identity.db.read().await?, id).await?,
        None => None,
    };
    let second_factor = SecondFactorState {
        enrolled: super::second_factor::is_enrolled(identity, account.id).await?,
        required: account.kind == PERSON && super::second_factor::is_required(identity).await?,
        recovery_codes_left: {
            let left = read::credentials::recovery_codes_left(&mut *identity.db.read().await?, account.id).await?;
            u32::try_from(left).unwrap_or(0)
        },
    };
    let ends = |started: domain::time::Instant| started + chrono::TimeDelta::hours(i64::from(ABSOLUTE_HOURS));
    Ok(Me {
        account: account.id,
        name: account.name,
        role: account.role,
        organisation,
        home,
        machine: ctx.actor.machine,
        session_id: ctx.actor.session,
        expires_at: session.map(|row| rfc3339(ends(row.started_at))),
        idle_minutes: IDLE_MINUTES,
        second_factor,
    })
}
