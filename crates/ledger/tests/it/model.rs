//! Random commands against a small reference book and against PostgreSQL: after each command the
//! outcome and all balances must be the same. A failing seed is repeated with LEDGER_SEED.
use crate::book::{TestBook, at, ctx_at, id};
use ledger::{AMOUNT_MAX, AccountId, Balance, Kind, NewAccount, Transfer};
use platform::failure::Failure;
use rand::{Rng, SeedableRng, rngs::StdRng, seq::IndexedRandom};
use std::collections::BTreeMap;
use uuid::Uuid;

const SEQUENCES: u64 = 240;
const COMMANDS: usize = 30;

type Outcome = Result<bool, (String, usize)>;

#[derive(Clone)]
struct Logged {
    asked: Transfer,
    chain: (Uuid, usize, usize),
    moved: bool,
    from: AccountId,
    to: AccountId,
    amount: i64,
    open: bool,
    corrected: i64,
}

/// The reference: no SQL, no locks, no digests.
#[derive(Clone, Default)]
struct Model {
    accounts: BTreeMap<AccountId, Balance>,
    log: BTreeMap<Uuid, Logged>,
}

impl Model {
    fn open(&mut self, id: AccountId, new: &NewAccount) {
        let zero = Balance {
            account: id,
            unit: new.unit.clone(),
            source: new.source,
            closed: false,
            debits_posted: 0,
            credits_posted: 0,
            debits_pending: 0,
            credits_pending: 0,
        };
        self.accounts.insert(id, zero);
    }

    fn post(&mut self, now: i64, chain: &[Transfer]) -> Outcome {
        let refuse = |code: &str, step| Err((format!("ledger.{code}"), step));
        if chain.is_empty() {
            return refuse("chain_empty", 0);
        }
        if let Some(step) = (0..chain.len()).find(|step| chain[..*step].iter().any(|t| t.id == chain[*step].id)) {
            return refuse("duplicate_id", step);
        }
        let place = |step| (chain[0].id, chain.len(), step);
        let known: Vec<usize> = (0..chain.len()).filter(|step| self.log.contains_key(&chain[*step].id)).collect();
        let differs = |step: &&usize| {
            let logged = &self.log[&chain[**step].id];
            logged.asked != chain[**step] || logged.chain != place(**step)
        };
        if let Some(step) = known.iter().find(differs) {
            return refuse("id_reused", *step);
        }
        if known.len() == chain.len() {
            return Ok(true);
        }
        if let Some(step) = known.first() {
            return refuse("id_reused", *step);
        }
        let mut draft = self.clone();
        for (step, transfer) in chain.iter().enumerate() {
            if let Err(code) = draft.step(now, transfer, place(step)) {
                return refuse(code, step);
            }
        }
        *self = draft;
        Ok(false)
    }

    fn step(&mut self, now: i64, t: &Transfer, chain: (Uuid, usize, usize)) -> Result<(), &'static str> {
        let (from, to, amount) = match t.kind {
            Kind::Post { debit, credit, amount } | Kind::Pending { debit, credit, amount, .. } => {
                self.may_go(debit, credit, amount)?;
                (debit, credit, amount)
            }
            Kind::PostPending { pending, .. } | Kind::VoidPending { pending } | Kind::ExpirePending { pending } => {
                let held = self.log.get(&pending).filter(|held| matches!(held.asked.kind, Kind::Pending { .. }));
                let held = held.ok_or("pending_not_found")?.clone();
                if !held.open {
                    return Err("pending_already_resolved");
                }
                let expired = held.expires().is_some_and(|expires| expires <= now);
                let expiry = matches!(t.kind, Kind::ExpirePending { .. });
                match (expiry, expired) {
                    (true, false) => return Err("pending_not_due"),
                    (false, true) => return Err("pending_expired"),
                    _ => {}
                }
                let mut amount = held.amount;
                if let Kind::PostPending { amount: asked, .. } = t.kind {
                    amount = asked.unwrap_or(amount);
                    match amount {
                        ..1 | 1_000_000_001.. => return Err("amount_out_of_range"),
                        _ if amount > held.amount => return Err("pending_amount_exceeded"),
                        _ if self.accounts[&held.from].closed => return Err("account_closed"),
                        _ => {}
                    }
                }
                self.log.get_mut(&pending).unwrap().open = false;
                self.accounts.get_mut(&held.from).unwrap().debits_pending -= held.amount;
                self.accounts.get_mut(&held.to).unwrap().credits_pending -= held.amount;
                (held.from, held.to, amount)
            }
            Kind::Correction { wrong, amount } => {
                let found = self.log.get(&wrong).filter(|found| found.moved).ok_or("corrected_not_found")?.clone();
                let left = found.amount - found.corrected;
                if amount.is_some_and(|amount| !(1..=AMOUNT_MAX).contains(&amount)) {
                    return Err("amount_out_of_range");
                }
                let amount = amount.unwrap_or(left);
                if left == 0 || amount > left {
                    return Err("correction_exceeded");
                }
                self.may_go(found.to, found.from, amount)?;
                self.log.get_mut(&wrong).unwrap().corrected += amount;
                (found.to, found.from, amount)
            }
        };
        let open = matches!(t.kind, Kind::Pending { .. });
        let moved = matches!(t.kind, Kind::Post { .. } | Kind::PostPending { .. } | Kind::Correction { .. });
        let debit = self.accounts.get_mut(&from).unwrap();
        debit.debits_posted += if moved { amount } else { 0 };
        debit.debits_pending += if open { amount } else { 0 };
        let credit = self.accounts.get_mut(&to).unwrap();
        credit.credits_posted += if moved { amount } else { 0 };
        credit.credits_pending += if open { amount } else { 0 };
        self.log.insert(t.id, Logged { asked: t.clone(), chain, moved, from, to, amount, open, corrected: 0 });
        Ok(())
    }

    fn may_go(&self, from: AccountId, to: AccountId, amount: i64) -> Result<(), &'static str> {
        if !(1..=1_000_000_000).contains(&amount) {
            return Err("amount_out_of_range");
        }
        if from == to {
            return Err("same_account");
        }
        let (from, to) = match (self.accounts.get(&from), self.accounts.get(&to)) {
            (Some(from), Some(to)) => (from, to),
            _ => return Err("account_missing"),
        };
        match from.credits_posted - from.debits_posted - from.debits_pending < amount {
            _ if from.unit != to.unit => Err("unit_mismatch"),
            _ if from.closed => Err("account_closed"),
            true if !from.source => Err("insufficient"),
            _ => Ok(()),
        }
    }

    fn due(&self, now: i64) -> Vec<Uuid> {
        let due = |logged: &Logged| logged.open && logged.expires().is_some_and(|expires| expires <= now);
        let mut due: Vec<_> = self.log.iter().filter(|(_, logged)| due(logged)).collect();
        due.sort_by_key(|(id, logged)| (logged.expires(), **id));
        due.into_iter().map(|(id, _)| *id).collect()
    }
}

impl Logged {
    /// Milliseconds on the tests' clock.
    fn expires(&self) -> Option<i64> {
        match self.asked.kind {
            Kind::Pending { expires_at, .. } => expires_at.map(|expires| (expires - at(0)).num_milliseconds()),
            _ => None,
        }
    }
}

/// Makes commands, most of them sensible, some of them wrong in every known way.
struct Maker {
    rng: StdRng,
    accounts: Vec<AccountId>,
    now: i64,
    sent: Vec<Vec<Transfer>>,
    posted: Vec<Vec<Transfer>>,
}

impl Maker {
    fn account(&mut self) -> AccountId {
        match self.rng.random_range(0..100) {
            0 => AccountId(self.rng.random_range(-2..1)),
            1 => AccountId(i64::MAX),
            _ => *self.accounts.choose(&mut self.rng).unwrap(),
        }
    }

    /// Two accounts, mostly different ones of the same unit.
    fn sides(&mut self) -> (AccountId, AccountId) {
        if self.rng.random_range(0..12) == 0 {
            return (self.account(), self.account());
        }
        let of_unit = if self.rng.random_bool(0.8) { &self.accounts[..4] } else { &self.accounts[4..] };
        let two: Vec<_> = of_unit.choose_multiple(&mut self.rng, 2).copied().collect();
        (two[0], two[1])
    }

    fn amount(&mut self) -> i64 {
        match self.rng.random_range(0..30) {
            0 => *[0, -1, i64::MIN, AMOUNT_MAX + 1, i64::MAX].choose(&mut self.rng).unwrap(),
            1 => AMOUNT_MAX,
            _ => self.rng.random_range(1..30),
        }
    }

    /// A transfer to refer to, mostly a fitting one that stands in the book.
    fn earlier(&mut self, chain: &[Transfer], wanted: fn(&Kind) -> bool) -> Option<Uuid> {
        let strict = self.rng.random_range(0..8) > 0;
        let all = if strict { &self.posted } else { &self.sent }.iter().flatten().chain(chain);
        let fitting: Vec<Uuid> = all.filter(|t| !strict || wanted(&t.kind)).map(|t| t.id).collect();
        if !strict && self.rng.random_bool(0.2) { Some(id()) } else { fitting.choose(&mut self.rng).copied() }
    }

    fn transfer(&mut self, chain: &[Transfer]) -> Transfer {
        let pending = |kind: &Kind| matches!(kind, Kind::Pending { .. });
        let moved = |kind: &Kind| !matches!(kind, Kind::Pending { .. } | Kind::VoidPending { .. });
        let part = self.rng.random_bool(0.5).then(|| self.amount());
        let (debit, credit) = self.sides();
        let (reservation, mistake) = (self.earlier(chain, pending), self.earlier(chain, moved));
        let transfer = match (self.rng.random_range(0..20), reservation, mistake) {
            (4..8, ..) => Transfer::post(id(), debit, credit, self.amount()),
            (8..12, ..) => {
                let expires = self.rng.random_bool(0.6).then(|| at(self.now + self.rng.random_range(-3..40)));
                Transfer::pending(id(), debit, credit, self.amount(), expires)
            }
            (12..15, Some(pending), _) => Transfer::post_pending(id(), pending, part),
            (15, Some(pending), _) => Transfer::void_pending(id(), pending),
            (16, Some(pending), _) => Transfer::expire_pending(id(), pending),
            (17.., _, Some(wrong)) => Transfer::correction(id(), wrong, part),
            _ => Transfer::post(id(), self.accounts[0], self.accounts[1], self.amount().saturating_mul(3)),
        };
        if self.rng.random_bool(0.3) { transfer.because("訂正; 'quoted'\\") } else { transfer }
    }

    fn chain(&mut self) -> Vec<Transfer> {
        let length = *[1, 1, 1, 1, 2, 2, 3, 5].choose(&mut self.rng).unwrap();
        let mut chain = Vec::new();
        for _ in 0..length {
            chain.push(self.transfer(&chain));
        }
        if self.rng.random_range(0..40) == 0 {
            let twice = chain.choose(&mut self.rng).unwrap().clone();
            chain.push(twice);
        }
        if self.rng.random_range(0..200) == 0 {
            chain.clear();
        }
        self.sent.push(chain.clone());
        chain
    }

    /// A chain sent before, as it was or changed.
    fn again(&mut self) -> Vec<Transfer> {
        let sent = if self.rng.random_bool(0.7) { &self.posted } else { &self.sent };
        let mut chain = sent.choose(&mut self.rng).cloned().unwrap_or_default();
        let which = self.rng.random_range(0..chain.len().max(1));
        let extra = self.transfer(&chain);
        match (self.rng.random_range(0..8), chain.get_mut(which)) {
            (0, Some(transfer)) => transfer.reason = Some("another".to_owned()),
            (1, Some(transfer)) => transfer.kind = extra.kind,
            (2, Some(_)) => drop(chain.remove(which)),
            (3, _) => chain.push(extra),
            (4, _) => chain.reverse(),
            _ => {}
        }
        chain
    }
}

async fn compare(book: &TestBook, model: &Model, what: &str) {
    let ids: Vec<_> = model.accounts.keys().copied().collect();
    let mut conn = book.pool.read().await.unwrap();
    let found = ledger::balances(&mut conn, &ids).await.unwrap();
    assert_eq!(found, model.accounts.values().cloned().collect::<Vec<_>>(), "{what}");
}

async fn command(book: &TestBook, model: &mut Model, maker: &mut Maker, what: &str) -> String {
    maker.now += maker.rng.random_range(0..6);
    let now = maker.now;
    let roll = maker.rng.random_range(0..20);
    if roll == 0 {
        let (account, closed) = (maker.account(), maker.rng.random_bool(0.4));
        let count = book.with(async |conn| ledger::set_closed(conn, &[account], closed).await).await.unwrap();
        let known = model.accounts.get_mut(&account).map(|balance| balance.closed = closed);
        assert_eq!(count, usize::from(known.is_some()), "{what}");
        return "set_closed".to_owned();
    }
    if roll == 1 {
        let limit = maker.rng.random_range(1..4);
        expire(book, model, now, limit, what).await;
        return "expire_due".to_owned();
    }
    let chain = if roll < 6 { maker.again() } else { maker.chain() };
    let found = match book.post_at(at(now), &chain).await {
        Ok(posted) => Ok(posted.exists),
        Err(Failure::Problem(problem)) => {
            Err((problem.code.code.to_owned(), problem.param("step").unwrap().parse().unwrap()))
        }
        Err(other) => panic!("{what}: {chain:#?}: {other}"),
    };
    assert_eq!(found, model.post(now, &chain), "{what}: {chain:#?}");
    if found == Ok(false) {
        maker.posted.push(chain);
    }
    found.map_or_else(|(code, _)| code, |exists| if exists { "exists" } else { "new" }.to_owned())
}

async fn expire(book: &TestBook, model: &mut Model, now: i64, limit: usize, what: &str) -> usize {
    let ctx = ctx_at(at(now));
    let expired = book.with(async |conn| ledger::expire_due(conn, &ctx, limit).await).await.unwrap();
    let due: Vec<_> = model.due(now).into_iter().take(limit).collect();
    assert_eq!(expired, due, "{what}");
    let chain: Vec<_> = due.into_iter().map(|pending| Transfer::expire_pending(id(), pending)).collect();
    if !chain.is_empty() {
        assert_eq!(model.post(now, &chain), Ok(false), "{what}");
    }
    expired.len()
}

async fn sequence(book: &TestBook, seed: u64, outcomes: &mut BTreeMap<String, usize>) -> usize {
    let (mut model, what) = (Model::default(), format!("LEDGER_SEED={seed}"));
    let mut new = vec![NewAccount::source("a"), NewAccount::of("a"), NewAccount::of("a"), NewAccount::of("a")];
    new.extend([NewAccount::source("b"), NewAccount::of("b")]);
    let accounts = book.with(async |conn| ledger::open(conn, &new).await).await.unwrap();
    accounts.iter().zip(&new).for_each(|(id, new)| model.open(*id, new));
    let mut maker = Maker { rng: StdRng::seed_from_u64(seed), accounts, now: 0, sent: Vec::new(), posted: Vec::new() };
    for number in 0..COMMANDS {
        let what = format!("{what}, command {number}");
        let outcome = command(book, &mut model, &mut maker, &what).await;
        *outcomes.entry(outcome).or_default() += 1;
        compare(book, &model, &what).await;
    }
    // the next sequence begins with an empty list of what is due
    while expire(book, &mut model, maker.now + 1_000, 100, &what).await > 0 {}
    compare(book, &model, &what).await;
    model.log.len()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_book_is_the_model() {
    let book = TestBook::new().await;
    let seeds = match std::env::var("LEDGER_SEED") {
        Ok(seed) => vec![seed.parse().unwrap()],
        Err(_) => (0..SEQUENCES).collect(),
    };
    let (mut outcomes, mut logged, start) = (BTreeMap::new(), 0, std::time::Instant::now());
    let whole = seeds.len() > 1;
    for seed in seeds {
        logged += sequence(&book, seed, &mut outcomes).await;
    }
    println!("{logged} transfers in {:?}; {outcomes:#?}", start.elapsed());
    assert_eq!(book.number("select count(*) from {s}.transfer").await, i64::try_from(logged).unwrap());
    book.assert_sound().await;
    // the commands reach every outcome, but the length of a chain, which is a matter of the rules' tests
    assert!(!whole || outcomes.len() == 20, "{outcomes:#?}");
}
