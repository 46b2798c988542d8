//! What is late is told, and carried through where that was agreed; each once, to the very moment.
use super::setup::{KAGAWA, NATION, Setup, TOTTORI, YONAGO, carry_through, lines, step};
use allocation::app::{late::carry_late, open_round::Expected, remind::remind};
use chrono::TimeDelta;
use domain::{
    plan::OnLate,
    territory::Tier,
    time::{Instant, parse_instant},
};
use platform::{OpCtx, opctx::new_id};
use serde_json::{Value, json};
use testkit::{Answer, round::BOX_VIALS};

/// Long after the clock of the test, so that the server's own job finds nothing to do.
const NATION_DUE: &str = "2021-04-20T12:00:00+09:00";
const PREFECTURES_DUE: &str = "2021-04-22T12:00:00+09:00";

fn at(text: &str) -> Instant {
    parse_instant(text).unwrap()
}

fn calendar(on_late: OnLate, objection_hours: i32) -> impl Fn(Tier, Expected) -> Expected {
    move |tier, expected| match tier {
        Tier::Nation => Expected { due: at(NATION_DUE), objection_hours, on_late },
        Tier::Prefecture => Expected { due: at(PREFECTURES_DUE), objection_hours: 0, on_late },
        Tier::Municipality => expected,
    }
}

/// The service at a moment of its own, as one of its processes.
struct Process {
    allocation: allocation::Allocation,
}

impl Process {
    async fn of(setup: &Setup) -> Self {
        Self { allocation: setup.app.allocation_on_one().await }
    }

    fn ctx(&self, now: Instant) -> OpCtx {
        OpCtx { now, ..OpCtx::system("calendar", &self.allocation.shared.clock) }
    }

    async fn remind(&self, now: Instant) -> usize {
        remind(&self.allocation, &self.ctx(now)).await.unwrap()
    }

    async fn carry(&self, now: Instant) -> usize {
        carry_late(&self.allocation, &self.ctx(now)).await.unwrap()
    }
}

impl Setup {
    async fn notices(&self, topic: &str) -> Vec<Value> {
        let sql = format!(
            "select payload from allocation.outbox where type = 'notification.requested.v1'
             and payload ->> 'topic' = '{topic}' order by payload ->> 'recipient'"
        );
        self.app.db.rows(&sql).await.into_iter().map(|row| row["payload"].clone()).collect()
    }

    async fn state_of(&self, holder: &str) -> String {
        self.app.db.text(&format!("select state from allocation.plan where holder = '{holder}'")).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_due_is_reminded_a_day_and_an_hour_before_and_when_late() {
    let setup = Setup::with_calendar(1_000 * BOX_VIALS, calendar(OnLate::Wait, 0)).await;
    let process = Process::of(&setup).await;
    let (due, ms) = (at(NATION_DUE), TimeDelta::milliseconds(1));
    for (before, topic) in [
        (TimeDelta::hours(24), "plan.due_soon"),
        (TimeDelta::hours(1), "plan.due_soon"),
        (TimeDelta::zero(), "plan.late"),
    ] {
        let moment = due - before;
        assert_eq!(process.remind(moment - ms).await, 0, "{topic}");
        assert_eq!(process.remind(moment).await, 1, "{topic}");
        assert_eq!(process.remind(moment + ms).await, 0, "once: {topic}");
    }
    assert_eq!((setup.told("plan.due_soon").await, setup.told("plan.late").await), (2, 1));
    assert_eq!(setup.told("plan.late_below").await, 0, "nobody stands above the nation");
    let late = setup.notices("plan.late").await;
    assert_eq!((&late[0]["recipient"], &late[0]["due_at"]), (&json!(NATION), &json!("2021-04-20T03:00:00.000Z")));
    assert!(late[0]["ja"].as_str().unwrap().contains("2021-04-20 12:00"), "{}", late[0]);
    setup.app.audit_ok().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_level_above_is_told_who_is_late() {
    let setup = Setup::with_calendar(1_000 * BOX_VIALS, calendar(OnLate::Wait, 0)).await.hand_down().await;
    let tottori = setup.app.officer(TOTTORI).await;
    let (plan, version) = setup.plan_of(TOTTORI).await;
    let draft =
        Answer { body: json!({"plan": plan, "version": version, "holder": TOTTORI}), ..tottori.get("/healthz").await };
    carry_through(&setup.app, &tottori, &draft).await;
    let (one, two) = (Process::of(&setup).await, Process::of(&setup).await);
    // the clock has jumped past all moments: the newest is told, by one of two processes
    let late = at(PREFECTURES_DUE);
    let (a, b) = tokio::join!(one.remind(late), two.remind(late));
    assert_eq!(a + b, 46, "all but Tottori, which has committed");
    assert_eq!((setup.told("plan.due_soon").await, setup.told("plan.late").await), (0, 46));
    let above = setup.notices("plan.late_below").await;
    assert_eq!((above.len(), &above[0]["recipient"]), (1, &json!(NATION)));
    let text = above[0]["ja"].as_str().unwrap();
    assert!(text.contains("46") && text.contains("北海道") && !text.contains("鳥取県"), "{text}");
    assert!(setup.notices("plan.late").await.iter().all(|told| told["recipient"] != TOTTORI));
    assert_eq!(setup.state_of(KAGAWA).await, "computed", "it waits");
    assert_eq!(one.carry(late + TimeDelta::days(1)).await, 0);
    setup.app.audit_ok().await;
}

/// Who has nothing to grant has nothing to be late with.
#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_reminded_of_nothing() {
    let setup = Setup::with_calendar(0, calendar(OnLate::Wait, 0)).await;
    let process = Process::of(&setup).await;
    assert_eq!(process.remind(at(NATION_DUE)).await, 0);
    setup.app.db.supply(setup.round, BOX_VIALS).await;
    assert_eq!(process.remind(at(NATION_DUE) + TimeDelta::days(91)).await, 0, "long forgotten");
    assert_eq!(process.remind(at(NATION_DUE) + TimeDelta::days(89)).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_late_is_carried_through_as_it_stands() {
    let setup = Setup::with_calendar(1_000 * BOX_VIALS + 7, calendar(OnLate::Carry, 0)).await;
    let ministry = setup.app.ministry().await;
    let computed = ministry.post("/v1/plans", &setup.compute(NATION)).await;
    let plan = computed.ok(200).at("/plan").as_str().unwrap().to_owned();
    let (one, two) = (Process::of(&setup).await, Process::of(&setup).await);
    let due = at(NATION_DUE);
    assert_eq!(one.carry(due - TimeDelta::milliseconds(1)).await, 0);
    let (a, b) = tokio::join!(one.carry(due), two.carry(due));
    assert_eq!(a + b, 1, "by one of two processes");
    assert_eq!((one.carry(due).await, setup.state_of(NATION).await), (0, "committed".to_owned()));
    assert_eq!((setup.left("granted", NATION).await, setup.left("reserve", NATION).await), (0, 7));
    let history = "select action || ' ' || actor_name || ' ' || (reason is not null) from allocation.plan_change
                   where plan_id = (select id from allocation.plan where level = 'nation') and version = 2";
    assert_eq!(setup.app.db.text(history).await, "carry calendar true");
    let signed = "select count(*) from allocation.plan where level = 'nation' and approved_by is null";
    assert_eq!(setup.app.db.number(signed).await, 1, "nobody has approved it");
    assert_eq!(setup.app.db.number("select count(*) from allocation.plan where state = 'computed'").await, 47);
    assert_eq!(one.remind(due).await, 0, "what is committed is not late");
    step(&ministry, &plan, "submit", 1).await.refused(409, "allocation.stale_plan");

    // a prefecture has handed in, another has approved; all are carried through
    let (tottori, kagawa) = (setup.app.officer(TOTTORI).await, setup.app.officer(KAGAWA).await);
    let (plan, version) = setup.plan_of(TOTTORI).await;
    step(&tottori, &plan, "submit", version).await.ok(200);
    let (plan, version) = setup.plan_of(KAGAWA).await;
    step(&kagawa, &plan, "submit", version).await.ok(200);
    step(&setup.app.second_officer(KAGAWA).await, &plan, "approve", version + 1).await.ok(200);
    assert_eq!(one.carry(at(PREFECTURES_DUE)).await, 47);
    assert_eq!(setup.app.db.number("select count(*) from allocation.plan where state = 'committed'").await, 48);
    setup.app.audit_ok().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_exceeds_its_supply_is_not_carried() {
    let setup = Setup::with_calendar(1_000 * BOX_VIALS, calendar(OnLate::Carry, 0)).await.hand_down().await;
    let (plan, _) = setup.plan_of(TOTTORI).await;
    let sql = format!(
        "update allocation.plan_line set units = units + 1 where plan_id = '{plan}' and recipient = '{YONAGO}'"
    );
    setup.app.db.sql(&sql).await;
    let process = Process::of(&setup).await;
    assert_eq!(process.carry(at(PREFECTURES_DUE)).await, 46);
    assert_eq!(setup.state_of(TOTTORI).await, "computed");
    assert_eq!(process.remind(at(PREFECTURES_DUE)).await, 1, "it is told late instead");
    let tottori = setup.app.officer(TOTTORI).await;
    let units = setup.units(&plan, YONAGO).await;
    super::setup::adjust(&tottori, &plan, &lines(1, &[(YONAGO, units - 1)])).await.ok(200);
    assert_eq!(process.carry(at(PREFECTURES_DUE)).await, 1);
}

/// Those below are heard first, however late it is.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_carried_past_those_below() {
    let setup = Setup::with_calendar(1_000 * BOX_VIALS, calendar(OnLate::Carry, 24 * 20)).await;
    let (ministry, tottori) = (setup.app.ministry().await, setup.app.officer(TOTTORI).await);
    let process = Process::of(&setup).await;
    let computed = ministry.post("/v1/plans", &setup.compute(NATION)).await;
    let plan = computed.ok(200).at("/plan").as_str().unwrap().to_owned();
    assert_eq!(process.carry(at(NATION_DUE)).await, 0, "they have not been asked");
    step(&ministry, &plan, "submit", 1).await.ok(200);
    let body = json!({"id": new_id(), "version": 2, "text": "理由"});
    let made = tottori.post(&format!("/v1/plans/{plan}:object"), &body).await;
    let (open, ended) = (at("2021-04-25T12:00:00+09:00"), at("2021-04-25T13:00:00+09:00"));
    assert_eq!(process.carry(open).await, 0, "the window is open");
    assert_eq!(process.carry(ended).await, 0, "an objection has no answer");
    let path = format!("/v1/objections/{}:answer", made.ok(200).at("/objection").as_str().unwrap());
    ministry.post(&path, &json!({"id": new_id(), "decision": "declined", "text": "理由"})).await.ok(200);
    assert_eq!(process.carry(open).await, 0, "the window is open");
    assert_eq!(process.carry(ended).await, 1);
    setup.app.audit_ok().await;
}

/// The server does both by itself.
#[tokio::test(flavor = "multi_thread")]
async fn the_servers_job_keeps_the_calendar() {
    let setup = Setup::with_calendar(1_000 * BOX_VIALS, calendar(OnLate::Carry, 0)).await;
    setup.app.ministry().await.post("/v1/plans", &setup.compute(NATION)).await.ok(200);
    setup.app.step_clock(NATION_DUE).await;
    testkit::app::until("the nation's plan is carried through", async || setup.state_of(NATION).await == "committed")
        .await;
    setup.app.step_clock("2021-04-21T12:00:00+09:00").await;
    testkit::app::until("the prefectures are reminded", async || setup.told("plan.due_soon").await == 47).await;
    setup.app.audit_ok().await;
}
