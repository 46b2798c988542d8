//! Wholesalers at the broker: what they may, and what becomes of events for one who is away.
use crate::support::{Bench, cloud_event, collect, outgoing};
use domain::WholesalerCode;
use platform::{
    amqp::{
        self, Broker, Outcome, Outgoing, Queue, TO_PARTNER,
        lapin::{
            BasicProperties, Channel, Connection, ConnectionProperties, ErrorKind, ExchangeKind,
            options::{
                BasicConsumeOptions, BasicGetOptions, BasicPublishOptions, ConfirmSelectOptions,
                ExchangeDeclareOptions, QueueBindOptions, QueueDeclareOptions, QueueDeleteOptions, QueuePurgeOptions,
            },
            types::FieldTable,
        },
    },
    opctx::new_id,
};
use relay::topology;
use serde_json::json;
use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};
use testkit::app::until;

type Tried = amqp::lapin::Result<()>;

async fn provision(broker: &Broker, code: &str) -> WholesalerCode {
    let wholesaler = code.parse().unwrap();
    topology::provision(broker, wholesaler).await.unwrap();
    topology::credentials(broker, wholesaler, &format!("secret-of-{code}")).await.unwrap();
    wholesaler
}

async fn sign_in(broker: &Broker, who: WholesalerCode, vhost: &str) -> amqp::lapin::Result<Connection> {
    let url = broker.url(&broker.partner_user(who), &format!("secret-of-{who}"), vhost);
    Connection::connect(&url, ConnectionProperties::default()).await
}

fn code_of(tried: Tried) -> Option<u16> {
    match tried.unwrap_err().kind() {
        ErrorKind::ProtocolError(error) => Some(error.get_id()),
        _ => None,
    }
}

/// Publishes and waits for the confirm: a refusal closes the channel.
async fn publish(channel: &Channel, exchange: &str, key: &str, user: Option<&str>) -> Tried {
    channel.confirm_select(ConfirmSelectOptions::default()).await?;
    let mut properties = BasicProperties::default();
    if let Some(user) = user {
        properties = properties.with_user_id(user.into());
    }
    let options = BasicPublishOptions::default();
    let confirm = channel.basic_publish(exchange.into(), key.into(), options, b"{}", properties).await?.await?;
    assert!(confirm.is_ack());
    Ok(())
}

/// What a partner may not do in its own virtual host, each on a channel of its own.
async fn forbidden(connection: &Connection, case: usize) -> Tried {
    let channel = connection.create_channel().await?;
    let none = FieldTable::default;
    match case {
        0 => channel.basic_get("answers".into(), BasicGetOptions::default()).await.map(drop),
        1 => {
            let (queue, tag) = ("orders.dead".into(), "x".into());
            channel.basic_consume(queue, tag, BasicConsumeOptions::default(), none()).await.map(drop)
        }
        2 => {
            let (queue, exchange) = ("orders".into(), "from-partner".into());
            channel.queue_bind(queue, exchange, "#".into(), QueueBindOptions::default(), none()).await
        }
        3 => channel.queue_declare("mine".into(), QueueDeclareOptions::default(), none()).await.map(drop),
        4 => channel.queue_delete("orders".into(), QueueDeleteOptions::default()).await.map(drop),
        5 => channel.queue_purge("answers".into(), QueuePurgeOptions::default()).await.map(drop),
        6 => publish(&channel, "to-partner", "shipment.ordered.v1.W01-01", None).await,
        7 => publish(&channel, "", "answers", None).await,
        8 => {
            let exclusive = QueueDeclareOptions { exclusive: true, ..QueueDeclareOptions::default() };
            channel.queue_declare("".into(), exclusive, none()).await.map(drop)
        }
        9 => publish(&channel, "amq.topic", "x", None).await,
        10 => {
            let options = ExchangeDeclareOptions::default();
            channel.exchange_declare("mine".into(), ExchangeKind::Fanout, options, none()).await
        }
        _ => publish(&channel, "from-partner", "x", Some("somebody-else")).await,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn m13_a_wholesaler_may_read_its_orders_and_answer_and_nothing_else() {
    const CASES: usize = 12;
    let bench = Bench::new().await;
    let broker = bench.broker();
    let companies = [provision(broker, "W01").await, provision(broker, "W02").await];
    for (company, other) in [(companies[0], companies[1]), (companies[1], companies[0])] {
        let own = broker.partner_vhost(company);
        let connection = sign_in(broker, company, &own).await.unwrap();
        let channel = connection.create_channel().await.unwrap();
        channel.basic_get("orders".into(), BasicGetOptions::default()).await.unwrap();
        publish(&channel, "from-partner", "shipment.picked.v1", Some(&broker.partner_user(company))).await.unwrap();
        for case in 0..CASES {
            let code = code_of(forbidden(&connection, case).await);
            // 406: the user that the message claims is not the one who is signed in
            assert_eq!(code, Some(if case == CASES - 1 { 406 } else { 403 }), "{company}, case {case}");
        }
        // another company's place, the main one and the default one cannot even be entered
        for vhost in [broker.partner_vhost(other), broker.main_vhost().to_owned(), "%2f".to_owned()] {
            assert!(sign_in(broker, company, &vhost).await.is_err(), "{company} in {vhost}");
        }
        // nor is there another way in: neither as the other one nor through the management interface
        let wrong =
            broker.url(&broker.partner_user(other), &format!("secret-of-{company}"), &broker.partner_vhost(other));
        assert!(Connection::connect(&wrong, ConnectionProperties::default()).await.is_err());
        connection.close(200, "done".into()).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn m15_a_revoked_wholesaler_is_out_at_once() {
    let bench = Bench::new().await;
    let broker = bench.broker();
    let (w01, w02) = (provision(broker, "W01").await, provision(broker, "W02").await);
    let (own, others) = (broker.partner_vhost(w01), broker.partner_vhost(w02));
    let gone = sign_in(broker, w01, &own).await.unwrap();
    let stays = sign_in(broker, w02, &others).await.unwrap();
    assert!(topology::revoke(broker, w01).await.unwrap());
    until("its connection is closed", async || !gone.status().connected()).await;
    assert!(sign_in(broker, w01, &own).await.is_err());
    assert!(stays.status().connected(), "others are not touched");

    // new credentials: the old ones stay dead, and who was signed in with them is out
    let w02_old = sign_in(broker, w02, &others).await.unwrap();
    topology::credentials(broker, w02, "another").await.unwrap();
    until("the old connection is closed", async || !w02_old.status().connected()).await;
    assert!(sign_in(broker, w02, &others).await.is_err());
    let url = broker.url(&broker.partner_user(w02), "another", &others);
    Connection::connect(&url, ConnectionProperties::default()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_goes_to_its_branch_and_a_wholesaler_who_is_away_keeps_nobody_waiting() {
    let bench = Bench::new().await;
    let broker = bench.broker();
    let w01 = provision(broker, "W01").await;
    let w02: WholesalerCode = "W02".parse().unwrap();
    let (_ours, seen) = collect(broker, broker.main_vhost(), "allocation");
    let _running = bench.relay().start();
    let away = new_id();
    // W02 has no virtual host yet
    bench.shipment("shipment.ordered.v1", away, 1, "W02").await;
    bench.shipment("shipment.cancelled.v1", away, 2, "W02").await;
    let there: Vec<_> = (0..10).map(|_| new_id()).collect();
    for id in &there {
        bench.shipment("shipment.ordered.v1", *id, 1, "W01").await;
    }
    until("all are with our own consumers", async || seen.count() == 12).await;
    until("only those of W02 wait", async || bench.unsent("distribution").await == 2).await;
    let orders = orders(broker, w01).await;
    assert_eq!(orders.len(), 10);
    assert!(orders.iter().all(|(key, _)| key == "shipment.ordered.v1.W01-01"), "{orders:?}");

    let sent = seen.count();
    provision(broker, "W02").await;
    bench.all_sent("distribution").await;
    let orders = self::orders(broker, w02).await;
    let keys: Vec<_> = orders.iter().map(|(key, _)| key.as_str()).collect();
    assert_eq!(keys, ["shipment.ordered.v1.W02-01", "shipment.cancelled.v1.W02-01"], "in order");
    assert_eq!(seen.count(), sent, "our own consumers do not get them again");
}

/// What lies in a wholesaler's queue, as it reads it itself: routing key and body.
async fn orders(broker: &Broker, who: WholesalerCode) -> Vec<(String, Vec<u8>)> {
    let connection = sign_in(broker, who, &broker.partner_vhost(who)).await.unwrap();
    let channel = connection.create_channel().await.unwrap();
    let mut orders = Vec::new();
    let no_ack = BasicGetOptions { no_ack: true };
    while let Some(order) = channel.basic_get("orders".into(), no_ack).await.unwrap() {
        orders.push((order.routing_key.to_string(), order.data.clone()));
    }
    connection.close(200, "done".into()).await.unwrap();
    orders
}

/// Whoever does not read its orders is not asked five times a second.
#[tokio::test(flavor = "multi_thread")]
async fn a_full_queue_of_orders_is_tried_at_growing_distances() {
    let bench = Bench::new().await;
    let broker = bench.broker();
    let w01 = provision(broker, "W01").await;
    let vhost = broker.partner_vhost(w01);
    let full = json!({"pattern": "^orders$", "apply-to": "queues", "priority": 9,
                      "definition": {"max-length": 1, "overflow": "reject-publish"}});
    broker.management().put(&format!("policies/{vhost}/full"), &full).await.unwrap();
    let (publisher, filler) =
        (broker.publisher(&vhost), cloud_event("shipment.ordered.v1", "shipment/1", 1, json!({})));
    let filler = Outgoing { exchange: TO_PARTNER.to_owned(), ..outgoing(&filler, bench.clock.now()) };
    until("it is full", async || publisher.publish_one(filler.clone()).await.is_err()).await;

    // who watches gets a copy of every try
    let (tail, tries) = (topology::watch(broker, w01).await.unwrap(), Arc::<Mutex<Vec<Instant>>>::default());
    let noted = Arc::clone(&tries);
    let _watching = amqp::consume(broker, Queue { lanes: 1, ..Queue::new(&vhost, &tail) }, move |_| {
        noted.lock().unwrap().push(Instant::now());
        async { Ok(Outcome::Ack) }
    });
    let _running = bench.relay().start();
    bench.shipment("shipment.ordered.v1", new_id(), 1, "W01").await;
    until("it was tried five times", async || tries.lock().unwrap().len() >= 5).await;
    let tries = tries.lock().unwrap().clone();
    let pauses = tries.windows(2).map(|pair| pair[1] - pair[0]).take(4);
    for (pause, least_ms) in pauses.zip([200, 400, 800, 1_600]) {
        // a copy may take a moment longer than the one after it
        assert!(pause >= Duration::from_millis(least_ms * 9 / 10), "{pause:?} < {least_ms} ms");
    }
    broker.management().delete(&format!("policies/{vhost}/full")).await.unwrap();
    bench.all_sent("distribution").await;
}
