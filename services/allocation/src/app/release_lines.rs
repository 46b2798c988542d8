//! Assigned lines of one hub group are released: from then on they are a shipment to the hub.
//!
//! This is allocation's commit point. What the hub's satellites get of it are planned splits at the
//! hub, never shipments of their own.
use super::{
    book::{self, Kind},
    no_round, permit, wrong_level,
};
use crate::Allocation;
use allocation_store::{
    read,
    rows::{PlanLine, Release, ReleaseLine, Round, Site},
    write,
};
use domain::{FieldError, Problem, TerritoryCode, error, policy::Action, territory::Tier};
use ledger::{AccountId, Transfer};
use platform::{
    Failure, OpCtx, Tx, audit,
    failure::Result,
    idempotency::{self, Key},
    outbox,
};
use std::collections::{BTreeSet, HashMap};
use uuid::Uuid;
use wire::{
    events::{AllocationReleased, EventSite, EventSplit},
    shipment::{LinesReleased, ReleaseLines},
};

const OPERATION: &str = "release_lines";

/// Releases assigned lines of one hub group. The second value tells that this id was answered before.
///
/// # Errors
/// `allocation.round_not_found` (also for a holder that the actor cannot see), `auth.forbidden`,
/// `allocation.wrong_level` for the nation in a round whose sites it does not assign to,
/// `allocation.site_not_found`, `allocation.not_a_hub`, `allocation.not_of_the_hub` by site,
/// `allocation.nothing_to_release`, `allocation.not_whole_packs`, `idempotency.key_reused`.
pub async fn release_lines(
    allocation: &Allocation,
    ctx: &OpCtx,
    request: ReleaseLines,
) -> Result<(LinesReleased, bool)> {
    let permit = permit(ctx, Action::LinesRelease, request.holder, no_round(request.round))?;
    let key = Key::new(request.id, &ctx.actor, OPERATION, &request)?;
    let target = format!("release/{}", request.id);
    let entry = audit::Entry { target, cause: request.id, reason: None };
    let mut tx = Tx::begin(&allocation.db, ctx, &[(&permit, entry)]).await?;
    match write_all(&mut tx, ctx, &key, &request).await {
        Ok(Some(released)) => Ok((tx.finish(Ok(released)).await?, false)),
        Ok(None) => {
            tx.abandon().await;
            let before = idempotency::replay(&mut *allocation.db.read().await?, &key).await?;
            Ok((before.ok_or_else(|| Failure::internal("an id was taken and has no answer"))?, true))
        }
        Err(failure) => tx.finish(Err(failure)).await,
    }
}

/// `None` when the id was answered before.
async fn write_all(tx: &mut Tx, ctx: &OpCtx, key: &Key, request: &ReleaseLines) -> Result<Option<LinesReleased>> {
    let (round, levels) = super::round_with_levels(tx, request.round).await?;
    // what those below the nation assigned is theirs to release, or their prefecture's
    if request.holder == TerritoryCode::NATION && levels.last() != Tier::Nation {
        return Err(wrong_level(&round, &levels, request.holder).into());
    }
    let group = Group::load(tx, request).await?;
    let sites: Vec<String> = group.wanted.iter().map(Uuid::to_string).collect();
    let found = read::releasable(tx, round.id, &sites).await?;
    // the lines are locked now: whoever used this id at the same moment has committed
    if idempotency::replay::<LinesReleased>(tx, key).await?.is_some() {
        return Ok(None);
    }
    let lines = own_lines(request.holder, found);
    let (vials, packs) = whole_packs(&round, &lines)?;
    post(tx, ctx, request.id, &round, &lines).await?;
    let row = Release {
        id: request.id,
        round_id: round.id,
        hub_id: request.hub,
        holder: request.holder.to_string(),
        vials,
        packs,
        state: "released".to_owned(),
        reason: None,
        actor_name: ctx.actor.name.clone(),
        business_at: ctx.now,
        ended_at: None,
    };
    let line = |line: &PlanLine| ReleaseLine {
        release_id: row.id,
        plan_id: line.plan_id,
        recipient: line.recipient.clone(),
        vials: line.units,
    };
    let rows: Vec<ReleaseLine> = lines.iter().map(line).collect();
    write::release(tx, &row, &rows).await?;
    outbox::emit(tx, ctx, row.id, &group.event(ctx, &round, &row, &rows)).await?;
    let released = LinesReleased {
        release: row.id,
        hub: row.hub_id,
        vials,
        packs,
        lines: i64::try_from(rows.len()).map_err(Failure::internal)?,
        position: tx.position().to_string(),
    };
    Ok(idempotency::take(tx, key, 200, &released).await?.then_some(released))
}

/// The hub, its group, and which of it are to be released.
struct Group {
    hub: Site,
    sites: Vec<Site>,
    wanted: Vec<Uuid>,
}

impl Group {
    async fn load(tx: &mut Tx, request: &ReleaseLines) -> Result<Self> {
        let sites = read::hub_group(tx, request.hub).await?;
        let missing = || Problem::new(&error::ALLOCATION_SITE_NOT_FOUND).with("site", &request.hub.to_string());
        let visible =
            |site: &Site| TerritoryCode::parse(&site.municipality).is_ok_and(|at| request.holder.contains(at));
        // a hub of elsewhere is known to whoever has a satellite there, and to nobody else
        if !sites.iter().any(visible) {
            return Err(missing().into());
        }
        let hub = sites.iter().find(|site| site.id == request.hub).ok_or_else(missing)?.clone();
        if hub.hub_id.is_some() {
            return Err(Problem::new(&error::ALLOCATION_NOT_A_HUB).with("site", &hub.id.to_string()).into());
        }
        let known: BTreeSet<Uuid> = sites.iter().map(|site| site.id).collect();
        let wanted = match &request.sites {
            Some(wanted) => of_the_hub(wanted, &known)?,
            None => known.into_iter().collect(),
        };
        Ok(Self { hub, sites, wanted })
    }

    /// The event: what the hub gets, and what of it goes on to its satellites.
    fn event(&self, ctx: &OpCtx, round: &Round, row: &Release, lines: &[ReleaseLine]) -> AllocationReleased {
        let mut by_site: HashMap<&str, i64> = HashMap::new();
        for line in lines {
            let vials = by_site.entry(line.recipient.as_str()).or_default();
            *vials = vials.saturating_add(line.vials);
        }
        let split = |site: &Site| {
            let vials = *by_site.get(site.id.to_string().as_str())?;
            let (site_id, facility_id) = (site.id, site.facility_id);
            let (name, municipality) = (site.name.clone(), site.municipality.clone());
            Some(EventSplit { site_id, facility_id, name, municipality, vials })
        };
        AllocationReleased {
            release_id: row.id,
            round_id: round.id,
            programme: round.programme.clone(),
            round: round.number,
            product: round.product.clone(),
            pack: round.pack.clone(),
            pack_vials: round.pack_vials,
            vials: row.vials,
            hub: EventSite {
                site_id: self.hub.id,
                facility_id: self.hub.facility_id,
                facility_code: None,
                name: self.hub.name.clone(),
                address: self.hub.address.clone(),
                municipality: self.hub.municipality.clone(),
            },
            splits: self.sites.iter().filter(|site| site.id != self.hub.id).filter_map(split).collect(),
            delivery_from: round.delivery_from,
            delivery_to: round.delivery_to,
            training: ctx.training,
        }
    }
}

/// The sites named, each once, if all belong to the hub.
fn of_the_hub(wanted: &[Uuid], known: &BTreeSet<Uuid>) -> Result<Vec<Uuid>> {
    let mut seen = BTreeSet::new();
    let mut errors = Vec::new();
    for (index, site) in wanted.iter().enumerate() {
        let path = format!("sites[{index}]");
        let problem = match (known.contains(site), seen.insert(*site)) {
            (false, _) => Problem::new(&error::ALLOCATION_NOT_OF_THE_HUB).with("site", &site.to_string()),
            (true, false) => Problem::new(&error::ALLOCATION_DUPLICATE_RECIPIENT).with("recipient", &site.to_string()),
            (true, true) => continue,
        };
        errors.push(problem.at(&path));
    }
    if wanted.is_empty() {
        errors.push(FieldError::new("sites", &error::ALLOCATION_NOTHING_TO_RELEASE));
    }
    if errors.is_empty() {
        Ok(seen.into_iter().collect())
    } else {
        Err(Problem::of_fields(&error::REQUEST_INVALID, errors).into())
    }
}

/// Lines that the holder's officers, or those below it, have assigned.
fn own_lines(holder: TerritoryCode, found: Vec<(PlanLine, String)>) -> Vec<PlanLine> {
    let own = |by: &str| TerritoryCode::parse(by).is_ok_and(|by| holder.contains(by));
    found.into_iter().filter(|(_, by)| own(by)).map(|(line, _)| line).collect()
}

/// Vials and packs of lines that are whole packs together.
fn whole_packs(round: &Round, lines: &[PlanLine]) -> Result<(i64, i64)> {
    let vials = lines.iter().fold(0_i64, |sum, line| sum.saturating_add(line.units));
    let pack_vials = i64::from(round.pack_vials);
    match (vials, vials.checked_rem(pack_vials), vials.checked_div(pack_vials)) {
        (0, ..) => Err(Problem::new(&error::ALLOCATION_NOTHING_TO_RELEASE).into()),
        (vials, Some(0), Some(packs)) => Ok((vials, packs)),
        (vials, remainder, _) => Err(Problem::new(&error::ALLOCATION_NOT_WHOLE_PACKS)
            .with("vials", &vials.to_string())
            .with("pack_vials", &pack_vials.to_string())
            .with("remainder", &remainder.unwrap_or(vials).to_string())
            .into()),
    }
}

/// The transfer by which a line was released.
pub(super) fn transfer_id(release: Uuid, plan: Uuid, recipient: &str) -> Uuid {
    Uuid::new_v5(&release, format!("{plan}/{recipient}").as_bytes())
}

/// granted(site) → released(site), line by line, all or none.
async fn post(tx: &mut Tx, ctx: &OpCtx, release: Uuid, round: &Round, lines: &[PlanLine]) -> Result<()> {
    let sites: Vec<String> =
        lines.iter().map(|line| line.recipient.clone()).collect::<BTreeSet<_>>().into_iter().collect();
    let granted = book::accounts(tx, round, Kind::Granted, &sites).await?;
    let released = book::accounts(tx, round, Kind::Released, &sites).await?;
    let account = |accounts: &HashMap<String, AccountId>, line: &PlanLine| {
        accounts.get(&line.recipient).copied().ok_or_else(|| Failure::internal("an account of the book is missing"))
    };
    let transfer = |line: &PlanLine| -> Result<Transfer> {
        let id = transfer_id(release, line.plan_id, &line.recipient);
        Ok(Transfer::post(id, account(&granted, line)?, account(&released, line)?, line.units))
    };
    let chain: Vec<Transfer> = lines.iter().map(transfer).collect::<Result<_>>()?;
    ledger::post(tx, ctx, &chain).await?;
    Ok(())
}
