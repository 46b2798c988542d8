//! A release becomes a shipment: the area's branch, the lots proposed, the reservation, the order.
use super::{
    book::{Book, Kind, Pile},
    differences::site_name,
};
use distribution_store::{
    read::{self, goods::GoodsKey},
    rows::{Area, Lot, Product, Shipment, ShipmentLot, ShipmentSplit, ShipmentStep},
    stock, write,
};
use domain::{
    BranchCode, BusinessDay, Problem, TerritoryCode, error,
    shipment::{State, first_expired_first_out},
};
use platform::{Failure, OpCtx, Tx, failure::Result, outbox};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;
use wire::events::{
    AllocationReleased, DayWindow, EventGoods, EventLot, EventPack, EventSite, ShipmentOrdered, ShipmentUnfulfillable,
};

/// Makes the shipment of a release, in the transaction of the event that tells so; one that is there
/// stays as it is. The branch is the one whose area the hub lies in on the first day of delivery; where
/// nobody serves the place the shipment is unfulfillable at once.
///
/// # Errors
/// `event.malformed` when the release cannot be one of ours; the database's.
pub async fn order_shipment(tx: &mut Tx, ctx: &OpCtx, release: &AllocationReleased) -> Result<()> {
    write::lock_shipment(tx, release.release_id).await?;
    if read::shipment(tx, release.release_id).await?.is_some() {
        return Ok(());
    }
    check(release)?;
    let malformed = |reason: &str| Problem::new(&error::EVENT_MALFORMED).with("reason", reason);
    let product = read::product(tx, &release.product).await?.ok_or_else(|| malformed("there is no such product"))?;
    let group = &product.product_group;
    match read::area_on(tx, &release.hub.municipality, group, release.delivery_from).await? {
        Some(area) => order(tx, ctx, release, &product, &area).await,
        None => nobody(tx, ctx, release, &product).await,
    }
}

/// What a release must be before it can become a shipment.
fn check(release: &AllocationReleased) -> Result<()> {
    let pack_vials = i64::from(release.pack_vials);
    let sites: BTreeSet<Uuid> = release.splits.iter().map(|split| split.site_id).collect();
    let handed_on = release.splits.iter().fold(0, |sum: i64, split| sum.saturating_add(split.vials));
    let wrong =
        if !(1..=ledger::AMOUNT_MAX).contains(&release.vials) || pack_vials < 1 || release.vials % pack_vials != 0 {
            "vials are no whole packs"
        } else if release.delivery_to < release.delivery_from {
            "the window ends before it begins"
        } else if release.splits.iter().any(|split| split.vials < 1) || handed_on > release.vials {
            "the splits are not part of the vials"
        } else if sites.len() != release.splits.len() || sites.contains(&release.hub.site_id) {
            "a site stands twice"
        } else if TerritoryCode::parse(&release.hub.municipality).is_err() {
            "the hub lies nowhere"
        } else {
            return Ok(());
        };
    Err(Problem::new(&error::EVENT_MALFORMED).with("reason", wrong).into())
}

fn row(ctx: &OpCtx, release: &AllocationReleased, product: &Product, branch: Option<BranchCode>) -> Result<Shipment> {
    let state = if branch.is_some() { State::Ordered } else { State::Unfulfillable };
    Ok(Shipment {
        id: release.release_id,
        round_id: release.round_id,
        programme: release.programme.clone(),
        round_number: release.round,
        product: release.product.clone(),
        branch: branch.map(|branch| branch.to_string()),
        wholesaler: branch.map(|branch| branch.wholesaler().to_string()),
        site_id: release.hub.site_id,
        facility_id: release.hub.facility_id,
        site: serde_json::to_value(&release.hub)?,
        municipality: release.hub.municipality.clone(),
        vials: release.vials,
        pack: release.pack.clone(),
        pack_vials: release.pack_vials,
        storage: product.storage.clone(),
        window_from: release.delivery_from,
        window_to: release.delivery_to,
        state: state.as_str().to_owned(),
        version: 1,
        next_answer: 1,
        delivery_on: None,
        delivery_hours: None,
        ordered_at: ctx.now,
        dispatched_at: None,
        delivered_at: None,
        received_at: None,
        training: release.training,
    })
}

/// Writes the shipment, its splits and its first step.
async fn write_new(
    tx: &mut Tx,
    ctx: &OpCtx,
    shipment: &Shipment,
    release: &AllocationReleased,
    reason: Option<&str>,
) -> Result<()> {
    write::shipment(tx, shipment).await?;
    let split = |split: &wire::events::EventSplit| ShipmentSplit {
        shipment_id: shipment.id,
        site_id: split.site_id,
        facility_id: split.facility_id,
        name: split.name.clone(),
        municipality: split.municipality.clone(),
        vials: split.vials,
    };
    write::splits(tx, &release.splits.iter().map(split).collect::<Vec<_>>()).await?;
    let step = ShipmentStep {
        id: shipment.id,
        shipment_id: shipment.id,
        version: shipment.version,
        step: "order".to_owned(),
        state: shipment.state.clone(),
        actor_name: ctx.actor.name.clone(),
        reason: reason.map(str::to_owned),
        happened_at: ctx.now,
        business_at: ctx.now,
    };
    write::steps(tx, &[step]).await
}

/// Nobody serves the hub's municipality.
async fn nobody(tx: &mut Tx, ctx: &OpCtx, release: &AllocationReleased, product: &Product) -> Result<()> {
    let shipment = row(ctx, release, product, None)?;
    let (group, municipality) = (&product.product_group, &release.hub.municipality);
    let reason = format!("no branch brings {group} to {municipality} on {}", release.delivery_from);
    write_new(tx, ctx, &shipment, release, Some(&reason)).await?;
    outbox::emit(tx, ctx, shipment.id, &unfulfillable(&shipment, None, &reason)).await
}

/// `shipment.unfulfillable.v1`
pub(super) fn unfulfillable(shipment: &Shipment, branch: Option<BranchCode>, reason: &str) -> ShipmentUnfulfillable {
    ShipmentUnfulfillable {
        shipment_id: shipment.id,
        wholesaler: branch.map(BranchCode::wholesaler),
        branch,
        reason: reason.to_owned(),
        training: shipment.training,
    }
}

async fn order(tx: &mut Tx, ctx: &OpCtx, release: &AllocationReleased, product: &Product, area: &Area) -> Result<()> {
    let branch: BranchCode = area.branch.parse()?;
    let shipment = row(ctx, release, product, Some(branch))?;
    let wholesaler = branch.wholesaler().to_string();
    write::lock_depot(tx, &wholesaler).await?;
    let on_hand = stock::on_hand(tx, &wholesaler, &product.code).await?;
    // what is proposed can be delivered on any day of the window, also of one that is over already
    let last = shipment.window_to.max(BusinessDay::at(ctx.now).date());
    let proposed = first_expired_first_out(&on_hand, shipment.vials, last);
    let available = |lot: Uuid| Pile::depot(lot, Kind::Available, &wholesaler);
    let mut book = Book::load(tx, proposed.iter().map(|(lot, _, _)| available(*lot)).collect()).await?;
    for (lot, _, vials) in &proposed {
        book.shift(&available(*lot), &Pile::shipment(*lot, Kind::Reserved, shipment.id), *vials);
    }
    write_new(tx, ctx, &shipment, release, None).await?;
    let lot = |(lot, _, vials): &(Uuid, chrono::NaiveDate, i64)| ShipmentLot {
        shipment_id: shipment.id,
        stage: "proposed".to_owned(),
        lot_id: *lot,
        vials: *vials,
    };
    write::shipment_lots(tx, &proposed.iter().map(lot).collect::<Vec<_>>()).await?;
    book.post(tx, ctx, shipment.id, "order").await?;
    let event = ordered(tx, &shipment, branch, release, &proposed).await?;
    tracing::debug!(shipment = %shipment.id, %branch, to = site_name(&shipment), "ordered");
    outbox::emit(tx, ctx, shipment.id, &event).await
}

async fn ordered(
    tx: &mut Tx,
    shipment: &Shipment,
    branch: BranchCode,
    release: &AllocationReleased,
    proposed: &[(Uuid, chrono::NaiveDate, i64)],
) -> Result<ShipmentOrdered> {
    let ids: Vec<Uuid> = proposed.iter().map(|(lot, _, _)| *lot).collect();
    let lots: BTreeMap<Uuid, Lot> = read::lots_by_id(tx, &ids).await?.into_iter().map(|lot| (lot.id, lot)).collect();
    let named = |(lot, expiry, vials): &(Uuid, chrono::NaiveDate, i64)| {
        let known = lots.get(lot).ok_or_else(|| Failure::internal("a lot has vanished"))?;
        Ok(EventLot { lot: known.number.clone(), expiry: *expiry, vials: *vials })
    };
    Ok(ShipmentOrdered {
        shipment_id: shipment.id,
        wholesaler: branch.wholesaler(),
        branch,
        product: shipment.product.clone(),
        programme: shipment.programme.clone(),
        round: shipment.round_number,
        to: EventSite::clone(&release.hub),
        vials: shipment.vials,
        packs: vec![packs(shipment)],
        lots: proposed.iter().map(named).collect::<Result<_>>()?,
        window: DayWindow { from: shipment.window_from, to: shipment.window_to },
        storage: shipment.storage.clone(),
        splits: release.splits.clone(),
        goods: goods(tx, shipment).await?,
        training: shipment.training,
    })
}

/// What goes along with a shipment, as dated on the first day of its window.
async fn goods(tx: &mut Tx, shipment: &Shipment) -> Result<Vec<EventGoods>> {
    let key = goods_key(shipment);
    let found = read::goods::accompanying(tx, std::slice::from_ref(&key)).await?;
    let along = found.get(&key).cloned().unwrap_or_default().with_vials(shipment.vials)?;
    Ok(along.into_iter().map(|(goods, pieces)| EventGoods { goods: goods.code, pieces }).collect())
}

/// What says which goods go along with a shipment.
pub(super) fn goods_key(shipment: &Shipment) -> GoodsKey {
    GoodsKey {
        product: shipment.product.clone(),
        programme: shipment.programme.clone(),
        pack: shipment.pack.clone(),
        day: shipment.window_from,
    }
}

/// The whole packs of a shipment.
pub(super) fn packs(shipment: &Shipment) -> EventPack {
    let count = shipment.vials.checked_div(i64::from(shipment.pack_vials)).unwrap_or(0);
    EventPack { pack: shipment.pack.clone(), count }
}
