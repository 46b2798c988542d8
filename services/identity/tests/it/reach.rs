//! Sharing agreements, health-centre areas, mergers and closures: what is open to whom on which day.
use domain::{BusinessDay, TerritoryCode, policy::Role};
use identity::app::{
    areas::{self, CentreRow, MedicalAreaRow},
    issue_accounts::{Credential, NewAccount, issue_accounts, organisation_id},
};
use platform::{Db, OpCtx, clock::Clock, opctx::new_id};
use serde_json::{Value, json};
use testkit::{
    Facility, TestApp, TestClient,
    app::{report, take},
};
use uuid::Uuid;

const SECRET: &str = "5f0c1d2e3a4b5c6d7e8f90112233445566778899aabbccddeeff001122334455";

async fn identity(app: &TestApp) -> (Db, OpCtx) {
    let db = app.db.home.pool("identity_app", "identity").unwrap();
    let ctx = OpCtx::system("test", &Clock::load(&db).await.unwrap());
    (db, ctx)
}

/// A machine of this role at home in a territory; its organisation bears the account's name.
async fn somebody(app: &TestApp, name: &str, role: Role, territory: &str, kind: &'static str) -> (TestClient, Uuid) {
    let (db, ctx) = identity(app).await;
    let territory = TerritoryCode::parse(territory).unwrap();
    let account = NewAccount {
        name: name.to_owned(),
        role,
        territory,
        facility: None,
        partner: None,
        organisation_kind: kind,
        organisation_name: name.to_owned(),
        organisation_name_en: name.to_owned(),
        credential: Credential::Secret(SECRET.to_owned()),
    };
    issue_accounts(&db, &ctx, vec![account]).await.unwrap();
    let nobody = app.anonymous();
    let request = json!({"grant_type": "service_account", "client_id": name, "client_secret": SECRET});
    let token = nobody.post("/v1/tokens", &request).await.ok(200).at("/access_token");
    (nobody.with_token(token.as_str().unwrap()), organisation_id(kind, territory, name))
}

fn agreement(receiver: Uuid, what: &[&str], from: &str, until: &str) -> Value {
    json!({
        "id": new_id(), "giver": "130001", "receiver": receiver, "what": what, "purpose": "広域搬送の調整",
        "from": from, "until": until,
    })
}

/// What somebody gets to see of a hospital in Chiyoda: its master data, its report, the sum of its municipality.
async fn sees(client: &TestClient, facility: &Facility) -> (bool, bool, bool) {
    let query = format!(
        "{{ facility(key: \"{}\") {{ name }} territory(code: \"131016\") {{ capacity(day: \"2021-04-05\") {{ coverage {{ due }} }} }} }}",
        facility.key()
    );
    let answer = client.graphql(&query, Value::Null).await;
    let there = |pointer: &str| !answer.at(pointer).is_null();
    let path = format!("/v1/facilities/{}/reports/2021-04-05", facility.key());
    let report = client.get(&path).await.status.as_u16() == 200;
    (there("/data/facility/name"), report, there("/data/territory/capacity/coverage/due"))
}

async fn reported(app: &TestApp, municipality: &str) -> Facility {
    let facility = app.facility(municipality).await;
    let proxy = app.proxy(13).await;
    take(&proxy, &report(&facility, app.today, json!({"icu_total": 4}))).await;
    facility
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_agreed_is_open_from_its_first_day_to_its_last_and_nothing_else() {
    let app = TestApp::start().await;
    let facility = reported(&app, "131016").await;
    let tokyo = app.persona("prefecture-13").await;
    let (kanagawa, receiver) = somebody(&app, "kanagawa", Role::Prefecture, "140007", "prefecture").await;
    let (chiba, _) = somebody(&app, "chiba", Role::Prefecture, "120006", "prefecture").await;
    let path = "/v1/sharing-agreements";
    let figures = agreement(receiver, &["figures"], "2021-04-06", "2021-04-07");
    tokyo.post(path, &figures).await.ok(200);
    assert_eq!(sees(&kanagawa, &facility).await, (false, false, false), "before its first day");
    app.step_clock("2021-04-05T15:00:00Z").await;
    assert_eq!(sees(&kanagawa, &facility).await, (false, false, true), "the figures and no more");
    assert_eq!(sees(&chiba, &facility).await, (false, false, false));
    let masters = agreement(receiver, &["facilities"], "2021-04-06", "2021-04-06");
    tokyo.post(path, &masters).await.ok(200);
    assert_eq!(sees(&kanagawa, &facility).await, (true, false, true));
    let refused = kanagawa.get(&format!("/v1/facilities/{}/reports/2021-04-05", facility.key())).await;
    refused.refused(403, "auth.forbidden");
    let reports = agreement(receiver, &["reports"], "2021-04-06", "2021-04-06");
    tokyo.post(path, &reports).await.ok(200);
    assert_eq!(sees(&kanagawa, &facility).await, (true, true, true));
    let body = report(&facility, app.today, json!({"icu_total": 5}));
    kanagawa.post("/v1/reports", &body).await.refused(403, "auth.forbidden");
    let list = kanagawa.get(path).await;
    let states: Vec<Value> =
        list.ok(200).at("/agreements").as_array().unwrap().iter().map(|row| row["state"].clone()).collect();
    assert_eq!(states, ["in_force", "in_force", "in_force"]);
    assert_eq!(chiba.get(path).await.ok(200).at("/agreements"), json!([]));
    app.step_clock("2021-04-06T15:00:00Z").await;
    assert_eq!(sees(&kanagawa, &facility).await, (false, false, true));
    app.step_clock("2021-04-07T15:00:00Z").await;
    assert_eq!(sees(&kanagawa, &facility).await, (false, false, false), "gone the day after");
    app.audit_ok().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agreement_ends_at_once_by_its_givers_officers_alone() {
    let app = TestApp::start().await;
    let facility = reported(&app, "131016").await;
    let tokyo = app.persona("prefecture-13").await;
    let (kanagawa, receiver) = somebody(&app, "kanagawa", Role::Prefecture, "140007", "prefecture").await;
    let made = agreement(receiver, &["figures", "reports"], "2021-04-05", "2021-04-30");
    let path = "/v1/sharing-agreements";
    let first = tokyo.post(path, &made).await;
    assert_eq!(sees(&kanagawa, &facility).await, (true, true, true), "at once");
    let again = tokyo.post(path, &made).await;
    assert_eq!((again.ok(200).header("Idempotency-Replayed"), &again.body), ("true", &first.ok(200).body));
    let mut other = made.clone();
    other["purpose"] = json!("別の目的");
    tokyo.post(path, &other).await.refused(422, "idempotency.key_reused");

    let end = json!({"id": new_id(), "reason": "見直し"});
    let path = format!("/v1/sharing-agreements/{}:end", made["id"].as_str().unwrap());
    kanagawa.post(&path, &end).await.refused(403, "auth.forbidden");
    let tottori = app.persona("prefecture-31").await;
    tottori.post(&path, &end).await.refused(404, "sharing.not_found");
    let nowhere = format!("/v1/sharing-agreements/{}:end", new_id());
    tottori.post(&nowhere, &end).await.refused(404, "sharing.not_found");
    let ended = tokyo.post(&path, &end).await;
    ended.ok(200);
    assert_eq!(sees(&kanagawa, &facility).await, (false, false, false));
    assert_eq!(tokyo.post(&path, &end).await.ok(200).header("Idempotency-Replayed"), "true");
    let second = json!({"id": new_id(), "reason": "もう一度"});
    tokyo.post(&path, &second).await.refused(409, "sharing.already_ended");
    assert_eq!(tokyo.get("/v1/sharing-agreements").await.at("/agreements/0/state"), json!("ended"));
    let trail = "select count(*) from identity.audit where action = 'sharing_manage' and reason is not null";
    assert_eq!(app.db.number(trail).await, 2, "made and ended, each once");
    app.audit_ok().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agreement_names_what_there_is() {
    let app = TestApp::start().await;
    let (db, ctx) = identity(&app).await;
    let area = |line, code: &str, municipality: &str| MedicalAreaRow {
        line,
        code: code.to_owned(),
        name: format!("医療圏{code}"),
        municipality: TerritoryCode::parse(municipality).unwrap(),
    };
    let rows = [area(2, "1301", "131016"), area(3, "1302", "131130"), area(4, "1401", "141003")];
    areas::medical_areas(&db, &ctx, &rows).await.unwrap();
    assert_eq!(areas::medical_areas(&db, &ctx, &rows).await.unwrap().changed, 0, "again");
    let tokyo = app.persona("prefecture-13").await;
    let (kanagawa, receiver) = somebody(&app, "kanagawa", Role::Prefecture, "140007", "prefecture").await;
    let good = agreement(receiver, &["facilities"], "2021-04-05", "2021-04-30");
    let path = "/v1/sharing-agreements";
    let with = |field: &str, value: Value| {
        let mut body = good.clone();
        (body["id"], body[field]) = (json!(new_id()), value);
        body
    };
    let tokyos_own = organisation_id("prefecture", TerritoryCode::parse("130001").unwrap(), "東京都");
    for (field, value, code) in [
        ("what", json!([]), "request.invalid_field"),
        ("what", json!(["figures", "figures"]), "request.invalid_field"),
        ("what", json!(["everything"]), "request.invalid_field"),
        ("purpose", json!(" "), "request.reason_missing"),
        ("purpose", json!("a\0"), "request.nul_character"),
        ("until", json!("2021-04-04"), "sharing.wrong_days"),
        ("receiver", json!(new_id()), "sharing.unknown_receiver"),
        ("receiver", json!(tokyos_own), "sharing.unknown_receiver"),
        ("medical_areas", json!(["1401"]), "sharing.unknown_medical_area"),
        ("medical_areas", json!(["1301", "1301"]), "request.invalid_field"),
    ] {
        let answer = tokyo.post(path, &with(field, value.clone())).await;
        answer.refused(422, "request.invalid");
        assert_eq!(answer.at("/errors/0/code"), json!(code), "{field} {value}");
    }
    tokyo.post(path, &with("from", json!("2021/04/05"))).await.refused(422, "request.invalid");
    tokyo.post(path, &with("giver", json!("140007"))).await.refused(403, "auth.forbidden");
    kanagawa.post(path, &with("giver", json!("130001"))).await.refused(403, "auth.forbidden");
    app.persona("municipality-131016")
        .await
        .post(path, &with("giver", json!("131016")))
        .await
        .refused(403, "auth.forbidden");
    assert_eq!(app.db.number("select count(*) from reference.sharing_agreement").await, 0);

    let facilities = app.facilities(&["131016", "131130"]).await;
    tokyo.post(path, &with("medical_areas", json!(["1301"]))).await.ok(200);
    assert!(sees(&kanagawa, &facilities[0]).await.0, "in the agreed area");
    assert!(!sees(&kanagawa, &facilities[1]).await.0, "in another one");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_health_centre_sees_its_area_and_nothing_else_of_its_founder() {
    let app = TestApp::start().await;
    let facilities = app.facilities(&["131016", "131024", "131032"]).await;
    let (db, ctx) = identity(&app).await;
    let row = |line, municipality: &str| CentreRow {
        line,
        name: "test-centre".to_owned(),
        name_en: "test-centre".to_owned(),
        founder: TerritoryCode::parse("130001").unwrap(),
        municipality: TerritoryCode::parse(municipality).unwrap(),
    };
    let rows = [row(2, "131016"), row(3, "131024")];
    let imported = areas::health_centres(&db, &ctx, &rows, app.today).await.unwrap();
    assert_eq!((imported.areas, imported.municipalities, imported.changed), (1, 2, 2));
    assert_eq!(areas::health_centres(&db, &ctx, &rows, app.today).await.unwrap().changed, 0);
    // made here without an endpoint: the server looks by itself
    let (centre, organisation) = somebody(&app, "test-centre", Role::HealthCentre, "130001", "health_centre").await;
    let known = areas::health_centre(TerritoryCode::parse("130001").unwrap(), "test-centre");
    assert_eq!(organisation, known);
    testkit::app::until("the area is known", async || sees(&centre, &facilities[0]).await.0).await;
    assert!(sees(&centre, &facilities[1]).await.0);
    assert!(!sees(&centre, &facilities[2]).await.0, "the prefecture's, and not of this area");
    // from tomorrow on only the first
    let tomorrow = BusinessDay::parse("2021-04-06").unwrap();
    let changed = areas::health_centres(&db, &ctx, &rows[..1], tomorrow).await.unwrap().changed;
    assert_eq!(changed, 1);
    assert!(sees(&centre, &facilities[1]).await.0, "today still");
    let ended = "select count(*) from reference.health_centre_area where until = '2021-04-05'";
    assert_eq!(app.db.number(ended).await, 1);
    app.step_clock("2021-04-05T15:00:00Z").await;
    testkit::app::until("the area has shrunk", async || !sees(&centre, &facilities[1]).await.0).await;
    let foreign = areas::health_centres(&db, &ctx, &[row(2, "141003")], app.today).await.unwrap_err().into_problem();
    assert_eq!((foreign.code.code, foreign.errors[0].path.as_str()), ("request.invalid", "line 2"));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_merged_away_is_a_stranger_and_the_heir_has_what_was_theirs() {
    let app = TestApp::start().await;
    let facility = reported(&app, "131016").await;
    let (chiyoda, chuo) = (app.officer("131016").await, app.officer("131024").await);
    let ministry = app.ministry().await;
    let body = json!({"id": new_id(), "into": "131024", "on": "2021-04-06", "reason": "廃置分合の告示"});
    let path = "/v1/territories/131016:merge";
    chuo.post(path, &body).await.refused(403, "auth.forbidden");
    for (field, value, path, code) in [
        ("into", json!("141003"), "/v1/territories/131016:merge", "territory.cannot_merge"),
        ("into", json!("131016"), "/v1/territories/131016:merge", "territory.cannot_merge"),
        ("into", json!("131024"), "/v1/territories/130001:merge", "territory.cannot_merge"),
        ("on", json!("2021-04-04"), "/v1/territories/131016:merge", "request.invalid_field"),
        ("reason", json!(""), "/v1/territories/131016:merge", "request.reason_missing"),
    ] {
        let mut wrong = body.clone();
        wrong[field] = value;
        let answer = ministry.post(path, &wrong).await;
        assert_eq!((answer.status.as_u16(), answer.at("/errors/0/code")), (422, json!(code)));
    }
    ministry.post("/v1/territories/131017:merge", &body).await.refused(422, "territory.check_digit");
    let merged = ministry.post(path, &body).await;
    merged.ok(200);
    assert_eq!(ministry.post(path, &body).await.ok(200).header("Idempotency-Replayed"), "true");
    let other = json!({"id": new_id(), "into": "131032", "on": "2021-04-07", "reason": "別の告示"});
    ministry.post(path, &other).await.refused(409, "territory.already_merged");
    ministry
        .post(
            "/v1/territories/131032:merge",
            &json!({"id": new_id(), "into": "131016", "on": "2021-04-07", "reason": "x"}),
        )
        .await
        .refused(409, "territory.already_merged");

    assert_eq!(sees(&chiyoda, &facility).await, (true, true, true), "until the day");
    assert_eq!(sees(&chuo, &facility).await, (false, false, false));
    app.step_clock("2021-04-05T15:00:00Z").await;
    assert_eq!(sees(&chiyoda, &facility).await, (false, false, false));
    assert_eq!(sees(&chuo, &facility).await, (true, true, true));
    let plans = "{ nation { code } }";
    assert_eq!(chiyoda.graphql(plans, Value::Null).await.code(), "", "what anybody may know");
    app.audit_ok().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_facility_is_read_by_its_overseers_and_written_by_nobody() {
    let app = TestApp::start().await;
    let facility = reported(&app, "131016").await;
    let other = app.facility("131016").await;
    let staff = app.hospital(&facility).await;
    let (tokyo, proxy, tottori) =
        (app.persona("prefecture-13").await, app.proxy(13).await, app.persona("prefecture-31").await);
    let close = format!("/v1/facilities/{}:close", facility.key());
    let reopen = format!("/v1/facilities/{}:reopen", facility.key());
    let on = |day: &str| json!({"id": new_id(), "on": day, "reason": "廃止届"});
    let body = on("2021-04-06");
    tottori.post(&close, &body).await.refused(404, "facility.not_found");
    staff.post(&close, &body).await.refused(403, "auth.forbidden");
    app.persona("municipality-131016").await.post(&close, &body).await.refused(403, "auth.forbidden");
    let today = tokyo.post(&close, &on("2021-04-05")).await;
    today.refused(422, "request.invalid");
    assert_eq!(today.at("/errors/0/code"), json!("time.day_passed"));
    tokyo.post(&reopen, &on("2021-04-06")).await.refused(409, "facility.not_closed");
    let closed = tokyo.post(&close, &body).await;
    assert_eq!(closed.ok(200).at("/version"), json!(2));
    assert_eq!(tokyo.post(&close, &body).await.ok(200).header("Idempotency-Replayed"), "true");
    tokyo.post(&close, &on("2021-04-07")).await.refused(409, "facility.already_closed");
    assert_eq!(sees(&staff, &facility).await, (true, true, false), "until the day");
    let told = "select count(*) from identity.outbox where type = 'facility.changed.v1' \
                and payload->>'closed_on' = '2021-04-06'";
    assert_eq!(app.db.number(told).await, 1);

    app.step_clock("2021-04-06T03:00:00Z").await;
    assert_eq!(sees(&staff, &facility).await, (false, false, false), "its own staff nothing");
    assert_eq!(sees(&tokyo, &facility).await, (true, true, true), "its overseers read on");
    let day = BusinessDay::parse("2021-04-06").unwrap();
    let late = report(&facility, day, json!({"icu_total": 4}));
    proxy.post("/v1/reports", &late).await.refused(403, "auth.forbidden");
    staff.post("/v1/reports", &late).await.refused(404, "facility.not_found");
    take(&proxy, &report(&other, day, json!({"icu_total": 1}))).await;
    let due = "select due from capacity.aggregate where form = 'daily' and municipality = '131016' \
               and business_day = '2021-04-06'";
    assert_eq!(app.db.number(due).await, 1, "the closed one owes nothing");
    app.audit_ok().await;

    tokyo.post(&reopen, &on("2021-04-06")).await.refused(422, "request.invalid");
    tokyo.post(&reopen, &on("2021-04-07")).await.ok(200);
    app.step_clock("2021-04-07T03:00:00Z").await;
    assert_eq!(sees(&staff, &facility).await, (true, true, false));
    let day = BusinessDay::parse("2021-04-07").unwrap();
    take(&staff, &report(&facility, day, json!({"icu_total": 3}))).await;
    let called_off = format!("/v1/facilities/{}:reopen", other.key());
    tokyo.post(&format!("/v1/facilities/{}:close", other.key()), &on("2021-04-20")).await.ok(200);
    tokyo.post(&called_off, &on("2021-04-08")).await.ok(200);
    app.audit_ok().await;
}
