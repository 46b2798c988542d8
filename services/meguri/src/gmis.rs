//! Reads the published daily-survey file of G-MIS: one row per hospital, day and care category.
//!
//! Pure: bytes in, facts out. A row that cannot be read is set aside with its line and reason and
//! costs no other row anything; only a file of another format, or an absurdly large one, is refused
//! as a whole. Every data row is accounted for:
//! `rows_read = answers + duplicates + rejected + other_days`.
mod coordinate;
mod row;
#[cfg(test)]
mod tests;

use csv::ByteRecord;
use domain::{BusinessDay, FacilityCode, FieldError, GmisId, Problem, TerritoryCode, capacity::Kind, error};
use identity::app::facilities::code_taken;
use row::{COLUMNS, Columns, Row};
use std::collections::{BTreeMap, HashMap};

/// The whole country's file has 6 MB; one of ten times that size is something else.
pub const BYTES_MAX: usize = 64 * 1024 * 1024;

/// What the file says about a hospital itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FacilityFacts {
    /// 医療機関ID: the import key.
    pub gmis_id: GmisId,
    /// 医療機関コード, if the file has one.
    pub facility_code: Option<FacilityCode>,
    /// 医療機関名
    pub name: String,
    /// Seven digits.
    pub postal_code: Option<String>,
    /// 医療機関住所
    pub address: String,
    /// Digits.
    pub phone: Option<String>,
    /// The municipality it lies in.
    pub municipality: TerritoryCode,
    /// Millionths of a degree.
    pub latitude_e6: Option<i32>,
    /// Millionths of a degree.
    pub longitude_e6: Option<i32>,
}

/// 医療区分: what a row is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Category {
    /// 入院
    Inpatient,
    /// 外来
    Outpatient,
    /// 救急
    Emergency,
}

impl Category {
    /// All three, in the order of the form.
    pub const ALL: [Self; 3] = [Self::Inpatient, Self::Outpatient, Self::Emergency];

    /// The item of form `gmis_status`.
    #[must_use]
    pub fn item(self) -> &'static str {
        match self {
            Self::Inpatient => "inpatient",
            Self::Outpatient => "outpatient",
            Self::Emergency => "emergency",
        }
    }

    /// As the file writes it.
    #[must_use]
    pub fn ja(self) -> &'static str {
        match self {
            Self::Inpatient => "入院",
            Self::Outpatient => "外来",
            Self::Emergency => "救急",
        }
    }
}

/// 医療区分回答, where one was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StatusAnswer {
    /// 通常
    Normal,
    /// 制限
    Limited,
    /// 停止
    Stopped,
    /// 設置なし
    NotOffered,
}

impl StatusAnswer {
    /// All four, in the order of [`Kind::Status`]'s choices.
    pub const ALL: [Self; 4] = [Self::Normal, Self::Limited, Self::Stopped, Self::NotOffered];

    /// The choice of a status item.
    #[must_use]
    pub fn choice(self) -> &'static str {
        let place = Self::ALL.iter().position(|answer| *answer == self);
        place.and_then(|place| Kind::Status.choices().get(place)).copied().unwrap_or_default()
    }

    /// As the file writes it.
    #[must_use]
    pub fn ja(self) -> &'static str {
        match self {
            Self::Normal => "通常",
            Self::Limited => "制限",
            Self::Stopped => "停止",
            Self::NotOffered => "設置なし",
        }
    }
}

/// The columns a file must have, in the order in which it is published.
pub const COLUMNS_PUBLISHED: [&str; 14] = row::ORDER;

/// How the file writes that there is no answer.
pub const UNANSWERED: &str = "未回答";

/// One row: what a hospital answered about a category on a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnswerRow {
    /// Whose.
    pub gmis_id: GmisId,
    /// Which day.
    pub business_day: BusinessDay,
    /// About what.
    pub category: Category,
    /// `None` for 未回答.
    pub answer: Option<StatusAnswer>,
    /// Line of the file, from 1.
    pub line: u64,
}

/// A row that was set aside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejected {
    /// Line of the file, from 1, on which the row begins.
    pub line: u64,
    /// The column (`path`) and what is wrong with it; the first fault of the row.
    pub error: FieldError,
}

/// A row whose hospital, day and category stood in the file before. The first one counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Duplicate {
    /// Line of the repetition.
    pub line: u64,
    /// Line of the row that counts.
    pub first_line: u64,
    /// The two give different answers.
    pub conflicting: bool,
}

/// What the file holds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct File {
    /// Data rows, the header and empty lines not counted.
    pub rows_read: usize,
    /// In the order of the file, by their first valid row.
    pub facilities: Vec<FacilityFacts>,
    /// Valid rows in the order of the file, 未回答 included, duplicates not.
    pub answers: Vec<AnswerRow>,
    /// `answers.len()`
    pub answers_count: usize,
    /// Answers that are 未回答, by item of the form; an item without any has 0.
    pub missing_by_category: BTreeMap<&'static str, usize>,
    /// Rows that repeat an earlier one.
    pub duplicates: Vec<Duplicate>,
    /// Rows that cannot be read or contradict an earlier one.
    pub rejected: Vec<Rejected>,
    /// Valid rows of other days than the one asked for.
    pub other_days: usize,
}

/// Reads a file in the 14-column format of 2020-06-29 and later. With `day`, only that day's rows
/// are taken; the others are counted in [`File::other_days`].
///
/// # Errors
/// `import.too_large` above [`BYTES_MAX`]; `import.unknown_header`, naming the columns that are
/// missing, also for the 11- and 13-column formats before it.
pub fn read(bytes: &[u8], day: Option<BusinessDay>) -> Result<File, Problem> {
    if bytes.len() > BYTES_MAX {
        return Err(Problem::new(&error::IMPORT_TOO_LARGE).with("limit_bytes", &BYTES_MAX.to_string()));
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut records = Records::new(bytes);
    let header = records.next()?.unwrap_or_default();
    let columns = Columns::find(&header.fields)?;
    let mut file = File {
        missing_by_category: Category::ALL.iter().map(|category| (category.item(), 0)).collect(),
        ..File::default()
    };
    let mut seen = Seen::default();
    while let Some(record) = records.next()? {
        file.rows_read += 1;
        let taken = columns.read(&record).and_then(|row| seen.take(row, day, record.line, &mut file));
        if let Err(error) = taken {
            file.rejected.push(Rejected { line: record.line, error });
        }
    }
    file.answers_count = file.answers.len();
    Ok(file)
}

/// One record with the line it begins on.
#[derive(Default)]
struct Record {
    fields: ByteRecord,
    line: u64,
    /// Its quotation marks do not pair up: one that was never closed has swallowed what follows.
    open_quote: bool,
}

struct Records<'a> {
    bytes: &'a [u8],
    reader: csv::Reader<&'a [u8]>,
    /// The reader's own line numbers lag behind by one where lines end in CRLF, so we count.
    counted_to: usize,
    line: u64,
}

impl<'a> Records<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        let reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(bytes);
        Self { bytes, reader, counted_to: 0, line: 1 }
    }

    fn offset(&self) -> usize {
        usize::try_from(self.reader.position().byte()).unwrap_or(self.bytes.len())
    }

    fn next(&mut self) -> Result<Option<Record>, Problem> {
        let from = self.offset();
        let mut fields = ByteRecord::new();
        let more = self
            .reader
            .read_byte_record(&mut fields)
            .map_err(|error| Problem::new(&error::IMPORT_MALFORMED_CSV).with("reason", &error.to_string()))?;
        if !more {
            return Ok(None);
        }
        let raw = self.bytes.get(from..self.offset()).unwrap_or_default();
        let blank = raw.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        let before = self.bytes.get(self.counted_to..from + blank).unwrap_or_default();
        self.line += count(before, b'\n');
        self.counted_to = from + blank;
        Ok(Some(Record { fields, line: self.line, open_quote: count(raw, b'"') % 2 == 1 }))
    }
}

fn count(bytes: &[u8], wanted: u8) -> u64 {
    bytes.iter().map(|byte| u64::from(*byte == wanted)).sum()
}

/// What earlier rows said.
#[derive(Default)]
struct Seen {
    /// Place in [`File::facilities`], and the name of the municipality, which facts do not keep.
    facilities: HashMap<GmisId, (usize, String)>,
    codes: HashMap<FacilityCode, GmisId>,
    answers: HashMap<(GmisId, BusinessDay, Category), (u64, Option<StatusAnswer>)>,
}

impl Seen {
    fn take(&mut self, row: Row, day: Option<BusinessDay>, line: u64, file: &mut File) -> Result<(), FieldError> {
        if day.is_some_and(|day| day != row.business_day) {
            file.other_days += 1;
            return Ok(());
        }
        let gmis_id = row.facts.gmis_id.clone();
        self.facility(row.facts, row.city, file)?;
        let key = (gmis_id, row.business_day, row.category);
        if let Some((first_line, first)) = self.answers.get(&key) {
            file.duplicates.push(Duplicate { line, first_line: *first_line, conflicting: *first != row.answer });
            return Ok(());
        }
        if row.answer.is_none() {
            *file.missing_by_category.entry(row.category.item()).or_default() += 1;
        }
        self.answers.insert(key.clone(), (line, row.answer));
        let (gmis_id, business_day, category) = key;
        file.answers.push(AnswerRow { gmis_id, business_day, category, answer: row.answer, line });
        Ok(())
    }

    /// The first row of a hospital gives its facts; later ones must say the same.
    fn facility(&mut self, facts: FacilityFacts, city: String, file: &mut File) -> Result<(), FieldError> {
        if let Some((place, first_city)) = self.facilities.get(&facts.gmis_id) {
            let differs = file.facilities.get(*place).and_then(|first| difference(first, &facts));
            let differs = differs.or((*first_city != city).then_some(COLUMNS.city));
            return differs.map_or(Ok(()), |column| Err(inconsistent(&facts.gmis_id, column)));
        }
        if let Some(code) = &facts.facility_code {
            // a code names one facility: of two that claim it, the first keeps it
            if self.codes.contains_key(code) {
                return Err(code_taken(COLUMNS.facility_code, &facts.gmis_id, code));
            }
            self.codes.insert(code.clone(), facts.gmis_id.clone());
        }
        self.facilities.insert(facts.gmis_id.clone(), (file.facilities.len(), city));
        file.facilities.push(facts);
        Ok(())
    }
}

/// The first column in which two rows of one hospital differ.
fn difference(first: &FacilityFacts, later: &FacilityFacts) -> Option<&'static str> {
    [
        (first.facility_code == later.facility_code, COLUMNS.facility_code),
        (first.name == later.name, COLUMNS.name),
        (first.postal_code == later.postal_code, COLUMNS.postal_code),
        (first.address == later.address, COLUMNS.address),
        (first.phone == later.phone, COLUMNS.phone),
        (first.municipality == later.municipality, COLUMNS.territory),
        (first.latitude_e6 == later.latitude_e6, COLUMNS.latitude),
        (first.longitude_e6 == later.longitude_e6, COLUMNS.longitude),
    ]
    .into_iter()
    .find_map(|(same, column)| (!same).then_some(column))
}

fn inconsistent(gmis_id: &GmisId, column: &'static str) -> FieldError {
    FieldError::new(column, &error::IMPORT_FACILITY_INCONSISTENT)
        .with("gmis_id", gmis_id.as_str())
        .with("column", column)
}
