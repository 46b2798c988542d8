//! Proposals and objections, as far as the caller looks after the plan's holder or the recipient.
use super::{PlanKey, Source, by_id, grouped};
use allocation_store::{
    read,
    rows::{Objection, Plan, PlanChange, PlanLine},
};
use async_graphql::dataloader::Loader;
use domain::{
    Problem, TerritoryCode,
    plan::{Kind, State},
    policy::{Action, Place, decide},
};
use platform::failure::Failure;
use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};
use uuid::Uuid;

/// An objection by its id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ObjectionBy(pub Uuid);

/// All objections to a plan, for who may see the plan; in the order in which they were made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ObjectionsTo(pub PlanKey);

/// What a recipient has objected in a round, in the order in which it did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ObjectionsOf {
    /// In which round.
    pub round: Uuid,
    /// Who.
    pub recipient: TerritoryCode,
}

/// What is proposed for a recipient in a round.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ProposalOf {
    /// In which round.
    pub round: Uuid,
    /// For whom.
    pub recipient: TerritoryCode,
}

/// A plan that is open to objections, and the recipient's own line of it.
#[derive(Debug)]
pub struct Proposed {
    /// The plan's head.
    pub plan: Plan,
    /// The recipient's own line.
    pub line: Arc<PlanLine>,
    /// The newest change of the line by hand.
    pub adjusted: Option<PlanChange>,
}

impl Source {
    fn sees_proposals(&self, recipient: TerritoryCode) -> bool {
        decide(&self.actor, Action::PlanProposalRead, Place::Territory(recipient)).is_ok()
    }

    fn concerned(&self, row: &Objection) -> Result<bool, Problem> {
        Ok(self.sees_plans(TerritoryCode::parse(&row.holder)?)
            || self.sees_proposals(TerritoryCode::parse(&row.recipient)?))
    }
}

impl Loader<ObjectionBy> for Source {
    type Value = Arc<Objection>;
    type Error = Problem;

    async fn load(&self, keys: &[ObjectionBy]) -> Result<HashMap<ObjectionBy, Arc<Objection>>, Problem> {
        let ids: Vec<Uuid> = keys.iter().map(|key| key.0).collect();
        let mut snapshot = self.reading.snapshot().await?;
        let rows = read::objections::by_id(snapshot.conn(), &ids).await.map_err(Failure::into_problem)?;
        let mut found = HashMap::new();
        for row in rows {
            if self.concerned(&row)? {
                found.insert(ObjectionBy(row.id), Arc::new(row));
            }
        }
        Ok(found)
    }
}

impl Loader<ObjectionsTo> for Source {
    type Value = Arc<Vec<Arc<Objection>>>;
    type Error = Problem;

    async fn load(&self, keys: &[ObjectionsTo]) -> Result<HashMap<ObjectionsTo, Arc<Vec<Arc<Objection>>>>, Problem> {
        let seen: BTreeSet<Uuid> =
            keys.iter().filter(|key| self.sees_plans(key.0.holder)).map(|key| key.0.plan).collect();
        let seen: Vec<Uuid> = seen.into_iter().collect();
        let mut snapshot = self.reading.snapshot().await?;
        let rows = read::objections::of_plans(snapshot.conn(), &seen).await.map_err(Failure::into_problem)?;
        let mut plans = by_id(rows.into_iter().map(Arc::new).collect(), |row: &Arc<Objection>| row.plan_id);
        Ok(keys.iter().map(|key| (*key, Arc::new(plans.remove(&key.0.plan).unwrap_or_default()))).collect())
    }
}

impl Loader<ObjectionsOf> for Source {
    type Value = Arc<Vec<Arc<Objection>>>;
    type Error = Problem;

    async fn load(&self, keys: &[ObjectionsOf]) -> Result<HashMap<ObjectionsOf, Arc<Vec<Arc<Objection>>>>, Problem> {
        let seen: Vec<ObjectionsOf> = keys.iter().copied().filter(|key| self.sees_proposals(key.recipient)).collect();
        if seen.is_empty() {
            return Ok(HashMap::new());
        }
        let rounds: Vec<Uuid> = grouped(&seen, |key| key.round).into_keys().collect();
        let recipients: Vec<String> = grouped(&seen, |key| key.recipient.to_string()).into_keys().collect();
        let mut snapshot = self.reading.snapshot().await?;
        let rows = read::objections::of_recipients(snapshot.conn(), &rounds, &recipients).await;
        let mut of: HashMap<(Uuid, String), Vec<Arc<Objection>>> = HashMap::new();
        for row in rows.map_err(Failure::into_problem)? {
            of.entry((row.round_id, row.recipient.clone())).or_default().push(Arc::new(row));
        }
        let found = |key: ObjectionsOf| {
            let rows = of.remove(&(key.round, key.recipient.to_string())).unwrap_or_default();
            (key, Arc::new(rows))
        };
        Ok(seen.into_iter().map(found).collect())
    }
}

impl Loader<ProposalOf> for Source {
    type Value = Arc<Proposed>;
    type Error = Problem;

    async fn load(&self, keys: &[ProposalOf]) -> Result<HashMap<ProposalOf, Arc<Proposed>>, Problem> {
        let of = |key: &ProposalOf| Some((*key, key.recipient.above()?.to_string()));
        let seen: Vec<(ProposalOf, String)> =
            keys.iter().filter(|key| self.sees_proposals(key.recipient)).filter_map(of).collect();
        if seen.is_empty() {
            return Ok(HashMap::new());
        }
        let rounds: Vec<Uuid> = grouped(&seen, |(key, _)| key.round).into_keys().collect();
        let holders: Vec<String> = grouped(&seen, |(_, holder)| holder.clone()).into_keys().collect();
        let mut snapshot = self.reading.snapshot().await?;
        let conn = snapshot.conn();
        let plans = read::plans_in_force(conn, &rounds, &holders).await.map_err(Failure::into_problem)?;
        let open = |plan: &Plan| {
            plan.kind == Kind::Division.as_str()
                && plan.state == State::Submitted.as_str()
                && plan.objections_until.is_some()
        };
        let plans: HashMap<(Uuid, String), Plan> =
            plans.into_iter().filter(open).map(|plan| ((plan.round_id, plan.holder.clone()), plan)).collect();
        let wanted: Vec<(ProposalOf, &Plan)> =
            seen.iter().filter_map(|(key, holder)| Some((*key, plans.get(&(key.round, holder.clone()))?))).collect();
        let ids: Vec<Uuid> = wanted.iter().map(|(_, plan)| plan.id).collect();
        let recipients: Vec<String> = wanted.iter().map(|(key, _)| key.recipient.to_string()).collect();
        let lines = read::objections::lines_for(conn, &ids, &recipients).await.map_err(Failure::into_problem)?;
        let adjusted = read::adjustments_of(conn, &ids).await.map_err(Failure::into_problem)?;
        let lines: HashMap<(Uuid, String), Arc<PlanLine>> =
            lines.into_iter().map(|line| ((line.plan_id, line.recipient.clone()), Arc::new(line))).collect();
        let mut found = HashMap::new();
        for (key, plan) in wanted {
            let place = (plan.id, key.recipient.to_string());
            let Some(line) = lines.get(&place) else { continue };
            let own = |change: &&PlanChange| change.plan_id == place.0 && change.recipient.as_ref() == Some(&place.1);
            let adjusted = adjusted.iter().find(own).cloned();
            found.insert(key, Arc::new(Proposed { plan: plan.clone(), line: Arc::clone(line), adjusted }));
        }
        Ok(found)
    }
}
