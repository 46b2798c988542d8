//! The story that `./demo --once` plays: hospitals in, national picture out. Each figure is checked
//! against an independent one; nothing is printed that was not measured or counted.
pub mod client;
pub mod dashboard;
pub mod delivery;
pub mod morning;
pub mod partners;
pub mod round;

use crate::round::Satellite;
use crate::{
    audit,
    home::Home,
    import, seed,
    serve::Running,
    table::{self, grouped, seconds},
};
use client::Client;
use dashboard::Dashboard;
use delivery::Delivery;
use domain::{BusinessDay, TerritoryCode, ids::FacilityId, time::parse_instant};
use identity::app::set_clock;
use morning::{Hospital, Plan, Sent};
use platform::{Failure, OpCtx, clock::Clock, failure::Result};
use round::Round;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// The moment to which the clock is stepped once the first reports are in.
const AFTER_DUE: &str = "2021-04-05T13:05:00+09:00";
/// The figure by which dashboards, hospitals and audit are compared.
const FIGURE: &str = "icu_occupied";

/// What the story has established so far.
pub struct Story<'a> {
    home: &'a Home,
    server: &'a Running,
    client: Client,
    day: BusinessDay,
    plan: Plan,
    satellites: Vec<Satellite>,
    prefectures: Option<Vec<u32>>,
    facilities: usize,
    started: Instant,
    json: serde_json::Map<String, Value>,
    faults: Vec<String>,
    say: &'a (dyn Fn(&str) + Sync),
}

/// How the story ended.
pub struct Ending {
    /// The keys of `--json`.
    pub json: Value,
    /// What did not add up; empty when all did.
    pub faults: Vec<String>,
}

impl<'a> Story<'a> {
    /// The story of the day that was imported, on a running server.
    ///
    /// # Errors
    /// When the import held no day.
    pub fn new(
        home: &'a Home,
        server: &'a Running,
        imported: &import::Outcome,
        import_time: Duration,
        prefectures: Option<Vec<u32>>,
        started: Instant,
        say: &'a (dyn Fn(&str) + Sync),
    ) -> Result<Self> {
        let day = imported.days.iter().copied().next().ok_or_else(|| Failure::internal("the file holds no day"))?;
        let hospitals = imported.facilities.iter().map(|(gmis_id, id, municipality, _)| Hospital {
            gmis_id: gmis_id.clone(),
            id: *id,
            municipality: *municipality,
        });
        let hospitals: Vec<Hospital> = hospitals.collect();
        let satellite = |(_, id, municipality, name): &(String, FacilityId, TerritoryCode, String)| Satellite {
            facility: *id,
            municipality: *municipality,
            name: name.clone(),
        };
        let satellites = imported.facilities.iter().map(satellite).collect();
        let mut json = serde_json::Map::new();
        let summary = &imported.summary;
        let facilities = summary.facilities_new + summary.facilities_changed + summary.facilities_unchanged;
        json.insert("facilities_imported".to_owned(), json!(facilities));
        json.insert("answers_imported".to_owned(), json!(summary.answers));
        json.insert("import_seconds".to_owned(), json!(rounded(import_time)));
        let mut faults = Vec::new();
        if summary.rejected > 0 {
            faults.push(format!("{} rows of the file were rejected", summary.rejected));
        }
        Ok(Self {
            home,
            server,
            client: Client::new(&server.url),
            day,
            facilities: hospitals.len(),
            plan: Plan::new(hospitals),
            satellites,
            prefectures,
            started,
            json,
            faults,
            say,
        })
    }

    /// Plays it to the end.
    ///
    /// # Errors
    /// When the server, the database or the auditor cannot be reached; what does not add up is a
    /// fault in the ending instead.
    pub async fn play(mut self) -> Result<Ending> {
        let before = self.dashboards("before").await?;
        self.expect("reported before the morning", before.nation.reported, 0);
        let reporting = Instant::now();
        let in_time = self.send(&self.plan.in_time, 1, "before 13:00").await?;
        let noon = self.dashboards("13:00").await?;
        self.expect("reported at 13:00", noon.nation.reported, self.plan.in_time.len());
        self.step_clock().await?;
        let late = self.send(&self.plan.late, 1, "after 13:00").await?;
        let corrected = self.send(self.plan.corrections(), 2, "corrections").await?;
        let reporting = reporting.elapsed();
        let after = self.dashboards("after").await?;
        self.reports(&[in_time, late, corrected], reporting);
        self.add_up(&after);
        self.drill_down(&after).await?;
        self.round().await?;
        self.delivery().await?;
        self.audit(&after).await?;
        self.json.insert("seconds_total".to_owned(), json!(rounded(self.started.elapsed())));
        Ok(Ending { json: Value::Object(self.json), faults: self.faults })
    }

    fn expect<T: PartialEq + std::fmt::Display + Copy>(&mut self, what: &str, found: T, wanted: T) {
        if found != wanted {
            self.faults.push(format!("{what}: {found}, but {wanted} was expected"));
        }
    }

    async fn ministry(&self) -> Result<String> {
        let list = seed::sign_ins(self.home);
        let ministry = list.iter().find(|sign_in| sign_in.name == "ministry");
        let ministry = ministry.ok_or_else(|| Failure::internal("no ministry persona"))?;
        self.client.token(&ministry.name, &ministry.credential, false).await
    }

    async fn dashboards(&self, when: &str) -> Result<Dashboards> {
        let token = self.ministry().await?;
        let asked = Instant::now();
        let nation = dashboard::query(&self.client, &token, TerritoryCode::NATION, self.day).await?;
        let tokyo = dashboard::query(&self.client, &token, TerritoryCode::of_prefecture(13), self.day).await?;
        let elapsed = asked.elapsed();
        (self.say)(&dashboard::render(when, &[&nation, &tokyo], elapsed));
        Ok(Dashboards { nation, tokyo })
    }

    async fn send(&self, hospitals: &[Hospital], revision: u32, what: &str) -> Result<Sent> {
        let started = Instant::now();
        let say = self.say;
        let progress = move |done: usize, all: usize| {
            if done.is_multiple_of(1_000) && done < all {
                say(&format!("  {what}: {} / {}", group(done), group(all)));
            }
        };
        let sent = morning::send(&self.client, self.home, hospitals, self.day, revision, &progress).await?;
        say(&format!("  {what}: {} 件 reports, {}", group(sent.accepted), seconds(started.elapsed())));
        for problem in &sent.problems {
            say(&format!("    refused: {problem}"));
        }
        Ok(sent)
    }

    /// Steps the instance's clock, and waits until the server shows the new time.
    async fn step_clock(&self) -> Result<()> {
        let db = self.home.pool("identity_app", "identity")?;
        let to = parse_instant(AFTER_DUE)?;
        if self.server.clock.now() < to {
            set_clock::step(&db, &OpCtx::system("story", &Clock::load(&db).await?), to).await?;
        }
        let deadline = Instant::now() + Duration::from_secs(10);
        while self.server.clock.now() < to {
            if Instant::now() > deadline {
                return Err(Failure::internal("the server did not follow the clock"));
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        (self.say)("  時計を13:05へ / the clock is stepped to 13:05");
        Ok(())
    }

    fn reports(&mut self, sent: &[Sent], elapsed: Duration) {
        let accepted: usize = sent.iter().map(|sent| sent.accepted).sum();
        let rejected: usize = sent.iter().map(|sent| sent.rejected).sum();
        let wanted = self.plan.in_time.len() + self.plan.late.len() + self.plan.corrections().len();
        self.expect("reports accepted", accepted, wanted);
        self.expect("reports rejected", rejected, 0);
        self.json.insert("reports_accepted".to_owned(), json!(accepted));
        self.json.insert("reports_seconds".to_owned(), json!(rounded(elapsed)));
        self.json.insert("reports_rejected".to_owned(), json!(rejected));
    }

    /// The dashboards against what the hospitals themselves add up.
    fn add_up(&mut self, after: &Dashboards) {
        let reported = self.plan.in_time.len() + self.plan.late.len();
        self.expect("due", after.nation.due, self.facilities);
        self.expect("reported", after.nation.reported, reported);
        let corrected = self.plan.corrections();
        let hospitals_say = morning::sum_of(FIGURE, &self.plan.in_time, self.day, 1)
            + morning::sum_of(FIGURE, &self.plan.late, self.day, 1)
            - morning::sum_of(FIGURE, corrected, self.day, 1)
            + morning::sum_of(FIGURE, corrected, self.day, 2);
        let shown = after.nation.figure(FIGURE);
        self.expect("ICU beds occupied, as the hospitals add up", shown, hospitals_say);
        let prefectures: i64 = after.nation.parts.iter().map(|part| part.figure).sum();
        self.expect("ICU beds occupied, sum of the prefectures", prefectures, shown);
        let tokyo = after.nation.parts.iter().find(|part| part.code == after.tokyo.code).map(|part| part.figure);
        self.expect("Tokyo's own dashboard", after.tokyo.figure(FIGURE), tokyo.unwrap_or(0));
        self.json.insert("coverage_permille_nation".to_owned(), json!(after.nation.permille));
        self.json.insert("icu_occupied_nation".to_owned(), json!(shown));
    }

    /// Nation → prefecture → municipality → facility, with the facility's own report.
    async fn drill_down(&mut self, after: &Dashboards) -> Result<()> {
        let Some(part) = after.nation.parts.iter().find(|part| part.figure > 0) else { return Ok(()) };
        let token = self.ministry().await?;
        let (lines, sum, municipalities) =
            dashboard::drill_down(&self.client, &token, &part.code, self.day, FIGURE).await?;
        self.expect(&format!("sum of the municipalities of {}", part.name), sum, part.figure);
        (self.say)(&format!("  {}: {municipalities} 市区町村 municipalities", part.name));
        for line in lines {
            (self.say)(&line);
        }
        Ok(())
    }

    /// A round runs down to the sites.
    async fn round(&mut self) -> Result<()> {
        round::prepare(self.home, &self.satellites, self.say).await?;
        let ministry = self.ministry().await?;
        let played = Round::new(&self.client, self.home, self.say);
        let result = played.play(&ministry, self.prefectures.as_deref()).await?;
        self.expect("vials granted by the nation", result.nation, result.supplied);
        self.expect("vials granted by the prefectures", result.prefectures, result.prefectures_had);
        self.expect("vials assigned by the municipalities", result.assigned, result.prefectures);
        let boxes = |vials: i64| vials / result.pack_vials.max(1);
        for (key, value) in [
            ("boxes_supplied", boxes(result.supplied)),
            ("boxes_committed_nation", boxes(result.nation)),
            ("boxes_committed_prefectures", boxes(result.prefectures)),
            ("boxes_reserve", boxes(result.supplied - result.nation)),
            ("sites_allocated", i64::try_from(result.sites).unwrap_or(i64::MAX)),
            ("vials_assigned", result.assigned),
            ("engine_ms", result.engine_ms),
        ] {
            self.json.insert(key.to_owned(), json!(value));
        }
        self.json.insert("round_seconds".to_owned(), json!(rounded(result.took)));
        Ok(())
    }

    /// What was assigned is brought to the sites.
    async fn delivery(&mut self) -> Result<()> {
        let broker =
            self.home.broker()?.ok_or_else(|| Failure::Unavailable("the instance has no broker".to_owned()))?;
        let (client, home, server) = (&self.client, self.home, self.server);
        let delivery = Delivery { client, home, server, broker: &broker, say: self.say };
        delivery.prepare().await?;
        let ministry = self.ministry().await?;
        let prefectures = delivery::prefectures(self.prefectures.as_deref());
        let result = delivery.play(&ministry, &prefectures).await?;
        self.expect("shipments delivered", result.delivered, result.released);
        self.expect("vials delivered and short", result.vials_delivered + result.vials_short, result.vials_released);
        self.expect("vials short", result.vials_short, 1);
        self.expect("open discrepancies", result.discrepancies_open, 1);
        self.expect("orders that went astray", result.astray, 0);
        self.expect("a partner's credentials stay out elsewhere", result.isolated, true);
        for (key, value) in [
            ("shipments_released", json!(result.released)),
            ("shipments_delivered", json!(result.delivered)),
            ("events_published", json!(result.events)),
            ("events_seconds", json!(rounded(result.took))),
            ("vials_delivered", json!(result.vials_delivered)),
            ("vials_short", json!(result.vials_short)),
            ("discrepancies_open", json!(result.discrepancies_open)),
            ("partner_isolation_ok", json!(result.isolated)),
        ] {
            self.json.insert(key.to_owned(), value);
        }
        Ok(())
    }

    async fn audit(&mut self, after: &Dashboards) -> Result<()> {
        let mut report = audit::run(&self.home.role_url("audit")?).await?;
        if let Some(broker) = self.home.broker()? {
            report = report.with_broker(&audit::depths(&broker).await?);
        }
        let listed = report.listed("discrepancies_open").unwrap_or(0);
        self.expect("discrepancies that the audit lists", listed, 1);
        (self.say)(&audit::table(&report));
        let recomputed = report.recomputed.icu_occupied(self.day).unwrap_or(0);
        self.expect("ICU beds occupied, as the auditor recomputes", recomputed, after.nation.figure(FIGURE));
        self.expect("violations found by the audit", report.violations, 0);
        self.json.insert("icu_occupied_recomputed".to_owned(), json!(recomputed));
        self.json.insert("audit_ok".to_owned(), json!(report.ok));
        self.json.insert("audit_violations".to_owned(), json!(report.violations));
        Ok(())
    }
}

struct Dashboards {
    nation: Dashboard,
    tokyo: Dashboard,
}

fn group(number: usize) -> String {
    grouped(i64::try_from(number).unwrap_or(i64::MAX))
}

/// Seconds with three decimals, for JSON.
fn rounded(duration: Duration) -> f64 {
    Duration::from_millis(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)).as_secs_f64()
}

/// The ending as a table people can read.
#[must_use]
pub fn render(ending: &Ending) -> String {
    let mut table = table::new(&["結果", "result"], &[1]);
    if let Value::Object(keys) = &ending.json {
        for (key, value) in keys {
            table.add_row([key.clone(), value.as_i64().map_or_else(|| value.to_string(), grouped)]);
        }
    }
    let verdict = if ending.faults.is_empty() {
        "すべて合っています。 Everything adds up.".to_owned()
    } else {
        format!("合わないもの / does not add up:\n  {}", ending.faults.join("\n  "))
    };
    format!("{table}\n{verdict}")
}
