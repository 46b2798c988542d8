//! Rules are published once, plans are computed by them, and what was computed can be computed again.
use super::setup::{
    KAGAWA, NATION, Setup, TAKAMATSU, TOTTORI, TOTTORI_CITY, YONAGO, adjust, carry_through, lines, persons,
};
use domain::{rule::publish, territory::Tier};
use platform::opctx::new_id;
use serde_json::{Value, json};
use testkit::{Answer, meguri::allocate::stored, round::BOX_VIALS};

/// A rule by population, of which no place gets more than three packs, and of which 10 ‰ are kept.
pub fn capped(code: &str, cap: &str) -> Value {
    json!({
        "format": "allocation-rule/1", "code": code, "version": 1,
        "title": {"ja": "上限付き", "en": "Capped"},
        "components": [{
            "name": "base", "supply": "rest", "weight": "population_total",
            "caps": [{"name": "most", "units": cap}, {"name": "far_away", "units": "1000000"}],
        }],
        "reserve": {"permille": 10},
    })
}

/// A rule that takes a tenth from those who hold three rounds' worth.
pub fn cutting(code: &str) -> Value {
    json!({
        "format": "allocation-rule/1", "code": code, "version": 1,
        "title": {"ja": "在庫調整", "en": "Stock cut"},
        "components": [
            {"name": "base", "supply": "rest", "weight": "population_total", "stock_cut": {
                "rounds": 3, "percent": 10, "stock": "delivered_doses", "use": "used_doses", "max_age_days": 7}},
            {"name": "again", "supply": "rest", "weight": "population_total"},
        ],
    })
}

pub fn errors(answer: &Answer) -> Vec<(String, String)> {
    let text = |error: &Value, key: &str| error[key].as_str().unwrap().to_owned();
    let errors = answer.at("/errors");
    errors.as_array().unwrap().iter().map(|error| (text(error, "path"), text(error, "code"))).collect()
}

/// The request to compute a level's plan by a published rule.
pub fn by_rule(setup: &Setup, holder: &str, rule: &str) -> Value {
    json!({"id": new_id(), "round": setup.round, "holder": holder, "rule": rule})
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_of_a_rule_never_changes() {
    let setup = Setup::with_supply(0).await;
    let (ministry, anyone) = (setup.app.ministry().await, setup.app.anonymous());
    let rule = capped("test-capped", "3");
    let published = ministry.post("/v1/rules", &rule).await;
    assert_eq!((published.ok(200).at("/code"), published.header("Idempotency-Replayed")), (json!("test-capped"), ""));
    // the keys in another order are the same document
    let other: Value = serde_json::from_str(&rule.to_string()).unwrap();
    let again = ministry.post("/v1/rules", &other).await;
    assert_eq!((again.ok(200).header("Idempotency-Replayed"), &again.body), ("true", &published.body));
    let refused = ministry.post("/v1/rules", &capped("test-capped", "4")).await;
    refused.refused(409, "allocation.rule_exists");
    assert!(refused.at("/title").as_str().unwrap().contains("test-capped@1"));

    let read = anyone.get("/v1/rules/test-capped@1").await;
    assert_eq!(
        (read.ok(200).at("/digest"), read.at("/document/components/0/caps/0/units")),
        (published.at("/digest"), json!("3"))
    );
    let list = anyone.get("/v1/rules").await;
    let list = list.ok(200).at("/rules");
    let codes: Vec<&str> = list.as_array().unwrap().iter().map(|rule| rule["code"].as_str().unwrap()).collect();
    assert!(codes.contains(&"test-capped") && codes.contains(&"covid19-base-adjustment"), "{codes:?}");
    for name in ["test-capped@2", "test-capped", "@", "test-capped@1x", "nothing@1"] {
        anyone.get(&format!("/v1/rules/{name}")).await.refused(404, "allocation.rule_not_found");
    }
    setup.app.audit_ok().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_ministry_publishes_and_mistakes_are_named_by_their_path() {
    let setup = Setup::with_supply(0).await;
    let before = setup.rows().await;
    let rule = capped("test-rule", "3");
    for stranger in
        [setup.app.officer(TOTTORI).await, setup.app.persona("auditor").await, setup.app.persona("wholesaler").await]
    {
        stranger.post("/v1/rules", &rule).await.refused(403, "auth.forbidden");
    }
    setup.app.anonymous().post("/v1/rules", &rule).await.refused(401, "auth.missing_token");
    let ministry = setup.app.ministry().await;
    let with = |pointer: &str, value: Value| {
        let mut rule = rule.clone();
        *rule.pointer_mut(pointer).unwrap() = value;
        rule
    };
    for (rule, path) in [
        (with("/components/0/weight", json!("population_total +")), "components[0].weight"),
        (with("/components/0/caps/0/units", json!("3 / ")), "components[0].caps[0].units"),
        (with("/components/0/name", json!("")), "components[0].name"),
        (with("/version", json!(0)), "version"),
        (with("/code", json!("short-form")), "code"),
        (json!({"format": "allocation-rule/2"}), "format"),
    ] {
        let answer = ministry.post("/v1/rules", &rule).await;
        answer.refused(422, "request.invalid");
        assert_eq!(errors(&answer)[0].0, path, "{}", answer.body);
    }
    let mut unknown = rule.clone();
    unknown["components"][0]["wait"] = json!(1);
    let answer = ministry.post("/v1/rules", &unknown).await;
    assert!(errors(answer.refused(422, "request.invalid"))[0].0.starts_with("components[0]"), "{}", answer.body);
    ministry
        .post_raw("/v1/rules", "application/json", b"{\"a\":1,\"a\":2}".to_vec())
        .await
        .refused(400, "request.malformed");
    assert_eq!(setup.rows().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_by_a_published_rule_says_all_reasons() {
    let setup = Setup::with_supply(2_000 * BOX_VIALS).await;
    let ministry = setup.app.ministry().await;
    ministry.post("/v1/rules", &capped("test-capped", "3")).await.ok(200);
    let computed = ministry.post("/v1/plans", &by_rule(&setup, NATION, "test-capped@1")).await;
    // 10 ‰ of 2,000 packs are kept
    assert_eq!((computed.ok(200).at("/lines"), computed.at("/granted_vials")), (json!(47), json!(1_980 * BOX_VIALS)));
    let db = &setup.app.db;
    let (plan, _) = setup.plan_of(NATION).await;
    assert_eq!(db.number("select max(units) from allocation.plan_line where under is not null").await, 3);
    let line = format!(
        "select explanation from allocation.plan_line where plan_id = '{plan}' and recipient = '{TOTTORI_CITY}'"
    );
    let line = db.rows(&line).await.remove(0)["explanation"].clone();
    let part = &line["components"][0];
    assert_eq!(
        (&part["component"], &part["proof"]["binding"], &line["units"]),
        (&json!("base"), &json!("cap"), &json!(3))
    );
    let candidates: Vec<&str> =
        part["proof"]["caps"].as_array().unwrap().iter().map(|cap| cap["name"].as_str().unwrap()).collect();
    assert_eq!((candidates, &part["proof"]["tightest_cap"]["name"]), (vec!["most", "far_away"], &json!("most")));
    assert!(part["ja"].as_str().unwrap().contains("most") && part["en"].as_str().unwrap().contains("most"), "{part}");
    assert_eq!(line["figures"][0]["indicator"], "population_total");
    assert!(line["figures"][0]["source"].as_str().unwrap().contains("made up for a test"));
    carry_through(&setup.app, &ministry, &computed).await;
    setup.app.audit_ok().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn either_a_rule_or_components_and_only_a_published_one() {
    let setup = Setup::with_supply(100 * BOX_VIALS).await;
    let ministry = setup.app.ministry().await;
    let before = setup.rows().await;
    let mut both = setup.compute(NATION);
    both["rule"] = json!("covid19-base-adjustment@1");
    let answer = ministry.post("/v1/plans", &both).await;
    assert_eq!(
        errors(answer.refused(422, "request.invalid")),
        [("rule".into(), "allocation.rule_or_components".into())]
    );
    for name in ["nothing@1", "covid19-base-adjustment@99", "covid19-base-adjustment", ""] {
        let answer = ministry.post("/v1/plans", &by_rule(&setup, NATION, name)).await;
        assert_eq!(errors(answer.refused(422, "request.invalid")), [("rule".into(), "allocation.rule_unknown".into())]);
    }
    // it looks at stock, and nobody has recorded any
    ministry.post("/v1/rules", &cutting("test-cut")).await.ok(200);
    let answer = ministry.post("/v1/plans", &by_rule(&setup, NATION, "test-cut@1")).await;
    let unknown = |name: &str| {
        let told = answer.at("/errors").to_string();
        told.contains("allocation.indicator_unknown") && told.contains(name) && told.contains("test-cut@1")
    };
    answer.refused(422, "request.invalid");
    assert!(unknown("delivered_doses") && unknown("used_doses"), "{}", answer.body);
    assert_eq!(setup.rows().await, before + 1, "the audit entry of the rule");
}

/// Whoever has the document can compute the plan again; a document that was changed is found out.
#[tokio::test(flavor = "multi_thread")]
async fn a_committed_plan_is_published_and_computed_again() {
    let setup = Setup::with_supply(1_000 * BOX_VIALS).await;
    let (app, ministry, anyone) = (&setup.app, setup.app.ministry().await, setup.app.anonymous());
    ministry.post("/v1/rules", &capped("test-capped", "5")).await.ok(200);
    let computed = ministry.post("/v1/plans", &by_rule(&setup, NATION, "test-capped@1")).await;
    let plan = computed.ok(200).at("/plan").as_str().unwrap().to_owned();
    let path = format!("/v1/plans/{plan}/document");
    // before it is committed it is the ministry's and the auditor's
    anyone.get(&path).await.refused(404, "allocation.plan_not_found");
    app.officer(TOTTORI).await.get(&path).await.refused(404, "allocation.plan_not_found");
    let early = app.persona("auditor").await.get(&path).await;
    carry_through(app, &ministry, &computed).await;

    let document = anyone.get(&path).await;
    assert_eq!((&document.ok(200).body, document.at("/format")), (&early.ok(200).body, json!("allocation-plan/1")));
    assert_eq!(document.at("/rule/code"), "test-capped");
    let text =
        setup.app.db.text(&format!("(select document from allocation.plan_document where plan_id = '{plan}')")).await;
    assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), document.body, "what is served is what is stored");
    let replay = publish::replay(text.as_bytes()).unwrap();
    assert!(replay.equal && replay.lines == 1_741 && replay.lines_equal == 1_741, "{replay:?}");
    let digest =
        setup.app.db.text(&format!("(select encode(digest, 'hex') from allocation.plan where id = '{plan}')")).await;
    assert_eq!((document.at("/digest"), &replay.digest.computed), (json!(digest), &digest));
    // with the units of one line, one figure or the rule changed
    for (from, to) in [
        (document.at("/result/places/0/units"), "/result/places/0/units"),
        (document.at("/inputs/supply_units"), "/inputs/supply_units"),
    ] {
        let mut changed = document.body.clone();
        *changed.pointer_mut(to).unwrap() = json!(from.as_i64().unwrap() + 1);
        let replay = publish::replay(changed.to_string().as_bytes()).unwrap();
        assert!(!replay.equal && replay.difference_count > 0, "{to}");
    }

    // a prefecture's draft is drawn from it
    let (draft, version) = setup.plan_of(TOTTORI).await;
    app.officer(KAGAWA)
        .await
        .get(&format!("/v1/plans/{draft}/document"))
        .await
        .refused(404, "allocation.plan_not_found");
    let tottori = app.officer(TOTTORI).await;
    let drawn = tottori.get(&format!("/v1/plans/{draft}/document")).await;
    assert_eq!(drawn.ok(200).body, document.body);
    let units = setup.units(&draft, TOTTORI_CITY).await;
    let adjusted = adjust(&tottori, &draft, &lines(version, &[(TOTTORI_CITY, units - 1)])).await;
    carry_through(app, &tottori, adjusted.ok(200)).await;
    anyone.get(&format!("/v1/plans/{draft}/document")).await.ok(200);

    for plan in [&plan, &draft] {
        let found = stored::replay(&app.db.home, plan.parse().unwrap()).await.unwrap();
        assert!(found.is_equal(), "{}", stored::render(&found));
    }
    setup.app.audit_ok().await;
    // a line that somebody changed behind the curtain
    app.db.sql(&format!("update allocation.plan_line set computed = computed + 1 where plan_id = '{plan}' and recipient = '{YONAGO}'")).await;
    let found = stored::replay(&app.db.home, plan.parse().unwrap()).await.unwrap();
    assert!(!found.is_equal() && found.differences[0].contains(YONAGO), "{}", stored::render(&found));
    let report = testkit::meguri::audit::run(&app.db.home.role_url("audit").unwrap()).await.unwrap();
    assert!(
        report
            .checks
            .iter()
            .any(|check| check.id == "R22" && check.what_en.contains("published") && check.violations_count == 1)
    );
}

/// Why, for everybody, once it is committed.
#[tokio::test(flavor = "multi_thread")]
async fn anybody_may_ask_why() {
    let setup = Setup::with_supply(1_000 * BOX_VIALS).await;
    let anyone = setup.app.anonymous();
    let round = setup.round;
    let path = |territory: &str| format!("/v1/public/allocations/{round}/{territory}");
    anyone.get(&path(TOTTORI)).await.refused(404, "allocation.not_published");
    let setup = setup.hand_down().await;
    let why = anyone.get(&path(TOTTORI)).await;
    let units = setup.units(&setup.plan_of(NATION).await.0, TOTTORI).await;
    assert_eq!(
        (why.ok(200).at("/units"), why.at("/granted_by"), why.at("/name")),
        (json!(units), json!(NATION), json!("鳥取県"))
    );
    assert_eq!(why.at("/vials"), json!(units * BOX_VIALS));
    assert!(why.at("/sentences/0/ja").as_str().unwrap().contains("市区町村"));
    // the prefecture has not committed yet
    anyone.get(&path(TOTTORI_CITY)).await.refused(404, "allocation.not_published");
    let tottori = setup.app.officer(TOTTORI).await;
    let (plan, _) = setup.plan_of(TOTTORI).await;
    let draft = setup.app.db.rows(&format!("select state, version from allocation.plan where id = '{plan}'")).await;
    assert_eq!(draft[0]["state"], "computed");
    let moved = json!({"plan": plan, "version": 1, "holder": TOTTORI});
    let answer = Answer { body: moved, ..why.clone() };
    carry_through(&setup.app, &tottori, &answer).await;
    let why = anyone.get(&path(TOTTORI_CITY)).await;
    assert_eq!(
        (why.ok(200).at("/units"), why.at("/granted_by")),
        (json!(setup.units(&plan, TOTTORI_CITY).await), json!(TOTTORI))
    );
    assert!(why.at("/sentences/0/ja").as_str().unwrap().contains("鳥取市"), "{}", why.body);
    assert!(why.at("/sentences/0/en").as_str().unwrap().contains(" in all"), "{}", why.body);
    assert!(why.at("/sentences/1/en").as_str().unwrap().contains("people"), "{}", why.body);
    assert_eq!(why.at("/data/figures/0/indicator"), "population_total");

    anyone
        .get(&format!("/v1/public/allocations/{}/{TOTTORI}", new_id()))
        .await
        .refused(404, "allocation.round_not_found");
    anyone.get(&path("312012")).await.refused(422, "territory.check_digit");
    anyone.get(&path("x")).await.refused(422, "territory.malformed");
}

/// What places had in earlier rounds counts, so that the running total comes out even.
#[tokio::test(flavor = "multi_thread")]
async fn the_running_total_counts_what_was_given_before() {
    let persons = |code: &str| {
        Some(match code {
            TOTTORI_CITY => 610_000,
            YONAGO => 310_000,
            TAKAMATSU => 65_000,
            "372021" => 15_000,
            _ => 0,
        })
    };
    let setup = Setup::with(10 * BOX_VIALS, persons).await;
    let app = &setup.app;
    let ministry = app.ministry().await;
    let rule = json!({
        "format": "allocation-rule/1", "code": "test-cumulative", "version": 1,
        "title": {"ja": "累計", "en": "Cumulative"},
        "components": [{"name": "all", "supply": "rest", "weight": "population_total", "running": "cumulative"}],
    });
    ministry.post("/v1/rules", &rule).await.ok(200);
    // design/allocation.md X5: four rounds of ten packs; the fourth place has its pack in the fourth
    let expected = [[6, 3, 1, 0], [7, 3, 0, 0], [6, 3, 1, 0], [5, 3, 1, 1]];
    for (number, expected) in (0..).zip(expected) {
        let round = if number == 0 { setup.round } else { app.db.open_round(9 + number, 10 * BOX_VIALS).await };
        let body = json!({"id": new_id(), "round": round, "holder": NATION, "rule": "test-cumulative@1"});
        let computed = ministry.post("/v1/plans", &body).await;
        let plan = computed.ok(200).at("/plan").as_str().unwrap().to_owned();
        let mut got = Vec::new();
        for place in [TOTTORI_CITY, YONAGO, TAKAMATSU, "372021"] {
            let sql =
                format!("select units from allocation.plan_line where plan_id = '{plan}' and recipient = '{place}'");
            got.push(app.db.number(&sql).await);
        }
        assert_eq!(got, expected, "round {number}");
        carry_through(app, &ministry, &computed).await;
    }
    app.audit_ok().await;
}

/// Where prefectures assign to the sites themselves, the nation divides among prefectures.
#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_ends_at_the_prefectures_is_divided_among_them() {
    let setup = Setup::with_supply(0).await;
    let (app, ministry) = (&setup.app, setup.app.ministry().await);
    let round = app.db.open_stream("health_workers", &[Tier::Nation, Tier::Prefecture], 1).await.unwrap();
    app.db.supply(round, 470 * BOX_VIALS).await;
    let mut body = setup.compute(NATION);
    body["round"] = json!(round);
    let computed = ministry.post("/v1/plans", &body).await;
    assert_eq!((computed.ok(200).at("/lines"), computed.at("/granted_vials")), (json!(47), json!(470 * BOX_VIALS)));
    // a prefecture weighs what its municipalities do
    let sql = "select (explanation -> 'components' -> 0 -> 'proof' ->> 'weight')::bigint from allocation.plan_line where recipient = '310000'";
    let weight = app.db.number(sql).await;
    let tottori: i64 = testkit::meguri::round::municipalities()
        .iter()
        .filter(|code| code.to_string().starts_with("31"))
        .map(|code| persons(&code.to_string()).unwrap())
        .sum();
    assert_eq!(weight, tottori);
    carry_through(app, &ministry, &computed).await;
    assert_eq!(app.db.number("select count(*) from allocation.plan").await, 1, "nothing is left to divide");
    let mut again = setup.compute(TOTTORI);
    again["round"] = json!(round);
    app.officer(TOTTORI).await.post("/v1/plans", &again).await.refused(422, "allocation.wrong_level");
    app.audit_ok().await;
}
