//! The same id again: the first answer, one effect; also after a commit, and at the same moment.
use super::setup::{NATION, Setup, TOTTORI, TOTTORI_CITY, YONAGO, adjust, carry_through, lines};
use platform::opctx::new_id;
use serde_json::json;
use testkit::{Answer, round::BOX_VIALS};

#[track_caller]
fn replayed(again: &Answer, first: &Answer) {
    again.ok(200);
    assert_eq!(again.header("Idempotency-Replayed"), "true");
    assert_eq!(again.body, first.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_step_can_be_sent_again() {
    let setup = Setup::with_supply(1_000 * BOX_VIALS).await;
    let ministry = setup.app.ministry().await;
    let request = setup.compute(NATION);
    let computed = ministry.post("/v1/plans", &request).await;
    let plan = computed.ok(200).at("/plan").as_str().unwrap().to_owned();
    assert_eq!(computed.header("Idempotency-Replayed"), "");
    let units = setup.units(&plan, TOTTORI).await;
    let second = setup.app.second_officer(NATION).await;
    let mut sent = vec![(&ministry, "/v1/plans".to_owned(), request, computed)];
    let change = lines(1, &[(TOTTORI, units - 1)]);
    let adjusted = adjust(&ministry, &plan, &change).await;
    sent.push((&ministry, format!("/v1/plans/{plan}:adjust"), change, adjusted));
    let steps = [(&ministry, "submit"), (&ministry, "take-back"), (&ministry, "submit"), (&second, "approve")];
    for (version, (officer, name)) in (2..).zip(steps.into_iter().chain([(&ministry, "commit")])) {
        let (path, mut body) = (format!("/v1/plans/{plan}:{name}"), json!({"id": new_id(), "version": version}));
        if name == "take-back" {
            body["reason"] = json!("会場の都合");
        }
        let answer = officer.post(&path, &body).await;
        answer.ok(200);
        sent.push((officer, path, body, answer));
    }
    let (before, digest) = (setup.rows().await, setup.plans_digest().await);
    for (officer, path, body, first) in &sent {
        // long after, the plan having moved on
        replayed(&officer.post(path, body).await, first);
        let mut other = body.clone();
        other["version"] = json!(77);
        officer.post(path, &other).await.refused(422, "idempotency.key_reused");
    }
    // an id belongs to its operation too
    let (_, _, submit, _) = &sent[2];
    ministry.post(&format!("/v1/plans/{plan}:approve"), submit).await.refused(422, "idempotency.key_reused");
    assert_eq!((setup.rows().await, setup.plans_digest().await), (before, digest));
    setup.app.audit_ok().await;
}

/// Two municipalities with one prefecture's grants, ready to assign.
async fn granted() -> Setup {
    let setup = Setup::handed_down(1_000 * BOX_VIALS).await;
    let tottori = setup.app.officer(TOTTORI).await;
    let (plan, version) = setup.plan_of(TOTTORI).await;
    let units = setup.units(&plan, YONAGO).await;
    let adjusted = adjust(&tottori, &plan, &lines(version, &[(YONAGO, units - 1)])).await;
    carry_through(&setup.app, &tottori, adjusted.ok(200)).await;
    setup
}

#[tokio::test(flavor = "multi_thread")]
async fn an_assignment_sent_fifty_times_is_posted_once() {
    let setup = granted().await;
    let city = setup.app.officer(TOTTORI_CITY).await;
    let has = setup.left("granted", TOTTORI_CITY).await;
    let sent = setup.assign(TOTTORI_CITY, &[has - 5, 5]);
    let mut sending = tokio::task::JoinSet::new();
    for _ in 0..50 {
        let (city, sent) = (city.clone(), sent.clone());
        sending.spawn(async move { city.post("/v1/assignments", &sent).await });
    }
    let answers = sending.join_all().await;
    let replays = answers.iter().filter(|answer| answer.ok(200).header("Idempotency-Replayed") == "true").count();
    assert_eq!(replays, 49);
    assert!(answers.iter().all(|answer| answer.body == answers[0].body));
    assert_eq!(setup.left("granted", TOTTORI_CITY).await, 0);
    let mut other = sent.clone();
    other["sites"][0]["vials"] = json!(1);
    city.post("/v1/assignments", &other).await.refused(422, "idempotency.key_reused");
    setup.app.audit_ok().await;
}

/// Different assignments at once, each within the grant, together far above it.
#[tokio::test(flavor = "multi_thread")]
async fn parallel_assignments_never_exceed_the_grant() {
    let setup = granted().await;
    let city = setup.app.officer(TOTTORI_CITY).await;
    let has = setup.left("granted", TOTTORI_CITY).await;
    let part = has / 7;
    let mut sending = tokio::task::JoinSet::new();
    for _ in 0..30 {
        let (city, sent) = (city.clone(), setup.assign(TOTTORI_CITY, &[part - 1, 1]));
        sending.spawn(async move { city.post("/v1/assignments", &sent).await });
    }
    let answers = sending.join_all().await;
    let done = answers.iter().filter(|answer| answer.status.as_u16() == 200).count();
    for answer in answers.iter().filter(|answer| answer.status.as_u16() != 200) {
        answer.refused(409, "allocation.over_supply");
    }
    assert_eq!(done, 7);
    assert_eq!(setup.left("granted", TOTTORI_CITY).await, has - 7 * part);
    setup.app.audit_ok().await;
}

/// One id used by two municipalities at the same moment belongs to one of them.
#[tokio::test(flavor = "multi_thread")]
async fn an_id_is_taken_by_one_holder() {
    let setup = granted().await;
    let (city, yonago) = (setup.app.officer(TOTTORI_CITY).await, setup.app.officer(YONAGO).await);
    for _ in 0..10 {
        let (mut a, mut b) = (setup.assign(TOTTORI_CITY, &[1]), setup.assign(YONAGO, &[1]));
        let id = json!(new_id());
        (a["id"], b["id"]) = (id.clone(), id);
        let (a, b) = tokio::join!(city.post("/v1/assignments", &a), yonago.post("/v1/assignments", &b));
        let (done, refused) = if a.status.as_u16() == 200 { (a, b) } else { (b, a) };
        done.ok(200);
        refused.refused(422, "idempotency.key_reused");
    }
    assert_eq!(setup.app.db.number("select count(*) from allocation.plan where level = 'municipality'").await, 10);
    setup.app.audit_ok().await;
}
