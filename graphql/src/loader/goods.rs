//! Products, goods and rounds of the past: published facts, open to everybody. And what goes along with a
//! round's shipments, as far as the caller may see them.
use super::{Source, by_id, grouped};
use allocation_store::{
    read::{self, past::Wanted},
    rows::{Goods, GoodsRatio, PastLine, PastRound, Product},
};
use async_graphql::dataloader::Loader;
use distribution_store::read::goods::{self, Accompanying, GoodsKey};
use domain::{BusinessDay, Problem, TerritoryCode};
use platform::failure::Failure;
use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};
use uuid::Uuid;

/// All products, by code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct AllProducts;

/// What goes along with vials of a pack.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct AlongWith(pub GoodsKey);

/// The ratios in force on a day, of all products or one.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RatiosOn {
    /// The day.
    pub day: BusinessDay,
    /// One product.
    pub product: Option<String>,
}

/// The sizes of a round's shipments by municipality: vials of one, how many.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SizesOf(pub Uuid);

/// The first `limit` rounds of the past that are wanted.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PastRounds {
    /// Which.
    pub wanted: Wanted,
    /// At most so many.
    pub limit: i64,
}

/// Doses of all lines of a round of the past.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PastDosesOf(pub Uuid);

/// The first `limit` lines of a round of the past after the first `after`, in the order of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PastLinesOf {
    /// Of which round.
    pub past_round: Uuid,
    /// Lines before the page.
    pub after: i64,
    /// At most so many.
    pub limit: i64,
}

impl Loader<AllProducts> for Source {
    type Value = Arc<BTreeMap<String, Product>>;
    type Error = Problem;

    async fn load(&self, _: &[AllProducts]) -> Result<HashMap<AllProducts, Self::Value>, Problem> {
        let mut snapshot = self.reading.snapshot().await?;
        let rows = read::goods::products(snapshot.conn()).await.map_err(Failure::into_problem)?;
        let products = rows.into_iter().map(|row| (row.code.clone(), row)).collect();
        Ok(HashMap::from([(AllProducts, Arc::new(products))]))
    }
}

impl Loader<AlongWith> for Source {
    type Value = Arc<Accompanying>;
    type Error = Problem;

    async fn load(&self, keys: &[AlongWith]) -> Result<HashMap<AlongWith, Self::Value>, Problem> {
        let mut snapshot = self.reading.snapshot().await?;
        let wanted: Vec<GoodsKey> = keys.iter().map(|key| key.0.clone()).collect();
        let found = goods::accompanying(snapshot.conn(), &wanted).await.map_err(Failure::into_problem)?;
        Ok(found.into_iter().map(|(key, along)| (AlongWith(key), Arc::new(along))).collect())
    }
}

impl Loader<RatiosOn> for Source {
    type Value = Arc<Vec<(GoodsRatio, Goods)>>;
    type Error = Problem;

    /// One statement a key: they are fields of the root, of which a document has few.
    async fn load(&self, keys: &[RatiosOn]) -> Result<HashMap<RatiosOn, Self::Value>, Problem> {
        let mut found = HashMap::new();
        let mut snapshot = self.reading.snapshot().await?;
        for key in keys {
            let rows = read::goods::ratios(snapshot.conn(), key.product.as_deref(), key.day.date()).await;
            found.insert(key.clone(), Arc::new(rows.map_err(Failure::into_problem)?));
        }
        Ok(found)
    }
}

impl Loader<SizesOf> for Source {
    type Value = Arc<Vec<(TerritoryCode, i64, i64)>>;
    type Error = Problem;

    async fn load(&self, keys: &[SizesOf]) -> Result<HashMap<SizesOf, Self::Value>, Problem> {
        let mut snapshot = self.reading.snapshot().await?;
        let rounds: Vec<Uuid> = keys.iter().map(|key| key.0).collect();
        let rows = read::programmes::released_packs(snapshot.conn(), &rounds).await.map_err(Failure::into_problem)?;
        let mut sizes: HashMap<Uuid, Vec<(TerritoryCode, i64, i64)>> = HashMap::new();
        for row in rows {
            let municipality = TerritoryCode::parse(&row.municipality)?;
            if self.sees_plans(municipality) {
                sizes.entry(row.round_id).or_default().push((municipality, row.vials, row.shipments));
            }
        }
        Ok(keys.iter().map(|key| (*key, Arc::new(sizes.remove(&key.0).unwrap_or_default()))).collect())
    }
}

impl Loader<PastRounds> for Source {
    type Value = Arc<Vec<Arc<PastRound>>>;
    type Error = Problem;

    /// One statement a key: they are fields of the root, of which a document has few.
    async fn load(&self, keys: &[PastRounds]) -> Result<HashMap<PastRounds, Self::Value>, Problem> {
        let mut found = HashMap::new();
        let mut snapshot = self.reading.snapshot().await?;
        for key in keys {
            let rows = read::past::past_rounds(snapshot.conn(), &key.wanted, key.limit).await;
            let rows = rows.map_err(Failure::into_problem)?;
            found.insert(key.clone(), Arc::new(rows.into_iter().map(Arc::new).collect()));
        }
        Ok(found)
    }
}

impl Loader<PastDosesOf> for Source {
    type Value = i64;
    type Error = Problem;

    async fn load(&self, keys: &[PastDosesOf]) -> Result<HashMap<PastDosesOf, i64>, Problem> {
        let mut snapshot = self.reading.snapshot().await?;
        let rounds: Vec<Uuid> = keys.iter().map(|key| key.0).collect();
        let rows = read::past::past_doses(snapshot.conn(), &rounds).await.map_err(Failure::into_problem)?;
        Ok(rows.into_iter().map(|(round, doses)| (PastDosesOf(round), doses)).collect())
    }
}

impl Loader<PastLinesOf> for Source {
    type Value = Arc<Vec<PastLine>>;
    type Error = Problem;

    async fn load(&self, keys: &[PastLinesOf]) -> Result<HashMap<PastLinesOf, Self::Value>, Problem> {
        let mut found = HashMap::new();
        let mut snapshot = self.reading.snapshot().await?;
        for ((after, limit), keys) in grouped(keys, |key| (key.after, key.limit)) {
            let rounds: Vec<Uuid> = keys.iter().map(|key| key.past_round).collect();
            let rows = read::past::past_lines_of(snapshot.conn(), &rounds, after, limit).await;
            let mut lines = by_id(rows.map_err(Failure::into_problem)?, |row| row.past_round);
            let mut of = |round: Uuid| lines.remove(&round).unwrap_or_default();
            found.extend(keys.into_iter().map(|key| (key, Arc::new(of(key.past_round)))));
        }
        Ok(found)
    }
}
