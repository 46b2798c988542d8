//! Made-up wholesalers of a training instance: forty companies with some five hundred branches, whose
//! areas are named in advance and dated, and what the maker has brought to their depots. The same at
//! every run.
use crate::{
    home::Home,
    round::{BOXES, dice, municipalities},
    seed::service_secret,
};
use chrono::NaiveDate;
use distribution::app::register_wholesalers::register_wholesalers;
use distribution_store::{read, rows};
use domain::policy::Role;
use domain::{BranchCode, TerritoryCode, WholesalerCode};
use identity::{
    app::issue_accounts::{Credential, NewAccount, issue_accounts},
    facts,
};
use platform::{OpCtx, clock::Clock, failure::Result};
use std::collections::BTreeMap;

/// Companies.
pub const COMPANIES: u8 = 40;
/// Product group of the areas.
pub const GROUP: &str = "covid19";
/// One municipality in so many changes its branch on a named day.
const CHANGES_ONE_IN: i64 = 50;

/// A branch of a company.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MadeUpBranch {
    /// Code.
    pub code: BranchCode,
    /// Prefecture it serves.
    pub prefecture: TerritoryCode,
    /// Name, Japanese.
    pub ja: String,
    /// Name, English.
    pub en: String,
}

/// Which branch serves a municipality, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MadeUpArea {
    /// Municipality.
    pub municipality: TerritoryCode,
    /// Branch.
    pub branch: BranchCode,
    /// From this day on.
    pub from: NaiveDate,
    /// Until the day before this one; open when absent.
    pub to: Option<NaiveDate>,
}

/// All companies.
pub fn companies() -> impl Iterator<Item = WholesalerCode> {
    (1..=COMPANIES).filter_map(WholesalerCode::of)
}

/// The two companies of a prefecture, spread over the country.
fn of_prefecture(number: u32) -> Vec<WholesalerCode> {
    let companies = u32::from(COMPANIES);
    let first = number.saturating_sub(1) * companies / 47;
    [first, (first + 1) % companies]
        .into_iter()
        .filter_map(|index| u8::try_from(index + 1).ok().and_then(WholesalerCode::of))
        .collect()
}

/// The branches of all companies, in order of their codes.
#[must_use]
pub fn branches() -> Vec<MadeUpBranch> {
    let mut next: BTreeMap<WholesalerCode, u8> = BTreeMap::new();
    let mut branches = Vec::new();
    for number in 1..=47 {
        let prefecture = TerritoryCode::of_prefecture(number);
        let fact = facts::territories().get(&prefecture);
        let (ja, en) = fact.map_or(("", ""), |fact| (fact.name, fact.name_en.unwrap_or(fact.name)));
        for company in of_prefecture(number) {
            let count = 4 + dice(&format!("branches/{company}/{prefecture}"), 4);
            for place in 1..=count {
                let number = next.entry(company).or_insert(1);
                let Some(code) = BranchCode::of(company, *number) else { continue };
                *number += 1;
                let (ja, en) = (
                    format!("卸{company} {ja}第{place}支店（訓練）"),
                    format!("{company} {en} branch {place} (training)"),
                );
                branches.push(MadeUpBranch { code, prefecture, ja, en });
            }
        }
    }
    branches.sort_by_key(|branch| branch.code);
    branches
}

/// The areas of all municipalities: most for good, a few with a dated change.
#[must_use]
pub fn areas() -> Vec<MadeUpArea> {
    let mut by_prefecture: BTreeMap<TerritoryCode, Vec<BranchCode>> = BTreeMap::new();
    for branch in branches() {
        by_prefecture.entry(branch.prefecture).or_default().push(branch.code);
    }
    let day = |month, day| NaiveDate::from_ymd_opt(2021, month, day).unwrap_or_default();
    let (start, change) = (day(2, 1), day(7, 1));
    let mut areas = Vec::new();
    for municipality in municipalities() {
        let own = municipality.prefecture().and_then(|at| by_prefecture.get(&at)).cloned().unwrap_or_default();
        let pick = |what: &str| {
            let lot = dice(&format!("area/{what}/{municipality}"), i64::try_from(own.len()).unwrap_or(1));
            usize::try_from(lot).ok().and_then(|lot| own.get(lot).copied())
        };
        let Some(branch) = pick("first") else { continue };
        let changes = dice(&format!("area/changes/{municipality}"), CHANGES_ONE_IN) == 0;
        let second = pick("second").filter(|second| changes && *second != branch);
        areas.push(MadeUpArea { municipality, branch, from: start, to: second.map(|_| change) });
        areas.extend(second.map(|branch| MadeUpArea { municipality, branch, from: change, to: None }));
    }
    areas
}

/// Name of a company's service account, and of what its broker password is derived from.
#[must_use]
pub fn account_name(company: WholesalerCode) -> String {
    format!("wholesaler-{}", company.to_string().to_lowercase())
}

/// Packs for each company's depot: what the prefectures that it serves would get of the round by
/// population, each company as if it served them alone.
#[must_use]
pub fn packs() -> BTreeMap<WholesalerCode, i64> {
    let persons = facts::populations().into_iter().filter(|population| population.band == "total");
    let persons: BTreeMap<TerritoryCode, i64> =
        persons.map(|population| (population.territory, population.persons)).collect();
    let all: i64 = persons.values().sum();
    let mut packs = BTreeMap::new();
    for number in 1..=47 {
        let own = persons.get(&TerritoryCode::of_prefecture(number)).copied().unwrap_or(0);
        for company in of_prefecture(number) {
            // a fifth more, since the round goes by wishes as well
            *packs.entry(company).or_insert(10) += BOXES * own * 6 / 5 / all.max(1);
        }
    }
    packs
}

/// Registers companies, branches and areas, and makes each company's service account, unless there are
/// companies already.
///
/// # Errors
/// The database's.
pub async fn register(home: &Home) -> Result<()> {
    let db = home.pool("distribution_app", "distribution")?;
    if !read::wholesalers(&mut *db.read().await?).await?.is_empty() {
        return Ok(());
    }
    let ctx = OpCtx::system("seed", &Clock::load(&db).await?);
    let company = |code: WholesalerCode| rows::Wholesaler {
        code: code.to_string(),
        ja: format!("卸{code}（訓練）"),
        en: format!("Wholesaler {code} (training)"),
        synthetic: true,
    };
    let branch = |branch: MadeUpBranch| rows::Branch {
        code: branch.code.to_string(),
        wholesaler: branch.code.wholesaler().to_string(),
        ja: branch.ja,
        en: branch.en,
        prefecture: branch.prefecture.to_string(),
    };
    let area = |area: MadeUpArea| rows::Area {
        municipality: area.municipality.to_string(),
        product_group: GROUP.to_owned(),
        branch: area.branch.to_string(),
        valid_from: area.from,
        valid_to: area.to,
    };
    let wholesalers: Vec<_> = companies().map(company).collect();
    let branches: Vec<_> = branches().into_iter().map(branch).collect();
    let areas: Vec<_> = areas().into_iter().map(area).collect();
    register_wholesalers(&db, &ctx, &wholesalers, &branches, &areas).await?;
    let identity = home.pool("identity_app", "identity")?;
    issue_accounts(&identity, &ctx, companies().map(|company| account(home, company)).collect()).await?;
    Ok(())
}

fn account(home: &Home, company: WholesalerCode) -> NewAccount {
    let name = account_name(company);
    NewAccount {
        role: Role::Wholesaler,
        territory: TerritoryCode::NATION,
        facility: None,
        partner: Some(company.to_string()),
        organisation_kind: "wholesaler",
        organisation_name: format!("卸{company}（訓練）"),
        organisation_name_en: format!("Wholesaler {company} (training)"),
        credential: Credential::Secret(service_secret(home, &name)),
        name,
    }
}

/// Vials of one lot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MadeUpLot {
    /// Number.
    pub lot: String,
    /// Last day of use.
    pub expiry: NaiveDate,
    /// Vials.
    pub vials: i64,
}

/// What the maker has brought to a company's depot: three lots, each a third of `packs` packs.
#[must_use]
pub fn inbound(company: WholesalerCode, packs: i64, pack_vials: i64) -> Vec<MadeUpLot> {
    let lot = |place: i64| {
        let number = 1 + (dice(&format!("lot/{company}"), 7) + place) % 9;
        let month = u32::try_from(7 + (number - 1) / 3).unwrap_or(7);
        MadeUpLot {
            lot: format!("EX{number:04}"),
            expiry: NaiveDate::from_ymd_opt(2021, month, 31)
                .or(NaiveDate::from_ymd_opt(2021, month, 30))
                .unwrap_or_default(),
            vials: (packs + 2 - place) / 3 * pack_vials,
        }
    };
    (0..3).map(lot).filter(|lot| lot.vials > 0).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_municipality_has_one_branch_on_every_day() {
        let branches: BTreeMap<BranchCode, TerritoryCode> =
            branches().into_iter().map(|branch| (branch.code, branch.prefecture)).collect();
        let companies: std::collections::BTreeSet<WholesalerCode> =
            branches.keys().map(|code| code.wholesaler()).collect();
        assert_eq!(companies.len(), usize::from(COMPANIES));
        assert!((450..=550).contains(&branches.len()), "{}", branches.len());
        let areas = areas();
        let day = NaiveDate::from_ymd_opt(2021, 4, 12).unwrap();
        for on in [day, NaiveDate::from_ymd_opt(2021, 6, 30).unwrap(), NaiveDate::from_ymd_opt(2021, 7, 1).unwrap()] {
            let covers = |area: &&MadeUpArea| area.from <= on && area.to.is_none_or(|to| on < to);
            assert_eq!(areas.iter().filter(covers).count(), municipalities().len(), "{on}");
        }
        assert!(areas.len() > municipalities().len(), "some change");
        for area in areas {
            assert!(branches[&area.branch].contains(area.municipality), "{area:?}");
        }
    }

    #[test]
    fn the_depot_gets_what_was_asked_for() {
        for packs in [1, 2, 100, 101] {
            let lots = inbound("W07".parse().unwrap(), packs, 195);
            assert_eq!(lots.iter().map(|lot| lot.vials).sum::<i64>(), packs * 195);
        }
    }
}
