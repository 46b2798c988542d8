//! Commands about events: the wholesalers' places at the broker, the relay, parked messages.
use crate::{home::Home, seed::service_secret, table, tail::tail, wholesalers::account_name};
use clap::{Args, Subcommand};
use domain::{
    TerritoryCode, WholesalerCode,
    policy::{Action, Actor, Place, decide},
};
use platform::{
    Failure, OpCtx, Tx,
    amqp::{Broker, FROM_PARTNER},
    audit,
    clock::Clock,
    failure::Result,
    inbox::{Inbox, Waits},
    opctx::new_id,
};
use rand::Rng;
use relay::{
    Outbox, Relay, SCHEMAS,
    app::{dead, replay, status},
    topology,
};
use serde_json::json;
use std::process::ExitCode;

/// `meguri wholesaler …`
#[derive(Subcommand)]
pub enum WholesalerCommand {
    /// Make a company's place at the broker: its own virtual host with the queues orders and answers.
    ///
    /// Safe to run again: what is there stays. Credentials are given separately.
    Provision {
        /// Companies: W07 W08. Without any, say --all.
        codes: Vec<WholesalerCode>,
        /// All companies of the instance.
        #[arg(long, conflicts_with = "codes")]
        all: bool,
    },
    /// Give a company's user a new password and print it, once. The old one is dead at once, and whoever
    /// is signed in with it is thrown out.
    Credentials {
        /// The company: W07.
        code: WholesalerCode,
    },
    /// Take a company's user away and close its connections at once. Its virtual host and what lies in it
    /// stay; `credentials` lets it in again.
    Revoke {
        /// The company: W07.
        code: WholesalerCode,
    },
    /// Show which companies have a place at the broker and which have a user.
    List,
    /// Show what goes to a company (→) and what it answers (←), as it happens. Nothing is taken from its queue.
    Tail {
        /// The company: W07.
        code: WholesalerCode,
        /// End after so many events.
        #[arg(long)]
        limit: Option<usize>,
        /// Print each event as one line of JSON.
        #[arg(long)]
        json: bool,
    },
}

/// `meguri relay …`
#[derive(Subcommand)]
pub enum RelayCommand {
    /// Show how far behind the relay is with each service's events, what is parked, and whose events have
    /// waited for more than a minute for one that is missing or parked.
    Status {
        /// Print JSON instead of a table.
        #[arg(long)]
        json: bool,
    },
    /// Publish events again. Ids stay, so whoever has applied them already does nothing.
    Replay(ReplayArgs),
    /// Messages that were put aside because they could not be applied.
    #[command(subcommand)]
    Dead(DeadCommand),
}

/// What to publish again.
#[derive(Args)]
pub struct ReplayArgs {
    /// Whose events: identity, capacity, allocation, distribution or relay.
    #[arg(long)]
    schema: String,
    /// Everything from this place in the outbox on.
    #[arg(long, required_unless_present = "subject")]
    from: Option<i64>,
    /// Everything about this subject: `shipment/<id>`.
    #[arg(long, conflicts_with = "from")]
    subject: Option<String>,
    /// To this company (W07), only what concerns it; without it to our own consumers.
    #[arg(long)]
    wholesaler: Option<WholesalerCode>,
}

/// `meguri relay dead …`
#[derive(Subcommand)]
pub enum DeadCommand {
    /// Show the queues of parked and unroutable messages, how many lie there, and why.
    List {
        /// Only this virtual host.
        #[arg(long)]
        vhost: Option<String>,
    },
    /// Give parked messages back to the queue they were in, oldest first, after the cause is mended.
    Redrive {
        /// The queue they were in: distribution, answers.
        queue: String,
        /// Its virtual host; the main one unless given.
        #[arg(long)]
        vhost: Option<String>,
        /// At most so many.
        #[arg(long, default_value_t = 1_000)]
        limit: usize,
    },
    /// Go past a parked event that can never be applied, so that those behind it are.
    ///
    /// It has no effect then, also when it is given back later: mend what it should have done by other
    /// means. The audit trail keeps the reason.
    Skip {
        /// Whose queue it was parked from: distribution, allocation, notifications.
        queue: String,
        /// What it is about, as `relay status` shows it: `release/<id>`.
        subject: String,
        /// Its number within the subject, which is the one that is waited for.
        #[arg(long)]
        sequence: i64,
        /// Why.
        #[arg(long, value_parser = clap::builder::NonEmptyStringValueParser::new())]
        reason: String,
    },
}

/// The queues whose consumers keep events in order: with the consumer's schema and role.
const CONSUMERS: [(&str, &str, &str); 3] = [
    ("allocation", "allocation", "allocation_app"),
    ("distribution", "distribution", "distribution_app"),
    ("notifications", "relay", "relay_app"),
];

/// The instance's broker.
fn broker(home: &Home) -> Result<Broker> {
    let none = || Failure::Unavailable("this instance has no broker: run `meguri stack up` first".to_owned());
    home.broker()?.ok_or_else(none)
}

async fn training(home: &Home) -> Result<bool> {
    Ok(Clock::load(&home.pool("gateway", "reference")?).await?.training())
}

/// Leaves a row in the audit trail: the broker keeps none.
async fn note(home: &Home, target: &str, what: &str) -> Result<()> {
    let db = home.pool("relay_app", "relay")?;
    let ctx = OpCtx::system("bus", &Clock::load(&db).await?);
    let permit = decide(&Actor::system("bus"), Action::WholesalerManage, Place::Territory(TerritoryCode::NATION))
        .map_err(|_| Failure::internal("the operator may not manage wholesalers"))?;
    let entry = audit::Entry { target: target.to_owned(), cause: new_id(), reason: Some(what.to_owned()) };
    Tx::begin(&db, &ctx, &[(&permit, entry)]).await?.finish(Ok(())).await
}

/// The name under which a company's password in a training instance is derived.
#[must_use]
pub fn partner_secret(home: &Home, wholesaler: WholesalerCode) -> String {
    service_secret(home, &account_name(wholesaler))
}

/// A password that nobody can guess: 256 bits.
fn new_password() -> String {
    hex::encode(rand::rng().random::<[u8; 32]>())
}

/// Runs `meguri wholesaler …`.
///
/// # Errors
/// `broker.unavailable`, or the database's.
pub async fn wholesaler(home: &Home, command: WholesalerCommand) -> Result<ExitCode> {
    let broker = broker(home)?;
    match command {
        WholesalerCommand::Provision { codes, all } => {
            let codes = if all { companies(home).await? } else { codes };
            if codes.is_empty() {
                return Err(Failure::Unavailable(
                    "no company: name some (W07 W08), or say --all when the instance knows some".to_owned(),
                ));
            }
            topology::ensure_main(&broker).await?;
            let mut shown = table::new(&["卸 / wholesaler", "仮想ホスト / virtual host"], &[]);
            for code in codes {
                note(home, &format!("wholesaler/{code}"), "provision").await?;
                topology::provision(&broker, code).await?;
                shown.add_row([code.to_string(), broker.partner_vhost(code)]);
            }
            table::print(&shown.to_string());
        }
        WholesalerCommand::Credentials { code } => credentials(home, &broker, code).await?,
        WholesalerCommand::Revoke { code } => {
            note(home, &format!("wholesaler/{code}"), "revoke").await?;
            let existed = topology::revoke(&broker, code).await?;
            table::print(&match existed {
                true => format!("{code}: the user is gone and its connections are closed"),
                false => format!("{code}: there was no user"),
            });
        }
        WholesalerCommand::Tail { code, limit, json } => tail(&broker, code, limit, json).await?,
        WholesalerCommand::List => {
            let mut shown = table::new(&["卸 / wholesaler", "仮想ホスト / virtual host", "利用者 / user"], &[]);
            for code in broker.provisioned().await? {
                let user = match topology::has_user(&broker, code).await? {
                    true => broker.partner_user(code),
                    false => "—".to_owned(),
                };
                shown.add_row([code.to_string(), broker.partner_vhost(code), user]);
            }
            table::print(&shown.to_string());
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The companies that the instance knows.
async fn companies(home: &Home) -> Result<Vec<WholesalerCode>> {
    let db = home.pool("distribution_app", "distribution")?;
    let known = distribution_store::read::wholesalers(&mut *db.read().await?).await?;
    Ok(known.iter().map(|company| company.code.parse()).collect::<std::result::Result<_, _>>()?)
}

async fn credentials(home: &Home, broker: &Broker, code: WholesalerCode) -> Result<()> {
    // a training instance's can be looked up again, as all its passwords
    let training = training(home).await?;
    let password = if training { partner_secret(home, code) } else { new_password() };
    note(home, &format!("wholesaler/{code}"), "credentials").await?;
    topology::credentials(broker, code, &password).await?;
    let (user, vhost) = (broker.partner_user(code), broker.partner_vhost(code));
    let mut shown = table::new(&["", ""], &[]);
    for (name, value) in [
        ("アドレス / address", format!("amqp://{}", broker.address())),
        ("仮想ホスト / virtual host", vhost),
        ("利用者 / user", user.clone()),
        ("パスワード / password", password),
        ("受け取る / read", "queue orders".to_owned()),
        ("答える / answer", format!("exchange {FROM_PARTNER}, property user-id = {user}")),
    ] {
        shown.add_row([name.to_owned(), value]);
    }
    table::print(&shown.to_string());
    table::print(
        "パスワードはここでしか表示されません（訓練環境では毎回同じです）。安全な方法で卸に渡してください。以前のパスワードは今から使えません。\n\
         (In a training instance it is the same every time.)\n\
         The password is shown only here: hand it over by a safe way. An older one no longer works. Lost: run this again.",
    );
    Ok(())
}

async fn relay_of(home: &Home) -> Result<Relay> {
    let clock = Clock::load(&home.pool("relay_app", "relay")?).await?;
    let delivery = crate::messaging::delivery(home, &clock);
    Relay::new(broker(home)?, &home.role_url("relay_app")?, clock, delivery)
}

/// Runs `meguri relay …`.
///
/// # Errors
/// `broker.unavailable`, or the database's.
pub async fn relay(home: &Home, command: RelayCommand) -> Result<ExitCode> {
    match command {
        RelayCommand::Status { json } => show_status(home, json).await?,
        RelayCommand::Replay(args) => publish_again(home, args).await?,
        RelayCommand::Dead(DeadCommand::List { vhost }) => {
            table::print(&dead_table(&dead::list(&broker(home)?, vhost.as_deref()).await?));
        }
        RelayCommand::Dead(DeadCommand::Redrive { queue, vhost, limit }) => {
            let broker = broker(home)?;
            let vhost = vhost.unwrap_or_else(|| broker.main_vhost().to_owned());
            note(home, &format!("queue/{vhost}/{queue}"), "redrive").await?;
            let moved = dead::redrive(&broker, &vhost, queue.trim_end_matches(".dead"), limit).await?;
            let mut shown = table::new(&["戻したメッセージ / given back"], &[]);
            for id in &moved {
                shown.add_row([id]);
            }
            table::print(&shown.to_string());
            table::print(&format!("{vhost}, {queue}: {}", moved.len()));
        }
        RelayCommand::Dead(DeadCommand::Skip { queue, subject, sequence, reason }) => {
            let names = CONSUMERS.map(|(queue, ..)| queue).join(", ");
            let inbox = inboxes(home).await?.into_iter().find(|(known, _)| *known == queue.trim_end_matches(".dead"));
            let (_, inbox) = inbox.ok_or_else(|| Failure::Unavailable(format!("the queue is one of {names}")))?;
            let behind = dead::skip(&relay_of(home).await?, &inbox, &subject, sequence, &reason).await?;
            let behind = table::grouped(i64::try_from(behind).unwrap_or(i64::MAX));
            table::print(&format!("{queue}, {subject}: {sequence} → {behind} 件を再送 / {behind} published again"));
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The inboxes of the consumers, by queue.
async fn inboxes(home: &Home) -> Result<Vec<(&'static str, Inbox)>> {
    let clock = Clock::load(&home.pool("relay_app", "relay")?).await?;
    let inbox = |(queue, schema, role): (&'static str, &'static str, &str)| {
        Ok((queue, Inbox { db: home.pool(role, schema)?, clock: clock.clone() }))
    };
    CONSUMERS.into_iter().map(inbox).collect()
}

/// Subjects that wait, with the queue of whoever waits.
async fn stuck(home: &Home) -> Result<Vec<(&'static str, Waits)>> {
    let mut all = Vec::new();
    for (queue, inbox) in inboxes(home).await? {
        all.extend(inbox.stuck().await?.into_iter().map(|waits| (queue, waits)));
    }
    Ok(all)
}

fn stuck_table(stuck: &[(&'static str, Waits)]) -> String {
    if stuck.is_empty() {
        return "1分を超えて待っている対象はありません。 / No subject waits for more than a minute.".to_owned();
    }
    let headings = ["キュー / queue", "対象 / subject", "次の番号 / waits for", "件数 / events", "時間 / age (s)"];
    let mut shown = table::new(&headings, &[2, 3, 4]);
    for (queue, Waits { subject, next_sequence, held, age_s, .. }) in stuck {
        let numbers = [*next_sequence, *held, *age_s].map(table::grouped);
        shown.add_row([(*queue).to_owned(), subject.clone()].into_iter().chain(numbers));
    }
    shown.to_string()
}

async fn show_status(home: &Home, json: bool) -> Result<()> {
    let relay = relay_of(home).await?;
    let outboxes = status::status(&relay).await?;
    let stuck = stuck(home).await?;
    let deliveries = status::deliveries(&relay).await?;
    if json {
        let stuck: Vec<_> = stuck.iter().map(|(queue, waits)| json!({"queue": queue, "waits": waits})).collect();
        let mail = relay.delivery.smtp_url.is_some();
        let status = json!({"outboxes": outboxes, "stuck": stuck, "deliveries": deliveries, "mail_server": mail});
        table::print(&serde_json::to_string_pretty(&status)?);
        return Ok(());
    }
    let headings = ["送信元 / outbox", "未送信 / unsent", "卸待ち / waiting for a wholesaler", "最古 / oldest (s)"];
    let mut shown = table::new(&headings, &[1, 2, 3]);
    for outbox in outboxes {
        let age = outbox.oldest_age_s.map_or_else(|| "—".to_owned(), table::grouped);
        let (unsent, waiting) = (table::grouped(outbox.unsent), table::grouped(outbox.waiting));
        shown.add_row([outbox.schema.to_owned(), unsent, waiting, age]);
    }
    table::print(&shown.to_string());
    table::print(&dead_table(&dead::list(&relay.broker, None).await?));
    table::print(&stuck_table(&stuck));
    table::print(&delivery_table(&deliveries));
    if relay.delivery.smtp_url.is_none() {
        table::print(
            "メールサーバーの設定（MEGURI_SMTP_URL）がないため、メールは送らずに待ちます。\nThere is no mail server (MEGURI_SMTP_URL): mails wait.",
        );
    }
    Ok(())
}

fn delivery_table(deliveries: &[status::Standing]) -> String {
    let headings = [
        "手段 / by",
        "待ち / waiting",
        "最古 / oldest (s)",
        "済み / delivered",
        "断念 / dead",
        "最後の失敗 / last error",
    ];
    let mut shown = table::new(&headings, &[1, 2, 3, 4]);
    for standing in deliveries {
        let age = standing.oldest_age_s.map_or_else(|| "—".to_owned(), table::grouped);
        let [waiting, delivered, dead] = [standing.waiting, standing.delivered, standing.dead].map(table::grouped);
        let error = standing.last_error.clone().unwrap_or_default();
        shown.add_row([standing.kind.clone(), waiting, age, delivered, dead, error]);
    }
    shown.to_string()
}

fn dead_table(queues: &[dead::DeadQueue]) -> String {
    let mut shown = table::new(&["仮想ホスト / virtual host", "キュー / queue", "件数 / messages", "理由 / why"], &[2]);
    let filled: Vec<&dead::DeadQueue> = queues.iter().filter(|dead| dead.messages > 0).collect();
    if filled.is_empty() {
        let count = queues.len();
        return format!(
            "退避されたメッセージはありません（{count}個のキュー）。 / Nothing is put aside in {count} queues."
        );
    }
    for dead in filled {
        let count = table::grouped(dead.messages);
        shown.add_row([dead.vhost.clone(), dead.queue.clone(), count, dead.codes.join(", ")]);
    }
    shown.to_string()
}

async fn publish_again(home: &Home, args: ReplayArgs) -> Result<()> {
    let relay = relay_of(home).await?;
    let unknown = || Failure::Unavailable(format!("--schema is one of {}", SCHEMAS.join(", ")));
    let outbox: &Outbox = relay.outboxes.iter().find(|outbox| outbox.schema == args.schema).ok_or_else(unknown)?;
    note(home, &format!("outbox/{}", args.schema), "replay").await?;
    let published = match (&args.subject, args.wholesaler) {
        (Some(subject), Some(wholesaler)) => replay::subject_to(&relay, outbox, subject, wholesaler).await?,
        (Some(subject), None) => replay::subject(&relay, outbox, subject, 1).await?,
        (None, wholesaler) => replay::from_pos(&relay, outbox, args.from.unwrap_or(1), wholesaler).await?,
    };
    let mut shown = table::new(&["送信元 / outbox", "範囲 / what", "宛先 / to", "件数 / events"], &[3]);
    let what = args.subject.unwrap_or_else(|| format!("{}–", args.from.unwrap_or(1)));
    let to = args.wholesaler.map_or_else(|| relay.broker.main_vhost().to_owned(), |code| code.to_string());
    shown.add_row([args.schema, what, to, table::grouped(i64::try_from(published).unwrap_or(i64::MAX))]);
    table::print(&shown.to_string());
    Ok(())
}
