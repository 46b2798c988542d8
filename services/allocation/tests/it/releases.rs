//! Assigned lines become a shipment to their hub, once, in whole packs; and come back when it came to
//! nothing.
use super::setup::{Setup, TAKAMATSU, TOTTORI, TOTTORI_CITY, YONAGO, carry_through};
use allocation::app::return_release::{Returned, return_release};
use domain::{
    TerritoryCode,
    policy::{Action, Actor, Place, decide},
};
use platform::{OpCtx, Tx, audit, clock::Clock, opctx::new_id};
use serde_json::{Value, json};
use testkit::{Answer, TestClient, round::BOX_VIALS};
use uuid::Uuid;

/// Three municipalities that have boxes; Tottori City has assigned whole boxes, with 40 vials for each
/// of its two hospitals.
async fn assigned() -> (Setup, TestClient, i64) {
    let setup = Setup::handed_down(1_000 * BOX_VIALS).await;
    let tottori = setup.app.officer(TOTTORI).await;
    let (plan, version) = setup.plan_of(TOTTORI).await;
    let draft =
        Answer { body: json!({"plan": plan, "version": version, "holder": TOTTORI}), ..tottori.get("/healthz").await };
    carry_through(&setup.app, &tottori, &draft).await;
    let city = setup.app.officer(TOTTORI_CITY).await;
    let has = setup.left("granted", TOTTORI_CITY).await;
    city.post("/v1/assignments", &setup.assign(TOTTORI_CITY, &[has - 80, 40, 40])).await.ok(200);
    (setup, city, has)
}

fn release(setup: &Setup, holder: &str) -> Value {
    json!({"id": new_id(), "round": setup.round, "holder": holder, "hub": setup.sites[TOTTORI_CITY][0]})
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hub_group_is_released_in_whole_packs_and_once() {
    let (setup, city, has) = assigned().await;
    let sent = release(&setup, TOTTORI_CITY);
    let released = city.post("/v1/releases", &sent).await;
    assert_eq!(released.ok(200).at("/vials"), json!(has));
    assert_eq!((released.at("/packs"), released.at("/lines")), (json!(has / BOX_VIALS), json!(3)));
    let own = &setup.sites[TOTTORI_CITY];
    assert_eq!(setup.left("released", &own[0].to_string()).await, has - 80);
    assert_eq!(setup.left("released", &own[1].to_string()).await, 40);
    assert_eq!(setup.left("granted", &own[1].to_string()).await, 0);
    let event = setup
        .app
        .db
        .rows("select payload, subject, sequence from allocation.outbox where type = 'allocation.released.v1'")
        .await;
    assert_eq!(event.len(), 1);
    let data = &event[0]["payload"];
    assert_eq!(event[0]["subject"], json!(format!("release/{}", sent["id"].as_str().unwrap())));
    assert_eq!((&data["vials"], &data["splits"].as_array().unwrap().len()), (&json!(has), &2));
    assert_eq!(data["hub"]["site_id"], json!(own[0]));

    let again = city.post("/v1/releases", &sent).await;
    assert_eq!((again.ok(200).header("Idempotency-Replayed"), &again.body), ("true", &released.body));
    city.post("/v1/releases", &release(&setup, TOTTORI_CITY)).await.refused(422, "allocation.nothing_to_release");
    let mut other = sent;
    other["sites"] = json!([own[1]]);
    city.post("/v1/releases", &other).await.refused(422, "idempotency.key_reused");
    setup.app.audit_ok().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_whole_pack_or_not_ones_own_is_refused() {
    let (setup, city, has) = assigned().await;
    let own = setup.sites[TOTTORI_CITY].clone();
    let rows = setup.rows().await;
    let with = |key: &str, value: Value| {
        let mut body = release(&setup, TOTTORI_CITY);
        body[key] = value;
        body
    };
    let broken = city.post("/v1/releases", &with("sites", json!([own[0]]))).await;
    broken.refused(422, "allocation.not_whole_packs");
    assert!(broken.at("/detail").as_str().unwrap().contains(&((has - 80) % BOX_VIALS).to_string()));
    let strange = setup.sites[YONAGO][1];
    for (sites, code) in [
        (json!([own[0], strange]), "allocation.not_of_the_hub"),
        (json!([own[1], own[1]]), "allocation.duplicate_recipient"),
        (json!([]), "allocation.nothing_to_release"),
    ] {
        let refused = city.post("/v1/releases", &with("sites", sites)).await;
        assert_eq!(refused.refused(422, "request.invalid").at("/errors/0/code"), json!(code));
    }
    city.post("/v1/releases", &with("hub", json!(own[1]))).await.refused(422, "allocation.not_a_hub");
    for hub in [json!(new_id()), json!(setup.sites[YONAGO][0]), json!(setup.sites[TAKAMATSU][0])] {
        city.post("/v1/releases", &with("hub", hub)).await.refused(404, "allocation.site_not_found");
    }
    city.post("/v1/releases", &with("round", json!(new_id()))).await.refused(404, "allocation.round_not_found");
    // a sibling does not see it; who looks on may not do it
    let yonago = setup.app.officer(YONAGO).await;
    yonago.post("/v1/releases", &release(&setup, TOTTORI_CITY)).await.refused(404, "allocation.round_not_found");
    setup
        .app
        .ministry()
        .await
        .post("/v1/releases", &release(&setup, TOTTORI_CITY))
        .await
        .refused(403, "auth.forbidden");
    assert_eq!(setup.rows().await, rows, "nothing is half written");
    // the prefecture above may release for its municipality
    setup.app.officer(TOTTORI).await.post("/v1/releases", &release(&setup, TOTTORI)).await.ok(200);
    setup.app.audit_ok().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sixteen_at_once_release_it_once() {
    let (setup, city, has) = assigned().await;
    let same = release(&setup, TOTTORI_CITY);
    let mut sending = tokio::task::JoinSet::new();
    for number in 0..16 {
        let body = if number % 2 == 0 { same.clone() } else { release(&setup, TOTTORI_CITY) };
        let city = city.clone();
        sending.spawn(async move { (body["id"].clone(), city.post("/v1/releases", &body).await) });
    }
    let answers = sending.join_all().await;
    let done: std::collections::BTreeSet<String> =
        answers.iter().filter(|(_, answer)| answer.status.as_u16() == 200).map(|(id, _)| id.to_string()).collect();
    assert_eq!(done.len(), 1, "one release");
    for (_, answer) in answers.iter().filter(|(_, answer)| answer.status.as_u16() != 200) {
        answer.refused(422, "allocation.nothing_to_release");
    }
    assert_eq!(setup.app.db.number("select sum(vials)::bigint from allocation.release").await, has);
    setup.app.audit_ok().await;
}

/// Gives a release back as the consumer of the shipment's event does.
async fn give_back(setup: &Setup, release: &Value) {
    let db = setup.app.db.home.pool("allocation_app", "allocation").unwrap();
    let ctx = OpCtx::system("event-consumer", &Clock::load(&db).await.unwrap());
    let actor = Actor::system("event-consumer");
    let permit = decide(&actor, Action::EventApply, Place::Territory(TerritoryCode::NATION)).unwrap();
    let (cause, id) = (new_id(), release.as_str().unwrap().parse::<Uuid>().unwrap());
    let entry = audit::Entry { target: format!("release/{id}"), cause, reason: None };
    let mut tx = Tx::begin(&db, &ctx, &[(&permit, entry)]).await.unwrap();
    let done = return_release(&mut tx, &ctx, cause, id, Returned::Cancelled, "会場が閉鎖された").await;
    tx.finish(done).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_came_back_can_be_released_again() {
    let (setup, city, has) = assigned().await;
    let first = release(&setup, TOTTORI_CITY);
    city.post("/v1/releases", &first).await.ok(200);
    give_back(&setup, &first["id"]).await;
    let hub = setup.sites[TOTTORI_CITY][0].to_string();
    assert_eq!((setup.left("granted", &hub).await, setup.left("released", &hub).await), (has - 80, 0));
    // the same event once more changes nothing
    give_back(&setup, &first["id"]).await;
    assert_eq!(setup.left("granted", &hub).await, has - 80);
    city.post("/v1/releases", &release(&setup, TOTTORI_CITY)).await.ok(200);
    assert_eq!(setup.left("released", &hub).await, has - 80);
    let states = "select string_agg(state, ',' order by state) from allocation.release";
    assert_eq!(setup.app.db.text(&format!("({states})")).await, "cancelled,released");
    let told = "select count(*) from allocation.outbox where type = 'notification.requested.v1'";
    assert_eq!(setup.app.db.number(&format!("({told})")).await, 1);
    // no shipment was called off here, and the auditor would say so; the way round is tested with both services
}
