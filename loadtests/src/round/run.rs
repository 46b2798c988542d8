//! The round as officers carry it through, without HTTP: a process of its own, whose memory is measured with it.
use super::world::round_id;
use crate::measure::{Failed, failed};
use allocation::{
    Allocation,
    app::{
        Outcome,
        assign_to_sites::assign_to_sites,
        change_plan::{Change, change_plan},
        compute_plan::compute_plan,
        what_if::run_what_if,
    },
};
use allocation_store::read;
use domain::{
    TerritoryCode,
    apportionment::{Method, Recipient, Remainder, apportion},
    ids::{AccountId, OrganisationId},
    policy::{Actor, Place, Role},
    territory::Tier,
};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use meguri::{home::Home, round::municipalities, serve};
use platform::{OpCtx, failure::Result as Done, limit::Rates, opctx::new_id};
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeSet, HashMap},
    time::{Duration, Instant},
};
use uuid::Uuid;
use wire::{
    plan::{AssignToSites, ComputePlan, MovePlan, PlanMoved, RuleComponent, SiteVials},
    what_if::{RunWhatIf, WhatIfRule},
};

/// Officers at work at the same time.
pub const OFFICERS: usize = 4;
/// More than any municipality has sites.
const SITES_MAX: i64 = 2_000;
/// Rules of the what-if: those of rules/ that need no figures but populations and wishes.
const RULES: [&str; 2] = ["one-each-then-population@1", "one-each-then-wishes@1"];

/// How a round went.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Figures {
    /// The nation's plan: computed, handed in, agreed to, committed.
    pub nation: Duration,
    /// The prefectures' drafts: handed in, agreed to, committed.
    pub prefectures: Duration,
    /// The municipalities' assignments: computed and posted.
    pub municipalities: Duration,
    /// Most memory of the process until then, KiB.
    pub peak_kib: u64,
    /// Statements sent until then.
    pub statements: u64,
    /// Two rules tried on the whole nation, kept and answered.
    pub what_if: Duration,
}

impl Figures {
    /// The whole round.
    pub fn total(&self) -> Duration {
        self.nation + self.prefectures + self.municipalities
    }
}

/// Carries the round through in this database.
pub async fn run(home: &Home) -> Result<Figures, Failed> {
    let db = home.pool("allocation_app", "allocation").map_err(failed)?;
    // nothing asks for a token here
    let shared = serve::shared(home, &db, "http://127.0.0.1:9", "bench", Rates::default()).await.map_err(failed)?;
    let allocation = Allocation::new(shared, db);
    let before = allocation.db.statements();
    let started = Instant::now();
    nation(&allocation).await.map_err(failed)?;
    let nation = started.elapsed();
    let places = municipalities();
    let prefectures: BTreeSet<TerritoryCode> =
        places.iter().map(|code| TerritoryCode::of_prefecture(code.prefecture_number())).collect();
    at_once(prefectures, |code| prefecture(allocation.clone(), code)).await?;
    let prefectures = started.elapsed() - nation;
    at_once(places, |code| municipality(allocation.clone(), code)).await?;
    let municipalities = started.elapsed() - nation - prefectures;
    let (peak_kib, statements) = (peak_kib()?, allocation.db.statements() - before);
    let started = Instant::now();
    what_if(&allocation).await.map_err(failed)?;
    Ok(Figures { nation, prefectures, municipalities, peak_kib, statements, what_if: started.elapsed() })
}

/// Does all of these, as many at the same time as there are officers.
async fn at_once<W>(
    places: impl IntoIterator<Item = TerritoryCode>,
    work: impl Fn(TerritoryCode) -> W,
) -> Result<(), Failed>
where
    W: Future<Output = Done<()>> + Send + 'static,
{
    let tasks = stream::iter(places).map(|code| tokio::spawn(work(code)));
    let done = tasks.buffer_unordered(OFFICERS).map_err(failed);
    done.try_for_each(|done| std::future::ready(done.map_err(failed))).await
}

fn officer(allocation: &Allocation, code: TerritoryCode) -> OpCtx {
    let role = match code.tier() {
        Tier::Nation => Role::Ministry,
        Tier::Prefecture => Role::Prefecture,
        Tier::Municipality => Role::Municipality,
    };
    let actor = Actor {
        account: AccountId(new_id()),
        organisation: OrganisationId(new_id()),
        name: format!("officer-{code}"),
        role,
        home: Place::Territory(code),
        machine: false,
        ..Actor::public()
    };
    OpCtx::new(actor, &allocation.shared.clock)
}

fn moved(outcome: Outcome) -> Done<PlanMoved> {
    match outcome {
        Outcome::Moved { moved, .. } => Ok(*moved),
        Outcome::Stale { problem, .. } => Err((*problem).into()),
    }
}

async fn nation(allocation: &Allocation) -> Done<()> {
    let ctx = officer(allocation, TerritoryCode::NATION);
    let part = |name: &str, units, indicator: &str| RuleComponent {
        name: name.to_owned(),
        units,
        indicator: indicator.to_owned(),
        method: None,
    };
    let request = ComputePlan {
        id: new_id(),
        round: round_id(),
        holder: TerritoryCode::NATION,
        version: None,
        rule: None,
        components: vec![part("base", Some(8_000), "population"), part("adjustment", None, "wish")],
    };
    let plan = moved(compute_plan(allocation, &ctx, request).await?)?;
    carry_through(allocation, TerritoryCode::NATION, plan.plan, plan.version).await
}

/// Hands a plan in, has a second officer agree to it, and commits it.
async fn carry_through(allocation: &Allocation, holder: TerritoryCode, plan: Uuid, mut version: i32) -> Done<()> {
    let (first, second) = (officer(allocation, holder), officer(allocation, holder));
    let steps: [fn(MovePlan) -> Change; 3] = [Change::Submit, Change::Approve, Change::Commit];
    for (step, ctx) in steps.into_iter().zip([&first, &second, &first]) {
        let change = step(MovePlan { id: new_id(), version });
        version = moved(change_plan(allocation, ctx, plan, change).await?)?.version;
    }
    Ok(())
}

async fn prefecture(allocation: Allocation, code: TerritoryCode) -> Done<()> {
    let draft = read::plan_of(&mut *allocation.db.read().await?, round_id(), &code.to_string()).await?;
    let draft = draft.ok_or_else(|| platform::Failure::internal(format!("{code} has no draft")))?;
    carry_through(&allocation, code, draft.id, draft.version).await
}

/// Divides what a municipality was granted among its sites by their wishes, and assigns it.
async fn municipality(allocation: Allocation, code: TerritoryCode) -> Done<()> {
    let holder = code.to_string();
    let mut conn = allocation.db.read().await?;
    let held = read::holdings(&mut conn, &[round_id()], Some(std::slice::from_ref(&holder))).await?;
    let vials = held.first().map_or(0, |held| held.available_vials);
    if vials == 0 {
        return Ok(());
    }
    let sites = read::sites_of(&mut conn, std::slice::from_ref(&holder), None, SITES_MAX).await?;
    let ids: Vec<Uuid> = sites.iter().map(|site| site.id).collect();
    let wishes: HashMap<Uuid, i64> = read::wishes(&mut conn, round_id(), &ids).await?.into_iter().collect();
    drop(conn);
    let wish = |id: &Uuid| Recipient::new(id.to_string(), wishes.get(id).copied().unwrap_or(0));
    let recipients: Vec<Recipient> = ids.iter().map(wish).collect();
    let shares = apportion(vials, &recipients, Method::Webster, Remainder::Hold)?;
    let given = shares.lines.iter().filter(|line| line.units > 0);
    let site = |code: &str| Uuid::parse_str(code).map_err(platform::Failure::internal);
    let sites = given.map(|line| Ok(SiteVials { site: site(&line.code)?, vials: line.units }));
    let request = AssignToSites { id: new_id(), round: round_id(), holder: code, sites: sites.collect::<Done<_>>()? };
    moved(assign_to_sites(&allocation, &officer(&allocation, code), request).await?)?;
    Ok(())
}

async fn what_if(allocation: &Allocation) -> Done<()> {
    let rule = |name: &str| WhatIfRule { rule: Some(name.to_owned()), document: None };
    let request = RunWhatIf {
        id: new_id(),
        round: Some(round_id()),
        past_round: None,
        figures: Vec::new(),
        supply: None,
        holder: TerritoryCode::NATION,
        rules: RULES.map(rule).to_vec(),
    };
    run_what_if(allocation, &officer(allocation, TerritoryCode::NATION), request).await?;
    Ok(())
}

/// The most memory that this process ever had resident.
fn peak_kib() -> Result<u64, Failed> {
    let status = std::fs::read_to_string("/proc/self/status").map_err(failed)?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let number = line.and_then(|line| line.trim().strip_suffix(" kB"));
    number.ok_or_else(|| failed("the kernel does not tell VmHWM"))?.trim().parse().map_err(failed)
}
