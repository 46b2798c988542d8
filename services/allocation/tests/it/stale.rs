//! Two officers work on one plan: the slower one is told what differs, line by line.
use super::setup::{NATION, Setup, TOTTORI, TOTTORI_CITY, YONAGO, adjust, lines, step};
use serde_json::{Value, json};
use testkit::round::BOX_VIALS;

const KURAYOSHI: &str = "312037";

#[tokio::test(flavor = "multi_thread")]
async fn the_slower_officer_is_told_the_difference() {
    let setup = Setup::handed_down(2_000 * BOX_VIALS).await;
    let app = &setup.app;
    let (quick, slow) = (app.persona("prefecture-31").await, app.officer(TOTTORI).await);
    let (plan, version) = setup.plan_of(TOTTORI).await;
    let [city, yonago, kurayoshi] =
        [setup.units(&plan, TOTTORI_CITY).await, setup.units(&plan, YONAGO).await, setup.units(&plan, KURAYOSHI).await];
    assert!(city > 1 && yonago > 1);
    let first = lines(version, &[(TOTTORI_CITY, city - 1), (YONAGO, yonago + 1)]);
    adjust(&quick, &plan, &first).await.ok(200);
    // one line once more, one back to what it was
    let mut second = lines(version + 1, &[(TOTTORI_CITY, city - 2), (YONAGO, yonago), (KURAYOSHI, kurayoshi + 2)]);
    second["reason"] = json!("倉吉市の会場が増えた");
    adjust(&quick, &plan, &second).await.ok(200);

    let before = setup.rows().await;
    let refused = adjust(&slow, &plan, &lines(version, &[(YONAGO, yonago - 1)])).await;
    refused.refused(409, "allocation.stale_plan");
    assert_eq!(refused.at("/current_revision"), version + 2);
    let by = "prefecture-31";
    let reason = "倉吉市の会場が増えた";
    assert_eq!(
        refused.at("/difference"),
        json!([
            {"recipient": TOTTORI_CITY, "yours": city, "theirs": city - 2, "by": by, "reason": reason},
            {"recipient": KURAYOSHI, "yours": kurayoshi, "theirs": kurayoshi + 2, "by": by, "reason": reason},
        ])
    );
    // from the version between, only what came after it
    let refused = step(&slow, &plan, "submit", version + 1).await;
    refused.refused(409, "allocation.stale_plan");
    let told: Vec<Value> =
        refused.at("/difference").as_array().unwrap().iter().map(|line| line["yours"].clone()).collect();
    assert_eq!(told, [json!(city - 1), json!(yonago + 1), json!(kurayoshi)]);
    // a version that nobody has seen yet is stale too, with nothing to show
    let refused = step(&slow, &plan, "submit", version + 9).await;
    assert_eq!(refused.refused(409, "allocation.stale_plan").at("/difference"), Value::Null);
    assert_eq!(setup.rows().await, before);
    // knowing the difference, the slower officer goes on
    adjust(&slow, &plan, &lines(version + 2, &[(YONAGO, yonago - 1)])).await.ok(200);
    setup.app.audit_ok().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn computing_again_needs_the_version_and_shows_its_difference() {
    let setup = Setup::with_supply(2_000 * BOX_VIALS).await;
    let ministry = setup.app.ministry().await;
    let computed = ministry.post("/v1/plans", &setup.compute(NATION)).await;
    let plan = computed.ok(200).at("/plan").as_str().unwrap().to_owned();
    let units = setup.units(&plan, TOTTORI).await;
    adjust(&ministry, &plan, &lines(1, &[(TOTTORI, units - 3)])).await.ok(200);
    let mut again = setup.compute(NATION);
    ministry.post("/v1/plans", &again).await.refused(409, "allocation.plan_exists");
    again["version"] = json!(1);
    let stale = ministry.post("/v1/plans", &again).await;
    stale.refused(409, "allocation.stale_plan");
    assert_eq!(
        (stale.at("/difference/0/recipient"), stale.at("/difference/0/theirs")),
        (json!(TOTTORI), json!(units - 3))
    );
    again["version"] = json!(2);
    let done = ministry.post("/v1/plans", &again).await;
    assert_eq!((done.ok(200).at("/version"), done.at("/plan")), (json!(3), json!(plan)));
    assert_eq!(setup.units(&plan, TOTTORI).await, units, "what was adjusted by hand is computed anew");
    // who read the adjusted version is told what computing changed
    let stale = step(&ministry, &plan, "submit", 2).await;
    stale.refused(409, "allocation.stale_plan");
    let difference = stale.at("/difference");
    assert_eq!(difference.as_array().map(Vec::len), Some(1), "{difference}");
    assert_eq!((&difference[0]["yours"], &difference[0]["theirs"]), (&json!(units - 3), &json!(units)));
    setup.app.audit_ok().await;
}

/// Fifty officers commit one plan at the same moment, each with an id of their own.
#[tokio::test(flavor = "multi_thread")]
async fn of_fifty_commits_one_posts() {
    let setup = Setup::handed_down(1_000 * BOX_VIALS).await;
    let tottori = setup.app.officer(TOTTORI).await;
    let (plan, version) = setup.plan_of(TOTTORI).await;
    step(&tottori, &plan, "submit", version).await.ok(200);
    step(&setup.app.second_officer(TOTTORI).await, &plan, "approve", version + 1).await.ok(200);
    let granted = setup.left("granted", TOTTORI).await;
    let before = setup.rows().await;
    let mut sending = tokio::task::JoinSet::new();
    for _ in 0..50 {
        let (tottori, plan) = (tottori.clone(), plan.clone());
        sending.spawn(async move { step(&tottori, &plan, "commit", version + 2).await });
    }
    let answers = sending.join_all().await;
    let done = answers.iter().filter(|answer| answer.status.as_u16() == 200).count();
    assert_eq!(done, 1);
    for answer in answers.iter().filter(|answer| answer.status.as_u16() != 200) {
        answer.refused(409, "allocation.stale_plan");
    }
    let posted = setup.app.db.number("select count(*) from allocation.transfer t join allocation.book_account b on b.account_id = t.debit_account where b.holder = '310000'").await;
    let own = setup
        .app
        .db
        .number(&format!("select count(*) from allocation.plan_line where plan_id = '{plan}' and units > 0"))
        .await;
    assert_eq!((posted, setup.left("granted", TOTTORI).await), (own, 0));
    assert!(granted > 0);
    // accounts of the nineteen towns, whose they are, the transfers; a row of history, event, subject, id, audit
    assert_eq!(setup.rows().await - before, 19 * 2 + own + 5);
    setup.app.audit_ok().await;
}
