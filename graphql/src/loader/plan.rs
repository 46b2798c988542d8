//! Plans, their lines and their history, as far as the caller may see the plan's holder.
use super::{Source, by_id, grouped};
use allocation_store::{
    read,
    rows::{Plan, PlanChange, PlanLine},
};
use async_graphql::dataloader::Loader;
use domain::{Problem, TerritoryCode};
use platform::failure::Failure;
use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};
use uuid::Uuid;

/// A plan by its id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PlanBy(pub Uuid);

/// The newest plan in force of a holder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PlanOf {
    /// In which round.
    pub round: Uuid,
    /// Whose.
    pub holder: TerritoryCode,
}

/// A plan, and whose it is: permission is decided by that.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PlanKey {
    /// The plan.
    pub plan: Uuid,
    /// Whose holdings it divides.
    pub holder: TerritoryCode,
}

/// What a plan's own lines come to, units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct UnitsOf(pub PlanKey);

/// The newest change by hand of each line of a plan, by recipient.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct AdjustmentsOf(pub PlanKey);

/// The newest changes of a plan, newest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ChangesOf {
    /// Of which plan.
    pub key: PlanKey,
    /// At most so many.
    pub limit: i64,
}

/// The first `limit` lines of a plan after the recipient `after`, in order of recipient.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct LinesOf {
    /// Of which plan.
    pub key: PlanKey,
    /// Those two levels below instead of its own.
    pub below: bool,
    /// After which recipient.
    pub after: Option<String>,
    /// At most so many.
    pub limit: i64,
}

impl Source {
    /// The ids of those plans that may be read.
    fn readable(&self, keys: impl Iterator<Item = PlanKey>) -> Vec<Uuid> {
        let ids: BTreeSet<Uuid> = keys.filter(|key| self.sees_plans(key.holder)).map(|key| key.plan).collect();
        ids.into_iter().collect()
    }

    fn visible(&self, rows: Vec<Plan>) -> Result<Vec<(TerritoryCode, Arc<Plan>)>, Problem> {
        let mut visible = Vec::with_capacity(rows.len());
        for row in rows {
            let holder = TerritoryCode::parse(&row.holder)?;
            if self.sees_plans(holder) {
                visible.push((holder, Arc::new(row)));
            }
        }
        Ok(visible)
    }
}

impl Loader<PlanBy> for Source {
    type Value = Arc<Plan>;
    type Error = Problem;

    async fn load(&self, keys: &[PlanBy]) -> Result<HashMap<PlanBy, Arc<Plan>>, Problem> {
        let mut snapshot = self.reading.snapshot().await?;
        let ids: Vec<Uuid> = keys.iter().map(|key| key.0).collect();
        let rows = read::plans_by_id(snapshot.conn(), &ids).await.map_err(Failure::into_problem)?;
        Ok(self.visible(rows)?.into_iter().map(|(_, row)| (PlanBy(row.id), row)).collect())
    }
}

impl Loader<PlanOf> for Source {
    type Value = Arc<Plan>;
    type Error = Problem;

    async fn load(&self, keys: &[PlanOf]) -> Result<HashMap<PlanOf, Arc<Plan>>, Problem> {
        let keys: Vec<PlanOf> = keys.iter().copied().filter(|key| self.sees_plans(key.holder)).collect();
        if keys.is_empty() {
            return Ok(HashMap::new());
        }
        let rounds: Vec<Uuid> = grouped(&keys, |key| key.round).into_keys().collect();
        let holders: Vec<String> = grouped(&keys, |key| key.holder.to_string()).into_keys().collect();
        let mut snapshot = self.reading.snapshot().await?;
        let rows = read::plans_in_force(snapshot.conn(), &rounds, &holders).await.map_err(Failure::into_problem)?;
        let plans = self.visible(rows)?.into_iter();
        Ok(plans.map(|(holder, row)| (PlanOf { round: row.round_id, holder }, row)).collect())
    }
}

impl Loader<UnitsOf> for Source {
    type Value = i64;
    type Error = Problem;

    async fn load(&self, keys: &[UnitsOf]) -> Result<HashMap<UnitsOf, i64>, Problem> {
        let plans = self.readable(keys.iter().map(|key| key.0));
        let mut snapshot = self.reading.snapshot().await?;
        let rows = read::units_of(snapshot.conn(), &plans).await.map_err(Failure::into_problem)?;
        let units: HashMap<Uuid, i64> = rows.into_iter().collect();
        // a plan without lines comes to nothing
        Ok(keys.iter().map(|key| (*key, units.get(&key.0.plan).copied().unwrap_or(0))).collect())
    }
}

impl Loader<AdjustmentsOf> for Source {
    type Value = Arc<HashMap<String, PlanChange>>;
    type Error = Problem;

    async fn load(
        &self,
        keys: &[AdjustmentsOf],
    ) -> Result<HashMap<AdjustmentsOf, Arc<HashMap<String, PlanChange>>>, Problem> {
        let plans = self.readable(keys.iter().map(|key| key.0));
        let mut snapshot = self.reading.snapshot().await?;
        let rows = read::adjustments_of(snapshot.conn(), &plans).await.map_err(Failure::into_problem)?;
        let mut plans = by_id(rows, |row| row.plan_id);
        let mut of = |plan: Uuid| {
            let rows = plans.remove(&plan).unwrap_or_default().into_iter();
            Arc::new(rows.filter_map(|row| Some((row.recipient.clone()?, row))).collect())
        };
        Ok(keys.iter().map(|key| (*key, of(key.0.plan))).collect())
    }
}

impl Loader<ChangesOf> for Source {
    type Value = Arc<Vec<PlanChange>>;
    type Error = Problem;

    async fn load(&self, keys: &[ChangesOf]) -> Result<HashMap<ChangesOf, Arc<Vec<PlanChange>>>, Problem> {
        let mut found = HashMap::new();
        let mut snapshot = self.reading.snapshot().await?;
        for (limit, keys) in grouped(keys, |key| key.limit) {
            let plans = self.readable(keys.iter().map(|key| key.key));
            let rows = read::changes_of(snapshot.conn(), &plans, limit).await.map_err(Failure::into_problem)?;
            let mut plans = by_id(rows, |row| row.plan_id);
            found.extend(keys.into_iter().map(|key| (key, Arc::new(plans.remove(&key.key.plan).unwrap_or_default()))));
        }
        Ok(found)
    }
}

impl Loader<LinesOf> for Source {
    type Value = Arc<Vec<Arc<PlanLine>>>;
    type Error = Problem;

    async fn load(&self, keys: &[LinesOf]) -> Result<HashMap<LinesOf, Arc<Vec<Arc<PlanLine>>>>, Problem> {
        let mut found = HashMap::new();
        let mut snapshot = self.reading.snapshot().await?;
        for ((below, after, limit), keys) in grouped(keys, |key| (key.below, key.after.clone(), key.limit)) {
            let plans = self.readable(keys.iter().map(|key| key.key));
            let rows = read::lines_of(snapshot.conn(), &plans, below, after.as_deref(), limit).await;
            let rows = rows.map_err(Failure::into_problem)?.into_iter().map(Arc::new).collect();
            let mut plans = by_id(rows, |row: &Arc<PlanLine>| row.plan_id);
            found.extend(keys.into_iter().map(|key| {
                let rows = plans.remove(&key.key.plan).unwrap_or_default();
                (key, Arc::new(rows))
            }));
        }
        Ok(found)
    }
}
