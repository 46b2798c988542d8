//! The command line. Every command says what it does, and errors say what to do.
use crate::{
    account::{self, AccountCommand},
    allocate, audit,
    bus::{self, RelayCommand, WholesalerCommand},
    contracts,
    demo::{self, Demo},
    home::Home,
    import, indicator_file, past, population, reach, seed,
    serve::{self, Service, Settings},
    table,
    trail::{self, AuditCommand},
};
use clap::{Args, Parser, Subcommand};
use devstack::{Instance, Options};
use domain::time::{parse_instant, rfc3339};
use identity::app::{keys, second_factor, set_clock};
use platform::{Failure, OpCtx, clock::Clock, failure::Result, telemetry};
use std::{
    net::TcpListener,
    path::{Path, PathBuf},
    process::ExitCode,
    time::Instant,
};
use wire::indicator::PutIndicator;

/// Meguri: coordinates a nation's health resources in an emergency.
///
/// Every command works on the instance named by MEGURI_INSTANCE (default: demo), and finds or starts
/// its PostgreSQL, Redis and RabbitMQ first: those named by DATABASE_URL, REDIS_URL and MEGURI_AMQP_URL,
/// else private ones.
#[derive(Parser)]
#[command(name = "meguri", version, max_term_width = 100)]
struct Cli {
    /// Which instance; each has its own database, roles, ports and data folder.
    #[arg(long, global = true, env = "MEGURI_INSTANCE", default_value = "demo")]
    instance: String,
    /// What to log: a level (error, warn, info, debug) or a list like info,platform=debug.
    #[arg(long, global = true, env = "MEGURI_LOG", default_value = "warn")]
    log: String,
    /// Log as JSON lines.
    #[arg(long, global = true, env = "MEGURI_LOG_JSON", value_parser = clap::builder::BoolishValueParser::new())]
    log_json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the services: all in one process behind one address, or some of them.
    ///
    /// The database must be migrated and seeded. Services that run apart find each other by
    /// --identity-url and --capacity-url.
    Serve(ServeArgs),
    /// Make the instance's database, or bring it up to date: roles, schemas, tables, grants.
    ///
    /// Safe to run again, and by several processes at once.
    Migrate,
    /// Write what an instance is born with: territories, populations, the signing key; and for
    /// training its clock, personas and the prefectures' service accounts.
    ///
    /// Safe to run again. Prints who can sign in.
    Seed {
        /// A real instance: real time, no personas.
        #[arg(long)]
        real: bool,
    },
    /// Read published files: facilities and what they answered.
    #[command(subcommand)]
    Import(ImportCommand),
    /// Prove the figures: recompute every sum from the reports and every balance of the entitlement
    /// book from the transfers with independent code, and check that each change has its event, audit
    /// row and idempotency row.
    ///
    /// Exits with 1 when anything is violated. With a command behind it, one part alone: the sealed chain and its
    /// heads, or who saw and changed what.
    Audit {
        /// Print JSON instead of a table.
        #[arg(long, global = true)]
        json: bool,
        #[command(subcommand)]
        command: Option<AuditCommand>,
    },
    /// Write the contracts (OpenAPI, GraphQL schema, event schemas, error codes, permission matrix).
    ///
    /// Exits with 1 when an event breaks what was released of it (docs/adding-an-event.md).
    Contracts {
        /// Only compare with the committed files; exits with 1 when one differs.
        #[arg(long)]
        check: bool,
        /// Also release the events' schemas and samples as they are now: with a new version of Meguri.
        #[arg(long, conflicts_with = "check")]
        release: bool,
        /// The project's root.
        #[arg(long, default_value = ".")]
        root: PathBuf,
    },
    /// The allocation engine by itself, without a server or a database.
    #[command(subcommand)]
    Allocate(AllocateCommand),
    /// Accounts: issue, import, list, suspend.
    #[command(subcommand)]
    Account(AccountCommand),
    /// Wholesaler companies at the broker: their virtual hosts and users.
    #[command(subcommand)]
    Wholesaler(WholesalerCommand),
    /// The relay between the services' outboxes and the broker.
    #[command(subcommand)]
    Relay(RelayCommand),
    /// Facilities: closing one on a day, and opening it again.
    #[command(subcommand)]
    Facility(reach::FacilityCommand),
    /// Territories: merging a municipality into another on a day.
    #[command(subcommand)]
    Territory(reach::TerritoryCommand),
    /// The keys that tokens are signed with.
    #[command(subcommand)]
    Keys(KeysCommand),
    /// Whether people need a second factor to sign in to a training instance. In a real one they do.
    SecondFactor {
        /// on or off.
        #[arg(value_enum)]
        state: OnOff,
    },
    /// The instance's clock. A training instance has its own.
    #[command(subcommand)]
    Clock(ClockCommand),
    /// The servers that the instance runs on.
    #[command(subcommand)]
    Stack(StackCommand),
    /// Load a training nation and serve it until Ctrl-C; with --once, play the story and exit.
    Demo(DemoArgs),
}

#[derive(Args)]
struct ServeArgs {
    /// Which services.
    #[arg(value_enum, default_value = "all")]
    services: Vec<Service>,
    /// Address to listen on. Only loopback unless you say otherwise.
    #[arg(long, env = "MEGURI_BIND", default_value = "127.0.0.1")]
    bind: String,
    /// Port; the next free one if it is taken.
    #[arg(long, env = "MEGURI_PORT", default_value_t = 8080)]
    port: u16,
    /// Where identity answers, if it runs elsewhere.
    #[arg(long, env = "MEGURI_IDENTITY_URL")]
    identity_url: Option<String>,
    /// Where capacity answers, if it runs elsewhere.
    #[arg(long, env = "MEGURI_CAPACITY_URL")]
    capacity_url: Option<String>,
    /// Where allocation answers, if it runs elsewhere.
    #[arg(long, env = "MEGURI_ALLOCATION_URL")]
    allocation_url: Option<String>,
    /// Where distribution answers, if it runs elsewhere.
    #[arg(long, env = "MEGURI_DISTRIBUTION_URL")]
    distribution_url: Option<String>,
}

#[derive(Subcommand)]
enum ImportCommand {
    /// The published daily survey of all hospitals (全国医療機関の医療提供体制の状況, 14 columns, UTF-8).
    ///
    /// Makes and updates the hospitals and writes their answers as reports of form gmis_status.
    /// Importing the same file again changes nothing. A row at fault is listed with its line and
    /// the reason; the others are taken. Exits with 2 when rows were rejected.
    Gmis {
        /// The CSV file.
        file: PathBuf,
        /// Print JSON instead of a table.
        #[arg(long)]
        json: bool,
        /// Only these prefectures, by number: 13,31,47.
        #[arg(long, value_delimiter = ',', value_parser = clap::value_parser!(u32).range(1..=47))]
        prefectures: Option<Vec<u32>>,
    },
    /// Populations of municipalities from the census of 2010: what doses are divided by.
    ///
    /// Wards are summed into their cities, and municipalities that have gone since into their
    /// successors. Importing the same file again changes nothing.
    Population {
        /// The CSV file (columns code5, current_code6, population_2010).
        file: PathBuf,
    },
    /// Which municipalities belong to which public health centre (保健所), from a day on.
    ///
    /// A centre of the file has from then the municipalities of the file and no others; its accounts see
    /// the facilities of these. Importing the same file again changes nothing.
    HealthCentres {
        /// The CSV file (columns name, name_en, founder, municipality; codes of six digits).
        file: PathBuf,
        /// The first day, like 2021-04-05; today unless given.
        #[arg(long)]
        from: Option<String>,
    },
    /// Which municipalities lie in which medical area (二次医療圏). Importing the same file again changes
    /// nothing.
    MedicalAreas {
        /// The CSV file (columns code, name, municipality).
        file: PathBuf,
    },
    /// Figures of an indicator that rules name: columns place, value and, unless --as-of says it, as_of.
    ///
    /// All figures are taken, or none: lines at fault are listed. Importing the same file again changes
    /// nothing; a figure for a place and day that has one already counts instead of it, and neither is
    /// deleted.
    Indicator {
        /// The CSV file.
        file: PathBuf,
        /// The indicator's code: first_doses.
        #[arg(long)]
        code: String,
        /// The day of figures whose row names none, like 2021-04-05.
        #[arg(long)]
        as_of: Option<String>,
        /// Where the figures come from.
        #[arg(long)]
        source: String,
        /// Register the indicator first, or mend its names: its name in Japanese.
        #[arg(long, requires_all = ["en", "unit", "kind"])]
        ja: Option<String>,
        /// Its name in English.
        #[arg(long, requires = "ja")]
        en: Option<String>,
        /// What is counted: doses, persons.
        #[arg(long, requires = "ja")]
        unit: Option<String>,
        /// level (as it stood on a day) or daily (what happened on each day).
        #[arg(long, requires = "ja")]
        kind: Option<String>,
    },
    /// Rounds of the past as they were published, for what-ifs and comparisons.
    ///
    /// What is odd about a row is listed, and the row is taken as published. Importing the same file
    /// again changes nothing. Exits with 2 when rows were rejected, or when a round was there with
    /// other figures.
    PastRound {
        /// Which publication it is.
        #[arg(long, value_enum)]
        kind: past::Kind,
        /// The product, where the file does not name it: pfizer, moderna, janssen.
        #[arg(long)]
        product: Option<String>,
        /// The file.
        file: PathBuf,
        /// Print JSON instead of a table.
        #[arg(long)]
        json: bool,
    },
}

#[derive(Subcommand)]
enum AllocateCommand {
    /// Compute the cases of a file (allocation-cases/1) and print the results as JSON.
    ///
    /// With --check, compare with what the file expects, print a table, and exit with 1 if any differs.
    Run {
        /// The case file.
        #[arg(long)]
        cases: PathBuf,
        /// Compare with what is expected.
        #[arg(long)]
        check: bool,
    },
    /// Compute a plan again from its published document alone, and compare every byte of the result.
    ///
    /// Given the id of a plan of this instance, its row and lines are compared with the document too. Exits
    /// with 1 when anything differs.
    Replay {
        /// A plan's id, or a file with its document (allocation-plan/1, from /v1/plans/{plan}/document).
        plan: String,
    },
    /// What other rules would make of the inputs of a published plan: units, and differences to its own rule.
    Compare {
        /// The document (allocation-plan/1).
        document: PathBuf,
        /// A rule (allocation-rule/1); several times for several, at most five.
        #[arg(long, required = true)]
        rule: Vec<PathBuf>,
        /// Print CSV instead of a table.
        #[arg(long)]
        csv: bool,
    },
    /// Play a moment of the past again: the same supply by several rules, on the figures as they were known and
    /// as they came out later. Without a file: July 2021, when stock that was not there was to be cut.
    Scenario {
        /// The scenario (allocation-scenario/1, as in the folder scenarios).
        file: Option<PathBuf>,
        /// Print CSV instead of a table.
        #[arg(long)]
        csv: bool,
    },
}

#[derive(Subcommand)]
enum KeysCommand {
    /// List the keys that are published.
    List,
    /// Change over to a new key, without a failed request: it is published at once and signs later.
    ///
    /// The one before stays published until its last tokens have ended.
    Rotate {
        /// Seconds between publishing and signing; five at least.
        #[arg(long, default_value_t = 600)]
        lead: u32,
    },
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum OnOff {
    On,
    Off,
}

#[derive(Subcommand)]
enum ClockCommand {
    /// Show business time.
    Show,
    /// Step a training instance's clock forward.
    Step {
        /// To this moment, like 2021-04-05T13:05:00+09:00.
        #[arg(long)]
        to: String,
    },
}

#[derive(Subcommand)]
enum StackCommand {
    /// Find or start the servers.
    Up {
        /// For tests: faster, but a power cut may lose data.
        #[arg(long)]
        fast: bool,
    },
    /// Stop the servers that were started for this instance; the data stays.
    Down,
}

#[derive(Args)]
struct DemoArgs {
    /// Play the story without a person, print it, and exit: 0 if everything adds up.
    ///
    /// It uses a database of its own, made anew; what you did in the demo stays.
    #[arg(long)]
    once: bool,
    /// With --once: write the results to this file.
    #[arg(long, requires = "once")]
    json: Option<PathBuf>,
    /// A smaller nation: only these prefectures, by number: 13,31,47.
    #[arg(long, value_delimiter = ',', value_parser = clap::value_parser!(u32).range(1..=47))]
    prefectures: Option<Vec<u32>>,
    /// The published daily survey to load; a synthetic nation of the same size without one.
    #[arg(long, env = "MEGURI_GMIS_FILE")]
    gmis: Option<PathBuf>,
    /// Port; the next free one if it is taken.
    #[arg(long, env = "MEGURI_PORT", default_value_t = 8080)]
    port: u16,
}

/// Runs the command that the arguments name.
#[must_use]
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    telemetry::start(&cli.log, cli.log_json);
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&error),
    };
    match runtime.block_on(run(cli)) {
        Ok(code) => code,
        Err(failure) => fail(&failure),
    }
}

fn fail(error: &dyn std::fmt::Display) -> ExitCode {
    eprintln!("meguri: {error}");
    ExitCode::FAILURE
}

async fn run(cli: Cli) -> Result<ExitCode> {
    let instance = Instance::parse(&cli.instance).map_err(|error| Failure::Unavailable(error.to_string()))?;
    let options = Options::from_env();
    // these need no servers
    match &cli.command {
        Command::Contracts { check, release, root } => return contracts(root, *check, *release),
        Command::Allocate(AllocateCommand::Run { cases, check }) => {
            let equal = allocate::run_cases(cases, *check, false)?;
            return Ok(if equal { ExitCode::SUCCESS } else { ExitCode::FAILURE });
        }
        Command::Allocate(AllocateCommand::Replay { plan }) if plan.parse::<uuid::Uuid>().is_err() => {
            return Ok(replayed(&allocate::stored::replay_file(&demo::read_file(Path::new(plan))?)?));
        }
        Command::Allocate(AllocateCommand::Compare { document, rule, csv }) => {
            allocate::compare_files(document, rule, *csv)?;
            return Ok(ExitCode::SUCCESS);
        }
        Command::Allocate(AllocateCommand::Scenario { file, csv }) => {
            allocate::scenario::play_file(file.as_deref(), *csv)?;
            return Ok(ExitCode::SUCCESS);
        }
        Command::Stack(command) => return stack(&instance, options, command),
        _ => {}
    }
    let home = Home::up(&instance, &options, &mut say)?;
    match cli.command {
        Command::Serve(args) => serve(home, args).await,
        Command::Migrate => migrate(&home).await,
        Command::Seed { real } => seed(&home, !real).await,
        Command::Import(ImportCommand::Population { file }) => population(&home, &file).await,
        Command::Import(ImportCommand::HealthCentres { file, from }) => {
            reach::health_centres(&home, &demo::read_file(&file)?, from.as_deref()).await
        }
        Command::Import(ImportCommand::MedicalAreas { file }) => {
            reach::medical_areas(&home, &demo::read_file(&file)?).await
        }
        Command::Facility(command) => reach::facility(&home, command).await,
        Command::Territory(command) => reach::territory(&home, command).await,
        Command::Import(ImportCommand::Indicator { file, code, as_of, source, ja, en, unit, kind }) => {
            let named = |((ja, en), (unit, kind))| PutIndicator { ja, en, unit, kind, source: source.clone() };
            let register = ja.zip(en).zip(unit.zip(kind)).map(named);
            indicator(&home, &file, indicator_file::Options { code, as_of, source, register }).await
        }
        Command::Import(ImportCommand::PastRound { kind, product, file, json }) => {
            past_round(&home, kind, product.as_deref(), &file, json).await
        }
        Command::Import(ImportCommand::Gmis { file, json, prefectures }) => {
            import(&home, &file, json, prefectures).await
        }
        Command::Audit { json, command: None } => audit(&home, json).await,
        Command::Audit { json, command: Some(command) } => trail::run(&home, command, json).await,
        Command::Account(command) => account::account(&home, command).await,
        Command::Wholesaler(command) => bus::wholesaler(&home, command).await,
        Command::Relay(command) => bus::relay(&home, command).await,
        Command::Clock(command) => clock(&home, command).await,
        Command::Keys(command) => signing_keys(&home, command).await,
        Command::SecondFactor { state } => {
            let db = home.pool("identity_app", "identity")?;
            let ctx = OpCtx::system("settings", &Clock::load(&db).await?);
            second_factor::require(&db, &ctx, matches!(state, OnOff::On)).await?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Demo(args) => {
            let demo = Demo { home, prefectures: args.prefectures, gmis: args.gmis, port: args.port };
            if args.once {
                demo::once(demo, args.json.as_deref()).await
            } else {
                demo::interactive(demo, &instance, &options).await
            }
        }
        Command::Allocate(AllocateCommand::Replay { plan }) => {
            let plan = plan.parse().map_err(Failure::internal)?;
            Ok(replayed(&allocate::stored::replay(&home, plan).await?))
        }
        Command::Contracts { .. } | Command::Stack(_) | Command::Allocate(_) => Ok(ExitCode::SUCCESS),
    }
}

fn replayed(stored: &allocate::stored::Stored) -> ExitCode {
    table::print(&allocate::stored::render(stored));
    if stored.is_equal() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn say(line: &str) {
    eprintln!("{line}");
}

/// The port asked for, or the next free one, as a socket.
pub(crate) fn listen(bind: &str, port: u16) -> Result<TcpListener> {
    let port = devstack::free_port(port).map_err(|error| Failure::Unavailable(error.to_string()))?;
    TcpListener::bind((bind, port))
        .map_err(|error| Failure::Unavailable(format!("cannot listen on {bind}:{port}: {error}")))
}

async fn serve(home: Home, args: ServeArgs) -> Result<ExitCode> {
    let settings = Settings {
        services: args.services,
        identity_url: args.identity_url,
        capacity_url: args.capacity_url,
        allocation_url: args.allocation_url,
        distribution_url: args.distribution_url,
        broker: home.broker()?,
        heads: true,
        ..Settings::all(listen(&args.bind, args.port)?)
    };
    let running = serve::start(&home, settings).await?;
    say(&format!("{} (Ctrl-C stops it)", running.url));
    demo::until_interrupted().await?;
    running.stop().await;
    Ok(ExitCode::SUCCESS)
}

async fn migrate(home: &Home) -> Result<ExitCode> {
    let applied = home.migrate().await?;
    table::print(&format!("{}: migrations applied: {}", home.database(), applied.join(", ")));
    Ok(ExitCode::SUCCESS)
}

async fn seed(home: &Home, training: bool) -> Result<ExitCode> {
    seed::seed(home, training).await?;
    if training {
        table::print(&demo::sign_in_table(&seed::sign_ins(home)));
    } else {
        table::print(&format!("{}: territories, populations and signing key are there", home.database()));
    }
    Ok(ExitCode::SUCCESS)
}

async fn import(home: &Home, file: &Path, json: bool, prefectures: Option<Vec<u32>>) -> Result<ExitCode> {
    let bytes = demo::read_file(file)?;
    let started = Instant::now();
    let outcome = import::gmis(home, &bytes, &import::Options { prefectures, synthetic: false }).await?;
    if json {
        table::print(&serde_json::to_string_pretty(&outcome.summary)?);
    } else {
        table::print(&format!("{}\n{}", import::render(&outcome.summary), table::seconds(started.elapsed())));
    }
    Ok(if outcome.summary.rejected > 0 { ExitCode::from(2) } else { ExitCode::SUCCESS })
}

async fn population(home: &Home, file: &Path) -> Result<ExitCode> {
    let imported = population::population(home, &demo::read_file(file)?).await?;
    table::print(&format!(
        "{} municipalities, {} persons; {} without a figure",
        table::grouped(i64::try_from(imported.municipalities).unwrap_or(i64::MAX)),
        table::grouped(imported.persons),
        imported.missing.len(),
    ));
    Ok(ExitCode::SUCCESS)
}

async fn indicator(home: &Home, file: &Path, options: indicator_file::Options) -> Result<ExitCode> {
    let recorded = indicator_file::indicator(home, &demo::read_file(file)?, options).await?;
    table::print(&format!(
        "{}: {} figures recorded, {} as before",
        recorded.indicator,
        table::grouped(recorded.recorded),
        table::grouped(recorded.unchanged)
    ));
    Ok(ExitCode::SUCCESS)
}

async fn past_round(home: &Home, kind: past::Kind, product: Option<&str>, file: &Path, json: bool) -> Result<ExitCode> {
    let summary = past::past_round(home, kind, product, &demo::read_file(file)?).await?;
    let text = if json { serde_json::to_string_pretty(&summary)? } else { past::render(&summary) };
    table::print(&text);
    Ok(if summary.is_whole() { ExitCode::SUCCESS } else { ExitCode::from(2) })
}

async fn audit(home: &Home, json: bool) -> Result<ExitCode> {
    let mut report = audit::run(&home.role_url("audit")?).await?;
    // a broker that cannot be asked is "not proven", never "fine"
    let asked = match home.broker()? {
        Some(broker) => audit::depths(&broker).await.map(Some),
        None => Ok(None),
    };
    if let Ok(Some(depths)) = &asked {
        report = report.with_broker(depths);
    }
    if json {
        table::print(&serde_json::to_string_pretty(&report)?);
    } else {
        table::print(&audit::table(&report));
    }
    asked?;
    Ok(if report.ok { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn contracts(root: &Path, check: bool, release: bool) -> Result<ExitCode> {
    let failed = |error: std::io::Error| Failure::Unavailable(error.to_string());
    let differing = contracts::run(root, check).map_err(failed)?;
    for path in &differing {
        table::print(&format!("{} {path}", if check { "differs:" } else { "written:" }));
    }
    if release && let Ok(written) = contracts::release(root).map_err(failed)? {
        written.iter().for_each(|path| table::print(&format!("released: {path}")));
    }
    let broken = contracts::gate(root).map_err(failed)?;
    broken.iter().for_each(|what| table::print(&format!("breaks: {what}")));
    if !broken.is_empty() {
        table::print("docs/adding-an-event.md says what an event may become, and how it gets a new version.");
    }
    if check && !differing.is_empty() {
        table::print("Run `cargo run -p meguri -- contracts`, review the change, and commit it.");
    }
    let is_fine = broken.is_empty() && (!check || differing.is_empty());
    Ok(if is_fine { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn signing_keys(home: &Home, command: KeysCommand) -> Result<ExitCode> {
    let db = home.pool("identity_app", "identity")?;
    let ctx = OpCtx::system("keys", &Clock::load(&db).await?);
    if let KeysCommand::Rotate { lead } = command {
        match keys::rotate(&db, &ctx, chrono::TimeDelta::seconds(lead.into())).await? {
            Some(key) => table::print(&format!("{} signs from {}", key.kid, rfc3339(key.active_from))),
            None => table::print("a newer key is waiting to sign already"),
        }
        return Ok(ExitCode::SUCCESS);
    }
    for (kid, active_from) in keys::list(&db).await? {
        table::print(&format!("{kid} signs from {}", rfc3339(active_from)));
    }
    Ok(ExitCode::SUCCESS)
}

async fn clock(home: &Home, command: ClockCommand) -> Result<ExitCode> {
    let db = home.pool("identity_app", "identity")?;
    let clock = Clock::load(&db).await?;
    if let ClockCommand::Step { to } = command {
        let ctx = OpCtx::system("clock", &clock);
        let now = set_clock::step(&db, &ctx, parse_instant(&to)?).await?;
        table::print(&rfc3339(now));
    } else {
        table::print(&format!("{}{}", rfc3339(clock.now()), if clock.training() { " (training)" } else { "" }));
    }
    Ok(ExitCode::SUCCESS)
}

fn stack(instance: &Instance, options: Options, command: &StackCommand) -> Result<ExitCode> {
    let failed = |error: devstack::Error| Failure::Unavailable(error.to_string());
    match command {
        StackCommand::Up { fast } => {
            let options = if *fast { options.fast() } else { options };
            let stack = devstack::up(instance, &options, &mut say).map_err(failed)?;
            let data = stack.data_dir.display();
            table::print(&format!("{instance}: PostgreSQL, Redis and RabbitMQ are up; data in {data}"));
        }
        StackCommand::Down => {
            devstack::down(instance, &options).map_err(failed)?;
            table::print(&format!("{instance}: stopped; the data stays"));
        }
    }
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn every_command_teaches() {
        let mut command = Cli::command();
        command.build();
        for sub in command.get_subcommands().filter(|sub| sub.get_name() != "help") {
            assert!(sub.get_about().is_some_and(|about| about.to_string().len() > 15), "{}", sub.get_name());
            for argument in sub.get_arguments() {
                assert!(argument.get_help().is_some(), "{} {}", sub.get_name(), argument.get_id());
            }
        }
    }
}
