//! `meguri audit …`: the sealed chain and its heads, and what the trail says about one facility or one account.
use crate::{
    audit::{
        self, Chain, Head, Heads,
        who::{self, Deed, Period},
    },
    demo::read_file,
    heads::{self, export_now},
    home::Home,
    table,
};
use clap::{Args, Subcommand};
use domain::time::{parse_instant, rfc3339};
use platform::{Failure, failure::Result};
use serde_json::json;
use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

/// Parts of the audit.
#[derive(Subcommand)]
pub enum AuditCommand {
    /// Prove that nothing of the audit trail and the books was edited, deleted, inserted or reordered since it
    /// was sealed, and, with the exported heads, that nothing was cut off.
    ///
    /// Exits with 1 at the first break of a chain, and says where it is and what was done.
    VerifyChain {
        /// The exported heads. Without it, those in the instance's data folder, if there are any.
        #[arg(long)]
        heads: Option<PathBuf>,
        /// A public key that may have signed them, as export-heads prints it; several times for several.
        /// Without it, the instance's own.
        #[arg(long)]
        key: Vec<String>,
    },
    /// Seal and sign what is committed now, and append the heads to a file.
    ///
    /// Copy the file to where nobody who runs the database can write.
    ExportHeads {
        /// The file; without it, the one in the instance's data folder.
        #[arg(long)]
        to: Option<PathBuf>,
    },
    /// Who saw what about a facility, the newest first.
    Views {
        /// The facility: its id, its ten-digit code, or gmis: and its G-MIS id.
        facility: String,
        /// When.
        #[command(flatten)]
        period: PeriodArgs,
    },
    /// What an account saw and changed, the oldest first: for a report of a breach.
    Account {
        /// The account's name.
        name: String,
        /// When.
        #[command(flatten)]
        period: PeriodArgs,
    },
}

/// A period of business time.
#[derive(Args)]
pub struct PeriodArgs {
    /// Not before this moment, like 2021-04-05T00:00:00+09:00.
    #[arg(long)]
    from: Option<String>,
    /// Before this moment.
    #[arg(long)]
    until: Option<String>,
}

impl PeriodArgs {
    fn period(&self) -> Result<Period> {
        let parse = |text: &Option<String>| text.as_deref().map(parse_instant).transpose();
        Ok(Period { from: parse(&self.from)?, until: parse(&self.until)? })
    }
}

/// Runs `meguri audit …`.
///
/// # Errors
/// When it cannot be done; what is found stands in the exit code.
pub async fn run(home: &Home, command: AuditCommand, json: bool) -> Result<ExitCode> {
    match command {
        AuditCommand::VerifyChain { heads, key } => verify(home, heads.as_deref(), &key, json).await,
        AuditCommand::ExportHeads { to } => export(home, to.as_deref(), json).await,
        AuditCommand::Views { facility, period } => {
            show(&who::views(&home.role_url("audit")?, &facility, period.period()?).await?, json)
        }
        AuditCommand::Account { name, period } => {
            show(&who::account(&home.role_url("audit")?, &name, period.period()?).await?, json)
        }
    }
}

fn show(deeds: &[Deed], json: bool) -> Result<ExitCode> {
    if json {
        table::print(&serde_json::to_string_pretty(deeds)?);
        return Ok(ExitCode::SUCCESS);
    }
    let headings = ["日時 / at", "誰が / who", "所属 / organisation", "何を / what", "対象 / target", "理由 / why"];
    let mut shown = table::new(&headings, &[]);
    for deed in deeds {
        let what = if deed.seen.is_empty() { deed.what.clone() } else { deed.seen.join("\n") };
        shown.add_row([
            rfc3339(deed.business_at),
            format!("{}\n{}", deed.account, deed.role),
            deed.organisation.clone(),
            what,
            deed.target.clone(),
            deed.reason.clone().unwrap_or_default(),
        ]);
    }
    table::print(&shown.to_string());
    table::print(&table::grouped(i64::try_from(deeds.len()).unwrap_or(i64::MAX)));
    Ok(ExitCode::SUCCESS)
}

async fn export(home: &Home, to: Option<&Path>, json: bool) -> Result<ExitCode> {
    let (signer, exported) = export_now(home, to).await?;
    let (file, key) = (to.unwrap_or(&signer.file).display().to_string(), hex::encode(signer.public()));
    if json {
        table::print(&serde_json::to_string_pretty(&json!({"file": file, "key": key, "heads": exported}))?);
        return Ok(ExitCode::SUCCESS);
    }
    let mut shown = table::new(&["連鎖 / chain", "番号 / number", "要約値 / digest"], &[1]);
    for Head { schema, sequence, digest, .. } in &exported {
        shown.add_row([schema.clone(), table::grouped(*sequence), hex::encode(digest)]);
    }
    table::print(&shown.to_string());
    table::print(&format!("{file}\n公開鍵 / public key: {key}"));
    Ok(ExitCode::SUCCESS)
}

/// The heads to compare with: those of the file that is named, or of the data folder's if it is there.
fn heads_of(home: &Home, file: Option<&Path>, keys: &[String]) -> Result<(Heads, Option<PathBuf>)> {
    let own = heads::Heads::of(home)?;
    let wrong = |key: &String| Failure::Unavailable(format!("--key {key}: 64 hexadecimal digits"));
    let mut trusted = Vec::new();
    for key in keys {
        trusted.push(hex::decode(key).ok().filter(|key| key.len() == 32).ok_or_else(|| wrong(key))?);
    }
    if trusted.is_empty() {
        trusted.push(own.public());
    }
    let file = match file {
        Some(file) => file.to_owned(),
        None if own.file.exists() => own.file,
        None => return Ok((Heads::default(), None)),
    };
    let bytes = read_file(&file)?;
    let text = String::from_utf8_lossy(&bytes);
    Ok((Heads::parse(&text, &home.stack.instance, home.database(), trusted), Some(file)))
}

async fn verify(home: &Home, file: Option<&Path>, keys: &[String], json: bool) -> Result<ExitCode> {
    let (heads, file) = heads_of(home, file, keys)?;
    let chains = audit::verify_chains(&home.role_url("audit")?, &heads).await?;
    let holds = chains.iter().all(|chain| chain.broken.is_none()) && heads.unreadable.is_empty();
    if json {
        let report = json!({
            "ok": holds, "chains": chains, "heads_file": file, "heads": heads.count(), "heads_unreadable": heads.unreadable,
        });
        table::print(&serde_json::to_string_pretty(&report)?);
        return Ok(if holds { ExitCode::SUCCESS } else { ExitCode::FAILURE });
    }
    let headings = ["連鎖 / chain", "検証済み / verified", "先端 / heads", "未封 / unsealed", "最古 / oldest (s)", ""];
    let mut shown = table::new(&headings, &[1, 2, 3, 4]);
    for Chain { schema, verified, heads, unsealed, unsealed_age_s, broken, .. } in &chains {
        let age = unsealed_age_s.map_or_else(|| "—".to_owned(), table::grouped);
        let verdict = if broken.is_none() { "OK" } else { "NG" };
        let heads = table::grouped(i64::try_from(*heads).unwrap_or(i64::MAX));
        shown.add_row([
            (*schema).to_owned(),
            table::grouped(*verified),
            heads,
            table::grouped(*unsealed),
            age,
            verdict.to_owned(),
        ]);
    }
    table::print(&shown.to_string());
    for broken in chains.iter().filter_map(|chain| chain.broken.as_ref()) {
        table::print(&broken.to_string());
    }
    for line in &heads.unreadable {
        table::print(&format!("forged_head: line {line} of the file is no head"));
    }
    match &file {
        Some(file) => table::print(&format!("{}: {} 行 / heads", file.display(), heads.count())),
        None => table::print(
            "書き出した先端がないため、末尾の切り取りは検出できません。\n\
             There is no file of exported heads: that the end was cut off cannot be found.",
        ),
    }
    Ok(if holds { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
