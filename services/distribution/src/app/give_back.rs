//! What was reserved for a shipment that will not leave goes back to its depot.
use super::{
    book::{Book, Kind, Pile},
    company, differences,
};
use distribution_store::{read, rows::Shipment, write};
use platform::{OpCtx, Tx, failure::Result};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// Gives the reservation back. The caller holds the locks of shipment and depot. What was picked beyond the
/// depot's book leaves it again; what has been recalled goes into quarantine.
pub(super) async fn give_back(tx: &mut Tx, ctx: &OpCtx, shipment: &Shipment, cause: Uuid, reason: &str) -> Result<()> {
    let depot = company(shipment)?;
    let lots: BTreeSet<Uuid> =
        read::lots_of(tx, &[shipment.id]).await?.into_iter().map(|(row, _)| row.lot_id).collect();
    let lots = write::lots_shared_by_id(tx, &lots.into_iter().collect::<Vec<_>>()).await?;
    let piles = lots
        .iter()
        .flat_map(|lot| [Kind::Reserved, Kind::Discrepancy].map(|kind| Pile::shipment(lot.id, kind, shipment.id)));
    let mut book = Book::load(tx, piles.collect()).await?;
    let mut outstanding = BTreeMap::new();
    for lot in &lots {
        let reserved = Pile::shipment(lot.id, Kind::Reserved, shipment.id);
        let discrepancy = Pile::shipment(lot.id, Kind::Discrepancy, shipment.id);
        put_back(&mut book, &reserved, &discrepancy, &Pile::depot(lot.id, Kind::resting(lot), &depot), i64::MAX);
        outstanding.insert(lot.id, -book.vials(&discrepancy));
    }
    book.post(tx, ctx, cause, reason).await?;
    differences::settle_beyond_stock(tx, ctx, shipment, cause, &outstanding).await
}

/// Puts up to `vials` of what is reserved back: first what the depot's book had lacked, the rest to the
/// depot.
pub(super) fn put_back(book: &mut Book, reserved: &Pile, discrepancy: &Pile, depot: &Pile, vials: i64) {
    let owed = (-book.vials(discrepancy)).max(0).min(vials);
    let repaid = book.draw(reserved, discrepancy, owed);
    book.draw(reserved, depot, vials - repaid);
}
