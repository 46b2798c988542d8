//! Sums of territories, as far as the caller may see their figures: a municipality's row as it
//! stands, prefectures and the nation added up from the municipalities' rows of the day.
use super::{Source, grouped};
use async_graphql::dataloader::Loader;
use capacity_store::{read, rows::Aggregate};
use domain::{BusinessDay, Problem, TerritoryCode, policy::Scope, territory::Tier, time::Instant};
use platform::failure::Failure;
use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

/// A territory's figures of a day.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CapacityKey {
    /// Which territory.
    pub territory: TerritoryCode,
    /// Which day.
    pub day: BusinessDay,
    /// Which form.
    pub form: String,
}

/// Rows of sums added up.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sums {
    /// Facilities with the duty.
    pub due: i64,
    /// Of those, how many reported.
    pub reported: i64,
    /// Of the others, how many have an older report.
    pub carried: i64,
    /// By `form_item.slot`.
    pub cells: Vec<i64>,
    /// Oldest moment behind the sums.
    pub oldest: Option<Instant>,
    /// Newest moment behind the sums.
    pub newest: Option<Instant>,
}

impl Sums {
    /// Adds a municipality's row.
    fn add(&mut self, row: &Aggregate) -> Result<(), Problem> {
        let overflow = || Failure::internal(format!("sums overflow at {}", row.municipality)).into_problem();
        let add = |left: i64, right: i64| left.checked_add(right).ok_or_else(overflow);
        self.due = add(self.due, i64::from(row.due))?;
        self.reported = add(self.reported, i64::from(row.reported))?;
        self.carried = add(self.carried, i64::from(row.carried))?;
        // rows of an older, shorter version of the form count as zeros
        if self.cells.len() < row.sums.len() {
            self.cells.resize(row.sums.len(), 0);
        }
        for (cell, sum) in self.cells.iter_mut().zip(&row.sums) {
            *cell = add(*cell, *sum)?;
        }
        self.oldest = self.oldest.into_iter().chain(row.as_of_oldest).min();
        self.newest = self.newest.into_iter().chain(row.as_of_newest).max();
        Ok(())
    }
}

/// The territories whose sums a municipality's row belongs to.
fn above(municipality: TerritoryCode) -> impl Iterator<Item = TerritoryCode> {
    [Some(municipality), municipality.prefecture(), Some(TerritoryCode::NATION)].into_iter().flatten()
}

/// Adds rows up for each of the territories that `scope` may see. One without a row stays out: its
/// day was never opened.
fn add_up(
    scope: &Scope,
    wanted: &[TerritoryCode],
    rows: &[Aggregate],
) -> Result<HashMap<TerritoryCode, Sums>, Problem> {
    let wanted: HashSet<TerritoryCode> = wanted.iter().copied().filter(|code| scope.sees_figures(*code)).collect();
    let mut sums: HashMap<TerritoryCode, Sums> = HashMap::new();
    for row in rows {
        let municipality = TerritoryCode::parse(&row.municipality)?;
        debug_assert_eq!(municipality.tier(), Tier::Municipality);
        for territory in above(municipality).filter(|code| wanted.contains(code)) {
            sums.entry(territory).or_default().add(row)?;
        }
    }
    Ok(sums)
}

impl Loader<CapacityKey> for Source {
    type Value = Arc<Sums>;
    type Error = Problem;

    async fn load(&self, keys: &[CapacityKey]) -> Result<HashMap<CapacityKey, Arc<Sums>>, Problem> {
        let mut found = HashMap::new();
        let mut snapshot = self.reading.snapshot().await?;
        for ((day, form), keys) in grouped(keys, |key| (key.day, key.form.clone())) {
            let wanted: Vec<TerritoryCode> = keys.iter().map(|key| key.territory).collect();
            let rows = read::aggregates(snapshot.conn(), &self.scope, &wanted, &form, day.date())
                .await
                .map_err(Failure::into_problem)?;
            let mut sums = add_up(&self.scope, &wanted, &rows)?;
            let sum = |key: CapacityKey| sums.remove(&key.territory).map(|sum| (key, Arc::new(sum)));
            found.extend(keys.into_iter().filter_map(sum));
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{
        policy::{Actor, Place, Role},
        time::parse_instant,
    };

    fn code(text: &str) -> TerritoryCode {
        TerritoryCode::parse(text).unwrap()
    }

    fn row(municipality: &str, due: i32, sums: &[i64], as_of: Option<&str>) -> Aggregate {
        let as_of = as_of.map(|text| parse_instant(text).unwrap());
        Aggregate {
            municipality: municipality.into(),
            business_day: BusinessDay::parse("2021-04-05").unwrap().date(),
            form: "daily".into(),
            due,
            reported: 1,
            carried: 0,
            sums: sums.to_vec(),
            as_of_oldest: as_of,
            as_of_newest: as_of,
            version: 1,
        }
    }

    fn rows() -> Vec<Aggregate> {
        vec![
            row("131016", 3, &[5, 1], Some("2021-04-05T03:00:00Z")),
            row("131024", 2, &[7], None),
            row("141003", 4, &[1, 1, 9], Some("2021-04-05T02:00:00Z")),
        ]
    }

    fn scope(role: Role, home: &str) -> Scope {
        Scope::of(&Actor { role, home: Place::Territory(code(home)), ..Actor::public() })
    }

    #[test]
    fn every_tier_is_the_sum_of_its_municipalities() {
        let wanted = [code("000000"), code("130001"), code("131024"), code("270008")];
        let sums = add_up(&scope(Role::Ministry, "000000"), &wanted, &rows()).unwrap();
        assert_eq!(sums.len(), 3, "Osaka's day was never opened");
        let nation = &sums[&code("000000")];
        assert_eq!((nation.due, nation.cells.as_slice()), (9, [13, 2, 9].as_slice()));
        assert_eq!(nation.oldest, Some(parse_instant("2021-04-05T02:00:00Z").unwrap()));
        assert_eq!(nation.newest, Some(parse_instant("2021-04-05T03:00:00Z").unwrap()));
        let tokyo = &sums[&code("130001")];
        assert_eq!((tokyo.due, tokyo.cells.as_slice()), (5, [12, 1].as_slice()));
        assert_eq!(sums[&code("131024")].oldest, None);
    }

    #[test]
    fn rows_read_for_a_wider_territory_do_not_open_a_narrower_one() {
        let wanted = [code("130001"), code("131016")];
        let sums = add_up(&scope(Role::Prefecture, "140007"), &wanted, &rows()).unwrap();
        assert_eq!(sums.keys().copied().collect::<Vec<_>>(), [code("130001")]);
    }

    #[test]
    fn an_overflow_is_a_failure_not_a_wrong_sum() {
        let rows = [row("131016", 1, &[i64::MAX], None), row("131024", 1, &[1], None)];
        let failed = add_up(&scope(Role::Ministry, "000000"), &[code("130001")], &rows).unwrap_err();
        assert_eq!(failed.code.code, "service.internal");
    }
}
