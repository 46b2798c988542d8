//! `./demo`: a training nation, from nothing to a running service; and `./demo --once`, the story.
use crate::{
    cli::listen,
    home::Home,
    import,
    round::Satellite,
    seed::{self, SignIn},
    serve::{self, Running, Settings},
    story::{
        self, Story,
        morning::{self, Hospital, Plan},
    },
    synthetic, table, wholesalers,
};
use devstack::{Instance, Options};
use domain::{BusinessDay, Problem, TerritoryCode, error, time::parse_instant};
use platform::{Failure, failure::Result};
use std::{
    path::{Path, PathBuf},
    process::ExitCode,
    time::{Duration, Instant},
};

/// Hospitals of the real file, and so of the synthetic nation.
const HOSPITALS: usize = 8_290;
/// Where the published file lies beside a checkout, if it is there.
const GMIS_FILE: &str = "../shared/data/gmis-hospital-status/raw-2021-04-05.csv";

/// What to demonstrate.
pub struct Demo {
    /// The instance.
    pub home: Home,
    /// Only these prefectures.
    pub prefectures: Option<Vec<u32>>,
    /// The published file.
    pub gmis: Option<PathBuf>,
    /// Port asked for.
    pub port: u16,
}

fn say(line: &str) {
    table::print(line);
}

/// Reads a file whole.
///
/// # Errors
/// `import.unreadable`.
pub fn read_file(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).map_err(|failed| {
        Problem::new(&error::IMPORT_UNREADABLE)
            .with("file", &path.display().to_string())
            .with("reason", &failed.to_string())
            .into()
    })
}

/// Waits for Ctrl-C or a polite request to end.
///
/// # Errors
/// When signals cannot be waited for.
pub async fn until_interrupted() -> Result<()> {
    let mut terminate =
        tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()).map_err(Failure::internal)?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted.map_err(Failure::internal),
        _ = terminate.recv() => Ok(()),
    }
}

impl Demo {
    /// Migrates, seeds and imports; says each step and how long it took.
    async fn load(&self) -> Result<(import::Outcome, Duration)> {
        let step = Instant::now();
        self.home.migrate().await?;
        seed::seed(&self.home, true).await?;
        wholesalers::register(&self.home).await?;
        say(&format!("データベース / database {}: {}", self.home.database(), table::seconds(step.elapsed())));
        let (bytes, synthetic) = self.nation()?;
        let step = Instant::now();
        let options = import::Options { prefectures: self.prefectures.clone(), synthetic };
        let outcome = import::gmis(&self.home, &bytes, &options).await?;
        let elapsed = step.elapsed();
        say(&format!("{}\n  {}", import::render(&outcome.summary), table::seconds(elapsed)));
        Ok((outcome, elapsed))
    }

    /// The file to import: the one named, the one beside the checkout, or a synthetic nation.
    fn nation(&self) -> Result<(Vec<u8>, bool)> {
        let beside = Path::new(GMIS_FILE);
        if let Some(path) = self.gmis.as_deref().or_else(|| beside.exists().then_some(beside)) {
            say(&format!("公表データを取り込みます / importing the published file {}", path.display()));
            return Ok((read_file(path)?, false));
        }
        say(
            "公表データがないため、訓練用の架空の病院を作ります / no published file here: making up a nation for training",
        );
        let facilities = synthetic::nation(HOSPITALS, None);
        let day = BusinessDay::at(parse_instant(seed::TRAINING_START)?);
        let answers = synthetic::gmis_answers(&facilities, day);
        Ok((synthetic::gmis_csv(&facilities, &answers).into_bytes(), true))
    }

    async fn serve(&self) -> Result<Running> {
        let socket = listen("127.0.0.1", self.port)?;
        let settings = Settings { broker: self.home.broker()?, heads: true, ..Settings::all(socket) };
        serve::start(&self.home, settings).await
    }
}

/// Plays the story in a database of its own, and exits with 1 when anything does not add up.
///
/// # Errors
/// When the servers, the file or a folder cannot be used.
pub async fn once(mut demo: Demo, json: Option<&Path>) -> Result<ExitCode> {
    let started = Instant::now();
    demo.home = Home::of(demo.home.stack.clone(), &format!("{}_once", demo.home.database()));
    demo.home.drop_database().await?;
    // what an earlier play left in the queues belongs to a database that is gone
    if let Some(broker) = demo.home.broker()? {
        relay::topology::remove(&broker).await?;
    }
    let (imported, import_time) = demo.load().await?;
    let server = demo.serve().await?;
    say(&format!("サーバー / server: {}", server.url));
    let story = Story::new(&demo.home, &server, &imported, import_time, demo.prefectures.clone(), started, &say)?;
    let ending = story.play().await;
    server.stop().await;
    let ending = ending?;
    say(&story::render(&ending));
    if let Some(path) = json {
        let text = serde_json::to_string_pretty(&ending.json)? + "\n";
        std::fs::write(path, text).map_err(|error| Failure::Unavailable(format!("{}: {error}", path.display())))?;
    }
    Ok(if ending.faults.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Loads the nation, serves it, and stops everything it started on Ctrl-C.
///
/// # Errors
/// When the servers or the file cannot be used.
pub async fn interactive(demo: Demo, instance: &Instance, options: &Options) -> Result<ExitCode> {
    let shown = show(&demo).await;
    // whatever happened: what was started for this instance is stopped
    say("終了します / stopping");
    devstack::down(instance, options).map_err(|error| Failure::Unavailable(error.to_string()))?;
    shown.map(|()| ExitCode::SUCCESS)
}

async fn show(demo: &Demo) -> Result<()> {
    let (imported, _) = demo.load().await?;
    let server = demo.serve().await?;
    let mut stack = demo.home.stack.clone();
    stack.http_port = server.url.rsplit(':').next().and_then(|port| port.parse().ok());
    devstack::save(&stack).map_err(|error| Failure::Unavailable(error.to_string()))?;
    let mut sign_ins = seed::sign_ins(&demo.home);
    if let Some((_, id, municipality, name)) = imported.facilities.first() {
        sign_ins.push(seed::hospital_persona(&demo.home, "hospital", *id, *municipality, name).await?);
    }
    first_morning(demo, &server, &imported).await?;
    first_round(demo, &server, &imported).await?;
    say(&welcome(&server.url, &sign_ins));
    until_interrupted().await?;
    server.stop().await;
    Ok(())
}

/// What the newcomer needs to know, once the instance runs.
fn welcome(url: &str, sign_ins: &[SignIn]) -> String {
    let (table, example) = (sign_in_table(sign_ins), example(url, sign_ins));
    format!(
        "
訓練環境が動いています（数字はすべて訓練用です）/ a training instance is running (all its figures are made up)

  画面 / console  {url}/

  GraphQL    {url}/graphql
  REST       {url}/v1/reports
  sign in    {url}/v1/tokens
  health     {url}/readyz

{table}

{example}

Ctrl-C で終了します / Ctrl-C stops it"
    )
}

/// The first morning's reports, so that there is a picture to look at. Only once per instance.
async fn first_morning(demo: &Demo, server: &Running, imported: &import::Outcome) -> Result<()> {
    let Some(day) = imported.days.iter().copied().next() else { return Ok(()) };
    let client = story::client::Client::new(&server.url);
    let ministry = seed::sign_ins(&demo.home).into_iter().find(|sign_in| sign_in.name == "ministry");
    let ministry = ministry.ok_or_else(|| Failure::internal("no ministry persona"))?;
    let token = client.token(&ministry.name, &ministry.credential, false).await?;
    if story::dashboard::query(&client, &token, TerritoryCode::NATION, day).await?.reported > 0 {
        return Ok(());
    }
    let hospitals = imported.facilities.iter().map(|(gmis_id, id, municipality, _)| Hospital {
        gmis_id: gmis_id.clone(),
        id: *id,
        municipality: *municipality,
    });
    let plan = Plan::new(hospitals.collect());
    say("訓練用の日次報告を送ります / sending made-up daily reports");
    let progress = |done: usize, all: usize| {
        if done.is_multiple_of(1_000) || done == all {
            say(&format!("  {done} / {all}"));
        }
    };
    let sent = morning::send(&client, &demo.home, &plan.in_time, day, 1, &progress).await?;
    if sent.rejected > 0 {
        return Err(Failure::internal(format!("{} reports were refused: {}", sent.rejected, sent.problems.join("; "))));
    }
    Ok(())
}

/// A round (クール) to be divided, with its sites, wishes and officers, so that the desks have work to do. Only
/// once per instance.
async fn first_round(demo: &Demo, server: &Running, imported: &import::Outcome) -> Result<()> {
    let client = story::client::Client::new(&server.url);
    let ministry = seed::sign_ins(&demo.home).into_iter().find(|sign_in| sign_in.name == "ministry");
    let ministry = ministry.ok_or_else(|| Failure::internal("no ministry persona"))?;
    let token = client.token(&ministry.name, &ministry.credential, false).await?;
    let known = client.graphql(&token, "{ rounds { roundId } }", serde_json::json!({})).await?;
    if known.get("rounds").and_then(serde_json::Value::as_array).is_some_and(|rounds| !rounds.is_empty()) {
        return Ok(());
    }
    say("訓練用のクールを開きます / opening a training round");
    let satellites: Vec<Satellite> = imported
        .facilities
        .iter()
        .map(|(_, id, municipality, name)| Satellite { facility: *id, municipality: *municipality, name: name.clone() })
        .collect();
    story::round::prepare(&demo.home, &satellites, &say).await
}

/// Who can sign in, as a table.
#[must_use]
pub fn sign_in_table(sign_ins: &[SignIn]) -> String {
    let mut table = table::new(&["サインイン / sign in as", "password / secret", "role", ""], &[]);
    for sign_in in sign_ins {
        table.add_row([&sign_in.name, &sign_in.credential, sign_in.role.as_str(), &sign_in.what]);
    }
    table.to_string()
}

/// A first question to ask, ready to be pasted into a shell.
fn example(url: &str, sign_ins: &[SignIn]) -> String {
    let password = sign_ins.iter().find(|sign_in| sign_in.name == "ministry").map_or("", |sign_in| &sign_in.credential);
    let tokyo = TerritoryCode::of_prefecture(13);
    format!(
        "TOKEN=$(curl -s {url}/v1/tokens -H 'Content-Type: application/json' -d '{{\"grant_type\":\"password\",\"username\":\"ministry\",\"password\":\"{password}\"}}' | sed 's/.*access_token\":\"\\([^\"]*\\).*/\\1/')\n\
         curl -s {url}/graphql -H \"Authorization: Bearer $TOKEN\" -H 'Content-Type: application/json' -d '{{\"query\":\"{{ territory(code: \\\"{tokyo}\\\") {{ name {{ ja }} capacity {{ coverage {{ due reported permille }} figures(items: [\\\"icu_occupied\\\"]) {{ sum answered }} }} }} }}\"}}'"
    )
}
