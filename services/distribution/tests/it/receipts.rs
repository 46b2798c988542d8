//! What arrives is not always what was sent.
use super::setup::{Setup, arrived, receive};
use platform::opctx::new_id;
use serde_json::{Value, json};
use uuid::Uuid;

/// Kind, lot and vials of a shipment's discrepancies.
async fn differences(setup: &Setup, shipment: Uuid) -> Vec<String> {
    let read = setup.tokyo.get(&format!("/v1/shipments/{shipment}")).await;
    let rows = read.ok(200).at("/discrepancies");
    let text =
        |row: &Value| format!("{} {} {}", row["kind"].as_str().unwrap(), row["lot"].as_str().unwrap(), row["vials"]);
    let mut rows: Vec<String> = rows.as_array().unwrap().iter().map(text).collect();
    rows.sort();
    rows
}

#[tokio::test(flavor = "multi_thread")]
async fn short_damaged_and_too_many() {
    let setup = Setup::new().await;
    let shipment = setup.order(390).await;
    setup.dispatched(shipment, &[("EX0001", 195), ("EX0002", 195)]).await;
    let received = setup.receive(shipment, &[("EX0001", 180, 5), ("EX0002", 200, 1)]).await;
    received.ok(200);
    let sums =
        ["vials_accepted", "vials_damaged", "vials_short", "vials_surplus"].map(|sum| received.at(&format!("/{sum}")));
    assert_eq!(sums, [json!(380), json!(6), json!(10), json!(6)]);
    let expected = ["damaged EX0001 5", "damaged EX0002 1", "short EX0001 10", "surplus EX0002 6"];
    assert_eq!(differences(&setup, shipment).await, expected);
    assert_eq!(setup.piles(shipment).await[2..], [0, 0, 4], "ten in question, six owed");
    assert_eq!((setup.at_site(shipment, "available").await, setup.at_site(shipment, "quarantined").await), (380, 6));
    let told = setup.events(shipment, "notification.requested.v1").await;
    assert_eq!(
        (told.len(), &told[0]["recipient"], &told[0]["topic"]),
        (1, &json!("130001"), &json!("shipment.discrepancy"))
    );
    assert!(
        told[0]["ja"].as_str().unwrap().contains("不足 10 バイアル、過剰 6 バイアル、破損 6 バイアル"),
        "{}",
        told[0]
    );
    let event = &setup.events(shipment, "receipt.recorded.v1").await[0];
    assert_eq!((&event["vials_short"], &event["vials_surplus"]), (&json!(10), &json!(6)));
    setup.app.db.stock_holds().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_lot_is_short_of_one_and_surplus_of_another() {
    let setup = Setup::new().await;
    let shipment = setup.order(195).await;
    setup.dispatched(shipment, &[("EX0001", 195)]).await;
    setup.receive(shipment, &[("ＥＸ０００３", 195, 0)]).await.ok(200);
    assert_eq!(differences(&setup, shipment).await, ["short EX0001 195", "surplus EX0003 195"]);
    let own = format!("shipment/{shipment}");
    let owed = async |lot| setup.app.db.stock("discrepancy", &own, Some(lot)).await;
    assert_eq!((owed("EX0001").await, owed("EX0003").await), (195, -195));
    setup.app.db.stock_holds().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_came_at_all() {
    let setup = Setup::new().await;
    let shipment = setup.order(195).await;
    setup.dispatched(shipment, &[("EX0001", 195)]).await;
    let received = setup.receive(shipment, &[]).await;
    assert_eq!((received.ok(200).at("/vials_accepted"), received.at("/vials_short")), (json!(0), json!(195)));
    assert_eq!(differences(&setup, shipment).await, ["short EX0001 195"]);
    setup.app.db.stock_holds().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recalled_lot_goes_into_quarantine() {
    let setup = Setup::new().await;
    let shipment = setup.order(195).await;
    setup.dispatched(shipment, &[("EX0001", 195)]).await;
    super::setup::recall(&setup.app.ministry().await, "EX0001").await.ok(200);
    assert_eq!(setup.piles(shipment).await[3], 195, "on the road it stays what it is");
    setup.receive(shipment, &[("EX0001", 190, 5)]).await.ok(200);
    assert_eq!((setup.at_site(shipment, "available").await, setup.at_site(shipment, "quarantined").await), (0, 195));
    assert_eq!(differences(&setup, shipment).await, ["damaged EX0001 5"]);
    setup.app.db.stock_holds().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_write_nothing() {
    let setup = Setup::new().await;
    let shipment = setup.order(195).await;
    setup.picked(shipment, &[("EX0001", 195)]).await;
    let before = setup.rows().await;
    setup.receive(shipment, &[("EX0001", 195, 0)]).await.refused(409, "receipt.not_dispatched");
    assert_eq!(setup.rows().await, before);
    setup.answered(shipment, 3, "dispatched", super::setup::moment()).await;
    let before = setup.rows().await;
    for (lots, path, code) in [
        (json!([{"lot": "EX0099", "accepted": 195}]), "lots[0].lot", "lot.not_found"),
        (json!([{"lot": "EX 1", "accepted": 195}]), "lots[0].lot", "lot.malformed"),
        (json!([{"lot": "EX0001", "accepted": -1}]), "lots[0].accepted", "stock.amount_out_of_range"),
        (json!([{"lot": "EX0001", "accepted": 1, "damaged": -1}]), "lots[0].damaged", "stock.amount_out_of_range"),
        (json!([{"lot": "EX0001", "accepted": 1}, {"lot": "ex0001", "accepted": 1}]), "lots[1].lot", "lot.duplicate"),
    ] {
        let refused = receive(&setup.city, shipment, &json!({"id": new_id(), "lots": lots})).await;
        refused.refused(422, "request.invalid");
        assert_eq!((refused.at("/errors/0/path"), refused.at("/errors/0/code")), (json!(path), json!(code)));
    }
    for (at, code) in [("2021-04-06", "time.malformed_instant"), ("2021-04-06T00:00:00+09:00", "time.in_future")] {
        let refused = receive(&setup.city, shipment, &json!({"id": new_id(), "received_at": at, "lots": []})).await;
        assert_eq!(refused.refused(422, "request.invalid").at("/errors/0/code"), code);
    }
    let fractions = json!({"id": new_id(), "lots": [{"lot": "EX0001", "accepted": 1.5}]});
    receive(&setup.city, shipment, &fractions).await.refused(422, "request.invalid");
    assert_eq!(setup.rows().await, before);
    setup.receive(shipment, &[("EX0001", 195, 0)]).await.ok(200);
    let before = setup.rows().await;
    setup.receive(shipment, &[("EX0001", 195, 0)]).await.refused(409, "receipt.already_confirmed");
    assert_eq!(setup.rows().await, before);
    setup.app.db.stock_holds().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_who_confirm_at_once_are_one() {
    let setup = Setup::new().await;
    for _ in 0..2 {
        let shipment = setup.order(195).await;
        setup.dispatched(shipment, &[("EX0001", 195)]).await;
        let mut sending = tokio::task::JoinSet::new();
        for _ in 0..8 {
            let (city, request) = (setup.city.clone(), arrived(&[("EX0001", 195, 0)]));
            sending.spawn(async move { receive(&city, shipment, &request).await });
        }
        let answers = sending.join_all().await;
        assert_eq!(answers.iter().filter(|answer| answer.status.as_u16() == 200).count(), 1);
        for answer in answers.iter().filter(|answer| answer.status.as_u16() != 200) {
            answer.refused(409, "receipt.already_confirmed");
        }
        assert_eq!(setup.at_site(shipment, "available").await, 195);
    }
    setup.app.db.stock_holds().await;
}
