//! Those below are asked: each sees its own line and no other, may object while the window is open, and is
//! answered before anything is approved.
use super::setup::{KAGAWA, NATION, Setup, TAKAMATSU, TOTTORI, TOTTORI_CITY, YONAGO, adjust, lines, step};
use allocation::{
    Allocation,
    app::{
        change_plan::{Change, change_plan},
        object::{answer_objection, object_to_line},
        open_round::Expected,
    },
};
use chrono::TimeDelta;
use domain::{
    TerritoryCode,
    ids::{AccountId, OrganisationId},
    policy::{Actor, Place, Role},
    territory::Tier,
    time::{Instant, parse_instant},
};
use platform::{OpCtx, failure::Result, opctx::new_id};
use serde_json::{Value, json};
use testkit::{Answer, TestClient, round::BOX_VIALS};
use wire::{
    objection::{AnswerObjection, ObjectToLine},
    plan::MovePlan,
};

/// The nation gives its prefectures a day, the prefectures their municipalities six hours.
fn hours(tier: Tier, expected: Expected) -> Expected {
    let objection_hours = match tier {
        Tier::Nation => 24,
        Tier::Prefecture => 6,
        Tier::Municipality => 0,
    };
    Expected { objection_hours, ..expected }
}

/// A round whose nation has handed its plan in: the setup and the plan, at version 2.
async fn proposed() -> (Setup, String) {
    let setup = Setup::with_calendar(1_000 * BOX_VIALS, hours).await;
    let ministry = setup.app.ministry().await;
    let computed = ministry.post("/v1/plans", &setup.compute(NATION)).await;
    let plan = computed.ok(200).at("/plan").as_str().unwrap().to_owned();
    step(&ministry, &plan, "submit", 1).await.ok(200);
    (setup, plan)
}

impl Setup {
    async fn proposal(&self, client: &TestClient, recipient: &str) -> Answer {
        client.get(&format!("/v1/rounds/{}/proposals/{recipient}", self.round)).await
    }
}

fn objection(version: i64) -> Value {
    json!({"id": new_id(), "version": version, "text": "冷凍庫が足りません", "units": 3})
}

async fn object(client: &TestClient, plan: &str, body: &Value) -> Answer {
    client.post(&format!("/v1/plans/{plan}:object"), body).await
}

async fn reply(client: &TestClient, made: &Answer, decision: &str) -> Answer {
    let path = format!("/v1/objections/{}:answer", made.at("/objection").as_str().unwrap());
    client.post(&path, &json!({"id": new_id(), "decision": decision, "text": "検討しました"})).await
}

/// An answer without what differs from request to request.
fn shape(answer: &Answer, id: &str) -> String {
    let mut body = answer.body.clone();
    body["request_id"] = Value::Null;
    body.to_string().replace(id, "ID")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recipient_sees_its_own_line_and_no_other() {
    let (setup, plan) = proposed().await;
    let app = &setup.app;
    let tottori = app.officer(TOTTORI).await;
    let seen = setup.proposal(&tottori, TOTTORI).await;
    assert_eq!(seen.ok(200).at("/watermark"), json!({"ja": "案（未確定）", "en": "Proposal, not yet decided"}));
    assert_eq!((seen.at("/plan"), seen.at("/version"), seen.at("/open")), (json!(plan), json!(2), json!(true)));
    assert_eq!(seen.at("/units"), json!(setup.units(&plan, TOTTORI).await));
    let text = seen.body.to_string();
    for other in [KAGAWA, TOTTORI_CITY, "130001"] {
        assert!(!text.contains(other), "{other}: {text}");
    }
    assert_eq!(setup.told("plan.proposed").await, 47);
    for above in [app.ministry().await, app.persona("auditor").await] {
        assert_eq!(setup.proposal(&above, TOTTORI).await.ok(200).at("/units"), seen.at("/units"));
    }
    // to all others it is as if there were no such round
    let nowhere = new_id().to_string();
    let round = setup.round.to_string();
    for stranger in [
        app.officer(KAGAWA).await,
        app.officer(TOTTORI_CITY).await,
        app.proxy(31).await,
        app.persona("wholesaler").await,
        app.persona("operator").await,
    ] {
        let hidden = setup.proposal(&stranger, TOTTORI).await;
        hidden.refused(404, "allocation.proposal_not_found");
        let missing = stranger.get(&format!("/v1/rounds/{nowhere}/proposals/{TOTTORI}")).await;
        assert_eq!(shape(&hidden, &round), shape(&missing, &nowhere));
    }
    setup.proposal(&app.anonymous(), TOTTORI).await.refused(401, "auth.missing_token");
    let city = app.officer(TOTTORI_CITY).await;
    setup.proposal(&city, TOTTORI_CITY).await.refused(404, "allocation.proposal_not_found");
    setup.proposal(&app.ministry().await, NATION).await.refused(404, "allocation.proposal_not_found");
    tottori.get("/v1/rounds/x/proposals/310000").await.refused(404, "allocation.proposal_not_found");
    tottori.get(&format!("/v1/rounds/{round}/proposals/31")).await.refused(404, "allocation.proposal_not_found");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_time_for_objections_nothing_is_disclosed() {
    let setup = Setup::with_supply(100 * BOX_VIALS).await;
    let (ministry, tottori) = (setup.app.ministry().await, setup.app.officer(TOTTORI).await);
    let computed = ministry.post("/v1/plans", &setup.compute(NATION)).await;
    let plan = computed.ok(200).at("/plan").as_str().unwrap().to_owned();
    object(&tottori, &plan, &objection(1)).await.refused(404, "allocation.plan_not_found");
    step(&ministry, &plan, "submit", 1).await.ok(200);
    setup.proposal(&tottori, TOTTORI).await.refused(404, "allocation.proposal_not_found");
    object(&tottori, &plan, &objection(2)).await.refused(404, "allocation.plan_not_found");
    assert_eq!(setup.told("plan.proposed").await, 0);
}

/// A rule that takes something away cannot do without.
#[tokio::test(flavor = "multi_thread")]
async fn a_plan_that_needs_objections_needs_time_for_them() {
    let setup = Setup::with_supply(100 * BOX_VIALS).await;
    let ministry = setup.app.ministry().await;
    let computed = ministry.post("/v1/plans", &setup.compute(NATION)).await;
    let plan = computed.ok(200).at("/plan").as_str().unwrap().to_owned();
    setup.app.db.sql("update allocation.plan set needs_objections = true").await;
    let before = setup.rows().await;
    step(&ministry, &plan, "submit", 1).await.refused(409, "allocation.objection_window_required");
    assert_eq!(setup.rows().await, before);
    setup.app.db.sql("update allocation.round_step set objection_hours = 24 where level = 'nation'").await;
    step(&ministry, &plan, "submit", 1).await.ok(200);
    assert_eq!(setup.told("plan.proposed").await, 47);
    setup.app.audit_ok().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn all_are_heard_before_anything_is_approved() {
    let (setup, plan) = proposed().await;
    let app = &setup.app;
    let (ministry, second) = (app.ministry().await, app.second_officer(NATION).await);
    let (tottori, kagawa) = (app.officer(TOTTORI).await, app.officer(KAGAWA).await);
    let request = objection(2);
    let made = object(&tottori, &plan, &request).await;
    assert_eq!(made.ok(200).at("/units"), json!(setup.units(&plan, TOTTORI).await));
    let again = object(&tottori, &plan, &request).await;
    assert_eq!((again.ok(200).header("Idempotency-Replayed"), &again.body), ("true", &made.body));
    let mut other = request.clone();
    other["units"] = json!(4);
    object(&tottori, &plan, &other).await.refused(422, "idempotency.key_reused");
    let sibling = object(&kagawa, &plan, &objection(2)).await;
    sibling.ok(200);
    assert_eq!(setup.told("objection.made").await, 2);
    // an objection makes no version
    assert_eq!(setup.plan_of(NATION).await.1, 2);

    let before = setup.rows().await;
    step(&second, &plan, "approve", 2).await.refused(409, "allocation.window_open");
    app.step_clock("2021-04-06T12:45:00+09:00").await;
    step(&second, &plan, "approve", 2).await.refused(409, "allocation.objection_open");
    object(&tottori, &plan, &objection(2)).await.refused(409, "allocation.window_closed");
    assert_eq!(setup.rows().await, before);
    // what was sent in time is answered as it was, also now
    assert_eq!(object(&tottori, &plan, &request).await.ok(200).body, made.body);
    let seen = setup.proposal(&tottori, TOTTORI).await;
    assert_eq!((seen.ok(200).at("/open"), seen.at("/objections/0/text")), (json!(false), request["text"].clone()));
    assert_eq!(seen.at("/objections").as_array().unwrap().len(), 1, "not the sibling's");

    let answered = reply(&ministry, &made, "accepted").await;
    assert_eq!((answered.ok(200).at("/decision"), answered.at("/open")), (json!("accepted"), json!(1)));
    step(&second, &plan, "approve", 2).await.refused(409, "allocation.objection_open");
    assert_eq!(reply(&second, &sibling, "declined").await.ok(200).at("/open"), json!(0));
    assert_eq!(setup.told("objection.answered").await, 2);
    step(&second, &plan, "approve", 2).await.ok(200);
    setup.proposal(&tottori, TOTTORI).await.refused(404, "allocation.proposal_not_found");
    object(&tottori, &plan, &objection(3)).await.refused(409, "allocation.wrong_state");
    step(&ministry, &plan, "commit", 3).await.ok(200);
    // the answer stays
    let path = format!("/v1/objections/{}", made.at("/objection").as_str().unwrap());
    let kept = tottori.get(&path).await;
    assert_eq!(kept.ok(200).at("/answer/text"), json!("検討しました"));
    let history = "select string_agg(action, ' ' order by recorded_at) from allocation.plan_change c
                   join allocation.plan p on p.id = c.plan_id where p.level = 'nation'";
    assert_eq!(app.db.text(history).await, "compute submit object object answer answer approve commit");
    app.audit_ok().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_accepted_objection_lets_the_plan_be_taken_back() {
    let (setup, plan) = proposed().await;
    let app = &setup.app;
    let (ministry, second, tottori) =
        (app.ministry().await, app.second_officer(NATION).await, app.officer(TOTTORI).await);
    let request = objection(2);
    let made = object(&tottori, &plan, &request).await;
    let body = json!({"id": new_id(), "version": 2, "reason": "鳥取県の異議を認めたため"});
    let taken = ministry.post(&format!("/v1/plans/{plan}:take-back"), &body).await;
    assert_eq!((taken.ok(200).at("/state"), taken.at("/version")), (json!("computed"), json!(3)));
    // while it is worked on nobody below sees it
    setup.proposal(&tottori, TOTTORI).await.refused(404, "allocation.proposal_not_found");
    object(&tottori, &plan, &objection(3)).await.refused(404, "allocation.plan_not_found");
    assert_eq!(object(&tottori, &plan, &request).await.ok(200).body, made.body);
    let units = setup.units(&plan, TOTTORI).await;
    adjust(&ministry, &plan, &lines(3, &[(TOTTORI, units - 1)])).await.ok(200);
    step(&ministry, &plan, "submit", 4).await.ok(200);
    assert_eq!(setup.told("plan.proposed").await, 94);
    let seen = setup.proposal(&tottori, TOTTORI).await;
    assert_eq!((seen.ok(200).at("/units"), seen.at("/computed")), (json!(units - 1), json!(units)));
    let stale = object(&tottori, &plan, &objection(2)).await;
    stale.refused(409, "allocation.stale_plan");
    assert_eq!(stale.at("/difference"), Value::Null, "a difference would show the siblings' lines");
    // an objection of the version before still wants its answer
    app.step_clock("2021-04-06T12:45:00+09:00").await;
    step(&second, &plan, "approve", 5).await.refused(409, "allocation.objection_open");
    reply(&ministry, &made, "accepted").await.ok(200);
    step(&second, &plan, "approve", 5).await.ok(200);
    step(&ministry, &plan, "commit", 6).await.ok(200);
    app.audit_ok().await;
}

/// A prefecture asks its municipalities in the same way.
#[tokio::test(flavor = "multi_thread")]
async fn municipalities_are_asked_by_their_prefecture() {
    let (setup, plan) = proposed().await;
    let app = &setup.app;
    app.step_clock("2021-04-06T12:45:00+09:00").await;
    step(&app.second_officer(NATION).await, &plan, "approve", 2).await.ok(200);
    step(&app.ministry().await, &plan, "commit", 3).await.ok(200);
    let (first, second) = (app.officer(TOTTORI).await, app.second_officer(TOTTORI).await);
    let (plan, version) = setup.plan_of(TOTTORI).await;
    let (city, yonago, takamatsu) =
        (app.officer(TOTTORI_CITY).await, app.officer(YONAGO).await, app.officer(TAKAMATSU).await);
    step(&first, &plan, "submit", version).await.ok(200);
    assert_eq!(setup.told("plan.proposed").await, 47 + 19);
    let seen = setup.proposal(&city, TOTTORI_CITY).await;
    assert_eq!(seen.ok(200).at("/units"), json!(setup.units(&plan, TOTTORI_CITY).await));
    assert!(!seen.body.to_string().contains(YONAGO));
    assert!(seen.at("/explanation").to_string().contains("鳥取市"), "why it is so much");
    setup.proposal(&yonago, TOTTORI_CITY).await.refused(404, "allocation.proposal_not_found");
    object(&takamatsu, &plan, &objection(2)).await.refused(404, "allocation.plan_not_found");
    let made = object(&city, &plan, &objection(2)).await;
    made.ok(200);
    app.step_clock("2021-04-06T19:00:00+09:00").await;
    step(&second, &plan, "approve", 2).await.refused(409, "allocation.objection_open");
    // the nation looks on, and answers nothing
    reply(&app.ministry().await, &made, "declined").await.refused(403, "auth.forbidden");
    reply(&first, &made, "declined").await.ok(200);
    step(&second, &plan, "approve", 2).await.ok(200);
    step(&first, &plan, "commit", 3).await.ok(200);
    app.audit_ok().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_objections_and_answers_are_refused_and_nothing_written() {
    let (setup, plan) = proposed().await;
    let app = &setup.app;
    let (tottori, ministry) = (app.officer(TOTTORI).await, app.ministry().await);
    let made = object(&tottori, &plan, &objection(2)).await;
    let before = setup.rows().await;
    let with = |key: &str, value: Value| {
        let mut body = objection(2);
        body[key] = value;
        body
    };
    for (key, value, code) in [
        ("text", json!("　\n"), "allocation.text_missing"),
        ("text", json!("あ".repeat(2_001)), "allocation.text_missing"),
        ("units", json!(-1), "allocation.amount_out_of_range"),
        ("units", json!(i64::MAX), "allocation.amount_out_of_range"),
    ] {
        let answer = object(&tottori, &plan, &with(key, value)).await;
        answer.refused(422, "request.invalid");
        assert_eq!((answer.at("/errors/0/path"), answer.at("/errors/0/code")), (json!(key), json!(code)));
    }
    for (key, value) in [("units", json!(1.5)), ("recipient", json!(KAGAWA)), ("id", json!("x")), ("text", Value::Null)]
    {
        object(&tottori, &plan, &with(key, value)).await.refused(422, "request.invalid");
    }
    object(&tottori, &plan, &with("version", json!(9))).await.refused(409, "allocation.stale_plan");
    // the holder and who stands above it are no recipients; others know nothing of the plan
    object(&ministry, &plan, &objection(2)).await.refused(403, "auth.forbidden");
    object(&app.persona("auditor").await, &plan, &objection(2)).await.refused(403, "auth.forbidden");
    let nowhere = new_id().to_string();
    for stranger in [app.officer(TOTTORI_CITY).await, app.proxy(31).await, app.persona("wholesaler").await] {
        let hidden = object(&stranger, &plan, &objection(2)).await;
        hidden.refused(404, "allocation.plan_not_found");
        let missing = object(&stranger, &nowhere, &objection(2)).await;
        assert_eq!(shape(&hidden, &plan), shape(&missing, &nowhere));
    }
    object(&app.anonymous(), &plan, &objection(2)).await.refused(401, "auth.missing_token");
    object(&tottori, "1", &objection(2)).await.refused(404, "allocation.plan_not_found");

    let id = made.at("/objection").as_str().unwrap().to_owned();
    let path = format!("/v1/objections/{id}:answer");
    let body = json!({"id": new_id(), "decision": "maybe", "text": ""});
    let answer = ministry.post(&path, &body).await;
    answer.refused(422, "request.invalid");
    assert_eq!((answer.at("/errors/0/path"), answer.at("/errors/1/path")), (json!("text"), json!("decision")));
    reply(&tottori, &made, "accepted").await.refused(403, "auth.forbidden");
    for stranger in [app.officer(KAGAWA).await, app.officer(TOTTORI_CITY).await, app.persona("operator").await] {
        reply(&stranger, &made, "accepted").await.refused(404, "allocation.objection_not_found");
        stranger.get(&format!("/v1/objections/{id}")).await.refused(404, "allocation.objection_not_found");
    }
    assert_eq!(ministry.get(&format!("/v1/objections/{id}")).await.ok(200).at("/by"), json!("officer-310000"));
    tottori.get("/v1/objections/x").await.refused(404, "allocation.objection_not_found");
    assert_eq!(setup.rows().await, before);
}

/// Two officers answer at the same moment: one answer counts; it may be sent again.
#[tokio::test(flavor = "multi_thread")]
async fn an_objection_is_answered_once() {
    let (setup, plan) = proposed().await;
    let app = &setup.app;
    let (one, two) = (app.ministry().await, app.second_officer(NATION).await);
    let made = object(&app.officer(TOTTORI).await, &plan, &objection(2)).await;
    let path = format!("/v1/objections/{}:answer", made.ok(200).at("/objection").as_str().unwrap());
    let [a, b] =
        ["accepted", "declined"].map(|decision| json!({"id": new_id(), "decision": decision, "text": "検討しました"}));
    let (first, second) = tokio::join!(one.post(&path, &a), two.post(&path, &b));
    let (done, officer, body, refused) =
        if first.status.as_u16() == 200 { (&first, &one, &a, &second) } else { (&second, &two, &b, &first) };
    done.ok(200);
    refused.refused(409, "allocation.objection_answered");
    let again = officer.post(&path, body).await;
    assert_eq!((again.ok(200).header("Idempotency-Replayed"), &again.body), ("true", &done.body));
    assert_eq!(app.db.number("select count(*) from allocation.objection_answer").await, 1);
    app.audit_ok().await;
}

fn officer(allocation: &Allocation, role: Role, code: &str, now: Instant) -> OpCtx {
    let actor = Actor {
        account: AccountId(new_id()),
        organisation: OrganisationId(new_id()),
        name: format!("officer-{code}"),
        role,
        home: Place::Territory(TerritoryCode::parse(code).unwrap()),
        machine: true,
        ..Actor::public()
    };
    OpCtx { now, ..OpCtx::new(actor, &allocation.shared.clock) }
}

fn code<T: std::fmt::Debug>(ending: Result<T>) -> &'static str {
    ending.unwrap_err().into_problem().code.code
}

#[tokio::test(flavor = "multi_thread")]
async fn the_window_ends_at_the_very_moment() {
    let (setup, plan) = proposed().await;
    let allocation = setup.app.allocation_on_one().await;
    let until = setup.app.db.text(
        "select to_char(objections_until at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"') from allocation.plan",
    );
    let until = parse_instant(&until.await).unwrap();
    let before = until - TimeDelta::milliseconds(1);
    let plan = plan.parse().unwrap();
    let object = async |now: Instant| {
        let ctx = officer(&allocation, Role::Prefecture, TOTTORI, now);
        let request = ObjectToLine { id: new_id(), version: 2, text: "理由".to_owned(), units: None };
        object_to_line(&allocation, &ctx, plan, request).await
    };
    let approve = async |now: Instant| {
        let ctx = officer(&allocation, Role::Ministry, NATION, now);
        change_plan(&allocation, &ctx, plan, Change::Approve(MovePlan { id: new_id(), version: 2 })).await
    };
    assert_eq!(code(approve(before).await), "allocation.window_open");
    assert_eq!(code(object(until).await), "allocation.window_closed");
    // the last moment for the one is the one before the first of the other
    let (made, _) = object(before).await.unwrap();
    assert_eq!(code(approve(until).await), "allocation.objection_open");
    let ctx = officer(&allocation, Role::Ministry, NATION, until);
    let request = AnswerObjection { id: new_id(), decision: "declined".to_owned(), text: "理由".to_owned() };
    answer_objection(&allocation, &ctx, made.objection, request).await.unwrap();
    approve(until).await.unwrap();
    assert_eq!(code(object(before).await), "allocation.wrong_state");
    setup.app.audit_ok().await;
}
