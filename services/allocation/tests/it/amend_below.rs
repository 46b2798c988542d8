//! Deadlines, and what cannot come back any more.
use super::{
    amend::{amend, assigned, cascade, choose, commit, open, state, withdraw},
    setup::{KAGAWA, NATION, Setup, TOTTORI, TOTTORI_CITY, YONAGO, adjust, carry_through, lines, step},
};
use allocation::app::amend::deadline::carry_amendments;
use chrono::TimeDelta;
use domain::time::parse_instant;
use platform::OpCtx;
use serde_json::{Value, json};
use testkit::{TestClient, round::BOX_VIALS};

/// Runs the job as if it were then; answers how many it has committed.
async fn carried_at(setup: &Setup, at: &Value, earlier_ms: i64) -> usize {
    let allocation = setup.app.allocation_on_one().await;
    let mut ctx = OpCtx::system("deadlines", &allocation.shared.clock);
    ctx.now = parse_instant(at.as_str().unwrap()).unwrap() - TimeDelta::milliseconds(earlier_ms);
    carry_amendments(&allocation, &ctx).await.unwrap()
}

/// The nation takes boxes back from Tottori: both officers of it.
async fn less_for_tottori(setup: &Setup, boxes: i64) -> Value {
    let (ministry, second) = (setup.app.ministry().await, setup.app.second_officer(NATION).await);
    let (plan, version) = setup.plan_of(NATION).await;
    let units = setup.units(&plan, TOTTORI).await - boxes;
    let request = json!({"lines": [{"recipient": TOTTORI, "units": units}], "hours": 24});
    let proposed = amend(&ministry, &plan, version, request).await;
    let amendment = proposed.ok(200).at("/amendment");
    commit(&second, &amendment, 1).await.ok(200);
    amendment
}

fn release(setup: &Setup, holder: &str) -> Value {
    json!({"id": platform::opctx::new_id(), "round": setup.round, "holder": holder, "hub": setup.sites[holder][0]})
}

async fn supplied(setup: &Setup) -> i64 {
    let held = "select sum(credits_posted - debits_posted) from allocation.account where not source";
    setup.app.db.number(held).await
}

#[tokio::test(flavor = "multi_thread")]
async fn at_the_very_deadline_the_proposal_is_carried_level_by_level() {
    let (setup, ..) = cascade(2_000).await;
    let (own, _) = setup.plan_of(TOTTORI).await;
    let before = setup.units(&own, TOTTORI_CITY).await;
    // enough for the queue to reach the city, which has assigned everything
    let first = less_for_tottori(&setup, 8).await;
    let pending = open(&setup, TOTTORI).await;
    let due = setup
        .app
        .db
        .number("select sum(units_before - units_after) from allocation.amendment where holder = '310000'")
        .await;
    assert_eq!(due, 8, "as many below as above");
    assert_eq!(carried_at(&setup, &pending["deadline"], 1).await, 0, "a millisecond before");
    assert_eq!(state(&setup, &pending["id"]).await, "pending");
    assert_eq!(carried_at(&setup, &pending["deadline"], 0).await, 1);
    assert_eq!(carried_at(&setup, &pending["deadline"], 0).await, 0, "once");
    assert_eq!(state(&setup, &pending["id"]).await, "waiting", "the city has not given back yet");
    assert_eq!(state(&setup, &first).await, "waiting");
    let city = open(&setup, TOTTORI_CITY).await;
    let wanted = city["units_before"].as_i64().unwrap() - city["units_after"].as_i64().unwrap();
    assert!(wanted >= BOX_VIALS && wanted % BOX_VIALS == 0, "{wanted}");
    setup.app.audit_ok().await;
    assert_eq!(carried_at(&setup, &city["deadline"], 1).await, 0);
    assert_eq!(carried_at(&setup, &city["deadline"], 0).await, 1);
    for amendment in [&pending["id"], &city["id"]] {
        assert_eq!(state(&setup, amendment).await, "carried");
    }
    assert_eq!(state(&setup, &first).await, "applied", "an officer had committed it");
    assert_eq!(setup.units(&own, TOTTORI_CITY).await, before - wanted / BOX_VIALS);
    assert_eq!(setup.left("granted", NATION).await, 8 * BOX_VIALS);
    // in proportion to what each site was assigned: the hub gives nearly all, the hospitals a little
    let left = assigned_vials(&setup).await;
    assert_eq!(left.iter().sum::<i64>(), before * BOX_VIALS - wanted);
    assert!(left[1] < 40 && left[1] >= 20 && left[1] == left[2], "{left:?}");
    setup.app.audit_ok().await;
}

async fn assigned_vials(setup: &Setup) -> Vec<i64> {
    let sql = "select l.units from allocation.plan_line l join allocation.plan p on p.id = l.plan_id
               where p.kind = 'assignment' order by l.units desc";
    setup.app.db.rows(sql).await.iter().map(|row| row["units"].as_i64().unwrap()).collect()
}

/// The city releases before the deadline: the prefecture's officer chooses who gives instead.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_released_meanwhile_makes_it_overcommitted() {
    let (setup, tottori, city) = cascade(2_000).await;
    let first = less_for_tottori(&setup, 2).await;
    let (own, version) = setup.plan_of(TOTTORI).await;
    let units = setup.units(&own, TOTTORI_CITY).await;
    let mine = json!({"lines": [{"recipient": TOTTORI_CITY, "units": units - 2}]});
    let proposed = amend(&tottori, &own, version, mine).await;
    let amendment = proposed.ok(200).at("/amendment");
    commit(&setup.app.second_officer(TOTTORI).await, &amendment, 1).await.ok(200);
    let pending = open(&setup, TOTTORI_CITY).await;
    city.post("/v1/releases", &release(&setup, TOTTORI_CITY)).await.ok(200);
    assert_eq!(carried_at(&setup, &pending["deadline"], 0).await, 1, "it is done with, though nothing came");
    assert_eq!(state(&setup, &pending["id"]).await, "carried");
    let rows = "select * from allocation.amendment where state = 'overcommitted'";
    let short = setup.app.db.rows(rows).await;
    assert_eq!((short.len(), &short[0]["id"], &short[0]["shortfall_units"]), (1, &amendment, &json!(2)));
    assert_eq!(short[0]["choices"][1], json!({"choice": "reserve", "units": 0, "places": []}));
    assert_eq!(setup.told("allocation.overcommitted").await, 1);
    setup.app.audit_ok().await;

    let version = short[0]["version"].as_i64().unwrap();
    let refused = choose(&tottori, &amendment, version, "reserve").await;
    refused.refused(409, "allocation.choice_too_small");
    assert_eq!(setup.units(&own, TOTTORI_CITY).await, units);
    let yonago = setup.units(&own, YONAGO).await;
    let done = choose(&tottori, &amendment, version, "return").await;
    assert_eq!(done.ok(200).at("/state"), json!("applied"));
    assert_eq!(state(&setup, &first).await, "applied", "the nation has its boxes");
    assert_eq!(setup.left("granted", NATION).await, 2 * BOX_VIALS);
    assert_eq!(setup.units(&own, TOTTORI_CITY).await, units, "what is released stays");
    assert!(setup.units(&own, YONAGO).await <= yonago);
    let version = done.at("/version").as_i64().unwrap();
    choose(&tottori, &amendment, version, "return").await.refused(409, "allocation.amendment_state");
    setup.app.audit_ok().await;
}

/// Nothing is posted before the officer has chosen.
#[tokio::test(flavor = "multi_thread")]
async fn locked_lines_ask_for_a_choice_first() {
    let setup = Setup::handed_down(2_000 * BOX_VIALS).await;
    let tottori = setup.app.officer(TOTTORI).await;
    let (plan, version) = setup.plan_of(TOTTORI).await;
    let yonago = setup.units(&plan, YONAGO).await;
    // three boxes into the reserve
    let adjusted = adjust(&tottori, &plan, &lines(version, &[(YONAGO, yonago - 3)])).await;
    carry_through(&setup.app, &tottori, adjusted.ok(200)).await;
    let city = setup.app.officer(TOTTORI_CITY).await;
    let has = setup.left("granted", TOTTORI_CITY).await;
    city.post("/v1/assignments", &setup.assign(TOTTORI_CITY, &[has - 80, 40, 40])).await.ok(200);
    city.post("/v1/releases", &release(&setup, TOTTORI_CITY)).await.ok(200);
    let second = setup.app.second_officer(TOTTORI).await;
    let units = has / BOX_VIALS;
    let move_two = |to: i64| json!({"lines": [{"recipient": TOTTORI_CITY, "units": units - 2}, {"recipient": YONAGO, "units": to}]});
    for (choice, to) in [("reserve", yonago - 3 + 2), ("return", yonago - 3 + 4)] {
        let (plan, version) = setup.plan_of(TOTTORI).await;
        let total =
            setup.app.db.number(&format!("select sum(units) from allocation.plan_line where plan_id = '{plan}'")).await;
        let proposed = amend(&tottori, &plan, version, move_two(to)).await;
        assert_eq!(
            (proposed.ok(200).at("/state"), proposed.at("/shortfall_units")),
            (json!("overcommitted"), json!(2))
        );
        assert!(proposed.at("/choices/0/units").as_i64().unwrap() > 2 && proposed.at("/choices/0/choice") == "return");
        let amendment = proposed.at("/amendment");
        let rows = setup.rows().await;
        commit(&second, &amendment, 1).await.refused(409, "allocation.overcommitted");
        choose(&tottori, &amendment, 1, choice).await.refused(409, "allocation.second_person");
        assert_eq!(setup.rows().await, rows, "nothing is posted until the officer chooses");
        let done = choose(&second, &amendment, 1, choice).await;
        assert_eq!(done.ok(200).at("/state"), json!("applied"), "{choice}");
        assert_eq!(setup.units(&plan, TOTTORI_CITY).await, units, "locked");
        let now =
            setup.app.db.number(&format!("select sum(units) from allocation.plan_line where plan_id = '{plan}'")).await;
        assert_eq!(now - total, if choice == "reserve" { 2 } else { 0 }, "{choice}");
        setup.app.audit_ok().await;
    }
    assert_eq!(setup.left("reserve", TOTTORI).await, BOX_VIALS);
}

/// More leaves the supply than is free anywhere: the nation's reserve covers the rest.
#[tokio::test(flavor = "multi_thread")]
async fn a_withdrawal_beyond_what_is_free_draws_on_the_reserve() {
    let setup = Setup::with_supply(2_000 * BOX_VIALS).await;
    let (ministry, second) = (setup.app.ministry().await, setup.app.second_officer(NATION).await);
    let computed = ministry.post("/v1/plans", &setup.compute(NATION)).await;
    let (plan, version) = setup.plan_of(NATION).await;
    let kagawa = setup.units(&plan, KAGAWA).await;
    computed.ok(200);
    let adjusted = adjust(&ministry, &plan, &lines(version, &[(KAGAWA, kagawa - 3)])).await;
    carry_through(&setup.app, &ministry, adjusted.ok(200)).await;
    let (_, own) = super::amend::carry_draft(&setup, TOTTORI).await;
    let city = setup.app.officer(TOTTORI_CITY).await;
    let has = setup.left("granted", TOTTORI_CITY).await;
    city.post("/v1/assignments", &setup.assign(TOTTORI_CITY, &[has - 80, 40, 40])).await.ok(200);
    city.post("/v1/releases", &release(&setup, TOTTORI_CITY)).await.ok(200);
    let locked = has / BOX_VIALS;
    let supply = setup.app.db.number(&format!("select supply_vials from allocation.plan where id = '{plan}'")).await;
    let version = setup.plan_of(NATION).await.1;
    // two boxes more than all lines can give
    let all = 1_997 - locked + 2;
    let request = json!({"supply_vials": supply - all * BOX_VIALS, "hours": 24});
    let proposed = amend(&ministry, &plan, version, request).await;
    assert_eq!((proposed.ok(200).at("/state"), proposed.at("/shortfall_units")), (json!("overcommitted"), json!(2)));
    let amendment = proposed.at("/amendment");
    choose(&second, &amendment, 1, "return").await.refused(409, "allocation.choice_too_small");
    let done = choose(&second, &amendment, 1, "reserve").await;
    assert_eq!(done.ok(200).at("/state"), json!("waiting"));
    setup.app.audit_ok().await;
    // Tottori's other towns have nothing assigned: its proposal brings everything at the deadline
    let pending = open(&setup, TOTTORI).await;
    assert_eq!(carried_at(&setup, &pending["deadline"], 0).await, 1);
    assert_eq!(state(&setup, &amendment).await, "applied");
    assert_eq!(supplied(&setup).await, supply - all * BOX_VIALS);
    assert_eq!((setup.left("reserve", NATION).await, setup.units(&plan, TOTTORI).await), (BOX_VIALS, locked));
    assert_eq!(setup.units(&own, TOTTORI_CITY).await, locked);
    setup.app.audit_ok().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_that_was_handed_in_must_be_handed_in_again() {
    let setup = Setup::handed_down(2_000 * BOX_VIALS).await;
    let tottori: TestClient = setup.app.officer(TOTTORI).await;
    let (plan, version) = setup.plan_of(TOTTORI).await;
    step(&tottori, &plan, "submit", version).await.ok(200);
    let before =
        setup.app.db.number(&format!("select sum(units) from allocation.plan_line where plan_id = '{plan}'")).await;
    less_for_tottori(&setup, 3).await;
    let now =
        setup.app.db.number(&format!("select sum(units) from allocation.plan_line where plan_id = '{plan}'")).await;
    assert_eq!(before - now, 3);
    // who had read the version that was handed in is told which lines moved
    let stale = step(&setup.app.second_officer(TOTTORI).await, &plan, "approve", version + 1).await;
    stale.refused(409, "allocation.stale_plan");
    let moved: i64 = stale
        .at("/difference")
        .as_array()
        .unwrap()
        .iter()
        .map(|line| line["yours"].as_i64().unwrap() - line["theirs"].as_i64().unwrap())
        .sum();
    assert_eq!(moved, 3);
    let draft = testkit::Answer { body: json!({"plan": plan, "version": version + 2, "holder": TOTTORI}), ..stale };
    carry_through(&setup.app, &tottori, &draft).await;
    assert_eq!((setup.left("granted", TOTTORI).await, setup.left("reserve", TOTTORI).await), (0, 0));
    setup.app.audit_ok().await;
    // and a site's line that is taken back is free for another
    let city = setup.app.officer(TOTTORI_CITY).await;
    let has = setup.left("granted", TOTTORI_CITY).await;
    city.post("/v1/assignments", &setup.assign(TOTTORI_CITY, &[has])).await.ok(200);
    let done = withdraw(&setup, &city, TOTTORI_CITY, &assigned(&setup, TOTTORI_CITY).await).await;
    assert_eq!((done.ok(200).at("/vials"), done.at("/passed_vials")), (json!(has), json!(0)));
    city.post("/v1/assignments", &setup.assign(TOTTORI_CITY, &[1, 2, has - 3])).await.ok(200);
    setup.app.audit_ok().await;
}
