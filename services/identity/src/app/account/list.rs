//! Who has an account: for those above, and for the organisation itself.
use super::Accounts;
use domain::{
    Problem, error,
    policy::{Action, decide},
    time::{parse_instant, rfc3339},
};
use identity_store::{
    read::{
        self,
        accounts::{Sees, Wanted},
    },
    rows::accounts::Holder,
};
use platform::{OpCtx, clock::real_now, failure::Result};
use uuid::Uuid;
use wire::account::{Account, AccountPage};

/// Most accounts of one page.
pub const PAGE_MAX: u32 = 200;
const PAGE: u32 = 50;

/// What is asked for.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    /// How many; 50 unless given, 200 at most.
    pub first: Option<u32>,
    /// Only names after this one.
    pub after: Option<String>,
    /// Only of this role.
    pub role: Option<String>,
    /// Only of this organisation.
    pub organisation: Option<Uuid>,
    /// Only those that nobody has confirmed since, RFC 3339: for re-certification.
    pub unconfirmed_since: Option<String>,
}

/// A page of the accounts that the actor may see.
///
/// # Errors
/// `auth.forbidden` for those who see none; `graphql.page_size`, `time.malformed_instant`.
pub async fn page(accounts: &Accounts, ctx: &OpCtx, asked: Asked) -> Result<AccountPage> {
    let forbidden = || Problem::new(&error::AUTH_FORBIDDEN);
    decide(&ctx.actor, Action::AccountRead, ctx.actor.home).map_err(|denied| denied.or_missing(forbidden()))?;
    let first = asked.first.unwrap_or(PAGE);
    if !(1..=PAGE_MAX).contains(&first) {
        return Err(Problem::new(&error::GRAPHQL_PAGE_SIZE).with("limit", &PAGE_MAX.to_string()).into());
    }
    let unconfirmed_since = asked.unconfirmed_since.as_deref().map(parse_instant).transpose()?;
    let wanted = Wanted { role: asked.role, organisation: asked.organisation, unconfirmed_since, after: asked.after };
    let size = usize::try_from(first).unwrap_or(usize::MAX);
    // one more than is shown tells whether there is a next page
    let sees = Sees::of(&ctx.actor);
    let mut rows = read::accounts::page(&mut *accounts.db.read().await?, &sees, wanted, i64::from(first) + 1).await?;
    let has_next = rows.len() > size;
    rows.truncate(size);
    let next = rows.last().filter(|_| has_next).map(|last| last.name.clone());
    Ok(AccountPage { accounts: rows.into_iter().map(shown).collect(), next })
}

fn shown(row: Holder) -> Account {
    let state = row.state(real_now()).to_owned();
    Account {
        account: row.id,
        name: row.name,
        kind: row.kind,
        role: row.role,
        organisation: row.organisation,
        organisation_name: row.organisation_name,
        territory: row.territory,
        facility: row.facility,
        partner: row.partner,
        administrator: row.administrator,
        state,
        has_mail: row.has_mail,
        issued_at: rfc3339(row.created_at),
        issued_by: row.issued_by_name,
        confirmed_at: row.confirmed_at.map(rfc3339),
        confirmed_by: row.confirmed_by_name,
        last_sign_in: row.last_sign_in.map(rfc3339),
        expires_at: row.expires_at.map(rfc3339),
    }
}
