//! What lies at a site, and what is coming to it.
use super::{
    connection::{PageInfo, page_size},
    facility::Facility,
    lot::Lot,
    or_null,
    territory::Territory,
    unknown,
};
use crate::{
    cursor::List,
    loader::{self, LotBy, SitesOf, StockAt, StockSiteBy, StockSiteOf, site_place},
    scalars::{Count, DateTime, Uuid, Vials},
    session::{Session, session},
};
use allocation_store::rows;
use async_graphql::{Context, Object, SimpleObject};
use distribution_store::stock::SitePlace;
use domain::{Problem, TerritoryCode, error, ids::FacilityId, territory::Tier};
use std::{collections::BTreeMap, sync::Arc};

/// More sites than any municipality has.
const SITES_MAX: i64 = 10_000;

/// Vials of a lot at a site, in each of its parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Parts {
    available: i64,
    in_transit: i64,
    quarantined: i64,
}

/// One lot at a site, from the balances of the stock book.
#[derive(Clone, SimpleObject)]
pub struct StockLine {
    /// The lot.
    pub lot: Lot,
    /// Vials that can be used.
    pub available_vials: Vials,
    /// Vials on the road to it.
    pub in_transit_vials: Vials,
    /// Vials that nobody may touch: broken or warm ones, and recalled lots.
    pub quarantined_vials: Vials,
}

fn parts_of(stock: &loader::SiteStock) -> BTreeMap<uuid::Uuid, Parts> {
    let mut lots: BTreeMap<uuid::Uuid, Parts> = BTreeMap::new();
    for part in &stock.parts {
        match part.kind.as_str() {
            "available" => lots.entry(part.lot_id).or_default().available = part.vials,
            "quarantined" => lots.entry(part.lot_id).or_default().quarantined = part.vials,
            // what was used, wasted or destroyed lies nowhere
            _ => {}
        }
    }
    for row in &stock.in_transit {
        lots.entry(row.lot_id).or_default().in_transit = row.vials;
    }
    lots
}

/// What lies at a site, and what is coming to it.
pub struct SiteStock {
    row: Arc<rows::Site>,
    place: SitePlace,
}

impl SiteStock {
    /// A site whose stock is open to the caller: a loader gave it out.
    ///
    /// # Errors
    /// When its municipality's code is none.
    pub fn of(row: Arc<rows::Site>) -> Result<Self, Problem> {
        Ok(Self { place: site_place(&row)?, row })
    }

    /// The stock of a site, if it is open to the caller.
    ///
    /// # Errors
    /// The coded problem of the read.
    pub async fn load(session: &Session, site: uuid::Uuid) -> Result<Option<Self>, Problem> {
        session.loaders.one(StockSiteBy(site)).await?.map(Self::of).transpose()
    }

    /// The stock of the site that is this hospital, if it is one and open to the caller.
    ///
    /// # Errors
    /// The coded problem of the read.
    pub async fn of_facility(session: &Session, facility: FacilityId) -> Result<Option<Self>, Problem> {
        session.loaders.one(StockSiteOf(facility)).await?.map(Self::of).transpose()
    }

    async fn at(&self, session: &Session) -> Result<Arc<loader::SiteStock>, Problem> {
        Ok(session.loaders.one(StockAt(self.place)).await?.unwrap_or_default())
    }

    async fn sum(&self, ctx: &Context<'_>, vials: impl Fn(&Parts) -> i64) -> Result<Vials, Problem> {
        let stock = self.at(session(ctx)?).await?;
        Ok(Vials(parts_of(&stock).values().fold(0, |sum: i64, parts| sum.saturating_add(vials(parts)))))
    }
}

/// What lies at a site, and what is coming to it. Open to those who may read the shipments to it.
#[Object]
impl SiteStock {
    /// Our own id of the site.
    async fn site_id(&self) -> Uuid {
        Uuid(self.row.id)
    }

    /// Its name.
    async fn name(&self) -> &str {
        &self.row.name
    }

    /// The hospital that it is; null for a mass site, and when it is not open to you.
    async fn facility(&self, ctx: &Context<'_>) -> Option<Facility> {
        let load = async {
            let Some(id) = self.place.facility else { return Ok(None) };
            Facility::load(session(ctx)?, id).await
        };
        or_null(ctx, load.await)
    }

    /// The municipality it lies in.
    async fn municipality(&self, ctx: &Context<'_>) -> Result<Territory, Problem> {
        let missing = || unknown("municipality", &self.row.municipality);
        Territory::load(session(ctx)?, self.place.municipality).await?.ok_or_else(missing)
    }

    /// Everything up to this moment of business time is in the figures.
    async fn as_of(&self, ctx: &Context<'_>) -> Result<DateTime, Problem> {
        Ok(DateTime(session(ctx)?.op.now))
    }

    /// Vials that can be used.
    async fn available_vials(&self, ctx: &Context<'_>) -> Result<Vials, Problem> {
        self.sum(ctx, |parts| parts.available).await
    }

    /// Vials on the road to it.
    async fn in_transit_vials(&self, ctx: &Context<'_>) -> Result<Vials, Problem> {
        self.sum(ctx, |parts| parts.in_transit).await
    }

    /// Vials that nobody may touch: broken or warm ones, and recalled lots.
    async fn quarantined_vials(&self, ctx: &Context<'_>) -> Result<Vials, Problem> {
        self.sum(ctx, |parts| parts.quarantined).await
    }

    /// Vials of shipments to it that have not left the depot.
    async fn ordered_vials(&self, ctx: &Context<'_>) -> Result<Vials, Problem> {
        Ok(Vials(self.at(session(ctx)?).await?.coming.as_ref().map_or(0, |coming| coming.ordered_vials)))
    }

    /// Vials that its hub is to hand on to it (小分け): of all shipments to the hub that have not come to
    /// nothing.
    async fn expected_vials(&self, ctx: &Context<'_>) -> Result<Vials, Problem> {
        Ok(Vials(self.at(session(ctx)?).await?.coming.as_ref().map_or(0, |coming| coming.expected_vials)))
    }

    /// Vials that it is to hand on to its satellites (小分け): of all shipments to it that have not come to
    /// nothing.
    async fn to_hand_on_vials(&self, ctx: &Context<'_>) -> Result<Vials, Problem> {
        Ok(Vials(self.at(session(ctx)?).await?.coming.as_ref().map_or(0, |coming| coming.to_hand_on_vials)))
    }

    /// Lot by lot, first expired first; lots of which nothing is there or on the road are left out.
    #[graphql(complexity = "5_usize.saturating_mul(child_complexity).saturating_add(1).min(1_000_000)")]
    async fn lines(&self, ctx: &Context<'_>) -> Result<Vec<StockLine>, Problem> {
        let session = session(ctx)?;
        let line = |(lot, parts): (Lot, Parts)| StockLine {
            lot,
            available_vials: Vials(parts.available),
            in_transit_vials: Vials(parts.in_transit),
            quarantined_vials: Vials(parts.quarantined),
        };
        let lots = parts_of(&*self.at(session).await?);
        Ok(Lot::with_each(session, &lots).await?.into_iter().map(line).collect())
    }
}

/// What lies at all sites of a municipality together, and what is on the road to them.
#[derive(SimpleObject)]
pub struct StockSum {
    /// Everything up to this moment of business time is in the figures.
    pub as_of: DateTime,
    /// The sites in it, also those where nothing lies.
    pub sites: Count,
    /// Vials that can be used.
    pub available_vials: Vials,
    /// Vials on the road to them.
    pub in_transit_vials: Vials,
    /// Vials that nobody may touch: broken or warm ones, and recalled lots.
    pub quarantined_vials: Vials,
}

impl StockSum {
    /// The sum over the sites of a municipality, of one product or of all; `None` when they are not open to
    /// the caller.
    ///
    /// # Errors
    /// `graphql.not_a_municipality`, or the coded problem of the read.
    pub async fn load(
        session: &Session,
        municipality: TerritoryCode,
        product: Option<&str>,
    ) -> Result<Option<Self>, Problem> {
        if municipality.tier() != Tier::Municipality {
            return Err(Problem::new(&error::GRAPHQL_NOT_A_MUNICIPALITY).with("code", &municipality.to_string()));
        }
        let all = SitesOf { municipality, after: None, limit: SITES_MAX };
        let Some(rows) = session.loaders.one(all).await? else { return Ok(None) };
        // together, so that one statement answers for all sites of all municipalities asked for
        let stock = |row: &Arc<rows::Site>| {
            let place = site_place(row);
            async move { session.loaders.one(StockAt(place?)).await }
        };
        let stocks = futures::future::try_join_all(rows.iter().map(stock)).await?;
        let mut sums = Parts::default();
        for (id, parts) in stocks.iter().flatten().flat_map(|stock| parts_of(stock)) {
            if let Some(product) = product
                && session.loaders.one(LotBy(id)).await?.is_none_or(|lot| lot.product != product)
            {
                continue;
            }
            sums.available = sums.available.saturating_add(parts.available);
            sums.in_transit = sums.in_transit.saturating_add(parts.in_transit);
            sums.quarantined = sums.quarantined.saturating_add(parts.quarantined);
        }
        Ok(Some(Self {
            as_of: DateTime(session.op.now),
            sites: Count(i64::try_from(rows.len()).unwrap_or(i64::MAX)),
            available_vials: Vials(sums.available),
            in_transit_vials: Vials(sums.in_transit),
            quarantined_vials: Vials(sums.quarantined),
        }))
    }
}

/// The stock of a site in a page.
#[derive(SimpleObject)]
pub struct SiteStockEdge {
    /// The site's stock.
    pub node: SiteStock,
    /// Its place in the list. Opaque, and valid for this list and account only.
    pub cursor: String,
}

/// A page of sites' stocks, in the order of the sites' ids.
#[derive(SimpleObject)]
pub struct SiteStockConnection {
    /// The elements of the page.
    pub edges: Vec<SiteStockEdge>,
    /// Where the page lies.
    pub page_info: PageInfo,
}

impl SiteStockConnection {
    /// A page of the sites of a municipality; `None` when they are not open to the caller.
    ///
    /// # Errors
    /// `graphql.not_a_municipality`, `graphql.page_size`, `graphql.bad_cursor`, or the coded problem of the
    /// read.
    pub async fn load(
        session: &Session,
        municipality: TerritoryCode,
        first: i32,
        after: Option<String>,
    ) -> Result<Option<Self>, Problem> {
        let size = page_size(first)?;
        let parent = municipality.to_string();
        if municipality.tier() != Tier::Municipality {
            return Err(Problem::new(&error::GRAPHQL_NOT_A_MUNICIPALITY).with("code", &parent));
        }
        let list = List { name: "stock", parent: &parent, account: session.op.actor.account };
        let cursors = &session.gateway.cursors;
        let after = after.map(|cursor| cursors.read(list, &cursor)).transpose()?;
        let after = after.map(|id| id.parse().map_err(|_| Problem::new(&error::GRAPHQL_BAD_CURSOR))).transpose()?;
        // one more than is shown tells whether there is a next page
        let limit = i64::from(first) + 1;
        // who may read a municipality's plans may read its shipments: the loader decides by the former, the
        // figures of each site by the latter
        let Some(rows) = session.loaders.one(SitesOf { municipality, after, limit }).await? else { return Ok(None) };
        let edge = |row: &Arc<rows::Site>| {
            let cursor = cursors.make(list, &row.id.to_string());
            SiteStock::of(Arc::clone(row)).map(|node| SiteStockEdge { node, cursor })
        };
        let edges = rows.iter().take(size).map(edge).collect::<Result<Vec<_>, _>>()?;
        let shown: Vec<String> = edges.iter().map(|edge| edge.cursor.clone()).collect();
        Ok(Some(Self { edges, page_info: PageInfo::of(&shown, after.is_some(), rows.len() > size) }))
    }
}
