//! Which sites take part in a stream, and what was assigned where, as far as the caller may see the territory.
use super::{Source, grouped};
use allocation_store::{
    read::programmes::{self as read, Assigned},
    rows::Site,
};
use async_graphql::dataloader::Loader;
use domain::{Problem, TerritoryCode};
use platform::failure::Failure;
use std::{collections::HashMap, sync::Arc};
use uuid::Uuid;

/// The first `limit` sites of some kinds in a territory after the one with id `after`, in order of id.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SitesTaking {
    /// Where.
    pub territory: TerritoryCode,
    /// Of which kinds.
    pub kinds: Vec<String>,
    /// After which site.
    pub after: Option<Uuid>,
    /// At most so many.
    pub limit: i64,
}

/// What the sites in a territory were assigned, by stream and product.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct AssignedIn(pub TerritoryCode);

impl Loader<SitesTaking> for Source {
    type Value = Arc<Vec<Arc<Site>>>;
    type Error = Problem;

    async fn load(&self, keys: &[SitesTaking]) -> Result<HashMap<SitesTaking, Self::Value>, Problem> {
        let mut found = HashMap::new();
        let visible: Vec<SitesTaking> = keys.iter().filter(|key| self.sees_plans(key.territory)).cloned().collect();
        let mut snapshot = self.reading.snapshot().await?;
        for ((kinds, after, limit), keys) in grouped(&visible, |key| (key.kinds.clone(), key.after, key.limit)) {
            let codes: Vec<String> = keys.iter().map(|key| key.territory.to_string()).collect();
            let rows = read::sites_taking(snapshot.conn(), &codes, &kinds, after, limit).await;
            let mut by_place: HashMap<String, Vec<Arc<Site>>> = HashMap::new();
            for (territory, row) in rows.map_err(Failure::into_problem)? {
                by_place.entry(territory).or_default().push(Arc::new(row));
            }
            let mut of = |key: &SitesTaking| by_place.remove(&key.territory.to_string()).unwrap_or_default();
            found.extend(keys.into_iter().map(|key| (key.clone(), Arc::new(of(&key)))));
        }
        Ok(found)
    }
}

impl Loader<AssignedIn> for Source {
    type Value = Arc<Vec<Assigned>>;
    type Error = Problem;

    async fn load(&self, keys: &[AssignedIn]) -> Result<HashMap<AssignedIn, Self::Value>, Problem> {
        let visible: Vec<AssignedIn> = keys.iter().copied().filter(|key| self.sees_plans(key.0)).collect();
        let codes: Vec<String> = visible.iter().map(|key| key.0.to_string()).collect();
        let mut snapshot = self.reading.snapshot().await?;
        let rows = read::assigned(snapshot.conn(), &codes).await.map_err(Failure::into_problem)?;
        let mut by_place: HashMap<String, Vec<Assigned>> = HashMap::new();
        for row in rows {
            by_place.entry(row.territory.clone()).or_default().push(row);
        }
        let mut of = |key: &AssignedIn| by_place.remove(&key.0.to_string()).unwrap_or_default();
        Ok(visible.iter().map(|key| (*key, Arc::new(of(key)))).collect())
    }
}
