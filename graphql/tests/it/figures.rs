//! Figures: sums at every tier, coverage, single reports, forms.
use crate::{ask, code};
use serde_json::json;
use testkit::{TestApp, app};

#[tokio::test(flavor = "multi_thread")]
async fn sums_add_up_from_municipality_to_nation() {
    let app = TestApp::start().await;
    let made = app.facilities(&["131016", "131016", "131024", "312011"]).await;
    let (tokyo, tottori) = (app.proxy(13).await, app.proxy(31).await);
    for (client, facility, values) in [
        (&tokyo, &made[0], json!({"beds_total": 100, "icu_total": 8, "status_inpatient": "normal"})),
        (&tokyo, &made[2], json!({"beds_total": 50, "icu_total": null, "status_inpatient": "limited"})),
        (&tottori, &made[3], json!({"beds_total": 7, "status_inpatient": "limited"})),
    ] {
        app::take(client, &app::report(facility, app.today, values)).await;
    }
    let figures = "capacity { coverage { due reported carried missing permille } provisional training dueAt day
        territory { code } form { code due } asOf { oldest newest }
        figures(items: [\"status_inpatient\", \"beds_total\", \"icu_total\"]) {
            item { code unit } sum answered choices { choice facilities } } }";
    let query = format!(
        "{{ nation {{ {figures} }} p: territory(code: \"130001\") {{ {figures} }}
            m: territory(code: \"131016\") {{ {figures} }} }}"
    );
    let answer = ask(&app.ministry().await, &query).await;
    let sums = |path: &str| {
        let figures = &answer[path]["capacity"]["figures"];
        (
            figures[1]["sum"].clone(),
            figures[1]["answered"].clone(),
            figures[2]["sum"].clone(),
            figures[2]["answered"].clone(),
        )
    };
    assert_eq!(sums("nation"), (json!(157), json!(3), json!(8), json!(1)));
    assert_eq!(sums("p"), (json!(150), json!(2), json!(8), json!(1)));
    assert_eq!(sums("m"), (json!(100), json!(1), json!(8), json!(1)));
    let nation = &answer["nation"]["capacity"];
    assert_eq!(nation["coverage"], json!({"due": 4, "reported": 3, "carried": 0, "missing": 1, "permille": 750}));
    assert_eq!(nation["figures"][0]["sum"], json!(null));
    assert_eq!(nation["figures"][0]["answered"], json!(3));
    assert_eq!(nation["figures"][0]["choices"][0], json!({"choice": "normal", "facilities": 1}));
    assert_eq!(nation["figures"][0]["choices"][1], json!({"choice": "limited", "facilities": 2}));
    assert_eq!(nation["figures"][1]["choices"], json!(null));
    assert_eq!((&nation["provisional"], &nation["training"]), (&json!(true), &json!(true)));
    assert_eq!((&nation["day"], &nation["dueAt"]), (&json!("2021-04-05"), &json!("2021-04-05T04:00:00.000Z")));
    assert_eq!(nation["form"], json!({"code": "daily", "due": "13:00"}));
    assert!(nation["asOf"]["oldest"].is_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn days_items_and_forms_that_are_not_there() {
    let app = TestApp::start().await;
    app.facility("131016").await;
    let ministry = app.ministry().await;
    let day = ask(&ministry, "{ nation { capacity(day: \"2020-01-01\") { training } } }").await;
    assert_eq!(day, json!({"nation": {"capacity": null}}), "a day that was never opened");
    assert_eq!(
        code(&ministry, "{ nation { capacity { figures(items: [\"x\"]) { sum } } } }").await,
        "report.unknown_item"
    );
    assert_eq!(code(&ministry, "{ nation { capacity(form: \"x\") { training } } }").await, "report.unknown_form");
    let answer = ministry.graphql("{ form(code: \"x\") { code } clock { training } }", json!({})).await;
    assert_eq!((answer.code(), answer.at("/data/form")), ("report.unknown_form", json!(null)));
    let form = ask(
        &ministry,
        "{ form { code source correctionDays title { ja en } items { code kind unit moment max choices label { ja } } } }",
    );
    let form = form.await["form"].clone();
    assert_eq!(
        (&form["code"], &form["source"], &form["correctionDays"]),
        (&json!("daily"), &json!("facility"), &json!(7))
    );
    let item = form["items"].as_array().unwrap().iter().find(|item| item["code"] == "beds_total").unwrap().clone();
    assert_eq!(
        (&item["kind"], &item["unit"], &item["max"], &item["choices"]),
        (&json!("count"), &json!("beds"), &json!(9_999), &json!(null))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_is_read_back_as_it_was_answered() {
    let app = TestApp::start().await;
    let hospital = app.facility("131016").await;
    let staff = app.hospital(&hospital).await;
    let values = json!({"beds_total": 0, "icu_total": null, "status_inpatient": "stopped"});
    let taken = app::take(&staff, &app::report(&hospital, app.today, values)).await;
    let query = format!(
        "{{ facility(key: \"{}\") {{ latestReport {{ ...R }} report(day: \"{}\") {{ ...R }}
            none: report(day: \"2021-04-04\") {{ ...R }} status: latestReport(form: \"gmis_status\") {{ ...R }} }} }}
         fragment R on Report {{ id form formVersion businessDay revision asOf submittedAt submittedBy source reason
            provisional training warnings {{ code }} answers {{ item {{ code }} count choice notApplicable }} }}",
        hospital.key(),
        app.today
    );
    let facility = ask(&staff, &query).await["facility"].clone();
    let report = &facility["latestReport"];
    assert_eq!(report["id"], taken.at("/id"));
    assert_eq!((&report["revision"], &report["source"], &report["training"]), (&json!(1), &json!("api"), &json!(true)));
    let answers = report["answers"].as_array().unwrap();
    assert_eq!(answers.len(), 3, "what was not answered is left out");
    let of = |code: &str| answers.iter().find(|answer| answer["item"]["code"] == code).unwrap().clone();
    assert_eq!(of("beds_total")["count"], json!(0));
    assert_eq!(of("beds_total")["notApplicable"], json!(false));
    assert_eq!((&of("icu_total")["count"], &of("icu_total")["notApplicable"]), (&json!(null), &json!(true)));
    assert_eq!(of("status_inpatient")["choice"], json!("stopped"));
    assert_eq!(&facility["report"], report);
    assert_eq!((&facility["none"], &facility["status"]), (&json!(null), &json!(null)));
}

#[tokio::test(flavor = "multi_thread")]
async fn figures_of_one_or_two_facilities_are_not_for_the_public() {
    let app = TestApp::start().await;
    let made = app.facilities(&["131016", "131016", "131024", "131024"]).await;
    let proxy = app.proxy(13).await;
    let query = "{ territory(code: \"130001\") { capacity { coverage { reported }
        figures(items: [\"beds_total\", \"status_inpatient\", \"ecmo_owned\"]) { sum answered choices { facilities } } } } }";
    let (anybody, ministry, tokyo) = (app.anonymous(), app.ministry().await, app.persona("prefecture-13").await);
    let (osaka, staff) = (app.persona("prefecture-01").await, app.hospital(&made[0]).await);
    for answered in 1..=3_i64 {
        let facility = &made[usize::try_from(answered).unwrap()];
        let values = json!({"beds_total": 10, "status_inpatient": "normal"});
        app::take(&proxy, &app::report(facility, app.today, values)).await;
        for (client, oversees) in
            [(&anybody, false), (&osaka, false), (&staff, false), (&ministry, true), (&tokyo, true), (&proxy, true)]
        {
            let seen = ask(client, query).await;
            let figures = &seen["territory"]["capacity"]["figures"];
            let is_shown = oversees || answered >= 3;
            assert_eq!(figures[0]["sum"], if is_shown { json!(10 * answered) } else { json!(null) });
            assert_eq!(figures[1]["choices"].is_array(), is_shown);
            assert_eq!((&figures[0]["answered"], &figures[1]["answered"]), (&json!(answered), &json!(answered)));
            assert_eq!((&figures[2]["sum"], &figures[2]["answered"]), (&json!(0), &json!(0)), "nothing is no secret");
        }
    }
}
