//! Made-up hospitals and figures for training, tests and load. The same arguments always give the
//! same data: everything is drawn from hashes of names, without floats, clocks or random numbers.
//!
//! Nothing made up can be taken for real: names say 訓練病院, G-MIS ids start with 99 and facility
//! codes have the fee table 9, neither of which occurs in a published file.
mod daily;

pub use daily::daily_values;

use crate::gmis::{AnswerRow, Category, FacilityFacts, StatusAnswer};
use domain::{BusinessDay, FacilityCode, GmisId, TerritoryCode, territory::Tier};
use identity::facts::{self, Territory};
use std::fmt::Write;

/// Ids have four digits for the serial number within the prefecture.
const HOSPITALS_PER_PREFECTURE_MAX: u64 = 9_999;

/// Of 1,000 hospitals, those that gave no answer on 2021-04-05 (624 of 8,290).
const UNANSWERED_PERMILLE: u64 = 75;

/// `hospitals` made-up hospitals in the given prefectures (numbers 1-47), or in all of them:
/// to each prefecture by its population, within it by the rank of the municipality, so that cities
/// have many and most villages none. At most 9,999 per prefecture; a number that is no prefecture
/// is passed over.
#[must_use]
pub fn nation(hospitals: usize, prefectures: Option<&[u32]>) -> Vec<FacilityFacts> {
    let populations: Vec<(TerritoryCode, u64)> = facts::populations()
        .into_iter()
        .filter(|row| row.band == "total")
        .filter(|row| prefectures.is_none_or(|wanted| wanted.contains(&row.territory.prefecture_number())))
        .map(|row| (row.territory, u64::try_from(row.persons).unwrap_or(0)))
        .collect();
    let weights: Vec<u64> = populations.iter().map(|(_, persons)| *persons).collect();
    let shares = largest_remainder(hospitals as u64, &weights);
    populations
        .iter()
        .zip(shares)
        .flat_map(|((prefecture, _), share)| in_prefecture(*prefecture, share.min(HOSPITALS_PER_PREFECTURE_MAX)))
        .collect()
}

fn in_prefecture(prefecture: TerritoryCode, hospitals: u64) -> Vec<FacilityFacts> {
    let territories = facts::territories();
    let Some(above) = territories.get(&prefecture) else { return Vec::new() };
    let places: Vec<&Territory> = territories
        .values()
        .filter(|place| !place.is_point() && place.code.tier() == Tier::Municipality)
        .filter(|place| place.parent == Some(prefecture))
        .collect();
    let ranks: Vec<u64> = places.iter().map(|place| rank(place.kind)).collect();
    let shares = largest_remainder(hospitals, &ranks);
    let places = places.iter().zip(shares).flat_map(|(place, share)| (0..share).map(move |_| *place));
    places.zip(1..).filter_map(|(place, serial)| hospital(above, place, serial)).collect()
}

/// How many hospitals a municipality has beside others of its prefecture, roughly.
fn rank(kind: &str) -> u64 {
    match kind {
        "designated_city" => 40,
        "special_ward" => 10,
        "city" => 6,
        "town" => 2,
        _ => 1,
    }
}

/// `None` only when the serial number is too long for an id.
fn hospital(prefecture: &Territory, place: &Territory, serial: u64) -> Option<FacilityFacts> {
    let number = prefecture.code.prefecture_number();
    Some(FacilityFacts {
        gmis_id: GmisId::parse(&format!("99{number:02}{serial:04}")).ok()?,
        facility_code: Some(FacilityCode::parse(&format!("{number:02}9{serial:07}")).ok()?),
        name: format!("訓練病院 {}-{serial:04}", prefecture.name),
        postal_code: None,
        address: format!("{}{}（訓練用の架空の所在地）", prefecture.name, place.name),
        phone: None,
        municipality: place.code,
        latitude_e6: None,
        longitude_e6: None,
    })
}

/// Whole parts of `total` in proportion to `weights`; what remains goes to the largest remainders,
/// of equal ones to the earlier. All zero when the weights are.
fn largest_remainder(total: u64, weights: &[u64]) -> Vec<u64> {
    let sum: u128 = weights.iter().copied().map(u128::from).sum();
    if sum == 0 {
        return vec![0; weights.len()];
    }
    let exact = |weight: u64| u128::from(total) * u128::from(weight);
    let mut shares: Vec<u64> =
        weights.iter().map(|weight| u64::try_from(exact(*weight) / sum).unwrap_or(u64::MAX)).collect();
    let mut order: Vec<usize> = (0..weights.len()).collect();
    order.sort_by_key(|index| std::cmp::Reverse(weights.get(*index).map_or(0, |weight| exact(*weight) % sum)));
    let rest = total.saturating_sub(shares.iter().sum());
    for index in order.into_iter().take(usize::try_from(rest).unwrap_or(usize::MAX)) {
        if let Some(share) = shares.get_mut(index) {
            *share += 1;
        }
    }
    shares
}

/// What the hospitals answered on a day, as the published file would say it: three rows each, all
/// three 未回答 for some 7.5 % of them, the rest in about the real proportions.
#[must_use]
pub fn gmis_answers(facilities: &[FacilityFacts], day: BusinessDay) -> Vec<AnswerRow> {
    let of_hospital = |facts: &FacilityFacts| {
        let mut today = Draws::new(&["status", facts.gmis_id.as_str(), &day.to_string()]);
        // whether a department exists does not change from day to day
        let mut always = Draws::new(&["departments", facts.gmis_id.as_str()]);
        let answered = today.below(1_000) >= UNANSWERED_PERMILLE;
        let gmis_id = facts.gmis_id.clone();
        Category::ALL.map(|category| AnswerRow {
            gmis_id: gmis_id.clone(),
            business_day: day,
            category,
            answer: status(category, always.below(1_000), today.below(1_000)).filter(|_| answered),
            line: 0,
        })
    };
    let mut rows: Vec<AnswerRow> = facilities.iter().flat_map(of_hospital).collect();
    // as if under a header
    rows.iter_mut().zip(2..).for_each(|(row, line)| row.line = line);
    rows
}

fn status(category: Category, always: u64, today: u64) -> Option<StatusAnswer> {
    // per mille of the hospitals that answered on 2021-04-05
    let (not_offered, stopped, limited) = match category {
        Category::Inpatient => (17, 11, 81),
        Category::Outpatient => (49, 15, 75),
        Category::Emergency => (415, 7, 45),
    };
    Some(match () {
        () if always < not_offered => StatusAnswer::NotOffered,
        () if today < stopped => StatusAnswer::Stopped,
        () if today < stopped + limited => StatusAnswer::Limited,
        () => StatusAnswer::Normal,
    })
}

/// The rows as a file in the published format.
#[must_use]
pub fn gmis_csv(facilities: &[FacilityFacts], answers: &[AnswerRow]) -> String {
    let mut text = format!("\u{feff}{}\r\n", quoted(&crate::gmis::COLUMNS_PUBLISHED));
    let by_id: std::collections::HashMap<_, _> = facilities.iter().map(|facts| (&facts.gmis_id, facts)).collect();
    for row in answers {
        let Some(facts) = by_id.get(&row.gmis_id) else { continue };
        let territories = facts::territories();
        let name = |code: Option<TerritoryCode>| {
            code.and_then(|code| territories.get(&code)).map_or("", |territory| territory.name)
        };
        let fields = [
            facts.gmis_id.as_str(),
            &facts.name,
            facts.postal_code.as_deref().unwrap_or_default(),
            name(facts.municipality.prefecture()),
            &facts.address,
            facts.phone.as_deref().unwrap_or_default(),
            "",
            "",
            &row.business_day.to_string(),
            row.category.ja(),
            row.answer.map_or(crate::gmis::UNANSWERED, StatusAnswer::ja),
            &facts.municipality.to_string(),
            name(Some(facts.municipality)),
            facts.facility_code.as_ref().map_or("", FacilityCode::as_str),
        ];
        // writing to a String cannot fail
        let _ = write!(text, "{}\r\n", quoted(&fields));
    }
    text
}

fn quoted(fields: &[&str]) -> String {
    let fields: Vec<String> = fields.iter().map(|field| format!("\"{}\"", field.replace('"', "\"\""))).collect();
    fields.join(",")
}

/// Numbers that look random and are a pure function of the names they are drawn for: FNV-1a over
/// the names, then splitmix64. Neither is a secret, and neither needs to be.
struct Draws(u64);

impl Draws {
    fn new(names: &[&str]) -> Self {
        let bytes = names.iter().flat_map(|name| name.bytes().chain([0]));
        Self(bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)))
    }

    /// The next number in `0..limit`; 0 for a limit of 0.
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)).checked_rem(limit).unwrap_or(0)
    }

    /// The next number in `low..=high`.
    fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.below(high.saturating_sub(low) + 1)
    }

    /// True in `percent` of 100 cases.
    fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::{BTreeMap, BTreeSet};

    fn day() -> BusinessDay {
        BusinessDay::parse("2021-04-05").unwrap()
    }

    #[test]
    fn a_nation_of_the_real_size_is_whole_and_plausible() {
        let nation = nation(8_290, None);
        assert_eq!(nation.len(), 8_290);
        let distinct: BTreeSet<_> = nation.iter().map(|f| (&f.gmis_id, &f.facility_code)).collect();
        assert_eq!(distinct.len(), 8_290);
        assert!(nation.iter().all(|f| f.gmis_id.as_str().starts_with("99") && f.name.starts_with("訓練病院 ")));
        assert!(nation.iter().all(|f| facts::resolve(&f.municipality.to_string()).is_ok()));
        assert!(nation.iter().all(|f| f.municipality.tier() == Tier::Municipality));
        let mut per_prefecture = BTreeMap::new();
        for facts in &nation {
            *per_prefecture.entry(facts.municipality.prefecture_number()).or_insert(0) += 1;
        }
        assert_eq!(per_prefecture.len(), 47);
        // 13.8 of 126.4 million live in Tokyo, 0.56 million in Tottori
        assert!((880..930).contains(&per_prefecture[&13]), "{per_prefecture:?}");
        assert!((30..45).contains(&per_prefecture[&31]), "{per_prefecture:?}");
        let first = nation.iter().find(|f| f.municipality.prefecture_number() == 13).unwrap();
        assert_eq!((first.name.as_str(), first.gmis_id.as_str()), ("訓練病院 東京都-0001", "99130001"));
        assert_eq!(first.facility_code.as_ref().unwrap().as_str(), "1390000001");
    }

    #[test]
    fn the_same_arguments_give_the_same_data() {
        assert_eq!(nation(500, None), nation(500, None));
        assert_eq!(gmis_answers(&nation(50, None), day()), gmis_answers(&nation(50, None), day()));
        assert_eq!(daily_values("99130001", day(), 1), daily_values("99130001", day(), 1));
    }

    #[test]
    fn prefectures_can_be_chosen() {
        let two = nation(100, Some(&[13, 31, 99]));
        assert_eq!(two.len(), 100);
        assert_eq!(two.iter().map(|f| f.municipality.prefecture_number()).collect::<BTreeSet<_>>(), [13, 31].into());
        assert_eq!(nation(20_000, Some(&[13])).len(), 9_999);
        assert_eq!(nation(10, Some(&[])), []);
        assert_eq!(nation(0, None), []);
    }

    #[test]
    fn the_file_reads_back_as_what_it_was_made_from() {
        let facilities = nation(8_290, None);
        let answers = gmis_answers(&facilities, day());
        let file = crate::gmis::read(gmis_csv(&facilities, &answers).as_bytes(), Some(day())).unwrap();
        assert_eq!((file.rejected, file.duplicates), (vec![], vec![]));
        assert_eq!((file.facilities, file.answers), (facilities, answers));
    }

    #[test]
    fn answers_have_about_the_real_proportions() {
        let answers = gmis_answers(&nation(8_290, None), day());
        let count =
            |category, answer| answers.iter().filter(|row| row.category == category && row.answer == answer).count();
        for category in Category::ALL {
            assert!((540..710).contains(&count(category, None)), "{}", count(category, None));
        }
        // 3,180, 6,829 and 118 in the published file
        let stopped = count(Category::Outpatient, Some(StatusAnswer::Stopped));
        assert!((3_000..3_400).contains(&count(Category::Emergency, Some(StatusAnswer::NotOffered))));
        assert!((6_600..7_050).contains(&count(Category::Inpatient, Some(StatusAnswer::Normal))));
        assert!((80..160).contains(&stopped), "{stopped}");
    }

    #[test]
    fn shares_add_up_and_follow_the_weights() {
        assert_eq!(largest_remainder(10, &[1, 1, 1]), [4, 3, 3]);
        assert_eq!(largest_remainder(7, &[5, 0, 5]), [4, 0, 3]);
        assert_eq!(largest_remainder(7, &[0, 0]), [0, 0]);
        assert_eq!(largest_remainder(u64::MAX, &[1]), [u64::MAX]);
    }
}
