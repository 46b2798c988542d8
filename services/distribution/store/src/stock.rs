//! The stock book as it lies: which account is whose, and what is in it.
use crate::sql;
use chrono::NaiveDate;
use diesel::{prelude::*, sql_types};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use domain::{
    TerritoryCode,
    ids::FacilityId,
    policy::{Scope, Shipments},
    shipment::OnHand,
};
use platform::failure::Result;
use uuid::Uuid;

/// The place of a company's depot in the stock book.
#[must_use]
pub fn depot(wholesaler: &str) -> String {
    format!("depot/{wholesaler}")
}

/// The place of a site in the stock book.
#[must_use]
pub fn site(id: Uuid) -> String {
    format!("site/{id}")
}

/// The place of a shipment in the stock book.
#[must_use]
pub fn shipment(id: Uuid) -> String {
    format!("shipment/{id}")
}

/// Vials of a lot at a place, in one of its parts.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct Stock {
    /// `depot/W07`, `site/<id>`, `shipment/<id>`
    #[diesel(sql_type = sql_types::Text)]
    pub place: String,
    /// The lot.
    #[diesel(sql_type = sql_types::Uuid)]
    pub lot_id: Uuid,
    /// `available`, `reserved`, `in_transit`, `quarantined`, `returned`, `lost`, `destroyed`, `discrepancy` …
    #[diesel(sql_type = sql_types::Text)]
    pub kind: String,
    /// Vials; of a discrepancy less than nothing where more arrived than was sent.
    #[diesel(sql_type = sql_types::BigInt)]
    pub vials: i64,
}

/// What lies at these places, lot by lot and part by part; parts that are empty are left out. Who may see
/// the places is decided before.
///
/// # Errors
/// The database's.
pub async fn at(conn: &mut AsyncPgConnection, places: &[String]) -> Result<Vec<Stock>> {
    Ok(diesel::sql_query(
        "select s.place, s.lot_id, s.kind, a.credits_posted - a.debits_posted as vials
         from distribution.stock_account s join distribution.account a on a.id = s.account_id
         join distribution.lot l on l.id = s.lot_id
         where s.place = any($1) and a.credits_posted <> a.debits_posted
         order by s.place, l.expiry, l.number, s.lot_id, s.kind",
    )
    .bind::<sql_types::Array<sql_types::Text>, _>(places)
    .load(conn)
    .await?)
}

/// What lies at these companies' depots, as far as the scope shows them: a company sees its own, and so do
/// its branches; who looks after the nation sees all.
///
/// # Errors
/// The database's.
pub async fn at_depots(conn: &mut AsyncPgConnection, scope: &Scope, wholesalers: &[String]) -> Result<Vec<Stock>> {
    let seen = scope.shipments();
    let shown = |code: &&String| match &seen {
        Shipments::Within(_) => seen.are_all_to(TerritoryCode::NATION),
        Shipments::Of(company) => company.to_string() == **code,
        Shipments::From(branch) => branch.wholesaler().to_string() == **code,
        Shipments::None | Shipments::To(_) => false,
    };
    let places: Vec<String> = wholesalers.iter().filter(shown).map(|code| depot(code)).collect();
    at(conn, &places).await
}

/// A site and where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SitePlace {
    /// The site.
    pub site: Uuid,
    /// Its hospital, if it is one.
    pub facility: Option<FacilityId>,
    /// Where.
    pub municipality: TerritoryCode,
}

/// What lies at these sites, as far as the scope shows them.
///
/// # Errors
/// The database's.
pub async fn at_sites(conn: &mut AsyncPgConnection, scope: &Scope, sites: &[SitePlace]) -> Result<Vec<Stock>> {
    let seen = scope.shipments();
    let shown = |place: &&SitePlace| match &seen {
        Shipments::Within(_) => seen.are_all_to(place.municipality),
        Shipments::To(facility) => place.facility == Some(*facility),
        Shipments::None | Shipments::Of(_) | Shipments::From(_) => false,
    };
    let places: Vec<String> = sites.iter().filter(shown).map(|place| site(place.site)).collect();
    at(conn, &places).await
}

/// An account of the book, and what is in it.
#[derive(Debug, Clone, PartialEq, Eq, Queryable)]
pub struct Held {
    /// The ledger's id.
    pub account_id: i64,
    /// The lot.
    pub lot_id: Uuid,
    /// `available`, `reserved` …
    pub kind: String,
    /// `depot/W07` …
    pub place: String,
    /// Vials.
    pub vials: i64,
}

/// The accounts of these lots, kinds and places, one of each per entry, as far as they have been opened.
///
/// # Errors
/// The database's.
pub async fn accounts(
    conn: &mut AsyncPgConnection,
    lots: Vec<Uuid>,
    kinds: Vec<&str>,
    places: Vec<&str>,
) -> Result<Vec<Held>> {
    Ok(sql::Accounts { lots, kinds, places }.load(conn).await?)
}

/// All accounts of a lot of some kinds, in order of place and kind.
///
/// # Errors
/// The database's.
pub async fn accounts_of_lot(conn: &mut AsyncPgConnection, lot: Uuid, kinds: Vec<&str>) -> Result<Vec<Held>> {
    Ok(sql::AccountsOfLot { lot, kinds }.load(conn).await?)
}

/// What a depot can send of a product: lots that are not recalled. They are kept from being recalled to the
/// end of the transaction.
///
/// # Errors
/// The database's.
pub async fn on_hand(conn: &mut AsyncPgConnection, wholesaler: &str, product: &str) -> Result<Vec<OnHand<Uuid>>> {
    let place = depot(wholesaler);
    let rows: Vec<(Uuid, NaiveDate, i64)> = sql::OnHand { place: &place, product }.load(conn).await?;
    Ok(rows.into_iter().map(|(lot, expiry, vials)| OnHand { lot, expiry, vials }).collect())
}
