//! Answers in any order, each several times, end as the ordered run does (M5).
use super::setup::{CHIYODA, Setup, because, day, moment, picked};
use distribution::app::record_answer::{Via, record_answer};
use domain::policy::{Actor, Place, Role};
use platform::OpCtx;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use testkit::shipping::{answer, released, send};
use uuid::Uuid;

const SHIPMENTS: usize = 120;

/// Numbers that look random and are the same at every run.
fn dice(what: &str, faces: usize) -> usize {
    let digest = Sha256::digest(what.as_bytes());
    let number = digest.iter().take(6).fold(0_usize, |number, byte| number << 8 | usize::from(*byte));
    number % faces
}

/// A way that shipments take: each a list of answers.
fn way(number: usize) -> Vec<(&'static str, Value)> {
    let start = vec![("scheduled", day("2021-04-12")), ("picked", picked(&[("EX0001", 195)]))];
    let more = match number % 6 {
        0 => vec![("dispatched", moment()), ("delivered", moment())],
        1 => vec![("picked", picked(&[("EX0002", 195)])), ("dispatched", moment()), ("lost", because("x"))],
        2 => vec![("failed", because("ロットがない"))],
        3 => {
            vec![("dispatched", moment()), ("failed", because("x")), ("dispatched", moment()), ("delivered", moment())]
        }
        4 => vec![("scheduled", day("2021-04-14")), ("dispatched", moment()), ("returned", because("x"))],
        _ => vec![("picked", picked(&[("EX0001", 100), ("EX0002", 95)])), ("dispatched", moment())],
    };
    start.into_iter().chain(more).collect()
}

/// What a shipment has come to, without what differs from one shipment to another.
async fn end(setup: &Setup, shipment: Uuid) -> Value {
    let sql = format!(
        "select s.state, s.version, s.next_answer, s.delivery_on, s.dispatched_at, s.delivered_at,
             (select json_agg(json_build_array(p.version, p.step, p.state, p.reason,
                  case when p.step not in ('schedule', 'pick') then p.happened_at end) order by p.version)
              from distribution.shipment_step p where p.shipment_id = s.id and p.version > 1) as steps,
             (select json_agg(json_build_array(l.stage, o.number, l.vials) order by l.stage, o.number)
              from distribution.shipment_lot l join distribution.lot o on o.id = l.lot_id
              where l.shipment_id = s.id and l.stage = 'picked') as lots,
             (select json_agg(json_build_array(b.kind, o.number, a.credits_posted - a.debits_posted) order by b.kind, o.number)
              from distribution.stock_account b join distribution.account a on a.id = b.account_id
              join distribution.lot o on o.id = b.lot_id
              where b.place = 'shipment/' || s.id and a.credits_posted <> a.debits_posted) as piles,
             (select count(*) from distribution.answer a where a.shipment_id = s.id and a.state <> 'applied') as waiting
         from distribution.shipment s where s.id = '{shipment}'"
    );
    setup.app.db.rows(&sql).await.remove(0)
}

#[tokio::test(flavor = "multi_thread")]
async fn any_order_ends_as_the_ordered_run() {
    let setup = Setup::new().await;
    setup.app.inbound("W01", &[("EX0001", super::setup::OLD, 100_000), ("EX0002", super::setup::NEW, 100_000)]).await;
    let distribution = setup.app.distribution().await;
    let home = Place::Wholesaler("W01".parse().unwrap());
    let actor = Actor { role: Role::Wholesaler, home, name: "partner".into(), ..Actor::public() };
    let take = async |event: Value| {
        let ctx = OpCtx::new(actor.clone(), &distribution.shared.clock);
        record_answer(&distribution, &ctx, Via::Amqp, None, event).await
    };
    let mut ordered_ends = Vec::new();
    for number in 0..6 {
        let shipment = setup.order(195).await;
        for (sequence, (what, data)) in (1..).zip(way(number)) {
            take(answer("W01", shipment, sequence, what, data)).await.unwrap();
        }
        ordered_ends.push(end(&setup, shipment).await);
    }
    let mut shipments = Vec::new();
    let mut deliveries: Vec<(usize, Value)> = Vec::new();
    for number in 0..SHIPMENTS {
        let shipment = setup.app.order(&released(CHIYODA, 195)).await;
        shipments.push(shipment);
        for (sequence, (what, data)) in (1..).zip(way(number)) {
            let event = answer("W01", shipment, sequence, what, data);
            for copy in 0..3 {
                deliveries.push((dice(&format!("{number}/{sequence}/{copy}"), 1 << 40), event.clone()));
            }
        }
    }
    deliveries.sort_by_key(|(place, _)| *place);
    // four lanes at once, as the consumer has; one shipment may be in several of them
    let lanes = (0..4).map(|lane| {
        let own: Vec<Value> = deliveries.iter().skip(lane).step_by(4).map(|(_, event)| event.clone()).collect();
        let take = &take;
        async move {
            for event in own {
                take(event).await.unwrap();
            }
        }
    });
    let lanes: Vec<_> = lanes.collect();
    let [a, b, c, d] = <[_; 4]>::try_from(lanes).unwrap_or_else(|_| unreachable!());
    tokio::join!(a, b, c, d);
    for (number, shipment) in shipments.into_iter().enumerate() {
        assert_eq!(end(&setup, shipment).await, ordered_ends[number % 6], "way {}", number % 6);
    }
    setup.app.db.stock_holds().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_held_answer_that_is_refused_leaves_its_place() {
    let setup = Setup::new().await;
    let shipment = setup.order(195).await;
    let early = [
        answer("W01", shipment, 4, "delivered", moment()),
        answer("W01", shipment, 3, "dispatched", moment()),
        // its lot will not be known when its turn comes
        answer("W01", shipment, 2, "picked", picked(&[("EX0099", 195)])),
    ];
    for event in &early {
        assert_eq!(send(&setup.w01, shipment, event).await.ok(200).at("/taken"), "held");
    }
    assert_eq!(setup.stands(shipment).await, "ordered 1");
    let first = setup.answered(shipment, 1, "scheduled", day("2021-04-12")).await;
    assert_eq!((first.at("/state"), first.at("/next_sequence")), (json!("scheduled"), json!(2)));
    let read = setup.w01.get(&format!("/v1/shipments/{shipment}")).await;
    let answers = read.ok(200).at("/answers");
    let states: Vec<String> = answers
        .as_array()
        .unwrap()
        .iter()
        .map(|answer| format!("{} {} {}", answer["sequence"], answer["state"], answer["code"]))
        .collect();
    let expected = ["1 \"applied\" null", "2 \"refused\" \"lot.not_found\"", "3 \"held\" null", "4 \"held\" null"];
    assert_eq!(states, expected);
    setup.app.db.stock_holds().await;
    // the same again has no effect; a corrected one under a new id fills the gap
    let again = send(&setup.w01, shipment, &early[2]).await;
    assert_eq!((again.ok(200).at("/taken"), again.header("Idempotency-Replayed")), (json!("held"), "true"));
    let corrected = setup.answered(shipment, 2, "picked", picked(&[("EX0001", 195)])).await;
    assert_eq!((corrected.at("/state"), corrected.at("/next_sequence")), (json!("delivered"), json!(5)));
    setup.app.db.stock_holds().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_partner_is_told_of_what_was_refused_in_its_wake() {
    let setup = Setup::new().await;
    let shipment = setup.order(195).await;
    let distribution = setup.app.distribution().await;
    let home = Place::Wholesaler("W01".parse().unwrap());
    let actor = Actor { role: Role::Wholesaler, home, name: "partner".into(), ..Actor::public() };
    let ctx = OpCtx::new(actor, &distribution.shared.clock);
    let held = answer("W01", shipment, 2, "delivered", moment());
    record_answer(&distribution, &ctx, Via::Amqp, None, held.clone()).await.unwrap();
    let first = answer("W01", shipment, 1, "scheduled", day("2021-04-12"));
    let recorded = record_answer(&distribution, &ctx, Via::Rest, Some(shipment), first).await.unwrap();
    assert_eq!(recorded.outcome.answer.taken, "applied");
    let refused = &recorded.refused[0];
    assert_eq!((refused.problem.code.code, &refused.body, refused.by_amqp), ("shipment.wrong_state", &held, true));
}
