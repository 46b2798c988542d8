//! `meguri import population`: a census file in, one figure per municipality.
use crate::home::Home;
use chrono::NaiveDate;
use domain::{FieldError, Problem, error};
use identity::app::populations::{CensusFigure, Imported, import};
use platform::{OpCtx, clock::Clock, failure::Result};

/// Columns that a file must have.
const COLUMNS: [&str; 3] = ["code5", "current_code6", "population_2010"];
/// What the figures are, as the table and every API say it.
const SOURCE: &str = "総務省統計局 平成22年国勢調査";

/// The day of the census.
fn as_of() -> NaiveDate {
    // a real day of the calendar, so the fallback is never taken
    NaiveDate::from_ymd_opt(2010, 10, 1).unwrap_or_default()
}

/// Reads the file's figures. Pure.
///
/// # Errors
/// `import.unknown_header`; `request.invalid` with one error per row at fault.
pub fn read(bytes: &[u8]) -> std::result::Result<Vec<CensusFigure>, Problem> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(bytes);
    let header = reader.byte_headers().cloned().unwrap_or_default();
    let place = |name: &str| header.iter().position(|field| field == name.as_bytes());
    let places: Vec<usize> = COLUMNS.iter().filter_map(|name| place(name)).collect();
    let &[code5, current, persons] = places.as_slice() else {
        let missing: Vec<&str> = COLUMNS.into_iter().filter(|name| place(name).is_none()).collect();
        return Err(Problem::new(&error::IMPORT_UNKNOWN_HEADER).with_list("missing", &missing));
    };
    let (mut figures, mut errors) = (Vec::new(), Vec::new());
    for (row, line) in reader.byte_records().zip(2_u64..) {
        let row =
            row.map_err(|failed| Problem::new(&error::IMPORT_MALFORMED_CSV).with("reason", &failed.to_string()))?;
        let text = |place: usize| row.get(place).and_then(|field| std::str::from_utf8(field).ok()).map(str::trim);
        let count = text(persons).and_then(|text| text.parse::<i64>().ok()).filter(|count| *count >= 0);
        match (text(code5), count) {
            (Some(code5), Some(persons)) => figures.push(CensusFigure {
                line,
                code5: code5.to_owned(),
                current_code: text(current).filter(|code| !code.is_empty()).map(str::to_owned),
                persons,
            }),
            _ => {
                let error = FieldError::new(format!("line {line}"), &error::REQUEST_INVALID_FIELD);
                errors.push(error.with("reason", "code5, population_2010"));
            }
        }
    }
    if errors.is_empty() { Ok(figures) } else { Err(Problem::of_fields(&error::REQUEST_INVALID, errors)) }
}

/// Imports a file's bytes. Importing the same again changes nothing.
///
/// # Errors
/// Those of [`read`]; `request.invalid` when a figure belongs to no municipality; the database's.
pub async fn population(home: &Home, bytes: &[u8]) -> Result<Imported> {
    let figures = read(bytes)?;
    let db = home.pool("identity_app", "identity")?;
    let ctx = OpCtx::system("importer", &Clock::load(&db).await?);
    import(&db, &ctx, &figures, as_of(), SOURCE).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_census_of_2010_is_whole() {
        let path = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../../shared/data/municipalities/municipal_population_census2010.csv"
        );
        let Ok(bytes) = std::fs::read(path) else {
            println!("skipped: the published file is not beside this checkout");
            return;
        };
        let figures = read(&bytes).unwrap();
        assert_eq!((figures.len(), figures.iter().map(|figure| figure.persons).sum::<i64>()), (1_901, 128_057_352));
    }

    #[test]
    fn rows_at_fault_are_named() {
        let refused = read(b"code5,current_code6,population_2010\n13101,131016,x\n13102,131024,-1\n").unwrap_err();
        assert_eq!(refused.errors.iter().map(|error| error.path.as_str()).collect::<Vec<_>>(), ["line 2", "line 3"]);
        assert_eq!(read(b"a,b\n1,2\n").unwrap_err().code.code, "import.unknown_header");
    }
}
