//! Territories, their children and populations: published facts, the same for every caller.
use super::Source;
use async_graphql::dataloader::Loader;
use domain::{Problem, TerritoryCode};
use identity_store::{
    read,
    rows::{Point, Population, Territory},
};
use platform::failure::Failure;
use std::{collections::HashMap, sync::Arc};

/// The territories below one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ChildrenOf(pub TerritoryCode);

/// The populations of a territory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PopulationsOf(pub TerritoryCode);

/// The ward or northern village with a code, which is no territory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PointOf(pub TerritoryCode);

fn texts(codes: impl Iterator<Item = TerritoryCode>) -> Vec<String> {
    codes.map(|code| code.to_string()).collect()
}

impl Loader<TerritoryCode> for Source {
    type Value = Arc<Territory>;
    type Error = Problem;

    async fn load(&self, keys: &[TerritoryCode]) -> Result<HashMap<TerritoryCode, Arc<Territory>>, Problem> {
        let mut snapshot = self.reading.snapshot().await?;
        let codes = texts(keys.iter().copied());
        let rows =
            read::territories(snapshot.conn(), &codes).await.map_err(|error| Failure::from(error).into_problem())?;
        rows.into_iter().map(|row| Ok((TerritoryCode::parse(&row.code)?, Arc::new(row)))).collect()
    }
}

impl Loader<PointOf> for Source {
    type Value = Arc<Point>;
    type Error = Problem;

    async fn load(&self, keys: &[PointOf]) -> Result<HashMap<PointOf, Arc<Point>>, Problem> {
        let mut snapshot = self.reading.snapshot().await?;
        let codes = texts(keys.iter().map(|key| key.0));
        let rows = read::points(snapshot.conn(), &codes).await.map_err(|error| Failure::from(error).into_problem())?;
        rows.into_iter().map(|row| Ok((PointOf(TerritoryCode::parse(&row.code)?), Arc::new(row)))).collect()
    }
}

impl Loader<ChildrenOf> for Source {
    type Value = Arc<Vec<Arc<Territory>>>;
    type Error = Problem;

    async fn load(&self, keys: &[ChildrenOf]) -> Result<HashMap<ChildrenOf, Arc<Vec<Arc<Territory>>>>, Problem> {
        let mut snapshot = self.reading.snapshot().await?;
        let parents = texts(keys.iter().map(|key| key.0));
        let rows =
            read::children(snapshot.conn(), &parents).await.map_err(|error| Failure::from(error).into_problem())?;
        let mut children: HashMap<String, Vec<Arc<Territory>>> = HashMap::new();
        for row in rows {
            children.entry(row.parent.clone().unwrap_or_default()).or_default().push(Arc::new(row));
        }
        // a municipality has none: an empty list, not a missing answer
        Ok(keys.iter().map(|key| (*key, Arc::new(children.remove(&key.0.to_string()).unwrap_or_default()))).collect())
    }
}

impl Loader<PopulationsOf> for Source {
    type Value = Arc<Vec<Population>>;
    type Error = Problem;

    async fn load(&self, keys: &[PopulationsOf]) -> Result<HashMap<PopulationsOf, Arc<Vec<Population>>>, Problem> {
        let mut snapshot = self.reading.snapshot().await?;
        let codes = texts(keys.iter().map(|key| key.0));
        let rows =
            read::populations(snapshot.conn(), &codes).await.map_err(|error| Failure::from(error).into_problem())?;
        let mut populations: HashMap<String, Vec<Population>> = HashMap::new();
        for row in rows {
            populations.entry(row.territory.clone()).or_default().push(row);
        }
        Ok(keys
            .iter()
            .map(|key| (*key, Arc::new(populations.remove(&key.0.to_string()).unwrap_or_default())))
            .collect())
    }
}
