//! Sites where vaccine is given.
use super::{
    connection::PageInfo,
    or_null,
    shipment::{ShipmentConnection, ShipmentState, Wanted},
    stock::SiteStock,
    unknown,
};
use crate::{
    loader::{HoldingOf, WishOf},
    scalars::{Uuid, Vials},
    session::session,
};
use allocation_store::rows;
use async_graphql::{Context, Enum, Object, SimpleObject};
use distribution_store::read::Parent;
use domain::{Problem, TerritoryCode};
use std::sync::Arc;

/// What a site is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(rename_items = "snake_case")]
pub enum SiteKind {
    /// 集団接種会場: a mass site; the hub that satellites get their vials from.
    Mass,
    /// 個別接種会場: a hospital or clinic.
    Satellite,
}

/// A site, as it takes part in a round.
pub struct Site {
    row: Arc<rows::Site>,
    municipality: TerritoryCode,
    round: uuid::Uuid,
}

impl Site {
    /// A row that a loader gave out, so that permission has been decided.
    pub fn of(row: Arc<rows::Site>, municipality: TerritoryCode, round: uuid::Uuid) -> Self {
        Self { row, municipality, round }
    }
}

/// A site where vaccine is given, as it takes part in a round.
#[Object]
impl Site {
    /// Our own id of it.
    async fn site_id(&self) -> Uuid {
        Uuid(self.row.id)
    }

    /// What it is.
    async fn kind(&self) -> Result<SiteKind, Problem> {
        match self.row.kind.as_str() {
            "mass" => Ok(SiteKind::Mass),
            "satellite" => Ok(SiteKind::Satellite),
            other => Err(unknown("kind of site", other)),
        }
    }

    /// Its name.
    async fn name(&self) -> &str {
        &self.row.name
    }

    /// Id of the mass site that it gets its vials from; null for a mass site.
    async fn hub(&self) -> Option<Uuid> {
        self.row.hub_id.map(Uuid)
    }

    /// Our own id of the hospital or clinic; null for a mass site.
    async fn facility_id(&self) -> Option<Uuid> {
        self.row.facility_id.map(Uuid)
    }

    /// What it wishes for in this round (希望量), vials; null when it made no wish.
    async fn wish_vials(&self, ctx: &Context<'_>) -> Option<Vials> {
        let load = async {
            let key = WishOf { round: self.round, site: self.row.id, municipality: self.municipality };
            Ok(session(ctx)?.loaders.one(key).await?.map(Vials))
        };
        or_null(ctx, load.await)
    }

    /// What it was assigned in this round, vials.
    async fn granted_vials(&self, ctx: &Context<'_>) -> Result<Vials, Problem> {
        let key = HoldingOf { round: self.round, territory: self.municipality, site: Some(self.row.id) };
        Ok(Vials(session(ctx)?.loaders.one(key).await?.map_or(0, |row| row.granted_vials)))
    }

    /// The shipments to it, of all rounds, as far as they are open to you; none to a satellite.
    #[graphql(complexity = "super::connection::cost(first, child_complexity)")]
    async fn shipments(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only those in these states.")] state: Option<Vec<ShipmentState>>,
        #[graphql(desc = "How many, 1 to 200.")] first: i32,
        #[graphql(desc = "Only what follows this cursor.")] after: Option<String>,
    ) -> Result<ShipmentConnection, Problem> {
        let wanted = Wanted { state, first, after };
        ShipmentConnection::load(session(ctx)?, Parent::Site, self.row.id.to_string(), wanted).await
    }

    /// What lies at it; null when it is not open to you.
    async fn stock(&self, ctx: &Context<'_>) -> Option<SiteStock> {
        let load = async { SiteStock::load(session(ctx)?, self.row.id).await };
        or_null(ctx, load.await)
    }
}

/// A site in a page.
#[derive(SimpleObject)]
pub struct SiteEdge {
    /// The site.
    pub node: Site,
    /// Its place in the list. Opaque, and valid for this list and account only.
    pub cursor: String,
}

/// A page of sites, in the order of their ids.
#[derive(SimpleObject)]
pub struct SiteConnection {
    /// The elements of the page.
    pub edges: Vec<SiteEdge>,
    /// Where the page lies.
    pub page_info: PageInfo,
}
