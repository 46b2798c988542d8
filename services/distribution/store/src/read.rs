//! Reads. Those for people take a [`domain::policy::Scope`] and answer nothing outside it; the others are
//! called after a permit was had, or about rows that such a read has answered.
mod events;
mod gateway;
pub mod goods;
mod overdue;
mod people;

pub use events::{Told, is_told, told};
pub use gateway::{
    Coming, InTransit, Progress, Reserved, branches_of, coming_to, in_transit_to, progress_of, reserved_at,
    wholesalers_by_code,
};
pub use overdue::overdue_untold;
pub use people::{
    Discrepancies, Parent, StateCount, discrepancies, discrepancies_by_id, discrepancies_under, shipments,
    shipments_by_id, shipments_under, state_counts,
};

use crate::{
    rows::{
        Answer, Area, Branch, Discrepancy, Lot, Product, Receipt, ReceiptLine, Shipment, ShipmentLot, ShipmentSplit,
        ShipmentStep, Wholesaler,
    },
    schema::{
        answer, area, branch, discrepancy, lot, product, receipt, receipt_line, shipment, shipment_lot, shipment_split,
        shipment_step, wholesaler,
    },
};
use chrono::NaiveDate;
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use platform::failure::Result;
use uuid::Uuid;

/// A shipment, whoever asks: for the permission table and the use cases.
///
/// # Errors
/// The database's.
pub async fn shipment(conn: &mut AsyncPgConnection, id: Uuid) -> Result<Option<Shipment>> {
    Ok(shipment::table.find(id).select(Shipment::as_select()).first(conn).await.optional()?)
}

/// What a product needs and belongs to.
///
/// # Errors
/// The database's.
pub async fn product(conn: &mut AsyncPgConnection, code: &str) -> Result<Option<Product>> {
    Ok(product::table.find(code).select(Product::as_select()).first(conn).await.optional()?)
}

/// All companies, by code.
///
/// # Errors
/// The database's.
pub async fn wholesalers(conn: &mut AsyncPgConnection) -> Result<Vec<Wholesaler>> {
    Ok(wholesaler::table.order(wholesaler::code).select(Wholesaler::as_select()).load(conn).await?)
}

/// A company.
///
/// # Errors
/// The database's.
pub async fn wholesaler(conn: &mut AsyncPgConnection, code: &str) -> Result<Option<Wholesaler>> {
    Ok(wholesaler::table.find(code).select(Wholesaler::as_select()).first(conn).await.optional()?)
}

/// All branches, by code.
///
/// # Errors
/// The database's.
pub async fn branches(conn: &mut AsyncPgConnection) -> Result<Vec<Branch>> {
    Ok(branch::table.order(branch::code).select(Branch::as_select()).load(conn).await?)
}

/// Branches by code.
///
/// # Errors
/// The database's.
pub async fn branches_by_code(conn: &mut AsyncPgConnection, codes: &[String]) -> Result<Vec<Branch>> {
    Ok(branch::table.filter(branch::code.eq_any(codes)).select(Branch::as_select()).load(conn).await?)
}

/// Who brings what to these municipalities on a day, in order of municipality and group.
///
/// # Errors
/// The database's.
pub async fn areas_on(conn: &mut AsyncPgConnection, municipalities: &[String], day: NaiveDate) -> Result<Vec<Area>> {
    let covers = area::valid_from.le(day).and(area::valid_to.is_null().or(area::valid_to.gt(day)));
    let query = area::table.filter(area::municipality.eq_any(municipalities)).filter(covers.assume_not_null());
    Ok(query.order((area::municipality, area::product_group)).select(Area::as_select()).load(conn).await?)
}

/// All areas of these municipalities, in order of municipality, group and first day.
///
/// # Errors
/// The database's.
pub async fn areas_of(conn: &mut AsyncPgConnection, municipalities: &[String]) -> Result<Vec<Area>> {
    let query = area::table.filter(area::municipality.eq_any(municipalities));
    let ordered = query.order((area::municipality, area::product_group, area::valid_from));
    Ok(ordered.select(Area::as_select()).load(conn).await?)
}

/// The area of a municipality and group on a day.
///
/// # Errors
/// The database's.
pub async fn area_on(
    conn: &mut AsyncPgConnection,
    municipality: &str,
    group: &str,
    day: NaiveDate,
) -> Result<Option<Area>> {
    let covers = area::valid_from.le(day).and(area::valid_to.is_null().or(area::valid_to.gt(day)));
    let query = area::table
        .filter(area::municipality.eq(municipality))
        .filter(area::product_group.eq(group))
        .filter(covers.assume_not_null());
    Ok(query.select(Area::as_select()).first(conn).await.optional()?)
}

/// Lots by id.
///
/// # Errors
/// The database's.
pub async fn lots_by_id(conn: &mut AsyncPgConnection, ids: &[Uuid]) -> Result<Vec<Lot>> {
    Ok(lot::table.filter(lot::id.eq_any(ids)).select(Lot::as_select()).load(conn).await?)
}

/// The lots of these shipments, proposed and picked, in order of expiry and number.
///
/// # Errors
/// The database's.
pub async fn lots_of(conn: &mut AsyncPgConnection, shipments: &[Uuid]) -> Result<Vec<(ShipmentLot, Lot)>> {
    let query = shipment_lot::table.inner_join(lot::table).filter(shipment_lot::shipment_id.eq_any(shipments));
    let ordered = query.order((shipment_lot::shipment_id, shipment_lot::stage, lot::expiry, lot::number));
    Ok(ordered.select((ShipmentLot::as_select(), Lot::as_select())).load(conn).await?)
}

/// What the hubs of these shipments hand on, in order of name.
///
/// # Errors
/// The database's.
pub async fn splits_of(conn: &mut AsyncPgConnection, shipments: &[Uuid]) -> Result<Vec<ShipmentSplit>> {
    let query = shipment_split::table.filter(shipment_split::shipment_id.eq_any(shipments));
    let ordered = query.order((shipment_split::shipment_id, shipment_split::name, shipment_split::site_id));
    Ok(ordered.select(ShipmentSplit::as_select()).load(conn).await?)
}

/// What happened to these shipments, from the first to the last.
///
/// # Errors
/// The database's.
pub async fn steps_of(conn: &mut AsyncPgConnection, shipments: &[Uuid]) -> Result<Vec<ShipmentStep>> {
    let query = shipment_step::table.filter(shipment_step::shipment_id.eq_any(shipments));
    let ordered = query.order((shipment_step::shipment_id, shipment_step::version));
    Ok(ordered.select(ShipmentStep::as_select()).load(conn).await?)
}

/// The partners' answers to these shipments, by sequence and time.
///
/// # Errors
/// The database's.
pub async fn answers_of(conn: &mut AsyncPgConnection, shipments: &[Uuid]) -> Result<Vec<Answer>> {
    let query = answer::table.filter(answer::shipment_id.eq_any(shipments));
    let ordered = query.order((answer::shipment_id, answer::sequence, answer::business_at, answer::id));
    Ok(ordered.select(Answer::as_select()).load(conn).await?)
}

/// The answers of a shipment that stand at or after a place: held, or applied.
///
/// # Errors
/// The database's.
pub async fn standing_answers(conn: &mut AsyncPgConnection, shipment: Uuid, from: i64) -> Result<Vec<Answer>> {
    let query = answer::table
        .filter(answer::shipment_id.eq(shipment))
        .filter(answer::sequence.ge(from))
        .filter(answer::state.ne("refused"));
    Ok(query.order(answer::sequence).select(Answer::as_select()).load(conn).await?)
}

/// The receipts of these shipments.
///
/// # Errors
/// The database's.
pub async fn receipts_of(conn: &mut AsyncPgConnection, shipments: &[Uuid]) -> Result<Vec<Receipt>> {
    let query = receipt::table.filter(receipt::shipment_id.eq_any(shipments));
    Ok(query.order(receipt::shipment_id).select(Receipt::as_select()).load(conn).await?)
}

/// The lines of these receipts with their lots, in order of number.
///
/// # Errors
/// The database's.
pub async fn receipt_lines_of(conn: &mut AsyncPgConnection, receipts: &[Uuid]) -> Result<Vec<(ReceiptLine, Lot)>> {
    let query = receipt_line::table.inner_join(lot::table).filter(receipt_line::receipt_id.eq_any(receipts));
    let ordered = query.order((receipt_line::receipt_id, lot::number));
    Ok(ordered.select((ReceiptLine::as_select(), Lot::as_select())).load(conn).await?)
}

/// The discrepancies of these shipments, open and resolved, the oldest first.
///
/// # Errors
/// The database's.
pub async fn discrepancies_of(conn: &mut AsyncPgConnection, shipments: &[Uuid]) -> Result<Vec<Discrepancy>> {
    let query = discrepancy::table.filter(discrepancy::shipment_id.eq_any(shipments));
    let ordered = query.order((discrepancy::shipment_id, discrepancy::opened_at, discrepancy::id));
    Ok(ordered.select(Discrepancy::as_select()).load(conn).await?)
}

/// A discrepancy, whoever asks.
///
/// # Errors
/// The database's.
pub async fn discrepancy(conn: &mut AsyncPgConnection, id: Uuid) -> Result<Option<Discrepancy>> {
    Ok(discrepancy::table.find(id).select(Discrepancy::as_select()).first(conn).await.optional()?)
}

/// The companies of these shipments, as far as they have one.
///
/// # Errors
/// The database's.
pub async fn companies_of(conn: &mut AsyncPgConnection, shipments: &[Uuid]) -> Result<Vec<(Uuid, String)>> {
    let query = shipment::table.filter(shipment::id.eq_any(shipments)).filter(shipment::wholesaler.is_not_null());
    Ok(query.select((shipment::id, shipment::wholesaler.assume_not_null())).load(conn).await?)
}
