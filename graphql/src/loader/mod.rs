//! Loaders: what many resolvers of one request ask for is read in one statement and kept for the
//! request. Every read goes through the caller's scope here, whatever path led to it.
mod amendment;
mod capacity;
mod facility;
mod goods;
mod notice;
mod objection;
mod partner;
mod plan;
mod programmes;
mod report;
mod round;
mod rule;
mod shipment;
mod site;
mod stock;
mod territory;
mod view;

use crate::{
    Inner,
    session::{Jobs, Reading},
};
use async_graphql::dataloader::{DataLoader, HashMapCache, Loader};
use domain::{
    Problem, TerritoryCode,
    capacity::Form,
    policy::{Action, Actor, Place, Scope, decide},
};
use platform::{OpCtx, views::Viewed};
use std::{collections::HashMap, hash::Hash, sync::Arc, time::Duration};
use uuid::Uuid;

pub use amendment::{AmendmentBy, AmendmentLinesOf, AmendmentsIn, AmendmentsOf};
pub use capacity::{CapacityKey, Sums};
pub use facility::{ByKey, PageOf};
pub use goods::{AllProducts, AlongWith, PastDosesOf, PastLinesOf, PastRounds, RatiosOn, SizesOf};
pub use notice::{AttachmentsOf, NotReadOf, NoticeBy, NoticesFor, ReadersBy};
pub use objection::{ObjectionBy, ObjectionsOf, ObjectionsTo, ProposalOf, Proposed};
pub use partner::{AreaOf, BranchBy, BranchesOf, Depot, DepotOf, WholesalerBy};
pub use plan::{AdjustmentsOf, ChangesOf, LinesOf, PlanBy, PlanKey, PlanOf, UnitsOf};
pub use programmes::{AssignedIn, SitesTaking};
pub use report::{DayReport, LatestReport};
pub use round::{AllRounds, HoldingOf, HoldingsOf, RoundBy, StatesOf, StepsOf, StreamBy, SupplyOf};
pub use rule::{
    AllIndicators, AllRules, FairnessOf, PublicLineOf, TotalPopulations, WhatIfBy, WhatIfLinesOf, WhatIfRunsOf,
};
pub use shipment::{
    AnswersOf, CountsOf, DiscrepanciesIn, DiscrepanciesOf, DiscrepancyBy, ReceiptOf, ShipmentBy, ShipmentKey,
    ShipmentLotsOf, ShipmentStepsOf, ShipmentsOf, SplitsOf, WholeReceipt, parent_of,
};
pub use site::{SiteBy, SitesOf, WishOf};
pub use stock::{Delivered, DeliveriesOf, LotBy, SiteStock, StockAt, StockSiteBy, StockSiteOf, site_place};
pub use territory::{ChildrenOf, PointOf, PopulationsOf};
pub use view::ViewsOf;

/// What every loader reads with.
#[derive(Clone)]
pub struct Source {
    gateway: Arc<Inner>,
    reading: Arc<Reading>,
    scope: Scope,
    actor: Arc<Actor>,
    viewed: Arc<Viewed>,
}

/// May the plans and grants of this holder be read? What may not be is as if it were not there.
pub fn sees_plans(actor: &Actor, holder: TerritoryCode) -> bool {
    decide(actor, Action::PlanRead, Place::Territory(holder)).is_ok()
}

impl Source {
    fn sees_plans(&self, holder: TerritoryCode) -> bool {
        sees_plans(&self.actor, holder)
    }

    /// Rounds are the business of those who may read a plan at home at least.
    fn sees_rounds(&self) -> bool {
        decide(&self.actor, Action::PlanRead, self.actor.home).is_ok()
    }
}

/// All loaders of a request.
pub struct Loaders(DataLoader<Source, HashMapCache>);

/// A form by its code.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct FormBy(pub String);

impl Loaders {
    /// New, empty loaders.
    pub fn new(gateway: &Arc<Inner>, reading: &Arc<Reading>, op: &OpCtx, viewed: &Arc<Viewed>, jobs: &Jobs) -> Self {
        let (scope, actor) = (op.scope(), Arc::new(op.actor.clone()));
        let (gateway, reading, viewed) = (Arc::clone(gateway), Arc::clone(reading), Arc::clone(viewed));
        let source = Source { gateway, reading, scope, actor, viewed };
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

    /// Forgets what was read of plans, grants, shipments and stock: a write has changed it.
    pub fn forget(&self) {
        self.0.clear::<PlanBy>();
        self.0.clear::<PlanOf>();
        self.0.clear::<UnitsOf>();
        self.0.clear::<LinesOf>();
        self.0.clear::<AdjustmentsOf>();
        self.0.clear::<ChangesOf>();
        self.0.clear::<AmendmentBy>();
        self.0.clear::<AmendmentsIn>();
        self.0.clear::<AmendmentsOf>();
        self.0.clear::<AmendmentLinesOf>();
        self.0.clear::<ObjectionBy>();
        self.0.clear::<ObjectionsOf>();
        self.0.clear::<ObjectionsTo>();
        self.0.clear::<ProposalOf>();
        self.0.clear::<StatesOf>();
        self.0.clear::<HoldingsOf>();
        self.0.clear::<HoldingOf>();
        self.0.clear::<DeliveriesOf>();
        self.0.clear::<ShipmentBy>();
        self.0.clear::<ShipmentsOf>();
        self.0.clear::<CountsOf>();
        self.0.clear::<ShipmentLotsOf>();
        self.0.clear::<SplitsOf>();
        self.0.clear::<ShipmentStepsOf>();
        self.0.clear::<AnswersOf>();
        self.0.clear::<ReceiptOf>();
        self.0.clear::<DiscrepanciesOf>();
        self.0.clear::<DiscrepancyBy>();
        self.0.clear::<DiscrepanciesIn>();
        self.0.clear::<LotBy>();
        self.0.clear::<StockAt>();
        self.0.clear::<DepotOf>();
        self.0.clear::<AssignedIn>();
        self.0.clear::<SizesOf>();
        self.0.clear::<FairnessOf>();
        self.0.clear::<WhatIfBy>();
        self.0.clear::<WhatIfRunsOf>();
        self.0.clear::<WhatIfLinesOf>();
        self.0.clear::<PublicLineOf>();
        self.0.clear::<NoticeBy>();
        self.0.clear::<NoticesFor>();
        self.0.clear::<ReadersBy>();
        self.0.clear::<NotReadOf>();
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

/// Rows by the id of what they belong to, in the order they came.
fn by_id<R>(rows: Vec<R>, id: impl Fn(&R) -> Uuid) -> HashMap<Uuid, Vec<R>> {
    let mut owners: HashMap<Uuid, Vec<R>> = HashMap::new();
    for row in rows {
        owners.entry(id(&row)).or_default().push(row);
    }
    owners
}
