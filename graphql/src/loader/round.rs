//! Rounds, their calendars and what the book says of their holders, as far as the caller may see it.
use super::{Source, grouped};
use allocation_store::{
    read::{self, Holding},
    rows::{Round, RoundStep, Stream},
};
use async_graphql::dataloader::Loader;
use domain::{Problem, TerritoryCode, plan::State};
use platform::failure::Failure;
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};
use uuid::Uuid;

/// A round by its id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RoundBy(pub Uuid);

/// All rounds, newest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct AllRounds;

/// A stream by its programme and code.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct StreamBy {
    /// Of which programme.
    pub programme: String,
    /// Its code.
    pub code: String,
}

/// The calendar of a round.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct StepsOf(pub Uuid);

/// Vials noted as a round's supply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SupplyOf(pub Uuid);

/// Where the newest plan of each holder of a round stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct StatesOf(pub Uuid);

/// What the book says of each territory in a round.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct HoldingsOf(pub Uuid);

/// What the book says of one holder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct HoldingOf {
    /// In which round.
    pub round: Uuid,
    /// The territory, or the municipality that the site is in: permission is decided by it.
    pub territory: TerritoryCode,
    /// The site, unless it is the territory itself.
    pub site: Option<Uuid>,
}

impl HoldingOf {
    /// As the book names it.
    fn holder(&self) -> String {
        self.site.map_or_else(|| self.territory.to_string(), |site| site.to_string())
    }
}

impl Loader<AllRounds> for Source {
    type Value = Arc<Vec<Arc<Round>>>;
    type Error = Problem;

    async fn load(&self, _: &[AllRounds]) -> Result<HashMap<AllRounds, Arc<Vec<Arc<Round>>>>, Problem> {
        if !self.sees_rounds() {
            return Ok(HashMap::new());
        }
        let mut snapshot = self.reading.snapshot().await?;
        let rows = read::rounds(snapshot.conn()).await.map_err(Failure::into_problem)?;
        Ok(HashMap::from([(AllRounds, Arc::new(rows.into_iter().map(Arc::new).collect()))]))
    }
}

impl Loader<RoundBy> for Source {
    type Value = Arc<Round>;
    type Error = Problem;

    async fn load(&self, keys: &[RoundBy]) -> Result<HashMap<RoundBy, Arc<Round>>, Problem> {
        if !self.sees_rounds() {
            return Ok(HashMap::new());
        }
        let mut snapshot = self.reading.snapshot().await?;
        let ids: Vec<Uuid> = keys.iter().map(|key| key.0).collect();
        let rows = read::rounds_by_id(snapshot.conn(), &ids).await.map_err(Failure::into_problem)?;
        Ok(rows.into_iter().map(|row| (RoundBy(row.id), Arc::new(row))).collect())
    }
}

impl Loader<StreamBy> for Source {
    type Value = Arc<Stream>;
    type Error = Problem;

    /// All of them: they are a handful, and open to everybody who may see a round.
    async fn load(&self, _: &[StreamBy]) -> Result<HashMap<StreamBy, Arc<Stream>>, Problem> {
        let mut snapshot = self.reading.snapshot().await?;
        let rows = read::streams(snapshot.conn()).await.map_err(Failure::into_problem)?;
        let by = |row: &Stream| StreamBy { programme: row.programme.clone(), code: row.code.clone() };
        Ok(rows.into_iter().map(|row| (by(&row), Arc::new(row))).collect())
    }
}

impl Loader<StepsOf> for Source {
    type Value = Arc<Vec<RoundStep>>;
    type Error = Problem;

    async fn load(&self, keys: &[StepsOf]) -> Result<HashMap<StepsOf, Arc<Vec<RoundStep>>>, Problem> {
        let mut snapshot = self.reading.snapshot().await?;
        let rounds: Vec<Uuid> = keys.iter().map(|key| key.0).collect();
        let rows = read::steps_of(snapshot.conn(), &rounds).await.map_err(Failure::into_problem)?;
        let mut steps: HashMap<Uuid, Vec<RoundStep>> = HashMap::new();
        for row in rows {
            steps.entry(row.round_id).or_default().push(row);
        }
        Ok(keys.iter().map(|key| (*key, Arc::new(steps.remove(&key.0).unwrap_or_default()))).collect())
    }
}

impl Loader<SupplyOf> for Source {
    type Value = i64;
    type Error = Problem;

    /// The supply of all holders: for those who may read the nation's plans.
    async fn load(&self, keys: &[SupplyOf]) -> Result<HashMap<SupplyOf, i64>, Problem> {
        if !self.sees_plans(TerritoryCode::NATION) {
            return Ok(HashMap::new());
        }
        let mut snapshot = self.reading.snapshot().await?;
        let rounds: Vec<Uuid> = keys.iter().map(|key| key.0).collect();
        let notices = read::supply_of(snapshot.conn(), &rounds).await.map_err(Failure::into_problem)?;
        let mut supply: HashMap<SupplyOf, i64> = keys.iter().map(|key| (*key, 0)).collect();
        for (round, vials) in notices {
            let sum = supply.entry(SupplyOf(round)).or_default();
            let overflow = || Failure::internal(format!("the supply of round {round} overflows")).into_problem();
            *sum = sum.checked_add(vials).ok_or_else(overflow)?;
        }
        Ok(supply)
    }
}

impl Loader<StatesOf> for Source {
    type Value = Arc<BTreeMap<TerritoryCode, State>>;
    type Error = Problem;

    async fn load(&self, keys: &[StatesOf]) -> Result<HashMap<StatesOf, Arc<BTreeMap<TerritoryCode, State>>>, Problem> {
        let mut snapshot = self.reading.snapshot().await?;
        let rounds: Vec<Uuid> = keys.iter().map(|key| key.0).collect();
        let rows = read::plan_states(snapshot.conn(), &rounds).await.map_err(Failure::into_problem)?;
        let mut states: HashMap<Uuid, BTreeMap<TerritoryCode, State>> = HashMap::new();
        for (round, holder, state) in rows {
            let holder = TerritoryCode::parse(&holder)?;
            if self.sees_plans(holder) {
                let unknown = || Failure::internal(format!("unknown state of a plan: {state}")).into_problem();
                let state = State::parse(&state).ok_or_else(unknown)?;
                // the newest comes last
                states.entry(round).or_default().insert(holder, state);
            }
        }
        Ok(keys.iter().map(|key| (*key, Arc::new(states.remove(&key.0).unwrap_or_default()))).collect())
    }
}

impl Loader<HoldingsOf> for Source {
    type Value = Arc<BTreeMap<TerritoryCode, Holding>>;
    type Error = Problem;

    async fn load(
        &self,
        keys: &[HoldingsOf],
    ) -> Result<HashMap<HoldingsOf, Arc<BTreeMap<TerritoryCode, Holding>>>, Problem> {
        let mut snapshot = self.reading.snapshot().await?;
        let rounds: Vec<Uuid> = keys.iter().map(|key| key.0).collect();
        let rows = read::holdings(snapshot.conn(), &rounds, None).await.map_err(Failure::into_problem)?;
        let mut holdings: HashMap<Uuid, BTreeMap<TerritoryCode, Holding>> = HashMap::new();
        for row in rows {
            let holder = TerritoryCode::parse(&row.holder)?;
            if self.sees_plans(holder) {
                holdings.entry(row.round_id).or_default().insert(holder, row);
            }
        }
        Ok(keys.iter().map(|key| (*key, Arc::new(holdings.remove(&key.0).unwrap_or_default()))).collect())
    }
}

impl Loader<HoldingOf> for Source {
    type Value = Arc<Holding>;
    type Error = Problem;

    async fn load(&self, keys: &[HoldingOf]) -> Result<HashMap<HoldingOf, Arc<Holding>>, Problem> {
        let visible: Vec<HoldingOf> = keys.iter().copied().filter(|key| self.sees_plans(key.territory)).collect();
        if visible.is_empty() {
            return Ok(HashMap::new());
        }
        let rounds: BTreeSet<Uuid> = visible.iter().map(|key| key.round).collect();
        let rounds: Vec<Uuid> = rounds.into_iter().collect();
        let holders: Vec<String> = grouped(&visible, HoldingOf::holder).into_keys().collect();
        let mut snapshot = self.reading.snapshot().await?;
        let rows = read::holdings(snapshot.conn(), &rounds, Some(&holders)).await.map_err(Failure::into_problem)?;
        let rows: HashMap<(Uuid, String), Arc<Holding>> =
            rows.into_iter().map(|row| ((row.round_id, row.holder.clone()), Arc::new(row))).collect();
        let found = |key: HoldingOf| rows.get(&(key.round, key.holder())).map(|row| (key, Arc::clone(row)));
        Ok(visible.into_iter().filter_map(found).collect())
    }
}
