//! 回収: a lot must not be used any more.
use super::{
    Ended, Outcome, answered,
    book::{Book, Kind, Pile},
    check_reason, checked, end, system_permit, taken,
};
use crate::Distribution;
use distribution_store::{read, rows::Lot, stock::accounts_of_lot, stock::depot, write};
use domain::{FieldError, Problem, error, lot, policy::Action};
use platform::{Failure, OpCtx, Tx, audit, failure::Result, idempotency::Key};
use std::collections::BTreeMap;
use uuid::Uuid;
use wire::shipment::{LotRecalled, RecallLot};

const OPERATION: &str = "recall_lot";

/// Declares a lot recalled: what is on hand at depots and sites goes into their quarantine, and what is
/// reserved for shipments into the depots'. What is on the road goes into quarantine when it arrives.
///
/// # Errors
/// `auth.forbidden`, `lot.malformed`, `lot.not_found`, `lot.recalled` when it was before,
/// `request.reason_missing`.
pub async fn recall_lot(
    distribution: &Distribution,
    ctx: &OpCtx,
    product: &str,
    number: &str,
    request: RecallLot,
) -> Result<Outcome<LotRecalled>> {
    let permit = system_permit(ctx, Action::LotRecall)?;
    let number = lot::normal(number)?;
    checked(check(product, &request))?;
    let key = Key::new(request.id, &ctx.actor, OPERATION, &(product, &number, &request))?;
    let target = format!("lot/{product}/{number}");
    let entry = audit::Entry { target, cause: request.id, reason: Some(request.reason.clone()) };
    let mut tx = Tx::begin(&distribution.db, ctx, &[(&permit, entry)]).await?;
    let written = write_all(&mut tx, ctx, &key, product, &number).await;
    end(&distribution.db, tx, &key, written).await
}

fn check(product: &str, request: &RecallLot) -> Vec<FieldError> {
    let nul = product.contains('\0').then(|| FieldError::new("product", &error::REQUEST_NUL_CHARACTER));
    nul.into_iter().chain(check_reason(&request.reason, "reason")).collect()
}

async fn write_all(tx: &mut Tx, ctx: &OpCtx, key: &Key, product: &str, number: &str) -> Result<Ended<LotRecalled>> {
    // whoever moves the lot has read it, so that it cannot be recalled meanwhile: nobody moves it now
    let lot = write::lot_alone(tx, product, number).await?;
    if taken(tx, key).await? {
        return Ok(Ended::Before);
    }
    let missing = || Problem::new(&error::LOT_NOT_FOUND).with("product", product).with("lot", number);
    let lot = lot.ok_or_else(missing)?;
    if lot.recalled_at.is_some() {
        return Err(Problem::new(&error::LOT_RECALLED).with("lot", number).into());
    }
    write::recall(tx, lot.id, ctx.now).await?;
    let vials = quarantine(tx, ctx, key.id, &lot).await?;
    let recalled = LotRecalled {
        product: lot.product,
        lot: lot.number,
        vials_quarantined: vials,
        position: tx.position().to_string(),
    };
    answered(tx, key, recalled).await
}

async fn quarantine(tx: &mut Tx, ctx: &OpCtx, cause: Uuid, lot: &Lot) -> Result<i64> {
    let kinds = [Kind::Available, Kind::Reserved, Kind::Quarantined];
    let held = accounts_of_lot(tx, lot.id, kinds.map(Kind::as_str).to_vec()).await?;
    let shipments: Vec<Uuid> = held
        .iter()
        .filter(|held| held.vials > 0)
        .filter_map(|held| held.place.strip_prefix("shipment/")?.parse().ok())
        .collect();
    let depots: BTreeMap<Uuid, String> = read::companies_of(tx, &shipments).await?.into_iter().collect();
    let mut book = Book::default();
    let mut moved = Vec::new();
    for held in held {
        let kind = kinds.into_iter().find(|kind| kind.as_str() == held.kind);
        let kind = kind.ok_or_else(|| Failure::internal(format!("an account of kind {}", held.kind)))?;
        let pile = Pile { lot: lot.id, kind, place: held.place };
        book.know(pile.clone(), held.account_id, held.vials);
        if kind != Kind::Quarantined && held.vials > 0 {
            moved.push((pile, held.vials));
        }
    }
    let mut sum = 0_i64;
    for (pile, vials) in moved {
        let of_shipment = pile.place.strip_prefix("shipment/").and_then(|id| id.parse::<Uuid>().ok());
        let place = match of_shipment {
            Some(shipment) => {
                let company = depots.get(&shipment).ok_or_else(|| Failure::internal("reserved for no shipment"))?;
                depot(company)
            }
            None => pile.place.clone(),
        };
        book.shift(&pile, &Pile { lot: lot.id, kind: Kind::Quarantined, place }, vials);
        sum = sum.saturating_add(vials);
    }
    book.post(tx, ctx, cause, "recall").await?;
    Ok(sum)
}
