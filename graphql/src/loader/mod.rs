//! Loaders: what many resolvers of one request ask for is read in one statement and kept for the
//! request. Every read goes through the caller's scope here, whatever path led to it.
mod capacity;
mod facility;
mod report;
mod territory;

use crate::{
    Inner,
    session::{Jobs, Reading},
};
use async_graphql::dataloader::{DataLoader, HashMapCache, Loader};
use domain::{Problem, capacity::Form, policy::Scope};
use std::{collections::HashMap, hash::Hash, sync::Arc, time::Duration};

pub use capacity::{CapacityKey, Sums};
pub use facility::{ByKey, PageOf};
pub use report::{DayReport, LatestReport};
pub use territory::{ChildrenOf, PointOf, PopulationsOf};

/// What every loader reads with.
#[derive(Clone)]
pub struct Source {
    gateway: Arc<Inner>,
    reading: Arc<Reading>,
    scope: Scope,
}

/// All loaders of a request.
pub struct Loaders(DataLoader<Source, HashMapCache>);

/// A form by its code.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct FormBy(pub String);

impl Loaders {
    /// New, empty loaders.
    pub fn new(gateway: &Arc<Inner>, reading: &Arc<Reading>, scope: Scope, jobs: &Jobs) -> Self {
        let source = Source { gateway: Arc::clone(gateway), reading: Arc::clone(reading), scope };
        let jobs = jobs.clone();
        let loader = DataLoader::with_cache(source, move |job| jobs.put(job), HashMapCache::default());
        // a job waits for the resolvers, not for time: see `session::drive`
        Self(loader.delay(Duration::ZERO))
    }

    /// One value; `None` when there is none, or none for this caller.
    ///
    /// # Errors
    /// The coded problem of the read.
    pub async fn one<K>(&self, key: K) -> Result<Option<<Source as Loader<K>>::Value>, Problem>
    where
        K: Send + Sync + Hash + Eq + Clone + 'static,
        Source: Loader<K, Error = Problem>,
    {
        self.0.load_one(key).await
    }

    /// A form by its code.
    ///
    /// # Errors
    /// `report.unknown_form`, or the problem of the read.
    pub async fn form(&self, code: &str) -> Result<Arc<Form>, Problem> {
        self.one(FormBy(code.to_owned())).await?.ok_or_else(|| crate::forms::unknown(code))
    }
}

impl Loader<FormBy> for Source {
    type Value = Arc<Form>;
    type Error = Problem;

    async fn load(&self, keys: &[FormBy]) -> Result<HashMap<FormBy, Arc<Form>>, Problem> {
        let known = self.gateway.forms.all(&self.reading).await?;
        let form = |key: &FormBy| known.iter().find(|form| form.code == key.0).map(|form| (key.clone(), form.clone()));
        Ok(keys.iter().filter_map(form).collect())
    }
}

/// Keys by a part of them: one statement reads what shares it.
fn grouped<K: Clone, P: Hash + Eq>(keys: &[K], part: impl Fn(&K) -> P) -> HashMap<P, Vec<K>> {
    let mut groups: HashMap<P, Vec<K>> = HashMap::new();
    for key in keys {
        groups.entry(part(key)).or_default().push(key.clone());
    }
    groups
}
