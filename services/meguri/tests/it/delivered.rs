//! From an officer's release to the site's shelf and back, over the broker: two services that know of
//! each other only by events.
use crate::schema_gate::all_as_released;
use platform::{
    amqp::lapin::{
        Connection, ConnectionProperties,
        options::{BasicGetOptions, BasicRecoverOptions, QueuePurgeOptions},
    },
    opctx::new_id,
};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use testkit::{
    TestApp, TestClient,
    app::until,
    round::BOX_VIALS,
    shipping::{answer, send},
};
use uuid::Uuid;

const TOKYO: &str = "130001";
const CHIYODA: &str = "131016";

/// Tokyo's own site in Chiyoda with two boxes to release, and W01 with stock to bring them.
struct World {
    app: TestApp,
    tokyo: TestClient,
    w01: TestClient,
    round: Uuid,
    sites: BTreeMap<String, Vec<Uuid>>,
}

async fn world() -> World {
    let app = TestApp::with_broker().await;
    let round = app.db.open_prefecture_round(9).await;
    app.db.supply_to(round, TOKYO, 2 * BOX_VIALS).await.unwrap();
    let sites = app.db.sites(round, &[(CHIYODA, 400)], &[]).await;
    app.db.areas(&[(CHIYODA, "W01-01")]).await;
    app.inbound("W01", &[("EX0001", "2021-07-31", 4 * BOX_VIALS)]).await;
    // its events wait until it has a place at the broker
    relay::topology::provision(&app.broker.as_ref().unwrap().broker, "W01".parse().unwrap()).await.unwrap();
    let (tokyo, w01) = (app.officer(TOKYO).await, app.wholesaler("W01").await);
    let world = World { app, tokyo, w01, round, sites };
    let vials = json!([{"site": world.hub(), "vials": 2 * BOX_VIALS}]);
    let assign = json!({"id": new_id(), "round": round, "holder": TOKYO, "sites": vials});
    world.tokyo.post("/v1/assignments", &assign).await.ok(200);
    world
}

impl World {
    fn hub(&self) -> Uuid {
        self.sites[CHIYODA][0]
    }

    /// Releases everything; answers the shipment once distribution has made it.
    async fn release(&self) -> Uuid {
        let id = new_id();
        let body = json!({"id": id, "round": self.round, "holder": TOKYO, "hub": self.hub()});
        self.tokyo.post("/v1/releases", &body).await.ok(200);
        self.until(&format!("(select count(*) from distribution.shipment where id = '{id}')"), 1).await;
        id
    }

    async fn until(&self, count: &str, wanted: i64) {
        until(count, async || self.app.db.number(count).await == wanted).await;
    }

    async fn answers(&self, shipment: Uuid, what: &str, sequence: i64, data: Value) {
        send(&self.w01, shipment, &answer("W01", shipment, sequence, what, data)).await.ok(200);
    }

    /// Everything has been published and taken.
    async fn settled(&self) {
        let unsent = ["identity", "allocation", "distribution", "relay"]
            .map(|schema| format!("(select count(*) from {schema}.outbox where published_at is null)"))
            .join(" + ");
        self.until(&unsent, 0).await;
        let made = "select count(*) from allocation.outbox where type = 'allocation.released.v1'";
        let taken = "select count(*) from distribution.inbox where type = 'allocation.released.v1'";
        self.until(&format!("({made}) - ({taken})"), 0).await;
        let told = "select count(*) from distribution.outbox where subject like 'shipment/%'";
        let heard = "select count(*) from allocation.inbox where subject like 'shipment/%'";
        self.until(&format!("({told}) - ({heard})"), 0).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vial_too_few_is_a_discrepancy_until_it_is_decided() {
    let world = world().await;
    let shipment = world.release().await;
    let lots = json!({"lots": [{"lot": "EX0001", "vials": 2 * BOX_VIALS}]});
    world.answers(shipment, "scheduled", 1, json!({"delivery_on": "2021-04-12"})).await;
    world.answers(shipment, "picked", 2, lots).await;
    let at = json!({"at": "2021-04-05T12:00:00+09:00"});
    world.answers(shipment, "dispatched", 3, at.clone()).await;
    world.answers(shipment, "delivered", 4, at).await;
    let counted = json!({"id": new_id(), "lots": [{"lot": "EX0001", "accepted": 2 * BOX_VIALS - 1}]});
    let city = world.app.officer(CHIYODA).await;
    let receipt = city.post(&format!("/v1/shipments/{shipment}:receive"), &counted).await;
    assert_eq!(receipt.ok(200).at("/vials_short"), json!(1));
    world.settled().await;
    world.app.audit_ok().await;
    let discrepancy = receipt.at("/discrepancies/0").as_str().unwrap().to_owned();
    let decision = json!({"id": new_id(), "decision": "lost", "reason": "箱の中で割れていた"});
    world.tokyo.post(&format!("/v1/discrepancies/{discrepancy}:resolve"), &decision).await.ok(200);
    world.settled().await;
    world.app.audit_ok().await;
    world.until("(select count(*) from relay.notification where topic like '%discrepancy%')", 1).await;
    let kinds = all_as_released(&world.app).await;
    for kind in ["allocation.released.v1", "notification.requested.v1", "receipt.recorded.v1", "shipment.ordered.v1"] {
        assert!(kinds.iter().any(|found| found == kind), "{kind}: {kinds:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_called_off_or_given_up_can_be_released_again() {
    let world = world().await;
    let released = "(select count(*) from allocation.release where state = 'released')";
    let first = world.release().await;
    let cancel = json!({"id": new_id(), "version": 1, "reason": "会場が閉鎖された"});
    world.tokyo.post(&format!("/v1/shipments/{first}:cancel"), &cancel).await.ok(200);
    world.until(released, 0).await;
    let second = world.release().await;
    let why = json!({"at": "2021-04-05T12:00:00+09:00", "reason": "冷凍庫が故障した"});
    world.answers(second, "failed", 1, why).await;
    world.until(released, 0).await;
    world.release().await;
    world.settled().await;
    world.app.audit_ok().await;
    let states = "(select string_agg(state, ',' order by state) from allocation.release)";
    assert_eq!(world.app.db.text(states).await, "cancelled,released,unfulfillable");
    world.until("(select count(*) from relay.notification where topic like 'release.%')", 2).await;
    let kinds = all_as_released(&world.app).await;
    for kind in ["shipment.cancelled.v1", "shipment.unfulfillable.v1"] {
        assert!(kinds.iter().any(|found| found == kind), "{kind}: {kinds:?}");
    }
}

/// M12: a partner may purge what it may read. Its order is still in its work list, it can be read and
/// published again, and nothing is shipped twice.
#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_a_partner_threw_away_is_there_again() {
    let world = world().await;
    let broker = &world.app.broker.as_ref().unwrap().broker;
    let w01 = "W01".parse().unwrap();
    relay::topology::credentials(broker, w01, "a-password-of-the-test").await.unwrap();
    let url = broker.url(&broker.partner_user(w01), "a-password-of-the-test", &broker.partner_vhost(w01));
    let connection = Connection::connect(&url, ConnectionProperties::default()).await.unwrap();
    let channel = connection.create_channel().await.unwrap();
    let waiting = async || {
        let got = channel.basic_get("orders".into(), BasicGetOptions::default()).await.unwrap();
        let event = got.map(|got| serde_json::from_slice::<Value>(&got.delivery.data).unwrap());
        // what was looked at goes back
        channel.basic_recover(BasicRecoverOptions { requeue: true }).await.unwrap();
        event
    };

    let shipment = world.release().await;
    until("the order waits", async || waiting().await.is_some()).await;
    let first = waiting().await.unwrap();
    until("the order is thrown away", async || {
        channel.queue_purge("orders".into(), QueuePurgeOptions::default()).await.unwrap();
        waiting().await.is_none()
    })
    .await;

    let list = world.w01.get("/v1/shipments?branch=W01-01&state=ordered").await;
    assert!(list.ok(200).body.to_string().contains(&shipment.to_string()), "it waits in the work list");
    // once no older transaction of the server is under way
    until("the event can be read again", async || {
        world.w01.get("/v1/shipment-events").await.ok(200).at("/events/0/id") == first["id"]
    })
    .await;
    let home = &world.app.db.home;
    let delivery = meguri::messaging::delivery(home, &world.app.server.clock);
    let relay = relay::Relay::new(
        broker.clone(),
        &home.role_url("relay_app").unwrap(),
        world.app.server.clock.clone(),
        delivery,
    );
    let relay = relay.unwrap();
    let outbox = relay.outboxes.iter().find(|outbox| outbox.schema == "distribution").unwrap();
    let subject = format!("shipment/{shipment}");
    let copies = relay::topology::watch(broker, w01).await.unwrap();
    assert_eq!(relay::app::replay::subject_to(&relay, outbox, &subject, w01).await.unwrap(), 1);
    until("the order is there again", async || waiting().await.is_some_and(|event| event["id"] == first["id"])).await;

    // who watches has a copy, and has taken nothing from the queue
    let url = broker.url(broker.service_user(), broker.service_password(), &broker.partner_vhost(w01));
    let watcher = Connection::connect(&url, ConnectionProperties::default()).await.unwrap();
    let watching = watcher.create_channel().await.unwrap();
    let copied = async || watching.basic_get(copies.as_str().into(), BasicGetOptions::default()).await.unwrap();
    until("the copy is there", async || copied().await.is_some()).await;

    // whoever answers both has answered one
    let scheduled = answer("W01", shipment, 1, "scheduled", json!({"delivery_on": "2021-04-12"}));
    for _ in 0..2 {
        send(&world.w01, shipment, &scheduled).await.ok(200);
    }
    let reserved = "(select sum(a.credits_posted - a.debits_posted)::bigint from distribution.account a
                     join distribution.stock_account s on s.account_id = a.id where s.kind = 'reserved')";
    assert_eq!(world.app.db.number(reserved).await, 2 * BOX_VIALS);
    world.settled().await;
    world.app.audit_ok().await;
}
