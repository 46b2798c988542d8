//! Issuing accounts, one or many. A bad row fails alone; the good ones are made together.
use super::{
    Accounts, end, issuer, notification,
    plan::{Known, Planned, known, planned},
    tell,
};
use domain::{Problem, error};
use identity_store::{rows::Organisation, write};
use platform::{
    Failure, OpCtx, Tx, audit,
    failure::Result,
    idempotency::{self, Key},
    outbox,
};
use serde::Serialize;
use std::collections::HashSet;
use uuid::Uuid;
use wire::{
    account::{AccountFacts, AccountIssued, AccountOutcome, AccountsIssued, IssueAccount},
    problem::ProblemBody,
};

/// Most accounts of one batch.
pub const ROWS_MAX: usize = 10_000;
/// How often a batch begins anew because somebody else took one of its names meanwhile.
const ATTEMPTS: usize = 3;

/// A row as it was read: an account to be made, or why it is none.
pub type Row = std::result::Result<AccountFacts, Problem>;

/// Issues one account. The second value tells that this id was answered before.
///
/// # Errors
/// `account.not_administrator`, `account.may_not_issue`; `request.invalid` with the fields at fault;
/// `account.name_taken`, `account.organisation_closed`, `idempotency.key_reused`.
pub async fn issue(accounts: &Accounts, ctx: &OpCtx, request: IssueAccount) -> Result<(AccountIssued, bool)> {
    let key = Key::new(request.id, &ctx.actor, "issue_account", &request)?;
    if let Some(mut before) = idempotency::replay::<AccountIssued>(&mut *accounts.db.read().await?, &key).await? {
        tell(&accounts.one_time, &mut before.invitation);
        return Ok((before, true));
    }
    let rows = [(request.id, Ok(request.account))];
    let answer = |outcomes: Vec<Outcome>, _: &str| match outcomes.into_iter().next() {
        Some(outcome) => Ok(outcome.map_err(Failure::from)?),
        None => Err(Failure::internal("an account without an outcome")),
    };
    let (mut issued, replayed) = write_rows(accounts, ctx, &key, &rows, answer).await?;
    tell(&accounts.one_time, &mut issued.invitation);
    Ok((issued, replayed))
}

/// Issues many. The second value tells that this id was answered before.
///
/// # Errors
/// `request.too_many_items`, `idempotency.key_reused`; what is wrong with a row stands in its outcome.
pub async fn issue_batch(accounts: &Accounts, ctx: &OpCtx, id: Uuid, rows: Vec<Row>) -> Result<(AccountsIssued, bool)> {
    if rows.len() > ROWS_MAX {
        return Err(Problem::new(&error::REQUEST_TOO_MANY_ITEMS).with("limit", &ROWS_MAX.to_string()).into());
    }
    let understood: Vec<Option<&AccountFacts>> = rows.iter().map(|row| row.as_ref().ok()).collect();
    let key = Key::new(id, &ctx.actor, "issue_accounts", &understood)?;
    let mut done = match idempotency::replay::<AccountsIssued>(&mut *accounts.db.read().await?, &key).await? {
        Some(before) => (before, true),
        None => {
            let rows = without_doubles(rows).into_iter().enumerate();
            // the same row of the same request is the same account
            let rows: Vec<(Uuid, Row)> =
                rows.map(|(index, row)| (Uuid::new_v5(&id, index.to_string().as_bytes()), row)).collect();
            let request = ctx.request_id.to_string();
            write_rows(accounts, ctx, &key, &rows, |outcomes, position| Ok(told(outcomes, position, &request))).await?
        }
    };
    for issued in done.0.outcomes.iter_mut().filter_map(|outcome| outcome.account.as_mut()) {
        tell(&accounts.one_time, &mut issued.invitation);
    }
    Ok(done)
}

/// A name that stands twice is refused where it stands the second time.
fn without_doubles(rows: Vec<Row>) -> Vec<Row> {
    let mut names = HashSet::new();
    let once = |row: Row| {
        let facts = row?;
        if names.insert(facts.name.clone()) {
            return Ok(facts);
        }
        Err(Problem::new(&error::ACCOUNT_DUPLICATE_NAME).with("name", &facts.name))
    };
    rows.into_iter().map(once).collect()
}

type Outcome = std::result::Result<AccountIssued, Problem>;

fn told(outcomes: Vec<Outcome>, position: &str, request: &str) -> AccountsIssued {
    let issued = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    let refused = outcomes.len() - issued;
    let outcomes = outcomes.into_iter().zip(1..).map(|(outcome, row)| match outcome {
        Ok(account) => AccountOutcome { row, status: 200, account: Some(account), problem: None },
        Err(problem) => {
            let body = ProblemBody::new(&problem, "/v1/accounts:batch", request);
            AccountOutcome { row, status: body.status, account: None, problem: Some(body) }
        }
    });
    AccountsIssued { issued, refused, outcomes: outcomes.collect(), position: position.to_owned() }
}

/// Decides about the rows and writes those that can be made, with the answer, in one transaction.
async fn write_rows<R: Serialize + serde::de::DeserializeOwned>(
    accounts: &Accounts,
    ctx: &OpCtx,
    key: &Key,
    rows: &[(Uuid, Row)],
    answer: impl Fn(Vec<Outcome>, &str) -> Result<R>,
) -> Result<(R, bool)> {
    for _ in 0..ATTEMPTS {
        let mut conn = accounts.db.read().await?;
        let issuer = issuer(&mut conn, ctx).await?;
        let facts: Vec<&AccountFacts> = rows.iter().filter_map(|(_, row)| row.as_ref().ok()).collect();
        let known: Known = known(&mut conn, &facts).await?;
        drop(conn);
        let decide = |(id, row): &(Uuid, Row)| match row {
            Ok(facts) => planned(accounts, ctx, &issuer, &known, *id, facts),
            Err(problem) => Err(problem.clone()),
        };
        let decided: Vec<std::result::Result<Planned, Problem>> = rows.iter().map(decide).collect();
        let made: Vec<&Planned> = decided.iter().filter_map(|row| row.as_ref().ok()).collect();
        if made.is_empty() {
            let outcomes = decided.into_iter().map(|row| row.and_then(|_| Err(nothing())));
            return Ok((answer(outcomes.collect(), "")?, false));
        }
        let entry = |planned: &&Planned| audit::Entry {
            target: format!("account/{}", planned.holder.name),
            cause: planned.holder.id,
            reason: None,
        };
        let entries: Vec<_> = made.iter().map(|planned| (&planned.permit, entry(planned))).collect();
        let mut tx = Tx::begin(&accounts.db, ctx, &entries).await?;
        let written = async {
            if !write_made(&mut tx, ctx, &made).await? {
                return Ok(Written::Raced);
            }
            let position = tx.position().to_string();
            let outcome = |row: &std::result::Result<Planned, Problem>| match row {
                Ok(planned) => Ok(issued(planned, &position)),
                Err(problem) => Err(problem.clone()),
            };
            let answer = answer(decided.iter().map(outcome).collect(), &position)?;
            let is_first = idempotency::take(&mut tx, key, 200, &answer).await?;
            Ok(if is_first { Written::Done(answer) } else { Written::Before })
        };
        match written.await {
            Ok(Written::Done(answer)) => return end(&accounts.db, tx, key, Ok(Some(answer))).await,
            Ok(Written::Before) => return end(&accounts.db, tx, key, Ok(None)).await,
            // the same request may have been quicker itself; else its names are seen to be taken next time
            Ok(Written::Raced) => {
                tx.abandon().await;
                if let Some(before) = idempotency::replay(&mut *accounts.db.read().await?, key).await? {
                    return Ok((before, true));
                }
            }
            Err(failure) => return end(&accounts.db, tx, key, Err(failure)).await,
        }
    }
    Err(Failure::Unavailable("names of accounts are taken as fast as they are given".to_owned()))
}

enum Written<R> {
    Done(R),
    Before,
    Raced,
}

/// Never shown: there is no row that could be made and is not.
fn nothing() -> Problem {
    Problem::new(&error::SERVICE_INTERNAL)
}

fn issued(planned: &Planned, position: &str) -> AccountIssued {
    AccountIssued {
        account: planned.holder.id,
        name: planned.holder.name.clone(),
        organisation: planned.organisation.id,
        invitation: planned.told.clone(),
        position: position.to_owned(),
    }
}

/// False when a name was taken meanwhile.
async fn write_made(tx: &mut Tx, ctx: &OpCtx, made: &[&Planned]) -> Result<bool> {
    let mut organisations: Vec<Organisation> = Vec::new();
    let mut seen = HashSet::new();
    for planned in made {
        if seen.insert(planned.organisation.id) {
            organisations.push(planned.organisation.clone());
        }
    }
    let ids: Vec<Uuid> = organisations.iter().map(|organisation| organisation.id).collect();
    write::organisations(tx, &organisations).await?;
    write::accounts::adopt(tx, &ids).await?;
    let holders: Vec<_> = made.iter().map(|planned| planned.holder.clone()).collect();
    if write::accounts::issue(tx, &holders).await?.len() < holders.len() {
        return Ok(false);
    }
    let invitations: Vec<_> = made.iter().map(|planned| planned.invitation.clone()).collect();
    write::accounts::invitations(tx, &invitations).await?;
    let mailed = made.iter().filter(|planned| planned.invitation.kind == "link");
    let event = |planned: &&Planned| {
        let Planned { holder, invitation, .. } = planned;
        (invitation.id, notification(holder.id, &holder.name, invitation, ctx.training))
    };
    let events: Vec<_> = mailed.map(event).collect();
    outbox::emit_all(tx, ctx, &events).await?;
    Ok(true)
}
