//! 割当ての変更 over GraphQL: proposed, committed, chosen, taken back; and who sees what of it.
use crate::{ask, data};
use platform::opctx::new_id;
use serde_json::{Value, json};
use testkit::{TestApp, TestClient, round::BOX_VIALS};
use uuid::Uuid;

const NATION: &str = "000000";
const TOTTORI: &str = "310000";
const TOTTORI_CITY: &str = "312011";

const OUTCOME: &str = "__typename
    ... on AmendmentMoved { amendmentId state version unitsBefore unitsAfter shortfallUnits dueUnits position replayed
        amendment { state dueUnits holder { code } lines { recipient unitsBefore unitsAfter why { ja en } } } }
    ... on AmendmentStale { code message { ja en } currentVersion difference { recipient yours theirs by reason } }
    ... on AmendmentRefused { code message { ja en } errors { path code ja en } }";

/// A server with a round that has come down to Tottori's one city with people, which has assigned all of it.
struct Setup {
    app: TestApp,
    round: Uuid,
    site: Uuid,
}

async fn rest(client: &TestClient, path: &str, body: Value) -> Value {
    let answer = client.post(path, &body).await;
    answer.ok(200).body.clone()
}

impl Setup {
    async fn new() -> Self {
        let app = TestApp::start().await;
        let persons = |code: &str| if code == TOTTORI_CITY || code == "131016" { 100_000 } else { 10 };
        app.db.populations(|code| Some(persons(code))).await;
        let round = app.db.open_round(9, 100 * BOX_VIALS).await;
        let site = app.db.sites(round, &[(TOTTORI_CITY, 400)], &[]).await[TOTTORI_CITY][0];
        let setup = Self { app, round, site };
        let ministry = setup.app.ministry().await;
        let components = json!([{"name": "base", "indicator": "population"}]);
        let request = json!({"id": new_id(), "round": round, "holder": NATION, "components": components});
        rest(&ministry, "/v1/plans", request).await;
        setup.carry_through(&ministry, NATION).await;
        setup.carry_through(&setup.app.officer(TOTTORI).await, TOTTORI).await;
        let city = setup.app.officer(TOTTORI_CITY).await;
        let has = setup.seen(&city, &format!("granted(holder: \"{TOTTORI_CITY}\") {{ availableVials }}")).await;
        let sites = json!([{"site": site, "vials": has["availableVials"]}]);
        let request = json!({"id": new_id(), "round": round, "holder": TOTTORI_CITY, "sites": sites});
        rest(&city, "/v1/assignments", request).await;
        setup
    }

    async fn carry_through(&self, client: &TestClient, holder: &str) {
        let second = self.app.second_officer(holder).await;
        for (officer, step) in [(client, "submit"), (&second, "approve"), (client, "commit")] {
            let (plan, version) = self.plan_of(client, holder).await;
            let path = format!("/v1/plans/{}:{step}", plan.as_str().unwrap());
            rest(officer, &path, json!({"id": new_id(), "version": version})).await;
        }
    }

    /// What a field of the round answers to somebody.
    async fn seen(&self, client: &TestClient, field: &str) -> Value {
        let answer = ask(client, &format!("{{ round(id: \"{}\") {{ field: {field} }} }}", self.round)).await;
        answer["round"]["field"].clone()
    }

    async fn plan_of(&self, client: &TestClient, holder: &str) -> (Value, Value) {
        let plan = self.seen(client, &format!("plan(holder: \"{holder}\") {{ planId version }}")).await;
        (plan["planId"].clone(), plan["version"].clone())
    }

    async fn amendments(&self, client: &TestClient) -> Vec<Value> {
        let fields = "amendments { amendmentId version state origin level holder { code } plan { planId } unitsBefore
            unitsAfter dueUnits deadline by reason unitVials choices { choice units } lines { recipient dueUnits } }";
        self.seen(client, fields).await.as_array().unwrap().clone()
    }
}

async fn step(client: &TestClient, field: &str, kind: &str, input: Value) -> Value {
    let query = format!("mutation Step($input: {kind}!) {{ {field}(input: $input) {{ {OUTCOME} }} }}");
    data(&client.graphql(&query, json!({"input": input})).await)[field].clone()
}

async fn commit(client: &TestClient, amendment: &Value, version: &Value) -> Value {
    let input = json!({"id": new_id(), "amendment": amendment, "version": version});
    step(client, "commitAmendment", "CommitAmendmentInput", input).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_amendment_runs_down_and_its_boxes_come_back() {
    let setup = Setup::new().await;
    let (ministry, second) = (setup.app.ministry().await, setup.app.second_officer(NATION).await);
    let (tottori, city) = (setup.app.officer(TOTTORI).await, setup.app.officer(TOTTORI_CITY).await);
    let (plan, version) = setup.plan_of(&ministry, NATION).await;
    let what = |supply: i64| json!({"id": new_id(), "plan": plan, "version": version, "reason": "メーカーの減産", "supplyVials": supply});
    let refused = step(&ministry, "amendPlan", "AmendPlanInput", what(100 * BOX_VIALS - 1)).await;
    assert_eq!(
        (&refused["__typename"], &refused["code"]),
        (&json!("AmendmentRefused"), &json!("allocation.not_whole_packs"))
    );
    assert!(refused["message"]["ja"].as_str().unwrap().contains("195"));
    let input = what(98 * BOX_VIALS);
    let proposed = step(&ministry, "amendPlan", "AmendPlanInput", input.clone()).await;
    assert_eq!((&proposed["state"], &proposed["unitsAfter"]), (&json!("proposed"), &json!(98)), "{proposed}");
    let moving = proposed["amendment"]["lines"].as_array().unwrap();
    assert_eq!(
        moving
            .iter()
            .map(|line| line["unitsBefore"].as_i64().unwrap() - line["unitsAfter"].as_i64().unwrap())
            .sum::<i64>(),
        2
    );
    for line in moving {
        assert!(line["why"]["ja"].as_str().unwrap().contains("箱減"), "{line}");
        assert!(line["why"]["en"].as_str().unwrap().contains("fewer"), "{line}");
    }
    let again = step(&ministry, "amendPlan", "AmendPlanInput", input).await;
    assert_eq!((&again["replayed"], &again["position"]), (&json!(true), &proposed["position"]));
    let own = commit(&ministry, &proposed["amendmentId"], &json!(1)).await;
    assert_eq!(own["code"], json!("allocation.second_person"));
    let done = commit(&second, &proposed["amendmentId"], &json!(1)).await;
    assert_eq!(done["__typename"], json!("AmendmentMoved"), "{done}");
    let stale = commit(&second, &proposed["amendmentId"], &json!(1)).await;
    assert_eq!(
        (&stale["__typename"], &stale["currentVersion"]),
        (&json!("AmendmentStale"), &done["version"]),
        "{stale}"
    );
    // the plan as it was read is not the newest any more
    let stale = step(&ministry, "amendPlan", "AmendPlanInput", what(90 * BOX_VIALS)).await;
    assert_eq!((&stale["__typename"], &stale["code"]), (&json!("AmendmentStale"), &json!("allocation.stale_plan")));

    // Tottori's box is at its city, which has assigned it
    assert_eq!(done["dueUnits"], json!(1), "{done}");
    let mine = setup.amendments(&tottori).await;
    let pending = mine.iter().find(|row| row["state"] == "pending").unwrap();
    assert_eq!((&pending["origin"], &pending["level"]), (&json!("above"), &json!("prefecture")));
    assert!(pending["deadline"].is_string() && pending["reason"] == "メーカーの減産");
    assert_eq!(commit(&tottori, &pending["amendmentId"], &pending["version"]).await["state"], json!("waiting"));
    let seen = setup.amendments(&city).await;
    assert!(
        !seen.is_empty() && seen.iter().all(|row| row["holder"]["code"] == TOTTORI_CITY),
        "mine and below: {seen:?}"
    );
    let (national, mine) = (setup.amendments(&ministry).await, setup.amendments(&tottori).await);
    assert!(national.len() > mine.len() && mine.len() > seen.len());
    let other = setup.amendments(&setup.app.officer("370002").await).await;
    assert!(other.iter().all(|row| row["holder"]["code"] == "370002"), "{other:?}");
    assert!(setup.amendments(&setup.app.persona("auditor").await).await.len() == national.len());

    let assigned = setup.plan_of(&city, TOTTORI_CITY).await.0;
    let input = json!({"id": new_id(), "round": setup.round, "holder": TOTTORI_CITY, "reason": "会場の中止",
        "lines": [{"plan": assigned, "site": setup.site}]});
    let query = "mutation Take($input: WithdrawLinesInput!) { withdrawLines(input: $input) { __typename
        ... on LinesWithdrawn { lines vials passedVials position }
        ... on AmendmentRefused { code errors { code } } } }";
    let taken = data(&city.graphql(query, json!({"input": input})).await)["withdrawLines"].clone();
    assert_eq!((&taken["lines"], &taken["passedVials"]), (&json!(1), &json!(BOX_VIALS)), "{taken}");
    let plan_field = format!("plan(holder: \"{NATION}\") {{ supplyVials amendments {{ state leftVials }} }}");
    let national = setup.seen(&ministry, &plan_field).await;
    assert_eq!(national["amendments"], json!([{"state": "applied", "leftVials": 2 * BOX_VIALS}]));
    assert_eq!(setup.seen(&ministry, "supplyVials").await, json!(98 * BOX_VIALS));
    setup.app.audit_ok().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_choice_is_asked_for_and_made() {
    let setup = Setup::new().await;
    let tottori = setup.app.officer(TOTTORI).await;
    let city = setup.app.officer(TOTTORI_CITY).await;
    let release = json!({"id": new_id(), "round": setup.round, "holder": TOTTORI_CITY, "hub": setup.site});
    rest(&city, "/v1/releases", release).await;
    let (plan, version) = setup.plan_of(&tottori, TOTTORI).await;
    let input = json!({"id": new_id(), "plan": plan, "version": version, "reason": "会場の中止",
        "lines": [{"recipient": TOTTORI_CITY, "units": 0}]});
    let proposed = step(&tottori, "amendPlan", "AmendPlanInput", input).await;
    assert_eq!(proposed["state"], json!("overcommitted"), "{proposed}");
    let second = setup.app.second_officer(TOTTORI).await;
    let refused = commit(&second, &proposed["amendmentId"], &json!(1)).await;
    assert_eq!(refused["code"], json!("allocation.overcommitted"));
    for (choice, code) in [("reserve", "allocation.choice_too_small"), ("else", "request.invalid")] {
        let input = json!({"id": new_id(), "amendment": proposed["amendmentId"], "version": 1, "choice": choice});
        let refused = step(&second, "chooseForOvercommitted", "ChooseForOvercommittedInput", input).await;
        assert_eq!((&refused["__typename"], &refused["code"]), (&json!("AmendmentRefused"), &json!(code)));
    }
    let shown = setup.amendments(&tottori).await;
    assert_eq!(shown[0]["choices"][1], json!({"choice": "reserve", "units": 0}));
    // who may not see it is told that there is none
    let query = "mutation Step($input: CommitAmendmentInput!) { commitAmendment(input: $input) { __typename } }";
    let input = json!({"id": new_id(), "amendment": proposed["amendmentId"], "version": 1});
    let answer = city.graphql(query, json!({"input": input})).await;
    assert_eq!(answer.code(), "allocation.amendment_not_found");
    setup.app.audit_ok().await;
}
