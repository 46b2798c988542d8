//! The entitlement book: whose account is whose, and what moves between them. Per round: `supply`
//! (source) → `granted(holder)` down the stream's levels → `reserve(holder)` → `released(site)`; all in
//! vials. Each holder of the first level has a source of its own.
use allocation_store::{read, rows::BookAccount, rows::Round, write};
use domain::{Problem, error};
use ledger::{AccountId, NewAccount, Transfer};
use platform::{Failure, OpCtx, Tx, failure::Result};
use std::collections::HashMap;
use uuid::Uuid;

/// What an account of the book is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    Supply,
    Granted,
    Reserve,
    /// What has become a shipment: nothing goes out any more, except back.
    Released,
}

impl Kind {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Supply => "supply",
            Self::Granted => "granted",
            Self::Reserve => "reserve",
            Self::Released => "released",
        }
    }
}

/// The ledger's unit of a round's accounts: nothing can be moved from one round to another.
fn unit(round: &Round) -> String {
    format!("vials/{}/{}/{}/{}", round.programme, round.product, round.number, round.stream)
}

/// The accounts of these holders, opened if they are not there yet. The caller keeps others out who
/// would open the same (`write::lock_holder` on whoever grants to them).
pub(super) async fn accounts(
    tx: &mut Tx,
    round: &Round,
    kind: Kind,
    holders: &[String],
) -> Result<HashMap<String, AccountId>> {
    let known = known(tx, round, kind, holders).await?;
    open(tx, round, kind, known, holders).await
}

/// The account that `holder` grants from, and those of the recipients, opened if they are not there yet.
///
/// # Errors
/// `allocation.not_granted` when the holder has been granted nothing yet.
pub(super) async fn below(
    tx: &mut Tx,
    round: &Round,
    holder: &str,
    recipients: &[String],
) -> Result<(AccountId, HashMap<String, AccountId>)> {
    let all = [recipients, &[holder.to_owned()]].concat();
    let mut known = known(tx, round, Kind::Granted, &all).await?;
    let from = known.remove(holder).ok_or_else(|| not_granted(holder))?;
    Ok((from, open(tx, round, Kind::Granted, known, recipients).await?))
}

async fn known(tx: &mut Tx, round: &Round, kind: Kind, holders: &[String]) -> Result<HashMap<String, AccountId>> {
    let known = read::accounts(tx, round.id, kind.as_str(), holders).await?;
    Ok(known.into_iter().map(|row| (row.holder, AccountId(row.account_id))).collect())
}

/// Opens the accounts that are missing.
async fn open(
    tx: &mut Tx,
    round: &Round,
    kind: Kind,
    mut accounts: HashMap<String, AccountId>,
    holders: &[String],
) -> Result<HashMap<String, AccountId>> {
    let missing: Vec<&String> = holders.iter().filter(|holder| !accounts.contains_key(*holder)).collect();
    if missing.is_empty() {
        return Ok(accounts);
    }
    let new = NewAccount { unit: unit(round), source: kind == Kind::Supply };
    let opened = ledger::open(tx, &vec![new; missing.len()]).await?;
    let row = |(holder, account): (&&String, &AccountId)| BookAccount {
        account_id: account.0,
        round_id: round.id,
        kind: kind.as_str().to_owned(),
        holder: (*holder).clone(),
    };
    let rows: Vec<BookAccount> = missing.iter().zip(&opened).map(row).collect();
    write::accounts(tx, &rows).await?;
    accounts.extend(rows.into_iter().map(|row| (row.holder, AccountId(row.account_id))));
    Ok(accounts)
}

/// The account of one holder, if it has been granted anything yet.
pub(super) async fn granted(tx: &mut Tx, round: &Round, holder: &str) -> Result<AccountId> {
    let found = read::accounts(tx, round.id, Kind::Granted.as_str(), &[holder.to_owned()]).await?;
    Ok(found.first().map(|row| AccountId(row.account_id)).ok_or_else(|| not_granted(holder))?)
}

fn not_granted(holder: &str) -> Problem {
    Problem::new(&error::ALLOCATION_NOT_GRANTED).with("holder", holder)
}

/// What a holder has left to grant, vials.
pub(super) async fn available(tx: &mut Tx, account: AccountId) -> Result<i64> {
    let balances = ledger::balances(tx, &[account]).await?;
    let balance = balances.first().ok_or_else(|| Failure::internal("an account of the book is missing"))?;
    Ok(balance.available())
}

/// What one recipient gets.
#[derive(Debug, Clone)]
pub(super) struct Grant {
    /// A territory's code, or a site's id.
    pub recipient: String,
    /// Its account.
    pub to: AccountId,
    /// How much.
    pub vials: i64,
}

/// Posts grants from `holder`'s account, all or none, and answers what there was before, vials (of a source
/// below zero). `cause` (a plan) and recipient make the transfer's id, so that the same grant cannot be posted
/// twice.
///
/// # Errors
/// `allocation.over_supply` when they come to more than there is.
pub(super) async fn post(
    tx: &mut Tx,
    ctx: &OpCtx,
    cause: Uuid,
    holder: &str,
    from: AccountId,
    grants: &[Grant],
) -> Result<i64> {
    let accounts: Vec<AccountId> = grants.iter().map(|grant| grant.to).chain([from]).collect();
    let held = ledger::hold(tx, &accounts).await?;
    let from_now = held.balance(from).ok_or_else(|| Failure::internal("an account of the book is missing"))?;
    let (source, available) = (from_now.source, from_now.available());
    let asked = grants.iter().fold(0_i64, |sum, grant| sum.saturating_add(grant.vials));
    if !source && asked > available {
        return Err(over_supply(holder, available, asked).into());
    }
    let transfer =
        |grant: &Grant| Transfer::post(Uuid::new_v5(&cause, grant.recipient.as_bytes()), from, grant.to, grant.vials);
    let chain: Vec<Transfer> = grants.iter().filter(|grant| grant.vials > 0).map(transfer).collect();
    if !chain.is_empty() {
        held.post(tx, ctx, &chain).await?;
    }
    Ok(available)
}

/// `allocation.over_supply`
pub(super) fn over_supply(holder: &str, available: i64, asked: i64) -> Problem {
    Problem::new(&error::ALLOCATION_OVER_SUPPLY)
        .with("holder", holder)
        .with("available", &available.to_string())
        .with("asked", &asked.to_string())
}
