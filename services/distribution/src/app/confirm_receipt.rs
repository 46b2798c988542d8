//! 納品確認: the site confirms what arrived, lot by lot. What differs becomes a discrepancy.
use super::{
    Ended, Outcome, answered,
    book::{Book, Kind, Pile},
    branch, checked, differences, end, happened, locked,
    moving::{Deed, Moving},
    permitted,
    record_answer::amount,
    state, taken,
};
use crate::Distribution;
use distribution_store::{
    read,
    rows::{Lot, Receipt, ReceiptLine, Shipment},
    write,
};
use domain::{
    FieldError, Problem, discrepancy::Kind as Difference, error, lot, policy::Action, shipment::Step, time::Instant,
    time::rfc3339,
};
use platform::{OpCtx, Tx, audit, failure::Result, idempotency::Key, outbox};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;
use wire::{
    events::{ReceiptRecorded, ReceivedLot},
    shipment::{ConfirmReceipt, ReceiptConfirmed},
};

const OPERATION: &str = "confirm_receipt";
/// Most lots of one receipt.
const LOTS_MAX: usize = 200;

/// What a request says, once it was understood.
struct Counted {
    at: Instant,
    /// Number, usable, damaged; in the request's order.
    lots: Vec<(String, i64, i64)>,
}

/// Confirms the arrival of a shipment. It may be confirmed once, from dispatch on, also before the branch
/// has said that it delivered.
///
/// # Errors
/// `shipment.not_found` (also for what the actor cannot see), `auth.forbidden`, `receipt.not_dispatched`,
/// `receipt.already_confirmed`; for fields `lot.malformed`, `lot.duplicate`, `lot.not_found`,
/// `stock.amount_out_of_range`, `time.malformed_instant`, `time.in_future`.
pub async fn confirm_receipt(
    distribution: &Distribution,
    ctx: &OpCtx,
    shipment: Uuid,
    request: ConfirmReceipt,
) -> Result<Outcome<ReceiptConfirmed>> {
    let (_, permit) = permitted(&distribution.db, ctx, Action::ReceiptConfirm, shipment).await?;
    let counted = check(ctx, &request)?;
    let key = Key::new(request.id, &ctx.actor, OPERATION, &(shipment, &request))?;
    let entry = audit::Entry { target: format!("shipment/{shipment}"), cause: request.id, reason: None };
    let mut tx = Tx::begin(&distribution.db, ctx, &[(&permit, entry)]).await?;
    let written = write_all(&mut tx, ctx, &key, shipment, request.id, &counted).await;
    end(&distribution.db, tx, &key, written).await
}

fn check(ctx: &OpCtx, request: &ConfirmReceipt) -> Result<Counted> {
    let mut errors = Vec::new();
    let at = request.received_at.as_deref().map_or(Ok(ctx.now), |at| happened(at, ctx.now));
    let at = at.unwrap_or_else(|problem| {
        errors.push(problem.at("received_at"));
        ctx.now
    });
    if request.lots.len() > LOTS_MAX {
        errors.push(FieldError::new("lots", &error::REQUEST_TOO_MANY_ITEMS).with("limit", &LOTS_MAX.to_string()));
    }
    let (mut lots, mut seen) = (Vec::new(), BTreeSet::new());
    for (index, given) in request.lots.iter().enumerate() {
        for (field, vials) in [("accepted", given.accepted), ("damaged", given.damaged)] {
            if !(0..=ledger::AMOUNT_MAX).contains(&vials) {
                errors.push(amount(0, vials).at(&format!("lots[{index}].{field}")));
            }
        }
        let path = format!("lots[{index}].lot");
        match lot::normal(&given.lot) {
            Ok(number) if seen.insert(number.clone()) => lots.push((number, given.accepted, given.damaged)),
            Ok(number) => errors.push(FieldError::new(path, &error::LOT_DUPLICATE).with("lot", &number)),
            Err(problem) => errors.push(problem.at(&path)),
        }
    }
    checked(errors)?;
    Ok(Counted { at, lots })
}

async fn write_all(
    tx: &mut Tx,
    ctx: &OpCtx,
    key: &Key,
    id: Uuid,
    receipt: Uuid,
    counted: &Counted,
) -> Result<Ended<ReceiptConfirmed>> {
    write::lock_shipment(tx, id).await?;
    if taken(tx, key).await? {
        return Ok(Ended::Before);
    }
    let shipment = locked(tx, id).await?;
    if let Some(before) = read::receipts_of(tx, &[id]).await?.first() {
        return Err(Problem::new(&error::RECEIPT_ALREADY).with("receipt", &before.id.to_string()).into());
    }
    let not_dispatched = |_| Problem::new(&error::RECEIPT_NOT_DISPATCHED).with("state", &shipment.state);
    let after = state(&shipment)?.after(Step::Receive, false).map_err(not_dispatched)?;
    write::lock_site(tx, shipment.site_id).await?;
    let lots = lots(tx, &shipment, counted).await?;
    let mut moving = Moving::new(shipment);
    moving.shipment.received_at = Some(counted.at);
    moving.shipment.delivered_at = moving.shipment.delivered_at.or(Some(counted.at));
    let deed = Deed { cause: receipt, by: &ctx.actor.name, reason: None, at: counted.at };
    moving.note(ctx.now, Step::Receive, after, &deed);
    let shipment = moving.write(tx).await?;
    let lines = post(tx, ctx, &shipment, receipt, &lots).await?;
    let row = Receipt {
        id: receipt,
        shipment_id: shipment.id,
        site_id: shipment.site_id,
        actor_name: ctx.actor.name.clone(),
        received_at: counted.at,
        business_at: ctx.now,
    };
    write::receipt(tx, &row, &lines).await?;
    let found = differing(ctx, &shipment, receipt, &lines);
    differences::write(tx, ctx, &shipment, receipt, &found).await?;
    let event = event(&shipment, &row, &lines, &lots)?;
    outbox::emit(tx, ctx, receipt, &event).await?;
    let confirmed = ReceiptConfirmed {
        receipt,
        shipment: shipment.id,
        vials_accepted: event.vials_accepted,
        vials_damaged: event.vials_damaged,
        vials_short: event.vials_short,
        vials_surplus: event.vials_surplus,
        discrepancies: found.iter().map(|row| row.id).collect(),
        position: tx.position().to_string(),
    };
    answered(tx, key, confirmed).await
}

/// A lot that was sent or counted: usable, damaged.
type CountedLots = BTreeMap<Uuid, (Lot, i64, i64)>;

/// The lots that were sent and those that were counted, kept from being recalled.
async fn lots(tx: &mut Tx, shipment: &Shipment, counted: &Counted) -> Result<CountedLots> {
    let sent = read::lots_of(tx, &[shipment.id]).await?;
    let sent = sent.iter().filter(|(row, _)| row.stage == "picked").map(|(_, lot)| lot.number.as_str());
    let numbers: BTreeSet<&str> = sent.chain(counted.lots.iter().map(|(number, _, _)| number.as_str())).collect();
    let known = write::lots_shared(tx, &shipment.product, &numbers.into_iter().collect::<Vec<_>>()).await?;
    let by_number: BTreeMap<&str, &Lot> = known.iter().map(|lot| (lot.number.as_str(), lot)).collect();
    let mut lots: CountedLots = known.iter().map(|lot| (lot.id, (lot.clone(), 0, 0))).collect();
    let mut errors = Vec::new();
    for (index, (number, accepted, damaged)) in counted.lots.iter().enumerate() {
        match by_number.get(number.as_str()) {
            Some(lot) => drop(lots.insert(lot.id, ((*lot).clone(), *accepted, *damaged))),
            None => {
                let error = FieldError::new(format!("lots[{index}].lot"), &error::LOT_NOT_FOUND);
                errors.push(error.with("product", &shipment.product).with("lot", number));
            }
        }
    }
    checked(errors)?;
    Ok(lots)
}

/// Takes what arrived off the road: usable vials to the site, or into its quarantine when the lot has been
/// recalled; damaged ones into quarantine. What is missing goes into the shipment's discrepancy, and what
/// is too much comes out of it.
async fn post(
    tx: &mut Tx,
    ctx: &OpCtx,
    shipment: &Shipment,
    receipt: Uuid,
    lots: &CountedLots,
) -> Result<Vec<ReceiptLine>> {
    let moving = |lot: Uuid| Pile::shipment(lot, Kind::InTransit, shipment.id);
    let mut book = Book::load(tx, lots.keys().map(|lot| moving(*lot)).collect()).await?;
    let mut lines = Vec::with_capacity(lots.len());
    for (id, (lot, accepted, damaged)) in lots {
        let expected = book.vials(&moving(*id));
        let discrepancy = Pile::shipment(*id, Kind::Discrepancy, shipment.id);
        for (kind, vials) in [(Kind::resting(lot), *accepted), (Kind::Quarantined, *damaged)] {
            let to = Pile::site(*id, kind, shipment.site_id);
            let came = book.draw(&moving(*id), &to, vials);
            book.shift(&discrepancy, &to, vials - came);
        }
        book.draw(&moving(*id), &discrepancy, expected);
        if expected + accepted + damaged > 0 {
            let (accepted, damaged) = (*accepted, *damaged);
            lines.push(ReceiptLine { receipt_id: receipt, lot_id: *id, expected, accepted, damaged });
        }
    }
    book.post(tx, ctx, receipt, "receive").await?;
    Ok(lines)
}

fn short(line: &ReceiptLine) -> i64 {
    (line.expected - line.accepted - line.damaged).max(0)
}

fn surplus(line: &ReceiptLine) -> i64 {
    (line.accepted + line.damaged - line.expected).max(0)
}

fn differing(
    ctx: &OpCtx,
    shipment: &Shipment,
    receipt: Uuid,
    lines: &[ReceiptLine],
) -> Vec<distribution_store::rows::Discrepancy> {
    let found = lines.iter().flat_map(|line| {
        let amounts = [
            (Difference::Short, short(line)),
            (Difference::Surplus, surplus(line)),
            (Difference::Damaged, line.damaged),
        ];
        amounts.map(|(kind, vials)| (line.lot_id, kind, vials))
    });
    let open = |(lot, kind, vials)| differences::open(ctx, shipment, Some(receipt), lot, kind, vials);
    found.filter(|(_, _, vials)| *vials > 0).map(open).collect()
}

fn event(shipment: &Shipment, receipt: &Receipt, lines: &[ReceiptLine], lots: &CountedLots) -> Result<ReceiptRecorded> {
    let branch = branch(shipment)?;
    let sum = |amount: fn(&ReceiptLine) -> i64| lines.iter().map(amount).fold(0, i64::saturating_add);
    let named = |line: &ReceiptLine| ReceivedLot {
        lot: lots.get(&line.lot_id).map(|(lot, _, _)| lot.number.clone()).unwrap_or_default(),
        expected: line.expected,
        accepted: line.accepted,
        damaged: line.damaged,
    };
    Ok(ReceiptRecorded {
        receipt_id: receipt.id,
        shipment_id: shipment.id,
        wholesaler: branch.wholesaler(),
        branch,
        site_id: shipment.site_id,
        received_at: rfc3339(receipt.received_at),
        lots: lines.iter().map(named).collect(),
        vials_accepted: sum(|line| line.accepted),
        vials_damaged: sum(|line| line.damaged),
        vials_short: sum(short),
        vials_surplus: sum(surplus),
        training: shipment.training,
    })
}
