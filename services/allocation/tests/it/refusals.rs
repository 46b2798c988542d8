//! Steps that are refused: typed, naming the line, and nothing half-written.
use super::setup::{
    KAGAWA, NATION, Setup, TAKAMATSU, TOTTORI, TOTTORI_CITY, YONAGO, adjust, carry_through, lines, persons, step,
};
use platform::opctx::new_id;
use serde_json::{Value, json};
use testkit::{Answer, TestClient, round::BOX_VIALS};

fn errors(answer: &Answer) -> Vec<(String, String)> {
    let text = |error: &Value, key: &str| error[key].as_str().unwrap().to_owned();
    let errors = answer.at("/errors");
    errors.as_array().unwrap().iter().map(|error| (text(error, "path"), text(error, "code"))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn all_weights_zero_says_so() {
    let setup = Setup::with(10 * BOX_VIALS, |_| Some(0)).await;
    let before = setup.rows().await;
    let ministry = setup.app.ministry().await;
    ministry.post("/v1/plans", &setup.compute(NATION)).await.refused(422, "allocation.all_weights_zero");
    assert_eq!(setup.rows().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_municipality_without_population_is_named() {
    let known = |code: &str| persons(code).filter(|_| code != YONAGO && code != TAKAMATSU);
    let setup = Setup::with(10 * BOX_VIALS, known).await;
    let before = setup.rows().await;
    let answer = setup.app.ministry().await.post("/v1/plans", &setup.compute(NATION)).await;
    answer.refused(422, "request.invalid");
    let told = answer.at("/errors");
    let told = told.as_array().unwrap();
    assert_eq!(told.len(), 2);
    for (error, (code, name)) in told.iter().zip([(YONAGO, "米子市"), (TAKAMATSU, "高松市")]) {
        assert_eq!(error["code"], "allocation.missing_population");
        for text in [&error["ja"], &error["en"]] {
            let text = text.as_str().unwrap();
            assert!(text.contains(code) && text.contains(name), "{text}");
        }
    }
    assert_eq!(setup.rows().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_vial_above_the_grant_is_refused_and_nothing_written() {
    let setup = Setup::handed_down(1_000 * BOX_VIALS).await;
    let tottori = setup.app.officer(TOTTORI).await;
    let (plan, version) = setup.plan_of(TOTTORI).await;
    let (before, digest) = (setup.rows().await, setup.plans_digest().await);
    let units = setup.units(&plan, TOTTORI_CITY).await;
    // a box above what the prefecture has been granted
    let above = adjust(&tottori, &plan, &lines(version, &[(TOTTORI_CITY, units + 1)])).await;
    above.refused(409, "allocation.over_supply");
    assert!(above.at("/detail").as_str().unwrap().contains(TOTTORI), "{}", above.body);
    // and amounts that no sum can hold
    let sum = adjust(&tottori, &plan, &lines(version, &[(TOTTORI_CITY, 1_000_000_000), (YONAGO, 1_000_000_000)])).await;
    sum.refused(409, "allocation.over_supply");
    assert_eq!((setup.rows().await, setup.plans_digest().await), (before, digest));

    let submitted = step(&tottori, &plan, "submit", version).await;
    step(&setup.app.second_officer(TOTTORI).await, &plan, "approve", 2).await.ok(200);
    let before = setup.rows().await;
    step(&tottori, &plan, "commit", 2).await.refused(409, "allocation.stale_plan");
    assert_eq!(setup.rows().await, before);
    step(&tottori, &plan, "commit", 3).await.ok(200);
    assert_eq!(submitted.at("/state"), "submitted");

    let (city, has) = (setup.app.officer(TOTTORI_CITY).await, units * BOX_VIALS);
    let (before, digest) = (setup.rows().await, setup.plans_digest().await);
    let refused = city.post("/v1/assignments", &setup.assign(TOTTORI_CITY, &[has - 1, 1, 1])).await;
    refused.refused(409, "allocation.over_supply");
    assert!(refused.at("/title").as_str().unwrap().contains(&format!("{has} left, but {}", has + 1)));
    assert_eq!((setup.rows().await, setup.plans_digest().await), (before, digest));
    // to the last vial it is right
    city.post("/v1/assignments", &setup.assign(TOTTORI_CITY, &[has - 2, 1, 1])).await.ok(200);
    let before = setup.rows().await;
    city.post("/v1/assignments", &setup.assign(TOTTORI_CITY, &[1])).await.refused(409, "allocation.over_supply");
    assert_eq!(setup.rows().await, before);
    setup.app.audit_ok().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_lines_are_named() {
    let setup = Setup::handed_down(1_000 * BOX_VIALS).await;
    let tottori = setup.app.officer(TOTTORI).await;
    let (plan, version) = setup.plan_of(TOTTORI).await;
    let (before, digest) = (setup.rows().await, setup.plans_digest().await);
    let with = |key: &str, value: Value| {
        let mut body = lines(version, &[(TOTTORI_CITY, 1)]);
        body[key] = value;
        body
    };
    for (body, expected) in [
        (lines(version, &[(YONAGO, 1), (YONAGO, 2)]), vec![("lines[1].recipient", "allocation.duplicate_recipient")]),
        (lines(version, &[(YONAGO, 1), (TAKAMATSU, 2)]), vec![("lines[1].recipient", "allocation.unknown_recipient")]),
        (
            lines(version, &[("", 1), ("１３１０１６", 1)]),
            vec![
                ("lines[0].recipient", "allocation.unknown_recipient"),
                ("lines[1].recipient", "allocation.unknown_recipient"),
            ],
        ),
        (lines(version, &[(YONAGO, -1)]), vec![("lines[0].units", "allocation.amount_out_of_range")]),
        (lines(version, &[(YONAGO, i64::MAX)]), vec![("lines[0].units", "allocation.amount_out_of_range")]),
        (lines(version, &[(YONAGO, i64::MIN)]), vec![("lines[0].units", "allocation.amount_out_of_range")]),
        (lines(version, &[]), vec![("lines", "allocation.nothing_to_do")]),
        (with("reason", json!("")), vec![("reason", "allocation.reason_missing")]),
        (with("reason", json!("　 \n")), vec![("reason", "allocation.reason_missing")]),
        (with("reason", json!("あ".repeat(501))), vec![("reason", "allocation.reason_missing")]),
    ] {
        let answer = adjust(&tottori, &plan, &body).await;
        answer.refused(422, "request.invalid");
        let found = errors(&answer);
        let found: Vec<(&str, &str)> = found.iter().map(|(path, code)| (path.as_str(), code.as_str())).collect();
        assert_eq!(found, expected, "{body}");
    }
    let same = setup.units(&plan, YONAGO).await;
    adjust(&tottori, &plan, &lines(version, &[(YONAGO, same)])).await.refused(422, "allocation.nothing_to_do");
    for (key, value) in [
        ("reason", Value::Null),
        ("version", json!("1")),
        ("id", json!("1")),
        ("force", json!(true)),
        ("lines", json!([{"recipient": YONAGO, "units": 1.5}])),
        ("lines", json!([{"recipient": YONAGO, "units": "１"}])),
    ] {
        adjust(&tottori, &plan, &with(key, value)).await.refused(422, "request.invalid");
    }
    tottori.post("/v1/plans/1:adjust", &lines(1, &[])).await.refused(404, "allocation.plan_not_found");
    assert_eq!((setup.rows().await, setup.plans_digest().await), (before, digest));
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_assignments_are_named() {
    let setup = Setup::handed_down(1_000 * BOX_VIALS).await;
    let (tottori, city) = (setup.app.officer(TOTTORI).await, setup.app.officer(TOTTORI_CITY).await);
    let good = setup.assign(TOTTORI_CITY, &[1]);
    city.post("/v1/assignments", &good).await.refused(422, "allocation.not_granted");
    let (plan, _) = setup.plan_of(TOTTORI).await;
    let submitted = step(&tottori, &plan, "submit", 1).await;
    let second = setup.app.second_officer(TOTTORI).await;
    step(&second, &plan, "approve", submitted.at("/version").as_i64().unwrap()).await.ok(200);
    step(&tottori, &plan, "commit", 3).await.ok(200);
    let before = setup.rows().await;
    let (own, foreign) = (setup.sites[TOTTORI_CITY][0], setup.sites[YONAGO][0]);
    let line = |site, vials: i64| json!({"site": site, "vials": vials});
    for (sites, path, code) in [
        (json!([]), "sites", "allocation.nothing_to_do"),
        (json!([line(own, 1), line(own, 2)]), "sites[1].site", "allocation.duplicate_recipient"),
        (json!([line(foreign, 1)]), "sites[0].site", "allocation.unknown_recipient"),
        (json!([line(new_id(), 1)]), "sites[0].site", "allocation.unknown_recipient"),
        (json!([line(own, 0)]), "sites[0].vials", "allocation.amount_out_of_range"),
        (json!([line(own, -5)]), "sites[0].vials", "allocation.amount_out_of_range"),
        (json!([line(own, 9_007_199_254_740_993)]), "sites[0].vials", "allocation.amount_out_of_range"),
        (json!(vec![line(own, 1); 2_001]), "sites", "request.too_many_items"),
    ] {
        let mut body = good.clone();
        body["id"] = json!(new_id());
        body["sites"] = sites;
        let answer = city.post("/v1/assignments", &body).await;
        answer.refused(422, "request.invalid");
        assert_eq!(errors(&answer)[0], (path.to_owned(), code.to_owned()), "{body}");
    }
    let mut nowhere = good.clone();
    nowhere["round"] = json!(new_id());
    city.post("/v1/assignments", &nowhere).await.refused(404, "allocation.round_not_found");
    assert_eq!(setup.rows().await, before);
    // the id of what was refused is still free
    city.post("/v1/assignments", &good).await.ok(200);
}

/// Every step at every state that it does not fit.
#[tokio::test(flavor = "multi_thread")]
async fn steps_out_of_order_are_refused() {
    let setup = Setup::with_supply(100 * BOX_VIALS).await;
    let ministry = setup.app.ministry().await;
    let computed = ministry.post("/v1/plans", &setup.compute(NATION)).await;
    let plan = computed.ok(200).at("/plan").as_str().unwrap().to_owned();
    let refuse = async |version: i64, steps: &[&str]| {
        let before = setup.rows().await;
        for name in steps {
            step(&ministry, &plan, name, version).await.refused(409, "allocation.wrong_state");
        }
        assert_eq!(setup.rows().await, before);
    };
    let recompute = async |version: i64| {
        let mut again = setup.compute(NATION);
        again["version"] = json!(version);
        ministry.post("/v1/plans", &again).await.refused(409, "allocation.wrong_state");
        adjust(&ministry, &plan, &lines(version, &[(TOTTORI, 1)])).await.refused(409, "allocation.wrong_state");
    };
    refuse(1, &["approve", "commit"]).await;
    step(&ministry, &plan, "submit", 1).await.ok(200);
    refuse(2, &["submit", "commit"]).await;
    recompute(2).await;
    step(&setup.app.second_officer(NATION).await, &plan, "approve", 2).await.ok(200);
    refuse(3, &["submit", "approve"]).await;
    recompute(3).await;
    step(&ministry, &plan, "commit", 3).await.ok(200);
    refuse(4, &["submit", "approve", "commit"]).await;
    recompute(4).await;
    setup.app.audit_ok().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_that_say_nothing_are_refused() {
    let setup = Setup::with_supply(100 * BOX_VIALS).await;
    let ministry = setup.app.ministry().await;
    let part = |extra: Value| {
        let mut part = json!({"name": "base", "indicator": "population"});
        part.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        part
    };
    for (components, path, code) in [
        (json!([]), "components", "request.invalid_field"),
        (json!(vec![part(json!({})); 9]), "components", "request.invalid_field"),
        (json!([part(json!({"indicator": "beds"}))]), "components[0].indicator", "request.invalid_field"),
        (json!([part(json!({"method": "lottery"}))]), "components[0].method", "allocation.unknown_method"),
        (json!([part(json!({"units": -1}))]), "components[0].units", "request.invalid_field"),
    ] {
        let mut body = setup.compute(NATION);
        body["components"] = components;
        let answer = ministry.post("/v1/plans", &body).await;
        answer.refused(422, "request.invalid");
        assert_eq!(errors(&answer)[0], (path.to_owned(), code.to_owned()), "{body}");
    }
    let mut body = setup.compute(NATION);
    body["round"] = json!(new_id());
    ministry.post("/v1/plans", &body).await.refused(404, "allocation.round_not_found");
    let own = setup.app.officer(TOTTORI_CITY).await;
    own.post("/v1/plans", &setup.compute(TOTTORI_CITY)).await.refused(422, "allocation.wrong_level");
    let early = setup.app.officer(KAGAWA).await;
    early.post("/v1/plans", &setup.compute(KAGAWA)).await.refused(422, "allocation.not_granted");
    assert_eq!(setup.app.db.number("select count(*) from allocation.plan").await, 0);
}

/// What was granted by a committed plan cannot be granted again by a second one.
#[tokio::test(flavor = "multi_thread")]
async fn a_round_has_one_plan_of_each_level() {
    let setup = Setup::handed_down(100 * BOX_VIALS).await;
    let ministry: TestClient = setup.app.ministry().await;
    ministry.post("/v1/plans", &setup.compute(NATION)).await.refused(409, "allocation.plan_exists");
    let tottori = setup.app.officer(TOTTORI).await;
    tottori.post("/v1/plans", &setup.compute(TOTTORI)).await.refused(409, "allocation.plan_exists");
    // with the version that was read, a prefecture may divide by a rule of its own
    let mut own = setup.compute(TOTTORI);
    own["version"] = json!(1);
    own["components"][0]["method"] = json!("adams");
    let computed = tottori.post("/v1/plans", &own).await;
    assert_eq!((computed.ok(200).at("/lines"), computed.at("/version")), (json!(19), json!(2)));
    carry_through(&setup.app, &tottori, &computed).await;
    setup.app.audit_ok().await;
}
