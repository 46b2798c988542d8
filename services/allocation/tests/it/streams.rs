//! The streams beside the residents': health workers at hubs, workplaces and the nation's own centres.
use super::setup::{NATION, Setup, TOTTORI, TOTTORI_CITY, YONAGO, carry_through, persons};
use domain::territory::Tier::{Nation, Prefecture};
use platform::opctx::new_id;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use testkit::{TestApp, round::BOX_VIALS};
use uuid::Uuid;

const TOKYO: &str = "130001";
const CHIYODA: &str = "131016";

/// A server with a round of a stream, and one site of each kind in Chiyoda.
struct World {
    app: TestApp,
    round: Uuid,
    sites: BTreeMap<&'static str, Uuid>,
}

impl World {
    async fn of(stream: &str, levels: &[domain::territory::Tier], vials: i64) -> Self {
        let app = TestApp::start().await;
        let db = &app.db;
        let round = db.open_stream(stream, levels, 1).await.unwrap();
        if levels.contains(&Nation) {
            db.supply(round, vials).await;
        }
        let residents = db.open_round(1, 0).await;
        let satellites = app.facilities(&[CHIYODA]).await;
        let own = db.sites(residents, &[(CHIYODA, 10)], &satellites).await;
        let mut sites = BTreeMap::from([("mass", own[CHIYODA][0]), ("satellite", own[CHIYODA][1])]);
        for kind in ["workplace", "national_centre"] {
            sites.insert(kind, db.site(kind, CHIYODA, None, None).await.unwrap());
        }
        Self { app, round, sites }
    }

    fn assign(&self, holder: &str, lines: &[(&str, i64)]) -> Value {
        let line = |(kind, vials): &(&str, i64)| json!({"site": self.sites[kind], "vials": vials});
        let sites: Vec<Value> = lines.iter().map(line).collect();
        json!({"id": new_id(), "round": self.round, "holder": holder, "sites": sites})
    }

    fn release(&self, holder: &str, kind: &str) -> Value {
        json!({"id": new_id(), "round": self.round, "holder": holder, "hub": self.sites[kind]})
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_nation_assigns_to_workplaces_and_releases_to_them() {
    for (stream, kind) in [("workplace", "workplace"), ("national_centre", "national_centre")] {
        let world = World::of(stream, &[Nation], 3 * BOX_VIALS).await;
        let (ministry, tokyo) = (world.app.ministry().await, world.app.officer(TOKYO).await);
        let assigned = ministry.post("/v1/assignments", &world.assign(NATION, &[(kind, 2 * BOX_VIALS)])).await;
        assert_eq!(
            [assigned.ok(200).at("/supply_vials"), assigned.at("/granted_vials"), assigned.at("/state")],
            [json!(3 * BOX_VIALS), json!(2 * BOX_VIALS), json!("committed")]
        );
        let over = ministry.post("/v1/assignments", &world.assign(NATION, &[(kind, BOX_VIALS + 1)])).await;
        over.refused(409, "allocation.over_supply");
        // what the nation assigned is not the prefecture's to release, though the site lies there
        let refused = tokyo.post("/v1/releases", &world.release(TOKYO, kind)).await;
        refused.refused(422, "allocation.nothing_to_release");
        tokyo.post("/v1/releases", &world.release(NATION, kind)).await.refused(404, "allocation.round_not_found");
        let auditor = world.app.persona("auditor").await;
        auditor.post("/v1/releases", &world.release(NATION, kind)).await.refused(403, "auth.forbidden");
        let body = world.release(NATION, kind);
        let released = ministry.post("/v1/releases", &body).await;
        assert_eq!((released.ok(200).at("/packs"), released.at("/lines")), (json!(2), json!(1)));
        let again = ministry.post("/v1/releases", &body).await;
        assert_eq!((again.ok(200).header("Idempotency-Replayed"), &again.body), ("true", &released.body));
        let event =
            world.app.db.rows("select payload from allocation.outbox where type = 'allocation.released.v1'").await;
        assert_eq!(event.len(), 1);
        let hub = &event[0]["payload"]["hub"];
        assert_eq!((&hub["site_id"], &hub["municipality"]), (&json!(world.sites[kind]), &json!(CHIYODA)));
        world.app.audit_ok().await;
    }
}

/// The nation releases what it assigned itself, and nothing else.
#[tokio::test(flavor = "multi_thread")]
async fn the_nation_releases_nothing_of_others() {
    let setup = Setup::handed_down(1_000 * BOX_VIALS).await;
    let ministry = setup.app.ministry().await;
    let release = |holder: &str| json!({"id": new_id(), "round": setup.round, "holder": holder, "hub": setup.sites[TOTTORI_CITY][0]});
    let before = setup.rows().await;
    ministry.post("/v1/releases", &release(NATION)).await.refused(422, "allocation.wrong_level");
    for below in [TOTTORI, TOTTORI_CITY] {
        ministry.post("/v1/releases", &release(below)).await.refused(403, "auth.forbidden");
    }
    assert_eq!(setup.rows().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sites_kind_decides_which_streams_may_assign_to_it() {
    let kinds = ["mass", "satellite", "workplace", "national_centre"];
    for (stream, levels, holder, takes) in [
        ("workplace", &[Nation][..], NATION, &["workplace"][..]),
        ("national_centre", &[Nation], NATION, &["national_centre"]),
        ("prefecture_site", &[Prefecture], TOKYO, &["mass", "satellite"]),
    ] {
        let world = World::of(stream, levels, 100).await;
        if holder == TOKYO {
            world.app.db.supply_to(world.round, TOKYO, 100).await.unwrap();
        }
        let officer = if holder == NATION { world.app.ministry().await } else { world.app.officer(holder).await };
        let plans = || async { world.app.db.number("select count(*) from allocation.plan").await };
        for kind in kinds.iter().filter(|kind| !takes.contains(kind)) {
            // the right one beside it does not help
            let refused = officer.post("/v1/assignments", &world.assign(holder, &[(takes[0], 1), (kind, 1)])).await;
            refused.refused(422, "request.invalid");
            let error = refused.at("/errors/0");
            assert_eq!(
                (&error["path"], &error["code"]),
                (&json!("sites[1].site"), &json!("allocation.wrong_site_for_stream"))
            );
            for text in [&error["ja"], &error["en"]] {
                let text = text.as_str().unwrap();
                let site = world.sites[kind].to_string();
                assert!([site.as_str(), kind, stream].iter().all(|part| text.contains(part)), "{text}");
            }
            let wish = world.app.db.site(kind, CHIYODA, None, Some((world.round, 5))).await;
            if *kind != "satellite" {
                assert_eq!(wish.unwrap_err().into_problem().code.code, "allocation.wrong_site_for_stream");
            }
        }
        assert_eq!(plans().await, 0);
        for kind in takes {
            // a satellite comes with its hub
            if *kind != "satellite" {
                world.app.db.site(kind, CHIYODA, None, Some((world.round, 5))).await.unwrap();
            }
            officer.post("/v1/assignments", &world.assign(holder, &[(kind, 1)])).await.ok(200);
        }
        let odd = "select count(*) from allocation.wish w join allocation.site s on s.id = w.site_id
                   join allocation.round r on r.id = w.round_id join allocation.stream t on t.code = r.stream
                   where s.kind <> all (t.site_kinds)";
        assert_eq!(world.app.db.number(odd).await, 0, "a refused wish leaves nothing behind");
        world.app.audit_ok().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_stands_elsewhere_in_the_stream_does_not_assign() {
    let world = World::of("workplace", &[Nation], BOX_VIALS).await;
    for holder in [TOKYO, CHIYODA] {
        let officer = world.app.officer(holder).await;
        let refused = officer.post("/v1/assignments", &world.assign(holder, &[("workplace", 1)])).await;
        refused.refused(422, "allocation.wrong_level");
    }
    let supply = world.app.db.supply_to(world.round, TOKYO, 1).await;
    assert_eq!(supply.unwrap_err().into_problem().code.code, "allocation.wrong_level");
    let plan = json!({"id": new_id(), "round": world.round, "holder": NATION,
                      "components": [{"name": "base", "indicator": "population"}]});
    world.app.ministry().await.post("/v1/plans", &plan).await.refused(422, "allocation.wrong_level");
}

/// What the nation's division says, whole: its document, its digest and its lines.
async fn said(setup: &Setup) -> [String; 3] {
    let (plan, version) = setup.plan_of(NATION).await;
    let line = "recipient || units || computed || explanation";
    let lines =
        format!("md5(string_agg({line}, ',' order by recipient)) from allocation.plan_line where plan_id = '{plan}'");
    let document = format!("document from allocation.plan_document where plan_id = '{plan}' and version = {version}");
    let digest = format!("encode(digest, 'hex') from allocation.plan where id = '{plan}'");
    let text = |sql: String| async move { setup.app.db.text(&format!("(select {sql})")).await };
    [text(document).await, text(digest).await, text(lines).await]
}

/// A prefecture with workplaces gets what it would get without them.
#[tokio::test(flavor = "multi_thread")]
async fn doses_of_workplaces_never_reduce_the_prefectures_share() {
    let setup = Setup::with_supply(1_000 * BOX_VIALS).await;
    let (db, ministry) = (&setup.app.db, setup.app.ministry().await);
    let components = json!([{"name": "base", "units": 800, "indicator": "population"},
                            {"name": "adjustment", "indicator": "wish"}]);
    let mut request = setup.compute(NATION);
    request["components"] = components.clone();
    ministry.post("/v1/plans", &request).await.ok(200);
    let without = said(&setup).await;
    assert!(without[0].len() > 10_000, "a document of the whole nation");

    for (stream, kind) in [("workplace", "workplace"), ("national_centre", "national_centre")] {
        // an earlier round and one of the same number, each with wishes and all its doses in Tottori
        for number in [8, 9] {
            let round = db.open_stream(stream, &[Nation], number).await.unwrap();
            db.supply(round, 100 * BOX_VIALS).await;
            let site = db.site(kind, TOTTORI_CITY, Some(("ultra_cold", 100)), Some((round, 90_000))).await.unwrap();
            let body = json!({"id": new_id(), "round": round, "holder": NATION,
                              "sites": [{"site": site, "vials": 100 * BOX_VIALS}]});
            ministry.post("/v1/assignments", &body).await.ok(200);
        }
    }
    let mut again = setup.compute(NATION);
    (again["components"], again["version"]) = (components, json!(1));
    ministry.post("/v1/plans", &again).await.ok(200);
    assert_eq!(setup.plan_of(NATION).await.1, 2, "computed again");
    let with = said(&setup).await;
    assert_eq!(with[0], without[0], "the same bytes");
    assert_eq!(with[1..], without[1..], "digest and lines");
}

#[tokio::test(flavor = "multi_thread")]
async fn health_workers_doses_run_through_the_prefectures_to_the_hubs() {
    let app = TestApp::start().await;
    app.db.populations(persons).await;
    let round = app.db.open_stream("health_workers", &[Nation, Prefecture], 1).await.unwrap();
    app.db.supply(round, 1_000 * BOX_VIALS + 3).await;
    let residents = app.db.open_round(1, 0).await;
    let satellites = app.facilities(&[TOTTORI_CITY]).await;
    let sites = app.db.sites(residents, &[(TOTTORI_CITY, 10), (YONAGO, 10)], &satellites).await;
    let setup = Setup { app, round, sites };
    let ministry = setup.app.ministry().await;
    let computed = ministry.post("/v1/plans", &setup.compute(NATION)).await;
    assert_eq!((computed.ok(200).at("/lines"), computed.at("/granted_vials")), (json!(47), json!(1_000 * BOX_VIALS)));
    let prefectures = "select count(*) from allocation.plan_line where recipient ~ '^[0-9]{2}000'";
    assert_eq!(setup.app.db.number(prefectures).await, 47);
    assert_eq!(setup.app.db.number("select count(*) from allocation.plan_line").await, 47, "no municipalities");
    carry_through(&setup.app, &ministry, &computed).await;

    // the prefecture stands last: it assigns to hubs, divides nothing, and no municipality takes part
    let tottori = setup.app.officer(TOTTORI).await;
    let drafts = "select count(*) from allocation.plan where level = 'prefecture'";
    assert_eq!(setup.app.db.number(drafts).await, 0);
    tottori.post("/v1/plans", &setup.compute(TOTTORI)).await.refused(422, "allocation.wrong_level");
    let has = setup.left("granted", TOTTORI).await;
    assert!(has > 2 * BOX_VIALS && has % BOX_VIALS == 0, "{has}");
    let line = |municipality: &str, place: usize, vials: i64| json!({"site": setup.sites[municipality][place], "vials": vials});
    let assign = |lines: Value| json!({"id": new_id(), "round": round, "holder": TOTTORI, "sites": lines});
    let both = json!([line(TOTTORI_CITY, 0, has - BOX_VIALS), line(YONAGO, 0, BOX_VIALS)]);
    let satellite = tottori.post("/v1/assignments", &assign(json!([line(TOTTORI_CITY, 1, 6)]))).await;
    satellite.refused(422, "request.invalid");
    assert_eq!(satellite.at("/errors/0/code"), "allocation.wrong_site_for_stream");
    tottori.post("/v1/assignments", &assign(both)).await.ok(200);
    tottori.post("/v1/assignments", &assign(json!([line(YONAGO, 0, 1)]))).await.refused(409, "allocation.over_supply");
    let city = setup.app.officer(TOTTORI_CITY).await;
    let own = json!({"id": new_id(), "round": round, "holder": TOTTORI_CITY, "sites": [line(TOTTORI_CITY, 0, 1)]});
    city.post("/v1/assignments", &own).await.refused(422, "allocation.wrong_level");
    let release =
        |holder: &str| json!({"id": new_id(), "round": round, "holder": holder, "hub": setup.sites[YONAGO][0]});
    tottori.post("/v1/releases", &release(TOTTORI)).await.ok(200);
    assert_eq!(setup.left("released", &setup.sites[YONAGO][0].to_string()).await, BOX_VIALS);
    setup.app.audit_ok().await;
}
