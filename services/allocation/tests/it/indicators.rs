//! Figures are recorded with their day and source, all or none, and rules see the newest.
use super::{
    rules::{by_rule, cutting, errors},
    setup::{EMPTY_TOWN, NATION, Setup, TOTTORI, TOTTORI_CITY, YONAGO},
};
use allocation::app::compute_plan::compute_plan;
use domain::{
    TerritoryCode,
    ids::{AccountId, OrganisationId},
    policy::{Actor, Place, Role},
};
use platform::{OpCtx, opctx::new_id};
use reqwest::Method;
use serde_json::{Value, json};
use testkit::{
    Answer, TestClient,
    meguri::{indicator_file, round::municipalities},
    round::BOX_VIALS,
};

async fn register(client: &TestClient, code: &str, kind: &str) -> Answer {
    let names = json!({"ja": "指標", "en": "An indicator", "unit": "doses", "kind": kind, "source": "訓練"});
    client.send(client.request(Method::PUT, &format!("/v1/indicators/{code}")).json(&names)).await
}

fn figures(values: &[(&str, &str, i64)]) -> Value {
    let values: Vec<Value> =
        values.iter().map(|(place, as_of, value)| json!({"place": place, "as_of": as_of, "value": value})).collect();
    json!({"id": new_id(), "source": "訓練", "values": values})
}

/// The same figure for every municipality.
fn everywhere(as_of: &str, value: impl Fn(&str) -> i64) -> Value {
    let codes: Vec<String> = municipalities().iter().map(ToString::to_string).collect();
    let values: Vec<(&str, &str, i64)> = codes.iter().map(|code| (code.as_str(), as_of, value(code))).collect();
    figures(&values)
}

#[tokio::test(flavor = "multi_thread")]
async fn figures_are_kept_and_the_newest_counts() {
    let setup = Setup::with_supply(0).await;
    let (ministry, anyone) = (setup.app.ministry().await, setup.app.anonymous());
    register(&ministry, "delivered_doses", "level").await.ok(200);
    let path = "/v1/indicators/delivered_doses/values";
    let first = figures(&[(TOTTORI_CITY, "2021-04-01", 5), (YONAGO, "2021-04-02", 7), (TOTTORI, "2021-04-03", 9)]);
    let recorded = ministry.post(path, &first).await;
    assert_eq!((recorded.ok(200).at("/recorded"), recorded.at("/unchanged")), (json!(3), json!(0)));
    let again = ministry.post(path, &first).await;
    assert_eq!((again.ok(200).header("Idempotency-Replayed"), &again.body), ("true", &recorded.body));
    let mut other = first.clone();
    other["values"][0]["value"] = json!(6);
    ministry.post(path, &other).await.refused(422, "idempotency.key_reused");
    // under another id, only what is new is added
    other["id"] = json!(new_id());
    let recorded = ministry.post(path, &other).await;
    assert_eq!((recorded.ok(200).at("/recorded"), recorded.at("/unchanged")), (json!(1), json!(2)));
    assert_eq!(setup.app.db.number("select count(*) from allocation.indicator_value").await, 4, "nothing is deleted");

    let list = anyone.get("/v1/indicators").await;
    let shown = &list.ok(200).body["indicators"][0];
    assert_eq!(
        [&shown["code"], &shown["municipalities"], &shown["prefectures"], &shown["oldest"], &shown["newest"]],
        [&json!("delivered_doses"), &json!(2), &json!(1), &json!("2021-04-01"), &json!("2021-04-03")]
    );
    setup.app.audit_ok().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn figures_at_fault_are_listed_and_nothing_is_written() {
    let setup = Setup::with_supply(0).await;
    let ministry = setup.app.ministry().await;
    register(&ministry, "delivered_doses", "level").await.ok(200);
    let path = "/v1/indicators/delivered_doses/values";
    let before = setup.rows().await;
    let bad = figures(&[
        (TOTTORI_CITY, "2021-04-01", 5),
        ("312012", "2021-04-01", 5),
        ("999999", "2021-04-01", -1),
        (YONAGO, "2021-4-1", 9_007_199_254_740_993),
        (YONAGO, "2021-04-06", 1),
        (TOTTORI_CITY, "2021-04-01", 6),
        (NATION, "2021-04-01", 6),
    ]);
    let answer = ministry.post(path, &bad).await;
    let found = errors(answer.refused(422, "request.invalid"));
    let found: Vec<(&str, &str)> = found.iter().map(|(path, code)| (path.as_str(), code.as_str())).collect();
    assert_eq!(
        found,
        [
            ("values[1].place", "territory.check_digit"),
            ("values[2].value", "allocation.amount_out_of_range"),
            ("values[2].place", "territory.malformed"),
            ("values[3].value", "allocation.amount_out_of_range"),
            ("values[3].as_of", "time.malformed_day"),
            ("values[4].as_of", "allocation.day_in_future"),
            ("values[5].place", "allocation.figure_twice"),
            ("values[6].place", "territory.not_found"),
        ]
    );
    ministry.post(path, &figures(&[])).await.refused(422, "request.invalid");
    let good = figures(&[(TOTTORI_CITY, "2021-04-01", 5)]);
    ministry.post("/v1/indicators/nothing/values", &good).await.refused(404, "allocation.indicator_not_found");
    for stranger in [setup.app.officer(TOTTORI).await, setup.app.persona("auditor").await] {
        stranger.post(path, &good).await.refused(403, "auth.forbidden");
        register(&stranger, "other", "level").await.refused(403, "auth.forbidden");
    }
    setup.app.anonymous().post(path, &good).await.refused(401, "auth.missing_token");
    for reserved in ["population_total", "wish_vials", "supply_units", "min", "Upper", "1st", "a-b"] {
        register(&ministry, reserved, "level").await.refused(422, "allocation.indicator_reserved");
    }
    register(&ministry, "delivered_doses", "daily").await.refused(409, "allocation.indicator_kind");
    register(&ministry, "other", "monthly").await.refused(422, "request.invalid");
    assert_eq!(setup.rows().await, before);
}

/// A file: lines at fault are named, nothing is half-written, and the same file again changes nothing.
#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_imported_whole_or_not() {
    let setup = Setup::with_supply(0).await;
    let home = &setup.app.db.home;
    let register = wire::indicator::PutIndicator {
        ja: "1回目接種".into(),
        en: "first doses".into(),
        unit: "doses".into(),
        kind: "daily".into(),
        source: "訓練".into(),
    };
    let options = indicator_file::Options {
        code: "first_doses".into(),
        as_of: Some("2021-04-01".into()),
        source: "訓練".into(),
        register: Some(register),
    };
    let bad = format!("place,as_of,value\n{TOTTORI_CITY},,3\n999999,,4\n{YONAGO},2021-05-01,4\n");
    let refused = indicator_file::indicator(home, bad.as_bytes(), options.clone()).await.unwrap_err().into_problem();
    let named: Vec<&str> = refused.errors.iter().map(|error| error.path.as_str()).collect();
    assert_eq!(named, ["line 3: place", "line 4: as_of"]);
    assert_eq!(setup.app.db.number("select count(*) from allocation.indicator_recording").await, 0);
    let good = format!("place,as_of,value\n{TOTTORI_CITY},,3\n{YONAGO},2021-04-02,4\n");
    for _ in 0..2 {
        let recorded = indicator_file::indicator(home, good.as_bytes(), options.clone()).await.unwrap();
        assert_eq!((recorded.recorded, recorded.unchanged), (2, 0), "the same file is the same request");
    }
    assert_eq!(setup.app.db.number("select count(*) from allocation.indicator_value").await, 2);
    setup.app.audit_ok().await;
}

/// X6 in small: who holds three rounds' worth loses a tenth; a stale figure cuts nothing and is flagged; and
/// those below must be asked.
#[tokio::test(flavor = "multi_thread")]
async fn stock_is_cut_by_fresh_figures_only() {
    let setup = Setup::with_supply(5_000 * BOX_VIALS).await;
    let ministry = setup.app.ministry().await;
    for code in ["delivered_doses", "used_doses"] {
        register(&ministry, code, "level").await.ok(200);
    }
    ministry.post("/v1/rules", &cutting("test-cut")).await.ok(200);
    let holds = |code: &str| if code == TOTTORI_CITY || code == YONAGO { 300 } else { 1 };
    let record = |code: &str| format!("/v1/indicators/{code}/values");
    ministry.post(&record("delivered_doses"), &everywhere("2021-04-04", holds)).await.ok(200);
    let without = everywhere("2021-04-04", |_| 100);
    let mut partly = without.clone();
    partly["values"].as_array_mut().unwrap().retain(|figure| figure["place"] != EMPTY_TOWN);
    ministry.post(&record("used_doses"), &partly).await.ok(200);
    let answer = ministry.post("/v1/plans", &by_rule(&setup, NATION, "test-cut@1")).await;
    let told = answer.refused(422, "request.invalid").at("/errors/0");
    assert_eq!(told["code"], "allocation.rule_missing_figure", "{}", answer.body);
    assert!(told["en"].as_str().unwrap().contains(EMPTY_TOWN), "{told}");
    let mut rest = without;
    rest["id"] = json!(new_id());
    ministry.post(&record("used_doses"), &rest).await.ok(200);
    // Yonago's newest figure of what it used is eight days old
    setup.app.db.sql(&format!(
        "update allocation.indicator_value set as_of = '2021-03-28' where indicator = 'used_doses' and place = '{YONAGO}'"
    )).await;
    let computed = ministry.post("/v1/plans", &by_rule(&setup, NATION, "test-cut@1")).await;
    let plan = computed.ok(200).at("/plan").as_str().unwrap().to_owned();
    let line = async |place: &str| {
        let sql =
            format!("select explanation from allocation.plan_line where plan_id = '{plan}' and recipient = '{place}'");
        setup.app.db.rows(&sql).await.remove(0)["explanation"].clone()
    };
    let (city, yonago) = (line(TOTTORI_CITY).await, line(YONAGO).await);
    let stock = &city["components"][0]["stock"];
    assert_eq!((&stock["applied"], &stock["stock"], &stock["use"]), (&json!(true), &json!(300), &json!(100)));
    assert!(stock["cut"].as_i64().unwrap() >= 1 && city["flags"] == json!([]), "{city}");
    let stock = &yonago["components"][0]["stock"];
    assert_eq!(
        (&stock["applied"], &stock["stale"], &stock["lag_days"], &stock["cut"]),
        (&json!(false), &json!(true), &json!(8), &json!(0))
    );
    assert_eq!(yonago["flags"], json!(["stale_stock"]));
    assert_eq!(setup.app.db.number("select count(*) from allocation.plan where needs_objections").await, 1);
    setup.app.audit_ok().await;
}

/// However many places there are, a plan takes the same number of statements.
#[tokio::test(flavor = "multi_thread")]
async fn the_statements_do_not_grow_with_the_places() {
    let setup = Setup::handed_down(1_000 * BOX_VIALS).await;
    let allocation = setup.app.allocation_on_one().await;
    let mut counts = Vec::new();
    // 19 municipalities, and 17
    for holder in [TOTTORI, super::setup::KAGAWA] {
        let actor = Actor {
            account: AccountId(new_id()),
            organisation: OrganisationId(new_id()),
            name: format!("officer-{holder}"),
            role: Role::Prefecture,
            home: Place::Territory(TerritoryCode::parse(holder).unwrap()),
            machine: true,
            ..Actor::public()
        };
        let ctx = OpCtx::new(actor, &allocation.shared.clock);
        for version in [1, 2] {
            let mut body = setup.compute(holder);
            body["version"] = json!(version);
            body["components"] =
                json!([{"name": "a", "units": 1, "indicator": "wish"}, {"name": "b", "indicator": "population"}]);
            let before = allocation.db.statements();
            compute_plan(&allocation, &ctx, serde_json::from_value(body).unwrap()).await.unwrap();
            counts.push(allocation.db.statements() - before);
        }
    }
    assert!(counts[1] <= 40, "{counts:?}");
    assert_eq!(counts[1], counts[3], "19 and 17 municipalities take as many statements: {counts:?}");
}
