//! A round of the past as the ground of a what-if: its places, what they really got, what they had before.
use allocation_store::{
    read::past as read,
    rows::{PastLine, PastRound},
};
use domain::{BusinessDay, Problem, TerritoryCode, error, rule::Unit};
use platform::{db::Session, failure::Result};
use std::collections::{BTreeMap, HashMap};
use uuid::Uuid;

/// One place.
#[derive(Debug)]
pub(super) struct PastPlace {
    /// As the publication names it.
    pub code: String,
    /// For people.
    pub name: String,
    /// What it really got in the round, all parts; below zero: it handed over to others.
    pub doses: i64,
    /// What it had got before, of the same publication and product; below zero as above.
    pub before: i64,
}

/// A round of the past.
#[derive(Debug)]
pub(super) struct Past {
    round: PastRound,
    /// In code order; empty when the figures are of the nation as a whole.
    places: Vec<PastPlace>,
    doses: i64,
}

impl Past {
    /// Reads it; `None` when there is none with this id.
    ///
    /// # Errors
    /// The database's.
    pub(super) async fn read(conn: &mut Session, id: Uuid) -> Result<Option<Self>> {
        let Some(round) = read::past_rounds_by_id(conn, &[id]).await?.into_iter().next() else { return Ok(None) };
        let lines = read::past_lines(conn, &[id]).await?;
        let before = read::past_doses_before(conn, &round).await?;
        Ok(Some(Self::of(round, lines, &before.into_iter().collect())))
    }

    fn of(round: PastRound, lines: Vec<PastLine>, before: &HashMap<String, i64>) -> Self {
        let mut places: BTreeMap<String, PastPlace> = BTreeMap::new();
        for PastLine { place, name, doses, .. } in lines {
            let before = before.get(&place).copied().unwrap_or(0);
            let code = place.clone();
            let known = places.entry(place).or_insert(PastPlace { code, name, doses: 0, before });
            known.doses = known.doses.saturating_add(doses);
        }
        let doses = places.values().fold(0_i64, |sum, place| sum.saturating_add(place.doses));
        let is_national = places.keys().all(|code| *code == TerritoryCode::NATION.to_string());
        let places = if is_national { Vec::new() } else { places.into_values().collect() };
        Self { round, places, doses }
    }

    /// Its places; none when what was published is of the nation as a whole.
    pub(super) fn places(&self) -> &[PastPlace] {
        &self.places
    }

    /// The first of the days that it covers: nothing newer was known when it was decided.
    pub(super) fn day(&self) -> BusinessDay {
        BusinessDay::from_date(self.round.day)
    }

    /// Where the figures come from.
    pub(super) fn source(&self) -> &str {
        &self.round.source
    }

    /// A box, counted in doses as the publication counts: one dose for a vial. Single doses where it names no box.
    pub(super) fn unit(&self) -> Unit {
        Unit { vials: self.round.pack_doses.map_or(1, i64::from), doses_per_vial: 1 }
    }

    /// Whole boxes of all its doses.
    ///
    /// # Errors
    /// `allocation.past_round_gave_nothing` when more was handed over than given.
    pub(super) fn supply_units(&self) -> std::result::Result<i64, Problem> {
        if self.doses < 0 {
            let problem = Problem::new(&error::ALLOCATION_PAST_ROUND_GAVE_NOTHING);
            return Err(problem.with("doses", &self.doses.to_string()));
        }
        Ok(self.boxes(self.doses))
    }

    /// Whole boxes that each place had before; never below zero, since nobody can be given fewer.
    pub(super) fn given_before(&self) -> impl Iterator<Item = (&str, i64)> {
        self.places.iter().map(|place| (place.code.as_str(), self.boxes(place.before).max(0)))
    }

    /// The boxes that each place really got; a place whose doses are no whole boxes has none.
    pub(super) fn in_force(&self) -> HashMap<String, i64> {
        let pack = self.unit().vials.max(1);
        let whole = self.places.iter().filter(|place| place.doses % pack == 0);
        whole.map(|place| (place.code.clone(), place.doses / pack)).collect()
    }

    fn boxes(&self, doses: i64) -> i64 {
        doses / self.unit().vials.max(1)
    }
}
