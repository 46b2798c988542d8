//! Committed divisions change: more supply, less, other lines; and what that does above and below.
use super::setup::{NATION, Setup, TOTTORI, TOTTORI_CITY, YONAGO, carry_through};
use platform::opctx::new_id;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use testkit::{Answer, TestClient, round::BOX_VIALS};

/// `POST /v1/plans/{plan}:amend`, with a new id.
pub async fn amend(client: &TestClient, plan: &str, version: i64, what: Value) -> Answer {
    let mut body = json!({"id": new_id(), "version": version, "reason": "メーカーの減産"});
    body.as_object_mut().unwrap().extend(what.as_object().unwrap().clone());
    client.post(&format!("/v1/plans/{plan}:amend"), &body).await
}

/// `POST /v1/amendments/{amendment}:commit`, with a new id.
pub async fn commit(client: &TestClient, amendment: &Value, version: i64) -> Answer {
    let path = format!("/v1/amendments/{}:commit", amendment.as_str().unwrap());
    client.post(&path, &json!({"id": new_id(), "version": version})).await
}

pub async fn choose(client: &TestClient, amendment: &Value, version: i64, choice: &str) -> Answer {
    let path = format!("/v1/amendments/{}:choose", amendment.as_str().unwrap());
    client.post(&path, &json!({"id": new_id(), "version": version, "choice": choice})).await
}

/// Takes all lines of a holder back that are not released.
pub async fn withdraw(setup: &Setup, client: &TestClient, holder: &str, lines: &[Value]) -> Answer {
    let body = json!({"id": new_id(), "round": setup.round, "holder": holder, "reason": "会場の中止", "lines": lines});
    client.post("/v1/assignments:withdraw", &body).await
}

/// What is not committed of a holder.
pub async fn open(setup: &Setup, holder: &str) -> Value {
    let sql = format!(
        "select * from allocation.amendment where holder = '{holder}' and committed_at is null and state <> 'cancelled'"
    );
    let rows = setup.app.db.rows(&sql).await;
    assert!(rows.len() <= 1, "{rows:?}");
    rows.first().cloned().unwrap_or(Value::Null)
}

pub async fn state(setup: &Setup, amendment: &Value) -> String {
    let sql = format!("(select state from allocation.amendment where id = '{}')", amendment.as_str().unwrap());
    setup.app.db.text(&sql).await
}

/// The own units of a plan, by recipient.
async fn lines(setup: &Setup, plan: &str) -> BTreeMap<String, i64> {
    let sql = format!("select recipient, units from allocation.plan_line where plan_id = '{plan}' and under is null");
    let rows = setup.app.db.rows(&sql).await;
    rows.iter().map(|row| (row["recipient"].as_str().unwrap().to_owned(), row["units"].as_i64().unwrap())).collect()
}

/// Which transaction wrote each plan last, with its lines: by holder.
async fn written(setup: &Setup) -> BTreeMap<String, String> {
    let sql = "select p.holder, p.xmin::text || ' ' || p.version || ' ' ||
                   (select string_agg(l.recipient || l.xmin::text, ',' order by l.recipient)
                    from allocation.plan_line l where l.plan_id = p.id) as written
               from allocation.plan p where p.kind = 'division'";
    let rows = setup.app.db.rows(sql).await;
    let text = |row: &Value, name: &str| row[name].as_str().unwrap().to_owned();
    rows.iter().map(|row| (text(row, "holder"), text(row, "written"))).collect()
}

/// A prefecture commits its draft as it stands.
pub async fn carry_draft(setup: &Setup, holder: &str) -> (TestClient, String) {
    let officer = setup.app.officer(holder).await;
    let (plan, version) = setup.plan_of(holder).await;
    let draft =
        Answer { body: json!({"plan": plan, "version": version, "holder": holder}), ..officer.get("/healthz").await };
    carry_through(&setup.app, &officer, &draft).await;
    (officer, plan)
}

/// The nation, two prefectures and Tottori City have committed; the city has assigned all it has.
pub async fn cascade(boxes: i64) -> (Setup, TestClient, TestClient) {
    let setup = Setup::handed_down(boxes * BOX_VIALS).await;
    let (tottori, _) = carry_draft(&setup, TOTTORI).await;
    let city = setup.app.officer(TOTTORI_CITY).await;
    let has = setup.left("granted", TOTTORI_CITY).await;
    city.post("/v1/assignments", &setup.assign(TOTTORI_CITY, &[has - 80, 40, 40])).await.ok(200);
    (setup, tottori, city)
}

/// The assigned lines of the city, as they are withdrawn.
pub async fn assigned(setup: &Setup, holder: &str) -> Vec<Value> {
    let sql = format!(
        "select l.plan_id as plan, l.recipient as site from allocation.plan_line l join allocation.plan p on p.id = l.plan_id
         where p.holder = '{holder}' and p.kind = 'assignment' and l.state = 'planned' order by l.units desc"
    );
    setup.app.db.rows(&sql).await
}

#[tokio::test(flavor = "multi_thread")]
async fn more_supply_serves_the_next_in_the_queue_and_nobody_else() {
    let setup = Setup::handed_down(2_000 * BOX_VIALS).await;
    let ministry = setup.app.ministry().await;
    carry_draft(&setup, TOTTORI).await;
    let (plan, version) = setup.plan_of(NATION).await;
    let (before, untouched) = (lines(&setup, &plan).await, written(&setup).await);
    setup.app.db.supply(setup.round, 10 * BOX_VIALS + 7).await;
    let proposed = open(&setup, NATION).await;
    assert_eq!((&proposed["state"], &proposed["origin"]), (&json!("proposed"), &json!("noted")));
    assert_eq!(proposed["units_after"].as_i64().unwrap() - proposed["units_before"].as_i64().unwrap(), 10);
    assert_eq!(lines(&setup, &plan).await, before, "nothing is posted before it is committed");
    let done = commit(&ministry, &proposed["id"], 1).await;
    assert_eq!((done.ok(200).at("/state"), done.at("/due_units")), (json!("applied"), json!(0)));
    let after = lines(&setup, &plan).await;
    assert_eq!(after.values().sum::<i64>() - before.values().sum::<i64>(), 10);
    assert!(after.iter().all(|(code, units)| *units >= before[code]), "nobody falls");
    assert_eq!(setup.plan_of(NATION).await.1, version + 1);
    assert_eq!(setup.left("granted", NATION).await, 7, "what is less than a box stays");
    // a fresh run of the whole supply gives the same
    let fresh = Setup::handed_down(2_010 * BOX_VIALS).await;
    let (fresh_plan, _) = fresh.plan_of(NATION).await;
    assert_eq!(lines(&fresh, &fresh_plan).await, after);
    // of those below exactly they are written whose total changed
    let now = written(&setup).await;
    for (holder, text) in &untouched {
        let changed = holder == NATION || after[holder] != before[holder];
        let draft = holder != TOTTORI;
        assert_eq!(text != &now[holder], changed && (draft || holder == NATION), "{holder}");
        if changed && draft && holder != NATION {
            let (below, _) = setup.plan_of(holder).await;
            assert_eq!(lines(&setup, &below).await.values().sum::<i64>(), after[holder], "{holder}: drafted anew");
        }
    }
    assert_eq!(
        setup.told("allocation.amended").await,
        after.iter().filter(|(code, units)| before[*code] != **units).count() as i64
    );
    setup.app.audit_ok().await;
    // once more from where the queue now stands
    setup.app.db.supply(setup.round, 15 * BOX_VIALS).await;
    commit(&ministry, &open(&setup, NATION).await["id"], 1).await.ok(200);
    let fresh = Setup::handed_down(2_025 * BOX_VIALS).await;
    let (fresh_plan, _) = fresh.plan_of(NATION).await;
    assert_eq!(lines(&fresh, &fresh_plan).await, lines(&setup, &plan).await);
    setup.app.audit_ok().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn less_supply_leaves_the_book_where_it_is_free() {
    let setup = Setup::handed_down(2_000 * BOX_VIALS + 7).await;
    let (ministry, second) = (setup.app.ministry().await, setup.app.second_officer(NATION).await);
    let (plan, version) = setup.plan_of(NATION).await;
    let before = lines(&setup, &plan).await;
    let supply = 2_000 * BOX_VIALS + 7;
    amend(&ministry, &plan, version, json!({"supply_vials": supply - 100}))
        .await
        .refused(422, "allocation.not_whole_packs");
    amend(&ministry, &plan, version, json!({"supply_vials": supply})).await.refused(422, "allocation.nothing_to_do");
    amend(&ministry, &plan, version, json!({"supply_vials": supply + BOX_VIALS}))
        .await
        .refused(409, "allocation.over_supply");
    let rows = setup.rows().await;
    let proposed = amend(&ministry, &plan, version, json!({"supply_vials": supply - 12 * BOX_VIALS})).await;
    assert_eq!((proposed.ok(200).at("/state"), proposed.at("/units_after")), (json!("proposed"), json!(1_988)));
    assert_eq!(setup.rows().await - rows, 2, "an audit row and the id; no transfer, no line, no history");
    assert_eq!(setup.plan_of(NATION).await.1, version);
    let amendment = proposed.at("/amendment");
    commit(&ministry, &amendment, 1).await.refused(409, "allocation.second_person");
    let done = commit(&second, &amendment, 1).await;
    assert_eq!((done.ok(200).at("/state"), done.at("/due_units")), (json!("applied"), json!(0)));
    let after = lines(&setup, &plan).await;
    assert_eq!(before.values().sum::<i64>() - after.values().sum::<i64>(), 12);
    assert!(after.iter().all(|(code, units)| *units <= before[code]), "nobody rises");
    let db = &setup.app.db;
    let held = "select sum(credits_posted - debits_posted) from allocation.account where not source";
    assert_eq!(db.number(held).await, supply - 12 * BOX_VIALS, "twelve boxes have left the book");
    assert_eq!(setup.left("reserve", NATION).await, 7);
    let supplied = format!("select supply_vials from allocation.plan where id = '{plan}'");
    assert_eq!(db.number(&supplied).await, supply - 12 * BOX_VIALS);
    let drafts = "select count(*) from allocation.plan p where p.level = 'prefecture' and p.supply_vials <>
        (select sum(l.units) * p.unit_vials from allocation.plan_line l where l.plan_id = p.id)";
    assert_eq!(db.number(drafts).await, 0, "drafts follow");
    let fresh = Setup::handed_down(1_988 * BOX_VIALS).await;
    let (fresh_plan, _) = fresh.plan_of(NATION).await;
    assert_eq!(lines(&fresh, &fresh_plan).await, after);
    setup.app.audit_ok().await;
}

/// Down the whole way and back up: nation, prefecture, city, sites.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_passed_on_comes_back_step_by_step() {
    let (setup, tottori, city) = cascade(2_000).await;
    let (ministry, second) = (setup.app.ministry().await, setup.app.second_officer(NATION).await);
    let (plan, version) = setup.plan_of(NATION).await;
    let (own, own_version) = setup.plan_of(TOTTORI).await;
    let (national, prefectural) = (lines(&setup, &plan).await, lines(&setup, &own).await);
    let target = national[TOTTORI] - prefectural[TOTTORI_CITY].min(3);
    let wanted = national[TOTTORI] - target;
    let request = json!({"lines": [{"recipient": TOTTORI, "units": target}], "hours": 24});
    let proposed = amend(&ministry, &plan, version, request).await;
    let first = proposed.ok(200).at("/amendment");
    let done = commit(&second, &first, 1).await;
    assert_eq!((done.ok(200).at("/state"), done.at("/due_units")), (json!("waiting"), json!(wanted)));
    assert_eq!(lines(&setup, &plan).await, national, "nothing was free");
    amend(&ministry, &plan, version + 1, json!({"lines": [{"recipient": TOTTORI, "units": 1}]}))
        .await
        .refused(409, "allocation.amendment_open");

    // the prefecture has its own, by the queue; its officer takes all of it from the city instead
    let pending = open(&setup, TOTTORI).await;
    assert_eq!(
        (&pending["state"], &pending["origin"], &pending["hours"]),
        (&json!("pending"), &json!("above"), &json!(24))
    );
    let city_only = prefectural[TOTTORI_CITY] - wanted;
    let mine = json!({"lines": [{"recipient": TOTTORI_CITY, "units": city_only}]});
    amend(&tottori, &own, own_version, json!({"lines": [{"recipient": TOTTORI_CITY, "units": city_only + 1}]}))
        .await
        .refused(422, "allocation.amendment_total");
    let own_proposal = amend(&tottori, &own, own_version, mine).await;
    assert_eq!(own_proposal.ok(200).at("/state"), json!("pending"));
    // who read the service's proposal is told what differs
    let stale = commit(&tottori, &pending["id"], 1).await;
    stale.refused(409, "allocation.stale_amendment");
    let city_line =
        stale.at("/difference").as_array().unwrap().iter().find(|line| line["recipient"] == TOTTORI_CITY).cloned();
    assert_eq!(city_line.unwrap()["theirs"], json!(city_only));
    let amendment = own_proposal.at("/amendment");
    commit(&tottori, &amendment, 1).await.refused(409, "allocation.second_person");
    let other = setup.app.second_officer(TOTTORI).await;
    let done = commit(&other, &amendment, 1).await;
    assert_eq!((done.ok(200).at("/state"), done.at("/due_units")), (json!("waiting"), json!(wanted)));
    assert_eq!(lines(&setup, &own).await, prefectural, "the city has assigned everything");

    // the city withdraws its largest line: boxes go all the way up, the rest stays with the city
    let pending = open(&setup, TOTTORI_CITY).await;
    assert_eq!((&pending["state"], pending["plan_id"].is_null()), (&json!("pending"), true));
    let largest = assigned(&setup, TOTTORI_CITY).await[..1].to_vec();
    let done = withdraw(&setup, &city, TOTTORI_CITY, &largest).await;
    assert_eq!(done.ok(200).at("/passed_vials"), json!(wanted * BOX_VIALS));
    assert_eq!(lines(&setup, &plan).await[TOTTORI], target);
    assert_eq!(lines(&setup, &own).await[TOTTORI_CITY], city_only);
    assert_eq!(setup.left("granted", NATION).await, wanted * BOX_VIALS, "it stays with the nation");
    assert_eq!((state(&setup, &first).await, state(&setup, &amendment).await), ("applied".into(), "applied".into()));
    assert_eq!(open(&setup, TOTTORI_CITY).await, Value::Null, "nothing is owed any more");
    let withdrawn = "select sum(units) from allocation.plan_line where state = 'withdrawn'";
    assert_eq!(setup.app.db.number(withdrawn).await, 0);
    withdraw(&setup, &city, TOTTORI_CITY, &largest).await.refused(422, "request.invalid");
    setup.app.audit_ok().await;
    // the nation may give it again
    let again = amend(
        &ministry,
        &plan,
        setup.plan_of(NATION).await.1,
        json!({"lines": [{"recipient": TOTTORI, "units": target + wanted}]}),
    )
    .await;
    commit(&second, &again.ok(200).at("/amendment"), 1).await.ok(200);
    assert_eq!(lines(&setup, &plan).await, national);
    setup.app.audit_ok().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ids_permissions_and_states() {
    let (setup, tottori, city) = cascade(2_000).await;
    let second = setup.app.second_officer(TOTTORI).await;
    let (plan, version) = setup.plan_of(TOTTORI).await;
    let units = setup.units(&plan, TOTTORI_CITY).await;
    let what = json!({"lines": [{"recipient": TOTTORI_CITY, "units": units - 1}]});
    // a sibling does not see it; who looks on may not do it
    let kagawa = setup.app.officer(super::setup::KAGAWA).await;
    amend(&kagawa, &plan, version, what.clone()).await.refused(404, "allocation.plan_not_found");
    amend(&city, &plan, version, what.clone()).await.refused(404, "allocation.plan_not_found");
    amend(&setup.app.ministry().await, &plan, version, what.clone()).await.refused(403, "auth.forbidden");
    amend(&setup.app.persona("auditor").await, &plan, version, what.clone()).await.refused(403, "auth.forbidden");
    let stale = amend(&tottori, &plan, version - 1, what.clone()).await;
    stale.refused(409, "allocation.stale_plan");
    for (wrong, code) in [
        (json!({}), "allocation.supply_or_lines"),
        (json!({"supply_vials": 0, "lines": [{"recipient": TOTTORI_CITY, "units": 1}]}), "allocation.supply_or_lines"),
        (json!({"lines": [{"recipient": "131016", "units": 1}]}), "request.invalid"),
        (json!({"lines": [{"recipient": TOTTORI_CITY, "units": units}]}), "allocation.nothing_to_do"),
        (json!({"supply_vials": 0, "hours": 0}), "request.invalid"),
    ] {
        amend(&tottori, &plan, version, wrong).await.refused(422, code);
    }
    let draft = setup.plan_of("130001").await;
    let tokyo = setup.app.officer("130001").await;
    amend(&tokyo, &draft.0, draft.1, json!({"supply_vials": 0})).await.refused(409, "allocation.wrong_state");

    let sent = json!({"id": new_id(), "version": version, "reason": "会場の中止", "lines": what["lines"]});
    let path = format!("/v1/plans/{plan}:amend");
    let proposed = tottori.post(&path, &sent).await;
    let again = tottori.post(&path, &sent).await;
    assert_eq!((again.ok(200).header("Idempotency-Replayed"), &again.body), ("true", &proposed.ok(200).body));
    let mut other = sent.clone();
    other["reason"] = json!("別の理由");
    tottori.post(&path, &other).await.refused(422, "idempotency.key_reused");
    let amendment = proposed.at("/amendment");
    commit(&kagawa, &amendment, 1).await.refused(404, "allocation.amendment_not_found");
    commit(&city, &amendment, 1).await.refused(404, "allocation.amendment_not_found");
    commit(&setup.app.ministry().await, &amendment, 1).await.refused(403, "auth.forbidden");
    commit(&second, &json!(new_id()), 1).await.refused(404, "allocation.amendment_not_found");
    commit(&second, &amendment, 7).await.refused(409, "allocation.stale_amendment");
    choose(&second, &amendment, 1, "return").await.refused(409, "allocation.amendment_state");
    choose(&second, &amendment, 1, "else").await.refused(422, "request.invalid");
    let path = format!("/v1/amendments/{}:commit", amendment.as_str().unwrap());
    let body = json!({"id": new_id(), "version": 1});
    let done = second.post(&path, &body).await;
    let rows = setup.rows().await;
    let again = second.post(&path, &body).await;
    assert_eq!((again.ok(200).header("Idempotency-Replayed"), &again.body), ("true", &done.ok(200).body));
    assert_eq!(setup.rows().await, rows);
    commit(&second, &amendment, done.at("/version").as_i64().unwrap()).await.refused(409, "allocation.amendment_state");

    // withdrawing
    let lines = assigned(&setup, TOTTORI_CITY).await;
    let yonago = setup.app.officer(YONAGO).await;
    withdraw(&setup, &yonago, TOTTORI_CITY, &lines).await.refused(404, "allocation.round_not_found");
    withdraw(&setup, &tottori, TOTTORI_CITY, &lines).await.refused(403, "auth.forbidden");
    let refused = withdraw(&setup, &yonago, YONAGO, &lines).await;
    assert_eq!(refused.refused(422, "request.invalid").at("/errors/0/code"), json!("allocation.line_not_planned"));
    withdraw(&setup, &tottori, TOTTORI, &lines).await.refused(422, "allocation.wrong_level");
    withdraw(&setup, &city, TOTTORI_CITY, &[lines[0].clone(), lines[0].clone()]).await.refused(422, "request.invalid");
    withdraw(&setup, &city, TOTTORI_CITY, &[]).await.refused(422, "request.invalid");
    setup.app.audit_ok().await;
}
