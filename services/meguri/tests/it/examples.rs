//! The worked consumers under examples/, against the real broker: each answers the orders of its
//! company until they are delivered.
use platform::opctx::new_id;
use std::{
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};
use testkit::{TestApp, app::until, shipping::released};
use tokio::process::Command;

const CHIYODA: &str = "131016";
const ORDERS: usize = 3;
/// An example that has not done its work by then never will.
const PATIENCE: Duration = Duration::from_secs(60);

/// Plays `example` as W01 until its orders are delivered.
async fn delivers(mut example: Command) {
    let app = TestApp::with_broker().await;
    app.db.areas(&[(CHIYODA, "W01-01")]).await;
    app.inbound("W01", &[("EX0001", "2021-07-31", 1_950)]).await;
    let (broker, w01) = (&app.broker.as_ref().unwrap().broker, "W01".parse().unwrap());
    let password = new_id().simple().to_string();
    relay::topology::provision(broker, w01).await.unwrap();
    relay::topology::credentials(broker, w01, &password).await.unwrap();
    for _ in 0..ORDERS {
        app.order(&released(CHIYODA, 195)).await;
    }
    let url = broker.url(&broker.partner_user(w01), &password, &broker.partner_vhost(w01));
    let example = example.env("MEGURI_PARTNER_URL", url).env("MEGURI_STOP_AFTER", ORDERS.to_string());
    let running = example.stdin(Stdio::null()).kill_on_drop(true).output();
    let output = tokio::time::timeout(PATIENCE, running).await.unwrap().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(said.matches("195 vials to").count(), ORDERS, "{said}");
    let delivered = "(select count(*) from distribution.shipment where state = 'delivered')";
    until("all is delivered", async || app.db.number(delivered).await == i64::try_from(ORDERS).unwrap()).await;
    assert_eq!(app.db.number("(select count(*) from distribution.answer where state <> 'applied')").await, 0);
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_rust_consumer_delivers() {
    // beside this test's own folder: target/debug
    let program = std::env::current_exe().unwrap().parent().unwrap().parent().unwrap().join("wholesaler-example");
    if !program.exists() {
        let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
        let built = Command::new(cargo).args(["build", "-p", "wholesaler-example"]).current_dir(root()).status().await;
        assert!(built.unwrap().success());
    }
    delivers(Command::new(program)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_python_consumer_delivers() {
    let Some(packages) = pika().await else { return };
    let mut example = Command::new("python3");
    example.arg(root().join("examples/wholesaler-python/consumer.py")).env("PYTHONPATH", packages);
    delivers(example).await;
}

/// Where the package pika lies: installed already, or into a folder of the build.
async fn pika() -> Option<PathBuf> {
    let folder = std::env::current_exe().unwrap().parent().unwrap().join("python-pika");
    let has = async |folder: &Path| {
        let mut python = Command::new("python3");
        let quiet = python.args(["-c", "import pika"]).env("PYTHONPATH", folder).stderr(Stdio::null()).status();
        quiet.await.is_ok_and(|status| status.success())
    };
    if has(&folder).await {
        return Some(folder);
    }
    let mut pip = Command::new("python3");
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--target"])
        .arg(&folder)
        .arg("pika==1.3.2");
    let installed = pip.stdout(Stdio::null()).stderr(Stdio::null()).status().await.is_ok_and(|status| status.success());
    if installed && has(&folder).await {
        return Some(folder);
    }
    eprintln!(
        "SKIPPED: the Python example was not run, because neither pika nor pip is here (apt install python3-pika)"
    );
    None
}
