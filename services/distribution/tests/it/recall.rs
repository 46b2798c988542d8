//! 回収: wherever the lot lies, nothing of it stays available.
use super::setup::{Setup, moment, recall};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn depots_sites_and_reservations() {
    let setup = Setup::new().await;
    setup.app.inbound("W02", &[("EX0001", super::setup::OLD, 50)]).await;
    let there = setup.order(195).await;
    setup.dispatched(there, &[("EX0001", 195)]).await;
    setup.receive(there, &[("EX0001", 195, 0)]).await.ok(200);
    let reserved = setup.order(195).await;
    let (available, quarantined) = (setup.piles(reserved).await[0], 195 + 195 + 50);
    assert_eq!(available, 585, "the rest of EX0001 is reserved");
    let ministry = setup.app.ministry().await;
    assert_eq!(recall(&ministry, "ex0001").await.ok(200).at("/vials_quarantined"), quarantined);
    assert_eq!(setup.piles(reserved).await, [585, 195, 0, 0, 0]);
    assert_eq!(setup.app.db.stock("quarantined", "depot/W02", None).await, 50);
    assert_eq!((setup.at_site(there, "available").await, setup.at_site(there, "quarantined").await), (0, 195));
    // the branch must take another lot
    setup.answered(reserved, 1, "scheduled", super::setup::day("2021-04-12")).await;
    let refused = setup.refused(reserved, 2, "picked", super::setup::picked(&[("EX0001", 195)]), 422, "lot.recalled");
    refused.await;
    setup.answered(reserved, 2, "picked", super::setup::picked(&[("EX0002", 195)])).await;
    assert_eq!(setup.piles(reserved).await, [390, 195, 195, 0, 0]);
    // and what still comes of it from the maker is no better
    setup.app.inbound("W01", &[("EX0001", super::setup::OLD, 10)]).await;
    assert_eq!(setup.piles(reserved).await[..2], [390, 205]);
    let next = setup.order(195).await;
    assert_eq!(setup.events(next, "shipment.ordered.v1").await[0]["lots"][0]["lot"], "EX0002");
    let read = setup.w01.get(&format!("/v1/shipments/{reserved}")).await;
    let lots = read.ok(200).at("/lots");
    let lot = lots.as_array().unwrap().iter().find(|lot| lot["lot"] == "EX0001").unwrap();
    assert_eq!(lot["recalled"], true);
    setup.app.db.stock_holds().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_left_all_the_same_is_on_the_road() {
    let setup = Setup::new().await;
    let (shipment, other) = (setup.order(195).await, setup.order(195).await);
    setup.picked(shipment, &[("EX0001", 195)]).await;
    setup.picked(other, &[("EX0001", 195)]).await;
    recall(&setup.app.ministry().await, "EX0001").await.ok(200);
    assert_eq!(setup.piles(shipment).await, [585, 390, 0, 0, 0]);
    setup.answered(shipment, 3, "dispatched", moment()).await;
    assert_eq!(setup.piles(shipment).await, [585, 195, 0, 195, 0], "out of quarantine, since it has left");
    setup.receive(shipment, &[("EX0001", 195, 0)]).await.ok(200);
    assert_eq!(setup.at_site(shipment, "quarantined").await, 195);
    setup.answered(other, 3, "failed", super::setup::because("回収")).await;
    assert_eq!(setup.piles(other).await, [585, 195, 0, 0, 0]);
    setup.app.db.stock_holds().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_write_nothing() {
    let setup = Setup::new().await;
    let ministry = setup.app.ministry().await;
    let before = setup.rows().await;
    recall(&ministry, "EX0099").await.refused(422, "lot.not_found");
    recall(&ministry, "EX_1").await.refused(422, "lot.malformed");
    for stranger in [&setup.tokyo, &setup.city, &setup.w01] {
        recall(stranger, "EX0001").await.refused(403, "auth.forbidden");
    }
    let silent = json!({"id": platform::opctx::new_id(), "reason": "\u{0}"});
    let refused = ministry.post("/v1/lots/comirnaty-12plus/EX0001:recall", &silent).await;
    assert_eq!(refused.refused(422, "request.invalid").at("/errors/0/code"), "request.nul_character");
    assert_eq!(setup.rows().await, before);
    recall(&ministry, "EX0001").await.ok(200);
    let before = setup.rows().await;
    recall(&ministry, "EX0001").await.refused(422, "lot.recalled");
    assert_eq!(setup.rows().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recall_meets_orders_picks_and_receipts() {
    let setup = Setup::new().await;
    setup.app.inbound("W01", &[("EX0001", super::setup::OLD, 19_500)]).await;
    let mut shipments = Vec::new();
    for _ in 0..8 {
        let shipment = setup.order(195).await;
        setup.dispatched(shipment, &[("EX0001", 195)]).await;
        shipments.push(shipment);
    }
    let mut working = tokio::task::JoinSet::new();
    for shipment in shipments {
        let city = setup.city.clone();
        let request = super::setup::arrived(&[("EX0001", 195, 0)]);
        working.spawn(async move { super::setup::receive(&city, shipment, &request).await });
    }
    let ministry = setup.app.ministry().await;
    working.spawn(async move { recall(&ministry, "EX0001").await });
    let ordering = async {
        for _ in 0..8 {
            setup.order(195).await;
        }
    };
    let (answers, ()) = tokio::join!(working.join_all(), ordering);
    for answer in answers {
        answer.ok(200);
    }
    let available = "select coalesce(sum(a.credits_posted - a.debits_posted), 0) from distribution.stock_account s
         join distribution.account a on a.id = s.account_id join distribution.lot l on l.id = s.lot_id
         where l.number = 'EX0001' and s.kind in ('available', 'reserved')";
    assert_eq!(setup.app.db.number(available).await, 0);
    setup.app.db.stock_holds().await;
}
