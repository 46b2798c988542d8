//! Sites where vaccine is given.
use super::{
    connection::{PageInfo, page_size},
    delivery::Storage,
    or_null,
    shipment::{ShipmentConnection, ShipmentState, Wanted},
    stock::SiteStock,
    unknown,
};
use crate::{
    cursor::List,
    loader::{HoldingOf, SitesTaking, StreamBy, WishOf},
    scalars::{self, Uuid, Vials},
    session::{Session, session},
};
use allocation_store::rows;
use async_graphql::{Context, Enum, Object, SimpleObject};
use distribution_store::read::Parent;
use domain::{Problem, TerritoryCode, error};
use std::sync::Arc;

/// What a site is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(rename_items = "snake_case")]
pub enum SiteKind {
    /// 集団接種会場: a mass site; the hub that satellites get their vials from.
    Mass,
    /// 個別接種会場: a hospital or clinic.
    Satellite,
    /// 職域接種会場: a workplace or university; its doses come from the nation.
    Workplace,
    /// 国の大規模接種会場: a centre of the nation's own.
    NationalCentre,
}

impl SiteKind {
    /// The kind that a row names.
    ///
    /// # Errors
    /// `service.internal` when there is no such kind.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        Ok(match text {
            "mass" => Self::Mass,
            "satellite" => Self::Satellite,
            "workplace" => Self::Workplace,
            "national_centre" => Self::NationalCentre,
            other => return Err(unknown("kind of site", other)),
        })
    }
}

/// A freezer for vaccine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, SimpleObject)]
pub struct Freezer {
    /// What it is for.
    pub storage: Storage,
    /// How many vials it takes.
    pub vials: Vials,
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
        SiteKind::parse(&self.row.kind)
    }

    /// Its name.
    async fn name(&self) -> &str {
        &self.row.name
    }

    /// The municipality that it lies in.
    async fn municipality(&self) -> scalars::TerritoryCode {
        scalars::TerritoryCode(self.municipality)
    }

    /// Its freezer for vaccine; null where none is known.
    async fn freezer(&self) -> Result<Option<Freezer>, Problem> {
        let (Some(storage), Some(vials)) = (&self.row.freezer_storage, self.row.freezer_vials) else {
            return Ok(None);
        };
        Ok(Some(Freezer { storage: Storage::parse(storage)?, vials: Vials(vials) }))
    }

    /// Id of the mass site that it gets its vials from; null for all but satellites.
    async fn hub(&self) -> Option<Uuid> {
        self.row.hub_id.map(Uuid)
    }

    /// Our own id of the hospital or clinic; null for all but satellites.
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

impl SiteConnection {
    /// The sites in a territory that take part in a round's stream, if its plans are open to the caller.
    ///
    /// # Errors
    /// `graphql.page_size`, `graphql.bad_cursor`, the coded problem of the read.
    pub async fn taking(
        session: &Session,
        round: &rows::Round,
        territory: TerritoryCode,
        first: i32,
        after: Option<String>,
    ) -> Result<Option<Self>, Problem> {
        let size = page_size(first)?;
        let key = StreamBy { programme: round.programme.clone(), code: round.stream.clone() };
        let stream = session.loaders.one(key).await?.ok_or_else(|| unknown("stream", &round.stream))?;
        let parent = format!("{}/{territory}", round.id);
        let list = List { name: "takingSites", parent: &parent, account: session.op.actor.account };
        let cursors = &session.gateway.cursors;
        let after = after.map(|cursor| cursors.read(list, &cursor)).transpose()?;
        let after = after.map(|id| id.parse().map_err(|_| Problem::new(&error::GRAPHQL_BAD_CURSOR))).transpose()?;
        // one more than is shown tells whether there is a next page
        let limit = i64::from(first) + 1;
        let wanted = SitesTaking { territory, kinds: stream.site_kinds.clone(), after, limit };
        let Some(rows) = session.loaders.one(wanted).await? else { return Ok(None) };
        let mut edges = Vec::with_capacity(rows.len());
        for row in rows.iter().take(size) {
            let municipality = TerritoryCode::parse(&row.municipality)?;
            let cursor = cursors.make(list, &row.id.to_string());
            edges.push(SiteEdge { cursor, node: Site::of(Arc::clone(row), municipality, round.id) });
        }
        let shown: Vec<String> = edges.iter().map(|edge| edge.cursor.clone()).collect();
        Ok(Some(Self { edges, page_info: PageInfo::of(&shown, after.is_some(), rows.len() > size) }))
    }
}
