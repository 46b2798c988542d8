//! Shipments over GraphQL: lists and pages, everything that belongs to one, and who sees what.
use crate::{
    ask, code,
    world::{CHIYODA, CHUO, TOTTORI_CITY, World, ids},
};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use testkit::TestClient;
use uuid::Uuid;

/// All pages of a list of shipments, and how many there were.
async fn walk(client: &TestClient, arguments: &str, first: usize) -> (Vec<Value>, usize) {
    let (mut found, mut pages, mut after) = (Vec::new(), 0, String::new());
    loop {
        let query = format!(
            "{{ shipments({arguments} first: {first}{after}) {{ edges {{ cursor node {{ shipmentId }} }}
                pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }} }} }}"
        );
        let page = ask(client, &query).await["shipments"].clone();
        found.extend(ids(&page));
        let info = &page["pageInfo"];
        assert_eq!(info["hasPreviousPage"], json!(pages > 0));
        assert_eq!(info["endCursor"], page["edges"].as_array().unwrap().last().unwrap()["cursor"]);
        pages += 1;
        if info["hasNextPage"] == json!(false) {
            return (found, pages);
        }
        after = format!(", after: {}", info["endCursor"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_are_paged_and_filtered() {
    let world = World::new().await;
    let mut all = Vec::new();
    for municipality in [CHIYODA, CHIYODA, CHIYODA, CHUO, CHIYODA, TOTTORI_CITY] {
        all.push(world.order(municipality, 195).await);
    }
    world.dispatch(all[1], "W01", 195).await;
    let listed = |wanted: &[usize]| -> Vec<Value> { wanted.iter().map(|index| json!(all[*index])).collect() };
    let ministry = world.app.ministry().await;
    for (first, pages) in [(1, 6), (4, 2), (6, 1), (200, 1)] {
        assert_eq!(walk(&ministry, "", first).await, (listed(&[0, 1, 2, 3, 4, 5]), pages), "in order of release");
    }
    for (arguments, wanted) in [
        ("territory: \"131016\",", &[0, 1, 2, 4][..]),
        ("territory: \"130001\",", &[0, 1, 2, 3, 4]),
        ("territory: \"000000\",", &[0, 1, 2, 3, 4, 5]),
        ("branch: \"W02-01\",", &[5]),
        ("state: dispatched,", &[1]),
        ("territory: \"131016\", state: [ordered, scheduled],", &[0, 2, 4]),
        ("state: [],", &[0, 1, 2, 3, 4, 5]),
        (&format!("site: \"{}\",", world.site_of(all[3]).await), &[3]),
    ] {
        assert_eq!(walk(&ministry, arguments, 2).await.0, listed(wanted), "{arguments}");
    }
    let query =
        |arguments: &str| format!("{{ shipments({arguments}) {{ edges {{ cursor }} pageInfo {{ endCursor }} }} }}");
    let none = ask(&ministry, &query("facility: \"9999999999\", first: 5")).await;
    assert_eq!(none["shipments"]["edges"], json!([]));
    let page = ask(&ministry, &query("territory: \"130001\", state: ordered, first: 2")).await;
    let cursor = page["shipments"]["pageInfo"]["endCursor"].as_str().unwrap().to_owned();
    let next = format!("territory: \"130001\", state: [ordered, ordered], first: 2, after: \"{cursor}\"");
    ask(&ministry, &query(&next)).await;
    let auditor = world.app.persona("auditor").await;
    for (client, arguments) in [
        (&auditor, "territory: \"130001\", state: ordered"),
        (&ministry, "territory: \"131016\", state: ordered"),
        (&ministry, "territory: \"130001\""),
        (&ministry, "branch: \"W01-01\", state: ordered"),
    ] {
        let query = query(&format!("{arguments}, first: 2, after: \"{cursor}\""));
        assert_eq!(code(client, &query).await, "graphql.bad_cursor", "{arguments}");
    }
    for (arguments, expected) in [
        ("first: 0", "graphql.page_size"),
        ("first: 201", "graphql.page_size"),
        ("territory: \"131016\", branch: \"W01-01\", first: 1", "request.invalid_field"),
        ("branch: \"W1-1\", first: 1", "wholesaler.malformed_code"),
    ] {
        assert_eq!(code(&ministry, &query(arguments)).await, expected, "{arguments}");
    }
}

/// The same list by the edges of what it hangs on.
#[tokio::test(flavor = "multi_thread")]
async fn the_edges_list_what_the_root_lists() {
    let world = World::new().await;
    let shipment = world.order(CHIYODA, 195).await;
    world.order(TOTTORI_CITY, 195).await;
    let ministry = world.app.ministry().await;
    let list = "shipments(first: 5) { edges { node { shipmentId } } }
        shipmentCounts { asOf states { state shipments vials } }";
    let query = format!(
        "{{ t: territory(code: \"131016\") {{ {list} }} b: branch(code: \"W01-01\") {{ {list} }}
            w: wholesaler(code: \"W01\") {{ {list} branches {{ code name {{ ja en }} }} }}
            r: round(id: \"{}\") {{ {list} }} }}",
        world.round
    );
    let answer = ask(&ministry, &query).await;
    for parent in ["t", "b", "w"] {
        assert_eq!(ids(&answer[parent]["shipments"]), [json!(shipment)], "{parent}");
        let counts = &answer[parent]["shipmentCounts"];
        assert_eq!(counts["states"], json!([{"state": "ordered", "shipments": 1, "vials": 195}]), "{parent}");
        assert!(counts["asOf"].as_str().unwrap().starts_with("2021-04-05T03:3"), "{counts}");
    }
    assert_eq!(answer["r"]["shipmentCounts"]["states"][0]["shipments"], json!(2));
    let branches = answer["w"]["branches"].as_array().unwrap();
    assert_eq!(branches.iter().map(|branch| &branch["code"]).collect::<Vec<_>>(), ["W01-01", "W01-02"]);
    let of_round = format!(
        "{{ territory(code: \"131016\") {{ own: shipmentCounts(round: \"{}\") {{ states {{ shipments }} }}
            other: shipmentCounts(round: \"{}\") {{ states {{ shipments }} }} }} }}",
        world.round,
        Uuid::nil()
    );
    let counted = ask(&ministry, &of_round).await["territory"].clone();
    assert_eq!((&counted["own"]["states"][0]["shipments"], &counted["other"]["states"]), (&json!(1), &json!([])));
}

const WHOLE: &str = "id state version programme roundNumber round { number } product
    wholesaler { code name { ja } } branch { code prefecture { code } wholesaler { code } }
    to { siteId name address facilityCode facilityId facility { name } municipality { code } }
    vials pack packVials boxes storage window { from to } deliveryOn deliveryHours
    orderedAt dispatchedAt deliveredAt receivedAt overdue training nextAnswer
    lotsProposed { vials lot { number expiry recalled recalledAt thawedExpiry product } }
    lotsPicked { vials lot { number } } splits { siteId facilityId name vials municipality { code } }
    steps { version step state by reason happenedAt takenAt } answers { answerId kind sequence state code via by at }
    receipt { by receivedAt expectedVials acceptedVials damagedVials
        lines { lot { number } expectedVials acceptedVials damagedVials } }
    discrepancies { id kind vials open decisions decision reason resolvedBy lot { number } municipality { code } }";

#[tokio::test(flavor = "multi_thread")]
async fn a_shipment_shows_everything_that_belongs_to_it() {
    let world = World::new().await;
    let (shipment, satellite) = world.order_with_split(CHIYODA, 195, 40).await;
    let tokyo = world.app.persona("prefecture-13").await;
    let query = format!("{{ shipment(id: \"{shipment}\") {{ {WHOLE} }} }}");
    let ordered = ask(&tokyo, &query).await["shipment"].clone();
    assert_eq!((&ordered["state"], &ordered["version"], &ordered["boxes"]), (&json!("ordered"), &json!(1), &json!(1)));
    assert_eq!(ordered["round"], json!({"number": 9}));
    assert_eq!(
        ordered["branch"],
        json!({"code": "W01-01", "prefecture": {"code": "130001"}, "wholesaler": {"code": "W01"}})
    );
    assert_eq!((&ordered["to"]["name"], &ordered["to"]["facility"]), (&json!("会場 131016"), &Value::Null));
    assert_eq!(ordered["window"], json!({"from": "2021-04-12", "to": "2021-04-16"}));
    assert_eq!(ordered["storage"], json!("ultra_cold"));
    let early = &ordered["lotsProposed"][0]["lot"];
    assert_eq!((&early["number"], &early["recalled"]), (&json!("EX0001"), &json!(false)), "first expired first out");
    assert_eq!(ordered["lotsProposed"].as_array().unwrap().len(), 2);
    assert_eq!(
        ordered["splits"],
        json!([{"siteId": satellite, "facilityId": null, "name": "接種所", "vials": 40,
        "municipality": {"code": CHIYODA}}])
    );
    assert_eq!(
        (&ordered["lotsPicked"], &ordered["receipt"], &ordered["overdue"]),
        (&json!([]), &Value::Null, &json!(false))
    );

    // an answer that comes before its turn is held; then it moves on, and differs in the end
    world.held(shipment, "W01").await;
    let held = ask(&tokyo, &query).await["shipment"].clone();
    assert_eq!((&held["nextAnswer"], &held["state"]), (&json!(1), &json!("ordered")));
    assert_eq!((&held["answers"][0]["state"], &held["answers"][0]["via"]), (&json!("held"), &json!("rest")));
    world.dispatch(shipment, "W01", 195).await;
    let moving = ask(&tokyo, &query).await["shipment"].clone();
    assert_eq!((&moving["state"], &moving["deliveryOn"]), (&json!("dispatched"), &json!("2021-04-12")));
    let steps: Vec<&str> =
        moving["steps"].as_array().unwrap().iter().map(|step| step["step"].as_str().unwrap()).collect();
    assert_eq!(steps, ["order", "schedule", "pick", "dispatch"]);
    assert_eq!(moving["steps"][3]["by"], json!("partner-w01"));
    assert_eq!(moving["answers"].as_array().unwrap().len(), 3);
    world.receive(shipment, 180, 5).await;
    let received = ask(&tokyo, &query).await["shipment"].clone();
    let receipt = &received["receipt"];
    assert_eq!((&receipt["expectedVials"], &receipt["acceptedVials"]), (&json!(195), &json!(180)));
    assert_eq!((&receipt["damagedVials"], &receipt["lines"][0]["damagedVials"]), (&json!(5), &json!(5)));
    let kinds: BTreeSet<(String, i64)> = received["discrepancies"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (row["kind"].as_str().unwrap().to_owned(), row["vials"].as_i64().unwrap()))
        .collect();
    assert_eq!(kinds, [("damaged".to_owned(), 5), ("short".to_owned(), 10)].into());
    let decisions = |kind: &str| {
        let rows = received["discrepancies"].as_array().unwrap();
        rows.iter().find(|row| row["kind"] == kind).unwrap()["decisions"].clone()
    };
    assert_eq!(decisions("short"), json!(["lost", "found_at_depot", "found_at_site"]));
    assert_eq!(decisions("damaged"), json!(["destroyed", "usable", "returned"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shipment_that_nobody_finishes_in_its_window_is_overdue() {
    let world = World::new().await;
    let (open, done) = (world.order(CHIYODA, 195).await, world.order(CHIYODA, 195).await);
    world.dispatch(done, "W01", 195).await;
    world.receive(done, 195, 0).await;
    let ministry = world.app.ministry().await;
    let query = "{ shipments(first: 5) { edges { node { shipmentId overdue } } } }";
    let overdue = async || {
        let page = ask(&ministry, query).await["shipments"].clone();
        page["edges"].as_array().unwrap().iter().map(|edge| edge["node"]["overdue"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(overdue().await, [false, false]);
    world.app.step_clock("2021-04-16T23:00:00+09:00").await;
    assert_eq!(overdue().await, [false, false], "its last day is not over");
    world.app.step_clock("2021-04-17T00:00:01+09:00").await;
    assert_eq!(overdue().await, [true, false]);
    assert!(open < done);
}

/// Where nobody serves the place there is no branch, and no wholesaler sees it.
#[tokio::test(flavor = "multi_thread")]
async fn a_shipment_that_nobody_brings_is_its_sites_officers() {
    let world = World::new().await;
    let shipment = world.order("312029", 195).await;
    let query = format!(
        "{{ shipment(id: \"{shipment}\") {{ state branch {{ code }} wholesaler {{ code }}
        steps {{ reason }} }} }}"
    );
    let shown = ask(&world.app.persona("prefecture-31").await, &query).await["shipment"].clone();
    assert_eq!((&shown["state"], &shown["branch"]), (&json!("unfulfillable"), &Value::Null));
    assert!(shown["steps"][0]["reason"].as_str().unwrap().contains("312029"), "{shown}");
    assert_eq!(code(&world.app.wholesaler("W02").await, &query).await, "shipment.not_found");
    assert_eq!(code(&world.app.persona("prefecture-13").await, &query).await, "shipment.not_found");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_of_a_hundred_shipments_with_lots_splits_and_discrepancies_takes_six_statements() {
    let world = World::new().await;
    let (shipment, _) = world.order_with_split(CHIYODA, 195, 40).await;
    world.dispatch(shipment, "W01", 195).await;
    world.receive(shipment, 180, 5).await;
    world.copies(shipment, 99).await;
    let ministry = world.app.ministry().await;
    let list = "shipments(first: 100) { edges { cursor node { shipmentId state vials to { name }
        lotsPicked { vials lot { number expiry } } lotsProposed { vials lot { number } } splits { name vials }
        discrepancies { kind vials open lot { number } } } } pageInfo { hasNextPage } }";
    for query in [format!("{{ {list} }}"), format!("{{ branch(code: \"W01-01\") {{ {list} }} }}")] {
        let before = world.app.server.gateway_db.statements();
        let answer = ask(&ministry, &query).await;
        let statements = world.app.server.gateway_db.statements() - before;
        let page = answer.get("shipments").unwrap_or(&answer["branch"]["shipments"]);
        assert_eq!(ids(page).len(), 100);
        let last = &page["edges"][99]["node"];
        assert_eq!((&last["splits"][0]["vials"], last["discrepancies"].as_array().unwrap().len()), (&json!(40), 2));
        assert_eq!(page["edges"][0]["node"]["discrepancies"][0]["lot"]["number"], json!("EX0002"));
        // the snapshot's own BEGIN and ROLLBACK beside at most six reads
        assert!(statements <= 8, "{statements}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_open_to_you_does_not_exist_on_any_path() {
    let world = World::new().await;
    let hospital = world.app.facility(CHIYODA).await;
    let (chiyoda, chuo) = (world.order_to(&hospital, 195).await, world.order(CHUO, 195).await);
    let tottori = world.order(TOTTORI_CITY, 195).await;
    world.dispatch(chiyoda, "W01", 195).await;
    world.receive(chiyoda, 190, 0).await;
    let ministry = world.app.ministry().await;
    let found = format!("{{ shipment(id: \"{chiyoda}\") {{ id discrepancies {{ id }} }} }}");
    let found = ask(&ministry, &found).await["shipment"].clone();
    let (node, difference) = (found["id"].as_str().unwrap(), found["discrepancies"][0]["id"].as_str().unwrap());
    let (all, app) = (BTreeSet::from([chiyoda, chuo, tottori]), &world.app);
    let neighbour = app.facility(CHIYODA).await;
    for (name, client, sees) in [
        ("ministry", app.ministry().await, all.clone()),
        ("auditor", app.persona("auditor").await, all),
        ("prefecture-13", app.persona("prefecture-13").await, [chiyoda, chuo].into()),
        ("prefecture-01", app.persona("prefecture-01").await, [].into()),
        ("municipality-131016", app.persona("municipality-131016").await, [chiyoda].into()),
        ("municipality-312011", app.persona("municipality-312011").await, [tottori].into()),
        ("health-centre-131016", app.persona("health-centre-131016").await, [chiyoda].into()),
        ("hospital", app.hospital(&hospital).await, [chiyoda].into()),
        ("another hospital", app.hospital(&neighbour).await, [].into()),
        ("company", app.wholesaler("W01").await, [chiyoda, chuo].into()),
        ("another company", app.wholesaler("W02").await, [tottori].into()),
        ("branch", app.wholesaler("W01-01").await, [chiyoda].into()),
        ("another branch", app.wholesaler("W01-02").await, [chuo].into()),
        ("proxy", app.proxy(13).await, [].into()),
        ("operator", app.persona("operator").await, [].into()),
        ("public", app.anonymous(), [].into()),
    ] {
        sees_exactly(&client, &sees, name).await;
        let seen = sees.contains(&chiyoda);
        let by_id = format!("{{ shipment(id: \"{chiyoda}\") {{ state }} }}");
        if seen {
            assert_eq!(ask(&client, &by_id).await["shipment"]["state"], json!("delivered"), "{name}");
        } else {
            assert_eq!(code(&client, &by_id).await, "shipment.not_found", "{name}");
        }
        for id in [node, difference] {
            let found = ask(&client, &format!("{{ node(id: \"{id}\") {{ id }} }}")).await;
            assert_eq!(found["node"], if seen { json!({"id": id}) } else { Value::Null }, "{name} {id}");
        }
        let lists = "{ discrepancies(first: 5) { edges { node { id shipment { shipmentId } } } }
            t: territory(code: \"131016\") { discrepancies(first: 5) { edges { node { id } } } } }";
        let found = ask(&client, lists).await;
        assert_eq!(found["discrepancies"]["edges"].as_array().unwrap().len(), usize::from(seen), "{name}");
        assert_eq!(found["t"]["discrepancies"]["edges"].as_array().unwrap().len(), usize::from(seen), "{name}");
    }
}

/// The same shipments by every list that there is.
async fn sees_exactly(client: &TestClient, sees: &BTreeSet<Uuid>, name: &str) {
    let list = "shipments(first: 9) { edges { node { shipmentId } } }";
    let lists = format!(
        "{{ {list} nation {{ {list} }} a: territory(code: \"131016\") {{ {list} }} b: territory(code: \"131024\") {{ {list} }}
            c: territory(code: \"312011\") {{ {list} }} nation2: nation {{ shipmentCounts {{ states {{ shipments }} }} }} }}"
    );
    let found = ask(client, &lists).await;
    let as_set =
        |page: &Value| -> BTreeSet<Uuid> { ids(page).iter().map(|id| id.as_str().unwrap().parse().unwrap()).collect() };
    assert_eq!(&as_set(&found["shipments"]), sees, "{name}");
    assert_eq!(&as_set(&found["nation"]["shipments"]), sees, "{name}");
    let mut by_place = BTreeSet::new();
    for place in ["a", "b", "c"] {
        by_place.extend(as_set(&found[place]["shipments"]));
    }
    assert_eq!(&by_place, sees, "{name}");
    let counts = found["nation2"]["shipmentCounts"]["states"].as_array().unwrap();
    let counted: i64 = counts.iter().map(|count| count["shipments"].as_i64().unwrap()).sum();
    assert_eq!(usize::try_from(counted).unwrap(), sees.len(), "{name}");
}
