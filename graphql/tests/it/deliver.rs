//! Writes of deliveries over GraphQL: releases, receipts, calls-off, decisions.
use crate::{
    ask,
    world::{CHIYODA, World, mutate},
};
use platform::opctx::new_id;
use serde_json::{Value, json};
use testkit::TestClient;
use uuid::Uuid;

const REFUSED: &str = "code message { ja en } errors { path code ja en }";

async fn release(client: &TestClient, input: &Value) -> Value {
    let selection = format!(
        "... on LinesReleased {{ releaseId hub vials boxes lines position replayed shipment {{ state }}
             round {{ number delivery(holder: \"131016\") {{ releasedVials }} }} }}
         ... on ReleaseRefused {{ {REFUSED} }}"
    );
    mutate(client, "releaseLines", "ReleaseLinesInput", &selection, input).await
}

async fn confirm(client: &TestClient, input: &Value) -> Value {
    let selection = format!(
        "... on ReceiptConfirmed {{ receiptId acceptedVials damagedVials shortVials surplusVials position replayed
             discrepancies {{ discrepancyId kind vials open lot {{ number }} }}
             shipment {{ state version receipt {{ acceptedVials by }} discrepancies {{ kind }} }} }}
         ... on ReceiptRefused {{ {REFUSED} }}"
    );
    mutate(client, "confirmReceipt", "ConfirmReceiptInput", &selection, input).await
}

async fn cancel(client: &TestClient, input: &Value) -> Value {
    let selection = format!(
        "... on ShipmentCancelled {{ shipmentId state version position replayed
             shipment {{ state version steps {{ step reason by }} }} }}
         ... on ShipmentStale {{ code message {{ ja en }} currentVersion }}
         ... on ShipmentRefused {{ {REFUSED} }}"
    );
    mutate(client, "cancelShipment", "CancelShipmentInput", &selection, input).await
}

async fn resolve(client: &TestClient, input: &Value) -> Value {
    let selection = format!(
        "... on DiscrepancyResolved {{ discrepancyId decision vials position replayed
             discrepancy {{ open decision reason resolvedBy resolvedAt }} shipment {{ discrepancies {{ open }} }} }}
         ... on DiscrepancyRefused {{ {REFUSED} }}"
    );
    mutate(client, "resolveDiscrepancy", "ResolveDiscrepancyInput", &selection, input).await
}

/// The code of the error that a write ends in.
async fn error_code(client: &TestClient, field: &str, input: Value) -> String {
    let kind = format!("{}{}Input", field[..1].to_uppercase(), &field[1..]);
    let query = format!("mutation Change($input: {kind}!) {{ {field}(input: $input) {{ __typename }} }}");
    let answer = client.graphql(&query, json!({"input": input})).await;
    assert_eq!(answer.at("/data"), Value::Null, "{}", answer.body);
    answer.code().to_owned()
}

/// Refused with this code, in both languages.
#[track_caller]
fn refused(answer: &Value, member: &str, code: &str) {
    assert_eq!((&answer["__typename"], &answer["code"]), (&json!(member), &json!(code)), "{answer}");
    assert!(!answer["message"]["ja"].as_str().unwrap().is_ascii() && answer["message"]["en"].is_string(), "{answer}");
}

/// Everything that a write could have left behind.
async fn rows(world: &World) -> i64 {
    let tables = [
        "allocation.release",
        "allocation.transfer",
        "allocation.outbox",
        "allocation.idempotency",
        "distribution.transfer",
        "distribution.shipment_step",
        "distribution.receipt",
        "distribution.outbox",
        "distribution.idempotency",
        "distribution.audit",
    ];
    let counts: Vec<String> = tables.iter().map(|table| format!("(select count(*) from {table})")).collect();
    let resolved = "(select count(*) from distribution.discrepancy where state = 'resolved')";
    world.app.db.number(&format!("{} + {resolved}", counts.join(" + "))).await
}

/// Chiyoda has assigned a pack to its hub and satellite.
async fn assigned(world: &World) -> Vec<Uuid> {
    let app = &world.app;
    app.db.populations(|code| Some(if code == CHIYODA { 1_000_000 } else { 1 })).await;
    let hospital = app.facility(CHIYODA).await;
    let sites = app.db.sites(world.round, &[(CHIYODA, 400)], &[hospital]).await[CHIYODA].clone();
    app.db.supply(world.round, 10 * 195).await;
    let rule = [json!({"name": "base", "indicator": "population"})];
    for (client, holder) in [(app.ministry().await, "000000"), (app.persona("prefecture-13").await, "130001")] {
        let plan =
            format!("{{ round(id: \"{}\") {{ plan(holder: \"{holder}\") {{ planId version }} }} }}", world.round);
        let draft = ask(&client, &plan).await["round"]["plan"].clone();
        let id = if draft.is_null() { json!(new_id()) } else { draft["planId"].clone() };
        let mut version = draft["version"].clone();
        if draft.is_null() {
            let body = json!({"id": id, "round": world.round, "holder": holder, "components": rule});
            version = client.post("/v1/plans", &body).await.ok(200).at("/version");
        }
        let second = app.second_officer(holder).await;
        for (officer, step) in [(&client, "submit"), (&second, "approve"), (&client, "commit")] {
            let path = format!("/v1/plans/{}:{step}", id.as_str().unwrap());
            let body = json!({"id": new_id(), "version": version});
            version = officer.post(&path, &body).await.ok(200).at("/version");
        }
    }
    let chiyoda = app.persona("municipality-131016").await;
    let shares = [json!({"site": sites[0], "vials": 155}), json!({"site": sites[1], "vials": 40})];
    let body = json!({"id": new_id(), "round": world.round, "holder": CHIYODA, "sites": shares});
    chiyoda.post("/v1/assignments", &body).await.ok(200);
    sites
}

#[tokio::test(flavor = "multi_thread")]
async fn lines_are_released_once_and_the_round_shows_it() {
    let world = World::new().await;
    let sites = assigned(&world).await;
    let app = &world.app;
    let input = |hub: Uuid, only: Option<Uuid>| {
        let sites = only.map(|site| [site]);
        json!({"id": new_id(), "round": world.round, "holder": CHIYODA, "hub": hub, "sites": sites})
    };
    let (chiyoda, before) = (app.persona("municipality-131016").await, rows(&world).await);
    let broken = release(&chiyoda, &input(sites[0], Some(sites[0]))).await;
    refused(&broken, "ReleaseRefused", "allocation.not_whole_packs");
    refused(&release(&chiyoda, &input(sites[1], None)).await, "ReleaseRefused", "allocation.not_a_hub");
    let strange = release(&chiyoda, &input(sites[0], Some(new_id()))).await;
    refused(&strange, "ReleaseRefused", "request.invalid");
    assert_eq!(strange["errors"][0]["path"], json!("sites[0]"));
    refused(&release(&app.ministry().await, &input(sites[0], None)).await, "ReleaseRefused", "auth.forbidden");
    for (client, code) in [
        (app.persona("municipality-312011").await, "allocation.round_not_found"),
        (app.persona("prefecture-01").await, "allocation.round_not_found"),
        (app.wholesaler("W01").await, "allocation.round_not_found"),
        (app.anonymous(), "auth.missing_token"),
    ] {
        assert_eq!(error_code(&client, "releaseLines", input(sites[0], None)).await, code);
    }
    assert_eq!(error_code(&chiyoda, "releaseLines", input(new_id(), None)).await, "allocation.site_not_found");
    assert_eq!(rows(&world).await, before, "nothing is half written");

    let sent = input(sites[0], None);
    let done = release(&chiyoda, &sent).await;
    assert_eq!((&done["__typename"], &done["releaseId"]), (&json!("LinesReleased"), &sent["id"]), "{done}");
    assert_eq!((&done["vials"], &done["boxes"], &done["lines"]), (&json!(195), &json!(1), &json!(2)));
    assert_eq!(done["round"], json!({"number": 9, "delivery": {"releasedVials": 195}}));
    assert_eq!((&done["shipment"], &done["replayed"]), (&Value::Null, &json!(false)), "its event waits in the outbox");
    let again = release(&chiyoda, &sent).await;
    assert_eq!((&again["replayed"], &again["position"]), (&json!(true), &done["position"]));
    refused(&release(&chiyoda, &input(sites[0], None)).await, "ReleaseRefused", "allocation.nothing_to_release");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_arrival_is_confirmed_once_and_opens_its_discrepancies() {
    let world = World::new().await;
    let app = &world.app;
    let hospital = app.facility(CHIYODA).await;
    let shipment = world.order_to(&hospital, 195).await;
    let input = |lots: Value| json!({"id": new_id(), "shipment": shipment, "lots": lots});
    let all = || json!([{"lot": "EX0002", "accepted": 195}]);
    let staff = app.hospital(&hospital).await;
    let early = confirm(&staff, &input(all())).await;
    refused(&early, "ReceiptRefused", "receipt.not_dispatched");
    world.dispatch(shipment, "W01", 195).await;
    let before = rows(&world).await;
    for (lots, code) in [
        (json!([{"lot": "EX9999", "accepted": 1}]), "lot.not_found"),
        (json!([{"lot": "ロット", "accepted": 1}]), "lot.malformed"),
        (json!([{"lot": "EX0002", "accepted": 1}, {"lot": "ex0002", "accepted": 1}]), "lot.duplicate"),
    ] {
        let answer = confirm(&staff, &input(lots)).await;
        refused(&answer, "ReceiptRefused", "request.invalid");
        assert_eq!(answer["errors"][0]["code"], json!(code));
    }
    let mut future = input(all());
    future["receivedAt"] = json!("2021-04-06T00:00:00Z");
    assert_eq!(confirm(&staff, &future).await["errors"][0]["path"], json!("receivedAt"));
    refused(&confirm(&app.ministry().await, &input(all())).await, "ReceiptRefused", "auth.forbidden");
    let neighbour = app.facility(CHIYODA).await;
    for (client, code) in [
        (app.hospital(&neighbour).await, "shipment.not_found"),
        (app.persona("prefecture-01").await, "shipment.not_found"),
        (app.persona("municipality-312011").await, "shipment.not_found"),
        (app.wholesaler("W02").await, "shipment.not_found"),
        (app.persona("operator").await, "shipment.not_found"),
        (app.anonymous(), "auth.missing_token"),
    ] {
        assert_eq!(error_code(&client, "confirmReceipt", input(all())).await, code);
    }
    assert_eq!(rows(&world).await, before, "nothing is half written");

    let sent = input(json!([{"lot": "ｅｘ０００２", "accepted": 180, "damaged": 5}, {"lot": "EX0001", "accepted": 2}]));
    let done = confirm(&staff, &sent).await;
    assert_eq!((&done["__typename"], &done["receiptId"]), (&json!("ReceiptConfirmed"), &sent["id"]), "{done}");
    let sums = ["acceptedVials", "damagedVials", "shortVials", "surplusVials"].map(|key| done[key].as_i64().unwrap());
    assert_eq!(sums, [182, 5, 10, 2]);
    let mut kinds: Vec<String> = done["discrepancies"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| format!("{} {}", row["kind"], row["vials"]))
        .collect();
    kinds.sort();
    assert_eq!(kinds, ["\"damaged\" 5", "\"short\" 10", "\"surplus\" 2"]);
    assert_eq!((&done["shipment"]["state"], &done["shipment"]["version"]), (&json!("delivered"), &json!(5)));
    assert_eq!(done["shipment"]["receipt"]["acceptedVials"], json!(182), "as it is afterwards");
    let again = confirm(&staff, &sent).await;
    assert_eq!((&again["replayed"], &again["position"]), (&json!(true), &done["position"]));
    refused(&confirm(&staff, &input(all())).await, "ReceiptRefused", "receipt.already_confirmed");
    app.db.stock_holds().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shipment_is_called_off_before_dispatch_by_who_has_read_it() {
    let world = World::new().await;
    let (app, shipment) = (&world.app, world.order(CHIYODA, 195).await);
    let input = |version: i32, reason: &str| json!({"id": new_id(), "shipment": shipment, "version": version, "reason": reason});
    let (chiyoda, before) = (app.persona("municipality-131016").await, rows(&world).await);
    let stale = cancel(&chiyoda, &input(7, "会場が閉鎖された")).await;
    refused(&stale, "ShipmentStale", "shipment.stale");
    assert_eq!(stale["currentVersion"], json!(1));
    let silent = cancel(&chiyoda, &input(1, " ")).await;
    assert_eq!(
        (&silent["__typename"], &silent["errors"][0]["code"]),
        (&json!("ShipmentRefused"), &json!("request.reason_missing"))
    );
    refused(&cancel(&app.wholesaler("W01").await, &input(1, "x")).await, "ShipmentRefused", "auth.forbidden");
    refused(&cancel(&app.persona("auditor").await, &input(1, "x")).await, "ShipmentRefused", "auth.forbidden");
    for (client, code) in [
        (app.persona("prefecture-31").await, "shipment.not_found"),
        (app.wholesaler("W02").await, "shipment.not_found"),
        (app.wholesaler("W01-02").await, "shipment.not_found"),
        (app.anonymous(), "auth.missing_token"),
    ] {
        assert_eq!(error_code(&client, "cancelShipment", input(1, "x")).await, code);
    }
    assert_eq!(rows(&world).await, before, "nothing is half written");
    let sent = input(1, "会場が閉鎖された");
    let done = cancel(&chiyoda, &sent).await;
    assert_eq!((&done["__typename"], &done["state"]), (&json!("ShipmentCancelled"), &json!("cancelled")), "{done}");
    assert_eq!((&done["shipment"]["state"], &done["shipment"]["version"]), (&json!("cancelled"), &done["version"]));
    let step = json!({"step": "cancel", "reason": "会場が閉鎖された", "by": "municipality-131016"});
    assert_eq!(done["shipment"]["steps"][1], step);
    assert_eq!(cancel(&chiyoda, &sent).await["replayed"], json!(true));
    refused(&cancel(&chiyoda, &input(2, "x")).await, "ShipmentRefused", "shipment.wrong_state");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_discrepancy_is_decided_by_the_prefecture_and_then_stands() {
    let world = World::new().await;
    let (app, shipment) = (&world.app, world.order(CHIYODA, 195).await);
    world.dispatch(shipment, "W01", 195).await;
    world.receive(shipment, 185, 0).await;
    let tokyo = app.persona("prefecture-13").await;
    let open = "{ discrepancies(territory: \"130001\", first: 5) { edges { node { discrepancyId kind } } } }";
    let found = ask(&tokyo, open).await["discrepancies"]["edges"][0]["node"].clone();
    assert_eq!(found["kind"], json!("short"));
    let input = |decision: &str, reason: &str| json!({"id": new_id(), "discrepancy": found["discrepancyId"], "decision": decision, "reason": reason});
    let before = rows(&world).await;
    let wrong = resolve(&tokyo, &input("destroyed", "x")).await;
    assert_eq!(
        (&wrong["__typename"], &wrong["errors"][0]["code"]),
        (&json!("DiscrepancyRefused"), &json!("discrepancy.wrong_decision")),
        "{wrong}"
    );
    let silent = resolve(&tokyo, &input("lost", "")).await;
    assert_eq!(silent["errors"][0]["code"], json!("request.reason_missing"));
    let chiyoda = app.persona("municipality-131016").await;
    refused(&resolve(&chiyoda, &input("lost", "x")).await, "DiscrepancyRefused", "auth.forbidden");
    for (client, code) in [
        (app.persona("prefecture-31").await, "discrepancy.not_found"),
        (app.wholesaler("W02").await, "discrepancy.not_found"),
        (app.anonymous(), "auth.missing_token"),
    ] {
        assert_eq!(error_code(&client, "resolveDiscrepancy", input("lost", "x")).await, code);
    }
    assert_eq!(rows(&world).await, before, "nothing is half written");
    let sent = input("found_at_depot", "倉庫の棚にあった");
    let done = resolve(&tokyo, &sent).await;
    assert_eq!(
        (&done["__typename"], &done["decision"]),
        (&json!("DiscrepancyResolved"), &json!("found_at_depot")),
        "{done}"
    );
    assert_eq!(done["vials"], json!(10));
    assert_eq!(
        (&done["discrepancy"]["open"], &done["discrepancy"]["resolvedBy"]),
        (&json!(false), &json!("prefecture-13"))
    );
    assert_eq!(done["shipment"]["discrepancies"], json!([{"open": false}]));
    assert_eq!(resolve(&tokyo, &sent).await["replayed"], json!(true));
    refused(&resolve(&tokyo, &input("lost", "x")).await, "DiscrepancyRefused", "discrepancy.already_resolved");
    assert_eq!(ask(&tokyo, open).await["discrepancies"]["edges"], json!([]));
    let all = ask(&tokyo, "{ discrepancies(open: false, first: 5) { edges { node { reason } } } }").await;
    assert_eq!(all["discrepancies"]["edges"][0]["node"]["reason"], json!("倉庫の棚にあった"));
    app.db.stock_holds().await;
}
