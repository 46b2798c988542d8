//! Compares what was asked and answered with what the database holds. Knows none of the service's code.
use super::officers::Officer;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use testkit::{TestDb, round::BOX_VIALS};
use uuid::Uuid;

/// A request, under one id however often it was sent.
#[derive(Debug, Clone)]
pub struct Asked {
    pub token: String,
    pub path: String,
    pub body: Value,
}

impl Asked {
    pub fn id(&self) -> Uuid {
        self.body["id"].as_str().unwrap().parse().unwrap()
    }

    /// The plan that the path names.
    fn plan(&self) -> Option<Uuid> {
        self.path.strip_prefix("/v1/plans/")?.split(':').next()?.parse().ok()
    }

    fn step(&self) -> &str {
        self.path.split(':').nth(1).unwrap_or("assign")
    }

    /// What an assignment gives: transfer's id, vials.
    fn grants(&self) -> Vec<(Uuid, i64)> {
        let lines = self.body["sites"].as_array().cloned().unwrap_or_default();
        let site = |line: &Value| Uuid::new_v5(&self.id(), line["site"].as_str().unwrap().as_bytes());
        lines.iter().map(|line| (site(line), line["vials"].as_i64().unwrap())).collect()
    }
}

/// How a request ended, in the end.
#[derive(Debug, Clone)]
pub enum Ending {
    Done { answer: Value },
    Refused { answer: Value },
}

impl Ending {
    pub fn code(&self) -> &str {
        match self {
            Self::Done { .. } => "",
            Self::Refused { answer, .. } => answer["code"].as_str().unwrap_or_default(),
        }
    }
}

/// A plan as an officer sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanPicture {
    pub plan: Uuid,
    pub version: i64,
    pub lines: BTreeMap<String, i64>,
}

/// All that was asked and answered.
#[derive(Debug, Clone, Default)]
pub struct History {
    pub asked: Vec<(Asked, Ending)>,
    pub pictures: Vec<PlanPicture>,
    pub replays: BTreeMap<Uuid, Value>,
    pub retries: usize,
    /// Retries that found the work done: the answer to the first try was lost, the effect was not.
    pub met: usize,
}

impl History {
    pub fn add(&mut self, officer: Officer) {
        self.retries = officer.retries();
        self.met += officer.met;
        self.asked.extend(officer.asked);
        self.pictures.extend(officer.picture);
    }

    pub fn done(&self) -> usize {
        self.asked.iter().filter(|(_, ending)| matches!(ending, Ending::Done { .. })).count()
    }

    pub fn refused(&self, code: &str) -> usize {
        self.asked.iter().filter(|(_, ending)| ending.code() == code).count()
    }

    pub fn told(&self) -> String {
        let mut codes: BTreeMap<&str, usize> = BTreeMap::new();
        for (_, ending) in &self.asked {
            *codes.entry(ending.code()).or_default() += 1;
        }
        format!("{} asked: {codes:?}; {} retries, {} met the effect", self.asked.len(), self.retries, self.met)
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Change {
    id: Uuid,
    plan_id: Uuid,
    version: i64,
    recipient: Option<String>,
    units_after: Option<i64>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Plan {
    id: Uuid,
    level: String,
    holder: String,
    version: i64,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Line {
    plan_id: Uuid,
    recipient: String,
    units: i64,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Transfer {
    id: Uuid,
    giver: i64,
    getter: i64,
    amount: i64,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Account {
    id: i64,
    kind: String,
    holder: String,
    posted: i64,
}

/// What the database holds.
#[derive(Debug, Clone)]
pub struct Book {
    keys: Vec<Uuid>,
    changes: Vec<Change>,
    plans: Vec<Plan>,
    lines: Vec<Line>,
    transfers: Vec<Transfer>,
    accounts: Vec<Account>,
    supplied: i64,
}

async fn rows<T: serde::de::DeserializeOwned>(db: &TestDb, sql: &str) -> Vec<T> {
    serde_json::from_value(Value::Array(db.rows(sql).await)).unwrap()
}

impl Book {
    pub async fn read(db: &TestDb) -> Self {
        #[derive(Deserialize)]
        struct Key {
            key: Uuid,
        }
        let keys: Vec<Key> = rows(db, "select key from allocation.idempotency where status = 200").await;
        Self {
            keys: keys.into_iter().map(|row| row.key).collect(),
            changes: rows(db, "select id, plan_id, version, recipient, units_after from allocation.plan_change").await,
            plans: rows(db, "select id, level, holder, version from allocation.plan").await,
            lines: rows(db, "select plan_id, recipient, units from allocation.plan_line where under is null").await,
            transfers: rows(
                db,
                "select id, debit_account as giver, credit_account as getter, amount from allocation.transfer",
            )
            .await,
            accounts: rows(
                db,
                "select a.id, b.kind, b.holder, a.credits_posted - a.debits_posted - a.debits_pending as posted
                 from allocation.account a join allocation.book_account b on b.account_id = a.id",
            )
            .await,
            supplied: db.number("select coalesce(sum(vials), 0) from allocation.supply_notice").await,
        }
    }

    /// A prefecture's plan as it stands.
    pub fn plan_of(&self, holder: &str) -> PlanPicture {
        let plan = self.plans.iter().find(|plan| plan.holder == holder && plan.level == "prefecture").unwrap();
        PlanPicture { plan: plan.id, version: plan.version, lines: self.lines_of(plan.id) }
    }

    fn lines_of(&self, plan: Uuid) -> BTreeMap<String, i64> {
        let own = self.lines.iter().filter(|line| line.plan_id == plan);
        own.map(|line| (line.recipient.clone(), line.units)).collect()
    }

    /// What a committed plan of a prefecture must have posted: transfer's id, vials; the reserve's last.
    fn posted_by(&self, plan: Uuid) -> Vec<(Uuid, i64)> {
        let lines = self.lines_of(plan).into_iter().filter(|(_, units)| *units > 0);
        lines.map(|(recipient, units)| (Uuid::new_v5(&plan, recipient.as_bytes()), units * BOX_VIALS)).collect()
    }
}

/// All that is wrong.
pub fn check(history: &History, before: &Book, book: &Book) -> Vec<String> {
    let mut wrong = Vec::new();
    done_once(history, book, &mut wrong);
    nothing_else(history, before, book, &mut wrong);
    pictures(history, book, &mut wrong);
    balances(book, &mut wrong);
    wrong
}

/// Every request that was done is there, once; of those refused there is nothing.
fn done_once(history: &History, book: &Book, wrong: &mut Vec<String>) {
    let mut versions = BTreeSet::new();
    for (asked, ending) in &history.asked {
        let id = asked.id();
        let keys = book.keys.iter().filter(|key| **key == id).count();
        let changes: Vec<&Change> = book.changes.iter().filter(|change| change.id == id).collect();
        let Ending::Done { answer } = ending else {
            if keys > 0 || !changes.is_empty() || book.plans.iter().any(|plan| plan.id == id) {
                wrong.push(format!("{id} was refused ({}), but left something", ending.code()));
            }
            continue;
        };
        if keys != 1 {
            wrong.push(format!("{id} was done, its key is there {keys} times"));
        }
        let plan = asked.plan().unwrap_or(id);
        let version = answer["version"].as_i64().unwrap_or(0);
        if changes.is_empty() || changes.iter().any(|change| (change.plan_id, change.version) != (plan, version)) {
            wrong.push(format!("{id} was done as version {version} of {plan}, the history says {changes:?}"));
        }
        if !versions.insert((plan, version)) {
            wrong.push(format!("two requests were both told that they made version {version} of {plan}"));
        }
        for line in asked.body["lines"].as_array().into_iter().flatten() {
            let is = |change: &&&Change| {
                json!(change.recipient) == line["recipient"] && json!(change.units_after) == line["units"]
            };
            if changes.iter().filter(is).count() != 1 {
                wrong.push(format!("{id}: {line} was done, but is not in the history"));
            }
        }
        let posted = if asked.step() == "commit" { book.posted_by(plan) } else { asked.grants() };
        for (transfer, vials) in posted {
            let found = book.transfers.iter().filter(|found| found.id == transfer);
            let found: Vec<i64> = found.map(|found| found.amount).collect();
            if found != [vials] {
                wrong.push(format!("{id} was done: {vials} vials once; there is {found:?}"));
            }
        }
        if history.replays.get(&id) != Some(answer) {
            wrong.push(format!("{id} was answered {answer}, and {:?} when asked again", history.replays.get(&id)));
        }
    }
}

/// What is there was asked for.
fn nothing_else(history: &History, before: &Book, book: &Book, wrong: &mut Vec<String>) {
    let asked: BTreeSet<Uuid> = history.asked.iter().map(|(asked, _)| asked.id()).collect();
    let keys = book.keys.iter().filter(|key| !before.keys.contains(key));
    let changes = book.changes.iter().filter(|change| !before.changes.contains(change)).map(|change| &change.id);
    let known: BTreeSet<Uuid> = before.plans.iter().map(|plan| plan.id).collect();
    let plans = book.plans.iter().map(|plan| &plan.id).filter(|plan| !known.contains(plan));
    for id in keys.chain(changes).chain(plans).filter(|id| !asked.contains(id)) {
        wrong.push(format!("{id} was never asked for"));
    }
    let mut posted: BTreeSet<Uuid> = before.transfers.iter().map(|transfer| transfer.id).collect();
    for (asked, _) in &history.asked {
        posted.extend(asked.grants().into_iter().map(|(transfer, _)| transfer));
        if let (Some(plan), "commit") = (asked.plan(), asked.step()) {
            posted.extend(book.posted_by(plan).into_iter().map(|(transfer, _)| transfer));
            let holder = book.plans.iter().find(|found| found.id == plan).map(|found| found.holder.clone());
            posted.insert(Uuid::new_v5(&plan, format!("reserve/{}", holder.unwrap_or_default()).as_bytes()));
        }
    }
    let mut seen = BTreeSet::new();
    for transfer in &book.transfers {
        if !posted.contains(&transfer.id) {
            wrong.push(format!("transfer {} was never asked for", transfer.id));
        }
        if !seen.insert(transfer.id) {
            wrong.push(format!("transfer {} is there twice", transfer.id));
        }
    }
}

/// Each officer's picture, made of its own changes and the differences it was told, is the plan.
fn pictures(history: &History, book: &Book, wrong: &mut Vec<String>) {
    for picture in &history.pictures {
        if picture.lines != book.lines_of(picture.plan) {
            wrong.push(format!("an officer's picture of {} is not what stands there", picture.plan));
        }
    }
}

/// Nothing below zero, nothing made or lost, and no holder grants more than it was granted.
fn balances(book: &Book, wrong: &mut Vec<String>) {
    let mut flows: BTreeMap<i64, (i64, i64)> = BTreeMap::new();
    for Transfer { giver, getter, amount, .. } in &book.transfers {
        flows.entry(*giver).or_default().1 += amount;
        flows.entry(*getter).or_default().0 += amount;
    }
    let mut held = 0;
    for Account { id, kind, holder, posted } in &book.accounts {
        let (received, given) = flows.get(id).copied().unwrap_or_default();
        if *posted != received - given {
            wrong.push(format!("{kind} of {holder}: {posted} in the account, {} by transfers", received - given));
        }
        if kind == "supply" {
            continue;
        }
        held += posted;
        if *posted < 0 {
            wrong.push(format!("{kind} of {holder} is below zero: {posted}"));
        }
        if given > received {
            wrong.push(format!("{holder} granted {given} and was granted {received}"));
        }
    }
    if held != book.supplied {
        wrong.push(format!("supplied {}, held {held}", book.supplied));
    }
}

/// The checker itself: each false result must be found, and told as what it is.
pub fn finds_false_results(history: &History, before: &Book, book: &Book) {
    let of = |step: &str| {
        let found = history
            .asked
            .iter()
            .filter(|(asked, ending)| asked.step() == step && matches!(ending, Ending::Done { .. }));
        found.map(|(asked, _)| asked).next_back().unwrap().clone()
    };
    let refused = history.asked.iter().find(|(_, ending)| ending.code() == "allocation.over_supply");
    let refused = refused.map(|(asked, _)| asked.id()).unwrap();
    let (assigned, adjusted, committed) = (of("assign"), of("adjust"), of("commit"));
    let granted = assigned.grants()[0].0;
    let expect = |said: &str, plant: &dyn Fn(&mut History, &mut Book)| {
        let (mut history, mut book) = (history.clone(), book.clone());
        plant(&mut history, &mut book);
        let wrong = check(&history, before, &book);
        assert!(wrong.iter().any(|text| text.contains(said)), "not found: {said}; {wrong:?}");
    };
    // what was acknowledged is not there
    expect("its key is there 0 times", &|_, book| book.keys.retain(|key| *key != assigned.id()));
    expect("vials once; there is []", &|_, book| book.transfers.retain(|transfer| transfer.id != granted));
    expect("the history says []", &|_, book| book.changes.retain(|change| change.id != adjusted.id()));
    expect("an officer's picture", &|_, book| {
        let line = book.lines.iter_mut().find(|line| Some(line.plan_id) == adjusted.plan());
        line.unwrap().units += 1;
    });
    expect("was done, but is not in the history", &|_, book| {
        book.changes
            .iter_mut()
            .filter(|change| change.id == adjusted.id())
            .for_each(|change| change.units_after = Some(999));
    });
    expect("vials once; there is []", &|_, book| {
        let posted = book.posted_by(committed.plan().unwrap());
        book.transfers.retain(|transfer| transfer.id != posted[0].0);
    });
    // it is there twice: under its id, and under another
    let double = |book: &Book| book.transfers.iter().find(|transfer| transfer.id == granted).unwrap().clone();
    expect("is there twice", &|_, book| book.transfers.push(double(book)));
    let another = Uuid::from_u128(7);
    expect("was never asked for", &|_, book| book.transfers.push(Transfer { id: another, ..double(book) }));
    expect("was never asked for", &|_, book| book.keys.push(another));
    expect("but left something", &|_, book| book.keys.push(refused));
    // more was granted than there was: in the transfers, and in the accounts
    let more = |book: &mut Book| {
        let transfer = double(book);
        book.transfers.iter_mut().filter(|found| found.id == granted).for_each(|found| found.amount += 1_000_000);
        for (account, sign) in [(transfer.giver, -1), (transfer.getter, 1)] {
            book.accounts
                .iter_mut()
                .filter(|found| found.id == account)
                .for_each(|found| found.posted += sign * 1_000_000);
        }
    };
    expect("and was granted", &|_, book| more(book));
    expect("is below zero", &|_, book| more(book));
    expect("supplied", &|_, book| book.supplied -= 1);
    expect("by transfers", &|_, book| book.accounts[0].posted += 1);
    // two officers were told the same version; a retry was told something else
    expect("both told", &|history, _| {
        let first = history.asked.iter().find(|(asked, _)| asked.id() == adjusted.id()).unwrap().clone();
        history.asked.push(first);
    });
    expect("when asked again", &|history, _| {
        history.replays.insert(assigned.id(), json!({"version": 1}));
    });
}
