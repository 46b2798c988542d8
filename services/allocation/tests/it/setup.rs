//! A round with populations, sites and officers, and the steps that every test takes.
use allocation::app::open_round::Expected;
use domain::territory::Tier;
use platform::opctx::new_id;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use testkit::{Answer, TestApp, TestClient};
use uuid::Uuid;

pub const NATION: &str = "000000";
/// Two small prefectures; in them the tests go down to the sites.
pub const TOTTORI: &str = "310000";
pub const KAGAWA: &str = "370002";
/// The only municipality in which nobody lives.
pub const EMPTY_TOWN: &str = "314030";
pub const TOTTORI_CITY: &str = "312011";
pub const YONAGO: &str = "312029";
pub const TAKAMATSU: &str = "372013";

/// Made-up persons of a municipality, told apart by the code; many where the tests look.
#[expect(clippy::unnecessary_wraps, reason = "the tests leave out figures, this one does not")]
pub fn persons(code: &str) -> Option<i64> {
    let number: i64 = code.parse().unwrap();
    Some(match code {
        EMPTY_TOWN => 0,
        TOTTORI_CITY | YONAGO | TAKAMATSU => 300_000,
        _ => 1_000 + number * 7_919 % 90_000,
    })
}

/// A server, its round, and the sites of three municipalities: a mass site, then two hospitals.
pub struct Setup {
    pub app: TestApp,
    pub round: Uuid,
    pub sites: BTreeMap<String, Vec<Uuid>>,
}

impl Setup {
    /// A round with a supply, everybody's population known.
    pub async fn with_supply(vials: i64) -> Self {
        Self::with(vials, persons).await
    }

    pub async fn with(vials: i64, persons: impl Fn(&str) -> Option<i64>) -> Self {
        Self::with_both(vials, persons, |_, expected| expected).await
    }

    /// A round with another calendar: `change` gets what is expected of each level.
    pub async fn with_calendar(vials: i64, change: impl Fn(Tier, Expected) -> Expected) -> Self {
        Self::with_both(vials, persons, change).await
    }

    async fn with_both(
        vials: i64,
        persons: impl Fn(&str) -> Option<i64>,
        change: impl Fn(Tier, Expected) -> Expected,
    ) -> Self {
        let app = TestApp::start().await;
        app.db.populations(persons).await;
        let round = app.db.open_round_with(9, vials, change).await;
        let hubs = [TOTTORI_CITY, YONAGO, TAKAMATSU];
        let satellites = app.facilities(&[hubs, hubs].concat()).await;
        let sites = app.db.sites(round, &hubs.map(|hub| (hub, 400)), &satellites).await;
        Self { app, round, sites }
    }

    /// A round that the nation has committed.
    pub async fn handed_down(vials: i64) -> Self {
        Self::with_supply(vials).await.hand_down().await
    }

    /// The round after the nation has committed.
    pub async fn hand_down(self) -> Self {
        let ministry = self.app.ministry().await;
        let computed = ministry.post("/v1/plans", &self.compute(NATION)).await;
        carry_through(&self.app, &ministry, computed.ok(200)).await;
        self
    }

    /// How many were told something of this topic.
    pub async fn told(&self, topic: &str) -> i64 {
        let sql = format!(
            "select count(*) from allocation.outbox
             where type = 'notification.requested.v1' and payload ->> 'topic' = '{topic}'"
        );
        self.app.db.number(&sql).await
    }

    /// The request to compute a level's plan, by population.
    pub fn compute(&self, holder: &str) -> Value {
        json!({"id": new_id(), "round": self.round, "holder": holder,
               "components": [{"name": "base", "indicator": "population"}]})
    }

    /// A plan in force: id and version.
    pub async fn plan_of(&self, holder: &str) -> (String, i64) {
        let sql = format!("select id, version from allocation.plan where holder = '{holder}' and kind = 'division'");
        let rows = self.app.db.rows(&sql).await;
        assert_eq!(rows.len(), 1, "{holder}");
        (rows[0]["id"].as_str().unwrap().to_owned(), rows[0]["version"].as_i64().unwrap())
    }

    /// Units of a plan's own line.
    pub async fn units(&self, plan: &str, recipient: &str) -> i64 {
        let sql = format!(
            "select units from allocation.plan_line where plan_id = '{plan}' and recipient = '{recipient}' and under is null"
        );
        self.app.db.number(&sql).await
    }

    /// What a holder has left in an account of the book.
    pub async fn left(&self, kind: &str, holder: &str) -> i64 {
        let sql = format!(
            "select coalesce(sum(a.credits_posted - a.debits_posted), 0) from allocation.account a
             join allocation.book_account b on b.account_id = a.id where b.kind = '{kind}' and b.holder = '{holder}'"
        );
        self.app.db.number(&sql).await
    }

    /// The request by which a holder assigns vials to its sites.
    pub fn assign(&self, holder: &str, vials: &[i64]) -> Value {
        let own = &self.sites[holder];
        let sites: Vec<Value> =
            own.iter().zip(vials).map(|(site, vials)| json!({"site": site, "vials": vials})).collect();
        json!({"id": new_id(), "round": self.round, "holder": holder, "sites": sites})
    }

    /// All rows that anything done to a round leaves behind.
    pub async fn rows(&self) -> i64 {
        let count = |table: &str| format!("(select count(*) from allocation.{table})");
        let tables = [
            "plan",
            "plan_line",
            "plan_change",
            "transfer",
            "account",
            "book_account",
            "outbox",
            "subject",
            "idempotency",
            "audit",
        ];
        self.app.db.number(&tables.map(count).join(" + ")).await
    }

    /// What all plans say, as one number: it changes with any unit, state or version.
    pub async fn plans_digest(&self) -> String {
        let lines = "select string_agg(l.plan_id || l.recipient || l.units, ',' order by l.plan_id, l.recipient)
                     from allocation.plan_line l";
        let plans = "select string_agg(p.id || p.state || p.version, ',' order by p.id) from allocation.plan p";
        self.app.db.text(&format!("md5(coalesce(({lines}), '') || coalesce(({plans}), ''))")).await
    }
}

/// `POST /v1/plans/{plan}:{step}`, with a new id.
pub async fn step(client: &TestClient, plan: &str, step: &str, version: i64) -> Answer {
    client.post(&format!("/v1/plans/{plan}:{step}"), &json!({"id": new_id(), "version": version})).await
}

/// The request to change lines by hand, with a new id.
pub fn lines(version: i64, lines: &[(&str, i64)]) -> Value {
    let lines: Vec<Value> =
        lines.iter().map(|(recipient, units)| json!({"recipient": recipient, "units": units})).collect();
    json!({"id": new_id(), "version": version, "reason": "会場の都合", "lines": lines})
}

pub async fn adjust(client: &TestClient, plan: &str, body: &Value) -> Answer {
    client.post(&format!("/v1/plans/{plan}:adjust"), body).await
}

/// Hands in, agrees to (as its holder's second officer) and commits the plan that an answer is about.
pub async fn carry_through(app: &TestApp, client: &TestClient, plan: &Answer) -> Answer {
    let second = app.second_officer(plan.at("/holder").as_str().unwrap()).await;
    let mut answer = plan.clone();
    for (officer, name) in [(client, "submit"), (&second, "approve"), (client, "commit")] {
        let id = answer.at("/plan");
        answer = step(officer, id.as_str().unwrap(), name, answer.at("/version").as_i64().unwrap()).await;
        answer.ok(200);
    }
    answer
}
