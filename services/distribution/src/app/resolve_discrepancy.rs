//! A signed decision on vials that are not where they should be brings the discrepancy to zero.
use super::{
    Ended, Outcome, answered, at,
    book::{Book, Kind, Pile},
    check_reason, checked, company, end, locked, permit, taken,
};
use crate::Distribution;
use distribution_store::{
    read,
    rows::{Discrepancy, Lot, Shipment},
    write::{self, Resolution},
};
use domain::{
    Problem,
    discrepancy::{Decision, Kind as Difference},
    error,
    policy::Action,
};
use platform::{Failure, OpCtx, Tx, audit, failure::Result, idempotency::Key};
use uuid::Uuid;
use wire::shipment::{DiscrepancyResolved, ResolveDiscrepancy};

const OPERATION: &str = "resolve_discrepancy";

/// Decides what became of a discrepancy's vials, and moves them there.
///
/// # Errors
/// `discrepancy.not_found` (also for what the actor cannot see), `auth.forbidden`,
/// `discrepancy.wrong_decision`, `request.reason_missing`, `discrepancy.already_resolved`,
/// `stock.insufficient` when the depot's book has not what came from it, `lot.recalled` for vials that
/// are to be used.
pub async fn resolve_discrepancy(
    distribution: &Distribution,
    ctx: &OpCtx,
    discrepancy: Uuid,
    request: ResolveDiscrepancy,
) -> Result<Outcome<DiscrepancyResolved>> {
    let missing = || Problem::new(&error::DISCREPANCY_NOT_FOUND).with("discrepancy", &discrepancy.to_string());
    let mut conn = distribution.db.read().await?;
    let found = read::discrepancy(&mut conn, discrepancy).await?.ok_or_else(missing)?;
    let shipment = read::shipment(&mut conn, found.shipment_id).await?;
    drop(conn);
    let shipment = shipment.ok_or_else(|| Failure::internal("a discrepancy without its shipment"))?;
    let permit = permit(ctx, Action::DiscrepancyResolve, &shipment, missing())?;
    checked(check_reason(&request.reason, "reason").into_iter().collect())?;
    let decision = kind(&found)?.decide(&request.decision).map_err(|problem| at(problem, "decision"))?;
    let key = Key::new(request.id, &ctx.actor, OPERATION, &(discrepancy, &request))?;
    let target = format!("discrepancy/{discrepancy}");
    let entry = audit::Entry { target, cause: request.id, reason: Some(request.reason.clone()) };
    let mut tx = Tx::begin(&distribution.db, ctx, &[(&permit, entry)]).await?;
    let written = write_all(&mut tx, ctx, &key, &found, decision, &request).await;
    end(&distribution.db, tx, &key, written).await
}

fn kind(row: &Discrepancy) -> Result<Difference> {
    Difference::parse(&row.kind).ok_or_else(|| Failure::internal(format!("discrepancy kind {}", row.kind)))
}

async fn write_all(
    tx: &mut Tx,
    ctx: &OpCtx,
    key: &Key,
    found: &Discrepancy,
    decision: Decision,
    request: &ResolveDiscrepancy,
) -> Result<Ended<DiscrepancyResolved>> {
    write::lock_shipment(tx, found.shipment_id).await?;
    if taken(tx, key).await? {
        return Ok(Ended::Before);
    }
    let row = read::discrepancy(tx, found.id).await?.ok_or_else(|| Failure::internal("a discrepancy has vanished"))?;
    if row.state != "open" {
        return Err(Problem::new(&error::DISCREPANCY_RESOLVED).into());
    }
    let shipment = locked(tx, found.shipment_id).await?;
    write::lock_depot(tx, &company(&shipment)?).await?;
    write::lock_site(tx, shipment.site_id).await?;
    if decision == Decision::FromMaker {
        write::lock_maker(tx).await?;
    }
    let lots = write::lots_shared_by_id(tx, &[row.lot_id]).await?;
    let lot = lots.first().ok_or_else(|| Failure::internal("a discrepancy of no lot"))?;
    if decision == Decision::Usable && lot.recalled_at.is_some() {
        return Err(at(Problem::new(&error::LOT_RECALLED).with("lot", &lot.number), "decision").into());
    }
    let (from, to) = ends(&row, &shipment, lot, decision)?;
    let mut book = Book::load(tx, vec![from.clone(), to.clone()]).await?;
    if matches!(from.kind, Kind::Maker | Kind::Discrepancy) {
        book.shift(&from, &to, row.vials);
    } else {
        book.take(&from, &to, row.vials, &lot.number)?;
    }
    book.post(tx, ctx, row.id, decision.as_str()).await?;
    let by = &ctx.actor.name;
    let resolution = Resolution { decision: decision.as_str(), reason: &request.reason, by, at: ctx.now };
    write::resolve(tx, &[row.id], resolution).await?;
    let resolved = DiscrepancyResolved {
        discrepancy: row.id,
        shipment: shipment.id,
        decision: decision.as_str().to_owned(),
        vials: row.vials,
        position: tx.position().to_string(),
    };
    answered(tx, key, resolved).await
}

/// From where to where a decision moves the vials. Of a recalled lot nothing becomes available.
fn ends(row: &Discrepancy, shipment: &Shipment, lot: &Lot, decision: Decision) -> Result<(Pile, Pile)> {
    let wholesaler = company(shipment)?;
    let depot = |kind: Kind| Pile::depot(lot.id, kind, &wholesaler);
    let site = |kind: Kind| Pile::site(lot.id, kind, shipment.site_id);
    let open = Pile::shipment(row.lot_id, Kind::Discrepancy, shipment.id);
    let resting = Kind::resting(lot);
    Ok(match decision {
        Decision::Lost => (open, Pile::shipment(lot.id, Kind::Lost, shipment.id)),
        Decision::FoundAtDepot => (open, depot(resting)),
        Decision::FoundAtSite => (open, site(resting)),
        Decision::FromDepot => (depot(resting), open),
        Decision::FromMaker => (Pile::maker(lot.id), open),
        Decision::Destroyed => (site(Kind::Quarantined), site(Kind::Destroyed)),
        Decision::Usable => (site(Kind::Quarantined), site(Kind::Available)),
        Decision::Returned => (site(Kind::Quarantined), depot(Kind::Returned)),
    })
}
