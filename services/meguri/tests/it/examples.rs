//! The worked consumers under examples/, against the real broker: each answers the orders of its
//! company until they are delivered, and takes every event that was ever committed as a sample.
use crate::schemas::{events, fault_in, from_a_later_version, root, samples};
use platform::{
    amqp::{
        Outgoing,
        lapin::{
            Channel, Connection, ConnectionProperties,
            options::{BasicGetOptions, QueueDeclareOptions},
            types::FieldTable,
        },
    },
    clock::real_now,
    opctx::new_id,
};
use serde_json::Value;
use std::{
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};
use testkit::{TestApp, TestBroker, TestDb, app::until, shipping::released};
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
    let said = said_by(example).await;
    assert_eq!(said.matches("195 vials to").count(), ORDERS, "{said}");
    let delivered = "(select count(*) from distribution.shipment where state = 'delivered')";
    until("all is delivered", async || app.db.number(delivered).await == i64::try_from(ORDERS).unwrap()).await;
    assert_eq!(app.db.number("(select count(*) from distribution.answer where state <> 'applied')").await, 0);
}

/// What it prints until it ends by itself.
async fn said_by(example: &mut Command) -> String {
    let running = example.stdin(Stdio::null()).kill_on_drop(true).output();
    let output = tokio::time::timeout(PATIENCE, running).await.unwrap().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    said
}

/// Has `example` read all that a wholesaler was ever sent, as it was written and as a later version may
/// write it. What it answers is as released.
async fn takes_the_samples(mut example: Command) {
    let db = TestDb::new().await;
    let names = TestBroker::ready(&db.home).await;
    let (broker, w01) = (&names.broker, "W01".parse().unwrap());
    let (vhost, password) = (broker.partner_vhost(w01), new_id().simple().to_string());
    relay::topology::provision(broker, w01).await.unwrap();
    relay::topology::credentials(broker, w01, &password).await.unwrap();
    let mut sent: Vec<Value> = samples().into_iter().map(|(_, sample)| sample).collect();
    sent.retain(|sample| sample["data"]["branch"].is_string());
    let later = |sample: &Value| {
        let mut later = from_a_later_version(sample.clone());
        later["id"] = new_id().to_string().into();
        later
    };
    sent = sent.iter().cloned().chain(sent.iter().map(later)).collect();
    // it ends with the last order
    sent.sort_by_key(|event| event["type"] == "shipment.ordered.v1");
    let orders = sent.iter().filter(|event| event["type"] == "shipment.ordered.v1").count();
    let publisher = broker.publisher(&vhost);
    for event in &sent {
        let (id, kind) = (event["id"].as_str().unwrap(), event["type"].as_str().unwrap());
        let routing_key = format!("{kind}.{}", event["data"]["branch"].as_str().unwrap());
        let event = Outgoing::event("to-partner", id, kind, real_now(), event.to_string().into_bytes());
        publisher.publish_one(Outgoing { routing_key, ..event }).await.unwrap();
    }
    let url = broker.url(&broker.partner_user(w01), &password, &vhost);
    said_by(example.env("MEGURI_PARTNER_URL", url).env("MEGURI_STOP_AFTER", orders.to_string())).await;

    let url = broker.url(broker.service_user(), broker.service_password(), &vhost);
    let channel =
        Connection::connect(&url, ConnectionProperties::default()).await.unwrap().create_channel().await.unwrap();
    assert_eq!(depth(&channel, "orders").await, 0, "all is acknowledged");
    let mut answers = 0;
    while let Some(got) = channel.basic_get("answers".into(), BasicGetOptions { no_ack: true }).await.unwrap() {
        let answer: Value = serde_json::from_slice(&got.delivery.data).unwrap();
        assert_eq!(fault_in(&events().join("released"), &answer), None, "{answer}");
        answers += 1;
    }
    assert_eq!((orders, answers), (4, 4 * orders));
}

/// Messages in a queue, counted by the queue itself.
async fn depth(channel: &Channel, queue: &str) -> u32 {
    let passive = QueueDeclareOptions { passive: true, ..QueueDeclareOptions::default() };
    channel.queue_declare(queue.into(), passive, FieldTable::default()).await.unwrap().message_count()
}

/// The Rust example, built.
async fn rust() -> Command {
    // beside this test's own folder: target/debug
    let program = std::env::current_exe().unwrap().parent().unwrap().parent().unwrap().join("wholesaler-example");
    if !program.exists() {
        let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
        let built = Command::new(cargo).args(["build", "-p", "wholesaler-example"]).current_dir(root()).status().await;
        assert!(built.unwrap().success());
    }
    Command::new(program)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_rust_consumer_delivers() {
    delivers(rust().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn m8_the_rust_consumer_takes_the_samples() {
    takes_the_samples(rust().await).await;
}

/// One test, so that one process at a time installs the package.
#[tokio::test(flavor = "multi_thread")]
async fn the_python_consumer_delivers_and_takes_the_samples() {
    let Some(packages) = pika().await else { return };
    let python = || {
        let mut example = Command::new("python3");
        example.arg(root().join("examples/wholesaler-python/consumer.py")).env("PYTHONPATH", &packages);
        example
    };
    delivers(python()).await;
    takes_the_samples(python()).await;
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
