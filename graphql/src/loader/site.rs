//! Sites where vaccine is given, as far as the caller may see their municipality.
use super::{Source, grouped};
use allocation_store::{read, rows::Site};
use async_graphql::dataloader::Loader;
use domain::{Problem, TerritoryCode};
use platform::failure::Failure;
use std::{collections::HashMap, sync::Arc};
use uuid::Uuid;

/// A site by its id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SiteBy(pub Uuid);

/// The first `limit` sites of a municipality after the one with id `after`, in order of id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SitesOf {
    /// Which municipality.
    pub municipality: TerritoryCode,
    /// After which site.
    pub after: Option<Uuid>,
    /// At most so many.
    pub limit: i64,
}

/// Vials that a site wishes for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct WishOf {
    /// In which round.
    pub round: Uuid,
    /// Which site.
    pub site: Uuid,
    /// Where it is: permission is decided by it.
    pub municipality: TerritoryCode,
}

impl Loader<SiteBy> for Source {
    type Value = Arc<Site>;
    type Error = Problem;

    async fn load(&self, keys: &[SiteBy]) -> Result<HashMap<SiteBy, Arc<Site>>, Problem> {
        let mut snapshot = self.reading.snapshot().await?;
        let ids: Vec<Uuid> = keys.iter().map(|key| key.0).collect();
        let rows = read::sites_by_id(snapshot.conn(), &ids).await.map_err(Failure::into_problem)?;
        let mut found = HashMap::new();
        for row in rows {
            if self.sees_plans(TerritoryCode::parse(&row.municipality)?) {
                found.insert(SiteBy(row.id), Arc::new(row));
            }
        }
        Ok(found)
    }
}

impl Loader<SitesOf> for Source {
    type Value = Arc<Vec<Arc<Site>>>;
    type Error = Problem;

    async fn load(&self, keys: &[SitesOf]) -> Result<HashMap<SitesOf, Arc<Vec<Arc<Site>>>>, Problem> {
        let mut found = HashMap::new();
        let visible: Vec<SitesOf> = keys.iter().copied().filter(|key| self.sees_plans(key.municipality)).collect();
        let mut snapshot = self.reading.snapshot().await?;
        for ((after, limit), keys) in grouped(&visible, |key| (key.after, key.limit)) {
            let codes: Vec<String> = keys.iter().map(|key| key.municipality.to_string()).collect();
            let rows = read::sites_of(snapshot.conn(), &codes, after, limit).await.map_err(Failure::into_problem)?;
            let mut by_place: HashMap<String, Vec<Arc<Site>>> = HashMap::new();
            for row in rows {
                by_place.entry(row.municipality.clone()).or_default().push(Arc::new(row));
            }
            let mut of = |key: &SitesOf| by_place.remove(&key.municipality.to_string()).unwrap_or_default();
            found.extend(keys.iter().map(|key| (*key, Arc::new(of(key)))));
        }
        Ok(found)
    }
}

impl Loader<WishOf> for Source {
    type Value = i64;
    type Error = Problem;

    async fn load(&self, keys: &[WishOf]) -> Result<HashMap<WishOf, i64>, Problem> {
        let mut found = HashMap::new();
        let visible: Vec<WishOf> = keys.iter().copied().filter(|key| self.sees_plans(key.municipality)).collect();
        let mut snapshot = self.reading.snapshot().await?;
        for (round, keys) in grouped(&visible, |key| key.round) {
            let sites: Vec<Uuid> = keys.iter().map(|key| key.site).collect();
            let rows = read::wishes(snapshot.conn(), round, &sites).await.map_err(Failure::into_problem)?;
            let wishes: HashMap<Uuid, i64> = rows.into_iter().collect();
            found.extend(keys.into_iter().filter_map(|key| wishes.get(&key.site).map(|vials| (key, *vials))));
        }
        Ok(found)
    }
}
