//! Wholesalers, their branches and depots, and who serves whom.
use super::{
    lot::Lot,
    node::NodeId,
    or_null,
    shipment::{ShipmentConnection, ShipmentCounts, ShipmentState, Wanted},
    territory::Territory,
    unknown,
    words::Words,
};
use crate::{
    loader::{AreaOf, BranchBy, BranchesOf, Depot, DepotOf, WholesalerBy},
    scalars::{Date, DateTime, Uuid, Vials},
    session::{Session, session},
};
use async_graphql::{Context, ID, Object, SimpleObject};
use distribution_store::{read::Parent, rows};
use domain::{BranchCode, BusinessDay, Problem, TerritoryCode, WholesalerCode};
use std::{collections::BTreeMap, sync::Arc};

/// A company.
#[derive(Clone)]
pub struct Wholesaler {
    row: Arc<rows::Wholesaler>,
    code: WholesalerCode,
}

impl Wholesaler {
    /// The company with this code, if there is one for the caller.
    ///
    /// # Errors
    /// The coded problem of the read.
    pub async fn load(session: &Session, code: WholesalerCode) -> Result<Option<Self>, Problem> {
        Ok(session.loaders.one(WholesalerBy(code)).await?.map(|row| Self { row, code }))
    }
}

/// 卸: a pharmaceutical wholesaler. Its name is open to all who may read any shipment.
#[Object]
impl Wholesaler {
    /// Global id.
    pub async fn id(&self) -> ID {
        NodeId::Wholesaler(self.code).id()
    }

    /// Its code: `W07`.
    async fn code(&self) -> &str {
        &self.row.code
    }

    /// Its name.
    async fn name(&self) -> Words {
        Words { ja: self.row.ja.clone(), en: self.row.en.clone() }
    }

    /// A made-up company of a training instance.
    async fn synthetic(&self) -> bool {
        self.row.synthetic
    }

    /// Its branches, in order of their codes.
    #[graphql(complexity = "20_usize.saturating_mul(child_complexity).saturating_add(1).min(1_000_000)")]
    async fn branches(&self, ctx: &Context<'_>) -> Result<Vec<Branch>, Problem> {
        let rows = session(ctx)?.loaders.one(BranchesOf(self.code)).await?.unwrap_or_default();
        rows.iter().map(|row| Ok(Branch { code: row.code.parse()?, row: Arc::clone(row) })).collect()
    }

    /// What lies at its depot; null unless it is yours, or you look after the nation.
    async fn depot(&self, ctx: &Context<'_>) -> Option<DepotStock> {
        let load = async {
            let session = session(ctx)?;
            let depot = session.loaders.one(DepotOf(self.code)).await?;
            Ok(depot.map(|depot| DepotStock::of(&depot, DateTime(session.op.now))))
        };
        or_null(ctx, load.await)
    }

    /// The shipments that its branches bring, as far as they are open to you.
    #[graphql(complexity = "super::connection::cost(first, child_complexity)")]
    async fn shipments(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only those in these states.")] state: Option<Vec<ShipmentState>>,
        #[graphql(desc = "How many, 1 to 200.")] first: i32,
        #[graphql(desc = "Only what follows this cursor.")] after: Option<String>,
    ) -> Result<ShipmentConnection, Problem> {
        let wanted = Wanted { state, first, after };
        ShipmentConnection::load(session(ctx)?, Parent::Wholesaler, self.row.code.clone(), wanted).await
    }

    /// How many of its shipments stand where, as far as they are open to you.
    #[graphql(complexity = "5_usize.saturating_mul(child_complexity).saturating_add(1).min(1_000_000)")]
    async fn shipment_counts(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only those of this round.")] round: Option<Uuid>,
    ) -> Result<ShipmentCounts, Problem> {
        let round = round.map(|round| round.0);
        ShipmentCounts::load(session(ctx)?, Parent::Wholesaler, self.row.code.clone(), round).await
    }
}

/// A branch of a company.
#[derive(Clone)]
pub struct Branch {
    row: Arc<rows::Branch>,
    code: BranchCode,
}

impl Branch {
    /// The branch with this code, if there is one for the caller.
    ///
    /// # Errors
    /// The coded problem of the read.
    pub async fn load(session: &Session, code: BranchCode) -> Result<Option<Self>, Problem> {
        Ok(session.loaders.one(BranchBy(code)).await?.map(|row| Self { row, code }))
    }
}

/// 支店: a wholesaler's branch. Its name is open to all who may read any shipment.
#[Object]
impl Branch {
    /// Global id.
    pub async fn id(&self) -> ID {
        NodeId::Branch(self.code).id()
    }

    /// Its code: `W07-03`.
    async fn code(&self) -> &str {
        &self.row.code
    }

    /// Its name.
    async fn name(&self) -> Words {
        Words { ja: self.row.ja.clone(), en: self.row.en.clone() }
    }

    /// The company.
    async fn wholesaler(&self, ctx: &Context<'_>) -> Result<Wholesaler, Problem> {
        let missing = || unknown("company of a branch", &self.row.wholesaler);
        Wholesaler::load(session(ctx)?, self.code.wholesaler()).await?.ok_or_else(missing)
    }

    /// The prefecture it lies in.
    async fn prefecture(&self, ctx: &Context<'_>) -> Result<Territory, Problem> {
        let code = TerritoryCode::parse(&self.row.prefecture)?;
        Territory::load(session(ctx)?, code).await?.ok_or_else(|| unknown("prefecture", &self.row.prefecture))
    }

    /// The shipments that it brings, as far as they are open to you.
    #[graphql(complexity = "super::connection::cost(first, child_complexity)")]
    async fn shipments(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only those in these states.")] state: Option<Vec<ShipmentState>>,
        #[graphql(desc = "How many, 1 to 200.")] first: i32,
        #[graphql(desc = "Only what follows this cursor.")] after: Option<String>,
    ) -> Result<ShipmentConnection, Problem> {
        let wanted = Wanted { state, first, after };
        ShipmentConnection::load(session(ctx)?, Parent::Branch, self.row.code.clone(), wanted).await
    }

    /// How many of its shipments stand where, as far as they are open to you.
    #[graphql(complexity = "5_usize.saturating_mul(child_complexity).saturating_add(1).min(1_000_000)")]
    async fn shipment_counts(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only those of this round.")] round: Option<Uuid>,
    ) -> Result<ShipmentCounts, Problem> {
        let round = round.map(|round| round.0);
        ShipmentCounts::load(session(ctx)?, Parent::Branch, self.row.code.clone(), round).await
    }
}

/// Which branch serves a municipality.
pub struct Area {
    row: Arc<rows::Area>,
    municipality: TerritoryCode,
}

impl Area {
    /// Who brings a group of products to a municipality on a day; `None` when nobody does, and when it
    /// is not open to the caller.
    ///
    /// # Errors
    /// The coded problem of the read.
    pub async fn load(
        session: &Session,
        municipality: TerritoryCode,
        group: String,
        day: Option<Date>,
    ) -> Result<Option<Self>, Problem> {
        let day = day.map_or_else(|| BusinessDay::at(session.op.now), |day| day.0);
        Ok(session.loaders.one(AreaOf { municipality, group, day }).await?.map(|row| Self { row, municipality }))
    }
}

/// 地域担当卸: which branch brings a group of products to a municipality, named in advance and dated. Open
/// to those who look after the municipality, and to the branch and its company.
#[Object]
impl Area {
    /// Where.
    async fn municipality(&self, ctx: &Context<'_>) -> Result<Territory, Problem> {
        let missing = || unknown("municipality", &self.row.municipality);
        Territory::load(session(ctx)?, self.municipality).await?.ok_or_else(missing)
    }

    /// The group of products: `covid19`.
    async fn product_group(&self) -> &str {
        &self.row.product_group
    }

    /// Who.
    async fn branch(&self, ctx: &Context<'_>) -> Result<Branch, Problem> {
        let missing = || unknown("branch", &self.row.branch);
        Branch::load(session(ctx)?, self.row.branch.parse()?).await?.ok_or_else(missing)
    }

    /// First day.
    async fn valid_from(&self) -> Date {
        Date(BusinessDay::from_date(self.row.valid_from))
    }

    /// The day after the last; null while no end is named.
    async fn valid_to(&self) -> Option<Date> {
        self.row.valid_to.map(|day| Date(BusinessDay::from_date(day)))
    }
}

/// Vials of a lot at a depot, in each of its parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Parts {
    available: i64,
    reserved: i64,
    quarantined: i64,
    returned: i64,
}

/// One lot at a depot, from the balances of the stock book.
#[derive(Clone, SimpleObject)]
pub struct DepotLine {
    /// The lot.
    pub lot: Lot,
    /// Vials that can be sent.
    pub available_vials: Vials,
    /// Vials set aside for shipments that have not left.
    pub reserved_vials: Vials,
    /// Vials that nobody may touch: recalled lots.
    pub quarantined_vials: Vials,
    /// Vials that came back from the road or from a site.
    pub returned_vials: Vials,
}

/// What lies at a company's depot.
pub struct DepotStock {
    lots: BTreeMap<uuid::Uuid, Parts>,
    as_of: DateTime,
}

impl DepotStock {
    fn of(depot: &Depot, as_of: DateTime) -> Self {
        let mut lots: BTreeMap<uuid::Uuid, Parts> = BTreeMap::new();
        for part in &depot.parts {
            let parts = lots.entry(part.lot_id).or_default();
            match part.kind.as_str() {
                "available" => parts.available = part.vials,
                "quarantined" => parts.quarantined = part.vials,
                "returned" => parts.returned = part.vials,
                _ => {}
            }
        }
        for row in &depot.reserved {
            lots.entry(row.lot_id).or_default().reserved = row.vials;
        }
        Self { lots, as_of }
    }

    fn sum(&self, vials: impl Fn(&Parts) -> i64) -> Vials {
        Vials(self.lots.values().fold(0, |sum: i64, parts| sum.saturating_add(vials(parts))))
    }
}

/// What lies at a company's depot, from the balances of the stock book.
#[Object]
impl DepotStock {
    /// Everything up to this moment of business time is in the figures.
    async fn as_of(&self) -> DateTime {
        self.as_of
    }

    /// Vials that can be sent.
    async fn available_vials(&self) -> Vials {
        self.sum(|parts| parts.available)
    }

    /// Vials set aside for shipments that have not left.
    async fn reserved_vials(&self) -> Vials {
        self.sum(|parts| parts.reserved)
    }

    /// Vials that nobody may touch: recalled lots.
    async fn quarantined_vials(&self) -> Vials {
        self.sum(|parts| parts.quarantined)
    }

    /// Vials that came back from the road or from a site.
    async fn returned_vials(&self) -> Vials {
        self.sum(|parts| parts.returned)
    }

    /// Lot by lot, first expired first; lots of which nothing is left are left out.
    #[graphql(complexity = "20_usize.saturating_mul(child_complexity).saturating_add(1).min(1_000_000)")]
    async fn lines(&self, ctx: &Context<'_>) -> Result<Vec<DepotLine>, Problem> {
        let line = |(lot, parts): (Lot, Parts)| DepotLine {
            lot,
            available_vials: Vials(parts.available),
            reserved_vials: Vials(parts.reserved),
            quarantined_vials: Vials(parts.quarantined),
            returned_vials: Vials(parts.returned),
        };
        Ok(Lot::with_each(session(ctx)?, &self.lots).await?.into_iter().map(line).collect())
    }
}
