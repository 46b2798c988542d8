//! How even a share came out, in whole numbers.
use crate::{
    loader::{AllRounds, HoldingsOf, SupplyOf, TotalPopulations},
    scalars::Count,
    session::Session,
    types::unknown,
};
use allocation_store::rows;
use async_graphql::SimpleObject;
use domain::{
    BusinessDay, Problem, TerritoryCode,
    fairness::{self, Line},
    territory::Tier,
};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// Figures of fairness. Coverage of a line is its units by its weight. Shares are parts per million,
/// deviations thousandths of a unit, both rounded half up; a figure is null when there is nothing to
/// divide by.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
pub struct Fairness {
    /// What the weight counts: an indicator, or the expression of the rule's main part.
    pub basis: String,
    /// Lines in all.
    pub lines: Count,
    /// Lines of weight 0; they have no coverage and are left out of the indices.
    pub lines_without_weight: Count,
    /// Units given.
    pub given: Count,
    /// Units that nobody got.
    pub reserve: Count,
    /// The reserve by everything there was, parts per million.
    pub reserve_ppm: Option<Count>,
    /// Gini index of coverage, each line counted by its weight, parts per million: 0 is the same coverage
    /// everywhere.
    pub gini_ppm: Option<Count>,
    /// Jain's index of coverage by weight, parts per million: 1,000,000 is the same coverage everywhere.
    pub jain_ppm: Option<Count>,
    /// The lowest coverage, millionths of a unit per weight.
    pub min_coverage_ppm: Option<Count>,
    /// The highest coverage, millionths of a unit per weight.
    pub max_coverage_ppm: Option<Count>,
    /// The lowest by the highest, parts per million.
    pub coverage_ratio_ppm: Option<Count>,
    /// Sum of the deviations from the exact share, thousandths of a unit.
    pub sum_abs_deviation_milli: Option<Count>,
    /// The largest deviation from the exact share, thousandths of a unit.
    pub max_abs_deviation_milli: Option<Count>,
    /// Lines that are off their exact share by a unit or more.
    pub lines_off_by_a_unit_or_more: Option<Count>,
    /// Lines that a cap kept from more.
    pub lines_at_cap: Count,
    /// Lines that a floor lifted.
    pub lines_at_floor: Count,
}

impl Fairness {
    /// As it is stored: the figures, and what they are measured by.
    ///
    /// # Errors
    /// `service.internal` when it cannot be read.
    pub fn read(stored: &Value) -> Result<Self, Problem> {
        let mut figures = stored.clone();
        let basis = figures.as_object_mut().and_then(|fields| fields.remove("basis"));
        let basis = basis.as_ref().and_then(Value::as_str).unwrap_or_default().to_owned();
        let figures =
            serde_json::from_value(figures).map_err(|_| unknown("figures of fairness", &stored.to_string()))?;
        Ok(Self::of(basis, figures))
    }

    fn of(basis: String, figures: fairness::Fairness) -> Self {
        let fairness::Fairness {
            lines,
            lines_without_weight,
            given,
            reserve,
            reserve_ppm,
            gini_ppm,
            jain_ppm,
            min_coverage_ppm,
            max_coverage_ppm,
            coverage_ratio_ppm,
            sum_abs_deviation_milli,
            max_abs_deviation_milli,
            lines_off_by_a_unit_or_more,
            lines_at_cap,
            lines_at_floor,
        } = figures;
        Self {
            basis,
            lines: Count(lines),
            lines_without_weight: Count(lines_without_weight),
            given: Count(given),
            reserve: Count(reserve),
            reserve_ppm: reserve_ppm.map(Count),
            gini_ppm: gini_ppm.map(Count),
            jain_ppm: jain_ppm.map(Count),
            min_coverage_ppm: min_coverage_ppm.map(Count),
            max_coverage_ppm: max_coverage_ppm.map(Count),
            coverage_ratio_ppm: coverage_ratio_ppm.map(Count),
            sum_abs_deviation_milli: sum_abs_deviation_milli.map(Count),
            max_abs_deviation_milli: max_abs_deviation_milli.map(Count),
            lines_off_by_a_unit_or_more: lines_off_by_a_unit_or_more.map(Count),
            lines_at_cap: Count(lines_at_cap),
            lines_at_floor: Count(lines_at_floor),
        }
    }

    /// What the territories of a level were granted in a round, or (`cumulative`) in it and all earlier
    /// rounds of its programme, product and stream, in vials, measured by total population. `None` for those
    /// to whom the nation's plans are not open.
    ///
    /// # Errors
    /// The coded problem of a read; those of [`fairness::measure`].
    pub async fn of_round(
        session: &Session,
        round: &rows::Round,
        tier: Tier,
        cumulative: bool,
    ) -> Result<Option<Self>, Problem> {
        let loaders = &session.loaders;
        let mut rounds: Vec<Uuid> = vec![round.id];
        if cumulative {
            let all = loaders.one(AllRounds).await?.unwrap_or_default();
            let same = |other: &rows::Round| {
                (&other.programme, &other.product, &other.stream) == (&round.programme, &round.product, &round.stream)
            };
            rounds.extend(all.iter().filter(|other| same(other) && other.number < round.number).map(|other| other.id));
        }
        let (mut granted, mut supply): (BTreeMap<TerritoryCode, i64>, i64) = (BTreeMap::new(), 0);
        for round in rounds {
            // who does not see the nation's plans sees no supply
            let Some(vials) = loaders.one(SupplyOf(round)).await? else { return Ok(None) };
            supply = supply.saturating_add(vials);
            let holdings = loaders.one(HoldingsOf(round)).await?.unwrap_or_default();
            for (code, holding) in holdings.iter().filter(|(code, _)| code.tier() == tier) {
                let sum = granted.entry(*code).or_default();
                *sum = sum.saturating_add(holding.granted_vials);
            }
        }
        let populations = loaders.one(TotalPopulations(BusinessDay::at(session.op.now))).await?.unwrap_or_default();
        let weights = weights(&populations, tier);
        let codes: BTreeSet<TerritoryCode> = weights.keys().chain(granted.keys()).copied().collect();
        let line = |code: &TerritoryCode| Line {
            weight: weights.get(code).copied().unwrap_or(0),
            units: granted.get(code).copied().unwrap_or(0),
            ..Line::default()
        };
        let lines: Vec<Line> = codes.iter().map(line).collect();
        let given = lines.iter().fold(0_i64, |sum, line| sum.saturating_add(line.units));
        let measured = fairness::measure(&lines, supply.saturating_sub(given).max(0))?;
        Ok(Some(Self::of("population_total".to_owned(), measured)))
    }
}

/// People of each territory of a level; a prefecture's are those of its municipalities, where they are known.
fn weights(populations: &BTreeMap<TerritoryCode, i64>, tier: Tier) -> BTreeMap<TerritoryCode, i64> {
    let own = |tier: Tier| populations.iter().filter(move |(code, _)| code.tier() == tier);
    if tier != Tier::Prefecture || own(Tier::Municipality).next().is_none() {
        return own(tier).map(|(code, persons)| (*code, *persons)).collect();
    }
    let mut sums: BTreeMap<TerritoryCode, i64> = own(Tier::Prefecture).map(|(code, _)| (*code, 0)).collect();
    for (code, persons) in own(Tier::Municipality) {
        if let Some(prefecture) = code.prefecture() {
            let sum = sums.entry(prefecture).or_default();
            *sum = sum.saturating_add(*persons);
        }
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn stored_figures_are_read_whole() {
        let measured = fairness::measure(&[Line { weight: 2, units: 1, ..Line::default() }], 3).unwrap();
        let mut stored = serde_json::to_value(measured).unwrap();
        stored["basis"] = json!("wish_vials");
        let read = Fairness::read(&stored).unwrap();
        assert_eq!((read.basis.as_str(), read.given, read.reserve), ("wish_vials", Count(1), Count(3)));
        stored["lines"] = json!("many");
        assert_eq!(Fairness::read(&stored).unwrap_err().code.code, "service.internal");
    }

    #[test]
    fn a_prefecture_weighs_what_its_municipalities_do() {
        let code = |text: &str| TerritoryCode::parse(text).unwrap();
        let mut populations = BTreeMap::from([(code("310000"), 9), (code("312011"), 5), (code("312029"), 6)]);
        assert_eq!(weights(&populations, Tier::Prefecture), BTreeMap::from([(code("310000"), 11)]));
        assert_eq!(weights(&populations, Tier::Municipality).len(), 2);
        populations.retain(|code, _| code.tier() == Tier::Prefecture);
        assert_eq!(weights(&populations, Tier::Prefecture), BTreeMap::from([(code("310000"), 9)]));
    }
}
