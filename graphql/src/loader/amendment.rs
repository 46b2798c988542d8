//! Amendments: one's own, and those of the levels below.
use super::{PlanKey, Source, by_id, grouped};
use allocation_store::{
    read,
    rows::{Amendment, AmendmentLine},
};
use async_graphql::dataloader::Loader;
use domain::{Problem, TerritoryCode, territory::Tier};
use platform::failure::Failure;
use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};
use uuid::Uuid;

/// An amendment by its id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct AmendmentBy(pub Uuid);

/// The newest amendments of a round that the caller may see, newest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct AmendmentsIn {
    /// Of which round.
    pub round: Uuid,
    /// At most so many.
    pub limit: i64,
}

/// The amendments of a division, newest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct AmendmentsOf(pub PlanKey);

/// The lines of an amendment, and whose it is: permission is decided by that.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct AmendmentLinesOf {
    /// Which amendment.
    pub amendment: Uuid,
    /// Whose.
    pub holder: TerritoryCode,
}

impl Source {
    fn seen(&self, rows: Vec<Amendment>) -> Result<Vec<Arc<Amendment>>, Problem> {
        let mut seen = Vec::with_capacity(rows.len());
        for row in rows {
            if self.sees_plans(TerritoryCode::parse(&row.holder)?) {
                seen.push(Arc::new(row));
            }
        }
        Ok(seen)
    }

    /// How the codes of all holders begin whose plans the caller may see.
    fn own_codes(&self) -> String {
        let home = self.actor.home.territory();
        match home.tier() {
            Tier::Nation => String::new(),
            Tier::Prefecture => format!("{:02}", home.prefecture_number()),
            Tier::Municipality => home.to_string(),
        }
    }
}

impl Loader<AmendmentBy> for Source {
    type Value = Arc<Amendment>;
    type Error = Problem;

    async fn load(&self, keys: &[AmendmentBy]) -> Result<HashMap<AmendmentBy, Arc<Amendment>>, Problem> {
        let ids: Vec<Uuid> = keys.iter().map(|key| key.0).collect();
        let mut snapshot = self.reading.snapshot().await?;
        let rows = read::amendments::amendments_by_id(snapshot.conn(), &ids).await.map_err(Failure::into_problem)?;
        Ok(self.seen(rows)?.into_iter().map(|row| (AmendmentBy(row.id), row)).collect())
    }
}

impl Loader<AmendmentsIn> for Source {
    type Value = Arc<Vec<Arc<Amendment>>>;
    type Error = Problem;

    async fn load(&self, keys: &[AmendmentsIn]) -> Result<HashMap<AmendmentsIn, Arc<Vec<Arc<Amendment>>>>, Problem> {
        let (mut found, begins) = (HashMap::new(), self.own_codes());
        let mut snapshot = self.reading.snapshot().await?;
        for (limit, keys) in grouped(keys, |key| key.limit) {
            let rounds: Vec<Uuid> = keys.iter().map(|key| key.round).collect();
            let rows = read::amendments::amendments_in(snapshot.conn(), &rounds, &begins, limit).await;
            let rows = self.seen(rows.map_err(Failure::into_problem)?)?;
            let mut rounds = by_id(rows, |row| row.round_id);
            found.extend(keys.into_iter().map(|key| (key, Arc::new(rounds.remove(&key.round).unwrap_or_default()))));
        }
        Ok(found)
    }
}

impl Loader<AmendmentsOf> for Source {
    type Value = Arc<Vec<Arc<Amendment>>>;
    type Error = Problem;

    async fn load(&self, keys: &[AmendmentsOf]) -> Result<HashMap<AmendmentsOf, Arc<Vec<Arc<Amendment>>>>, Problem> {
        let plans: BTreeSet<Uuid> =
            keys.iter().filter(|key| self.sees_plans(key.0.holder)).map(|key| key.0.plan).collect();
        let plans: Vec<Uuid> = plans.into_iter().collect();
        let mut snapshot = self.reading.snapshot().await?;
        let rows = read::amendments::amendments_of_plans(snapshot.conn(), &plans).await;
        let rows = self.seen(rows.map_err(Failure::into_problem)?)?;
        let mut plans = by_id(rows, |row| row.plan_id.unwrap_or_default());
        Ok(keys.iter().map(|key| (*key, Arc::new(plans.remove(&key.0.plan).unwrap_or_default()))).collect())
    }
}

impl Loader<AmendmentLinesOf> for Source {
    type Value = Arc<Vec<AmendmentLine>>;
    type Error = Problem;

    async fn load(
        &self,
        keys: &[AmendmentLinesOf],
    ) -> Result<HashMap<AmendmentLinesOf, Arc<Vec<AmendmentLine>>>, Problem> {
        let seen: BTreeSet<Uuid> =
            keys.iter().filter(|key| self.sees_plans(key.holder)).map(|key| key.amendment).collect();
        let seen: Vec<Uuid> = seen.into_iter().collect();
        let mut snapshot = self.reading.snapshot().await?;
        let rows = read::amendments::amendment_lines(snapshot.conn(), &seen).await.map_err(Failure::into_problem)?;
        let mut lines = by_id(rows, |row| row.amendment_id);
        Ok(keys.iter().map(|key| (*key, Arc::new(lines.remove(&key.amendment).unwrap_or_default()))).collect())
    }
}
