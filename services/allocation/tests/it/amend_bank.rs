//! Over-allotting stays impossible: officers of three levels amend up and down, commit, assign, take back and
//! release at once, and the deadline's job runs among them. Afterwards the book holds what was supplied, less
//! what was withdrawn, and the audit finds nothing.
use super::{
    amend::{amend, assigned, cascade, choose, commit, withdraw},
    setup::{NATION, Setup, TOTTORI, TOTTORI_CITY, YONAGO},
};
use allocation::{Allocation, app::amend::deadline::carry_amendments};
use chrono::TimeDelta;
use platform::{OpCtx, opctx::new_id};
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};
use testkit::{Answer, TestClient, round::BOX_VIALS};

/// What each of the clients does.
const TURNS: usize = 18;

struct Officer {
    setup: Arc<Setup>,
    clients: [TestClient; 2],
    seed: u64,
    answers: BTreeMap<String, usize>,
}

impl Officer {
    fn dice(&mut self, below: u64) -> i64 {
        self.seed = self.seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        i64::try_from((self.seed >> 33) % below).unwrap()
    }

    fn note(&mut self, what: &str, answer: &Answer) -> bool {
        let status = answer.status.as_u16();
        assert!(status < 500, "{what}: {}", answer.body);
        let code = answer.body.get("code").and_then(Value::as_str).unwrap_or("done");
        *self.answers.entry(format!("{what} {code}")).or_default() += 1;
        status == 200
    }

    /// An officer of a division: lines and supply up and down, by two persons.
    async fn divide(mut self, holder: &'static str, lines: &'static [&'static str]) -> Self {
        for _ in 0..TURNS {
            let (plan, version) = self.setup.plan_of(holder).await;
            let recipient = lines[usize::try_from(self.dice(lines.len() as u64)).unwrap()];
            let units = self.setup.units(&plan, recipient).await + self.dice(7) - 3;
            let mut what = json!({"lines": [{"recipient": recipient, "units": units.max(0)}], "hours": 1});
            if holder == NATION && self.dice(3) == 0 {
                let sql = format!("select supply_vials from allocation.plan where id = '{plan}'");
                let supply = self.setup.app.db.number(&sql).await;
                what = json!({"supply_vials": supply + (self.dice(9) - 6) * BOX_VIALS, "hours": 1});
            }
            let proposed = amend(&self.clients[0], &plan, version, what).await;
            self.note("amend", &proposed);
            // whatever is open: the own proposal, or what came from above
            let sql = format!(
                "select id, version, state from allocation.amendment where holder = '{holder}' and ended_at is null
                 and state <> 'waiting'"
            );
            for row in self.setup.app.db.rows(&sql).await {
                let version = row["version"].as_i64().unwrap();
                if row["state"] == "overcommitted" {
                    let choice = if self.dice(2) == 0 { "return" } else { "reserve" };
                    let done = choose(&self.clients[1], &row["id"], version, choice).await;
                    self.note("choose", &done);
                } else {
                    let done = commit(&self.clients[1], &row["id"], version).await;
                    self.note("commit", &done);
                }
            }
        }
        self
    }

    /// An officer of a city: assigns, takes back, releases.
    async fn assign(mut self, holder: &'static str) -> Self {
        for _ in 0..TURNS {
            let free = self.setup.left("granted", holder).await;
            let vials = (self.dice(5) + 1) * BOX_VIALS;
            let (what, answer) = match self.dice(4) {
                0 | 1 => {
                    let more = if self.dice(4) == 0 { free + 1 } else { vials.min(free.max(1)) };
                    let body = self.setup.assign(holder, &[more]);
                    ("assign", self.clients[0].post("/v1/assignments", &body).await)
                }
                2 => {
                    let mut own = assigned(&self.setup, holder).await;
                    own.truncate(1 + usize::try_from(self.dice(2)).unwrap());
                    ("withdraw", withdraw(&self.setup, &self.clients[0], holder, &own).await)
                }
                _ => {
                    let hub = self.setup.sites[holder][0];
                    let body = json!({"id": new_id(), "round": self.setup.round, "holder": holder, "hub": hub, "sites": [hub]});
                    ("release", self.clients[0].post("/v1/releases", &body).await)
                }
            };
            self.note(what, &answer);
        }
        self
    }
}

/// Lets the deadline pass for whatever is pending; answers how many were carried.
async fn late(allocation: &Allocation) -> usize {
    let mut ctx = OpCtx::system("deadlines", &allocation.shared.clock);
    ctx.now += TimeDelta::hours(100);
    carry_amendments(allocation, &ctx).await.unwrap()
}

/// Supply comes in, and deadlines pass, as long as the others are at work.
async fn clockwork(setup: Arc<Setup>, allocation: Allocation, working: Arc<AtomicBool>) -> usize {
    let (mut carried, mut turn) = (0, 0);
    while working.load(Ordering::SeqCst) {
        if turn % 40 == 0 && turn < 200 {
            setup.app.db.supply(setup.round, 3 * BOX_VIALS).await;
        }
        carried += late(&allocation).await;
        turn += 1;
        tokio::task::yield_now().await;
    }
    // what is still pending, level by level
    loop {
        match late(&allocation).await {
            0 => return carried,
            more => carried += more,
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn eight_officers_at_once_never_grant_what_is_not_there() {
    let supply = 2_000;
    let (setup, tottori, city) = cascade(supply).await;
    let app = &setup.app;
    let allocation = app.allocation_on_one().await;
    let nation = [app.ministry().await, app.second_officer(NATION).await];
    let prefecture = [tottori, app.second_officer(TOTTORI).await];
    let yonago = app.officer(YONAGO).await;
    let cities = [[city.clone(), city], [yonago.clone(), yonago]];
    let setup = Arc::new(setup);
    let officer = |clients: &[TestClient; 2], seed| Officer {
        setup: Arc::clone(&setup),
        clients: clients.clone(),
        seed,
        answers: BTreeMap::new(),
    };
    let working = Arc::new(AtomicBool::new(true));
    let clock = tokio::spawn(clockwork(Arc::clone(&setup), allocation, Arc::clone(&working)));
    let mut at_work = tokio::task::JoinSet::new();
    for seed in 1..=2 {
        at_work.spawn(officer(&nation, seed).divide(NATION, &[TOTTORI, "370002", "130001"]));
        at_work.spawn(officer(&prefecture, 10 + seed).divide(TOTTORI, &[TOTTORI_CITY, YONAGO, "312037"]));
        at_work.spawn(officer(&cities[0], 20 + seed).assign(TOTTORI_CITY));
        at_work.spawn(officer(&cities[1], 30 + seed).assign(YONAGO));
    }
    let mut answers: BTreeMap<String, usize> = BTreeMap::new();
    for officer in at_work.join_all().await {
        for (answer, times) in officer.answers {
            *answers.entry(answer).or_default() += times;
        }
    }
    working.store(false, Ordering::SeqCst);
    let carried = clock.await.unwrap();
    println!("{answers:?}; {carried} carried");
    let db = &setup.app.db;
    let noted = db.number("select sum(vials) from allocation.supply_notice").await;
    let left = db.number("select coalesce(sum(left_vials), 0) from allocation.amendment").await;
    let held = "select sum(credits_posted - debits_posted) from allocation.account where not source";
    assert_eq!(db.number(held).await, noted - left, "everything that was supplied and not withdrawn is somewhere");
    let below_zero = "select count(*) from allocation.account where not source and credits_posted < debits_posted";
    assert_eq!(db.number(below_zero).await, 0);
    // the run was one
    let done = |what: &str| answers.get(&format!("{what} done")).copied().unwrap_or(0);
    assert!(done("amend") >= 10 && done("commit") >= 5 && done("assign") >= 3 && done("withdraw") >= 1, "{answers:?}");
    assert!(carried >= 1, "nothing was late");
    setup.app.audit_ok().await;
}
