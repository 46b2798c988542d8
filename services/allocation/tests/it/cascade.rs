//! A round runs down from the nation to the sites, and every vial stands in the book once.
use super::setup::{
    EMPTY_TOWN, KAGAWA, NATION, Setup, TOTTORI, TOTTORI_CITY, YONAGO, adjust, carry_through, lines, step,
};
use serde_json::json;
use testkit::round::BOX_VIALS;

/// What all own lines of the committed plans of a level come to, vials.
async fn committed(setup: &Setup, level: &str) -> i64 {
    let sql = format!(
        "select coalesce(sum(l.units * p.unit_vials), 0) from allocation.plan p
         join allocation.plan_line l on l.plan_id = p.id and l.under is null
         where p.state = 'committed' and p.level = '{level}'"
    );
    setup.app.db.number(&sql).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_whole_cascade_adds_up() {
    let supply = 2_000 * BOX_VIALS + 7;
    let setup = Setup::with_supply(supply).await;
    let db = &setup.app.db;
    let ministry = setup.app.ministry().await;
    let mut request = setup.compute(NATION);
    request["components"] = json!([
        {"name": "base", "units": 1_600, "indicator": "population"},
        {"name": "adjustment", "indicator": "wish", "method": "dhondt"},
    ]);
    let computed = ministry.post("/v1/plans", &request).await;
    computed.ok(200);
    assert_eq!(
        [computed.at("/lines"), computed.at("/supply_vials"), computed.at("/granted_vials"), computed.at("/version")],
        [json!(47), json!(supply), json!(2_000 * BOX_VIALS), json!(1)]
    );
    assert!(computed.at("/engine_ms").is_u64() && computed.at("/state") == "computed");
    assert_eq!(committed(&setup, "nation").await, 0, "what is computed is not granted");
    // municipalities are shown beside the prefectures, and come to the same
    let flat = "select sum(units) from allocation.plan_line where under is not null";
    assert_eq!(db.number(flat).await, 2_000);

    let done = carry_through(&setup.app, &ministry, &computed).await;
    assert_eq!((done.at("/state"), done.at("/version")), (json!("committed"), json!(4)));
    assert_eq!((setup.left("granted", NATION).await, setup.left("reserve", NATION).await), (0, 7));
    // each prefecture's draft is the flat lines below it
    let differing = "select count(*) from allocation.plan p
         full join (select * from allocation.plan_line where under is not null) f on f.under = p.holder
         full join (select * from allocation.plan_line where under is null) l
           on l.plan_id = p.id and l.recipient = f.recipient
         where p.level = 'prefecture'
           and (l.units, l.computed, l.explanation) is distinct from (f.units, f.computed, f.explanation)";
    assert_eq!(db.number(differing).await, 0);
    let drafted = "select count(*) from allocation.plan_line l join allocation.plan p on p.id = l.plan_id
         where p.level = 'prefecture'";
    assert_eq!(db.number(drafted).await, 1_741);
    assert_eq!(
        db.number("select count(*) from allocation.plan where level = 'prefecture' and state = 'computed'").await,
        47
    );

    let (tottori, kagawa) = (setup.app.officer(TOTTORI).await, setup.app.officer(KAGAWA).await);
    let (plan, version) = setup.plan_of(TOTTORI).await;
    let before = setup.units(&plan, TOTTORI_CITY).await;
    let adjusted = adjust(&tottori, &plan, &lines(version, &[(TOTTORI_CITY, before - 2)])).await;
    let granted = carry_through(&setup.app, &tottori, adjusted.ok(200)).await;
    assert_eq!(setup.left("reserve", TOTTORI).await, 2 * BOX_VIALS, "what is taken away is kept in reserve");
    let (plan, version) = setup.plan_of(KAGAWA).await;
    let submitted = step(&kagawa, &plan, "submit", version).await;
    let second = setup.app.second_officer(KAGAWA).await;
    let approved = step(&second, &plan, "approve", submitted.ok(200).at("/version").as_i64().unwrap()).await;
    let other = step(&kagawa, &plan, "commit", approved.ok(200).at("/version").as_i64().unwrap()).await;
    let prefectures =
        granted.at("/granted_vials").as_i64().unwrap() + other.ok(200).at("/granted_vials").as_i64().unwrap();
    assert_eq!(committed(&setup, "prefecture").await, prefectures);

    let city = setup.app.persona("municipality-312011").await;
    let has = (before - 2) * BOX_VIALS;
    assert_eq!(setup.left("granted", TOTTORI_CITY).await, has);
    let first = city.post("/v1/assignments", &setup.assign(TOTTORI_CITY, &[100, 20, 1])).await;
    assert_eq!(
        [first.ok(200).at("/supply_vials"), first.at("/granted_vials"), first.at("/lines")],
        [json!(has), json!(121), json!(3)]
    );
    let rest = city.post("/v1/assignments", &setup.assign(TOTTORI_CITY, &[has - 121])).await;
    rest.ok(200);
    assert_eq!(setup.left("granted", TOTTORI_CITY).await, 0);
    let hub = setup.sites[TOTTORI_CITY][0].to_string();
    assert_eq!(setup.left("granted", &hub).await, has - 21, "assignments add up");
    assert_eq!(committed(&setup, "municipality").await, has);

    // the book as a whole: all that was supplied lies somewhere, and nothing else does
    assert_eq!(db.number("select sum(credits_posted - debits_posted) from allocation.account").await, 0);
    assert_eq!(
        db.number("select sum(credits_posted - debits_posted) from allocation.account where not source").await,
        supply
    );
    setup.app.audit_ok().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_nobody_lives_nothing_is_granted() {
    let setup = Setup::handed_down(1_000 * BOX_VIALS).await;
    let (plan, _) = setup.plan_of(TOTTORI).await;
    assert_eq!(setup.units(&plan, EMPTY_TOWN).await, 0);
    assert!(setup.units(&plan, YONAGO).await > 0);
    let tottori = setup.app.officer(TOTTORI).await;
    let submitted = step(&tottori, &plan, "submit", 1).await;
    let (plan, version) = (submitted.ok(200).at("/plan"), submitted.at("/version").as_i64().unwrap());
    let (plan, second) = (plan.as_str().unwrap(), setup.app.second_officer(TOTTORI).await);
    step(&second, plan, "approve", version).await.ok(200);
    step(&tottori, plan, "commit", version + 1).await.ok(200);
    assert_eq!(setup.left("granted", EMPTY_TOWN).await, 0);
    let zero = format!(
        "select count(*) from allocation.transfer t join allocation.book_account b on b.account_id = t.credit_account
         where b.holder = '{EMPTY_TOWN}'"
    );
    assert_eq!(setup.app.db.number(&zero).await, 0, "no transfer of nothing");
    setup.app.audit_ok().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn zero_supply_is_an_empty_plan() {
    let setup = Setup::with_supply(0).await;
    let ministry = setup.app.ministry().await;
    let computed = ministry.post("/v1/plans", &setup.compute(NATION)).await;
    assert_eq!(
        [computed.ok(200).at("/lines"), computed.at("/supply_vials"), computed.at("/granted_vials")],
        [json!(47), json!(0), json!(0)]
    );
    // what is there to commit can still be computed again once there is a supply
    setup.app.db.supply(setup.round, 10 * BOX_VIALS).await;
    let mut again = setup.compute(NATION);
    again["version"] = json!(1);
    let computed = ministry.post("/v1/plans", &again).await;
    assert_eq!((computed.ok(200).at("/granted_vials"), computed.at("/version")), (json!(10 * BOX_VIALS), json!(2)));
    carry_through(&setup.app, &ministry, &computed).await;
    setup.app.audit_ok().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_plan_can_be_carried_through() {
    let setup = Setup::with_supply(0).await;
    let ministry = setup.app.ministry().await;
    let computed = ministry.post("/v1/plans", &setup.compute(NATION)).await;
    carry_through(&setup.app, &ministry, computed.ok(200)).await;
    assert_eq!(setup.app.db.number("select count(*) from allocation.transfer").await, 0);
    setup.app.audit_ok().await;
}

/// A supply of less than a box is nothing to divide; it stays in the nation's reserve.
#[tokio::test(flavor = "multi_thread")]
async fn less_than_a_box_is_kept() {
    let setup = Setup::handed_down(BOX_VIALS - 1).await;
    assert_eq!(setup.left("reserve", NATION).await, BOX_VIALS - 1);
    let tottori = setup.app.officer(TOTTORI).await;
    let (plan, version) = setup.plan_of(TOTTORI).await;
    step(&tottori, &plan, "submit", version).await.ok(200);
    setup.app.audit_ok().await;
}
