//! A server in the test's own process, with a database of its own.
use crate::{Answer, ChaosProxy, TestBroker, TestClient, TestDb};
use allocation::Allocation;
use capacity::Capacity;
use domain::{
    BusinessDay, GmisId, TerritoryCode,
    ids::FacilityId,
    time::{Instant, parse_instant},
};
use identity::app::{facilities, set_clock};
use meguri::{
    home::Home,
    seed::{self, proxy_name, service_secret},
    serve::{self, Running, Settings},
};
use platform::{Db, OpCtx, Shared, clock::Clock, limit::Rates, opctx::new_id};
use serde_json::{Value, json};
use std::net::TcpListener;

/// Rates that no test reaches by itself.
const GENEROUS: Rates = Rates { person: 100_000, machine: 100_000, public: 100_000 };

/// A facility made for a test.
#[derive(Debug, Clone)]
pub struct Facility {
    /// Our id.
    pub id: FacilityId,
    /// 医療機関ID
    pub gmis_id: String,
    /// Where.
    pub municipality: TerritoryCode,
    /// Name.
    pub name: String,
}

impl Facility {
    /// The key for paths.
    #[must_use]
    pub fn key(&self) -> String {
        self.id.to_string()
    }
}

/// The server.
pub struct TestApp {
    /// Its database.
    pub db: TestDb,
    /// The running server.
    pub server: Running,
    /// The day on which its clock starts.
    pub today: BusinessDay,
    /// Its places at the broker, if it was started with one.
    pub broker: Option<TestBroker>,
}

impl TestApp {
    /// Starts all services.
    pub async fn start() -> Self {
        Self::start_with(GENEROUS, None).await
    }

    /// Starts all services with the broker: the relay publishes, services consume. Names are the test's own
    /// and removed with it.
    pub async fn with_broker() -> Self {
        Self::start_on(TestDb::new().await, GENEROUS, None, true).await
    }

    /// Starts all services with other rates, or with the database behind a proxy.
    pub async fn start_with(rates: Rates, proxy: Option<&ChaosProxy>) -> Self {
        Self::start_on(TestDb::new().await, rates, proxy, false).await
    }

    async fn start_on(db: TestDb, rates: Rates, proxy: Option<&ChaosProxy>, with_broker: bool) -> Self {
        // what went wrong inside stands in the output of the test that fails
        platform::telemetry::start("warn", false);
        let broker = with_broker.then(|| TestBroker::of(&db.home));
        let mut stack = db.home.stack.clone();
        if let Some(proxy) = proxy {
            stack.database_url = proxy.in_front_of(&stack.database_url);
        }
        let home = Home::of(stack, db.home.database());
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let settings = Settings {
            rates,
            limit_prefix: Some(format!("t{}", new_id().simple())),
            broker: broker.as_ref().map(|broker| broker.broker.clone()),
            ..Settings::all(listener)
        };
        let server = serve::start(&home, settings).await.expect("the server starts");
        let today = BusinessDay::at(parse_instant(seed::TRAINING_START).expect("the constant"));
        Self { db, server, today, broker }
    }

    /// A client that is nobody.
    #[must_use]
    pub fn anonymous(&self) -> TestClient {
        TestClient::anonymous(&self.server.url)
    }

    pub(crate) async fn sign_in(&self, request: &Value) -> TestClient {
        let nobody = self.anonymous();
        let answer = nobody.post("/v1/tokens", request).await;
        let token = answer.ok(200).at("/access_token");
        nobody.with_token(token.as_str().expect("a token"))
    }

    /// A persona of the seed: `ministry`, `prefecture-13`, `municipality-131016`, `auditor` …
    pub async fn persona(&self, name: &str) -> TestClient {
        let list = seed::sign_ins(&self.db.home);
        let persona = list.iter().find(|sign_in| sign_in.name == name).unwrap_or_else(|| panic!("no persona {name}"));
        self.sign_in(&json!({"grant_type": "password", "username": name, "password": persona.credential})).await
    }

    /// The ministry.
    pub async fn ministry(&self) -> TestClient {
        self.persona("ministry").await
    }

    /// A prefecture's service account that reports for its hospitals.
    pub async fn proxy(&self, prefecture: u32) -> TestClient {
        let name = proxy_name(prefecture);
        let secret = service_secret(&self.db.home, &name);
        self.sign_in(&json!({"grant_type": "service_account", "client_id": name, "client_secret": secret})).await
    }

    /// A service account of the vaccination officer of a prefecture (`130001`) or municipality (`131016`).
    pub async fn officer(&self, code: &str) -> TestClient {
        self.officer_named(&format!("officer-{code}"), code).await
    }

    /// A second one, who approves what the first has handed in; `000000` for one of the ministry.
    pub async fn second_officer(&self, code: &str) -> TestClient {
        self.officer_named(&format!("officer-{code}-2"), code).await
    }

    /// The same under a name: two officers of one place.
    pub async fn officer_named(&self, name: &str, code: &str) -> TestClient {
        self.sign_in(&self.db.officer(name, code).await).await
    }

    /// Staff of a facility.
    pub async fn hospital(&self, facility: &Facility) -> TestClient {
        let name = format!("hospital-{}", facility.gmis_id);
        let sign_in = seed::hospital_persona(&self.db.home, &name, facility.id, facility.municipality, &facility.name);
        let sign_in = sign_in.await.expect("the account is made");
        self.sign_in(&json!({"grant_type": "password", "username": name, "password": sign_in.credential})).await
    }

    /// Makes hospitals with the daily duty from today on, one in each municipality named.
    pub async fn facilities(&self, municipalities: &[&str]) -> Vec<Facility> {
        let identity = self.db.home.pool("identity_app", "identity").expect("a pool");
        let ctx = OpCtx::system("testkit", &Clock::load(&identity).await.expect("the clock"));
        let first = self.db.number("select count(*) from reference.facility").await;
        let facts: Vec<_> = (first..).zip(municipalities).map(|(number, code)| facts(number, code)).collect();
        let imported = facilities::import(&identity, &ctx, &facts).await.expect("the facilities are made");
        let made: Vec<Facility> = facts
            .into_iter()
            .map(|facts| Facility {
                id: *imported.ids.get(facts.gmis_id.as_str()).expect("it was imported"),
                gmis_id: facts.gmis_id.as_str().to_owned(),
                municipality: facts.municipality,
                name: facts.name,
            })
            .collect();
        let places: Vec<_> = made.iter().map(|facility| (facility.id, facility.municipality)).collect();
        let capacity = self.capacity().await;
        capacity::app::assign_duties::assign_duties(&capacity, &ctx, "daily", self.today, &places)
            .await
            .expect("the duties are assigned");
        made
    }

    /// One hospital.
    pub async fn facility(&self, municipality: &str) -> Facility {
        self.facilities(&[municipality]).await.remove(0)
    }

    pub(crate) async fn shared(&self) -> Shared {
        let home = &self.db.home;
        let identity = home.pool("identity_app", "identity").expect("a pool");
        serve::shared(home, &identity, &self.server.url, "testkit", GENEROUS).await.expect("shared")
    }

    /// The capacity service, for use cases that have no endpoint.
    pub async fn capacity(&self) -> Capacity {
        let db = self.db.home.pool("capacity_app", "capacity").expect("a pool");
        Capacity::start(self.shared().await, db).await.expect("capacity")
    }

    /// The capacity service on a single connection, to see what that one is sent.
    pub async fn capacity_on_one(&self) -> Capacity {
        Capacity::start(self.shared().await, self.single("capacity_app", "capacity")).await.expect("capacity")
    }

    /// The allocation service on a single connection.
    pub async fn allocation_on_one(&self) -> Allocation {
        Allocation::new(self.shared().await, self.single("allocation_app", "allocation"))
    }

    pub(crate) fn single(&self, role: &str, schema: &'static str) -> Db {
        Db::new(&self.db.home.role_url(role).expect("a URL"), schema, 1).expect("a pool")
    }

    /// Steps the instance's clock and waits until the server shows it.
    pub async fn step_clock(&self, to: &str) {
        let to: Instant = parse_instant(to).expect("an instant");
        let identity = self.db.home.pool("identity_app", "identity").expect("a pool");
        let ctx = OpCtx::system("testkit", &Clock::load(&identity).await.expect("the clock"));
        set_clock::step(&identity, &ctx, to).await.expect("the clock is stepped");
        until("the server follows the clock", async || self.server.clock.now() >= to).await;
    }

    /// Runs the auditor: is there a violation that says so?
    pub async fn audit_finds(&self, what: &str) -> bool {
        let report = meguri::audit::run(&self.db.home.role_url("audit").expect("a URL")).await.expect("the audit runs");
        report.checks.iter().flat_map(|check| &check.violations).any(|violation| violation.contains(what))
    }

    /// Runs the auditor and asserts that nothing is violated.
    pub async fn audit_ok(&self) {
        let report = meguri::audit::run(&self.db.home.role_url("audit").expect("a URL")).await.expect("the audit runs");
        assert!(report.ok, "{}", meguri::audit::table(&report));
    }
}

fn facts(number: i64, municipality: &str) -> facilities::FacilityFacts {
    facilities::FacilityFacts {
        gmis_id: GmisId::parse(&format!("{:08}", 99_000_000 + number)).expect("eight digits"),
        facility_code: None,
        name: format!("訓練病院{number}"),
        postal_code: None,
        address: "訓練".to_owned(),
        phone: None,
        municipality: TerritoryCode::parse(municipality).expect("a territory"),
        latitude_e6: None,
        longitude_e6: None,
        synthetic: true,
    }
}

/// Waits for a condition, at most a minute: a busy machine is no fault.
pub async fn until(what: &str, mut condition: impl AsyncFnMut() -> bool) {
    let deadline = tokio::time::Instant::now() + std::time::Duration::from_secs(60);
    while !condition().await {
        assert!(tokio::time::Instant::now() < deadline, "waited in vain: {what}");
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
}

/// A daily report for a facility, as JSON, with a new id.
#[must_use]
pub fn report(facility: &Facility, day: BusinessDay, values: impl Into<Value>) -> Value {
    let values: Value = values.into();
    json!({
        "id": new_id(), "facility": facility.key(), "form": "daily", "business_day": day, "values": values,
    })
}

/// Sends a report and asserts that it is taken.
pub async fn take(client: &TestClient, report: &Value) -> Answer {
    let answer = client.post("/v1/reports", report).await;
    answer.ok(201);
    answer
}
