//! Rules, what-ifs, fairness and what anybody may know, over GraphQL.
use crate::data;
use platform::opctx::new_id;
use serde_json::{Value, json};
use testkit::{Answer, TestApp, TestClient, round::BOX_VIALS};
use uuid::Uuid;

const NATION: &str = "000000";
const TOTTORI: &str = "310000";
const TOTTORI_CITY: &str = "312011";
const RULE: &str = "covid19-base-adjustment@1";
const FIGURES: &str = "{ basis lines given reserve giniPpm jainPpm coverageRatioPpm linesOffByAUnitOrMore linesAtCap }";

fn code(answer: &Answer) -> &str {
    answer.code()
}

async fn setup() -> (TestApp, Uuid) {
    let app = TestApp::start().await;
    app.db.populations(|code| Some(1_000 + code.parse::<i64>().unwrap() % 9_000)).await;
    let round = app.db.open_round(9, 1_000 * BOX_VIALS).await;
    app.db.sites(round, &[(TOTTORI_CITY, 400)], &[]).await;
    (app, round)
}

async fn compute(client: &TestClient, round: Uuid, rule: &str) -> Value {
    let query = "mutation Compute($input: ComputePlanInput!) { computePlan(input: $input) { __typename
        ... on PlanMoved { planId version holder } ... on PlanRefused { code errors { path code } } } }";
    let input = json!({"id": new_id(), "round": round, "holder": NATION, "rule": rule});
    data(&client.graphql(query, json!({"input": input})).await)["computePlan"].clone()
}

/// Hands a plan in, has the second officer agree, commits it.
async fn carry_through(app: &TestApp, plan: &Value) {
    let (first, second) = (app.ministry().await, app.second_officer(NATION).await);
    let mut version = plan["version"].as_i64().unwrap();
    for (client, step) in [(&first, "submit"), (&second, "approve"), (&first, "commit")] {
        let path = format!("/v1/plans/{}:{step}", plan["planId"].as_str().unwrap());
        let moved = client.post(&path, &json!({"id": new_id(), "version": version})).await;
        version = moved.ok(200).at("/version").as_i64().unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_are_open_to_everybody() {
    let (app, _) = setup().await;
    let anyone = app.anonymous();
    let shown = data(
        &anyone
            .graphql("{ rules { name title { ja en } needsObjections indicators } indicators { code } }", Value::Null)
            .await,
    );
    let rules = shown["rules"].as_array().unwrap();
    let named = |name: &str| rules.iter().find(|rule| rule["name"] == name).unwrap();
    assert_eq!(named(RULE)["indicators"], json!(["population_total", "wish_vials"]));
    assert_eq!(
        (&named(RULE)["needsObjections"], &named("july-2021@1")["needsObjections"]),
        (&json!(false), &json!(true))
    );
    let one = data(
        &anyone
            .graphql("query R($name: String!) { rule(name: $name) { document digest } }", json!({"name": RULE}))
            .await,
    );
    let document: Value = serde_json::from_str(one["rule"]["document"].as_str().unwrap()).unwrap();
    assert_eq!(document["format"], "allocation-rule/1");
    let missing = anyone.graphql("{ rule(name: \"nothing@1\") { digest } }", Value::Null).await;
    assert_eq!(code(&missing), "allocation.rule_not_found");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_by_a_rule_tells_how_even_it_is_and_everybody_why() {
    let (app, round) = setup().await;
    let (ministry, anyone) = (app.ministry().await, app.anonymous());
    let refused = compute(&ministry, round, "nothing@1").await;
    assert_eq!(
        (&refused["__typename"], &refused["errors"][0]["code"]),
        (&json!("PlanRefused"), &json!("allocation.rule_unknown"))
    );
    let plan = compute(&ministry, round, RULE).await;
    assert_eq!(plan["__typename"], "PlanMoved", "{plan}");
    let query = format!(
        "query P($id: Uuid!) {{ plan(id: $id) {{ rule {{ name components {{ name indicator units }} }} fairness {FIGURES}
            lines(first: 1, below: true) {{ edges {{ node {{ details flags explanations {{ component ja en }} }} }} }} }} }}"
    );
    let shown = data(&ministry.graphql(&query, json!({"id": plan["planId"]})).await)["plan"].clone();
    assert_eq!(shown["rule"]["name"], RULE);
    let fairness = &shown["fairness"];
    assert_eq!((&fairness["basis"], &fairness["lines"]), (&json!("population_total"), &json!(1_741)), "{shown}");
    assert_eq!(fairness["given"].as_i64().unwrap() + fairness["reserve"].as_i64().unwrap(), 1_000);
    let line = &shown["lines"]["edges"][0]["node"];
    assert!(line["details"].as_str().unwrap().contains("population_total") && line["flags"] == json!([]), "{line}");

    let why = "query W($round: Uuid!, $place: TerritoryCode!) { publicAllocation(round: $round, territory: $place) {
        territory { code } grantedBy boxes vials explanations { ja en } } }";
    let ask = async |place: &str| anyone.graphql(why, json!({"round": round, "place": place})).await;
    assert_eq!(code(&ask(TOTTORI).await), "allocation.not_published");
    carry_through(&app, &plan).await;
    let told = data(&ask(TOTTORI).await)["publicAllocation"].clone();
    assert_eq!((&told["territory"]["code"], &told["grantedBy"]), (&json!(TOTTORI), &json!(NATION)));
    assert_eq!(told["vials"].as_i64().unwrap(), told["boxes"].as_i64().unwrap() * BOX_VIALS);
    assert_eq!(code(&ask(TOTTORI_CITY).await), "allocation.not_published");

    let query = format!(
        "query R($round: Uuid!) {{ round(id: $round) {{ a: fairness(level: prefecture) {FIGURES} b: fairness(level: prefecture, cumulative: true) {FIGURES}
            plan(holder: \"{TOTTORI}\") {{ fairness {FIGURES} }} }} }}"
    );
    let shown = data(&ministry.graphql(&query, json!({"round": round})).await)["round"].clone();
    assert_eq!((&shown["a"]["lines"], &shown["a"]["basis"]), (&json!(47), &json!("population_total")));
    assert_eq!(shown["a"], shown["b"], "there is no earlier round");
    assert_eq!(shown["a"]["given"].as_i64().unwrap() + shown["a"]["reserve"].as_i64().unwrap(), 1_000 * BOX_VIALS);
    assert_eq!(shown["plan"]["fairness"]["lines"], 1_741, "a draft has the figures of the national run");
    let below =
        data(&app.persona("prefecture-31").await.graphql(&query, json!({"round": round})).await)["round"].clone();
    assert_eq!((&below["a"], &below["plan"]["fairness"]["lines"]), (&Value::Null, &json!(1_741)));
    app.audit_ok().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_rules_are_tried_out_side_by_side() {
    let (app, round) = setup().await;
    let ministry = app.ministry().await;
    let document = "{\"format\":\"allocation-rule/1\",\"code\":\"mine\",\"version\":1,\"title\":{\"ja\":\"人口\",\"en\":\"People\"},
        \"components\":[{\"name\":\"all\",\"supply\":\"rest\",\"weight\":\"population_total\",\"method\":\"adams\"}]}";
    let mutation = format!(
        "mutation T($input: RunWhatIfInput!) {{ runWhatIf(input: $input) {{ __typename
            ... on WhatIfDone {{ replayed watermark {{ ja en }} whatIf {{ whatIfId watermark {{ ja }} supplyBoxes planId
                runs {{ code title {{ ja }} givenBoxes reserveBoxes fairness {FIGURES} }}
                places(first: 2) {{ pageInfo {{ hasNextPage }}
                    edges {{ cursor node {{ place name boxes difference inForce differenceInForce }} }} }} }} }}
            ... on WhatIfRefused {{ code errors {{ path code en }} }} }} }}"
    );
    let input = |rules: Value| json!({"input": {"id": new_id(), "round": round, "holder": NATION, "rules": rules}});
    let good = input(json!([{"rule": RULE}, {"document": document}]));
    let tried = data(&ministry.graphql(&mutation, good.clone()).await)["runWhatIf"].clone();
    assert_eq!((&tried["__typename"], &tried["replayed"]), (&json!("WhatIfDone"), &json!(false)), "{tried}");
    assert_eq!(tried["watermark"]["en"], "What-if: not an allocation");
    let what_if = &tried["whatIf"];
    assert_eq!(
        (&what_if["supplyBoxes"], &what_if["planId"], &what_if["watermark"]["ja"]),
        (&json!(1_000), &Value::Null, &json!("試算（割当ではありません）"))
    );
    assert_eq!((what_if["runs"].as_array().unwrap().len(), &what_if["runs"][1]["code"]), (2, &json!("mine")));
    let edges = what_if["places"]["edges"].as_array().unwrap();
    assert_eq!(
        (edges.len(), &edges[0]["node"]["place"], &edges[0]["node"]["inForce"]),
        (2, &json!("011002"), &Value::Null)
    );
    let node = &edges[0]["node"];
    assert_eq!(
        node["difference"][1].as_i64().unwrap(),
        node["boxes"][1].as_i64().unwrap() - node["boxes"][0].as_i64().unwrap()
    );
    let again = data(&ministry.graphql(&mutation, good).await)["runWhatIf"].clone();
    assert_eq!((&again["replayed"], &again["whatIf"]), (&json!(true), what_if));

    let id = what_if["whatIfId"].as_str().unwrap();
    let query = "query W($id: Uuid!, $after: String) { whatIf(id: $id) { by places(first: 2000, after: $after) { edges { node { place } } } } }";
    let rest = data(&ministry.graphql(query, json!({"id": id, "after": edges[1]["cursor"]})).await)["whatIf"].clone();
    assert_eq!((rest["places"]["edges"].as_array().unwrap().len(), &rest["by"]), (1_739, &json!("ministry")));
    let sibling = app.persona("prefecture-31").await;
    assert_eq!(code(&sibling.graphql(query, json!({"id": id, "after": null})).await), "allocation.what_if_not_found");

    let refused =
        data(&ministry.graphql(&mutation, input(json!([{"rule": RULE}, {"rule": "july-2021@1"}]))).await)["runWhatIf"]
            .clone();
    assert_eq!(
        (&refused["code"], &refused["errors"][0]["path"]),
        (&json!("request.invalid"), &json!("rules[1]")),
        "{refused}"
    );
    assert!(refused["errors"][0]["en"].as_str().unwrap().contains("july-2021@1"), "{refused}");
    let broken = ministry.graphql(&mutation, input(json!([{"document": "{"}]))).await;
    assert_eq!(code(&broken), "request.malformed");
    assert_eq!(app.db.number("select count(*) from allocation.plan").await, 0);
    app.audit_ok().await;
}
