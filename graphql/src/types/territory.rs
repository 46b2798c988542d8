//! Nation, prefectures and municipalities.
use super::{
    capacity::Capacity,
    connection::{FacilityConnection, FacilityEdge, PageInfo, TerritoryConnection, TerritoryEdge, page_size},
    facility::Facility,
    node::NodeId,
    or_null,
    partner::Area,
    product::StreamDoses,
    receipt::DiscrepancyConnection,
    shipment::{ShipmentConnection, ShipmentCounts, ShipmentState, Wanted},
    stock::{SiteStockConnection, StockSum},
    unknown,
};
use crate::{
    cursor::List,
    loader::{ChildrenOf, PageOf, PopulationsOf, parent_of},
    scalars::{self, Count, Date, Uuid},
    session::{Session, session},
};
use async_graphql::{Context, Enum, ID, Object, SimpleObject};
use domain::{BusinessDay, Problem, TerritoryCode, error, territory::Tier};
use identity_store::rows;
use std::sync::Arc;

/// The tier of a territory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(rename_items = "snake_case", remote = "Tier")]
pub enum TerritoryTier {
    /// 国: the nation.
    Nation,
    /// 都道府県: one of 47.
    Prefecture,
    /// 市町村 and 特別区: a city, town, village or special ward.
    Municipality,
}

/// What a territory is by law.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(rename_items = "snake_case")]
pub enum TerritoryKind {
    /// 国: the nation.
    Nation,
    /// 都道府県: a prefecture.
    Prefecture,
    /// 政令指定都市: a designated city as a whole; its wards are not territories.
    DesignatedCity,
    /// 市: a city.
    City,
    /// 町: a town.
    Town,
    /// 村: a village.
    Village,
    /// 特別区: one of Tokyo's 23 special wards.
    SpecialWard,
}

impl TerritoryKind {
    fn parse(text: &str) -> Result<Self, Problem> {
        Ok(match text {
            "nation" => Self::Nation,
            "prefecture" => Self::Prefecture,
            "designated_city" => Self::DesignatedCity,
            "city" => Self::City,
            "town" => Self::Town,
            "village" => Self::Village,
            "special_ward" => Self::SpecialWard,
            other => return Err(unknown("kind of territory", other)),
        })
    }
}

/// The name of a territory.
#[derive(Debug, Clone, SimpleObject)]
pub struct TerritoryName {
    /// Japanese.
    pub ja: String,
    /// Japanese, in hiragana.
    pub kana: String,
    /// English; null where there is no published one.
    pub en: Option<String>,
}

/// Persons of an age band.
#[derive(Debug, Clone, SimpleObject)]
pub struct Population {
    /// `0_14`, `15_64`, `65_plus`, `75_plus` (part of `65_plus`), `total`.
    pub band: String,
    /// Persons.
    pub persons: Count,
    /// The day they were counted or estimated for.
    pub as_of: Date,
    /// Where the figure comes from.
    pub source: String,
}

/// A nation, prefecture or municipality.
#[derive(Clone)]
pub struct Territory {
    code: TerritoryCode,
    row: Arc<rows::Territory>,
}

impl Territory {
    /// The territory with this code.
    ///
    /// # Errors
    /// The coded problem of the read.
    pub async fn load(session: &Session, code: TerritoryCode) -> Result<Option<Self>, Problem> {
        Ok(session.loaders.one(code).await?.map(|row| Self { code, row }))
    }

    fn of(row: Arc<rows::Territory>) -> Result<Self, Problem> {
        Ok(Self { code: TerritoryCode::parse(&row.code)?, row })
    }

    async fn page(&self, session: &Session, first: i32, after: Option<String>) -> Result<TerritoryConnection, Problem> {
        let size = page_size(first)?;
        let parent = self.code.to_string();
        let list = List { name: "children", parent: &parent, account: session.op.actor.account };
        let cursors = &session.gateway.cursors;
        let after = after.map(|cursor| cursors.read(list, &cursor)).transpose()?;
        let children = session.loaders.one(ChildrenOf(self.code)).await?.unwrap_or_default();
        // children come in code order, so what follows a code is found by comparing, even if the
        // territory at the cursor has been merged into another since
        let is_after = |row: &&Arc<rows::Territory>| after.as_ref().is_none_or(|after| row.code > *after);
        let following: Vec<_> = children.iter().filter(is_after).collect();
        let (has_next, has_previous) = (following.len() > size, following.len() < children.len());
        let page = following.into_iter().take(size).map(|row| Self::of(Arc::clone(row)));
        let edges = page
            .map(|node| node.map(|node| TerritoryEdge { cursor: cursors.make(list, &node.row.code), node }))
            .collect::<Result<Vec<_>, _>>()?;
        let shown: Vec<String> = edges.iter().map(|edge| edge.cursor.clone()).collect();
        let total_count = i32::try_from(children.len()).unwrap_or(i32::MAX);
        Ok(TerritoryConnection { page_info: PageInfo::of(&shown, has_previous, has_next), edges, total_count })
    }

    async fn facility_page(
        &self,
        session: &Session,
        first: i32,
        after: Option<String>,
    ) -> Result<FacilityConnection, Problem> {
        let size = page_size(first)?;
        if self.code.tier() != Tier::Municipality {
            // an empty page would say that there are none
            return Err(Problem::new(&error::GRAPHQL_NOT_A_MUNICIPALITY).with("code", &self.row.code));
        }
        let list = List { name: "facilities", parent: &self.row.code, account: session.op.actor.account };
        let cursors = &session.gateway.cursors;
        let after = after.map(|cursor| cursors.read(list, &cursor)).transpose()?;
        let after = after.map(|id| id.parse().map_err(|_| Problem::new(&error::GRAPHQL_BAD_CURSOR))).transpose()?;
        // one more than is shown tells whether there is a next page
        let limit = i64::from(first) + 1;
        let rows = session.loaders.one(PageOf { municipality: self.code, after, limit }).await?.unwrap_or_default();
        let edges: Vec<FacilityEdge> = rows
            .iter()
            .take(size)
            .map(|row| FacilityEdge {
                cursor: cursors.make(list, &row.id.to_string()),
                node: Facility::of(Arc::clone(row)),
            })
            .collect();
        let shown: Vec<String> = edges.iter().map(|edge| edge.cursor.clone()).collect();
        let page_info = PageInfo::of(&shown, after.is_some(), rows.len() > size);
        Ok(FacilityConnection { edges, page_info })
    }
}

/// The nation, a prefecture or a municipality. City wards and the northern villages are not
/// territories.
#[Object]
impl Territory {
    /// Global id.
    pub async fn id(&self) -> ID {
        NodeId::Territory(self.code).id()
    }

    /// Its six-digit code (全国地方公共団体コード).
    async fn code(&self) -> scalars::TerritoryCode {
        scalars::TerritoryCode(self.code)
    }

    /// Its tier.
    async fn tier(&self) -> TerritoryTier {
        self.code.tier().into()
    }

    /// What it is by law.
    async fn kind(&self) -> Result<TerritoryKind, Problem> {
        TerritoryKind::parse(&self.row.kind)
    }

    /// Its name.
    async fn name(&self) -> TerritoryName {
        TerritoryName { ja: self.row.name.clone(), kana: self.row.kana.clone(), en: self.row.name_en.clone() }
    }

    /// The territory above it; null for the nation.
    async fn parent(&self, ctx: &Context<'_>) -> Option<Territory> {
        let load = async {
            let Some(parent) = &self.row.parent else { return Ok(None) };
            Territory::load(session(ctx)?, TerritoryCode::parse(parent)?).await
        };
        or_null(ctx, load.await)
    }

    /// The territories directly below it, in code order: prefectures of the nation, municipalities
    /// of a prefecture, none of a municipality.
    #[graphql(complexity = "super::connection::cost(first, child_complexity)")]
    async fn children(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, 1 to 200.")] first: i32,
        #[graphql(desc = "Only what follows this cursor.")] after: Option<String>,
    ) -> Result<TerritoryConnection, Problem> {
        self.page(session(ctx)?, first, after).await
    }

    /// The facilities of a municipality that are open to you. Those of a prefecture or the nation
    /// are asked for municipality by municipality (`graphql.not_a_municipality`).
    #[graphql(complexity = "super::connection::cost(first, child_complexity)")]
    async fn facilities(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, 1 to 200.")] first: i32,
        #[graphql(desc = "Only what follows this cursor.")] after: Option<String>,
    ) -> Result<FacilityConnection, Problem> {
        self.facility_page(session(ctx)?, first, after).await
    }

    /// Its population by age band, newest first; empty where none is known.
    #[graphql(complexity = "10_usize.saturating_mul(child_complexity).saturating_add(1).min(1_000_000)")]
    async fn populations(&self, ctx: &Context<'_>) -> Result<Vec<Population>, Problem> {
        let rows = session(ctx)?.loaders.one(PopulationsOf(self.code)).await?.unwrap_or_default();
        let population = |row: &rows::Population| Population {
            band: row.band.clone(),
            persons: Count(row.persons),
            as_of: Date(BusinessDay::from_date(row.as_of)),
            source: row.source.clone(),
        };
        Ok(rows.iter().map(population).collect())
    }

    /// The sums over the reports of its facilities for a day. Null when its figures are not open to
    /// you, and when the day was never opened for the form. A municipality's figures are open to
    /// those who oversee it; a prefecture's and the nation's to everybody.
    async fn capacity(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The day reported about; the clock's business day unless given.")] day: Option<Date>,
        #[graphql(default = "daily", desc = "The form's code.")] form: String,
    ) -> Option<Capacity> {
        let load = async {
            let session = session(ctx)?;
            let day = day.map_or_else(|| BusinessDay::at(session.op.now), |day| day.0);
            Capacity::load(session, self.clone(), day, &form).await
        };
        or_null(ctx, load.await)
    }

    /// The shipments to its sites, as far as they are open to you.
    #[graphql(complexity = "super::connection::cost(first, child_complexity)")]
    async fn shipments(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only those in these states.")] state: Option<Vec<ShipmentState>>,
        #[graphql(desc = "How many, 1 to 200.")] first: i32,
        #[graphql(desc = "Only what follows this cursor.")] after: Option<String>,
    ) -> Result<ShipmentConnection, Problem> {
        let (parent, key) = parent_of(self.code);
        let wanted = Wanted { state, first, after };
        ShipmentConnection::load(session(ctx)?, parent, key, wanted).await
    }

    /// How many shipments to its sites stand where, as far as they are open to you.
    #[graphql(complexity = "5_usize.saturating_mul(child_complexity).saturating_add(1).min(1_000_000)")]
    async fn shipment_counts(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only those of this round.")] round: Option<Uuid>,
    ) -> Result<ShipmentCounts, Problem> {
        let (parent, key) = parent_of(self.code);
        ShipmentCounts::load(session(ctx)?, parent, key, round.map(|round| round.0)).await
    }

    /// Vials of shipments to its sites that are not where the book expected them, as far as they are open
    /// to you.
    #[graphql(complexity = "super::connection::cost(first, child_complexity)")]
    async fn discrepancies(
        &self,
        ctx: &Context<'_>,
        #[graphql(default = true, desc = "Only those that wait for a decision; with false all of them.")] open: bool,
        #[graphql(desc = "How many, 1 to 200.")] first: i32,
        #[graphql(desc = "Only what follows this cursor.")] after: Option<String>,
    ) -> Result<DiscrepancyConnection, Problem> {
        DiscrepancyConnection::load(session(ctx)?, self.code, open, first, after).await
    }

    /// What lies at the sites of a municipality, in the order of their ids; null when it is not open to
    /// you. Error: `graphql.not_a_municipality`.
    #[graphql(complexity = "super::connection::cost(first, child_complexity)")]
    async fn stock(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, 1 to 200.")] first: i32,
        #[graphql(desc = "Only what follows this cursor.")] after: Option<String>,
    ) -> Option<SiteStockConnection> {
        let load = async { SiteStockConnection::load(session(ctx)?, self.code, first, after).await };
        or_null(ctx, load.await)
    }

    /// What lies at all sites of a municipality together; null when it is not open to you. Error:
    /// `graphql.not_a_municipality`.
    #[graphql(complexity = "3_usize.saturating_mul(child_complexity).saturating_add(1).min(1_000_000)")]
    async fn stock_sum(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only of this product.")] product: Option<String>,
    ) -> Option<StockSum> {
        let load = async { StockSum::load(session(ctx)?, self.code, product.as_deref()).await };
        or_null(ctx, load.await)
    }

    /// What is given at the sites in it, stream by stream and product by product, in all rounds; null when it
    /// is not open to you. Doses of workplaces and of the nation's own centres are shown here, where they are
    /// given, and are no part of the territory's share.
    #[graphql(complexity = "20_usize.saturating_mul(child_complexity).saturating_add(1).min(1_000_000)")]
    async fn doses_by_stream(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only of this product.")] product: Option<String>,
    ) -> Option<Vec<StreamDoses>> {
        let load = async { StreamDoses::load(session(ctx)?, self.code, product.as_deref()).await };
        or_null(ctx, load.await)
    }

    /// Who brings a group of products to a municipality on a day; null when nobody does, and when it is
    /// not open to you.
    async fn area(
        &self,
        ctx: &Context<'_>,
        #[graphql(default = "covid19", desc = "The group of products.")] product_group: String,
        #[graphql(desc = "The day; the clock's business day unless given.")] on: Option<Date>,
    ) -> Option<Area> {
        let load = async { Area::load(session(ctx)?, self.code, product_group, on).await };
        or_null(ctx, load.await)
    }

    #[graphql(skip)]
    pub fn place(&self) -> TerritoryCode {
        self.code
    }
}
