//! Wholesalers, their branches and who serves whom. Names are open to all who may read any shipment; what
//! hangs on them is each one's own.
use super::{Source, grouped};
use async_graphql::dataloader::Loader;
use distribution_store::{
    read::{self, Reserved},
    rows::{Area, Branch, Wholesaler},
    stock::{self, Stock},
};
use domain::{
    BranchCode, BusinessDay, Problem, TerritoryCode, WholesalerCode,
    policy::{Action, Place, Shipments, decide},
};
use platform::failure::Failure;
use std::{collections::HashMap, sync::Arc};

/// A company by its code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct WholesalerBy(pub WholesalerCode);

/// A branch by its code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct BranchBy(pub BranchCode);

/// The branches of a company, by code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct BranchesOf(pub WholesalerCode);

/// Who brings a group of products to a municipality on a day.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct AreaOf {
    /// Where.
    pub municipality: TerritoryCode,
    /// What.
    pub group: String,
    /// When.
    pub day: BusinessDay,
}

/// What lies at a company's depot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct DepotOf(pub WholesalerCode);

/// What lies at a depot, and what of it is set aside.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Depot {
    /// What lies there, lot by lot and part by part, without what is set aside.
    pub parts: Vec<Stock>,
    /// What is set aside for shipments, lot by lot.
    pub reserved: Vec<Reserved>,
}

impl Source {
    fn sees_partners(&self) -> bool {
        self.scope.shipments() != Shipments::None
    }

    fn sees_depot(&self, company: WholesalerCode) -> bool {
        match self.scope.shipments() {
            // a depot is its company's, whichever branch asks
            Shipments::From(branch) => branch.wholesaler() == company,
            _ => decide(&self.actor, Action::ShipmentRead, Place::Wholesaler(company)).is_ok(),
        }
    }

    fn sees_area(&self, municipality: TerritoryCode, branch: BranchCode) -> bool {
        let places = [Place::Territory(municipality), Place::Branch(branch)];
        places.into_iter().any(|place| decide(&self.actor, Action::ShipmentRead, place).is_ok())
    }
}

impl Loader<WholesalerBy> for Source {
    type Value = Arc<Wholesaler>;
    type Error = Problem;

    async fn load(&self, keys: &[WholesalerBy]) -> Result<HashMap<WholesalerBy, Arc<Wholesaler>>, Problem> {
        if !self.sees_partners() {
            return Ok(HashMap::new());
        }
        let mut snapshot = self.reading.snapshot().await?;
        let codes: Vec<String> = keys.iter().map(|key| key.0.to_string()).collect();
        let rows = read::wholesalers_by_code(snapshot.conn(), &codes).await.map_err(Failure::into_problem)?;
        rows.into_iter().map(|row| Ok((WholesalerBy(row.code.parse()?), Arc::new(row)))).collect()
    }
}

impl Loader<BranchBy> for Source {
    type Value = Arc<Branch>;
    type Error = Problem;

    async fn load(&self, keys: &[BranchBy]) -> Result<HashMap<BranchBy, Arc<Branch>>, Problem> {
        if !self.sees_partners() {
            return Ok(HashMap::new());
        }
        let mut snapshot = self.reading.snapshot().await?;
        let codes: Vec<String> = keys.iter().map(|key| key.0.to_string()).collect();
        let rows = read::branches_by_code(snapshot.conn(), &codes).await.map_err(Failure::into_problem)?;
        rows.into_iter().map(|row| Ok((BranchBy(row.code.parse()?), Arc::new(row)))).collect()
    }
}

impl Loader<BranchesOf> for Source {
    type Value = Arc<Vec<Arc<Branch>>>;
    type Error = Problem;

    async fn load(&self, keys: &[BranchesOf]) -> Result<HashMap<BranchesOf, Arc<Vec<Arc<Branch>>>>, Problem> {
        if !self.sees_partners() {
            return Ok(HashMap::new());
        }
        let mut snapshot = self.reading.snapshot().await?;
        let codes: Vec<String> = keys.iter().map(|key| key.0.to_string()).collect();
        let rows = read::branches_of(snapshot.conn(), &codes).await.map_err(Failure::into_problem)?;
        let mut branches: HashMap<String, Vec<Arc<Branch>>> = HashMap::new();
        for row in rows {
            branches.entry(row.wholesaler.clone()).or_default().push(Arc::new(row));
        }
        let mut of = |key: &BranchesOf| branches.remove(&key.0.to_string()).unwrap_or_default();
        Ok(keys.iter().map(|key| (*key, Arc::new(of(key)))).collect())
    }
}

impl Loader<AreaOf> for Source {
    type Value = Arc<Area>;
    type Error = Problem;

    async fn load(&self, keys: &[AreaOf]) -> Result<HashMap<AreaOf, Arc<Area>>, Problem> {
        let mut found = HashMap::new();
        let mut snapshot = self.reading.snapshot().await?;
        for (day, keys) in grouped(keys, |key| key.day) {
            let codes: Vec<String> = keys.iter().map(|key| key.municipality.to_string()).collect();
            let rows = read::areas_on(snapshot.conn(), &codes, day.date()).await.map_err(Failure::into_problem)?;
            for row in rows {
                let municipality = TerritoryCode::parse(&row.municipality)?;
                if self.sees_area(municipality, row.branch.parse()?) {
                    found.insert(AreaOf { municipality, group: row.product_group.clone(), day }, Arc::new(row));
                }
            }
        }
        Ok(found)
    }
}

impl Loader<DepotOf> for Source {
    type Value = Arc<Depot>;
    type Error = Problem;

    async fn load(&self, keys: &[DepotOf]) -> Result<HashMap<DepotOf, Arc<Depot>>, Problem> {
        let visible: Vec<DepotOf> = keys.iter().copied().filter(|key| self.sees_depot(key.0)).collect();
        if visible.is_empty() {
            return Ok(HashMap::new());
        }
        let codes: Vec<String> = visible.iter().map(|key| key.0.to_string()).collect();
        let mut snapshot = self.reading.snapshot().await?;
        let parts = stock::at_depots(snapshot.conn(), &self.scope, &codes).await.map_err(Failure::into_problem)?;
        let reserved = read::reserved_at(snapshot.conn(), &codes).await.map_err(Failure::into_problem)?;
        let mut depots: HashMap<String, Depot> = HashMap::new();
        for part in parts {
            depots.entry(part.place.clone()).or_default().parts.push(part);
        }
        for row in reserved {
            depots.entry(stock::depot(&row.wholesaler)).or_default().reserved.push(row);
        }
        // an empty depot is a depot
        let mut of = |key: &DepotOf| depots.remove(&stock::depot(&key.0.to_string())).unwrap_or_default();
        Ok(visible.iter().map(|key| (*key, Arc::new(of(key)))).collect())
    }
}
