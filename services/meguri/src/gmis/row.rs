//! One row of the file: its columns by name, each read by its own rule.
use super::{Category, FacilityFacts, Record, StatusAnswer, UNANSWERED, coordinate};
use csv::ByteRecord;
use domain::{BusinessDay, Code, FacilityCode, FieldError, GmisId, Problem, TerritoryCode, error, territory::Tier};
use identity::facts;

/// The columns' names.
pub(super) struct Names {
    pub gmis_id: &'static str,
    pub name: &'static str,
    pub postal_code: &'static str,
    pub prefecture: &'static str,
    pub address: &'static str,
    pub phone: &'static str,
    pub latitude: &'static str,
    pub longitude: &'static str,
    pub day: &'static str,
    pub category: &'static str,
    pub answer: &'static str,
    pub territory: &'static str,
    pub city: &'static str,
    pub facility_code: &'static str,
}

pub(super) const COLUMNS: Names = Names {
    gmis_id: "医療機関ID",
    name: "医療機関名",
    postal_code: "郵便番号",
    prefecture: "都道府県名",
    address: "医療機関住所",
    phone: "電話番号",
    latitude: "緯度",
    longitude: "経度",
    day: "提出日",
    category: "医療区分",
    answer: "医療区分回答",
    territory: "全国地方公共団体コード",
    city: "市区町村名",
    facility_code: "医療機関コード",
};

/// In the order in which the file is published; rows are read by name, so any order will do.
pub(super) const ORDER: [&str; 14] = [
    COLUMNS.gmis_id,
    COLUMNS.name,
    COLUMNS.postal_code,
    COLUMNS.prefecture,
    COLUMNS.address,
    COLUMNS.phone,
    COLUMNS.latitude,
    COLUMNS.longitude,
    COLUMNS.day,
    COLUMNS.category,
    COLUMNS.answer,
    COLUMNS.territory,
    COLUMNS.city,
    COLUMNS.facility_code,
];

/// A row of which every column by itself is right.
pub(super) struct Row {
    pub facts: FacilityFacts,
    /// 市区町村名; the code says the same, so facts do without it.
    pub city: String,
    pub business_day: BusinessDay,
    pub category: Category,
    pub answer: Option<StatusAnswer>,
}

/// Where the columns stand in this file.
pub(super) struct Columns {
    /// Place of each of [`ORDER`].
    places: [usize; 14],
    /// Columns of the header, extra ones included.
    width: usize,
}

impl Columns {
    /// Finds the columns in the header.
    pub fn find(header: &ByteRecord) -> Result<Self, Problem> {
        let place = |name: &str| header.iter().position(|field| field == name.as_bytes());
        let missing: Vec<&str> = ORDER.into_iter().filter(|name| place(name).is_none()).collect();
        if !missing.is_empty() {
            return Err(Problem::new(&error::IMPORT_UNKNOWN_HEADER).with_list("missing", &missing));
        }
        Ok(Self { places: ORDER.map(|name| place(name).unwrap_or_default()), width: header.len() })
    }

    /// Reads a row; the first column at fault is told.
    pub fn read(&self, record: &Record) -> Result<Row, FieldError> {
        let whole = |code: &'static Code| FieldError::new("", code);
        if record.open_quote {
            return Err(whole(&error::IMPORT_MALFORMED_CSV).with("reason", "\" is not closed"));
        }
        if record.fields.len() != self.width {
            return Err(whole(&error::IMPORT_COLUMN_COUNT)
                .with("found", &record.fields.len().to_string())
                .with("expected", &self.width.to_string()));
        }
        let fields = csv::StringRecord::from_byte_record(record.fields.clone())
            .map_err(|_| whole(&error::IMPORT_INVALID_UTF8))?;
        let text = |name: &str| {
            let place = ORDER.iter().position(|known| *known == name).and_then(|index| self.places.get(index));
            place.and_then(|place| fields.get(*place)).unwrap_or_default()
        };
        let facts = facility(&text)?;
        let business_day = at(COLUMNS.day, BusinessDay::parse(text(COLUMNS.day)))?;
        let category = category(text(COLUMNS.category))?;
        let answer = answer(text(COLUMNS.answer))?;
        Ok(Row { facts, city: text(COLUMNS.city).to_owned(), business_day, category, answer })
    }
}

fn at<T>(column: &'static str, read: Result<T, Problem>) -> Result<T, FieldError> {
    read.map_err(|problem| problem.at(column))
}

fn facility<'row>(text: &impl Fn(&str) -> &'row str) -> Result<FacilityFacts, FieldError> {
    let code = text(COLUMNS.facility_code);
    let facility_code =
        if code.is_empty() { None } else { Some(at(COLUMNS.facility_code, FacilityCode::parse(code))?) };
    Ok(FacilityFacts {
        gmis_id: at(COLUMNS.gmis_id, GmisId::parse(text(COLUMNS.gmis_id)))?,
        facility_code,
        name: name(text(COLUMNS.name))?,
        postal_code: seven_digits(text(COLUMNS.postal_code)),
        address: storable(COLUMNS.address, text(COLUMNS.address))?,
        phone: phone(text(COLUMNS.phone)),
        municipality: municipality(text(COLUMNS.territory), text(COLUMNS.prefecture))?,
        latitude_e6: at(COLUMNS.latitude, coordinate::parse(text(COLUMNS.latitude), &coordinate::LATITUDES))?,
        longitude_e6: at(COLUMNS.longitude, coordinate::parse(text(COLUMNS.longitude), &coordinate::LONGITUDES))?,
    })
}

fn name(text: &str) -> Result<String, FieldError> {
    if text.trim().is_empty() {
        return Err(FieldError::new(COLUMNS.name, &error::IMPORT_EMPTY_NAME));
    }
    storable(COLUMNS.name, text)
}

/// PostgreSQL keeps no NUL in a text: one row with it would take the whole import down.
fn storable(column: &'static str, text: &str) -> Result<String, FieldError> {
    if text.contains('\0') {
        return Err(FieldError::new(column, &error::REQUEST_INVALID_FIELD).with("reason", "U+0000"));
    }
    Ok(text.to_owned())
}

fn digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// `〒060-0053` → `0600053`. A postal code that is not one is left out: it is no reason to lose what
/// the hospital answered.
fn seven_digits(text: &str) -> Option<String> {
    let bare = text.strip_prefix('〒').unwrap_or(text).replace('-', "");
    (bare.len() == 7 && digits(&bare)).then_some(bare)
}

/// Digits; as with the postal code, anything else is left out.
fn phone(text: &str) -> Option<String> {
    let bare = text.replace(['-', '(', ')', ' '], "");
    digits(&bare).then_some(bare)
}

fn municipality(code: &str, prefecture: &str) -> Result<TerritoryCode, FieldError> {
    let territory = at(COLUMNS.territory, facts::resolve(code))?;
    if territory.code.tier() != Tier::Municipality {
        return Err(FieldError::new(COLUMNS.territory, &error::TERRITORY_NOT_FOUND).with("code", code));
    }
    let above = territory.code.prefecture().and_then(|above| facts::territories().get(&above));
    if above.is_none_or(|above| above.name != prefecture) {
        return Err(FieldError::new(COLUMNS.prefecture, &error::IMPORT_PREFECTURE_MISMATCH)
            .with("name", prefecture)
            .with("code", code));
    }
    Ok(territory.code)
}

fn category(text: &str) -> Result<Category, FieldError> {
    Category::ALL
        .into_iter()
        .find(|category| category.ja() == text)
        .ok_or_else(|| FieldError::new(COLUMNS.category, &error::IMPORT_UNKNOWN_CATEGORY).with("value", text))
}

fn answer(text: &str) -> Result<Option<StatusAnswer>, FieldError> {
    if text == UNANSWERED {
        return Ok(None);
    }
    StatusAnswer::ALL
        .into_iter()
        .find(|answer| answer.ja() == text)
        .map(Some)
        .ok_or_else(|| FieldError::new(COLUMNS.answer, &error::IMPORT_UNKNOWN_ANSWER).with("value", text))
}
