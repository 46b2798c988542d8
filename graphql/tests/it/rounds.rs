//! A round over GraphQL: computed, adjusted, committed level by level, and who sees what of it.
use crate::{ask, code, data};
use platform::opctx::new_id;
use serde_json::{Value, json};
use testkit::{TestApp, TestClient, round::BOX_VIALS};
use uuid::Uuid;

const NATION: &str = "000000";
const TOKYO: &str = "130001";
const CHIYODA: &str = "131016";
const CHUO: &str = "131024";
const TOTTORI: &str = "310000";
const TOTTORI_CITY: &str = "312011";
const BOXES: i64 = 100;
/// Vials that make no whole box: they go into the nation's reserve.
const LOOSE: i64 = 50;

const OUTCOME: &str = "__typename
    ... on PlanMoved { planId holder state version supplyVials grantedVials lines engineMs position replayed
        plan { planId state version grantedVials reserveVials } }
    ... on PlanStale { code message { ja en } currentVersion difference { recipient yours theirs by reason } }
    ... on OverSupply { code message { ja en } }
    ... on PlanRefused { code message { ja en } errors { path code ja en } }";

/// A server with a round, and populations of which only three municipalities get anything.
struct Setup {
    app: TestApp,
    round: Uuid,
    /// Chiyoda's: a mass site and two hospitals.
    sites: Vec<Uuid>,
}

impl Setup {
    async fn new() -> Self {
        let app = TestApp::start().await;
        let persons = |code: &str| match code {
            CHIYODA => 100_000,
            CHUO => 80_000,
            TOTTORI_CITY => 60_000,
            _ => 10,
        };
        app.db.populations(|code| Some(persons(code))).await;
        let round = app.db.open_round(9, BOXES * BOX_VIALS + LOOSE).await;
        let satellites = app.facilities(&[CHIYODA, CHIYODA]).await;
        let sites = app.db.sites(round, &[(CHIYODA, 400), (CHUO, 400)], &satellites).await;
        Self { sites: sites[CHIYODA].clone(), app, round }
    }

    fn rule(&self, holder: &str) -> Value {
        json!({"id": new_id(), "round": self.round, "holder": holder, "components": [
            {"name": "base", "units": 80, "indicator": "population"},
            {"name": "adjustment", "indicator": "wish", "method": "webster"},
        ]})
    }

    /// The round as the nation has committed it.
    async fn committed() -> Self {
        let setup = Self::new().await;
        let ministry = setup.app.ministry().await;
        let computed = step(&ministry, "computePlan", setup.rule(NATION)).await;
        setup.carry_through(&ministry, NATION, computed).await;
        setup
    }

    /// What a field of the round answers to somebody.
    async fn seen(&self, client: &TestClient, field: &str) -> Value {
        let answer = ask(client, &format!("{{ round(id: \"{}\") {{ field: {field} }} }}", self.round)).await;
        answer["round"]["field"].clone()
    }

    /// Hands in, agrees to (as the holder's second officer) and commits a plan; each answer shows the plan as
    /// the step left it.
    async fn carry_through(&self, client: &TestClient, holder: &str, mut answer: Value) {
        let second = self.app.second_officer(holder).await;
        for (officer, field, state) in [
            (client, "submitPlan", "submitted"),
            (&second, "approvePlan", "approved"),
            (client, "commitPlan", "committed"),
        ] {
            let next = step(officer, field, moved(&answer["planId"], &answer["version"])).await;
            assert_eq!((&next["__typename"], &next["state"]), (&json!("PlanMoved"), &json!(state)), "{next}");
            assert_eq!((&next["plan"]["state"], &next["plan"]["version"]), (&next["state"], &next["version"]));
            answer = next;
        }
    }

    async fn plan_of(&self, client: &TestClient, holder: &str) -> Value {
        self.seen(client, &format!("plan(holder: \"{holder}\") {{ id planId version state supplyVials }}")).await
    }
}

async fn step(client: &TestClient, field: &str, input: Value) -> Value {
    let kind = match field {
        "computePlan" => "ComputePlanInput",
        "adjustLine" => "AdjustLineInput",
        "assignToSites" => "AssignToSitesInput",
        _ => "MovePlanInput",
    };
    let query = format!("mutation Step($input: {kind}!) {{ {field}(input: $input) {{ {OUTCOME} }} }}");
    data(&client.graphql(&query, json!({"input": input})).await)[field].clone()
}

/// The code of the error that a step ends in.
async fn step_code(client: &TestClient, field: &str, input: Value) -> String {
    let kind = if field == "assignToSites" { "AssignToSitesInput" } else { "MovePlanInput" };
    let query = format!("mutation Step($input: {kind}!) {{ {field}(input: $input) {{ __typename }} }}");
    let answer = client.graphql(&query, json!({"input": input})).await;
    assert_eq!(answer.at("/data"), Value::Null, "{}", answer.body);
    answer.code().to_owned()
}

fn moved(plan: &Value, version: &Value) -> Value {
    json!({"id": new_id(), "plan": plan, "version": version})
}

fn edges(page: &Value) -> Vec<Value> {
    page["edges"].as_array().unwrap().iter().map(|edge| edge["node"].clone()).collect()
}

fn with<'a>(rows: &'a [Value], key: &str, value: &str) -> &'a Value {
    rows.iter().find(|row| row[key] == value).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn doses_run_down_from_the_nation_to_the_sites() {
    let setup = Setup::new().await;
    let (ministry, second) = (setup.app.ministry().await, setup.app.persona("ministry-2").await);
    let request = setup.rule(NATION);
    let computed = step(&ministry, "computePlan", request.clone()).await;
    assert_eq!((&computed["state"], &computed["version"]), (&json!("computed"), &json!(1)), "{computed}");
    assert_eq!(computed["plan"]["grantedVials"], json!(BOXES * BOX_VIALS));
    assert_eq!(computed["plan"]["reserveVials"], json!(LOOSE));
    assert!(computed["engineMs"].is_number());
    let again = step(&ministry, "computePlan", request).await;
    assert_eq!((&again["replayed"], &again["position"]), (&json!(true), &computed["position"]));

    // the second officer takes a box from Tokyo; the first one has not seen it
    let plan = computed["planId"].clone();
    let lines =
        setup.seen(&ministry, "plan(holder: \"000000\") { lines(first: 47) { edges { node { recipient units } } } }");
    let before = with(&edges(&lines.await["lines"]), "recipient", TOKYO)["units"].as_i64().unwrap();
    let adjust = |units: i64, reason: &str| {
        let lines = [json!({"recipient": TOKYO, "units": units})];
        json!({"id": new_id(), "plan": plan, "version": 1, "reason": reason, "lines": lines})
    };
    let adjusted = step(&second, "adjustLine", adjust(before - 1, "冷凍庫の故障")).await;
    assert_eq!((&adjusted["version"], &adjusted["state"]), (&json!(2), &json!("computed")), "{adjusted}");
    let stale = step(&ministry, "adjustLine", adjust(before - 2, "reason")).await;
    assert_eq!((&stale["__typename"], &stale["currentVersion"]), (&json!("PlanStale"), &json!(2)));
    let expected = json!([{"recipient": TOKYO, "yours": before, "theirs": before - 1, "by": "ministry-2",
                           "reason": "冷凍庫の故障"}]);
    assert_eq!(stale["difference"], expected);
    assert!(!stale["message"]["ja"].as_str().unwrap().is_ascii());

    // the line shows what was computed beside what stands, and why
    let query = "plan(holder: \"000000\") { level unit rule { components { name units } ofNationalRun }
        digest training holder { name { ja } } round { number }
        lines(first: 47) { edges { node { recipient name computed units vials boxes adjusted adjustedReason adjustedBy
            state explanations { component en } } } pageInfo { hasNextPage } }
        changes { version action recipient unitsBefore unitsAfter reason by at } }";
    let shown = setup.seen(&ministry, query).await;
    assert_eq!((&shown["level"], &shown["unit"]), (&json!("nation"), &json!("pack")));
    assert_eq!(shown["rule"]["components"][0], json!({"name": "base", "units": 80}));
    assert_eq!(shown["digest"].as_str().unwrap().len(), 64);
    let lines = edges(&shown["lines"]);
    assert_eq!((lines.len(), &shown["lines"]["pageInfo"]["hasNextPage"]), (47, &json!(false)));
    let tokyo = with(&lines, "recipient", TOKYO);
    assert_eq!((&tokyo["name"], &tokyo["computed"]), (&json!("東京都"), &json!(before)));
    assert_eq!((&tokyo["units"], &tokyo["vials"]), (&json!(before - 1), &json!((before - 1) * BOX_VIALS)));
    assert_eq!((&tokyo["adjusted"], &tokyo["adjustedBy"]), (&json!(true), &json!("ministry-2")));
    assert_eq!((&tokyo["adjustedReason"], &tokyo["state"]), (&json!("冷凍庫の故障"), &json!("planned")));
    assert_eq!(tokyo["explanations"][0]["en"], json!("The sum of 62 municipalities."));
    assert_eq!(lines.iter().filter(|line| line["adjusted"] == json!(true)).count(), 1);
    let changes = shown["changes"].as_array().unwrap();
    assert_eq!((changes.len(), &changes[0]["action"], &changes[1]["action"]), (2, &json!("adjust"), &json!("compute")));
    assert_eq!((&changes[0]["unitsBefore"], &changes[0]["unitsAfter"]), (&json!(before), &json!(before - 1)));

    // Tokyo's draft is the national run's, which comes to the box more that was taken away: it is
    // refused, and computed again
    setup.carry_through(&ministry, NATION, adjusted).await;
    let tokyo = setup.app.persona("prefecture-13").await;
    let draft = setup.plan_of(&tokyo, TOKYO).await;
    assert_eq!((&draft["state"], &draft["version"]), (&json!("computed"), &json!(1)));
    assert_eq!(draft["supplyVials"], json!((before - 1) * BOX_VIALS));
    let refused = step(&tokyo, "submitPlan", moved(&draft["planId"], &json!(1))).await;
    assert_eq!((&refused["__typename"], &refused["code"]), (&json!("OverSupply"), &json!("allocation.over_supply")));
    let mut request = setup.rule(TOKYO);
    request["version"] = json!(1);
    let computed = step(&tokyo, "computePlan", request).await;
    assert_eq!((&computed["version"], &computed["planId"]), (&json!(2), &draft["planId"]), "{computed}");
    let lines = "plan(holder: \"130001\") { lines(first: 100) { edges { node { recipient units vials nextUnitAfter
        explanations { component ja en proof } } } } }";
    let lines = edges(&setup.seen(&tokyo, lines).await["lines"]);
    let chiyoda = with(&lines, "recipient", CHIYODA);
    let parts = chiyoda["explanations"].as_array().unwrap();
    assert_eq!((lines.len(), parts.len(), &parts[0]["component"]), (62, 2, &json!("base")));
    assert!(parts[0]["ja"].as_str().unwrap().contains("千代田区"), "{chiyoda}");
    let proof: Value = serde_json::from_str(parts[0]["proof"].as_str().unwrap()).unwrap();
    assert_eq!((&proof["code"], proof["next_unit_after"].is_i64()), (&json!(CHIYODA), true));
    // so many more of its frame, and nobody says of the plan, which has two
    assert_eq!(chiyoda["nextUnitAfter"], Value::Null);
    setup.carry_through(&tokyo, TOKYO, computed).await;
    assign(&setup, chiyoda["vials"].as_i64().unwrap()).await;
    setup.app.audit_ok().await;
}

/// Chiyoda assigns what it was granted to its sites, and not one vial more.
async fn assign(setup: &Setup, vials: i64) {
    let chiyoda = setup.app.persona("municipality-131016").await;
    let granted = "granted(holder: \"131016\") { holder grantedVials availableVials reserveVials }";
    let expected = json!({"holder": CHIYODA, "grantedVials": vials, "availableVials": vials, "reserveVials": 0});
    assert_eq!(setup.seen(&chiyoda, granted).await, expected);
    let request = |shares: [i64; 2]| {
        let sites: Vec<Value> =
            setup.sites.iter().zip(shares).map(|(site, vials)| json!({"site": site, "vials": vials})).collect();
        json!({"id": new_id(), "round": setup.round, "holder": CHIYODA, "sites": sites})
    };
    let over = step(&chiyoda, "assignToSites", request([vials - 10, 11])).await;
    assert_eq!((&over["__typename"], &over["code"]), (&json!("OverSupply"), &json!("allocation.over_supply")));
    let text = over["message"]["en"].as_str().unwrap();
    assert!(text.contains(&vials.to_string()) && text.contains(&(vials + 1).to_string()), "{text}");
    let done = step(&chiyoda, "assignToSites", request([vials - 10, 10])).await;
    assert_eq!((&done["state"], &done["grantedVials"]), (&json!("committed"), &json!(vials)), "{done}");
    let plan = format!(
        "plan(id: {}) {{ unit lines(first: 5) {{ edges {{ node {{ recipient name vials boxes }} }} }} }}",
        done["planId"]
    );
    let plan = ask(&chiyoda, &format!("{{ {plan} }}")).await["plan"].clone();
    assert_eq!((&plan["unit"], plan["lines"]["edges"].as_array().unwrap().len()), (&json!("vial"), 2));
    let hub = with(&edges(&plan["lines"]), "recipient", &setup.sites[0].to_string()).clone();
    assert_eq!((&hub["name"], &hub["vials"], &hub["boxes"]), (&json!("会場 131016"), &json!(vials - 10), &Value::Null));

    let sites = "sites(municipality: \"131016\", first: 2) { edges { cursor node { siteId kind name hub facilityId
        wishVials grantedVials } } pageInfo { hasNextPage endCursor } }";
    let page = setup.seen(&chiyoda, sites).await;
    let mut shown = edges(&page);
    let next = format!(
        "sites(municipality: \"131016\", first: 2, after: {}) {{ edges {{ node {{ siteId kind name hub
        facilityId wishVials grantedVials }} }} pageInfo {{ hasNextPage }} }}",
        page["pageInfo"]["endCursor"]
    );
    shown.extend(edges(&setup.seen(&chiyoda, &next).await));
    assert_eq!((shown.len(), &page["pageInfo"]["hasNextPage"]), (3, &json!(true)));
    let hub = with(&shown, "kind", "mass");
    assert_eq!((&hub["wishVials"], &hub["grantedVials"], &hub["hub"]), (&json!(400), &json!(vials - 10), &Value::Null));
    let last = with(&shown, "siteId", &setup.sites[2].to_string());
    assert_eq!((&last["hub"], &last["grantedVials"]), (&json!(setup.sites[0]), &json!(0)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_round_shows_where_it_is_stuck_to_each_what_is_theirs() {
    let setup = Setup::committed().await;
    setup.app.step_clock("2021-12-01T12:30:00+09:00").await;
    let tottori = setup.app.persona("prefecture-31").await;
    let draft = setup.plan_of(&tottori, TOTTORI).await;
    setup.carry_through(&tottori, TOTTORI, draft).await;
    let levels = "levels { level dueAt late due committed grantedVials states { state count }
        waiting(first: 3) { territory { code } state } }";
    let ministry = setup.app.ministry().await;
    let shown = setup.seen(&ministry, levels).await;
    assert_eq!(shown[0]["level"], json!("nation"));
    assert_eq!((&shown[0]["due"], &shown[0]["committed"], &shown[0]["late"]), (&json!(1), &json!(1), &json!(false)));
    assert_eq!(shown[0]["grantedVials"], json!(BOXES * BOX_VIALS));
    assert_eq!((&shown[1]["due"], &shown[1]["committed"], &shown[1]["late"]), (&json!(47), &json!(1), &json!(true)));
    assert_eq!(shown[1]["states"], json!([{"state": "computed", "count": 46}, {"state": "committed", "count": 1}]));
    assert_eq!(shown[1]["waiting"][0], json!({"territory": {"code": "010006"}, "state": "computed"}));
    assert_eq!(shown[1]["waiting"].as_array().unwrap().len(), 3);
    let one = json!([{"territory": {"code": TOTTORI_CITY}, "state": null}]);
    assert_eq!((&shown[2]["due"], &shown[2]["waiting"]), (&json!(1), &one), "only Tottori City was granted something");
    assert_eq!(shown[2]["states"], json!([{"state": null, "count": 1}]));

    for (name, due) in [
        ("prefecture-31", [0, 1, 1]),
        ("prefecture-13", [0, 1, 0]),
        ("municipality-312011", [0, 0, 1]),
        ("auditor", [1, 47, 1]),
    ] {
        let shown = setup.seen(&setup.app.persona(name).await, "levels { due }").await;
        assert_eq!(shown, json!(due.map(|due| json!({"due": due}))), "{name}");
    }
    assert_eq!(setup.seen(&ministry, "supplyVials").await, json!(BOXES * BOX_VIALS + LOOSE));
    assert_eq!(setup.seen(&tottori, "supplyVials").await, Value::Null);
    let listed = ask(&ministry, "{ rounds { roundId product number packVials dosesPerVial deliveryFrom } }").await;
    let expected = json!([{"roundId": setup.round, "product": "comirnaty-12plus", "number": 9, "packVials": BOX_VIALS,
                           "dosesPerVial": 6, "deliveryFrom": "2021-04-12"}]);
    assert_eq!(listed["rounds"], expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_siblings_plans_and_grants_do_not_exist() {
    let setup = Setup::committed().await;
    let (app, round) = (&setup.app, setup.round);
    let tokyo = app.persona("prefecture-13").await;
    let draft = setup.plan_of(&tokyo, TOKYO).await;
    let national = setup.plan_of(&app.ministry().await, NATION).await;
    let (id, plan) = (draft["id"].as_str().unwrap(), draft["planId"].as_str().unwrap());
    let node = |id: &str| format!("{{ node(id: \"{id}\") {{ id ... on Plan {{ version }} }} }}");
    let by_id = |plan: &str| format!("{{ plan(id: \"{plan}\") {{ version }} }}");
    assert_eq!(ask(&tokyo, &node(id)).await["node"], json!({"id": id, "version": 1}));
    assert_eq!(setup.plan_of(&app.ministry().await, TOKYO).await, draft, "a level above looks on");
    assert_eq!(setup.plan_of(&tokyo, NATION).await, Value::Null);
    assert_eq!(code(&tokyo, &by_id(national["planId"].as_str().unwrap())).await, "allocation.plan_not_found");
    let chiyoda = app.persona("municipality-131016").await;
    for client in [app.persona("prefecture-31").await, chiyoda, app.persona("municipality-312011").await] {
        assert_eq!(ask(&client, &node(id)).await, json!({"node": null}));
        assert_eq!(code(&client, &by_id(plan)).await, "allocation.plan_not_found");
        assert_eq!(setup.plan_of(&client, TOKYO).await, Value::Null);
        assert_eq!(setup.seen(&client, "granted(holder: \"130001\") { grantedVials }").await, Value::Null);
        assert_eq!(
            setup.seen(&client, "sites(municipality: \"131024\", first: 5) { edges { cursor } }").await,
            Value::Null
        );
        for field in ["submitPlan", "approvePlan", "commitPlan"] {
            let input = moved(&json!(plan), &json!(1));
            assert_eq!(step_code(&client, field, input).await, "allocation.plan_not_found", "{field}");
        }
    }
    let assignment = json!({"id": new_id(), "round": round, "holder": CHIYODA,
                            "sites": [{"site": setup.sites[0], "vials": 1}]});
    let sibling = app.persona("municipality-312011").await;
    assert_eq!(step_code(&sibling, "assignToSites", assignment.clone()).await, "allocation.round_not_found");
    assert_eq!(step_code(&app.anonymous(), "assignToSites", assignment).await, "auth.missing_token");
    let refused = step(&app.ministry().await, "submitPlan", moved(&json!(plan), &json!(1))).await;
    assert_eq!((&refused["__typename"], &refused["code"]), (&json!("PlanRefused"), &json!("auth.forbidden")));
    let wrong = step(&tokyo, "commitPlan", moved(&json!(plan), &json!(1))).await;
    assert_eq!((&wrong["__typename"], &wrong["code"]), (&json!("PlanRefused"), &json!("allocation.wrong_state")));
    let lines = [json!({"recipient": TOTTORI_CITY, "units": 1})];
    let other = json!({"id": new_id(), "plan": plan, "version": 1, "reason": "x", "lines": lines});
    let unknown = step(&tokyo, "adjustLine", other).await;
    let error = &unknown["errors"][0];
    assert_eq!(
        (&error["path"], &error["code"]),
        (&json!("lines[0].recipient"), &json!("allocation.unknown_recipient"))
    );
    for client in [app.anonymous(), app.persona("operator").await, app.persona("wholesaler").await, app.proxy(13).await]
    {
        assert_eq!(ask(&client, "{ rounds { roundId } }").await, json!({"rounds": []}));
        let query = format!("{{ round(id: \"{round}\") {{ number }} }}");
        assert_eq!(code(&client, &query).await, "allocation.round_not_found");
    }
}

/// A prefecture assigns its own supply: seen by itself and above.
#[tokio::test(flavor = "multi_thread")]
async fn a_prefectures_own_site_is_a_stream_of_its_own() {
    let app = TestApp::start().await;
    let round = app.db.open_prefecture_round(9).await;
    app.db.supply_to(round, TOKYO, 400).await.unwrap();
    let sites = app.db.sites(round, &[(CHIYODA, 300)], &[]).await[CHIYODA].clone();
    let setup = Setup { app, round, sites };
    let (app, site) = (&setup.app, setup.sites[0]);
    let (ministry, tokyo) = (app.ministry().await, app.persona("prefecture-13").await);
    let stream = setup.seen(&tokyo, "stream { code name { ja en } levels }").await;
    let name = json!({"ja": "都道府県の大規模会場", "en": "Prefecture's own site"});
    assert_eq!(stream, json!({"code": "prefecture_site", "name": name, "levels": ["prefecture"]}));
    let levels = "levels { level due committed grantedVials waiting(first: 5) { territory { code } } }";
    let waiting = json!([{"level": "prefecture", "due": 1, "committed": 0, "grantedVials": 0,
                          "waiting": [{"territory": {"code": TOKYO}}]}]);
    assert_eq!(setup.seen(&ministry, levels).await, waiting, "of 47, who was granted something");

    let input = |vials: i64| {
        let sites = [json!({"site": site, "vials": vials})];
        json!({"id": new_id(), "round": round, "holder": TOKYO, "sites": sites})
    };
    let over = step(&tokyo, "assignToSites", input(401)).await;
    assert_eq!((&over["__typename"], &over["code"]), (&json!("OverSupply"), &json!("allocation.over_supply")));
    let request = input(390);
    let done = step(&tokyo, "assignToSites", request.clone()).await;
    assert_eq!(
        (&done["state"], &done["grantedVials"], &done["holder"]),
        (&json!("committed"), &json!(390), &json!(TOKYO))
    );
    let again = step(&tokyo, "assignToSites", request).await;
    assert_eq!((&again["replayed"], &again["planId"]), (&json!(true), &done["planId"]));
    let mut low = input(1);
    low["holder"] = json!(CHIYODA);
    let refused = step(&app.persona("municipality-131016").await, "assignToSites", low).await;
    assert_eq!((&refused["__typename"], &refused["code"]), (&json!("PlanRefused"), &json!("allocation.wrong_level")));

    let plan = "plan(holder: \"130001\") { planId level unit reserveVials
        lines(first: 5) { edges { node { recipient name vials boxes } } } }";
    let shown = setup.seen(&tokyo, plan).await;
    assert_eq!(
        (&shown["level"], &shown["unit"], &shown["reserveVials"]),
        (&json!("prefecture"), &json!("vial"), &json!(10))
    );
    let line = json!([{"recipient": site, "name": "会場 131016", "vials": 390, "boxes": null}]);
    assert_eq!(json!(edges(&shown["lines"])), line);
    let granted = "granted(holder: \"130001\") { grantedVials availableVials }";
    let by_id = format!("{{ plan(id: {}) {{ version }} }}", done["planId"]);
    for above in [ministry, app.persona("auditor").await] {
        assert_eq!(setup.seen(&above, plan).await, shown);
        assert_eq!(setup.seen(&above, granted).await, json!({"grantedVials": 400, "availableVials": 10}));
        let level = json!([{"level": "prefecture", "due": 1, "committed": 1, "grantedVials": 390, "waiting": []}]);
        assert_eq!(setup.seen(&above, levels).await, level);
        assert_eq!(setup.seen(&above, "supplyVials").await, json!(400));
    }
    for other in ["prefecture-31", "municipality-131016", "municipality-312011"] {
        let other = app.persona(other).await;
        assert_eq!([setup.seen(&other, plan).await, setup.seen(&other, granted).await], [Value::Null, Value::Null]);
        assert_eq!(code(&other, &by_id).await, "allocation.plan_not_found");
        assert_eq!(setup.seen(&other, "levels { level due }").await, json!([{"level": "prefecture", "due": 0}]));
        assert_eq!(step_code(&other, "assignToSites", input(1)).await, "allocation.round_not_found");
    }
    setup.app.audit_ok().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn all_lines_of_the_nation_take_a_handful_of_statements() {
    let setup = Setup::committed().await;
    let ministry = setup.app.ministry().await;
    let lines = format!(
        "{{ round(id: \"{}\") {{ plan(holder: \"000000\") {{ grantedVials
            lines(first: 2000, below: true) {{ edges {{ cursor node {{ recipient name computed units vials boxes adjusted
                adjustedReason adjustedBy state explanations {{ component ja en proof }} nextUnitAfter }} }}
                pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }} }} }} }} }}",
        setup.round
    );
    let levels = format!(
        "{{ round(id: \"{}\") {{ supplyVials levels {{ level due committed grantedVials late states {{ state count }}
            waiting(first: 200) {{ territory {{ name {{ ja }} }} state }} }}
            sites(municipality: \"131016\", first: 5) {{ edges {{ node {{ name wishVials grantedVials }} }} }} }} }}",
        setup.round
    );
    for (query, most) in [(lines, 8), (levels, 12)] {
        let before = setup.app.server.gateway_db.statements();
        let answer = ask(&ministry, &query).await;
        let statements = setup.app.server.gateway_db.statements() - before;
        assert!(answer.to_string().len() > 2_000);
        // the snapshot's own BEGIN and ROLLBACK among them; names are loaded by the thousand
        assert!(statements <= most, "{statements}");
        if let Some(lines) = answer.pointer("/round/plan/lines") {
            assert_eq!((edges(lines).len(), &lines["pageInfo"]["hasNextPage"]), (1_741, &json!(false)));
        }
    }
    let page = |first: i32| {
        let round = setup.round;
        format!(
            "{{ round(id: \"{round}\") {{ plan(holder: \"000000\") {{ lines(first: {first}) {{ edges {{ cursor }} }} }} }} }}"
        )
    };
    for first in [0, -1, 2_001, i32::MAX] {
        assert_eq!(code(&ministry, &page(first)).await, "graphql.page_size", "{first}");
    }
}
