//! What an answer does to its shipment and to the stock book. Whatever refuses it is found before
//! anything is written: a held answer that is refused must leave no trace of its own.
use super::{
    super::{
        at,
        book::{Book, Kind, Pile},
        branch, company, differences,
        give_back::{give_back, put_back},
        moving::{Deed, Moving},
        order_shipment::unfulfillable,
        state,
    },
    parse::{Facts, Parsed},
};
use chrono::{Days, NaiveDate};
use distribution_store::{
    read,
    rows::{Lot, Shipment, ShipmentLot},
    write,
};
use domain::{
    BusinessDay, Problem, error,
    shipment::{State, Step},
};
use platform::{OpCtx, Tx, failure::Result, outbox};
use std::collections::BTreeMap;
use uuid::Uuid;

/// A branch may be late by so many days, and the book should show it.
const LATE_DAYS: u64 = 14;

/// What can be told of an answer without knowing what comes before it.
///
/// # Errors
/// `shipment.date_outside`, `shipment.wrong_total`.
pub(super) fn check(shipment: &Shipment, answer: &Parsed) -> Result<()> {
    match &answer.facts {
        Facts::Day(day, _) => {
            let last = shipment.window_to.checked_add_days(Days::new(LATE_DAYS)).unwrap_or(shipment.window_to);
            if !(shipment.window_from..=last).contains(day) {
                let problem = Problem::new(&error::SHIPMENT_DATE_OUTSIDE)
                    .with("day", &day.to_string())
                    .with("from", &shipment.window_from.to_string())
                    .with("to", &last.to_string());
                return Err(at(problem, "data.delivery_on").into());
            }
        }
        Facts::Lots(lots) => {
            let given = lots.iter().fold(0, |sum: i64, (_, vials)| sum.saturating_add(*vials));
            if given != shipment.vials {
                let problem = Problem::new(&error::SHIPMENT_WRONG_TOTAL).with("given", &given.to_string());
                return Err(at(problem.with("vials", &shipment.vials.to_string()), "data.lots").into());
            }
        }
        Facts::Moment(..) => {}
    }
    Ok(())
}

/// Applies an answer whose turn has come, as `by` who sent it.
///
/// # Errors
/// `shipment.wrong_state`, `lot.not_found`, `lot.expired`, `lot.recalled`, those of [`check`].
pub(super) async fn apply(tx: &mut Tx, ctx: &OpCtx, moving: &mut Moving, answer: &Parsed, by: &str) -> Result<()> {
    let shipment = &moving.shipment;
    let before = state(shipment)?;
    let after = before.after(answer.step, shipment.received_at.is_some())?;
    check(shipment, answer)?;
    let (mut happened, mut reason) = (ctx.now, None);
    match &answer.facts {
        Facts::Day(day, hours) => {
            if before == State::Picked {
                still_good(tx, shipment, *day, "data.delivery_on").await?;
            }
            moving.shipment.delivery_on = Some(*day);
            moving.shipment.delivery_hours.clone_from(hours);
        }
        Facts::Lots(lots) => pick(tx, ctx, shipment, answer.id, lots).await?,
        Facts::Moment(moment, why) => {
            (happened, reason) = (*moment, why.as_deref());
            if answer.step == Step::Dispatch {
                still_good(tx, shipment, BusinessDay::at(happened).date(), "data.at").await?;
            }
            travel(tx, ctx, &mut moving.shipment, answer, (before, after), reason).await?;
            match answer.step {
                Step::Dispatch => moving.shipment.dispatched_at = Some(happened),
                // the site may have confirmed before: its word stands
                Step::Deliver => moving.shipment.delivered_at = moving.shipment.delivered_at.or(Some(happened)),
                _ => {}
            }
        }
    }
    moving.shipment.next_answer += 1;
    moving.note(ctx.now, answer.step, after, &Deed { cause: answer.id, by, reason, at: happened });
    Ok(())
}

/// What was picked must last until the day that is named now, or on which it leaves.
async fn still_good(tx: &mut Tx, shipment: &Shipment, day: NaiveDate, path: &str) -> Result<()> {
    for (row, lot) in read::lots_of(tx, &[shipment.id]).await? {
        if row.stage == "picked" && last_day(&lot) < day {
            return Err(at(expired(&lot, day), path).into());
        }
    }
    Ok(())
}

fn last_day(lot: &Lot) -> NaiveDate {
    lot.thawed_expiry.map_or(lot.expiry, |thawed| thawed.min(lot.expiry))
}

fn expired(lot: &Lot, day: NaiveDate) -> Problem {
    let expiry = last_day(lot).to_string();
    Problem::new(&error::LOT_EXPIRED).with("lot", &lot.number).with("expiry", &expiry).with("day", &day.to_string())
}

/// The lots of a pick, in its order, each of which may be delivered on the day that was named.
async fn picked_lots(tx: &mut Tx, shipment: &Shipment, lots: &[(String, i64)]) -> Result<Vec<(Lot, i64)>> {
    let numbers: Vec<&str> = lots.iter().map(|(number, _)| number.as_str()).collect();
    let known = write::lots_shared(tx, &shipment.product, &numbers).await?;
    let mut known: BTreeMap<String, Lot> = known.into_iter().map(|lot| (lot.number.clone(), lot)).collect();
    let day = shipment.delivery_on.unwrap_or(shipment.window_to);
    let mut found = Vec::with_capacity(lots.len());
    for (index, (number, vials)) in lots.iter().enumerate() {
        let path = format!("data.lots[{index}].lot");
        let missing = || Problem::new(&error::LOT_NOT_FOUND).with("product", &shipment.product).with("lot", number);
        let lot = known.remove(number).ok_or_else(|| at(missing(), &path))?;
        if lot.recalled_at.is_some() {
            return Err(at(Problem::new(&error::LOT_RECALLED).with("lot", number), &path).into());
        }
        if last_day(&lot) < day {
            return Err(at(expired(&lot, day), &path).into());
        }
        found.push((lot, *vials));
    }
    Ok(found)
}

/// Brings what is reserved to what was picked: the rest goes back to the depot, what is missing comes from
/// there, and what the depot's book has not comes from the shipment's discrepancy.
async fn pick(tx: &mut Tx, ctx: &OpCtx, shipment: &Shipment, cause: Uuid, lots: &[(String, i64)]) -> Result<()> {
    let picked = picked_lots(tx, shipment, lots).await?;
    let depot = company(shipment)?;
    let mut wanted: BTreeMap<Uuid, i64> = picked.iter().map(|(lot, vials)| (lot.id, *vials)).collect();
    let others: Vec<Uuid> = read::lots_of(tx, &[shipment.id])
        .await?
        .into_iter()
        .map(|(row, _)| row.lot_id)
        .filter(|lot| !wanted.contains_key(lot))
        .collect();
    let others = write::lots_shared_by_id(tx, &others).await?;
    wanted.extend(others.iter().map(|lot| (lot.id, 0)));
    let all: BTreeMap<Uuid, &Lot> = picked.iter().map(|(lot, _)| lot).chain(&others).map(|lot| (lot.id, lot)).collect();
    let piles = all.keys().flat_map(|lot| {
        let of_shipment = [Kind::Reserved, Kind::Discrepancy].map(|kind| Pile::shipment(*lot, kind, shipment.id));
        of_shipment.into_iter().chain([Pile::depot(*lot, Kind::Available, &depot)])
    });
    let mut book = Book::load(tx, piles.collect()).await?;
    let mut outstanding = BTreeMap::new();
    for (id, lot) in &all {
        let wanted = wanted.get(id).copied().unwrap_or(0);
        let reserved = Pile::shipment(*id, Kind::Reserved, shipment.id);
        let discrepancy = Pile::shipment(*id, Kind::Discrepancy, shipment.id);
        let surplus = book.vials(&reserved) - wanted;
        if surplus > 0 {
            put_back(&mut book, &reserved, &discrepancy, &Pile::depot(*id, Kind::resting(lot), &depot), surplus);
        }
        let missing = (-surplus).max(0);
        let drawn = book.draw(&Pile::depot(*id, Kind::Available, &depot), &reserved, missing);
        book.shift(&discrepancy, &reserved, missing - drawn);
        outstanding.insert(*id, -book.vials(&discrepancy));
    }
    book.post(tx, ctx, cause, "pick").await?;
    write::unpick(tx, shipment.id).await?;
    let row = |(lot, vials): &(Lot, i64)| ShipmentLot {
        shipment_id: shipment.id,
        stage: "picked".to_owned(),
        lot_id: lot.id,
        vials: *vials,
    };
    write::shipment_lots(tx, &picked.iter().map(row).collect::<Vec<_>>()).await?;
    differences::settle_beyond_stock(tx, ctx, shipment, cause, &outstanding).await
}

/// What a reported moment does to the stock book.
async fn travel(
    tx: &mut Tx,
    ctx: &OpCtx,
    shipment: &mut Shipment,
    answer: &Parsed,
    (before, after): (State, State),
    reason: Option<&str>,
) -> Result<()> {
    match answer.step {
        Step::Dispatch if before == State::Picked => dispatch(tx, ctx, shipment, answer.id).await,
        Step::Fail if after == State::Unfulfillable => {
            give_back(tx, ctx, shipment, answer.id, "unfulfillable").await?;
            let event = unfulfillable(shipment, Some(branch(shipment)?), reason.unwrap_or_default());
            outbox::emit(tx, ctx, answer.id, &event).await
        }
        Step::Return => {
            let depot = company(shipment)?;
            let to = |lot: Uuid| Pile::depot(lot, Kind::Returned, &depot);
            leave_the_road(tx, ctx, shipment, answer.id, "return", to).await
        }
        Step::Lose => {
            let id = shipment.id;
            let to = |lot: Uuid| Pile::shipment(lot, Kind::Lost, id);
            leave_the_road(tx, ctx, shipment, answer.id, "lose", to).await
        }
        _ => Ok(()),
    }
}

/// The lots that were picked, kept from being recalled: id and vials.
async fn picked(tx: &mut Tx, shipment: &Shipment) -> Result<Vec<(Uuid, i64)>> {
    let rows = read::lots_of(tx, &[shipment.id]).await?;
    let picked: Vec<(Uuid, i64)> =
        rows.into_iter().filter(|(row, _)| row.stage == "picked").map(|(row, _)| (row.lot_id, row.vials)).collect();
    let ids: Vec<Uuid> = picked.iter().map(|(lot, _)| *lot).collect();
    write::lots_shared_by_id(tx, &ids).await?;
    Ok(picked)
}

/// What was picked goes on the road. It has left, whatever the book says: a lot that was recalled meanwhile
/// leaves the depot's quarantine, and what is not even there is owed by the discrepancy.
async fn dispatch(tx: &mut Tx, ctx: &OpCtx, shipment: &Shipment, cause: Uuid) -> Result<()> {
    let (depot, picked) = (company(shipment)?, picked(tx, shipment).await?);
    let pile = |lot: Uuid, kind: Kind| Pile::shipment(lot, kind, shipment.id);
    let piles = picked.iter().flat_map(|(lot, _)| {
        let quarantined = Pile::depot(*lot, Kind::Quarantined, &depot);
        [pile(*lot, Kind::Reserved), pile(*lot, Kind::Discrepancy), quarantined]
    });
    let mut book = Book::load(tx, piles.collect()).await?;
    let mut outstanding = BTreeMap::new();
    for (lot, vials) in &picked {
        let (moving, discrepancy) = (pile(*lot, Kind::InTransit), pile(*lot, Kind::Discrepancy));
        let missing = vials - book.draw(&pile(*lot, Kind::Reserved), &moving, *vials);
        book.draw(&Pile::depot(*lot, Kind::Quarantined, &depot), &discrepancy, missing);
        book.shift(&discrepancy, &moving, missing);
        outstanding.insert(*lot, -book.vials(&discrepancy));
    }
    book.post(tx, ctx, cause, "dispatch").await?;
    differences::settle_beyond_stock(tx, ctx, shipment, cause, &outstanding).await
}

/// All that is on the road of a shipment goes somewhere else.
async fn leave_the_road(
    tx: &mut Tx,
    ctx: &OpCtx,
    shipment: &Shipment,
    cause: Uuid,
    reason: &str,
    to: impl Fn(Uuid) -> Pile,
) -> Result<()> {
    let picked = picked(tx, shipment).await?;
    let moving = |lot: Uuid| Pile::shipment(lot, Kind::InTransit, shipment.id);
    let mut book = Book::load(tx, picked.iter().map(|(lot, _)| moving(*lot)).collect()).await?;
    for (lot, vials) in &picked {
        book.draw(&moving(*lot), &to(*lot), *vials);
    }
    book.post(tx, ctx, cause, reason).await
}
