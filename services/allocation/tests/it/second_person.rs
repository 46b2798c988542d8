//! Who hands a plan in does not approve it.
use super::setup::{NATION, Setup, TOTTORI, step};
use platform::opctx::new_id;
use serde_json::json;
use testkit::round::BOX_VIALS;

#[tokio::test(flavor = "multi_thread")]
async fn who_handed_a_plan_in_does_not_approve_it() {
    let setup = Setup::handed_down(1_000 * BOX_VIALS).await;
    let (first, second) = (setup.app.officer(TOTTORI).await, setup.app.second_officer(TOTTORI).await);
    let (plan, version) = setup.plan_of(TOTTORI).await;
    step(&first, &plan, "submit", version).await.ok(200);
    let before = setup.rows().await;
    let refused = step(&first, &plan, "approve", version + 1).await;
    refused.refused(409, "allocation.second_person");
    assert!(refused.at("/title").as_str().unwrap().contains("officer-310000"), "{}", refused.body);
    assert_eq!(setup.rows().await, before);
    step(&second, &plan, "approve", version + 1).await.ok(200);
    // posting what two have agreed to is for either of them
    step(&first, &plan, "commit", version + 2).await.ok(200);
    let signed = "select submitted_name || ' ' || approved_name from allocation.plan where holder = '310000'";
    assert_eq!(setup.app.db.text(signed).await, "officer-310000 officer-310000-2");
    setup.app.audit_ok().await;
}

/// The persona and a service account of one place are two accounts; one account with a new token is one.
#[tokio::test(flavor = "multi_thread")]
async fn it_is_the_account_that_counts() {
    let setup = Setup::handed_down(1_000 * BOX_VIALS).await;
    let (plan, version) = setup.plan_of(TOTTORI).await;
    step(&setup.app.officer(TOTTORI).await, &plan, "submit", version).await.ok(200);
    let again = setup.app.officer(TOTTORI).await;
    step(&again, &plan, "approve", version + 1).await.refused(409, "allocation.second_person");
    step(&setup.app.persona("prefecture-31").await, &plan, "approve", version + 1).await.ok(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_programme_may_do_with_one() {
    let setup = Setup::with_supply(10 * BOX_VIALS).await;
    setup.app.db.sql("update allocation.programme set second_person = false").await;
    let ministry = setup.app.ministry().await;
    let computed = ministry.post("/v1/plans", &setup.compute(NATION)).await;
    let plan = computed.ok(200).at("/plan").as_str().unwrap().to_owned();
    for (version, name) in [(1, "submit"), (2, "approve"), (3, "commit")] {
        step(&ministry, &plan, name, version).await.ok(200);
    }
    setup.app.audit_ok().await;
}

/// Both hand in at the same moment, then both approve: one of each is done, by two persons.
#[tokio::test(flavor = "multi_thread")]
async fn of_two_officers_at_once_one_hands_in_and_the_other_approves() {
    let setup = Setup::handed_down(1_000 * BOX_VIALS).await;
    let officers = [setup.app.officer(TOTTORI).await, setup.app.second_officer(TOTTORI).await];
    let (plan, version) = setup.plan_of(TOTTORI).await;
    for (name, version, loser) in
        [("submit", version, "allocation.stale_plan"), ("approve", version + 1, "allocation.second_person")]
    {
        let [one, two] = officers.each_ref().map(|officer| step(officer, &plan, name, version));
        let answers: [_; 2] = tokio::join!(one, two).into();
        let done = answers.iter().filter(|answer| answer.status.as_u16() == 200).count();
        assert_eq!(done, 1, "{name}");
        let refused = answers.iter().find(|answer| answer.status.as_u16() != 200).unwrap();
        // who handed in comes too late, or is refused before the other has approved
        let code = refused.at("/code");
        assert!(code == json!(loser) || code == json!("allocation.stale_plan"), "{name}: {}", refused.body);
    }
    let two = "select count(*) from allocation.plan where holder = '310000' and submitted_by <> approved_by";
    assert_eq!(setup.app.db.number(two).await, 1);
    setup.app.audit_ok().await;
}

/// What was taken back is handed in anew, by whoever it is; the other approves.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_handed_in_anew_is_signed_anew() {
    let setup = Setup::handed_down(1_000 * BOX_VIALS).await;
    let (first, second) = (setup.app.officer(TOTTORI).await, setup.app.second_officer(TOTTORI).await);
    let (plan, version) = setup.plan_of(TOTTORI).await;
    step(&first, &plan, "submit", version).await.ok(200);
    let path = format!("/v1/plans/{plan}:take-back");
    let back = |reason: &str| json!({"id": new_id(), "version": version + 1, "reason": reason});
    let refused = second.post(&path, &back(" ")).await;
    refused.refused(422, "request.invalid");
    assert_eq!(refused.at("/errors/0/code"), json!("allocation.reason_missing"));
    let taken = second.post(&path, &back("会場が変わった")).await;
    assert_eq!((taken.ok(200).at("/state"), taken.at("/version")), (json!("computed"), json!(version + 2)));
    assert_eq!(
        setup
            .app
            .db
            .number("select count(*) from allocation.plan where submitted_by is not null and holder = '310000'")
            .await,
        0
    );
    step(&second, &plan, "submit", version + 2).await.ok(200);
    step(&second, &plan, "approve", version + 3).await.refused(409, "allocation.second_person");
    step(&first, &plan, "approve", version + 3).await.ok(200);
    // what was approved stays approved
    let late = json!({"id": new_id(), "version": version + 4, "reason": "x"});
    first.post(&path, &late).await.refused(409, "allocation.wrong_state");
    setup.app.audit_ok().await;
}

/// A plan that was handed in before the accounts were noted can be approved.
#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_signed_can_be_approved() {
    let setup = Setup::with_supply(10 * BOX_VIALS).await;
    let ministry = setup.app.ministry().await;
    let computed = ministry.post("/v1/plans", &setup.compute(NATION)).await;
    let plan = computed.ok(200).at("/plan").as_str().unwrap().to_owned();
    let submitted = step(&ministry, &plan, "submit", 1).await;
    setup.app.db.sql("update allocation.plan set submitted_by = null, submitted_name = null").await;
    step(&ministry, &plan, "approve", submitted.ok(200).at("/version").as_i64().unwrap()).await.ok(200);
}
