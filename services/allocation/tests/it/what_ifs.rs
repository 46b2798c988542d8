//! What other rules would give, side by side, without any effect.
use super::{
    past::{import, past_round},
    rules::{capped, cutting, errors},
    setup::{KAGAWA, NATION, Setup, TOTTORI, TOTTORI_CITY, YONAGO},
};
use platform::opctx::new_id;
use serde_json::{Value, json};
use testkit::{TestApp, TestDb, round::BOX_VIALS};

fn request(setup: &Setup, holder: &str, rules: &Value) -> Value {
    json!({"id": new_id(), "round": setup.round, "holder": holder, "rules": rules})
}

fn by_population() -> Value {
    let mut rule = capped("test-population", "1000000");
    rule["reserve"] = json!({"permille": 0});
    rule
}

/// Everything that plans, lines and the book consist of, and when it was last written.
async fn effects(db: &TestDb) -> Vec<Value> {
    let tables = [
        "plan",
        "plan_line",
        "plan_change",
        "plan_document",
        "transfer",
        "account",
        "book_account",
        "outbox",
        "subject",
    ];
    let count = |table: &&str| {
        format!("select '{table}' as name, count(*) as rows, max(xmin::text::bigint) as txid from allocation.{table}")
    };
    db.rows(&tables.iter().map(count).collect::<Vec<_>>().join(" union all ")).await
}

/// E20: a preview writes nothing to plans, lines or the book.
#[tokio::test(flavor = "multi_thread")]
async fn two_rules_side_by_side_and_nothing_else_happens() {
    let setup = Setup::with_supply(1_000 * BOX_VIALS).await;
    let (app, ministry) = (&setup.app, setup.app.ministry().await);
    ministry.post("/v1/rules", &by_population()).await.ok(200);
    let computed = ministry.post("/v1/plans", &setup.compute(NATION)).await;
    let before = effects(&app.db).await;

    let rules = json!([{"rule": "test-population@1"}, {"document": capped("test-three", "3")}]);
    let body = request(&setup, NATION, &rules);
    let tried = ministry.post("/v1/what-ifs", &body).await;
    assert_eq!(tried.ok(200).at("/watermark/ja"), "試算（割当ではありません）");
    assert_eq!(tried.at("/watermark/en"), "What-if: not an allocation");
    assert_eq!((tried.at("/supply_units"), tried.at("/plan")), (json!(1_000), computed.at("/plan")));
    let runs = tried.at("/runs");
    assert_eq!((&runs[0]["given_units"], &runs[1]["reserve_units"]), (&json!(1_000), &json!(10)));
    assert_eq!(
        (&runs[0]["fairness"]["basis"], &runs[1]["fairness"]["basis"]),
        (&json!("population_total"), &json!("population_total"))
    );
    assert!(runs[0]["fairness"]["gini_ppm"].as_i64().unwrap() < runs[1]["fairness"]["gini_ppm"].as_i64().unwrap());
    let places = tried.at("/places");
    let places = places.as_array().unwrap();
    assert_eq!(places.len(), 1_741);
    let city = places.iter().find(|place| place["place"] == TOTTORI_CITY).unwrap();
    let (plan, _) = setup.plan_of(NATION).await;
    let sql =
        format!("select units from allocation.plan_line where plan_id = '{plan}' and recipient = '{TOTTORI_CITY}'");
    let in_force = app.db.number(&sql).await;
    assert_eq!((&city["in_force"], &city["units"]), (&json!(in_force), &json!([in_force, 3])));
    assert_eq!(
        (&city["difference"], &city["difference_in_force"]),
        (&json!([0, 3 - in_force]), &json!([0, 3 - in_force]))
    );
    let given: i64 = places.iter().map(|place| place["units"][1].as_i64().unwrap()).sum();
    assert_eq!(given, runs[1]["given_units"].as_i64().unwrap());

    assert_eq!(effects(&app.db).await, before, "no plan, line or entry of the book was written");
    let again = ministry.post("/v1/what-ifs", &body).await;
    assert_eq!((again.ok(200).header("Idempotency-Replayed"), &again.body), ("true", &tried.body));
    let mut other = body.clone();
    other["rules"] = json!([{"rule": "test-population@1"}]);
    ministry.post("/v1/what-ifs", &other).await.refused(422, "idempotency.key_reused");
    let read = ministry.get(&format!("/v1/what-ifs/{}", body["id"].as_str().unwrap())).await;
    assert_eq!(read.ok(200).at("/places"), tried.at("/places"));
    // a plan by the same rule has the lines that were tried out
    let stored =
        json!({"id": new_id(), "round": setup.round, "holder": NATION, "rule": "test-population@1", "version": 1});
    ministry.post("/v1/plans", &stored).await.ok(200);
    let differing = "select count(*) from allocation.what_if_line w
         full join (select * from allocation.plan_line where under is not null) l on l.recipient = w.place
         where w.units[1] is distinct from l.units";
    assert_eq!(app.db.number(differing).await, 0);
    setup.app.audit_ok().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_for_spreadsheets() {
    let setup = Setup::with_supply(100 * BOX_VIALS).await;
    let ministry = setup.app.ministry().await;
    let body = request(&setup, NATION, &json!([{"document": by_population()}, {"document": capped("test-two", "2")}]));
    ministry.post("/v1/what-ifs", &body).await.ok(200);
    let path = format!("/v1/what-ifs/{}", body["id"].as_str().unwrap());
    let wanted = ministry.request(reqwest::Method::GET, &path).header("Accept", "text/csv");
    let answer = wanted.send().await.unwrap();
    assert_eq!(answer.headers()["Content-Type"], "text/csv; charset=utf-8");
    let bytes = answer.bytes().await.unwrap();
    assert!(bytes.starts_with(b"\xef\xbb\xbf"), "spreadsheets know UTF-8 by it");
    let text = String::from_utf8(bytes.to_vec()).unwrap();
    let rows: Vec<&str> = text.split_terminator("\r\n").collect();
    assert_eq!(rows.len(), 2 + 1_741);
    assert!(rows[0].contains("試算（割当ではありません）") && rows[0].contains("What-if: not an allocation"));
    assert!(rows[2].starts_with("\"011002\",\"札幌市\","), "{}", rows[2]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_tried_is_named() {
    let setup = Setup::with_supply(100 * BOX_VIALS).await;
    let ministry = setup.app.ministry().await;
    ministry.post("/v1/rules", &cutting("test-cut")).await.ok(200);
    let before = effects(&setup.app.db).await;
    let known = json!({"rule": "covid19-base-adjustment@1"});
    let with = |change: &dyn Fn(&mut Value)| {
        let mut body = request(&setup, NATION, &json!([known]));
        change(&mut body);
        body
    };
    for (body, path, code) in [
        (with(&|body| body["rules"] = json!([])), "rules", "request.invalid_field"),
        (with(&|body| body["rules"] = json!(vec![known.clone(); 6])), "rules", "request.invalid_field"),
        (
            with(&|body| body["rules"] = json!([known, {"rule": "nothing@1"}])),
            "rules[1].rule",
            "allocation.rule_unknown",
        ),
        (with(&|body| body["rules"] = json!([{}])), "rules[0]", "request.invalid_field"),
        (
            with(&|body| body["rules"] = json!([{"document": capped("x", "3 +")}])),
            "rules[0].document.components[0].caps[0].units",
            "allocation.rule_expression",
        ),
        (
            with(&|body| body["rules"] = json!([known, {"rule": "test-cut@1"}])),
            "rules[1]",
            "allocation.indicator_unknown",
        ),
        (with(&|body| body["supply"] = json!({"units": -1})), "supply.units", "request.invalid_field"),
        (with(&|body| body["supply"] = json!({"units": 1_i64 << 41})), "supply.units", "request.invalid_field"),
        (
            with(&|body| body["supply"] = json!({"units": 1, "unit_vials": 0})),
            "supply.unit_vials",
            "request.invalid_field",
        ),
        (
            with(&|body| {
                body.as_object_mut().unwrap().remove("round");
            }),
            "supply",
            "request.invalid_field",
        ),
        (with(&|body| body["holder"] = json!(TOTTORI_CITY)), "holder", "request.invalid_field"),
    ] {
        let answer = ministry.post("/v1/what-ifs", &body).await;
        answer.refused(422, "request.invalid");
        assert_eq!(errors(&answer)[0], (path.to_owned(), code.to_owned()), "{}", answer.body);
    }
    // without a round nobody wishes for anything
    let mut body = with(&|body| body["supply"] = json!({"units": 10, "unit_vials": 195, "doses_per_vial": 6}));
    body.as_object_mut().unwrap().remove("round");
    let answer = ministry.post("/v1/what-ifs", &body).await;
    assert_eq!(
        errors(answer.refused(422, "request.invalid"))[0],
        ("rules[0]".into(), "allocation.indicator_empty".into())
    );
    body["rules"] = json!([{"document": by_population()}]);
    assert_eq!(ministry.post("/v1/what-ifs", &body).await.ok(200).at("/runs/0/given_units"), 10);
    ministry
        .post("/v1/what-ifs", &with(&|body| body["round"] = json!(new_id())))
        .await
        .refused(404, "allocation.round_not_found");
    assert_eq!(effects(&setup.app.db).await, before);
    assert_eq!(setup.app.db.number("select count(*) from allocation.what_if").await, 1, "refusals leave nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_tries_at_home() {
    let setup = Setup::handed_down(1_000 * BOX_VIALS).await;
    let app = &setup.app;
    let rules = json!([{"document": by_population()}]);
    let own = request(&setup, TOTTORI, &rules);
    let tried = app.officer(TOTTORI).await.post("/v1/what-ifs", &own).await;
    assert_eq!(tried.ok(200).at("/places").as_array().unwrap().len(), 19);
    let (plan, _) = setup.plan_of(TOTTORI).await;
    let units = setup.units(&plan, YONAGO).await;
    let places = tried.at("/places");
    let yonago = places.as_array().unwrap().iter().find(|place| place["place"] == YONAGO).unwrap();
    assert_eq!(yonago["in_force"], json!(units));
    let path = format!("/v1/what-ifs/{}", own["id"].as_str().unwrap());
    for stranger in [app.officer(KAGAWA).await, app.officer(YONAGO).await, app.persona("wholesaler").await] {
        stranger.get(&path).await.refused(404, "allocation.what_if_not_found");
        stranger
            .post("/v1/what-ifs", &request(&setup, TOTTORI, &rules))
            .await
            .refused(404, "allocation.round_not_found");
    }
    let auditor = app.persona("auditor").await;
    auditor.get(&path).await.ok(200);
    auditor.post("/v1/what-ifs", &request(&setup, TOTTORI, &rules)).await.refused(403, "auth.forbidden");
    app.officer(TOTTORI)
        .await
        .post("/v1/what-ifs", &request(&setup, NATION, &rules))
        .await
        .refused(404, "allocation.round_not_found");
    app.anonymous().get(&path).await.refused(401, "auth.missing_token");
    app.ministry().await.get(&format!("/v1/what-ifs/{}", new_id())).await.refused(404, "allocation.what_if_not_found");
    app.audit_ok().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn figures_and_what_ifs_without_their_traces_are_found() {
    let setup = Setup::with_supply(0).await;
    let (app, ministry) = (&setup.app, setup.app.ministry().await);
    let names = json!({"ja": "指標", "en": "An indicator", "unit": "doses", "kind": "level", "source": "訓練"});
    let put = ministry.request(reqwest::Method::PUT, "/v1/indicators/delivered_doses").json(&names);
    ministry.send(put).await.ok(200);
    let figures = json!([{"place": TOTTORI_CITY, "as_of": "2021-04-01", "value": 5}]);
    let recording = json!({"id": new_id(), "source": "訓練", "values": figures});
    ministry.post("/v1/indicators/delivered_doses/values", &recording).await.ok(200);
    let tried = request(&setup, NATION, &json!([{"document": capped("test-three", "3")}]));
    ministry.post("/v1/what-ifs", &tried).await.ok(200);
    app.audit_ok().await;
    for (name, table, operation, made) in [
        ("recording", "indicator_recording", "record_figures", &recording),
        ("what-if", "what_if", "run_what_if", &tried),
    ] {
        let id = made["id"].as_str().unwrap();
        let key = |change: &str| format!("update allocation.idempotency set {change} where operation = '{operation}'");
        let row = |change: &str| format!("update allocation.{table} set {change}");
        // the last is not undone: a key that belongs to nothing
        let faults = [
            (row("txid = txid + 1"), format!("{name} {id} was written by transaction"), row("txid = txid - 1")),
            (key("txid = txid + 1"), format!("{id} was written by transaction"), key("txid = txid - 1")),
            (key("status = 201"), format!("{id} was answered with 201"), key("status = 200")),
            (key("key = gen_random_uuid()"), format!("{id} has no idempotency row"), String::new()),
        ];
        for (fault, said, undo) in faults {
            app.db.sql(&fault).await;
            assert!(app.audit_finds(&said).await, "not found: {said}, after {fault}");
            app.db.sql(&undo).await;
        }
    }
}

/// A rule that shares everything by one weight.
fn by(weight: &str) -> Value {
    let mut rule = capped("test-past", "1000000");
    rule["components"][0]["weight"] = json!(weight);
    rule["components"][0].as_object_mut().unwrap().remove("caps");
    rule.as_object_mut().unwrap().remove("reserve");
    rule
}

fn population(values: &Value) -> Value {
    json!({"code": "population_total", "ja": "人口", "en": "population", "unit": "people", "source": "made up for a test",
        "as_of": "2021-01-01", "values": values})
}

/// What was really given stands beside what a rule would have given, with the figures of that time.
#[tokio::test(flavor = "multi_thread")]
async fn a_round_of_the_past_under_another_rule() {
    let app = TestApp::start().await;
    let line = |place: &str, part: &str, boxes: i64| (place.to_owned(), part.to_owned(), boxes * 975);
    let rounds = [
        past_round("2021-01-04", vec![line("Maine", "first", 30), line("Ohio", "first", 10)]),
        past_round("2021-01-11", vec![line("Maine", "first", 4), line("Maine", "second", 2), line("Ohio", "first", 4)]),
    ];
    import(&app, &rounds).await.unwrap();
    let ministry = app.ministry().await;
    let request = |rules: Value, figures: Value| json!({"id": new_id(), "past_round": rounds[1].id(), "holder": NATION, "rules": rules, "figures": figures});
    let rules = json!([{"document": by("past_doses")}, {"document": by("population_total")},
        {"document": by("past_doses_before")}]);
    let body = request(rules, json!([population(&json!({"Maine": 1_000, "Ohio": 4_000}))]));
    let tried = ministry.post("/v1/what-ifs", &body).await;
    let place = |index: usize| tried.ok(200).at(&format!("/places/{index}"));
    // ten boxes: as given 6 and 4, by 1 : 4 people 2 and 8, by what each had before (3 : 1) 8 (7.5) and 2
    assert_eq!((tried.at("/supply_units"), tried.at("/unit_vials")), (json!(10), json!(975)));
    assert_eq!((&place(0)["place"], &place(0)["in_force"]), (&json!("Maine"), &json!(6)));
    assert_eq!((&place(0)["units"], &place(1)["units"]), (&json!([6, 2, 8]), &json!([4, 8, 2])));
    assert_eq!(place(1)["difference_in_force"], json!([0, 4, -2]));
    assert_eq!((tried.at("/plan"), tried.at("/past_round")), (Value::Null, json!(rounds[1].id())));
    assert_eq!(tried.at("/figures/0/source"), "made up for a test");
    let path = format!("/v1/what-ifs/{}", body["id"].as_str().unwrap());
    assert_eq!(ministry.get(&path).await.ok(200).at("/places"), tried.at("/places"));
    assert_eq!(app.db.number("select count(*) from allocation.plan").await, 0);

    let known = json!([{"document": by("population_total")}]);
    for (figures, path, code) in [
        (population(&json!({"Maine": 1, "Texas": 1})), "figures[0].values", "allocation.unknown_places"),
        (population(&json!({"Maine": -1})), "figures[0].values.Maine", "allocation.amount_out_of_range"),
        (
            json!({"code": "max", "ja": "a", "en": "a", "unit": "a", "source": "a", "as_of": "2021-01-01", "values": {}}),
            "figures[0].code",
            "allocation.indicator_reserved",
        ),
        (
            json!({"code": "a", "ja": "", "en": "a", "unit": "a", "source": "a", "as_of": "2021-01-01", "values": {}}),
            "figures[0].ja",
            "request.invalid_field",
        ),
        (
            json!({"code": "a", "ja": "a", "en": "a", "unit": "a", "source": "a", "as_of": "2021-01-12", "values": {}}),
            "figures[0].as_of",
            "allocation.figure_too_new",
        ),
    ] {
        let answer = ministry.post("/v1/what-ifs", &request(known.clone(), json!([figures]))).await;
        assert_eq!(errors(answer.refused(422, "request.invalid"))[0], (path.to_owned(), code.to_owned()));
    }
    // a place without the figure that the rule weighs by is named
    let answer =
        ministry.post("/v1/what-ifs", &request(known.clone(), json!([population(&json!({"Maine": 5}))]))).await;
    assert!(answer.refused(422, "request.invalid").body.to_string().contains("Ohio"), "{}", answer.body);
    let mut other = request(known, json!([]));
    other["past_round"] = json!(new_id());
    ministry.post("/v1/what-ifs", &other).await.refused(404, "allocation.past_round_not_found");
    other["round"] = json!(new_id());
    let answer = ministry.post("/v1/what-ifs", &other).await;
    assert_eq!(errors(answer.refused(422, "request.invalid"))[0].0, "past_round");
    assert_eq!(app.db.number("select count(*) from allocation.what_if").await, 1, "refusals leave nothing");
    app.audit_ok().await;
}

/// What was announced for the nation is shared among its municipalities.
#[tokio::test(flavor = "multi_thread")]
async fn an_announced_supply_goes_to_our_own_places() {
    let app = TestApp::start().await;
    let round = past_round("2021-04-05", vec![(NATION.to_owned(), "base".to_owned(), 2_000 * 975)]);
    import(&app, std::slice::from_ref(&round)).await.unwrap();
    let rules = json!([{"document": by("1")}]);
    let body = json!({"id": new_id(), "past_round": round.id(), "holder": NATION, "rules": rules});
    let tried = app.ministry().await.post("/v1/what-ifs", &body).await;
    assert_eq!(tried.ok(200).at("/places").as_array().unwrap().len(), 1_741);
    assert_eq!((tried.at("/runs/0/given_units"), tried.at("/places/0/in_force")), (json!(2_000), Value::Null));
    // more handed over than given: there is nothing to share, unless one says how much
    let mut back = past_round("2021-04-12", vec![("Maine".to_owned(), "all".to_owned(), -975)]);
    back.product = "other".to_owned();
    import(&app, std::slice::from_ref(&back)).await.unwrap();
    let mut body = json!({"id": new_id(), "past_round": back.id(), "holder": NATION,
        "rules": [{"document": by("past_doses + 1")}]});
    let ministry = app.ministry().await;
    ministry.post("/v1/what-ifs", &body).await.refused(422, "allocation.past_round_gave_nothing");
    body["supply"] = json!({"units": 3});
    assert_eq!(ministry.post("/v1/what-ifs", &body).await.ok(200).at("/places/0/units"), json!([3]));
}
