//! Shipments and what belongs to them, as far as the caller may see one of their ends.
use super::{Source, by_id, grouped};
use async_graphql::dataloader::Loader;
use distribution_store::{
    read::{self, Discrepancies, Parent},
    rows::{Answer, Discrepancy, Lot, Receipt, ReceiptLine, Shipment, ShipmentLot, ShipmentSplit, ShipmentStep},
};
use domain::{
    BranchCode, Problem, TerritoryCode,
    ids::FacilityId,
    policy::{Action, Actor, Place, Role, decide},
    shipment::State,
};
use platform::failure::Failure;
use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};
use uuid::Uuid;

/// A shipment, and its two ends: permission is decided by them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ShipmentKey {
    /// The shipment.
    pub shipment: Uuid,
    /// Who brings it; nobody serves the place when absent.
    pub branch: Option<BranchCode>,
    /// The hub's hospital, if it is one.
    pub facility: Option<FacilityId>,
    /// Where the hub is.
    pub municipality: TerritoryCode,
}

impl ShipmentKey {
    /// Of a row.
    ///
    /// # Errors
    /// When a code of it is none.
    pub fn of(row: &Shipment) -> Result<Self, Problem> {
        Ok(Self {
            shipment: row.id,
            branch: row.branch.as_deref().map(str::parse).transpose()?,
            facility: row.facility_id.map(FacilityId),
            municipality: TerritoryCode::parse(&row.municipality)?,
        })
    }
}

/// Where a site is, for the table of permissions.
pub fn place_of(facility: Option<FacilityId>, municipality: TerritoryCode) -> Place {
    facility.map_or(Place::Territory(municipality), |facility| Place::Facility(facility, municipality))
}

/// May this shipment be read? One that may not is as if it were not there.
fn sees_shipment(actor: &Actor, key: &ShipmentKey) -> bool {
    let site = place_of(key.facility, key.municipality);
    let place = match key.branch {
        Some(branch) => Place::of_shipment(actor, branch, site),
        None if actor.role == Role::Wholesaler => return false,
        None => site,
    };
    decide(actor, Action::ShipmentRead, place).is_ok()
}

/// A shipment by its id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ShipmentBy(pub Uuid);

/// The first `limit` shipments of a parent after the one with id `after`, in order of id.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ShipmentsOf {
    /// What they are listed by.
    pub parent: Parent,
    /// Which one.
    pub key: String,
    /// In any of these states; in all when empty.
    pub states: Vec<State>,
    /// After which shipment.
    pub after: Option<Uuid>,
    /// At most so many.
    pub limit: i64,
}

/// How many shipments of a parent are in each state.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CountsOf {
    /// What they are counted by.
    pub parent: Parent,
    /// Which one.
    pub key: String,
    /// Of one round, or of all.
    pub round: Option<Uuid>,
}

/// The lots of a shipment, proposed and picked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ShipmentLotsOf(pub ShipmentKey);

/// What a shipment's hub hands on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SplitsOf(pub ShipmentKey);

/// What happened to a shipment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ShipmentStepsOf(pub ShipmentKey);

/// The partner's answers to a shipment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct AnswersOf(pub ShipmentKey);

/// The receipt of a shipment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ReceiptOf(pub ShipmentKey);

/// A receipt and its lines with their lots.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WholeReceipt {
    /// The receipt.
    pub row: Receipt,
    /// Lot by lot, in order of number.
    pub lines: Vec<(ReceiptLine, Arc<Lot>)>,
}

/// The discrepancies of a shipment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct DiscrepanciesOf(pub ShipmentKey);

/// A discrepancy by its id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct DiscrepancyBy(pub Uuid);

/// The first `limit` discrepancies of a territory after the one with id `after`, in order of id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct DiscrepanciesIn {
    /// Which territory.
    pub territory: TerritoryCode,
    /// Which of them.
    pub which: Discrepancies,
    /// After which one.
    pub after: Option<Uuid>,
    /// At most so many.
    pub limit: i64,
}

/// What is listed by a territory.
pub fn parent_of(territory: TerritoryCode) -> (Parent, String) {
    use domain::territory::Tier;
    match territory.tier() {
        Tier::Nation => (Parent::Nation, String::new()),
        Tier::Prefecture => (Parent::Prefecture, territory.to_string()),
        Tier::Municipality => (Parent::Municipality, territory.to_string()),
    }
}

/// The key of the parent under which a shipment was listed.
fn key_of(parent: Parent, row: &Shipment) -> Result<String, Problem> {
    Ok(match parent {
        Parent::Nation => String::new(),
        Parent::Prefecture => prefecture(&row.municipality)?,
        Parent::Municipality => row.municipality.clone(),
        Parent::Site => row.site_id.to_string(),
        Parent::Facility => row.facility_id.map(|id| id.to_string()).unwrap_or_default(),
        Parent::Round => row.round_id.to_string(),
        Parent::Branch => row.branch.clone().unwrap_or_default(),
        Parent::Wholesaler => row.wholesaler.clone().unwrap_or_default(),
    })
}

fn prefecture(municipality: &str) -> Result<String, Problem> {
    Ok(TerritoryCode::parse(municipality)?.prefecture().map(|code| code.to_string()).unwrap_or_default())
}

impl Source {
    /// A shipment to a facility is seen of it.
    fn shows_shipment(&self, row: &Shipment) {
        if let Some(facility) = row.facility_id {
            self.viewed.add(FacilityId(facility), &row.municipality, format!("shipment/{}", row.id));
        }
    }

    /// The ids of those shipments that may be read.
    fn shown(&self, keys: impl Iterator<Item = ShipmentKey>) -> Vec<Uuid> {
        let shown = keys.filter(|key| sees_shipment(&self.actor, key)).map(|key| key.shipment);
        shown.collect::<BTreeSet<_>>().into_iter().collect()
    }
}

impl Loader<ShipmentBy> for Source {
    type Value = Arc<Shipment>;
    type Error = Problem;

    async fn load(&self, keys: &[ShipmentBy]) -> Result<HashMap<ShipmentBy, Arc<Shipment>>, Problem> {
        let mut snapshot = self.reading.snapshot().await?;
        let ids: Vec<Uuid> = keys.iter().map(|key| key.0).collect();
        let rows = read::shipments_by_id(snapshot.conn(), &self.scope, &ids).await.map_err(Failure::into_problem)?;
        rows.iter().for_each(|row| self.shows_shipment(row));
        Ok(rows.into_iter().map(|row| (ShipmentBy(row.id), Arc::new(row))).collect())
    }
}

impl Loader<ShipmentsOf> for Source {
    type Value = Arc<Vec<Arc<Shipment>>>;
    type Error = Problem;

    async fn load(&self, keys: &[ShipmentsOf]) -> Result<HashMap<ShipmentsOf, Arc<Vec<Arc<Shipment>>>>, Problem> {
        let mut found = HashMap::new();
        let mut snapshot = self.reading.snapshot().await?;
        let part = |key: &ShipmentsOf| (key.parent, key.states.clone(), key.after, key.limit);
        for ((parent, states, after, limit), keys) in grouped(keys, part) {
            let names: Vec<String> = keys.iter().map(|key| key.key.clone()).collect();
            let states: Vec<String> = states.iter().map(|state| state.as_str().to_owned()).collect();
            let rows = read::shipments_under(snapshot.conn(), &self.scope, parent, &names, &states, after, limit).await;
            let mut pages: HashMap<String, Vec<Arc<Shipment>>> = HashMap::new();
            for row in rows.map_err(Failure::into_problem)? {
                self.shows_shipment(&row);
                pages.entry(key_of(parent, &row)?).or_default().push(Arc::new(row));
            }
            found.extend(keys.into_iter().map(|key| {
                let rows = pages.remove(&key.key).unwrap_or_default();
                (key, Arc::new(rows))
            }));
        }
        Ok(found)
    }
}

impl Loader<CountsOf> for Source {
    type Value = Arc<Vec<read::StateCount>>;
    type Error = Problem;

    async fn load(&self, keys: &[CountsOf]) -> Result<HashMap<CountsOf, Arc<Vec<read::StateCount>>>, Problem> {
        let mut found = HashMap::new();
        let mut snapshot = self.reading.snapshot().await?;
        for ((parent, round), keys) in grouped(keys, |key| (key.parent, key.round)) {
            let names: Vec<String> = keys.iter().map(|key| key.key.clone()).collect();
            let rows = read::state_counts(snapshot.conn(), &self.scope, parent, &names, round).await;
            let mut counts: HashMap<String, Vec<read::StateCount>> = HashMap::new();
            for row in rows.map_err(Failure::into_problem)? {
                counts.entry(row.key.clone()).or_default().push(row);
            }
            found.extend(keys.into_iter().map(|key| {
                let rows = counts.remove(&key.key).unwrap_or_default();
                (key, Arc::new(rows))
            }));
        }
        Ok(found)
    }
}

impl Loader<ShipmentLotsOf> for Source {
    type Value = Arc<Vec<(ShipmentLot, Arc<Lot>)>>;
    type Error = Problem;

    async fn load(&self, keys: &[ShipmentLotsOf]) -> Result<HashMap<ShipmentLotsOf, Self::Value>, Problem> {
        let shipments = self.shown(keys.iter().map(|key| key.0));
        let mut snapshot = self.reading.snapshot().await?;
        let rows = read::lots_of(snapshot.conn(), &shipments).await.map_err(Failure::into_problem)?;
        let rows = rows.into_iter().map(|(row, lot)| (row, Arc::new(lot))).collect();
        let mut lots = by_id(rows, |(row, _): &(ShipmentLot, Arc<Lot>)| row.shipment_id);
        Ok(keys.iter().map(|key| (*key, Arc::new(lots.remove(&key.0.shipment).unwrap_or_default()))).collect())
    }
}

impl Loader<SplitsOf> for Source {
    type Value = Arc<Vec<ShipmentSplit>>;
    type Error = Problem;

    async fn load(&self, keys: &[SplitsOf]) -> Result<HashMap<SplitsOf, Self::Value>, Problem> {
        let shipments = self.shown(keys.iter().map(|key| key.0));
        let mut snapshot = self.reading.snapshot().await?;
        let rows = read::splits_of(snapshot.conn(), &shipments).await.map_err(Failure::into_problem)?;
        let mut splits = by_id(rows, |row| row.shipment_id);
        Ok(keys.iter().map(|key| (*key, Arc::new(splits.remove(&key.0.shipment).unwrap_or_default()))).collect())
    }
}

impl Loader<ShipmentStepsOf> for Source {
    type Value = Arc<Vec<ShipmentStep>>;
    type Error = Problem;

    async fn load(&self, keys: &[ShipmentStepsOf]) -> Result<HashMap<ShipmentStepsOf, Self::Value>, Problem> {
        let shipments = self.shown(keys.iter().map(|key| key.0));
        let mut snapshot = self.reading.snapshot().await?;
        let rows = read::steps_of(snapshot.conn(), &shipments).await.map_err(Failure::into_problem)?;
        let mut steps = by_id(rows, |row| row.shipment_id);
        Ok(keys.iter().map(|key| (*key, Arc::new(steps.remove(&key.0.shipment).unwrap_or_default()))).collect())
    }
}

impl Loader<AnswersOf> for Source {
    type Value = Arc<Vec<Answer>>;
    type Error = Problem;

    async fn load(&self, keys: &[AnswersOf]) -> Result<HashMap<AnswersOf, Self::Value>, Problem> {
        let shipments = self.shown(keys.iter().map(|key| key.0));
        let mut snapshot = self.reading.snapshot().await?;
        let rows = read::answers_of(snapshot.conn(), &shipments).await.map_err(Failure::into_problem)?;
        let mut answers = by_id(rows, |row| row.shipment_id);
        Ok(keys.iter().map(|key| (*key, Arc::new(answers.remove(&key.0.shipment).unwrap_or_default()))).collect())
    }
}

impl Loader<ReceiptOf> for Source {
    type Value = Arc<WholeReceipt>;
    type Error = Problem;

    async fn load(&self, keys: &[ReceiptOf]) -> Result<HashMap<ReceiptOf, Self::Value>, Problem> {
        let shipments = self.shown(keys.iter().map(|key| key.0));
        let mut snapshot = self.reading.snapshot().await?;
        let receipts = read::receipts_of(snapshot.conn(), &shipments).await.map_err(Failure::into_problem)?;
        let ids: Vec<Uuid> = receipts.iter().map(|row| row.id).collect();
        let rows = read::receipt_lines_of(snapshot.conn(), &ids).await.map_err(Failure::into_problem)?;
        let rows = rows.into_iter().map(|(row, lot)| (row, Arc::new(lot))).collect();
        let mut lines = by_id(rows, |(row, _): &(ReceiptLine, Arc<Lot>)| row.receipt_id);
        let whole = |row: Receipt| {
            let lines = lines.remove(&row.id).unwrap_or_default();
            (row.shipment_id, Arc::new(WholeReceipt { row, lines }))
        };
        let receipts: HashMap<Uuid, Self::Value> = receipts.into_iter().map(whole).collect();
        Ok(keys.iter().filter_map(|key| Some((*key, Arc::clone(receipts.get(&key.0.shipment)?)))).collect())
    }
}

impl Loader<DiscrepanciesOf> for Source {
    type Value = Arc<Vec<Arc<Discrepancy>>>;
    type Error = Problem;

    async fn load(&self, keys: &[DiscrepanciesOf]) -> Result<HashMap<DiscrepanciesOf, Self::Value>, Problem> {
        let shipments = self.shown(keys.iter().map(|key| key.0));
        let mut snapshot = self.reading.snapshot().await?;
        let rows = read::discrepancies_of(snapshot.conn(), &shipments).await.map_err(Failure::into_problem)?;
        let rows = rows.into_iter().map(Arc::new).collect();
        let mut found = by_id(rows, |row: &Arc<Discrepancy>| row.shipment_id);
        Ok(keys.iter().map(|key| (*key, Arc::new(found.remove(&key.0.shipment).unwrap_or_default()))).collect())
    }
}

impl Loader<DiscrepancyBy> for Source {
    type Value = Arc<Discrepancy>;
    type Error = Problem;

    async fn load(&self, keys: &[DiscrepancyBy]) -> Result<HashMap<DiscrepancyBy, Arc<Discrepancy>>, Problem> {
        let mut snapshot = self.reading.snapshot().await?;
        let ids: Vec<Uuid> = keys.iter().map(|key| key.0).collect();
        let rows =
            read::discrepancies_by_id(snapshot.conn(), &self.scope, &ids).await.map_err(Failure::into_problem)?;
        Ok(rows.into_iter().map(|row| (DiscrepancyBy(row.id), Arc::new(row))).collect())
    }
}

impl Loader<DiscrepanciesIn> for Source {
    type Value = Arc<Vec<Arc<Discrepancy>>>;
    type Error = Problem;

    async fn load(&self, keys: &[DiscrepanciesIn]) -> Result<HashMap<DiscrepanciesIn, Self::Value>, Problem> {
        let mut found = HashMap::new();
        let mut snapshot = self.reading.snapshot().await?;
        let part = |key: &DiscrepanciesIn| (parent_of(key.territory).0, key.which, key.after, key.limit);
        for ((parent, which, after, limit), keys) in grouped(keys, part) {
            let names: Vec<String> = keys.iter().map(|key| parent_of(key.territory).1).collect();
            let rows =
                read::discrepancies_under(snapshot.conn(), &self.scope, parent, &names, which, after, limit).await;
            let mut pages: HashMap<String, Vec<Arc<Discrepancy>>> = HashMap::new();
            for row in rows.map_err(Failure::into_problem)? {
                let name = match parent {
                    Parent::Prefecture => prefecture(&row.municipality)?,
                    Parent::Municipality => row.municipality.clone(),
                    _ => String::new(),
                };
                pages.entry(name).or_default().push(Arc::new(row));
            }
            let mut page = |key: &DiscrepanciesIn| pages.remove(&parent_of(key.territory).1).unwrap_or_default();
            found.extend(keys.iter().map(|key| (*key, Arc::new(page(key)))));
        }
        Ok(found)
    }
}
