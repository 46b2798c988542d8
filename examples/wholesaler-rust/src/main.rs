//! A wholesaler's consumer on one page: reads the company's orders and answers each with day, lots,
//! dispatch and delivery. The contract is contracts/asyncapi.json.
//!
//! ```text
//! MEGURI_PARTNER_URL='amqp://meguri-demo-wh-w07:PASSWORD@127.0.0.1:5672/meguri-demo-wh-w07' cargo run -p wholesaler-example
//! ```
//! `MEGURI_STOP_AFTER=3` ends it after three orders.
#![expect(clippy::indexing_slicing, reason = "a key that a JSON value has not gives null")]
use futures::StreamExt;
use lapin::{
    BasicProperties, Channel, Connection, ConnectionProperties,
    options::{BasicAckOptions, BasicConsumeOptions, BasicPublishOptions, BasicQosOptions, ConfirmSelectOptions},
};
use serde_json::{Value, json};
use std::{collections::HashSet, env, error::Error};
use uuid::Uuid;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let url =
        env::var("MEGURI_PARTNER_URL").map_err(|_| "set MEGURI_PARTNER_URL to amqp://user:password@host:port/vhost")?;
    let stop_after = env::var("MEGURI_STOP_AFTER").ok().and_then(|text| text.parse().ok());
    let user = url.split("//").nth(1).and_then(|rest| rest.split(':').next()).unwrap_or_default().to_owned();
    let connection = Connection::connect(&url, ConnectionProperties::default()).await?;
    let channel = connection.create_channel().await?;
    // what is published counts when the broker has confirmed it
    channel.confirm_select(ConfirmSelectOptions::default()).await?;
    channel.basic_qos(20, BasicQosOptions::default()).await?;
    let mut orders = channel
        .basic_consume("orders".into(), "example".into(), BasicConsumeOptions::default(), Default::default())
        .await?;

    // a real system keeps these ids in its database, in the transaction that takes the order
    let mut seen = HashSet::new();
    let mut done = 0_usize;
    println!("waiting for orders as {user}");
    while stop_after.is_none_or(|limit| done < limit) {
        let Some(delivery) = orders.next().await else { break };
        let delivery = delivery?;
        let event: Value = serde_json::from_slice(&delivery.data)?;
        // delivery is at least once: the same id again has been handled
        if seen.insert(event["id"].to_string()) {
            match event["type"].as_str() {
                Some("shipment.ordered.v1") => {
                    answer_all(&channel, &user, &event).await?;
                    done += 1;
                }
                Some(other) => println!("{other} {}", event["subject"]),
                None => println!("not an event: {event}"),
            }
        }
        // only now: if this process dies before, the order comes again
        delivery.ack(BasicAckOptions::default()).await?;
    }
    connection.close(200, "done".into()).await?;
    Ok(())
}

/// Day, lots, dispatch, delivery; numbered from 1 for each shipment.
async fn answer_all(channel: &Channel, user: &str, event: &Value) -> Result<(), Box<dyn Error>> {
    let order = &event["data"];
    let lots: Vec<Value> = order["lots"].as_array().into_iter().flatten().map(lot).collect();
    println!("{}: {} vials to {}, lots {}", order["shipment_id"], order["vials"], order["to"]["name"], json!(lots));
    // the moment of the order, for the sake of the example: a training instance has a clock of its own
    let now = &event["time"];
    let answers = [
        ("shipment.scheduled.v1", json!({"delivery_on": order["window"]["from"], "hours": "09:00-12:00"})),
        ("shipment.picked.v1", json!({"lots": lots})),
        ("shipment.dispatched.v1", json!({"at": now})),
        ("shipment.delivered.v1", json!({"at": now})),
    ];
    for (sequence, (kind, mut data)) in (1_u32..).zip(answers) {
        data["shipment_id"] = order["shipment_id"].clone();
        publish(channel, user, event, kind, sequence, &data).await?;
    }
    Ok(())
}

fn lot(proposed: &Value) -> Value {
    json!({"lot": proposed["lot"], "vials": proposed["vials"]})
}

async fn publish(
    channel: &Channel,
    user: &str,
    event: &Value,
    kind: &str,
    sequence: u32,
    data: &Value,
) -> Result<(), Box<dyn Error>> {
    let order = &event["data"];
    let shipment = order["shipment_id"].as_str().unwrap_or_default();
    // made of shipment and place, so that an answer sent again is the same answer
    let id = Uuid::new_v5(&Uuid::NAMESPACE_OID, format!("{shipment}/{sequence}/{kind}").as_bytes());
    let answer = json!({
        "specversion": "1.0", "id": id, "type": kind, "subject": format!("shipment/{shipment}"),
        "source": format!("/partners/{}", order["wholesaler"].as_str().unwrap_or_default()),
        "time": event["time"], "datacontenttype": "application/json",
        "sequence": sequence.to_string(), "data": data,
    });
    let properties = BasicProperties::default()
        .with_content_type("application/cloudevents+json".into())
        .with_message_id(id.to_string().into())
        .with_delivery_mode(2)
        .with_user_id(user.into());
    let body = serde_json::to_vec(&answer)?;
    let sent =
        channel.basic_publish("from-partner".into(), kind.into(), BasicPublishOptions::default(), &body, properties);
    if !sent.await?.await?.is_ack() {
        return Err(format!("the broker did not take {kind}").into());
    }
    Ok(())
}
