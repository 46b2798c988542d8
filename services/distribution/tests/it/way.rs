//! The usual way of a shipment, with what the book says after each step.
use super::setup::{CHIYODA, Setup, day, moment, picked};
use serde_json::json;
use testkit::shipping::released;

#[tokio::test(flavor = "multi_thread")]
async fn from_the_depot_to_the_site() {
    let setup = Setup::new().await;
    let release = released(CHIYODA, 585);
    let shipment = setup.app.order(&release).await;
    assert_eq!(setup.stands(shipment).await, "ordered 1");
    assert_eq!(setup.piles(shipment).await, [390, 0, 585, 0, 0]);
    let ordered = &setup.events(shipment, "shipment.ordered.v1").await[0];
    // first expired first out: all of the older lot, then the younger
    let lot = |number: &str, expiry: &str, vials: i64| json!({"lot": number, "expiry": expiry, "vials": vials});
    assert_eq!(ordered["lots"], json!([lot("EX0001", "2021-05-31", 390), lot("EX0002", "2021-07-31", 195)]));
    assert_eq!((&ordered["branch"], &ordered["wholesaler"]), (&json!("W01-01"), &json!("W01")));
    assert_eq!(ordered["packs"], json!([{"pack": "box195", "count": 3}]));
    assert_eq!((&ordered["storage"], &ordered["window"]["to"]), (&json!("ultra_cold"), &json!("2021-04-16")));

    let answered = setup.answered(shipment, 1, "scheduled", day("2021-04-12")).await;
    assert_eq!((answered.at("/state"), answered.at("/next_sequence")), (json!("scheduled"), json!(2)));
    assert_eq!(answered.header("Meguri-Position"), answered.at("/position").as_str().unwrap());
    // other lots than those proposed, written as somebody may type them
    setup.answered(shipment, 2, "picked", picked(&[("ｅｘ０００２", 585)])).await;
    assert_eq!(setup.piles(shipment).await, [390, 0, 585, 0, 0]);
    let own = format!("shipment/{shipment}");
    assert_eq!(setup.app.db.stock("reserved", &own, Some("EX0002")).await, 585);
    assert_eq!(setup.app.db.stock("available", "depot/W01", Some("EX0001")).await, 390);

    setup.answered(shipment, 3, "dispatched", moment()).await;
    assert_eq!(setup.piles(shipment).await, [390, 0, 0, 585, 0]);
    setup.answered(shipment, 4, "delivered", moment()).await;
    assert_eq!(setup.piles(shipment).await, [390, 0, 0, 585, 0], "on the road until the site has confirmed");
    let received = setup.receive(shipment, &[("EX0002", 585, 0)]).await;
    received.ok(200);
    assert_eq!((received.at("/vials_accepted"), received.at("/discrepancies")), (json!(585), json!([])));
    assert_eq!(setup.piles(shipment).await, [390, 0, 0, 0, 0]);
    assert_eq!(setup.at_site(shipment, "available").await, 585);
    assert_eq!(setup.stands(shipment).await, "delivered 6");
    let recorded = &setup.events(shipment, "receipt.recorded.v1").await[0];
    let lots = json!([{"lot": "EX0002", "expected": 585, "accepted": 585, "damaged": 0}]);
    assert_eq!((&recorded["lots"], &recorded["site_id"]), (&lots, &json!(release.hub.site_id)));
    assert!(setup.events(shipment, "notification.requested.v1").await.is_empty());

    let read = setup.city.get(&format!("/v1/shipments/{shipment}")).await;
    let steps = read.ok(200).at("/steps");
    let steps: Vec<&str> = steps.as_array().unwrap().iter().map(|step| step["step"].as_str().unwrap()).collect();
    assert_eq!(steps, ["order", "schedule", "pick", "dispatch", "deliver", "receive"]);
    assert_eq!(read.at("/delivery_hours"), "09:00-12:00");
    assert_eq!(read.at("/arrival/lots/0/accepted"), 585);
    let stages = read.at("/lots");
    assert_eq!(stages.as_array().unwrap().len(), 3, "two proposed, one picked: {stages}");
    let body =
        setup.app.db.text("select body -> 'data' -> 'lots' -> 0 ->> 'lot' from distribution.answer where sequence = 2");
    assert_eq!(body.await, "ｅｘ０００２", "as it was written");
    setup.app.db.stock_holds().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_site_may_confirm_before_the_branch_says_that_it_delivered() {
    let setup = Setup::new().await;
    let shipment = setup.order(195).await;
    setup.dispatched(shipment, &[("EX0001", 195)]).await;
    setup.receive(shipment, &[("EX0001", 195, 0)]).await.ok(200);
    let before = setup.piles(shipment).await;
    setup.answered(shipment, 4, "delivered", moment()).await;
    assert_eq!(setup.stands(shipment).await, "delivered 6");
    assert_eq!(setup.piles(shipment).await, before);
    setup.app.db.stock_holds().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_took_is_sent_again_returned_or_lost() {
    let setup = Setup::new().await;
    let (again, back, gone) = (setup.order(195).await, setup.order(195).await, setup.order(195).await);
    for shipment in [again, back, gone] {
        let lot = if shipment == gone { "EX0002" } else { "EX0001" };
        setup.dispatched(shipment, &[(lot, 195)]).await;
        setup.answered(shipment, 4, "failed", super::setup::because("会場が閉まっていた")).await;
        assert_eq!(setup.piles(shipment).await[3], 195, "still on the road");
    }
    setup.answered(again, 5, "dispatched", moment()).await;
    setup.receive(again, &[("EX0001", 195, 0)]).await.ok(200);
    setup.answered(back, 5, "returned", super::setup::because("引き取った")).await;
    setup.answered(gone, 5, "lost", super::setup::because("車両ごと盗まれた")).await;
    for shipment in [again, back, gone] {
        assert_eq!(setup.piles(shipment).await[2..], [0, 0, 0]);
    }
    assert_eq!(setup.app.db.stock("returned", "depot/W01", Some("EX0001")).await, 195);
    assert_eq!(setup.app.db.stock("lost", &format!("shipment/{gone}"), Some("EX0002")).await, 195);
    let states = [setup.stands(again).await, setup.stands(back).await, setup.stands(gone).await];
    assert_eq!(states, ["delivered 7", "returned 6", "lost 6"]);
    setup.app.db.stock_holds().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_branch_may_pick_again_until_dispatch() {
    let setup = Setup::new().await;
    let shipment = setup.order(390).await;
    setup.picked(shipment, &[("EX0001", 390)]).await;
    setup.answered(shipment, 3, "picked", picked(&[("EX0001", 195), ("EX0002", 195)])).await;
    setup.answered(shipment, 4, "scheduled", day("2021-04-30")).await;
    assert_eq!(setup.stands(shipment).await, "picked 5");
    let own = format!("shipment/{shipment}");
    let reserved = async |lot| setup.app.db.stock("reserved", &own, Some(lot)).await;
    assert_eq!((reserved("EX0001").await, reserved("EX0002").await), (195, 195));
    assert_eq!(setup.piles(shipment).await, [585, 0, 390, 0, 0]);
    setup.answered(shipment, 5, "dispatched", moment()).await;
    setup.refused(shipment, 6, "picked", picked(&[("EX0001", 390)]), 409, "shipment.wrong_state").await;
    setup.app.db.stock_holds().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_depots_book_lacks_is_taken_all_the_same() {
    let setup = Setup::new().await;
    let first = setup.order(390).await;
    let second = setup.order(585).await;
    let third = setup.order(390).await;
    assert_eq!(setup.piles(third).await, [0, 0, 0, 0, 0], "the depot is empty");
    assert_eq!(setup.events(third, "shipment.ordered.v1").await[0]["lots"], json!([]));
    setup.picked(third, &[("EX0001", 300), ("EX0002", 90)]).await;
    assert_eq!(setup.piles(third).await, [0, 0, 390, 0, -390]);
    let open = "select count(*) from distribution.discrepancy where kind = 'beyond_stock' and state = 'open'";
    assert_eq!(setup.app.db.number(open).await, 2);
    assert_eq!(setup.events(third, "notification.requested.v1").await.len(), 1, "one for both lots");
    // another choice takes it back; the rest is what the depot had after all
    let body = super::setup::cancel(&setup.city, first, 1).await;
    body.ok(200);
    setup.answered(third, 3, "picked", picked(&[("EX0001", 390)])).await;
    assert_eq!(setup.piles(third).await, [300, 0, 390, 0, -300], "the first pick is kept where it fits");
    let withdrawn = "select count(*) from distribution.discrepancy where decision = 'withdrawn'";
    assert_eq!(setup.app.db.number(withdrawn).await, 1);
    setup.answered(third, 4, "failed", super::setup::because("ロットがない")).await;
    assert_eq!(setup.piles(third).await, [390, 0, 0, 0, 0]);
    assert_eq!(setup.app.db.number(open).await, 0);
    assert_eq!(setup.stands(third).await, "unfulfillable 5");
    assert_eq!(setup.events(third, "shipment.unfulfillable.v1").await[0]["reason"], "ロットがない");
    assert_eq!(setup.piles(second).await[2], 585, "untouched");
    setup.app.db.stock_holds().await;
}
