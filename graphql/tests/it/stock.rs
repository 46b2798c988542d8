//! Stock over GraphQL: sites, depots, areas, and how far a round's doses have come.
use crate::{
    ask, code,
    world::{CHIYODA, CHUO, TOTTORI_CITY, World},
};
use serde_json::{Value, json};
use uuid::Uuid;

const STOCK: &str = "siteId name asOf availableVials inTransitVials quarantinedVials orderedVials expectedVials
    toHandOnVials lines { lot { number } availableVials inTransitVials quarantinedVials }
    facility { facilityId } municipality { code }";

/// A hub in Chiyoda with a satellite, which is a hospital.
async fn hub_and_satellite(world: &World) -> (Uuid, Uuid, testkit::Facility) {
    let hospital = world.app.facility(CHIYODA).await;
    let sites = world.app.db.sites(world.round, &[(CHIYODA, 0), (CHUO, 0)], std::slice::from_ref(&hospital)).await;
    (sites[CHIYODA][0], sites[CHIYODA][1], hospital)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sites_stock_is_shown_in_its_parts_on_every_path() {
    let world = World::new().await;
    let (hub, satellite, hospital) = hub_and_satellite(&world).await;
    let arrived = world.order_between(hub, satellite, CHIYODA, 195, 40).await;
    world.dispatch(arrived, "W01", 195).await;
    world.receive(arrived, 180, 5).await;
    let moving = world.order_between(hub, satellite, CHIYODA, 390, 30).await;
    world.dispatch(moving, "W01", 390).await;
    world.order_between(hub, satellite, CHIYODA, 195, 20).await;
    let ministry = world.app.ministry().await;
    let shown = ask(&ministry, &format!("{{ stock(site: \"{hub}\") {{ {STOCK} }} }}")).await["stock"].clone();
    let sums =
        ["availableVials", "inTransitVials", "quarantinedVials", "orderedVials", "expectedVials", "toHandOnVials"];
    let of = |stock: &Value| sums.map(|sum| stock[sum].as_i64().unwrap());
    assert_eq!(of(&shown), [180, 390, 5, 195, 0, 90]);
    let line =
        json!([{"lot": {"number": "EX0002"}, "availableVials": 180, "inTransitVials": 390, "quarantinedVials": 5}]);
    assert_eq!(shown["lines"], line);
    assert!(shown["asOf"].as_str().unwrap().starts_with("2021-04-05T03:3"), "{shown}");
    let other = ask(&ministry, &format!("{{ stock(site: \"{satellite}\") {{ {STOCK} }} }}")).await["stock"].clone();
    assert_eq!((of(&other), &other["lines"]), ([0, 0, 0, 0, 90, 0], &json!([])));
    assert_eq!(other["facility"]["facilityId"], json!(hospital.id));

    let key = hospital.key();
    let paths = format!(
        "{{ territory(code: \"131016\") {{ stock(first: 9) {{ edges {{ node {{ {STOCK} }} }} pageInfo {{ hasNextPage }} }} }}
            facility(key: \"{key}\") {{ stock {{ {STOCK} }} }}
            round(id: \"{}\") {{ sites(municipality: \"131016\", first: 9) {{ edges {{ node {{ stock {{ {STOCK} }}
                shipments(first: 9) {{ edges {{ node {{ shipmentId }} }} }} }} }} }} }} }}",
        world.round
    );
    let found = ask(&ministry, &paths).await;
    let mut both = [shown.clone(), other.clone()];
    both.sort_by_key(|stock| stock["siteId"].to_string());
    let bare = |stock: &Value| {
        let mut stock = stock.clone();
        stock["asOf"] = Value::Null;
        stock
    };
    let nodes = |page: &Value, inner: &str| -> Vec<Value> {
        let edges = page["edges"].as_array().unwrap();
        edges.iter().map(|edge| bare(edge.pointer(inner).unwrap())).collect()
    };
    let both: Vec<Value> = both.iter().map(bare).collect();
    assert_eq!(nodes(&found["territory"]["stock"], "/node"), both);
    assert_eq!(nodes(&found["round"]["sites"], "/node/stock"), both);
    assert_eq!(bare(&found["facility"]["stock"]), bare(&other));

    // who may read the shipments to a site may read its stock
    for (client, at_hub, at_satellite) in [
        (world.app.persona("auditor").await, true, true),
        (world.app.persona("prefecture-13").await, true, true),
        (world.app.persona("municipality-131016").await, true, true),
        (world.app.persona("health-centre-131016").await, true, true),
        (world.app.hospital(&hospital).await, false, true),
        (world.app.persona("prefecture-01").await, false, false),
        (world.app.persona("municipality-312011").await, false, false),
        (world.app.wholesaler("W01").await, false, false),
        (world.app.proxy(13).await, false, false),
        (world.app.persona("operator").await, false, false),
        (world.app.anonymous(), false, false),
    ] {
        for (site, seen, expected) in [(hub, at_hub, &shown), (satellite, at_satellite, &other)] {
            let query = format!("{{ stock(site: \"{site}\") {{ {STOCK} }} }}");
            if seen {
                let found = ask(&client, &query).await["stock"].clone();
                assert_eq!(of(&found), of(expected));
            } else {
                assert_eq!(code(&client, &query).await, "allocation.site_not_found");
            }
        }
        let listed = ask(&client, "{ territory(code: \"131016\") { stock(first: 5) { edges { cursor } } } }").await;
        assert_eq!(listed["territory"]["stock"].is_null(), !at_hub);
        let own = client.graphql(&format!("{{ facility(key: \"{key}\") {{ stock {{ name }} }} }}"), json!({})).await;
        assert_eq!(own.at("/data/facility/stock/name").is_string(), at_satellite, "{}", own.body);
    }
    let refused = "{ territory(code: \"130001\") { stock(first: 5) { edges { cursor } } } }";
    assert_eq!(code(&ministry, refused).await, "graphql.not_a_municipality");
    let unknown = format!("{{ stock(site: \"{}\") {{ name }} }}", Uuid::nil());
    assert_eq!(code(&ministry, &unknown).await, "allocation.site_not_found");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_depot_is_its_companys_and_the_nations() {
    let world = World::new().await;
    let sent = world.order(CHIYODA, 195).await;
    world.dispatch(sent, "W01", 195).await;
    world.order(CHUO, 195).await;
    let query = "{ wholesaler(code: \"W01\") { name { ja en } synthetic depot { asOf availableVials reservedVials quarantinedVials
        returnedVials lines { lot { number expiry } availableVials reservedVials } } } branch(code: \"W01-02\") { name { ja } } }";
    let expected = json!([
        {"lot": {"number": "EX0001", "expiry": "2021-06-30"}, "availableVials": 0, "reservedVials": 100},
        {"lot": {"number": "EX0002", "expiry": "2021-08-31"}, "availableVials": 4_710, "reservedVials": 95},
    ]);
    let app = &world.app;
    for (client, seen) in [
        (app.ministry().await, true),
        (app.persona("auditor").await, true),
        (app.wholesaler("W01").await, true),
        (app.wholesaler("W01-02").await, true),
        (app.wholesaler("W02").await, false),
        (app.wholesaler("W02-01").await, false),
        (app.persona("prefecture-13").await, false),
        (app.persona("municipality-131016").await, false),
    ] {
        let found = ask(&client, query).await["wholesaler"].clone();
        assert_eq!(found["name"], json!({"ja": "訓練卸W01", "en": "Training wholesaler W01"}));
        if seen {
            let depot = &found["depot"];
            assert_eq!((&depot["availableVials"], &depot["reservedVials"]), (&json!(4_710), &json!(195)));
            assert_eq!(depot["lines"], expected);
        } else {
            assert_eq!(found["depot"], Value::Null);
        }
    }
    let name = "{ wholesaler(code: \"W01\") { id } branch(code: \"W01-01\") { id } }";
    let ministry = app.ministry().await;
    let nodes = ask(&ministry, name).await;
    for client in [app.persona("operator").await, app.proxy(13).await, app.anonymous()] {
        assert_eq!(code(&client, name).await, "wholesaler.not_found");
        for kind in ["wholesaler", "branch"] {
            let by_id = format!("{{ node(id: {}) {{ id }} }}", nodes[kind]["id"]);
            assert_eq!(ask(&client, &by_id).await, json!({"node": null}));
            assert_eq!(ask(&ministry, &by_id).await, json!({"node": nodes[kind]}));
        }
    }
    assert_eq!(code(&ministry, "{ wholesaler(code: \"W99\") { code } }").await, "wholesaler.not_found");
    assert_eq!(code(&ministry, "{ branch(code: \"W01-99\") { code } }").await, "wholesaler.not_found");
    assert_eq!(code(&ministry, "{ wholesaler(code: \"w01\") { code } }").await, "wholesaler.malformed_code");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_area_is_open_to_both_of_its_ends() {
    let world = World::new().await;
    world
        .app
        .db
        .sql(
            "update distribution.area set valid_to = '2021-07-01' where municipality = '131016';
             insert into distribution.area values ('131016', 'covid19', 'W01-02', '2021-07-01', null)",
        )
        .await;
    let area = "branch { code name { ja } } productGroup validFrom validTo municipality { code }";
    let query = format!(
        "{{ now: area(municipality: \"131016\") {{ {area} }} later: area(municipality: \"131016\", on: \"2021-07-01\") {{ {area} }}
            before: area(municipality: \"131016\", on: \"2021-01-31\") {{ {area} }}
            other: area(municipality: \"131016\", productGroup: \"x\") {{ {area} }}
            territory(code: \"131016\") {{ area {{ {area} }} }} }}"
    );
    let app = &world.app;
    for (client, now, later) in [
        (app.ministry().await, true, true),
        (app.persona("prefecture-13").await, true, true),
        (app.persona("municipality-131016").await, true, true),
        (app.wholesaler("W01").await, true, true),
        (app.wholesaler("W01-01").await, true, false),
        (app.wholesaler("W01-02").await, false, true),
        (app.wholesaler("W02").await, false, false),
        (app.persona("prefecture-31").await, false, false),
        (app.persona("operator").await, false, false),
        (app.anonymous(), false, false),
    ] {
        let found = ask(&client, &query).await;
        let branch = |key: &str| found.pointer(&format!("{key}/branch/code")).cloned().unwrap_or_default();
        assert_eq!(branch("/now"), if now { json!("W01-01") } else { Value::Null });
        assert_eq!(branch("/later"), if later { json!("W01-02") } else { Value::Null });
        assert_eq!((&found["before"], &found["other"]), (&Value::Null, &Value::Null));
        assert_eq!(found["territory"]["area"], found["now"]);
        if now {
            assert_eq!(
                (&found["now"]["validFrom"], &found["now"]["validTo"]),
                (&json!("2021-02-01"), &json!("2021-07-01"))
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_round_shows_how_far_its_doses_have_come_at_each_level() {
    let world = World::new().await;
    let (hub, satellite, _) = hub_and_satellite(&world).await;
    let sites = world.app.db.sites(world.round, &[(TOTTORI_CITY, 0)], &[]).await;
    let received = world.order_between(hub, satellite, CHIYODA, 390, 40).await;
    world.dispatch(received, "W01", 390).await;
    world.receive(received, 380, 5).await;
    let moving = world.order_between(hub, satellite, CHIYODA, 195, 40).await;
    world.dispatch(moving, "W01", 195).await;
    let waiting = world.order_between(sites[TOTTORI_CITY][0], Uuid::nil(), TOTTORI_CITY, 195, 1).await;
    // the releases that these shipments come from
    for (id, hub, vials) in [(received, hub, 390), (moving, hub, 195), (waiting, sites[TOTTORI_CITY][0], 195)] {
        let (round, packs) = (world.round, vials / 195);
        world
            .app
            .db
            .sql(&format!(
                "insert into allocation.release (id, round_id, hub_id, holder, vials, packs, state, actor_name, business_at)
                 values ('{id}', '{round}', '{hub}', '131016', {vials}, {packs}, 'released', 'test', now())"
            ))
            .await;
    }
    let figures = "releasedVials inTransitVials receivedVials asOf";
    let query = format!(
        "{{ round(id: \"{}\") {{ levels {{ level {figures} }}
            a: delivery(holder: \"131016\") {{ holder {figures} }} b: delivery(holder: \"310000\") {{ {figures} }} }} }}",
        world.round
    );
    let all = [780, 195, 385];
    let (tokyo, tottori, none) = ([585, 195, 385], [195, 0, 0], [0, 0, 0]);
    for (name, levels, a, b) in [
        ("ministry", [all, all, all], Some(tokyo), Some(tottori)),
        ("auditor", [all, all, all], Some(tokyo), Some(tottori)),
        ("prefecture-13", [none, tokyo, tokyo], Some(tokyo), None),
        ("prefecture-31", [none, tottori, tottori], None, Some(tottori)),
        ("municipality-131016", [none, none, tokyo], Some(tokyo), None),
        ("municipality-312011", [none, none, tottori], None, None),
    ] {
        let found = ask(&world.app.persona(name).await, &query).await["round"].clone();
        let of = |figures: &Value| {
            ["releasedVials", "inTransitVials", "receivedVials"].map(|key| figures[key].as_i64().unwrap())
        };
        let shown: Vec<[i64; 3]> = found["levels"].as_array().unwrap().iter().map(of).collect();
        assert_eq!(shown, levels, "{name}");
        let or_null = |figures: &Value| if figures.is_null() { None } else { Some(of(figures)) };
        assert_eq!((or_null(&found["a"]), or_null(&found["b"])), (a, b), "{name}");
        assert!(found["levels"][0]["asOf"].is_string());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_stock_of_a_hundred_sites_takes_six_statements() {
    let world = World::new().await;
    let hospitals = world.app.facilities(&[CHIYODA; 99]).await;
    let sites = world.app.db.sites(world.round, &[(CHIYODA, 0)], &hospitals).await[CHIYODA].clone();
    let moving = world.order_between(sites[0], sites[1], CHIYODA, 390, 40).await;
    world.dispatch(moving, "W01", 390).await;
    let ministry = world.app.ministry().await;
    let query =
        format!("{{ territory(code: \"131016\") {{ stock(first: 100) {{ edges {{ node {{ {STOCK} }} }} }} }} }}")
            .replace("municipality { code }", "")
            .replace("facility { facilityId }", "");
    let before = world.app.server.gateway_db.statements();
    let answer = ask(&ministry, &query).await;
    let statements = world.app.server.gateway_db.statements() - before;
    let rows = answer["territory"]["stock"]["edges"].as_array().unwrap();
    assert_eq!(rows.len(), 100);
    let sum = |key: &str| rows.iter().map(|row| row["node"][key].as_i64().unwrap()).sum::<i64>();
    assert_eq!((sum("inTransitVials"), sum("expectedVials"), sum("toHandOnVials")), (390, 40, 40));
    // the territory, the sites, what lies, moves and comes, the lots; beside BEGIN and ROLLBACK
    assert!(statements <= 8, "{statements}");
}
