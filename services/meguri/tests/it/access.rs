//! The permission table against every operation of every API: which action each asks for, what it answers to
//! tokens that are none, and that a sibling gets exactly what the table says. What may not be seen answers
//! byte for byte as what does not exist. An operation or event that is missing here fails the test.
use super::operations::{self, GRAPHQL, Open, REST};
use domain::{
    TerritoryCode,
    ids::FacilityId,
    policy::{Action, Actor, Denied, Place, Role, decide},
};
use identity::{Identity, app::keys};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use platform::{clock::real_now, limit::Rates, opctx::new_id};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use testkit::{Answer, Facility, TestApp, TestClient};
use wire::auth::Claims;

/// Operations by the id of their OpenAPI description, and the action that each asks the table for. `-`: none,
/// it is the caller's own account, or open to all.
const OPERATIONS: &[(&str, &str)] = &[
    ("issueToken", "-"),
    ("getKeys", "-"),
    ("beginSession", "-"),
    ("renewSession", "-"),
    ("listSessions", "-"),
    ("endSession", "-"),
    ("getMe", "-"),
    ("submitReport", "report_submit"),
    ("submitReports", "report_submit"),
    ("getReports", "report_read"),
    ("computePlan", "plan_draft"),
    ("adjustLines", "plan_draft"),
    ("submitPlan", "plan_draft"),
    ("takeBackPlan", "plan_draft"),
    ("objectToLine", "plan_object"),
    ("answerObjection", "plan_draft"),
    ("readObjection", "plan_proposal_read"),
    ("readProposal", "plan_proposal_read"),
    ("amendPlan", "plan_amend"),
    ("commitAmendment", "plan_amend"),
    ("chooseForOvercommitted", "plan_amend"),
    ("withdrawLines", "lines_withdraw"),
    ("approvePlan", "plan_approve"),
    ("commitPlan", "plan_commit"),
    ("readPlanDocument", "published_read"),
    ("listRules", "published_read"),
    ("readRule", "published_read"),
    ("publishRule", "rule_publish"),
    ("readPublicAllocation", "published_read"),
    ("listIndicators", "published_read"),
    ("putIndicator", "indicator_record"),
    ("recordFigures", "indicator_record"),
    ("runWhatIf", "what_if_run"),
    ("readWhatIf", "what_if_run"),
    ("listPastRounds", "published_read"),
    ("listGoods", "published_read"),
    ("assignToSites", "plan_commit"),
    ("releaseLines", "lines_release"),
    ("listShipments", "shipment_read"),
    ("readShipment", "shipment_read"),
    ("readShipmentEvents", "shipment_read"),
    ("answerShipment", "shipment_answer"),
    ("confirmReceipt", "receipt_confirm"),
    ("cancelShipment", "shipment_cancel"),
    ("resolveDiscrepancy", "discrepancy_resolve"),
    ("recordInbound", "inbound_record"),
    ("recallLot", "lot_recall"),
    ("makeSharing", "sharing_manage"),
    ("endSharing", "sharing_manage"),
    ("listSharing", "sharing_read"),
    ("mergeTerritory", "territory_merge"),
    ("closeFacility", "facility_close"),
    ("reopenFacility", "facility_close"),
    ("issueAccount", "account_issue"),
    ("issueAccounts", "account_issue"),
    ("suspendAccount", "account_issue"),
    ("resumeAccount", "account_issue"),
    ("closeAccount", "account_issue"),
    ("confirmAccount", "account_issue"),
    ("reinviteAccount", "account_issue"),
    ("listAccounts", "account_read"),
    ("redeemInvitation", "-"),
    ("makeDelegation", "delegate"),
    ("confirmDelegation", "delegate"),
    ("endDelegation", "delegate"),
    ("listDelegations", "delegate"),
    ("publishNotice", "notice_publish"),
    ("correctNotice", "notice_publish"),
    ("withdrawNotice", "notice_publish"),
    ("readNoticeReaders", "notice_publish"),
    ("listNotices", "notice_read"),
    ("readNotice", "notice_read"),
    ("readNoticePage", "notice_read"),
    ("readNoticeAttachment", "notice_read"),
    ("acknowledgeNotice", "notice_read"),
    ("listFacilityViews", "views_read"),
    ("openBreakGlass", "break_glass_open"),
    ("listBreakGlass", "break_glass_open"),
    ("reviewBreakGlass", "break_glass_review"),
    ("beginEnrolment", "credential_change"),
    ("confirmEnrolment", "credential_change"),
    ("changePassword", "credential_change"),
    ("startOidc", "-"),
    ("endOidc", "-"),
    ("finishOidc", "-"),
    ("issueServiceAccount", "service_account_manage"),
    ("listServiceAccounts", "service_account_manage"),
    ("rotateServiceAccount", "service_account_manage"),
    ("revokeServiceAccount", "service_account_manage"),
    ("resetSecondFactor", "account_issue"),
    ("subscribe", "subscription_manage"),
    ("listSubscriptions", "subscription_manage"),
    ("confirmSubscription", "subscription_manage"),
    ("endSubscription", "subscription_manage"),
];

/// Root fields of GraphQL that are not an operation of REST by the same name.
const FIELDS: &[(&str, &str)] = &[
    ("clock", "-"),
    ("viewer", "-"),
    ("node", "-"),
    ("nation", "territory_read"),
    ("territory", "territory_read"),
    ("form", "published_read"),
    ("facility", "facility_read"),
    ("rounds", "plan_read"),
    ("round", "plan_read"),
    ("plan", "plan_read"),
    ("products", "published_read"),
    ("goods", "published_read"),
    ("pastRounds", "published_read"),
    ("rules", "published_read"),
    ("rule", "published_read"),
    ("indicators", "published_read"),
    ("publicAllocation", "published_read"),
    ("whatIf", "what_if_run"),
    ("adjustLine", "plan_draft"),
    ("objection", "plan_proposal_read"),
    ("shipments", "shipment_read"),
    ("shipment", "shipment_read"),
    ("discrepancies", "shipment_read"),
    ("stock", "shipment_read"),
    ("wholesaler", "shipment_read"),
    ("branch", "shipment_read"),
    ("area", "published_read"),
    ("notices", "notice_read"),
    ("notice", "notice_read"),
];

/// Types of events, and the action of whoever may receive them at the place that they are about. Those from
/// partners ask for what an answer by REST asks for.
const EVENTS: &[(&str, &str)] = &[
    ("facility.changed.v1", "event_apply"),
    ("capacity.reported.v1", "event_apply"),
    ("allocation.committed.v1", "event_apply"),
    ("allocation.released.v1", "event_apply"),
    ("notification.requested.v1", "event_apply"),
    ("shipment.ordered.v1", "shipment_read"),
    ("shipment.cancelled.v1", "shipment_read"),
    ("shipment.unfulfillable.v1", "shipment_read"),
    ("receipt.recorded.v1", "shipment_read"),
    ("shipment.scheduled.v1", "shipment_answer"),
    ("shipment.picked.v1", "shipment_answer"),
    ("shipment.dispatched.v1", "shipment_answer"),
    ("shipment.delivered.v1", "shipment_answer"),
    ("shipment.failed.v1", "shipment_answer"),
    ("shipment.returned.v1", "shipment_answer"),
    ("shipment.lost.v1", "shipment_answer"),
];

fn action_of(name: &str) -> Option<Action> {
    let (_, action) = OPERATIONS.iter().chain(FIELDS).chain(EVENTS).find(|(known, _)| *known == name)?;
    Action::parse(action)
}

#[test]
fn every_operation_field_and_event_names_its_action() {
    for (name, action) in OPERATIONS.iter().chain(FIELDS).chain(EVENTS) {
        assert!(*action == "-" || Action::parse(action).is_some(), "{name}: there is no action {action}");
    }
    let known: BTreeSet<&str> = OPERATIONS.iter().map(|(name, _)| *name).collect();
    let documented = operations::operation_ids();
    assert_eq!(documented.iter().map(String::as_str).collect::<BTreeSet<_>>(), known);
    let fields: BTreeSet<&str> = FIELDS.iter().map(|(name, _)| *name).chain(known).collect();
    for (field, ..) in GRAPHQL {
        assert!(fields.contains(field), "{field}: which action does it ask for?");
    }
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../contracts/events");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let types: BTreeSet<String> = files
        .filter_map(|file| file.strip_suffix(".schema.json").map(str::to_owned))
        .filter(|kind| kind != "cloudevent")
        .collect();
    assert_eq!(types, EVENTS.iter().map(|(kind, _)| (*kind).to_owned()).collect());
}

/// Tokens that look right but for one thing each, and one that is right.
async fn tokens(app: &TestApp) -> (String, Vec<(&'static str, String)>) {
    let db = app.db.home.pool("identity_app", "identity").unwrap();
    let shared = meguri::serve::shared(&app.db.home, &db, &app.server.url, "t", Rates::default()).await.unwrap();
    let signer = keys::signer(&Identity::new(shared, db, "secret")).await.unwrap();
    let now_s = real_now().timestamp();
    let claims = Claims {
        iss: "meguri-test".to_owned(),
        aud: "meguri".to_owned(),
        sub: new_id(),
        name: "made-for-the-test".to_owned(),
        role: "ministry".to_owned(),
        org: new_id(),
        territory: TerritoryCode::NATION,
        facility: None,
        partner: None,
        machine: true,
        sid: None,
        dlg: None,
        scope: None,
        iat: now_s,
        exp: now_s + 300,
    };
    let good = signer.sign(&claims).unwrap();
    let (head, rest) = good.split_once('.').unwrap();
    let payload = rest.split_once('.').unwrap().0;
    let kid = jsonwebtoken::decode_header(&good).unwrap().kid;
    // a seed of nobody's, in PKCS #8, under the name of the instance's own key
    let der = [[0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20].as_slice(), &[7; 32]].concat();
    let header = Header { kid: kid.clone(), ..Header::new(Algorithm::EdDSA) };
    let foreign = jsonwebtoken::encode(&header, &claims, &EncodingKey::from_ed_der(&der)).unwrap();
    let symmetric = Header { kid, ..Header::new(Algorithm::HS256) };
    let confused = jsonwebtoken::encode(&symmetric, &claims, &EncodingKey::from_secret(b"meguri")).unwrap();
    let bad = vec![
        ("expired", signer.sign(&Claims { exp: now_s - 120, ..claims.clone() }).unwrap()),
        ("another audience", signer.sign(&Claims { aud: "other".to_owned(), ..claims.clone() }).unwrap()),
        ("another issuer", signer.sign(&Claims { iss: "meguri-other".to_owned(), ..claims.clone() }).unwrap()),
        ("no such role", signer.sign(&Claims { role: "emperor".to_owned(), ..claims.clone() }).unwrap()),
        ("no such action", signer.sign(&Claims { scope: Some("everything".to_owned()), ..claims }).unwrap()),
        ("alg none", format!("eyJhbGciOiJub25lIn0.{payload}.")),
        ("alg none, our header", format!("{head}.{payload}.")),
        ("HMAC", confused),
        ("a wrong key", foreign),
    ];
    (good, bad)
}

#[tokio::test(flavor = "multi_thread")]
async fn no_operation_and_no_field_takes_a_token_that_is_none() {
    let app = TestApp::start().await;
    let nobody = app.anonymous();
    let (good, bad) = tokens(&app).await;
    nobody.with_token(&good).get("/v1/shipments").await.ok(200);
    for (what, token) in &bad {
        let client = nobody.with_token(token);
        for (method, path, open) in REST {
            if matches!(open, Open::ToAll) {
                continue;
            }
            let answer = operations::call(&client, method, path).await;
            assert_eq!((answer.status.as_u16(), answer.code()), (401, "auth.invalid_token"), "{what}: {method} {path}");
        }
        for (field, query, ..) in GRAPHQL {
            let answer = client.graphql(&query.replace("ID", &new_id().to_string()), Value::Null).await;
            assert_eq!((answer.status.as_u16(), answer.code()), (401, "auth.invalid_token"), "{what}: {field}");
        }
    }
}

/// What there is in Tokyo, and the nation's plan.
struct World {
    facility: Facility,
    round: String,
    plan: String,
    site: String,
    shipment: String,
}

impl World {
    async fn of(app: &TestApp) -> Self {
        let facility = app.facility("131016").await;
        testkit::app::take(&app.proxy(13).await, &testkit::app::report(&facility, app.today, json!({"icu_total": 1})))
            .await;
        let (round, plan) = operations::round_and_plan(app).await;
        let (site, shipment) = operations::site_and_shipment(app, &round).await;
        Self { facility, round, plan, site, shipment }
    }

    fn fill(&self, text: &str) -> String {
        let text = text.replace("FACILITY", &self.facility.key()).replace("ROUND", &self.round);
        let text = text.replace("PLAN", &self.plan).replace("SITE", &self.site).replace("SHIPMENT", &self.shipment);
        text.replace("\"ID\"", &format!("\"{}\"", new_id()))
    }

    fn place(&self, name: &str) -> Place {
        match name {
            "facility" => Place::Facility(FacilityId(self.facility.id.0), self.facility.municipality),
            code => Place::Territory(code.parse().unwrap()),
        }
    }
}

/// Operations of REST, whole and good but for who sends them; and the place they are decided on.
const CALLS: &[(&str, &str, &str, &str, &str)] = &[
    ("getReports", "get", "/v1/facilities/FACILITY/reports/2021-04-05", "", "facility"),
    (
        "submitReport",
        "post",
        "/v1/reports",
        r#"{"id": "ID", "facility": "FACILITY", "form": "daily", "business_day": "2021-04-05", "values": {"icu_total": 2}}"#,
        "facility",
    ),
    (
        "computePlan",
        "post",
        "/v1/plans",
        r#"{"id": "ID", "round": "ROUND", "holder": "130001", "components": [{"name": "base", "indicator": "population"}]}"#,
        "130001",
    ),
    (
        "adjustLines",
        "post",
        "/v1/plans/PLAN:adjust",
        r#"{"id": "ID", "version": 1, "reason": "x", "lines": [{"recipient": "130001", "units": 1}]}"#,
        "000000",
    ),
    ("submitPlan", "post", "/v1/plans/PLAN:submit", r#"{"id": "ID", "version": 1}"#, "000000"),
    ("takeBackPlan", "post", "/v1/plans/PLAN:take-back", r#"{"id": "ID", "version": 1, "reason": "x"}"#, "000000"),
    (
        "amendPlan",
        "post",
        "/v1/plans/PLAN:amend",
        r#"{"id": "ID", "version": 1, "reason": "x", "supply_vials": 195}"#,
        "000000",
    ),
    ("approvePlan", "post", "/v1/plans/PLAN:approve", r#"{"id": "ID", "version": 1}"#, "000000"),
    ("commitPlan", "post", "/v1/plans/PLAN:commit", r#"{"id": "ID", "version": 1}"#, "000000"),
    (
        "withdrawLines",
        "post",
        "/v1/assignments:withdraw",
        r#"{"id": "ID", "round": "ROUND", "holder": "131016", "reason": "x", "lines": [{"plan": "PLAN", "site": "SITE"}]}"#,
        "131016",
    ),
    (
        "assignToSites",
        "post",
        "/v1/assignments",
        r#"{"id": "ID", "round": "ROUND", "holder": "131016", "sites": [{"site": "SITE", "vials": 1}]}"#,
        "131016",
    ),
    (
        "releaseLines",
        "post",
        "/v1/releases",
        r#"{"id": "ID", "round": "ROUND", "holder": "131016", "hub": "SITE"}"#,
        "131016",
    ),
    (
        "runWhatIf",
        "post",
        "/v1/what-ifs",
        r#"{"id": "ID", "round": "ROUND", "holder": "130001", "rules": [{"rule": "covid19-base-adjustment@1"}]}"#,
        "130001",
    ),
    ("readShipment", "get", "/v1/shipments/SHIPMENT", "", "131016"),
    ("confirmReceipt", "post", "/v1/shipments/SHIPMENT:receive", r#"{"id": "ID", "lots": []}"#, "131016"),
    (
        "cancelShipment",
        "post",
        "/v1/shipments/SHIPMENT:cancel",
        r#"{"id": "ID", "version": 1, "reason": "x"}"#,
        "131016",
    ),
    (
        "recordInbound",
        "post",
        "/v1/inbound",
        r#"{"id": "ID", "wholesaler": "W01", "product": "comirnaty-12plus", "lots": [{"lot": "EX0001", "expiry": "2021-08-31", "vials": 1}]}"#,
        "000000",
    ),
    ("recallLot", "post", "/v1/lots/comirnaty-12plus/EX0001:recall", r#"{"id": "ID", "reason": "x"}"#, "000000"),
    (
        "putIndicator",
        "put",
        "/v1/indicators/first_doses",
        r#"{"ja": "初回", "en": "First doses", "unit": "doses", "kind": "daily", "source": "x"}"#,
        "000000",
    ),
    (
        "recordFigures",
        "post",
        "/v1/indicators/first_doses/values",
        r#"{"id": "ID", "source": "x", "values": [{"place": "130001", "as_of": "2021-04-01", "value": 1}]}"#,
        "000000",
    ),
    (
        "makeSharing",
        "post",
        "/v1/sharing-agreements",
        r#"{"id": "ID", "giver": "130001", "receiver": "ID", "what": ["figures"], "purpose": "x", "from": "2021-04-05", "until": "2021-04-06"}"#,
        "130001",
    ),
    (
        "mergeTerritory",
        "post",
        "/v1/territories/131016:merge",
        r#"{"id": "ID", "into": "131024", "on": "2021-04-06", "reason": "x"}"#,
        "131016",
    ),
    (
        "closeFacility",
        "post",
        "/v1/facilities/FACILITY:close",
        r#"{"id": "ID", "on": "2021-04-06", "reason": "x"}"#,
        "facility",
    ),
    (
        "reopenFacility",
        "post",
        "/v1/facilities/FACILITY:reopen",
        r#"{"id": "ID", "on": "2021-04-06", "reason": "x"}"#,
        "facility",
    ),
];

async fn send(client: &TestClient, method: &str, path: &str, body: &str) -> Answer {
    match method {
        "get" => client.get(path).await,
        "put" => {
            let body: Value = serde_json::from_str(body).unwrap();
            client.send(client.request(reqwest::Method::PUT, path).json(&body)).await
        }
        _ => client.post(path, &serde_json::from_str(body).unwrap()).await,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_operation_answers_others_exactly_as_the_table_says() {
    let app = TestApp::start().await;
    let world = World::of(&app).await;
    let other = app.facility("131024").await;
    let tottori = Place::Territory("310000".parse().unwrap());
    let chuo = Place::Territory("131024".parse().unwrap());
    let sibling = Place::Facility(other.id, other.municipality);
    for (name, client, role, home) in [
        ("a sibling prefecture", app.persona("prefecture-31").await, Role::Prefecture, tottori),
        ("a sibling municipality", app.officer("131024").await, Role::Municipality, chuo),
        ("a sibling's proxy", app.proxy(31).await, Role::ReportingProxy, tottori),
        ("a sibling hospital", app.hospital(&other).await, Role::Hospital, sibling),
        ("an auditor", app.persona("auditor").await, Role::Auditor, Place::Territory(TerritoryCode::NATION)),
    ] {
        let actor = Actor { role, home, ..Actor::public() };
        for (operation, method, path, body, place) in CALLS {
            let action = action_of(operation).expect(operation);
            let answer = send(&client, method, &world.fill(path), &world.fill(body)).await;
            let status = answer.status.as_u16();
            let expected = decide(&actor, action, world.place(place));
            let is_so = match expected {
                Ok(_) => !matches!(status, 401 | 403 | 404),
                Err(Denied::Refused) => status == 403,
                Err(Denied::Invisible) => status == 404,
            };
            assert!(is_so, "{name}, {operation}: {expected:?}, and the answer is {status} {}", answer.body);
        }
    }
    let written = "select (select count(*) from allocation.plan where version > 1) \
        + (select count(*) from distribution.shipment where version > 1) \
        + (select count(*) from reference.sharing_agreement) + (select count(*) from reference.facility_closure) \
        + (select count(*) from reference.territory where merged_into is not null) \
        + (select count(*) from capacity.report) - 1";
    assert_eq!(app.db.number(written).await, 0, "and nothing was written");
}

/// An answer but for what must differ: the request's id, and the id that was asked for.
fn bare(answer: &Answer, asked: &str) -> String {
    let mut body = answer.body.clone();
    if let Some(body) = body.as_object_mut() {
        body.remove("request_id");
    }
    let mut headers: Vec<String> = answer
        .headers
        .iter()
        .filter(|(name, _)| !matches!(name.as_str(), "x-request-id" | "meguri-clock" | "date" | "content-length"))
        .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()))
        .collect();
    // their order is nobody's promise
    headers.sort();
    let text = format!("{} {headers:?} {body}", answer.status);
    without_request_ids(&text.replace(asked, "ASKED"))
}

/// GraphQL tells the request's id inside each error.
fn without_request_ids(text: &str) -> String {
    let mut parts = text.split("\"requestId\":\"");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| text + part.split_once('"').map_or("", |(_, rest)| rest))
}

#[tokio::test(flavor = "multi_thread")]
async fn what_may_not_be_seen_answers_as_what_does_not_exist() {
    let app = TestApp::start().await;
    let world = World::of(&app).await;
    let tokyo = app.persona("prefecture-13").await;
    let seen = tokyo.graphql(&world.fill("{ facility(key: \"FACILITY\") { id } }"), Value::Null).await;
    let node = seen.at("/data/facility/id").as_str().unwrap().to_owned();
    let municipality = tokyo
        .graphql(
            "{ territory(code: \"131016\") { facilities(first: 1) { edges { cursor node { id } } } } }",
            Value::Null,
        )
        .await;
    let cursor = municipality.at("/data/territory/facilities/edges/0/cursor").as_str().unwrap().to_owned();
    let nobody = new_id().to_string();
    let ids = [&world.facility.key(), &world.plan, &world.site, &world.shipment].map(Clone::clone);
    for client in [app.persona("prefecture-31").await, app.proxy(31).await, app.anonymous()] {
        for (operation, method, path, body, _) in CALLS {
            for id in &ids {
                let (path, body) = (world.fill(path), world.fill(body));
                if !path.contains(id.as_str()) && !body.contains(id.as_str()) {
                    continue;
                }
                let there = send(&client, method, &path, &body).await;
                let nowhere = send(&client, method, &path.replace(id, &nobody), &body.replace(id, &nobody)).await;
                assert_eq!(bare(&there, id), bare(&nowhere, &nobody), "{operation}");
            }
        }
        for query in [
            "{ facility(key: \"FACILITY\") { name } }",
            "{ plan(id: \"PLAN\") { version } }",
            "{ shipment(id: \"SHIPMENT\") { version } }",
            "{ stock(site: \"SITE\") { name } }",
        ] {
            let query = world.fill(query);
            let id = ids.iter().find(|id| query.contains(id.as_str())).unwrap();
            let there = client.graphql(&query, Value::Null).await;
            let nowhere = client.graphql(&query.replace(id, &nobody), Value::Null).await;
            assert_eq!(bare(&there, id), bare(&nowhere, &nobody), "{query}");
        }
        // by node id: that of a facility which is not there has the same form
        let made_up = node.replace(&world.facility.key(), &nobody);
        let by_node = |id: &str| format!("{{ node(id: \"{id}\") {{ __typename id }} }}");
        let there = client.graphql(&by_node(&node), Value::Null).await;
        let nowhere = client.graphql(&by_node(&made_up), Value::Null).await;
        assert_eq!(bare(&there, &node), bare(&nowhere, &made_up));
        assert!(there.at("/data/node").is_null(), "{}", there.body);
        // by a cursor of somebody else's list, and by one that nobody was given
        let after = |cursor: &str| {
            format!(
                "{{ territory(code: \"131016\") {{ facilities(first: 1, after: \"{cursor}\") {{ edges {{ cursor }} }} }} }}"
            )
        };
        let there = client.graphql(&after(&cursor), Value::Null).await;
        let nowhere = client.graphql(&after(&"A".repeat(cursor.len())), Value::Null).await;
        assert_eq!(there.code(), "graphql.bad_cursor");
        assert_eq!(bare(&there, &cursor), bare(&nowhere, &"A".repeat(cursor.len())));
        // and by its path in the tree, as a place without facilities
        let list = |code: &str| {
            format!("{{ territory(code: \"{code}\") {{ facilities(first: 5) {{ edges {{ cursor }} }} }} }}")
        };
        let there = client.graphql(&list("131016"), Value::Null).await;
        let empty = client.graphql(&list("131032"), Value::Null).await;
        assert_eq!(bare(&there, "131016"), bare(&empty, "131032"));
    }
}
