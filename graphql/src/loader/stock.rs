//! Lots, what lies at sites, and how far the doses of a round have come.
use super::{Source, by_id, shipment::place_of};
use allocation_store::{read as allocation, rows::Site};
use async_graphql::dataloader::Loader;
use distribution_store::{
    read::{self, Coming, InTransit},
    rows::Lot,
    stock::{self, SitePlace, Stock},
};
use domain::{
    Problem, TerritoryCode,
    ids::FacilityId,
    policy::{Action, decide},
};
use platform::failure::Failure;
use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};
use uuid::Uuid;

/// A lot by its id. Lots are named by what the caller sees, and by nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct LotBy(pub Uuid);

/// A site whose stock may be read, by its id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct StockSiteBy(pub Uuid);

/// The site whose stock may be read and that is this hospital.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct StockSiteOf(pub FacilityId);

/// What lies at a site and what is coming to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct StockAt(pub SitePlace);

/// How far the doses of a round have come, municipality by municipality.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct DeliveriesOf(pub Uuid);

/// What lies at a site and what is coming to it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SiteStock {
    /// What lies there, lot by lot and part by part.
    pub parts: Vec<Stock>,
    /// What is on the road to it, lot by lot.
    pub in_transit: Vec<InTransit>,
    /// What has not left yet, and what goes from hub to satellite.
    pub coming: Option<Coming>,
}

/// Vials of a round on their way to the hubs of a municipality.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Delivered {
    /// Released, without what came back.
    pub released: i64,
    /// On the road.
    pub in_transit: i64,
    /// Counted by the sites.
    pub received: i64,
}

/// Where a site stands, for the table of permissions and the stock book.
///
/// # Errors
/// When its municipality's code is none.
pub fn site_place(row: &Site) -> Result<SitePlace, Problem> {
    let municipality = TerritoryCode::parse(&row.municipality)?;
    Ok(SitePlace { site: row.id, facility: row.facility_id.map(FacilityId), municipality })
}

impl Source {
    fn sees_stock(&self, place: &SitePlace) -> bool {
        decide(&self.actor, Action::ShipmentRead, place_of(place.facility, place.municipality)).is_ok()
    }

    fn with_visible_stock(&self, rows: Vec<Site>) -> Result<Vec<Arc<Site>>, Problem> {
        let mut visible = Vec::with_capacity(rows.len());
        for row in rows {
            if self.sees_stock(&site_place(&row)?) {
                visible.push(Arc::new(row));
            }
        }
        Ok(visible)
    }
}

impl Loader<LotBy> for Source {
    type Value = Arc<Lot>;
    type Error = Problem;

    async fn load(&self, keys: &[LotBy]) -> Result<HashMap<LotBy, Arc<Lot>>, Problem> {
        let mut snapshot = self.reading.snapshot().await?;
        let ids: Vec<Uuid> = keys.iter().map(|key| key.0).collect();
        let rows = read::lots_by_id(snapshot.conn(), &ids).await.map_err(Failure::into_problem)?;
        Ok(rows.into_iter().map(|row| (LotBy(row.id), Arc::new(row))).collect())
    }
}

impl Loader<StockSiteBy> for Source {
    type Value = Arc<Site>;
    type Error = Problem;

    async fn load(&self, keys: &[StockSiteBy]) -> Result<HashMap<StockSiteBy, Arc<Site>>, Problem> {
        let mut snapshot = self.reading.snapshot().await?;
        let ids: Vec<Uuid> = keys.iter().map(|key| key.0).collect();
        let rows = allocation::sites_by_id(snapshot.conn(), &ids).await.map_err(Failure::into_problem)?;
        Ok(self.with_visible_stock(rows)?.into_iter().map(|row| (StockSiteBy(row.id), row)).collect())
    }
}

impl Loader<StockSiteOf> for Source {
    type Value = Arc<Site>;
    type Error = Problem;

    async fn load(&self, keys: &[StockSiteOf]) -> Result<HashMap<StockSiteOf, Arc<Site>>, Problem> {
        let mut snapshot = self.reading.snapshot().await?;
        let ids: Vec<Uuid> = keys.iter().map(|key| key.0.0).collect();
        let rows = allocation::sites_of_facilities(snapshot.conn(), &ids).await.map_err(Failure::into_problem)?;
        let visible = self.with_visible_stock(rows)?.into_iter();
        Ok(visible.filter_map(|row| Some((StockSiteOf(FacilityId(row.facility_id?)), row))).collect())
    }
}

impl Loader<StockAt> for Source {
    type Value = Arc<SiteStock>;
    type Error = Problem;

    async fn load(&self, keys: &[StockAt]) -> Result<HashMap<StockAt, Arc<SiteStock>>, Problem> {
        let visible: Vec<StockAt> = keys.iter().copied().filter(|key| self.sees_stock(&key.0)).collect();
        if visible.is_empty() {
            return Ok(HashMap::new());
        }
        for SitePlace { site, facility, municipality } in visible.iter().map(|key| &key.0) {
            if let Some(facility) = facility {
                self.viewed.add(*facility, &municipality.to_string(), format!("stock/{site}"));
            }
        }
        let places: Vec<SitePlace> = visible.iter().map(|key| key.0).collect();
        let sites: Vec<Uuid> = places.iter().map(|place| place.site).collect();
        let mut snapshot = self.reading.snapshot().await?;
        let conn = snapshot.conn();
        let parts = stock::at_sites(conn, &self.scope, &places).await.map_err(Failure::into_problem)?;
        let in_transit = read::in_transit_to(conn, &sites).await.map_err(Failure::into_problem)?;
        let coming = read::coming_to(conn, &sites).await.map_err(Failure::into_problem)?;
        let mut at: HashMap<String, Vec<Stock>> = HashMap::new();
        for part in parts {
            at.entry(part.place.clone()).or_default().push(part);
        }
        let mut on_the_road = by_id(in_transit, |row| row.site_id);
        let mut coming: HashMap<Uuid, Coming> = coming.into_iter().map(|row| (row.site_id, row)).collect();
        let mut of = |site: Uuid| SiteStock {
            parts: at.remove(&stock::site(site)).unwrap_or_default(),
            in_transit: on_the_road.remove(&site).unwrap_or_default(),
            coming: coming.remove(&site),
        };
        Ok(visible.iter().map(|key| (*key, Arc::new(of(key.0.site)))).collect())
    }
}

impl Loader<DeliveriesOf> for Source {
    type Value = Arc<BTreeMap<TerritoryCode, Delivered>>;
    type Error = Problem;

    async fn load(&self, keys: &[DeliveriesOf]) -> Result<HashMap<DeliveriesOf, Self::Value>, Problem> {
        let mut snapshot = self.reading.snapshot().await?;
        let rounds: Vec<Uuid> = keys.iter().map(|key| key.0).collect();
        let released = allocation::released_of(snapshot.conn(), &rounds).await.map_err(Failure::into_problem)?;
        let progress = read::progress_of(snapshot.conn(), &self.scope, &rounds).await.map_err(Failure::into_problem)?;
        let mut found: HashMap<Uuid, BTreeMap<TerritoryCode, Delivered>> = HashMap::new();
        for row in released {
            let municipality = TerritoryCode::parse(&row.municipality)?;
            if self.sees_plans(municipality) {
                found.entry(row.round_id).or_default().entry(municipality).or_default().released = row.vials;
            }
        }
        for row in progress {
            let municipality = TerritoryCode::parse(&row.municipality)?;
            if self.sees_plans(municipality) {
                let delivered = found.entry(row.round_id).or_default().entry(municipality).or_default();
                (delivered.in_transit, delivered.received) = (row.in_transit_vials, row.received_vials);
            }
        }
        Ok(keys.iter().map(|key| (*key, Arc::new(found.remove(&key.0).unwrap_or_default()))).collect())
    }
}
