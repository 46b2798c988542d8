//! Every operation of every API is called by nobody, by somebody with a bad token, and by a sibling.
//! A new operation that is missing from these tables fails the test.
use serde_json::{Value, json};
use std::collections::BTreeSet;
use testkit::{Answer, TestApp, TestClient, app::report, shipping::released};

/// What an operation answers to nobody and to a bad token.
pub(super) enum Open {
    /// To everybody: signing in, and the public keys.
    ToAll,
    /// Only to an account.
    ToAccounts,
}

pub(super) const REST: &[(&str, &str, Open)] = &[
    ("post", "/v1/tokens", Open::ToAll),
    ("post", "/v1/sessions", Open::ToAll),
    ("post", "/v1/sessions:renew", Open::ToAccounts),
    ("get", "/v1/sessions", Open::ToAccounts),
    ("delete", "/v1/sessions/{session}", Open::ToAccounts),
    ("get", "/v1/me", Open::ToAccounts),
    ("post", "/v1/me/second-factor", Open::ToAccounts),
    ("post", "/v1/me/second-factor:confirm", Open::ToAccounts),
    ("post", "/v1/me/password", Open::ToAccounts),
    ("post", "/v1/service-accounts", Open::ToAccounts),
    ("get", "/v1/service-accounts", Open::ToAccounts),
    ("post", "/v1/service-accounts/{name}:rotate", Open::ToAccounts),
    ("delete", "/v1/service-accounts/{name}", Open::ToAccounts),
    ("post", "/v1/sessions:oidc", Open::ToAll),
    ("get", "/v1/oidc/{provider}/start", Open::ToAll),
    ("get", "/v1/oidc/{provider}/callback", Open::ToAll),
    ("get", "/.well-known/jwks.json", Open::ToAll),
    ("get", "/v1/accounts", Open::ToAccounts),
    ("post", "/v1/accounts", Open::ToAccounts),
    ("post", "/v1/accounts:batch", Open::ToAccounts),
    ("post", "/v1/accounts/{name}:suspend", Open::ToAccounts),
    ("post", "/v1/accounts/{name}:resume", Open::ToAccounts),
    ("post", "/v1/accounts/{name}:close", Open::ToAccounts),
    ("post", "/v1/accounts/{name}:confirm", Open::ToAccounts),
    ("post", "/v1/accounts/{name}:reset-second-factor", Open::ToAccounts),
    ("post", "/v1/accounts/{name}:reinvite", Open::ToAccounts),
    ("post", "/v1/invitations:redeem", Open::ToAll),
    ("get", "/v1/delegations", Open::ToAccounts),
    ("post", "/v1/delegations", Open::ToAccounts),
    ("post", "/v1/delegations/{delegation}:confirm", Open::ToAccounts),
    ("post", "/v1/delegations/{delegation}:end", Open::ToAccounts),
    ("get", "/v1/notices", Open::ToAll),
    ("post", "/v1/notices", Open::ToAccounts),
    ("get", "/v1/notices/{notice}", Open::ToAll),
    ("get", "/v1/notices/{notice}/page", Open::ToAll),
    ("get", "/v1/notices/{notice}/attachments/{place}", Open::ToAll),
    ("get", "/v1/notices/{notice}/readers", Open::ToAccounts),
    ("post", "/v1/notices/{notice}:correct", Open::ToAccounts),
    ("post", "/v1/notices/{notice}:withdraw", Open::ToAccounts),
    ("post", "/v1/notices/{notice}:acknowledge", Open::ToAccounts),
    ("get", "/v1/facilities/{key}/views", Open::ToAccounts),
    ("get", "/v1/break-glass", Open::ToAccounts),
    ("get", "/v1/subscriptions", Open::ToAccounts),
    ("post", "/v1/subscriptions", Open::ToAccounts),
    ("post", "/v1/subscriptions/{subscription}:confirm", Open::ToAccounts),
    ("delete", "/v1/subscriptions/{subscription}", Open::ToAccounts),
    ("post", "/v1/break-glass", Open::ToAccounts),
    ("post", "/v1/break-glass/{access}:review", Open::ToAccounts),
    ("post", "/v1/sharing-agreements", Open::ToAccounts),
    ("get", "/v1/sharing-agreements", Open::ToAccounts),
    ("post", "/v1/sharing-agreements/{agreement}:end", Open::ToAccounts),
    ("post", "/v1/territories/{code}:merge", Open::ToAccounts),
    ("post", "/v1/facilities/{key}:close", Open::ToAccounts),
    ("post", "/v1/facilities/{key}:reopen", Open::ToAccounts),
    ("post", "/v1/reports", Open::ToAccounts),
    ("post", "/v1/reports:batch", Open::ToAccounts),
    ("get", "/v1/facilities/{key}/reports/{day}", Open::ToAccounts),
    ("post", "/v1/plans", Open::ToAccounts),
    ("post", "/v1/plans/{plan}:adjust", Open::ToAccounts),
    ("post", "/v1/plans/{plan}:submit", Open::ToAccounts),
    ("post", "/v1/plans/{plan}:take-back", Open::ToAccounts),
    ("post", "/v1/plans/{plan}:object", Open::ToAccounts),
    ("post", "/v1/objections/{objection}:answer", Open::ToAccounts),
    ("get", "/v1/objections/{objection}", Open::ToAccounts),
    ("get", "/v1/rounds/{round}/proposals/{recipient}", Open::ToAccounts),
    ("post", "/v1/plans/{plan}:amend", Open::ToAccounts),
    ("post", "/v1/amendments/{amendment}:commit", Open::ToAccounts),
    ("post", "/v1/amendments/{amendment}:choose", Open::ToAccounts),
    ("post", "/v1/assignments:withdraw", Open::ToAccounts),
    ("post", "/v1/plans/{plan}:approve", Open::ToAccounts),
    ("post", "/v1/plans/{plan}:commit", Open::ToAccounts),
    ("get", "/v1/plans/{plan}/document", Open::ToAll),
    ("get", "/v1/rules", Open::ToAll),
    ("get", "/v1/rules/{rule}", Open::ToAll),
    ("post", "/v1/rules", Open::ToAccounts),
    ("get", "/v1/public/allocations/{round}/{territory}", Open::ToAll),
    ("get", "/v1/indicators", Open::ToAll),
    ("put", "/v1/indicators/{code}", Open::ToAccounts),
    ("post", "/v1/indicators/{code}/values", Open::ToAccounts),
    ("post", "/v1/what-ifs", Open::ToAccounts),
    ("get", "/v1/what-ifs/{what_if}", Open::ToAccounts),
    ("get", "/v1/past-rounds", Open::ToAll),
    ("get", "/v1/goods", Open::ToAll),
    ("post", "/v1/assignments", Open::ToAccounts),
    ("post", "/v1/releases", Open::ToAccounts),
    ("get", "/v1/shipments", Open::ToAccounts),
    ("get", "/v1/shipments/{shipment}", Open::ToAccounts),
    ("get", "/v1/shipment-events", Open::ToAccounts),
    ("post", "/v1/shipments/{shipment}/answers", Open::ToAccounts),
    ("post", "/v1/shipments/{shipment}:receive", Open::ToAccounts),
    ("post", "/v1/shipments/{shipment}:cancel", Open::ToAccounts),
    ("post", "/v1/discrepancies/{discrepancy}:resolve", Open::ToAccounts),
    ("post", "/v1/inbound", Open::ToAccounts),
    ("post", "/v1/lots/{product}/{lot}:recall", Open::ToAccounts),
];

/// Root fields of GraphQL, each with a call, the code that nobody gets (none: it is public), and the
/// code that a sibling prefecture's account gets for Tokyo's hospital, and for a plan that is not its own.
pub(super) const GRAPHQL: &[(&str, &str, Option<&str>, Option<&str>)] = &[
    ("clock", "{ clock { now } }", None, None),
    ("viewer", "{ viewer { role } }", None, None),
    ("nation", "{ nation { code capacity { coverage { due } } } }", None, None),
    ("territory", "{ territory(code: \"131016\") { code } }", None, None),
    ("form", "{ form { code } }", None, None),
    ("node", "{ node(id: \"KEY\") { id } }", None, None),
    ("facility", "{ facility(key: \"KEY\") { name } }", Some("facility.not_found"), Some("facility.not_found")),
    (
        "submitReport",
        "mutation { submitReport(input: {id: \"ID\", facility: \"KEY\", businessDay: \"2021-04-05\", answers: [{item: \"icu_total\", count: 1}]}) { __typename } }",
        Some("auth.missing_token"),
        Some("facility.not_found"),
    ),
    ("rounds", "{ rounds { number } }", None, None),
    // all who may read a plan of their own see the rounds; what is in them is each one's own
    ("round", "{ round(id: \"ROUND\") { number } }", Some("allocation.round_not_found"), None),
    (
        "plan",
        "{ plan(id: \"PLAN\") { version } }",
        Some("allocation.plan_not_found"),
        Some("allocation.plan_not_found"),
    ),
    (
        "computePlan",
        "mutation { computePlan(input: {id: \"ID\", round: \"ROUND\", holder: \"130001\", components: [{name: \"base\", indicator: \"population\"}]}) { __typename } }",
        Some("auth.missing_token"),
        Some("allocation.round_not_found"),
    ),
    ("notices", "{ notices(first: 1) { edges { cursor } } }", None, None),
    ("notice", "{ notice(id: \"ID\") { version } }", Some("notice.not_found"), Some("notice.not_found")),
    (
        "acknowledgeNotice",
        "mutation { acknowledgeNotice(input: {id: \"ID\", notice: \"ID\", version: 1}) { __typename } }",
        Some("auth.missing_token"),
        Some("notice.not_found"),
    ),
    ("products", "{ products { code } }", None, None),
    ("goods", "{ goods { goods pieces } }", None, None),
    ("pastRounds", "{ pastRounds(first: 1) { edges { cursor } } }", None, None),
    ("rules", "{ rules { code version } }", None, None),
    ("rule", "{ rule(name: \"covid19-base-adjustment@1\") { title { ja } } }", None, None),
    ("indicators", "{ indicators { code } }", None, None),
    (
        "publicAllocation",
        "{ publicAllocation(round: \"ROUND\", territory: \"131016\") { boxes } }",
        Some("allocation.not_published"),
        Some("allocation.not_published"),
    ),
    (
        "whatIf",
        "{ whatIf(id: \"ID\") { by } }",
        Some("allocation.what_if_not_found"),
        Some("allocation.what_if_not_found"),
    ),
    (
        "runWhatIf",
        "mutation { runWhatIf(input: {id: \"ID\", round: \"ROUND\", holder: \"130001\", rules: [{rule: \"covid19-base-adjustment@1\"}]}) { __typename } }",
        Some("auth.missing_token"),
        Some("allocation.round_not_found"),
    ),
    (
        "adjustLine",
        "mutation { adjustLine(input: {id: \"ID\", plan: \"PLAN\", version: 1, reason: \"x\", lines: [{recipient: \"131016\", units: 1}]}) { __typename } }",
        Some("auth.missing_token"),
        Some("allocation.plan_not_found"),
    ),
    (
        "submitPlan",
        "mutation { submitPlan(input: {id: \"ID\", plan: \"PLAN\", version: 1}) { __typename } }",
        Some("auth.missing_token"),
        Some("allocation.plan_not_found"),
    ),
    (
        "takeBackPlan",
        "mutation { takeBackPlan(input: {id: \"ID\", plan: \"PLAN\", version: 1, reason: \"x\"}) { __typename } }",
        Some("auth.missing_token"),
        Some("allocation.plan_not_found"),
    ),
    (
        "objection",
        "{ objection(id: \"ID\") { text } }",
        Some("allocation.objection_not_found"),
        Some("allocation.objection_not_found"),
    ),
    (
        "objectToLine",
        "mutation { objectToLine(input: {id: \"ID\", plan: \"PLAN\", version: 1, text: \"x\"}) { __typename } }",
        Some("auth.missing_token"),
        Some("allocation.plan_not_found"),
    ),
    (
        "answerObjection",
        "mutation { answerObjection(input: {id: \"ID\", objection: \"ID\", decision: declined, text: \"x\"}) { __typename } }",
        Some("auth.missing_token"),
        Some("allocation.objection_not_found"),
    ),
    (
        "amendPlan",
        "mutation { amendPlan(input: {id: \"ID\", plan: \"PLAN\", version: 1, reason: \"x\", supplyVials: 195}) { __typename } }",
        Some("auth.missing_token"),
        Some("allocation.plan_not_found"),
    ),
    (
        "commitAmendment",
        "mutation { commitAmendment(input: {id: \"ID\", amendment: \"ID\", version: 1}) { __typename } }",
        Some("auth.missing_token"),
        Some("allocation.amendment_not_found"),
    ),
    (
        "chooseForOvercommitted",
        "mutation { chooseForOvercommitted(input: {id: \"ID\", amendment: \"ID\", version: 1, choice: \"reserve\"}) { __typename } }",
        Some("auth.missing_token"),
        Some("allocation.amendment_not_found"),
    ),
    (
        "withdrawLines",
        "mutation { withdrawLines(input: {id: \"ID\", round: \"ROUND\", holder: \"131016\", reason: \"x\", lines: [{plan: \"ID\", site: \"SITE\"}]}) { __typename } }",
        Some("auth.missing_token"),
        Some("allocation.round_not_found"),
    ),
    (
        "approvePlan",
        "mutation { approvePlan(input: {id: \"ID\", plan: \"PLAN\", version: 1}) { __typename } }",
        Some("auth.missing_token"),
        Some("allocation.plan_not_found"),
    ),
    (
        "commitPlan",
        "mutation { commitPlan(input: {id: \"ID\", plan: \"PLAN\", version: 1}) { __typename } }",
        Some("auth.missing_token"),
        Some("allocation.plan_not_found"),
    ),
    (
        "assignToSites",
        "mutation { assignToSites(input: {id: \"ID\", round: \"ROUND\", holder: \"131016\", sites: [{site: \"ID\", vials: 1}]}) { __typename } }",
        Some("auth.missing_token"),
        Some("allocation.round_not_found"),
    ),
    ("shipments", "{ shipments(first: 1) { edges { cursor } } }", None, None),
    ("shipment", "{ shipment(id: \"SHIPMENT\") { version } }", Some("shipment.not_found"), Some("shipment.not_found")),
    ("discrepancies", "{ discrepancies(first: 1) { edges { cursor } } }", None, None),
    (
        "stock",
        "{ stock(site: \"SITE\") { name } }",
        Some("allocation.site_not_found"),
        Some("allocation.site_not_found"),
    ),
    // all who may read a shipment of their own know the wholesalers' names
    ("wholesaler", "{ wholesaler(code: \"W01\") { code } }", Some("wholesaler.not_found"), None),
    ("branch", "{ branch(code: \"W01-01\") { code } }", Some("wholesaler.not_found"), None),
    ("area", "{ area(municipality: \"131016\") { productGroup } }", None, None),
    (
        "releaseLines",
        "mutation { releaseLines(input: {id: \"ID\", round: \"ROUND\", holder: \"131016\", hub: \"SITE\"}) { __typename } }",
        Some("auth.missing_token"),
        Some("allocation.round_not_found"),
    ),
    (
        "confirmReceipt",
        "mutation { confirmReceipt(input: {id: \"ID\", shipment: \"SHIPMENT\", lots: []}) { __typename } }",
        Some("auth.missing_token"),
        Some("shipment.not_found"),
    ),
    (
        "cancelShipment",
        "mutation { cancelShipment(input: {id: \"ID\", shipment: \"SHIPMENT\", version: 1, reason: \"x\"}) { __typename } }",
        Some("auth.missing_token"),
        Some("shipment.not_found"),
    ),
    (
        "resolveDiscrepancy",
        "mutation { resolveDiscrepancy(input: {id: \"ID\", discrepancy: \"ID\", decision: lost, reason: \"x\"}) { __typename } }",
        Some("auth.missing_token"),
        Some("discrepancy.not_found"),
    ),
];

/// A round and a plan in it, both there for those who may see them.
pub(super) async fn round_and_plan(app: &TestApp) -> (String, String) {
    app.db.populations(|_| Some(1_000)).await;
    let round = app.db.open_round(1, 0).await;
    let components = json!([{"name": "base", "indicator": "population"}]);
    let id = platform::opctx::new_id();
    let request = json!({"id": id, "round": round, "holder": "000000", "components": components});
    app.ministry().await.post("/v1/plans", &request).await.ok(200);
    (round.to_string(), id.to_string())
}

/// A hub in Tokyo and a shipment to it, both there for those who may see them.
pub(super) async fn site_and_shipment(app: &TestApp, round: &str) -> (String, String) {
    let site = app.db.sites(round.parse().unwrap(), &[("131016", 1)], &[]).await["131016"][0];
    app.db.areas(&[("131016", "W01-01")]).await;
    let mut release = released("131016", 195);
    release.hub.site_id = site;
    (site.to_string(), app.order(&release).await.to_string())
}

fn documents() -> [Value; 5] {
    let documents = [
        identity::api::openapi(),
        capacity::api::openapi(),
        allocation::api::openapi(),
        distribution::api::openapi(),
        relay::api::openapi(),
    ];
    documents.map(|document| serde_json::to_value(&document).unwrap())
}

/// Each documented operation: method, path and id.
fn operations() -> Vec<(String, String, String)> {
    let mut operations = Vec::new();
    for document in documents() {
        for (path, methods) in document["paths"].as_object().unwrap() {
            for (method, operation) in methods.as_object().unwrap() {
                let id = operation["operationId"].as_str().unwrap();
                operations.push((method.clone(), path.clone(), id.to_owned()));
            }
        }
    }
    operations
}

/// Ids of all documented operations.
pub(super) fn operation_ids() -> BTreeSet<String> {
    operations().into_iter().map(|(_, _, id)| id).collect()
}

fn documented() -> BTreeSet<(String, String)> {
    operations().into_iter().map(|(method, path, _)| (method, path)).collect()
}

#[test]
fn every_rest_operation_is_in_the_table() {
    let table: BTreeSet<_> = REST.iter().map(|(method, path, _)| ((*method).to_owned(), (*path).to_owned())).collect();
    assert_eq!(documented(), table);
}

#[test]
fn every_root_field_is_in_the_table() {
    let sdl = gateway::sdl();
    let mut fields = BTreeSet::new();
    for name in ["type Query {", "type Mutation {"] {
        let body = sdl.split(name).nth(1).unwrap().split("\n}").next().unwrap();
        // descriptions stand between quotes; arguments are indented further than fields
        let mut quoted = false;
        for line in body.lines() {
            let mark = line.trim() == "\"\"\"";
            if !quoted && !mark && line.starts_with(['\t', ' ']) {
                let field = line.trim_start_matches("  ").trim_start_matches('\t');
                let name: String = field.chars().take_while(char::is_ascii_alphanumeric).collect();
                if !name.is_empty()
                    && field.starts_with(&name)
                    && !line.starts_with("    ")
                    && !line.starts_with("\t\t")
                {
                    fields.insert(name);
                }
            }
            quoted ^= mark;
        }
    }
    let table: BTreeSet<String> = GRAPHQL.iter().map(|(field, ..)| (*field).to_owned()).collect();
    assert_eq!(fields, table);
}

pub(super) async fn call(client: &TestClient, method: &str, path: &str) -> Answer {
    let path = path
        .replace("{key}", "gmis:10101075")
        .replace("{access}", "0192f0be-0000-7000-8000-000000000008")
        .replace("{subscription}", "0192f0be-0000-7000-8000-000000000009")
        .replace("{day}", "2021-04-05")
        .replace("{plan}", "0192f0be-0000-7000-8000-000000000001")
        .replace("{shipment}", "0192f0be-0000-7000-8000-000000000002")
        .replace("{discrepancy}", "0192f0be-0000-7000-8000-000000000003")
        .replace("{objection}", "0192f0be-0000-7000-8000-000000000004")
        .replace("{amendment}", "0192f0be-0000-7000-8000-000000000007")
        .replace("{round}", "0192f0be-0000-7000-8000-000000000005")
        .replace("{recipient}", "310000")
        .replace("{name}", "nobody")
        .replace("{delegation}", "0192f0be-0000-7000-8000-000000000008")
        .replace("{notice}", "0192f0be-0000-7000-8000-000000000009")
        .replace("{place}", "1")
        .replace("{rule}", "nothing@1")
        .replace("{territory}", "310000")
        .replace("{code}", "first_doses")
        .replace("{what_if}", "0192f0be-0000-7000-8000-000000000006")
        .replace("{product}", "comirnaty-12plus")
        .replace("{lot}", "EX0001")
        .replace("{session}", "current")
        .replace("{name}", "proxy-31")
        .replace("{provider}", "nothing");
    match method {
        "get" => client.get(&path).await,
        "put" => client.send(client.request(reqwest::Method::PUT, &path).json(&json!({}))).await,
        "delete" => client.send(client.request(reqwest::Method::DELETE, &path)).await,
        _ => client.post(&path, &json!({})).await,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_and_bad_tokens_stay_outside() {
    let app = TestApp::start().await;
    let nobody = app.anonymous();
    let bad = nobody.with_token("eyJhbGciOiJub25lIn0.e30.");
    for (method, path, open) in REST {
        match open {
            Open::ToAll => assert_ne!(call(&nobody, method, path).await.status.as_u16(), 401, "{path}"),
            Open::ToAccounts => {
                call(&nobody, method, path).await.refused(401, "auth.missing_token");
                call(&bad, method, path).await.refused(401, "auth.invalid_token");
            }
        }
    }
    bad.graphql("{ clock { now } }", Value::Null).await.refused(401, "auth.invalid_token");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sibling_sees_what_nobody_sees() {
    let app = TestApp::start().await;
    let facility = app.facility("131016").await;
    testkit::app::take(&app.proxy(13).await, &report(&facility, app.today, json!({"icu_total": 1}))).await;
    let (round, plan) = round_and_plan(&app).await;
    let (site, shipment) = site_and_shipment(&app, &round).await;
    let (nobody, sibling) = (app.anonymous(), app.persona("prefecture-31").await);
    for (field, query, to_nobody, to_sibling) in GRAPHQL {
        for (client, expected) in [(&nobody, to_nobody), (&sibling, to_sibling)] {
            let query = query.replace("KEY", &facility.key()).replace("ROUND", &round).replace("PLAN", &plan);
            let query = query.replace("SITE", &site).replace("SHIPMENT", &shipment);
            let query = query.replace("ID", &platform::opctx::new_id().to_string());
            let answer = client.graphql(&query, Value::Null).await;
            assert_eq!(answer.code(), expected.unwrap_or(""), "{field}: {}", answer.body);
        }
    }
    assert_eq!(app.db.number("select count(*) from capacity.report").await, 1);
    assert_eq!(app.db.number("select count(*) from allocation.plan where state = 'computed' and version = 1").await, 1);
    assert_eq!(app.db.number("select count(*) from allocation.plan").await, 1);
    let moved = "select count(*) from distribution.shipment where version > 1 or state <> 'ordered'";
    assert_eq!(app.db.number(moved).await, 0);
    assert_eq!(app.db.number("select count(*) from allocation.release").await, 0);
}
