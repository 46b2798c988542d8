//! A depot received vials from the maker: where they enter the stock book.
use super::{
    Ended, Outcome, answered,
    book::{Book, Kind, Pile},
    checked, end,
    record_answer::amount,
    taken,
};
use crate::Distribution;
use distribution_store::{
    read,
    rows::{Inbound, Lot},
    write,
};
use domain::{
    BusinessDay, FieldError, Problem, error, lot,
    policy::{Action, Place, Role, decide},
};
use platform::{OpCtx, Tx, audit, failure::Result, idempotency::Key, opctx::new_id};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;
use wire::shipment::{InboundRecorded, RecordInbound};

const OPERATION: &str = "record_inbound";
/// Most lots of one call.
const LOTS_MAX: usize = 200;

/// Notes what a depot received. A lot that is not known yet is entered; one that was recalled goes into
/// quarantine.
///
/// # Errors
/// `wholesaler.not_found` (also for what the actor cannot see), `auth.forbidden`, `lot.differs`; for fields
/// `request.invalid_field` when there is no such product, `lot.malformed`, `lot.duplicate`, `lot.expired`,
/// `stock.amount_out_of_range`.
pub async fn record_inbound(
    distribution: &Distribution,
    ctx: &OpCtx,
    request: RecordInbound,
) -> Result<Outcome<InboundRecorded>> {
    let missing = || Problem::new(&error::WHOLESALER_NOT_FOUND).with("wholesaler", &request.wholesaler.to_string());
    let place = if ctx.actor.role == Role::Operator { ctx.actor.home } else { Place::Wholesaler(request.wholesaler) };
    let permit = decide(&ctx.actor, Action::InboundRecord, place).map_err(|denied| denied.or_missing(missing()))?;
    let mut conn = distribution.db.read().await?;
    let known = read::wholesaler(&mut conn, &request.wholesaler.to_string()).await?;
    let product = match request.product.contains('\0') {
        false => read::product(&mut conn, &request.product).await?,
        true => None,
    };
    drop(conn);
    known.ok_or_else(missing)?;
    let lots = check(ctx, &request, product.is_some())?;
    let key = Key::new(request.id, &ctx.actor, OPERATION, &request)?;
    let target = format!("depot/{}", request.wholesaler);
    let entry = audit::Entry { target, cause: request.id, reason: None };
    let mut tx = Tx::begin(&distribution.db, ctx, &[(&permit, entry)]).await?;
    let written = write_all(&mut tx, ctx, &key, &request, lots).await;
    end(&distribution.db, tx, &key, written).await
}

/// The lots with new ids, and their vials, in the request's order.
fn check(ctx: &OpCtx, request: &RecordInbound, known_product: bool) -> Result<Vec<(Lot, i64)>> {
    let mut errors = Vec::new();
    if !known_product {
        let error = FieldError::new("product", &error::REQUEST_INVALID_FIELD);
        errors.push(error.with("reason", "there is no such product"));
    }
    if request.lots.is_empty() || request.lots.len() > LOTS_MAX {
        let reason = format!("1 to {LOTS_MAX} lots are expected");
        errors.push(FieldError::new("lots", &error::REQUEST_INVALID_FIELD).with("reason", &reason));
    }
    let today = BusinessDay::at(ctx.now).date();
    let (mut lots, mut seen) = (Vec::new(), BTreeSet::new());
    for (index, given) in request.lots.iter().enumerate() {
        let path = |field: &str| format!("lots[{index}].{field}");
        if !(1..=ledger::AMOUNT_MAX).contains(&given.vials) {
            errors.push(amount(1, given.vials).at(&path("vials")));
        }
        if given.expiry < today || BusinessDay::parse(&given.expiry.to_string()).is_err() {
            let error = FieldError::new(path("expiry"), &error::LOT_EXPIRED).with("lot", &given.lot);
            errors.push(error.with("expiry", &given.expiry.to_string()).with("day", &today.to_string()));
        }
        match lot::normal(&given.lot) {
            Ok(number) if seen.insert(number.clone()) => {
                let (product, expiry) = (request.product.clone(), given.expiry);
                let lot = Lot { id: new_id(), product, number, expiry, thawed_expiry: None, recalled_at: None };
                lots.push((lot, given.vials));
            }
            Ok(number) => errors.push(FieldError::new(path("lot"), &error::LOT_DUPLICATE).with("lot", &number)),
            Err(problem) => errors.push(problem.at(&path("lot"))),
        }
    }
    checked(errors)?;
    Ok(lots)
}

async fn write_all(
    tx: &mut Tx,
    ctx: &OpCtx,
    key: &Key,
    request: &RecordInbound,
    lots: Vec<(Lot, i64)>,
) -> Result<Ended<InboundRecorded>> {
    let wholesaler = request.wholesaler.to_string();
    write::lock_depot(tx, &wholesaler).await?;
    if taken(tx, key).await? {
        return Ok(Ended::Before);
    }
    write::lock_maker(tx).await?;
    let lots = enter(tx, request, lots).await?;
    let ends = |lot: &Lot| [Pile::maker(lot.id), Pile::depot(lot.id, Kind::resting(lot), &wholesaler)];
    let mut book = Book::load(tx, lots.iter().flat_map(|(lot, _)| ends(lot)).collect()).await?;
    for (lot, vials) in &lots {
        let [maker, depot] = ends(lot);
        book.shift(&maker, &depot, *vials);
    }
    let row = |(lot, vials): &(Lot, i64)| Inbound {
        id: Uuid::new_v5(&request.id, lot.id.as_bytes()),
        wholesaler: wholesaler.clone(),
        lot_id: lot.id,
        vials: *vials,
        business_at: ctx.now,
    };
    write::inbound(tx, &lots.iter().map(row).collect::<Vec<_>>()).await?;
    book.post(tx, ctx, request.id, "inbound").await?;
    let recorded = InboundRecorded {
        inbound: request.id,
        vials: lots.iter().map(|(_, vials)| *vials).fold(0, i64::saturating_add),
        position: tx.position().to_string(),
    };
    answered(tx, key, recorded).await
}

/// Enters the lots that are not known yet; answers all as they are known, with their vials.
async fn enter(tx: &mut Tx, request: &RecordInbound, lots: Vec<(Lot, i64)>) -> Result<Vec<(Lot, i64)>> {
    let rows: Vec<Lot> = lots.iter().map(|(lot, _)| lot.clone()).collect();
    write::lots(tx, &rows).await?;
    let numbers: Vec<&str> = rows.iter().map(|lot| lot.number.as_str()).collect();
    let known = write::lots_shared(tx, &request.product, &numbers).await?;
    let mut known: BTreeMap<String, Lot> = known.into_iter().map(|lot| (lot.number.clone(), lot)).collect();
    let (mut entered, mut errors) = (Vec::new(), Vec::new());
    for (index, (given, vials)) in lots.into_iter().enumerate() {
        let Some(lot) = known.remove(&given.number) else { continue };
        if lot.expiry != given.expiry {
            let error = FieldError::new(format!("lots[{index}].expiry"), &error::LOT_DIFFERS);
            errors.push((error.with("lot", &lot.number).with("expiry", &lot.expiry.to_string()), lot.clone()));
        }
        entered.push((lot, vials));
    }
    let Some((_, first)) = errors.first() else { return Ok(entered) };
    let problem = Problem::new(&error::LOT_DIFFERS).with("lot", &first.number);
    let problem = problem.with("expiry", &first.expiry.to_string());
    Err(problem.naming(errors.into_iter().map(|(error, _)| error).collect()).into())
}
