//! Each level acts on its own plan: it looks on at those below, and knows nothing of its siblings.
use super::setup::{KAGAWA, NATION, Setup, TAKAMATSU, TOTTORI, TOTTORI_CITY, YONAGO, adjust, lines, step};
use platform::opctx::new_id;
use serde_json::Value;
use testkit::{Answer, round::BOX_VIALS};

/// An answer without what differs from request to request.
fn shape(answer: &Answer, id: &str) -> String {
    let mut body = answer.body.clone();
    body["request_id"] = Value::Null;
    body.to_string().replace(id, "ID")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_siblings_plan_answers_as_if_it_did_not_exist() {
    let setup = Setup::handed_down(1_000 * BOX_VIALS).await;
    let app = &setup.app;
    let (foreign, version) = setup.plan_of(KAGAWA).await;
    let (national, _) = setup.plan_of(NATION).await;
    let nowhere = new_id().to_string();
    let (before, digest) = (setup.rows().await, setup.plans_digest().await);
    let strangers = [
        app.officer(TOTTORI).await,
        app.officer(TAKAMATSU).await,
        app.proxy(37).await,
        app.persona("wholesaler").await,
        app.persona("operator").await,
    ];
    for stranger in &strangers {
        for name in ["submit", "approve", "commit"] {
            let answer = step(stranger, &foreign, name, version).await;
            answer.refused(404, "allocation.plan_not_found");
            let missing = step(stranger, &nowhere, name, version).await;
            assert_eq!(shape(&answer, &foreign), shape(&missing, &nowhere));
        }
        let body = lines(version, &[(TAKAMATSU, 1)]);
        adjust(stranger, &foreign, &body).await.refused(404, "allocation.plan_not_found");
        step(stranger, &national, "commit", 4).await.refused(404, "allocation.plan_not_found");
    }
    let tottori = &strangers[0];
    tottori.post("/v1/plans", &setup.compute(KAGAWA)).await.refused(404, "allocation.round_not_found");
    tottori.post("/v1/plans", &setup.compute(NATION)).await.refused(404, "allocation.round_not_found");
    let neighbour = app.officer(YONAGO).await;
    neighbour
        .post("/v1/assignments", &setup.assign(TOTTORI_CITY, &[1]))
        .await
        .refused(404, "allocation.round_not_found");
    app.anonymous().post("/v1/plans", &setup.compute(KAGAWA)).await.refused(401, "auth.missing_token");
    assert_eq!((setup.rows().await, setup.plans_digest().await), (before, digest));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_level_above_looks_on() {
    let setup = Setup::handed_down(1_000 * BOX_VIALS).await;
    let app = &setup.app;
    let (plan, version) = setup.plan_of(TOTTORI).await;
    let (before, digest) = (setup.rows().await, setup.plans_digest().await);
    for above in [app.ministry().await, app.persona("auditor").await] {
        for name in ["submit", "approve", "commit"] {
            step(&above, &plan, name, version).await.refused(403, "auth.forbidden");
        }
        adjust(&above, &plan, &lines(version, &[(YONAGO, 1)])).await.refused(403, "auth.forbidden");
        above.post("/v1/plans", &setup.compute(TOTTORI)).await.refused(403, "auth.forbidden");
        let assign = setup.assign(TOTTORI_CITY, &[1]);
        above.post("/v1/assignments", &assign).await.refused(403, "auth.forbidden");
    }
    let prefecture = app.persona("prefecture-31").await;
    prefecture.post("/v1/assignments", &setup.assign(TOTTORI_CITY, &[1])).await.refused(403, "auth.forbidden");
    assert_eq!((setup.rows().await, setup.plans_digest().await), (before, digest));
    // the persona and the service account are both officers of the prefecture
    step(&prefecture, &plan, "submit", version).await.ok(200);
    step(&app.officer(TOTTORI).await, &plan, "approve", version + 1).await.ok(200);
}
