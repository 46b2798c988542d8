//! Who saw what about facilities. Whoever asks has been found to be allowed to.
use super::{Source, by_id, grouped};
use async_graphql::dataloader::Loader;
use domain::{Problem, TerritoryCode, ids::FacilityId};
use platform::{
    failure::Failure,
    views::{self, View, Wanted},
};
use std::{collections::HashMap, sync::Arc};
use uuid::Uuid;

/// The views of a facility.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ViewsOf {
    /// Of which facility.
    pub facility: FacilityId,
    /// Where it is.
    pub municipality: TerritoryCode,
    /// Which of them.
    pub wanted: Wanted,
}

impl Loader<ViewsOf> for Source {
    type Value = Arc<Vec<View>>;
    type Error = Problem;

    async fn load(&self, keys: &[ViewsOf]) -> Result<HashMap<ViewsOf, Self::Value>, Problem> {
        let mut found = HashMap::new();
        let mut snapshot = self.reading.snapshot().await?;
        for (wanted, keys) in grouped(keys, |key| key.wanted) {
            let ids: Vec<Uuid> = keys.iter().map(|key| key.facility.0).collect();
            let rows = views::of_facilities(snapshot.conn(), &ids, wanted).await.map_err(Failure::into_problem)?;
            let mut rows = by_id(rows, |row| row.facility);
            for key in keys {
                self.viewed.add(key.facility, &key.municipality.to_string(), "views");
                found.insert(key, Arc::new(rows.remove(&key.facility.0).unwrap_or_default()));
            }
        }
        Ok(found)
    }
}
