//! Rules, indicators, fairness, what-ifs, and what is published of committed plans.
use super::{PlanKey, Source, grouped};
use allocation_store::{
    read::{inputs, rules},
    rows::{IndicatorState, Rule, WhatIf, WhatIfLine, WhatIfRun},
};
use async_graphql::dataloader::Loader;
use domain::{
    BusinessDay, Problem, TerritoryCode,
    policy::{Action, Place, decide},
};
use platform::failure::Failure;
use serde_json::Value;
use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};
use uuid::Uuid;

/// All versions of all rules: a handful, and open to everybody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct AllRules;

/// All indicators with what there is of each, open to everybody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct AllIndicators;

/// The figures of fairness of what was computed for a plan. The second key is the plan that it was computed
/// for: another one for a prefecture's draft of the nation's lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FairnessOf(pub PlanKey, pub Uuid);

/// Total populations by territory, the newest that are not after the day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TotalPopulations(pub BusinessDay);

/// A what-if by its id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct WhatIfBy(pub Uuid);

/// The rules of a what-if that a loader gave out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct WhatIfRunsOf(pub Uuid);

/// The first `limit` places of a what-if that a loader gave out, after the place `after`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct WhatIfLinesOf {
    /// The what-if.
    pub what_if: Uuid,
    /// After which place.
    pub after: Option<String>,
    /// At most so many.
    pub limit: i64,
}

/// What a committed plan granted to a territory, open to everybody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PublicLineOf {
    /// In which round.
    pub round: Uuid,
    /// To whom.
    pub territory: TerritoryCode,
}

impl Loader<AllRules> for Source {
    type Value = Arc<Vec<Rule>>;
    type Error = Problem;

    async fn load(&self, _: &[AllRules]) -> Result<HashMap<AllRules, Arc<Vec<Rule>>>, Problem> {
        let mut snapshot = self.reading.snapshot().await?;
        let rows = rules::rules(snapshot.conn()).await.map_err(Failure::into_problem)?;
        Ok(HashMap::from([(AllRules, Arc::new(rows))]))
    }
}

impl Loader<AllIndicators> for Source {
    type Value = Arc<Vec<IndicatorState>>;
    type Error = Problem;

    async fn load(&self, _: &[AllIndicators]) -> Result<HashMap<AllIndicators, Arc<Vec<IndicatorState>>>, Problem> {
        let mut snapshot = self.reading.snapshot().await?;
        let rows = inputs::indicator_states(snapshot.conn()).await.map_err(Failure::into_problem)?;
        Ok(HashMap::from([(AllIndicators, Arc::new(rows))]))
    }
}

impl Loader<FairnessOf> for Source {
    type Value = Arc<Value>;
    type Error = Problem;

    async fn load(&self, keys: &[FairnessOf]) -> Result<HashMap<FairnessOf, Arc<Value>>, Problem> {
        let keys: Vec<FairnessOf> = keys.iter().copied().filter(|key| self.sees_plans(key.0.holder)).collect();
        let plans: Vec<Uuid> = grouped(&keys, |key| key.1).into_keys().collect();
        let mut snapshot = self.reading.snapshot().await?;
        let rows = rules::fairness_of(snapshot.conn(), &plans).await.map_err(Failure::into_problem)?;
        let rows: HashMap<Uuid, Arc<Value>> = rows.into_iter().map(|(plan, value)| (plan, Arc::new(value))).collect();
        Ok(keys.into_iter().filter_map(|key| rows.get(&key.1).map(|value| (key, Arc::clone(value)))).collect())
    }
}

impl Loader<TotalPopulations> for Source {
    type Value = Arc<BTreeMap<TerritoryCode, i64>>;
    type Error = Problem;

    async fn load(
        &self,
        keys: &[TotalPopulations],
    ) -> Result<HashMap<TotalPopulations, Arc<BTreeMap<TerritoryCode, i64>>>, Problem> {
        let mut found = HashMap::new();
        let mut snapshot = self.reading.snapshot().await?;
        // one day a request: the clock's
        for key in keys {
            let rows = inputs::populations(snapshot.conn(), &["total".to_owned()], key.0.date()).await;
            let mut persons = BTreeMap::new();
            for row in rows.map_err(Failure::into_problem)? {
                persons.insert(TerritoryCode::parse(&row.place)?, row.value);
            }
            found.insert(*key, Arc::new(persons));
        }
        Ok(found)
    }
}

impl Loader<WhatIfBy> for Source {
    type Value = Arc<WhatIf>;
    type Error = Problem;

    async fn load(&self, keys: &[WhatIfBy]) -> Result<HashMap<WhatIfBy, Arc<WhatIf>>, Problem> {
        let mut snapshot = self.reading.snapshot().await?;
        let ids: Vec<Uuid> = keys.iter().map(|key| key.0).collect();
        let mut found = HashMap::new();
        for row in rules::what_ifs_by_id(snapshot.conn(), &ids).await.map_err(Failure::into_problem)? {
            if self.sees_plans(TerritoryCode::parse(&row.holder)?) {
                found.insert(WhatIfBy(row.id), Arc::new(row));
            }
        }
        Ok(found)
    }
}

impl Loader<WhatIfRunsOf> for Source {
    type Value = Arc<Vec<WhatIfRun>>;
    type Error = Problem;

    async fn load(&self, keys: &[WhatIfRunsOf]) -> Result<HashMap<WhatIfRunsOf, Arc<Vec<WhatIfRun>>>, Problem> {
        let mut snapshot = self.reading.snapshot().await?;
        let ids: Vec<Uuid> = keys.iter().map(|key| key.0).collect();
        let mut runs: HashMap<Uuid, Vec<WhatIfRun>> = HashMap::new();
        for row in rules::runs_of(snapshot.conn(), &ids).await.map_err(Failure::into_problem)? {
            runs.entry(row.what_if_id).or_default().push(row);
        }
        Ok(runs.into_iter().map(|(id, rows)| (WhatIfRunsOf(id), Arc::new(rows))).collect())
    }
}

impl Loader<WhatIfLinesOf> for Source {
    type Value = Arc<Vec<WhatIfLine>>;
    type Error = Problem;

    async fn load(&self, keys: &[WhatIfLinesOf]) -> Result<HashMap<WhatIfLinesOf, Arc<Vec<WhatIfLine>>>, Problem> {
        let mut found = HashMap::new();
        let mut snapshot = self.reading.snapshot().await?;
        // a request shows one what-if, or a few
        for key in keys {
            let rows = rules::what_if_lines(snapshot.conn(), key.what_if, key.after.as_deref(), key.limit).await;
            found.insert(key.clone(), Arc::new(rows.map_err(Failure::into_problem)?));
        }
        Ok(found)
    }
}

impl Loader<PublicLineOf> for Source {
    type Value = Arc<rules::PublicLine>;
    type Error = Problem;

    async fn load(&self, keys: &[PublicLineOf]) -> Result<HashMap<PublicLineOf, Arc<rules::PublicLine>>, Problem> {
        let is_open =
            |key: &&PublicLineOf| decide(&self.actor, Action::PublishedRead, Place::Territory(key.territory)).is_ok();
        let mut found = HashMap::new();
        let mut snapshot = self.reading.snapshot().await?;
        // the guard lets a document ask for a few only
        for key in keys.iter().filter(is_open) {
            let row = rules::public_line(snapshot.conn(), key.round, &key.territory.to_string()).await;
            found.extend(row.map_err(Failure::into_problem)?.map(|row| (*key, Arc::new(row))));
        }
        Ok(found)
    }
}
