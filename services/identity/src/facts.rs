//! Facts that every instance is born with: the territory tree and the prefectures' populations.
//! Sources and licences stand in `facts/README.md`.
use domain::{Problem, TerritoryCode, error};
use std::{collections::BTreeMap, sync::LazyLock};

const TERRITORIES: &str = include_str!("../facts/territories.csv");
const POPULATIONS: &str = include_str!("../facts/prefecture_population.csv");
const PREDECESSORS: &str = include_str!("../facts/predecessors.csv");

/// Where the populations come from, as the table and every API say it.
pub const POPULATION_SOURCE: &str = "総務省統計局 人口推計 2018-10-01 (千人単位で公表)";

/// One row of the file of territories.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Territory {
    /// The code.
    pub code: TerritoryCode,
    /// `nation`, `prefecture`, `designated_city`, `city`, `town`, `village`, `special_ward`; or
    /// `city_ward` and `northern_village`, which are points and no territories.
    pub kind: &'static str,
    /// Name.
    pub name: &'static str,
    /// Name in hiragana.
    pub kana: &'static str,
    /// English name, for the nation and the prefectures.
    pub name_en: Option<&'static str>,
    /// The territory above; none above the nation.
    pub parent: Option<TerritoryCode>,
}

impl Territory {
    /// City wards and northern villages explain an input; nothing is summed for them.
    #[must_use]
    pub fn is_point(&self) -> bool {
        matches!(self.kind, "city_ward" | "northern_village")
    }
}

/// One figure of population.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Population {
    /// Whose.
    pub territory: TerritoryCode,
    /// `YYYY-MM-DD`
    pub as_of: &'static str,
    /// `0_14`, `15_64`, `65_plus`, `75_plus` (part of it), `total`
    pub band: &'static str,
    /// Persons.
    pub persons: i64,
}

/// The fields of a row. The files are ours, without quotes; a test reads every row.
fn fields<const N: usize>(row: &'static str) -> Option<[&'static str; N]> {
    row.split(',').collect::<Vec<_>>().try_into().ok()
}

fn territory(row: &'static str) -> Option<Territory> {
    let [code, kind, name, kana, name_en, parent] = fields(row)?;
    Some(Territory {
        code: TerritoryCode::parse(code).ok()?,
        kind,
        name,
        kana,
        name_en: (!name_en.is_empty()).then_some(name_en),
        parent: if parent.is_empty() { None } else { Some(TerritoryCode::parse(parent).ok()?) },
    })
}

static TREE: LazyLock<BTreeMap<TerritoryCode, Territory>> = LazyLock::new(|| {
    TERRITORIES.lines().skip(1).filter_map(territory).map(|territory| (territory.code, territory)).collect()
});

/// All rows by code: the nation, prefectures, municipalities, and the points.
#[must_use]
pub fn territories() -> &'static BTreeMap<TerritoryCode, Territory> {
    &TREE
}

/// The territory with this code, as people write it.
///
/// # Errors
/// `territory.malformed`, `territory.check_digit`, `territory.not_found`; `territory.is_city_ward`
/// (with the city to use) and `territory.northern_village` for points.
pub fn resolve(text: &str) -> Result<&'static Territory, Problem> {
    let code = TerritoryCode::parse(text)?;
    let found = TREE.get(&code).ok_or_else(|| Problem::new(&error::TERRITORY_NOT_FOUND).with("code", text))?;
    let parent = found.parent.map(|parent| parent.to_string()).unwrap_or_default();
    match found.kind {
        "city_ward" => Err(Problem::new(&error::TERRITORY_IS_CITY_WARD)
            .with("code", text)
            .with("name", found.name)
            .with("parent", &parent)),
        "northern_village" => {
            Err(Problem::new(&error::TERRITORY_NORTHERN_VILLAGE).with("code", text).with("name", found.name))
        }
        _ => Ok(found),
    }
}

/// The prefectures' populations by age band.
#[must_use]
pub fn populations() -> Vec<Population> {
    let population = |row: &'static str| {
        let [territory, as_of, band, persons] = fields(row)?;
        Some(Population {
            territory: TerritoryCode::parse(territory).ok()?,
            as_of,
            band,
            persons: persons.parse().ok()?,
        })
    };
    POPULATIONS.lines().skip(1).filter_map(population).collect()
}

/// The municipality that one of the 2010 census, by its five digits, has become or is part of; only
/// for those whose code has gone since.
#[must_use]
pub fn successor(code5: &str) -> Option<TerritoryCode> {
    let row = |row: &'static str| fields(row).filter(|[old, ..]: &[&str; 3]| *old == code5);
    PREDECESSORS.lines().skip(1).find_map(row).and_then(|[.., successor]| TerritoryCode::parse(successor).ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::territory::Tier;

    #[test]
    fn every_row_is_read_and_every_check_digit_holds() {
        assert_eq!(territories().len(), TERRITORIES.lines().count() - 1);
        assert_eq!(populations().len(), POPULATIONS.lines().count() - 1);
    }

    #[test]
    fn the_country_is_whole() {
        let count = |kind: &str| territories().values().filter(|territory| territory.kind == kind).count();
        assert_eq!((count("nation"), count("prefecture")), (1, 47));
        let municipalities = ["designated_city", "city", "town", "village", "special_ward"].map(count);
        assert_eq!(municipalities, [20, 772, 743, 183, 23]);
        assert_eq!(municipalities.iter().sum::<usize>(), 1_741);
        assert_eq!((count("city_ward"), count("northern_village")), (175, 6));
    }

    #[test]
    fn the_tree_holds_together() {
        for territory in territories().values().filter(|territory| !territory.is_point()) {
            let expected = match territory.code.tier() {
                Tier::Nation => None,
                Tier::Prefecture => Some(TerritoryCode::NATION),
                Tier::Municipality => territory.code.prefecture(),
            };
            assert_eq!(territory.parent, expected, "{}", territory.name);
        }
        for ward in territories().values().filter(|territory| territory.kind == "city_ward") {
            assert_eq!(territories()[&ward.parent.unwrap()].kind, "designated_city", "{}", ward.name);
        }
    }

    #[test]
    fn populations_add_up_within_the_rounding_of_the_source() {
        let rows = populations();
        let persons = |code, band| rows.iter().find(|row| row.territory == code && row.band == band).unwrap().persons;
        for number in 1..=47 {
            let code = TerritoryCode::of_prefecture(number);
            let parts = persons(code, "0_14") + persons(code, "15_64") + persons(code, "65_plus");
            assert!((parts - persons(code, "total")).abs() <= 1_000, "{code}");
            assert!(persons(code, "75_plus") < persons(code, "65_plus"));
        }
    }

    #[test]
    fn every_predecessor_has_a_municipality_of_today() {
        assert_eq!(PREDECESSORS.lines().count(), 1 + 17);
        for row in PREDECESSORS.lines().skip(1) {
            let successor = successor(&row[..5]).unwrap();
            assert_eq!(successor.tier(), Tier::Municipality);
            assert!(!territories()[&successor].is_point(), "{row}");
        }
        assert_eq!(successor("13101"), None);
    }

    #[test]
    fn points_say_what_to_use_instead() {
        let ward = resolve("011011").unwrap_err();
        assert_eq!((ward.code.code, ward.param("parent")), ("territory.is_city_ward", Some("011002")));
        assert_eq!(resolve("016951").unwrap_err().code.code, "territory.northern_village");
        assert_eq!(resolve("131229").unwrap().kind, "special_ward");
        assert_eq!(resolve("010014").unwrap_err().code.code, "territory.not_found");
    }
}
