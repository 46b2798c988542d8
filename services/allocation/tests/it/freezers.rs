//! Freezers are allotted by the same engine and book as doses, and count vials at the sites that have them.
use super::setup::{NATION, Setup, TAKAMATSU, TOTTORI, TOTTORI_CITY, YONAGO, carry_through, persons};
use allocation_store::read::programmes;
use platform::opctx::new_id;
use serde_json::json;
use testkit::{Answer, TestApp};

/// The nation ordered so many at about -75 degrees.
const FREEZERS: i64 = 3_000;

#[tokio::test(flavor = "multi_thread")]
async fn three_thousand_freezers_run_down_to_the_sites() {
    let app = TestApp::start().await;
    app.db.populations(persons).await;
    let round = app.db.open_device_round("freezer-75", 1, FREEZERS).await;
    let hubs = [TOTTORI_CITY, YONAGO, TAKAMATSU];
    let sites = app.db.sites(round, &hubs.map(|hub| (hub, 1)), &[]).await;
    let setup = Setup { app, round, sites };
    let ministry = setup.app.ministry().await;
    let computed = ministry.post("/v1/plans", &setup.compute(NATION)).await;
    assert_eq!(
        [computed.ok(200).at("/lines"), computed.at("/granted_vials"), computed.at("/supply_vials")],
        [json!(47), json!(FREEZERS), json!(FREEZERS)]
    );
    let flat = "select sum(units) from allocation.plan_line where under is not null";
    assert_eq!(setup.app.db.number(flat).await, FREEZERS, "one is a unit");
    carry_through(&setup.app, &ministry, &computed).await;
    assert_eq!((setup.left("granted", NATION).await, setup.left("reserve", NATION).await), (0, 0));

    let tottori = setup.app.officer(TOTTORI).await;
    let (plan, version) = setup.plan_of(TOTTORI).await;
    let draft = json!({"plan": plan, "version": version, "holder": TOTTORI});
    carry_through(&setup.app, &tottori, &Answer { body: draft, ..tottori.get("/healthz").await }).await;
    let has = setup.left("granted", TOTTORI_CITY).await;
    assert!(has > 1, "{has}");
    let city = setup.app.officer(TOTTORI_CITY).await;
    let over = city.post("/v1/assignments", &setup.assign(TOTTORI_CITY, &[has + 1])).await;
    over.refused(409, "allocation.over_supply");
    for text in ["/title", "/title_ja", "/detail"] {
        let text = over.at(text).to_string();
        assert!(!text.contains("vial") && !text.contains("バイアル"), "a freezer is no vial: {text}");
    }
    city.post("/v1/assignments", &setup.assign(TOTTORI_CITY, &[has])).await.ok(200);
    let release = json!({"id": new_id(), "round": round, "holder": TOTTORI_CITY, "hub": setup.sites[TOTTORI_CITY][0]});
    let released = city.post("/v1/releases", &release).await;
    assert_eq!((released.ok(200).at("/packs"), released.at("/vials")), (json!(has), json!(has)));
    setup.app.audit_ok().await;
}

/// What a rule may cap by: the vials that freezers of the product's storage take, municipality by municipality.
#[tokio::test(flavor = "multi_thread")]
async fn freezers_are_counted_by_storage_and_municipality() {
    let app = TestApp::start().await;
    let round = app.db.open_round(1, 0).await;
    for (municipality, freezer) in [
        (TOTTORI_CITY, Some(("ultra_cold", 390))),
        (TOTTORI_CITY, Some(("ultra_cold", 195))),
        (TOTTORI_CITY, Some(("frozen", 1_000))),
        (TOTTORI_CITY, None),
        (YONAGO, Some(("refrigerated", 50))),
        (TAKAMATSU, Some(("ultra_cold", 0))),
    ] {
        app.db.site("mass", municipality, freezer, Some((round, 1))).await.unwrap();
    }
    let db = app.db.home.pool("allocation_app", "allocation").unwrap();
    let found = programmes::freezer_vials(&mut db.read().await.unwrap(), "comirnaty-12plus").await.unwrap();
    let found: Vec<(&str, i64)> = found.iter().map(|row| (row.place.as_str(), row.vials)).collect();
    assert_eq!(found, [(TOTTORI_CITY, 585), (TAKAMATSU, 0)]);
    let none = programmes::freezer_vials(&mut db.read().await.unwrap(), "freezer-75").await.unwrap();
    assert!(none.is_empty(), "a freezer is kept in none");
}
