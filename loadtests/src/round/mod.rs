//! A whole round: 10,000 boxes over 1,741 municipalities, then vials to 100,000 sites, against COPY of the rows
//! that it wrote.
mod copy;
mod run;
mod world;

use crate::measure::{Failed, ROUNDS, failed, median, millis, ratio};
use copy::{Before, Rows};
use run::{Figures, OFFICERS};
use std::{process::Command, time::Duration};
use world::{BOX_VIALS, BOXES, World};

/// Sites of the country.
pub const SITES: usize = 100_000;
/// One for each municipality at least.
pub const SITES_MIN: usize = 2_000;
const OURS: &str = "meguri_bench_round_ours";
const COPIED: &str = "meguri_bench_round_copied";

/// The round alone, in this database, in this process; answers its figures as JSON. The measuring process starts
/// it as a child.
pub fn child(database: &str) -> Result<String, Failed> {
    let world = World::up()?;
    let figures = runtime()?.block_on(run::run(&world.home(database)))?;
    serde_json::to_string(&figures).map_err(failed)
}

/// Measures, and answers the report.
pub fn run(sites: usize) -> Result<String, Failed> {
    let world = World::up()?;
    let report = runtime()?.block_on(measure(&world, sites));
    let stopped = world.down();
    let report = report?;
    stopped.map(|()| report)
}

fn runtime() -> Result<tokio::runtime::Runtime, Failed> {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().map_err(failed)
}

async fn measure(world: &World, sites: usize) -> Result<String, Failed> {
    world.make(sites).await?;
    let (mut ours, mut copied, mut rows) = (Vec::new(), Vec::new(), Vec::new());
    for turn in 1..=ROUNDS {
        world.copy(OURS).await?;
        let admin = world.admin(OURS).await?;
        let before = Before::of(&admin).await?;
        let figures = in_child()?;
        // the what-if comes after the round and is not part of it
        let delete = "delete from what_if_line; delete from what_if_run; delete from what_if;
                      delete from idempotency where operation = 'run_what_if'; delete from audit where target like 'what_if/%'";
        admin.batch_execute(delete).await.map_err(failed)?;
        rows = copy::rows(&admin, &before).await?;
        drop(admin);
        world.copy(COPIED).await?;
        let admin = world.admin(COPIED).await?;
        let yardstick = copy::copy_in(&admin, &rows).await?;
        eprintln!("{turn} of {ROUNDS}: round {}, COPY {}", millis(figures.total()), millis(yardstick));
        ours.push(figures);
        copied.push(yardstick);
    }
    let admin = world.admin(COPIED).await?;
    let row = admin.query_one(SETTINGS, &[]).await.map_err(failed)?;
    let settings: String = row.try_get(0).map_err(failed)?;
    drop(admin);
    world.clear(&[OURS, COPIED]).await?;
    Ok(format!("{}\n{}", table(&ours, &copied), conditions(sites, &rows, &settings)))
}

const SETTINGS: &str = "select format('PostgreSQL %s, fsync %s, synchronous_commit %s, shared_buffers %s', \
    current_setting('server_version'), current_setting('fsync'), current_setting('synchronous_commit'), \
    current_setting('shared_buffers'))";

fn in_child() -> Result<Figures, Failed> {
    let program = std::env::current_exe().map_err(failed)?;
    let output = Command::new(program).args(["round", "--database", OURS]).output().map_err(failed)?;
    if !output.status.success() {
        return Err(failed(format!("the round failed: {}", String::from_utf8_lossy(&output.stderr))));
    }
    serde_json::from_slice(&output.stdout).map_err(failed)
}

/// Markdown. The ratio is that of the medians; beside it the lowest and the highest of one A B.
fn table(ours: &[Figures], copied: &[Duration]) -> String {
    let of = |part: fn(&Figures) -> Duration| millis(median(ours.iter().map(part).collect()));
    let totals: Vec<Duration> = ours.iter().map(Figures::total).collect();
    let each: Vec<String> = {
        let mut each: Vec<_> = totals.iter().zip(copied).map(|(a, b)| ratio(*a, *b)).collect();
        each.sort();
        each.iter().map(ToString::to_string).collect()
    };
    let (lowest, highest) = (each.first().cloned().unwrap_or_default(), each.last().cloned().unwrap_or_default());
    let (total, copy) = (median(totals), median(copied.to_vec()));
    let peak = ours.iter().map(|figures| figures.peak_kib).max().unwrap_or(0) / 1_024;
    let statements = ours.iter().map(|figures| figures.statements).max().unwrap_or(0);
    format!(
        "| what | median |\n|---|---:|\n\
         | the whole round | {} |\n| – nation | {} |\n| – prefectures | {} |\n| – municipalities | {} |\n\
         | COPY of its rows | {} |\n| **round ÷ COPY** (goal 1.7) | **{}**; {lowest}–{highest} |\n\
         | most memory (goal 500 MB) | {peak} MB |\n| statements | {statements} |\n\
         | what-if of the nation, two rules (goal 1 s) | {} |\n",
        millis(total),
        of(|figures| figures.nation),
        of(|figures| figures.prefectures),
        of(|figures| figures.municipalities),
        millis(copy),
        ratio(total, copy),
        of(|figures| figures.what_if),
    )
}

/// What was compared, on what.
fn conditions(sites: usize, rows: &[Rows], settings: &str) -> String {
    let build = if cfg!(debug_assertions) { "debug" } else { "release" };
    let told: Vec<String> = rows.iter().map(Rows::told).collect();
    let megabytes = rows.iter().map(Rows::size).sum::<usize>() / 1_000_000;
    format!(
        "A round of {BOXES} boxes of {BOX_VIALS} vials, {sites} sites (made up, spread by made-up populations, each with \
         a wish). The nation's plan is computed over all municipalities by population and wishes with every proof, its \
         document and its figures of fairness, and handed in, agreed to by a second officer and committed; so are the \
         47 drafts that it hands down; each municipality reads what it has and its sites' wishes, divides the vials by \
         the engine (Webster) and assigns them. {OFFICERS} officers work at the same time. Everything goes through the \
         service's use cases in a process of its own ({build} build), without HTTP; each step is a durable transaction \
         with audit row, event and idempotency row. The lines of sites bear no proof: to the service an assignment is by \
         hand. COPY: the rows as they are at the end, as text, one table after another in one transaction over one \
         connection, into an equal database; the nation's own account, which changes, is left out. Each turn has copies of \
         one database. Written: {}; {megabytes} MB as text. {settings}.\n",
        told.join(", ")
    )
}
