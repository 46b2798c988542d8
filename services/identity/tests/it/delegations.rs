//! 委任: acting for another organisation, until a day.
use crate::{
    browser::password_of,
    people::{client, id, person},
};
use serde_json::{Value, json};
use testkit::{
    Answer, Facility, TestApp, TestClient,
    app::{report, until},
};

/// A hospital with two people, and the town's officer who is to report for it.
struct World {
    app: TestApp,
    facility: Facility,
    first: TestClient,
    second: TestClient,
}

const TAKER: &str = "municipality-131016";

async fn world() -> World {
    let app = TestApp::start().await;
    let facility = app.facility("131016").await;
    let first = app.hospital(&facility).await;
    let second = person(&app, &first, json!({"name": "nurse", "role": "hospital"})).await;
    World { app, facility, first, second }
}

impl World {
    async fn make(&self, until: &str) -> Value {
        let request = json!({"id": id(), "account": TAKER, "actions": ["report_submit", "report_read", "facility_read"],
                             "until": until, "reason": "電子カルテの障害"});
        let made = self.first.post("/v1/delegations", &request).await;
        assert_eq!(made.ok(200).at("/state"), "proposed");
        made.at("/delegation")
    }

    async fn step(&self, by: &TestClient, delegation: &Value, step: &str) -> Answer {
        let mut body = json!({"id": id()});
        if step == "end" {
            body["reason"] = json!("復旧");
        }
        by.post(&format!("/v1/delegations/{}:{step}", delegation.as_str().unwrap()), &body).await
    }

    async fn confirmed(&self, until: &str) -> Value {
        let delegation = self.make(until).await;
        assert_eq!(self.step(&self.second, &delegation, "confirm").await.ok(200).at("/state"), "confirmed");
        delegation
    }

    /// The taker's answer to signing in under a delegation.
    async fn token(&self, name: &str, delegation: &Value) -> Answer {
        let request = json!({"grant_type": "password", "username": name, "password": password_of(&self.app, name), "delegation": delegation});
        self.app.anonymous().post("/v1/tokens", &request).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_taker_does_what_was_given_and_the_trail_names_both() {
    let world = world().await;
    let delegation = world.make("2021-04-09").await;
    world.token(TAKER, &delegation).await.refused(403, "delegation.not_in_force");
    world.step(&world.first, &delegation, "confirm").await.refused(409, "delegation.second_person");
    world.step(&world.app.persona(TAKER).await, &delegation, "confirm").await.refused(403, "auth.forbidden");
    world
        .step(&world.app.persona("prefecture-13").await, &delegation, "confirm")
        .await
        .refused(404, "delegation.not_found");
    world.step(&world.second, &delegation, "confirm").await.ok(200);
    world.step(&world.second, &delegation, "confirm").await.refused(409, "delegation.wrong_state");
    world.token("prefecture-13", &delegation).await.refused(403, "delegation.not_in_force");

    let own = world.app.persona(TAKER).await;
    let answers = || report(&world.facility, world.app.today, json!({"icu_total": 4}));
    own.post("/v1/reports", &answers()).await.refused(403, "auth.forbidden");
    let acting = client(&world.app, &world.token(TAKER, &delegation).await);
    acting.post("/v1/reports", &answers()).await.ok(201);
    let who = "select actor_name from capacity.audit where action = 'report_submit'";
    assert_eq!(world.app.db.text(who).await, format!("{TAKER} for {}", world.facility.name));
    let both = "select count(*) from capacity.audit c join identity.account a on a.id = c.actor
                where c.action = 'report_submit' and a.name = 'municipality-131016' and c.organisation <> a.organisation";
    assert_eq!(world.app.db.number(both).await, 1);
    // nothing beyond what was given, and nothing that gives powers on
    let colleague = json!({"id": id(), "account": {"name": "x", "role": "hospital"}});
    assert_eq!(acting.post("/v1/accounts", &colleague).await.status.as_u16(), 403);
    let further = json!({"id": id(), "account": "prefecture-13", "actions": ["report_read"], "until": "2021-04-09", "reason": "x"});
    acting.post("/v1/delegations", &further).await.refused(403, "auth.forbidden");
    let listed = own.get("/v1/delegations").await;
    assert_eq!(
        (listed.ok(200).at("/delegations/0/in_force"), listed.at("/delegations/0/confirmed_by")),
        (json!(true), json!("nurse"))
    );
    assert_eq!(world.app.persona("auditor").await.get("/v1/delegations").await.at("/delegations"), json!([]));
    world.app.audit_ok().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_ends_when_the_giver_or_the_taker_says_so_and_after_its_day() {
    let world = world().await;
    let delegation = world.confirmed("2021-04-09").await;
    let acting = client(&world.app, &world.token(TAKER, &delegation).await);
    acting.get("/v1/me").await.ok(200);
    assert_eq!(world.step(&world.first, &delegation, "end").await.ok(200).at("/state"), "ended");
    until("the token is refused", async || acting.get("/v1/me").await.code() == "auth.revoked").await;
    world.token(TAKER, &delegation).await.refused(403, "delegation.not_in_force");
    world.step(&world.first, &delegation, "end").await.refused(409, "delegation.wrong_state");
    // by the taker, who keeps its own access
    let delegation = world.confirmed("2021-04-09").await;
    let own = world.app.persona(TAKER).await;
    world.step(&own, &delegation, "end").await.ok(200);
    own.get("/v1/me").await.ok(200);

    let delegation = world.confirmed("2021-04-05").await;
    let acting = client(&world.app, &world.token(TAKER, &delegation).await);
    acting.get("/v1/me").await.ok(200);
    world.app.step_clock("2021-04-06T00:00:01+09:00").await;
    world.token(TAKER, &delegation).await.refused(403, "delegation.not_in_force");
    until("the token is refused", async || acting.get("/v1/me").await.code() == "auth.revoked").await;
    let ended = "select ended_by_name from identity.delegation order by made_at desc, id desc limit 1";
    assert_eq!(world.app.db.text(ended).await, "delegations");
    world.app.audit_ok().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_given_that_is_not_ones_own_to_give() {
    let world = world().await;
    let fields = async |client: &TestClient, change: Value, path: &str, code: &str| {
        let mut request =
            json!({"id": id(), "account": TAKER, "actions": ["report_submit"], "until": "2021-04-09", "reason": "x"});
        for (name, value) in change.as_object().unwrap() {
            request[name] = value.clone();
        }
        let answer = client.post("/v1/delegations", &request).await;
        answer.refused(422, "request.invalid");
        assert_eq!(
            (answer.at("/errors/0/path"), answer.at("/errors/0/code")),
            (json!(path), json!(code)),
            "{}",
            answer.body
        );
    };
    let first = &world.first;
    for actions in [json!([]), json!(["plan_draft"]), json!(["account_issue"]), json!(["delegate"]), json!(["fly"])] {
        fields(first, json!({"actions": actions}), "actions", "delegation.not_to_give").await;
    }
    fields(first, json!({"account": "nobody"}), "account", "delegation.wrong_taker").await;
    fields(first, json!({"account": "nurse"}), "account", "delegation.wrong_taker").await;
    fields(first, json!({"until": "2021-04-04"}), "until", "delegation.days").await;
    fields(first, json!({"until": "2031-04-04"}), "until", "delegation.days").await;
    fields(first, json!({"from": "2021-04-01"}), "until", "delegation.days").await;
    fields(first, json!({"until": "tomorrow"}), "until", "time.malformed_day").await;
    fields(first, json!({"reason": ""}), "reason", "allocation.reason_missing").await;
    let operator = world.app.persona("operator").await;
    fields(&operator, json!({"actions": ["facility_import"]}), "actions", "delegation.not_to_give").await;
    let request =
        json!({"id": id(), "account": TAKER, "actions": ["report_read"], "until": "2021-04-09", "reason": "x"});
    world.app.persona("auditor").await.post("/v1/delegations", &request).await.refused(403, "auth.forbidden");

    let made = first.post("/v1/delegations", &request).await;
    let again = first.post("/v1/delegations", &request).await;
    assert_eq!(
        (again.ok(200).header("Idempotency-Replayed"), again.at("/delegation")),
        ("true", made.at("/delegation"))
    );
    let mut other = request.clone();
    other["reason"] = json!("y");
    first.post("/v1/delegations", &other).await.refused(422, "idempotency.key_reused");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_acts_under_a_delegation_too() {
    let world = world().await;
    let delegation = world.confirmed("2021-04-09").await;
    let nobody = world.app.anonymous();
    let mut request = json!({"username": TAKER, "password": password_of(&world.app, TAKER), "delegation": id()});
    nobody.post("/v1/sessions", &request).await.refused(403, "delegation.not_in_force");
    request["delegation"] = delegation.clone();
    let begun = nobody.post("/v1/sessions", &request).await;
    assert_eq!(
        (begun.ok(200).at("/role"), begun.at("/home/facility")),
        (json!("hospital"), json!(world.facility.id.0))
    );
    assert_eq!(begun.at("/organisation/name"), json!(world.facility.name));
    let recorded =
        format!("select count(*) from identity.session where delegation = '{}'", delegation.as_str().unwrap());
    assert_eq!(world.app.db.number(&recorded).await, 1);
}
