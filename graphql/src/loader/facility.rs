//! Facilities, as far as the caller's scope reaches: one outside of it does not exist.
use super::{Source, grouped};
use async_graphql::dataloader::Loader;
use domain::{FacilityKey, Problem, TerritoryCode, ids::FacilityId};
use identity_store::{read, rows::Facility};
use platform::failure::Failure;
use std::{collections::HashMap, sync::Arc};
use uuid::Uuid;

/// A facility by any of its keys.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ByKey(pub FacilityKey);

/// The first `limit` facilities of a municipality after the one with id `after`, in id order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PageOf {
    /// Which municipality.
    pub municipality: TerritoryCode,
    /// After which facility.
    pub after: Option<Uuid>,
    /// At most so many.
    pub limit: i64,
}

fn problem(error: impl Into<Failure>) -> Problem {
    error.into().into_problem()
}

impl Source {
    /// A facility's master data leaves the house, or what depends on it does.
    fn shows(&self, row: &Facility) {
        self.viewed.add(FacilityId(row.id), &row.municipality, "facility");
    }
}

impl Loader<FacilityId> for Source {
    type Value = Arc<Facility>;
    type Error = Problem;

    async fn load(&self, keys: &[FacilityId]) -> Result<HashMap<FacilityId, Arc<Facility>>, Problem> {
        let mut snapshot = self.reading.snapshot().await?;
        let ids: Vec<Uuid> = keys.iter().map(|key| key.0).collect();
        let rows = read::facilities(snapshot.conn(), &self.scope, &ids).await.map_err(problem)?;
        rows.iter().for_each(|row| self.shows(row));
        Ok(rows.into_iter().map(|row| (FacilityId(row.id), Arc::new(row))).collect())
    }
}

impl Loader<ByKey> for Source {
    type Value = Arc<Facility>;
    type Error = Problem;

    /// One statement a key: only root fields name facilities by key, and there are at most ten.
    async fn load(&self, keys: &[ByKey]) -> Result<HashMap<ByKey, Arc<Facility>>, Problem> {
        let mut found = HashMap::new();
        let mut snapshot = self.reading.snapshot().await?;
        for key in keys {
            let Some(row) = read::facility(snapshot.conn(), &key.0).await.map_err(problem)? else { continue };
            if self.scope.sees_facility(FacilityId(row.id), TerritoryCode::parse(&row.municipality)?) {
                self.shows(&row);
                found.insert(key.clone(), Arc::new(row));
            }
        }
        Ok(found)
    }
}

impl Loader<PageOf> for Source {
    type Value = Arc<Vec<Arc<Facility>>>;
    type Error = Problem;

    async fn load(&self, keys: &[PageOf]) -> Result<HashMap<PageOf, Arc<Vec<Arc<Facility>>>>, Problem> {
        let mut pages = HashMap::new();
        let mut snapshot = self.reading.snapshot().await?;
        for ((after, limit), keys) in grouped(keys, |key| (key.after, key.limit)) {
            let codes: Vec<String> = keys.iter().map(|key| key.municipality.to_string()).collect();
            let rows =
                read::facilities_of(snapshot.conn(), &self.scope, &codes, after, limit).await.map_err(problem)?;
            let mut by_place: HashMap<String, Vec<Arc<Facility>>> = HashMap::new();
            for row in rows {
                self.shows(&row);
                by_place.entry(row.municipality.clone()).or_default().push(Arc::new(row));
            }
            pages.extend(
                keys.into_iter()
                    .map(|key| (key, Arc::new(by_place.remove(&key.municipality.to_string()).unwrap_or_default()))),
            );
        }
        Ok(pages)
    }
}
