//! M8: what was once written is read for ever, and what is written today is what was released.
use crate::schemas::{events, fault, fault_in, from_a_later_version, read, root, sample, samples};
use distribution::consume::{Releases, take_answer};
use meguri::contracts;
use platform::{
    amqp::Message,
    inbox::{Inbox, Received},
    opctx::new_id,
};
use relay::jobs::notify::Notify;
use serde_json::{Value, json};
use std::{
    fs,
    path::{Path, PathBuf},
};
use testkit::TestApp;

const CHIYODA: &str = "131016";

#[test]
fn every_sample_is_read_as_it_was_written_and_no_schema_breaks_what_was_released() {
    assert_eq!(contracts::gate(&root()).unwrap(), [""; 0]);
}

#[test]
fn every_sample_is_as_its_schema_says_today_and_as_released() {
    let samples = samples();
    assert!(samples.len() >= 32, "a minimal and a full one of 16 types");
    for (path, sample) in samples {
        for folder in [events(), events().join("released")] {
            assert_eq!(fault_in(&folder, &sample), None, "{} by {}", path.display(), folder.display());
        }
    }
}

#[test]
fn what_is_written_today_is_as_released() {
    for event in meguri::samples::samples().unwrap() {
        let event = serde_json::to_value(event).unwrap();
        assert_eq!(fault_in(&events().join("released"), &event), None, "{event}");
    }
}

#[test]
fn unknown_fields_are_no_fault() {
    for (path, sample) in samples() {
        assert_eq!(fault_in(&events(), &from_a_later_version(sample)), None, "{}", path.display());
    }
}

#[test]
fn the_validator_sees_what_is_wrong() {
    let good = sample("shipment.ordered.v1", 2);
    for (pointer, wrong) in [
        ("/data/vials", json!("390")),
        ("/data/vials", json!(null)),
        ("/data/shipment_id", json!("no id")),
        ("/data/window/from", json!("12 April")),
        ("/data/lots/1/vials", json!(1.5)),
        ("/data/to/name", json!(7)),
        ("/id", json!("no id")),
        ("/data", json!([])),
        ("/sequence", json!(1)),
    ] {
        let mut bad = good.clone();
        *bad.pointer_mut(pointer).unwrap() = wrong;
        assert!(fault_in(&events(), &bad).is_some(), "{pointer}");
    }
    let mut bad = good;
    bad["data"]["to"].as_object_mut().unwrap().remove("name");
    assert!(fault_in(&events(), &bad).is_some());
}

#[test]
fn the_documents_examples_are_as_its_schemas_say() {
    let document = read(&root().join("contracts/asyncapi.json"));
    let messages = document["components"]["messages"].as_object().unwrap();
    for (name, message) in messages {
        let examples = message["examples"].as_array().unwrap();
        assert_eq!(examples.len(), 2, "{name}");
        let pointer = format!("#/components/messages/{name}/payload");
        for example in examples {
            assert_eq!(fault(&document, &pointer, &example["payload"]), None, "{name}");
            let mut other = example["payload"].clone();
            other["type"] = json!("shipment.another.v1");
            assert!(fault(&document, &pointer, &other).is_some(), "{name}: another type's message");
        }
    }
}

/// A copy of the contracts in which something may be changed. Removed with it.
struct Copy(PathBuf);

impl Copy {
    fn new() -> Self {
        let copy = Self(std::env::temp_dir().join(format!("meguri-gate-{}", new_id().simple())));
        let folder = |path: &str| copy.0.join("contracts/events").join(path);
        fs::create_dir_all(folder("released")).unwrap();
        for entry in fs::read_dir(events().join("released")).unwrap() {
            let path = entry.unwrap().path();
            fs::copy(&path, folder("released").join(path.file_name().unwrap())).unwrap();
        }
        for (path, _) in samples() {
            let kind = folder("samples").join(path.parent().unwrap().file_name().unwrap());
            fs::create_dir_all(&kind).unwrap();
            fs::copy(&path, kind.join(path.file_name().unwrap())).unwrap();
        }
        copy
    }

    fn change(&self, path: &str, change: impl FnOnce(&mut Value)) {
        let path = self.0.join("contracts/events").join(path);
        let mut document = read(&path);
        change(&mut document);
        fs::write(&path, document.to_string()).unwrap();
    }

    fn broken(&self) -> String {
        contracts::gate(&self.0).unwrap().join("\n")
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The past is changed instead of the present: the difference is the same.
#[test]
fn planted_breaks_are_seen_in_the_files() {
    let kind = "shipment.picked.v1";
    let changed = |path: &str, change: &dyn Fn(&mut Value), expected: &str| {
        let copy = Copy::new();
        assert_eq!(copy.broken(), "");
        copy.change(path, change);
        let broken = copy.broken();
        assert!(broken.contains(expected), "{expected}: {broken}");
        assert!(contracts::release(&copy.0).is_ok_and(|released| released.is_err() || path.starts_with("samples")));
    };
    let released = |kind: &str| format!("released/{kind}.schema.json");
    let gone = |schema: &mut Value| schema["properties"]["box"] = json!({"type": "string"});
    changed(&released(kind), &gone, "shipment.picked.v1: data.: properties: `box` is gone");
    let optional = |schema: &mut Value| schema["required"] = json!(["shipment_id"]);
    changed(&released(kind), &optional, "`lots` may be missing, and is now required (breaks its writers)");
    let needed = |schema: &mut Value| schema["required"].as_array_mut().unwrap().push(json!("facility_code"));
    let site = |schema: &mut Value| needed(&mut schema["components"]["schemas"]["EventSite"]);
    changed(&released("shipment.ordered.v1"), &site, "data.to: required: `facility_code` was always there");
    let envelope = |schema: &mut Value| schema["required"].as_array_mut().unwrap().push(json!("position"));
    changed(&released("cloudevent"), &envelope, "cloudevent: data.: required: `position` was always there");
    let no_number = |sample: &mut Value| sample["data"]["lots"][0]["vials"] = json!("195");
    changed(&format!("samples/{kind}/1.json"), &no_number, "samples/shipment.picked.v1/1.json: invalid type");
    let unknown = |sample: &mut Value| sample["data"]["lots"][0]["lots_count"] = json!(3);
    changed(&format!("samples/{kind}/2.json"), &unknown, "data.lots[0].lots_count: 3 is read as null");
    let other = |sample: &mut Value| sample["type"] = json!("shipment.lost.v1");
    changed(&format!("samples/{kind}/2.json"), &other, "type shipment.picked.v1 is expected");
}

#[test]
fn what_is_gone_or_new_is_seen_in_the_files() {
    let copy = Copy::new();
    // what is new today and not released yet is not this test's matter
    contracts::release(&copy.0).unwrap().unwrap();
    let released = copy.0.join("contracts/events/released");
    fs::rename(released.join("shipment.lost.v1.schema.json"), released.join("parcel.lost.v1.schema.json")).unwrap();
    let broken = copy.broken();
    assert!(broken.contains("parcel.lost.v1.schema.json: released, and there is no such type any more"), "{broken}");
    assert!(broken.contains("shipment.lost.v1: not released yet"), "{broken}");
    fs::remove_file(released.join("parcel.lost.v1.schema.json")).unwrap();
    let sample = copy.0.join("contracts/events/samples/shipment.lost.v1/2.json");
    fs::remove_file(&sample).unwrap();
    assert!(copy.broken().contains("shipment.lost.v1: not released yet"));
    let written = contracts::release(&copy.0).unwrap().unwrap();
    let expected =
        ["contracts/events/released/shipment.lost.v1.schema.json", "contracts/events/samples/shipment.lost.v1/2.json"];
    assert_eq!(written, expected);
    assert_eq!(copy.broken(), "");
    assert_eq!(contracts::release(&copy.0).unwrap().unwrap(), [""; 0], "what stands is frozen");
}

fn message(event: &Value) -> Message {
    Message {
        vhost: "w01".to_owned(),
        queue: "answers".to_owned(),
        routing_key: event["type"].as_str().unwrap().to_owned(),
        user_id: Some("w01".to_owned()),
        content_type: Some("application/cloudevents+json".to_owned()),
        message_id: None,
        kind: None,
        redelivered: false,
        body: event.to_string().into_bytes(),
    }
}

/// What a shipment has come to, as its samples say it.
async fn end(app: &TestApp, story: u8) {
    let ordered = sample("shipment.ordered.v1", story);
    let (data, scheduled) = (&ordered["data"], sample("shipment.scheduled.v1", story));
    let id = data["shipment_id"].as_str().unwrap();
    let row = &app.db.rows(&format!("select to_jsonb(s) as s from distribution.shipment s where id = '{id}'")).await[0];
    let row = &row["s"];
    assert_eq!((&row["state"], &row["next_answer"]), (&json!("delivered"), &json!(5)), "{row}");
    for (column, field) in [("vials", "vials"), ("branch", "branch"), ("product", "product"), ("storage", "storage")] {
        assert_eq!(row[column], data[field], "{column}");
    }
    assert_eq!(row["site_id"], data["to"]["site_id"]);
    assert_eq!((&row["delivery_on"], &row["delivery_hours"]), {
        let scheduled = &scheduled["data"];
        (&scheduled["delivery_on"], scheduled.get("hours").unwrap_or(&Value::Null))
    });
    let sql = format!(
        "select coalesce(jsonb_agg(jsonb_build_object('lot', o.number, 'vials', l.vials) order by o.number), '[]') as lots
         from distribution.shipment_lot l join distribution.lot o on o.id = l.lot_id
         where l.shipment_id = '{id}' and l.stage = 'picked'"
    );
    assert_eq!(app.db.rows(&sql).await[0]["lots"], sample("shipment.picked.v1", story)["data"]["lots"]);
    let splits = format!("select count(*) from distribution.shipment_split where shipment_id = '{id}'");
    assert_eq!(app.db.number(&splits).await, data["splits"].as_array().unwrap().len() as i64);
}

/// Old events, and the same with fields of a version to come: today's consumers do with both what they say.
#[tokio::test(flavor = "multi_thread")]
async fn todays_consumers_take_the_samples() {
    for later in [false, true] {
        let take = |event: Value| if later { from_a_later_version(event) } else { event };
        let app = TestApp::start().await;
        app.db.areas(&[(CHIYODA, "W01-01")]).await;
        app.inbound("W01", &[("EX0001", "2021-07-31", 390), ("EX0002", "2021-08-31", 195)]).await;
        let distribution = app.distribution().await;
        let inbox = distribution::consume::inbox(&distribution);
        let db = app.db.home.pool("relay_app", "relay").unwrap();
        let notices = Inbox { db, clock: distribution.shared.clock.clone() };
        for story in [1, 2] {
            let release = serde_json::from_value(take(sample("allocation.released.v1", story))).unwrap();
            assert_eq!(inbox.take_one(&Releases, &release).await.unwrap(), Received::Applied);
            for kind in ["scheduled", "picked", "dispatched", "delivered"] {
                let answer = take(sample(&format!("shipment.{kind}.v1"), story));
                take_answer(&distribution, "W01".parse().unwrap(), "w01", &message(&answer)).await.unwrap();
            }
            end(&app, story).await;
            let asked = take(sample("notification.requested.v1", story));
            let event = serde_json::from_value(asked.clone()).unwrap();
            assert_eq!(notices.take_one(&Notify, &event).await.unwrap(), Received::Applied);
            let row =
                &app.db.rows("select to_jsonb(n) as n from relay.notification n order by id desc limit 1").await[0];
            for field in ["recipient_kind", "recipient", "about", "topic", "ja", "en"] {
                assert_eq!(row["n"][field], asked["data"][field]);
            }
        }
        assert_eq!(app.db.number("select count(*) from distribution.answer where state <> 'applied'").await, 0);
    }
}

/// Whatever a database holds of events is as released.
pub async fn all_as_released(app: &TestApp) -> Vec<String> {
    let released = events().join("released");
    let mut kinds = Vec::new();
    for service in ["identity", "capacity", "allocation", "distribution", "relay"] {
        for row in app.db.rows(&format!("select type, payload from {service}.outbox")).await {
            let kind = row["type"].as_str().unwrap().to_owned();
            let schema = read(Path::new(&released.join(format!("{kind}.schema.json"))));
            assert_eq!(fault(&schema, "", &row["payload"]), None, "{kind} of {service}: {}", row["payload"]);
            kinds.push(kind);
        }
    }
    kinds.sort();
    kinds.dedup();
    kinds
}
