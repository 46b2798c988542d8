//! Releases become shipments: which branch, which lots, and what becomes of odd ones.
use super::setup::{CHIYODA, CHUO, NEW, OLD, SHINJUKU, Setup};
use distribution::consume::Releases;
use platform::inbox::Received;
use serde_json::{Value, json};
use testkit::shipping::{day, event, released};
use wire::events::EventSplit;

#[tokio::test(flavor = "multi_thread")]
async fn the_area_of_the_first_day_names_the_branch() {
    let setup = Setup::new().await;
    let shipment = setup.app.order(&released(CHUO, 195)).await;
    assert_eq!(setup.events(shipment, "shipment.ordered.v1").await[0]["branch"], "W01-02");
    let unknown = setup.app.order(&released(SHINJUKU, 195)).await;
    assert_eq!(setup.stands(unknown).await, "unfulfillable 1");
    let told = &setup.events(unknown, "shipment.unfulfillable.v1").await[0];
    assert_eq!((told.get("branch"), told.get("wholesaler")), (None, None));
    assert!(told["reason"].as_str().unwrap().contains(SHINJUKU), "{told}");
    setup.w01.get(&format!("/v1/shipments/{unknown}")).await.refused(404, "shipment.not_found");
    setup.tokyo.get(&format!("/v1/shipments/{unknown}")).await.ok(200);
    let mut late = released(CHIYODA, 195);
    (late.delivery_from, late.delivery_to) = (day("2021-01-30"), day("2021-02-05"));
    let late = setup.app.order(&late).await;
    assert_eq!(setup.stands(late).await, "unfulfillable 1", "the area begins in February");
    setup.app.db.stock_holds().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lots_that_may_expire_within_the_window_are_not_proposed() {
    let setup = Setup::new().await;
    setup.app.inbound("W01", &[("EX0000", "2021-04-15", 195), ("EX0004", "2021-04-16", 195)]).await;
    let shipment = setup.order(390).await;
    let lots = setup.events(shipment, "shipment.ordered.v1").await[0]["lots"].clone();
    let numbers: Vec<&Value> = lots.as_array().unwrap().iter().map(|lot| &lot["lot"]).collect();
    assert_eq!(numbers, ["EX0004", "EX0001"]);
    setup.app.db.stock_holds().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_release_is_ordered_once() {
    let setup = Setup::new().await;
    let mut release = released(CHIYODA, 390);
    let split = |vials| EventSplit {
        site_id: platform::opctx::new_id(),
        facility_id: None,
        name: "訓練病院".into(),
        municipality: CHIYODA.into(),
        vials,
    };
    release.splits = vec![split(30), split(60)];
    let distribution = setup.app.distribution().await;
    let inbox = distribution::consume::inbox(&distribution);
    let told = event(&release, 1);
    assert_eq!(inbox.take_one(&Releases, &told).await.unwrap(), Received::Applied);
    let rows = setup.rows().await;
    assert_eq!(inbox.take_one(&Releases, &told).await.unwrap(), Received::Duplicate);
    assert_eq!(setup.rows().await, rows);
    let splits = setup.city.get(&format!("/v1/shipments/{}", release.release_id)).await.at("/splits");
    assert_eq!(splits.as_array().unwrap().iter().map(|split| split["vials"].as_i64().unwrap()).sum::<i64>(), 90);
    setup.app.db.stock_holds().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_release_of_ours_is_refused() {
    let setup = Setup::new().await;
    let before = setup.rows().await;
    let whole = released(CHIYODA, 390);
    let own = EventSplit {
        site_id: whole.hub.site_id,
        facility_id: None,
        name: "会場".into(),
        municipality: CHIYODA.into(),
        vials: 10,
    };
    for odd in [
        released(CHIYODA, 391),
        released(CHIYODA, 0),
        released("131017", 195),
        wire::events::AllocationReleased { pack_vials: 0, ..whole.clone() },
        wire::events::AllocationReleased { product: "aspirin".into(), ..whole.clone() },
        wire::events::AllocationReleased { delivery_to: day("2021-04-01"), ..whole.clone() },
        wire::events::AllocationReleased { splits: vec![own.clone()], ..whole.clone() },
        wire::events::AllocationReleased {
            splits: vec![EventSplit { site_id: platform::opctx::new_id(), vials: 391, ..own }],
            ..whole.clone()
        },
    ] {
        let refused = setup.app.try_order(&odd).await.unwrap_err();
        assert!(refused.to_string().starts_with("event.malformed"), "{refused}");
    }
    let distribution = setup.app.distribution().await;
    let inbox = distribution::consume::inbox(&distribution);
    let mut other = event(&whole, 1);
    other.kind = "allocation.released.v2".into();
    let refused = inbox.take_one(&Releases, &other).await.unwrap_err();
    assert!(refused.to_string().starts_with("event.unknown_version"), "{refused}");
    assert_eq!(setup.rows().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_at_once_never_take_the_same_vials() {
    let setup = Setup::new().await;
    let distribution = setup.app.distribution().await;
    let mut ordering = tokio::task::JoinSet::new();
    for _ in 0..12 {
        let inbox = distribution::consume::inbox(&distribution);
        let told = event(&released(CHIYODA, 195), 1);
        ordering.spawn(async move { inbox.take_one(&Releases, &told).await });
    }
    for ordered in ordering.join_all().await {
        assert_eq!(ordered.unwrap(), Received::Applied);
    }
    let reserved = "select sum(a.credits_posted - a.debits_posted) from distribution.stock_account s
                    join distribution.account a on a.id = s.account_id where s.kind = 'reserved'";
    assert_eq!(setup.app.db.number(reserved).await, 975, "as much as there is");
    assert_eq!(setup.app.db.stock("available", "depot/W01", None).await, 0);
    let proposed = "select count(distinct shipment_id) from distribution.shipment_lot where stage = 'proposed'";
    assert_eq!(setup.app.db.number(proposed).await, 5);
    setup.app.db.stock_holds().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn inbound_enters_lots_once_and_keeps_their_expiry() {
    let setup = Setup::new().await;
    let inbound = |lots: Value| {
        let request =
            json!({"id": platform::opctx::new_id(), "wholesaler": "W01", "product": "comirnaty-12plus", "lots": lots});
        let client = setup.w01.clone();
        async move { client.post("/v1/inbound", &request).await }
    };
    let more =
        inbound(json!([{"lot": "ex0001", "expiry": OLD, "vials": 10}, {"lot": "EX0009", "expiry": NEW, "vials": 5}]));
    assert_eq!(more.await.ok(200).at("/vials"), 15);
    assert_eq!(setup.app.db.stock("available", "depot/W01", Some("EX0001")).await, 400);
    let before = setup.rows().await;
    let differs =
        inbound(json!([{"lot": "EX0010", "expiry": NEW, "vials": 5}, {"lot": "EX0001", "expiry": NEW, "vials": 5}]))
            .await;
    assert_eq!(differs.refused(409, "lot.differs").at("/errors/0/path"), "lots[1].expiry");
    for (lots, path, code) in [
        (json!([]), "lots", "request.invalid_field"),
        (json!([{"lot": "EX_1", "expiry": NEW, "vials": 5}]), "lots[0].lot", "lot.malformed"),
        (json!([{"lot": "EX0001", "expiry": OLD, "vials": 0}]), "lots[0].vials", "stock.amount_out_of_range"),
        (json!([{"lot": "EX0001", "expiry": OLD, "vials": -5}]), "lots[0].vials", "stock.amount_out_of_range"),
        (
            json!([{"lot": "EX0001", "expiry": OLD, "vials": 1_000_000_001}]),
            "lots[0].vials",
            "stock.amount_out_of_range",
        ),
        (json!([{"lot": "EX0011", "expiry": "2021-04-04", "vials": 5}]), "lots[0].expiry", "lot.expired"),
        (
            json!([{"lot": "EX0001", "expiry": OLD, "vials": 5}, {"lot": "ex0001", "expiry": OLD, "vials": 5}]),
            "lots[1].lot",
            "lot.duplicate",
        ),
    ] {
        let refused = inbound(lots).await;
        refused.refused(422, "request.invalid");
        assert_eq!((refused.at("/errors/0/path"), refused.at("/errors/0/code")), (json!(path), json!(code)));
    }
    let nul = json!({"id": platform::opctx::new_id(), "wholesaler": "W01", "product": "a\u{0}",
                     "lots": [{"lot": "EX0001", "expiry": OLD, "vials": 5}]});
    setup.w01.post("/v1/inbound", &nul).await.refused(422, "request.invalid");
    let other = json!({"id": platform::opctx::new_id(), "wholesaler": "W01", "product": "aspirin",
                       "lots": [{"lot": "EX0001", "expiry": OLD, "vials": 5}]});
    assert_eq!(
        setup.w01.post("/v1/inbound", &other).await.refused(422, "request.invalid").at("/errors/0/path"),
        "product"
    );
    assert_eq!(setup.rows().await, before);
    setup.app.db.stock_holds().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_depots_enter_the_same_new_lots_at_once() {
    let setup = Setup::new().await;
    let clients = [setup.w01.clone(), setup.app.wholesaler("W02").await];
    let mut entering = tokio::task::JoinSet::new();
    for turn in 0..12_usize {
        let (client, wholesaler) = (clients[turn % 2].clone(), format!("W0{}", turn % 2 + 1));
        let mut lots = vec![
            json!({"lot": "EX0020", "expiry": NEW, "vials": 10}),
            json!({"lot": "EX0021", "expiry": NEW, "vials": 10}),
        ];
        if turn % 3 == 0 {
            lots.reverse();
        }
        let request = json!({"id": platform::opctx::new_id(), "wholesaler": wholesaler, "product": "comirnaty-12plus", "lots": lots});
        entering.spawn(async move { client.post("/v1/inbound", &request).await });
    }
    for entered in entering.join_all().await {
        entered.ok(200);
    }
    for lot in ["EX0020", "EX0021"] {
        assert_eq!(setup.app.db.stock("available", "depot/W01", Some(lot)).await, 60);
        assert_eq!(setup.app.db.stock("maker", "maker", Some(lot)).await, -120);
    }
    setup.app.db.stock_holds().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn areas_never_overlap() {
    let setup = Setup::new().await;
    let distribution = setup.app.distribution().await;
    let ctx = platform::OpCtx::system("testkit", &distribution.shared.clock);
    let area = |branch: &str, from: &str, to: Option<&str>| distribution_store::rows::Area {
        municipality: CHIYODA.into(),
        product_group: "covid19".into(),
        branch: branch.into(),
        valid_from: day(from),
        valid_to: to.map(day),
    };
    let register = |areas: Vec<distribution_store::rows::Area>| {
        let (db, ctx) = (distribution.db.clone(), ctx.clone());
        async move { distribution::app::register_wholesalers::register_wholesalers(&db, &ctx, &[], &[], &areas).await }
    };
    let refused = register(vec![area("W01-02", "2021-04-12", None)]).await.unwrap_err();
    assert!(refused.to_string().starts_with("wholesaler.area_overlaps"), "{refused}");
    let handed_over = vec![area("W01-01", "2021-02-01", Some("2021-04-12")), area("W01-02", "2021-04-12", None)];
    register(handed_over).await.unwrap();
    let shipment = setup.order(195).await;
    assert_eq!(setup.events(shipment, "shipment.ordered.v1").await[0]["branch"], "W01-02");
    let officer = platform::OpCtx { actor: domain::policy::Actor::public(), ..ctx.clone() };
    let refused =
        distribution::app::register_wholesalers::register_wholesalers(&distribution.db, &officer, &[], &[], &[]).await;
    assert!(refused.unwrap_err().to_string().starts_with("auth.forbidden"));
}

/// Syringes, needles and diluent go along by ratio, as dated on the first day of delivery: in the order, and
/// wherever the shipment is read.
#[tokio::test(flavor = "multi_thread")]
async fn goods_go_along_with_a_shipment() {
    let setup = Setup::new().await;
    let shipment = setup.order(390).await;
    let ordered = setup.events(shipment, "shipment.ordered.v1").await[0]["goods"].clone();
    let pieces = |goods: &str, pieces: i64| json!({"goods": goods, "pieces": pieces});
    // six doses a vial from 12 April on, and the syringes for them
    let expected = json!([
        pieces("diluent-2ml", 390),
        pieces("needle", 2_340),
        pieces("needle-dilution", 390),
        pieces("syringe-dilution", 390),
        pieces("syringe-low-dead-space", 2_340),
    ]);
    assert_eq!(ordered, expected);
    let read = setup.w01.get(&format!("/v1/shipments/{shipment}")).await;
    let goods = read.ok(200).at("/goods");
    assert_eq!(
        goods[0],
        json!({"goods": "diluent-2ml", "pieces": 390, "unit": {"ja": "本", "en": "vials"},
               "name": {"ja": "希釈用生理食塩液（2 mL）", "en": "Sodium chloride diluent, 2 ml"}})
    );

    // a day earlier the same box counts five doses a vial
    let mut early = released(CHIYODA, 195);
    (early.delivery_from, early.delivery_to) = (day("2021-04-11"), day("2021-04-16"));
    let early = setup.app.order(&early).await;
    let ordered = setup.events(early, "shipment.ordered.v1").await[0]["goods"].clone();
    let named = |rows: &Value, name: &str| {
        let row = rows.as_array().unwrap().iter().find(|row| row["goods"] == name).cloned();
        row.map(|row| row["pieces"].as_i64().unwrap())
    };
    assert_eq!(
        [named(&ordered, "syringe"), named(&ordered, "syringe-low-dead-space"), named(&ordered, "diluent-2ml")],
        [Some(975), None, Some(195)]
    );
    // a list has each shipment's own
    let list = setup.city.get("/v1/shipments").await;
    let shipments = list.ok(200).at("/shipments");
    for row in shipments.as_array().unwrap() {
        let name = if row["shipment"] == json!(early) { "syringe" } else { "syringe-low-dead-space" };
        assert!(named(&row["goods"], name).is_some(), "{row}");
    }
    setup.app.db.stock_holds().await;
}

/// A freezer goes with nothing, and nobody's area brings one: its release comes back.
#[tokio::test(flavor = "multi_thread")]
async fn a_device_becomes_a_shipment_that_nobody_brings() {
    let setup = Setup::new().await;
    let freezers = wire::events::AllocationReleased {
        product: "freezer-75".into(),
        pack: "unit1".into(),
        pack_vials: 1,
        ..released(CHIYODA, 3)
    };
    let shipment = setup.app.order(&freezers).await;
    assert_eq!(setup.stands(shipment).await, "unfulfillable 1");
    let read = setup.city.get(&format!("/v1/shipments/{shipment}")).await;
    assert_eq!((read.ok(200).at("/storage"), read.at("/goods")), (json!("ambient"), json!([])));
}
