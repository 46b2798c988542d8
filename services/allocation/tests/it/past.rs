//! Rounds of the past and accompanying goods, as everybody reads them.
use allocation::app::past_rounds::{Imported, NewPastRound, import_past_rounds};
use chrono::NaiveDate;
use domain::policy::{Actor, Role};
use platform::{OpCtx, clock::Clock, failure::Result};
use serde_json::{Value, json};
use testkit::TestApp;
use wire::past_round::{Finding, PastLine};

fn line(place: &str, part: &str, doses: i64, row: i32) -> PastLine {
    let (place, part) = (place.to_owned(), part.to_owned());
    PastLine { name: place.clone(), place, part, doses, units: (doses % 975 == 0).then_some(doses / 975), row }
}

/// A week of one product, with these places, parts and doses.
pub fn past_round(day: &str, lines: Vec<(String, String, i64)>) -> NewPastRound {
    let lines = lines.into_iter().zip(2..).map(|((place, part, doses), row)| line(&place, &part, doses, row)).collect();
    NewPastRound { lines, findings: Vec::new(), ..week("pfizer", day, 0) }
}

/// A week of a product with two places.
fn week(product: &str, day: &str, doses: i64) -> NewPastRound {
    let finding = Finding {
        row: 3,
        place: "Ohio".to_owned(),
        code: "past.negative".to_owned(),
        ja: "引き渡し".to_owned(),
        en: "handed over".to_owned(),
    };
    NewPastRound {
        kind: "us-allocations".to_owned(),
        source: "made up for a test".to_owned(),
        product: product.to_owned(),
        day: day.parse::<NaiveDate>().unwrap(),
        days: 7,
        pack_doses: Some(975),
        findings: vec![finding],
        lines: vec![line("Maine", "first", doses, 2), line("Maine", "second", doses, 2), line("Ohio", "first", -10, 3)],
    }
}

pub async fn import(app: &TestApp, rounds: &[NewPastRound]) -> Result<Imported> {
    let db = app.db.home.pool("allocation_app", "allocation").unwrap();
    let ctx = OpCtx::system("importer", &Clock::load(&db).await.unwrap());
    import_past_rounds(&db, &ctx, rounds).await
}

fn days(list: &Value) -> Vec<String> {
    let day = |round: &Value| format!("{} {}", round["product"].as_str().unwrap(), round["day"].as_str().unwrap());
    list["past_rounds"].as_array().unwrap().iter().map(day).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_reads_them_page_by_page() {
    let app = TestApp::start().await;
    let rounds = [
        week("pfizer", "2021-01-11", 1_950),
        week("moderna", "2021-01-04", 975),
        week("pfizer", "2021-01-04", 975),
        week("pfizer", "2021-01-18", 975),
    ];
    let done = import(&app, &rounds).await.unwrap();
    assert_eq!((done.new, done.unchanged, done.differing.len()), (4, 0, 0));
    let nobody = app.anonymous();
    let all = nobody.get("/v1/past-rounds").await;
    assert_eq!(days(&all.ok(200).body)[2..], ["pfizer 2021-01-11", "pfizer 2021-01-18"]);
    assert_eq!(all.at("/next"), Value::Null);
    let round = all.at("/past_rounds/2");
    assert_eq!(
        [&round["doses"], &round["days"], &round["pack_doses"], &round["findings"][0]["row"], &round["kind"]],
        [&json!(2 * 1_950 - 10), &json!(7), &json!(975), &json!(3), &json!("us-allocations")]
    );
    assert_eq!(
        round["lines"],
        json!([
            {"place": "Maine", "name": "Maine", "part": "first", "doses": 1_950, "units": 2, "row": 2},
            {"place": "Maine", "name": "Maine", "part": "second", "doses": 1_950, "units": 2, "row": 2},
            {"place": "Ohio", "name": "Ohio", "part": "first", "doses": -10, "row": 3},
        ])
    );
    // page by page it is the same list
    let (mut pages, mut path) = (Vec::new(), "/v1/past-rounds?limit=3".to_owned());
    loop {
        let page = nobody.get(&path).await;
        pages.extend(days(&page.ok(200).body));
        let Some(next) = page.at("/next").as_str().map(str::to_owned) else { break };
        path = format!("/v1/past-rounds?limit=3&after={next}");
    }
    assert_eq!(pages, days(&all.body));
    for (query, expected) in [
        ("product=moderna", &["moderna 2021-01-04"][..]),
        ("kind=italy-deliveries", &[]),
        ("product=pfizer&from=2021-01-05", &["pfizer 2021-01-11", "pfizer 2021-01-18"]),
        ("from=2021-01-11&to=2021-01-11", &["pfizer 2021-01-11"]),
    ] {
        assert_eq!(days(&nobody.get(&format!("/v1/past-rounds?{query}")).await.ok(200).body), expected, "{query}");
    }
    app.audit_ok().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_there_stays_as_it_is() {
    let app = TestApp::start().await;
    import(&app, &[week("pfizer", "2021-01-04", 975)]).await.unwrap();
    let rows = "select count(*) from allocation.past_line";
    let before = app.db.number(rows).await;
    let again = import(&app, &[week("pfizer", "2021-01-04", 975), week("pfizer", "2021-01-11", 975)]).await.unwrap();
    assert_eq!((again.new, again.unchanged, again.differing.len()), (1, 1, 0));
    let other = import(&app, &[week("pfizer", "2021-01-04", 1_950)]).await.unwrap();
    assert_eq!((other.new, other.unchanged), (0, 0));
    let told = other.differing[0].en();
    assert_eq!(other.differing[0].code.code, "past.differs");
    assert!(told.contains("pfizer") && told.contains("2021-01-04"), "{told}");
    assert_eq!(app.db.number(rows).await, 2 * before);
    assert_eq!(app.db.number("select max(doses) from allocation.past_line").await, 975);

    // sixteen at once write it once
    let one = week("moderna", "2021-02-01", 100);
    let mut importing = tokio::task::JoinSet::new();
    for _ in 0..16 {
        let db = app.db.home.pool("allocation_app", "allocation").unwrap();
        let (ctx, one) = (OpCtx::system("importer", &Clock::load(&db).await.unwrap()), one.clone());
        importing.spawn(async move { import_past_rounds(&db, &ctx, &[one]).await.unwrap().new });
    }
    assert_eq!(importing.join_all().await.iter().sum::<usize>(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_who_runs_the_machine_takes_them_in() {
    let app = TestApp::start().await;
    let db = app.db.home.pool("allocation_app", "allocation").unwrap();
    let mut ctx = OpCtx::system("importer", &Clock::load(&db).await.unwrap());
    for role in [Role::Ministry, Role::Prefecture, Role::Auditor, Role::Public] {
        ctx.actor = Actor { role, ..Actor::system("importer") };
        let refused = import_past_rounds(&db, &ctx, &[week("pfizer", "2021-01-04", 975)]).await;
        assert_eq!(refused.unwrap_err().into_problem().code.code, "auth.forbidden", "{role:?}");
    }
    assert_eq!(app.db.number("select count(*) from allocation.past_round").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_questions_are_told() {
    let app = TestApp::start().await;
    let nobody = app.anonymous();
    for query in ["from=yesterday", "limit=x", "after=1", "colour=red", "from=2021-13-01"] {
        nobody.get(&format!("/v1/past-rounds?{query}")).await.refused(400, "request.malformed");
    }
    let nowhere = format!("after={}", platform::opctx::new_id());
    for (query, path) in [("limit=0", "limit"), ("limit=51", "limit"), (nowhere.as_str(), "after")] {
        let refused = nobody.get(&format!("/v1/past-rounds?{query}")).await;
        assert_eq!(refused.refused(422, "request.invalid").at("/errors/0/path"), path, "{query}");
    }
    for query in ["on=yesterday", "colour=red"] {
        nobody.get(&format!("/v1/goods?{query}")).await.refused(400, "request.malformed");
    }
    let bad = nobody.with_token("x");
    for path in ["/v1/past-rounds", "/v1/goods"] {
        bad.get(path).await.refused(401, "auth.invalid_token");
    }
}

/// Syringes changed with the doses a vial; those for dilution came later than the first boxes.
#[tokio::test(flavor = "multi_thread")]
async fn goods_are_those_of_the_day() {
    let app = TestApp::start().await;
    let nobody = app.anonymous();
    let on = |day: &'static str| {
        let nobody = nobody.clone();
        async move {
            let list = nobody.get(&format!("/v1/goods?product=comirnaty-12plus&on={day}")).await;
            assert_eq!(list.ok(200).at("/on"), day);
            let goods = list.at("/goods");
            let told = |row: &Value| {
                let by =
                    if row["per_vials"].is_null() { ("dose", &row["per_doses"]) } else { ("vial", &row["per_vials"]) };
                format!("{} {} per {} {}", row["goods"].as_str().unwrap(), row["pieces"], by.1, by.0)
            };
            goods.as_array().unwrap().iter().map(told).collect::<Vec<_>>()
        }
    };
    assert!(on("2021-01-31").await.is_empty());
    assert_eq!(on("2021-02-28").await, ["diluent-2ml 1 per 1 vial", "needle 1 per 1 dose", "syringe 1 per 1 dose"]);
    let march = on("2021-04-11").await;
    assert_eq!(march[2..], ["needle-dilution 1 per 1 vial", "syringe 1 per 1 dose", "syringe-dilution 1 per 1 vial"]);
    let april = on("2021-04-12").await;
    assert_eq!(april[4], "syringe-low-dead-space 1 per 1 dose");
    assert!(!april.contains(&"syringe 1 per 1 dose".to_owned()));
    // the clock's day unless told otherwise; no product is every product
    let today = nobody.get("/v1/goods").await;
    assert_eq!(
        (today.ok(200).at("/on"), today.at("/goods/0/unit")),
        (json!("2021-04-05"), json!({"ja": "本", "en": "vials"}))
    );
    assert_eq!(nobody.get("/v1/goods?product=nothing").await.ok(200).at("/goods"), json!([]));
}
