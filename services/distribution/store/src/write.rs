//! Writes. Called inside a transaction that a permit has begun.
use crate::{
    rows::{
        Answer, Area, Branch, Discrepancy, Inbound, Lot, Receipt, ReceiptLine, Shipment, ShipmentLot, ShipmentSplit,
        ShipmentStep, StockAccount, Wholesaler,
    },
    schema::{answer, area, branch, inbound, lot, receipt, shipment, wholesaler},
    sql,
};
use chrono::{DateTime, Utc};
use diesel::{
    prelude::*,
    result::{DatabaseErrorKind, Error},
    upsert::excluded,
};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use domain::Problem;
use platform::{Failure, db::ROWS_PER_INSERT, failure::Result};
use uuid::Uuid;

async fn lock(conn: &mut AsyncPgConnection, name: String) -> Result<()> {
    sql::Lock { name }.execute(conn).await?;
    Ok(())
}

/// Keeps other work on a shipment out until the transaction ends. It is the first lock of all.
///
/// # Errors
/// The database's.
pub async fn lock_shipment(conn: &mut AsyncPgConnection, id: Uuid) -> Result<()> {
    lock(conn, format!("shipment/{id}")).await
}

/// Keeps other work on a company's depot out. After the shipment's lock.
///
/// # Errors
/// The database's.
pub async fn lock_depot(conn: &mut AsyncPgConnection, wholesaler: &str) -> Result<()> {
    lock(conn, crate::stock::depot(wholesaler)).await
}

/// Keeps others from opening accounts of a site. After the depot's lock.
///
/// # Errors
/// The database's.
pub async fn lock_site(conn: &mut AsyncPgConnection, site: Uuid) -> Result<()> {
    lock(conn, crate::stock::site(site)).await
}

/// Keeps others from opening the maker's accounts. After the site's lock; then come lots ([`lots_shared`])
/// and the ledger's accounts.
///
/// # Errors
/// The database's.
pub async fn lock_maker(conn: &mut AsyncPgConnection) -> Result<()> {
    lock(conn, "maker".to_owned()).await
}

/// Keeps other changes of wholesalers and areas out.
///
/// # Errors
/// The database's.
pub async fn lock_areas(conn: &mut AsyncPgConnection) -> Result<()> {
    lock(conn, "areas".to_owned()).await
}

/// Adds companies, or renames them.
///
/// # Errors
/// The database's.
pub async fn wholesalers(conn: &mut AsyncPgConnection, rows: &[Wholesaler]) -> Result<()> {
    use wholesaler::{code, en, ja, synthetic, table};
    let renamed = (ja.eq(excluded(ja)), en.eq(excluded(en)), synthetic.eq(excluded(synthetic)));
    for chunk in rows.chunks(ROWS_PER_INSERT) {
        diesel::insert_into(table).values(chunk).on_conflict(code).do_update().set(renamed).execute(conn).await?;
    }
    Ok(())
}

/// Adds branches, or renames them.
///
/// # Errors
/// The database's.
pub async fn branches(conn: &mut AsyncPgConnection, rows: &[Branch]) -> Result<()> {
    use branch::{code, en, ja, prefecture, table};
    let renamed = (ja.eq(excluded(ja)), en.eq(excluded(en)), prefecture.eq(excluded(prefecture)));
    for chunk in rows.chunks(ROWS_PER_INSERT) {
        diesel::insert_into(table).values(chunk).on_conflict(code).do_update().set(renamed).execute(conn).await?;
    }
    Ok(())
}

/// Adds areas, or sets the last day of those that are there.
///
/// # Errors
/// The database's.
pub async fn areas(conn: &mut AsyncPgConnection, rows: &[Area]) -> Result<()> {
    use area::{municipality, product_group, table, valid_from, valid_to};
    for chunk in rows.chunks(ROWS_PER_INSERT) {
        diesel::insert_into(table)
            .values(chunk)
            .on_conflict((municipality, product_group, valid_from))
            .do_update()
            .set(valid_to.eq(excluded(valid_to)))
            .execute(conn)
            .await?;
    }
    Ok(())
}

/// Lots of a product by their numbers, kept from being recalled until the transaction ends.
///
/// # Errors
/// The database's.
pub async fn lots_shared(conn: &mut AsyncPgConnection, product: &str, numbers: &[&str]) -> Result<Vec<Lot>> {
    Ok(sql::LotsByNumber { product, numbers: numbers.to_vec() }.load(conn).await?)
}

/// Lots by id, kept from being recalled until the transaction ends.
///
/// # Errors
/// The database's.
pub async fn lots_shared_by_id(conn: &mut AsyncPgConnection, ids: &[Uuid]) -> Result<Vec<Lot>> {
    Ok(sql::LotsById { ids: ids.to_vec() }.load(conn).await?)
}

/// Adds lots that are not known yet.
///
/// # Errors
/// The database's.
pub async fn lots(conn: &mut AsyncPgConnection, rows: &[Lot]) -> Result<()> {
    sql::Lots::new(rows).execute(conn).await?;
    Ok(())
}

/// A lot for whoever recalls it: all who move it are kept out until the transaction ends.
///
/// # Errors
/// The database's.
pub async fn lot_alone(conn: &mut AsyncPgConnection, product: &str, number: &str) -> Result<Option<Lot>> {
    let query = lot::table.filter(lot::product.eq(product)).filter(lot::number.eq(number));
    Ok(query.select(Lot::as_select()).for_update().first(conn).await.optional()?)
}

/// Marks a lot as recalled, unless it was before.
///
/// # Errors
/// The database's.
pub async fn recall(conn: &mut AsyncPgConnection, id: Uuid, at: DateTime<Utc>) -> Result<()> {
    let standing = lot::table.filter(lot::id.eq(id)).filter(lot::recalled_at.is_null());
    diesel::update(standing).set(lot::recalled_at.eq(at)).execute(conn).await?;
    Ok(())
}

/// Notes what depots received.
///
/// # Errors
/// The database's.
pub async fn inbound(conn: &mut AsyncPgConnection, rows: &[Inbound]) -> Result<()> {
    diesel::insert_into(inbound::table).values(rows).execute(conn).await?;
    Ok(())
}

/// Notes whose accounts are whose.
///
/// # Errors
/// The database's.
pub async fn accounts(conn: &mut AsyncPgConnection, rows: &[StockAccount]) -> Result<()> {
    sql::OpenAccounts::new(rows).execute(conn).await?;
    Ok(())
}

/// Adds a shipment.
///
/// # Errors
/// The database's.
pub async fn shipment(conn: &mut AsyncPgConnection, row: &Shipment) -> Result<()> {
    diesel::insert_into(shipment::table).values(row).execute(conn).await?;
    Ok(())
}

/// Adds what hubs hand on.
///
/// # Errors
/// The database's.
pub async fn splits(conn: &mut AsyncPgConnection, rows: &[ShipmentSplit]) -> Result<()> {
    sql::Splits::new(rows).execute(conn).await?;
    Ok(())
}

/// Adds lots of shipments.
///
/// # Errors
/// The database's.
pub async fn shipment_lots(conn: &mut AsyncPgConnection, rows: &[ShipmentLot]) -> Result<()> {
    sql::ShipmentLots::new(rows).execute(conn).await?;
    Ok(())
}

/// Takes back what was picked of a shipment.
///
/// # Errors
/// The database's.
pub async fn unpick(conn: &mut AsyncPgConnection, shipment: Uuid) -> Result<()> {
    sql::Unpick { shipment }.execute(conn).await?;
    Ok(())
}

/// Writes where a shipment stands now, if it still has the version `before`.
///
/// # Errors
/// When it has not, which the shipment's lock forbids; or the database's.
pub async fn move_shipment(conn: &mut AsyncPgConnection, row: &Shipment, before: i32) -> Result<()> {
    let statement = sql::Move {
        state: &row.state,
        version: row.version,
        next_answer: row.next_answer,
        delivery_on: row.delivery_on,
        delivery_hours: row.delivery_hours.as_deref(),
        dispatched_at: row.dispatched_at,
        delivered_at: row.delivered_at,
        received_at: row.received_at,
        id: row.id,
        version_before: before,
    };
    match statement.execute(conn).await? {
        1 => Ok(()),
        _ => Err(Failure::internal(format!("shipment {} was moved by somebody without its lock", row.id))),
    }
}

/// Adds to the history of shipments.
///
/// # Errors
/// `idempotency.key_reused` when an id is that of another step. Or the database's.
pub async fn steps(conn: &mut AsyncPgConnection, rows: &[ShipmentStep]) -> Result<()> {
    sql::Steps::new(rows).execute(conn).await.map_err(|error| id_taken(error, "shipment_step_pkey"))?;
    Ok(())
}

fn id_taken(error: Error, key: &str) -> Failure {
    match &error {
        Error::DatabaseError(DatabaseErrorKind::UniqueViolation, what) if what.constraint_name() == Some(key) => {
            Problem::new(&domain::error::IDEMPOTENCY_KEY_REUSED).into()
        }
        _ => error.into(),
    }
}

/// Adds an answer.
///
/// # Errors
/// `idempotency.key_reused` when the id is that of another answer. Or the database's.
pub async fn answer(conn: &mut AsyncPgConnection, row: &Answer) -> Result<()> {
    let written = diesel::insert_into(answer::table).values(row).execute(conn).await;
    written.map_err(|error| id_taken(error, "answer_pkey"))?;
    Ok(())
}

/// What became of held answers: id, state, code of the refusal.
///
/// # Errors
/// The database's.
pub async fn settle_answers(conn: &mut AsyncPgConnection, settled: &[(Uuid, &str, Option<&str>)]) -> Result<()> {
    let statement = sql::SettleAnswers {
        ids: settled.iter().map(|(id, _, _)| *id).collect(),
        states: settled.iter().map(|(_, state, _)| *state).collect(),
        codes: settled.iter().map(|(_, _, code)| *code).collect(),
    };
    statement.execute(conn).await?;
    Ok(())
}

/// Adds a receipt with its lines.
///
/// # Errors
/// The database's.
pub async fn receipt(conn: &mut AsyncPgConnection, row: &Receipt, lines: &[ReceiptLine]) -> Result<()> {
    diesel::insert_into(receipt::table).values(row).execute(conn).await?;
    sql::ReceiptLines::new(lines).execute(conn).await?;
    Ok(())
}

/// Opens discrepancies.
///
/// # Errors
/// The database's.
pub async fn discrepancies(conn: &mut AsyncPgConnection, rows: &[Discrepancy]) -> Result<()> {
    sql::Discrepancies::new(rows).execute(conn).await?;
    Ok(())
}

/// How and by whom discrepancies were decided.
#[derive(Debug, Clone, Copy)]
pub struct Resolution<'a> {
    /// See `domain::discrepancy::Decision`.
    pub decision: &'a str,
    /// Why.
    pub reason: &'a str,
    /// By whom.
    pub by: &'a str,
    /// When.
    pub at: DateTime<Utc>,
}

/// Closes discrepancies that are open.
///
/// # Errors
/// The database's.
pub async fn resolve(conn: &mut AsyncPgConnection, ids: &[Uuid], resolution: Resolution<'_>) -> Result<()> {
    let statement = sql::Resolve {
        decision: resolution.decision,
        reason: resolution.reason,
        resolved_by: resolution.by,
        resolved_at: resolution.at,
        ids: ids.to_vec(),
    };
    statement.execute(conn).await?;
    Ok(())
}
