//! An answer as it comes from a partner's queue.
use super::setup::{Setup, day};
use distribution::consume::take_answer;
use platform::{Failure, amqp::Message};
use serde_json::Value;
use testkit::shipping::answer;

const USER: &str = "meguri-test-wh-w01";

fn message(event: &Value) -> Message {
    Message {
        vhost: USER.into(),
        queue: "answers".into(),
        routing_key: "shipment.scheduled.v1".into(),
        user_id: Some(USER.into()),
        content_type: Some("application/cloudevents+json".into()),
        message_id: None,
        kind: None,
        redelivered: false,
        body: event.to_string().into_bytes(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_is_the_same_by_either_way() {
    let setup = Setup::new().await;
    let shipment = setup.order(195).await;
    let distribution = setup.app.distribution().await;
    let w01 = "W01".parse().unwrap();
    let event = answer("W01", shipment, 1, "scheduled", day("2021-04-12"));
    assert!(take_answer(&distribution, w01, USER, &message(&event)).await.unwrap().is_empty());
    take_answer(&distribution, w01, USER, &message(&event)).await.unwrap();
    let again = testkit::shipping::send(&setup.w01, shipment, &event).await;
    assert_eq!(again.ok(200).header("Idempotency-Replayed"), "true");
    assert_eq!(setup.stands(shipment).await, "scheduled 2");
    let via = "select via || ' ' || actor_name from distribution.answer";
    assert_eq!(setup.app.db.text(via).await, format!("amqp {USER}"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_taken_names_the_reason() {
    let setup = Setup::new().await;
    let shipment = setup.order(195).await;
    let distribution = setup.app.distribution().await;
    let event = answer("W01", shipment, 1, "scheduled", day("2021-04-12"));
    let good = message(&event);
    let before = setup.rows().await;
    let foreign = answer("W02", shipment, 1, "scheduled", day("2021-04-12"));
    let odd = [
        ("W01", Message { user_id: None, ..good.clone() }, "answer.unsigned"),
        ("W01", Message { user_id: Some("meguri-test-wh-w02".into()), ..good.clone() }, "answer.unsigned"),
        ("W01", Message { content_type: None, ..good.clone() }, "answer.content_type"),
        ("W01", Message { content_type: Some("text/plain".into()), ..good.clone() }, "answer.content_type"),
        ("W01", Message { body: vec![b' '; 65_537], ..good.clone() }, "answer.too_large"),
        ("W01", Message { body: vec![0xff], ..good.clone() }, "answer.malformed"),
        ("W01", Message { body: b"{".to_vec(), ..good.clone() }, "answer.malformed"),
        ("W01", Message { body: "[".repeat(5_000).into_bytes(), ..good.clone() }, "answer.malformed"),
        ("W01", message(&foreign), "answer.malformed"),
        // the virtual host says who it is, not the event
        ("W02", good.clone(), "shipment.not_found"),
    ];
    for (wholesaler, message, code) in odd {
        let refused = take_answer(&distribution, wholesaler.parse().unwrap(), USER, &message).await.unwrap_err();
        let Failure::Problem(problem) = refused else { panic!("{refused}") };
        assert_eq!(problem.code.code, code);
    }
    assert_eq!(setup.rows().await, before);
    take_answer(&distribution, "W01".parse().unwrap(), USER, &good).await.unwrap();
}
