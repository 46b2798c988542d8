//! Importing municipal populations: figures that doses are divided by.
use super::permit;
use crate::facts;
use domain::{FieldError, Problem, TerritoryCode, error, policy::Action, territory::Tier};
use identity_store::{rows, write};
use platform::{Db, OpCtx, Tx, audit, failure::Result, opctx::new_id};
use std::collections::BTreeMap;

/// One figure as a census file gives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CensusFigure {
    /// Line in the file.
    pub line: u64,
    /// Five digits: prefecture and municipality, without check digit, as of the census.
    pub code5: String,
    /// The six-digit code of today, if the file knows it: of a municipality, or of a city's ward.
    pub current_code: Option<String>,
    /// Persons.
    pub persons: i64,
}

/// What an import did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Imported {
    /// Municipalities with a figure.
    pub municipalities: usize,
    /// Sum of all figures.
    pub persons: i64,
    /// Municipalities without one: a plan by population will refuse and name them.
    pub missing: Vec<TerritoryCode>,
}

/// Sums the figures of wards into their cities and of predecessors into their successors, and writes
/// one `total` per municipality. All or nothing.
///
/// # Errors
/// `auth.forbidden`; `request.invalid` with one error per figure that belongs to no municipality; the
/// database's.
pub async fn import(
    db: &Db,
    ctx: &OpCtx,
    figures: &[CensusFigure],
    as_of: chrono::NaiveDate,
    source: &str,
) -> Result<Imported> {
    let permit = permit(ctx, Action::FacilityImport)?;
    let sums = sums(figures)?;
    let row = |(territory, persons): (&TerritoryCode, &i64)| rows::Population {
        territory: territory.to_string(),
        band: "total".to_owned(),
        as_of,
        persons: *persons,
        source: source.to_owned(),
    };
    let rows: Vec<rows::Population> = sums.iter().map(row).collect();
    let entry = audit::Entry { target: "reference/population".to_owned(), cause: new_id(), reason: None };
    let mut tx = Tx::begin(db, ctx, &[(&permit, entry)]).await?;
    let written = write::populations(&mut tx, &rows).await.map_err(platform::Failure::from);
    tx.finish(written).await?;
    let municipalities =
        facts::territories().values().filter(|fact| !fact.is_point() && fact.code.tier() == Tier::Municipality);
    Ok(Imported {
        municipalities: sums.len(),
        persons: sums.values().sum(),
        missing: municipalities.map(|fact| fact.code).filter(|code| !sums.contains_key(code)).collect(),
    })
}

fn sums(figures: &[CensusFigure]) -> Result<BTreeMap<TerritoryCode, i64>> {
    let mut sums: BTreeMap<TerritoryCode, i64> = BTreeMap::new();
    let mut errors = Vec::new();
    for figure in figures {
        match municipality(figure) {
            Ok(code) => {
                let sum = sums.entry(code).or_default();
                *sum = sum.saturating_add(figure.persons);
            }
            Err(problem) => errors.push(problem.at(&format!("line {}", figure.line))),
        }
    }
    if errors.is_empty() {
        return Ok(sums);
    }
    errors.sort_by(|a: &FieldError, b| a.path.cmp(&b.path));
    Err(Problem::of_fields(&error::REQUEST_INVALID, errors).into())
}

/// The municipality of today that a figure belongs to.
fn municipality(figure: &CensusFigure) -> std::result::Result<TerritoryCode, Problem> {
    let successor = facts::successor(&figure.code5).map(|code| code.to_string());
    let code = figure.current_code.clone().or(successor).unwrap_or_else(|| figure.code5.clone());
    let found = TerritoryCode::parse(&code)?;
    let fact = facts::territories().get(&found);
    let fact = fact.ok_or_else(|| Problem::new(&error::TERRITORY_NOT_FOUND).with("code", &code))?;
    match (fact.kind, fact.parent) {
        ("city_ward", Some(city)) => Ok(city),
        _ if fact.is_point() || found.tier() != Tier::Municipality => {
            Err(Problem::new(&error::TERRITORY_NOT_FOUND).with("code", &code))
        }
        _ => Ok(found),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figure(code5: &str, current: Option<&str>, persons: i64) -> CensusFigure {
        CensusFigure { line: 2, code5: code5.to_owned(), current_code: current.map(str::to_owned), persons }
    }

    #[test]
    fn wards_and_predecessors_count_where_they_belong() {
        let sums = sums(&[
            figure("01101", Some("011011"), 10),
            figure("01102", Some("011029"), 20),
            figure("09203", Some("092037"), 100),
            figure("09321", None, 5),
            figure("43201", None, 7),
        ])
        .unwrap();
        let at = |code: &str| sums[&TerritoryCode::parse(code).unwrap()];
        assert_eq!((at("011002"), at("092037"), at("431001"), sums.len()), (30, 105, 7, 3));
    }

    #[test]
    fn a_figure_that_belongs_nowhere_is_named() {
        let refused = sums(&[figure("99999", None, 1), figure("13000", Some("130001"), 1)]).unwrap_err().into_problem();
        assert_eq!((refused.code.code, refused.errors.len()), ("request.invalid", 2));
    }
}
