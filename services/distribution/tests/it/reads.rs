//! Work lists page by page, events from any point, overdue shipments, and what the gateway reads.
use super::setup::{CHIYODA, CHUO, Setup, cancel, day, picked, told};
use distribution::jobs::overdue;
use distribution_store::{
    read::{self, Discrepancies, Parent},
    stock,
};
use domain::{
    TerritoryCode,
    policy::{Actor, Place, Role, Scope},
};
use serde_json::json;
use std::collections::BTreeSet;
use testkit::shipping::{answer, released, send};

fn scope(role: Role, home: Place) -> Scope {
    Scope::of(&Actor { role, home, ..Actor::public() })
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_are_whole_and_in_order() {
    let setup = Setup::new().await;
    let mut all = Vec::new();
    for _ in 0..7 {
        all.push(setup.order(195).await.to_string());
    }
    setup.answered(all[3].parse().unwrap(), 1, "scheduled", day("2021-04-12")).await;
    let (mut found, mut after) = (Vec::new(), String::new());
    loop {
        let page = setup.w01.get(&format!("/v1/shipments?limit=3{after}")).await;
        let rows = page.ok(200).at("/shipments");
        found.extend(rows.as_array().unwrap().iter().map(|row| row["shipment"].as_str().unwrap().to_owned()));
        let Some(next) = page.at("/next").as_str().map(|next| format!("&after={next}")) else { break };
        after = next;
    }
    assert_eq!(found, all);
    let scheduled = setup.w01.get("/v1/shipments?state=scheduled").await;
    assert_eq!(scheduled.ok(200).at("/shipments/0/shipment"), json!(all[3]));
    let first = setup.w01.get("/v1/shipments?limit=1").await;
    assert_eq!(
        (first.at("/shipments/0/lots/0/lot"), first.at("/shipments/0/to/municipality")),
        (json!("EX0001"), json!(CHIYODA))
    );
    for (query, code) in
        [("state=x", "request.invalid"), ("limit=0", "request.invalid"), ("limit=201", "request.invalid")]
    {
        setup.w01.get(&format!("/v1/shipments?{query}")).await.refused(422, code);
    }
    setup.w01.get("/v1/shipments?branch=W1").await.refused(422, "wholesaler.malformed_code");
    for query in ["after=x", "limit=x", "page=2"] {
        setup.w01.get(&format!("/v1/shipments?{query}")).await.refused(400, "request.malformed");
    }
    setup.w01.get("/v1/shipments/x").await.refused(404, "shipment.not_found");
    let head = setup.w01.head("/v1/shipments").await;
    assert_eq!(head.status.as_u16(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn events_are_read_again_from_any_point() {
    let setup = Setup::new().await;
    let first = setup.order(195).await;
    let second = setup.order(195).await;
    cancel(&setup.city, second, 1).await.ok(200);
    setup.dispatched(first, &[("EX0001", 195)]).await;
    setup.receive(first, &[("EX0001", 195, 0)]).await.ok(200);
    told(&setup.w01, "", 4).await;
    let (mut kinds, mut after) = (Vec::new(), String::new());
    loop {
        let page = setup.w01.get(&format!("/v1/shipment-events?limit=1{after}")).await;
        let events = page.ok(200).at("/events");
        for event in events.as_array().unwrap() {
            assert_eq!(event["source"], "/meguri/distribution");
            kinds.push(format!("{} {}", event["type"].as_str().unwrap(), event["sequence"].as_str().unwrap()));
        }
        let Some(next) = page.at("/next").as_str().map(|next| format!("&after={next}")) else { break };
        after = next;
    }
    let expected =
        ["shipment.ordered.v1 1", "shipment.ordered.v1 1", "shipment.cancelled.v1 2", "receipt.recorded.v1 2"];
    assert_eq!(kinds, expected, "what is told to others is not among them");
    for after in ["x", "1", "-1-2", "zz-1"] {
        setup.w01.get(&format!("/v1/shipment-events?after={after}")).await.refused(400, "request.malformed");
    }
    // the envelope is one of ours
    let page = setup.w01.get("/v1/shipment-events").await;
    let event: wire::events::CloudEvent = serde_json::from_value(page.at("/events/0")).unwrap();
    assert_eq!(event.data["shipment_id"], json!(first));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_commits_later_is_never_passed_over() {
    let setup = Setup::new().await;
    let shipment = setup.order(195).await;
    // a transaction that has written its event and does not commit yet
    let url = setup.app.db.home.role_url("distribution_app").unwrap();
    let slow = platform::Db::new(&url, "distribution", 1).unwrap();
    let ctx = platform::OpCtx::system("slow", &setup.app.server.clock);
    let actor = Actor::system("slow");
    let nation = Place::Territory(TerritoryCode::NATION);
    let permit = domain::policy::decide(&actor, domain::policy::Action::EventApply, nation).unwrap();
    let entry = platform::audit::Entry { target: "slow".into(), cause: platform::opctx::new_id(), reason: None };
    let mut tx = platform::Tx::begin(&slow, &ctx, &[(&permit, entry)]).await.unwrap();
    let late = wire::events::ShipmentCancelled {
        shipment_id: platform::opctx::new_id(),
        wholesaler: "W01".parse().unwrap(),
        branch: "W01-01".parse().unwrap(),
        reason: "late".into(),
        training: true,
    };
    platform::outbox::emit(&mut tx, &ctx, platform::opctx::new_id(), &late).await.unwrap();
    let later = setup.order(195).await;
    let page = told(&setup.w01, "", 1).await;
    let events = page.at("/events");
    assert_eq!(events.as_array().unwrap().len(), 1, "the later one waits for the earlier: {events}");
    assert_eq!(events[0]["subject"], json!(format!("shipment/{shipment}")));
    let next = page.at("/next");
    tx.finish(Ok(())).await.unwrap();
    let page = told(&setup.w01, &format!("?after={}", next.as_str().unwrap()), 2).await;
    let subjects = [page.at("/events/0/subject"), page.at("/events/1/subject")];
    assert_eq!(subjects, [json!(format!("shipment/{}", late.shipment_id)), json!(format!("shipment/{later}"))]);
    let end = setup.w01.get(&format!("/v1/shipment-events?after={}", page.at("/next").as_str().unwrap())).await;
    assert_eq!((end.ok(200).at("/events"), end.at("/next")), (json!([]), json!(null)));
}

#[tokio::test(flavor = "multi_thread")]
async fn overdue_shipments_are_told_once() {
    let setup = Setup::new().await;
    let (ordered, moving, done, off) =
        (setup.order(195).await, setup.order(195).await, setup.order(195).await, setup.order(195).await);
    setup.dispatched(moving, &[("EX0002", 195)]).await;
    setup.dispatched(done, &[("EX0002", 195)]).await;
    setup.receive(done, &[("EX0002", 194, 0)]).await.ok(200);
    cancel(&setup.city, off, 1).await.ok(200);
    send(&setup.w01, ordered, &answer("W01", ordered, 2, "picked", picked(&[("EX0001", 195)]))).await.ok(200);
    let distribution = setup.app.distribution().await;
    assert_eq!(overdue::once(&distribution).await.unwrap(), 0, "still within the window");
    // nobody but this test looks: the server's own job looks every five seconds
    setup.app.step_clock("2021-04-17T00:00:01+09:00").await;
    let setting = platform::clock::Setting::stored(&mut distribution.db.read().await.unwrap()).await.unwrap();
    distribution.shared.clock.set(setting.unwrap());
    overdue::once(&distribution).await.ok();
    overdue::once(&distribution).await.unwrap();
    for (shipment, told) in [(ordered, 1), (moving, 1), (done, 0), (off, 0)] {
        let topics = setup.events(shipment, "notification.requested.v1").await;
        let overdue = topics.iter().filter(|event| event["topic"] == "shipment.overdue").count();
        assert_eq!(overdue, told);
    }
    let told = &setup.events(ordered, "notification.requested.v1").await[0];
    assert_eq!((&told["recipient"], &told["due_at"]), (&json!("130001"), &json!("2021-04-16T14:59:59.999Z")));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_gateway_reads_stays_within_the_scope() {
    let setup = Setup::new().await;
    let (here, there) = (setup.order(195).await, setup.app.order(&released(CHUO, 195)).await);
    setup.dispatched(here, &[("EX0001", 195)]).await;
    setup.receive(here, &[("EX0001", 190, 2)]).await.ok(200);
    setup.answered(there, 1, "failed", super::setup::because("x")).await;
    let distribution = setup.app.distribution().await;
    let mut conn = distribution.db.read().await.unwrap();
    let nation = scope(Role::Ministry, Place::Territory(TerritoryCode::NATION));
    let tokyo = scope(Role::Prefecture, Place::Territory("130001".parse().unwrap()));
    let tottori = scope(Role::Prefecture, Place::Territory("310000".parse().unwrap()));
    let branch = scope(Role::Wholesaler, Place::Branch("W01-01".parse().unwrap()));
    let none = scope(Role::Operator, Place::Territory(TerritoryCode::NATION));
    for (scope, seen) in [(&nation, 2), (&tokyo, 2), (&tottori, 0), (&branch, 1), (&none, 0)] {
        assert_eq!(read::shipments_by_id(&mut conn, scope, &[here, there]).await.unwrap().len(), seen);
        let round = read::shipment(&mut conn, here).await.unwrap().unwrap().round_id.to_string();
        for (parent, keys, most) in [
            (Parent::Nation, vec![String::new()], 2),
            (Parent::Prefecture, vec!["130001".into(), "310000".into()], 2),
            (Parent::Municipality, vec![CHIYODA.into(), CHUO.into()], 2),
            (Parent::Wholesaler, vec!["W01".into(), "W02".into()], 2),
            (Parent::Branch, vec!["W01-01".into()], 1),
            (Parent::Round, vec![round], 1),
        ] {
            let rows = read::shipments_under(&mut conn, scope, parent, &keys, &[], None, 10).await.unwrap();
            assert_eq!(rows.len(), seen.min(most), "{parent:?}");
            let counts = read::state_counts(&mut conn, scope, parent, &keys, None).await.unwrap();
            assert_eq!(counts.iter().map(|row| row.shipments).sum::<i64>(), rows.len() as i64, "{parent:?}");
        }
        let states = ["unfulfillable".to_owned()];
        let rows = read::shipments(&mut conn, scope, None, &states, None, 10).await.unwrap();
        assert_eq!(rows.len(), seen.saturating_sub(1));
        let open = read::discrepancies(&mut conn, scope, Discrepancies::Open, None, 10).await.unwrap();
        assert_eq!(open.len(), seen.min(1) * 2);
        let ids: Vec<_> = open.iter().map(|row| row.id).collect();
        assert_eq!(read::discrepancies_by_id(&mut conn, scope, &ids).await.unwrap().len(), ids.len());
        assert!(read::discrepancies_by_id(&mut conn, &none, &ids).await.unwrap().is_empty());
    }
    let depots = ["W01".to_owned(), "W02".to_owned()];
    let at = |rows: &[stock::Stock]| rows.iter().map(|row| row.place.clone()).collect::<BTreeSet<_>>().len();
    for (scope, places) in [(&nation, 2), (&tokyo, 0), (&branch, 1), (&none, 0)] {
        assert_eq!(at(&stock::at_depots(&mut conn, scope, &depots).await.unwrap()), places);
    }
    let site = read::shipment(&mut conn, here).await.unwrap().unwrap().site_id;
    let place = stock::SitePlace { site, facility: None, municipality: CHIYODA.parse().unwrap() };
    for (scope, rows) in [(&nation, 2), (&tokyo, 2), (&tottori, 0), (&branch, 0)] {
        assert_eq!(stock::at_sites(&mut conn, scope, &[place]).await.unwrap().len(), rows);
    }
}
