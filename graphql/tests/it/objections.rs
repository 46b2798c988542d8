//! Proposals and objections as both sides see them through GraphQL.
use crate::{ask, code, data};
use domain::{plan::OnLate, territory::Tier};
use platform::opctx::new_id;
use serde_json::{Value, json};
use testkit::{
    TestApp, TestClient,
    round::{BOX_VIALS, Expected},
};
use uuid::Uuid;

const NATION: &str = "000000";
const TOTTORI: &str = "310000";
const MOVED: &str = "__typename ... on PlanMoved { planId state version
    plan { objectionsUntil submittedBy approvedBy needsObjections } } ... on PlanRefused { code message { ja en } }";
const OBJECTION: &str = "objectionId version recipient { code } units unitsWished text by at
    answer { decision text by }";

/// A round whose nation has handed its plan in, and asks its prefectures for a day.
struct Setup {
    app: TestApp,
    round: Uuid,
    plan: String,
}

impl Setup {
    async fn new() -> Self {
        let app = TestApp::start().await;
        app.db.populations(|_| Some(10_000)).await;
        let calendar = |tier: Tier, expected: Expected| match tier {
            Tier::Nation => Expected { objection_hours: 24, on_late: OnLate::Carry, ..expected },
            Tier::Prefecture | Tier::Municipality => expected,
        };
        let round = app.db.open_round_with(9, 4_000 * BOX_VIALS, calendar).await;
        let ministry = app.ministry().await;
        let components = json!([{"name": "base", "indicator": "population"}]);
        let request = json!({"id": new_id(), "round": round, "holder": NATION, "components": components});
        let computed = ministry.post("/v1/plans", &request).await;
        let plan = computed.ok(200).at("/plan").as_str().unwrap().to_owned();
        let setup = Self { app, round, plan };
        let submitted = setup.step(&ministry, "submitPlan", 1).await;
        assert_eq!(submitted["state"], json!("submitted"), "{submitted}");
        setup
    }

    async fn step(&self, client: &TestClient, field: &str, version: i32) -> Value {
        let query = format!("mutation Step($input: MovePlanInput!) {{ {field}(input: $input) {{ {MOVED} }} }}");
        let input = json!({"input": {"id": new_id(), "plan": self.plan, "version": version}});
        data(&client.graphql(&query, input).await)[field].clone()
    }

    /// What a field of the round answers to somebody.
    async fn seen(&self, client: &TestClient, field: &str) -> Value {
        let answer = ask(client, &format!("{{ round(id: \"{}\") {{ field: {field} }} }}", self.round)).await;
        answer["round"]["field"].clone()
    }

    fn objection(&self) -> Value {
        json!({"id": new_id(), "plan": self.plan, "version": 2, "text": "冷凍庫が足りません", "units": 2})
    }
}

async fn object(client: &TestClient, input: &Value) -> Value {
    let query = format!(
        "mutation Object($input: ObjectToLineInput!) {{ objectToLine(input: $input) {{ __typename
            ... on ObjectionMade {{ objectionId units replayed position objection {{ {OBJECTION} }} }}
            ... on ObjectionRefused {{ code message {{ ja en }} errors {{ path code }} }} }} }}"
    );
    data(&client.graphql(&query, json!({"input": input})).await)["objectToLine"].clone()
}

async fn answer(client: &TestClient, objection: &Value, decision: &str) -> Value {
    let query = format!(
        "mutation Answer($input: AnswerObjectionInput!) {{ answerObjection(input: $input) {{ __typename
            ... on ObjectionAnswered {{ open replayed objection {{ {OBJECTION} }} }}
            ... on ObjectionRefused {{ code }} }} }}"
    );
    let input = json!({"id": new_id(), "objection": objection, "decision": decision, "text": "検討しました"});
    data(&client.graphql(&query, json!({"input": input})).await)["answerObjection"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn both_sides_see_a_proposal_its_objections_and_their_answers() {
    let setup = Setup::new().await;
    let app = &setup.app;
    let (ministry, second, tottori) =
        (app.ministry().await, app.persona("ministry-2").await, app.persona("prefecture-31").await);
    let proposal = "proposal(recipient: \"310000\") { watermark { ja en } planId level holder version recipient
        line { recipient name units vials boxes computed adjusted explanations { en } } unitVials objectionsUntil open
        objections { text } training }";
    let seen = setup.seen(&tottori, proposal).await;
    assert_eq!(seen["watermark"], json!({"ja": "案（未確定）", "en": "Proposal, not yet decided"}));
    assert_eq!(
        (&seen["planId"], &seen["holder"], &seen["level"]),
        (&json!(setup.plan), &json!(NATION), &json!("nation"))
    );
    assert_eq!((&seen["version"], &seen["open"], &seen["training"]), (&json!(2), &json!(true), &json!(true)));
    assert_eq!((&seen["line"]["recipient"], &seen["line"]["name"]), (&json!(TOTTORI), &json!("鳥取県")));
    assert_eq!(seen["line"]["explanations"][0]["en"], json!("The sum of 19 municipalities."));
    let units = seen["line"]["units"].as_i64().unwrap();
    assert_eq!(seen["line"]["vials"], json!(units * BOX_VIALS));

    let request = setup.objection();
    let made = object(&tottori, &request).await;
    assert_eq!((&made["__typename"], &made["units"]), (&json!("ObjectionMade"), &json!(units)), "{made}");
    let shown = &made["objection"];
    assert_eq!(
        (&shown["recipient"]["code"], &shown["unitsWished"], &shown["answer"]),
        (&json!(TOTTORI), &json!(2), &Value::Null)
    );
    assert_eq!(object(&tottori, &request).await["replayed"], json!(true));
    let early = setup.step(&second, "approvePlan", 2).await;
    assert_eq!((&early["__typename"], &early["code"]), (&json!("PlanRefused"), &json!("allocation.window_open")));
    assert!(early["message"]["ja"].as_str().unwrap().contains("2021-04-06"), "{early}");
    app.step_clock("2021-04-06T12:45:00+09:00").await;
    let own = setup.step(&ministry, "approvePlan", 2).await;
    assert_eq!(own["code"], json!("allocation.second_person"));
    assert_eq!(setup.step(&second, "approvePlan", 2).await["code"], json!("allocation.objection_open"));
    assert_eq!(object(&tottori, &setup.objection()).await["code"], json!("allocation.window_closed"));
    let plan = format!(
        "{{ plan(id: \"{}\") {{ objectionsUntil submittedBy approvedBy objections {{ {OBJECTION} }}
           changes(first: 5) {{ action by version }} }} }}",
        setup.plan
    );
    let holders = ask(&ministry, &plan).await["plan"].clone();
    assert_eq!((&holders["submittedBy"], &holders["approvedBy"]), (&json!("ministry"), &Value::Null));
    assert_eq!(holders["objections"], json!([shown]));
    assert_eq!(holders["changes"][0], json!({"action": "object", "by": "prefecture-31", "version": 2}));

    let answered = answer(&second, &made["objectionId"], "declined").await;
    assert_eq!((&answered["__typename"], &answered["open"]), (&json!("ObjectionAnswered"), &json!(0)), "{answered}");
    let decided = json!({"decision": "declined", "text": "検討しました", "by": "ministry-2"});
    assert_eq!(answered["objection"]["answer"], decided);
    assert_eq!(
        answer(&ministry, &made["objectionId"], "accepted").await["code"],
        json!("allocation.objection_answered")
    );
    assert_eq!(answer(&tottori, &made["objectionId"], "accepted").await["code"], json!("auth.forbidden"));
    let approved = setup.step(&second, "approvePlan", 2).await;
    assert_eq!(approved["plan"]["approvedBy"], json!("ministry-2"), "{approved}");
    setup.step(&ministry, "commitPlan", 3).await;
    // what was said stays; what was proposed is decided
    assert_eq!(setup.seen(&tottori, proposal).await, Value::Null);
    let kept = setup.seen(&tottori, &format!("objections(recipient: \"310000\") {{ {OBJECTION} }}")).await;
    assert_eq!(kept, json!([answered["objection"]]));
    let levels = setup.seen(&tottori, "levels { level objectionHours onLate }").await;
    assert_eq!(levels[0], json!({"level": "nation", "objectionHours": 24, "onLate": "carry"}));
    assert_eq!(levels[1], json!({"level": "prefecture", "objectionHours": 0, "onLate": "wait"}));
    app.audit_ok().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sibling_sees_neither_proposals_nor_objections() {
    let setup = Setup::new().await;
    let app = &setup.app;
    let made = object(&app.persona("prefecture-31").await, &setup.objection()).await;
    let id = made["objectionId"].as_str().unwrap();
    let (proposal, objections) =
        ("proposal(recipient: \"310000\") { version }", "objections(recipient: \"310000\") { text }");
    let by_id = format!("{{ objection(id: \"{id}\") {{ text }} }}");
    for above in [app.ministry().await, app.persona("auditor").await] {
        assert_eq!(setup.seen(&above, proposal).await, json!({"version": 2}));
        assert_eq!(setup.seen(&above, objections).await.as_array().unwrap().len(), 1);
        assert_eq!(ask(&above, &by_id).await["objection"]["text"], json!("冷凍庫が足りません"));
    }
    for sibling in [app.persona("prefecture-13").await, app.persona("municipality-312011").await] {
        assert_eq!(setup.seen(&sibling, proposal).await, Value::Null);
        assert_eq!(setup.seen(&sibling, objections).await, Value::Null);
        assert_eq!(code(&sibling, &by_id).await, "allocation.objection_not_found");
        assert_eq!(
            code(&sibling, &format!("{{ plan(id: \"{}\") {{ version }} }}", setup.plan)).await,
            "allocation.plan_not_found"
        );
    }
    // its own line is open to it, and nobody else's
    let tokyo = app.persona("prefecture-13").await;
    assert_eq!(
        setup.seen(&tokyo, "proposal(recipient: \"130001\") { version objections { text } }").await,
        json!({"version": 2, "objections": []})
    );
    assert_eq!(code(&app.anonymous(), &by_id).await, "allocation.objection_not_found");
    let query = "mutation Object($input: ObjectToLineInput!) { objectToLine(input: $input) { __typename } }";
    let refused = app.persona("municipality-312011").await.graphql(query, json!({"input": setup.objection()})).await;
    assert_eq!(refused.code(), "allocation.plan_not_found");
    let mut bad = setup.objection();
    bad["text"] = json!(" ");
    let refused = object(&tokyo, &bad).await;
    assert_eq!(refused["errors"], json!([{"path": "text", "code": "allocation.text_missing"}]), "{refused}");
}

/// What was changed by hand after an objection is told to whom it concerns, with the reason.
#[tokio::test(flavor = "multi_thread")]
async fn a_plan_is_taken_back_adjusted_and_proposed_anew() {
    let setup = Setup::new().await;
    let (ministry, tottori) = (setup.app.ministry().await, setup.app.persona("prefecture-31").await);
    let query = format!("mutation Back($input: TakeBackPlanInput!) {{ takeBackPlan(input: $input) {{ {MOVED} }} }}");
    let input = json!({"id": new_id(), "plan": setup.plan, "version": 2, "reason": "異議を認めたため"});
    let taken = data(&ministry.graphql(&query, json!({"input": input})).await)["takeBackPlan"].clone();
    assert_eq!((&taken["state"], &taken["version"]), (&json!("computed"), &json!(3)), "{taken}");
    assert_eq!((&taken["plan"]["objectionsUntil"], &taken["plan"]["submittedBy"]), (&Value::Null, &Value::Null));
    let units = setup
        .seen(&ministry, "plan(holder: \"000000\") { lines(first: 47) { edges { node { recipient units } } } }")
        .await;
    let lines = units["lines"]["edges"].as_array().unwrap();
    let own =
        lines.iter().find(|edge| edge["node"]["recipient"] == TOTTORI).unwrap()["node"]["units"].as_i64().unwrap();
    let adjust = json!({"id": new_id(), "version": 3, "reason": "冷凍庫が足りないため",
                        "lines": [{"recipient": TOTTORI, "units": own - 1}]});
    ministry.post(&format!("/v1/plans/{}:adjust", setup.plan), &adjust).await.ok(200);
    assert_eq!(setup.seen(&tottori, "proposal(recipient: \"310000\") { version }").await, Value::Null);
    assert_eq!(setup.step(&ministry, "submitPlan", 4).await["version"], json!(5));
    let line = setup
        .seen(
            &tottori,
            "proposal(recipient: \"310000\") { version line { units computed adjusted adjustedReason adjustedBy } }",
        )
        .await;
    let expected = json!({"units": own - 1, "computed": own, "adjusted": true,
                          "adjustedReason": "冷凍庫が足りないため", "adjustedBy": "ministry"});
    assert_eq!(line, json!({"version": 5, "line": expected}));
}
