//! Calling a shipment off, and what happens when the branch is at it in the same moment.
use super::setup::{Setup, because, cancel, day, moment, picked};
use platform::opctx::new_id;
use serde_json::json;
use testkit::shipping::{answer, send};
use uuid::Uuid;

const LEFT: &str = "shipment.left_all_the_same";

/// The topics of which the prefecture was told about a shipment.
async fn told(setup: &Setup, shipment: Uuid) -> Vec<String> {
    let events = setup.events(shipment, "notification.requested.v1").await;
    events.iter().map(|event| event["topic"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn before_dispatch_everything_goes_back() {
    let setup = Setup::new().await;
    let (ordered, picked) = (setup.order(195).await, setup.order(195).await);
    setup.picked(picked, &[("EX0002", 195)]).await;
    assert_eq!(setup.piles(ordered).await[0], 585);
    assert_eq!(cancel(&setup.city, ordered, 1).await.ok(200).at("/state"), "cancelled");
    assert_eq!(cancel(&setup.tokyo, picked, 3).await.ok(200).at("/version"), 4);
    for shipment in [ordered, picked] {
        assert_eq!(setup.piles(shipment).await, [975, 0, 0, 0, 0]);
        let told = &setup.events(shipment, "shipment.cancelled.v1").await[0];
        assert_eq!((&told["branch"], &told["reason"]), (&json!("W01-01"), &json!("会場が使えない")));
    }
    setup.refused(picked, 3, "scheduled", day("2021-04-13"), 409, "shipment.wrong_state").await;
    cancel(&setup.city, ordered, 2).await.refused(409, "shipment.wrong_state");
    setup.app.db.stock_holds().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_write_nothing() {
    let setup = Setup::new().await;
    let shipment = setup.order(195).await;
    setup.picked(shipment, &[("EX0001", 195)]).await;
    let before = setup.rows().await;
    let stale = cancel(&setup.city, shipment, 2).await;
    assert_eq!(stale.refused(409, "shipment.stale").at("/current_revision"), 3);
    let path = format!("/v1/shipments/{shipment}:cancel");
    let silent = json!({"id": new_id(), "version": 3, "reason": ""});
    let refused = setup.city.post(&path, &silent).await;
    assert_eq!(refused.refused(422, "request.invalid").at("/errors/0/path"), "reason");
    assert_eq!(setup.rows().await, before);
    setup.answered(shipment, 3, "dispatched", moment()).await;
    cancel(&setup.city, shipment, 4).await.refused(409, "shipment.wrong_state");
    setup.app.db.stock_holds().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn either_the_branch_or_the_officer_is_faster() {
    let setup = Setup::new().await;
    setup.app.inbound("W01", &[("EX0001", super::setup::OLD, 19_500)]).await;
    let (mut left, mut called_off) = (0, 0);
    for turn in 0..20 {
        let shipment = setup.order(195).await;
        setup.picked(shipment, &[("EX0001", 195)]).await;
        let leaves = answer("W01", shipment, 3, "dispatched", moment());
        // whoever begins is not always the first
        let pause = async |mine: bool| {
            if mine {
                tokio::time::sleep(std::time::Duration::from_millis(turn % 7)).await;
            }
        };
        let branch = async {
            pause(turn % 2 == 0).await;
            send(&setup.w01, shipment, &leaves).await
        };
        let officer = async {
            pause(turn % 2 == 1).await;
            cancel(&setup.city, shipment, 3).await
        };
        let (branch, officer) = tokio::join!(branch, officer);
        let state = setup.stands(shipment).await;
        if branch.status.as_u16() == 200 {
            officer.refused(409, "shipment.wrong_state");
            assert_eq!(state, "dispatched 4");
            assert_eq!(setup.piles(shipment).await[2..], [0, 195, 0]);
            assert_eq!(told(&setup, shipment).await, [""; 0]);
            left += 1;
        } else {
            branch.refused(409, "shipment.wrong_state");
            officer.ok(200);
            assert_eq!(state, "cancelled 4");
            assert_eq!(setup.piles(shipment).await[2..], [0, 0, 0]);
            assert_eq!(told(&setup, shipment).await, [LEFT]);
            called_off += 1;
        }
    }
    assert_eq!(left + called_off, 20);
    setup.app.db.stock_holds().await;
}

/// A lorry that has left cannot be called off because an earlier answer is being corrected.
#[tokio::test(flavor = "multi_thread")]
async fn a_held_dispatch_is_not_overlooked() {
    let setup = Setup::new().await;
    let (left, planned) = (setup.order(195).await, setup.order(195).await);
    for shipment in [left, planned] {
        setup.answered(shipment, 1, "scheduled", day("2021-04-12")).await;
    }
    let held = async |shipment, sequence, what: &str, data| {
        let sent = send(&setup.w01, shipment, &answer("W01", shipment, sequence, what, data)).await;
        assert_eq!(sent.ok(200).at("/taken"), "held");
    };
    held(left, 3, "dispatched", moment()).await;
    cancel(&setup.city, left, 2).await.refused(409, "shipment.answer_waits");
    setup.answered(left, 2, "picked", picked(&[("EX0001", 195)])).await;
    assert_eq!(setup.stands(left).await, "dispatched 4");

    // what is held of one that was called off has its end too
    held(planned, 3, "scheduled", day("2021-04-13")).await;
    cancel(&setup.city, planned, 2).await.ok(200);
    let states = format!(
        "(select string_agg(state, ',' order by sequence) from distribution.answer where shipment_id = '{planned}')"
    );
    assert_eq!(setup.app.db.text(&states).await, "applied,refused");
    setup.app.db.stock_holds().await;
}

/// The lorry had left before its driver heard of it: nothing moves in the book, and the prefecture is told
/// once, however often and in whatever order the branch reports it.
#[tokio::test(flavor = "multi_thread")]
async fn what_leaves_all_the_same_is_told_once() {
    let setup = Setup::new().await;
    let (ready, unready, given_up) = (setup.order(195).await, setup.order(195).await, setup.order(195).await);
    setup.picked(ready, &[("EX0001", 195)]).await;
    cancel(&setup.city, ready, 3).await.ok(200);
    cancel(&setup.city, unready, 1).await.ok(200);
    setup.answered(given_up, 1, "failed", because("x")).await;
    let before = setup.rows().await;
    let refused = async |shipment, sequence, what: &str, data| {
        let sent = send(&setup.w01, shipment, &answer("W01", shipment, sequence, what, data)).await;
        sent.refused(409, "shipment.wrong_state");
    };
    // only what says that it has left is told
    refused(ready, 3, "scheduled", day("2021-04-13")).await;
    refused(ready, 3, "failed", because("x")).await;
    refused(given_up, 2, "dispatched", moment()).await;
    let foreign = answer("W02", ready, 3, "dispatched", moment());
    send(&setup.app.wholesaler("W02").await, ready, &foreign).await.refused(404, "shipment.not_found");
    assert_eq!(setup.rows().await, before);

    for _ in 0..2 {
        refused(ready, 3, "dispatched", moment()).await;
        // its turn never comes: it is refused and not held
        refused(ready, 4, "delivered", moment()).await;
        refused(unready, 3, "dispatched", moment()).await;
    }
    assert_eq!((told(&setup, ready).await, told(&setup, unready).await), (vec![LEFT.into()], vec![LEFT.into()]));
    assert_eq!(told(&setup, given_up).await, [""; 0]);
    // event, its subject and audit row, of two shipments
    assert_eq!(setup.rows().await, before + 6);
    let words = &setup.events(ready, "notification.requested.v1").await[0];
    assert_eq!((&words["recipient"], &words["recipient_kind"]), (&json!("130001"), &json!("territory")));
    assert!(words["en"].as_str().unwrap().contains("W01-01"), "{words}");
    assert_eq!(setup.piles(ready).await, [975, 0, 0, 0, 0]);
    setup.app.db.stock_holds().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_expired_does_not_leave() {
    let setup = Setup::new().await;
    let shipment = setup.order(195).await;
    setup.picked(shipment, &[("EX0001", 195)]).await;
    setup.app.step_clock("2021-06-01T12:00:00+09:00").await;
    let late = json!({"at": "2021-06-01T11:00:00+09:00"});
    setup.refused(shipment, 3, "dispatched", late.clone(), 422, "lot.expired").await;
    setup.answered(shipment, 3, "picked", picked(&[("EX0002", 195)])).await;
    setup.answered(shipment, 4, "dispatched", late).await;
    setup.app.db.stock_holds().await;
}
