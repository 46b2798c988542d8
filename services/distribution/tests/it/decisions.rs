//! Signed decisions bring discrepancies to zero.
use super::setup::{Setup, resolve};
use serde_json::json;
use uuid::Uuid;

/// The open discrepancy of a kind and lot.
async fn open(setup: &Setup, shipment: Uuid, kind: &str, lot: &str) -> String {
    let sql = format!(
        "select d.id from distribution.discrepancy d join distribution.lot l on l.id = d.lot_id
         where d.shipment_id = '{shipment}' and d.kind = '{kind}' and l.number = '{lot}' and d.state = 'open'"
    );
    setup.app.db.text(&sql).await
}

/// A shipment of 195 vials of EX0001, of which arrived `accepted`, `damaged`, and `wrong` of EX0003.
async fn odd(setup: &Setup, accepted: i64, damaged: i64, wrong: i64) -> Uuid {
    let shipment = setup.order(195).await;
    setup.dispatched(shipment, &[("EX0001", 195)]).await;
    setup.receive(shipment, &[("EX0001", accepted, damaged), ("EX0003", wrong, 0)]).await.ok(200);
    shipment
}

#[tokio::test(flavor = "multi_thread")]
async fn each_decision_moves_the_vials() {
    let setup = Setup::new().await;
    let db = &setup.app.db;
    setup.app.inbound("W01", &[("EX0001", super::setup::OLD, 1_950), ("EX0003", super::setup::NEW, 7)]).await;
    for (decision, kind, lot) in [
        ("lost", "short", "EX0001"),
        ("found_at_depot", "short", "EX0001"),
        ("found_at_site", "short", "EX0001"),
        ("destroyed", "damaged", "EX0001"),
        ("usable", "damaged", "EX0001"),
        ("returned", "damaged", "EX0001"),
        ("from_depot", "surplus", "EX0003"),
        ("from_maker", "surplus", "EX0003"),
    ] {
        let shipment = odd(&setup, 188, 4, 7).await;
        let site =
            db.text(&format!("select 'site/' || site_id from distribution.shipment where id = '{shipment}'")).await;
        let own = format!("shipment/{shipment}");
        let look = async || {
            let at = async |kind, place: &str| db.stock(kind, place, Some(lot)).await;
            [
                at("lost", &own).await,
                at("available", "depot/W01").await,
                at("returned", "depot/W01").await,
                at("available", &site).await,
                at("quarantined", &site).await,
                at("destroyed", &site).await,
                at("discrepancy", &own).await,
                at("maker", "maker").await,
            ]
        };
        let before = look().await;
        let resolved = resolve(&setup.tokyo, &open(&setup, shipment, kind, lot).await, decision).await;
        let after = look().await;
        let moved: Vec<i64> = before.iter().zip(&after).map(|(before, after)| after - before).collect();
        let expected = match decision {
            "lost" => [3, 0, 0, 0, 0, 0, -3, 0],
            "found_at_depot" => [0, 3, 0, 0, 0, 0, -3, 0],
            "found_at_site" => [0, 0, 0, 3, 0, 0, -3, 0],
            "destroyed" => [0, 0, 0, 0, -4, 4, 0, 0],
            "usable" => [0, 0, 0, 4, -4, 0, 0, 0],
            "returned" => [0, 0, 4, 0, -4, 0, 0, 0],
            "from_depot" => [0, -7, 0, 0, 0, 0, 7, 0],
            _ => [0, 0, 0, 0, 0, 0, 7, -7],
        };
        assert_eq!((resolved.ok(200).at("/decision"), moved), (json!(decision), expected.to_vec()));
        db.stock_holds().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn decisions_that_cannot_be_taken() {
    let setup = Setup::new().await;
    let shipment = odd(&setup, 188, 4, 7).await;
    let (short, damaged) =
        (open(&setup, shipment, "short", "EX0001").await, open(&setup, shipment, "damaged", "EX0001").await);
    let surplus = open(&setup, shipment, "surplus", "EX0003").await;
    let before = setup.rows().await;
    for (discrepancy, decision) in [
        (&short, "destroyed"),
        (&short, "from_maker"),
        (&surplus, "lost"),
        (&surplus, "withdrawn"),
        (&damaged, "found_at_site"),
        (&damaged, "x"),
    ] {
        let refused = resolve(&setup.tokyo, discrepancy, decision).await;
        assert_eq!(refused.refused(422, "discrepancy.wrong_decision").at("/errors/0/path"), "decision");
    }
    // W01 never had that lot
    resolve(&setup.tokyo, &surplus, "from_depot").await.refused(409, "stock.insufficient");
    let path = format!("/v1/discrepancies/{short}:resolve");
    let silent = json!({"id": platform::opctx::new_id(), "decision": "lost", "reason": " "});
    let refused = setup.tokyo.post(&path, &silent).await;
    assert_eq!(refused.refused(422, "request.invalid").at("/errors/0/code"), "request.reason_missing");
    resolve(&setup.tokyo, "x", "lost").await.refused(404, "discrepancy.not_found");
    resolve(&setup.tokyo, &Uuid::nil().to_string(), "lost").await.refused(404, "discrepancy.not_found");
    resolve(&setup.city, &short, "lost").await.refused(403, "auth.forbidden");
    resolve(&setup.w01, &short, "lost").await.refused(403, "auth.forbidden");
    let kanagawa = setup.app.persona("prefecture-31").await;
    resolve(&kanagawa, &short, "lost").await.refused(404, "discrepancy.not_found");
    assert_eq!(setup.rows().await, before);
    resolve(&setup.app.ministry().await, &short, "lost").await.ok(200);
    let before = setup.rows().await;
    resolve(&setup.tokyo, &short, "found_at_site").await.refused(409, "discrepancy.already_resolved");
    assert_eq!(setup.rows().await, before);
    setup.app.db.stock_holds().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_a_recalled_lot_becomes_available() {
    let setup = Setup::new().await;
    let shipment = odd(&setup, 188, 4, 0).await;
    super::setup::recall(&setup.app.ministry().await, "EX0001").await.ok(200);
    assert_eq!((setup.at_site(shipment, "available").await, setup.at_site(shipment, "quarantined").await), (0, 192));
    let damaged = open(&setup, shipment, "damaged", "EX0001").await;
    resolve(&setup.tokyo, &damaged, "usable").await.refused(422, "lot.recalled");
    resolve(&setup.tokyo, &damaged, "destroyed").await.ok(200);
    let short = open(&setup, shipment, "short", "EX0001").await;
    resolve(&setup.tokyo, &short, "found_at_depot").await.ok(200);
    assert_eq!(setup.app.db.stock("available", "depot/W01", Some("EX0001")).await, 0);
    setup.app.db.stock_holds().await;
}
