//! `meguri allocate scenario`: plays a moment of the past again. The same supply is shared by several rules on
//! several versions of the figures, side by side. It is no allocation, and every answer says so.
use super::compare::{Column, as_csv, as_table};
use crate::{
    demo::read_file,
    shipped,
    table::{self, grouped},
};
use domain::{
    BusinessDay, Problem, error,
    fairness::{self, Line},
    rule::{Cell, Computed, Figure, IndicatorSource, Inputs, PlaceInput, Rule, Unit, compute, json},
};
use platform::failure::Result;
use serde::Deserialize;
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    io::Write as _,
    path::Path,
};

/// Replay July 2021, which is shipped.
const JULY_2021: &str = include_str!("../../../../scenarios/replay-july-2021.json");
/// Rules × versions of the figures: as many columns as a terminal shows.
const COLUMNS_MAX: usize = 8;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Scenario {
    format: String,
    title: Words,
    notes: Vec<Words>,
    /// Names of shipped rules: `july-2021@1`.
    rules: Vec<String>,
    day: BusinessDay,
    supply_units: i64,
    unit: Unit,
    places: Vec<Place>,
    figures: Vec<Figures>,
    variants: Vec<Variant>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Words {
    ja: String,
    en: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Place {
    code: String,
    name: String,
}

/// One indicator.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Figures {
    code: String,
    ja: String,
    en: String,
    unit: String,
    as_of: BusinessDay,
    source: String,
    values: BTreeMap<String, i64>,
}

/// A version of the figures: these instead of those of the same code.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Variant {
    title: Words,
    figures: Vec<Figures>,
}

/// One column: a rule on a version of the figures.
struct Played {
    variant: usize,
    rule: Rule,
    inputs: Inputs,
    computed: Computed,
}

/// Plays the scenario of a file, or the shipped one, and prints it.
///
/// # Errors
/// When the file cannot be read; those of [`play`].
pub fn play_file(file: Option<&Path>, csv: bool) -> Result<()> {
    let bytes = match file {
        Some(file) => read_file(file)?,
        None => JULY_2021.as_bytes().to_vec(),
    };
    let text = play(&bytes, csv)?;
    if csv {
        // a reader that has gone is no error: the rest was not wanted
        let _ = std::io::stdout().write_all(text.as_bytes());
    } else {
        table::print(&text);
    }
    Ok(())
}

/// The scenario, as a table with what it shows, or as CSV.
///
/// # Errors
/// `allocation.malformed_scenario` when it is not an allocation-scenario/1; what the rules refuse of the figures.
pub fn play(bytes: &[u8], csv: bool) -> Result<String> {
    let malformed = |reason: &str| Problem::new(&error::ALLOCATION_MALFORMED_SCENARIO).with("reason", reason);
    let scenario: Scenario = json::typed(&json::read(bytes)?, "scenario")?;
    if scenario.format != "allocation-scenario/1" {
        return Err(malformed("format: allocation-scenario/1").into());
    }
    let columns = scenario.rules.len().saturating_mul(scenario.variants.len());
    if !(1..=COLUMNS_MAX).contains(&columns) {
        return Err(malformed(&format!("rules × variants: 1 to {COLUMNS_MAX}")).into());
    }
    let mut played = Vec::with_capacity(columns);
    for (variant, _) in scenario.variants.iter().enumerate() {
        for name in &scenario.rules {
            let rule = shipped::rule(name)?.ok_or_else(|| malformed(&format!("rules: {name}")))?;
            let inputs = scenario.inputs(&rule, variant).map_err(|reason| malformed(&reason))?;
            let computed = compute(&rule, &inputs)?;
            played.push(Played { variant, rule, inputs, computed });
        }
    }
    let Some(first) = played.first() else { return Err(malformed("rules").into()) };
    let columns: Vec<Column> = played.iter().map(|played| column(&scenario, played)).collect();
    if csv {
        return as_csv(&first.inputs, &columns);
    }
    let mut text = format!("{} / {}\n", scenario.title.ja, scenario.title.en);
    for (index, variant) in scenario.variants.iter().enumerate() {
        let _ = writeln!(text, "{}: {} / {}", letter(index), variant.title.ja, variant.title.en);
    }
    let _ = writeln!(text, "{}", as_table(&first.inputs, &columns));
    text.push_str(&summary(&played)?);
    for note in &scenario.notes {
        let _ = write!(text, "\n{}\n{}\n", note.ja, note.en);
    }
    text.push_str("\n出所 / sources");
    for figures in scenario.figures.iter().chain(scenario.variants.iter().flat_map(|variant| &variant.figures)) {
        let _ = write!(text, "\n  {} ({}): {}", figures.ja, figures.code, figures.source);
    }
    Ok(text)
}

/// A, B, …: short enough for a heading.
fn letter(variant: usize) -> char {
    u8::try_from(variant).ok().and_then(|index| b'A'.checked_add(index)).map_or('?', char::from)
}

fn column(scenario: &Scenario, played: &Played) -> Column {
    let heading = if scenario.variants.len() > 1 {
        format!("{} {}", letter(played.variant), played.rule.name())
    } else {
        played.rule.name()
    };
    let units = played.computed.places.iter().map(|place| (place.code.clone(), place.units)).collect();
    Column { heading, units, held: played.computed.reserve + played.computed.left }
}

impl Scenario {
    /// What a rule needs of a version of the figures, and nothing else.
    fn inputs(&self, rule: &Rule, variant: usize) -> std::result::Result<Inputs, String> {
        let own: &[Figures] = self.variants.get(variant).map_or(&[], |variant| &variant.figures);
        let wanted: BTreeSet<String> = rule.indicators().into_iter().collect();
        let mut columns = Vec::new();
        for name in &wanted {
            let found = own.iter().chain(&self.figures).find(|figures| figures.code == *name);
            columns.push(found.ok_or_else(|| format!("figures: {name} ({})", rule.name()))?);
        }
        let codes: BTreeSet<&str> = self.places.iter().map(|place| place.code.as_str()).collect();
        if let Some(stray) =
            columns.iter().flat_map(|figures| figures.values.keys()).find(|c| !codes.contains(c.as_str()))
        {
            return Err(format!("places: {stray}"));
        }
        let cell = |figures: &&Figures, code: &str| {
            let level = |value: &i64| Cell::Level(Figure { value: *value, as_of: figures.as_of });
            figures.values.get(code).map_or(Cell::Missing, level)
        };
        let place = |place: &Place| PlaceInput {
            code: place.code.clone(),
            name: place.name.clone(),
            parent: String::new(),
            given_before: 0,
            values: columns.iter().map(|figures| cell(figures, &place.code)).collect(),
        };
        let source = |figures: &&Figures| IndicatorSource {
            name: figures.code.clone(),
            ja: figures.ja.clone(),
            en: figures.en.clone(),
            unit: figures.unit.clone(),
            source: figures.source.clone(),
        };
        Ok(Inputs {
            as_of: self.day,
            supply_units: self.supply_units,
            unit: self.unit,
            window: None,
            indicators: columns.iter().map(source).collect(),
            places: self.places.iter().map(place).collect(),
        })
    }
}

/// Names of the places that a stock cut took something from, and what it took in all.
fn cut(played: &Played) -> (BTreeSet<&str>, i64) {
    let cut = |place: &&domain::rule::PlaceOutcome| place.components.iter().any(is_cut);
    let places = played.computed.places.iter().filter(cut);
    let names: BTreeMap<&str, &str> =
        played.inputs.places.iter().map(|place| (place.code.as_str(), place.name.as_str())).collect();
    let places = places.filter_map(|place| names.get(place.code.as_str()).copied()).collect();
    (places, played.computed.components.iter().map(|component| component.cut).sum())
}

fn is_cut(share: &domain::rule::Share) -> bool {
    share.stock.as_ref().is_some_and(|stock| stock.cut > 0)
}

/// A row a column: what was cut and where, and how even the shares are.
fn summary(played: &[Played]) -> Result<String> {
    let heads =
        ["", "規則 / rule", "配った箱 / given", "減量 / cut", "減量された地域 / places cut", "ジニ係数 / Gini (ppm)"];
    let mut table = table::new(&heads, &[2, 3, 4, 5]);
    for played in played {
        let (places, cut) = cut(played);
        let weights = weights(played);
        let line = |place: &domain::rule::PlaceOutcome| Line {
            weight: weights.get(place.code.as_str()).copied().unwrap_or(0),
            units: place.units,
            ..Line::default()
        };
        let lines: Vec<Line> = played.computed.places.iter().map(line).collect();
        let given: i64 = lines.iter().map(|line| line.units).sum();
        let gini = fairness::measure(&lines, 0)?.gini_ppm;
        table.add_row([
            letter(played.variant).to_string(),
            played.rule.name(),
            grouped(given),
            grouped(cut),
            grouped(i64::try_from(places.len()).unwrap_or(i64::MAX)),
            gini.map_or_else(String::new, grouped),
        ]);
    }
    let mut text = format!("{table}");
    for played in played {
        let (places, _) = cut(played);
        if !places.is_empty() {
            let names: Vec<&str> = places.into_iter().collect();
            let _ = write!(text, "\n{} {}: {}", letter(played.variant), played.rule.name(), names.join("、"));
        }
    }
    text.push('\n');
    Ok(text)
}

/// Population, by which evenness is measured; 1 for each place where a rule does not look at it.
fn weights(played: &Played) -> BTreeMap<&str, i64> {
    let column = played.inputs.indicators.iter().position(|source| source.name == "population_total");
    let weight = |place: &PlaceInput| match column.and_then(|column| place.values.get(column)) {
        Some(Cell::Level(figure)) => figure.value,
        _ => 1,
    };
    played.inputs.places.iter().map(|place| (place.code.as_str(), weight(place))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use platform::Failure;
    use serde_json::{Value, json};

    /// Of 47 prefectures 13 are cut on the figures of the time, and one on those that came later.
    #[test]
    fn july_2021_cuts_by_records_that_lag() {
        let text = play(JULY_2021.as_bytes(), false).unwrap();
        let row = |start: &str| {
            let is_row = |line: &&str| line.contains(start) && line.contains("july-2021@1");
            text.lines().filter(is_row).map(str::to_owned).collect::<Vec<_>>()
        };
        let named = |start: &str| row(start).into_iter().find(|line| line.starts_with(start)).unwrap();
        let then: Vec<String> =
            named("A july-2021@1: ").trim_start_matches("A july-2021@1: ").split('、').map(str::to_owned).collect();
        assert_eq!(then.len(), 13, "{then:?}");
        assert!(then.contains(&"東京都".to_owned()) && then.contains(&"大阪府".to_owned()));
        assert_eq!(named("B july-2021@1: "), "B july-2021@1: 沖縄県");
        assert!(text.contains("試算（割当ではありません）") && text.contains("What-if: not an allocation"));
        // by hand: Tokyo holds 70,200,000 × 13,822,000 / 126,444,000 less 3,003,246, and used 1,131,234: 4.1 rounds
        let csv = play(JULY_2021.as_bytes(), true).unwrap();
        assert_eq!(csv.lines().count(), 2 + 47 + 2);
    }

    #[test]
    fn what_is_no_scenario_is_told() {
        let code = |document: Value| match play(document.to_string().as_bytes(), false) {
            Err(Failure::Problem(problem)) => problem.code.code,
            other => panic!("{other:?}"),
        };
        let scenario = || json::read(JULY_2021.as_bytes()).unwrap();
        let with = |key: &str, value: Value| {
            let mut scenario = scenario();
            scenario[key] = value;
            scenario
        };
        assert_eq!(code(with("format", json!("allocation-scenario/2"))), "allocation.malformed_scenario");
        assert_eq!(code(with("rules", json!(["nothing@1"]))), "allocation.malformed_scenario");
        assert_eq!(code(with("rules", json!([]))), "allocation.malformed_scenario");
        assert_eq!(code(with("figures", json!([]))), "allocation.malformed_scenario");
        assert_eq!(code(with("supply_units", json!(-1))), "allocation.invalid");
        assert_eq!(code(with("unknown", json!(1))), "request.invalid");
        let mut stray = scenario();
        stray["figures"][0]["values"]["999999"] = json!(1);
        assert_eq!(code(stray), "allocation.malformed_scenario");
        let mut gap = scenario();
        gap["figures"][0]["values"].as_object_mut().unwrap().remove("130001");
        assert_eq!(code(gap), "request.invalid");
    }

    /// The records are those of the published files, where they are at hand.
    #[test]
    fn the_records_are_the_published_ones() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/vrs-vaccinations");
        let scenario: Scenario = json::typed(&json::read(JULY_2021.as_bytes()).unwrap(), "scenario").unwrap();
        let late = &scenario.variants[1].figures;
        for (file, figures) in
            [("vrs_snapshot_2021-06-30.csv", &scenario.figures), ("vrs_snapshot_2021-11-30.csv", late)]
        {
            let Ok(mut reader) = csv::Reader::from_path(folder.join(file)) else {
                println!("without {file}: not compared");
                return;
            };
            let (mut all, mut recent): (BTreeMap<String, i64>, BTreeMap<String, i64>) = Default::default();
            for row in reader.records() {
                let row = row.unwrap();
                let count: i64 = row[6].parse().unwrap();
                if &row[0] <= "2021-06-29" {
                    *all.entry(row[1].to_owned()).or_default() += count;
                    if &row[0] >= "2021-06-16" {
                        *recent.entry(row[1].to_owned()).or_default() += count;
                    }
                }
            }
            let of = |code: &str| &figures.iter().find(|figures| figures.code == code).unwrap().values;
            for (sums, code) in [(all, "administered_doses"), (recent, "used_last_round")] {
                let published: BTreeMap<String, i64> =
                    of(code).iter().map(|(place, value)| (place[..2].to_owned(), *value)).collect();
                assert_eq!(published, sums, "{code} of {file}");
            }
        }
    }
}
