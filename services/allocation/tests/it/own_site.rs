//! The stream of the prefectures' own sites: supply enters at a prefecture, which assigns it in vials.
use super::setup::{NATION, Setup, TAKAMATSU, TOTTORI, TOTTORI_CITY};
use platform::{failure::Result, opctx::new_id};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use testkit::{Answer, TestApp, TestClient, round::BOX_VIALS};
use uuid::Uuid;

const TOKYO: &str = "130001";
const CHIYODA: &str = "131016";
const CHUO: &str = "131024";
const KAGAWA: &str = "370002";
/// What Tokyo has for its own sites: not a whole number of packs.
const VIALS: i64 = 2 * BOX_VIALS + 10;

/// A round of prefectures' own sites with a supply of Tokyo's, which has a site in each of two wards.
async fn tokyos_own() -> Setup {
    let app = TestApp::start().await;
    let round = app.db.open_prefecture_round(9).await;
    app.db.supply_to(round, TOKYO, VIALS).await.unwrap();
    let mut sites: BTreeMap<String, Vec<Uuid>> =
        app.db.sites(round, &[(CHIYODA, 400), (CHUO, 100), (TAKAMATSU, 400)], &[]).await;
    sites.insert(TOKYO.to_owned(), vec![sites[CHIYODA][0], sites[CHUO][0]]);
    Setup { app, round, sites }
}

async fn assign(client: &TestClient, body: &Value) -> Answer {
    client.post("/v1/assignments", body).await
}

#[track_caller]
fn refused<T: std::fmt::Debug>(result: Result<T>, code: &str) {
    assert_eq!(result.unwrap_err().into_problem().code.code, code);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_prefecture_assigns_its_own_supply() {
    let setup = tokyos_own().await;
    // the same number in the other stream is another round, and its book another one
    let other = setup.app.db.open_round(9, BOX_VIALS).await;
    let db = &setup.app.db;
    assert_eq!(db.text(&calendar(setup.round)).await, "prefecture");
    assert_eq!(db.text(&calendar(other)).await, "municipality,nation,prefecture");
    let tokyo = setup.app.persona("prefecture-13").await;
    let sent = setup.assign(TOKYO, &[300, 60]);
    let first = assign(&tokyo, &sent).await;
    assert_eq!(
        [first.ok(200).at("/holder"), first.at("/supply_vials"), first.at("/granted_vials"), first.at("/state")],
        [json!(TOKYO), json!(VIALS), json!(360), json!("committed")]
    );
    let rest = assign(&tokyo, &setup.assign(TOKYO, &[VIALS - 360])).await;
    assert_eq!(rest.ok(200).at("/supply_vials"), VIALS - 360, "assignments add up");
    assert_eq!(setup.left("granted", TOKYO).await, 0);
    assert_eq!(setup.left("granted", &setup.sites[CHIYODA][0].to_string()).await, VIALS - 60);
    let kinds = "select count(*) from allocation.plan
                 where (kind, level, holder, unit_vials) = ('assignment', 'prefecture', '130001', 1)";
    assert_eq!(db.number(kinds).await, 2);
    setup.app.audit_ok().await;

    // sent again, after everything is gone: the first answer, one effect
    let before = setup.rows().await;
    let again = assign(&tokyo, &sent).await;
    assert_eq!((again.ok(200).header("Idempotency-Replayed"), &again.body), ("true", &first.body));
    let mut changed = sent.clone();
    changed["sites"][0]["vials"] = json!(1);
    assign(&tokyo, &changed).await.refused(422, "idempotency.key_reused");
    assert_eq!(setup.rows().await, before);
}

fn calendar(round: Uuid) -> String {
    format!("(select string_agg(level, ',' order by level) from allocation.round_step where round_id = '{round}')")
}

#[tokio::test(flavor = "multi_thread")]
async fn one_vial_above_the_supply_is_refused_and_nothing_written() {
    let setup = tokyos_own().await;
    let tokyo = setup.app.officer(TOKYO).await;
    let before = setup.rows().await;
    let over = assign(&tokyo, &setup.assign(TOKYO, &[VIALS - 60, 61])).await;
    over.refused(409, "allocation.over_supply");
    let title = over.at("/title");
    assert!(title.as_str().unwrap().contains(&format!("{VIALS} left, but {}", VIALS + 1)), "{title}");
    assert_eq!(setup.rows().await, before);
    assign(&tokyo, &setup.assign(TOKYO, &[VIALS - 60, 60])).await.ok(200);
    let before = setup.rows().await;
    assign(&tokyo, &setup.assign(TOKYO, &[1])).await.refused(409, "allocation.over_supply");
    assert_eq!(setup.rows().await, before);
    // more comes in, and may be assigned
    setup.app.db.supply_to(setup.round, TOKYO, 5).await.unwrap();
    assign(&tokyo, &setup.assign(TOKYO, &[5])).await.ok(200);
    setup.app.audit_ok().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_siblings_site_is_no_recipient() {
    let setup = tokyos_own().await;
    let tokyo = setup.app.officer(TOKYO).await;
    let before = setup.rows().await;
    for foreign in [setup.sites[TAKAMATSU][0], new_id()] {
        let mut body = setup.assign(TOKYO, &[10, 10]);
        body["sites"][1]["site"] = json!(foreign);
        let answer = assign(&tokyo, &body).await;
        answer.refused(422, "request.invalid");
        let told = (answer.at("/errors/0/path"), answer.at("/errors/0/code"));
        assert_eq!(told, (json!("sites[1].site"), json!("allocation.unknown_recipient")));
    }
    let kagawa = setup.app.officer(KAGAWA).await;
    let mut early = setup.assign(TAKAMATSU, &[1]);
    early["holder"] = json!(KAGAWA);
    assign(&kagawa, &early).await.refused(422, "allocation.not_granted");
    assert_eq!(setup.rows().await, before);
}

/// Everybody at their own place, but not on the stream's level.
#[tokio::test(flavor = "multi_thread")]
async fn the_wrong_level_is_refused() {
    let mut setup = tokyos_own().await;
    let app = &setup.app;
    let (ministry, tokyo, chiyoda) = (app.ministry().await, app.officer(TOKYO).await, app.officer(CHIYODA).await);
    let before = setup.rows().await;
    let answer = assign(&chiyoda, &setup.assign(CHIYODA, &[1])).await;
    answer.refused(422, "allocation.wrong_level");
    let title = answer.at("/title");
    let said = "In the stream prefecture_site (prefecture → site) this is not for 131016 to do.";
    assert!(title.as_str().unwrap().contains(said), "{title}");
    let national = json!({"id": new_id(), "round": setup.round, "holder": NATION,
                          "sites": [{"site": setup.sites[CHIYODA][0], "vials": 1}]});
    assign(&ministry, &national).await.refused(422, "allocation.wrong_level");
    for (officer, holder) in [(&ministry, NATION), (&tokyo, TOKYO), (&chiyoda, CHIYODA)] {
        officer.post("/v1/plans", &setup.compute(holder)).await.refused(422, "allocation.wrong_level");
    }
    assert_eq!(setup.rows().await, before);

    setup.round = setup.app.db.open_round(9, BOX_VIALS).await;
    let before = setup.rows().await;
    assign(&tokyo, &setup.assign(TOKYO, &[1])).await.refused(422, "allocation.wrong_level");
    let mut national = national;
    (national["id"], national["round"]) = (json!(new_id()), json!(setup.round));
    assign(&ministry, &national).await.refused(422, "allocation.wrong_level");
    chiyoda.post("/v1/plans", &setup.compute(CHIYODA)).await.refused(422, "allocation.wrong_level");
    assert_eq!(setup.rows().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_else_may_not_assign() {
    let setup = tokyos_own().await;
    let app = &setup.app;
    let before = setup.rows().await;
    let body = setup.assign(TOKYO, &[1]);
    let strangers = [
        app.officer(TOTTORI).await,
        app.officer(TOTTORI_CITY).await,
        // a level below does not see what stands above it
        app.officer(CHIYODA).await,
        app.persona("operator").await,
        app.proxy(13).await,
    ];
    for stranger in strangers {
        assign(&stranger, &body).await.refused(404, "allocation.round_not_found");
    }
    for above in [app.ministry().await, app.persona("auditor").await] {
        assign(&above, &body).await.refused(403, "auth.forbidden");
    }
    assign(&app.anonymous(), &body).await.refused(401, "auth.missing_token");
    assert_eq!(setup.rows().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn supply_enters_at_the_first_level() {
    let setup = tokyos_own().await;
    let db = &setup.app.db;
    let residents = db.open_round(9, 0).await;
    let before = setup.rows().await;
    for (round, holder) in [(setup.round, NATION), (setup.round, CHIYODA), (residents, TOKYO), (residents, CHIYODA)] {
        refused(db.supply_to(round, holder, 10).await, "allocation.wrong_level");
    }
    refused(db.supply_to(new_id(), TOKYO, 10).await, "allocation.round_not_found");
    assert_eq!(setup.rows().await, before);
    assert_eq!(db.number("select count(*) from allocation.supply_notice").await, 1);
    // a second prefecture has a supply of its own
    db.supply_to(setup.round, KAGAWA, 7).await.unwrap();
    assert_eq!((setup.left("granted", KAGAWA).await, setup.left("granted", TOKYO).await), (7, VIALS));
    setup.app.audit_ok().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_calendar_is_the_streams() {
    use domain::territory::Tier::{Municipality, Nation, Prefecture};
    let setup = tokyos_own().await;
    let db = &setup.app.db;
    for (stream, levels) in [
        ("prefecture_site", &[Nation, Prefecture][..]),
        ("prefecture_site", &[]),
        ("residents", &[Prefecture]),
        ("residents", &[Nation, Municipality]),
        ("lottery", &[Nation, Prefecture, Municipality]),
    ] {
        refused(db.open_stream(stream, levels, 10).await, "request.invalid_field");
    }
    // number and stream once for a product
    assert!(db.open_stream("prefecture_site", &[Prefecture], 9).await.is_err());
    assert_eq!(db.number("select count(*) from allocation.round").await, 1);
}
