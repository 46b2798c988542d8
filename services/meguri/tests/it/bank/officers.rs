//! What the officers do. Each keeps its own picture of the plan, from what it was answered alone.
use super::{
    checker::{Asked, Ending, History, PlanPicture},
    server::Line,
};
use platform::opctx::new_id;
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};
use testkit::round::BOX_VIALS;
use uuid::Uuid;

/// Changes by hand that each officer tries.
const ADJUSTMENTS: usize = 6;
/// Assignments that each of the two officers tries for each municipality.
const ASSIGNMENTS: usize = 2;
/// No outcome stays unknown for longer.
const PATIENCE: Duration = Duration::from_secs(60);

/// A municipality at work.
pub struct Place {
    pub code: String,
    pub token: String,
    pub sites: Vec<Uuid>,
}

/// A prefecture with two officers.
pub struct Prefecture {
    pub code: String,
    pub tokens: [String; 2],
    pub places: Vec<Place>,
}

/// Who works on what.
pub struct Bank {
    pub round: Uuid,
    pub prefectures: Vec<Prefecture>,
    /// Who hands in, and who agrees.
    pub ministry: [String; 2],
}

/// One client.
pub struct Officer {
    line: Line,
    token: String,
    seed: u64,
    pub asked: Vec<(Asked, Ending)>,
    pub picture: Option<PlanPicture>,
    pub met: usize,
}

/// One try: the status and the body, or nothing when the outcome is unknown.
async fn attempt(line: &Line, token: &str, path: &str, body: &Value, patience: Duration) -> Option<(u16, Value)> {
    let request = line.http.post(line.to(path)).bearer_auth(token).json(body).timeout(patience);
    let answer = request.send().await.ok()?;
    let status = answer.status().as_u16();
    let replayed = answer.headers().contains_key("idempotency-replayed");
    let mut body: Value = answer.json().await.ok()?;
    if status == 200 && replayed {
        body["replayed"] = json!(true);
    }
    Some((status, body))
}

/// Asks under one id until the outcome is known.
async fn ask(line: &Line, token: &str, path: &str, body: &Value, hurry: Option<Duration>) -> (Ending, bool) {
    let started = Instant::now();
    let mut patience = hurry.unwrap_or(PATIENCE);
    loop {
        match attempt(line, token, path, body, patience).await {
            Some((200, mut answer)) => {
                let replayed = answer.as_object_mut().is_some_and(|answer| answer.remove("replayed").is_some());
                line.answered();
                return (Ending::Done { answer }, replayed);
            }
            Some((400..=407 | 409..=428, answer)) => {
                line.answered();
                return (Ending::Refused { answer }, false);
            }
            _ => {
                assert!(started.elapsed() < PATIENCE, "{path}: no outcome");
                line.retries.fetch_add(1, Ordering::SeqCst);
                patience = Duration::from_secs(10);
                tokio::time::sleep(Duration::from_millis(30)).await;
            }
        }
    }
}

impl Officer {
    pub fn new(line: Line, token: &str, seed: usize) -> Self {
        Self { line, token: token.to_owned(), seed: seed as u64, asked: Vec::new(), picture: None, met: 0 }
    }

    /// A number below `below`; the same run of numbers for the same officer.
    fn dice(&mut self, below: usize) -> usize {
        self.seed = self.seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.seed >> 33) as usize % below.max(1)
    }

    pub async fn ask(&mut self, path: &str, body: Value) -> Ending {
        let token = self.token.clone();
        self.ask_as(&token, path, body).await
    }

    async fn ask_as(&mut self, token: &str, path: &str, body: Value) -> Ending {
        // some do not wait: the request goes on without them, and the retry meets it
        let hurry = (self.dice(8) == 0).then(|| Duration::from_millis(2 + self.dice(30) as u64));
        let (ending, replayed) = ask(&self.line, token, path, &body, hurry).await;
        self.met += usize::from(replayed);
        let asked = Asked { token: token.to_owned(), path: path.to_owned(), body };
        self.asked.push((asked, ending.clone()));
        ending
    }

    /// A prefecture's plan, then its municipalities' assignments.
    pub async fn work(mut self, bank: Arc<Bank>, index: usize, picture: PlanPicture) -> Self {
        self.picture = Some(picture);
        for _ in 0..ADJUSTMENTS {
            if !self.adjust().await {
                break;
            }
        }
        for step in ["submit", "approve", "commit"] {
            self.step(step).await;
        }
        let lines = self.picture.as_ref().unwrap().lines.clone();
        let places = &bank.prefectures[index].places;
        let first = self.dice(places.len());
        for turn in 0..ASSIGNMENTS * places.len() {
            let place = &places[(first + turn) % places.len()];
            let granted = lines.get(&place.code).copied().unwrap_or(0) * BOX_VIALS;
            self.assign(bank.round, place, granted).await;
        }
        self
    }

    /// What another officer changed, put into the picture. Answers whether that was the trouble.
    fn catch_up(&mut self, ending: &Ending) -> bool {
        let Ending::Refused { answer, .. } = ending else { return false };
        if answer["code"] != "allocation.stale_plan" {
            return false;
        }
        let picture = self.picture.as_mut().unwrap();
        picture.version = answer["current_revision"].as_i64().unwrap();
        for line in answer["difference"].as_array().into_iter().flatten() {
            let known =
                picture.lines.insert(line["recipient"].as_str().unwrap().to_owned(), line["theirs"].as_i64().unwrap());
            assert_eq!(known, line["yours"].as_i64(), "not what this officer had read: {line}");
        }
        true
    }

    /// Moves boxes between two municipalities, now and then more than there are. Answers whether
    /// lines may still be changed.
    async fn adjust(&mut self) -> bool {
        let boxes = 1 + self.dice(2) as i64;
        let too_much = self.dice(6) == 0;
        let PlanPicture { plan, version, lines } = self.picture.clone().unwrap();
        let giving: Vec<(&String, &i64)> = lines.iter().filter(|(_, units)| **units >= boxes).collect();
        let (from, had) = giving[self.dice(giving.len())];
        let others: Vec<(&String, &i64)> = lines.iter().filter(|(code, _)| *code != from).collect();
        let (to, has) = others[self.dice(others.len())];
        let gets = has + boxes + i64::from(too_much);
        let wanted = [(from.clone(), had - boxes), (to.clone(), gets)];
        let asked: Vec<Value> = wanted.iter().map(|(code, units)| json!({"recipient": code, "units": units})).collect();
        let body = json!({"id": new_id(), "version": version, "reason": "bank", "lines": asked});
        let ending = self.ask(&format!("/v1/plans/{plan}:adjust"), body).await;
        if matches!(ending, Ending::Done { .. }) {
            let picture = self.picture.as_mut().unwrap();
            picture.version += 1;
            picture.lines.extend(wanted);
        }
        self.catch_up(&ending);
        ending.code() != "allocation.wrong_state"
    }

    /// Until one of the two officers has done it.
    async fn step(&mut self, step: &str) {
        loop {
            let PlanPicture { plan, version, .. } = self.picture.clone().unwrap();
            let body = json!({"id": new_id(), "version": version});
            let ending = self.ask(&format!("/v1/plans/{plan}:{step}"), body).await;
            if matches!(ending, Ending::Done { .. }) {
                self.picture.as_mut().unwrap().version += 1;
                return;
            }
            if ending.code() == "allocation.second_person" {
                // it is for the other officer, who comes to it
                tokio::time::sleep(Duration::from_millis(5)).await;
            } else if !self.catch_up(&ending) {
                assert_eq!(ending.code(), "allocation.wrong_state", "{step}: {ending:?}");
                // the other officer was faster by a step or more
                return;
            }
        }
    }

    /// A part of the grant; all the parts together are more than the grant.
    async fn assign(&mut self, round: Uuid, place: &Place, granted: i64) {
        let part = 1 + granted * (20 + self.dice(30) as i64) / 100;
        let first = self.dice(place.sites.len());
        let second = (first + 1) % place.sites.len();
        let share = 1 + part / 3;
        let sites = json!([
            {"site": place.sites[first], "vials": (part - share).max(1)},
            {"site": place.sites[second], "vials": share},
        ]);
        let body = json!({"id": new_id(), "round": round, "holder": place.code, "sites": sites});
        let token = place.token.clone();
        self.ask_as(&token, "/v1/assignments", body).await;
    }

    pub fn retries(&self) -> usize {
        self.line.retries.load(Ordering::SeqCst)
    }
}

/// Every id that was done, sent again after all is over.
pub async fn replay_all(line: &Line, history: &History) -> BTreeMap<Uuid, Value> {
    let mut replays = BTreeMap::new();
    for (asked, ending) in &history.asked {
        if matches!(ending, Ending::Done { .. }) {
            let (again, replayed) = ask(line, &asked.token, &asked.path, &asked.body, None).await;
            let Ending::Done { answer } = again else { panic!("{}: {again:?}", asked.path) };
            assert!(replayed, "{} was done anew", asked.path);
            replays.insert(asked.id(), answer);
        }
    }
    replays
}
