//! Streams beside the residents', goods, devices and rounds of the past over GraphQL.
use crate::{ask, code, data};
use domain::territory::Tier::{Nation, Prefecture};
use platform::opctx::new_id;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use testkit::{TestApp, TestClient, round::BOX_VIALS};
use wire::past_round::{Finding, PastLine};

const NATION: &str = "000000";
const TOKYO: &str = "130001";
const CHIYODA: &str = "131016";
const CHUO: &str = "131024";
const TOTTORI_CITY: &str = "312011";

async fn given(client: &TestClient, territory: &str, arguments: &str) -> Value {
    let fields = "stream { code levels siteKinds } product { code unit { ja en } } vials doses sites ofOwnShare";
    let query = format!("{{ territory(code: \"{territory}\") {{ dosesByStream{arguments} {{ {fields} }} }} }}");
    ask(client, &query).await["territory"]["dosesByStream"].clone()
}

/// Stream, product, vials, doses, sites, of its own share.
fn told(rows: &Value) -> Vec<String> {
    let row = |row: &Value| {
        let (stream, product) = (row["stream"]["code"].as_str().unwrap(), row["product"]["code"].as_str().unwrap());
        format!("{stream} {product} {} {} {} {}", row["vials"], row["doses"], row["sites"], row["ofOwnShare"])
    };
    rows.as_array().unwrap().iter().map(row).collect()
}

/// Doses of workplaces are shown where they are given, apart from the territory's share.
#[tokio::test(flavor = "multi_thread")]
async fn doses_are_shown_where_they_are_given() {
    let app = TestApp::start().await;
    let db = &app.db;
    let ministry = app.ministry().await;
    for (number, stream, municipality, vials) in [
        (1, "workplace", CHIYODA, 195),
        (2, "workplace", CHUO, 390),
        (1, "national_centre", CHIYODA, 100),
        (3, "workplace", TOTTORI_CITY, 7),
    ] {
        let round = db.open_stream(stream, &[Nation], number).await.unwrap();
        db.supply(round, 1_000).await;
        let site = db.site(stream, municipality, None, None).await.unwrap();
        let body = json!({"id": new_id(), "round": round, "holder": NATION, "sites": [{"site": site, "vials": vials}]});
        ministry.post("/v1/assignments", &body).await.ok(200);
    }
    let own = db.open_prefecture_round(1).await;
    db.supply_to(own, TOKYO, 60).await.unwrap();
    let site = db.sites(own, &[(CHIYODA, 1)], &[]).await[CHIYODA][0];
    let tokyo = app.officer(TOKYO).await;
    let body = json!({"id": new_id(), "round": own, "holder": TOKYO, "sites": [{"site": site, "vials": 60}]});
    tokyo.post("/v1/assignments", &body).await.ok(200);

    let vaccine = "comirnaty-12plus";
    let in_tokyo = [
        format!("national_centre {vaccine} 100 600 1 false"),
        format!("prefecture_site {vaccine} 60 360 1 true"),
        format!("workplace {vaccine} 585 3510 2 false"),
    ];
    let rows = given(&tokyo, TOKYO, "").await;
    assert_eq!(told(&rows), in_tokyo);
    assert_eq!(
        (&rows[2]["stream"]["levels"], &rows[2]["stream"]["siteKinds"], &rows[2]["product"]["unit"]["ja"]),
        (&json!(["nation"]), &json!(["workplace"]), &json!("バイアル"))
    );
    assert_eq!(told(&given(&tokyo, TOKYO, "(product: \"comirnaty-12plus\")").await), in_tokyo);
    assert_eq!(given(&tokyo, TOKYO, "(product: \"freezer-75\")").await, json!([]));
    let chiyoda = app.officer(CHIYODA).await;
    assert_eq!(told(&given(&chiyoda, CHIYODA, "").await)[1], format!("prefecture_site {vaccine} 60 360 1 false"));
    let nation = told(&given(&ministry, NATION, "").await);
    assert_eq!(nation[2], format!("workplace {vaccine} 592 3552 3 true"), "the nation's own hand");
    // nothing of it is in anybody's share
    let granted = format!("{{ rounds {{ granted(holder: \"{TOKYO}\") {{ grantedVials }} stream {{ code }} }} }}");
    for round in ask(&ministry, &granted).await["rounds"].as_array().unwrap() {
        let own = round["stream"]["code"] == "prefecture_site";
        assert_eq!(round["granted"].is_null(), !own, "{round}");
    }
    for stranger in [app.officer(TOTTORI_CITY).await, app.anonymous(), app.proxy(13).await] {
        assert_eq!(given(&stranger, TOKYO, "").await, Value::Null);
    }
}

async fn walk(client: &TestClient, round: &str, territory: &str, first: usize) -> Value {
    let (mut found, mut after) = (Vec::new(), String::new());
    loop {
        let query = format!(
            "{{ round(id: \"{round}\") {{ takingSites(territory: \"{territory}\", first: {first}{after}) {{
                edges {{ cursor node {{ siteId kind municipality freezer {{ storage vials }} }} }}
                pageInfo {{ hasNextPage endCursor }} }} }} }}"
        );
        let page = ask(client, &query).await["round"]["takingSites"].clone();
        if page.is_null() {
            return page;
        }
        found.extend(page["edges"].as_array().unwrap().iter().map(|edge| edge["node"].clone()));
        if page["pageInfo"]["hasNextPage"] == json!(false) {
            return json!(found);
        }
        after = format!(", after: {}", page["pageInfo"]["endCursor"]);
    }
}

/// A prefecture that stands last sees its hubs, and the nation the workplaces.
#[tokio::test(flavor = "multi_thread")]
async fn who_assigns_sees_the_sites_that_take_part() {
    let app = TestApp::start().await;
    let db = &app.db;
    let residents = db.open_round(1, 0).await;
    let hospitals = app.facilities(&[CHIYODA]).await;
    let sites = db.sites(residents, &[(CHIYODA, 1), (CHUO, 1), (TOTTORI_CITY, 1)], &hospitals).await;
    let freezer = db.site("mass", CHUO, Some(("ultra_cold", 390)), None).await.unwrap();
    let workplace = db.site("workplace", CHUO, None, None).await.unwrap();
    let (tokyo, ministry) = (app.officer(TOKYO).await, app.ministry().await);
    let health = db.open_stream("health_workers", &[Nation, Prefecture], 1).await.unwrap().to_string();
    let ids = |rows: &Value| -> BTreeSet<String> {
        rows.as_array().unwrap().iter().map(|row| row["siteId"].as_str().unwrap().to_owned()).collect()
    };
    for first in [1, 2, 200] {
        let hubs = walk(&tokyo, &health, TOKYO, first).await;
        let expected = [sites[CHIYODA][0], sites[CHUO][0], freezer].map(|id| id.to_string());
        assert_eq!(ids(&hubs), BTreeSet::from(expected));
        assert_eq!(hubs.as_array().unwrap().len(), 3, "each once");
        let with = hubs.as_array().unwrap().iter().find(|row| row["siteId"] == json!(freezer)).unwrap();
        assert_eq!(with["freezer"], json!({"storage": "ultra_cold", "vials": 390}));
        assert_eq!((&with["kind"], &with["municipality"]), (&json!("mass"), &json!(CHUO)));
    }
    assert_eq!(walk(&ministry, &health, NATION, 200).await.as_array().unwrap().len(), 4);
    assert_eq!(walk(&tokyo, &health, NATION, 200).await, Value::Null);
    assert_eq!(walk(&tokyo, &health, TOTTORI_CITY, 200).await, Value::Null);
    let work = db.open_stream("workplace", &[Nation], 1).await.unwrap().to_string();
    let rows = walk(&ministry, &work, NATION, 2).await;
    assert_eq!(rows, json!([{"siteId": workplace, "kind": "workplace", "municipality": CHUO, "freezer": null}]));
    let bad = format!(
        "{{ round(id: \"{work}\") {{ takingSites(territory: \"{TOKYO}\", first: 1, after: \"x\") {{ edges {{ cursor }} }} }} }}"
    );
    assert_eq!(code(&tokyo, &bad).await, "graphql.bad_cursor");
}

/// Goods go along with shipments, and add up over a round: each shipment rounded up by itself.
#[tokio::test(flavor = "multi_thread")]
async fn goods_go_along_with_shipments_and_add_up() {
    let app = TestApp::start().await;
    app.db.areas(&[(CHIYODA, "W01-01"), (CHUO, "W01-01")]).await;
    let round = app.db.open_prefecture_round(1).await;
    app.db.supply_to(round, TOKYO, 3 * BOX_VIALS).await.unwrap();
    let sites = app.db.sites(round, &[(CHIYODA, 1), (CHUO, 1)], &[]).await;
    // a ratio that is not whole: one carton for every 200 vials
    app.db.sql("insert into reference.goods values ('carton', '箱', 'Carton', '個', 'pieces')").await;
    app.db
        .sql("insert into reference.goods_ratio values ('comirnaty-12plus', 'covid19-2021', 'carton', 200, null, 1, '2021-01-01')")
        .await;
    let tokyo = app.officer(TOKYO).await;
    for (municipality, vials) in [(CHIYODA, BOX_VIALS), (CHUO, 2 * BOX_VIALS)] {
        let site = sites[municipality][0];
        let body = json!({"id": new_id(), "round": round, "holder": TOKYO, "sites": [{"site": site, "vials": vials}]});
        tokyo.post("/v1/assignments", &body).await.ok(200);
        let body = json!({"id": new_id(), "round": round, "holder": TOKYO, "hub": site});
        tokyo.post("/v1/releases", &body).await.ok(200);
    }
    app.pass_events().await;
    let goods = "goods(holder: \"HOLDER\") { goods pieces name { ja } unit { en } }";
    let of = |holder: &str| format!("{{ round(id: \"{round}\") {{ {} }} }}", goods.replace("HOLDER", holder));
    let pieces = |rows: &Value, name: &str| {
        let row = rows.as_array().unwrap().iter().find(|row| row["goods"] == name).unwrap().clone();
        row["pieces"].as_i64().unwrap()
    };
    let all = ask(&tokyo, &of(TOKYO)).await["round"]["goods"].clone();
    assert_eq!((pieces(&all, "diluent-2ml"), pieces(&all, "needle")), (3 * BOX_VIALS, 18 * BOX_VIALS));
    assert_eq!(pieces(&all, "carton"), 3, "one and two cartons, not three boxes in two");
    let chuo = ask(&tokyo, &of(CHUO)).await["round"]["goods"].clone();
    assert_eq!((pieces(&chuo, "carton"), pieces(&chuo, "diluent-2ml")), (2, 2 * BOX_VIALS));
    assert_eq!(ask(&tokyo, &of(TOTTORI_CITY)).await["round"]["goods"], Value::Null);
    let query = "{ shipments(first: 5) { edges { node { vials goods { goods pieces } productDetails { name { en } unit { ja } } } } } }";
    let shipments = ask(&tokyo, query).await["shipments"]["edges"].clone();
    assert_eq!(shipments.as_array().unwrap().len(), 2);
    for edge in shipments.as_array().unwrap() {
        let node = &edge["node"];
        let vials = node["vials"].as_i64().unwrap();
        assert_eq!(
            (pieces(&node["goods"], "diluent-2ml"), pieces(&node["goods"], "carton")),
            (vials, vials / BOX_VIALS)
        );
        assert_eq!(node["productDetails"]["unit"]["ja"], "バイアル");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn products_and_goods_are_open_to_everybody() {
    let app = TestApp::start().await;
    let nobody = app.anonymous();
    let products =
        ask(&nobody, "{ products { code kind storage unit { ja en } name { en } } }").await["products"].clone();
    let freezer = products.as_array().unwrap().iter().find(|row| row["code"] == "freezer-75").unwrap();
    assert_eq!(
        freezer,
        &json!({"code": "freezer-75", "kind": "device", "storage": "ambient", "unit": {"ja": "台", "en": "units"},
                "name": {"en": "Freezer, -75 degrees"}})
    );
    let round = app.db.open_device_round("freezer-20", 1, 7_500).await;
    let query = format!(
        "{{ round(id: \"{round}\") {{ product productDetails {{ kind unit {{ ja en }} }} goods(holder: \"000000\") {{ goods }} }} }}"
    );
    let round = ask(&app.ministry().await, &query).await["round"].clone();
    assert_eq!(round["productDetails"], json!({"kind": "device", "unit": {"ja": "台", "en": "units"}}));
    assert_eq!(round["goods"], json!([]));
    let goods = "{ goods(product: \"comirnaty-12plus\", on: \"2021-04-12\") { goods perVials perDoses pieces validFrom validTo } }";
    let rows = ask(&nobody, goods).await["goods"].clone();
    assert_eq!(
        rows[0],
        json!({"goods": "diluent-2ml", "perVials": 1, "perDoses": null, "pieces": 1, "validFrom": "2021-02-01", "validTo": null})
    );
    assert_eq!(rows.as_array().unwrap().len(), 5);
    assert_eq!(ask(&nobody, "{ goods(product: \"x\") { goods } }").await, json!({"goods": []}));
}

/// More places than one page has; one has handed doses over.
fn places() -> Vec<PastLine> {
    let line = |place: i32| PastLine {
        place: format!("Place {place:03}"),
        name: format!("Place {place:03}"),
        part: "first".to_owned(),
        doses: if place == 7 { -5 } else { i64::from(place) * 975 },
        units: (place != 7).then_some(i64::from(place)),
        row: place + 1,
    };
    (1..=250).map(line).collect()
}

fn handed_over() -> Finding {
    let (code, place) = ("past.negative".to_owned(), "Place 007".to_owned());
    Finding { row: 8, place, code, ja: "引き渡し".to_owned(), en: "handed over".to_owned() }
}

#[tokio::test(flavor = "multi_thread")]
async fn rounds_of_the_past_are_open_to_everybody_page_by_page() {
    let app = TestApp::start().await;
    for day in ["2021-01-04", "2021-01-11", "2021-01-18"] {
        app.db.past_round("italy-deliveries", day, vec![handed_over()], places()).await;
    }
    let nobody = app.anonymous();
    let fields = "pastRoundId day days packDoses doses product source findings { row place code message { en } }";
    let query = |arguments: &str, fields: &str| {
        format!(
            "{{ pastRounds({arguments}) {{ edges {{ cursor node {{ {fields} }} }} pageInfo {{ hasNextPage hasPreviousPage endCursor }} }} }}"
        )
    };
    let first = ask(&nobody, &query("first: 2", fields)).await["pastRounds"].clone();
    let node = &first["edges"][0]["node"];
    let doses = (1..=250_i64).filter(|place| *place != 7).sum::<i64>() * 975 - 5;
    assert_eq!((&node["day"], &node["doses"], &node["packDoses"]), (&json!("2021-01-04"), &json!(doses), &json!(975)));
    assert_eq!(
        node["findings"],
        json!([{"row": 8, "place": "Place 007", "code": "past.negative", "message": {"en": "handed over"}}])
    );
    assert_eq!((&first["pageInfo"]["hasNextPage"], first["edges"].as_array().unwrap().len()), (&json!(true), 2));
    let next = format!("first: 2, after: {}", first["pageInfo"]["endCursor"]);
    let rest = ask(&nobody, &query(&next, "day")).await["pastRounds"].clone();
    assert_eq!((&rest["edges"][0]["node"]["day"], rest["edges"].as_array().unwrap().len()), (&json!("2021-01-18"), 1));
    for (arguments, found) in [
        ("first: 9, from: \"2021-01-05\"", 2),
        ("first: 9, to: \"2021-01-05\"", 1),
        ("first: 9, kind: \"announced\"", 0),
        ("first: 9, product: \"pfizer\"", 3),
    ] {
        let page = ask(&nobody, &query(arguments, "day")).await["pastRounds"].clone();
        assert_eq!(page["edges"].as_array().unwrap().len(), found, "{arguments}");
    }

    // all lines of a round, in the order of the file
    let (mut places, mut after) = (Vec::new(), String::new());
    loop {
        let lines = format!(
            "lines(first: 120{after}) {{ edges {{ cursor node {{ place doses units part row }} }} pageInfo {{ hasNextPage endCursor }} }}"
        );
        let page = ask(&nobody, &query("first: 1", &lines)).await["pastRounds"]["edges"][0]["node"]["lines"].clone();
        places.extend(page["edges"].as_array().unwrap().iter().map(|edge| edge["node"].clone()));
        if page["pageInfo"]["hasNextPage"] == json!(false) {
            break;
        }
        after = format!(", after: {}", page["pageInfo"]["endCursor"]);
    }
    assert_eq!(places.len(), 250);
    assert_eq!(places[6], json!({"place": "Place 007", "doses": -5, "units": null, "part": "first", "row": 8}));
    let rows: Vec<i64> = places.iter().map(|line| line["row"].as_i64().unwrap()).collect();
    assert!(rows.is_sorted());
    assert_eq!(code(&nobody, &query("first: 0", "day")).await, "graphql.page_size");
    assert_eq!(code(&nobody, &query("first: 1, after: \"x\"", "day")).await, "graphql.bad_cursor");
    // a cursor belongs to its list
    let foreign = format!("first: 1, kind: \"announced\", after: {}", first["pageInfo"]["endCursor"]);
    assert_eq!(code(&nobody, &query(&foreign, "day")).await, "graphql.bad_cursor");
    let data = data(&nobody.graphql("{ pastRounds(first: 1) { edges { node { kind } } } }", json!({})).await);
    assert_eq!(data["pastRounds"]["edges"][0]["node"]["kind"], "italy-deliveries");
}
