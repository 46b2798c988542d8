//! Sums are moved report by report and must equal what the auditor recomputes from nothing.
use domain::BusinessDay;
use serde_json::{Value, json};
use testkit::{
    Facility, TestApp,
    app::{report, take},
};

/// Small numbers that look random and are the same at every run (splitmix64).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % sides
    }

    fn values(&mut self) -> Value {
        let total = self.roll(30);
        let staffed = self.roll(total + 1);
        let occupied = self.roll(staffed + 1);
        let mut values = json!({"icu_total": total, "icu_staffed": staffed, "icu_occupied": occupied});
        let status = ["normal", "limited", "stopped", "not_offered"];
        let staffing = ["normal", "short", "exhausted"];
        match self.roll(4) {
            0 => values["icu_occupied"] = Value::Null,
            1 => values["status_emergency"] = json!(status[self.roll(4) as usize]),
            2 => values["staffing_nurses"] = json!(staffing[self.roll(3) as usize]),
            _ => values = json!({"beds_total": self.roll(500)}),
        }
        values
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn random_histories_add_up() {
    for seed in [1, 2, 3] {
        let app = TestApp::start().await;
        let made = app.facilities(&["131016", "131016", "131016", "131024", "312011", "312011"]).await;
        let (tokyo, tottori) = (app.proxy(13).await, app.proxy(31).await);
        let mut dice = Dice(seed);
        for day in 0..3 {
            for _ in 0..20 {
                let facility = &made[dice.roll(made.len() as u64) as usize];
                let client = if facility.municipality.prefecture_number() == 13 { &tokyo } else { &tottori };
                // for today mostly, sometimes for an earlier day: late, or a correction
                let about = app.today.plus_days(day - dice.roll(u64::from(day) + 1) as u32);
                take(client, &report(facility, about, dice.values())).await;
            }
            app.audit_ok().await;
            app.step_clock(&format!("{}T12:30:00+09:00", app.today.plus_days(day + 1))).await;
        }
        app.audit_ok().await;
    }
}

async fn carried(app: &TestApp, day: BusinessDay) -> i64 {
    app.db
        .number(&format!("select sum(carried) from capacity.aggregate where business_day = '{day}' and form = 'daily'"))
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_late_first_report_is_carried_to_the_days_after() {
    let app = TestApp::start().await;
    let facility = app.facility("131016").await;
    let proxy = app.proxy(13).await;
    app.step_clock("2021-04-07T12:30:00+09:00").await;
    let days: Vec<BusinessDay> = (0..3).map(|day| app.today.plus_days(day)).collect();
    // the middle and the last day are open, and nobody has ever reported
    take(&proxy, &report(&facility, days[2], json!({"icu_total": 1}))).await;
    take(&proxy, &report(&facility, days[0], json!({"icu_total": 1}))).await;
    app.audit_ok().await;
    assert_eq!([carried(&app, days[0]).await, carried(&app, days[2]).await], [0, 0]);
    take(&proxy, &report(&facility, days[1], json!({"icu_total": 1}))).await;
    app.audit_ok().await;
    app.step_clock("2021-04-08T00:00:01+09:00").await;
    let tomorrow = days[2].plus_days(1);
    testkit::app::until("the new day is open", async || {
        app.db.number(&format!("select count(*) from capacity.aggregate where business_day = '{tomorrow}'")).await > 0
    })
    .await;
    assert_eq!(carried(&app, tomorrow).await, 1);
    app.audit_ok().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_at_once_in_one_municipality_lose_nothing() {
    let app = TestApp::start().await;
    let made: Vec<Facility> = app.facilities(&["131016"; 32]).await;
    let proxy = app.proxy(13).await;
    let mut sending = tokio::task::JoinSet::new();
    for (index, facility) in made.iter().enumerate() {
        for round in 0..3_usize {
            let sent = report(facility, app.today, json!({"icu_total": index + round}));
            let proxy = proxy.clone();
            sending.spawn(async move { proxy.post("/v1/reports", &sent).await.status.as_u16() });
        }
    }
    assert!(sending.join_all().await.iter().all(|status| *status == 201));
    assert_eq!(app.db.number("select reported from capacity.aggregate where municipality = '131016'").await, 32);
    assert_eq!(app.db.number("select count(*) from capacity.report").await, 96);
    app.audit_ok().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_correction_under_a_newer_form_takes_back_what_the_older_one_counted() {
    let app = TestApp::start().await;
    let facility = app.facility("131016").await;
    let proxy = app.proxy(13).await;
    take(&proxy, &report(&facility, app.today, json!({"beds_idled": 7, "beds_total": 50, "tests_24h": 3}))).await;
    // version 2 has no idled beds, takes fewer tests, and asks something new
    app.db
        .sql(
            "insert into capacity.form select code, 2, ja, en, due, correction_days, source, true from capacity.form
             where code = 'daily' and version = 1;
             insert into capacity.form_item select form, 2, ord, code, kind, case code when 'tests_24h' then 2 else max end,
                    slot, unit, moment, ja, en
             from capacity.form_item where form = 'daily' and version = 1 and code <> 'beds_idled';
             insert into capacity.form_item (form, version, ord, code, kind, slot, unit, moment, ja, en)
             select 'daily', 2, 100, 'negative_pressure_beds', 'count', max(slot) + 4, 'beds', 'now',
                    '陰圧病床数', 'Negative-pressure beds'
             from capacity.form_item where form = 'daily' and version = 1;",
        )
        .await;
    testkit::app::until("the new version is in force", async || {
        let values = json!({"negative_pressure_beds": 2, "beds_total": 51});
        proxy.post("/v1/reports", &report(&facility, app.today, values)).await.status.as_u16() == 201
    })
    .await;
    let sums = async |slot: i64| {
        app.db
            .number(&format!(
                "select sums[{}] from capacity.aggregate where municipality = '131016' and form = 'daily'",
                slot + 1
            ))
            .await
    };
    let slot = async |item: &str| {
        app.db.number(&format!("select max(slot) from capacity.form_item where code = '{item}'")).await
    };
    assert_eq!(sums(slot("beds_idled").await).await, 0);
    assert_eq!(sums(slot("tests_24h").await).await, 0);
    assert_eq!(sums(slot("negative_pressure_beds").await).await, 2);
    assert_eq!(sums(slot("beds_total").await).await, 51);
    app.audit_ok().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_late_first_report_is_carried_to_where_the_facility_has_moved() {
    let app = TestApp::start().await;
    // alone in its municipality, so that no row of sums is left there once it has moved
    let facility = app.facility("131016").await;
    let proxy = app.proxy(13).await;
    let capacity = app.capacity().await;
    let ctx = platform::OpCtx::system("importer", &capacity.shared.clock);
    let there = domain::TerritoryCode::parse("131024").unwrap();
    let places = [(facility.id, there)];
    capacity::app::assign_duties::assign_duties(&capacity, &ctx, "daily", app.today, &places).await.unwrap();
    app.step_clock("2021-04-07T12:30:00+09:00").await;
    let last = app.today.plus_days(2);
    let rows = format!("select count(*) from capacity.aggregate where business_day = '{last}' and form = 'daily'");
    testkit::app::until("the day is open", async || app.db.number(&rows).await > 0).await;
    assert_eq!(carried(&app, last).await, 0);
    take(&proxy, &report(&facility, app.today, json!({"icu_total": 1}))).await;
    assert_eq!(carried(&app, last).await, 1);
    app.audit_ok().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn days_that_were_stepped_over_are_opened_too() {
    let app = TestApp::start().await;
    app.facility("131016").await;
    let open = "select count(*) from capacity.opened_day where form = 'daily'";
    testkit::app::until("today is open", async || app.db.number(open).await == 1).await;
    app.step_clock("2021-04-09T12:30:00+09:00").await;
    testkit::app::until("all days up to today are open", async || app.db.number(open).await == 5).await;
    let due = "select sum(due) from capacity.aggregate where form = 'daily' and business_day > '2021-04-05'";
    assert_eq!(app.db.number(due).await, 4);
    app.audit_ok().await;
}
