//! `meguri account …`: issuing accounts from the machine itself, to begin with and in bulk.
use crate::{demo::read_file, home::Home, serve, table};
use clap::{Args, Subcommand};
use identity::{
    Identity,
    app::account::{
        Accounts,
        change::{Step, change},
        file,
        issue::{issue, issue_batch},
        list::{Asked, page},
    },
};
use platform::{OpCtx, clock::Clock, failure::Result, limit::Rates, opctx::new_id};
use std::{path::PathBuf, process::ExitCode};
use wire::account::{AccountFacts, ChangeAccount, Invitation, Invite, IssueAccount};

/// `meguri account …`
#[derive(Subcommand)]
pub enum AccountCommand {
    /// Issue an account and print the code to be read out, unless its link goes out by mail.
    Issue(Box<Issue>),
    /// Issue the accounts of a CSV file (UTF-8 or Shift_JIS) whose columns have the names of the fields:
    /// name, role, territory, facility, partner, organisation, organisation_name, organisation_name_en,
    /// administrator, mail, language, expires_at, invite.
    ///
    /// A row at fault is listed; the others are issued. Exits with 2 when rows were refused.
    Import {
        /// The file.
        file: PathBuf,
        /// Print JSON instead of a table.
        #[arg(long)]
        json: bool,
    },
    /// List accounts by name, with their state and who issued them.
    List {
        /// Only of this role.
        #[arg(long)]
        role: Option<String>,
        /// Print JSON lines instead of a table.
        #[arg(long)]
        json: bool,
    },
    /// Suspend an account: it cannot sign in, and what it has open ends within seconds.
    Suspend {
        /// The account's name.
        name: String,
        /// Why, for the audit trail.
        #[arg(long)]
        reason: String,
    },
    /// Let a suspended account in again.
    Resume {
        /// The account's name.
        name: String,
        /// Why, for the audit trail.
        #[arg(long)]
        reason: String,
    },
}

/// An account to be issued.
#[derive(Args)]
pub struct Issue {
    /// Name to sign in with.
    name: String,
    /// What it is for: ministry, prefecture, hospital, …
    #[arg(long)]
    role: String,
    /// Home: a territory's code.
    #[arg(long)]
    territory: Option<String>,
    /// Home: a facility's uuid, ten-digit code, or `gmis:ID`.
    #[arg(long)]
    facility: Option<String>,
    /// Home: a wholesaler (W07) or its branch (W07-03).
    #[arg(long)]
    partner: Option<String>,
    /// A new organisation's name.
    #[arg(long, requires = "organisation_en")]
    organisation: Option<String>,
    /// A new organisation's English name.
    #[arg(long, requires = "organisation")]
    organisation_en: Option<String>,
    /// It may issue accounts to colleagues and to the level below.
    #[arg(long)]
    administrator: bool,
    /// Send the invitation to this address.
    #[arg(long)]
    mail: Option<String>,
}

/// Runs a command.
///
/// # Errors
/// What the use case refuses; the database's.
pub async fn account(home: &Home, command: AccountCommand) -> Result<ExitCode> {
    let db = home.pool("identity_app", "identity")?;
    let ctx = OpCtx::system("account", &Clock::load(&db).await?);
    let shared = serve::shared(home, &db, "http://127.0.0.1:1", "account", Rates::default()).await?;
    let identity = Identity::new(shared, db, &home.stack.secret);
    let accounts = identity.accounts();
    match command {
        AccountCommand::Issue(wanted) => one(accounts, &ctx, *wanted).await,
        AccountCommand::Import { file, json } => import(accounts, &ctx, &read_file(&file)?, json).await,
        AccountCommand::List { role, json } => list(accounts, &ctx, role, json).await,
        AccountCommand::Suspend { name, reason } => step(accounts, &ctx, &name, Step::Suspend, reason).await,
        AccountCommand::Resume { name, reason } => step(accounts, &ctx, &name, Step::Resume, reason).await,
    }
}

async fn one(accounts: &Accounts, ctx: &OpCtx, wanted: Issue) -> Result<ExitCode> {
    let invite = if wanted.mail.is_some() { Invite::Mail } else { Invite::Code };
    let account = AccountFacts {
        name: wanted.name,
        role: wanted.role,
        territory: wanted.territory,
        facility: wanted.facility,
        partner: wanted.partner,
        organisation: None,
        organisation_name: wanted.organisation,
        organisation_name_en: wanted.organisation_en,
        administrator: wanted.administrator,
        mail: wanted.mail,
        language: None,
        expires_at: None,
        invite: Some(invite),
    };
    let (issued, _) = issue(accounts, ctx, IssueAccount { id: new_id(), account }).await?;
    table::print(&format!("{}: {}", issued.name, told(&issued.invitation)));
    Ok(ExitCode::SUCCESS)
}

fn told(invitation: &Invitation) -> String {
    match &invitation.code {
        Some(code) => format!("{code} (read it out; until {})", invitation.expires_at),
        None => format!("a link goes out by mail (until {})", invitation.expires_at),
    }
}

async fn import(accounts: &Accounts, ctx: &OpCtx, bytes: &[u8], json: bool) -> Result<ExitCode> {
    let (answer, _) = issue_batch(accounts, ctx, new_id(), file::rows(bytes)?).await?;
    if json {
        table::print(&serde_json::to_string_pretty(&answer)?);
    } else {
        for outcome in &answer.outcomes {
            let line = match (&outcome.account, &outcome.problem) {
                (Some(account), _) => format!("{}: {}: {}", outcome.row, account.name, told(&account.invitation)),
                (None, Some(problem)) => {
                    let fields: Vec<String> =
                        problem.errors.iter().map(|error| format!("{}: {}", error.path, error.en)).collect();
                    format!("{}: {}: {} {}", outcome.row, problem.code, problem.title, fields.join("; "))
                }
                (None, None) => continue,
            };
            table::print(line.trim_end());
        }
        table::print(&format!("issued: {}, refused: {}", answer.issued, answer.refused));
    }
    Ok(if answer.refused > 0 { ExitCode::from(2) } else { ExitCode::SUCCESS })
}

async fn list(accounts: &Accounts, ctx: &OpCtx, role: Option<String>, json: bool) -> Result<ExitCode> {
    let mut after = None;
    loop {
        let asked = Asked { first: Some(200), after, role: role.clone(), ..Asked::default() };
        let found = page(accounts, ctx, asked).await?;
        for account in &found.accounts {
            let by = account.issued_by.as_deref().unwrap_or("-");
            let line = format!(
                "{:<32} {:<20} {:<10} {:<16} {}",
                account.name, account.role, account.state, by, account.organisation_name
            );
            table::print(&if json { serde_json::to_string(account)? } else { line });
        }
        after = found.next;
        if after.is_none() {
            return Ok(ExitCode::SUCCESS);
        }
    }
}

async fn step(accounts: &Accounts, ctx: &OpCtx, name: &str, step: Step, reason: String) -> Result<ExitCode> {
    let (changed, _) = change(accounts, ctx, name, step, ChangeAccount { id: new_id(), reason }).await?;
    table::print(&format!("{}: {}", changed.name, changed.state));
    Ok(ExitCode::SUCCESS)
}
