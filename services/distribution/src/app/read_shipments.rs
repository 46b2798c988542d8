//! Shipments as they are read by REST: one with all that happened to it, or a work list.
use super::{
    no_shipment,
    order_shipment::{goods_key, packs},
    permitted, state,
};
use crate::Distribution;
use distribution_store::{
    read::{
        self,
        goods::{Accompanying, Goods, GoodsKey},
    },
    rows::{Answer, Discrepancy, Lot, Receipt, ReceiptLine, Shipment as Row, ShipmentLot, ShipmentSplit, ShipmentStep},
};
use domain::{
    BranchCode, FieldError, Problem, error,
    ids::FacilityId,
    policy::{Action, Shipments},
    shipment::State,
    time::{Instant, rfc3339},
};
use platform::{OpCtx, db::Session, failure::Result, views};
use std::collections::{HashMap, HashSet};
use uuid::Uuid;
use wire::{
    delivery::{
        AnswerStanding, Arrival, CountedLot, DiscrepancyStanding, LotInShipment, Shipment, ShipmentList, ShipmentRead,
        Step,
    },
    events::{DayWindow, EventSplit},
    goods::GoodsPieces,
    text::Bilingual,
};

/// Most shipments of one page.
pub const PAGE_MAX: i64 = 200;

/// A shipment and all that happened to it.
///
/// # Errors
/// `shipment.not_found`, also for what the actor cannot see.
pub async fn read_shipment(distribution: &Distribution, ctx: &OpCtx, id: Uuid) -> Result<ShipmentRead> {
    let (_, _) = permitted(&distribution.db, ctx, Action::ShipmentRead, id).await?;
    // one moment for all of it
    let mut snapshot = distribution.db.snapshot().await?;
    let conn = snapshot.conn();
    let row = read::shipment(conn, id).await?.ok_or_else(|| no_shipment(id))?;
    let lots = read::lots_of(conn, &[id]).await?;
    let splits = read::splits_of(conn, &[id]).await?;
    let along = along(conn, std::slice::from_ref(&row)).await?;
    let steps = read::steps_of(conn, &[id]).await?;
    let answers = read::answers_of(conn, &[id]).await?;
    let receipts = read::receipts_of(conn, &[id]).await?;
    let ids: Vec<Uuid> = receipts.iter().map(|receipt| receipt.id).collect();
    let lines = read::receipt_lines_of(conn, &ids).await?;
    let discrepancies = read::discrepancies_of(conn, &[id]).await?;
    let ids: Vec<Uuid> = discrepancies.iter().map(|row| row.lot_id).collect();
    let numbers: HashMap<Uuid, String> =
        read::lots_by_id(conn, &ids).await?.into_iter().map(|lot| (lot.id, lot.number)).collect();
    snapshot.close().await;
    note(distribution, ctx, std::slice::from_ref(&row)).await?;
    Ok(ShipmentRead {
        shipment: shipment(row, lots, splits, &along)?,
        steps: steps.into_iter().map(step).collect(),
        answers: answers.into_iter().map(answer).collect(),
        arrival: receipts.into_iter().next().map(|receipt| arrival(receipt, lines)),
        discrepancies: discrepancies.into_iter().map(|row| standing(row, &numbers)).collect(),
    })
}

/// What a work list is asked for by.
#[derive(Debug, Clone, Default, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListQuery {
    /// Of this branch only.
    pub branch: Option<String>,
    /// In this state only.
    pub state: Option<String>,
    /// After this shipment: `next` of the page before.
    pub after: Option<Uuid>,
    /// 1 to 200; 200 when absent.
    pub limit: Option<i64>,
}

/// The shipments that the actor may see, in the order of their release, page by page.
///
/// # Errors
/// `auth.forbidden` for whoever sees no shipments at all; `wholesaler.malformed_code`,
/// `request.invalid_field` for a state or limit that there is not.
pub async fn list_shipments(distribution: &Distribution, ctx: &OpCtx, query: ListQuery) -> Result<ShipmentList> {
    if ctx.scope().shipments() == Shipments::None {
        return Err(Problem::new(&error::AUTH_FORBIDDEN).into());
    }
    let branch = query.branch.as_deref().map(str::parse::<BranchCode>).transpose()?.map(|branch| branch.to_string());
    let limit = query.limit.unwrap_or(PAGE_MAX);
    let mut errors = Vec::new();
    if query.state.as_deref().is_some_and(|state| State::parse(state).is_none()) {
        errors.push(invalid("state", "there is no such state"));
    }
    if !(1..=PAGE_MAX).contains(&limit) {
        errors.push(invalid("limit", &format!("1 to {PAGE_MAX}")));
    }
    super::checked(errors)?;
    let states: Vec<String> = query.state.into_iter().collect();
    let mut snapshot = distribution.db.snapshot().await?;
    let conn = snapshot.conn();
    // one more than asked for tells whether there is a next page
    let mut rows = read::shipments(conn, &ctx.scope(), branch.as_deref(), &states, query.after, limit + 1).await?;
    let is_more = rows.len() > usize::try_from(limit).unwrap_or(usize::MAX);
    if is_more {
        rows.pop();
    }
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    let mut lots = grouped(read::lots_of(conn, &ids).await?, |(row, _)| row.shipment_id);
    let mut splits = grouped(read::splits_of(conn, &ids).await?, |row| row.shipment_id);
    let along = along(conn, &rows).await?;
    snapshot.close().await;
    note(distribution, ctx, &rows).await?;
    let next = is_more.then(|| rows.last().map(|row| row.id)).flatten();
    let mut shown = |row: Row| {
        let id = row.id;
        shipment(row, lots.remove(&id).unwrap_or_default(), splits.remove(&id).unwrap_or_default(), &along)
    };
    Ok(ShipmentList { shipments: rows.into_iter().map(&mut shown).collect::<Result<_>>()?, next })
}

/// Shipments to a facility are seen of it; those to other sites are not.
async fn note(distribution: &Distribution, ctx: &OpCtx, rows: &[Row]) -> Result<()> {
    let of_facility =
        |row: &Row| Some((FacilityId(row.facility_id?), row.municipality.clone(), format!("shipment/{}", row.id)));
    let seen: Vec<_> = rows.iter().filter_map(of_facility).collect();
    views::note(&distribution.db, ctx, "distribution", seen).await
}

fn invalid(path: &str, reason: &str) -> FieldError {
    FieldError::new(path, &error::REQUEST_INVALID_FIELD).with("reason", reason)
}

/// Rows by what they belong to, in their order.
fn grouped<R>(rows: Vec<R>, of: impl Fn(&R) -> Uuid) -> HashMap<Uuid, Vec<R>> {
    let mut groups: HashMap<Uuid, Vec<R>> = HashMap::new();
    for row in rows {
        groups.entry(of(&row)).or_default().push(row);
    }
    groups
}

/// What goes along with shipments, by what they have in common.
type Along = HashMap<GoodsKey, Accompanying>;

async fn along(conn: &mut Session, rows: &[Row]) -> Result<Along> {
    let keys: HashSet<GoodsKey> = rows.iter().map(goods_key).collect();
    read::goods::accompanying(conn, &keys.into_iter().collect::<Vec<_>>()).await
}

fn goods(row: &Row, along: &Along) -> Result<Vec<GoodsPieces>> {
    let along = along.get(&goods_key(row)).map(|along| along.with_vials(row.vials)).transpose()?;
    let pieces = |(goods, pieces): (Goods, i64)| GoodsPieces {
        goods: goods.code,
        name: Bilingual { ja: goods.ja, en: goods.en },
        unit: Bilingual { ja: goods.unit_ja, en: goods.unit_en },
        pieces,
    };
    Ok(along.unwrap_or_default().into_iter().map(pieces).collect())
}

fn shipment(row: Row, lots: Vec<(ShipmentLot, Lot)>, splits: Vec<ShipmentSplit>, along: &Along) -> Result<Shipment> {
    let instant = |at: Option<Instant>| at.map(rfc3339);
    let (packs, goods) = (vec![packs(&row)], goods(&row, along)?);
    Ok(Shipment {
        shipment: row.id,
        state: state(&row)?.as_str().to_owned(),
        version: row.version,
        next_sequence: row.next_answer,
        wholesaler: row.wholesaler,
        branch: row.branch,
        programme: row.programme,
        round: row.round_number,
        product: row.product,
        to: serde_json::from_value(row.site)?,
        vials: row.vials,
        packs,
        lots: lots.into_iter().map(lot).collect(),
        splits: splits.into_iter().map(split).collect(),
        goods,
        window: DayWindow { from: row.window_from, to: row.window_to },
        storage: row.storage,
        delivery_on: row.delivery_on,
        delivery_hours: row.delivery_hours,
        ordered_at: rfc3339(row.ordered_at),
        dispatched_at: instant(row.dispatched_at),
        delivered_at: instant(row.delivered_at),
        received_at: instant(row.received_at),
        training: row.training,
    })
}

fn lot((row, lot): (ShipmentLot, Lot)) -> LotInShipment {
    let recalled = lot.recalled_at.is_some();
    LotInShipment { stage: row.stage, lot: lot.number, expiry: lot.expiry, vials: row.vials, recalled }
}

fn split(row: ShipmentSplit) -> EventSplit {
    EventSplit {
        site_id: row.site_id,
        facility_id: row.facility_id,
        name: row.name,
        municipality: row.municipality,
        vials: row.vials,
    }
}

fn step(row: ShipmentStep) -> Step {
    Step {
        version: row.version,
        step: row.step,
        state: row.state,
        by: row.actor_name,
        reason: row.reason,
        at: rfc3339(row.happened_at),
    }
}

fn answer(row: Answer) -> AnswerStanding {
    AnswerStanding {
        answer: row.id,
        kind: row.kind,
        sequence: row.sequence,
        state: row.state,
        code: row.code,
        at: rfc3339(row.business_at),
    }
}

fn arrival(receipt: Receipt, lines: Vec<(ReceiptLine, Lot)>) -> Arrival {
    let counted = |(line, lot): (ReceiptLine, Lot)| CountedLot {
        lot: lot.number,
        expected: line.expected,
        accepted: line.accepted,
        damaged: line.damaged,
    };
    Arrival {
        receipt: receipt.id,
        by: receipt.actor_name,
        at: rfc3339(receipt.received_at),
        lots: lines.into_iter().map(counted).collect(),
    }
}

fn standing(row: Discrepancy, numbers: &HashMap<Uuid, String>) -> DiscrepancyStanding {
    DiscrepancyStanding {
        discrepancy: row.id,
        kind: row.kind,
        lot: numbers.get(&row.lot_id).cloned().unwrap_or_default(),
        vials: row.vials,
        state: row.state,
        decision: row.decision,
        reason: row.reason,
    }
}
