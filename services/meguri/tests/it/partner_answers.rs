//! A partner answers over its own virtual host: applied in order, and refused ones come back with the
//! reason.
use platform::amqp::lapin::{
    BasicProperties, Channel, Connection, ConnectionProperties,
    options::{BasicGetOptions, BasicPublishOptions},
    types::AMQPValue,
};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use testkit::{
    TestApp,
    app::until,
    shipping::{answer, released, send},
};
use uuid::Uuid;

const PASSWORD: &str = "a-password-of-the-test";

async fn channel(url: &str) -> Channel {
    let connection = Connection::connect(url, ConnectionProperties::default()).await.unwrap();
    connection.create_channel().await.unwrap()
}

/// W01's places and its user; a channel of the partner, and one of ours.
struct Partner {
    user: String,
    own: Channel,
    ours: Channel,
}

impl Partner {
    async fn of(app: &TestApp) -> Self {
        let broker = &app.broker.as_ref().unwrap().broker;
        let w01 = "W01".parse().unwrap();
        relay::topology::provision(broker, w01).await.unwrap();
        relay::topology::credentials(broker, w01, PASSWORD).await.unwrap();
        let (user, vhost) = (broker.partner_user(w01), broker.partner_vhost(w01));
        let own = channel(&broker.url(&user, PASSWORD, &vhost)).await;
        let ours = channel(&broker.url(broker.service_user(), broker.service_password(), &vhost)).await;
        Self { user, own, ours }
    }

    async fn publish(&self, event: &Value) {
        let properties = BasicProperties::default()
            .with_content_type("application/cloudevents+json".into())
            .with_user_id(self.user.as_str().into());
        self.publish_as(event, properties).await;
    }

    async fn publish_as(&self, event: &Value, properties: BasicProperties) {
        let (exchange, key) = ("from-partner".into(), event["type"].as_str().unwrap().into());
        let body = event.to_string().into_bytes();
        self.own.basic_publish(exchange, key, BasicPublishOptions::default(), &body, properties).await.unwrap();
    }

    /// The answers that came back: sequence and code, with the words about the second.
    async fn dead(&self, wanted: usize) -> BTreeMap<(String, String), String> {
        let mut found = BTreeMap::new();
        until("so many answers come back", async || {
            while let Some(got) =
                self.ours.basic_get("answers.dead".into(), BasicGetOptions { no_ack: true }).await.unwrap()
            {
                let event: Value = serde_json::from_slice(&got.delivery.data).unwrap();
                let headers = got.delivery.properties.headers().clone().unwrap_or_default();
                let text = |name: &str| match headers.inner().get(name) {
                    Some(AMQPValue::LongString(text)) => text.to_string(),
                    _ => String::new(),
                };
                assert_eq!(text("meguri-queue"), "answers");
                let sequence = event["sequence"].as_str().unwrap().to_owned();
                found.insert((sequence, text("meguri-code")), text("meguri-detail"));
            }
            found.len() >= wanted
        })
        .await;
        found
    }
}

async fn state(app: &TestApp, shipment: Uuid, wanted: &str) {
    let stands = format!("select state || ' ' || version from distribution.shipment where id = '{shipment}'");
    until(wanted, async || app.db.text(&stands).await == wanted).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_are_applied_in_order_and_come_back_with_the_reason() {
    let app = TestApp::with_broker().await;
    app.db.areas(&[("131016", "W01-01")]).await;
    app.inbound("W01", &[("EX0001", "2021-07-31", 390)]).await;
    let partner = Partner::of(&app).await;
    let shipment = app.order(&released("131016", 195)).await;
    let at = json!({"at": "2021-04-05T12:00:00+09:00"});
    let picked = |lot: &str| json!({"lots": [{"lot": lot, "vials": 195}]});
    let reply = |sequence, what: &str, data: Value| answer("W01", shipment, sequence, what, data);
    // out of order, and one of them cannot be applied when its turn comes
    partner.publish(&reply(3, "dispatched", at.clone())).await;
    partner.publish(&reply(2, "picked", picked("EX0099"))).await;
    let waiting = "select count(*) from distribution.answer where state = 'held'";
    until("two are held", async || app.db.number(waiting).await == 2).await;
    let scheduled = reply(1, "scheduled", json!({"delivery_on": "2021-04-12"}));
    for _ in 0..3 {
        partner.publish(&scheduled).await;
    }
    state(&app, shipment, "scheduled 2").await;
    let dead = partner.dead(1).await;
    let detail = &dead[&("2".to_owned(), "lot.not_found".to_owned())];
    assert!(detail.contains("data.lots[0].lot") && detail.contains("EX0099"), "{detail}");
    // the corrected one fills the gap
    partner.publish(&reply(2, "picked", picked("EX0001"))).await;
    state(&app, shipment, "dispatched 4").await;

    partner.publish(&reply(4, "scheduled", json!({"delivery_on": "2021-04-12"}))).await;
    partner.publish(&reply(5, "failed", at.clone())).await;
    let unsigned = BasicProperties::default().with_content_type("application/cloudevents+json".into());
    partner.publish_as(&reply(6, "delivered", at.clone()), unsigned).await;
    let signed = BasicProperties::default().with_user_id(partner.user.as_str().into());
    partner.publish_as(&reply(7, "delivered", at.clone()), signed).await;
    let codes: Vec<(String, String)> = partner.dead(4).await.into_keys().collect();
    let expected = [
        ("4", "shipment.wrong_state"),
        ("5", "request.reason_missing"),
        ("6", "answer.unsigned"),
        ("7", "answer.content_type"),
    ];
    assert_eq!(codes, expected.map(|(sequence, code)| (sequence.to_owned(), code.to_owned())));
    partner.publish(&reply(4, "delivered", at)).await;
    state(&app, shipment, "delivered 5").await;
    app.db.stock_holds().await;
}

/// Who answers by both ways is told of a held answer by the way it came.
#[tokio::test(flavor = "multi_thread")]
async fn a_held_answer_comes_back_when_rest_has_filled_the_gap() {
    let app = TestApp::with_broker().await;
    app.db.areas(&[("131016", "W01-01")]).await;
    app.inbound("W01", &[("EX0001", "2021-07-31", 390)]).await;
    let partner = Partner::of(&app).await;
    let rest = app.wholesaler("W01").await;
    let shipment = app.order(&released("131016", 195)).await;
    let reply = |sequence, what: &str, data: Value| answer("W01", shipment, sequence, what, data);
    let unknown = json!({"lots": [{"lot": "EX0099", "vials": 195}]});
    partner.publish(&reply(2, "picked", unknown)).await;
    let waiting = "select count(*) from distribution.answer where state = 'held'";
    until("it is held", async || app.db.number(waiting).await == 1).await;
    send(&rest, shipment, &reply(1, "scheduled", json!({"delivery_on": "2021-04-12"}))).await.ok(200);
    let dead = partner.dead(1).await;
    let detail = &dead[&("2".to_owned(), "lot.not_found".to_owned())];
    assert!(detail.contains("data.lots[0].lot") && detail.contains("EX0099"), "{detail}");
    state(&app, shipment, "scheduled 2").await;
}
