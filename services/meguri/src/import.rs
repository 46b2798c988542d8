//! `meguri import gmis`: the published file in, facilities through identity, answers through capacity.
use crate::{
    gmis::{self, FacilityFacts, File},
    home::Home,
    serve,
    table::{self, grouped},
};
use capacity::{
    Capacity,
    app::{assign_duties::assign_duties, import_reports},
};
use domain::{
    BusinessDay, FieldError, TerritoryCode,
    capacity::{Answer, Answers, Kind},
    ids::FacilityId,
};
use identity::app::facilities;
use platform::{Db, OpCtx, clock::Clock, failure::Result, limit::Rates};
use serde::Serialize;
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

/// The form that the published answers belong to.
const FORM: &str = "gmis_status";
/// Forms that every imported hospital must answer from the file's day on.
const DUTIES: [&str; 2] = [FORM, "daily"];
/// Rows that a table shows of a long list.
const SHOWN: usize = 20;

/// What to take from a file.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Only facilities of these prefectures (1-47).
    pub prefectures: Option<Vec<u32>>,
    /// The facilities are made up.
    pub synthetic: bool,
}

/// A row that was not taken.
#[derive(Debug, Clone, Serialize)]
pub struct RejectedRow {
    /// Line in the file.
    pub line: u64,
    /// Stable code.
    pub code: &'static str,
    /// Why, in Japanese.
    pub ja: String,
    /// Why, in English.
    pub en: String,
}

/// What an import did, as `--json` writes it.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Summary {
    /// Data rows in the file.
    pub rows: usize,
    /// Facilities made.
    pub facilities_new: usize,
    /// Facilities changed.
    pub facilities_changed: usize,
    /// Facilities left as they were.
    pub facilities_unchanged: usize,
    /// Valid rows, 未回答 included.
    pub answers: usize,
    /// Rows that repeat an earlier hospital, day and category.
    pub duplicates: usize,
    /// Rows not taken.
    pub rejected: usize,
    /// 未回答 by category.
    pub missing_by_category: BTreeMap<&'static str, usize>,
    /// Reports made of the answers: one per hospital and day that answered at all.
    pub reports_new: usize,
    /// Reports that differ from what an earlier file said.
    pub reports_revised: usize,
    /// Reports that were there already.
    pub reports_unchanged: usize,
    /// The rows not taken.
    pub rejected_rows: Vec<RejectedRow>,
}

/// What an import did, and where the facilities are.
#[derive(Debug, Clone, Default)]
pub struct Outcome {
    /// For people and machines.
    pub summary: Summary,
    /// Facilities in the order of the file: G-MIS id, our id, municipality, name.
    pub facilities: Vec<(String, FacilityId, TerritoryCode, String)>,
    /// Days in the file.
    pub days: Vec<BusinessDay>,
}

/// Imports a file's bytes. Importing the same again changes nothing.
///
/// # Errors
/// `import.unknown_header`, `import.too_large` for the file as a whole; a row at fault is listed in
/// the summary and the others are taken. The database's.
pub async fn gmis(home: &Home, bytes: &[u8], options: &Options) -> Result<Outcome> {
    let mut file = gmis::read(bytes, None)?;
    if let Some(prefectures) = &options.prefectures {
        keep(&mut file, prefectures);
    }
    let identity_db = home.pool("identity_app", "identity")?;
    let clock = Clock::load(&identity_db).await?;
    let ctx = OpCtx::system("importer", &clock);
    let facts: Vec<_> = file.facilities.iter().map(|facts| facility(facts, options.synthetic)).collect();
    let imported = facilities::import(&identity_db, &ctx, &facts).await?;
    let capacity = capacity(home, &identity_db).await?;

    let mut outcome = outcome(&file, &imported);
    let places: Vec<_> = outcome.facilities.iter().map(|(_, id, municipality, _)| (*id, *municipality)).collect();
    for day in outcome.days.clone() {
        for form in DUTIES {
            assign_duties(&capacity, &ctx, form, day, &places).await?;
        }
        let reports = reports(&file, &imported, day);
        let day_of_file = import_reports::File { day, reports: &reports, synthetic: options.synthetic };
        let done = import_reports::import_reports(&capacity, &ctx, FORM, &day_of_file).await?;
        outcome.summary.reports_new += done.new;
        outcome.summary.reports_revised += done.revised;
        outcome.summary.reports_unchanged += done.unchanged;
    }
    Ok(outcome)
}

/// The capacity service without a server around it.
async fn capacity(home: &Home, clock_db: &Db) -> Result<Capacity> {
    let shared = serve::shared(home, clock_db, "http://127.0.0.1", &home.stack.instance, Rates::default()).await?;
    Capacity::start(shared, home.pool("capacity_app", "capacity")?).await
}

/// Only the facilities of some prefectures, and their answers.
fn keep(file: &mut File, prefectures: &[u32]) {
    file.facilities.retain(|facts| prefectures.contains(&facts.municipality.prefecture_number()));
    let kept: BTreeSet<&str> = file.facilities.iter().map(|facts| facts.gmis_id.as_str()).collect();
    file.answers.retain(|row| kept.contains(row.gmis_id.as_str()));
}

fn facility(facts: &FacilityFacts, synthetic: bool) -> facilities::FacilityFacts {
    facilities::FacilityFacts {
        gmis_id: facts.gmis_id.clone(),
        facility_code: facts.facility_code.clone(),
        name: facts.name.clone(),
        postal_code: facts.postal_code.clone(),
        address: facts.address.clone(),
        phone: facts.phone.clone(),
        municipality: facts.municipality,
        latitude_e6: facts.latitude_e6,
        longitude_e6: facts.longitude_e6,
        synthetic,
    }
}

fn outcome(file: &File, imported: &facilities::Imported) -> Outcome {
    let refused: BTreeMap<&str, &FieldError> =
        imported.refused.iter().map(|(gmis_id, error)| (gmis_id.as_str(), error)).collect();
    let row =
        |line: u64, error: &FieldError| RejectedRow { line, code: error.code.code, ja: error.ja(), en: error.en() };
    let mut rejected_rows: Vec<RejectedRow> =
        file.rejected.iter().map(|rejected| row(rejected.line, &rejected.error)).collect();
    let lost = file
        .answers
        .iter()
        .filter_map(|answer| refused.get(answer.gmis_id.as_str()).map(|error| row(answer.line, error)));
    rejected_rows.extend(lost);
    rejected_rows.sort_by_key(|row| row.line);
    let taken: Vec<&gmis::AnswerRow> =
        file.answers.iter().filter(|answer| !refused.contains_key(answer.gmis_id.as_str())).collect();
    let missing = |item: &'static str| {
        let unanswered = |row: &&&gmis::AnswerRow| row.category.item() == item && row.answer.is_none();
        (item, taken.iter().filter(unanswered).count())
    };
    let facilities = file.facilities.iter().filter_map(|facts| {
        let id = imported.ids.get(facts.gmis_id.as_str())?;
        Some((facts.gmis_id.as_str().to_owned(), *id, facts.municipality, facts.name.clone()))
    });
    Outcome {
        facilities: facilities.collect(),
        days: file.answers.iter().map(|answer| answer.business_day).collect::<BTreeSet<_>>().into_iter().collect(),
        summary: Summary {
            rows: file.rows_read,
            facilities_new: imported.new,
            facilities_changed: imported.changed,
            facilities_unchanged: imported.unchanged,
            answers: taken.len(),
            duplicates: file.duplicates.len(),
            rejected: rejected_rows.len(),
            missing_by_category: file.missing_by_category.keys().copied().map(missing).collect(),
            rejected_rows,
            ..Summary::default()
        },
    }
}

/// One report per hospital that answered at all: 未回答 stores no value.
fn reports(file: &File, imported: &facilities::Imported, day: BusinessDay) -> Vec<(FacilityId, Answers)> {
    let mut of_facility: BTreeMap<FacilityId, Answers> = BTreeMap::new();
    for row in file.answers.iter().filter(|row| row.business_day == day) {
        let (Some(facility), Some(answer)) = (imported.ids.get(row.gmis_id.as_str()), row.answer) else { continue };
        let choice = Kind::Status.choices().iter().position(|choice| *choice == answer.choice());
        if let Some(choice) = choice {
            of_facility.entry(*facility).or_default().insert(row.category.item().to_owned(), Answer::Choice(choice));
        }
    }
    of_facility.into_iter().collect()
}

/// The summary as a table people can read.
#[must_use]
pub fn render(summary: &Summary) -> String {
    let mut table = table::new(&["取り込み", "import", "count"], &[2]);
    let count = |number: usize| grouped(i64::try_from(number).unwrap_or(i64::MAX));
    let mut rows = vec![
        ("行", "rows read".to_owned(), summary.rows),
        ("施設（新規）", "facilities, new".to_owned(), summary.facilities_new),
        ("施設（変更）", "facilities, changed".to_owned(), summary.facilities_changed),
        ("施設（変更なし）", "facilities, unchanged".to_owned(), summary.facilities_unchanged),
        ("回答（未回答を含む）", "answers (unanswered included)".to_owned(), summary.answers),
        ("報告（新規）", "reports, new".to_owned(), summary.reports_new),
        ("報告（訂正）", "reports, revised".to_owned(), summary.reports_revised),
        ("報告（変更なし）", "reports, unchanged".to_owned(), summary.reports_unchanged),
        ("重複した行", "duplicate rows".to_owned(), summary.duplicates),
        ("取り込めない行", "rejected rows".to_owned(), summary.rejected),
    ];
    rows.extend(
        summary.missing_by_category.iter().map(|(item, missing)| ("未回答", format!("unanswered: {item}"), *missing)),
    );
    for (ja, en, number) in rows {
        table.add_row([ja.to_owned(), en, count(number)]);
    }
    let mut text = table.to_string();
    for row in summary.rejected_rows.iter().take(SHOWN) {
        let _ = write!(text, "\n  {} 行目 line {}: {} {} / {}", row.line, row.line, row.code, row.ja, row.en);
    }
    if summary.rejected_rows.len() > SHOWN {
        let _ = write!(
            text,
            "\n  … ほか{}行 / and {} more (--json lists all)",
            summary.rejected - SHOWN,
            summary.rejected - SHOWN
        );
    }
    text
}
