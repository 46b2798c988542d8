//! Events on their way from the outbox to forty wholesalers: how many a second, and how soon.
mod bare;
pub mod delivery;
mod order;
mod outbox;
mod places;
pub mod relay;

use crate::{
    instance::{Home, Process},
    measure::{Failed, failed},
};
use outbox::Outbox;
use places::Places;
use std::{path::Path, process::Stdio, time::Duration};

/// A database of these measurements' own.
const DATABASE: &str = "meguri_bench_events";
const PORT: &str = "18510";
/// Wholesaler companies, each with its virtual host.
const PARTNERS: u8 = 40;
/// Everything that is waited for happens within this time.
const PATIENCE: Duration = Duration::from_secs(120);

/// The instance with a relay at work, forty wholesalers' places, and nothing on its way.
struct Bench {
    home: Home,
    relay: Process,
    places: Places,
    outbox: Outbox,
}

/// Starts everything, has `work` done, stops everything.
fn with_bench<T>(bin: &Path, work: impl AsyncFnOnce(&mut Bench) -> Result<T, Failed>) -> Result<T, Failed> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().map_err(failed)?;
    let home = Home::up(bin, DATABASE)?;
    let down = {
        let home = home.clone();
        move || home.down()
    };
    let done = runtime.block_on(async {
        let mut bench = start(home).await?;
        let done = work(&mut bench).await;
        bench.relay.stop().and(done)
    });
    let stopped = down();
    let done = done?;
    stopped.map(|()| done)
}

async fn start(home: Home) -> Result<Bench, Failed> {
    for command in ["migrate", "seed"] {
        let done = home.service().arg(command).stdout(Stdio::null()).status().map_err(failed)?;
        if !done.success() {
            return Err(failed(format!("meguri {command} failed")));
        }
    }
    let mut outbox = Outbox::connect(&home).await?;
    outbox.empty().await?;
    let mut command = home.service();
    command.args(["serve", "relay", "--port", PORT]);
    let relay = Process::start(command)?;
    eprintln!("making the places of {PARTNERS} wholesalers at the broker");
    let places = Places::make(&home).await?;
    // the relay connects to a wholesaler when it first has something for it
    outbox.write(&order::orders(usize::from(PARTNERS))?).await?;
    outbox.wait_until_sent(PATIENCE).await?;
    Ok(Bench { home, relay, places, outbox })
}
